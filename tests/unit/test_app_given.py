"""A server that was started with a scenario file: its page says so, draws it, and writes it out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.areas.area import Area
from app.areas.given import given_by
from app.areas.question import WhatIf, what_if_of_file
from app.core.session import Session
from app.core.state import Reference, Selection, State
from app.figures import exports
from app.figures.describe import rules
from app.figures.given import others_in_words
from app.map.edits import edited_points, edited_roads
from app.store import Store
from app.texts import Texts
from app.views import headline, scenarios, whatif
from app.views.mapview import painting
from geodata.errors import ConfigError
from planner.pipeline import demo_layers as demo
from planner.pipeline import read_scenario
from planner.scenarios.scenario import default_scenario
from planner.scenarios.standards import KindStandard

NAME = "Musim banjir kantor"


@pytest.fixture(scope="module")
def base(demo_layers, tmp_path_factory):
    villages = demo_layers.villages.to_crs(4326)
    point = villages.geometry.iloc[5].representative_point()
    x, y = point.x, point.y
    file = tmp_path_factory.mktemp("given") / "sc.yml"
    file.write_text(
        f"""name: {NAME}
access: {{detour: 1.6}}
standard: {{puskesmas: {{limit_minutes: 22.5, fair_minutes: 50}}}}
edits:
- {{op: open_facility, id: pustu-1, kind: pustu, lonlat: [{x}, {y}], name: Pustu kantor}}
- {{op: flood, season: wet, polygon: [[{x}, {y}], [{x + 0.02}, {y}], [{x}, {y + 0.02}]]}}
""",
        "utf-8",
    )
    return read_scenario(file)


@pytest.fixture(scope="module")
def area(demo_layers, base):
    return Area(demo_layers, scenario=base)


@pytest.fixture
def session(area, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield Session(area, Texts("id"), store, account="siti", editor=True)
    store.close()


def test_the_plain_base_gives_nothing_and_a_file_gives_what_it_says(base):
    plain = default_scenario()
    assert given_by(plain) is None
    # An office that asks for no hospitals asks something else.
    fewer = plain.model_copy(
        update={"standard": {k: r for k, r in plain.standard.items() if k != "hospital"}}
    )
    assert given_by(fewer).others == ("standard.hospital",)
    given = given_by(base)
    assert (given.name, given.others) == (NAME, ("access", "standard.puskesmas.fair_minutes"))
    assert given.what_if.content()["standard"] == {"puskesmas": {"limit_minutes": 22.5}}
    assert [e.op for e in given.what_if.edits] == ["open_facility", "flood"]
    # A standard of one's own has a name too.
    plain = default_scenario()
    by_standard = base.model_copy(update={"name": plain.name, "standard_name": "Kabupaten"})
    assert given_by(by_standard).name == "Kabupaten"


@pytest.mark.slow
def test_the_base_of_a_file_is_named_listed_and_drawn(session):
    view = headline.make(session)
    assert NAME in view.html
    assert session.texts.text("today, without changes") not in view.html
    changes = whatif._WhatIf(session).list.html
    for words in (NAME, "Pustu kantor", "22,5", session.texts.term("season_wet"), "jarak × 1,6",
                  "Waktu yang masih cukup baik ke puskesmas: 50 menit"):  # fmt: skip
        assert words in changes
    assert "fair_minutes" not in changes
    assert "remove" not in changes
    assert [(f["id"], f["note"]) for f in edited_points(session.state.answer)] == [("pustu-1", "new")]
    assert [f["kind"] for f in edited_roads(session.area, session.state.answer)] == ["flood"]
    # Differences are against it, by its name.
    session.questions.change(lambda: session.state.with_rule("puskesmas", limit_minutes=45.0))
    assert f"Δ {NAME}" in view.html
    session.state.measure = "change"
    assert painting(session, 0)["title"].endswith(NAME)
    assert NAME in scenarios._Scenarios(session).fragment.html
    # What stands on it says so where it is compared with something else.
    session.state.reference = Reference(session.state.what_if, "lain", "x")
    assert session.texts.text("on {name}", name=NAME) in view.html


def test_a_unit_of_the_base_stays_chosen_and_its_id_is_taken(session):
    session.state.selected = Selection("facility", "pustu-1")
    session.questions.change(lambda: session.state.with_rule("puskesmas", limit_minutes=45.0))
    assert session.state.selected == Selection("facility", "pustu-1")
    assert session.state.new_facility_id("pustu") != "pustu-1"


@pytest.mark.slow
def test_a_scenario_file_written_on_it_gives_the_same_answer_elsewhere(session, area, base, tmp_path):
    session.questions.change(lambda: session.state.with_rule("pustu", limit_minutes=200.0))
    answer = session.state.answer
    written = exports.to_scenario(area, answer, "coba").getvalue()
    path = tmp_path / "s.yml"
    path.write_bytes(written)
    assert read_scenario(path).model_copy(update={"name": NAME}) == answer.gaps.scenario
    # Opened on this server again, it asks no more than it did.
    assert what_if_of_file(written, base) == answer.what_if
    assert what_if_of_file(exports.to_scenario(area, area.base, "dasar").getvalue(), base) == WhatIf()


@pytest.mark.slow
def test_a_page_begins_in_the_season_of_its_base_and_may_change_it(tmp_path):
    wet = default_scenario().model_copy(update={"season": "wet"})
    area = Area(replace(demo(12), roads=None), scenario=wet)
    assert (area.given.season, area.given.others, area.given.what_if) == ("wet", (), WhatIf())
    assert State(area).season == "wet"
    store = Store.open(f"sqlite:///{tmp_path / 'wet.db'}")
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    listed = whatif._WhatIf(session).list.html
    assert listed.count("<li>") == 0
    assert session.texts.term("season_wet") in listed
    session.state.season = "dry"
    assert painting(session, 0)["classes"]
    store.close()


def test_what_a_file_says_holds_where_the_base_says_otherwise(base):
    """The software's own limit, said in a file, was passed over on a server with another."""
    plain = default_scenario().standard["puskesmas"]
    said = f"standard: {{puskesmas: {{limit_minutes: {plain.limit_minutes}}}}}".encode()
    found = what_if_of_file(said, base)
    assert found.scenario(base).standard["puskesmas"].limit_minutes == plain.limit_minutes
    # What it does not say, and what it says as the base does, is no change.
    for same in (b"standard: {puskesmas: {mode: %s}}" % plain.mode.encode(), b"access: {detour: 1.6}",
                 b"standard: {puskesmas: {limit_minutes: 22.5, fair_minutes: 50}}"):  # fmt: skip
        assert what_if_of_file(same, base).standard == {}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        # As in the software, and not as in the base.
        (f"access: {{detour: {default_scenario().access.detour}}}", "access"),
        ("standard: {puskesmas: {fair_minutes: 55}}", "standard.puskesmas.fair_minutes"),
        ("standard: {pustu: {limit_minutes: 20, people_per_unit: 5}}", "standard.pustu.people_per_unit"),
        ("standard: {pustu: {limit_minutes_wet: 60}}", "standard.pustu.limit_minutes_wet"),
    ],
)
def test_what_a_file_says_and_the_page_cannot_ask_is_refused(base, content, why):
    with pytest.raises(ConfigError, match=rf"also sets {why}, which"):
        what_if_of_file(content.encode(), base)


