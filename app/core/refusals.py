"""Why a change is not allowed, in the user's language."""

from __future__ import annotations

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
    """
    if error.why not in WORDS:
        return error.message
    values = {k: texts.number(v) if isinstance(v, (int, float)) else v for k, v in error.values.items()}
    return texts.text(WORDS[error.why], **values)
