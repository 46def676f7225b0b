"""The tab of data without a browser: files dropped, read otherwise, decided, used; and who may not."""

from __future__ import annotations

import io
import re
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.areas.area import Area
from app.areas.served import Served
from app.areas.trials import GivenFile, look_into
from app.core.session import Session
from app.store import Store
from app.texts import Texts
from app.views import data
from geodata.errors import ConfigError
from geodata.workspace import read_workspace, state_of, write_workspace

HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}'


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield store
    store.close()


def pages(area):
    return {lang: f"{id(area)}-{lang}" for lang in ("id", "en")}


@pytest.fixture
def served(area):
    return Served([area], pages)


@pytest.fixture
def view(area, store, served):
    return opened(area, store, served)


def opened(area, store, served, *, editor=True, lang="en"):
    session = Session(area, Texts(lang), store, account="ani", editor=editor, served=served)
    return data.make.__globals__["_Data"](session)


def list_of(area, number=3, name="Melati"):
    """A list of posyandu: one in each of the first villages."""
    rows = ["nama,desa,kecamatan,lat,lon"]
    places = area.layers.villages.geometry.representative_point().to_crs(4326)
    for i, v in enumerate(area.layers.villages.iloc[:number].itertuples()):
        rows.append(
            f"Posyandu {name},{v.village_name},{v.district_name},{places.iloc[i].y},{places.iloc[i].x}"
        )
    return "\n".join(rows).encode()


@pytest.mark.slow
def test_a_file_is_read_and_nothing_changes_until_it_is_used(view, area, served):
    view.revising.receive("../../posyandu.csv", list_of(area))
    assert view.revising.order.file.safe_name == "posyandu.csv"
    assert view.revising.order.chosen.kind == "name"
    view.acted({"act": "try"})
    [units] = view.revising.tried.change.units
    assert (units.kind, units.after, units.placed_after) == ("posyandu", 3, 3)
    assert served.areas == [area]
    view.acted({"act": "use"})
    assert served.areas != [area]
    assert [(s.by, s.why) for s in served.earlier(served.areas[0])] == [("ani", "posyandu.csv")]


@pytest.mark.slow
def test_a_stray_row_of_a_kind_that_would_take_the_place_of_all_is_told(view, area):
    """One pustu among posyandu: by itself it would be the only pustu of the kabupaten."""
    before = int((area.layers.facilities["kind"] == "pustu").sum())
    lost = f"Pustu: this list has 1 unit, in the place of {before}."
    stray = (
        list_of(area, number=24)
        + b"\nPustu Melati,"
        + list_of(area, number=1).splitlines()[1].split(b",", 1)[1]
    )
    view.revising.receive("posyandu.csv", stray)
    view.acted({"act": "try"})
    assert lost in view.given.html
    view.acted({"act": "choose", "name": "adds", "value": "yes"})
    view.acted({"act": "try"})
    assert lost not in view.given.html


def zipped(folder, content, *names):
    """A zip file of the parts of a shapefile, and of what else is named."""
    frame = pd.read_csv(io.BytesIO(content))
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
    (folder / "sub").mkdir()
    gpd.GeoDataFrame(frame.drop(columns=["lat", "lon"]), geometry=points).to_file(folder / "sub/posyandu.shp")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for part in sorted((folder / "sub").iterdir()):
            if not names or part.suffix in names:
                file.write(part, f"data/{part.name}")
        file.writestr("__MACOSX/data/._posyandu.shp", b"x")
        file.writestr("baca saya.txt", "catatan")
    return made.getvalue()


@pytest.mark.slow
def test_a_zipped_shapefile_is_read_as_the_list_that_it_holds(view, area, tmp_path):
    """Names of columns are cut to ten letters in it, as offices know."""
    view.revising.receive("posyandu.csv", list_of(area))
    view.acted({"act": "try"})
    wanted = view.revising.tried.trial.area.layers.facilities
    view.revising.receive("posyandu.zip", zipped(tmp_path, list_of(area)))
    view.acted({"act": "try"})
    found = view.revising.tried.trial.area.layers.facilities
    columns = ["kind", "name", "village_code", "status"]
    assert found[columns].to_numpy().tolist() == wanted[columns].to_numpy().tolist()
    assert found.geometry.geom_equals_exact(wanted.geometry, 0.01, align=False).all()


@pytest.mark.parametrize(
    ("parts", "why"), [((".shp", ".prj"), "without its .shx and .dbf"), ((".prj",), "holds 0 maps")]
)
def test_a_zip_without_a_whole_map_is_told(view, area, tmp_path, parts, why):
    view.revising.receive("posyandu.zip", zipped(tmp_path, list_of(area), *parts))
    assert view.revising.tried is None
    assert why in view.session.notice.text


