"""What a plan can be best at: each objective with its solver, its curve, and what could stand in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, UnprovenError, counted
from planner.kernels.csr import Csr
from planner.kernels.lists import lists_of_pairs
from planner.siting.ask import Floor, Objective
from planner.siting.cover.covering import most_people
from planner.siting.cover.covering_with_floors import most_people_with_floors
from planner.siting.cover.curve import cover_curve
from planner.siting.cover.explain import explain
from planner.siting.cover.fewest import fewest_units
from planner.siting.cover.floors import unmet
from planner.siting.cover.instance import CoverInstance, instance_of_lists
from planner.siting.distance.center import p_center
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.explain import saved_by
from planner.siting.distance.median import p_median
from planner.siting.rules import floor_rows
from planner.siting.solution import Proof, Solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.siting.ask import Ask
    from planner.siting.cover.floors import FloorRow
    from planner.siting.reach import Reach
    from planner.siting.times import Times

# Between the limit and the minutes from which on nobody counts, people count less in so many steps.
GRADUAL_STEPS = 5
# Budgets of a curve that are solved anew, and seconds for each.
CURVE_POINTS, CURVE_POINT_S = 8, 2.0


@dataclass(frozen=True)
class Problem:
    """What is to be solved.

    Attributes
    ----------
    before
        The gaps without a plan.
    ask
        What is asked.
    reach, instance
        Whom each candidate reaches within the limit, as a covering problem with the rules of the plan.
    times
        To the candidates, where the objective counts times; else None.
    may_go_on
        Called between steps; what it raises ends the work.
    start
        int64, candidates from which to begin as well: those of a plan for a problem like this.
    bound
        What no plan can beat, where that is known: the bound of the same problem with fewer rules.
    """

    before: Gaps
    ask: Ask
    reach: Reach
    instance: CoverInstance
    times: Times | None
    may_go_on: Callable[[], None]
    start: NDArray[np.int64] | None = None
    bound: float | None = None

    @property
    def budget(self) -> float:
        """How many units or rupiah there are; 0 where a target is asked for."""
        ask = self.ask
        return float(ask.units if ask.units is not None else ask.budget_idr or 0.0)


@dataclass(frozen=True)
class Answer:
    """A problem's best plan.

    Attributes
    ----------
    solution
        Objective and bound in ``unit``.
    unit
        ``people``, ``people_weighted``, ``units``, ``idr``, ``person_minutes`` or ``minutes``.
    curve
        ``budget``, the objective in a column of its name, ``bound``; NaN where no plan is known.
    stand_ins
        By candidate of the plan: others that could take its place, and what is lost, in ``unit``.
    person_minutes_saved
        By candidate of the plan, what is lost without it; None where times do not count.
    travel_s
        float64 ``(points,)``, the promised seconds; NaN where nothing is promised; None as above.
    points_left_out
        Demand points that neither a unit nor a candidate reaches at all.
    """

    solution: Solution
    unit: str
    curve: pd.DataFrame
    stand_ins: dict[int, tuple[tuple[int, float], ...]]
    person_minutes_saved: dict[int, float] | None = None
    travel_s: NDArray[np.float64] | None = None
    points_left_out: int = 0


def solve(problem: Problem) -> Answer:
    """Return the best plan for what is asked.

    Raises
    ------
    ConfigError
        No plan keeps to what is asked; the message says why, and what to do.
    UnprovenError
        The time was up before a plan was found.
    """
    if problem.times is not None and problem.ask.is_timed:
        return _least_travel(problem, problem.times)
    if problem.times is not None:
        return _most_by_degrees(problem, problem.times)
    if problem.ask.target is not None:
        return _fewest(problem)
    return _most_people(problem)


class _Search(TypedDict):
    seed: int
    time_limit_s: float
    may_go_on: Callable[[], None]


def _search(problem: Problem) -> _Search:
    ask = problem.ask
    return {"seed": ask.seed, "time_limit_s": ask.time_limit_s, "may_go_on": problem.may_go_on}


def _most_people(problem: Problem) -> Answer:
    floors = floor_rows(problem.before, problem.reach, problem.ask.floors)
    _require_floors(problem, floors)
    found = _cover(problem, problem.instance, floors)
    _require_plan(problem, found, floors)
    # Without floors no plan does worse: the curve's bound holds for both, its plans for those without.
    curve = _cover_curve(problem, problem.instance, found)
    return Answer(found, "people", curve, _cover_stand_ins(problem.instance, found, floors))


def _cover(problem: Problem, instance: CoverInstance, floors: list[FloorRow]) -> Solution:
    if floors:
        return most_people_with_floors(instance, problem.budget, floors, **_search(problem))
    bound = np.inf if problem.bound is None else problem.bound
    return most_people(instance, problem.budget, start=problem.start, bound=bound, **_search(problem))


def _most_by_degrees(problem: Problem, times: Times) -> Answer:
    instance = gradual_instance(problem, times)
    found = _cover(problem, instance, [])
    _require_plan(problem, found, [])
    curve = _cover_curve(problem, instance, found).rename(columns={"people_reached": "people_weighted"})
    return Answer(found, "people_weighted", curve, _cover_stand_ins(instance, found, []))


def _fewest(problem: Problem) -> Answer:
    ask, people = problem.ask, problem.before.demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    target = ask.target or 0.0
    wanted = target * people.sum() - people[problem.reach.already].sum() if ask.target_in == "all" else 0.0
    more = (Floor("district", target),) if ask.target_in == "district" else ()
    floors = floor_rows(problem.before, problem.reach, (*more, *ask.floors))
    _require_floors(problem, floors)
    found = fewest_units(problem.instance, max(wanted, 0.0), floors=floors, **_search(problem))
    if found.proof is Proof.INFEASIBLE:
        raise ConfigError(_out_of_reach(problem, target))
    most = 2.0 * max(float(problem.instance.cost[found.chosen].sum()), float(problem.instance.cost.min()))
    curve = cover_curve(problem.instance, most, may_go_on=problem.may_go_on)
    unit = "idr" if ask.counts_money else "units"
    return Answer(found, unit, curve, _cover_stand_ins(problem.instance, found, floors))


def _cover_curve(problem: Problem, instance: CoverInstance, found: Solution) -> pd.DataFrame:
    spent = problem.ask.budget_idr if problem.ask.budget_idr is not None else float(len(found.chosen))
    known = (problem.budget, found)
    return cover_curve(instance, 2.0 * spent, solved=known, may_go_on=problem.may_go_on)


def _cover_stand_ins(
    instance: CoverInstance, found: Solution, floors: list[FloorRow]
) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return the stand-ins that keep the floors too."""
    why = explain(instance, found.chosen)
    kept = {}
    for j, others in zip(why.site.tolist(), why.stand_ins, strict=True):
        rest = found.chosen[found.chosen != j]
        kept[j] = tuple(
            (k, lost)
            for k, lost in others
            if all(f.holds(instance.reached(np.append(rest, k))) for f in floors)
        )
    return kept


