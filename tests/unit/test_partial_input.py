"""What a list or the roads do not cover is unknown: docs/METHODS.md, Coverage, by hand and by brute force."""

from __future__ import annotations

import itertools
import json
import math
import random
from dataclasses import replace
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
import shapely
from street import CODES, M_A_MINUTE, STRETCH, along, stretches
from street import street as beside_each_other
from support import CRS, EAST, NORTH, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.readers.noding import node_lines
from planner import pipeline
from planner.coverage import study as planner_gaps
from planner.coverage.demand import spread_demand
from planner.coverage.known.extent import find_extent
from planner.coverage.known.seasons import seasons_told
from planner.coverage.sheets import catchment
from planner.coverage.study import Study
from planner.coverage.tables import facility_table
from planner.ilp.model import Ilp
from planner.ilp.tables import ilp_summary
from planner.network.land import land_of
from planner.pipeline import demo_layers, summary, village_table
from planner.reports.maps.page import page_script
from planner.reports.pws import pws_table
from planner.reports.workbook.tables import catchments
from planner.reports.workbook.words import BookWords
from planner.scenarios.edits import CloseFacility, Flood, OpenFacility
from planner.scenarios.scenario import default_scenario
from planner.siting.reach import as_if_none, require_known
from planner.supply.jejaring import reconciled
from planner.texts.catalogues import map_texts

SCENARIO = default_scenario()
NAN = math.nan
ROADS = "roads"
ANSWERS = ("present", "aim", "reachable_dry", "reachable_wet", "functioning")
LIMIT = SCENARIO.standard["puskesmas"].limit_minutes


def find_gaps(area, scenario=SCENARIO):
    # The default scenario is not read from its file each time.
    return planner_gaps.find_gaps(area, scenario=scenario)


def check(area):
    return pipeline.check(area, scenario=SCENARIO)


def covering(area, **where):
    """Return an area that says what covers what: ``covering(area, pustu=[code, …], roads=[])``."""
    known = {w: set(area.villages.index) if codes == "all" else set(codes) for w, codes in where.items()}
    text = [" ".join(w for w in sorted(known) if c in known[w]) for c in area.villages.index]
    return replace(
        area,
        villages=area.villages.assign(covered=text),
        area=replace(area.area, declared=tuple(sorted(known))),
    )


def street(places, units, away_m=5000.0, **more):
    """Return a street whose villages lie so far off it that nobody gets to what one of them may hide.

    So each village's own list and roads decide alone.
    """
    area = beside_each_other(places, units, **more)
    away = shapely.transform(area.villages.geometry.to_numpy(), lambda xy: xy - [0, away_m])
    return replace(area, villages=area.villages.set_geometry(away, crs=CRS))


def reporting(area, **totals):
    return replace(area, area=replace(area.area, official=totals, official_source="Dinkes"))


def of_kind(area, kind="puskesmas", scenario=SCENARIO):
    """Return the gaps, and one kind's columns of the village table without the kind."""
    gaps = find_gaps(area, scenario)
    table = village_table(gaps)
    return gaps, table.filter(regex=rf"^{kind}_").rename(columns=lambda c: c.removeprefix(f"{kind}_"))


def degrees(point):
    place = gpd.GeoSeries([point], crs=CRS).to_crs(4326).iloc[0]
    return (place.x, place.y)


# --- Lists -------------------------------------------------------------------------------------------------


def two_places(kind="puskesmas", far=60_000.0, **more):
    """Return a unit with a village beside it, and a village two hours off."""
    area = street([0, far], [("U", kind, 0.0)], **more)
    return area.with_facilities(area.facilities.assign(village_code=CODES[0]))


def test_outside_of_what_a_list_covers_nothing_is_known():
    area = covering(two_places(), puskesmas=[CODES[0]])
    gaps, table = of_kind(area)
    near, far = table.to_dict("records")
    assert (near["present"], near["status"], near["reason"]) == ("yes", "served", "")
    assert (near["share_reached"], near["share_unknown"], near["people_reached"]) == (1.0, 0.0, 100.0)
    assert (far["present"], far["status"], far["reason"]) == ("unknown", "unknown", "list_incomplete")
    assert (far["share_reached"], far["share_unknown"], far["people_reached"]) == (0.0, 1.0, 0.0)
    assert far["wet_status"] == "unknown"
    assert far["wet_share_unknown"] == 1.0
    one = summary(gaps)["kinds"]["puskesmas"]
    assert one["people_unsure"] == one["wet"]["people_unsure"] == 100.0
    assert one["people_reached"] == 100.0
    assert (one["villages_served"], one["villages_unknown"], one["villages_gap"]) == (1, 1, 0)
    assert list(one["incomplete"]) == ["puskesmas"]
    assert "1 of 2" in one["incomplete"]["puskesmas"]


@pytest.mark.slow
@pytest.mark.parametrize("covered", ["all", [CODES[0], CODES[1]]])
def test_a_list_that_covers_all_is_as_a_list_that_says_nothing(covered):
    plain, declared = two_places(), covering(two_places(), puskesmas=covered)
    assert of_kind(plain)[1].equals(of_kind(declared)[1])
    assert summary(find_gaps(declared))["kinds"]["puskesmas"]["incomplete"] == {}
    assert of_kind(declared)[1].loc[CODES[1], ["present", "status", "reason"]].tolist() == [
        "no", "gap", "too_far",
    ]  # fmt: skip


def test_a_list_that_covers_nothing_still_serves_whom_it_serves():
    table = of_kind(covering(two_places(), puskesmas=[]))[1]
    assert table["status"].tolist() == ["served", "unknown"]
    assert table["present"].tolist() == ["yes", "unknown"]


def test_one_kinds_list_says_nothing_of_another():
    area = street([0, 60_000], [("U", "puskesmas", 0.0), ("V", "pustu", 0.0)])
    area = covering(area, puskesmas=[CODES[0]])
    gaps = find_gaps(area)
    assert gaps.coverage["puskesmas"].villages["status"].tolist() == ["served", "unknown"]
    assert gaps.coverage["pustu"].villages["status"].tolist() == ["served", "gap"]
    assert summary(gaps)["kinds"]["pustu"]["people_unsure"] == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["puskesmas", "pustu", "posyandu", "hospital"])
@pytest.mark.parametrize("functioning", ["yes", "no", "unknown"])
def test_no_answer_is_no_where_the_list_does_not_cover_the_village(kind, functioning):
    area = street(
        [0, 69_000], [("U", kind, 0.0, {"functioning": functioning, "staff_bidan": 0.0})], village=[0, 1]
    )
    area = covering(area.with_facilities(area.facilities.assign(village_code=CODES[0])), **{kind: []})
    ilp = Ilp(find_gaps(area))
    far = ilp.answers[kind].loc[CODES[1]]
    assert not {far[a] for a in ANSWERS} & {"no"}
    assert far["class"] == "unknown"
    assert kind not in pws_table(ilp).loc[CODES[1], "gaps"].split()
    assert kind in pws_table(ilp).loc[CODES[1], "not_known"].split()


# A "yes" was taken from the nearest unit on the list, ninety minutes away.
@pytest.mark.slow
def test_a_unit_elsewhere_does_not_function_for_a_village_that_its_list_does_not_cover():
    # What the standard asks of a hospital is nothing: it functions as its list says.
    area = street([0, 60_000], [("U", "hospital", 0.0, {"functioning": "yes"})], village=[0, 1])
    area = area.with_facilities(area.facilities.assign(village_code=CODES[0]))
    for covered, said in (
        ("all", ["yes", "yes"]),
        ([CODES[0]], ["yes", "unknown"]),
        ([], ["yes", "unknown"]),
    ):
        answers = Ilp(find_gaps(covering(area, hospital=covered, roads="all"))).answers["hospital"]
        assert answers["functioning"].tolist() == said, covered


def test_the_lines_say_that_the_list_is_not_complete_in_both_languages():
    ilp = Ilp(find_gaps(covering(two_places(), puskesmas=[CODES[0]])))
    far = ilp.answers["puskesmas"].loc[CODES[1]]
    assert far["reason_id"] == "Belum diketahui: daftar puskesmas belum lengkap."
    assert far["reason_en"] == "Not known: the list of puskesmas is not complete."
    assert "nyatakan" in far["action_id"]
    assert "say so" in far["action_en"]


def test_a_presence_of_the_kecamatan_is_open_while_one_of_its_villages_is():
    # Three villages of one kecamatan; the unit's own and one more are covered.
    area = street([0, 100, 60_000], [("U", "puskesmas", 30_000.0)])
    lost = covering(area.with_facilities(area.facilities.assign(village_code=None)), puskesmas=CODES[:2])
    answers = Ilp(find_gaps(lost)).answers["puskesmas"]["present"]
    assert answers.tolist() == ["unknown"] * 3
    here = covering(area.with_facilities(area.facilities.assign(village_code=CODES[0])), puskesmas=[])
    assert Ilp(find_gaps(here)).answers["puskesmas"]["present"].tolist() == ["yes"] * 3


def test_a_posyandu_for_each_hamlet_is_open_where_the_list_is():
    area = street([0, 50_000, 60_000], [("U", "posyandu", 0.0)], village=[0, 1, 1])
    area = area.with_facilities(area.facilities.assign(village_code=CODES[0]))
    assert Ilp(find_gaps(covering(area, posyandu=[]))).answers["posyandu"]["aim"].tolist() == [
        "yes", "unknown",
    ]  # fmt: skip
    assert Ilp(find_gaps(area)).answers["posyandu"]["aim"].tolist() == ["yes", "no"]


def test_home_visits_are_not_made_up_where_the_list_is_open():
    area = covering(two_places("posyandu"), posyandu=[CODES[0]])
    visits = Ilp(find_gaps(area)).visits
    assert visits.villages["status"].tolist() == ["none", "unknown"]
    assert visits.villages.loc[CODES[1]].drop("status").isna().all()
    assert visits.rounds.empty
    assert visits.stops.empty
    whole = Ilp(find_gaps(two_places("posyandu"))).visits
    assert whole.villages["status"].tolist() == ["none", "known"]
    # 100 people ÷ 3.9.
    assert whole.villages.loc[CODES[1], "families"] == pytest.approx(100 / 3.9)


def test_unknown_people_do_not_make_an_open_village_known():
    gaps, table = of_kind(covering(two_places(people=NAN), puskesmas=[CODES[0]]))
    assert table["status"].tolist() == ["served", "unknown"]
    assert table["share_unknown"].tolist() == [0.0, 1.0]
    assert table["people_reached"].isna().all()
    assert summary(gaps)["kinds"]["puskesmas"]["people_reached"] is None


def test_a_unit_without_a_place_is_named_before_the_list():
    area = street([0, 60_000], [("U", "puskesmas", 0.0), ("V", "puskesmas", 0.0)])
    lost = area.facilities.assign(
        status=["used", "unlocated"], located_by=["coordinates", "none"], geometry=[at(0, 0), None]
    )
    table = of_kind(covering(area.with_facilities(lost), puskesmas=[CODES[0]]))[1]
    assert table.loc[CODES[1], ["reason", "present"]].tolist() == ["unknown", "unknown"]


def test_an_empty_list_that_covers_a_part():
    area = street([0, 60_000], [], listed=("puskesmas",))
    table = of_kind(covering(area, puskesmas=[CODES[0]]))[1]
    assert table[["present", "status", "reason"]].to_numpy().tolist() == [
        ["no", "gap", "no_facility"], ["unknown", "unknown", "list_incomplete"],
    ]  # fmt: skip


# --- Against the words of METHODS, said slowly -------------------------------------------------------------


