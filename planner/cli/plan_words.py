"""What the console says of every plan: what its figures assume, and how good it is in its own objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
