"""How wide a halo has to be, so that cutting never changes a result.

Nobody gets further than the fastest speed allows: in a time t at most v·t, on roads as in a straight line. A
search in a part of the country finds a way of some time t; a quicker one would have to leave the part's zone
and come back, which takes longer than t as soon as the zone is wider than v·t. So an answer is proven when
the halo is at least v·t wide, and v·(horizon) for an answer of "further than the horizon".

Few roads are so quick, and the zone's own say more: a way that leaves the zone passes its rim, and nobody is
at the rim sooner than the zone's roads allow. What is found sooner than that is the answer too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.coverage.known.extent import ROADS
from planner.scenarios.modes import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.network.build import TravelNetwork
    from planner.scenarios.scenario import Scenario
    from planner.travel.ways import Ways

# A ferry with a duration may be quicker than any mode: no ferry of the country is quicker than this.
FASTEST_FERRY_KPH = 80.0
# Tobler's function at its best slope (-5 %), as a factor of the speed on the flat.
FASTEST_SLOPE = 1.2
# So wide a halo is tried first: most people have every kind but a hospital nearer.
FIRST_M = 15_000.0
# Lines of roads are drawn as chords of the earth: metres of a zone differ by so much from those on its edge.
SCALE = 1.002
# How far the rim is held back from the edge of the zone, in limits of the access leg: a unit whose road is
# within the rim is one leg beyond it at most, its nearest road two, and a short edge bulges by half of one.
RIM_LEGS = 2.5
# A halo that does not prove an answer grows to no more than so many times its width: what is found then may
# be nearer than the horizon.
GROWTH = 2.0
# Times are rounded; of two equal ones the first unit counts, which may be beyond.
SURELY_S = 0.01


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


def wider_m(
    gaps: Gaps, horizon_s: Mapping[str, float], halo_m: float, inside: shapely.Geometry | None
) -> float:
    """Return how wide the halo should be for the answers that it does not prove yet, in metres.

    It is ``halo_m`` or less where every answer is proven.

    Parameters
    ----------
    gaps
        Answers found in the zone; their times are those of real ways, and so never too short.
    horizon_s
        By kind, from :func:`horizons_s`.
    halo_m
        How wide the halo is in which they were found.
    inside
        The zone without its rim (see :func:`rim_m`): a polygon in the network's CRS; None where nothing of
        it is left.

    Examples
    --------
    What is found in the demo's own roads is proven by speed alone in a halo of 83 km:

    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> 20_000 < wider_m(gaps, {"puskesmas": 3600.0}, 1.0, None) < 83_000
    True
    >>> wider_m(gaps, {"puskesmas": 3600.0}, 83_000.0, None) <= 83_000
    True
    """
    leg_m = gaps.scenario.access.max_distance_m
    ways = gaps.ways
    # On land that the roads do not cover every way may be straight, and leave the zone anywhere.
    rim = None
    if inside is not None and ways is not None and ROADS not in gaps.extent.open_land:
        rim = _Rim(ways, inside, leg_m)
    wanted = 0.0
    for season, answers in gaps.seasons.items():
        for kind, limit_s in horizon_s.items():
            mode = gaps.scenario.standard[kind].mode
            seconds = answers[kind].minutes * 60.0
            # What is unknown, or further, is so for want of anything within the horizon.
            seconds = np.where(np.isnan(seconds), limit_s, np.minimum(seconds, limit_s))
            by_speed_m = seconds * fastest_m_s(mode, gaps.scenario) + leg_m
            open_ = by_speed_m > halo_m
            need_m = float(by_speed_m.max(initial=0.0))
            if rim is not None and open_.any():
                exit_s = rim.seconds(Profile(mode, season))
                open_ &= seconds + SURELY_S >= exit_s
                # As quick as so far, and a tenth more.
                share = (seconds + SURELY_S)[open_] / np.maximum(exit_s[open_], 1.0)
                need_m = min(need_m, halo_m * min(1.1 * float(share.max(initial=0.0)), GROWTH))
            if open_.any():
                wanted = max(wanted, need_m)
    return wanted


def rim_m(scenario: Scenario) -> float:
    """Return how far the rim lies within the edge of a zone, in metres.

    Within the rim, places and units have the roads that they have in the whole country.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rim_m(default_scenario())
    5000.0
    """
    return RIM_LEGS * scenario.access.max_distance_m


class _Rim:
    """The roads over the rim of a zone, and how soon people are there.

    Parameters
    ----------
    ways
        The zone's, with its places.
    inside
        The zone without its rim.
    leg_m
        Edges no longer than this bulge little, so that their ends tell where they are.
    """

    def __init__(self, ways: Ways, inside: shapely.Geometry, leg_m: float) -> None:
        self._ways = ways
        self._edge, self._node = _over_the_rim(ways.network, inside, leg_m)
        self._known: dict[Profile, NDArray[np.float64]] = {}

    def seconds(self, profile: Profile) -> NDArray[np.float64]:
        """Return the least seconds from each place to the rim, float64 ``(places,)``; ``inf``: no way."""
        if profile not in self._known:
            stops = self._ways.stops(profile)
            router = self._ways.router(profile)
            found = router.seconds_to_nodes(stops, self._node)
            # Who lives beside an edge over the rim may leave along it.
            leaving = stops.leaving
            beside = self._edge[leaving.edge]
            leg_s = leaving.access_m[beside] * router.rule.seconds_per_m()
            np.minimum.at(found, leaving.point[beside], leg_s)
            self._known[profile] = found
        return self._known[profile]


def _over_the_rim(
    network: TravelNetwork, inside: shapely.Geometry, leg_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which edges are not wholly inside, bool ``(edges,)``, and the nodes at their ends."""
    shapely.prepare(inside)
    within = np.asarray(shapely.contains_xy(inside, network.node_xy), dtype=bool)
    edge = ~(within[network.edge_from] & within[network.edge_to])
    long = np.flatnonzero(~edge & (network.edge_length_m > leg_m))
    edge[long] = ~shapely.contains(inside, network.lines(long))
    over = ~within
    over[network.edge_from[edge]] = over[network.edge_to[edge]] = True
    return edge, np.flatnonzero(over)


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
