"""Instances of the problems that make distances short: what is taken, what is refused, what is derived."""

from __future__ import annotations

import re

import numpy as np
import pytest

from geodata.errors import ConfigError
from planner.kernels.csr import Csr
from planner.siting.distance.capacitated import capacitated_p_median
from planner.siting.distance.center import p_center
from planner.siting.distance.costs import pair_costs
from planner.siting.distance.distances import DistanceInstance
from planner.siting.distance.median import p_median
from planner.siting.solution import Proof

INF = np.inf
TABLE = np.array([[60.0, 300.0, INF], [INF, 120.0, 90.0], [200.0, INF, 200.0]])
PEOPLE = np.array([10.0, 5.0, 1.0])


def pairs(first, item, value):
    return Csr(np.array(first), np.array(item, np.int32), np.array(value, np.float64))


def test_a_table_and_its_pairs_are_one_instance():
    table = DistanceInstance.from_matrix(PEOPLE, TABLE)
    near = pairs([0, 2, 4, 6], [0, 1, 1, 2, 0, 2], [60, 300, 120, 90, 200, 200])
    sparse = DistanceInstance.of(PEOPLE, near, 3)
    for a, b in zip(table.near, sparse.near, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    assert table.sites == 3
    assert table.existing_s.tolist() == [INF] * 3
    assert table.cost.tolist() == [1.0] * 3
    assert not table.forced.any()
    assert not table.forbidden.any()


def test_a_row_is_as_far_as_the_nearest_of_the_chosen_and_what_exists():
    one = DistanceInstance.from_matrix(PEOPLE, TABLE, existing_s=np.array([250.0, INF, 100.0]))
    assert one.distance_s(np.array([], int)).tolist() == [250, INF, 100]
    assert one.distance_s(np.array([1])).tolist() == [250, 120, 100]
    assert one.distance_s(np.array([0, 1, 2])).tolist() == [60, 90, 100]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"people": np.array([1.0, -1.0, 0.0])}, "People are numbers of 0 or more"),
        ({"people": np.array([1.0, np.nan, 0.0])}, "People are numbers of 0 or more"),
        ({"existing_s": np.array([1.0, INF])}, "There are 3 rows of people, and 2 distances"),
        ({"existing_s": np.array([1.0, np.nan, 0.0])}, "Distances to what exists are 0 or more"),
        ({"cost": np.ones(2)}, "There are 3 sites; cost, forced and forbidden need one entry each"),
        ({"cost": np.array([1.0, INF, 1.0])}, "Costs of sites are numbers of 0 or more"),
        (
            {"forced": np.array([True, False, True]), "forbidden": np.array([True, False, False])},
            "Sites are forced and forbidden: 0",
        ),
    ],
)
def test_what_does_not_fit_is_said(change, says):
    given = {"people": PEOPLE, **change}
    people = given.pop("people")
    with pytest.raises(ConfigError, match=re.escape(says)):
        DistanceInstance.from_matrix(people, TABLE, **given)


