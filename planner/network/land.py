"""Where one can walk straight: not across the sea, nor across water that a layer shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.scenarios.scenario import LandRule

UNKNOWN_LANDMASS = -1


@dataclass(frozen=True)
class Land:
    """The landmasses that the villages form.

    Attributes
    ----------
    parts
        object ``(landmasses,)``, Polygons (metres, the villages' CRS), grown by the closing distance.
    off_m
        A place this far (metres) off every part is of the nearest: a road or a jetty is often drawn a little
        off the coast of the boundary map.
    labels
        int32 ``(parts,)``, the landmass of each part, where several parts are of one (they meet outside
        of what is known here); None where each part is a landmass.
    """

    parts: NDArray[np.object_]
    off_m: float
    labels: NDArray[np.int32] | None = None

    def of(self, points: NDArray[np.object_]) -> NDArray[np.int32]:
        """Return the landmass of each point; -1 (unknown) further off every part than ``off_m``.

        Unknown is land of a neighbour, for which no boundary was given: it divides nothing.

        Parameters
        ----------
        points
            object ``(points,)``, Points (metres, the CRS of ``parts``).

        Returns
        -------
        landmass
            int32 ``(points,)``.

        Examples
        --------
        Two islands; a jetty 5 m off the second, and a place at sea:

        >>> islands = Land(shapely.box([0, 500], 0, [100, 600], 100), off_m=10.0)
        >>> islands.of(shapely.points([[50, 50], [605, 50], [300, 50]])).tolist()
        [0, 1, -1]
        """
        number = np.full(len(points), UNKNOWN_LANDMASS, dtype=np.int32)
        if len(self.parts) == 0 or len(points) == 0:
            return number
        # The tree holds the points: GEOS then prepares each polygon once, which is far faster.
        part, at = shapely.STRtree(points).query(self.parts, predicate="intersects")
        number[at] = part
        loose = np.flatnonzero((number == UNKNOWN_LANDMASS) & ~shapely.is_missing(points))
        if len(loose):
            tree = shapely.STRtree(self.parts)
            at, part = tree.query_nearest(points[loose], max_distance=self.off_m, all_matches=False)
            number[loose[at]] = part
        if self.labels is None:
            return number
        return np.where(number == UNKNOWN_LANDMASS, UNKNOWN_LANDMASS, self.labels[number]).astype(np.int32)


def land_of(villages: gpd.GeoDataFrame, rule: LandRule) -> Land:
    """Return the landmasses of the villages' polygons: gaps up to twice ``rule.closing_m`` do not divide.

    Outlines are closer than that to each other across the gaps of their own simplification, and across
    rivers; wider water divides.
    Each landmass is numbered by its place, so the order of villages changes nothing.

    Parameters
    ----------
    villages
        Polygons (metric CRS).
    rule
        The distances, in metres.

    Examples
    --------
    The first two villages are 100 m apart, the third is an island:

    >>> import geopandas as gpd
    >>> from planner.scenarios.scenario import default_scenario
    >>> boxes = shapely.box([0, 1100, 9000], 0, [1000, 2000, 9500], 500)
    >>> land = land_of(gpd.GeoDataFrame(geometry=boxes, crs="EPSG:32748"), default_scenario().land)
    >>> land.of(shapely.centroid(boxes)).tolist()
    [0, 0, 1]
    """
    rough = shapely.simplify(villages.geometry.to_numpy(), 20.0)
    grown = shapely.union_all(shapely.buffer(rough, rule.closing_m, quad_segs=2))
    parts = np.asarray(shapely.get_parts(grown), dtype=object)
    bounds = shapely.bounds(parts)
    # Measured from the outlines, which the parts are grown beyond.
    off_m = max(rule.shore_m - rule.closing_m, 0.0)
    return Land(parts[np.lexsort((bounds[:, 1], bounds[:, 0]))], off_m)


def may_walk(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return whether two places may be on one landmass (unknown may).

    Parameters
    ----------
    a, b
        int32 landmasses, of shapes that broadcast; -1 = unknown.

    Returns
    -------
    may
        bool, of the shape that both broadcast to.

    Examples
    --------
    >>> may_walk(np.array([0, 0, 0]), np.array([0, 1, UNKNOWN_LANDMASS])).tolist()
    [True, False, True]
    """
    return np.asarray((a == b) | (a == UNKNOWN_LANDMASS) | (b == UNKNOWN_LANDMASS), dtype=bool)


@dataclass(frozen=True)
class Ground:
    """What straight walks may not cross.

    Attributes
    ----------
    land
        The landmasses; None where the sea is not known.
    water
        object ``(waters,)``, rivers, lakes and the like inside them (Polygons or LineStrings, metres in
        the land's CRS); None without a layer.
    """

    land: Land | None = None
    water: NDArray[np.object_] | None = None

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(np.empty(0, dtype=object) if self.water is None else self.water)

    @property
    def divides(self) -> bool:
        """Whether anything is known to be in the way."""
        return self.land is not None or self.water is not None

    def landmass(self, points: NDArray[np.object_]) -> NDArray[np.int32]:
        """Return the landmass of each point; -1 (unknown) for all where no land is given.

        Parameters
        ----------
        points
            object ``(points,)``, Points (metres, the CRS of the land).

        Returns
        -------
        landmass
            int32 ``(points,)``.

        Examples
        --------
        >>> point = shapely.points([[50.0, 50.0]])
        >>> Ground(Land(shapely.box([0], 0, 100, 100), 0.0)).landmass(point).tolist()
        [0]
        >>> Ground().landmass(point).tolist()
        [-1]
        """
        if self.land is None:
            return np.full(len(points), UNKNOWN_LANDMASS, dtype=np.int32)
        return self.land.of(points)

    def on_land(
        self,
        start: NDArray[np.object_],
        end: NDArray[np.object_],
        start_landmass: NDArray[np.int32],
        end_landmass: NDArray[np.int32],
        *,
        afloat: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.bool_]:
        """Return which straight lines one can walk, bool ``(lines,)``.

        Parameters
        ----------
        start, end
            object ``(lines,)``, Points (metres, the CRS of the land and water). Water that ``start`` itself
            lies in (a house on stilts, a coarse map) is left freely.
        start_landmass, end_landmass
            int32 ``(lines,)``, their landmasses.
        afloat
            bool ``(lines,)``, lines that end on a waterway: water is where they lead.

        Examples
        --------
        A river lies before the first place, not before the second; a boat is reached across it:

        >>> ground = Ground(water=np.array([shapely.LineString([(100, -500), (100, 500)])]))
        >>> house, places = shapely.points([[0, 0], [0, 0]]), shapely.points([[200, 0], [0, 200]])
        >>> anywhere = np.array([-1, -1], np.int32)
        >>> ground.on_land(house, places, anywhere, anywhere).tolist()
        [False, True]
        >>> ground.on_land(house, places, anywhere, anywhere, afloat=np.array([True, False])).tolist()
        [True, True]
        """
        out = may_walk(start_landmass, end_landmass)
        if self.water is None:
            return out
        look = out if afloat is None else out & ~afloat
        which = np.flatnonzero(look)
        if len(which) == 0:
            return out
        a, b = shapely.get_coordinates(start[which]), shapely.get_coordinates(end[which])
        lines = shapely.linestrings(np.stack([a, b], axis=1))
        at, water = self._tree.query(lines, predicate="intersects")
        outside = ~shapely.intersects(self.water[water], start[which[at]])
        out[which[at[outside]]] = False
        return out
