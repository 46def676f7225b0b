"""Nearest of 2,000 facilities for every node of a million-node network: jangkau, scipy, pandana."""

from __future__ import annotations

import importlib.util

from common import in_process, report

# A grid with diagonals missing at random, two-way streets of random speed; the same for all.
MAKE = """
import time
import numpy as np
rng = np.random.default_rng(5)
side = 1090
n = side * side
grid = np.arange(n, dtype=np.int32).reshape(side, side)
a = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
b = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
kept = rng.uniform(size=len(a)) < 0.8
a, b = a[kept], b[kept]
seconds = rng.uniform(5.0, 60.0, len(a))
xy = np.column_stack(np.divmod(np.arange(n), side)).astype(float) * 100.0
# Node numbers as files have them: in no order.
shuffle = rng.permutation(n).astype(np.int32)
a, b = shuffle[a], shuffle[b]
place = np.empty_like(xy)
place[shuffle] = xy
units = rng.choice(n, 2000, replace=False).astype(np.int32)
"""

OURS = (
    MAKE
    + """
from planner._kernels import arcs_to_csr, nearest_source
from planner.network import morton_order
rank = np.empty(n, dtype=np.int32)
order = morton_order(place)
rank[order] = np.arange(n, dtype=np.int32)
tail = np.concatenate([rank[a], rank[b]])
head = np.concatenate([rank[b], rank[a]])
weight = np.concatenate([seconds, seconds])
csr = arcs_to_csr(tail, head, weight, n)
owner = np.arange(len(units), dtype=np.int32)
search = lambda: nearest_source(*csr, rank[units], np.zeros(len(units)), owner)
search()  # compiled, or read from the cache
start = time.perf_counter()
time_s, _ = search()
took = time.perf_counter() - start
print(time_s[np.isfinite(time_s)].sum())
print(took)
"""
)

# scipy is given the same order of nodes: it too is faster when neighbours lie close.
SCIPY = (
    MAKE
    + """
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from planner.network import morton_order
rank = np.empty(n, dtype=np.int32)
rank[morton_order(place)] = np.arange(n, dtype=np.int32)
tail, head = np.concatenate([rank[a], rank[b]]), np.concatenate([rank[b], rank[a]])
graph = csr_array((np.concatenate([seconds, seconds]), (tail, head)), shape=(n, n))
start = time.perf_counter()
time_s = dijkstra(graph, indices=rank[units], min_only=True)
took = time.perf_counter() - start
print(time_s[np.isfinite(time_s)].sum())
print(took)
"""
)

PANDANA = (
    MAKE
    + """
import pandas as pd, pandana
start = time.perf_counter()
net = pandana.Network(pd.Series(place[:, 0]), pd.Series(place[:, 1]), pd.Series(a.astype("int64")),
                      pd.Series(b.astype("int64")), pd.DataFrame({"s": seconds}), twoway=True)
net.set_pois("unit", 1e6, 1, pd.Series(place[units, 0]), pd.Series(place[units, 1]))
net.nearest_pois(1e6, "unit", num_pois=1)
print(time.perf_counter() - start)
"""
)


def main() -> None:
    ours = in_process(OURS, runs=5)
    scipy = in_process(SCIPY, runs=5)
    pandana = in_process(PANDANA, runs=1) if importlib.util.find_spec("pandana") else None
    report(
        "nearest of 2,000 facilities for 1.19 million nodes (search only; pandana with its build)",
        ours,
        {"scipy dijkstra(min_only=True)": scipy, "pandana build + query": pandana},
    )


if __name__ == "__main__":
    main()
