"""A network of 5 million nodes: does it fit into 2 GiB, and how long is one pass over it?"""

from __future__ import annotations

from common import in_process

WORK = """
import time
import numpy as np
from planner.network.convert import network_of_arrays
from planner.network.graph import ModeGraph
from planner.scenarios.modes import Profile
from planner.kernels import dijkstra
from planner.network.build import morton_order
side = 2237
rng = np.random.default_rng(3)
def network():
    # Streets on a jittered grid of 200 m; two of five are left out, as in the real world.
    n = side * side
    xy = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 200.0
    xy += rng.uniform(-60, 60, xy.shape)
    order = morton_order(xy)
    rank = np.empty(n, dtype=np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    xy = xy[order]
    number = np.arange(n, dtype=np.int32).reshape(side, side)
    a = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    b = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = rng.random(len(a)) < 0.6
    a, b = rank[a[kept]], rank[b[kept]]
    metres = np.hypot(*(xy[a] - xy[b]).T)
    seconds = metres / rng.choice([5.0, 8.0, 12.0], len(a))
    return network_of_arrays(xy, a, b, seconds, seconds, crs="EPSG:32749", mode="motorcycle", length_m=metres)
net = network()
units = rng.choice(net.nodes, 10_000, replace=False).astype(np.int32)
graph = ModeGraph(net, Profile("motorcycle", "dry"))
csr = graph.backward
del graph.tail, graph.head, graph.seconds, graph.arc
start = time.perf_counter()
label = dijkstra.nearest_source(*csr, units, np.zeros(len(units)), np.arange(len(units), dtype=np.int32))
took = time.perf_counter() - start
print(f"{net.nodes} nodes, {net.edges} edges, reached {np.isfinite(label[:, 0]).mean():.3f}")
print(took)
"""


def main() -> None:
    in_process("print(0)", runs=1)
    measured = in_process(WORK, runs=1)
    print("\n5 million nodes, 6 million edges, nearest of 10,000 facilities for every node in one pass")
    print(
        f"  {measured.seconds:.2f} s; the whole process peaks at {measured.peak_mib:,.0f} MiB (at most 2,048)"
    )


if __name__ == "__main__":
    main()
