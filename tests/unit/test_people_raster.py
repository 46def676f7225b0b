"""People from a raster, by numbers that were counted by hand, and every doubt about one."""

from __future__ import annotations

import re
import tracemalloc

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from support import CRS, EAST, NORTH, box, villages

from geodata.areafile import AreaFile, PeopleRaster, PopulationFile, read_area_file
from geodata.errors import ConfigError, EmptyAreaError, InputError, MissingCrsError, UnreadableFileError
from geodata.files import limits
from geodata.readers.people_doubts import difference_findings, places_findings, raster_findings
from geodata.readers.people_raster import people_points, read_people_raster

A, B, C = "99.01.01.2001", "99.01.01.2002", "99.01.01.2003"
# Cells of 100 m; the villages A and B share the second column of three.
TOWN = villages({A: (box(0, 0, 150, 200), 0), B: (box(150, 0, 300, 200), 0)})
NUMBERS = np.array([[10.0, 20.0, 30.0], [1.0, 2.0, 3.0]])


def raster(path, values=NUMBERS, *, cell=100.0, west=0.0, north=200.0, crs=CRS, **profile):
    values = np.atleast_3d(values.T).T if values.ndim == 2 else values
    scale, offset = profile.pop("scale", 1.0), profile.pop("offset", 0.0)
    count, height, width = values.shape
    given = {"dtype": "float64", "transform": rasterio.Affine(cell, 0, EAST + west, 0, -cell, NORTH + north)}
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=count, crs=crs, **{**given, **profile}
    ) as out:
        out.write(values.astype(out.dtypes[0]))
        out.scales, out.offsets = (scale,) * count, (offset,) * count
    return path


def read(path, town=TOWN, **said):
    source = PeopleRaster(path=path, **said)
    found = read_people_raster(source, town)
    return found, {f.rule: f for f in raster_findings(found, source)}


def test_a_cell_of_two_villages_is_divided_by_their_areas(tmp_path):
    found, doubts = read(raster(tmp_path / "a.tif"))
    assert found.people.to_dict() == {A: 10 + 10 + 1 + 1, B: 10 + 30 + 1 + 3}
    assert not doubts
    points = people_points(found).frame
    assert points["people"].tolist() == [10, 10, 1, 1, 10, 30, 1, 3]
    x, y = points.geometry.x - EAST, points.geometry.y - NORTH
    # The middle of a cell that lies at the outline is in neither village's inside; its half has a middle.
    assert x.tolist() == [50, 125, 50, 125, 175, 250, 175, 250]
    assert y.tolist() == [150, 150, 50, 50] * 2


def test_where_outlines_overlap_the_people_are_divided(tmp_path):
    town = villages({A: (box(0, 0, 200, 200), 0), B: (box(100, 0, 300, 200), 0)})
    found, _ = read(raster(tmp_path / "a.tif"), town)
    assert found.people.to_dict() == {A: 11 + 11, B: 11 + 33}


def test_outside_of_all_villages_people_are_nobodys(tmp_path):
    town = villages({A: (box(0, 0, 150, 200), 0)})
    found, doubts = read(raster(tmp_path / "a.tif"), town)
    assert found.people.to_dict() == {A: 22}
    assert (doubts["raster_outside"].count, list(doubts)) == (2, ["raster_outside"])
    assert "11 of their people" in doubts["raster_outside"].message


def test_scale_and_offset_count_and_are_said(tmp_path):
    path = raster(tmp_path / "a.tif", NUMBERS * 2, dtype="int16", scale=0.5, offset=1.0)
    found, doubts = read(path)
    assert found.people.to_dict() == {A: 22 + 3, B: 44 + 3}
    assert "× 0.5 + 1" in doubts["raster_scaled"].message


def test_people_per_square_kilometre(tmp_path):
    found, _ = read(raster(tmp_path / "a.tif", NUMBERS * 100), unit="people_per_km2")
    # Cells of 0.01 km².
    np.testing.assert_allclose(found.people, [22, 44], rtol=1e-9)
    # In degrees a cell of a hundredth has 1.22 km² at 8 degrees south: 1.1060 km by 1.1025 km (WGS 84).
    lonlat = gpd.GeoDataFrame(geometry=[shapely.box(111.0, -8.01, 111.01, -8.0)], crs="EPSG:4326")
    town = lonlat.to_crs(CRS).set_axis([A], axis=0)
    path = raster(
        tmp_path / "b.tif", np.array([[100.0]]), crs="EPSG:4326",
        transform=rasterio.Affine(0.01, 0, 111.0, 0, -0.01, -8.0),
    )  # fmt: skip
    found, _ = read(path, town, unit="people_per_km2")
    assert found.people[A] == pytest.approx(121.9, rel=2e-3)


