"""What the browser tests share."""

import asyncio
import logging
import threading
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from app.texts import Texts
from app.views import VIEWS
from app.web.server import make_server
from app.web.serving import App

HOSTILE = '</script><img src=x onerror="window.hacked=1"><b>{{ 7*7 }}</b>\'"&'
WIDE = 900
# The map: while a page loads, the loader of its modules has a frame of its own for a moment.
MAP_FRAME = "iframe[src*='files/']"
# Whether the map, and nothing over it, is at a place of the screen.
ON_MAP = """([x, y]) => {
    let found = document.elementFromPoint(x, y);
    while (found.shadowRoot && found.shadowRoot.elementFromPoint(x, y)) {
        found = found.shadowRoot.elementFromPoint(x, y);
    }
    return found.matches("iframe");
}"""


class Tab:
    """One tab of the app; a console error, or a request to another host, fails the test that closes it."""

    def __init__(self, browser, url, *, lang="id", size=(1300, 860), query="", seen=True, **context):
        self.lang, self.url = lang, url
        self.texts = Texts(lang)
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
        if seen:
            self.context.add_cookies([{"name": "jangkau_seen", "value": "1", "url": url}])
        self.page = self.context.new_page()
        self.faults, self.asked = [], []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("websocket", lambda w: self.asked.append(w.url))
        self.page.goto(f"{url}?lang={lang}{query}")
        self.ready()

    def ready(self):
        self.frame_body().wait_for()
        self.page.get_by_role("tab").first.wait_for()
        # Painted by the session, not only as the first picture.
        self.painted(1)

    def frame(self):
        return next(f for f in self.page.frames if "/files/" in f.url)

    def frame_body(self):
        return self.page.frame_locator(MAP_FRAME).locator("body[data-painted]")

    def painted(self, least=0):
        self.page.wait_for_timeout(20)
        self.frame().wait_for_function(
            "least => Number(document.body.dataset.painted) >= least", arg=least, timeout=15000
        )
        return int(self.frame().evaluate("Number(document.body.dataset.painted)"))

    def colors(self):
        """Colour of every village on the map, by code."""
        return self.frame().evaluate(
            "Object.fromEntries(Object.entries(jangkau.villages).map(([c, l]) => [c, l.options.fillColor]))"
        )

    def figure(self, name):
        return self.page.locator(f'[data-figure="{name}"]').first.inner_text()

    def tab(self, message):
        """Open a view: its place on the rail where that is not open, then its tab."""
        [view] = [v for v in VIEWS if v.title == message]
        place = self.page.locator(f'[data-key="place-{view.place}"]')
        if place.get_attribute("aria-current") is None or place.get_attribute("aria-expanded") == "false":
            place.click()
        tab = self.page.get_by_role("tab", name=self._(message), exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        # The rail hears of it after the tabs; what is asked of it next must not be what it was.
        expect(place).to_have_attribute("aria-current", "page")

    def _(self, message, **values):
        return self.texts.text(message, **values)

    def button(self, message):
        return self.page.get_by_role("button", name=self._(message), exact=True)

    def choose(self, label, option):
        """Take an option of a select."""
        self.page.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def click_map(self, lon, lat):
        """Click a place (degrees) on the map."""
        x, y = self.settled([lat, lon])
        if not self.on_map(x, y):
            if self.page.viewport_size["width"] < WIDE:
                # On a phone the panel lies over the map.
                self.page.locator('[data-key="fold"]').click()
            self.frame().evaluate("at => jangkau.map.panTo(at, {animate: false})", [lat, lon])
            x, y = self.settled([lat, lon])
            assert self.on_map(x, y)
        self.page.mouse.click(x, y)

    def on_map(self, x, y):
        """Whether the map, and neither the page nor a control of its own over it, is at a place."""
        box = self.page.locator(MAP_FRAME).bounding_box()
        free = "([x, y]) => !document.elementFromPoint(x, y).closest('.leaflet-control')"
        at = [x - box["x"], y - box["y"]]
        return self.page.evaluate(ON_MAP, [x, y]) and self.frame().evaluate(free, at)

    def settled(self, place):
        """Return where a place is on the screen, once nothing has moved it for a while."""
        was, still = None, 0
        for _ in range(150):
            box = self.page.locator(MAP_FRAME).bounding_box()
            at = self.frame().evaluate(
                "place => { const p = jangkau.map.latLngToContainerPoint(place); return [p.x, p.y]; }", place
            )
            now = (round(box["x"] + at[0]), round(box["y"] + at[1]), box["width"], box["height"])
            still = still + 1 if now == was else 0
            if still == 3:
                return now[:2]
            was = now
            self.page.wait_for_timeout(100)
        pytest.fail("the map never came to rest")

    def close(self):
        """Close it; what went wrong in the page, or left the machine, fails the test."""
        self.context.close()
        host = self.url.split("/")[2]
        # By the network: data:, blob: and the browser's own pages are no requests to a host.
        network = ("http:", "https:", "ws:", "wss:", "ftp:")
        outside = [u for u in self.asked if u.startswith(network) and u.split("/")[2] != host]
        if outside or self.faults:
            pytest.fail(f"asked of other hosts: {outside}; faults in the page: {self.faults}")


@contextmanager
def served_here(areas, open_store, options, country=None):
    """Serve the app in a thread of this process, so that its objects can be looked at; gives its address."""
    started, held = threading.Event(), {}

    def run():
        asyncio.set_event_loop(asyncio.new_event_loop())
        held["app"] = App(areas, open_store(), options, country)
        held["server"] = make_server(held["app"])
        held["server"].start()
        started.set()
        held["server"].io_loop.start()
        held["server"].stop()
        held["app"].close()

    # Captured log records would keep the events, and with them the sessions, alive.
    logging.disable(logging.CRITICAL)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{held['server'].port}/"
    loop = held["server"].io_loop
    loop.add_callback(loop.stop)
    thread.join(30)
    logging.disable(logging.NOTSET)
