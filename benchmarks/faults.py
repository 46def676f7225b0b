"""Kills a worker 20 times and the scheduler 5 times at random moments of a national run.

    python benchmarks/faults.py [--seed 1] [--workers 20] [--schedulers 5]

A made-up country of six kabupaten, each run in a folder of its own. A run whose worker was killed has to end
by itself with status 0; one whose scheduler was killed before the last part was done says so with status 2,
and the same command again completes it. Every answer has to be that of the
undisturbed run, to the last digit.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from common import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from nation_faults import command, killed_scheduler, killed_worker
from nation_support import answers, write_country


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--seed", 1), ("--workers", 20), ("--schedulers", 5)):
        parser.add_argument(name, type=int, default=default)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311 - no secret
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="jangkau-faults-") as place:
        folder = Path(place)
        files = write_country(folder / "in", 1, columns=12, rows=6, units=60)
        clock = time.perf_counter()
        subprocess.run(
            command(files, folder / "undisturbed", "--workers", "2"), check=True, capture_output=True
        )
        whole_s = time.perf_counter() - clock
        expected = answers(folder / "undisturbed")
        print(f"undisturbed: {len(expected)} villages in {whole_s:.1f} s")
        for number in range(options.workers):
            out, after_s = folder / f"worker-{number}", draw.uniform(0.0, 0.7 * whole_s)
            clock = time.perf_counter()
            status, died = killed_worker(files, out, after_s, draw.randrange(2))
            took_s = time.perf_counter() - clock
            same = _answers(out).equals(expected)
            wrong += status != 0 or not same
            state = "killed" if died else "not there any more"
            print(f"worker {state} after {after_s:.1f} s: status {status}, {took_s:.1f} s, "
                  f"{'the same' if same else 'OTHER'} answers")  # fmt: skip
        for number in range(options.schedulers):
            out, after_s = folder / f"scheduler-{number}", draw.uniform(0.0, 0.3 * whole_s)
            status, alive, said = killed_scheduler(files, out, after_s)
            # A run that has all its parts needs no scheduler any more.
            whole = status == 0 and _answers(out).equals(expected)
            told = whole or (status == 2 and "scheduler is gone" in said and "Traceback" not in said)
            parts = len(list(out.glob("parts/*/manifest.json")))
            again = subprocess.run(command(files, out, "--workers", "2"), check=False, capture_output=True)
            same = again.returncode == 0 and _answers(out).equals(expected)
            wrong += not told or not same
            if not told:
                print(said[-2000:])
            state = "killed" if alive else "killed after the end"
            print(f"scheduler {state} after {after_s:.1f} s: status {status}, {parts} parts were done, "
                  f"{'the same' if same else 'OTHER'} answers by the next run")  # fmt: skip
    print(pd.Series({"faults": options.workers + options.schedulers, "wrong": wrong}).to_string())
    sys.exit(wrong > 0)


def _answers(out: Path) -> pd.DataFrame:
    return answers(out) if any(out.glob("villages/*/*.parquet")) else pd.DataFrame()


if __name__ == "__main__":
    main()
