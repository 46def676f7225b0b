"""What the parts of a page ask of each other: tools on the map, views that open, results to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _nothing(*_: object) -> None:
    """Do nothing."""


class MapTools:
    """The map as other parts of the page use it; set by the map's view, without which nothing happens."""

    def __init__(self) -> None:
        # Of the map's page, relative to the app's.
        self.address = ""
        self.dark = False
        self.use: Callable[[str | None], None] = _nothing
        self.draw: Callable[[list[str], Any], None] = _nothing
        self.mark: Callable[[list[dict[str, Any]]], None] = _nothing
        self.show_theme: Callable[[bool], None] = _nothing
        self._picked: Callable[[dict[str, Any]], None] | None = None

    def pick(self, tool: str, then: Callable[[dict[str, Any]], None]) -> None:
        """Ask for a place (``place``), a line (``line``) or an area (``area``) on the map."""
        self._picked = then
        self.use(tool)

    def picked(self, message: dict[str, Any]) -> None:
        """Hand on what was picked on the map."""
        then, self._picked = self._picked, None
        # Put down here too: a map that is loaded again would go on with it.
        self.use(None)
        if then is not None:
            then(message)

    def cancel(self) -> None:
        """End a tool on the map that was started and not finished."""
        if self._picked is not None:
            self._picked = None
            self.use(None)

    def close(self) -> None:
        """Let go of the map."""
        self._picked = None
        self.use = self.draw = self.mark = self.show_theme = _nothing


class OpenViews:
    """Which view is open; one that is hidden is brought up to date when it is opened."""

    def __init__(self) -> None:
        self.shown = ""
        self._stale: dict[str, Callable[[], None]] = {}
        # Set by the page.
        self.open: Callable[[str], None] = _nothing

    def when_shown(self, key: str, show: Callable[[], None]) -> None:
        """Show a view again at once, or, while it is hidden, once it is opened."""
        if self.shown in ("", key):
            show()
        else:
            self._stale[key] = show

    def opened(self, key: str) -> None:
        """Bring a view up to date that was hidden until now."""
        self.shown = key
        self._stale.pop(key, _nothing)()

    def close(self) -> None:
        """Forget the views."""
        self._stale.clear()
        self.open = _nothing
