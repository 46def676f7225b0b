"""Who can be served where, and how far that is: what p-median, p-center and their kin are asked on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError, first_five
from planner.kernels.csr import Csr

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class DistanceInstance:
    """People, the sites that can serve them, and how far these are.

    Attributes
    ----------
    people
        float64 ``(rows,)``, 0 or more. Every row has to be served, also one of 0 people: leave out those
        that need not be.
    near
        By row its sites (int32) and the seconds or metres to them (float64). A pair that is absent cannot
        be served.
    sites
        How many there are to choose from.
    existing_s
        float64 ``(rows,)``, seconds or metres to the nearest facility that is there already; inf where none
        is. It takes whom it takes.
    cost
        float64 ``(sites,)``, what a site takes of the budget; 1 each where units are counted.
    forced, forbidden
        bool ``(sites,)``, sites of every plan and of none.

    Raises
    ------
    ConfigError
        Where lengths, signs or numbers of sites do not fit.

    Examples
    --------
    Two rows, of which the second can be served by site 1 alone:

    >>> near = Csr(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), np.array([60.0, 300.0, 120.0]))
    >>> two = DistanceInstance.of(np.array([10.0, 5.0]), near, 2)
    >>> two.distance_s(np.array([0])).tolist()
    [60.0, inf]
    """

    people: NDArray[np.float64]
    near: Csr
    sites: int
    existing_s: NDArray[np.float64]
    cost: NDArray[np.float64]
    forced: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]

    def __post_init__(self) -> None:
        faults = [*_row_faults(self), *_pair_faults(self), *_site_faults(self)]
        if faults:
            raise ConfigError("The distances of a siting problem do not fit: " + " ".join(faults))

    @classmethod
    def of(
        cls,
        people: NDArray[np.float64],
        near: Csr,
        sites: int,
        *,
        existing_s: NDArray[np.float64] | None = None,
        cost: NDArray[np.float64] | None = None,
        forced: NDArray[np.bool_] | None = None,
        forbidden: NDArray[np.bool_] | None = None,
    ) -> DistanceInstance:
        """Return an instance; what is left out is none existing, cost 1, none forced, none forbidden.

        Parameters
        ----------
        people
            float64 ``(rows,)``.
        near
            By row its sites, and the seconds or metres to them.
        sites
            How many there are.
        existing_s
            float64 ``(rows,)``, seconds or metres.
        cost
            float64 ``(sites,)``.
        forced, forbidden
            bool ``(sites,)``.

        Examples
        --------
        >>> near = Csr(np.array([0, 1]), np.array([0], np.int32), np.array([60.0]))
        >>> DistanceInstance.of(np.array([10.0]), near, 1).cost.tolist()
        [1.0]
        """
        people = np.asarray(people, dtype=np.float64)
        first, item, value = near
        return cls(
            people,
            Csr(np.asarray(first, np.int64), np.asarray(item, np.int32), np.asarray(value, np.float64)),
            int(sites),
            np.full(len(people), np.inf) if existing_s is None else np.asarray(existing_s, np.float64),
            np.ones(sites) if cost is None else np.asarray(cost, np.float64),
            np.zeros(sites, np.bool_) if forced is None else np.asarray(forced, np.bool_),
            np.zeros(sites, np.bool_) if forbidden is None else np.asarray(forbidden, np.bool_),
        )

    @classmethod
    def from_matrix(
        cls,
        people: NDArray[np.float64],
        distance_s: NDArray[np.float64],
        *,
        existing_s: NDArray[np.float64] | None = None,
        cost: NDArray[np.float64] | None = None,
        forced: NDArray[np.bool_] | None = None,
        forbidden: NDArray[np.bool_] | None = None,
    ) -> DistanceInstance:
        """Return the instance of a full table.

        Parameters
        ----------
        people, existing_s, cost, forced, forbidden
            As a :class:`DistanceInstance` has them.
        distance_s
            float64 ``(rows, sites)``, inf where a site cannot serve a row.

        Raises
        ------
        ConfigError
            Where the table's shape, or anything else, does not fit.

        Examples
        --------
        >>> table = np.array([[60.0, 300.0], [np.inf, 120.0]])
        >>> DistanceInstance.from_matrix(np.array([10.0, 5.0]), table).near.item.tolist()
        [0, 1, 1]
        """
        table = np.asarray(distance_s, dtype=np.float64)
        if table.ndim != 2 or len(table) != len(people):
            line = f"The table of distances has the shape {table.shape}; it needs a row for each of the "
            raise ConfigError(line + f"{len(people)} rows of people, and a column for each site.")
        # NaN stays, and is refused with all other faults.
        row, item = np.nonzero(table != np.inf)
        first = np.searchsorted(row, np.arange(len(table) + 1)).astype(np.int64)
        return cls.of(
            people, Csr(first, item.astype(np.int32), table[row, item]), table.shape[1],
            existing_s=existing_s, cost=cost, forced=forced, forbidden=forbidden,
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """How many rows have to be served."""
        return len(self.people)

    def row_of_pair(self) -> NDArray[np.int64]:
        """Return the row of each pair, int64 ``(pairs,)``.

        Examples
        --------
        >>> one = DistanceInstance.from_matrix(np.ones(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> one.row_of_pair().tolist()
        [0, 0, 1, 1]
        """
        return np.repeat(np.arange(self.rows, dtype=np.int64), np.diff(self.near.first))

    def distance_s(self, chosen: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return how far each row is from the nearest of some sites and what exists, inf where from none.

        Parameters
        ----------
        chosen
            int ``(n,)``, numbers of sites.

        Returns
        -------
        float64 ``(rows,)``, seconds or metres.

        Examples
        --------
        >>> one = DistanceInstance.from_matrix(np.ones(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> one.distance_s(np.array([1])).tolist()
        [2.0, 4.0]
        """
        is_open = np.zeros(self.sites, np.bool_)
        is_open[chosen] = True
        used = is_open[self.near.item]
        away = self.existing_s.copy()
        np.minimum.at(away, self.row_of_pair()[used], self.near.value[used])
        return away

    def require_reach(self) -> None:
        """Raise where no plan at all serves some rows.

        Raises
        ------
        ConfigError
            With how many there are, and the first of them.

        Examples
        --------
        >>> DistanceInstance.from_matrix(np.ones(1), np.array([[1.0]])).require_reach()
        """
        allowed = np.flatnonzero(~self.forbidden)
        lost = np.flatnonzero(np.isinf(self.distance_s(allowed)))
        if len(lost):
            line = f"{len(lost)} of {self.rows} rows cannot be reached from any site, nor from what exists: "
            line += f"rows {first_five(lost)}. Leave them out, and say so, or add sites that reach them."
            raise ConfigError(line)


def _row_faults(instance: DistanceInstance) -> list[str]:
    faults = []
    people, existing_s = instance.people, instance.existing_s
    if people.ndim != 1 or not (np.isfinite(people) & (people >= 0)).all():
        faults.append("People are numbers of 0 or more, one a row.")
    if existing_s.shape != people.shape:
        faults.append(
            f"There are {len(people)} rows of people, and {existing_s.size} distances to what exists."
        )
    elif not (existing_s >= 0).all():
        faults.append("Distances to what exists are 0 or more, or inf where nothing is.")
    return faults


def _pair_faults(instance: DistanceInstance) -> list[str]:
    first, item, value = instance.near
    rows = instance.people.size
    if first.shape != (rows + 1,) or first[0] != 0 or (np.diff(first) < 0).any() or first[-1] != len(item):
        return [f"The pairs' first entries have to rise from 0 to the number of pairs, in {rows + 1} steps."]
    faults = []
    if len(item) != len(value) or not (np.isfinite(value) & (value >= 0)).all():
        faults.append("Each pair has a distance of 0 or more; leave out those that cannot be served.")
    if len(item) and (item.min() < 0 or item.max() >= instance.sites):
        return [*faults, f"Pairs name sites from {item.min()} to {item.max()}; there are {instance.sites}."]
    row = np.repeat(np.arange(rows, dtype=np.int64), np.diff(first))
    key = np.sort(row * max(instance.sites, 1) + item)
    if (key[1:] == key[:-1]).any():
        faults.append("A row names a site twice.")
    return faults


def _site_faults(instance: DistanceInstance) -> list[str]:
    sites = instance.sites
    if any(len(a) != sites for a in (instance.cost, instance.forced, instance.forbidden)):
        return [f"There are {sites} sites; cost, forced and forbidden need one entry each."]
    faults = []
    if not (np.isfinite(instance.cost) & (instance.cost >= 0)).all():
        faults.append("Costs of sites are numbers of 0 or more.")
    both = np.flatnonzero(instance.forced & instance.forbidden)
    if len(both):
        faults.append(f"Sites are forced and forbidden: {first_five(both)}.")
    return faults
