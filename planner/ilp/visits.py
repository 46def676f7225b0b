"""Home visits (kunjungan rumah): the families that no posyandu reaches, in rounds that a kader can walk.

All families are to be visited, first those where posyandu do not reach (KMK HK.01.07/MENKES/2015/2023).
Whose reach is unknown is unknown here too: no rounds are made up for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geodata.errors import InputError
from geodata.handed import hands_out_copies
from geodata.vocabulary.statuses import Word, YesNo
from planner.coverage.reach import is_open
from planner.network.land import land_of, may_walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import VisitRule

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

KIND = "posyandu"


class VisitStatus(Word):
    """Whether a village's families to visit are known, or there are none."""

    NONE = "none"
    KNOWN = "known"
    UNKNOWN = "unknown"


# Minutes and families are compared after rounding, so that sums do not miss a limit by their last bit.
MINUTE_DECIMALS, FAMILY_DECIMALS = 6, 9


@hands_out_copies
@dataclass(frozen=True)
class Visits:
    """The home visits of a study area in one season.

    Attributes
    ----------
    season
        For which reach was asked.
    rule
        By which they were planned.
    villages
        Index ``village_code``, every village. ``status``: known, none (a posyandu reaches all, or nobody
        lives there), unknown (reach or people unknown; all numbers NaN). float64: ``families`` to visit and
        ``visits_month``; ``rounds``, that visit each of them once, and ``rounds_month``;
        ``rounds_too_far`` and ``families_too_far``, those of them too far for a day's walk;
        ``rounds_a_kader_month``.
    rounds
        One row a round, index 0, 1, …: ``village_code``, ``round`` (1, 2, … in the village: the shortest
        walk first, those too far last), ``families``, ``walk_minutes`` (there, around and back;
        ``inf`` = not on foot), ``points`` (demand points), ``too_far``.
    stops
        One row a stop, index 0, 1, …: ``village_code``, ``round``, ``stop`` (1, 2, … in the order of the
        walk), ``demand_id``, ``families`` visited there in this round.
    """

    season: Season
    rule: VisitRule
    villages: pd.DataFrame
    rounds: pd.DataFrame
    stops: pd.DataFrame


class Round(NamedTuple):
    """One day's walk: numbers of the points in their order, the families seen at each, minutes."""

    points: tuple[int, ...]
    families: tuple[float, ...]
    walk_minutes: float
    too_far: bool


def home_visits(gaps: Gaps, rule: VisitRule | None = None) -> Visits:
    """Return the families (number) that no posyandu reaches in the scenario's season, in rounds on foot.

    Rounds are made inside one village, from its start: the demand point nearest to the mean place of its
    people. A walk is the straight distance times the detour at the speed of the scenario's access legs.
    Places on another landmass than the start are not reached on foot (docs/METHODS.md).

    Parameters
    ----------
    gaps
        The answer for a study area.
    rule
        The scenario's rule when None.

    Returns
    -------
    visits
        Tables of villages, rounds (minutes of walking) and stops.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> visits = home_visits(find_gaps(demo_layers(12)))
    >>> bool((visits.rounds["families"] <= 10 + 1e-9).all())
    True
    """
    rule = rule or gaps.scenario.visits
    demand, codes = gaps.demand, gaps.layers.villages.index
    village = codes.get_indexer(demand["village_code"])
    people = demand["people"].to_numpy()
    unvisited, unknown = _who(gaps, people)
    n = len(codes)
    unsure = np.bincount(village[unknown | (unvisited & np.isnan(people))], minlength=n) > 0
    todo = unvisited & ~unsure[village]
    some = np.bincount(village[todo], minlength=n) > 0
    families = people / rule.people_per_family
    afoot, start = _from_start(gaps, village, todo)
    minutes_per_m = gaps.scenario.access.seconds_per_m() / 60.0
    xy = shapely.get_coordinates(demand.geometry.to_numpy())
    rows: list[tuple[int, int, Round, NDArray[np.int64]]] = []
    for v, at in _by_village(village, np.flatnonzero(todo)):
        found = walk_rounds(
            xy[at], families[at], xy[start[v]], rule, minutes_per_m=minutes_per_m, afoot=afoot[at]
        )
        rows += [(v, number, one, at) for number, one in enumerate(found, start=1)]
    rounds, stops = _tables(rows, codes, demand.index)
    status = np.select([unsure, some], [VisitStatus.UNKNOWN, VisitStatus.KNOWN], VisitStatus.NONE)
    return Visits(gaps.scenario.season, rule, _villages(codes, status, rounds, rule), rounds, stops)


