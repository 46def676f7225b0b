"""How places join the network of a profile: which access points they have, also after edits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geodata.runs import repeat_rows, run_starts
from planner.kernels.near import TIE_M
from planner.network.graph import components
from planner.travel.edge_grid import EdgeGrid
from planner.travel.snapping import EdgesNear, Snap, Snapper, join_snaps, take_snaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.network.land import Ground
    from planner.scenarios.modes import Profile
    from planner.scenarios.scenario import AccessRule

TripEnd = Literal["leaving", "arriving"]
# Most places lie on a road: those further away than this are looked for in an index of their own.
NEAR_M = 50.0
# With more places than this beside side parts, each part is searched by an index of its own.
MANY_PLACES = 1500
# A place is on a piece of its road that comes this close to it.
PIECE_M = 0.01


@dataclass
class Stops:
    """Places prepared for a profile: the start or the end of trips.

    Attributes
    ----------
    points
        object ``(places,)``, Points (metres, the network's CRS).
    nearest
        Each place's access point on its nearest edge.
    landmass
        int32 ``(places,)``, the landmass of each.
    xy
        float64 ``(places, 2)``, metres.
    also
        The same places in the other season, or before edits: what they could walk to then, they still can
        where it is open now.
    twin
        Those of the other season.
    changed
        bool ``(places,)``, after edits: which have another nearest edge than before; the first of
        ``also`` is before.
    """

    access: Access
    points: NDArray[np.object_]
    nearest: Snap
    landmass: NDArray[np.int32]
    xy: NDArray[np.float64]
    also: tuple[Stops, ...] = ()
    twin: Stops | None = None
    changed: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.points)

    def one(self, place: int) -> Stops:
        """Return one of the places, joined as it is among the others.

        Parameters
        ----------
        place
            Its number.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> places = street_router().stops(shapely.points([[100.0, 20.0], [300.0, 0.0]]))
        >>> places.one(1).xy.tolist(), places.one(0).leaving.access_m.tolist()
        ([[300.0, 0.0]], [20.0])
        """
        mine = slice(place, place + 1)
        twin = None if self.twin is None else self.twin.one(place)
        also = tuple(
            twin if twin is not None and other is self.twin else other.one(place) for other in self.also
        )
        return Stops(
            self.access, self.points[mine], _snap_of(self.nearest, place), self.landmass[mine],
            self.xy[mine], also, twin, None if self.changed is None else self.changed[mine],
        )  # fmt: skip

    @cached_property
    def leaving(self) -> Snap:
        """All access points of trips that begin here."""
        return self.access.joined(self, "leaving")

    @cached_property
    def arriving(self) -> Snap:
        """All access points of trips that end here."""
        return self.access.joined(self, "arriving")

    @cached_property
    def access_m(self) -> NDArray[np.float64]:
        """Straight distance to the network (m), float64 ``(places,)``; ``inf`` = none within the limit.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> street_router().stops(shapely.points([[200.0, 30.0]])).access_m.tolist()
        [30.0]
        """
        return self.nearest.nearest_m(len(self.points))

    @cached_property
    def walk_m(self) -> NDArray[np.float64]:
        """Metres that one walks at most to reach a road, in any season, before and after edits.

        float64 ``(places,)``; ``inf`` = no road within the limit.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> street_router().stops(shapely.points([[200.0, 30.0]])).walk_m.tolist()
        [30.0]
        """
        out = self.access_m
        for other in self.also:
            out = np.maximum(out, other.walk_m)
        return out

    @cached_property
    def near_and_far(self) -> list[tuple[NDArray[np.int64], cKDTree, float]]:
        """Places near a road and others: numbers, an index, the longest way to a road (m).

        Numbers are int64 ``(places of the index,)``, into :attr:`points`.

        Examples
        --------
        >>> import shapely
        >>> from planner.travel.street import street_router
        >>> [(places, index, longest_m)] = street_router().stops(shapely.points([[200.0, 30.0]])).near_and_far
        >>> places.tolist(), longest_m
        ([0], 30.0)
        """
        if self.changed is not None:
            # Edits move few places further from the road: these come in an index of their own.
            known = self.also[0]
            more = np.flatnonzero(self.walk_m > known.walk_m)
            return known.near_and_far + self._indexed(more)
        near = self.walk_m <= NEAR_M
        return self._indexed(np.flatnonzero(near)) + self._indexed(np.flatnonzero(~near))

    def _indexed(self, which: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], cKDTree, float]]:
        if len(which) == 0:
            return []
        return [(which, cKDTree(self.xy[which]), float(self.walk_m[which].max()))]

    @cached_property
    def around(self) -> EdgesNear:
        """All edges within reach of the places that have more than one access point."""
        return EdgesNear.none()


def _snap_of(snap: Snap, place: int) -> Snap:
    """Return the access points of one place, which then is number 0."""
    low, high = np.searchsorted(snap.point, [place, place + 1]).tolist()
    one = take_snaps(snap, np.arange(low, high))
    return Snap(np.zeros(high - low, dtype=np.int64), one.edge, one.fraction, one.access_m)


class Access:
    """Joins places to the network of one profile.

    A place joins at the nearest usable edge on its own landmass. Where that edge is not of the
    landmass's main part (the strongly connected part with the most road), it is also joined at the
    nearest edges of each other part within the access distance, and the quickest way counts: a
    fragment of road, or a one-way street that only leads away, cuts nobody off. Which edges these
    are does not depend on the facilities, so more of them never take longer.

    Parameters
    ----------
    network, profile
        The network and whom it is for.
    rule
        Speed, detour and limit of the access legs.
    ground
        What they may not cross.
    edge_landmass
        int32 ``(edges,)``, the landmass of each edge (:func:`edge_landmasses`).
    base
        That of the network of which this one is a patched copy.
    alone
        Look at this season alone.
    """

    def __init__(
        self,
        network: TravelNetwork,
        profile: Profile,
        *,
        rule: AccessRule,
        ground: Ground,
        edge_landmass: NDArray[np.int32] | None = None,
        base: Access | None = None,
        alone: bool = False,
    ) -> None:
        self.network, self.profile, self.rule, self.ground = network, profile, rule, ground
        self.base, self.alone = base, alone
        self.edge_landmass = edge_landmasses(network, ground) if edge_landmass is None else edge_landmass
        self._grid_of: dict[tuple[TripEnd, int], EdgeGrid] = {}
        self.snapper: Snapper = Snapper(
            network, profile, ground=ground, max_access_m=rule.max_distance_m,
            base=base.snapper if base is not None else None,
        )  # fmt: skip

    @cached_property
    def parts(self) -> dict[TripEnd, NDArray[np.int32]]:
        """The strongly connected part that one leaves to from each edge, and arrives from.

        By role int32 ``(edges,)``.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> street_router().access.parts["leaving"].tolist()
        [0]
        """
        node = components(self.network, self.profile)
        ahead = self.network.impedance[self.profile].forward_s < np.inf
        start, stop = node[self.network.edge_from], node[self.network.edge_to]
        return {"arriving": np.where(ahead, start, stop), "leaving": np.where(ahead, stop, start)}

    @cached_property
    def grid(self) -> EdgeGrid:
        """The usable edges, for very many places at once."""
        usable = np.flatnonzero(self.snapper.usable)
        return EdgeGrid(usable, self.snapper.lines[usable])

    def grid_of(self, role: TripEnd, part: int) -> EdgeGrid:
        """Return the usable edges of one part, for very many places at once.

        Parameters
        ----------
        role
            Whether the part is one that trips leave to or arrive from.
        part
            Its number in :attr:`parts`.

        Examples
        --------
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> from planner.network.convert import one_street
        >>> street = one_street()
        >>> profile, rule = Profile("car", "dry"), default_scenario().access
        >>> access = Access(street, profile, rule=rule, ground=Ground())
        >>> access.grid_of("leaving", int(access.parts["leaving"][0])).edge.tolist()
        [0]
        """
        if (role, part) not in self._grid_of:
            edges = np.flatnonzero(self.snapper.usable & (self.parts[role] == part))
            self._grid_of[role, part] = EdgeGrid(edges, self.snapper.lines[edges])
        return self._grid_of[role, part]

    @cached_property
    def main(self) -> dict[TripEnd, NDArray[np.bool_]]:
        """Which edges are of the part with the greatest length of road on their landmass.

        By role bool ``(edges,)``.

        Examples
        --------
        >>> from planner.travel.street import street_router
        >>> street_router().access.main["leaving"].tolist()
        [True]
        """
        return {
            role: _is_main(part, self.edge_landmass, self.network, self.snapper.usable)
            for role, part in self.parts.items()
        }

    def stops(self, points: NDArray[np.object_], *, on_edge: NDArray[np.int64] | None = None) -> Stops:
        """Return places joined to the network.

        Parameters
        ----------
        points
            object ``(places,)``, Points (metres, the network's CRS).
        on_edge
            int64 ``(places,)``, the edge that each is known to lie on, -1 where none is.

        Examples
        --------
        A place 30 m from a street, and one too far from it:

        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> from planner.network.convert import one_street
        >>> street = one_street()
        >>> profile, rule = Profile("car", "dry"), default_scenario().access
        >>> access = Access(street, profile, rule=rule, ground=Ground())
        >>> access.stops(shapely.points([[250.0, 30.0], [250.0, 3000.0]])).access_m.tolist()
        [30.0, inf]
        """
        xy = np.asarray(shapely.get_coordinates(points), dtype=np.float64)
        nearest = self.snapper.nearest(points, on_edge=on_edge)
        twin = None if self.other is None else self.other.stops(points, on_edge=on_edge)
        also = () if twin is None else (twin,)
        return Stops(self, points, nearest, self.ground.landmass(points), xy, also, twin)

    @cached_property
    def other(self) -> Access | None:
        """The access in the other season; None where the seasons do not differ.

        Whoever walks to a further road in the wet season may do so in the dry one too: without this, a
        slow track that closes in the rains would make a trip quicker.
        """
        profile = self.profile._replace(season="wet" if self.profile.season == "dry" else "dry")
        if self.alone or profile not in self.network.impedance:
            return None
        here, there = self.network.impedance[self.profile], self.network.impedance[profile]
        names = ("forward_s", "backward_s", "link_s", "link_back_s")
        if all(np.array_equal(np.isinf(getattr(here, n)), np.isinf(getattr(there, n))) for n in names):
            return None
        return Access(
            self.network, profile, rule=self.rule, ground=self.ground, edge_landmass=self.edge_landmass,
            base=None if self.base is None else self.base.other, alone=True,
        )  # fmt: skip

    def again(self, stops: Stops) -> Stops:
        """Return places of the base joined to the patched network; only what the edits touch is looked up.

        They keep the access points that are still open: a road that is added never makes a trip longer.

        Parameters
        ----------
        stops
            From :meth:`stops` of the base, which this access must have.

        Examples
        --------
        A road is added 10 m beside a place that was 30 m from the street:

        >>> from planner.network.build import patch_network
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> from planner.network.convert import network_of_arrays
        >>> ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([100.0])
        >>> edge = np.array([0], np.int32), np.array([1], np.int32), seconds, seconds
        >>> street = network_of_arrays(ends, *edge, crs="EPSG:32748", mode="car")
        >>> near = network_of_arrays(ends + [0.0, 40.0], *edge, crs="EPSG:32748", mode="car")
        >>> new = patch_network(street, near, gone=np.array([False]))
        >>> profile, more = Profile("car", "dry"), {"rule": default_scenario().access, "ground": Ground()}
        >>> before = Access(street, profile, **more)
        >>> places = before.stops(shapely.points([[250.0, 30.0]]))
        >>> after = Access(new, profile, base=before, **more).again(places)
        >>> places.access_m.tolist(), after.access_m.tolist(), sorted(after.leaving.access_m.tolist())
        ([30.0], [10.0], [10.0, 30.0])
        """
        assert self.base is not None
        old, snap = self.base.network.edges, stops.nearest
        usable = self.snapper.usable
        lost = np.zeros(len(stops), dtype=bool)
        lost[snap.point[~usable[snap.edge]]] = True
        new = np.flatnonzero(usable[old:]) + old
        if len(new):
            tree = shapely.STRtree(self.network.lines(new))
            reach = np.minimum(stops.access_m, self.rule.max_distance_m)
            grown = np.flatnonzero(shapely.intersects(
                shapely.box(*_grown(shapely.total_bounds(tree.geometries), float(reach.max(initial=0.0)))),
                stops.points,
            ))  # fmt: skip
            (at, _), away = tree.query_nearest(
                stops.points[grown], max_distance=self.rule.max_distance_m, return_distance=True,
                all_matches=False,
            )  # fmt: skip
            lost[grown[at[away <= stops.access_m[grown[at]] + TIE_M]]] = True
        nearest = snap
        if lost.any():
            which = np.flatnonzero(lost)
            found = self.snapper.nearest(stops.points[which])
            found = Snap(which[found.point], found.edge, found.fraction, found.access_m)
            nearest = join_snaps(take_snaps(snap, ~lost[snap.point]), found)
        return self._moved(stops, nearest, lost)

    def _moved(self, stops: Stops, nearest: Snap, changed: NDArray[np.bool_]) -> Stops:
        """Return places of the base with their nearest edges on the patched network."""
        twin = None
        if self.other is not None:
            known = stops.twin is not None and self.other.base is not None
            twin = (
                self.other.again(stops.twin)
                if known and stops.twin is not None
                else self.other.stops(stops.points)
            )
        also = (stops,) if twin is None else (stops, twin)
        moved = Stops(self, stops.points, nearest, stops.landmass, stops.xy, also, twin, changed)
        moved.around = stops.around
        return moved

    def joined(self, stops: Stops, role: TripEnd) -> Snap:
        """Return all access points of places, for trips that begin (``leaving``) or end (``arriving``) there.

        Examples
        --------
        A place on a one-way street to a dead end: trips from it also begin on the other road.

        >>> from planner.network.convert import network_of_arrays
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> xy, both = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 100.0]]), np.array([100.0, 10.0])
        >>> edges = np.array([0, 0], np.int32), np.array([1, 2], np.int32), both, np.array([100.0, np.inf])
        >>> net = network_of_arrays(xy, *edges, crs="EPSG:32748", mode="car")
        >>> profile, rule = Profile("car", "dry"), default_scenario().access
        >>> access = Access(net, profile, rule=rule, ground=Ground())
        >>> places = access.stops(shapely.points([[0.0, 90.0]]))
        >>> [access.joined(places, role).access_m.tolist() for role in ("leaving", "arriving")]
        [[0.0, 90.0], [0.0]]
        """
        out = self._joined(stops, role)
        for k, other in enumerate(stops.also):
            snap = other.leaving if role == "leaving" else other.arriving
            if k == 0 and stops.changed is not None:
                # What has not changed is among the access points from before.
                apart = np.zeros(len(stops), dtype=bool)
                apart[stops.nearest.point[~self.main[role][stops.nearest.edge]]] = True
                out = take_snaps(out, (stops.changed | apart)[out.point])
            open_ = self.snapper.usable[snap.edge]
            out = join_snaps(out, take_snaps(snap, open_))
            if k == 0 and stops.changed is not None and not open_.all():
                out = join_snaps(out, self._carried_over(take_snaps(snap, ~open_)))
        return out

    def _carried_over(self, snap: Snap) -> Snap:
        """Return access points on roads that an edit cut, changed or opened, on the pieces that came of them.

        A place between two pieces is on both.
        """
        network = self.network
        pieces = np.flatnonzero((np.arange(network.edges) >= self._old_edges) & self.snapper.usable)
        pieces = pieces[network.origin[pieces] >= 0]
        order = pieces[np.argsort(network.origin[pieces], kind="stable")]
        low = np.searchsorted(network.origin[order], snap.edge, side="left")
        count = np.searchsorted(network.origin[order], snap.edge, side="right") - low
        row, step = repeat_rows(count)
        edge = order[np.repeat(low, count) + step]
        place = shapely.line_interpolate_point(network.lines(snap.edge), snap.fraction, normalized=True)[row]
        line = network.lines(edge)
        here = shapely.distance(line, place) <= PIECE_M
        row, edge, place, line = row[here], edge[here], place[here], line[here]
        fraction = np.nan_to_num(shapely.line_locate_point(line, place, normalized=True))
        return Snap(snap.point[row], edge.astype(np.int32), fraction, snap.access_m[row])

    @property
    def _old_edges(self) -> int:
        assert self.base is not None
        return self.base.network.edges

    def _joined(self, stops: Stops, role: TripEnd) -> Snap:
        apart = ~self.main[role][stops.nearest.edge]
        if not apart.any():
            return stops.nearest
        which = np.unique(stops.nearest.point[apart])
        if len(which) > MANY_PLACES:
            more = self.snapper.nearest_of_each_part(stops.points, which, self.parts[role])
        else:
            # By a name of its own: another thread may put what it found, of other places, in its stead.
            around = self.snapper.reach(stops.points, which, stops.around)
            stops.around = around
            more = self.snapper.nearest_of_each_part_in(stops.points, which, around, self.parts[role])
        return join_snaps(take_snaps(stops.nearest, ~apart), more)


def _grown(bounds: NDArray[np.float64], by_m: float) -> tuple[float, float, float, float]:
    west, south, east, north = bounds.tolist()
    return west - by_m, south - by_m, east + by_m, north + by_m


def edge_landmasses(network: TravelNetwork, ground: Ground) -> NDArray[np.int32]:
    """Return the landmass of each edge, by its middle, int32 ``(edges,)``; -1 where it is not known.

    Examples
    --------
    >>> from planner.network.land import Ground, Land
    >>> from planner.network.convert import one_street
    >>> street = one_street()
    >>> island = Land(shapely.box([-500], -500, 2000, 500), off_m=0.0)
    >>> edge_landmasses(street, Ground(island)).tolist(), edge_landmasses(street, Ground()).tolist()
    ([0], [-1])
    """
    if ground.land is None or network.edges == 0:
        return np.full(network.edges, -1, dtype=np.int32)
    middle = shapely.line_interpolate_point(network.lines(), 0.5, normalized=True)
    return ground.landmass(np.asarray(middle, dtype=object))


def _is_main(
    part: NDArray[np.int32], landmass: NDArray[np.int32], network: TravelNetwork, usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which edges are of the part with the greatest length of usable road on their landmass."""
    if len(part) == 0:
        return np.zeros(0, dtype=bool)
    parts = int(part.max()) + 1
    key, of_edge = np.unique((landmass.astype(np.int64) + 1) * parts + part, return_inverse=True)
    length = np.bincount(of_edge, weights=network.edge_length_m * usable, minlength=len(key))
    best = np.lexsort((key % parts, -length, key // parts))
    first = run_starts((key // parts)[best])
    main = np.zeros(len(key), dtype=bool)
    main[best[first]] = True
    return np.asarray(main[of_edge], dtype=bool)
