"""Which tags of OpenStreetMap's ways are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.vocabulary.measures import parts_of
from geodata.vocabulary.tags import KEPT_TAGS, is_unread_key

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = KEPT_TAGS | {
    "highway", "surface", "oneway", "junction", "bridge", "tunnel", "layer", "maxspeed", "seasonal", "route",
    "duration", "name", "waterway", "cycleway", "man_made", "public_transport", "railway", "conveying",
}  # fmt: skip


# Tags of one word that says what a way is, each with the value that makes it one to travel beside others.
_WHAT_IT_IS = {
    "route": "ferry", "man_made": "pier", "public_transport": "platform", "railway": "platform",
    "waterway": "", "boat": "", "motorboat": "", "junction": "", "bridge": "", "tunnel": "", "cycleway": "",
    "conveying": "",
}  # fmt: skip


def tidied(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags whose words that say what a way is are in lower case and without blanks around them.

    Of several values the one counts that makes it a way to travel (``route=ferry;bus``). Classes of roads
    are read by :func:`geodata.vocabulary.roads.worst_class`.

    Examples
    --------
    >>> tidied({"route": "Ferry; bus", "bridge": " No ", "name": "Jalan Raya"})
    {'route': 'ferry', 'bridge': 'no', 'name': 'Jalan Raya'}
    """
    out = dict(tags)
    for key in _WHAT_IT_IS.keys() & out.keys():
        words = parts_of(out[key])
        out[key] = _WHAT_IT_IS[key] if _WHAT_IT_IS[key] in words else ";".join(words)
    return out


def is_open_space(tags: Mapping[str, str]) -> bool:
    """Return whether a relation is a square that one walks over: its rings are ways as its tags say.

    Examples
    --------
    >>> is_open_space({"type": "multipolygon", "highway": "pedestrian"})
    True
    """
    return tags.get("type") == "multipolygon" and "highway" in tags


def is_of_use(key: str) -> bool:
    """Return whether a way's tag is read, or has to be told because it is not.

    Examples
    --------
    >>> is_of_use("highway"), is_of_use("maxspeed:lanes"), is_of_use("addr:street")
    (True, True, False)
    """
    return key in TAGS or (":" in key and is_unread_key(key))
