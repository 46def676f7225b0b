"""Every view by axe-core, and ten tasks of a planner by keyboard alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import axe_playwright_python
import pytest
import requests
from browser_support import Tab
from playwright.sync_api import expect

from app.views import PLACES, VIEWS
from geodata.workspace import write_workspace

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
SEEN = [
    pytest.param({"size": (1366, 768), "lang": "id"}, "light", id="laptop-id-light"),
    pytest.param({"size": (390, 844), "lang": "en", "has_touch": True}, "dark", id="phone-en-dark"),
]


def broken_rules(frame):
    """The rules of axe-core that a page breaks, with the first element of each."""
    frame.evaluate(AXE)
    found = frame.evaluate("async () => (await axe.run(document)).violations")
    return [f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.slow
def test_an_areas_name_becomes_no_part_of_the_page(served):
    """As the server sends it, before any script: a browser's rules for scripts would hide what acts not."""
    page = requests.get(served.url, timeout=30).text
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(page)
    assert len(found) > 10
    assert [f for f in found if f[0] == "b" or "onerror" in f[1]] == []


@pytest.mark.slow
@pytest.mark.parametrize(("how", "theme"), SEEN)
def test_no_view_breaks_a_rule_of_axe(chromium, served, hostile_layers, how, theme):
    code = hostile_layers.villages.index[3]
    tab = Tab(chromium, served.url, query=f"&village={code}", **how)
    if theme == "dark":
        tab.page.locator('[data-key="theme"]').click()
        tab.page.wait_for_function("getComputedStyle(document.body).backgroundColor === 'rgb(18, 18, 18)'")
    assert broken_rules(tab.frame()) == []
    found = {}
    for view in VIEWS:
        if view.place in PLACES:
            tab.tab(view.title)
            tab.page.locator(".jk-old").wait_for(state="detached")
            found[view.key] = broken_rules(tab.page)
    assert {k: v for k, v in found.items() if v} == {}
    tab.close()


class Keys:
    """A planner without a mouse: Tab until the focus is there, then keys."""

    # What has the focus, through shadow roots and into the map's frame.
    FOCUSED = """() => {
        let n = document.activeElement;
        for (;;) {
            const inner = (n.shadowRoot && n.shadowRoot.activeElement)
                || (n.tagName === "IFRAME" && n.contentDocument && n.contentDocument.activeElement);
            if (!inner || inner === n.contentDocument?.body) return n;
            n = inner;
        }
    }"""

    def __init__(self, tab):
        self.tab, self.keys = tab, tab.page.keyboard

    def on(self, selector):
        return self.tab.page.evaluate(f"s => ({self.FOCUSED})().matches(s)", selector)

    def reach(self, selector, most=220):
        """Tab, in the order of the page and round its end, until something has the focus."""
        for _ in range(most):
            if self.on(selector):
                return
            self.keys.press("Tab")
        pytest.fail(f"no Tab leads to {selector}")

    def press(self, selector, key="Enter"):
        self.reach(selector)
        self.keys.press(key)

    def place(self, place, view):
        """Open a view: its place on the rail, then the arrows of its tabs."""
        rail, tab = f'[data-key="place-{place}"]', f'[data-key="tab-{view}"]'
        self.reach(rail)
        if self.tab.page.locator(rail).get_attribute("aria-current") is None:
            self.keys.press("Enter")
        self.reach('[role="tab"]')
        for _ in range(6):
            if self.on(tab):
                break
            self.keys.press("ArrowRight")
        if self.tab.page.locator(tab).get_attribute("aria-selected") != "true":
            self.keys.press("Enter")
        expect(self.tab.page.locator(tab)).to_have_attribute("aria-selected", "true")

    def option(self, selector, value):
        """Take an option of a select by the arrows."""
        self.reach(selector)
        field = self.tab.page.locator(selector)
        self.keys.press("Home")
        for _ in range(40):
            if field.input_value() == value:
                return
            self.keys.press("ArrowDown")
        pytest.fail(f"{selector} has no {value}")


