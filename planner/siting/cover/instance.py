"""Which candidate sites cover which people: the sparse instance that every covering problem is asked of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from geodata.runs import run_starts
from planner.kernels.backup import Backup
from planner.kernels.cover import Cover, site_values
from planner.kernels.dominance import dominated
from planner.kernels.lists import Lists, lists_of_pairs, signatures, some_of, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The same marks each time: one seed, one plan.
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
    need
        int32 ``(places,)``, 1 or more: how many chosen sites must cover a place before it counts; None where
        one is enough everywhere.
    """

    people: NDArray[np.float64]
    by_site: Lists
    by_place: Lists
    cost: NDArray[np.float64]
    forced: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    conflicts: Lists
    need: NDArray[np.int32] | None = None

    @property
    def cover(self) -> Cover:
        """What kernels take for which one site is enough; ValueError where places need more."""
        if self.need is not None:
            msg = "these places need several sites: a kernel of planner.kernels.backup knows that"
            raise ValueError(msg)
        return self._cover()

    def _cover(self) -> Cover:
        return Cover(self.people, self.by_site, self.by_place, self.cost, self.conflicts)

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.cost)

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.people)

    def backup(self, power: float = np.inf) -> Backup:
        """Return what kernels take for places that need several sites.

        Parameters
        ----------
        power
            A place on its way to what it needs counts for its share of the way, to this power; inf: not at
            all.

        Examples
        --------
        >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], need=[1, 2])
        >>> two.backup(2.0).part[2].tolist()
        [0.0, 0.25, 1.0]
        """
        need = np.ones(self.places, np.int32) if self.need is None else self.need
        most = int(need.max(initial=1))
        share = np.arange(most + 1) / np.maximum(np.arange(most + 1), 1)[:, None]
        part = np.where(share >= 1.0, 1.0, np.where(share > 0.0, np.minimum(share, 1.0) ** power, 0.0))
        return Backup(self._cover(), need, part)

    def reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which places count as covered by some sites, bool ``(places,)``: by as many as they need.

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
        count = self.count(chosen)
        return np.asarray(count >= (1 if self.need is None else self.need), dtype=np.bool_)

    def count(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return how many of some sites cover each place, int32 ``(places,)``.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

        Examples
        --------
        >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1])
        >>> two.count(np.array([0, 1])).tolist()
        [1, 2]
        """
        count = np.zeros(self.places, dtype=np.int32)
        sites = np.flatnonzero(chosen) if np.asarray(chosen).dtype == np.bool_ else np.unique(chosen)
        for j in np.asarray(sites, dtype=np.int64):
            count[self.by_site.item[self.by_site.first[j] : self.by_site.first[j + 1]]] += 1
        return count

    def people_reached(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> float:
        """Return the people whom some sites cover.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites, or bool ``(sites,)``.

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
    conflicts: NDArray[np.integer] | list[list[int]] | None = None,
    need: NDArray[np.integer] | list[int] | None = None,
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
    need
        int ``(places,)``, how many sites must cover each place before it counts; 1 each when None.

    Raises
    ------
    ConfigError
        People or costs that are no number, below 0 (or a cost of 0); a pair that names no place or site; a
        site both forced and forbidden; two forced sites in conflict; a need below 1.

    Examples
    --------
    >>> two = cover_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1])
    >>> two.by_site.first.tolist(), two.by_site.item.tolist(), two.reachable
    ([0, 2, 3], [0, 1, 1], 30.0)
    """
    place, site = np.asarray(place, dtype=np.int64), np.asarray(site, dtype=np.int64)
    n = int(site.max(initial=-1)) + 1 if sites is None else sites
    if not (_within(place, len(people)) and _within(site, n)):
        msg = "a pair names a place or site that is not there"
        raise ConfigError(msg)
    by_site = lists_of_pairs(site, place, n, len(people))
    return instance_of_lists(
        people, by_site, cost=cost, forced=forced, forbidden=forbidden, conflicts=conflicts, need=need
    )


def instance_of_lists(
    people: NDArray[np.float64] | list[float],
    by_site: Lists,
    *,
    cost: NDArray[np.float64] | list[float] | None = None,
    forced: NDArray[np.bool_] | None = None,
    forbidden: NDArray[np.bool_] | None = None,
    conflicts: NDArray[np.integer] | list[list[int]] | None = None,
    need: NDArray[np.integer] | list[int] | None = None,
) -> CoverInstance:
    """Return the instance of lists by site of the places (in rising order) that each covers.

    Parameters
    ----------
    people, cost, forced, forbidden, conflicts, need
        As :func:`cover_instance` takes them.
    by_site
        The places of each site, each once.

    Raises
    ------
    ConfigError
        As :func:`cover_instance`.

    Examples
    --------
    >>> lists = Lists(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32))
    >>> instance_of_lists([10.0, 20.0], lists).reachable
    30.0
    """
    people, n = np.asarray(people, dtype=np.float64), len(by_site.first) - 1
    price = np.ones(n) if cost is None else np.asarray(cost, dtype=np.float64)
    held = np.zeros(n, np.bool_) if forced is None else np.asarray(forced, dtype=np.bool_)
    barred = np.zeros(n, np.bool_) if forbidden is None else np.asarray(forbidden, dtype=np.bool_)
    pairs = np.asarray([] if conflicts is None else conflicts, dtype=np.int64).reshape(-1, 2)
    if not (len(price) == len(held) == len(barred) == n and _within(pairs.ravel(), n)):
        msg = f"give a cost and marks for each of {n} sites, and conflicts between these"
        raise ConfigError(msg)
    needed = None if need is None else np.asarray(need, dtype=np.int32)
    if needed is not None and (needed.shape != people.shape or (needed < 1).any()):
        msg = "a place needs one site or more before it counts: give a whole number for each"
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
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return CoverInstance(
        people, by_site, turned(by_site, len(people)), price, held, barred,
        lists_of_pairs(both[:, 0].copy(), both[:, 1].copy(), n, n), needed,
    )  # fmt: skip


def conflicts_of(group: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return all pairs of sites of one group: int64 ``(pairs, 2)``.

    Parameters
    ----------
    group
        int ``(sites,)``, such as the number of a place at which one thing at most can be done.

    Examples
    --------
    >>> conflicts_of(np.array([7, 3, 7])).tolist()
    [[0, 2]]
    """
    order = np.argsort(group, kind="stable")
    size = np.diff(np.append(np.flatnonzero(run_starts(group[order])), len(group)))
    found, at = [np.empty((0, 2), np.int64)], 0
    for n in size.tolist():
        if n > 1:
            one, other = np.triu_indices(n, 1)
            found.append(np.column_stack([order[at + one], order[at + other]]))
        at += n
    return np.concatenate(found)