def test_no_value_is_nobody_in_a_part_and_unknown_in_a_whole_village(tmp_path):
    town = villages(
        {A: (box(0, 0, 100, 200), 0), B: (box(100, 0, 200, 200), 0), C: (box(200, 0, 300, 200), 0)}
    )
    values = np.array([[10.0, -1, np.inf], [1.0, 2.0, np.nan]])
    found, doubts = read(raster(tmp_path / "a.tif", values, nodata=-1), town)
    assert found.people[[A, B]].tolist() == [11, 2]
    assert np.isnan(found.people[C])
    assert doubts["raster_unknown"].ids == (C,)
    assert doubts["raster_no_value"].ids == (f"{B} (50.0%)",)
    assert set(doubts) == {"raster_unknown", "raster_no_value"}
    assert set(people_points(found).frame["village_code"]) == {A, B}


def test_cells_below_zero_count_as_nothing(tmp_path):
    values = np.array([[10.0, -8.0, 30.0], [1.0, 2.0, -99999.0]])
    found, doubts = read(raster(tmp_path / "a.tif", values))
    assert found.people.tolist() == [12, 31]
    assert (doubts["raster_negative"].count, doubts["raster_negative"].ids) == (2, (A, B))
    assert "-100,007 in all, the lowest -99,999" in doubts["raster_negative"].message
    # A village of nothing else has no number: nobody knows that it is empty.
    town = villages({A: (box(0, 0, 200, 200), 0), B: (box(200, 0, 300, 100), 0)})
    assert np.isnan(read(tmp_path / "a.tif", town)[0].people[B])


@pytest.mark.parametrize(
    ("east", "severity", "share"), [(305, "warning", "3.2%"), (400, "error", "40.0%"), (1000, "error", "")]
)
def test_villages_at_the_rim_of_the_raster(tmp_path, east, severity, share):
    town = villages({A: (box(0, 0, 150, 200), 0), B: (box(150, 0, east, 200), 0)})
    if not share:
        town = villages({A: (box(0, 0, 150, 200), 0), B: (box(900, 0, east, 200), 0)})
    found, doubts = read(raster(tmp_path / "a.tif"), town)
    assert found.people[A] == 22
    if share:
        assert found.people[B] == 44
        partly = doubts["raster_partly"]
        assert (partly.severity, partly.ids) == (severity, (f"{B} ({share})",))
    else:
        assert np.isnan(found.people[B])
        assert doubts["raster_unknown"].ids == (B,)


def test_a_cell_larger_than_a_village_places_nobody(tmp_path):
    town = villages({A: (box(0, 0, 50, 50), 5), B: (box(50, 0, 300, 200), 5)})
    found, _ = read(raster(tmp_path / "a.tif"), town)
    assert found.people[A] == pytest.approx(1 / 4, rel=1e-6)
    assert set(people_points(found).frame["village_code"]) == {B}
    [finding] = places_findings(found, town, 1)
    assert (finding.rule, finding.ids) == ("cell_larger_than_village", (A,))


def test_villages_whose_people_the_raster_lacks(tmp_path):
    values = np.array([[10.0, 0, 0], [1.0, 0, 0]])
    town = villages({A: (box(0, 0, 100, 200), 9), B: (box(100, 0, 300, 200), 7)})
    found, _ = read(raster(tmp_path / "a.tif", values), town)
    assert found.people.tolist() == [11, 0]
    assert [(f.rule, f.ids) for f in places_findings(found, town, 1)] == [("raster_without_people", (B,))]
    assert places_findings(found, town.assign(people=found.people), 1) == ()


