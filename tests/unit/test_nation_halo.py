"""How wide the halo of a part has to be: what the way to its rim proves, by hand on one street."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from street import M_A_MINUTE
from support import EAST, NORTH, at, box, facilities, hamlets, layers, line, roads, villages

from planner.coverage.study import find_gaps
from planner.nation.halo import fastest_m_s, wider_m
from planner.network.build import ROAD

# Hamlet at 10 km of a street with a junction every kilometre. The rim is between the junctions at 4 and 5 km,
# so that nobody leaves in less than ten minutes; to the east it is further away.
HOME_M, RIM_M, HORIZON_S = 10_000.0, 4_500.0, 3600.0
LEAVING_MIN = (HOME_M - 5_000.0) / M_A_MINUTE
INSIDE = shapely.box(EAST + RIM_M, NORTH - 9_000.0, EAST + 29_500.0, NORTH + 9_000.0)


def answers(unit_m, more=(), without=(), home_m=HOME_M):
    code = "99.01.01.2001"
    rows = [
        {"from": i, "to": i + 1, "geometry": line((1000.0 * i, 0), (1000.0 * (i + 1), 0))}
        for i in range(30)
        if i not in without
    ]
    return find_gaps(layers(
        villages({code: (box(0, -400, 30_000, 400), 100)}), roads([*rows, *more]),
        facilities([("P", "puskesmas", at(unit_m, 0), code)], functioning=["yes"]),
        hamlets([("h", code, at(home_m, 0), 100)]), listed=("puskesmas",),
    ))  # fmt: skip


def wanted(gaps, halo_m=5_000.0):
    return wider_m(gaps, {"puskesmas": HORIZON_S}, halo_m, INSIDE)


def test_what_is_nearer_than_the_rim_is_proven():
    gaps = answers(HOME_M + M_A_MINUTE * (LEAVING_MIN - 1))
    assert gaps.coverage["puskesmas"].minutes.tolist() == pytest.approx([LEAVING_MIN - 1])
    assert wanted(gaps) == 0.0
    # By the fastest speed alone it is not.
    assert wider_m(gaps, {"puskesmas": HORIZON_S}, 5_000.0, None) > 5_000.0


@pytest.mark.parametrize("later_min", [0.0, 1.0, 6.0])
def test_what_is_no_nearer_than_the_rim_is_not(later_min):
    gaps = answers(HOME_M + M_A_MINUTE * (LEAVING_MIN + later_min))
    # At the pace of the zone's roads, and a tenth more.
    share = (60.0 * (LEAVING_MIN + later_min) + 0.01) / (60.0 * LEAVING_MIN)
    assert wanted(gaps) == pytest.approx(5_000.0 * 1.1 * share)


def test_who_finds_nothing_is_proven_where_no_road_leaves():
    gaps = answers(20_000.0, without=(5, 12))
    assert np.isinf(gaps.coverage["puskesmas"].minutes).all()
    assert wanted(gaps) == 0.0


def test_who_finds_nothing_is_not_proven_where_one_leaves():
    # It may be reached from beyond: but no wider than twice as wide at once.
    assert wanted(answers(20_000.0, without=(12,))) == 10_000.0


def test_a_long_edge_over_the_rim_leads_out_from_both_of_its_ends():
    """As a ferry that begins and ends inside; roads that nobody has read may join it on its way."""
    out = {"from": 8, "to": 12, "geometry": line((8_000, 0), (10_000, 9_500), (12_000, 0))}
    gaps = answers(HOME_M + M_A_MINUTE * (LEAVING_MIN - 1), [out])
    assert (gaps.network.edge_kind == ROAD).all()
    share = (60.0 * (LEAVING_MIN - 1) + 0.01) / (60.0 * 2_000.0 / M_A_MINUTE)
    assert wanted(gaps) == pytest.approx(5_000.0 * min(1.1 * share, 2.0))


def test_who_lives_beside_an_edge_over_the_rim_may_leave_along_it():
    """Before coming to either of its ends: 250 m to the unit, 300 m to the junction, and the rim between."""
    gaps = answers(9_950.0, home_m=9_700.0)
    narrow = shapely.box(EAST + 9_400.0, NORTH - 9_000.0, EAST + 29_500.0, NORTH + 9_000.0)
    by_speed = 30.0 * fastest_m_s("motorcycle", gaps.scenario) + gaps.scenario.access.max_distance_m
    assert wider_m(gaps, {"puskesmas": HORIZON_S}, 2_600.0, narrow) == pytest.approx(by_speed)
