"""The ILP answers in the app: what is shown is what planner.ilp says of the same answer."""

from __future__ import annotations

import html
import io
import math
import re
import string
import threading
import time
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from street import CODES, street
from support import run_apart

from app.areas.area import Answer, Area
from app.areas.question import WhatIf
from app.core.session import Session
from app.core.state import Selection, State
from app.core.work import Seats
from app.figures import exports
from app.figures.adoption_board import kept_records
from app.figures.equity import BY, equity
from app.figures.ilp import PWS_PARTS, group_reach, unit_ilp, village_pws
from app.figures.measures import MEASURES
from app.store import Store
from app.texts import Texts
from app.views import data as data_view
from app.views import equity as equity_view
from app.views import figures as figures_view
from app.views import guide as guide_view
from app.views import sheet as sheet_view
from app.views.mapview import painting
from app.web.address import LINKED, Address
from geodata.adoption import Adoption
from planner.coverage.study import find_gaps
from planner.ilp.model import Ilp
from planner.ilp.tables import ilp_summary
from planner.ilp.three_answers import CLASSES
from planner.reports.outputs import write_gaps
from planner.reports.pws_page import pws_html
from planner.scenarios.edits import OpenFacility
from planner.scenarios.scenario import default_scenario
from planner.supply.stages import puskesmas_of

# Panel's own file button warns of what panel-material-ui gives it.
PANELS_OWN = pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning")
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}"


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture(scope="module")
def ilp(area):
    """Computed apart from the app's own."""
    return Ilp(area.base.gaps)


@pytest.fixture
def state(area):
    return State(area)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield store
    store.close()


@pytest.fixture
def session(area, store):
    return Session(area, Texts("en"), store, account="siti", editor=True)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_map_by_state_shows_each_village_in_its_class(state, ilp):
    state.measure = "state"
    for kind in state.area.kinds:
        state.kind = kind
        found = [CLASSES[c] for c in state.classes()]
        assert found == ilp.answers[kind]["class"].tolist()
        legend = state.painted.legend(Texts("en"))
        assert len({row.color for row in legend}) == len(CLASSES)


def test_the_map_by_functioning_keeps_unknown_apart(state, ilp):
    state.measure = "functioning"
    for kind in state.area.kinds:
        state.kind = kind
        found = [("yes", "no", "unknown")[c] for c in state.classes()]
        assert found == ilp.answers[kind]["functioning"].tolist()


def test_people_beyond_capacity_are_unknown_where_no_capacity_is_known(state, ilp):
    state.measure = "beyond"
    beyond = ilp.beyond["pustu_people_beyond"]
    state.kind = "pustu"
    assert ((state.classes() == 0) == (beyond == 0).to_numpy()).all()
    # A hospital has no capacity in the list or the standard: nobody can say that it has room.
    state.kind = "hospital"
    assert ilp.loads.loc[ilp.loads["serves_as"] == "hospital", "capacity_people"].isna().all()
    near = state.area.base.gaps.coverage["hospital"].villages["people_reached"].to_numpy() != 0
    shown = [state.painted.legend(Texts("en"))[c].label for c in state.classes()]
    assert shown == ["unknown" if unknown else "nobody" for unknown in near]
    # The table says the same, and there is no sum of it.
    assert ilp.beyond["hospital_people_beyond"].isna().tolist() == near.tolist()
    assert ilp_summary(ilp)["people_beyond"]["hospital"] is None


@pytest.mark.slow
def test_nothing_of_the_ilp_answers_is_computed_before_somebody_asks(area):
    question = WhatIf().with_rule("pustu", limit_minutes=17.0)
    state = State(area)
    state.ask(question)
    assert state.ready
    assert not state.answer.ready("units")
    state.measure = "state"
    assert not state.ready
    # The thread that computes the next answer prepares what is shown of it.
    other = question.with_rule("pustu", limit_minutes=18.0)
    assert state.check(other).ready("answers")
    state.preparing()()
    assert state.ready


