"""Scenarios in the app: saved, compared, shared and fought over; downloads; restarts; accounts; a proxy."""

from __future__ import annotations

import csv
import http.client
import json
import re

import openpyxl
import pytest
from browser_support import HOSTILE, MAP_FRAME, Tab

from app.store import Store
from geodata.workspace import SCENARIOS
from planner.coverage.study import Study
from planner.pipeline import read_scenario, summary, village_table
from planner.scenarios.edits import OpenFacility
from planner.scenarios.scenario import default_scenario

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LOOKS = [
    pytest.param({"lang": "id", "size": (1300, 860)}, id="desktop-id"),
    pytest.param({"lang": "en", "size": (390, 844)}, id="phone-en"),
]


@pytest.fixture
def store(served, database):
    assert served.process.poll() is None
    store = Store.open(database)
    yield store
    for saved in store.scenarios("99.01"):
        store.archive(saved.id, version=saved.version, account="test")
    store.close()


@pytest.fixture
def tab(chromium, served, store, request):
    assert store.scenarios("99.01") == []
    tab = Tab(chromium, served.url, **getattr(request, "param", {}))
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def study(hostile_layers):
    return Study(hostile_layers)


def unit_edit(layers, number=0) -> dict:
    """A new pustu in the village of a number, as saved content."""
    point = layers.villages.to_crs(4326).geometry.iloc[number].representative_point()
    edit = OpenFacility(
        op="open_facility", id="pustu-1", kind="pustu", lonlat=(point.x, point.y), name=HOSTILE
    )
    return {"standard": {}, "edits": [edit.model_dump(mode="json")]}


def expect_people(tab, gaps, kind="pustu"):
    text = tab.texts.people(summary(gaps)["kinds"][kind]["people_reached"])
    tab.page.locator(f'[data-figure="people-{kind}"]', has_text=text).wait_for(timeout=15000)
    assert tab.figure(f"people-{kind}") == text


def add_unit(tab, lon, lat):
    tab.tab("What if")
    tab.choose(tab._("Kind of new unit"), "Pustu")
    tab.button("Place it on the map").click()
    tab.frame().locator(".jk-tool").wait_for()
    tab.click_map(lon, lat)
    tab.page.locator('[data-key="e-0"]').wait_for()


def save_as(tab, name, note=""):
    tab.tab("Scenarios")
    tab.page.locator('[data-key="name"]').fill(name)
    tab.page.locator('[data-key="note"]').fill(note)
    tab.page.locator('[data-key="save-as"]').click()
    tab.page.locator(".notice.success").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("tab", LOOKS, indirect=True)
def test_a_scenario_is_saved_opened_copied_and_compared(chromium, served, tab, hostile_layers, study, store):
    base = study.gaps()
    place = hostile_layers.villages.to_crs(4326).geometry.iloc[7].representative_point()
    add_unit(tab, place.x, place.y)
    save_as(tab, HOSTILE, "why <b>bold</b>")
    [saved] = store.scenarios("99.01")
    assert (saved.name, saved.note, saved.author) == (HOSTILE, "why <b>bold</b>", "local")
    with_unit = study.gaps([OpenFacility.model_validate(saved.content["edits"][0])])
    # By its link, in another browser.
    link = tab.page.locator("a[data-absolute]").inner_text()
    assert f"scenario={saved.id}" in link
    other = Tab(chromium, served.url, lang=tab.lang, query=f"&scenario={saved.id}")
    expect_people(other, with_unit)
    other.close()
    tab.page.locator(f'[data-key="k-{saved.id}"]').click()
    tab.page.locator(".notice.success", has_text="(2)").wait_for()
    assert {s.name for s in store.scenarios("99.01")} == {HOSTILE, f"{HOSTILE} (2)"}
    # Against the base: the totals of the table, and a map of differences.
    tab.page.locator('[data-key="new"]').click()
    # The unit wins nobody here, so the figure alone does not tell that the scenario was left.
    tab.page.locator("table.totals").wait_for(state="detached")
    expect_people(tab, base)
    tab.page.locator('select[data-key="compare"]').select_option(saved.id)
    tab.page.locator("table.totals").wait_for()
    row = tab.page.locator("table.totals tr", has_text="Pustu")
    before, after = (summary(g)["kinds"]["pustu"]["people_reached"] for g in (with_unit, base))
    assert [c.strip() for c in row.locator("td").all_inner_texts()[:2]] == [
        tab.texts.people(before), tab.texts.people(after)
    ]  # fmt: skip
    legend = tab.page.frame_locator(MAP_FRAME).locator("#jk-legend summary")
    assert HOSTILE in legend.inner_text()
    assert tab.page.evaluate("window.hacked") is None


