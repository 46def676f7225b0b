"""What a plan must keep to: distances between units, one a village, floors for those who are worst off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geodata.errors import ConfigError, first_five
from planner.coverage.reach import usable_facilities
from planner.siting.ask import WORST_TENTH, Floor
from planner.siting.cover.floors import FloorRow
from planner.siting.cover.instance import conflicts_of
from planner.siting.weights import counted_people
from planner.supply.groups import group_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.siting.ask import Ask
    from planner.siting.reach import Reach


def conflicts(candidates: gpd.GeoDataFrame, ask: Ask) -> NDArray[np.int64]:
    """Return the pairs of candidates of which a plan takes one at most, int64 ``(pairs, 2)``.

    Parameters
    ----------
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    ask
        Its distance and its rule of one a village; two measures at one place always exclude each other.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Ask
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> len(conflicts(found, Ask(units=1))) < len(conflicts(found, Ask(units=1, min_distance_m=2000.0)))
    True
    """
    pairs = [conflicts_of(candidates.groupby(["lon", "lat"]).ngroup().to_numpy())]
    if ask.min_distance_m is not None:
        xy = shapely.get_coordinates(candidates.geometry.to_numpy())
        near = cKDTree(xy).query_pairs(np.nextafter(ask.min_distance_m, 0.0), output_type="ndarray")
        pairs.append(near.astype(np.int64))
    if ask.one_per_village:
        village = candidates["village_code"].to_numpy(dtype=object)
        inside = np.flatnonzero(village != "")
        code = np.unique(village[inside], return_inverse=True)[1]
        pairs.append(inside[conflicts_of(code)])
    every = np.sort(np.concatenate(pairs), axis=1)
    return np.unique(every, axis=0) if len(every) else every


def barred(candidates: gpd.GeoDataFrame, before: Gaps, kind: str, ask: Ask) -> NDArray[np.bool_]:
    """Return which candidates a rule forbids for the units that are there already, bool ``(candidates,)``.

    Parameters
    ----------
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    before
        The gaps without a plan.
    kind
        The facility kind.
    ask
        Its distance, its rule of one a village, its forbidden and forced candidates.

    Raises
    ------
    ConfigError
        A forced candidate is forbidden by a rule.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Ask
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> barred(found, study.gaps(), "pustu", Ask(units=1)).any()
    np.False_
    """
    out = np.zeros(len(candidates), dtype=np.bool_)
    units = usable_facilities(before.layers, (kind, *before.scenario.standard[kind].counts))
    if ask.min_distance_m is not None and len(units):
        tree = cKDTree(shapely.get_coordinates(units.geometry.to_numpy()))
        away, _ = tree.query(shapely.get_coordinates(candidates.geometry.to_numpy()))
        out |= away < ask.min_distance_m
    if ask.one_per_village:
        out |= candidates["village_code"].isin(set(units["village_code"].dropna()) - {""}).to_numpy()
    out = np.asarray(out, dtype=np.bool_)
    both = np.flatnonzero(out & candidates.index.isin(ask.forced))
    if len(both):
        msg = (
            f"forced candidates break a rule of the plan beside the units that are there: "
            f"{first_five(candidates.index[both])}. Do not force them, or leave the rule out"
        )
        raise ConfigError(msg, why="forced_against_rule")
    return out | np.asarray(candidates.index.isin(ask.forbidden), dtype=np.bool_)


def floor_rows(before: Gaps, reach: Reach, floors: tuple[Floor, ...]) -> list[FloorRow]:
    """Return the floors on the demand points: how many people a plan is to add to those reached today.

    Parameters
    ----------
    before
        The gaps without a plan.
    reach
        Whom the candidates reach.
    floors
        As asked.

    Raises
    ------
    ConfigError
        A floor names no people; the message lists what may be named.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Floor
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> from planner.siting.reach import find_reach
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> reach = find_reach(study, "pustu", found)
    >>> [row.name for row in floor_rows(study.gaps(), reach, (Floor("worst_tenth", 0.5),))]
    ['worst_tenth']
    """
    rows = []
    for floor in floors:
        for name, people in _people_of(before, reach, floor.of):
            if not people.any():
                msg = f"a floor of {name}: nobody's number is known there, so nobody knows whether it holds"
                raise ConfigError(msg)
            lacking = floor.share * people.sum() - people[reach.already].sum()
            if lacking > 0:
                rows.append(FloorRow(name, people, float(lacking)))
    return rows


def _people_of(before: Gaps, reach: Reach, of: str) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the people of each demand point who count for a floor, with a name; unknown people are none."""
    demand, villages = before.demand, before.layers.villages
    people = counted_people(demand)
    if of == "all":
        return [(of, people)]
    if of == WORST_TENTH and people.any():
        return [(of, np.where(_worst_off(before, reach, people), people, 0.0))]
    if of == WORST_TENTH:
        return [(of, people)]
    if of == "district":
        district = villages["district_name"].fillna("").reindex(demand["village_code"]).to_numpy(dtype=object)
        code = villages["district_code"].fillna("").reindex(demand["village_code"]).to_numpy(dtype=object)
        return [
            (str(district[code == c][0] or c), np.where(code == c, people, 0.0))
            for c in sorted(set(code) - {""})
        ]
    if of in before.scenario.groups:
        group = group_table(before)["people"].xs(of, level="group").reindex(demand["village_code"])
        weight = demand["weight"].to_numpy(dtype=np.float64)
        return [(of, group.fillna(0.0).to_numpy(dtype=np.float64) * weight)]
    names = ", ".join(("all", "district", WORST_TENTH, *before.scenario.groups))
    msg = f"a floor is of one of {names}, not {of!r}"
    raise ConfigError(msg)


def _worst_off(before: Gaps, reach: Reach, people: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where the tenth of the people live whose way is longest today, all of equal time with them."""
    minutes = before.seasons[reach.seasons[-1]][reach.kind].minutes
    # Whose way nobody knows, and who is not within the limit, may have the longest of all.
    unknown = np.where(reach.already, 0.0, np.inf)
    minutes = np.where(np.isnan(minutes), unknown, minutes)
    order = np.argsort(-minutes, kind="stable")
    before_them = np.cumsum(people[order]) - people[order]
    least = minutes[order[np.flatnonzero(before_them < 0.1 * people.sum())[-1]]]
    return np.asarray(minutes >= least, dtype=np.bool_)