def test_an_answer_asked_by_many_threads_computes_a_part_once(area):
    answer, made, begun = Answer(WhatIf(), area.base.gaps), [], threading.Barrier(4)

    class Slow:
        """Without the lock that ``cached_property`` had until Python 3.12."""

        def __getattr__(self, part):
            made.append(part)
            time.sleep(0.05)
            vars(self)[part] = part

    object.__setattr__(answer, "ilp", Slow())

    def ask():
        begun.wait()
        answer.prepare("groups")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["groups"]


@pytest.mark.parametrize("season", ["dry", "wet"])
def test_headlines_of_a_group_are_its_people_reached(area, ilp, season):
    state = State(area, group="balita", season=season)
    infix = "" if season == "dry" else "_wet"
    table = ilp.groups.xs("balita", level="group")
    for headline in state.headlines():
        reached = table[f"{headline.kind}{infix}_people_reached"]
        assert headline.people_reached == pytest.approx(reached.sum())
        whole = table["people"][reached.notna()].sum()
        assert headline.share_reached == pytest.approx(reached.sum() / whole)
    # Who is a gap does not depend on for whom one asks.
    everybody = State(area, season=season).headlines()
    assert [h.villages_gap for h in state.headlines()] == [h.villages_gap for h in everybody]


def test_a_group_changes_what_speaks_of_people_and_nothing_else(area, ilp):
    whole, group = State(area), State(area, group="lansia")
    for measure in MEASURES:
        whole.measure = group.measure = measure
        same = np.array_equal(whole.classes(), group.classes())
        assert same is (measure != "unreached"), measure
    table = ilp.groups.xs("lansia", level="group")
    left = table["people"] - table["puskesmas_people_reached"]
    ranking = group.ranking()
    pd.testing.assert_series_equal(ranking["unreached"].sort_index(), left.sort_index(), check_names=False)


def test_differences_of_a_group_are_those_of_its_people(area):
    far = area.base.villages("posyandu", "dry")["share_reached"].idxmin()
    place = area.layers.villages.to_crs(4326).geometry[far].representative_point()
    edit = OpenFacility(op="open_facility", id="new", kind="posyandu", lonlat=(place.x, place.y))
    state = State(area, group="bayi")
    state.ask(WhatIf().with_edit(edit))
    [headline] = [h for h in state.headlines() if h.kind == "posyandu"]
    now = group_reach(state.answer, "bayi", "posyandu", "dry")
    before = group_reach(area.base, "bayi", "posyandu", "dry")
    assert headline.people_change == pytest.approx(now.people_reached - before.people_reached)
    assert headline.people_change > 0


def test_a_group_that_nobody_counted_is_projected_and_one_without_people_unknown(demo_layers):
    villages = demo_layers.villages.drop(columns="people_bayi", errors="ignore").copy()
    villages["people"] = math.nan
    layers = replace(demo_layers, villages=villages)
    found = group_reach(Area(layers).base, "bayi", "pustu", "dry")
    assert (found.counted, found.projected, found.unknown) == (0, 0, len(villages))
    assert math.isnan(found.total)
    assert math.isnan(found.people_reached)
    assert math.isnan(found.share_reached)


@pytest.mark.slow
def test_a_village_is_shown_as_the_ilp_answers_say(area, ilp):
    names = area.layers.facilities["name"]
    for code in area.layers.villages.index[:6]:
        for lang in ("id", "en"):
            shown = village_pws(area.base, code, lang)
            for service in shown.services:
                one = ilp.answers[service.kind].loc[code]
                assert [service.present, service.dry, service.wet, service.functioning, service.state] == [
                    one["present"], one["reachable_dry"], one["reachable_wet"], one["functioning"],
                    one["class"],
                ]  # fmt: skip
                assert service.reason == one[f"reason_{lang}"]
                assert service.unit.name == (names[one["unit_id"]] if one["unit_id"] else "")
        referral = ilp.referral.loc[(code, "standard")]
        assert shown.referral_minutes == pytest.approx(referral["minutes"], nan_ok=True)
        assert shown.exceeds == referral["exceeds"]
        assert sum(leg.minutes for leg in shown.legs) == pytest.approx(shown.referral_minutes)
        assert shown.how == ilp.jejaring.villages.loc[code, "how"]
        assert shown.remote["remote"] == ilp.remote.loc[code, "remote"]
        for group in shown.groups:
            row = ilp.groups.loc[(code, group.group)]
            assert group.people == pytest.approx(row["people"], nan_ok=True)
            assert group.origin == row["from"]


