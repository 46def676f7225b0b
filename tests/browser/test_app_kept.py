"""What stays over a reload and a change of language: map, list, draft, typed words, light and dark."""

from __future__ import annotations

import pytest
from browser_support import MAP_FRAME, Tab
from playwright.sync_api import expect

from app.store import Store
from app.texts import Texts
from planner.supply.stages import puskesmas_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.slow]
LOOKS = """() => {
    const c = jangkau.map.getCenter();
    return [c.lat.toFixed(4), c.lng.toFixed(4), jangkau.map.getZoom()];
}"""


@pytest.fixture(scope="module")
def own(serve, hostile_workspace, tmp_path_factory):
    """A server and the address of its database: here drafts are counted, and other tests leave theirs."""
    database = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'jangkau.db'}"
    server = serve(hostile_workspace, "--port", 0, "--database", database)
    yield server, database
    server.stop()


@pytest.fixture
def store(own):
    store = Store.open(own[1])
    yield store
    store.close()


@pytest.fixture
def tab(chromium, own):
    tab = Tab(chromium, own[0].url)
    yield tab
    tab.close()


def in_address(tab, words):
    tab.page.wait_for_function("w => location.search.includes(w)", arg=words)


def is_dark(tab, dark):
    found = "dark => document.body.classList.contains('jk-dark') === dark"
    tab.frame().wait_for_function(found, arg=dark)


def test_a_reload_goes_on_with_map_list_and_one_draft(tab, chromium, own, store, hostile_layers):
    name = hostile_layers.villages["village_name"].iloc[3]
    tab.page.locator('input[data-key="query"]').fill(name)
    in_address(tab, "query=")
    point = hostile_layers.villages.to_crs(4326).geometry.iloc[3].representative_point()
    # As a hand does it: whoever moves the map looks elsewhere.
    tab.frame().evaluate(
        "{ jangkau.map.getContainer().dispatchEvent(new KeyboardEvent('keydown', {key: '+'})); }"
    )
    tab.frame().evaluate("at => { jangkau.map.setView(at, 12, {animate: false}); }", [point.y, point.x])
    in_address(tab, "at=")
    looks = tab.frame().evaluate(LOOKS)
    assert looks[2] == 12
    tab.tab("What if")
    tab.page.locator('select[data-key="mode"]').select_option("walking")
    tab.page.locator(".edits", has_text=tab.texts.term("mode_walking")).wait_for()
    in_address(tab, "draft=")
    for _ in range(3):
        tab.page.reload()
        tab.ready()
        tab.page.locator(".edits", has_text=tab.texts.term("mode_walking")).wait_for()
        in_address(tab, "draft=")
    assert tab.frame().evaluate(LOOKS) == looks
    # Once the page that was left is surely gone, this one writes that draft and no other.
    tab.page.locator('select[data-key="mode"]').select_option("bicycle")
    tab.page.locator(".edits", has_text=tab.texts.term("mode_bicycle")).wait_for()
    in_address(tab, f"draft={store.drafts('99.01', 'local')[0].token}")
    assert len(store.drafts("99.01", "local")) == 1
    tab.tab("Villages")
    expect(tab.page.locator('input[data-key="query"]')).to_have_value(name)
    # Somebody else, by the link.
    other = Tab(chromium, own[0].url, query="&" + tab.page.url.partition("?")[2].replace("lang=id", ""))
    assert other.frame().evaluate(LOOKS) == looks
    # The whole area again says nothing.
    other.frame().get_by_role("button", name=tab._("Show the whole area")).click()
    other.page.wait_for_function("!location.search.includes('at=')")
    other.close()


