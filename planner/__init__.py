"""Travel times, coverage and gaps of primary care: the public calls, loaded when they are first used.

>>> import planner
>>> gaps = planner.find_gaps(planner.demo_layers(12))
>>> gaps.scenario.season
'dry'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.pipeline import (
        AddBoat,
        AddRoad,
        Ask,
        ChangeFacility,
        ChangeRoad,
        ChangeSpeed,
        CloseFacility,
        CloseRoad,
        Flood,
        Floor,
        Gaps,
        Ilp,
        MoveFacility,
        Objective,
        OpenFacility,
        ReopenRoad,
        Robustness,
        Rollout,
        RolloutPlan,
        Scenario,
        SiteFacts,
        SitePlan,
        Siting,
        SitingWithRoads,
        Study,
        Travel,
        as_if_none,
        build_area,
        changes,
        check,
        default_scenario,
        demo_layers,
        draft_area,
        facility_table,
        find_gaps,
        from_networkx,
        grade,
        open_workspace,
        read_adoption_of,
        read_measures,
        read_plan,
        read_scenario,
        read_site_plan,
        read_uncertainty,
        robustness,
        rollout,
        scenario,
        site,
        site_with_roads,
        status_map,
        summary,
        to_networkx,
        totals,
        travel_by,
        under_standards,
        village_table,
        write_gaps,
        write_maps,
        write_robustness,
        write_rollout,
        write_siting,
        write_siting_with_roads,
    )

__all__ = [
    "AddBoat", "AddRoad", "Ask", "ChangeFacility", "ChangeRoad", "ChangeSpeed", "CloseFacility",
    "CloseRoad", "Flood", "Floor", "Gaps", "Ilp", "MoveFacility", "Objective", "OpenFacility",
    "ReopenRoad", "Robustness", "Rollout", "RolloutPlan", "Scenario", "SiteFacts", "SitePlan", "Siting",
    "SitingWithRoads", "Study", "Travel", "as_if_none", "build_area", "changes", "check",
    "default_scenario", "demo_layers", "draft_area", "facility_table", "find_gaps", "from_networkx",
    "grade", "open_workspace", "read_adoption_of", "read_measures", "read_plan", "read_scenario",
    "read_site_plan", "read_uncertainty", "robustness", "rollout", "scenario", "site",
    "site_with_roads", "status_map", "summary", "to_networkx", "totals", "travel_by",
    "under_standards", "village_table", "write_gaps", "write_maps", "write_robustness", "write_rollout",
    "write_siting", "write_siting_with_roads",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as many kinds as there are calls
    """Load a public call from :mod:`planner.pipeline` when it is first asked for."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from planner import pipeline

    return getattr(pipeline, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
