"""The pages of documents: each says that it is a draft, and no row of a table is left alone."""

from __future__ import annotations

from io import BytesIO

import docx
import numpy as np
import pypdf
import pytest
from docx.oxml.ns import qn
from PIL import Image

from planner.reports.documents.data import as_data, pictures
from planner.reports.documents.model import (
    Column,
    Document,
    Figure,
    Paragraph,
    Row,
    Section,
    Table,
    number,
    text,
)
from planner.reports.documents.page import html_text
from planner.reports.documents.paper import paper_named
from planner.reports.documents.pdf import page_pictures, pdf_bytes
from planner.reports.documents.word import word_bytes
from planner.reports.documents.word_template import template_bytes
from planner.reports.documents.words import Words

A4 = paper_named("a4")
WORDS = Words("id")


def document_of(*blocks, watermark="DRAF", footer="Kaki"):
    section = Section("a", "Bagian", tuple(blocks))
    return Document(
        "d", "id", "Judul", "", (), (section,), has_cover=False, watermark=watermark, footer=footer
    )


def figure(color):
    """A picture that fills the page, of one colour."""
    out = BytesIO()
    Image.new("RGB", (300, 380), color).save(out, format="PNG")
    return Figure("peta.png", "Peta", "peta", out.getvalue())


def first_page(document):
    [page, *_] = page_pictures(as_data(document, WORDS), pictures(document), A4, ppi=40)
    return np.asarray(Image.open(BytesIO(page)).convert("L")).astype(int)


def rows_of(count):
    return tuple(Row((text(f"baris{i:02d}"), number(i))) for i in range(count))


def table_of(rows):
    return Table("Daftar", (Column("A"), Column("B", numeric=True)), rows)


def pages_of(document):
    pdf = pdf_bytes(as_data(document, WORDS), pictures(document), A4)
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]


@pytest.mark.slow
@pytest.mark.parametrize("color", ["#d6e6f2", "#8c1d18", "#ffffff"])
def test_the_watermark_is_seen_on_a_map_that_fills_the_page(color):
    marked, plain = (first_page(document_of(figure(color), watermark=mark)) for mark in ("DRAF", ""))
    inside = np.s_[100:380, 60:260]
    darker = plain[inside] - marked[inside]
    # Letters of 110 points cover some of it, and a reader sees what lies below.
    assert (darker >= 3).mean() > 0.03
    assert darker.max() < 40


@pytest.mark.slow
def test_every_page_says_draft_in_its_footer_in_all_formats():
    document = document_of(*[Paragraph("Kalimat. " * 60)] * 20)
    pages = pages_of(document)
    assert len(pages) > 2
    assert all("DRAF · Kaki" in page for page in pages)
    data = as_data(document, WORDS)
    word = docx.Document(BytesIO(word_bytes(data, {}, template_bytes())))
    assert word.sections[0].footer.paragraphs[0].text.startswith("DRAF · Kaki\t")
    assert "DRAF · Kaki</footer>" in html_text(data, {}, A4)


@pytest.mark.slow
def test_what_is_no_draft_says_nothing_of_it():
    document = document_of(Paragraph("Kalimat."), watermark="")
    assert "·" not in pages_of(document)[0]
    data = as_data(document, WORDS)
    word = docx.Document(BytesIO(word_bytes(data, {}, template_bytes())))
    assert word.sections[0].footer.paragraphs[0].text.startswith("Kaki\t")


@pytest.mark.slow
def test_a_table_begins_with_three_rows_and_ends_with_five():
    """However far down the page it begins, and with its caption."""
    split = 0
    for before in range(20, 42):
        document = document_of(*[Paragraph("x")] * before, table_of(rows_of(12)))
        pages = pages_of(document)
        held = [sum(f"baris{i:02d}" in page for i in range(12)) for page in pages]
        assert sum(held) == 12
        first = next(i for i, n in enumerate(held) if n)
        assert "Daftar" in pages[first]
        assert held[first] >= 3
        assert held[-1] >= 5
        split += held[-1] < 12
    assert split


@pytest.mark.slow
def test_a_groups_name_is_never_the_last_on_a_page():
    rows = [
        Row((text(f"kecamatan{i // 3:02d}"),), "group") if i % 3 == 0 else Row((text(f"desa{i}"), number(i)))
        for i in range(150)
    ]  # fmt: skip
    for page in pages_of(document_of(table_of(tuple(rows)))):
        said = [line for line in page.splitlines() if line.startswith(("kecamatan", "desa"))]
        assert said[-1].startswith("desa")


@pytest.mark.slow
def test_rows_too_tall_for_a_page_together_are_not_kept_so():
    tall = "kata " * 400
    rows = tuple(Row((text(tall), number(i))) for i in range(5))
    kept = as_data(document_of(table_of(rows)), WORDS)["sections"][0]["blocks"][0]["rows"]
    assert not any(row["keep"] for row in kept)
    said = " ".join(pages_of(document_of(table_of(rows))))
    assert said.count("kata") == 2000


@pytest.mark.slow
def test_word_keeps_the_same_rows_together():
    document = document_of(table_of(rows_of(12)))
    word = docx.Document(BytesIO(word_bytes(as_data(document, WORDS), {}, template_bytes())))
    [table] = word.tables
    kept = [
        all(p.find(f"{qn('w:pPr')}/{qn('w:keepNext')}") is not None for p in row._tr.iter(qn("w:p")))
        for row in table.rows
    ]
    # The heading, the first three (the third may part from the fourth), and the last five.
    assert kept == [True, True, True, *[False] * 5, True, True, True, True, False]
