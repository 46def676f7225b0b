"""What a plan is made from: candidates, whom they reach, and the problem on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.arguments import require_a
from geodata.errors import ConfigError, suggest
from geodata.handed import hands_out_copies
from geodata.layers import no_progress
from geodata.vocabulary.kinds import require_kind
from planner.coverage.study import require_study
from planner.progress import go_on
from planner.siting.ask import Ask
from planner.siting.candidates import find_candidates
from planner.siting.capacity import find_room
from planner.siting.cover.instance import CoverInstance, instance_of_lists
from planner.siting.ground.mobile import reached_stops
from planner.siting.ground.rules import SiteFacts
from planner.siting.measures import Measure, Measures, default_measures
from planner.siting.objectives.choices import after_earlier
from planner.siting.objectives.problem import Problem
from planner.siting.reach import Reach, find_reach
from planner.siting.rules import barred, conflicts
from planner.siting.times import find_times
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from geodata.layers import Progress
    from planner.coverage.study import Gaps, Study
    from planner.siting.room.instance import RoomInstance
    from planner.siting.solution import Solution


@hands_out_copies
@dataclass(frozen=True)
class Prepared:
    """Candidates, and the problem on them.

    Attributes
    ----------
    kind
        For which facility kind.
    measures
        What leads to it, by name.
    given
        The measures, places, excluded areas and facts from which the candidates come.
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    problem
        What was asked, the gaps without a plan, and whom each candidate would reach.
    """

    kind: str
    measures: dict[str, Measure]
    given: tuple[object, ...]
    candidates: gpd.GeoDataFrame
    problem: Problem

    def is_of(self, before: Gaps, kind: str, given: tuple[object, ...]) -> bool:
        """Return whether the candidates are those of a study's gaps, a kind and what is given."""
        measures, *frames = zip(self.given, given, strict=True)
        return (
            self.kind == kind
            and measures[0] == measures[1]
            and all(a is b for a, b in frames)
            and self.problem.before.layers is before.layers
            and self.problem.before.scenario == before.scenario
        )


class NoCandidateError(ConfigError):
    """Forced or forbidden candidates are not there.

    Parameters
    ----------
    told
        By name of each of them, a message that says what there is.

    Examples
    --------
    >>> str(NoCandidateError({"open/x": "there is no candidate 'open/x'."}))
    "there is no candidate 'open/x'."
    """

    def __init__(self, told: Mapping[str, str]) -> None:
        super().__init__(next(iter(told.values())))
        self.told = told

    def __reduce__(self) -> tuple[type[NoCandidateError], tuple[Mapping[str, str]]]:
        return type(self), (self.told,)


def prepare(  # noqa: PLR0913 - each is one thing that an office may give
    study: Study,
    kind: str,
    ask: Ask,
    *,
    measures: Measures | None = None,
    places: gpd.GeoDataFrame | None = None,
    exclude: gpd.GeoDataFrame | None = None,
    facts: SiteFacts | None = None,
    earlier: tuple[Prepared, Solution] | None = None,
    may_go_on: Callable[[], None] = go_on,
    progress: Progress = no_progress,
) -> Prepared:
    """Return the candidates for a kind, whom they reach, and the problem on them.

    Parameters
    ----------
    study, kind, ask, measures, places, exclude, facts, may_go_on, progress
        As :func:`planner.siting.site.site` takes them.
    earlier
        What an earlier plan was made from, and that plan.

    Raises
    ------
    ConfigError
        As :func:`planner.siting.site.site`.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.ask import Ask
    >>> ready = prepare(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> len(ready.candidates) == ready.problem.instance.sites
    True
    """
    require_study(study)
    require_a(ask, Ask, "ask", "what is asked of a plan, such as Ask(units=5)")
    require_kind(kind)
    measures = default_measures() if measures is None else measures
    require_a(measures, Measures, "measures", "what read_measures(file) reads")
    require_a(facts, (SiteFacts, NoneType), "facts", "SiteFacts(…)")
    if measures.roads:
        names = ", ".join(measures.roads)
        msg = (
            f"road measures ({names}) need a plan for each choice of them: use jangkau site, or in a "
            "notebook site_with_roads; or take them out of the measures"
        )
        raise ConfigError(msg)
    chosen_measures = measures.of_kind(kind)
    if not chosen_measures:
        msg = f"no measure leads to a {kind}: name one in the measures file"
        raise ConfigError(msg)
    seasons = (study.scenario.season,) if ask.seasons is None else ask.seasons
    # Which mobile stops can be served depends on the seasons too.
    served_in = {s for s in seasons if any(one.op == "mobile" for one in chosen_measures.values())}
    given = ((chosen_measures, served_in), places, exclude, facts)
    before = study.gaps(may_go_on=may_go_on)
    known = earlier[0] if earlier is not None and earlier[0].is_of(before, kind, given) else None
    if known is None:
        progress("candidates")
        # As the scenario leaves them: it may have closed, moved or opened units.
        found = find_candidates(
            before.layers, study.demand, chosen_measures, places=places, exclude=exclude, facts=facts
        )
        found = reached_stops(study, found, chosen_measures, seasons)
    else:
        found = known.candidates
    _require_named(found, ask)
    backup = 1 if ask.backup is None else ask.backup
    of_known = None if known is None else known.problem.reach
    if of_known is not None and (set(seasons), backup) == (set(of_known.seasons), of_known.backup):
        reach = of_known
    else:
        reach = find_reach(
            study, kind, found, seasons=seasons, backup=backup, may_go_on=may_go_on, progress=progress
        )
    problem = _problem(study, found, reach, ask, may_go_on, progress)
    if ask.capacity:
        progress("room")
        room = _room(study, kind, found, problem, known)
        problem = replace(problem, room=room)
    if earlier is not None and known is not None:
        problem = after_earlier(problem, known.problem, earlier[1])
    return Prepared(kind, chosen_measures, given, found, problem)


