"""The two ways between the map's page and Python: messages, each a small dictionary with a ``type``."""

from __future__ import annotations

import math
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import param

from app.components.fragment import well_formed
from app.components.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.stream import Stream

MOST_DRAWN_POINTS = 500
FARTHEST_MISS_M = 2000.0
FARTHEST_DEGREES = 1e6
# As many as an address says (app/web/address.py): 0.1 m.
BOX_DECIMALS = 6


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
    read = READ.get(data["type"])
    more = {} if read is None else read(data)
    return None if more is None else message | more


def _place(data: dict[str, Any]) -> dict[str, Any] | None:
    place = _lonlat(data.get("lonlat"))
    if place is None:
        return None
    miss = data.get("miss_m")
    miss_m = float(miss) if isinstance(miss, (int, float)) and math.isfinite(miss) else 0.0
    return {"lonlat": place, "miss_m": min(max(miss_m, 0.0), FARTHEST_MISS_M)}


def _points(data: dict[str, Any], *, least: int) -> dict[str, Any] | None:
    line = data.get("line")
    if not isinstance(line, list) or not least <= len(line) <= MOST_DRAWN_POINTS:
        return None
    places = [_lonlat(p) for p in line]
    return None if any(p is None for p in places) else {"line": places}


def _box(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the corners of a box, the lower left first, as west, south, east, north (degrees)."""
    corners = data.get("corners")
    if not isinstance(corners, list) or len(corners) != 2 or any(_lonlat(c) is None for c in corners):
        return None
    (west, south), (east, north) = corners
    # Both by the same turns of the world: a box that reaches over the date line stays one.
    turn = 360.0 * math.floor(((west + east) / 2 + 180.0) / 360.0)
    return {"box": tuple(round(float(v), BOX_DECIMALS) for v in (west - turn, south, east - turn, north))}


# What more there is to read in messages of a type.
READ: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
    "place": _place, "line": partial(_points, least=2), "area": partial(_points, least=3), "several": _box,
}  # fmt: skip


def _lonlat(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 - whatever a browser sends
    """Return degrees; a map that was panned round the world counts on from 180."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    lon, lat = value
    # No map was ever panned so far; and a whole number may be too long for a float.
    if (
        not all(isinstance(v, (int, float)) and abs(v) <= FARTHEST_DEGREES for v in (lon, lat))
        or abs(lat) > 90
    ):
        return None
    return (float(lon) + 180.0) % 360.0 - 180.0 if abs(lon) > 180 else float(lon), float(lat)


class MapBridge(Scripted):
    """The iframe that holds the map.

    Each message to it fills a slot of the stream, named by its type; ``heard`` is called with each message
    from it: village, facility, site, place, line, area, cancelled.
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
            self._stream.heard(partial(self._heard, message))
