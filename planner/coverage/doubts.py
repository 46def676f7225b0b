"""Findings that need a standard or the people: lists with gaps, ends that almost meet, legs too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.crs import WGS84, degrees_text
from geodata.errors import counted
from geodata.layers import PLACE, Cell, Finding, rows_about
from geodata.runs import run_starts
from geodata.vocabulary.statuses import FacilityStatus
from planner.coverage.demand import parts_without_people, spread_demand
from planner.coverage.known.extent import extent_findings, find_extent
from planner.coverage.known.seasons import seasons_told
from planner.network.land import land_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import Scenario

# Ends further apart than this from the next road are ends.
ALMOST_M = 5.0


def planning_findings(layers: Layers, scenario: Scenario) -> Iterator[Finding]:
    """Give the findings about a study area under a scenario's standards.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its standards say how far is too far; its rules where people live, and what makes lists doubtful.

    Examples
    --------
    The office reports 30 pustu, and 14 are listed:

    >>> from dataclasses import replace
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers = demo_layers(12)
    >>> layers = replace(layers, area=replace(layers.area, official={"pustu": 30}))
    >>> [finding.rule for finding in planning_findings(layers, default_scenario())]
    ['list_incomplete']
    """
    land = land_of(layers.villages, scenario.land)
    demand = spread_demand(layers, scenario.demand, land)
    yield from extent_findings(find_extent(layers, scenario), layers)
    yield from _empty_parts(layers, scenario)
    yield from _by_area(layers, demand)
    if layers.roads is None:
        return
    if not seasons_told(layers, scenario.model_copy(update={"edits": ()})):
        yield Finding(
            "warning", "roads", "seasons_alike", 1, (),
            "the road file says nothing, or of too few roads, of surfaces, seasons or fords: the wet season "
            "is answered as dry",
            "give a surface column (surface:), or roads of OpenStreetMap",
        )  # fmt: skip
    yield from _almost_meet(layers.roads, demand)
    yield from _long_legs(layers, layers.roads, demand, scenario)


def _empty_parts(layers: Layers, scenario: Scenario) -> Iterator[Finding]:
    ids = parts_without_people(layers, scenario.demand, land_of(layers.villages, scenario.land))
    if ids:
        yield Finding(
            "info", "villages", "part_without_people", len(ids), tuple(ids[:5]),
            "small parts of villages on landmasses of their own, without roads or hamlets: they hold nobody",
            "give hamlets:, if people live there", rows_about(ids, effect="nobody is put there"),
        )  # fmt: skip


def _by_area(layers: Layers, demand: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Give the villages of several landmasses whose people are put on one of them by its area alone."""
    share = demand["weight"].where(demand["by_area"], 0.0).groupby(demand["village_code"]).sum()
    share = share[share > 0].sort_values(ascending=False, kind="stable")
    if len(share):
        names = layers.villages["village_name"]
        said = [f"{code} {names[code]} ({100 * one:.0f}% of its people)" for code, one in share.items()]
        cells = tuple(
            Cell("", 0, "", "", id=str(code), effect=f"where {100 * one:.0f}% of its people live is a guess")
            for code, one in share.items()
        )
        yield Finding(
            "warning", "villages", "people_by_area", len(share), tuple(said[:5]),
            "villages on several landmasses, of which some have no roads: how many people live there is only "
            "taken from the area, and a status that rests on it is unknown",
            "give hamlets: for these villages", cells,
        )  # fmt: skip


