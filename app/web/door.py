"""Who a signed cookie speaks for now: it is worth what the account is worth at this moment."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tornado.web import decode_signed_value

from app.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.store import Store

COOKIE = "user"
# So long an answer of the store is taken as still true: a page asks for many files at once.
FRESH_S = 2.0
# A look into the store takes a millisecond; a database that is away would hold up the server's only loop.
LONGEST_LOOK_S = 1.0
AWAY_S = 5.0
MOST_KEPT = 1000
DAYS = 1


class Door:
    """Names the account of a cookie, as long as neither its password nor the account itself has changed.

    Parameters
    ----------
    store
        Where accounts are kept.
    secret
        Signs the cookies.
    outside
        Whether somebody else (OAuth) has said who it is: the cookie then holds a name alone.
    days
        For how long a cookie holds.
    """

    def __init__(
        self,
        store: Store,
        secret: str,
        *,
        outside: bool,
        days: float = DAYS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._secret, self.outside, self._now = store, secret, outside, now
        self._days = days
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="jangkau-accounts")
        self._away_until = -math.inf
        self._seen: dict[str, tuple[float, str | None]] = {}

    def cookie(self, name: str) -> str:
        """Return what the cookie of an account says from now on."""
        self._seen.pop(name, None)
        return f"{self._stamp(name)} {name}"

    def name(self, said: str | None) -> str | None:
        """Return the account that a cookie's content speaks for; None when it speaks for nobody any more."""
        if not said:
            return None
        if self.outside:
            return said
        stamp, _, name = said.partition(" ")
        return name if name and stamp == self._stamp(name) else None

    def read(self, cookie: str | None) -> str | None:
        """Return the content of a signed cookie, whoever it speaks for; None when nobody here signed it."""
        if not cookie:
            return None
        said = decode_signed_value(self._secret, COOKIE, cookie, max_age_days=self._days)
        return None if said is None else said.decode("utf-8", "replace")

    def turned_out(self, said: Mapping[str, str]) -> list[str]:
        """Return whose cookies speak for nobody any more: one look into the store for all, for a thread.

        Parameters
        ----------
        said
            What the cookies say, by any key.

        Raises
        ------
        StoreError
        """
        stamps, now = self._store.stamps(), self._now()
        # Requests of the next second need not ask.
        self._seen = {name: (now, stamp) for name, stamp in stamps.items()}
        return [key for key, one in said.items() if self.name(one) is None]

    def _stamp(self, name: str) -> str | None:
        now = self._now()
        seen = self._seen.get(name)
        if seen is None or now - seen[0] > FRESH_S:
            if len(self._seen) > MOST_KEPT:
                self._seen = {}
            seen = self._seen[name] = (now, self._looked_up(name))
        return seen[1]

    def _looked_up(self, name: str) -> str | None:
        """Return the stamp that the store has now; where it is away, nobody waits for it a second time.

        Raises
        ------
        StoreError
        """
        if self._now() < self._away_until:
            msg = "the accounts could not be read a moment ago"
            raise StoreError(msg)
        try:
            return self._threads.submit(self._store.stamp, name).result(LONGEST_LOOK_S)
        except (StoreError, TimeoutError) as error:
            self._away_until = self._now() + AWAY_S
            msg = f"the accounts cannot be read: {str(error) or 'no answer'}"
            raise StoreError(msg) from error

    def close(self) -> None:
        """End the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)
