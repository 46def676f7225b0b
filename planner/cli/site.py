"""``jangkau site``: where to open, upgrade or staff units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.asked import asked_scenario
from planner.cli.console import DONE, add_language, percent, say
from planner.cli.ground import add_ground, inputs_of, read_ground
from planner.cli.plan_words import (
    assumed_in_words,
    doubts_of_gain,
    gained_in_words,
    objective_in_words,
    why_none_in_words,
)

if TYPE_CHECKING:
    import argparse

    from planner.cli.console import Commands
    from planner.pipeline import Ask
    from planner.siting.site import Siting
    from planner.siting.with_roads import SitingWithRoads
    from planner.siting.years import Rollout


# What no other plan does, by the unit of the objective.
PROVEN = {
    "people": "other choice of these candidates reaches more people",
    "people_weighted": "other choice of these candidates reaches more people, those beyond the limit in part",
    "people_with_room": "other choice of these candidates has room for more people",
    "villages": "other choice of these candidates has more villages served",
    "units": "smaller number of these candidates reaches the target",
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
    add_ground(parser)
    parser.add_argument("--seed", type=int, help="one seed, one plan (default: 0)")
    parser.add_argument(
        "--time-limit", type=float, metavar="S",
        help="seconds to search; then the best plan so far, with its bound (default: 60)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_language(parser)
    parser.set_defaults(run=_site)


def _add_amounts(parser: argparse.ArgumentParser) -> None:
    """Add what is asked: where, of which kind, how much, and best at what."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    parser.add_argument(
        "--plan", type=Path, metavar="PLAN.yml",
        help="what is asked, in a file; options given beside it count in place of its keys",
    )  # fmt: skip
    parser.add_argument("--kind", help="facility kind, such as pustu or posyandu")
    how_much = parser.add_mutually_exclusive_group()
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
        metavar="O",
        help="people (default), villages (served), person_minutes or worst_time",
    )
    parser.add_argument("--least", metavar="L", help="a target with least units (default) or money")
    parser.add_argument(
        "--target-in",
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
        "--one-per-village",
        action="store_true",
        default=None,
        help="only in villages that have none, one in each",
    )
    parser.add_argument(
        "--gradual",
        type=float,
        metavar="MIN",
        help="beyond the limit people count less and less, and not at all from so many minutes on",
    )
    parser.add_argument(
        "--backup", type=int, metavar="N",
        help="people count only with so many units at different places within the limit: 2 or more",
    )  # fmt: skip
    parser.add_argument(
        "--capacity", action="store_true", default=None,
        help="people count only as far as units within the limit have room for them",
    )  # fmt: skip
    for name, what in (("force", "take"), ("forbid", "do not take")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="ID", help=f"{what} this candidate (sites.csv)"
        )
    parser.add_argument(
        "--both-seasons", action="store_true", default=None,
        help="people count only if reached in the wet season too",
    )  # fmt: skip


def _site(options: argparse.Namespace) -> int:
    from geodata.workspace import require_outside, require_replaceable
    from planner.pipeline import (
        Study,
        as_if_none,
        open_workspace,
        site,
        site_with_roads,
        write_siting,
        write_siting_with_roads,
    )
    from planner.progress import Steps
    from planner.reports.siting import SITING_OUTPUTS

    kind, ask = _asked(options)
    scenario = asked_scenario(options)
    ground = read_ground(options)
    require_outside(options.out, options.workspace)
    require_replaceable(options.out, SITING_OUTPUTS)
    roads = bool(ground.measures.roads)
    with Steps(8 * (2 ** len(ground.measures.roads) if roads else 1)) as progress:
        progress("workspace")
        layers = as_if_none(open_workspace(options.workspace), kind)
        study = Study(layers, scenario=scenario, modes=ground.measures.modes(kind), progress=progress)
        inputs = inputs_of(options, ("plan",))
        if roads:
            both = site_with_roads(study, kind, ask, **ground._asdict(), progress=progress)
            progress("files")
            lines = roads_in_words(both)
            files = write_siting_with_roads(both, options.out, lang=options.lang, inputs=inputs)
        else:
            plan = site(study, kind, ask, **ground._asdict(), progress=progress)
            progress("files")
            lines = in_words(plan)
            files = write_siting(plan, options.out, lang=options.lang, inputs=inputs)
    for line in lines:
        say(line)
    for file in files:
        say(str(file))
    return DONE


