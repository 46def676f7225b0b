"""The map app in headless Chromium: what a planner does, at desktop and phone size, in both languages."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from browser_support import HOSTILE, MAP_FRAME, Tab
from playwright.sync_api import expect

from app.areas.question import WhatIf
from app.store import Store
from planner.coverage.sheets import catchment
from planner.coverage.study import Study
from planner.pipeline import summary
from planner.reports.maps.page import STATUS_COLORS
from planner.scenarios.scenario import default_scenario

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
DESKTOP, PHONE = (1300, 860), (390, 844)
LOOKS = [
    pytest.param({"lang": lang, "size": size}, id=f"{name}-{lang}")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE))
    for lang in ("id", "en")
]


# Both sizes and both languages, each once: the looks differ, what is computed does not.
BOTH = [LOOKS[0], LOOKS[3]]


@pytest.fixture(scope="module")
def store(served, database):
    assert served.process.poll() is None
    store = Store.open(database)
    yield store
    store.close()


@pytest.fixture(scope="module")
def study(hostile_layers):
    return Study(hostile_layers, modes=tuple(default_scenario().modes))


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, **getattr(request, "param", {}))
    yield tab
    tab.close()


def asked(tab, store, step) -> WhatIf:
    """The question of this tab's draft, once it holds so many steps after the base."""
    # Tabs before it leave drafts of their own: the address says which one is this tab's.
    tab.page.wait_for_function("new URLSearchParams(location.search).has('draft')")
    token = tab.page.evaluate("new URLSearchParams(location.search).get('draft')")
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        draft = store.draft(token)
        if draft is not None and draft.content["at"] == step:
            return WhatIf.read(draft.content["steps"][step])
        # It is written in a thread, after the page has changed.
        time.sleep(0.05)
    pytest.fail(f"no draft of {step} steps: {draft}")


def fresh(study, what_if: WhatIf):
    """The answer to a question, computed here from nothing but the layers."""
    scenario = what_if.scenario(default_scenario())
    return Study(study.layers, scenario=scenario).gaps()


def expect_figures(tab, gaps, season="dry"):
    """Headlines of the page are those of an answer."""
    for kind, totals in summary(gaps)["kinds"].items():
        of_season = totals if season == gaps.scenario.season else totals[season]
        name = f'[data-figure="people-{kind}"]'
        text = tab.texts.people(of_season["people_reached"])
        tab.page.locator(name, has_text=text).wait_for(timeout=15000)
        assert tab.figure(f"people-{kind}") == text
        assert tab.figure(f"gap-{kind}") == tab.texts.number(of_season["villages_gap"])


def expect_status_colors(tab, gaps, kind, season="dry"):
    status = gaps.seasons[season][kind].villages["status"]
    expected = {code: STATUS_COLORS[s] for code, s in status.items()}
    tab.frame().wait_for_function(
        "e => Object.entries(e).every(([c, color]) => jangkau.villages[c].options.fillColor === color)",
        arg=expected,
    )


def inside(layers, code):
    """A place (degrees) well inside a village, away from its border and from facilities."""
    shape = layers.villages.geometry.loc[code]
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25))
    points = shapely.points(x.ravel(), y.ravel())
    points = points[shapely.contains(shape, points)]
    units = layers.facilities.geometry[layers.facilities["status"] == "used"].to_numpy()
    free = np.minimum(
        shapely.distance(points, shapely.multipoints(units)), shapely.distance(points, shape.boundary)
    )
    [place] = gpd.GeoSeries([points[free.argmax()]], crs=layers.villages.crs).to_crs(4326)
    return place.x, place.y


@pytest.mark.parametrize("tab", LOOKS, indirect=True)
def test_the_area_opens_with_figures_map_and_list(tab, hostile_layers, study):
    gaps = study.gaps()
    expect_figures(tab, gaps)
    expect_status_colors(tab, gaps, "puskesmas")
    # Another kind by its card, another season and measure by the choices.
    tab.page.locator('[data-key="kind-pustu"]').click()
    expect_status_colors(tab, gaps, "pustu")
    tab.choose(tab.texts.term("season"), tab.texts.term("season_wet"))
    expect_status_colors(tab, gaps, "pustu", "wet")
    expect_figures(tab, gaps, "wet")
    turn = tab.painted()
    tab.choose(tab._("Colour by"), tab._("Minutes"))
    tab.painted(turn + 1)
    assert (
        tab.page.frame_locator(MAP_FRAME).locator("#jk-legend summary").inner_text()
        == f"Pustu: {tab._('Minutes')}"
    )
    # Buttons that the map's library made are named in the language too.
    for name, words in (("zoom-in", "zoom_in"), ("zoom-out", "zoom_out"), ("layers-toggle", "layers")):
        button = tab.frame().locator(f".leaflet-control-{name}")
        expect(button).to_have_attribute("title", tab.texts.term(words))
    # The list: ranked, searched by code, filtered by status; the map holds the others back.
    rows = tab.page.locator("table.list tbody tr")
    expect(rows).to_have_count(len(hostile_layers.villages))
    code = hostile_layers.villages.index[3]
    tab.page.locator('[data-key="query"]').fill(code)
    tab.page.locator(f'[data-key="v-{code}"]').wait_for()
    tab.frame().wait_for_function(
        "code => Object.entries(jangkau.villages)"
        ".every(([c, l]) => (l.options.fillOpacity > 0.3) === (c === code))",
        arg=code,
    )
    expect(rows).to_have_count(1)
    tab.page.locator('[data-key="clear"]').click()
    answer = gaps.seasons["wet"]["pustu"].villages
    wanted = answer.index[answer["status"] == "gap"]
    tab.page.locator('select[data-key="status"]').select_option("gap")
    expect(rows).to_have_count(len(wanted))


