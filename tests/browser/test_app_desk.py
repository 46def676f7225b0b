"""The desk in headless Chromium: the map has the window, places, back and forward, search, phone."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from browser_support import MAP_FRAME, ON_MAP, Tab
from playwright.sync_api import expect
from test_app import inside

from app.views import PLACES, VIEWS
from planner.coverage.study import Study
from planner.scenarios.scenario import default_scenario

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LAPTOP, WIDE, PHONE = (1366, 768), (1920, 1080), (390, 844)
# Of the window (docs/decisions/0022): the map's frame, what of it a pointer reaches below the page's bar, and
# what the map's own boxes leave bare.
LEAST_SHARE, LEAST_REACHED, LEAST_BARE = 0.65, 0.575, 0.485
SIZES = [
    pytest.param({"size": LAPTOP, "lang": "id"}, id="laptop-id"),
    pytest.param({"size": WIDE, "lang": "en"}, id="wide-en"),
    pytest.param({"size": PHONE, "lang": "id"}, id="phone-id"),
]


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, **getattr(request, "param", {"size": LAPTOP}))
    yield tab
    tab.close()


def shares_of_map(tab):
    """The parts of the window in which the map can be pointed at, and is bare, by a grid of points."""
    width, height = (tab.page.viewport_size[k] for k in ("width", "height"))
    grid = [(x, y) for x in range(4, width, 16) for y in range(4, height, 16)]
    reached = np.array(tab.page.evaluate(f"points => points.map({ON_MAP})", grid))
    frame = tab.page.locator(MAP_FRAME).bounding_box()
    free = tab.frame().evaluate(
        """points => points.map(([x, y]) => {
            const found = document.elementFromPoint(x, y);
            return Boolean(found) && !found.closest(".leaflet-control");
        })""",
        [[x - frame["x"], y - frame["y"]] for x, y in grid],
    )
    return float(np.mean(reached)), float(np.mean(reached & np.array(free)))


@pytest.mark.parametrize("tab", SIZES, indirect=True)
def test_the_map_has_the_window_and_the_page_does_not_scroll(tab):
    box = tab.page.locator(MAP_FRAME).bounding_box()
    size = tab.page.viewport_size
    assert box["width"] * box["height"] >= LEAST_SHARE * size["width"] * size["height"]
    reached, bare = shares_of_map(tab)
    assert reached >= LEAST_REACHED
    assert bare >= LEAST_BARE
    scrolled = tab.page.evaluate(
        "(e => [e.scrollHeight - innerHeight, e.scrollWidth - innerWidth])(document.scrollingElement)"
    )
    assert scrolled == [0, 0]
    table = tab.page.locator("table.list").bounding_box()
    assert table["x"] + table["width"] <= size["width"]
    # The legend and the controls hide no village.
    hidden = tab.frame().evaluate(
        """() => {
            const boxes = [...document.querySelectorAll("#jk-legend, .leaflet-top .leaflet-control")]
                .map(n => n.getBoundingClientRect());
            return Object.values(jangkau.villages).filter(l => {
                const p = jangkau.map.latLngToContainerPoint(l.getBounds().getCenter());
                return boxes.some(b => p.x > b.left && p.x < b.right && p.y > b.top && p.y < b.bottom);
            }).length;
        }"""
    )
    assert hidden == 0
    assert tab.frame().locator(".leaflet-control-scale-line").all_inner_texts()[0].endswith("m")
    assert tab.frame().locator(".leaflet-control-scale-line").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("tab", SIZES[:1] + SIZES[2:], indirect=True)
def test_every_view_opens_from_the_rail_and_the_address_says_so(tab):
    for view in (v for v in VIEWS if v.place in PLACES):
        tab.tab(view.title)
        tab.page.wait_for_function("v => location.search.includes(`view=${v}`)", arg=view.key)
        current = tab.page.locator('.rail [aria-current="page"]')
        assert current.get_attribute("data-place") == view.place
    # Back and forward.
    tab.page.go_back()
    last = [v for v in VIEWS if v.place in PLACES][-2:]
    tab.page.wait_for_function("v => location.search.includes(`view=${v}`)", arg=last[0].key)
    expect(tab.page.locator('[role=tab][aria-selected="true"]')).to_have_text(tab._(last[0].title))
    tab.page.go_forward()
    expect(tab.page.locator('[role=tab][aria-selected="true"]')).to_have_text(tab._(last[1].title))
    # Folded away, the map has it all.
    tab.page.locator('[data-key="fold"]').click()
    tab.page.wait_for_function("document.documentElement.dataset.panel === 'closed'")


@pytest.mark.slow
def test_a_link_shows_the_same_to_somebody_else(tab, chromium, served, hostile_layers):
    code = hostile_layers.villages.index[7]
    tab.page.locator('[data-key="kind-pustu"]').click()
    tab.choose(tab.texts.term("season"), tab.texts.term("season_wet"))
    tab.page.locator(f'[data-key="v-{code}"]').click()
    tab.page.locator("article.sheet h2", has_text=code).wait_for()
    tab.page.wait_for_function("c => location.search.includes(c)", arg=code)
    query = "&" + tab.page.url.partition("?")[2].replace("lang=id", "")
    other = Tab(chromium, served.url, query=query, size=PHONE)
    other.page.locator("article.sheet h2", has_text=code).wait_for()
    assert other.page.locator('[data-key="kind-pustu"]').get_attribute("aria-pressed") == "true"
    assert other.colors() == tab.colors()
    other.close()


@pytest.mark.slow
@pytest.mark.parametrize("tab", SIZES[:1] + SIZES[2:], indirect=True)
def test_the_panel_scrolls_to_its_end_by_the_wheel(tab):
    tab.tab("What if")
    tab.tab("Villages")
    last = tab.page.locator("table.list tbody tr").last
    below = tab.page.viewport_size["height"]
    assert last.bounding_box()["y"] > below
    box = tab.page.locator("[role=tablist]").bounding_box()
    tab.page.mouse.move(box["x"] + 20, box["y"] + 60)
    for _ in range(12):
        tab.page.mouse.wheel(0, 600)
        tab.page.wait_for_timeout(50)
    assert last.bounding_box()["y"] < below


def test_search_by_keyboard_alone_goes_to_the_village(tab, hostile_layers):
    code, name = hostile_layers.villages.index[9], hostile_layers.villages["village_name"].iloc[9]
    field = tab.page.get_by_role("searchbox", name=tab._("Search the map"))
    field.focus()
    tab.page.keyboard.type(name)
    tab.page.locator(f'[data-key="found-village-{code}"]').wait_for()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    tab.page.locator("article.sheet h2", has_text=code).wait_for()
    tab.frame().wait_for_function(
        "code => jangkau.map.getBounds().contains(jangkau.villages[code].getBounds())"
        " && jangkau.map.getZoom() > 11",
        arg=code,
    )
    # A choice of the map by keyboard, and a tab by the arrows.
    kind = tab.page.get_by_role("combobox", name=tab._("Kind of unit"), exact=True)
    kind.focus()
    tab.page.keyboard.press("ArrowDown")
    expect(tab.page.locator('[data-key="kind-pustu"]')).to_have_attribute("aria-pressed", "true")
    tab.page.locator('[role=tab][aria-selected="true"]').focus()
    tab.page.keyboard.press("ArrowRight")
    expect(tab.page.locator('[role=tab][aria-selected="true"]')).to_have_text(tab._("Equity"))


@pytest.mark.slow
def test_a_distance_and_an_area_are_measured(tab, hostile_layers):
    west, south, east, north = hostile_layers.villages.to_crs(4326).total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    places = [(x, y), (x + 0.02, y), (x + 0.02, y + 0.02)]
    measured = gpd.GeoSeries([shapely.LineString(places), shapely.Polygon(places)], crs=4326)
    metric = measured.to_crs(hostile_layers.villages.crs)
    for tool, wanted, unit in (
        ("measure", metric.iloc[0].length / 1000, "km"), ("measure_area", metric.iloc[1].area / 1e6, "km²"),
    ):  # fmt: skip
        tab.frame().locator(f'[data-tool="{tool}"]').click()
        for place in places:
            tab.click_map(*place)
        tab.frame().locator(".jk-tool .jk-main").click()
        tab.frame().wait_for_function(
            "u => (document.body.dataset.measured || '').endsWith(' ' + u)", arg=unit
        )
        said = tab.frame().evaluate("document.body.dataset.measured")
        # A sphere against the ellipsoid: 0.6 %; a click is rounded to a pixel.
        assert float(said.split()[0].replace(".", "").replace(",", ".")) == pytest.approx(wanted, rel=0.03)


@pytest.mark.slow
def test_villages_in_a_box_are_listed_with_their_sum(tab, hostile_layers):
    villages = hostile_layers.villages
    points = villages.geometry.representative_point().to_crs(4326)
    west, south, east, north = villages.to_crs(4326).total_bounds
    box = (west + 0.02, south + 0.05, (west + east) / 2, (south + north) / 2)
    inside = villages[points.within(shapely.box(*box)).to_numpy()]
    assert 0 < len(inside) < len(villages)
    tab.frame().locator('[data-tool="select"]').click()
    tab.click_map(box[0], box[1])
    tab.click_map(box[2], box[3])
    expect(tab.page.locator("table.list tbody tr")).to_have_count(len(inside))
    total = tab.page.locator('[data-figure="sum"]').inner_text()
    assert tab.texts.people(float(inside["people"].sum())) in total
    # A reload, or whoever gets the address, has the same.
    tab.page.wait_for_function("location.search.includes('box=')")
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator("table.list tbody tr")).to_have_count(len(inside))
    assert tab.page.locator('[data-figure="sum"]').inner_text() == total


def another_limit(tab):
    """Something to compare with the base."""
    tab.tab("What if")
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("120")
    limit.press("Enter")
    tab.page.locator('[data-figure="against"]').wait_for()
    tab.tab("Scenarios")


@pytest.mark.slow
def test_two_scenarios_lie_side_by_side_under_a_line(tab, hostile_layers):
    study = Study(hostile_layers, modes=tuple(default_scenario().modes))
    before = study.gaps().seasons["dry"]["puskesmas"].villages["status"]
    another_limit(tab)
    tab.page.locator('[data-key="beside-line"]').click()
    tab.frame().wait_for_function("document.body.dataset.swipe === '1'")
    handle = tab.frame().get_by_role("slider")
    handle.focus()
    tab.page.keyboard.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", "45")
    # The colours of the other side are those of the base.
    drawn = tab.frame().evaluate("jangkau.swipe.classes()")
    order = ("served", "partly", "gap", "unknown")
    assert [order[int(c)] for c in drawn] == before.tolist()
    tab.page.locator('[data-key="beside-line"]').click()
    tab.frame().wait_for_function("document.body.dataset.swipe === ''")


TWO = """[jangkau.map, jangkau.twin.map()].map(
    m => [m.getCenter().lat.toFixed(5), m.getCenter().lng.toFixed(5), m.getZoom()])"""
LEFT_COLORS = """Object.fromEntries((() => { const found = []; jangkau.twin.map().eachLayer(l => {
    if (l.feature && l.feature.properties.code) found.push([l.feature.properties.code, l.options.fillColor]);
}); return found; })())"""
LEFT_UNITS = """(() => { let n = 0; jangkau.twin.map().eachLayer(l => { if (l.options.shape) n += 1; });
    return n; })()"""


def on_two_maps(tab):
    """Another limit, beside the base."""
    another_limit(tab)
    tab.page.locator('[data-key="beside-maps"]').click()
    tab.frame().wait_for_function("document.body.dataset.twin === '1'")
    # The panel is shown anew too, and may be the later of the two.
    tab.page.locator('[data-key="beside-maps"][aria-pressed="true"]').wait_for()


def left_at(tab, place, zoom=12):
    """Bring a place (degrees) to the left map's middle; returns where that is on the screen."""
    at = tab.frame().evaluate(
        "([lat, lon, zoom]) => { const m = jangkau.twin.map(); "
        "m.setView([lat, lon], zoom, {animate: false}); "
        "const p = m.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }",
        [place[1], place[0], zoom],
    )
    box = tab.page.locator(MAP_FRAME).bounding_box()
    return box["x"] + at[0], box["y"] + at[1]


