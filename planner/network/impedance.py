"""Seconds along each road, for a mode in a season: class, surface, condition, access, one-way, slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.vocabulary.roads import FERRY, ROAD_CLASSES, Oneway, RoadSeason
from geodata.vocabulary.surfaces import surface_words
from geodata.vocabulary.tags import ACCESS_KEYS, BACKWARD, FORWARD, MERGED, directed, split_tags, words_of
from planner.network.pieces import heights_length_m, whole_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.scenarios.modes import Mode, Profile, Season
    from planner.scenarios.scenario import AccessValues, Scenario

# Tobler's hiking function: W. Tobler, Three presentations on geographical analysis and modeling, NCGIA
# Technical Report 93-1, 1993; as a factor of the speed on the flat (DOMAIN of the defaults).
TOBLER_SLOPE, TOBLER_OPTIMUM = 3.5, 0.05
OPEN, LOCAL, CLOSED, GRANTED = 0, 1, 2, 3
# What may say how wide, how high, how heavy one may be: the least counts (docs/METHODS.md).
WIDTHS = ("width", "maxwidth", "maxwidth:physical")
HEIGHTS = ("maxheight", "maxheight:physical")
WEIGHTS = ("maxweight",)
# A road that was cut at a flood's outline still touches it with its end.
TOUCH_M = 0.01
# Of the tags of one mode, such as ``oneway:bicycle``; any other value opens both ways.
_ONEWAY_TAGS = {
    "yes": Oneway.YES, "true": Oneway.YES, "1": Oneway.YES, "-1": Oneway.REVERSE, "reverse": Oneway.REVERSE,
    "reversible": Oneway.REVERSIBLE,
}  # fmt: skip
# Whoever may use a road that is being built has to wait until it is one (docs/METHODS.md).
_NEVER_OUTDONE = frozenset({"construction"})


@dataclass(frozen=True)
class Impedance:
    """What it takes one mode in one season.

    Attributes
    ----------
    forward_s, backward_s
        float64 ``(edges,)``, seconds along and against each edge; ``inf`` = closed.
    stretch
        int8 ``(edges,)``, on which stretches of a trip each edge may be used: THROUGH, LOCAL or EITHER
        of :mod:`planner.network.local_traffic`; the same in both seasons.
    link_s, link_back_s
        float64 ``(links,)``, seconds from the first to the second node of each link (boarding a ferry,
        passing a barrier), and back; ``inf`` = stopped.
    """

    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]
    stretch: NDArray[np.int8]
    link_s: NDArray[np.float64]
    link_back_s: NDArray[np.float64]


@dataclass(frozen=True)
class RoadFacts:
    """The columns of a roads layer as numbers of the values that occur, so that rules run once a value.

    Attributes
    ----------
    class_name, surface_name, tags
        The values that occur: road classes, object ``(classes,)``, surfaces (lower case), object
        ``(surfaces,)``, and tags read; the last tags are none.
    class_of, surface_of, tags_of
        int64 ``(roads,)``, the number of each road's value; -1 where it has none.
    oneway
        object ``(roads,)``, the column as it is.
    ferry, dry_only
        bool ``(roads,)``.
    maxspeed_kph, duration_s, length_m
        float64 ``(roads,)``; NaN = not given.
    up_factor, down_factor
        float64 ``(roads,)``, how many times as long as on the flat one walks along and against each road.
    flood
        By season float64 ``(roads,)``, the speed factor that floods leave; 0 = closed.
    """

    class_name: NDArray[np.object_]
    class_of: NDArray[np.int64]
    surface_name: NDArray[np.object_]
    surface_of: NDArray[np.int64]
    tags: tuple[dict[str, str], ...]
    tags_of: NDArray[np.int64]
    oneway: NDArray[np.object_]
    ferry: NDArray[np.bool_]
    dry_only: NDArray[np.bool_]
    maxspeed_kph: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    up_factor: NDArray[np.float64]
    down_factor: NDArray[np.float64]
    flood: dict[Season, NDArray[np.float64]]


def road_facts(
    roads: gpd.GeoDataFrame, floods: Sequence[FloodArea] = (), *, steepest: float = np.inf
) -> RoadFacts:
    """Return the facts of a roads layer that decide times.

    Parameters
    ----------
    roads
        The roads layer (LineStrings, metric CRS).
    floods
        Flooded areas, in the same CRS.
    steepest
        Steeper slopes (rise ÷ run) count as this.

    Raises
    ------
    KeyError
        The layer lacks a column.

    Examples
    --------
    A flood covers the eastern half of a road, and halves the speed there, in the wet season:

    >>> import geopandas as gpd
    >>> row = {"road_class": "primary", "surface": "asphalt", "oneway": "no", "season": "all_year"}
    >>> row |= {"tags": None, "route": None, "length_m": 1000.0, "maxspeed_kph": 40.0, "duration_s": np.nan}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> roads = gpd.GeoDataFrame([row], geometry=[line], crs="EPSG:32748")
    >>> facts = road_facts(roads, [FloodArea(shapely.box(500, -50, 1500, 50), 0.5, ("wet",))])
    >>> {season: factor.round(3).tolist() for season, factor in facts.flood.items()}
    {'dry': [1.0], 'wet': [0.667]}
    """
    class_of, class_name = pd.factorize(roads["road_class"].to_numpy(dtype=object))
    surface_of, surface_name = pd.factorize(roads["surface"].str.lower().to_numpy(dtype=object))
    tags_of, tags = pd.factorize(roads["tags"].to_numpy(dtype=object))
    up, down = _slope_factors(roads, steepest)
    return RoadFacts(
        class_name=np.asarray(class_name, dtype=object),
        class_of=class_of,
        surface_name=np.asarray(surface_name, dtype=object),
        surface_of=surface_of,
        # The last is the answer for roads without tags (code -1).
        tags=(*(split_tags(t) for t in tags), {}),
        tags_of=tags_of,
        oneway=roads["oneway"].to_numpy(dtype=object),
        ferry=(roads["route"] == FERRY).to_numpy(dtype=bool, na_value=False),
        dry_only=(roads["season"] == RoadSeason.DRY_ONLY).to_numpy(dtype=bool, na_value=False),
        maxspeed_kph=roads["maxspeed_kph"].to_numpy(dtype=np.float64),
        duration_s=roads["duration_s"].to_numpy(dtype=np.float64),
        length_m=roads["length_m"].to_numpy(dtype=np.float64),
        up_factor=up,
        down_factor=down,
        flood={season: _flood_factor(roads, floods, season) for season in ("dry", "wet")},
    )


def edge_seconds(
    facts: RoadFacts, profile: Profile, scenario: Scenario
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return seconds along and against each road (``inf`` = closed), and which are tagged local.

    Returns
    -------
    forward_s, backward_s
        float64 ``(roads,)``.
    local
        bool ``(roads,)``.

    Raises
    ------
    KeyError
        The scenario does not have the profile's mode.

    Examples
    --------
    A kilometre of one-way street with a limit of 40 km/h, for a car and on foot:

    >>> import geopandas as gpd
    >>> from planner.scenarios.modes import Profile
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = {"road_class": "primary", "surface": "asphalt", "oneway": "yes", "season": "all_year"}
    >>> row |= {"tags": None, "route": None, "length_m": 1000.0, "maxspeed_kph": 40.0, "duration_s": np.nan}
    >>> line = shapely.LineString([(0, 0), (1000, 0)])
    >>> facts = road_facts(gpd.GeoDataFrame([row], geometry=[line], crs="EPSG:32748"))
    >>> for mode in ("car", "walking"):
    ...     along, against, _ = edge_seconds(facts, Profile(mode, "dry"), default_scenario())
    ...     print(mode, along.tolist(), against.tolist())
    car [90.0] [inf]
    walking [720.0] [720.0]
    """
    mode = scenario.modes[profile.mode]
    along, local = _one_way_seconds(facts, profile, scenario, FORWARD)
    against = along
    if any(k.endswith((FORWARD, BACKWARD)) for tags in facts.tags for k in tags):
        against, local_back = _one_way_seconds(facts, profile, scenario, BACKWARD)
        local |= local_back
    forward, backward = along.copy(), against.copy()
    if mode.slope == "tobler":
        forward *= facts.up_factor
        backward *= facts.down_factor
    way = _oneway(facts, mode)
    backward[(way == Oneway.YES) | (way == Oneway.REVERSIBLE)] = np.inf
    forward[(way == Oneway.REVERSE) | (way == Oneway.REVERSIBLE)] = np.inf
    return forward, backward, local


