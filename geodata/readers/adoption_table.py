"""Tables of ILP adoption: which stage each puskesmas has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from geodata.adoption import (
    LONGEST_DOCUMENT,
    UNKNOWN,
    Adoption,
    is_later,
    iso_date,
    today_in_indonesia,
    whole_year,
)
from geodata.areafile import FileSource
from geodata.errors import MissingColumnError, SchemaError, counted, first_five
from geodata.readers.files.cells import id_column, pick_column, text_column, total_rows
from geodata.readers.files.table import read_table
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date
    from pathlib import Path

    import pandas as pd

T = TypeVar("T")
WHAT = "ILP adoption"
NEEDED = ("facility_id", "stage")
NOT_KNOWN = ("unknown", "tidak diketahui", "belum diketahui", "-", "–", "?")


def read_adoption(
    path: Path,
    puskesmas: Collection[str],
    stages: Mapping[str, str],
    *,
    sheet: str | None = None,
    today: date | None = None,
) -> tuple[Adoption, ...]:
    """Return what a CSV or XLSX table says of the adoption of ILP, by facility id.

    Parameters
    ----------
    path
        A table with the columns ``facility_id`` (or ``kode_faskes``), ``stage`` (``tahap``) and, if there are
        any, ``date`` (``tanggal``), ``document`` (``dokumen``), ``target_year`` (``tahun_target``). An empty
        cell is unknown; rows of totals are left out.
    puskesmas
        Ids of the area's puskesmas (``planner.supply.stages.puskesmas_of``).
    stages
        The stage that each spelling means, by its :func:`~geodata.vocabulary.spelling.spelling_key`
        (``Stages.spellings()``).
    sheet
        The sheet of a workbook with several.
    today
        A later date is a fault: what has not happened yet is a target. None: the day on which this runs.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingColumnError
        The file is not such a table.
    SchemaError
        Every fault in it, with the rows: unknown stage, impossible date or year, a facility that is no
        puskesmas of the area, one that is there twice.
    """
    what = f"{WHAT} ({path.name})"
    table = read_table(
        FileSource(path=path, sheet=sheet),
        what,
        [n for names in layer_columns("adoption").values() for n in names],
    )
    columns = _columns(table, what)
    ids = id_column(table, columns["facility_id"])
    # A facility that nobody knows is told below, whatever a remark counts.
    totals = total_rows(table, ids.isin(list(puskesmas)), name=columns["facility_id"])
    table = table[~totals]
    cells = {name: text_column(table, column) for name, column in columns.items()}
    cells["facility_id"] = ids[table.index]
    faults = _id_faults(cells["facility_id"], puskesmas)
    stage = _each(cells["stage"], lambda text: _stage(text, stages), faults, "stage", _stage_hint(stages))
    raw = cells["date"] if columns["date"] is None else table[columns["date"]].where(cells["date"].notna())
    when = _each(
        raw,
        lambda value: _date(value, today or today_in_indonesia()),
        faults,
        "date",
        "Write it as 2024-07-22.",
    )
    year = _each(cells["target_year"], whole_year, faults, "target_year", "Write a year, such as 2025.")
    document = _each(cells["document"], _document, faults, "document", "Give its number only.")
    said = cells["stage"].notna()
    loose = [f"row {row}" for row in when if not said[row] or stage.get(row) == UNKNOWN]
    if loose:
        faults.append(
            f"date: {counted(len(loose), 'row has', 'rows have')} a date but no stage: {first_five(loose)}. "
            "Give the stage."
        )
    if faults:
        msg = f"{what} has faults; correct the file and read it again:\n  " + "\n  ".join(faults)
        raise SchemaError(msg)
    records = [
        Adoption(
            str(facility_id),
            stage.get(row, UNKNOWN),
            when.get(row),
            document.get(row, ""),
            year.get(row),
        )
        for row, facility_id in cells["facility_id"].items()
    ]
    return tuple(sorted(records, key=lambda r: r.facility_id))


def _columns(table: pd.DataFrame, what: str) -> dict[str, str | None]:
    heads = layer_columns("adoption")
    found = {
        name: pick_column(table.columns, None, names, key=name, what=what, required=False)
        for name, names in heads.items()
    }
    missing = [f"{name} (or {heads[name][1]})" for name in NEEDED if found[name] is None]
    if missing:
        msg = (
            f"{what}: there is no column {' and none '.join(missing)}. Name the columns so; "
            f"the file has: {', '.join(str(c) for c in table.columns)}."
        )
        raise MissingColumnError(msg)
    return found


def _id_faults(ids: pd.Series[str], puskesmas: Collection[str]) -> list[str]:
    faults = []
    empty = [f"row {row}" for row in ids.index[ids.isna()]]
    if empty:
        faults.append(
            f"facility_id: {counted(len(empty), 'row has', 'rows have')} none: {first_five(empty)}. "
            "Fill the cells."
        )
    known = set(puskesmas)
    strangers = [f"row {row}: {i!r}" for row, i in ids.dropna().items() if i not in known]
    if strangers:
        faults.append(
            f"facility_id: {counted(len(strangers), 'row is', 'rows are')} of no puskesmas of the area: "
            f"{first_five(strangers)}. Correct the ids, or take the rows out."
        )
    twice = sorted(set(ids[ids.notna() & ids.duplicated()]))
    if twice:
        faults.append(
            f"facility_id: {len(twice)} puskesmas are there twice: {first_five(twice)}. Keep one row of each."
        )
    return faults


def _each(
    cells: pd.Series[Any], read: Callable[[Any], T], faults: list[str], column: str, hint: str
) -> dict[int, T]:
    """Return what each filled cell means, by row; cells that mean nothing become one fault."""
    out: dict[int, T] = {}
    bad: list[str] = []
    for row, cell in cells.dropna().items():
        try:
            out[row] = read(cell)
        except ValueError as error:
            bad.append(f"row {row}: {str(cell)[:60]!r} ({error})")
    if bad:
        faults.append(
            f"{column}: {counted(len(bad), 'row is', 'rows are')} not understood: {first_five(bad)}. {hint}"
        )
    return out


def _stage(text: str, stages: Mapping[str, str]) -> str:
    if text.lower() in NOT_KNOWN:
        return UNKNOWN
    key = spelling_key(text)
    if key not in stages:
        msg = "no such stage"
        raise ValueError(msg)
    return stages[key]


def _stage_hint(stages: Mapping[str, str]) -> str:
    keys = ", ".join(dict.fromkeys(stages.values()))
    return f"The stages are {keys}; leave the cell empty if the stage is unknown."


def _date(value: object, today: date) -> str:
    read = iso_date(value)
    if is_later(read, today):
        msg = "it is still to come; a plan is a target_year"
        raise ValueError(msg)
    return read


def _document(text: str) -> str:
    if len(text) > LONGEST_DOCUMENT:
        msg = f"it has {len(text)} characters, at most {LONGEST_DOCUMENT}"
        raise ValueError(msg)
    return text
