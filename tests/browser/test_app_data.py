"""The tab of data in headless Chromium: a list dropped, tried, looked at beside, used, and had back."""

from __future__ import annotations

import pytest
from browser_support import MAP_FRAME, Tab
from playwright.sync_api import expect

from geodata.crs import WGS84
from geodata.workspace import read_workspace, write_workspace

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
NEW = "Pustu <b>Baru</b> {{ 7*7 }}"
LOOKS = [
    pytest.param({"lang": "id", "size": (1366, 768)}, id="desktop-id"),
    pytest.param({"lang": "en", "size": (390, 844)}, id="phone-en"),
]


@pytest.fixture
def workspace(demo_layers, tmp_path):
    folder = tmp_path / "workspace"
    write_workspace(demo_layers, folder)
    return folder


@pytest.fixture
def served(serve, workspace, tmp_path):
    app = serve(workspace, "--port", 0, "--database", f"sqlite:///{tmp_path / 'jangkau.db'}")
    yield app
    app.stop()


@pytest.fixture
def tab(chromium, served, request):
    tab = Tab(chromium, served.url, query="&kind=pustu", **getattr(request, "param", {}))
    yield tab
    tab.close()


@pytest.fixture
def list_file(demo_layers, tmp_path):
    """The pustu as an office has them: one with swapped coordinates in its village, one without any proof."""
    villages = demo_layers.villages
    pustu = demo_layers.facilities[demo_layers.facilities["kind"] == "pustu"].to_crs(WGS84)
    lines = ["Nama;Kecamatan;Desa;Lintang;Bujur"]
    for number, (code, name, place) in enumerate(
        zip(pustu["village_code"], pustu["name"], pustu.geometry, strict=True)
    ):
        lat, lon = (place.x, place.y) if number == 1 else (place.y, place.x)
        where = f"{villages.loc[code, 'district_name']};{villages.loc[code, 'village_name']}"
        lines.append(f"{name};{where};{lat:.6f};{lon:.6f}")
    inside = villages.geometry.representative_point().to_crs(WGS84).iloc[5]
    lines.append(f"{NEW};;;{inside.x:.6f};{inside.y:.6f}")
    path = tmp_path / "pustu <2026>.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


# Selects of the panel whose chosen words are wider than they, and its tables that end outside of it.
CUT = """() => {
    const found = [], pen = document.createElement("canvas").getContext("2d");
    const walk = root => root.querySelectorAll("*").forEach(n => {
        if (n.shadowRoot) walk(n.shadowRoot);
        if (!n.matches(".jk-fragment select, .jk-fragment table") || n.closest(".choices, .settings")) return;
        const style = getComputedStyle(n), box = n.getBoundingClientRect();
        pen.font = `${style.fontSize} ${style.fontFamily}`;
        // The arrow takes some 16 pixels.
        const wide = n.matches("select") && pen.measureText(n.selectedOptions[0].text).width + 16
            + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
        if (box.width && (wide > box.width || box.right > innerWidth)) found.push(n.textContent.slice(0, 60));
    });
    walk(document);
    return found;
}"""


def try_out(tab, path):
    tab.tab("Data")
    tab.page.locator('input[type="file"]').set_input_files(path)
    tab.button("Try it out").wait_for()
    tab.page.locator("summary", has_text=tab._("Where the data come from")).click()
    assert tab.page.evaluate(CUT) == []
    tab.button("Try it out").click()
    expect(tab.page.locator('[data-figure="units"]')).to_be_visible(timeout=60_000)
    assert tab.page.evaluate(CUT) == []


def units(tab):
    """What the table of units says of the pustu: before, after, placed before and after, new, gone."""
    row = tab.page.locator('[data-figure="units"] tbody tr').filter(has_text="Pustu")
    return [cell.inner_text() for cell in row.locator("td").all()]


