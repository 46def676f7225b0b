"""Health facilities of OpenStreetMap: which objects they are, and of which kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.vocabulary.kind_names import kind_of_name

if TYPE_CHECKING:
    from collections.abc import Mapping

HEALTH_AMENITIES = frozenset({"clinic", "doctors", "hospital", "health_post"})
# No unit of primary care: kept in the list, and in no result.
_OTHER = frozenset({
    "alternative", "audiologist", "blood_bank", "blood_donation", "dentist", "laboratory", "optometrist",
    "pharmacy", "physiotherapist", "podiatrist", "psychotherapist", "veterinary",
})  # fmt: skip
# Titles of doctors, dentists, midwives and nurses, and practices: what stands beside a person's name.
_PERSON = re.compile(
    r"\b(drg?|bidan|bd|mantri|ners?|hj?|praktek|praktik|s\.?\s*ked|am\.?\s*keb|amd\.?\s*keb)\b|\bsp\.",
    re.IGNORECASE,
)
_OF_A_PERSON = frozenset({
    "alternative", "counselling", "dentist", "doctor", "midwife", "nurse", "physiotherapist",
    "psychotherapist", "yes",
})  # fmt: skip


def is_health(tags: Mapping[str, str]) -> bool:
    """Return whether something is tagged as a health facility.

    Examples
    --------
    >>> is_health({"amenity": "clinic"}), is_health({"healthcare": "midwife"}), is_health({"amenity": "pub"})
    (True, True, False)
    """
    return tags.get("amenity") in HEALTH_AMENITIES or tags.get("healthcare", "no") != "no"


def kind_of_osm(tags: Mapping[str, str]) -> str | None:
    """Return the facility kind that OpenStreetMap's tags tell; None where they do not.

    The name counts first: a puskesmas may be tagged as a clinic, as doctors, or as a hospital. A clinic
    without a telling name may be a puskesmas or a private one, and so is of no kind.

    Examples
    --------
    >>> kind_of_osm({"amenity": "clinic", "name": "Puskesmas Pembantu Kurau"})
    'pustu'
    >>> kind_of_osm({"amenity": "hospital", "name": "PKM Koba"})
    'puskesmas'
    >>> kind_of_osm({"healthcare": "laboratory"})
    'other'
    >>> kind_of_osm({"amenity": "clinic"}) is None
    True
    """
    named = kind_of_name(tags.get("name", ""))
    # "Praktik" and the like are no unit either, and may stand beside a person's name: the tags decide.
    if named is not None and named.kind != "other":
        return named.kind
    if "hospital" in {tags.get("amenity"), tags.get("healthcare")}:
        return "hospital"
    return "other" if tags.get("healthcare") in _OTHER else None


def may_name_somebody(tags: Mapping[str, str]) -> bool:
    """Return whether a health facility's name may be that of a person who practises there.

    Examples
    --------
    >>> may_name_somebody({"amenity": "doctors", "name": "Somebody"})
    True
    >>> may_name_somebody({"amenity": "clinic", "name": "Praktik Bidan Somebody, Am.Keb"})
    True
    >>> may_name_somebody({"amenity": "doctors", "name": "Puskesmas Koba"})
    False
    >>> may_name_somebody({"amenity": "hospital", "name": "RSUD dr. Soetomo"})
    False
    """
    name = tags.get("name", "")
    if kind_of_osm({"name": name}) is not None or tags.get("amenity") == "hospital":
        return False
    alone = tags.get("amenity") == "doctors" or tags.get("healthcare") in _OF_A_PERSON
    return alone or _PERSON.search(name) is not None
