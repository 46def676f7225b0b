"""Result tables and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.crs import WGS84
from geodata.vocabulary.statuses import FacilityStatus, VillageStatus, YesNo
from planner.coverage.known.extent import ROADS, WHY
from planner.coverage.reach import is_open, usable_facilities
from planner.coverage.study import require_gaps
from planner.coverage.weighed import weighted_median
from planner.scenarios.modes import Profile
from planner.travel.isochrones import known_sums
from planner.travel.straight import straight_lines_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps
    from planner.travel.times import SparseTimes


# Whose people they are: docs/METHODS.md, catchments.
CATCHMENT = ("people_total", "people_own", "people_nearest", "villages_people_unknown")


def village_table(gaps: Gaps) -> pd.DataFrame:
    """Return one row a village: its facts, then ``K_…`` columns for each kind K.

    ``K_…`` are of the scenario's own season; those of the other one follow as ``K_wet_…`` (or ``K_dry_…``).

    Returns
    -------
    table
        Index ``village_code``; the villages layer without its geometry, ``network`` (roads/none),
        ``demand_method``, and the columns of :class:`planner.coverage.reach.Coverage`'s villages: people,
        shares (0-1), minutes.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = village_table(find_gaps(demo_layers(12)))
    >>> table.loc["99.01.01.1001", ["puskesmas_share_reached", "puskesmas_wet_share_reached"]].tolist()
    [1.0, 0.658324821]
    """
    require_gaps(gaps)
    villages = gaps.layers.villages
    facts = pd.DataFrame(villages.drop(columns=villages.geometry.name))
    facts["network"] = roads_or_straight(gaps)
    facts["demand_method"] = gaps.demand_method
    parts = [facts]
    for kind in gaps.coverage:
        for season, answers in gaps.seasons.items():
            answer = answers[kind].villages
            if season == gaps.scenario.season:
                parts.append(answer.add_prefix(f"{kind}_"))
            else:
                # Presence has no season.
                parts.append(answer.drop(columns="present").add_prefix(f"{kind}_{season}_"))
    return pd.concat(parts, axis=1)


def roads_or_straight(gaps: Gaps) -> str:
    """Return 'roads', or 'none' for straight lines on foot.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> roads_or_straight(find_gaps(demo_layers(12)))
    'roads'
    """
    return "roads" if gaps.network is not None else "none"


def facility_table(gaps: Gaps, catchments: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Return one row a facility, those that took no part included, with degrees and catchment.

    ``people_total``, ``people_own``, ``people_nearest``, ``villages_people_unknown`` (docs/METHODS.md) are
    those of the facility's own kind, or of the first kind of the standard that it counts as (``serves_as``);
    for every further kind K that it counts as, they are ``as_K_people_total`` and so on.

    Parameters
    ----------
    gaps
        The answer for a study area.
    catchments
        By kind :func:`unit_catchments`, where they are known already; looked for when None.

    Returns
    -------
    table
        Index ``facility_id``; float64 ``lon``, ``lat`` in degrees (EPSG:4326), the facilities layer without
        its geometry, ``serves_as`` (missing for one that took no part) and the people as above, float64.

    Examples
    --------
    The last of these pustu does not function, and serves nobody:

    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = facility_table(find_gaps(demo_layers(12)))
    >>> table.loc[["T99010007", "T99010008"], "people_own"].tolist()
    [5232.0, nan]
    """
    require_gaps(gaps)
    rows = gaps.layers.facilities
    lonlat = rows.geometry.to_crs(WGS84)
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    table.insert(0, "lat", lonlat.y)
    table.insert(0, "lon", lonlat.x)
    each = {k: unit_catchments(gaps, k) for k in gaps.coverage} if catchments is None else catchments
    table["serves_as"] = pd.Series(None, index=table.index, dtype="str")
    for kind in sorted(each, key=list(each).index, reverse=True):
        # The own kind is written last, before it the others, the first of the standard after the later ones.
        table.loc[each[kind].index, "serves_as"] = kind
    own = rows["kind"].isin(list(each))
    table.loc[own, "serves_as"] = rows["kind"][own].where(
        [i in each[k].index for i, k in zip(rows.index[own], rows["kind"][own], strict=True)]
    )
    for column in CATCHMENT:
        table[column] = np.nan
        for kind, found in each.items():
            first = table["serves_as"].reindex(found.index) == kind
            table.loc[found.index[first], column] = found[column][first]
            if not first.all():
                table.loc[found.index[~first], f"as_{kind}_{column}"] = found[column][~first]
    return table


