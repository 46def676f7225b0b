"""Small words of documents, workbook and console that were wrong or said two things."""

from __future__ import annotations

import pytest

from geodata.vocabulary.statuses import VillageStatus
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal.background import district_table
from planner.reports.proposal.write import source_of
from planner.reports.workbook.texts import workbook_texts
from planner.texts.catalogues import ilp_texts


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "word"), [("id", "Desa"), ("en", "Villages")])
def test_columns_that_count_villages_say_so(lang, word):
    source = source_of(Ilp(find_gaps(demo_layers(12))), lang=lang)
    heads = [column.title for column in district_table(source, "pustu").columns]
    assert [head.split(":")[0] for head in heads[-len(VillageStatus) :]] == [word] * len(VillageStatus)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_proposal_and_workbook_call_the_levels_of_findings_alike(lang):
    for level in ("error", "warning", "info"):
        one = Words(lang).say(f"quality.{level}")
        assert str(workbook_texts(lang).word[f"severity_{level}"]).lower() == one.lower()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_sentence_on_villages_fits_one_village(lang):
    said = report_texts()[lang]["memo"]["analysis_gaps"]
    assert "the villages with" not in said


def test_sites_are_not_said_to_keep_clear_of_transport():
    said = Words("en").say("unknown_part.rules", rules="floods and public transport")
    assert said == "Whether near the places proposed there are: floods and public transport."


@pytest.mark.parametrize(("lang", "word"), [("id", "terdekat di kecamatannya"),
                                            ("en", "nearest in its kecamatan")])  # fmt: skip
def test_a_sheet_says_by_which_rule_its_puskesmas_is_proposed(lang, word):
    """The nearest unit on the same sheet may lie in another kecamatan."""
    assert word in ilp_texts()[lang]["how_proposed"]
