"""The words of METHODS on joining, keeping access points and walking straight, once more in networkx."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely
from support import CRS, EAST, NORTH, at, box, facilities, layers, line, roads, villages

from planner.scenarios.edits import AddRoad
from planner.scenarios.modes import SEASONS
from planner.scenarios.scenario import default_scenario
from planner.travel.frames import travel_by

pytestmark = pytest.mark.slow
# Of a motorcycle; seconds a metre of the walk off the roads; metres of the longest one.
KPH = {"residential": 20, "tertiary": 30, "primary": 45, "path": 8}
WALK = 1.3 * 3.6 / 3.0
MOST_M = 2000.0
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
WEST, EASTERN, WHOLE = (-1800, -1800, -100, 1800), (250, -1800, 1800, 1800), (-1800, -1800, 1800, 1800)


class Town:
    """Trees of roads that meet at their ends alone (all are bridges), water, and one island or two."""

    def __init__(self, seed):
        r = random.Random(seed)  # noqa: S311 - a town, no secret
        self.two = r.random() < 0.5
        boxes = [WEST, EASTERN] if self.two else [WHOLE]
        self.rows, node = [], 0
        for x0, y0, x1, y1 in boxes:
            for _ in range(r.randint(1, 3)):
                points = [
                    (r.uniform(x0 + 20, x1 - 20), r.uniform(y0 + 20, y1 - 20)) for _ in range(r.randint(2, 5))
                ]
                for i in range(1, len(points)):
                    j = r.randrange(i)
                    season = r.choice(["all_year", "all_year", "dry_only"])
                    self.rows.append(
                        self.road(node + i, node + j, points[i], points[j], r.choice(list(KPH)), season)
                    )
                node += len(points)
        self.water = [
            shapely.Polygon(
                [(EAST + r.uniform(-1600, 1600), NORTH + r.uniform(-1600, 1600)) for _ in range(3)]
            )
            for _ in range(r.randint(0, 3))
        ]
        self.places, self.units = (
            [at(r.uniform(b[0], b[2]), r.uniform(b[1], b[3])) for b in r.choices(boxes, k=k)] for k in (12, 6)
        )
        # A road that an edit adds, which meets no other: they join within 30 m.
        while True:
            b = r.choice(boxes)
            ends = [(r.uniform(b[0] + 20, b[2] - 20), r.uniform(b[1] + 20, b[3] - 20)) for _ in range(2)]
            if all(row["geometry"].distance(at(*end)) > 31 for end in ends for row in self.rows):
                break
        self.new = self.road(node, node + 1, *ends, "residential", "all_year")
        self.edit = AddRoad(
            line=tuple(TO_DEGREES.transform(EAST + x, NORTH + y) for x, y in ends),
            road_class="residential", bridge=True,
        )  # fmt: skip

    @staticmethod
    def road(a, b, start, stop, road_class, season):
        return {
            "from": a, "to": b, "geometry": line(start, stop), "road_class": road_class, "season": season,
            "bridge": True,
        }  # fmt: skip

    def layers(self):
        shapes = {"99.01.01.2001": (box(*(WEST if self.two else WHOLE)), 100.0)}
        shapes["99.01.01.2002"] = (box(*(EASTERN if self.two else (1800, -1800, 1900, 1800))), 100.0)
        rows = [{**row, "way_id": f"w{i}", "road_id": f"w{i}#0"} for i, row in enumerate(self.rows)]
        units = [(f"P{i}", "puskesmas", unit, "99.01.01.2001") for i, unit in enumerate(self.units)]
        out = layers(villages(shapes), roads(rows), facilities(units))
        if self.water:
            water = gpd.GeoDataFrame(geometry=[shapely.MultiPolygon([w]) for w in self.water], crs=CRS)
            out = replace(out, water=water)
        return out

    def island(self, point):
        return int(self.two and point.x - EAST >= 75)

    def walkable(self, a, b):
        """Not over the sea, not over water, unless one stands in it."""
        leg = shapely.LineString([a, b])
        return self.island(a) == self.island(b) and not any(
            leg.intersects(w) and not w.intersects(a) for w in self.water
        )


class State:
    """A network: which roads are open, the part of each, and which are of their island's main part."""

    def __init__(self, town, rows, season):
        self.town, self.rows = town, rows
        self.open = [k for k, row in enumerate(rows) if season == "dry" or row["season"] == "all_year"]
        graph = nx.Graph((rows[k]["from"], rows[k]["to"]) for k in self.open)
        parts = list(nx.connected_components(graph))
        self.part = {k: next(i for i, p in enumerate(parts) if rows[k]["from"] in p) for k in self.open}
        length, island = {}, {}
        for k in self.open:
            of = self.part[k]
            length[of] = length.get(of, 0.0) + rows[k]["geometry"].length
            island[of] = town.island(rows[k]["geometry"].centroid)
        best = {i: max((m, p) for p, m in length.items() if island[p] == i)[1] for i in set(island.values())}
        self.main = set(best.values())

    def joins(self, place):
        """Return (metres of the leg, road, metres along it) of the access points of a place."""
        found = []
        for k in self.open:
            road = self.rows[k]["geometry"]
            along = road.project(place)
            there = road.interpolate(along)
            if place.distance(there) <= MOST_M and self.town.walkable(place, there):
                found.append((place.distance(there), k, along))
        if not found:
            return []
        nearest = [one for one in found if one[0] <= min(found)[0] + 1e-6]
        if all(self.part[k] in self.main for _, k, _ in nearest):
            return nearest
        out = list(nearest)
        for part in {self.part[k] for _, k, _ in found}:
            here = [one for one in found if self.part[one[1]] == part]
            out += [one for one in here if one[0] <= min(here)[0] + 1e-6]
        return out

    def walk_m(self, place):
        return min((leg for leg, _, _ in self.joins(place)), default=np.inf)


