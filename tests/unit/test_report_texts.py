"""The sentences of reports: the same in both languages, a reason for each default, words for each finding."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest
import yaml
from support import ROOT

from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.model import UNKNOWN, number, people, rupiah, share, total
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal.method import defaults_of
from planner.reports.proposal.write import source_of
from planner.scenarios.scenario import default_scenario

TEXTS = ROOT / "planner/data/report_texts.yml"
# Only Indonesian has sentences of its own for findings: English says what the check says.
ONLY_INDONESIAN = "finding"


def flat(texts, start=""):
    for key, value in texts.items():
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            yield from flat(value, f"{start}{key}.")
        else:
            yield start + key, value


def values_in(text):
    parts = list(text.values()) if isinstance(text, dict) else text if isinstance(text, list) else [text]
    return [{name for _, name, _, _ in Formatter().parse(str(part)) if name} for part in parts]


def test_both_languages_have_the_same_sentences_with_the_same_values():
    mine, other = (dict(flat({k: v for k, v in report_texts()[lang].items() if k != ONLY_INDONESIAN}))
                   for lang in ("id", "en"))  # fmt: skip
    assert set(mine) == set(other)
    for key, text in mine.items():
        assert set().union(*values_in(text)) == set().union(*values_in(other[key])), key
        if isinstance(text, list):
            assert len(text) == len(other[key]), key


def test_no_sentence_stands_twice_under_one_key():
    def checked(loader, node):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), sorted(k for k in set(keys) if keys.count(k) > 1)
        return {
            loader.construct_object(k, deep=True): loader.construct_object(v, deep=True)
            for k, v in node.value
        }

    class Strict(yaml.SafeLoader):
        pass

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, checked)
    # The file is ours.
    assert set(yaml.load(TEXTS.read_text("utf-8"), Loader=Strict)) == {"id", "en"}  # noqa: S506


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_default_with_a_mark_is_explained_in_the_readers_language(lang):
    source = source_of(Ilp(find_gaps(demo_layers(12))), lang=lang)
    found = defaults_of(source)
    marks = [mark for one in found for mark in one.marks.split(", ") if mark]
    assert set(marks) == {"A", "C", "G"}
    assert not [one for one in found if "[" in one.why or not one.why or not one.value]
    # Counted from the scenario as it is stored: every `basis`, and every line of `provenance`.
    bases = list(_bases(default_scenario().model_dump(mode="json")))
    assert len(found) >= len([b for b in bases if b])
    if lang == "id":
        assert not [one.why for one in found if re.search(r"\b(the|of|our|as|is)\b", one.why)]


def _bases(tree):
    for key, value in tree.items():
        if key == "basis":
            yield value
        elif key == "provenance":
            yield from value.values()
        elif isinstance(value, dict):
            yield from _bases(value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from _bases(one)


@pytest.mark.slow
def test_what_the_user_changed_is_no_default_of_ours():
    scenario = default_scenario()
    ferry = scenario.ferry.model_copy(update={"waiting_minutes": 45.0})
    gaps = find_gaps(demo_layers(12), scenario=scenario.model_copy(update={"ferry": ferry}))
    found = {one.what: one for one in defaults_of(source_of(Ilp(gaps), lang="en"))}
    one = found["Ferries without a timetable"]
    assert (one.marks, one.why) == ("", "set by the user")
    assert "45 minutes" in one.value


def rules_in_code():
    """Every (layer, rule) that stands literally in a call with a severity."""
    for folder in ("geodata", "planner"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    said = [a.value for a in node.args[:3] if isinstance(a, ast.Constant)]
                    if (
                        len(said) == 3
                        and said[0] in ("error", "warning", "info")
                        and isinstance(said[2], str)
                    ):
                        yield said[1], said[2]


@pytest.mark.slow
def test_every_finding_has_an_indonesian_sentence():
    words = Words("id")
    rules = {(layer, rule) for layer, rule in rules_in_code() if re.fullmatch(r"[a-z_]+", rule)}
    assert len(rules) > 30
    assert not [r for r in sorted(rules) if not words.has("finding." + ".".join(r))]


def test_numbers_units_and_the_unknown():
    indonesian, english = Words("id"), Words("en")
    assert indonesian.cell(number(1234.5, "minute", decimals=1)) == "1.234,5 menit"
    assert english.cell(number(1, "village")) == "1 village"
    assert english.cell(number(2, "village")) == "2 villages"
    assert indonesian.cell(rupiah(1_500_000)) == "Rp1.500.000"
    assert indonesian.cell(rupiah(float("nan"))) == "belum diketahui"
    assert indonesian.cell(people(10, at_least=True)) == "sedikitnya 10 jiwa"
    # Nearly all is not all.
    assert english.cell(share(0.9999)) == "99.9%"
    assert total([rupiah(1.0), UNKNOWN]) == UNKNOWN
    assert total([]) == UNKNOWN
