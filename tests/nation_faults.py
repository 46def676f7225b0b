"""A run of ``jangkau nation`` in processes of its own, of which some are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from planner.nation.country import Files

PATIENCE_S = 180.0


def command(files: Files, out: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "planner.cli", "nation", "--villages", str(files.villages),
        "--facilities", str(files.facilities[0].path), "--population", str(files.population),
        "--out", str(out), *more,
    ]  # fmt: skip


def workers_of(pid: int) -> list[psutil.Process]:
    """The processes that work for a run, or for a Dask worker's nanny."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(pid).children(recursive=True)
        return [p for p in children if p.is_running() and "spawn_main" in " ".join(p.cmdline())]
    return []


def wait_until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.02)


def killed_worker(files: Files, out: Path, after_s: float, which: int = 0) -> tuple[int, bool]:
    """Run with two workers and kill one, so long after they came; returns the status and whether it died."""
    log = out.with_suffix(".log")
    with log.open("wb") as said:
        run = subprocess.Popen(command(files, out, "--workers", "2"), stdout=said, stderr=said)
        try:
            wait_until(lambda: workers_of(run.pid) or run.poll() is not None, "no worker came")
            time.sleep(after_s)
            victims = workers_of(run.pid)
            died = False
            if victims and run.poll() is None:
                with suppress(psutil.NoSuchProcess):
                    victims[which % len(victims)].kill()
                    died = True
            return run.wait(PATIENCE_S), died
        finally:
            end_all(run)


def end_all(run: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and those that it started."""
    with suppress(psutil.NoSuchProcess):
        for process in [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    run.wait(PATIENCE_S)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and two workers, each a process; gives the scheduler's address and its process."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "scheduler.json"
    started = []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    try:
        started.append(subprocess.Popen([
            sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
            "--no-dashboard", "--scheduler-file", str(about),
        ], **quiet))  # fmt: skip
        wait_until(lambda: about.exists() and about.stat().st_size, "no scheduler came")
        worker = [
            sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(about),
            "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder),
        ]  # fmt: skip
        started += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        yield json.loads(about.read_text("utf-8"))["address"], started[0]
    finally:
        for process in started:
            end_all(process)


def killed_scheduler(files: Files, out: Path, after_s: float) -> tuple[int, bool, str]:
    """Run on a cluster and kill its scheduler, so long after the country is cut.

    Returns the status, whether the run was still there, and what it said.
    """
    log = out.with_suffix(".log")
    with cluster(out.with_suffix(".cluster")) as (address, scheduler), log.open("wb") as said:
        run = subprocess.Popen(command(files, out, "--scheduler", address), stdout=said, stderr=said)
        try:
            wait_until(
                lambda: (out / "country" / "manifest.json").exists() or run.poll() is not None, "no country"
            )
            time.sleep(after_s)
            alive = run.poll() is None
            os.kill(scheduler.pid, signal.SIGKILL)
            status = run.wait(PATIENCE_S)
        finally:
            end_all(run)
    return status, alive, log.read_text("utf-8", "replace")