def _asked(options: argparse.Namespace) -> tuple[str, Ask]:
    """Return the kind, and what is asked: by options, which stand in place of what a plan file says."""
    from geodata.errors import ConfigError
    from planner.siting.site_plan import AMOUNTS, SitePlan, read_site_plan

    named = {
        "kind": options.kind, "units": options.units, "budget_idr": options.budget, "target": options.target,
        "objective": options.objective, "least": options.least, "target_in": options.target_in,
        "floors": _floors(options.floor) or None, "min_distance_m": options.min_distance,
        "one_per_village": options.one_per_village, "gradual_minutes": options.gradual,
        "backup": options.backup, "capacity": options.capacity,
        "forced": tuple(options.force) or None, "forbidden": tuple(options.forbid) or None,
        "both_seasons": options.both_seasons, "seed": options.seed, "time_limit_s": options.time_limit,
    }  # fmt: skip
    given = {key: value for key, value in named.items() if value is not None}
    if options.plan is not None:
        plan = read_site_plan(options.plan, instead=given)
        return plan.kind, plan.ask()
    for what, missing in (
        ("--kind pustu", "kind" not in given),
        ("--units N, --budget RP or --target SHARE", not given.keys() & set(AMOUNTS)),
    ):
        if missing:
            msg = f"say what is planned with {what}, or in a file with --plan PLAN.yml"
            raise ConfigError(msg)
    # As they are: what makes no sense is said in the words of what is asked.
    asked = SitePlan.model_construct(**given)
    return asked.kind, asked.ask()


def _floors(texts: list[str]) -> dict[str, float]:
    """Read ``who=share`` of each; like a key of a plan file, nobody is named twice."""
    from geodata.errors import ConfigError

    floors: dict[str, float] = {}
    for text in texts:
        name, _, share = text.partition("=")
        who = name.strip()
        if who in floors:
            msg = f"--floor {text}: {who} has a floor of {floors[who]:g} already. Give one of the two"
            raise ConfigError(msg)
        try:
            floors[who] = float(share)
        except ValueError as error:
            msg = f"--floor {text}: write who and share, such as district=0.5"
            raise ConfigError(msg) from error
    return floors


def in_words(plan: Siting) -> list[str]:
    """Return a plan in lines: what it brings, how good it is, what is unknown, and its sites.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))[1]
    '  proven best: no other choice of these candidates reaches more people'
    """
    from geodata.errors import counted
    from planner.siting.gained import gain
    from planner.siting.solution import Proof

    area, solution = plan.before.layers.area, plan.solution
    head = f"{area.name} ({area.code}): {len(plan.sites)} x {plan.kind}, {gained_in_words(gain(plan))}"
    who = " with room at units" if plan.ask.capacity else ""
    who = f" with {plan.reach.backup} units" if plan.reach.backup > 1 else who
    lines = [f"{head}{who} within the limit: {_shares_in_words(plan)}"]
    if solution.proof is not Proof.OPTIMAL:
        lines.append(f"  best plan found; {at_most_better(solution.better)}")
    else:
        rules = " and keeps the rules" if plan.ask.has_rules else ""
        lines.append(f"  proven best: no {PROVEN[plan.answer.unit]}{rules}")
    lines += [
        objective_in_words(plan.answer.unit, solution.objective, solution.bound, solution.gap),
        assumed_in_words(plan),
    ]
    if plan.answer.points_left_out:
        places = counted(plan.answer.points_left_out, "place")
        lines.append(f"  {places} left out: nothing reaches them, or nobody knows their way")
    if plan.ask.units is not None and 0 < len(plan.sites) < plan.ask.units:
        sure = plan.answer.unit == "people" and solution.proof is Proof.OPTIMAL and not plan.ask.has_rules
        why = "no more of these candidates add anybody" if sure else "more of these were not better"
        if solution.proof is not Proof.OPTIMAL:
            why = "nothing better was found with more of these, which is not proven,"
        rules = " by the rules of the plan" if plan.ask.has_rules else ""
        lines.append(f"  {len(plan.sites)} of {plan.ask.units}: {why}{rules}")
    lines += why_none_in_words(plan)
    lines += [*doubts_in_words(plan), *costs_in_words(plan)]
    return lines + _sites_in_words(plan)


