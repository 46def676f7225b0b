"""map.html of a country in headless Chromium, from disk, with the network blocked."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from browser_support import HOSTILE
from nation_support import answers, small_limits, unpaved, write_country
from support import by_gdal

from planner.coverage.show import STATUS_COLORS
from planner.nation.cluster import InThisProcess
from planner.nation.run import nation
from planner.texts.catalogues import map_texts

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

MAP = "Object.values(window).find(v => v instanceof L.Map)"
# The colour that the tiles have at a place (degrees), as they are drawn on the screen.
PIXEL = (
    """([lat, lon]) => {
  const at = """
    + MAP
    + """.latLngToContainerPoint([lat, lon]);
  const box = """
    + MAP
    + """.getContainer().getBoundingClientRect();
  for (const tile of document.querySelectorAll("canvas.leaflet-tile")) {
    const r = tile.getBoundingClientRect(), x = at.x + box.x - r.x, y = at.y + box.y - r.y;
    if (x < 0 || y < 0 || x >= r.width || y >= r.height) continue;
    const copy = document.createElement("canvas");
    copy.width = copy.height = 1;
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(tile, -Math.floor(x * tile.width / r.width), -Math.floor(y * tile.height / r.height));
    return Array.from(pen.getImageData(0, 0, 1, 1).data);
  }
  return null;
}"""
)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A country with a hostile name, people and a list that are not known everywhere."""
    files = write_country(tmp_path_factory.mktemp("country"), 1, units=30)
    villages = gpd.read_parquet(files.villages)
    villages.loc[0, "nama"] = HOSTILE
    villages.to_parquet(files.villages)
    lists = pd.read_csv(files.facilities[0].path)
    lists[lists["jenis"] != "pustu"].to_csv(files.facilities[0].path, index=False)
    people = pd.read_csv(files.population, dtype=str)
    people[~people["kode"].str.startswith("35.02")].to_csv(files.population, index=False)
    folder = tmp_path_factory.mktemp("nation") / "out"
    done = nation(replace(files), folder, InThisProcess())
    assert not done.failures
    return folder


@pytest.fixture(scope="module")
def seasons(tmp_path_factory):
    """A country whose roads are slow when it rains."""
    files = write_country(tmp_path_factory.mktemp("roads"), 1, columns=4, rows=3, roads="grid", units=40)
    unpaved(files)
    folder = tmp_path_factory.mktemp("nation") / "out"
    scenario = small_limits()
    pustu = scenario.standard["pustu"].model_copy(update={"limit_minutes": 9.0, "limit_minutes_wet": 2.0})
    scenario = scenario.model_copy(update={"standard": {**scenario.standard, "pustu": pustu}})
    assert not nation(files, folder, InThisProcess(), scenario=scenario).failures
    return folder


@pytest.fixture
def page(chromium, out):
    yield from opened(chromium, out)


@pytest.fixture
def seasons_page(chromium, seasons):
    yield from opened(chromium, seasons)


def opened(chromium, out):
    """Give the opened page; any request that leaves the file, or console message, fails the test."""
    context = chromium.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto((out / "map.html").as_uri())
    page.wait_for_selector("#jk-legend strong")
    yield page
    assert page.evaluate("window.hacked") is None
    assert [u for u in asked if not u.startswith("data:")] == [(out / "map.html").as_uri()]
    assert said == []
    context.close()


def far(page):
    page.evaluate(f"{MAP}.setZoom(7, {{animate: false}})")


