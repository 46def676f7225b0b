"""Elevation, water and flood files: read, checked, stored, and what they do to times."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from support import CRS, EAST, NORTH, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.areafile import FloodsFile, WaterFile
from geodata.errors import EmptyAreaError, InputError, MissingCrsError, SchemaError
from geodata.readers.areas import read_floods, read_water
from geodata.readers.elevation import add_heights, sample
from geodata.workspace import read_workspace, write_workspace
from planner.coverage.study import find_gaps
from planner.network.build import build_network
from planner.network.land import Ground
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router
from planner.travel.snapping import Snapper
from planner.travel.straight import straight_line_times

SCENARIO = default_scenario()
ZONE = shapely.box(EAST - 5e4, NORTH - 5e4, EAST + 5e4, NORTH + 5e4)


def raster(path, values, *, pixel=30.0, crs=CRS, west=EAST - 600.0, north=NORTH + 600.0, nodata=-9999.0):
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float32", crs=crs,
        transform=Affine(pixel, 0, west, 0, -pixel, north), nodata=nodata,
    ) as out:  # fmt: skip
        out.write(values.astype("float32"), 1)
    return path


def plane(size=200, pixel=30.0, west=-600.0):
    """Rises 10 m in 100 m to the east."""
    x = west + (np.arange(size) + 0.5) * pixel
    return np.tile(0.1 * x, (size, 1))


def test_heights_of_a_plane_are_exact(tmp_path):
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))},
            {"from": 1, "to": 2, "geometry": line((1000, 0), (1000, 500))},
            {"from": 2, "to": 3, "geometry": line((1000, 500), (90, 501)), "bridge": True},
            {"from": 3, "to": 4, "geometry": line((0, 0), (500, 0)), "route": "ferry"},
            {"from": 5, "to": 6, "geometry": line((90_000, 0), (90_100, 0))},
        ]
    )
    found, [finding], *_ = add_heights(table, raster(tmp_path / "a.tif", plane()), 60.0)
    first, second, bridge, ferry, outside = found["heights_m"]
    np.testing.assert_allclose(first, np.linspace(0, 100, 18), atol=1e-3)
    np.testing.assert_allclose(second, 100.0, atol=1e-3)
    # A bridge rises evenly from end to end.
    np.testing.assert_allclose(bridge, [100.0, 9.0], atol=1e-3)
    assert len(ferry) == len(outside) == 0
    assert (finding.rule, finding.count) == ("no_height", 1)
    network = build_network(found, SCENARIO, modes=["walking"])
    one = network.impedance[Profile("walking", "dry")]
    k = network.edge_id.get_loc("e0")
    assert one.forward_s[k] / one.backward_s[k] == pytest.approx(np.exp(3.5 * (0.15 - 0.05)), rel=1e-4)


KM_EAST = {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))}


def stored(path, values, kind, *, scale=1.0, offset=0.0, unit=""):
    """A raster of whole numbers with a scale, an offset and a unit."""
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype=kind, crs=CRS,
        transform=Affine(30.0, 0, EAST - 600.0, 0, -30.0, NORTH + 600.0),
    ) as out:  # fmt: skip
        out.write(values.astype(kind), 1)
        out.scales, out.offsets, out.units = (scale,), (offset,), (unit,)
    return path


@pytest.mark.parametrize(
    ("scale", "offset", "unit", "metres"),
    [(0.1, 0.0, "", 0.1), (0.1, -50.0, "m", 0.1), (1.0, 0.0, "dm", 0.1), (1.0, 0.0, "ft", 0.3048),
     (1.0, 0.0, "decimetre", 0.1), (1.0, 0.0, "Decimeters", 0.1), (1.0, 0.0, "centimetres", 0.01)],
)  # fmt: skip
def test_scale_offset_and_unit_of_a_raster_count(tmp_path, scale, offset, unit, metres):
    # 1,000 stored units in 1,000 m to the east.
    values = np.tile(np.round(15.0 + 30.0 * np.arange(200)), (200, 1))
    path = stored(tmp_path / "d.tif", values, "int16", scale=scale, offset=offset, unit=unit)
    found, findings, *_ = add_heights(roads([KM_EAST]), path, 60.0)
    heights = found["heights_m"].iloc[0]
    assert heights[-1] - heights[0] == pytest.approx(1000 * metres, rel=1e-3)
    assert heights[0] == pytest.approx(600 * metres + offset, abs=0.1)
    assert not findings


def test_a_unit_that_nobody_knows_is_told(tmp_path):
    path = stored(tmp_path / "d.tif", np.full((200, 200), 600.0), "int16", unit="depa")
    found, [finding], *_ = add_heights(roads([KM_EAST]), path, 60.0)
    assert (finding.rule, finding.ids) == ("height_unit", ("depa",))
    assert "taken as metres" in finding.message
    assert found["heights_m"].iloc[0][0] == pytest.approx(600, abs=0.1)


def test_a_spike_is_no_slope_that_somebody_walks(tmp_path):
    values = np.zeros((200, 200))
    values[:, 35] = 8000.0
    found, [finding], *_ = add_heights(roads([KM_EAST]), raster(tmp_path / "s.tif", values), 60.0)
    assert (finding.rule, finding.ids) == ("steep_road", ("e0",))
    one = build_network(found, SCENARIO, modes=["walking"]).impedance[Profile("walking", "dry")]
    # At the steepest, 100 %, walking takes exp(3.5) times as long: 720 s at most 33 times over.
    assert one.forward_s[0] < 720 * np.exp(3.5)
    assert one.forward_s[0] > 720


def test_heights_cut_off_at_the_type_of_the_raster(tmp_path):
    values = np.tile(np.clip(200.0 + 2.0 * np.arange(200), 0, 255), (200, 1))
    path = stored(tmp_path / "u.tif", values, "uint8")
    _, [finding], *_ = add_heights(roads([KM_EAST]), path, 60.0)
    assert (finding.rule, finding.ids) == ("height_at_limit", ("e0",))
    low = stored(tmp_path / "l.tif", np.minimum(values, 250), "uint8")
    assert add_heights(roads([KM_EAST]), low, 60.0)[1] == ()


def test_bilinear_sampling_is_brute_force(tmp_path):
    rng = np.random.default_rng(2)
    values = rng.uniform(0, 900, (40, 50))
    path = raster(tmp_path / "r.tif", values)
    with rasterio.open(path) as source:
        xy = np.column_stack(
            [rng.uniform(EAST - 580, EAST + 880, 300), rng.uniform(NORTH - 580, NORTH + 580, 300)]
        )
        got = sample(source, xy)
    for (x, y), value in zip(xy, got, strict=True):
        c, r = (x - EAST + 600) / 30 - 0.5, (NORTH + 600 - y) / 30 - 0.5
        i, j = int(c), int(r)
        u, v = c - i, r - j
        near = values.astype("float32")[j : j + 2, i : i + 2]
        expected = (
            near[0, 0] * (1 - u) * (1 - v)
            + near[0, 1] * u * (1 - v)
            + near[1, 0] * (1 - u) * v
            + near[1, 1] * u * v
        )
        assert value == pytest.approx(expected, rel=1e-5)


def test_holes_in_the_raster_and_other_crs(tmp_path):
    values = plane()
    values[:, 30:40] = -9999.0
    table = roads([{"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))},
                   {"from": 1, "to": 2, "geometry": line((1000, 0), (1200, 0))}])  # fmt: skip
    found, [finding], *_ = add_heights(table, raster(tmp_path / "h.tif", values), 60.0)
    assert finding.ids == ("e0",)
    assert len(found["heights_m"].iloc[0]) == 0
    lonlat = gpd.GeoSeries([at(-600, 600), at(1500, -600)], crs=CRS).to_crs("EPSG:4326")
    west, north = lonlat.iloc[0].x, lonlat.iloc[0].y
    degrees = (lonlat.iloc[1].x - west) / 70
    grid = np.tile(np.linspace(0, 500, 100), (100, 1))
    path = raster(tmp_path / "d.tif", grid, pixel=degrees, crs="EPSG:4326", west=west, north=north)
    there, findings, *_ = add_heights(table, path, 60.0)
    assert not findings
    assert np.all(np.diff(there["heights_m"].iloc[0]) > 0)


def test_rasters_that_cannot_be_used(tmp_path):
    table = roads([{"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))}])
    with pytest.raises(MissingCrsError, match="does not say its CRS"):
        add_heights(table, raster(tmp_path / "a.tif", plane(), crs=None), 60.0)
    with pytest.raises(EmptyAreaError, match="does not cover"):
        add_heights(table, raster(tmp_path / "b.tif", plane(), west=EAST + 5e5), 60.0)
    (tmp_path / "c.tif").write_bytes(b"no raster")
    with pytest.raises(InputError, match="cannot be read as a raster"):
        add_heights(table, tmp_path / "c.tif", 60.0)
    with pytest.raises(InputError, match="not there"):
        add_heights(table, tmp_path / "d.tif", 60.0)


def shapes(path, geometry, **columns):
    gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS).to_crs("EPSG:4326").to_file(path)
    return path


def test_water_is_read_repaired_and_cropped(tmp_path):
    bow = shapely.Polygon(
        [(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)]
    )
    far = shapely.box(EAST + 2e5, NORTH, EAST + 2.1e5, NORTH + 10)
    path = shapes(tmp_path / "w.geojson", [bow, far, line((0, -50), (300, -50)), None])
    water, [finding], *_ = read_water(WaterFile(path=path), ZONE, CRS)
    assert finding.rule == "empty_geometry"
    assert len(water) == 3  # the two wings of the bow tie, and the river
    assert water.is_valid.all()
    points = shapes(tmp_path / "p.geojson", [at(0, 0)])
    with pytest.raises(SchemaError, match="without polygons or lines"):
        read_water(WaterFile(path=points), ZONE, CRS)


def test_floods_have_a_factor_each_or_one_for_all(tmp_path):
    areas = [shapely.box(EAST, NORTH, EAST + 9, NORTH + 9), shapely.box(EAST, NORTH, EAST + 5, NORTH + 5)]
    path = shapes(tmp_path / "f.gpkg", areas, laju=["0,5", "0"])
    floods, _, *_ = read_floods(FloodsFile(path=path, speed_factor="laju"), ZONE, CRS)
    assert floods["speed_factor"].tolist() == [0.5, 0.0]
    floods, _, *_ = read_floods(FloodsFile(path=path, speed_factor=0.3), ZONE, CRS)
    assert floods["speed_factor"].tolist() == [0.3, 0.3]
    bad = shapes(tmp_path / "g.gpkg", areas, laju=["fast", "2"])
    with pytest.raises(SchemaError, match=r"2 values are no number from 0 to 1"):
        read_floods(FloodsFile(path=bad, speed_factor="laju"), ZONE, CRS)
    lines = shapes(tmp_path / "l.gpkg", [line((0, 0), (1, 1))])
    with pytest.raises(SchemaError, match="without polygons"):
        read_floods(FloodsFile(path=lines), ZONE, CRS)


@pytest.fixture
def by_the_river():
    """A road north and one south of a river that runs east; a bridge in the far east."""
    table = roads(
        [
            {"from": 0, "to": 1, "geometry": line((0, 400), (3000, 400))},
            {"from": 2, "to": 3, "geometry": line((0, -100), (3000, -100))},
            {"from": 1, "to": 3, "geometry": line((3000, 400), (3000, -100)), "bridge": True},
        ]
    )
    river = gpd.GeoDataFrame(geometry=[shapely.box(EAST - 500, NORTH - 20, EAST + 3500, NORTH + 20)], crs=CRS)
    return table, river


def test_nobody_walks_through_the_river(by_the_river):
    table, river = by_the_river
    network = build_network(table, SCENARIO, modes=["walking"])
    house = np.array([at(100, 50)], dtype=object)
    for water, road in ((None, "e1"), (river.geometry.to_numpy(), "e0")):
        snapper = Snapper(network, Profile("walking", "dry"), ground=Ground(None, water), max_access_m=2000.0)
        assert network.edge_id[snapper.nearest(house).edge].tolist() == [road]
    # Nor to a unit just across it, though it is near.
    unit = np.array([at(100, -60)], dtype=object)
    dry = Router(network, Profile("walking", "dry"), rule=SCENARIO.access)
    wet = Router(
        network, Profile("walking", "dry"), rule=SCENARIO.access,
        ground=Ground(None, river.geometry.to_numpy()),
    )  # fmt: skip
    assert dry.nearest(dry.stops(house), dry.stops(unit)).travel_s[0] < 300
    assert wet.nearest(wet.stops(house), wet.stops(unit)).travel_s[0] > 3600
    # A house on stilts in the river leaves it freely.
    stilts = np.array([at(100, 10)], dtype=object)
    assert len(Snapper(
        network, Profile("walking", "dry"), ground=Ground(None, river.geometry.to_numpy()), max_access_m=2e3
    ).nearest(stilts).point) == 1  # fmt: skip


def test_without_roads_straight_lines_keep_to_their_bank(by_the_river):
    _, river = by_the_river
    here = np.array([at(0, 100)], dtype=object)
    units = np.array([at(0, -100), at(0, 900)], dtype=object)
    access = SCENARIO.access
    assert straight_line_times(here, units, access=access).facility.tolist() == [0]
    water = Ground(None, river.geometry.to_numpy())
    assert straight_line_times(here, units, access=access, ground=water).facility.tolist() == [1]
    assert np.isinf(straight_line_times(here, units[:1], access=access, ground=water).travel_s).all()


@pytest.mark.slow
def test_terrain_is_stored_and_counts(by_the_river, tmp_path):
    table, river = by_the_river
    town = layers(
        villages({"99.01.01.2001": (box(-500, -1000, 3500, 1000), 100)}), table,
        facilities([("P1", "puskesmas", at(100, -100), "99.01.01.2001")]),
        hamlets([("h1", "99.01.01.2001", at(100, 50), 100)]),
    )  # fmt: skip
    flood = gpd.GeoDataFrame({"speed_factor": [0.0]}, geometry=[at(3000, 0).buffer(20)], crs=CRS)
    wet = replace(
        town,
        water=river.set_axis(["water-1"], axis=0).rename_axis("water_id"),
        floods=flood.set_axis(["flood-1"], axis=0).rename_axis("flood_id"),
    )
    write_workspace(wet, tmp_path / "w")
    again = read_workspace(tmp_path / "w")
    assert len(again.water) == len(again.floods) == 1
    before, after = find_gaps(town), find_gaps(again)
    assert before.coverage["puskesmas"].minutes[0] < 10
    # Over the bridge in the dry season; the flood closes it in the wet.
    assert 10 < after.coverage["puskesmas"].minutes[0] < 30
    assert after.seasons["wet"]["puskesmas"].reason.tolist() == ["island"]
