"""What `jangkau site` prints of the people reached is what the documents say, and it says of whom."""

from __future__ import annotations

import math
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from support import EAST, NORTH, at, box, facilities, layers, line, roads, villages, whole

from planner.cli.site import in_words
from planner.coverage.tables import summary
from planner.pipeline import Ask, Ilp, Study, site
from planner.reports.proposal.write import source_of

A, B, C = "99.01.01.1001", "99.01.01.1002", "99.01.01.1003"


def study(*, island=True, silent=False):
    """Return a village with a puskesmas, and one 50 km off; the first may have an island without roads.

    By area (4 km² and 36 km²) nine tenths of its 1,000 people are put on the island, by a guess.
    """
    parts = [(0, 0, 2000, 2000), *([(5000, 0, 11_000, 6000)] if island else [])]
    shape = shapely.MultiPolygon(
        [shapely.box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in parts]
    )
    rows = {A: (shape, 1000.0), B: (box(50_000, 0, 52_000, 2000), 500.0)}
    rows |= {C: (box(60_000, 0, 62_000, 2000), math.nan)} if silent else {}
    ways = [
        {"from": i, "to": i + 1, "geometry": line((x, 1000), (x + 2000, 1000))}
        for i, x in ((0, 0), (2, 50_000), (4, 60_000))
    ]
    unit = facilities([("U", "puskesmas", at(1000, 1000), A)], functioning=["yes"])
    return Study(whole(layers(villages(rows), roads(ways), unit, listed=("puskesmas",)), "puskesmas"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("about", "said"),
    [
        # Of 1,500 people 100 are reached today, and 600 with a unit in the other village.
        ({}, "6.7% → 40.0% of all people (16.7% → 100.0% of those whose place is known)"),
        ({"silent": True}, "6.7% → 40.0% of the people known (16.7% → 100.0% of those whose place is known)"),
        ({"island": False}, "66.7% → 100.0% of all people"),
    ],
    ids=["island", "island and unknown people", "all known"],
)
def test_shares_are_of_all_people_as_in_the_documents(about, said):
    asked = study(**about)
    plan = site(asked, "puskesmas", Ask(units=1))
    first = in_words(plan)[0]
    assert first.endswith(f": 1 x puskesmas, 500 people more within the limit: {said}")
    before = asked.gaps()
    source = source_of(Ilp(before), lang="en")
    assert first.split("limit: ")[1].startswith(
        source.words.cell(source.share("puskesmas")).removeprefix("at least ")
    )
    after = summary(plan.after)["kinds"]["puskesmas"]["share_reached"]
    assert f"→ {after:.1%} of " in first


@pytest.mark.slow
@pytest.mark.parametrize("on_both", [False, True])
def test_who_is_put_somewhere_by_a_guess_is_reached_where_the_documents_say_so(on_both):
    """On the island nobody is reached for sure: it is wider than the limit, wherever its unit stands."""
    asked = study()
    other = facilities([("I", "puskesmas", at(8000, 3000), A)], functioning=["yes"])
    units = gpd.GeoDataFrame(pd.concat([asked.layers.facilities, other]), crs=other.crs)
    asked = Study(asked.layers.with_facilities(units if on_both else other))
    now = summary(asked.gaps())["kinds"]["puskesmas"]["share_reached"]
    assert now == pytest.approx(100 / 1500 if on_both else 0.0)
    first = in_words(site(asked, "puskesmas", Ask(units=1)))[0]
    assert f"limit: {now:.1%} → " in first


@pytest.mark.slow
@pytest.mark.parametrize("people", [math.nan, 0.0])
def test_of_nobody_there_is_no_share(people):
    asked = study(island=False)
    nobody = Study(replace(asked.layers, villages=asked.layers.villages.assign(people=people)))
    first = in_words(site(nobody, "puskesmas", Ask(units=1)))[0]
    assert first.endswith("0 people more within the limit: share not known")
