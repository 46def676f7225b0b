"""The tables of a plan: its sites, and what changes in each village."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.coverage.reach import is_open, status_of, unplaced
from planner.siting.capacity import WithRoom
from planner.siting.cover.explain import added_in_steps, explain
from planner.siting.lost import lost_of_others
from planner.siting.room.explain import explain_room
from planner.siting.weights import counted_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.edits import FacilityEdit
    from planner.scenarios.modes import Season
    from planner.siting.cover.instance import CoverInstance
    from planner.siting.measures import Measure
    from planner.siting.objectives.problem import BestPlan
    from planner.siting.plan import Backed
    from planner.siting.reach import Reach

# Within this share of the limit a little rain decides.
NEAR_LIMIT = 0.95


def village_changes(
    before: Gaps, after: Gaps, kind: str, seasons: Sequence[Season] | None = None
) -> pd.DataFrame:
    """Return one row a village: its status and people within the limit without and with a plan.

    Parameters
    ----------
    before, after
        The gaps without and with a plan.
    kind
        The facility kind.
    seasons
        Reached counts only if in all of these; the scenario's own season when None.

    Returns
    -------
    table
        Index ``village_code``; ``village_name``, ``district_name``, ``people`` (NaN = unknown), and
        ``K_people_reached``, ``K_share_reached`` (0-1), ``K_status``, ``K_reason`` of a kind K as they are
        after the plan, with ``…_before`` as they are today.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> gaps = Study(demo_layers(12)).gaps()
    >>> table = village_changes(gaps, gaps, "pustu")
    >>> (table["pustu_status"] == table["pustu_status_before"]).all()
    np.True_
    """
    facts = ["village_name", "district_code", "district_name", "people"]
    seasons = (after.scenario.season,) if seasons is None else seasons
    one, other = (gaps.in_each(kind, seasons).villages for gaps in (before, after))
    table = pd.DataFrame(after.layers.villages[facts])
    for column in ("people_reached", "share_reached", "status", "reason"):
        table[f"{kind}_{column}_before"] = one[column]
        table[f"{kind}_{column}"] = other[column]
    return table


def with_backup(
    villages: pd.DataFrame, reach: Reach, gained: NDArray[np.bool_], before: Gaps, after: Gaps
) -> pd.DataFrame:
    """Return a table of villages with who has enough units within reach, without and with a plan.

    Parameters
    ----------
    villages
        As from :func:`village_changes`; what it holds is of one unit.
    reach
        Who has enough units today.
    gained
        bool ``(points,)``, who has with the plan besides.
    before, after
        The gaps without and with the plan.

    Returns
    -------
    table
        Index ``village_code``; the columns of ``villages``, then ``K_units_needed`` and of a kind K
        ``K_people_backup_before``, ``K_people_backup`` (NaN = unknown), ``K_share_backup_before``,
        ``K_share_backup`` (0-1), ``K_status_backup_before``, ``K_status_backup`` (served, partly, gap,
        unknown: as with one unit, and unknown too where a second one may be that is not known).

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=3, backup=2))
    >>> gained = plan.villages["posyandu_people_backup"] - plan.villages["posyandu_people_backup_before"]
    >>> bool(abs(gained.sum() - plan.people_added) < 1e-6)
    True
    """
    kind, demand, n = reach.kind, after.demand, len(villages)
    row = villages.index.get_indexer(demand["village_code"])
    weight, people = demand["weight"].to_numpy(dtype=np.float64), counted_people(demand)
    rule = after.scenario.status
    states = {"_before": (before, reach.already), "": (after, reach.already | gained)}
    known = villages["people"].notna().to_numpy()
    new: dict[str, object] = {f"{kind}_units_needed": reach.backup}
    for what, each in (("people", people), ("share", weight)):
        for when, (_, counted) in states.items():
            found = np.bincount(row, weights=each * counted, minlength=n)
            value = np.where(known, found, np.nan) if what == "people" else np.round(found, 9)
            new[f"{kind}_{what}_backup{when}"] = value
    for when, (gaps, counted) in states.items():
        open_ = backup_open(gaps, reach, counted)
        # Of several units nobody has asked whether they are within the limit all over a part without roads.
        sure = counted & ~demand["by_area"].to_numpy(dtype=np.bool_)
        unsure = open_ | unplaced(demand, row, counted, sure, open_, rule, n=n)
        least, most = (
            np.bincount(row, weights=weight * some, minlength=n).astype(np.float64)
            for some in (counted & ~unsure, counted | unsure)
        )
        new[f"{kind}_status_backup{when}"] = status_of(least, most, rule)
    return villages.assign(**new)


def people_with_room(
    villages: pd.DataFrame, kind: str, demand: gpd.GeoDataFrame, room: WithRoom
) -> pd.DataFrame:
    """Return a table of villages with who has room within the limit, without and with a plan.

    Parameters
    ----------
    villages
        As from :func:`village_changes`; what it holds counts with units of any size.
    kind
        The facility kind.
    demand
        The study's demand points.
    room
        Who has room without the plan and with it.

    Returns
    -------
    table
        The columns of ``villages``, then of a kind K ``K_people_with_room_before``, ``K_people_with_room``
        (NaN = unknown).

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=3, capacity=True))
    >>> columns = plan.villages[["posyandu_people_with_room", "posyandu_people_with_room_before"]]
    >>> bool(abs(columns.sum().diff().iloc[1] + plan.people_added) < 1e-6)
    True
    """
    row, known = villages.index.get_indexer(demand["village_code"]), villages["people"].notna()
    for when, one in (("_before", room.now), ("", room.then)):
        found = np.bincount(row, weights=one.people, minlength=len(villages))
        # Parts of people are no people: 1,250 in a unit for 1,250 is no more than it holds.
        shown = np.where(known, np.round(found, 9), np.nan)
        villages = villages.assign(**{f"{kind}_people_with_room{when}": shown})
    return villages


def backup_open(gaps: Gaps, reach: Reach, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return of which points nobody knows whether they have enough units: bool ``(points,)``.

    That of one unit; and who has one within reach may have another that is on no list, or at the end of a
    road that is not there.

    Parameters
    ----------
    gaps
        An answer.
    reach
        Of which kind, in which seasons, and how many units it takes.
    counted
        bool ``(points,)``: who is known to have enough.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=3, backup=2))
    >>> bool(backup_open(plan.before, plan.reach, plan.reach.already).any())
    False
    """
    coverage = gaps.in_each(reach.kind, reach.seasons)
    open_: NDArray[np.bool_] = ~counted & (is_open(coverage.reason_code) | (coverage.within & coverage.more))
    return open_


