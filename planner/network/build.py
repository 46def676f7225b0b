"""The road network as arrays, with seconds per mode and season."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.runs import offsets, repeat_rows
from geodata.vocabulary.roads import FERRY
from geodata.vocabulary.tags import split_tags
from planner.network.impedance import FloodArea, Impedance, edge_seconds, passes, road_facts
from planner.network.local_traffic import kept_stretches, stretches_of
from planner.scenarios.modes import SEASONS, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.scenarios.scenario import Scenario


ROAD, ON_FERRY, WATERWAY = 0, 1, 2


@dataclass(frozen=True, repr=False)
class TravelNetwork:
    """Roads, ferries and waterways as arrays, nodes in Morton order (neighbours lie close in memory).

    Attributes
    ----------
    crs
        Metric CRS of all coordinates.
    node_xy
        float64 ``(nodes, 2)``, metres. Ferries have nodes of their own at each landing, and so has every
        road that ends at a barrier or ford.
    edge_id
        ``road_id`` of each edge.
    line_xy, line_first
        float64 ``(points, 2)`` and int64 ``(edges + 1,)``: edge e runs through
        ``line_xy[line_first[e]:line_first[e + 1]]``, from ``edge_from`` to ``edge_to``.
    edge_from, edge_to
        int32 ``(edges,)``, node numbers.
    edge_length_m
        float64 ``(edges,)``.
    edge_kind
        int8 ``(edges,)``: ROAD, ON_FERRY or WATERWAY.
    junction
        int32 ``(nodes,)``: the roads layer's number of each node, -1 for nodes made here.
    impedance
        Seconds by profile (mode and season).
    link_from, link_to
        int32 ``(links,)``: steps between nodes of one place: aboard a ferry, through a barrier.
    origin
        int32 by edge: the number of the edge of the network without edits that it is, or is a piece of; -1
        for a new road.
    """

    crs: str
    node_xy: NDArray[np.float64]
    edge_id: pd.Index
    line_xy: NDArray[np.float64]
    line_first: NDArray[np.int64]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_length_m: NDArray[np.float64]
    edge_kind: NDArray[np.int8]
    junction: NDArray[np.int32]
    impedance: Mapping[Profile, Impedance]
    link_from: NDArray[np.int32]
    link_to: NDArray[np.int32]
    origin: NDArray[np.int32]

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again: the view of the impedances cannot be pickled itself."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return _network, ({**fields, "impedance": dict(self.impedance)},)

    def __post_init__(self) -> None:
        arrays: list[NDArray[Any]] = [self.node_xy, self.line_xy, self.line_first]
        arrays += [self.edge_from, self.edge_to, self.edge_length_m, self.edge_kind]
        arrays += [self.junction, self.link_from, self.link_to, self.origin]
        for one in self.impedance.values():
            arrays += [one.forward_s, one.backward_s, one.stretch, one.link_s, one.link_back_s]
        for array in arrays:
            array.setflags(write=False)

    def __repr__(self) -> str:
        profiles = ", ".join(f"{one.mode} ({one.season})" for one in list(self.impedance)[:8])
        return f"TravelNetwork of {self.nodes:,} nodes and {self.edges:,} edges; {profiles}"

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.edge_from)

    def lines(self, which: NDArray[np.int64] | NDArray[np.int32] | None = None) -> NDArray[np.object_]:
        """Return the LineStrings of some edges (all when None), in the order asked for.

        Parameters
        ----------
        which
            int32 or int64 ``(some,)``, edge numbers.

        Returns
        -------
        lines
            object ``(some,)``, LineStrings (metres, the network's CRS).

        Examples
        --------
        >>> from planner.network.convert import network_of_arrays
        >>> ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([60.0])
        >>> edge = np.array([0], np.int32), np.array([1], np.int32), seconds, seconds
        >>> network_of_arrays(ends, *edge, crs="EPSG:32748", mode="car").lines().tolist()
        [<LINESTRING (0 0, 1000 0)>]
        """
        if which is None:
            which = np.arange(self.edges)
        if len(which) == 0:
            return np.empty(0, dtype=object)
        start, count = self.line_first[which], self.line_first[which + 1] - self.line_first[which]
        line, step = repeat_rows(count)
        made = shapely.linestrings(self.line_xy[start[line] + step], indices=line)
        return np.asarray(made, dtype=object)

    def usable(self, profile: Profile) -> NDArray[np.bool_]:
        """Return which edges the profile can use in at least one direction, bool ``(edges,)``.

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        A street, and a track that is closed both ways:

        >>> from planner.network.convert import network_of_arrays
        >>> xy = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 0.0]])
        >>> along, against = np.array([60.0, np.inf]), np.array([np.inf, np.inf])
        >>> edges = np.array([0, 1], np.int32), np.array([1, 2], np.int32), along, against
        >>> network_of_arrays(xy, *edges, crs="EPSG:32748", mode="car").usable(Profile("car", "wet")).tolist()
        [True, False]
        """
        one = self.impedance[profile]
        return (one.forward_s < np.inf) | (one.backward_s < np.inf)

    def arcs(self, profile: Profile) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Return (tail, head, seconds) of every arc; closed ones have ``inf``.

        First all edges along, then all edges against, then links there, then links back. Edges for
        local traffic only are among them.

        Returns
        -------
        tail, head
            int32 ``(2 * edges + 2 * links,)``, node numbers.
        seconds
            float64, of the same length.

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        A one-way street is open along, and closed against:

        >>> from planner.network.convert import network_of_arrays
        >>> ends, along, against = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([60.0]), np.array([np.inf])
        >>> edge = np.array([0], np.int32), np.array([1], np.int32), along, against
        >>> street = network_of_arrays(ends, *edge, crs="EPSG:32748", mode="car")
        >>> [a.tolist() for a in street.arcs(Profile("car", "dry"))]
        [[0, 1], [1, 0], [60.0, inf]]
        """
        one = self.impedance[profile]
        tail = np.concatenate([self.edge_from, self.edge_to, self.link_from, self.link_to])
        head = np.concatenate([self.edge_to, self.edge_from, self.link_to, self.link_from])
        seconds = np.concatenate([one.forward_s, one.backward_s, one.link_s, one.link_back_s])
        return tail, head, seconds