def unit_catchments(gaps: Gaps, kind: str, pairs: SparseTimes | None = None) -> pd.DataFrame:
    """Return the people of each unit that counts as a kind, in the scenario's own season.

    Parameters
    ----------
    gaps
        The answer for a study area.
    kind
        Of the standard.
    pairs
        All pairs of demand point and unit within the limit, units in the order of
        :func:`planner.coverage.reach.usable_facilities`, where they are known already; looked for when None.

    Returns
    -------
    catchments
        Index ``facility_id``; float64: ``people_total``, everybody within the limit of it, ``people_own``, of
        them those for whom it is the nearest, ``people_nearest``, for whom it is the nearest at any distance;
        NaN where none of them is of known number; ``villages_people_unknown`` of those for whom it is the
        nearest. NaN too where units or ways that nobody knows of may change it
        (:mod:`planner.coverage.known.owners`). No rows where the kind has no list.

    Raises
    ------
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> table = unit_catchments(find_gaps(demo_layers(12)), "puskesmas")
    >>> table[["people_total", "people_own"]].to_numpy().tolist()
    [[41909.0, 26778.0], [32927.0, 17043.0]]
    """
    coverage = gaps.coverage[kind]
    found = coverage.facilities.copy()
    if not coverage.listed:
        return found.iloc[:0].assign(people_total=np.nan)
    pairs = _pairs_within(gaps, kind) if pairs is None else pairs
    people = gaps.demand["people"].to_numpy()[pairs.place]
    total = known_sums(pairs.facility, people, len(found))
    found.insert(0, "people_total", np.where(coverage.owners.total, total, np.nan))
    return found


def _pairs_within(gaps: Gaps, kind: str) -> SparseTimes:
    rule = gaps.scenario.standard[kind].of(gaps.scenario.season)
    units = usable_facilities(gaps.layers, (kind, *rule.counts))
    if gaps.ways is None:
        points = np.asarray(gaps.demand.geometry.to_numpy(), dtype=object)
        there = np.asarray(units.geometry.to_numpy(), dtype=object)
        access, ground = gaps.scenario.access, gaps.ground
        return straight_lines_within(points, there, rule.limit_s, access=access, ground=ground)
    profile = Profile(rule.mode, gaps.scenario.season)
    router = gaps.ways.router(profile)
    return router.within(gaps.ways.stops(profile), gaps.ways.units(profile, units), rule.limit_s)


def summary(gaps: Gaps) -> dict[str, Any]:
    """Return the totals of a run; unknown numbers are None (null), never 0.

    People and shares (0-1) count the villages whose people are known; ``villages_people_unknown`` says how
    many are not.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> found = summary(find_gaps(demo_layers(12)))
    >>> found["people"], found["kinds"]["puskesmas"]["people_reached"]
    (52529.0, 43821.0)
    """
    require_gaps(gaps)
    villages = gaps.layers.villages
    people = villages["people"]
    return {
        "area": {"code": gaps.layers.area.code, "name": gaps.layers.area.name},
        "network": roads_or_straight(gaps),
        "season": gaps.scenario.season,
        "scenario": gaps.scenario.name,
        "edits": len(gaps.scenario.edits),
        "villages": len(villages),
        "people": _number(people.sum(min_count=1)),
        "villages_people_unknown": int(people.isna().sum()),
        "kinds": {kind: _kind_summary(gaps, one) for kind, one in gaps.coverage.items()},
        "kinds_without_rule": kinds_without_rule(gaps),
    }


