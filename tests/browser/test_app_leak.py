"""Closed tabs give their memory back, and the sessions that stay answer quickly."""

from __future__ import annotations

import gc
import time
import weakref

import pytest
from browser_support import MAP_FRAME, served_here

from app.areas.area import Area
from app.store import Store
from app.web.listening import Options

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
TABS = 3


@pytest.fixture
def running(demo_layers, tmp_path, monkeypatch):
    """The app in a thread of this process, so that its objects can be looked at."""
    import app.web.serving

    sessions: list[weakref.ref] = []
    plain = app.web.serving.Session

    def watched(*args, **values):
        session = plain(*args, **values)
        sessions.append(weakref.ref(session))
        return session

    monkeypatch.setattr(app.web.serving, "Session", watched)
    with served_here(
        [Area(demo_layers)], lambda: Store.open(f"sqlite:///{tmp_path / 'leak.db'}"),
        Options(port=0, forget_after_s=6.0),
    ) as url:  # fmt: skip
        yield url, sessions


def alive(sessions) -> int:
    gc.collect()
    return sum(ref() is not None for ref in sessions)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Panel's and Bokeh's own, from the server's thread
def test_closed_tabs_are_forgotten(chromium, running):
    url, sessions = running
    for _ in range(TABS):
        context = chromium.new_context()
        page = context.new_page()
        page.goto(url)
        page.get_by_role("tab").nth(2).click()
        page.frame_locator(MAP_FRAME).locator("#jk-legend summary").wait_for()
        page.locator('[data-key="kind-pustu"][aria-pressed="false"]').click()
        page.locator('[data-key="kind-pustu"][aria-pressed="true"]').wait_for()
        page.wait_for_timeout(300)
        context.close()
    assert len(sessions) >= TABS
    limit = time.monotonic() + 60
    while alive(sessions) and time.monotonic() < limit:
        time.sleep(1)
    assert alive(sessions) == 0
