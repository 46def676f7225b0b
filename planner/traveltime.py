"""Travel times from many places to the nearest of some facilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from planner.land import Land, may_walk
from planner.snapping import Snap, Snapper, join_snaps, take_snaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network import TravelNetwork
    from planner.scenario import AccessRule

NONE = -1


@dataclass(frozen=True)
class TravelTimes:
    """Seconds from each origin to its nearest facility.

    Attributes
    ----------
    travel_s
        float64 ``(origins,)``; ``inf`` = no facility can be reached.
    facility
        int32 number of that facility; -1 where there is none.
    access_m
        float64 straight distance to the network (metres); ``inf`` = none within the limit.
    joined
        Whether any facility has an access point on the network.
    """

    travel_s: NDArray[np.float64]
    facility: NDArray[np.int32]
    access_m: NDArray[np.float64]
    joined: bool


class NetworkTimes:
    """Times on the network of one mode; prepared once, asked for several kinds of facility.

    A place joins the network at the nearest usable edge on its own landmass. Where that edge is not of
    the landmass's main part (the strongly connected part with the most road), it is also joined at the
    nearest edge of each other part within the access distance, and the quickest way counts: a
    fragment of road, or a one-way street that only leads away, cuts nobody off. Which edges these
    are does not depend on the facilities, so more of them never take longer. Where walking straight
    across is no longer than the two access legs, that is what people do.

    Parameters
    ----------
    network
        With seconds for ``mode``.
    mode
        The mode on the network; access legs are on foot.
    origins
        Points (metres, the network's CRS).
    access
        Speed, detour and limit of the access legs.
    land
        The landmasses; None where water is not known.
    on_edge
        The edge each origin is known to lie on, -1 where none is.
    """

    def __init__(
        self,
        network: TravelNetwork,
        mode: str,
        origins: NDArray[np.object_],
        *,
        access: AccessRule,
        land: Land | None,
        on_edge: NDArray[np.int64] | None = None,
    ) -> None:
        self.network, self.mode, self.origins = network, mode, origins
        self.access, self.land = access, land
        self._home = land.of(origins) if land is not None else None
        self._snapper = Snapper(network, mode, land=land, max_access_m=access.max_distance_m)
        self._graph = network.csr(mode, towards=True)
        arriving, leaving = _parts_of_edges(network, mode)
        self._arriving, self._leaving = arriving, leaving
        place = _edge_land(network, land)
        self._main_arriving = _is_main(arriving, place, network)
        main_leaving = _is_main(leaving, place, network)
        self._snap = self._joined(origins, leaving, main_leaving, on_edge=on_edge)

    def _joined(
        self,
        points: NDArray[np.object_],
        part: NDArray[np.int32],
        main: NDArray[np.bool_],
        *,
        on_edge: NDArray[np.int64] | None = None,
    ) -> Snap:
        """Return the access points of places, given each edge's part and whether it is a main one."""
        snap = self._snapper.nearest(points, on_edge=on_edge)
        apart = ~main[snap.edge]
        if not apart.any():
            return snap
        more = self._snapper.nearest_of_each_part(points, np.unique(snap.point[apart]), part)
        return join_snaps(take_snaps(snap, ~apart), more)

    def nearest(self, facilities: NDArray[np.object_]) -> TravelTimes:
        """Return each origin's time to its nearest facility (Points, metres).

        Of facilities equally near, the first in order counts.
        """
        from planner._kernels import nearest_source

        seeds = self._joined(facilities, self._arriving, self._main_arriving)
        node, start_s, owner = _seeds(self.network, self.mode, seeds, self.access)
        node_s, node_owner = nearest_source(*self._graph, node, start_s, owner)
        best = _Best(len(self.origins))
        self._offer(best, seeds, node_s, node_owner)
        access_m = self._snap.nearest_m(len(self.origins))
        _walk_across(
            best, self.origins, facilities, access_m, seeds.nearest_m(len(facilities)),
            access=self.access, home=self._home,
            there=self.land.of(facilities) if self.land is not None else None,
        )  # fmt: skip
        return best.times(access_m, joined=len(seeds.point) > 0)

    def _offer(
        self,
        best: _Best,
        seeds: Snap,
        node_s: NDArray[np.float64],
        node_owner: NDArray[np.int32],
    ) -> None:
        net, snap = self.network, self._snap
        walk_s = snap.access_m * self.access.seconds_per_m()
        forward = net.forward_s[self.mode][snap.edge]
        backward = net.backward_s[self.mode][snap.edge]
        ahead, behind = net.edge_to[snap.edge], net.edge_from[snap.edge]
        best.offer(
            snap.point, walk_s + _part(1.0 - snap.fraction, forward) + node_s[ahead], node_owner[ahead]
        )
        best.offer(snap.point, walk_s + _part(snap.fraction, backward) + node_s[behind], node_owner[behind])
        origin, seed = _same_edge(snap.edge, seeds.edge)
        step = seeds.fraction[seed] - snap.fraction[origin]
        along = np.where(
            step >= 0, _part(np.abs(step), forward[origin]), _part(np.abs(step), backward[origin])
        )
        leg_s = seeds.access_m[seed] * self.access.seconds_per_m()
        best.offer(snap.point[origin], walk_s[origin] + along + leg_s, seeds.point[seed].astype(np.int32))


def _parts_of_edges(network: TravelNetwork, mode: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each edge the strongly connected part one arrives from, and the one one leaves to."""
    node = network.components(mode)
    ahead = network.forward_s[mode] < np.inf
    start, stop = node[network.edge_from], node[network.edge_to]
    return np.where(ahead, start, stop), np.where(ahead, stop, start)


def _edge_land(network: TravelNetwork, land: Land | None) -> NDArray[np.int32]:
    if land is None:
        return np.full(len(network.edge_line), NONE, dtype=np.int32)
    middle = shapely.line_interpolate_point(network.edge_line, 0.5, normalized=True)
    return land.of(np.asarray(middle, dtype=object))


def _is_main(part: NDArray[np.int32], place: NDArray[np.int32], network: TravelNetwork) -> NDArray[np.bool_]:
    """Return which edges are of the part with the greatest length of road on their landmass."""
    if len(part) == 0:
        return np.zeros(0, dtype=bool)
    key, of_edge = np.unique(np.column_stack([place, part]), axis=0, return_inverse=True)
    of_edge = of_edge.ravel()
    length = np.bincount(of_edge, weights=network.edge_length_m, minlength=len(key))
    best = np.lexsort((key[:, 1], -length, key[:, 0]))
    first = np.ones(len(best), dtype=bool)
    first[1:] = key[best][1:, 0] != key[best][:-1, 0]
    main = np.zeros(len(key), dtype=bool)
    main[best[first]] = True
    return np.asarray(main[of_edge], dtype=bool)


class _Best:
    """The smallest time offered to each origin, and the facility it leads to."""

    def __init__(self, origins: int) -> None:
        self.travel_s = np.full(origins, np.inf)
        self.facility = np.full(origins, NONE, dtype=np.int32)

    def times(self, access_m: NDArray[np.float64], *, joined: bool) -> TravelTimes:
        """Return the result, which nobody can write over."""
        # To the microsecond: sums of many pieces must not miss a limit by their last bit.
        travel_s = np.round(self.travel_s, 6)
        for array in (travel_s, self.facility, access_m):
            array.setflags(write=False)
        return TravelTimes(travel_s, self.facility, access_m, joined=joined)

    def offer(
        self, origin: NDArray[np.int64], travel_s: NDArray[np.float64], facility: NDArray[np.int32]
    ) -> None:
        """Keep the smaller of what is there and what is offered; equal times, the first facility."""
        order = np.lexsort((facility, travel_s, origin))
        origin, travel_s, facility = origin[order], travel_s[order], facility[order]
        first = np.ones(len(origin), dtype=bool)
        first[1:] = origin[1:] != origin[:-1]
        origin, travel_s, facility = origin[first], travel_s[first], facility[first]
        now_s, now = self.travel_s[origin], self.facility[origin]
        better = (travel_s < now_s) | ((travel_s == now_s) & np.isfinite(now_s) & (facility < now))
        self.travel_s[origin[better]] = travel_s[better]
        self.facility[origin[better]] = facility[better]


def _part(share: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a share of an edge's seconds; none of a closed edge (0 × inf) takes no time."""
    with np.errstate(invalid="ignore"):
        return np.where(share == 0.0, 0.0, share * seconds)


def _seeds(
    network: TravelNetwork, mode: str, seeds: Snap, access: AccessRule
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Return the search's start: the ends of the facilities' edges, with the seconds from there on."""
    leg_s = seeds.access_m * access.seconds_per_m()
    from_start = leg_s + _part(seeds.fraction, network.forward_s[mode][seeds.edge])
    from_end = leg_s + _part(1.0 - seeds.fraction, network.backward_s[mode][seeds.edge])
    node = np.concatenate([network.edge_from[seeds.edge], network.edge_to[seeds.edge]])
    seconds = np.concatenate([from_start, from_end])
    owner = np.concatenate([seeds.point, seeds.point]).astype(np.int32)
    open_ = np.isfinite(seconds)
    return node[open_], seconds[open_], owner[open_]


def _same_edge(
    origin_edge: NDArray[np.int32], seed_edge: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs (origin, seed) that lie on one edge."""
    order = np.argsort(seed_edge, kind="stable")
    low = np.searchsorted(seed_edge[order], origin_edge, side="left")
    count = np.searchsorted(seed_edge[order], origin_edge, side="right") - low
    origin = np.repeat(np.arange(len(origin_edge)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return origin, order[np.repeat(low, count) + step]


def _walk_across(
    best: _Best,
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    origin_m: NDArray[np.float64],
    facility_m: NDArray[np.float64],
    *,
    access: AccessRule,
    home: NDArray[np.int32] | None,
    there: NDArray[np.int32] | None,
) -> None:
    """Offer the straight walk where it is no longer than both access legs together.

    So a place on a facility takes no time, and no one is made to walk to the road and back. A place
    without an access point may walk straight as far as the access limit.
    """
    if len(origins) == 0 or len(facilities) == 0:
        return
    limit = access.max_distance_m
    here = shapely.get_coordinates(origins)
    for group in (np.isfinite(facility_m), ~np.isfinite(facility_m)):
        which = np.flatnonzero(group)
        if len(which) == 0:
            continue
        reach = np.minimum(limit, origin_m + facility_m[which].max())
        tree = cKDTree(shapely.get_coordinates(facilities[which]))
        near = tree.query_ball_point(here, reach * (1 + 1e-12) + 1e-9)
        count = np.array([len(n) for n in near])
        if count.sum() == 0:
            continue
        origin = np.repeat(np.arange(len(origins)), count)
        facility = which[np.concatenate([np.asarray(n, dtype=np.int64) for n in near if n])]
        straight = shapely.distance(origins[origin], facilities[facility])
        allowed = straight <= np.minimum(limit, origin_m[origin] + facility_m[facility])
        if home is not None and there is not None:
            allowed &= may_walk(home[origin], there[facility])
        best.offer(
            origin[allowed],
            straight[allowed] * access.seconds_per_m(),
            facility[allowed].astype(np.int32),
        )


def straight_line_times(
    origins: NDArray[np.object_],
    facilities: NDArray[np.object_],
    *,
    access: AccessRule,
    land: Land | None,
) -> TravelTimes:
    """Return times for an area without roads: straight on foot × detour, on the same landmass.

    A place whose landmass is unknown (a neighbour's land) may be walked to from any.
    """
    best = _Best(len(origins))
    if len(facilities) and len(origins):
        home = land.of(origins) if land is not None else np.full(len(origins), NONE)
        there = land.of(facilities) if land is not None else np.full(len(facilities), NONE)
        here_xy = shapely.get_coordinates(origins)
        for mass in np.unique(home):
            mine = np.flatnonzero(home == mass)
            open_ = np.flatnonzero(may_walk(there, np.array([mass])))
            if len(open_) == 0:
                continue
            # Of facilities on one point, the first in order counts.
            xy, first = np.unique(shapely.get_coordinates(facilities[open_]), axis=0, return_index=True)
            away, k = cKDTree(xy).query(here_xy[mine])
            best.offer(mine, away * access.seconds_per_m(), open_[first[k]].astype(np.int32))
    return best.times(np.zeros(len(origins)), joined=True)
