"""Mixed-integer problems for HiGHS: arrays in, arrays out, with a time limit, a start and a way to stop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import highspy
import numpy as np

from planner.siting.solution import HAIR, Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


T = TypeVar("T", bound=np.generic)
# Columns, their values, and the most of their sum.
Row = tuple["NDArray[np.int64]", "NDArray[np.float64]", float]

# Of a whole column that HiGHS gives as nearly 0 or 1.
HALF = 0.5
# Rows with numbers of more binary digits are made smaller, by a power of two; sums of people have so many.
DIGITS = 14


# HiGHS lets a row be missed by half of this.
SLIP = 2e-6


def unit_of(total: float) -> float:
    """Return by what people are multiplied for HiGHS, so that all of them together are some ten thousand.

    Rows may be missed by :data:`SLIP`, whatever they count: of a town of 40 people in thousands that is a
    person in thirty thousand, and a proof is never found. A power of two changes no digit.

    Examples
    --------
    >>> unit_of(40.0), unit_of(2_270_000.0), unit_of(0.0)
    (256.0, 0.00390625, 1.0)
    """
    return math.ldexp(1.0, DIGITS - math.frexp(total)[1]) if total > 0 else 1.0


class _Quiet(highspy.Highs):
    """HiGHS without its greeting on standard output, which belongs to our own command."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name, and the first that it calls
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


