"""A country in the app: which folders are served, what its tables say, and who may look."""

from __future__ import annotations

import json
import shutil

import pytest
from country_support import PEOPLE, REGENCIES, write_results
from support import by_gdal, run_apart
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from app.areas.country import Country
from app.core.country import CountryTab
from app.figures.country import by_kind, places
from app.map.country import page_html
from app.store import Store
from app.texts import Texts
from app.views.country import make_figures, make_search
from app.web import country as page
from app.web.listening import Options
from app.web.server import make_server
from app.web.serving import App
from geodata.errors import WorkspaceError
from geodata.files.written import content_sha256
from planner.nation.results import is_results, read_results

WORD = "kata sandi satu"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("country") / "out")


@pytest.fixture
def made(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "out")


@pytest.fixture(scope="module")
def country(finished):
    return Country.of(read_results(finished))


def tab_of(country, lang="en", links=()):
    return CountryTab(country, Texts(lang), account="t", links=dict(links))


@pytest.mark.parametrize(
    ("lost", "words"),
    [("run.json", "is not finished: jangkau nation still runs there, or was stopped"),
     ("national.json", "has no kabupaten with a result; run.json says why"),
     ("villages.pmtiles", r"has no map \(villages.pmtiles\)"),
     ("map.json", r"has no map \(map.json\).*Run jangkau nation again")],
)  # fmt: skip
def test_what_is_no_finished_result_is_refused_with_what_to_do(made, lost, words):
    (made / lost).unlink()
    assert is_results(made)
    with pytest.raises(WorkspaceError, match=words):
        read_results(made)