def test_overview_lists_kabupaten_and_zooms_to_one(page, out):
    far(page)
    t = map_texts("id")
    table = pd.read_csv(out / "regencies.csv", dtype={"code": str}).set_index("code")
    share = table["puskesmas_share_reached"]
    shown = page.locator(".jk-regencies button").all_inner_texts()
    assert [s.split("\n")[0][:5] for s in shown] == list(share.sort_values(na_position="last").index)
    assert shown[-1].endswith(t["unknown"])
    found = page.evaluate("jangkauData.regencies.map(r => r.kinds.puskesmas.class)")
    limits = [0.25, 0.5, 0.75, 0.9]
    expected = [-1 if pd.isna(s) else sum(s >= x for x in limits) for s in share]
    assert found == expected
    assert -1 in found
    # Without roads the colour is that of who is reached at least; where others may be it is hatched.
    legend = page.locator("#jk-legend").inner_text()
    assert page.evaluate("jangkauData.on_foot").count("puskesmas") == 1
    for said in (
        t["nation_zoom"],
        f"{t['nation_share']} ({t['at_least']})",
        t["nation_hatched"],
        t["unknown"],
    ):
        assert said in legend
    hatched = page.evaluate(f"""() => {{
        const found = {{}};
        {MAP}.eachLayer(layer => {{
            if (!layer.feature) return;
            found[jangkauData.regencies[layer.feature.properties.row].code] = layer.options.hatch;
        }});
        return found;
    }}""")
    unsure = table["puskesmas_people_unsure"]
    assert {c for c, is_so in hatched.items() if is_so} == set(table.index[~(unsure <= 0)]) & hatched.keys()
    page.fill("#jk-search", "35.03")
    assert page.locator(".jk-regencies button").count() == 1
    page.keyboard.press("Enter")
    west, south, east, north = gpd.read_parquet(
        next(out.glob("villages/*/35.03.parquet"))
    ).total_bounds.tolist()
    middle = page.evaluate(f"(c => [c.lng, c.lat])({MAP}.getCenter())")
    assert west < middle[0] < east
    assert south < middle[1] < north
    assert page.evaluate(f"{MAP}.getZoom()") >= 8
    assert t["legend"] in page.locator("#jk-legend").inner_text()


@pytest.mark.slow
def test_villages_have_the_colours_and_figures_of_the_answers(page, out):
    frames = [gpd.read_parquet(f) for f in sorted(out.glob("villages/*/*.parquet"))]
    villages = pd.concat(frames)
    page.locator("#jk-all").click()
    page.wait_for_function("document.querySelectorAll('canvas.leaflet-tile-loaded').length > 0")
    page.wait_for_timeout(800)
    statuses = set()
    for kind in ("puskesmas", "posyandu"):
        page.select_option("#jk-kind", kind)
        page.wait_for_timeout(800)
        for code, row in villages.iterrows():
            status = row[f"{kind}_status"]
            if status == "unknown":
                continue
            place = row.geometry.representative_point()
            *colour, alpha = page.evaluate(PIXEL, [place.y, place.x])
            assert alpha == pytest.approx(0.75 * 255, abs=2), code
            wanted = [int(STATUS_COLORS[status][i : i + 2], 16) for i in (1, 3, 5)]
            assert colour == pytest.approx(wanted, abs=3), (code, status)
            statuses.add(status)
    assert len(statuses) > 1


@pytest.mark.slow
def test_a_village_tells_its_figures_in_both_languages_and_names_are_text(page, out):
    villages = gpd.read_parquet(next(out.glob("villages/*/35.01.parquet")))
    row = villages[villages["village_name"] == HOSTILE].iloc[0]
    place = row.geometry.representative_point()
    page.evaluate(f"{MAP}.setView([{place.y}, {place.x}], 13, {{animate: false}})")
    page.wait_for_timeout(800)
    spot = page.evaluate(f"(p => [p.x, p.y])({MAP}.latLngToContainerPoint([{place.y}, {place.x}]))")
    for lang in ("id", "en"):
        page.mouse.move(spot[0] + 5, spot[1] + 5)
        page.mouse.move(*spot)
        page.wait_for_selector(".leaflet-tooltip.jk-tip")
        text = page.locator(".leaflet-tooltip.jk-tip").inner_text()
        t = map_texts(lang)
        assert text.startswith(f"{HOSTILE} · {row.name}")
        assert f"{t['kind_puskesmas']}: {t[row['puskesmas_status']]}" in text
        assert f"{t['kind_pustu']}: {t['unknown']}" in text
        minutes = f"{row['puskesmas_minutes_median']:,.1f}".removesuffix(".0")
        minutes = minutes.translate(str.maketrans(",.", ".,")) if lang == "id" else minutes
        assert f"{minutes} {t['min']}" in text
        page.mouse.click(*spot)
        assert HOSTILE in page.locator(".leaflet-popup").last.inner_text()
        close = page.locator(".leaflet-popup-close-button").last
        assert close.get_attribute("aria-label") == t["close_popup"]
        assert page.locator(".leaflet-control-zoom-in").get_attribute("title") == t["zoom_in"]
        page.locator("#jk-language").click()
    assert page.evaluate("document.documentElement.lang") == "id"


