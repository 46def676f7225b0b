"""A plan of sites as plain values, so that what it was computed from can be let go."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from app.areas.planning import MeasurePlace
from planner.pipeline import Rollout, Siting
from planner.reports.proposal.made import plan_for_documents
from planner.scenarios.edits import FACILITY_EDITS
from planner.siting.gained import gain, may_have_room
from planner.siting.lost import lost_of_others
from planner.siting.shares import shares_of
from planner.siting.tables import crowded
from planner.siting.weights import people_of_unknown_place

if TYPE_CHECKING:
    import geopandas as gpd

    from app.areas.planning import PlanQuestion
    from planner.coverage.gained import Gain
    from planner.pipeline import Ask
    from planner.reports.proposal.plan import Plan as DocumentPlan
    from planner.scenarios.edits import FacilityEdit
    from planner.siting.shares import Shares

# The column of a curve that counts people newly within the limit.
PEOPLE = "people_reached"


@dataclass(frozen=True)
class Alternative:
    """A place that could stand in for a site, and what that costs, in the unit of the plan's objective."""

    place: MeasurePlace
    label: str
    lost: float


@dataclass(frozen=True)
class Site:
    """One site of a plan.

    Attributes
    ----------
    order
        1, 2, …: each adds most people to those before it.
    place, op, name
        Where and what: ``open``, ``upgrade`` or ``function``; the unit's name, "" for a new one.
    village_code, village_name, district_name
        "" outside of every village.
    cost_idr
        NaN where it was not given.
    staff
        Professions and numbers, as planners write them.
    people_added, people_alone, people_near_limit, villages_added
        As in :func:`planner.siting.tables.site_table`.
    edit
        What it is in a scenario.
    year_decided, year_works
        Of a plan over years; 0 without years.
    """

    order: int
    place: MeasurePlace
    op: str
    name: str
    village_code: str
    village_name: str
    district_name: str
    cost_idr: float
    staff: str
    lead_years: float
    people_added: float
    people_alone: float
    people_near_limit: float
    villages_added: int
    alternatives: tuple[Alternative, ...]
    edit: FacilityEdit
    year_decided: int = 0
    year_works: int = 0

    @property
    def label(self) -> str:
        """What it is called: the unit, or the village of a new one."""
        return _label(self.name, self.village_name, self.place)


@dataclass(frozen=True)
class YearOf:
    """A year of a plan: decided and working units, people newly within the limit, and what it spends.

    ``people_alone`` is what the best plan for that year alone would add, ``spent`` units or rupiah.
    """

    year: int
    decided: int
    working: int
    people_added: float
    people_alone: float
    spent: float


@dataclass(frozen=True)
class CurvePoint:
    """The objective within a budget (sites or rupiah), and what no plan beats."""

    budget: float
    value: float
    bound: float


@dataclass(frozen=True)
class CurveChart:
    """A curve as a picture of 0 to 1 each way, upwards.

    Attributes
    ----------
    reached, bound
        Points (across, up) of the two lines.
    columns
        What may be picked: left and right edge, and the number of the point.
    here
        Where the plan stands; None beyond the curve.
    """

    reached: tuple[tuple[float, float], ...]
    bound: tuple[tuple[float, float], ...]
    columns: tuple[tuple[float, float, int], ...]
    here: tuple[float, float] | None