def site_table(  # noqa: PLR0913 - what a plan holds
    candidates: gpd.GeoDataFrame,
    instance: CoverInstance,
    answer: BestPlan,
    *,
    measures: Mapping[str, Measure],
    edits: Sequence[FacilityEdit],
    reach: Reach,
    before: Gaps,
    after: Gaps,
    steps: Sequence[NDArray[np.integer]] | None = None,
    counted: Mapping[Season, Backed] | WithRoom | None = None,
) -> pd.DataFrame:
    """Return one row a site, each of which adds most people to those before it.

    Parameters
    ----------
    candidates, instance, answer, reach
        As a :class:`planner.siting.site.Siting` holds them.
    measures
        By name.
    edits
        Of the chosen candidates, in their order.
    before, after
        The gaps without and with the plan.
    steps
        int ``(sites of the step,)`` each, numbers of candidates that come one after the other, such as
        by year; all at once when None.
    counted
        Where several units have to be within reach, the last one that each demand point needs, by season;
        where capacity counts, who has room.

    Returns
    -------
    table
        Index ``candidate_id``; ``order`` (1, 2, …), ``measure``, ``op``, ``kind``, ``facility_id`` (in the
        scenario), ``name``, ``village_code``, ``village_name``, ``district_name``, ``lon``, ``lat``,
        ``cost_idr`` and ``yearly_idr`` (once and every year; NaN = not given), ``staff`` (text),
        ``lead_years``; ``site_rules`` (those that concern it, and those that were not checked); of a mobile
        stop ``served_from`` (a unit) and ``served_minutes`` (NaN for others); ``people_added`` (to those
        before it; they sum to the plan's),
        ``people_alone`` (lost without it), ``people_near_limit`` (of those for whom it is the nearest unit
        and that are new, the ones within 5 % of the limit), ``people_own`` (within the limit and nearer to it
        than to any other unit: its load), ``villages_added`` (that it lifts to ``served``), ``people_lost``
        and ``villages_lost`` (of another kind, as a unit that is upgraded is no longer what it was; NaN where
        only people whose number is not known lose it:
        :func:`planner.siting.lost.lost_of_others`),
        ``alternatives`` (candidates that could stand in, and what the objective would be more or
        less: people, villages or minutes; of a target, which they all reach, people); for
        objectives of time ``person_minutes_saved`` (lost without it; inf where it alone serves some). With
        backup, ``units_needed`` says how many units have to be within reach of who counts; all people and
        villages are then of those who count so, but for ``people_own``. The first of two sites may add
        nobody. Of ``people_near_limit`` the last unit that they need counts in place of the nearest. With
        capacity, ``people_added`` and ``people_alone`` are of those who have room, and ``capacity_people``
        (NaN: nobody says, and it has room for everybody), ``people_allocated`` and ``load`` (the second by
        the first) say how full the site is; ``villages_added`` and ``people_near_limit`` count with units of
        any size.
    """
    chosen = answer.solution.chosen
    room = counted if isinstance(counted, WithRoom) else None
    why = explain(instance, chosen) if room is None else explain_room(room.instance, chosen)
    site, added = (why.site, why.people_added) if steps is None else added_in_steps(instance, steps)
    alone = dict(zip(why.site.tolist(), why.people_alone.tolist(), strict=True))
    rows = candidates.iloc[site]
    ids = dict(zip(chosen.tolist(), (e.id for e in edits), strict=True))
    villages = after.layers.villages
    code = rows["village_code"]
    facility = [ids[j] for j in site.tolist()]
    table = pd.DataFrame(
        {
            "order": np.arange(1, len(rows) + 1),
            **{c: rows[c] for c in ("measure", "op", "kind")},
            "facility_id": facility,
            "name": rows["name"],
            "village_code": code,
            "village_name": villages["village_name"].reindex(code).fillna("").to_numpy(),
            "district_name": villages["district_name"].reindex(code).fillna("").to_numpy(),
            **{c: rows[c] for c in ("lon", "lat", "cost_idr")},
            "yearly_idr": rupiah_or_nan(measures[m].yearly_idr for m in rows["measure"]),
            "staff": [staff_in_words(measures[m].staff) for m in rows["measure"]],
            "lead_years": [measures[m].lead_years for m in rows["measure"]],
            **{c: rows[c] for c in ("site_rules", "served_from", "served_minutes")},
            "people_added": added,
            "people_alone": [alone[j] for j in site.tolist()],
            "people_near_limit": _near_limit(
                after, reach, facility, None if isinstance(counted, WithRoom) else counted
            ),
            "people_own": _people_own(after, reach, facility),
            "villages_added": _villages_added(instance, site, reach, after),
            **_lost(before, after, reach, facility),
            "alternatives": [_in_words(answer.stand_ins[j], candidates, answer.unit) for j in site.tolist()],
        },
        index=rows.index,
    )
    if reach.backup > 1:
        table.insert(table.columns.get_loc("people_added"), "units_needed", reach.backup)
    if room is not None:
        for name, column in _loads(room.then.units.reindex(facility)).items():
            table.insert(table.columns.get_loc("villages_added"), name, column.to_numpy())
    if answer.person_minutes_saved is not None:
        saved = [answer.person_minutes_saved[j] for j in site.tolist()]
        table.insert(table.columns.get_loc("villages_added"), "person_minutes_saved", saved)
    table.index.name = "candidate_id"
    return table


