"""``jangkau nation``: all kabupaten of a province or the country, on a Dask cluster."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, OUR_FAULT, USERS_INPUT, say

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands
    from planner.nation.run import Done


TOLD_EVERY_S = 30.0


def add_commands(commands: Commands) -> None:
    """Add ``nation``."""
    nation = commands.add_parser("nation", help="coverage and gaps of all kabupaten, on a Dask cluster")
    nation.add_argument(
        "--villages", type=Path, required=True, metavar="FILE", help="polygons, with their codes"
    )
    nation.add_argument(
        "--facilities", action="append", required=True, metavar="FILE[=KIND]",
        help="a list of facilities, all of one kind or with a column of it; may be repeated",
    )  # fmt: skip
    nation.add_argument(
        "--roads", type=Path, metavar="FILE", help="road lines; left out: straight lines on foot"
    )
    nation.add_argument("--population", type=Path, metavar="FILE", help="people by village")
    nation.add_argument(
        "--codes", type=Path, metavar="FILE", help="codes and names of provinces and kabupaten"
    )
    nation.add_argument(
        "--scenario", type=Path, metavar="S.yml", help="what differs from the default scenario"
    )
    nation.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write, or to complete"
    )
    nation.add_argument(
        "--scheduler", metavar="ADDRESS", help="of an existing Dask cluster, such as tcp://10.0.0.1:8786"
    )
    nation.add_argument(
        "--workers",
        type=int,
        default=2,
        metavar="N",
        help="processes of this machine; 0: this one (default: 2)",
    )
    nation.add_argument(
        "--memory", type=float, default=3.0, metavar="GIB", help="of each worker (default: 3)"
    )
    nation.set_defaults(run=_nation)


def _nation(options: argparse.Namespace) -> int:
    from planner.nation.cluster import workers
    from planner.nation.country import Files, facilities_file
    from planner.nation.run import nation
    from planner.pipeline import default_scenario, read_scenario

    scenario = default_scenario() if options.scenario is None else read_scenario(options.scenario)
    files = Files(
        villages=options.villages, facilities=tuple(facilities_file(f) for f in options.facilities),
        population=options.population, roads=options.roads, codes=options.codes,
    )  # fmt: skip
    memory_mb = 1024.0 * options.memory
    with workers(options.scheduler, options.workers, memory_mb) as these:
        if these.link:
            say(f"dashboard: {these.link}")
        done = nation(files, options.out, these, scenario=scenario, memory_mb=memory_mb, progress=_Told())
    _say(done, options.out)
    return _status(done)


class _Told:
    """Tells steps on standard error: on a terminal each, into a file one every half minute."""

    def __init__(self) -> None:
        self._start, self._last = time.perf_counter(), -math.inf

    def __call__(self, step: str, /) -> None:
        """Tell a step."""
        now = time.perf_counter() - self._start
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{step:<70}")
        elif now - self._last >= TOLD_EVERY_S or "/" not in step:
            sys.stderr.write(f"{now:,.0f} s: {step}\n")
            self._last = now


def _say(done: Done, out: Path) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for note in done.notes:
        say(f"  {note}")
    found = done.national
    if found:
        people = "unknown" if found["people"] is None else f"{found['people']:,.0f}"
        say(f"{found['villages']:,} villages of {found['regencies']} kabupaten/kota in {found['provinces']} "
            f"provinces, {people} people ({found['villages_people_unknown']:,} villages unknown), "
            f"{found['travel']}")  # fmt: skip
        for kind, one in found["kinds"].items():
            share = one.get("share_reached")
            reached = "unknown" if share is None else f"{share:.1%} of people reached"
            say(f"  {kind}: {reached}; {one['villages_gap']:,} villages are gaps, "
                f"{one['villages_unknown']:,} unknown")  # fmt: skip
    say(
        f"{done.made} parts computed, {done.kept} kept; "
        f"{sum(c['cpu_s'] for c in done.costs):,.0f} CPU seconds"
    )
    for name, failure in sorted(done.failures.items()):
        sys.stderr.write(f"jangkau: {name}: {failure.message}\n")
    say(str(out))


def _status(done: Done) -> int:
    if any(f.ours for f in done.failures.values()):
        return OUR_FAULT
    return USERS_INPUT if done.failures else DONE
