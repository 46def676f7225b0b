"""How unequal reach is: minutes of the best and the worst served, by district, remoteness, island, village.

All numbers are weighted by people, at the demand points. A place that has no way has ``inf`` minutes
and stays in: quantiles may be ``inf``, and the Gini coefficient, whose mean is infinite, is NaN (not
defined). The coefficient of the people who have a way is another number under another name, beside the share
of those who have none, since one islet would otherwise hide the rest of a kabupaten. Left out of the weights
are only people whose number is unknown; the table counts their villages.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import VillageKind
from geodata.errors import ConfigError, InputError
from planner.coverage.reach import is_open
from planner.supply.places import NO_ISLAND, REMOTENESS, Remoteness, village_islands, village_remoteness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season

    Floats = NDArray[np.float64]

GROUPINGS = ("all", "district", "remoteness", "island", "village_kind")
QUANTILES = {
    "minutes_p10": 0.10,
    "minutes_p25": 0.25,
    "minutes_p50": 0.50,
    "minutes_p75": 0.75,
    "minutes_p90": 0.90,
}
# Villages that belong to no group that has a name.
NO_GROUP = frozenset({NO_ISLAND, Remoteness.UNKNOWN.value, VillageKind.UNKNOWN.value})
LORENZ_POINTS = 200
# Sums of people are as good as this, relative to the whole.
ROUNDING = 1e-9


class WorstTenth(NamedTuple):
    """The worst-off tenth of people: their mean minutes, and the least minutes among them."""

    mean_minutes: float
    from_minutes: float


def weighted_quantile(minutes: Floats, people: Floats, q: float) -> float:
    """Return the lower weighted quantile (minutes): the least that a share ``q`` of people do not exceed.

    Parameters
    ----------
    minutes
        float64 ``(places,)``; ``inf`` (no way) sorts last; unknown (NaN) ones may be anything from 0 on:
        where the result is not the same with all of them at 0 and all at ``inf``, it is NaN.
    people
        float64 ``(places,)``; places of unknown people (NaN) are left out: count them beside the result.
    q
        A share, 0 to 1. At 0.5 this is :func:`planner.coverage.weighed.weighted_median`.

    Raises
    ------
    InputError
        ``q`` is no share.

    Examples
    --------
    >>> weighted_quantile(np.array([5.0, 20.0, np.inf]), np.array([50.0, 40.0, 10.0]), 0.9)
    20.0
    """
    _require_share(q)
    values, weights = _in_order(minutes, people)
    return float(_quantiles(values, weights, np.array([q]))[0])


def lorenz(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return the Lorenz curve: cumulative shares of people and of what they bear, the least first.

    Parameters
    ----------
    values
        float64 ``(places,)``, 0 or more, such as minutes.
    people
        float64 ``(places,)``; places of unknown people (NaN) are left out.

    Returns
    -------
    people_share, values_share
        float64 ``(points of the curve,)``, from (0, 0) to (1, 1), each not falling. Both are empty where
        the curve is not defined: a value is unknown (NaN) or infinite, or there are no people. Where all
        values are equal (also all 0) it is the diagonal.

    Notes
    -----
    Lorenz, Publications of the American Statistical Association 9 (1905).

    Examples
    --------
    >>> lorenz(np.array([30.0, 10.0]), np.array([100.0, 100.0]))
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 1.  ]))
    """
    return _lorenz(*_by_value(values, people))


def gini(values: Floats, people: Floats) -> float:
    """Return the Gini coefficient of values borne by people: 0 (all bear the same) to 1; no unit.

    It is half the mean absolute difference between two people, divided by the mean: twice the area
    between the Lorenz curve and the diagonal.

    Parameters
    ----------
    values, people
        As :func:`lorenz` takes them.

    Returns
    -------
    gini
        NaN where it is not defined. With an infinite value the mean is infinite; leaving those places out
        would call an area fairer the more people it cuts off. So the caller says how many cannot be
        reached, and may take the coefficient of the others by leaving them out itself.

    Examples
    --------
    >>> gini(np.array([30.0, 10.0]), np.array([100.0, 100.0]))
    0.25
    >>> gini(np.array([30.0, np.inf]), np.array([100.0, 1.0]))
    nan
    """
    return _gini(*_by_value(values, people))


def worst_tenth(minutes: Floats, people: Floats, share: float = 0.1) -> WorstTenth:
    """Return the mean and the least minutes of the worst-off tenth of people.

    The place at the margin is split, so that the tenth is a tenth exactly.

    Parameters
    ----------
    minutes, people
        As :func:`weighted_quantile` takes them. The mean is ``inf`` when any of the tenth has no way.
    share
        How many people are "the worst off", above 0 to 1.

    Raises
    ------
    InputError
        ``share`` is no share, or 0.

    Examples
    --------
    >>> worst_tenth(np.array([5.0, 40.0, 60.0]), np.array([85.0, 10.0, 5.0]))
    WorstTenth(mean_minutes=50.0, from_minutes=40.0)
    """
    _require_share(share)
    if share == 0:
        msg = "share: nobody is left with 0; write a share above 0"
        raise InputError(msg)
    return _worst(*_by_value(minutes, people), share)