def rupiah_or_nan(given: Iterable[float | None]) -> NDArray[np.float64]:
    """Return amounts of rupiah, float64 ``(amounts,)``; NaN for those that nobody gave.

    Examples
    --------
    >>> rupiah_or_nan([5e6, None]).tolist()
    [5000000.0, nan]
    """
    return np.array([np.nan if one is None else float(one) for one in given], dtype=np.float64)


def without_yearly_cost(sites: pd.DataFrame) -> tuple[str, ...]:
    """Return the measures among some sites whose yearly cost nobody gave, sorted.

    Parameters
    ----------
    sites
        As from :func:`site_table`.

    Examples
    --------
    >>> sites = pd.DataFrame({"measure": ["a", "b", "b"], "yearly_idr": [1e6, np.nan, np.nan]})
    >>> without_yearly_cost(sites)
    ('b',)
    """
    return tuple(sorted(set(sites["measure"][sites["yearly_idr"].isna()])))


def _loads(units: pd.DataFrame) -> dict[str, pd.Series[float]]:
    """Return the capacity of units, the people given to them and their load; NaN where nobody says how many.

    Sums of parts of people are rounded once, so that a full unit is not more than full.
    """
    capacity = units["capacity_people"].replace(np.inf, np.nan)
    people = units["people_allocated"].round(9)
    return {"capacity_people": capacity, "people_allocated": people, "load": people / capacity}