@pytest.mark.slow
def test_two_people_on_one_scenario_get_a_conflict_and_lose_nothing(chromium, served, hostile_layers, store):
    saved = store.create("99.01", "jembatan", unit_edit(hostile_layers), account="local")
    mine = Tab(chromium, served.url, query=f"&scenario={saved.id}")
    mine.page.locator('[data-figure="against"]').wait_for()
    # Somebody else saves in between.
    theirs = store.update(saved.id, version=1, account="budi", content={"standard": {}, "edits": []})
    mine.tab("What if")
    mine.page.locator('select[data-key="mode"]').select_option("walking")
    mine.page.locator(".edits", has_text=mine.texts.term("mode_walking")).wait_for()
    mine.tab("Scenarios")
    mine.page.locator('[data-key="save"]').click()
    conflict = mine.page.locator(".conflict")
    conflict.wait_for()
    assert "budi" in conflict.inner_text()
    assert store.scenario(saved.id) == theirs
    mine.page.locator('[data-key="name"]').fill("jembatan, punya saya")
    mine.page.locator('[data-key="save-as"]').click()
    mine.page.locator(".notice.success").wait_for()
    names = {s.name: s for s in store.scenarios("99.01")}
    assert names["jembatan, punya saya"].content["standard"]["puskesmas"]["mode"] == "walking"
    assert len(names["jembatan, punya saya"].content["edits"]) == 1
    mine.close()


@pytest.mark.slow
def test_work_goes_on_after_a_restart_of_the_server(
    chromium, serve, hostile_workspace, hostile_layers, study, tmp_path
):
    database = f"sqlite:///{tmp_path / 'restart.db'}"
    first = serve(hostile_workspace, "--port", 0, "--database", database)
    port = first.url.split(":")[2].strip("/")
    tab = Tab(chromium, first.url)
    place = hostile_layers.villages.to_crs(4326).geometry.iloc[9].representative_point()
    add_unit(tab, place.x, place.y)
    tab.page.wait_for_function("location.search.includes('draft=')")
    first.stop()
    assert first.process.returncode == 0
    second = serve(hostile_workspace, "--port", port, "--database", database)
    # What the browser said while the server was away is not ours to judge.
    tab.page.reload()
    tab.ready()
    store = Store.open(database)
    content = store.drafts("99.01", "local")[0].content
    store.close()
    edit = OpenFacility.model_validate(content["steps"][content["at"]]["edits"][0])
    expect_people(tab, study.gaps([edit]))
    tab.tab("What if")
    tab.button("Undo").click()
    expect_people(tab, study.gaps())
    tab.context.close()
    second.stop()


