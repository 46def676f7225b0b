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
        int64, numbers of the sites, in rising order.
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

    def within(self, seconds: float) -> Solution:
        """Return the same with the time it took."""
        return replace(self, seconds=seconds)


# Sums of some ten thousand float64 people agree to this, relative.
TOLERANCE = 1e-9


def solution(
    chosen: NDArray[np.integer], objective: float, bound: float, *, seed: int = 0, seconds: float = 0.0
) -> Solution:
    """Return a solution whose proof follows from its numbers.

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