@dataclass
class Mip:
    """A problem that grows column by column and row by row.

    Examples
    --------
    The most of ``5 a + 4 b`` with ``a + b <= 1``, a and b whole:

    >>> mip = Mip(maximise=True)
    >>> a, b = mip.add_columns(np.array([5.0, 4.0]), integer=True)
    >>> mip.add_rows(np.array([0, 2]), np.array([a, b]), np.ones(2), upper=np.array([1.0]))
    >>> answer = mip.solve()
    >>> answer.value.tolist(), answer.objective, str(answer.proof)
    ([1.0, 0.0], 5.0, 'optimal')
    """

    maximise: bool = False
    _cost: list[NDArray[np.float64]] = field(default_factory=list)
    _lower: list[NDArray[np.float64]] = field(default_factory=list)
    _upper: list[NDArray[np.float64]] = field(default_factory=list)
    _integer: list[NDArray[np.bool_]] = field(default_factory=list)
    _count: list[NDArray[np.int64]] = field(default_factory=list)
    _column: list[NDArray[np.int64]] = field(default_factory=list)
    _value: list[NDArray[np.float64]] = field(default_factory=list)
    _row_lower: list[NDArray[np.float64]] = field(default_factory=list)
    _row_upper: list[NDArray[np.float64]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(
        self,
        cost: NDArray[np.float64],
        *,
        lower: NDArray[np.float64] | float = 0.0,
        upper: NDArray[np.float64] | float = 1.0,
        integer: NDArray[np.bool_] | bool = False,
    ) -> NDArray[np.int64]:
        """Add variables with their costs and bounds, whole or not.

        Parameters
        ----------
        cost
            float64 ``(columns,)``, those that are added.
        lower, upper
            float64 ``(columns,)``, or one for all.
        integer
            bool ``(columns,)``, or one for all: whether they are whole.

        Returns
        -------
        column
            int64 ``(columns,)``, their numbers.

        Examples
        --------
        >>> mip = Mip()
        >>> mip.add_columns(np.ones(2)).tolist(), mip.add_columns(np.ones(1), upper=5.0).tolist()
        ([0, 1], [2])
        """
        n = len(cost)
        self._cost.append(np.asarray(cost, dtype=np.float64))
        self._lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), n))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), n))
        self._integer.append(np.broadcast_to(np.asarray(integer, dtype=np.bool_), n))
        self.columns += n
        return np.arange(self.columns - n, self.columns, dtype=np.int64)

    def add_rows(
        self,
        first: NDArray[np.integer],
        column: NDArray[np.integer],
        value: NDArray[np.float64],
        *,
        lower: NDArray[np.float64] | float = -np.inf,
        upper: NDArray[np.float64] | float = np.inf,
    ) -> None:
        """Add constraints: row r is ``lower[r] <= sum(value × column) <= upper[r]``.

        Parameters
        ----------
        first
            int ``(rows + 1,)``: row r holds the entries ``first[r]:first[r + 1]``.
        column, value
            int and float64 ``(entries,)``.
        lower, upper
            float64 ``(rows,)``, or one for all.

        Examples
        --------
        >>> mip = Mip(maximise=True)
        >>> a, b = mip.add_columns(np.array([5.0, 4.0]))
        >>> mip.add_rows(np.array([0, 2, 3]), np.array([a, b, a]), np.ones(3), upper=np.array([1.0, 0.5]))
        >>> mip.solve().value.tolist()
        [0.5, 0.5]
        """
        n, value = len(first) - 1, np.asarray(value, dtype=np.float64)
        count = np.asarray(first[1:] - first[:-1], dtype=np.int64)
        # HiGHS asks every row to hold to 0.000001: of rupiah no float64 sum does, and it finds no solution.
        largest = np.ones(n)
        np.maximum.at(largest, np.repeat(np.arange(n), count), np.abs(value))
        small = _small(largest)
        self._count.append(count)
        self._column.append(np.asarray(column, dtype=np.int64))
        self._value.append(value * np.repeat(small, count))
        self._row_lower.append(np.asarray(lower, dtype=np.float64) * small)
        self._row_upper.append(np.asarray(upper, dtype=np.float64) * small)
        self.rows += n

    def add_row(
        self, column: NDArray[np.integer], value: NDArray[np.float64], *, upper: float = np.inf,
        lower: float = -np.inf,
    ) -> None:  # fmt: skip
        """Add one constraint, ``lower <= sum(value × column) <= upper``.

        Parameters
        ----------
        column, value
            int and float64 ``(entries,)``.

        Examples
        --------
        >>> mip = Mip(maximise=True)
        >>> mip.add_row(mip.add_columns(np.array([5.0, 4.0])), np.ones(2), upper=1.0)
        >>> mip.solve().objective
        5.0
        """
        self.add_rows(np.array([0, len(column)]), column, value, lower=lower, upper=upper)

    def add_list(self, rows: Sequence[Row]) -> None:
        """Add constraints ``sum(value × column) <= most``, each given by its columns, values and most.

        Parameters
        ----------
        rows
            int64 and float64 ``(entries,)``, numbers of columns and their values, and the most of their
            sum.

        Examples
        --------
        >>> mip = Mip(maximise=True)
        >>> columns = mip.add_columns(np.array([5.0, 4.0]))
        >>> mip.add_list([(columns, np.ones(2), 1.0), (columns[:1], np.ones(1), 0.5)])
        >>> mip.solve().value.tolist()
        [0.5, 0.5]
        """
        self.add_rows(
            np.cumsum([0, *(len(column) for column, _, _ in rows)]),
            np.concatenate([np.empty(0, np.int64), *(column for column, _, _ in rows)]),
            np.concatenate([np.empty(0), *(value for _, value, _ in rows)]),
            upper=np.array([most for _, _, most in rows], dtype=np.float64),
        )

    def add_apart(self, pairs: NDArray[np.integer]) -> None:
        """Add that of each pair of whole columns, int ``(pairs, 2)``, one at most is chosen.

        Examples
        --------
        >>> mip = Mip(maximise=True)
        >>> a, b = mip.add_columns(np.array([5.0, 4.0]), integer=True)
        >>> mip.add_apart(np.array([[a, b]]))
        >>> mip.solve().value.tolist()
        [1.0, 0.0]
        """
        n = len(pairs)
        self.add_rows(np.arange(0, 2 * n + 1, 2), pairs.ravel(), np.ones(2 * n), upper=1.0)

    def solve(
        self,
        *,
        start: NDArray[np.float64] | None = None,
        time_limit_s: float = np.inf,
        seed: int = 0,
        may_go_on: Callable[[], None] | None = None,
        relaxed: bool = False,
    ) -> MipAnswer:
        """Return the best solution found, and the bound.

        Parameters
        ----------
        start
            float64 ``(columns,)``, a solution to begin with.
        time_limit_s
            Then the best so far is returned.
        seed
            Of HiGHS's own choices.
        may_go_on
            Asked now and then; what it raises ends the work and is raised here.
        relaxed
            Without whole numbers: the bound of the linear relaxation.

        Examples
        --------
        >>> mip = Mip(maximise=True)
        >>> mip.add_row(mip.add_columns(np.ones(2), integer=True), np.full(2, 2.0), upper=3.0)
        >>> mip.solve().objective, mip.solve(relaxed=True).objective
        (1.0, 1.5)
        """
        deadline = time.perf_counter() + time_limit_s
        while True:
            for begin in (start, None):
                left_s = max(deadline - time.perf_counter(), 0.0)
                answer = self._run(begin, left_s, seed, may_go_on, relaxed=relaxed)
                # HiGHS 1.16 leaves out what its presolve has settled from objective and bound, where it
                # begins from a solution and presolve leaves little: then it is asked again, without.
                if begin is None or not len(answer.value) or self._agrees(answer):
                    break
            if relaxed or not self._forbid_too_much(answer.value):
                return answer
            if time.perf_counter() >= deadline:
                return MipAnswer(np.empty(0), np.nan, answer.bound, Proof.FEASIBLE)

    def _forbid_too_much(self, value: NDArray[np.float64]) -> bool:
        """Forbid what is whole and above a row's upper limit; returns whether anything is.

        HiGHS takes 0.9999999 for 1: of sites at Rp 50 billion each that is Rp 5,000, and a plan that costs
        Rp 80 more than there is.
        """
        if not len(value):
            return False
        count, column = _joined(self._count, np.int64), _joined(self._column, np.int64)
        factor, most = _joined(self._value, np.float64), _joined(self._row_upper, np.float64)
        row = np.repeat(np.arange(self.rows), count)
        other = ~_joined(self._integer, np.bool_)[column] | (factor < 0)
        mixed = np.bincount(row, weights=other, minlength=self.rows) > 0
        used = np.bincount(row, weights=factor * value[column], minlength=self.rows)
        too_much = np.flatnonzero(~mixed & (count > 0) & (used > most + HAIR * np.abs(most)))
        for r in too_much.tolist():
            mine = column[row == r]
            mine = np.unique(mine[value[mine] > HALF])
            self.add_row(mine, np.ones(len(mine)), upper=len(mine) - 1.0)
        return len(too_much) > 0

    def _agrees(self, answer: MipAnswer) -> bool:
        """Return whether the objective is that of the columns."""
        true = float(_joined(self._cost, np.float64) @ answer.value)
        return abs(true - answer.objective) <= 1e-6 * max(abs(true), 1.0)

    def _run(
        self,
        start: NDArray[np.float64] | None,
        time_limit_s: float,
        seed: int,
        may_go_on: Callable[[], None] | None,
        *,
        relaxed: bool,
    ) -> MipAnswer:
        solver = _Quiet()
        for name, value in (
            ("random_seed", seed), ("threads", 1), ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.0), ("time_limit", float(time_limit_s)),
        ):  # fmt: skip
            solver.setOptionValue(name, value)
        solver.passModel(*self._arrays(relaxed=relaxed))
        if start is not None:
            solver.setSolution(self.columns, np.arange(self.columns, dtype=np.int32), start)
        stopped: list[BaseException] = []
        if may_go_on is not None:
            _ask(solver, may_go_on, stopped)
        solver.run()
        if stopped:
            raise stopped[0]
        return self._answer(solver, relaxed=relaxed)

    def _arrays(self, *, relaxed: bool) -> tuple[object, ...]:
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(_joined(self._count, np.int64))])
        column, value = _joined(self._column, np.int64), _joined(self._value, np.float64)
        sense = highspy.ObjSense.kMaximize if self.maximise else highspy.ObjSense.kMinimize
        integer = _joined(self._integer, np.bool_) & (not relaxed)
        return (
            self.columns, self.rows, len(column), int(highspy.MatrixFormat.kRowwise), int(sense), 0.0,
            _joined(self._cost, np.float64), _joined(self._lower, np.float64),
            _joined(self._upper, np.float64), _joined(self._row_lower, np.float64),
            _joined(self._row_upper, np.float64), first.astype(np.int32), column.astype(np.int32), value,
            integer.astype(np.int32),
        )  # fmt: skip

    def _answer(self, solver: highspy.Highs, *, relaxed: bool) -> MipAnswer:
        status, info = solver.getModelStatus(), solver.getInfo()
        states = highspy.HighsModelStatus
        if status in (states.kInfeasible, states.kUnboundedOrInfeasible):
            return MipAnswer(np.empty(0), np.nan, np.nan, Proof.INFEASIBLE)
        value = np.asarray(solver.getSolution().col_value, dtype=np.float64)
        objective = float(info.objective_function_value)
        done = status == states.kOptimal
        whole = _joined(self._integer, np.bool_)
        if relaxed or not whole.any():
            worst = np.inf if self.maximise else -np.inf
            return MipAnswer(
                value, objective, objective if done else worst, Proof.OPTIMAL if done else Proof.FEASIBLE
            )
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            # Time was up before anything was found; or what was found is none, and then nothing is known.
            stopped = status in (states.kTimeLimit, states.kInterrupt)
            bound = float(info.mip_dual_bound) if stopped else np.inf if self.maximise else -np.inf
            return MipAnswer(np.empty(0), np.nan, bound, Proof.FEASIBLE)
        value = np.where(whole, np.round(value) + 0.0, value)
        if done:
            # Of whole costs HiGHS knows that nothing lies between, and leaves its bound below.
            return MipAnswer(value, objective, objective, Proof.OPTIMAL)
        return MipAnswer(value, objective, float(info.mip_dual_bound), Proof.FEASIBLE)


