"""Travel times, coverage and gaps of a study area, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.layers import no_progress
from planner.coverage import Coverage, cover, usable_facilities
from planner.demand import spread_demand
from planner.land import land_of
from planner.network import TravelNetwork, build_network
from planner.scenario import Scenario, default_scenario
from planner.traveltime import NetworkTimes, TravelTimes, straight_line_times

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geodata.layers import Layers, Progress


@dataclass(frozen=True)
class Gaps:
    """The answer for one study area and scenario.

    Attributes
    ----------
    layers, scenario
        What it was computed from.
    demand
        The demand points (metric CRS).
    network
        The travel network; None for an area without a road file (straight lines on foot).
    coverage
        By facility kind of the standard.
    """

    layers: Layers
    scenario: Scenario
    demand: gpd.GeoDataFrame
    network: TravelNetwork | None
    coverage: Mapping[str, Coverage]


def find_gaps(layers: Layers, *, scenario: Scenario | None = None, progress: Progress = no_progress) -> Gaps:
    """Return travel times, coverage and gaps of every kind in the standard.

    Parameters
    ----------
    layers
        A study area.
    scenario
        The default scenario when None.
    """
    scenario = scenario or default_scenario()
    progress("demand")
    demand = spread_demand(layers, scenario.demand)
    origins = np.asarray(demand.geometry.to_numpy(), dtype=object)
    land = land_of(layers.villages)
    network: TravelNetwork | None = None
    prepared: dict[str, NetworkTimes] = {}
    if layers.roads is not None:
        progress("network")
        used = {rule.mode for kind, rule in scenario.standard.items() if kind in layers.area.listed_kinds}
        network = build_network(layers.roads, scenario, modes=sorted(used))

    def travel(kind: str, *, broken: bool) -> TravelTimes:
        points = np.asarray(
            usable_facilities(
                layers, (kind, *scenario.standard[kind].counts), broken=broken
            ).geometry.to_numpy(),
            dtype=object,
        )
        if network is None:
            return straight_line_times(origins, points, access=scenario.access, land=land)
        mode = scenario.standard[kind].mode
        if mode not in prepared:
            prepared[mode] = NetworkTimes(
                network, mode, origins, access=scenario.access, land=land,
                on_edge=pd.Index(network.edge_id).get_indexer(demand["road_id"]),
            )  # fmt: skip
        return prepared[mode].nearest(points)

    coverage: dict[str, Coverage] = {}
    for kind, rule in scenario.standard.items():
        progress(kind)
        times = if_all = None
        if kind in layers.area.listed_kinds:
            times = travel(kind, broken=False)
            kinds = (kind, *rule.counts)
            closed = (usable_facilities(layers, kinds, broken=True)["functioning"] == "no").any()
            if_all = travel(kind, broken=True) if closed else None
        coverage[kind] = cover(
            kind, layers, demand, rule, scenario.status, times=times, times_if_all_functioned=if_all
        )
    return Gaps(layers, scenario, demand, network, coverage)
