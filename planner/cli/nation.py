"""``jangkau nation``: all kabupaten of a province or the country on a Dask cluster, and units over them."""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.cli.asked import add_scenario, asked_scenario
from planner.cli.console import DONE, OUR_FAULT, USERS_INPUT, complain, percent, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planner.cli.console import Commands
    from planner.nation.amount import Amount
    from planner.nation.country import Files
    from planner.nation.remote import RunPlace
    from planner.nation.run import Done
    from planner.nation.sites import Planned
    from planner.scenarios.scenario import Scenario
    from planner.siting.measures import Measures


TOLD_EVERY_S = 30.0
# Kabupaten that the console names; all are in the table.
SHOWN = 10
# Sums of people agree to this, relative.
TOLERANCE = 1e-9


def add_commands(commands: Commands) -> None:
    """Add ``nation``."""
    nation = commands.add_parser("nation", help="coverage and gaps of all kabupaten, on a Dask cluster")
    nation.add_argument(
        "what", nargs="?", choices=("gaps", "site"), default="gaps",
        help="gaps (the default), or site: how much each kabupaten gets (--kind, --units or --budget)",
    )  # fmt: skip
    nation.add_argument(
        "--villages",
        required=True,
        metavar="FILE",
        help="polygons, with their codes; a file, postgresql://…?table=NAME, s3://… or another address",
    )
    nation.add_argument(
        "--facilities", action="append", required=True, metavar="FILE[=KIND]",
        help="a list of facilities, all of one kind or with a column of it; may be repeated",
    )  # fmt: skip
    nation.add_argument(
        "--roads", action="append", default=[], metavar="FILE",
        help="an extract (.osm.pbf) or road lines; may be repeated; left out: straight lines on foot",
    )  # fmt: skip
    nation.add_argument("--population", metavar="FILE", help="people by village")
    nation.add_argument(
        "--codes", type=Path, metavar="FILE", help="codes and names of provinces and kabupaten"
    )
    nation.add_argument(
        "--adoption", type=Path, metavar="A.csv", help="table of each puskesmas's stage of ILP (CSV or XLSX)"
    )
    add_scenario(nation)
    nation.add_argument(
        "--out", required=True, metavar="DIR",
        help="folder to write, or to complete; postgresql://…?schema=NAME, s3://… or another address",
    )  # fmt: skip
    nation.add_argument(
        "--work", type=Path, metavar="DIR",
        help="where a run with --out ADDRESS keeps its files (default: a folder of the cache)",
    )  # fmt: skip
    nation.add_argument(
        "--scheduler", metavar="ADDRESS", help="of an existing Dask cluster, such as tcp://10.0.0.1:8786"
    )
    nation.add_argument(
        "--workers",
        type=_processes,
        default=2,
        metavar="N",
        help="processes of this machine; 0: this one (default: 2)",
    )
    nation.add_argument("--memory", type=_gib, default=3.0, metavar="GIB", help="of each worker (default: 3)")
    nation.add_argument("--kind", help="site: facility kind, such as pustu or posyandu")
    nation.add_argument("--units", type=int, metavar="N", help="site: so many measures over all kabupaten")
    nation.add_argument(
        "--budget", type=float, metavar="RP", help="site: so many rupiah over all kabupaten, first costs only"
    )
    nation.add_argument(
        "--measures", type=Path, metavar="M.yml", help="site: what can be done in the place of the defaults"
    )
    nation.set_defaults(run=_nation)


def _processes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        msg = f"{text!r} is no number of processes: give 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _gib(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        msg = f"{text!r} is no amount of memory: give GiB, such as 3"
        raise argparse.ArgumentTypeError(msg)
    return value


