"""Where next, as one session plans it: what is asked, the plan in hand, and what was said of its sites."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import param

from app.areas.planning import PlanQuestion
from app.core.job import Job
from app.core.questions import MOST_EDITS
from app.figures.plan import PlanFigures, plan_of
from geodata.errors import ConfigError
from planner.scenarios.edits import OpenFacility

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import shapely

    from app.areas.planning import MeasurePlace
    from app.areas.question import WhatIf
    from app.core.notice import Notice
    from app.core.questions import Questions
    from app.core.state import State
    from app.core.work import Work
    from app.figures.plan import Site
    from app.texts import Texts
    from planner.pipeline import Ask
    from planner.scenarios.edits import Edit

# Far beyond the longest search that may be chosen; what takes longer lets the next plan go.
LONGEST_PLAN_S = 900.0
# So many may be drawn; a file is one, whatever it holds.
MOST_AREAS = 50


@dataclass(frozen=True)
class Choices:
    """What was said of places: taken, or not; each with the words that name it."""

    accepted: Mapping[MeasurePlace, str] = field(default_factory=dict)
    forbidden: Mapping[MeasurePlace, str] = field(default_factory=dict)

    def accept(self, place: MeasurePlace, name: str) -> Choices:
        """Return them with a place that is taken."""
        return Choices({**self.accepted, place: name}, _without(self.forbidden, place))

    def forbid(self, place: MeasurePlace, name: str) -> Choices:
        """Return them with a place that is not taken."""
        return Choices(_without(self.accepted, place), {**self.forbidden, place: name})

    def leave(self, place: MeasurePlace) -> Choices:
        """Return them with nothing said of a place."""
        return Choices(_without(self.accepted, place), _without(self.forbidden, place))


def _without(places: Mapping[MeasurePlace, str], place: MeasurePlace) -> dict[MeasurePlace, str]:
    return {p: name for p, name in places.items() if p != place}


class Planning(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """The plan of one session; it knows no widgets.

    Parameters
    ----------
    state
        What is shown and asked; a plan builds on it.
    notice, texts
        How the user is told.
    questions
        Take the plan over into the scenario when their turn comes.
    work
        Where a plan is computed.
    """

    plan = param.ClassSelector(class_=PlanFigures, default=None, allow_None=True)
    running = param.Boolean(default=False)
    # The step that is being done, as the planner names it; "" while it waits for its turn.
    step = param.String(default="")
    # What was said of places by kind, so that it is there again when the kind is.
    choices = param.Dict(default={})
    # Polygons and MultiPolygons (degrees) in which nothing new is opened.
    areas = param.ClassSelector(class_=tuple, default=())
    # Of a plan over years: sites that work later are not on the map; 0 shows all.
    until = param.Integer(default=0)
    # The site whose details are shown.
    chosen = param.Parameter(default=None)

    def __init__(
        self, state: State, *, notice: Notice, texts: Texts, questions: Questions, work: Work
    ) -> None:
        super().__init__()
        self._state, self._notice, self._texts = state, notice, texts
        self._questions, self._job = questions, Job(work)
        # By line of work and kind, the edits that came of a plan: the next plan takes their place.
        self._taken: dict[tuple[int, str], tuple[Edit, ...]] = {}

    def of(self, kind: str) -> Choices:
        """Return what was said of places of a kind."""
        found: Choices = self.choices.get(kind, Choices())
        return found

    def basis(self, kind: str) -> WhatIf:
        """Return the question shown without what a plan of the kind put into it since it was opened."""
        plan: PlanFigures | None = self.plan
        if plan is not None and plan.question.kind == kind and self.is_of_what_is_shown:
            return plan.question.basis
        what_if = self._state.what_if
        for edit in self._taken.get((self._state.line, kind), ()):
            what_if = what_if.without(edit)
        return what_if

    @property
    def is_of_what_is_shown(self) -> bool:
        """Whether the plan in hand builds on the question shown, whatever of its own sites is in that."""
        plan, shown = self.plan, self._state.what_if
        return plan is not None and plan.question.basis in (shown, _besides(plan, shown))

    @property
    def is_taken(self) -> bool:
        """Whether the whole plan in hand is in the question shown."""
        if self.plan is None or not self.plan.sites:
            return False
        there = {getattr(e, "id", "") for e in self._state.what_if.edits}
        return {s.edit.id for s in self.plan.sites} <= there

    @property
    def is_old(self) -> bool:
        """Whether the plan in hand answers another question than what would be asked now."""
        plan = self.plan
        if plan is None:
            return False
        asked, now = plan.question, self.of(plan.question.kind)
        return bool(
            set(asked.accepted) != set(now.accepted)
            or set(asked.forbidden) != set(now.forbidden)
            or asked.areas != self.areas
            or asked.basis != self.basis(asked.kind)
        )

    def solve(self, kind: str, ask: Ask, costs: Mapping[str, float], years: tuple[int, ...] = ()) -> None:
        """Compute a plan, over years where some are given; what is being computed already is left."""
        said, basis = self.of(kind), self.basis(kind)
        # A saved scenario may hold the plan before: what is left out below is what the next one replaces.
        replaced = tuple(e for e in self._state.what_if.edits if e not in basis.edits)
        if replaced:
            self._taken[self._state.line, kind] = replaced
        question = PlanQuestion(
            kind,
            basis,
            ask,
            dict(costs),
            tuple(said.accepted),
            tuple(said.forbidden),
            self.areas,
            years,
        )
        planner = self._state.area.planner

        def make(progress: Callable[[str], None]) -> PlanFigures:
            return plan_of(planner.plan(question, progress), question)

        # The plan before is let go now, not when the next one is there.
        self.param.update(running=True, step="", plan=None, chosen=None, until=0)
        self._job.start(
            make, self._show, self._failed, at=self._at, limit_s=LONGEST_PLAN_S, too_long=self._too_long
        )

    def again(self) -> None:
        """Solve what the plan in hand answers once more, by what was said of its sites since."""
        if self.plan is not None:
            asked = self.plan.question
            self.solve(asked.kind, asked.ask, asked.costs, asked.years)

    def _at(self, step: str) -> None:
        self.step = step

    def _too_long(self) -> None:
        self._left(self._texts.text(
            "The plan took longer than {n} minutes and was stopped.",
            n=self._texts.number(LONGEST_PLAN_S / 60),
        ))  # fmt: skip

    def _show(self, plan: PlanFigures) -> None:
        self._notice.over()
        self.param.update(running=False, plan=plan)

    def _failed(self, error: BaseException) -> None:
        self.running = False
        self._notice.tell_error(error)

    def stop(self) -> None:
        """Stop the plan that is being computed."""
        if self.running:
            self._job.stop()
            self._left(self._texts.text("The plan was stopped; nothing has changed."))

    def _left(self, why: str) -> None:
        self.running = False
        self._notice.tell(why, "warning")

    def halt(self) -> None:
        """Let the work end at its next step, from any thread; one that has not begun never does."""
        self._job.halt()

    def close(self) -> None:
        """Stop, and let go of the plan; nobody is told any more."""
        self._job.stop()
        self.param.watchers = {}
        self.param.update(running=False, plan=None)

    def places(self, kind: str) -> dict[str, tuple[MeasurePlace, str]]:
        """Return the places of a kind that are on the page, with their names: by key."""
        found = dict(self.of(kind).accepted) | dict(self.of(kind).forbidden)
        if self.plan is not None and self.plan.question.kind == kind:
            for one in self.plan.sites:
                found |= {a.place: a.label for a in one.alternatives}
            found |= {one.place: one.label for one in self.plan.sites}
        return {place.key: (place, name) for place, name in found.items()}

    def say(self, kind: str, act: str, key: str) -> None:
        """Accept or forbid a place, or take that back; a key of no place on the page does nothing."""
        place, name = self.places(kind).get(key, (None, ""))
        if place is None:
            return
        said = self.of(kind)
        match act:
            case "accept":
                said = said.accept(place, name)
            case "forbid":
                said = said.forbid(place, name)
            case "leave":
                said = said.leave(place)
        self.choices = {**self.choices, kind: said}

    def say_of_site(self, act: str, key: str) -> None:
        """Do the same for a site of the plan in hand."""
        if self.plan is not None:
            self.say(self.plan.question.kind, act, key)

    def accept_all(self) -> None:
        """Accept every site of the plan in hand."""
        if self.plan is not None:
            kind, said = self.plan.question.kind, self.of(self.plan.question.kind)
            for one in self.plan.sites:
                said = said.accept(one.place, one.label)
            self.choices = {**self.choices, kind: said}

    def take_instead(self, key: str, other: str) -> None:
        """Accept one place, and forbid the site in whose place it is taken."""
        if self.plan is not None:
            kind = self.plan.question.kind
            self.say(kind, "accept", other)
            self.say(kind, "forbid", key)

    def choose(self, key: str) -> None:
        """Show the details of a site; of none where it is shown already."""
        one = None if self.plan is None else self.plan.site(key)
        self.chosen = None if one is None or one.place == self.chosen else one.place

    def discard(self) -> None:
        """Let go of the plan and of what was said of its sites; the scenario stays as it is."""
        if self.plan is not None:
            kept = {k: c for k, c in self.choices.items() if k != self.plan.question.kind}
            self.param.update(plan=None, chosen=None, choices=kept, until=0)

    def forbid_area(self, area: shapely.Geometry) -> None:
        """Keep an area (degrees) in which nothing new is opened.

        Raises
        ------
        ConfigError
            It is no area: its outline crosses itself, or has no inside; or there are too many.
        """
        if not area.is_valid or area.area == 0:
            raise ConfigError(self._texts.text("The outline crosses itself: draw the area anew."))
        if len(self.areas) >= MOST_AREAS:
            raise ConfigError(self._texts.text("There can be {n} forbidden areas at most.", n=MOST_AREAS))
        self.areas = (*self.areas, area)

    def take_over(self, *, accepted_only: bool = False) -> None:
        """Put the plan's sites into the question shown, as edits like those that are drawn.

        They take the place of what an earlier plan of the kind put there.
        """
        plan = self.plan
        if plan is None:
            return
        kind, said = plan.question.kind, self.of(plan.question.kind)
        sites = [s for s in plan.sites if not accepted_only or s.place in said.accepted]
        edits = tuple(self._named(s.edit, s.village_name, n) for n, s in _numbered(sites))

        def start() -> tuple[Callable[[], Any], Callable[[Any], None]]:
            basis = self.basis(kind)
            what_if = basis.model_copy(update={"edits": (*basis.edits, *edits)})
            if len(what_if.edits) > MOST_EDITS:
                raise ConfigError(self._texts.text("A scenario holds {n} changes at most.", n=MOST_EDITS))

            def show(_answer: object) -> None:
                self._taken[self._state.line, kind] = edits
                self._state.show(what_if)
                self._notice.tell(self._texts.several(
                    "{n} site is in the scenario now; save it under a name to keep it.",
                    "{n} sites are in the scenario now; save it under a name to keep them.", len(edits),
                ), "success")  # fmt: skip

            return partial(self._state.check, what_if), show

        self._questions.queue(start)

    def _named(self, edit: Edit, village: str, number: int) -> Edit:
        """Return an edit whose new unit is called by its kind and village."""
        if not isinstance(edit, OpenFacility) or edit.name or not village:
            return edit
        name = f"{self._texts.kind(edit.kind)} {village}{f' {number}' if number > 1 else ''}"
        return edit.model_copy(update={"name": name})


def _besides(plan: PlanFigures, what_if: WhatIf) -> WhatIf:
    """Return a question without the sites of a plan, whatever they are called in it."""
    own = {s.edit.id: s.edit for s in plan.sites}
    kept = tuple(e for e in what_if.edits if _unnamed(e) != _unnamed(own.get(getattr(e, "id", ""))))
    return what_if.model_copy(update={"edits": kept})


def _unnamed(edit: Edit | None) -> Edit | None:
    return edit.model_copy(update={"name": ""}) if isinstance(edit, OpenFacility) else edit


def _numbered(sites: Sequence[Site]) -> list[tuple[int, Site]]:
    """Return sites with their number in their village: 1, 2, …."""
    seen: Counter[str] = Counter()
    out = []
    for one in sites:
        seen[one.village_code] += 1
        out.append((seen[one.village_code], one))
    return out