def _require_floors(problem: Problem, floors: list[FloorRow]) -> None:
    """Raise where not even all candidates together keep a floor."""
    lost = unmet(problem.instance, floors)
    if lost:
        names = ", ".join(f.name for f in lost[:5])
        msg = (
            f"all candidates together do not reach the share asked for of {names}"
            f"{' and others' if len(lost) > 5 else ''}: ask for less, give candidate places there, or mend "
            "the roads first"
        )
        raise ConfigError(msg)


def _require_plan(problem: Problem, found: Solution, floors: list[FloorRow]) -> None:
    if found.proof is Proof.INFEASIBLE:
        forced = problem.instance.cost[problem.instance.forced].sum()
        if forced > problem.budget or not floors:
            msg = "the forced candidates alone cost more than there is: raise it, or force fewer"
        else:
            names = ", ".join(f.name for f in floors[:5])
            msg = f"no plan of this size keeps the floors ({names}): allow more, or lower them"
        raise ConfigError(msg)
    if np.isnan(found.objective):
        msg = (
            f"in {problem.ask.time_limit_s:g} s no plan was found that keeps the floors, and none was ruled "
            "out: allow more time, more units, or lower floors"
        )
        raise UnprovenError(msg)


def _out_of_reach(problem: Problem, target: float) -> str:
    """Return which villages no candidate reaches, where a share cannot be met."""
    instance, reach = problem.instance, problem.reach
    never = ~reach.already & ~instance.reached(~instance.forbidden)
    demand = problem.before.demand
    total = demand["people"].sum()
    here = demand[never]
    lost = here["people"].groupby(here["village_code"]).sum().sort_values(ascending=False)
    best = 1.0 - lost.sum() / total
    names = problem.before.layers.villages["village_name"]
    worst = ", ".join(f"{names[c]} ({c}: {n:,.0f} people)" for c, n in lost.head(5).items() if n > 0)
    villages = counted(int((lost > 0).sum()), "village has", "villages have")
    return (
        f"target {target:.1%}: all candidates together reach {best:.2%}. {villages} "
        f"people whom no candidate reaches in time, most in {worst}. Ask for less, give candidate places "
        "there, or mend the roads first"
    )