@pytest.mark.slow
def test_tables_and_maps_are_downloaded(tab, study, tmp_path):
    gaps = study.gaps()
    expected = village_table(gaps)
    files = {}
    tab.tab("Downloads")
    for message in (
        "Table for a spreadsheet (XLSX)", "Table as text (CSV)", "Villages with outlines (GeoJSON)",
        "Map in one file (HTML)", "Scenario file (YAML)", "Table as text (CSV)",
    ):  # fmt: skip
        # The table twice: a file that is asked for again comes again.
        with tab.page.expect_download() as waiting:
            tab.page.get_by_role("button", name=tab._(message)).or_(
                tab.page.get_by_role("link", name=tab._(message))
            ).first.click()
        name = waiting.value.suggested_filename
        files[name.rsplit(".", 1)[1]] = tmp_path / name
        waiting.value.save_as(tmp_path / name)
    rows = list(csv.DictReader(files["csv"].read_text("utf-8").splitlines()))
    assert [r["village_code"] for r in rows] == list(expected.index)
    assert float(rows[0]["pustu_people_reached"]) == pytest.approx(expected["pustu_people_reached"].iloc[0])
    sheet = openpyxl.load_workbook(files["xlsx"])["Desa"]
    codes = {cell.value for cell in sheet["A"]}
    assert set(expected.index) <= codes
    features = json.loads(files["geojson"].read_text("utf-8"))["features"]
    assert {f["properties"]["village_code"] for f in features} == set(expected.index)
    assert "jangkauGapsMap" in files["html"].read_text("utf-8")
    scenario = read_scenario(files["yml"])
    assert scenario.standard == default_scenario().standard


PASSWORD = "kata sandi yang panjang"  # noqa: S105 - of this test alone


@pytest.fixture(scope="module")
def office(serve, hostile_workspace, tmp_path_factory):
    """The app with accounts, behind a proxy that speaks https to the world."""
    database = f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'accounts.db'}"
    store = Store.open(database)
    for name, role in (("siti", "editor"), ("tamu", "viewer"), ("budi", "editor")):
        store.put_account(name, role=role, password=PASSWORD, by="test")
    served = serve(
        hostile_workspace, "--port", 0, "--database", database, "--lang", "en", "--prefix", "/peta",
        "--behind-proxy",
    )  # fmt: skip
    yield served, store
    store.close()
    served.stop()


def sign_in(context, url, name, password=PASSWORD):
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button").click()
    return page


@pytest.mark.slow
def test_behind_a_proxy_viewers_look_editors_save_and_nobody_else_enters(chromium, office):
    served, _ = office
    assert served.url.endswith("/peta/")
    context = chromium.new_context()
    page = context.new_page()
    page.goto(served.url)
    page.get_by_label("Password").fill("wrong password")
    page.get_by_label("Name").fill("siti")
    page.get_by_role("button").click()
    page.get_by_role("alert").wait_for()
    # After five wrong ones a name waits, however it is spaced, and the page says how long.
    said = [
        page.request.post(
            f"{served.url}login", form={"username": name, "password": "wrong"}, max_redirects=0
        ).headers["location"]
        for name in ("orang", "o rang", "ORANG", "orang ", "orang", "orang")
    ]
    assert [x.endswith("error=1") for x in said] == [True] * 5 + [False]
    page.goto(f"{served.url}{said[-1].rsplit('/', 1)[-1]}")
    assert re.search(r"Try again in [23][0-9] seconds", page.get_by_role("alert").inner_text())
    # Not even the map's file without signing in.
    static = page.request.get(f"{served.url}files/vendor/leaflet.js", max_redirects=0)
    assert static.status in (302, 403)
    assert page.request.get(f"{served.url}liveness").status == 200
    for name, may_save in (("siti", True), ("tamu", False)):
        context = chromium.new_context()
        asked: list[str] = []
        context.on("request", lambda r, asked=asked: asked.append(r.url))
        page = sign_in(context, served.url, name)
        page.locator("table.list").wait_for()
        page.frame_locator(MAP_FRAME).locator("body[data-painted]").wait_for()
        page.wait_for_timeout(1000)
        page.locator('[data-key="place-plan"]').click()
        page.get_by_role("tab", name="Scenarios").click()
        page.locator("text=" + name).first.wait_for()
        page.locator("h3", has_text="Saved scenarios").wait_for()
        assert asked != []
        assert all("/peta/" in u for u in asked if u.startswith(("http", "ws")))
        assert (page.locator('[data-key="save-as"]').count() == 1) is may_save
        context.close()


