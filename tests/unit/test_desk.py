"""The desk without a browser: search, addresses, scenario files, names of new units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.areas.area import Area
from app.areas.places import Found, PlaceIndex
from app.areas.question import WhatIf, what_if_of_file
from app.components.wire import FIRST_REST, Wire
from app.core.session import Session
from app.core.state import Selection
from app.figures.describe import described
from app.store import Store
from app.texts import Texts
from app.views import PLACES, VIEWS, tour
from app.views import scenarios as scenarios_view
from app.views import search as search_view
from app.views import villages as villages_view
from app.views import whatif as whatif_view
from app.web import desk
from app.web.address import Address
from geodata.errors import ConfigError
from planner.coverage.study import Study
from planner.scenarios.edits import CloseRoad, Flood, OpenFacility
from planner.scenarios.scenario import default_scenario

# Panel's download button warns of two names for one thing.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant':PendingDeprecationWarning")
NAMES = st.text(alphabet="abÁé ·'-12", min_size=1, max_size=8)


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def session(area, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    session = Session(area, Texts("en"), store, account="siti", editor=True)
    desk.panel(session)
    yield session
    store.close()


def addresses(session):
    """What is put into the browser's address, from the beginning on."""
    said = []
    put = session.stream.put

    def listen(slot, value):
        if slot == "address":
            said.append((value["search"], value["push"]))
        return put(slot, value)

    session.stream.put = listen
    return said


def test_a_name_is_found_whatever_its_capitals_and_accents_and_the_nearest_comes_first():
    index = PlaceIndex([
        Found("district", "1", "Sukorambi", "1"), Found("village", "1.1", "Wonosukorejo", "Sukorambi"),
        Found("village", "1.2", "Sukorejo", "Bangsalsari"), Found("village", "1.3", "Sukorejo", "Sumberbaru"),
        Found("facility", "p", "Pustu Sukorejo", "Sukorejo, Bangsalsari", "pustu"),
    ])  # fmt: skip
    assert [f.id for f in index.search("SUKORÉJO", most=9)] == ["1.2", "1.3", "p", "1.1"]
    # Lists often leave the kind out of a unit's name.
    assert [f.id for f in index.search("posyandu sukorejo", most=9)] == []
    units = PlaceIndex([Found("facility", "p", "SUKOREJO", "", "puskesmas"),
                        Found("facility", "h", "Sukorejo Husada", "", "hospital")])  # fmt: skip
    assert [f.id for f in units.search("Puskesmas Sukorejo", most=9)] == ["p"]
    assert [f.id for f in units.search("rumah sakit", most=9)] == ["h"]
    assert [f.id for f in units.search("hospital suko", most=9)] == ["h"]
    # Two of one name are told apart by their kecamatan.
    assert [f.id for f in index.search("sukorejo sumber", most=9)] == ["1.3"]
    assert [f.id for f in index.search("1.2", most=1)] == ["1.2"]
    assert index.search("· '", most=9) == []
    # Words that are written before a name tell what is meant, where no name holds them.
    assert [f.id for f in index.search("Desa Sukorejo", most=9)] == ["1.2", "1.3", "1.1"]
    assert [f.id for f in index.search("kel. sukorejo sumber", most=9)] == ["1.3"]
    assert [f.id for f in index.search("Kec. Sukorambi", most=9)] == ["1"]
    assert [f.id for f in index.search("kecamatan sukorambi", most=9)] == ["1"]
    assert [f.id for f in index.search("district of nowhere", most=9)] == []
    assert index.search("desa", most=9) == []
    # A whole code stands alone, also where others begin with it.
    assert [f.id for f in index.search("1", most=9)] == ["1"]


@given(st.lists(st.tuples(NAMES, NAMES), max_size=6), st.text(alphabet="abáe '1", max_size=4))
def test_all_that_is_found_holds_every_word_and_all_that_holds_them_is_found(rows, query):
    index = PlaceIndex([Found("village", f"x{i}", n, w) for i, (n, w) in enumerate(rows)])

    def letters(text):
        return "".join({"Á": "a", "á": "a", "é": "e"}.get(c, c) for c in text)

    found = {f.id for f in index.search(query, most=99)}
    words = letters(query).replace("'", " ").split()
    for i, (name, where) in enumerate(rows):
        held = " ".join("".join(c if c.isalnum() else " " for c in letters(t)) for t in (name, where))
        by_code = query.strip().casefold() and query.strip().casefold() in f"x{i}"
        wanted = bool(words) and (all(w in held.split(" ") or w in f"{held} x{i}" for w in words) or by_code)
        assert (f"x{i}" in found) == bool(wanted)