@pytest.mark.parametrize("tab", BOTH, indirect=True)
def test_a_village_and_a_facility_have_their_sheets(tab, hostile_layers, study):
    gaps = study.gaps()
    code = hostile_layers.villages.index[5]
    tab.click_map(*inside(hostile_layers, code))
    sheet = tab.page.locator("article.sheet")
    sheet.locator("h2", has_text=code).wait_for()
    # The way is drawn, leg by leg, and takes what the list of nearest units says.
    tab.frame().wait_for_function("Number(document.body.dataset.overlay) >= 2")
    minutes = gaps.seasons["dry"]["puskesmas"].villages.loc[code, "minutes_median"]
    assert tab.texts.minutes(minutes) in sheet.locator("ol.units li").first.inner_text()
    total = sheet.locator("table.legs tfoot td").first.inner_text()
    assert total == tab.texts.number(minutes, 1)
    # From the list to the map.
    tab.tab("Villages")
    other = hostile_layers.villages.index[0]
    tab.page.locator(f'[data-key="v-{other}"]').click()
    sheet.locator("h2", has_text=other).wait_for()
    assert HOSTILE in sheet.locator("h2").inner_text()
    # A facility: its catchment, and what is lost without it.
    facility_id = gaps.seasons["dry"]["puskesmas"].villages.loc[other, "nearest_id"]
    tab.page.locator(f'[data-key="f-{facility_id}"]').click()
    expected = catchment(gaps, facility_id, "puskesmas", "dry")
    tab.page.locator('[data-figure="total"]').wait_for()
    assert tab.figure("total") == tab.texts.people(expected.people_total)
    assert tab.figure("own") == tab.texts.people(expected.people_own)
    assert HOSTILE in sheet.locator("h2").inner_text()
    assert tab.page.evaluate("window.hacked") is None
    assert tab.frame().evaluate("window.hacked") is None


def test_a_press_during_which_the_list_changes_is_not_lost(tab, hostile_layers):
    code = hostile_layers.villages.index[3]
    tab.page.locator(f'[data-key="v-{code}"]').hover()
    tab.page.mouse.down()
    # Meanwhile the list is drawn anew, with one row.
    search(tab, code)
    tab.frame().wait_for_function(
        "Object.values(jangkau.villages).filter(l => l.options.fillOpacity > 0.3).length === 1"
    )
    # The map hears first; the list would follow now. A hand may rest longer than any machine is slow.
    tab.page.wait_for_timeout(2500)
    assert tab.page.locator('[data-key^="v-"]').count() > 1
    tab.page.mouse.up()
    tab.page.locator("article.sheet").locator("h2", has_text=code).wait_for(timeout=8000)


@pytest.mark.slow
def test_a_press_that_ends_on_the_map_holds_up_no_list(tab, hostile_layers):
    code = hostile_layers.villages.index[3]
    tab.page.locator(f'[data-key="v-{code}"]').hover()
    tab.page.mouse.down()
    search(tab, code)
    x, y = tab.settled(list(reversed(inside(hostile_layers, code))))
    tab.page.mouse.move(x, y)
    tab.page.mouse.up()
    expect(tab.page.locator('[data-key^="v-"]')).to_have_count(1)


def search(tab, text):
    """Search the list of villages without a key or the mouse."""
    tab.page.locator('[data-key="query"]').evaluate(
        "(n, text) => { n.value = text; n.dispatchEvent(new Event('input', {bubbles: true})); }", text
    )


