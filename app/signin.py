"""Signing in with a name and a password kept in the store, on top of Panel's basic login."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from panel.auth import BasicAuthProvider, BasicLoginHandler

from app.render import Renderer

if TYPE_CHECKING:
    from app.store import Store
    from app.texts import Texts


def provider(store: Store, texts: Texts) -> BasicAuthProvider:
    """Return Panel's provider of basic login, checking passwords against the store.

    Parameters
    ----------
    texts
        The language of the sign-in page.
    """
    template = files("app").joinpath("templates/login.html")

    class Handler(BasicLoginHandler):
        """Asks the store; a wrong name takes as long as a wrong password."""

        def get(self) -> None:
            failed = bool(self.get_argument("error", ""))
            following = _own_path(self.get_argument("next", ""))
            if following:
                self.set_cookie("next_url", following, httponly=True, samesite="Lax")
            self.write(Renderer(texts)("login", failed=failed))

        def _validate(self, username: str, password: str) -> bool:
            return store.sign_in(username, password) is not None

    class Provider(BasicAuthProvider):
        """Panel's provider with our handler and page."""

        @property
        def login_handler(self) -> Any:  # noqa: ANN401 - Panel ships no types
            Handler._login_endpoint = self._login_endpoint  # noqa: SLF001 - as Panel does with its own
            return Handler

    return Provider(login_endpoint="/login", logout_endpoint="/logout", login_template=str(template))


def _own_path(path: str) -> str:
    """Return a path of this server; "" for any other address."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""
