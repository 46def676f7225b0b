"""``jangkau site``: where to open, upgrade or staff units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, add_language, say

if TYPE_CHECKING:
    import argparse

    from geodata.layers import SourceRecord
    from planner.cli.console import Commands
    from planner.pipeline import Floor
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import Measures
    from planner.siting.site import Siting
    from planner.siting.years import Rollout


# What no other plan does, by the unit of the objective.
PROVEN = {
    "people": "other choice of these candidates reaches more people",
    "people_weighted": "other choice of these candidates reaches more people, those beyond the limit in part",
    "villages": "other choice of these candidates has more villages served",
    "units": "fewer of these candidates reach the target",
    "idr": "cheaper choice of these candidates reaches the target",
    "person_minutes": "other choice of these candidates has a smaller sum of travel times",
    "minutes": "other choice of these candidates has a shorter longest way",
}

# Why candidates are left out, where a site rule of that name is not the reason.
EXCLUDED = {"excluded_area": "in an excluded area", "no_unit_near": "no unit reaches the stop"}


def add_commands(commands: Commands) -> None:
    """Add ``site``."""
    parser = commands.add_parser("site", help="where to open, upgrade or staff units, with a proof")
    _add_amounts(parser)
    _add_rules(parser)
    _add_places(parser)
    parser.add_argument("--seed", type=int, default=0, help="one seed, one plan (default: %(default)s)")
    parser.add_argument(
        "--time-limit", type=float, default=60.0, metavar="S",
        help="seconds to search; then the best plan so far, with its bound (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(parser)
    parser.set_defaults(run=_site)


def _add_amounts(parser: argparse.ArgumentParser) -> None:
    """Add what is asked: where, of which kind, how much, and best at what."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    parser.add_argument("--kind", required=True, help="facility kind, such as pustu or posyandu")
    how_much = parser.add_mutually_exclusive_group(required=True)
    how_much.add_argument("--units", type=int, metavar="N", help="so many measures: the most people reached")
    how_much.add_argument(
        "--budget",
        type=float,
        metavar="RP",
        help="so many rupiah (costs: --measures): the most people reached",
    )
    how_much.add_argument(
        "--target", type=float, metavar="SHARE", help="reach this share of people (0-1) with fewest measures"
    )
    parser.add_argument(
        "--objective",
        default="people",
        metavar="O",
        help="people (default), villages (served), person_minutes or worst_time",
    )
    parser.add_argument(
        "--least", default="units", metavar="L", help="a target with least units (default) or money"
    )
    parser.add_argument(
        "--target-in",
        default="all",
        metavar="A",
        help="the target of all people (default) or in every district",
    )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    """Add what a plan must keep to."""
    parser.add_argument(
        "--floor",
        action="append",
        default=[],
        metavar="WHO=SHARE",
        help="reach at least this share (0-1) of all, in every district, of the worst_tenth, or of a "
        "life-cycle group",
    )
    parser.add_argument(
        "--min-distance", type=float, metavar="M", help="metres between any two units of the kind"
    )
    parser.add_argument(
        "--one-per-village", action="store_true", help="only in villages that have none, one in each"
    )
    parser.add_argument(
        "--gradual",
        type=float,
        metavar="MIN",
        help="beyond the limit people count less and less, and not at all from so many minutes on",
    )
    for name, what in (("force", "take"), ("forbid", "do not take")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="ID", help=f"{what} this candidate (sites.csv)"
        )
    parser.add_argument(
        "--both-seasons", action="store_true", help="people count only if reached in the wet season too"
    )


def _add_places(parser: argparse.ArgumentParser) -> None:
    """Add what can be done, and where."""
    parser.add_argument(
        "--scenario", type=Path, metavar="S.yml", help="what differs from the default scenario"
    )
    parser.add_argument("--measures", type=Path, metavar="M.yml", help="what can be done, and what it costs")
    parser.add_argument("--places", type=Path, metavar="FILE", help="candidate places for new units (points)")
    parser.add_argument(
        "--at",
        nargs="+",
        choices=("people", "settlements", "roads", "schools", "offices"),
        help="where new units may be, in place of what the measures say",
    )
    for name, what in (("schools", "schools"), ("offices", "village offices")):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"{what}: an OpenStreetMap file, or a list"
        )
    parser.add_argument(
        "--site-rules", type=Path, metavar="FILE", help="hazards and what public transport serves (polygons)"
    )
    parser.add_argument(
        "--keep-in-hazard", action="store_true", help="name the hazard that a place is in, and let it be"
    )
    parser.add_argument("--exclude", type=Path, metavar="FILE", help="areas without new units (polygons)")


