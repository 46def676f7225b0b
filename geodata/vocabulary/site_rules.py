"""Rules for the place of a unit, by the words that a layer of them uses."""

from __future__ import annotations

from geodata.vocabulary.statuses import Word


class SiteRule(Word):
    """Where a unit should not stand, and how it should be reached (Permenkes 43/2019).

    Not at a cliff's edge, not on a slope that may slide, not on a river bank that erodes, not where it
    floods; reachable by public transport.
    """

    CLIFF = "cliff"
    LANDSLIDE = "landslide"
    RIVER_BANK = "river_bank"
    FLOOD = "flood"
    PUBLIC_TRANSPORT = "public_transport"
