"""What the card of a plan says in the app is what the console says, in the language of the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from app.areas.area import Area
from app.core.session import Session
from app.store import Store
from app.texts import Texts
from app.views import proposals
from planner.cli.site import in_words
from planner.pipeline import Ask, Study, demo_layers, site, summary
from planner.siting.shares import shares_of

KIND = "posyandu"


def areas(layers):
    """Return an area whose list of posyandu is short."""
    return replace(layers, area=replace(layers.area, official={KIND: 300}))


@pytest.fixture(scope="module")
def short_list():
    return areas(demo_layers(12))


@pytest.fixture
def session(short_list, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield Session(Area(short_list), Texts("id"), store, account="siti", editor=True)
    store.close()


def planned(session, **typed):
    """Return the card of a plan that is asked with the form."""
    view = proposals._Proposals(session)
    view.asked({"act": "kind", "kind": KIND})
    view.asked({"act": "solve", "amount": "2", "time_limit_s": "15", **typed})
    view.show()
    return session.planning.plan, view.result.html


@pytest.mark.slow
def test_the_shares_are_the_headlines_with_what_is_not_known(session, short_list):
    plan, card = planned(session)
    own = site(Study(short_list), KIND, Ask(units=2, seasons=("dry",)))
    shares = shares_of(own)
    assert plan.shares == shares
    assert shares.now_at_least
    known = summary(own.before)["kinds"][KIND]
    assert shares.of_everyone[0] == pytest.approx(known["share_reached"])
    assert shares.of_everyone[1] == pytest.approx(summary(own.after)["kinds"][KIND]["share_reached"])
    text = session.texts
    assert f"≥ </span>{text.percent(known['share_reached'])}" in card
    # The console has the same shares, and how many may be reached already.
    assert f"{known['share_reached']:.1%} → {shares.of_everyone[1]:.1%}" in in_words(own)[0]
    [already] = [line for line in in_words(own) if "may be reached already" in line]
    assert f" {plan.gain.people - plan.gain.least:,.0f} " in already
    assert text.term("plan_already").format(n=text.people(plan.gain.people - plan.gain.least)) in card


@pytest.mark.slow
def test_candidates_left_out_and_crowded_sites_are_told(tmp_path):
    # Where a list is short, nobody knows whose nearest a site would be.
    layers = demo_layers(12)
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    session = Session(Area(layers), Texts("id"), store, account="siti", editor=True)
    box = shapely.box(*layers.villages.to_crs(4326).geometry.iloc[0].bounds)
    session.planning.forbid_area(box)
    plan, card = planned(session)
    store.close()
    [(why, n)] = plan.excluded
    assert why == "excluded_area"
    assert f"{n} calon lokasi tidak diikutkan: di area terlarang." in card
    assert plan.crowded
    assert f"{plan.crowded} lokasi akan melayani lebih dari 1.250 jiwa" in card


@pytest.mark.slow
def test_a_plan_by_budget_says_what_it_spends_and_what_is_not_known(session):
    costs = {f"cost-{name}": "200 juta" for name in ("open_posyandu", "staff_posyandu", "reopen_posyandu")}
    plan, card = planned(session, by="budget_idr", amount="1 miliar", **costs)
    assert plan.cost_idr == 200e6 * len(plan.sites)
    assert f"Biaya awal: Rp {session.texts.number(plan.cost_idr)} dari anggaran Rp 1.000.000.000" in card
    assert "biaya tahunannya belum diketahui" in card


@pytest.mark.slow
def test_a_budget_without_costs_is_refused_in_the_language_of_the_page(session):
    planned(session, by="budget_idr", amount="1 miliar")
    said = session.notice.text
    assert "Biaya per lokasi" in said
    assert "dibuka" in said
    assert "open_posyandu" not in said
    assert "no cost" not in said
