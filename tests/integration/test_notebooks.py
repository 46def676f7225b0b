"""The notebooks run from top to bottom, and give the command line's answer."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.enable_socket  # the kernel is spoken to over loopback
# What jupyter's own packages warn of is theirs to mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, tmp_path, jangkau):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(work)"))
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    work = notebook.cells[-1]["outputs"][0]["text"].strip()
    if not (Path(work) / "gaps").exists():
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
    theirs = json.loads((Path(work) / "gaps/summary.json").read_text("utf-8"))
    assert ours == theirs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_is_stored_without_output(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
