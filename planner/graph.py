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
    through: a trip runs along local roads, then along others, then along local roads. Nodes of local roads
    therefore occur up to three times, once for each of these stretches.

    Attributes
    ----------
    nodes
        Number of nodes, copies included.
    first_stretch, last_stretch
        int32, for each node of the network its copies for the first and the last stretch; None where
        there are no local roads. Nodes with none stand for themselves.
    tail, head, seconds
        The open arcs.
    arc
        int64, the number of each in :meth:`planner.network.TravelNetwork.arcs`; -1 between stretches.
    """

    def __init__(self, network: TravelNetwork, profile: Profile) -> None:
        self.network, self.profile = network, profile
        tail, head, seconds = network.arcs(profile)
        arc = np.flatnonzero(seconds < np.inf)
        self.tail, self.head, self.seconds, self.arc = tail[arc], head[arc], seconds[arc], arc
        self.nodes = network.nodes
        self.local = network.impedance[profile].local
        self.first_stretch: NDArray[np.int32] | None = None
        self.last_stretch: NDArray[np.int32] | None = None
        if self.local.any():
            on_edge = self.arc < 2 * network.edges
            self.local = self.local | self._pockets(on_edge)
            self._split(on_edge & self.local[self.arc % max(network.edges, 1)], ~on_edge)

    def _pockets(self, on_edge: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which edges hang on the rest by local roads alone: they are for local traffic too.

        Of all that roads connect, the greatest part that others than local ones connect is the rest.
        """
        network = self.network
        local = np.zeros(len(self.arc), dtype=bool)
        local[on_edge] = self.local[self.arc[on_edge] % network.edges]
        whole = _connected(self.tail, self.head, network.nodes)[network.edge_from]
        part = _connected(self.tail[~local], self.head[~local], network.nodes)[network.edge_from]
        used = network.usable(self.profile)
        length = np.bincount(part, weights=network.edge_length_m * (used & ~self.local))
        hung = used & ~self.local
        order = np.lexsort((part, -length[part], whole))
        order = order[hung[order]]
        first = np.ones(len(order), dtype=bool)
        first[1:] = whole[order][1:] != whole[order][:-1]
        main = np.full(int(whole.max(initial=0)) + 1, -1, dtype=np.int64)
        main[whole[order[first]]] = part[order[first]]
        return np.asarray(hung & (part != main[whole]), dtype=bool)

    def _split(self, local: NDArray[np.bool_], link: NDArray[np.bool_]) -> None:
        """Give the nodes of local roads their copies, and lay the arcs between them."""
        tail, head, seconds, arc = self.tail, self.head, self.seconds, self.arc
        on_local, on_open = (self._touched(arcs, link) for arcs in (local, ~local & ~link))
        rim = np.flatnonzero(on_local & on_open).astype(np.int32)
        first = np.arange(self.nodes, dtype=np.int32)
        last = first.copy()
        first[rim] = self.nodes + np.arange(len(rim), dtype=np.int32)
        self.nodes += len(rim)
        last[on_local] = self.nodes + np.arange(on_local.sum(), dtype=np.int32)
        self.nodes += int(on_local.sum())
        inner = on_local & ~on_open
        between = ~local & ~(link & inner[tail])
        twice = local | (link & on_local[tail] & on_local[head])
        none = np.full(len(rim), -1, dtype=np.int64)
        self.tail = np.concatenate([tail[between], first[tail[twice]], last[tail[twice]], first[rim], rim])
        self.head = np.concatenate([head[between], first[head[twice]], last[head[twice]], rim, last[rim]])
        still = np.zeros(2 * len(rim))
        self.seconds = np.concatenate([seconds[between], seconds[twice], seconds[twice], still])
        self.arc = np.concatenate([arc[between], arc[twice], arc[twice], none, none])
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


def _connected(tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int) -> NDArray[np.int32]:
    """Return the part of every node, whichever way the arcs lead."""
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


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
        if graph.first_stretch is not None and graph.last_stretch is not None:
            place = np.arange(graph.nodes)
            for copies in (graph.first_stretch, graph.last_stretch):
                place[copies] = np.arange(len(copies))
            xy = xy[place]
        self.rank = _hierarchy.nested_dissection(xy, first, head)
        first, head, _ = _kernels.arcs_to_csr(self.rank[both_tail], self.rank[both_head], ones, graph.nodes)
        self.up_first, self.up_head, self.parent = _hierarchy.contract(first, head)
        self.up_s, self.down_s = _hierarchy.customize(
            self.up_first, self.up_head, self.rank[graph.tail], self.rank[graph.head], graph.seconds
        )

    @cached_property
    def children(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The children of every node of the elimination tree."""
        return _hierarchy.children(self.parent)  # type: ignore[no-any-return]

    def labels(self, ends: Ends, places: int, *, leaving: bool) -> Csr:
        """Return the nodes above each place, with the times to them (``leaving``) or from them."""
        first, node, seconds = ends.by_place(places)
        times = self.up_s if leaving else self.down_s
        return _hierarchy.climb(  # type: ignore[no-any-return]
            self.up_first, self.up_head, self.parent, times, first, self.rank[node], seconds
        )
