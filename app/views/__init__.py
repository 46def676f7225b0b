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
        ``top`` above the map, ``map``, or ``panel``: a tab beside the map.
    make
        Builds it for a session.
    """

    key: str
    title: str
    place: Literal["top", "map", "panel"]
    make: Callable[[Session], Any]


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


VIEWS: tuple[View, ...] = (
    View("headline", _("Headline figures"), "top", headline.make),
    View("choices", _("What the map shows"), "top", choices.make),
    View("map", _("Map"), "map", mapview.make),
    View("villages", _("Villages"), "panel", villages.make),
    View("sheet", _("Sheet"), "panel", sheet.make),
    View("whatif", _("What if"), "panel", whatif.make),
    View("proposals", _("Proposals"), "panel", proposals.make),
    View("equity", _("Equity"), "panel", equity.make),
    View("scenarios", _("Scenarios"), "panel", scenarios.make),
    View("documents", _("Documents"), "panel", documents.make),
    View("downloads", _("Downloads"), "panel", downloads.make),
    View("data", _("Data"), "panel", data.make),
    View("guide", _("Guide"), "panel", guide.make),
    View("adoption", _("ILP adoption"), "panel", adoption_page.make),
)