def walk_rounds(
    xy: Floats,
    families: Floats,
    start: Floats,
    rule: VisitRule,
    *,
    minutes_per_m: float,
    afoot: Bools | None = None,
) -> list[Round]:
    """Return rounds (minutes of walking) that visit every family of some places once.

    Parameters
    ----------
    xy
        float64 ``(places, 2)``, metres.
    families
        float64 ``(places,)``, above 0.
    start
        float64 ``(2,)``, where each round begins and ends: x, y in metres.
    rule
        At most ``visits_a_round`` families and ``walk_minutes_a_round`` minutes of walking a round.
    minutes_per_m
        Minutes per metre of straight distance.
    afoot
        bool ``(places,)``, False where nobody can walk to; all can when None.

    Returns
    -------
    rounds
        The shortest walk first, those too far last. A place with more families than one round holds has
        rounds of its own and shares only the last of them. A place further away than a day's walk has
        rounds of its own, ``too_far``.

    Notes
    -----
    Sequential insertion (Mole and Jameson, Operational Research Quarterly 27, 1976): a round begins with
    the furthest place left, then takes the place that lengthens the walk least, while one fits. It is a
    plan that keeps the limits, not the one of the fewest rounds. Of equal places the western, then the
    southern is first, so the order of rows changes nothing.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rule = default_scenario().visits
    >>> xy, families = np.array([[0.0, 900.0], [0.0, 800.0], [9000.0, 0.0]]), np.array([4.0, 5.0, 1.0])
    >>> for r in walk_rounds(xy, families, np.zeros(2), rule, minutes_per_m=0.026):
    ...     print(r.points, round(r.walk_minutes, 1), r.too_far)
    (1, 0) 46.8 False
    (2,) 468.0 True
    """
    order = np.lexsort((families, xy[:, 1], xy[:, 0]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    away = np.round(2 * np.hypot(*(xy - start).T) * minutes_per_m, MINUTE_DECIMALS)
    away = away if afoot is None else np.where(afoot, away, np.inf)
    far = away > rule.walk_minutes_a_round
    full, rest = _full_rounds(families, rule.visits_a_round)
    alone = _rounds_alone(order, full, rest, away, far, rule.visits_a_round)
    near = order[~far[order]]
    shared = [
        Round(tuple(near[tour].tolist()), tuple(rest[near[tour]].tolist()), walk, too_far=False)
        for tour, walk in _tours(xy[near], rest[near], start, rule, minutes_per_m)
    ]
    # Those too far are last, since their walk is longer than the limit.
    return sorted([*alone, *shared], key=lambda r: (r.walk_minutes, place[r.points[0]], -sum(r.families)))


def _full_rounds(families: Floats, hold: float) -> tuple[NDArray[np.int64], Floats]:
    """Return how many rounds each place fills by itself, and the families left for one more."""
    full = np.maximum(np.ceil(np.round(families / hold, FAMILY_DECIMALS)).astype(np.int64) - 1, 0)
    return full, families - full * hold


def _rounds_alone(
    order: NDArray[np.int64], full: NDArray[np.int64], rest: Floats, away: Floats, far: Bools, hold: float
) -> Iterator[Round]:
    """Give the rounds to one place only: full ones, and the last one of a place too far to share it."""
    for i in order.tolist():
        loads = [hold] * int(full[i]) + ([float(rest[i])] if far[i] else [])
        for load in loads:
            yield Round((i,), (load,), float(away[i]), bool(far[i]))


def remote_flag(
    minutes_to_capital_one_way: Floats,
    transport_weekly: Sequence[str] | NDArray[np.object_] | None = None,
    weather_blocked: Sequence[str] | NDArray[np.object_] | None = None,
    *,
    round_trip_minutes: float = 360.0,
) -> NDArray[np.object_]:
    """Return whether places are remote ("terpencil") by their transport: yes, no or unknown.

    Parameters
    ----------
    minutes_to_capital_one_way
        float64 ``(places,)``, to the kabupaten capital; ``inf`` = no way, NaN = unknown.
    transport_weekly, weather_blocked
        object or a list ``(places,)`` of yes/no/unknown (a missing value is unknown): usual transport
        runs but once a week; the weather stops it at times. None: unknown everywhere.
    round_trip_minutes
        A longer round trip is remote (six hours).

    Returns
    -------
    remote
        object ``(places,)``: "yes" if any of the three holds: a round trip of more than 6 hours, or one
        of the others. "no" only if all three are known not to hold.

    Raises
    ------
    InputError
        Another word than yes, no, unknown, or not one for each place.

    Notes
    -----
    Permenkes 6/2013, Pasal 4 (3), for health facilities. The rule also asks for a difficult site (2)
    and for social and economic conditions (4), of which nothing is known here.

    Examples
    --------
    >>> remote_flag(np.array([200.0, 30.0, 30.0]), ["no", "no", "no"], ["no", "no", "unknown"]).tolist()
    ['yes', 'no', 'unknown']
    """
    trip = np.round(2 * np.asarray(minutes_to_capital_one_way, dtype=np.float64), MINUTE_DECIMALS)
    far = np.select([np.isnan(trip), trip > round_trip_minutes], [YesNo.UNKNOWN, YesNo.YES], YesNo.NO)
    others = [
        _answers(name, given, len(trip))
        for name, given in (("transport_weekly", transport_weekly), ("weather_blocked", weather_blocked))
    ]
    all_three = np.stack([far.astype(object), *others])
    yes, no = (all_three == YesNo.YES).any(axis=0), (all_three == YesNo.NO).all(axis=0)
    return np.select([yes, no], [YesNo.YES, YesNo.NO], YesNo.UNKNOWN).astype(object)


def _answers(
    name: str, given: Sequence[str] | NDArray[np.object_] | None, places: int
) -> NDArray[np.object_]:
    if given is None:
        return np.full(places, YesNo.UNKNOWN.value, dtype=object)
    text = np.asarray(given, dtype=object)
    if text.shape != (places,):
        msg = f"{name}: {text.shape[0] if text.ndim else 1} answers for {places} places; give one for each"
        raise InputError(msg)
    text = np.where(pd.isna(text), YesNo.UNKNOWN.value, text)
    wrong = [repr(t) for t in text if t not in YesNo.texts()]
    if wrong:
        msg = f"{name}: {wrong[0]} is not an answer; use one of {', '.join(YesNo)}"
        raise InputError(msg)
    return text


def _who(gaps: Gaps, people: Floats) -> tuple[Bools, Bools]:
    """Return at which demand points no posyandu reaches the people, and where nobody knows."""
    lived = (gaps.demand["weight"].to_numpy() > 0) & (people != 0)
    answer = gaps.coverage.get(KIND)
    if answer is None:
        return np.zeros_like(lived), lived
    unknown = is_open(answer.reason_code)
    return lived & ~answer.reached & ~unknown, lived & unknown


def _by_village(village: NDArray[np.int64], at: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return some demand points by their village."""
    at = at[np.argsort(village[at], kind="stable")]
    owner, first = np.unique(village[at], return_index=True)
    last = np.searchsorted(village[at], owner, side="right")
    return [(v, at[i:j]) for v, i, j in zip(owner.tolist(), first, last, strict=True)]


def _from_start(gaps: Gaps, village: NDArray[np.int64], todo: Bools) -> tuple[Bools, dict[int, int]]:
    """Return which points one may walk to from their village's start, and the starts' rows by village."""
    points = np.asarray(gaps.demand.geometry.to_numpy(), dtype=object)
    xy, weight = shapely.get_coordinates(points), gaps.demand["weight"].to_numpy()
    afoot = np.ones(len(points), dtype=bool)
    if not todo.any():
        return afoot, {}
    wanted = np.flatnonzero(np.isin(village, village[todo]) & (weight > 0))
    start = {v: int(at[_middle(xy[at], weight[at])]) for v, at in _by_village(village, wanted)}
    home = (gaps.ground.land or land_of(gaps.layers.villages, gaps.scenario.land)).of(points)
    at = np.flatnonzero(todo)
    afoot[at] = may_walk(home[at], home[[start[v] for v in village[at].tolist()]])
    return afoot, start


def _middle(xy: Floats, weight: Floats) -> int:
    """Return the point nearest to the weighted mean of all; of equal ones the western, then the southern."""
    # To the millimetre: the mean of points in another order differs in its last bits.
    mean = np.round(weight @ xy / weight.sum(), 3)
    away = np.round(np.hypot(*(xy - mean).T), 3)
    return int(np.lexsort((xy[:, 1], xy[:, 0], away))[0])


def _tours(
    xy: Floats, load: Floats, start: Floats, rule: VisitRule, minutes_per_m: float
) -> list[tuple[NDArray[np.int64], float]]:
    """Return the stops of each round in the order of its walk, and its minutes; see walk_rounds."""
    out = []
    left = np.arange(len(load))
    while len(left):
        tour, walk = _one_tour(xy[left], load[left], start, rule, minutes_per_m)
        out.append((left[tour], walk))
        left = np.delete(left, tour)
    return out


def _one_tour(
    xy: Floats, load: Floats, start: Floats, rule: VisitRule, minutes_per_m: float
) -> tuple[list[int], float]:
    def minutes_to(point: Floats) -> Floats:
        return np.asarray(np.hypot(*(xy - point).T) * minutes_per_m)

    home = minutes_to(start)
    first = int(np.argmax(home))
    tour, families, walk = [first], load[first], 2 * home[first]
    # Minutes from each stop to all places; the start stands at both ends.
    to = [home, minutes_to(xy[first]), home]
    # Minutes of each leg.
    legs = [home[first], home[first]]
    free = np.ones(len(load), dtype=bool)
    free[first] = False
    while True:
        fits = free & (np.round(families + load, FAMILY_DECIMALS) <= rule.visits_a_round)
        if not fits.any():
            break
        extra = np.stack([a + b - leg for a, b, leg in zip(to[:-1], to[1:], legs, strict=True)])
        more = extra.min(axis=0)
        fits &= np.round(walk + more, MINUTE_DECIMALS) <= rule.walk_minutes_a_round
        if not fits.any():
            break
        new = int(np.argmin(np.where(fits, more, np.inf)))
        slot = int(np.argmin(extra[:, new]))
        families, walk = families + load[new], walk + more[new]
        legs[slot : slot + 1] = [to[slot][new], to[slot + 1][new]]
        to.insert(slot + 1, minutes_to(xy[new]))
        tour.insert(slot, new)
        free[new] = False
    return tour, round(float(walk), MINUTE_DECIMALS)


def _tables(
    rows: list[tuple[int, int, Round, NDArray[np.int64]]], codes: pd.Index, demand_id: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of rounds and of stops from (village, number, round, rows of its points)."""
    rounds = pd.DataFrame(
        {
            "village_code": pd.Series([codes[v] for v, *_ in rows], dtype="str"),
            "round": np.array([number for _, number, *_ in rows], dtype=np.int64),
            "families": np.array([sum(r.families) for *_, r, _ in rows], dtype=np.float64),
            "walk_minutes": np.array([r.walk_minutes for *_, r, _ in rows], dtype=np.float64),
            "points": np.array([len(r.points) for *_, r, _ in rows], dtype=np.int64),
            "too_far": np.array([r.too_far for *_, r, _ in rows], dtype=bool),
        }
    )
    stops = [
        (codes[v], number, stop, demand_id[at[i]], seen)
        for v, number, r, at in rows
        for stop, (i, seen) in enumerate(zip(r.points, r.families, strict=True), start=1)
    ]
    columns = ["village_code", "round", "stop", "demand_id", "families"]
    types = {
        "village_code": "str",
        "round": "int64",
        "stop": "int64",
        "demand_id": "str",
        "families": "float64",
    }
    return rounds, pd.DataFrame(stops, columns=columns).astype(types)


def _villages(
    codes: pd.Index, status: NDArray[np.str_], rounds: pd.DataFrame, rule: VisitRule
) -> pd.DataFrame:
    by = rounds.groupby("village_code")
    far = rounds[rounds["too_far"]].groupby("village_code")
    families = by["families"].sum().reindex(codes, fill_value=0.0)
    count = by.size().reindex(codes, fill_value=0).astype("float64")
    month = rule.visits_per_family_month
    numbers = pd.DataFrame(
        {
            "families": families,
            "visits_month": families * month,
            "rounds": count,
            "rounds_month": count * month,
            "rounds_too_far": far.size().reindex(codes, fill_value=0).astype("float64"),
            "families_too_far": far["families"].sum().reindex(codes, fill_value=0.0),
            "rounds_a_kader_month": count * month / rule.kader_a_village,
        },
        index=codes,
    )
    # Nothing is known, so nothing is counted.
    numbers[status == VisitStatus.UNKNOWN] = np.nan
    numbers.insert(0, "status", pd.Series(status, index=codes, dtype="str"))
    return numbers