@dataclass(frozen=True)
class PlanFigures:
    """A plan: what it brings, how good it is, and what it does not know.

    Attributes
    ----------
    question
        What was asked.
    people_added
        Newly within the limit with the plan.
    unit, objective, bound
        What the plan is best at, in a unit of :class:`planner.siting.objectives.problem.BestPlan`; no plan
        beats the bound.
    gap
        Another choice is at most this share better; 0 = proven the best.
    candidates
        From so many places it was chosen.
    as_if_none, list_doubt
        Whether no list of the kind was given; why it is not taken as complete, or None.
    on_foot
        Whether people are taken to walk to the kind for want of roads alone.
    shares
        The shares within the limit without and with it, of all and of those whose place is known.
    gain
        The people added, and between which numbers the truth lies; ``may_have_room`` where others may be
        reached for want of room, not of ways.
    excluded
        Why candidates were left out (an area, a hazard), and how many.
    crowded, people_per_unit
        So many sites would have more people than the standard gives one unit, and how many that is; None
        where it gives none, or capacity counts.
    lost
        Of other kinds, whose units it upgrades: kind, people and villages that lose it.
    cost_idr, yearly_idr
        What it costs at first and every year, rupiah; NaN as soon as one was not given.
    people_by_area
        So many are put on parts of villages without roads by area alone: a guess, and without weight.
    villages_unknown
        So many villages have an unknown number of people, and no weight.
    points_left_out
        So many places neither a unit nor a candidate reaches at all, where times count.
    curve, curve_of
        Its points, and the column of the planner that they hold.
    years, price_of_order
        Of a plan over years: each year, and how many more people the years' own best plans would add, as a
        share of those (0-1).
    documents
        What documents need of it; None of a plan without sites, or one that documents do not know.
    """

    question: PlanQuestion
    people_added: float
    shares: Shares
    gain: Gain
    unit: str
    objective: float
    bound: float
    better: float
    candidates: int
    as_if_none: bool
    list_doubt: str | None
    on_foot: bool
    people_by_area: float
    villages_unknown: int
    points_left_out: int
    sites: tuple[Site, ...]
    curve: tuple[CurvePoint, ...]
    curve_of: str
    years: tuple[YearOf, ...] = ()
    price_of_order: float = 0.0
    may_have_room: bool = False
    excluded: tuple[tuple[str, int], ...] = ()
    crowded: int | None = None
    people_per_unit: float | None = None
    lost: tuple[tuple[str, float, int], ...] = ()
    cost_idr: float = float("nan")
    yearly_idr: float = float("nan")
    documents: DocumentPlan | None = field(default=None, compare=False, repr=False)

    def site(self, key: str) -> Site | None:
        """Return the site of a key."""
        return next((s for s in self.sites if s.place.key == key), None)

    @property
    def villages_added(self) -> int:
        """So many villages become served."""
        return sum(s.villages_added for s in self.sites)

    @property
    def by_units(self) -> bool:
        """Whether the curve counts sites, not rupiah."""
        return not self.question.ask.counts_money

    @property
    def here(self) -> tuple[float, float]:
        """Where the plan stands on the curve: what it takes, and its value there."""
        spent = float(len(self.sites)) if self.by_units else sum(s.cost_idr for s in self.sites)
        return spent, self.people_added if self.curve_of == PEOPLE else self.objective


def curve_chart(plan: PlanFigures) -> CurveChart | None:
    """Return the curve of a plan to be drawn; None where it has no two points, or nothing to show.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> points = [CurvePoint(0.0, 0.0, 0.0), CurvePoint(2.0, 30.0, 40.0)]
    >>> chart = curve_chart(SimpleNamespace(curve=points, here=(2.0, 30.0)))
    >>> chart.reached, chart.bound[1], chart.columns[1], chart.here
    (((0.0, 0.0), (1.0, 0.75)), (1.0, 1.0), (0.5, 1.0, 1), (1.0, 0.75))
    """
    most = max((max(p.value, p.bound) for p in plan.curve), default=0.0)
    if len(plan.curve) < 2 or most <= 0:
        return None
    low, high = plan.curve[0].budget, plan.curve[-1].budget
    across = [(p.budget - low) / (high - low) for p in plan.curve]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(across)), 1.0]
    spent, value = plan.here
    return CurveChart(
        tuple((x, p.value / most) for x, p in zip(across, plan.curve, strict=True)),
        tuple((x, p.bound / most) for x, p in zip(across, plan.curve, strict=True)),
        tuple((a, b, i) for i, (a, b) in enumerate(pairwise(edges))),
        ((spent - low) / (high - low), value / most) if low <= spent <= high and value <= most else None,
    )


