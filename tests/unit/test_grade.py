"""The grade of a small area, reckoned by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from support import ROOT, at, box, facilities, layers, line, roads, villages

from geodata.layers import Cell, Finding
from planner import grade
from planner.coverage.grade import Grade, GradePart, Rise, default_rule, grade_of
from planner.reports.grade import grade_lines, grade_record, part_words, rise_words
from planner.scenarios.scenario import default_scenario
from planner.texts.catalogues import grade_texts

A, B, C = CODES = ("99.01.01.2001", "99.01.01.2002", "99.01.01.2003")


def town():
    """Three villages of 1,000, 3,000 and unknown people; the third's road joins no other."""
    area = layers(
        villages({
            code: (box(2000 * i, 0, 2000 * i + 2000, 2000), people)
            for i, (code, people) in enumerate(zip(CODES, (1000, 3000, math.nan), strict=True))
        }),
        roads([
            {"from": 0, "to": 1, "geometry": line((100, 100), (2100, 100))},
            {"from": 1, "to": 2, "geometry": line((2100, 100), (3900, 100))},
            {"from": 3, "to": 4, "geometry": line((4500, 100), (5000, 100))},
        ]),
        facilities(
            [("K1", "puskesmas", at(500, 100), A), ("T1", "pustu", at(900, 100), A),
             ("T2", "pustu", at(3000, 100), B), ("T3", "pustu", None, ""),
             # Beyond the buffer: none of the area's.
             ("T4", "pustu", at(90_000, 0), "")],
            located_by=["coordinates", "coordinates", "village", "none", "coordinates"],
            functioning=["yes", "yes", "unknown", "no", "unknown"],
            status=["used", "used", "used", "unlocated", "outside_buffer"],
        ),
        listed=("puskesmas", "pustu"),
    )  # fmt: skip
    known = area.villages.assign(covered=["puskesmas", "", ""])
    told = replace(area.area, declared=("puskesmas",), official={"pustu": 4, "puskesmas": 2})
    return replace(area, villages=known, area=told)


def finding(severity, layer, *ids, rule="some_rule"):
    return Finding(
        severity, layer, rule, len(ids), ids, "", "", tuple(Cell("", 0, "", "", id=i) for i in ids)
    )


FINDINGS = (
    finding("error", "facilities", "T1"),
    finding("warning", "facilities", "T1", "T4"),
    finding("warning", "villages", A),
    finding("info", "villages", A, B, C),
    finding("warning", "villages", C, rule="people_unknown"),
)
# The village of unknown people weighs as the mean of the others: 2,000 of 6,000.
SHARES = {
    "people": Fraction(2, 3),
    "roads": Fraction(1000 + 3000, 6000),
    # Of four kinds: puskesmas in the first village, pustu by its official total (one is listed elsewhere).
    "lists": (Fraction(1000, 6000) + 1) / 4,
    "places": (1 + (1 + Fraction(1, 2) + 0) / 3) / 4,
    "functioning": (1 + Fraction(2, 3)) / 4,
    "official": (1 + Fraction(1, 2)) / 2,
    # Three villages and four units.
    "doubts": 1 - (1 + Fraction(1, 2)) / 7,
}
SCORE = Fraction(2, 10) * sum(SHARES[n] for n in ("people", "roads", "lists", "places")) + (
    Fraction(1, 10) * SHARES["functioning"] + Fraction(1, 20) * (SHARES["official"] + SHARES["doubts"])
)


def graded(area=None, findings=FINDINGS):
    return grade_of(area or town(), default_scenario(), findings)


def test_a_grade_by_hand():
    found = graded()
    assert {p.name: p.share for p in found.parts} == pytest.approx({n: float(s) for n, s in SHARES.items()})
    assert found.score == pytest.approx(float(SCORE))
    assert (float(SCORE), found.letter) == (pytest.approx(0.5185, abs=1e-4), "D")
    assert found.unjudged == ()


def test_what_would_raise_it_by_hand():
    rises = {p.name: p.rise for p in graded().parts}
    said = {name: (r.what, r.kind, r.count, r.letter) for name, r in rises.items()}
    assert said == {
        "people": ("people", "", 1, "C"),
        "roads": ("roads", "", 1, "C"),
        "lists": ("new_list", "posyandu", 1, "C"),
        "places": ("places", "pustu", 2, "D"),
        "functioning": ("functioning", "pustu", 1, "D"),
        "official": ("official", "puskesmas", 1, "D"),
        "doubts": ("doubts", "", 2, "D"),
    }
    gains = {
        "people": Fraction(2, 30), "roads": Fraction(2, 30), "lists": Fraction(5, 40),
        "places": Fraction(2, 10) * Fraction(3, 2) / 12,
        "functioning": Fraction(1, 120), "official": Fraction(1, 80),
        "doubts": Fraction(1, 20) * Fraction(3, 14),
    }  # fmt: skip
    after = {name: float(SCORE + gain) for name, gain in gains.items()}
    assert {name: r.score for name, r in rises.items()} == pytest.approx(after)
    assert [r.what for r in graded().rises][:3] == ["new_list", "people", "roads"]


