"""The ways from villages to their nearest units, in metres of the study area."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from planner.coverage.reach import usable_facilities
from planner.coverage.sheets import middle_place
from planner.scenarios.modes import Profile
from planner.travel.paths import find_path

if TYPE_CHECKING:
    from planner.coverage.study import Gaps
    from planner.travel.access import Stops


class Way(NamedTuple):
    """The way from the village's middle place to a kind's nearest unit (metres)."""

    kind: str
    facility_id: str
    line: shapely.LineString

    @property
    def goal(self) -> shapely.Point:
        """Where it ends."""
        return shapely.Point(self.line.coords[-1])


class NearestWays:
    """The ways of an answer, in the scenario's own season; what many villages share is joined once.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> ways = NearestWays(find_gaps(demo_layers(12)))
    >>> [(way.kind, way.facility_id) for way in ways.of("99.01.01.1001")][:2]
    [('puskesmas', 'P9901001'), ('pustu', 'T99010001')]
    """

    def __init__(self, gaps: Gaps) -> None:
        self.gaps = gaps
        standard = gaps.scenario.standard
        self._nearest = {k: gaps.coverage[k].villages["nearest_id"].to_dict() for k in standard}
        self._units = {k: usable_facilities(gaps.layers, (k, *r.counts)) for k, r in standard.items()}
        self._stops: dict[tuple[Profile, str], Stops] = {}

    def of(self, code: str) -> list[Way]:
        """Return a village's ways, one a kind; a kind without a list, a unit or a way has none.

        Parameters
        ----------
        code
            The village's.

        Raises
        ------
        KeyError
            The area has no such village.
        """
        found = (self._of_kind(code, kind) for kind in self.gaps.scenario.standard)
        return [way for way in found if way is not None]

    def _of_kind(self, code: str, kind: str) -> Way | None:
        gaps, season = self.gaps, self.gaps.scenario.season
        unit = str(self._nearest[kind][code])
        place = middle_place(gaps, code, kind, season) if unit else None
        if place is None or not np.isfinite(gaps.coverage[kind].minutes[place]):
            return None
        if gaps.ways is None:
            there = self._units[kind].geometry.loc[unit]
            return Way(kind, unit, shapely.LineString([gaps.demand.geometry.iloc[place], there]))
        profile = Profile(gaps.scenario.standard[kind].mode, season)
        if (profile, unit) not in self._stops:
            self._stops[profile, unit] = gaps.ways.units(profile, self._units[kind].loc[[unit]])
        router, start = gaps.ways.router(profile), gaps.ways.place(profile, place)
        found = find_path(router, start, self._stops[profile, unit])
        if found is None:
            return None
        xy = np.vstack([shapely.get_coordinates(leg.line) for leg in found.legs])
        return Way(kind, unit, shapely.LineString(xy))
