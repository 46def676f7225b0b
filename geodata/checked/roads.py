"""Roads that somebody put together by hand, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.checked.frame import refuse
from geodata.errors import SchemaError, counted, first_five
from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, Oneway, RoadSeason

if TYPE_CHECKING:
    import geopandas as gpd

ROAD_WORDS = {"oneway": Oneway.texts(), "season": RoadSeason.texts(), "route": (FERRY,)}
# What numbers of roads have to be above, by column; NaN (not known) may stand in the first two.
ROAD_NUMBERS = {"maxspeed_kph": "above 0", "duration_s": "0 or more", "length_m": "0 or more"}


def require_roads(roads: gpd.GeoDataFrame) -> None:
    """Raise SchemaError for numbers and words of roads that would count as something else, or as nothing."""
    for column, least in ROAD_NUMBERS.items():
        values = roads[column]
        if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
            if values.isna().all():
                # A column of nothing has no type of its own.
                continue
            msg = f"roads.{column} holds no numbers. Turn the column into numbers first."
            raise SchemaError(msg)
        number = values.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = np.isinf(number) | (number < 0)
        if column == "maxspeed_kph":
            bad |= number == 0
        if column == "length_m":
            bad |= np.isnan(number)
        if bad.any():
            msg = (
                f"roads.{column}: {counted(int(bad.sum()), 'value is', 'values are')} not {least}, "
                f"or without end: {first_five(roads.index[bad])}. Correct them"
                + (", or leave them empty (NaN) where they are not known." if column != "length_m" else ".")
            )
            raise SchemaError(msg)
    _require_classes(roads)
    for column, words in ROAD_WORDS.items():
        strange = roads[column].notna() & ~roads[column].isin(words)
        if column != "route":
            strange |= roads[column].isna()
        if strange.any():
            shown = first_five(sorted({repr(v) for v in roads[column][strange].unique()}))
            msg = f"roads.{column}: {shown}: use one of {', '.join(words)}"
            raise SchemaError(msg)


def _require_classes(roads: gpd.GeoDataFrame) -> None:
    """Raise SchemaError for classes and surfaces that are no text, and for classes in another spelling.

    Files have further classes, of roads that are closed to all (``construction``): ``check`` tells them.
    """
    for column, empty in (("road_class", False), ("surface", True)):
        values = roads[column]
        missing = values.isna().to_numpy(dtype=bool)
        odd = np.zeros(len(values), dtype=bool)
        if not isinstance(values.dtype, pd.StringDtype):
            odd = ~missing & ~np.array([isinstance(value, str) for value in values], dtype=bool)
        bad = odd if empty else odd | missing
        has = f"no {column}" if not empty else f"a {column} that is no text"
        refuse(bad, roads.index, "roads", has, "Give the word of OpenStreetMap, as text.")
    for word in roads["road_class"].unique():
        meant = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
        if word != meant and meant in ROAD_CLASSES:
            msg = f"roads.road_class: {word!r} is not known. Did you mean {meant!r}?"
            raise SchemaError(msg)