def staff_in_words(staff: Mapping[str, int]) -> str:
    """Return professions with their numbers, as in "1 bidan, 2 kader"; "" for none.

    Examples
    --------
    >>> staff_in_words({"bidan": 1, "kader": 2})
    '1 bidan, 2 kader'
    """
    return ", ".join(f"{n} {who}" for who, n in staff.items())


def _in_words(others: Sequence[tuple[int, float]], candidates: gpd.GeoDataFrame, unit: str) -> str:
    """Return stand-ins with what the objective would be: fewer people, or more minutes."""
    sign, decimals = (1, 2 if unit == "minutes" else 0) if unit.endswith("minutes") else (-1, 0)
    # Plus 0.0, so that nothing lost is not "-0".
    change = {k: round(sign * lost, decimals) + 0.0 for k, lost in others}
    return "; ".join(f"{candidates.index[k]} ({n:+,.{decimals}f})" for k, n in change.items())


def _near_limit(
    after: Gaps, reach: Reach, facility: list[str], backed: Mapping[Season, Backed] | None
) -> NDArray[np.float64]:
    """Return the newly reached people of each site whose time is within 5 % of a season's limit.

    Of both seasons the one counts whose time is nearer to its limit, and its unit.
    """
    near = np.full(len(after.demand), -1.0)
    unit = np.full(len(after.demand), "", dtype=object)
    for season in reach.seasons:
        coverage, rule = after.seasons[season][reach.kind], after.scenario.standard[reach.kind].of(season)
        seconds, of_season = coverage.minutes * 60.0, coverage.nearest_id
        if backed is not None:
            seconds, of_season = backed[season].seconds, backed[season].facility_id
        part = np.nan_to_num(seconds / rule.limit_s, nan=np.inf)
        nearer = part >= near
        near, unit = np.where(nearer, part, near), np.where(nearer, of_season, unit)
    within = after.in_each(reach.kind, reach.seasons).within & (near <= 1.0 + 1e-9)
    new = within & ~reach.already & (near >= NEAR_LIMIT)
    people = counted_people(after.demand)
    of = pd.Series(people[new]).groupby(unit[new]).sum()
    found: NDArray[np.float64] = of.reindex(facility).fillna(0.0).to_numpy(dtype=np.float64)
    return found


def _lost(before: Gaps, after: Gaps, reach: Reach, facility: list[str]) -> dict[str, NDArray[np.generic]]:
    """Return who loses each site's unit as one of another kind."""
    units = lost_of_others(before, after, reach.kind, reach.seasons).units.reindex(facility)
    # Where only people whose number nobody knows lose it, so is how many.
    silent = units["more"].eq(True) & (units["people"] == 0)
    units = units[["people", "villages"]].fillna(0)
    return {
        "people_lost": units["people"].mask(silent).to_numpy(dtype=np.float64),
        "villages_lost": units["villages"].to_numpy(dtype=np.int64),
    }


def _people_own(after: Gaps, reach: Reach, facility: list[str]) -> NDArray[np.float64]:
    """Return the people of each site for whom it is the nearest unit, within the limit."""
    units = after.in_each(reach.kind, reach.seasons).facilities
    own: NDArray[np.float64] = units["people_own"].reindex(facility).to_numpy(dtype=np.float64)
    return own


def crowded(sites: pd.DataFrame, after: Gaps, kind: str) -> int | None:
    """Return how many sites have more people than the standard gives one unit; None where it gives none.

    Sites whose people are not known, since the list is short or roads are missing, are not among them.

    Parameters
    ----------
    sites
        As from :func:`site_table`.
    after
        The gaps with the plan.
    kind
        The facility kind.

    Examples
    --------
    >>> from planner.pipeline import Ask, Study, demo_layers, site
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=2))
    >>> crowded(plan.sites, plan.after, "posyandu"), plan.sites["people_own"].tolist()
    (2, [1680.0, 1334.0])
    """
    most = after.scenario.standard[kind].people_per_unit
    return None if most is None else int((sites["people_own"] > most).sum())


def _villages_added(
    instance: CoverInstance, site: NDArray[np.int64], reach: Reach, after: Gaps
) -> NDArray[np.int64]:
    """Return how many villages each site lifts over the share from which on they are served."""
    villages = after.layers.villages.index
    village = villages.get_indexer(after.demand["village_code"])
    weight = after.demand["weight"].to_numpy(dtype=np.float64)
    served = []
    for number in range(len(site) + 1):
        reached = reach.already | instance.reached(site[:number])
        share = np.round(np.bincount(village, weights=weight * reached, minlength=len(villages)), 9)
        served.append(int((share >= after.scenario.status.served).sum()))
    return np.diff(served).astype(np.int64)