def almost_meeting(
    roads: gpd.GeoDataFrame, within_m: float = ALMOST_M
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the road ends that miss the next road by no more than some metres.

    Bridges, tunnels and ferries neither end so nor are met so.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS), at least one road.
    within_m
        The widest gap (metres), included.

    Returns
    -------
    place, gap_m
        float64 ``(ends, 2)``, metres in the roads' CRS, and float64 ``(ends,)``, how far (metres) the next
        road is.
    node, edge
        int64 ``(ends,)``, the end's junction, and the row of the next road.

    Examples
    --------
    The first road ends 3 m before the second:

    >>> import geopandas as gpd
    >>> lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(103, -50), (103, 50)])]
    >>> facts = {"bridge": False, "tunnel": False, "route": None, "from_node": [0, 2], "to_node": [1, 3]}
    >>> place, gap_m, node, edge = almost_meeting(gpd.GeoDataFrame(facts, geometry=lines))
    >>> place.tolist(), gap_m.tolist(), node.tolist(), edge.tolist()
    ([[100.0, 0.0]], [3.0], [1], [1])
    """
    ground = ~(roads["bridge"] | roads["tunnel"] | roads["route"].notna()).to_numpy()
    line = roads.geometry.to_numpy()
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    degree = np.bincount(np.concatenate([start, stop]), minlength=int(max(start.max(), stop.max())) + 1)
    found = []
    tree = shapely.STRtree(line)
    for node, index in ((start, 0), (stop, -1)):
        rows = np.flatnonzero(ground & (degree[node] == 1) & (start != stop))
        ends = shapely.get_point(line[rows], index)
        at, other = tree.query(ends, predicate="dwithin", distance=within_m)
        # A stub's own road, which it meets at its other end, is near without a gap.
        far_node = (stop if index == 0 else start)[rows[at]]
        own = (start[other] == far_node) | (stop[other] == far_node)
        short = shapely.length(line[rows[at]]) <= within_m
        keep = ground[other] & (other != rows[at]) & ~(own & short)
        at, other = at[keep], other[keep]
        gap = shapely.distance(ends[at], line[other])
        order = np.lexsort((other, gap, at))
        at, other, gap = at[order], other[order], gap[order]
        first = run_starts(at)
        xy = shapely.get_coordinates(ends[at[first]])
        found.append((xy, gap[first], node[rows[at[first]]].astype(np.int64), other[first].astype(np.int64)))
    place, gap_m, nodes, edges = (np.concatenate(x) for x in zip(*found, strict=True))
    return place, gap_m, nodes, edges


def _almost_meet(roads: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Find ends that almost meet the next road, those first with people behind them."""
    place, gap, node, edge = almost_meeting(roads)
    if len(node) == 0:
        return
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    size = int(max(start.max(), stop.max())) + 1
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, stop)), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    row = roads.index.get_indexer(demand["road_id"])
    people = np.nan_to_num(demand["people"].to_numpy())
    on_road = row >= 0
    held = np.bincount(part[start[row[on_road]]], weights=people[on_road], minlength=size)
    apart = part[node] != part[start[edge]]
    # Of two parts that would be one, the people of the smaller are behind the gap.
    behind = np.where(apart, np.minimum(held[part[node]], held[part[start[edge]]]), 0.0)
    where = _degrees(place, roads.crs)
    order = np.lexsort((gap, -behind, ~apart))
    ends = [
        _End(f"{where[k, 0]:.5f}, {where[k, 1]:.5f}", str(roads.index[edge[k]]), float(gap[k]),
             float(behind[k]) if apart[k] else None)
        for k in order.tolist()
    ]  # fmt: skip
    cut = int(apart.sum())
    yield Finding(
        "warning" if cut else "info", "roads", "ends_almost_meet", len(ends),
        tuple(end.words() for end in ends[:5]),
        f"road ends that miss the next road by {ALMOST_M:g} m or less (lon, lat); {cut} of them part the "
        f"network, with up to {behind.max(initial=0):,.0f} people behind one",
        "correct the map, or join them with roads: {join_within_m: 5}", tuple(end.cell() for end in ends),
    )  # fmt: skip


class _End(NamedTuple):
    """A road's end that almost meets the next road; ``behind`` is None where both are joined elsewhere."""

    place: str
    road: str
    gap_m: float
    behind: float | None

    def words(self) -> str:
        people = "" if self.behind is None else f", {self.behind:,.0f} people behind"
        return f"{self.place} ({self.road}, {self.gap_m:.1f} m{people})"

    def cell(self) -> Cell:
        does = "" if self.behind is None else f"parts the network; {self.behind:,.0f} people are behind it"
        join = f"join it with {self.road}, {self.gap_m:.1f} m away"
        return Cell("", 0, "lon, lat", self.place, join, id=self.road, effect=does)


def _degrees(xy: NDArray[np.float64], crs: object) -> NDArray[np.float64]:
    import pyproj

    change = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
    return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))


