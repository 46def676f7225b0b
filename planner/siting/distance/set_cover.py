"""The cheapest sites that cover rows: a set-cover problem made small, then HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kernels.csr import Csr
from planner.kernels.dominance import dominated, needed_rows
from planner.kernels.lists import Lists
from planner.kernels.median import greedy, turned
from planner.siting.mip import Mip
from planner.siting.solution import Proof, payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.siting.clock import Clock


@dataclass(frozen=True)
class SetCover:
    """Sites that cover all rows, or that there are none within the budget.

    Attributes
    ----------
    chosen
        int64 ``(chosen,)``, numbers of sites; empty where none are known.
    proof
        ``optimal``: the cheapest; ``feasible``: within the budget; ``infeasible``: proven that none are; none
        where the time was up.
    """

    chosen: NDArray[np.int64]
    proof: Proof | None


def cover_rows(
    sites_of: Csr, cost: NDArray[np.float64], budget: float, clock: Clock, *, seed: int, cheapest: bool
) -> SetCover:
    """Return sites that cover all rows within a budget.

    Parameters
    ----------
    sites_of
        By row the sites that cover it, one or more.
    cost, budget
        float64 ``(sites,)``, and what they may cost together.
    clock, seed
        How long, and of HiGHS's own choices.
    cheapest
        Whether any will do, or the cheapest are wanted.

    Examples
    --------
    >>> from planner.siting.clock import Clock
    >>> rows = Csr(np.array([0, 1, 3]), np.array([0, 0, 1], np.int32), np.zeros(3))
    >>> cover_rows(rows, np.ones(2), 2.0, Clock(60.0), seed=0, cheapest=True).chosen.tolist()
    [0]
    """
    rows, site = smaller(sites_of, cost)
    price = cost[site]
    is_open = np.zeros(len(site), np.bool_)
    greedy(turned(rows, len(site)), np.ones(len(rows.first) - 1), price, budget, is_open)
    hit = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_open[rows.item])])
    covers = bool((hit[rows.first[1:]] > hit[rows.first[:-1]]).all())
    if covers and not cheapest:
        return SetCover(site[is_open], Proof.FEASIBLE)
    mip = Mip()
    columns = mip.add_columns(price, integer=True)
    mip.add_rows(rows.first, rows.item, np.ones(len(rows.item)), lower=1.0)
    mip.add_row(columns, price, upper=payable(budget))
    answer = mip.solve(
        start=is_open.astype(np.float64) if covers else None,
        time_limit_s=clock.left_s(), seed=seed, may_go_on=clock.may_go_on,
    )  # fmt: skip
    if answer.proof is Proof.INFEASIBLE:
        return SetCover(np.empty(0, np.int64), Proof.INFEASIBLE)
    if not len(answer.value):
        return SetCover(site[is_open], Proof.FEASIBLE) if covers else SetCover(np.empty(0, np.int64), None)
    return SetCover(site[answer.value > 0.5], answer.proof)


def smaller(sites_of: Csr, cost: NDArray[np.float64]) -> tuple[Csr, NDArray[np.int64]]:
    """Return the problem without rows and sites that others stand for, and the sites' numbers.

    Parameters
    ----------
    sites_of
        By row the sites that cover it.
    cost
        float64 ``(sites,)``.

    Returns
    -------
    sites_of, site
        The problem that is left, and int64 ``(sites left,)``, their numbers before.

    Examples
    --------
    The second row is covered wherever the first is:

    >>> rows = Csr(np.array([0, 1, 3]), np.array([0, 0, 1], np.int32), np.zeros(3))
    >>> smaller(rows, np.ones(2))[1].tolist()
    [0]
    """
    site = np.arange(len(cost), dtype=np.int64)
    row = np.repeat(np.arange(len(sites_of.first) - 1), np.diff(sites_of.first))
    item = sites_of.item.astype(np.int64)
    while True:
        order = np.lexsort((item, row))
        row, item = row[order], item[order]
        near = _pairs(row, item)
        columns = turned(near, len(site))
        every = np.ones(len(site), np.bool_)
        keep_site = ~dominated(_lists(columns), _lists(near), cost[site], every)
        kept = keep_site[item]
        row, item = row[kept], (np.cumsum(keep_site) - 1)[item[kept]]
        site = site[keep_site]
        near = _pairs(row, item)
        columns = turned(near, len(site))
        keep_row = needed_rows(_lists(near), _lists(columns))
        kept = keep_row[row]
        row, item = (np.cumsum(keep_row) - 1)[row[kept]], item[kept]
        if keep_row.all():
            return _pairs(row, item), site


def _lists(pairs: Csr) -> Lists:
    return Lists(pairs.first, pairs.item)


def _pairs(row: NDArray[np.integer], item: NDArray[np.integer]) -> Csr:
    """Return pairs sorted by row."""
    rows = int(row.max(initial=-1)) + 1
    first = np.searchsorted(row, np.arange(rows + 1)).astype(np.int64)
    return Csr(first, item.astype(np.int32), np.zeros(len(item)))