def _one_way_seconds(
    facts: RoadFacts, profile: Profile, scenario: Scenario, way: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return seconds on the flat in one direction by its tags, and which roads are tagged local."""
    mode = scenario.modes[profile.mode]
    tags = [directed(t, way) for t in facts.tags]
    access = np.array([road_access(t, mode, scenario.access_values) for t in tags])[facts.tags_of]
    kph = _speeds(facts, mode, access, tags)
    kph = _on_surface(kph, facts, mode, profile.season, scenario)
    kph = _condition(kph, facts, mode, profile.season)
    with np.errstate(divide="ignore"):
        seconds = np.where(kph > 0, 3.6 * facts.length_m / np.where(kph > 0, kph, 1.0), np.inf)
    sailing = np.where(
        np.isnan(facts.duration_s), 3.6 * facts.length_m / scenario.ferry.speed_kph, facts.duration_s
    )
    seconds = np.where(facts.ferry, sailing if mode.ferry else np.inf, seconds)
    seconds[access == CLOSED] = np.inf
    factor = _speed_factor(facts, profile.mode, scenario)
    with np.errstate(divide="ignore"):
        seconds = np.where(factor > 0, seconds / factor, np.inf)
        flood = facts.flood[profile.season]
        seconds = np.where(flood > 0, seconds / flood, np.inf)
    if profile.season == "wet":
        seconds[facts.dry_only] = np.inf
    return seconds, access == LOCAL


def access_of(tags: dict[str, str], mode: Mode, values: AccessValues) -> int:
    """Return whether tags leave a road OPEN, LOCAL (to begin or end a trip), CLOSED, or GRANTED.

    GRANTED: a tag of the mode's own, not the general ``access`` or ``vehicle``, opens it explicitly.

    Parameters
    ----------
    tags
        Of the road or gate, as :func:`geodata.vocabulary.tags.split_tags` reads them.
    mode
        Whose access keys decide, the most specific first.
    values
        What the tags' values mean.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> scenario = default_scenario()
    >>> car, values = scenario.modes["car"], scenario.access_values
    >>> access_of({"access": "no"}, car, values) == CLOSED
    True
    >>> access_of({"access": "no", "motorcar": "yes"}, car, values) == GRANTED
    True
    >>> access_of({"access": "destination"}, car, values) == LOCAL
    True
    """
    key = next((k for k in mode.access if k in tags), None)
    closing = {
        k for k, words in mode.closed_if.items() if not set(words).isdisjoint(tags.get(k, "").split(MERGED))
    }
    # Of ways that were merged into one, the worst counts.
    each = [None] if key is None else tags[key].split(MERGED)
    return max((_access_said(key, text, closing, mode, values) for text in each), key=_FROM_BEST.index)


_FROM_BEST = (GRANTED, OPEN, LOCAL, CLOSED)


def _access_said(
    key: str | None, text: str | None, closing: set[str], mode: Mode, values: AccessValues
) -> int:
    """Return what one tag's value says, where other tags may close the road."""
    said = [] if text is None else [_for_mode(v, mode) for v in words_of(text)]
    own = key not in {None, "access", "vehicle"} and any(v in values.granted for v in said)
    if closing if not own else closing & _NEVER_OUTDONE:
        return CLOSED
    if own:
        return GRANTED
    if text is None:
        return OPEN
    # Several values: the most open counts.
    if any(v not in values.closed and v not in values.local for v in said):
        return OPEN
    return LOCAL if any(v in values.local for v in said) else CLOSED


def _for_mode(value: str, mode: Mode) -> str:
    """Return what a value means that names who may pass, as in ``access=foot``: yes or no."""
    if value not in ACCESS_KEYS:
        return value
    return "yes" if value in mode.access else "no"


def road_access(tags: dict[str, str], mode: Mode, values: AccessValues) -> int:
    """Return :func:`access_of` a road, CLOSED also where the mode does not fit.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> scenario = default_scenario()
    >>> narrow = {"motorcar": "yes", "width": "1"}
    >>> road_access(narrow, scenario.modes["car"], scenario.access_values) == CLOSED
    True
    """
    return access_of(tags, mode, values) if fits(tags, mode) else CLOSED


def fits(tags: dict[str, str], mode: Mode) -> bool:
    """Return whether a road or gate is wide, high and strong enough, as far as tags say.

    Parameters
    ----------
    tags
        Widths and heights in metres, weights in tonnes, as plain numbers.
    mode
        Its ``width_m``, ``height_m`` and ``weight_t``; what is None always fits.

    Raises
    ------
    ValueError
        A width, height or weight is no number.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> car = default_scenario().modes["car"]
    >>> fits({"width": "1"}, car), fits({"maxheight": "4"}, car), fits({}, car)
    (False, True, True)
    """
    needs = ((WIDTHS, mode.width_m), (HEIGHTS, mode.height_m), (WEIGHTS, mode.weight_t))
    return all(
        need is None or float(tags[key]) >= need for keys, need in needs for key in keys if key in tags
    )


def passes(tags: dict[str, str], mode: Mode, season: Season, values: AccessValues) -> bool:
    """Return whether a mode passes a barrier or ford (a node's tags).

    An access tag decides; without one, the kind of barrier (OSM wiki, Key:barrier), of several each.

    Examples
    --------
    A bollard stops a car, not a motorcycle; a tag lets the car through too:

    >>> from planner.scenarios.scenario import default_scenario
    >>> scenario = default_scenario()
    >>> car, motorcycle, values = scenario.modes["car"], scenario.modes["motorcycle"], scenario.access_values
    >>> bollard = {"barrier": "bollard"}
    >>> passes(bollard, car, "dry", values), passes(bollard, motorcycle, "dry", values)
    (False, True)
    >>> passes({**bollard, "motorcar": "yes"}, car, "dry", values)
    True
    """
    if tags.get("ford", "no") != "no" and mode.fords.of(season) == 0:
        return False
    if not fits(tags, mode):
        return False
    access = access_of(tags, mode, values)
    if access == OPEN and not any(k in tags for k in mode.access):
        return not _stopping(tags, mode)
    return access != CLOSED


def _stopping(tags: dict[str, str], mode: Mode) -> set[str]:
    """Return what stands at a node that stops the mode: of several barriers each one stops whom it stops."""

    def words(key: str) -> set[str]:
        return {word for part in tags.get(key, "").split(MERGED) for word in words_of(part)}

    standing = words("barrier")
    # ``bollard=rising`` opens the bollard, not the wall beside it; a tag of no barrier's name opens them all.
    opened = {k for k, words_open in mode.barriers_open_if.items() if not words(k).isdisjoint(words_open)}
    return set() if opened - standing else standing & set(mode.barriers) - opened


def _speeds(
    facts: RoadFacts, mode: Mode, access: NDArray[np.int64], tags: Sequence[dict[str, str]]
) -> NDArray[np.float64]:
    """Return km/h by class and speed limit; 0 where the class is closed."""
    by_class = np.array([mode.speeds_kph.get(str(n), 0.0) for n in facts.class_name])
    kph = by_class[facts.class_of]
    # Who is let in where the mode has no speed; nobody on what is no road, or is one no more.
    if_granted = np.array([
        mode.granted_speeds_kph.get(str(n), mode.granted_kph or 0.0)
        if str(n) in ROAD_CLASSES and str(n) != "waterway" else 0.0
        for n in facts.class_name
    ])  # fmt: skip
    granted = (access == GRANTED) & (kph == 0)
    # A toll road says motor_vehicle=yes of cars: only the mode's own name opens a class of a speed apart.
    own = [str(n) in mode.granted_speeds_kph for n in facts.class_name]
    apart = np.array(own, dtype=np.bool_)[facts.class_of]
    said = [bool(mode.access) and mode.access[0] in t for t in tags]
    named = np.array(said, dtype=np.bool_)[facts.tags_of]
    kph = np.where(granted & (named | ~apart), if_granted[facts.class_of], kph)
    if not mode.maxspeed:
        return kph
    # The mode's own limit before that of the direction, and that before the road's.
    keys = [*(f"maxspeed:{k}" for k in mode.access), "maxspeed"]
    one_way = np.array([float(next((t[k] for k in keys if k in t), "nan")) for t in tags])[facts.tags_of]
    limit = np.where(np.isnan(one_way), facts.maxspeed_kph, one_way)
    return np.asarray(np.fmin(kph, limit), dtype=np.float64)


def _on_surface(
    kph: NDArray[np.float64], facts: RoadFacts, mode: Mode, season: Season, scenario: Scenario
) -> NDArray[np.float64]:
    """Return km/h on the surface: tagged, or else as the tracktype suggests.

    Of several surfaces the worst counts; wording that is not known says nothing.
    """
    group = {value: name for name, values in scenario.surfaces.items() for value in values}
    factors = {name: mode.surface_factors[name].of(season) for name in mode.surface_factors}

    def factor_of(text: str) -> float:
        known = [group[w] for w in surface_words(text) if w in group]
        return min((factors.get(name, 1.0) for name in known), default=np.nan)

    by_surface = np.array([*(factor_of(str(s)) for s in facts.surface_name), np.nan])
    by_track = np.array(
        [factors.get(scenario.tracktype_surfaces.get(t.get("tracktype", ""), ""), 1.0) for t in facts.tags]
    )
    factor = by_surface[facts.surface_of]
    return kph * np.where(np.isnan(factor), by_track[facts.tags_of], factor)


def _condition(kph: NDArray[np.float64], facts: RoadFacts, mode: Mode, season: Season) -> NDArray[np.float64]:
    """Return km/h under the caps of smoothness and tracktype, and through fords."""
    cap = np.full(len(facts.tags), np.inf)
    ford = np.ones(len(facts.tags))
    for i, tags in enumerate(facts.tags):
        cap[i] = min(
            mode.smoothness_max_kph.get(tags.get("smoothness", ""), np.inf),
            mode.tracktype_max_kph.get(tags.get("tracktype", ""), np.inf),
        )
        if tags.get("ford", "no") != "no":
            ford[i] = mode.fords.of(season)
    return np.asarray(np.minimum(kph, cap[facts.tags_of]) * ford[facts.tags_of], dtype=np.float64)


def _oneway(facts: RoadFacts, mode: Mode) -> NDArray[np.object_]:
    """Return yes, reverse, reversible or no for the mode, by its most specific tag."""
    bound = "oneway" in mode.oneway
    # Whoever is aboard sails where the ferry does.
    way = facts.oneway if bound else np.where(facts.ferry, facts.oneway, Oneway.NO.value)
    special = [k for k in mode.oneway if k != "oneway"]
    said = [next((t[k] for k in special if k in t), None) for t in facts.tags]
    exception = np.array(
        [None if v is None else _worst_way(v.split(MERGED)).value for v in said], dtype=object
    )
    own = exception[facts.tags_of]
    return np.where(pd.isna(own), way, own)


def _worst_way(said: Sequence[str]) -> Oneway:
    """Return which way is open on a road of which each word holds for a part."""
    ways = {_ONEWAY_TAGS.get(v, Oneway.NO) for v in said} - {Oneway.NO}
    if len(ways) > 1:
        return Oneway.REVERSIBLE
    return next(iter(ways), Oneway.NO)


def _speed_factor(facts: RoadFacts, mode: str, scenario: Scenario) -> NDArray[np.float64]:
    """Return the product of the scenario's changes of speed, by road."""
    # A ferry keeps its own time.
    factor = np.ones(len(facts.class_name) + 1)
    for edit in scenario.edits:
        if edit.op == "speed" and edit.mode == mode:
            hit = [not edit.classes or str(n) in edit.classes for n in facts.class_name]
            factor[:-1][np.array(hit, dtype=bool)] *= edit.factor
    return np.where(facts.ferry, 1.0, factor[facts.class_of])


@dataclass(frozen=True)
class FloodArea:
    """A flooded polygon (metric CRS), its speed factor (0 closes), and when it counts."""

    polygon: shapely.Geometry
    factor: float
    seasons: tuple[Season, ...]


def _flood_factor(
    roads: gpd.GeoDataFrame, floods: Sequence[FloodArea], season: Season
) -> NDArray[np.float64]:
    """Return the speed factor that floods leave of each road.

    A flood of factor 0 closes every road that lies in it in part (roads are cut at its outline first, see
    planner.network.overlay); another slows the share of a road's length that lies in it. Where floods
    overlap each counts. Boats and ferries sail on. A piece of a road that an edit cut is slowed as the
    whole.
    """
    out = np.ones(len(roads))
    now = [f for f in floods if season in f.seasons]
    if not now or len(roads) == 0:
        return out
    afloat = (roads["route"].notna() | (roads["road_class"] == "waterway")).to_numpy()
    at, wet_m, _ = _under_water(roads.geometry.to_numpy(), afloat, [f for f in now if f.factor == 0])
    out[at[wet_m > TOUCH_M]] = 0.0
    slowing = [f for f in now if 0 < f.factor < 1]
    if slowing:
        line = whole_lines(roads)
        at, wet_m, factor = _under_water(line, afloat, slowing)
        length = shapely.length(line[at])
        share = np.divide(wet_m, length, out=np.ones_like(wet_m), where=length > 0)
        out /= 1.0 + np.bincount(at, weights=share * (1.0 / factor - 1.0), minlength=len(roads))
    return out


def _under_water(
    line: NDArray[np.object_], afloat: NDArray[np.bool_], floods: Sequence[FloodArea]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the roads on the ground that floods touch, each with its metres in the flood, and the factor."""
    polygons = np.array([f.polygon for f in floods], dtype=object)
    at, flood = shapely.STRtree(polygons).query(line, predicate="intersects")
    at, flood = at[~afloat[at]], flood[~afloat[at]]
    wet_m = shapely.length(shapely.intersection(line[at], polygons[flood]))
    return at, wet_m, np.array([f.factor for f in floods])[flood]


def _slope_factors(
    roads: gpd.GeoDataFrame, steepest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many times as long as on the flat each road takes on foot, along and against it."""
    flat = np.ones(len(roads))
    if "heights_m" not in roads:
        return flat, flat
    heights = [np.asarray(h, dtype=np.float64) for h in roads["heights_m"]]
    count = np.array([len(h) for h in heights])
    steps = np.maximum(count - 1, 0)
    if steps.sum() == 0:
        return flat, flat
    road = np.repeat(np.arange(len(roads)), count)
    rise = np.diff(np.concatenate(heights))[road[1:] == road[:-1]]
    of = np.repeat(np.arange(len(roads)), steps)
    length = heights_length_m(roads)
    run = (length / np.maximum(steps, 1))[of]
    slope = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    slope = np.clip(slope, -steepest, steepest)
    both = []
    for direction in (slope, -slope):
        takes = tobler_time_factor(direction)
        total = np.bincount(of, weights=takes, minlength=len(roads))
        both.append(np.where(steps > 0, total / np.maximum(steps, 1), 1.0))
    return both[0], both[1]


def fastest_mps(mode: Mode) -> float:
    """Return the most metres a second that a mode travels on any road, downhill where slopes count.

    Parameters
    ----------
    mode
        A way to travel.

    Examples
    --------
    A car drives 60 km/h at most:

    >>> from planner.scenarios.scenario import default_scenario
    >>> round(fastest_mps(default_scenario().modes["car"]), 2)
    16.67
    """
    kph = max([*mode.speeds_kph.values(), *mode.granted_speeds_kph.values(), mode.granted_kph or 0.0])
    downhill = float(tobler_time_factor(np.array([-TOBLER_OPTIMUM]))[0]) if mode.slope == "tobler" else 1.0
    return kph / 3.6 / downhill


def tobler_time_factor(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many times as long as on the flat walking takes at a slope (rise ÷ run).

    Unknown (NaN) slopes count as flat. Source: W. Tobler, NCGIA Technical Report 93-1, 1993.

    Parameters
    ----------
    slope
        float64, any shape; uphill is positive.

    Returns
    -------
    factor
        float64, of the same shape.

    Examples
    --------
    >>> tobler_time_factor(np.array([0.0, -0.05, 0.10])).round(3).tolist()
    [1.0, 0.839, 1.419]
    """
    factor = np.exp(TOBLER_SLOPE * (np.abs(slope + TOBLER_OPTIMUM) - TOBLER_OPTIMUM))
    return np.where(np.isnan(slope), 1.0, factor)
