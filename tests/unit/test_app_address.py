"""What a page's address brings back: comparison, list and map; drafts over reloads; light and dark."""

from __future__ import annotations

import math
from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import pytest

from app.areas.area import Area
from app.areas.question import WhatIf
from app.core.drafts import Drafts
from app.core.session import Session
from app.core.state import Filter, Selection
from app.map.bridge import heard
from app.store import Store
from app.texts import Texts
from app.views import mapview
from app.views import scenarios as scenarios_view
from app.views import villages as villages_view
from app.web.address import Address, boxed, looked_at
from planner.scenarios.edits import OpenFacility


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield store
    store.close()


@pytest.fixture
def session(area, store):
    return Session(area, Texts("id"), store, account="siti", editor=True)


def with_limit(minutes):
    return WhatIf().with_rule("puskesmas", limit_minutes=minutes)


def with_unit(area):
    point = area.layers.villages.to_crs(4326).geometry.iloc[3].representative_point()
    edit = OpenFacility(op="open_facility", id="new-3", kind="pustu", lonlat=(point.x, point.y), name="Baru")
    return WhatIf().with_edit(edit)


def two_saved(session):
    return [
        session.store.create(
            session.area.code, f"Usulan {name}", with_limit(minutes).content(), account="siti"
        )
        for name, minutes in (("A", 45.0), ("B", 20.0))
    ]


def addressed(session):
    address = Address(session)
    address.follow()
    return address


def said(session):
    return session.stream.value("address")["search"]


def loaded_again(session, search):
    """A new page at an address, as after a reload, with what the old one left on the server."""
    again = Session(session.area, session.texts, session.store, account=session.account, editor=True)
    again.drafts.live = session.drafts.live
    address = addressed(again)
    address.start(dict(parse_qsl(search.removeprefix("?"))))
    return again


@pytest.mark.slow
def test_an_address_brings_back_what_is_compared_with_and_how(session):
    addressed(session)
    one, other = two_saved(session)
    session.scenarios.open(other.id)
    session.scenarios.compare_with(one.id)
    assert session.state.measure == "change"
    session.state.measure = "minutes"
    session.state.beside = "maps"
    again = loaded_again(session, said(session))
    state = again.state
    assert (state.reference.id, state.reference.name) == (one.id, "Usulan A")
    assert (state.opened.id, state.beside, state.measure) == (other.id, "maps", "minutes")
    assert [h.people_change for h in state.headlines()] == [
        h.people_change for h in session.state.headlines()
    ]
    assert said(again) == said(session)
    # What an address brings is no step of its own.
    assert again.stream.value("address")["push"] is False


def test_back_and_forward_change_what_is_compared_with(session):
    address = addressed(session)
    one, other = two_saved(session)
    session.scenarios.open(other.id)
    before = said(session)
    session.scenarios.compare_with(one.id)
    assert session.stream.value("address")["push"] is True
    after = said(session)
    address.go_back(before)
    assert session.state.reference.id == ""
    assert (said(session), session.stream.value("address")["push"]) == (before, False)
    address.go_back(after)
    assert session.state.reference.id == one.id
    assert (said(session), session.stream.value("address")["push"]) == (after, False)
    # A scenario that is no longer there is told, and the address is true again.
    address.go_back(f"{before}&against=nowhere")
    assert session.notice.severity == "error"
    assert dict(parse_qsl(said(session)))["against"] == one.id


def test_back_brings_the_unsaved_work_that_the_address_named_and_not_the_scenario_as_saved(session):
    address = addressed(session)
    one, other = two_saved(session)
    session.scenarios.open(one.id)
    session.questions.change(lambda: with_limit(25.0))
    before = said(session)
    assert "draft" in dict(parse_qsl(before))
    session.scenarios.open(other.id)
    after = said(session)
    address.go_back(before)
    state = session.state
    assert (state.opened.id, state.what_if, state.unsaved) == (one.id, with_limit(25.0), True)
    assert (said(session), session.stream.value("address")["push"]) == (before, False)
    address.go_back(after)
    assert (state.opened.id, state.what_if) == (other.id, with_limit(20.0))
    # Saved meanwhile, its draft is gone: it is shown as it was saved, and that is no step of its own.
    address.go_back(before)
    session.scenarios.save()
    address.go_back(after)
    address.go_back(before)
    assert (state.opened.id, state.what_if, state.unsaved) == (one.id, with_limit(25.0), False)
    assert session.stream.value("address")["push"] is False
    again = loaded_again(session, before)
    assert (again.state.opened.id, again.state.what_if) == (one.id, with_limit(25.0))


