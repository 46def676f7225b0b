"""Takes the pictures of README.md and the guide: the app in headless Chromium, with the made-up kabupaten.

Run ``make screenshots``; needs Chromium (Debian's package, or CHROMIUM).
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

IMAGES = Path(__file__).parent / "img"
DESKTOP, PHONE = (1280, 720), (390, 844)
# The pictures stand in the repository, where every version of them stays for ever.
MOST_BYTES = 150_000
PAGE_OF_MAP = 5  # of the proposal


def main() -> None:
    """Start the app, take the pictures, stop it."""
    IMAGES.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium found: install Debian's package, or set CHROMIUM to its path")
    command = [sys.executable, "-m", "planner.cli"]
    with tempfile.TemporaryDirectory() as folder:
        # The kabupaten of the guide, so that a reader finds the figures of the pictures on his own screen.
        subprocess.run([*command, "demo", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            [*command, "serve", f"{folder}/workspace", "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            url = next(line.split()[1] for line in server.stdout if line.startswith("open http"))
            with sync_playwright() as play:
                browser = play.chromium.launch(
                    executable_path=chromium,
                    args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                )
                take(browser, url)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)


def take(browser: Browser, url: str) -> None:
    """Take one picture of each thing that the pages speak of."""
    for lang, village in (("en", "village"), ("id", "village-id")):
        page = opened(browser, url, DESKTOP, lang)
        show_village(page)
        shot(page, village)
        if lang == "en":
            show_what_if(page)
            shot(page, "what-if")
        page.context.close()
        page = opened(browser, url, DESKTOP, lang, kind="posyandu")
        show_plan(page)
        shot(page, f"plan-{lang}")
        page.context.close()
        page = opened(browser, url, DESKTOP, lang)
        show_report(page, lang)
        shot(page, f"report-{lang}")
        page.context.close()
    page = opened(browser, url, PHONE, "id")
    go(page, "gaps")
    page.locator("table.list button.link").first.click()
    page.locator("article.sheet").wait_for()
    shot(page, "phone")
    page.context.close()


def show_village(page: Page) -> None:
    """Open the village with most people who are not reached, and the way that they go."""
    go(page, "gaps")
    page.locator("table.list button.link").first.click()
    page.locator("table.legs").wait_for()


def show_what_if(page: Page) -> None:
    """Place a puskesmas in the first village that is a gap, and colour the map by what it changes."""
    go(page, "plan")
    page.get_by_role("combobox", name="Kind of new unit").select_option(label="Puskesmas")
    page.get_by_role("button", name="Place it on the map").click()
    frame = map_of(page)
    frame.locator(".jk-tool").wait_for()
    box = page.locator("iframe").bounding_box()
    assert box is not None
    place = frame.evaluate(
        "() => { const c = Object.values(jangkau.villages).find((l) => l.options.fillColor === '#d7191c')"
        ".getBounds().getCenter(); const p = jangkau.map.latLngToContainerPoint(c); return [p.x, p.y]; }"
    )
    page.mouse.click(box["x"] + place[0], box["y"] + place[1])
    page.locator('[data-key="e-0"]').wait_for()
    page.get_by_role("combobox", name="Colour by", exact=True).select_option(label="Difference")
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)  # so that no tip lies over the map


def show_plan(page: Page) -> None:
    """Let five sites be found, and wait until they stand on the map."""
    go(page, "plan")
    page.get_by_role("tab").nth(1).click()
    page.locator('[data-key="amount"]').fill("5")
    page.locator('[data-key="solve"]').click()
    page.locator('[data-figure="plan-added"]').wait_for(timeout=120_000)
    map_of(page).locator(".jk-site").nth(4).wait_for()
    up(page, '[data-figure="plan-added"]')


def show_report(page: Page, lang: str) -> None:
    """Make the proposal, and turn to its page with the first map."""
    go(page, "report")
    page.locator('[data-key="doc-lang"]').select_option(lang)
    page.locator('[data-key="preview"]').click()
    image = page.locator("img.page")
    image.wait_for(timeout=120_000)
    for number in range(2, PAGE_OF_MAP + 1):
        page.locator('[data-key="page-on"]').click()
        page.locator('[data-figure="page"]', has_text=f" {number} ").wait_for()
    up(page, '[data-figure="page"]')


def up(page: Page, selector: str) -> None:
    """Scroll the panel until something stands at its top."""
    page.locator(selector).evaluate("e => e.scrollIntoView({block: 'start'})")


def go(page: Page, place: str) -> None:
    """Open a place of the rail; a click on one that is open would fold its panel away."""
    button = page.locator(f'[data-key="place-{place}"]')
    if button.get_attribute("aria-current") is None or button.get_attribute("aria-expanded") == "false":
        button.click()


def map_of(page: Page) -> Frame:
    """Return the map's own page."""
    return next(f for f in page.frames if "/files/" in f.url)


def opened(browser: Browser, url: str, size: tuple[int, int], lang: str, *, kind: str = "puskesmas") -> Page:
    """Return a page of the app, settled."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "jangkau_seen", "value": "1", "url": url}])
    page = context.new_page()
    page.goto(f"{url}?lang={lang}&kind={kind}")
    page.get_by_role("tab").first.wait_for()
    page.wait_for_timeout(1500)
    return page


def shot(page: Page, name: str) -> None:
    """Write one picture, with 256 colours: the eye misses none, and the file is a third of the size."""
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = IMAGES / f"{name}.png"
    few = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path.name} has {path.stat().st_size} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    main()