def _nation(options: argparse.Namespace) -> int:
    from geodata.errors import ConfigError, InputError
    from planner.nation.advice import told
    from planner.nation.remote import place_of
    from planner.pipeline import read_measures
    from planner.siting.measures import default_measures

    _require_together(options)
    measures = default_measures() if options.measures is None else read_measures(options.measures)
    amount = _amount(options, measures) if options.what == "site" else None
    scenario = asked_scenario(options)
    place = place_of(options.out, options.work)
    place.require()
    with place.reserved():
        try:
            return _run(options, place, scenario, measures, amount)
        except InputError as error:
            # The readers are those of one area, which may say in a file of its own what a column holds.
            if (message := told(error)) == str(error):
                raise
            raise ConfigError(message) from error


def _run(
    options: argparse.Namespace,
    place: RunPlace,
    scenario: Scenario,
    measures: Measures,
    amount: Amount | None,
) -> int:
    """Fetch, compute and send, in a folder that is ours alone."""
    from planner.nation.cluster import workers
    from planner.nation.run import nation
    from planner.nation.sites import nation_site

    files = _files(options, place.folder)
    memory_mb = 1024.0 * options.memory
    with workers(options.scheduler, options.workers, memory_mb) as these:
        if these.link:
            say(f"dashboard: {these.link}")
        told = _Told()
        if amount is not None:
            plan = nation_site(
                files, place.folder, these, kind=options.kind, amount=amount, measures=measures,
                scenario=scenario, memory_mb=memory_mb, progress=told,
            )  # fmt: skip
            return _sent(_say_plan(plan), place)
        done = nation(files, place.folder, these, scenario=scenario, memory_mb=memory_mb, progress=told)
    _say(done, place.shown)
    return _sent(_status(done), place)


def _amount(options: argparse.Namespace, measures: Measures) -> Amount:
    """Return what is divided."""
    from planner.nation.amount import money, units

    return (
        units(options.units) if options.budget is None
        else money(options.budget, measures.of_kind(options.kind))
    )  # fmt: skip


def _files(options: argparse.Namespace, folder: Path) -> Files:
    """Return the country's files; those at an address are copied below the run's folder."""
    from planner.nation.country import Files, facilities_file
    from planner.nation.remote import local, split_kind

    lists = []
    for number, text in enumerate(options.facilities):
        if "://" in text:
            address, kind = split_kind(text)
            path = str(local(address, folder, f"facilities-{number + 1}"))
            lists.append(facilities_file(f"{path}={kind}" if kind else path))
        else:
            lists.append(facilities_file(text))
    return Files(
        villages=local(options.villages, folder, "villages"), facilities=tuple(lists),
        population=None if options.population is None else local(options.population, folder, "population"),
        roads=tuple(local(text, folder, _numbered("roads", i)) for i, text in enumerate(options.roads)),
        codes=options.codes, adoption=options.adoption,
    )  # fmt: skip


def _numbered(what: str, number: int) -> str:
    """Return what a file is called of which there may be several: roads, roads-2."""
    return what if number == 0 else f"{what}-{number + 1}"


def _sent(status: int, place: RunPlace) -> int:
    """Send the results where they go; returns the exit status."""
    said = place.send()
    if said:
        say(said)
    return status


def _require_together(options: argparse.Namespace) -> None:
    """Raise ConfigError for options that do not go with what is asked."""
    from geodata.errors import ConfigError

    site = ("kind", "units", "budget", "measures")
    if options.what == "site":
        if options.kind is None:
            msg = "nation site: say what is planned with --kind"
            raise ConfigError(msg)
        if (options.units is None) == (options.budget is None):
            msg = "nation site: say how much there is with --units or --budget, one of the two"
            raise ConfigError(msg)
        if options.adoption is not None:
            msg = "--adoption goes with jangkau nation, not with nation site: leave it out"
            raise ConfigError(msg)
    else:
        given = [f"--{name}" for name in site if getattr(options, name) is not None]
        if given:
            msg = f"{' and '.join(given)}: for jangkau nation site; write that, or leave it out"
            raise ConfigError(msg)


