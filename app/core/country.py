"""One tab that looks at a country: what is chosen in it, and what its parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

from app.areas.country import MOST_NAMED, MOST_OF_INDONESIA
from app.core.page import MapTools, OpenViews
from app.core.stream import Stream
from app.core.work import Work
from app.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bokeh.document import Document

    from app.areas.country import Country
    from app.texts import Texts


def _nothing(_code: str) -> None:
    """Do nothing."""


class Looked(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """What is looked at of a country."""

    kind = param.String()
    season = param.String()
    code = param.String(doc="A province or kabupaten; nothing is the country.")


class CountryTab:
    """What the parts of a country's page share.

    Parameters
    ----------
    country, texts
        What is shown, in which language.
    account
        Who is looking.
    links
        Of the kabupaten that are served as areas, by code: their addresses.
    document
        The Bokeh document; None for tests.
    """

    def __init__(
        self, country: Country, texts: Texts, *, account: str, links: Mapping[str, str],
        document: Document | None = None,
    ) -> None:  # fmt: skip
        self.country, self.texts, self.account, self.links = country, texts, account, links
        self.signed_in = False
        self.render = Renderer(texts)
        self._work = Work(None, document)
        self.stream = Stream(self._work.require_loop, self._work.when_there)
        self.map, self.views = MapTools(), OpenViews()
        # Brings a province or kabupaten into view; set by the map's view.
        self.go: Callable[[str], None] = _nothing
        self.looked = Looked(kind=country.kinds[0], season=country.seasons[0])

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is done."""
        return not self._work.waits

    @property
    def title(self) -> str:
        """What is shown, by its provinces where they are few."""
        return title_of(self.country, self.texts)

    @property
    def answer(self) -> str:
        """What figures of the kind and season that are looked at are called."""
        return self.country.answer(self.looked.kind, self.looked.season)

    def take(self, *, kind: str = "", season: str = "", code: str | None = None) -> None:
        """Look at something; what the country does not have is left as it is."""
        new = {}
        if kind in self.country.kinds:
            new["kind"] = kind
        if season in self.country.seasons:
            new["season"] = season
        if code is not None and code in self.country.rows:
            new["code"] = code
        self.looked.param.update(**new)

    def send_page(self) -> Callable[[], None]:
        """Say that the page is made; return what is to be called once it stands in the browser."""
        return self._work.send_page()

    def close(self) -> None:
        """Forget everything that could keep the closed tab alive."""
        self._work.close()
        self.stream.close()
        self.map.close()
        self.go = _nothing
        self.views.close()
        self.looked.param.watchers = {}
        self.views.param.watchers = {}


def title_of(country: Country, texts: Texts) -> str:
    """Return what a country is called: by its provinces where these are few.

    Parameters
    ----------
    country
        What was computed.
    texts
        The language.
    """
    names = country.names
    if len(names) <= MOST_NAMED:
        return " · ".join(names)
    if len(names) >= MOST_OF_INDONESIA:
        return "Indonesia"
    return texts.several("{n} province", "{n} provinces", len(names))
