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
        """Return the network's number of each arc of :attr:`backward` (``towards``) or :attr:`forward`.

        Returns
        -------
        numbers
            int64 ``(arcs,)``, in :meth:`planner.network.build.TravelNetwork.arcs`; -1 between stretches.

        Examples
        --------
        Arcs 2 and 3 are the edges 0 and 1, against:

        >>> from planner.network.convert import network_of_arrays
        >>> from planner.scenarios.modes import Profile
        >>> xy, seconds = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 0.0]]), np.array([60.0, 60.0])
        >>> edges = np.array([0, 1], np.int32), np.array([1, 2], np.int32), seconds, seconds
        >>> street = network_of_arrays(xy, *edges, crs="EPSG:32748", mode="car")
        >>> ModeGraph(street, Profile("car", "dry")).arc_numbers(towards=False).tolist()
        [0, 1, 2, 3]
        """
        order = np.argsort(self.head if towards else self.tail, kind="stable")
        return np.asarray(self.arc[order], dtype=np.int64)

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The contraction hierarchy, for full tables."""
        return Hierarchy(self)


def components(network: TravelNetwork, profile: Profile) -> NDArray[np.int32]:
    """Return the strongly connected component (a number from 0) of every node of the network.

    Within one, every node can be reached from every other. Roads for local traffic count as open.

    Returns
    -------
    component
        int32 ``(nodes,)``.

    Raises
    ------
    KeyError
        The network has no times for the profile.

    Examples
    --------
    From node 2, at the end of a one-way street, nothing leads back:

    >>> from planner.network.convert import network_of_arrays
    >>> from planner.scenarios.modes import Profile
    >>> xy, s = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 0.0]]), np.array([60.0, 60.0])
    >>> edges = np.array([0, 1], np.int32), np.array([1, 2], np.int32), s, np.array([60.0, np.inf])
    >>> part = components(network_of_arrays(xy, *edges, crs="EPSG:32748", mode="car"), Profile("car", "dry"))
    >>> bool(part[0] == part[1]), bool(part[0] == part[2])
    (True, False)
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

    Attributes
    ----------
    place, node
        int32 ``(ends,)``, numbers; a place may have several ends, or none.
    seconds
        float64 ``(ends,)``.
    snap
        int32 ``(ends,)``, the access point's row.
    forward
        bool ``(ends,)``, whether the edge is used along its line.
    """

    place: NDArray[np.int32]
    node: NDArray[np.int32]
    seconds: NDArray[np.float64]
    snap: NDArray[np.int32]
    forward: NDArray[np.bool_]

    def take(self, which: NDArray[np.bool_]) -> Ends:
        """Return some of the ends.

        Parameters
        ----------
        which
            bool ``(ends,)``.

        Examples
        --------
        >>> both = np.array([0, 1], np.int32)
        >>> ends = Ends(both, both, np.array([5.0, np.inf]), both, np.array([True, True]))
        >>> ends.take(ends.seconds < np.inf).place.tolist()
        [0]
        """
        return Ends(
            self.place[which], self.node[which], self.seconds[which], self.snap[which], self.forward[which]
        )

    def by_place(self, places: int) -> Csr:
        """Return (first, node, seconds) by place, one row for each of ``places`` numbers.

        Examples
        --------
        Place 0 is at nodes 4 and 5, place 1 at none:

        >>> place, node = np.array([0, 0], np.int32), np.array([4, 5], np.int32)
        >>> ends = Ends(place, node, np.array([10.0, 20.0]), place, np.array([True, False]))
        >>> [a.tolist() for a in ends.by_place(2)]
        [[0, 2, 2], [4, 5], [10.0, 20.0]]
        """
        order = np.argsort(self.place, kind="stable")
        first = offsets(np.bincount(self.place, minlength=places))
        return Csr(first, self.node[order], self.seconds[order])

    def by_node(self, nodes: int) -> Csr:
        """Return (first, place, seconds) by node, one row for each of ``nodes`` numbers.

        Examples
        --------
        Both places are at node 1:

        >>> place, node = np.array([0, 1], np.int32), np.array([1, 1], np.int32)
        >>> ends = Ends(place, node, np.array([10.0, 20.0]), place, np.array([True, True]))
        >>> [a.tolist() for a in ends.by_node(3)]
        [[0, 0, 2, 2], [0, 1], [10.0, 20.0]]
        """
        order = np.argsort(self.node, kind="stable")
        first = offsets(np.bincount(self.node, minlength=nodes))
        return Csr(first, self.place[order], self.seconds[order])


class Hierarchy:
    """A contraction hierarchy of a graph: an order of the nodes, and times on its upward arcs.

    Attributes
    ----------
    rank
        int32 ``(nodes,)``, each node's place in the order; the other arrays go by it.
    up_first, up_head
        int64 ``(nodes + 1,)`` and int32 ``(arcs,)``: the upward arcs of each node.
    up_s, down_s
        float64 ``(arcs,)``, seconds up and down each of them; ``inf`` = no way.
    parent
        int32 ``(nodes,)``, of the elimination tree; -1 for a root.
    """

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
        """The children of every node of the elimination tree, as :func:`planner.kernels.hierarchy.children`.

        int64 ``(nodes + 1,)`` and int32 ``(nodes with a parent,)``.

        Examples
        --------
        >>> from planner.network.convert import one_street
        >>> from planner.scenarios.modes import Profile
        >>> tree = ModeGraph(one_street(), Profile("car", "dry")).hierarchy
        >>> [a.tolist() for a in tree.children]
        [[0, 0, 1], [0]]
        """
        return hierarchy.children(self.parent)  # type: ignore[no-any-return]

    def labels(self, ends: Ends, places: int, *, leaving: bool) -> Csr:
        """Return the nodes above each place, with the times to them (``leaving``) or from them.

        Returns
        -------
        labels
            (first, node, seconds) by place; nodes by their rank, float64 seconds.

        Examples
        --------
        A place lies 10 s from the lower end of a street of 60 s: it is 70 s from the end above.

        >>> from planner.network.convert import network_of_arrays
        >>> from planner.scenarios.modes import Profile
        >>> xy, seconds = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([60.0])
        >>> edge = np.array([0], np.int32), np.array([1], np.int32), seconds, seconds
        >>> street = network_of_arrays(xy, *edge, crs="EPSG:32748", mode="car")
        >>> tree, zero = ModeGraph(street, Profile("car", "dry")).hierarchy, np.array([0], np.int32)
        >>> low = np.flatnonzero(tree.rank == 0).astype(np.int32)
        >>> ends = Ends(zero, low, np.array([10.0]), zero, np.array([True]))
        >>> tree.labels(ends, 1, leaving=True).value.tolist()
        [10.0, 70.0]
        """
        first, node, seconds = ends.by_place(places)
        times = self.up_s if leaving else self.down_s
        return Csr(*hierarchy.climb(
            self.up_first, self.up_head, self.parent, times, first, self.rank[node], seconds
        ))  # fmt: skip
