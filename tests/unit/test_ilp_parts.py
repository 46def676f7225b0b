"""Parts of the ILP model by themselves: texts, logic, the network, working areas, standards."""

from __future__ import annotations

import math
from dataclasses import replace
from string import Formatter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import at, box, facilities, hamlets, layers, villages, whole

from geodata.areafile import WorkingAreasFile
from geodata.errors import ConfigError, SchemaError
from geodata.readers.working_areas import read_working_areas
from geodata.vocabulary.kinds import known_kinds
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.reasons import Fact, action, things
from planner.ilp.tables import puskesmas_table, unit_columns, village_columns
from planner.ilp.three_answers import CLASSES, classes
from planner.reports.pws import pws_table
from planner.reports.pws_page import pws_html
from planner.scenarios.scenario import default_scenario
from planner.scenarios.standards import keys_of_file, read_standard
from planner.supply.jejaring import HOW
from planner.supply.logic import NO, UNKNOWN, YES, any_of, both
from planner.texts.catalogues import LANGUAGES, ilp_texts

ANSWER = st.sampled_from([NO, YES, UNKNOWN])
CODES = [f"99.01.0{d}.200{v}" for d in (1, 2, 3) for v in (1, 2)]
HOSTILE = '</script><img src=x onerror="window.hacked=1"><b>{{ 7*7 }}</b>'


def test_texts_are_there_in_both_languages_and_take_the_same_values():
    texts = ilp_texts()
    assert set(texts["id"]) == set(texts["en"])
    for key, indonesian in texts["id"].items():
        asked = {name for _, name, _, _ in Formatter().parse(indonesian) if name}
        assert asked == {name for _, name, _, _ in Formatter().parse(texts["en"][key]) if name}, key
    scenario = default_scenario()
    needed = [f"class_{c}" for c in CLASSES] + [f"how_{h}" for h in HOW]
    needed += [f"group_{g}" for g in scenario.groups] + [f"unit_{k}" for k in known_kinds()]
    needed += [f"mode_{m}" for m in scenario.modes]
    assert [k for k in needed if k not in texts["id"]] == []


@given(st.lists(ANSWER, min_size=1, max_size=6))
def test_logic_is_that_of_every_way_the_unknown_could_be(values):
    """An answer is given only where it is the same however the unknown ones turn out."""
    worlds = [[]]
    for v in values:
        worlds = [[*w, x] for w in worlds for x in ([NO, YES] if v == UNKNOWN else [v])]

    def of_all(outcomes):
        return outcomes.pop() if len(outcomes) == 1 else UNKNOWN

    arrays = [np.array([v], dtype=np.int8) for v in values]
    assert both(arrays)[0] == of_all({min(w) for w in worlds})
    group = np.zeros(len(values), dtype=np.int64)
    assert any_of(np.array(values, dtype=np.int8), group, 1)[0] == of_all({max(w) for w in worlds})


@given(ANSWER, ANSWER, ANSWER, ANSWER, st.booleans())
def test_a_village_is_complete_only_if_all_is_known_and_good(present, dry, wet, functioning, partly):
    answers = (np.array([x], dtype=np.int8) for x in (present, dry, wet, functioning))
    [found] = classes(*answers, np.array([partly]))
    assert (found == "complete") is (present == dry == wet == functioning == YES)
    if found in ("unreached", "partly", "dry_only", "not_functioning"):
        assert NO in (dry, wet, functioning)
    if UNKNOWN in (dry, wet, functioning):
        assert found not in ("complete", "neighbour")


