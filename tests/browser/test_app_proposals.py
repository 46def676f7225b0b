"""The tab of proposals in headless Chromium: planned, settled by site, taken over; stopped; two at once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import shapely
from browser_support import HOSTILE, MAP_FRAME, Tab, served_here
from playwright.sync_api import expect

from app.areas.area import Area
from app.areas.stopping import StoppedError, may_go_on
from app.store import Store
from app.web.listening import Options
from geodata.workspace import write_workspace
from planner.coverage.study import Study
from planner.pipeline import Ask, site, summary
from planner.scenarios.edits import OpenFacility

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
KIND, UNITS = "posyandu", 4
ASK = Ask(units=UNITS, seasons=("dry",))
LOOKS = [
    pytest.param({"lang": "id", "size": (1366, 768)}, id="desktop-id"),
    pytest.param({"lang": "en", "size": (390, 844)}, id="phone-en"),
]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'jangkau.db'}"


@pytest.fixture(scope="module")
def served(serve, hostile_workspace, database):
    return serve(hostile_workspace, "--port", 0, "--database", database)


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, query=f"&kind={KIND}", **getattr(request, "param", {}))
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def study(hostile_layers):
    return Study(hostile_layers)


@pytest.fixture(scope="module")
def own(study):
    """The same plan, from the planner alone."""
    return site(study, KIND, ASK)


def plan(tab, units=UNITS):
    tab.tab("Proposals")
    tab.page.locator('[data-key="amount"]').fill(str(units))
    tab.page.locator('[data-key="solve"]').click()


def expect_added(tab, people):
    added = tab.page.locator('[data-figure="plan-added"]')
    expect(added).to_have_text(f"+{tab.texts.people(people)}", timeout=60_000)


def expect_marks(tab, states):
    """The marks on the map, in their order: state of each, with its number."""
    tab.frame().wait_for_function(
        """want => { const found = [...document.querySelectorAll(".jk-site")].map(
             d => d.className.match(/jk-site-(\\w+)/)[1] + d.textContent);
             return JSON.stringify(found) === JSON.stringify(want); }""",
        arg=states,
    )


def of(plan, what):
    return [(row.lon, row.lat, getattr(row, what)) for row in plan.sites.itertuples()]


@pytest.mark.slow
@pytest.mark.parametrize("tab", LOOKS, indirect=True)
def test_sites_are_planned_settled_and_saved_as_a_scenario(tab, own, study, database):
    page = tab.page
    plan(tab)
    expect_added(tab, own.people_added)
    expect_marks(tab, [f"proposed{n}" for n in range(1, UNITS + 1)])
    assert tab.texts.term("plan_proven_people") in tab.figure("plan-proof")
    rows = page.locator("ul.sites li")
    assert rows.count() == UNITS
    for row, people in zip(rows.all(), own.sites["people_added"], strict=True):
        assert row.locator("b.n").inner_text() == f"+{tab.texts.people(people)}"
    # The last is kept, the first is not wanted: by the popup on the map, and by the list.
    frame = page.frame_locator(MAP_FRAME)
    frame.locator(".leaflet-marker-icon", has=frame.locator(".jk-site-proposed", has_text="1")).press("Enter")
    frame.locator(".jk-site-box button", has_text=tab._("Forbid")).click()
    expect_marks(tab, [f"proposed{n}" for n in range(2, UNITS + 1)] + ["forbidden×"])
    rows.last.locator('[data-act="accept"]').click()
    expect_marks(tab, ["proposed2", "proposed3", "accepted4", "forbidden×"])
    page.locator('[data-key="again"]').click()
    candidate = own.sites.index
    again = site(
        study, KIND, Ask(units=UNITS, seasons=("dry",), forced=(candidate[-1],), forbidden=(candidate[0],))
    )
    expect_added(tab, again.people_added)
    assert rows.count() == len(again.sites)
    expect(page.locator('ul.sites [aria-pressed="true"]')).to_have_count(1)
    # Into the scenario, and saved under a name: the engine finds what was promised.
    page.locator('[data-key="take_over"]').click()
    after = summary(again.after)["kinds"][KIND]["people_reached"]
    expect(page.locator(f'[data-figure="people-{KIND}"]').first).to_have_text(tab.texts.people(after))
    page.locator('[data-key="scenarios"]').click()
    page.locator('[data-key="name"]').fill(f"usulan {tab.lang}")
    page.locator('[data-key="save-as"]').click()
    page.locator(".notice.success", has_text=f"usulan {tab.lang}").wait_for()
    store = Store.open(database)
    [saved] = [s for s in store.scenarios("99.01") if s.name == f"usulan {tab.lang}"]
    store.close()
    edits = [OpenFacility.model_validate(e) for e in saved.content["edits"]]
    assert {e.lonlat for e in edits} == {(lon, lat) for lon, lat, _ in of(again, "kind")}
    # Undone like any other change.
    tab.tab("What if")
    tab.button("Undo").click()
    before = summary(study.gaps())["kinds"][KIND]["people_reached"]
    expect(page.locator(f'[data-figure="people-{KIND}"]').first).to_have_text(tab.texts.people(before))


@pytest.mark.slow
def test_names_from_files_are_text_in_the_plan_and_on_its_map(chromium, serve, hostile_layers, tmp_path):
    villages = hostile_layers.villages.copy()
    villages["village_name"] = villages["district_name"] = HOSTILE
    write_workspace(replace(hostile_layers, villages=villages), tmp_path / "w")
    served = serve(tmp_path / "w", "--port", 0, "--database", f"sqlite:///{tmp_path / 'a.db'}")
    tab = Tab(chromium, served.url, query=f"&kind={KIND}")
    plan(tab, 2)
    tab.page.locator("ul.sites li").first.locator('[data-act="site"]').click()
    tab.page.locator("section.site h3", has_text=HOSTILE).wait_for()
    frame = tab.page.frame_locator(MAP_FRAME)
    mark = frame.locator(".leaflet-marker-icon", has=frame.locator(".jk-site-proposed", has_text="1"))
    assert HOSTILE in mark.get_attribute("aria-label")
    mark.hover()
    frame.locator(".jk-tip .jk-site-box strong", has_text=HOSTILE).wait_for()
    mark.press("Enter")
    frame.locator(".leaflet-popup .jk-site-box strong", has_text=HOSTILE).wait_for()
    tab.page.locator('[data-key="take_over"]').click()
    tab.page.locator(".notice.success").wait_for()
    tab.tab("What if")
    tab.page.locator(".edits li", has_text=HOSTILE).first.wait_for()
    assert tab.page.evaluate("window.hacked") is None
    assert tab.frame().evaluate("window.hacked") is None
    tab.close()
    served.stop()


@pytest.mark.slow
def test_an_area_is_drawn_and_a_point_of_the_curve_is_picked(tab, own):
    page, (lon, lat, _) = tab.page, of(own, "kind")[0]
    tab.tab("Proposals")
    page.locator('[data-key="draw"]').click()
    tab.frame().locator(".jk-tool").wait_for()
    d = 0.03
    corners = [(lon - d, lat - d), (lon + d, lat - d), (lon + d, lat + d), (lon - d, lat + d)]
    for corner in corners[:2]:
        tab.click_map(*corner)
    # Two corners are no area.
    tab.frame().locator(".jk-tool .jk-main").click()
    tab.frame().locator(
        ".jk-tool", has_text=tab._("An area has three corners or more: click the next one.")
    ).wait_for()
    for corner in corners[2:]:
        tab.click_map(*corner)
    tab.frame().locator(".jk-tool .jk-main").click()
    page.locator('[data-key="no_areas"]').wait_for()
    page.locator('[data-key="amount"]').fill("3")
    page.locator('[data-key="solve"]').click()
    page.locator("ul.sites li").nth(2).wait_for(timeout=60_000)
    drawn = shapely.Polygon(corners).buffer(-d / 10)
    keys = page.locator("ul.sites li").evaluate_all("rows => rows.map(r => r.dataset.site)")
    for key in keys:
        at = shapely.Point(*map(float, key.split("/")[-2:]))
        assert not drawn.contains(at)
    # The point of two sites, by a click on the curve, and one more by the list.
    page.locator('.chart .column[data-number="2"]').click()
    expect(page.locator('[data-key="amount"]')).to_have_value("2")
    page.locator('select[data-key="point"]').select_option("1")
    expect(page.locator('[data-key="amount"]')).to_have_value("1")
    page.locator('[data-key="solve"]').click()
    expect(page.locator("ul.sites li")).to_have_count(1, timeout=60_000)


@pytest.mark.slow
def test_what_makes_no_sense_is_said_in_words(tab):
    plan(tab, "banyak")
    tab.page.locator(
        ".notice.error", has_text=tab._("Type a whole number of sites from 1 to {n}.", n="5.000")
    ).wait_for()
    tab.page.locator('select[data-key="by"]').select_option("budget_idr")
    tab.page.locator('[data-key="amount"]').fill("1 miliar")
    tab.page.locator('[data-key="solve"]').click()
    refused = tab._(
        "A plan by budget needs the cost of every measure. Write what one costs, under Costs of a site, for "
        "{kind}: {measures}.", kind=tab.texts.kind(KIND), measures="",
    ).removesuffix(" .")  # fmt: skip
    tab.page.locator(".notice.error", has_text=refused).wait_for(timeout=60_000)
    expect(tab.page.locator('[data-key="amount"]')).to_have_value("1 miliar")
    # With the costs it is a plan.
    for name in ("open_posyandu", "staff_posyandu"):
        tab.page.locator(f'[data-key="cost-{name}"]').fill("200 juta")
    tab.page.locator('[data-key="solve"]').click()
    expect(tab.page.locator("ul.sites li")).to_have_count(5, timeout=60_000)


class Held:
    """A planner that goes on only when it is let, and looks meanwhile whether it was stopped."""

    def __init__(self, planner, monkeypatch):
        self.plain, self.go = planner.plan, threading.Event()
        self.stopped, self.begun = threading.Semaphore(0), threading.Semaphore(0)
        monkeypatch.setattr(planner, "plan", self.plan)

    def plan(self, question, progress):
        progress("reach of some candidates")
        self.begun.release()
        try:
            while not self.go.wait(0.01):
                may_go_on()
        except StoppedError:
            self.stopped.release()
            raise
        return self.plain(question, progress)


@pytest.fixture
def held(demo_layers, tmp_path, monkeypatch):
    area = Area(demo_layers)
    with served_here(
        [area], lambda: Store.open(f"sqlite:///{tmp_path / 'held.db'}"), Options(port=0, forget_after_s=3.0)
    ) as url:
        yield Held(area.planner, monkeypatch), url


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Panel's and Bokeh's own, from the server's thread
def test_a_plan_is_stopped_and_holds_up_nobody_else(chromium, held, own):
    planner, url = held
    one, other = (Tab(chromium, url, query=f"&kind={KIND}") for _ in range(2))
    plan(one)
    doing = one.page.locator("progress")
    expect(doing).to_have_attribute("value", "2")
    assert planner.begun.acquire(timeout=30)
    # Others ask and are answered; their plan waits, and says so.
    other.tab("What if")
    other.page.locator('select[data-key="mode"]').select_option("motorcycle")
    other.page.locator('[data-figure="against"]').wait_for()
    other.page.locator('[data-key="rules"]').click()
    other.page.locator('[data-figure="against"]').wait_for(state="detached")
    plan(other)
    other.page.locator("[role=status]", has_text=other._("Waiting for its turn …")).wait_for()
    # The first stops; what was there is as it was, and the other's turn has come.
    one.page.locator('[data-key="stop"]').click()
    one.page.locator(
        ".notice.warning", has_text=one._("The plan was stopped; nothing has changed.")
    ).wait_for()
    assert planner.stopped.acquire(timeout=30)
    assert planner.begun.acquire(timeout=30)
    expect(one.page.locator("progress")).to_have_count(0)
    planner.go.set()
    expect_added(other, own.people_added)
    expect(one.page.locator("ul.sites li")).to_have_count(0)
    plan(one)
    expect_added(one, own.people_added)
    one.close()
    other.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_tab_that_closes_stops_its_plan(chromium, held):
    planner, url = held
    tab = Tab(chromium, url, query=f"&kind={KIND}")
    plan(tab)
    assert planner.begun.acquire(timeout=30)
    tab.close()
    assert planner.stopped.acquire(timeout=60)
