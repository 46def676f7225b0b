"""The ILP answers after travel times: seconds of each part, beside those of the travel times themselves.

python benchmarks/ilp.py WORKSPACE
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from planner.ilp.model import Ilp
from planner.ilp.tables import jejaring_table, puskesmas_table, village_columns
from planner.pipeline import find_gaps, open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    layers = open_workspace(parser.parse_args().workspace)
    gaps = find_gaps(layers)
    Ilp(gaps).loads  # noqa: B018 - kernels are loaded
    best: dict[str, float] = {}
    for _ in range(5):
        ilp = Ilp(gaps)
        parts = {
            "units": lambda one=ilp: one.units, "answers": lambda one=ilp: one.answers,
            "groups": lambda one=ilp: one.groups, "working areas (searches)": lambda one=ilp: one.jejaring,
            "referral (searches)": lambda one=ilp: one.referral, "home visits": lambda one=ilp: one.visits,
            "allocation (searches)": lambda one=ilp: one.loads, "equity": lambda one=ilp: one.equity,
            "tables": lambda one=ilp: (village_columns(one), puskesmas_table(one), jejaring_table(one)),
        }  # fmt: skip
        for name, work in parts.items():
            best[name] = min(best.get(name, 1e9), seconds(work))
    travel = min(seconds(lambda: find_gaps(layers)) for _ in range(3))
    table = sum(v for k, v in best.items() if "searches" not in k)
    print(json.dumps({k: round(v, 3) for k, v in best.items()}))
    print(json.dumps({"ilp_table_s": round(table, 3), "travel_times_s": round(travel, 3),
                      "ratio": round(table / travel, 2)}))  # fmt: skip


if __name__ == "__main__":
    main()
