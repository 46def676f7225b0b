"""The searchable graph of one mode in one season, and where trips step on and off it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.runs import offsets
from planner.kernels import dijkstra, hierarchy
from planner.kernels.csr import Csr
from planner.network.local_traffic import EITHER, LOCAL, THROUGH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.scenarios.modes import Profile


class ModeGraph:
    """The open arcs of a profile.

    Roads for local traffic only (``access=destination``) may begin or end a trip but not be passed
    through: a trip runs along local roads, then along others, then along local roads. What may be used on
    which of these stretches is the network's (:mod:`planner.network.local_traffic`). Nodes of roads that
    the first and the last stretch may use occur three times, once for each stretch.

    Attributes
    ----------
    nodes
        Number of nodes, copies included.
    first_stretch, last_stretch
        int32, for each node of the network its copies for the first and the last stretch; None where
        there are no local roads. Nodes with none stand for themselves.
    ending
        bool, the edges on which a trip begins on its first stretch and ends on its last.
    tail, head, seconds
        The open arcs.
    arc
        int64, the number of each in :meth:`planner.network.build.TravelNetwork.arcs`; -1 between stretches.
    """

    def __init__(self, network: TravelNetwork, profile: Profile) -> None:
        self.network, self.profile = network, profile
        tail, head, seconds = network.arcs(profile)
        arc = np.flatnonzero(seconds < np.inf)
        self.tail, self.head, self.seconds, self.arc = tail[arc], head[arc], seconds[arc], arc
        self.nodes = network.nodes
        stretch = network.impedance[profile].stretch
        self.ending: NDArray[np.bool_] = stretch != THROUGH
        self.first_stretch: NDArray[np.int32] | None = None
        self.last_stretch: NDArray[np.int32] | None = None
        if (stretch == LOCAL).any():
            self._split(stretch)

    def _split(self, stretch: NDArray[np.int8]) -> None:
        """Give the nodes of local roads their copies, and lay the arcs between them."""
        tail, head, seconds, arc = self.tail, self.head, self.seconds, self.arc
        edges = self.network.edges
        # A link, as through a gate, belongs to every stretch.
        of = np.where(arc < 2 * edges, stretch[arc % max(edges, 1)], EITHER)
        link = arc >= 2 * edges
        copied = self._touched((of != THROUGH) & ~link, link)
        node = np.flatnonzero(copied).astype(np.int32)
        first = np.arange(self.nodes, dtype=np.int32)
        last = first.copy()
        first[node] = self.nodes + np.arange(len(node), dtype=np.int32)
        last[node] = first[node] + np.int32(len(node))
        self.nodes += 2 * len(node)
        middle = of != LOCAL
        ends = (of != THROUGH) & copied[tail] & copied[head]
        none = np.full(len(node), -1, dtype=np.int64)
        still = np.zeros(2 * len(node))
        self.tail = np.concatenate([tail[middle], first[tail[ends]], last[tail[ends]], first[node], node])
        self.head = np.concatenate([head[middle], first[head[ends]], last[head[ends]], node, last[node]])
        self.seconds = np.concatenate([seconds[middle], seconds[ends], seconds[ends], still])
        self.arc = np.concatenate([arc[middle], arc[ends], arc[ends], none, none])
        self.first_stretch, self.last_stretch = first, last

    def _touched(self, arcs: NDArray[np.bool_], link: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which nodes some arcs touch; the road ends at one barrier's place count together."""
        out = np.zeros(self.network.nodes, dtype=bool)
        out[self.tail[arcs]] = out[self.head[arcs]] = True
        # From a road end to its place, and on to another road end.
        for _ in range(2):
            beside = link & (out[self.tail] | out[self.head])
            out[self.tail[beside]] = out[self.head[beside]] = True
        return out

    @cached_property
    def forward(self) -> Csr:
        """The arcs by tail: (first, head, seconds)."""
        return Csr(*dijkstra.arcs_to_csr(self.tail, self.head, self.seconds, self.nodes))

    @cached_property
    def backward(self) -> Csr:
        """The arcs by head, turned around, for searches from destinations."""
        return Csr(*dijkstra.arcs_to_csr(self.head, self.tail, self.seconds, self.nodes))

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

    def by_place(self, places: int) -> Csr:
        """Return (first, node, seconds) by place."""
        order = np.argsort(self.place, kind="stable")
        first = offsets(np.bincount(self.place, minlength=places))
        return Csr(first, self.node[order], self.seconds[order])

    def by_node(self, nodes: int) -> Csr:
        """Return (first, place, seconds) by node."""
        order = np.argsort(self.node, kind="stable")
        first = offsets(np.bincount(self.node, minlength=nodes))
        return Csr(first, self.place[order], self.seconds[order])


class Hierarchy:
    """A contraction hierarchy of a graph: an order of the nodes, and times on its upward arcs."""

    def __init__(self, graph: ModeGraph) -> None:
        both_tail = np.concatenate([graph.tail, graph.head])
        both_head = np.concatenate([graph.head, graph.tail])
        ones = np.ones(len(both_tail))
        first, head, _ = dijkstra.arcs_to_csr(both_tail, both_head, ones, graph.nodes)
        xy = graph.network.node_xy
        if graph.first_stretch is not None and graph.last_stretch is not None:
            place = np.arange(graph.nodes)
            for copies in (graph.first_stretch, graph.last_stretch):
                place[copies] = np.arange(len(copies))
            xy = xy[place]
        self.rank = hierarchy.nested_dissection(xy, first, head)
        first, head, _ = dijkstra.arcs_to_csr(self.rank[both_tail], self.rank[both_head], ones, graph.nodes)
        self.up_first, self.up_head, self.parent = hierarchy.contract(first, head)
        self.up_s, self.down_s = hierarchy.customize(
            self.up_first, self.up_head, self.rank[graph.tail], self.rank[graph.head], graph.seconds
        )

    @cached_property
    def children(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The children of every node of the elimination tree."""
        return hierarchy.children(self.parent)  # type: ignore[no-any-return]

    def labels(self, ends: Ends, places: int, *, leaving: bool) -> Csr:
        """Return the nodes above each place, with the times to them (``leaving``) or from them."""
        first, node, seconds = ends.by_place(places)
        times = self.up_s if leaving else self.down_s
        return Csr(*hierarchy.climb(
            self.up_first, self.up_head, self.parent, times, first, self.rank[node], seconds
        ))  # fmt: skip
