"""The page shows what the server last said, whatever happens on the way; and says when it is gone."""

from __future__ import annotations

import random
import signal
import socket
import time
from pathlib import Path

import pytest
from browser_support import MAP_FRAME, Tab
from playwright.sync_api import expect

import app
from app.core.stream import Stream
from app.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
STATIC = Path(app.__file__).parent / "static"
# Between the wire and the page: holds, loses and mixes messages as told.
MEDDLE = """() => {
  const plain = jangkauStream.receive;
  window.meddle = { held: [], mode: "pass", dice: () => 1 };
  jangkauStream.receive = (message) => {
    const m = window.meddle;
    if (m.mode === "pass") { plain(message); return; }
    if (m.mode === "lossy" && m.dice() < 0.2) return;
    m.held.push(message);
    if (m.mode === "lossy") {
      m.held.sort(() => m.dice() - 0.5);
      while (m.held.length && m.dice() < 0.6) plain(m.held.pop());
    }
  };
  window.meddle.release = () => { window.meddle.mode = "pass"; window.meddle.held.splice(0).forEach(plain); };
}"""


@pytest.fixture(scope="module")
def empty(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def blank(empty):
    """A page with nothing but the page's end of the stream, new, which notes what it shows and asks for."""
    empty.evaluate((STATIC / "stream.js").read_text("utf-8"))
    empty.evaluate("""() => {
      window.shown = []; window.asked = [];
      jangkauStream.connect((seen) => asked.push(seen));
      jangkauStream.follow(() => true, (slot, value, n) => shown.push([n, slot, value]));
      // A ping, perhaps, and messages; what is asked for then.
      window.turn = ([top, messages]) => {
        if (top !== null) jangkauStream.checked(top);
        messages.forEach(jangkauStream.receive);
        return asked.splice(0);
      };
    }""")
    return empty


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_lost_late_and_mixed_changes_leave_no_old_value(blank, seed):
    dice = random.Random(seed)  # noqa: S311 - a plan for a test
    stream, air, top = Stream(), [], None
    stream.carry = air.append
    for _ in range(60):
        for _ in range(dice.randrange(4)):
            stream.put(dice.choice(["sheet", "map.paint", "headline"]), dice.randrange(10**6))
        dice.shuffle(air)
        arrive = [air.pop() for _ in range(dice.randrange(len(air) + 1)) if air]
        questions = blank.evaluate("turn", [top, [m for m in arrive if dice.random() > 0.25]])
        air.extend(stream.since(seen) for seen in questions if dice.random() > 0.3)
        top = stream.top if dice.random() < 0.2 else None
    # In order, each change at most once.
    numbers = [n for n, _, _ in blank.evaluate("shown")]
    assert numbers == sorted(set(numbers))
    # Once pings get through again, what is shown is what the server holds.
    for _ in range(2):
        questions = blank.evaluate("turn", [stream.top, []])
        blank.evaluate("turn", [None, [stream.since(seen) for seen in questions]])
    last = {slot: value for _, slot, value in blank.evaluate("shown")}
    assert last == {slot: stream.value(slot) for slot in last}
    assert {slot for _, slot, _ in stream.since(0)["all"]} == set(last)


@pytest.fixture
def tab(chromium, served):
    tab = Tab(chromium, served.url, lang="en")
    tab.page.evaluate(MEDDLE)
    yield tab
    tab.close()


def select(tab, code):
    tab.frame().evaluate("code => jangkau.villages[code].fire('click')", code)


def sheet_of(tab, code):
    tab.page.locator("article.sheet h2", has_text=code).wait_for()
    expect(tab.page.locator(".jk-making:visible")).to_have_count(0)
    # The outline on the map, and the way, are the same village's.
    tab.frame().wait_for_function(
        "code => { const held = window.parent.jangkauStream; let chosen = null;"
        " held.follow('map.select', (_, value) => { chosen = value.village; })(); return chosen === code; }",
        arg=code,
    )


# Keeps the word that the page stands, a message of several frames, from the server until it is let go.
NOT_YET = """() => {
  const plain = WebSocket.prototype.send;
  let frames = [];
  window.letGo = null;
  WebSocket.prototype.send = function (data) {
    frames.push(data);
    if (frames.length < 3) return;
    const whole = frames;
    frames = [];
    const go = () => whole.forEach((one) => plain.call(this, one));
    if (window.letGo === null && String(whole[2]).includes("document_ready")) window.letGo = go; else go();
  };
}"""


@pytest.mark.slow
@pytest.mark.parametrize("early", [False, True], ids=["click", "link"])
def test_what_is_opened_before_the_page_stands_is_shown(chromium, served, early):
    context = chromium.new_context(viewport={"width": 1300, "height": 860}, color_scheme="dark")
    context.add_cookies([{"name": "jangkau_seen", "value": "1", "url": served.url}])
    context.add_init_script(f"({NOT_YET})()")
    page = context.new_page()
    code = "99.01.01.1011"
    page.goto(f"{served.url}?lang=en" + (f"&village={code}" if early else ""))
    page.wait_for_function("window.letGo !== null")
    frame = page.frame_locator(MAP_FRAME)
    frame.locator("body[data-painted]").wait_for()
    if not early:
        [inside] = [f for f in page.frames if "/files/" in f.url]
        inside.wait_for_function("Number(document.body.dataset.painted) >= 1")
        inside.evaluate("code => jangkau.villages[code].fire('click')", code)
    # Long enough for pings, in whose rests views are made, and for answers.
    page.wait_for_timeout(6000)
    page.evaluate("window.letGo()")
    expect(page.locator("article.sheet h2", has_text=code)).to_be_visible()
    expect(page.get_by_role("tab", name="Sheet", exact=True)).to_have_attribute("aria-selected", "true")
    # Dark, as the system wishes: its text is light.
    expect(page.locator("article.sheet h2")).to_have_css("color", "rgb(255, 255, 255)")
    context.close()


@pytest.mark.slow
def test_selections_over_a_bad_line_show_the_right_sheet(tab):
    codes = tab.frame().evaluate("Object.keys(jangkau.villages)")
    dice = random.Random(7)  # noqa: S311 - a plan for a test
    # A small generator of its own, so that a failure can be had again.
    tab.page.evaluate("""() => { let state = 11; window.meddle.mode = "lossy";
      window.meddle.dice = () => { state = (state * 48271) % 2147483647; return state / 2147483647; }; }""")
    for _ in range(5):
        for code in dice.sample(codes, dice.randrange(1, 5)):
            select(tab, code)
        sheet_of(tab, code)
    tab.page.evaluate("window.meddle.release()")
    sheet_of(tab, code)


@pytest.mark.slow
def test_an_old_sheet_does_not_look_like_the_new_one(tab):
    first, second = tab.frame().evaluate("Object.keys(jangkau.villages)")[1:3]
    select(tab, first)
    sheet_of(tab, first)
    # All but the sheet itself arrives.
    tab.page.evaluate("""() => { const plain = jangkauStream.receive; window.kept = [];
      jangkauStream.receive = (m) => {
        if (window.kept && (m.slot === "sheet" || window.kept.length)) window.kept.push(m); else plain(m); };
      window.arrive = () => { const kept = window.kept; window.kept = null; kept.forEach(plain); }; }""")
    select(tab, second)
    making = tab.page.locator(".jk-making:visible")
    making.wait_for()
    old = tab.page.locator(".jk-old article.sheet")
    assert first in old.inner_text()
    assert float(old.locator("..").evaluate("e => getComputedStyle(e).opacity")) < 0.5
    tab.page.evaluate("window.arrive()")
    sheet_of(tab, second)
    assert tab.page.locator(".jk-old").count() == 0


@pytest.mark.slow
def test_a_map_that_is_loaded_again_shows_all_of_it(tab):
    code = tab.frame().evaluate("Object.keys(jangkau.villages)")[2]
    select(tab, code)
    sheet_of(tab, code)
    tab.frame().wait_for_function("Number(document.body.dataset.overlay) > 0")
    drawn = tab.frame().evaluate("document.body.dataset.overlay")
    tab.frame().evaluate("location.reload()")
    tab.page.wait_for_timeout(300)
    tab.painted(1)
    tab.frame().wait_for_function("n => document.body.dataset.overlay === n", arg=drawn)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def limit_field(tab):
    tab.tab("What if")
    return tab.page.locator('[data-act="limit"]').first


def kept_limit(database):
    """The limit for puskesmas in the one draft that is kept, once it is there."""
    store = Store.open(database)
    limit = time.monotonic() + 20
    while not store.drafts("99.01", "local") and time.monotonic() < limit:
        time.sleep(0.05)
    [draft] = store.drafts("99.01", "local")
    store.close()
    return draft.content["steps"][-1]["standard"]["puskesmas"]["limit_minutes"]


@pytest.mark.slow
def test_a_dead_server_is_seen_and_the_page_comes_back_with_the_draft(
    chromium, serve, hostile_workspace, tmp_path
):
    database = f"sqlite:///{tmp_path / 'dead.db'}"
    arguments = (hostile_workspace, "--port", free_port(), "--database", database)
    server = serve(*arguments)
    tab = Tab(chromium, server.url, lang="en")
    page = tab.page
    field = limit_field(tab)
    field.fill("41")
    field.press("Enter")
    page.locator('.chip[aria-pressed="true"][title*="within 41 min"]').wait_for()
    # What the server has confirmed is in its store.
    page.wait_for_function("() => /draft=/.test(location.search)")
    assert kept_limit(database) == 41
    page.wait_for_timeout(2500)
    tab.tab("Scenarios")
    page.locator('[data-key="name"]').fill("Half a name")
    field = limit_field(tab)
    field.wait_for()
    server.process.kill()
    server.process.wait()
    server.reader.join()
    server.process.stdout.close()
    killed = time.monotonic()
    field.fill("17")
    field.press("Enter")
    banner = page.locator("#jk-lost[role=alert]")
    banner.wait_for(timeout=5000)
    assert time.monotonic() - killed < 5
    assert "does not answer" in banner.inner_text()
    assert "grayscale" in page.locator("body").evaluate("e => getComputedStyle(e).filter")
    tab.button("Draw a road").click()
    again = serve(*arguments)
    back = page.locator("#jk-back")
    back.wait_for(timeout=20000)
    lost = back.locator("ul").first.inner_text()
    assert "17" in lost
    assert "Draw a road" in lost
    assert "41" not in lost
    tab.ready()
    # The draft is back, and with it the limit that had arrived.
    expect(limit_field(tab)).to_have_value("41")
    expect(page.locator("#jk-lost")).to_have_count(0)
    tab.tab("Scenarios")
    expect(page.locator('[data-key="name"]')).to_have_value("Half a name")
    back.get_by_role("button", name="Close").click()
    expect(back).to_have_count(0)
    tab.context.close()
    again.stop()


@pytest.mark.slow
def test_a_name_typed_while_the_server_was_gone_is_in_its_field_again(
    chromium, serve, hostile_workspace, hostile_layers, tmp_path
):
    """A unit was placed before, and its name left the field with it; the page that comes back counts anew."""
    arguments = (hostile_workspace, "--port", free_port(), "--database", f"sqlite:///{tmp_path / 'name.db'}")
    server = serve(*arguments)
    tab = Tab(chromium, server.url, lang="en")
    page = tab.page
    tab.tab("What if")
    name = page.locator('[data-key="unit-name"]')
    name.fill("Pustu First")
    page.locator('[data-key="place"]').click()
    tab.frame().locator(".jk-tool").wait_for()
    place = hostile_layers.villages.to_crs(4326).geometry.iloc[3].representative_point()
    tab.click_map(place.x, place.y)
    page.locator(".edits", has_text="Pustu First").wait_for()
    expect(name).to_have_value("")
    page.wait_for_function("() => /draft=/.test(location.search)")
    # Until the server has confirmed it.
    page.wait_for_timeout(2500)
    server.process.kill()
    server.process.wait()
    server.reader.join()
    server.process.stdout.close()
    page.locator("#jk-lost").wait_for()
    name.fill("Pustu Second")
    name.blur()
    again = serve(*arguments)
    back = page.locator("#jk-back")
    back.wait_for(timeout=20000)
    # Named once: it did not have to arrive.
    assert back.inner_text().count("Pustu Second") == 1
    tab.ready()
    page.locator(".edits", has_text="Pustu First").wait_for()
    expect(page.locator('[data-key="unit-name"]')).to_have_value("Pustu Second")
    tab.context.close()
    again.stop()


@pytest.mark.slow
def test_a_server_that_only_slept_gets_what_was_done_meanwhile(tab, served):
    field = limit_field(tab)
    field.wait_for()
    tab.page.evaluate("window.sameOne = true")
    served.process.send_signal(signal.SIGSTOP)
    try:
        stopped = time.monotonic()
        tab.page.locator("#jk-lost").wait_for(timeout=6000)
        assert time.monotonic() - stopped < 5
        field.fill("17")
        field.press("Enter")
    finally:
        served.process.send_signal(signal.SIGCONT)
    expect(tab.page.locator("#jk-lost")).to_have_count(0)
    tab.page.locator('.chip[aria-pressed="true"][title*="within 17 min"]').wait_for()
    assert tab.page.evaluate("window.sameOne") is True


@pytest.mark.slow
def test_a_server_that_answers_in_the_middle_of_a_probe_is_not_lost(tab, served):
    """Its answer to the probe comes after the socket's: the page must stay, with all that is in it."""
    held = []
    tab.page.route("**/liveness", lambda route: held.append(route))  # noqa: PLW0108 - Playwright asks for its signature
    tab.page.evaluate("window.sameOne = true")
    served.process.send_signal(signal.SIGSTOP)
    try:
        tab.page.locator("#jk-lost").wait_for(timeout=6000)
    finally:
        served.process.send_signal(signal.SIGCONT)
    expect(tab.page.locator("#jk-lost")).to_have_count(0)
    assert held
    for route in held:
        route.fulfill(status=200, body="true")
    tab.page.wait_for_timeout(500)
    assert tab.page.evaluate("window.sameOne") is True


@pytest.mark.slow
def test_a_late_answer_turns_no_choice_back(tab):
    """The answer to "served" arrives when "gap" is chosen already; then that to "gap"."""
    page = tab.page
    status = page.locator('select[data-key="status"]')
    count = (
        "() => window.meddle.held.filter((m) => JSON.stringify(m).includes('data-key=\\\\\"status')).length"
    )
    page.evaluate("window.meddle.mode = 'hold'")
    status.select_option("served")
    page.wait_for_function(f"({count})() === 1")
    status.select_option("gap")
    page.wait_for_function(f"({count})() === 2")
    # Only the first of them, and what came before it.
    page.evaluate("""() => {
      const late = window.meddle.held.findIndex((m) => JSON.stringify(m).includes('data-key=\\\\"status'));
      const some = window.meddle.held.splice(0, late + 1), rest = window.meddle.held.splice(0);
      window.meddle.held.push(...some);
      window.meddle.release();
      window.meddle.held.push(...rest);
    }""")
    assert status.input_value() == "gap"
    page.evaluate("window.meddle.release()")
    expect(status).to_have_value("gap")
