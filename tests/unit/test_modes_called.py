"""Modes of travel that an office calls by a name of its own: in both languages, wherever a mode is named."""

from __future__ import annotations

import re
import zipfile

import pytest
import yaml

from app.texts import Texts
from geodata.errors import ConfigError
from planner.pipeline import Ilp, find_gaps
from planner.reports.documents.words import Words
from planner.reports.maps.page import write_map
from planner.reports.proposal.method import defaults_of
from planner.reports.proposal.write import source_of
from planner.reports.workbook.book import write_workbook
from planner.scenarios.scenario import Scenario, default_scenario, read_scenario

CALLED = {"id": "gerobak sapi", "en": "ox cart"}
SAID = {"id": "dengan gerobak sapi", "en": "by ox cart"}


def own(label: object = None, *, of: str = "walking", name: str = "gerobak") -> Scenario:
    """The default scenario with pustu reached by a mode of one's own."""
    content = default_scenario().model_dump(mode="json")
    content["modes"][name] = {**content["modes"][of], **({} if label is None else {"label": label})}
    content["standard"]["pustu"]["mode"] = name
    return Scenario.model_validate(content)


def test_a_mode_without_a_label_goes_by_its_name():
    assert own().modes_called("en") == {"gerobak": "gerobak"}
    assert default_scenario().modes_called("id") == {}
    assert own(CALLED, name="walking").modes_called("en") == {"walking": "ox cart"}


@pytest.mark.parametrize(
    "label", [{"id": "gerobak"}, {"id": "gerobak", "en": ""}, {"id": "a", "en": "b", "jv": "c"}, "gerobak",
              {"id": "a\nb", "en": "c"}, {"id": "x" * 41, "en": "c"}]
)  # fmt: skip
def test_a_label_is_given_in_both_languages_on_one_line(label, tmp_path):
    file = tmp_path / "s.yml"
    file.write_text(yaml.safe_dump({"modes": {"motorcycle": {"label": label}}}), "utf-8")
    with pytest.raises(ConfigError, match=r"modes\.motorcycle\.label"):
        read_scenario(file)


def test_another_name_is_no_other_rule():
    plain, mine = default_scenario().modes["walking"], own(CALLED, name="walking").modes["walking"]
    assert mine != plain
    assert mine.same_rules(plain)
    assert not mine.same_rules(default_scenario().modes["car"])
    assert not mine.same_rules(None)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_sentences_sheets_and_maps_say_it(demo_layers, lang, tmp_path):
    gaps = find_gaps(demo_layers, scenario=own(CALLED))
    ilp = Ilp(gaps)
    source = source_of(ilp, lang=lang)
    assert source.rule_words("pustu").endswith(SAID[lang])
    reasons = ilp.answers["pustu"][f"reason_{lang}"]
    assert reasons.str.contains(SAID[lang]).any()
    write_map(gaps, tmp_path / "map.html", lang=lang)
    assert f'"mode":"{CALLED[lang]}"' in (tmp_path / "map.html").read_text("utf-8")
    write_workbook(gaps, ilp, tmp_path / "b.xlsx", lang=lang)
    with zipfile.ZipFile(tmp_path / "b.xlsx") as book:
        text = " ".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert CALLED[lang] in text
    assert not re.search(r"[^ ]mode_gerobak|30 (menit|minutes) gerobak\b", text)
    assert any(SAID[lang] in one.what for one in defaults_of(source))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_app_says_it(lang):
    scenario = own(CALLED)
    texts = Texts(lang, scenario.modes_called(lang))
    assert texts.mode("gerobak") == CALLED[lang]
    assert Words(lang, modes=texts.modes).mode("gerobak") == SAID[lang]
    assert Texts(lang).mode("gerobak") == "gerobak"
