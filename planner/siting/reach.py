"""Whom each candidate would reach: the same times and the same limit as the coverage of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from geodata.layers import no_progress
from planner.kernels.lists import Lists, in_each
from planner.progress import go_on
from planner.scenarios.modes import Profile
from planner.travel.straight import straight_lines_within

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers, Progress
    from planner.coverage.study import Study
    from planner.scenarios.modes import Season
    from planner.travel.times import SparseTimes
    from planner.travel.ways import Ways

# So many candidates are asked at once: their pairs are thinned before the next are.
BLOCK = 2000


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
    """

    kind: str
    seasons: tuple[Season, ...]
    already: NDArray[np.bool_]
    by_candidate: Lists


def find_reach(
    study: Study,
    kind: str,
    candidates: gpd.GeoDataFrame,
    *,
    seasons: tuple[Season, ...] | None = None,
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
    now = {season: gaps.seasons[season][kind].within for season in seasons}
    lists = []
    for season in seasons:
        progress(f"reach of {len(candidates):,} candidates, {season} season")
        lists.append(_lists(study, kind, season, candidates, now[season], may_go_on))
    already = np.logical_and.reduce(list(now.values()))
    if len(lists) == 1:
        return Reach(kind, seasons, already, lists[0])
    lacking = np.sum([~reached for reached in now.values()], axis=0).astype(np.int32)
    joined, alone = in_each(lists[0], lists[1], lacking)
    if alone:
        msg = (
            f"{kind}: {alone:,} places are reached in the wet season and not in the dry, so that two units "
            "together could serve them: plan for one season, or give the wet season no longer limit"
        )
        raise ConfigError(msg)
    return Reach(kind, seasons, already, joined)


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
        raise ConfigError(msg)


def as_if_none(layers: Layers, kind: str) -> Layers:
    """Return a study area in which the list of a kind is empty, where none was given.

    What follows is then at least what a plan reaches: units that nobody listed may be there.

    Parameters
    ----------
    layers
        A study area.
    kind
        A facility kind.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> "clinic" in as_if_none(demo_layers(12), "clinic").area.listed_kinds
    True
    """
    if kind in layers.area.listed_kinds:
        return layers
    area = layers.area
    listed, assumed = (*area.listed_kinds, kind), (*area.assumed_empty, kind)
    return replace(layers, area=replace(area, listed_kinds=listed, assumed_empty=assumed))


def _lists(
    study: Study,
    kind: str,
    season: Season,
    candidates: gpd.GeoDataFrame,
    already: NDArray[np.bool_],
    may_go_on: Callable[[], None],
) -> Lists:
    """Return the points not yet reached that each candidate reaches in a season."""
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
