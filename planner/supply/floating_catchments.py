"""How much supply there is for each person: two-step floating catchments.

A number for the same place in two ways: how much care is in reach, and how many others reach for it. Unlike
:func:`planner.supply.capacity.allocate` nobody is sent anywhere: all within reach count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from planner.travel.times import SparseTimes


@dataclass(frozen=True)
class Zones:
    """Weights by travel-time zone; beyond the last zone the weight is 0.

    Attributes
    ----------
    until_s
        The end (seconds) of each zone, which belongs to it; rising.
    weight
        Of each zone, 0 or more.

    Raises
    ------
    ConfigError
        The numbers of ends and weights differ, ends do not rise or a weight is below 0.
    """

    until_s: tuple[float, ...]
    weight: tuple[float, ...]

    def __post_init__(self) -> None:
        ends, weights = np.array(self.until_s), np.array(self.weight)
        if ends.shape != weights.shape or not len(ends):
            msg = f"zones need one weight each: {len(ends)} ends, {len(weights)} weights"
        elif not ((np.diff(ends) > 0).all() and ends[0] >= 0):
            msg = f"the ends of zones must rise: {self.until_s}"
        elif not (np.isfinite(weights).all() and (weights >= 0).all()):
            msg = f"weights of zones must be 0 or more: {self.weight}"
        else:
            return
        raise ConfigError(msg)

    def of(self, travel_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight at each time: float64, of the shape of the times; no unit.

        Parameters
        ----------
        travel_s
            float64 ``(pairs,)``, seconds, 0 or more.

        Examples
        --------
        >>> LUO_QI.of(np.array([0.0, 600.0, 601.0, 1800.0, 1801.0])).tolist()
        [1.0, 1.0, 0.68, 0.22, 0.0]
        """
        zone = np.searchsorted(np.array(self.until_s), travel_s, side="left")
        return np.append(self.weight, 0.0)[zone]


# Luo and Qi (2009); the package `access` takes the same by default.
LUO_QI = Zones((600.0, 1200.0, 1800.0), (1.0, 0.68, 0.22))


def two_step(
    times: SparseTimes,
    people: ArrayLike,
    supply: ArrayLike,
    *,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the supply for each person, by place: float64 ``(places,)``, units of supply a person.

    Step 1 shares each facility's supply equally among all people of its catchment. Step 2 adds up, for
    each place, the shares of the facilities it reaches. With midwives as supply, 0.0004 reads: as if every
    2,500 people had a midwife to themselves. Compare with the area's supply ÷ people, which
    is the mean of the scores, weighted by people, where all of both are in some catchment.

    Parameters
    ----------
    times
        The pairs within the catchment, each once.
    people
        float64 ``(places,)``; NaN = unknown.
    supply
        float64 ``(facilities,)``, such as beds, midwives or people a day; NaN = unknown.
    weight
        float64 by pair, 0 or more: how much a person at that time counts, and how much of the share
        counts for them. None: 1, as in the first paper. A pair of weight 0 is outside the catchment.

    Raises
    ------
    ConfigError
        A number is below 0 or infinite, or there are not as many as there should be.

    Notes
    -----
    Places in no catchment have 0: they reach nothing, and that is known. A facility without people in its
    catchment serves nobody and adds nothing. Otherwise one unknown makes unknown what depends on it: a
    facility's share is NaN where its supply, or the people of any place in its catchment, are unknown
    (it is 0 if the supply is), and a place's score is NaN where one of its shares is.

    Scores × people add up to the supply of all facilities that anybody reaches.

    Source: Luo and Wang, Environment and Planning B 30 (2003) 865–884, doi:10.1068/b29120.

    Examples
    --------
    Both villages reach the first midwife, one alone the second: 1/100 and 1/100 + 1/60.

    >>> from planner.travel.times import SparseTimes
    >>> times = SparseTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([600.0, 300.0, 900.0]))
    >>> two_step(times, [40, 60], [1, 1]).round(4).tolist()
    [0.01, 0.0267]
    """
    demand, offer = np.asarray(people, dtype=np.float64), np.asarray(supply, dtype=np.float64)
    factor = np.ones(len(times.place)) if weight is None else np.asarray(weight, dtype=np.float64)
    for name, values in (("people", demand), ("supply", offer), ("weight", factor)):
        if values.ndim != 1 or (values < 0).any() or np.isinf(values).any():
            msg = f"{name} must be one number of 0 or more for each row"
            raise ConfigError(msg)
    if len(factor) != len(times.place) or np.isnan(factor).any():
        msg = f"weight needs one number for each of {len(times.place)} pairs"
        raise ConfigError(msg)
    inside = factor > 0
    place, facility, factor = times.place[inside], times.facility[inside], factor[inside]
    if len(place) and (place.max() >= len(demand) or facility.max() >= len(offer)):
        msg = f"times name a place or facility that is not among {len(demand)} and {len(offer)}"
        raise ConfigError(msg)
    wanted = _sums(facility, factor * demand[place], len(offer))
    share = np.zeros(len(offer))
    some = (wanted != 0) & (offer != 0)
    share[some] = offer[some] / wanted[some]
    return _sums(place, factor * share[facility], len(demand))


def enhanced(
    times: SparseTimes,
    people: ArrayLike,
    supply: ArrayLike,
    *,
    zones: Zones = LUO_QI,
) -> NDArray[np.float64]:
    """Return the supply for each person by place, the far counting less: float64 ``(places,)``.

    As :func:`two_step`, with the weight of each pair's zone in both steps; pairs beyond the last zone
    are outside the catchment, so ``times`` must reach as far as the zones do.

    Source: Luo and Qi, Health & Place 15 (2009) 1100–1107, doi:10.1016/j.healthplace.2009.06.002.

    Parameters
    ----------
    times, people, supply
        As :func:`two_step` takes them.
    zones
        The weights by travel time (seconds).

    Raises
    ------
    ConfigError
        As in :func:`two_step`.

    Examples
    --------
    >>> from planner.travel.times import SparseTimes
    >>> times = SparseTimes(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 900.0]))
    >>> enhanced(times, [66, 50], [1]).round(4).tolist()
    [0.01, 0.0068]
    """
    return two_step(times, people, supply, weight=zones.of(times.travel_s))


def _sums(key: NDArray[np.int32], value: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the sum of each key's values, added in order of size: the order of rows changes nothing."""
    order = np.lexsort((value, key))
    total: NDArray[np.float64] = np.bincount(key[order], value[order], minlength=count).astype(np.float64)
    return total
