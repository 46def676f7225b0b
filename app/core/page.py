"""What the parts of a page ask of each other: tools on the map, views that open, results to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import param

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


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
        # Brings two corners (latitude, longitude) into view.
        self.go_to: Callable[[list[list[float]]], None] = _nothing
        # Shows a place (latitude, longitude) at a zoom; the whole area when None.
        self.look: Callable[[tuple[float, float, float] | None], None] = _nothing
        # Called before something is picked, so that the map can be seen.
        self.make_room: Callable[[], None] = _nothing
        self._picked: Callable[[dict[str, Any]], None] | None = None

    def pick(self, tool: str, then: Callable[[dict[str, Any]], None]) -> None:
        """Ask for a place (``place``), a line (``line``) or an area (``area``) on the map."""
        self._picked = then
        self.make_room()
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
        # Those that the map itself began, such as measuring, too.
        self._picked = None
        self.use(None)

    def close(self) -> None:
        """Let go of the map."""
        self._picked = None
        self.make_room = _nothing
        self.use = self.draw = self.mark = self.show_theme = self.go_to = self.look = _nothing


class OpenViews(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """Which view is open, and how much of the screen its panel has.

    Each view is in one place of the desk; a place is opened at the view that was last open in it. A view that
    is hidden is brought up to date when it is opened.
    """

    shown = param.String()
    # Folded away beside the map; on a phone a sheet that is pulled up: "closed" shows its edge alone.
    # At first it is what suits the screen.
    panel = param.Selector(default="start", objects=["start", "closed", "half", "full"])

    def __init__(self) -> None:
        super().__init__()
        # Of each hidden view, all that has to be shown anew: it may have several parts.
        self._stale: dict[str, dict[Callable[[], None], None]] = {}
        self._place_of: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._small = False
        # Makes what is likely to be opened next; set by the panel.
        self.likely: Callable[[], None] = _nothing

    def furnish(self, places: Mapping[str, Sequence[str]]) -> None:
        """Say which views there are, by the place that they are in."""
        self._place_of = {view: place for place, views in places.items() for view in views}
        self._last = {place: views[0] for place, views in places.items()}

    @property
    def place(self) -> str:
        """The place of the desk that is open."""
        return self._place_of.get(self.shown, "")

    def open(self, view: str) -> None:
        """Open a view, with its panel; one that is unknown changes nothing."""
        if view not in self._place_of:
            return
        self._last[self._place_of[view]] = view
        panel = "half" if self.panel in ("closed", "start") else self.panel
        self.param.update(shown=view, panel=panel)

    def leave_room(self) -> None:
        """Fold the panel where it would cover the map."""
        if self._small:
            self.panel = "closed"

    def fit(self, *, small: bool) -> None:
        """Give the panel the room that suits the screen, as long as nobody has opened anything."""
        self._small = small
        if self.panel == "start":
            self.panel = "closed" if small else "half"

    def go(self, place: str) -> None:
        """Open a place at the view that was last open in it."""
        self.open(self._last.get(place, ""))

    def when_shown(self, key: str, show: Callable[[], None]) -> None:
        """Show a part of a view again at once, or, while the view is hidden, once it is opened.

        Parameters
        ----------
        show
            The same function every time, so that it is called once however often something changed.
        """
        if self.shown in ("", key):
            show()
        else:
            self._stale.setdefault(key, {})[show] = None

    def make_ahead(self) -> None:
        """Make what is likely to be opened next, as long as there is time."""
        self.likely()

    def bring_up_to_date(self) -> None:
        """Bring the open view up to date, which was hidden until now."""
        for show in self._stale.pop(self.shown, {}):
            show()

    def close(self) -> None:
        """Forget the views."""
        self._stale.clear()
        self._place_of = {}
        self.likely = _nothing