def _kind_summary(gaps: Gaps, one: Coverage) -> dict[str, Any]:
    rule = gaps.scenario.standard[one.kind]
    rows = gaps.layers.facilities
    rows = rows[rows["kind"].isin((one.kind, *rule.counts))]
    # Without a list, what the scenario itself opens is known.
    given = one.listed or one.kind in gaps.layers.area.listed_kinds
    others = [s for s in gaps.seasons if s != gaps.scenario.season]
    return {
        "mode": rule.mode if gaps.network is not None else "on foot, straight line",
        "limit_minutes": rule.of(gaps.scenario.season).limit_minutes,
        "listed": given,
        "facilities": len(rows) if given else None,
        "facilities_not_functioning": int((rows["functioning"] == YesNo.NO).sum()) if given else None,
        "facilities_unlocated": int((rows["status"] == FacilityStatus.UNLOCATED).sum()) if given else None,
        "facilities_outside": int((rows["status"] == FacilityStatus.OUTSIDE_BUFFER).sum()) if given else None,
        "incomplete": _incomplete(gaps, one.kind),
        **_reach(gaps, one),
        **{season: _reach(gaps, gaps.seasons[season][one.kind]) for season in others},
    }


def _incomplete(gaps: Gaps, kind: str) -> dict[str, str]:
    """Return why the kind's lists, or the roads, are not taken as whole, by what it is."""
    words = (kind, *gaps.scenario.standard[kind].counts, ROADS)
    extent = gaps.extent
    return {w: f"{WHY[extent.why[w]][0]} ({extent.detail[w]})" for w in words if w in extent.why}


def _reach(gaps: Gaps, one: Coverage) -> dict[str, Any]:
    """Return who is reached in one season."""
    count = one.villages["status"].value_counts()
    people = gaps.demand["people"].to_numpy()
    known = ~np.isnan(people)
    reached = float(people[known & one.reached].sum()) if one.listed and known.any() else np.nan
    total = float(people[known].sum()) if known.any() else np.nan
    share = (1.0 if one.reached[known].all() else reached / total) if total > 0 else np.nan
    open_ = is_open(one.reason_code)
    # As with all sums of people, NaN where the number of each of them is unknown.
    nobody_known = open_.any() and not (open_ & known).any()
    unsure = np.nan if nobody_known or not one.listed else float(people[open_ & known].sum())
    group = np.zeros(int(known.sum()), dtype=np.int64)
    median = weighted_median(group, one.minutes[known], people[known], 1)[0]
    return {
        "villages_served": int(count.get(VillageStatus.SERVED, 0)),
        "villages_partly": int(count.get(VillageStatus.PARTLY, 0)),
        "villages_gap": int(count.get(VillageStatus.GAP, 0)),
        "villages_unknown": int(count.get(VillageStatus.UNKNOWN, 0)),
        "people_reached": _number(reached),
        # Of so many nobody knows: what is reached is "at least".
        "people_unsure": _number(unsure),
        "share_reached": _number(share if one.listed else np.nan),
        "minutes_median": _number(median),
        "minutes_median_unreachable": bool(np.isinf(median)),
    }


def kinds_without_rule(gaps: Gaps) -> dict[str, int]:
    """Return how many units are listed of each kind that the standard has no rule for; they are not counted.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> layers = demo_layers(12)
    >>> row = layers.facilities.iloc[[0]].assign(kind="clinic").rename(index=lambda _: "K1")
    >>> kinds_without_rule(find_gaps(layers.with_facilities(pd.concat([layers.facilities, row]))))
    {'clinic': 1}
    """
    standard = gaps.scenario.standard
    ruled = {*standard, *(other for rule in standard.values() for other in rule.counts)}
    counts = gaps.layers.facilities["kind"].value_counts().sort_index()
    return {str(kind): int(n) for kind, n in counts.items() if kind not in ruled}


def is_at_least(reach: Mapping[str, Any]) -> bool:
    """Return whether more may be reached than a season's totals say, for want of lists or roads.

    Parameters
    ----------
    reach
        A kind's part of :func:`summary`: ``people_unsure`` and ``people_reached`` are asked for.

    Examples
    --------
    >>> [is_at_least({"people_reached": 900.0, "people_unsure": unsure}) for unsure in (0.0, 50.0, None)]
    [False, True, True]
    """
    unsure = reach["people_unsure"]
    return bool(unsure) or (unsure is None and reach["people_reached"] is not None)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