@pytest.mark.parametrize("tab", BOTH, indirect=True)
def test_what_if_changes_everything_at_once_and_can_be_undone(tab, hostile_layers, study, store):
    base = study.gaps()
    expect_figures(tab, base)
    gap = base.seasons["dry"]["pustu"].villages["people_reached"].idxmin()
    tab.tab("What if")
    tab.choose(tab._("Kind of new unit"), "Pustu")
    tab.button("Place it on the map").click()
    tab.frame().locator(".jk-tool").wait_for()
    tab.click_map(*inside(hostile_layers, gap))
    tab.page.locator('[data-key="e-0"]').wait_for()
    opened = asked(tab, store, 1)
    assert [e.op for e in opened.edits] == ["open_facility"]
    expect_figures(tab, fresh(study, opened))
    # The difference to the base stands beside the figure.
    assert tab.page.locator(".chip .change").count() > 0
    # Another limit, on top of it.
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("12,5")
    limit.press("Enter")
    tab.page.locator(".edits", has_text=tab.texts.number(12.5, 1)).wait_for()
    both = asked(tab, store, 2)
    assert both.standard["puskesmas"].limit_minutes == 12.5
    expect_figures(tab, fresh(study, both))
    # A road is drawn.
    tab.button("Draw a road").click()
    tab.frame().locator(".jk-tool").wait_for()
    lon, lat = inside(hostile_layers, gap)
    tab.click_map(lon - 0.002, lat)
    tab.click_map(lon + 0.004, lat + 0.003)
    tab.frame().get_by_role("button", name=tab._("Finish")).click()
    tab.frame().wait_for_function("document.body.dataset.edits === '1'")
    drawn = asked(tab, store, 3)
    assert [e.op for e in drawn.edits] == ["open_facility", "add_road"]
    expect_figures(tab, fresh(study, drawn))
    for _ in range(3):
        tab.button("Undo").click()
        tab.page.wait_for_timeout(150)
    expect_figures(tab, base)
    expect_status_colors(tab, base, "puskesmas")
    tab.button("Redo").click()
    expect_figures(tab, fresh(study, opened))


@pytest.mark.slow
def test_a_tip_under_a_still_pointer_tells_what_is_shown_now(tab, hostile_layers, study):
    """Neither another kind nor a change leaves the tip of the answer before."""
    gaps = study.gaps().seasons["dry"]
    gap = gaps["puskesmas"].villages["people_reached"].idxmin()
    x, y = tab.settled(inside(hostile_layers, gap)[::-1])
    tab.page.mouse.move(x - 2, y)
    tab.page.mouse.move(x, y)
    tip = tab.frame().locator(".jk-tip")

    def says(kind, status):
        title = f"{tab.texts.kind(kind)}: {tab._('Status')}: {tab.texts.term(status)}"
        expect(tip.locator("div div").first).to_have_text(title)

    says("puskesmas", "gap")
    tab.page.locator('[data-key="choice-kind"]').select_option("pustu")
    says("pustu", gaps["pustu"].villages.loc[gap, "status"])
    tab.page.locator('[data-key="choice-kind"]').select_option("puskesmas")
    tab.tab("What if")
    tab.choose(tab._("Kind of new unit"), "Puskesmas")
    tab.button("Place it on the map").click()
    tab.frame().locator(".jk-tool").wait_for()
    tab.click_map(*inside(hostile_layers, gap))
    tab.page.locator('[data-key="e-0"]').wait_for()
    says("puskesmas", "served")


def test_a_road_is_closed_by_pointing_at_it(tab, hostile_layers, study, store):
    roads = hostile_layers.roads.to_crs(4326)
    road = roads[roads["route"].isna()].sort_values("length_m").index[-1]
    place = roads.geometry.loc[road].interpolate(0.5, normalized=True)
    tab.tab("What if")
    tab.button("Close, reopen or change a road or bridge").click()
    tab.frame().locator(".jk-tool").wait_for()
    tab.click_map(place.x, place.y)
    tab.page.locator(f'[data-key="c-{road}"]').click()
    tab.page.locator('[data-key="e-0"]').wait_for()
    closed = asked(tab, store, 1)
    assert [(e.op, e.road) for e in closed.edits] == [("close_road", road)]
    expect_figures(tab, fresh(study, closed))
    drawn = tab.frame().evaluate("document.body.dataset.edits")
    assert drawn == "1"


@pytest.mark.slow
def test_a_link_to_an_area_that_is_not_served_says_so(chromium, served, hostile_layers):
    tab = Tab(chromium, served.url, lang="en", query="&area=11.01&draft=gone")
    notice = tab.page.locator(".notice.warning")
    notice.wait_for()
    assert "11.01" in notice.inner_text()
    assert hostile_layers.area.name in notice.inner_text()
    tab.close()


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "size"), [("id", DESKTOP), ("en", PHONE)])
def test_the_first_steps_the_sheet_on_a_phone_and_light_and_dark(
    chromium, served, hostile_layers, lang, size
):
    """Three things of the page that leave each other alone, on one tab: opening it takes longest."""
    code = hostile_layers.villages.index[1]
    tab = Tab(chromium, served.url, lang=lang, size=size, query=f"&village={code}", seen=False)
    # The first steps go when they are read.
    tour = tab.page.get_by_role("region", name=tab._("First steps")).first
    expect(tour).to_be_visible()
    tab.button("Got it").click()
    expect(tour).to_be_hidden()
    # Light and dark are chosen by a button in the language.
    assert tab.page.get_by_role("button", name="Toggle theme").count() == 0
    tab.button("Light or dark").click()
    tab.frame().wait_for_function("document.body.classList.contains('jk-dark')")
    # Every column of the sheet is on a phone.
    table = tab.page.locator("table.services")
    table.wait_for()
    tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    tab.page.wait_for_function("width => window.innerWidth === width", arg=PHONE[0])
    assert table.evaluate("e => e.scrollWidth <= e.closest('.jk-fragment').clientWidth")
    tab.close()
