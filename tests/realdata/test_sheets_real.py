"""The PWS sheets of a whole real kabupaten: one page a village, whatever it is called."""

from __future__ import annotations

import re

import pytest
from areas import write_area

from planner.pipeline import Ilp, build_area, find_gaps
from planner.reports.village_sheets.booklet import write_booklets

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.mark.slow
def test_every_village_of_jember_is_one_page(shared, tmp_path):
    file = shared.resolve() / "data/roads/35.09_jember_rbi.geojson"
    roads = f"roads: {{path: {file}, class: Fungsi, classes: rbi}}\n"
    layers = build_area(write_area(shared, tmp_path, "35.09", roads=roads), tmp_path / "work")
    written = write_booklets(Ilp(find_gaps(layers)), tmp_path / "pws")
    pdfs = [f.read_bytes() for f in written if f.suffix == ".pdf"]
    districts = layers.villages["district_code"].nunique()
    assert len(pdfs) == districts == 31
    assert sum(len(re.findall(rb"/Type/Page\b", pdf)) for pdf in pdfs) == 248 + districts
