"""The words of the roads layer: classes as in OpenStreetMap (``highway=…``), directions and seasons."""

from __future__ import annotations

from geodata.vocabulary.statuses import Word

# Of a way's tag ``route``; the class of its stretches too.
FERRY = "ferry"
ROAD_CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street",
    "service", "road", "track", "path", "footway", "pedestrian", "steps", "cycleway", "bridleway",
    "platform", "corridor", "waterway",
)  # fmt: skip


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
