"""Two-step floating catchments: a published example, the law of conservation, what is unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import ConfigError
from planner.supply.floating_catchments import LUO_QI, Zones, enhanced, two_step
from planner.travel.times import SparseTimes

# Three census tracts, of which the third is the city: people, doctors, and minutes by way of travel.
# From the package access (PySAL), access/tests/test_hospital_example.py.
PEOPLE, DOCTORS = [100.0, 50.0, 10.0], [15.0, 20.0, 100.0]
MINUTES = {
    "gridlock": (40, 40, 80),
    "fast into the city": (20, 40, 80),
    "fast out of the city": (40, 20, 80),
    "fast both ways": (20, 20, 40),
}
# Scores computed with access 1.1.10: two_stage_fca(max_cost=61); the same with weights.gravity(1, -1);
# enhanced_two_stage_fca with weights.step_fn({20: 1, 40: 0.68, 60: 0.22}) and {10: 1, 20: 0.68, 40: 0.22}.
PLAIN = {
    "gridlock": [0.761363636364, 0.958333333333, 1.094696969697],
    "fast into the city": [0.761363636364, 0.958333333333, 1.094696969697],
    "fast out of the city": [0.761363636364, 0.958333333333, 1.094696969697],
    "fast both ways": [0.84375, 0.84375, 0.84375],
}
GRAVITY = {
    "gridlock": [0.3314441169802766, 0.5798281320669381, 7.286418169862544],
    "fast into the city": [0.4353402208763805, 0.683724235963042, 5.727976611420986],
    "fast out of the city": [0.3310719131614654, 0.5778577857785778, 7.299991939492457],
    "fast both ways": [0.4425683953985841, 0.6667582799658271, 5.7405246461850234],
}
WIDE = {
    "gridlock": [0.747592295345, 0.959255533199, 1.227799380553],
    "fast into the city": [0.765449438202, 0.977112676056, 0.959942237696],
    "fast out of the city": [0.743506493506, 0.940476190476, 1.362554112554],
    "fast both ways": [0.835416666667, 0.852083333333, 0.885416666667],
}
NARROW = {
    "gridlock": [0.658398944159, 0.894769669429, 2.442162211268],
    "fast into the city": [0.753913894325, 0.990284619595, 1.009437958777],
    "fast out of the city": [0.652077345179, 0.863740583033, 2.660523633045],
    "fast both ways": [0.79031488579, 0.888963546085, 1.152033411677],
}


def _tracts(way, within=60):
    into, out, across = MINUTES[way]
    minutes = np.array([[1, across, into], [across, 1, into], [out, out, 1]])
    place, facility = np.nonzero(minutes <= within)
    return SparseTimes(
        place.astype(np.int32), facility.astype(np.int32), 60.0 * minutes[place, facility].astype(float)
    )


@pytest.mark.parametrize("way", MINUTES)
def test_three_tracts_score_as_the_package_access_has_them(way):
    times = _tracts(way)
    np.testing.assert_allclose(two_step(times, PEOPLE, DOCTORS), PLAIN[way], rtol=1e-11)
    gravity = two_step(times, PEOPLE, DOCTORS, weight=60.0 / times.travel_s)
    np.testing.assert_allclose(gravity, GRAVITY[way], rtol=1e-12)
    zones = Zones((1200.0, 2400.0, 3600.0), LUO_QI.weight)
    np.testing.assert_allclose(enhanced(times, PEOPLE, DOCTORS, zones=zones), WIDE[way], rtol=1e-11)
    zones = Zones((600.0, 1200.0, 2400.0), LUO_QI.weight)
    np.testing.assert_allclose(enhanced(times, PEOPLE, DOCTORS, zones=zones), NARROW[way], rtol=1e-11)


def test_the_zones_of_the_paper_end_at_10_20_and_30_minutes():
    minutes = np.array([0, 10, 10.1, 20, 20.1, 30, 30.1])
    assert LUO_QI.of(60 * minutes).tolist() == [1, 1, 0.68, 0.68, 0.22, 0.22, 0]
    times = SparseTimes(np.arange(3), np.zeros(3, dtype=int), np.array([300.0, 1500.0, 1801.0]))
    # 100 people count whole and 100 as 22: one midwife for 122.
    np.testing.assert_allclose(enhanced(times, [100, 100, 100], [1]), [1 / 122, 0.22 / 122, 0.0])


@pytest.mark.parametrize(
    ("until_s", "weight"),
    [((), ()), ((600.0,), (1.0, 0.5)), ((600.0, 600.0), (1.0, 0.5)), ((-1.0,), (1.0,)), ((600.0,), (-1.0,)),
     ((600.0, np.nan), (1.0, 0.5)), ((600.0,), (np.nan,))],
)  # fmt: skip
def test_zones_that_make_no_sense_are_refused(until_s, weight):
    with pytest.raises(ConfigError, match="zones"):
        Zones(until_s, weight)


@st.composite
def areas(draw, *, unknown=False):
    places, facilities = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    pairs = draw(st.sets(st.tuples(st.integers(0, places - 1), st.integers(0, facilities - 1))))
    pairs = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    number = st.sampled_from([0.0, 1.0, 2.5, 40.0, 1234.5] + [np.nan] * unknown)
    seconds = st.sampled_from([0.0, 600.0, 600.5, 1200.0, 1799.0, 1800.0, 2400.0])
    return (
        SparseTimes(pairs[:, 0], pairs[:, 1], np.array([draw(seconds) for _ in pairs], dtype=np.float64)),
        np.array([draw(number) for _ in range(places)]),
        np.array([draw(number) for _ in range(facilities)]),
    )


@settings(max_examples=100, deadline=None)
@given(areas(), st.booleans())
def test_scores_times_people_are_the_supply_that_anybody_reaches(area, far_counts_less):
    times, people, supply = area
    score = (enhanced if far_counts_less else two_step)(times, people, supply)
    inside = (LUO_QI.of(times.travel_s) > 0) | (not far_counts_less)
    reached = np.unique(times.facility[inside & (people[times.place] > 0)])
    assert (score * people).sum() == pytest.approx(supply[reached].sum())
    alone = ~np.isin(np.arange(len(people)), times.place[inside])
    assert (score[alone] == 0).all()


@settings(max_examples=100, deadline=None)
@given(areas(unknown=True), st.booleans())
def test_scores_agree_with_the_formula_written_out(area, far_counts_less):
    """Slow twin, with its own reading of what is unknown: a number is known if 1 and 7 in its place agree."""
    times, people, supply = area
    score = (enhanced if far_counts_less else two_step)(times, people, supply)

    def by_hand(one_people, one_supply):
        out = [0.0] * len(people)
        weight = {
            (i, j): next((w for end, w in ((600, 1.0), (1200, 0.68), (1800, 0.22)) if s <= end), 0.0)
            if far_counts_less else 1.0
            for i, j, s in zip(times.place.tolist(), times.facility.tolist(), times.travel_s, strict=True)
        }  # fmt: skip
        for j in range(len(supply)):
            those = [i for i in range(len(people)) if weight.get((i, j), 0) > 0]
            demand = sum(weight[i, j] * one_people[i] for i in those)
            for i in those:
                out[i] += weight[i, j] * (one_supply[j] / demand if demand else 0.0)
        return np.array(out)

    tried = [
        by_hand(np.where(np.isnan(people), a, people), np.where(np.isnan(supply), b, supply))
        for a, b in ((1.0, 1.0), (7.0, 1.0), (1.0, 7.0), (0.0, 3.0))
    ]
    same = np.isclose(np.array(tried), tried[0]).all(axis=0)
    np.testing.assert_allclose(score[same & ~np.isnan(score)], tried[0][same & ~np.isnan(score)])
    assert np.isnan(score[~same]).all()
    # What is said to be unknown does depend on something unknown.
    inside = (LUO_QI.of(times.travel_s) > 0) | (not far_counts_less)
    near = {i: times.facility[inside & (times.place == i)] for i in range(len(people))}
    for i in np.flatnonzero(np.isnan(score)):
        those = times.place[inside & np.isin(times.facility, near[i])]
        assert np.isnan(supply[near[i]]).any() or np.isnan(people[those]).any()


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(2)
    place, facility = np.nonzero(rng.random((60, 8)) < 0.4)
    times = SparseTimes(place, facility, rng.uniform(0, 2000, len(place)))
    people, supply = rng.gamma(2, 100, 60), rng.gamma(1, 3, 8)
    a, b, c = rng.permutation(60), rng.permutation(8), rng.permutation(len(place))
    there, here = np.argsort(a), np.argsort(b)
    other = SparseTimes(there[place][c], here[facility][c], times.travel_s[c])
    for score in (two_step, enhanced):
        moved = score(other, people[a], supply[b])
        assert moved[there].tobytes() == score(times, people, supply).tobytes()


def test_one_unknown_place_hides_the_shares_of_its_facilities_and_no_others():
    times = SparseTimes(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.full(4, 60.0))
    score = two_step(times, [np.nan, 100.0, 100.0, 50.0], [2.0, 4.0])
    assert np.isnan(score[:2]).all()
    assert score[2:].tolist() == [4.0 / 200, 0.0]
    # A facility known to have nothing gives nothing, whoever comes.
    assert two_step(times, [np.nan, 100.0, 100.0, 50.0], [0.0, 4.0]).tolist() == [0.0, 0.02, 0.02, 0.0]
    score = two_step(times, [100.0, 100.0, 100.0, 50.0], [np.nan, 4.0])
    assert np.isnan(score[:2]).all()
    assert score[2] == 0.02


@pytest.mark.parametrize(
    ("people", "supply", "weight", "message"),
    [([-1.0], [1.0], None, "people"), ([1.0], [np.inf], None, "supply"), ([1.0], [1.0], [-1.0], "weight"),
     ([1.0], [1.0], [1.0, 1.0], "each of 1 pairs"), ([1.0], [1.0], [np.nan], "each of 1 pairs"),
     ([[1.0]], [1.0], None, "people"), ([], [1.0], None, "not among")],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(people, supply, weight, message):
    times = SparseTimes(np.array([0]), np.array([0]), np.array([60.0]))
    with pytest.raises(ConfigError, match=message):
        two_step(times, people, supply, weight=None if weight is None else np.array(weight))
