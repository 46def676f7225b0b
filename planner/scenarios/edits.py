"""What a scenario changes, as data: roads, speeds, floods and facilities.

Edits name places in degrees (lon, lat) and roads by their id, so a scenario file can be kept, sent and
compared; ``planner.network.overlay`` puts them over the base, which stays as it is. In a file each edit says
what it is (``op:``); in Python its class does.

>>> CloseRoad(road="r812") == CloseRoad(op="close_road", road="r812")
True
>>> AddRoad(line=[(113.69, -8.21), (113.71, -8.19)], road_class="tertiary", bridge=True).road_class
'tertiary'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from geodata.errors import ConfigError
from geodata.files import limits
from geodata.files.yamlfile import Model
from planner.scenarios.modes import Number, Positive, Share, known_classes
from planner.scenarios.standards import require_kinds

if TYPE_CHECKING:
    from typing import Self


class EditError(ConfigError):
    """An edit that this study area does not allow.

    Parameters
    ----------
    number
        Of the edit, from 1.
    why
        Which rule it breaks: a stable word, for who tells it in another language (the app).
    message
        In English: what is wrong, and what to do next.
    values
        What the message names.

    Examples
    --------
    >>> error = EditError(2, "no_facility", "there is no facility 'p9'.", id="p9")
    >>> str(error), error.why, error.values
    ("edits: edit 2: there is no facility 'p9'.", 'no_facility', {'id': 'p9'})
    """

    def __init__(self, number: int, why: str, message: str, **values: object) -> None:
        super().__init__(f"edits: edit {number}: {message}", why=why, **values)
        self.number, self.message = number, message

    def __reduce__(self) -> tuple[object, ...]:
        """Come back whole from another process."""
        return _edit_error, (self.number, self.why, self.message, self.values)


def _edit_error(number: int, why: str, message: str, values: dict[str, object]) -> EditError:
    return EditError(number, why, message, **values)


def _in_degrees(place: tuple[float, float]) -> tuple[float, float]:
    lon, lat = place
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        swapped = ": were they swapped?" if -180 <= lat <= 180 and -90 <= lon <= 90 else ""
        msg = f"[{lon}, {lat}] is not [longitude, latitude] in degrees{swapped}"
        raise ValueError(msg)
    return place


def _no_shape(value: object) -> object:
    """Refuse a shape of a frame: its coordinates may be metres, and it would be one of a map's."""
    kind = getattr(value, "geom_type", None)
    if kind is not None:
        part = {"Point": "(p.x, p.y)", "Polygon": "list(p.exterior.coords)"}.get(kind, "list(p.coords)")
        msg = f"it is a {kind}: write (longitude, latitude) in degrees, of a shape p in EPSG:4326 {part}"
        raise ValueError(msg)
    # An array, as of a frame's coordinates, holds them as a list does.
    return value.tolist() if hasattr(value, "tolist") else value


NoShape = BeforeValidator(_no_shape)
LonLat = Annotated[tuple[float, float], NoShape, AfterValidator(_in_degrees)]
RoadLine = Annotated[tuple[LonLat, ...], NoShape, Field(min_length=2)]


def _known_class(name: str | None) -> str | None:
    if name is not None:
        known_classes([name])
    return name


RoadClass = Annotated[str, AfterValidator(_known_class)]
# ``class`` is no name in Python, so there it may be ``road_class``; ``read_yaml`` takes the file's key only.
BY_NAME_TOO = ConfigDict(frozen=True, extra="forbid", strict=False, validate_by_name=True)


class CloseRoad(Model):
    """Nobody passes: a way (``way_id``) or one piece of it (``road_id``).

    Examples
    --------
    >>> CloseRoad(road="way/1")
    CloseRoad(op='close_road', road='way/1')
    """

    op: Literal["close_road"] = "close_road"
    road: str


class ReopenRoad(Model):
    """Open all year to every mode that its class allows; closures, access tags and gates no longer hold.

    Nor do fords, building works and sizes. How one drives on it stays: its direction, speed limits,
    condition, and whom a tag lets in where the class has no speed.

    Examples
    --------
    >>> ReopenRoad(road="way/1").road
    'way/1'
    """

    op: Literal["reopen_road"] = "reopen_road"
    road: str


class ChangeRoad(Model):
    """Another class, surface, speed limit or season; what is not named stays.

    A speed limit is everybody's, in both directions.

    Examples
    --------
    >>> paved = ChangeRoad(road="way/1", surface="asphalt", road_class="tertiary")
    >>> paved.surface, paved.road_class, paved.season
    ('asphalt', 'tertiary', None)
    """

    model_config = BY_NAME_TOO

    op: Literal["change_road"] = "change_road"
    road: str
    road_class: RoadClass | None = Field(default=None, alias="class")
    surface: str | None = None
    maxspeed_kph: Positive | None = None
    season: Literal["all_year", "dry_only"] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.road_class, self.surface, self.maxspeed_kph, self.season) == (None,) * 4:
            msg = "name what changes: class, surface, maxspeed_kph or season"
            raise ValueError(msg)
        return self


