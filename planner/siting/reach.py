"""Whom each candidate would reach: the same times and the same limit as the coverage of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import WGS84
from geodata.errors import ConfigError
from geodata.layers import no_progress, require_layers
from geodata.vocabulary.kinds import require_kind
from planner.coverage.reach import usable_facilities
from planner.kernels.lists import Lists, in_each
from planner.progress import go_on
from planner.scenarios.modes import Profile
from planner.travel.straight import straight_lines_within

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers, Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.modes import Season
    from planner.travel.times import SparseTimes
    from planner.travel.ways import Ways

# So many candidates are asked at once: their pairs are thinned before the next are.
BLOCK = 2000
# Units at one place to so many decimals of a degree, as in a scenario file, are one unit.
DEGREE_DECIMALS = 6


@dataclass(frozen=True)
class Reach:
    """Which demand points are within the limit of what is there, and of each candidate.

    Attributes
    ----------
    kind, seasons
        Of which kind, and in which seasons all at once: a point counts as reached if it is in each.
    already
        bool ``(points,)``: within the limit of a unit that functions today.
    by_candidate
        The points (int32 rows of the study's demand) within the limit of each candidate, those that are
        reached already left out.
    backup
        How many units have to be within the limit of a point before it counts as reached.
    need
        int32 ``(points,)``, how many each point lacks of them (1 where it lacks none: no candidate has it);
        None where one unit is enough.
    """

    kind: str
    seasons: tuple[Season, ...]
    already: NDArray[np.bool_]
    by_candidate: Lists
    backup: int = 1
    need: NDArray[np.int32] | None = None


def find_reach(
    study: Study,
    kind: str,
    candidates: gpd.GeoDataFrame,
    *,
    seasons: tuple[Season, ...] | None = None,
    backup: int = 1,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Reach:
    """Return whom each candidate would reach within the kind's limit.

    Parameters
    ----------
    study
        A study area with its standard.
    kind
        A facility kind of its standard, of which a list was given.
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    seasons
        Reached counts only if in all of these; the scenario's own season when None.
    backup
        Reached counts only if so many units at different places are within the limit, in each season.
    may_go_on
        Called before every longer step; what it raises ends the work.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        The kind has no standard, or nobody knows where its units are.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> places = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> reach = find_reach(study, "pustu", places)
    >>> len(reach.by_candidate.first) - 1 == len(places)
    True
    """
    require_known(study, kind)
    # Dry before wet: the wet season's pairs are held against the dry one's.
    seasons = (study.scenario.season,) if seasons is None else tuple(sorted(set(seasons)))
    gaps = study.gaps(may_go_on=may_go_on)
    lacks, lists = [], []
    taken = np.zeros(len(candidates), dtype=np.bool_)
    if backup > 1:
        units = counting_units(gaps, kind)
        # A place is one unit: whatever is done at one that counts already adds none.
        taken = np.isin(_place_keys(candidates), _place_keys(units))
    for season in seasons:
        progress(f"reach of {len(candidates):,} candidates, {season} season")
        if backup > 1:
            have = units_within(study, gaps, kind, season, units)
            lacks.append(np.maximum(backup - have, 0).astype(np.int32))
        else:
            lacks.append((~gaps.seasons[season][kind].within).astype(np.int32))
        lists.append(lists_within(study, kind, season, candidates, lacks[-1] == 0, may_go_on))
    already = np.logical_and.reduce([lack == 0 for lack in lacks])
    found = lists[0] if len(lists) == 1 else _in_both(kind, lists, lacks)
    need = None if backup == 1 else np.maximum(np.max(lacks, axis=0), 1).astype(np.int32)
    return Reach(kind, seasons, already, _without_rows(found, taken), backup, need)


def _in_both(kind: str, lists: list[Lists], lacks: list[NDArray[np.int32]]) -> Lists:
    """Return whom each candidate reaches in the seasons in which these still lack units: dry, then wet."""
    lacking = np.sum([lack > 0 for lack in lacks], axis=0).astype(np.int32)
    both: Lists
    both, alone = in_each(lists[0], lists[1], lacking)
    # Who lacks more units in the dry season than in the wet one could need others in each.
    more = int(((lacks[0] > lacks[1]) & (lacks[1] > 0)).sum())
    if alone or more:
        msg = (
            f"{kind}: {max(alone, more):,} places are reached in the wet season and not in the dry, so that "
            "two units together could serve them: plan for one season, or give the wet season no longer limit"
        )
        raise ConfigError(msg, why="other_in_each_season")
    return both


def counting_units(gaps: Gaps, kind: str) -> gpd.GeoDataFrame:
    """Return the functioning units that count for a kind, one a place.

    Parameters
    ----------
    gaps
        Of a study.
    kind
        A facility kind of its standard.

    Returns
    -------
    units
        Rows of the facilities layer by ``facility_id``; of several at one place (to six decimals of a
        degree, as a scenario file keeps it) the first.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> len(counting_units(Study(demo_layers(12)).gaps(), "pustu"))
    13
    """
    units = usable_facilities(gaps.layers, (kind, *gaps.scenario.standard[kind].counts))
    _, first = np.unique(_place_keys(units), return_index=True)
    return units.iloc[np.sort(first)]


def units_within(
    study: Study, gaps: Gaps, kind: str, season: Season, units: gpd.GeoDataFrame
) -> NDArray[np.int64]:
    """Return how many of some units are within a kind's limit of each demand point: int64 ``(points,)``.

    Parameters
    ----------
    study, gaps
        A study area, and its gaps.
    kind, season
        Whose limit counts, and in which season.
    units
        Points (the study's CRS).

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> gaps = study.gaps()
    >>> have = units_within(study, gaps, "pustu", "dry", counting_units(gaps, "pustu"))
    >>> bool(((have > 0) == gaps.coverage["pustu"].within).all())
    True
    """
    rule = gaps.scenario.standard[kind].of(season)
    if not len(units):
        return np.zeros(len(gaps.demand), dtype=np.int64)
    pairs = times_within(study, gaps.ways, Profile(rule.mode, season), units, rule.limit_s)
    return np.bincount(pairs.place, minlength=len(gaps.demand)).astype(np.int64)


def _place_keys(points: gpd.GeoDataFrame) -> NDArray[np.str_]:
    """Return by row its place as a scenario file keeps it."""
    if not len(points):
        return np.empty(0, dtype=np.str_)
    xy = np.round(shapely.get_coordinates(points.geometry.to_crs(WGS84).to_numpy()), DEGREE_DECIMALS)
    return np.array([f"{lon:.{DEGREE_DECIMALS}f} {lat:.{DEGREE_DECIMALS}f}" for lon, lat in xy + 0.0])


def _without_rows(lists: Lists, gone: NDArray[np.bool_]) -> Lists:
    """Return the lists with some rows empty."""
    if not gone.any():
        return lists
    size = np.diff(lists.first)
    kept = np.repeat(~gone, size)
    return Lists(np.concatenate([[0], np.cumsum(np.where(gone, 0, size))]).astype(np.int64), lists.item[kept])


def require_known(study: Study, kind: str) -> None:
    """Raise ConfigError where nobody can say whom a new unit of a kind would reach.

    Raises
    ------
    ConfigError
        The standard has no such kind, no list of it was given, or none of its units has a place.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> require_known(Study(demo_layers(12)), "clinic")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: clinic: the standard says nothing of it; it has hospital, posyandu, ...
    """
    if kind not in study.scenario.standard:
        kinds = ", ".join(sorted(study.scenario.standard))
        msg = (
            f"{kind}: the standard says nothing of it; it has {kinds}. Choose one, or add it to the standard."
        )
        raise ConfigError(msg)
    if kind not in study.layers.area.listed_kinds:
        msg = (
            f"{kind}: no list was given, so nobody knows who is reached today. Add the list to AREA.yml; or "
            "plan as if there were none: as_if_none(layers, kind)"
        )
        raise ConfigError(msg)
    if not study.gaps().coverage[kind].listed:
        msg = f"{kind}: none of its units has a known place. Give their coordinates or villages."
        raise ConfigError(msg, why="no_unit_has_a_place", kind=kind)


def as_if_none(layers: Layers, kind: str) -> Layers:
    """Return a study area in which the list of a kind is empty, where none was given.

    What follows is then at least what a plan reaches: units that nobody listed may be there.

    Parameters
    ----------
    layers
        A study area.
    kind
        A facility kind.

    Raises
    ------
    ConfigError
        ``layers`` are none.
    UnknownCodeError
        There is no such kind.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> "clinic" in as_if_none(demo_layers(12), "clinic").area.listed_kinds
    True
    """
    require_layers(layers)
    require_kind(kind)
    if kind in layers.area.listed_kinds:
        return layers
    area = layers.area
    listed, assumed = (*area.listed_kinds, kind), (*area.assumed_empty, kind)
    return replace(layers, area=replace(area, listed_kinds=listed, assumed_empty=assumed))


def lists_within(
    study: Study,
    kind: str,
    season: Season,
    candidates: gpd.GeoDataFrame,
    already: NDArray[np.bool_],
    may_go_on: Callable[[], None],
) -> Lists:
    """Return the points that each candidate reaches within the limit in a season, but for some.

    Parameters
    ----------
    study, kind, season, candidates, may_go_on
        As :func:`find_reach` takes them.
    already
        bool ``(points,)``: those that are left out.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> none, places = np.zeros(len(study.demand), bool), study.layers.facilities.iloc[:1]
    >>> len(lists_within(study, "pustu", "dry", places, none, study.gaps).first)
    2
    """
    rule = study.scenario.standard[kind].of(season)
    profile, ways = Profile(rule.mode, season), study.gaps().ways
    counts, points = [np.zeros(1, np.int64)], [np.empty(0, np.int32)]
    for low in range(0, len(candidates), BLOCK):
        may_go_on()
        block = candidates.iloc[low : low + BLOCK]
        pairs = times_within(study, ways, profile, block, rule.limit_s)
        new = ~already[pairs.place]
        order = np.argsort(pairs.facility[new], kind="stable")
        points.append(pairs.place[new][order])
        counts.append(np.bincount(pairs.facility[new], minlength=len(block)))
    return Lists(np.cumsum(np.concatenate(counts)), np.concatenate(points))


def times_within(
    study: Study, ways: Ways | None, profile: Profile, block: gpd.GeoDataFrame, limit_s: float
) -> SparseTimes:
    """Return the times between a study's demand points and some places, up to a limit, as coverage has them.

    Parameters
    ----------
    study
        A study area.
    ways
        Of its gaps; None where it has no roads.
    profile
        By what, and in which season.
    block
        Points (the study's CRS).
    limit_s
        Seconds, included; inf for all that can be reached.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.scenarios.modes import Profile
    >>> study = Study(demo_layers(12))
    >>> unit, on_foot = study.layers.facilities.iloc[:1], Profile("walking", "dry")
    >>> pairs = times_within(study, study.gaps().ways, on_foot, unit, 600.0)
    >>> bool((pairs.travel_s <= 600.0).all()), set(pairs.facility.tolist())
    (True, {0})
    """
    if ways is None:
        units = np.asarray(block.geometry.to_numpy(), dtype=object)
        return straight_lines_within(
            study.origins, units, limit_s, access=study.scenario.access, ground=study.ground
        )
    return ways.router(profile).within(ways.stops(profile), ways.units(profile, block), limit_s)
