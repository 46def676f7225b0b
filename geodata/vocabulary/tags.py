"""The OSM tags that decide who may use a road, and how well: kept with each road as one text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geodata.vocabulary.measures import (
    least_readable,
    parse_metres,
    parse_speed_kph,
    parse_tonnes,
    parts_of,
)
from geodata.vocabulary.roads import ONEWAY_WORDS

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
# Whose own limit a road may have, as in ``maxspeed:motorcycle``.
SPEED_KEYS = ("vehicle", "motor_vehicle", "motorcar", "motorcycle", "moped", "bicycle")
_SIZES: dict[str, Callable[[str], float]] = {
    "width": parse_metres, "maxwidth": parse_metres, "maxwidth:physical": parse_metres,
    "maxheight": parse_metres, "maxheight:physical": parse_metres, "maxweight": parse_tonnes,
}  # fmt: skip
# Tags of a number, kept in one unit: metres, tonnes, km/h.
MEASURED_TAGS: dict[str, Callable[[str], float]] = {
    **_SIZES,
    **{key + way: parse for key, parse in _SIZES.items() for way in (FORWARD, BACKWARD)},
    **{f"maxspeed{end}": parse_speed_kph for end in (FORWARD, BACKWARD, *(f":{k}" for k in SPEED_KEYS))},
}
# Tags of a grade, the best first. Source: OSM wiki, Key:smoothness and Key:tracktype.
GRADED_TAGS = {
    "smoothness": ("excellent", "good", "intermediate", "bad", "very_bad", "horrible", "very_horrible",
                   "impassable"),
    "tracktype": ("grade1", "grade2", "grade3", "grade4", "grade5"),
}  # fmt: skip
ONEWAY_TAGS = frozenset(
    f"oneway:{k}"
    for k in ("vehicle", "motor_vehicle", "motorcar", "motorcycle", "moped", "bicycle", "foot", "boat")
)
KEPT_TAGS = frozenset(
    {
        *ACCESS_KEYS, *(k + way for k in ACCESS_KEYS for way in (FORWARD, BACKWARD)), *MEASURED_TAGS,
        *GRADED_TAGS, *ONEWAY_TAGS, "emergency", "motorroad", "ford", "barrier", "bollard", "construction",
    }
)  # fmt: skip
# Between the values of several ways that somebody merged into one: each holds for a part of it, so that the
# worst counts, while of ``;`` the one that opens does (lanes beside each other).
MERGED = "&"
# What may stand behind a key that decides (``maxspeed:lanes``) and changes nothing for the modes: remarks,
# and other vehicles.
_NO_MATTER = frozenset({
    "source", "note", "type", "signed", "date", "check_date", "description", "advisory", "practical", "name",
    "hgv", "bus", "psv", "goods", "trailer", "coach", "tourist_bus", "hazmat", "agricultural", "forestry",
    "taxi", "tram", "train", "caravan", "minibus", "hov", "emergency", "horse", "hgv_articulated", "en", "id",
})  # fmt: skip
_DECIDING = frozenset({
    *ACCESS_KEYS, *GRADED_TAGS, "maxspeed", "width", "maxwidth", "maxheight", "maxweight", "surface",
    "oneway", "seasonal", "duration",
}) - {"horse"}  # fmt: skip
NO = frozenset({"no", "0", "false", "f", "tidak"})
# A waterway is a way to travel where it is tagged open to boats.
BOAT_KEYS = ("boat", "motorboat")
BOAT_YES = frozenset({"yes", "designated", "permissive"})


def join_tags(tags: Mapping[str, str]) -> str | None:
    """Return the kept tags as one text, ``key=value|key=value`` in order of keys; None without any.

    Numbers are written in one unit, and of several grades or numbers the worst stands; what cannot be read
    is left out (:func:`unread`).

    Examples
    --------
    >>> join_tags({"highway": "track", "motorcycle": "yes", "access": "private", "width": "80 cm"})
    'access=private|motorcycle=yes|width=0.8'
    >>> join_tags({"smoothness": "bad;horrible", "maxweight": "8;2"})
    'maxweight=2|smoothness=horrible'
    """
    kept = {k: _plain(v) for k, v in sorted(tags.items()) if k in KEPT_TAGS and v.strip()}
    pairs = []
    for key, value in kept.items():
        if key == "ford" and value in NO:
            continue
        if written := _as_kept(key, value):
            pairs.append(f"{key}={written}")
    return "|".join(pairs) or None


def _as_kept(key: str, value: str) -> str:
    """Return a tag's value as it is kept; "" where nothing of it can be read."""
    if key in MEASURED_TAGS:
        number = least_readable(value, MEASURED_TAGS[key])
        return "" if math.isnan(number) else f"{number:g}"
    if key in GRADED_TAGS:
        return _worst_grade(key, value)
    if key in ONEWAY_TAGS:
        return MERGED.join(ONEWAY_WORDS.get(v, v) for v in value.split(MERGED))
    return value