@pytest.mark.parametrize(
    ("people", "rules"),
    [
        ((2200, 4400), []),
        ((2500, 4830), []),
        ((2500, 4840), ["raster_total_differs"]),
        ((1050, 5550), ["raster_differs"]),
        ((1100, 5500), []),
        ((6601, 0), ["raster_differs"]),
        ((np.nan, 4400), ["raster_not_counted"]),
        ((20, 40), ["raster_total_differs", "raster_differs"]),
    ],
)
def test_raster_and_given_numbers_that_differ(tmp_path, people, rules):
    found, _ = read(raster(tmp_path / "a.tif", NUMBERS * 100), TOWN.assign(people=people))
    findings = difference_findings(found)
    assert [f.rule for f in findings] == rules
    if people == (20, 40):
        total, villages_ = findings
        assert "2 villages known to both the raster has 6,600 people; 60 are given" in total.message
        assert villages_.ids == (f"{A} (given 20, raster 2,200)", f"{B} (given 40, raster 4,400)")


@pytest.mark.parametrize(("factor", "word"), [(1e-6, "few"), (1.0, ""), (1e3, "many")])
def test_numbers_that_no_kabupaten_has(tmp_path, factor, word):
    _, doubts = read(raster(tmp_path / "a.tif", NUMBERS * factor))
    assert word in doubts["raster_implausible"].message if word else not doubts


def test_bands_and_their_choice(tmp_path):
    path = raster(tmp_path / "a.tif", np.stack([NUMBERS, NUMBERS * 2]))
    found, doubts = read(path)
    assert (found.people[A], doubts["raster_bands"].count) == (22, 2)
    found, doubts = read(path, band=2)
    assert (found.people[A], doubts) == (44, {})
    with pytest.raises(UnreadableFileError, match="no band 3: 2 is the last"):
        read(path, band=3)


def test_doubts_about_the_crs(tmp_path):
    with pytest.raises(MissingCrsError, match=r"does not say its CRS. Name it with crs: EPSG"):
        read(raster(tmp_path / "a.tif", crs=None))
    found, doubts = read(tmp_path / "a.tif", crs=CRS)
    assert (found.people[A], doubts) == (22, {})
    found, doubts = read(raster(tmp_path / "b.tif", crs="EPSG:32750"), crs=CRS)
    assert (found.people[A], list(doubts)) == (22, ["raster_crs"])
    with pytest.raises(UnreadableFileError, match="cannot be read as a raster"):
        read(tmp_path / "a.tif", crs="EPSG:0")
    corner = gpd.GeoSeries([shapely.Point(EAST, NORTH)], crs=CRS).to_crs("EPSG:3857").iloc[0]
    path = raster(
        tmp_path / "c.tif", np.ones((20, 20)), crs="EPSG:3857",
        transform=rasterio.Affine(100, 0, corner.x - 1000, 0, -100, corner.y + 1000),
    )  # fmt: skip
    assert "raster_resampled" in read(path)[1]


def test_rasters_that_cannot_be_used(tmp_path):
    with pytest.raises(EmptyAreaError, match="does not cover the study area's villages"):
        read(raster(tmp_path / "a.tif", west=5e5))
    (tmp_path / "b.tif").write_bytes(b"no raster")
    with pytest.raises(InputError, match="cannot be read as a raster"):
        read(tmp_path / "b.tif")
    with pytest.raises(InputError, match="not there"):
        read(tmp_path / "c.tif")
    for turned in (
        rasterio.Affine(100, 5, EAST, 0, -100, NORTH + 200),
        rasterio.Affine(100, 0, EAST, 0, 100, NORTH),
        rasterio.Affine(-100, 0, EAST + 300, 0, -100, NORTH + 200),
    ):
        with pytest.raises(UnreadableFileError, match="do not run from west to east"):
            read(raster(tmp_path / "d.tif", transform=turned))
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        raster(tmp_path / "e.tif", transform=rasterio.Affine.identity())
    with pytest.raises(UnreadableFileError, match="no place"):
        read(tmp_path / "e.tif")


def test_too_many_cells_and_places(tmp_path, monkeypatch):
    path = raster(tmp_path / "a.tif")
    found, _ = read(path)
    monkeypatch.setattr(limits, "PEOPLE_POINTS", 7)
    points, side = people_points(found)
    # Two by two: of A all four parts, of B two parts of the second column, and two of the third.
    assert side == 2
    assert points["village_code"].tolist() == [A, B, B]
    assert points["people"].tolist() == [22, 11, 33]
    # Nearest to the middle person of A, who is in the upper row, between the columns.
    assert shapely.get_coordinates(points.geometry).tolist() == [
        [EAST + x, NORTH + y] for x, y in ((50, 150), (175, 150), (250, 150))
    ]
    [finding] = places_findings(found, TOWN, side)
    assert (finding.rule, finding.count) == ("raster_cells_together", 2)
    monkeypatch.setattr(limits, "RASTER_CELLS", 5)
    with pytest.raises(UnreadableFileError, match=r"has 6 cells around the villages; 5 are the most"):
        read(path)


