"""Messages of browsers, bounded before anything is made of them."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import logging
import traceback
import zlib
from typing import TYPE_CHECKING, Any

from bokeh.core.serialization import Buffer
from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.views.ws import WSHandler
from bokeh.util.serialization import make_id

from geodata.errors import brief
from geodata.files.limits import MESSAGE_BYTES
from planner.cli.console import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = logging.getLogger(__name__)
# Those that Bokeh's pages send; numpy has others, of which one value may have any size.
DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "object",
)  # fmt: skip
TOO_LARGE = 1009
# Where Bokeh tells of messages, each time with all that they hold: whoever may sign in could fill the disk.
TOLD_BY = ("bokeh.server.protocol_handler", "bokeh.server.views.ws")
OURS = ("app", "geodata", "planner")


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


def tells_briefly(record: logging.LogRecord) -> bool:
    """Cut what a log says of a message; a trace stays where our own code failed, and not Bokeh at reading it.

    Always true: nothing is left out of the log.
    """
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        record.msg = brief(ValueError(record.getMessage()))
    else:
        fault = _is_ours(error)
        record.msg = (
            f"a message of a page {'failed' if fault else 'was refused'}: {brief(error) or repr(error)}"
        )
        record.exc_info = record.exc_info if fault else None
    record.msg, record.args = harmless(record.msg), ()
    return True


def _is_ours(error: BaseException) -> bool:
    """Return whether an error came up in, or through, our own code; this module is in every message's way."""
    frames = traceback.walk_tb(error.__traceback__)
    modules = {str(frame.f_globals.get("__name__")) for frame, _ in frames} - {__name__}
    return any(module.partition(".")[0] in OURS for module in modules)


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

    async def send_message(self, message: Any) -> None:  # noqa: ANN401 - Bokeh's own
        """Send a message; where files lie on the server is nobody's business."""
        if message.msgtype == "ERROR":
            message.content["traceback"] = None
        await super().send_message(message)

    def _turn_away(self) -> None:
        LOG.warning("a message of more than %d bytes was not read; its page was closed", MESSAGE_BYTES)
        self.close(TOO_LARGE, "message too large")


def bound(web: Any) -> None:  # noqa: ANN401 - Bokeh's own
    """Let the sockets of a Tornado application of Bokeh's be bounded ones, and the log of what they hear."""
    for name in TOLD_BY:
        logging.getLogger(name).addFilter(tells_briefly)
    for rule in web.wildcard_router.rules:
        if isinstance(rule.target, type) and issubclass(rule.target, WSHandler):
            rule.target = BoundedSocket
