"""The best whole choice of sites, by branch and cut on a relaxation that grows cut by cut.

A node of the search has some sites taken and some barred. Its linear problem is that of the relaxation, and
cuts found at one node hold at all: they are planes above what sites cover. So every node begins from what
the others have learned, where a solver that is called anew for each round of cuts begins from nothing. Sites
that cannot pay, by their reduced costs, are taken or barred at once.

A site that is barred has many neighbours that do nearly as well, so that the bound stays. A node is
therefore split at a place that the relaxation covers in part: one of its sites is taken, or all of them are
barred. Only where every place is covered or not it is split at a site. What to split at is that of which a
few trials, and later what was seen so far, say that both its sides lower the bound most (reliability
branching; Achterberg, Koch and Martin 2005).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.kernels.cover import covered_by_shares
from planner.siting.solution import TOLERANCE, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock
    from planner.siting.cover.cuts import CutRelaxation, Relaxed

# A share this far from 0 and 1 is none of both.
WHOLE = 1e-6
# A node's cuts end after so many rounds, or when several in a row lower its bound by less than this share of
# its distance to the best choice.
ROUNDS, SLOW, SLOWS = 60, 0.05, 3
# So many places (or sites) are tried at a node, each until it was tried so often on either side.
TRIALS, RELIABLE = 6, 1
# A place is covered in part where it is so much from 0 and 1; so many such places are looked at.
IN_PART, PLACES = 0.05, 16
# The same marks each time: one seed, one plan.
MARK_SEED = 20261201
# Losses are told apart from this on, in people; of a site moved by less they are those of so much.
LEAST_LOSS, LEAST_MOVED = 1e-6, 1e-3


class Held(NamedTuple):
    """What all choices of a node have in common.

    Attributes
    ----------
    taken, barred
        bool ``(sites,)``.
    needed
        Numbers of places: of each one site at least is taken.
    """

    taken: NDArray[np.bool_]
    barred: NDArray[np.bool_]
    needed: tuple[int, ...] = ()


@dataclass
class _Node:
    """Some choices: what they have in common, reach at most, and what the relaxation has of them."""

    bound: float
    held: Held
    relaxed: Relaxed


def best_whole(cuts: CutRelaxation, best: NDArray[np.int64], clock: Clock) -> tuple[NDArray[np.int64], float]:
    """Return the best choice of whole sites and its bound, by branch and cut; the relaxation learns it.

    Parameters
    ----------
    cuts
        A relaxation, tightened at its root or not.
    best
        int64 ``(chosen,)``, a choice that is known.
    clock
        How long it may take.

    Returns
    -------
    sites, bound
        int64 ``(chosen,)``, and people.

    Examples
    --------
    >>> from planner.siting.clock import Clock
    >>> from planner.siting.cover.cuts import CoverCuts
    >>> from planner.siting.cover.instance import cover_instance
    >>> three = cover_instance([10.0, 20.0, 15.0], place=[0, 1, 1, 2], site=[0, 0, 1, 2])
    >>> cuts = CoverCuts(three, 1.0, np.array([0]), np.array([1.0, 0.0, 0.0]))
    >>> sites, bound = best_whole(cuts, np.array([2]), Clock(60.0))
    >>> sites.tolist(), bound
    ([0], 30.0)
    """
    search = Branching(cuts, best, clock)
    search.run()
    cuts.bound = min(cuts.bound, search.bound)
    return search.best, search.bound


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
        # The bound that the last node ended with.
        self._last = self.bound
        # What is split at has a number: sites first, then places. What it took from the bound to bar it (0)
        # or to take it (1), for each whole one, in all, and how often that was seen.
        n = self._one.sites + self._one.places
        self._lost, self._tried = np.zeros((2, n)), np.zeros((2, n))

    @property
    def _enough(self) -> float:
        """A node that can reach no more than this holds nothing better."""
        return self.people * (1 + TOLERANCE)

    def run(self) -> None:
        """Look until nothing better is left, or the time is up."""
        none = np.zeros(self._one.sites, dtype=np.bool_)
        self._push(self._node(Held(none, ~self._within(none)), self.bound))
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
        held = self._decided(node)
        if held is None:
            return True
        self._offer(self._cuts.near(np.where(held.barred, 0.0, np.maximum(node.relaxed.share, held.taken))))
        free = np.flatnonzero(~held.taken & ~held.barred)
        if not len(free):
            self._offer(np.flatnonzero(held.taken))
            return True
        number = self._branch(node, held, free)
        sides = []
        for side in (1, 0):
            if self._clock.is_over():
                return False
            sides.append(self._node(self._side(number, side, held), node.bound))
            self._note(side, number, node, self._last)
        for one in sides:
            self._push(one)
        return True

    def _side(self, number: int, side: int, held: Held) -> Held:
        """Return what is held where one more site is taken (1) or barred (0), or one or all of a place's."""
        taken, barred, place = held.taken.copy(), held.barred.copy(), number - self._one.sites
        if place >= 0 and side:
            return Held(taken, barred, (*held.needed, place))
        if side:
            taken[number] = True
            barred |= ~self._within(taken)
        else:
            barred[self._cuts.sites_of(place) if place >= 0 else number] = True
        return Held(taken, barred, held.needed)

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

    def _decided(self, node: _Node) -> Held | None:
        """Return what every better choice of a node has in common; None where there is none."""
        if node.bound <= self._enough:
            return None
        # What the prices prove at this node, which may be more than what was known above it.
        spare, share, reduced = node.relaxed.bound - self._enough, node.relaxed.share, node.relaxed.reduced
        held = node.held
        taken = held.taken | ((share > 1 - WHOLE) & (reduced > spare) & ~held.barred)
        barred = held.barred | ((share < WHOLE) & (-reduced > spare) & ~held.taken)
        if not self._allowed(np.flatnonzero(taken)):
            return None
        return Held(taken, barred | ~self._within(taken), held.needed)

    def _node(self, held: Held, above: float) -> _Node | None:
        """Return a node with its bound, at most that of the one above; None where it holds nothing better."""
        self._last = self.people
        if (held.taken | held.barred).all():
            self._offer(np.flatnonzero(held.taken))
            return None
        cuts, slow, bound = self._cuts, 0, above
        cuts.restrict(*held)
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
        return None if bound <= self._enough else _Node(bound, held, answer)

    @staticmethod
    def _is_whole(share: NDArray[np.float64]) -> bool:
        return bool((np.minimum(share, 1.0 - share) <= WHOLE).all())

    def _offer(self, sites: NDArray[np.int64]) -> None:
        people = self._one.people_reached(sites)
        if people > self.people and self._allowed(sites):
            self.best, self.people = np.sort(sites), people

    def _note(self, side: int, number: int, node: _Node, bound: float) -> None:
        """Note what one side took from a node's bound; more than closes the gap is no more."""
        share = float(self._shares(np.array([number]), node)[0])
        loss = min(max(node.bound - bound, 0.0), max(node.bound - self.people, 0.0))
        self._lost[side, number] += loss / max(1.0 - share if side else share, LEAST_MOVED)
        self._tried[side, number] += 1

    def _shares(self, numbers: NDArray[np.int64], node: _Node) -> NDArray[np.float64]:
        """Return how much the relaxation has of sites, or of the sites of places (1 at most)."""
        share, n = node.relaxed.share, self._one.sites
        own = [share[k] if k < n else share[self._cuts.sites_of(k - n)].sum() for k in numbers.tolist()]
        return np.minimum(np.array(own, dtype=np.float64), 1.0)

    def _branch(self, node: _Node, held: Held, free: NDArray[np.int64]) -> int:
        """Return the number of what to split at: its two sides are expected to lower the bound most."""
        share = node.relaxed.share[free]
        split = self._one.sites + self._in_part(node)
        if not len(split):
            split = free[(share > WHOLE) & (share < 1 - WHOLE)]
        if not len(split):
            # The relaxation is whole, and above what the choice reaches by rounding alone: any site divides.
            return int(free[np.argmax(share)])
        shares = self._shares(split, node)
        order = split[np.argsort(-self._expected(split, shares), kind="stable")]
        untried = self._tried[:, order].min(axis=0) < RELIABLE
        for number in order[:TRIALS][untried[:TRIALS]].tolist():
            for side in (0, 1):
                if self._clock.is_over():
                    break
                self._cuts.restrict(*self._side(number, side, held))
                self._note(side, number, node, self._cuts.relaxed().bound)
        return int(split[np.argmax(self._expected(split, shares))])

    def _in_part(self, node: _Node) -> NDArray[np.int64]:
        """Return places that the relaxation covers in part: int64 ``(places,)``, most people first.

        Of places that are covered by the same sites of the relaxation it is the one with most sites in all:
        to bar these says most.
        """
        one, cuts = self._one, self._cuts
        share = np.where(node.relaxed.share > WHOLE, node.relaxed.share, 0.0)
        cover = covered_by_shares(one.by_site, one.places, share)
        cover[list(node.held.needed)] = 0.0
        some = np.flatnonzero((cover > IN_PART) & (cover < 1 - IN_PART))
        if not len(some):
            return some
        mark = np.where(share > 0, np.random.default_rng(MARK_SEED).random(one.sites), 0.0)
        pattern = covered_by_shares(one.by_site, one.places, mark)[some]
        _, group = np.unique(pattern, return_inverse=True)
        people = np.bincount(group, weights=one.people[some])
        rank = np.argsort([len(cuts.sites_of(place)) for place in some.tolist()], kind="stable")
        place = np.zeros(len(people), dtype=np.int64)
        place[group[rank]] = some[rank]
        divided = people * np.minimum(cover[place], 1.0 - cover[place])
        return place[np.argsort(-divided, kind="stable")[:PLACES]]

    def _expected(self, numbers: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the product of what either side is expected to take from the bound: float64."""
        n = self._one.sites
        # Sites and places are of different effect; the numbers here are all of one sort.
        alike = slice(n, None) if numbers[0] >= n else slice(None, n)
        lost, tried = self._lost[:, alike].sum(axis=1), self._tried[:, alike].sum(axis=1)
        every = lost / np.maximum(tried, 1.0)
        own = self._lost[:, numbers] / np.maximum(self._tried[:, numbers], 1.0)
        loss = np.where(self._tried[:, numbers] > 0, own, every[:, None])
        moved = np.stack([share, 1.0 - share])
        product: NDArray[np.float64] = np.maximum(loss * moved, LEAST_LOSS).prod(axis=0)
        return product
