"""Which tags of OpenStreetMap's ways are read."""

from __future__ import annotations

from geodata.vocabulary.tags import KEPT_TAGS, is_unread_key

TAGS = KEPT_TAGS | {
    "highway", "surface", "oneway", "junction", "bridge", "tunnel", "layer", "maxspeed", "seasonal", "route",
    "duration", "name", "waterway", "cycleway", "man_made", "public_transport", "railway", "conveying",
}  # fmt: skip


def is_of_use(key: str) -> bool:
    """Return whether a way's tag is read, or has to be told because it is not.

    Examples
    --------
    >>> is_of_use("highway"), is_of_use("maxspeed:lanes"), is_of_use("addr:street")
    (True, True, False)
    """
    return key in TAGS or (":" in key and is_unread_key(key))
