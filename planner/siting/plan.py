"""A plan as edits of a scenario, and the check that the engine finds what it promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import UnprovenError
from planner.scenarios.edits import ChangeFacility, OpenFacility
from planner.scenarios.modes import Profile
from planner.siting.reach import counting_units
from planner.travel.straight import straight_lines_within
from planner.travel.times import k_best

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps, Study
    from planner.scenarios.edits import FacilityEdit
    from planner.scenarios.modes import Season
    from planner.siting.reach import Reach


def edits_of(chosen: gpd.GeoDataFrame, study: Study) -> tuple[FacilityEdit, ...]:
    """Return the edits of a scenario that take some measures, in the order of the candidates.

    Parameters
    ----------
    chosen
        Rows of :func:`planner.siting.candidates.find_candidates`.
    study
        Whose facilities' ids are taken.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> edits_of(found.iloc[:1], study)[0].id
    'new-pustu-99.01.01.1001-1'
    """
    taken = set(study.layers.facilities.index) | {
        e.id for e in study.scenario.edits if isinstance(e, OpenFacility)
    }
    edits: list[FacilityEdit] = []
    for name, row in chosen.iterrows():
        room = None if np.isnan(row["capacity_people"]) else float(row["capacity_people"])
        if row["op"] == "upgrade":
            edits.append(ChangeFacility(id=row["facility_id"], kind=row["kind"], capacity_people=room))
        elif row["op"] in ("function", "reopen"):
            edits.append(ChangeFacility(id=row["facility_id"], functioning="yes", capacity_people=room))
        else:
            new = _free(f"new-{row['kind']}-{'-'.join(str(name).split('/')[1:])}", taken)
            place = (float(row["lon"]), float(row["lat"]))
            edits.append(OpenFacility(
                id=new, kind=row["kind"], lonlat=place, name=row["name"], capacity_people=room
            ))  # fmt: skip
    return tuple(edits)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that nobody has, and take it."""
    new, number = name, 2
    while new in taken:
        new, number = f"{name}-{number}", number + 1
    taken.add(new)
    return new


def require_same(after: Gaps, reach: Reach, gained: NDArray[np.bool_]) -> None:
    """Raise UnprovenError where the engine reaches other places than the plan promised.

    Parameters
    ----------
    after
        The gaps with the plan's edits.
    reach
        Whom each candidate was said to reach.
    gained
        bool ``(points,)``: whom the chosen ones were said to add.

    Raises
    ------
    UnprovenError
        A place differs: the message names its village.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> from planner.siting.reach import find_reach
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> reach = find_reach(study, "pustu", found)
    >>> require_same(study.gaps(), reach, np.zeros(len(study.demand), bool))
    """
    promised = reach.already | gained
    found = np.logical_and.reduce([after.seasons[s][reach.kind].within for s in reach.seasons])
    wrong = np.flatnonzero(found != promised)
    if len(wrong):
        where = _villages(after, wrong)
        msg = f"the engine reaches other places than the plan: {len(wrong)} of them, in villages {where}"
        raise UnprovenError(msg)


def _villages(after: Gaps, wrong: NDArray[np.integer]) -> str:
    """Return the codes of some of the villages in which demand points (by row) differ."""
    return ", ".join(sorted(set(after.demand["village_code"].iloc[wrong]))[:5])


@dataclass(frozen=True)
class Backed:
    """By demand point, the unit that makes it count where several have to be within reach.

    Attributes
    ----------
    seconds
        float64 ``(points,)``, to the last of the units that are needed, the nearest first; inf where fewer
        can be reached, without roads within the limit.
    facility_id
        object ``(points,)``, that unit; "" where there is none.
    """

    seconds: NDArray[np.float64]
    facility_id: NDArray[np.object_]