def test_as_few_as_make_the_next_letter():
    area = town()
    # 20 pustu stand on their village; each of them is worth 0.2 × 0.5 / 20 / 4 = 0.00125.
    units = facilities(
        [("K1", "puskesmas", at(500, 100), A), *((f"T{i}", "pustu", at(900, 100), A) for i in range(20))],
        located_by=["coordinates", *["village"] * 20], functioning=["yes"] * 21,
    )  # fmt: skip
    area = replace(area, facilities=units, area=replace(area.area, official={"pustu": 20, "puskesmas": 2}))
    found = graded(area, ())
    # From 0.5375 to just 0.55.
    assert found.score == pytest.approx(0.5375)
    rise = next(p.rise for p in found.parts if p.name == "places")
    assert (rise.what, rise.kind, rise.letter) == ("places", "pustu", "C")
    assert rise.count == 10
    text = rise_words(found, rise, "en")
    assert text == "Locating 10 units (Pustu) by coordinates would raise the grade from D to C"


def test_a_part_that_cannot_be_judged_is_left_out_and_said():
    area = town()
    found = graded(replace(area, area=replace(area.area, official={})))
    official = next(p for p in found.parts if p.name == "official")
    assert (official.share, official.rise, found.unjudged) == (None, None, ("official",))
    # Without its total nobody knows whether the list of pustu is whole.
    shares = {**SHARES, "lists": (Fraction(1000, 6000) + Fraction(1, 2)) / 4}
    weights = {"people": 4, "roads": 4, "lists": 4, "places": 4, "functioning": 2, "doubts": 1}
    assert found.score == pytest.approx(float(sum(w * shares[n] for n, w in weights.items()) / 19))
    assert "not judged" in part_words(found, official, "en")
    assert "tidak dinilai" in part_words(found, official, "id")


def test_all_that_is_known_is_an_a_without_rises():
    area = town()
    units = facilities(
        [(f"{kind}{i}", kind, at(100 + 2000 * i, 100), code)
         for kind in ("puskesmas", "pustu", "posyandu", "hospital") for i, code in enumerate(CODES)],
        functioning=["no"] * 12,
    )  # fmt: skip
    kinds = ("hospital", "posyandu", "puskesmas", "pustu", "roads")
    told = replace(area.area, listed_kinds=kinds[:4], declared=kinds, official={"pustu": 3})
    rows = area.villages.assign(people=[1000.0, 0.0, 5.0], covered=" ".join(kinds))
    lines = roads([{"from": 0, "to": 1, "geometry": line((100, 100), (3900, 100))}])
    found = graded(replace(area, facilities=units, area=told, villages=rows, roads=lines), ())
    # The third village has no road, and somebody says so.
    assert (found.letter, found.score, found.rises) == ("A", 1.0, ())
    assert all(part.share == 1 for part in found.parts)


def test_nothing_known_is_an_e():
    area = town()
    nothing = replace(
        area, roads=None, facilities=area.facilities[:0],
        villages=area.villages.assign(people=math.nan, covered=""),
        area=replace(area.area, listed_kinds=(), declared=(), official={}),
    )  # fmt: skip
    found = graded(nothing, [finding("error", "villages", *CODES)])
    assert (found.letter, found.score) == ("E", 0.0)
    assert {r.what for r in found.rises} == {"people", "road_file", "new_list", "doubts"}


def test_the_rule_is_whole():
    rule = default_rule()
    assert sum(rule.weights.values()) == pytest.approx(1)
    assert list(rule.letters) == ["A", "B", "C", "D"]
    assert sorted(rule.letters.values(), reverse=True) == list(rule.letters.values())


def test_the_documents_show_the_weights_and_limits():
    text = (ROOT / "docs/METHODS.md").read_text("utf-8").split("## The grade of an area's data")[1]
    rule = default_rule()
    for name, weight in rule.weights.items():
        assert f"\n| {name} | {weight:g} |" in text
    said = "A is {A:g} and more, B {B:g}, C {C:g}, D {D:g}, below is E".format(**rule.letters)
    assert said in text


def test_the_public_call_takes_the_findings_of_check():
    found = grade(town())
    # T3 has no place, which its part counts; the village without people is counted by its own.
    assert next(p.share for p in found.parts if p.name == "doubts") == 1


def test_texts_are_there_in_both_languages_and_all_used():
    texts = grade_texts()
    assert set(texts["id"]) == set(texts["en"])
    whats = {"people", "roads", "road_file", "list_part", "list_unsaid", "new_list", "places", "functioning",
             "official", "doubts"}  # fmt: skip
    assert {k.removeprefix("rise_") for k in texts["en"] if k.startswith("rise_")} == whats
    parts = set(default_rule().weights)
    assert {k.removeprefix("part_") for k in texts["en"] if k.startswith("part_")} == parts
    some = Grade("C", 0.6, (GradePart("people", 0.2, 0.5, None),))
    for what in whats:
        for count in (1, 1200):
            for letter in ("B", "C"):
                rise = Rise(what, "pustu", count, 0.6001, letter)
                for lang in ("id", "en"):
                    said = rise_words(some, rise, lang)
                    assert "{" not in said
                    assert said


def test_numbers_are_written_as_the_language_writes_them():
    found = Grade("C", 0.6, ())
    rise = Rise("people", "", 1200, 0.60004, "C")
    assert rise_words(found, rise, "id") == (
        "Melengkapi jumlah penduduk 1.200 desa/kelurahan akan menaikkan skor dari 0,60000 menjadi 0,60004; "
        "nilainya tetap C"
    )
    lines = grade_lines(graded(), "id")
    assert lines[0] == "Mutu data: D (skor 0,52 dari 1)"
    assert len(lines) == 8


def test_the_record_holds_values_and_words():
    record = grade_record(graded())
    assert record["letter"] == "D"
    assert record["parts"][0]["rise"]["count"] == 1
    assert set(record["text"]) == {"id", "en"}