def _network(fields: dict[str, Any]) -> TravelNetwork:
    """Return a network from its fields, as pickle has them."""
    return TravelNetwork(**{**fields, "impedance": MappingProxyType(fields["impedance"])})


def morton_order(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of points along a Z-curve (ties by x, then y), int64 ``(points,)``.

    Source: G. M. Morton, A computer oriented geodetic data base, IBM, 1966.

    Parameters
    ----------
    xy
        float64 ``(points, 2)``, finite, in any unit.

    Examples
    --------
    >>> morton_order(np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])).tolist()
    [1, 3, 2, 0]
    """
    if len(xy) == 0:
        return np.empty(0, dtype=np.int64)
    low = xy.min(axis=0)
    span = float(max((xy.max(axis=0) - low).max(), 1e-9))
    cell = ((xy - low) / span * (2**21 - 1)).astype(np.uint64)
    code = _spread_bits(cell[:, 0]) | (_spread_bits(cell[:, 1]) << np.uint64(1))
    return np.lexsort((xy[:, 1], xy[:, 0], code))


def _spread_bits(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers (below 2**21) with a zero bit between each two of their bits."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333), (1, 0x5555555555555555),
    ):  # fmt: skip
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value


def all_profiles(scenario: Scenario, modes: Iterable[str] | None = None) -> tuple[Profile, ...]:
    """Return each mode (all of the scenario's when None) in both seasons, the dry one first.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> [tuple(p) for p in all_profiles(default_scenario(), ["car"])]
    [('car', 'dry'), ('car', 'wet')]
    """
    return tuple(Profile(m, s) for m in (scenario.modes if modes is None else modes) for s in SEASONS)


def build_network(
    roads: gpd.GeoDataFrame,
    scenario: Scenario,
    *,
    modes: Iterable[str] | None = None,
    floods: Sequence[FloodArea] = (),
    ashore: NDArray[np.int32] | None = None,
    base: TravelNetwork | None = None,
    origin: pd.Index | None = None,
    opened: NDArray[np.bool_] | None = None,
) -> TravelNetwork:
    """Return the travel network of a roads layer: seconds for each mode, season and direction.

    Parameters
    ----------
    roads
        The roads layer (metric CRS): one LineString between two junctions a row.
    scenario
        Speeds, access, ferry and surface rules, and changes of speed.
    modes
        Which modes; all of the scenario's when None.
    floods
        Flooded areas, in the same CRS.
    ashore
        int32 ``(junctions,)``, more junctions (numbers of the roads layer) that are on land, besides
        those of the roads.
    base
        The network without edits, which says what is local; decided here when None.
    origin
        For each row the ``road_id`` of ``base`` that it was before the edits, "" for a new road; its own
        ``road_id`` when None.
    opened
        bool ``(rows,)``, which rows an edit opens: they may be used on any stretch of a trip.

    Raises
    ------
    KeyError
        A mode is none of the scenario's, or the layer lacks a column.

    Notes
    -----
    ``seconds = 3.6 * length_m / (min(speed of class, maxspeed) * surface factor)``. A ferry takes its
    duration, else its length at the ferry speed; boarding it from land costs the wait, staying aboard
    does not. Sources: docs/METHODS.md.

    Examples
    --------
    A kilometre of primary road, on which a car goes 50 km/h:

    >>> import geopandas as gpd
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = dict.fromkeys(["surface", "tags", "route", "from_barrier", "to_barrier"])
    >>> row |= {"way_id": "w1", "road_class": "primary", "oneway": "no", "season": "all_year"}
    >>> row |= {"from_node": 0, "to_node": 1, "length_m": 1e3, "maxspeed_kph": np.nan, "duration_s": np.nan}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], index=["w1#0"], geometry=[line], crs="EPSG:32748")
    >>> network = build_network(roads, default_scenario(), modes=["car"])
    >>> network.impedance[Profile("car", "dry")].forward_s.tolist()
    [72.0]
    """
    profiles = all_profiles(scenario, modes)
    order, start, stop, xy, junction = _canonical(roads)
    origin = roads.index[order] if origin is None else origin[order]
    roads = roads.iloc[order]
    ferry = (roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False)
    links = _Links(xy, start, stop)
    landed = None if ashore is None else np.isin(junction, ashore)
    links.board(ferry, roads["way_id"].to_numpy(), landed)
    links.stop(_standing(roads, profiles, scenario))
    facts = road_facts(roads, floods, steepest=scenario.slope.steepest)
    line = roads.geometry.to_numpy()
    length_m = roads["length_m"].to_numpy(dtype=np.float64, copy=True)
    seconds = {p: (edge_seconds(facts, p, scenario), links.seconds(p, scenario)) for p in profiles}
    stretch = {}
    for mode in dict.fromkeys(p.mode for p in profiles):
        both = [seconds[p] for p in profiles if p.mode == mode]
        if base is None:
            stretch[mode] = _stretches(both, links, length_m)
        else:
            known = base.edge_id.get_indexer(origin)
            # Never without an edge, so that -1 finds one.
            of_base = np.append(base.impedance[Profile(mode, "dry")].stretch, np.int8(-1))
            new = of_base[known] if opened is None else np.where(opened[order], np.int8(-1), of_base[known])
            stretch[mode] = kept_stretches(new, both[0][0][2])
    return TravelNetwork(
        crs=str(roads.crs),
        node_xy=links.node_xy(),
        edge_id=pd.Index(roads.index),
        line_xy=shapely.get_coordinates(line),
        line_first=offsets(shapely.get_num_coordinates(line)),
        edge_from=links.start,
        edge_to=links.stop_,
        edge_length_m=length_m,
        edge_kind=np.select(
            [ferry, (roads["road_class"] == "waterway").to_numpy(dtype=bool)], [ON_FERRY, WATERWAY], ROAD
        ).astype(np.int8),
        junction=np.concatenate([junction, np.full(len(links.land), -1, dtype=np.int32)]),
        impedance=MappingProxyType(
            {p: Impedance(*ride[:2], stretch[p.mode], *step) for p, (ride, step) in seconds.items()}
        ),
        link_from=np.array(links.land, dtype=np.int32),
        link_to=np.array(links.own, dtype=np.int32),
        origin=np.arange(len(roads), dtype=np.int32) if base is None
        else base.edge_id.get_indexer(origin).astype(np.int32),
    )  # fmt: skip


def _stretches(
    seasons: Sequence[tuple[tuple[NDArray[Any], ...], tuple[NDArray[Any], ...]]],
    links: _Links,
    length_m: NDArray[np.float64],
) -> NDArray[np.int8]:
    """Return what is local for one mode, from its seconds in both seasons: what either opens is open."""
    land, own = np.array(links.land, dtype=np.int32), np.array(links.own, dtype=np.int32)
    opens = [np.concatenate([*ride[:2], *step]) < np.inf for ride, step in seasons]
    return stretches_of(
        np.concatenate([links.start, links.stop_, land, own]),
        np.concatenate([links.stop_, links.start, own, land]),
        np.logical_or.reduce(opens), seasons[0][0][2], length_m, len(links.xy) + len(links.own),
    )  # fmt: skip


class _Links:
    """Gives edges nodes of their own where stepping onto them costs time, or may not be possible."""

    def __init__(self, xy: NDArray[np.float64], start: NDArray[np.int32], stop: NDArray[np.int32]) -> None:
        self.xy, self.start, self.stop_ = xy, start.copy(), stop.copy()
        self.land: list[int] = []
        self.own: list[int] = []
        # What stands at each link: the text of a barrier's tags, or None for a landing.
        self.tags: list[str | None] = []

    def _node(self, land: int, tags: str | None) -> int:
        self.land.append(land)
        self.own.append(len(self.xy) + len(self.own))
        self.tags.append(tags)
        return self.own[-1]

    def board(
        self, ferry: NDArray[np.bool_], way_id: NDArray[np.object_], landed: NDArray[np.bool_] | None
    ) -> None:
        """Give each ferry its own node at each landing, so that boarding can cost a wait.

        At sea (a node no road touches) ferries keep the shared node: staying aboard costs nothing.
        """
        ashore = np.zeros(len(self.xy), dtype=bool) if landed is None else landed.copy()
        ashore[self.start[~ferry]] = True
        ashore[self.stop_[~ferry]] = True
        own: dict[tuple[str, int], int] = {}
        for end in (self.start, self.stop_):
            for k in np.flatnonzero(ferry & ashore[end]):
                key = (str(way_id[k]), int(end[k]))
                if key not in own:
                    own[key] = self._node(key[1], None)
                end[k] = own[key]

    def stop(self, standing: tuple[NDArray[np.object_], NDArray[np.object_]]) -> None:
        """Part the edges that end at barriers: each gets a node of its own, linked with the place."""
        for end, tags in zip((self.start, self.stop_), standing, strict=True):
            for k in np.flatnonzero(~pd.isna(tags)):
                # A ferry's own node stays what it is.
                if end[k] < len(self.xy):
                    end[k] = self._node(int(end[k]), str(tags[k]))

    def node_xy(self) -> NDArray[np.float64]:
        """Return the places of all nodes, the new ones last."""
        return np.concatenate([self.xy, self.xy[np.array(self.land, dtype=np.int64)]])

    def seconds(
        self, profile: Profile, scenario: Scenario
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return seconds along and against each link."""
        mode = scenario.modes[profile.mode]
        there = np.zeros(len(self.tags))
        back = np.zeros(len(self.tags))
        for i, text in enumerate(self.tags):
            if text is None:
                there[i] = scenario.ferry.waiting_minutes * 60.0
            elif not passes(split_tags(text), mode, profile.season, scenario.access_values):
                there[i] = back[i] = np.inf
        return there, back