def _shares_in_words(plan: Siting) -> str:
    """Return the shares of people reached without and with a plan, and of whom they are shares.

    As the documents have them, of all whose number is known. A plan counts only those whose place is known
    too: where these are fewer, theirs follow, since targets are shares of them.
    """
    from planner.siting.shares import shares_of

    shares = shares_of(plan)
    if shares.of_everyone is None:
        return "share not known"
    who = "of the people known" if shares.some_unknown else "of all people"
    said = f"{_from_to(shares.of_everyone)} {who}"
    of_placed = _from_to(shares.of_placed) if shares.of_placed is not None else ""
    return said if said.startswith(of_placed) else f"{said} ({of_placed} of those whose place is known)"


def _from_to(shares: tuple[float, float]) -> str:
    return f"{percent(shares[0])} → {percent(shares[1])}"


def at_most_better(share: float) -> str:
    """Return in words how much better another plan can be at most.

    Examples
    --------
    >>> at_most_better(0.571), at_most_better(float("inf"))
    ('another one is at most 57.10% better', 'nobody knows yet how much better another one is')
    """
    if share == float("inf"):
        return "nobody knows yet how much better another one is"
    return f"another one is at most {share:.2%} better"


def roads_in_words(plan: SitingWithRoads) -> list[str]:
    """Return a plan of roads and units in lines: what each choice of roads brings, and the best of them.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site_with_roads
    >>> from planner.siting.measures import Measures, RoadMeasure, default_measures
    >>> study = Study(demo_layers(12))
    >>> paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
    >>> pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    >>> known = Measures(measures={**default_measures().measures, "pave": pave})
    >>> roads_in_words(site_with_roads(study, "pustu", Ask(units=1), measures=known))[4][:18]
    '  without roads: +'
    """
    from planner.siting.gained import gain

    area, roads = plan.before.layers.area, " + ".join(plan.roads)
    what = f"{roads or 'no roads'} and {len(plan.sites)} x {plan.kind}"
    lines = [f"{area.name} ({area.code}): {what}, {gained_in_words(gain(plan))} within the limit"]
    lines.append(
        f"  best choice found; {at_most_better(plan.better)}"
        if plan.gap
        else "  proven best: no other choice of these roads and candidates reaches more people"
    )
    lines += [objective_in_words("people", plan.people_added, plan.bound, plan.gap), assumed_in_words(plan)]
    lines += why_none_in_words(plan)
    for names, row in plan.choices.iterrows():
        one = f"with {names}" if names else "without roads"
        lines.append(
            f"  {one}: +{row['people_added']:,.0f} people (at most {row['bound']:,.0f}), "
            f"{row['people_by_roads']:,.0f} of them by the roads alone"
        )
    lines += [*doubts_in_words(plan), *costs_in_words(plan)]
    return lines + _sites_in_words(plan)


def _sites_in_words(plan: Siting | SitingWithRoads) -> list[str]:
    lines = []
    for row in plan.sites.itertuples():
        where = ", ".join(w for w in (row.village_name, row.district_name) if w)
        lines.append(f"  {row.order:>3}. {where} ({row.village_code}): +{row.people_added:,.0f} people")
    return lines


