"""Lists and the workbook of a what-if: it says on every sheet that it is one, and of which units."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import openpyxl
import pytest
from support import CRS, at, box, facilities, hamlets, layers, villages, whole

from planner.coverage import study as planner_gaps
from planner.ilp.model import Ilp
from planner.reports.assumed import counted
from planner.reports.proposal.annexes import facility_annex
from planner.reports.proposal.write import source_of
from planner.reports.workbook import write_workbook
from planner.scenarios.edits import ChangeFacility, CloseFacility, MoveFacility, OpenFacility
from planner.scenarios.scenario import default_scenario

CODE = "99.01.01.1001"
# By id: does it function by the list.
LISTED = {
    "closed": "yes",
    "shut": "unknown",
    "works_again": "no",
    "moved": "yes",
    "lost": "yes",
    "as_before": "no",
}
EDITS = (
    CloseFacility(id="closed"),
    CloseFacility(id="as_before"),
    ChangeFacility(id="shut", functioning="no"),
    ChangeFacility(id="works_again", functioning="yes"),
)
NOT_NOW = {
    "id": ("Andaian “dua ditutup”, bukan keadaan sekarang", "Andaian, bukan keadaan sekarang"),
    "en": ("What if “dua ditutup”, not the present", "What if, not the present"),
}


def degrees(x, y):
    import geopandas as gpd

    [place] = gpd.GeoSeries([at(x, y)], crs=CRS).to_crs(4326)
    return (place.x, place.y)


def answer(*edits, name="dua ditutup", area_name="Kota Uji"):
    units = facilities([(u, "pustu", at(500, 500), CODE) for u in LISTED], functioning=list(LISTED.values()))
    units.loc["lost", ["status", "located_by"]] = ["unlocated", "none"]
    rows = villages({CODE: (box(0, 0, 1000, 1000), 100.0)})
    homes = hamlets([("h", CODE, at(500, 500), 1.0)])
    kinds = ("posyandu", "pustu", "puskesmas", "hospital")
    area = whole(layers(rows, None, units, homes, listed=kinds), *kinds)
    area = replace(area, area=replace(area.area, name=area_name))
    scenario = default_scenario().model_copy(update={"name": name, "edits": tuple(edits)})
    return planner_gaps.find_gaps(area, scenario=scenario)


@pytest.fixture(scope="module")
def what_if():
    return answer(
        *EDITS, MoveFacility(id="lost", lonlat=degrees(600, 500)),
        MoveFacility(id="moved", lonlat=degrees(9, 9)),
        OpenFacility(id="opened", kind="pustu", lonlat=degrees(400, 500)),
    )  # fmt: skip


def test_units_count_by_what_is_assumed_and_are_told_where_the_list_says_otherwise(what_if):
    assert counted(what_if).to_dict() == {
        "closed": "closed_assumed", "as_before": "closed_assumed", "shut": "not_functioning_assumed",
        "works_again": "used_assumed", "moved": "used", "lost": "used_assumed", "opened": "used_assumed",
    }  # fmt: skip
    assert counted(answer()).to_dict() == {
        "closed": "used", "as_before": "not_functioning", "shut": "used", "works_again": "not_functioning",
        "moved": "used", "lost": "unlocated",
    }  # fmt: skip


def test_a_unit_that_the_list_closes_is_not_closed_by_what_is_assumed():
    gaps = answer(ChangeFacility(id="shut", functioning="no"))
    told = {"closed": "yes"}

    def closing(rows):
        rows = rows.assign(closed=[told.get(i) for i in rows.index])
        rows.loc["closed", "functioning"] = "no"
        return rows

    gaps = replace(
        gaps,
        layers=replace(gaps.layers, facilities=closing(gaps.layers.facilities)),
        listed=closing(gaps.listed),
    )
    assert counted(gaps)[["closed", "shut"]].tolist() == ["not_functioning", "not_functioning_assumed"]


@pytest.mark.parametrize(
    ("lang", "closed", "shut", "again", "note"),
    [
        ("id", "tidak, ditutup dalam andaian", "tidak, tidak beroperasi dalam andaian",
         "dihitung, menurut andaian", "hanya kolom terakhir yang menurut andaian"),
        ("en", "no, closed in what is assumed", "no, does not operate in what is assumed",
         "counted, by what is assumed", "only the last column goes by what is assumed"),
    ],
)  # fmt: skip
def test_the_annex_of_facilities_says_what_is_assumed_of_each(what_if, lang, closed, shut, again, note):
    table, below = facility_annex(source_of(Ilp(what_if), lang=lang)).blocks
    said = {row.cells[0].text.removeprefix("Unit "): row.cells[-1].text for row in table.rows}
    assert said["closed"] == said["as_before"] == closed
    assert said["shut"] == shut
    assert said["works_again"] == said["lost"] == again
    assert "opened" not in said
    assert note in below.text


def footers(path):
    with zipfile.ZipFile(path) as book:
        sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        return [
            book.read(name).decode("utf-8").split("<oddFooter>")[1].split("</oddFooter>")[0]
            for name in sheets
        ]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_sheet_of_a_what_if_says_so_on_screen_and_on_paper(what_if, tmp_path, lang):
    path = tmp_path / "book.xlsx"
    write_workbook(what_if, Ilp(what_if), path, lang=lang)
    book = openpyxl.load_workbook(path)
    title, short = NOT_NOW[lang]
    assert all(sheet["A1"].value.endswith(f". {title}") for sheet in book)
    assert len(footers(path)) == len(book.sheetnames)
    assert all(short in footer for footer in footers(path))
    units = book.worksheets[1]
    assert {"id": "Daftar ini menurut andaian", "en": "This list goes by what is assumed"}[lang] in units[
        "A2"
    ].value
    heads = [cell.comment.text for cell in units[3]]
    at_id, at_status = heads.index("facility_id"), heads.index("status")
    said = {row[at_id]: row[at_status] for row in units.iter_rows(min_row=4, values_only=True)}
    assert (
        said["closed"] == {"id": "tidak, ditutup dalam andaian", "en": "no, closed in what is assumed"}[lang]
    )
    assert said["opened"] == {"id": "ya, menurut andaian", "en": "yes, by what is assumed"}[lang]
    topic = {"id": "Andaian", "en": "What is assumed"}[lang]
    rows = [row[1] for row in book.worksheets[-1].iter_rows(values_only=True) if row[0] == topic]
    # The title, and a sentence for each of the seven edits.
    assert len(rows) == 8
    assert rows[0] == f"{title}."
    assert "Unit closed (" in rows[1]


@pytest.mark.slow
def test_the_present_says_nothing_of_the_kind(tmp_path):
    path = tmp_path / "book.xlsx"
    gaps = answer(name=default_scenario().name)
    write_workbook(gaps, Ilp(gaps), path)
    with zipfile.ZipFile(path) as book:
        assert not any(b"ndaian" in book.read(name) for name in book.namelist())


@pytest.mark.slow
def test_a_footer_holds_what_is_assumed_whatever_the_names(tmp_path):
    """Excel takes 255 letters; XlsxWriter warns of more and leaves the footer out (a warning is an error)."""
    path = tmp_path / "book.xlsx"
    gaps = answer(*EDITS, name="&" * 300, area_name="&" * 300)
    write_workbook(gaps, Ilp(gaps), path)
    assert all(NOT_NOW["id"][1] in footer for footer in footers(path))
