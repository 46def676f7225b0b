"""One line of plain words for each edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.scenarios.edits import (
    AddBoat,
    AddRoad,
    ChangeFacility,
    ChangeRoad,
    ChangeSpeed,
    CloseFacility,
    CloseRoad,
    Flood,
    MoveFacility,
    OpenFacility,
    ReopenRoad,
)

if TYPE_CHECKING:
    from app.areas.area import Area
    from app.areas.question import WhatIf
    from app.texts import Texts
    from planner.scenarios.edits import Edit


def described(what_if: WhatIf, area: Area, texts: Texts) -> list[str]:
    """Return one line an edit, in order."""
    names = area.layers.facilities["name"].to_dict()
    names |= {e.id: e.name for e in (*area.scenario.edits, *what_if.edits) if isinstance(e, OpenFacility)}
    return [_line(edit, area, texts, names) + _capacity(edit, texts) for edit in what_if.edits]


def rules(what_if: WhatIf, texts: Texts) -> list[str]:
    """Return one line a changed standard."""
    out = []
    for kind, change in what_if.standard.items():
        parts = []
        if change.mode is not None:
            parts.append(texts.mode(change.mode))
        if change.limit_minutes is not None:
            parts.append(texts.text("limit {n} min", n=texts.plain(change.limit_minutes)))
        out.append(f"{texts.kind(kind)}: {', '.join(parts)}")
    return out


OFFERED_ROAD_CLASSES = ("primary", "secondary", "tertiary", "residential", "track", "path", "footway")


def road_class(name: str, texts: Texts) -> str:
    """Return the words for a class of road; one without words by its OpenStreetMap value."""
    _ = texts.text
    return {
        "trunk": _("trunk road"), "primary": _("primary road"), "secondary": _("secondary road"),
        "tertiary": _("tertiary road"), "residential": _("village road"), "unclassified": _("local road"),
        "service": _("service road"), "track": _("track"), "path": _("path"), "footway": _("footpath"),
    }.get(name.removesuffix("_link"), name)  # fmt: skip


@dataclass(frozen=True)
class RoadWords:
    """What tells one road from another."""

    id: str
    name: str
    what: str
    length_km: float


def road_words(area: Area, name: str, texts: Texts) -> RoadWords:
    """Return what is known of one piece of road."""
    assert area.layers.roads is not None
    row = area.layers.roads.loc[name]
    called = row["name"] if isinstance(row["name"], str) else ""
    what = texts.text("bridge") if bool(row["bridge"]) else road_class(str(row["road_class"]), texts)
    return RoadWords(name, called, what, float(row["length_m"]) / 1000.0)


def road_name(area: Area, name: str, texts: Texts) -> str:
    """Return what a road, or the first piece of a way, is called."""
    roads = area.layers.roads
    if roads is None:
        return name
    rows = roads[(roads.index == name) | (roads["way_id"] == name)]
    if not len(rows):
        return name
    first = rows.iloc[0]
    what = texts.text("bridge") if bool(rows["bridge"].any()) else road_class(str(first["road_class"]), texts)
    called = first["name"]
    return f"{called if isinstance(called, str) and called else name} ({what})"


def _capacity(edit: Edit, texts: Texts) -> str:
    """Return what is said of a unit's capacity, where an edit gives it."""
    if not isinstance(edit, OpenFacility | ChangeFacility) or edit.capacity_people is None:
        return ""
    return " · " + texts.text("capacity {people} people", people=texts.number(edit.capacity_people, 0))


def _line(  # noqa: C901, PLR0911, PLR0912 - one case an edit
    edit: Edit, area: Area, texts: Texts, names: dict[str, str]
) -> str:
    _ = texts.text
    match edit:
        case OpenFacility():
            kind, name = texts.kind(edit.kind), edit.name or edit.id
            if name.casefold().startswith(kind.casefold()):
                return _("Open {name}", name=name)
            return _("Open {kind} {name}", kind=kind, name=name)
        case CloseFacility():
            return _("Close {name}", name=names.get(edit.id) or edit.id)
        case MoveFacility():
            return _("Move {name}", name=names.get(edit.id) or edit.id)
        case ChangeFacility():
            name = names.get(edit.id) or edit.id
            if edit.kind is not None:
                return _("Make {name} a {kind}", name=name, kind=texts.kind(edit.kind))
            if edit.functioning is None:
                return str(name)
            return _("{name} functions: {value}", name=name, value=texts.term(edit.functioning))
        case CloseRoad():
            return _("Close road {name}", name=road_name(area, edit.road, texts))
        case ReopenRoad():
            return _("Reopen road {name}", name=road_name(area, edit.road, texts))
        case ChangeRoad():
            return _("Change road {name}", name=road_name(area, edit.road, texts))
        case AddRoad():
            what = _("New bridge") if edit.bridge else _("New road")
            return f"{what} {edit.name or ''} ({road_class(edit.road_class, texts)})".replace("  ", " ")
        case AddBoat():
            what = _("New boat link")
            return f"{what} {edit.name or ''}".strip()
        case ChangeSpeed():
            return _("Speed of {mode} × {factor}", mode=texts.mode(edit.mode),
                     factor=texts.number(edit.factor, 2))  # fmt: skip
        case Flood():
            return _("Flooded area ({season})", season=texts.term(f"season_{edit.season}"))