def equity_table(gaps: Gaps) -> pd.DataFrame:
    """Return how minutes to each kind are shared among people, one row a kind, season and group.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Returns
    -------
    table
        Index 0, 1, …; ``kind``; ``season``, the scenario's own first; ``by`` (all, district, remoteness,
        island, village_kind) and ``group``, its label: ``district_code``, one of REMOTENESS, the island's
        number (:func:`village_islands`), desa/kelurahan/unknown. Each village is in one group of each ``by``,
        so ``villages``, ``people`` (known numbers; NaN when none is known) and ``villages_people_unknown``
        add up to those of ``all``. Of the people known: ``share_reached`` (0-1), ``minutes_p10`` …
        ``minutes_p90``, ``gini``, ``worst_tenth_minutes`` (a mean), ``share_unreachable`` (0-1, no way at
        all, of those of whom it is known), ``gini_reachable`` (of those who have one),
        ``worst_tenth_from_minutes`` (the least among the worst-off tenth), ``share_reach_unknown`` (0-1: no
        list of the kind, a unit without a place may serve them, or the list or the roads do not cover them).
        Where it is above 0, ``share_reached`` and ``share_unreachable`` are "at least", minutes are "at most"
        (to the units that are listed), and both coefficients are NaN where the list or the roads do not
        cover somebody. All but the last are NaN for a kind of which nothing is known.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = equity_table(find_gaps(demo_layers(12)))
    >>> sorted(set(table["by"]))
    ['all', 'district', 'island', 'remoteness', 'village_kind']
    """
    village = gaps.layers.villages.index.get_indexer(gaps.demand["village_code"])
    people = gaps.demand["people"].to_numpy()
    groups: dict[object, list[_Group]] = {}
    for group in _groups(gaps):
        groups.setdefault(group.facts["by"], []).append(group)
    numbers = {by: _numbers(members)[village] for by, members in groups.items()}
    rows: list[dict[str, object]] = []
    for kind in gaps.scenario.standard:
        for season, answers in gaps.seasons.items():
            points = _Points(answers[kind], people)
            for by, members in groups.items():
                parts = points.split(numbers[by], len(members))
                for group, mine in zip(members, parts, strict=True):
                    head = {"kind": kind, "season": season, **group.facts}
                    rows.append({**head, **points.spread(mine)})
    return pd.DataFrame(rows)


