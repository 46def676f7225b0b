"""A refusal goes with the next step that somebody takes; what is of the page stays until it is closed."""

from __future__ import annotations

import pytest

from app.areas.area import Area
from app.core.session import Session
from app.core.state import Selection
from app.map.bridge import MapBridge
from app.store import Store
from app.texts import Texts
from app.views import whatif
from app.web import serving


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def session(area, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    session = Session(area, Texts("id"), store, account="siti", editor=True)
    session.views.furnish({"gaps": ["villages"], "plan": ["whatif"]})
    yield session
    store.close()


@pytest.fixture
def view(session):
    return whatif._WhatIf(session)


def press(fragment, act, **values):
    """Press a button or leave a field, as the page says it."""
    fragment._handle_msg({"act": act, **values})


def refuse(session, view):
    press(view.rules, "limit", kind="puskesmas", value="9999")
    assert session.notice.severity == "warning"
    assert "240" in session.notice.text


def test_a_refusal_goes_with_the_next_limit(session, view):
    refuse(session, view)
    press(view.rules, "limit", kind="puskesmas", value="20")
    assert session.state.what_if.standard["puskesmas"].limit_minutes == 20.0
    assert session.notice.text == ""


def test_a_refusal_goes_with_a_click_on_the_map(session, view, area):
    refuse(session, view)
    code = str(area.layers.villages.index[2])

    def chosen(message):
        session.state.selected = Selection("village", message["code"])

    MapBridge(session.stream, chosen)._handle_msg({"type": "village", "code": code})
    assert session.state.selected == Selection("village", code)
    assert session.notice.text == ""


def test_a_refusal_goes_with_another_view(session, view):
    session.views.open("whatif")
    refuse(session, view)
    session.stream.heard(lambda: session.views.open("villages"))
    assert session.notice.text == ""


def test_a_refusal_stays_while_nothing_else_was_done(session, view):
    refuse(session, view)
    # A press that changes nothing, and what comes along from the page before.
    press(view.tools, "bridge", value="true")
    press(view.tools, "carried", new_kind="pustu")
    assert "240" in session.notice.text


def test_what_an_act_refuses_stays_with_what_it_changes(session):
    def act():
        session.notice.tell("This draft is no longer there.", "warning")
        session.state.selected = Selection("village", str(session.area.layers.villages.index[0]))

    session.stream.heard(act)
    assert session.notice.text == "This draft is no longer there."


def test_that_data_are_old_stays_until_it_is_closed(session, view):
    session.tell_of_new_data("budi")
    said = session.notice.text
    assert "budi" in said
    session.stream.heard(lambda: session.views.open("villages"))
    session.stream.heard(lambda: setattr(session.state, "kind", "pustu"))
    press(view.rules, "limit", kind="puskesmas", value="20")
    assert session.state.what_if.standard["puskesmas"].limit_minutes == 20.0
    assert session.notice.text == said


def test_another_area_than_the_link_asks_for_stays(session):
    serving._tell_of_another_area(session, "12.34")
    session.stream.heard(lambda: setattr(session.state, "kind", "pustu"))
    assert "12.34" in session.notice.text
