"""How far the lists and the roads can be trusted: outside of what they cover, "not reached" is unknown.

What AREA.yml says (``covers:``, ``official:``) counts first. Where it says nothing, strong signs are looked
for; each names the key that turns it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.errors import counted
from geodata.layers import Finding, rows_about
from geodata.vocabulary.roads import RoadSeason
from geodata.vocabulary.statuses import FacilityStatus, Reason
from geodata.vocabulary.surfaces import surface_words
from planner.scenarios.edits import Flood

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import DoubtRule, Scenario
    from planner.scenarios.standards import KindStandard

ROADS = "roads"
# Why something is not taken as complete, and what to write in AREA.yml where it is ({word}: the kind).
WHY = {
    "declared": ("covers: names only a part of the area", "covers: all, with the list, once it is complete"),
    "official": ("the office reports more than are listed", "complete the list, or correct official:"),
    "empty": ("the list has no row of this kind",
              "complete the list; if there really is none, covers: all with it, or official: {{{word}: 0}}"),
    "few_districts": ("most kecamatan have none on the list", "covers: all, with the list, if that is all"),
    "few_for_people": ("there are far fewer than people need", "covers: all, with the list, if that is all"),
    "bare_villages": ("several neighbouring villages have no road at all",
                      "covers: all, with roads:, if there really is none"),
    "straight_line": ("the roads stop along a straight line", "covers: all, with roads:, if they really do"),
    "no_local_roads": ("there are no local roads in the file", "covers: all, with roads:, if that is all"),
    "clipped": ("the roads stop at the area's outline, so ways through a neighbour are missing",
                "give roads some kilometres wider than the area, or covers: all, with roads:"),
}  # fmt: skip


@dataclass(frozen=True)
class Extent:
    """What the lists and the roads cover.

    Attributes
    ----------
    lists
        By kind, bool ``(villages,)``: whether every unit there is on the list. A kind that is not named is
        whole.
    roads
        bool ``(villages,)``: whether its roads are all there; None where they are everywhere.
    clipped
        Whether ways through a neighbour are missing: then no way at all may be for want of those.
    why
        By kind and for ``roads``, a key of WHY for what is not whole.
    detail
        By kind and for ``roads``, the numbers behind it.
    open_land
        By kind and for ``roads``, object, the outlines (Polygons, the area's CRS) of the villages of the area
        in which it is not whole; those of ``lists`` and ``roads`` may be a part of them.
    """

    lists: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    roads: NDArray[np.bool_] | None = None
    clipped: bool = False
    why: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    open_land: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def lists_whole(self, kinds: tuple[str, ...], villages: int) -> NDArray[np.bool_]:
        """Return by village whether the lists of all of some kinds are whole: bool ``(villages,)``.

        Parameters
        ----------
        kinds
            Facility kinds.
        villages
            How many there are.

        Examples
        --------
        >>> extent = Extent(lists={"pustu": np.array([True, False])})
        >>> extent.lists_whole(("puskesmas", "pustu"), 2).tolist()
        [True, False]
        """
        out = np.ones(villages, dtype=bool)
        for kind in kinds:
            if kind in self.lists:
                out &= self.lists[kind]
        return out

    def same_lists(self, other: Extent, kinds: tuple[str, ...]) -> bool:
        """Return whether the lists of some kinds cover the same villages in another extent.

        Examples
        --------
        >>> part = Extent(lists={"pustu": np.array([True, False])})
        >>> part.same_lists(Extent(), ("puskesmas",)), part.same_lists(Extent(), ("puskesmas", "pustu"))
        (True, False)
        """
        mine, theirs = ({k: e.lists[k].tobytes() for k in kinds if k in e.lists} for e in (self, other))
        return mine == theirs

    def roads_whole(self, villages: int) -> NDArray[np.bool_]:
        """Return by village whether its roads are all there: bool ``(villages,)``.

        Examples
        --------
        >>> Extent().roads_whole(2).tolist(), Extent(roads=np.array([True, False])).roads_whole(2).tolist()
        ([True, True], [True, False])
        """
        return np.ones(villages, dtype=bool) if self.roads is None else self.roads


def find_extent(layers: Layers, scenario: Scenario, *, same_roads: Extent | None = None) -> Extent:
    """Return what the lists and the roads of an area cover, as declared, or by strong signs.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its standard says how many people a unit is for; its rule for doubts, which signs are strong.
    same_roads
        The extent of the same layers by other standards: what it says of the roads is taken over.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers = demo_layers(12)
    >>> layers = replace(layers, area=replace(layers.area, official={"pustu": 30}))
    >>> find_extent(layers, default_scenario()).detail
    {'pustu': '14 listed, 30 reported by the office'}
    """
    lists: dict[str, NDArray[np.bool_]] = {}
    why: dict[str, str] = {}
    detail: dict[str, str] = {}
    standard = scenario.standard
    for kind in dict.fromkeys(k for name, rule in standard.items() for k in (name, *rule.counts)):
        if kind in layers.area.listed_kinds:
            found = _list_extent(layers, kind, standard.get(kind), scenario.doubt)
            if found is not None:
                lists[kind], why[kind], detail[kind] = found
    roads, clipped = None, False
    if same_roads is not None:
        roads, clipped = same_roads.roads, same_roads.clipped
        if ROADS in same_roads.why:
            why[ROADS], detail[ROADS] = same_roads.why[ROADS], same_roads.detail[ROADS]
    elif layers.roads is not None:
        known = _roads_extent(layers, layers.roads, scenario)
        if known is not None:
            roads, why[ROADS], detail[ROADS] = known
        if ROADS not in layers.area.declared:
            clipped, said = _clipped(layers, layers.roads, scenario.doubt)
            if clipped and ROADS not in why:
                why[ROADS], detail[ROADS] = "clipped", said
    return Extent(lists, roads, clipped, why, detail, _open_land(layers, lists, roads))


def _open_land(
    layers: Layers, lists: Mapping[str, NDArray[np.bool_]], roads: NDArray[np.bool_] | None
) -> dict[str, NDArray[np.object_]]:
    shape = layers.villages.geometry.to_numpy()
    of_roads = {} if roads is None else {ROADS: roads}
    return {word: shape[~whole] for word, whole in {**lists, **of_roads}.items()}


def _declared(layers: Layers, word: str) -> NDArray[np.bool_]:
    covered = layers.villages["covered"].str.split().map(set)
    return np.array([word in words for words in covered], dtype=bool)


def _list_extent(
    layers: Layers, kind: str, rule: KindStandard | None, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return where a kind's list is whole, and why not everywhere; None where nothing speaks against it."""
    n = len(layers.villages)
    if kind in layers.area.declared:
        whole = _declared(layers, kind)
        return None if whole.all() else (whole, "declared", f"{whole.sum()} of {n} villages are covered")
    units = layers.facilities
    units = units[
        units["village_code"].isin(layers.villages.index) | (units["status"] == FacilityStatus.UNLOCATED)
    ]
    mine = units["kind"] == kind
    nowhere = np.zeros(n, dtype=bool)
    official = layers.area.official.get(kind)
    if official is not None:
        listed, where = int((layers.facilities["kind"] == kind).sum()), ""
        if listed > official:
            # A list of the whole province, say: the neighbours' do not make up for what is missing.
            listed, where = int(mine.sum()), " inside the area"
        if official - listed <= doubt.official_tolerance * official:
            return None
        return nowhere, "official", f"{listed} listed{where}, {official} reported by the office"
    if not (layers.facilities["kind"] == kind).any():
        # A heading alone: nobody has written yet what there is.
        return nowhere, "empty", "0 listed"
    # A kind that only counts as another has no rule of its own.
    sign = None if rule is None else _sign(layers, units[mine | units["kind"].isin(rule.counts)], rule, doubt)
    return None if sign is None else (nowhere, *sign)


def _sign(
    layers: Layers, units: gpd.GeoDataFrame, rule: KindStandard, doubt: DoubtRule
) -> tuple[str, str] | None:
    """Return why a list can hardly be whole; ``units`` with those that count as the kind."""
    if rule.presence in ("village", "district", "hamlet"):
        districts = layers.villages["district_code"]
        have = districts.reindex(units["village_code"].dropna()).nunique()
        every = districts.nunique()
        if every >= doubt.districts and have < doubt.districts_share * every:
            return "few_districts", f"{have} of {every} kecamatan have one on the list"
    people = float(layers.villages["people"].sum())
    if rule.people_per_unit is not None:
        # A list whose units are all elsewhere is doubted where it would be with one of them here.
        each = people / max(len(units), 1)
        if each > doubt.people_per_unit_factor * rule.people_per_unit:
            listed = f"{len(units)} listed" if len(units) else "none listed inside the area"
            wanted = f"the standard has {rule.people_per_unit:,.0f}"
            return "few_for_people", f"{listed}, {each:,.0f} people for each; {wanted}"
    return None


def _roads_extent(
    layers: Layers, roads: gpd.GeoDataFrame, scenario: Scenario
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return where the roads are whole, and why not everywhere; None where nothing speaks against it."""
    n = len(layers.villages)
    if ROADS in layers.area.declared:
        whole = _declared(layers, ROADS)
        return None if whole.all() else (whole, "declared", f"{whole.sum()} of {n} villages are covered")
    doubt = scenario.doubt
    land = roads[roads["route"].isna()]
    local = land["road_class"].isin(scenario.demand.local_classes)
    if not (land["length_m"].where(local, 0.0).sum() > 0):
        classes = ", ".join(sorted(set(land["road_class"]))[:4])
        return np.zeros(n, dtype=bool), "no_local_roads", f"only {classes}"
    beyond = _beyond_straight_lines(layers, land, doubt)
    if beyond is not None:
        open_, said = beyond
        return ~open_, "straight_line", said
    bare = road_length_m(layers, land) < doubt.bare_road_m
    together = _together(layers.villages, bare, doubt.neighbours_m)
    size = np.bincount(together[bare], minlength=n + 1)
    open_ = bare & (size[together] >= doubt.bare_villages)
    if not open_.any():
        return None
    names = ", ".join(layers.villages.index[open_][:3])
    return ~open_, "bare_villages", f"{counted(int(open_.sum()), 'village')}, such as {names}"


def road_length_m(layers: Layers, land: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the metres of road in each village: float64 ``(villages,)``.

    Parameters
    ----------
    layers
        A study area.
    land
        The roads to measure (LineStrings, the villages' metric CRS), with ``length_m``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from dataclasses import replace
    >>> from planner.pipeline import demo_layers
    >>> shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    >>> layers = replace(demo_layers(12), villages=gpd.GeoDataFrame(geometry=shapes, crs="EPSG:32748"))
    >>> line = [shapely.LineString([(500, 500), (1250, 500)])]
    >>> road_length_m(layers, gpd.GeoDataFrame({"length_m": [750.0]}, geometry=line)).tolist()
    [500.0, 250.0]
    """
    village, _, length = road_pieces(layers, land)
    return np.bincount(village, weights=length, minlength=len(layers.villages)).astype(np.float64)


def road_pieces(
    layers: Layers, land: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pieces of roads in villages.

    Parameters
    ----------
    layers, land
        As for :func:`road_length_m`.

    Returns
    -------
    village, road, length_m
        int64 rows of the villages and of the roads, float64 metres: all ``(pieces,)``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from dataclasses import replace
    >>> from planner.pipeline import demo_layers
    >>> shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    >>> layers = replace(demo_layers(12), villages=gpd.GeoDataFrame(geometry=shapes, crs="EPSG:32748"))
    >>> line = [shapely.LineString([(500, 500), (1250, 500)])]
    >>> pieces = road_pieces(layers, gpd.GeoDataFrame({"length_m": [750.0]}, geometry=line))
    >>> [array.tolist() for array in pieces]
    [[0, 1], [0, 0], [500.0, 250.0]]
    """
    line, shape = land.geometry.to_numpy(), layers.villages.geometry.to_numpy()
    tree = shapely.STRtree(line)
    village, piece = tree.query(shape, predicate="intersects")
    # Most pieces lie in one village; only the others are cut.
    crossing = np.bincount(piece, minlength=len(line))[piece] > 1
    crossing |= ~shapely.covers(_prepared(shape)[village], line[piece])
    share = np.ones(len(piece))
    cut = shapely.intersection(shape[village[crossing]], line[piece[crossing]])
    whole = shapely.length(line[piece[crossing]])
    share[crossing] = np.divide(shapely.length(cut), whole, out=np.zeros(len(whole)), where=whole > 0)
    length = land["length_m"].to_numpy()[piece] * share
    return village.astype(np.int64), piece.astype(np.int64), length.astype(np.float64)


def _prepared(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    shapely.prepare(shapes)
    return shapes


def _together(villages: gpd.GeoDataFrame, which: NDArray[np.bool_], near_m: float) -> NDArray[np.int64]:
    """Return the number of the group of neighbours among some villages; the last number for the others."""
    at = np.flatnonzero(which)
    shape = villages.geometry.to_numpy()[at]
    i, j = shapely.STRtree(shape).query(shape, predicate="dwithin", distance=near_m)
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(len(at), len(at)))
    label = connected_components(graph, directed=False)[1]
    out = np.full(len(villages), len(villages), dtype=np.int64)
    out[at] = label
    return out


def dead_ends(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where roads on land end without meeting another, and which way they point there.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS); ferries are met, but do not end so.

    Returns
    -------
    place, towards
        float64 ``(ends, 2)``: metres in the roads' CRS, and unit vectors (0 for a line of no length). First
        the roads' first ends, then their last ones.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (100, 50)])]
    >>> nodes = {"route": None, "from_node": [0, 1], "to_node": [1, 2]}
    >>> place, towards = dead_ends(gpd.GeoDataFrame(nodes, geometry=line))
    >>> place.tolist(), towards.tolist()
    ([[0.0, 0.0], [100.0, 50.0]], [[-1.0, 0.0], [0.0, 1.0]])
    """
    land = roads[roads["route"].isna()]
    every = np.concatenate([roads["from_node"], roads["to_node"]])
    degree = np.bincount(every, minlength=int(every.max(initial=0)) + 1)
    line = land.geometry.to_numpy()
    place, towards = [], []
    for column, last, before in (("from_node", 0, 1), ("to_node", -1, -2)):
        mine = line[degree[land[column].to_numpy()] == 1]
        end, inner = (shapely.get_coordinates(shapely.get_point(mine, i)) for i in (last, before))
        place.append(end)
        towards.append(end - inner)
    xy, way = np.concatenate(place), np.concatenate(towards)
    length = np.hypot(*way.T)[:, None]
    return xy, np.divide(way, length, out=np.zeros_like(way), where=length > 0)


def _beyond_straight_lines(
    layers: Layers, land: gpd.GeoDataFrame, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str] | None:
    """Return the villages that lie (in part) beyond a side of the roads' box at which many roads stop."""
    west, south, east, north = land.total_bounds
    ends, towards = dead_ends(land)
    shape = layers.villages.geometry.to_numpy()
    area = shapely.area(shape)
    far = 10.0 * max(east - west, north - south, 1.0)
    open_ = np.zeros(len(shape), dtype=bool)
    said = []
    # A road that runs along the side does not stop at it.
    sides = (
        ("west", ends[:, 0] - west, -towards[:, 0], (west - far, south - far, west, north + far)),
        ("east", east - ends[:, 0], towards[:, 0], (east, south - far, east + far, north + far)),
        ("south", ends[:, 1] - south, -towards[:, 1], (west - far, south - far, east + far, south)),
        ("north", north - ends[:, 1], towards[:, 1], (west - far, north, east + far, north + far)),
    )
    for name, away, outward, beyond in sides:
        stops = int(((away <= doubt.line_m) & (outward > doubt.heads_out)).sum())
        if stops >= doubt.cut_ends:
            part = shapely.area(shapely.intersection(shape, shapely.box(*beyond)))
            cut = part > doubt.beyond_share * area
            if cut.any():
                open_ |= cut
                reach = counted(int(cut.sum()), "village reaches", "villages reach")
                said.append(f"{stops} roads stop at the {name} side, {reach} beyond")
    return (open_, "; ".join(said)) if said else None


def _clipped(layers: Layers, roads: gpd.GeoDataFrame, doubt: DoubtRule) -> tuple[bool, str]:
    """Return whether many roads stop at the area's outline, and none goes on outside though some could."""
    land = roads[roads["route"].isna()]
    if land.empty:
        return False, ""
    outline = shapely.union_all(shapely.buffer(layers.villages.geometry.to_numpy(), 1.0))
    ends = shapely.points(dead_ends(roads)[0])
    shapely.prepare(outline)
    edge = shapely.boundary(outline)
    shapely.prepare(edge)
    stops = int(shapely.dwithin(edge, ends, doubt.cut_end_m).sum())
    outside = shapely.buffer(outline, doubt.outside_m)
    shapely.prepare(outside)
    goes_on = bool((~shapely.covers(outside, land.geometry.to_numpy())).any())
    clipped = stops >= doubt.clipped_ends and not goes_on
    return clipped, f"{stops} roads stop within {doubt.cut_end_m:g} m of it" if clipped else ""


def extent_findings(extent: Extent, layers: Layers) -> Iterator[Finding]:
    """Give a finding for everything that is not taken as complete.

    Parameters
    ----------
    extent
        From :func:`find_extent`.
    layers
        The study area that it is of.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> part = Extent(why={"pustu": "few_districts"}, detail={"pustu": "1 of 9 kecamatan"})
    >>> [(f.layer, f.rule) for f in extent_findings(part, demo_layers(12))]
    [('facilities', 'list_incomplete')]
    """
    for word, key in extent.why.items():
        said, action = WHY[key]
        layer = "roads" if word == ROADS else "facilities"
        rule = Reason.ROADS_INCOMPLETE if word == ROADS else Reason.LIST_INCOMPLETE
        whole = extent.roads if word == ROADS else extent.lists.get(word)
        ids = () if whole is None else tuple(layers.villages.index[~whole])
        yield Finding(
            "warning", layer, rule, max(len(ids), 1), ids[:5],
            f"{word}: {said} ({extent.detail[word]}): who is not reached there is unknown, not a gap",
            action.format(word=word), rows_about(ids, effect="who is not reached there is unknown"),
        )  # fmt: skip


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
    told |= roads["tags"].fillna("").astype("str").str.contains("tracktype=|ford=", regex=True)
    for column in ("from_barrier", "to_barrier"):
        told |= roads[column].fillna("").astype("str").str.contains("ford=")
    by_road: NDArray[np.bool_] = told.to_numpy(dtype=bool)
    return by_road
