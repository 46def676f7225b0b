"""Rows of a table of people that are of another kabupaten: of a province's table, or the country's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.codes import of_regency
from geodata.layers import Cell, Finding
from geodata.readers.facilities.others import nearly_named
from geodata.readers.files.cells import has_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from geodata.areafile import PopulationFile
    from geodata.readers.people_rows import TableRows
    from geodata.readers.people_table import PeopleRows

ASIDE = "is left aside, being another kabupaten's"


class Own(NamedTuple):
    """The rows of a table that may be of the area.

    Attributes
    ----------
    rows
        Without those that name another kabupaten.
    ours
        bool by row: it names this one.
    findings
        One counts the rows aside.
    """

    rows: PeopleRows
    ours: pd.Series[bool]
    findings: tuple[Finding, ...]


def own_rows(found: PeopleRows, source: PopulationFile, code: str, names: Iterable[str], file: str) -> Own:
    """Return the rows without those that name another kabupaten; where none names this one, all stay.

    Numbers are no names: BPS counts some kabupaten otherwise than Kemendagri.

    Parameters
    ----------
    code, names
        Of the area's kabupaten; "" for unknown.
    file
        What findings call the table.
    """
    said = found.columns.text(source.regency, "regency")
    said = said.where(has_name(said))
    known = [name for name in names if name]
    values = {t for t in said.dropna().unique() if any(_names(t, code, name) for name in known)}
    ours = said.isin(list(values))
    column = str(found.columns.pick(source.regency, "regency"))
    if not known or said.isna().all():
        return Own(found, ours, ())
    if not values:
        return Own(found, ours, _never_ours(said.dropna(), known[0], column, file))
    aside = (said.notna() & ~ours).astype(bool)
    return Own(found.only(~aside.to_numpy(dtype=bool)), ours[~aside], _aside(said[aside], column, file))


def _names(text: str, code: str, name: str) -> bool:
    """Return whether a text names a kabupaten, perhaps with a slip of the pen."""
    return of_regency(text, code, name) or nearly_named(text, name, code)


def _never_ours(said: pd.Series[Any], name: str, column: str, file: str) -> tuple[Finding, ...]:
    shown = [f"{text} ({n} rows)" for text, n in said.value_counts().head(5).items()]
    return (Finding(
        "warning", "population", "regency_never_ours", len(said), tuple(shown),
        f"{file}: the column {column} never names {name}, and keeps no row out",
        "write name: in AREA.yml as the table has it; if all rows are of elsewhere, give another table",
        (Cell(file, 0, column, str(said.iloc[0]), effect="is read as if it were not there"),),
    ),)  # fmt: skip


def _aside(said: pd.Series[Any], column: str, file: str) -> tuple[Finding, ...]:
    if said.empty:
        return ()
    cells = tuple(Cell(file, int(str(row)), column, str(text), effect=ASIDE) for row, text in said.items())
    return (Finding(
        "info", "population", "other_regency", len(cells),
        tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows of other kabupaten/kota were left aside",
        "none needed, unless the code: in AREA.yml is wrong", cells,
    ),)  # fmt: skip


def other_district_finding(
    aside: pd.Series[bool], people: pd.Series[float], rows: TableRows, file: str
) -> tuple[Finding, ...]:
    """Return the finding about rows of no village, of a kecamatan that the area has not, if there are any.

    Parameters
    ----------
    aside
        Which rows these are.
    people
        Of each row.
    """
    if not aside.any():
        return ()
    column = str(rows.district.name or "")
    cells = tuple(
        Cell(file, int(row), column, str(text), effect="is left aside: the area has no such kecamatan")
        for row, text in rows.district[aside].items()
    )
    return (Finding(
        "warning", "population", "other_district", len(cells),
        tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows of a kecamatan that the area has not were left aside "
        f"({people[aside].sum():,.0f} people are not counted)",
        "none needed for rows of other kabupaten; else write the kecamatan as the map has it, or the "
        "village's code", cells,
    ),)  # fmt: skip