@pytest.mark.slow
def test_what_is_found_is_chosen_and_brought_into_view(session):
    gone = []
    session.map.go_to = gone.append
    view = search_view.make(session)
    villages = session.area.layers.villages
    code, name = villages.index[4], villages["village_name"].iloc[4]
    view._handle_msg({"act": "find", "value": name})
    assert code in view.html
    view._handle_msg({"act": "take", "what": "village", "id": code})
    assert session.state.selected == Selection("village", code)
    west, south, east, north = villages.loc[[code]].to_crs(4326).total_bounds
    np.testing.assert_allclose(gone[0], [[south, west], [north, east]], atol=1e-3)
    district = villages["district_code"].iloc[4]
    view._handle_msg({"act": "take", "what": "district", "id": district})
    assert session.views.shown == "villages"
    np.testing.assert_array_equal(session.state.passing(), villages["district_code"] == district)
    view._handle_msg({"act": "take", "what": "village", "id": "nowhere"})
    view._handle_msg({"act": "take", "what": "x", "id": code})


def test_a_unit_that_the_scenario_opens_is_found_too(session):
    lon, lat = session.area.layers.villages.to_crs(4326).geometry.iloc[3].representative_point().coords[0]
    new = OpenFacility(op="open_facility", id="new-1", kind="pustu", lonlat=(lon, lat), name="Pustu Harapan")
    session.questions.change(lambda: session.state.what_if.with_edit(new))
    view = search_view.make(session)
    view._handle_msg({"act": "find", "value": "harapan"})
    assert 'data-id="new-1"' in view.html


def test_a_new_unit_has_the_kind_on_the_map_and_the_name_of_its_village(session):
    session.state.kind = "posyandu"
    view = whatif_view._WhatIf(session)
    villages = session.area.layers.villages
    name = villages["village_name"].iloc[3]
    at = villages.to_crs(4326).geometry.iloc[3].representative_point().coords[0]
    for _ in range(2):
        view.drawing({"act": "place", "unit_name": ""})
        session.map.picked({"type": "place", "lonlat": at})
    edits = session.state.what_if.edits
    assert [e.kind for e in edits] == ["posyandu"] * 2
    taken = set(session.area.layers.facilities["name"])
    first, second = (e.name for e in edits)
    assert first.startswith(f"Posyandu {name}")
    assert second.startswith(f"Posyandu {name} ")
    assert len({first, second} | taken) == len(taken) + 2
    # Another kind, and a name, hold where they were said.
    view.drawing({"act": "new_kind", "value": "pustu"})
    view.drawing({"act": "place", "unit_name": "Pustu Baru"})
    session.map.picked({"type": "place", "lonlat": at})
    assert (session.state.what_if.edits[-1].kind, session.state.what_if.edits[-1].name) == (
        "pustu", "Pustu Baru",
    )  # fmt: skip
    # The form speaks of the next unit then: what was typed for this one does not stay in it.
    assert 'data-turn="3"' in view.tools.html


@pytest.mark.slow
def test_a_road_is_closed_changed_and_opened_again(session):
    view = whatif_view._WhatIf(session)
    road = session.area.layers.roads.index[0]

    def act(name, **more):
        view.candidates = [road]
        view.acted({"act": name, "road": road, **more})
        return [e.op for e in session.state.what_if.edits]

    assert act("close_road") == ["close_road"]
    # What was closed here is open again when that is taken back.
    assert act("reopen_road") == []
    assert act("reopen_road") == ["reopen_road"]
    assert act("change_road", **{"class": "track"}) == ["reopen_road", "change_road"]
    assert act("change_road", **{"class": "x"}) == ["reopen_road", "change_road"]
    west, south, east, north = session.area.layers.villages.to_crs(4326).total_bounds
    view.drawn_flood({"type": "area", "line": [(west, south), (east, south), (east, north)]})
    assert [e.op for e in session.state.what_if.edits][-1] == "flood"
    assert session.state.what_if.edits[-1].season == "wet"


def test_what_told_of_a_success_goes_away_when_the_user_goes_on(session):
    session.notice.tell("Saved: Usulan", "success")
    session.state.order = "-unreached"
    assert session.notice.text
    session.state.kind = "pustu"
    assert session.notice.text == ""
    # What went wrong stays until it is closed.
    session.notice.tell("This cannot be done", "error")
    session.state.kind = "puskesmas"
    assert session.notice.text == "This cannot be done"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_season_of_a_flood_is_told_in_words(area, lang):
    texts = Texts(lang)
    ring = [(110.0, -7.0), (110.1, -7.0), (110.0, -7.1)]
    for season in whatif_view.FLOOD_SEASONS:
        assert texts.term(f"season_{season}") != f"season_{season}"
        [line] = described(WhatIf().with_edit(Flood(polygon=ring, season=season)), area, texts)
        assert "season_" not in line


