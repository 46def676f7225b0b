"""What a router answers with, and how many offers become one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from geodata.runs import run_starts
from planner.kernels import dijkstra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network.graph import Ends

    Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

T = TypeVar("T")
NO_FACILITY = -1
# Times are rounded to this, so that the sum of many pieces does not miss a limit by its last bit.
SECOND_DECIMALS = 6


@dataclass(frozen=True)
class TravelTimes:
    """Seconds from each place to its nearest facility (or back).

    Attributes
    ----------
    travel_s
        float64 ``(places,)``; ``inf`` = no facility can be reached.
    facility
        int32 ``(places,)``, number of that facility; -1 where there is none.
    access_m
        float64 ``(places,)``, straight distance to the network (metres); ``inf`` = none within the
        limit.
    joined
        Whether any facility has an access point on the network.
    """

    travel_s: NDArray[np.float64]
    facility: NDArray[np.int32]
    access_m: NDArray[np.float64]
    joined: bool


@dataclass(frozen=True)
class SparseTimes:
    """Pairs of place and facility with their time, in order of (place, facility).

    Attributes
    ----------
    place, facility
        int32 ``(pairs,)``, numbers.
    travel_s
        float64 ``(pairs,)``.
    """

    place: NDArray[np.int32]
    facility: NDArray[np.int32]
    travel_s: NDArray[np.float64]


class BestTimes:
    """The smallest time offered to each place, and the facility it leads to.

    Parameters
    ----------
    places
        Number of places.

    Attributes
    ----------
    travel_s
        float64 ``(places,)``, seconds; ``inf`` = nothing offered yet.
    facility
        int64 ``(places,)``; -1 = none yet.
    """

    def __init__(self, places: int) -> None:
        self.travel_s = np.full(places, np.inf)
        self.facility = np.full(places, NO_FACILITY, dtype=np.int64)

    def offer(
        self, place: NDArray[np.generic], facility: NDArray[np.generic], seconds: NDArray[np.float64]
    ) -> None:
        """Keep what is better than before; of equal times, the smaller facility.

        Parameters
        ----------
        place, facility
            int ``(offers,)``, numbers; a place may occur several times.
        seconds
            float64 ``(offers,)``; ``inf`` is no offer.

        Examples
        --------
        >>> best = BestTimes(2)
        >>> best.offer(np.array([0, 0, 0]), np.array([7, 5, 3]), np.array([60.0, 60.0, 90.0]))
        >>> best.facility.tolist(), best.travel_s.tolist()
        ([5, -1], [60.0, inf])
        """
        order = np.lexsort((facility, seconds, place))
        order = order[seconds[order] < np.inf]
        place, facility, seconds = place[order], facility[order], seconds[order]
        first = run_starts(place)
        place, facility, seconds = place[first], facility[first], seconds[first]
        now, owner = self.travel_s[place], self.facility[place]
        better = (seconds < now) | ((seconds == now) & (facility < owner))
        self.travel_s[place[better]] = seconds[better]
        self.facility[place[better]] = facility[better]

    def offer_ends(self, ends: Ends, label: NDArray[np.float64]) -> None:
        """Keep what a search's labels (time, facility) at the ends of the places make better.

        Parameters
        ----------
        ends
            Where the places meet the graph.
        label
            float64 ``(nodes, 2)``: seconds to the nearest facility of each node, and its number.

        Examples
        --------
        A place is 10 s from node 0 and 30 s from node 1:

        >>> from planner.network.graph import Ends
        >>> place, node = np.array([0, 0], np.int32), np.array([0, 1], np.int32)
        >>> ends = Ends(place, node, np.array([10.0, 30.0]), place, np.array([False, True]))
        >>> best = BestTimes(1)
        >>> best.offer_ends(ends, np.array([[60.0, 4.0], [50.0, 2.0]]))
        >>> best.travel_s.tolist(), best.facility.tolist()
        ([70.0], [4])
        """
        dijkstra.offer_ends(self.travel_s, self.facility, ends.place, ends.node, ends.seconds, label)

    def times(self, access_m: NDArray[np.float64], *, joined: bool) -> TravelTimes:
        """Return the answer, its times rounded to the microsecond.

        Parameters
        ----------
        access_m
            float64 ``(places,)``, metres.
        joined
            Whether any facility has an access point on the network.

        Examples
        --------
        >>> best = BestTimes(1)
        >>> best.offer(np.array([0]), np.array([2]), np.array([20.00000049]))
        >>> times = best.times(np.array([15.0]), joined=True)
        >>> times.travel_s.tolist(), times.facility.tolist()
        ([20.0], [2])
        """
        travel_s = np.round(self.travel_s, SECOND_DECIMALS)
        facility = self.facility.astype(np.int32)
        for array in (travel_s, facility):
            array.setflags(write=False)
        return TravelTimes(travel_s, facility, access_m, joined)


def k_best(
    place: NDArray[np.int64], facility: NDArray[np.int64], seconds: NDArray[np.float64], places: int, k: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the k quickest different facilities of each place: seconds and numbers.

    Parameters
    ----------
    place, facility, seconds
        int64, int64 and float64 ``(offers,)``; ``inf`` seconds and facilities below 0 are no offers.
    places
        Number of places.
    k
        Number of facilities wanted.

    Returns
    -------
    travel_s, facility
        float64 and int32 ``(places, k)``; ``inf`` and -1 where there are fewer. Seconds are rounded to
        the microsecond.

    Examples
    --------
    >>> facility, seconds = np.array([4, 4, 2]), np.array([90.0, 60.0, 75.0])
    >>> [a.tolist() for a in k_best(np.array([0, 0, 0]), facility, seconds, places=1, k=3)]
    [[[60.0, 75.0, inf]], [[4, 2, -1]]]
    """
    seconds = np.round(seconds, SECOND_DECIMALS)
    order = np.lexsort((seconds, facility, place))
    order = order[(seconds[order] < np.inf) & (facility[order] >= 0)]
    new = run_starts(place[order], facility[order])
    order = order[new]
    order = order[np.lexsort((facility[order], seconds[order], place[order]))]
    owner = place[order]
    slot = np.arange(len(order)) - np.searchsorted(owner, owner, side="left")
    fits = slot < k
    travel_s = np.full((places, k), np.inf)
    number = np.full((places, k), NO_FACILITY, dtype=np.int32)
    travel_s[owner[fits], slot[fits]] = seconds[order][fits]
    number[owner[fits], slot[fits]] = facility[order][fits]
    return travel_s, number


