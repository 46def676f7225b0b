"""The data: what is doubtful and where; another list on trial; what the data were before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import panel_material_ui as pmui
import param

from app.areas.trials import ENDINGS
from app.components.fragment import Fragment
from app.components.upload import EMPTY, Upload
from app.core.state import Selection
from app.figures.compared import totals_rows, village_rows
from app.figures.data_changes import SHOWN_CELLS, data_named, decidable, marks
from app.figures.findings import FindingShown, graded, shown_findings
from app.views.follows import Follows
from geodata.drafting.chosen import keys_of
from geodata.errors import InputError
from geodata.vocabulary.kinds import known_kinds

if TYPE_CHECKING:
    from app.core.session import Session
    from geodata.earlier import Earlier

LARGEST_FILE_BYTES = 20_000_000
SHOWN_VILLAGES = 30


def make(session: Session) -> pmui.Column:
    """Return the quality of the data, the form for another list, and the earlier states."""
    return _Data(session).layout


class _Read(NamedTuple):
    """What is known of the data: findings, grade, and what they were before."""

    findings: list[FindingShown]
    graded: tuple[str, list[str]]
    earlier: tuple[Earlier, ...]


class _Data(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        _ = session.texts.text
        # Of the area; None until they are computed.
        self.findings: list[FindingShown] | None = None
        # The letter, and a line for each part of the grade.
        self.graded: tuple[str, list[str]] | None = None
        self.earlier: tuple[Earlier, ...] = ()
        # The finding whose rows are on the map.
        self.on_map = ""
        self.quality = Fragment(session.stream, "quality", self.acted, label=_("Quality of the data"))
        self.given = Fragment(session.stream, "given", self.acted, label=_("Another list or table"))
        self.states = Fragment(session.stream, "earlier", self.acted, label=_("Earlier data"))
        parts: list[Any] = []
        if self.revising.served is not None and not session.area.trial:
            name = _("Drop a list of units or a table of people here")
            self.file = Upload(
                self.refused, label=name, uploaded_label=name, accept=",".join(ENDINGS), size="small",
                variant="outlined", max_file_size=LARGEST_FILE_BYTES, margin=(4, 0),
                begun=session.notice.over,
            )  # fmt: skip
            self.file.param.watch(self.uploaded, ["value"])
            parts += [self.file, self.given, self.states]
        self.layout = pmui.Column(*parts, self.quality, margin=0, sizing_mode="stretch_width")
        self.show()
        self.load()

    def load(self) -> None:
        """Read what is doubtful in the data, and what they were before."""
        session, served = self.session, self.revising.served

        def slow() -> _Read:
            found = shown_findings(session.area.findings, session.texts)
            letter = graded(session.area, session.texts)
            try:
                return _Read(found, letter, () if served is None else served.earlier(session.area))
            except InputError:
                # What is wrong with the workspace's earlier states is no reason to show nothing of this one.
                return _Read(found, letter, ())

        def shown(read: _Read) -> None:
            self.findings, self.graded, self.earlier = read
            self.show()

        session.work(slow, shown, topic="quality")

    @param.depends("revising.order", "revising.tried", "revising.running", "revising.step", "revising.used",
                   "revising.guesses", watch=True)  # fmt: skip
    def changed(self) -> None:
        self.session.views.when_shown("data", self.show)

    @param.depends("revising.used", watch=True)
    def replaced(self) -> None:
        if self.revising.used:
            self.load()

    @param.depends("revising.tried", watch=True)
    def other_trial(self) -> None:
        self.mark("")

    def show(self) -> None:
        session = self.session
        self.quality.html = session.render(
            "quality", findings=self.findings, graded=self.graded, on_map=self.on_map, most=SHOWN_CELLS,
            sources=session.area.layers.sources,
        )  # fmt: skip
        if self.revising.served is None or session.area.trial:
            return
        self.given.html = session.render("given", **self.given_values())
        self.states.html = session.render(
            "earlier", states=[
                (s, session.texts.moment(datetime.fromisoformat(s.at)), data_named(s.why, session.texts))
                for s in self.earlier
            ],
            editor=session.scenarios.editor,
        )  # fmt: skip

    def given_values(self) -> dict[str, Any]:
        """Return what the template of the file and its trial shows."""
        revising, state = self.revising, self.state
        order, tried = revising.order, revising.tried
        chosen = None if order is None else order.chosen
        compared = None if tried is None else tried.change.compared
        return {
            "guesses": revising.guesses, "order": order, "chosen": chosen,
            "keys": self.keys(used=True), "more_keys": self.keys(used=False), "kinds": known_kinds(),
            "running": revising.running, "doing": self.step_words(), "tried": tried, "used": revising.used,
            "grades": None if tried is None else (tried.change.letter_before, tried.change.letter),
            "findings": self.trial_findings(), "decidable": decidable, "on_map": self.on_map,
            "most": SHOWN_CELLS, "editor": self.session.scenarios.editor, "kind": state.kind,
            "season": state.season, "totals": totals_rows(compared, state.season),
            "villages": village_rows(compared, state.kind, state.season), "more": SHOWN_VILLAGES,
            "tried_name": "" if tried is None else data_named(tried.trial.file, self.session.texts),
            "beside": "" if tried is None else self.address(tried.token),
            "anew": f"?area={self.session.area.code}&lang={self.session.texts.lang}",
        }  # fmt: skip

    def keys(self, *, used: bool) -> list[str]:
        """Return the keys that have a column, or may have one; or else the others."""
        order = self.revising.order
        if order is None:
            return []
        return [
            key
            for key in keys_of(order.chosen.role)
            if bool(order.chosen.keys.get(key) or key in order.guess.keys) == used
        ]

    def address(self, token: str) -> str:
        """Return the end of the address of the page that shows the trial."""
        state = self.state
        return (
            f"?area={self.session.area.code}&trial={token}&lang={self.session.texts.lang}"
            f"&kind={state.kind}&season={state.season}"
        )

    def trial_findings(self) -> list[FindingShown]:
        tried = self.revising.tried
        return [] if tried is None else shown_findings(tried.trial.findings, self.session.texts)

    def step_words(self) -> str:
        _ = self.session.texts.text
        return {
            "looking": _("The file is being looked into …"), "reading": _("The file is being read …"),
            "answer": _("Travel times are being computed with the new data …"),
        }.get(self.revising.step, _("Waiting for its turn …"))  # fmt: skip

    def uploaded(self, *_events: object) -> None:
        """Look into the file that was dropped."""
        if self.file.given:
            self.revising.receive(str(self.file.filename), self.file.given)

    def refused(self, why: str) -> None:
        """Say what the browser did not take."""
        if why == EMPTY:
            self.session.notice.tell(self.session.texts.text("The file is empty."), "error")
            return
        texts = self.session.texts
        self.session.notice.tell(
            texts.text("The file is too large for this page: it takes {n} MB at most. Build with it "
                       "instead, or leave out columns that are not needed.",
                       n=texts.number(LARGEST_FILE_BYTES / 1e6)),
            "error",
        )  # fmt: skip

    def acted(self, message: dict[str, str]) -> None:  # noqa: C901 - one case a button
        """Do what a button says."""
        revising, act = self.revising, message["act"]
        match act:
            case "sheet" if message.get("value", "").isdecimal():
                revising.sheet(int(message["value"][:4]))
            case "choose":
                revising.choose(message.get("name", ""), message.get("value", ""))
            case "try":
                revising.run()
            case "stop":
                revising.stop()
            case "leave":
                revising.leave()
            case "use":
                revising.use()
            case "have_back":
                revising.have_back(message.get("name", ""))
            case "take" | "refuse":
                self.decide(message, take=act == "take")
            case "mark":
                self.mark("" if message.get("id") == self.on_map else message.get("id", ""))
                self.show()
            case "village" if message.get("code") in self.session.area.layers.villages.index:
                self.state.selected = Selection("village", message["code"])
            case "facility":
                self.session.select_facility(message.get("id", ""))

    def decide(self, message: dict[str, str], *, take: bool) -> None:
        """Take or leave the proposals of a finding, all of them or that of one row."""
        found = next((f for f in self.trial_findings() if f.key == message.get("id")), None)
        if found is None:
            return
        row = message.get("row", "")
        if not row:
            self.revising.decide_finding(found.finding, take=take)
        elif row.isdecimal() and int(row[:9]) in {c.row for c in decidable(found.finding)}:
            self.revising.decide([int(row[:9])], take=take)

    def mark(self, key: str) -> None:
        """Show the rows of a finding on the map; of none where there is no such finding."""
        tried = self.revising.tried
        of_area = next((f for f in self.findings or () if f"area/{f.key}" == key), None)
        of_trial = next((f for f in self.trial_findings() if f"trial/{f.key}" == key), None)
        found = of_area or of_trial
        self.on_map = key if found is not None else ""
        if found is None:
            self.session.map.mark([])
            return
        layers = self.session.area.layers if of_trial is None or tried is None else tried.trial.area.layers
        self.session.map.mark([
            {"key": m.key, "lat": m.lat, "lon": m.lon, "state": m.severity, "title": m.title,
             "lines": [m.note or found.what]}
            for m in marks([found.finding], layers)
        ])  # fmt: skip
