"""Sites over some years: in which they can be decided, from when on they work, and what that uses up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.kernels.dominance import dominated
from planner.kernels.years import Years
from planner.siting.cover.instance import CoverInstance, reduced
from planner.siting.solution import HAIR

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Lead times are whole years but for their last bits.
SLACK = 1e-9


@dataclass(frozen=True)
class RolloutInstance:
    """A covering problem over some years.

    Attributes
    ----------
    cover
        Places, sites, first costs, forced and forbidden sites, conflicts.
    budget
        float64 ``(years,)``: of each year, in the unit of the costs.
    people
        float64 ``(years, places)``: of each year.
    weight
        float64 ``(years,)``: what a person counts who is reached in a year.
    works
        int32 ``(sites, years)``: from which year on a site works that is decided in a year; ``years`` where
        it is not decided then, because it would work too early for it or after the last year.
    use
        float64 ``(sites, years, rules)``: what a decision uses of money and staff, 1 at most.
    limit
        float64 ``(rules,)``: how much there is, in the same units.
    """

    cover: CoverInstance
    budget: NDArray[np.float64]
    people: NDArray[np.float64]
    weight: NDArray[np.float64]
    works: NDArray[np.int32]
    use: NDArray[np.float64]
    limit: NDArray[np.float64]

    @property
    def years(self) -> int:
        """How many years there are."""
        return len(self.weight)

    @property
    def kernel(self) -> Years:
        """What kernels take."""
        value = self.weight[:, None] * self.people
        rest = np.zeros((self.cover.places, self.years + 1))
        rest[:, :-1] = np.cumsum(value[::-1], axis=0)[::-1].T
        one = self.cover
        limit = self.limit + HAIR * np.maximum(self.limit, 1.0)
        return Years(rest, one.by_site, one.by_place, self.works, self.use, limit, one.conflicts)

    @property
    def total(self) -> float:
        """What all people count in all years."""
        return float((self.weight[:, None] * self.people).sum())

    def working(self, decided: NDArray[np.integer], year: int) -> NDArray[np.int64]:
        """Return the sites that work in a year: int64 ``(working,)``, rising.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.
        year
            From 0.

        Examples
        --------
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> two.working(np.array([1, 0]), 0).tolist()
        [1]
        """
        return np.flatnonzero(self.since(decided) <= year)

    def since(self, decided: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return from which year on each site works, int64 ``(sites,)``; ``years`` for never.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> two.since(np.array([1, -1])).tolist()
        [1, 2]
        """
        chosen = np.flatnonzero(decided >= 0)
        since = np.full(self.cover.sites, self.years, dtype=np.int64)
        since[chosen] = self.works[chosen, decided[chosen]]
        return since

    def people_by_year(self, decided: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the people whom a rollout reaches in each year: float64 ``(years,)``.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> two = rollout_instance(one_cover(), [1.0, 1.0], lead_years=[1.0, 0.0])
        >>> two.people_by_year(np.array([0, 1])).tolist()
        [0.0, 30.0]
        """
        at = [self.cover.reached(self.working(decided, t)) for t in range(self.years)]
        return np.array([float(p[r].sum()) for p, r in zip(self.people, at, strict=True)])

    def value(self, decided: NDArray[np.integer]) -> float:
        """Return what a rollout counts: people reached, each year by its weight.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> two.value(np.array([1, 0]))
        50.0
        """
        return float(self.weight @ self.people_by_year(decided))

    def allows(self, decided: NDArray[np.integer]) -> bool:
        """Return whether a rollout keeps all rules: money, staff, years, forced and forbidden, conflicts.

        Parameters
        ----------
        decided
            int ``(sites,)``: the year of the decision, -1 for none.

        Examples
        --------
        >>> two = rollout_instance(one_cover(), [1.0, 1.0])
        >>> two.allows(np.array([1, 0])), two.allows(np.array([0, 0]))
        (True, False)
        """
        one, chosen = self.cover, np.flatnonzero(decided >= 0)
        inside = decided >= 0
        used = self.use[chosen, decided[chosen]].sum(axis=0)
        clash = np.repeat(inside, np.diff(one.conflicts.first)) & inside[one.conflicts.item]
        return bool(
            (self.works[chosen, decided[chosen]] < self.years).all()
            and (used <= self.kernel.limit).all()
            and not clash.any()
            and not (inside & one.forbidden).any()
            and inside[one.forced].all()
        )


def one_cover() -> CoverInstance:
    """Return two sites with people of their own, 10 and 20: for examples."""
    from planner.siting.cover.instance import cover_instance

    return cover_instance([10.0, 20.0], place=[0, 1], site=[0, 1])


def rollout_instance(
    cover: CoverInstance,
    budget: NDArray[np.float64] | list[float],
    *,
    yearly_cost: NDArray[np.float64] | list[float] | None = None,
    carry_over: bool = False,
    staff: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    lead_years: NDArray[np.float64] | list[float] | None = None,
    earliest: NDArray[np.integer] | list[int] | None = None,
    weight: NDArray[np.float64] | list[float] | None = None,
    people_factor: NDArray[np.float64] | list[float] | None = None,
) -> RolloutInstance:
    """Return the rollout of a covering problem over as many years as there are budgets.

    Parameters
    ----------
    cover
        Places, sites, first costs (1 each: units).
    budget
        float64 ``(years,)``: of each year. First costs are paid in the year of the decision, yearly ones in
        every year from the one in which the site works.
    yearly_cost
        float64 ``(sites,)``; none when None.
    carry_over
        Whether what is left of a year's budget may be spent later; else it lapses.
    staff
        What each site needs of each profession, float64 ``(professions, sites)``, and how many are newly
        there each year, float64 ``(professions, years)``. They are employed from the year in which the
        site works; those not yet employed stay available.
    lead_years
        float64 ``(sites,)``: a site decided in year t works from ``t + ceil(lead)``; 0 when None.
    earliest
        int ``(sites,)``: the first year, from 0, in which a site may work; 0 when None; ``years`` for never.
    weight
        float64 ``(years,)``, above 0: what a person reached in a year counts; 1 when None.
    people_factor
        float64 ``(years,)`` or ``(years, places)``: the people of a year against those of ``cover``.

    Raises
    ------
    ConfigError
        A number is missing, below 0 or none at all; a weight is not above 0.

    Examples
    --------
    One unit a year, and the second site takes a year to build: it is never decided in the last one.

    >>> two = rollout_instance(one_cover(), [1.0, 1.0], lead_years=[0.0, 0.5])
    >>> two.works.tolist()
    [[0, 1], [1, 2]]
    """
    n, years = cover.sites, len(budget)
    need, new = (np.zeros((0, n)), np.zeros((0, years))) if staff is None else staff
    given = {
        "budget": np.asarray(budget, dtype=np.float64),
        "yearly cost": _each(yearly_cost, n, 0.0),
        "staff needed": np.asarray(need, dtype=np.float64),
        "new staff": np.asarray(new, dtype=np.float64),
        "lead time": _each(lead_years, n, 0.0),
        "weight": _each(weight, years, 1.0),
        "people factor": np.asarray(np.ones(years) if people_factor is None else people_factor, np.float64),
    }
    factor = given["people factor"]
    shapes = {
        "budget": (years,), "yearly cost": (n,), "staff needed": (len(need), n),
        "new staff": (len(need), years), "lead time": (n,), "weight": (years,),
        "people factor": (years,) if factor.ndim == 1 else (years, cover.places),
    }  # fmt: skip
    for name, numbers in given.items():
        if numbers.shape != shapes[name] or not (np.isfinite(numbers) & (numbers >= 0)).all():
            msg = f"{name}: give {' x '.join(map(str, shapes[name]))} numbers of 0 or more"
            raise ConfigError(msg)
    if not (given["weight"] > 0).all():
        msg = "weight: a year in which nobody counts is none; give numbers above 0"
        raise ConfigError(msg)
    works = _works(given["lead time"], _each(earliest, n, 0).astype(np.int64), years, cover.forbidden)
    use, limit = _money(cover.cost, given["yearly cost"], given["budget"], works, carry_over=carry_over)
    more, most = _staff(given["staff needed"], given["new staff"], works)
    use, limit = np.concatenate([use, more], axis=2), np.concatenate([limit, most])
    # Each rule in units of the largest use, so that a tolerance means the same of rupiah and of bidan.
    unit = use.max(axis=(0, 1), initial=0.0)
    unit[unit == 0] = 1.0
    people = cover.people * (factor[:, None] if factor.ndim == 1 else factor)
    return RolloutInstance(cover, given["budget"], people, given["weight"], works, use / unit, limit / unit)


def _each(values: object, n: int, default: float) -> NDArray[np.float64]:
    return np.full(n, default) if values is None else np.asarray(values, dtype=np.float64)


def _works(
    lead: NDArray[np.float64], earliest: NDArray[np.int64], years: int, forbidden: NDArray[np.bool_]
) -> NDArray[np.int32]:
    # 0.1 + 0.9 years are one.
    since = np.arange(years) + np.ceil(lead - SLACK)[:, None]
    never = (since >= years) | (since < earliest[:, None]) | forbidden[:, None]
    return np.where(never, years, since).astype(np.int32)


def _money(
    cost: NDArray[np.float64], yearly: NDArray[np.float64], budget: NDArray[np.float64],
    works: NDArray[np.int32], *, carry_over: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Return what each decision costs in each year, or up to it where money is kept; and what there is."""
    years = np.arange(len(budget))
    paid = cost[:, None, None] * (years[:, None] == years)[None]
    paid = paid + yearly[:, None, None] * (years >= works[:, :, None])
    paid[works == len(budget)] = 0.0
    if carry_over:
        return np.cumsum(paid, axis=2), np.cumsum(budget)
    return paid, budget


def _staff(
    need: NDArray[np.float64], new: NDArray[np.float64], works: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return whom each decision employs by each year, and how many there are by then."""
    professions, years = new.shape
    employed = np.arange(years) >= works[:, :, None]
    use = need.T[:, None, :, None] * employed[:, :, None, :]
    shape = (len(works), works.shape[1], professions * years)
    return use.reshape(shape).astype(np.float64), np.cumsum(new, axis=1).ravel()


@dataclass(frozen=True)
class ReducedRollout:
    """A smaller rollout with the same best choices.

    Attributes
    ----------
    instance
        What is left.
    site
        int64 ``(sites,)``: each site's number in the larger one.
    """

    instance: RolloutInstance
    site: NDArray[np.int64]

    def whole(self, decided: NDArray[np.integer], sites: int) -> NDArray[np.int64]:
        """Return a choice of what is left as one of the larger rollout, int64 ``(sites,)``.

        Parameters
        ----------
        decided
            int ``(sites left,)``: the year of the decision, -1 for none.
        sites
            How many the larger one has.

        Examples
        --------
        >>> small = ReducedRollout(rollout_instance(one_cover(), [1.0]), np.array([0, 2]))
        >>> small.whole(np.array([0, -1]), 3).tolist()
        [0, -1, -1]
        """
        out = np.full(sites, -1, dtype=np.int64)
        out[self.site] = decided
        return out

    def part(self, decided: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a choice of the larger rollout as one of what is left; sites that went are not in it.

        Parameters
        ----------
        decided
            int64 ``(sites,)``: the year of the decision, -1 for none.

        Returns
        -------
        decided
            int64 ``(sites left,)``.

        Examples
        --------
        >>> small = ReducedRollout(rollout_instance(one_cover(), [1.0]), np.array([0, 2]))
        >>> small.part(np.array([0, 1, -1])).tolist()
        [0, -1]
        """
        return decided[self.site]


def reduced_rollout(instance: RolloutInstance) -> ReducedRollout:
    """Return the rollout without what decides nothing.

    Places with equal sites become one. A site goes that cannot be decided in any year, or that another one is
    never worse than: it covers all the other covers, costs no more, and is like it in years and staff. Sites
    that are forced or in a conflict stay.

    Examples
    --------
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 5.0], place=[0, 1, 2, 0, 1], site=[0, 0, 0, 1, 1])
    >>> small = reduced_rollout(rollout_instance(three, [1.0, 1.0]))
    >>> small.site.tolist(), small.instance.people.tolist()
    ([0], [[35.0], [35.0]])
    """
    one = instance.cover
    nothing = (instance.works == instance.years).all(axis=1) & ~one.forced
    none = np.zeros(one.sites, dtype=np.bool_)
    # Whoever counts in some year is a place.
    total = (instance.weight[:, None] * instance.people).sum(axis=0)
    out = one.forbidden | nothing
    while True:
        left = replace(one, people=total, forced=none, forbidden=out)
        small = reduced(left, drop_dominated=False, keep=one.forced)
        more = _dominated(instance, small.instance, small.site)
        if not more.any():
            break
        out = out.copy()
        out[small.site[more]] = True
    kept = small.site
    places = small.instance.places
    where = small.place >= 0
    people = np.array(
        [np.bincount(small.place[where], weights=p[where], minlength=places) for p in instance.people]
    ).reshape(instance.years, places)
    cover = replace(small.instance, forced=one.forced[kept])
    rest = replace(instance, cover=cover, people=people, works=instance.works[kept], use=instance.use[kept])
    return ReducedRollout(rest, kept)


def _dominated(instance: RolloutInstance, small: CoverInstance, site: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which sites of a smaller problem another one of the same years and staff is never worse than."""
    free = (np.diff(small.conflicts.first) == 0) & ~instance.cover.forced[site]
    each = instance.use[site].reshape(len(site), instance.years * len(instance.limit))
    shape = np.column_stack([instance.works[site], each])
    _, like = np.unique(shape, axis=0, return_inverse=True)
    out = np.zeros(len(site), dtype=np.bool_)
    one = np.ones(len(site))
    for group in range(int(like.max(initial=-1)) + 1):
        out |= dominated(small.by_site, small.by_place, one, free & (like.ravel() == group))
    return out
