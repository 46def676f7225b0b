"""The workbook: its formulas against our numbers, its words, and names that mean harm."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from spreadsheet import Evaluator

from geodata.errors import ConfigError
from geodata.layers import Finding
from planner.coverage.study import find_gaps
from planner.coverage.tables import summary, village_table
from planner.ilp.model import Ilp
from planner.ilp.tables import village_columns
from planner.pipeline import Ask, RolloutPlan, Study, demo_layers, rollout, site, write_rollout, write_siting
from planner.reports.workbook import tables, write_workbook
from planner.reports.workbook.paper import write_book
from planner.reports.workbook.plan import plan_sheets
from planner.reports.workbook.sheet import Look, Sheet, SheetColumn, Total
from planner.reports.workbook.tables import findings
from planner.reports.workbook.texts import workbook_texts
from planner.reports.workbook.words import BookWords

HEAD = 5  # the row of headings of sheets with totals; of others it is 3


@pytest.fixture(scope="module")
def answer():
    """A demo without anybody known in two villages, one kind without a list, an island without a way."""
    layers = demo_layers(24)
    layers.villages.loc[layers.villages.index[:2], "people"] = float("nan")
    roads = layers.roads[layers.roads["road_class"] != "ferry"]
    kinds = tuple(k for k in layers.area.listed_kinds if k != "hospital")
    return find_gaps(replace(layers, roads=roads, area=replace(layers.area, listed_kinds=kinds)))


@pytest.fixture(scope="module")
def ilp(answer):
    return Ilp(answer)


@pytest.fixture(scope="module")
def written(answer, ilp, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "gaps.xlsx"
    write_workbook(answer, ilp, path, lang="id")
    return path


def rows_of(sheet, head=HEAD):
    """The data below the headings, by the machine's names in their comments."""
    names = [c.comment.text for c in sheet[head]]
    rows = sheet.iter_rows(min_row=head + 1, values_only=True)
    return pd.DataFrame([r for r in rows if any(v is not None for v in r)], columns=names)


def close(ours):
    """Equal but for the last digits of a sum; words are equal."""
    return ours if isinstance(ours, str) else pytest.approx(ours, rel=1e-9, abs=1e-9)


