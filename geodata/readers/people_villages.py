"""Which village each row of a table of people is of, and what is doubtful there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.codes import name_key, parse_village_code, regency_of, village_key
from geodata.errors import SchemaError, counted, first_five
from geodata.layers import Cell, Finding
from geodata.readers.files.cells import NUMBERS, bad_codes, refuse_mostly_bad
from geodata.readers.people_parts import WHAT, part_columns
from geodata.readers.register import Bridged, CodeSystem, FoundBy, Register, Rows, bridge
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from geodata.areafile import PopulationFile
    from geodata.readers.people_rows import TableRows


def bridged_rows(
    rows: TableRows, known: Register, villages: gpd.GeoDataFrame, file: str, ours: pd.Series[bool]
) -> Bridged:
    """Return each row's village: by its code, or by register, name and kecamatan where it has another one.

    A code of another kabupaten of Kemendagri's stays as it is: the row is of elsewhere, whatever its name.
    Only where most rows of that kabupaten's codes name villages of the area are these its old ones. A code of
    the area's own kabupaten that is not in force stays where no name tells the village.

    Parameters
    ----------
    ours
        By row, whether it names the area's kabupaten.
    """
    text, name = rows.code, rows.name
    heading = (str(text.name or ""), str(name.name or ""))
    said = Rows(text, name, rows.district, ours=ours.to_numpy(dtype=bool))
    found = bridge(said, known, "population", file, heading)
    parsed = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    elsewhere = parsed.notna() & ~parsed.isin(villages.index) & (found.system == CodeSystem.KEMENDAGRI)
    elsewhere &= ~found.found_by.eq(FoundBy.BPS) & ~found.renumbered & ~found.unproven
    regencies = {regency_of(code) for code in villages.index}
    own = parsed.map(lambda code: isinstance(code, str) and regency_of(code) in regencies).astype(bool)
    elsewhere &= ~own | found.code.isna()
    codes = found.code.mask(elsewhere, parsed).astype("str")
    near = found.found_by.eq(FoundBy.NEAR_NAME) & ~elsewhere
    found = found._replace(findings=(*found.findings, *_near_finding(codes[near], name, file)))
    by_other = ~found.found_by.isin([FoundBy.CODE, FoundBy.NONE]) & ~elsewhere
    if by_other.any():
        return found._replace(code=codes)
    # Rows that are of elsewhere, or have no code, are told as that.
    told = tuple(one for one in found.findings if one.rule != "code_bridge")
    return found._replace(code=codes, findings=told)


def with_shares(
    findings: tuple[Finding, ...], codes: pd.Series[Any], twice: pd.Series[bool], people: pd.Series[float],
    of: tuple[TableRows, Register],
) -> tuple[Finding, ...]:  # fmt: skip
    """Return findings where that of how villages were found says how many rows, and people, have one.

    Parameters
    ----------
    codes, people
        Of each row its village, missing for none, and its people.
    twice
        Which rows are of a village that others are of too.
    of
        The rows, and the villages of the area.
    """
    rows, known = of
    several = codes.isna() & pd.Series(
        [
            isinstance(name, str) and len(known.named(village_key(name), _key(district))) > 1
            for name, district in zip(rows.name, rows.district, strict=True)
        ],
        codes.index,
    )
    unclear = several | twice.reindex(codes.index, fill_value=False).astype(bool)
    matched = codes.isin(list(known.names)) & ~unclear
    parts = [
        f"{counted(int(which.sum()), 'row')} with {people[which].sum():,.0f} people {said}"
        for which, said in (
            (matched, "found their village"), (unclear, "may be of several"),
            (~matched & ~unclear, "found none"),
        )
    ]  # fmt: skip
    return tuple(
        replace(one, message=f"{one.message}: {', '.join(parts)}") if one.rule == "code_bridge" else one
        for one in findings
    )


def _key(text: object) -> str:
    return name_key(text) if isinstance(text, str) else ""


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


def unplaced_finding(codes: pd.Series[Any], rows: TableRows, file: str) -> tuple[Finding, ...]:
    """Return the finding about rows of which neither code nor name tells the village, if there are any."""
    none = codes.isna()
    cells = village_cells(rows, codes.index[none], file)
    if rows.code.notna().any():
        return bad_codes(WHAT, rows.code, none, cells=cells)
    told = bad_codes(
        WHAT, rows.name, none, "rows whose name is of no village of the area, or of several", cells
    )
    action = "write the names of village and kecamatan as the map has them, or give the codes"
    return tuple(replace(one, action=action) for one in told)


def village_cells(
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


def _nowhere(people: float) -> str:
    return "is counted nowhere" if np.isnan(people) else f"its {people:,.0f} people are counted nowhere"


def strangers_finding(
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
        village_cells(rows, strange.index, file, map(str, strange), map(_nowhere, people[strange.index])),
    ),)  # fmt: skip


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


def require_codes(
    rows: TableRows, codes: pd.Series[Any], people: pd.Series[float], villages: gpd.GeoDataFrame, file: str
) -> None:
    """Raise SchemaError where most rows with people tell no village."""
    if villages.empty:
        return
    # A row without a code and without people is a remark or a heading.
    row = rows.code.notna() | people.notna()
    _refuse_unnamed(rows, codes, row, file)
    if rows.code.notna().any():
        refuse_mostly_bad(rows.code[row], codes[row].isna(), WHAT, file, regency_of(villages.index[0]))
    elif int(codes[row].isna().sum()) * 2 > int(row.sum()):
        shown = first_five(rows.name[row & codes.isna()].fillna("(empty)"))
        msg = (
            f"{WHAT}: {codes[row].isna().sum()} of {row.sum()} names in {file} are of no village of "
            f"{regency_of(villages.index[0])}, or of several: {shown}. Name the right columns with name: and "
            "district_name: in AREA.yml (regency: in a table of a province), or give codes."
        )
        raise SchemaError(msg)


def rows_of_one_village(codes: pd.Series[Any], source: PopulationFile) -> pd.Series[bool]:
    """Return which rows are of a village that other rows are of too, where they count no parts of it."""
    several = codes.notna() & codes.duplicated(keep=False)
    return several & (not source.part_columns)


def repeated_rows(table: pd.DataFrame, of: pd.Series[Any], district: pd.Series[Any]) -> pd.Series[bool]:
    """Return which rows of a village say again, in every column, what a row above says of it.

    Parameters
    ----------
    table
        The rows; a column that numbers them does not count.
    of
        The village of each row, by its code or name; missing where it tells none.
    district
        The kecamatan of each row, which may stand above it.

    Examples
    --------
    >>> rows = pd.DataFrame({"No": [1, 2, 3], "Desa": ["A", "A", "A"], "Jiwa": [42, 42, 43]})
    >>> repeated_rows(rows, rows["Desa"], rows["Desa"]).tolist()
    [False, True, False]
    """
    said = [c for c in table if spelling_key(str(c)) not in NUMBERS]
    rows = table[said].astype(object).set_axis([f"said {i}" for i in range(len(said))], axis=1)
    rows = rows.assign(of=of.to_numpy(dtype=object), district=district.to_numpy(dtype=object))
    return rows.duplicated() & of.notna().to_numpy(dtype=bool)


def repeated_finding(codes: pd.Series[Any], rows: TableRows, file: str) -> tuple[Finding, ...]:
    """Return the finding about rows that say again what another says, if there are any."""
    if codes.empty:
        return ()
    return (Finding(
        "warning", "population", "row_repeated", len(codes),
        tuple(f"{code} (row {row})" for row, code in codes.items())[:5],
        f"{file}: rows that say word for word what another row says; each village was counted once",
        "take the repeated rows out; if they count parts of their villages, say which",
        village_cells(rows, codes.index, file, map(str, codes), ["is counted once"] * len(codes)),
    ),)  # fmt: skip


def twice_finding(codes: pd.Series[Any], rows: TableRows, file: str) -> tuple[Finding, ...]:
    """Return the finding about villages that stand in several rows, if there are any."""
    if codes.empty:
        return ()
    of = codes.groupby(codes).apply(lambda one: ", ".join(map(str, one.index)))
    return (Finding(
        "error", "population", "village_twice", len(of),
        tuple(f"{code} (rows {at})" for code, at in of.items())[:5],
        f"{file}: villages that stand in several rows; which counts is unknown, and so are their people",
        "keep one row for each: one may be of another village, or the sum of a kecamatan of its name",
        village_cells(rows, codes.index, file, map(str, codes),
                       ["the people of its village are unknown"] * len(codes)),
    ),)  # fmt: skip


# Up to this share of the villages may stand twice, and be told; where more do the table is of another form.
TWICE_SHARE = 0.5


def require_own_codes(
    codes: pd.Series[Any], several: pd.Series[bool], rows: TableRows, villages: gpd.GeoDataFrame, file: str
) -> None:
    """Raise SchemaError where most villages stand in several rows, or no code is one of the area's."""
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
    if text.isna().all():
        msg = (
            f"{WHAT}: no name in {file} is that of a village of {regency}, in its kecamatan where the table "
            f"has one; it has {first_five(rows.name.dropna().head(5))}. Is it the table of another area?"
        )
        raise SchemaError(msg)
    found = first_five(text.dropna().head(5))
    msg = (
        f"{WHAT}: no code in {file} is a village of {regency}; it has {found}. Name the column of "
        "Kemendagri codes with code:, or those of names with name: and district_name:, or give a table with "
        "both numberings as codes:. (BPS codes also have ten digits, but are numbered differently.)"
    )
    raise SchemaError(msg)
