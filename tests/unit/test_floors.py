"""planner stays a house that one can walk through: at most nine floors and twelve rooms, and no circle."""

import ast
import tomllib
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[2]


def the_floors():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    return next(c["layers"] for c in contracts if c.get("containers") == ["planner"])


def test_planner_has_at_most_nine_floors_and_twelve_rooms():
    floors = the_floors()
    assert len(floors) <= 9
    rooms = {d.name for d in (ROOT / "planner").iterdir() if (d / "__init__.py").exists()}
    assert len(rooms) <= 12
    # Beside the rooms: the public calls, and the progress of long work.
    modules = {f.stem for f in (ROOT / "planner").glob("*.py")} - {"__init__"}
    assert modules == {"pipeline", "progress"}
    assert {name for floor in floors for name in floor.split(" | ")} == rooms | modules


def test_plans_and_the_ilp_model_stand_side_by_side():
    """What both need, staff, groups, jejaring and stages, is supply: neither takes anything of the other."""
    assert "ilp | siting" in the_floors()


def imports():
    """Who imports whom, module by module: at the top, within functions, and for types alone."""
    names = {}
    for package in ("app", "geodata", "planner"):
        for file in (ROOT / package).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    graph = nx.DiGraph()
    for name, file in names.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found = {f"{node.module}.{a.name}" for a in node.names} & set(names)
                graph.add_edges_from((name, one) for one in found or {node.module} & set(names))
            elif isinstance(node, ast.Import):
                graph.add_edges_from((name, a.name) for a in node.names if a.name in names)
    return graph


@pytest.mark.slow
def test_no_modules_import_each_other_in_a_circle():
    graph = imports()
    assert graph.number_of_edges() > 2000
    assert [sorted(one) for one in nx.strongly_connected_components(graph) if len(one) > 1] == []