def _standing(
    roads: gpd.GeoDataFrame, profiles: Sequence[Profile], scenario: Scenario
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return what stands at each road's two ends and stops at least one profile; None elsewhere."""
    out = []
    for column in ("from_barrier", "to_barrier"):
        code, texts = pd.factorize(roads[column].to_numpy(dtype=object))
        stops = [
            any(
                not passes(split_tags(t), scenario.modes[p.mode], p.season, scenario.access_values)
                for p in profiles
            )
            for t in texts
        ]
        kept = np.array([t if s else None for t, s in zip(texts, stops, strict=True)] + [None], dtype=object)
        out.append(kept[code])
    return out[0], out[1]


def _canonical(
    roads: gpd.GeoDataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Return the order of edges, their ends, the nodes' places and labels: the same for any order of rows."""
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    line = roads.geometry.to_numpy()
    labels, compact = np.unique(np.concatenate([start, stop]), return_inverse=True)
    xy = np.empty((len(labels), 2))
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(line, i)) for i in (0, -1)])
    # Ends of one junction may differ by the junction tolerance: the smallest in (x, y) stands for it.
    by_place = np.lexsort((ends[:, 1], ends[:, 0]))[::-1]
    xy[compact[by_place]] = ends[by_place]
    morton = morton_order(xy)
    rank = np.empty(len(morton), dtype=np.int32)
    rank[morton] = np.arange(len(morton), dtype=np.int32)
    start, stop = rank[compact[: len(roads)]], rank[compact[len(roads) :]]
    length = roads["length_m"].to_numpy()
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, 0.5, normalized=True))
    # Lines drawn twice over each other are told apart by what is said of them.
    said = [
        pd.factorize(roads[column], sort=True)[0]
        for column in ("road_class", "surface", "oneway", "season", "tags", "maxspeed_kph")
    ]
    order = np.lexsort((*said, middle[:, 1], middle[:, 0], length, stop, start))
    return order, start[order], stop[order], xy[morton], labels[morton].astype(np.int32)