def gradual_instance(problem: Problem, times: Times) -> CoverInstance:
    """Return the covering problem in which people beyond the limit count by degrees.

    Each demand point becomes as many places as there are steps, each with a part of its people and a longer
    limit: that is the same problem, exactly.

    Parameters
    ----------
    problem
        With ``gradual_minutes``.
    times
        To the candidates, up to ``gradual_minutes``.
    """
    kind, before = problem.reach.kind, problem.before
    limit_s = before.scenario.standard[kind].of(times.season).limit_s
    until_s = 60.0 * (problem.ask.gradual_minutes or 0.0)
    if until_s <= limit_s:
        msg = f"gradual_minutes has to be more than the limit of {kind}, {limit_s / 60:g} minutes"
        raise ConfigError(msg)
    worth = step_worth(GRADUAL_STEPS)
    steps = np.linspace(limit_s, until_s, GRADUAL_STEPS + 1)
    people = before.demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    n = len(people)
    row = np.repeat(np.arange(n), np.diff(times.near.first))
    place, site, weighed = [], [], []
    for step, (most_s, part) in enumerate(zip(steps, worth, strict=True)):
        new = (times.near.value <= most_s) & (times.now_s > most_s)[row]
        place.append(row[new] + step * n)
        site.append(times.near.item[new].astype(np.int64))
        weighed.append(people * part)
    one = problem.instance
    lists = lists_of_pairs(np.concatenate(site), np.concatenate(place), one.sites, n * len(steps))
    return replace(instance_of_lists(np.concatenate(weighed), lists, cost=one.cost, forced=one.forced,
                                     forbidden=one.forbidden), conflicts=one.conflicts)  # fmt: skip


def step_worth(steps: int) -> NDArray[np.float64]:
    """Return what reaching each of so many bands beyond the limit adds: from 1 at the limit down to 0.

    Within the limit a person counts 1, in the first band ``1 - 1 / (2 × steps)``, in the last
    ``1 / (2 × steps)``: a straight line, taken in the middle of each band.

    Returns
    -------
    float64 ``(steps + 1,)``: what a person within the limit has more than one in the first band, and so on;
    their sum is 1.

    Examples
    --------
    >>> step_worth(2).tolist()
    [0.25, 0.5, 0.25]
    """
    worth = np.concatenate([[1.0], 1.0 - (np.arange(steps) + 0.5) / steps, [0.0]])
    return -np.diff(worth)


def _least_travel(problem: Problem, times: Times) -> Answer:
    worst = problem.ask.objective == Objective.WORST_TIME
    instance, rows, lost = distance_instance(problem, times)
    found = _travel(problem, instance, problem.budget, worst=worst)
    if found.proof is Proof.INFEASIBLE:
        msg = (
            "so few units cannot reach everybody who can be reached at all, as on other islands: allow more, "
            "or plan for the objective people"
        )
        raise ConfigError(msg)
    why = saved_by(instance, found.chosen, worst=worst)
    promised = np.full(len(times.now_s), np.nan)
    promised[rows] = instance.distance_s(found.chosen)
    pairs = zip(why.site.tolist(), why.stand_ins, strict=True)
    return Answer(
        _in_minutes(found),
        "minutes" if worst else "person_minutes",
        _travel_curve(problem, instance, found, worst=worst),
        {j: tuple((k, lost_s / 60.0) for k, lost_s in others) for j, others in pairs},
        dict(zip(why.site.tolist(), (why.alone / 60.0).tolist(), strict=True)),
        promised,
        lost,
    )


