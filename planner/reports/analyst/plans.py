"""Plans as notebooks have them: with their map."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from planner.siting import site as of_sites
from planner.siting import with_roads as of_roads
from planner.siting import years as of_years

if TYPE_CHECKING:
    from collections.abc import Callable

    import folium

P = ParamSpec("P")
AnyPlan = of_sites.Siting | of_years.Rollout | of_roads.SitingWithRoads


class Siting(of_sites.Siting):
    """A plan, and what it changes: the attributes of :class:`planner.siting.site.Siting`, and a map."""

    def map(self, *, lang: str = "id") -> folium.Map:
        """Return the map of the plan, as ``map.html`` has it: villages before and after, and its sites.

        Parameters
        ----------
        lang
            ``id`` or ``en``.

        Raises
        ------
        ConfigError
            Another language.

        Examples
        --------
        >>> from planner import Ask, Study, demo_layers, site
        >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
        >>> "Proposed sites" in plan.map(lang="en").get_root().render()
        True
        """
        return _map(self, lang)


class Rollout(of_years.Rollout):
    """A plan over years: the attributes of :class:`planner.siting.years.Rollout`, and a map."""

    def map(self, *, lang: str = "id") -> folium.Map:
        """Return the map of the plan, with the villages and the sites of each year: see :meth:`Siting.map`.

        Examples
        --------
        >>> from planner import RolloutPlan, Study, demo_layers, rollout
        >>> asked = RolloutPlan.model_validate({"kind": "posyandu", "years": [{"year": 2027, "units": 2}]})
        >>> "2027" in rollout(Study(demo_layers(12)), asked).map().get_root().render()
        True
        """
        return _map(self, lang)


class SitingWithRoads(of_roads.SitingWithRoads):
    """Roads and units: the attributes of :class:`planner.siting.with_roads.SitingWithRoads`, and a map."""

    def map(self, *, lang: str = "id") -> folium.Map:
        """Return the map of the plan, with the roads that it mends: see :meth:`Siting.map`.

        Examples
        --------
        >>> from planner import Ask, Study, demo_layers, site_with_roads
        >>> from planner.siting.measures import Measures, RoadMeasure, default_measures
        >>> study = Study(demo_layers(12))
        >>> paved = {"op": "change_road", "road": study.layers.roads["way_id"].iloc[0], "surface": "paved"}
        >>> pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
        >>> known = Measures(measures={**default_measures().measures, "pave": pave})
        >>> plan = site_with_roads(study, "pustu", Ask(units=1), measures=known)
        >>> "Roads of the plan" in plan.map(lang="en").get_root().render()
        True
        """
        return _map(self, lang)


def _map(plan: AnyPlan, lang: str) -> folium.Map:
    # Here, because importing Folium takes most of half a second.
    from planner.reports.maps.sites_page import sites_map

    return sites_map(plan, lang=lang)


Made = TypeVar("Made", Siting, Rollout, SitingWithRoads)


def _with_map(call: Callable[P, AnyPlan], made: type[Made]) -> Callable[P, Made]:
    """Return a call whose plans have a map."""

    @wraps(call)
    def mapped(*args: P.args, **kwargs: P.kwargs) -> Made:
        plan = call(*args, **kwargs)
        return made(**{one.name: getattr(plan, one.name) for one in fields(plan)})

    return mapped


site = _with_map(of_sites.site, Siting)
rollout = _with_map(of_years.rollout, Rollout)
site_with_roads = _with_map(of_roads.site_with_roads, SitingWithRoads)