def _site(options: argparse.Namespace) -> int:
    from geodata.readers.places import read_areas, read_places
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Ask,
        Study,
        as_if_none,
        default_scenario,
        open_workspace,
        read_scenario,
        site,
        write_siting,
    )
    from planner.progress import Steps
    from planner.reports.siting import SITING_OUTPUTS

    ask = Ask(
        units=options.units, budget_idr=options.budget, target=options.target,
        objective=options.objective, least=options.least, target_in=options.target_in,
        floors=tuple(_floor(text) for text in options.floor), min_distance_m=options.min_distance,
        one_per_village=options.one_per_village, gradual_minutes=options.gradual,
        forced=tuple(options.force), forbidden=tuple(options.forbid),
        seasons=("dry", "wet") if options.both_seasons else None,
        seed=options.seed, time_limit_s=options.time_limit,
    )  # fmt: skip
    scenario = default_scenario() if options.scenario is None else read_scenario(options.scenario)
    measures = _measures(options)
    places = None if options.places is None else read_places(options.places)
    exclude = None if options.exclude is None else read_areas(options.exclude)
    facts = _facts(options)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, SITING_OUTPUTS)
    with Steps(8) as progress:
        progress("workspace")
        layers = as_if_none(open_workspace(options.workspace), options.kind)
        study = Study(layers, scenario=scenario, modes=measures.modes(options.kind), progress=progress)
        plan = site(
            study, options.kind, ask, measures=measures, places=places, exclude=exclude, facts=facts,
            progress=progress,
        )  # fmt: skip
        progress("files")
        files = write_siting(plan, options.out, lang=options.lang, inputs=_inputs(options))
    for line in in_words(plan):
        say(line)
    for file in files:
        say(str(file))
    return DONE


def _floor(text: str) -> Floor:
    """Read ``who=share``."""
    from geodata.errors import ConfigError
    from planner.pipeline import Floor

    who, _, share = text.partition("=")
    try:
        return Floor(who.strip(), float(share))
    except ValueError as error:
        msg = f"--floor {text}: write who and share, such as district=0.5"
        raise ConfigError(msg) from error


def _measures(options: argparse.Namespace) -> Measures:
    from geodata.errors import ConfigError
    from planner.pipeline import read_measures
    from planner.siting.measures import At, default_measures

    if options.at is not None and options.places is not None:
        msg = "--places takes the place of all other candidates: leave --at out"
        raise ConfigError(msg)
    measures = default_measures() if options.measures is None else read_measures(options.measures)
    return measures if options.at is None else measures.with_new_at([At(word) for word in options.at])


def _facts(options: argparse.Namespace) -> SiteFacts:
    from geodata.readers.places import read_landmarks, read_site_rules
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import At

    landmarks = {}
    if options.schools is not None:
        landmarks[At.SCHOOLS] = read_landmarks(options.schools, "schools")
    if options.offices is not None:
        landmarks[At.OFFICES] = read_landmarks(options.offices, "offices")
    rules = None if options.site_rules is None else read_site_rules(options.site_rules)
    return SiteFacts(landmarks, rules, options.keep_in_hazard)


def _inputs(options: argparse.Namespace) -> list[SourceRecord]:
    """Return the files beside the workspace that a plan depends on."""
    from geodata.layers import SourceRecord
    from geodata.readers.files.opening import file_sha256

    names = ("scenario", "measures", "places", "exclude", "schools", "offices", "site_rules")
    named = [(n, getattr(options, n)) for n in names]
    return [SourceRecord(what, path.name, file_sha256(path)) for what, path in named if path is not None]