def _long_legs(
    layers: Layers, roads: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, scenario: Scenario
) -> Iterator[Finding]:
    """Find units and people so far off every road that the walk to it alone uses up the limit."""
    land = roads[roads["route"].isna()].geometry.to_numpy()
    if len(land) == 0:
        return
    tree = shapely.STRtree(land)
    per_m = scenario.access.seconds_per_m()
    used = layers.facilities[layers.facilities["status"] == FacilityStatus.USED]
    people_m = _away(tree, demand.geometry.to_numpy())
    for kind, rule in scenario.standard.items():
        if kind not in layers.area.listed_kinds:
            continue
        limit_m = min(rule.limit_s / per_m, scenario.access.max_distance_m)
        mine = used[used["kind"] == kind]
        off = mine[_away(tree, mine.geometry.to_numpy()) > limit_m]
        if len(off):
            does = f"nobody reaches it by road within {rule.limit_minutes:g} min"
            yield Finding(
                "warning", "facilities", "leg_uses_limit", len(off), tuple(off.index[:5]),
                f"{kind}: over {limit_m:,.0f} m from any road: the walk to it alone takes longer than the "
                f"limit of {rule.limit_minutes:g} min",
                "check the coordinates, and whether a road is missing",
                _units(off, does),
            )  # fmt: skip
        lost = (people_m > limit_m) & (demand["weight"].to_numpy() > 0)
        if lost.any():
            codes = list(dict.fromkeys(demand["village_code"][lost]))
            number = _people_in_words(demand[lost])
            live, but = _how_sure(demand[lost])
            yield Finding(
                "info", "villages", "leg_uses_limit", len(codes), tuple(codes[:5]),
                f"{kind}: {number} {live} over {limit_m:,.0f} m from any road: their walk to it "
                f"alone takes longer than the limit{but}",
                "check whether roads are missing, or give hamlets:", _off_roads(demand[lost], kind, live),
            )  # fmt: skip


def _units(rows: gpd.GeoDataFrame, effect: str) -> tuple[Cell, ...]:
    """Return a cell for the place of each facility."""
    return tuple(
        Cell(file, 0, PLACE, place, id=str(i), effect=effect)
        for i, file, place in zip(rows.index, rows["source"], degrees_text(rows.geometry), strict=True)
    )


def _off_roads(lost: gpd.GeoDataFrame, kind: str, live: str) -> tuple[Cell, ...]:
    """Return a cell for each village with people too far off every road; their number may be unknown."""
    people = lost["people"].groupby(lost["village_code"], sort=False).sum(min_count=1)
    number = {code: "an unknown number of" if np.isnan(n) else f"{n:,.0f}" for code, n in people.items()}
    does = "{} people {} too far from any road for {}"
    return tuple(
        Cell("", 0, "", "", id=str(code), effect=does.format(said, live, kind))
        for code, said in number.items()
    )


def _people_in_words(demand: gpd.GeoDataFrame) -> str:
    """Return how many people some places have, and of how many villages that is not known."""
    people = demand["people"]
    unknown = demand["village_code"][people.isna()].nunique()
    if people.isna().all():
        return "an unknown number of people"
    more = f", and an unknown number in {counted(unknown, 'village')}," if unknown else ""
    return f"{people.sum():,.0f} people{more}"


def _how_sure(demand: gpd.GeoDataFrame) -> tuple[str, str]:
    """Return "live" or "may live", and of how many people the place is taken from what."""
    by_method = demand["people"].fillna(0.0).groupby(demand["method"]).sum()
    cells = float(by_method.get("raster", 0.0))
    guessed = float(by_method.sum() - by_method.get("hamlets", 0.0) - cells)
    said = [
        f"of {people:,.0f} of them the place is only taken from {what}"
        for people, what in ((cells, "a raster of people"), (guessed, "their village's outline"))
        if people
    ]
    return ("may live" if said else "live"), "".join(f"; {one}" for one in said)


def _away(tree: shapely.STRtree, points: NDArray[np.object_]) -> NDArray[np.float64]:
    if len(points) == 0:
        return np.empty(0)
    away = tree.query_nearest(points, return_distance=True, all_matches=False)[1]
    return np.asarray(away, dtype=np.float64)