def patch_network(
    base: TravelNetwork, patch: TravelNetwork | None, *, gone: NDArray[np.bool_]
) -> TravelNetwork:
    """Return a network with some edges closed for good and others put in; the base stays as it is.

    Parameters
    ----------
    base
        The network without the edits.
    patch
        The edges that are put in, with the same profiles and junction numbers; None for none.
    gone
        bool ``(edges of base,)``, which edges of the base no longer exist.

    Returns
    -------
    network
        The base's edges keep their numbers, the patch's follow; those that are gone take ``inf`` seconds
        and have no id.

    Raises
    ------
    KeyError
        The patch lacks a profile of the base.

    Examples
    --------
    >>> from planner.network.convert import network_of_arrays
    >>> ends, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([60.0])
    >>> edge = np.array([0], np.int32), np.array([1], np.int32), seconds, seconds
    >>> base = network_of_arrays(ends, *edge, crs="EPSG:32748", mode="car")
    >>> closed = patch_network(base, None, gone=np.array([True]))
    >>> [n.usable(Profile("car", "dry")).tolist() for n in (base, closed)]
    [[True], [False]]
    """
    closed = {
        p: replace(
            one,
            forward_s=np.where(gone, np.inf, one.forward_s),
            backward_s=np.where(gone, np.inf, one.backward_s),
        )
        for p, one in base.impedance.items()
    }
    edge_id = base.edge_id.where(~gone, "") if gone.any() else base.edge_id
    if patch is None:
        return replace(base, edge_id=edge_id, impedance=MappingProxyType(closed))
    known = np.flatnonzero(base.junction >= 0)
    known = known[np.argsort(base.junction[known])]
    at = np.minimum(np.searchsorted(base.junction[known], patch.junction), max(len(known) - 1, 0))
    same = (patch.junction >= 0) & (base.junction[known[at]] == patch.junction)
    new = ~same
    number = np.where(same, known[at], 0).astype(np.int32)
    number[new] = base.nodes + np.arange(new.sum(), dtype=np.int32)
    impedance = {}
    for profile, one in closed.items():
        put = patch.impedance[profile]
        impedance[profile] = Impedance(
            np.concatenate([one.forward_s, put.forward_s]),
            np.concatenate([one.backward_s, put.backward_s]),
            np.concatenate([one.stretch, put.stretch]),
            np.concatenate([one.link_s, put.link_s]),
            np.concatenate([one.link_back_s, put.link_back_s]),
        )
    return replace(
        base,
        node_xy=np.concatenate([base.node_xy, patch.node_xy[new]]),
        edge_id=edge_id.append(patch.edge_id),
        line_xy=np.concatenate([base.line_xy, patch.line_xy]),
        line_first=np.concatenate([base.line_first, base.line_first[-1] + patch.line_first[1:]]),
        edge_from=np.concatenate([base.edge_from, number[patch.edge_from]]),
        edge_to=np.concatenate([base.edge_to, number[patch.edge_to]]),
        edge_length_m=np.concatenate([base.edge_length_m, patch.edge_length_m]),
        edge_kind=np.concatenate([base.edge_kind, patch.edge_kind]),
        junction=np.concatenate([base.junction, patch.junction[new]]),
        impedance=MappingProxyType(impedance),
        link_from=np.concatenate([base.link_from, number[patch.link_from]]),
        link_to=np.concatenate([base.link_to, number[patch.link_to]]),
        origin=np.concatenate([base.origin, patch.origin]),
    )