@pytest.mark.slow
def test_the_tiles_beside_the_page_hold_every_village(out):
    # As GDAL, and so QGIS, reads them; a village may lie in several tiles.
    rows = pd.DataFrame(by_gdal(out / "villages.pmtiles"))
    known = rows.drop_duplicates("code").set_index("code")
    table = answers(out)
    assert sorted(known.index) == sorted(table.index)
    for column in ("puskesmas_status", "pustu_status", "people", "puskesmas_minutes"):
        expected = table[column.replace("minutes", "minutes_median")].rename(column)
        expected = expected.round(1) if expected.dtype == float else expected
        pd.testing.assert_series_equal(
            known[column].loc[table.index],
            expected,
            check_dtype=False,
            check_index_type=False,
            check_names=False,
        )


def test_map_is_kept_where_nothing_changed_and_made_anew_where_something_did(out):
    before = (out / "map.html").stat().st_ino
    manifest = json.loads((out / "maps/manifest.json").read_text("utf-8"))
    assert set(manifest["files"]) == {"map.html", "villages.pmtiles", "map.json"}
    assert (out / "maps/map.html").stat().st_ino == before
    page = (out / "map.html").read_text("utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)\s*=\s*[\"']?https?:", page)


@pytest.mark.slow
def test_the_season_is_chosen_where_it_matters(seasons_page, seasons):
    page, table = seasons_page, answers(seasons)
    kind = "pustu"
    page.select_option("#jk-kind", kind)
    row = table[table[f"{kind}_status"] != table[f"{kind}_wet_status"]].iloc[0]
    spot = gpd.read_parquet(next(seasons.glob(f"villages/*/{row['regency_code']}.parquet")))
    lon, lat = spot.loc[row.name].geometry.representative_point().coords[0]
    page.evaluate(f"{MAP}.setView([{lat}, {lon}], 12, {{animate: false}})")
    for lang in ("id", "en"):
        t = map_texts(lang)
        for season, prefix in (("dry", kind), ("wet", f"{kind}_wet")):
            page.select_option("#jk-season", season)
            assert t[f"season_{season}"] in page.locator("#jk-legend strong").inner_text()
            limit = {"dry": "9", "wet": "2"}[season]
            assert f"{t['limit']} {limit} {t['min']}" in page.locator("#jk-head .jk-answer").inner_text()
            status = row[f"{prefix}_status"]
            color = [int(STATUS_COLORS[status][i : i + 2], 16) for i in (1, 3, 5)]
            page.wait_for_function(
                f"([p, c]) => {{ const f = {PIXEL}; const x = f(p);"
                " return x && c.every((v, i) => Math.abs(v - x[i]) < 4); }",
                arg=[[lat, lon], color],
            )
            told = page.evaluate(
                "([k, w]) => jangkauData.regencies.map(r => r.kinds[w].share)", [kind, prefix]
            )
            shares = pd.read_csv(seasons / "regencies.csv")[f"{prefix}_share_reached"]
            assert told == pytest.approx(shares.round(4).to_list())
        page.locator("#jk-language").click()


@pytest.mark.slow
def test_there_is_no_choice_of_seasons_that_are_alike(page):
    assert not page.locator("#jk-season").is_visible()
    assert page.evaluate("jangkauData.seasons") == ["dry"]