def sparse_times(
    found: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]],
    direct: Pairs,
    shape: tuple[int, int],
    cutoff_s: float,
) -> SparseTimes:
    """Return the shortest time of each pair within the cutoff, by place, then facility.

    Parameters
    ----------
    found, direct
        (place, facility, seconds) ``(pairs,)`` by the network, each pair once, and otherwise: int32 or
        int64, and float64.
    shape
        Numbers of places and facilities.
    cutoff_s
        Seconds; included.

    Examples
    --------
    >>> zero = np.array([0], np.int32)
    >>> found, walk = (zero, zero, np.array([60.0])), (zero, zero, np.array([45.0]))
    >>> sparse_times(found, walk, (1, 1), cutoff_s=50.0).travel_s.tolist()
    [45.0]
    """
    place = np.concatenate([found[0], direct[0].astype(np.int32)])
    facility = np.concatenate([found[1], direct[1].astype(np.int32)])
    seconds = np.round(np.concatenate([found[2], direct[2]]), SECOND_DECIMALS)
    # Counting sorts, by facility and then by place: they keep the order of equals.
    first, place, seconds = dijkstra.arcs_to_csr(facility, place, seconds, shape[1])
    facility = np.repeat(np.arange(shape[1], dtype=np.int32), np.diff(first))
    first, facility, seconds = dijkstra.arcs_to_csr(place, facility, seconds, shape[0])
    place = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(first))
    if len(direct[0]):
        new = run_starts(place, facility)
        at = np.flatnonzero(new)
        place, facility = place[at], facility[at]
        seconds = np.minimum.reduceat(seconds, at) if len(at) else seconds
    near = seconds <= cutoff_s
    return SparseTimes(place[near], facility[near], seconds[near])
