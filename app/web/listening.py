"""Where and how the server listens, and what is refused before anything long is begun."""

from __future__ import annotations

import errno
import os
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel.auth import AUTH_PROVIDERS

from geodata.errors import ConfigError
from planner.texts.formatter import DEFAULT_LANGUAGE

if TYPE_CHECKING:
    from app.store import Store

HIGHEST_PORT = 65_535
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ORIGIN = re.compile(r"([A-Za-z0-9*][A-Za-z0-9.*-]*|\[[0-9A-Fa-f:]+\])(:\d{1,5})?")


@dataclass(frozen=True)
class Options:
    """How the app is served.

    Attributes
    ----------
    address, port
        Where it listens; port 0 takes a free one.
    prefix
        The path that a reverse proxy puts before it, such as ``/jangkau``.
    origins
        Host names (with port) that browsers use for it, besides the address itself.
    lang
        Language of those who did not choose one.
    cookie_secret
        Signs the cookies of those who are signed in; a new one for every start when empty.
    oauth
        Panel's name of who lets people in (``PANEL_OAUTH_PROVIDER``), its other settings from the
        environment; empty for our own accounts.
    behind_proxy
        Whether a reverse proxy says who asks (``X-Forwarded-For``) and how (``X-Forwarded-Proto``). Only a
        proxy may reach the server then, since anybody can write these.
    forget_after_s
        How long a closed tab is remembered, should its connection only have been lost.
    """

    address: str = "127.0.0.1"
    port: int = 5006
    prefix: str = ""
    origins: tuple[str, ...] = ()
    lang: str = DEFAULT_LANGUAGE
    cookie_secret: str = ""
    oauth: str = ""
    behind_proxy: bool = False
    forget_after_s: float = 15.0


def require_free(options: Options) -> None:
    """Raise ConfigError where nobody can listen so: to be asked before what takes long.

    Raises
    ------
    ConfigError
        The port is taken, or none; the address is not one of this machine; an origin is none.
    """
    for origin in options.origins:
        if not ORIGIN.fullmatch(origin):
            msg = f"--origin {origin}: write the host name alone, or HOST:PORT, without https:// or a path"
            raise ConfigError(msg)
    if not 0 <= options.port <= HIGHEST_PORT:
        msg = f"--port {options.port}: choose one from 0 to {HIGHEST_PORT}"
        raise ConfigError(msg)
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            options.address, options.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as tried:
            # As the server itself: a port that was just left is free.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(where)
    except OSError as error:
        raise _not_free(error, options) from None


def _not_free(error: OSError, options: Options) -> ConfigError:
    """Return what to do where the system lets nobody listen."""
    if error.errno == errno.EADDRINUSE:
        return ConfigError(f"port {options.port} is taken: give another with --port")
    if error.errno == errno.EACCES:
        return ConfigError(f"port {options.port} may not be used by you: give one above 1023 with --port")
    said = error.strerror or error
    return ConfigError(
        f"--address {options.address}: nobody can listen there ({said}); 127.0.0.1 is this machine"
    )


def require_provider(oauth: str) -> None:
    """Raise ConfigError where Panel knows nobody of this name who lets people in.

    Raises
    ------
    ConfigError
    """
    known = sorted(p for p in AUTH_PROVIDERS if p and p not in ("basic", "password", "pam"))
    if oauth and oauth not in known:
        msg = f"PANEL_OAUTH_PROVIDER={oauth}: choose one of {', '.join(known)}, or unset it"
        raise ConfigError(msg)


def require_accounts(options: Options, store: Store) -> None:
    """Raise ConfigError where the app would be open to the network without accounts.

    Raises
    ------
    ConfigError
        With what to do.
    """
    if options.address not in LOOPBACK and not (options.oauth or store.accounts()):
        msg = (
            f"--address {options.address} lets others in, but there are no accounts. Add one first "
            "(jangkau account add NAME --role editor …), or serve on 127.0.0.1."
        )
        raise ConfigError(msg)


def redirect_uri(options: Options) -> str | None:
    """Return where those who were let in come back to; None where Panel finds it by itself."""
    given = os.environ.get("PANEL_OAUTH_REDIRECT_URI")
    prefix = options.prefix.rstrip("/")
    if given or not (prefix and options.origins):
        return given
    return f"{'https' if options.behind_proxy else 'http'}://{options.origins[0]}{prefix}"
