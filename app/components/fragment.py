"""HTML of our own templates whose buttons and links speak to Python."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import param

from app.components.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.stream import Stream

# Of what is typed; a note is the longest.
LONGEST_TEXT = 20_000


def well_formed(text: str) -> str:
    r"""Return a text as every file and database can hold it: half a character, or a zero byte, is replaced.

    Examples
    --------
    >>> well_formed("Pustu \ud800A\x00") == "Pustu \ufffdA\ufffd"
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


class Fragment(Scripted):
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
            act = {str(k): well_formed(str(v)[:LONGEST_TEXT]) for k, v in data.items()}
            # What comes along from the page before was done there.
            hear = self._stream.when_there if act["act"] == "carried" else self._stream.heard
            hear(partial(self._acted, act))