def seconds(town, rows, states, now):
    """Return the table of times on the roads ``rows`` in the state ``now``, with what the others leave."""
    ends = {
        ("place", i): p for i, p in enumerate(town.places)
    } | {("unit", j): u for j, u in enumerate(town.units)}  # fmt: skip
    joins = {
        end: {one for state in states for one in state.joins(p) if one[1] in now.open}
        for end, p in ends.items()
    }
    walk_m = {end: max(state.walk_m(p) for state in states) for end, p in ends.items()}
    out = np.full((len(town.places), len(town.units)), np.inf)
    for (i, p), (j, u) in itertools.product(enumerate(town.places), enumerate(town.units)):
        pair = ("place", i), ("unit", j)
        metres = p.distance(u)
        if metres <= min(MOST_M, walk_m[pair[0]] + walk_m[pair[1]]) and town.walkable(p, u):
            out[i, j] = metres * WALK
        graph = nx.MultiGraph()
        graph.add_nodes_from(pair)
        for end in pair:
            for leg, k, along in joins[end]:
                graph.add_edge(end, (end, k, along), weight=leg * WALK)
        for k in now.open:
            road = rows[k]["geometry"]
            on_it = sorted((along, (end, r, along)) for end in pair for _, r, along in joins[end] if r == k)
            chain = [(0.0, rows[k]["from"]), *on_it, (road.length, rows[k]["to"])]
            for (a, start), (b, stop) in itertools.pairwise(chain):
                graph.add_edge(start, stop, weight=(b - a) * 3.6 / KPH[rows[k]["road_class"]])
        if nx.has_path(graph, *pair):
            out[i, j] = min(out[i, j], nx.dijkstra_path_length(graph, *pair))
    return out


@pytest.mark.parametrize("seed", range(10))
def test_times_are_those_of_the_words(seed):
    town = Town(seed)
    area, scenario = town.layers(), default_scenario()
    places, units = (gpd.GeoDataFrame(geometry=p, crs=CRS) for p in (town.places, town.units))
    with_new = [*town.rows, town.new]
    before = {s: State(town, town.rows, s) for s in SEASONS}
    after = {s: State(town, with_new, s) for s in SEASONS}
    told = {}
    for season in SEASONS:
        travel = travel_by(area, "motorcycle", season=season, scenario=scenario)
        table = travel.matrix(places, units).to_numpy()
        expected = seconds(town, town.rows, list(before.values()), before[season]) / 60
        np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-4)
        edited = scenario.model_copy(update={"edits": (town.edit,)})
        travel = travel_by(area, "motorcycle", season=season, scenario=edited)
        changed = travel.matrix(places, units).to_numpy()
        expected = seconds(town, with_new, [*before.values(), *after.values()], after[season]) / 60
        np.testing.assert_allclose(changed, expected, rtol=1e-6, atol=1e-4)
        assert (changed <= table + 1e-6).all()
        told[season] = table
    assert (told["wet"] >= told["dry"] - 1e-6).all()