def in_words(plan: Siting) -> list[str]:
    """Return a plan in lines: what it brings, how good it is, what is unknown, and its sites.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))[1]
    '  proven best: no other choice of these candidates reaches more people'
    """
    from geodata.errors import counted
    from planner.siting.solution import Proof
    from planner.siting.weights import counted_people

    area, solution, people = plan.before.layers.area, plan.solution, counted_people(plan.before.demand)
    now, total = people[plan.reach.already].sum(), people.sum()
    head = f"{area.name} ({area.code}): {len(plan.sites)} x {plan.kind}, {plan.people_added:,.0f} people more"
    lines = [f"{head} within the limit: {now / total:.1%} → {(now + plan.people_added) / total:.1%}"]
    if solution.proof is not Proof.OPTIMAL:
        lines.append(f"  best plan found; another one is at most {solution.gap:.2%} better")
    else:
        rules = " and keeps the rules" if plan.ask.has_rules else ""
        lines.append(f"  proven best: no {PROVEN[plan.answer.unit]}{rules}")
    if plan.answer.unit.endswith("minutes"):
        what = {"minutes": "longest way, minutes", "person_minutes": "people × minutes"}[plan.answer.unit]
        lines.append(f"  {what}: {solution.objective:,.1f} (at best {solution.bound:,.1f})")
    if plan.answer.points_left_out:
        places = counted(plan.answer.points_left_out, "place")
        lines.append(f"  {places} left out: nothing reaches them, or nobody knows their way")
    if plan.ask.units is not None and len(plan.sites) < plan.ask.units:
        sure = plan.answer.unit == "people" and solution.proof is Proof.OPTIMAL and not plan.ask.has_rules
        why = "no more of these candidates add anybody" if sure else "more of these were not better"
        rules = " by the rules of the plan" if plan.ask.has_rules else ""
        lines.append(f"  {len(plan.sites)} of {plan.ask.units}: {why}{rules}")
    if not len(plan.sites):
        lines += _why_none(plan)
    lines += doubts_in_words(plan)
    for row in plan.sites.itertuples():
        where = ", ".join(w for w in (row.village_name, row.district_name) if w)
        lines.append(f"  {row.order:>3}. {where} ({row.village_code}): +{row.people_added:,.0f} people")
    return lines


def _why_none(plan: Siting) -> list[str]:
    """Return in lines why a plan has no site, where that is known."""
    instance = plan.instance
    if instance.forbidden.all():
        return [f"  the rules of the plan leave none of the {instance.sites:,} candidates"]
    cheapest = float(instance.cost[~instance.forbidden].min())
    if plan.ask.budget_idr is not None and cheapest > plan.ask.budget_idr:
        return [f"  the cheapest measure costs {cheapest:,.0f} rupiah, more than there is"]
    return []


def doubts_in_words(plan: Siting | Rollout) -> list[str]:
    """Return in lines what is not known of the lists and the people that a plan rests on.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> [line] = doubts_in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    >>> line[:40]
    '  2 of 2 would have more than the 1,250 '
    """
    from geodata.errors import counted
    from planner.coverage.extent import WHY
    from planner.siting.tables import crowded
    from planner.siting.weights import people_of_unknown_place

    lines = []
    excluded = plan.candidates.attrs.get("excluded", {})
    if excluded:
        counts = ", ".join(f"{n:,} ({EXCLUDED.get(why, why)})" for why, n in excluded.items())
        lines.append(f"  candidates left out: {counts}")
    if plan.as_if_none:
        lines.append(f"  no list of {plan.kind} was given: the plan takes it that there are none")
    elif plan.list_doubt is not None:
        lines.append(
            f"  the list of {plan.kind} is not taken as complete ({WHY[plan.list_doubt][0]}): "
            "units may be there of which it does not tell"
        )
    over = crowded(plan.sites, plan.after, plan.kind)
    if over:
        most = plan.after.scenario.standard[plan.kind].people_per_unit
        lines.append(
            f"  {over} of {len(plan.sites)} would have more than the {most:,.0f} people whom the standard "
            "gives one unit (people_own in sites.csv): there they need more staff, or more of them"
        )
    unknown = int(plan.before.layers.villages["people"].isna().sum())
    if unknown:
        lines.append(f"  {counted(unknown, 'village')} of unknown people, without weight in the plan")
    guessed = people_of_unknown_place(plan.before.demand)
    if guessed:
        lines.append(
            f"  {guessed:,.0f} people are put by area on parts of villages without roads, such as islands: "
            "nobody knows, so they have no weight and no candidates; give these villages' hamlets"
        )
    return lines