def _require_named(candidates: gpd.GeoDataFrame, ask: Ask) -> None:
    """Raise where a forced or forbidden candidate is not there."""
    told = {}
    for name in (*ask.forced, *ask.forbidden):
        if name not in candidates.index:
            gone = candidates.attrs.get("excluded", {})
            where = f" (some were left out: {', '.join(gone)})" if gone else ""
            hint = suggest(name, candidates.index[:2000]).replace("The file has", "There are")
            told[name] = f"there is no candidate {name!r}{where}.{hint}"
    if told:
        raise NoCandidateError(told)


def _room(
    study: Study, kind: str, candidates: gpd.GeoDataFrame, problem: Problem, known: Prepared | None
) -> RoomInstance:
    """Return for how many people candidates and units have room."""
    one = problem.instance
    if known is not None and known.problem.room is not None and known.problem.reach is problem.reach:
        was = known.problem.room
        if not (was.idle & one.forced).any():
            return replace(
                was, cost=one.cost, forced=one.forced, forbidden=one.forbidden, conflicts=one.conflicts
            )
    return find_room(study, kind, candidates, one, problem.reach.seasons[0], problem.may_go_on)


def _problem(
    study: Study,
    candidates: gpd.GeoDataFrame,
    reach: Reach,
    ask: Ask,
    may_go_on: Callable[[], None],
    progress: Progress,
) -> Problem:
    """Return what is to be solved, with the times to the candidates where these count beyond the limit."""
    before = study.gaps(may_go_on=may_go_on)
    instance, times = _instance(before, candidates, reach, ask), None
    if ask.is_timed or ask.gradual_minutes is not None:
        most_s = np.inf if ask.gradual_minutes is None else 60.0 * ask.gradual_minutes
        times = find_times(
            study, reach.kind, candidates, reach.seasons[0], most_s=most_s,
            # By degrees, who is not within the limit today counts as for the limit alone.
            unknown_s=np.nan if ask.is_timed else np.inf, may_go_on=may_go_on, progress=progress,
        )  # fmt: skip
    xy = shapely.get_coordinates(candidates.geometry.to_numpy())
    return Problem(before, ask, reach, instance, times, may_go_on, xy)


def _instance(before: Gaps, candidates: gpd.GeoDataFrame, reach: Reach, ask: Ask) -> CoverInstance:
    """Return the covering problem: people of unknown number weigh nothing."""
    cost = np.ones(len(candidates))
    if ask.counts_money:
        cost = candidates["cost_idr"].to_numpy(dtype=np.float64)
        if np.isnan(cost).any():
            silent = sorted(set(candidates["measure"][np.isnan(cost)]))
            without = ", ".join(silent)
            msg = f"no cost is given for {without}: write cost_idr in a measures file, or plan by units"
            raise ConfigError(msg, why="no_cost", kind=reach.kind, measures=tuple(silent))
    people = counted_people(before.demand)
    apart = conflicts(candidates, ask)
    held = np.asarray(candidates.index.isin(ask.forced))
    both = apart[held[apart[:, 0]] & held[apart[:, 1]]]
    if len(both):
        one, other = candidates.index[both[0]]
        msg = (
            f"{one} and {other} cannot both be forced: they are at one place, in one village or too near to "
            "each other for the rules of the plan. Force one of them"
        )
        raise ConfigError(msg, why="forced_too_near")
    return instance_of_lists(
        people, reach.by_candidate, cost=cost,
        forced=held, forbidden=barred(candidates, before, reach.kind, ask),
        conflicts=apart, need=reach.need,
    )  # fmt: skip
