"""What every answer of the server carries for safety, and what it refuses, beyond what Panel does."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPMessageDelegate
from tornado.ioloop import PeriodicCallback
from tornado.web import HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError

from app.web.messages import bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httpserver import HTTPServer
    from tornado.httputil import HTTPHeaders

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
# A proxy hands these on as the browser sent them, and Tornado would rather believe them than X-Forwarded-*.
NOT_BELIEVED = ("X-Real-Ip", "X-Scheme")
LOOK_EVERY_MS = 1000
# A place, and whom it reaches.
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='7' fill='#0b3a6b'/>"
    "<circle cx='16' cy='16' r='10' fill='none' stroke='#f5a623' stroke-width='3'/>"
    "<circle cx='16' cy='16' r='3.5' fill='#fff'/></svg>"
)
PING_EVERY_MS = 30_000
# Where the port of an address was to be found by the system.
ANY_PORT = re.compile(r":0$")


def make_safe(headers: HTTPHeaders, *, secure: bool) -> None:
    """Put what protects its reader on an answer; no cookie leaves without its limits, whoever set it.

    Parameters
    ----------
    headers
        Of the answer; changed.
    secure
        Whether the browser came by https.
    """
    for name, value in HEADERS.items():
        headers[name] = value
    cookies = headers.get_list("Set-Cookie")
    if cookies:
        del headers["Set-Cookie"]
    for cookie in cookies:
        limits = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
        more = "" if "samesite" in limits else "; SameSite=Lax"
        more += "; Secure" if secure and "secure" not in limits else ""
        headers.add("Set-Cookie", cookie + more)


class _Guarded(HTTPMessageDelegate):
    """Passes a request on without the headers by which anybody could name an address of their choice."""

    def __init__(self, inner: HTTPMessageDelegate, connection: Any) -> None:  # noqa: ANN401 - Tornado's own
        self._inner, self._connection = inner, connection
        # Written after the handler is done: Tornado adds its cookies later than any transform is asked.
        write, self._secure = connection.write_headers, False

        # Its types are Tornado's own.
        def write_headers(start_line: Any, headers: HTTPHeaders, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
            make_safe(headers, secure=self._secure)
            return write(start_line, headers, *rest, **more)

        connection.write_headers = write_headers

    def headers_received(self, start_line: Any, headers: HTTPHeaders) -> Any:  # noqa: ANN401 - Tornado's own
        for name in NOT_BELIEVED:
            headers.pop(name, None)
        result = self._inner.headers_received(start_line, headers)
        # Known now, by the proxy's word too; forgotten once the request is read.
        self._secure = self._connection.context.protocol == "https"
        return result

    def data_received(self, chunk: bytes) -> Any:  # noqa: ANN401 - Tornado's own
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()


def guard(http: HTTPServer) -> None:
    """Let a server believe of its proxy only X-Forwarded-*, and make each of its answers safe."""
    start = http.start_request

    def start_request(server_connection: object, connection: Any) -> HTTPMessageDelegate:  # noqa: ANN401
        return _Guarded(start(server_connection, connection), connection)

    http.start_request = start_request  # type: ignore[method-assign, assignment]  # Tornado offers no other way


class Icon(RequestHandler):
    """The picture that browsers show beside the page's title; they ask for it unasked."""

    def get(self) -> None:
        """Give it, to whoever asks."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "max-age=86400")
        self.write(ICON)


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
    bound(web)
    guard(server._http)  # noqa: SLF001 - as above
    # A file's name holds no zero byte; asked for one, the system raises, and the answer was 500.
    web.add_handlers(r".*", [(r".*%00.*", NotThere)])
    # Bokeh's ways for pages of other sites to take this one in, of which ours makes no use.
    web.add_handlers(r".*", [(r".*/(autoload\.js|metadata)", NotThere)])
    web.add_handlers(r".*", [(r".*/favicon\.ico", Icon)])
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