def test_back_to_a_draft_that_was_saved_under_a_name_since_stays_at_what_was_saved(session):
    address = addressed(session)
    session.questions.change(lambda: with_limit(25.0))
    before = said(session)
    session.scenarios.save_as("Usulan", "")
    address.go_back(before)
    assert session.state.what_if == with_limit(25.0)
    assert session.state.opened.name == "Usulan"


def test_back_to_a_unit_that_was_undone_says_so(session, area):
    address = addressed(session)
    session.questions.change(lambda: with_unit(area))
    session.select_facility("new-3")
    before = said(session)
    assert dict(parse_qsl(before))["facility"] == "new-3"
    session.questions.undo()
    address.go_back(before)
    assert session.state.selected is None
    assert session.notice.severity == "warning"
    assert "facility" not in dict(parse_qsl(said(session)))
    # Nor is what was chosen since in its place.
    session.state.selected = Selection("village", area.layers.villages.index[0])
    address.go_back(before)
    assert session.state.selected is None
    session.notice.tell("")
    session.questions.redo()
    address.go_back(before)
    assert session.state.selected == Selection("facility", "new-3")
    assert session.notice.text == ""


def test_an_address_brings_back_a_unit_of_its_scenario_or_draft(session, area):
    addressed(session)
    session.questions.change(lambda: with_unit(area))
    session.select_facility("new-3")
    draft = said(session)
    assert loaded_again(session, draft).state.selected == Selection("facility", "new-3")
    session.scenarios.save_as("Usulan", "")
    saved = said(session)
    again = loaded_again(session, saved)
    assert again.state.selected == Selection("facility", "new-3")
    assert again.notice.text == ""
    assert (said(again), again.stream.value("address")["push"]) == (saved, False)


def test_a_map_of_differences_has_no_other_side(session):
    state = session.state
    one, other = two_saved(session)
    session.scenarios.compare_with(one.id)
    assert state.measure == "change"
    state.beside = "line"
    assert (state.measure, state.beside) == ("status", "line")
    # Against something else the sides stay as they are.
    session.scenarios.compare_with(other.id)
    assert (state.measure, state.beside) == ("status", "line")
    state.measure = "change"
    assert (state.measure, state.beside) == ("change", "")


def test_an_address_brings_back_the_list_and_no_filter_is_a_step(session):
    address = addressed(session)
    district = next(iter(session.state.districts()))
    session.state.filter = Filter(query="marga & co", district=district, status="gap", reason="too_far")
    session.state.order = "-name"
    assert session.stream.value("address")["push"] is False
    again = loaded_again(session, said(session))
    assert (again.state.filter, again.state.order) == (session.state.filter, "-name")
    # An address that says nothing of it shows all; what makes no sense is left out.
    address.go_back("?district=nowhere&status=x&reason=&order=y&query=%20")
    assert session.state.filter == Filter(query=" ")
    assert session.state.order == "unreached"
    address.go_back("?query=\ud800")
    assert said(session)


