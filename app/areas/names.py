"""What villages' kecamatan are called where the data give no name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd


def district_names(villages: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the name of each kecamatan by its code, in the order of names; its code where it has none.

    Parameters
    ----------
    villages
        The villages layer: ``district_code`` and ``district_name`` are asked for; villages without a code
        are in no kecamatan.

    Examples
    --------
    >>> import pandas as pd
    >>> codes, names = ["99.01.02", "99.01.01", "99.01.01"], ["", "", "Arum"]
    >>> district_names(pd.DataFrame({"district_code": codes, "district_name": names}))
    {'99.01.02': '99.01.02', '99.01.01': 'Arum'}
    """
    table = villages[["district_code", "district_name"]].drop_duplicates()
    names: dict[str, str] = {}
    for code, name in table.itertuples(index=False):
        # One village that names it is enough.
        if code and names.get(str(code), str(code)) == str(code):
            names[str(code)] = str(name) if isinstance(name, str) and name else str(code)
    return dict(sorted(names.items(), key=lambda item: (item[1], item[0])))