@pytest.mark.slow
def test_a_level_without_a_list_is_named_and_no_village_is_said_to_be_within_the_limit(demo_layers):
    rows = demo_layers.facilities
    layers = demo_layers.with_facilities(rows[rows["kind"] != "posyandu"])
    listed = tuple(k for k in layers.area.listed_kinds if k != "posyandu")
    area = Area(replace(layers, area=replace(layers.area, listed_kinds=listed)))
    code = layers.villages.index[0]
    shown = village_pws(area.base, code, "en")
    assert shown.levels_unknown == ["posyandu"]
    assert shown.exceeds in ("yes", "unknown")
    assert math.isnan(shown.legs[0].minutes)
    assert shown.visits["status"] == "unknown"
    [posyandu] = [s for s in shown.services if s.kind == "posyandu"]
    assert (posyandu.state, posyandu.functioning) == ("unknown", "unknown")


@pytest.mark.slow
def test_a_unit_is_shown_with_its_staff_and_load(area, ilp):
    rows = area.layers.facilities
    for facility_id in rows.index:
        shown = unit_ilp(area.base, facility_id)
        mine = ilp.units[ilp.units.index == facility_id].set_index("serves_as")
        loads = ilp.loads[ilp.loads.index == facility_id].set_index("serves_as")
        assert [r.kind for r in shown.roles] == list(mine.index)
        for role in shown.roles:
            lacks = " ".join(f"{a.what}:{a.lacking:g}" for a in role.asked if a.lacking > 0)
            assert lacks == mine.loc[role.kind, "lacks"]
            unknown = " ".join(a.what for a in role.asked if math.isnan(a.lacking))
            assert unknown == mine.loc[role.kind, "not_known"]
            assert role.functions == mine.loc[role.kind, "functions"]
            for value, column in ((role.people, "people_allocated"), (role.load, "load")):
                assert value == pytest.approx(loads.loc[role.kind, column], nan_ok=True)
        if facility_id in ilp.jejaring.units.index:
            network = ilp.jejaring.units.loc[facility_id]
            assert (shown.parent.id, shown.how) == (network["parent_id"], network["how"])
        working = ilp.jejaring.villages["puskesmas_id"] == facility_id
        assert shown.villages == (working.sum() if rows.loc[facility_id, "kind"] == "puskesmas" else None)


@pytest.mark.parametrize(
    ("load", "text"),
    [(0.5, "50.0%"), (1.0, "100%"), (0.9999, "99.9%"), (1.0001, "100.1%"), (1.5, "150%"), (2.345, "234%"),
     (math.nan, "unknown"), (math.inf, "no room at all")],
)  # fmt: skip
def test_a_load_is_never_full_when_it_is_only_nearly(load, text):
    assert Texts("en").load(load) == text


@pytest.mark.parametrize("by", BY)
def test_the_equity_page_holds_the_table_of_the_planner(area, ilp, by):
    table = ilp.equity
    mine = table[(table["kind"] == "pustu") & (table["season"] == "wet")]
    shown = equity(area.base, "pustu", "wet", by)
    rows = mine[mine["by"] == by].set_index("group")
    assert sorted(r.group for r in shown.rows) == sorted(rows.index)
    for row in shown.rows:
        assert row.share_reached == pytest.approx(rows.loc[row.group, "share_reached"], nan_ok=True)
        assert row.minutes[2] == pytest.approx(rows.loc[row.group, "minutes_p50"], nan_ok=True)
        if row.marks is not None:
            assert all(0.0 <= a <= b <= 1.0 for a, b in zip(row.marks, row.marks[1:], strict=False))
    [whole] = mine[mine["by"] == "all"].to_dict("records")
    assert shown.whole.gini_reachable == pytest.approx(whole["gini_reachable"])
    x, y = np.array(shown.curve).T
    assert 1.0 - np.sum(np.diff(x) * (y[1:] + y[:-1])) == pytest.approx(whole["gini_reachable"], abs=2e-3)


