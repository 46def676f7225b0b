"""What lies over the map in headless Chromium: legend, tools and figures leave the area its room."""

from __future__ import annotations

import pytest
from browser_support import MAP_FRAME, Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LAPTOP, PHONE, SIDEWAYS = (1366, 768), (390, 844), (844, 390)

# Zoom, whether the legend is open, and how many villages lie outside the map, under the page's bar, or under
# one of the map's own boxes.
SEEN = """barBottom => {
    const size = jangkau.map.getSize();
    const boxes = [...document.querySelectorAll(".leaflet-control")].filter(n => n.checkVisibility())
        .map(n => n.getBoundingClientRect());
    const hidden = Object.values(jangkau.villages).filter(l => {
        const p = jangkau.map.latLngToContainerPoint(l.getBounds().getCenter());
        return !(p.x > 0 && p.x < size.x && p.y > barBottom && p.y < size.y)
            || boxes.some(b => p.x > b.left && p.x < b.right && p.y > b.top && p.y < b.bottom);
    });
    return { zoom: jangkau.map.getZoom(), open: document.querySelector("#jk-legend").open,
             hidden: hidden.length };
}"""


# What is shown, beside itself.
TWO_MAPS = """jangkau.twin.show({ changed: [], edits: [], left: "A", right: "B",
    classes: '0'.repeat(Object.keys(jangkau.villages).length) })"""


def over_each_other(tab):
    """The map's own boxes that hide each other, in pairs: what each is, and its edges."""
    boxes = tab.frame().evaluate(
        """[...document.querySelectorAll(".leaflet-control")].filter(n => n.checkVisibility())
            .map(n => [n.className, n.getBoundingClientRect()])
            .map(([name, b]) => [name, b.left, b.top, b.right, b.bottom])"""
    )
    return [
        (a, b) for i, a in enumerate(boxes) for b in boxes[:i]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]  # fmt: skip


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, **getattr(request, "param", {"size": LAPTOP}))
    yield tab
    tab.close()


def seen(tab):
    """What is seen of the area, once the map has the room that the page gives it."""
    tab.settled([-7, 110])
    return tab.frame().evaluate(SEEN, tab.page.locator("form.choices select").last.bounding_box()["y"] + 34)


def resized(tab, width, height):
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.frame().wait_for_function("w => jangkau.map.getSize().x <= w", arg=width)
    return seen(tab)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(667, 375), (683, 384), (700, 500)])
def test_a_low_window_shows_the_area(chromium, served, size):
    tab = Tab(chromium, served.url, size=size)
    now = seen(tab)
    assert 5 < now["zoom"] < 12
    assert now["open"] is False
    assert now["hidden"] == 0
    tab.close()


@pytest.mark.slow
def test_a_window_that_was_low_shows_the_area_as_before(tab):
    before = seen(tab)
    assert before["open"] is True
    # As by the browser's zoom of 200 %.
    low = resized(tab, 683, 384)
    assert 5 < low["zoom"] < before["zoom"]
    assert low["open"] is False
    assert resized(tab, *LAPTOP) == before


@pytest.mark.slow
@pytest.mark.parametrize("tab", [{"size": (360, 640)}], indirect=True)
def test_a_phones_keyboard_leaves_the_map_alive(tab):
    tab.tab("Sheet")
    before = seen(tab)
    assert 4 < resized(tab, 360, 360)["zoom"] < before["zoom"]
    assert resized(tab, 360, 640) == before


@pytest.mark.slow
@pytest.mark.parametrize("tab", [{"size": PHONE}, {"size": SIDEWAYS, "lang": "en"}], indirect=True)
def test_above_a_phones_sheet_nothing_hides_the_area(tab):
    assert seen(tab)["hidden"] == 0
    tab.tab("Sheet")
    assert tab.page.evaluate("document.documentElement.dataset.panel") == "half"
    assert seen(tab)["hidden"] == 0
    assert over_each_other(tab) == []
    # Nor where two maps share the width, with the sheet pulled up and pushed down.
    tab.frame().evaluate(TWO_MAPS)
    tab.settled([-7, 110])
    assert over_each_other(tab) == []
    tab.page.locator('[data-key="fold"]').click()
    tab.settled([-7, 110])
    assert over_each_other(tab) == []


@pytest.mark.slow
@pytest.mark.parametrize("tab", [{"size": LAPTOP}, {"size": PHONE, "lang": "en"}], indirect=True)
@pytest.mark.parametrize("tool", ["place", "flood"])
def test_a_tools_words_lie_beside_the_area(tab, tool):
    tab.tab("What if")
    tab.page.locator(f'[data-key="{tool}"]').click()
    tab.frame().locator(".jk-tool").wait_for()
    assert seen(tab)["hidden"] == 0
    # Its last button, which ends the tool, is not covered either.
    tab.frame().locator(".jk-tool button").last.click()
    expect(tab.frame().locator(".jk-tool")).to_have_count(0)


