"""How wide a halo has to be, so that cutting never changes a result.

Nobody gets further than the fastest speed allows: in a time t at most v·t, on roads as in a straight line. A
search in a part of the country finds a way of some time t; a quicker one would have to leave the part's zone
and come back, which takes longer than t as soon as the zone is wider than v·t. So an answer is proven when
the halo is at least v·t wide, and v·(horizon) for an answer of "further than the horizon".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.coverage.study import Gaps
    from planner.scenarios.scenario import Scenario

# A ferry with a duration may be quicker than any mode: no ferry of the country is quicker than this.
FASTEST_FERRY_KPH = 80.0
# Tobler's function at its best slope (-5 %), as a factor of the speed on the flat.
FASTEST_SLOPE = 1.2
# So wide a halo is tried first: most people have every kind but a hospital nearer.
FIRST_M = 15_000.0
# Lines of roads are drawn as chords of the earth: metres of a zone differ by so much from those on its edge.
SCALE = 1.002


def fastest_m_s(mode: str, scenario: Scenario) -> float:
    """Return the fastest that a mode goes anywhere, metres a second.

    Parameters
    ----------
    mode
        Of the scenario.
    scenario
        Whose speeds count.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> round(3.6 * fastest_m_s("motorcycle", default_scenario()), 2)
    80.16
    """
    rule = scenario.modes[mode]
    speeds = [*rule.speeds_kph.values(), *rule.granted_speeds_kph.values(), rule.granted_kph or 0.0]
    kph = max(speeds) * (FASTEST_SLOPE if rule.slope is not None else 1.0)
    if rule.ferry:
        kph = max(kph, scenario.ferry.speed_kph, FASTEST_FERRY_KPH)
    # Off the roads one walks, which must not be the quickest of all.
    kph = max(kph, 3.6 / scenario.access.seconds_per_m())
    return kph / 3.6 * SCALE


def horizons_s(scenario: Scenario, kinds: tuple[str, ...]) -> dict[str, float]:
    """Return by kind the seconds up to which times are told: the longest limit of the standard.

    Parameters
    ----------
    scenario
        Its standard's limits in both seasons, and "fair".
    kinds
        Those that are listed.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> horizons_s(default_scenario(), ("puskesmas", "hospital"))
    {'puskesmas': 3600.0, 'hospital': 7200.0}
    """
    out = {}
    for kind, rule in scenario.standard.items():
        if kind in kinds:
            limits = [rule.of(season).limit_s for season in scenario.seasons]
            out[kind] = max(*limits, 60.0 * (rule.fair_minutes or 0.0))
    return out


def needed_m(gaps: Gaps, horizon_s: Mapping[str, float]) -> float:
    """Return how wide the halo must be for every answer to be proven, in metres.

    Parameters
    ----------
    gaps
        Answers found in some zone; their times are those of real ways, and so never too short.
    horizon_s
        By kind, from :func:`horizons_s`.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> 20_000 < needed_m(gaps, {"puskesmas": 3600.0}) < 83_000
    True
    """
    need = 0.0
    for answers in gaps.seasons.values():
        for kind, limit_s in horizon_s.items():
            seconds = answers[kind].minutes * 60.0
            # What is unknown, or further, is so for want of anything within the horizon.
            seconds = np.where(np.isnan(seconds), limit_s, np.minimum(seconds, limit_s))
            speed = fastest_m_s(gaps.scenario.standard[kind].mode, gaps.scenario)
            need = max(need, float(seconds.max(initial=0.0)) * speed)
    return need + gaps.scenario.access.max_distance_m


def widest_m(scenario: Scenario, horizon_s: Mapping[str, float]) -> float:
    """Return a halo that proves every answer, whatever is found.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> round(widest_m(default_scenario(), {"posyandu": 600.0}))
    15360
    """
    each = [s * fastest_m_s(scenario.standard[k].mode, scenario) for k, s in horizon_s.items()]
    return max(each, default=0.0) + scenario.access.max_distance_m
