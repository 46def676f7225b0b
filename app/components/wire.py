"""The one way by which changes reach the browser."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from app.components.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.stream import Stream


# A ping goes out every second; by this one the page stands.
FIRST_REST = 3


def _nothing() -> None:
    """Do nothing."""


class Wire(Scripted):
    """Carries a page's stream of changes to the browser, and answers the browser's pings.

    Parameters
    ----------
    stream
        The changes.
    settled
        Whether everything that the user asked for so far is done and kept.
    heard
        Called with what the page itself says (static/desk.js): its address, its size, its panel.
    at_rest
        Called now and then while nothing is to be done.
    """

    _esm = files("app").joinpath("static/wire.js").read_text("utf-8")
    _stylesheets = [":host{display:none}"]  # noqa: RUF012 - Panel's own form

    def __init__(
        self,
        stream: Stream,
        settled: Callable[[], bool],
        heard: Callable[[dict[str, Any]], None],
        at_rest: Callable[[], None] = _nothing,
        **params: Any,  # noqa: ANN401 - param's own
    ) -> None:
        super().__init__(**params)
        self._stream, self._settled, self._heard, self._at_rest = stream, settled, heard, at_rest
        stream.carry = self._send_msg

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        if not isinstance(data, dict):
            return
        ping, seen, desk = data.get("ping"), data.get("seen"), data.get("desk")
        if isinstance(ping, int):
            settled = self._settled()
            self._send_msg({"pong": ping, "top": self._stream.top, "settled": settled})
            if settled and ping >= FIRST_REST:
                self._stream.when_there(self._at_rest)
        elif isinstance(seen, int):
            self._send_msg(self._stream.since(seen))
        elif isinstance(desk, dict):
            if "small" in desk:
                # The panel's room goes by the stream alone, and suits the screen from the first moment.
                self._heard(desk)
            else:
                # Back and forward are asked for by hand; light or dark, and a panel's height, are not.
                hear = self._stream.heard if "address" in desk else self._stream.when_there
                hear(partial(self._heard, desk))
