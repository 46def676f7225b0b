"""Why no plan reaches a share: nobody is near, candidates exclude each other, or shares do together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, counted
from planner.siting.cover.covering import most_people
from planner.siting.cover.floors import FloorRow, unmet
from planner.siting.objectives.problem import Problem, search_of
from planner.siting.solution import Proof
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.siting.solution import Solution

# The share of the time limit in which the most that any plan reaches is looked for, of all such searches.
MOST_SHARE = 0.25
# So many are named.
NAMED = 5


def require_floors(problem: Problem, floors: Sequence[FloorRow]) -> None:
    """Raise where not even all candidates together keep a floor.

    Raises
    ------
    ConfigError
        A floor is out of reach; the message names it.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> require_floors(site(Study(demo_layers(12)), "posyandu", Ask(units=2)).problem, [])
    """
    lost = unmet(problem.instance, floors)
    every = replace(problem.instance, forbidden=np.zeros_like(problem.instance.forbidden))
    if lost and not unmet(every, lost):
        names = ", ".join(f.name for f in lost[:NAMED])
        msg = (
            f"the candidates that {_rules_in_words(problem)} leave do not reach the share asked for of "
            f"{names}{' and others' if len(lost) > NAMED else ''}, all of them would: loosen that, or ask "
            "for less"
        )
        raise ConfigError(msg, why="floors_barred")
    if lost:
        names = ", ".join(f.name for f in lost[:NAMED])
        msg = (
            f"all candidates together do not reach the share asked for of {names}"
            f"{' and others' if len(lost) > NAMED else ''}: ask for less, give candidate places there, or "
            "mend the roads first"
        )
        raise ConfigError(msg, why="floors_out_of_reach")


def target_refused(problem: Problem, wanted: FloorRow, floors: Sequence[FloorRow]) -> ConfigError:
    """Return why no choice of the candidates reaches a target and keeps the floors.

    Parameters
    ----------
    problem
        With a target that no choice reaches.
    wanted
        How many of all people are to be reached besides those of today.
    floors
        Besides, those of a target in every district among them.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> near = Ask(target=0.99, min_distance_m=4000.0)
    >>> site(Study(demo_layers(12)), "posyandu", near)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: target 99%: ...
    """
    if unmet(problem.instance, [wanted]):
        every = replace(problem.instance, forbidden=np.zeros_like(problem.instance.forbidden))
        return _nobody_near(problem) if unmet(every, [wanted]) else _barred(problem)
    against = against_rules(problem, [wanted, *floors])
    return floors_together(problem, floors) if against is None else against


def against_rules(problem: Problem, rows: Sequence[FloorRow]) -> ConfigError | None:
    """Return that some shares are more than any plan reaches, since candidates exclude each other.

    Parameters
    ----------
    problem
        Whose candidates, and how much time there is.
    rows
        Each by itself. All candidates together would keep it.

    Returns
    -------
    error
        None where none is known to be more.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> against_rules(site(Study(demo_layers(12)), "posyandu", Ask(units=2)).problem, []) is None
    True
    """
    if not len(problem.instance.conflicts.item):
        return None
    lost = [
        (row, most) for row in rows if _is_less(most := _most_of(problem, row, MOST_SHARE / len(rows)), row)
    ]
    if not lost:
        return None
    said = [_most_in_words(problem, row, most) for row, most in lost[:NAMED]]
    row, most = lost[0]
    msg = (
        f"{_asked(problem)}: by the rules of the plan candidates exclude each other, and whatever is chosen, "
        f"{'; '.join(said)}{'; and so in others' if len(lost) > NAMED else ''}. Ask for less, loosen the "
        "rules between units, or give other candidate places"
    )
    bound = _shares(problem, row, most)[1]
    percent = round(100 * bound, 2)
    if row.name == "all":
        return ConfigError(msg, why="against_rules", most_percent=percent)
    return ConfigError(msg, why="against_rules_in", most_percent=percent, where=row.name)


def _asked(problem: Problem) -> str:
    ask = problem.ask
    target = [] if ask.target is None else [f"target {100 * ask.target:.6g}%"]
    return " and ".join([*target, *(["floors"] if ask.floors else [])])


def _most_of(problem: Problem, row: FloorRow, share: float) -> Solution:
    """Return the most of some people that any choice reaches, whatever it costs."""
    instance, search = replace(problem.instance, people=row.people), search_of(problem)
    search["time_limit_s"] *= share
    return most_people(instance, float(instance.cost.sum()), **search)


def _is_less(most: Solution, row: FloorRow) -> bool:
    """Return whether the most is less than asked for; where it is not proven, whether none was found."""
    slack = 1e-9 * float(row.people.sum())
    return (most.bound if most.proof is Proof.OPTIMAL else most.objective) < row.at_least - slack


def _shares(problem: Problem, row: FloorRow, most: Solution) -> tuple[float, float]:
    """Return which share the best plan found reaches, rounded down, and none can beat, rounded up."""
    total = float(row.people.sum())
    now = float(row.people[problem.reach.already].sum())
    found, bound = (now + most.objective) / total, (now + most.bound) / total
    found = float(np.floor(1e4 * found + 1e-6) / 1e4)
    return found, found if most.proof is Proof.OPTIMAL else float(np.ceil(1e4 * bound - 1e-6) / 1e4)


def _most_in_words(problem: Problem, row: FloorRow, most: Solution) -> str:
    found, bound = _shares(problem, row, most)
    whom = "of people" if row.name == "all" else f"of {row.name}"
    if most.proof is Proof.OPTIMAL:
        return f"no plan reaches more than {found:.2%} {whom}"
    # No plan reaches what was asked: that is known, as the bound may be above it.
    return f"the best plan found reaches {found:.2%} {whom} (at most {bound:.2%} is possible; not proven)"


def floors_together(problem: Problem, floors: Sequence[FloorRow]) -> ConfigError:
    """Return that shares exclude each other, though each can be reached by itself.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> problem = site(Study(demo_layers(12)), "posyandu", Ask(target=0.95)).problem
    >>> floors_together(problem, []).why
    'floors_together'
    """
    names = ", ".join(f.name for f in floors[:NAMED]) + (" and others" if len(floors) > NAMED else "")
    beside = "" if problem.ask.target_in == "district" else "beside the target "
    msg = (
        f"{_asked(problem)}: no plan keeps all shares {beside}at once "
        f"({names}), since candidates exclude each other. Ask for less, or loosen the rules between units"
    )
    return ConfigError(msg, why="floors_together")


def _nobody_near(problem: Problem) -> ConfigError:
    """Return which villages no candidate reaches, where that is why a share cannot be met."""
    reach, best, lost = problem.reach, *_beyond(problem)
    names = problem.before.layers.villages["village_name"]
    worst = ", ".join(f"{names[c]} ({c}: {n:,.0f} people)" for c, n in lost.head(NAMED).items() if n > 0)
    villages = counted(int((lost > 0).sum()), "village has", "villages have")
    few = f"for whom they make no {reach.backup} units in time"
    whom = few if reach.backup > 1 else "whom no candidate reaches in time"
    ruled = " that the rules of the plan leave" if problem.ask.has_rules else ""
    beside = ", if they did not exclude each other," if len(problem.instance.conflicts.item) else ""
    msg = (
        f"{_asked(problem)}: all candidates together{ruled}{beside} reach "
        f"{best:.2%}. {villages} people {whom}, most in {worst}. Ask for less, give candidate places "
        "there, or mend the roads first"
    )
    most = ", ".join(str(names[c]) for c, n in lost.head(NAMED).items() if n > 0)
    return ConfigError(msg, why="target_out_of_reach", best_percent=100 * best, villages=most)


def _barred(problem: Problem) -> ConfigError:
    """Return which rules leave candidates out without whom a share cannot be met."""
    out = problem.instance.forbidden
    best, every = (_share_of(problem, which) for which in (~out, np.ones_like(out)))
    msg = (
        f"{_asked(problem)}: the candidates that {_rules_in_words(problem)} leave ({(~out).sum():,} of "
        f"{len(out):,}) reach {best:.2%} all together, and all of them {every:.2%}. Loosen that, or ask for "
        "less"
    )
    return ConfigError(msg, why="target_barred", best_percent=100 * best, every_percent=100 * every)


def _rules_in_words(problem: Problem) -> str:
    """Return what leaves candidates out: rules beside the units that are there, and what is forbidden."""
    ask = problem.ask
    rules = [f"min_distance_m ({ask.min_distance_m:g} m)"] if ask.min_distance_m is not None else []
    rules += ["one_per_village"] if ask.one_per_village else []
    beside = [f"{' and '.join(rules)} beside the units that are there"] if rules else []
    return " and ".join([*beside, *(["the forbidden ones"] if ask.forbidden else [])])


def _share_of(problem: Problem, which: NDArray[np.bool_]) -> float:
    """Return the share of people that some candidates reach beside today's units, rounded down."""
    people = counted_people(problem.before.demand)
    reached = problem.reach.already | problem.instance.reached(which)
    return float(np.floor(1e4 * people[reached].sum() / people.sum() + 1e-6) / 1e4)


def _beyond(problem: Problem) -> tuple[float, pd.Series[float]]:
    """Return the share that all candidates together reach, rounded down, and who is not, by village."""
    instance, reach, demand = problem.instance, problem.reach, problem.before.demand
    never: NDArray[np.bool_] = ~reach.already & ~instance.reached(~instance.forbidden)
    people = pd.Series(counted_people(demand), index=demand.index)
    lost = people[never].groupby(demand["village_code"][never]).sum().sort_values(ascending=False)
    return float(np.floor(1e4 * (1.0 - lost.sum() / people.sum()) + 1e-6) / 1e4), lost
