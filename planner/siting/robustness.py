"""How a plan holds where speeds, people and the season are uncertain, and the plans that hold better."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.arguments import require_a
from geodata.errors import ConfigError, UnprovenError
from geodata.handed import hands_out_copies
from geodata.layers import no_progress
from geodata.shown import html_table
from planner.coverage.reach import usable_facilities
from planner.coverage.show import area_in_words
from planner.coverage.study import require_study
from planner.progress import go_on
from planner.scenarios.modes import SEASONS, Profile
from planner.siting.ask import Objective
from planner.siting.cover.instance import pairs_of
from planner.siting.reach import BLOCK, times_within
from planner.siting.robust.instance import DrawInstance, SeasonTimes, draw_instance
from planner.siting.robust.plans import best_alone, best_expected, best_worst_case, improved
from planner.siting.robustness_tables import chance_by_village, draw_table, plan_table, site_frequency
from planner.siting.site import Siting
from planner.siting.times import MOST_PAIRS
from planner.siting.uncertainty import Draws, Uncertainty, default_uncertainty, drawn
from planner.siting.weights import counted_people
from planner.travel.straight import straight_line_times

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Progress
    from planner.coverage.study import Study
    from planner.scenarios.modes import Season
    from planner.siting.solution import Solution

# The shares of the time for draws by themselves and for the best on average; the rest is the worst case's.
FOR_DRAWS, FOR_EXPECTED = 0.5, 0.25


@hands_out_copies
@dataclass(frozen=True)
class Robustness:
    """A plan in many draws, and the plans that are best on average and in the worst draw.

    Attributes
    ----------
    nominal
        The plan for what is taken to be known.
    uncertainty, seed
        What is uncertain, and the seed of the draws.
    draws
        Their factors.
    instance
        Who is reached from where; its draw 0 is the nominal one, all factors 1.
    alone
        The best plan of each draw, with its bound, people in all.
    expected, worst_case
        The plan with most people on the mean of the draws, and with most people in its worst draw.
    sites, villages, table, plans
        Tables: see :mod:`planner.siting.robustness_tables`.
    """

    nominal: Siting
    uncertainty: Uncertainty
    seed: int
    draws: Draws
    instance: DrawInstance
    alone: tuple[Solution, ...]
    expected: Solution
    worst_case: Solution
    sites: pd.DataFrame
    villages: pd.DataFrame
    table: pd.DataFrame
    plans: pd.DataFrame

    def __repr__(self) -> str:
        plan = self.nominal
        least = self.plans["people_worst"].round().astype(int)
        return (
            f"Robustness of {len(plan.sites)} × {plan.kind} in {area_in_words(plan.before.layers)}: "
            f"{len(self.alone)} draws, worst draw {least['nominal']:,} people, best possible plan for it "
            f"{least['worst_case']:,}"
        )

    def _repr_html_(self) -> str:
        columns = ["people_mean", "people_worst", "people_nominal"]
        rows = [
            [name, *row]
            for name, row in zip(
                self.plans.index, self.plans[columns].round().to_numpy().tolist(), strict=True
            )
        ]
        return f"<b>{html.escape(repr(self))}</b>" + html_table(rows, ["plan", *columns])


def robustness(
    study: Study,
    plan: Siting,
    *,
    draws: int = 50,
    seed: int = 0,
    uncertainty: Uncertainty | None = None,
    time_limit_s: float = 120.0,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Robustness:
    """Return how a plan holds in draws of speeds, people and the season, and robust plans beside it.

    All plans are judged by the same draws (common random numbers).

    Parameters
    ----------
    study
        Of which the plan is.
    plan
        As :func:`planner.siting.site.site` gives it, for units or money and one season: the nominal plan.
    draws
        How many, 1 to 1,000; the first ones of a larger number are those of a smaller.
    seed
        One seed, one answer.
    uncertainty
        The default when None.
    time_limit_s
        For all plans together; then the best so far stand, with their bounds.
    may_go_on
        Called before every longer step; what it raises ends the work.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        The plan asks for something else than most people, or for both seasons at once; nothing is said of
        how uncertain the speed of its mode is.
    UnprovenError
        The draw without doubts is not what the plan says: our fault, and no answer.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> study = Study(demo_layers(12))
    >>> found = robustness(study, site(study, "posyandu", Ask(units=2)), draws=5)
    >>> found.plans.index.tolist()
    ['today', 'nominal', 'expected', 'worst_case']
    >>> mean = found.plans["people_mean"]
    >>> bool(mean["today"] < mean["nominal"] <= mean["expected"])
    True
    """
    require_study(study)
    require_a(plan, Siting, "plan", "a plan, as site(…) makes it")
    budget = _budget(study, plan)
    uncertainty = default_uncertainty() if uncertainty is None else uncertainty
    mode = study.scenario.standard[plan.kind].mode
    found = drawn(uncertainty, mode, plan.before.demand_method, draws=draws, seed=seed)
    progress("times of all draws")
    instance = _instance(study, plan, found, may_go_on)
    _require_nominal(instance, plan)
    may = _Asked(instance, budget, np.arange(1, draws + 1), seed, time_limit_s, may_go_on)
    progress("each draw by itself")
    alone = may.alone()
    progress("best on average")
    expected = may.expected(plan.solution.chosen)
    progress("best worst case")
    worst_case = may.worst_case(plan.solution.chosen, expected.chosen, alone)
    alone = improved(instance, alone, (plan.solution, expected, worst_case))
    chosen = {
        "today": np.empty(0, np.int64), "nominal": plan.solution.chosen, "expected": expected.chosen,
        "worst_case": worst_case.chosen,
    }  # fmt: skip
    progress("villages")
    return Robustness(
        plan, uncertainty, seed, found, instance, alone, expected, worst_case,
        site_frequency(plan, chosen, alone), chance_by_village(plan, instance, chosen, may_go_on),
        draw_table(plan, instance, found, chosen, alone), plan_table(instance, chosen, expected, worst_case),
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """The draws that count, and how long the plans for them may take together."""

    instance: DrawInstance
    budget: float
    draws: NDArray[np.int64]
    seed: int
    time_limit_s: float
    may_go_on: Callable[[], None]

    def alone(self) -> tuple[Solution, ...]:
        """Return the best plan of each draw by itself."""
        each_s = FOR_DRAWS * self.time_limit_s / len(self.draws)
        return tuple(
            best_alone(
                self.instance, self.budget, d, seed=self.seed, time_limit_s=each_s, may_go_on=self.may_go_on
            )
            for d in self.draws.tolist()
        )

    def expected(self, nominal: NDArray[np.int64]) -> Solution:
        """Return the plan that is best on the mean of the draws."""
        weight = np.zeros(self.instance.draws)
        weight[self.draws] = 1.0 / len(self.draws)
        return best_expected(
            self.instance, self.budget, weight, starts=[nominal], seed=self.seed,
            time_limit_s=FOR_EXPECTED * self.time_limit_s, may_go_on=self.may_go_on,
        )  # fmt: skip

    def worst_case(
        self, nominal: NDArray[np.int64], expected: NDArray[np.int64], alone: tuple[Solution, ...]
    ) -> Solution:
        """Return the plan whose worst draw is best."""
        return best_worst_case(
            self.instance, self.budget, self.draws, starts=[nominal, expected, *(s.chosen for s in alone)],
            bound=min(s.bound for s in alone), seed=self.seed,
            time_limit_s=(1.0 - FOR_DRAWS - FOR_EXPECTED) * self.time_limit_s, may_go_on=self.may_go_on,
        )  # fmt: skip


def _budget(study: Study, plan: Siting) -> float:
    ask = plan.ask
    if ask.target is not None:
        msg = (
            "robust plans reach most people for so many units or so much money: give one of these, no target"
        )
        raise ConfigError(msg)
    if ask.objective != Objective.PEOPLE or ask.floors or ask.gradual_minutes is not None:
        msg = (
            "robust plans reach most people within the limit: leave out other objectives, floors and degrees"
        )
        raise ConfigError(msg)
    if ask.backup is not None:
        msg = "robust plans count who has one unit within the limit: leave backup out"
        raise ConfigError(msg)
    if ask.capacity:
        msg = "robust plans count units that have room for everybody: leave capacity out"
        raise ConfigError(msg)
    if plan.reach.seasons != (study.scenario.season,):
        msg = "each draw is in one season: plan for the scenario's season, not for both at once"
        raise ConfigError(msg)
    return float(ask.units) if ask.units is not None else float(ask.budget_idr or 0.0)


def _instance(study: Study, plan: Siting, draws: Draws, may_go_on: Callable[[], None]) -> DrawInstance:
    """Return who is reached from where in the nominal draw and in all others.

    With a factor on the speed of whole trips, ``travel_s / factor <= limit_s`` is
    ``travel_s <= limit_s × factor``.
    """
    rule = study.scenario.standard[plan.kind]
    wet = np.append(study.scenario.season == "wet", draws.wet)
    limit = np.where(wet, rule.of("wet").limit_s, rule.of("dry").limit_s) * np.append(1.0, draws.speed)
    villages = plan.before.layers.villages.index
    village = villages.get_indexer(plan.before.demand["village_code"])
    people = counted_people(plan.before.demand)
    factor = np.vstack([np.ones(len(villages)), draws.people])[:, village]
    held = [season for number, season in enumerate(SEASONS) if (wet == number).any()]
    longest = {season: float(limit[wet == (season == "wet")].max()) for season in held}
    times = [_times(study, plan, season, longest[season], may_go_on) for season in held]
    one, number = plan.instance, wet.astype(np.int64) * (len(held) - 1)
    return draw_instance(
        people * factor, limit, number, times,
        cost=one.cost, forced=one.forced, forbidden=one.forbidden, conflicts=pairs_of(one.conflicts),
    )  # fmt: skip


def _times(
    study: Study, plan: Siting, season: Season, longest_s: float, may_go_on: Callable[[], None]
) -> SeasonTimes:
    """Return the times of a season up to the longest limit, where they are shorter than to what exists."""
    profile = Profile(study.scenario.standard[plan.kind].mode, season)
    gaps = plan.before
    units = usable_facilities(gaps.layers, (plan.kind, *study.scenario.standard[plan.kind].counts))
    access, ground = study.scenario.access, study.ground
    may_go_on()
    if gaps.ways is None:
        points = np.asarray(units.geometry.to_numpy(), dtype=object)
        existing_s = straight_line_times(study.origins, points, access=access, ground=ground).travel_s
    else:
        existing_s = gaps.ways.nearest(profile, units).travel_s
    counts, places, seconds = [np.zeros(1, np.int64)], [np.empty(0, np.int32)], [np.empty(0)]
    for low in range(0, len(plan.candidates), BLOCK):
        may_go_on()
        block = plan.candidates.iloc[low : low + BLOCK]
        pairs = times_within(study, gaps.ways, profile, block, longest_s)
        nearer = pairs.travel_s < existing_s[pairs.place]
        order = np.argsort(pairs.facility[nearer], kind="stable")
        counts.append(np.bincount(pairs.facility[nearer], minlength=len(block)))
        places.append(pairs.place[nearer][order])
        seconds.append(pairs.travel_s[nearer][order])
        if sum(map(len, places)) > MOST_PAIRS:
            msg = (
                f"the candidates reach more than {MOST_PAIRS:,} places in the quickest draw, too many: "
                "give fewer of them, such as a larger spacing_m in a measures file, or a file of places"
            )
            raise ConfigError(msg)
    return SeasonTimes(
        np.cumsum(np.concatenate(counts)), np.concatenate(places), np.concatenate(seconds), existing_s
    )


def _require_nominal(instance: DrawInstance, plan: Siting) -> None:
    """Raise UnprovenError where the draw without doubts reaches other places than the plan."""
    promised = plan.reach.already | plan.instance.reached(plan.solution.chosen)
    wrong = np.flatnonzero(instance.reached(plan.solution.chosen, 0) != promised)
    if len(wrong):
        codes = ", ".join(sorted(set(plan.before.demand["village_code"].iloc[wrong]))[:5])
        msg = f"without doubts other places are reached than the plan says: {len(wrong)}, in villages {codes}"
        raise UnprovenError(msg)
