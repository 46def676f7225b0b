"""Takes the screenshots of README.md: the app on the made-up kabupaten, in headless Chromium.

Run ``make screenshots``; needs Chromium (Debian's package, or CHROMIUM).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = Path(__file__).parent / "img"
DESKTOP, PHONE = (1366, 768), (390, 844)


def main() -> None:
    """Start the app, take the pictures, stop it."""
    IMAGES.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium found: install Debian's package, or set CHROMIUM to its path")
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "planner.cli", "serve", "--port", "0", "--database",
             f"sqlite:///{folder}/jangkau.db"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
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
    """Take one picture of each thing that README.md speaks of."""
    page = opened(browser, url, DESKTOP, "en")
    page.locator("table.list button.link").first.click()
    page.locator("table.legs").wait_for()
    shot(page, "village")
    page.locator('[data-key="place-plan"]').click()
    page.get_by_role("combobox", name="Kind of new unit").select_option(label="Puskesmas")
    page.get_by_role("button", name="Place it on the map").click()
    frame = next(f for f in page.frames if "/files/" in f.url)
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
    shot(page, "what-if")
    page.context.close()
    page = opened(browser, url, PHONE, "id")
    page.locator('[data-key="place-gaps"]').click()
    page.locator("table.list button.link").first.click()
    page.locator("article.sheet").wait_for()
    shot(page, "phone")
    page.context.close()


def opened(browser: Browser, url: str, size: tuple[int, int], lang: str) -> Page:
    """Return a page of the app, settled."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "jangkau_seen", "value": "1", "url": url}])
    page = context.new_page()
    page.goto(f"{url}?lang={lang}")
    page.get_by_role("tab").first.wait_for()
    page.wait_for_timeout(1500)
    return page


def shot(page: Page, name: str) -> None:
    """Write one picture."""
    page.wait_for_timeout(1200)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
