"""Roads and units together: one plan for each choice of road measures, and the best of them."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.arguments import require_a
from geodata.errors import ConfigError, UnprovenError
from geodata.handed import hands_out_copies
from geodata.layers import no_progress
from geodata.shown import html_table
from planner.coverage.show import area_in_words
from planner.coverage.study import require_study
from planner.network.edited_lines import edited_km
from planner.progress import go_on
from planner.siting.ask import Ask
from planner.siting.measures import Measures, road_choices, road_edits
from planner.siting.prepare import NoCandidateError
from planner.siting.reach import require_known
from planner.siting.site import Siting, site, sites_html
from planner.siting.solution import TOLERANCE, share_better
from planner.siting.tables import rupiah_or_nan, village_changes
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario
    from planner.siting.ground.rules import SiteFacts


# Why no candidate is left where mobile stops are all that can be done, as their error names it.
NO_STOP = "no_stop_in_reach"
# What is said of each site, where there is none: the columns that all plans have.
SITE_COLUMNS = (
    "order", "measure", "op", "kind", "facility_id", "name", "village_code", "village_name", "district_name",
    "lon", "lat", "cost_idr", "yearly_idr", "staff", "lead_years", "site_rules", "served_from",
    "served_minutes", "people_added", "people_alone", "people_near_limit", "people_own", "villages_added",
    "people_lost", "villages_lost", "alternatives",
)  # fmt: skip


@hands_out_copies
@dataclass(frozen=True)
class SitingWithRoads:
    """The best choice of road measures, with the best plan on its roads.

    Attributes
    ----------
    kind, ask
        For which kind, and what was asked.
    roads
        Names of the road measures that are taken.
    siting
        The plan on these roads, its ``before`` with them; None where nothing is left for units.
    people_added
        People newly within the limit, by roads and units together.
    bound
        No choice of roads and units adds more.
    choices
        One row a choice of roads that can be paid, index ``roads`` (names, joined by " + "; "" for none):
        ``people_by_roads`` (the roads alone), ``people_added``, ``bound``, ``units`` (measures, each road
        one), ``cost_idr`` (NaN = not given).
    before, after
        The gaps without anything, and with all of it.
    scenario
        The study's scenario with the edits of roads and units.
    villages
        See :func:`planner.siting.tables.village_changes`.
    works
        One row a road measure that is taken, index ``name``: ``edits`` (how many), ``km`` (of the roads and
        boat links that they are about), ``cost_idr`` and ``yearly_idr`` (once and every year; NaN = not
        given), ``lead_years``.
    seconds
        What the search took on all choices together.
    """

    kind: str
    ask: Ask
    roads: tuple[str, ...]
    siting: Siting | None
    people_added: float
    bound: float
    choices: pd.DataFrame
    before: Gaps
    after: Gaps
    scenario: Scenario
    villages: pd.DataFrame
    works: pd.DataFrame
    seconds: float = 0.0

    @property
    def sites(self) -> pd.DataFrame:
        """The sites of the plan: see :func:`planner.siting.tables.site_table`."""
        none = pd.DataFrame(columns=list(SITE_COLUMNS), index=pd.Index([], name="candidate_id", dtype="str"))
        return none if self.siting is None else self.siting.sites

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """All places at which something could have been done; none where nothing was left for units."""
        return self.before.layers.facilities.iloc[:0] if self.siting is None else self.siting.candidates

    @property
    def curve(self) -> pd.DataFrame | None:
        """Units on the best roads against people, as of a :class:`planner.siting.site.Siting`."""
        return None if self.siting is None else self.siting.curve

    @property
    def gap(self) -> float:
        """The distance from the people added to the bound as a share of the bound (0-1); 0 = proven best."""
        missing = self.bound - self.people_added
        return 0.0 if missing <= TOLERANCE * abs(self.bound) else missing / self.bound

    @property
    def better(self) -> float:
        """How much better another choice can be at most, as a share of the people added; inf of nobody."""
        return share_better(self.people_added, self.bound) if self.gap else 0.0

    @property
    def as_if_none(self) -> bool:
        """Whether no list of the kind was given, so that units may be there of which nobody told."""
        return self.kind in self.before.layers.area.assumed_empty

    @property
    def list_doubt(self) -> str | None:
        """Why the list of the kind is not taken as complete, a key of ``known.extent.WHY``."""
        return self.before.extent.why.get(self.kind)

    def __repr__(self) -> str:
        units = 0 if self.siting is None else len(self.siting.sites)
        return (
            f"SitingWithRoads of {' + '.join(self.roads) or 'no roads'} and {units} × {self.kind} in "
            f"{area_in_words(self.before.layers)}: {self.people_added:,.0f} people more, at most "
            f"{self.bound:,.0f}"
        )

    def _repr_html_(self) -> str:
        columns = ["people_by_roads", "people_added", "bound", "units"]
        choices = self.choices[columns].round(0).reset_index().to_numpy().tolist()
        tables = html_table(choices, ["roads", *columns])
        if self.siting is not None:
            tables += sites_html(self.sites)
        return f"<b>{html.escape(repr(self))}</b>{tables}"


@dataclass(frozen=True)
class _Tried:
    """A choice of roads, solved.

    ``by_roads`` and ``reached`` (bool, demand points) are within the limit with the roads alone, and with the
    units too; ``added_bound`` is what units can add to the roads at most.
    """

    roads: tuple[str, ...]
    cost_idr: float
    scenario: Scenario
    siting: Siting | None
    by_roads: NDArray[np.bool_]
    reached: NDArray[np.bool_]
    added_bound: float


def site_with_roads(
    study: Study,
    kind: str,
    ask: Ask,
    *,
    measures: Measures,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
    facts: SiteFacts | None = None,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> SitingWithRoads:
    """Return which roads to mend and where units should be, for so much together.

    Every choice of the road measures is a network of its own; on each, :func:`planner.siting.site.site` plans
    with what is left. The best of them is the best of all, and the largest of their bounds holds for all. A
    road measure counts as one unit where units are counted. All choices share ``ask.time_limit_s``.

    Parameters
    ----------
    study, kind, places, exclude, facts, may_go_on, progress
        As for :func:`planner.siting.site.site`.
    ask
        So many units, or so much money; road measures may be forced and forbidden by their name.
    measures
        Those of ``op: road`` among them, four at most.

    Raises
    ------
    ConfigError
        A share is asked for; there are too many road measures; one has no cost though money is planned; the
        forced ones cost more than there is; or as for ``site``.
    UnprovenError
        The engine does not find what the plan promised: our fault, and no plan.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Ask
    >>> from planner.siting.measures import Measures, RoadMeasure, default_measures
    >>> study = Study(demo_layers(12))
    >>> road = study.layers.roads["way_id"].iloc[0]
    >>> paved = {"op": "change_road", "road": road, "surface": "paved"}
    >>> pave = RoadMeasure.model_validate({"op": "road", "edits": [paved]})
    >>> known = Measures(measures={**default_measures().measures, "pave": pave})
    >>> plan = site_with_roads(study, "pustu", Ask(units=1), measures=known)
    >>> plan.choices.index.tolist(), plan.people_added <= plan.bound
    (['', 'pave'], True)
    """
    require_study(study)
    require_a(ask, Ask, "ask", "what is asked of a plan, such as Ask(units=5)")
    require_a(measures, Measures, "measures", "what read_measures(file) reads")
    _require_plain(ask)
    require_known(study, kind)
    payable, of_units = list(_payable(measures, ask)), measures.without_roads()
    each_s = ask.time_limit_s / len(payable)

    def planned(under: Study, left: Ask) -> Siting:
        return site(
            under, kind, replace(left, time_limit_s=each_s), measures=of_units, places=places,
            exclude=exclude, facts=facts, may_go_on=may_go_on, progress=progress,
        )  # fmt: skip

    tried, named = [], _Named()
    for roads, left, cost_idr in payable:
        progress(f"roads: {' + '.join(roads) or 'none'}")
        edits = (*study.scenario.edits, *road_edits(measures.roads, roads))
        under = study.under(study.scenario.model_copy(update={"edits": edits}))
        try:
            siting = None if left is None else named.planned(partial(planned, under), left)
        except ConfigError as error:
            if not named.is_of_these_roads(error):
                raise
        else:
            tried.append(_solved(under, kind, ask, roads, siting, cost_idr))
    named.require_somewhere()
    return _best(study, kind, ask, tried, measures)


class _Named:
    """The forced and forbidden candidates that some choices of roads do not have, such as mobile stops."""

    def __init__(self) -> None:
        self._gone: dict[str, str] = {}
        self._there: set[str] = set()
        self._refused: ConfigError | None = None
        self._any_plan = False

    def planned(self, plan: Callable[[Ask], Siting], ask: Ask) -> Siting | None:
        """Return the plan; None where nothing can be done for units on these roads, and nothing is forced.

        Raises
        ------
        ConfigError
            What is forced is not there on these roads.
        """
        try:
            siting = plan(ask)
        except NoCandidateError as error:
            self._gone.update(error.told)
            self._there |= {*ask.forced, *ask.forbidden} - set(error.told)
            if set(error.told) & set(ask.forced):
                raise
            # What is not there is not taken.
            rest = tuple(name for name in ask.forbidden if name not in error.told)
            siting = plan(replace(ask, forbidden=rest))
        except ConfigError as error:
            if error.why != NO_STOP or ask.forced:
                raise
            self._refused = error
            return None
        else:
            self._there |= {*ask.forced, *ask.forbidden}
        self._any_plan = True
        return siting

    def is_of_these_roads(self, error: ConfigError) -> bool:
        """Return whether other roads may have what a plan lacks; remembers why not these."""
        self._refused = error
        return isinstance(error, NoCandidateError) or error.why == NO_STOP

    def require_somewhere(self) -> None:
        """Raise where no choice of roads has what is named, or none has anything.

        Raises
        ------
        ConfigError
            As the last choice was refused.
        """
        for name, told in self._gone.items():
            if name not in self._there:
                raise ConfigError(told)
        if not self._any_plan and self._refused is not None:
            raise self._refused


def _require_plain(ask: Ask) -> None:
    """Raise ConfigError for what cannot be compared between networks yet."""
    known = ("units", "budget_idr", "forced", "forbidden", "seasons", "seed", "time_limit_s")
    if ask.target is not None or Ask(**{name: getattr(ask, name) for name in known}) != ask:
        msg = "with road measures, plans are for most people by units or money; nothing else is solved yet"
        raise ConfigError(msg)


def _payable(measures: Measures, ask: Ask) -> Iterator[tuple[tuple[str, ...], Ask | None, float]]:
    """Yield each choice of roads that can be paid, what is left to ask (None: nothing), and its cost (IDR).

    Raises
    ------
    ConfigError
        A road has no cost though money is planned; no choice leaves enough for what is forced.
    """
    roads = measures.roads
    costs = {name: np.nan if one.cost_idr is None else one.cost_idr for name, one in roads.items()}
    if ask.budget_idr is not None and np.isnan(list(costs.values())).any():
        without = ", ".join(sorted(name for name, cost in costs.items() if np.isnan(cost)))
        msg = f"no cost is given for {without}: write cost_idr in a measures file, or plan by units"
        raise ConfigError(msg)
    forced = tuple(name for name in ask.forced if name not in roads)
    rest = replace(ask, forced=forced, forbidden=tuple(n for n in ask.forbidden if n not in roads))
    found = False
    for chosen in road_choices(measures):
        if not (set(ask.forced) & set(roads) <= set(chosen)) or set(ask.forbidden) & set(chosen):
            continue
        cost_idr = float(sum(costs[name] for name in chosen))
        left = _left(rest, len(chosen), cost_idr)
        # A unit's id begins with the name of its measure.
        needed = [measures.measures.get(name.split("/")[0]) for name in forced]
        needed_idr = sum(one.cost_idr or 0.0 for one in needed if one is not None)
        if left < (len(forced) if ask.units is not None else needed_idr):
            continue
        found = True
        units, money = (int(left), None) if ask.units is not None else (None, left)
        yield chosen, replace(rest, units=units, budget_idr=money) if left > 0 else None, cost_idr
    if not found:
        msg = "the forced measures alone cost more than there is: raise it, or force fewer"
        raise ConfigError(msg)


def _left(ask: Ask, roads: int, cost_idr: float) -> float:
    return ask.units - roads if ask.units is not None else (ask.budget_idr or 0.0) - cost_idr


def _solved(
    under: Study, kind: str, ask: Ask, roads: tuple[str, ...], siting: Siting | None, cost_idr: float
) -> _Tried:
    """Return a choice of roads with what it reaches, with its units and without."""
    if siting is None:
        by_roads = _within(under.gaps(), kind, _seasons(under, ask))
        return _Tried(roads, cost_idr, under.scenario, None, by_roads, by_roads, 0.0)
    solution, by_roads = siting.solution, siting.reach.already
    reached = by_roads | siting.instance.reached(solution.chosen)
    return _Tried(roads, cost_idr, siting.scenario, siting, by_roads, reached, solution.bound)


def _seasons(study: Study, ask: Ask) -> tuple[Season, ...]:
    return (study.scenario.season,) if ask.seasons is None else tuple(sorted(set(ask.seasons)))


def _within(gaps: Gaps, kind: str, seasons: tuple[Season, ...]) -> NDArray[np.bool_]:
    within: NDArray[np.bool_] = np.logical_and.reduce([gaps.seasons[s][kind].within for s in seasons])
    return within


def _best(
    study: Study, kind: str, ask: Ask, tried: list[_Tried], measures: Measures
) -> SitingWithRoads:  # fmt: skip
    """Return the best of the solved choices, computed anew by the engine on the study's own network."""
    before = study.gaps()
    people = counted_people(study.demand)
    now = people[_within(before, kind, _seasons(study, ask))].sum()
    table = pd.DataFrame(
        {
            "people_by_roads": [people[one.by_roads].sum() - now for one in tried],
            "people_added": [people[one.reached].sum() - now for one in tried],
            "bound": [people[one.by_roads].sum() - now + one.added_bound for one in tried],
            "units": [len(one.roads) + (0 if one.siting is None else len(one.siting.sites)) for one in tried],
            "cost_idr": [_cost(one) for one in tried],
        },
        index=pd.Index([" + ".join(one.roads) for one in tried], name="roads", dtype="str"),
    )
    # Choices of fewer roads come first: of equally good ones (to the last bits of a sum) the first is taken.
    most = table["people_added"].max()
    number = int(np.argmax(table["people_added"].to_numpy() >= most - TOLERANCE * abs(most)))
    best = tried[number]
    after = study.gaps(best.scenario.edits)
    seasons = _seasons(study, ask)
    if (_within(after, kind, seasons) != best.reached).any():
        msg = f"the engine reaches other places than the plan with {' + '.join(best.roads) or 'no roads'}"
        raise UnprovenError(msg)
    return SitingWithRoads(
        kind, ask, best.roads, best.siting, float(table["people_added"].iloc[number]),
        float(table["bound"].max()), table, before, after, best.scenario,
        village_changes(before, after, kind, seasons), _works(study, measures, best.roads),
        sum(one.siting.solution.seconds for one in tried if one.siting is not None),
    )  # fmt: skip


def _works(study: Study, measures: Measures, names: tuple[str, ...]) -> pd.DataFrame:
    taken = {name: measures.roads[name] for name in names}
    return pd.DataFrame(
        {
            "edits": [len(one.edits) for one in taken.values()],
            "km": [edited_km(study.layers, one.edits) for one in taken.values()],
            "cost_idr": rupiah_or_nan(one.cost_idr for one in taken.values()),
            "yearly_idr": rupiah_or_nan(one.yearly_idr for one in taken.values()),
            "lead_years": [one.lead_years for one in taken.values()],
        },
        index=pd.Index(list(taken), name="name", dtype="str"),
    )


def _cost(one: _Tried) -> float:
    """Return the cost of roads and units, rupiah; NaN where one of them was not given."""
    return one.cost_idr + (
        0.0 if one.siting is None else float(one.siting.sites["cost_idr"].sum(skipna=False))
    )
