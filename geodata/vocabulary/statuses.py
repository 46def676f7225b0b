"""The words in which frames, tables and files say how things stand: one enumeration for each meaning.

"unknown" is a word of several of them, and means something else in each.
"""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """A word that is plain text wherever it is written, also at a notebook's prompt and in messages.

    Examples
    --------
    >>> YesNo.UNKNOWN, f"{YesNo.UNKNOWN}", YesNo.UNKNOWN == "unknown"
    ('unknown', 'unknown', True)
    """

    def __repr__(self) -> str:
        return repr(self.value)

    @classmethod
    def texts(cls) -> tuple[str, ...]:
        """Return all words as plain text, in their order.

        Examples
        --------
        >>> YesNo.texts()
        ('yes', 'no', 'unknown')
        """
        return tuple(word.value for word in cls)


class YesNo(Word):
    """Whether something holds; what nobody knows is not "no"."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class FacilityStatus(Word):
    """Whether a facility takes part: it has a place in the area or its buffer, beyond them, or none.

    Set aside is a row of which nobody can tell what it is.
    """

    USED = "used"
    OUTSIDE_BUFFER = "outside_buffer"
    UNLOCATED = "unlocated"
    SET_ASIDE = "set_aside"


class LocatedBy(Word):
    """What a facility's place was taken from."""

    COORDINATES = "coordinates"
    VILLAGE = "village"
    NAME = "name"
    NONE = "none"


class VillageStatus(Word):
    """How much of a village is reached, by the scenario's shares; unknown where that is not decided."""

    SERVED = "served"
    PARTLY = "partly"
    GAP = "gap"
    UNKNOWN = "unknown"


class Reason(Word):
    """Why a place is not reached (docs/METHODS.md); the first stands for those that are."""

    REACHED = ""
    UNKNOWN = "unknown"
    LIST_INCOMPLETE = "list_incomplete"
    ROADS_INCOMPLETE = "roads_incomplete"
    PEOPLE_UNPLACED = "people_unplaced"
    NOT_FUNCTIONING = "not_functioning"
    NO_FACILITY = "no_facility"
    NO_ROAD = "no_road"
    ISLAND = "island"
    TOO_FAR = "too_far"