def test_what_is_not_told_apart_by_group_says_that_it_is_of_all_people(area, store):
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    page = equity_view.make(session)
    assert "all people" not in text_of(page.html.partition("<dl")[0])
    session.state.measure = "beyond"
    assert "(" not in painting(session, 0)["title"]
    session.state.group = "balita"
    assert "all people" in text_of(page.html.partition("</h2>")[0])
    assert "under-fives alone" in text_of(page.html)
    assert painting(session, 0)["title"].endswith("People beyond capacity (all people)")
    session.state.measure = "unreached"
    assert painting(session, 0)["title"].endswith("(under-fives)")


def test_the_equity_page_of_an_unlisted_kind_says_that_nothing_is_known(demo_layers, store):
    rows = demo_layers.facilities
    layers = demo_layers.with_facilities(rows[rows["kind"] != "pustu"])
    listed = tuple(k for k in layers.area.listed_kinds if k != "pustu")
    area = Area(replace(layers, area=replace(layers.area, listed_kinds=listed)))
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    page = equity_view.make(session)
    assert 'role="img"' in page.html
    session.state.kind = "pustu"
    assert "Nothing is known" in page.html
    assert "<svg" not in page.html
    assert "nan" not in page.html


def test_the_equity_page_says_at_least_where_nobody_knows(store):
    found = street([0, 60_000, 60_000], [("U", "pustu", 0.0)])
    found = found.with_facilities(found.facilities.assign(village_code=CODES[0]))
    rows = found.villages.assign(covered=["pustu", "pustu", ""])
    found = replace(found, villages=rows, area=replace(found.area, declared=("pustu",)))
    session = Session(Area(found), Texts("en"), store, account="siti", editor=True)
    session.state.kind = "pustu"
    page = equity_view.make(session).html
    shown = dict(re.findall(r'data-equity="(\w+)">(.*?)</dd>', page))
    assert text_of(shown["share"]).strip() == "≥ 33.3%"
    assert text_of(shown["unreachable"]).strip() == "≥ 0%"
    assert text_of(shown["gini"]).strip() == "unknown"
    assert text_of(shown["worst"]).strip() == "≤ 120 min"
    assert "from unknown on" not in page
    # Its curve is not known either, and what is open has its own colour.
    assert 'class="curve"' not in page
    assert 'class="maybe" x="231.3"' in page
    # A kecamatan without a name is its code, in the chart and in the table.
    code = CODES[0][:8]
    assert f'<th scope="row">{code}</th>' in page
    assert f">{code}</text>" in page
    assert equity(session.area.base, "pustu", "dry", "district").rows[0].name == code


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("case", ["no_list", "list", "roads", "no_roads", "place", "people"])
def test_a_sheet_without_units_says_why_in_its_own_words(case, lang):
    texts = Texts(lang)
    found = street([0, 60_000], [("U", "pustu", 0.0)], listed=("puskesmas", "pustu"))
    kind, reason = "pustu", "unknown"
    if case == "no_list":
        kind = "posyandu"
    elif case == "list":
        kind, reason = "puskesmas", "list_incomplete"
    elif case == "roads":
        reason = "roads_incomplete"
        found = replace(found, villages=found.villages.assign(covered=""),
                        area=replace(found.area, declared=("roads",)))  # fmt: skip
    elif case == "no_roads":
        reason, found = "roads_incomplete", replace(found, roads=None)
    elif case == "people":
        reason = "people_unplaced"
    gaps = find_gaps(found)
    said = sheet_view.why_nothing(texts, gaps, kind, "dry", {"reason": reason, "status": "unknown"})
    words = {
        "no_list": ("no list was given", "daftarnya tidak tersedia"),
        "no_roads": ("whether a vehicle gets there in time", "apakah kendaraan sampai di sana"),
        "list": (
            "Puskesmas: the list is not complete (the list has no row",
            "Puskesmas: daftar belum lengkap",
        ),
        "roads": ("The road data are not complete (said to cover a part", "Data jalan belum lengkap"),
        "place": ("has no known place", "Lokasi salah satu fasilitas dalam daftar belum diketahui"),
        "people": ("Where its people live is not known", "Letak permukiman penduduknya belum diketahui"),
    }[case]
    assert words[lang == "id"] in said
    # No other reason than its own.
    assert said.count(":") <= 2
    if lang == "id":
        assert not re.search(r"\b(the|list|known|village)\b", said)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_guide_names_layers_and_marks_in_the_language(demo_layers, store, lang):
    plain = default_scenario()
    own = plain.standard["puskesmas"].model_copy(update={"basis": "[C] Perbup 5/2026"})
    base = plain.model_copy(update={"standard": {**plain.standard, "puskesmas": own}})
    session = Session(Area(demo_layers, scenario=base), Texts(lang), store, account="siti", editor=True)
    page = guide_view.make(session).html
    layers = {"id": ("desa/kelurahan", "jalan", "fasilitas", "penduduk"),
              "en": ("villages", "roads", "facilities", "population")}[lang]  # fmt: skip
    sources = data_view.make(session)[-1].html
    for name in layers:
        assert f'<th scope="row">{name}</th>' in sources
    marks = {"id": "[C] dibaca dalam sumber yang disebut", "en": "[C] read in the named source"}[lang]
    assert page.count(marks) == 1
    # Sources of our own in the language, those of an office as it wrote them.
    hospital = {
        "id": "Dua jam dengan kendaraan bermotor lazim dipakai",
        "en": "Two hours motorised are usual",
    }
    assert [said in page for said in hospital.values()] == [lang == "id", lang == "en"]
    assert "Perbup 5/2026" in page
    figures = figures_view.make(session)
    session.state.kind = "hospital"
    assert hospital[lang] in figures.html
    # Of another limit it is no source.
    session.questions.change(lambda: WhatIf().with_rule("hospital", limit_minutes=75.0))
    assert hospital[lang] not in figures.html
    session.state.group = "bayi"
    assert {"id": "data nyata didahulukan", "en": "real counts come first"}[lang] in figures.html
    assert Texts(lang).kind("other") != "other"


