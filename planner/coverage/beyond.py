"""What is known beyond a study area that is a part of a larger one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from planner.coverage.known.extent import Extent
    from planner.network.land import Land
    from planner.travel.times import TravelTimes

NO_FACILITY = -1


@dataclass(frozen=True)
class Beyond:
    """What a study takes over in the place of what it would find out from its own layers.

    Attributes
    ----------
    land
        The landmasses, those of neighbours among them, in the layers' CRS; None: what the villages form.
    extent
        What lists and roads cover; None: as the layers tell.
    horizon_s
        By kind, the seconds up to which times are sure: longer ones are ``inf``. A kind that is not named has
        none.
    outlines
        Of villages beyond that may overlap the area's own, by their codes, in the layers' CRS: in an overlap
        a place belongs to the first code of all. None where there are none.
    """

    land: Land | None = None
    extent: Extent | None = None
    horizon_s: Mapping[str, float] = field(default_factory=dict)
    outlines: gpd.GeoSeries | None = None


def within_horizon(times: TravelTimes, horizon_s: float) -> TravelTimes:
    """Return the times, those beyond a horizon as ``inf`` and without a facility.

    Parameters
    ----------
    times
        Seconds from each place to its nearest facility.
    horizon_s
        Seconds; a time equal to it is kept.

    Examples
    --------
    >>> from planner.travel.times import TravelTimes
    >>> two = TravelTimes(np.array([60.0, 61.0]), np.array([3, 4], np.int32), np.zeros(2), joined=False)
    >>> near = within_horizon(two, 60.0)
    >>> near.travel_s.tolist(), near.facility.tolist(), near.joined
    ([60.0, inf], [3, -1], True)
    """
    near = times.travel_s <= horizon_s
    travel_s = np.where(near, times.travel_s, np.inf)
    facility = np.where(near, times.facility, NO_FACILITY).astype(np.int32)
    # Whether any unit beyond the horizon is on a road is not asked: it would be too far.
    return replace(times, travel_s=travel_s, facility=facility, joined=True)
