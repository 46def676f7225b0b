"""The project's own files keep their promises."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from support import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(requirements):
    return {re.match(r"[A-Za-z0-9_.-]+", r)[0].lower().replace("_", "-") for r in requirements}


def test_environment_yml_is_what_pyproject_asks_for():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    listed = [d for d in environment["dependencies"] if isinstance(d, str)]
    # conda-forge calls some packages by other names.
    other = {"pyosmium": "osmium", "pandera-pandas": "pandera", "typst-py": "typst"}
    conda = {}
    for line in listed:
        name, _, bound = line.partition(">=")
        conda[other.get(name.strip(), name.strip())] = bound.strip()
    asked = {}
    for line in PYPROJECT["project"]["dependencies"]:
        name, _, bound = line.partition(">=")
        asked[name.split("[")[0].strip().replace("_", "-")] = bound.strip()
    python = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert conda.pop("python") == python
    assert "pip" in conda
    conda.pop("pip")
    assert conda == asked


def test_every_dependency_is_pinned_and_no_address_is_recorded():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith(" ")]
    assert all(re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==[^\s;]+( ; .*)? \\", p) for p in pins), pins
    # By the hash of every file, so that nothing else is installed under its name.
    hashes = [line for line in lines if line.startswith(" ")]
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", h) for h in hashes)
    assert all(lines[i + 1].startswith("    --hash=") for i, line in enumerate(lines) if line in pins)
    wanted = names(PYPROJECT["project"]["dependencies"]) | names(PYPROJECT["dependency-groups"]["dev"])
    assert wanted <= names(pins)
    lock = json.loads((ROOT / "planner/reports/maps/package-lock.json").read_text("utf-8"))
    assert all("resolved" not in p for p in lock["packages"].values())


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from planner.cli import main; main(['--help']); "
        "print(*[m for m in ('numpy', 'pandas', 'geopandas', 'numba', 'folium', 'pydantic', 'yaml') "
        "if m in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stderr.strip() == ""


@pytest.mark.slow
def test_importing_the_packages_does_no_work():
    """No logging is set up, nothing is compiled."""
    code = (
        "import logging; before = (None, list(logging.root.handlers)); "
        "import planner.pipeline, planner.reports.maps.page, geodata.build, planner.kernels.dijkstra as k; "
        "assert not k.nearest_source.signatures; "
        "assert list(logging.root.handlers) == before[1]"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/METHODS.md"])
def test_links_between_the_documents_lead_somewhere(path):
    text = (ROOT / path).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert ((ROOT / path).parent / target).exists(), target


def test_what_the_architecture_names_is_there():
    """Rooms, modules, files and names in code quotes: a map that leads nowhere is worse than none."""
    text = (ROOT / "docs/ARCHITECTURE.md").read_text("utf-8")
    for package in ("geodata", "planner", "app"):
        part = text.split(f"\n## {package}: ")[1].split("\n\n")[1]
        rooms = {
            r
            for cell in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
            for r in re.findall(r"`(\w+)`", cell)
        }
        here = {
            p.stem for p in (ROOT / package).iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()
        }
        assert rooms == here - {"__init__"}, package
    for name in re.findall(r"`((?:geodata|planner|app)(?:\.\w+)+)`", text):
        module, _, rest = name.rpartition(".")
        found = importlib.util.find_spec(name) if name.islower() else importlib.import_module(module)
        assert found is not None, name
        assert name.islower() or hasattr(found, rest), name
    for path in re.findall(r"`((?:geodata|planner|app)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path
    for table, module in (("ROAD_READERS", "geodata.build"), ("RULES", "geodata.quality"),
                          ("GROUPS", "planner.cli.run"),
                          ("VIEWS", "app.views"), ("MEASURES", "app.figures.measures")):  # fmt: skip
        assert f"`{table}`" in text
        assert hasattr(importlib.import_module(module), table)


def test_default_numbers_of_the_documents_are_those_of_the_code():
    """docs/METHODS.md shows the speeds and limits; a change in one place must be made in the other."""
    defaults = yaml.safe_load((ROOT / "planner/data/defaults.yml").read_text("utf-8"))
    text = (ROOT / "docs/METHODS.md").read_text("utf-8")
    for mode, content in defaults["modes"].items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {mode} |"))
        shown = [c.strip() for c in row.strip("|").split("|")[1:]]
        classes = ("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service",
                   "track", "path")  # fmt: skip
        expected = [f"{content['speeds_kph'][c]:g}" if c in content["speeds_kph"] else "–" for c in classes]
        assert shown[:9] == expected
    standard = yaml.safe_load((ROOT / "planner/data/standards/ilp.yml").read_text("utf-8"))
    for kind, rule in standard["kinds"].items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {kind} |"))
        assert f"{rule['limit_minutes']:g} min" in row
        assert rule["mode"] in row


def test_no_file_holds_both_sides_of_a_merge():
    """Neither ruff nor the tests read Markdown; one such page was published with both sides in it."""
    suffixes = {".md", ".yml", ".toml", ".po", ".py", ".js", ".css", ".html", ".ipynb", ".csv", ".typ"}
    rooms = ("app", "benchmarks", "docs", "geodata", "notebooks", "planner", "tests")
    files = [p for room in rooms for p in (ROOT / room).rglob("*") if p.suffix in suffixes]
    files += [p for p in ROOT.iterdir() if p.suffix in suffixes or p.name == "Makefile"]
    assert len(files) > 500
    marks = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)
    assert [str(p.relative_to(ROOT)) for p in files if marks.search(p.read_text("utf-8"))] == []