def _travel(
    problem: Problem,
    instance: DistanceInstance,
    budget: float,
    *,
    worst: bool,
    most_s: float = np.inf,
) -> Solution:
    search = _search(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    if worst:
        return p_center(instance, budget, **search)
    return p_median(instance, budget, start=problem.start, **search)


def distance_instance(problem: Problem, times: Times) -> tuple[DistanceInstance, NDArray[np.int64], int]:
    """Return the problem on distances, its rows as demand points, and how many are left out.

    For the worst time every place counts where anybody is taken to live, for person-minutes those whose
    people are known. Places that nothing reaches are left out, and counted.

    Parameters
    ----------
    problem
        What is asked.
    times
        To all candidates.
    """
    demand, one = problem.before.demand, problem.instance
    people = demand["people"].fillna(0.0).to_numpy(dtype=np.float64)
    counts = people > 0
    if problem.ask.objective == Objective.WORST_TIME:
        counts |= demand["weight"].to_numpy(dtype=np.float64) > 0
    row = np.repeat(np.arange(len(people)), np.diff(times.near.first))
    served = np.bincount(row[~one.forbidden[times.near.item]], minlength=len(people)) > 0
    can = served | np.isfinite(times.now_s)
    rows = np.flatnonzero(counts & can)
    kept = np.isin(row, rows)
    first = np.concatenate([[0], np.cumsum(np.diff(times.near.first)[rows])]).astype(np.int64)
    near = Csr(first, times.near.item[kept], times.near.value[kept])
    instance = DistanceInstance.of(
        people[rows], near, one.sites, existing_s=times.now_s[rows], cost=one.cost, forced=one.forced,
        forbidden=one.forbidden,
    )  # fmt: skip
    return instance, rows, int((counts & ~can).sum())


def _in_minutes(found: Solution) -> Solution:
    return replace(found, objective=found.objective / 60.0, bound=found.bound / 60.0)


def _travel_curve(
    problem: Problem, instance: DistanceInstance, found: Solution, *, worst: bool
) -> pd.DataFrame:
    """Return the objective at several budgets up to twice the one asked for, with bounds."""
    budget = problem.budget
    at = np.linspace(0.0, 2.0 * budget, CURVE_POINTS + 1)[1:]
    at = np.unique(np.append(at if problem.ask.counts_money else np.ceil(at), budget))
    objective, bound = np.full(len(at), np.inf), np.zeros(len(at))
    for i, most in enumerate(at):
        one = found
        if most != budget:
            try:
                one = _travel(problem, instance, float(most), worst=worst, most_s=CURVE_POINT_S)
            except UnprovenError:
                continue
        if one.proof is not Proof.INFEASIBLE:
            objective[i], bound[i] = one.objective, one.bound
    objective = np.minimum.accumulate(objective)
    # What no larger budget can beat no smaller one can.
    bound = np.minimum(np.maximum.accumulate(bound[::-1])[::-1], objective)
    name = "worst_minutes" if worst else "person_minutes"
    known = np.where(np.isfinite(objective), objective, np.nan)
    return pd.DataFrame({"budget": at, name: known / 60.0, "bound": bound / 60.0})


def after_earlier(problem: Problem, earlier: Problem, plan: Solution) -> Problem:
    """Return the problem with what a plan for one like it tells: where to begin, and what cannot be beaten.

    Parameters
    ----------
    problem, earlier
        On the same candidates.
    plan
        Of the earlier one.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> one = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> again = after_earlier(one.problem, one.problem, one.solution)
    >>> again.bound == one.solution.bound
    True
    """
    one, other = problem.ask, earlier.ask
    bound = None
    alike = replace(one, forced=other.forced, forbidden=other.forbidden, seed=other.seed,
                    time_limit_s=other.time_limit_s, seasons=other.seasons) == other  # fmt: skip
    more = set(one.forced) >= set(other.forced) and set(one.forbidden) >= set(other.forbidden)
    if alike and more and problem.reach is earlier.reach:
        bound = plan.bound
    barred = problem.instance.forbidden[plan.chosen]
    return replace(problem, start=plan.chosen[~barred], bound=bound)


def cost_of_choices(problem: Problem, answer: Answer, names: pd.Index, *, most_s: float) -> pd.DataFrame:
    """Return what each forced and each forbidden candidate costs the plan, each undone alone.

    Parameters
    ----------
    problem, answer
        A problem and its plan, of people or of degrees, without floors.
    names
        ``candidate_id`` of all candidates.
    most_s
        Seconds for each.

    Returns
    -------
    costs
        Index ``candidate_id``; ``choice`` (forced/forbidden), ``costs`` (what the plan would gain without it,
        in the unit of the answer, at least), ``costs_at_most``.

    Raises
    ------
    ConfigError
        The problem has another objective or floors.
    """
    if problem.ask.is_timed or problem.ask.target is not None or problem.ask.floors:
        msg = "what a choice costs is known for most people reached, without floors"
        raise ConfigError(msg)
    instance = problem.instance if problem.times is None else gradual_instance(problem, problem.times)
    asked = {"forced": problem.ask.forced, "forbidden": problem.ask.forbidden}
    now, search = answer.solution, _search(problem)
    search["time_limit_s"] = min(search["time_limit_s"], most_s)
    rows = []
    for choice, candidates in asked.items():
        for name in candidates:
            marks = getattr(instance, choice).copy()
            marks[names.get_loc(name)] = False
            one = replace(instance, **{choice: marks})
            found = most_people(one, problem.budget, start=now.chosen, **search)
            better = max(found.objective, now.objective) - now.objective
            rows.append((name, choice, better, max(found.bound, now.objective) - now.objective))
    columns = ["candidate_id", "choice", "costs", "costs_at_most"]
    return pd.DataFrame(rows, columns=columns).set_index("candidate_id")
