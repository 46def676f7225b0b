"""Printed maps: names apart, readable in grey, no state left behind."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import combinations
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from planner.coverage.known.seasons import seasons_told
from planner.pipeline import OpenFacility, default_scenario, demo_layers, find_gaps
from planner.reports.documents.words import Words
from planner.reports.print_maps.labels import boxes_around, place_names
from planner.reports.print_maps.look import FILLS, Paper
from planner.reports.print_maps.outlines import outlines_of
from planner.reports.print_maps.status_map import draw_status, status_map


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(demo_layers(60))


def test_names_do_not_overlap_and_the_most_people_come_first():
    rng = np.random.default_rng(3)
    figure = Figure(figsize=(5, 4))
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 10)
    spots = rng.uniform(1, 9, size=(80, 2))
    spots[0] = 5.0  # the first of all would lie on the point that is to be kept clear
    areas = gpd.GeoDataFrame(
        {"name": [f"Kecamatan {i}" for i in range(80)], "people": [100.0, *rng.permutation(79)]},
        geometry=[shapely.Point(xy).buffer(1.5) for xy in spots],
    )
    written = place_names(
        axes, areas, renderer, letters_pt=8, keep_clear=boxes_around(axes, [(5.0, 5.0)], 16.0)
    )
    boxes = [shapely.box(*t.get_window_extent(renderer).extents) for t in written]
    assert 5 < len(boxes) < 80
    assert not [pair for pair in combinations(boxes, 2) if pair[0].intersects(pair[1])]
    assert not [b for b in boxes if b.intersects(shapely.Point(axes.transData.transform((5.0, 5.0))))]
    assert written[0].get_text() == areas.loc[areas["people"].idxmax(), "name"]
    assert len(axes.texts) == len(written)


def boxes_on(figure, said):
    """The boxes of the texts on the map that are among these, as polygons in pixels."""
    renderer = figure.canvas.get_renderer()
    written = [t for t in figure.axes[0].texts if t.get_text() in said]
    return [shapely.box(*t.get_window_extent(renderer).extents) for t in written]


def test_no_name_lies_on_a_star_or_its_number_and_no_number_on_another(gaps):
    """With stars so close that numbers at one side of them would lie on the next star."""
    x, y = shapely.get_coordinates(gaps.layers.villages.geometry.union_all().centroid)[0]
    empty = draw_status(gaps, "pustu", paper=Paper.FIGURE, words=Words("id")).axes[0]
    west, east = empty.get_xlim()
    step = 28.0 * (east - west) / empty.get_window_extent().width
    sites = [(x + step * (i % 3), y + step * (i // 3)) for i in range(9)]
    figure = draw_status(gaps, "pustu", paper=Paper.FIGURE, words=Words("id"), sites=sites)
    axes = figure.axes[0]
    numbers = boxes_on(figure, {str(i) for i in range(1, 10)})
    names = boxes_on(figure, set(outlines_of(gaps.layers).districts["name"]))
    assert len(numbers) == 9
    assert names
    # What is drawn of a star is less than its box; its middle is enough to tell.
    stars = [shapely.Point(xy).buffer(3.0) for xy in axes.transData.transform(sites)]
    things = [*numbers, *names, *stars]
    assert not [pair for pair in combinations(things, 2) if pair[0].intersects(pair[1])]


def test_a_kecamatans_name_stands_where_its_villages_lie():
    """Ten small villages, and a larger island with a village of the same kecamatan."""
    villages = [shapely.box(i * 1000, 0, (i + 1) * 1000, 1000) for i in range(10)]
    island = shapely.box(0, 20_000, 9_000, 26_000)
    frame = gpd.GeoDataFrame(
        {
            "district_code": "1", "district_name": "Puger", "people": 10.0,
            "village_name": [f"Desa {i}" for i in range(11)],
        },
        geometry=[*villages, island], index=[f"1.{i}" for i in range(11)], crs="EPSG:32749",
    )  # fmt: skip
    outlines = outlines_of(SimpleNamespace(villages=frame))
    [at] = outlines.district_names.geometry
    assert at.contains(shapely.Point(5_000, 500))
    assert not at.intersects(island)
    # The outline itself has both.
    assert outlines.districts.geometry[0].intersects(island)
    assert outlines.village_names["name"].tolist() == frame["village_name"].tolist()


@pytest.mark.slow
def test_on_a3_villages_have_names_that_lie_on_nothing(gaps):
    villages = outlines_of(gaps.layers).village_names
    small = draw_status(gaps, "pustu", paper=Paper.A4, words=Words("id"))
    large = draw_status(gaps, "pustu", paper=Paper.A3, words=Words("id"))
    said = set(villages["name"])
    assert not boxes_on(small, said)
    names = boxes_on(large, said)
    assert len(names) > len(villages) / 3
    districts = boxes_on(large, set(outlines_of(gaps.layers).districts["name"]) - said)
    things = [*names, *districts]
    assert not [pair for pair in combinations(things, 2) if pair[0].intersects(pair[1])]
    units = gaps.layers.facilities[gaps.layers.facilities["kind"] == "pustu"]
    at = large.axes[0].transData.transform(shapely.get_coordinates(units.geometry.to_numpy()))
    assert not shapely.STRtree(names).query(shapely.points(at), predicate="intersects").size


@pytest.mark.slow
def test_a_long_title_stays_on_its_sheet(gaps):
    edit = OpenFacility.model_validate(
        {"op": "open_facility", "id": "n1", "kind": "pustu", "lonlat": [107.3, -4.8]}
    )
    scenario = gaps.scenario.model_copy(update={"name": "Andaian yang panjang " * 6, "edits": (edit,)})
    for paper in Paper:
        figure = draw_status(replace(gaps, scenario=scenario), "pustu", paper=paper, words=Words("id"))
        title = figure.texts[0].get_window_extent(figure.canvas.get_renderer())
        assert title.x1 <= figure.bbox.width
        assert not title.overlaps(figure.axes[0].get_window_extent())


def test_a_map_of_the_wet_season_that_is_as_the_dry_says_so(gaps):
    told = gaps.scenario.model_copy(update={"season": "wet"})
    roads = gaps.layers.roads.assign(surface="", season="")
    note = Words("id").on_map("as_dry_note")[:30]
    for layers, says in ((gaps.layers, False), (replace(gaps.layers, roads=roads, floods=None), True)):
        wet = replace(gaps, scenario=told, layers=layers)
        assert seasons_told(layers, told) is not says
        said = draw_status(wet, "pustu", paper=Paper.A4, words=Words("id")).texts[-1].get_text()
        assert (note in said.replace("\n", " ")) is says


def test_the_worse_the_darker_also_in_grey():
    grey = [np.dot(to_rgb(FILLS[s].color), (0.299, 0.587, 0.114)) for s in ("served", "partly", "gap")]
    assert grey[0] - grey[1] > 0.15
    assert grey[1] - grey[2] > 0.3
    assert FILLS["unknown"].hatch


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "sides"), [("a4", [210, 297]), ("a3", [297, 420])])
def test_the_sheet_has_its_size(gaps, paper, sides):
    picture = Image.open(BytesIO(status_map(gaps, "pustu", paper=paper)))
    assert sorted(round(px / 200 * 25.4) for px in picture.size) == sides


def test_every_status_has_a_key_with_its_number_and_sites_are_numbered(gaps):
    sites = [tuple(shapely.get_coordinates(p)[0]) for p in gaps.layers.villages.geometry.centroid[:3]]
    figure = draw_status(gaps, "posyandu", paper=Paper.A4, words=Words("en"), sites=sites)
    said = [t.get_text() for t in figure.legends[0].get_texts()]
    counts = gaps.coverage["posyandu"].villages["status"].value_counts()
    for status, word in (("served", "served"), ("gap", "gap"), ("unknown", "unknown")):
        n = int(counts.get(status, 0))
        assert f"{word} – {n} village{'' if n == 1 else 's'}" in said
    assert any("proposed place" in s for s in said)
    written = [t.get_text() for t in figure.axes[0].texts]
    assert {"1", "2", "3"} <= set(written)
    legend = figure.legends[0].get_window_extent(figure.canvas.get_renderer())
    assert not figure.axes[0].get_window_extent().overlaps(legend)
    # A dollar sign in a name begins no formula.
    assert not [t for t in figure.findobj(Text) if t.get_text() and t.get_parse_math()]


@pytest.mark.slow
def test_a_map_of_what_might_be_says_so():
    edit = OpenFacility.model_validate(
        {"op": "open_facility", "id": "n1", "kind": "pustu", "lonlat": [107.3, -4.8]}
    )
    scenario = default_scenario().model_copy(update={"name": "Harapan", "edits": (edit,)})
    gaps = find_gaps(demo_layers(12), scenario=scenario)
    for paper in Paper:
        figure = draw_status(gaps, "pustu", paper=paper, words=Words("id"))
        assert figure.texts[0].get_text().startswith("Andaian “Harapan”, bukan keadaan")


@pytest.mark.slow
def test_nothing_global_is_left_and_the_same_map_is_the_same_bytes(gaps):
    # What pyplot keeps may be another test's.
    before, figures = dict(mpl.rcParams), dict(Gcf.figs)
    first, second = (status_map(gaps, "pustu", paper="figure") for _ in range(2))
    assert first == second
    assert dict(mpl.rcParams) == before
    assert dict(Gcf.figs) == figures  # where pyplot keeps its figures
    assert status_map(gaps, "pustu", file_format="svg")[:5] == b"<?xml"
    assert status_map(gaps, "pustu", file_format="pdf")[:5] == b"%PDF-"
    with pytest.raises(ValueError, match="not as 'gif'"):
        status_map(gaps, "pustu", file_format="gif")
    with pytest.raises(ValueError, match="a5"):
        status_map(gaps, "pustu", paper="a5")


def test_the_legend_counts_what_the_areas_villages_are(gaps, monkeypatch):
    layers = replace(gaps.layers, villages=gaps.layers.villages.assign(kind="kelurahan"))
    drawn = []
    monkeypatch.setattr(
        "planner.reports.print_maps.status_map.as_file", lambda figure, _: drawn.append(figure) or b""
    )
    status_map(replace(gaps, layers=layers), "pustu", paper="figure", lang="id")
    said = [t.get_text() for t in drawn[0].legends[0].get_texts()]
    counted = [text for text in said if "kelurahan" in text]
    assert counted
    assert all("desa/" not in text for text in said)