def test_another_language_keeps_what_is_typed(tab):
    tab.tab("Scenarios")
    tab.page.locator('[data-key="name"]').fill("Usulan <b>2027</b>")
    tab.page.locator('[data-key="note"]').fill("untuk bupati")
    in_address(tab, "view=scenarios")
    tab.page.locator('a[data-lang="en"]').click()
    tab.page.wait_for_function("document.documentElement.lang === 'en'")
    tab.ready()
    expect(tab.page.locator('[data-key="name"]')).to_have_value("Usulan <b>2027</b>")
    expect(tab.page.locator('[data-key="note"]')).to_have_value("untuk bupati")
    # No connection was lost.
    assert tab.page.locator("#jk-back").count() == 0
    # It came along once.
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator('[data-key="name"]')).to_have_value("")


def test_another_language_keeps_what_was_chosen_in_forms(tab, hostile_layers):
    """Of those too whose fields the server hears of at once: the other language is another session."""
    page, first = tab.page, puskesmas_of(hostile_layers.facilities)[0]
    fields = {"amount": "7", "unit-name": "Pustu Baru", "new-kind": "hospital", "road-class": "tertiary",
              f"s-{first}": "klaster", f"t-{first}": "SK <b>7</b>"}  # fmt: skip
    views = {"Proposals": ("amount",), "What if": ("unit-name", "new-kind", "road-class"),
             "ILP adoption": (f"s-{first}", f"t-{first}")}  # fmt: skip
    for view, keys in views.items():
        tab.tab(view)
        if view == "ILP adoption":
            page.locator(f'[data-key="e-{first}"]').click()
        for key in keys:
            field = page.locator(f'[data-key="{key}"]')
            field.wait_for()
            if field.evaluate("n => n.matches('select')"):
                field.select_option(fields[key])
            else:
                field.fill(fields[key])
    in_address(tab, "view=adoption")
    page.locator('a[data-lang="en"]').click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    tab.ready()
    tab.texts = Texts("en")
    for view, keys in reversed(views.items()):
        tab.tab(view)
        for key in keys:
            expect(page.locator(f'[data-key="{key}"]')).to_have_value(fields[key])


def test_a_late_answer_of_the_page_turns_nothing(chromium, served):
    tab = Tab(chromium, served.url, color_scheme="dark")
    is_dark(tab, True)
    # What a slow browser says once its picture is out of date (the effect of React's state).
    tab.page.evaluate(
        """() => {
            const page = [...Bokeh.documents[0]._all_models.values()].find((m) => m.class_name === "Page");
            page.data.setv({ dark_theme: false });
        }"""
    )
    tab.page.wait_for_function(
        """() => [...Bokeh.documents[0]._all_models.values()]
            .find((m) => m.class_name === "Page").data.dark_theme === true"""
    )
    is_dark(tab, True)
    tab.button("Light or dark").click()
    is_dark(tab, False)
    tab.page.wait_for_function("document.cookie.includes('jangkau_theme=light')")
    tab.close()


def test_dark_is_as_the_system_wishes_until_somebody_chooses(chromium, served):
    tab = Tab(chromium, served.url, color_scheme="dark")
    is_dark(tab, True)
    tab.page.emulate_media(color_scheme="light")
    is_dark(tab, False)
    tab.page.emulate_media(color_scheme="dark")
    is_dark(tab, True)
    tab.button("Light or dark").click()
    is_dark(tab, False)
    tab.page.wait_for_function("document.cookie.includes('jangkau_theme=light')")
    tab.page.reload()
    tab.ready()
    is_dark(tab, False)
    tab.button("Light or dark").click()
    is_dark(tab, True)
    tab.page.wait_for_function("document.cookie.includes('jangkau_theme=dark')")
    # From its first picture on, and whatever the system wishes.
    tab.page.emulate_media(color_scheme="light")
    tab.page.reload()
    tab.page.frame_locator(MAP_FRAME).locator("body.jk-dark").wait_for()
    tab.ready()
    is_dark(tab, True)
    # Words that are not ours are no choice, to the page as to the server.
    tab.context.add_cookies([{"name": "jangkau_theme", "value": "darkest", "url": served.url}])
    tab.page.reload()
    tab.ready()
    is_dark(tab, False)
    tab.page.wait_for_function("/(^|; )jangkau_theme=day(;|$)/.test(document.cookie)")
    tab.close()
