"""HiGHS as siting calls it: objectives, bounds, and ways to stop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.siting.mip import Mip


@st.composite
def set_covers(draw):
    """Sites that cover rows; every row has one at least."""
    rows, sites = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    covers = [draw(st.sets(st.integers(0, sites - 1), min_size=1)) for _ in range(rows)]
    return covers, draw(st.lists(st.integers(1, 5), min_size=sites, max_size=sites))


def model(covers, cost, *, maximise=False):
    mip = Mip(maximise=maximise)
    sign = -1.0 if maximise else 1.0
    mip.add_columns(sign * np.array(cost, dtype=float), integer=True)
    for sites in covers:
        mip.add_rows(np.array([0, len(sites)]), np.array(sorted(sites)), np.ones(len(sites)), lower=1.0)
    return mip


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(set_covers(), st.booleans())
def test_a_start_changes_neither_objective_nor_bound(problem, maximise):
    covers, cost = problem
    alone = model(covers, cost, maximise=maximise).solve()
    begun = model(covers, cost, maximise=maximise).solve(start=np.ones(len(cost)))
    assert begun.objective == pytest.approx(alone.objective)
    assert begun.bound == pytest.approx(alone.objective)
    assert begun.objective == pytest.approx(float(np.dot(cost, begun.value)) * (-1 if maximise else 1))


def test_who_asks_to_stop_is_heard():
    rng = np.random.default_rng(1)
    mip = Mip(maximise=True)
    x = mip.add_columns(rng.integers(50, 100, 60).astype(float), integer=True)
    for _ in range(30):
        mip.add_rows(np.array([0, 60]), x, rng.integers(50, 100, 60).astype(float), upper=1500.0)

    def stop():
        message = "enough"
        raise KeyboardInterrupt(message)

    with pytest.raises(KeyboardInterrupt, match="enough"):
        mip.solve(may_go_on=stop)


@pytest.mark.slow
def test_when_time_is_up_objective_and_bound_stand_apart():
    rng = np.random.default_rng(1)
    mip = Mip(maximise=True)
    x = mip.add_columns(rng.integers(50, 100, 200).astype(float), integer=True)
    for _ in range(60):
        mip.add_rows(np.array([0, 200]), x, rng.integers(50, 100, 200).astype(float), upper=5000.0)
    found = mip.solve(start=np.zeros(200), time_limit_s=0.5)
    assert found.proof == "feasible"
    assert found.bound > found.objective >= 0


def test_what_cannot_be_is_said():
    mip = Mip()
    x = mip.add_columns(np.ones(1), integer=True)
    mip.add_rows(np.array([0, 1]), x, np.ones(1), lower=2.0)
    assert mip.solve().proof == "infeasible"


def test_nothing_is_written_to_standard_output(capfd):
    model([{0}], [1]).solve(start=np.ones(1))
    assert capfd.readouterr().out == ""
