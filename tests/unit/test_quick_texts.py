"""Short cuts in writing texts and numbers give what the long way gives."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from babel import numbers
from hypothesis import given
from hypothesis import strategies as st

from planner.reports.analyst import kml
from planner.reports.documents.words import TURNS, clean
from planner.reports.senders.cells import shown
from planner.texts.formatter import Formatter


@given(
    st.floats(-1e12, 1e12) | st.integers(-(10**6), 10**6).map(lambda n: n / 20),
    st.integers(0, 3) | st.booleans(),
    st.sampled_from(["id", "en"]),
)
def test_a_number_is_written_as_the_locale_has_it(value, decimals, lang):
    """By the rules of the Unicode consortium, as Babel applies them to the same rounded number."""
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    rounded = round(value, decimals) + 0.0
    assert Formatter(lang).number(value, decimals) == numbers.format_decimal(
        rounded, format=pattern, locale=lang
    )


def test_a_number_is_written_without_reading_a_pattern(monkeypatch):
    """Once for each number it took most of the time of a long list."""
    monkeypatch.setattr(numbers, "format_decimal", None)
    assert Formatter("id").number(-1234567.25, 1) == "-1.234.567,2"


@pytest.mark.slow
def test_every_character_is_cleaned_by_its_category_and_shown_if_xml_has_it():
    no_xml = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if char in TURNS:
            expected = ""
        elif category in {"Cc", "Zl", "Zp"}:
            expected = " "
        else:
            expected = "\ufffd" if category == "Cs" or code & 0xFFFE == 0xFFFE else char
        assert clean(f"a{char}") == f"a{expected}"
        assert shown(char) == ("\ufffd" if no_xml.match(char) else char)


def test_a_row_of_the_kml_holds_the_cells_of_the_frame_by_label(monkeypatch):
    """No row is read whole: text of a hundred columns, cell by cell, took most of a minute."""
    import pandas as pd

    frame = pd.DataFrame(
        {"name": pd.array(["A", None], "str"), "people": [1.5, float("nan")], "more": ["x", "y"]},
        index=pd.Index(["u1", "u2"], dtype="str"),
    )
    monkeypatch.setattr(pd.DataFrame, "to_dict", None)
    [(one, first), (other, second)] = kml._rows(frame, ("name", "people"))
    assert (one, first, other) == ("u1", {"name": "A", "people": 1.5}, "u2")
    assert second["people"] != second["people"]
