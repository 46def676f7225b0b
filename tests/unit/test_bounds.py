"""What is larger than anybody needs is refused with a sentence, before it costs others their time."""

from __future__ import annotations

import re

import geopandas as gpd
import pytest
import shapely

from geodata.areafile import BoundariesFile
from geodata.demo.generate import DemoSize, generate_area
from geodata.errors import ConfigError, SchemaError
from geodata.readers.boundaries import read_boundaries
from planner.coverage.study import Study
from planner.pipeline import demo_layers
from planner.scenarios.edits import AddBoat, AddRoad


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
    monkeypatch.setattr("planner.network.overlay.MOST_CROSSINGS", 20)
    with pytest.raises(ConfigError, match=r"the line meets roads \d+ times; a drawn road may do so 20 times"):
        study.gaps([crossing])
    # A bridge meets roads at its ends alone.
    study.gaps([crossing.model_copy(update={"bridge": True})])


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