def formulas(book):
    return [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


@pytest.mark.slow
def test_every_formula_gives_the_number_that_is_kept_with_it(written):
    book, kept = openpyxl.load_workbook(written), openpyxl.load_workbook(written, data_only=True)
    found = formulas(book)
    evaluate = Evaluator(book)
    assert {c.parent.title for c in found} >= {"Desa", "Wilayah layanan", "Kesenjangan kecamatan"}
    for cell in found:
        ours = kept[cell.parent.title][cell.coordinate].value
        value = evaluate.cell(cell.parent.title, cell.coordinate)
        assert value == close(ours), (cell.parent.title, cell.coordinate, cell.value)


def test_totals_are_those_of_the_summary(answer, written):
    kept = openpyxl.load_workbook(written, data_only=True)["Desa"]
    column = {c.comment.text: c.column for c in kept[HEAD]}
    totals = summary(answer)
    assert kept.cell(3, column["people"]).value == totals["people"]
    for kind, one in totals["kinds"].items():
        for rest in ("people_reached", "share_reached"):
            for season, of in (("", one), ("wet_", one["wet"])):
                cell = kept.cell(3, column[f"{kind}_{season}{rest}"]).value
                assert cell == ("belum diketahui" if of[rest] is None else of[rest])


@pytest.mark.slow
def test_kecamatan_add_up_to_the_villages(answer, written):
    table = rows_of(openpyxl.load_workbook(written, data_only=True)["Kesenjangan kecamatan"])
    villages = answer.layers.villages
    assert table["district_code"].tolist() == sorted(villages["district_code"].unique())
    assert table["villages"].sum() == len(villages)
    assert table["villages_people_unknown"].sum() == villages["people"].isna().sum()
    for kind, one in answer.coverage.items():
        for status in ("served", "partly", "gap", "unknown"):
            assert table[f"{kind}_villages_{status}"].sum() == (one.villages["status"] == status).sum()


def test_numbers_and_words_of_villages_are_those_of_the_tables(answer, ilp, written):
    table = rows_of(openpyxl.load_workbook(written, data_only=True)["Desa"]).set_index("village_code")
    ours = village_table(answer).join(village_columns(ilp))
    assert list(table.index) == list(ours.index)
    words = {"nan": "belum diketahui", "inf": "tidak ada jalan"}
    infinite = 0
    for name in ours.select_dtypes("number"):
        for code, value in ours[name].items():
            infinite += value == float("inf")
            # XlsxWriter keeps 16 digits of a number, Excel 15.
            assert table.loc[code, name] == words.get(str(value), pytest.approx(value, rel=1e-15)), (
                code,
                name,
            )
    assert infinite
    named = {
        "served": "terjangkau",
        "partly": "sebagian terjangkau",
        "gap": "kesenjangan",
        "unknown": "belum diketahui",
    }
    assert table["pustu_status"].tolist() == [named[s] for s in ours["pustu_status"]]
    # Nothing of the tables is left out, but sentences of the other language.
    assert set(ours) - set(table) == {f"{k}_reason_{lang}" for k in ilp.kinds for lang in ("id", "en")}


@pytest.mark.slow
def test_no_cell_says_inf_or_nan_and_codes_are_text(written):
    book = openpyxl.load_workbook(written)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [
        c
        for c in cells
        if isinstance(c.value, str) and c.value.strip().lower() in ("inf", "-inf", "nan", "none", "<na>")
    ]
    for sheet, name in (("Desa", "village_code"), ("Kesenjangan kecamatan", "district_code")):
        at = next(c.column for c in book[sheet][HEAD] if c.comment.text == name)
        below = [book[sheet].cell(r, at) for r in range(HEAD + 1, book[sheet].max_row + 1)]
        assert {c.data_type for c in below} == {"s"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_column_has_a_heading_in_words(answer, ilp, tmp_path, lang):
    path = tmp_path / "book.xlsx"
    write_workbook(answer, ilp, path, lang=lang)
    bare = [
        (sheet.title, c.value)
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows(max_row=HEAD)
        for c in row
        if c.comment is not None and c.value == c.comment.text
    ]
    # One word in both: English "kind".
    assert [b for b in bare if "_" in b[1]] == []


def test_both_languages_have_the_same_keys():
    one, other = (workbook_texts(lang).model_dump() for lang in ("id", "en"))
    assert {k: set(v) for k, v in one.items()} == {k: set(v) for k, v in other.items()}
    assert all(len(name) <= 31 for lang in ("id", "en") for name in workbook_texts(lang).sheet.values())
    with pytest.raises(ConfigError, match="choose one of"):
        workbook_texts("fr")


@pytest.mark.slow
def test_sheets_are_ready_to_read_and_to_print(written):
    book = openpyxl.load_workbook(written)
    for sheet in book:
        head = HEAD if any(c.comment for c in sheet[HEAD]) else 3
        assert sheet.freeze_panes.endswith(str(head + 1))
        assert sheet.auto_filter.ref.startswith(f"A{head}:")
        assert sheet.page_setup.orientation == "landscape"
        assert str(sheet.page_setup.paperSize) == "9"
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == f"${head}:${head}"
        assert "&P" in sheet.oddFooter.right.text
    rules = [r.formula for rules in book["Desa"].conditional_formatting for r in rules.rules]
    assert ['"kesenjangan"'] in rules


@pytest.mark.slow
def test_libreoffice_opens_it_and_finds_the_same_numbers(written, tmp_path, converted):
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                # Without our values, so that LibreOffice has to find its own.
                content = re.sub(rb"</f><v>[^<]*</v>", b"</f>", content)
            target.writestr(name, content)
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    converted(bare, options, tmp_path)
    kept = openpyxl.load_workbook(written, data_only=True)
    for cell in formulas(openpyxl.load_workbook(written)):
        title = cell.parent.title
        lines = pd.read_csv(
            tmp_path / f"bare-{title}.csv", header=None, dtype=str, names=range(200), skip_blank_lines=False
        )
        text = lines.iloc[cell.row - 1, cell.column - 1]
        value = float(text[:-1]) / 100 if text.endswith("%") else text
        ours = kept[title][cell.coordinate].value
        assert (value if isinstance(ours, str) else float(value)) == close(ours)


@pytest.fixture(scope="module")
def small():
    return demo_layers(12)


@pytest.mark.slow
def test_the_plan_of_a_folder_is_in_the_book(tmp_path, small):
    study = Study(small)
    plan = RolloutPlan.model_validate(
        {"kind": "posyandu", "years": [{"year": 2027, "units": 1}, {"year": 2028, "units": 1}]}
    )
    write_rollout(rollout(study, plan), tmp_path / "rollout")
    chosen = site(study, "posyandu", Ask(units=2))
    write_siting(chosen, tmp_path / "site")
    gaps = study.gaps()
    for folder, sheets in (("rollout", {"Plan by year", "Proposed sites"}), ("site", {"Proposed sites"})):
        path = tmp_path / f"{folder}.xlsx"
        write_workbook(gaps, Ilp(gaps), path, lang="en", plan=tmp_path / folder)
        book = openpyxl.load_workbook(path, data_only=True)
        assert set(book.sheetnames) & {"Plan by year", "Proposed sites"} == sheets
    sites = rows_of(book["Proposed sites"])
    assert sites["candidate_id"].tolist() == chosen.sites.index.tolist()
    assert sites["people_added"].tolist() == chosen.sites["people_added"].tolist()
    years = rows_of(openpyxl.load_workbook(tmp_path / "rollout.xlsx", data_only=True)["Plan by year"])
    assert years["year"].tolist() == [2027, 2028]


def test_a_folder_that_is_no_plan_of_the_area_is_refused(tmp_path, answer, ilp):
    with pytest.raises(ConfigError, match="jangkau site or rollout"):
        write_workbook(answer, ilp, tmp_path / "a.xlsx", plan=tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"command": "site", "area": {"code": "11.01"}}), "utf-8")
    with pytest.raises(ConfigError, match=r"is of 11\.01, not of"):
        write_workbook(answer, ilp, tmp_path / "a.xlsx", plan=tmp_path)
    assert not (tmp_path / "a.xlsx").exists()


