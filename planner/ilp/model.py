"""The ILP answers of a study area, put together; each part is computed when it is first asked for."""

from __future__ import annotations

import html
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.adoption import Adoption
from geodata.arguments import is_list
from geodata.crs import WGS84, known_crs
from geodata.errors import ConfigError
from geodata.handed import cached_frame, handed
from geodata.shown import html_table
from geodata.vocabulary.statuses import Reason, YesNo
from planner.coverage.known.unseen import find_unseen
from planner.coverage.reach import REASONS, is_open, reached_anywhere, unplaced, usable_facilities
from planner.coverage.show import area_in_words
from planner.coverage.study import require_gaps
from planner.coverage.tables import unit_catchments
from planner.coverage.weighed import weighted_median
from planner.ilp.loads import loads_sure, room_known, unknown_may_come
from planner.ilp.reasons import reason_lines
from planner.ilp.referral import referral_table
from planner.ilp.three_answers import CLASSES, in_doubt, three_answers
from planner.ilp.visits import home_visits, remote_flag
from planner.scenarios.modes import Profile
from planner.supply.equity import equity_table, life_cycle_table
from planner.supply.floating_catchments import Zones, two_step
from planner.supply.groups import group_table
from planner.supply.jejaring import find_jejaring, reconciled
from planner.supply.stages import adoption_table, progress
from planner.supply.units import unit_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.ilp.visits import Visits
    from planner.scenarios.modes import Season
    from planner.scenarios.standards import KindStandard
    from planner.supply.capacity import Allocation
    from planner.supply.jejaring import Jejaring
    from planner.supply.stages import StageProgress
    from planner.travel.times import SparseTimes


class _InReach(NamedTuple):
    """What the pairs of place and unit within the limit tell of a kind."""

    allocation: Allocation | None
    # By unit, whether its load would be the same with all units and ways on the map.
    load_sure: NDArray[np.bool_]
    # By demand point, whether it is known how many find room.
    room_known: NDArray[np.bool_]
    score: NDArray[np.float64]
    near_score: NDArray[np.float64]
    # None where there are no pairs to tell them.
    catchments: pd.DataFrame | None


