"""planner stays a house that one can walk through: at most nine floors and twelve rooms."""

import tomllib
from pathlib import Path

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
