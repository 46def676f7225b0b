"""What an answer changes, as the map draws it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely

from geodata.crs import WGS84, known_crs
from planner.reports.maps.page import drawn_facilities
from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    CloseFacility,
    CloseRoad,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
)

if TYPE_CHECKING:
    from app.areas.area import Answer, Area

FACILITY_NOTES = {
    OpenFacility: "new",
    MoveFacility: "moved",
    CloseFacility: "changed",
    ChangeFacility: "changed",
}


def edited_points(answer: Answer) -> list[dict[str, Any]]:
    """Return the facilities that an answer's edits, and those of its base, touch, each with a note."""
    notes: dict[str, str] = {}
    for edit in answer.gaps.scenario.edits:
        for kind, note in FACILITY_NOTES.items():
            if isinstance(edit, kind) and notes.get(edit.id) != "new":
                notes[edit.id] = note
    if not notes:
        return []
    layers = answer.gaps.layers
    rows = layers.facilities.loc[layers.facilities.index.isin(list(notes))]
    some = replace(answer.gaps, layers=layers.with_facilities(rows))
    return [{**f, "note": notes[f["id"]]} for f in drawn_facilities(some)]


def edited_roads(area: Area, answer: Answer) -> list[dict[str, Any]]:
    """Return the roads, boat links and floods that an answer's edits, and those of its base, touch.

    Each has its kind, and its shape in degrees.
    """
    out = []
    for edit in answer.gaps.scenario.edits:
        if isinstance(edit, (AddRoad, AddBoat)):
            shape = shapely.LineString(edit.line)
            out.append(("road_added" if isinstance(edit, AddRoad) else "boat_added", shape))
        elif isinstance(edit, Flood):
            out.append(("flood", shapely.Polygon(edit.polygon)))
        elif isinstance(edit, (CloseRoad, ReopenRoad, ChangeRoad)):
            kind = "road_closed" if isinstance(edit, CloseRoad) else "road_changed"
            out += [(kind, line) for line in road_lines(area, edit.road)]
    return [{"kind": kind, "geometry": shapely.geometry.mapping(shape)} for kind, shape in out]


def road_lines(area: Area, name: str) -> list[shapely.LineString]:
    """Return the lines (degrees) of a road's piece or of a whole way."""
    roads = area.layers.roads
    if roads is None:
        return []
    rows = roads[(roads.index == name) | (roads["way_id"] == name)]
    return list(rows.geometry.to_crs(known_crs(WGS84)))
