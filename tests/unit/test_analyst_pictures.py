"""gaps.plot() and gaps.explore(): one kind, our colours, words in the language, and no name runs as code."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from geodata.errors import ConfigError, UnknownCodeError
from planner import CloseFacility, Study, demo_layers, find_gaps
from planner.coverage.show import STATUS_COLORS
from planner.texts.catalogues import map_texts

HARM = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def answer():
    return find_gaps(demo_layers(14))


def axes():
    return Figure().add_subplot()


def drawn_colours(ax, villages):
    """Colour by village, from what stands on the axes: the patch that holds a point of it."""
    found = {}
    for code, place in villages.representative_point().items():
        for collection in ax.collections:
            paths = collection.get_paths()
            hits = [p for p in paths if len(p.vertices) > 3 and p.contains_point((place.x, place.y))]
            if hits and collection.get_array() is None:
                found[code] = to_hex(collection.get_facecolor()[0])
                break
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "season"), [("pustu", "dry"), ("puskesmas", "wet"), ("hospital", "dry")])
def test_each_village_has_the_colour_of_its_status(answer, kind, season):
    ax = answer.plot(kind, season=season, ax=axes())
    villages = answer.villages().to_crs(answer.layers.villages.crs)
    column = f"{kind}_status" if season == "dry" else f"{kind}_{season}_status"
    found = drawn_colours(ax, villages)
    assert found == {code: STATUS_COLORS[s] for code, s in villages[column].items()}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_legend_says_and_counts_every_status(answer, lang):
    ax = answer.plot("pustu", lang=lang, ax=axes())
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    counts = answer.villages()["pustu_status"].value_counts()
    assert said[:4] == [f"{map_texts(lang)[s]} ({counts.get(s, 0)})" for s in STATUS_COLORS]
    keys = ax.get_legend().get_patches()
    assert [to_hex(key.get_facecolor()) for key in keys] == list(STATUS_COLORS.values())
    assert [bool(key.get_hatch()) for key in keys] == [s == "unknown" for s in STATUS_COLORS]


@pytest.mark.slow
def test_unknown_is_hatched(answer):
    layers = answer.layers
    area = replace(layers.area, listed_kinds=tuple(k for k in layers.area.listed_kinds if k != "hospital"))
    bare = find_gaps(replace(layers, facilities=layers.facilities[layers.facilities["kind"] != "hospital"],
                             area=area))  # fmt: skip
    ax = bare.plot("hospital", ax=axes())
    assert [collection.get_hatch() for collection in ax.collections] == ["////"]


@pytest.mark.slow
def test_without_axes_a_figure_is_made(answer):
    from matplotlib import pyplot as plt

    plt.switch_backend("Agg")
    ax = answer.plot()
    assert ax.get_title().startswith("Puskesmas")
    plt.close(ax.figure)


@pytest.mark.slow
def test_a_what_if_is_said():
    study = Study(demo_layers(12))
    ax = study.gaps([CloseFacility(id="P9901002")]).plot(ax=axes(), lang="en")
    assert ax.get_title().startswith(map_texts("en")["what_if"])


@pytest.mark.slow
def test_the_page_has_our_colours_and_words(answer):
    page = answer.explore("pustu", lang="en", tiles=None).get_root().render()
    counts = answer.villages()["pustu_status"].value_counts()
    for status in counts.index:
        assert map_texts("en")[status] in page
        assert STATUS_COLORS[status] in page
    assert "openstreetmap" not in page.lower()
    assert "openstreetmap" in answer.explore("pustu").get_root().render().lower()
    # Facilities are there, each once.
    pustu = answer.facilities().query("kind == 'pustu' and status == 'used'")
    assert all(len(re.findall(rf'"{code}"', page)) >= 1 for code in pustu.index)


@pytest.mark.slow
def test_a_name_is_text_and_no_more(answer):
    layers = answer.layers
    villages, units = layers.villages.copy(), layers.facilities.copy()
    villages["village_name"] = villages["district_name"] = units["name"] = HARM
    area = replace(layers.area, name=HARM + "$x_{$")
    named = replace(layers, villages=villages, facilities=units, area=area)
    gaps = replace(answer, layers=named)
    page = gaps.explore("pustu", tiles=None).get_root().render()
    assert "<script>alert" not in page
    # As the page's scripts read its texts, and put them into HTML as they are.
    read = page.replace("\\u003c", "<").replace("\\u003e", ">")
    assert "&lt;img src=x" in read.replace("\\u0026", "&")
    assert "<img src=x" not in read
    ax = gaps.plot("pustu", ax=axes())
    ax.figure.savefig(BytesIO())


NEEDED = [("plot", "matplotlib"), ("explore", "folium"), ("explore", "mapclassify")]


@pytest.mark.parametrize(("call", "module"), NEEDED)
def test_what_is_missing_is_said(answer, monkeypatch, call, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=rf"{module}.*pip install 'jangkau\[notebook\]'"):
        getattr(answer, call)("pustu")


@pytest.mark.slow
@pytest.mark.parametrize("call", ["plot", "explore"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "apotek"}, "'apotek' is not a kind of the standard"),
        ({"season": "spring"}, "season: 'spring' is not known"),
        ({"lang": "jv"}, "lang"),
    ],
)
def test_what_is_wrong_is_said(answer, call, options, said):
    with pytest.raises((ConfigError, UnknownCodeError), match=said):
        getattr(answer, call)(**options)


@pytest.mark.slow
def test_an_area_without_units_is_drawn():
    layers = demo_layers(12)
    gaps = find_gaps(replace(layers, facilities=layers.facilities.iloc[:0], roads=None, hamlets=None))
    assert gaps.plot("pustu", ax=axes()).get_legend() is not None
    assert gaps.explore("pustu", tiles=None) is not None
