"""The server of an app, made of Panel's."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import panel as pn
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from app.render import Renderer
from app.web.hardening import harden
from app.web.listening import redirect_uri, require_accounts, require_free
from app.web.serving import FILES
from geodata.files import limits

if TYPE_CHECKING:
    from app.web.serving import App


def tells_of_more_than_a_left_page(record: logging.LogRecord) -> bool:
    """Return whether a line of the log says more than that a browser left while it was written to.

    Tornado lets that end a task that nobody asks for, so that each closed tab may leave a traceback, in which
    an operator would look for a fault.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (StreamClosedError, WebSocketClosedError))


def make_server(app: App) -> Any:  # noqa: ANN401 - Panel ships no types
    """Return the server of an app, not started yet.

    Raises
    ------
    ConfigError
        It would be open to the network without accounts, an origin is none, or the port is taken.
    """
    options = app.options
    require_free(options)
    require_accounts(options, app.store)
    pn.config.respect_explicit_sizing = True
    prefix = options.prefix.rstrip("/")
    more: dict[str, Any] = {}
    signed_out = app.files / "signed-out.html"
    if app.login or options.oauth:
        # Panel's own page for it asks another host for a picture.
        signed_out.write_text(Renderer(app.texts[options.lang])("signed_out", home=f"{prefix}/"), "utf-8")
        more = {"cookie_secret": app.secret}
    if options.oauth:
        # Their absence is Panel's to say; it reads the rest of its settings by itself.
        more |= {
            "oauth_provider": options.oauth, "oauth_key": os.environ.get("PANEL_OAUTH_KEY"),
            "oauth_secret": os.environ.get("PANEL_OAUTH_SECRET"),
            "oauth_redirect_uri": redirect_uri(options), "logout_template": str(signed_out),
        }  # fmt: skip
    elif app.login:
        from app.web.signin import provider

        more["auth_provider"] = provider(
            app.store, app.door, app.texts[options.lang], app.attempts, f"{prefix}/", str(signed_out)
        )
    # Port 0 is one that the system chooses; harden() puts it in.
    host = f"[{options.address}]" if ":" in options.address else options.address
    origins = [f"{host}:{options.port}", f"localhost:{options.port}", *options.origins]
    server = pn.serve(
        {"/": app.page}, address=options.address, port=options.port, prefix=prefix, show=False, start=False,
        title="Jangkau", static_dirs={FILES: str(app.files)}, liveness=True, location=False,
        websocket_origin=origins, keep_alive_milliseconds=0, use_xheaders=options.behind_proxy,
        threaded=False, verbose=False, websocket_max_message_size=limits.MESSAGE_BYTES,
        http_server_kwargs={"max_body_size": limits.BODY_BYTES},
        check_unused_sessions_milliseconds=round(options.forget_after_s * 333),
        unused_session_lifetime_milliseconds=round(options.forget_after_s * 1000), **more,
    )  # fmt: skip
    harden(server, app.turned_out)
    app.readers.start()
    logging.getLogger("asyncio").addFilter(tells_of_more_than_a_left_page)
    return server
