"""What is asked of a plan: how much there is, what must be and must not be, and for how long to search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from planner.scenarios.modes import Season


@dataclass(frozen=True)
class Ask:
    """What is asked of a plan.

    Attributes
    ----------
    units
        So many measures at most.
    budget_idr
        So many rupiah at most, yearly costs apart.
    target
        At least this share (0-1) of the people whose number is known, with as few measures as can be.
    forced, forbidden
        Candidates (``candidate_id``) that are taken, and that are not.
    seasons
        A place counts as reached if it is in all of these; the scenario's own when None.
    seed
        One seed, one plan.
    time_limit_s
        Then the best plan so far is the answer, with its bound.
    """

    units: int | None = None
    budget_idr: float | None = None
    target: float | None = None
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    seasons: tuple[Season, ...] | None = None
    seed: int = 0
    time_limit_s: float = 60.0

    def __post_init__(self) -> None:
        given = [n for n in ("units", "budget_idr", "target") if getattr(self, n) is not None]
        if len(given) != 1:
            msg = f"give one of units, budget_idr and target, not {' and '.join(given) or 'none'}"
            raise ConfigError(msg)
        if self.units is not None and (self.units != int(self.units) or self.units < 1):
            msg = f"units is a whole number of 1 or more, not {self.units}"
            raise ConfigError(msg)
        if self.budget_idr is not None and not 0 < self.budget_idr < np.inf:
            msg = f"budget_idr is a number of rupiah above 0, not {self.budget_idr}"
            raise ConfigError(msg)
        if self.target is not None and not 0 < self.target <= 1:
            msg = f"target is a share above 0 and up to 1, not {self.target}"
            raise ConfigError(msg)
        if not (isinstance(self.seed, int) and 0 <= self.seed < 2**31):
            msg = f"seed is a whole number from 0 to {2**31 - 1}, not {self.seed}"
            raise ConfigError(msg)
        if self.seasons is not None and (not self.seasons or set(self.seasons) - {"dry", "wet"}):
            msg = f"seasons are dry, wet or both, not {', '.join(map(str, self.seasons)) or 'none'}"
            raise ConfigError(msg)
        if not self.time_limit_s > 0:
            msg = f"time_limit_s is a number of seconds above 0, not {self.time_limit_s}"
            raise ConfigError(msg)
        both = sorted(set(self.forced) & set(self.forbidden))
        if both:
            msg = f"{both[0]} is both forced and forbidden: choose one"
            raise ConfigError(msg)