@pytest.mark.slow
def test_what_is_chosen_otherwise_is_tried_anew(view, area):
    view.revising.receive("daftar.csv", list_of(area))
    view.acted({"act": "try"})
    view.acted({"act": "choose", "name": "kind", "value": "pustu"})
    assert view.revising.tried is None
    view.acted({"act": "try"})
    assert {u.kind for u in view.revising.tried.change.units} == {"pustu"}
    view.acted({"act": "choose", "name": "adds", "value": "yes"})
    view.acted({"act": "try"})
    [units] = view.revising.tried.change.units
    assert (units.after, units.gone) == (units.before + 3, 0)
    for key in ("lat", "lon", "village_name"):
        view.acted({"act": "choose", "name": key, "value": ""})
    view.acted({"act": "try"})
    assert view.revising.tried is None
    assert "no column says where the facilities are" in view.session.notice.text


@pytest.mark.slow
def test_what_was_decided_is_of_places_as_they_were_read(view, area):
    view.revising.receive("posyandu.csv", list_of(area))
    view.revising.decide([2], take=True)
    assert view.revising.order.decided == {2: True}
    view.acted({"act": "choose", "name": "adds", "value": "yes"})
    assert view.revising.order.decided == {}


@pytest.mark.slow
def test_other_ids_alone_are_no_change_of_a_village(view, area):
    places = area.layers.facilities.to_crs(4326)
    pustu = places[(places["kind"] == "pustu") & (places["status"] == "used")]
    rows = [f"{r.name},{r.geometry.y!r},{r.geometry.x!r},{r.functioning}" for _, r in pustu.iterrows()]
    lines = [f"Pustu {n},{row.split(',', 1)[1]}" for n, row in enumerate(rows)]
    view.revising.receive("pustu lagi.csv", "\n".join(["nama,lat,lon,berfungsi", *lines]).encode())
    view.acted({"act": "choose", "name": "kind", "value": "pustu"})
    view.acted({"act": "try"})
    change = view.revising.tried.change
    [units] = change.units
    assert units.new == len(pustu)
    table = change.compared.villages
    assert not len(table[table["kind"] == "pustu"])


@pytest.mark.parametrize(("name", "value"), [
    ("kind", "hospital2"), ("kind", "column:none"), ("lat", "no such column"), ("role", "roads"),
    ("nokey", "nama"),
])  # fmt: skip
def test_a_choice_that_makes_no_sense_changes_nothing(view, area, name, value):
    view.revising.receive("posyandu.csv", list_of(area))
    before = view.revising.order.chosen
    view.acted({"act": "choose", "name": name, "value": value})
    assert view.revising.order.chosen == before


@pytest.mark.slow
def test_who_may_not_save_may_try(area, store, served):
    view = opened(area, store, served, editor=False)
    view.revising.receive("posyandu.csv", list_of(area))
    view.acted({"act": "try"})
    assert view.revising.tried is not None
    assert 'data-act="use"' not in view.given.html
    view.acted({"act": "use"})
    assert served.areas == [area]
    assert view.session.notice.severity == "warning"


@pytest.mark.slow
def test_of_two_who_use_their_lists_the_second_is_told(area, store, served):
    first, second = (opened(area, store, served) for _ in range(2))
    for view, name in ((first, "Satu"), (second, "Dua")):
        view.revising.receive("posyandu.csv", list_of(area, name=name))
        view.acted({"act": "try"})
    first.acted({"act": "use"})
    second.acted({"act": "use"})
    assert "replaced by somebody else" in second.session.notice.text
    assert "Posyandu Satu" in set(served.areas[0].layers.facilities["name"])
    second.acted({"act": "try"})
    assert "load it anew" in second.session.notice.text


@pytest.mark.slow
def test_a_workspace_built_meanwhile_is_not_written_over(demo_layers, store, tmp_path):
    folder = tmp_path / "area"
    write_workspace(demo_layers, folder)
    area = Area(read_workspace(folder), workspace=folder, state=state_of(folder))
    served = Served([area], pages)
    view = opened(area, store, served)
    view.revising.receive("posyandu.csv", list_of(area))
    view.acted({"act": "try"})
    other = demo_layers.facilities.assign(name="built meanwhile")
    write_workspace(demo_layers.with_facilities(other), folder)
    view.acted({"act": "use"})
    assert "built anew meanwhile" in view.session.notice.text
    assert set(read_workspace(folder).facilities["name"]) == {"built meanwhile"}
    assert served.areas == [area]


@pytest.mark.slow
def test_a_trial_has_a_page_until_it_is_left(view, area, served):
    view.revising.receive("posyandu.csv", list_of(area))
    view.acted({"act": "try"})
    token = view.revising.tried.token
    assert served.area(area.code, token) is view.revising.tried.trial.area
    assert served.area(area.code, "guessed") is None
    view.acted({"act": "leave"})
    assert served.area(area.code, token) is None
    assert view.revising.order is None


