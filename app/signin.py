"""Signing in with a name and a password kept in the store, on top of Panel's basic login."""

from __future__ import annotations

import asyncio
import time
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from panel.auth import BasicAuthProvider, BasicLoginHandler

from app.render import Renderer

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from app.store import Store
    from app.texts import Texts


FREE_FAILURES = 5
PAUSE_S = 30.0


class Failures:
    """Failed attempts by name: after a few, a name waits before it may be tried again."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}

    def must_wait(self, name: str) -> bool:
        """Return whether a name was tried too often just now."""
        count, last = self._seen.get(name, (0, 0.0))
        return count >= FREE_FAILURES and time.monotonic() - last < PAUSE_S

    def note(self, name: str, *, failed: bool) -> None:
        """Count an attempt; a right password starts anew."""
        if not failed:
            self._seen.pop(name, None)
            return
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[name] = (self._seen.get(name, (0, 0.0))[0] + 1, time.monotonic())


def provider(store: Store, texts: Texts, pool: Executor, home: str) -> BasicAuthProvider:
    """Return Panel's provider of basic login, checking passwords against the store.

    Parameters
    ----------
    texts
        The language of the sign-in page.
    pool
        Where passwords are checked, one after the other: each takes a good part of a second on purpose.
    home
        The path of the app.
    """
    failures = Failures()
    template = files("app").joinpath("templates/login.html")

    class Handler(BasicLoginHandler):
        """Asks the store; a wrong name takes as long as a wrong password."""

        def get(self) -> None:
            failed = bool(self.get_argument("error", ""))
            following = _own_path(self.get_argument("next", ""))
            if following:
                self.set_cookie("next_url", following, httponly=True, samesite="Lax")
            self.write(Renderer(texts)("login", failed=failed))

        async def post(self) -> None:
            name, password = self.get_argument("username", "")[:200], self.get_argument("password", "")[:1000]
            account = None
            if not failures.must_wait(name):
                loop = asyncio.get_running_loop()
                account = await loop.run_in_executor(pool, store.sign_in, name, password)
                failures.note(name, failed=account is None)
            if account is None:
                self.redirect("login?error=1")
                return
            self.set_current_user(account.name)
            self.redirect(_own_path(self.get_cookie("next_url") or "") or home)

    class Provider(BasicAuthProvider):
        """Panel's provider with our handler and page."""

        @property
        def login_handler(self) -> Any:  # noqa: ANN401 - Panel ships no types
            Handler._login_endpoint = self._login_endpoint  # noqa: SLF001 - as Panel does with its own
            return Handler

    return Provider(login_endpoint="/login", logout_endpoint="/logout", login_template=str(template))


def _own_path(path: str) -> str:
    """Return a path of this server; "" for any other address."""
    plain = path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain else ""
