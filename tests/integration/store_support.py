"""What the tests of the store share."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from geodata.errors import InputError

COUNTER = itertools.count()
AREA = "kab-demo"
CONTENT = {
    "name": "Jembatan",
    "edits": [{"op": "close_road", "road": "12"}, {"op": "add_road", "line": [[113.7, -8.17], [0.1, 1e16]]}],
    "speeds": {"walk": 4.5, "boat": None, "on": True, "n": 3},
}


def together(*jobs):
    """Run jobs at the same moment, each in a thread; returns their results or errors in order."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        barrier.wait()
        try:
            return job()
        except InputError as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