@pytest.fixture(scope="module")
def keys(chromium, serve, demo_layers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "w"
    write_workspace(demo_layers, folder)
    served = serve(folder, "--port", 0)
    tab = Tab(chromium, served.url, size=(1366, 768), lang="en")
    yield Keys(tab)
    tab.close()
    served.stop()


@pytest.mark.slow
def test_five_tasks_of_looking_by_keyboard_alone(keys, demo_layers):
    page = keys.tab.page
    village = demo_layers.villages.iloc[5]
    # 1. Another kind of unit, by its chip.
    keys.press('[data-key="kind-pustu"]')
    expect(page.locator('[data-key="kind-pustu"]')).to_have_attribute("aria-pressed", "true")
    # 2. The wet season.
    keys.option('[data-key="choice-season"]', "wet")
    # 3. A village, searched by name; its sheet opens.
    keys.reach('[data-key="find"]')
    keys.keys.type(village["village_name"])
    page.locator(f'[data-key="found-village-{village.name}"]').wait_for()
    keys.keys.press("ArrowDown")
    keys.keys.press("Enter")
    expect(page.locator("article h2").filter(has_text=village["village_name"])).to_be_visible()
    # 4. The list of the villages that are gaps, the largest first.
    keys.place("gaps", "villages")
    keys.option('[data-key="status"]', "gap")
    keys.press('[data-key="order-people"]')
    expect(page.locator("table.list th").nth(2)).to_have_attribute("aria-sort", "descending")
    # 5. Another limit.
    keys.place("plan", "whatif")
    keys.reach('input[data-act="limit"]')
    keys.keys.press("ControlOrMeta+a")
    keys.keys.type("20")
    keys.keys.press("Enter")
    expect(page.locator('[data-key="kind-pustu"]')).to_have_attribute("title", re.compile("20 min"))


@pytest.mark.slow
def test_five_tasks_of_planning_by_keyboard_alone(keys):
    tab, page = keys.tab, keys.tab.page
    keys.place("plan", "whatif")
    # 6. A new unit, in the middle of the map.
    gaps = tab.figure("gap-pustu")
    keys.press('[data-key="place"]')
    page.wait_for_function(f"({Keys.FOCUSED})().matches('.leaflet-container')")
    keys.keys.press("ArrowDown")
    keys.keys.press("Enter")
    expect(page.locator('[data-act="remove"]')).to_have_count(1)
    # 7. Undone, and done again.
    keys.press('[data-key="undo"]')
    expect(page.locator('[data-act="remove"]')).to_have_count(0)
    assert tab.figure("gap-pustu") == gaps
    keys.press('[data-key="redo"]')
    expect(page.locator('[data-act="remove"]')).to_have_count(1)
    # The last change removed: the focus stays where the list was, and is not thrown back to the page's start.
    keys.press('[data-act="remove"]')
    expect(page.locator('[data-act="remove"]')).to_have_count(0)
    page.wait_for_function(f"({Keys.FOCUSED})() !== document.body")
    keys.press('[data-key="undo"]')
    expect(page.locator('[data-act="remove"]')).to_have_count(1)
    # 8. Saved under a name.
    keys.place("plan", "scenarios")
    keys.reach('[data-key="name"]')
    keys.keys.type("By keyboard")
    keys.keys.press("Enter")
    expect(page.locator('[data-figure="scenario"]')).to_contain_text("By keyboard")
    # 9. The best two sites; the first is accepted.
    keys.place("plan", "proposals")
    keys.reach('input[name="amount"]')
    keys.keys.press("ControlOrMeta+a")
    keys.keys.type("2")
    keys.keys.press("Enter")
    page.locator('[data-figure="plan-sites"]').wait_for(timeout=60000)
    keys.press('.sites button[aria-pressed="false"]')
    expect(page.locator('.sites button[aria-pressed="true"]')).to_have_count(1)
    # 10. The page for the bupati, looked at.
    keys.place("report", "documents")
    keys.option('[data-key="doc-key"]', "ringkasan")
    keys.press('[data-key="preview"]')
    page.locator("img.page").wait_for(timeout=60000)
