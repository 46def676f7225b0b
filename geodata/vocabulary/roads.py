"""The classes of roads, in the words of OpenStreetMap (``highway=…``)."""

from __future__ import annotations

# Of a way's tag ``route``; the class of its stretches too.
FERRY = "ferry"
ROAD_CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street",
    "service", "road", "track", "path", "footway", "pedestrian", "steps", "cycleway", "bridleway",
    "platform", "corridor", "waterway",
)  # fmt: skip