@pytest.mark.slow
def test_one_answer_gives_one_file(answer, ilp, written, tmp_path):
    write_workbook(answer, ilp, tmp_path / "again.xlsx", lang="id")
    assert (tmp_path / "again.xlsx").read_bytes() == written.read_bytes()


def total_of(book, sheet, name):
    page = book[sheet]
    column = {c.comment.text: c.column for c in page[HEAD]}[name]
    return [page.cell(row, column).value for row in (3, 4)]


def test_people_who_count_for_several_kinds_or_groups_are_not_added_up(written):
    book = openpyxl.load_workbook(written, data_only=True)
    for name in ("people_own", "people_nearest", "people_allocated"):
        assert total_of(book, "Wilayah layanan", name) == ["per jenis"] * 2
    assert total_of(book, "Kelompok umur", "people") == ["per kelompok"] * 2


@pytest.mark.parametrize(("kinds", "total"), [(["a", "a", "a"], 6.0), (["a", "b", "a"], "by kind")])
def test_a_sum_of_one_kind_stands_there(tmp_path, kinds, total):
    of_kind = Total(alike="kind", instead="by kind")
    columns = (
        SheetColumn("kind", "Kind", Look.TEXT, kinds),
        SheetColumn("n", "N", Look.COUNT, [1.0, 2.0, 3.0], of_kind),
    )
    write_book([Sheet("x", "X", "X", columns)], tmp_path / "a.xlsx", workbook_texts("en"), area="")
    kept = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)["X"]
    evaluate = Evaluator(openpyxl.load_workbook(tmp_path / "a.xlsx"))
    for cell in ("B3", "B4"):
        assert kept[cell].value == total
        assert evaluate.cell("X", cell) == total


def test_what_a_plan_and_the_check_call_by_codes_is_in_words():
    words = BookWords("id", ["pustu"])

    def said(name, value):
        return words.column(name, pd.Series([value])).cells[0]

    rules = "in flood; no public_transport; not checked: cliff, landslide"
    assert said("site_rules", rules) == (
        "terkena: rawan banjir; tanpa: angkutan umum; belum diperiksa: tepi tebing, rawan longsor"
    )
    assert said("measure", "open_pustu") == "Pustu dibuka"
    assert said("measure", "rumah singgah") == "rumah singgah"
    assert said("group", "no_way") == "tidak ada jalan"
    assert words.heading("staff_medis") == "tenaga: medis"
    assert BookWords("en", ["pustu"]).column("staff", pd.Series(["1 bidan, 2 perawat"])).cells[0] == (
        "1 midwife, 2 nurses"
    )


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_book_has_one_word_for_the_unknown(lang):
    words = BookWords(lang, ["pustu"])
    cells = [
        words.column(name, pd.Series(["unknown", None])).cells
        for name in (
            "pustu_status",
            "pustu_class",
            "pustu_reason",
            "functions",
            "from",
            "parent_how",
            "stage",
        )
    ]
    assert {cell for pair in cells for cell in pair} == {workbook_texts(lang).note["unknown"]}


