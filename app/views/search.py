"""Search over the map: a village, a facility or a kecamatan by its name or code, brought into view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from app.areas.places import PlaceIndex, places
from app.components.fragment import Fragment
from app.core.state import Filter, Selection
from app.views.follows import follow
from geodata.crs import WGS84, known_crs

if TYPE_CHECKING:
    from app.areas.places import Found
    from app.core.session import Session

MOST = 12
LONGEST = 100
# Around a place (metres), so that it is not looked at without what lies near.
MARGIN_M = 400.0


def make(session: Session) -> Fragment:
    """Return the search box; what is taken from its list is chosen, and the map goes there."""
    return _Search(session).fragment


class _Search:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.query = ""
        self.found: list[Found] = []
        self.fragment = Fragment(session.stream, "search", self.acted, label=session.texts.text("Search"))
        follow(self.forget, session.views, "shown")
        self.show()

    def forget(self, *_events: object) -> None:
        """Leave the list when another view is opened: it would cover that."""
        if self.query:
            self.query, self.found = "", []
            self.show()

    def show(self) -> None:
        self.fragment.html = self.session.render("search", query=self.query, found=self.found)

    def acted(self, message: dict[str, str]) -> None:
        act = message["act"]
        if act == "find":
            self.query = message.get("value", "")[:LONGEST]
            self.found = self.look_for(self.query)
        elif act == "take":
            self.take(message.get("what", ""), message.get("id", ""))
            self.query, self.found = "", []
        self.show()

    def look_for(self, query: str) -> list[Found]:
        """Return what may be meant: of the area, and of the units that the scenario opens."""
        area, layers = self.session.area, self.session.state.answer.gaps.layers
        found = area.places.search(query, most=MOST)
        opened = layers.facilities[~layers.facilities.index.isin(area.layers.facilities.index)]
        new = PlaceIndex(p for p in places(layers.villages, opened) if p.what == "facility")
        return (new.search(query, most=MOST) + found)[:MOST]

    def take(self, what: str, name: str) -> None:
        """Choose what was found, and show it on the map."""
        session = self.session
        layers = session.state.answer.gaps.layers
        villages, units = layers.villages, layers.facilities
        if what == "village" and name in villages.index:
            session.state.selected = Selection("village", name)
            session.map.go_to(_bounds(villages.loc[[name]].total_bounds, villages.crs))
        elif what == "facility" and name in units.index:
            session.select_facility(name)
            place = units.geometry[name]
            if place is not None and not place.is_empty:
                session.map.go_to(_bounds(place.buffer(MARGIN_M).bounds, units.crs))
        elif what == "district" and name in session.state.districts():
            session.state.filter = Filter(district=name)
            rows = villages[villages["district_code"] == name]
            session.map.go_to(_bounds(rows.total_bounds, villages.crs))
            session.views.open("villages")


def _bounds(bounds: tuple[float, float, float, float], crs: object) -> list[list[float]]:
    """Return bounds (metres) as two corners in degrees, latitude first."""
    west, south, east, north = (
        gpd.GeoSeries([shapely.box(*bounds)], crs=crs).to_crs(known_crs(WGS84)).total_bounds.tolist()
    )
    return [[south, west], [north, east]]
