"""Whatever a village, a file or a note is called: each format opens, and the name stands in it as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import docx
import pypdf
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.data import as_data
from planner.reports.documents.model import (
    Column,
    Document,
    Fields,
    Figure,
    Headline,
    Items,
    Paragraph,
    Row,
    Section,
    Signature,
    Table,
    number,
    text,
)
from planner.reports.documents.page import html_text
from planner.reports.documents.paper import paper_named
from planner.reports.documents.pdf import pdf_bytes
from planner.reports.documents.word import word_bytes
from planner.reports.documents.word_template import template_bytes
from planner.reports.documents.words import Words
from planner.reports.print_maps.status_map import status_map
from planner.reports.proposal.write import source_of, write_report

A4, TEMPLATE, WORDS = paper_named("a4"), template_bytes(), Words("id")
PARTS = (
    "#", "$", "$x^2$", "{{ 7*7 }}", "{% for %}", "{%p endif %}", "{#", "{_{", "}_}", "{_%", "%_}", "<script>",
    "</w:t>", "&amp;", "]", "[", "\\", "\\n", "\n", "\r", "\t", "\v", "\f", "\a", "\x00", "\x1b", "\x7f",
    "\u0085", "\u2028", "\u202e", "\u200f", "\ufffe", "\ud800", "\U0001f600", "'", '"', "@", "*", "_", "`",
    "=", "//", "/*", "<!--", "]]>", "~", "é", "Suka", "Maju", " ",
)  # fmt: skip
NAMES = st.lists(st.one_of(st.sampled_from(PARTS), st.characters()), min_size=1, max_size=8).map("".join)


def picture():
    out = BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, format="PNG")
    return out.getvalue()


def document(name):
    """A document in which a name stands in every place that takes text, between two letters."""
    said = f"A{name}Z"
    table = Table(
        said, (Column(said), Column(said, numeric=True)),
        (Row((text(said),), role="group"), Row((text(said), number(1))), Row((text(said), text(said)))),
    )  # fmt: skip
    blocks = (
        Paragraph(said), Paragraph(said, note=True), Items((said, said)), Items((said,), numbered=True),
        table, Fields(((said, said), (said, ""))), Headline(((text(said), said),)),
        Signature((said,), (said,)),
    )  # fmt: skip
    section = Section("one", said, (*blocks, Section("two", said, blocks[:1])))
    return Document("d", "id", said, said, (said,), (section,), has_cover=True, watermark=said, footer=said)


def letters(said):
    """The letters and digits of the Latin alphabet: what no writer may lose or change."""
    return re.sub(r"[^A-Za-z0-9]", "", said)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.said = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(key.startswith("on") for key, _ in attrs)

    def handle_data(self, data):
        self.said.append(data)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=NAMES)
@example(name="".join(PARTS))
@example(name="{_{ x }_}{_% y %_}")
@example(name="$#{ ]\\")
@example(name="\U0001f3fb")
@example(name="\u1ab0\u3099")
@example(name="\u0301é\u20e3")
def test_any_name_is_text_in_every_format(name):
    made = document(name)
    data = as_data(made, WORDS)
    expected = letters(data["title"])
    times = 15

    word = docx.Document(BytesIO(word_bytes(data, {}, TEMPLATE)))
    runs = [n.text or "" for n in word.element.body.iter() if n.tag.endswith("}t")]
    assert sum(letters(run) == expected for run in runs) >= times
    # No sign of the template language took effect, nor is any left over from our own.
    assert all(run == data["title"] for run in runs if letters(run) == expected and len(expected) > 2)

    page = Page()
    page.feed(html_text(data, {}, A4))
    assert sum(letters(part) == expected for part in page.said) >= times
    assert "script" not in page.tags

    reader = pypdf.PdfReader(BytesIO(pdf_bytes(data, {}, A4)))
    if expected.isascii():
        got = letters("".join(p.extract_text() for p in reader.pages))
        assert got.count(expected) >= times


def test_a_picture_with_any_words_is_a_picture():
    said = '"><script>alert(1)</script>{{ x }}$'
    png = picture()
    made = Document(
        "d", "id", "T", "", (), (Section("s", "S", (Figure("m.png", said, said, png),)),), has_cover=False,
        watermark="", footer="",
    )  # fmt: skip
    data = as_data(made, WORDS)
    word = docx.Document(BytesIO(word_bytes(data, {"m.png": png}, TEMPLATE)))
    assert len(word.inline_shapes) == 1
    assert word.inline_shapes[0]._inline.docPr.get("descr") == said
    page = Page()
    page.feed(html_text(data, {"m.png": png}, A4))
    assert page.tags & {"img", "script"} == {"img"}
    assert pdf_bytes(data, {"m.png": png}, A4)[:5] == b"%PDF-"


@pytest.fixture(scope="module")
def hostile():
    """The demo, every name of it spoiled."""
    layers = demo_layers(12)
    worst = "".join(p for p in PARTS if p != "\ud800")
    villages = layers.villages.copy()
    villages["village_name"] = [f"{worst}{i}" for i in range(len(villages))]
    villages["district_name"] = f"$a$ {worst}"
    facilities = layers.facilities.copy()
    facilities["name"] = [f"{worst}{i}" for i in range(len(facilities))]
    sources = tuple(replace(s, file=worst, source=worst, licence=worst) for s in layers.sources)
    area = replace(layers.area, name=f"Kabupaten {worst}")
    return replace(layers, villages=villages, facilities=facilities, sources=sources, area=area)


@pytest.mark.slow
def test_an_area_of_such_names_has_its_documents_and_maps(hostile, tmp_path):
    gaps = find_gaps(hostile)
    files = write_report(source_of(Ilp(gaps)), tmp_path / "out")
    assert len(files) == 10
    docx.Document(str(tmp_path / "out" / "usulan.docx"))
    pypdf.PdfReader(tmp_path / "out" / "usulan.pdf")
    page = Page()
    page.feed((tmp_path / "out" / "usulan.html").read_text("utf-8"))
    assert "script" not in page.tags
    for paper in ("a4", "a3"):
        assert status_map(gaps, "pustu", paper=paper)[1:4] == b"PNG"