def plan_of(siting: Siting | Rollout, question: PlanQuestion) -> PlanFigures:
    """Return the plain values of a plan; nothing in them holds on to the rest of it."""
    over_years = siting if isinstance(siting, Rollout) else None
    # Where no plan is known, there is no point. Over years people count against years: in their own table.
    ask = question.ask
    lost = lost_of_others(siting.before, siting.after, siting.kind, siting.ask.seasons).kinds
    curve = siting.curve.dropna().iloc[: None if over_years is None else 0]
    return PlanFigures(
        question=question,
        people_added=float(siting.people_added),
        shares=shares_of(siting),
        gain=gain(siting),
        unit=siting.answer.unit,
        objective=float(siting.solution.objective),
        bound=float(siting.solution.bound),
        better=float(siting.solution.better),
        candidates=len(siting.candidates),
        as_if_none=siting.as_if_none,
        list_doubt=siting.list_doubt,
        on_foot=siting.before.on_foot(siting.kind),
        people_by_area=people_of_unknown_place(siting.before.demand),
        villages_unknown=int(siting.before.layers.villages["people"].isna().sum()),
        points_left_out=siting.answer.points_left_out,
        sites=_sites(siting),
        curve=tuple(CurvePoint(*row) for row in curve.to_numpy(dtype=np.float64).tolist()),
        curve_of=str(curve.columns[1]),
        years=() if over_years is None else _years(over_years),
        price_of_order=0.0 if over_years is None else over_years.price_of_order,
        may_have_room=may_have_room(siting),
        excluded=tuple(siting.candidates.attrs.get("excluded", {}).items()),
        crowded=None if ask.capacity else crowded(siting.sites, siting.after, siting.kind),
        people_per_unit=siting.after.scenario.standard[siting.kind].people_per_unit,
        lost=tuple((str(row.Index), float(row.people), int(row.villages)) for row in lost.itertuples()),
        cost_idr=float(siting.sites["cost_idr"].sum(skipna=False)),
        yearly_idr=float(siting.sites["yearly_idr"].sum(skipna=False)),
        documents=plan_for_documents(siting) if len(siting.sites) and _is_plain(question.ask) else None,
    )


def _is_plain(ask: Ask) -> bool:
    """Return whether documents know how its people are counted: with one unit, of any size."""
    return ask.backup is None and not ask.capacity


def _years(plan: Rollout) -> tuple[YearOf, ...]:
    return tuple(
        YearOf(
            int(row.Index), int(row.units_decided), int(row.units_working), float(row.people_added),
            float(row.people_reached_alone - row.people_reached + row.people_added), float(row.spent),
        )
        for row in plan.plan.itertuples()
    )  # fmt: skip


def _sites(siting: Siting | Rollout) -> tuple[Site, ...]:
    # The last of a unit: the plan's own come after those of the question.
    edits = {e.id: e for e in siting.scenario.edits if isinstance(e, FACILITY_EDITS)}
    names = siting.after.layers.villages["village_name"].to_dict()
    number = {name: j for j, name in enumerate(siting.candidates.index)}
    return tuple(
        Site(
            order=int(row.order), place=_place(siting.candidates.loc[row.Index]), op=row.op, name=row.name,
            village_code=row.village_code, village_name=row.village_name, district_name=row.district_name,
            cost_idr=float(row.cost_idr), staff=row.staff, lead_years=float(row.lead_years),
            people_added=float(row.people_added), people_alone=float(row.people_alone),
            people_near_limit=float(row.people_near_limit), villages_added=int(row.villages_added),
            alternatives=tuple(
                _alternative(siting.candidates.iloc[k], lost, names)
                for k, lost in siting.answer.stand_ins[number[row.Index]]
            ),
            edit=edits[row.facility_id],
            year_decided=int(getattr(row, "year_decided", 0)), year_works=int(getattr(row, "year_works", 0)),
        )
        for row in siting.sites.itertuples()
    )  # fmt: skip


def _alternative(row: gpd.GeoSeries, lost: float, names: dict[str, str]) -> Alternative:
    place = _place(row)
    return Alternative(place, _label(row["name"], names.get(row["village_code"], ""), place), float(lost))


def _label(name: str, village: str, place: MeasurePlace) -> str:
    """Return what a place is called; one outside of every village by its degrees."""
    return name or village or f"{place.lat:.4f}, {place.lon:.4f}"


def _place(row: gpd.GeoSeries) -> MeasurePlace:
    return MeasurePlace(str(row["measure"]), str(row["facility_id"]), float(row["lon"]), float(row["lat"]))
