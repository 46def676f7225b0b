"""One ordered stream of changes to a page, each with a number.

The page is a set of named slots: the sheet, the headline, the map's colours. A change gives a slot its new
value and takes the next number. The browser (``static/stream.js``) shows changes in the order of their
numbers only, and asks again when one is missing; it is then sent the newest value of every slot that changed
since. So a change that is late, lost or overtaken on its way never leaves an old value on the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _nothing(*_: object) -> None:
    """Do nothing."""


def _now(act: Callable[[], None]) -> None:
    """Do it at once."""
    act()


class Stream:
    """The changes to one page.

    Parameters
    ----------
    guard
        Called before every change; raises where the page may not be touched (off its event loop).
    when_there
        Does what the browser asks for, at once or once the page stands there (:class:`app.core.work.Work`).

    Examples
    --------
    >>> stream = Stream()
    >>> stream.put("sheet", "Sukorejo"), stream.put("map", "dry"), stream.put("sheet", "Wonorejo")
    (1, 2, 3)
    >>> stream.since(0)
    {'top': 3, 'all': [[2, 'map', 'dry'], [3, 'sheet', 'Wonorejo']]}
    >>> stream.since(2)
    {'top': 3, 'all': [[3, 'sheet', 'Wonorejo']]}
    """

    def __init__(
        self,
        guard: Callable[[], None] = _nothing,
        when_there: Callable[[Callable[[], None]], None] = _now,
    ) -> None:
        self._guard = guard
        self.when_there = when_there
        # How many acts of the user were heard: what was told belongs to the act in which it was told.
        self.acts = 0
        self._last: dict[str, tuple[int, Any]] = {}
        self.top = 0
        # Set by what carries messages to the browser.
        self.carry: Callable[[dict[str, Any]], None] = _nothing

    def heard(self, act: Callable[[], None]) -> None:
        """Do what somebody asked for by hand, such as with a button or a click on the map.

        Examples
        --------
        >>> stream = Stream()
        >>> stream.heard(lambda: None)
        >>> stream.acts
        1
        """

        def begun() -> None:
            self.acts += 1
            act()

        self.when_there(begun)

    def put(self, slot: str, value: Any) -> int:  # noqa: ANN401 - whatever JSON can say
        """Give a slot a value and return the number of this change.

        Raises
        ------
        RuntimeError
            Called off the page's event loop.
        """
        self._guard()
        self.top += 1
        self._last[slot] = (self.top, value)
        self.carry({"n": self.top, "slot": slot, "value": value})
        return self.top

    def value(self, slot: str) -> Any:  # noqa: ANN401 - whatever was put
        """Return the newest value of a slot; None before the first."""
        return self._last[slot][1] if slot in self._last else None

    def since(self, number: int) -> dict[str, Any]:
        """Return what changed after a number: the newest value of each slot, in order, and the top."""
        changed = [[n, slot, value] for slot, (n, value) in self._last.items() if n > number]
        return {"top": self.top, "all": sorted(changed, key=lambda change: int(change[0]))}

    def close(self) -> None:
        """Forget everything; later changes go nowhere."""
        self.carry = _nothing
        self._last.clear()
