"""The sentences of reports: the same in both languages, a reason for each default, words for each finding."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from string import Formatter
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from support import ROOT

from planner.coverage.gained import Gain
from planner.pipeline import Ilp, demo_layers, find_gaps
from planner.reports.documents.model import UNKNOWN, Figure, Headline, number, people, rupiah, share, total
from planner.reports.documents.words import Words, report_texts
from planner.reports.proposal.annexes import facility_annex
from planner.reports.proposal.background import aim, kind_facts
from planner.reports.proposal.memo import asked, one_page, staff_memo
from planner.reports.proposal.method import defaults_of
from planner.reports.proposal.proposed import staff_in_words
from planner.reports.proposal.request import request_facts
from planner.reports.proposal.write import source_of
from planner.scenarios.scenario import default_scenario

TEXTS = ROOT / "planner/data/report_texts.yml"


def flat(texts, start=""):
    for key, value in texts.items():
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            yield from flat(value, f"{start}{key}.")
        else:
            yield start + key, value


def values_in(text):
    parts = list(text.values()) if isinstance(text, dict) else text if isinstance(text, list) else [text]
    return [{name for _, name, _, _ in Formatter().parse(str(part)) if name} for part in parts]


def test_both_languages_have_the_same_sentences_with_the_same_values():
    mine, other = (dict(flat(report_texts()[lang]))
                   for lang in ("id", "en"))  # fmt: skip
    assert set(mine) == set(other)
    for key, text in mine.items():
        assert set().union(*values_in(text)) == set().union(*values_in(other[key])), key
        if isinstance(text, list):
            assert len(text) == len(other[key]), key


def test_no_sentence_stands_twice_under_one_key():
    def checked(loader, node):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), sorted(k for k in set(keys) if keys.count(k) > 1)
        return {
            loader.construct_object(k, deep=True): loader.construct_object(v, deep=True)
            for k, v in node.value
        }

    class Strict(yaml.SafeLoader):
        pass

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, checked)
    # The file is ours.
    assert set(yaml.load(TEXTS.read_text("utf-8"), Loader=Strict)) == {"id", "en"}  # noqa: S506


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_default_with_a_mark_is_explained_in_the_readers_language(lang):
    source = source_of(Ilp(find_gaps(demo_layers(12))), lang=lang)
    found = defaults_of(source)
    marks = [mark for one in found for mark in one.marks.split(", ") if mark]
    assert set(marks) == {"A", "C", "G"}
    assert not [one for one in found if "[" in one.why or not one.why or not one.value]
    # Counted from the scenario as it is stored: every `basis`, and every line of `provenance`.
    bases = list(_bases(default_scenario().model_dump(mode="json")))
    assert len(found) >= len([b for b in bases if b])
    if lang == "id":
        assert not [one.why for one in found if re.search(r"\b(the|of|our|as|is)\b", one.why)]


def _bases(tree):
    for key, value in tree.items():
        if key == "basis":
            yield value
        elif key == "provenance":
            yield from value.values()
        elif isinstance(value, dict):
            yield from _bases(value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from _bases(one)


@pytest.mark.slow
def test_what_the_user_changed_is_no_default_of_ours():
    scenario = default_scenario()
    ferry = scenario.ferry.model_copy(update={"waiting_minutes": 45.0})
    gaps = find_gaps(demo_layers(12), scenario=scenario.model_copy(update={"ferry": ferry}))
    found = {one.what: one for one in defaults_of(source_of(Ilp(gaps), lang="en"))}
    one = found["Ferries without a timetable"]
    assert (one.marks, one.why) == ("", "set by the user")
    assert "45 minutes" in one.value


def test_numbers_units_and_the_unknown():
    indonesian, english = Words("id"), Words("en")
    assert indonesian.cell(number(1234.5, "minute", decimals=1)) == "1.234,5 menit"
    assert english.cell(number(1, "village")) == "1 village"
    assert english.cell(number(2, "village")) == "2 villages"
    assert indonesian.cell(rupiah(1_500_000)) == "Rp1.500.000"
    assert indonesian.cell(rupiah(float("nan"))) == "belum diketahui"
    assert indonesian.cell(people(10, at_least=True)) == "sedikitnya 10 jiwa"
    # Nearly all is not all.
    assert english.cell(share(0.9999)) == "99.9%"
    assert total([rupiah(1.0), UNKNOWN]) == UNKNOWN
    assert total([]) == UNKNOWN


def test_no_indonesian_sentence_says_that_the_unknown_is_not_counted():
    """ "belum diketahui beroperasi atau tidak dihitung": the "tidak" turns the sentence round."""
    said = " ".join(str(text) for _, text in flat(report_texts()["id"]))
    assert "beroperasi atau tidak" not in said
    assert "berfungsi atau tidak" not in said
    assert said.count("belum diketahui apakah beroperasi") == 4


def test_villages_that_are_partly_reached_are_no_gap():
    """A gap is what the map calls so; of the villages named by priority, some are partly reached."""
    for lang, gap, partly in (
        ("id", "kesenjangan", "sebagian terjangkau"), ("en", "gap", "partly served")
    ):  # fmt: skip
        texts = dict(flat(report_texts()[lang]))
        of_both = [f"request.{key}" for key in ("no_plan", "priority_caption", "more", "no_gap_known")]
        for key in (*of_both, "memo.analysis_no_gaps"):
            assert gap in str(texts[key]).lower()
            assert partly in str(texts[key])
        assert gap not in str(texts["memo.analysis_gaps"]).lower()


@pytest.fixture(scope="module")
def source():
    return source_of(Ilp(find_gaps(demo_layers(12))), lang="en")


def with_plan(source, lang, units, *, kind="pustu", people=(0.0, 0.0), villages=(56, 59), as_if_none=False):
    """The source in a language with a plan of so many units."""
    sites = pd.DataFrame(
        {"cost_idr": [5.0] * units, "yearly_idr": [math.nan] * units,
         "staff": ["1 bidan, 2 kader"] * units, "site_rules": [""] * units, "op": "open", "kind": kind,
         "facility_id": "", "name": ""}
    )  # fmt: skip
    plan = SimpleNamespace(
        kind=kind, sites=sites, roads=(), people_added=sum(people), gain=Gain(*[sum(people)] * 3),
        as_if_none=as_if_none, seasons=("dry",),
        served=lambda when: villages[when == "after"], cost_idr=5.0 * units,
        size=units, yearly_idr=math.nan, without_yearly=units, tells_yearly=False, counts_money=False,
        villages_unknown=(0, 0), why_none=None if units else "nobody_added",
        record={"solver": {"status": "optimal", "unit": "people"}},
    )  # fmt: skip
    return replace(source, plan=plan, words=Words(lang))


@pytest.mark.parametrize(
    ("lang", "units", "gained", "said"),
    [
        ("en", 0, 0.0, "No new pustu is proposed."),
        ("en", 1, 1.0, "1 pustu is proposed. With it, 1 more person can reach a pustu within the limit."),
        ("en", 5, 6984.0,
         "5 pustu are proposed. With them, 6,984 more people can reach a pustu within the limit."),
        ("id", 0, 0.0, "Tidak ada pustu baru yang diusulkan."),
        ("id", 1, 1.0,
         "Diusulkan 1 pustu. Dengan usulan ini, 1 jiwa lagi dapat mencapai pustu dalam batas waktu."),
        ("id", 5, 6984.0,
         "Diusulkan 5 pustu. Dengan usulan ini, 6.984 jiwa lagi dapat mencapai pustu dalam batas waktu."),
    ],
)  # fmt: skip
def test_what_is_asked_reads_well_of_none_one_and_several(source, lang, units, gained, said):
    one = with_plan(source, lang, units, people=(gained,))
    assert request_facts(one, one.plan)[0] == said


def test_a_hospital_is_one_and_two_are_hospitals(source):
    for units, said in ((1, "1 hospital is"), (2, "2 hospitals are")):
        one = with_plan(source, "en", units, kind="hospital")
        assert request_facts(one, one.plan)[0].startswith(f"{said} proposed.")


def test_villages_reached_rise_or_stay(source):
    one = with_plan(source, "en", 3, people=(7.0,))
    assert request_facts(one, one.plan)[1] == "The number of villages served by a pustu rises from 56 to 59."
    one = with_plan(source, "id", 3, people=(7.0,), villages=(56, 56))
    assert request_facts(one, one.plan)[1] == "Jumlah desa/kelurahan yang terjangkau pustu tetap 56."
    [first, *_] = aim(with_plan(source, "id", 3, people=(6984.0,))).blocks[1].items
    assert first == (
        "membuat pustu terjangkau bagi 6.984 jiwa lagi, sehingga jumlah desa/kelurahan yang terjangkau naik "
        "dari 56 menjadi 59;"
    )
    for villages, said in (
        ((0, 1), "1 village becomes served."),
        ((0, 181), "181 villages become served."),
    ):
        one = with_plan(source, "en", 5, people=(7.0,), villages=villages, as_if_none=True)
        assert request_facts(one, one.plan)[1] == said


def test_nothing_is_asked_for_where_nothing_is_proposed(source):
    one = with_plan(source, "en", 0)
    assert asked(one) == "Please advise, since with the candidates given no new pustu can be proposed."
    [conclusion] = [s for s in staff_memo(one).sections if s.key == "conclusion"]
    assert conclusion.blocks[0].text.endswith(
        "no new pustu is proposed. With the candidates given, nobody can be added."
    )


def test_staff_is_told_in_the_plural(source):
    said = staff_in_words(with_plan(source, "en", 5), {"bidan": 5, "perawat": 1, "kader": 10})
    assert said == "5 midwives, 1 nurse, and 10 kader"


@pytest.mark.parametrize(
    ("gap", "partly", "indonesian", "english"),
    [
        (0, 0, "Tidak ada desa/kelurahan yang diketahui dengan kesenjangan atau sebagian terjangkau.",
         "No village is known to be a gap, or only partly served."),
        (1, 0, "Ada 1 desa/kelurahan dengan kesenjangan; tidak ada yang diketahui sebagian terjangkau.",
         "1 village is a gap; none is known to be partly served."),
        (0, 1, "Ada 1 desa/kelurahan yang sebagian terjangkau; tidak ada kesenjangan yang diketahui.",
         "1 village is partly served; none is known to be a gap."),
        (3, 2, "Ada 3 desa/kelurahan dengan kesenjangan dan 2 yang sebagian terjangkau.",
         "3 villages are gaps, and 2 partly served."),
    ],
)  # fmt: skip
def test_villages_not_reached_are_told_of_none_one_and_several(source, gap, partly, indonesian, english):
    for lang, said in (("id", indonesian), ("en", english)):
        one = replace(source, words=Words(lang))
        kinds = {k: {**v, "villages_gap": gap, "villages_partly": partly, "villages_unknown": 0}
                 for k, v in source.totals["kinds"].items()}  # fmt: skip
        vars(one)["totals"] = {**source.totals, "kinds": kinds}
        assert kind_facts(one, "pustu")[-1] == said


@pytest.mark.slow
def test_behind_a_colon_a_sentence_goes_on(source):
    for lang, colon in (("id", "antara lain: "), ("en", ": ")):
        page = one_page(replace(source, words=Words(lang)))
        note = page.sections[0].blocks[-1].text
        assert note.partition(colon)[2][0].islower()


def test_the_one_page_names_its_season_where_the_roads_tell_them_apart(source):
    for lang, told in (("id", "pada musim kemarau"), ("en", "in the dry season")):
        one = replace(source, words=Words(lang))
        for tell in (True, False):
            vars(one)["seasons_told"] = tell
            blocks = one_page(one).sections[0].blocks
            [headline] = [b for b in blocks if isinstance(b, Headline)]
            [figure] = [b for b in blocks if isinstance(b, Figure)]
            assert headline.numbers[0][1].endswith(told) == tell
            assert (told in figure.caption) == tell


def test_effects_of_the_unknown_go_with_how_many_there_are():
    words = Words("en")
    said = [
        (
            words.say("unknown_part.functioning", n=number(n, "hospital")),
            words.say("unknown_part.functioning_effect", n=number(n), kind="hospital"),
        )
        for n in (1, 2)
    ]
    assert said[0] == ("Whether 1 hospital operates.",
                       "It counts as operating; reach of hospitals may be lower than stated.")  # fmt: skip
    assert said[1][0] == "Whether 2 hospitals operate."
    assert said[1][1].startswith("They count")
    assert words.say("stated.land_parts", n=number(1), m=number(200)).startswith(
        "The outlines of villages form 1 piece of land; no part"
    )
    years = [words.say("default.measure_value", n=number(n), staff="x", years=str(n)) for n in (1, 2)]
    assert years == ["x; serves after 1 year", "x; serves after 2 years"]


@pytest.mark.slow
def test_a_unit_that_does_not_function_is_not_counted():
    layers = demo_layers(12)
    first = layers.facilities.index[0]
    layers.facilities.loc[first, "functioning"] = "no"
    made = source_of(Ilp(find_gaps(layers)), lang="en")
    rows = facility_annex(made).blocks[0].rows
    said = {row.cells[0].text: (row.cells[4].text, row.cells[5].text) for row in rows}
    assert said[layers.facilities.loc[first, "name"]] == ("no", "no, does not operate")
    assert all(counted == "counted" for works, counted in said.values() if works != "no")
