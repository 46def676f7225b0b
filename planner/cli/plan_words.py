"""What the console says of every plan: what its figures assume, and how good it is in its own objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.coverage.gained import Gain
    from planner.scenarios.scenario import Scenario
    from planner.siting.site import Siting
    from planner.siting.with_roads import SitingWithRoads
    from planner.siting.years import Rollout

# What an objective is, by its unit, and with how many decimals it is told.
OBJECTIVES = {
    "people": ("people more", 0),
    "people_weighted": ("people more, those beyond the limit in part", 1),
    "people_with_room": ("people more with room", 0),
    "person_years": ("people more, each year's by its weight, added up", 0),
    "villages": ("villages newly served", 0),
    "units": ("measures", 0),
    "idr": ("first cost, rupiah", 0),
    "person_minutes": ("people × minutes", 1),
    "minutes": ("longest way, minutes", 1),
}


def gained_in_words(gain: Gain) -> str:
    """Return how many people more are reached, and how far that is known.

    Examples
    --------
    >>> from planner.coverage.gained import Gain
    >>> gained_in_words(Gain(6306.0, 5000.0, 6306.0)), gained_in_words(Gain(6306.0, 5000.0, 7000.0))
    ('at most 6,306 people more', 'as far as known 6,306 people more')
    """
    bound = "at least " if gain.at_least else "at most " if gain.at_most else ""
    bound = "as far as known " if gain.at_least and gain.at_most else bound
    return f"{bound}{gain.people:,.0f} people more"


def doubts_of_gain(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return in lines how many of those gained may be reached already, and whether others may be besides.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> doubts_of_gain(site(Study(demo_layers(12)), "posyandu", Ask(units=2)))
    []
    """
    from planner.coverage.gained import SAME_PEOPLE
    from planner.coverage.known.lost import lost_units
    from planner.siting.gained import gain, may_have_room

    found, lines = gain(plan), []
    kinds = (plan.kind, *plan.before.scenario.standard[plan.kind].counts)
    lost = lost_units(plan.before.layers, kinds, working=True)["kind"].value_counts().sort_index()
    lines += [f"  {n} {kind} without a known place: whom they reach is not known" for kind, n in lost.items()]
    already = found.people - found.least
    if already > SAME_PEOPLE:
        lines.append(f"  of the people more, {already:,.0f} may be reached already by what is not known")
    if found.most > found.people + SAME_PEOPLE:
        room = "have room too, where units or ways that nobody knows of take people in"
        others = room if may_have_room(plan) else "be reached too, by roads that are not in the data"
        lines.append(f"  others may {others}")
    return lines


# Why a plan does nothing; of what costs too much the cheapest is told.
NONE = {
    "target_met": "what is there meets the target",
    "time_up": "the time to search was up before anything was found: give more (time_limit)",
    "rules": "the rules of the plan leave none of the {candidates:,} candidates",
    "all_reached": "everybody whose number and place are known is reached already",
    "nobody_added": "none of the candidates adds anybody",
    "too_costly": "the cheapest measure that adds anybody costs {cheapest:,.0f} rupiah, more than there is",
    "no_village": "with so much no more villages can be served",
    "not_quicker": "with so much no way can be shortened",
    "waiting": "all candidates wait for their puskesmas to have the stage",
    "not_in_years": "no candidate that adds anybody fits into the money, staff and time of these years",
    "no_stop": "no mobile stop can be served, and nothing else can be done",
}


def why_none_in_words(plan: Siting | Rollout | SitingWithRoads) -> list[str]:
    """Return why a plan does nothing, as a line; nothing of a plan that does something.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> why_none_in_words(site(Study(demo_layers(12)), "posyandu", Ask(target=0.1)))
    ['  nothing is proposed: what is there meets the target']
    """
    from planner.siting.why_none import cheapest_that_adds, why_none
    from planner.siting.with_roads import SitingWithRoads

    why = why_none(plan)
    if why is None:
        return []
    of_units = plan.siting if isinstance(plan, SitingWithRoads) else plan
    cheapest = cheapest_that_adds(of_units) if why == "too_costly" and of_units is not None else 0.0
    said = NONE[why].format(candidates=len(plan.candidates), cheapest=cheapest)
    return [f"  nothing is proposed: {said}"]


def objective_in_words(unit: str, objective: float, bound: float, gap: float) -> str:
    """Return an objective with its bound, and how far that is as a share of the bound, as a line.

    Examples
    --------
    >>> objective_in_words("villages", 14.0, 16.0, 0.125)
    '  villages newly served: 14 (at best 16, gap 12.50%)'
    >>> objective_in_words("units", 3.0, 3.0, 0.0), objective_in_words("units", 3.0, 0.0, 1.0)
    ('  measures: 3 (at best 3)', '  measures: 3 (nothing is proven of less)')
    """
    what, decimals = OBJECTIVES[unit]
    if gap and not bound:
        # Of what is made small 0 is a bound that nobody had to search for.
        return f"  {what}: {objective:,.{decimals}f} (nothing is proven of less)"
    apart = f", gap {gap:.2%}" if gap else ""
    return f"  {what}: {objective:,.{decimals}f} (at best {bound:,.{decimals}f}{apart})"


def assumed_in_words(plan: Siting | Rollout | SitingWithRoads) -> str:
    """Return as a line in which seasons and within which limits people count, and what the scenario changes.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> assumed_in_words(site(Study(demo_layers(12)), "posyandu", Ask(units=2, seasons=("dry", "wet"))))
    '  counted in the dry season, within 10 min (walking), and in the wet season, within 10 min (walking)'
    """
    scenario = plan.before.scenario
    rule = scenario.standard[plan.kind]
    seasons = sorted(set(plan.ask.seasons or (scenario.season,)))
    each = [
        f"in the {season} season, within {rule.of(season).limit_minutes:g} min ({rule.mode})"
        for season in seasons
    ]
    beyond = plan.ask.gradual_minutes
    until = "" if beyond is None else f", in part up to {beyond:g} min"
    return f"  counted {', and '.join(each)}{until}{scenario_in_words(scenario)}"


def scenario_in_words(scenario: Scenario) -> str:
    """Return the scenario's name and how many edits it has, to be added to a line; "" for the default one.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, default_scenario
    >>> edits = (CloseFacility(id="P1"), CloseFacility(id="P2"))
    >>> scenario_in_words(default_scenario().model_copy(update={"name": "two closed", "edits": edits}))
    '; what if: two closed, 2 edits'
    """
    from geodata.errors import counted

    if scenario.edits:
        return f"; what if: {scenario.name}, {counted(len(scenario.edits), 'edit')}"
    return f"; other rules than the default (scenario {scenario.name})" if scenario.has_own_rules else ""