@pytest.mark.slow
@pytest.mark.parametrize("tab", LOOKS, indirect=True)
def test_a_list_is_tried_used_and_had_back(tab, served, list_file, workspace, demo_layers, chromium):
    pustu = demo_layers.facilities[demo_layers.facilities["kind"] == "pustu"]
    before, placed = len(pustu), (pustu["located_by"] == "coordinates").sum()
    other = Tab(chromium, served.url, lang="en")
    try_out(tab, list_file)
    # The new one has no proof, so it has no place yet.
    assert units(tab) == [f"{before} → {before + 1}", f"{placed} → {before}", f"{before + 1}", f"{before}"]
    proposed = tab.page.locator(".findings li").filter(has=tab.button("Take all of these")).first
    proposed.get_by_role("button", name=tab._("show on the map")).click()
    mark = tab.page.frame_locator(MAP_FRAME).locator(".jk-doubt-error")
    expect(mark).to_have_count(1)
    proposed.get_by_role("button", name=tab._("Take all of these"), exact=True).click()
    expect(tab.page.locator('[data-figure="units"]')).to_contain_text(
        f"{placed} → {before + 1}", timeout=60_000
    )
    assert read_workspace(workspace).facilities.equals(demo_layers.facilities)
    look_beside(tab, chromium, served, (pustu["status"] == "used").sum() + 1)
    tab.button("Use these data").click()
    expect(tab.page.get_by_text(tab._("These data are in use now."))).to_be_visible(timeout=60_000)
    now = read_workspace(workspace).facilities
    assert (now["kind"] == "pustu").sum() == before + 1
    assert NEW in set(now["name"])
    expect(other.page.get_by_text("were replaced by local")).to_be_visible()
    other.close()
    tab.page.get_by_role("link", name=tab._("Load the page anew")).click()
    tab.ready()
    tab.tab("Data")
    tab.button("try them again").click()
    expect(tab.page.locator('[data-figure="units"]')).to_be_visible(timeout=60_000)
    assert units(tab)[0] == f"{before + 1} → {before}"
    tab.button("Use these data").click()
    expect(tab.page.get_by_text(tab._("These data are in use now."))).to_be_visible(timeout=60_000)
    assert read_workspace(workspace).facilities.equals(demo_layers.facilities)


def look_beside(tab, chromium, served, drawn):
    """The rebuilt area on a page of its own: nothing can be saved there.

    ``drawn`` is how many pustu are in the area or near it, and so on the map.
    """
    address = tab.page.get_by_role(
        "link", name=tab._("Look at the rebuilt area on a page beside this one")
    ).get_attribute("href")
    beside = Tab(chromium, served.url, lang="en", query=address.replace("?", "&"))
    expect(beside.page.get_by_text("on trial")).to_be_visible()
    ids = beside.frame().evaluate("Object.keys(jangkau.units).filter(i => i.startsWith('pustu')).length")
    assert ids == drawn
    beside.tab("Scenarios")
    expect(beside.button("Save under this name")).to_have_count(0)
    beside.close()


@pytest.mark.slow
# The longer one comes in more pieces than a message may hold.
@pytest.mark.parametrize("length", [2000, 3_500_000])
def test_what_is_no_list_is_told_and_changes_nothing(tab, tmp_path, workspace, demo_layers, length):
    bad = tmp_path / "foto.csv"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * length)
    tab.tab("Data")
    tab.page.locator('input[type="file"]').set_input_files(bad)
    notice = tab.page.locator(".notice")
    expect(notice).to_contain_text("foto.csv")
    # Where it lay for a moment means nothing to anybody.
    expect(notice).not_to_contain_text("jangkau-")
    empty = tmp_path / "kosong.csv"
    empty.write_bytes(b"")
    tab.page.locator('input[type="file"]').set_input_files(empty)
    expect(notice).to_contain_text(tab._("The file is empty."))
    assert read_workspace(workspace).facilities.equals(demo_layers.facilities)


@pytest.mark.slow
def test_doubts_of_the_data_are_on_the_map(tab):
    tab.tab("Data")
    found = tab.page.locator(".findings li").first
    expect(found).to_be_visible(timeout=30_000)
    found.get_by_role("button", name=tab._("show on the map")).click()
    tab.frame().wait_for_function("document.body.dataset.doubts !== undefined")
    found.get_by_role("button", name=tab._("take off the map")).click()
    tab.frame().wait_for_function("document.body.dataset.doubts === '0'")


@pytest.mark.slow
def test_a_file_that_is_too_large_is_told(tab, tmp_path):
    large = tmp_path / "besar.csv"
    large.write_bytes(b"nama;desa\n" + b"x" * 20_000_000)
    tab.tab("Data")
    tab.page.locator('input[type="file"]').set_input_files(large)
    expect(tab.page.locator(".notice.error")).to_contain_text("20 MB")
    # The field tells the console too.
    assert [fault[:12] for fault in tab.faults] == ["Upload error"]
    tab.faults.clear()
