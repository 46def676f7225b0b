"""The one way by which changes reach the browser."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from panel.custom import JSComponent

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.stream import Stream


class Wire(JSComponent):
    """Carries a page's stream of changes to the browser, and answers the browser's pings.

    Parameters
    ----------
    stream
        The changes.
    settled
        Whether everything that the user asked for so far is done and kept.
    """

    _esm = files("app").joinpath("static/wire.js").read_text("utf-8")
    _stylesheets = [":host{display:none}"]  # noqa: RUF012 - Panel's own form

    def __init__(self, stream: Stream, settled: Callable[[], bool], **params: Any) -> None:  # noqa: ANN401 - param's own
        super().__init__(**params)
        self._stream, self._settled = stream, settled
        stream.carry = self._send_msg

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        if not isinstance(data, dict):
            return
        ping, seen = data.get("ping"), data.get("seen")
        if isinstance(ping, int):
            self._send_msg({"pong": ping, "top": self._stream.top, "settled": self._settled()})
        elif isinstance(seen, int):
            self._send_msg(self._stream.since(seen))
