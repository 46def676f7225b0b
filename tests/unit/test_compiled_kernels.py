"""What was compiled of other sources is never used, and never in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from planner.kernels import compiled
from planner.kernels.compiled import njit, sources
from planner.kernels.csr import offer

SHAPES = """
from typing import NamedTuple
from compiled import njit

class {name}(NamedTuple):
    width: int

@njit()
def area(shape):
    return shape.width * shape.width

def run():
    return area({name}(3))
"""
# Of the program itself a class is kept whole; of a module by its name.
USE = """
from shapes import run

print(run())
"""
CALLED = """
from compiled import njit

@njit()
def add(x):
    return x + {more}
"""
CALLER = """
from called import add
from compiled import njit

@njit()
def twice(x):
    return add(add(x))

print(twice(1))
"""


@pytest.fixture
def folder(tmp_path):
    copyfile(compiled.__file__, tmp_path / "compiled.py")
    return tmp_path


def said(folder, module):
    """What a new process says, which finds what those before it compiled."""
    # No bytecode: it is known by second and length alone, and a source changes within a second here.
    run = subprocess.run(
        [sys.executable, "-B", "-W", "error::UserWarning", f"{module}.py"], cwd=folder, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def kept(folder):
    return sorted(p for p in folder.rglob("*.nbi"))


@pytest.mark.slow
def test_a_named_tuple_may_be_renamed(folder):
    (folder / "use.py").write_text(USE, "utf-8")
    (folder / "shapes.py").write_text(SHAPES.format(name="Stand"), "utf-8")
    assert said(folder, "use") == "9"
    assert len(kept(folder)) == 1
    (folder / "shapes.py").write_text(SHAPES.format(name="Place"), "utf-8")
    assert said(folder, "use") == "9"
    assert len(kept(folder)) == 2


@pytest.mark.slow
def test_a_kernel_follows_what_it_calls_in_another_file(folder):
    (folder / "caller.py").write_text(CALLER, "utf-8")
    for more, expected in ((1, "3"), (2, "5"), (1, "3")):
        (folder / "called.py").write_text(CALLED.format(more=more), "utf-8")
        assert said(folder, "caller") == expected
    # The third found what the first had kept: two states of two files.
    assert len({p.parent for p in kept(folder)}) == 2


def test_every_state_of_the_sources_is_another(tmp_path):
    seen = set()
    for name, text in (("a.py", "x"), ("a.py", "y"), ("b.py", "")):
        (tmp_path / name).write_text(text, "utf-8")
        sources.cache_clear()
        seen.add(sources(tmp_path))
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    sources.cache_clear()
    seen.add(sources(tmp_path))
    sources.cache_clear()
    assert len(seen) == 4


def test_all_kernels_are_kept_in_the_folder_of_their_sources():
    home = Path(compiled.__file__).parent
    of = sources(home)[:16]
    assert Path(offer._cache.cache_path).name == f"kernels-{of}"
    # No other cache of Numba's is asked for.
    for module in home.glob("*.py"):
        text = module.read_text("utf-8")
        assert module.name == "compiled.py" or ("cache=" not in text and "from numba import" not in text)


def test_where_no_folder_may_be_written_to_kernels_run_all_the_same(monkeypatch):
    monkeypatch.setattr(compiled._Kept, "_locator_classes", [])

    @njit()
    def triple(x):
        return 3 * x

    assert triple(2) == 6
    assert triple._cache.cache_path is None


@pytest.mark.slow
def test_an_installation_that_may_not_be_written_to_keeps_them_for_the_user(folder, tmp_path, monkeypatch):
    (folder / "caller.py").write_text(CALLER, "utf-8")
    (folder / "called.py").write_text(CALLED.format(more=1), "utf-8")
    # A file in the place of the folder: nobody, not even root, can write below it.
    (folder / "__pycache__").write_text("", "utf-8")
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert said(folder, "caller") == "3"
    assert {p.parent.name for p in kept(home)} == {f"kernels-{sources(folder)[:16]}"}
    assert len(kept(home)) == 2


@pytest.mark.slow
def test_a_disk_that_is_full_where_kernels_are_kept_stops_no_answer(folder):
    """`site` ended with "File too large.", though its own folder had room."""
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    (folder / "caller.py").write_text(full + CALLER, "utf-8")
    (folder / "called.py").write_text(CALLED.format(more=1), "utf-8")
    assert said(folder, "caller") == "3"
    assert kept(folder) == []
