"""People by village."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import name_key, regency_of
from geodata.layers import Cell, Finding, rows_about
from geodata.readers.district_names import with_district_names
from geodata.readers.files.cells import require_rows, total_finding, total_rows
from geodata.readers.files.marks import mark_findings
from geodata.readers.files.opening import source_record
from geodata.readers.files.signatures import signature_finding, signature_rows
from geodata.readers.people_elsewhere import other_district_finding, own_rows
from geodata.readers.people_parts import WHAT, people_by_village
from geodata.readers.people_rows import (
    Sums,
    TableRows,
    are_of_villages,
    codes_above,
    district_of_rows,
    heading_rows,
    headings_are_above,
    headings_finding,
    sum_rows,
    sums_finding,
)
from geodata.readers.people_table import against_people, people_of_rows, people_rows_of, table_rows
from geodata.readers.people_villages import (
    bridged_rows,
    repeated_finding,
    repeated_rows,
    require_codes,
    require_own_codes,
    rows_of_one_village,
    strangers_finding,
    twice_finding,
    unplaced_finding,
    with_shares,
)
from geodata.readers.register import Register
from geodata.readers.result import ReadLayer

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from geodata.areafile import BoundariesFile, PopulationFile


def read_population(
    source: PopulationFile, villages: gpd.GeoDataFrame, *, register: Register | None = None,
    name: str | None = None, regency: str = "",
) -> ReadLayer:  # fmt: skip
    """Return the villages with ``people`` (and ``people_<group>``); NaN stays unknown.

    Kecamatan without a name have the table's, where it is clear.

    A row without a Kemendagri code, or with one of BPS, is found by the register, or by name and kecamatan.
    Of a village that several rows count nobody knows the people, unless these count its parts.

    Parameters
    ----------
    register
        The codes in force, with those of BPS.
    name
        What findings call the table (:func:`geodata.areafile.list_names`); None for the file's name.
    regency
        The kabupaten's name, as tables of a province write it: rows that name another one are left aside.

    Raises
    ------
    InputError
        Missing columns, text or negative numbers, most villages twice, no code that fits, or most codes no
        codes.
    """
    assert source.path is not None
    file = name or source.path.name
    known = Register.of_villages(villages)
    known = known if register is None else known.joined(register)
    found = _village_rows(source, villages, known, regency, file)
    own, twice, of_codes = _villages_of(found, source, known, villages, file)
    said = dict(zip(own, found.rows.district[own.index], strict=True))
    villages, of_districts = with_district_names(villages, said, file)
    strangers = strangers_finding(own, found.numbers["people"], found.rows, villages, file)
    # Which of its rows counts a village nobody can tell.
    numbers = found.numbers.loc[own.index].mask(twice[own.index], np.nan)
    numbers, told = _by_village(numbers, own, found.rows.table, source, file)
    findings = [*found.findings, *of_codes, *of_districts, *strangers, *told]
    return _join(villages, numbers, findings)._replace(source=source_record("population", source))


class _VillageRows(NamedTuple):
    """The rows of a table that count people of villages: what they say, and ``numbers`` of people by row.

    ``ours`` tells which rows name the area's kabupaten.
    """

    rows: TableRows
    numbers: pd.DataFrame
    ours: pd.Series[bool]
    findings: tuple[Finding, ...]


def _village_rows(
    source: PopulationFile, villages: gpd.GeoDataFrame, known: Register, regency: str, file: str
) -> _VillageRows:
    """Return the rows of a file without signatures, totals, headings, sums of kecamatan and others' rows."""
    code = regency_of(str(villages.index[0])) if len(villages) else ""
    own = own_rows(people_rows_of(source), source, code, (regency, known.regency), file)
    found = own.rows
    table = found.columns.table
    signed = signature_rows(table, {name_key(v) for v in villages["village_name"]} - {""})
    of_signatures = signature_finding(WHAT, table, signed, file)
    found = found.only(~signed)
    columns, people = found.columns, found.people
    require_rows(columns.table, WHAT, file)
    of_column = against_people(found, source, file)
    rows = table_rows(found, source)
    totals = total_rows(columns.table, rows.coded, number=people[0], name=columns.pick(source.name, "name"))
    of_totals = total_finding("population", totals, file)
    rows, of_headings = _without_headings(rows.kept(~totals), villages, file)
    numbers, doubts = people_of_rows(rows.table, people, source, file)
    rows, of_sums = _without_sums(rows, numbers["people"], known, file)
    of_marks = mark_findings(WHAT, found.marks, rows.table, file)
    findings = (
        *own.findings,
        *of_signatures,
        *of_column,
        *of_totals,
        *of_headings,
        *doubts,
        *of_sums,
        *of_marks,
    )
    index = rows.table.index
    return _VillageRows(rows, numbers.loc[index], own.ours[index], findings)


def _villages_of(
    found: _VillageRows, source: PopulationFile, known: Register, villages: gpd.GeoDataFrame, file: str
) -> tuple[pd.Series[Any], pd.Series[bool], tuple[Finding, ...]]:
    """Return the code of each row that tells a village, and which rows are of one that others are of too."""
    rows, people = found.rows, found.numbers["people"]
    bridged = bridged_rows(rows, known, villages, file, found.ours)
    again = repeated_rows(rows.table, bridged.code, rows.district) & (not source.part_columns)
    of_again = repeated_finding(bridged.code[again], rows, file)
    aside = bridged.code.isna() & bridged.strange
    of_others = other_district_finding(aside, people, rows, file)
    rest = ~(again | aside)
    codes, rows = bridged.code[rest], rows.kept(rest)
    twice = rows_of_one_village(codes, source)
    require_own_codes(codes, twice, rows, villages, file)
    of_twice = twice_finding(codes[twice], rows, file)
    require_codes(rows, codes, people[rest], villages, file)
    of_lost = unplaced_finding(codes, rows, file)
    counted = found.rows.kept(~again), known
    told = with_shares(bridged.findings, bridged.code[~again], twice, people[~again], counted)
    return codes[codes.notna()], twice, (*told, *of_others, *of_again, *of_twice, *of_lost)