class AddRoad(Model):
    """A new road or path on the ground: it meets the roads that it crosses or touches.

    A bridge (or tunnel) meets them at its two ends only.

    Examples
    --------
    >>> AddRoad(line=[(113.70, -8.17), (113.71, -8.17)], bridge=True).road_class
    'residential'
    """

    model_config = BY_NAME_TOO

    op: Literal["add_road"] = "add_road"
    line: RoadLine
    road_class: RoadClass = Field(default="residential", alias="class")
    surface: str | None = None
    bridge: bool = False
    name: str | None = None


class AddBoat(Model):
    """A new boat link between two landings, boarded with the ferry's wait.

    Examples
    --------
    >>> AddBoat(line=[(113.70, -8.17), (113.71, -8.17)], duration_minutes=20).duration_minutes
    20.0
    """

    op: Literal["add_boat"] = "add_boat"
    line: RoadLine
    duration_minutes: Positive | None = None
    name: str | None = None


class ChangeSpeed(Model):
    """A mode's speed times a factor, on some classes (all of them when left out); 0 closes them.

    Examples
    --------
    >>> ChangeSpeed(mode="motorcycle", factor=0.5, classes=["track"]).classes
    ('track',)
    """

    op: Literal["speed"] = "speed"
    mode: str
    factor: Annotated[Number, Field(le=100)]
    classes: tuple[str, ...] = ()

    @field_validator("classes")
    @classmethod
    def _classes(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        known_classes(classes)
        return classes


class Flood(Model):
    """A flooded area: roads in it are closed (factor 0) or slower; boats and ferries sail on.

    Examples
    --------
    >>> flood = Flood(polygon=[(113.70, -8.17), (113.71, -8.17), (113.71, -8.16)], season="wet")
    >>> flood.factor, flood.season
    (0.0, 'wet')
    """

    op: Literal["flood"] = "flood"
    polygon: Annotated[tuple[LonLat, ...], NoShape, Field(min_length=3, max_length=limits.FLOOD_POINTS)]
    factor: Share = 0.0
    season: Literal["dry", "wet", "both"] = "both"


class OpenFacility(Model):
    """A new facility; ``capacity_people`` is for how many it has room, the standard's number when None.

    Examples
    --------
    >>> OpenFacility(id="new-1", kind="pustu", lonlat=(113.70, -8.17), name="Pustu Baru").kind
    'pustu'
    """

    op: Literal["open_facility"] = "open_facility"
    id: Annotated[str, Field(min_length=1)]
    kind: str
    lonlat: LonLat
    name: str = ""
    capacity_people: Positive | None = None

    @field_validator("kind")
    @classmethod
    def _kind(cls, kind: str) -> str:
        return _known_kind(kind)


class CloseFacility(Model):
    """A facility that no longer works.

    Examples
    --------
    >>> CloseFacility(id="P9901002").id
    'P9901002'
    """

    op: Literal["close_facility"] = "close_facility"
    id: str


class MoveFacility(Model):
    """A facility at another place.

    Examples
    --------
    >>> MoveFacility(id="P9901002", lonlat=(113.70, -8.17)).lonlat
    (113.7, -8.17)
    """

    op: Literal["move_facility"] = "move_facility"
    id: str
    lonlat: LonLat


class ChangeFacility(Model):
    """A facility of another kind (an upgrade), one that works again, or one with room for other numbers.

    Examples
    --------
    >>> ChangeFacility(id="P9901002", functioning="yes").functioning
    'yes'
    """

    op: Literal["change_facility"] = "change_facility"
    id: str
    kind: str | None = None
    functioning: Literal["yes", "no", "unknown"] | None = None
    capacity_people: Positive | None = None

    @field_validator("kind")
    @classmethod
    def _kind(cls, kind: str | None) -> str | None:
        return None if kind is None else _known_kind(kind)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.kind is None and self.functioning is None and self.capacity_people is None:
            msg = "name what changes: kind, functioning or capacity_people"
            raise ValueError(msg)
        return self


def _known_kind(kind: str) -> str:
    require_kinds([kind])
    return kind


RoadEdit = CloseRoad | ReopenRoad | ChangeRoad | AddRoad | AddBoat
FacilityEdit = OpenFacility | CloseFacility | MoveFacility | ChangeFacility
Edit = Annotated[RoadEdit | FacilityEdit | ChangeSpeed | Flood, Field(discriminator="op")]
ROAD_EDITS = (CloseRoad, ReopenRoad, ChangeRoad, AddRoad, AddBoat)
FACILITY_EDITS = (OpenFacility, CloseFacility, MoveFacility, ChangeFacility)
