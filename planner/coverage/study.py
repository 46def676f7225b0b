"""Travel times, coverage and gaps of a study area, put together; and what edits would change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.arguments import is_list, require_a
from geodata.checked.frame import counts
from geodata.errors import ConfigError, suggest
from geodata.handed import handed, hands_out_copies
from geodata.layers import no_progress, require_layers
from geodata.shown import titled_table
from geodata.vocabulary.statuses import YesNo
from planner.coverage.asked import as_edits, require_sense
from planner.coverage.beyond import Beyond, within_horizon
from planner.coverage.demand import spread_demand
from planner.coverage.known.extent import Extent, find_extent
from planner.coverage.known.lost import lost_units
from planner.coverage.known.opened import NO_LIST, opened_kinds, with_opened
from planner.coverage.known.unseen import find_unseen
from planner.coverage.reach import Coverage, cover, in_each, usable_facilities
from planner.coverage.show import area_in_words, coverage_html, coverage_in_words
from planner.network.build import build_network
from planner.network.edited import edited_network
from planner.network.editing.facilities import edited_facilities
from planner.network.land import Ground, land_of
from planner.network.overlay import content_hash, cut_at_floods, flood_areas
from planner.progress import go_on
from planner.scenarios.edits import (
    FACILITY_EDITS,
)
from planner.scenarios.modes import Profile, only_walked
from planner.scenarios.scenario import Scenario, checked_scenario
from planner.travel.access import edge_landmasses
from planner.travel.straight import straight_line_times
from planner.travel.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Layers, Progress
    from planner.network.build import TravelNetwork
    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season
    from planner.travel.access import Stops
    from planner.travel.router import Router
    from planner.travel.times import TravelTimes

# So many sets of edited roads are kept ready; each is a network of its own.
KEPT = 4


class _Edited:
    """The ways of the last sets of edited roads; several threads may ask for them."""

    def __init__(self) -> None:
        self._ways: OrderedDict[str, Ways] = OrderedDict()
        self._lock = threading.Lock()

    def __getstate__(self) -> OrderedDict[str, Ways]:
        # A study is copied and sent to other processes; a lock is not.
        with self._lock:
            return self._ways.copy()

    def __setstate__(self, ways: OrderedDict[str, Ways]) -> None:
        self._ways, self._lock = ways, threading.Lock()

    def get(self, name: str, make: Callable[[], Ways]) -> Ways:
        """Return the ways of a name; where none are kept they are made, without holding up anybody."""
        with self._lock:
            if name in self._ways:
                self._ways.move_to_end(name)
                return self._ways[name]
        made = make()
        with self._lock:
            # Where two made the same, both go on with the first.
            made = self._ways.setdefault(name, made)
            self._ways.move_to_end(name)
            while len(self._ways) > KEPT:
                self._ways.popitem(last=False)
        return made


def require_study(study: object) -> None:
    """Raise ConfigError for what is no study, such as its layers.

    Examples
    --------
    >>> require_study("work/jember")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: study is a str, not a Study: Study(layers) makes one of a study area's layers
    """
    require_a(study, Study, "study", "a Study: Study(layers) makes one of a study area's layers")


def require_gaps(gaps: object, name: str = "gaps") -> None:
    """Raise ConfigError for what is no answer, such as its layers.

    Examples
    --------
    >>> require_gaps("wet", "after")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: after is a str, not an answer: find_gaps(layers) or study.gaps() gives one
    """
    require_a(gaps, Gaps, name, "an answer: find_gaps(layers) or study.gaps() gives one")


@hands_out_copies
@dataclass(frozen=True)
class Gaps:
    """The answer for one study area and scenario.

    Attributes
    ----------
    layers, scenario
        What it was computed from, the scenario's edits included.
    demand
        The demand points (metric CRS), as from :func:`planner.coverage.demand.spread_demand`.
    demand_method
        By village (index ``village_code``), how its people were put on them.
    seasons
        By season, the scenario's own first, and facility kind of the standard.
    ways
        The roads with the edits, ready for further questions; None for an area without a road file
        (straight lines on foot).
    ground
        What straight walks may not cross.
    extent
        What the lists and the roads cover.
    listed
        The facilities as the lists have them, without the scenario's edits: what counts units of a list
        counts these.
    """

    layers: Layers
    scenario: Scenario
    demand: gpd.GeoDataFrame
    demand_method: pd.Series
    seasons: Mapping[Season, Mapping[str, Coverage]]
    ways: Ways | None
    ground: Ground
    extent: Extent
    listed: gpd.GeoDataFrame

    @property
    def network(self) -> TravelNetwork | None:
        """The travel network; None for an area without a road file."""
        return None if self.ways is None else self.ways.network

    def on_foot(self, kind: str) -> bool:
        """Return whether a kind that is reached by vehicle is timed on foot alone, for want of roads.

        Who reaches it on foot reaches it; of the others nobody knows.

        Parameters
        ----------
        kind
            Of the standard.

        Raises
        ------
        UnknownCodeError
            The kind is not in the standard.

        Examples
        --------
        >>> from planner.pipeline import demo_layers, find_gaps
        >>> without = find_gaps(replace(demo_layers(12), roads=None))
        >>> without.on_foot("pustu"), without.on_foot("posyandu")
        (True, False)
        """
        return only_walked(self.scenario.rule(kind).mode, roads=self.ways is not None)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """By facility kind, in the scenario's own season."""
        return self.seasons[self.scenario.season]

    def in_each(self, kind: str, seasons: Sequence[Season]) -> Coverage:
        """Return a kind's coverage in each of some seasons at once: one, or both.

        Parameters
        ----------
        kind
            Of the standard.
        seasons
            In any order.

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> gaps = find_gaps(demo_layers(12))
        >>> gaps.in_each("pustu", ["wet"]) is gaps.seasons["wet"]["pustu"]
        True
        >>> round(gaps.in_each("pustu", ["dry", "wet"]).villages["people_reached"].sum())
        47825
        """
        # Dry before wet: of who is reached in both, the minutes are those of the wet season.
        found = [self.seasons[season][kind] for season in sorted(set(seasons))]
        return in_each(found, self.layers, self.demand, self.scenario.status)

    def __repr__(self) -> str:
        scenario = self.scenario
        return (
            f"Gaps of {area_in_words(self.layers)}; {scenario.name}, {scenario.season} season; "
            f"{coverage_in_words(self.coverage.values())}"
        )

    def _repr_html_(self) -> str:
        scenario = self.scenario
        title = f"{area_in_words(self.layers)}; {scenario.name}, {scenario.season} season"
        return coverage_html(title, list(self.coverage.values()), self.layers)


