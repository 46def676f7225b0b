"""The words of the roads layer: classes as in OpenStreetMap (``highway=…``), directions and seasons."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from geodata.vocabulary.measures import parts_of
from geodata.vocabulary.statuses import Word

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of a way's tag ``route``; the class of its stretches too.
FERRY = "ferry"
ROAD_CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street",
    "service", "road", "track", "path", "footway", "pedestrian", "steps", "cycleway", "bridleway",
    "platform", "corridor", "waterway",
)  # fmt: skip


# What stands in ``highway`` of a road that is none yet, or none any more.
NO_ROAD_WORDS = frozenset({
    "no", "construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished", "dismantled",
    "removed",
})  # fmt: skip


def class_words(text: str) -> list[str]:
    """Return the classes that one tag ``highway`` names, as OpenStreetMap writes them.

    Examples
    --------
    >>> class_words(" Tertiary "), class_words("living street;Residential")
    (['tertiary'], ['living_street', 'residential'])
    """
    return ["_".join(part.split()) for part in parts_of(text)]


def worst_class(text: str) -> str:
    """Return the class of a road by its tag ``highway``: of several the slowest that is known.

    A word that says that there is no road (``construction``) closes it, whatever stands beside. Where no
    word is known, they stand as they are.

    Examples
    --------
    >>> worst_class("residential;unclassified"), worst_class("Residential;xyz"), worst_class("xyz;abc")
    ('residential', 'residential', 'xyz;abc')
    >>> worst_class("primary;construction")
    'construction'
    """
    words = class_words(text)
    closed = [word for word in words if word in NO_ROAD_WORDS]
    known = [word for word in words if word in ROAD_CLASSES]
    if closed or not known:
        return closed[0] if closed else ";".join(words)
    return max(known, key=ROAD_CLASSES.index)


class Oneway(Word):
    """Which way traffic in general may go, by the direction in which the road is drawn."""

    NO = "no"
    YES = "yes"
    REVERSE = "reverse"
    # Whether one may go along, or against, depends on the hour: nobody can count on it.
    REVERSIBLE = "reversible"


class RoadSeason(Word):
    """When a road can be passed."""

    ALL_YEAR = "all_year"
    DRY_ONLY = "dry_only"


# What people write of a street's direction, in OpenStreetMap's words. ``alternating`` (one direction after
# the other, as on a narrow bridge) is open both ways.
ONEWAY_WORDS = {
    "yes": "yes", "true": "yes", "1": "yes", "ya": "yes", "satu arah": "yes", "-1": "-1", "reverse": "-1",
    "no": "no", "false": "no", "0": "no", "tidak": "no", "dua arah": "no", "alternating": "no",
    "reversible": "reversible",
}  # fmt: skip


@cache
def _rbi_functions() -> Mapping[str, str | None]:
    text = files("geodata").joinpath("data/road_classes.yml").read_text("utf-8")
    table: dict[str, str | None] = yaml.safe_load(text)
    return table


def rbi_class(text: str) -> tuple[str | None] | None:
    """Return the road class of an RBI function, in a tuple (None in it: no road); None for other words.

    Examples
    --------
    >>> rbi_class("Jalan Tol Dua Jalur Dengan Pemisah Fisik"), rbi_class("Lokal")
    (('motorway',), ('tertiary',))
    >>> rbi_class("Rel Kereta Api"), rbi_class("Jalanan")
    ((None,), None)
    """
    value = " ".join(text.lower().split())
    value = value if value.startswith(("jalan ", "jalan/")) else f"jalan {value}"
    return next(((c,) for start, c in _rbi_functions().items() if value.startswith(start)), None)
