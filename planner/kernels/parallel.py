"""Work shared out to all processors, for kernels that release the interpreter's lock."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def in_parallel(work: Callable[[int, int], T], items: int, workers: int | None) -> list[tuple[int, T]]:
    """Run ``work(low, high)`` over all items on several processors; (low, result) in order."""
    count = workers or os.cpu_count() or 1
    blocks = min(items, 8 * count) if count > 1 else min(items, 1)
    if blocks == 0:
        return []
    bounds = np.linspace(0, items, blocks + 1).astype(int)
    spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    if count == 1 or blocks == 1:
        return [(low, work(low, high)) for low, high in spans]
    with ThreadPoolExecutor(count) as pool:
        return list(zip((low for low, _ in spans), pool.map(lambda s: work(*s), spans), strict=True))