def find_gaps(layers: Layers, *, scenario: Scenario | None = None, progress: Progress = no_progress) -> Gaps:
    """Return travel times (minutes), coverage and gaps of every kind in the standard, in both seasons.

    Parameters
    ----------
    layers
        A study area.
    scenario
        The default scenario when None.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        An edit of the scenario names a road or facility that is not there, or could change nothing here; or
        one of the scenario's values is not allowed.
    SchemaError
        The layers lack a column, or hold numbers, ids or words that are not allowed.
    MissingCrsError
        A layer has no CRS.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> gaps = find_gaps(demo_layers(12))
    >>> {kind: int((one.villages["status"] == "gap").sum()) for kind, one in gaps.coverage.items()}
    {'puskesmas': 2, 'pustu': 1, 'posyandu': 1, 'hospital': 0}
    """
    return Study(layers, scenario=scenario, progress=progress).gaps(progress=progress)


class Study:
    """A study area prepared once and asked "what if" many times.

    Several threads may ask it at once: what is kept is only added to, and each piece is the same whoever
    makes it.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its rules and, as the first answer, its edits; the default scenario when None.
    modes
        Modes to prepare besides those of the standard's listed kinds.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        One of the scenario's values is not allowed.
    SchemaError
        The layers lack a column, or hold numbers, ids or words that are not allowed.
    MissingCrsError
        A layer has no CRS.

    Examples
    --------
    >>> from planner.coverage.compare import totals
    >>> from planner.scenarios.edits import ChangeSpeed
    >>> from planner.pipeline import demo_layers
    >>> study = Study(demo_layers(12))
    >>> slow = ChangeSpeed(mode="motorcycle", factor=0.1)
    >>> change = totals(study.gaps(), study.gaps([slow])).set_index(["kind", "season"])
    >>> row = change.loc[("puskesmas", "dry")]
    >>> bool(row["people_reached_after"] < row["people_reached_before"])
    True
    """

    # What an answer is made as; in a notebook one with more calls.
    answer: type[Gaps] = Gaps

    def __init__(
        self,
        layers: Layers,
        *,
        scenario: Scenario | None = None,
        modes: Sequence[str] = (),
        beyond: Beyond | None = None,
        progress: Progress = no_progress,
    ) -> None:
        require_layers(layers)
        # What is done later to the frames that were given, or handed out, changes no answer.
        self.layers = layers = layers.checked(places=beyond is None).kept()
        self.scenario = checked_scenario(scenario)
        for group in self.scenario.groups:
            if f"people_{group}" in layers.villages:
                counts(layers.villages[f"people_{group}"], f"villages.people_{group}")
        self.beyond = Beyond() if beyond is None else beyond
        progress("demand")
        land = self.beyond.land or land_of(layers.villages, self.scenario.land)
        self._demand = spread_demand(layers, self.scenario.demand, land, self.beyond.outlines)
        self.origins = np.asarray(self._demand.geometry.to_numpy(), dtype=object)
        self.origins.setflags(write=False)
        self._village = layers.villages.index.get_indexer(self.demand["village_code"])
        first = ~self.demand["village_code"].duplicated()
        by_village = self.demand[first].set_index("village_code")["method"]
        self._method = by_village.reindex(layers.villages.index).astype("str")
        water = None if layers.water is None else np.asarray(layers.water.geometry.to_numpy(), dtype=object)
        self.ground = Ground(land, water)
        own = opened_kinds(self.scenario.edits, self.scenario.standard, layers.area.listed_kinds)
        timed = {*layers.area.listed_kinds, *own}
        listed = {k: r for k, r in self.scenario.standard.items() if k in timed}
        others = (o.mode for r in listed.values() for o in r.also)
        if not is_list(modes):
            msg = f"modes is a list of modes of travel, such as ['car'], not {modes!r}"
            raise ConfigError(msg)
        for mode in modes:
            if not isinstance(mode, str) or mode not in self.scenario.modes:
                hint = suggest(str(mode), self.scenario.modes).replace("The file", "The scenario")
                msg = f"there is no mode of travel {mode!r}.{hint}"
                raise ConfigError(msg)
        self.modes = tuple(sorted({*(r.mode for r in listed.values()), *others, *modes}))
        self.extent = self.beyond.extent or find_extent(layers, self.scenario)
        self._coverage: dict[tuple[str, Season], Coverage] = {}
        self._edited = _Edited()
        self.ways: Ways | None = None
        if layers.roads is not None:
            progress("network")
            self._build(layers.roads)

    def __repr__(self) -> str:
        edges = "no roads" if self.network is None else f"{len(self.network.edge_id):,} road edges"
        return f"Study of {area_in_words(self.layers)}; {edges}; {', '.join(self.modes)}"

    def _repr_html_(self) -> str:
        """Show the rule of each kind of the standard, and how many units it has."""
        rows = []
        for kind, rule in self.scenario.standard.items():
            own = rule.of(self.scenario.season)
            units: object = "no list"
            if kind in self.layers.area.listed_kinds:
                units = len(usable_facilities(self.layers, (kind, *rule.counts)))
            rows.append((kind, rule.mode, f"{own.limit_minutes:g}", units))
        title = f"{self!r}; {self.scenario.name}, {self.scenario.season} season"
        return titled_table(title, rows, ("kind", "mode", "limit (minutes)", "units that take part"))

    def _build(self, roads: gpd.GeoDataFrame) -> None:
        floods = flood_areas(self.layers.floods, (), str(roads.crs))
        self._roads = roads = cut_at_floods(roads, floods) if floods else roads
        plain = self.scenario.model_copy(update={"edits": ()})
        network = build_network(roads, plain, modes=self.modes, floods=floods)
        self._edge_landmass = edge_landmasses(network, self.ground)
        self.ways = self._joined(network, self._edge_landmass)

    def _joined(self, network: TravelNetwork, landmass: NDArray[np.int32], base: Ways | None = None) -> Ways:
        return Ways(
            network,
            self.demand,
            rule=self.scenario.access,
            ground=self.ground,
            edge_landmass=landmass,
            base=base,
        )

    @property
    def demand(self) -> gpd.GeoDataFrame:
        """The demand points (metric CRS), as from :func:`planner.coverage.demand.spread_demand`."""
        return handed(self._demand)

    @property
    def network(self) -> TravelNetwork | None:
        """The network without edits; None for an area without roads."""
        return None if self.ways is None else self.ways.network

    def router(self, profile: Profile) -> Router:
        """Return the router of a mode and season, without edits.

        Raises
        ------
        ConfigError
            The area has no roads, or the mode is not prepared (see ``modes``).

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> study = Study(demo_layers(12))
        >>> study.router(Profile("car", "dry")) is study.router(Profile("car", "dry"))
        True
        """
        return self._on_roads(profile).router(profile)

    def stops(self, profile: Profile) -> Stops:
        """Return the demand points joined to the network for a mode and season, without edits.

        Raises
        ------
        ConfigError
            The area has no roads, or the mode is not prepared (see ``modes``).

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> study = Study(demo_layers(12))
        >>> study.stops(Profile("car", "dry")).access_m.shape == (len(study.demand),)
        True
        """
        return self._on_roads(profile).stops(profile)

    def _on_roads(self, profile: Profile) -> Ways:
        if self.ways is None:
            msg = "the area has no roads, and so no ways: give `roads:` in AREA.yml and build"
            raise ConfigError(msg)
        ready = self.ways.network.impedance
        if not isinstance(profile, tuple) or profile not in ready:
            known = ", ".join(f"Profile({mode!r}, {season!r})" for mode, season in ready)
            msg = f"profile is one of {known}, not {profile!r}; Study(…, modes=[…]) prepares further modes"
            raise ConfigError(msg)
        return self.ways

    def under(self, scenario: Scenario) -> Study:
        """Return a study of the same area by other limits, modes of travel, statuses or edits.

        All that is prepared is shared, so that only what the other rules touch is computed again.

        Parameters
        ----------
        scenario
            The other rules.

        Raises
        ------
        ConfigError
            The scenario differs in what the network is made of, or names a mode that is not prepared
            (see ``modes``).

        Examples
        --------
        >>> from planner.pipeline import default_scenario, demo_layers
        >>> from planner.scenarios.standards import standard_named
        >>> study = Study(demo_layers(12))
        >>> other = study.under(default_scenario().under(standard_named("sni-03-1733")))
        >>> other.scenario.standard_name, other.network is study.network
        ('SNI 03-1733-2004', True)
        """
        require_a(scenario, Scenario, "scenario", "what scenario(…) or read_scenario(file) gives")
        free = (
            "name", "season", "status", "standard", "standard_name", "standard_version", "standard_source",
            "groups", "referral", "visits", "remoteness", "floating", "edits",
        )  # fmt: skip
        own, other = (s.model_dump(exclude=set(free)) for s in (self.scenario, scenario))
        if own != other:
            keys = ", ".join(k for k in own if own[k] != other[k])
            msg = f"the scenario differs in {keys}: make a Study of its own for it"
            raise ConfigError(msg)
        for kind, rule in scenario.standard.items():
            for mode in (rule.mode, *(o.mode for o in rule.also)):
                if kind in self.layers.area.listed_kinds and mode not in self.modes:
                    msg = f"standard.{kind}.mode: {mode!r} was not prepared; Study(…, modes=[{mode!r}])"
                    raise ConfigError(msg)
        twin = copy(self)
        twin.scenario = scenario
        # Neither the rule for doubts nor the classes of local roads may differ (see ``free``).
        twin.extent = find_extent(self.layers, scenario, same_roads=self.extent)
        same = scenario.status == self.scenario.status
        mine = self.scenario.standard
        twin._coverage = {  # noqa: SLF001 - a Study like this one
            (kind, season): one
            for (kind, season), one in self._coverage.copy().items()
            if same
            and scenario.standard.get(kind) == mine[kind]
            and twin.extent.same_lists(self.extent, (kind, *mine[kind].counts))
        }
        return twin

    def gaps(
        self,
        edits: Sequence[Edit] | None = None,
        *,
        progress: Progress = no_progress,
        may_go_on: Callable[[], None] = go_on,
    ) -> Gaps:
        """Return the answer with some edits (the scenario's own when None); only what they touch is new.

        Parameters
        ----------
        edits
            They take the place of the scenario's own.
        progress
            Told the name of each kind.
        may_go_on
            Called before every longer step; what it raises ends the work, and nothing has changed then.

        Raises
        ------
        ConfigError
            ``edits`` is no list of edits; or an edit names a road or facility that is not there, or a mode
            that the scenario does not have; it is one of roads and the area has none; or it lies too far
            outside the area.

        Examples
        --------
        >>> from planner.pipeline import CloseFacility, demo_layers
        >>> study = Study(demo_layers(12))
        >>> before = study.gaps()
        >>> closed = study.gaps([CloseFacility(id="P9901002")])
        >>> closed.coverage["puskesmas"].facilities.index.tolist()
        ['P9901001']
        >>> closed.coverage["pustu"] is before.coverage["pustu"]
        True
        """
        edits = self.scenario.edits if edits is None else as_edits(edits)
        require_sense(edits, self.layers, self.scenario)
        scenario = self.scenario.model_copy(update={"edits": edits})
        layers, touched = self._with_units(edits)
        extent = self._with_opened(edits)
        may_go_on()
        ways = self._with_edits(scenario, edits, may_go_on)
        seasons: dict[Season, dict[str, Coverage]] = {}
        for season in scenario.seasons:
            seasons[season] = {}
            for kind in scenario.standard:
                if season == scenario.season:
                    progress(kind)
                elif self._same_in_both(kind, ways, extent):
                    seasons[season][kind] = seasons[scenario.season][kind]
                    continue
                known = self._coverage.get((kind, season))
                on_base = ways is self.ways or kind not in layers.area.listed_kinds
                same = not touched & {kind, *scenario.standard[kind].counts}
                if known is not None and same and on_base:
                    seasons[season][kind] = known
                    continue
                may_go_on()
                seasons[season][kind] = self._cover(kind, season, layers, scenario, ways, extent)
        return self.answer(
            layers, scenario, self.demand, self._method, seasons, ways, self.ground, extent,
            self.layers.facilities,
        )  # fmt: skip

    def _with_units(self, edits: Sequence[Edit]) -> tuple[Layers, set[str]]:
        """Return the layers with the edits of facilities, and the kinds that these touch."""
        ids = [e.id for e in edits if isinstance(e, FACILITY_EDITS)]
        if not ids:
            return self.layers, set()
        villages, buffer_m = self.layers.villages, self.layers.area.buffer_m
        facilities = edited_facilities(self.layers.facilities, edits, villages, buffer_m=buffer_m)
        kinds = (frame["kind"].reindex(ids).dropna() for frame in (self.layers.facilities, facilities))
        return replace(self.layers, facilities=facilities), set().union(*kinds)

    def _with_opened(self, edits: Sequence[Edit]) -> Extent:
        """Return what the lists cover, with the kinds without one of which the edits open units."""
        standard = self.scenario.standard
        opened = opened_kinds(edits, standard, self.layers.area.listed_kinds)
        for kind in opened:
            mode = standard[kind].mode
            if self.ways is not None and mode not in self.modes:
                msg = f"standard.{kind}.mode: {mode!r} was not prepared; Study(…, modes=[{mode!r}])"
                raise ConfigError(msg)
        return with_opened(self.extent, self.layers, opened)

    def _is_timed(self, kind: str, extent: Extent) -> bool:
        """Return whether there is a list of a kind, or a unit that the scenario itself opens."""
        return kind in self.layers.area.listed_kinds or extent.why.get(kind) == NO_LIST

    def _same_in_both(self, kind: str, ways: Ways | None, extent: Extent) -> bool:
        """Return whether the seasons do not differ for a kind: no roads, no list, or equal seconds."""
        rule = self.scenario.standard[kind]
        if not self._is_timed(kind, extent):
            return True
        if rule.of("dry").limit_s != rule.of("wet").limit_s:
            return False
        if ways is None:
            return True
        mode = rule.mode
        dry, wet = (ways.network.impedance[Profile(mode, s)] for s in ("dry", "wet"))
        return all(
            np.array_equal(getattr(dry, name), getattr(wet, name))
            for name in ("forward_s", "backward_s", "link_s", "link_back_s")
        )

    def _with_edits(
        self, scenario: Scenario, edits: Sequence[Edit], may_go_on: Callable[[], None] = go_on
    ) -> Ways | None:
        """Return the ways with the edits of roads; the base's own where there are none."""
        at = [i for i, e in enumerate(edits) if not isinstance(e, FACILITY_EDITS)]
        if self.ways is None or not at:
            return self.ways
        # With their numbers: a drawn road is named by its own.
        name = f"{content_hash([edits[i] for i in at])} {at}"
        return self._edited.get(name, lambda: self._rebuilt(scenario, edits, may_go_on))

    def _rebuilt(self, scenario: Scenario, edits: Sequence[Edit], may_go_on: Callable[[], None]) -> Ways:
        assert self.ways is not None
        network, patch = edited_network(
            self.ways.network, self._roads, edits, scenario=scenario, modes=self.modes,
            floods=self.layers.floods, may_go_on=may_go_on,
        )  # fmt: skip
        landmass = self._edge_landmass
        if patch is not None:
            landmass = np.concatenate([landmass, edge_landmasses(patch, self.ground)])
        return self._joined(network, landmass, self.ways)

    def _cover(
        self,
        kind: str,
        season: Season,
        layers: Layers,
        scenario: Scenario,
        ways: Ways | None,
        extent: Extent,
    ) -> Coverage:
        """Return one kind's coverage in a season."""
        rule = scenario.standard[kind].of(season)
        kinds = (kind, *rule.counts)
        broken = usable_facilities(layers, kinds, broken=True)
        works = (broken["functioning"] != YesNo.NO).to_numpy()
        units = broken if works.all() else broken[works]
        times = if_all = None
        if self._is_timed(kind, extent):
            profile = Profile(rule.mode, season)
            if ways is None:
                times = self._straight(units)
            else:
                times = ways.search(profile, kinds, units, keep=layers is self.layers)
            if not works.all():
                if_all = self._straight(broken) if ways is None else ways.nearest(profile, broken)
        horizon_s = self.beyond.horizon_s.get(kind)
        if times is not None and horizon_s is not None:
            times = within_horizon(times, horizon_s)
        unseen = None
        in_doubt = bool(extent.open_land) or len(lost_units(layers, kinds, working=True)) > 0
        if times is not None and (in_doubt or only_walked(rule.mode, roads=ways is not None)):
            unseen = find_unseen(
                extent, kinds, Profile(rule.mode, season), rule.limit_s, layers=layers,
                scenario=scenario, demand=self.demand, units=units, ways=ways, ground=self.ground,
                village=self._village,
            )  # fmt: skip
        coverage = cover(
            kind, layers, self.demand, rule, scenario.status, times=times, times_if_all_functioned=if_all,
            village=self._village, facilities=units, extent=extent, bounded=horizon_s is not None,
            unseen=unseen, access=scenario.access,
        )  # fmt: skip
        if ways is self.ways and layers is self.layers:
            self._coverage[kind, season] = coverage
        return coverage

    def _straight(self, units: gpd.GeoDataFrame) -> TravelTimes:
        points = np.asarray(units.geometry.to_numpy(), dtype=object)
        return straight_line_times(self.origins, points, access=self.scenario.access, ground=self.ground)
