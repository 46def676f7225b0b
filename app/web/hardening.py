"""What every answer of the server carries for safety, and what it refuses, beyond what Panel does."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tornado.ioloop import PeriodicCallback
from tornado.web import HTTPError, OutputTransform, RequestHandler
from tornado.websocket import WebSocketClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPHeaders, HTTPServerRequest

# What Panel needs and no more: its page has scripts in it, makes functions of text (Bokeh's callbacks) and
# modules of blobs (its components). OpenStreetMap's tiles are asked for only where a user ticks them.
SOURCES = {
    "default-src": "'self'", "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'", "font-src": "'self' data:", "connect-src": "'self' blob:",
    "img-src": "'self' data: blob: https://tile.openstreetmap.org", "frame-src": "'self'",
    "frame-ancestors": "'self'", "object-src": "'none'", "base-uri": "'self'", "form-action": "'self'",
}  # fmt: skip
POLICY = "; ".join(f"{what} {sources}" for what, sources in SOURCES.items())
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
LOOK_EVERY_MS = 1000
PING_EVERY_MS = 30_000
# Where the port of an address was to be found by the system.
ANY_PORT = re.compile(r":0$")


class SafeAnswer(OutputTransform):
    """Puts the headers on every answer; no cookie leaves without its limits, whoever set it."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._secure = request.protocol == "https"

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: FBT001 - Tornado's own form
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Return the answer's beginning with the headers."""
        del finishing
        for name, value in HEADERS.items():
            headers[name] = value
        cookies = headers.get_list("Set-Cookie")
        if cookies:
            del headers["Set-Cookie"]
        for cookie in cookies:
            limits = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
            more = "" if "samesite" in limits else "; SameSite=Lax"
            more += "; Secure" if self._secure and "secure" not in limits else ""
            headers.add("Set-Cookie", cookie + more)
        return status_code, headers, chunk


class NotThere(RequestHandler):
    """404, for addresses that no file can have."""

    def prepare(self) -> None:
        """Refuse it."""
        raise HTTPError(404)


def harden(server: Any, turned_out: Callable[[], list[str]]) -> None:  # noqa: ANN401 - Panel ships no types
    """Make a server of Panel's safe to be reached by others.

    Parameters
    ----------
    turned_out
        Gives the ids of open sessions whose account is no longer what it was; they are closed at once. It
        is asked in a thread.
    """
    web = server._tornado  # noqa: SLF001 - Bokeh offers no other way
    web.add_transform(SafeAnswer)
    # A file's name holds no zero byte; asked for one, the system raises, and the answer was 500.
    web.add_handlers(r".*", [(r".*%00.*", NotThere)])
    own = {ANY_PORT.sub(f":{server.port}", origin) for origin in web.websocket_origins}
    web._websocket_origins = own  # noqa: SLF001 - as above

    async def look() -> None:
        gone = set(await asyncio.get_running_loop().run_in_executor(None, turned_out))
        for connection in list(web._clients) if gone else ():  # noqa: SLF001 - as above
            if connection.session.id in gone:
                # The page sees it, asks again, and finds itself at the sign-in.
                connection._socket.close(1008, "signed out")  # noqa: SLF001 - as above

    def ping() -> None:
        """Find connections whose other end is gone without a word.

        Bokeh's own ping cuts a connection off from its session while messages of it may still come, which
        then fail. Of one that is closed, Tornado tells in its own time.
        """
        for connection in list(web._clients):  # noqa: SLF001 - as above
            with suppress(WebSocketClosedError):
                connection.send_ping()

    PeriodicCallback(look, LOOK_EVERY_MS).start()
    PeriodicCallback(ping, PING_EVERY_MS).start()
