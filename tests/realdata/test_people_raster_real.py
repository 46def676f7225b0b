"""People from a raster over real outlines; the numbers in it are drawn, as no real raster is at hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from areas import write_area

from geodata.areafile import PeopleRaster, read_area_file
from geodata.build import read_layers
from geodata.crs import WGS84
from geodata.readers.people_raster import people_points, read_people_raster
from planner.pipeline import Study, open_workspace

pytestmark = pytest.mark.realdata

CELL = 1 / 1200  # three seconds of arc, as WorldPop's
NO_VALUE = -99_999.0


def write_raster(path, outlines, crs=WGS84, cell=CELL, empty=0.3):
    """Log-normal people in cells around outlines, some of them without a value."""
    west, south, east, north = outlines.to_crs(crs).total_bounds
    west, north = np.floor(west / cell) * cell - cell, np.ceil(north / cell) * cell + cell
    shape = int((north - south) / cell) + 2, int((east - west) / cell) + 2
    rng = np.random.default_rng(34)
    people = rng.lognormal(0, 1.2, shape)
    people[rng.random(shape) < empty] = NO_VALUE
    with rasterio.open(
        path, "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="float32", crs=crs,
        transform=rasterio.Affine(cell, 0, west, 0, -cell, north), nodata=NO_VALUE, compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(people.astype("float32"), 1)
    return path


def brute_force(path, villages):
    """People by village: each cell's box cut with each outline near it; overlaps are divided."""
    with rasterio.open(path) as raster:
        values = raster.read(1, masked=True).astype("float64").filled(0.0)
        outlines = villages.to_crs(raster.crs).geometry.to_numpy()
        a, _, west, _, e, north = tuple(raster.transform)[:6]
    row, column = np.indices(values.shape).reshape(2, -1)
    boxes = shapely.box(west + column * a, north + (row + 1) * e, west + (column + 1) * a, north + row * e)
    village, cell = shapely.STRtree(boxes).query(outlines, predicate="intersects")
    share = shapely.area(shapely.intersection(boxes[cell], outlines[village])) / abs(a * e)
    total = np.bincount(cell, weights=share, minlength=len(boxes))
    people = values.ravel()[cell] * share / np.maximum(total, 1)[cell]
    return np.bincount(village, weights=people, minlength=len(outlines))


@pytest.fixture(scope="module")
def rote(shared, tmp_path_factory):
    """Rote Ndao's AREA.yml, an archipelago without roads, with a raster beside it."""
    folder = tmp_path_factory.mktemp("rote")
    path = write_area(shared, folder, "53.14")
    outlines = gpd.read_file(shared.resolve() / "data/boundaries/53.14_rote_ndao_desa.geojson")
    write_raster(folder / "orang.tif", outlines)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("crs", "cell"), [(WGS84, CELL), ("ESRI:54009", 100.0), (WGS84, 10 * CELL)])
def test_sums_over_rote_ndao_are_those_of_each_cell_cut_with_each_outline(rote, tmp_path, crs, cell):
    villages = read_layers(read_area_file(rote)).villages
    path = write_raster(tmp_path / "orang.tif", villages.geometry, crs, cell)
    found = read_people_raster(PeopleRaster(path=path), villages)
    # Shares of cells are in single precision, and made to add up: some millionths of a cell's people.
    most = found.cells.value[np.isfinite(found.cells.value)].max()
    np.testing.assert_allclose(found.people, brute_force(path, villages), rtol=1e-6, atol=3e-6 * most)
    points = people_points(found).frame
    held = points["people"].groupby(points["village_code"]).sum()
    np.testing.assert_allclose(held, found.people[held.index], rtol=1e-9)
    own = villages.geometry.loc[points["village_code"]].to_numpy()
    # A corner is where it was; between corners a line bends by a little in another CRS.
    assert shapely.distance(own, points.geometry.to_numpy()).max() < 2.0


@pytest.mark.slow
def test_rote_ndao_by_raster_and_by_table(rote):
    text = rote.read_text("utf-8")
    table = next(row for row in text.splitlines() if row.startswith("population"))
    both = rote.with_name("both.yml")
    both.write_text(text.replace(table, table[:-1] + ", raster: orang.tif}"), "utf-8")
    alone = rote.with_name("alone.yml")
    alone.write_text(text.replace(table, "population: {raster: orang.tif}"), "utf-8")
    by_table = read_layers(read_area_file(rote))
    counted, placed = (read_layers(read_area_file(path)) for path in (alone, both))
    assert counted.villages["people"].notna().all()
    pd.testing.assert_series_equal(placed.villages["people"], by_table.villages["people"])
    for layers in (counted, placed):
        demand = Study(layers).demand
        assert set(demand["method"]) == {"raster"}
        total = demand["people"].groupby(demand["village_code"]).sum(min_count=1)
        np.testing.assert_allclose(total, layers.villages["people"], rtol=1e-9)
    rules = {f.rule: f.count for f in placed.findings}
    assert rules["raster_not_counted"] == by_table.villages["people"].isna().sum() == 43


@pytest.mark.slow
def test_rote_ndaos_gaps_with_a_raster(rote):
    from planner.cli import main

    folder = rote.parent
    text = rote.read_text("utf-8")
    path = folder / "cli.yml"
    rows = ["population: {raster: orang.tif}" if r.startswith("population") else r for r in text.splitlines()]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    assert main(["build", str(path), "--out", str(folder / "w")]) == 0
    assert main(["gaps", str(folder / "w"), "--out", str(folder / "g")]) == 0
    table = pd.read_csv(folder / "g/villages.csv", dtype={"village_code": str})
    assert set(table["demand_method"]) == {"raster"}
    assert table["people"].sum() == pytest.approx(open_workspace(folder / "w").villages["people"].sum())
