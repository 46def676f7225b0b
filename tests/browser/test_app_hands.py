"""The desk by hand: back and forward, undo by keyboard, a box that is dragged."""

from __future__ import annotations

import re

import pytest
import shapely
from browser_support import WIDE, Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.slow]
LAPTOP = {"size": (1366, 768)}
PHONE = {"size": (390, 844), "has_touch": True}
SEEN = (
    "[jangkau.map.getCenter().lat.toFixed(3), jangkau.map.getCenter().lng.toFixed(3), jangkau.map.getZoom()]"
)


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, **getattr(request, "param", LAPTOP))
    yield tab
    tab.close()


def sees(tab, what):
    """Wait until the map looks at something again."""
    tab.frame().wait_for_function(f"seen => JSON.stringify({SEEN}) === JSON.stringify(seen)", arg=what)


def search(tab, words, part):
    """Take what is found first; returns what the map shows then, which is something else, once it rests."""
    before = tab.frame().evaluate(SEEN)
    field = tab.page.locator('[data-key="find"]')
    field.fill(words)
    tab.page.locator("#found [data-option]").first.wait_for()
    field.press("Enter")
    tab.page.wait_for_function("part => location.search.includes(part)", arg=part)
    tab.frame().wait_for_function(f"seen => JSON.stringify({SEEN}) !== JSON.stringify(seen)", arg=before)
    tab.settled(before[:2])
    return tab.frame().evaluate(SEEN)


def test_back_shows_what_the_map_showed_before_a_search(tab, hostile_layers):
    villages = hostile_layers.villages
    whole = tab.frame().evaluate(SEEN)
    one = search(tab, str(villages.index[7]), f"village={villages.index[7]}")
    district = str(villages["district_code"].iloc[-1])
    # The list is open there: a kecamatan is a step all the same.
    tab.tab("Villages")
    kecamatan = search(tab, district, f"district={district}")
    assert len({tuple(one), tuple(whole), tuple(kecamatan)}) == 3
    tab.page.go_back()
    tab.page.wait_for_function("!location.search.includes('district=')")
    sees(tab, one)
    tab.page.go_back()
    tab.page.go_back()
    tab.page.wait_for_function("!/(village|at)=/.test(location.search)")
    sees(tab, whole)
    tab.page.go_forward()
    sees(tab, one)
    for _ in range(2):
        tab.page.go_forward()
    sees(tab, kecamatan)
    # What was looked at by hand in a step is seen again in it.
    tab.frame().evaluate("jangkau.map.getContainer().focus()")
    tab.page.keyboard.press("-")
    tab.settled(kecamatan[:2])
    by_hand = tab.frame().evaluate(SEEN)
    assert by_hand != kecamatan
    # Far away the map jumps, and is there before the address says what was chosen.
    tab.frame().evaluate("jangkau.map.options.zoomAnimationThreshold = 0")
    search(tab, str(villages.index[0]), f"village={villages.index[0]}")
    tab.page.go_back()
    sees(tab, by_hand)


def test_undo_and_redo_by_keyboard_wherever_no_text_is_typed(tab):
    def changed(now):
        expect(tab.page.locator('[data-key="undo"]')).to_be_enabled(enabled=now)
        expect(tab.page.locator('[data-key="redo"]')).to_be_enabled(enabled=not now)

    def press(keys, now):
        tab.page.keyboard.press(keys)
        changed(now)

    tab.tab("What if")
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("45")
    limit.press("Enter")
    changed(now=True)
    # In a field of text it is the field's.
    name = tab.page.locator('[data-key="unit-name"]')
    name.press_sequentially("Pustu")
    name.press("Control+z")
    assert name.input_value() != "Pustu"
    changed(now=True)
    tab.page.locator('[data-key="bridge"]').focus()
    press("Control+z", now=False)
    press("Control+y", now=True)
    tab.frame().evaluate("jangkau.map.getContainer().focus()")
    press("Control+z", now=False)
    press("Control+Shift+Z", now=True)
    # While something is drawn, its points are meant.
    tab.frame().locator('[data-tool="measure"]').click()
    for key in ("Enter", "ArrowRight", "Enter"):
        tab.page.keyboard.press(key)
        tab.settled([0, 0])
    words = tab.frame().locator(".jk-tool span")
    long = words.inner_text()
    tab.page.keyboard.press("Control+z")
    expect(words).not_to_have_text(long)
    changed(now=True)