def _say_plan(plan: Planned) -> int:
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for note in plan.notes:
        say(f"  {note}")
    found = plan.division
    if found is not None:
        used, amount = sum(found.shares.values()), plan.amount
        proof = "proven best" if found.bound <= found.total * (1 + TOLERANCE) else (
            f"any other division and plans: at most {found.bound:,.0f}"
        )  # fmt: skip
        what = f"{used} of {amount.steps} x {plan.kind}"
        if amount.step_idr is not None:
            what = f"Rp {used * amount.step_idr:,.0f} of Rp {amount.given:,.0f} for {plan.kind}"
        say(f"{what}: {found.total:,.0f} people more within the limit; {proof}")
        say(f"  {_costs_in_words(plan.table)}")
        column, sign = ("budget_idr", "Rp ") if amount.is_money else ("units", "")
        for code, row in plan.table[plan.table[column] > 0].head(SHOWN).iterrows():
            say(f"  {code} {row['regency']}: {sign}{row[column]:,.0f}, +{row['people_added']:,.0f} people")
    for name, failure in plan.failures.items():
        complain(f"{name}: {failure.message}")
    say(str(plan.folder))
    return _status(plan)


def _costs_in_words(table: pd.DataFrame) -> str:
    """Return what a plan takes once and every year: what nobody gave is not known."""
    told = []
    for what, column in (("first", "cost_idr"), ("yearly", "yearly_idr")):
        total = float(table[column].sum(skipna=False))
        told.append(f"{what} cost {'not known' if math.isnan(total) else f'Rp {total:,.0f}'}")
    return ", ".join(told)


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


def _say(done: Done, out: str) -> None:
    from geodata.errors import counted
    from planner.coverage.tables import is_at_least

    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for note in done.notes:
        say(f"  {note}")
    found = done.national
    if found:
        people = "unknown" if found["people"] is None else f"{found['people']:,.0f}"
        say(f"{found['villages']:,} villages of {found['regencies']} kabupaten/kota in "
            f"{counted(found['provinces'], 'province')}, {people} people "
            f"({found['villages_people_unknown']:,} villages unknown), "
            f"{found['travel']}")  # fmt: skip
        for kind, one in found["kinds"].items():
            share = one.get("share_reached")
            least = "at least " if is_at_least(one) else ""
            reached = "unknown" if share is None else f"{least}{percent(share)} of people reached"
            say(f"  {kind}: {reached}; {one['villages_gap']:,} villages are gaps, "
                f"{one['villages_unknown']:,} unknown")  # fmt: skip
        if "adoption" in found:
            say(adoption_in_words(found["adoption"]))
    say(
        f"{done.made} parts computed, {done.kept} kept; "
        f"{sum(c['cpu_s'] for c in done.costs):,.0f} CPU seconds"
    )
    for name, failure in sorted(done.failures.items()):
        complain(f"{name}: {failure.message}")
    say(out)


def adoption_in_words(found: Mapping[str, Any]) -> str:
    """Return how far the country is with ILP, in a line.

    Parameters
    ----------
    found
        ``adoption`` of ``national.json``.

    Examples
    --------
    >>> known = {"puskesmas": 10, "launched": 3, "unknown": 2, "target_share": 0.4, "target_puskesmas": 4}
    >>> adoption_in_words({**known, "met": "unknown", "national_target_puskesmas": 4072})
    '  ILP: 3 of 10 puskesmas launched, 2 unknown; target 40% (4) met: unknown; the country: 4,072'
    """
    country = found["national_target_puskesmas"]
    of_country = "" if country is None else f"; the country: {country:,}"
    return (
        f"  ILP: {found['launched']:,} of {found['puskesmas']:,} puskesmas launched, {found['unknown']:,} "
        f"unknown; target {found['target_share']:.0%} ({found['target_puskesmas']:,}) met: "
        f"{found['met']}{of_country}"
    )


def _status(done: Done | Planned) -> int:
    if any(f.ours for f in done.failures.values()):
        return OUR_FAULT
    return USERS_INPUT if done.failures else DONE
