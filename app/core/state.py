"""What one session looks at and asks; it knows no widgets, so that it can be tested without a browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import param

from app.areas.names import district_names
from app.areas.question import WhatIf
from app.figures.ilp import group_reach
from app.figures.measures import MEASURES, MeasureView
from app.figures.sheets import headlines
from geodata.errors import ConfigError
from planner.scenarios.edits import FACILITY_EDITS, OpenFacility
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from app.areas.area import Answer, Area, Box
    from app.figures.measures import Colouring
    from app.figures.sheets import KindHeadline
    from app.store import Saved
    from planner.scenarios.edits import Edit

LONGEST_HISTORY = 100
# By what the list of villages is in order: most people left out, names from A, quickest, most people first.
ORDERS = ("unreached", "name", "minutes", "people")
BASE = WhatIf()


@dataclass(frozen=True)
class Selection:
    """What the sheet shows: a village or a facility."""

    what: Literal["village", "facility"]
    id: str


@dataclass(frozen=True)
class Filter:
    """Which villages the list shows; what is empty lets all pass."""

    query: str = ""
    district: str = ""
    status: str = ""
    reason: str = ""
    # On the map: those that have their middle in it (degrees).
    box: Box | None = None


@dataclass(frozen=True)
class History:
    """Questions asked one after the other, and which of them is shown; nothing in it changes."""

    steps: tuple[WhatIf, ...] = (BASE,)
    at: int = 0

    @property
    def now(self) -> WhatIf:
        """The question shown."""
        return self.steps[self.at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step before."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone."""
        return self.at < len(self.steps) - 1

    def then(self, what_if: WhatIf) -> History:
        """Return the history with a step more; what was undone is left behind."""
        if what_if == self.now:
            return self
        steps = (*self.steps[: self.at + 1], what_if)[-LONGEST_HISTORY:]
        return History(steps, len(steps) - 1)

    def back(self) -> History:
        """Return the history one step back."""
        return replace(self, at=max(self.at - 1, 0))

    def forth(self) -> History:
        """Return the history one step forth."""
        return replace(self, at=min(self.at + 1, len(self.steps) - 1))

    def content(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"at": self.at, "steps": [s.content() for s in self.steps]}

    @classmethod
    def read(cls, content: dict[str, Any]) -> History:
        """Return the history that :meth:`content` gave.

        Raises
        ------
        ConfigError
        """
        try:
            steps = tuple(WhatIf.read(s) for s in content["steps"])
            at = int(content["at"])
            return cls(steps, at) if steps and 0 <= at < len(steps) else cls()
        except (KeyError, TypeError, ValueError) as error:
            msg = f"this draft cannot be read: {error}"
            raise ConfigError(msg) from None


@dataclass(frozen=True)
class Reference:
    """What the answer is compared with; the base when nothing else is chosen."""

    what_if: WhatIf = BASE
    name: str = ""
    id: str = ""


@dataclass(frozen=True)
class Opened:
    """The saved scenario that is being worked on."""

    id: str
    name: str
    version: int
    saved: WhatIf
    note: str = ""
    archived: bool = False


def opened_as(saved: Saved, *, version: int | None = None) -> Opened:
    """Return a saved scenario as one that is worked on, from its own version or an earlier one."""
    content = WhatIf.read(saved.content)
    return Opened(saved.id, saved.name, version or saved.version, content, saved.note, saved.archived)