def random_street(seed):
    """Return an area of some villages of hamlets on one road, its units, and what is covered."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    many = rng.randint(2, 5)
    places = [(rng.randrange(0, 70_001, 500), v) for v in range(many) for _ in range(rng.randint(1, 4))]
    units = [
        (f"U{i}", "puskesmas", float(rng.randrange(0, 70_001, 500)),
         {"functioning": rng.choice(["yes", "yes", "no", "unknown"])})
        for i in range(rng.randint(0, 3))
    ]  # fmt: skip
    home = [rng.choice([None, *CODES[:many]]) for _ in units]
    area = street(
        [x for x, _ in places], units, village=[v for _, v in places], people=rng.choice([10.0, 100.0]),
        listed=("puskesmas",), away_m=40_000.0,
    )  # fmt: skip
    # The road is far from the outlines on purpose, and still of the area.
    area = replace(area, area=replace(area.area, buffer_m=50_000.0))
    area = area.with_facilities(area.facilities.assign(village_code=np.array(home, dtype=object)))
    listed = {c for c in CODES[:many] if rng.random() < 0.5}
    on_map = {c for c in CODES[:many] if rng.random() < 0.5}
    where = {}
    if rng.random() < 0.8:
        where["puskesmas"] = listed
    # Villages beside the road have none of their own.
    where[ROADS] = on_map if rng.random() < 0.5 else set(CODES[:many])
    return covering(area, **where), places, units, home, where


def slowly(places, units, home, where):
    """Return by village present, share reached, share unknown, status and reason."""
    works = [u for u in units if u[3]["functioning"] != "no"]
    out = {}
    whole = {CODES[v] for _, v in places}
    for v in sorted({v for _, v in places}):
        code = CODES[v]
        listed = code in where.get("puskesmas", {code})
        on_map = code in where.get(ROADS, {code})
        found = []
        for x, w in places:
            if w != v:
                continue
            minutes = min((abs(x - u[2]) / M_A_MINUTE for u in works), default=math.inf)
            any_minutes = min((abs(x - u[2]) / M_A_MINUTE for u in units), default=math.inf)
            if minutes <= LIMIT:
                found.append(("", minutes))
            elif not listed:
                found.append(("list_incomplete", minutes if on_map else NAN))
            elif not on_map and (works or len(where.get("puskesmas", whole)) < len(whole)):
                found.append(("roads_incomplete", NAN))
            elif any_minutes <= LIMIT:
                found.append(("not_functioning", minutes))
            elif not works:
                found.append(("no_facility", minutes))
            else:
                found.append(("too_far", minutes))
        n = len(found)
        sure = Fraction(sum(r == "" for r, _ in found), n)
        open_ = Fraction(sum(r in ("list_incomplete", "roads_incomplete") for r, _ in found), n)
        # What would the status be with none of the unknown reached, and with all of them?
        verdict = {
            "served" if s >= Fraction(8, 10) else "gap" if s < Fraction(1, 2) else "partly"
            for s in (sure, sure + open_)
        }
        status = verdict.pop() if len(verdict) == 1 else "unknown"
        order = (
            "unknown",
            "list_incomplete",
            "roads_incomplete",
            "not_functioning",
            "no_facility",
            "too_far",
        )
        # Of an unknown status it is what leaves it open.
        told = order[:3] if status == "unknown" else order
        count = {r: sum(q == r for q, _ in found) for r in told}
        most = max(count.values())
        reason = next((r for r in told if count[r] == most), "") if most else ""
        present = "yes" if code in home else "no" if listed else "unknown"
        out[code] = (present, float(sure), float(open_), status, reason, [m for _, m in found])
    return out


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(16))
def test_a_random_street_is_answered_by_the_words_of_methods(seed):
    area, places, units, home, where = random_street(seed)
    gaps, table = of_kind(area)
    people = area.villages["people"].to_dict()
    expected = slowly(places, units, home, where)
    for code, (present, sure, open_, status, reason, minutes) in expected.items():
        row = table.loc[code]
        assert (row["present"], row["status"], row["reason"]) == (present, status, reason), (seed, code)
        assert row["share_reached"] == pytest.approx(sure)
        assert row["share_unknown"] == pytest.approx(open_)
        assert row["people_reached"] == pytest.approx(sure * people[code])
        got = gaps.coverage["puskesmas"].minutes[(gaps.demand["village_code"] == code).to_numpy()]
        assert sorted(got.tolist(), key=str) == pytest.approx(sorted(minutes, key=str), nan_ok=True)
    one = summary(gaps)["kinds"]["puskesmas"]
    assert one["people_unsure"] == pytest.approx(sum(e[2] * people[c] for c, e in expected.items()))
    assert one["people_reached"] == pytest.approx(table["people_reached"].sum())
    for status in ("served", "partly", "gap", "unknown"):
        assert one[f"villages_{status}"] == sum(e[3] == status for e in expected.values())
    # Unknown never becomes no, for the village or its class.
    answers = Ilp(gaps).answers["puskesmas"]
    for code, (_, _, _, status, *_) in expected.items():
        reach = {"served": "yes", "unknown": "unknown"}.get(status, "no")
        assert answers.loc[code, "reachable_dry"] == reach
        assert (answers.loc[code, "class"] == "unreached") == (status == "gap")
        assert (answers.loc[code, "class"] == "partly") == (status == "partly")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_covers_less_never_knows_more(seed):
    area = random_street(seed)[0]
    whole = replace(area, area=replace(area.area, declared=()))
    # Signs may doubt what says nothing.
    whole = covering(whole, puskesmas="all", roads="all")
    known, part = of_kind(whole)[1], of_kind(area)[1]
    assert (part["share_reached"] == known["share_reached"]).all()
    for column in ("status", "present"):
        told = part[column] != "unknown"
        assert (part.loc[told, column] == known.loc[told, column]).all()


# --- What a neighbour may hide -----------------------------------------------------------------------------

# A trunk road at 50 km/h, the quickest that a motorcycle knows.
QUICKEST = 50_000 / 60


def reasons(area, kind="puskesmas"):
    """Return by place along the street the reason why it is not reached."""
    gaps = find_gaps(area)
    x = np.round(shapely.get_x(gaps.demand.geometry.to_numpy()) - EAST, 3)
    return dict(zip(x.tolist(), gaps.coverage[kind].reason.tolist(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_unit_that_a_neighbours_list_leaves_out_may_serve_who_is_near_it(seed):
    area, many, places, units, covered = stretches(seed)
    area = replace(area, roads=along(many))
    known = [x for x in units if int(x // STRETCH) in covered]
    listed = area.with_facilities(area.facilities[[x in known for x in units]])
    found = reasons(covering(listed, puskesmas={CODES[i] for i in covered}, roads="all"))
    truth = reasons(covering(area, puskesmas="all", roads="all"))
    reach = LIMIT * M_A_MINUTE
    for x in places:
        near = [0.0 if i == int(x // STRETCH) else min(abs(x - STRETCH * i), abs(x - STRETCH * (i + 1)))
                for i in set(range(many)) - covered]  # fmt: skip
        if any(abs(x - u) <= reach for u in known):
            assert found[x] == truth[x] == ""
        else:
            may_be = min(near, default=math.inf) <= reach
            assert (found[x] == "list_incomplete") == may_be
            assert may_be or found[x] == truth[x]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_way_that_a_neighbours_roads_leave_out_may_be_quick(seed):
    area, many, places, units, covered = stretches(seed)
    cut = replace(area, roads=along(many, covered))
    found = reasons(covering(cut, puskesmas="all", roads={CODES[i] for i in covered}))
    # The quickest road that may be there.
    quick = along(many, covered, {"road_class": "trunk"})
    truth = reasons(covering(replace(area, roads=quick), puskesmas="all", roads="all"))
    for x in places:
        mine = int(x // STRETCH)
        if mine not in covered:
            assert found[x] in ("", "roads_incomplete")
            continue
        # Its own stretch of known road, from the first to the last village that is covered in a row.
        low = max((i for i in range(mine) if i not in covered), default=-1) + 1
        high = min((i for i in range(mine, many) if i not in covered), default=many) - 1
        here = [u for u in units if low * STRETCH <= u <= (high + 1) * STRETCH]
        if any(abs(x - u) <= LIMIT * M_A_MINUTE for u in here):
            assert found[x] == ""
            continue
        if truth[x] == "":
            # Who lives at the border may walk to a unit beyond it.
            walked = not here and any(abs(x - u) <= 1153 for u in units)
            assert found[x] == "roads_incomplete" or (found[x] == "" and walked)
        exits = [abs(x - STRETCH * low)] * (low > 0) + [abs(x - STRETCH * (high + 1))] * (high + 1 < many)
        out = min(exits, default=math.inf) / M_A_MINUTE
        straight = min(abs(x - u) for u in units) / QUICKEST
        if (here and out > LIMIT) or straight > LIMIT:
            assert (found[x], truth[x]) in {("too_far", "too_far"), ("island", "too_far")}


def test_who_is_cut_off_beside_roads_that_do_not_cover_the_neighbour_may_have_a_way():
    # Its road stops half a kilometre before the border: roads that cross it were left out.
    area = stretches(0)[0]
    unit = facilities([("U", "puskesmas", at(STRETCH + 2500, 0), CODES[1])], functioning=["yes"])
    own = [
        {"from": 0, "to": 1, "geometry": line((100, 0), (STRETCH - 500, 0))},
        {"from": 2, "to": 3, "geometry": line((STRETCH + 1600, 0), (STRETCH + 4000, 0))},
    ]
    home = hamlets([("h0", CODES[0], at(3000, 0), 100.0)])
    cut = replace(area.with_facilities(unit), roads=roads(own), hamlets=home)
    table = of_kind(covering(cut, puskesmas="all", roads=[CODES[0]]))[1]
    assert table.loc[CODES[0], ["status", "reason"]].tolist() == ["unknown", "roads_incomplete"]
    sure = of_kind(covering(cut, puskesmas="all", roads="all"))[1]
    assert sure.loc[CODES[0], "status"] == "gap"


def test_on_foot_a_neighbours_unit_has_to_be_near():
    # Without roads, 30 minutes on foot at 1.56 s a metre of straight line are 1,153 m.
    area = stretches(3)[0]
    home = hamlets(
        [("h0", CODES[0], at(STRETCH - 1100, 0), 50.0), ("h1", CODES[0], at(STRETCH - 1250, 0), 50.0)]
    )
    none = replace(area, hamlets=home).with_facilities(area.facilities.iloc[:0])
    walked = SCENARIO.standard["puskesmas"].model_copy(update={"mode": "walking"})
    scenario = SCENARIO.model_copy(update={"standard": {**SCENARIO.standard, "puskesmas": walked}})
    gaps = find_gaps(covering(none, puskesmas=[CODES[0]]), scenario=scenario)
    mine = (gaps.demand["village_code"] == CODES[0]).to_numpy()
    x = shapely.get_x(gaps.demand.geometry.to_numpy()[mine]) - EAST
    found = dict(zip(x.tolist(), gaps.coverage["puskesmas"].reason[mine].tolist(), strict=True))
    assert found == {STRETCH - 1100: "list_incomplete", STRETCH - 1250: "no_facility"}


# "A hospital is reached, but it does not function", of a hospital that no known road leads to.
@pytest.mark.parametrize("how", ["covers", "clipped"])
def test_where_nobody_knows_who_is_reached_the_class_is_unknown(how):
    if how == "clipped":
        area = clipped([(*CUT_OFF, 100.0)])
        code = CODES[0]
    else:
        area = two_places(metres=20_000.0)
        area = covering(area, puskesmas="all", roads=[CODES[0]])
        code = CODES[1]
    answers = Ilp(find_gaps(area)).answers["puskesmas"]
    assert answers.loc[code, ["reachable_dry", "functioning", "class", "unit_id"]].tolist() == [
        "unknown", "unknown", "unknown", "",
    ]  # fmt: skip


# --- Roads -------------------------------------------------------------------------------------------------


def test_outside_of_what_the_roads_cover_there_are_no_minutes_and_no_no():
    gaps, table = of_kind(covering(two_places(), roads=[CODES[0]]))
    far = table.loc[CODES[1]]
    assert (far["status"], far["reason"], far["share_unknown"]) == ("unknown", "roads_incomplete", 1.0)
    assert np.isnan(far[["minutes_median", "minutes_max", "wet_minutes_median"]].astype(float)).all()
    # Of a list that is whole, presence is known.
    assert far["present"] == "no"
    assert table.loc[CODES[0], ["status", "minutes_max"]].tolist() == ["served", 0.0]
    one = summary(gaps)["kinds"]["puskesmas"]
    assert one["people_unsure"] == 100.0
    assert list(one["incomplete"]) == [ROADS]
    line_ = Ilp(gaps).answers["puskesmas"].loc[CODES[1]]
    assert line_["reason_id"] == "Belum diketahui: data jalan di sini belum lengkap."
    assert line_["reason_en"] == "Not known: the road data are not complete here."
    assert (line_["reachable_dry"], line_["reachable_wet"], line_["class"]) == ("unknown",) * 3


def test_who_is_reached_on_roads_that_do_not_cover_the_village_is_reached():
    table = of_kind(covering(two_places(far=15_000.0), roads=[]))[1]
    assert table["status"].tolist() == ["served", "served"]
    assert table["reason"].tolist() == ["", ""]
    assert table["minutes_max"].tolist() == [0.0, 30.0]


@pytest.mark.parametrize("where", ["off every road", "on an island"])
def test_roads_that_do_not_cover_a_village_leave_no_way_open(where):
    area = two_places(metres=50_000.0, far=40_000.0)
    place = at(40_000, 5000)
    area = replace(area, hamlets=area.hamlets.assign(geometry=[at(0, 0), place]))
    if where == "on an island":
        more = {"from": 2, "to": 3, "geometry": line((40_000, 5000), (41_000, 5000))}
        area = replace(area, roads=roads([{"from": 0, "to": 1, "geometry": line((0, 0), (50_000, 0))}, more]))
    whole = of_kind(covering(area, roads="all"))[1].loc[CODES[1]]
    assert whole["reason"] == {"off every road": "no_road", "on an island": "island"}[where]
    assert whole["minutes_max"] == math.inf
    part = of_kind(covering(area, roads=[CODES[0]]))[1].loc[CODES[1]]
    assert part["reason"] == "roads_incomplete"
    assert math.isnan(part["minutes_max"])
    assert math.isnan(part["minutes_median"])


def test_straight_lines_need_no_roads():
    area = covering(replace(two_places(), roads=None), puskesmas=[CODES[0]])
    gaps, table = of_kind(area)
    assert table["reason"].tolist() == ["", "list_incomplete"]
    assert table.loc[CODES[1], "minutes_max"] > LIMIT
    assert ROADS not in gaps.extent.why


# --- What-if -----------------------------------------------------------------------------------------------


def test_a_unit_opened_in_an_open_village_serves_it_and_closing_it_opens_the_question_again():
    area = two_places()
    ends = [box(-3000, -100, 3000, 100), box(50_000, -100, 73_000, 100)]
    area = replace(area, villages=area.villages.set_geometry(ends, crs=CRS))
    study = Study(covering(area, puskesmas=[CODES[0]]), scenario=SCENARIO)
    # 50 m inside the second village.
    new = OpenFacility(op="open_facility", id="N", kind="puskesmas", lonlat=degrees(at(60_000, 50)))
    after = study.gaps([new]).coverage["puskesmas"].villages
    assert after.loc[CODES[1], ["present", "status", "reason"]].tolist() == ["yes", "served", ""]
    assert after.loc[CODES[1], "share_unknown"] == 0.0
    closed = study.gaps([CloseFacility(op="close_facility", id="U")]).coverage["puskesmas"].villages
    assert closed["status"].tolist() == ["gap", "unknown"]
    assert study.gaps().coverage["puskesmas"].villages["status"].tolist() == ["served", "unknown"]


def test_edits_change_nothing_in_what_is_covered():
    area = covering(two_places(), puskesmas=[CODES[0]])
    study = Study(area, scenario=SCENARIO)
    assert study.gaps([CloseFacility(op="close_facility", id="U")]).extent is study.gaps().extent


def test_another_limit_knows_the_same_lists():
    study = Study(covering(two_places(), puskesmas=[CODES[0]]), scenario=SCENARIO)
    study.gaps()
    rule = SCENARIO.standard["puskesmas"].model_copy(update={"limit_minutes": 200.0})
    wide = SCENARIO.model_copy(update={"standard": {**SCENARIO.standard, "puskesmas": rule}})
    table = study.under(wide).gaps().coverage["puskesmas"].villages
    assert table["status"].tolist() == ["served", "served"]


def test_a_kind_that_counts_as_another_has_to_cover_the_village_too():
    base = SCENARIO.standard["puskesmas"]
    counts = {**SCENARIO.standard, "puskesmas": base.model_copy(update={"counts": ("pustu",)})}
    scenario = SCENARIO.model_copy(update={"standard": counts})
    area = street([0, 60_000], [("U", "puskesmas", 0.0), ("V", "pustu", 0.0)])
    area = covering(area, puskesmas="all", pustu=[CODES[0]])
    gaps, table = of_kind(area, scenario=scenario)
    assert table["reason"].tolist() == ["", "list_incomplete"]
    assert table.loc[CODES[1], "present"] == "unknown"
    assert list(summary(gaps)["kinds"]["puskesmas"]["incomplete"]) == ["pustu"]
    assert of_kind(area)[1]["reason"].tolist() == ["", "too_far"]


# --- The office's number -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("official", "listed", "whole"),
    [
        (20, 19, True), (20, 18, False), (100, 95, True), (100, 94, False), (60, 57, True), (60, 56, False),
        (140, 133, True), (140, 132, False), (7, 7, True), (7, 6, False), (19, 18, False), (1, 0, False),
        (3, 5, True), (0, 0, True), (0, 2, True),
    ],
)  # fmt: skip
def test_a_list_shorter_than_the_offices_number_by_more_than_a_twentieth_covers_nothing(
    official, listed, whole
):
    area = street([0, 60_000], [(f"U{i}", "pustu", 0.0) for i in range(listed)], listed=("pustu",))
    area = area.with_facilities(area.facilities.assign(village_code=CODES[0]))
    extent = find_extent(reporting(area, pustu=official), SCENARIO)
    assert extent.why == ({} if whole else {"pustu": "official"})
    if not whole:
        assert not extent.lists["pustu"].any()
        assert extent.detail["pustu"] == f"{listed} listed, {official} reported by the office"


def test_a_short_list_by_the_offices_number_is_said_everywhere():
    area = reporting(two_places(), puskesmas=2)
    gaps, table = of_kind(area)
    assert table["reason"].tolist() == ["", "list_incomplete"]
    assert summary(gaps)["kinds"]["puskesmas"]["people_unsure"] == 100.0
    [found] = [f for f in check(area) if f.rule == "list_incomplete"]
    assert (found.severity, found.layer) == ("warning", "facilities")
    assert "1 listed, 2 reported" in found.message
    assert Ilp(gaps).totals.loc["puskesmas", "difference"] == -1


def test_the_offices_number_settles_a_list_that_looks_short():
    # 103 posyandu for a million people look like a part of a list.
    area = two_places("posyandu", people=1e6)
    assert find_extent(area, SCENARIO).why == {"posyandu": "few_for_people"}
    assert find_extent(reporting(area, posyandu=1), SCENARIO).why == {}


# --- Signs -------------------------------------------------------------------------------------------------


def kecamatan(districts, have, kind="pustu"):
    """Return an area of one village of 10 people in each kecamatan, the first ones with a unit."""
    codes = [f"99.01.{i + 1:02}.2001" for i in range(districts)]
    shapes = {c: (box(2000 * i, 0, 2000 * i + 2000, 2000), 10) for i, c in enumerate(codes)}
    units = [(f"U{i}", kind, at(2000 * i + 1000, 1000), codes[i]) for i in range(have)]
    return layers(villages(shapes), None, facilities(units, functioning=["yes"] * have), listed=(kind,))


@pytest.mark.parametrize(
    ("districts", "have", "fires"),
    [(5, 2, True), (5, 3, False), (6, 2, True), (6, 3, False), (4, 1, False), (12, 5, True)],
)
@pytest.mark.parametrize("kind", ["puskesmas", "pustu", "posyandu"])
def test_units_in_fewer_than_half_of_five_or_more_kecamatan_are_a_part(kind, districts, have, fires):
    area = kecamatan(districts, have, kind)
    extent = find_extent(area, SCENARIO)
    assert extent.why == ({kind: "few_districts"} if fires else {})
    if fires:
        assert not extent.lists[kind].any()
        assert f"{have} of {districts}" in extent.detail[kind]
    assert find_extent(covering(area, **{kind: "all"}), SCENARIO).why == {}
    assert find_extent(reporting(area, **{kind: have}), SCENARIO).why == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["puskesmas", "pustu", "posyandu", "hospital"])
@pytest.mark.parametrize("districts", [1, 6])
def test_an_empty_list_is_unknown_unless_it_is_said_that_there_is_none(kind, districts):
    area = kecamatan(districts, 0, kind)
    assert find_extent(area, SCENARIO).why == {kind: "empty"}
    gaps, table = of_kind(area, kind)
    assert table[["present", "status", "reason"]].drop_duplicates().to_numpy().tolist() == [
        ["unknown", "unknown", "list_incomplete"]
    ]
    assert gaps.coverage[kind].listed
    [found] = [f for f in check(area) if f.rule == "list_incomplete"]
    assert f"{kind}: the list has no row of this kind" in found.message
    assert f"official: {{{kind}: 0}}" in found.action
    for none in (covering(area, **{kind: "all"}), reporting(area, **{kind: 0})):
        assert find_extent(none, SCENARIO).why == {}
        table = of_kind(none, kind)[1]
        assert table[["present", "status", "reason"]].drop_duplicates().to_numpy().tolist() == [
            ["no", "gap", "no_facility"]
        ]


def test_an_empty_list_stays_unknown_where_a_unit_is_tried_out():
    area = street([0, 60_000], [("P", "puskesmas", 0.0)], listed=("puskesmas", "pustu"))
    lon, lat = degrees(at(0, 0))
    gaps = Study(area).gaps([OpenFacility(op="open_facility", id="N", kind="pustu", lonlat=(lon, lat))])
    assert gaps.coverage["pustu"].villages["status"].tolist() == ["served", "unknown"]
    assert gaps.coverage["pustu"].reached.tolist() == [True, False]


@pytest.mark.slow
def test_a_list_of_neighbours_alone_is_doubted_as_with_one_unit_here():
    for districts, fires in ((4, False), (5, True)):
        area = kecamatan(districts, 1, "pustu")
        away = area.facilities.assign(village_code=None)
        assert find_extent(area.with_facilities(away), SCENARIO).why == (
            {"pustu": "few_districts"} if fires else {}
        )


def test_planning_as_if_there_were_none_knows_whom_a_unit_reaches():
    area = as_if_none(street([0, 60_000], [("P", "puskesmas", 0.0)]), "pustu")
    study = Study(area)
    require_known(study, "pustu")
    assert study.gaps().coverage["pustu"].villages["reason"].unique().tolist() == ["list_incomplete"]


def test_a_kind_that_is_not_wanted_everywhere_may_be_in_few_kecamatan():
    assert find_extent(kecamatan(12, 1, "hospital"), SCENARIO).why == {}


@pytest.mark.parametrize(("kind", "people"), [("puskesmas", 120_000), ("pustu", 30_000), ("posyandu", 1250)])
def test_more_than_three_times_the_people_a_unit_are_a_part(kind, people):
    for more, fires in ((0, False), (1, True)):
        area = street([0, 10], [("U", kind, 0.0), ("V", kind, 0.0)], people=float(3 * people))
        area = replace(area, villages=area.villages.assign(people=[3.0 * people, 3.0 * people + more]))
        area = area.with_facilities(area.facilities.assign(village_code=CODES[0]))
        assert find_extent(area, SCENARIO).why == ({kind: "few_for_people"} if fires else {})
        assert find_extent(covering(area, **{kind: "all"}), SCENARIO).why == {}
        assert find_extent(reporting(area, **{kind: 2}), SCENARIO).why == {}


def squares(n, *, metres=None, gap=0.0, more=()):
    """Return n villages of 2 × 2 km in a row, each with so many metres of local road (None = 1,000)."""
    metres = [1000.0] * n if metres is None else metres
    side = 2000.0 + gap
    shapes = {CODES[i]: (box(side * i, 0, side * i + 2000, 2000), 100) for i in range(n)}
    rows = [
        {"from": 2 * i, "to": 2 * i + 1, "geometry": line((side * i + 300, 700), (side * i + 300 + m, 700))}
        for i, m in enumerate(metres)
        if m > 0
    ]
    own = [{"from": 900, "to": 901, "geometry": line((20, 1000), (1800, 1000))}] if not rows else []
    unit = facilities([("U", "puskesmas", at(1000, 1000), CODES[0])], functioning=["yes"])
    return layers(villages(shapes), roads([*rows, *own, *more]), unit, listed=("puskesmas",))


@pytest.mark.parametrize(
    ("metres", "gap", "bare"),
    [
        # With those that touch them.
        ([1000, 1000, 0, 0, 0, 1000], 0.0, [1, 2, 3, 4, 5]),
        ([1000, 249, 249, 249, 1000, 1000], 0.0, [0, 1, 2, 3, 4]),
        ([1000, 249, 250, 249, 1000], 0.0, []),
        ([1000, 0, 0, 1000, 0, 0], 0.0, []),
        ([1000, 0, 0, 1000, 0, 0, 0, 0], 0.0, [3, 4, 5, 6, 7]),
        # Outlines of neighbours were simplified one by one; beyond that they are no neighbours.
        ([1000, 0, 0, 0], 90.0, [0, 1, 2, 3]),
        ([1000, 0, 0, 0], 110.0, []),
    ],
)
def test_three_neighbours_without_roads_are_a_hole_in_the_file(metres, gap, bare):
    area = squares(len(metres), metres=metres, gap=gap)
    extent = find_extent(area, SCENARIO)
    assert extent.why == ({ROADS: "bare_villages"} if bare else {})
    if bare:
        assert np.flatnonzero(~extent.roads).tolist() == bare
    assert find_extent(covering(area, roads="all"), SCENARIO).why == {}


def test_a_hole_in_the_roads_leaves_open_its_villages_and_those_that_touch_them():
    area = squares(12, metres=[1000] * 9 + [0] * 3)
    table = of_kind(area)[1]
    assert set(table.loc[CODES[8:12], "reason"]) == {"roads_incomplete"}
    # The second village's road is no part of the first's.
    assert table.loc[CODES[1], "reason"] not in ("roads_incomplete", "list_incomplete")
    assert not set(of_kind(covering(area, roads="all"))[1]["reason"]) & {"roads_incomplete"}


@pytest.mark.parametrize("road_class", ["motorway", "trunk", "primary", "secondary"])
def test_large_roads_alone_are_a_part_of_the_roads(road_class):
    area = two_places(road={"road_class": road_class})
    extent = find_extent(area, SCENARIO)
    assert extent.why == {ROADS: "no_local_roads"}
    assert not extent.roads.any()
    assert find_extent(covering(area, roads="all"), SCENARIO).why == {}
    local = [{"from": 0, "to": 1, "geometry": line((0, 0), (70_000, 0)), "road_class": road_class},
             {"from": 1, "to": 2, "geometry": line((70_000, 0), (70_000, 30))}]  # fmt: skip
    assert find_extent(replace(area, roads=roads(local)), SCENARIO).why == {}


def cut_at(edge, *, stops, away=0.0, beyond=0.06):
    """Return a village with a road whose side roads stop along a line, and so much of it beyond the line.

    ``away`` is how far off the line the last of the stops is.
    """
    xs = [edge] * (stops - 1) + [edge - away]
    west = edge - 2000.0
    rows = [{"from": 0, "to": 1, "geometry": line((west, 0), (west, 100.0 * (stops + 1)))}]
    rows = [
        {"from": i, "to": i + 1, "geometry": line((west, 100.0 * i), (west, 100.0 * (i + 1)))}
        for i in range(stops + 1)
    ]
    rows += [
        {"from": i + 1, "to": 100 + i, "geometry": line((west, 100.0 * (i + 1)), (x, 100.0 * (i + 1)))}
        for i, x in enumerate(xs)
    ]
    inside = 2000.0
    width = inside / (1 - beyond)
    # Dead ends above and below lie off the other sides of the box but for one each.
    shape = box(edge - inside, 0, edge - inside + width, 100.0 * (stops + 1))
    unit = facilities([("U", "puskesmas", at(west, 0), CODES[0])], functioning=["yes"])
    return layers(villages({CODES[0]: (shape, 100)}), roads(rows), unit, listed=("puskesmas",))


@pytest.mark.parametrize(
    ("stops", "away", "beyond", "fires"),
    [
        (5, 0.0, 0.06, True), (4, 0.0, 0.06, False), (5, 4.9, 0.06, True), (5, 5.1, 0.06, False),
        (5, 0.0, 0.049, False), (9, 0.0, 0.5, True),
    ],
)  # fmt: skip
def test_roads_that_stop_along_a_side_of_their_box(stops, away, beyond, fires):
    area = cut_at(3000.0, stops=stops, away=away, beyond=beyond)
    extent = find_extent(area, SCENARIO)
    assert extent.why == ({ROADS: "straight_line"} if fires else {})
    if fires:
        assert not extent.roads.any()
        assert f"{stops} roads stop" in extent.detail[ROADS]
    assert find_extent(covering(area, roads="all"), SCENARIO).why == {}


def clipped(places=((0, 0, 100.0),), *, stops=15, short_m=0.0, onward=(), kinds=("puskesmas",)):
    """Return a village whose side roads stop ``short_m`` before its outline, and its hamlets (x, y, people).

    A road of an island network runs along y = 5000, five kilometres off the others.
    """
    xs = [1000.0 * i + 500 for i in range(stops)]
    nodes, along = [0, *range(10, 10 + stops), 1], [0.0, *xs, 60_000.0]
    rows = [
        {"from": a, "to": b, "geometry": line((x, 0), (y, 0))}
        for (a, b), (x, y) in zip(itertools.pairwise(nodes), itertools.pairwise(along), strict=True)
    ]
    rows += [
        {"from": 10 + i, "to": 100 + i, "geometry": line((x, 0), (x, -1000 + short_m))}
        for i, x in enumerate(xs)
    ]
    rows.append({"from": 500, "to": 501, "geometry": line((20_000, 5000), (21_000, 5000))})
    rows += [
        {"from": 600 + 2 * i, "to": 601 + 2 * i, "geometry": line(*ends)} for i, ends in enumerate(onward)
    ]
    shape = box(-3000, -1000, 63_000, 9000)
    people = sum(p for *_, p in places)
    return layers(
        villages({CODES[0]: (shape, people)}), roads(rows),
        facilities([("U", "puskesmas", at(0, 0), CODES[0])], functioning=["yes"]),
        hamlets([(f"h{i}", CODES[0], at(x, y), p) for i, (x, y, p) in enumerate(places)]), listed=kinds,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "fires"),
    [
        ({}, True),
        ({"stops": 14}, False),
        ({"short_m": 23.0}, True),
        ({"short_m": 27.0}, False),
        # A road from the outline to 300 m outside goes on; one that stays within 80 m does not.
        ({"onward": [((59_000, -1000), (59_000, -1300))]}, False),
        ({"onward": [((59_000, -1000), (59_000, -1080))]}, True),
    ],
)
def test_roads_that_stop_at_the_outline(change, fires):
    area = clipped(**change)
    extent = find_extent(area, SCENARIO)
    assert extent.clipped == fires
    assert extent.why == ({ROADS: "clipped"} if fires else {})
    undone = find_extent(covering(area, roads="all"), SCENARIO)
    assert (undone.clipped, undone.why) == (False, {})


# Reached; too far; no way.
NEAR, FAR, CUT_OFF = (0, 0), (40_000, 0), (20_500, 5000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("near", "far", "cut_off", "status", "reason"),
    [
        (80, 0, 20, "served", "roads_incomplete"),
        # 70 to 90 of a hundred.
        (70, 10, 20, "unknown", "roads_incomplete"),
        (60, 21, 19, "partly", "too_far"),
        (50, 31, 19, "partly", "too_far"),
        # 40 to 60, and 40 to 50.
        # Too far for more of them, but that leaves nothing open.
        (40, 40, 20, "unknown", "roads_incomplete"),
        (40, 50, 10, "unknown", "roads_incomplete"),
        (40, 51, 9, "gap", "too_far"),
        (0, 0, 100, "unknown", "roads_incomplete"),
        (0, 100, 0, "gap", "too_far"),
        (100, 0, 0, "served", ""),
    ],
)
def test_a_status_holds_only_if_it_does_whatever_is_unknown(near, far, cut_off, status, reason):
    places = [(*p, float(n)) for p, n in ((NEAR, near), (FAR, far), (CUT_OFF, cut_off)) if n]
    gaps, table = of_kind(clipped(places))
    row = table.iloc[0]
    assert (row["status"], row["reason"]) == (status, reason)
    assert row["share_reached"] == pytest.approx(near / 100)
    assert row["share_unknown"] == pytest.approx(cut_off / 100)
    assert summary(gaps)["kinds"]["puskesmas"]["people_unsure"] == pytest.approx(cut_off)
    # With all of the roads declared, no way is no way.
    sure = of_kind(covering(clipped(places), roads="all"))[1].iloc[0]
    assert sure["share_unknown"] == 0.0
    assert sure["status"] == ("served" if near >= 80 else "partly" if near >= 50 else "gap")


def test_a_village_that_is_open_for_a_part_of_its_people_is_not_said_to_be_reached():
    """Most of those not reached are too far, and "reached; whether it functions is not known" was said."""
    gaps = of_kind(clipped([(*NEAR, 40.0), (*FAR, 40.0), (*CUT_OFF, 20.0)]))[0]
    said = Ilp(gaps).answers["puskesmas"].iloc[0]
    assert said["class"] == "unknown"
    assert said["reason_id"] == "Belum diketahui: data jalan di sini belum lengkap."
    assert said["reason_en"] == "Not known: the road data are not complete here."


def test_clipped_roads_leave_the_way_that_there_is_alone():
    gaps, table = of_kind(clipped([(*NEAR, 10.0), (*FAR, 10.0)]))
    assert table.iloc[0][["status", "reason", "share_unknown"]].tolist() == ["partly", "too_far", 0.0]
    assert gaps.coverage["puskesmas"].minutes.tolist() == [0.0, 80.0]


@pytest.mark.slow
@pytest.mark.parametrize("villages_", [24, 90])
@pytest.mark.parametrize("seed", [2024, 1, 7])
def test_no_whole_demo_area_is_doubted(villages_, seed):
    extent = find_extent(demo_layers(villages_, seed=seed), SCENARIO)
    assert (extent.why, extent.clipped) == ({}, False)


def test_the_scenario_sets_how_much_doubt_there_is():
    never = SCENARIO.doubt.model_copy(update={"people_per_unit_factor": 1e9})
    area = two_places("posyandu", people=1e6)
    assert find_extent(area, SCENARIO.model_copy(update={"doubt": never})).why == {}


# They were constants of the code: other numbers gave other answers under the same hash.
def test_the_scenario_sets_what_touches_and_what_heads_out():
    def with_(**doubt):
        return SCENARIO.model_copy(update={"doubt": SCENARIO.doubt.model_copy(update=doubt)})

    apart = squares(4, metres=[1000, 0, 0, 0], gap=110.0)
    assert find_extent(apart, SCENARIO).why == {}
    assert find_extent(apart, with_(neighbours_m=120.0)).why == {ROADS: "bare_villages"}
    stop = cut_at(3000.0, stops=5)
    assert find_extent(stop, with_(heads_out=1.0)).why == {}
    assert "empty_part_share" in type(SCENARIO.demand).model_fields


@pytest.mark.slow
def test_each_sign_is_a_finding_that_says_what_to_write():
    for area, rule, words in (
        (kecamatan(5, 2), "list_incomplete", "2 of 5 kecamatan"),
        (squares(4, metres=[1000, 0, 0, 0]), "roads_incomplete", "3 villages"),
        (cut_at(3000.0, stops=5), "roads_incomplete", "5 roads stop"),
        (clipped(), "roads_incomplete", "15 roads stop"),
    ):
        [found] = [f for f in check(area) if f.rule == rule]
        assert found.severity == "warning"
        assert words in found.message
        assert "unknown, not a gap" in found.message
        assert "covers: all" in found.action


# --- The map -----------------------------------------------------------------------------------------------


def on_the_map(gaps, lang="en"):
    script = page_script(gaps, map_texts(lang), lang=lang, offline=True)
    first = script.splitlines()[0].removeprefix("const jangkauData = ").removesuffix(";")
    return json.loads(first)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "list_", "roads_"),
    [("en", "Puskesmas: the list", "The road data"), ("id", "Puskesmas: daftar", "Data jalan")],
)
def test_the_map_says_what_is_not_complete(lang, list_, roads_):
    area = covering(two_places(), puskesmas=[CODES[0]], roads=[CODES[0]])
    [kind] = [k for k in on_the_map(find_gaps(area), lang)["kinds"] if k["listed"]]
    assert [t[: len(w)] for t, w in zip(kind["incomplete"], (list_, roads_), strict=True)] == [list_, roads_]
    assert kind["reach"]["dry"]["at_least"] is True
    assert kind["reach"]["dry"]["counts"]["unknown"] == 1
    plain = [k for k in on_the_map(find_gaps(two_places()), lang)["kinds"] if k["listed"]]
    assert plain[0]["incomplete"] == []
    assert plain[0]["reach"]["dry"]["at_least"] is False
    for found, open_ in ((area, True), (two_places(), False)):
        answers = on_the_map(find_gaps(found), lang)["answers"]
        assert any(any(one["open"]) for kind in answers.values() for one in kind.values()) == open_


# --- Ends that almost meet ---------------------------------------------------------------------------------


def joined(*lines, up=(), ferry=(), within=1.0):
    """Return the number of networks that lines make, and the noded lines."""
    shapes = np.array([shapely.LineString(xy) for xy in lines], dtype=object)
    number = np.arange(len(lines))
    found = node_lines(
        shapes, np.isin(number, [*up, *ferry]), np.isin(number, [*ferry]), join_within_m=within
    )
    group = {}

    def top(n):
        while group.setdefault(n, n) != n:
            n = group[n]
        return n

    for a, b in zip(found.from_node.tolist(), found.to_node.tolist(), strict=True):
        group[top(a)] = top(b)
    return len({top(n) for n in group}), found


@pytest.mark.parametrize(("gap", "parts"), [(0.05, 1), (0.5, 1), (0.99, 1), (1.01, 2), (4.9, 2)])
def test_an_end_that_misses_the_next_road_by_a_metre_is_drawn_on_to_it(gap, parts):
    base, side = [(0, 0), (100, 0)], [(50, 80), (50, gap)]
    assert joined(base, side)[0] == parts
    assert joined(base, side[::-1])[0] == parts
    # End to end.
    assert joined(base, [(100 + gap, 0), (200, 0)])[0] == parts
    assert joined(base, side, within=5.0)[0] == 1
    assert joined(base, side, within=0.0)[0] == (1 if gap <= 0.1 else 2)


def test_a_joined_road_is_longer_by_the_gap_alone():
    found = joined([(0, 0), (100, 0)], [(50, 80), (50, 0.5)])[1]
    assert shapely.length(found.pieces).sum() == pytest.approx(180.0)
    assert found.line.tolist() == [0, 0, 1]
    # It keeps its direction.
    assert shapely.get_coordinates(found.pieces[2]).tolist() == [[50, 80], [50, 0.5], [50, 0]]


@pytest.mark.parametrize("kind", ["up", "ferry"])
@pytest.mark.parametrize("which", [0, 1])
def test_bridges_and_ferries_are_not_drawn_on_and_not_met(kind, which):
    assert joined([(0, 0), (100, 0)], [(50, 80), (50, 0.5)], **{kind: [which]})[0] == 2


def test_an_end_that_meets_a_bridge_is_no_end_in_the_open():
    # The side road ends at a bridge's end, half a metre from the road below.
    base, bridge, side = [(0, 0), (100, 0)], [(50, 0.5), (90, 60)], [(50, 80), (50, 0.5)]
    assert joined(base, bridge, side, up=[1])[0] == 2


def test_no_crossing_is_made_with_what_lies_between():
    # A bridge runs between the end and the road.
    base, bridge, side = [(0, 0), (100, 0)], [(0, 0.4), (100, 0.4)], [(50, 80), (50, 0.8)]
    parts, found = joined(base, bridge, side, up=[1])
    assert parts == 2
    assert np.count_nonzero(found.line == 1) == 1
    # Of two roads near, the nearer.
    parts, found = joined(base, [(0, 1.2), (100, 1.2)], [(50, 80), (50, 1.9)])
    assert parts == 2
    assert np.count_nonzero(found.line == 0) == 1


def test_an_end_is_not_drawn_on_to_its_own_line():
    assert len(joined([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0.5)])[1].pieces) == 1


def clear_lines(seed):
    """Return random straight lines, none of whose ends misses another by about a limit."""
    rng = np.random.default_rng(seed)
    while True:
        start = rng.uniform(0, 30, (12, 1, 2))
        way = np.concatenate([np.zeros((12, 1, 2)), rng.uniform(-9, 9, (12, 1, 2))], axis=1)
        lines = [g for g in shapely.linestrings(np.round(start + way, 2)) if g.length > 3]
        points = shapely.points([c for g in lines for c in g.coords])
        owner = np.repeat(np.arange(len(lines)), 2)
        meet = [
            (shapely.Point(c), k)
            for i, j in itertools.combinations(range(len(lines)), 2)
            for c in shapely.get_coordinates(lines[i].intersection(lines[j]))
            for k in (i, j)
        ]
        away = [
            p.distance(lines[k])
            for p, i in zip(points, owner, strict=True)
            for k in range(len(lines))
            if k != i
        ]
        away += [min(p.distance(shapely.Point(c)) for c in lines[k].coords) for p, k in meet]
        if not any(1e-9 < d < 0.3 or 0.95 < d < 1.05 for d in away):
            return lines, {i for i in range(len(lines)) if rng.random() < 0.2}


@pytest.mark.parametrize("seed", range(16))
def test_random_lines_are_joined_where_the_words_say(seed):
    lines, up = clear_lines(seed)
    group = {i: i for i in range(len(lines))}

    def top(n):
        while group[n] != n:
            n = group[n]
        return n

    for i, j in itertools.combinations(range(len(lines)), 2):
        if i not in up and j not in up and lines[i].intersects(lines[j]):
            group[top(i)] = top(j)
    for i in set(group) - up:
        for point in map(shapely.Point, lines[i].coords):
            away = sorted((point.distance(lines[j]), j) for j in group if j != i)
            ground = [(d, j) for d, j in away if j not in up and d <= 1.0]
            if away[0][0] > 0.1 and ground:
                group[top(i)] = top(ground[0][1])
    parts, _ = joined(*[g.coords for g in lines], up=up)
    assert parts == len({top(i) for i in group})


def test_what_is_left_apart_is_listed_with_the_people_behind_it():
    rows = [{"from": 0, "to": 1, "geometry": line((0, 0), (10_000, 0))},
            {"from": 2, "to": 3, "geometry": line((5000, 3), (5000, 4000))}]  # fmt: skip
    area = two_places(far=5000.0)
    area = replace(area, roads=roads(rows), hamlets=None)
    shapes = [box(-100, -500, 4000, 500), box(4000, 500, 6000, 4500)]
    area = replace(area, villages=area.villages.set_geometry(shapes, crs=CRS))
    [found] = [f for f in check(area) if f.rule == "ends_almost_meet"]
    assert (found.severity, found.layer, found.count) == ("warning", ROADS, 1)
    # The second village of a hundred people lies along the road that is cut off.
    assert "3.0 m" in found.ids[0]
    assert "100 people behind" in found.ids[0]
    assert "1 of them part the network" in found.message


@pytest.mark.slow
@pytest.mark.parametrize(("gap", "listed"), [(0.5, True), (5.0, True), (5.1, False)])
def test_gaps_up_to_five_metres_are_listed(gap, listed):
    rows = [{"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))},
            {"from": 2, "to": 3, "geometry": line((500, gap), (500, 900))}]  # fmt: skip
    area = replace(two_places(), roads=roads(rows))
    assert any(f.rule == "ends_almost_meet" for f in check(area)) == listed
    bridge = roads([rows[0], {**rows[1], "bridge": True}])
    assert not any(f.rule == "ends_almost_meet" for f in check(replace(area, roads=bridge)))


# --- Legs --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "metres", "found"),
    [
        # 10 minutes at 3 km/h ÷ 1.3 are 384.6 m; 30 are 1,153.8; of two hours, two kilometres are the end.
        ("posyandu", 384, False), ("posyandu", 386, True), ("pustu", 1153, False), ("pustu", 1155, True),
        ("hospital", 1999, False), ("hospital", 2001, True),
    ],
)  # fmt: skip
def test_units_and_people_whose_walk_to_the_road_uses_up_the_limit(kind, metres, found):
    area = two_places(kind, far=1000.0)
    off = area.with_facilities(area.facilities.assign(geometry=[at(0, metres)]))
    rules = [(f.layer, f.severity, f.count, f.ids) for f in check(off) if f.rule == "leg_uses_limit"]
    assert rules == ([("facilities", "warning", 1, ("U",))] if found else [])
    away = replace(area, hamlets=area.hamlets.assign(geometry=[at(0, 0), at(1000, metres)]))
    rules = [(f.layer, f.severity, f.count, f.ids) for f in check(away) if f.rule == "leg_uses_limit"]
    assert rules == ([("villages", "info", 1, (CODES[1],))] if found else [])


def test_people_put_by_an_outline_alone_may_live_there():
    away = replace(two_places(far=1000.0), hamlets=None, roads=roads([
        {"from": 0, "to": 1, "geometry": line((0, 9000), (1000, 9000)), "road_class": "primary"},
    ]))  # fmt: skip
    [guess] = [f for f in check(away) if f.layer == "villages" and f.rule == "leg_uses_limit"]
    assert "200 people may live over" in guess.message
    assert "of 200 of them the place is only taken from their village's outline" in guess.message
    [fact] = [
        f for f in check(replace(two_places(), roads=away.roads))
        if f.layer == "villages" and f.rule == "leg_uses_limit"
    ]  # fmt: skip
    assert "200 people live over" in fact.message
    assert "outline" not in fact.message


# --- Villages of several landmasses ------------------------------------------------------------------------


def several(parts, road_rows, *, people=1000.0, hamlet_rows=None):
    """Return one village of boxes (x0, y0, x1, y1) in metres."""
    shape = shapely.MultiPolygon(
        [shapely.box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in parts]
    )
    unit = facilities([("U", "puskesmas", at(100, 1000), CODES[0])], functioning=["yes"])
    return layers(
        villages({CODES[0]: (shape, people)}), roads(road_rows) if road_rows else None, unit,
        None if hamlet_rows is None else hamlets(hamlet_rows), listed=("puskesmas",),
    )  # fmt: skip


def spread(area):
    """Return people by island: 0 up to x = 4 km, 1 up to 8 km and so on; and the village's method."""
    demand = spread_demand(area, SCENARIO.demand, land_of(area.villages, SCENARIO.land))
    island = ((demand.geometry.x - EAST) // 4000).astype(int)
    assert demand["weight"].sum() == pytest.approx(1.0)
    [method] = set(demand["method"])
    return demand["people"].groupby(island).sum().round(6).to_dict(), method


MAIN = (0, 0, 2000, 2000)
MAIN_ROAD = {"from": 0, "to": 1, "geometry": line((0, 1000), (2000, 1000))}


def test_people_of_two_islands_with_roads_live_along_them_by_length():
    far = {"from": 2, "to": 3, "geometry": line((5000, 500), (6000, 500))}
    area = several([MAIN, (5000, 0, 6000, 1000)], [MAIN_ROAD, far])
    # 2,000 m and 1,000 m of road, whatever the areas.
    assert spread(area) == ({0: pytest.approx(2000 / 3), 1: pytest.approx(1000 / 3)}, "roads")


@pytest.mark.slow
@pytest.mark.parametrize("metres", [0, 400])
def test_where_one_island_has_no_roads_people_go_by_area(metres):
    far = [{"from": 2, "to": 3, "geometry": line((5000, 500), (5000 + metres, 500))}] if metres else []
    area = several([MAIN, (5000, 0, 6000, 1000)], [MAIN_ROAD, *far])
    # 4 km² and 1 km²; less than 500 m of road is none.
    assert spread(area) == ({0: pytest.approx(800.0), 1: pytest.approx(200.0)}, "parts")
    demand = find_gaps(area).demand
    away = demand[demand.geometry.x > EAST + 4000]
    assert len(away) == 1
    assert away["road_id"].tolist() == [""]
    assert [f for f in check(area) if f.rule == "part_without_people"] == []


@pytest.mark.parametrize(("side", "lived"), [(450, False), (460, True)])
def test_a_small_islet_without_roads_is_empty_and_said_to_be(side, lived):
    # Of 4 km², 450 m × 450 m is 4.82 %, 460 m × 460 m 5.02 %.
    area = several([MAIN, (5000, 0, 5000 + side, side)], [MAIN_ROAD])
    people, method = spread(area)
    assert method == ("parts" if lived else "roads")
    share = side**2 / (4e6 + side**2) if lived else 0.0
    assert people.get(1, 0.0) == pytest.approx(1000 * share)
    assert people[0] == pytest.approx(1000 * (1 - share))
    found = [f for f in check(area) if f.rule == "part_without_people"]
    assert len(found) == (0 if lived else 1)
    if not lived:
        assert (found[0].severity, found[0].layer, found[0].count) == ("info", "villages", 1)
        # 450 m × 450 m.
        assert found[0].ids == (f"{CODES[0]} (20.2 ha)",)


def test_a_small_islet_with_roads_is_lived_on():
    far = {"from": 2, "to": 3, "geometry": line((5000, 10), (5440, 10), (5440, 430))}
    area = several([MAIN, (5000, 0, 5450, 450)], [MAIN_ROAD, far])
    people, method = spread(area)
    assert method == "roads"
    assert people[1] == pytest.approx(1000 * 860 / 2860)
    assert [f for f in check(area) if f.rule == "part_without_people"] == []


@pytest.mark.parametrize(
    ("road", "lived"),
    [
        # Too little for points along it, and it is a road that somebody made.
        ({"road_class": "residential"}, True),
        ({"road_class": "footway"}, True),
        ({"road_class": "secondary"}, True),
        # What only lies over it or under it, sails past, or is no road (yet).
        ({"road_class": "residential", "bridge": True}, False),
        ({"road_class": "residential", "tunnel": True}, False),
        ({"road_class": "ferry", "route": "ferry"}, False),
        ({"road_class": "proposed"}, False),
        ({"road_class": "waterway"}, False),
    ],
)
def test_a_small_islet_with_any_road_has_people_by_its_area(road, lived):
    far = {"from": 2, "to": 3, "geometry": line((5050, 200), (5350, 200)), **road}
    area = several([MAIN, (5000, 0, 5450, 450)], [MAIN_ROAD, far])
    people, method = spread(area)
    share = 450**2 / (4e6 + 450**2) if lived else 0.0
    assert people.get(1, 0.0) == pytest.approx(1000 * share, abs=1e-3)
    assert method == ("parts" if lived else "roads")
    found = [f for f in check(area) if f.rule == "part_without_people"]
    assert len(found) == (0 if lived else 1)


def test_a_road_that_only_touches_an_islet_is_none_of_its_roads():
    # It runs to the shore and ends there: nothing of it lies on the islet.
    pier = {"from": 2, "to": 3, "geometry": line((4900, 200), (5000, 200)), "road_class": "path"}
    area = several([MAIN, (5000, 0, 5450, 450)], [MAIN_ROAD, pier])
    assert spread(area)[0] == {0: pytest.approx(1000.0)}


def test_hamlets_say_where_people_are():
    rows = [("a", CODES[0], at(100, 1000), 10), ("b", CODES[0], at(5050, 50), 30)]
    area = several([MAIN, (5000, 0, 5100, 100)], [MAIN_ROAD], people=400, hamlet_rows=rows)
    assert spread(area) == ({0: 100.0, 1: 300.0}, "hamlets")
    assert [f for f in check(area) if f.rule == "part_without_people"] == []


def test_islands_of_a_village_without_any_road_have_people_by_area():
    area = several([MAIN, (5000, 0, 6000, 1000)], None)
    assert spread(area) == ({0: 800.0, 1: 200.0}, "interior")
    table = of_kind(area)[1].iloc[0]
    # Nobody knows who lives where: all may live on the island that has no unit.
    assert (table["status"], table["reason"]) == ("unknown", "people_unplaced")
    assert (table["share_reached"], table["share_unknown"]) == (0.0, 1.0)


# Puger Kulon (Jember) owns Nusa Barong, an island without roads where nobody lives: by area nine tenths of
# its people were there, and the village was a gap though its puskesmas stands among them.
@pytest.mark.slow
def test_people_of_a_part_without_roads_make_no_gap():
    area = several([MAIN, (5000, 0, 11000, 6000)], [MAIN_ROAD])
    gaps, table = of_kind(area)
    row = table.iloc[0]
    assert (row["status"], row["reason"]) == ("unknown", "people_unplaced")
    assert (row["share_reached"], row["share_unknown"]) == (0.1, 0.9)
    assert math.isnan(row["minutes_median"])
    assert math.isnan(gaps.coverage["puskesmas"].minutes[-1])
    one = summary(find_gaps(area))["kinds"]["puskesmas"]
    assert (one["people_reached"], one["people_unsure"]) == pytest.approx((100.0, 900.0))
    assert one["villages_unknown"] == 1
    lines = Ilp(find_gaps(area)).answers["puskesmas"].iloc[0]
    assert lines["reachable_dry"] == "unknown"
    assert lines["reason_en"] == "Not known: where in this village people live is not known."
    assert "dusun" in lines["action_id"]
    [found] = [f for f in check(area) if f.rule == "people_by_area"]
    assert (found.severity, found.count) == ("warning", 1)
    assert CODES[0] in found.ids[0]
    assert "(90% of its people)" in found.ids[0]
    assert "hamlets:" in found.action


def test_hamlets_settle_where_the_people_of_a_part_without_roads_are():
    for place, people, status in ((at(100, 1000), 10, "served"), (at(6000, 100), 10, "gap")):
        area = several(
            [MAIN, (5000, 0, 11000, 6000)], [MAIN_ROAD], hamlet_rows=[("a", CODES[0], place, people)]
        )
        assert of_kind(area)[1].iloc[0]["status"] == status
        assert [f for f in check(area) if f.rule == "people_by_area"] == []


@pytest.mark.parametrize(
    ("side", "status", "reason"),
    # Of 4 km² by 1 km × 1 km: 80 % are reached by area, all if nobody lives there. By 1.1 km: 77 % or all.
    [(1000, "served", "no_road"), (1100, "unknown", "people_unplaced")],
)
def test_a_guess_that_changes_no_status_stays_an_estimate(side, status, reason):
    area = several([MAIN, (5000, 0, 5000 + side, side)], [MAIN_ROAD])
    row = of_kind(area)[1].iloc[0]
    assert (row["status"], row["reason"]) == (status, reason)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_a_status_holds_wherever_people_of_parts_without_roads_live(seed):
    rng = np.random.default_rng(seed)
    parts, rows, units, metres = [], [], [], []
    for i in range(int(rng.integers(2, 6))):
        x, side = 4000.0 * i, float(rng.uniform(700, 1800))
        parts.append((x, 0, x + side, side))
        metres.append(float(rng.choice([0.0, 300.0, 600.0])))
        if metres[-1]:
            way = line((x, side / 2), (x + metres[-1], side / 2))
            rows.append({"from": 2 * i, "to": 2 * i + 1, "geometry": way})
        has = bool(metres[-1]) and rng.random() < 0.5
        units.append(has)
    rows = rows or [MAIN_ROAD | {"geometry": line((-4000, 0), (-3000, 0))}]
    shape = shapely.MultiPolygon(
        [shapely.box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in parts]
    )
    there = [i for i, has in enumerate(units) if has] or [-1]
    points = [(f"U{i}", "puskesmas", at(4000.0 * i + 1, parts[i][3] / 2), CODES[0]) for i in there]
    working = facilities(points, functioning=["yes"] * len(there))
    area = layers(
        villages({CODES[0]: (shape, 1000.0)}), roads(rows), working,
        listed=("puskesmas",),
    )  # fmt: skip
    # By the words: parts without 500 m of road have people by area, or nobody; the others share the rest by
    # length. On an island with a road and a unit everybody is reached (all are small).
    size = np.array([(c - a) * (d - b) for a, b, c, d in parts])
    long = np.array(metres) >= 500
    lived = long | (size >= 0.05 * size.sum())
    size = np.where(lived, size, 0.0) / size[lived].sum()
    loose = np.flatnonzero(lived & ~long)
    said = set()
    for some in itertools.product([True, False], repeat=len(loose)):
        weight = np.zeros(len(parts))
        weight[loose] = size[loose] * some
        if long.any():
            rest = 1.0 - weight.sum()
            weight[long] = rest * np.array(metres)[long] / np.array(metres)[long].sum()
        if weight.sum() > 0:
            share = round(float(weight @ units / weight.sum()), 9)
            said.add("served" if share >= 0.8 else "gap" if share < 0.5 else "partly")
    row = of_kind(area)[1].iloc[0]
    one_part = lived.sum() == 1
    assert row["status"] == (said.pop() if len(said) == 1 or one_part else "unknown"), (seed, metres, units)


def test_outlines_less_than_a_hundred_metres_apart_are_one_landmass():
    area = several([MAIN, (2080, 0, 3080, 1000)], [MAIN_ROAD])
    # All on the one road.
    assert spread(area)[1] == "roads"
    assert spread(several([MAIN, (2120, 0, 3120, 1000)], [MAIN_ROAD]))[1] == "parts"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15))
