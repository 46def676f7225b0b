"""The ILP adoption board: the stage of each puskesmas, edited one at a time, and who changed what."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.components.fragment import Fragment
from app.figures.adoption_board import Board, read_board, typed, values_of
from app.store import AdoptionConflictError
from app.store.adoption_entries import FIELDS
from geodata.errors import ConfigError
from planner.supply.stages import UNKNOWN, default_stages

if TYPE_CHECKING:
    from app.core.session import Session
    from app.store import AdoptionChange, AdoptionEntry

SHOWN_CHANGES = 15
# Rows of the page before that may wait for the board; nobody edits so many at once.
MOST_COMING = 50


@dataclass(frozen=True)
class _Form:
    """A row that is being edited: the version it began from, what was typed, and who was quicker."""

    version: int
    typed: dict[str, str]
    theirs: AdoptionEntry | None = None

    @property
    def whole_date(self) -> bool:
        """Whether the date fits a browser's own field, which knows no month without a day."""
        return re.fullmatch(r"(\d{4}-\d{2}-\d{2})?", self.typed["date"]) is not None


def make(session: Session) -> Fragment:
    """Return the board of the area."""
    return _Adoption(session).fragment


class _Adoption:
    def __init__(self, session: Session) -> None:
        self.session, self.stages = session, default_stages()
        self.board: Board | None = None
        self.forms: dict[str, _Form] = {}
        # Rows that were being edited on the page before, until the board is there.
        self.coming: list[dict[str, str]] = []
        self.fragment = Fragment(
            session.stream, "adoption", self.acted, label=session.texts.text("ILP adoption")
        )
        self.show()
        self.load()

    def read(self) -> Board:
        return read_board(self.session.area, self.session.store, self.stages, changes=SHOWN_CHANGES)

    def load(self) -> None:
        """Read the board again."""

        def shown(board: Board) -> None:
            self.board = board
            coming, self.coming = self.coming, []
            for message in coming:
                self.carried(message)
            self.show()

        self.session.work(self.read, shown, topic="adoption")

    def show(self) -> None:
        session, board = self.session, self.board
        names = {line.facility_id: line.name for line in board.lines} if board else {}
        self.fragment.html = session.render(
            "adoption",
            board=board, forms=self.forms, editor=session.scenarios.editor, stages=self.stages,
            unknown=UNKNOWN,
            stage=self.stage, said=self.said,
            trail=[(session.texts.moment(c.at), c.account, names.get(c.facility_id, c.facility_id),
                    self.changes(c)) for c in (board.trail if board else ())],
        )  # fmt: skip

    def stage(self, key: str) -> str:
        """Return the name of a stage; one that is no longer known by its key."""
        named = {
            s.key: s.name.id if self.session.texts.lang == "id" else s.name.en for s in self.stages.stages
        }
        return self.session.texts.term("unknown") if key == UNKNOWN else named.get(key, key)

    def label(self, field: str) -> str:
        _ = self.session.texts.text
        return {
            "stage": _("stage"), "date": _("date"), "document": _("document"),
            "target_year": _("target year"),
        }[field]  # fmt: skip

    def said(self, field: str, value: object) -> str:
        """Return what a field says, in words."""
        if field == "stage":
            return self.stage(str(value))
        return self.session.texts.term("unknown") if value in (None, "") else str(value)

    def changes(self, change: AdoptionChange) -> list[tuple[str, str, str]]:
        """Return what changed, from what, to what, in words."""
        return [
            (self.label(f), self.said(f, change.old[f]), self.said(f, change.new[f]))
            for f in FIELDS
            if f in change.new
        ]

    def acted(self, message: dict[str, str]) -> None:
        """Do what a button says."""
        facility_id = message.get("id", "")
        line = self.board.line(facility_id) if self.board else None
        form = self.forms.get(facility_id)
        match message["act"]:
            case "facility":
                self.session.select_facility(facility_id)
            case "edit" if line and self.session.scenarios.editor:
                self.forms[facility_id] = _Form(line.version, values_of(line.record))
                self.show()
            case "typed" if form:
                self.forms[facility_id] = replace(form, typed=_values(message))
            case "save" if form:
                self.save(facility_id, replace(form, typed=_values(message)))
            case "carried":
                self.carried(message)
                self.show()
            case "cancel":
                self.forms.pop(facility_id, None)
                self.show()
            case "refresh":
                self.load()

    def carried(self, message: dict[str, str]) -> None:
        """Go on with a row that was being edited on the page before, from the version that it began from."""
        if self.board is None:
            self.coming = [*self.coming, message][-MOST_COMING:]
            return
        facility_id, version = message.get("id", ""), message.get("version", "")[:9]
        if self.board.line(facility_id) and self.session.scenarios.editor and version.isdecimal():
            self.forms[facility_id] = _Form(int(version), _values(message))

    def save(self, facility_id: str, form: _Form) -> None:
        """Write what was typed; a change of somebody else in between is shown beside it."""
        session, store = self.session, self.session.store
        self.forms[facility_id] = form
        try:
            record = typed(facility_id, form.typed, self.stages, session.texts)
        except ConfigError as error:
            session.notice.tell_error(error)
            return

        def slow() -> tuple[AdoptionEntry | None, Board]:
            theirs = None
            try:
                store.set_adoption(session.area.code, record, version=form.version, account=session.account)
            except AdoptionConflictError as conflict:
                theirs = conflict.current
            return theirs, self.read()

        def shown(result: tuple[AdoptionEntry | None, Board]) -> None:
            theirs, self.board = result
            # A reading that began before the change.
            session.drop("adoption")
            if theirs is not None:
                self.forms[facility_id] = _Form(theirs.version, form.typed, theirs)
                self.show()
                return
            self.forms.pop(facility_id, None)
            # First the board, then the word: whoever reads "saved" sees it.
            self.show()
            line = self.board.line(facility_id)
            session.notice.tell(
                session.texts.text("Saved: {name}", name=line.name if line else facility_id), "success"
            )

        session.scenarios.write(slow, shown)


def _values(message: dict[str, str]) -> dict[str, str]:
    return {name: message.get(name, "") for name in FIELDS}