def chips_at_once(tab):
    """Every chip in one look: an answer that comes in draws all of them anew."""
    return tab.page.locator(".jk-fragment", has=tab.page.locator(".chips")).evaluate(
        """box => [...box.querySelectorAll(".chip")].map(n => ({
            kind: n.dataset.kind, title: n.title,
            right: n.getBoundingClientRect().right,
            share: n.querySelector(".share").getBoundingClientRect().right,
            full: n.querySelector(".small").clientWidth > 1,
            people: n.querySelector("[data-figure^=people-]").textContent,
        }))"""
    )


@pytest.mark.slow
def test_every_kinds_figure_stays_in_sight_after_an_edit(tab):
    tab.choose(tab.texts.term("season"), tab.texts.term("season_wet"))
    tab.tab("What if")
    limit = tab.page.locator('input[data-key="limit"]')
    limit.fill("22.5")
    limit.press("Enter")
    tab.page.locator('[data-key="kind-puskesmas"] .change').first.wait_for()
    edge = tab.page.locator(MAP_FRAME).bounding_box()
    chips = chips_at_once(tab)
    assert len(chips) == 4
    for chip in chips:
        assert chip["right"] <= edge["x"] + edge["width"]
        assert chip["share"] <= chip["right"]
    # In full is the kind chosen alone; the others have their figures for whoever points at them.
    assert [chip["full"] for chip in chips] == [True, False, False, False]
    [pustu] = [chip for chip in chips if chip["kind"] == "pustu"]
    assert pustu["people"] in pustu["title"]


@pytest.mark.slow
@pytest.mark.parametrize("tab", [{"size": LAPTOP, "lang": lang} for lang in ("id", "en")], indirect=True)
def test_the_list_holds_its_longest_words(tab):
    """A unit out of reach, and a number that is not known, put in place of every number of the list."""
    words = [tab.texts.term("unreachable"), tab.texts.term("unknown"), tab.texts.term("partly")]
    table = tab.page.locator("table.list")
    table.evaluate(
        """(n, [way, unknown, status]) => n.querySelectorAll("tbody tr").forEach(row => {
            const cells = row.querySelectorAll("td");
            cells[0].textContent = "248";
            row.querySelector(".status").textContent = status;
            cells[2].textContent = unknown;
            cells[3].textContent = unknown;
            cells[4].textContent = way;
        })""",
        words,
    )
    cut = table.evaluate(
        "n => [...n.querySelectorAll('th, td')].filter(c => c.scrollWidth > c.clientWidth + 1)"
        ".map(c => c.innerText)"
    )
    assert cut == []
    assert table.evaluate("n => n.scrollWidth <= n.parentElement.clientWidth")


LONG = "Usulan puskesmas baru dan perbaikan jalan untuk tujuh kecamatan di selatan, tahap dua, revisi ketiga"
BOX = "(n => { const b = n.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"


@pytest.mark.slow
def test_long_names_take_two_lines_and_hide_nothing(tab):
    frame = tab.frame()
    title = tab.page.locator(".title [data-whole]")
    assert title.get_attribute("title") == " ".join(title.text_content().split())
    heading = frame.locator("#jk-legend summary")
    heading.locator("span").evaluate("(n, long) => { n.textContent = long; }", LONG)
    # Two lines of 18 pixels and their padding.
    assert heading.bounding_box()["height"] <= 42
    legend = frame.locator("#jk-legend").evaluate(BOX)
    frame.evaluate(
        "long => jangkau.swipe.show({ classes: '0'.repeat(Object.keys(jangkau.villages).length), changed: [],"
        " left: long, right: long })",
        LONG,
    )
    for side in frame.locator(".jk-side:not(.jk-side-one)").all():
        left, top, right, bottom = side.evaluate(BOX)
        assert bottom - top < 50
        assert not (left < legend[2] and right > legend[0] and top < legend[3] and bottom > legend[1])
    frame.evaluate(
        "long => { jangkau.swipe.show({ classes: null }); jangkau.twin.show({ changed: [], edits: [],"
        " classes: '0'.repeat(Object.keys(jangkau.villages).length), left: long, right: long }); }",
        LONG,
    )
    sides = frame.locator(".jk-side-one")
    assert [s.evaluate("n => n.offsetHeight > 20 && n.offsetHeight < 50") for s in sides.all()] == [True] * 2
    # The sources stand beside the legend, on half the width too.
    legend = frame.locator("#jk-legend").evaluate(BOX)
    assert frame.locator(".leaflet-control-attribution").first.evaluate(BOX)[0] >= legend[2]


