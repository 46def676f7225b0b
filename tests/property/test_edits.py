"""What-if answers against fresh ones: patched networks, facilities that open and close, random edits."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CRS, EAST, NORTH, at, line, roads

from geodata.crs import WGS84
from geodata.errors import ConfigError
from planner.coverage.study import Study
from planner.coverage.tables import village_table
from planner.network.build import build_network, patch_network
from planner.network.overlay import content_hash, flood_areas, overlaid_roads
from planner.network.overlay import road_overlay as _road_overlay
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
)
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.access import Stops
from planner.travel.router import Router
from planner.travel.snapping import Snap

SCENARIO = default_scenario()


def road_overlay(roads, edits):
    return _road_overlay(roads, edits, SCENARIO.drawing)


PROFILE = Profile("motorcycle", "wet")
GRID = 5


def lonlat(x: float, y: float) -> tuple[float, float]:
    point = gpd.GeoSeries([at(x, y)], crs=CRS).to_crs(WGS84).iloc[0]
    return (point.x, point.y)


def grid_roads(missing: frozenset[int], dry: frozenset[int]) -> gpd.GeoDataFrame:
    """Streets of 400 m on a grid, some left out, some passable in the dry season only; a ferry."""
    rows = []
    for x in range(GRID):
        for y in range(GRID):
            here = x * GRID + y
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < GRID and y + dy < GRID:
                    number = len(rows)
                    rows.append(
                        {
                            "from": here, "to": (x + dx) * GRID + y + dy, "way_id": f"w{number}",
                            "road_id": f"w{number}#0",
                            "geometry": line((400.0 * x, 400.0 * y), (400.0 * (x + dx), 400.0 * (y + dy))),
                            "season": "dry_only" if number in dry else "all_year",
                            "oneway": "yes" if number % 7 == 3 else "no",
                        }
                    )  # fmt: skip
    kept = [r for i, r in enumerate(rows) if i not in missing or i < 2]
    kept.append(
        {"from": 0, "to": GRID * GRID - 1, "way_id": "boat", "road_id": "boat#0", "road_class": "ferry",
         "route": "ferry", "geometry": line((0, 0), (-900, 2500), (1600, 1600))}
    )  # fmt: skip
    return roads(kept)


WAYS = st.integers(0, 39).map(lambda i: f"w{i}")
PLACE = st.tuples(st.integers(-100, 1700), st.integers(-100, 1700))


def _edit(kind, road, a, b):
    drawn = (lonlat(*map(float, a)), lonlat(float(b[0]) + 0.5, float(b[1]) + 0.25))
    return {
        "close": lambda: CloseRoad(op="close_road", road=road),
        "reopen": lambda: ReopenRoad(op="reopen_road", road=road),
        "change": lambda: ChangeRoad.model_validate({"op": "change_road", "road": road, "class": "track"}),
        "surface": lambda: ChangeRoad(op="change_road", road=road, surface="mud", maxspeed_kph=9.0),
        "add": lambda: AddRoad(op="add_road", line=drawn),
        "bridge": lambda: AddRoad(op="add_road", line=drawn, bridge=True),
        "boat": lambda: AddBoat(op="add_boat", line=drawn, duration_minutes=3),
    }[kind]()


KINDS = st.sampled_from(["close", "reopen", "change", "surface", "add", "bridge", "boat"])
EDITS = st.lists(st.builds(_edit, KINDS, WAYS, PLACE, PLACE), min_size=1, max_size=4)


def _known(layer, edits):
    ids = set(layer["way_id"])
    return [e for e in edits if not hasattr(e, "road") or e.road in ids]


@dataclass
class _Before:
    """What places could walk to before the edits, by the edges of the edited roads."""

    leaving: Snap
    arriving: Snap
    walk_m: np.ndarray


def _with_access_points_kept(router, stops, network, before, gone):
    """Places of the edited roads that may also go where they went before: on that road, or a piece of it."""
    names = [(k, str(name)) for k, name in enumerate(router.network.edge_id)]
    usable = router.access.snapper.usable

    def kept(old):
        found = []
        for place, edge, share, away in zip(old.point, old.edge, old.fraction, old.access_m, strict=True):
            name = str(network.edge_id[edge])
            spot = network.lines(np.array([edge]))[0].interpolate(share, normalized=True)
            for k, other in names:
                mine = other == name or (name in gone and other.startswith(f"{name}~"))
                line_ = router.network.lines(np.array([k]))[0] if mine and usable[k] else None
                if line_ is not None and line_.distance(spot) <= 0.01:
                    found.append((place, k, line_.project(spot, normalized=True), away))
        point, edge, share, away = (np.array(x) for x in zip(*found, strict=True)) if found else ([],) * 4
        return Snap(
            np.asarray(point, np.int64), np.asarray(edge, np.int32), np.asarray(share, float),
            np.asarray(away, float),
        )  # fmt: skip

    also = _Before(kept(before.leaving), kept(before.arriving), before.walk_m)
    return Stops(
        router.access, stops.points, stops.nearest, stops.landmass, stops.xy, (*stops.also, also), stops.twin
    )


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.frozensets(st.integers(0, 39), max_size=20), st.frozensets(st.integers(0, 39), max_size=4), EDITS,
    st.lists(PLACE, min_size=1, max_size=5), st.lists(PLACE, min_size=1, max_size=3),
)  # fmt: skip
def test_a_patched_network_is_the_network_of_the_edited_roads(missing, dry, edits, places, units):
    base = grid_roads(missing, dry)
    edits = _known(base, edits)
    try:
        overlay = road_overlay(base, edits)
    except ConfigError as error:
        assert "further than 250 m" in str(error)  # noqa: PT017 - a landing drawn into the open
        return
    network = build_network(base, SCENARIO, modes=["motorcycle"])
    land = base[base["route"].isna()][["from_node", "to_node"]].to_numpy()
    patch = (
        build_network(
            overlay.put,
            SCENARIO,
            modes=["motorcycle"],
            ashore=np.unique(land),
            base=network,
            origin=overlay.origin,
            opened=overlay.opened,
        )
        if len(overlay.put)
        else None
    )
    patched = patch_network(network, patch, gone=np.asarray(network.edge_id.isin(overlay.gone)))
    fresh = build_network(overlaid_roads(base, overlay), SCENARIO, modes=["motorcycle"])
    points = np.array([at(float(x), float(y)) for x, y in places], dtype=object)
    goals = np.array([at(float(x), float(y)) for x, y in units], dtype=object)
    before = Router(network, PROFILE, rule=SCENARIO.access)
    joined = before.stops(points)
    assert joined.leaving is not None
    after = Router(patched, PROFILE, rule=SCENARIO.access, base=before)
    moved = after.access.again(joined)
    slow = Router(fresh, PROFILE, rule=SCENARIO.access)
    reached = before.stops(goals)
    ours = after.matrix(moved, after.access.again(reached))
    start = _with_access_points_kept(slow, slow.stops(points), network, joined, overlay.gone)
    stop = _with_access_points_kept(slow, slow.stops(goals), network, reached, overlay.gone)
    np.testing.assert_allclose(ours, slow.matrix(start, stop), rtol=1e-9, atol=2e-6)
    # A road that is put in never makes a trip longer.
    if all(isinstance(e, (AddRoad, AddBoat)) for e in edits):
        assert (ours <= before.matrix(joined, reached) + 1e-5).all()
    # The base is as it was.
    assert build_network(base, SCENARIO, modes=["motorcycle"]).edge_id.equals(network.edge_id)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.frozensets(st.integers(0, 39), max_size=20),
    st.lists(PLACE, min_size=1, max_size=6),
    st.lists(PLACE, min_size=1, max_size=5),
    st.data(),
    st.sampled_from(["to_facility", "from_facility"]),
)
def test_opening_and_closing_is_a_fresh_search(missing, places, units, data, direction):
    router = Router(
        build_network(grid_roads(missing, frozenset()), SCENARIO, modes=["motorcycle"]), PROFILE,
        rule=SCENARIO.access,
    )  # fmt: skip
    points = np.array([at(float(x), float(y)) for x, y in places], dtype=object)
    goals = [at(float(x), float(y)) for x, y in units]
    stops = router.stops(points)
    search = router.search(stops, router.stops(np.array(goals, dtype=object)), direction=direction)
    for _ in range(4):
        if goals and data.draw(st.booleans()):
            position = data.draw(st.integers(0, len(goals) - 1))
            goals.pop(position)
            search = router.closed(search, position)
        else:
            position = data.draw(st.integers(0, len(goals)))
            x, y = data.draw(PLACE)
            goals.insert(position, at(float(x), float(y)))
            search = router.opened(search, goals[position], position)
        all_ = np.empty(len(goals), dtype=object)
        all_[:] = goals
        fresh = router.nearest(stops, router.stops(all_), direction=direction)
        np.testing.assert_array_equal(search.times.travel_s, fresh.travel_s)
        np.testing.assert_array_equal(search.times.facility, fresh.facility)


@pytest.mark.slow
def test_a_what_if_answer_is_a_fresh_answer(demo_layers):
    """Edits of every kind, one after the other and together, against a study made anew."""
    study = Study(demo_layers)
    study.gaps()
    streets = demo_layers.roads[demo_layers.roads["route"].isna()]
    middle = demo_layers.villages.geometry.representative_point().to_crs(WGS84)
    spot = [(float(p.x), float(p.y)) for p in middle]
    puskesmas = demo_layers.facilities.query("kind == 'puskesmas' and status == 'used'").index
    pustu = demo_layers.facilities.query("kind == 'pustu' and status == 'used'").index
    edits = [
        CloseRoad(op="close_road", road=streets["way_id"].iloc[3]),
        OpenFacility(op="open_facility", id="AAA", kind="puskesmas", lonlat=spot[4]),
        AddRoad(op="add_road", line=(spot[0], spot[7]), surface="gravel"),
        CloseFacility(op="close_facility", id=puskesmas[0]),
        MoveFacility(op="move_facility", id=pustu[0], lonlat=spot[2]),
        ChangeFacility(op="change_facility", id=pustu[1], kind="puskesmas"),
        ChangeRoad(op="change_road", road=streets["way_id"].iloc[20], surface="mud"),
        ChangeSpeed(op="speed", mode="motorcycle", factor=0.5, classes=("track", "residential")),
        Flood(op="flood", polygon=_square(spot[5]), factor=0.0),
        Flood(op="flood", polygon=_square(spot[9]), factor=0.25, season="wet"),
        ReopenRoad(op="reopen_road", road=streets["way_id"].iloc[3]),
    ]
    for some in (edits[:1], edits[1:2], edits[2:4], edits[4:7], edits[7:9], edits[9:], edits):
        quick = village_table(study.gaps(some))
        scenario = SCENARIO.model_copy(update={"edits": tuple(some)})
        slow = village_table(_from_scratch(demo_layers, scenario))
        pd.testing.assert_frame_equal(quick, slow, rtol=1e-9, atol=1e-7)
    pd.testing.assert_frame_equal(village_table(study.gaps([])), village_table(study.gaps()))


def _square(center, half=0.01):
    x, y = center
    return ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))


def _from_scratch(layers, scenario):
    """The answer on layers into which the road edits were written, demand staying where it was."""
    from dataclasses import replace

    from planner.scenarios.edits import ROAD_EDITS

    of_roads = (*ROAD_EDITS, Flood, ChangeSpeed)
    rest = tuple(e for e in scenario.edits if not isinstance(e, of_roads))
    plain = Study(layers)
    study = Study(layers, scenario=scenario.model_copy(update={"edits": rest}))
    if len(rest) < len(scenario.edits):
        overlay = road_overlay(
            layers.roads, [e for e in scenario.edits if isinstance(e, (*ROAD_EDITS, Flood))]
        )
        edited = overlaid_roads(layers.roads, overlay)
        floods = flood_areas(None, scenario.edits, str(edited.crs))
        study._build(edited)
        network = build_network(edited, scenario, modes=study.modes, floods=floods)
        study.ways = study._joined(network, study._edge_landmass)
        for profile in network.impedance:
            stops = study.stops(profile)
            study.ways._stops[profile] = _with_access_points_kept(
                study.router(profile), stops, plain.network, plain.stops(profile), overlay.gone
            )

        def units(profile, facilities):
            router, old = study.router(profile), plain.router(profile)
            points = facilities.geometry.to_numpy().astype(object)
            return _with_access_points_kept(
                router, router.stops(points), plain.network, old.stops(points), overlay.gone
            )

        study.ways.units = units
    return replace(study.gaps(), scenario=scenario)


@pytest.mark.slow
def test_a_drawn_road_meets_what_it_crosses_and_a_bridge_only_its_ends():
    base = grid_roads(frozenset(), frozenset())
    drawn = (lonlat(200.0, -300.0), lonlat(200.0, 1900.0))
    road = road_overlay(base, [AddRoad(op="add_road", line=drawn)])
    # Five streets run across: each is cut in two, and the new road in six.
    assert len(road.gone) == 5
    assert len(road.put) == 5 * 2 + 6
    assert road.put["length_m"].sum() == pytest.approx(5 * 400.0 + 2200.0, abs=0.5)
    bridge = road_overlay(
        base, [AddRoad(op="add_road", line=(lonlat(200.0, 5.0), lonlat(200.0, 1590.0)), bridge=True)]
    )
    assert len(bridge.gone) == 2
    assert len(bridge.put) == 2 * 2 + 1


def test_unknown_roads_and_lonely_landings_are_refused():
    base = grid_roads(frozenset(), frozenset())
    with pytest.raises(ConfigError, match=r"edit 1: there is no road 'w99'.*Did you mean|edit 1"):
        road_overlay(base, [CloseRoad(op="close_road", road="w99")])
    with pytest.raises(ConfigError, match="further than 250 m"):
        road_overlay(base, [AddBoat(op="add_boat", line=(lonlat(0, 0), lonlat(9000, 9000)))])


def test_equal_edits_have_equal_hashes_and_others_not():
    a = [CloseRoad(op="close_road", road="w1"), CloseRoad(op="close_road", road="w2")]
    assert content_hash(a) == content_hash([*a])
    assert content_hash(a) != content_hash(a[::-1])
    assert SCENARIO.content_hash() != SCENARIO.model_copy(update={"edits": tuple(a)}).content_hash()


def test_drawn_lines_are_in_metres_where_they_were_drawn():
    base = grid_roads(frozenset(), frozenset())
    overlay = road_overlay(base, [AddRoad(op="add_road", line=(lonlat(100.0, 90.0), lonlat(160.0, 330.0)))])
    [new] = overlay.put.geometry
    start, stop = (shapely.get_coordinates(shapely.get_point(new, i))[0] - (EAST, NORTH) for i in (0, -1))
    np.testing.assert_allclose([*start, *stop], [100.0, 90.0, 160.0, 330.0], atol=0.01)
