"""Fixtures shared by all tests."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.layers import Layers


# Not conftest files of their folders: doctest collection takes all of one name for one module.
pytest_plugins = ["app_fixtures", "store_fixtures"]


# The modules that take longest begin first, so that no worker is left with one at the end; the others follow
# as they are found. By the seconds of work in each.
LONGEST = (
    "test_kernel_hubs", "test_nation_cut", "test_init", "test_notebooks", "test_report",
    "test_people_raster_real",
    "test_app_scenarios", "test_partial_files", "test_app_proposals", "test_app_stream",
    "test_app_planning", "test_app_access", "test_app_data", "test_partial_input", "test_app_desk",
    "test_nation_site", "test_guide", "test_app", "test_real_areas", "test_workspace",
    "test_report_places", "test_app_messages", "test_fetch", "test_workbook", "test_gis_files",
    "test_sheets_real", "test_real_roads", "test_siting_reference", "test_partial_real",
    "test_nation_remote", "test_app_state", "test_overpass", "test_nation", "test_app_ilp",
    "test_siting_villages", "test_report_comparison", "test_data_page", "test_report_real",
    "test_lists_as_saved", "test_nation_osm", "test_dinkes_lists", "test_village_sheets",
    "test_many_units", "test_travel_times", "test_senders_cells", "test_siting_rollout",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Compile each kernel in one worker only, on a machine where none is compiled yet.

    Numba keeps what it compiles, but two processes that need the same kernel at once both compile it, which
    is a minute's work and more. The second waits instead, and then finds it kept. A kernel waits only for
    those that it calls, and none calls itself, so that no two wait for each other.
    """
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # it only hands out tests
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import Dispatcher

    plain = Dispatcher.compile

    def compile_once(self: Dispatcher, signature: object) -> object:
        folder = self._cache.cache_path
        if folder is None:
            return plain(self, signature)  # it is not kept, so that nobody would find it
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = f"{self.__module__}.{self.__qualname__}.lock"
        # Numba's own lock first: the other way round, two threads could wait for each other.
        with global_compiler_lock, Path(folder, name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return plain(self, signature)

    Dispatcher.compile = compile_once
    share_demos()


def share_demos() -> None:
    """Make each of the demo's kabupaten once in a process: to read one again took half the time of examples.

    Whoever asks gets a copy of his own, so that no test can change what another sees.
    """
    from planner import pipeline

    made = cache(pipeline._made_up)
    pipeline._made_up = lambda villages, seed: deepcopy(made(villages, seed))


def pytest_collection_finish() -> None:
    """Let the garbage collector look less often, and not at what stands until the end, such as modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# Most examples of these make an area's whole answer, or a plan: left to ``make test-slow``.
SLOW_EXAMPLES = tuple(ROOT / "planner" / room for room in ("coverage", "ilp", "siting", "reports", "cli"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the examples that take long, and sort the modules; the order within one stays."""
    for item in items:
        if isinstance(item, pytest.DoctestItem) and any(item.path.is_relative_to(f) for f in SLOW_EXAMPLES):
            item.add_marker(pytest.mark.slow)
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference problems; absent, its tests skip (in CI they fail)."""
    folder = Path(os.environ.get("JANGKAU_SHARED", ROOT.parent / "shared"))
    if folder.is_dir():
        return folder
    line = f"real data not found at {folder}: set JANGKAU_SHARED to its folder"
    if os.environ.get("JANGKAU_REQUIRE_SHARED"):
        pytest.fail(line)
    pytest.skip(line)


@pytest.fixture
def converted(tmp_path: Path) -> Callable[[Path, str, Path], None]:
    """Let LibreOffice convert a file: (file, to what, into which folder); it must not find an error."""
    office = shutil.which("soffice")
    if office is None:
        line = "no soffice found: install Debian's libreoffice-calc-nogui and libreoffice-writer-nogui"
        if os.environ.get("JANGKAU_REQUIRE_OFFICE"):
            pytest.fail(line)
        pytest.skip(line)

    def convert(file: Path, to: str, folder: Path) -> None:
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        done = subprocess.run(
            [office, profile, "--headless", "--convert-to", to, "--outdir", folder, file],
            capture_output=True, text=True, timeout=180, check=True,
        )  # fmt: skip
        assert "rror" not in done.stdout + done.stderr

    return convert


@pytest.fixture(scope="session")
def demo_area_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AREA.yml of a demo kabupaten of 24 villages, with its raw files."""
    from geodata.demo import DemoSize, generate_area, write_area_files

    folder = tmp_path_factory.mktemp("demo") / "area"
    return write_area_files(generate_area(7, DemoSize.of_villages(24)), folder)


@pytest.fixture(scope="session")
def demo_layers(demo_area_file: Path) -> Layers:
    from geodata.areafile import read_area_file
    from geodata.build import read_layers

    return read_layers(read_area_file(demo_area_file))


@pytest.fixture(scope="session")
def demo_workspace(demo_layers: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geodata.workspace import write_workspace

    folder = tmp_path_factory.mktemp("workspaces") / "demo"
    write_workspace(demo_layers, folder)
    return folder


@pytest.fixture
def jangkau(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; returns (exit status, standard output, standard error)."""
    from planner.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def on_demo(
    jangkau: Callable[..., tuple[int, str, str]], demo_workspace: Path, tmp_path: Path
) -> Callable[..., tuple[int, str, Path]]:
    """Run a command on the demo's workspace; returns (exit status, all that was said, the output folder)."""

    def run(command: str, *words: object, out: str = "out") -> tuple[int, str, Path]:
        status, said, error = jangkau(command, demo_workspace, *words, "--out", tmp_path / out)
        return status, said + error, tmp_path / out

    return run