def test_findings_are_told_in_the_reader_s_language():
    one = Finding("warning", "facilities", "same_place", 1, ("a",), "pairs share one point", "check them")
    sheet = findings([one], BookWords("id", ["pustu"]))
    shown = {c.name: c.cells[0] for c in sheet.columns if not c.detail}
    assert shown["said"].startswith("Pasangan fasilitas dengan koordinat yang sama.")
    assert not {"rule", "message", "action"} & set(shown)


@pytest.mark.parametrize(
    ("budget", "unit", "costs", "first"),
    [
        (None, "unit", ["5", "7"], [12.0, 0.0]),
        (20, "rupiah", ["5", ""], ["belum diketahui", 0.0]),
    ],
)
def test_budgets_name_their_unit_and_stand_beside_first_costs(tmp_path, budget, unit, costs, first):
    record = {"command": "rollout", "area": {"code": "99.01"}, "plan": {"years": [{"budget_idr": budget}]}}
    (tmp_path / "run.json").write_text(json.dumps(record), "utf-8")
    head = "year,units_decided,units_working,budget,spent,left\n"
    (tmp_path / "plan.csv").write_text(head + "2027,2,0,2,2,0\n2028,0,2,0,0,0\n", "utf-8")
    rows = "".join(f"s{i},{i},2027,2028,{c}\n" for i, c in enumerate(costs, start=1))
    (tmp_path / "sites.csv").write_text(
        "candidate_id,order,year_decided,year_works,cost_idr\n" + rows, "utf-8"
    )
    years, _ = plan_sheets(tmp_path, "99.01", BookWords("id", ["pustu"]))
    columns = {c.name: c for c in years.columns}
    for name, word in (("budget", "Anggaran"), ("spent", "Terpakai"), ("left", "Sisa")):
        assert columns[name].heading == f"{word} ({unit})"
    assert columns["first_cost_idr"].heading == "Biaya awal (rupiah)"
    assert list(columns["first_cost_idr"].cells) == first


def test_a_kind_of_many_words_is_not_taken_for_another():
    words = BookWords("en", ["pos", "pos_yandu"])
    assert words.parts("pos_yandu_wet_status") == ("pos_yandu", "wet", "status")
    assert words.parts("village_name") == ("", "", "village_name")


def test_a_text_that_a_spreadsheet_would_compute_stays_text_when_its_cell_is_edited(tmp_path):
    """The workbook's own list of signs knew no blanks before them."""
    risky = ("=1+1", "-x", " =1+1", "\xa0+1", "\ufeff@a", "a", "8")
    columns = (SheetColumn("name", "Nama", Look.TEXT, list(risky)),)
    write_book([Sheet("x", "X", "X", columns)], tmp_path / "a.xlsx", workbook_texts("en"), area="")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["X"]
    cells = {cell.value: cell.quotePrefix for [cell] in sheet.iter_rows(min_col=1, max_col=1)}
    assert [bool(cells[text]) for text in risky] == [True] * 5 + [False] * 2


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "said"), [("id", "terjangkau posyandu dibaca “sedikitnya”"),
                                            ("en", "reach posyandu as “at least”")])  # fmt: skip
def test_totals_of_a_list_that_covers_a_part_are_at_least(lang, said):
    """The documents say "at least" of the same numbers."""
    area = demo_layers(24)
    first = area.villages["district_code"] == area.villages["district_code"].iloc[0]
    part = replace(
        area,
        villages=area.villages.assign(covered=first.map({True: "posyandu", False: ""})),
        area=replace(area.area, declared=("posyandu",)),
    )
    for layers, there in ((area, False), (part, True)):
        gaps = find_gaps(layers)
        ilp, words = Ilp(gaps), BookWords(lang, list(gaps.coverage))
        by_village = tables.villages(ilp, words)
        assert (said in by_village.note) == there
        assert (said in tables.districts(gaps, by_village, words).note) == there
