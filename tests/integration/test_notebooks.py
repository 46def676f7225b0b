"""The notebooks run from top to bottom, on the demo and on real kabupaten, with the command line's answer.

Each says in one cell, tagged ``area``, which area it is about; for a real one the test puts the path of its
AREA.yml there, as a reader would.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from areas import write_area
from nbclient import NotebookClient
from support import ROOT
from test_partial_real import bantul, bantul_area

__all__ = ["bantul"]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KERNEL = [
    pytest.mark.enable_socket,  # the kernel is spoken to over loopback
    # What jupyter's own packages warn of is theirs to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def with_kernel(test):
    for mark in KERNEL:
        test = mark(test)
    return test


def run(notebook, folder):
    """Run a notebook in a folder; returns the folder that it worked in."""
    notebook.cells.append(nbformat.v4.new_code_cell("print(work)"))
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(folder)}}).execute()
    return Path(notebook.cells[-1]["outputs"][0]["text"].strip())


@pytest.mark.slow
@with_kernel
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, tmp_path, jangkau):
    notebook = nbformat.read(path, as_version=4)
    work = run(notebook, tmp_path)
    if not (work / "gaps").exists():
        # No tables of gaps: of travel times the what-if cells must have shown a change, of siting the files.
        shown = [c["outputs"][0]["data"]["text/plain"] for c in notebook.cells[:-1] if c.get("outputs")]
        last = {
            "02_travel_times": "puskesmas", "03_siting_and_rollout": "sites.csv",
            "05_wet_season_bridge_uncertainty": "draws.csv",
        }  # fmt: skip
        assert last[path.stem] in shown[-1]
        return
    assert jangkau("gaps", f"{work}/workspace", "--out", tmp_path / "g")[0] == 0
    ours = json.loads((tmp_path / "g/summary.json").read_text("utf-8"))
    theirs = json.loads((work / "gaps/summary.json").read_text("utf-8"))
    assert ours == theirs


def about(notebook, area_file):
    """Let a notebook be about another area."""
    [cell] = [c for c in notebook.cells if "area" in c["metadata"].get("tags", ())]
    assert cell["source"].startswith("area_file = ")
    cell["source"] = f"area_file = Path({str(area_file)!r})"


def jember_area(shared, folder):
    source = shared.resolve() / "data/roads/35.09_jember_rbi.geojson"
    return write_area(
        shared, folder, "35.09", roads=f"roads: {{path: {source}, class: Fungsi, classes: rbi}}\n"
    )


@pytest.mark.slow
@pytest.mark.realdata
@with_kernel
def test_gaps_run_on_jember(shared, tmp_path):
    notebook = nbformat.read(ROOT / "notebooks/01_gaps.ipynb", as_version=4)
    about(notebook, jember_area(shared, tmp_path))
    found = json.loads((run(notebook, tmp_path) / "gaps/summary.json").read_text("utf-8"))
    assert (found["area"]["code"], found["villages"]) == ("35.09", 248)
    assert found["kinds"]["puskesmas"]["facilities"] == 49
    # There is no list of pustu, and the notebook has to live with that.
    assert found["kinds"]["pustu"]["share_reached"] is None


@pytest.mark.slow
@pytest.mark.realdata
@with_kernel
@pytest.mark.parametrize(
    ("name", "last"),
    [("02_travel_times", "puskesmas"), ("05_wet_season_bridge_uncertainty", "draws.csv")],
)
def test_runs_on_bantul(name, last, bantul, tmp_path):
    """Its roads name no bridge, and it has no list of hospitals."""
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    about(notebook, bantul_area(bantul))
    work = run(notebook, tmp_path)
    manifest = json.loads((work / "workspace/manifest.json").read_text("utf-8"))
    assert manifest["area"]["code"] == "34.02"
    shown = [c["outputs"][0]["data"]["text/plain"] for c in notebook.cells[:-1] if c.get("outputs")]
    assert last in shown[-1]


@pytest.mark.slow
@pytest.mark.realdata
@with_kernel
@pytest.mark.parametrize(
    ("code", "kind", "staff"), [("34.02", "pustu", "kader"), ("35.09", "puskesmas", "dokter")]
)
def test_sites_and_years_on_real_kabupaten(code, kind, staff, bantul, shared, tmp_path):
    """Three units more beside Bantul's 31 pustu or Jember's 49 puskesmas, and six over three years."""
    notebook = nbformat.read(ROOT / "notebooks/03_siting_and_rollout.ipynb", as_version=4)
    about(notebook, bantul_area(bantul) if code == "34.02" else jember_area(shared, tmp_path))
    [cell] = [c for c in notebook.cells if "kind" in c["metadata"].get("tags", ())]
    cell["source"] = f'kind, units, new_staff = "{kind}", 3, {{"{staff}": 10}}'
    work = run(notebook, tmp_path)
    plan = json.loads((work / "plan/run.json").read_text("utf-8"))
    assert (plan["area"]["code"], plan["kind"], plan["ask"]["units"]) == (code, kind, 3)


FOLDERS = {
    "34.02": (
        ["dinkes/34.02_bantul_desa.geojson", "dinkes/bantul_PUSKESMAS_PT_5K.*",
         "dinkes/bantul_jalan_geometry_only.parquet", "dinkes/bantul_penduduk_sensus2010_namejoin.csv"],
        75, "pustu", 31,
    ),
    "35.09": (
        ["boundaries/35.09_jember_desa.geojson", "facilities/35.09_jember_kemenkes2019.geojson",
         "roads/35.09_jember_rbi.geojson", "population/35.09_jember_census2010_namejoin.csv"],
        248, "puskesmas", 49,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.realdata
@with_kernel
@pytest.mark.parametrize("code", FOLDERS)
def test_a_folder_of_real_files(code, shared, tmp_path):
    """The files of an office, without an AREA.yml: villages and units as counted by hand."""
    patterns, villages, kind, units = FOLDERS[code]
    folder = tmp_path / "files"
    folder.mkdir()
    for pattern in patterns:
        for path in (shared.resolve() / "data").glob(pattern):
            shutil.copy(path, folder)
    notebook = nbformat.read(ROOT / "notebooks/04_your_own_kabupaten.ipynb", as_version=4)
    [cell] = [c for c in notebook.cells if "area" in c["metadata"].get("tags", ())]
    cell["source"] = f"files = Path({str(folder)!r})"
    found = json.loads((run(notebook, tmp_path) / "gaps/summary.json").read_text("utf-8"))
    assert (found["area"]["code"], found["villages"]) == (code, villages)
    assert found["kinds"][kind]["facilities"] == units


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_is_stored_without_output(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