def test_people_of_random_islands_are_all_there(seed):
    rng = np.random.default_rng(seed)
    parts, rows = [MAIN], [MAIN_ROAD] if rng.random() < 0.7 else []
    for i in range(int(rng.integers(1, 6))):
        x, side = 4000.0 * (i + 1), float(rng.uniform(50, 1500))
        parts.append((x, 0, x + side, side))
        if rng.random() < 0.5:
            row = {
                "from": 10 + 2 * i,
                "to": 11 + 2 * i,
                "geometry": line((x, side / 2), (x + side, side / 2)),
            }
            rows.append(row)
    area = several(parts, rows)
    people, _ = spread(area)
    assert sum(people.values()) == pytest.approx(1000.0)
    demand = find_gaps(area).demand
    assert demand["people"].sum() == pytest.approx(1000.0)
    assert (demand["weight"] > 0).all()
    # By the words: a part's metres, its share of the area, and who is left out.
    metres = np.zeros(len(parts))
    for row in rows:
        metres[int((row["geometry"].coords[0][0] - EAST) // 4000)] += row["geometry"].length
    size = np.array([(c - a) * (d - b) for a, b, c, d in parts])
    enough = metres >= 500
    lived = (metres > 0) | (size >= 0.05 * size.sum())
    by_area = np.where(lived, size, 0.0) / size[lived].sum()
    weight = np.where(enough, 0.0, by_area)
    weight += np.where(enough, metres, 0.0) * (1 - weight.sum()) / max(metres[enough].sum(), 1e-9)
    for i, w in enumerate(weight):
        assert people.get(i, 0.0) == pytest.approx(1000 * w, abs=1e-3), (seed, i)


# --- Seasons -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("road", "told"),
    [
        ({}, False),
        ({"tags": "lit=yes"}, False),
        # A word that nobody reads.
        ({"surface": "xyz"}, False),
        ({"surface": "asphalt"}, True),
        ({"season": "dry_only"}, True),
        ({"tags": "tracktype=grade1"}, True),
        ({"tags": "ford=yes"}, True),
        ({"from_barrier": "ford=yes"}, True),
    ],
)
def test_the_wet_season_is_as_dry_only_where_nothing_tells_them_apart(road, told):
    area = street([0, 60_000], [("U", "puskesmas", 0.0)])
    # On a road of its own, so that the answer is the same; it is as long as the other, half of all.
    other = {"from": 8, "to": 9, "geometry": line((0, 90_000), (70_000, 90_000)), **road}
    area = replace(area, roads=roads([{"from": 0, "to": 1, "geometry": line((0, 0), (70_000, 0))}, other]))
    assert seasons_told(area, SCENARIO) == told
    gaps = find_gaps(area)
    answers = Ilp(gaps).answers["puskesmas"]
    assert answers["reachable_dry"].tolist() == ["yes", "no"]
    assert answers["reachable_wet"].tolist() == ["yes" if told else "as_dry", "no"]
    assert answers["class"].tolist()[1] == "unreached"
    assert any(f.rule == "seasons_alike" for f in check(area)) == (not told)
    assert on_the_map(gaps)["as_dry"] == (not told)


# One road with a surface turned "as dry" into a plain yes for all.
@pytest.mark.parametrize(("metres", "told"), [(50, False), (69_990, False), (70_010, True)])
@pytest.mark.parametrize(
    "road", [{"surface": "asphalt"}, {"season": "dry_only"}, {"tags": "tracktype=grade1"}]
)
def test_what_is_known_of_less_than_half_of_the_roads_does_not_tell_the_others(metres, told, road):
    area = street([0], [("U", "puskesmas", 0.0)])
    other = {"from": 8, "to": 9, "geometry": line((0, 90_000), (metres, 90_000)), **road}
    plain = {"from": 0, "to": 1, "geometry": line((0, 0), (70_000, 0))}
    # A ferry is no road.
    ferry = {"from": 3, "to": 4, "geometry": line((0, 95_000), (200_000, 95_000)), "route": "ferry"}
    area = replace(area, roads=roads([plain, other, ferry]))
    assert seasons_told(area, SCENARIO) == told


def test_floods_tell_the_seasons_apart():
    area = street([0, 60_000], [("U", "puskesmas", 0.0)])
    floods = gpd.GeoDataFrame({"speed_factor": [0.0]}, geometry=[box(65_000, -50, 66_000, 50)], crs=CRS)
    floods.index.name = "flood_id"
    floods.index = floods.index.astype("str")
    assert Ilp(find_gaps(replace(area, floods=floods))).answers["puskesmas"]["reachable_wet"].tolist() == [
        "yes", "no",
    ]  # fmt: skip


def test_unknown_is_not_as_dry():
    area = covering(two_places(), puskesmas=[CODES[0]])
    answers = Ilp(find_gaps(area)).answers["puskesmas"]
    assert answers["reachable_wet"].tolist() == ["as_dry", "unknown"]


@pytest.mark.parametrize("season", ["dry", "wet"])
def test_the_season_asked_for_changes_no_doubt(season):
    area = covering(two_places(), puskesmas=[CODES[0]], roads=[CODES[0]])
    gaps, table = of_kind(area, scenario=SCENARIO.model_copy(update={"season": season}))
    assert table["reason"].tolist() == ["", "list_incomplete"]
    assert math.isnan(table["minutes_max"].iloc[1])
    assert summary(gaps)["kinds"]["puskesmas"]["people_unsure"] == 100.0


# A village of 21 equal islets without roads (each 4.76 %) has no demand point at all: 2,100 people
# vanish, status "gap".
def test_a_village_of_many_small_islets_keeps_its_people():
    parts = [(4000 * i, 0, 4000 * i + 100, 100) for i in range(21)]
    found = several(parts, None, people=2100.0)
    gaps = find_gaps(found)
    assert gaps.demand["people"].sum() == pytest.approx(2100)
    assert gaps.demand_method.notna().all()


# Equity takes what is open for not reached: share_reach_unknown is 0.
@pytest.mark.parametrize("word", ["puskesmas", "roads"])
def test_equity_says_how_many_are_open(word):
    equity = Ilp(find_gaps(covering(two_places(), **{word: [CODES[0]]}))).equity
    row = equity[
        (equity["kind"] == "puskesmas") & (equity["season"] == "dry") & (equity["by"] == "all")
    ].iloc[0]
    assert row["share_reached"] == 0.5
    assert row["share_reach_unknown"] == 0.5


# covers: (and official:) of a kind that only counts as another (poskesdes) is ignored: pustu "no", "gap".
def test_covers_of_a_list_of_poskesdes():
    found = street([0, 60_000], [("P", "pustu", 0.0), ("Q", "poskesdes", 0.0)])
    found = found.with_facilities(found.facilities.assign(village_code=CODES[0]))
    table = of_kind(covering(found, pustu="all", poskesdes=[CODES[0]]), "pustu")[1]
    assert table.loc[CODES[1], ["present", "status", "reason"]].tolist() == [
        "unknown",
        "unknown",
        "list_incomplete",
    ]


# Referral: "exceeds: yes" although the list that decides it does not cover the village.
def test_referral_does_not_exceed_where_the_list_is_open():
    kinds = ("puskesmas", "pustu", "posyandu", "hospital")
    found = street([0, 69_000], [(k, k, 0.0) for k in kinds])
    found = covering(found, **{kind: [CODES[0]] for kind in kinds})
    referral = Ilp(find_gaps(found)).referral.xs("standard", level="mode")
    assert referral["exceeds"].tolist() == ["no", "unknown"]


# Shares and scores say 0 where nobody knows.
def test_other_shares_and_scores_are_unknown_where_the_list_is_open():
    found = street([0, 60_000], [("P", "pustu", 0.0)])
    ilp = Ilp(find_gaps(covering(found, pustu=[CODES[0]])))
    assert math.isnan(ilp.also.loc[CODES[1]].iloc[0])
    assert math.isnan(ilp.scores.loc[CODES[1], "pustu_units_per_10000"])


# People for whom no unit has room were given as known, though the list is "at least".
@pytest.mark.parametrize("word", ["puskesmas", "roads"])
def test_people_without_room_are_unknown_where_other_units_may_be(word):
    units = [("P", "puskesmas", 0.0, {"capacity_people": 60.0})]
    area = beside_each_other([0, 60_000], units, people=100.0)
    ends = [box(-3000, -100, 3000, 100), box(50_000, -100, 73_000, 100)]
    area = replace(area, villages=area.villages.set_geometry(ends, crs=CRS))
    sure = Ilp(find_gaps(covering(area, puskesmas="all", roads="all")))
    assert sure.beyond["puskesmas_people_beyond"].tolist() == [40.0, 0.0]
    assert ilp_summary(sure)["people_beyond"]["puskesmas"] == 40.0
    part = Ilp(find_gaps(covering(area, **{word: [CODES[0]]})))
    first, second = part.beyond["puskesmas_people_beyond"].tolist()
    # The border is 50 km, 100 minutes by road, away from the first.
    assert first == 40.0
    assert math.isnan(second)
    assert ilp_summary(part)["people_beyond"]["puskesmas"] is None


def loads_of(area):
    """Return by unit how many people it is given."""
    return Ilp(find_gaps(area)).loads["people_allocated"].to_dict()


# Loads were given as known beside villages whose lists nobody has, though their people may go elsewhere.
def test_a_load_is_unknown_where_its_people_may_have_another_unit_and_known_where_not():
    units = [("P", "puskesmas", 0.0, {"capacity_people": 60.0}), ("Q", "puskesmas", 60_000.0)]
    area = beside_each_other([0, 60_000], units, people=100.0)
    ends = [box(-3000, -100, 3000, 100), box(50_000, -100, 73_000, 100)]
    area = replace(area, villages=area.villages.set_geometry(ends, crs=CRS))
    assert loads_of(covering(area, puskesmas="all", roads="all")) == {"P": 60.0, "Q": 100.0}
    for word in ("puskesmas", "roads"):
        part = loads_of(covering(area, **{word: [CODES[0]]}))
        # The border is 50 km, 100 minutes by road, away from the first.
        assert part["P"] == 60.0, word
        assert math.isnan(part["Q"]), word


CATCHMENTS = ("people_total", "people_own", "people_nearest")


def catchments_of(area):
    """Return by unit and column its catchments, with the load."""
    gaps = find_gaps(area)
    table = facility_table(gaps)[[*CATCHMENTS]].join(Ilp(gaps).loads["people_allocated"])
    return table.stack(future_stack=True).to_dict()


# Who is nearest to a unit was told as a fact beside villages whose lists or roads nobody has.
@pytest.mark.parametrize("word", ["puskesmas", "roads"])
def test_whose_people_are_is_unknown_where_an_unlisted_unit_or_an_undrawn_way_may_take_them(word):
    units = [("P", "puskesmas", 0.0), ("Q", "puskesmas", 60_000.0)]
    area = beside_each_other([0, 60_000], units, people=100.0)
    ends = [box(-3000, -100, 3000, 100), box(50_000, -100, 73_000, 100)]
    area = replace(area, villages=area.villages.set_geometry(ends, crs=CRS))
    whole = catchments_of(covering(area, puskesmas="all", roads="all"))
    assert {whole[u, c] for u in "PQ" for c in CATCHMENTS} == {100.0}
    gaps = find_gaps(covering(area, **{word: [CODES[0]]}))
    told = facility_table(gaps)
    # The border is 50 km, 100 minutes by road, away from the first; the second's people may go elsewhere.
    assert told.loc["P", ["people_total", "people_own"]].tolist() == [100.0, 100.0]
    assert math.isnan(told.loc["Q", "people_own"])
    # Somebody may come to any unit over a way that nobody drew; a unit that nobody listed takes none away.
    assert math.isnan(told.loc["Q", "people_total"]) is (word == "roads")
    assert math.isnan(told.loc["P", "people_nearest"]) is (word == "roads")
    assert math.isnan(told.loc["Q", "people_nearest"])
    sheets = [catchment(gaps, u, "puskesmas", "dry") for u in "PQ"]
    for column in CATCHMENTS:
        assert [getattr(one, column) for one in sheets] == pytest.approx(told[column].tolist(), nan_ok=True)
    assert sheets[1].villages["people"].isna().all()
    assert Ilp(gaps).catchments("puskesmas")["people_own"].isna().tolist() == [False, True]


@pytest.mark.slow
def test_the_sum_of_catchments_is_unknown_where_one_of_them_is():
    area = beside_each_other([0, 60_000], [("P", "puskesmas", 0.0), ("Q", "puskesmas", 60_000.0)])
    ends = [box(-3000, -100, 3000, 100), box(50_000, -100, 73_000, 100)]
    area = replace(area, villages=area.villages.set_geometry(ends, crs=CRS))
    for covered, sums in (("all", 200.0), ([CODES[0]], "unknown")):
        ilp = Ilp(find_gaps(covering(area, puskesmas=covered, roads="all")))
        sheet = catchments(ilp, BookWords("en", list(ilp.kinds)))
        column = next(c for c in sheet.columns if c.name == "people_own")
        assert [f.value for f in sheet.totals(column, "unknown")] == [sums, sums]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(14))
