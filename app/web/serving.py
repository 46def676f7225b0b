"""What all sessions of one server share: areas kept warm, turns, accounts, and each one's page."""

from __future__ import annotations

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import panel as pn

from app.areas.apart import readers
from app.areas.country import CODE
from app.areas.folder import ServedFolder
from app.areas.served import Served
from app.core.country import CountryTab, title_of
from app.core.pool import FairPool
from app.core.session import Session
from app.core.work import Seats
from app.map.country import write_country
from app.map.page import write_page, write_vendor
from app.render import Renderer
from app.store import StoreError
from app.texts import Texts
from app.views.tour import SEEN_COOKIE
from app.web import country as country_pages
from app.web.address import Address, looked_at
from app.web.door import COOKIE, DAYS, Door
from app.web.listening import Options
from app.web.page import build_page, first_picture, release
from app.web.theme import theme_of
from planner.texts.catalogues import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.areas.area import Area
    from app.areas.country import Country
    from app.core.drafts import Drafts
    from app.store import Role, Store

LOG = logging.getLogger(__name__)
# Where nobody signs in, work belongs to this name.
NOBODY = "local"
FILES = "files"
# A write takes a second or two; what is computed looks more often than that whether it may go on.
LONGEST_STOP_S = 5.0


@dataclass
class App:
    """All that the sessions of one server share.

    Parameters
    ----------
    areas
        What is served; the first opens when the address names none.
    store
        Scenarios, drafts and accounts.
    country
        A country above the areas, which opens when the address names none; None where there is none.
    """

    areas: Sequence[Area]
    store: Store
    options: Options = field(default_factory=Options)
    country: Country | None = None

    def __post_init__(self) -> None:
        self._folder = ServedFolder()
        self.files = self._folder.files
        # Questions and views apart, two threads each: who asks has one of each at most, in all their tabs, so
        # that one is left to others. More would only share out one interpreter more finely.
        self.questions_pool = FairPool(2)
        self.views_pool = FairPool(2)
        # Files take longest, and are made one after the other for all.
        self.files_pool = FairPool(1)
        # A plan takes long and much memory: one at a time, and never in the way of questions.
        self.plans_pool = FairPool(1)
        # Files of others are read in processes that end after a while: one waits, and others' go on.
        self.reads_pool = FairPool(3)
        self.readers = readers()
        # Signing in has a thread of its own, so that many attempts keep nobody else waiting.
        self.attempts = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jangkau-door")
        self.secret = self.options.cookie_secret or secrets.token_hex(32)
        outside = bool(self.options.oauth)
        days = pn.config.oauth_expiry if outside else DAYS
        self.door = Door(self.store, self.secret, outside=outside, days=days)
        # Who has a page open, by the session of its document: what the cookie said when it was opened.
        self.inside: dict[str, str] = {}
        # One base for all areas: modes of an office's own have the same names in each.
        own = {lang: {k: v for a in self.areas for k, v in a.scenario.modes_called(lang).items()}
               for lang in LANGUAGES}  # fmt: skip
        self.texts = {lang: Texts(lang, own[lang]) for lang in LANGUAGES}
        write_vendor(self.files)
        self.served = Served(self.areas, self._map_pages, self._remove_pages)
        self.served.replaced.append(self._tell_of_new_data)
        self.country_page = "" if self.country is None else write_country(self.country, self.files)
        self.login = bool(self.store.accounts())
        self.live: dict[str, Drafts] = {}
        self.sessions: set[Session] = set()

    def _map_pages(self, area: Area) -> dict[str, str]:
        return {lang: write_page(area, texts, self.files) for lang, texts in self.texts.items()}

    def _remove_pages(self, names: Iterable[str]) -> None:
        for name in names:
            (self.files / name).unlink(missing_ok=True)

    def _tell_of_new_data(self, area: Area, by: str) -> None:
        """Tell those who look at an area that its data are others now."""
        for session in tuple(self.sessions):
            if session.area.code == area.code and session.area is not area:
                session.tell_of_new_data(by)

    @property
    def _pools(self) -> tuple[FairPool, ...]:
        return self.questions_pool, self.views_pool, self.files_pool, self.plans_pool, self.reads_pool

    def seats(self, owner: str | None = None) -> Seats:
        """Return a new session's ways to the threads; None gives it turns of its own."""
        return Seats(*(pool.seat(owner) for pool in self._pools))

    def _owner(self, account: str) -> str:
        """Return whose turns a session takes: those of its account, of guests those of their address."""
        if self.login or self.options.oauth:
            return f"account {account}"
        request = pn.state.curdoc.session_context.request
        return f"address {getattr(request, 'remote_ip', '')}"

    def close(self) -> bool:
        """Stop the threads and delete the served files; return whether all work has ended.

        What does not end in a few seconds is left: nothing of it counts, and it ends with the process.
        """
        end = time.monotonic() + LONGEST_STOP_S
        for session in tuple(self.sessions):
            session.stop()
        self.readers.close()
        ended = [pool.shutdown(max(0.0, end - time.monotonic())) for pool in self._pools]
        self.door.close()
        self.attempts.shutdown(wait=True, cancel_futures=True)
        self._folder.close()
        self.store.close()
        return all(ended)

    def page(self) -> Any:  # noqa: ANN401 - Panel ships no types
        """Return the page of a new session; Panel calls this."""
        query = {k: v[0].decode("utf-8", "replace") for k, v in pn.state.session_args.items() if v}
        lang = query.get("lang", "")
        if lang not in LANGUAGES:
            lang = self.options.lang
        said = self.door.read(pn.state.cookies.get(COOKIE))
        try:
            account = self._who(said)
            editor = account is not None and self._role(account) == "editor"
        except StoreError as error:
            LOG.warning("accounts cannot be read: %s", error)
            return pn.pane.HTML(Renderer(self.texts[lang])("away"))
        if account is None:
            # Removed, or given another password, since the page was asked for.
            return pn.pane.HTML(Renderer(self.texts[lang])("removed"))
        if self.country is not None and self._asks_for_country(query):
            return self._page_of_country(self.country, query, lang, account, said)
        session = self._session(self._area(query), lang, account, editor=editor)
        session.scenarios.may_save = lambda: self._who(said) == account and self._role(account) == "editor"
        page = self._page_of(session, query)
        key = self._enter(said)
        pn.state.on_session_destroyed(lambda _context: self._leave(key, session, page))
        pn.state.onload(session.send_page())
        return page

    def _enter(self, said: str | None) -> str:
        """Note who has opened a page; return the key of its document."""
        key = str(pn.state.curdoc.session_context.id)
        if self.login and said is not None:
            self.inside[key] = said
        return key

    def _asks_for_country(self, query: Mapping[str, str]) -> bool:
        """Return whether an address means the country: by its name, by none, or where nothing else is."""
        return query.get("area", CODE) == CODE or not self.served.areas

    def _page_of_country(
        self, country: Country, query: Mapping[str, str], lang: str, account: str, said: str | None
    ) -> Any:  # noqa: ANN401 - Panel ships no types
        """Return the page of a country, which is looked at and in which nothing is kept."""
        texts, theme = self.texts[lang], theme_of(pn.state.cookies)
        links = {area.code: f"?area={area.code}&lang={lang}" for area in self.served.areas}
        tab = CountryTab(country, texts, account=account, links=links, document=pn.state.curdoc)
        tab.signed_in = self.login or bool(self.options.oauth)
        tab.map.address = f"{FILES}/{self.country_page}#{lang}"
        country_pages.start(tab, query)
        pn.state.curdoc.template_variables.update(country_pages.first_picture(tab, theme))
        others = {
            tab.title: f"?area={CODE}&lang={lang}",
            **{a.name: links[a.code] for a in self.served.areas},
        }
        code = query.get("area", CODE)
        told = "" if code == CODE else texts.text("The area of this link, {code}, is not served here. "
                                                  "This is {area}.", code=code, area=tab.title)  # fmt: skip
        page = country_pages.build_page(tab, others=others if links else {}, theme=theme, told=told)
        key = self._enter(said)

        def leave(_context: object) -> None:
            self.inside.pop(key, None)
            country_pages.release(tab, page)

        pn.state.on_session_destroyed(leave)
        pn.state.onload(tab.send_page())
        return page

    def _area(self, query: Mapping[str, str]) -> Area:
        """Return the area that an address asks for, on trial where it says so; the first where it is none."""
        code = query.get("area", "")
        return (
            self.served.area(code, query.get("trial", "")) or self.served.area(code) or self.served.areas[0]
        )

    def _session(self, area: Area, lang: str, account: str, *, editor: bool) -> Session:
        """Return a new session, among those of this server."""
        session = Session(
            area, self.texts[lang], self.store, account=account,
            # What is on trial is looked at: nothing of it is kept.
            editor=editor and not area.trial, document=pn.state.curdoc, served=self.served,
            readers=self.readers, seats=self.seats(self._owner(account)),
        )  # fmt: skip
        session.drafts.live = self.live
        self.sessions.add(session)
        session.signed_in = self.login or bool(self.options.oauth)
        session.map.address = f"{FILES}/{self.served.page(area, lang)}"
        return session

    def _page_of(self, session: Session, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - Panel ships no types
        """Return a session's page, on its way to what the address asks for."""
        area, theme = session.area, theme_of(pn.state.cookies)
        of_area = query.get("area", area.code) == area.code
        look = looked_at(query, area) if of_area else None
        pn.state.curdoc.template_variables.update(first_picture(session, theme, look))
        address = Address(session)
        page = build_page(
            session, address, newcomer=SEEN_COOKIE not in pn.state.cookies, others=self._others(session),
            theme=theme,
        )  # fmt: skip
        address.follow()
        if of_area:
            address.start(query)
        else:
            # Whatever else the link asks for is of that area.
            _tell_of_another_area(session, query["area"])
        if area.trial or query.get("trial"):
            _tell_of_trial(session)
        return page

    def _others(self, session: Session) -> dict[str, str]:
        """Return where each area is found, by its name, that of the page first; of one alone nothing."""
        areas, here, lang = self.served.areas, session.area, session.texts.lang
        if len(areas) == 1 and self.country is None:
            return {}
        listed = (here, *(area for area in areas if area.code != here.code))
        links = {area.name: f"?area={area.code}&lang={lang}" for area in listed}
        if self.country is not None:
            links[title_of(self.country, session.texts)] = f"?area={CODE}&lang={lang}"
        return links

    def _leave(self, key: str, session: Session, page: Any) -> None:  # noqa: ANN401 - Panel ships no types
        self.inside.pop(key, None)
        self.sessions.discard(session)
        release(session, page)

    def _who(self, said: str | None) -> str | None:
        """Return the account that a cookie speaks for; None when it speaks for nobody (any more)."""
        return self.door.name(said) if self.login or self.options.oauth else NOBODY

    def turned_out(self) -> list[str]:
        """Return the open sessions whose account is gone, or has another password; for a thread."""
        inside = dict(self.inside)
        if not inside or self.door.outside:
            return []
        try:
            return self.door.turned_out(inside)
        except StoreError as error:
            # Nobody can be told apart now; who is inside stays, and can save nothing either.
            LOG.warning("accounts cannot be read: %s", error)
            return []

    def _role(self, name: str) -> Role | None:
        """Return what an account may do now; None when there is no such account."""
        if not (self.login or self.options.oauth):
            return "editor"
        account = self.store.account(name)
        return None if account is None else account.role


def _tell_of_another_area(session: Session, code: str) -> None:
    """Say that the area that was asked for is not the one that is shown."""
    session.notice.tell(
        session.texts.text("The area of this link, {code}, is not served here. This is {area}.",
                           code=code, area=session.area.name), "warning", stays=True,
    )  # fmt: skip


def _tell_of_trial(session: Session) -> None:
    """Say that what is shown is on trial; or that it is not, where that was asked for."""
    _ = session.texts.text
    if session.area.trial:
        session.notice.tell(
            _("This is the area with the new data, on trial: look and try things out. "
              "Nothing that you do here is kept."), "warning", stays=True,
        )  # fmt: skip
    else:
        session.notice.tell(
            _("This trial is no longer there. This is the area with the data in use."), "warning",
            stays=True,
        )  # fmt: skip
