"""How well the minutes of a referral are known, where lists or roads are not whole; numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from street import CODES, M_A_MINUTE, street

from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.referral import legs_in_doubt
from planner.reports.village_sheets.facts import SheetFacts
from planner.texts.formatter import Formatter

KINDS = ("posyandu", "pustu", "puskesmas", "hospital")
UNITS = [
    ("Y", "posyandu", 0.0),
    ("T", "pustu", 5000.0),
    ("P", "puskesmas", 6000.0),
    ("H", "hospital", 7000.0),
]


def covering(area, **where):
    """Return the area whose lists, or roads, cover some of its villages, and all others all of them."""
    known = {word: set(where.get(word, area.villages.index)) for word in (*KINDS, "roads")}
    text = [" ".join(word for word in known if code in known[word]) for code in area.villages.index]
    return replace(
        area,
        villages=area.villages.assign(covered=text),
        area=replace(area.area, declared=tuple(sorted(known))),
    )


def referred(area):
    """Return the row of the first village, its gaps, and what its sheet says of the referral."""
    gaps = find_gaps(area)
    ilp = Ilp(gaps)
    row = ilp.referral.xs("standard", level="mode").loc[CODES[0]]
    return row, gaps, SheetFacts(ilp, "en").of(CODES[0])["referral"]


def two_villages(units=UNITS):
    return street([0.0, 60_000.0], units, listed=KINDS)


def test_with_whole_lists_and_roads_a_referral_is_exact():
    row, gaps, said = referred(covering(two_villages()))
    assert (row["minutes_are"], legs_in_doubt(gaps)) == ("exact", (frozenset(), "exact"))
    assert said.startswith(Formatter("en").number(row["minutes"], 1))


def test_while_the_list_of_hospitals_is_short_a_referral_takes_at_most_so_long():
    short = covering(two_villages(), hospital=[CODES[1]])
    row, gaps, said = referred(short)
    assert row["minutes"] == pytest.approx(7000 / M_A_MINUTE)
    assert (row["minutes_are"], legs_in_doubt(gaps)) == ("at_most", (frozenset({"hospital"}), "at_most"))
    assert said.startswith("at most 14.0")
    # With any hospital more, wherever it is, it takes no longer.
    for x in (0.0, 2000.0, 6500.0, 30_000.0):
        more = covering(two_villages([*UNITS, ("H2", "hospital", x)]))
        assert referred(more)[0]["minutes"] <= row["minutes"] + 1e-9


@pytest.mark.parametrize("word", ["posyandu", "pustu", "puskesmas", "roads"])
def test_while_another_list_or_the_roads_are_short_a_referral_is_as_far_as_known(word):
    row, gaps, said = referred(covering(two_villages(), **{word: [CODES[0]]}))
    assert (row["minutes_are"], legs_in_doubt(gaps)[1]) == ("as_known", "as_known")
    assert said.startswith("14.0 min")
    assert "(as far as known)" in said
    assert legs_in_doubt(gaps)[0] == (frozenset(KINDS) if word == "roads" else {word})


def test_a_nearer_pustu_may_make_a_referral_longer():
    """So the sum is not "at most" while pustu may be missing."""
    units = [("Y", "posyandu", 10_000.0), ("T", "pustu", 14_000.0), ("P", "puskesmas", 15_000.0)]
    units.append(("H", "hospital", 16_000.0))
    near = street([10_000.0, 60_000.0], units, listed=KINDS)
    nearer = street([10_000.0, 60_000.0], [*units, ("T2", "pustu", 8000.0)], listed=KINDS)
    before, after = (referred(covering(area))[0]["minutes"] for area in (near, nearer))
    assert before == pytest.approx(6000 / M_A_MINUTE)
    assert after == pytest.approx((2000 + 8000) / M_A_MINUTE)


def test_a_unit_without_a_place_leaves_it_open_too():
    units = [*UNITS, ("H2", "hospital", 0.0)]
    area = covering(two_villages(units))
    frame = area.facilities.copy()
    frame.loc["H2", ["geometry", "village_code"]] = [None, None]
    row, gaps, said = referred(area.with_facilities(frame))
    assert (row["minutes_are"], legs_in_doubt(gaps)) == ("at_most", (frozenset({"hospital"}), "at_most"))
    assert said.startswith("at most")


def test_no_way_to_units_that_are_listed_is_unknown_where_others_may_be():
    write = Formatter("en")
    for known, text in (("exact", "unreachable"), ("at_most", "unknown"), ("as_known", "unknown")):
        assert write.known_minutes(math.inf, known) == write.term(text)
        assert write.known_minutes(math.nan, known) == write.term("unknown")


def test_no_way_stays_so_where_no_hospital_works_whatever_else_is_missing():
    units = [*UNITS[:3], ("H", "hospital", 7000.0, {"functioning": "no"})]
    row, _, said = referred(covering(two_villages(units), pustu=[CODES[0]]))
    assert (row["minutes"], row["minutes_are"]) == (math.inf, "exact")
    assert said.startswith("no way")
    row, _, said = referred(covering(two_villages(units), hospital=[CODES[0]]))
    assert row["minutes_are"] == "at_most"
    assert said.startswith("not known")