@pytest.mark.slow
def test_two_maps_move_together_and_a_repaint_moves_neither(tab, hostile_layers):
    villages = hostile_layers.villages
    whole = tab.frame().evaluate("jangkau.map.getSize().x")
    base = tab.colors()
    on_two_maps(tab)
    table = tab.page.locator("table.totals").bounding_box()
    assert table["x"] + table["width"] <= LAPTOP[0] - 12
    # All of the area is in sight on both, at once.
    inside_both = "[jangkau.map, jangkau.twin.map()].map(m => m.getBounds().contains(%s.getBounds()))"
    area = "L.featureGroup(Object.values(jangkau.villages))"
    assert tab.frame().evaluate(inside_both % area) == [True, True]
    one, other = tab.frame().evaluate(TWO)
    assert one == other
    # Each in its colours: left those of the base.
    assert tab.frame().evaluate(LEFT_COLORS) == base != tab.colors()
    for moved in (
        "jangkau.map.setZoom(12, {animate: false})",
        "jangkau.twin.map().panBy([90, 40], {animate: false})",
    ):
        was = tab.frame().evaluate(TWO)
        tab.frame().evaluate(f"{{ {moved}; }}")
        one, other = tab.frame().evaluate(TWO)
        assert one == other != was[0]
    # By a wheel on the left, and then another kind: neither map goes back to where it was.
    x, y = left_at(tab, inside(hostile_layers, villages.index[6]))
    tab.page.mouse.move(x, y)
    tab.page.mouse.wheel(0, -300)
    tab.frame().wait_for_function(f"{TWO}[0][2] > 12.2")
    # A wheel zooms once its turns are counted together.
    tab.page.wait_for_timeout(300)
    before = tab.frame().evaluate(TWO)
    painted = tab.painted()
    tab.page.locator('[data-key="kind-pustu"]').click()
    tab.painted(painted + 1)
    tab.frame().wait_for_function(
        f"JSON.stringify({LEFT_COLORS}) !== '{json.dumps(base, separators=(',', ':'))}'"
    )
    assert tab.frame().evaluate(TWO) == before
    # A label is a label.
    heights = tab.frame().evaluate("[...document.querySelectorAll('.jk-side-one')].map(n => n.offsetHeight)")
    assert len(heights) == 2
    assert max(heights) < 60
    # Units of a kind that is switched off go on both sides.
    shown = tab.frame().evaluate(LEFT_UNITS)
    tab.frame().locator('[data-kind="pustu"]').click()
    assert tab.frame().evaluate(LEFT_UNITS) < shown
    tab.frame().get_by_role("button", name=tab._("End the comparison on the map")).click()
    tab.frame().wait_for_function("document.body.dataset.twin === ''")
    assert tab.frame().evaluate("jangkau.map.getSize().x") == whole


