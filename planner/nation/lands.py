"""Which islands are one landmass, decided once for the country, and where facilities stand on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.crs import WGS84, metric_crs
from planner.network.land import UNKNOWN_LANDMASS, Land, land_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.scenarios.scenario import LandRule

# Kabupaten whose boxes are this near each other (degrees, some 2 km) may touch.
NEAR_DEGREES = 0.02
# A far facility stands on a patch of its landmass of this radius.
STUB_M = 1.0


@dataclass(frozen=True)
class Lands:
    """The landmasses of the country.

    Attributes
    ----------
    parts
        By kabupaten, the outlines of what its villages form, grown (in the kabupaten's metric CRS).
    labels
        By kabupaten, int32 ``(outlines,)``, the landmass of each outline.
    off_m
        As :class:`planner.network.land.Land` has it.
    """

    parts: Mapping[str, gpd.GeoSeries]
    labels: Mapping[str, NDArray[np.int32]]
    off_m: float

    def near(self, bounds: tuple[float, float, float, float], crs: str) -> Land:
        """Return the landmasses near a box, in a CRS.

        Parameters
        ----------
        bounds
            West, south, east, north: degrees.
        crs
            Metric.
        """
        box = shapely.box(*bounds)
        parts, labels = [np.empty(0, dtype=object)], [np.empty(0, dtype=np.int32)]
        for code, outlines in self.parts.items():
            if shapely.intersects(box, shapely.box(*lonlat_bounds(outlines))):
                parts.append(_in(outlines, crs))
                labels.append(self.labels[code])
        return Land(np.concatenate(parts), self.off_m, np.concatenate(labels))


def outlines_of(villages: gpd.GeoDataFrame, rule: LandRule) -> gpd.GeoSeries:
    """Return what a kabupaten's villages form, grown by the closing distance: one outline a landmass."""
    return gpd.GeoSeries(land_of(villages, rule).parts, crs=villages.crs)


def lonlat_bounds(shapes: gpd.GeoSeries) -> tuple[float, float, float, float]:
    """Return the box of shapes in degrees, a little grown: west, south, east, north.

    Examples
    --------
    >>> box = gpd.GeoSeries([shapely.box(107, -5, 108, -4)], crs="EPSG:4326")
    >>> [round(float(b), 2) for b in lonlat_bounds(box)]
    [106.98, -5.02, 108.02, -3.98]
    """
    west, south, east, north = (
        gpd.GeoSeries([shapely.box(*shapes.total_bounds)], crs=shapes.crs).to_crs(WGS84).total_bounds
    )
    return west - NEAR_DEGREES, south - NEAR_DEGREES, east + NEAR_DEGREES, north + NEAR_DEGREES


def landmasses(parts: Mapping[str, gpd.GeoSeries], rule: LandRule) -> Lands:
    """Return which outlines of the country are one landmass.

    Two kabupaten are compared in the CRS of the one with the lower code, so the answer does not depend on how
    the country is cut. In one zone it is that of :func:`planner.network.land.land_of` over all villages.

    Parameters
    ----------
    parts
        By kabupaten, from :func:`outlines_of`.
    rule
        The distances.

    Examples
    --------
    Two kabupaten share a landmass, and the second has an island besides:

    >>> from planner.scenarios.scenario import default_scenario
    >>> a = gpd.GeoSeries(shapely.box([5e5], 9e6, 5.1e5, 9.1e6), crs="EPSG:32748")
    >>> b = gpd.GeoSeries(shapely.box([5.09e5, 5.5e5], 9e6, [5.3e5, 5.6e5], 9.1e6), crs="EPSG:32748")
    >>> found = landmasses({"35.01": a, "35.02": b}, default_scenario().land)
    >>> {code: labels.tolist() for code, labels in found.labels.items()}
    {'35.01': [0], '35.02': [0, 1]}
    """
    codes = sorted(parts)
    first = np.cumsum([0, *(len(parts[c]) for c in codes)])
    total = int(first[-1])
    boxes = shapely.box(*np.array([lonlat_bounds(parts[c]) for c in codes]).reshape(-1, 4).T)
    pairs = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    one, two = [], []
    for i, j in pairs.T[pairs[0] < pairs[1]].tolist():
        here, there = parts[codes[i]], _in(parts[codes[j]], str(parts[codes[i]].crs))
        a, b = shapely.STRtree(here.to_numpy()).query(there, predicate="intersects")[::-1]
        one.append(first[i] + a)
        two.append(first[j] + b)
    a, b = (np.concatenate([np.empty(0, dtype=np.int64), *x]) for x in (one, two))
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(total, total))
    group = connected_components(graph, directed=False)[1]
    label = _by_place(group, parts, codes)
    return Lands(
        dict(parts), {c: label[first[i] : first[i + 1]] for i, c in enumerate(codes)},
        max(rule.shore_m - rule.closing_m, 0.0),
    )  # fmt: skip


