"""Which sites work from which year on: what each adds, and moves that make a rollout better.

A place counts from the first year in which a site that covers it works. A site decided in a year uses up what
there is: each rule adds up what decisions use, and has a limit. The order of sites decides only among equals:
of equal gains the lowest number counts, then the earliest year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.kernels.lists import Lists


class Years(NamedTuple):
    """A rollout for kernels.

    Attributes
    ----------
    rest
        float64 ``(places, years + 1)``: what a place counts if it is covered from that year on; 0 in the last
        column, never more than in the one before.
    by_site, by_place
        The places that each site covers, and back.
    works
        int32 ``(sites, years)``: from which year on a site works that is decided in a year; ``years`` where
        it cannot be decided then.
    use
        float64 ``(sites, years, rules)``: what a decision uses of each rule.
    limit
        float64 ``(rules,)``: how much there is.
    conflicts
        By site, with which others it may not be chosen; both ways.
    """

    rest: NDArray[np.float64]
    by_site: Lists
    by_place: Lists
    works: NDArray[np.int32]
    use: NDArray[np.float64]
    limit: NDArray[np.float64]
    conflicts: Lists


class YearsStanding(NamedTuple):
    """A rollout so far, kept up to date as sites are put in and taken out.

    Attributes
    ----------
    decided
        int32 ``(sites,)``: the year of the decision, -1 for none.
    count
        int32 ``(places, years)``: how many sites cover a place that begin to work in a year.
    since
        int32 ``(places,)``: the first year in which a place is covered; ``years`` for never.
    gain
        float64 ``(sites, years)``: what a site not chosen would add if it worked from a year on.
    used
        float64 ``(rules,)``.
    blockers
        int32 ``(sites,)``: how many chosen sites each is in conflict with.
    """

    decided: NDArray[np.int32]
    count: NDArray[np.int32]
    since: NDArray[np.int32]
    gain: NDArray[np.float64]
    used: NDArray[np.float64]
    blockers: NDArray[np.int32]


@njit(nogil=True)
def nothing_decided(years: Years) -> YearsStanding:
    """Return the rollout without any site."""
    places, n = years.rest.shape[0], years.rest.shape[1] - 1
    sites = len(years.works)
    now = YearsStanding(
        np.full(sites, -1, np.int32), np.zeros((places, n), np.int32), np.full(places, n, np.int32),
        np.zeros((sites, n)), np.zeros(len(years.limit)), np.zeros(sites, np.int32),
    )  # fmt: skip
    for j in range(sites):
        for e in range(years.by_site.first[j], years.by_site.first[j + 1]):
            for w in range(n):
                now.gain[j, w] += years.rest[years.by_site.item[e], w]
    return now


@njit(nogil=True)
def _since(years: Years, now: YearsStanding, place: int, new: int) -> None:
    """Have a place be covered from another year on, and tell the sites that cover it."""
    rest, old = years.rest[place], now.since[place]
    now.since[place] = new
    for w in range(max(old, new)):
        change = max(rest[w] - rest[new], 0.0) - max(rest[w] - rest[old], 0.0)
        for f in range(years.by_place.first[place], years.by_place.first[place + 1]):
            now.gain[years.by_place.item[f], w] += change


@njit(nogil=True)
def put(years: Years, now: YearsStanding, j: int, t: int) -> None:
    """Decide site j in year t, in which it can be decided."""
    w = years.works[j, t]
    now.decided[j] = t
    now.used[:] += years.use[j, t]
    for e in range(years.by_site.first[j], years.by_site.first[j + 1]):
        place = years.by_site.item[e]
        now.count[place, w] += 1
        if w < now.since[place]:
            _since(years, now, place, w)
    for e in range(years.conflicts.first[j], years.conflicts.first[j + 1]):
        now.blockers[years.conflicts.item[e]] += 1


@njit(nogil=True)
def take_out(years: Years, now: YearsStanding, j: int) -> float:
    """Take a decision back; returns what is lost by it."""
    t, n = now.decided[j], now.count.shape[1]
    w = years.works[j, t]
    now.decided[j] = -1
    now.used[:] -= years.use[j, t]
    for e in range(years.by_site.first[j], years.by_site.first[j + 1]):
        place = years.by_site.item[e]
        now.count[place, w] -= 1
        if w == now.since[place] and now.count[place, w] == 0:
            new = w
            while new < n and now.count[place, new] == 0:
                new += 1
            _since(years, now, place, new)
    for e in range(years.conflicts.first[j], years.conflicts.first[j + 1]):
        now.blockers[years.conflicts.item[e]] -= 1
    return now.gain[j, w]


@njit(nogil=True)
def fits(years: Years, now: YearsStanding, j: int, t: int) -> bool:
    """Return whether site j can be decided in year t beside what is decided already."""
    if now.decided[j] >= 0 or now.blockers[j] > 0 or years.works[j, t] >= now.count.shape[1]:
        return False
    room = True
    for r in range(len(years.limit)):
        room &= now.used[r] + years.use[j, t, r] <= years.limit[r]
    return room


@njit(nogil=True)
def best_decision(
    years: Years, now: YearsStanding, open_: NDArray[np.bool_], price: NDArray[np.float64], least: float
) -> tuple[int, int]:
    """Return the site and year of the decision that adds most for its price; -1 where none adds anything.

    Parameters
    ----------
    years, now
        The problem and what is decided.
    open_
        bool ``(sites,)``, which may be decided.
    price
        float64 ``(sites,)``, above 0.
    least
        A decision must add more than this.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> rest = np.array([[20.0, 10.0, 0.0], [60.0, 30.0, 0.0]])
    >>> works, use = np.array([[0, 1], [0, 1]], np.int32), np.ones((2, 2, 1))
    >>> years = Years(rest, by_site, turned(by_site, 2), works, use, np.array([1.0]), none)
    >>> now = nothing_decided(years)
    >>> best_decision(years, now, np.ones(2, np.bool_), np.ones(2), 0.0)
    (0, 0)
    """
    site, year, most = -1, -1, 0.0
    for j in range(len(open_)):
        if not open_[j]:
            continue
        for t in range(years.works.shape[1]):
            w = years.works[j, t]
            if w >= years.works.shape[1] or now.gain[j, w] <= least:
                continue
            if now.gain[j, w] / price[j] > most and fits(years, now, j, t):
                site, year, most = j, t, now.gain[j, w] / price[j]
    return site, year


@njit(nogil=True)
def fill(
    years: Years, now: YearsStanding, open_: NDArray[np.bool_], price: NDArray[np.float64], least: float
) -> float:
    """Decide one site after the other, the one that adds most for its price; returns the gain.

    Parameters
    ----------
    years, now
        The problem and what is decided; ``now`` is changed.
    open_
        bool ``(sites,)``, which may be decided.
    price
        float64 ``(sites,)``, above 0.
    least
        A decision must add more than this.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> rest = np.array([[20.0, 10.0, 0.0], [60.0, 30.0, 0.0]])
    >>> works, use = np.array([[0, 1], [0, 1]], np.int32), np.ones((2, 2, 1))
    >>> years = Years(rest, by_site, turned(by_site, 2), works, use, np.array([1.0]), none)
    >>> now = nothing_decided(years)
    >>> fill(years, now, np.ones(2, np.bool_), np.ones(2), 0.0), now.decided.tolist()
    (80.0, [0, -1])
    """
    total = 0.0
    while True:
        j, t = best_decision(years, now, open_, price, least)
        if j < 0:
            return total
        total += now.gain[j, years.works[j, t]]
        put(years, now, j, t)


@njit(nogil=True)
def move(
    years: Years, now: YearsStanding, j: int, first: NDArray[np.bool_], open_: NDArray[np.bool_],
    price: NDArray[np.float64], least: float,
) -> float:  # fmt: skip
    """Decide site j in another year, or others in its place, where that gains; returns the gain, or 0.

    Parameters
    ----------
    years, now
        The problem and what is decided; changed.
    j
        A site that is decided.
    first
        bool ``(sites,)``: which one may come first in its place; itself alone where it must be decided.
    open_, price, least
        As :func:`best_decision` takes them, for what still fits then.

    Examples
    --------
    >>> from planner.kernels.lists import Lists, turned
    >>> by_site = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> none = Lists(np.zeros(3, np.int64), np.empty(0, np.int32))
    >>> rest = np.array([[20.0, 10.0, 0.0], [60.0, 30.0, 0.0]])
    >>> works, use = np.array([[0, 1], [0, 1]], np.int32), np.ones((2, 2, 1))
    >>> years = Years(rest, by_site, turned(by_site, 2), works, use, np.array([1.0]), none)
    >>> now = nothing_decided(years)
    >>> put(years, now, 1, 0)
    >>> any_ = np.ones(2, np.bool_)
    >>> move(years, now, 1, any_, any_, np.ones(2), 0.0), now.decided.tolist()
    (20.0, [0, -1])
    """
    before = now.decided.copy()
    lost = take_out(years, now, j)
    gained = 0.0
    # By what it adds, not for its price, since it takes the place of a site.
    k, t = best_decision(years, now, first, np.ones_like(price), least)
    if k >= 0:
        gained += now.gain[k, years.works[k, t]]
        put(years, now, k, t)
        gained += fill(years, now, open_, price, least)
    if gained > lost + least:
        return gained - lost
    for i in range(len(before)):
        if now.decided[i] >= 0 and before[i] < 0:
            take_out(years, now, i)
    if now.decided[j] >= 0:
        take_out(years, now, j)
    put(years, now, j, before[j])
    return 0.0


@njit(nogil=True)
def _counted(years: Years, now: YearsStanding, j: int, w: int, step: int) -> float:
    """Count a site once more or less from year w on, gains left as they are; returns what that adds."""
    added = 0.0
    for e in range(years.by_site.first[j], years.by_site.first[j + 1]):
        place = years.by_site.item[e]
        old, new = now.since[place], min(now.since[place], w)
        now.count[place, w] += step
        while new < now.count.shape[1] and now.count[place, new] == 0:
            new += 1
        now.since[place] = new
        added += years.rest[place, new] - years.rest[place, old]
    return added


@njit(nogil=True)
def exchange_years(years: Years, now: YearsStanding, j: int, k: int, least: float) -> float:
    """Decide two sites each in the year of the other, where that gains; returns the gain, or 0."""
    at_j, at_k = now.decided[j], now.decided[k]
    n = now.count.shape[1]
    old_j, old_k, new_j, new_k = (
        years.works[j, at_j], years.works[k, at_k], years.works[j, at_k], years.works[k, at_j],
    )  # fmt: skip
    if at_j == at_k or new_j >= n or new_k >= n:
        return 0.0
    for r in range(len(years.limit)):
        change = years.use[j, at_k, r] - years.use[j, at_j, r] + years.use[k, at_j, r] - years.use[k, at_k, r]
        if now.used[r] + change > years.limit[r]:
            return 0.0
    # Tried on the counts alone, which is quick, and taken back.
    gained = _counted(years, now, j, old_j, -1) + _counted(years, now, k, old_k, -1)
    gained += _counted(years, now, j, new_j, 1) + _counted(years, now, k, new_k, 1)
    _counted(years, now, j, new_j, -1)
    _counted(years, now, k, new_k, -1)
    _counted(years, now, j, old_j, 1)
    _counted(years, now, k, old_k, 1)
    if gained <= least:
        return 0.0
    take_out(years, now, j)
    take_out(years, now, k)
    put(years, now, j, at_k)
    put(years, now, k, at_j)
    return gained
