"""The desk on a phone: what is tapped and read."""

from __future__ import annotations

import pytest
from browser_support import Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.slow]
PHONE = {"size": (390, 844), "has_touch": True, "is_mobile": True, "device_scale_factor": 3}
# What can be pressed, by its size where it is less than 24 by 24 dots (WCAG 2.2, 2.5.8). What only a screen
# reader has, and files, whose button is the frame around them, are none.
SMALL = """() => {
  const out = [];
  const LIKE = "button,a[href],input:not([type=file]),select,textarea,summary,[role=button],[role=tab]";
  const walk = (root) => root.querySelectorAll("*").forEach((n) => {
    if (n.shadowRoot) walk(n.shadowRoot);
    if (!n.matches(LIKE) || getComputedStyle(n).clipPath !== "none") return;
    const box = n.getBoundingClientRect();
    if (box.width && box.height && (box.width < 24 || box.height < 24)) {
      out.push(`${n.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);
    }
  });
  walk(document);
  return out;
}"""
# Whether something is wholly on the screen, above the bar of places.
SEEN = "n => { const b = n.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight - 58; }"


@pytest.fixture
def tab(chromium, served):
    tab = Tab(chromium, served.url, **PHONE)
    yield tab
    tab.close()


def tap(tab, selector):
    tab.page.locator(selector).first.tap()


def panel_is(tab, size):
    tab.page.wait_for_function("size => document.documentElement.dataset.panel === size", arg=size)


def test_what_is_pressed_is_large_enough_for_a_finger(tab):
    found = {}
    for key in ("place-data", "place-gaps", "place-plan", "place-ilp", "place-report"):
        tap(tab, f'[data-key="{key}"]')
        expect(tab.page.locator(f'[data-key="{key}"]')).to_have_attribute("aria-current", "page")
        views = tab.page.locator('[role="tab"]')
        for i in range(views.count()):
            views.nth(i).tap()
            expect(views.nth(i)).to_have_attribute("aria-selected", "true")
            tab.page.locator(".jk-old").wait_for(state="detached")
            found[views.nth(i).get_attribute("data-key")] = tab.page.evaluate(SMALL)
    assert {k: v for k, v in found.items() if v} == {}


def test_a_plan_that_was_found_is_seen_and_its_rules_stay_folded(tab):
    tab.tab("Proposals")
    panel_is(tab, "half")
    tab.page.locator('input[name="amount"]').fill("2")
    tab.page.locator('[data-key="solve"]').click()
    added = tab.page.locator('[data-figure="plan-added"]')
    added.wait_for(timeout=60000)
    added.evaluate(f"async n => {{ while (!({SEEN})(n)) await new Promise(requestAnimationFrame); }}")
    # Nobody chose any of the rare rules.
    assert tab.page.locator("details", has_text=tab._("More rules")).first.get_attribute("open") is None


def test_what_is_not_saved_is_said_whole(tab):
    tab.tab("What if")
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("17")
    limit.press("Enter")
    line = tab.page.locator('[data-figure="scenario"]')
    expect(line).to_contain_text(tab._("not saved"))
    assert line.evaluate("n => n.scrollWidth <= n.clientWidth && n.scrollHeight <= n.clientHeight + 1")
