"""Signing in with a name and a password kept in the store, on top of Panel's basic login."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from panel.auth import BasicAuthProvider, BasicLoginHandler
from tornado.web import HTTPError

from app.render import Renderer
from app.store import StoreError
from app.store.passwords import one_name
from app.web.door import COOKIE, DAYS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Executor

    from app.store import Store
    from app.texts import Texts
    from app.web.door import Door


FREE_FAILURES = 5
PAUSE_S = 30.0
MOST_KEPT = 10_000
# Attempts that wait for their password to be checked, a third of a second each: of one address, an office
# that begins its day; and addresses that wait, each of which has one attempt at a time in the queue.
MOST_OF_ADDRESS = 8
MOST_WAITING = 24
BUSY = "busy"


class Attempts:
    """Attempts to sign in by name and address: after a few failures these two together wait a while.

    Each counts from when it arrives, so that many at once are no way around; a right password takes it back.
    Others' attempts at a name, from other addresses, hold its owner up in nothing.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def wait_s(self, name: str, address: str) -> float:
        """Return how many seconds a name has to wait at an address; 0 when it may be tried, which counts."""
        key, now = (one_name(name), address), self._now()
        count, last = self._seen.get(key, (0, now))
        if now - last >= PAUSE_S:
            count = 0
        if count >= FREE_FAILURES:
            return PAUSE_S - (now - last)
        if len(self._seen) > MOST_KEPT:
            self._seen = {k: v for k, v in self._seen.items() if now - v[1] < PAUSE_S}
        self._seen[key] = (count + 1, now)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """Forget the attempts of a name at an address."""
        self._seen.pop((one_name(name), address), None)


@dataclass
class _Turn:
    """Whose turn it is among the attempts of an address, and how many there are."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    attempts: int = 0


def _is_full(turns: dict[str, _Turn], address: str) -> bool:
    """Return whether one attempt more would wait too long: nobody is kept waiting by what others queue.

    Addresses are counted, not attempts: three that queue all they may would else turn everybody away.
    """
    mine = turns.get(address)
    return len(turns) >= MOST_WAITING if mine is None else mine.attempts >= MOST_OF_ADDRESS


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, for a single computer has billions there.

    Examples
    --------
    >>> network_of("10.0.0.5"), network_of("2001:db8:1:2:3::4"), network_of("::ffff:10.0.0.5")
    ('10.0.0.5', '2001:db8:1:2::/64', '10.0.0.5')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        # A socket file has no address.
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


@asynccontextmanager
async def _turn(turns: dict[str, _Turn], address: str) -> AsyncIterator[None]:
    """Wait for the earlier attempts of an address: however many they are, others wait for one at most."""
    mine = turns.setdefault(address, _Turn())
    mine.attempts += 1
    try:
        async with mine.lock:
            yield
    finally:
        mine.attempts -= 1
        if not mine.attempts:
            turns.pop(address, None)


@dataclass(frozen=True)
class _Desk:
    """What signing in needs."""

    store: Store
    door: Door
    texts: Texts
    pool: Executor
    home: str
    attempts: Attempts = field(default_factory=Attempts)
    turns: dict[str, _Turn] = field(default_factory=dict)


class _SignIn(BasicLoginHandler):
    """Asks the store; a wrong name takes as long as a wrong password."""

    # Of the server that this class was made for.
    desk: _Desk

    def get(self) -> None:
        error = self.get_argument("error", "")
        wait_s = int(error) if error.isdecimal() and len(error) < 4 and int(error) > 1 else 0
        following = _own_path(self.get_argument("next", ""))
        if following:
            secure = self.request.protocol == "https"
            self.set_cookie("next_url", following, httponly=True, samesite="Lax", secure=secure)
        self.write(Renderer(self.desk.texts)("login", failed=bool(error), wait_s=wait_s, busy=error == BUSY))

    async def post(self) -> None:
        name, password = self.get_argument("username", "")[:200], self.get_argument("password", "")[:1000]
        desk, address = self.desk, network_of(self.request.remote_ip or "")
        if _is_full(desk.turns, address):
            # It was not tried, so it does not count.
            self.redirect(f"login?error={BUSY}")
            return
        wait_s = desk.attempts.wait_s(name, address)
        if wait_s > 0:
            self.redirect(f"login?error={max(2, math.ceil(wait_s))}")
            return
        async with _turn(desk.turns, address):
            loop = asyncio.get_running_loop()
            try:
                account = await loop.run_in_executor(desk.pool, desk.store.sign_in, name, password)
            except StoreError as error:
                raise _away(error) from None
        if account is None:
            self.redirect("login?error=1")
            return
        desk.attempts.succeeded(name, address)
        self.set_secure_cookie(
            COOKIE, desk.door.cookie(account.name), expires_days=DAYS, httponly=True, samesite="Lax",
            secure=self.request.protocol == "https",
        )  # fmt: skip
        self.redirect(_own_path(self.get_cookie("next_url") or "") or desk.home)


class _Provider(BasicAuthProvider):
    """Panel's provider with our handler and page."""

    def __init__(self, desk: _Desk, **options: Any) -> None:  # noqa: ANN401 - Panel's own
        self._desk = desk
        super().__init__(**options)

    @property
    def login_handler(self) -> Any:  # noqa: ANN401 - Panel ships no types
        more = {"desk": self._desk, "_login_endpoint": self._login_endpoint}
        return type("SignIn", (_SignIn,), more)

    @property
    def get_user(self) -> Callable[[Any], str | None]:
        """What asks at every request, of pages, files and sockets, whose it is."""
        door = self._desk.door

        def get_user(handler: Any) -> str | None:  # noqa: ANN401 - Panel ships no types
            said = handler.get_secure_cookie(COOKIE, max_age_days=DAYS)
            try:
                return door.name(None if said is None else said.decode("utf-8", "replace"))
            except StoreError as error:
                raise _away(error) from None

        return get_user

    def _remove_user(self, _context: object) -> None:
        """Panel counts its users by what their cookies say; nothing here asks for the count."""


def provider(
    store: Store, door: Door, texts: Texts, pool: Executor, home: str, signed_out: str
) -> BasicAuthProvider:
    """Return Panel's provider of basic login, checking passwords against the store.

    Parameters
    ----------
    door
        Gives the cookies, and says at every request who they speak for.
    texts
        The language of the sign-in page.
    pool
        Where passwords are checked, one after the other: each takes a good part of a second on purpose.
    home
        The path of the app.
    signed_out
        The file of the page that is shown after signing out.
    """
    template = files("app").joinpath("templates/login.html")
    return _Provider(
        _Desk(store, door, texts, pool, home),
        login_endpoint="/login", logout_endpoint="/logout", login_template=str(template),
        logout_template=signed_out,
    )  # fmt: skip


def _away(error: StoreError) -> HTTPError:
    """Return the answer of a server that cannot ask who somebody is: nobody gets in, and it says so."""
    return HTTPError(503, "accounts cannot be read: %s", error, reason="The accounts cannot be read now")


def _own_path(path: str) -> str:
    """Return a path of this server; "" for any other address."""
    plain = (
        path.isascii() and path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\"))
    )
    return path if plain else ""