@pytest.mark.parametrize("tab", [LAPTOP, PHONE], indirect=True, ids=["mouse", "finger"])
def test_a_box_is_dragged(tab, hostile_layers):
    villages = hostile_layers.villages
    points = villages.geometry.representative_point().to_crs(4326)
    west, south, east, north = villages.to_crs(4326).total_bounds
    tab.frame().locator('[data-tool="select"]').click()
    seen = tab.frame().evaluate(SEEN)
    corners = [(south + 0.6 * (north - south), west + 0.2 * (east - west)),
               (south + 0.8 * (north - south), west + 0.7 * (east - west))]  # fmt: skip
    (x0, y0), (x1, y1) = (tab.settled(list(corner)) for corner in corners)
    phone = tab.page.viewport_size["width"] < WIDE
    if phone:
        finger = tab.context.new_cdp_session(tab.page)
        for kind, points_now in [
            ("touchStart", [(x0, y0)]), ("touchMove", [((x0 + x1) / 2, (y0 + y1) / 2)]),
            ("touchMove", [(x1, y1)]), ("touchEnd", []),
        ]:  # fmt: skip
            touched = [{"x": x, "y": y} for x, y in points_now]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
    else:
        tab.page.mouse.move(x0, y0)
        tab.page.mouse.down()
        tab.page.mouse.move(x1, y1, steps=4)
        tab.page.mouse.up()
    tab.page.wait_for_function("location.search.includes('box=')")
    box = tab.page.evaluate("new URLSearchParams(location.search).get('box')")
    drawn = [float(edge) for edge in box.split(",")]
    assert drawn == pytest.approx([corners[0][1], corners[0][0], corners[1][1], corners[1][0]], abs=0.01)
    inside = points.within(shapely.box(*drawn)).sum()
    assert 0 < inside < len(villages)
    expect(tab.page.locator("table.list tbody tr")).to_have_count(int(inside))
    # The map stayed where it was (a phone's panel takes a part of it), no village was chosen, and it can be
    # dragged again.
    assert phone or tab.frame().evaluate(SEEN) == seen
    assert "village=" not in tab.page.evaluate("location.search")
    assert tab.frame().evaluate("jangkau.map.dragging.enabled()")


def test_steps_stay_what_they_are_however_fast_one_goes_through_them(tab):
    kinds = ["puskesmas", "hospital", "pustu", "posyandu"] * 2

    def shows(kind):
        expect(tab.page.locator(f'[data-key="kind-{kind}"]')).to_have_attribute("aria-pressed", "true")
        tab.page.wait_for_function("kind => location.search.includes(`kind=${kind}`)", arg=kind)

    for kind in kinds[1:]:
        tab.page.locator(f'[data-key="kind-{kind}"]').click()
        shows(kind)
    # Over a slow line: what the server says of one step comes while the browser is at the next.
    tab.page.evaluate("""() => {
        const stream = window.jangkauStream, receive = stream.receive;
        stream.receive = message => setTimeout(() => receive(message), 200);
    }""")
    fast = """async step => { for (let i = 0; i < 7; i += 1) {
        history.go(step);
        await new Promise(done => setTimeout(done, 90));
    } }"""
    for step, last in ((-1, kinds[0]), (1, kinds[-1])):
        tab.page.evaluate(fast, step)
        shows(last)
    for kind in kinds[-2::-1]:
        tab.page.go_back()
        shows(kind)


def test_another_language_waits_for_what_was_asked(tab):
    tab.tab("What if")
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("17")
    limit.press("Enter")
    tab.page.locator('a[data-lang="en"]').click()
    tab.page.wait_for_url(re.compile("lang=en.*draft="))
    tab.ready()
    expect(tab.page.locator('input[data-key="limit"]')).to_have_value("17")
    expect(tab.page.locator('[data-key="place"]')).to_have_text("Place it on the map")