def life_cycle_table(gaps: Gaps, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the same table by life-cycle group: ``by`` is "life_cycle", ``group`` the group's name.

    Groups overlap (infants are among the under-fives), so their people do not add up to everybody's.

    Parameters
    ----------
    gaps
        The answer for a study area.
    groups
        :func:`planner.supply.groups.group_table`.

    Returns
    -------
    table
        One row a group, kind and season; the columns of :func:`equity_table`.

    Raises
    ------
    KeyError
        A group of the scenario is not in ``groups``.

    Examples
    --------
    >>> from planner.supply.groups import group_table
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> sorted(set(life_cycle_table(gaps, group_table(gaps))["by"]))
    ['life_cycle']
    """
    codes = gaps.layers.villages.index
    village = codes.get_indexer(gaps.demand["village_code"])
    weight = gaps.demand["weight"].to_numpy()
    all_in_one = np.zeros(len(weight), dtype=np.int64)
    # By everybody's people: once, since sorting takes longer than all the rest.
    everyone = gaps.demand["people"].to_numpy()
    orders = {
        (kind, season): _sorted(answers[kind], everyone)
        for season, answers in gaps.seasons.items()
        for kind in gaps.scenario.standard
    }
    rows: list[dict[str, object]] = []
    for name in gaps.scenario.groups:
        of_village = groups["people"].xs(name, level="group").reindex(codes).to_numpy()
        known = of_village[~np.isnan(of_village)]
        facts = {
            "by": "life_cycle", "group": name, "villages": len(codes),
            "people": math.fsum(known) if len(known) else np.nan,
            "villages_people_unknown": len(codes) - len(known),
        }  # fmt: skip
        for kind in gaps.scenario.standard:
            for season, answers in gaps.seasons.items():
                people = weight * of_village[village]
                points = _Points(answers[kind], people, orders[kind, season])
                [everybody] = points.split(all_in_one, 1)
                rows.append({"kind": kind, "season": season, **facts, **points.spread(everybody)})
    return pd.DataFrame(rows)


def lorenz_points(gaps: Gaps, kind: str, season: Season | None = None) -> pd.DataFrame:
    """Return the Lorenz curve of minutes to a kind, of the people who have a way, at most 200 points.

    Parameters
    ----------
    gaps
        The answer for a study area.
    kind
        A facility kind of the standard.
    season
        The scenario's own when None.

    Returns
    -------
    points
        Index 0, 1, …; ``people_share``, ``minutes_share`` float64, shares (0-1) from (0, 0) to (1, 1), the
        shortest minutes first; ``share_unreachable``, the same in each row: of all people, those who have no
        way and so are not in the curve (its coefficient is ``gini_reachable`` of :func:`equity_table`).
        Points of a longer curve are chosen at even shares of people. No rows where nothing is known, or
        nobody has a way.

    Raises
    ------
    ConfigError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> points = lorenz_points(find_gaps(demo_layers(12)), "puskesmas")
    >>> points.iloc[-1].to_dict()
    {'people_share': 1.0, 'minutes_share': 1.0, 'share_unreachable': 0.0}
    """
    answers = gaps.seasons[season or gaps.scenario.season]
    if kind not in answers:
        msg = f"{kind!r} is not in the standard; use one of {', '.join(answers)}"
        raise ConfigError(msg)
    answer, everyone = answers[kind], gaps.demand["people"].to_numpy()
    minutes, people = _by_value(answer.minutes, everyone)
    people_share, minutes_share = _lorenz(*_with_a_way(minutes, people))
    if len(people_share) > LORENZ_POINTS:
        at = np.unique(np.searchsorted(people_share, np.linspace(0.0, 1.0, LORENZ_POINTS)))
        people_share, minutes_share = people_share[at], minutes_share[at]
    points = _Points(answer, everyone)
    cut_off = _share(people=points.people, who=points.no_way & ~points.unknown)
    return pd.DataFrame(
        {"people_share": people_share, "minutes_share": minutes_share, "share_unreachable": cut_off}
    )


class _Group(NamedTuple):
    """Some villages: ``facts`` of their rows in the table, ``has`` bool by village."""

    facts: dict[str, object]
    has: NDArray[np.bool_]


def _groups(gaps: Gaps) -> list[_Group]:
    """Return the groups of every grouping, in the order of their rows."""
    villages = gaps.layers.villages
    people = villages["people"].to_numpy()
    out = []
    for by in GROUPINGS:
        label = _labels(gaps, by)
        for name in sorted(set(label), key=lambda text: _place(by, text)):
            has = label == name
            known = people[has & ~np.isnan(people)]
            facts = {
                "by": by,
                "group": name,
                "villages": int(has.sum()),
                # Exact whatever the order of villages.
                "people": math.fsum(known) if len(known) else np.nan,
                "villages_people_unknown": int(has.sum()) - len(known),
            }
            out.append(_Group(facts, has))
    return out


def _numbers(groups: list[_Group]) -> NDArray[np.int64]:
    """Return by village the number of its group."""
    out = np.zeros(len(groups[0].has), dtype=np.int64)
    for number, group in enumerate(groups):
        out[group.has] = number
    return out


def _labels(gaps: Gaps, by: str) -> NDArray[np.object_]:
    villages = gaps.layers.villages
    if by == "all":
        return np.full(len(villages), "all", dtype=object)
    if by == "remoteness":
        label = village_remoteness(gaps)
    elif by == "island":
        label = village_islands(gaps)
    else:
        label = villages[{"district": "district_code", "village_kind": "kind"}[by]]
    return np.asarray(label, dtype=object)


def _place(by: str, label: str) -> tuple[float, str]:
    """Return what rows are sorted by: classes in their order, islands by number, unknown last."""
    if by == "remoteness":
        return REMOTENESS.index(label), ""
    if label in NO_GROUP:
        return math.inf, ""
    return (float(label) if by == "island" else 0.0), label


def _sorted(answer: Coverage, people: Floats) -> NDArray[np.int64]:
    """Return the demand points in order of minutes, then people."""
    return np.lexsort((people, answer.minutes))


class _Points:
    """One kind's answer at the demand points of known people, the least minutes first."""

    def __init__(self, answer: Coverage, people: Floats, order: NDArray[np.int64] | None = None) -> None:
        if order is None:
            order = _sorted(answer, people)
        self.order = order[~np.isnan(people[order])]
        self.listed = answer.listed
        self.minutes, self.people = answer.minutes[self.order], people[self.order]
        self.reached = answer.reached[self.order]
        self.unknown = is_open(answer.reason_code)[self.order]
        self.no_way = np.isinf(self.minutes)

    def split(self, number: NDArray[np.int64], groups: int) -> list[NDArray[np.int64]]:
        """Return the rows of each group, still the least minutes first; ``number`` is by demand point."""
        mine = number[self.order]
        order = np.argsort(mine, kind="stable")
        bounds = np.searchsorted(mine[order], np.arange(groups + 1))
        return [order[bounds[i] : bounds[i + 1]] for i in range(groups)]

    def spread(self, mine: NDArray[np.int64]) -> dict[str, object]:
        """Return the numbers of the table's row for some rows of these."""
        every = _some(self.minutes[mine], self.people[mine])
        minutes, people = _lived(*every)
        listed = self.listed

        def share(who: NDArray[np.bool_], *, known: bool = listed) -> float:
            return _share(people=self.people[mine], who=who[mine]) if known else math.nan

        quantiles = _quantiles(*every, np.array(list(QUANTILES.values())))
        worst = _worst(minutes, people, 0.1)
        # Longest minutes go down when a list is completed; a coefficient may go either way.
        even = not (self.unknown[mine] & (self.people[mine] > 0)).any()
        return {
            "share_reached": share(self.reached),
            **dict(zip(QUANTILES, quantiles.tolist(), strict=True)),
            "gini": _gini(minutes, people) if even else math.nan,
            "worst_tenth_minutes": worst.mean_minutes,
            "share_unreachable": share(self.no_way & ~self.unknown),
            "gini_reachable": _gini(*_with_a_way(minutes, people)) if even else math.nan,
            "worst_tenth_from_minutes": worst.from_minutes,
            "share_reach_unknown": share(self.unknown, known=True),
        }


def _share(*, people: Floats, who: NDArray[np.bool_]) -> float:
    total = people.sum()
    return round(float(people[who].sum() / total), 9) if total > 0 else math.nan


def _require_share(q: float) -> None:
    if not 0 <= q <= 1:
        msg = f"{q!r} is no share; write a number from 0 to 1"
        raise InputError(msg)


def _by_value(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return values in order and people, as :func:`_lived`."""
    return _lived(*_in_order(values, people))


def _in_order(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return values and people where there are some, of known number; the least value first, NaN last."""
    values, people = np.asarray(values, dtype=np.float64), np.asarray(people, dtype=np.float64)
    # People too, so that sums are the same to the last bit in any order of rows.
    order = np.lexsort((people, values))
    return _some(values[order], people[order])


def _some(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return values and people where there are some, of known number."""
    return values[people > 0], people[people > 0]


def _lived(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return what :func:`_in_order` gives; nothing where a value is unknown."""
    if len(values) == 0 or np.isnan(values[-1]):
        return np.empty(0), np.empty(0)
    return values, people


def _quantiles(values: Floats, people: Floats, q: Floats) -> Floats:
    """Return quantiles of what :func:`_in_order` gives; NaN where unknown values may move them."""
    known = ~np.isnan(values)
    if not known.any():
        return np.full(len(q), np.nan)
    unknown = float(people[~known].sum())
    running = np.cumsum(people[known])
    wanted = q * (running[-1] + unknown) * (1 - ROUNDING)
    most = np.append(values[known], np.inf)[np.searchsorted(running, wanted)]
    least = values[known][np.searchsorted(running, np.maximum(wanted - unknown, 0.0))]
    # So many of them may be at 0.
    least = np.where((unknown > 0) & (wanted <= unknown), 0.0, least)
    out: Floats = np.where(least == most, most, np.nan)
    return out


# What follows takes what _lived gives: sorted, nothing unknown, everywhere people; or empty.


def _with_a_way(minutes: Floats, people: Floats) -> tuple[Floats, Floats]:
    some = np.isfinite(minutes)
    return minutes[some], people[some]


def _lorenz(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    if len(values) == 0 or np.isinf(values[-1]):
        return np.empty(0), np.empty(0)
    # Equal values are the diagonal exactly, also where all are 0.
    borne = people if values[0] == values[-1] else values * people
    x, y = (np.concatenate([[0.0], np.cumsum(part)]) for part in (people, borne))
    return x / x[-1], y / y[-1]


def _gini(values: Floats, people: Floats) -> float:
    x, y = _lorenz(values, people)
    if len(x) == 0:
        return math.nan
    # Twice the area between curve and diagonal, by triangles from the origin: exactly 0 on the diagonal.
    return max(0.0, float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])))


def _worst(values: Floats, people: Floats, share: float) -> WorstTenth:
    if len(values) == 0:
        return WorstTenth(math.nan, math.nan)
    values, people = values[::-1], people[::-1]
    running = np.cumsum(people)
    wanted = share * running[-1]
    taken = np.clip(wanted - np.concatenate([[0.0], running[:-1]]), 0.0, people)
    # What rounding leaves for the next place is nobody.
    some = taken > wanted * ROUNDING
    values, taken = values[some], taken[some]
    return WorstTenth(float(np.sum(values * taken) / np.sum(taken)), float(values[-1]))