@pytest.mark.parametrize(
    ("near", "says"),
    [
        (pairs([0, 1], [0], [1]), "have to rise from 0 to the number of pairs, in 3 steps"),
        (pairs([0, 2, 1], [0], [1]), "have to rise from 0"),
        (pairs([0, 1, 3], [0, 1], [1, 1]), "have to rise from 0"),
        (pairs([0, 1, 2], [0, 2], [1, 1]), "Pairs name sites from 0 to 2; there are 2."),
        (pairs([0, 1, 2], [0, -1], [1, 1]), "Pairs name sites from -1 to 0; there are 2."),
        (pairs([0, 1, 2], [0, 1], [1, np.nan]), "Each pair has a distance of 0 or more"),
        (pairs([0, 1, 2], [0, 1], [1, INF]), "Each pair has a distance of 0 or more"),
        (pairs([0, 1, 2], [0, 1], [1, -1]), "Each pair has a distance of 0 or more"),
        (pairs([0, 2, 2], [1, 1], [1, 2]), "A row names a site twice."),
    ],
)
def test_pairs_that_do_not_fit_are_refused(near, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        DistanceInstance.of(np.ones(2), near, 2)


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(ConfigError, match=r"shape \(3, 3\); it needs a row for each of the 2 rows"):
        DistanceInstance.from_matrix(np.ones(2), TABLE)


@pytest.mark.parametrize("solve", [p_median, p_center, lambda i, p: capacitated_p_median(i, p, np.ones(3))])
def test_rows_that_nothing_reaches_are_counted_and_named(solve):
    lost = np.where(np.arange(3)[:, None] == 1, INF, TABLE)
    with pytest.raises(ConfigError, match=r"^1 of 3 rows cannot be reached .*: rows 1\. Leave them out"):
        solve(DistanceInstance.from_matrix(PEOPLE, lost), 3)
    # Nor by a site that is forbidden.
    forbidden = np.array([False, True, True])
    with pytest.raises(ConfigError, match=r"^1 of 3 rows cannot be reached"):
        solve(DistanceInstance.from_matrix(PEOPLE, TABLE, forbidden=forbidden), 3)


@pytest.mark.parametrize(
    ("capacity", "load", "says"),
    [
        (np.ones(2), None, "Capacities are numbers of 0 or more, one for each of the 3 sites; there are 2."),
        (np.array([1.0, -1.0, 1.0]), None, "Capacities are numbers of 0 or more"),
        (np.ones(3), np.ones(2), "Loads are numbers of 0 or more, one for each of the 3 rows; there are 2."),
        (np.ones(3), np.array([1.0, np.nan, 1.0]), "Loads are numbers of 0 or more"),
    ],
)
def test_capacities_and_loads_that_do_not_fit_are_refused(capacity, load, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        capacitated_p_median(DistanceInstance.from_matrix(PEOPLE, TABLE), 3, capacity, load=load)


def test_what_no_plan_can_change_is_taken_out():
    existing = np.array([60.0, INF, 300.0])
    costs = pair_costs(DistanceInstance.from_matrix(PEOPLE, TABLE, existing_s=existing), 2)
    # The first row is as near to what exists as to any site.
    assert costs.row.tolist() == [2, 1]
    assert costs.constant * costs.scale == 600.0
    # Site 1 serves the second row, site 0 the third, site 2 both.
    assert costs.site.tolist() == [0, 1, 2]
    rest = costs.settle(np.array([False, False, True]), np.array([False, True, False]))
    assert rest.settled.tolist() == [2]
    assert rest.site.tolist() == []
    assert rest.constant * rest.scale == pytest.approx(600 + 5 * 90 + 200)


def test_what_cannot_be_paid_is_no_plan():
    two = DistanceInstance.from_matrix(np.ones(2), np.array([[1.0, INF], [INF, 1.0]]))
    for solve in (p_median, p_center):
        one = solve(two, 1)
        assert one.proof is Proof.INFEASIBLE
        assert np.isnan(one.objective)
        assert solve(two, 2).chosen.tolist() == [0, 1]
    # Forced sites have to be paid for too.
    forced = DistanceInstance.from_matrix(np.ones(2), np.ones((2, 2)), forced=np.array([True, True]))
    for solve in (p_median, p_center):
        assert solve(forced, 1).proof is Proof.INFEASIBLE
        assert solve(forced, 2).chosen.tolist() == [0, 1]


def test_rows_too_large_for_every_site_are_no_plan():
    two = DistanceInstance.from_matrix(np.ones(2), np.ones((2, 2)))
    plan = capacitated_p_median(two, 2, np.array([5.0, 5.0]), load=np.array([1.0, 6.0]))
    assert plan.solution.proof is Proof.INFEASIBLE
    assert len(plan.site) == 0
    assert capacitated_p_median(two, 2, np.array([5.0, 6.0]), load=np.array([1.0, 6.0])).site.tolist() == [
        0,
        1,
    ]


def test_a_search_is_ended_by_what_asks_whether_it_may_go_on():
    class EnoughError(Exception):
        pass

    def enough():
        raise EnoughError

    rng = np.random.default_rng(1)
    some = DistanceInstance.from_matrix(rng.random(60), rng.random((60, 30)))
    for solve in (p_median, p_center):
        with pytest.raises(EnoughError):
            solve(some, 5, may_go_on=enough)
    with pytest.raises(EnoughError):
        capacitated_p_median(some, 5, np.full(30, 10.0), may_go_on=enough)


def test_without_time_there_is_a_plan_a_bound_and_no_proof():
    rng = np.random.default_rng(2)
    some = DistanceInstance.from_matrix(rng.random(60), rng.random((60, 40)))
    plan = p_median(some, 8, time_limit_s=0.0)
    best = p_median(some, 8)
    assert plan.proof is Proof.FEASIBLE
    assert best.proof is Proof.OPTIMAL
    assert plan.bound <= best.objective <= plan.objective
    assert plan.gap > 0
