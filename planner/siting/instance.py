"""Which candidate sites cover which people: the sparse instance that every covering problem is asked of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from geodata.runs import run_starts
from planner.kernels.cover import Cover, Lists, dominated, lists_of_pairs, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Signatures of lists of sites; two lists with one signature are still compared.
SIGNATURE_SEED = 20261128


@dataclass(frozen=True)
class CoverInstance:
    """Places with people, sites with costs, and which site covers which place.

    Attributes
    ----------
    people
        float64 ``(places,)``, 0 or more.
    by_site
        The places (int32 numbers) that each site covers.
    by_place
        The same by place: its sites.
    cost
        float64 ``(sites,)``, above 0; 1 each where units are counted.
    forced, forbidden
        bool ``(sites,)``: always chosen, never chosen.
    conflicts
        By site, the others that may not be chosen with it; both ways.
    """

    people: NDArray[np.float64]
    by_site: Lists
    by_place: Lists
    cost: NDArray[np.float64]
    forced: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    conflicts: Lists

    @property
    def cover(self) -> Cover:
        """What kernels take."""
        return Cover(self.people, self.by_site, self.by_place, self.cost, self.conflicts)

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.cost)

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.people)

    def reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which places some sites cover, bool ``(places,)``.

        Parameters
        ----------
        chosen
            Numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> two = cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1])
        >>> two.reached(np.array([1])).tolist()
        [False, True]
        """
        reached = np.zeros(self.places, dtype=np.bool_)
        sites = np.flatnonzero(chosen) if np.asarray(chosen).dtype == np.bool_ else chosen
        for j in np.asarray(sites, dtype=np.int64):
            reached[self.by_site.item[self.by_site.first[j] : self.by_site.first[j + 1]]] = True
        return reached

    def people_reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> float:
        """Return the people whom some sites cover.

        Examples
        --------
        >>> cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1]).people_reached(np.array([1]))
        20.0
        """
        return float(self.people[self.reached(chosen)].sum())

    @property
    def reachable(self) -> float:
        """The people whom all sites that are not forbidden cover together."""
        return self.people_reached(~self.forbidden)


def cover_instance(
    people: NDArray[np.float64] | list[float],
    *,
    place: NDArray[np.integer] | list[int],
    site: NDArray[np.integer] | list[int],
    sites: int | None = None,
    cost: NDArray[np.float64] | list[float] | None = None,
    forced: NDArray[np.bool_] | None = None,
    forbidden: NDArray[np.bool_] | None = None,
    conflicts: NDArray[np.integer] | None = None,
) -> CoverInstance:
    """Return the instance of pairs (place, site), each given once or more.

    Parameters
    ----------
    people
        float64 ``(places,)``.
    place, site
        int ``(pairs,)``: this site covers this place.
    sites
        How many there are; as many as ``site`` names when None.
    cost
        float64 ``(sites,)``; 1 each when None.
    forced, forbidden
        bool ``(sites,)``; none when None.
    conflicts
        int ``(pairs, 2)`` of sites of which at most one may be chosen.

    Raises
    ------
    ConfigError
        People or costs that are no number, below 0 (or a cost of 0); a pair that names no place or site; a
        site both forced and forbidden; two forced sites in conflict.

    Examples
    --------
    >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1])
    >>> two.by_site.first.tolist(), two.by_site.item.tolist(), two.reachable
    ([0, 2, 3], [0, 1, 1], 30.0)
    """
    people = np.asarray(people, dtype=np.float64)
    place, site = np.asarray(place, dtype=np.int64), np.asarray(site, dtype=np.int64)
    n = int(site.max(initial=-1)) + 1 if sites is None else sites
    price = np.ones(n) if cost is None else np.asarray(cost, dtype=np.float64)
    held = np.zeros(n, np.bool_) if forced is None else np.asarray(forced, dtype=np.bool_)
    barred = np.zeros(n, np.bool_) if forbidden is None else np.asarray(forbidden, dtype=np.bool_)
    pairs = np.empty((0, 2), np.int64) if conflicts is None else np.asarray(conflicts, dtype=np.int64)
    if not (len(price) == len(held) == len(barred) == n):
        msg = f"give a cost and marks for each of {n} sites"
        raise ConfigError(msg)
    if not (_within(place, len(people)) and _within(site, n) and _within(pairs.ravel(), n)):
        msg = "a pair names a place or site that is not there"
        raise ConfigError(msg)
    faults = {
        "people are numbers of 0 or more": ~(np.isfinite(people) & (people >= 0)),
        "costs are numbers above 0": ~(np.isfinite(price) & (price > 0)),
        "a site cannot be in conflict with itself": pairs[:, 0] == pairs[:, 1],
        "a site is both forced and forbidden: choose one": held & barred,
        "two forced sites are in conflict": held[pairs[:, 0]] & held[pairs[:, 1]],
    }
    for said, where in faults.items():
        if where.any():
            raise ConfigError(said)
    by_site = lists_of_pairs(site, place, n, len(people))
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return CoverInstance(
        people, by_site, turned(by_site, len(people)), price, held, barred,
        lists_of_pairs(both[:, 0].copy(), both[:, 1].copy(), n, n),
    )  # fmt: skip


def _within(numbers: NDArray[np.integer], n: int) -> bool:
    return bool(((numbers >= 0) & (numbers < n)).all())


