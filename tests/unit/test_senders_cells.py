"""Whatever a list holds: its workbook can be written, no text in it runs, and the list comes back."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ROOT

from geodata.areafile import FacilitiesFile, FileSource
from geodata.files.csvtext import rows_text, unguarded
from geodata.layers import Cell, Finding
from geodata.readers.files.table import read_table
from planner.pipeline import demo_layers
from planner.reports.senders.answers import decide
from planner.reports.senders.cells import packed, plain, put, unpacked
from planner.reports.senders.lists import read_list
from planner.reports.senders.marked import HIDDEN, marked_in, proposal_of, write_marked
from planner.reports.senders.returned import read_returned
from planner.reports.senders.rows import FindingRow, finding_rows, findings_csv
from planner.reports.senders.texts import sender_texts

HOSTILE = (
    '=HYPERLINK("http://x")', "+1", "-1-1", "@SUM(A1)", "\t=1", "'=1", "x" * 32_766 + "yz", "a\x07b",
    "a\x00b", "a\ud800b", "_x0041_", "a\r\nb", "＝1", "benar", "facilities.near_name.0123456789",
    "\uffff", " ",
)  # fmt: skip


def only(returned):
    """The one list of a workbook."""
    [one] = returned
    return one


def sent_list(folder, names):
    """A list of JSON, which may hold any text, with a finding for each of its names."""
    path = folder / "daftar.json"
    rows = [{"nama": "Awal", "lat": -8.0, "lon": 113.0}, *({"nama": name} for name in names)]
    path.write_text(json.dumps(rows), "utf-8")
    cells = tuple(Cell(path.name, i, "nama", name, name) for i, name in enumerate(names, start=3))
    finding = Finding("warning", "facilities", "near_name", len(cells), (), "=message", "+action", cells)
    sent = read_list(FacilitiesFile(path=path, kind="pustu"), path.name)
    return sent, finding_rows(demo_layers(12), [finding])


@pytest.mark.slow
def test_hostile_names_go_out_and_come_back(tmp_path):
    sent, rows = sent_list(tmp_path, HOSTILE)
    out = tmp_path / "daftar-periksa.xlsx"
    write_marked([(sent, marked_in(sent, rows))], out)
    with zipfile.ZipFile(out) as book:
        sheets = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in text or "<f " in text for text in sheets)
    sheet = openpyxl.load_workbook(out)["Daftar"]
    assert {c.data_type for row in sheet.iter_rows() for c in row} <= {"s", "n"}
    assert all(len(str(c.value)) <= 32_767 for row in sheet.iter_rows() for c in row)
    table = read_table(FileSource(path=out, sheet="Daftar"), "x", ["nama", "lat", "lon"])
    assert table["nama"].iloc[1:4].tolist() == list(HOSTILE[:3])
    returned = only(read_returned(out))
    assert returned.rows == sent.rows
    assert returned.answers == {}
    assert (returned.overwritten, returned.others) == ({}, 0)
    text = rows_text(decide(returned, {}).rows)
    text.encode("utf-8")
    back = [[unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    assert back == sent.rows
    # A row of a blank alone is no row of a table.
    assert [row[0] for row in back[2:]] == [plain(name.strip()) for name in HOSTILE if name.strip()]


@pytest.mark.slow
def test_hostile_answers_are_text_in_the_list(tmp_path):
    sent, rows = sent_list(tmp_path, ["Satu", "Dua", "Tiga"])
    out = tmp_path / "daftar-periksa.xlsx"
    write_marked([(sent, marked_in(sent, rows))], out)
    book = openpyxl.load_workbook(out)
    sheet = book["Daftar"]
    put(sheet["D3"], "=cmd()")
    sheet["D4"].value = 5.0
    book.save(out)
    decided = decide(only(read_returned(out)), {row.finding: row for row in rows})
    assert [a.taken for a in decided.answers] == ["yes", "yes"]
    assert [row[0] for row in decided.rows[2:]] == ["=cmd()", "5", "Tiga"]
    assert rows_text(decided.rows).splitlines()[2] == "'=cmd(),,"


@pytest.mark.slow
def test_one_finding_answered_twice_and_one_never_sent_are_refused(tmp_path):
    sent, rows = sent_list(tmp_path, ["Satu", "Dua"])
    out = tmp_path / "daftar-periksa.xlsx"
    write_marked([(sent, marked_in(sent, rows))], out)
    book = openpyxl.load_workbook(out)
    sheet = book["Daftar"]
    sheet["D3"], sheet["D4"] = "A", "B"
    sheet["E4"] = sheet["E3"].value  # copied down with its row
    sheet["D9"], sheet["E9"] = "C", "facilities.near_name.ffffffffff"
    book.save(out)
    decided = decide(only(read_returned(out)), {row.finding: row for row in rows})
    assert [(a.answer, a.taken, a.why) for a in decided.answers] == [
        ("A; B", "no", "several answers for one finding"),
        ("C", "no", "no such finding was sent"),
        ("", "gone", "the row, or its id in the hidden column, was taken out of the workbook"),
    ]
    assert decided.rows == sent.rows


@pytest.mark.slow
def test_two_answers_for_one_cell_must_agree(tmp_path):
    sent, [first] = sent_list(tmp_path, ["Satu"])
    second = first._replace(finding="facilities.unclear_village.0123456789", rule="unclear_village")
    out = tmp_path / "daftar-periksa.xlsx"
    for answers, taken in ((("A", "B"), "no"), (("A", "benar"), "no"), (("A", "A"), "yes")):
        write_marked([(sent, marked_in(sent, [first, second]))], out)
        book = openpyxl.load_workbook(out)
        book["Daftar"]["D3"], book["Daftar"]["F3"] = answers
        book.save(out)
        decided = decide(only(read_returned(out)), {row.finding: row for row in (first, second)})
        assert [a.taken for a in decided.answers] == [taken] * 2, answers
        assert decided.rows[2][0] == ("A" if taken == "yes" else "Satu")


ROUNDS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@ROUNDS
@given(st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=5))
def test_every_list_comes_back_as_it_was(tmp_path, names):
    sent, rows = sent_list(tmp_path, names)
    out = tmp_path / "x-periksa.xlsx"
    write_marked([(sent, marked_in(sent, rows))], out)
    assert only(read_returned(out)).rows == sent.rows
    text = rows_text(sent.rows)
    assert [[unguarded(c) for c in row] for row in csv.reader(io.StringIO(text, newline=""))] == sent.rows


@pytest.mark.slow
@given(st.recursive(st.text() | st.integers(), st.lists))
def test_what_is_packed_comes_back_in_letters_and_digits(content):
    pieces = packed(content)
    assert unpacked(pieces) == content
    assert all(len(p) <= 32_767 and p[0].isalnum() for p in pieces)


def test_findings_csv_is_one_row_a_cell_whatever_it_holds(tmp_path):
    _, rows = sent_list(tmp_path, HOSTILE)
    text = findings_csv(rows)
    text.encode("utf-8")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(table) == len(HOSTILE)
    assert {r["message"] for r in table} == {"'=message"}


@pytest.mark.slow
def test_two_findings_alike_have_different_ids():
    twice = Finding("info", "villages", "leg_uses_limit", 1, ("a",), "puskesmas: 12 people", "x")
    rows = finding_rows(demo_layers(12), [twice, twice])
    assert rows[1].finding == f"{rows[0].finding}-2"


@pytest.mark.parametrize("rule", list(sender_texts().rules))
def test_every_sentence_is_of_a_rule_that_a_reader_has(rule):
    code = "\n".join(p.read_text("utf-8") for p in (ROOT / "geodata").rglob("*.py"))
    assert f'"{rule}"' in code
    assert sender_texts().of(rule).wrong.endswith(".")


def test_the_sentences_are_known_to_their_model():
    text = yaml.safe_load((ROOT / "planner/data/sender_texts.yml").read_text("utf-8"))
    assert set(text["severity"]) == {"error", "warning", "info"}
    assert HIDDEN not in text["sheet"].values()


def test_the_id_proposed_for_one_that_stands_twice_is_in_the_lists_language():
    blank = dict.fromkeys(FindingRow._fields, "")
    said = FindingRow(**{**blank, "rule": "id_twice", "proposal": "PU07 (row 12)"})
    assert proposal_of(said) == "PU07 (baris 12)"