def changed(plain, name):
    """The plain base with another value of one rule, whatever it is of."""
    rule = getattr(plain, name)
    if isinstance(rule, dict):
        return plain.model_copy(update={name: dict(list(rule.items())[:-1])})
    for key, value in rule:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            other = rule.model_copy(update={key: value * 1.25})
            return plain.model_copy(update={name: other})
        if isinstance(value, (tuple, frozenset)):
            other = tuple(v / 2 if isinstance(v, float) else f"{v}x" for v in value)
            return plain.model_copy(update={name: rule.model_copy(update={key: type(value)(other)})})
    pytest.fail(f"nothing of {name} can be changed")


RULES = (
    "access", "ferry", "status", "demand", "surfaces", "tracktype_surfaces", "access_values", "modes",
    "groups", "referral", "visits", "land", "drawing", "slope", "remoteness", "floating", "doubt",
)  # fmt: skip


def test_the_rules_of_this_test_are_all_that_a_scenario_has():
    told = {"name", "season", "standard", "standard_name", "standard_version", "standard_source", "edits"}
    assert {*RULES} == {*type(default_scenario()).model_fields} - told


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_of_the_base_is_told_in_words_and_by_no_key(name, lang):
    base = changed(default_scenario(), name)
    given = given_by(base)
    assert given.others == (name,)
    [line] = others_in_words(given, base, Texts(lang))
    # No key of a file is left in it, nor a key of the texts.
    assert not re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]", line), line


OF_KINDS = {
    "limit_minutes_wet": 45.0, "fair_minutes": 90.0, "also": (), "counts": (), "presence": "district",
    "aim": "hamlet", "staff": {"bidan": 3}, "open_days_month": 20.0, "people_per_unit": 5000.0,
}  # fmt: skip


NOTHING = {name: {"staff": {}, "also": (), "counts": ()}.get(name) for name in OF_KINDS}
# Of a pustu: where the plain base says the same, nothing is told.
SAID = [
    (name, value) for of in (OF_KINDS, NOTHING) for name, value in of.items()
    if getattr(default_scenario().standard["pustu"], name) != value
]  # fmt: skip


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize(("name", "value"), SAID)
def test_what_a_standard_says_of_a_kind_is_told_in_words(name, value, lang):
    plain = default_scenario()
    pustu = plain.standard["pustu"].model_copy(update={name: value})
    base = plain.model_copy(update={"standard": {**plain.standard, "pustu": pustu}})
    given = given_by(base)
    assert given.others == (f"standard.pustu.{name}",)
    texts = Texts(lang)
    [line] = others_in_words(given, base, texts)
    assert "pustu" in line.lower()
    assert not re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]", line), line
    if isinstance(value, float):
        assert texts.number(value) in line


def test_a_kind_that_the_plain_base_has_not_is_told_by_what_its_standard_says_alone():
    plain = default_scenario()
    clinic = KindStandard(mode="gerobak", limit_minutes=15.0, people_per_unit=800.0)
    modes = {**plain.modes, "gerobak": plain.modes["walking"]}
    standard = {k: rule for k, rule in plain.standard.items() if k != "hospital"} | {"clinic": clinic}
    base = plain.model_copy(update={"standard": standard, "modes": modes})
    given = given_by(base)
    assert given.others == ("modes", "standard.clinic.people_per_unit", "standard.hospital")
    texts = Texts("id")
    said = "\n".join([*rules(given.what_if, texts), *others_in_words(given, base, texts)])
    assert "Klinik: gerobak, batas waktu 15 menit" in said
    assert "kecepatan dan aturan gerobak" in said.lower()
    assert "mode_" not in said
    assert "800" in said
    assert "Rumah sakit: tidak disyaratkan" in said
