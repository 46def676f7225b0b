"""A mobile stop of a plan has a name of the engine's, in English: every sheet and file says it in its own."""

from __future__ import annotations

import openpyxl
import pytest

from planner.ilp.model import Ilp
from planner.pipeline import OpenFacility, Study, demo_layers
from planner.reports.analyst.kml import kml_text
from planner.reports.pws import pws_table
from planner.reports.village_sheets.drawing import Drawing
from planner.reports.workbook import write_workbook
from planner.siting.ground.mobile import stop_name

VILLAGE = "99.01.01.1001"
SAID = {
    "id": "pos layanan keliling dari Puskesmas Rekaan, 4 hari sebulan",
    "en": "mobile stop from Puskesmas Rekaan, 4 days a month",
}


@pytest.fixture(scope="module")
def ilp():
    layers = demo_layers(12)
    place = layers.villages.geometry.to_crs(4326)[VILLAGE].representative_point()
    stop = OpenFacility(
        id="s", kind="hospital", name=stop_name("", "Puskesmas Rekaan", 4.0), lonlat=(place.x, place.y)
    )
    return Ilp(Study(layers).gaps([stop]))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_sheets_maps_and_files_name_it_in_their_language(ilp, tmp_path, lang):
    other = SAID["en" if lang == "id" else "id"]
    assert pws_table(ilp, lang).loc[VILLAGE, "hospital_unit"] == SAID[lang]
    assert other[:11] not in Drawing(ilp, lang).draw(VILLAGE)
    kml = kml_text(ilp, lang=lang)
    assert SAID[lang] in kml
    assert other not in kml
    write_workbook(ilp.gaps, ilp, tmp_path / "gaps.xlsx", lang=lang)
    sheets = openpyxl.load_workbook(tmp_path / "gaps.xlsx")
    said = {sheet.title: [c.value for row in sheet for c in row if SAID[lang] == c.value] for sheet in sheets}
    # Nearest of a village, of the list and of the catchments.
    assert sum(map(bool, said.values())) == 3
    assert not [c for sheet in sheets for row in sheet for c in row if c.value == other]