class GrowingLp:
    """A linear problem to which rows are added between solutions, each of which begins from the last.

    Parameters
    ----------
    cost, upper
        float64 ``(columns,)``: the objective, made large, and upper bounds; the lower ones are 0.

    Examples
    --------
    >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
    >>> value, price, objective = lp.solve()
    >>> objective, price.tolist()
    (1.5, [1.0])
    """

    def __init__(self, cost: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        self._solver, self._small = _Quiet(), list[float]()
        self._lower, self._upper = np.zeros(len(cost)), np.asarray(upper, dtype=np.float64).copy()
        self._most, self._idle = list[float](), np.zeros(0, dtype=np.int64)
        self._solver.setOptionValue("threads", 1)
        n, none = len(cost), np.empty(0, np.int32)
        self._solver.addCols(n, np.asarray(cost), np.zeros(n), np.asarray(upper), 0, none, none, np.empty(0))
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def add_row(self, column: NDArray[np.integer], value: NDArray[np.float64], most: float) -> None:
        """Add ``sum(value × column) <= most``.

        Parameters
        ----------
        column, value
            int and float64 ``(entries,)``.
        most
            Of their sum.

        Examples
        --------
        >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
        >>> lp.solve()[2]
        1.5
        """
        small = float(_small(np.abs(value).max(initial=1.0)))
        self._solver.addRow(-np.inf, float(most) * small, len(column), column.astype(np.int32), value * small)
        self._small.append(small)
        self._most.append(float(most))
        self._idle = np.append(self._idle, 0)

    def restrict(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        """Keep the first columns between these bounds, float64 ``(first columns,)``, from now on.

        Examples
        --------
        >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
        >>> lp.restrict(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        >>> lp.solve()[2]
        1.0
        """
        n = len(lower)
        self._lower[:n], self._upper[:n] = lower, upper
        self._solver.changeColsBounds(n, np.arange(n, dtype=np.int32), self._lower[:n], self._upper[:n])

    def limit_row(self, row: int, most: float) -> None:
        """Change what the sum of a row, by its number in the order of adding, is at most.

        Examples
        --------
        >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
        >>> lp.limit_row(0, 0.5)
        >>> lp.solve()[2]
        0.5
        """
        self._most[row] = float(most)
        self._solver.changeRowBounds(row, -np.inf, float(most) * self._small[row])

    def drop_idle(self, solutions: int) -> NDArray[np.bool_]:
        """Take out the rows that had no price in so many solutions, the first row never.

        The next solution still begins from the last one.

        Returns
        -------
        stay
            bool ``(rows,)``, which of the rows before do.

        Examples
        --------
        >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
        >>> lp.add_row(np.array([0]), np.ones(1), 5.0)
        >>> objective = lp.solve()[2]
        >>> lp.drop_idle(1).tolist()
        [True, False]
        """
        stay = self._idle < solutions
        stay[:1] = True
        gone = np.flatnonzero(~stay)
        if len(gone):
            basis = self._solver.getBasis()
            status = basis.row_status
            basis.row_status = [status[r] for r in np.flatnonzero(stay)]
            self._solver.deleteRows(len(gone), gone.astype(np.int32))
            self._solver.setBasis(basis)
            self._small = [self._small[r] for r in np.flatnonzero(stay)]
            self._most = [self._most[r] for r in np.flatnonzero(stay)]
            self._idle = self._idle[stay]
        return stay

    def solve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return the columns, the rows' dual prices (0 or more) and what these prove.

        No columns have a larger objective than that; it is inf where HiGHS did not end with a solution. Its
        own objective may stand below the largest: rows may be missed by a hair, and now and then it gives up
        on the way from the last solution. Then it begins anew.

        Returns
        -------
        value, price, objective
            float64 ``(columns,)``, float64 ``(rows,)`` and a number.

        Examples
        --------
        >>> lp = GrowingLp(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 1.5)
        >>> value, price, objective = lp.solve()
        >>> float(value.sum()), price.tolist(), objective
        (1.5, [1.0], 1.5)
        """
        self._solver.run()
        if not self._is_solved():
            self._solver.clearSolver()
            self._solver.run()
        found = self._solver.getSolution()
        value = np.asarray(found.col_value, dtype=np.float64)
        price = np.maximum(np.asarray(found.row_dual, dtype=np.float64), 0.0) * self._small
        self._idle = np.where(price > 0, 0, self._idle + 1)
        if not self._is_solved():
            return value, price, np.inf
        reduced = self.reduced_costs()
        bound = price @ self._most + np.where(reduced > 0, self._upper, self._lower) @ reduced
        return value, price, float(bound)

    def _is_solved(self) -> bool:
        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def reduced_costs(self) -> NDArray[np.float64]:
        """Return by column what one more of it would add to the last objective: float64 ``(columns,)``.

        Examples
        --------
        >>> lp = GrowingLp(np.array([2.0, 1.0]), np.array([1.0, 1.0]))
        >>> lp.add_row(np.array([0, 1]), np.ones(2), 0.5)
        >>> objective = lp.solve()[2]
        >>> float(lp.reduced_costs()[1])
        -1.0
        """
        return np.asarray(self._solver.getSolution().col_dual, dtype=np.float64)


@dataclass(frozen=True)
class MipAnswer:
    """What HiGHS found.

    Attributes
    ----------
    value
        float64 ``(columns,)``; empty where nothing was found.
    objective, bound
        NaN where nothing was found or is allowed.
    proof
        ``optimal`` where HiGHS proved it.
    """

    value: NDArray[np.float64]
    objective: float
    bound: float
    proof: Proof


def _small(largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by what rows are multiplied so that their largest number has no more digits than DIGITS."""
    small: NDArray[np.float64] = np.ldexp(1.0, np.minimum(DIGITS - np.frexp(largest)[1], 0))
    return small


def _joined(parts: Sequence[NDArray[Any]], dtype: type[T]) -> NDArray[T]:
    joined: NDArray[T] = np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)
    return joined


def _ask(solver: highspy.Highs, may_go_on: Callable[[], None], stopped: list[BaseException]) -> None:
    """Have the solver ask between its steps; an exception must not pass through its C++."""

    def ask(event: highspy.HighsCallbackEvent) -> None:
        try:
            may_go_on()
        except BaseException as error:  # noqa: BLE001 - raised again by our caller
            stopped.append(error)
            event.interrupt()

    solver.cbMipInterrupt.subscribe(ask)
    solver.cbSimplexInterrupt.subscribe(ask)
