"""``jangkau rollout``: in which year each measure is taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import asked_scenario
from planner.cli.console import DONE, add_language, say
from planner.cli.ground import add_ground, inputs_of, read_ground
from planner.cli.plan_words import assumed_in_words, gained_in_words, objective_in_words, why_none_in_words

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands
    from planner.siting.plan_file import PlanYear
    from planner.siting.years import Rollout


def add_commands(commands: Commands) -> None:
    """Add ``rollout``."""
    parser = commands.add_parser("rollout", help="in which year each unit is opened, upgraded or staffed")
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    add_ground(parser)
    parser.add_argument(
        "--adoption", type=Path, metavar="A.csv",
        help="table of each puskesmas's stage of ILP (CSV or XLSX)",
    )  # fmt: skip
    parser.add_argument("--plan", type=Path, required=True, metavar="PLAN.yml", help="years and budgets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(parser)
    parser.set_defaults(run=_rollout)


def _rollout(options: argparse.Namespace) -> int:
    from geodata.errors import ConfigError
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Study,
        as_if_none,
        open_workspace,
        read_adoption_of,
        read_plan,
        rollout,
        write_rollout,
    )
    from planner.progress import Steps
    from planner.reports.rollout import ROLLOUT_OUTPUTS

    asked = read_plan(options.plan)
    scenario = asked_scenario(options)
    ground = read_ground(options)
    if options.adoption is not None and asked.after_stage is None:
        msg = "--adoption goes with after_stage in the plan: add that, or leave --adoption out"
        raise ConfigError(msg)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, ROLLOUT_OUTPUTS)
    with Steps(8) as progress:
        progress("workspace")
        layers = as_if_none(open_workspace(options.workspace), asked.kind)
        adoption = () if options.adoption is None else read_adoption_of(options.adoption, layers)
        study = Study(layers, scenario=scenario, modes=ground.measures.modes(asked.kind), progress=progress)
        plan = rollout(study, asked, **ground._asdict(), adoption=adoption, progress=progress)
        progress("files")
        files = write_rollout(
            plan, options.out, lang=options.lang, inputs=inputs_of(options, ("plan", "adoption"))
        )
    for line in in_words(plan):
        say(line)
    for file in files:
        say(str(file))
    return DONE


def in_words(plan: Rollout) -> list[str]:
    """Return a rollout in lines: how good it is, what is unknown, and what is done in each year.

    Examples
    --------
    >>> from planner.pipeline import RolloutPlan, Study, demo_layers, rollout
    >>> asked = RolloutPlan.model_validate({"kind": "posyandu", "years": [{"year": 2027, "units": 2}]})
    >>> in_words(rollout(Study(demo_layers(12)), asked))[1]
    '  proven best: no other choice of these candidates reaches more people'
    """
    from planner.cli.site import at_most_better, costs_in_words, doubts_in_words
    from planner.siting.gained import gain_by_year
    from planner.siting.solution import Proof

    area, solution = plan.before.layers.area, plan.solution
    last = plan.asked.years[-1].year
    by_year = gain_by_year(plan)
    head = f"{area.name} ({area.code}): {len(plan.sites)} x {plan.kind}, {gained_in_words(by_year[-1])}"
    lines = [f"{head} within the limit by {last}{people_of(plan.asked.years[-1])}"]
    if solution.proof is Proof.OPTIMAL:
        several = len(plan.asked.years) > 1
        most = (
            "order of these candidates reaches more people over the years"
            if several
            else ("choice of these candidates reaches more people")
        )
        lines.append(f"  proven best: no other {most}")
    else:
        lines.append(f"  best rollout found; {at_most_better(solution.better)}")
    lines += [
        objective_in_words(plan.answer.unit, solution.objective, solution.bound, solution.gap),
        assumed_in_words(plan),
    ]
    lines.append(
        f"  the price of order: {plan.price_of_order:.2%} less than the best for each year alone, added up"
    )
    lines += why_none_in_words(plan)
    lines += doubts_in_words(plan)
    lines += _waiting(plan)
    if plan.staff_not_limited:
        lines.append(f"  no number is given of {', '.join(plan.staff_not_limited)}: they limit nothing")
    if plan.asked.counts_money and plan.without_yearly_cost:
        names = ", ".join(plan.without_yearly_cost)
        lines.append(f"  no yearly cost is given for {names}: none is counted")
    lines += costs_in_words(plan)
    if any(year.people_factor != 1.0 for year in plan.asked.years):
        lines.append(
            f"  with the people of today {plan.sites['people_added'].sum():,.0f} people more by {last} "
            "(people_added in sites.csv); plan.csv counts the people of each year (people_factor)"
        )
    for row, gained, year in zip(plan.plan.itertuples(), by_year, plan.asked.years, strict=True):
        staff = f", employs {row.staff_employed}" if row.staff_employed else ""
        lines.append(
            f"  {row.Index}: {row.units_decided} decided, {row.units_working} working, "
            f"{gained_in_words(gained)}{people_of(year)}, {row.villages_served} villages served{staff}"
        )
    return lines


def people_of(year: PlanYear) -> str:
    """Return which people count in a year, to stand after their number; "" where they are those of today.

    Examples
    --------
    >>> from planner.siting.plan_file import PlanYear
    >>> people_of(PlanYear(year=2029, units=1, people_factor=1.2)), people_of(PlanYear(year=2027, units=1))
    (' (people of 2029: × 1.2)', '')
    """
    return "" if year.people_factor == 1.0 else f" (people of {year.year}: × {year.people_factor:g})"


def _waiting(plan: Rollout) -> list[str]:
    """Return by name where nothing opens because nobody knows when the puskesmas has the stage."""
    from geodata.errors import counted

    why = {"no_year": "nobody knows when it has it", "too_late": "it has it after the last year"}
    lines = [
        f"  {row.name} ({row.Index}): stage today {row.stage}, {why[row.why]}: nothing opens at its "
        f"{counted(row.candidates, 'candidate')}"
        for row in plan.waiting.itertuples()
    ]
    if plan.without_puskesmas:
        lines.append(f"  {counted(plan.without_puskesmas, 'candidate')} of no known puskesmas: nothing opens")
    return lines
