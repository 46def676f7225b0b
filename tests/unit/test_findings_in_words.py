"""No word of the console reaches a document: every rule of ``check`` has its words in both languages.

A new rule needs a sentence in ``planner/data/report_texts.yml``, and where its ids hold words or numbers an
entry in NAMED here.
"""

from __future__ import annotations

import ast
import re

import pytest
from support import ROOT
from test_quality_rules import CASES, findings

from geodata.layers import SEVERITIES, Finding
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal.found import in_words, which_in_words
from planner.reports.proposal.quality import quality_annex
from planner.reports.proposal.write import source_of

NAME = re.compile(r"[a-z]+(_[a-z]+)*")
LAYERS = ("villages", "roads", "facilities", "population", "hamlets", "working_areas", "water", "floods")
# Words of code in the same place as a rule: columns, reasons, keys of other tables.
NO_RULES = frozenset({
    "bare_villages", "bridge", "capacity_people", "clipped", "declared", "district_name", "dobel",
    "doubts", "duration", "empty", "empty_districts", "facility_id", "ferry", "few_districts",
    "few_for_people", "ftus", "functioning", "ganda", "geometry", "hapus", "kind", "listed", "load",
    "maxspeed", "missing_class", "modes", "name", "new_list", "no_list", "no_local_roads",
    "nothing_inside", "official", "people", "people_allocated", "report", "round_edge", "route",
    "seasonal", "seed", "serves_as", "source", "straight_line", "surface", "tunnel", "village_name",
})  # fmt: skip
# By rule: what check names, and how each language writes it.
NAMED = [
    ("any_rule", "row 4 (Pustu Sukarekaan)", "baris 4 (Pustu Sukarekaan)", "row 4 (Pustu Sukarekaan)"),
    ("total_row", "row 12", "baris 12", "row 12"),
    ("bad_code", "row 3 (empty)", "baris 3 (kosong)", "row 3 (empty)"),
    ("far_outside", "U1 (1,234 km)", "U1 (1.234 km)", "U1 (1,234 km)"),
    ("village_elsewhere", "U1 (0.1 km)", "U1 (0,1 km)", "U1 (0.1 km)"),
    ("separate_parts", "113.10000, -8.20000 (15.6 km)", "113.10000, -8.20000 (15,6 km)",
     "113.10000, -8.20000 (15.6 km)"),
    ("sum_row", "row 9 (Jumlah A: 12,345)", "baris 9 (Jumlah A: 12.345 jiwa)",
     "row 9 (Jumlah A: 12,345 people)"),
    ("parts_of_people", "row 5 (9.728)", "baris 5 (9,728)", "row 5 (9.728)"),
    ("id_twice", "A1 (row 7)", "A1 (baris 7)", "A1 (row 7)"),
    ("gaps_left", "113.1, -8.2: 81,000 m² (a/b)",
     "113.1, -8.2: 81.000 m² (a/b)", "113.1, -8.2: 81,000 m² (a/b)"),
    ("ground_without_village", "95.330, 5.810 (5 km²)", "95.330, 5.810 (5 km²)", "95.330, 5.810 (5 km²)"),
    ("slivers_closed", "a (gained 1,200 m², lost 0 m²)", "a (bertambah 1.200 m², berkurang 0 m²)",
     "a (gained 1,200 m², lost 0 m²)"),
    ("people_repeated", "a (1,200 people in each of 2 rows)",
     "a (1.200 jiwa pada masing-masing dari 2 baris)",
     "a (1,200 people in each of 2 rows)"),
    ("people_by_area", "35.09 Pugerkulon (95% of its people)", "35.09 Pugerkulon (95% penduduknya)",
     "35.09 Pugerkulon (95% of its people)"),
    ("raster_partly", "a (12.5%)", "a (12,5%)", "a (12.5%)"),
    ("raster_no_value", "a (12.5%)", "a (12,5%)", "a (12.5%)"),
    ("unknown_parent", "U1 (parent 'P9')", "U1 (induk: P9)", "U1 (parent: P9)"),
    ("name_contradicts_kind", "U1 ('Kantor Desa' as hospital)", "U1 (“Kantor Desa” sebagai rumah sakit)",
     "U1 (“Kantor Desa” as hospital)"),
    ("kind_by_name", "'rs' → hospital (1 row)", "“rs” → rumah sakit (1 baris)", "“rs” → hospital (1 row)"),
    ("regency_never_ours", "Lumajang (1,200 rows)", "“Lumajang” (1.200 baris)", "“Lumajang” (1,200 rows)"),
    ("kind_left_out", "'warung' (3 rows)", "“warung” (3 baris)", "“warung” (3 rows)"),
    ("unknown_kind", '"it\'s" (1 row)', "“it's” (1 baris)", "“it's” (1 row)"),
    ("functioning_unread", "'entah'", "“entah”", "“entah”"),
    ("unread_value", "'lumpur' (3)", "“lumpur” (3)", "“lumpur” (3)"),
    ("unread_key", "access:lanes (1200)", "access:lanes (1.200)", "access:lanes (1,200)"),
    ("place_mended", "U1 (-8.170000, 113.380000: the minus sign is missing; it lies in its village)",
     "U1 (-8.170000, 113.380000)", "U1 (-8.170000, 113.380000)"),
    ("place_proposed", "U1 (-8.170000, 113.380000: swapped; it is near)", "U1 (-8.170000, 113.380000)",
     "U1 (-8.170000, 113.380000)"),
    ("place_far", "U1 (-8.1, 113.3, 1,234 km)", "U1 (-8.1, 113.3, 1.234 km)", "U1 (-8.1, 113.3, 1,234 km)"),
    ("people_differ", "a (table 1,200, boundaries 900)", "a (tabel 1.200, batas 900)",
     "a (table 1,200, boundaries 900)"),
    ("raster_differs", "a (given 1,200, raster 900)", "a (diberikan 1.200, peta penduduk 900)",
     "a (given 1,200, map of people 900)"),
    ("class_without_speed", "jalan (1.5 km, 1 section)",
     "jalan (1,5 km, 1 ruas)", "jalan (1.5 km, 1 section)"),
    ("ends_almost_meet", "113.1, -8.2 (r7, 2.3 m, 1,200 people behind)",
     "113.1, -8.2 (r7, 2,3 m, 1.200 jiwa di belakangnya)", "113.1, -8.2 (r7, 2.3 m, 1,200 people behind it)"),
    ("ends_almost_meet", "113.1, -8.2 (r7, 2.3 m)", "113.1, -8.2 (r7, 2,3 m)", "113.1, -8.2 (r7, 2.3 m)"),
    ("no_such_place", "node/1 of way/2 (95, 200)",
     "node/1 pada way/2 (95, 200)", "node/1 of way/2 (95, 200)"),
    ("stretch_too_long", "way/1 (node/1 to node/2)",
     "way/1 (node/1 sampai node/2)", "way/1 (node/1 to node/2)"),
    ("code_bridge", "1200 by name alone", "1.200 menurut nama saja", "1,200 by name alone"),
    ("code_bridge", "3 not found", "3 tidak ditemukan", "3 not found"),
    ("kind_without_row", "hospital", "rumah sakit", "hospital"),
    ("staff_inflated", "staff_dokter_gigi", "dokter gigi", "dentists"),
    ("groups_left_out", "ibu_hamil", "ibu hamil", "pregnant women"),
    # A code, a name or a word of the list stays as it is.
    ("near_name", "Desa dua (lama)", "Desa dua (lama)", "Desa dua (lama)"),
]  # fmt: skip
# The console's own words, which none of the ids above holds as a name.
ENGLISH = re.compile(
    r"\b(row|rows|people|of|behind|parent|as|by|not|found|given|raster|table|boundaries|gained|lost|section"
    r"|sections|empty|in|each|to)\b"
)