def last_needed(study: Study, gaps: Gaps, kind: str, season: Season, needed: int) -> Backed:
    """Return the time to the last of so many units at different places, the nearest first, by demand point.

    Parameters
    ----------
    study, gaps
        A study area, and its gaps, with a plan or without.
    kind, season
        Of which units, by the way of whose standard, and in which season.
    needed
        How many units.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> one = last_needed(study, study.gaps(), "pustu", "dry", 1)
    >>> bool(((one.seconds <= 1800.0) == study.gaps().coverage["pustu"].within).all())
    True
    """
    units = counting_units(gaps, kind)
    rule = gaps.scenario.standard[kind].of(season)
    profile = Profile(rule.mode, season)
    if gaps.ways is not None and len(units):
        ways = gaps.ways
        seconds, number = ways.router(profile).nearest_k(
            ways.stops(profile), ways.units(profile, units), needed
        )
    else:
        places = np.asarray(units.geometry.to_numpy(), dtype=object)
        pairs = straight_lines_within(
            study.origins, places, rule.limit_s, access=gaps.scenario.access, ground=study.ground
        )
        point = pairs.place.astype(np.int64)
        seconds, number = k_best(
            point, pairs.facility.astype(np.int64), pairs.travel_s, len(gaps.demand), needed
        )
    ids = np.append(units.index.to_numpy(dtype=object), "")
    return Backed(seconds[:, needed - 1], ids[number[:, needed - 1]])


def require_backup(
    study: Study, after: Gaps, reach: Reach, gained: NDArray[np.bool_]
) -> dict[Season, Backed]:
    """Raise UnprovenError where the router finds other places with enough units than the plan promised.

    It looks anew for the nearest units of each demand point, of all that function with the plan.

    Parameters
    ----------
    study
        Of the plan.
    after
        The gaps with the plan's edits.
    reach
        Whom each candidate was said to reach, and how many units are needed.
    gained
        bool ``(points,)``: who was said to be counted by the chosen ones.

    Returns
    -------
    found
        By season, the last unit that each demand point needs.

    Raises
    ------
    UnprovenError
        A place differs: the message names its village.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> study = Study(demo_layers(12))
    >>> plan = site(study, "posyandu", Ask(units=3, backup=2))
    >>> gained = plan.instance.reached(plan.solution.chosen)
    >>> list(require_backup(study, plan.after, plan.reach, gained))
    ['dry']
    """
    found = {s: last_needed(study, after, reach.kind, s, reach.backup) for s in reach.seasons}
    limit_s = {s: after.scenario.standard[reach.kind].of(s).limit_s for s in reach.seasons}
    counted = np.logical_and.reduce([found[s].seconds <= limit_s[s] for s in reach.seasons])
    within = np.logical_and.reduce([after.seasons[s][reach.kind].within for s in reach.seasons])
    wrong = np.flatnonzero((counted != (reach.already | gained)) | (counted & ~within))
    if len(wrong):
        msg = (
            f"the engine finds {reach.backup} units within reach of other places than the plan: "
            f"{len(wrong)} of them, in villages {_villages(after, wrong)}"
        )
        raise UnprovenError(msg)
    return found


def require_times(after: Gaps, reach: Reach, promised_s: NDArray[np.float64]) -> None:
    """Raise UnprovenError where the engine finds other times than the plan promised.

    Parameters
    ----------
    after
        The gaps with the plan's edits.
    reach
        Of which kind and season.
    promised_s
        float64 ``(points,)``: seconds to the nearest unit; NaN where nothing was promised.

    Raises
    ------
    UnprovenError
        A time differs by more than a microsecond's rounding: the message names its village.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.reach import Reach
    >>> from planner.kernels.lists import Lists
    >>> gaps = Study(demo_layers(12)).gaps()
    >>> none = np.zeros(len(gaps.demand), bool)
    >>> reach = Reach("pustu", ("dry",), none, Lists(np.zeros(1, np.int64), np.empty(0, np.int32)))
    >>> require_times(gaps, reach, gaps.seasons["dry"]["pustu"].minutes * 60.0)
    """
    found = after.seasons[reach.seasons[0]][reach.kind].minutes * 60.0
    said = ~np.isnan(promised_s)
    same = np.isclose(found, promised_s, rtol=0.0, atol=1e-5)
    wrong = np.flatnonzero(said & ~same)
    if len(wrong):
        where = _villages(after, wrong)
        msg = f"the engine finds other times than the plan at {len(wrong)} places, in villages {where}"
        raise UnprovenError(msg)
