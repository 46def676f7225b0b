"""Edits of a scenario as sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from geodata.crs import WGS84
from geodata.villages_at import village_at
from planner.network.edited_lines import edited_km
from planner.reports.documents.model import number, people
from planner.reports.stops import is_bare_stop, stop_in_words
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
    from collections.abc import Iterable, Sequence

    from geodata.layers import Layers
    from planner.reports.answered import Answered
    from planner.reports.documents.model import Cell
    from planner.scenarios.edits import Edit

# Sites of a plan are numbered within a village, whose code stands in the id: the place in words says more.
OUR_ID = re.compile(r"\d{2}\.\d{2}\.\d{2}\.\d{4}")


def edits_in_words(
    source: Answered, edits: Sequence[Edit], opened: Iterable[Edit] = (), *, layers: Layers | None = None
) -> list[str]:
    """Return a sentence an edit.

    Parameters
    ----------
    source
        An answer of the area, whose language is spoken.
    edits
        Those to be told.
    opened
        All edits of the scenario, since one may close or change what another opened.
    layers
        The area without any edit, where units have the kind and the place that they had; the answer's own
        when None.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> source = source_of(Ilp(find_gaps(demo_layers(12))), lang="en")
    >>> edits_in_words(source, [CloseFacility(op="close_facility", id="P9901002")])
    ['Puskesmas Muararekaan (Muararekaan, Kecamatan Rekaan) is closed.']
    """
    names = {e.id: (_named(e), e.kind, e.lonlat) for e in opened if isinstance(e, OpenFacility)}
    return [_Told(source, names, layers or source.gaps.layers).sentence(edit) for edit in edits]


def _named(edit: OpenFacility) -> str:
    """Return what a new unit is called: its name, or the id that somebody gave it; "" for an id of ours."""
    return edit.name or ("" if OUR_ID.search(edit.id) else edit.id)


class _Told:
    def __init__(
        self, source: Answered, opened: dict[str, tuple[str, str, tuple[float, float]]], layers: Layers
    ) -> None:
        self._source, self._words, self._opened, self._layers = source, source.words, opened, layers

    def sentence(self, edit: Edit) -> str:
        if isinstance(edit, OpenFacility | CloseFacility | MoveFacility | ChangeFacility):
            return self._facility(edit)
        if isinstance(edit, ChangeSpeed):
            return self._speed(edit)
        if isinstance(edit, Flood):
            return self._flood(edit)
        return self._road(edit)

    def _facility(self, edit: OpenFacility | CloseFacility | MoveFacility | ChangeFacility) -> str:
        say = self._words.say
        if isinstance(edit, OpenFacility):
            unit, place = self._called(edit.kind, _named(edit)), self._place(edit.lonlat, "in")
            stop = stop_in_words(edit.name, self._words.lang)
            parts = [
                say("edit.open_stop", stop=stop, place=place)
                if is_bare_stop(edit.name)
                else say("edit.open_facility", unit=unit, place=place)
            ]
            return " ".join([*parts, *self._capacity(unit, edit.capacity_people)])
        unit = self._unit(edit.id)
        if isinstance(edit, CloseFacility):
            return say("edit.close_facility", unit=unit)
        if isinstance(edit, MoveFacility):
            return say("edit.move_facility", unit=unit, place=self._place(edit.lonlat, "to"))
        parts = (
            [] if edit.kind is None else [say("edit.other_kind", unit=unit, kind=self._words.kind(edit.kind))]
        )
        if edit.functioning is not None:
            parts.append(say(f"edit.functioning_{edit.functioning}", unit=unit))
        return " ".join([*parts, *self._capacity(unit, edit.capacity_people)])

    def _capacity(self, unit: str, capacity: float | None) -> list[str]:
        """Return what is said of a unit's capacity, where an edit gives it."""
        if capacity is None:
            return []
        return [self._words.say("edit.capacity", unit=unit, people=people(capacity))]

    def _called(self, kind: str, name: str) -> str:
        """Return a unit's kind and name; names of lists often begin with the kind, and often do not."""
        begins = self._words.kind(kind, begins=True)
        if not name:
            said = self._words.say("edit.new_unit", kind=self._words.kind(kind))
            return said[:1].upper() + said[1:]
        stop = stop_in_words(name, self._words.lang)
        if stop != name:
            return stop[:1].upper() + stop[1:]
        return name if name.lower().startswith(begins.lower()) else f"{begins} {name}".strip()

    def _unit(self, unit: str) -> str:
        rows = self._layers.facilities
        if unit in self._opened:
            name, kind, lonlat = self._opened[unit]
            return f"{self._called(kind, name)} ({self._place(lonlat)})"
        if unit not in rows.index:
            return unit
        row = rows.loc[unit]
        called = self._called(str(row["kind"]), str(row["name"]) or unit)
        village = row["village_code"]
        if village not in self._layers.villages.index:
            return called
        return f"{called} ({self._village(village)})"

    def _village(self, code: object) -> str:
        village, district = self._source.place_of(code)
        return self._words.say("edit.village", village=village, district=district)

    def _place(self, lonlat: tuple[float, float], way: str = "") -> str:
        """Return the village of a place, with ``in`` or ``to`` before it where that is asked for."""
        villages, say = self._layers.villages, self._words.say
        point = gpd.GeoSeries([shapely.Point(lonlat)], crs=WGS84).to_crs(villages.crs).to_numpy()
        code = village_at(point, villages)[0]
        if code is None:
            lon, lat = (number(v, decimals=4) for v in lonlat)
            return say("edit.to_outside" if way == "to" else "edit.outside", lon=lon, lat=lat)
        return say(f"edit.{way}", village=self._village(code)) if way else self._village(code)

    def _road_named(self, road: str) -> str:
        rows = self._layers.roads
        if rows is None:
            return road
        rows = rows[(rows.index == road) | (rows["way_id"] == road)]
        called = [name for name in rows["name"] if isinstance(name, str) and name]
        return called[0] if called else road

    def _road(self, edit: CloseRoad | ReopenRoad | ChangeRoad | AddRoad | AddBoat) -> str:
        words = self._words
        km = number(edited_km(self._layers, [edit]), "km", decimals=1)
        if isinstance(edit, AddBoat):
            wait = edit.duration_minutes
            key = "add_boat" if wait is None else "add_boat_timed"
            minutes = number(wait, "minute", decimals=int((wait or 0) % 1 > 0))
            return words.say(f"edit.{key}", name=edit.name or "", km=km, minutes=minutes).replace("  ", " ")
        if isinstance(edit, AddRoad):
            key = "add_bridge" if edit.bridge else "add_road"
            said = words.say(
                f"edit.{key}", name=edit.name or "", km=km, road_class=self._class(edit.road_class)
            )
            return said.replace("  ", " ")
        values: dict[str, Cell | str] = {"road": self._road_named(edit.road), "km": km}
        if isinstance(edit, ChangeRoad):
            return words.fill("edit.change_road", {**values, "what": words.listed(self._changes(edit))})
        return words.fill(f"edit.{edit.op}", values)

    def _class(self, road_class: str) -> str:
        key = f"road_class.{road_class.removesuffix('_link')}"
        return self._words.say(key) if self._words.has(key) else road_class

    def _changes(self, edit: ChangeRoad) -> list[str]:
        say = self._words.say
        out = []
        if edit.road_class is not None:
            out.append(say("edit.to_class", road_class=self._class(edit.road_class)))
        if edit.surface is not None:
            key = f"edit.surface.{edit.surface}"
            surface = say(key) if self._words.has(key) else edit.surface
            out.append(say("edit.to_surface", surface=surface))
        if edit.maxspeed_kph is not None:
            out.append(say("edit.to_maxspeed", kph=self._words.plain(edit.maxspeed_kph)))
        if edit.season is not None:
            out.append(say(f"edit.to_{edit.season}"))
        return out

    def _speed(self, edit: ChangeSpeed) -> str:
        words = self._words
        where = words.listed([self._class(c) for c in edit.classes])
        key = f"speed{'_none' if edit.factor == 0 else ''}{'_on' if edit.classes else ''}"
        return words.say(
            f"edit.{key}",
            mode=words.mode_on_map(edit.mode),
            factor=words.plain(edit.factor),
            where=where,
        )

    def _flood(self, edit: Flood) -> str:
        words = self._words
        crs = self._layers.villages.crs
        area = gpd.GeoSeries([shapely.Polygon(edit.polygon)], crs=WGS84).to_crs(crs).make_valid().area.iloc[0]
        season = words.on_map(f"season_{edit.season}")
        key = "flood_closed" if edit.factor == 0 else "flood_slow"
        km2 = number(area / 1e6, "km2", decimals=1)
        return words.say(f"edit.{key}", km2=km2, season=season, factor=words.plain(edit.factor))
