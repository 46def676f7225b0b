"""Working areas and parents of units against a slow twin from the words of METHODS (the network)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, villages

from planner.coverage.study import find_gaps
from planner.supply.jejaring import find_jejaring

CODES = [f"99.01.0{d}.200{v}" for d in (1, 2, 3) for v in (1, 2)]
WIDE = 1000.0
NAMES = {"puskesmas": "P", "pustu": "T", "posyandu": "Y"}


@st.composite
def towns(draw):
    """Villages of 1 km in a row, two a kecamatan, each with hamlets; units with parents that may be odd."""
    homes = {c: draw(st.lists(st.sampled_from([50, 250, 450, 850]), min_size=1, max_size=3, unique=True))
             for c in CODES}  # fmt: skip
    units = []
    for kind, most in (("puskesmas", 4), ("pustu", 4), ("posyandu", 4)):
        for i in range(draw(st.integers(kind == "puskesmas", most))):
            village = draw(st.integers(0, len(CODES) - 1))
            units.append({
                "id": f"{NAMES[kind]}{i}", "kind": kind, "village": CODES[village],
                # No two units are as far from a hamlet.
                "x": WIDE * village + 7.0 + draw(st.integers(0, 900)) + 0.01 * len(units),
                "works": draw(st.sampled_from(["yes", "no", "unknown"])),
                "placed": kind != "puskesmas" or draw(st.integers(0, 4)) > 0,
            })  # fmt: skip
    ids = [u["id"] for u in units]
    for unit in units:
        parents = [None, None, *(i for i in ids if i[0] in "PT"), "nobody", *ids[-1:]]
        unit["parent"] = None if unit["kind"] == "puskesmas" else draw(st.sampled_from(parents))
    tops = [u["id"] for u in units if u["kind"] == "puskesmas" and u["placed"]]
    areas = [draw(st.sampled_from([None, None, *tops])) for _ in CODES]
    return homes, units, areas


def area_of(homes, units, areas):
    shapes = {c: (box(WIDE * i, 0, WIDE * (i + 1), WIDE), 90.0) for i, c in enumerate(CODES)}
    rows = villages(shapes)
    rows.insert(len(rows.columns) - 1, "puskesmas_id", areas)
    rows["puskesmas_id"] = rows["puskesmas_id"].astype("str")
    found = facilities(
        [(u["id"], u["kind"], at(u["x"], 500) if u["placed"] else None, u["village"] if u["placed"] else "")
         for u in units],
        parent_id=[u["parent"] for u in units], functioning=[u["works"] for u in units],
        status=["used" if u["placed"] else "unlocated" for u in units],
    )  # fmt: skip
    dots = [(f"{c}/{x}", c, at(WIDE * i + x, 500), 30.0 * (k + 1))
            for i, (c, xs) in enumerate(homes.items()) for k, x in enumerate(xs)]  # fmt: skip
    area = layers(rows, None, found, hamlets(dots))
    return replace(area, area=replace(area.area, listed_kinds=("puskesmas", "pustu", "posyandu")))


def by_hand(homes, units, areas):  # noqa: C901 - the rules one after the other
    """(puskesmas of each village, puskesmas at the top of each unit's chain)."""
    tops = [u for u in units if u["kind"] == "puskesmas" and u["placed"]]
    villages_to = {}
    for i, code in enumerate(CODES):
        own = [u for u in tops if u["village"][:8] == code[:8]]
        if areas[i] is not None:
            villages_to[code] = areas[i]
        elif len(own) == 1:
            villages_to[code] = own[0]["id"]
        else:
            people = dict.fromkeys((u["id"] for u in tops), 0.0)
            for k, x in enumerate(homes[code]):
                near = min(own or tops, key=lambda u, x=x, i=i: abs(u["x"] - WIDE * i - x), default=None)
                if near is not None:
                    people[near["id"]] += 30.0 * (k + 1)
            villages_to[code] = min(people, key=lambda u: (-people[u], u), default="")
    named = {u["id"]: u for u in units}

    def parent(unit):
        if unit["parent"] in named and named[unit["parent"]]["kind"] != "posyandu":
            return unit["parent"]
        pustu = [u for u in units if u["kind"] == "pustu" and u["village"] == unit["village"]]
        if unit["kind"] == "posyandu" and len(pustu) == 1:
            return pustu[0]["id"]
        return villages_to[unit["village"]]

    above = {}
    for unit in units:
        if unit["kind"] == "puskesmas":
            continue
        here, seen = parent(unit), {unit["id"]}
        while here in named and named[here]["kind"] != "puskesmas":
            if here in seen:
                here = ""
                break
            seen.add(here)
            here = parent(named[here])
        above[unit["id"]] = (parent(unit), here)
    return villages_to, above


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(towns())
def test_everyone_belongs_to_whom_the_words_say(town):
    expected, above = by_hand(*town)
    found = find_jejaring(find_gaps(area_of(*town)))
    assert found.villages["puskesmas_id"].to_dict() == expected
    got = zip(found.units.index, found.units["parent_id"], found.units["puskesmas_id"], strict=True)
    assert {unit: (parent, top) for unit, parent, top in got} == above


def test_a_puskesmas_that_does_not_work_now_or_has_no_place_keeps_who_belongs_to_it():
    homes = {c: [500] for c in CODES}
    units = [
        {"id": "P0", "kind": "puskesmas", "village": CODES[0], "x": 400.0, "works": "yes", "placed": True},
        {"id": "P1", "kind": "puskesmas", "village": CODES[2], "x": 2400.0, "works": "no", "placed": True},
        {"id": "P2", "kind": "puskesmas", "village": CODES[5], "x": 5400.0, "works": "yes", "placed": False},
        {"id": "T0", "kind": "pustu", "village": CODES[4], "x": 4400.0, "works": "yes", "placed": True},
        {"id": "T1", "kind": "pustu", "village": CODES[4], "x": 4500.0, "works": "yes", "placed": True},
        {"id": "Y0", "kind": "posyandu", "village": CODES[4], "x": 4600.0, "works": "yes", "placed": True},
    ]
    parents = {"T0": "P2", "T1": "T0", "Y0": "T1"}
    units = [{**u, "parent": parents.get(u["id"])} for u in units]
    found = find_jejaring(find_gaps(area_of(homes, units, [None] * 6)))
    # The third kecamatan has no puskesmas with a place: the nearest of all is P1, also while it is closed.
    assert found.villages["puskesmas_id"].tolist() == ["P0", "P0", "P1", "P1", "P1", "P1"]
    assert found.units["parent_id"].to_dict() == parents
    assert found.units["puskesmas_id"].tolist() == ["P2", "P2", "P2"]