@pytest.mark.slow
def test_pages_of_trials_go_and_those_in_use_stay(area, store):
    there, number = set(), iter(range(100))

    def write(_area):
        names = {"id": f"page-{next(number)}", "en": f"page-{next(number)}"}
        there.update(names.values())
        return names

    served = Served([area], write, there.difference_update)
    view = opened(area, store, served)
    view.revising.receive("posyandu.csv", list_of(area))
    for _ in range(3):
        view.acted({"act": "try"})
    # Those in use, and those of the one that is on trial.
    assert len(there) == 4
    view.acted({"act": "use"})
    now = served.areas[0]
    assert {served.page(now, lang) for lang in ("id", "en")} <= there
    view.acted({"act": "leave"})
    assert {served.page(now, lang) for lang in ("id", "en")} <= there


@pytest.mark.slow
def test_what_is_had_back_is_named_by_its_day(view, served):
    view.revising.receive("posyandu.csv", list_of(view.session.area))
    view.acted({"act": "try"})
    view.acted({"act": "use"})
    again = opened(served.areas[0], view.session.store, served)
    again.acted({"act": "have_back", "name": "earlier-000001"})
    again.acted({"act": "use"})
    latest, *_ = served.earlier(served.areas[0])
    # It is kept in no language, and told in that of whoever looks.
    for lang, said in (("en", "the data until"), ("id", "data sampai")):
        seen = opened(served.areas[0], view.session.store, served, lang=lang)
        assert re.search(rf"{said} \d+ \w+ \d{{4}} \d\d:\d\d WIB", seen.states.html)
        assert latest.why not in seen.states.html
    assert served.areas[0].layers.facilities.equals(view.session.area.layers.facilities)


@pytest.mark.slow
def test_hostile_names_are_text(area, store, served):
    view = opened(area, store, served, lang="id")
    view.revising.receive(f"{HOSTILE}.csv", list_of(area, name=HOSTILE))
    view.acted({"act": "try"})
    for fragment in (view.given, view.quality, view.states):
        assert "<img" not in fragment.html


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content"), [
    ("daftar.exe", b"MZ"), ("daftar.xlsx", b"PK\x03\x04 no book"), ("kosong.csv", b""), ("daftar.json", b"{"),
    ("tanpa ending", b"nama"), ("..", b"x"), ("daftar.pdf", b"%PDF-1.4"), ("bom.xlsx", bomb),
    ("daftar.geojson", b'{"type": "FeatureCollection", "features": []}'),
])  # fmt: skip
def test_what_is_no_list_is_told_in_a_sentence(view, name, content):
    view.revising.receive(name, content() if callable(content) else content)
    assert view.session.notice.severity == "error"
    assert "our fault" not in view.session.notice.text
    assert "/tmp" not in view.session.notice.text  # noqa: S108 - it must not stand there
    assert view.revising.order is None or view.revising.tried is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=300), content=st.binary(max_size=300))
def test_any_file_is_read_or_told(name, content):
    file = GivenFile(name, content)
    assert "/" not in file.safe_name
    assert "\\" not in file.safe_name
    try:
        found = look_into(file)
    except ConfigError:
        return
    assert found


@given(st.dictionaries(st.sampled_from(["id", "row", "name", "value", "code"]), st.text(max_size=20)),
       st.sampled_from(["sheet", "choose", "try", "stop", "leave", "have_back", "take", "refuse", "mark",
                        "village", "facility", "nothing"]))  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_message_of_a_page_is_a_fault(view, message, act):
    view.acted({"act": act, **message})
    assert "our fault" not in view.session.notice.text


def test_what_was_found_for_units_means_nothing_for_people(tmp_path):
    from geodata.drafting.chosen import Chosen, first_choice, source_of
    from geodata.drafting.guess import guesses

    (tmp_path / "posyandu.csv").write_text("kode,nama,lat,lon,kader,hari_buka\nY1,Posyandu A,-6.1,107,5,1\n")
    [guess] = guesses(tmp_path)
    units = source_of(guess, first_choice(guess))
    assert (units.id, units.staff, units.open_days) == ("kode", {"kader": "kader"}, "hari_buka")
    people = source_of(guess, Chosen("population", {"name": "nama"}))
    assert (people.name, people.groups) == ("nama", {})


@pytest.mark.parametrize("lang", ["id", "en"])
def test_what_is_only_guessed_of_a_file_is_told_before_it_is_tried(area, store, served, tmp_path, lang):
    """A map without its .prj, and a list with two columns of one heading that differ."""
    said = {
        "en": ("does not say its coordinate system", "have one heading and differ"),
        "id": ("tidak menyebutkan sistem koordinatnya", "berjudul sama tetapi isinya berbeda"),
    }[lang]
    view = opened(area, store, served, lang=lang)
    view.revising.receive("posyandu.csv", list_of(area))
    assert not any(words in view.given.html for words in said)
    view.revising.receive("posyandu.zip", zipped(tmp_path, list_of(area), ".shp", ".shx", ".dbf"))
    assert said[0] in view.given.html
    head, *rows = list_of(area).decode().splitlines()
    twins = "\n".join([f"{head},Nama", *(f"{row},<b>lain {i}</b>" for i, row in enumerate(rows))])
    view.revising.receive("posyandu.csv", twins.encode())
    assert said[1] in view.given.html
    assert said[0] not in view.given.html
