"""An area with one list or table more, or another one, without its files: what the app's page does.

What ``build`` makes of AREA.yml is made here of layers that are there: the same readers, the same rules.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.errors import SchemaError, counted, first_five
from geodata.extent import declared_anew
from geodata.layers import Finding, Layers
from geodata.readers.facilities.layer import FACILITY_COLUMNS, facilities_layer, kinds_listed, parent_ids
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.hamlets import people_of_hamlets
from geodata.readers.place_fixes import Fix
from geodata.readers.population import read_population
from geodata.readers.result import ReadLayer
from geodata.readers.roads import study_zone
from geodata.schemas import validate
from geodata.vocabulary.statuses import FacilityStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from geodata.areafile import FacilitiesFile, PopulationFile
    from geodata.layers import SourceRecord

PUSKESMAS = "puskesmas"


def with_list(
    layers: Layers, source: FacilitiesFile, *, given: str, adds: bool = False, fix: Fix = Fix.SAFE,
    decided: Mapping[int, bool] = MappingProxyType({}),
) -> Layers:  # fmt: skip
    """Return an area with a list of facilities.

    Parameters
    ----------
    layers
        The area.
    source
        The list, as AREA.yml would name it.
    given
        The day on which it was given, for the record of sources.
    adds
        Whether its rows stand beside those that are there; else it takes the place of the lists of its kinds.
    fix, decided
        Which proposals for spoiled coordinates are taken over: of one row, by its number, whatever ``fix``
        says.

    Raises
    ------
    InputError
        As :func:`geodata.readers.facilities.lists.read_facilities`; also a list without any row, and ids that
        the area has already.
    """
    old, there = layers.facilities, set(layers.facilities["source"])
    again = adds and source.path.name in set(map(_file_of, there))
    read, new = _read_list(layers, source, given, again=again, fix=fix, decided=decided)
    kinds = kinds_listed(source, read, layers.area.official)
    kept = old if adds else old[~_replaced(old, set(kinds))]
    facilities = _joined(kept, new, source.path.name)
    covered, declared = declared_anew(layers, kinds, source.covers, source.path.name, adds=adds)
    villages = layers.villages.drop(columns="covered", errors="ignore")
    if declared:
        villages = _before_shapes(villages.assign(covered=covered))
    villages, lost = _with_puskesmas(villages, facilities)
    validate("villages", villages)
    listed = tuple(dict.fromkeys((*layers.area.listed_kinds, *kinds)))
    gone = there - set(kept["source"])
    return replace(
        layers,
        area=replace(layers.area, listed_kinds=listed, declared=declared),
        villages=villages,
        facilities=facilities,
        findings=(*_without(layers.findings, gone), *read.findings, *lost),
        sources=(*_sources_left(layers, kept, gone), _given(read, given)),
    )


def _read_list(
    layers: Layers, source: FacilitiesFile, given: str, *, again: bool, fix: Fix, decided: Mapping[int, bool]
) -> tuple[ReadLayer, gpd.GeoDataFrame]:
    """Return a list as read, and as rows of the facilities layer.

    Raises
    ------
    SchemaError
        None of its rows is of the area, or near it.
    """
    villages, stem = layers.villages, source.path.stem
    zone = study_zone(villages, layers.area.buffer_m)
    read = read_facilities(
        source, villages, prefix=f"{stem}-{given}" if again else stem,
        name=_name_of(source, given, again=again), zone=zone, regency=layers.area.name, fix=fix,
        decided=decided,
    )  # fmt: skip
    if not len(read.frame):
        msg = f"{source.path.name}: no row of it is a facility of {layers.area.name}; nothing was changed."
        raise SchemaError(msg)
    new = facilities_layer([read], villages.crs, zone)
    if (new["status"] == FacilityStatus.OUTSIDE_BUFFER).all():
        msg = (
            f"{source.path.name}: every row of it lies beyond {layers.area.name} and its buffer; nothing was "
            "changed. Is it a list of another kabupaten?"
        )
        raise SchemaError(msg)
    return read, new


def _name_of(source: FacilitiesFile, given: str, *, again: bool) -> str:
    """Return what findings call a list: its file, with the sheet, and with the day beside one of its name."""
    sheet = "" if source.sheet is None else f" [{source.sheet}]"
    return f"{source.path.name}{f' ({given})' if again else ''}{sheet}"


def _file_of(name: str) -> str:
    """Return the file of a list by what findings call it.

    Examples
    --------
    >>> _file_of("pustu.xlsx (2026-11-28) [Pustu]"), _file_of("pustu (lama).xlsx")
    ('pustu.xlsx', 'pustu (lama).xlsx')
    """
    return re.sub(r" \(\d{4}-\d\d-\d\d\)$", "", name.partition(" [")[0])


def _replaced(old: gpd.GeoDataFrame, kinds: Collection[str]) -> pd.Series[bool]:
    """Return which units a new list of some kinds takes the place of.

    Rows that nobody could tell the kind of go with the list they came from, once nothing else is left of it.
    """
    gone = old["kind"].isin(kinds)
    aside = old["status"] == FacilityStatus.SET_ASIDE
    left = set(old.loc[~gone & ~aside, "source"])
    return gone | (aside & ~old["source"].isin(left) & old["source"].isin(set(old.loc[gone, "source"])))


def _joined(kept: gpd.GeoDataFrame, new: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    twice = kept.index.intersection(new.index)
    if len(twice):
        msg = (
            f"{file}: {counted(len(twice), 'id is', 'ids are')} taken by units of other lists: "
            f"{first_five(twice)}. Leave the column of ids out, and ids are made from the row numbers."
        )
        raise SchemaError(msg)
    # Numbers that only the rows had that went.
    idle = [c for c in kept if c not in new and c not in FACILITY_COLUMNS and kept[c].isna().all()]
    parts = [part for part in (kept.drop(columns=idle), new) if len(part)]
    frame = _before_shapes(gpd.GeoDataFrame(pd.concat(parts), crs=new.crs)).sort_index()
    frame.index.name = "facility_id"
    frame["parent_id"] = parent_ids(frame["parent_id"], frame)
    validate("facilities", frame)
    return frame


def _before_shapes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[[*frame.columns.drop("geometry"), "geometry"]]


def _with_puskesmas(
    villages: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the villages without working areas of puskesmas that are no longer there."""
    if "puskesmas_id" not in villages:
        return villages, ()
    served_by = villages["puskesmas_id"]
    known = served_by.isin(facilities.index[facilities["kind"] == PUSKESMAS])
    lost = served_by.notna() & ~known
    if not lost.any():
        return villages, ()
    ids = tuple(sorted(set(served_by[lost])))
    return villages.assign(puskesmas_id=served_by.where(known)), (Finding(
        "warning", "working_areas", "unknown_puskesmas", len(ids), ids[:5],
        "puskesmas that the list of facilities does not have any more; "
        f"{counted(int(lost.sum()), 'village was', 'villages were')} theirs",
        "use the ids of the working areas in the new list, or build with a new table of working areas",
    ),)  # fmt: skip


