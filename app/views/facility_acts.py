"""What a planner may ask of one facility: what if it closed, worked again, moved, or were of another kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.vocabulary.kinds import known_kinds
from geodata.vocabulary.statuses import YesNo
from planner.scenarios.edits import ChangeFacility, CloseFacility, MoveFacility

if TYPE_CHECKING:
    from app.areas.question import WhatIf
    from app.core.session import Session
    from planner.scenarios.edits import Edit


def acted(session: Session, message: dict[str, str]) -> None:
    """Do what a button of the facility's sheet says."""
    chosen = session.state.selected
    if chosen is None or chosen.what != "facility":
        return
    facility_id, act = chosen.id, message["act"]
    if act == "close":
        _ask(session, CloseFacility(op="close_facility", id=facility_id))
    elif act == "reopen":
        _ask(session, ChangeFacility(op="change_facility", id=facility_id, functioning=YesNo.YES.value))
    elif act == "rekind" and message.get("value") in known_kinds():
        _ask(session, ChangeFacility(op="change_facility", id=facility_id, kind=message["value"]))
    elif act == "restore":
        session.questions.change(lambda: session.state.without_facility_edits(facility_id))
    elif act == "move":
        session.map.pick("place", lambda place: _moved(session, facility_id, place))


def _moved(session: Session, facility_id: str, place: dict[str, Any]) -> None:
    if place.get("type") != "place":
        return
    lon, lat = place["lonlat"]
    if session.area.is_near((lon, lat)):
        _ask(session, MoveFacility(op="move_facility", id=facility_id, lonlat=(lon, lat)))
    else:
        session.notice.tell(session.texts.text("This place is outside the area. Click inside it."), "warning")


def _ask(session: Session, edit: Edit) -> None:
    def more() -> WhatIf:
        return session.state.what_if.with_edit(edit)

    session.questions.change(more)
