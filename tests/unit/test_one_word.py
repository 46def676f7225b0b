"""One word for one thing: a village's status has the same word on map, sheets, workbook and in documents."""

from __future__ import annotations

import re

import pytest

from app.texts import Texts
from geodata.vocabulary.statuses import VillageStatus
from planner.reports.documents.words import Words
from planner.texts.catalogues import LANGUAGES, ilp_texts, map_texts, read_catalogue

# A village is a gap; people are not reached. Both as they stand in METHODS, Coverage.
GAP = {"id": "kesenjangan", "en": "gap"}
# A village, or so many of them, of which it is said that they are not reached.
OF_VILLAGES = {
    "id": r"(?:desa|kelurahan|\{n\})(?: lain)?(?: yang)?(?: diketahui| sekarang)?"
          r" (?:belum|tidak) (?:atau baru \w+ )?terjangkau",
    "en": r"(?:villages?|\{n\}(?: more)?)(?: that)?(?: is| are)?(?: known to be)?"
          r" (?:not reached|partly reached)",
}  # fmt: skip


def sentences(found):
    """All texts of a catalogue, however deep they stand."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from sentences(value)
    elif isinstance(found, list):
        for value in found:
            yield from sentences(value)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("status", VillageStatus)
def test_a_status_has_one_word_on_map_page_and_in_documents(lang, status):
    word = map_texts(lang)[status.value]
    assert Texts(lang).term(status.value) == word
    assert Words(lang).say(f"status.{status.value}") == word


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_villages_state_on_the_sheet_has_the_words_of_its_status(lang):
    """`unreached` is the state of a village that is a gap (METHODS, The ILP model)."""
    on_map, on_sheet = map_texts(lang), ilp_texts()[lang]
    same = {"class_unreached": "gap", "class_partly": "partly", "class_unknown": "unknown"}
    assert {k: on_sheet[k] for k in same} == {k: on_map[status] for k, status in same.items()}
    for key in ("class_unknown_functioning", "class_unknown_present"):
        assert on_sheet[key].rstrip("*") == on_map["served"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_gap_is_called_so_in_every_catalogue(lang):
    assert map_texts(lang)["gap"] == GAP[lang]
    columns = read_catalogue("workbook_texts.yml")[lang]
    assert GAP[lang] in columns["heading"]["villages_gap"].lower()
    report = read_catalogue("report_texts.yml")[lang]
    for key in ("column_gap_a", "column_gap_b"):
        assert GAP[lang] in report["compare"][key].lower()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["report_texts.yml", "map_texts.yml", "ilp_texts.yml", "workbook_texts.yml"])
def test_no_sentence_says_of_a_village_what_is_said_of_people(lang, name):
    said = sentences(read_catalogue(name)[lang])
    wrong = [s for s in said if re.search(OF_VILLAGES[lang], s, re.IGNORECASE)]
    assert wrong == []


@pytest.mark.parametrize(("lang", "said"), [
    ("id", "Ada {n} yang belum terjangkau dan {partly} yang sebagian terjangkau."),
    ("id", "Tidak ada desa/kelurahan yang belum atau baru sebagian terjangkau pustu."),
    ("id", "Desa belum terjangkau A"),
    ("en", "{n} are not reached, and {partly} partly reached."),
    ("en", "Villages not reached, A"),
])  # fmt: skip
def test_the_sentences_that_were_there_are_found(lang, said):
    assert re.search(OF_VILLAGES[lang], said, re.IGNORECASE)
