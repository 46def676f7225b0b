"""How long a solver may take, by which seed, and who may stop it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _go_on() -> None:
    """Go on."""


@dataclass
class Work:
    """How long a solver may take, by which seed, and who may stop it.

    Attributes
    ----------
    time_limit_s
        Then the best so far is the answer, with its bound.
    seed
        One seed, one answer.
    may_go_on
        Called before every longer step; what it raises ends the work.
    """

    time_limit_s: float = 60.0
    seed: int = 0
    may_go_on: Callable[[], None] = _go_on
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The seconds that it has taken."""
        return time.perf_counter() - self.started

    @property
    def left_s(self) -> float:
        """The seconds that are left."""
        return max(self.time_limit_s - self.seconds, 0.0)