@pytest.mark.slow
def test_a_new_plan_is_looked_at_once(tab, hostile_layers):
    places = hostile_layers.villages.geometry.representative_point().to_crs(4326).iloc[[0, -1]]
    sites = [
        {"key": str(i), "n": str(i), "lat": p.y, "lon": p.x, "state": "proposed", "title": str(i),
         "lines": [], "acts": []}
        for i, p in enumerate(places, 1)
    ]  # fmt: skip
    square = places.iloc[0].buffer(0.05).__geo_interface__
    area = {"type": "overlay", "features": [{"kind": "area", "geometry": square}]}

    def say(message):
        tab.page.locator(MAP_FRAME).evaluate(
            "(f, m) => f.contentWindow.postMessage({ jangkau: m }, location.origin)", message
        )

    def in_sight():
        return "([at]) => at.every(p => jangkau.map.getBounds().contains(p))"

    at = [[s["lat"], s["lon"]] for s in sites]
    look_close = "at => { jangkau.map.setView(at, 15, {animate: false}); }"
    tab.frame().evaluate(look_close, at[0])
    say(area)
    say({"type": "plan", "turn": 1, "areas": [], "sites": sites})
    tab.frame().wait_for_function(in_sight(), arg=[at])
    # The area of what was chosen before steps back.
    drawn = tab.frame().locator(".leaflet-jk-over-pane path[fill-opacity]").first
    assert float(drawn.get_attribute("fill-opacity")) < 0.1
    # Said of the same plan, such as a site that was accepted: the map stays where it is.
    tab.settled(at[0])
    tab.frame().evaluate(look_close, at[0])
    say({"type": "plan", "turn": 1, "areas": [], "sites": sites[:1]})
    tab.frame().wait_for_function("document.body.dataset.sites === '1'")
    tab.settled(at[0])
    assert tab.frame().evaluate("jangkau.map.getZoom()") == 15


@pytest.mark.slow
def test_a_press_without_a_move_leaves_the_whole_area_in_sight(tab):
    """As Escape in a tool, after which the map gets another room."""
    container = tab.frame().locator(".leaflet-container").first
    container.focus()
    tab.page.keyboard.press("Escape")
    whole = seen(tab)
    assert resized(tab, 1100, 640)["hidden"] == 0
    assert resized(tab, *LAPTOP) == whole
    # Who zooms has looked elsewhere.
    container.focus()
    tab.page.keyboard.press("+")
    tab.frame().wait_for_function("z => jangkau.map.getZoom() > z", arg=whole["zoom"])
    near = seen(tab)["zoom"]
    assert resized(tab, 1100, 640)["zoom"] == near


@pytest.mark.slow
def test_the_title_keeps_clear_of_the_settings_on_a_phone(chromium, served):
    """Undo and redo can be touched, also where several areas are served and the settings are wide."""
    tab = Tab(chromium, served.url, size=PHONE)
    settings, step = tab.page.locator(".settings"), tab.page.locator('[data-key="redo"]')
    expect(step).to_be_visible()
    narrow = settings.bounding_box()["width"]
    settings.evaluate(
        "n => { const s = document.createElement('select'); s.style.width = '70px'; n.prepend(s); }"
    )
    tab.page.wait_for_function("w => parseFloat(getComputedStyle(document.documentElement)"
                               ".getPropertyValue('--jk-settings-w')) > w + 60", arg=narrow)  # fmt: skip
    box, right = settings.bounding_box(), step.bounding_box()
    assert right["x"] + right["width"] <= box["x"]
    tab.close()


@pytest.mark.slow
def test_counts_of_the_legend_stand_beside_their_class(chromium, served):
    tab = Tab(chromium, served.url, lang="id", query="&kind=pustu&season=wet&measure=unreached")
    tab.settled([-7, 110])
    rows = tab.frame().locator("#jk-legend .jk-counted")
    expect(rows.first).to_be_visible()
    apart = rows.evaluate_all(
        """rows => rows.map(row => {
            const box = row.getBoundingClientRect();
            const count = row.querySelector(".jk-count").getBoundingClientRect();
            return count.top >= box.top - 1 && count.bottom <= box.bottom + 1 && count.right <= box.right + 1;
        })"""
    )
    assert len(apart) > 5
    assert all(apart)
    tab.close()