def _by_place(
    group: NDArray[np.int64], parts: Mapping[str, gpd.GeoSeries], codes: list[str]
) -> NDArray[np.int32]:
    """Return the landmass of each outline, numbered by its place: by zone, then as ``land_of`` does."""
    bounds = np.concatenate([parts[c].bounds.to_numpy() for c in codes])
    zone = np.repeat([str(parts[c].crs) for c in codes], [len(parts[c]) for c in codes])
    rows = pd.DataFrame({"group": group, "zone": zone, "x": bounds[:, 0], "y": bounds[:, 1]})
    first = rows.groupby("group").agg({"zone": "min", "x": "min", "y": "min"})
    order = first.sort_values(["zone", "x", "y"]).index
    number = np.empty(len(order), dtype=np.int32)
    number[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    return number[group]


def facility_landmass(facilities: gpd.GeoDataFrame, lands: Lands) -> NDArray[np.int32]:
    """Return the landmass of each facility, -1 where it stands on none; each in the zone that it is in.

    Parameters
    ----------
    facilities
        Points in degrees; None where the place is unknown.
    lands
        The country's.

    Returns
    -------
    landmass
        int32 ``(facilities,)``.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> villages = gpd.GeoSeries(shapely.box([5e5], 9e6, 5.1e5, 9.1e6), crs="EPSG:32748")
    >>> lands = landmasses({"35.01": villages}, default_scenario().land)
    >>> places = shapely.points([[5.05e5, 9.05e6], [6e5, 9.05e6]])
    >>> units = gpd.GeoDataFrame(geometry=places, crs="EPSG:32748")
    >>> facility_landmass(units.to_crs("EPSG:4326"), lands).tolist()
    [0, -1]
    """
    label = np.full(len(facilities), UNKNOWN_LANDMASS, dtype=np.int32)
    place = facilities.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(place))
    if len(there) == 0:
        return label
    lon, lat = shapely.get_coordinates(place[there]).T
    zones = np.array([metric_crs(x, y) for x, y in zip(lon, lat, strict=True)])
    for crs in np.unique(zones).tolist():
        mine = there[zones == crs]
        points = facilities.geometry.iloc[mine]
        label[mine] = lands.near(lonlat_bounds(points), crs).of(points.to_crs(crs).to_numpy())
    return label


def with_stubs(land: Land, points: NDArray[np.object_], label: NDArray[np.int32]) -> Land:
    """Return a land to which far places are added, each on a patch of its landmass; unknown ones on none.

    Parameters
    ----------
    land
        What is near.
    points
        object ``(places,)``, Points in its CRS.
    label
        int32 ``(places,)``, their landmasses.

    Examples
    --------
    >>> near = Land(np.array([shapely.box(0, 0, 10, 10)]), 150.0, np.array([7], np.int32))
    >>> far = shapely.points([[9000.0, 5.0], [8000.0, 5.0]])
    >>> with_stubs(near, far, np.array([7, -1], np.int32)).of(far).tolist()
    [7, -1]
    """
    known = label != UNKNOWN_LANDMASS
    stubs = shapely.buffer(points[known], STUB_M, quad_segs=2)
    labels = np.arange(len(land.parts), dtype=np.int32) if land.labels is None else land.labels
    return Land(np.concatenate([land.parts, stubs]), land.off_m, np.concatenate([labels, label[known]]))


def _in(shapes: gpd.GeoSeries, crs: str) -> NDArray[np.object_]:
    same = str(shapes.crs) == crs
    return np.asarray((shapes if same else shapes.to_crs(crs)).to_numpy(), dtype=object)
