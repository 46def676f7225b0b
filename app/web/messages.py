"""Messages of browsers, bounded before anything is made of them."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import logging
import zlib
from typing import TYPE_CHECKING, Any

from bokeh.core.serialization import Buffer
from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.views.ws import WSHandler
from bokeh.util.serialization import make_id

from geodata.files.limits import MESSAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = logging.getLogger(__name__)
# Those that Bokeh's pages send; numpy has others, of which one value may have any size.
DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "object",
)  # fmt: skip
TOO_LARGE = 1009


class TooMuchError(Exception):
    """A message holds, or unpacks to, more than any page of ours sends."""


def unpack(content: object, buffers: Iterable[Buffer]) -> None:
    """Unpack the bytes of a message in place, as far as they are few enough.

    Bokeh unpacks whatever it is given: 1.5 MB became 1.2 GB. It takes a buffer as well, as it is.

    Parameters
    ----------
    content
        The message's content, JSON as it was read.
    buffers
        What came beside it; it counts as often as it is asked for.

    Raises
    ------
    TooMuchError
    """
    sizes = {str(b.id): len(b.data) for b in buffers}
    left, stack = MESSAGE_BYTES, [content]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, dict):
            kind, data = part.get("type"), part.get("data")
            if kind == "bytes":
                if isinstance(data, str):
                    data = _unzipped(data, left)
                    part["data"] = Buffer(make_id(), data)
                    left -= len(data)
                elif isinstance(data, dict):
                    left -= sizes.get(str(data.get("id")), 0)
                if left < 0:
                    raise TooMuchError
                continue
            if kind == "ndarray" and part.get("dtype") not in DTYPES:
                raise TooMuchError
            stack.extend(part.values())


def _unzipped(text: str, most: int) -> bytes:
    """Return what a text unpacks to, one byte too many at most; nothing of what is damaged."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(text))) as file:
            return file.read(most + 1)
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error):
        return b""


class BoundedSocket(WSHandler):  # type: ignore[misc]  # Bokeh ships no types that mypy takes
    """Bokeh's socket, closed on whoever sends more than a page of ours would.

    Tornado bounds each part of a message; Bokeh takes any number of parts.
    """

    _taken = 0

    def open(self) -> None:
        """Greet a page; whoever speaks otherwise is turned away in one line of the log.

        Bokeh closes such a socket, and then raises: a traceback for whatever anybody sends.
        """
        try:
            super().open()
        # Of words that are no token: no base64, no JSON, another shape.
        except (ProtocolError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
            LOG.info("a socket that does not speak as a page of ours was closed: %s", type(error).__name__)
            self.close()

    async def _receive(self, fragment: str | bytes) -> Any:  # noqa: ANN401 - Bokeh's own
        self._taken += len(fragment)
        if self._taken > MESSAGE_BYTES:
            self._turn_away()
            return None
        message = await super()._receive(fragment)
        if message is None:
            return None
        self._taken = 0
        try:
            unpack(message.content, message.buffers)
        except TooMuchError:
            # Whatever still comes is not read.
            self._taken = MESSAGE_BYTES
            self._turn_away()
            return None
        return message

    def _turn_away(self) -> None:
        LOG.warning("a message of more than %d bytes was not read; its page was closed", MESSAGE_BYTES)
        self.close(TOO_LARGE, "message too large")


def bound(web: Any) -> None:  # noqa: ANN401 - Bokeh's own
    """Let the sockets of a Tornado application of Bokeh's be bounded ones."""
    for rule in web.wildcard_router.rules:
        if isinstance(rule.target, type) and issubclass(rule.target, WSHandler):
            rule.target = BoundedSocket