@pytest.mark.slow
@PANELS_OWN
def test_pages_say_what_was_computed_and_escape_what_came_from_files(demo_layers, store):
    facilities, villages = demo_layers.facilities.copy(), demo_layers.villages.copy()
    facilities["name"] = HOSTILE
    villages["village_name"] = villages["district_name"] = HOSTILE
    layers = replace(demo_layers.with_facilities(facilities), villages=villages)
    area = Area(replace(layers, area=replace(layers.area, name=HOSTILE)))
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    column = sheet_view.make(session)
    code = villages.index[3]
    pages = []
    session.state.selected = Selection("village", code)
    pages.append(column[0].html)
    assert village_pws(area.base, code, "en").next_action in text_of(pages[0])
    session.state.selected = Selection("facility", str(facilities.index[0]))
    pages += [column[0].html, equity_view.make(session).html]
    pages.append(exports.to_pws(area.base, "en", [code]).getvalue().decode())
    for page in pages:
        assert "<script>alert" not in page
        assert "49" not in re.findall(r"&amp;(\d+)", page)
        assert HOSTILE in html.unescape(page)


@pytest.mark.slow
@PANELS_OWN
def test_the_quick_part_of_a_sheet_comes_before_the_ilp_part(area, store):
    jobs = []

    class Pool:
        def submit(self, job):
            jobs.append(job)
            return Future()

    answer = area.answer(WhatIf().with_rule("pustu", limit_minutes=21.0))
    session = Session(
        area, Texts("en"), store, account="siti", editor=True, seats=Seats(Pool(), Pool(), Pool(), Pool())
    )
    session.state.move_to(session.state.history.then(answer.what_if))
    jobs.clear()
    column = sheet_view.make(session)
    session.state.selected = Selection("village", str(area.layers.villages.index[0]))
    jobs.pop(0)()
    assert "being computed" in column[0].html
    assert not answer.ready("answers")
    # Another village is chosen meanwhile: what belongs to the first is not shown any more.
    other = str(area.layers.villages.index[1])
    late = jobs.pop(0)
    session.state.selected = Selection("village", other)
    late()
    assert 'data-pws="next"' not in column[0].html
    while jobs:
        jobs.pop(0)()
    assert answer.ready(*PWS_PARTS)
    assert other in column[0].html
    assert 'data-pws="next"' in column[0].html


