"""Where next: plans of sites for a question, computed apart from the answers so that those never wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import geopandas as gpd

from app.areas.stopping import has_its_turn, may_go_on
from geodata.crs import WGS84
from geodata.errors import ConfigError
from planner.pipeline import RolloutPlan, Study, as_if_none, rollout, site
from planner.siting.candidates import find_candidates
from planner.siting.measures import Measures, default_measures
from planner.siting.plan_file import PlanYear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import shapely

    from app.areas.question import WhatIf
    from geodata.layers import Layers, Progress
    from planner.pipeline import Ask, Rollout, Siting
    from planner.scenarios.scenario import Scenario


@dataclass(frozen=True)
class MeasurePlace:
    """What can be done where; unlike a candidate's id it means the same whatever else may be chosen.

    Attributes
    ----------
    measure
        Its name among the measures.
    facility_id
        The unit that is changed, "" for a new one.
    lon, lat
        Degrees, 6 decimals.
    """

    measure: str
    facility_id: str
    lon: float
    lat: float

    @property
    def key(self) -> str:
        """A text that names it, in pages and messages.

        Examples
        --------
        >>> MeasurePlace("open_pustu", "", 113.7, -8.2).key
        'open_pustu//113.7/-8.2'
        """
        return f"{self.measure}/{self.facility_id}/{self.lon}/{self.lat}"


@dataclass(frozen=True)
class PlanQuestion:
    """What a plan is asked for.

    Attributes
    ----------
    kind
        The facility kind.
    basis
        What holds without the plan.
    ask
        How much there is, and how it is searched; ``forced`` and ``forbidden`` come from the places below.
    costs
        Rupiah by measure, where somebody gave them.
    accepted, forbidden
        Places that are taken, and that are not.
    areas
        Polygons and MultiPolygons (degrees) in which nothing new is opened.
    years
        The years of a rollout, each with so much as ``ask`` says; () for a plan without years.
    """

    kind: str
    basis: WhatIf
    ask: Ask
    costs: Mapping[str, float] = field(default_factory=dict)
    accepted: tuple[MeasurePlace, ...] = ()
    forbidden: tuple[MeasurePlace, ...] = ()
    areas: tuple[shapely.Geometry, ...] = ()
    years: tuple[int, ...] = ()

    @property
    def amount(self) -> dict[str, float | int | None]:
        """What each year has, or the plan without years: units or rupiah."""
        return {"units": self.ask.units, "budget_idr": self.ask.budget_idr}


def kinds_with_measures(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return those of some kinds that something can be done about.

    Examples
    --------
    >>> kinds_with_measures(("pustu", "clinic"))
    ('pustu',)
    """
    measures = default_measures()
    return tuple(kind for kind in kinds if measures.of_kind(kind))


@dataclass(frozen=True)
class _Last:
    """The plan made last, without years, and what it was made for."""

    question: PlanQuestion
    exclude: gpd.GeoDataFrame | None
    plan: Siting

    def is_of(self, question: PlanQuestion) -> bool:
        """Whether the candidates of a question are those of this plan."""
        return all(
            getattr(self.question, name) == getattr(question, name)
            for name in ("kind", "basis", "costs", "areas")
        )


class Planner:
    """Plans for one area; safe to ask from several threads, one plan after the other.

    Parameters
    ----------
    layers, scenario
        The area that it plans for, and its base. It makes a study of its own at the first plan: a plan takes
        long, and the area's study answers everybody's questions meanwhile.
    """

    def __init__(self, layers: Layers, scenario: Scenario) -> None:
        self._layers, self._scenario = layers, scenario
        self._lock = threading.Lock()
        # The kind that was taken as if there were none, "" where all that is planned for is listed.
        self._assumed = ""
        self._study: Study | None = None
        # An office accepts and forbids, and asks again: whom the candidates reach is known then.
        self._last: _Last | None = None

    def plan(self, question: PlanQuestion, progress: Progress) -> Siting | Rollout:
        """Return a plan, over years where the question has some.

        Raises
        ------
        ConfigError
            The question makes no sense here, or no plan can be what was asked.
        """
        with self._lock:
            has_its_turn()
            progress("network")
            study = self._prepared(question.kind)
            may_go_on()
            study = study.under(question.basis.scenario(self._scenario))
            measures = _with_costs(question.costs)
            last = self._last if self._last is not None and self._last.is_of(question) else None
            # A study and two answers of an area: the old ones go before the new ones are made.
            self._last = last
            exclude = None if last is None else last.exclude
            if last is None and question.areas:
                exclude = gpd.GeoDataFrame(geometry=list(question.areas), crs=WGS84)
            ask = question.ask
            if last is not None:
                found = last.plan.candidates
            elif question.accepted or question.forbidden:
                progress("candidates")
                # As the scenario leaves the units, like the plan itself.
                found = find_candidates(
                    study.gaps(may_go_on=may_go_on).layers,
                    study.demand,
                    measures.of_kind(question.kind),
                    exclude=exclude,
                )
            if question.accepted or question.forbidden:
                ask = replace(
                    ask, forced=_ids(found, question.accepted, must=True),
                    forbidden=_ids(found, question.forbidden, must=False),
                )  # fmt: skip
            if question.years:
                return rollout(
                    study, _over_years(question, ask), measures=measures, exclude=exclude,
                    may_go_on=may_go_on, progress=progress,
                )  # fmt: skip
            plan = site(
                study, question.kind, ask, measures=measures, exclude=exclude,
                earlier=None if last is None else last.plan, may_go_on=may_go_on, progress=progress,
            )  # fmt: skip
            self._last = _Last(question, exclude, plan)
            return plan

    def _prepared(self, kind: str) -> Study:
        assumed = "" if kind in self._layers.area.listed_kinds else kind
        if self._study is None or assumed != self._assumed:
            # The one before is let go first: an area needs one of them.
            self._study = self._last = None
            layers = as_if_none(self._layers, kind)
            self._study = Study(layers, scenario=self._scenario, modes=tuple(self._scenario.modes))
            self._assumed = assumed
        return self._study


def _over_years(question: PlanQuestion, ask: Ask) -> RolloutPlan:
    return RolloutPlan(
        kind=question.kind,
        years=tuple(PlanYear(year=year, **question.amount) for year in question.years),
        forced=ask.forced, forbidden=ask.forbidden, both_seasons=ask.seasons == ("dry", "wet"),
        min_distance_m=ask.min_distance_m, one_per_village=ask.one_per_village, seed=ask.seed,
        time_limit_s=ask.time_limit_s,
    )  # fmt: skip


def _with_costs(costs: Mapping[str, float]) -> Measures:
    measures = dict(default_measures().measures)
    for name, cost in costs.items():
        measures[name] = measures[name].model_copy(update={"cost_idr": cost})
    return Measures(measures=measures)


def _ids(found: gpd.GeoDataFrame, places: Iterable[MeasurePlace], *, must: bool) -> tuple[str, ...]:
    """Return the candidates at some places.

    Raises
    ------
    ConfigError
        One that must be there is not: it lies in an area that was drawn since.
    """
    columns = (found[c] for c in ("measure", "facility_id", "lon", "lat"))
    ids = {MeasurePlace(*row): str(name) for name, *row in zip(found.index, *columns, strict=True)}
    gone = [p for p in places if p not in ids]
    if gone and must:
        msg = (
            f"an accepted site at {gone[0].lat:.5f}, {gone[0].lon:.5f} can no longer be chosen: take the "
            "acceptance back, or the forbidden area that it lies in"
        )
        raise ConfigError(msg, why="accepted_gone")
    return tuple(ids[p] for p in places if p in ids)
