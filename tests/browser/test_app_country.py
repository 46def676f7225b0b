"""A country in the app, in headless Chromium: the map from tiles, table, search, kind, a phone."""

from __future__ import annotations

import pytest
from browser_support import HOSTILE, served_here
from country_support import REGENCIES, SIZE, WEST, write_results
from playwright.sync_api import expect

from app.areas.country import Country
from app.store import Store
from app.texts import Texts
from app.web.listening import Options
from planner.coverage.show import STATUS_COLORS
from planner.nation.results import read_results

pytestmark = [
    pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.slow,
    # Of Bokeh, where it makes a table of a frame.
    pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning"),
]  # fmt: skip
MAP = "Object.values(window).find(v => v instanceof L.Map)"
# The colours of the tiles that are drawn, each with how many of their dots.
DRAWN = """() => {
  const found = {};
  for (const tile of document.querySelectorAll("canvas.leaflet-tile")) {
    const data = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 150) continue;
      const name = [data[i], data[i + 1], data[i + 2]].join();
      found[name] = (found[name] || 0) + 1;
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("country")
    out = write_results(folder / "out", {**REGENCIES, "34.02": HOSTILE})
    country = Country.of(read_results(out))

    def open_store():
        return Store.open(f"sqlite:///{folder / 'a.db'}")

    with served_here([], open_store, Options(port=0), country) as address:
        yield address


@pytest.mark.parametrize(
    ("size", "lang"), [((1366, 768), "id"), ((390, 844), "en")], ids=["laptop-id", "phone-en"]
)
def test_a_country_is_looked_at(chromium, url, size, lang):
    t = Texts(lang)
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    asked, faults = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.goto(f"{url}?lang={lang}")
    if size[0] < 900:
        page.locator('[data-key="place-gaps"]').click()
    rows = page.locator(".tabulator-row:visible")
    # The smallest share first, the unknown last.
    expect(rows.nth(0)).to_contain_text("Gunungkidul")
    expect(rows.nth(2)).to_contain_text("Bangka")
    expect(rows.nth(1)).to_contain_text(HOSTILE)
    frame = next(f for f in page.frames if "/files/nation-" in f.url)
    frame.wait_for_selector("#jk-legend .jk-hatch")
    assert frame.evaluate("document.documentElement.lang") == lang
    rows.nth(0).click()
    expect(page.locator('[data-figure="place"]')).to_contain_text("Gunungkidul")
    page.wait_for_url("**code=34.03**")
    west = WEST["34.03"]
    frame.wait_for_function(f"{MAP}.getCenter().lng > {west} && {MAP}.getCenter().lng < {west + SIZE}")
    # Fetched by ranges, and drawn in the colour of a gap.
    gap = [int(STATUS_COLORS["gap"][i : i + 2], 16) for i in (1, 3, 5)]
    frame.wait_for_function(
        f"g => Object.entries(({DRAWN})()).some(([c, n]) => n > 500 && "
        "c.split(',').every((v, i) => Math.abs(v - g[i]) < 4))",
        arg=gap,
    )
    assert any(u.endswith(".pmtiles") for u in asked)
    # Another kind, chosen on the map, is that of the table too.
    frame.select_option("#jk-kind", "pustu")
    expect(page.locator('tr[data-kind="pustu"].chosen')).to_be_visible()
    expect(rows.nth(0)).to_contain_text("?")
    # And one that is chosen in the panel is that of the map.
    page.locator('[data-key="kind-puskesmas"]').click()
    frame.wait_for_function("document.querySelector('#jk-kind').value === 'puskesmas'")
    page.locator('input[name="find"]').fill("yogya")
    page.locator('[data-key="found-34"]').click()
    expect(page.locator('[data-figure="place"]')).to_contain_text("Yogyakarta")
    page.get_by_role("tab", name=t.text("Provinces"), exact=True).click()
    expect(rows).to_have_count(2)
    page.go_back()
    expect(page.locator('[data-figure="place"]')).to_contain_text("Gunungkidul")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    context.close()
    host = url.split("/")[2]
    assert [u for u in asked if not u.startswith(("data:", "blob:")) and u.split("/")[2] != host] == []
    assert faults == []


def test_villages_are_drawn_between_two_whole_zooms(chromium, url):
    """As soon as kabupaten are no longer coloured, whatever the size of the window makes of the zoom."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{url}?lang=id")
    frame = page.locator("iframe[src*='files/nation-']").element_handle().content_frame()
    frame.wait_for_selector("#jk-legend .jk-hatch")
    frame.evaluate(f"{MAP}.setView([-7.85, 110.5], 6.75, {{animate: false}})")
    frame.wait_for_function(f"() => Object.values(({DRAWN})()).some(n => n > 100)")
    context.close()


def test_back_and_forward_lose_no_step_however_fast(chromium, url):
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{url}?lang=id")
    page.locator(".tabulator-row:visible").first.click()
    page.wait_for_url("**code=34.03**")
    for kind in ("pustu", "puskesmas"):
        page.locator(f'[data-key="kind-{kind}"]').click()
        page.wait_for_url(f"**kind={kind}**")
    page.locator('input[name="find"]').fill("yogya")
    page.locator('[data-key="found-34"]').click()
    page.wait_for_url("**code=34")
    # To where one came in, whose address says nothing yet, and forward again.
    for _ in range(4):
        page.go_back()
    page.wait_for_function("location.search.includes('kind=') && !location.search.includes('code=')")
    expect(page.locator('[data-figure="place"]')).not_to_contain_text("Gunungkidul")
    for _ in range(4):
        page.go_forward()
    page.wait_for_url("**code=34")
    expect(page.locator('[data-figure="place"]')).to_contain_text("Yogyakarta")
    # What was chosen stays chosen: map and page do not tell each other of the steps in turns.
    page.wait_for_timeout(500)
    assert page.url.endswith("code=34")
    context.close()