@pytest.mark.slow
def test_what_is_done_on_the_second_map_is_done(tab, hostile_layers):
    villages = hostile_layers.villages
    on_two_maps(tab)
    code = villages.index[6]
    place = inside(hostile_layers, code)
    tab.page.mouse.click(*left_at(tab, place))
    tab.page.locator("article.sheet h2", has_text=code).wait_for()
    # A new unit.
    tab.tab("What if")
    tab.page.locator('[data-key="place"]').click()
    tab.frame().wait_for_function("document.body.classList.contains('jk-crosshair')")
    tab.page.mouse.click(*left_at(tab, place))
    expect(tab.page.locator('[data-act="remove"]')).to_have_count(1)
    # A road, which a double click finishes.
    tab.page.locator('[data-key="road"]').click()
    tab.frame().wait_for_function("document.body.classList.contains('jk-crosshair')")
    x, y = left_at(tab, place, zoom=13)
    tab.page.mouse.click(x - 60, y)
    tab.page.mouse.dblclick(x + 60, y + 40)
    expect(tab.page.locator('[data-act="remove"]')).to_have_count(2)
    # While it zooms it can be taken away.
    tab.page.mouse.move(x, y)
    tab.page.mouse.wheel(0, -300)
    tab.frame().evaluate("document.querySelector('.jk-twin-end').click()")
    tab.frame().wait_for_function("document.body.dataset.twin === ''")


