"""Times from demand points to candidates: for p-median, p-center and gradual coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array

from geodata.errors import ConfigError
from geodata.layers import no_progress
from planner.kernels.csr import Csr
from planner.progress import go_on
from planner.scenarios.modes import Profile
from planner.siting.reach import BLOCK, times_within

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Progress
    from planner.coverage.study import Study
    from planner.scenarios.modes import Season

# Each takes 12 bytes, and as much again while they are turned.
MOST_PAIRS = 60_000_000


@dataclass(frozen=True)
class Times:
    """Times to candidates where these are nearer than what is there.

    Attributes
    ----------
    season
        Of which season.
    now_s
        float64 ``(points,)``: seconds to the nearest unit that functions today; inf where none can be
        reached.
    near
        By demand point, in seconds: the candidates that are nearer than that.
    """

    season: Season
    now_s: NDArray[np.float64]
    near: Csr


def find_times(
    study: Study,
    kind: str,
    candidates: gpd.GeoDataFrame,
    season: Season,
    *,
    most_s: float = np.inf,
    unknown_s: float = np.nan,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Times:
    """Return the times from demand points to candidates that are nearer than what is there.

    Parameters
    ----------
    study
        A study area with its standard.
    kind
        A facility kind of which a list was given.
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    season
        Of which season.
    most_s
        Longer times are left out.
    unknown_s
        Taken for the time today where nobody knows the way and the place is not within the limit; NaN: no
        candidate is nearer than that.
    may_go_on
        Called before every longer step; what it raises ends the work.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        The pairs are too many for memory: the message says what to do.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import default_measures
    >>> study = Study(demo_layers(12))
    >>> found = find_candidates(study.layers, study.demand, default_measures().of_kind("pustu"))
    >>> times = find_times(study, "pustu", found, "dry")
    >>> row = np.repeat(np.arange(len(times.now_s)), np.diff(times.near.first))
    >>> bool((times.near.value < times.now_s[row]).all())
    True
    """
    gaps = study.gaps(may_go_on=may_go_on)
    coverage = gaps.seasons[season][kind]
    profile = Profile(study.scenario.standard[kind].of(season).mode, season)
    now_s = np.where(np.isnan(coverage.minutes) & ~coverage.within, unknown_s, coverage.minutes * 60.0)
    limit_s = min(most_s, float(np.nanmax(now_s, initial=0.0)))
    progress(f"times to {len(candidates):,} candidates, {season} season")
    place, site, seconds, n = [], [], [], 0
    for low in range(0, len(candidates), BLOCK):
        may_go_on()
        pairs = times_within(study, gaps.ways, profile, candidates.iloc[low : low + BLOCK], limit_s)
        nearer = pairs.travel_s < now_s[pairs.place]
        place.append(pairs.place[nearer])
        site.append(pairs.facility[nearer] + np.int32(low))
        seconds.append(pairs.travel_s[nearer])
        n += int(nearer.sum())
        if n > MOST_PAIRS:
            msg = (
                f"{len(candidates):,} candidates are within reach of {len(now_s):,} places so often that the "
                f"times do not fit ({MOST_PAIRS:,} pairs at most): give fewer candidate places, such as "
                "`at: settlements` or a larger spacing_m in a measures file, or a file of places"
            )
            raise ConfigError(msg, why="too_many_times")
    rows = coo_array(
        (np.concatenate(seconds), (np.concatenate(place), np.concatenate(site))),
        shape=(len(now_s), len(candidates)),
    ).tocsr()
    return Times(season, now_s, Csr(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data))
