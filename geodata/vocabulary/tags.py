"""The OSM tags that decide who may use a road, and how well: kept with each road as one text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geodata.vocabulary.measures import parse_metres, parse_speed_kph, parse_tonnes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Of a way (access, exceptions from one-way, condition, size) and of a node on it (barrier, ford).
# Source: OSM wiki, Key:access (the hierarchy of vehicles), Key:oneway, Key:tracktype, Key:smoothness,
# Forward & backward, Key:maxwidth.
ACCESS_KEYS = (
    "access", "vehicle", "motor_vehicle", "motorcar", "motorcycle", "moped", "bicycle", "foot", "horse",
    "boat", "motorboat",
)  # fmt: skip
FORWARD, BACKWARD = ":forward", ":backward"
# Tags of a number, kept in one unit: metres, tonnes, km/h.
MEASURED_TAGS: dict[str, Callable[[str], float]] = {
    "width": parse_metres, "maxwidth": parse_metres, "maxwidth:physical": parse_metres,
    "maxheight": parse_metres, "maxheight:physical": parse_metres, "maxweight": parse_tonnes,
    f"maxspeed{FORWARD}": parse_speed_kph, f"maxspeed{BACKWARD}": parse_speed_kph,
}  # fmt: skip
KEPT_TAGS = frozenset(
    {
        *ACCESS_KEYS, *(k + way for k in ACCESS_KEYS for way in (FORWARD, BACKWARD)), *MEASURED_TAGS,
        *(f"oneway:{k}" for k in ("vehicle", "motor_vehicle", "motorcar", "motorcycle", "moped", "bicycle",
                                  "foot", "boat")),
        "emergency", "motorroad", "tracktype", "smoothness", "ford", "barrier", "bollard", "construction",
    }
)  # fmt: skip
NO = frozenset({"no", "0", "false", "f", "tidak"})
# A waterway is a way to travel where it is tagged open to boats.
BOAT_KEYS = ("boat", "motorboat")
BOAT_YES = frozenset({"yes", "designated", "permissive"})


def join_tags(tags: Mapping[str, str]) -> str | None:
    """Return the kept tags as one text, ``key=value|key=value`` in order of keys; None without any.

    Numbers are written in one unit; one that cannot be read is left out (:func:`unread`).

    Examples
    --------
    >>> join_tags({"highway": "track", "motorcycle": "yes", "access": "private", "width": "80 cm"})
    'access=private|motorcycle=yes|width=0.8'
    """
    kept = {k: _plain(v) for k, v in sorted(tags.items()) if k in KEPT_TAGS and v.strip()}
    pairs = []
    for key, value in kept.items():
        if key == "ford" and value in NO:
            continue
        if key in MEASURED_TAGS:
            number = _number(key, value)
            if number is None or math.isnan(number):
                continue
            pairs.append(f"{key}={number:g}")
        else:
            pairs.append(f"{key}={value}")
    return "|".join(pairs) or None


def unread(tags: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the values of kept tags of a number that cannot be read, by key.

    Examples
    --------
    >>> unread([{"width": "narrow"}, {"width": "2"}])
    {'width': ['narrow']}
    """
    out: dict[str, list[str]] = {}
    for some in tags:
        for key in MEASURED_TAGS.keys() & some.keys():
            # A width of 0 is how tables say that nobody measured.
            value = some[key].strip()
            if value and value != "0" and _number(key, _plain(value)) is None:
                out.setdefault(key, []).append(value)
    return out


def _number(key: str, value: str) -> float | None:
    try:
        return MEASURED_TAGS[key](value)
    except ValueError:
        return None


def split_tags(text: str | None) -> dict[str, str]:
    """Return the tags of one text of :func:`join_tags`.

    Examples
    --------
    >>> split_tags("access=private|motorcycle=yes")
    {'access': 'private', 'motorcycle': 'yes'}
    """
    if not text:
        return {}
    return dict(pair.split("=", 1) for pair in text.split("|") if "=" in pair)


def directed(tags: dict[str, str], way: str) -> dict[str, str]:
    """Return the tags as they count along the line (``:forward``) or against it (``:backward``).

    Examples
    --------
    >>> directed({"access": "yes", "motorcar:forward": "no"}, ":forward")
    {'access': 'yes', 'motorcar': 'no'}
    >>> directed({"access": "yes", "motorcar:forward": "no"}, ":backward")
    {'access': 'yes'}
    """
    if not any(k.endswith((FORWARD, BACKWARD)) for k in tags):
        return tags
    plain = {k: v for k, v in tags.items() if not k.endswith((FORWARD, BACKWARD))}
    return plain | {k.removesuffix(way): v for k, v in tags.items() if k.endswith(way)}


def _plain(value: str) -> str:
    return value.strip().lower().replace("|", ";")
