"""The network under edits: the base's, with what they open, close and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.roads import FERRY
from planner.network.build import build_network, patch_network
from planner.network.editing.refusals import require_few_points
from planner.network.overlay import flood_areas, road_overlay
from planner.progress import go_on
from planner.scenarios.edits import ROAD_EDITS, ChangeSpeed, Flood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.scenarios.edits import Edit
    from planner.scenarios.scenario import Scenario


def edited_network(
    base: TravelNetwork,
    roads: gpd.GeoDataFrame,
    edits: Sequence[Edit],
    *,
    scenario: Scenario,
    modes: Iterable[str],
    floods: gpd.GeoDataFrame | None,
    may_go_on: Callable[[], None] = go_on,
) -> tuple[TravelNetwork, TravelNetwork | None]:
    """Return the network with some edits, and the part of it that was put in (None for none).

    Parameters
    ----------
    base
        The network of ``roads`` without edits; it also says which roads are local, which no edit changes.
    roads
        The roads layer (LineStrings, metric CRS), cut where the floods layer closes it.
    edits
        Those of facilities are passed over.
    scenario
        Speeds and rules; its own edits are not used.
    modes
        Those of ``base``.
    floods
        The floods layer (Polygons, in the CRS of ``roads``); None without one.
    may_go_on
        Called now and then; what it raises ends the work.

    Raises
    ------
    ConfigError
        An edit names a road that is not there or reopens one that no class opens, or a drawn line has no
        length, is too long, meets too many roads or, for a boat, ends far from every road; or all edits
        together are too much for one question.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from planner.scenarios.edits import CloseRoad
    >>> from planner.scenarios.modes import Profile
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = dict.fromkeys(["surface", "tags", "route", "from_barrier", "to_barrier"])
    >>> row |= {"way_id": "w1", "road_class": "primary", "oneway": "no", "season": "all_year"}
    >>> row |= {"from_node": 0, "to_node": 1, "length_m": 1e3, "maxspeed_kph": np.nan, "duration_s": np.nan}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> how = {"scenario": default_scenario(), "modes": ["car"]}
    >>> closing = [CloseRoad(road="w1")]
    >>> network, patch = edited_network(build_network(roads, **how), roads, closing, floods=None, **how)
    >>> network.usable(Profile("car", "dry")).tolist(), patch
    ([False], None)
    """
    require_few_points(edits)
    modes = tuple(modes)
    scenario = scenario.model_copy(update={"edits": tuple(edits)})
    areas = flood_areas(floods, edits, str(roads.crs))
    network = base
    if any(isinstance(e, (Flood, ChangeSpeed)) for e in edits):
        network = build_network(roads, scenario, modes=modes, floods=areas, base=base)
    if not any(isinstance(e, ROAD_EDITS) or (isinstance(e, Flood) and e.factor == 0) for e in edits):
        return network, None
    overlay = road_overlay(roads, edits, scenario.drawing, may_go_on=may_go_on)
    may_go_on()
    patch = None
    if len(overlay.put):
        patch = build_network(
            overlay.put, scenario, modes=modes, floods=areas, ashore=_ashore(roads), base=base,
            origin=overlay.origin, opened=overlay.opened,
        )  # fmt: skip
    gone = np.asarray(network.edge_id.isin(overlay.gone))
    return patch_network(network, patch, gone=gone), patch


def _ashore(roads: gpd.GeoDataFrame) -> NDArray[np.int32]:
    """Return the junctions that roads on land touch."""
    land = roads[~(roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False)]
    return np.unique(land[["from_node", "to_node"]].to_numpy())
