"""How long a search may go on, and whether anybody still waits for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Clock:
    """Seconds since a search began.

    Attributes
    ----------
    limit_s
        How long it may take.
    may_go_on
        Asked between steps; what it raises ends the search.

    Examples
    --------
    >>> Clock(60.0).is_over()
    False
    """

    limit_s: float
    may_go_on: Callable[[], None] | None = None
    began_s: float = field(default_factory=time.perf_counter)

    def seconds(self) -> float:
        """Return how long it has taken."""
        return time.perf_counter() - self.began_s

    def left_s(self) -> float:
        """Return how long it may still take, 0 or more."""
        return max(self.limit_s - self.seconds(), 0.0)

    def is_over(self) -> bool:
        """Return whether the time is up; asks first whether to go on at all."""
        if self.may_go_on is not None:
            self.may_go_on()
        return self.left_s() <= 0.0

    def part(self, share: float) -> Clock:
        """Return a clock of its own for a share (0-1) of the time that is left.

        Examples
        --------
        >>> Clock(60.0).part(0.5).limit_s <= 30.0
        True
        """
        return Clock(share * self.left_s(), self.may_go_on)
