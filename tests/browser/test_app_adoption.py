"""The ILP adoption board in the app: edited, kept on record, fought over."""

from __future__ import annotations

import pytest
from browser_support import HOSTILE, Tab

from app.store import Store
from geodata.adoption import Adoption
from planner.supply.stages import puskesmas_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def edit(tab, facility_id, *, stage, date, document):
    """Fill the form of a row, which is open."""
    tab.page.locator(f'[data-key="s-{facility_id}"]').select_option(stage)
    tab.page.locator(f'[data-key="d-{facility_id}"]').fill(date)
    tab.page.locator(f'[data-key="t-{facility_id}"]').fill(document)
    tab.page.locator(f'[data-key="save-{facility_id}"]').click()


@pytest.mark.slow
def test_a_stage_is_set_by_one_and_the_other_loses_nothing(
    chromium, serve, hostile_workspace, hostile_layers, tmp_path
):
    database = f"sqlite:///{tmp_path / 'adoption.db'}"
    served = serve(hostile_workspace, "--port", 0, "--database", database)
    store = Store.open(database)
    first = puskesmas_of(hostile_layers.facilities)[0]
    mine, other = Tab(chromium, served.url), Tab(chromium, served.url, lang="en", size=(390, 844))
    for tab in (mine, other):
        tab.tab("ILP adoption")
        tab.page.locator(f'[data-key="e-{first}"]').click()
        tab.page.locator(f'[data-form="{first}"]').wait_for()
    # On a phone the page does not scroll sideways.
    assert other.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    edit(mine, first, stage="peluncuran", date="2024-07-22", document=HOSTILE)
    mine.page.locator(".notice.success").wait_for()
    [entry] = store.adoption("99.01")
    assert entry.record == Adoption(first, "peluncuran", "2024-07-22", HOSTILE)
    [change] = store.adoption_trail("99.01")
    assert (change.account, change.old["stage"], change.new["stage"]) == ("local", "unknown", "peluncuran")
    total = len(puskesmas_of(hostile_layers.facilities))
    assert mine.figure("launched") == mine._("{n} of {all}", n=1, all=total)
    # As text, in the row and in the trail.
    assert HOSTILE in mine.page.locator(f'[data-row="{first}"]').inner_text()
    assert HOSTILE in mine.page.locator("table.trail").inner_text()
    # The other one began before that.
    edit(other, first, stage="klaster", date="2024-05-02", document="SK 7/2024")
    conflict = other.page.locator(".conflict")
    conflict.wait_for()
    assert "local" in conflict.inner_text()
    assert HOSTILE in conflict.inner_text()
    assert store.adoption("99.01") == [entry]
    assert other.page.locator(f'[data-key="s-{first}"]').input_value() == "klaster"
    assert other.page.locator(f'[data-key="d-{first}"]').input_value() == "2024-05-02"
    assert other.page.locator(f'[data-key="t-{first}"]').input_value() == "SK 7/2024"
    # Knowingly, now.
    other.page.locator(f'[data-key="save-{first}"]').click()
    other.page.locator(".notice.success").wait_for()
    [entry] = store.adoption("99.01")
    assert (entry.record, entry.version) == (Adoption(first, "klaster", "2024-05-02", "SK 7/2024"), 2)
    for tab in (mine, other):
        assert tab.page.evaluate("window.hacked") is None
        tab.close()
    store.close()
    served.stop()
