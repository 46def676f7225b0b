"""The smallest router to try things on, as the examples do."""

from __future__ import annotations

from planner.network.convert import one_street
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario
from planner.travel.router import Router


def street_router() -> Router:
    """Return a router by car over :func:`planner.network.convert.one_street`: 10 m a second, either way.

    Examples
    --------
    >>> import shapely
    >>> router = street_router()
    >>> homes, unit = (router.stops(shapely.points(xy)) for xy in ([[200, 0], [900, 0]], [[500, 0]]))
    >>> router.nearest(homes, unit).travel_s.tolist()
    [30.0, 40.0]
    """
    return Router(one_street(), Profile("car", "dry"), rule=default_scenario().access)
