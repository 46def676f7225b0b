"""Travel times, coverage and gaps of a study area, put together; and what edits would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import ConfigError
from geodata.layers import no_progress
from planner.access import edge_homes
from planner.coverage import Coverage, cover, usable_facilities
from planner.demand import spread_demand
from planner.edits import FACILITY_EDITS, ROAD_EDITS, AddBoat, AddRoad, ChangeSpeed, Flood
from planner.impedance import FERRY
from planner.land import Ground, land_of
from planner.modes import Profile
from planner.network import TravelNetwork, build_network, patch_network
from planner.overlay import cut_at_floods, edited_facilities, flood_areas, require_near, road_overlay
from planner.scenario import Scenario, default_scenario
from planner.straight import straight_line_times
from planner.traveltime import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Layers, Progress
    from planner.access import Stops
    from planner.answers import TravelTimes
    from planner.edits import Edit
    from planner.modes import Season
    from planner.traveltime import Search

# With more facilities opened or closed than this, the search starts anew.
FEW = 4


@dataclass(frozen=True)
class Gaps:
    """The answer for one study area and scenario.

    Attributes
    ----------
    layers, scenario
        What it was computed from, the scenario's edits included.
    demand
        The demand points (metric CRS).
    demand_method
        By village, how its people were put on them.
    network
        The travel network; None for an area without a road file (straight lines on foot).
    seasons
        By season, the scenario's own first, and facility kind of the standard.
    """

    layers: Layers
    scenario: Scenario
    demand: gpd.GeoDataFrame
    demand_method: pd.Series
    network: TravelNetwork | None
    seasons: Mapping[Season, Mapping[str, Coverage]]

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """By facility kind, in the scenario's own season."""
        return self.seasons[self.scenario.season]


def find_gaps(layers: Layers, *, scenario: Scenario | None = None, progress: Progress = no_progress) -> Gaps:
    """Return travel times, coverage and gaps of every kind in the standard, in both seasons.

    Parameters
    ----------
    layers
        A study area.
    scenario
        The default scenario when None.

    Raises
    ------
    ConfigError
        An edit of the scenario names a road or facility that is not there.
    """
    return Study(layers, scenario=scenario, progress=progress).gaps(progress=progress)


