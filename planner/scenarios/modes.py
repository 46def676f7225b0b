"""Ways to travel, as data: speeds, and which tags of a road open or close it to the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, field_validator

from geodata.files.yamlfile import Model
from geodata.vocabulary.roads import ROAD_CLASSES
from geodata.vocabulary.tags import KEPT_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable

WALKING = "walking"
Season = Literal["dry", "wet"]
SEASONS: tuple[Season, ...] = ("dry", "wet")


class Profile(NamedTuple):
    """A mode in a season: what a set of travel times is for."""

    mode: str
    season: Season


def only_walked(mode: str, *, roads: bool) -> bool:
    """Return whether people go by a vehicle, and are timed on a walk all the same, for want of roads.

    Who is in time on that walk is reached; who is not may be by vehicle, or not.

    Parameters
    ----------
    mode
        Of the standard of a kind.
    roads
        Whether there is a road file.

    Examples
    --------
    >>> [only_walked(m, roads=r) for m, r in (("car", False), ("car", True), ("walking", False))]
    [True, False, False]
    """
    return not roads and mode != WALKING


def no_truth(value: object) -> object:
    """Return the value; refuse yes and no where a number is wanted: Python would read them as 1 and 0.

    Raises
    ------
    ValueError
        The value is True or False.

    Examples
    --------
    YAML reads ``speed_kph: yes`` as True:

    >>> no_truth(30)
    30
    >>> no_truth(True)
    Traceback (most recent call last):
        ...
    ValueError: write a number
    """
    if isinstance(value, bool):
        msg = "write a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into its report
    return value


# No number of a configuration is anywhere near the upper bound.
Number = Annotated[float, BeforeValidator(no_truth), Field(ge=0, le=1e9, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(le=1)]
# A set has another order in each process; written out it is sorted, so that run.json is always the same.
Words = Annotated[frozenset[str], PlainSerializer(sorted, return_type=list[str], when_used="json")]


def known_classes(classes: Iterable[str]) -> None:
    """Raise ValueError for a name that is no road class.

    Raises
    ------
    ValueError
        A name is none of :data:`geodata.vocabulary.roads.ROAD_CLASSES`.

    Examples
    --------
    >>> known_classes(["primary", "waterway"])
    >>> known_classes(["jalan_desa"])
    Traceback (most recent call last):
        ...
    ValueError: 'jalan_desa' is not a road class; use one of motorway, ...
    """
    for name in classes:
        if name not in ROAD_CLASSES:
            msg = f"{name!r} is not a road class; use one of {', '.join(ROAD_CLASSES)}"
            raise ValueError(msg)


def _known_tags(keys: Iterable[str], *also: str) -> None:
    for key in keys:
        if key not in KEPT_TAGS and key not in also:
            msg = f"{key!r} is not a tag that is kept; use one of {', '.join(sorted({*KEPT_TAGS, *also}))}"
            raise ValueError(msg)


class BySeason(Model):
    """A speed factor in each season; 0 closes the road."""

    dry: Share
    wet: Share

    def of(self, season: Season) -> float:
        """Return the season's factor, 0 to 1.

        Examples
        --------
        >>> BySeason(dry=1.0, wet=0.5).of("wet")
        0.5
        """
        return self.dry if season == "dry" else self.wet


# On one line, and short enough for a button.
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class Label(Model):
    """What a mode is called in each language: the word alone, small, as in a list ("ox cart")."""

    id: _Name
    en: _Name


class Mode(Model):
    """A way to travel: speed by road class; a class that is not named is closed to it.

    Attributes
    ----------
    speeds_kph
        By road class (OSM ``highway``; ``waterway`` for boats).
    granted_kph
        On a road whose class is not named but that a tag of the mode's own opens (``motorcycle=yes`` on
        a footway); None keeps it closed.
    granted_speeds_kph
        The same, for classes of their own (a motorway with a lane for motorcycles). Only the first of
        ``access`` opens these.
    width_m, height_m, weight_t
        What it needs: a road tagged narrower, lower or for less weight is closed to it.
    access
        Access tags, the most specific first: the first that is tagged decides (OSM wiki, Key:access).
    oneway
        One-way tags, the most specific first; ``oneway`` also stands for roundabouts and motorways. Empty:
        one-way streets do not bind.
    barriers
        Barriers (OSM ``barrier``) that stop the mode unless an access tag of theirs opens them.
    barriers_open_if
        Values of other kept tags with which a barrier stops nobody (a rising bollard).
    ferry
        Whether ferries take it.
    maxspeed
        Whether speed limits bind it.
    surface_factors, fords
        By surface group and season.
    smoothness_max_kph, tracktype_max_kph
        Caps by the tag's value; 0 closes the road.
    closed_if
        Values of other kept tags that close a road.
    slope
        ``tobler``: slower uphill and on steep descents, where an elevation raster is given.
    label
        What people call it. No rule; without one a mode of the office's own goes by its name.
    """

    speeds_kph: dict[str, Positive]
    granted_kph: Positive | None = None
    granted_speeds_kph: dict[str, Positive] = Field(default_factory=dict)
    width_m: Positive | None = None
    height_m: Positive | None = None
    weight_t: Positive | None = None
    access: tuple[str, ...]
    oneway: tuple[str, ...] = ()
    barriers: Words = frozenset()
    barriers_open_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ferry: bool
    maxspeed: bool = True
    surface_factors: dict[str, BySeason] = Field(default_factory=dict)
    smoothness_max_kph: dict[str, Number] = Field(default_factory=dict)
    tracktype_max_kph: dict[str, Number] = Field(default_factory=dict)
    fords: BySeason = BySeason(dry=1.0, wet=0.0)
    closed_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    slope: Literal["none", "tobler"] = "none"
    label: Label | None = None
    basis: str = ""

    def same_rules(self, other: Mode | None) -> bool:
        """Return whether people go as quickly, and where, by both, whatever each is called."""
        return other is not None and self.model_copy(update={"label": other.label}) == other

    @field_validator("speeds_kph", "granted_speeds_kph")
    @classmethod
    def _classes(cls, speeds: dict[str, float]) -> dict[str, float]:
        known_classes(speeds)
        return speeds

    @field_validator("access", "closed_if", "barriers_open_if")
    @classmethod
    def _tags(cls, keys: dict[str, tuple[str, ...]] | tuple[str, ...]) -> object:
        _known_tags(keys)
        return keys

    @field_validator("oneway")
    @classmethod
    def _oneways(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        _known_tags(keys, "oneway")
        return keys
