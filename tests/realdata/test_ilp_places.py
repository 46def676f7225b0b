"""The five places of the ILP launches: what is known of them, what is not, and what is never made up."""

from __future__ import annotations

import math

import pytest
from areas import write_area

from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.tables import puskesmas_table, village_columns
from planner.pipeline import build_area

pytestmark = pytest.mark.realdata

# Code, villages, official totals (shared/DOMAIN.md), puskesmas on the 2019 list, people reported.
BANGKA = ("19.04", 63, {"puskesmas": 9, "pustu": 68, "posyandu": 142})
BONTANG = ("64.74", 15, {})
REJANG = ("17.02", 156, {"puskesmas": 21})
ROTE = ("53.14", 119, {})
PAYAKUMBUH = ("13.76", 47, {"puskesmas": 8, "pustu": 23, "posyandu": 173})


@pytest.fixture(scope="module")
def place(shared, tmp_path_factory):
    """A study area, built once."""
    made = {}

    def build(code, official):
        if code not in made:
            folder = tmp_path_factory.mktemp(code)
            more = f"official: {{totals: {official}, source: launch of ILP}}\n" if official else ""
            layers = build_area(write_area(shared, folder, code, roads=more), folder / "w")
            made[code] = Ilp(find_gaps(layers))
        return made[code]

    return build


@pytest.mark.slow
@pytest.mark.parametrize(("code", "villages", "official"), [BANGKA, BONTANG, REJANG, ROTE, PAYAKUMBUH])
def test_no_list_of_pustu_or_posyandu_is_unknown_and_never_no(place, code, villages, official):
    ilp = place(code, official)
    table = village_columns(ilp)
    assert len(table) == villages
    for kind in ("pustu", "posyandu"):
        for answer in ("standard_present", "reachable_dry", "reachable_wet", "functioning", "class"):
            assert set(table[f"{kind}_{answer}"]) == {"unknown"}
        assert table[f"{kind}_people_beyond"].isna().all()
    # Neither staff nor people of the units are guessed: the lists do not say who is a dentist.
    assert set(ilp.answers["puskesmas"]["functioning"]) <= {"unknown", "no"}
    assert set(ilp.units["functions"]) == {"unknown"}
    assert set(ilp.visits.villages["status"]) == {"unknown"}
    assert set(ilp.adoption["stage"]) == {"unknown"}


@pytest.mark.slow
@pytest.mark.parametrize(("code", "official"), [(c, o) for c, _, o in (BANGKA, REJANG, PAYAKUMBUH)])
def test_totals_are_set_against_the_official_ones(place, code, official):
    ilp = place(code, official)
    for kind, count in official.items():
        row = ilp.totals.loc[kind]
        assert row["official"] == count
        if kind == "puskesmas":
            listed = (ilp.gaps.layers.facilities["kind"] == kind).sum()
            assert (row["listed"], row["difference"]) == (listed, listed - count)
            assert row["located"] + row["without_place"] + row["outside"] == listed
        else:
            assert math.isnan(row["listed"])
            assert math.isnan(row["difference"])


@pytest.mark.slow
@pytest.mark.parametrize(("code", "villages", "official"), [BANGKA, BONTANG, REJANG, ROTE, PAYAKUMBUH])
def test_every_village_and_its_people_are_in_one_working_area(place, code, villages, official):
    ilp = place(code, official)
    table = puskesmas_table(ilp)
    people = ilp.gaps.layers.villages["people"]
    assert table["villages"].sum() == villages
    assert table["people"].sum() == pytest.approx(people.sum())
    assert table["villages_people_unknown"].sum() == people.isna().sum()
    assert table[["pustu", "posyandu"]].isna().all(axis=None)
    how = ilp.jejaring.villages["how"]
    assert not set(how) & {"declared", "working_area"}


@pytest.mark.slow
def test_rejang_lebong_one_of_21_has_launched(place, tmp_path):
    from planner.pipeline import read_adoption_of
    from planner.supply.stages import puskesmas_of

    ilp = place("17.02", REJANG[2])
    layers = ilp.gaps.layers
    rows = layers.facilities.loc[list(puskesmas_of(layers.facilities))]
    one = rows.index[rows["name"].str.contains("SUMBER URI", case=False)][0]
    table = tmp_path / "adopsi.csv"
    table.write_text(f"kode_faskes,tahap,tanggal,tahun_target\n{one},peluncuran,2024-07,2025\n", "utf-8")
    known = Ilp(ilp.gaps, adoption=read_adoption_of(table, layers))
    assert known.progress.launched == 1
    assert known.progress.known == 1
    # The others may have: against the national 40 % nothing is decided.
    assert known.progress.met == "unknown"
