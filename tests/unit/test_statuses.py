"""The words of statuses: members in code, plain text in frames, files and messages."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geodata.vocabulary import statuses
from geodata.vocabulary.roads import Oneway, RoadSeason
from geodata.vocabulary.statuses import Reason, VillageStatus, Word, YesNo
from planner.coverage.reach import REASONS
from planner.ilp.model import Ilp
from planner.ilp.three_answers import VillageClass
from planner.ilp.visits import VisitStatus
from planner.pipeline import demo_layers, find_gaps
from planner.supply.groups import Origin
from planner.supply.jejaring import How
from planner.supply.places import Remoteness

WORDS = [
    *(w for w in vars(statuses).values() if isinstance(w, type) and issubclass(w, Word) and w is not Word),
    Oneway, RoadSeason, Origin, How, VillageClass, VisitStatus, Remoteness,
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_a_word_is_written_as_plain_text(words):
    for word in words:
        assert f"{word}" == str(word) == word.value
        assert repr(word) == repr(word.value)
        assert json.dumps({word: word}) == json.dumps({word.value: word.value})
    assert words.texts() == tuple(str(word) for word in words)
    assert {type(text) for text in words.texts()} == {str}


def test_an_array_chosen_from_words_holds_plain_text():
    chosen = np.select([np.array([True, False])], [YesNo.YES], YesNo.UNKNOWN).astype(object)
    assert [type(one) for one in chosen] == [str, str]
    assert pd.Series(["gap", "served"], dtype="str").eq(VillageStatus.GAP).tolist() == [True, False]


def test_a_reason_is_kept_as_its_number():
    """Numbers are in answers that are kept: the order must stay."""
    assert REASONS[0] == Reason.REACHED == ""
    assert [REASONS.index(reason) for reason in Reason] == list(range(len(Reason)))


@pytest.mark.slow
def test_no_table_holds_a_member():
    layers = demo_layers(12)
    gaps = find_gaps(layers)
    ilp = Ilp(gaps)
    tables = [layers.roads, layers.facilities, layers.villages, ilp.units, ilp.remote, ilp.groups]
    tables += [ilp.adoption, ilp.visits.villages, ilp.jejaring.villages, ilp.jejaring.units, ilp.referral]
    tables += [one.villages for season in gaps.seasons.values() for one in season.values()]
    tables += ilp.answers.values()
    for table in tables:
        for column in table.columns.drop("geometry", errors="ignore"):
            held = {type(value) for value in table[column]}
            assert not any(issubclass(one, Word) for one in held), column
