"""A field for a file that says why it takes none, and keeps no more than one file of its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui

from geodata.files.limits import FILE_PIECE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable


# Said of a file without content: a browser sends no piece of it.
EMPTY = "empty"


def _nothing() -> None:
    """Do nothing."""


class Upload(pmui.FileInput):
    """A field for one file; what the browser refuses is told instead of ending in a fault of the server.

    A browser may send anything: its pieces are taken in their order, up to the field's size, and what no page
    of ours sends is dropped.

    Parameters
    ----------
    refused
        Called with the browser's words, such as that a file is too large; or with :data:`EMPTY`.
    max_file_size
        The most bytes of a file.
    begun
        Called when a file begins to come: what was said of the one before holds no longer.
    """

    def __init__(
        self, refused: Callable[[str], None], *, max_file_size: int, begun: Callable[[], None] = _nothing,
        **params: Any,  # noqa: ANN401 - param's own
    ) -> None:  # fmt: skip
        super().__init__(max_file_size=max_file_size, chunk_size=FILE_PIECE_BYTES, **params)
        self._refused, self._begun = refused, begun
        self._waits = False
        # Kept here, since a browser may change every parameter.
        self._most_bytes = max_file_size
        self._held_bytes = 0

    @property
    def given(self) -> bytes:
        """The content of the file; empty when there is none."""
        return self.value if isinstance(self.value, bytes) else b""

    def _handle_msg(self, msg: Any) -> None:  # noqa: ANN401 - Panel's own
        status = msg.get("status") if isinstance(msg, dict) else None
        if status == "error":
            self._waits = False
            self._refused(str(msg.get("error", ""))[:300])
        elif status == "initializing":
            self._forget()
            # The same file once more is another one.
            self.value = None
            self._waits = True
            self._begun()
        elif status == "upload_event":
            self._process_chunk(msg)
        elif status == "finished":
            super()._handle_msg(msg)
            if self._waits:
                self._waits = False
                self._refused(EMPTY)

    def _process_chunk(self, msg: dict[str, Any]) -> None:
        name, number, pieces, data = (msg.get(k) for k in ("name", "chunk", "total_chunks", "data"))
        if not (
            isinstance(name, str) and isinstance(msg.get("mime_type"), str)
            # A number makes as many bytes.
            and isinstance(data, (bytes, memoryview)) and type(number) is int and type(pieces) is int
            and 1 <= number <= pieces
        ):  # fmt: skip
            return
        self._waits = False
        if number == 1:
            self._forget()
        held = self._file_buffer.get(name)
        following = 1 if held is None else len(held["chunks"]) + 1
        if number != following or (held is not None and held["total_chunks"] != pieces):
            return
        self._held_bytes += len(data)
        if self._held_bytes > self._most_bytes or pieces > -(-self._most_bytes // FILE_PIECE_BYTES):
            self._forget()
            self._refused("too large")
            return
        super()._process_chunk(msg)

    def _forget(self) -> None:
        """Forget what came of a file."""
        self._file_buffer.clear()
        self._buffer.clear()
        self._held_bytes = 0
