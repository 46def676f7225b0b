"""The words desa and kelurahan follow what the area has, and on a PWS sheet what the village is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.data import as_data
from planner.reports.documents.words import report_texts
from planner.reports.proposal.memo import staff_memo
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import source_of
from planner.reports.pws_page import pws_html
from planner.reports.village_sheets.facts import SheetFacts
from planner.texts.villages import of_villages


def of_kind(kind):
    """The demo with villages of one kind alone."""
    layers = demo_layers(12)
    return Ilp(find_gaps(replace(layers, villages=layers.villages.assign(kind=kind))))


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from () if key == "png" else texts_of(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts_of(one)


@pytest.fixture(scope="module", params=["desa", "kelurahan"])
def area(request):
    return request.param, of_kind(request.param)


def without_names(said):
    """What is called so by law stays (the village index, the ministry's decree), and the name of a file."""
    return re.sub(r"indeks desa|desa\.geojson|kesehatan desa/kelurahan menurut KMK", "", said)


@pytest.mark.slow
def test_the_documents_of_an_area_of_one_kind_name_that_kind_alone(area):
    kind, ilp = area
    other = {"desa": r"\b(kelurahan|lurah)\b", "kelurahan": r"\b(desa|desanya)\b"}[kind]
    source = source_of(ilp, lang="id")
    for document in (proposal(source), staff_memo(source)):
        said = without_names(" \n".join(texts_of(as_data(document, source.words))))
        assert kind in said
        found = re.search(other, said, re.IGNORECASE)
        assert found is None, said[max(0, found.start() - 80) : found.end() + 80]
    memo = " ".join(texts_of(as_data(staff_memo(source), source.words)))
    assert {"desa": "camat, kepala desa, dan", "kelurahan": "camat, lurah, dan"}[kind] in memo


@pytest.mark.slow
def test_the_sheets_of_a_village_name_what_it_is(area):
    kind, ilp = area
    sheets = SheetFacts(ilp, "id")
    page = sheets.of(sheets.table.index[0])
    assert (page["facts_title"], page["map_title"]) == (f"Data {kind}", f"Peta {kind}")
    assert sheets.texts_of(sheets.table.index)["pws_title"] == f"Lembar PWS {kind}"
    said = without_names(re.sub(r"<[^>]*>", " ", pws_html(ilp, lang="id")))
    other = {"desa": "kelurahan", "kelurahan": "desa"}[kind]
    assert not re.search(rf"\b{other}\b", said, re.IGNORECASE)


@pytest.mark.slow
def test_where_an_area_has_both_each_sheet_has_its_own_word():
    sheets = SheetFacts(Ilp(find_gaps(demo_layers(12))), "id")
    kinds = sheets.ilp.gaps.layers.villages["kind"]
    assert set(kinds) == {"desa", "kelurahan"}
    for code, kind in kinds.items():
        page = sheets.of(code)
        assert page["facts_title"] == f"Data {kind}"
        other = {"desa": "kelurahan", "kelurahan": "desa"}[kind]
        said = [page["next"], *(one["reason"] for one in page["kinds"])]
        assert not [line for line in said if re.search(rf"\b{other}\b", line)]
    assert sheets.texts_of(kinds.index)["pws_title"] == "Lembar PWS desa/kelurahan"


def test_values_of_sentences_and_names_by_law_are_left_alone():
    assert of_villages("yaitu {desa} dan {kelurahan}", "kelurahan") == "yaitu {desa} dan {kelurahan}"
    assert of_villages("desa", "kelurahan") == "desa"
    assert of_villages("menurut indeks desa", "kelurahan") == "menurut indeks desa"
    assert of_villages("Perbaiki desanya", "kelurahan") == "Perbaiki kelurahannya"
    assert of_villages("Desa/ kelurahan", "desa") == "Desa"
    assert of_villages("kabupaten/kota, desa/kelurahan", "") == "kabupaten/kota, desa/kelurahan"
    assert report_texts()["id"]["column"]["village"] == "Desa/kelurahan"
