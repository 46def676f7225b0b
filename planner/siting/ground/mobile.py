"""Mobile stops: which unit serves each, by road or boat, and which stops no unit reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.errors import ConfigError
from planner.coverage.reach import usable_facilities
from planner.scenarios.modes import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Study
    from planner.scenarios.modes import Season
    from planner.siting.measures import Measure

NOT_SERVED = "no_unit_near"


def reached_stops(
    study: Study,
    candidates: gpd.GeoDataFrame,
    measures: Mapping[str, Measure],
    seasons: tuple[Season, ...] | None = None,
) -> gpd.GeoDataFrame:
    """Return the candidates without the mobile stops that no unit reaches, each with the unit that serves it.

    Parameters
    ----------
    study
        Its roads and boats with the scenario's edits.
    candidates
        As from :func:`planner.siting.candidates.find_candidates`.
    measures
        By name; those of ``op: mobile`` say from which kind, by which mode and within how many minutes.
    seasons
        One unit has to be within reach in all of these; the scenario's own season when None.

    Returns
    -------
    candidates
        ``served_from`` (``facility_id``; "" for what is no stop) and ``served_minutes`` (from there to the
        stop, in the slowest of the seasons; NaN for what is no stop). A stop's ``name`` says both.
        ``attrs["excluded"]`` counts the stops that are left out.

    Raises
    ------
    ConfigError
        No unit of that kind is listed, the area has no roads, the mode is not prepared, or no stop is left
        and nothing else either.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers
    >>> from planner.siting.candidates import find_candidates
    >>> from planner.siting.measures import Measure
    >>> study = Study(demo_layers(12), modes=["car"])
    >>> stop = Measure(op="mobile", kind="pustu", days_a_month=4, counts_from_days=4, reach_minutes=20)
    >>> found = find_candidates(study.layers, study.demand, {"pusling": stop})
    >>> served = reached_stops(study, found, {"pusling": stop})
    >>> served["name"].iloc[0], bool(served["served_minutes"].max() <= 20.0)
    ('mobile stop from Puskesmas Margarekaan, 4 days a month', True)
    """
    mobile = {name: one for name, one in measures.items() if one.op == "mobile"}
    unit = pd.Series("", index=candidates.index, dtype=object)
    minutes = pd.Series(np.nan, index=candidates.index)
    title, far = candidates["name"].copy(), pd.Series(data=False, index=candidates.index)
    for name, measure in mobile.items():
        stops = candidates[candidates["measure"] == name]
        nearest, slowest_s = _served(study, stops, name, measure, seasons or (study.scenario.season,))
        unit[stops.index], minutes[stops.index] = nearest, slowest_s / 60.0
        far[stops.index] = ~(slowest_s <= (measure.reach_minutes or 0.0) * 60.0)
        called = _called(study.layers.facilities, measure.from_kind)
        title[stops.index] = [
            stop_name(own, called.get(unit, unit), measure.days_a_month or 0.0)
            for own, unit in zip(stops["name"], nearest, strict=True)
        ]
    found = candidates.assign(name=title, served_from=unit, served_minutes=minutes)[~far]
    if len(found) == 0:
        msg = f"no stop of {', '.join(mobile)} is within reach of a unit that functions: raise reach_minutes"
        raise ConfigError(msg, why="no_stop_in_reach")
    if far.any():
        found.attrs["given"] = candidates.attrs.get("given", {})
        found.attrs["excluded"] = {**candidates.attrs.get("excluded", {}), NOT_SERVED: int(far.sum())}
    return found


def stop_name(own: str, unit: str, days: float) -> str:
    """Return the name of a stop: documents read it back, to say it in their language.

    Parameters
    ----------
    own
        The name that it has of its own; "" for none.
    unit
        What the unit is called that serves it.
    days
        On how many days a month it is served.

    Examples
    --------
    >>> stop_name("", "Puskesmas Rekaan", 4.0)
    'mobile stop from Puskesmas Rekaan, 4 days a month'
    >>> stop_name("Balai desa", "Puskesmas Rekaan", 0.5)
    'Balai desa (mobile stop from Puskesmas Rekaan, 0.5 days a month)'
    """
    said = f"mobile stop from {unit}, {days:g} days a month"
    return f"{own} ({said})" if own else said


def _called(facilities: gpd.GeoDataFrame, kind: str) -> dict[str, str]:
    """Return what units are called: lists often leave out the kind, and some names altogether."""
    names = facilities.loc[facilities["kind"] == kind, "name"].fillna("").astype(str).str.strip()
    return {
        str(unit): name if name.lower().startswith(kind) else f"{kind} {name or unit}"
        for unit, name in names.items()
    }


def _served(
    study: Study, stops: gpd.GeoDataFrame, name: str, measure: Measure, seasons: tuple[Season, ...]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return for each stop the nearest unit in the slowest season, and the seconds from there."""
    gaps = study.gaps()
    _require_bases(study, name, measure)
    units = usable_facilities(gaps.layers, (measure.from_kind,))
    if len(units) == 0:
        msg = f"{name}: no {measure.from_kind} functions from which a mobile stop could be served"
        raise ConfigError(msg)
    slowest_s = np.zeros((len(stops), len(units)))
    for season in seasons:
        profile = Profile(measure.mode, season)
        assert gaps.ways is not None
        router = gaps.ways.router(profile)
        places, bases = gaps.ways.units(profile, stops), gaps.ways.units(profile, units)
        slowest_s = np.maximum(slowest_s, router.matrix(places, bases, direction="from_facility"))
    # Units are in order of their ids: of equally near ones the first serves.
    best = np.argmin(slowest_s, axis=1)
    return units.index.to_numpy(dtype=object)[best], slowest_s[np.arange(len(stops)), best]


def _require_bases(study: Study, name: str, measure: Measure) -> None:
    if measure.from_kind not in study.layers.area.listed_kinds:
        msg = f"{name}: no list of {measure.from_kind} was given, so nobody knows what serves a mobile stop"
        raise ConfigError(msg)
    if study.ways is None:
        msg = (
            f"{name}: the study area has no roads, so nobody knows which stops a {measure.from_kind} reaches"
        )
        raise ConfigError(msg)
    if measure.mode not in study.modes:
        modes = ", ".join(study.modes)
        msg = (
            f"{name}: the mode {measure.mode!r} was not prepared (there are {modes}): "
            f"Study(…, modes=[{measure.mode!r}])"
        )
        raise ConfigError(msg)
