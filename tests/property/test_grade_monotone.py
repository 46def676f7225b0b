"""Knowing more never lowers the grade.

What people are learnt of a village moves the weights of the others' parts; here they are what it weighed. A
place that becomes known may be a sign that its list covers a part of the area only: that is known then too.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import at, box, facilities, layers, line, roads, villages

from geodata.layers import Cell, Finding
from planner.coverage.grade import grade_of
from planner.coverage.known.extent import find_extent
from planner.scenarios.scenario import default_scenario

CODES = tuple(f"99.01.0{1 + i // 2}.200{i}" for i in range(4))
KINDS = ("puskesmas", "pustu", "posyandu", "hospital")
PLACES = ("none", "name", "village", "coordinates")
SCENARIO = default_scenario()


def area(people, joined, units, listed, said, official):
    """Four villages in a row; roads that join some of them; units by kind, place and functioning."""
    lines = [{"from": 2 * i, "to": 2 * i + 1, "geometry": line((2000 * i + 100, 900), (2000 * i + 1900, 900))}
             for i in range(4)]  # fmt: skip
    lines += [{"from": 2 * i + 1, "to": 2 * i + 2,
               "geometry": line((2000 * i + 1900, 900), (2000 * i + 2100, 900))} for i in joined]  # fmt: skip
    rows = [(f"U{i}", KINDS[kind], None if place == 0 else at(500 * i + 1, 900), "")
            for i, (kind, place, _) in enumerate(units)]  # fmt: skip
    made = layers(
        villages({c: (box(2000 * i, 0, 2000 * i + 2000, 2000), p)
                  for i, (c, p) in enumerate(zip(CODES, people, strict=True))}),
        roads(lines),
        facilities(
            rows, located_by=[PLACES[place] for _, place, _ in units],
            functioning=[("unknown", "yes", "no")[f] for _, _, f in units],
            status=["unlocated" if place == 0 else "used" for _, place, _ in units],
        ),
        listed=tuple(KINDS[k] for k in sorted(listed)),
    )  # fmt: skip
    words = sorted(said & {*(KINDS[k] for k in listed), "roads"})
    told = replace(made.area, declared=tuple(words), official=official)
    return replace(made, villages=made.villages.assign(covered=" ".join(words)), area=told)


def score(state, doubted):
    made = area(**state)
    cells = tuple(Cell("", 0, "", "", id=i) for i in doubted)
    return grade_of(
        made, SCENARIO, [Finding("error", "facilities", "x", len(cells), (), "", "", cells)]
    ).score


@st.composite
def states(draw):
    units = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=8))
    return {
        "people": draw(st.lists(st.sampled_from([0.0, 10.0, 3000.0, math.nan]), min_size=4, max_size=4)),
        "joined": draw(st.sets(st.integers(0, 2))),
        "units": units,
        "listed": {kind for kind, _, _ in units} | draw(st.sets(st.integers(0, 3))),
        "said": draw(st.sets(st.sampled_from((*KINDS, "roads")))),
        "official": {},
    }, draw(st.sets(st.sampled_from([f"U{i}" for i in range(8)])))


def more(state, doubted):
    """Give every state in which one thing more is known."""
    for i, (kind, place, functions) in enumerate(state["units"]):
        units = state["units"]
        for unit in ((kind, place + 1, functions), (kind, 3, functions), (kind, place, functions or 1)):
            if unit[1] <= 3:
                yield {**state, "units": [*units[:i], unit, *units[i + 1 :]]}, doubted
        yield state, doubted - {f"U{i}"}
    known = [p for p in state["people"] if not math.isnan(p)]
    for i in np.flatnonzero(np.isnan(state["people"])):
        mean = float(np.mean(known)) if known else 5.0
        # Where nobody's number is known all weigh the same, and one number stands for the others too.
        yield {**state, "people": [mean if k == i else p for k, p in enumerate(state["people"])]}, doubted
    for word in (*(KINDS[k] for k in state["listed"]), "roads"):
        yield {**state, "said": state["said"] | {word}}, doubted
    for gap in {0, 1, 2} - state["joined"]:
        yield {**state, "joined": state["joined"] | {gap}}, doubted
    for kind in {0, 1, 2, 3} - state["listed"]:
        new = [(kind, place, 0) for place in (1, 2)]
        yield {**state, "listed": state["listed"] | {kind}, "units": [*state["units"], *new]}, doubted
    for kind in state["listed"]:
        listed = sum(k == kind for k, _, _ in state["units"])
        yield {**state, "official": {KINDS[kind]: listed}}, doubted


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(states(), st.integers(0, 1000))
def test_knowing_more_never_lowers_the_grade(given_, which):
    after = list(more(*given_))
    chosen = after[which % len(after)]
    before, then = (find_extent(area(**state), SCENARIO) for state, _ in (given_, chosen))
    # No new sign that a list, or the roads, cover only a part.
    assume(set(then.lists) <= set(before.lists) and (then.roads is None or before.roads is not None))
    assert score(*chosen) >= score(*given_) - 1e-9


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(states(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(given_, random):
    state, doubted = given_
    made = area(**state)
    cells = tuple(Cell("", 0, "", "", id=i) for i in sorted(doubted))
    found = [Finding("error", "facilities", "x", len(cells), (), "", "", cells)]
    order = [list(frame.index) for frame in (made.villages, made.facilities, made.roads)]
    for rows in order:
        random.shuffle(rows)
    mixed = replace(made, villages=made.villages.loc[order[0]], facilities=made.facilities.loc[order[1]],
                    roads=made.roads.loc[order[2]])  # fmt: skip
    one, other = (grade_of(some, SCENARIO, found) for some in (made, mixed))
    assert (one.letter, [p.share for p in one.parts]) == (other.letter, [p.share for p in other.parts])


def test_weights_need_no_known_village():
    from planner.coverage.grade import people_weights

    assert people_weights(pd.Series([math.nan, math.nan])).tolist() == [1.0, 1.0]
    assert people_weights(pd.Series([0.0, math.nan])).tolist() == [1.0, 1.0]
