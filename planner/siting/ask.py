"""What is asked of a plan: what is best, how much there is, what must be, and for how long to search."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from geodata.arguments import is_list, is_number, is_whole
from geodata.errors import ConfigError
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from planner.scenarios.modes import Season


class Objective(StrEnum):
    """What a plan is to be best at.

    Examples
    --------
    >>> Objective("villages") is Objective.VILLAGES
    True
    """

    PEOPLE = "people"
    """Most people newly within the limit (MCLP)."""
    VILLAGES = "villages"
    """Most villages newly served: with enough of their people within the limit."""
    PERSON_MINUTES = "person_minutes"
    """Least people × minutes to their nearest unit (p-median)."""
    WORST_TIME = "worst_time"
    """Shortest time of those furthest away (p-center)."""


WORST_TENTH = "worst_tenth"
OF = ("all", "district", WORST_TENTH)
# More units within reach of everybody than this are nobody's plan.
MOST_NEEDED = 9


@dataclass(frozen=True)
class Floor:
    """A share of some people that a plan reaches at least, today's reach included.

    Attributes
    ----------
    of
        ``all``; ``district``: in every kecamatan; ``worst_tenth``: the tenth of the people who have the
        longest way today, all of equal time together; or a life-cycle group of the scenario.
    share
        0-1, of those whose number is known.

    Examples
    --------
    >>> Floor("district", 0.5)
    Floor(of='district', share=0.5)
    """

    of: str
    share: float

    def __post_init__(self) -> None:
        if not isinstance(self.of, str) or not self.of.strip():
            msg = f"a floor is of all, district, {WORST_TENTH} or a life-cycle group, not {self.of!r}"
            raise ConfigError(msg)
        # Groups are the scenario's, which is not known here.
        near = difflib.get_close_matches(self.of, OF, n=1, cutoff=0.85)
        if near and self.of not in OF:
            msg = f"there is no floor of {self.of!r}. Did you mean {near[0]!r}?"
            raise ConfigError(msg)
        if not is_number(self.share) or not 0 < self.share <= 1:
            msg = f"floor {self.of}: a share above 0 and up to 1, not {self.share!r}"
            raise ConfigError(msg)


@dataclass(frozen=True)
class Ask:
    """What is asked of a plan.

    Attributes
    ----------
    objective
        What the plan is to be best at, within ``units`` or ``budget_idr``.
    units
        So many measures at most.
    budget_idr
        So many rupiah at most, yearly costs apart.
    target
        At least this share (0-1) of the people whose number is known, with as few measures as can be.
    target_in
        The share of ``all`` people, or of those of every ``district`` (kecamatan).
    least
        What a target is met with least of: ``units`` or ``money``.
    floors
        Shares that the plan reaches at least, whatever its objective loses by that.
    min_distance_m
        No two units of the kind, old or new, nearer to each other than this, as the crow flies.
    one_per_village
        New units only in villages that have none of the kind, and one in each at most.
    gradual_minutes
        Beyond the limit people count less and less, and not at all from so many minutes on (gradual
        coverage; Berman and Krass 2002); None: not at all beyond the limit.
    backup
        So many functioning units at different places have to be within the limit before a person counts as
        reached, 2 or more (backup coverage; Hogan and ReVelle 1986); None: one.
    capacity
        A person counts as reached only if a unit within the limit has room: each takes so many as its list,
        its measure or the standard says (capacitated covering; Current and Storbeck 1988).
    forced, forbidden
        Candidates (``candidate_id``) that are taken, and that are not.
    seasons
        A place counts as reached if it is in all of these; the scenario's own when None.
    seed
        One seed, one plan.
    time_limit_s
        Then the best plan so far is the answer, with its bound.

    Examples
    --------
    >>> asked = Ask(units=10, floors=(Floor("district", 0.5),), seasons=("dry", "wet"))
    >>> asked.objective.value, asked.time_limit_s
    ('people', 60.0)
    """

    units: int | None = None
    budget_idr: float | None = None
    target: float | None = None
    objective: Objective = Objective.PEOPLE
    target_in: Literal["all", "district"] = "all"
    least: Literal["units", "money"] = "units"
    floors: tuple[Floor, ...] = ()
    min_distance_m: float | None = None
    one_per_village: bool = False
    gradual_minutes: float | None = None
    backup: int | None = None
    capacity: bool = False
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    seasons: tuple[Season, ...] | None = None
    seed: int = 0
    time_limit_s: float = 60.0

    def __post_init__(self) -> None:
        # Each value for itself before they are compared.
        for what, is_wrong in self._kinds():
            if is_wrong:
                raise ConfigError(what)
        object.__setattr__(self, "objective", Objective(self.objective))
        for name in ("units", "backup", "seed"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, int(getattr(self, name)))
        for name in ("floors", "forced", "forbidden", "seasons"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for what, is_wrong in (*self._amounts(), *self._rules()):
            if is_wrong:
                raise ConfigError(what)

    @property
    def is_timed(self) -> bool:
        """Whether the times beyond the limit count too."""
        return self.objective in (Objective.PERSON_MINUTES, Objective.WORST_TIME)

    @property
    def has_rules(self) -> bool:
        """Whether a plan must keep to more than its size: floors, distances, one a village."""
        return bool(self.floors) or self.min_distance_m is not None or self.one_per_village

    @property
    def counts_money(self) -> bool:
        """Whether a measure takes its cost, not one unit."""
        return self.budget_idr is not None or (self.target is not None and self.least == "money")

    def _kinds(self) -> list[tuple[str, bool]]:
        """Return what is wrong with a value whatever the others are; the first that is gets told."""
        return [*self._sizes(), *self._lists(), *self._searching()]

    def _sizes(self) -> list[tuple[str, bool]]:
        """Return what is wrong with what is best, and with how much of it."""
        units, money, target = self.units, self.budget_idr, self.target
        away, until, needed = self.min_distance_m, self.gradual_minutes, self.backup
        what = self.objective
        one_of = f"objective is one of {', '.join(Objective)}, not {what!r}"
        return [
            (one_of, not isinstance(what, str) or what not in set(Objective)),
            (
                f"units is a whole number of 1 or more, not {units!r}",
                units is not None and not (is_whole(units) and units >= 1),
            ),
            (
                f"budget_idr is a number of rupiah above 0, not {money!r}",
                money is not None and not (is_number(money) and money > 0),
            ),
            (
                f"target is a share above 0 and up to 1, not {target!r}",
                target is not None and not (is_number(target) and 0 < target <= 1),
            ),
            (f"least is units or money, not {self.least!r}", self.least not in ("units", "money")),
            (
                f"target_in is all or district, not {self.target_in!r}",
                self.target_in not in ("all", "district"),
            ),
            (
                f"min_distance_m is a number of metres above 0, not {away!r}",
                away is not None and not (is_number(away) and away > 0),
            ),
            (
                f"gradual_minutes is a number of minutes above 0, not {until!r}",
                until is not None and not (is_number(until) and until > 0),
            ),
            (
                f"backup is how many units must be within the limit, from 2 to {MOST_NEEDED}, not {needed!r}",
                needed is not None and not (is_whole(needed) and 2 <= needed <= MOST_NEEDED),
            ),
        ]

    def _lists(self) -> list[tuple[str, bool]]:
        """Return what is wrong with the rules for all plans."""
        return [
            *(
                (f"{name} is true or false, not {value!r}", not isinstance(value, bool))
                for name, value in (("capacity", self.capacity), ("one_per_village", self.one_per_village))
            ),
            (
                f"floors is a list of Floor, such as [Floor('district', 0.5)], not {self.floors!r}",
                not is_list(self.floors) or not all(isinstance(one, Floor) for one in self.floors),
            ),
            *(
                (
                    f"{name} is a list of candidate_id, such as ['c1'], not {value!r}",
                    not is_list(value) or not all(isinstance(one, str) for one in value),
                )
                for name, value in (("forced", self.forced), ("forbidden", self.forbidden))
            ),
        ]

    def _searching(self) -> list[tuple[str, bool]]:
        """Return what is wrong with the seasons, and with how a plan is searched."""
        seasons, seed = self.seasons, self.seed
        return [
            (
                f"seasons are dry, wet or both, as in ['dry'], not {seasons!r}",
                seasons is not None
                and (not is_list(seasons) or not list(seasons) or any(s not in SEASONS for s in seasons)),
            ),
            (
                f"seed is a whole number from 0 to {2**31 - 1}, not {seed!r}",
                not (is_whole(seed) and 0 <= seed < 2**31),
            ),
            (
                f"time_limit_s is a number of seconds above 0, not {self.time_limit_s!r}",
                not (is_number(self.time_limit_s) and self.time_limit_s > 0),
            ),
        ]

    def _amounts(self) -> list[tuple[str, bool]]:
        given = [n for n in ("units", "budget_idr", "target") if getattr(self, n) is not None]
        target = self.target
        return [
            (
                f"give one of units, budget_idr and target, not {' and '.join(given) or 'none'}",
                len(given) != 1,
            ),
            (
                "least and target_in go with a target: give one",
                target is None and (self.least, self.target_in) != ("units", "all"),
            ),
        ]

    def _rules(self) -> list[tuple[str, bool]]:
        away, until = self.min_distance_m, self.gradual_minutes
        both = sorted(set(self.forced) & set(self.forbidden))
        what = self.objective
        return [
            (
                f"a target is a share of people: it has no objective {what}; give units or budget_idr",
                self.target is not None and what != Objective.PEOPLE,
            ),
            (
                f"floors go with the objective people, not {what}: leave one of them out",
                bool(self.floors) and what != Objective.PEOPLE,
            ),
            (
                "gradual_minutes goes with the objective people, without target and floors",
                until is not None
                and (what != Objective.PEOPLE or self.target is not None or bool(self.floors)),
            ),
            (
                f"{what} knows no min_distance_m and no one_per_village: leave these out",
                self.is_timed and (away is not None or self.one_per_village),
            ),
            (
                f"{'gradual_minutes' if until is not None else what} is of one season: give one, not both",
                (self.is_timed or until is not None) and self.seasons is not None and len(self.seasons) > 1,
            ),
            *self._backup(),
            *self._capacity(),
            (f"{both[0] if both else ''} is both forced and forbidden: choose one", bool(both)),
        ]

    def _backup(self) -> list[tuple[str, bool]]:
        needed, what = self.backup, self.objective
        return [
            (
                f"backup goes with the objective people, not {what}: leave one of them out",
                needed is not None and what != Objective.PEOPLE,
            ),
            (
                "backup and gradual_minutes both say who counts: leave one of them out",
                needed is not None and self.gradual_minutes is not None,
            ),
        ]

    def _capacity(self) -> list[tuple[str, bool]]:
        only = "capacity goes with most people reached, by units or money"
        return [
            (
                f"{only}, not with {self.objective}: leave one of them out",
                self.capacity is True and self.objective != Objective.PEOPLE,
            ),
            (
                f"{only}: leave out target, floors, gradual_minutes and backup",
                self.capacity is True
                and (self.target is not None or bool(self.floors) or self.gradual_minutes is not None
                     or self.backup is not None),
            ),
            (
                "capacity is of one season: give one, not both",
                self.capacity is True and self.seasons is not None and len(self.seasons) > 1,
            ),
        ]  # fmt: skip
