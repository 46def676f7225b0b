"""``jangkau robust``: how a plan holds where speeds, people and the season are uncertain."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import asked_scenario
from planner.cli.console import DONE, say
from planner.cli.ground import add_ground, inputs_of, read_ground
from planner.cli.plan_words import scenario_in_words

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands
    from planner.siting.robustness import Robustness


def add_commands(commands: Commands) -> None:
    """Add ``robust``."""
    parser = commands.add_parser(
        "robust", help="how sites hold where speeds, people and the season are uncertain"
    )
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    parser.add_argument("--kind", required=True, help="facility kind, such as pustu or posyandu")
    how_much = parser.add_mutually_exclusive_group(required=True)
    how_much.add_argument("--units", type=int, metavar="N", help="so many measures")
    how_much.add_argument("--budget", type=float, metavar="RP", help="so many rupiah (costs: --measures)")
    parser.add_argument("--draws", type=int, default=50, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="one seed, one answer (default: %(default)s)")
    parser.add_argument(
        "--uncertainty", type=Path, metavar="U.yml", help="what differs from the default uncertainty"
    )
    add_ground(parser)
    parser.add_argument(
        "--time-limit", type=float, default=180.0, metavar="S",
        help="seconds to search; then the best plans so far, with their bounds (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.set_defaults(run=_robust)


# The share of the time for the plan without doubts.
FOR_NOMINAL = 0.2


def _robust(options: argparse.Namespace) -> int:
    from geodata.errors import ConfigError
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Ask,
        Study,
        as_if_none,
        open_workspace,
        read_uncertainty,
        robustness,
        site,
        write_robustness,
    )
    from planner.progress import Steps
    from planner.reports.robustness import ROBUSTNESS_OUTPUTS
    from planner.siting.uncertainty import require_draws

    if not 0 < options.time_limit < inf:
        msg = f"--time-limit is a number of seconds above 0, not {options.time_limit}"
        raise ConfigError(msg)
    ask = Ask(
        units=options.units, budget_idr=options.budget, seed=options.seed,
        time_limit_s=FOR_NOMINAL * options.time_limit,
    )  # fmt: skip
    require_draws(options.draws, options.seed)
    scenario = asked_scenario(options)
    ground = read_ground(options)
    uncertainty = None if options.uncertainty is None else read_uncertainty(options.uncertainty)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, ROBUSTNESS_OUTPUTS)
    with Steps(13) as progress:
        progress("workspace")
        layers = as_if_none(open_workspace(options.workspace), options.kind)
        study = Study(layers, scenario=scenario, modes=ground.measures.modes(options.kind), progress=progress)
        plan = site(study, options.kind, ask, **ground._asdict(), progress=progress)
        found = robustness(
            study, plan, draws=options.draws, seed=options.seed, uncertainty=uncertainty,
            time_limit_s=(1.0 - FOR_NOMINAL) * options.time_limit, progress=progress,
        )  # fmt: skip
        progress("files")
        files = write_robustness(found, options.out, inputs=inputs_of(options, ("uncertainty",)))
    for line in in_words(found):
        say(line)
    for file in files:
        say(str(file))
    return DONE


# The plans as the console names them.
NAMES = {
    "today": "today", "nominal": "plan without doubts", "expected": "best on average",
    "worst_case": "best worst case",
}  # fmt: skip


def in_words(found: Robustness) -> list[str]:
    """Return plans in lines: what each reaches on average and in its worst draw, and which sites hold.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, robustness, site
    >>> study = Study(demo_layers(12))
    >>> in_words(robustness(study, site(study, "posyandu", Ask(units=1)), draws=3))[-1]
    "  1 of 1 site of the plan without doubts: in 9 of 10 draws' own best"
    """
    from geodata.errors import counted
    from planner.cli.site import at_most_better
    from planner.siting.solution import share_better

    area, plan = found.nominal.before.layers.area, found.nominal
    number = len(found.alone)
    wet = int(found.draws.wet.sum())
    head = (
        f"{area.name} ({area.code}): {plan.kind}, {counted(number, 'draw')}, {wet} of them in the wet season"
    )
    lines = [head + scenario_in_words(plan.before.scenario)]
    for row in found.plans.itertuples():
        most = {"expected": row.people_mean, "worst_case": row.people_worst}.get(str(row.Index), 0.0)
        proof = {"": "", "optimal": "; proven best"}.get(
            row.status, f"; {at_most_better(share_better(most, row.bound))}"
        )
        lines.append(
            f"  {NAMES[str(row.Index)]:<20} {row.people_mean:>12,.0f} people on average, "
            f"{row.people_worst:>12,.0f} in the worst draw{proof}"
        )
    if plan.as_if_none:
        lines.append(f"  no list of {plan.kind} was given: the plans take it that there are none")
    elif plan.list_doubt is not None:
        lines.append(f"  the list of {plan.kind} is not taken as complete: it may lack units")
    if plan.before.on_foot(plan.kind):
        lines.append(
            f"  no road data: reach is counted on foot; some may reach a {plan.kind} by vehicle already"
        )
    unknown = int(plan.before.layers.villages["people"].isna().sum())
    if unknown:
        lines.append(f"  {counted(unknown, 'village')} of unknown people, without weight in the plans")
    mine = found.sites[found.sites["in_nominal"]]
    firm = int((mine["chosen_alone"] >= 0.9).sum())
    lines.append(
        f"  {firm} of {counted(len(mine), 'site')} of the plan without doubts: in 9 of 10 draws' own best"
    )
    return lines
