"""The searchable graph of one mode in one season, and where trips step on and off it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner import _hierarchy, _kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.modes import Profile
    from planner.network import TravelNetwork

    Csr = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]


class ModeGraph:
    """The open arcs of a profile.

    Roads for local traffic only (``access=destination``) may begin or end a trip but not be passed
    through. Their inner nodes therefore occur twice: as they are, left but never entered from other
    roads, for trips that begin there; and as a copy, entered but never left, for trips that end there.

    Attributes
    ----------
    nodes
        Number of nodes, copies included.
    copy
        int32, for each node of the network its copy; itself where there is none. None without any.
    tail, head, seconds
        The open arcs.
    arc
        int64, the number of each in :meth:`planner.network.TravelNetwork.arcs`.
    """

    def __init__(self, network: TravelNetwork, profile: Profile) -> None:
        self.network, self.profile = network, profile
        tail, head, seconds = network.arcs(profile)
        arc = np.flatnonzero(seconds < np.inf)
        tail, head, seconds = tail[arc], head[arc], seconds[arc]
        self.nodes = network.nodes
        self.copy: NDArray[np.int32] | None = None
        local = network.impedance[profile].local
        if local.any():
            on_local = np.zeros(2 * network.edges + 2 * len(network.link_from), dtype=bool)
            on_local[: 2 * network.edges] = np.tile(local, 2)
            tail, head, seconds, arc = self._split(tail, head, seconds, arc, on_local[arc])
        self.tail, self.head, self.seconds, self.arc = tail, head, seconds, arc

    def _split(
        self,
        tail: NDArray[np.int32],
        head: NDArray[np.int32],
        seconds: NDArray[np.float64],
        arc: NDArray[np.int64],
        local: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
        """Return the arcs with the inner nodes of local roads doubled."""
        link = arc >= 2 * self.network.edges
        open_road = np.zeros(self.nodes, dtype=bool)
        for end in (tail, head):
            open_road[end[~local & ~link]] = True
        # A barrier's place and the road ends at it belong together; a road end, its place, a road end.
        for _ in range(2):
            beside = link & (open_road[tail] | open_road[head])
            open_road[tail[beside]] = True
            open_road[head[beside]] = True
        inner = np.zeros(self.nodes, dtype=bool)
        for end in (tail, head):
            inner[end[local | link]] = True
        inner &= ~open_road
        number = np.arange(self.nodes, dtype=np.int32)
        number[inner] = self.nodes + np.arange(inner.sum(), dtype=np.int32)
        self.nodes += int(inner.sum())
        self.copy = number
        # Out of the area, and within it; and into it, and within it.
        out = inner[tail] | ~local
        into = inner[head]
        return (
            np.concatenate([tail[out], number[tail[into]]]),
            np.concatenate([head[out], number[head[into]]]),
            np.concatenate([seconds[out], seconds[into]]),
            np.concatenate([arc[out], arc[into]]),
        )

    @cached_property
    def forward(self) -> Csr:
        """The arcs by tail: (first, head, seconds)."""
        return _kernels.arcs_to_csr(self.tail, self.head, self.seconds, self.nodes)  # type: ignore[no-any-return]

    @cached_property
    def backward(self) -> Csr:
        """The arcs by head, turned around, for searches from destinations."""
        return _kernels.arcs_to_csr(self.head, self.tail, self.seconds, self.nodes)  # type: ignore[no-any-return]

    def arc_numbers(self, *, towards: bool) -> NDArray[np.int64]:
        """Return the network's number of each arc of :attr:`backward` (``towards``) or :attr:`forward`."""
        order = np.argsort(self.head if towards else self.tail, kind="stable")
        return np.asarray(self.arc[order], dtype=np.int64)

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The contraction hierarchy, for full tables."""
        return Hierarchy(self)


def components(network: TravelNetwork, profile: Profile) -> NDArray[np.int32]:
    """Return the strongly connected component (a number from 0) of every node of the network.

    Within one, every node can be reached from every other. Roads for local traffic count as open.
    """
    tail, head, seconds = network.arcs(profile)
    open_ = seconds < np.inf
    graph = coo_array(
        (np.ones(open_.sum(), dtype=np.int8), (tail[open_], head[open_])),
        shape=(network.nodes, network.nodes),
    )
    label = connected_components(graph, directed=True, connection="strong")[1]
    return np.asarray(label, dtype=np.int32)


@dataclass(frozen=True)
class Ends:
    """Where places meet the graph: ``place`` is at ``node``, ``seconds`` away from it.

    ``snap`` is the access point's row, and ``forward`` says whether the edge is used along its line.
    """

    place: NDArray[np.int32]
    node: NDArray[np.int32]
    seconds: NDArray[np.float64]
    snap: NDArray[np.int32]
    forward: NDArray[np.bool_]

    def take(self, which: NDArray[np.bool_]) -> Ends:
        """Return some of the ends."""
        return Ends(
            self.place[which], self.node[which], self.seconds[which], self.snap[which], self.forward[which]
        )

    def by_place(self, places: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """Return (first, node, seconds) by place."""
        order = np.argsort(self.place, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(self.place, minlength=places))])
        return first.astype(np.int64), self.node[order], self.seconds[order]

    def by_node(self, nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """Return (first, place, seconds) by node."""
        order = np.argsort(self.node, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(self.node, minlength=nodes))])
        return first.astype(np.int64), self.place[order], self.seconds[order]


class Hierarchy:
    """A contraction hierarchy of a graph: an order of the nodes, and times on its upward arcs."""

    def __init__(self, graph: ModeGraph) -> None:
        both_tail = np.concatenate([graph.tail, graph.head])
        both_head = np.concatenate([graph.head, graph.tail])
        ones = np.ones(len(both_tail))
        first, head, _ = _kernels.arcs_to_csr(both_tail, both_head, ones, graph.nodes)
        xy = graph.network.node_xy
        if graph.copy is not None:
            place = np.arange(graph.nodes)
            doubled = np.flatnonzero(graph.copy != np.arange(graph.network.nodes))
            place[graph.copy[doubled]] = doubled
            xy = xy[place]
        self.rank = _hierarchy.nested_dissection(xy, first, head)
        first, head, _ = _kernels.arcs_to_csr(self.rank[both_tail], self.rank[both_head], ones, graph.nodes)
        self.up_first, self.up_head, self.parent = _hierarchy.contract(first, head)
        self.up_s, self.down_s = _hierarchy.customize(
            self.up_first, self.up_head, self.rank[graph.tail], self.rank[graph.head], graph.seconds
        )

    def labels(self, ends: Ends, places: int, *, leaving: bool) -> Csr:
        """Return the nodes above each place, with the times to them (``leaving``) or from them."""
        first, node, seconds = ends.by_place(places)
        times = self.up_s if leaving else self.down_s
        return _hierarchy.climb(  # type: ignore[no-any-return]
            self.up_first, self.up_head, self.parent, times, first, self.rank[node], seconds
        )
