"""Findings about a study area's data: what would mislead a plan, and what to look at."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.codes import name_key
from geodata.crs import WGS84, degrees_text
from geodata.errors import counted
from geodata.layers import PLACE, SEVERITIES, Cell, Finding, Layers, Severity, rows_about
from geodata.readers.roads import unread_findings
from geodata.villages_at import SLIVER_M
from geodata.vocabulary.roads import ROAD_CLASSES
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo
from geodata.vocabulary.surfaces import unknown_surfaces
from geodata.vocabulary.units import NAMED_ONCE, SAME_LIST_UNITS, unit_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

# Thresholds above which a finding is reported; none of them changes a result.
SAME_PLACE_M = 1.0
DECLARED_AWAY_M = 1_000.0
FAR_FROM_ROAD_M = 2_000.0
CONNECTED_SHARE = 0.95
DENSE_PEOPLE_PER_KM2 = 50_000.0
HAMLET_SUM_TOLERANCE = 0.01
MIN_STAFF_ROWS = 5


def inspect(layers: Layers) -> tuple[Finding, ...]:
    """Return all findings, the gravest first: those of the readers, and those of the layers."""
    found = [*layers.findings]
    for rule in RULES:
        found.extend(rule(layers))
    return gravest_first(found)


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order in which they are shown."""
    return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.layer, f.rule)))


def _finding(
    severity: Severity, layer: str, rule: str, cells: Sequence[Cell], message: str, action: str, *,
    ids: Iterable[str] = (), count: int | None = None,
) -> Iterator[Finding]:  # fmt: skip
    """Give a finding about some rows, if there are any; ``ids`` are the words that name them."""
    if cells:
        named = tuple(ids) or tuple(cell.id for cell in cells)
        number = len(cells) if count is None else count
        yield Finding(severity, layer, rule, number, named[:5], message, action, tuple(cells))


def _villages(
    codes: pd.Index, column: str, values: Iterable[str] | None = None, effect: str = ""
) -> tuple[Cell, ...]:
    said = [""] * len(codes) if values is None else values
    return tuple(Cell("", 0, column, v, id=str(c), effect=effect) for c, v in zip(codes, said, strict=True))


def _units(
    rows: gpd.GeoDataFrame, column: str, values: Iterable[str] | None = None, effect: str | Iterable[str] = ""
) -> tuple[Cell, ...]:
    """Return a cell for each facility; its value is the column's or its place, unless others are given."""
    if values is None:
        values = degrees_text(rows.geometry) if column == PLACE else rows[column]
    effects = [effect] * len(rows) if isinstance(effect, str) else effect
    return tuple(
        Cell(file, 0, column, value, id=str(i), effect=does)
        for i, file, value, does in zip(rows.index, rows["source"], values, effects, strict=True)
    )


def _used(layers: Layers) -> gpd.GeoDataFrame:
    return layers.facilities[layers.facilities["status"] == FacilityStatus.USED]


def _people_unknown(layers: Layers) -> Iterator[Finding]:
    unknown = layers.villages.index[layers.villages["people"].isna()]
    yield from _finding(
        "warning", "villages", "people_unknown",
        _villages(unknown, "people", effect="is in no total of people"),
        f"of {len(layers.villages)} villages have no number of people and stay out of all totals of people",
        "give them in the population table",
    )  # fmt: skip


def _people_dense(layers: Layers) -> Iterator[Finding]:
    people = layers.villages["people"]
    density = people / (layers.villages.area / 1e6)
    dense = density > DENSE_PEOPLE_PER_KM2
    said = (f"{people[c]:,.0f}, {density[c]:,.0f} per km²" for c in density.index[dense])
    yield from _finding(
        "warning", "villages", "people_too_dense", _villages(density.index[dense], "people", said),
        f"villages with over {DENSE_PEOPLE_PER_KM2:,.0f} people per km²",
        "compare the number of people, and the polygon, with another source",
    )  # fmt: skip


