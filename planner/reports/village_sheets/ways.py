"""The ways from villages to their nearest units, in metres of the study area."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from planner.coverage.reach import usable_facilities
from planner.coverage.sheets import middle_row
from planner.scenarios.modes import Profile
from planner.travel.paths import find_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.coverage.study import Gaps
    from planner.travel.paths import Path


class WayToUnit(NamedTuple):
    """The way from the village's middle place to a kind's nearest unit (metres)."""

    kind: str
    facility_id: str
    line: shapely.LineString

    @property
    def goal(self) -> shapely.Point:
        """Where it ends."""
        return shapely.Point(self.line.coords[-1])


class NearestWays:
    """The ways of an answer, in the scenario's own season; what villages share is searched once.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> ways = NearestWays(find_gaps(demo_layers(12)))
    >>> [(way.kind, way.facility_id) for way in ways.of(["99.01.01.1001"])["99.01.01.1001"]][:2]
    [('puskesmas', 'P9901001'), ('pustu', 'T99010001')]
    """

    def __init__(self, gaps: Gaps) -> None:
        self.gaps = gaps
        standard = gaps.scenario.standard
        self._nearest = {k: gaps.coverage[k].villages["nearest_id"].to_dict() for k in standard}
        self._units = {k: usable_facilities(gaps.layers, (k, *r.counts)) for k, r in standard.items()}
        self._rows = gaps.demand.groupby("village_code").indices
        self._weight = gaps.demand["weight"].to_numpy()

    def of(self, codes: Sequence[str]) -> dict[str, list[WayToUnit]]:
        """Return villages' ways, one a kind; a kind without a list, a unit or a way has none.

        Parameters
        ----------
        codes
            The villages'; what they share is searched once.

        Raises
        ------
        KeyError
            The area has no such village.
        """
        found: dict[str, list[WayToUnit]] = {code: [] for code in codes}
        for kind in self.gaps.scenario.standard:
            pairs = [pair for pair in (self._pair(code, kind) for code in codes) if pair is not None]
            for pair, line in zip(pairs, self._lines(kind, pairs), strict=True):
                if line is not None:
                    found[pair.village].append(WayToUnit(kind, pair.facility_id, line))
        return found

    def _pair(self, code: str, kind: str) -> _Pair | None:
        """Return a village's middle place and its nearest unit; None where there is no way between them."""
        unit = str(self._nearest[kind][code])
        if not unit:
            return None
        minutes = self.gaps.coverage[kind].minutes
        place = middle_row(self._rows[code], minutes, self._weight)
        return None if place is None or not np.isfinite(minutes[place]) else _Pair(code, place, unit)

    def _lines(self, kind: str, pairs: list[_Pair]) -> list[shapely.LineString | None]:
        gaps, units = self.gaps, self._units[kind]
        if gaps.ways is None:
            homes, points = gaps.demand.geometry, units.geometry
            return [
                shapely.LineString([homes.iloc[pair.place], points.loc[pair.facility_id]]) for pair in pairs
            ]
        if not pairs:
            return []
        profile = Profile(gaps.scenario.standard[kind].mode, gaps.scenario.season)
        places, facilities = gaps.ways.stops(profile), gaps.ways.units(profile, units)
        ends = np.column_stack(
            [[pair.place for pair in pairs], units.index.get_indexer([pair.facility_id for pair in pairs])]
        ).astype(np.int64)
        starts, stops = (
            {number: all_.one(number) for number in np.unique(column).tolist()}
            for all_, column in zip((places, facilities), ends.T, strict=True)
        )
        paths = find_paths(gaps.ways.router(profile), starts, stops, ends)
        return [None if path is None else _line(path) for path in paths]


class _Pair(NamedTuple):
    """A village, the row of its middle place, and its nearest unit."""

    village: str
    place: int
    facility_id: str


def _line(path: Path) -> shapely.LineString:
    return shapely.LineString(np.vstack([shapely.get_coordinates(leg.line) for leg in path.legs]))