def test_a_scenario_file_asks_what_the_question_asked_that_wrote_it(area):
    base = area.scenario
    edit = CloseRoad(op="close_road", road=area.layers.roads.index[0])
    question = WhatIf().with_rule("pustu", mode="walking", limit_minutes=44.5).with_edit(edit)
    again = what_if_of_file(question.to_yaml("a", base).encode(), base)
    assert again == question
    assert what_if_of_file(b"name: nothing", base).is_base


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x00", "scenario.yml"), (b"standard: 3", "standard"), (b"{season: wet}", "season"),
        (b"{access: {detour: 2}, edits: []}", "access"),
    ],
)  # fmt: skip
def test_a_file_that_asks_for_more_is_refused_in_words(content, why):
    with pytest.raises(ConfigError, match=why) as raised:
        what_if_of_file(content, default_scenario())
    assert "/" not in str(raised.value).partition("scenario.yml")[0]


def test_every_view_is_in_a_place_and_a_place_opens_where_it_was_left(session):
    views = session.views
    assert {v.place for v in VIEWS} == {*PLACES, "bar", "map"}
    views.open("scenarios")
    views.go("gaps")
    assert (views.place, views.shown) == ("gaps", "villages")
    views.go("plan")
    assert views.shown == "scenarios"
    views.open("nowhere")
    views.go("nowhere")
    assert views.shown == "scenarios"


def test_a_hidden_view_is_brought_up_to_date_in_all_its_parts(session):
    """The figures above the list stayed those of another question, since the list took their place."""
    figures, ranked = villages_view.make(session)
    scenarios = scenarios_view.make(session)
    session.views.open("whatif")
    session.questions.change(lambda: session.state.what_if.with_rule("puskesmas", limit_minutes=90.0))
    session.state.beside = "line"
    [headline] = [h for h in session.state.headlines() if h.kind == "puskesmas"]
    reached = session.texts.people(headline.people_reached)
    assert reached not in figures.html
    session.views.open("villages")
    assert reached in figures.html
    worst = session.state.ranking().iloc[0]
    assert ranked.html.index(worst["village_name"]) > 0
    session.views.open("scenarios")
    assert reached in scenarios.html
    assert 'data-act="beside" data-how="line"' in scenarios.html


def test_the_address_goes_on_by_steps_and_back_shows_what_it_says(session):
    said = addresses(session)
    address = Address(session)
    address.follow()
    first = said[-1][0]
    session.state.kind = "pustu"
    code = session.area.layers.villages.index[2]
    session.state.selected = Selection("village", code)
    # What comes together is one step (static/desk.js): one of them says so.
    assert [push for _, push in said[1:]].count(True) == 2
    last = said[-1][0]
    assert "kind=pustu" in last
    assert f"village={code}" in last
    assert "view=sheet" in last
    begun = len(said)
    address.heard({"address": first})
    assert session.state.kind == session.area.kinds[0]
    assert session.state.selected is None
    assert session.views.shown == "villages"
    assert said[-1] == (first, False)
    # Going back and forward makes no step of its own.
    address.heard({"address": last})
    assert (session.views.shown, session.state.kind) == ("sheet", "pustu")
    assert not any(push for _, push in said[begun:])
    assert said[-1][0] == last


def test_going_back_opens_the_scenario_of_the_address_and_loses_no_work(session):
    said = addresses(session)
    address = Address(session)
    address.follow()
    base = said[-1][0]
    session.questions.change(lambda: session.state.what_if.with_rule("pustu", limit_minutes=44.0))
    session.scenarios.save_as("Usulan", "")
    saved = said[-1][0]
    assert "scenario=" in saved
    address.heard({"address": base})
    assert session.state.opened is None
    assert session.state.what_if.is_base
    address.heard({"address": saved})
    assert session.state.opened.name == "Usulan"
    assert session.state.what_if.standard["pustu"].limit_minutes == 44.0
    # Unsaved work stays.
    session.questions.change(lambda: session.state.what_if.with_rule("pustu", limit_minutes=45.0))
    address.heard({"address": base})
    assert session.state.what_if.standard["pustu"].limit_minutes == 45.0


@pytest.mark.parametrize(
    "address", ["", "?", "?kind=x&season=y&view=z&village=1&group=q", "?kind=%00&&==", "x" * 9000]
)
def test_no_address_is_a_fault_of_ours(session, address):
    before = session.state.kind
    Address(session).heard({"address": address})
    assert session.state.kind == before


