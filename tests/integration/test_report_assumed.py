"""What documents assume, cost every year and cannot know: told in each of them, and on the sheets."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geodata.vocabulary.statuses import VillageStatus
from geodata.workspace import RUN
from planner.cli import main
from planner.pipeline import (
    Ask,
    ChangeSpeed,
    CloseFacility,
    Ilp,
    OpenFacility,
    RolloutPlan,
    Study,
    default_scenario,
    demo_layers,
    find_gaps,
    rollout,
    site,
    write_rollout,
    write_siting,
)
from planner.reports.assumed import assumed
from planner.reports.comparison.document import comparison_document
from planner.reports.comparison.sides import comparison_of
from planner.reports.documents.data import as_data
from planner.reports.proposal.facts import Facts
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import KEYS, source_of
from planner.reports.pws_page import pws_html
from planner.reports.village_sheets.facts import SheetFacts
from planner.scenarios.standards import standard_named
from planner.siting.measures import Measures, default_measures
from planner.supply.stages import puskesmas_of

CLOSED, OPENED = "P9901002", "baru-1"
VILLAGE = "99.01.01.1001"


@pytest.fixture(scope="module")
def layers():
    return demo_layers(12)


@pytest.fixture(scope="module")
def study(layers):
    return Study(layers)


@pytest.fixture(scope="module")
def what_if(study):
    """A puskesmas closed and a pustu opened, in a village of the area."""
    layers = study.layers
    place = layers.villages.geometry[[VILLAGE]].representative_point().to_crs("EPSG:4326").iloc[0]
    edits = [
        CloseFacility(op="close_facility", id=CLOSED),
        OpenFacility(op="open_facility", id=OPENED, kind="pustu", lonlat=(place.x, place.y)),
    ]
    gaps = study.gaps(edits)
    return replace(gaps, scenario=gaps.scenario.model_copy(update={"name": "contoh tutup"}))


def texts_of(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value


def said_by(source, key):
    return " ".join(texts_of(as_data(KEYS[key](source), source.words)))


def tables_of(document, words):
    def within(blocks):
        for block in blocks:
            if block["type"] == "section":
                yield from within(block["blocks"])
            elif block["type"] == "table":
                rows = [[cell["text"] for cell in row["cells"]] for row in block["rows"]]
                heads = [column["title"] for column in block["columns"]]
                yield (
                    re.sub(r"^\w+ \d+\. ", "", block["caption"]),
                    [dict(zip(heads, r, strict=False)) for r in rows],
                )

    return dict(within(as_data(document, words)["sections"]))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_document_of_a_what_if_says_so_and_with_which_edits(what_if, layers, lang):
    source = source_of(Ilp(what_if), lang=lang)
    village = layers.villages["village_name"][VILLAGE]
    closed = layers.facilities["name"][CLOSED]
    not_now = {"id": "Andaian “contoh tutup”, bukan keadaan sekarang",
               "en": "What if “contoh tutup”, not the present"}[lang]  # fmt: skip
    for key in KEYS:
        said = said_by(source, key)
        assert said.count(not_now) >= 2, key  # under the title, and as a part of its own
        assert re.search(rf"{closed} \([^)]*\) {'ditutup' if lang == 'id' else 'is closed'}", said), key
        assert re.search(rf"{OPENED} {'dibuka di' if lang == 'id' else 'is opened in'} {village}", said), key
    first = proposal(source).sections[0].blocks[0]
    assert first.key == "assumed"
    assert not_now in proposal(source).cover[0]


@pytest.mark.slow
def test_lists_are_counted_without_the_edits(what_if, layers):
    """By hand: the lists of the demo, as they were given."""
    facts = Facts.model_validate({
        "source": "x", "statements": [{"fact": "units", "units": {"pustu": 14, "puskesmas": 2}}],
    })  # fmt: skip
    rows = layers.facilities
    assert rows["kind"].value_counts()[["pustu", "puskesmas"]].tolist() == [14, 2]
    works = int(((rows["kind"] == "pustu") & (rows["functioning"] == "yes")).sum())
    source = source_of(Ilp(what_if), facts=facts, lang="en")
    document = proposal(source)
    tables = tables_of(document, source.words)
    table = {row["Kind of service"]: row for row in tables["Facilities on the lists, by kind"]}
    assert (table["Pustu"]["On the list"], table["Pustu"]["Operates"]) == ("14", str(works))
    assert table["Puskesmas"]["Does not operate"] == "0"
    said = " ".join(texts_of(as_data(document, source.words)))
    assert "Pustu: the list has 14, as stated." in said
    assert "Facilities stand here as listed" in said
    listed = [row["Name"] for row in tables["Facilities as listed"]]
    assert len(listed) == len(rows)
    assert OPENED not in listed
    assert source.ilp.totals["listed"]["pustu"] == 14
    # A puskesmas that is only assumed has no stage of ILP either.
    assert source.ilp.progress.puskesmas == len(puskesmas_of(rows))


def test_the_present_by_the_default_rules_assumes_nothing(study):
    for name in ("default", "only a name"):
        gaps = study.gaps()
        gaps = replace(gaps, scenario=gaps.scenario.model_copy(update={"name": name}))
        source = source_of(Ilp(gaps))
        assert source.assumed is None
        assert source.subtitle == source.area_name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"season": "wet"}, "Computed for the wet season."),
        ({"visits": {"kader_a_village": 9}}, "Other rules that were changed: home visits (3.9 people a f"),
        ({"access": {"detour": 2.0}}, "changed: on foot, off the roads (3 km/h, distance × 2, "),
        ({"status": {"served": 0.9}}, "served from 90% of its people on"),
        ({"standard": {"pustu": {"limit_minutes": 20}}}, "pustu is 20 minutes by motorcycle, not 30 min"),
        ({"standard": {"pustu": {"people_per_unit": 9}}}, "The standard for a pustu was changed."),
        ({"groups": {"lansia": {"share": 0.2}}}, "changed: shares of life-cycle groups among all people."),
    ],
)  # fmt: skip
def test_rules_that_are_not_the_default_are_told(study, change, said):
    plain = default_scenario()
    content = plain.model_dump(mode="json", by_alias=True)
    for key, value in change.items():
        if isinstance(value, dict):
            for inner, one in value.items():
                if isinstance(one, dict):
                    content[key][inner].update(one)
                elif inner in content[key]:
                    content[key][inner] = one
        else:
            content[key] = value
    scenario = type(plain).model_validate(content)
    told = assumed(source_of(Ilp(replace(study.gaps(), scenario=scenario)), lang="en"))
    [one] = told.items
    assert said in one
    assert told.title == "Rules that are not the default"
    assert "not the present" not in told.intro


def test_another_standard_and_edits_of_roads_are_told(study):
    sni = default_scenario().under(standard_named("sni-03-1733"))
    told = assumed(source_of(Ilp(replace(study.gaps(), scenario=sni)), lang="en"))
    assert told.items == (f"Standard SNI 03-1733-2004 (version {sni.standard_version}).",)
    slow = study.gaps([ChangeSpeed(mode="motorcycle", factor=0.5)])
    told = assumed(source_of(Ilp(slow), lang="en"))
    assert told.has_edits
    assert not told.of_facilities
    assert told.short(9).startswith("What if, not the present: ")


def test_a_short_form_counts_what_it_leaves_out(study):
    many = study.gaps([ChangeSpeed(mode="motorcycle", factor=f) for f in (0.9, 0.8, 0.7, 0.6, 0.5)])
    told = source_of(Ilp(many), lang="en").assumed
    assert len(told.items) == 5
    assert told.short(3).endswith("There are 2 more things that are assumed.")
    # To say that one is left out would take as much room as the one.
    assert told.short(4) == told.short(5)
    assert told.items[4] in told.short(4)
    assert "more thing" not in told.short(4)


@pytest.mark.slow
def test_the_sheets_of_a_what_if_say_so_above_the_signature(what_if, study):
    ilp = Ilp(what_if)
    line = SheetFacts(ilp, "id").assumed
    assert line.startswith("Andaian “contoh tutup”, bukan keadaan sekarang: ")
    assert OPENED in line
    codes = [VILLAGE, "99.01.01.2004"]
    page = pws_html(ilp, lang="id", only=codes)
    # Above the contents, and on each sheet.
    assert page.count("bukan keadaan sekarang") == len(codes) + 1
    assert "bukan keadaan sekarang" not in pws_html(Ilp(study.gaps()), lang="id", only=codes)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    from geodata.demo import DemoSize, generate_area, write_area_files
    from planner.pipeline import build_area

    folder = tmp_path_factory.mktemp("area")
    area = generate_area(2024, DemoSize.of_villages(12))
    build_area(write_area_files(area, folder / "files"), folder / "work")
    return folder / "work"


@pytest.mark.slow
def test_the_commands_print_it(workspace, tmp_path, capsys):
    file = tmp_path / "edit.yml"
    file.write_text(f"name: tutup\nedits: [{{op: close_facility, id: {CLOSED}}}]\n", "utf-8")
    given = [str(workspace), "--scenario", str(file)]
    for words in (["report", *given, "--format", "html"], ["pws", *given]):
        assert main([*words, "--out", str(tmp_path / words[0])]) == 0
        assert "What if “tutup”, not the present: Puskesmas " in capsys.readouterr().out
    assert main(["pws", str(workspace), "--out", str(tmp_path / "plain")]) == 0
    assert "What if" not in capsys.readouterr().out
    pages = (tmp_path / "pws").glob("*.pdf")
    import pypdf

    for pdf in pages:
        texts = [page.extract_text() for page in pypdf.PdfReader(pdf).pages]
        assert len(texts) == 13
        assert all("bukan keadaan sekarang" in " ".join(text.split()) for text in texts)


def priced(**yearly):
    known = default_measures().measures
    return Measures(measures={
        name: known[name].model_copy(update={"cost_idr": 30e6, "yearly_idr": idr})
        for name, idr in yearly.items()
    })  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", ["site", "rollout"])
def test_yearly_costs_stand_in_files_and_documents(study, tmp_path, command):
    """Two units at 10 million a year are 20 million, whether a plan counts units or money."""
    measures, folder = priced(open_posyandu=10e6), tmp_path / "plan"
    if command == "site":
        write_siting(site(study, "posyandu", Ask(units=2), measures=measures), folder)
    else:
        asked = {"kind": "posyandu", "years": [{"year": 2027, "units": 1}, {"year": 2028, "units": 1}]}
        write_rollout(rollout(study, RolloutPlan.model_validate(asked), measures=measures), folder)
    assert pd.read_csv(folder / "sites.csv")["yearly_idr"].tolist() == [10e6, 10e6]
    record = json.loads((folder / RUN).read_text("utf-8"))
    assert record["yearly_idr"] == 20e6
    assert record["measures_without_yearly_cost"] == []
    source = source_of(Ilp(study.gaps()), plan=read_plan_folder(folder), lang="en")
    for key in KEYS:
        assert "Rp20,000,000" in said_by(source, key), key
        assert "Rp60,000,000" in said_by(source, key), key
    assert "costs Rp20,000,000 a year" in said_by(source, "usulan")
    assert "First cost: Rp60,000,000; yearly cost: Rp20,000,000." in said_by(source, "ringkasan")
    tables = tables_of(proposal(source), source.words)
    places = tables["Places proposed"]
    assert [row["Yearly cost"] for row in places] == ["Rp10,000,000"] * 2
    years = [row["Yearly cost"] for row in tables["Units, people, staff and cost by year"]]
    assert years[-1] == "Rp20,000,000"
    both = comparison_of(study.gaps(), study.gaps(), plans=(None, source.plan), lang="en")
    [cost] = [
        rows
        for caption, rows in tables_of(comparison_document(both), both.words).items()
        if "Cost" in caption
    ]
    assert [row["Yearly cost"] for row in cost] == ["none", "Rp20,000,000"]


@pytest.mark.slow
def test_a_yearly_cost_that_nobody_gave_is_not_known(study, tmp_path):
    folder = tmp_path / "plan"
    measures = priced(open_posyandu=None)
    write_siting(site(study, "posyandu", Ask(units=2), measures=measures), folder)
    assert pd.read_csv(folder / "sites.csv")["yearly_idr"].isna().all()
    record = json.loads((folder / RUN).read_text("utf-8"))
    assert record["yearly_idr"] is None
    assert record["measures_without_yearly_cost"] == ["open_posyandu"]
    source = source_of(Ilp(study.gaps()), plan=read_plan_folder(folder), lang="id")
    assert "Biaya tahunan 2 unit belum diketahui" in said_by(source, "usulan")
    assert "Biaya tahunan 2 unit yang diusulkan." in said_by(source, "usulan")
    assert "biaya tahunannya belum diketahui" in said_by(source, "telaahan")
    assert "biaya tahunan belum diketahui" in said_by(source, "ringkasan")


@pytest.fixture(scope="module")
def without_roads(layers):
    return find_gaps(replace(layers, roads=None))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_without_roads_nobody_is_known_to_be_too_far_for_a_vehicle(without_roads, lang):
    source = source_of(Ilp(without_roads), lang=lang)
    # The demo has villages beyond 30 minutes on foot from any puskesmas, and none beyond a straight drive.
    assert (without_roads.coverage["puskesmas"].villages["status"] == "unknown").any()
    assert source.on_foot("puskesmas")
    assert not source.on_foot("posyandu")  # on foot by the standard
    assert source.reached("puskesmas").at_least
    assert source.unreached("puskesmas") == 0
    assert source.status("puskesmas", VillageStatus.GAP).number == 0
    # What is known to be a gap comes first.
    assert source.focus == "posyandu"
    said = said_by(source, "usulan")
    aims = {"id": "membuat puskesmas terjangkau", "en": "let people reach a puskesmas"}
    assert aims[lang] not in said
    assert {"id": "melengkapi data jalan, agar", "en": "to complete the road data"}[lang] in said
    assert {"id": "serahkan data jalan", "en": "hand in the road data"}[lang] in said
    captions = tables_of(proposal(source), source.words)
    gap = {"id": "dengan kesenjangan", "en": "with a gap"}[lang]
    assert not any("puskesmas" in caption for caption in captions if gap in caption)


@pytest.mark.slow
def test_without_roads_short_documents_ask_for_roads_and_sheets_too(layers):
    only = replace(layers, roads=None, area=replace(layers.area, listed_kinds=("puskesmas",)))
    ilp = Ilp(find_gaps(only))
    source = source_of(ilp, lang="en")
    assert source.focus == "puskesmas"
    memo, page = said_by(source, "telaahan"), said_by(source, "ringkasan")
    for said in (memo, page):
        assert "Please help to have the road data handed in" in said
        assert "approve" not in said
    assert "for want of road data" in memo
    assert page.count("not known") >= 2
    answers = ilp.answers["puskesmas"]
    far = answers["reachable_dry"] == "unknown"
    assert far.any()
    assert (answers["class"][far] == "unknown").all()
    assert answers["action_en"][far].str.startswith("Hand in the road data").all()
    assert not answers["action_id"][far].str.contains("Usulkan|Tambah").any()


@pytest.mark.slow
def test_puskesmas_outside_the_outline_are_named_where_they_are_not_counted(layers):
    """Of two puskesmas one stands beyond the outline: the list has two, one is the area's."""
    rows = layers.facilities.copy()
    rows.loc[CLOSED, "village_code"] = None
    name = rows["name"][CLOSED]
    facts = Facts.model_validate({"source": "x", "statements": [
        {"fact": "units", "units": {"puskesmas": 2}}, {"fact": "target", "share": 0.4},
    ]})  # fmt: skip
    gaps = find_gaps(replace(layers, facilities=rows))
    source = source_of(Ilp(gaps), facts=facts, lang="en")
    said = said_by(source, "usulan")
    beyond = f"Of the puskesmas on the list, 1 stands outside the outline of the area: {name}."
    assert f"the list has 2, as stated. {beyond}" in said
    counted = f"Not counted here, but on the list, outside the outline of the area: 1 puskesmas ({name})."
    assert said.count(counted) == 2  # beside the target, and beside the stages
    assert "Those outside the outline of the area are in it: 1 puskesmas." in said


