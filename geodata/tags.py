"""The OSM tags that decide who may use a road, and how well: kept with each road as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of a way (access, exceptions from one-way, condition) and of a node on it (barrier, ford).
# Source: OSM wiki, Key:access (the hierarchy of vehicles), Key:oneway, Key:tracktype, Key:smoothness.
KEPT_TAGS = frozenset(
    {"access", "vehicle", "motor_vehicle", "motorcar", "motorcycle", "moped", "bicycle", "foot", "horse",
     "boat", "motorboat", "emergency", "motorroad", "oneway:bicycle", "oneway:foot", "oneway:motorcycle",
     "oneway:motor_vehicle", "oneway:moped", "tracktype", "smoothness", "ford", "barrier"}
)  # fmt: skip
NO = frozenset({"no", "0", "false", "f", "tidak"})
# A waterway is a way to travel where it is tagged open to boats.
BOAT_KEYS = ("boat", "motorboat")
BOAT_YES = frozenset({"yes", "designated", "permissive"})


def join_tags(tags: Mapping[str, str]) -> str | None:
    """Return the kept tags as one text, ``key=value|key=value`` in order of keys; None without any.

    Examples
    --------
    >>> join_tags({"highway": "track", "motorcycle": "yes", "access": "private"})
    'access=private|motorcycle=yes'
    """
    kept = [
        f"{k}={_plain(v)}"
        for k, v in sorted(tags.items())
        if k in KEPT_TAGS and v.strip() and not (k == "ford" and _plain(v) in NO)
    ]
    return "|".join(kept) or None


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


def _plain(value: str) -> str:
    return value.strip().lower().replace("|", ";")
