"""What comes back from the process that reads files of others: values alone, of kinds that are named here.

A pickle may name any function to be called, and who reads it calls it. Here it may name the classes of
tables, shapes and our own plain values, and what puts them together again; anything else is refused.
"""

from __future__ import annotations

import io
import pickle

# By module: none of them does anything but make a value of values.
NAMES = {
    "builtins": ("slice", "set", "frozenset", "complex", "bytearray"),
    "collections": ("Counter", "OrderedDict", "defaultdict"),
    "datetime": ("date", "datetime", "timedelta"),
    "pathlib": ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"),
    "geodata.drafting.guessed": ("Guess", "Doubt"),
    "geodata.drafting.headings": ("Mapping",),
    "geodata.drafting.rows": ("Unit", "Village"),
    "geodata.files.yamlfile": ("Fault",),
    "geodata.layers": ("Cell", "Finding", "Layers", "SourceRecord", "StudyArea"),
    "numpy": ("dtype", "ndarray"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.numeric": ("_frombuffer",),
    "pandas": ("DataFrame", "Series", "Index", "RangeIndex", "MultiIndex", "StringDtype", "BooleanDtype",
               "CategoricalDtype", "Float64Dtype", "Int64Dtype"),
    "pandas.arrays": ("ArrowStringArray", "BooleanArray", "FloatingArray", "IntegerArray", "StringArray"),
    "pandas.core.arrays.categorical": ("Categorical",),
    "pandas._libs.arrays": ("__pyx_unpickle_NDArrayBacked",),
    "pandas._libs.internals": ("_unpickle_block",),
    "pandas.core.indexes.base": ("_new_Index",),
    "pandas.core.internals.managers": ("BlockManager", "SingleBlockManager"),
    "pyarrow.lib": ("_restore_array", "py_buffer", "type_for_alias"),
    "geopandas.array": ("GeometryArray",),
    "geopandas.geodataframe": ("GeoDataFrame",),
    "geopandas.geoseries": ("GeoSeries",),
    "pyproj.crs.crs": ("CRS",),
    "shapely.io": ("from_wkb",),
}  # fmt: skip
ALLOWED = frozenset((module, name) for module, names in NAMES.items() for name in names)


class _Plain(pickle.Unpickler):
    """Makes values of the kinds that are named here."""

    def find_class(self, module: str, name: str) -> object:
        """Return a class or function by its name, where it is allowed."""
        if (module, name) not in ALLOWED:
            msg = f"{module}.{name} is no plain value"
            raise pickle.UnpicklingError(msg)
        return super().find_class(module, name)


def loaded(content: bytes) -> object:
    """Return the value of a pickle that holds nothing but values.

    Raises
    ------
    pickle.UnpicklingError
        It names something else.

    Examples
    --------
    >>> loaded(pickle.dumps({"people": [5.0, None]}))
    {'people': [5.0, None]}
    >>> loaded(pickle.dumps(print))
    Traceback (most recent call last):
        ...
    _pickle.UnpicklingError: builtins.print is no plain value
    """
    return _Plain(io.BytesIO(content)).load()