def _grades(value: str) -> list[str]:
    return ["_".join(part.split()) for part in parts_of(value.replace(",", ";").replace("/", ";"))]


def _worst_grade(key: str, value: str) -> str:
    """Return the worst of the grades that a value names; "" where it names none."""
    known = [v for v in _grades(value) if v in GRADED_TAGS[key]]
    return max(known, key=GRADED_TAGS[key].index, default="")


def unread(tags: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the values of kept tags of a number, a grade or a direction that cannot be read, by key.

    Examples
    --------
    >>> unread([{"width": "narrow"}, {"width": "2", "tracktype": "grade2;grade6"}])
    {'width': ['narrow'], 'tracktype': ['grade2;grade6']}
    """
    out: dict[str, list[str]] = {}
    for some in tags:
        for key in _CHECKED & some.keys():
            # A width of 0 is how tables say that nobody measured.
            value = some[key].strip()
            if value and value != "0" and not _is_read(key, _plain(value)):
                out.setdefault(key, []).append(value)
    return out


_CHECKED = MEASURED_TAGS.keys() | GRADED_TAGS.keys() | ONEWAY_TAGS


def _is_read(key: str, value: str) -> bool:
    """Return whether all of a value can be read."""
    if key in GRADED_TAGS:
        return all(v in GRADED_TAGS[key] for v in _grades(value))
    if key in ONEWAY_TAGS:
        return all(v in ONEWAY_WORDS for v in value.split(MERGED))
    try:
        MEASURED_TAGS[key](value)
    except ValueError:
        return False
    return True


def is_unread_key(key: str) -> bool:
    """Return whether a key narrows one that decides in a way that nobody reads here, as for lanes or hours.

    Examples
    --------
    >>> is_unread_key("access:both_ways"), is_unread_key("maxspeed:source"), is_unread_key("access:forward")
    (True, False, False)
    """
    first, *more = key.split(":")
    return bool(more) and first in _DECIDING and key not in KEPT_TAGS and not _NO_MATTER & set(more)


def is_unread_on_node(key: str) -> bool:
    """Return whether a key of a node narrows who may pass in a way that nobody reads there.

    What holds in one direction is not read on nodes: a node lies on several ways, each drawn its own way.

    Examples
    --------
    >>> is_unread_on_node("access:conditional"), is_unread_on_node("motor_vehicle:forward")
    (True, True)
    >>> is_unread_on_node("access"), is_unread_on_node("maxheight:physical")
    (False, False)
    """
    if key.partition(":")[0] not in _STOPPING:
        return False
    return key.endswith((FORWARD, BACKWARD)) if key in KEPT_TAGS else is_unread_key(key)


_STOPPING = frozenset({*ACCESS_KEYS, "maxwidth", "maxheight", "maxweight"})
# Such keys as files have them: a reader that filters nodes needs each in full.
UNREAD_NODE_KEYS = tuple(sorted(
    f"{key}:{end}" for key in _STOPPING
    for end in ("conditional", "forward", "backward", "both_ways", "forward:conditional",
                "backward:conditional", "lanes", "lanes:forward", "lanes:backward")
    if is_unread_on_node(f"{key}:{end}")
))  # fmt: skip
# Before the keys of a node's tags of which the key or the value cannot be read; no mode asks for such keys.
UNREAD = "unread:"


def node_tags(tags: Mapping[str, str]) -> str:
    """Return the kept tags of what stands on a road (:func:`join_tags`), and what of them cannot be read.

    Examples
    --------
    >>> node_tags({"barrier": "gate", "maxwidth": "narrow"}), node_tags({"highway": "crossing"})
    ('barrier=gate|unread:maxwidth=narrow', '')
    >>> node_tags({"barrier": "gate", "access:forward": "no"})
    'barrier=gate|unread:access:forward=no'
    """
    read = {k: v for k, v in tags.items() if not is_unread_on_node(k)}
    bad = [f"{UNREAD}{key}={_plain(value)}" for key, values in unread([read]).items() for value in values]
    bad += [f"{UNREAD}{key}={_plain(tags[key])}" for key in tags.keys() - read.keys()]
    return "|".join(text for text in (join_tags(read), *sorted(bad)) if text)


def without_unread(text: str) -> tuple[str, dict[str, str]]:
    """Return a text of :func:`node_tags` without what cannot be read, and that.

    Examples
    --------
    >>> without_unread("barrier=gate|unread:maxwidth=narrow")
    ('barrier=gate', {'maxwidth': 'narrow'})
    """
    pairs = text.split("|")
    bad = split_tags("|".join(pair.removeprefix(UNREAD) for pair in pairs if pair.startswith(UNREAD)))
    return "|".join(pair for pair in pairs if not pair.startswith(UNREAD)), bad


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


def words_of(value: str) -> list[str]:
    """Return the words of a value that names several, as OpenStreetMap writes them.

    Examples
    --------
    >>> words_of("private; customers")
    ['private', 'customers']
    """
    return [word.strip() for word in value.split(";")]


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
