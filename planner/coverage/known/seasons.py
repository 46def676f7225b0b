"""Whether the roads tell the wet season from the dry one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.vocabulary.roads import RoadSeason
from geodata.vocabulary.surfaces import surface_words
from planner.scenarios.edits import Flood

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import Scenario


def seasons_told(layers: Layers, scenario: Scenario) -> bool:
    """Return whether the wet season is told from the dry one: by surfaces, seasons, fords, or floods.

    One road of which something is known says nothing of the others: it has to be known of a share of the
    roads' length.

    Parameters
    ----------
    layers
        A study area; one without roads has no seasons.
    scenario
        Its words for surfaces, its rule for doubts, and its edits: a flood tells the seasons apart too.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers, scenario = demo_layers(12), default_scenario()
    >>> seasons_told(layers, scenario), seasons_told(replace(layers, roads=None), scenario)
    (True, False)
    """
    roads = layers.roads
    # Straight lines have no seasons.
    if roads is None:
        return False
    if layers.floods is not None or any(isinstance(e, Flood) for e in scenario.edits):
        return True
    land = roads[roads["route"].isna()]
    length = land["length_m"].to_numpy()
    told = length[season_told(land, scenario)].sum()
    return bool(told > 0 and told >= scenario.doubt.told_share * length.sum())


def season_told(roads: gpd.GeoDataFrame, scenario: Scenario) -> NDArray[np.bool_]:
    """Return by road whether anything is known by which the wet season may differ: bool ``(roads,)``.

    A surface of which nobody knows the word says nothing.

    Parameters
    ----------
    roads
        The roads layer.
    scenario
        Its words for surfaces.

    Examples
    --------
    >>> import pandas as pd
    >>> from planner.scenarios.scenario import default_scenario
    >>> rows = pd.DataFrame({"surface": ["aspal", "xyz", None], "season": "all_year", "tags": None})
    >>> rows = rows.assign(from_barrier=None, to_barrier=None)
    >>> season_told(rows, default_scenario()).tolist()
    [True, False, False]
    """
    words = {word for group in scenario.surfaces.values() for word in group}
    surface = roads["surface"].astype(object)
    read = {s for s in surface.dropna().unique() if words.intersection(surface_words(str(s)))}
    told = surface.isin(read) | (roads["season"] == RoadSeason.DRY_ONLY)
    told |= roads["tags"].astype(object).fillna("").astype("str").str.contains("tracktype=|ford=", regex=True)
    for column in ("from_barrier", "to_barrier"):
        told |= roads[column].astype(object).fillna("").astype("str").str.contains("ford=")
    by_road: NDArray[np.bool_] = told.to_numpy(dtype=bool)
    return by_road
