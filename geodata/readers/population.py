"""People by village."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import name_key, parse_village_code, regency_of
from geodata.errors import MissingColumnError, SchemaError, counted, first_five
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
from geodata.readers.files.header import Headed
from geodata.readers.files.marks import Marks, mark_findings
from geodata.readers.files.opening import source_record
from geodata.readers.files.signatures import signature_finding, signature_rows
from geodata.readers.files.table import holds_table, read_rows, titles_of
from geodata.readers.files.vector import read_vector
from geodata.readers.people_parts import part_columns, people_by_village
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
from geodata.readers.people_words import has_both_sexes, plain_words, spoken_against
from geodata.readers.register import Bridged, CodeSystem, FoundBy, Register, Rows, bridge
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.areafile import BoundariesFile, FileSource, PopulationFile

WHAT = "population"


def read_any_table(source: FileSource, what: str, wanted: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Read a table, or the attributes of a vector file, with the row number as index."""
    return _read_any(source, what, wanted).table


def _read_any(
    source: FileSource, what: str, wanted: tuple[str, ...] | None, named: Iterable[str | None] = ()
) -> Headed:
    if holds_table(source.path) or not source.path.exists():
        return read_rows(source, what, wanted, named=named)
    frame = read_vector(source, what)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return Headed(table.set_axis(range(1, len(frame) + 1), axis=0))


class PeopleRows(NamedTuple):
    """A table of people as its file has it.

    Attributes
    ----------
    columns
        The table (index: row number in the file) and the headings known for it.
    people
        The columns whose sum is the people.
    titles
        What stands above the headings.
    marks
        What the file says of its rows and columns besides.
    """

    columns: Columns
    people: tuple[str, ...]
    titles: tuple[str, ...]
    marks: Marks

    def only(self, keep: NDArray[np.bool_]) -> PeopleRows:
        """Return some of the rows.

        Parameters
        ----------
        keep
            bool ``(rows,)``.
        """
        return self._replace(columns=Columns(self.columns.table[keep], self.columns.heads, self.columns.what))

    def code(self, source: PopulationFile) -> str | None:
        """Return the column of codes; None where villages are told by their names alone.

        Raises
        ------
        MissingColumnError
            There is neither.
        """
        columns = self.columns
        column = columns.pick(source.code, "code")
        if column is None and columns.pick(source.name, "name") is None:
            pick_column(columns.table.columns, None, columns.heads["code"], key="code", what=WHAT)
        return column


def people_rows_of(source: PopulationFile) -> PeopleRows:
    """Return the rows of a table of people, whatever they are, and which columns count.

    Raises
    ------
    InputError
        The file cannot be read, is empty, or lacks a column.
    """
    table, marks = _read_any(source, WHAT, None, _named(source))
    columns = Columns(table, known_heads(source, WHAT), WHAT)
    require_rows(table, WHAT, source.path.name if source.path is not None else "")
    return PeopleRows(columns, tuple(_people_columns(columns, source)), titles_of(table), marks)