def costs_in_words(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return a line on what a plan costs once and every year; none where nobody gave any cost.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> from planner.siting.measures import Measures, default_measures
    >>> new = default_measures().measures["open_posyandu"].model_copy(update={"cost_idr": 3e7})
    >>> known = Measures(measures={"open_posyandu": new})
    >>> costs_in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2), measures=known))
    ['  first cost 60,000,000 rupiah, yearly cost not known (2 without one)']
    """
    import pandas as pd

    works = getattr(plan, "works", None)
    said, given = [], False
    for what, column in (("first", "cost_idr"), ("yearly", "yearly_idr")):
        idr = plan.sites[column] if works is None else pd.concat([plan.sites[column], works[column]])
        silent = int(idr.isna().sum())
        given |= silent < len(idr)
        total = f"not known ({silent} without one)" if silent else f"{idr.sum():,.0f} rupiah"
        said.append(f"{what} cost {total}")
    return [f"  {', '.join(said)}"] if given else []


def doubts_in_words(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return in lines what is not known of the lists and the people that a plan rests on.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> [line] = doubts_in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    >>> line[:40]
    '  2 of 2 would have more than the 1,250 '
    """
    from geodata.errors import counted
    from planner.coverage.known.extent import WHY
    from planner.siting.tables import crowded
    from planner.siting.weights import people_of_unknown_place

    lines = []
    excluded = plan.candidates.attrs.get("excluded", {})
    if excluded:
        counts = ", ".join(f"{n:,} ({EXCLUDED.get(why, why)})" for why, n in excluded.items())
        lines.append(f"  candidates left out: {counts}")
    given = plan.candidates.attrs.get("given", {})
    if given.get("outside"):
        places = counted(given["outside"], "place given lies", "places given lie")
        lines.append(f"  {places} outside of every village: candidates all the same, of no village")
    if given.get("same_point"):
        places = counted(given["same_point"], "place given is", "places given are")
        lines.append(
            f"  {places} at the point of another one: one candidate, with the first name by the alphabet"
        )
    if plan.as_if_none:
        lines.append(f"  no list of {plan.kind} was given: the plan takes it that there are none")
    elif plan.list_doubt is not None:
        lines.append(
            f"  the list of {plan.kind} is not taken as complete ({WHY[plan.list_doubt][0]}): "
            "units may be there of which it does not tell"
        )
    if plan.before.on_foot(plan.kind):
        lines.append(
            f"  no road data: reach is counted on foot; some may reach a {plan.kind} by vehicle already"
        )
    lines += doubts_of_gain(plan)
    # With capacity nobody is sent to a full unit; the nearest may be full all the same.
    over = None if plan.ask.capacity else crowded(plan.sites, plan.after, plan.kind)
    if over:
        most = plan.after.scenario.standard[plan.kind].people_per_unit
        lines.append(
            f"  {over} of {len(plan.sites)} would have more than the {most:,.0f} people whom the standard "
            "gives one unit (people_own in sites.csv): there they need more staff, or more of them"
        )
    lines += _lost_in_words(plan)
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


def _people_lost(people: float, *, more: bool) -> str:
    """Return how many people lose something: at least so many where others are of unknown number."""
    if more and round(people) == 0:
        return "people of unknown number"
    return f"{'at least ' if more else ''}{people:,.0f} people"


def _lost_in_words(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return a line for each other kind of which a plan takes units away."""
    from geodata.errors import counted
    from planner.siting.lost import lost_of_others

    lost = lost_of_others(plan.before, plan.after, plan.kind, plan.ask.seasons)
    return [
        f"  {_people_lost(row.people, more=row.more)} lose their {kind}, which is upgraded: no other is "
        "within the limit; "
        f"{counted(row.villages, 'village is', 'villages are')} no longer served by one (people_lost in "
        "sites.csv)"
        for kind, row in lost.kinds.iterrows()
    ]
