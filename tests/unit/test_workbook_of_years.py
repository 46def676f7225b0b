"""The sheets of a plan over years have a heading of their own for every column of its tables."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

from planner.pipeline import (
    Ask,
    RolloutPlan,
    Study,
    demo_layers,
    rollout,
    site,
    write_rollout,
    write_siting,
)
from planner.reports.workbook.book import _of_assumed
from planner.reports.workbook.paper import write_book
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.sheet import Look, Sheet, SheetColumn, Total
from planner.reports.workbook.words import BookWords


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_column_has_a_heading_and_the_factor_its_decimals(tmp_path, lang):
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 1, "people_factor": 1.05}]
    plan = rollout(Study(demo_layers(12)), RolloutPlan.model_validate({"kind": "posyandu", "years": years}))
    write_rollout(plan, tmp_path / "out")
    by_year, sites = plan_sheets(tmp_path / "out", "99.01", BookWords(lang, ["posyandu"]))
    [factor] = [c for c in by_year.columns if c.name == "people_factor"]
    assert (factor.look, list(factor.cells)) == (Look.NUMBER, [1.0, 1.05])
    assert {"people_lost", "villages_lost"} <= {c.name for c in sites.columns}
    assert not [c.name for c in (*by_year.columns, *sites.columns) if c.heading == c.name]
    assert pd.read_csv(tmp_path / "out" / "plan.csv")["people_factor"].tolist() == [1.0, 1.05]


@pytest.mark.slow
@pytest.mark.parametrize(("given", "total"), [([7.0, None], "unknown"), ([7.0, 2.0], 9.0)])
def test_what_costs_come_to_is_known_only_where_each_is(tmp_path, given, total):
    """Documents have no sum of a plan's costs as soon as one is not given; the workbook had the rest's."""
    plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    write_siting(plan, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "sites.csv")
    table.assign(cost_idr=given, yearly_idr=given).to_csv(tmp_path / "out" / "sites.csv", index=False)
    words = BookWords("en", ["posyandu"])
    [sites] = plan_sheets(tmp_path / "out", "99.01", words)
    none = words.texts.note["unknown"]
    for column in sites.columns:
        if column.name in ("cost_idr", "yearly_idr"):
            every, shown = sites.totals(column, none)
            assert every.value == shown.value == (none if total == "unknown" else total)
            # Without the formula a filter would bring back the sum of those given.
            assert all("SUMPRODUCT" in one.text for one in (every, shown))
    [added] = [c for c in sites.columns if c.name == "people_added"]
    assert sites.totals(added, none)[0].value == pytest.approx(table["people_added"].sum())


ROADS = {"jalan": {"cost_idr": 3e8}, "perahu": {"cost_idr": 5e7, "yearly_idr": 1e6}}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_plan_with_roads_has_their_costs_and_people_in_the_book(tmp_path, lang):
    """The sheet of sites was all there was: its totals lacked the roads, and nothing said so."""
    plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    write_siting(plan, tmp_path / "out")
    run = tmp_path / "out" / "run.json"
    record = json.loads(run.read_text("utf-8"))
    works = [
        {"name": n, "edits": 1, "km": km, "lead_years": 0.0, "yearly_idr": None, **ROADS[n]}
        for km, n in enumerate(ROADS, start=2)
    ]
    run.write_text(json.dumps({**record, "roads": [*ROADS], "road_works": works}), "utf-8")
    (tmp_path / "out" / "roads.csv").write_text(
        "roads,people_by_roads,people_added\n,0,10\njalan,158,168\njalan + perahu,1234,1300\n", "utf-8"
    )
    words = BookWords(lang, ["posyandu"])
    none = words.texts.note["unknown"]
    sites, roads = plan_sheets(tmp_path / "out", "99.01", words)
    cells = {c.name: list(c.cells) for c in roads.columns}
    assert cells == {
        "road_work": ["jalan", "perahu"], "km": [2.0, 3.0], "people_by_roads": [158.0, none],
        "cost_idr": [3e8, 5e7], "yearly_idr": [none, 1e6],
    }  # fmt: skip
    totals = {c.name: roads.totals(c, none)[0].value for c in roads.columns if c.total}
    assert totals == {"km": 5.0, "cost_idr": 3.5e8, "yearly_idr": none}
    assert not [c.name for c in roads.columns if c.heading == c.name]
    together = {"id": "1.234 jiwa", "en": "1,234 people"}[lang]
    assert together in sites.note
    assert together in roads.note
    assert f"“{words.texts.sheet['roads']}”" in sites.note


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "of_year", "both", "at_most"),
    [
        ("id", "penduduk tahun itu", "dan juga pada musim hujan", "“paling banyak”"),
        ("en", "those of the year", "in the dry and in the wet season", "“at most”"),
    ],
)
def test_the_sheets_of_a_plan_say_whose_people_they_count(tmp_path, lang, of_year, both, at_most):
    years = [{"year": 2027, "units": 1}, {"year": 2028, "units": 1, "people_factor": 1.05}]
    asked = RolloutPlan.model_validate({"kind": "posyandu", "years": years, "both_seasons": True})
    write_rollout(rollout(Study(demo_layers(12)), asked), tmp_path / "out")
    run = tmp_path / "out" / "run.json"
    record = json.loads(run.read_text("utf-8"))
    words = BookWords(lang, ["posyandu"])
    by_year, sites = plan_sheets(tmp_path / "out", "99.01", words)
    assert of_year in by_year.note
    assert of_year not in sites.note
    assert both in by_year.note
    assert both in sites.note
    assert at_most not in by_year.note + sites.note
    run.write_text(json.dumps({**record, "people_added_least": 0.0}), "utf-8")
    assert [at_most in one.note for one in plan_sheets(tmp_path / "out", "99.01", words)] == [True, True]
    # Not a part of those whom it adds, whom a unit beside it may have reached before.
    [own] = [c for c in sites.columns if c.name == "people_own"]
    assert own.heading == words.texts.note["sites_people_own"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ask", "said"), [({"backup": 2}, "at least 2 units"), ({"capacity": True}, "have room")]
)
def test_a_plan_that_counts_otherwise_says_so_in_the_book(tmp_path, ask, said):
    write_siting(site(Study(demo_layers(12)), "posyandu", Ask(units=2)), tmp_path / "out")
    run = tmp_path / "out" / "run.json"
    record = json.loads(run.read_text("utf-8"))
    run.write_text(json.dumps({**record, "ask": {**record["ask"], **ask}}), "utf-8")
    [sites] = plan_sheets(tmp_path / "out", "99.01", BookWords("en", ["posyandu"]))
    assert said in sites.note


def test_a_sheet_of_a_what_if_keeps_what_it_says_itself():
    told = SimpleNamespace(of_facilities=True, title="What if")
    words = BookWords("en", ["posyandu"])
    for key, note in (("sites", "of the plan"), ("facilities", words.texts.note["assumed"])):
        assert _of_assumed(Sheet(key, "n", "t", (), note="of the plan"), told, words).note == note


def drawn(tmp_path, *columns):
    """Return a sheet as it is written: widths by letter of the column, and the height of its headings."""
    words = BookWords("id", [])
    sheet = Sheet("years", "Rencana", "Rencana", columns)
    write_book([sheet], tmp_path / "book.xlsx", words.texts, area="Kabupaten Uji")
    page = openpyxl.load_workbook(tmp_path / "book.xlsx").active
    return {k: d.width for k, d in page.column_dimensions.items()}, page.row_dimensions[sheet.head + 1].height


def test_each_number_has_room_also_as_a_total_and_with_its_decimals(tmp_path):
    """A sum longer than each of its numbers, and rupiah with decimals, showed as ###."""
    cost = SheetColumn("cost_idr", "Biaya", Look.COUNT, [7e8] * 3, Total())
    factor = SheetColumn("x", "Angka", Look.NUMBER, [6e7])
    year = SheetColumn("year", "Tahun", Look.YEAR, [2027.0])
    widths, _ = drawn(tmp_path, year, replace(factor, cells=[6e7] * 3), cost)
    # One letter more than is shown, and one for bold.
    assert widths["C"] >= len("2,100,000,000") + 2
    assert widths["B"] >= len("60,000,000.00") + 1
    # What the rows of totals are called goes over the columns before the first total.
    assert widths["A"] + widths["B"] >= len("Yang tampak (menurut saringan)")


def test_costs_are_whole_rupiah():
    words = BookWords("id", [])
    assert {words.look(name) for name in ("cost_idr", "yearly_idr", "first_cost_idr")} == {Look.COUNT}


def test_a_long_heading_is_not_cut(tmp_path):
    heading = BookWords("id", []).texts.heading["people_reached_greedy"]
    column = SheetColumn("x", heading, Look.COUNT, [1.0])
    widths, height = drawn(tmp_path, SheetColumn("year", "Tahun", Look.YEAR, [1.0]), column)
    lines = len(textwrap.wrap(heading, int(widths["B"]) - 1))
    assert lines > 4
    assert height >= 15 * lines