def read_population(
    source: PopulationFile, villages: gpd.GeoDataFrame, *, register: Register | None = None,
    name: str | None = None,
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

    Raises
    ------
    InputError
        Missing columns, text or negative numbers, most villages twice, no code that fits, or most codes no
        codes.
    """
    assert source.path is not None
    file = name or source.path.name
    found = people_rows_of(source)
    table = found.columns.table
    signed = signature_rows(table, {name_key(v) for v in villages["village_name"]} - {""})
    findings = list(signature_finding(WHAT, table, signed, file))
    found = found.only(~signed)
    columns, people = found.columns, found.people
    require_rows(columns.table, WHAT, file)
    findings += _against_people(found, source, file)
    rows = _table_rows(found, source)
    totals = total_rows(columns.table, rows.coded, number=people[0], name=columns.pick(source.name, "name"))
    findings += total_finding("population", totals, file)
    known = Register.of_villages(villages)
    known = known if register is None else known.joined(register)
    rows, of_rows = _without_headings(rows.kept(~totals), villages, file)
    numbers, doubts = _numbers(rows.table, people, source, file)
    rows, of_sums = _without_sums(rows, numbers["people"], known, file)
    numbers = numbers.loc[rows.table.index]
    findings += [*of_rows, *doubts, *of_sums, *mark_findings(WHAT, found.marks, rows.table, file)]
    bridged = _bridged(rows, known, villages, file)
    findings += bridged.findings
    codes = bridged.code
    twice = _rows_of_one_village(codes, source)
    _check_codes(codes, twice, rows, villages, file)
    findings += _twice_finding(codes[twice], rows, file)
    _require_codes(rows, codes, numbers["people"], villages, file)
    lost = codes.index[codes.isna()]
    findings += bad_codes("population", rows.code, codes.isna(), cells=_village_cells(rows, lost, file))
    own = codes[codes.notna()]
    said = dict(zip(own, rows.district[own.index], strict=True))
    villages, of_districts = with_district_names(villages, said, file)
    findings += (*of_districts, *_strangers(own, numbers["people"], rows, villages, file))
    # Which of its rows counts a village nobody can tell.
    numbers = numbers.loc[own.index].mask(twice[own.index], np.nan)
    if source.part_columns:
        numbers, told = people_by_village(numbers, own, rows.table.loc[own.index], source.part_columns, file)
        findings += told
    else:
        numbers = numbers.set_axis(pd.Index(own.to_numpy(), dtype="str"), axis=0)
        numbers = numbers[~numbers.index.duplicated()]
    return _join(villages, numbers, findings)._replace(source=source_record("population", source))


def _named(source: PopulationFile) -> tuple[str | None, ...]:
    """Return the columns that AREA.yml names."""
    people = (source.people,) if isinstance(source.people, str) else source.people or ()
    own = (source.code, source.name, source.district_name)
    return (*own, *people, *source.groups.values(), *source.part_columns)


def _people_columns(columns: Columns, source: PopulationFile) -> list[str]:
    """Return the columns whose sum is the people; those of groups are there too.

    Raises
    ------
    MissingColumnError
        One is not there, or nobody said which of two is meant.
    """
    table, given = columns.table, source.people
    for group, column in source.groups.items():
        pick_column(table.columns, column, (), key=f"groups.{group}", what=WHAT)
    if isinstance(given, tuple) and given:
        return [str(pick_column(table.columns, c, (), key="people", what=WHAT)) for c in given]
    heads = layer_columns("population")["people"]
    named = given if isinstance(given, str) else None
    column = str(pick_column(table.columns, named, heads, key="people", what=WHAT))
    if named is None:
        require_one_meaning(table, column, "people", WHAT)
    return [column]


def _against_people(found: PeopleRows, source: PopulationFile, file: str) -> tuple[Finding, ...]:
    """Return the finding about a column that counts something else by the words of its table, if it does.

    Raises
    ------
    MissingColumnError
        Nobody named the column.
    """
    assert source.path is not None
    column = found.people[0]
    said = plain_words(*found.titles, source.path.stem, source.sheet or "")
    against = spoken_against(column, said, sexes=has_both_sexes(found.columns.table.columns))
    if not against:
        return ()
    why = f"the column {column!r} of {file} counts {against}, by its heading, its title or the file's name"
    if source.people is None:
        msg = (
            f"{WHAT}: {why}, and not all people. Give a table of people, or say that it counts them with "
            f"people: {column}."
        )
        raise MissingColumnError(msg)
    return (Finding(
        "warning", "population", "people_doubtful", 1, (column,),
        f"{why}; it was taken for the people, as AREA.yml says",
        "look what it counts; where these are not all people, give another column or table",
        (Cell(file, 0, column, against, effect="counts as people"),),
    ),)  # fmt: skip


def _table_rows(found: PeopleRows, source: PopulationFile) -> TableRows:
    columns = found.columns
    text = text_column(columns.table, found.code(source))
    coded = text.map(lambda t: isinstance(t, str) and parse_village_code(t) is not None).astype(bool)
    name = columns.text(source.name, "name")
    return TableRows(columns.table, text, coded, name, columns.text(source.district_name, "district_name"))


def _without_headings(
    rows: TableRows, villages: gpd.GeoDataFrame, file: str
) -> tuple[TableRows, tuple[Finding, ...]]:
    """Return the rows without those that say that they are of a kecamatan; the others know theirs."""
    province = str(villages.index[0])[:2] if len(villages) else ""
    headings = heading_rows(rows, codes_above(rows, province))
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


def _numbers(
    table: pd.DataFrame, people: Sequence[str], source: PopulationFile, file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the people of each row, of several columns their sum, and their groups; with what is doubtful.

    A part that is not known leaves the sum unknown.
    """
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


def _bridged(rows: TableRows, known: Register, villages: gpd.GeoDataFrame, file: str) -> Bridged:
    """Return each row's village: by its code, or by register, name and kecamatan where it has another one.

    A code of Kemendagri's that is none of the area stays as it is: the row is of elsewhere, whatever its
    name. Only where most rows of that kabupaten's codes name villages of the area are these its old ones.
    """
    text, name = rows.code, rows.name
    heading = (str(text.name or ""), str(name.name or ""))
    found = bridge(Rows(text, name, rows.district), known, "population", file, heading)
    parsed = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    elsewhere = parsed.notna() & ~parsed.isin(villages.index) & (found.system == CodeSystem.KEMENDAGRI)
    elsewhere &= ~found.found_by.eq(FoundBy.BPS) & ~found.renumbered
    codes = found.code.mask(elsewhere, parsed).astype("str")
    near = found.found_by.eq(FoundBy.NEAR_NAME) & ~elsewhere
    found = found._replace(findings=(*found.findings, *_near_finding(codes[near], name, file)))
    by_other = ~found.found_by.isin([FoundBy.CODE, FoundBy.NONE]) & ~elsewhere
    if by_other.any():
        return found._replace(code=codes)
    # Rows that are of elsewhere, or have no code, are told as that.
    told = tuple(one for one in found.findings if one.rule != "code_bridge")
    return found._replace(code=codes, findings=told)


def _near_finding(codes: pd.Series[Any], name: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    """Return the finding about rows found by a name that is nearly a village's, if there are any."""
    cells = tuple(
        Cell(file, int(row), str(name.name), str(name[row]), str(code), applied=True, id=str(code))
        for row, code in codes.items()
    )
    return () if not cells else (Finding(
        "warning", "population", "near_name", len(cells),
        tuple(f"row {c.row} ({c.value}: {c.id})" for c in cells[:5]),
        f"{file}: names that are nearly those of villages in their kecamatan were taken for these",
        "write the names as the map has them, or the codes", cells,
    ),)  # fmt: skip


def _village_cells(
    rows: TableRows, which: pd.Index, file: str, ids: Iterable[str] = (), effects: Iterable[str] = ()
) -> tuple[Cell, ...]:
    """Return the cells that tell the village of some rows: the code, or the name where that is empty."""
    coded, named = (str(one.name or "") for one in (rows.code, rows.name))
    cells = []
    nothing = [""] * len(which)
    also = (list(ids) or nothing, list(effects) or nothing)
    for row, code, name, village, effect in zip(
        which, rows.code[which], rows.name[which], *also, strict=True
    ):
        by_name = not coded or (not isinstance(code, str) and isinstance(name, str))
        text = name if by_name else code
        value = text if isinstance(text, str) else ""
        cells.append(Cell(file, int(row), named if by_name else coded, value, id=village, effect=effect))
    return tuple(cells)


def _join(villages: gpd.GeoDataFrame, numbers: pd.DataFrame, findings: list[Finding]) -> ReadLayer:
    known = np.asarray(numbers.index.isin(villages.index))
    joined = villages.assign(
        **{str(c): numbers[c][known].reindex(villages.index).astype("float64") for c in numbers}
    )
    joined = joined[[*villages.columns.drop("geometry"), *(c for c in numbers if c != "people"), "geometry"]]
    return ReadLayer(joined, tuple(findings))


def _nowhere(people: float) -> str:
    return "is counted nowhere" if np.isnan(people) else f"its {people:,.0f} people are counted nowhere"


def _strangers(
    codes: pd.Series[Any], people: pd.Series[float], rows: TableRows, villages: gpd.GeoDataFrame, file: str
) -> tuple[Finding, ...]:
    """Return the finding about rows whose code is none of the area's, if there are any."""
    strange = codes[~codes.isin(villages.index)]
    if strange.empty:
        return ()
    return (Finding(
        "warning", "population", "unknown_village", len(strange), tuple(map(str, strange[:5])),
        f"rows whose code is no village of the area ({people[strange.index].sum():,.0f} people are not "
        "counted)",
        "correct the codes, or take the rows out",
        _village_cells(rows, strange.index, file, map(str, strange), map(_nowhere, people[strange.index])),
    ),)  # fmt: skip


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


def _refuse_unnamed(rows: TableRows, codes: pd.Series[Any], counted_rows: pd.Series[bool], file: str) -> None:
    """Raise SchemaError where most rows with people say no village, but which part of one they are."""
    parts = part_columns(rows.table)
    bare = counted_rows & codes.isna() & rows.name.isna() & rows.code.isna()
    if not parts or int(bare.sum()) * 2 <= int(counted_rows.sum()):
        return
    shown = first_five(f"row {row}" for row in rows.name.index[bare])
    msg = (
        f"{WHAT}: {counted(int(bare.sum()), 'row')} of {file} with people say {' and '.join(parts)} and no "
        f"village: {shown}. Write the village into each of them (in a spreadsheet: fill the cells below its "
        f"name), and parts: {_listed(parts)} into AREA.yml."
    )
    raise SchemaError(msg)


def _listed(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"[{', '.join(columns)}]"


def _require_codes(
    rows: TableRows, codes: pd.Series[Any], people: pd.Series[float], villages: gpd.GeoDataFrame, file: str
) -> None:
    """Raise SchemaError where most rows with people tell no village."""
    if villages.empty:
        return
    # A row without a code and without people is a remark or a heading.
    row = rows.code.notna() | people.notna()
    _refuse_unnamed(rows, codes, row, file)
    refuse_mostly_bad(rows.code[row], codes[row].isna(), WHAT, file, regency_of(villages.index[0]))


def _rows_of_one_village(codes: pd.Series[Any], source: PopulationFile) -> pd.Series[bool]:
    """Return which rows are of a village that other rows are of too, where they count no parts of it."""
    several = codes.notna() & codes.duplicated(keep=False)
    return several & (not source.part_columns)


def _twice_finding(codes: pd.Series[Any], rows: TableRows, file: str) -> tuple[Finding, ...]:
    """Return the finding about villages that stand in several rows, if there are any."""
    if codes.empty:
        return ()
    of = codes.groupby(codes).apply(lambda one: ", ".join(map(str, one.index)))
    return (Finding(
        "error", "population", "village_twice", len(of),
        tuple(f"{code} (rows {at})" for code, at in of.items())[:5],
        f"{file}: villages that stand in several rows; which counts is unknown, and so are their people",
        "keep one row for each: one may be of another village, or the sum of a kecamatan of its name",
        _village_cells(rows, codes.index, file, map(str, codes),
                       ["the people of its village are unknown"] * len(codes)),
    ),)  # fmt: skip


# Up to this share of the villages may stand twice, and be told; where more do the table is of another form.
TWICE_SHARE = 0.5


def _check_codes(
    codes: pd.Series[Any], several: pd.Series[bool], rows: TableRows, villages: gpd.GeoDataFrame, file: str
) -> None:
    text, parts = rows.code, part_columns(rows.table)
    twice = codes[several].sort_values(kind="stable")
    # Rows that say which part of a village they are mean to be summed.
    if len(twice) and (parts or twice.nunique() > TWICE_SHARE * codes.nunique()):
        of = twice.groupby(twice).apply(lambda one: ", ".join(map(str, one.index)))
        what_to_do = (
            f"Where each row counts a part of its village ({' and '.join(parts)}), write parts: "
            f"{_listed(parts)} into AREA.yml: they are summed." if parts else
            "Keep one row for each: one may be the heading of a kecamatan that has the village's name, or "
            "its sum. Where the rows count parts of the village, such as its dusun, name the column that "
            "tells them apart with parts: and they are summed."
        )  # fmt: skip
        msg = (
            f"{WHAT}: {counted(len(of), 'village occurs', 'villages occur')} more than once in "
            f"{file}: {first_five(f'{code} (rows {at})' for code, at in of.items())}. {what_to_do}"
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
