"""The ILP answers in headless Chromium: the map by state, groups, PWS sheets, loads, the equity page."""

from __future__ import annotations

import pytest
from browser_support import HOSTILE, Tab
from playwright.sync_api import expect

from app.figures.ilp import group_reach, unit_ilp, village_pws
from app.figures.measures import CLASS_COLORS
from planner.ilp.model import Ilp
from planner.pipeline import find_gaps

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LOOKS = [
    pytest.param({"lang": "id", "size": (1300, 860)}, id="desktop-id"),
    pytest.param({"lang": "en", "size": (390, 844)}, id="phone-en"),
]


@pytest.fixture(scope="module")
def answer(hostile_layers):
    """The answer computed here, apart from the server's."""
    from app.areas.area import Answer
    from app.areas.question import WhatIf

    return Answer(WhatIf(), find_gaps(hostile_layers))


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, **request.param)
    yield tab
    tab.close()


def expect_states(tab, ilp: Ilp, kind):
    colors = {code: CLASS_COLORS[c] for code, c in ilp.answers[kind]["class"].items()}
    tab.frame().wait_for_function(
        "e => Object.entries(e).every(([c, color]) => jangkau.villages[c].options.fillColor === color)",
        arg=colors,
    )


@pytest.mark.slow
@pytest.mark.parametrize("tab", LOOKS, indirect=True)
def test_state_group_pws_sheet_load_and_equity(tab, answer):
    texts, page, ilp = tab.texts, tab.page, answer.ilp
    # The map by state; it follows the kind.
    tab.choose(tab._("Colour by"), tab._("State (present, reached, functioning)"))
    expect_states(tab, ilp, "puskesmas")
    page.locator('[data-key="kind-pustu"]').click()
    expect_states(tab, ilp, "pustu")
    # For whom: the headline figures are of the group, and the address keeps it.
    tab.choose(tab._("For whom"), texts.group("lansia"))
    found = group_reach(answer, "lansia", "pustu", "dry")
    figure = page.locator('[data-figure="people-pustu"]')
    expect(figure).to_have_text(texts.people(found.people_reached))
    expect(page.locator('[data-figure="people"]')).to_have_text(texts.people(found.total))
    page.wait_for_url(lambda url: "group=lansia" in url and "measure=state" in url)
    # A village: state and reason of each kind, its groups, its referral; and a hostile name as text.
    code = answer.gaps.layers.villages.index[0]
    page.locator(f'[data-key="v-{code}"]').click()
    pws = village_pws(answer, code, tab.lang)
    sheet = page.locator("article.sheet")
    expect(sheet.locator('[data-pws="next"]')).to_have_text(pws.next_action)
    for service in pws.services:
        row = sheet.locator(f'[data-service="{service.kind}"]')
        expect(row.locator(f'[data-state="{service.state}"]')).to_have_count(1)
        expect(row).to_contain_text(service.reason)
    [elderly] = [g for g in pws.groups if g.group == "lansia"]
    expect(sheet.locator('[data-group="lansia"] td').first).to_have_text(texts.people(elderly.people))
    expect(sheet.locator('[data-pws="referral"]')).to_have_text(texts.number(pws.referral_minutes, 1))
    expect(sheet.locator("h2")).to_contain_text(HOSTILE)
    # Its sheet to print.
    with page.expect_download() as download:
        tab.page.get_by_text(tab._("PWS sheet to print (HTML)")).click()
    assert download.value.suggested_filename == f"pws-{code}.html"
    # The unit that serves it: staff and load.
    sheet.locator('[data-service="pustu"] [data-act="facility"]').click()
    [pustu] = [s for s in pws.services if s.kind == "pustu"]
    [role] = unit_ilp(answer, pustu.unit.id).roles
    # It follows the quick part, once what it needs of the ILP is computed.
    load = sheet.locator('[data-role="pustu"] [data-unit="load"]')
    expect(load).to_have_text(texts.load(role.load), timeout=60000)
    for asked in role.asked:
        row = sheet.locator(f'[data-asked="{asked.what}"] td')
        assert row.all_inner_texts() == [texts.number(n) for n in (asked.has, asked.asked, asked.lacking)]
    # Equity, with its charts.
    tab.tab("Equity")
    charts = page.get_by_role("img").and_(page.locator("svg.chart"))
    expect(charts).to_have_count(3)
    table = ilp.equity
    mine = table[(table["kind"] == "pustu") & (table["season"] == "dry")].set_index(["by", "group"])
    whole = mine.loc[("all", "all")]
    expect(page.locator('[data-equity="gini"]')).to_have_text(texts.number(whole["gini_reachable"], 2))
    page.locator('select[data-key="by"]').select_option("remoteness")
    reached = page.locator('table.numbers [data-group="good"] td').nth(1)
    expect(reached).to_have_text(texts.percent(mine.loc[("remoteness", "good"), "share_reached"]))
    assert page.evaluate("window.hacked") is None