@pytest.mark.slow
@PANELS_OWN
def test_the_pws_sheet_of_the_village_shown_is_a_file(session, ilp):
    column = sheet_view.make(session)
    assert not column[1].visible
    code = str(session.area.layers.villages.index[2])
    session.state.selected = Selection("village", code)
    assert column[1].visible
    made = run_apart(column[1].callback()).getvalue().decode()
    assert made == pws_html(ilp, lang="en", only=[code])
    assert code in column[1].filename
    session.state.selected = Selection("facility", str(session.area.layers.facilities.index[0]))
    assert not column[1].visible


@pytest.mark.slow
def test_downloads_hold_what_the_command_writes(area, ilp, tmp_path):
    write_gaps(area.base.gaps, tmp_path / "gaps", lang="id")
    assert exports.to_csv(area.base).getvalue() == (tmp_path / "gaps" / "villages.csv").read_bytes()
    assert exports.to_pws(area.base, "id").getvalue() == (tmp_path / "gaps" / "pws.html").read_bytes()
    assert exports.to_xlsx(area.base).getvalue() == (tmp_path / "gaps" / "gaps.xlsx").read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(area.base, "en").getvalue()))
    rows = {
        sheet.title: sheet.auto_filter.ref.rpartition(":")[2].lstrip(string.ascii_uppercase) for sheet in book
    }
    heads = {"Network": 3, "Equity": 3, "Life cycle": 5, "Adoption of ILP": 5}
    counts = {name: int(rows[name]) - head for name, head in heads.items()}
    assert counts["Network"] == len(ilp.jejaring.villages) + len(ilp.jejaring.units)
    assert counts["Equity"] == len(ilp.equity)
    assert counts["Life cycle"] == len(ilp.groups)
    assert counts["Adoption of ILP"] == len(pd.read_csv(tmp_path / "gaps" / "puskesmas.csv"))
    header = {cell.comment.text for cell in book["Facilities"][3]}
    assert {"functions", "lacks", "not_known"} <= header


@pytest.mark.slow
def test_the_workbook_holds_what_the_board_knows(area, session):
    first, *_ = puskesmas_of(area.layers.facilities)
    for unit in (first, "no-puskesmas"):
        session.store.set_adoption(
            area.code, Adoption(unit, "peluncuran", "2024-07"), version=0, account="siti"
        )
    book = exports.to_xlsx(area.base, "en", kept_records(session.store, area))
    table = pd.read_excel(book, sheet_name="Adoption of ILP", index_col=0, header=4)
    assert table.loc[first, ["Stage of ILP", "Date"]].tolist() == ["Launch", "2024-07"]
    assert set(table["Stage of ILP"].drop(first)) == {"unknown"}
    assert set(area.base.ilp.adoption["stage"]) == {"unknown"}


def test_a_link_brings_back_the_group_and_refuses_an_unknown_one(session):
    assert "group" in LINKED
    Address(session).start({"group": "nobody"})
    assert session.state.group == ""
    Address(session).start({"group": "bayi", "measure": "state"})
    assert (session.state.group, session.state.measure) == ("bayi", "state")