class Ilp:
    """What travel times mean to an ILP planner, for one answer.

    Parameters
    ----------
    gaps
        Travel times and coverage.
    adoption
        What is known of the puskesmas' adoption of ILP.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> ilp = Ilp(find_gaps(demo_layers(12)))
    >>> sorted(set(ilp.answers["pustu"]["functioning"]) - {"yes", "no", "unknown"})
    []
    """

    def __init__(self, gaps: Gaps, *, adoption: Iterable[Adoption] = ()) -> None:
        require_gaps(gaps)
        self.gaps = gaps
        self._adoption = _records(adoption)
        self._in_reach: dict[str, _InReach] = {}

    def __repr__(self) -> str:
        named = f"{len(self._adoption)} puskesmas with a known stage"
        return f"Ilp of {area_in_words(self.gaps.layers)}; {named}"

    def _repr_html_(self) -> str:
        """Show the villages by class, for each kind."""
        rows = [
            (kind, *(int((table["class"] == c).sum()) for c in CLASSES))
            for kind, table in self.answers.items()
        ]
        return f"<b>{html.escape(repr(self))}</b>" + html_table(rows, ("kind", *CLASSES))

    @property
    def known_adoption(self) -> tuple[Adoption, ...]:
        """What was given of the puskesmas' adoption of ILP."""
        return self._adoption

    @property
    def kinds(self) -> list[str]:
        """The kinds of the standard."""
        return list(self.gaps.scenario.standard)

    @cached_frame
    def units(self) -> pd.DataFrame:
        """One row a unit and kind that it counts for, index ``facility_id``.

        See :func:`planner.supply.units.unit_table`.
        """
        return unit_table(self.gaps.layers.facilities, self.gaps.scenario)

    @cached_frame
    def answers(self) -> Mapping[str, pd.DataFrame]:
        """By kind: the three answers, their class, why, and what to do next; index ``village_code``."""
        found = {}
        for kind in self.kinds:
            answers = three_answers(self.gaps, kind, self.units)
            found[kind] = answers.join(reason_lines(self.gaps, kind, answers, self.units))
        return found

    @cached_frame
    def groups(self) -> pd.DataFrame:
        """People by life-cycle group, index ``village_code``, ``group``.

        See :func:`planner.supply.groups.group_table`.
        """
        return group_table(self.gaps)

    @cached_property
    def jejaring(self) -> Jejaring:
        """The network of puskesmas, pustu and posyandu."""
        return find_jejaring(self.gaps)

    @cached_frame
    def totals(self) -> pd.DataFrame:
        """Units that are listed against what the office reports, index ``kind``.

        See :func:`planner.supply.jejaring.reconciled`.
        """
        return reconciled(self.gaps)

    @cached_frame
    def referral(self) -> pd.DataFrame:
        """Minutes of referral, index ``village_code``, ``mode``.

        See :func:`planner.ilp.referral.referral_table`.
        """
        return referral_table(self.gaps)

    @cached_property
    def visits(self) -> Visits:
        """Home visits where posyandu do not reach."""
        return home_visits(self.gaps, self.gaps.scenario.visits)

    @cached_frame
    def equity(self) -> pd.DataFrame:
        """Spread of reach and minutes, by life-cycle group too: see :mod:`planner.supply.equity`."""
        parts = [equity_table(self.gaps)]
        if self.gaps.scenario.groups:
            parts.append(life_cycle_table(self.gaps, self.groups))
        return pd.concat(parts, ignore_index=True)

    @cached_frame
    def adoption(self) -> pd.DataFrame:
        """One row a puskesmas of the list, index ``facility_id``: its stage of ILP."""
        return adoption_table(self.gaps.listed, self._adoption)

    @cached_property
    def progress(self) -> StageProgress:
        """How many puskesmas are launched, against the national target."""
        return progress(self.adoption)

    def rule(self, kind: str, season: Season | None = None) -> KindStandard:
        """Return a kind's rule in a season (the scenario's own when None).

        Raises
        ------
        UnknownCodeError
            The kind is not in the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> rule = Ilp(find_gaps(demo_layers(12))).rule("puskesmas")
        >>> rule.mode, rule.limit_minutes
        ('motorcycle', 30.0)
        """
        return self.gaps.scenario.rule(kind).of(season or self.gaps.scenario.season)

    def with_adoption(self, adoption: Iterable[Adoption]) -> Ilp:
        """Return the same answers with what is known of the adoption of ILP by now.

        Parameters
        ----------
        adoption
            At most one record a puskesmas; they take the place of those before.

        Examples
        --------
        >>> from geodata.adoption import Adoption
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> ilp = Ilp(find_gaps(demo_layers(12)))
        >>> later = ilp.with_adoption([Adoption("P9901001", "peluncuran", "2024-07")])
        >>> ilp.progress.launched, later.progress.launched
        (0, 1)
        """
        other = copy(self)
        other._adoption = _records(adoption)  # noqa: SLF001 - an Ilp like this one
        for name in ("adoption", "progress"):
            vars(other).pop(name, None)
        return other

    def times_within(self, kind: str) -> SparseTimes | None:
        """Return all pairs of demand point and functioning unit within the limit; None without roads or list.

        In the scenario's own season; units in the order of :func:`planner.coverage.reach.usable_facilities`.

        Parameters
        ----------
        kind
            Of the standard.

        Returns
        -------
        times
            int32 rows of place and unit, and float64 seconds, each ``(pairs,)``.

        Raises
        ------
        UnknownCodeError
            The kind is not in the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> times = Ilp(find_gaps(demo_layers(12))).times_within("puskesmas")
        >>> len(times.place), bool(times.travel_s.max() <= 30 * 60)
        (40, True)
        """
        gaps = self.gaps
        rule = self.rule(kind)
        if gaps.ways is None or not gaps.coverage[kind].listed:
            return None
        profile = Profile(rule.mode, gaps.scenario.season)
        stops = gaps.ways.units(profile, usable_facilities(gaps.layers, (kind, *rule.counts)))
        return gaps.ways.router(profile).within(gaps.ways.stops(profile), stops, rule.limit_s)

    def catchments(self, kind: str) -> pd.DataFrame:
        """Return the people of each unit that counts as a kind.

        Parameters
        ----------
        kind
            Of the standard.

        Returns
        -------
        catchments
            As :func:`planner.coverage.tables.unit_catchments` gives them.

        Raises
        ------
        UnknownCodeError
            The kind is not in the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> Ilp(find_gaps(demo_layers(12))).catchments("puskesmas")["people_own"].tolist()
        [26778.0, 17043.0]
        """
        known = self._reaching(kind).catchments
        return unit_catchments(self.gaps, kind) if known is None else handed(known)

    @property
    def solver(self) -> dict[str, Any]:
        """For each kind whose people were given to units: how it was solved, and the proven bounds."""
        found = {kind: self.allocation(kind) for kind in self.kinds}
        return {
            kind: {
                "problem": "people to units with room", "status": one.status, "optimal": one.optimal,
                "person_seconds": one.person_s, "least_person_seconds": one.least_person_s,
                "people_beyond_capacity": float(np.nansum(one.beyond_people)),
                "least_people_beyond_capacity": one.least_beyond_people,
            }
            for kind, one in found.items() if one is not None
        }  # fmt: skip

    def allocation(self, kind: str) -> Allocation | None:
        """Return who goes to which unit when units are not to be overcrowded; None where not known.

        Each person goes to a unit within the limit that has room: as few as possible are left over, and
        all together travel as little as possible.

        Parameters
        ----------
        kind
            Of the standard.

        Returns
        -------
        allocation
            Places are the demand points, facilities the rows of
            :func:`planner.coverage.reach.usable_facilities`.

        Raises
        ------
        UnknownCodeError
            The kind is not in the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> one = Ilp(find_gaps(demo_layers(12))).allocation("posyandu")
        >>> one.status, float(one.beyond_people.sum()), one.optimal
        ('solved', 16388.0, True)
        """
        return self._reaching(kind).allocation

    def _reaching(self, kind: str) -> _InReach:
        """Return what the pairs within the limit tell; the pairs themselves, many, are not kept."""
        self.rule(kind)
        if kind not in self._in_reach:
            times = self.times_within(kind)
            found = self._allocated(kind, times)
            score, near_score = self._scored(kind, times)
            people = None if times is None else unit_catchments(self.gaps, kind, times)
            sure, room = self._sure(kind, times, found), self._room_known(kind, times)
            self._in_reach[kind] = _InReach(found, sure, room, score, near_score, people)
        return self._in_reach[kind]

    def _allocated(self, kind: str, times: SparseTimes | None) -> Allocation | None:
        if times is None:
            return None
        # Here, because compiling the kernel behind it takes a while and not everybody asks.
        from planner.supply.capacity import allocate

        ids = self.gaps.coverage[kind].facilities.index
        return allocate(
            times, self.gaps.demand["people"].to_numpy(), self._capacity_people(kind),
            place_id=self.gaps.demand.index.to_numpy(dtype=object), facility_id=ids.to_numpy(dtype=object),
        )  # fmt: skip

    def _capacity_people(self, kind: str) -> NDArray[np.float64]:
        """Return the room of each unit that takes part, NaN where nothing says how much."""
        units, ids = self.units, self.gaps.coverage[kind].facilities.index
        room = units["capacity_people"][units["serves_as"] == kind]
        return np.asarray(room.reindex(ids).to_numpy(), dtype=np.float64)

    def _sure(self, kind: str, times: SparseTimes | None, found: Allocation | None) -> NDArray[np.bool_]:
        """Return by unit that takes part whether its load rests on nothing that may not be on the map."""
        gaps, coverage = self.gaps, self.gaps.coverage[kind]
        if times is None or found is None:
            return np.ones(len(coverage.facilities), dtype=bool)
        no_way = coverage.reason_code == REASONS.index(Reason.ROADS_INCOMPLETE)
        in_doubt = (coverage.more | no_way) & (gaps.demand["people"].to_numpy() > 0)
        # Whom a way may bring to a unit, it may bring there to be served.
        beside_ways = ~coverage.owners.total
        room = self._capacity_people(kind)
        sure = loads_sure(times, found, room, in_doubt, beside_ways)
        demand = gaps.demand
        unknown = (np.isnan(demand["people"]) & (demand["weight"] > 0)).to_numpy()
        return sure & ~unknown_may_come(times, found, room, unknown)

    def _room_known(self, kind: str, times: SparseTimes | None) -> NDArray[np.bool_]:
        """Return by demand point whether it is known how many of its people find room."""
        if times is None:
            return np.zeros(len(self.gaps.demand), dtype=bool)
        return room_known(times, self.gaps.demand["people"].to_numpy(), self._capacity_people(kind))

    def _covered(self, kind: str) -> NDArray[np.bool_]:
        """Return by village whether the lists of what counts as a kind, and the roads, cover it."""
        extent, n = self.gaps.extent, len(self.gaps.layers.villages)
        whole = extent.lists_whole((kind, *self.rule(kind).counts), n)
        return whole if self.gaps.ways is None else whole & extent.roads_whole(n)

    def _scored(self, kind: str, times: SparseTimes | None) -> list[NDArray[np.float64]]:
        """Return the village scores of the two kinds of floating catchment."""
        gaps, limit_s = self.gaps, self.rule(kind).limit_s
        codes = gaps.layers.villages.index
        if times is None:
            return [np.full(len(codes), np.nan)] * 2
        at = codes.get_indexer(gaps.demand["village_code"])
        weight, people = gaps.demand["weight"].to_numpy(), gaps.demand["people"].to_numpy()
        supply = np.ones(len(gaps.coverage[kind].facilities))
        zones = Zones(tuple(limit_s * i / 3 for i in (1, 2, 3)), gaps.scenario.floating.third_weights)
        each = (two_step(times, people, supply, weight=w) for w in (None, zones.of(times.travel_s)))
        out = []
        coverage = gaps.coverage[kind]
        # More units, for who is reached as well.
        open_ = is_open(coverage.reason_code) | coverage.more
        # Others may come over ways that nobody drew, and share the unit that is reached.
        open_[times.place[~coverage.owners.total[times.facility]]] = True
        open_ &= weight > 0
        unknown = ~self._covered(kind) | (np.bincount(at[open_], minlength=len(codes)) > 0)
        for one in each:
            sums = np.bincount(at, weights=weight * one, minlength=len(codes))
            out.append(np.where(unknown, np.nan, sums * 10_000.0))
        return out

    @cached_frame
    def loads(self) -> pd.DataFrame:
        """By ``facility_id`` and ``serves_as``: capacity, people given to it, load (people ÷ capacity).

        Index ``facility_id``; numbers are float64, NaN = unknown; also where units, or ways, that nobody
        knows of may change them (:func:`planner.ilp.loads.loads_sure`), or people of unknown number may come
        (:func:`planner.ilp.loads.unknown_may_come`).
        """
        parts = []
        for kind in self.kinds:
            found = self.allocation(kind)
            mine = self.units[self.units["serves_as"] == kind]
            part = mine[["serves_as", "capacity_people"]].copy()
            part["people_allocated"] = np.nan
            if found is not None:
                ids = self.gaps.coverage[kind].facilities.index
                sure = self._reaching(kind).load_sure
                part.loc[ids, "people_allocated"] = np.where(sure, found.load_people, np.nan)
            part["load"] = part["people_allocated"] / part["capacity_people"]
            parts.append(part)
        return pd.concat(parts)

    @cached_frame
    def beyond(self) -> pd.DataFrame:
        """By village, ``K_people_beyond``: people near enough for whom no unit has room; NaN = unknown.

        Unknown too where a unit, or a way, that nobody knows of may be within the limit of its people, and
        where nothing says how much room the units have (:func:`planner.ilp.loads.room_known`).

        Index ``village_code``, float64.
        """
        codes = self.gaps.layers.villages.index
        at = codes.get_indexer(self.gaps.demand["village_code"])
        known = ~np.isnan(self.gaps.layers.villages["people"].to_numpy())
        out = {}
        for kind in self.kinds:
            found = self.allocation(kind)
            column = np.full(len(codes), np.nan)
            if found is not None:
                total = np.bincount(at, weights=np.nan_to_num(found.beyond_people), minlength=len(codes))
                silent = np.bincount(at[~self._reaching(kind).room_known], minlength=len(codes)) > 0
                sure = known & ~silent & ~in_doubt(self.gaps, self.gaps.coverage[kind])
                column = np.where(sure, total, np.nan)
            out[f"{kind}_people_beyond"] = column
        return pd.DataFrame(out, index=codes)

    def beyond_in_all(self, kind: str) -> float:
        """Return the people of a kind's :attr:`beyond` together, NaN where a village has none that is known.

        Villages whose number of people is unknown are in no sum.

        Parameters
        ----------
        kind
            Of the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> ilp = Ilp(find_gaps(demo_layers(12)))
        >>> ilp.beyond_in_all("posyandu"), ilp.beyond_in_all("hospital")
        (16388.0, nan)
        """
        column = self.beyond[f"{kind}_people_beyond"]
        counted = ~np.isnan(self.gaps.layers.villages["people"].to_numpy())
        open_ = column[counted].isna().any() or in_doubt(self.gaps, self.gaps.coverage[kind]).any()
        return np.nan if open_ else float(column.sum(min_count=1))

    @cached_frame
    def scores(self) -> pd.DataFrame:
        """By village, units for each 10,000 people: ``K_units_per_10000`` and ``…_near``.

        Two-step floating catchments (:mod:`planner.supply.floating_catchments`), each unit a supply of
        one, within the limit; ``_near`` with the weights of Luo and Qi for the thirds of the limit. The
        mean over the village's places, by people. NaN where anything that it depends on is unknown.
        """
        out = {}
        for kind in self.kinds:
            found = self._reaching(kind)
            out[f"{kind}_units_per_10000"], out[f"{kind}_units_per_10000_near"] = (
                found.score,
                found.near_score,
            )
        return pd.DataFrame(out, index=self.gaps.layers.villages.index)

    @cached_frame
    def also(self) -> pd.DataFrame:
        """By village, ``K_MODE_MINUTESmin_share_reached`` for the other limits that the standard reports.

        In the scenario's own season; NaN where the kind has no list, or the area no roads, or where somebody
        is not reached whom the list or the roads do not cover, or the status would rest on a guess of where
        people live.
        """
        gaps, season = self.gaps, self.gaps.scenario.season
        codes = gaps.layers.villages.index
        at = codes.get_indexer(gaps.demand["village_code"])
        weight = gaps.demand["weight"].to_numpy()
        out = {}
        for kind, rule in gaps.scenario.standard.items():
            for other in rule.also:
                share = np.full(len(codes), np.nan)
                if gaps.ways is not None and gaps.coverage[kind].listed:
                    units = usable_facilities(gaps.layers, (kind, *rule.counts))
                    found = gaps.ways.nearest(Profile(other.mode, season), units)
                    reached = found.travel_s <= round(other.limit_minutes * 60.0, 6)
                    share = np.round(np.bincount(at, weights=weight * reached, minlength=len(codes)), 9)
                    unseen = find_unseen(
                        gaps.extent, (kind, *rule.counts), Profile(other.mode, season),
                        round(other.limit_minutes * 60.0, 6), layers=gaps.layers, scenario=gaps.scenario,
                        demand=gaps.demand, units=units, ways=gaps.ways, ground=gaps.ground, village=at,
                    )  # fmt: skip
                    open_ = unseen.any | (gaps.extent.clipped & np.isinf(found.travel_s))
                    open_ &= ~reached
                    anywhere = reached_anywhere(
                        gaps.demand,
                        found.travel_s,
                        round(other.limit_minutes * 60.0, 6),
                        gaps.scenario.access,
                    )
                    status = gaps.scenario.status
                    open_ |= unplaced(gaps.demand, at, reached, anywhere, open_, status, n=len(codes))
                    missed = open_ & (weight > 0)
                    share[np.bincount(at[missed], minlength=len(codes)) > 0] = np.nan
                out[f"{kind}_{other.mode}_{other.limit_minutes:g}min_share_reached"] = share
        return pd.DataFrame(out, index=codes)

    @cached_frame
    def remote(self) -> pd.DataFrame:
        """By village: ``capital_minutes`` (median, one way, dry season) and ``remote`` (terpencil)."""
        gaps = self.gaps
        codes = gaps.layers.villages.index
        minutes = {s: np.full(len(codes), np.nan) for s in gaps.seasons}
        rule = gaps.scenario.remoteness
        capital = gaps.layers.area.capital
        if capital is not None and gaps.ways is not None:
            point = gpd.GeoDataFrame(geometry=[shapely.Point(capital)], crs=known_crs(WGS84))
            place = point.to_crs(gaps.demand.crs)
            at = codes.get_indexer(gaps.demand["village_code"])
            for season in gaps.seasons:
                profile = Profile(rule.capital_mode, season)
                if profile not in gaps.ways.network.impedance:
                    continue
                found = gaps.ways.nearest(profile, place).travel_s / 60.0
                minutes[season] = _median_to_capital(gaps, at, found)
        # A way that the rain closes is a way that the weather blocks.
        wet = minutes["wet"]
        blocked = np.select(
            [np.isnan(wet), np.isinf(wet) & np.isfinite(minutes["dry"])], [YesNo.UNKNOWN, YesNo.YES], YesNo.NO
        )
        flag = remote_flag(
            minutes["dry"], weather_blocked=blocked.astype(object),
            round_trip_minutes=rule.round_trip_minutes,
        )  # fmt: skip
        return pd.DataFrame({"capital_minutes": minutes["dry"], "remote": flag}, index=codes)


