"""Where nobody knows how many people there are, villages stand by the share that is not reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.model import Paragraph, Table
from planner.reports.proposal.memo import asked, staff_memo
from planner.reports.proposal.request import request
from planner.reports.proposal.write import source_of

KIND = "puskesmas"


def source(lang, known=()):
    layers = demo_layers(60)
    people = layers.villages["people"]
    people = people.where(layers.villages.index.isin(known))
    villages = layers.villages.assign(people=people)
    hamlets = None if layers.hamlets is None else layers.hamlets.iloc[:0]
    return source_of(Ilp(find_gaps(replace(layers, villages=villages, hamlets=hamlets))), lang=lang)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_without_people_gaps_come_before_those_partly_reached_by_their_share(lang):
    one = source(lang)
    answer = one.gaps.coverage[KIND].villages
    shares = 1.0 - answer["share_reached"] - answer["share_unknown"]
    want = [
        code
        for status in ("gap", "partly")
        for code in sorted(answer.index[answer["status"] == status], key=lambda c: (-shares[c], c))
    ]
    table = one.gap_villages(KIND)
    assert table.index.tolist() == want
    assert len({"gap", "partly"} & set(answer["status"])) == 2
    said = " ".join(b.text for b in request(one).blocks if isinstance(b, Paragraph))
    most = {"id": "paling banyak penduduknya", "en": "most people"}[lang]
    assert most not in said
    [shown] = [b for b in request(one).blocks if isinstance(b, Table) and f" {KIND}" in b.caption]
    assert most not in shown.caption
    assert [row.cells[3].number for row in shown.rows] == pytest.approx([shares[c] for c in want[:20]])
    assert most not in asked(one)
    # The memo calls none "not reached" that is partly.
    [analysis] = [s for s in staff_memo(one).sections if s.key == "analysis"]
    focus = one.gaps.coverage[one.focus].villages["status"]
    for code, status in focus.items():
        name, district = one.place_of(code)
        if status == "partly" and (focus == "gap").any():
            assert f"{name} ({district})" not in analysis.blocks[0].text


@pytest.mark.slow
def test_villages_of_unknown_people_come_last_and_that_is_said():
    layers = demo_layers(60)
    lacking = find_gaps(layers).coverage[KIND].villages["status"].isin(["gap", "partly"])
    codes = lacking.index[lacking]
    one = source("en", known=codes[:1])
    table = one.gap_villages(KIND)
    assert table.index[0] == codes[0]
    assert np.isnan(table["people_not_reached"].to_numpy()[1:]).all()
    assert "is not known come last." in request(one).blocks[0].text
