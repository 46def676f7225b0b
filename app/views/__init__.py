"""The parts of the page, one module each; this table is all that the page knows of them.

A part has a ``make(session)`` that returns something Panel can show. To add one, write its module and put a
row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.views import (
    adoption_page,
    choices,
    data,
    documents,
    downloads,
    equity,
    guide,
    headline,
    mapview,
    proposals,
    scenarios,
    sheet,
    villages,
    whatif,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.session import Session


@dataclass(frozen=True)
class View:
    """A part of the page.

    Attributes
    ----------
    key
        Stable name, also in links.
    title
        The message (see app/locale) that names it; the label of its tab.
    place
        ``bar`` over the map's upper edge, ``map``, or the place of the desk whose panel holds it.
    make
        Builds it for a session.
    """

    key: str
    title: str
    place: Literal["bar", "map", "data", "gaps", "plan", "ilp", "report", "help"]
    make: Callable[[Session], Any]


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


# The places of the desk, in the order of the work; what stands on the rail.
PLACES: dict[str, str] = {
    "data": _("Data"), "gaps": _("Gaps"), "plan": _("Plan"), "ilp": _("ILP"), "report": _("Report"),
    "help": _("Help"),
}  # fmt: skip
FIRST_PLACE = "gaps"

VIEWS: tuple[View, ...] = (
    View("headline", _("Headline figures"), "bar", headline.make),
    View("choices", _("What the map shows"), "bar", choices.make),
    View("map", _("Map"), "map", mapview.make),
    View("data", _("Data"), "data", data.make),
    View("villages", _("Villages"), "gaps", villages.make),
    View("sheet", _("Sheet"), "gaps", sheet.make),
    View("equity", _("Equity"), "gaps", equity.make),
    View("whatif", _("What if"), "plan", whatif.make),
    View("proposals", _("Proposals"), "plan", proposals.make),
    View("scenarios", _("Scenarios"), "plan", scenarios.make),
    View("adoption", _("ILP adoption"), "ilp", adoption_page.make),
    View("documents", _("Documents"), "report", documents.make),
    View("downloads", _("Downloads"), "report", downloads.make),
    View("guide", _("Guide"), "help", guide.make),
)