class State(param.Parameterized):  # type: ignore[misc] # param ships no types
    """One session's choices; everything shown follows from them and from the area's answers.

    It holds no answer itself: those are asked of the area by their question, so that a session stays small.
    """

    kind = param.String()
    season = param.Selector(default="dry", objects=list(SEASONS))
    measure = param.Selector(default="status", objects=list(MEASURES))
    # A life-cycle group of the scenario; everybody when empty. A ``doc`` would be shown beside the choice.
    group = param.String()
    filter = param.ClassSelector(class_=Filter, default=Filter())
    # Of the list of villages; the other way round with a "-" before it.
    order = param.Selector(default="unreached", objects=[f"{s}{o}" for o in ORDERS for s in ("", "-")])
    selected = param.ClassSelector(class_=Selection, default=None, allow_None=True)
    history = param.ClassSelector(class_=History, default=History())
    # How what is compared with lies beside it: not, under a line that is dragged, or on a second map.
    beside = param.Selector(default="", objects=["", "line", "maps"])
    # The document that another part of the page has chosen; "" where none has.
    document = param.String()
    reference = param.ClassSelector(class_=Reference, default=Reference())
    opened = param.ClassSelector(class_=Opened, default=None, allow_None=True)

    def __init__(self, area: Area, **choices: Any) -> None:  # noqa: ANN401 - param's own
        choices.setdefault("kind", area.kinds[0])
        choices.setdefault("season", area.scenario.season)
        super().__init__(**choices)
        self.area = area
        # Before whatever shows them.
        self.param.watch(self._one_map_of_differences, ["beside", "measure"])
        self.param.watch(self._compare_as_saved, ["opened"])
        self._held: tuple[Answer, Answer] = (area.base, area.base)
        # Another one with each scenario, draft or base that is turned to: what was done in one stays there.
        self.line = 0

    def _one_map_of_differences(self, *events: param.parameterized.Event) -> None:
        """Let no map lie beside one of the difference: of what is compared with it would be blank."""
        if self.beside and self.measure == "change":
            # What was chosen last holds.
            if any(event.name == "beside" for event in events):
                self.measure = "status"
            else:
                self.beside = ""

    def _compare_as_saved(self, *_events: param.parameterized.Event) -> None:
        """Let a scenario compared with itself be the same on both sides, once saved or opened anew."""
        opened, reference = self.opened, self.reference
        if opened is not None and opened.id == reference.id:
            self.reference = Reference(opened.saved, opened.name, opened.id)

    @property
    def what_if(self) -> WhatIf:
        """The question shown."""
        now: WhatIf = self.history.now
        return now

    @property
    def answer(self) -> Answer:
        """The answer to it: at once when it is known, else computed here."""
        return self.area.answer(self.what_if)

    @property
    def compared(self) -> Answer:
        """The answer it is compared with."""
        found = self.area.answer(self.reference.what_if)
        self._held = (self._held[0], found)
        return found

    def headlines(self) -> list[KindHeadline]:
        """Return one headline a kind, of what is shown, against what it is compared with."""
        other = self.compared if self.differs else None
        return headlines(self.answer, self.season, group=self.group, other=other)

    def linked(self) -> dict[str, str]:
        """Return what an address says of the map and the sheet, so that somebody else sees the same."""
        said = {"kind": self.kind, "season": self.season, "measure": self.measure, "group": self.group}
        if self.selected is not None:
            said[self.selected.what] = self.selected.id
        return {k: v for k, v in said.items() if v}

    @property
    def differs(self) -> bool:
        """Whether the answer shown may differ from the one it is compared with."""
        return bool(self.what_if != self.reference.what_if)

    @property
    def unsaved(self) -> bool:
        """Whether the question is nowhere under a name."""
        if self.opened is None:
            return not self.what_if.is_base
        return bool(self.what_if != self.opened.saved)

    @property
    def painted(self) -> Colouring:
        """The measure shown, in its form for a life-cycle group where one is chosen."""
        measure = MEASURES[self.measure]
        return measure.of_group or measure if self.group else measure

    @property
    def needs(self) -> tuple[str, ...]:
        """Parts of the ILP answers that what is shown is made of."""
        return (*self.painted.needs, *(("groups",) if self.group else ()))

    @property
    def ready(self) -> bool:
        """Whether all that is shown is computed, so that it can be shown at once."""
        there = not self.group or self.compared.ready("groups")
        return self.answer.ready(*self.needs) and there

    def preparing(self) -> Callable[[], None]:
        """Return the work after which what is now shown is ready; it is slow, and for a thread."""
        answer, other, needs, group = self.answer, self.compared, self.needs, self.group

        def prepare() -> None:
            answer.prepare(*needs)
            if group:
                other.prepare("groups")

        return prepare

    def shown(self) -> MeasureView:
        """Return what a measure looks at; parts of the ILP answers that are not ready are computed."""
        answer = self.answer
        answer.prepare(*self.needs)
        here = answer.villages(self.kind, self.season)
        there = self.compared.villages(self.kind, self.season)
        people, reached = self.area.people, here["people_reached"].to_numpy()
        if self.group:
            of_group = group_reach(answer, self.group, self.kind, self.season)
            people, reached = of_group.people, of_group.reached
        return MeasureView(
            self.kind,
            here,
            there,
            people,
            reached,
            answer.ilp,
            answer.minutes_at_most(self.kind, self.season),
        )

    def classes_compared(self) -> NDArray[np.int8]:
        """Return each village's class of the measure shown, of what is compared with.

        Returns
        -------
        number
            int8 ``(villages,)``.
        """
        other = self.compared
        other.prepare(*self.needs)
        there = other.villages(self.kind, self.season)
        people, reached = self.area.people, there["people_reached"].to_numpy()
        if self.group:
            of_group = group_reach(other, self.group, self.kind, self.season)
            people, reached = of_group.people, of_group.reached
        at_most = other.minutes_at_most(self.kind, self.season)
        return self.painted.classes(MeasureView(self.kind, there, there, people, reached, other.ilp, at_most))

    def classes(self) -> NDArray[np.int8]:
        """Return each village's class of the measure shown.

        Returns
        -------
        number
            int8 ``(villages,)``.
        """
        return self.painted.classes(self.shown())

    def ranking(self) -> pd.DataFrame:
        """Return the villages that the filter lets pass, those with the most people not reached first.

        Of a life-cycle group, where one is chosen: ``people`` and ``unreached`` are its people.

        Columns: ``village_name``, ``district_name``, ``people``, ``unreached`` (known not to be reached),
        ``unsure`` (of whom nobody knows), ``status``, ``reason``, ``minutes_median``, ``share_reached``,
        ``share_unknown``, ``at_most`` (its minutes are). Villages of which nobody is known to be left out,
        while somebody may be, come after those with people left out, and before those where everybody is
        reached.
        """
        villages = self.area.layers.villages
        answer = self.answer.villages(self.kind, self.season)
        table = villages[["village_name", "district_code", "district_name", "people"]].copy()
        shown = self.shown()
        table["people"], table["unreached"], table["unsure"] = shown.people, shown.unreached, shown.unsure
        names = self.districts()
        table["district_name"] = [names.get(code, "") for code in table["district_code"]]
        for column in ("status", "reason", "minutes_median", "share_reached", "share_unknown"):
            table[column] = answer[column]
        table["at_most"] = self.answer.minutes_at_most(self.kind, self.season)
        table = table[self.passing()]
        nobody_known = table["unreached"].isna() | ((table["unreached"] == 0) & (table["unsure"] > 0))
        codes = table.index.to_numpy(dtype=str)
        minutes = table["minutes_median"].to_numpy()
        keys = {
            "unreached": (-np.nan_to_num(minutes, nan=-1.0, posinf=np.inf),
                          -table["unreached"].mask(nobody_known, 0.5).to_numpy()),
            "name": (table["village_name"].astype("str").str.casefold().to_numpy(dtype=str),),
            "minutes": (minutes,), "people": (-table["people"].to_numpy(),),
        }  # fmt: skip
        by = keys[self.order.removeprefix("-")]
        if not self.order.startswith("-"):
            return table.iloc[np.lexsort((codes, *by))]
        # Backwards, but what nobody knows comes last either way.
        unknown = nobody_known.to_numpy() if self.order == "-unreached" else pd.isna(by[-1])
        order = np.lexsort((codes, *by))[::-1]
        return table.iloc[np.concatenate([order[~unknown[order]], order[unknown[order]]])]

    def passing(self) -> NDArray[np.bool_]:
        """Return which villages the filter lets pass: bool ``(villages,)``."""
        chosen: Filter = self.filter
        table = self.area.layers.villages
        answer = self.answer.villages(self.kind, self.season)
        keep = np.ones(len(table), dtype=bool)
        if chosen.district:
            keep &= (table["district_code"] == chosen.district).to_numpy()
        if chosen.status:
            keep &= (answer["status"] == chosen.status).to_numpy()
        if chosen.reason:
            keep &= (answer["reason"] == chosen.reason).to_numpy()
        if chosen.box is not None:
            keep &= self.area.in_box(chosen.box)
        words = chosen.query.casefold().split()
        if words:
            text = (table["village_name"] + " " + table.index.astype("str")).str.casefold()
            for word in words:
                keep &= text.str.contains(word, regex=False).to_numpy(dtype=bool, na_value=False)
        return keep

    def districts(self) -> dict[str, str]:
        """Return the kecamatan: name by code, in the order of names."""
        return district_names(self.area.layers.villages)

    def check(self, what_if: WhatIf) -> Answer:
        """Return the answer to a question that is about to be asked; this is the slow part.

        Raises
        ------
        ConfigError
            The question makes no sense here; nothing has changed then.
        """
        answer = self.area.answer(what_if)
        # Here, in a thread, so that what is shown of it is there at once.
        answer.prepare(*self.needs)
        answer.summary  # noqa: B018 - computed by being asked for, and kept
        return answer

    def ask(self, what_if: WhatIf) -> None:
        """Ask a question: check it, then show its answer.

        Raises
        ------
        ConfigError
        """
        self.check(what_if)
        self.show(what_if)

    def show(self, what_if: WhatIf) -> None:
        """Show the answer to a question that was checked."""
        self.move_to(self.history.then(what_if))

    def undo(self) -> None:
        """Show the question before."""
        self.move_to(self.history.back())

    def redo(self) -> None:
        """Show the question that was undone."""
        self.move_to(self.history.forth())

    def turn_to(self, history: History, opened: Opened | None) -> None:
        """Leave what is worked on for another scenario, draft or the base, each with a history of its own."""
        self.line += 1
        self.move_to(history, opened=opened)

    def move_to(self, history: History, **others: Any) -> None:  # noqa: ANN401 - param's own
        """Show the question of a history, everything that depends on it in one step.

        A facility that is chosen, and gone with the edit that opened it, is no longer chosen.
        """
        chosen = self.selected
        if chosen is not None and chosen.what == "facility":
            opened = {e.id for e in history.now.edits if isinstance(e, OpenFacility)}
            opened |= set(self.area.layers.facilities.index) | set(self.area.base_facilities.index)
            if chosen.id not in opened:
                others["selected"] = None
        # Held, so that what is shown is never computed twice however many questions others ask.
        self._held = (self.area.answer(history.now), self._held[1])
        self.param.update(history=history, **others)

    def with_rule(self, kind: str, *, mode: str | None = None, limit_minutes: float | None = None) -> WhatIf:
        """Return the question with a kind's mode or limit changed; None leaves it as it is."""
        base = self.area.scenario.standard[kind]
        now = self.answer.gaps.scenario.standard[kind]
        mode = now.mode if mode is None else mode
        limit = now.limit_minutes if limit_minutes is None else limit_minutes
        return self.what_if.with_rule(
            kind,
            mode=None if mode == base.mode else mode,
            limit_minutes=None if limit == base.limit_minutes else limit,
        )

    def new_facility_id(self, kind: str) -> str:
        """Return an id that no facility of the area, or of the question, has."""
        taken = set(self.area.layers.facilities.index) | set(self.area.base_facilities.index)
        taken |= {e.id for e in self.what_if.edits if isinstance(e, FACILITY_EDITS)}
        n = 1
        while f"{kind}-{n}" in taken:
            n += 1
        return f"{kind}-{n}"

    def without_facility_edits(self, facility_id: str) -> WhatIf:
        """Return the question without any edit of a facility."""
        kept = tuple(e for e in self.what_if.edits if getattr(e, "id", None) != facility_id)
        return self.what_if.model_copy(update={"edits": kept})

    def edits_of(self, facility_id: str) -> tuple[Edit, ...]:
        """Return the edits of a facility."""
        return tuple(e for e in self.what_if.edits if getattr(e, "id", None) == facility_id)


def new_token() -> str:
    """Return the name of a draft, too long to guess."""
    return secrets.token_urlsafe(16)