@pytest.mark.parametrize("name", ["map.json", "villages.pmtiles"])
def test_a_map_that_is_not_as_it_was_written_is_refused(made, name):
    with (made / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(WorkspaceError, match=f"{name} changed since jangkau nation wrote it"):
        read_results(made)


def test_a_map_of_another_version_is_refused(made):
    (made / "map.json").write_text('{"format": 99}', "utf-8")
    record = json.loads((made / "nation.json").read_text("utf-8"))
    record["files"]["map.json"] = [content_sha256(made / "map.json")]
    (made / "nation.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(WorkspaceError, match=r"another version of Jangkau wrote map\.json"):
        read_results(made)


@pytest.mark.enable_socket
def test_serve_says_so_before_anything_is_written(jangkau, made):
    (made / "run.json").unlink()
    before = sorted(made.iterdir())
    status, out, err = jangkau("serve", made, "--port", 0)
    assert (status, out) == (2, "")
    assert "is not finished" in err
    assert sorted(made.iterdir()) == before


def test_one_country_is_served(jangkau, finished, made):
    status, _, err = jangkau("serve", finished, made, "--port", 0)
    assert status == 2
    assert "both hold results of jangkau nation: serve one of them" in err


def test_tables_tell_what_is_sure_and_what_is_unknown(country):
    texts = Texts("en")
    table = places(country, texts, "regencies", "puskesmas").set_index("code")
    # The smallest share first, the unknown last.
    assert list(table.index) == ["34.03", "34.02", "19.01"]
    assert table["share_text"].to_dict() == {"34.03": "≥ 40.0%", "34.02": "96.0%", "19.01": "?"}
    assert list(table["province"]) == ["Yogyakarta", "Yogyakarta", "Bangka Belitung"]
    assert table.loc["34.03", "minutes_text"] == texts.term("unreachable")
    assert table.loc["34.03", "minutes"] > table.loc["34.02", "minutes"] == 12.5
    whole = {r["kind"]: r for r in by_kind(country, texts, "", "dry")}
    assert whole["puskesmas"]["share_text"] == "≥ 45.0%"
    assert (whole["pustu"]["share_text"], whole["pustu"]["minutes_text"]) == ("?", "?")
    assert [r["code"] for r in country.overview["provinces"]] == ["19", "34"]
    assert country.rows["34"]["people"] == 2 * PEOPLE


@pytest.mark.parametrize(
    ("query", "codes"),
    [("yogya", ["34"]), ("34", ["34", "34.02", "34.03"]), ("BANGKA", ["19", "19.01"]), ("gunung", ["34.03"]),
     ("34.02", ["34.02"]), ("", []), ("xyz", [])],
)  # fmt: skip
def test_search_finds_provinces_and_kabupaten_by_name_and_code(country, query, codes):
    assert [r["code"] for r in country.search(query, most=12)] == codes


def test_what_is_found_is_looked_at_and_brought_into_view(country):
    tab, went = tab_of(country), []
    tab.go = went.append
    search = make_search(tab)
    search._handle_msg({"act": "find", "value": "bantul"})
    assert 'data-id="34.02"' in search.html
    search._handle_msg({"act": "take", "id": "34.02"})
    assert (tab.looked.code, went) == ("34.02", ["34.02"])
    search._handle_msg({"act": "take", "id": "99.99"})
    assert (tab.looked.code, went) == ("34.02", ["34.02"])


def test_a_kabupaten_that_is_served_is_linked_and_no_other(country):
    tab = tab_of(country, links={"34.02": "?area=34.02&lang=en"})
    figures = make_figures(tab)
    assert "?area=34.02" not in figures.html
    tab.take(code="34.02")
    assert 'href="?area=34.02&amp;lang=en"' in figures.html
    tab.take(code="34.03")
    assert "<a " not in figures.html


def test_names_are_text(tmp_path):
    hostile = "</script><img src=x onerror=hacked()>"
    folder = write_results(tmp_path / "out", {**REGENCIES, "34.02": hostile})
    tab = tab_of(Country.of(read_results(folder)))
    figures, search = make_figures(tab), make_search(tab)
    tab.take(code="34.02")
    search._handle_msg({"act": "find", "value": "34.02"})
    assert "<img" not in figures.html + search.html
    assert "<img src=x" not in page_html(tab.country, "v.pmtiles")


def test_an_address_names_kind_and_place_and_what_is_not_there_changes_nothing(country):
    tab = tab_of(country)
    page.start(tab, {"kind": "pustu", "code": "34.03", "season": "wet"})
    assert (tab.looked.kind, tab.looked.season, tab.looked.code) == ("pustu", "dry", "34.03")
    page.start(tab, {"kind": "temple", "code": "<b>"})
    assert (tab.looked.kind, tab.looked.code) == ("pustu", "34.03")


@pytest.mark.slow
def test_tiles_say_why_and_where_there_is_no_way(finished):
    known = {r["code"]: r for r in by_gdal(finished / "villages.pmtiles")}
    of = {code[:5]: known[code] for code in sorted(known)}
    assert (of["34.03"]["puskesmas_reason"], of["34.03"]["puskesmas_no_way"]) == ("no_road", 1)
    assert of["34.02"].get("puskesmas_no_way") is None
    assert of["34.02"]["puskesmas_minutes"] == 12.5


async def _asked(host, path, **headers):
    ask = HTTPRequest(f"http://{host}/{path}", headers=headers, follow_redirects=False, request_timeout=20)
    return await AsyncHTTPClient().fetch(ask, raise_error=False)


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning")
@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
def test_nothing_of_a_country_is_given_without_a_cookie_and_ranges_are_with_one(country, tmp_path):
    async def all_of_it():
        store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
        store.put_account("siti", role="viewer", password=WORD, by="t")
        app = App([], store, Options(port=0), country)
        server = make_server(app)
        server.start()
        host = f"127.0.0.1:{server.port}"
        [tiles] = [p.name for p in app.files.glob("villages-*.pmtiles")]
        paths = ["", "?area=nation", f"files/{app.country_page}", f"files/{tiles}"]
        try:
            out = [await _asked(host, p, Range="bytes=0-6") for p in paths]
            form = HTTPRequest(f"http://{host}/login", method="POST", follow_redirects=False,
                               body=f"username=siti&password={WORD}".replace(" ", "+"))  # fmt: skip
            signed = await AsyncHTTPClient().fetch(form, raise_error=False)
            cookie = "; ".join(c.split(";")[0] for c in signed.headers.get_list("Set-Cookie"))
            inside = [await _asked(host, p, Cookie=cookie) for p in paths[:3]]
            part = await _asked(host, paths[3], Cookie=cookie, Range="bytes=0-6")
            return out, inside, part
        finally:
            server.stop()
            app.close()

    out, inside, part = run_apart(all_of_it())
    assert [a.code for a in out] == [302] * 4
    assert all("login" in a.headers["Location"] for a in out)
    assert [a.code for a in inside] == [200] * 3
    assert (part.code, part.body) == (206, b"PMTiles")
    for answer in (*out, *inside, part):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