def _without(findings: Iterable[Finding], gone: Collection[str]) -> tuple[Finding, ...]:
    """Return the findings that are not of files that are gone."""
    return tuple(f for f in findings if not any(f.message.startswith(f"{file}:") for file in gone))


def _sources_left(layers: Layers, kept: gpd.GeoDataFrame, gone: Collection[str]) -> tuple[SourceRecord, ...]:
    """Return the sources without lists of which no row is left."""
    files = set(map(_file_of, gone)) - set(map(_file_of, kept["source"]))
    return tuple(s for s in layers.sources if s.layer != "facilities" or s.file not in files)


def _given(read: ReadLayer, day: str) -> SourceRecord:
    assert read.source is not None
    return replace(read.source, given=day)


def _not_of_people(findings: Iterable[Finding]) -> Iterator[Finding]:
    return (f for f in findings if f.layer != "population" and f.rule != "people_from_hamlets")


def with_people(layers: Layers, source: PopulationFile, *, given: str) -> Layers:
    """Return an area with the people of a table, and the sum of a village's hamlets where it has none.

    Life-cycle groups that were counted before are left out, unless the table counts them too: with other
    totals they would no longer be parts of them.

    Parameters
    ----------
    given
        The day on which it was given, for the record of sources.

    Raises
    ------
    InputError
        As :func:`geodata.readers.population.read_population`.
    """
    before = layers.villages
    groups = [c for c in before if str(c).startswith("people_")]
    read = read_population(source, before.drop(columns=groups))
    summed = (
        ReadLayer(read.frame) if layers.hamlets is None else people_of_hamlets(read.frame, layers.hamlets)
    )
    validate("villages", summed.frame)
    counted_before = tuple(str(c).removeprefix("people_") for c in groups if c not in read.frame)
    said: tuple[Finding, ...] = ()
    if counted_before:
        said = (Finding(
            "info", "population", "groups_left_out", len(counted_before), counted_before[:5],
            "life-cycle groups were counted by the table before, and are shares of the people now",
            "give a table with columns of the groups through AREA.yml",
        ),)  # fmt: skip
    return replace(
        layers,
        villages=summed.frame,
        findings=(*_not_of_people(layers.findings), *read.findings, *summed.findings, *said),
        sources=(*(s for s in layers.sources if s.layer != "population"), _given(read, given)),
    )
