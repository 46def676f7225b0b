"""People by village."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.codes import is_district, parse_village_code, regency_of
from geodata.errors import SchemaError, counted, first_five
from geodata.layers import Cell, Finding, rows_about
from geodata.readers.columns import Columns, known_heads, require_one_meaning
from geodata.readers.district_names import with_district_names
from geodata.readers.files.cells import (
    bad_codes,
    count_column,
    parts_of_people,
    pick_column,
    refuse_mostly_bad,
    require_rows,
    text_column,
    total_finding,
    total_rows,
)
from geodata.readers.files.opening import source_record
from geodata.readers.files.table import holds_table, read_table
from geodata.readers.files.vector import read_vector
from geodata.readers.register import Bridged, CodeSystem, FoundBy, Register, Rows, bridge
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from geodata.areafile import BoundariesFile, FileSource, PopulationFile

WHAT = "population"


def read_any_table(source: FileSource, what: str, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Read a table, or the attributes of a vector file, with the row number as index."""
    if holds_table(source.path) or not source.path.exists():
        return read_table(source, what, wanted)
    frame = read_vector(source, what)
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)).set_axis(range(1, len(frame) + 1), axis=0)


def read_population(
    source: PopulationFile, villages: gpd.GeoDataFrame, *, register: Register | None = None
) -> ReadLayer:
    """Return the villages with ``people`` (and ``people_<group>``); NaN stays unknown.

    Kecamatan without a name have the table's, where it is clear.

    A row without a Kemendagri code, or with one of BPS, is found by the register, or by name and kecamatan.

    Raises
    ------
    InputError
        Missing columns, text or negative numbers, a village twice, no code that fits, or most codes no codes.
    """
    assert source.path is not None
    heads = layer_columns("population")
    several = source.people if isinstance(source.people, tuple) else ()
    given = None if several else source.people
    named = (source.code, *([given] if isinstance(given, str) else []), *several, *source.groups.values())
    wanted = tuple(n for n in named if n) or (
        *heads["code"],
        *heads["people"],
    )
    table = read_any_table(source, WHAT, wanted)
    require_rows(table, WHAT, source.path.name)
    columns_ = Columns(table, known_heads(source, WHAT), WHAT)
    code_column = _code_column(columns_, source)
    assert not isinstance(given, tuple)
    people_column = pick_column(
        table.columns, several[0] if several else given, heads["people"], key="people", what=WHAT
    )
    if given is None and not several:
        require_one_meaning(table, str(people_column), "people", WHAT)
    for group, column in source.groups.items():
        pick_column(table.columns, column, (), key=f"groups.{group}", what=WHAT)
    text = text_column(table, code_column)
    coded = text.map(lambda t: isinstance(t, str) and parse_village_code(t) is not None)
    name = columns_.pick(source.name, "name")
    totals = total_rows(table, coded.astype(bool), number=people_column, name=name)
    findings = list(total_finding("population", totals))
    names = text_column(table, name)
    headings = names.map(lambda t: isinstance(t, str) and is_district(t)).astype(bool)
    headings &= ~coded.astype(bool) & ~totals
    findings += _headings_finding(names[headings], source.path.name)
    table, text = table[~totals & ~headings], text[~totals & ~headings]
    more = [pick_column(table.columns, column, (), key="people", what=WHAT) for column in several[1:]]
    numbers, doubts = _numbers(table, [str(c) for c in (people_column, *more)], source)
    findings += doubts
    bridged = _bridged(Columns(table, columns_.heads, WHAT), source, text, villages, register)
    findings += bridged.findings
    codes = bridged.code
    _check_codes(codes, text, villages, source.path.name)
    if len(villages):
        # A row without a code and without people is a remark or a heading.
        row = text.notna() | numbers["people"].notna()
        regency = regency_of(villages.index[0])
        refuse_mostly_bad(text[row], codes[row].isna(), WHAT, source.path.name, regency)
    findings += bad_codes("population", text, codes.isna())
    district = Columns(table, columns_.heads, WHAT).text(source.district_name, "district_name")
    said = dict(zip(codes[codes.notna()], district[codes.notna()], strict=True))
    villages, of_districts = with_district_names(villages, said, source.path.name)
    findings += of_districts
    numbers = numbers[codes.notna()].set_axis(pd.Index(codes.dropna().to_numpy(), dtype="str"), axis=0)
    return _join(villages, numbers, findings)._replace(source=source_record("population", source))


