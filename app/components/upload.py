"""A field for a file that says why it takes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui

if TYPE_CHECKING:
    from collections.abc import Callable


class Upload(pmui.FileInput):
    """A field for one file; what the browser refuses is told instead of ending in a fault of the server.

    Parameters
    ----------
    refused
        Called with the browser's words, such as that a file is too large.
    """

    def __init__(self, refused: Callable[[str], None], **params: Any) -> None:  # noqa: ANN401 - param's own
        super().__init__(**params)
        self._refused = refused

    def _handle_msg(self, msg: Any) -> None:  # noqa: ANN401 - Panel's own
        if isinstance(msg, dict) and msg.get("status") == "error":
            self._refused(str(msg.get("error", ""))[:300])
            return
        super()._handle_msg(msg)
