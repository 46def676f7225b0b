"""Proposals: where next units of a kind should be, chosen by the planner and settled site by site."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui
import param
import shapely

from app.areas.planning import kinds_with_measures
from app.components.fragment import Fragment
from app.components.upload import EMPTY, Upload
from app.figures.plan import curve_chart
from app.figures.plan_form import AMOUNTS, AREA_FILES, BY, CHOICES, YEARS, area_of_file, read_form, read_years
from app.views.follows import Follows
from geodata.errors import ConfigError
from planner.siting.measures import default_measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.session import Session
    from app.texts import Texts

PAGE = 30
LARGEST_FILE_BYTES = 10_000_000
# The steps of a plan in their order, as the planner begins their names.
STEPS = ("network", "candidates", "reach", "times", "solving", "check")


def make(session: Session) -> pmui.Column | Fragment:
    """Return the form, and below it the plan; a note where nothing can be done about any kind."""
    if kinds_with_measures(session.area.kinds):
        return _Proposals(session).layout
    note = Fragment(session.stream, "plan", label=session.texts.text("The plan"))
    note.html = session.render("plan_nothing")
    return note


class _Proposals(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        _ = session.texts.text
        self.shown = PAGE
        self.typed: dict[str, str] = {}
        self.form = Fragment(session.stream, "plan_form", self.asked, label=_("What is planned"))
        self.result = Fragment(session.stream, "plan", self.acted, label=_("The plan"))
        name = _("Forbidden areas from a file (GeoJSON, GPKG)")
        self.file = Upload(
            self.refused, label=name, uploaded_label=name, accept=",".join(AREA_FILES),
            size="small", variant="outlined", max_file_size=LARGEST_FILE_BYTES, margin=(4, 0),
            begun=session.notice.over,
        )  # fmt: skip
        self.file.param.watch(self.uploaded, ["value"])
        self.layout = pmui.Column(self.form, self.file, self.result, margin=0, sizing_mode="stretch_width")
        self.show_form()
        self.show()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the standard that something can be done about."""
        return kinds_with_measures(self.session.area.kinds)

    @property
    def kind(self) -> str:
        """The kind that is planned for: the one on the map, where it can be."""
        return self.state.kind if self.state.kind in self.kinds else self.kinds[0]

    @param.depends("state.kind", "planning.areas", "planning.choices", watch=True)
    def formed(self) -> None:
        self.session.views.when_shown("proposals", self.show_all)

    @param.depends(
        "planning.plan",
        "planning.running",
        "planning.step",
        "planning.chosen",
        "planning.until",
        "state.history",
        watch=True,
    )
    def changed(self) -> None:
        self.session.views.when_shown("proposals", self.show_all)

    def show_all(self) -> None:
        """Show both parts: one of them may have changed while they were hidden."""
        self.show_form()
        self.show()

    def show_form(self) -> None:
        session, typed = self.session, self.typed
        by = BY.value(typed.get("by", ""))
        texts = session.texts
        said = self.planning.of(self.kind)
        self.form.html = session.render(
            "plan_form",
            kind=self.kind, kinds=self.kinds, by=by, choices=(BY, YEARS, *CHOICES),
            typed={"by": by, "amount": AMOUNTS[by], **typed},
            costs=[(name, texts.term(f"measure_{m.op}"), typed.get(f"cost-{name}", ""))
                   for name, m in default_measures().of_kind(self.kind).items()],
            areas=len(self.planning.areas),
            more=any(c.is_other(typed.get(c.field, "")) for c in CHOICES if c.rare),
            accepted=[(p.key, name) for p, name in said.accepted.items()],
            forbidden=[(p.key, name) for p, name in said.forbidden.items()],
        )  # fmt: skip

    def show(self) -> None:
        session, plan = self.session, self.planning.plan
        step = next((i for i, s in enumerate(STEPS) if self.planning.step.startswith(s)), -1)
        said = None if plan is None else self.planning.of(plan.question.kind)
        chosen = self.planning.chosen
        self.result.html = session.render(
            "plan",
            plan=plan, said=said, running=self.planning.running, step=step, steps=len(STEPS),
            doing=self.step_words(step), words=partial(value_words, texts=session.texts),
            chart=None if plan is None else curve_chart(plan),
            chosen=None if plan is None or chosen is None else plan.site(chosen.key),
            until=self.planning.until, old=self.planning.is_old, taken=self.planning.is_taken,
            shown=self.shown,
        )  # fmt: skip

    def step_words(self, step: int) -> str:
        _ = self.session.texts.text
        return (
            _("Waiting for its turn …"), _("The roads are being prepared …"),
            _("Places that could be chosen are being collected …"),
            _("Whom each place reaches is being computed …"), _("The ways to each place are being timed …"),
            _("The best sites are being chosen …"),
            _("The plan is being checked with travel times …"),
        )[step + 1]  # fmt: skip

    def asked(self, message: dict[str, str]) -> None:
        """Do what the form says."""
        act, planning = message["act"], self.planning
        self.typed |= {k: v[:60] for k, v in message.items() if k in self.fields}
        match act:
            case "kind" if message.get("kind") in self.kinds:
                self.state.kind = message["kind"]
            case "by":
                self.typed.pop("amount", None)
                self.show_form()
            case "years" | "carried":
                self.show_form()
            case "solve":
                self.solve()
            case "draw":
                self.session.map.pick("area", self.drawn)
            case "no_areas":
                planning.areas = ()
            case "leave":
                planning.say(self.kind, "leave", message.get("id", ""))

    @property
    def fields(self) -> set[str]:
        """Names of the fields of the form."""
        costs = {f"cost-{name}" for name in default_measures().of_kind(self.kind)}
        return {"amount", "by", "years", *(c.field for c in CHOICES), *costs}

    def solve(self) -> None:
        """Compute a plan of what was typed."""
        typed = {"amount": AMOUNTS[BY.value(self.typed.get("by", ""))], **self.typed}
        try:
            ask, costs = read_form(typed, self.kind, self.session.texts)
            years = read_years(typed, ask, self.session.texts, today=date.today())  # noqa: DTZ011 - of the office
        except ConfigError as error:
            self.session.notice.tell_error(error)
            return
        self.shown = PAGE
        self.planning.solve(self.kind, ask, costs, years)

    def refused(self, why: str) -> None:
        """Say what the browser did not take."""
        if why == EMPTY:
            self.session.notice.tell(self.session.texts.text("The file is empty."), "error")
            return
        texts = self.session.texts
        self.session.notice.tell(
            texts.text("The file is too large: {n} MB at most.", n=texts.number(LARGEST_FILE_BYTES / 1e6)),
            "error",
        )  # fmt: skip

    def uploaded(self, *_events: object) -> None:
        """Keep the areas of the file that was chosen."""
        if self.file.given:
            slow = partial(area_of_file, str(self.file.filename), self.file.given, self.session.readers)
            self.session.work(slow, self.forbid, topic="areas", reads=True)

    def forbid(self, area: shapely.Geometry) -> None:
        """Keep an area without new units."""
        try:
            self.planning.forbid_area(area)
        except ConfigError as error:
            self.session.notice.tell_error(error)

    def drawn(self, message: dict[str, Any]) -> None:
        """Keep the area that was drawn."""
        if message.get("type") == "area":
            self.forbid(shapely.Polygon(message["line"]))

    def acted(self, message: dict[str, str]) -> None:
        """Do what a button of the plan says."""
        act, key, planning = message["act"], message.get("id", ""), self.planning
        plain: dict[str, Callable[[], None]] = {
            "stop": planning.stop, "again": planning.again, "accept_all": planning.accept_all,
            "take_over": planning.take_over, "discard": planning.discard, "more": self.more,
            "take_accepted": partial(planning.take_over, accepted_only=True),
            "scenarios": partial(self.session.views.open, "scenarios"),
        }  # fmt: skip
        match act:
            case "accept" | "forbid" | "leave":
                planning.say_of_site(act, key)
            case "instead":
                planning.take_instead(key, message.get("other", ""))
            case "site":
                planning.choose(key)
            case "until" if message.get("value", "").isdecimal():
                planning.until = int(message["value"][:4])
            case "point":
                self.pick(message.get("value") or message.get("number", ""))
            case _ if act in plain:
                plain[act]()

    def more(self) -> None:
        """Show more of the sites."""
        self.shown += 4 * PAGE
        self.show()

    def pick(self, number: str) -> None:
        """Put a point of the curve into the form: so many sites, or so much money."""
        plan = self.planning.plan
        if plan is None or not number.isdecimal() or int(number[:6]) >= len(plan.curve):
            return
        budget = plan.curve[int(number)].budget
        self.typed |= {
            "by": "units" if plan.by_units else "budget_idr",
            "amount": self.session.texts.number(budget) if not plan.by_units else f"{budget:.0f}",
        }
        self.show_form()


def value_words(unit: str, value: float, *, texts: Texts) -> str:
    """Return an amount of what a plan is best at, with its unit."""
    match unit:
        case "minutes" | "worst_minutes":
            return texts.minutes(value)
        case "person_minutes":
            return texts.text("{n} person-minutes", n=texts.number(value))
        case "villages" | "villages_lifted":
            return texts.several("{n} village more served", "{n} villages more served", int(value))
        case _:
            return texts.text("{n} people", n=texts.people(value))