def pairs_of(conflicts: Lists) -> NDArray[np.int64]:
    """Return each conflict once, int64 ``(pairs, 2)``, the lower number first.

    Examples
    --------
    >>> pairs_of(cover_instance([1.0], place=[0], site=[0], sites=3, conflicts=[[2, 0]]).conflicts).tolist()
    [[0, 2]]
    """
    one = np.repeat(np.arange(len(conflicts.first) - 1), np.diff(conflicts.first))
    once = one < conflicts.item
    return np.column_stack([one[once], conflicts.item[once].astype(np.int64)])


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


def reduced(
    instance: CoverInstance, *, drop_dominated: bool = True, keep: NDArray[np.bool_] | None = None
) -> Reduced:
    """Return the instance without what decides nothing.

    Places with equal sites, of which they need equally many, become one with all their people. Forced sites,
    what conflicts with them, forbidden sites, and what forced sites cover are taken out. A site goes
    that another one is never worse than; those in a conflict stay, since it may be the conflict that decides.
    So does a site at a place that needs more than one: two may be chosen there of which one is never worse.
    What forced sites bring is taken off what places need.

    Parameters
    ----------
    instance
        Any.
    drop_dominated
        False where a site's other properties count, as in problems with more rules.
    keep
        bool ``(sites,)``: those that stay even if they cover nothing; none when None.

    Examples
    --------
    Places 0 and 1 have the same sites, and site 0 covers all that site 1 does:

    >>> small = reduced(cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2, 0, 1], site=[0, 0, 0, 1, 1]))
    >>> small.instance.people.tolist(), small.site.tolist()
    ([35.0], [0])
    """
    held = np.flatnonzero(instance.forced)
    left = (1 if instance.need is None else instance.need) - instance.count(held)
    done = left <= 0
    open_ = ~(instance.forbidden | instance.forced)
    for j in held.tolist():
        open_[_row(instance.conflicts, j)] = False
    counts = ~done & (instance.people > 0)
    free = np.diff(instance.conflicts.first) == 0
    forced = float(instance.people[done].sum()), float(instance.cost[held].sum())
    while True:
        site = np.flatnonzero(open_)
        place, people = _merged(instance, open_, counts, left)
        # One place stands for all that are merged with it.
        number = np.full(instance.places, -1, dtype=np.int64)
        first = run_starts_of(place)
        number[first] = place[first]
        need = left[first]
        small = _without(instance, site, people, some_of(instance.by_site, site, number), need)
        nothing = np.diff(small.by_site.first) == 0
        out = dominated(small.by_site, small.by_place, small.cost, free[site]) if drop_dominated else nothing
        if small.need is not None:
            out &= site_values(small.by_site, (small.need > 1).astype(np.float64)) == 0.0
        if keep is not None:
            out &= ~keep[site]
        if not out.any():
            return Reduced(small, site, place, *forced)
        open_[site[out]] = False


