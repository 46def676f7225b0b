"""An answer in degrees is not written into a list whose places are metres."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.reports.senders.answers import decide
from planner.reports.senders.returned import Asked, Returned
from planner.reports.senders.rows import FindingRow

ID, FILE = "facilities.far_outside.1", "pustu.xlsx"


@pytest.mark.parametrize(
    ("places", "taken"),
    [([("9130000", "795000"), ("9131000", "796000"), ("99", "1")], False),
     ([("-8.1", "113.7"), ("-8.2", "113.6"), ("-99", "1")], True)],
    ids=["metres", "degrees"],
)  # fmt: skip
def test_degrees_stay_out_of_a_list_in_metres(places, taken):
    rows = [["Nama", "y", "x"], *(["Pustu", y, x] for y, x in places)]
    asked = Asked(finding=ID, row="3", column="y", value="99", sheet_row=4, targets=(2, 3))
    back = Returned(Path(FILE), FILE, (asked,), rows, {ID: ["-8.1706, 113.7023"]}, {}, 0)
    blank = dict.fromkeys(FindingRow._fields, "")
    finding = FindingRow(**{**blank, "finding": ID, "rule": "far_outside", "file": FILE, "value": "99"})
    decided = decide(back, {ID: finding})
    assert ("metres" in decided.answers[0].why) is not taken
    assert decided.rows[3] == (["Pustu", "-8.1706", "113.7023"] if taken else rows[3])
