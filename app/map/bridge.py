"""The two ways between the map's page and Python: messages, each a small dictionary with a ``type``."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import param
from panel.custom import JSComponent

if TYPE_CHECKING:
    from collections.abc import Callable


class MapBridge(JSComponent):
    """The iframe that holds the map.

    ``heard`` is called with each message from the page: ready, village, facility, place, line, cancelled.
    """

    src = param.String(doc="Address of the map's page, relative to the app's.")
    label = param.String(doc="What a screen reader calls the map.")

    _esm = files("app").joinpath("static/bridge.js").read_text("utf-8")
    _stylesheets = [":host{display:block;height:100%;width:100%}"]  # noqa: RUF012 - Panel's own form

    def __init__(self, heard: Callable[[dict[str, Any]], None], **params: Any) -> None:  # noqa: ANN401 - param's own
        super().__init__(**params)
        self._heard = heard

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the page."""
        self._send_msg(message)

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        if isinstance(data, dict) and isinstance(data.get("type"), str):
            self._heard(data)


class Fragment(JSComponent):
    """A piece of HTML from our own templates, whose buttons and links speak to Python.

    An element with ``data-act`` calls ``acted`` with the names and values of its ``data-…`` attributes,
    on a click or, for inputs, on a change (then with its ``value``).
    """

    html = param.String(doc="HTML that was made by a template that escapes every value.")
    label = param.String(doc="What a screen reader calls this region.")

    _esm = files("app").joinpath("static/fragment.js").read_text("utf-8")
    _stylesheets = [files("app").joinpath("static/app.css").read_text("utf-8")]  # noqa: RUF012 - Panel's own form

    def __init__(self, acted: Callable[[dict[str, str]], None] | None = None, **params: Any) -> None:  # noqa: ANN401 - param's own
        super().__init__(**params)
        self._acted = acted

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        if self._acted is not None and isinstance(data, dict) and isinstance(data.get("act"), str):
            self._acted({str(k): str(v) for k, v in data.items()})