def a_sentence(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.count(" ") >= 2
    return isinstance(node, (ast.JoinedStr, ast.BinOp))


def rules_in_code():
    """Every word in a call, a tuple or a table that stands beside a sentence, and may be a rule's name."""
    for folder in ("geodata", "planner"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text("utf-8")
            # What reports findings makes none.
            makes = "Finding" in text and "reports" not in file.parts
            for node in ast.walk(ast.parse(text)) if makes else ():
                rows = [node.elts] if isinstance(node, ast.Tuple) else []
                # A call may be given its sentence by a star; a row of columns with a star has none.
                spread = isinstance(node, ast.Call) and any(isinstance(a, ast.Starred) for a in node.args[:6])
                rows += [node.args[:6]] if isinstance(node, ast.Call) else []
                if isinstance(node, ast.Dict):
                    pairs = zip(node.keys, node.values, strict=True)
                    rows += [[key, *value.elts] for key, value in pairs if isinstance(value, ast.Tuple)]
                for row in rows:
                    if spread or any(a_sentence(one) for one in row):
                        words = [one.value for one in row if isinstance(one, ast.Constant)]
                        yield from (w for w in words if isinstance(w, str) and NAME.fullmatch(w))


@pytest.mark.slow
def test_every_rule_has_a_sentence_in_both_languages():
    # These have their message, or their name, in a variable.
    more = {
        "list_incomplete", "roads_incomplete", "total_row", "bad_code", "carried_down", "not_carried",
    }  # fmt: skip
    rules = set(rules_in_code()) - NO_RULES - {*SEVERITIES, *LAYERS} | more
    assert len(rules) > 120
    for lang in ("id", "en"):
        said = {rule for layer in report_texts()[lang]["finding"].values() if isinstance(layer, dict)
                for rule in layer}  # fmt: skip
        assert rules <= said, sorted(rules - said)
        assert said <= rules, sorted(said - rules)


@pytest.mark.slow
def test_no_sentence_speaks_as_a_machine():
    for lang in ("id", "en"):
        for layer in report_texts()[lang]["finding"].values():
            for said in [layer] if isinstance(layer, str) else layer.values():
                assert not re.search(r"AREA\.yml|\w+_\w+|[a-z]: |\{|--", said.replace("To do: ", "").replace(
                    "Tindak lanjut: ", "")), said  # fmt: skip
                assert said[0].isupper()
                assert said.endswith(".")
                assert not said.endswith(":.")


@pytest.mark.parametrize(("rule", "named", "indonesian", "english"), NAMED)
def test_what_is_named_is_written_as_the_language_writes_it(rule, named, indonesian, english):
    one = Finding("warning", "facilities", rule, 1, (named,), "console words", "do it")
    assert which_in_words(one, Words("id")) == indonesian
    assert which_in_words(one, Words("en")) == english
    assert not ENGLISH.search(which_in_words(one, Words("id")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_rules_of_quality_are_in_words(case):
    """The ids are those that the rules themselves give."""
    for found in findings(case.fires, case.rule):
        for lang in ("id", "en"):
            words = Words(lang)
            assert words.say("finding.other") not in in_words(found, words)
            assert found.message not in in_words(found, words)
        assert not ENGLISH.search(which_in_words(found, Words("id"))), which_in_words(found, Words("id"))


def test_a_rule_that_nobody_has_words_for_says_so_in_the_readers_language():
    one = Finding("warning", "villages", "tomorrows_rule", 2, ("a", "b"), "join_within_m: 5 of them", "build")
    assert in_words(one, Words("id")) == Words("id").say("finding.other")
    assert in_words(one, Words("en")) == Words("en").say("finding.other")


def test_kind_file_and_count_stand_with_it():
    one = Finding(
        "error", "facilities", "place_far", 7, ("A (x, 4 km)",), "Data Pustu 2024.xlsx: lie far", "go"
    )
    assert which_in_words(one, Words("en")) == "Data Pustu 2024.xlsx: A (x, 4 km), and 6 more"
    of_kind = Finding("warning", "facilities", "leg_uses_limit", 1, ("A",), "hospital: over 1,2 m off", "go")
    assert in_words(of_kind, Words("id")).startswith("Rumah sakit: Fasilitas yang jauh")
    of_key = Finding("warning", "roads", "unread_value", 3, ("'x' (3)",), "surface: values that", "write")
    assert which_in_words(of_key, Words("id")) == "surface: “x” (3)"


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_annex_of_the_demo_has_no_console_words(lang):
    from planner.pipeline import check

    layers = demo_layers(60)
    found = check(layers)
    annex = quality_annex(source_of(Ilp(find_gaps(layers)), findings=found, lang=lang))
    said = [cell.text for row in annex.blocks[1].rows for cell in row.cells]
    assert len(annex.blocks[1].rows) == len(found) > 3
    for one in found:
        assert not any(one.message[:40] in text for text in said)
    assert not re.search(r"join_within_m|tolerance_m|hamlets:|\d+ of them", " ".join(said))
