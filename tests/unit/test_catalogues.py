"""The app's texts: every message in both languages, numbers as each language writes them."""

from __future__ import annotations

import string
import subprocess
import sys

import pytest
from babel.messages.pofile import read_po
from support import ROOT

from app.texts import Texts

LANGUAGES = ("id", "en")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """All messages of the code and the templates."""
    pot = tmp_path_factory.mktemp("messages") / "jangkau.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "app/locale/babel.cfg",
         "--no-default-keywords", "-k", "_", "-k", "text", "-k", "_n:1,2", "-k", "several:1,2",
         "-o", str(pot), "app"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    with pot.open("rb") as stream:
        return {m.id for m in read_po(stream) if m.id}


def read(lang):
    with (ROOT / f"app/locale/{lang}/LC_MESSAGES/jangkau.po").open("rb") as stream:
        return read_po(stream, locale=lang)


def catalogue(lang):
    return {m.id: m.string for m in read(lang) if m.id}


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_catalogues_are_complete_and_hold_nothing_else(found, lang):
    kept = catalogue(lang)
    assert set(kept) == found, "run: make messages, and translate what is new"
    for message, translated in kept.items():
        forms = translated if isinstance(translated, tuple) else (translated,)
        wanted = message[0] if isinstance(message, tuple) else message
        for form in forms:
            assert form.strip(), f"{message!r} has no text in {lang}"
            assert names(form) == names(wanted)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_message_is_doubtful_or_left_over(lang):
    """A fuzzy message is kept by the tools and never shown."""
    kept = read(lang)
    assert [m.id for m in kept if m.fuzzy and m.id] == []
    assert list(kept.obsolete) == []


def test_indonesian_is_not_english():
    indonesian = catalogue("id")
    same = [m for m, t in indonesian.items() if isinstance(m, str) and m == t]
    assert len(same) < 15, same


@pytest.mark.parametrize(
    ("lang", "people", "share", "minutes"),
    [("id", "1.234.568", "12,3%", "7,3 menit"), ("en", "1,234,568", "12.3%", "7.3 min")],
)
def test_numbers_are_written_as_in_the_language(lang, people, share, minutes):
    texts = Texts(lang)
    assert texts.people(1_234_567.8) == people
    assert texts.percent(0.1234) == share
    assert texts.minutes(7.25) in (minutes, minutes.replace("3", "2", 1))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unknown_and_unreachable_have_words_and_nearly_all_is_not_all(lang):
    texts = Texts(lang)
    assert texts.people(None) == texts.number(float("nan")) == texts.term("unknown")
    assert texts.minutes(float("inf")) == texts.term("unreachable")
    assert texts.percent(1.0).startswith("100")
    assert texts.percent(0.99999).startswith("99")
    assert texts.percent(0.00001) not in (texts.percent(0.0), "0%")
    assert texts.change(0.2) == "±0"
    assert texts.change(-3.0) == "−3"
    assert texts.change(float("nan")) == texts.term("unknown")
