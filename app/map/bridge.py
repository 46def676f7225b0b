"""The two ways between the map's page and Python: messages, each a small dictionary with a ``type``."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import param
from panel.custom import JSComponent

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.stream import Stream

MOST_DRAWN_POINTS = 500
# Of what is typed; a note is the longest.
LONGEST_TEXT = 20_000
FARTHEST_MISS_M = 2000.0


def well_formed(text: str) -> str:
    r"""Return a text as every file and database can hold it: half a character, or a zero byte, is replaced.

    Examples
    --------
    >>> well_formed("Pustu \ud800A\x00") == "Pustu \ufffdA\ufffd"
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def heard(data: Any) -> dict[str, Any] | None:  # noqa: ANN401 - whatever a browser sends
    """Return a message of the page with only what can be trusted in it; None when it makes no sense.

    Examples
    --------
    >>> heard({"type": "place", "lonlat": [470.0, -7.0], "miss_m": float("inf")})
    {'type': 'place', 'lonlat': (110.0, -7.0), 'miss_m': 0.0}
    >>> heard({"type": "place", "lonlat": ["x", None]}) is None
    True
    """
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        return None
    message: dict[str, Any] = {"type": data["type"]}
    for key in ("code", "id", "text"):
        if isinstance(data.get(key), str):
            message[key] = well_formed(data[key][:500])
    if data["type"] == "place":
        place = _lonlat(data.get("lonlat"))
        if place is None:
            return None
        miss = data.get("miss_m")
        miss_m = float(miss) if isinstance(miss, (int, float)) and math.isfinite(miss) else 0.0
        message |= {"lonlat": place, "miss_m": min(max(miss_m, 0.0), FARTHEST_MISS_M)}
    elif data["type"] == "line":
        line = data.get("line")
        if not isinstance(line, list) or not 2 <= len(line) <= MOST_DRAWN_POINTS:
            return None
        places = [_lonlat(p) for p in line]
        if any(p is None for p in places):
            return None
        message["line"] = places
    return message


def _lonlat(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 - whatever a browser sends
    """Return degrees; a map that was panned round the world counts on from 180."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    lon, lat = value
    if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in (lon, lat)) or abs(lat) > 90:
        return None
    return (float(lon) + 180.0) % 360.0 - 180.0 if abs(lon) > 180 else float(lon), float(lat)


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


class MapBridge(JSComponent):
    """The iframe that holds the map.

    Each message to it fills a slot of the stream, named by its type; ``heard`` is called with each message
    from it: village, facility, place, line, cancelled.
    """

    src = param.String(doc="Address of the map's page, relative to the app's.")
    label = param.String(doc="What a screen reader calls the map.")

    _esm = files("app").joinpath("static/bridge.js").read_text("utf-8")
    _stylesheets = [":host{display:block;height:100%;width:100%}"]  # noqa: RUF012 - Panel's own form

    def __init__(self, stream: Stream, heard: Callable[[dict[str, Any]], None], **params: Any) -> None:  # noqa: ANN401 - param's own
        super().__init__(**params)
        self._stream, self._heard = stream, heard

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the page."""
        self._stream.put(f"map.{message['type']}", message)

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        message = heard(data)
        if message is not None:
            self._heard(message)


class Fragment(JSComponent):
    """A piece of HTML from our own templates, whose buttons and links speak to Python.

    An element with ``data-act`` calls ``acted`` with the names and values of its ``data-…`` attributes,
    on a click or, for inputs, on a change (then with its ``value``).

    Parameters
    ----------
    stream, slot
        Where its HTML goes; no other fragment of the page has this slot.
    """

    slot = param.String(doc="Its name in the page's stream of changes.")
    label = param.String(doc="What a screen reader calls this region.")

    _esm = files("app").joinpath("static/fragment.js").read_text("utf-8")
    _stylesheets = [files("app").joinpath("static/app.css").read_text("utf-8")]  # noqa: RUF012 - Panel's own form

    def __init__(
        self,
        stream: Stream,
        slot: str,
        acted: Callable[[dict[str, str]], None] | None = None,
        **params: Any,  # noqa: ANN401 - param's own
    ) -> None:
        super().__init__(slot=slot, **{"sizing_mode": "stretch_width", **params})
        self._stream, self._acted = stream, acted

    @property
    def html(self) -> str:
        """The HTML shown: made by a template that escapes every value."""
        return self._stream.value(self.slot) or ""

    @html.setter
    def html(self, value: str) -> None:
        self._stream.put(self.slot, value)

    def age(self, text: str) -> None:
        """Mark what is shown as old, with the words that say what is being made; the next HTML ends it."""
        self._stream.put(f"{self.slot}.old", text)

    def _handle_msg(self, data: Any) -> None:  # noqa: ANN401 - Panel's own
        if self._acted is not None and isinstance(data, dict) and isinstance(data.get("act"), str):
            self._acted({str(k): well_formed(str(v)[:LONGEST_TEXT]) for k, v in data.items()})
