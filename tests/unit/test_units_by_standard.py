"""What a list says of a unit (it operates), and what the standard makes of it, under names of their own."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.model import Table
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal.background import background
from planner.reports.proposal.write import source_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source():
    layers = demo_layers(12)
    posyandu = layers.facilities.index[layers.facilities["kind"] == "posyandu"]
    facilities = layers.facilities.copy()
    facilities.loc[posyandu[0], "functioning"] = "no"
    facilities.loc[posyandu[1], "staff_kader"] = math.nan
    facilities.loc[posyandu[2], "staff_kader"] = 1
    return source_of(Ilp(find_gaps(replace(layers, facilities=facilities))), lang="en")


def table_of(source, title):
    section = next(part for part in background(source).blocks if part.key == "facilities")
    tables = [block for block in section.blocks if isinstance(block, Table)]
    table = next(t for t in tables if title in t.caption)
    heads = [c.title for c in table.columns]
    rows = ([source.words.cell(c) for c in row.cells] for row in table.rows)
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def by_hand(source):
    """Count posyandu by the sentences of the standard: five kader, open once a month, not shut."""
    count = {"yes": 0, "no": 0, "unknown": 0}
    lacks = {"kader": 0, "open days": 0, "shut": 0}
    rows = source.gaps.layers.facilities
    for _, one in rows[rows["kind"] == "posyandu"].iterrows():
        kader, days = one.get("staff_kader", math.nan), one.get("open_days_month", math.nan)
        bad = one["functioning"] == "no" or kader < 5 or days < 1
        open_ = math.isnan(kader) or math.isnan(days)
        count["no" if bad else "unknown" if open_ else "yes"] += 1
        lacks["kader"] += kader < 5
        lacks["open days"] += days < 1
        lacks["shut"] += one["functioning"] == "no"
    return count, lacks


def test_units_by_the_standard_stand_beside_what_the_list_says(source):
    count, lacks = by_hand(source)
    assert min(count.values()) > 0, count
    by_standard = table_of(source, "by the standard")["Posyandu"]
    assert by_standard["Functions by the standard"] == str(count["yes"])
    assert by_standard["Falls short"] == str(count["no"])
    assert by_standard["Not known"] == str(count["unknown"])
    assert by_standard["Judged"] == str(sum(count.values()))
    lacking = by_standard["What is lacking (units)"].split("; ")
    assert f"does not operate: {lacks['shut']}" in lacking
    assert f"kader: {lacks['kader']}" in lacking
    listed = table_of(source, "on the lists")["Posyandu"]
    assert listed["Does not operate"] == "1"
    assert listed["On the list"] == by_standard["Judged"]


def test_no_sentence_of_the_documents_calls_operating_functioning():
    """Only the standard asks whether a unit functions; "difungsikan kembali" is a measure's name."""
    for lang, word in (("id", "berfungsi"), ("en", "function")):
        for line in texts_in(report_texts()[lang]):
            right = ("standar", "made to function", "Tobler")
            assert word not in line.lower() or any(of in line for of in right), line


def texts_in(texts):
    if isinstance(texts, str):
        yield texts
    elif isinstance(texts, (dict, list)):
        for one in texts.values() if isinstance(texts, dict) else texts:
            yield from texts_in(one)


def test_the_sheet_of_a_village_names_the_standard():
    from planner.texts.catalogues import ilp_texts

    assert "standar" in ilp_texts()["id"]["pws_functions"]
    assert "standard" in ilp_texts()["en"]["pws_functions"]
    assert Words("id").say("column.functions") == "Beroperasi"