@pytest.mark.parametrize(
    ("kind", "found", "present", "reason", "said"),
    [
        ("pustu", "unreached", "no", "too_far", "Propose a new pustu in this village."),
        ("pustu", "partly", "no", "too_far", "Propose a new pustu in this village."),
        ("puskesmas", "unreached", "no", "too_far", "Propose a new puskesmas in this kecamatan."),
        ("pustu", "unreached", "no", "island", "Check the data of roads and ferries"),
        ("puskesmas", "partly", "yes", "no_road", "Check the data of roads and ferries"),
        # A hospital is no unit of a village: what helps is the way to it.
        ("hospital", "unreached", "no", "too_far", "Plan transport for referrals to the hospital"),
        ("hospital", "partly", "no", "island", "Check the data of roads and ferries"),
        ("hospital", "unreached", "no", "no_facility", "Arrange referrals to a hospital outside this area"),
        ("hospital", "dry_only", "no", "", "Prepare referrals for the wet season"),
        # The standard asks for no hospital in a village, but for a pustu.
        ("hospital", "neighbour", "no", "", "Keep it."),
        ("pustu", "neighbour", "no", "", "Keep it; consider a pustu in this village"),
        ("puskesmas", "neighbour", "no", "", "Keep it; consider a puskesmas in this kecamatan"),
    ],
)
def test_what_to_do_goes_by_why_people_are_not_reached_and_by_the_kind(kind, found, present, reason, said):
    rule = default_scenario().standard[kind]
    fact = Fact(found, present, reason, 0.6, 0.6, "", "", listed=True, short=False)
    assert action(fact, kind, rule, "en").startswith(said)


def test_several_of_a_profession_are_told_in_the_plural():
    assert things("bidan:1 perawat:2 kader:2", "en") == "1 midwife, 2 nurses, 2 kader"
    assert things("bidan:1 perawat:2", "id") == "1 bidan, 2 perawat"


def three_districts(units, *, declared=None, parents=None, folks=None, none=()):
    """Two villages in each of three kecamatan, in a row; straight lines on foot."""
    shapes = {c: (box(1000 * i, 0, 1000 * (i + 1), 1000), 100.0) for i, c in enumerate(CODES)}
    rows = villages(shapes)
    if declared is not None:
        rows.insert(len(rows.columns) - 1, "puskesmas_id", declared)
        rows["puskesmas_id"] = rows["puskesmas_id"].astype("str")
    found = facilities(units, **({} if parents is None else {"parent_id": parents}))
    dots = [("H" + c, c, at(1000 * i + 500, 500), 100) for i, c in enumerate(CODES)]
    area = layers(rows, None, found, folks or hamlets(dots))
    return Ilp(find_gaps(whole(area, *none)))


def test_working_areas_are_declared_then_the_only_one_then_proposed():
    # Two in the first kecamatan, one in the second, none in the third.
    units = [("A", "puskesmas", at(400, 500), CODES[0]), ("B", "puskesmas", at(1600, 500), CODES[1]),
             ("C", "puskesmas", at(2500, 500), CODES[2])]  # fmt: skip
    found = three_districts(units).jejaring.villages
    assert found["puskesmas_id"].tolist() == ["A", "B", "C", "C", "C", "C"]
    assert found["how"].tolist() == [
        "proposed",
        "proposed",
        "only_one",
        "only_one",
        *["proposed_outside"] * 2,
    ]
    given = three_districts(units, declared=["B", None, "A", None, None, None]).jejaring.villages
    assert given["puskesmas_id"].tolist() == ["B", "B", "A", "C", "C", "C"]
    assert given["how"].tolist()[:3] == ["declared", "proposed", "declared"]


