"""Sums of random rasters over random outlines, against each cell's box cut with each outline by GEOS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CRS, EAST, NORTH, box, facilities, layers, line, roads, villages

from geodata.areafile import PeopleRaster
from geodata.readers.people_raster import people_points, read_people_raster
from planner.coverage.demand import spread_demand
from planner.network.land import Land
from planner.scenarios.scenario import default_scenario

RULE = default_scenario().demand


@dataclass
class Drawn:
    """A raster, and outlines in its CRS that divide a box around it (or overlap, and leave gaps)."""

    values: np.ndarray
    west: float
    north: float
    cell: tuple[float, float]
    crs: str
    outlines: np.ndarray

    def boxes(self):
        height, width = self.values.shape
        across, down = self.cell
        row, column = np.divmod(np.arange(height * width), width)
        left, top = self.west + column * across, self.north - row * down
        return shapely.box(left, top - down, left + across, top)

    def people(self):
        """What each cell counts for: nothing where there is no number, or one below 0."""
        return np.where(np.isfinite(self.values) & (self.values >= 0), self.values, 0.0)

    def read(self, **said):
        height, width = self.values.shape
        across, down = self.cell
        frame = gpd.GeoDataFrame(geometry=self.outlines, crs=self.crs).to_crs(CRS)
        codes = [f"99.01.01.{2001 + i}" for i in range(len(frame))]
        with TemporaryDirectory() as folder:
            path = Path(folder, "people.tif")
            with rasterio.open(
                path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float64", nodata=-1e9,
                crs=self.crs, transform=rasterio.Affine(across, 0, self.west, 0, -down, self.north),
            ) as raster:  # fmt: skip
                raster.write(np.where(np.isnan(self.values), -1e9, self.values), 1)
            return read_people_raster(PeopleRaster(path=path, **said), frame.set_axis(codes, axis=0))

    def shares(self):
        """The share of each cell (column) in each outline (row)."""
        cells = self.boxes()
        return shapely.area(shapely.intersection(cells, self.outlines[:, None])) / shapely.area(cells)


@st.composite
def drawn(draw, *, tiling=True):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    values = rng.lognormal(1, 2, (height, width))
    values[rng.random(values.shape) < draw(st.sampled_from([0, 0.2]))] = np.nan
    values[rng.random(values.shape) < draw(st.sampled_from([0, 0.1]))] = -3.5
    if draw(st.booleans()):
        crs, west, north, cell = CRS, EAST, NORTH, (100.0, draw(st.sampled_from([70.0, 100.0])))
    else:
        crs, west, north, cell = "EPSG:4326", 111.0, -8.0, (1 / 1200, 1 / 1200)
    right, bottom = west + width * cell[0], north - height * cell[1]
    around = shapely.box(west - 0.3 * cell[0], bottom - 0.3 * cell[1], right, north + 0.5 * cell[1])
    if draw(st.booleans()):
        around = shapely.buffer(around, 0.7 * cell[0])
    seeds = rng.uniform((west, bottom), (right, north), (draw(st.integers(1, 8)), 2))
    if len(seeds) == 1:
        outlines = np.array([around])
    else:
        parts = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=shapely.buffer(around, cell[0]))
        )
        outlines = shapely.intersection(parts, around)
        outlines = outlines[shapely.area(outlines) > 1e-3 * cell[0] * cell[1]]
    if not tiling:
        outlines = shapely.buffer(outlines, rng.uniform(-0.3, 0.3, len(outlines)) * cell[0])
        outlines = outlines[shapely.area(outlines) > 1e-3 * cell[0] * cell[1]]
    return Drawn(values, west, north, cell, crs, outlines)


@pytest.mark.slow
@given(drawn())
@settings(max_examples=80, deadline=None)
def test_villages_that_tile_a_raster_have_all_its_people(case):
    found = case.read()
    total = case.people().sum()
    assert abs(found.people.sum() - total) <= 1e-9 * total
    expected = case.shares() @ case.people().ravel()
    np.testing.assert_allclose(found.people.fillna(0), expected, rtol=1e-5, atol=2e-6 * max(total, 1e-9))


@pytest.mark.slow
@given(drawn(tiling=False))
@settings(max_examples=80, deadline=None)
def test_where_outlines_overlap_nobody_is_counted_twice_and_in_gaps_nobody_at_all(case):
    if len(case.outlines) == 0 or case.shares().max() < 1e-6:
        return
    found = case.read()
    shares = case.shares()
    expected = (shares / np.maximum(shares.sum(axis=0), 1)) @ case.people().ravel()
    np.testing.assert_allclose(
        found.people.fillna(0), expected, rtol=1e-4, atol=2e-5 * max(case.people().sum(), 1e-9)
    )
    assert found.people.sum() <= case.people().sum() * (1 + 1e-9)


@pytest.mark.slow
@given(drawn(tiling=False))
@settings(max_examples=30, deadline=None)
def test_places_hold_the_people_of_their_village_and_lie_in_it(case):
    if len(case.outlines) == 0 or case.shares().max() < 1e-6:
        return
    found = case.read()
    points = people_points(found).frame
    smaller = shapely.area(case.outlines) < case.cell[0] * case.cell[1]
    by_village = points["people"].groupby(points["village_code"]).sum()
    expected = found.people[~smaller & (found.people > 0).to_numpy()]
    pd.testing.assert_series_equal(
        by_village, expected.rename_axis("village_code"), check_names=False, rtol=1e-9, atol=0,
        check_index_type=False,
    )  # fmt: skip
    at = gpd.GeoSeries(points.geometry).to_crs(case.crs).to_numpy()
    own = found.villages.index.get_indexer(points["village_code"])
    assert (shapely.distance(case.outlines[own], at) <= 1e-6 * case.cell[0]).all()
    # Each lies in a cell that has people.
    lived = case.boxes()[case.people().ravel() > 0]
    assert (shapely.distance(shapely.union_all(lived), at) <= 1e-6 * case.cell[0]).all()


places = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 40), st.floats(0.001, 900)),
    min_size=1,
    max_size=60,
    unique_by=lambda p: p[:3],
)


@pytest.mark.slow
@given(places, st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_people_of_villages_are_spread_over_their_cells(rows, seed):
    """Village 3 has a road, and people from the raster only sometimes."""
    shapes = {f"99.01.01.{2001 + i}": (box(4000 * i, 0, 4000 * i + 4000, 4000), 100 + i) for i in range(4)}
    town = villages(shapes)
    codes = list(shapes)
    points = gpd.GeoDataFrame(
        {"village_code": [codes[v] for v, *_ in rows], "people": [p for *_, p in rows]},
        geometry=[shapely.Point(EAST + 4000 * v + 100 * x, NORTH + 100 * y) for v, x, y, _ in rows],
        index=pd.Index([f"p{i}" for i in range(len(rows))], name="point_id", dtype="str"),
        crs=CRS,
    )
    street = roads(
        [{"from": 0, "to": 1, "geometry": line((12_000, 5), (15_900, 5)), "road_class": "residential"}]
    )
    area = replace(layers(town, street, facilities([])), people_points=points)
    demand = spread_demand(area, RULE)
    total = demand["people"].groupby(demand["village_code"]).sum()
    np.testing.assert_allclose(total[codes], town["people"], rtol=1e-9)
    placed = points["village_code"].unique()
    method = demand.groupby("village_code")["method"].agg(set)
    for i, code in enumerate(codes):
        assert method[code] == ({"raster"} if code in placed else {"roads"} if i == 3 else {"interior"})
    mine = demand[demand["method"] == "raster"]
    # One for each square of the spacing, at one of its cells, with all its people.
    square = points.assign(
        x=np.floor(points.geometry.x / RULE.spacing_m), y=np.floor(points.geometry.y / RULE.spacing_m)
    )
    assert len(mine) == len(square.drop_duplicates(["village_code", "x", "y"]))
    for code, x, y, people in zip(
        mine["village_code"], mine.geometry.x, mine.geometry.y, mine["people"], strict=True
    ):
        of = square[square["village_code"] == code]
        here = of[(of["x"] == np.floor(x / RULE.spacing_m)) & (of["y"] == np.floor(y / RULE.spacing_m))]
        share = here["people"].sum() / of["people"].sum()
        assert abs(people - share * town["people"][code]) <= 1e-9 * town["people"][code]
        assert here.distance(shapely.Point(x, y)).min() == 0
    shuffled = points.sample(frac=1, random_state=seed)
    again = spread_demand(replace(area, people_points=shuffled), RULE)
    pd.testing.assert_frame_equal(demand, again, rtol=1e-9)


def test_a_square_over_two_islands_is_two_places():
    points = gpd.GeoDataFrame(
        {"village_code": ["99.01.01.2001"] * 2, "people": [90.0, 10.0]},
        geometry=shapely.points([[EAST + 10, NORTH + 10], [EAST + 200, NORTH + 10]]),
        index=pd.Index(["p1", "p2"], name="point_id", dtype="str"), crs=CRS,
    )  # fmt: skip
    islands = shapely.box([EAST, EAST + 150], NORTH, [EAST + 50, EAST + 240], NORTH + 100)
    town = villages({"99.01.01.2001": (shapely.MultiPolygon(list(islands)), 50)})
    area = replace(layers(town, None, facilities([])), people_points=points)
    apart = spread_demand(area, RULE, Land(islands, off_m=0.0))
    assert apart["people"].round(9).tolist() == [45.0, 5.0]
    together = spread_demand(area, RULE)
    assert together["people"].tolist() == [50.0]
    # The place nearest to the middle person.
    assert together.geometry.x.tolist() == [EAST + 10]