def test_a_load_that_is_told_is_the_same_with_all_units_and_roads(seed):
    rng = random.Random(seed)  # noqa: S311 - no secret
    area, many, _, units, covered = stretches(seed, most=6)
    beyond = sorted(set(range(many)) - covered)
    # Narrow rooms, so that who finds one full goes on to the next.
    room = {x: rng.choice([100.0, 150.0, 250.0, math.nan]) for x in units}
    word = rng.choice(["puskesmas", "roads"])
    if word == "roads":
        known, drawn = units, along(many, covered)
    else:
        known, drawn = [x for x in units if int(x // STRETCH) in covered], along(many)
    rows = area.facilities.assign(capacity_people=[room[x] for x in units])
    part = replace(area, roads=drawn).with_facilities(rows[[x in known for x in units]])
    where = {"puskesmas": "all", "roads": "all", word: {CODES[i] for i in covered}}
    told = catchments_of(covering(part, **where))
    names = dict(zip(units, area.facilities.index, strict=True))
    for _ in range(4):
        places = {v * STRETCH + rng.randrange(0, 9000, 500) for v in rng.sample(beyond, min(len(beyond), 2))}
        hidden = sorted(places) if word == "puskesmas" else []
        every = [*units, *hidden]
        ids = [*(names[x] for x in units), *(f"H{i}" for i in range(len(hidden)))]
        all_units = facilities(
            [(i, "puskesmas", at(x, 0), CODES[int(x // STRETCH)]) for i, x in zip(ids, every, strict=True)],
            functioning=["yes"] * len(every),
        ).assign(capacity_people=[room.get(x, 100.0) for x in every])
        quick = {"road_class": "trunk"} if rng.random() < 0.5 else {}
        all_roads = along(many, covered, quick) if word == "roads" else drawn
        whole = replace(area, roads=all_roads).with_facilities(all_units)
        truth = catchments_of(covering(whole, puskesmas="all", roads="all"))
        for unit, people in told.items():
            assert math.isnan(people) or people == truth[unit], (unit, people, truth, hidden)


# Others who come to a unit over roads that are not drawn leave less of it for who reaches it by drawn ones.
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(16))
def test_a_floating_catchment_score_that_is_told_is_the_same_with_all_roads(seed):
    area, many, _, _, covered = stretches(seed, most=6)
    part = replace(area, roads=along(many, covered))
    told = Ilp(find_gaps(covering(part, puskesmas="all", roads={CODES[i] for i in covered}))).scores
    for road in ({}, {"road_class": "trunk"}):
        whole = replace(area, roads=along(many, covered, road))
        truth = Ilp(find_gaps(covering(whole, puskesmas="all", roads="all"))).scores
        for column in ("puskesmas_units_per_10000", "puskesmas_units_per_10000_near"):
            known = told[column].notna()
            np.testing.assert_allclose(told[column][known], truth[column][known], rtol=1e-9)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([50.0, 70.0], "120 people live over"),
        ([math.nan, math.nan], "an unknown number of people live over"),
        ([50.0, math.nan], "50 people, and an unknown number in 1 village, live over"),
    ],
)
def test_who_lives_far_off_every_road_may_be_of_unknown_number(people, said):
    area = beside_each_other([0, 1000], [("P", "posyandu", 0.0)])
    home = hamlets([(f"h{i}", CODES[i], at(1000 * i, 500), n) for i, n in enumerate(people)])
    area = replace(area, hamlets=home, villages=area.villages.assign(people=people))
    [found] = [f for f in check(area) if f.rule == "leg_uses_limit"]
    assert said in found.message


# 0.7 + 0.1 = 0.7999999999999999: "partly" although the open tenth would make it served.
def test_a_status_by_intervals_is_not_decided_by_the_last_bit():
    table = of_kind(clipped([(*NEAR, 70.0), (*FAR, 20.0), (*CUT_OFF, 10.0)]))[1].iloc[0]
    assert (table["share_reached"], table["share_unknown"]) == (0.7, 0.1)
    assert table["status"] == "unknown"


# One road of 16 km through eight villages: a piece counts where its middle is, so six are "bare".
def test_a_long_road_is_in_each_village_that_it_runs_through():
    shapes = {CODES[i]: (box(2000 * i, -1000, 2000 * i + 2000, 1000), 100) for i in range(8)}
    found = layers(
        villages(shapes),
        roads([{"from": 0, "to": 1, "geometry": line((0, 0), (16_000, 0))}]),
        facilities([("U", "puskesmas", at(0, 0), CODES[0])]),
        listed=("puskesmas",),
    )
    assert find_extent(found, SCENARIO).why == {}


# The other way about: a long road whose middle is inside goes on outside, and the roads are "clipped" all
# the same.
def test_a_road_whose_middle_is_inside_goes_on():
    assert not find_extent(clipped(onward=[((62_000, 8000), (62_000, 9900))]), SCENARIO).clipped


# The reason line counts the open people among those who "need more than 30 minutes"; dry unknown and wet
# no is "unreached".
def test_the_line_of_a_gap_speaks_of_known_people_only():
    gaps = find_gaps(clipped([(*NEAR, 10.0), (*FAR, 60.0), (*CUT_OFF, 30.0)]))
    assert Ilp(gaps).answers["puskesmas"].iloc[0]["reason_en"].startswith("60%")


def test_unknown_in_the_dry_season_is_not_unreached():
    found = clipped([(8000, 0, 30.0), (*CUT_OFF, 30.0), (*FAR, 40.0)])
    found = replace(found, roads=found.roads.assign(surface="dirt"))
    gaps, table = of_kind(found)
    assert table.iloc[0][["status", "wet_status"]].tolist() == ["unknown", "gap"]
    # METHODS: unreached is "no in the dry season".
    assert Ilp(gaps).answers["puskesmas"].iloc[0]["class"] != "unreached"


# A hamlet of nobody makes the village's (and the area's) median unknown; minutes_max knows better.
def test_a_hamlet_of_nobody_decides_no_median():
    gaps, table = of_kind(clipped([(*NEAR, 100.0), (*CUT_OFF, 0.0)]))
    assert table.iloc[0]["minutes_max"] == 0.0
    assert table.iloc[0]["minutes_median"] == 0.0
    assert summary(gaps)["kinds"]["puskesmas"]["minutes_median"] == 0.0


# people_unsure is 0.0, not null, where no village's people are known: the map does not say "at least".
def test_unsure_people_of_unknown_number_are_unknown():
    gaps = find_gaps(covering(two_places(people=math.nan), puskesmas=[CODES[0]]))
    assert summary(gaps)["kinds"]["puskesmas"]["people_unsure"] is None


# Few pustu but a poskesdes in each kecamatan: doubted, though a poskesdes counts as a pustu (and is
# present).
def test_poskesdes_are_pustu_also_for_the_signs():
    found = kecamatan(10, 10)
    found = found.with_facilities(found.facilities.assign(kind=["pustu"] + ["poskesdes"] * 9))
    found = replace(found, area=replace(found.area, listed_kinds=("pustu", "poskesdes")))
    assert find_extent(found, SCENARIO).why == {}


# Units whose places are outside the area are on the office's list all the same; but on a list of the whole
# province the neighbours' do not make up for what is missing.
def test_listed_is_one_number():
    found = street([0], [(f"U{i}", "pustu", 0.0) for i in range(20)], listed=("pustu",))
    home = [CODES[0]] * 15 + [None] * 5
    found = found.with_facilities(found.facilities.assign(village_code=np.array(home, dtype=object)))
    for official, difference, doubted in ((20, 0, False), (25, -5, True), (16, 4, True), (15, 5, False)):
        gaps = find_gaps(replace(found, area=replace(found.area, official={"pustu": official})))
        assert reconciled(gaps).loc["pustu", "difference"] == difference
        assert ("pustu" in gaps.extent.why) == doubted


# A known-empty list is unknown for whoever "has no way", since there is nowhere to go (clipped, or roads
# covers:).
@pytest.mark.parametrize("how", ["clipped", "covers"])
def test_no_facility_at_all_is_no_matter_of_roads(how):
    found = clipped(kinds=("puskesmas", "hospital"))
    found = covering(found, hospital="all") if how == "clipped" else covering(found, hospital="all", roads=[])
    assert of_kind(found, "hospital")[1].iloc[0]["reason"] == "no_facility"


# as_dry, though a flood drawn in the scenario, or a ford where two ways end, makes the wet season slower.
def test_a_flood_of_the_scenario_tells_the_seasons_apart():
    found = street([0, 15_000], [("U", "puskesmas", 0.0)])
    ring = (
        gpd.GeoSeries([box(4000, -100, 5000, 100)], crs=CRS)
        .to_crs(4326)
        .iloc[0]
        .geoms[0]
        .exterior.coords[:-1]
    )
    gaps = Study(found).gaps([Flood(op="flood", polygon=list(ring), factor=0.99, season="wet")])
    answers = Ilp(gaps).answers["puskesmas"]
    assert gaps.seasons["wet"]["puskesmas"].minutes[1] > gaps.seasons["dry"]["puskesmas"].minutes[1]
    assert "as_dry" not in set(answers["reachable_wet"])


def test_a_ford_where_two_roads_end_tells_the_seasons_apart():
    found = street([0, 2000], [("U", "puskesmas", 0.0)])
    found = replace(
        found,
        roads=roads(
            [
                {"from": 0, "to": 1, "geometry": line((-100, 0), (1000, 0)), "to_barrier": "ford=yes"},
                {"from": 2, "to": 1, "geometry": line((3000, 0), (1000, 0)), "to_barrier": "ford=yes"},
            ]
        ),
    )
    gaps = find_gaps(found)
    dry, wet = (gaps.seasons[s]["puskesmas"].minutes[1] for s in ("dry", "wet"))
    assert (dry, wet) == (4.0, 28.0)
    assert seasons_told(found, SCENARIO)


# Study.under keeps an answer whose lists the other standard doubts.
def test_under_another_standard_is_as_a_study_of_its_own():
    base = SCENARIO.standard
    counts = {**base, "puskesmas": base["puskesmas"].model_copy(update={"counts": ("pustu",)})}
    first = SCENARIO.model_copy(
        update={"standard": {**counts, "pustu": base["pustu"].model_copy(update={"people_per_unit": None})}}
    )
    second = SCENARIO.model_copy(
        update={"standard": {**counts, "pustu": base["pustu"].model_copy(update={"people_per_unit": 10.0})}}
    )
    found = street([0, 60_000], [("P", "puskesmas", 0.0), ("Q", "pustu", 0.0)])
    found = found.with_facilities(found.facilities.assign(village_code=CODES[0]))
    study = Study(found, scenario=first)
    study.gaps()
    one = study.under(second).gaps().coverage["puskesmas"].villages
    other = Study(found, scenario=second).gaps().coverage["puskesmas"].villages
    assert one["status"].tolist() == other["status"].tolist()


# A stub of 3 m that is joined at its other end "almost meets" the road it comes from.
def test_a_short_stub_is_no_gap():
    found = replace(
        two_places(),
        roads=roads(
            [
                {"from": 0, "to": 1, "geometry": line((0, 0), (1000, 0))},
                {"from": 1, "to": 2, "geometry": line((1000, 0), (2000, 0))},
                {"from": 1, "to": 3, "geometry": line((1000, 0), (1000, 3))},
            ]
        ),
    )
    assert [f for f in check(found) if f.rule == "ends_almost_meet"] == []


def test_other_rules_take_over_what_is_known_of_the_roads(demo_layers):
    """What a study under other limits knows of the roads is what a fresh one finds out."""
    villages = demo_layers.villages
    inner = villages.geometry.iloc[:6].union_all()
    cut = demo_layers.roads[demo_layers.roads.intersects(inner)]
    layers = replace(demo_layers, roads=cut)
    study = Study(layers)
    assert "roads" in study.extent.why
    standard = dict(study.scenario.standard)
    standard["pustu"] = standard["pustu"].model_copy(update={"limit_minutes": 12.0})
    scenario = study.scenario.model_copy(update={"standard": standard})
    mine, fresh = study.under(scenario).extent, Study(layers, scenario=scenario).extent
    assert (dict(mine.why), dict(mine.detail), mine.clipped) == (
        dict(fresh.why), dict(fresh.detail), fresh.clipped
    )  # fmt: skip
    assert mine.roads.tolist() == fresh.roads.tolist()
    assert mine.lists.keys() == fresh.lists.keys()