def _headings_finding(names: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    """Return the finding about rows of kecamatan among the villages, if there are any."""
    if names.empty:
        return ()
    effect = "its people are counted by the rows of its villages"
    cells = tuple(Cell(file, int(i), str(names.name), said, effect=effect) for i, said in names.items())
    return (Finding(
        "info", "population", "district_row", len(cells),
        tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows of a kecamatan, its heading or its sum, are no villages, and were left out",
        "none needed", cells,
    ),)  # fmt: skip


def _numbers(
    table: pd.DataFrame, people: list[str], source: PopulationFile
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the people of each row, of several columns their sum, and their groups; with what is doubtful.

    A part that is not known leaves the sum unknown.
    """
    assert source.path is not None
    file = source.path.name
    read = {column: count_column(table, column, "population", WHAT, file) for column in people}
    parts = {column: one.numbers for column, one in read.items()}
    together = pd.concat([parts[c] for c in people], axis=1).sum(axis=1, skipna=False)
    numbers = pd.DataFrame({"people": together})
    doubts = parts_of_people("population", parts, file)
    # Twelve and a half infants of 3,000 people are no 12,500; of people that are doubtful nothing follows.
    doubtful = {cell.row for one in doubts for cell in one.cells}
    within = numbers["people"].mask(numbers.index.isin(doubtful))
    counted = {
        c: count_column(table, c, "population", WHAT, file, within=within) for c in source.groups.values()
    }
    groups = {c: one.numbers for c, one in counted.items()}
    for group, column in source.groups.items():
        numbers[f"people_{group}"] = groups[column]
    no_counts = [finding for one in (read | counted).values() for finding in one.findings]
    return numbers, (*no_counts, *doubts, *parts_of_people("population", groups, file, within=within))


def _code_column(columns: Columns, source: PopulationFile) -> str | None:
    """Return the column of codes; None where villages are told by their names alone.

    Raises
    ------
    MissingColumnError
        There is neither.
    """
    column = columns.pick(source.code, "code")
    if column is None and columns.pick(source.name, "name") is None:
        pick_column(columns.table.columns, None, columns.heads["code"], key="code", what=WHAT)
    return column


def _bridged(
    columns: Columns, source: PopulationFile, text: pd.Series[Any], villages: gpd.GeoDataFrame,
    register: Register | None,
) -> Bridged:  # fmt: skip
    """Return each row's village: by its code, or by register, name and kecamatan where it has another one.

    A code of Kemendagri's that is none of the area stays as it is: the row is of elsewhere, whatever its
    name. Only where most rows of that kabupaten's codes name villages of the area are these its old ones.
    """
    assert source.path is not None
    known = Register.of_villages(villages)
    known = known if register is None else known.joined(register)
    name = columns.text(source.name, "name")
    rows = Rows(text, name, columns.text(source.district_name, "district_name"))
    heading = (str(text.name or ""), str(name.name or ""))
    found = bridge(rows, known, "population", source.path.name, heading)
    parsed = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    elsewhere = parsed.notna() & ~parsed.isin(villages.index) & (found.system == CodeSystem.KEMENDAGRI)
    elsewhere &= ~found.found_by.eq(FoundBy.BPS) & ~found.renumbered
    codes = found.code.mask(elsewhere, parsed).astype("str")
    by_other = ~found.found_by.isin([FoundBy.CODE, FoundBy.NONE]) & ~elsewhere
    if by_other.any():
        return found._replace(code=codes)
    # Rows that are of elsewhere, or have no code, are told as that.
    told = tuple(one for one in found.findings if one.rule != "code_bridge")
    return found._replace(code=codes, findings=told)


def _join(villages: gpd.GeoDataFrame, numbers: pd.DataFrame, findings: list[Finding]) -> ReadLayer:
    known = np.asarray(numbers.index.isin(villages.index))
    joined = villages.assign(
        **{str(c): numbers[c][known].reindex(villages.index).astype("float64") for c in numbers}
    )
    joined = joined[[*villages.columns.drop("geometry"), *(c for c in numbers if c != "people"), "geometry"]]
    strangers = numbers[~known]
    if len(strangers):
        people = float(strangers["people"].sum())
        finding = Finding(
            "warning", "population", "unknown_village", len(strangers),
            tuple(str(i) for i in strangers.index[:5]),
            f"rows whose code is no village of the area ({people:,.0f} people are not counted)",
            "correct the codes, or take the rows out",
            _rows(strangers.index, (f"{n:,.0f} people" for n in strangers["people"]), "is counted nowhere"),
        )  # fmt: skip
        findings.append(finding)
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


def _check_codes(codes: pd.Series[Any], text: pd.Series[Any], villages: gpd.GeoDataFrame, file: str) -> None:
    twice = codes[codes.notna() & codes.duplicated(keep=False)].sort_values(kind="stable")
    if len(twice):
        rows = twice.groupby(twice).apply(lambda one: ", ".join(map(str, one.index)))
        msg = (
            f"{WHAT}: {counted(len(rows), 'village occurs', 'villages occur')} more than once in "
            f"{file}: {first_five(f'{code} (rows {at})' for code, at in rows.items())}. Keep one row for "
            "each: one may be the heading of a kecamatan that has the village's name, or its sum."
        )
        raise SchemaError(msg)
    if codes.isin(villages.index).any() or villages.empty:
        return
    regency = regency_of(villages.index[0])
    found = first_five(text.dropna().head(5))
    msg = (
        f"{WHAT}: no code in {file} is a village of {regency}; it has {found}. Name the column of "
        "Kemendagri codes with code:. (BPS codes also have ten digits, but are numbered differently.)"
    )
    raise SchemaError(msg)
