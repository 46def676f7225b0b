"""What documents say of a plan: counted by measure, with target and seasons; what nobody knows is unknown."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from geodata.crs import WGS84
from planner.coverage.gained import Gain
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.comparison.edits import edits_in_words
from planner.reports.documents.model import Figure, Items, Paragraph, Table
from planner.reports.documents.words import Words
from planner.reports.proposal.annexes import goods_annex
from planner.reports.proposal.background import aim, background
from planner.reports.proposal.memo import asked, one_page, staff_memo
from planner.reports.proposal.proposed import proposed, site_words, staff_cell
from planner.reports.proposal.readiness import unknown_facts
from planner.reports.proposal.request import _staff, request_facts, site_table
from planner.reports.proposal.seasons import map_caption, why_as_dry
from planner.reports.proposal.write import source_of
from planner.reports.stops import stop_in_words
from planner.scenarios.edits import MoveFacility, OpenFacility
from planner.scenarios.scenario import default_scenario
from planner.siting.ground.mobile import stop_name

STOP = stop_name("", "Puskesmas Rekaan", 4.0)
LANGUAGES = ["id", "en"]
# On a line of a small table, in bold, less what parts the columns.
LETTERS = 96


def found(**changes):
    layers = demo_layers(12)
    wet = default_scenario().model_copy(update={"season": changes.pop("season", "dry")})
    return source_of(Ilp(find_gaps(replace(layers, **changes), scenario=wet)), lang="en")


def without_surfaces():
    """Roads of which no surface, season or ford is known."""
    roads = demo_layers(12).roads.copy()
    for column in ("surface", "tags", "from_barrier", "to_barrier"):
        roads[column] = None
    return roads.assign(season="all_year")


@pytest.fixture(scope="module")
def source():
    return found()


@pytest.fixture(scope="module", params=["roads", "straight"])
def wet_as_dry(request):
    return found(season="wet", roads=without_surfaces() if request.param == "roads" else None)


def with_plan(source, lang, ops, *, kind="pustu", staff="1 bidan", seasons=("dry",), record=None, **more):
    n = len(ops)
    units = list(source.gaps.layers.facilities.index[source.gaps.layers.facilities["kind"] == "pustu"])
    sites = pd.DataFrame(
        {"cost_idr": [5.0] * n, "yearly_idr": math.nan, "staff": staff, "site_rules": "", "lon": 107.4,
         "lat": -4.8, "village_code": source.gaps.layers.villages.index[0], "people_added": 200.0,
         "people_own": 200.0, "op": ops, "kind": kind,
         "facility_id": [u if op == "upgrade" else "" for op, u in zip(ops, units, strict=False)],
         "name": [STOP if op == "mobile" else "" for op in ops]}
    )  # fmt: skip
    plan = SimpleNamespace(
        kind=kind, sites=sites, roads=(), people_added=200.0 * n, gain=Gain(*[200.0 * n] * 3),
        as_if_none=False, seasons=seasons,
        served=lambda when: (1, 1 + n)[when == "after"], cost_idr=5.0 * n, size=n, yearly_idr=math.nan,
        without_yearly=n, tells_yearly=False, counts_money=False, years=None, why_none=None,
        villages_unknown=(0, 0), edits_before=(),
        staff=lambda rows: {"bidan": int((rows["staff"] != "").sum())} if (rows["staff"] != "").any() else {},
        record={"solver": {"status": "optimal", "unit": "people"}, **(record or {})},
    )  # fmt: skip
    vars(plan).update(more)
    return replace(source, plan=plan, words=Words(lang))


def texts_of(block):
    match block:
        case Paragraph():
            return [block.text]
        case Items():
            return list(block.items)
        case Table():
            return [c.text for row in block.rows for c in row.cells]
    blocks = getattr(block, "blocks", getattr(block, "sections", ()))
    return [said for one in blocks for said in texts_of(one)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ops", "kind", "indonesian", "english"),
    [
        (["open"] * 2, "pustu", "2 pustu", "2 pustu"),
        (["mobile", "open", "mobile"], "pustu", "1 pustu dibuka dan 2 pos layanan keliling",
         "1 pustu opened and 2 mobile stops"),
        (["mobile"], "pustu", "1 pos layanan keliling", "1 mobile stop"),
        (["upgrade"] * 2, "puskesmas", "2 pustu ditingkatkan menjadi puskesmas",
         "2 pustu upgraded to puskesmas"),
        (["function", "reopen", "reopen"], "hospital",
         "1 rumah sakit difungsikan kembali dan 2 rumah sakit dibuka kembali",
         "1 hospital made to function again and 2 hospitals reopened"),
    ],
)  # fmt: skip
def test_a_plan_is_counted_by_what_is_done(source, ops, kind, indonesian, english):
    for lang, said in (("id", indonesian), ("en", english)):
        one = with_plan(source, lang, ops, kind=kind)
        assert proposed(one, one.plan) == said
        first = request_facts(one, one.plan)[0]
        assert said in first
        assert (f": {said}. " in first) == (set(ops) != {"open"})
        assert said in asked(one)
        assert said in goods_annex(one).blocks[0].text
        [conclusion] = [s for s in staff_memo(one).sections if s.key == "conclusion"]
        assert said in conclusion.blocks[0].text
        if set(ops) != {"open"}:
            [(count, label), *_] = one_page(one).sections[0].blocks[0].numbers
            assert (count.number, label.partition(": ")[2]) == (len(ops), said)


def test_a_stop_is_named_by_its_puskesmas_in_the_readers_language(source):
    for lang, said in (
        ("id", "Pos layanan keliling dari Puskesmas Rekaan, 4 hari sebulan"),
        ("en", "Mobile stop from Puskesmas Rekaan, 4 days a month"),
    ):
        one = with_plan(source, lang, ["mobile"])
        assert site_words(one, one.plan.sites.iloc[0]) == said
    assert stop_in_words(stop_name("Balai desa", "Puskesmas (lama)", 0.5), "id") == (
        "Balai desa (pos layanan keliling dari Puskesmas (lama), 0,5 hari sebulan)"
    )
    assert stop_in_words("Pustu (mobile)", "id") == "Pustu (mobile)"
    # So it is where a plan's scenario is told by its edits.
    place = source.gaps.layers.villages.geometry.iloc[[0]].representative_point().to_crs(WGS84).iloc[0]
    edit = OpenFacility(op="open_facility", id="x", kind="pustu", name=STOP, lonlat=(place.x, place.y))
    for lang, said in (
        ("id", "Pos layanan keliling dari Puskesmas Rekaan, 4 hari sebulan, dibuka di "),
        ("en", "A mobile stop from Puskesmas Rekaan, 4 days a month, is opened in "),
    ):
        [told] = edits_in_words(replace(source, words=Words(lang)), [edit])
        assert told.startswith(said)


@pytest.mark.parametrize(
    ("lang", "opened", "moved"),
    [
        ("id", "Pustu Baru dibuka di luar batas desa", "dipindahkan ke luar batas desa"),
        ("en", "Pustu Baru is opened outside the villages", "is moved to a place outside the villages"),
    ],
)
def test_a_place_outside_the_villages_reads_as_one(source, lang, opened, moved):
    """It read "dibuka di di luar batas" and "is opened in outside"."""
    far, unit = (106.0, -4.8), source.gaps.layers.facilities.index[0]
    edits = [
        OpenFacility(id="x", kind="pustu", name="Pustu Baru", lonlat=far),
        MoveFacility(id=unit, lonlat=far),
    ]
    one, other = edits_in_words(replace(source, words=Words(lang)), edits)
    assert one.startswith(opened)
    assert moved in other


@pytest.mark.parametrize("lang", LANGUAGES)
def test_staff_that_nobody_named_is_unknown_and_not_none(source, lang):
    one = with_plan(source, lang, ["open", "open"], kind="hospital", staff="")
    assert not staff_cell(one, one.plan, one.plan.sites).known
    # No one expects staff of a hospital: a table without a row would say nothing.
    [why] = _staff(one, one.plan)
    assert isinstance(why, Paragraph)
    assert ("belum diketahui" if lang == "id" else "not known") in why.text
    some = with_plan(source, lang, ["open", "mobile"], staff=["1 bidan", ""])
    assert str(staff_cell(some, some.plan, some.plan.sites).text).startswith(
        "1 bidan; " if lang == "id" else "1 midwife; "
    )
    table, note = _staff(some, some.plan)
    assert table.rows[0].cells[1].at_least
    assert all(not row.cells[1].known for row in table.rows[1:])
    assert "1 unit" in note.text
    needs = Words(lang).say("unknown_part.needs_effect")
    assert needs in dict(unknown_facts(some)).values()
    told = with_plan(source, lang, ["open", "open"])
    assert needs not in dict(unknown_facts(told)).values()
    assert not _staff(told, told.plan)[0].rows[0].cells[1].at_least


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_target_and_seasons_stand_wherever_a_plan_is_summed_up(source, lang):
    record = {"ask": {"target": 0.99, "target_in": "all"}}
    one = with_plan(source, lang, ["open"], seasons=("dry", "wet"), record=record)
    words = one.words
    both = words.say("request.season_both")
    target = Words(lang).say("request.target_all", share="99,0%" if lang == "id" else "99.0%", kind="pustu")
    [conclusion] = [s for s in staff_memo(one).sections if s.key == "conclusion"]
    for said in (
        " ".join(request_facts(one, one.plan)), conclusion.blocks[0].text, " ".join(texts_of(aim(one))),
        " ".join(texts_of(one_page(one))),
    ):  # fmt: skip
        assert said.count(both) == 1
        assert target in said
    [problem] = [s for s in staff_memo(one).sections if s.key == "problem"]
    assert words.on_map("season_dry") in problem.blocks[0].text
    plain = with_plan(source, lang, ["open"])
    said = " ".join(texts_of(one_page(plain)))
    assert said.count(words.say("request.season_dry")) == 1
    assert both not in said


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_seasons_that_nothing_tells_apart_the_dry_one_is_known(wet_as_dry, lang):
    one = replace(wet_as_dry, words=Words(lang))
    words = one.words
    as_dry, wet = words.say("seasons.as_dry"), words.say("seasons.wet_as_dry")
    [table] = [
        block for part in background(one).blocks if part.key == "reach"
        for block in part.blocks if isinstance(block, Table)
    ]  # fmt: skip
    shares = [c.title for c in table.columns].index(
        words.say("column.share_in", season=words.on_map("season_wet"))
    )
    for row in table.rows:
        if row.cells[shares + 1].known:
            assert row.cells[shares].text == as_dry
            assert row.cells[shares + 1].kind == "share"
    memo = " ".join(texts_of(staff_memo(one)))
    # Never the wet season by itself, as if somebody knew it.
    assert wet in memo
    bare = words.on_map("season_wet")
    facts = next(s for s in staff_memo(one).sections if s.key == "facts")
    said = " ".join(texts_of(facts))
    assert said.count(bare) == said.count(wet)
    assert why_as_dry(one) in " ".join(texts_of(one_page(one)))
    if one.gaps.network is not None:
        assert words.say("unknown_part.seasons_effect")[1:] in memo
        assert unknown_facts(one)[0][0] == words.say("unknown_part.seasons")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_heading_of_the_table_of_places_has_room_for_its_words(source, lang):
    years = pd.DataFrame({"spent": [1.0]})
    one = with_plan(source, lang, ["open"], years=years, tells_yearly=True)
    one.plan.sites["year_works"] = 2027
    columns = site_table(one, one.plan).columns
    whole = sum(c.width for c in columns)
    for column in columns:
        assert max(map(len, column.title.replace("/", "/ ").split())) <= 96 * column.width / whole, (
            column.title
        )


@pytest.mark.parametrize(
    ("lang", "season", "said"),
    [
        ("id", "wet", "Keterjangkauan pustu pada musim hujan tanpa usulan ini, dan lokasi yang diusulkan"),
        ("en", "dry", "Reach of pustu in the dry season without this plan, and the places proposed"),
    ],
)
def test_a_map_of_a_plan_for_both_seasons_names_its_own(lang, season, said):
    """A plan for both seasons had a map of one, and its caption named none."""
    one = with_plan(found(season=season), lang, ["open"], seasons=("dry", "wet"))
    captions = [b.caption for b in one_page(one).sections[0].blocks if isinstance(b, Figure)]
    assert captions == [said]
    assert map_caption(one, "pustu") == said.replace(
        *{
            "id": ("tanpa usulan ini, dan lokasi yang diusulkan", "menurut desa/kelurahan"),
            "en": ("without this plan, and the places proposed", "by village"),
        }[lang]
    )


def test_a_map_names_no_season_where_the_data_tell_none():
    one = found(roads=without_surfaces())
    assert map_caption(one, "pustu") == "Reach of pustu by village"
