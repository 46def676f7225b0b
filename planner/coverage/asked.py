"""The edits that are asked of a study: what is no list of edits, and those that could change nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from geodata.errors import ConfigError
from planner.network.editing.refusals import require_near
from planner.scenarios.edits import (
    FACILITY_EDITS,
    ROAD_EDITS,
    AddBoat,
    AddRoad,
    ChangeSpeed,
    EditError,
    Flood,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.layers import Layers
    from planner.scenarios.edits import Edit
    from planner.scenarios.scenario import Scenario

EDITS = (*ROAD_EDITS, *FACILITY_EDITS, ChangeSpeed, Flood)


def as_edits(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Return edits as a tuple; raise ConfigError for what is none, or one that stands in no list."""
    if isinstance(edits, EDITS):
        msg = f"edits is one {type(edits).__name__}, not a list: write gaps([{type(edits).__name__}(…)])"
        raise ConfigError(msg)
    strange: object = edits
    # A dict of one edit, as files have it, would give its keys.
    if not isinstance(edits, (str, bytes, dict)) and hasattr(edits, "__iter__"):
        found = tuple(edits)
        others = [e for e in found if not isinstance(e, EDITS)]
        if not others:
            return found
        strange = others[0]
    names = ", ".join(one.__name__ for one in EDITS)
    msg = (
        f"edits is a list of edits, such as [CloseRoad(road='way/1')], not {strange!r}. "
        f"Edits are {names}; read_scenario(…).edits are those of a file."
    )
    raise ConfigError(msg)


def require_sense(edits: Sequence[Edit], layers: Layers, scenario: Scenario) -> None:
    """Raise ConfigError for edits that could change nothing here."""
    for number, edit in enumerate(edits, start=1):
        of_roads = isinstance(edit, (*ROAD_EDITS, Flood, ChangeSpeed))
        if of_roads and layers.roads is None:
            raise EditError(number, "no_roads", "the study area has no roads. Add them to AREA.yml.")
        if isinstance(edit, ChangeSpeed) and edit.mode not in scenario.modes:
            modes = ", ".join(scenario.modes)
            msg = f"{edit.mode!r} is not one of {modes}"
            raise EditError(number, "no_mode", msg, mode=edit.mode, modes=modes)
        shape = None
        if isinstance(edit, (AddRoad, AddBoat)):
            shape = shapely.LineString(edit.line)
        elif isinstance(edit, Flood):
            shape = shapely.Polygon(edit.polygon)
        if shape is not None:
            require_near(layers.villages, shape, layers.area.buffer_m, number)
