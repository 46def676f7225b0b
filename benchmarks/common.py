"""Runs one piece of work in a process of its own, and reports its seconds and its peak memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


def shared() -> Path:
    """The folder of real data (JANGKAU_SHARED, or ../shared)."""
    import os

    return Path(os.environ.get("JANGKAU_SHARED", ROOT.parent / "shared"))


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mib: float


def in_process(code: str, *, runs: int = 3, python: str = sys.executable) -> Measured:
    """Run code that prints the seconds of its own work as its last line; the best of some runs.

    Memory is the whole process's peak, imports included.
    """
    tail = (
        "\nimport resource as _r\nprint('PEAK', _r.getrusage(_r.RUSAGE_SELF).ru_maxrss / 1024)"
        if python == sys.executable
        else "\nprint('PEAK', 0)"
    )
    best: Measured | None = None
    for _ in range(runs):
        run = subprocess.run(
            [python, "-c", code + tail], capture_output=True, text=True, check=False, cwd=ROOT
        )
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        *_, seconds, peak = run.stdout.strip().splitlines()
        new = Measured(float(seconds), float(peak.split()[1]))
        best = new if best is None or new.seconds < best.seconds else best
    assert best is not None
    return best


def command(*arguments: str, runs: int = 3) -> Measured:
    """Run a command; the best wall-clock time of some runs, and its children's peak memory."""
    best = Measured(float("inf"), 0.0)
    for _ in range(runs):
        start = time.perf_counter()
        run = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT)
        took = time.perf_counter() - start
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        best = min(best, Measured(took, peak), key=lambda m: m.seconds)
    return best


def report(title: str, ours: Measured, peers: dict[str, Measured | None]) -> None:
    """Print ours and each peer's ratio to it."""
    print(f"\n{title}")
    print(f"  {'jangkau':34} {ours.seconds:8.3f} s   {ours.peak_mib:7.0f} MiB")
    for name, peer in peers.items():
        if peer is None:
            print(f"  {name:34} not installed")
            continue
        ratio = peer.seconds / ours.seconds
        print(f"  {name:34} {peer.seconds:8.3f} s   {peer.peak_mib:7.0f} MiB   {ratio:7.1f} × ours")
