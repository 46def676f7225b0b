"""What a solver answers: the sites, the objective, and what no other choice could beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Proof(StrEnum):
    """How far a solution is known to be the best."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class Solution:
    """Sites chosen, and how good they are.

    Attributes
    ----------
    chosen
        int64 ``(chosen,)``, numbers of the sites, in rising order.
    objective
        Of these sites, in the problem's own unit; NaN where no choice is allowed.
    bound
        No choice has a better objective: at most this where it is made large, at least this where small.
    proof
        ``optimal`` where objective and bound are equal to ``TOLERANCE``.
    seed
        Of the search; one seed, one answer.
    seconds
        What it took.
    """

    chosen: NDArray[np.int64]
    objective: float
    bound: float
    proof: Proof
    seed: int
    seconds: float

    @property
    def gap(self) -> float:
        """The distance from objective to bound as a share of the bound (0-1); 0 = proven the best.

        Examples
        --------
        >>> solution(np.array([4, 1]), 90.0, 100.0, seed=1).gap
        0.1
        """
        if self.proof is Proof.OPTIMAL or self.objective == self.bound:
            return 0.0
        return abs(self.bound - self.objective) / max(abs(self.bound), abs(self.objective))

    @property
    def better(self) -> float:
        """How much better another choice can be at most, as a share of this one's objective; 0 = none is.

        Of 14 villages under a bound of 22 another choice may have 57 % more; the gap is 36 % of the bound.

        Examples
        --------
        >>> round(solution(np.array([4, 1]), 14.0, 22.0).better, 3), solution(np.array([4]), 0.0, 9.0).better
        (0.571, inf)
        """
        return share_better(self.objective, self.bound) if self.gap else 0.0

    def within(self, seconds: float) -> Solution:
        """Return the same with the time it took."""
        return replace(self, seconds=seconds)


def share_better(objective: float, bound: float) -> float:
    """Return how far a bound is from an objective as a share of the objective; inf where that is 0.

    A bound of 0 of something that is made small is none at all: inf too.

    Examples
    --------
    >>> share_better(50.0, 60.0), share_better(50.0, 40.0), share_better(5.0, 0.0)
    (0.2, 0.2, inf)
    """
    return abs(bound - objective) / abs(objective) if objective and bound else np.inf


# Sums of some ten thousand float64 people agree to this, relative.
TOLERANCE = 1e-9
# So does the sum of some thousand costs: of Rp 100 billion a tenth of a rupiah.
HAIR = 1e-12


def payable(budget: float) -> float:
    """Return up to which sum of costs a choice is within a budget: whole rupiah and units are not rounded.

    Examples
    --------
    >>> 0.1 + 0.2 <= payable(0.3), 100_000_000_080.0 <= payable(100_000_000_000.0)
    (True, False)
    """
    return budget + HAIR * abs(budget)


def solution(
    chosen: NDArray[np.integer], objective: float, bound: float, *, seed: int = 0, seconds: float = 0.0
) -> Solution:
    """Return a solution whose proof follows from its numbers.

    Parameters
    ----------
    chosen
        int ``(chosen,)``, numbers of sites, in any order.
    objective, bound
        In the problem's own unit.
    seed, seconds
        As :class:`Solution` has them.

    Examples
    --------
    >>> one = solution(np.array([4, 1]), 100.0, 100.0 + 1e-9)
    >>> one.chosen.tolist(), str(one.proof)
    ([1, 4], 'optimal')
    """
    equal = abs(objective - bound) <= TOLERANCE * max(abs(objective), abs(bound))
    sites = np.sort(np.asarray(chosen, dtype=np.int64))
    sites.setflags(write=False)
    proof = Proof.OPTIMAL if equal else Proof.FEASIBLE
    return Solution(sites, float(objective), float(bound), proof, seed, seconds)


def no_solution(bound: float = np.nan, *, seed: int = 0, seconds: float = 0.0) -> Solution:
    """Return that no choice is allowed.

    Examples
    --------
    >>> str(no_solution().proof)
    'infeasible'
    """
    return Solution(np.empty(0, np.int64), np.nan, bound, Proof.INFEASIBLE, seed, seconds)
