"""map.html in headless Chromium, from disk, with the network blocked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from browser_support import HOSTILE

from planner.coverage.study import find_gaps
from planner.pipeline import summary
from planner.reports.maps.page import script_json
from planner.reports.outputs import write_gaps
from planner.texts.catalogues import map_texts
from planner.texts.formatter import Formatter

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def gaps(hostile_layers):
    return find_gaps(hostile_layers)


@pytest.fixture
def page(chromium, gaps, tmp_path, request):
    """The opened page; any request that leaves the file, or console message, fails the test."""
    lang, width = getattr(request, "param", ("id", 1200))
    write_gaps(gaps, tmp_path / "g", lang=lang)
    context = chromium.new_context(viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto((tmp_path / "g/map.html").as_uri())
    page.wait_for_selector("#jk-legend strong")
    yield page
    assert [u for u in asked if not u.startswith(("file:", "data:"))] == []
    assert len([u for u in asked if u.startswith("file:")]) == 1
    assert said == []
    context.close()


def hover_tooltip(page, code: str) -> str:
    """Point at a village and return its tooltip's text (the boxes over the map out of the way)."""
    page.add_style_tag(content=".leaflet-control-container { visibility: hidden; }")
    spot = page.evaluate(
        """code => {
          const map = Object.values(window).find(v => v instanceof L.Map);
          let layer;
          map.eachLayer(l => { if (l.feature && l.feature.properties.code === code) layer = l; });
          const at = map.latLngToContainerPoint(layer.getCenter());
          const box = map.getContainer().getBoundingClientRect();
          return [at.x + box.x, at.y + box.y];
        }""",
        code,
    )
    page.mouse.move(spot[0] - 4, spot[1])
    page.mouse.move(*spot)
    page.wait_for_selector(".jk-tip")
    return page.locator(".jk-tip").first.inner_text()


@pytest.mark.parametrize("page", [("id", 1200), ("en", 1200)], indirect=True)
def test_tooltip_tells_name_people_minutes_and_reason(page, gaps):
    lang = page.evaluate("document.documentElement.lang")
    texts = map_texts(lang)
    table = gaps.coverage["puskesmas"].villages
    far = table.index[(table["reason"] == "too_far") & (table["status"] == "gap")][0]
    # A facility drawn over the village's middle would answer first.
    for box in page.locator(".leaflet-control-layers-overlays input").all():
        box.uncheck()
    tip = hover_tooltip(page, far)
    row = gaps.layers.villages.loc[far]
    assert row["village_name"] in tip
    assert far in tip
    decimal = "," if lang == "id" else "."
    assert f"{table.loc[far, 'minutes_median']:.1f}".replace(".", decimal).rstrip("0").rstrip(decimal) in tip
    assert texts["reason_too_far"] in tip
    assert texts["gap"] in tip
    assert texts["people"] in tip


def test_each_kind_recolours_the_villages(page, gaps):
    for label in ("Pustu", "Posyandu", "Puskesmas"):
        page.get_by_role("radio", name=label).check()
        kind = label.lower()
        share = summary(gaps)["kinds"][kind]["share_reached"]
        assert f"({Formatter('id').percent(share)})" in page.locator("#jk-head .jk-answer").inner_text()
        legend = page.locator("#jk-legend").inner_text()
        for status, count in gaps.coverage[kind].villages["status"].value_counts().items():
            assert f"{map_texts('id')[status]}: {count} " in legend
        drawn = page.evaluate(
            """kind => {
              const map = Object.values(window).find(v => v instanceof L.Map);
              const out = {};
              map.eachLayer(l => {
                if (l.feature && l.feature.properties.code)
                  out[l.feature.properties.code] = l.options.fillColor;
              });
              return out;
            }""",
            kind,
        )
        from planner.reports.maps.page import STATUS_COLORS

        expected = gaps.coverage[kind].villages["status"].map(STATUS_COLORS).to_dict()
        assert drawn == expected


