"""Signs and beginnings of sentences in all catalogues: per cents as the formatters write them, capitals."""

from __future__ import annotations

import re

import pytest
import yaml
from babel.messages.pofile import read_po
from support import ROOT

from planner.texts.formatter import Formatter

OURS = sorted((ROOT / "planner/data").glob("*_texts.yml"))
OF_APP = sorted((ROOT / "app/locale").glob("*/LC_MESSAGES/*.po"))
# Names begin with a capital of their own, and counts with a digit; "unknown" or "at least 5" do neither.
CAPITALS = {"n", "area", "name", "source", "data", "said", "unit"}


def texts_of(value):
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts_of(inner)


def all_texts(file):
    if file.suffix != ".po":
        return texts_of(yaml.safe_load(file.read_text("utf-8")))
    with file.open("rb") as opened:
        messages = list(read_po(opened))
    return texts_of([[*one] if isinstance(one, tuple) else one for m in messages for one in (m.id, m.string)])


@pytest.mark.parametrize("file", [*OURS, *OF_APP], ids=lambda f: str(f.relative_to(ROOT)))
def test_per_cents_are_written_as_numbers_of_ours_are(file):
    for lang in ("id", "en"):
        assert re.search(r"\d%$", Formatter(lang).percent(0.25))
    found = [text for text in all_texts(file) if re.search(r"[\d}]\s+%", text)]
    assert found == []


@pytest.mark.parametrize("file", OURS, ids=lambda f: f.stem)
def test_no_english_sentence_within_a_text_begins_with_what_may_have_no_capital(file):
    texts = texts_of(yaml.safe_load(file.read_text("utf-8")).get("en", {}))
    begun = [(text, name) for text in texts for name in re.findall(r"[.!?] \{(\w+)", text)]
    assert [(text, name) for text, name in begun if name not in CAPITALS] == []
