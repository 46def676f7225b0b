"""Nearest of 2,000 facilities for every node of a million-node network: jangkau, scipy, pandana.

Ours also finds which facility it is. The network is real: every node of every road of the Malta
extract, ten times side by side.
"""

from __future__ import annotations

import importlib.util

from common import in_process, report, shared

MAKE = f"""
import time
from pathlib import Path
import numpy as np
from geodata.readers.osm import read_osm_ways
ways = read_osm_ways(Path({str(shared() / "data/osm/malta.osm.pbf")!r}))
rng = np.random.default_rng(5)
_, first, node = np.unique(ways.node, return_index=True, return_inverse=True)
xy = ways.lonlat[first] * (90_000.0, 111_000.0)
way = np.repeat(np.arange(len(ways.ids)), np.diff(ways.first))
step = way[1:] == way[:-1]
a0, b0 = node[:-1][step], node[1:][step]
seconds0 = np.maximum(np.hypot(*(xy[a0] - xy[b0]).T), 1.0) / rng.choice([4.0, 8.0, 12.0], len(a0))
copies, n0 = 10, len(xy)
shift = np.arange(copies)[:, None]
n = n0 * copies
a = (a0 + n0 * shift).ravel()
b = (b0 + n0 * shift).ravel()
# Each copy is joined to the next.
a = np.concatenate([a, np.arange(copies - 1) * n0])
b = np.concatenate([b, np.arange(1, copies) * n0])
seconds = np.concatenate([np.tile(seconds0, copies), np.full(copies - 1, 600.0)])
place = np.concatenate([xy + (60_000.0 * k, 0.0) for k in range(copies)])
units = rng.choice(n, 2000, replace=False).astype(np.int32)
"""

# Both get the nodes in the same (Morton) order: scipy too is faster when neighbours lie close. They take
# turns in one process, because the machine's speed changes from minute to minute.
BOTH = (
    MAKE
    + """
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from planner.kernels.dijkstra import arcs_to_csr, nearest_source
from planner.network.build import morton_order
rank = np.empty(n, dtype=np.int32)
rank[morton_order(place)] = np.arange(n, dtype=np.int32)
tail, head = np.concatenate([rank[a], rank[b]]), np.concatenate([rank[b], rank[a]])
weight = np.concatenate([seconds, seconds])
csr = arcs_to_csr(tail, head, weight, n)
graph = csr_array((weight, (tail, head)), shape=(n, n))
owner = np.arange(len(units), dtype=np.int32)
work = {
    "ours": lambda: nearest_source(*csr, rank[units], np.zeros(len(units)), owner)[0],
    "scipy": lambda: dijkstra(graph, indices=rank[units], min_only=True),
}
best = {name: 1e9 for name in work}
for name in [*work] * 8:
    start = time.perf_counter()
    work[name]()
    best[name] = min(best[name], time.perf_counter() - start)
print(best[WHICH])
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
    ours = in_process(BOTH.replace("WHICH", "'ours'"), runs=2)
    scipy = in_process(BOTH.replace("WHICH", "'scipy'"), runs=2)
    pandana = in_process(PANDANA, runs=1) if importlib.util.find_spec("pandana") else None
    report(
        "nearest of 2,000 facilities for 1.17 million nodes (search only; pandana with its build)",
        ours,
        {"scipy dijkstra(min_only=True)": scipy, "pandana build + query": pandana},
    )


if __name__ == "__main__":
    main()