def test_the_list_is_sorted_by_each_column_both_ways_and_the_unknown_comes_last(session):
    state = session.state
    for order, column, rising in (
        ("name", "village_name", True), ("minutes", "minutes_median", True), ("people", "people", False),
    ):  # fmt: skip
        for back in (False, True):
            state.order = f"-{order}" if back else order
            table = state.ranking()
            assert sorted(table.index) == sorted(session.area.layers.villages.index)
            values = table[column].str.casefold() if column == "village_name" else table[column]
            unknown = values.isna().to_numpy()
            assert not unknown[: (~unknown).sum()].any()
            known = values[~unknown].tolist()
            assert known == sorted(known, reverse=rising == back)


@pytest.mark.slow
def test_a_closed_bridge_that_only_slows_villages_is_said_beside_the_kind(session):
    """What a chip says is what a fresh study, village by village, says."""
    area = session.area
    before = {k: area.base.villages(k, "dry")["minutes_median"] for k in area.kinds}
    roads = area.layers.roads
    question = WhatIf().with_edit(CloseRoad(op="close_road", road=roads[roads["bridge"]].index[0]))
    session.questions.change(lambda: question)
    after = Study(area.layers, scenario=question.scenario(area.scenario)).gaps().seasons["dry"]
    seen = 0
    for headline in session.state.headlines():
        now = after[headline.kind].villages["minutes_median"]
        # From half a minute on, as METHODS says.
        slower = sum(n - b >= 0.5 for n, b in zip(now, before[headline.kind], strict=True))
        assert headline.villages_slower == slower
        assert headline.villages_quicker == 0
        seen += slower
    assert seen > 0


@pytest.mark.slow
def test_the_story_goes_on_by_its_buttons_or_by_hand_and_ends_when_it_is_left(session):
    story = tour._Tour(session)
    at = session.area.layers.villages.to_crs(4326).geometry.iloc[3].representative_point().coords[0]

    def press():
        story.fragment._handle_msg({"act": story.step})
        return story.step

    worst = str(session.state.ranking().index[0])
    assert press() == "sheet"
    assert session.state.selected == Selection("village", worst)
    assert press() == "place"
    # The button leads to the tool; the unit is placed by hand.
    assert press() == "place"
    assert session.views.shown == "whatif"
    new = OpenFacility(op="open_facility", id="new-1", kind="puskesmas", lonlat=at)
    session.questions.change(lambda: session.state.what_if.with_edit(new))
    assert story.step == "change"
    session.state.measure = "change"
    assert story.step == "page"
    assert press() == "page"
    assert session.views.shown == "documents"
    assert not story.fragment.visible
    # Left at once, it says nothing more.
    other = tour._Tour(session)
    other.fragment._handle_msg({"act": "close"})
    session.state.selected = Selection("village", str(session.state.ranking().index[1]))
    assert (other.step, other.fragment.visible) == ("gap", False)


def test_the_story_speaks_of_the_kind_on_the_map_and_of_no_gap_where_none_is_known(session):
    state, story = session.state, tour._Tour(session)
    kinds = ("puskesmas", "hospital")
    gaps = {k: (state.answer.villages(k, state.season)["status"] == "gap").sum() for k in kinds}
    assert gaps["hospital"] == 0 < gaps["puskesmas"]
    for kind, number in gaps.items():
        state.kind = kind
        assert session.texts.kind(kind) in story.fragment.html
        assert ("red villages" in story.fragment.html) == (number > 0)
        assert ("No village is known as a gap" in story.fragment.html) == (number == 0)


def test_the_sheet_is_made_once_the_page_is_at_rest_and_leaves_what_is_drawn(session):
    drawn, made, busy = [], [], []
    session.map.draw = lambda kinds, _shapes: drawn.append(kinds)
    render = session.render
    session.render = lambda name, **values: made.append(name) or render(name, **values)
    wire = Wire(session.stream, lambda: not busy, lambda _: None, session.views.make_ahead)
    wire._handle_msg({"ping": FIRST_REST - 1})
    busy.append(1)
    wire._handle_msg({"ping": FIRST_REST})
    assert made == []
    busy.clear()
    for _ in range(2):
        wire._handle_msg({"ping": FIRST_REST})
    assert (made, drawn) == (["nothing_chosen"], [])
    code = str(session.state.ranking().index[0])
    session.state.selected = Selection("village", code)
    assert session.views.shown == "sheet"
    assert code in session.stream.value("sheet")


def test_a_list_that_is_about_to_be_hidden_is_not_made_anew(session):
    """Nor is it forgotten: it marks the village once it is open again."""
    assert session.views.shown == "villages"
    before = session.stream.value("villages")
    session.state.selected = Selection("village", str(session.state.ranking().index[0]))
    assert session.views.shown == "sheet"
    assert session.stream.value("villages") == before
    session.views.open("villages")
    assert session.stream.value("villages") != before
