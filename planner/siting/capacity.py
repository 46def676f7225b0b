"""Units with room for so many people: what a plan with capacity starts from, and how the engine finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import ConfigError, UnprovenError, first_five
from geodata.handed import hands_out_copies
from planner.coverage.reach import usable_facilities
from planner.kernels.lists import lists_of_pairs
from planner.scenarios.modes import Profile
from planner.siting.reach import lists_within, times_within
from planner.siting.room.instance import with_room
from planner.siting.weights import counted_people
from planner.supply.units import unit_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps, Study
    from planner.scenarios.modes import Season
    from planner.siting.cover.instance import CoverInstance
    from planner.siting.room.instance import RoomInstance
    from planner.travel.times import SparseTimes

# The engine's sum and the plan's are of the same people in another order.
SAME = 1e-6


@hands_out_copies
@dataclass(frozen=True)
class GivenRoom:
    """Who has room at which units, as the engine gives people to them.

    Attributes
    ----------
    people
        float64 ``(points,)``: of each demand point, those who have room within the limit.
    units
        Index ``facility_id``; ``capacity_people`` (inf: nobody says how many), ``people_allocated``.
    """

    people: NDArray[np.float64]
    units: pd.DataFrame


@dataclass(frozen=True)
class WithRoom:
    """A plan with capacity: what it was solved on, and who has room without it and with it."""

    instance: RoomInstance
    now: GivenRoom
    then: GivenRoom


def find_room(
    study: Study,
    kind: str,
    candidates: gpd.GeoDataFrame,
    instance: CoverInstance,
    season: Season,
    may_go_on: Callable[[], None],
) -> RoomInstance:
    """Return whom each candidate and each unit reaches within the limit, and for how many it has room.

    A unit has room for what its list says, a new one for what its measure says; else for the people of one
    unit in the standard; without any of these for everybody. A measure at a unit that counts already adds
    the room that it then has more.

    Parameters
    ----------
    study, kind, candidates
        As :func:`planner.siting.reach.find_reach` takes them.
    instance
        Costs, conflicts, and what is forced and forbidden.
    season
        Whose limit and roads count.
    may_go_on
        Called before every longer step.

    Raises
    ------
    ConfigError
        Nobody says of any unit or candidate how many people it has room for; a forced candidate is a unit
        that counts already and would have room for no more.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2, capacity=True))
    >>> room = plan.problem.room
    >>> room.sites == len(plan.candidates), set(room.room.tolist())
    (True, {1250.0})
    """
    gaps = study.gaps(may_go_on=may_go_on)
    units, near = _units_near(study, gaps, kind, season)
    there = lists_of_pairs(
        near.facility.astype(np.int64), near.place.astype(np.int64), len(units), len(gaps.demand)
    )
    now = _capacity(gaps, kind, units)
    more, idle = _room_more(
        _room_of(candidates, gaps, kind), now, units.get_indexer(candidates["facility_id"])
    )
    if (idle & instance.forced).any():
        names = first_five(candidates.index[idle & instance.forced])
        msg = (
            f"forced candidates are units that count as {kind} already, and would have room for no more: "
            f"{names}. Give their measure a capacity_people above what they have, or force others"
        )
        raise ConfigError(msg, why="forced_add_no_room")
    nobody = np.zeros(len(gaps.demand), dtype=np.bool_)
    new = lists_within(study, kind, season, candidates, nobody, may_go_on)
    if np.isinf(now).all() and np.isinf(more[~idle]).all():
        msg = (
            f"nobody says how many people a {kind} has room for: give people_per_unit in the standard, "
            "a capacity in the list, or capacity_people in a measure; or plan without capacity"
        )
        raise ConfigError(msg, why="no_capacity", kind=kind)
    return with_room(
        replace(instance, people=counted_people(gaps.demand), by_site=new),
        there,
        np.concatenate([more, now]),
        idle,
    )


def _room_more(
    then: NDArray[np.float64], now: NDArray[np.float64], at: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the room that each candidate adds, and which add none.

    Parameters
    ----------
    then
        float64 ``(candidates,)``, for how many people each would have room.
    now
        float64 ``(units,)``, for how many those have room that count already.
    at
        int64 ``(candidates,)``, which of these each is; -1 for another place.
    """
    counts = at >= 0
    had = np.where(counts, now[np.maximum(at, 0)] if len(now) else 0.0, 0.0)
    idle = counts & ~(then > had)
    return np.where(idle, 0.0, then - np.where(idle, 0.0, had)), idle