def _groups_exceed(layers: Layers) -> Iterator[Finding]:
    # A column of somebody's own may begin so, and hold no numbers.
    numbers = layers.villages.select_dtypes("number")
    groups = [c for c in numbers if c.startswith("people_")]
    if not groups:
        return
    most = layers.villages[groups].max(axis=1)
    more = layers.villages.index[most > layers.villages["people"]]
    said = (f"{most[c]:,.0f} of {layers.villages['people'][c]:,.0f}" for c in more)
    yield from _finding(
        "error", "villages", "group_exceeds_people", _villages(more, "people", said),
        "villages where one group has more people than the whole village",
        "correct the population table",
    )  # fmt: skip


def _overlaps(layers: Layers) -> Iterator[Finding]:
    geometry = layers.villages.geometry.to_numpy()
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    area = shapely.area(shapely.intersection(geometry[i], geometry[j]))
    some = np.flatnonzero(area > 1.0)
    if not len(some):
        return
    worst = some[np.argsort(-area[some], kind="stable")]
    codes = layers.villages.index
    with_: dict[str, list[str]] = {}
    for k in worst:
        for one, other in ((codes[i[k]], codes[j[k]]), (codes[j[k]], codes[i[k]])):
            with_.setdefault(one, []).append(f"{other}: {area[k]:,.0f} m²")
    total = area[some].sum() / 1e6
    share = area[some].sum() / shapely.area(geometry).sum()
    yield from _finding(
        "warning" if share > 0.001 else "info", "villages", "overlapping_polygons",
        _villages(pd.Index(with_), "geometry", ("; ".join(said) for said in with_.values())),
        f"neighbouring villages overlap, {total:.3f} km² in all ({share:.3%} of the area)",
        "none needed for slivers, which boundaries: {tolerance_m: 10} closes; a large overlap needs a "
        "corrected boundary file",
        ids=(f"{codes[i[k]]}/{codes[j[k]]}" for k in worst[:5]), count=len(some),
    )  # fmt: skip


def _same_name(layers: Layers) -> Iterator[Finding]:
    key = layers.villages["village_name"].map(name_key)
    twice = key.duplicated(keep=False) & (key != "")
    names = layers.villages["village_name"][twice]
    yield from _finding(
        "info", "villages", "repeated_name", _villages(names.index, "village_name", names),
        "villages share their name with another of the area",
        "locate facilities by village code, not by name, there",
    )  # fmt: skip


