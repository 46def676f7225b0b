"""The roads with or without edits, and what was asked of them: routers, joined places, searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.travel.router import Router

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from planner.network.build import TravelNetwork
    from planner.network.land import Ground
    from planner.scenarios.modes import Profile
    from planner.scenarios.scenario import AccessRule
    from planner.travel.access import Stops
    from planner.travel.router import NearestSearch
    from planner.travel.times import TravelTimes

# With more facilities opened or closed than this, the search starts anew.
FEW_EDITED = 4
# So many units take a quarter of a second to join the network: what was joined is kept, and asked for again.
MANY_UNITS = 5_000
# Places kept joined, of all such sets together; some 200 bytes each.
MOST_KEPT = 1_000_000


class Ways:
    """A network and the places on it; everything is made when it is first asked for, and kept.

    Parameters
    ----------
    network
        With the edits, if any.
    rule, ground, edge_landmass
        As :class:`planner.travel.router.Router` takes them.
    demand
        The places people start from: Points (the network's CRS), and ``road_id`` of those put on a road.
    base
        The ways without edits, for a network with some.
    """

    def __init__(
        self,
        network: TravelNetwork,
        demand: gpd.GeoDataFrame,
        *,
        rule: AccessRule,
        ground: Ground,
        edge_landmass: NDArray[np.int32],
        base: Ways | None = None,
    ) -> None:
        self.network, self.demand, self.base = network, demand, base
        self._rule, self._ground, self._edge_landmass = rule, ground, edge_landmass
        self._routers: dict[Profile, Router] = {}
        self._stops: dict[Profile, Stops] = {}
        self._units: tuple[tuple[Profile, Stops], ...] = ()
        self._searches: dict[tuple[Profile, tuple[str, ...]], _Searched] = {}

    def router(self, profile: Profile) -> Router:
        """Return the router of a mode and season, the same one each time.

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> ways.router(profile) is ways.router(profile)
        True
        """
        if profile not in self._routers:
            self._routers[profile] = Router(
                self.network, profile, rule=self._rule, ground=self._ground,
                edge_landmass=self._edge_landmass,
                base=None if self.base is None else self.base.router(profile),
            )  # fmt: skip
        return self._routers[profile]

    def stops(self, profile: Profile) -> Stops:
        """Return the demand points joined to the network for a mode and season.

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> ways.stops(profile).nearest.fraction.tolist()
        [0.2]
        """
        if profile not in self._stops:
            router = self.router(profile)
            if self.base is not None:
                self._stops[profile] = router.access.again(self.base.stops(profile))
            else:
                on_edge = self.network.edge_id.get_indexer(self.demand["road_id"])
                self._stops[profile] = router.stops(_points(self.demand), on_edge=on_edge)
        return self._stops[profile]

    def units(self, profile: Profile, facilities: gpd.GeoDataFrame) -> Stops:
        """Return facilities joined to the network; after edits they keep what they were joined to.

        Parameters
        ----------
        profile
            The mode and season.
        facilities
            Points (metres, the network's CRS).

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> unit = gpd.GeoSeries([shapely.Point(800, 30)], crs="EPSG:32748")
        >>> ways.units(profile, unit).access_m.tolist()
        [30.0]
        """
        points = _points(facilities)
        if len(points) < MANY_UNITS:
            return self.router(profile).stops(points)
        xy = shapely.get_coordinates(points)
        for known, stops in self._units:
            if known == profile and np.array_equal(stops.xy, xy):
                return stops
        if self.base is None:
            made = self.router(profile).stops(points)
        else:
            made = self.router(profile).access.again(self.base.units(profile, facilities))
        self._units = _no_more_than_kept(((profile, made), *self._units))
        return made

    def place(self, profile: Profile, row: int) -> Stops:
        """Return one demand point joined as :meth:`stops` joins it.

        Parameters
        ----------
        profile
            The mode and season.
        row
            Its row in the demand.

        Raises
        ------
        KeyError
            The network has no times for the profile.
        IndexError
            There is no such row.

        Examples
        --------
        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> ways.place(profile, 0).nearest.fraction.tolist()
        [0.2]
        """
        demand = self.demand.iloc[[row]]
        base = self.network if self.base is None else self.base.network
        on_edge = base.edge_id.get_indexer(demand["road_id"])
        return self.router(profile).stops(_points(demand), on_edge=on_edge)

    def nearest(self, profile: Profile, facilities: gpd.GeoDataFrame) -> TravelTimes:
        """Return the demand points' times (s) to the nearest of some facilities.

        Parameters
        ----------
        profile
            The mode and season.
        facilities
            Points (metres, the network's CRS).

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> unit = gpd.GeoSeries([shapely.Point(800, 0)], crs="EPSG:32748")
        >>> ways.nearest(profile, unit).travel_s.tolist()
        [60.0]
        """
        return self.router(profile).nearest(self.stops(profile), self.units(profile, facilities))

    def search(
        self, profile: Profile, kinds: tuple[str, ...], facilities: gpd.GeoDataFrame, *, keep: bool
    ) -> TravelTimes:
        """Return the same times; of few changes against the facilities last kept, only what they touch.

        Parameters
        ----------
        profile
            The mode and season.
        kinds
            Whose facilities these are.
        facilities
            Points (metres, the network's CRS); their index gives the ids.
        keep
            Whether these are the ones that later questions start from.

        Raises
        ------
        KeyError
            The network has no times for the profile.

        Examples
        --------
        A second pustu is tried:

        >>> import geopandas as gpd
        >>> import numpy as np
        >>> import shapely
        >>> from planner.network.convert import one_street
        >>> from planner.network.land import Ground
        >>> from planner.scenarios.modes import Profile
        >>> from planner.scenarios.scenario import default_scenario
        >>> profile = Profile("car", "dry")
        >>> street = one_street()
        >>> homes = gpd.GeoDataFrame({"road_id": [0]}, geometry=[shapely.Point(200, 0)], crs="EPSG:32748")
        >>> land = {"ground": Ground(), "edge_landmass": np.array([-1], np.int32)}
        >>> ways = Ways(street, homes, rule=default_scenario().access, **land)
        >>> units = gpd.GeoSeries(shapely.points([[800, 0], [300, 0]]), index=["u1", "u2"], crs="EPSG:32748")
        >>> ways.search(profile, ("pustu",), units.iloc[:1], keep=True).travel_s.tolist()
        [60.0]
        >>> ways.search(profile, ("pustu",), units, keep=False).travel_s.tolist()
        [10.0]
        """
        router, known = self.router(profile), self._searches.get((profile, kinds))
        found = None
        # Facilities beside an edited road are joined by rules that a continued search does not know.
        if known is not None and self.base is None:
            found = _continued(router, known, facilities)
        if found is None:
            found = router.search(self.stops(profile), self.units(profile, facilities))
        if keep:
            self._searches[profile, kinds] = _Searched(facilities.index, found)
        return found.times


@dataclass(frozen=True)
class _Searched:
    """A search and whose it is."""

    ids: pd.Index
    search: NearestSearch


def _no_more_than_kept(units: tuple[tuple[Profile, Stops], ...]) -> tuple[tuple[Profile, Stops], ...]:
    """Return the first of some sets, at least one, with no more places together than are kept."""
    places = np.cumsum([len(stops) for _, stops in units])
    return units[: max(1, int(np.searchsorted(places, MOST_KEPT, side="right")))]


def _points(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    points: NDArray[np.object_] = frame.geometry.to_numpy().astype(object)
    return points


def _continued(router: Router, known: _Searched, facilities: gpd.GeoDataFrame) -> NearestSearch | None:
    """Return the search after the facilities that closed, opened or moved; None where they are many."""
    search, ids, new_ids, points = known.search, known.ids, facilities.index, _points(facilities)
    old_points = search.facilities.points
    at = new_ids.get_indexer(ids)
    gone = [i for i, j in enumerate(at.tolist()) if j < 0 or old_points[i] != points[j]]
    kept = ids.delete(gone)
    come = (kept.get_indexer(new_ids) < 0).nonzero()[0].tolist()
    if len(gone) + len(come) > FEW_EDITED:
        return None
    for i in reversed(gone):
        search = router.closed(search, i)
    for j in come:
        search = router.opened(search, points[j], j)
    return search