def _units_near(study: Study, gaps: Gaps, kind: str, season: Season) -> tuple[pd.Index, SparseTimes]:
    """Return the ids of the units that count as a kind, and who reaches them within the limit."""
    rule = gaps.scenario.standard[kind]
    units = usable_facilities(gaps.layers, (kind, *rule.counts))
    limit = rule.of(season)
    return units.index, times_within(study, gaps.ways, Profile(limit.mode, season), units, limit.limit_s)


def _room_of(candidates: gpd.GeoDataFrame, gaps: Gaps, kind: str) -> NDArray[np.float64]:
    """Return for how many people each candidate would have room: float64 ``(candidates,)``."""
    rule, facilities = gaps.scenario.standard[kind], gaps.layers.facilities
    room = candidates["capacity_people"].to_numpy(dtype=np.float64)
    if "capacity_people" in facilities:
        listed = facilities["capacity_people"].reindex(candidates["facility_id"])
        room = np.where(np.isnan(room), listed.to_numpy(dtype=np.float64), room)
    else_ = np.inf if rule.people_per_unit is None else rule.people_per_unit
    return np.asarray(np.where(np.isnan(room), else_, room), dtype=np.float64)


def _capacity(gaps: Gaps, kind: str, ids: pd.Index) -> NDArray[np.float64]:
    """Return for how many people units have room, inf where nobody says: float64 ``(units,)``."""
    table = unit_table(gaps.layers.facilities, gaps.scenario)
    mine = table.loc[table["serves_as"] == kind, "capacity_people"].reindex(ids)
    room: NDArray[np.float64] = mine.fillna(np.inf).to_numpy(dtype=np.float64)
    return room


def given(study: Study, gaps: Gaps, kind: str, season: Season) -> GivenRoom:
    """Return who has room at which units: the engine's times, and people given to units by least travel.

    Parameters
    ----------
    study, gaps
        A study area, and its gaps, with a plan or without.
    kind, season
        Of which units, and in which season.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> now = given(study, study.gaps(), "posyandu", "dry")
    >>> bool((now.units["people_allocated"] <= now.units["capacity_people"] + 1e-6).all())
    True
    """
    # Here, because compiling the kernel behind it takes a while and few ask.
    from planner.supply.capacity import allocate

    units, near = _units_near(study, gaps, kind, season)
    people, capacity = counted_people(gaps.demand), _capacity(gaps, kind, units)
    found = allocate(
        near, people, capacity, place_id=gaps.demand.index.to_numpy(dtype=object),
        facility_id=units.to_numpy(dtype=object),
    )  # fmt: skip
    with_room = np.bincount(found.place, weights=found.people, minlength=len(people)).astype(np.float64)
    table = pd.DataFrame(
        {"capacity_people": capacity, "people_allocated": np.nan_to_num(found.load_people)},
        index=pd.Index(units, name="facility_id"),
    )
    return GivenRoom(with_room, table)


def require_room(now: GivenRoom, then: GivenRoom, promised: float) -> None:
    """Raise UnprovenError where the engine finds room for others than the plan promised.

    Parameters
    ----------
    now, then
        Who has room without the plan, and with it.
    promised
        How many more the plan said.

    Raises
    ------
    UnprovenError
        They are more or fewer.

    Examples
    --------
    >>> none = GivenRoom(np.zeros(2), pd.DataFrame())
    >>> require_room(none, GivenRoom(np.array([3.0, 0.0]), pd.DataFrame()), 3.0)
    """
    found = float(then.people.sum() - now.people.sum())
    if abs(found - promised) > SAME * max(1.0, abs(promised)):
        msg = f"the engine finds room for {found:,.6f} people more, the plan for {promised:,.6f}"
        raise UnprovenError(msg)
