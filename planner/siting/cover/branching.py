"""The best whole choice of sites, by branch and cut on a relaxation that grows cut by cut.

A node of the search has some sites taken and some barred. Its linear problem is that of the relaxation, and
cuts found at one node hold at all: they are planes above what sites cover. So every node begins from what
the others have learned, where a solver that is called anew for each round of cuts begins from nothing. Sites
that cannot pay, by their reduced costs, are taken or barred at once. The site to branch on is the one of
which a few trials, and later what was seen so far, say that both its sides lower the bound most (reliability
branching; Achterberg, Koch and Martin 2005).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.siting.solution import TOLERANCE, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock
    from planner.siting.cover.cuts import CutRelaxation, Relaxed

# A share this far from 0 and 1 is none of both.
WHOLE = 1e-6
# A node's cuts end after so many rounds, or when several in a row lower its bound by less than this share of
# its distance to the best choice.
ROUNDS, SLOW, SLOWS = 60, 0.02, 3
# So many sites are tried at a node, each until it was tried so often on either side.
TRIALS, RELIABLE = 8, 2
# Losses are told apart from this on, in people; of a site moved by less they are those of so much.
LEAST_LOSS, LEAST_MOVED = 1e-6, 1e-3


@dataclass
class _Node:
    """Some sites taken, some barred: what the rest can reach at most, and what the relaxation has of them."""

    bound: float
    taken: NDArray[np.bool_]
    barred: NDArray[np.bool_]
    relaxed: Relaxed


class Branching:
    """A search over whole sites.

    Parameters
    ----------
    cuts
        A relaxation, tightened at its root or not.
    best
        int64 ``(chosen,)``, a choice that is known.
    clock
        How long it may take.

    Attributes
    ----------
    best, people
        The best choice found and whom it reaches.
    bound
        No choice within the budget reaches more.

    Examples
    --------
    >>> from planner.siting.clock import Clock
    >>> from planner.siting.cover.cuts import CoverCuts
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> cuts = CoverCuts(three, 1.0, np.array([2]), np.array([0.0, 0.0, 1.0]))
    >>> search = Branching(cuts, np.array([2]), Clock(60.0))
    >>> search.run()
    >>> search.best.tolist(), search.people, search.bound
    ([0], 30.0, 30.0)
    """

    def __init__(self, cuts: CutRelaxation, best: NDArray[np.int64], clock: Clock) -> None:
        self._cuts, self._clock, self._one = cuts, clock, cuts.instance
        self.best, self.people = best, self._one.people_reached(best)
        self.bound = max(cuts.bound, self.people)
        self._most = payable(cuts.budget)
        self._open: list[tuple[float, int, _Node]] = []
        self._number = 0
        n = self._one.sites
        # The bound that the last node ended with.
        self._last = self.bound
        # What a site barred (0) or taken (1) took from the bound for each whole one, in all, and how often.
        self._lost, self._tried = np.zeros((2, n)), np.zeros((2, n))

    @property
    def _enough(self) -> float:
        """A node that can reach no more than this holds nothing better."""
        return self.people * (1 + TOLERANCE)

    def run(self) -> None:
        """Look until nothing better is left, or the time is up."""
        none = np.zeros(self._one.sites, dtype=np.bool_)
        self._push(self._node(none, ~self._within(none), self.bound))
        while self._open and not self._clock.is_over():
            node = heapq.heappop(self._open)[2]
            if node.bound <= self._enough:
                self._open.clear()
                break
            if not self._split(node):
                # The time was up before its two sides were looked at: it still stands.
                self._push(node)
        self.bound = max([self.people, *(min(node.bound, self.bound) for _, _, node in self._open)])

    def _push(self, node: _Node | None) -> None:
        if node is not None:
            self._number += 1
            heapq.heappush(self._open, (-node.bound, self._number, node))

    def _split(self, node: _Node) -> bool:
        """Replace a node by its two sides; returns False where the time was up before."""
        self._cuts.forget()
        decided = self._decided(node)
        if decided is None:
            return True
        taken, barred = decided
        self._offer(self._cuts.near(np.where(barred, 0.0, np.maximum(node.relaxed.share, taken))))
        free = np.flatnonzero(~taken & ~barred)
        if not len(free):
            self._offer(np.flatnonzero(taken))
            return True
        site = self._branch(node, taken, barred, free)
        sides = []
        for side in (1, 0):
            if self._clock.is_over():
                return False
            sides.append(self._node(*self._side(site, side, taken, barred), node.bound))
            self._note(side, site, node, self._last)
        for one in sides:
            self._push(one)
        return True

    def _side(
        self, site: int, side: int, taken: NDArray[np.bool_], barred: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return what is taken and barred when one more site is taken (1) or barred (0)."""
        taken, barred = taken.copy(), barred.copy()
        if side:
            taken[site] = True
            barred |= ~self._within(taken)
        else:
            barred[site] = True
        return taken, barred

    def _within(self, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which sites are taken, or can be beside those that are."""
        one, sites = self._one, np.flatnonzero(taken)
        able = one.cost[sites].sum() + one.cost <= self._most
        for j in sites.tolist():
            able[one.conflicts.item[one.conflicts.first[j] : one.conflicts.first[j + 1]]] = False
        return np.asarray(able | taken, dtype=np.bool_)

    def _allowed(self, sites: NDArray[np.int64]) -> bool:
        """Return whether some sites are within the budget, and none in conflict with another."""
        one = self._one
        together = np.zeros(one.sites, dtype=np.bool_)
        together[sites] = True
        conflict = any(
            together[one.conflicts.item[one.conflicts.first[j] : one.conflicts.first[j + 1]]].any()
            for j in sites.tolist()
        )
        return bool(one.cost[sites].sum() <= self._most) and not conflict

    def _decided(self, node: _Node) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        """Return what is taken and barred in every better choice of a node; None where there is none."""
        if node.bound <= self._enough:
            return None
        # What the prices prove at this node, which may be more than what was known above it.
        spare, share, reduced = node.relaxed.bound - self._enough, node.relaxed.share, node.relaxed.reduced
        taken = node.taken | ((share > 1 - WHOLE) & (reduced > spare) & ~node.barred)
        barred = node.barred | ((share < WHOLE) & (-reduced > spare) & ~node.taken)
        if not self._allowed(np.flatnonzero(taken)):
            return None
        return taken, barred | ~self._within(taken)

    def _node(self, taken: NDArray[np.bool_], barred: NDArray[np.bool_], above: float) -> _Node | None:
        """Return a node with its bound, at most that of the one above; None where it holds nothing better."""
        self._last = self.people
        if (taken | barred).all():
            self._offer(np.flatnonzero(taken))
            return None
        cuts, slow, bound = self._cuts, 0, above
        cuts.restrict(taken, barred)
        for _ in range(ROUNDS):
            answer = cuts.relaxed()
            slow = slow + 1 if bound - answer.bound < SLOW * (bound - self.people) else 0
            bound = min(bound, answer.bound)
            whole = self._is_whole(answer.share)
            if whole:
                self._offer(np.flatnonzero(answer.share > 0.5))
            if bound <= self._enough:
                break
            done = slow >= SLOWS and not whole
            if done or self._clock.is_over() or not cuts.tighten(answer, whole=whole):
                break
        self._last = bound
        return None if bound <= self._enough else _Node(bound, taken, barred, answer)

    @staticmethod
    def _is_whole(share: NDArray[np.float64]) -> bool:
        return bool((np.minimum(share, 1.0 - share) <= WHOLE).all())

    def _offer(self, sites: NDArray[np.int64]) -> None:
        people = self._one.people_reached(sites)
        if people > self.people and self._allowed(sites):
            self.best, self.people = np.sort(sites), people

    def _note(self, side: int, site: int, node: _Node, bound: float) -> None:
        """Note what a site barred or taken took from a node's bound; more than closes the gap is no more."""
        share = float(node.relaxed.share[site])
        loss = min(max(node.bound - bound, 0.0), max(node.bound - self.people, 0.0))
        self._lost[side, site] += loss / max(1.0 - share if side else share, LEAST_MOVED)
        self._tried[side, site] += 1

    def _branch(
        self, node: _Node, taken: NDArray[np.bool_], barred: NDArray[np.bool_], free: NDArray[np.int64]
    ) -> int:
        """Return the site whose two sides are expected to lower the bound most."""
        share = node.relaxed.share[free]
        split = free[(share > WHOLE) & (share < 1 - WHOLE)]
        if not len(split):
            # The relaxation is whole, and above what the choice reaches by rounding alone: any site divides.
            return int(free[np.argmax(share)])
        expected = self._expected(split, node.relaxed.share[split])
        order = split[np.argsort(-expected, kind="stable")]
        untried = self._tried[:, order].min(axis=0) < RELIABLE
        trials = order[:TRIALS][untried[:TRIALS]]
        for site in trials.tolist():
            for side in (0, 1):
                if self._clock.is_over():
                    break
                self._cuts.restrict(*self._side(site, side, taken, barred))
                self._note(side, site, node, self._cuts.relaxed().bound)
        return int(split[np.argmax(self._expected(split, node.relaxed.share[split]))])

    def _expected(self, sites: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by site the product of what either side is expected to take from the bound: float64."""
        every = self._lost.sum(axis=1) / np.maximum(self._tried.sum(axis=1), 1.0)
        own = self._lost[:, sites] / np.maximum(self._tried[:, sites], 1.0)
        loss = np.where(self._tried[:, sites] > 0, own, every[:, None])
        moved = np.stack([share, 1.0 - share])
        product: NDArray[np.float64] = np.maximum(loss * moved, LEAST_LOSS).prod(axis=0)
        return product