def _by_village(
    numbers: pd.DataFrame, own: pd.Series[Any], table: pd.DataFrame, source: PopulationFile, file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the numbers by village code: the sums of its rows where these count its parts."""
    if source.part_columns:
        return people_by_village(numbers, own, table.loc[own.index], source.part_columns, file)
    numbers = numbers.set_axis(pd.Index(own.to_numpy(), dtype="str"), axis=0)
    return numbers[~numbers.index.duplicated()], ()


def _without_headings(
    rows: TableRows, villages: gpd.GeoDataFrame, file: str
) -> tuple[TableRows, tuple[Finding, ...]]:
    """Return the rows without those that say that they are of a kecamatan; the others know theirs."""
    province = str(villages.index[0])[:2] if len(villages) else ""
    keys = ({name_key(n) for n in villages[c] if n} for c in ("district_name", "village_name"))
    headings = heading_rows(rows, codes_above(rows, province), *keys)
    district = district_of_rows(rows.district, headings, below=headings_are_above(headings))
    keep = headings.isna()
    return rows._replace(district=district).kept(keep), headings_finding(rows, headings, file)


def _without_sums(
    rows: TableRows, people: pd.Series[float], known: Register, file: str
) -> tuple[TableRows, tuple[Finding, ...]]:
    """Return the rows without those that are the sums of the rows beside them; the others know theirs."""
    keys = {name for name, _ in known.names.values()}
    districts = {district for _, district in known.names.values()} - {""}
    own = rows.name.map(lambda t: name_key(t) if isinstance(t, str) else "")
    named = (rows.name.notna() | rows.code.notna()).to_numpy(dtype=bool)
    some = np.flatnonzero(named)
    may = ~rows.coded.to_numpy(dtype=bool)
    of = sum_rows(
        people.to_numpy(dtype=float)[some], may[some], own.isin(districts).to_numpy(dtype=bool)[some]
    )
    found = np.zeros(len(may), dtype=bool)
    found[some[of.rows]] = True
    if not found.any() or not are_of_villages(rows, found, keys):
        return rows, ()
    sums = Sums(found, of.below)
    # Only a kecamatan that is known tells where the villages below its name are.
    label = rows.name.where(found & (own.isin(districts).to_numpy(dtype=bool) | (not districts)))
    headings = label.mask(found & label.isna().to_numpy(dtype=bool), "")
    district = district_of_rows(rows.district, headings, below=of.below)
    told = sums_finding(rows, people, sums, file)
    return rows._replace(district=district).kept(pd.Series(~found, index=rows.name.index)), told


def _join(villages: gpd.GeoDataFrame, numbers: pd.DataFrame, findings: list[Finding]) -> ReadLayer:
    known = np.asarray(numbers.index.isin(villages.index))
    joined = villages.assign(
        **{str(c): numbers[c][known].reindex(villages.index).astype("float64") for c in numbers}
    )
    joined = joined[[*villages.columns.drop("geometry"), *(c for c in numbers if c != "people"), "geometry"]]
    return ReadLayer(joined, tuple(findings))


def with_column_of_boundaries(
    villages: gpd.GeoDataFrame, column: pd.Series[float], boundaries: BoundariesFile
) -> ReadLayer:
    """Return villages with a table's people, and the boundary file's where the table has none.

    Parameters
    ----------
    villages
        With the table's ``people``, which count.
    column
        The people of the boundary file, by village code; NaN = unknown.
    boundaries
        What AREA.yml says of that file.
    """
    people = villages["people"]
    differ = villages.index[(people.notna() & column.notna() & (people != column)).to_numpy()]
    filled = villages.index[(people.isna() & column.notna()).to_numpy()]
    findings = []
    if len(differ):
        theirs = f"{people[differ].sum():,.0f} and {column[differ].sum():,.0f} people"
        shown = [f"{c} (table {people[c]:,.0f}, boundaries {column[c]:,.0f})" for c in differ[:5]]
        findings.append(Finding(
            "warning", "population", "people_differ", len(differ), tuple(shown),
            f"villages where the table and the column {boundaries.people!r} of the boundary file differ "
            f"({theirs}); the table counts",
            "compare their years, and take people: of boundaries: out, or the table",
            _rows(differ, (f"table {people[c]:,.0f}, boundaries {column[c]:,.0f}" for c in differ),
                  "the table's number counts"),
        ))  # fmt: skip
    if len(filled):
        findings.append(Finding(
            "info", "villages", "people_from_boundaries", len(filled), tuple(filled[:5]),
            "villages that the population table lacks have the number of the boundary file", "none needed",
            rows_about(filled, "people", effect="the boundary file's number counts"),
        ))  # fmt: skip
    return ReadLayer(villages.assign(people=people.fillna(column)), tuple(findings))


def _rows(codes: Iterable[object], said: Iterable[str], effect: str) -> tuple[Cell, ...]:
    return tuple(
        Cell("", 0, "people", text, id=str(code), effect=effect)
        for code, text in zip(codes, said, strict=True)
    )
