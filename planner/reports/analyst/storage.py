"""Frames as files of GIS programs can hold them: no number without end, no text that a format cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

WHY = "_why"
NO_WAY, UNKNOWN = "no_way", "unknown"


def storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame with its index as a column, and without numbers that no file can hold.

    Minutes, and every other column that holds ``inf``, are empty where there is no way, and a column after
    them, ``…_why``, says why a cell is empty: ``no_way``, or ``unknown``. In texts NUL, which ends them in a
    database, becomes a space.

    Parameters
    ----------
    frame
        Of :mod:`planner.reports.analyst.frames`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"minutes_max": [5.0, np.inf, np.nan]}, geometry=[None] * 3)
    >>> storable(frame)["minutes_max_why"].fillna("").tolist()
    ['', 'no_way', 'unknown']
    """
    out = frame.reset_index()
    columns: dict[str, pd.Series] = {}
    for name in out.columns.drop("geometry"):
        values = out[name]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            columns[name] = _texts(values) if not pd.api.types.is_bool_dtype(values) else values
            continue
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        endless = np.isinf(numbers)
        columns[name] = values.mask(endless) if endless.any() else values
        if endless.any() or "minutes" in name:
            why = np.select([endless, np.isnan(numbers)], [NO_WAY, UNKNOWN], "").astype(object)
            columns[f"{name}{WHY}"] = pd.Series(why, index=out.index).where(why != "", None).astype("str")
    table = pd.DataFrame(columns, index=out.index)
    table.columns = _apart([str(name) for name in table.columns])
    return out[["geometry"]].join(table)[[*table.columns, "geometry"]]


def _texts(values: pd.Series) -> pd.Series:
    """Return texts that SQLite and XML can hold; what is no text becomes one."""

    def held(value: object) -> object:
        if value is None or value != value:  # noqa: PLR0124 - NaN alone is not itself
            return None
        return str(value).replace("\x00", " ")

    return values.astype(object).map(held).astype("str")


def _apart(names: list[str]) -> list[str]:
    """Return names that differ also where capital letters do not count, as in SQL."""
    seen: dict[str, int] = {"geometry": 1, "geom": 1, "fid": 1}
    out = []
    for name in names:
        count = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        out.append(name if count == 1 else f"{name}_{count}")
    return out