def _unlocated(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities[layers.facilities["status"] == FacilityStatus.UNLOCATED]
    yield from _finding(
        "error", "facilities", "unlocated", _units(rows, PLACE),
        "facilities without coordinates or a known village serve nobody; whom they may serve is unknown",
        "give their coordinates or their village code; with their kecamatan, only who is near it is in doubt",
    )  # fmt: skip


def _outside(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    outline = shapely.union_all(shapely.simplify(layers.villages.geometry.to_numpy(), 50.0))
    away = shapely.distance(outline, rows.geometry.to_numpy())
    far = (rows["status"] == FacilityStatus.OUTSIDE_BUFFER).to_numpy()
    yield from _finding(
        "error", "facilities", "far_outside", _units(rows[far], PLACE),
        f"facilities lie further than {layers.area.buffer_m / 1000:g} km outside the area and are not used",
        "correct the coordinates, or the kabupaten",
        ids=(f"{i} ({d / 1000:.0f} km)" for i, d in zip(rows.index[far], away[far], strict=True)),
    )  # fmt: skip
    beside = (rows["status"] == FacilityStatus.USED).to_numpy() & (away > 50.0)
    yield from _finding(
        "warning", "facilities", "outside_boundary",
        _units(rows[beside], PLACE, effect="serves, and is in no village of the area"),
        "facilities lie outside the boundary but within the buffer; they serve, and are in no village",
        "check whether they belong to a neighbouring kabupaten",
    )  # fmt: skip


def _declared_elsewhere(layers: Layers) -> Iterator[Finding]:
    rows = _used(layers)
    rows = rows[
        rows["declared_village"].isin(layers.villages.index) & (rows["located_by"] == LocatedBy.COORDINATES)
    ]
    own = layers.villages.geometry.loc[rows["declared_village"]].to_numpy()
    away = shapely.distance(own, rows.geometry.to_numpy())
    far = away > DECLARED_AWAY_M
    does = (f"its times rest on a point {d / 1000:.1f} km from its village" for d in away[far])
    yield from _finding(
        "error", "facilities", "declared_elsewhere", _units(rows[far], PLACE, effect=does),
        f"facilities with coordinates over {DECLARED_AWAY_M / 1000:g} km from the village of their list",
        "correct the coordinates or the village",
    )  # fmt: skip


def _village_elsewhere(layers: Layers) -> Iterator[Finding]:
    """Units that count for a village in which they do not lie, though no list names it: moved by hand."""
    rows = _used(layers)
    rows = rows[rows["village_code"].isin(layers.villages.index)]
    # A village that the list names is looked at by declared_elsewhere.
    rows = rows[rows["village_code"] != rows["declared_village"].fillna("")]
    own = layers.villages.geometry.loc[rows["village_code"]].to_numpy()
    away = shapely.distance(own, rows.geometry.to_numpy())
    far = away > SLIVER_M
    yield from _finding(
        "error", "facilities", "village_elsewhere", _units(rows[far], "village_code"),
        "facilities count for a village in which they do not lie",
        "correct village_code or the place; with_facilities finds the village of those that were moved",
        ids=(f"{i} ({d / 1000:.1f} km)" for i, d in zip(rows.index[far], away[far], strict=True)),
    )  # fmt: skip


def _hamlet_elsewhere(layers: Layers) -> Iterator[Finding]:
    if layers.hamlets is None:
        return
    rows = layers.hamlets
    own = layers.villages.geometry.loc[rows["village_code"]].to_numpy()
    away = shapely.distance(own, rows.geometry.to_numpy())
    far = away > DECLARED_AWAY_M
    yield from _finding(
        "error", "hamlets", "hamlet_elsewhere",
        rows_about(rows.index[far], PLACE, effect="people of its village travel from there"),
        f"hamlets lie over {DECLARED_AWAY_M / 1000:g} km from the village whose people they have",
        "correct the coordinates or the village",
        ids=(f"{i} ({d / 1000:.1f} km)" for i, d in zip(rows.index[far], away[far], strict=True)),
    )  # fmt: skip


def _same_place(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities[layers.facilities["located_by"] == LocatedBy.COORDINATES]
    if len(rows) < 2:
        return
    tree = cKDTree(shapely.get_coordinates(rows.geometry.to_numpy()))
    pairs = tree.query_pairs(SAME_PLACE_M, output_type="ndarray")
    pairs = pairs[np.lexsort(pairs.T[::-1])]
    shared = rows.iloc[np.unique(pairs)]
    yield from _finding(
        "warning", "facilities", "same_place", _units(shared, PLACE),
        "pairs of facilities share one point", "check that each has its own coordinates",
        ids=(f"{rows.index[i]}={rows.index[j]}" for i, j in pairs[:5]), count=len(pairs),
    )  # fmt: skip


def _same_unit(layers: Layers) -> Iterator[Finding]:
    """Units of one kind, name and village that no coordinates tell apart: an old sheet, or a row twice."""
    rows = layers.facilities
    placed = rows["located_by"].isin([LocatedBy.VILLAGE, LocatedBy.NAME]) & (rows["name"] != "")
    some = rows[placed & rows["village_code"].notna()]
    keys = some["kind"].str.cat([some["name"].map(spelling_key), some["village_code"]], sep="|")
    twice = some[keys.duplicated(keep=False).to_numpy()]
    yield from _finding(
        "warning", "facilities", "same_unit", _units(twice, "name"),
        "facilities of one kind have the same name and village, and no coordinates tell them apart",
        "take out the rows that are there twice, or give each its own name or coordinates",
    )  # fmt: skip


def _same_list(layers: Layers) -> Iterator[Finding]:
    """Find lists that hold the same units: a copy, or an older edition, counts all of them twice."""
    rows = layers.facilities
    rows = rows[rows["name"] != ""]
    # A kabupaten has each name of a puskesmas or hospital once; others their village tells apart.
    rows = rows[rows["kind"].isin(NAMED_ONCE) | rows["village_code"].notna()]
    units = rows["source"].value_counts()
    lists_of = rows.groupby("kind")["source"].nunique()
    rows = rows[rows["kind"].isin(lists_of.index[lists_of > 1])]
    name, once = rows["name"].map(unit_key), rows["kind"].isin(NAMED_ONCE)
    keys = rows["kind"].str.cat([name, rows["village_code"].fillna("").mask(once, "")], sep="|")
    lists = {str(source): keys[rows["source"] == source] for source in rows["source"].unique()}
    for (one, mine), (other, theirs) in combinations(lists.items(), 2):
        common = (Counter(mine) & Counter(theirs)).total()
        if common < SAME_LIST_UNITS or 2 * common <= min(units[one], units[other]):
            continue
        small, large = sorted(((units[one], one), (units[other], other)), key=lambda pair: pair[0])
        ours = lists[small[1]]
        twice = rows.loc[ours[ours.isin(lists[large[1]])].index]
        yield from _finding(
            "warning", "facilities", "same_list", _units(twice, "name", effect="is counted twice"),
            f"units of {small[1]} stand in {large[1]} too, with the same kind, name and village",
            "take one of the two lists out of AREA.yml", count=common,
        )  # fmt: skip


def _no_name(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    yield from _finding(
        "info", "facilities", "no_name", _units(rows[rows["name"] == ""], "name"),
        "facilities have no name", "give their names",
    )  # fmt: skip


def _functioning_unknown(layers: Layers) -> Iterator[Finding]:
    # Where a word stands that nobody understands, the reader has asked already.
    by_reader = ("functioning_unread", "functioning_unticked")
    asked = {c.id for f in layers.findings if f.rule in by_reader for c in f.cells}
    rows = _used(layers)
    rows = rows[(rows["functioning"] == YesNo.UNKNOWN) & ~rows.index.isin(list(asked))]
    yield from _finding(
        "info", "facilities", "functioning_unknown",
        _units(rows, "functioning", [""] * len(rows), "is counted as functioning"),
        "facilities of which nothing says whether they function; they are counted as functioning",
        "add a column functioning (ya/tidak)",
    )  # fmt: skip


def _staff_inflated(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    # Five kader for each posyandu are the ministry's own norm.
    for column in (c for c in rows if c.startswith("staff_") and c != "staff_kader"):
        values = rows[column].dropna().to_numpy()
        values = values[values > 0]
        if len(values) < MIN_STAFF_ROWS or not np.all(values == np.round(values)):
            continue
        # One number everywhere is a norm that was written down: any number is a multiple of itself.
        if np.ptp(values) == 0:
            continue
        factor = int(np.gcd.reduce(values.astype(np.int64)))
        if factor > 1:
            said = f"{len(values)} numbers, {values.sum():g} in all"
            yield from _finding(
                "warning", "facilities", "staff_inflated",
                [Cell("", 0, column, said, id=column, effect="units may have fewer staff")],
                f"every value of {column} is a multiple of {factor}: rows may have been counted so often",
                "compare with the original list",
            )  # fmt: skip


def _unconnected(layers: Layers) -> Iterator[Finding]:
    if layers.roads is None:
        yield Finding(
            "warning", "roads", "no_roads", 1, (),
            "no road file was given: times are straight lines on foot; who drives there in time is not known",
            "give roads: in AREA.yml",
        )  # fmt: skip
        return
    share = connected_share(layers.roads)
    if share < CONNECTED_SHARE:
        yield Finding(
            "warning", "roads", "unconnected", 1, (),
            f"the largest connected part holds only {share:.1%} of the length of roads",
            "check whether the file lacks roads or ferries that join its parts",
        )  # fmt: skip


def _separate_parts(layers: Layers) -> Iterator[Finding]:
    """List the parts of the roads that meet no other, the longest first."""
    if layers.roads is None:
        return
    part, length = connected_parts(layers.roads)
    order = np.argsort(-length, kind="stable")
    small = order[1:][length[order[1:]] > 0]
    first = np.unique(part, return_index=True)[1]
    points = shapely.get_point(layers.roads.geometry.to_numpy()[first[small]], 0)
    places = gpd.GeoSeries(points, crs=layers.roads.crs).to_crs(WGS84)
    said = [
        (f"{p.x:.5f}, {p.y:.5f}", f"{length[k] / 1000:.1f} km", str(layers.roads.index[first[k]]))
        for k, p in zip(small, places, strict=True)
    ]
    effect = "nobody crosses between it ({}) and other roads but on foot"
    yield from _finding(
        "info", "roads", "separate_parts",
        [Cell("", 0, "lon, lat", where, id=road, effect=effect.format(km)) for where, km, road in said],
        f"parts of the roads meet no other part, {length[small].sum() / 1000:,.1f} km in all (lon, lat of a "
        f"place in each); the largest part holds {length[order[0]] / 1000:,.1f} km",
        "check whether roads or ferries are missing that join them",
        ids=(f"{where} ({km})" for where, km, _ in said[:5]),
    )  # fmt: skip


def connected_parts(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the connected part that each road belongs to, and the metres of each part.

    Parameters
    ----------
    roads
        The roads layer, at least one road; ferries connect too.

    Returns
    -------
    part, length_m
        int64 ``(roads,)``, numbers from 0 in order of their first roads; float64 ``(parts,)``.

    Examples
    --------
    >>> import pandas as pd
    >>> roads = pd.DataFrame({"from_node": [5, 0, 1], "to_node": [6, 1, 2], "length_m": [10.0, 20.0, 30.0]})
    >>> part, length_m = connected_parts(roads)
    >>> part.tolist(), length_m.tolist()
    ([0, 1, 1], [10.0, 50.0])
    """
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    n = int(max(start.max(), stop.max())) + 1
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, stop)), shape=(n, n))
    label = connected_components(graph, directed=False)[1][start]
    part = pd.factorize(label)[0].astype(np.int64)
    length_m = np.bincount(part, weights=roads["length_m"].to_numpy())
    return part, length_m.astype(np.float64)


def connected_share(roads: gpd.GeoDataFrame) -> float:
    """Return the share (0–1) of the length of roads in the largest connected component."""
    length = connected_parts(roads)[1]
    total = float(length.sum())
    return float(length.max() / total) if total > 0 else 0.0


def _closed_classes(layers: Layers) -> Iterator[Finding]:
    if layers.roads is None:
        return
    strange = layers.roads[~layers.roads["road_class"].isin((*ROAD_CLASSES, "ferry"))]
    by_class = strange.groupby("road_class")["length_m"].agg(["sum", "size"]).sort_values(
        "sum", ascending=False, kind="stable"
    )  # fmt: skip
    said = {
        str(name): f"{name} ({length / 1000:.1f} km, {counted(int(size), 'section')})"
        for name, length, size in by_class.itertuples()
    }
    yield from _finding(
        "warning", "roads", "class_without_speed",
        [Cell("", 0, "road_class", words, id=c, effect="nobody travels on it") for c, words in said.items()],
        "road classes for which no mode has a speed: nobody travels on them",
        "map them with classes:, or give them a speed in a scenario", ids=said.values(),
    )  # fmt: skip


def _unread_surfaces(layers: Layers) -> Iterator[Finding]:
    """Tell of surfaces that nobody knows where no reader has told of any: of layers put together by hand."""
    told = any(f.rule == "unread_value" and f.message.startswith("surface:") for f in layers.findings)
    if layers.roads is None or told:
        return
    surface = layers.roads["surface"].dropna()
    strange = surface[surface.map(lambda text: bool(unknown_surfaces(text)))]
    effect = "what is understood of it counts, else as paved"
    for found in unread_findings(surfaces=strange):
        yield from _finding(
            "warning", "roads", "unread_value",
            [Cell("", 0, "surface", value, id=str(i), effect=effect) for i, value in strange.items()],
            found.message, found.action, ids=found.ids,
        )  # fmt: skip


def _far_from_road(layers: Layers) -> Iterator[Finding]:
    rows = _used(layers)
    if layers.roads is None or rows.empty:
        return
    land = layers.roads[layers.roads["route"].isna()]
    if land.empty:
        return
    away = shapely.STRtree(land.geometry.to_numpy()).query_nearest(
        rows.geometry.to_numpy(), return_distance=True, all_matches=False
    )[1]
    far = rows[away > FAR_FROM_ROAD_M]
    yield from _finding(
        "warning", "facilities", "far_from_road",
        _units(far, PLACE, effect="nobody reaches it by road"),
        f"facilities lie over {FAR_FROM_ROAD_M / 1000:g} km from any road: nobody reaches them by road",
        "check the coordinates, and whether a road is missing",
    )  # fmt: skip


def _ferry_alone(layers: Layers) -> Iterator[Finding]:
    if layers.roads is None:
        return
    ferry = layers.roads[layers.roads["route"] == "ferry"]
    land = layers.roads[layers.roads["route"].isna()]
    ashore = set(land["from_node"]) | set(land["to_node"])
    lands = ferry["from_node"].isin(ashore).astype(int) + ferry["to_node"].isin(ashore).astype(int)
    lost = lands.groupby(ferry["way_id"]).sum()
    yield from _finding(
        "warning", "roads", "ferry_without_landing",
        rows_about(lost.index[lost == 0], effect="nobody takes it"),
        "ferries that meet no road at any end", "draw the road to the landing",
    )  # fmt: skip


def _hamlet_people(layers: Layers) -> Iterator[Finding]:
    if layers.hamlets is None:
        return
    by_village = layers.hamlets["people"].groupby(layers.hamlets["village_code"])
    total = by_village.sum().where(by_village.count() == by_village.size())
    people = layers.villages["people"].reindex(total.index)
    off = (total - people).abs() > HAMLET_SUM_TOLERANCE * people
    codes = total.index[off.to_numpy()]
    said = (f"hamlets {total[c]:,.0f}, village {people[c]:,.0f}" for c in codes)
    yield from _finding(
        "warning", "hamlets", "people_differ",
        _villages(codes, "people", said, "the village's number counts"),
        "villages whose hamlets do not add up to the village's people; the village's number counts",
        "correct the hamlets or the population table",
    )  # fmt: skip


def _unknown_parent(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    parent = rows["parent_id"]
    lost = rows[parent.notna() & ~parent.isin(rows.index)]
    yield from _finding(
        "warning", "facilities", "unknown_parent",
        _units(lost, "parent_id", effect="its puskesmas is proposed, not known"),
        "facilities whose parent is on no list: who belongs to whom is proposed for them",
        "use the ids, or the names, of the list of puskesmas",
        ids=(f"{i} (parent {p!r})" for i, p in lost["parent_id"].items()),
    )  # fmt: skip


# What a name says that cannot be of the kind; each by itself, in lower case.
_SMALLER = r"pembantu|pambantu|\bbantu\b|\bpustu\b|posyandu|polindes|poskesdes|ponkesdes"
_OFFICE = r"dinas kesehatan|\bdinkes\b|gudang farmasi|labkesda"
CONTRADICTS = {
    "puskesmas": rf"{_SMALLER}|{_OFFICE}|rumah sakit|\brsud\b|\brsu\b|\bklinik\b|apotek",
    "pustu": rf"{_OFFICE}|posyandu|rumah sakit|\brsud\b|puskesmas induk",
    "posyandu": rf"{_OFFICE}|puskesmas|\bpustu\b|rumah sakit|polindes|poskesdes",
    "hospital": rf"{_SMALLER}|{_OFFICE}|^puskesmas\b",
}


def _name_contradicts_kind(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    name = rows["name"].str.lower()
    hits = pd.concat(
        rows[(rows["kind"] == kind) & name.str.contains(words, regex=True)]
        for kind, words in CONTRADICTS.items()
    )
    kinds = list(hits["kind"])
    yield from _finding(
        "warning", "facilities", "name_contradicts_kind",
        _units(hits, "name", effect=(f"counts as {kind}" for kind in kinds)),
        "facilities whose name says that they are something else than the kind of their list",
        "correct the kind, or take the row out",
        ids=(f"{i} ({n!r} as {k})" for i, n, k in zip(hits.index, hits["name"], kinds, strict=True)),
    )  # fmt: skip


RULES: tuple[Callable[[Layers], Iterator[Finding]], ...] = (
    _people_unknown, _people_dense, _groups_exceed, _overlaps, _same_name, _unlocated, _outside,
    _declared_elsewhere, _village_elsewhere, _hamlet_elsewhere,
    _same_place, _same_unit, _same_list, _no_name, _functioning_unknown, _staff_inflated,
    _unconnected, _separate_parts, _closed_classes, _unread_surfaces, _far_from_road,
    _ferry_alone, _hamlet_people, _unknown_parent, _name_contradicts_kind,
)  # fmt: skip
