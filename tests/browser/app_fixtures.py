"""Fixtures of the browser tests: Chromium, and the app served on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from browser_support import HOSTILE

from geodata.layers import Layers

# Parts of Chromium that no page of ours needs. Its address bar would load two popups for every new context,
# a second's work; the others are what Playwright leaves out itself, in a list that this one replaces.
UNUSED = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "LensOverlay",
    "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless Chromium (Debian's package, or CHROMIUM)."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        line = "no chromium found: install Debian's package, or set CHROMIUM to its path"
        if os.environ.get("JANGKAU_REQUIRE_BROWSER"):
            pytest.fail(line)
        pytest.skip(line)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync", "--no-first-run",
                  f"--disable-features={','.join(UNUSED)}"],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def hostile_layers(demo_layers: Layers) -> Layers:
    """The demo with a hostile village and facility name."""
    villages = demo_layers.villages.copy()
    villages.iloc[0, villages.columns.get_loc("village_name")] = HOSTILE
    facilities = demo_layers.facilities.copy()
    facilities["name"] = HOSTILE
    area = replace(demo_layers.area, name=f"Kota {HOSTILE}")
    return replace(demo_layers, area=area, villages=villages, facilities=facilities)


@dataclass
class Served:
    """A running app: its address, its process, and how to start it again."""

    url: str
    process: subprocess.Popen[str]
    reader: threading.Thread
    said: list[str]

    def stop(self) -> None:
        """End it as an operator would; once more does nothing."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.reader.join(20)
            assert self.process.stdout is not None
            self.process.stdout.close()
        # A fault on the server fails the tests that met it, also where the page hid it. That a browser went
        # away while it was written to is none.
        text = "".join(self.said)
        faults = re.findall(
            r"^(?!.*(?:StreamClosed|WebSocketClosed))\w*(?:Error|Exception)\b.*", text, re.MULTILINE
        )
        assert faults == [], text


@pytest.fixture(scope="session")
def compiled(hostile_layers: Layers) -> None:
    """The kernels of answers, sheets and loads are compiled, and kept, before a page waits for one of them.

    On a machine where none is, that takes half a minute of work, which is no part of what the tests wait for.
    """
    from app.areas.area import Area
    from app.figures.ilp import unit_ilp, village_pws
    from app.figures.sheets import facility_sheet, village_sheet

    area = Area(hostile_layers)
    row = area.base.gaps.seasons["dry"]["puskesmas"].villages.iloc[0]
    village_sheet(area.base, str(row.name), "puskesmas", "dry")
    village_pws(area.base, str(row.name), "en")
    facility_sheet(area, area.base, row["nearest_id"], "puskesmas", "dry")
    unit_ilp(area.base, row["nearest_id"])


@pytest.fixture(scope="session")
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., Served]]:
    """Start ``jangkau serve`` with some arguments; whatever still runs is stopped at the end."""
    request.getfixturevalue("compiled")
    stack = ExitStack()

    def start(*arguments: object, env: dict[str, str] | None = None) -> Served:
        process = subprocess.Popen(
            [sys.executable, "-m", "planner.cli", "serve", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(env or {})},
        )  # fmt: skip
        said: list[str] = []
        limit = time.monotonic() + 90
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("open http"):
                # The pipe is emptied, so that a talkative server never waits for its reader.
                reader = threading.Thread(target=said.extend, args=[process.stdout], daemon=True)
                reader.start()
                served = Served(line.split()[1].replace("localhost", "127.0.0.1"), process, reader, said)
                stack.callback(served.stop)
                return served
            assert time.monotonic() < limit
        # It has closed its output, so it is about to end, or has: nothing of it stays behind.
        process.kill()
        process.wait(20)
        process.stdout.close()
        pytest.fail(f"the server did not start: {''.join(said)}")

    with stack:
        yield start


@pytest.fixture(scope="session")
def hostile_workspace(hostile_layers: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geodata.workspace import write_workspace

    folder = tmp_path_factory.mktemp("app") / "hostile"
    write_workspace(hostile_layers, folder)
    return folder


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the database of :func:`served`."""
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'jangkau.db'}"


@pytest.fixture(scope="session")
def served(serve: Callable[..., Served], hostile_workspace: Path, database: str) -> Served:
    """One app for all tests that leave it as it was; its start takes longer than most of them."""
    return serve(hostile_workspace, "--port", 0, "--database", database)
