"""Why a change is not allowed, in the user's language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.texts import Texts
    from planner.scenarios.edits import EditError


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


# Of each rule of the engine's edits; the names in braces are those of its error's values.
WORDS = {
    "no_road": _("There is no road {name} in this area."),
    "open_to_nobody": _("The road {name} is open to nobody. Give it a class first."),
    "no_length": _("The line has no length. Draw it between two different places."),
    "no_landing": _(
        "The boat link ends further than {metres} m from every road. Draw it to a road or path, or add one "
        "to the landing first."
    ),
    "crossings": _("The line meets roads {times} times, and {most} are allowed. Draw it in parts."),
    "points": _("The line has {points} points, and {most} are allowed. Draw it in parts."),
    "too_long": _("The line is {km} km long, and {most_km} km are allowed."),
    "no_facility": _("There is no facility {id} in this area."),
    "id_taken": _("There is a facility {id} already. Give the new one another id."),
    "outside": _("This place is outside the area. Click inside it."),
    "no_roads": _("This area has no roads: travel is by straight lines, and no road can be changed."),
    "no_mode": _("There is no way of travel {mode} here; there are: {modes}."),
}


def refusal(error: EditError, texts: Texts) -> str:
    """Return what an edit's error says, and what to do about it.

    Parameters
    ----------
    error
        As the study raised it; of a rule that is not known here its English message is told.
    texts
        The user's language.

    Examples
    --------
    >>> from app.texts import Texts
    >>> from planner.scenarios.edits import EditError
    >>> refusal(EditError(1, "no_facility", "there is no facility 'p9'.", id="p9"), Texts("id"))
    'Tidak ada fasilitas p9 di wilayah ini.'
    >>> refusal(EditError(1, "too_long", "too long", km=500.3, most_km=500.0), Texts("en"))
    'The line is 500.3 km long, and 500 km are allowed.'
    >>> refusal(EditError(1, "too_long", "too long", km=float("inf"), most_km=500.0), Texts("en"))
    'The line is ∞ km long, and 500 km are allowed.'
    """
    if error.why not in WORDS:
        return error.message
    values = {k: _said(v, texts) for k, v in error.values.items()}
    return texts.text(WORDS[error.why], **values)


def _said(value: object, texts: Texts) -> object:
    """Return a value of an error as it is told: a number with a decimal where it has one."""
    if not isinstance(value, (int, float)):
        return value
    return texts.number(value, 0 if value == round(value) else 1) if math.isfinite(value) else "∞"
