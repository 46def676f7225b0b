"""The numbers at the top of the one page stay in their boxes, however many rupiah they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from planner.reports.documents.data import as_data
from planner.reports.documents.model import Document, Headline, Section, number, rupiah
from planner.reports.documents.paper import paper_named
from planner.reports.documents.pdf import page_pictures
from planner.reports.documents.words import Words

DARK, BOX = 120, (0xEE, 0xF3, 0xF9)


@pytest.mark.slow
@pytest.mark.parametrize("idr", [1e9, 11_400_000_000, 987_654_321_000, 12_345_678_900_000])
def test_no_sum_of_rupiah_leaves_its_box(idr):
    three = Headline(((number(4), "unit"), (number(24_330), "jiwa"), (rupiah(idr), "biaya")))
    document = Document("x", "id", "X", "", (), (Section("a", "A", (three,)),), False, "", "")
    [page] = page_pictures(as_data(document, Words("id")), {}, paper_named("a4"), ppi=72)
    shown = np.asarray(Image.open(io.BytesIO(page)).convert("RGB")).astype(int)
    boxes = np.flatnonzero((shown == BOX).all(axis=2).any(axis=0))
    ink = np.flatnonzero((shown[:, :, 0] < DARK).any(axis=0))
    assert ink.max() < boxes.max()