@dataclass(frozen=True)
class Reduced:
    """A smaller instance with the same best choices, and how its numbers are those of the larger one.

    Attributes
    ----------
    instance
        Forced sites are chosen already and gone, with all that they cover.
    site
        int64 ``(sites,)``: each site's number in the larger instance.
    place
        int64 ``(places of the larger,)``: each place's number here; -1 where nothing, or what is forced,
        covers it.
    people_forced
        Whom the forced sites cover.
    cost_forced
        What they cost.
    """

    instance: CoverInstance
    site: NDArray[np.int64]
    place: NDArray[np.int64]
    people_forced: float
    cost_forced: float


def reduced(instance: CoverInstance, *, drop_dominated: bool = True) -> Reduced:
    """Return the instance without what decides nothing.

    Places with equal sites become one with all their people. Forced sites, what conflicts with them,
    forbidden sites, and what forced sites cover are taken out. A site goes that another one is never worse
    than; those in a conflict stay, since it may be the conflict that decides.

    Parameters
    ----------
    instance
        Any.
    drop_dominated
        False where a site's other properties count, as in problems with more rules.

    Examples
    --------
    Places 0 and 1 have the same sites, and site 0 covers all that site 1 does:

    >>> small = reduced(cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2, 0, 1], site=[0, 0, 0, 1, 1]))
    >>> small.instance.people.tolist(), small.site.tolist()
    ([35.0], [0])
    """
    held = np.flatnonzero(instance.forced)
    done = instance.reached(held)
    gone = instance.forbidden | instance.forced
    for j in held:
        gone[instance.conflicts.item[instance.conflicts.first[j] : instance.conflicts.first[j + 1]]] = True
    row, item = _pairs(instance.by_site)
    keep = ~gone[row] & ~done[item] & (instance.people[item] > 0)
    row, item = row[keep], item[keep]
    place = np.arange(instance.places)
    people = instance.people
    site = np.flatnonzero(~gone)
    while True:
        row = np.searchsorted(site, row)
        merged = _merged(row, item, people, len(site))
        # The last entry stands for places that are gone already.
        place = np.append(merged.number, -1)[place]
        people, row, item = merged.people, merged.row, merged.item
        small = _without(instance, site, people, lists_of_pairs(row, item, len(site), len(people)))
        free = np.diff(small.conflicts.first) == 0
        out = dominated(small.cover, free) if drop_dominated else ~_any(small)
        if not out.any():
            return Reduced(
                small, site, place, float(instance.people[done].sum()), float(instance.cost[held].sum())
            )
        stays = ~out[row]
        row, item = site[row[stays]], item[stays]
        site = site[~out]


def _any(instance: CoverInstance) -> NDArray[np.bool_]:
    return np.diff(instance.by_site.first) > 0


def _pairs(lists: Lists) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.repeat(np.arange(len(lists.first) - 1), np.diff(lists.first)), lists.item.astype(np.int64)


@dataclass(frozen=True)
class _Merged:
    number: NDArray[np.int64]
    people: NDArray[np.float64]
    row: NDArray[np.int64]
    item: NDArray[np.int64]


def _merged(
    row: NDArray[np.int64], item: NDArray[np.int64], people: NDArray[np.float64], sites: int
) -> _Merged:
    """Return pairs (site, place) with places of equal sites as one; places without a site have number -1."""
    places = len(people)
    mark = np.random.default_rng(SIGNATURE_SEED).integers(0, 1 << 63, size=sites, dtype=np.uint64)
    signature = np.zeros(places, dtype=np.uint64)
    np.add.at(signature, item, mark[row])
    degree = np.bincount(item, minlength=places)
    # Within a group by people, so that their sum does not depend on the order in which they are given.
    order = np.lexsort((people, signature, degree))
    order = order[degree[order] > 0]
    by_place = lists_of_pairs(item, row, places, sites)
    new = run_starts(degree[order], signature[order])
    new[1:] |= ~_same_lists(by_place, order[1:], order[:-1], ~new[1:])
    group = np.cumsum(new) - 1
    number = np.full(places, -1, dtype=np.int64)
    number[order] = group
    first = order[new]
    some = np.zeros(places, dtype=np.bool_)
    some[first] = True
    keep = some[item]
    total = np.bincount(group, weights=people[order], minlength=len(first)).astype(np.float64)
    return _Merged(number, total, row[keep], number[item[keep]])


def _same_lists(
    lists: Lists, a: NDArray[np.int64], b: NDArray[np.int64], ask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return of pairs of rows of equal length, where asked, whether they hold the same."""
    same = np.ones(len(a), dtype=np.bool_)
    which = np.flatnonzero(ask)
    size = np.diff(lists.first)[a[which]]
    of = np.repeat(np.arange(len(which)), size)
    step = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
    differ = lists.item[lists.first[a[which]][of] + step] != lists.item[lists.first[b[which]][of] + step]
    same[which[of[differ]]] = False
    return same


def _without(
    instance: CoverInstance, site: NDArray[np.int64], people: NDArray[np.float64], by_site: Lists
) -> CoverInstance:
    """Return the instance of some of the sites."""
    number = np.full(instance.sites, -1, dtype=np.int64)
    number[site] = np.arange(len(site))
    one, other = _pairs(instance.conflicts)
    both = (number[one] >= 0) & (number[other] >= 0)
    none = np.zeros(len(site), dtype=np.bool_)
    return replace(
        instance, people=people, by_site=by_site, by_place=turned(by_site, len(people)),
        cost=instance.cost[site], forced=none, forbidden=none,
        conflicts=lists_of_pairs(number[one[both]], number[other[both]], len(site), len(site)),
    )  # fmt: skip