@pytest.mark.slow
@pytest.mark.parametrize("tab", SIZES[2:], indirect=True)
def test_on_a_phone_a_tap_brings_the_sheet_and_it_is_pulled_up(tab, hostile_layers):
    assert tab.page.evaluate("document.documentElement.dataset.panel") == "closed"
    code = hostile_layers.villages.index[5]
    tab.click_map(*inside(hostile_layers, code))
    heading = tab.page.locator("article.sheet h2", has_text=code)
    heading.wait_for()
    assert heading.bounding_box()["y"] < PHONE[1] - 100
    grip = tab.page.locator("[data-grip]").bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x, 120, steps=5)
    tab.page.mouse.up()
    tab.page.wait_for_function("document.documentElement.dataset.panel === 'full'")
    tab.page.wait_for_timeout(300)
    assert tab.page.locator("[data-grip]").bounding_box()["y"] < 200
    # Every column of the list is on the screen.
    tab.tab("Villages")
    # The list, brought up to date when it is opened: the village chosen meanwhile is marked.
    tab.page.locator("table.list tr.chosen").wait_for()
    box = tab.page.locator("table.list").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]


@pytest.mark.slow
def test_a_scenario_file_is_opened(tab, tmp_path):
    file = tmp_path / "mine.yml"
    file.write_text("name: mine\nstandard: {pustu: {limit_minutes: 77}}\n", "utf-8")
    tab.tab("What if")
    tab.page.locator('input[type="file"]').first.set_input_files(file)
    tab.page.locator(".edits", has_text=re.compile("77")).wait_for()
    file.write_text("season: wet\n", "utf-8")
    tab.page.locator('input[type="file"]').first.set_input_files(file)
    tab.page.locator(".notice.error", has_text="season").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [{"size": LAPTOP, "lang": "id"}, {"size": PHONE, "lang": "en"}], ids=["laptop-id", "phone-en"]
)
def test_the_first_visit_is_a_story_of_five_steps_that_does_the_job_once(
    chromium, served, hostile_layers, how
):
    tab = Tab(chromium, served.url, seen=False, **how)
    page, on = tab.page, tab.page.locator('[data-key="tour-on"]')

    def step(n):
        return tab._("Step {n} of {m}", n=n, m=5)

    story = page.locator(".tour")
    expect(story).to_contain_text(step(1))
    on.click()
    # Its sheet is open; the way goes on by hand or by button.
    page.locator("article.sheet h2").first.wait_for()
    expect(story).to_contain_text(step(2))
    on.click()
    expect(story).to_contain_text(step(3))
    on.click()
    page.locator('[data-key="place"]').click()
    tab.frame().locator(".jk-tool").wait_for()
    village = hostile_layers.villages.index[3]
    tab.click_map(*inside(hostile_layers, village))
    expect(story).to_contain_text(step(4))
    on.click()
    expect(page.locator('[data-key="choice-measure"]')).to_have_value("change")
    expect(story).to_contain_text(step(5))
    on.click()
    expect(page.locator('[data-key="doc-key"]')).to_have_value("ringkasan")
    expect(story).to_be_hidden()
    # Not told again.
    page.reload()
    tab.ready()
    expect(story).to_be_hidden()
    tab.close()