def test_an_address_brings_back_the_villages_of_a_box(session):
    """However many they are: it says the box itself, as it was drawn."""
    address = addressed(session)
    villages = session.area.layers.villages
    west, south, east, north = villages.to_crs(4326).total_bounds
    view = mapview._MapView(session)

    def draw(*corners):
        view.bridge._handle_msg({"type": "several", "corners": [list(corner) for corner in corners]})

    draw((west, south), ((west + east) / 2, north))
    middles = villages.geometry.representative_point().to_crs(4326)
    inside = (middles.x <= (west + east) / 2).to_numpy()
    assert 0 < inside.sum() < len(villages)
    np.testing.assert_array_equal(session.state.passing(), inside)
    assert session.stream.value("address")["push"] is False
    with_box = said(session)
    again = loaded_again(session, with_box)
    assert again.state.filter == session.state.filter
    assert said(again) == with_box
    shown = villages_view._Ranked(again).fragment.html
    assert again.texts.text("in a box on the map") in shown
    # Other filters are set besides; an address without it shows all.
    session.state.filter = replace(session.state.filter, status="gap")
    assert session.state.passing().sum() < inside.sum()
    address.go_back("?kind=pustu")
    assert session.state.filter == Filter()
    address.go_back(with_box)
    np.testing.assert_array_equal(session.state.passing(), inside)
    # Nobody has the middle in a place without extent, or in the sea: what was chosen before stays.
    for nowhere in ((west, south), (west, south)), ((0.0, 0.0), (1.0, 1.0)):
        draw(*nowhere)
        assert session.texts.text("No village has its middle in this box.") in session.notice.text
        np.testing.assert_array_equal(session.state.passing(), inside)
    wrong = ("", "1,2,3", "a,b,c,d", "nan,nan,nan,nan", "-inf,-inf,inf,inf", "0,0,1,1", "1,2,3,4,5")
    assert [boxed({"box": text}, session.area) for text in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("turns", [-2, 0, 1])
def test_a_box_over_the_date_line_holds_what_lies_in_it(session, turns):
    """A map that is zoomed far out shows more than the world is wide."""
    every = np.ones(len(session.area.layers.villages), dtype=bool)
    for west, east in ((-7.0, 221.0), (-100.0, 200.0), (95.0, 181.0)):
        corners = [[west + 360 * turns, -20.0], [east + 360 * turns, 20.0]]
        box = heard({"type": "several", "corners": corners})["box"]
        np.testing.assert_array_equal(session.area.in_box(box), every)


@pytest.mark.parametrize(
    "corners",
    [None, [[10**400, 1], [10**400, 2]], [],
     [[1, 2]], [[1, 2], [3]], [[1, 2], ["x", 4]], [[1, 2], [math.nan, 4]], [[1, 95], [2, 3]],
     [[1, 2], [3, 4], [5, 6]], {"west": 1}],
)  # fmt: skip
def test_a_box_that_is_none_is_not_heard(corners):
    assert heard({"type": "several", "corners": corners}) is None


def test_an_address_says_where_the_map_looks(session):
    point = session.area.layers.villages.to_crs(4326).geometry.iloc[0].representative_point()
    at = (round(point.y, 5), round(point.x, 5), 12.25)
    looks = []
    session.map.look = looks.append
    addressed(session).start({"at": ",".join(map(str, at))})
    assert looks == [at]
    wrong = ("", "1,2", "a,b,c", "nan,0,3", f"{at[0]},{at[1]},99", f"{at[0]},{at[1]},-1", "10.0,20.0,9",
             f"{at[0]},inf,9", f"{at[0]},{at[1]},9,9")  # fmt: skip
    assert [looked_at({"at": text}, session.area) for text in wrong] == [None] * len(wrong)


@pytest.mark.slow
def test_reloads_of_unsaved_work_leave_one_draft(session, monkeypatch):
    addressed(session)
    session.questions.change(lambda: with_limit(45.0))
    gone = []
    monkeypatch.setattr(Drafts, "connected", property(lambda self: self not in gone))
    page = session
    for _ in range(4):
        # The page that is left has its socket until the new one is shown.
        again = loaded_again(page, said(page))
        assert again.state.what_if == with_limit(45.0)
        assert said(again) == said(page)
        gone.append(page.drafts)
        page = again
    assert len(session.store.drafts(session.area.code, "siti")) == 1
    # It goes on under its own name, once it is clear that the page before is no longer there.
    page.questions.change(lambda: with_limit(50.0))
    [draft] = session.store.drafts(session.area.code, "siti")
    assert draft.token == page.drafts.token == session.drafts.token
    assert draft.content == page.state.history.content()


def test_a_second_tab_writes_a_draft_of_its_own(session):
    addressed(session)
    session.questions.change(lambda: with_limit(45.0))
    mine = session.drafts.token
    tabs = [loaded_again(session, said(session)) for _ in range(2)]
    # By its first change, or when it has been open for a while.
    tabs[0].questions.change(lambda: with_limit(50.0))
    tabs[1].drafts.settle()
    tokens = [tab.drafts.token for tab in tabs]
    assert len({"", mine, *tokens}) == 4
    assert [dict(parse_qsl(said(tab)))["draft"] for tab in tabs] == tokens
    drafts = {d.token: d.content for d in session.store.drafts(session.area.code, "siti")}
    assert drafts == {
        mine: session.state.history.content(), tokens[0]: tabs[0].state.history.content(),
        tokens[1]: session.state.history.content(),
    }  # fmt: skip
    tabs[1].drafts.settle()
    assert tabs[1].drafts.token == tokens[1]


def test_a_draft_that_was_saved_meanwhile_is_kept_for_the_tab_that_shows_it(session):
    addressed(session)
    session.questions.change(lambda: with_limit(45.0))
    tab = loaded_again(session, said(session))
    session.scenarios.save_as("Usulan", "")
    assert session.store.drafts(session.area.code, "siti") == []
    tab.drafts.settle()
    [draft] = session.store.drafts(session.area.code, "siti")
    assert draft.content == tab.state.history.content()


@pytest.mark.slow
def test_drafts_say_how_much_they_hold_and_can_be_deleted(session, area, monkeypatch):
    limit, unit = with_limit(45.0), with_unit(area)
    both = unit.model_copy(update={"standard": limit.standard})
    tokens = []
    for what_if in (limit, both):
        other = Session(area, session.texts, session.store, account="siti", editor=True)
        other.drafts.live = session.drafts.live
        other.questions.change(lambda asked=what_if: asked)
        tokens.append(other.drafts.token)
    view = scenarios_view._Scenarios(session)
    about = {a.token: a for a in map(view.about, view.lists.drafts)}
    assert {token: about[token].changes for token in tokens} == {tokens[0]: 1, tokens[1]: 2}
    assert "2 perubahan: " in view.fragment.html
    # Both are open in other tabs.
    assert view.fragment.html.count(session.texts.text("open in another tab")) == 2
    assert "leave_draft" not in view.fragment.html
    session.drafts.delete(tokens[0], then=view.load)
    assert session.texts.text("This draft is open in a tab.") in session.notice.text
    monkeypatch.setattr(Drafts, "connected", property(lambda _self: False))
    view.load()
    # Once is a question, and twice is yes.
    view.acted({"act": "delete_draft", "token": tokens[0]})
    assert len(view.lists.drafts) == 2
    view.acted({"act": "leave_draft", "token": tokens[0]})
    assert 'data-act="delete_draft"' in view.fragment.html
    view.acted({"act": "delete_draft", "token": tokens[0]})
    assert [d.token for d in session.store.drafts(area.code, "siti")] == [tokens[1]]
    assert [d.token for d in view.lists.drafts] == [tokens[1]]


def test_the_draft_that_is_shown_is_never_among_the_others(session):
    """A page that was loaded again listed its own draft, as one that is open in another tab."""
    session.questions.change(lambda: with_limit(45.0))
    mine = session.drafts.token
    tab = Session(session.area, session.texts, session.store, account="siti", editor=True)
    tab.drafts.live = session.drafts.live
    # The lists are read before what the address names is shown.
    view = scenarios_view._Scenarios(tab)
    assert f'data-token="{mine}"' in view.fragment.html
    addressed(tab).start({"draft": mine})
    assert mine not in view.fragment.html
    # The other page stays, so that this one goes on with a copy: the draft is another tab's from now on.
    tab.drafts.settle()
    assert f'data-token="{mine}"' in view.fragment.html
    assert tab.drafts.token not in view.fragment.html
    assert dict(parse_qsl(said(tab)))["draft"] == tab.drafts.token
    # What is left is among them at once.
    left = tab.drafts.token
    view.acted({"act": "new"})
    assert f'data-token="{left}"' in view.fragment.html
    session.close()
    tab.close()
    assert (session.drafts.renamed, tab.drafts.renamed) == ([], [])


def test_a_list_that_was_not_true_any_more_is_read_again(session):
    """Whatever was to be done with a line that somebody else has changed meanwhile."""
    store, code = session.store, session.area.code
    other = Session(session.area, session.texts, store, account="siti", editor=True)
    other.questions.change(lambda: with_limit(45.0))
    token = other.drafts.token
    other.close()
    [saved, _] = two_saved(session)
    view = scenarios_view._Scenarios(session)
    assert token in view.fragment.html
    store.drop_draft(token)
    view.acted({"act": "resume", "token": token})
    assert token not in view.fragment.html
    # Taken into a tab while its question stood here.
    view.load()
    again = Session(session.area, session.texts, store, account="siti", editor=True)
    again.drafts.live = session.drafts.live
    again.questions.change(lambda: with_limit(20.0))
    taken = again.drafts.token
    view.leaving = taken
    view.acted({"act": "delete_draft", "token": taken})
    assert session.texts.text("This draft is open in a tab.") in session.notice.text
    assert [d.token for d in view.lists.drafts] == [taken]
    assert session.texts.text("open in another tab") in view.fragment.html
    store.archive(saved.id, version=saved.version, account="eko")
    view.acted({"act": "archive", "id": saved.id})
    assert [s.id for s in view.lists.archived] == [saved.id]
    assert saved.id not in {s.id for s in store.scenarios(code)}


def test_nobody_deletes_the_draft_of_somebody_else(session, area):
    session.questions.change(lambda: with_limit(45.0))
    token = session.drafts.token
    session.close()
    eko = Session(area, Texts("id"), session.store, account="eko", editor=True)
    eko.drafts.delete(token, then=lambda: None)
    assert session.store.draft(token) is not None