def test_units_have_their_declared_parent_else_their_village_s():
    units = [
        ("A", "puskesmas", at(400, 500), CODES[0]),
        ("C", "puskesmas", at(2500, 500), CODES[2]),
        ("T1", "pustu", at(500, 500), CODES[0]),
        ("T2", "pustu", at(1500, 500), CODES[1]),
        ("K1", "poskesdes", at(1600, 600), CODES[1]),
        ("Y1", "posyandu", at(600, 500), CODES[0]),
        ("Y2", "posyandu", at(1500, 400), CODES[1]),
        ("Y3", "posyandu", at(1500, 300), CODES[1]),
    ]
    parents = [None, None, None, "C", None, None, None, "T2"]
    found = three_districts(units, parents=parents).jejaring.units
    assert found["parent_id"].to_dict() == {
        "T1": "A", "T2": "C", "K1": "A", "Y1": "T1", "Y2": "A", "Y3": "T2",
    }  # fmt: skip
    assert found["how"].to_dict() == {
        "T1": "only_one", "T2": "declared", "K1": "only_one", "Y1": "same_village", "Y2": "only_one",
        "Y3": "declared",
    }  # fmt: skip
    assert found["puskesmas_id"].to_dict() == {
        "T1": "A", "T2": "C", "K1": "A", "Y1": "A", "Y2": "A", "Y3": "C",
    }  # fmt: skip


def test_a_unit_without_a_place_leaves_the_answers_open():
    units = [("A", "puskesmas", at(400, 500), CODES[0]), ("T1", "pustu", at(500, 500), CODES[0])]
    ilp = three_districts(units)
    assert set(ilp.answers["pustu"]["present"]) == {"yes", "no"}
    rows = ilp.gaps.layers.facilities
    more = rows.loc[["T1"]].rename(index={"T1": "T9"}).assign(village_code=None, status="unlocated")
    more["village_code"] = more["village_code"].astype("str")
    lost = pd.concat([rows, more.set_geometry([None], crs=rows.crs)])
    again = Ilp(find_gaps(replace(ilp.gaps.layers, facilities=lost)))
    table = again.answers["pustu"]
    assert "no" not in set(table["present"]) | set(table["reachable_dry"]) | set(table["functioning"])
    assert again.totals.loc["pustu", "without_place"] == 1


def test_sheets_show_hostile_names_harmlessly():
    units = [("A", "puskesmas", at(400, 500), CODES[0])]
    ilp = three_districts(units)
    rows, names = ilp.gaps.layers.facilities.copy(), ilp.gaps.layers.villages.copy()
    rows["name"], names["village_name"] = HOSTILE, HOSTILE
    area = replace(ilp.gaps.layers.area, name=HOSTILE)
    hostile = Ilp(find_gaps(replace(ilp.gaps.layers, facilities=rows, villages=names, area=area)))
    for lang in LANGUAGES:
        html = pws_html(hostile, lang=lang)
        assert "<img" not in html
        assert "<script" not in html
        assert html.count('<article class="page"') == len(CODES)


def test_working_areas_are_read_and_doubtful_rows_are_told(tmp_path):
    units = facilities([("A", "puskesmas", at(400, 500), CODES[0])])
    rows = villages({c: (box(0, 0, 1, 1), 1.0) for c in CODES})
    path = tmp_path / "wilayah.csv"
    path.write_text(f"kode,puskesmas\n{CODES[0]},A\n{CODES[1]},Z\n99.09.01.2001,A\n{CODES[2]},\n", "utf-8")
    found, findings, *_ = read_working_areas(WorkingAreasFile(path=path), rows, units)
    assert found["puskesmas_id"].isna().tolist() == [False, *[True] * 5]
    assert {f.rule for f in findings} == {"unknown_village", "unknown_puskesmas"}
    path.write_text(f"kode,puskesmas\n{CODES[0]},A\n{CODES[0]},B\n", "utf-8")
    with pytest.raises(SchemaError, match="more than one puskesmas"):
        read_working_areas(WorkingAreasFile(path=path), rows, units)