@pytest.mark.slow
def test_another_password_ends_old_cookies_open_pages_and_files(chromium, office):
    served, store = office
    context = chromium.new_context()
    page = sign_in(context, served.url, "budi")
    page.locator("table.list").wait_for()
    file = f"{served.url}files/vendor/leaflet.js"
    assert page.request.get(file, max_redirects=0).status == 200
    [cookie] = [c for c in context.cookies() if c["name"] == "user"]
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Lax", True)
    store.put_account("budi", role="editor", password="kata sandi yang lain", by="test")  # noqa: S106 - of this test
    # The open page is shut, and is back at the sign-in; the old cookie opens nothing more.
    page.get_by_label("Password").wait_for(timeout=10000)
    assert page.request.get(file, max_redirects=0).status in (302, 403)
    assert page.request.get(served.url, max_redirects=0).status == 302
    # Nor does a guest's, whatever Panel makes of it.
    context.add_cookies([{"name": "is_guest", "value": "1", "url": served.url}])
    assert page.request.get(served.url, max_redirects=0).status == 302
    context.close()
    context = chromium.new_context()
    context.add_cookies([{"name": "is_guest", "value": "1", "url": served.url}])
    page = sign_in(context, served.url, "budi", "kata sandi yang lain")
    page.locator("table.list").wait_for()
    assert "budi (editor)" in page.locator(".settings .who").get_attribute("title")
    context.close()


def answer(url, path, **headers):
    """The answer to a request as it is, without a browser's help."""
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=10)
    connection.request("GET", path, headers=headers)
    got = connection.getresponse()
    connection.close()
    return got


@pytest.mark.slow
def test_only_pages_of_the_server_itself_open_its_socket(served):
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
    }  # fmt: skip
    host = served.url.split("/")[2]
    for origin in ("http://evil.example", "http://127.0.0.1:1", f"http://{host}.evil.example", "null"):
        assert answer(served.url, "/ws", Origin=origin, **upgrade).status == 403
    assert answer(served.url, "/ws", Origin=f"http://{host}", **upgrade).status == 101


@pytest.mark.slow
def test_names_that_no_file_has_and_what_every_answer_carries(office):
    served, _ = office
    for path in ("/peta/files/%00", "/peta/files/a%00.js", "/%00"):
        assert answer(served.url, path).status == 404
    for path in ("/peta/login?next=/peta/", "/peta/liveness", "/peta/files/vendor/leaflet.js", "/nowhere"):
        got = answer(served.url, path, **{"X-Forwarded-Proto": "https"})
        assert "frame-ancestors 'self'" in got.getheader("Content-Security-Policy")
        assert got.getheader("X-Content-Type-Options") == "nosniff"
        assert got.getheader("Referrer-Policy") == "same-origin"
    login = answer(served.url, "/peta/login?next=/peta/", **{"X-Forwarded-Proto": "https"})
    assert "; secure" in login.getheader("Set-Cookie").lower()
    assert "; secure" not in answer(served.url, "/peta/login?next=/peta/").getheader("Set-Cookie").lower()


@pytest.mark.slow
def test_scenarios_stay_when_the_workspace_is_built_again(demo_layers, tmp_path):
    from geodata.workspace import write_workspace

    write_workspace(demo_layers, tmp_path / "w")
    (tmp_path / "w" / SCENARIOS).mkdir()
    store = Store.open(f"sqlite:///{tmp_path / 'w' / SCENARIOS / 'jangkau.db'}")
    store.create("99.01", "tetap", {"edits": []}, account="local")
    store.close()
    write_workspace(demo_layers, tmp_path / "w")
    store = Store.open(f"sqlite:///{tmp_path / 'w' / SCENARIOS / 'jangkau.db'}")
    assert [s.name for s in store.scenarios("99.01")] == ["tetap"]
    store.close()
