"""No empty page before a part that begins a page: nothing stands behind the table before it."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest

from planner.reports.documents.data import as_data
from planner.reports.documents.model import Column, Document, Paragraph, Row, Section, Table, text
from planner.reports.documents.word import word_bytes
from planner.reports.documents.word_template import template_bytes
from planner.reports.documents.words import Words

pytestmark = pytest.mark.slow


def behind_table(*, new_page):
    """The texts of what follows the table of the first part."""
    table = Table("Caption", (Column("A"),), (Row((text("x"),)),))
    first = Section("aim", "One", (Paragraph("Words"), Section("request", "Inner", (table,))))
    second = Section("closing", "Two", (Paragraph("More"),), new_page=new_page)
    made = Document("usulan", "en", "T", "", (), (first, second), False, "", "")
    data = as_data(made, Words("en"))
    found = list(docx.Document(BytesIO(word_bytes(data, {}, template_bytes()))).element.body)
    at = max(i for i, one in enumerate(found) if one.tag.endswith("}tbl"))
    return [said_in(one) for one in found[at + 1 :]]


def said_in(element):
    return "".join(part.text or "" for part in element.iter() if part.tag.endswith("}t"))


def test_a_table_before_a_new_page_has_no_gap_behind_it():
    assert behind_table(new_page=True)[0] == "Two"
    # Elsewhere the gap stays: two tables that touch become one.
    assert behind_table(new_page=False)[:2] == ["", "Two"]
