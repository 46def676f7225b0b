"""What a part of the country rests on: found in the sources, and held against what a computation loads."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys

import pytest
from nation_support import small_limits, write_country

from planner.nation import program as of_program
from planner.nation.cluster import InThisProcess
from planner.nation.products import opened
from planner.nation.program import ROOTS, files_of, program
from planner.nation.run import CountryRun

PARTS = "planner.nation.answers"
MODULES = {
    "a.py": "from typing import TYPE_CHECKING\nfrom pack import late\nfrom pack.inner import x\n"
            "if TYPE_CHECKING:\n    from pack import types\nelse:\n    from pack import real\n"
            "def f():\n    import pack.within\n    open('named.yml')\n",
    "__init__.py": "def __getattr__(name):\n    from pack import asked\n    return asked\n",
    "inner/__init__.py": "import pack.of_package\n", "types.py": "", "real.py": "", "within.py": "",
    "asked.py": "from pack import deep\n", "deep.py": "", "of_package.py": "", "other.py": "'else.yml'\n",
    "named.yml": "", "else.yml": "", "nobody.yml": "",
}  # fmt: skip
SCRIPT = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    job = pickle.load(file)
from planner.nation.answers import answer_tile
answer_tile(job)
print(*(m for m in sys.modules if m.partition(".")[0] in ("planner", "geodata")))
"""


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The sources, where a test may change them."""
    left, folder = shutil.ignore_patterns("__pycache__", "vendor", "*.typ"), tmp_path_factory.mktemp("copy")
    return {n: shutil.copytree(f, folder / n, ignore=left) for n, f in ROOTS.items()}


@pytest.fixture
def copied(copies, monkeypatch):
    """The same, in the place of our own."""
    roots = copies
    monkeypatch.setattr(of_program, "ROOTS", roots)
    yield roots
    forget()


def forget():
    of_program.program.cache_clear()
    of_program._tree.cache_clear()


def changed(file):
    """Whether the hash of parts is another once a file has changed."""
    forget()
    before = program(PARTS)
    with file.open("a", encoding="utf-8") as text:
        text.write("\n# mended\n")
    forget()
    return program(PARTS) != before


def test_what_is_imported_counts_and_what_only_a_checker_reads_does_not(tmp_path):
    for name, text in MODULES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    found = files_of("pack.a", {"pack": tmp_path})
    # "late" is no module: the package is asked for it.
    assert sorted(found) == sorted([
        "pack", "pack.a", "pack.asked", "pack.deep", "pack.inner", "pack.of_package", "pack.real",
        "pack.within", "pack/named.yml", "pack/nobody.yml",
    ])  # fmt: skip
    assert "pack.asked" not in files_of("pack.real", {"pack": tmp_path})
    with pytest.raises(LookupError, match=r"there is no module pack\.none"):
        files_of("pack.none", {"pack": tmp_path})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "counts"),
    [("planner/reports/maps/nation_page.py", False), ("planner/data/map_texts.yml", False),
     ("planner/kernels/csr.py", True), ("planner/data/standards/ilp.yml", True)],
)  # fmt: skip
def test_a_page_that_changes_keeps_the_parts_and_a_kernel_does_not(copied, name, counts):
    package, _, inside = name.partition("/")
    assert changed(copied[package] / inside) is counts


@pytest.mark.slow
def test_pages_are_no_part_of_what_a_part_rests_on():
    found = files_of(PARTS, ROOTS)
    assert {"planner.kernels.dijkstra", "planner.coverage.reach", "planner.nation.halo"} <= found.keys()
    assert not [f for f in found if f.startswith(("planner.reports", "planner.cli", "planner.siting", "app"))]
    # The map rests on its scripts too.
    assert "planner/reports/maps/nation_map.js" in files_of("planner.nation.maps", ROOTS)


@pytest.mark.slow
def test_nothing_that_a_computation_loads_is_missed(tmp_path):
    files = write_country(tmp_path / "in", 3, columns=2, rows=2, roads="grid")
    with opened(tmp_path / "out") as products:
        run = CountryRun(files, products, InThisProcess(), small_limits(), 3000.0, lambda _text: None)
        ready = run.prepare()
    [(_name, job)] = ready.jobs
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "job")], capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "planner.kernels.dijkstra" in loaded
    assert loaded - files_of(PARTS, ROOTS).keys() == set()
