"""Units divided over areas where they reach most people, and what no other division can beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AreaCurve:
    """What units, or steps of money, in one area bring its own people, by their number.

    Attributes
    ----------
    code
        Of the area.
    people
        float64 ``(n + 1,)``: people newly reached by the best plan found with at most 0, 1, … n units; never
        falling.
    bound
        float64 ``(n + 1,)``: no plan of so many units reaches more.
    beyond
        No number of units reaches more people than so many; ``inf`` where that is not known.
    """

    code: str
    people: NDArray[np.float64]
    bound: NDArray[np.float64]
    beyond: float

    def __post_init__(self) -> None:
        people, bound = self.people, self.bound
        numbers = len(people) == len(bound) > 0 and not (np.isnan(people).any() or np.isnan(bound).any())
        if not (numbers and (np.diff(people) >= 0).all() and (bound >= people).all()):
            msg = f"the curve of {self.code} must not fall, nor pass its bound: make it by area_curve"
            raise ConfigError(msg)


def area_curve(
    code: str, curve: pd.DataFrame, *, beyond: float, step: float = 1.0, exact: bool = True
) -> AreaCurve:
    """Return a curve of some numbers of units, or steps of money, for each number.

    Between two numbers count the plan of the smaller one, which is a plan of the larger too, and the bound of
    the larger one.

    Parameters
    ----------
    code
        Of the area.
    curve
        ``budget`` (of whole steps, rising from 0), ``people_reached``, ``bound``: what
        :func:`planner.siting.cover.curve.cover_curve` returns.
    beyond
        People whom any number of units reaches at most.
    step
        How much of the budget is one step: 1 unit, or rupiah.
    exact
        Whether all that is bought costs whole steps. Where not, an area's true share lies anywhere up to the
        next step, and so does its bound.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"budget": [0, 3], "people_reached": [0.0, 50.0], "bound": [0.0, 60.0]})
    >>> one = area_curve("35.09", found, beyond=80.0)
    >>> one.people.tolist(), one.bound.tolist()
    ([0.0, 0.0, 0.0, 50.0], [0.0, 60.0, 60.0, 60.0])
    """
    at = np.round(curve["budget"].to_numpy(dtype=np.float64) / step)
    each = np.arange(int(at[-1]) + 1)
    people = curve["people_reached"].to_numpy(dtype=np.float64)
    bound = np.append(curve["bound"].to_numpy(dtype=np.float64), beyond)
    before = np.searchsorted(at, each, side="right") - 1
    after = np.searchsorted(at, each if exact else each + 1, side="left")
    return AreaCurve(code, people[before], np.maximum(bound[after], people[before]), beyond)


@dataclass(frozen=True)
class Division:
    """Units, or steps of money, divided over areas.

    Attributes
    ----------
    shares
        By area, in the order given, how many it gets.
    people
        By area, whom they newly reach.
    total
        Of all areas: no other division of the plans found reaches more.
    bound
        No division of the units reaches more, whatever plans are made in the areas.
    """

    shares: dict[str, int]
    people: dict[str, float]
    total: float
    bound: float


def divide(curves: Sequence[AreaCurve], units: int) -> Division:
    """Return the division of units over areas that reaches most people; of equal ones, one of fewest units.

    By dynamic programming over the areas, so that it is exact for curves of any shape: what the first areas
    reach with b units is the best, over k, of what those before the last reach with b - k and it with k.

    Parameters
    ----------
    curves
        Of areas that share no people, each once.
    units
        How many there are; they need not all be used.

    Raises
    ------
    ConfigError
        Less than 1 unit; an area that is there twice.

    Examples
    --------
    The second unit of the second area brings more than the first ones:

    >>> a = AreaCurve("a", np.array([0.0, 9.0, 10.0]), np.array([0.0, 9.0, 10.0]), 10.0)
    >>> b = AreaCurve("b", np.array([0.0, 2.0, 20.0]), np.array([0.0, 2.0, 21.0]), 21.0)
    >>> found = divide([a, b], 2)
    >>> found.shares, found.total, found.bound
    ({'a': 0, 'b': 2}, 20.0, 21.0)
    """
    codes = [c.code for c in curves]
    if units < 1 or len(set(codes)) < len(codes):
        msg = f"units is a whole number of 1 or more, not {units}, and each area is there once"
        raise ConfigError(msg)
    best, took = np.zeros(units + 1), []
    at_most = np.zeros(units + 1)
    for one in curves:
        best, number = _with_one_more(best, one.people)
        took.append(number)
        # Beyond its last number an area may still gain, up to what any number reaches.
        top = one.bound if one.beyond <= one.bound[-1] else np.append(one.bound, one.beyond)
        at_most, _ = _with_one_more(at_most, top)
    left = int(np.argmax(best))
    shares: dict[str, int] = {}
    for code, number in zip(reversed(codes), reversed(took), strict=True):
        shares[code] = int(number[left])
        left -= shares[code]
    shares = {code: shares[code] for code in codes}
    people = {c.code: float(c.people[shares[c.code]]) for c in curves}
    total = float(sum(people.values()))
    return Division(shares, people, total, max(total, float(at_most.max(initial=0.0))))


def _with_one_more(
    best: NDArray[np.float64], gain: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the best of an area more by number of units, and how many of them it gets."""
    size = len(best)
    out, number = best + gain[0], np.zeros(size, np.int64)
    for k in range(1, min(len(gain), size)):
        if gain[k] == gain[k - 1]:
            continue  # a unit that brings nobody
        tried = best[: size - k] + gain[k]
        better = tried > out[k:]
        out[k:][better], number[k:][better] = tried[better], k
    return out, number