def test_hostile_names_are_shown_as_text(page, gaps):
    assert "<img src=x" in page.locator("#jk-head").inner_text()
    tip = hover_tooltip(page, gaps.layers.villages.index[0])
    assert HOSTILE in tip
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0
    assert page.title().endswith(HOSTILE)


@pytest.mark.parametrize("page", [("id", 390)], indirect=True)
def test_a_phone_shows_it_without_scrolling_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".leaflet-control-layers-toggle").is_visible()
    named = page.locator(".leaflet-control-zoom a, .leaflet-control-layers-toggle")
    titles = named.evaluate_all("nodes => nodes.map(n => [n.title, n.getAttribute('aria-label')])")
    assert sorted(titles) == [["Lapisan", "Lapisan"], ["Perbesar", "Perbesar"], ["Perkecil", "Perkecil"]]
    assert page.locator(".leaflet-control-scale").is_visible()
    assert "Jangkau" in page.locator(".leaflet-control-attribution").inner_text()


def test_an_area_without_roads_or_lists_says_so(chromium, hostile_layers, tmp_path):
    bare = replace(hostile_layers, roads=None, area=replace(hostile_layers.area, listed_kinds=("puskesmas",)))
    write_gaps(find_gaps(bare), tmp_path / "g", lang="en")
    page = chromium.new_page(viewport={"width": 1000, "height": 700})
    page.goto((tmp_path / "g/map.html").as_uri())
    page.wait_for_selector("#jk-legend strong")
    assert map_texts("en")["network_none"] in page.locator("#jk-head").inner_text()
    page.get_by_role("radio", name="Pustu").check()
    assert map_texts("en")["no_list"] in page.locator("#jk-head").inner_text()
    page.close()


def test_without_the_browser_libraries_the_page_says_that_it_needs_the_internet(gaps, tmp_path, monkeypatch):
    from planner.reports.maps import page as module

    monkeypatch.setattr(module, "vendor_is_built", lambda: False)
    module.write_map(gaps, tmp_path / "map.html", lang="en")
    text = (tmp_path / "map.html").read_text("utf-8")
    assert '"offline":false' in text
    assert "leaflet.js" in text


def test_both_languages_have_every_text():
    indonesian, english = map_texts("id"), map_texts("en")
    assert indonesian.keys() == english.keys()
    assert all(indonesian.values())
    assert all(english.values())


def test_json_in_a_script_cannot_end_it():
    assert "<" not in script_json({"</script>": "<!--\u2028"})


def test_the_season_is_chosen_on_the_page(page, gaps):
    """The radio buttons recolour the villages and change the answer, by mouse and by keyboard."""
    assert page.locator("#jk-head input[name=jk-season]").count() == 2
    dry, wet = (one["puskesmas"].villages["status"] for one in gaps.seasons.values())
    assert (dry != wet).any()
    before = page.locator("#jk-head .jk-answer").inner_text()
    for season, status in (("wet", wet), ("dry", dry)):
        page.locator(f"#jk-head input[value={season}]").check()
        text = page.locator("#jk-legend").inner_text()
        assert f"terjangkau: {(status == 'served').sum()} " in text
        assert f"kesenjangan: {(status == 'gap').sum()} " in text
    assert page.locator("#jk-head .jk-answer").inner_text() == before
    page.locator("#jk-head input[value=dry]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#jk-head input[value=wet]").is_checked()


@pytest.mark.slow
def test_a_tip_under_a_still_pointer_tells_the_season_that_was_chosen(page, gaps):
    dry, wet = (one["puskesmas"].villages["status"] for one in gaps.seasons.values())
    for box in page.locator(".leaflet-control-layers-overlays input").all():
        box.uncheck()
    code = dry.index[(dry != wet) & (wet != "unknown")][0]
    words = map_texts("id")
    assert f"Puskesmas: {words[dry[code]]}" in hover_tooltip(page, code)
    page.locator("#jk-head input[value=wet]").evaluate("node => node.click()")
    assert f"Puskesmas: {words[wet[code]]}" in page.locator(".jk-tip").first.inner_text()
