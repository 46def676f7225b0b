"""The memo advises on the data only what the proposal's annex and part C do hold."""

from __future__ import annotations

import pytest

from geodata.layers import Finding
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.model import Items
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal import memo
from planner.reports.proposal.memo import staff_memo
from planner.reports.proposal.quality import quality_annex
from planner.reports.proposal.write import source_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ilp():
    return Ilp(find_gaps(demo_layers(12)))


def advice_of(source):
    section = next(s for s in staff_memo(source).sections if s.key == "advice")
    return next(block for block in section.blocks if isinstance(block, Items)).items


def found(severity):
    return Finding(severity, "villages", "people_unknown", 1, ("a",), "x", "y")


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("severities", [(), ("info",), ("warning",), ("warning", "error")])
@pytest.mark.parametrize("known", [True, False])
def test_what_is_grave_is_mended_only_where_something_is(ilp, lang, severities, known, monkeypatch):
    if known:
        monkeypatch.setattr(memo, "unknown_facts", lambda _: [])
    source = source_of(ilp, findings=[found(s) for s in severities], lang=lang)
    said = " ".join(advice_of(source))
    annex = quality_annex(source)
    levels = [row.cells[0].text for row in annex.blocks[1].rows] if severities else []
    grave = {"id": "temuan yang penting", "en": "grave"}[lang]
    assert (grave in said) == (Words(lang).say("quality.error") in levels)
    assert ({"id": "Lampiran 5", "en": "Annex 5"}[lang] in said) == ("warning" in severities)
    assert ({"id": "belum diketahui", "en": "not known"}[lang] in said) == (not known)
    # To talk it over is always good advice, and what is asked for stands first.
    assert len(advice_of(source)) == 2 + ("warning" in severities or not known)


def test_the_legend_of_a_map_sends_nobody_to_a_table_that_is_not_there():
    """The one-page answer has the map, and no table."""
    assert "tabel" not in report_texts()["id"]["map"]["site"]
    assert "table" not in report_texts()["en"]["map"]["site"]
    assert "usulan" in report_texts()["id"]["map"]["site"]


def test_a_sentence_stands_for_each_case():
    for lang in ("id", "en"):
        for key in ("unknown_grave", "unknown_look", "unknown", "grave", "look", "talk"):
            assert Words(lang).say(f"memo.advice_{key}", area="X").endswith(".")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_what_is_not_known_goes_on_behind_its_dash(ilp, lang):
    """It read "Jumlah penduduk 1 desa – Penduduknya tidak termasuk": two sentences in one."""
    section = next(s for s in staff_memo(source_of(ilp, lang=lang)).sections if s.key == "analysis")
    [items] = [block.items for block in section.blocks if isinstance(block, Items)]
    assert items
    assert [one for one in items if not one.partition(" – ")[2][:1].islower()] == []