def test_only_the_villages_are_read_of_a_large_raster(tmp_path):
    size = 100_000
    west, north = EAST - 5_000_000, NORTH + 5_000_000
    path = tmp_path / "large.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=size, width=size, count=1, dtype="uint8", crs=CRS, tiled=True,
        sparse_ok=True, transform=rasterio.Affine(100, 0, west, 0, -100, north),
    ) as out:  # fmt: skip
        window = rasterio.windows.Window(50_000, 49_998, 3, 2)
        out.write(NUMBERS.astype("uint8"), 1, window=window)
    tracemalloc.start()
    found, _ = read(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.people.tolist() == [22, 44]
    # The whole raster would be 10 GB.
    assert held < 5e6


@pytest.mark.parametrize(
    ("population", "words"),
    [
        ("{code: kode}", "give path: (a table), raster:"),
        ("{path: a.csv, spread: raster}", "spread: raster asks for a raster"),
        ("{path: a.tif}", "a.tif is a raster: write raster:"),
        ("{raster: a.tif, source: WorldPop}", "source: is of a table, and no path: is given"),
        ("{raster: {path: a.tif, unit: density}}", "unit"),
        ("{raster: {path: a.tif, band: 0}}", "band"),
        ("{raster: a.tif, spread: points}", "spread"),
    ],
)
def test_what_cannot_be_said_of_population(tmp_path, population, words):
    path = tmp_path / "AREA.yml"
    path.write_text(
        f'code: "35.09"\nname: X\nboundaries: {{path: desa.geojson}}\npopulation: {population}\n', "utf-8"
    )
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_area_file(path)


@pytest.mark.parametrize(
    ("said", "by_raster"),
    [
        ({"path": "a.csv"}, False),
        ({"path": "a.csv", "spread": "roads"}, False),
        ({"raster": "a.tif"}, True),
        ({"raster": "a.tif", "spread": "roads"}, False),
        ({"path": "a.csv", "raster": {"path": "a.tif"}}, True),
        ({"path": "a.csv", "raster": "a.tif", "spread": "roads"}, False),
    ],
)
def test_who_says_where_people_live(said, by_raster):
    assert PopulationFile(**said).by_raster is by_raster


def test_the_rasters_path_stands_beside_area_yml(tmp_path):
    path = tmp_path / "AREA.yml"
    head = 'code: "35.09"\nname: X\nboundaries: {path: desa.geojson}\n'
    path.write_text(head + "population: {raster: a.tif}\n", "utf-8")
    area: AreaFile = read_area_file(path)
    assert area.population.raster.path == tmp_path.resolve() / "a.tif"
    assert area.population.path is None


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("float32", 3.4028234e38)])
def test_the_largest_number_of_a_type_in_many_cells_is_no_number_of_people(tmp_path, dtype, top):
    values = NUMBERS.copy()
    values[0, 0] = values[1, 1] = top
    _, doubts = read(raster(tmp_path / "a.tif", values, dtype=dtype))
    found = doubts["raster_top_value"]
    assert (found.severity, found.count, found.ids) == ("error", 2, (A, B))
    values[1, 1] = 1
    assert "raster_top_value" not in read(raster(tmp_path / "b.tif", values, dtype=dtype))[1]


def test_more_people_than_any_kabupaten_has_are_an_error(tmp_path):
    """Thirty-four million on 2,259 km² are not too dense for a town."""
    side = 47_500.0
    town = villages({A: (box(0, 0, side, side), 0)})
    for people, severity in ((34e6, "error"), (5.7e6, None)):
        values = np.full((2, 2), people / 4)
        path = raster(tmp_path / f"{people:.0f}.tif", values, cell=side / 2, north=side)
        doubt = read(path, town)[1].get("raster_implausible")
        assert (doubt and doubt.severity) == severity
