"""Names that mean harm, or that no paper is wide enough for: in the workbook, and on the sheets of paper."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.pipeline import demo_layers
from planner.reports.senders.cells import shown
from planner.reports.typeset import typeset
from planner.reports.village_sheets.booklet import Booklet
from planner.reports.village_sheets.drawing import Drawing
from planner.reports.workbook import write_workbook

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "#REF!", '#read("/etc/passwd")', "$x$",
    "<script>alert(1)</script>", "a]b[c", "\\", "a\nb\tc\r", "\x00\x01\x1f",
    "{{ 7*7 }}", "_x0041_", "'", '"', "&P&[Page]", "{name}", "*bold* _it_ `raw` @ref // /* ",
    "\u202eabc", "😀", " ",
)  # fmt: skip
# A text and how often it stands there: Excel's cells hold 32,767 characters. Half a character no layer holds:
# pandas refuses it.
NAMES = st.one_of(
    st.tuples(st.sampled_from(HOSTILE), st.just(1)),
    st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), st.just(1)),
    st.sampled_from([("x", 33_000), ("kata ", 7_000)]),
)


@pytest.fixture(scope="module")
def answer():
    return find_gaps(demo_layers(12))


def under(answer, said):
    """The answer with a name everywhere that a file could bring one."""
    name = said[0] * said[1]
    layers = answer.layers
    villages, units = layers.villages.copy(), layers.facilities.copy()
    villages["village_name"] = villages["district_name"] = name
    units["name"] = units["source"] = name
    sources = tuple(replace(s, source=name, licence=name) for s in layers.sources)
    area = replace(layers.area, name=name)
    return replace(
        answer, layers=replace(layers, villages=villages, facilities=units, area=area, sources=sources)
    )


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(said=NAMES)
@example(said=(HOSTILE[0], 1))
@example(said=("\\", 1))
def test_no_name_breaks_the_workbook(answer, tmp_path_factory, said):
    gaps, name = under(answer, said), said[0] * said[1]
    path = tmp_path_factory.mktemp("hostile") / "gaps.xlsx"
    write_workbook(gaps, Ilp(gaps), path)
    book = openpyxl.load_workbook(path)
    sheet = book["Desa"]
    at = next(c.column for c in sheet[5] if c.comment.text == "village_name")
    cells = [sheet.cell(r, at) for r in range(6, sheet.max_row + 1)]
    assert {c.data_type for c in cells} == {"s"}
    assert len({c.value for c in cells}) == 1
    # From the file itself: openpyxl unescapes a text like "_x005F_x0041_" twice.
    assert as_read(shown(name)) in {as_read(unescaped(text)) for text in shared_texts(path)}
    ours = {c.value for s in book for row in s.iter_rows() for c in row if c.data_type == "f"}
    assert all(name not in formula for formula in ours if len(name) > 9)


def shared_texts(path):
    """The texts of a workbook as they stand in its XML, still escaped."""
    with zipfile.ZipFile(path) as book:
        root = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own
    return ["".join(item.itertext()) for item in root]


def as_read(text):
    """A return is what every reader of XML makes of it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unescaped(text):
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(said=NAMES)
@example(said=('#read("/etc/passwd")', 1))
@example(said=("x", 33_000))
@example(said=("kata ", 7_000))
def test_no_name_breaks_a_sheet_or_makes_it_two_pages(answer, said):
    ilp = Ilp(under(answer, said))
    pdf = Booklet(ilp, "id").pdf("99.01.01")
    contents = 1
    assert len(re.findall(rb"/Type/Page\b", pdf)) == len(ilp.gaps.layers.villages) + contents


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(said=NAMES)
def test_every_drawing_is_svg_that_a_reader_takes(answer, said):
    ilp = Ilp(under(answer, said))
    root = ET.fromstring(Drawing(ilp, "id").draw("99.01.01.1001"))  # noqa: S314 - our own
    assert {el.tag.rpartition("}")[2] for el in root.iter()} <= {"svg", "rect", "path", "text", "circle", "g"}


@pytest.mark.slow
@given(text=st.text(st.characters(exclude_categories=()), max_size=30))
@settings(max_examples=30, deadline=None)
def test_any_text_can_be_typeset(text):
    assert typeset('#json("data.json").text', {"text": text}).startswith(b"%PDF")