@pytest.mark.slow
def test_who_is_reached_where_people_are_not_counted_is_not_nobody(layers):
    """One kecamatan whose reached villages have no number of people: nobody knows how many are reached."""
    status = find_gaps(layers).coverage["puskesmas"].villages["share_reached"]
    villages = layers.villages.copy()
    villages.loc[status[status > 0].index, "people"] = np.nan
    silent = int(villages["people"].isna().sum())
    assert 0 < silent < len(villages)
    gaps = find_gaps(replace(layers, villages=villages))
    table = gaps.coverage["puskesmas"].villages
    assert table["people_reached"].sum() == 0
    source = source_of(Ilp(gaps), lang="en")
    assert not source.reached("puskesmas").known
    assert not source.share("puskesmas").known
    [district] = source.districts("puskesmas")
    assert not district.reached.known
    assert not district.share.known
    assert district.status["served"] > 0
    said = said_by(source, "usulan")
    assert "How many people reach a puskesmas within 30 minutes by motorcycle is not known" in said


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_share_of_the_people_known_says_of_which_villages(layers, lang):
    villages = layers.villages.copy()
    villages.loc[VILLAGE, "people"] = np.nan
    source = source_of(Ilp(find_gaps(replace(layers, villages=villages))), lang=lang)
    known, everyone = source.villages_of_known_people
    assert (known, everyone) == (len(villages) - villages["people"].isna().sum(), 12)
    words = {"id": f"penduduk yang diketahui (di {known} dari 12 desa/kelurahan)",
             "en": f"of the people known (in {known} of 12 villages)"}[lang]  # fmt: skip
    for key in KEYS:
        assert words in said_by(source, key), key
