"""Findings about a study area's data: what would mislead a plan, and what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.codes import name_key
from geodata.layers import SEVERITIES, Finding, Layers, Severity
from geodata.vocabulary.roads import ROAD_CLASSES
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import geopandas as gpd

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
    severity: Severity, layer: str, rule: str, ids: Iterable[object], message: str, action: str
) -> Iterator[Finding]:
    listed = [str(i) for i in ids]
    if listed:
        yield Finding(severity, layer, rule, len(listed), tuple(listed[:5]), message, action)


def _used(layers: Layers) -> gpd.GeoDataFrame:
    return layers.facilities[layers.facilities["status"] == FacilityStatus.USED]


def _people_unknown(layers: Layers) -> Iterator[Finding]:
    unknown = layers.villages.index[layers.villages["people"].isna()]
    yield from _finding(
        "warning", "villages", "people_unknown", unknown,
        f"of {len(layers.villages)} villages have no number of people and stay out of all totals of people",
        "give them in the population table",
    )  # fmt: skip


def _people_dense(layers: Layers) -> Iterator[Finding]:
    density = layers.villages["people"] / (layers.villages.area / 1e6)
    yield from _finding(
        "warning", "villages", "people_too_dense", layers.villages.index[density > DENSE_PEOPLE_PER_KM2],
        f"villages with over {DENSE_PEOPLE_PER_KM2:,.0f} people per km²",
        "compare the number of people, and the polygon, with another source",
    )  # fmt: skip


def _groups_exceed(layers: Layers) -> Iterator[Finding]:
    groups = [c for c in layers.villages if c.startswith("people_")]
    if not groups:
        return
    more = layers.villages[groups].max(axis=1) > layers.villages["people"]
    yield from _finding(
        "error", "villages", "group_exceeds_people", layers.villages.index[more],
        "villages where one group has more people than the whole village",
        "correct the population table",
    )  # fmt: skip


def _overlaps(layers: Layers) -> Iterator[Finding]:
    geometry = layers.villages.geometry.to_numpy()
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    area = shapely.area(shapely.intersection(geometry[i], geometry[j]))
    some = area > 1.0
    if not some.any():
        return
    worst = np.argsort(-area)[:5]
    codes = layers.villages.index
    ids = [f"{codes[i[k]]}/{codes[j[k]]}" for k in worst if area[k] > 1.0]
    total = area[some].sum() / 1e6
    share = area[some].sum() / shapely.area(geometry).sum()
    yield Finding(
        "warning" if share > 0.001 else "info", "villages", "overlapping_polygons", int(some.sum()),
        tuple(ids), f"neighbouring villages overlap, {total:.3f} km² in all ({share:.3%} of the area)",
        "none needed for slivers; a large overlap needs a corrected boundary file",
    )  # fmt: skip


def _same_name(layers: Layers) -> Iterator[Finding]:
    key = layers.villages["village_name"].map(name_key)
    twice = key.duplicated(keep=False) & (key != "")
    yield from _finding(
        "info", "villages", "repeated_name", layers.villages.index[twice],
        "villages share their name with another of the area",
        "locate facilities by village code, not by name, there",
    )  # fmt: skip


def _unlocated(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    yield from _finding(
        "error", "facilities", "unlocated", rows.index[rows["status"] == FacilityStatus.UNLOCATED],
        "facilities without coordinates or a known village take no part in any result",
        "give their coordinates or their village code",
    )  # fmt: skip


def _outside(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    outline = shapely.union_all(shapely.simplify(layers.villages.geometry.to_numpy(), 50.0))
    away = shapely.distance(outline, rows.geometry.to_numpy())
    far = (rows["status"] == FacilityStatus.OUTSIDE_BUFFER).to_numpy()
    ids = [f"{i} ({d / 1000:.0f} km)" for i, d in zip(rows.index[far], away[far], strict=True)]
    yield from _finding(
        "error", "facilities", "far_outside", ids,
        f"facilities lie further than {layers.area.buffer_m / 1000:g} km outside the area and are not used",
        "correct the coordinates, or the kabupaten",
    )  # fmt: skip
    beside = (rows["status"] == FacilityStatus.USED).to_numpy() & (away > 50.0)
    yield from _finding(
        "warning", "facilities", "outside_boundary", rows.index[beside],
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
    yield from _finding(
        "error", "facilities", "declared_elsewhere", rows.index[away > DECLARED_AWAY_M],
        f"facilities with coordinates over {DECLARED_AWAY_M / 1000:g} km from the village of their list",
        "correct the coordinates or the village",
    )  # fmt: skip


def _same_place(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities[layers.facilities["located_by"] == LocatedBy.COORDINATES]
    if len(rows) < 2:
        return
    pairs = cKDTree(shapely.get_coordinates(rows.geometry.to_numpy())).query_pairs(SAME_PLACE_M)
    ids = [f"{rows.index[i]}={rows.index[j]}" for i, j in sorted(pairs)]
    yield from _finding(
        "warning", "facilities", "same_place", ids, "pairs of facilities share one point",
        "check that each has its own coordinates",
    )  # fmt: skip


def _no_name(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    yield from _finding(
        "info", "facilities", "no_name", rows.index[rows["name"] == ""],
        "facilities have no name", "give their names",
    )  # fmt: skip


def _functioning_unknown(layers: Layers) -> Iterator[Finding]:
    rows = _used(layers)
    yield from _finding(
        "info", "facilities", "functioning_unknown", rows.index[rows["functioning"] == YesNo.UNKNOWN],
        "facilities of which nothing says whether they function; they are counted as functioning",
        "add a column functioning (ya/tidak)",
    )  # fmt: skip


def _staff_inflated(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    for column in (c for c in rows if c.startswith("staff_")):
        values = rows[column].dropna().to_numpy()
        values = values[values > 0]
        if len(values) < MIN_STAFF_ROWS or not np.all(values == np.round(values)):
            continue
        factor = int(np.gcd.reduce(values.astype(np.int64)))
        if factor > 1:
            yield from _finding(
                "warning", "facilities", "staff_inflated", rows.index[rows[column] > 0],
                f"every value of {column} is a multiple of {factor}: rows may have been counted so often",
                "compare with the original list",
            )  # fmt: skip


def _unconnected(layers: Layers) -> Iterator[Finding]:
    if layers.roads is None:
        yield Finding(
            "warning", "roads", "no_roads", 1, (), "no road file was given: times are straight lines on foot",
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


def connected_share(roads: gpd.GeoDataFrame) -> float:
    """Return the share (0–1) of the length of roads in the largest connected component."""
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    n = int(max(start.max(), stop.max())) + 1
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, stop)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    length = np.bincount(label[start], weights=roads["length_m"].to_numpy())
    total = float(length.sum())
    return float(length.max() / total) if total > 0 else 0.0


def _closed_classes(layers: Layers) -> Iterator[Finding]:
    if layers.roads is None:
        return
    strange = ~layers.roads["road_class"].isin((*ROAD_CLASSES, "ferry"))
    length_km = layers.roads["length_m"][strange].groupby(layers.roads["road_class"]).sum() / 1000.0
    ids = [f"{name} ({km:.1f} km)" for name, km in length_km.sort_values(ascending=False).items()]
    yield from _finding(
        "warning", "roads", "class_without_speed", ids,
        "road classes for which no mode has a speed: nobody travels on them",
        "map them with classes:, or give them a speed in a scenario",
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
    yield from _finding(
        "warning", "facilities", "far_from_road", rows.index[away > FAR_FROM_ROAD_M],
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
        "warning", "roads", "ferry_without_landing", lost.index[lost == 0],
        "ferries that meet no road at any end", "draw the road to the landing",
    )  # fmt: skip


def _hamlet_people(layers: Layers) -> Iterator[Finding]:
    if layers.hamlets is None:
        return
    by_village = layers.hamlets["people"].groupby(layers.hamlets["village_code"])
    total = by_village.sum().where(by_village.count() == by_village.size())
    people = layers.villages["people"].reindex(total.index)
    off = (total - people).abs() > HAMLET_SUM_TOLERANCE * people
    yield from _finding(
        "warning", "hamlets", "people_differ", total.index[off.to_numpy()],
        "villages whose hamlets do not add up to the village's people; the village's number counts",
        "correct the hamlets or the population table",
    )  # fmt: skip


def _unknown_parent(layers: Layers) -> Iterator[Finding]:
    rows = layers.facilities
    parent = rows["parent_id"]
    lost = parent.notna() & ~parent.isin(rows.index)
    ids = [f"{i} (parent {p!r})" for i, p in parent[lost].items()]
    yield from _finding(
        "warning", "facilities", "unknown_parent", ids,
        "facilities whose parent is on no list: who belongs to whom is proposed for them",
        "use the ids of the list of puskesmas",
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
    ids: list[str] = []
    for kind, words in CONTRADICTS.items():
        hit = (rows["kind"] == kind) & name.str.contains(words, regex=True)
        ids += [f"{i} ({n!r} as {kind})" for i, n in rows["name"][hit].items()]
    yield from _finding(
        "warning", "facilities", "name_contradicts_kind", ids,
        "facilities whose name says that they are something else than the kind of their list",
        "correct the kind, or take the row out",
    )  # fmt: skip


RULES: tuple[Callable[[Layers], Iterator[Finding]], ...] = (
    _people_unknown, _people_dense, _groups_exceed, _overlaps, _same_name, _unlocated, _outside,
    _declared_elsewhere, _same_place, _no_name, _functioning_unknown, _staff_inflated, _unconnected,
    _closed_classes, _far_from_road, _ferry_alone, _hamlet_people,
    _unknown_parent, _name_contradicts_kind,
)  # fmt: skip
