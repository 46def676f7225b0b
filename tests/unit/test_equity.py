"""How unequal reach is: against definitions written out, and numbers worked by hand."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, villages

from geodata.errors import ConfigError, InputError
from planner.coverage.reach import REASONS, Reason
from planner.coverage.study import find_gaps
from planner.coverage.weighed import weighted_median
from planner.scenarios.scenario import default_scenario
from planner.supply.equity import (
    LORENZ_POINTS,
    QUANTILES,
    equity_table,
    gini,
    lorenz,
    lorenz_points,
    village_islands,
    village_remoteness,
    weighted_quantile,
    worst_tenth,
)

NAN, INF = math.nan, math.inf
HYPOTHESIS = settings(max_examples=100, deadline=None)
minutes = st.one_of(st.just(INF), st.integers(0, 9).map(float))
places = st.lists(st.tuples(minutes, st.integers(0, 5)), min_size=1, max_size=20)
finite = st.lists(
    st.tuples(st.floats(0, 1e4, allow_subnormal=False), st.integers(1, 50)), min_size=1, max_size=20
)


def columns(rows):
    a, b = zip(*rows, strict=True)
    return np.array(a, dtype=float), np.array(b, dtype=float)


# Quantiles


@HYPOTHESIS
@given(places, st.sampled_from(range(1, 101)))
def test_a_quantile_is_the_least_value_that_enough_people_do_not_exceed(rows, percent):
    values, people = columns(rows)
    got = weighted_quantile(values, people, percent / 100)
    one_by_one = sorted(v for v, n in rows for _ in range(n))
    if not one_by_one:
        assert math.isnan(got)
        return
    enough = [v for i, v in enumerate(one_by_one, start=1) if 100 * i >= percent * len(one_by_one)]
    assert got == enough[0]


@HYPOTHESIS
@given(st.lists(st.tuples(minutes, st.integers(1, 5)), min_size=1, max_size=20))
def test_the_middle_quantile_is_the_weighted_median(rows):
    values, people = columns(rows)
    median = weighted_median(np.zeros(len(values), dtype=np.int64), values, people, 1)[0]
    assert weighted_quantile(values, people, 0.5) == median


def test_quantiles_hold_their_edges_and_unknowns():
    values, people = np.array([1.0, 2.0, 3.0]), np.array([10.0, 0.0, 90.0])
    assert weighted_quantile(values, people, 0.1) == 1
    assert weighted_quantile(values, people, 0.1001) == 3
    assert weighted_quantile(values, people, 0) == 1
    assert weighted_quantile(values, people, 1) == 3
    # Ten tenths are one whole, although 0.1 is no binary number.
    tenths = np.arange(1.0, 11.0)
    for each in (0.1, 0.7):
        people = np.full(10, each)
        assert [weighted_quantile(tenths, people, q / 10) for q in range(1, 11)] == tenths.tolist()
    assert math.isnan(weighted_quantile(np.array([1.0, NAN]), np.array([1.0, 1.0]), 0.1))
    # People of unknown number weigh nothing; their minutes do not matter either.
    assert weighted_quantile(np.array([1.0, NAN, INF]), np.array([1.0, NAN, NAN]), 0.9) == 1
    assert math.isnan(weighted_quantile(np.array([1.0]), np.array([NAN]), 0.5))
    with pytest.raises(InputError, match="from 0 to 1"):
        weighted_quantile(values, people, 10)


# Lorenz and Gini


def mean_absolute_difference(values, people):
    """The Gini coefficient by its definition, over all pairs of people."""
    pairs = itertools.product(zip(values, people, strict=True), repeat=2)
    apart = math.fsum(p * q * abs(v - w) for (v, p), (w, q) in pairs)
    mean = math.fsum(values * people) / math.fsum(people)
    return 0.0 if mean == 0 else apart / (2 * math.fsum(people) ** 2 * mean)


@pytest.mark.slow
@HYPOTHESIS
@given(finite)
def test_gini_is_half_the_relative_mean_difference(rows):
    values, people = columns(rows)
    got = gini(values, people)
    assert 0 <= got <= 1
    assert got == pytest.approx(mean_absolute_difference(values, people), abs=1e-9)


@HYPOTHESIS
@given(finite, st.floats(0.01, 100), st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_gini_knows_no_scale_and_no_order(rows, longer, more, random):
    values, people = columns(rows)
    assert gini(values * longer, people * more) == pytest.approx(gini(values, people), abs=1e-9)
    random.shuffle(rows)
    assert gini(*columns(rows)) == gini(values, people)


@HYPOTHESIS
@given(st.floats(0, 1e4), st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30))
def test_equal_minutes_are_no_inequality(value, people):
    people = np.array(people)
    assert gini(np.full(len(people), value), people) == 0
    x, y = lorenz(np.full(len(people), value), people)
    assert x.tolist() == y.tolist()


@HYPOTHESIS
@given(finite)
def test_the_lorenz_curve_rises_below_the_diagonal(rows):
    x, y = lorenz(*columns(rows))
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) >= 0).all()
    assert (y <= x + 1e-12).all()
    # Convex: the next person never has less to bear than the one before.
    steep = np.diff(y) / np.diff(x)
    assert (np.diff(steep) >= -1e-6 * steep.max()).all()


def test_gini_by_hand():
    # One person in four bears everything.
    assert gini(np.array([0, 60.0]), np.array([3.0, 1.0])) == pytest.approx(0.75)
    # A split place is the same place.
    whole = gini(np.array([10.0, 30.0]), np.array([4.0, 6.0]))
    assert gini(np.array([10.0, 30.0, 10.0]), np.array([1.0, 6.0, 3.0])) == pytest.approx(whole)
    # 1 - sum of (share of people) × (sum of the curve's heights): 1 - (.4 × 4/22 + .6 × 26/22).
    assert whole == pytest.approx(1 - (0.4 * 4 / 22 + 0.6 * 26 / 22))


@pytest.mark.parametrize("bad", [NAN, INF])
def test_a_curve_with_unknown_or_endless_minutes_is_not_defined(bad):
    values, people = np.array([1.0, bad]), np.array([99.0, 1.0])
    assert math.isnan(gini(values, people))
    assert [len(part) for part in lorenz(values, people)] == [0, 0]
    assert math.isnan(gini(np.empty(0), np.empty(0)))


# The worst-off tenth


def worst_by_people(values, people, share):
    """Hundredths of people, one by one, the worst first."""
    one_by_one = sorted((v for v, n in zip(values, people, strict=True) for _ in range(int(100 * n))))[::-1]
    chosen = one_by_one[: round(share * len(one_by_one))]
    return sum(chosen) / len(chosen), chosen[-1]


@HYPOTHESIS
@given(places, st.sampled_from([0.1, 0.25, 1]))
def test_the_worst_tenth_is_that_of_single_people(rows, share):
    values, people = columns(rows)
    got = worst_tenth(values, people, share)
    if people.sum() == 0:
        assert np.isnan(got).all()
        return
    mean, least = worst_by_people(values, people, share)
    assert got.mean_minutes == pytest.approx(mean)
    assert got.from_minutes == least


def test_the_place_at_the_margin_is_split():
    # A tenth of 100 people is 10: 4 of 90 minutes and 6 of the 50 who have 20.
    got = worst_tenth(np.array([20.0, 90.0, 5.0]), np.array([50.0, 4.0, 46.0]))
    assert got == (pytest.approx((4 * 90 + 6 * 20) / 10), 20)
    # Some without a way: an endless mean, but it is known from where on.
    assert worst_tenth(np.array([20.0, INF]), np.array([99.0, 1.0])) == (INF, 20)
    assert np.isnan(worst_tenth(np.array([20.0, NAN]), np.array([99.0, 1.0]))).all()
    with pytest.raises(InputError, match="above 0"):
        worst_tenth(np.array([1.0]), np.array([1.0]), 0)


# The table


def on_foot():
    """Return the default scenario, but people walk to every kind."""
    usual = default_scenario()
    rules = {k: rule.model_copy(update={"mode": "walking"}) for k, rule in usual.standard.items()}
    return usual.model_copy(update={"standard": rules})


# 1.3 × 3.6 / 3 / 60 minutes a metre: 26 minutes a kilometre.
def town(order=slice(None)):
    """Four villages, one of unknown people, on two islands: hamlets 0, 20, 40 and 80 minutes away."""
    km = 1000 / 26
    outlines = villages(
        {
            "99.01.01.1001": (box(-500, -500, 1000, 500), 100),
            "99.01.01.2002": (box(1000, -500, 2000, 500), 300),
            "99.01.02.2001": (box(2000, -500, 4000, 500), NAN),
            "99.01.02.2002": (box(9000, -500, 9500, 500), 50),
        }
    )
    outlines["kind"] = ["kelurahan", "desa", "desa", "unknown"]
    spots = hamlets(
        [
            ("a", "99.01.01.1001", at(0, 0), 50),
            ("b", "99.01.01.1001", at(20 * km, 0), 50),
            ("c", "99.01.01.2002", at(40 * km, 0), 300),
            ("d", "99.01.02.2001", at(80 * km, 0), NAN),
            ("e", "99.01.02.2002", at(9200, 0), 50),
        ]
    )
    units = facilities(
        [("P", "puskesmas", at(0, 0), "99.01.01.1001"), ("Q", "posyandu", at(40 * km, 0), "99.01.01.2002")]
    )
    return layers(
        outlines.iloc[order], None, units.iloc[order], spots.iloc[order], listed=("puskesmas", "posyandu")
    )


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(town(), scenario=on_foot())


@pytest.fixture(scope="module")
def table(gaps):
    return equity_table(gaps).set_index(["kind", "season", "by", "group"])


def of(table, **level):
    return table.xs(tuple(level.values()), level=tuple(level))


def test_the_whole_area_by_hand(table):
    row = table.loc[("puskesmas", "dry", "all", "all")]
    assert (row["villages"], row["people"], row["villages_people_unknown"]) == (4, 450, 1)
    # 50 people at 0 minutes, 50 at 20, 300 at 40, 50 without a way; the limit is 30.
    assert row["share_reached"] == pytest.approx(100 / 450, abs=1e-9)
    assert row["share_unreachable"] == pytest.approx(50 / 450, abs=1e-9)
    assert row[list(QUANTILES)].tolist() == pytest.approx([0, 40, 40, 40, INF])
    assert math.isnan(row["gini"])
    assert row["worst_tenth_minutes"] == INF
    assert row["worst_tenth_from_minutes"] == INF
    # Σ of the curve's steps: 20 × 50 of 13,000 minutes.
    curve = [0, 0, 1 / 13, 1]
    steps = [1 / 8, 1 / 8, 6 / 8]
    area = sum(w * (a + b) for w, a, b in zip(steps, curve[:-1], curve[1:], strict=True))
    assert row["gini_reachable"] == pytest.approx(1 - area)
    assert row["share_reach_unknown"] == 0


def test_one_district_by_hand(table):
    row = table.loc[("puskesmas", "wet", "district", "99.01.01")]
    assert (row["villages"], row["people"], row["villages_people_unknown"]) == (2, 400, 0)
    assert row["share_reached"] == 0.25
    assert row["share_unreachable"] == 0
    assert row["worst_tenth_minutes"] == pytest.approx(40)
    assert row["gini"] == row["gini_reachable"]


def test_groups_are_the_villages_they_say(gaps):
    assert village_remoteness(gaps).tolist() == ["good", "fair", "poor", "no_way"]
    # The larger island is 1, wherever it lies.
    assert village_islands(gaps).tolist() == ["1", "1", "1", "2"]


def test_rows_come_in_one_order(gaps, table):
    first = of(table, kind="puskesmas", season="dry")
    assert first.index.tolist() == [
        ("all", "all"), ("district", "99.01.01"), ("district", "99.01.02"), ("remoteness", "good"),
        ("remoteness", "fair"), ("remoteness", "poor"), ("remoteness", "no_way"), ("island", "1"),
        ("island", "2"), ("village_kind", "desa"), ("village_kind", "kelurahan"), ("village_kind", "unknown"),
    ]  # fmt: skip
    assert table.index.get_level_values("kind").unique().tolist() == list(gaps.scenario.standard)


def test_people_of_all_groups_are_the_people(table):
    columns = ["villages", "people", "villages_people_unknown"]
    sums = table[columns].groupby(level=["kind", "season", "by"]).sum()
    assert (sums["villages"] == 4).all()
    assert (sums["people"] == 450).all()
    assert (sums["villages_people_unknown"] == 1).all()
    # People reached too.
    reached = of(table["share_reached"] * table["people"], kind="puskesmas", season="dry")
    reached = reached.groupby(level="by").sum()
    assert reached.tolist() == pytest.approx([100] * 5)


def test_a_kind_without_a_list_is_unknown_never_nought(table):
    row = table.loc[("pustu", "dry", "all", "all")]
    assert row["people"] == 450
    numbers = row.drop(["villages", "people", "villages_people_unknown", "share_reach_unknown"])
    assert numbers.isna().all()
    assert row["share_reach_unknown"] == 1


def test_a_group_of_unknown_people_has_no_shares(gaps, table):
    row = table.loc[("puskesmas", "dry", "remoteness", "poor")]
    assert (row["villages"], row["villages_people_unknown"]) == (1, 1)
    assert row.drop(["villages", "villages_people_unknown"]).isna().all()
    nobody = gaps.layers.villages.assign(people=np.nan)
    unknown = find_gaps(dataclasses.replace(gaps.layers, villages=nobody))
    whole = equity_table(unknown).query("kind == 'puskesmas' and by == 'all'")
    assert whole["people"].isna().all()
    assert whole["share_reached"].isna().all()


def test_units_without_a_place_leave_the_unreached_unknown():
    area = town()
    lost = pd.concat([area.facilities, facilities([("R", "puskesmas", at(0, 0), "")])])
    lost.index.name = "facility_id"
    lost.loc["R", "status"] = "unlocated"
    lost.loc["R", "geometry"] = None
    row = equity_table(find_gaps(area.with_facilities(lost))).iloc[0]
    assert (row["kind"], row["by"]) == ("puskesmas", "all")
    assert row["share_reached"] + row["share_reach_unknown"] == pytest.approx(1)


def test_without_a_list_of_puskesmas_remoteness_is_unknown(gaps):
    area = dataclasses.replace(gaps.layers.area, listed_kinds=("posyandu",))
    found = find_gaps(dataclasses.replace(gaps.layers, area=area))
    assert set(village_remoteness(found)) == {"unknown"}
    label = equity_table(found).query("by == 'remoteness'")
    assert set(label["group"]) == {"unknown"}
    assert (label["people"] == 450).all()


def test_the_order_of_rows_changes_nothing(gaps):
    other = find_gaps(town(slice(None, None, -1)), scenario=on_foot())
    pd.testing.assert_frame_equal(equity_table(gaps), equity_table(other))
    again = gaps.layers.villages.index
    assert village_islands(other).reindex(again).tolist() == village_islands(gaps).tolist()


def test_a_village_on_two_islands_is_on_the_one_of_most_people():
    # A main island of 1 km², one of 0.25 km² and one of 0.04; the second village is on the first two.
    islet = box(3000, 0, 3500, 500)
    codes = [f"99.01.01.200{n}" for n in (1, 2, 3)]
    outlines = villages(
        {
            codes[0]: (box(0, 0, 1000, 500), 100),
            codes[1]: (box(0, 500, 1000, 1000).union(islet), 100),
            codes[2]: (box(6000, 0, 6200, 200), 10),
        }
    )

    def islands(on_main, on_islet, *, of_a=100):
        spots = hamlets(
            [
                ("a", codes[0], at(100, 100) if of_a else at(3100, 100), 100),
                ("b", codes[1], at(100, 600), on_main),
                ("c", codes[1], at(3100, 100), on_islet / 2),
                ("d", codes[1], at(3200, 100), on_islet / 2),
                ("e", codes[2], at(6100, 100), 10),
            ]
        )
        return village_islands(find_gaps(layers(outlines, None, facilities([]), spots))).tolist()

    assert islands(40, 60) == ["1", "2", "3"]
    assert islands(60, 40) == ["1", "1", "2"]
    # As many on both: the larger one.
    assert islands(50, 50) == ["1", "1", "2"]
    # An island that is no village's has no number.
    assert islands(40, 60, of_a=0) == ["1", "1", "2"]
    spots = hamlets([(c, c, at(15_000, 0), 1) for c in codes])
    assert set(village_islands(find_gaps(layers(outlines, None, facilities([]), spots)))) == {"unknown"}


# Points of the chart


def test_points_of_the_curve(gaps):
    points = lorenz_points(gaps, "puskesmas")
    # Of the 400 who have a way.
    assert points["people_share"].tolist() == pytest.approx([0, 1 / 8, 2 / 8, 1])
    assert points["minutes_share"].tolist() == pytest.approx([0, 0, 1 / 13, 1])
    assert points["share_unreachable"].tolist() == pytest.approx([50 / 450] * 4)
    assert lorenz_points(gaps, "puskesmas", "wet").equals(points)
    wet = dataclasses.replace(gaps, seasons={**gaps.seasons, "wet": {"puskesmas": gaps.coverage["posyandu"]}})
    assert lorenz_points(wet, "puskesmas").equals(points)
    assert lorenz_points(wet, "puskesmas", "wet").equals(lorenz_points(gaps, "posyandu"))
    assert not lorenz_points(gaps, "posyandu").equals(points)
    assert len(lorenz_points(gaps, "pustu")) == 0
    with pytest.raises(ConfigError, match="puskesmas, pustu"):
        lorenz_points(gaps, "klinik")


def test_a_long_curve_is_thinned_to_its_ends(gaps):
    # 1,000 places: 1 to 1,000 minutes, one person each; the Gini coefficient is (n² - 1) / (3 n (n + 1)).
    n = 1000
    demand = pd.DataFrame({"people": np.ones(n)})
    answer = dataclasses.replace(
        gaps.coverage["puskesmas"], minutes=np.arange(1.0, n + 1)[::-1], reached=np.ones(n, bool),
        reason_code=np.zeros(n, np.int8),
    )  # fmt: skip
    many = dataclasses.replace(gaps, demand=demand, seasons={"dry": {"puskesmas": answer}})
    points = lorenz_points(many, "puskesmas")
    assert len(points) == LORENZ_POINTS
    x, y = points["people_share"].to_numpy(), points["minutes_share"].to_numpy()
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1])))
    assert 1 - area == pytest.approx((n**2 - 1) / (3 * n * (n + 1)), abs=1e-4)


def with_one_unknown(gaps, *, people=None):
    """Return the answer as if nobody knew of the one place without a way; ``people``: so many there."""
    answer = gaps.seasons["dry"]["puskesmas"]
    apart = np.isinf(answer.minutes)
    assert apart.sum() == 1
    reason = np.where(apart, REASONS.index(Reason.ROADS_INCOMPLETE), answer.reason_code).astype(np.int8)
    changed = dataclasses.replace(answer, reason_code=reason)
    demand = gaps.demand.copy()
    if people is not None:
        demand.loc[apart, "people"] = people
    seasons = {**gaps.seasons, "dry": {**gaps.seasons["dry"], "puskesmas": changed}}
    return dataclasses.replace(gaps, seasons=seasons, demand=demand)


def test_who_may_have_a_way_that_nobody_drew_is_not_called_without_one(gaps):
    row = table.__wrapped__(with_one_unknown(gaps)).loc[("puskesmas", "dry", "all", "all")]
    assert row["share_unreachable"] == 0.0
    assert row["share_reach_unknown"] == pytest.approx(50 / 450, abs=1e-9)
    # Either coefficient may go up or down once it is known of them.
    assert math.isnan(row["gini"])
    assert math.isnan(row["gini_reachable"])


def test_an_unknown_place_without_people_leaves_the_coefficients(gaps):
    row = table.__wrapped__(with_one_unknown(gaps, people=0.0)).loc[("puskesmas", "dry", "all", "all")]
    assert row["share_reach_unknown"] == 0.0
    # As above, the others by hand: 50 people at 0 minutes, 50 at 20 and 300 at 40.
    curve, steps = [0, 0, 1 / 13, 1], [1 / 8, 1 / 8, 6 / 8]
    area = sum(w * (a + b) for w, a, b in zip(steps, curve[:-1], curve[1:], strict=True))
    assert row["gini"] == pytest.approx(1 - area)
    assert row["gini_reachable"] == pytest.approx(1 - area)