def _records(adoption: Iterable[Adoption]) -> tuple[Adoption, ...]:
    """Return records of the stage of ILP as a tuple; raise ConfigError for anything else."""
    found = tuple(adoption) if is_list(adoption) else None
    if found is None or not all(isinstance(one, Adoption) for one in found):
        msg = f"adoption is a list, as read_adoption_of(file, layers) reads it, not {adoption!r}"
        raise ConfigError(msg)
    return found


def _median_to_capital(
    gaps: Gaps, village: NDArray[np.int64], minutes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the villages' median minutes; NaN where "far" rests on a guess of where people live."""
    n = len(gaps.layers.villages)
    weight, by_area = gaps.demand["weight"].to_numpy(), gaps.demand["by_area"].to_numpy(dtype=bool)
    median = weighted_median(village, minutes, weight, n)
    limit = gaps.scenario.remoteness.round_trip_minutes / 2
    # Nobody on those parts that are near, and nobody on those that are not.
    for left_out in (by_area & (minutes > limit), by_area & (minutes <= limit)):
        other = weighted_median(village, minutes, np.where(left_out, 0.0, weight), n)
        changes = ((other > limit) != (median > limit)) | (np.isinf(other) != np.isinf(median))
        median = np.where(~np.isnan(other) & changes, np.nan, median)
    return median