def run_starts_of(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each number of 0 and more stands first.

    Parameters
    ----------
    number
        int64 ``(rows,)``, below 0 for none.

    Returns
    -------
    first
        int64 ``(different numbers of 0 and more,)``, in order of the numbers.

    Examples
    --------
    >>> run_starts_of(np.array([1, -1, 0, 1])).tolist()
    [2, 0]
    """
    _, first = np.unique(number, return_index=True)
    return first[number[first] >= 0]


def _row(lists: Lists, row: int) -> NDArray[np.int32]:
    return lists.item[lists.first[row] : lists.first[row + 1]]


def _merged(
    instance: CoverInstance, open_: NDArray[np.bool_], counts: NDArray[np.bool_], need: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each place's number where places of equal sites and needs are one, and the people.

    The number is -1 where there are fewer sites than it needs.
    """
    places = instance.places
    random = np.random.default_rng(SIGNATURE_SEED)
    # Two marks a site: that two lists of sites have both sums in common by chance never happens.
    mark = random.integers(0, 1 << 63, size=(instance.sites, 2), dtype=np.uint64)
    signature, degree = signatures(instance.by_site, open_, mark, places)
    # Within a group by people, so that their sum does not depend on the order in which they are given.
    order = np.lexsort((instance.people, need, signature[:, 1], signature[:, 0]))
    order = order[(degree[order] >= need[order]) & counts[order]]
    group = np.cumsum(run_starts(signature[order, 0], signature[order, 1], need[order])) - 1
    number = np.full(places, -1, dtype=np.int64)
    number[order] = group
    n = int(group[-1]) + 1 if len(group) else 0
    return number, np.bincount(group, weights=instance.people[order], minlength=n).astype(np.float64)


def _without(
    instance: CoverInstance, site: NDArray[np.int64], people: NDArray[np.float64], by_site: Lists,
    need: NDArray[np.int32],
) -> CoverInstance:  # fmt: skip
    """Return the instance of some of the sites; without needs where one site is enough everywhere."""
    number = np.full(instance.sites, -1, dtype=np.int64)
    number[site] = np.arange(len(site))
    one = np.repeat(np.arange(instance.sites), np.diff(instance.conflicts.first))
    other = instance.conflicts.item
    both = (number[one] >= 0) & (number[other] >= 0)
    none = np.zeros(len(site), dtype=np.bool_)
    return replace(
        instance, people=people, by_site=by_site, by_place=turned(by_site, len(people)),
        cost=instance.cost[site], forced=none, forbidden=none,
        conflicts=lists_of_pairs(number[one[both]], number[other[both]], len(site), len(site)),
        need=need.astype(np.int32) if (need > 1).any() else None,
    )  # fmt: skip
