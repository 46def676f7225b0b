"""What another list does to an area, and what is doubtful in its data, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from app.areas.trials import EARLIER
from app.figures.sheets import ComparedSheets, comparison
from geodata.crs import WGS84
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from app.areas.trials import Trial
    from app.texts import Texts
    from geodata.layers import Cell, Finding, Layers

# Rows of one finding that are shown, and drawn on the map.
SHOWN_CELLS = 50
DRAWN_PLACES = 2_000
# A rule whose rows have a place to take or not.
DECIDED_RULES = ("place_mended", "place_proposed")


def data_named(what: str, texts: Texts) -> str:
    """Return the words for what took the place of some data: a file by its name, earlier data by their end.

    Parameters
    ----------
    what
        As :attr:`app.areas.trials.Trial.file` has it; what was kept in words once is told in these.

    Examples
    --------
    >>> from app.texts import Texts
    >>> data_named("earlier:2026-11-30T11:57:00+00:00", Texts("id")), data_named("pustu.xlsx", Texts("id"))
    ('data sampai 30 Nov 2026 18:57 WIB', 'pustu.xlsx')
    >>> data_named("earlier:long ago", Texts("id"))
    'earlier:long ago'
    """
    try:
        at = datetime.fromisoformat(what.removeprefix(EARLIER)) if what.startswith(EARLIER) else None
    except ValueError:
        at = None
    return what if at is None else texts.text("the data until {when}", when=texts.moment(at))


@dataclass(frozen=True)
class UnitsChange:
    """Units of a kind before and after: how many, how many with a place of their own, new and gone ids."""

    kind: str
    before: int
    after: int
    placed_before: int
    placed_after: int
    new: int
    gone: int


@dataclass(frozen=True)
class DataChange:
    """What a trial changes.

    Attributes
    ----------
    units
        Kinds of which anything is different.
    people_before, people_after, unknown_before, unknown_after
        People of the area, and villages of which they are unknown.
    compared
        The two answers to the base question.
    letter_before, letter
        The grade of the data as they are and as they would be.
    """

    units: list[UnitsChange]
    people_before: float
    people_after: float
    unknown_before: int
    unknown_after: int
    compared: ComparedSheets
    letter_before: str
    letter: str


def data_change(trial: Trial) -> DataChange:
    """Return what a trial changes; it computes for a moment."""
    before, after = trial.before.layers, trial.area.layers
    old, new = before.villages["people"], after.villages["people"]
    return DataChange(
        unit_changes(before, after), float(old.sum()), float(new.sum()), int(old.isna().sum()),
        int(new.isna().sum()), felt(comparison(trial.area.base, trial.before.base)),
        trial.before.grade.letter, trial.area.grade.letter,
    )  # fmt: skip


def felt(compared: ComparedSheets) -> ComparedSheets:
    """Return a comparison without villages for which only the name of the nearest unit is another.

    Another list of the same units has other ids.
    """
    table = compared.villages
    if not len(table):
        return compared
    differs = np.zeros(len(table), dtype=bool)
    for name in ("people_reached", "minutes_median", "minutes_max", "status", "reason"):
        old, new = table[f"{name}_before"], table[f"{name}_after"]
        differs |= ~((old == new) | (old.isna() & new.isna())).to_numpy(dtype=bool)
    return ComparedSheets(compared.totals, table[differs])


def unit_changes(before: Layers, after: Layers) -> list[UnitsChange]:
    """Return, for each kind of which anything differs, how its units differ."""
    kinds = dict.fromkeys((*before.area.listed_kinds, *after.area.listed_kinds))
    out = []
    for kind in kinds:
        old, new = (_of_kind(layers, kind) for layers in (before, after))
        change = UnitsChange(
            kind, len(old), len(new), _placed(old), _placed(new), len(new.index.difference(old.index)),
            len(old.index.difference(new.index)),
        )  # fmt: skip
        if change.new or change.gone or _differ(old, new):
            out.append(change)
    return out


def _differ(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> bool:
    """Return whether units of the same ids differ in what answers rest on."""
    facts = ["name", "village_code", "functioning", "closed", "located_by", "status", "geometry"]
    parts = ("staff_", "open_days_", "capacity_")
    numbers = sorted({c for f in (old, new) for c in f if str(c).startswith(parts) and f[c].notna().any()})
    same = new[facts].equals(old[facts])
    return not (same and new.reindex(columns=numbers).equals(old.reindex(columns=numbers)))


def _of_kind(layers: Layers, kind: str) -> gpd.GeoDataFrame:
    rows = layers.facilities
    return rows[(rows["kind"] == kind) & (rows["status"] != FacilityStatus.SET_ASIDE)]


def _placed(units: pd.DataFrame) -> int:
    return int((units["located_by"] == LocatedBy.COORDINATES).sum())


class Mark(NamedTuple):
    """A doubtful row on the map: where (degrees), how grave, what it is called, and what is proposed."""

    key: str
    lat: float
    lon: float
    severity: str
    title: str
    note: str


def marks(findings: list[Finding], layers: Layers) -> list[Mark]:
    """Return where on the map the rows of findings are: of a facility its place, of a village its middle.

    A row without a place, or of roads, is not on the map; at most 2,000 are drawn, of the gravest findings. A
    place that is only proposed is where it is proposed.
    """
    places = _Places(layers)
    out: dict[str, Mark] = {}
    for finding in findings:
        said = {c.id: c.proposal for c in finding.cells if c.id}
        for name in (*said, *(i for i in finding.ids if i not in said)):
            place = proposed_place(said.get(name, "")) or places.of(name)
            if place is not None and name not in out and len(out) < DRAWN_PLACES:
                lat, lon = place
                out[name] = Mark(name, lat, lon, finding.severity, places.name(name), said.get(name, ""))
    return list(out.values())


def proposed_place(proposal: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a proposal for a spoiled place; None for any other proposal.

    Examples
    --------
    >>> proposed_place("-8.170600, 113.702300: latitude and longitude are swapped; it lies in the area")
    (-8.1706, 113.7023)
    >>> proposed_place("pustu") is None
    True
    """
    found = re.match(r"(-?\d+\.\d{6}), (-?\d+\.\d{6}): ", proposal)
    return None if found is None else (float(found[1]), float(found[2]))


class _Places:
    """Where facilities and villages are, in degrees, and what they are called."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._units = layers.facilities.geometry.to_crs(WGS84)
        self._villages = layers.villages.geometry.representative_point().to_crs(WGS84)

    def of(self, name: str) -> tuple[float, float] | None:
        """Return latitude and longitude, 6 decimals; None where there is no place."""
        for points in (self._units, self._villages):
            if name in points.index:
                place = points.loc[name]
                if place is None or shapely.is_empty(place):
                    return None
                return round(place.y, 6), round(place.x, 6)
        return None

    def name(self, name: str) -> str:
        for rows, column in ((self._layers.facilities, "name"), (self._layers.villages, "village_name")):
            if name in rows.index:
                return str(rows.loc[name, column]) or name
        return name


def decidable(finding: Finding) -> list[Cell]:
    """Return the rows of a finding whose proposal may be taken or left."""
    return [c for c in finding.cells if c.proposal] if finding.rule in DECIDED_RULES else []
