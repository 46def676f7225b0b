"""Who goes where when facilities have room for only so many: fewest turned away, then least travelling.

The transport problem is solved by a network simplex of our own (:mod:`planner.kernels.transport`), not by
HiGHS as scipy calls it, for three reasons. It is some eighty times as fast (benchmarks/allocation.py). It
reckons in whole numbers – microseconds, and people in parts of a power of two – so that "equally good" is
exact and ties can be settled by a rule; HiGHS's tolerance of 1e-7 would settle them by chance. And what it
finds is proven: prices of the facilities are checked against every pair in the same whole numbers. HiGHS
and networkx are the oracles of its tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from geodata.errors import ConfigError, UnprovenError
from geodata.runs import offsets, run_starts
from planner.kernels import transport
from planner.travel.times import SECOND_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from planner.travel.times import SparseTimes

    Ids: TypeAlias = Sequence[str] | NDArray[np.object_] | pd.Index

# All people are at most 2 ** 52 parts: sums of them are exact in float64, and so are those of costs below.
BITS = 52
MOST_COST = 2.0**51
MICROS = 10.0**SECOND_DECIMALS
# Fewer arcs looked at before one is taken is more, but worse, steps; 200 to 1,000 took much the same time.
ENOUGH = 300


@dataclass(frozen=True)
class Allocation:
    """Who goes to which facility, and who finds no room. All arrays are read-only.

    ``people`` of a place = its flows + ``beyond_people`` + ``unreached_people``, where it is known.

    Attributes
    ----------
    place, facility
        int32 ``(flows,)``, numbers of the flows, in order of (place, facility).
    people
        float64 ``(flows,)``, people of each flow, more than 0.
    load_people
        float64 by facility: the known people who go there; NaN where nobody's number is known of those near
        enough to come.
    beyond_people
        float64 by place: people with a facility within the limit but room in none. NaN where the
        number of people is unknown, unless a facility within the limit is unlimited.
    unreached_people
        float64 by place: people with no facility within the limit. NaN where their number is unknown.
    people_unknown
        bool by place: its number of people is unknown, so it takes no part; loads are at least what they are.
    capacity_known
        bool by facility; where False it counted as unlimited.
    status
        "nearest": all are at their nearest facility, no capacity binds. "solved": some do.
    optimal
        Whether the answer was proven to be the best: always, since one without a proof is an error.
    person_s
        Seconds that all of the flows take together.
    least_beyond_people, least_person_s
        Proven bounds: no allocation has fewer people beyond capacity; none with as few takes less.
    """

    place: NDArray[np.int32]
    facility: NDArray[np.int32]
    people: NDArray[np.float64]
    load_people: NDArray[np.float64]
    beyond_people: NDArray[np.float64]
    unreached_people: NDArray[np.float64]
    people_unknown: NDArray[np.bool_]
    capacity_known: NDArray[np.bool_]
    status: Literal["nearest", "solved"]
    optimal: bool
    person_s: float
    least_beyond_people: float
    least_person_s: float

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


@dataclass(frozen=True)
class _Problem:
    """The pairs of known people in order of the ids, in whole numbers.

    ``place`` and ``facility`` are ranks by id; ``first`` tells the pairs of each of the places in ``who``.
    """

    who: NDArray[np.int64]
    first: NDArray[np.int64]
    facility: NDArray[np.int64]
    cost: NDArray[np.float64]
    parts: NDArray[np.float64]
    capacity: NDArray[np.float64]
    part_people: float

    @property
    def row(self) -> NDArray[np.int64]:
        """By pair, the row of its place in ``who``."""
        return np.repeat(np.arange(len(self.who)), np.diff(self.first))


@dataclass(frozen=True)
class _Solution:
    """Parts given by row of a place and facility; the facility after the last is "beyond capacity"."""

    row: NDArray[np.int64]
    facility: NDArray[np.int64]
    parts: NDArray[np.float64]
    status: Literal["nearest", "solved"]
    optimal: bool
    least_beyond_people: float
    least_person_s: float


def allocate(
    times: SparseTimes,
    people: ArrayLike,
    capacity_people: ArrayLike,
    *,
    place_id: Ids,
    facility_id: Ids,
) -> Allocation:
    """Return who goes to which facility within the limit, and the people for whom there is no room.

    The best, in this order: (1) fewest people beyond capacity; (2) least person-seconds of those who are
    served; (3) of equally good answers, the one that gives the first place (in order of its id) as many
    people as can be at its first facility (in order of its id), then at its second, and so on, "beyond
    capacity" last; then the second place. That answer is unique, and the order of rows does not matter.
    Where no capacity binds, all go to their nearest facility, of equally near ones the first.

    Parameters
    ----------
    times
        The pairs within the limit, each once. Times are rounded to the microsecond.
    people
        float64 ``(places,)``, may be fractional; NaN = unknown.
    capacity_people
        float64 ``(facilities,)``; ``inf`` = unlimited; NaN = unknown, which counts as unlimited.
    place_id, facility_id
        object or another list of ids, ``(places,)`` and ``(facilities,)``: unique, of one kind that can
        be sorted.

    Raises
    ------
    UnprovenError
        The answer is not proven to be the best; never seen.
    ConfigError
        An id is not unique; a pair is twice there or without a place, facility or time; people or capacity
        below 0 or of the wrong number; times too long to be weighed exactly.

    Notes
    -----
    A person may be divided: the answer is that of a linear programme. People are counted in parts of a
    power of two, at least 2**51 of them for all people, so whole people stay whole. A share of no more
    parts than there are places is rounding, and joins the place's largest: loads keep to capacities
    but for about 1e-11 of all people.

    The proof is a price of each facility, in seconds: nobody has a cheaper way (time + price), whoever goes
    takes such a way, and only full facilities have one (complementary slackness, Dantzig 1963). Turning
    someone away costs more than any chain of moves could save, so (1) comes before (2).

    Examples
    --------
    Both villages are nearest to A, which has room for 60; moving Kedu's people costs less.

    >>> from planner.travel.times import SparseTimes
    >>> times = SparseTimes(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([60., 900., 60., 300.]))
    >>> answer = allocate(times, [50, 40], [60, 20], place_id=["Ampel", "Kedu"], facility_id=["A", "B"])
    >>> list(zip(answer.place.tolist(), answer.facility.tolist(), answer.people.tolist()))
    [(0, 0, 50.0), (1, 0, 10.0), (1, 1, 20.0)]
    >>> answer.beyond_people.tolist()
    [0.0, 10.0]
    """
    number = np.asarray(people, dtype=np.float64)
    capacity = np.asarray(capacity_people, dtype=np.float64)
    _check(times, number, capacity)
    ranked = _by_id(place_id, len(number), "place"), _by_id(facility_id, len(capacity), "facility")
    problem = _problem(times, number, capacity, ranked)
    found = _nearest(problem) or _solve(problem)
    return _answer(times, (number, capacity), ranked, problem, found)


def _check(times: SparseTimes, people: NDArray[np.float64], capacity: NDArray[np.float64]) -> None:
    """Raise where the input is not what it should be."""
    msg = ""
    if people.ndim != 1 or capacity.ndim != 1:
        msg = "people and capacity_people are one number for each place and facility"
    elif (people < 0).any() or np.isinf(people).any():
        msg = "people must be 0 or more and finite; leave out (NaN) what is unknown"
    elif (capacity < 0).any():
        msg = "capacity_people must be 0 or more; leave out (NaN) what is unknown"
    elif not len(times.place) == len(times.facility) == len(times.travel_s):
        msg = "times need a place, a facility and a time for each pair"
    elif len(times.place) and (
        min(times.place.min(), times.facility.min()) < 0
        or times.place.max() >= len(people)
        or times.facility.max() >= len(capacity)
    ):
        msg = f"times name a place or facility that is not among {len(people)} and {len(capacity)}"
    elif not (np.isfinite(times.travel_s).all() and (times.travel_s >= 0).all()):
        msg = "times must be 0 or more and finite; leave out pairs that cannot be reached"
    if msg:
        raise ConfigError(msg)


def _by_id(ids: Ids, count: int, what: str) -> NDArray[np.int64]:
    """Return the row numbers in order of their ids."""
    names = np.asarray(ids, dtype=object)
    if len(names) != count:
        msg = f"{what}_id has {len(names)} ids for {count} rows"
        raise ConfigError(msg)
    order = np.argsort(names, kind="stable")
    twice = np.flatnonzero(names[order][1:] == names[order][:-1])
    if len(twice):
        msg = f"{what}_id {names[order[twice[0]]]!r} is there twice: give each row its own"
        raise ConfigError(msg)
    return order


def _problem(
    times: SparseTimes,
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
    ranked: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> _Problem:
    """Return the problem in order of the ids and in whole numbers."""
    place_rank, facility_rank = (np.argsort(order) for order in ranked)
    counted = (people > 0)[times.place]
    place, facility = place_rank[times.place[counted]], facility_rank[times.facility[counted]]
    order = np.lexsort((facility, place))
    place, facility = place[order], facility[order]
    if ((np.diff(place) == 0) & (np.diff(facility) == 0)).any():
        msg = "times have a pair of place and facility twice: keep the shorter time"
        raise ConfigError(msg)
    who, pairs = np.unique(place, return_counts=True)
    number = people[ranked[0][who]]
    total = math.fsum(number)
    part_people = math.ldexp(1.0, math.frexp(total)[1] - BITS) if total else 1.0
    parts = np.maximum(np.rint(number / part_people), 1.0)
    room = capacity[ranked[1]]
    room = np.where(np.isnan(room), np.inf, np.rint(room / part_people))
    cost = np.rint(times.travel_s[counted][order] * MICROS)
    return _Problem(who, offsets(pairs), facility, cost, parts, room, part_people)


def _nearest(problem: _Problem) -> _Solution | None:
    """Return all at their nearest facility; None where one of them has no room for them."""
    row = problem.row
    least = np.minimum.reduceat(problem.cost, problem.first[:-1]) if len(problem.who) else np.empty(0)
    best = np.flatnonzero(problem.cost == least[row])
    rows, at = np.unique(row[best], return_index=True)
    facility = problem.facility[best[at]]
    load = np.bincount(facility, problem.parts, minlength=len(problem.capacity))
    if (load > problem.capacity).any():
        return None
    seconds = _seconds(problem, least, problem.parts)
    return _Solution(rows, facility, problem.parts, "nearest", True, 0.0, seconds)


def _seconds(problem: _Problem, cost: NDArray[np.float64], parts: NDArray[np.float64]) -> float:
    """Return the person-seconds of whole costs and parts of people."""
    return math.fsum(cost * (parts * problem.part_people)) / MICROS


def _solve(problem: _Problem) -> _Solution:
    """Return the best allocation, with its proof."""
    beyond = len(problem.capacity)
    total = problem.parts.sum()
    # Room for one part more than all is never full.
    capacity = np.minimum(np.append(problem.capacity, np.inf), total + 1.0)
    # No chain of moves visits a facility twice, so none saves as much as this costs.
    away = 2.0 * (beyond + 2) * max(problem.cost.max(), 1.0)
    if away > MOST_COST:
        msg = "times are too long, or facilities too many, to be weighed exactly: take a shorter limit"
        raise ConfigError(msg)
    # A facility without room is left out: it would be an arc of the tree without flow.
    open_ = problem.capacity[problem.facility] > 0
    row = np.concatenate([problem.row[open_], np.arange(len(problem.who))])
    order = np.argsort(row, kind="stable")
    row = row[order]
    facility = np.append(problem.facility[open_], np.full(len(problem.who), beyond))[order]
    cost = np.append(problem.cost[open_], np.full(len(problem.who), away))[order]
    first = np.searchsorted(row, np.arange(len(problem.who) + 1))
    used = np.flatnonzero(capacity > 0)
    short = np.zeros(beyond + 1, dtype=np.int64)
    short[used] = np.arange(len(used))
    flow, price = transport.transport(
        np.append(first, len(row) + len(used)),
        np.append(short[facility], short[used]).astype(np.int32),
        np.append(cost, np.zeros(len(used))),
        problem.parts,
        capacity[used],
        np.argsort(np.minimum.reduceat(cost, first[:-1]), kind="stable"),
        ENOUGH,
    )
    full_price = np.zeros(beyond + 1)
    full_price[used] = price
    return _proven(problem, (first, row, facility, cost), flow[: len(row)], capacity, full_price)


def _proven(
    problem: _Problem,
    arcs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    flow: NDArray[np.float64],
    capacity: NDArray[np.float64],
    price: NDArray[np.float64],
) -> _Solution:
    """Return the flow, whether its prices prove that it is the best, and the bounds."""
    first, row, facility, cost = arcs
    dear = cost + price[facility]
    least = np.minimum.reduceat(dear, first[:-1])
    good = dear == least[row]
    load = np.bincount(facility, flow, minlength=len(capacity))
    optimal = bool(
        (flow >= 0).all() and (price >= 0).all() and (flow[~good] == 0).all() and (load <= capacity).all()
        and (np.bincount(row, flow) == problem.parts).all() and (load == capacity)[price > 0].all()
    )  # fmt: skip
    # Prices are whole numbers of people turned away, and seconds: each proves the bound of its own aim.
    turned, full = np.rint(least / cost.max()), np.rint(price / cost.max())
    beyond = math.fsum(problem.parts * turned) - math.fsum(capacity * full)
    person_s = _seconds(problem, least - turned * cost.max(), problem.parts)
    person_s -= _seconds(problem, price - full * cost.max(), capacity)
    if not optimal:
        msg = (
            "who goes to which unit was computed, but not proven to be the best: please report this, with "
            "the workspace and the scenario"
        )
        raise UnprovenError(msg)
    used = flow > 0
    return _Solution(
        row[used], facility[used], flow[used], "solved", optimal,
        beyond * problem.part_people, person_s,
    )  # fmt: skip


def _answer(
    times: SparseTimes,
    given: tuple[NDArray[np.float64], NDArray[np.float64]],
    ranked: tuple[NDArray[np.int64], NDArray[np.int64]],
    problem: _Problem,
    found: _Solution,
) -> Allocation:
    """Return the answer in people and in the order of the rows."""
    people, capacity = given
    place_row, facility_row = ranked
    near, roomy = np.zeros(len(people), dtype=bool), np.zeros(len(people), dtype=bool)
    near[times.place] = True
    roomy[times.place[~np.isfinite(capacity[times.facility])]] = True
    unknown = np.isnan(people)
    who = place_row[problem.who]
    row, facility, number = _whole(found, people[who], problem.part_people)
    served = facility < len(capacity)
    beyond = np.where(unknown & near & ~roomy, np.nan, 0.0)
    beyond[who[row[~served]]] = number[~served]
    row, facility, number = row[served], facility[served], number[served]
    load = np.zeros(len(capacity))
    load[facility_row] = np.bincount(facility, number, minlength=len(capacity))
    # Whoever is near enough may come: where of none of them the number is known, nor is the load.
    known = np.bincount(times.facility[~unknown[times.place]], minlength=len(capacity)) > 0
    lost = np.bincount(times.facility[unknown[times.place]], minlength=len(capacity)) > 0
    load[lost & ~known] = np.nan
    cost = _costs(problem, row, facility)
    place, facility = who[row], facility_row[facility]
    order = np.lexsort((facility, place))
    return Allocation(
        place=place[order].astype(np.int32),
        facility=facility[order].astype(np.int32),
        people=number[order],
        load_people=load,
        beyond_people=beyond,
        unreached_people=np.where(near, 0.0, people),
        people_unknown=unknown,
        capacity_known=~np.isnan(capacity),
        status=found.status,
        optimal=found.optimal,
        person_s=math.fsum(number * cost) / MICROS,
        least_beyond_people=found.least_beyond_people,
        least_person_s=found.least_person_s,
    )


def _costs(problem: _Problem, row: NDArray[np.int64], facility: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the costs of some pairs."""
    many = len(problem.capacity)
    return problem.cost[np.searchsorted(problem.row * many + problem.facility, row * many + facility)]


def _whole(
    found: _Solution, people: NDArray[np.float64], part_people: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (row, facility, people) of the shares, which add up to the people of each row.

    The largest share of a row (of equal ones, the first) takes up what was rounded.
    """
    order = np.lexsort((found.facility, -found.parts, found.row))
    row, parts = found.row[order], found.parts[order]
    largest = run_starts(row)
    kept = largest | (parts > len(people))
    row, facility, number = row[kept], found.facility[order][kept], parts[kept] * part_people
    largest = largest[kept]
    number[largest] = people - np.bincount(row[~largest], number[~largest], minlength=len(people))
    return row, facility, number