def test_a_standard_of_ones_own_is_read_and_named_where_it_is_wrong(tmp_path):
    path = tmp_path / "mine.yml"
    head = 'name: Mine\nversion: "1"\nsource: me\n'
    path.write_text(
        head + "kinds: {pustu: {mode: walking, limit_minutes: 45, limit_minutes_wet: 90}}\n", "utf-8"
    )
    scenario = default_scenario().under(read_standard(path))
    assert scenario.standard["pustu"].of("wet").limit_s == 5400
    assert scenario.standard["posyandu"] == default_scenario().standard["posyandu"]
    assert scenario.content_hash() != default_scenario().content_hash()
    kept, usual = scenario.standard["pustu"], default_scenario().standard["pustu"]
    changed = {"mode", "limit_minutes", "limit_minutes_wet", "basis"}
    assert kept.model_dump(exclude=changed) == usual.model_dump(exclude=changed)
    # The default's source speaks of another limit.
    assert kept.basis == ""
    path.write_text(
        head + "kinds: {pustu: {staff: {kader: 3, bidan: null}, presence: null, counts: null}}\n", "utf-8"
    )
    emptied = read_standard(path).kinds["pustu"]
    assert emptied.staff == {"perawat": 1, "kader": 3}
    assert (emptied.presence, emptied.counts, emptied.limit_minutes) == (None, (), usual.limit_minutes)
    assert emptied.provenance.keys() == {"people_per_unit"}
    assert emptied.basis == usual.basis
    assert keys_of_file(path) == (
        "standard: mine.yml says of pustu: staff, presence, counts; the rest is that of the default standard"
    )
    assert keys_of_file("sni-03-1733") == ""
    for wrong, said in {
        "kinds: {warung: {mode: walking, limit_minutes: 45}}": "not a facility kind",
        "kinds: {pustu: {mode: walking, limit_minutes: 0}}": "greater than 0",
        "kinds: {pustu: {mode: walking, limit_minutes: 30, staff: {bidan: 0}}}": "greater than or equal to 1",
        "kinds: {pustu: {mode: walking, limit_minutes: 30, fair_minutes: 20}}": "must not be below",
        "kinds: {pustu: {mode: walking, limit_minutes: 30, provenance: {x: y}}}": "is none of",
    }.items():
        path.write_text(head + wrong + "\n", "utf-8")
        with pytest.raises(ConfigError, match=said):
            read_standard(path)


def test_another_limit_in_the_wet_season_holds_in_the_wet_season():
    base = default_scenario()
    rule = base.standard["puskesmas"].model_copy(update={"limit_minutes": 60.0, "limit_minutes_wet": 5.0})
    rule = rule.model_copy(update={"mode": "walking"})
    scenario = base.model_copy(update={"standard": {**base.standard, "puskesmas": rule}})
    units = [("A", "puskesmas", at(500, 500), CODES[0])]
    area = three_districts(units).gaps.layers
    gaps = find_gaps(area, scenario=scenario)
    # On foot, 1,000 m × 1.3 at 3 km/h: 26 minutes to the next village.
    assert gaps.seasons["dry"]["puskesmas"].villages["status"].tolist()[:3] == ["served"] * 3
    assert gaps.seasons["wet"]["puskesmas"].villages["status"].tolist()[:2] == ["served", "gap"]
    assert Ilp(gaps).answers["puskesmas"]["class"].tolist()[1] == "dry_only"


def test_remoteness_needs_the_capital():
    ilp = three_districts([("A", "puskesmas", at(400, 500), CODES[0])])
    assert math.isnan(ilp.remote["capital_minutes"].iloc[0])
    assert set(ilp.remote["remote"]) == {"unknown"}


def test_a_list_with_nothing_in_it_makes_all_tables():
    # Only a clinic: every kind of the standard is listed or not, and has no unit.
    ilp = three_districts([("K", "clinic", at(400, 500), CODES[0])], none=("puskesmas", "pustu"))
    assert set(ilp.answers["pustu"]["class"]) == {"unreached"}
    assert set(ilp.answers["posyandu"]["class"]) == {"unknown"}
    assert set(ilp.answers["hospital"]["class"]) == {"unknown"}
    assert set(ilp.jejaring.villages["how"]) == {"none"}
    assert puskesmas_table(ilp).loc["", "villages"] == len(CODES)
    assert len(village_columns(ilp)) == len(pws_table(ilp)) == len(CODES)
    assert len(unit_columns(ilp)) == 0
