"""Printed maps: names apart, readable in grey, no state left behind."""

from __future__ import annotations

from io import BytesIO
from itertools import combinations

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

from planner.pipeline import OpenFacility, default_scenario, demo_layers, find_gaps
from planner.reports.documents.words import Words
from planner.reports.print_maps.labels import place_names
from planner.reports.print_maps.look import FILLS, Paper
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
    written = place_names(axes, areas, renderer, letters_pt=8, keep_clear=[(5.0, 5.0)])
    boxes = [shapely.box(*t.get_window_extent(renderer).extents) for t in written]
    assert 5 < len(boxes) < 80
    assert not [pair for pair in combinations(boxes, 2) if pair[0].intersects(pair[1])]
    assert not [b for b in boxes if b.intersects(shapely.Point(axes.transData.transform((5.0, 5.0))))]
    assert written[0].get_text() == areas.loc[areas["people"].idxmax(), "name"]
    assert len(axes.texts) == len(written)


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
    for status, word in (("served", "reached"), ("gap", "not reached"), ("unknown", "not known")):
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
        assert figure.texts[0].get_text().startswith("Skenario Harapan")


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
