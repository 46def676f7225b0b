"""Which roads are for local traffic: decided once, on the roads as they are with everything open.

What is local must not depend on the season or on an edit: where a closed road turned its surroundings into a
dead end, their local roads would open to through traffic, and the wet season would be quicker than the dry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.runs import run_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

# On which stretches of a trip a road may be used: a trip runs along local roads, then along others, then
# along local roads. THROUGH only in the middle, LOCAL only at both ends, EITHER everywhere.
THROUGH, LOCAL, EITHER = 0, 1, 2


def stretches_of(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    open_: NDArray[np.bool_],
    tagged: NDArray[np.bool_],
    length_m: NDArray[np.float64],
    nodes: int,
) -> NDArray[np.int8]:
    """Return THROUGH, LOCAL or EITHER for every edge.

    Of all that roads connect, the main part is the strongly connected part of roads that are not tagged
    local with the greatest length. Its roads are THROUGH; open roads outside it (a yard behind a street for
    customers, entered by that street alone or left by it alone) may be used like local ones, so EITHER.

    Parameters
    ----------
    tail, head
        int32 ``(arcs,)``: all edges along, all edges against, then links, as in
        :meth:`planner.network.build.TravelNetwork.arcs`.
    open_
        bool ``(arcs,)``, which arcs can be used in some season.
    tagged
        bool ``(edges,)``, which edges are tagged for local traffic.
    length_m
        float64 ``(edges,)``, metres.
    nodes
        Number of nodes.

    Returns
    -------
    stretch
        int8 ``(edges,)``; all THROUGH where no edge is tagged.

    Examples
    --------
    A lane (nodes 1 to 2) behind a street for residents (0 to 1), which leaves a road (0 to 3):

    >>> tail, head = np.array([0, 1, 0], np.int32), np.array([1, 2, 3], np.int32)
    >>> both = np.concatenate([tail, head]), np.concatenate([head, tail])
    >>> tagged = np.array([True, False, False])
    >>> stretches_of(*both, np.ones(6, bool), tagged, np.array([10.0, 10.0, 90.0]), 4).tolist()
    [1, 2, 0]
    """
    edges = len(tagged)
    if not tagged.any():
        return np.full(edges, THROUGH, dtype=np.int8)
    on_edge = np.arange(len(tail)) < 2 * edges
    is_local = np.zeros(len(tail), dtype=bool)
    is_local[on_edge] = np.tile(tagged, 2)
    whole = _parts(tail[open_], head[open_], nodes, strong=False)
    free = open_ & ~is_local
    part = _parts(tail[free], head[free], nodes, strong=True)
    start, stop = tail[:edges], head[:edges]
    usable = open_[:edges] | open_[edges : 2 * edges]
    inside = usable & ~tagged & (part[start] == part[stop])
    length = np.bincount(part[start][inside], weights=length_m[inside], minlength=nodes)
    # The longest part of each whole; of equally long ones, the first.
    whole_of = np.full(nodes, -1, dtype=np.int64)
    whole_of[part] = whole
    some = np.unique(part)
    order = some[np.lexsort((some, -length[some], whole_of[some]))]
    first = run_starts(whole_of[order])
    main = np.zeros(nodes, dtype=bool)
    main[order[first]] = True
    through = inside & main[part[start]]
    return np.select([tagged, through], [LOCAL, THROUGH], EITHER).astype(np.int8)


def kept_stretches(known: NDArray[np.int8], tagged: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the stretches of edited edges from those of the edges they came from (-1 for new ones).

    What an edit opens may be used everywhere, and nothing changes for the roads around it: so an edit that
    adds or opens a road never makes a trip longer.

    Parameters
    ----------
    known
        int8 ``(edges,)``, the stretch before the edit.
    tagged
        bool ``(edges,)``, which edges are tagged for local traffic now.

    Returns
    -------
    stretch
        int8 ``(edges,)``.

    Examples
    --------
    >>> kept_stretches(np.array([-1, 0, 1, 1], np.int8), np.array([False, False, False, True])).tolist()
    [2, 0, 2, 1]
    """
    new = np.where(tagged, LOCAL, EITHER)
    opened = (known == LOCAL) & ~tagged
    return np.select([known < 0, opened], [new, EITHER], known).astype(np.int8)


def _parts(
    tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int, *, strong: bool
) -> NDArray[np.int32]:
    """Return the number of each node's strongly connected part, or of what it hangs together with."""
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    label = connected_components(graph, directed=strong, connection="strong")[1]
    return np.asarray(label, dtype=np.int32)
