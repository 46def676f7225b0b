"""The words of maps, ILP lines and scripts: there in both languages, all of them used, none that is missing.

What the code asks for is read from the code: whole keys as they stand there, and the beginnings of keys that
end in a word of the data. Which words may follow a beginning stands here.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from itertools import product
from string import Formatter
from typing import get_args

import pytest
import yaml
from jinja2 import Environment, nodes
from support import ROOT

from app.map.edits import FACILITY_NOTES
from app.map.page import map_words
from app.texts import Texts
from app.web.page import _life_texts
from geodata.drafting.chosen import keys_of
from geodata.vocabulary.kinds import known_kinds
from geodata.vocabulary.statuses import Reason, VillageStatus, YesNo
from planner.coverage.known.extent import WHY
from planner.ilp import reasons
from planner.ilp.three_answers import AS_DRY, VillageClass
from planner.scenarios.edits import Flood
from planner.scenarios.modes import SEASONS
from planner.scenarios.scenario import default_scenario
from planner.scenarios.standards import KindStandard
from planner.siting.measures import Measure
from planner.siting.why_none import WhyNone
from planner.supply.groups import Origin
from planner.supply.jejaring import How
from planner.texts.catalogues import LANGUAGES

SCENARIO = default_scenario()
KINDS, MODES = known_kinds(), (*SCENARIO.modes, "straight")
ROLES = {role for rule in SCENARIO.standard.values() for role in rule.staff}
TEMPLATES = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
CATALOGUES = {"map": "planner/data/map_texts.yml", "ilp": "planner/data/ilp_texts.yml"}
FAMILIES = {
    "map": {
        "": (*VillageStatus, *YesNo, AS_DRY),
        "reason_": [reason for reason in Reason if reason],
        "mode_": MODES,
        # A flood may be of both.
        "season_": {*SEASONS, *get_args(Flood.model_fields["season"].annotation)},
        "kind_": KINDS,
        "why_": WHY,
        # The layers that a workspace's files make.
        "data_": (
            "villages",
            "roads",
            "facilities",
            "population",
            "hamlets",
            "working_areas",
            "water",
            "floods",
            "elevation",
        ),
        "column_": (*keys_of("facilities"), *keys_of("population")),
        "plan_": ("staff", "yearly", "at_least", "at_most", "as_known"),
        "plan_none_": WhyNone,
        "plan_proven_": (
            "people",
            "person_years",
            "people_weighted",
            "people_with_room",
            "villages",
            "units",
            "idr",
            "person_minutes",
            "minutes",
        ),
        "measure_": get_args(Measure.model_fields["op"].annotation),
    },
    "ilp": {
        "": (*YesNo, AS_DRY),
        "class_": (*VillageClass, "unknown_functioning", "unknown_present"),
        "how_": How,
        "group_": SCENARIO.groups,
        "unit_": KINDS,
        "what_": (*ROLES, "open_days"),
        "many_": ROLES,
        "pws_": (*Origin, "yes_district", "yes_hamlet", "no_hamlet"),
    },
}


class Keys:
    """Whole keys, and the beginnings of others."""

    def __init__(self):
        self.whole, self.begun = set(), set()

    def add(self, node):
        """Take an expression of Python or of a template that gives a key."""
        match node:
            case ast.Constant(value=str(key)) | nodes.Const(value=str(key)):
                self.whole.add(key)
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                self.begun.add(start)
            case (
                ast.BinOp(left=ast.Constant(value=str(start))) | nodes.Add(left=nodes.Const(value=str(start)))
            ):
                self.begun.add(start)
            case ast.IfExp(body=one, orelse=other) | nodes.CondExpr(expr1=one, expr2=other):
                self.add(one)
                self.add(other)
            case _:
                # A word of the data as it is.
                self.begun.add("")


def of_python(keys, file, *, call="", tables=()):
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        match node:
            case ast.Subscript(value=ast.Name(id=table), slice=key) if table in tables:
                keys.add(key)
            case ast.Subscript(value=ast.Attribute(attr=table), slice=key) if table in tables:
                keys.add(key)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get"), args=[key, *_]) if (
                table in tables
            ):
                keys.add(key)
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr=table), attr="get"), args=[key, *_]
            ) if table in tables:
                keys.add(key)
            case ast.Call(func=ast.Attribute(attr=attr), args=[key, *_]) if attr == call:
                keys.add(key)


def of_template(keys, file, *, call="", table=""):
    page = TEMPLATES.parse((ROOT / file).read_text("utf-8"))
    for node in page.find_all((nodes.Call, nodes.Getattr)):
        match node:
            case nodes.Call(node=nodes.Getattr(attr=attr), args=[key, *_]) if attr == call:
                keys.add(key)
            case nodes.Getattr(node=nodes.Name(name=name), attr=key) if name == table:
                keys.whole.add(key)


def of_script(keys, file, table="t"):
    text = (ROOT / file).read_text("utf-8")
    keys.whole |= set(re.findall(rf"\b{table}\.(\w+)", text))
    keys.begun |= {start or "" for start in re.findall(rf'\b{table}\[(?:"(\w+)" \+)?', text)}


def asked_of_map():
    keys = Keys()
    of_python(keys, "planner/texts/formatter.py", call="term")
    for page in ("page", "sites_page"):
        of_python(keys, f"planner/reports/maps/{page}.py", tables=("texts",))
    of_python(keys, "planner/coverage/show.py", tables=("texts",))
    of_script(keys, "planner/reports/maps/gaps_map.js")
    of_script(keys, "planner/reports/maps/base_map.js")
    of_script(keys, "planner/reports/maps/nation_map.js")
    for file in (ROOT / "app").rglob("*.py"):
        of_python(keys, file.relative_to(ROOT), call="term", tables=("_terms",))
    for file in (ROOT / "app/templates").glob("*.html"):
        of_template(keys, file.relative_to(ROOT), call="term")
    return keys


def asked_of_ilp():
    keys = Keys()
    for part in ("facts", "drawing", "booklet"):
        of_python(keys, f"planner/reports/village_sheets/{part}.py", tables=("t",))
    of_python(keys, "planner/reports/pws.py", tables=("t",))
    of_python(keys, "planner/ilp/reasons.py", tables=("texts",))
    of_python(keys, "planner/texts/modes.py", tables=("texts",))
    of_template(keys, "planner/data/pws.html", table="t")
    of_script(keys, "planner/data/pws.typ")
    for file in (ROOT / "app").rglob("*.py"):
        of_python(keys, file.relative_to(ROOT), call="ilp")
    for file in (ROOT / "app/templates").glob("*.html"):
        of_template(keys, file.relative_to(ROOT), call="ilp")
    keys.whole |= asked_by_lines()
    return keys


def asked_by_lines():
    """Keys of the lines of every kind, and of all that can be known of a village."""

    seen = set()

    class Asked(dict):
        def __getitem__(self, key):
            seen.add(key)
            return super().__getitem__(key)

        def get(self, key, default=None):
            seen.add(key)
            return super().get(key, default)

    texts = {lang: Asked(words) for lang, words in raw("ilp").items()}
    lacks = " ".join(f"{role}:1" for role in ROLES) + " open_days:1"
    everything = product(
        VillageClass, YesNo, Reason, ("", lacks), (False, True), (False, True), ("village", "district", None)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reasons, "ilp_texts", lambda: texts)
        patch.setattr(reasons, "texts_of_villages", lambda _name, lang, _kind: texts[lang])
        for found, present, reason, missing, listed, short, presence in everything:
            fact = reasons.Fact(
                found, present, reason, 0.5, 0.5, missing, missing, listed=listed, short=short
            )
            rule = KindStandard(mode="car", limit_minutes=30, presence=presence)
            for straight in (False, True):
                reasons.line(fact, "pustu", rule, "en", straight=straight)
            for kind in ("pustu", "hospital"):
                for straight in (False, True):
                    reasons.action(fact, kind, rule, "en", straight=straight)
        for kind, mode, straight in product(KINDS, SCENARIO.modes, (False, True)):
            rule = KindStandard(mode=mode, limit_minutes=30)
            reasons.line(fact, kind, rule, "en", straight=straight)
    return seen


ASKED = {"map": asked_of_map, "ilp": asked_of_ilp}


def raw(name):
    return yaml.safe_load((ROOT / CATALOGUES[name]).read_text("utf-8"))


def values_of(text):
    return {value for _, value, _, _ in Formatter().parse(text) if value}


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUES)
def test_all_that_is_asked_for_is_there_and_nothing_else(name):
    asked, families = ASKED[name](), FAMILIES[name]
    assert asked.begun == set(families), "say in FAMILIES which words may follow"
    wanted = asked.whole | {f"{start}{word}" for start, words in families.items() for word in words}
    for lang, texts in raw(name).items():
        assert set(texts) - wanted == set(), f"{lang}: nothing asks for these"
        assert wanted - set(texts) == set(), f"{lang}: these are asked for and missing"


def test_the_apps_map_is_given_the_words_it_asks_for_and_no_others():
    keys = Keys()
    for name in ("map", "map_legend", "map_tools", "map_beside"):
        of_script(keys, f"app/static/{name}.js")
    of_script(keys, "planner/reports/maps/base_map.js")
    assert keys.begun == {""}
    assert set(map_words(Texts("en"))) == keys.whole | set(FACILITY_NOTES.values())


def test_a_page_without_its_server_is_given_the_words_it_asks_for_and_no_others():
    keys = Keys()
    of_script(keys, "app/static/life.js", table="texts")
    assert set(_life_texts(Texts("en"), "somebody")) == keys.whole


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_message_says_something_and_takes_the_same_values_in_both_languages(name):
    languages = raw(name)
    assert set(languages) == set(LANGUAGES)
    for key, indonesian in languages["id"].items():
        assert indonesian.strip(), key
        assert languages["en"][key].strip(), key
        assert values_of(indonesian) == values_of(languages["en"][key]), key


@pytest.mark.parametrize("name", CATALOGUES)
def test_no_key_stands_twice(name):
    """YAML keeps the last one and says nothing."""
    found = yaml.compose((ROOT / CATALOGUES[name]).read_text("utf-8"))
    for lang, texts in found.value:
        count = defaultdict(int)
        for key, _ in texts.value:
            count[key.value] += 1
        assert [key for key, n in count.items() if n > 1] == [], lang.value
