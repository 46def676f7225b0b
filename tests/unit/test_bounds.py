"""What is larger than anybody needs is refused with a sentence, before it costs others their time."""

from __future__ import annotations

import random
import re
import time

import geopandas as gpd
import pytest
import shapely

from geodata.areafile import BoundariesFile
from geodata.demo.generate import DemoSize, generate_area
from geodata.errors import ConfigError, SchemaError
from geodata.readers.boundaries import read_boundaries
from planner.coverage.study import Study
from planner.pipeline import demo_layers
from planner.scenarios.edits import AddBoat, AddRoad, Flood


@pytest.fixture(scope="module")
def study():
    return Study(demo_layers(24))


def middle(study):
    return shapely.get_coordinates(study.layers.villages.to_crs(4326).union_all().centroid)[0].tolist()


def zigzag(study, points, width):
    x, y = middle(study)
    return [(x + 0.0004 * i, y + width * (-1) ** i) for i in range(points)]


def test_a_drawn_line_has_a_bounded_number_of_points(study):
    with pytest.raises(ConfigError, match=r"edit 1: the line has 201 points; a drawn line may have 200"):
        study.gaps([AddRoad(op="add_road", line=zigzag(study, 201, 0.0001))])
    study.gaps([AddRoad(op="add_road", line=zigzag(study, 200, 0.0001))])


@pytest.mark.parametrize("kind", [AddRoad, AddBoat])
@pytest.mark.parametrize("to", [(110.0, -89.9), (179.0, 0.0)])
def test_a_drawn_line_has_a_bounded_length(study, kind, to):
    """A road from the area to the pole was accepted."""
    op = "add_road" if kind is AddRoad else "add_boat"
    with pytest.raises(ConfigError, match=r"km long; a drawn line may have 500 km.*mistyped"):
        study.gaps([kind(op=op, line=[middle(study), to])])


def test_a_drawn_road_meets_a_bounded_number_of_roads(study, monkeypatch):
    """One road of 500 zigzags kept everybody else waiting for 159 s."""
    crossing = AddRoad(op="add_road", line=zigzag(study, 60, 0.03))
    monkeypatch.setattr("planner.network.editing.refusals.MOST_CROSSINGS", 20)
    with pytest.raises(ConfigError, match=r"the line meets roads \d+ times; a drawn road may do so 20 times"):
        study.gaps([crossing])
    # A bridge meets roads at its ends alone.
    study.gaps([crossing.model_copy(update={"bridge": True})])


@pytest.mark.slow
def test_all_drawn_roads_together_meet_a_bounded_number_of_roads(study, monkeypatch):
    """Sixty roads within each one's limits kept everybody else waiting for a minute."""
    monkeypatch.setattr("planner.network.editing.refusals.MOST_CROSSINGS_TOGETHER", 200)
    monkeypatch.setattr("planner.network.editing.refusals.MOST_CROSSINGS", 1000)
    crossing = AddRoad(op="add_road", line=zigzag(study, 60, 0.03))
    study.gaps([crossing])
    with pytest.raises(
        ConfigError, match="all drawn roads and floods together meet roads more than 200 times"
    ):
        study.gaps([crossing.model_copy(update={"name": str(n)}) for n in range(2)])


def test_outlines_of_floods_count_among_the_crossings(study, monkeypatch):
    x, y = middle(study)
    saw = [(x + 0.0004 * i, y + 0.02 * (-1) ** i) for i in range(60)]
    monkeypatch.setattr("planner.network.editing.refusals.MOST_CROSSINGS_TOGETHER", 20)
    with pytest.raises(ConfigError, match="floods together meet roads more than 20 times"):
        study.gaps([Flood(polygon=[*saw, (x + 0.03, y - 0.05), (x, y - 0.05)])])


def test_all_drawn_lines_together_have_a_bounded_length_and_number_of_points(study, monkeypatch):
    line = AddRoad(line=zigzag(study, 30, 0.0001), bridge=True)
    monkeypatch.setattr("planner.network.editing.refusals.MOST_POINTS_TOGETHER", 90)
    study.gaps([line] * 3)
    with pytest.raises(
        ConfigError, match=r"edit 4: all drawn lines and floods together have more than 90 poi"
    ):
        study.gaps([line] * 4)
    monkeypatch.setattr("planner.network.editing.refusals.MOST_KM_TOGETHER", 2.0)
    with pytest.raises(ConfigError, match=r"edit 2: all drawn lines together are longer than 2 km"):
        study.gaps([line] * 2)


@pytest.mark.slow
def test_sixty_drawn_roads_are_answered_soon():
    """Sixty roads of three points across a kabupaten took 61 s: each crossing looked at all pieces."""
    study = Study(demo_layers(60))
    west, south, east, north = study.layers.villages.to_crs(4326).total_bounds
    dice = random.Random(1)  # noqa: S311 - places for a test

    def place():
        return (dice.uniform(west, east), dice.uniform(south, north))

    def short():
        x, y = place()
        return [(x, y), (x + 0.01, y + 0.005), (x + 0.015, y)]

    for roads, most_s in (
        ([AddRoad(line=short()) for _ in range(60)], 5.0),
        ([AddRoad(line=[place(), place(), place()]) for _ in range(60)], 20.0),
    ):
        start = time.process_time()
        study.gaps(roads)
        assert time.process_time() - start < most_s


def test_a_village_without_an_area_is_named(tmp_path):
    shape = shapely.Polygon([(110, -7), (110.1, -7), (110.2, -7)])
    whole = shapely.box(110, -7.3, 110.2, -7.1)
    frame = gpd.GeoDataFrame(
        {"kode": ["33.01.01.2001", "33.01.01.2002"], "nama": ["A", "B"]}, geometry=[whole, shape], crs=4326
    )
    frame.to_parquet(tmp_path / "desa.parquet")
    given = BoundariesFile(path=tmp_path / "desa.parquet", code="kode", name="nama")
    with pytest.raises(SchemaError, match="without an area"):
        read_boundaries(given, "33.01")


@pytest.mark.slow
def test_a_made_up_kabupaten_has_no_more_kecamatan_than_codes():
    # 1,000 villages more than ten a kecamatan: the codes stayed two digits only up to 990.
    villages = generate_area(1, DemoSize.of_villages(1100)).villages
    codes = [v["kode"] for v in villages]
    assert len(set(codes)) == 1100
    assert all(re.fullmatch(r"\d\d\.\d\d\.\d\d\.[12]\d{3}", c) for c in codes)