class Study:
    """A study area prepared once and asked "what if" many times.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its rules and, as the first answer, its edits; the default scenario when None.
    modes
        Modes to prepare besides those of the standard's listed kinds.

    Examples
    --------
    >>> from planner.compare import totals
    >>> from planner.edits import ChangeSpeed
    >>> from planner.pipeline import demo_layers
    >>> study = Study(demo_layers(12))
    >>> slow = ChangeSpeed(op="speed", mode="motorcycle", factor=0.1)
    >>> change = totals(study.gaps(), study.gaps([slow])).set_index(["kind", "season"])
    >>> row = change.loc[("puskesmas", "dry")]
    >>> bool(row["people_reached_after"] < row["people_reached_before"])
    True
    """

    def __init__(
        self,
        layers: Layers,
        *,
        scenario: Scenario | None = None,
        modes: Sequence[str] = (),
        progress: Progress = no_progress,
    ) -> None:
        self.layers = layers
        self.scenario = scenario or default_scenario()
        progress("demand")
        self.demand = spread_demand(layers, self.scenario.demand)
        self.origins = np.asarray(self.demand.geometry.to_numpy(), dtype=object)
        self._village = layers.villages.index.get_indexer(self.demand["village_code"])
        first = ~self.demand["village_code"].duplicated()
        by_village = self.demand[first].set_index("village_code")["method"]
        self._method = by_village.reindex(layers.villages.index).astype("str")
        water = None if layers.water is None else np.asarray(layers.water.geometry.to_numpy(), dtype=object)
        self.ground = Ground(land_of(layers.villages), water)
        listed = {k: r for k, r in self.scenario.standard.items() if k in layers.area.listed_kinds}
        self.modes = tuple(sorted({*(r.mode for r in listed.values()), *modes}))
        self._plain = self.scenario.model_copy(update={"edits": ()})
        self.network: TravelNetwork | None = None
        self._routers: dict[Profile, Router] = {}
        self._stops: dict[Profile, Stops] = {}
        self._base: dict[tuple[str, Season], _Answer] = {}
        if layers.roads is not None:
            progress("network")
            self._build(layers.roads)

    def _build(self, roads: gpd.GeoDataFrame) -> None:
        floods = flood_areas(self.layers.floods, (), str(roads.crs))
        self._roads = roads = cut_at_floods(roads, floods) if floods else roads
        self.network = build_network(roads, self._plain, modes=self.modes, floods=floods)
        self._edge_home = edge_homes(self.network, self.ground)
        land = roads[~(roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False)]
        self._ashore = np.unique(land[["from_node", "to_node"]].to_numpy())

    def router(self, profile: Profile) -> Router:
        """Return the router of a mode and season, without edits."""
        assert self.network is not None
        if profile not in self._routers:
            self._routers[profile] = Router(
                self.network, profile, rule=self.scenario.access, ground=self.ground,
                edge_home=self._edge_home,
            )  # fmt: skip
        return self._routers[profile]

    def stops(self, profile: Profile) -> Stops:
        """Return the demand points joined to the network for a mode and season, without edits."""
        if profile not in self._stops:
            router = self.router(profile)
            on_edge = router.network.edge_id.get_indexer(self.demand["road_id"])
            self._stops[profile] = router.stops(self.origins, on_edge=on_edge)
        return self._stops[profile]

    def gaps(self, edits: Sequence[Edit] | None = None, *, progress: Progress = no_progress) -> Gaps:
        """Return the answer with some edits (the scenario's own when None); only what they touch is new.

        Raises
        ------
        ConfigError
            An edit names a road or facility that is not there.
        """
        edits = self.scenario.edits if edits is None else tuple(edits)
        self._require_sense(edits)
        scenario = self.scenario.model_copy(update={"edits": edits})
        layers = self.layers
        changed = [e for e in edits if isinstance(e, FACILITY_EDITS)]
        touched: set[str] = set()
        if changed:
            facilities = edited_facilities(
                layers.facilities, edits, layers.villages, buffer_m=layers.area.buffer_m
            )
            layers = layers.with_facilities(facilities)
            ids = [e.id for e in changed]
            for frame in (self.layers.facilities, facilities):
                touched |= set(frame["kind"].reindex(ids).dropna())
        network, routers = self._edited(scenario, edits)
        places: dict[Profile, Stops] = {}
        seasons: dict[Season, dict[str, Coverage]] = {}
        for season in scenario.seasons:
            seasons[season] = {}
            for kind in scenario.standard:
                if season == scenario.season:
                    progress(kind)
                twin = self._same_in_both(kind, network)
                if twin and season != scenario.season:
                    seasons[season][kind] = seasons[scenario.season][kind]
                    continue
                kinds = {kind, *scenario.standard[kind].counts}
                base = self._base.get((kind, season))
                listed = kind in layers.area.listed_kinds
                if base is not None and not kinds & touched and (routers is None or not listed):
                    seasons[season][kind] = base.coverage
                    continue
                seasons[season][kind] = self._cover(kind, season, layers, scenario, routers, places)
        return Gaps(layers, scenario, self.demand, self._method, network, seasons)

    def _require_sense(self, edits: Sequence[Edit]) -> None:
        """Raise ConfigError for edits that could change nothing here."""
        for number, edit in enumerate(edits, start=1):
            of_roads = isinstance(edit, (*ROAD_EDITS, Flood, ChangeSpeed))
            if of_roads and self.layers.roads is None:
                msg = f"edits: edit {number}: the study area has no roads. Add them to AREA.yml."
                raise ConfigError(msg)
            if isinstance(edit, ChangeSpeed) and edit.mode not in self.scenario.modes:
                msg = f"edits: edit {number}: {edit.mode!r} is not one of {', '.join(self.scenario.modes)}"
                raise ConfigError(msg)
            shape = None
            if isinstance(edit, (AddRoad, AddBoat)):
                shape = shapely.LineString(edit.line)
            elif isinstance(edit, Flood):
                shape = shapely.Polygon(edit.polygon)
            if shape is not None:
                require_near(self.layers.villages, shape, self.layers.area.buffer_m, number)

    def _same_in_both(self, kind: str, network: TravelNetwork | None) -> bool:
        """Return whether the seasons do not differ for a kind: no roads, no list, or equal seconds."""
        if network is None or kind not in self.layers.area.listed_kinds:
            return True
        dry, wet = (network.impedance[p] for p in self._profiles(kind))
        return all(
            np.array_equal(getattr(dry, name), getattr(wet, name))
            for name in ("forward_s", "backward_s", "link_s", "link_back_s")
        )

    def _profiles(self, kind: str) -> tuple[Profile, Profile]:
        mode = self.scenario.standard[kind].mode
        return Profile(mode, "dry"), Profile(mode, "wet")

    def _edited(
        self, scenario: Scenario, edits: Sequence[Edit]
    ) -> tuple[TravelNetwork | None, dict[Profile, Router] | None]:
        """Return the network with edits, and its routers; None for those of the base."""
        on_roads = [e for e in edits if isinstance(e, ROAD_EDITS) or (isinstance(e, Flood) and e.factor == 0)]
        everywhere = any(isinstance(e, (Flood, ChangeSpeed)) for e in edits)
        if self.network is None or not (on_roads or everywhere):
            return self.network, None
        roads = self._roads
        network, home = self.network, self._edge_home
        floods = flood_areas(self.layers.floods, edits, str(roads.crs))
        if everywhere:
            network = build_network(roads, scenario, modes=self.modes, floods=floods)
        if on_roads:
            overlay = road_overlay(roads, edits)
            patch = None
            if len(overlay.put):
                patch = build_network(
                    overlay.put, scenario, modes=self.modes, floods=floods, ashore=self._ashore
                )
                home = np.concatenate([home, edge_homes(patch, self.ground)])
            network = patch_network(network, patch, gone=np.asarray(network.edge_id.isin(overlay.gone)))
        routers = {
            p: Router(
                network, p, rule=scenario.access, ground=self.ground, edge_home=home, base=self.router(p)
            )
            for p in network.impedance
        }
        return network, routers

    def _cover(
        self,
        kind: str,
        season: Season,
        layers: Layers,
        scenario: Scenario,
        routers: dict[Profile, Router] | None,
        places: dict[Profile, Stops],
    ) -> Coverage:
        """Return one kind's coverage in a season."""
        rule = scenario.standard[kind]
        kinds = (kind, *rule.counts)
        listed = kind in layers.area.listed_kinds
        broken = usable_facilities(layers, kinds, broken=True)
        works = (broken["functioning"] != "no").to_numpy()
        units = broken if works.all() else broken[works]
        base = self._base.get((kind, season))
        times = if_all = search = None
        if listed:
            points = np.asarray(units.geometry.to_numpy(), dtype=object)
            if self.network is None:
                times = straight_line_times(self.origins, points, access=scenario.access, ground=self.ground)
            else:
                profile = Profile(rule.mode, season)
                search = self._search(profile, units, base, routers, places)
                times = search.times
            if not works.all():
                if_all = self._times(Profile(rule.mode, season), broken, scenario, routers, places)
        coverage = cover(
            kind, layers, self.demand, rule, scenario.status, times=times, times_if_all_functioned=if_all,
            village=self._village, facilities=units,
        )  # fmt: skip
        if routers is None and layers is self.layers:
            self._base[kind, season] = _Answer(units.index, search, coverage)
        return coverage

    def _routed(
        self, profile: Profile, routers: dict[Profile, Router] | None, places: dict[Profile, Stops]
    ) -> tuple[Router, Stops]:
        if routers is None:
            return self.router(profile), self.stops(profile)
        if profile not in places:
            places[profile] = routers[profile].access.again(self.stops(profile))
        return routers[profile], places[profile]

    def _search(
        self,
        profile: Profile,
        units: gpd.GeoDataFrame,
        base: _Answer | None,
        routers: dict[Profile, Router] | None,
        places: dict[Profile, Stops],
    ) -> Search:
        router, stops = self._routed(profile, routers, places)
        points = np.asarray(units.geometry.to_numpy(), dtype=object)
        if routers is None and base is not None and base.search is not None:
            continued = _continued(router, base.search, base.ids, units.index, points)
            if continued is not None:
                return continued
        return router.search(stops, self._units(profile, routers, points))

    def _units(
        self, profile: Profile, routers: dict[Profile, Router] | None, points: NDArray[np.object_]
    ) -> Stops:
        """Return facilities joined to the network; after edits, as places are."""
        units = self.router(profile).stops(points)
        return units if routers is None else routers[profile].access.again(units)

    def _times(
        self,
        profile: Profile,
        units: gpd.GeoDataFrame,
        scenario: Scenario,
        routers: dict[Profile, Router] | None,
        places: dict[Profile, Stops],
    ) -> TravelTimes:
        points = np.asarray(units.geometry.to_numpy(), dtype=object)
        if self.network is None:
            return straight_line_times(self.origins, points, access=scenario.access, ground=self.ground)
        router, stops = self._routed(profile, routers, places)
        return router.nearest(stops, self._units(profile, routers, points))


@dataclass(frozen=True)
class _Answer:
    """A kind's answer without edits, from which others are continued."""

    ids: pd.Index
    search: Search | None
    coverage: Coverage


def _continued(
    router: Router, search: Search, ids: pd.Index, new_ids: pd.Index, points: NDArray[np.object_]
) -> Search | None:
    """Return the search after the facilities that closed, opened or moved; None where they are many."""
    old_points = search.facilities.points
    at = new_ids.get_indexer(ids)
    gone = [i for i, j in enumerate(at.tolist()) if j < 0 or old_points[i] != points[j]]
    kept = ids.delete(gone)
    come = np.flatnonzero(kept.get_indexer(new_ids) < 0).tolist()
    if len(gone) + len(come) > FEW:
        return None
    for i in reversed(gone):
        search = router.closed(search, i)
    for j in come:
        search = router.opened(search, points[j], j)
    return search
