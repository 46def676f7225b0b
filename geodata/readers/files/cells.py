"""Columns and cells of a table, whatever they mean: found, read as text, ids or counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geodata.errors import MissingColumnError, SchemaError, first_five, suggest
from geodata.layers import Cell, Finding, rows_about
from geodata.readers.numbers import parse_count, thousands_mark
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.layers import Severity


def cell_text(value: object) -> str:
    """Return a cell as text: whole floats without their point, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def require_rows(table: pd.DataFrame, what: str, file: str) -> None:
    """Raise SchemaError for a table of villages that holds its heading alone; ``what`` is its key.

    Raises
    ------
    SchemaError
        With what to do.
    """
    if table.empty:
        msg = f"{what}: {file} has no rows. Write one for each village, or leave {what}: out."
        raise SchemaError(msg)


def pick_column(
    columns: Iterable[object],
    named: str | None,
    known: Sequence[str],
    *,
    key: str,
    what: str,
    required: bool = True,
) -> str | None:
    """Return the column that AREA.yml names, or else the first of the names known for it.

    Raises
    ------
    MissingColumnError
        When a named column, or a required one, is not in the file; suggests the nearest name.
    """
    listed = [str(c) for c in columns]
    if named is not None:
        if named in listed:
            _require_once(named, listed, key, what)
            return named
        msg = f"{what}: there is no column {named!r} (AREA.yml, {key}:).{suggest(named, listed)}"
        raise MissingColumnError(msg)
    by_key = {spelling_key(c): c for c in reversed(listed)}
    for name in known:
        if spelling_key(name) in by_key:
            _require_once(by_key[spelling_key(name)], listed, key, what)
            return by_key[spelling_key(name)]
    if not required:
        return None
    msg = (
        f"{what}: none of its columns is known to be the {key}. Name it in AREA.yml, as in "
        f"{key}: COLUMN.{suggest(known[0], listed)}"
    )
    raise MissingColumnError(msg)


def _require_once(column: str, listed: list[str], key: str, what: str) -> None:
    again = re.compile(re.escape(column) + r" \(\d+\)$")
    if any(again.match(c) for c in listed):
        msg = f"{what}: the column {column!r} ({key}:) occurs more than once. Give each column its own name."
        raise MissingColumnError(msg)


def _missing(value: object) -> bool:
    if value is None or isinstance(value, str):
        return value is None
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def text_column(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    r"""Return a column as text with missing values, or an all-missing one for None.

    Half a character, as JSON may hold it, is replaced: no file could hold it.

    Examples
    --------
    >>> text_column(pd.DataFrame({"nama": ["Pustu \ud800A", 7.0, None]}, dtype=object), "nama").tolist()
    ['Pustu \ufffdA', '7', nan]
    """
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    # As objects at once: one by one, pandas takes five times as long for texts.
    cells = frame[column].to_numpy(object)
    texts = [None if _missing(value) else cell_text(value) or None for value in cells]
    # No half of a character can be printed, so that most columns are seen to hold none at once.
    if not "".join(filter(None, texts)).isprintable():
        texts = [None if text is None else _whole(text) for text in texts]
    return pd.Series(texts, index=frame.index, name=column, dtype="str")


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


BAD_CODE = "rows whose village code is empty, too short or spoiled (a number with decimals) were left out"


def bad_codes(
    layer: str, text: pd.Series[Any], bad: pd.Series[bool], message: str = BAD_CODE,
    cells: tuple[Cell, ...] = (),
) -> tuple[Finding, ...]:  # fmt: skip
    """Return a finding that names the rows whose village code is none: empty, short or spoiled.

    Parameters
    ----------
    cells
        Those of the rows, where the reader knows them.
    """
    rows = [
        f"row {row} ({t!r})" if isinstance(t, str) else f"row {row} (empty)" for row, t in text[bad].items()
    ]
    if not rows:
        return ()
    return (Finding(
        "error", layer, "bad_code", len(rows), tuple(rows[:5]),
        message, "write the code as text, like 35.09.01.2001", cells or rows_about(rows),
    ),)  # fmt: skip


def refuse_mostly_bad(text: pd.Series[Any], bad: pd.Series[bool], what: str, file: str, regency: str) -> None:
    """Raise SchemaError when most village codes are none: then the column is the wrong one."""
    if bad.sum() * 2 <= len(bad):
        return
    shown = first_five(text[bad].fillna("(empty)").tolist())
    msg = (
        f"{what}: {bad.sum()} of {len(bad)} codes in {file} are not village codes "
        f"like {regency}.01.2001 (Kemendagri; the last group begins with 1 or 2): {shown}. "
        "Name the right column with code: in AREA.yml, or correct the file. BPS codes are others."
    )
    raise SchemaError(msg)


_FLOATED = re.compile(r"^(\d+)\.0+$")


def plain_id(text: str) -> str:
    """Return an id without the ``.0`` that a spreadsheet or a float column puts behind it.

    Examples
    --------
    >>> plain_id("1002.0"), plain_id("P-10.0"), plain_id(" 007 ")
    ('1002', 'P-10.0', '007')
    """
    return _FLOATED.sub(r"\1", text.strip())


def id_column(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """Return a column of ids as text: ``1002.0`` is ``1002`` wherever an id is matched."""
    return text_column(frame, column).map(lambda t: plain_id(t) if isinstance(t, str) else t).astype("str")


# A count with its unit, and words for yes and no: a list of puskesmas may say so of its pustu.
_NO_NAME = re.compile(
    r"[\W\d]*(\d\s*(unit|buah|bh|pos|pustu|posyandu|puskesmas|orang)"
    r"|(tidak|tdk|belum) ada|ada|ya|tidak|nihil|kosong|nol)?\W*",
    re.IGNORECASE,
)


def holds_names(column: pd.Series[Any]) -> bool:
    """Return whether a column names something: half of its cells at least, and not with counts or yes and no.

    Examples
    --------
    >>> holds_names(pd.Series(["Melati 1", "Melati 2", None]))
    True
    >>> holds_names(pd.Series([60, "71 unit", "tidak ada"]))
    False
    """
    texts = [text for text in map(cell_text, column.dropna()) if text]
    named = sum(_NO_NAME.fullmatch(text) is None for text in texts)
    return bool(texts) and 2 * named >= len(texts)


class Counts(NamedTuple):
    """A column of counts, float64 (NaN = unknown), and findings about the cells that are none."""

    numbers: pd.Series[Any]
    findings: tuple[Finding, ...]


# What people and spreadsheets write where they have no number: BPS's signs, formulas without a value, words.
# "-" may be 0 too, as "tidak ada" may: nobody can tell, and unknown is not no.
NO_COUNT = re.compile(
    r"[-\u2010-\u2015\u2212.\u2026?/*\s]+|#(n/a|ref!|value!|div/0!|name\?|null!|num!)"
    r"|n\.?/?a\.?|null|none|nan|nihil|kosong|t\.?a\.?d\.?|(tidak|belum|tdk)\s+(ada|tersedia|diketahui)(\s+data)?",
    re.IGNORECASE,
)


def holds_counts(column: pd.Series[Any]) -> bool:
    """Return whether most cells of a column are numbers from 0 on; signs for nothing do not count.

    Examples
    --------
    >>> holds_counts(pd.Series([2, "-", "3 orang"])), holds_counts(pd.Series(["Siti", "Ani"]))
    (True, False)
    """
    cells = _filled(column)
    try:
        mark = thousands_mark(v for v in cells.values() if isinstance(v, str))
    except ValueError:
        return False
    numbers = [_count(v, mark) for v in cells.values() if not _no_count(v)]
    known = int(np.isfinite(numbers).sum())
    return 2 * known > len(numbers)


def _filled(column: pd.Series[Any]) -> dict[int, object]:
    """Return what stands in the cells that are not empty, by row."""
    return {row: v for row, v in column.items() if not _missing(v) and cell_text(v)}


def _no_count(value: object) -> bool:
    return isinstance(value, str) and NO_COUNT.fullmatch(value.strip()) is not None


def _count(value: object, mark: str) -> float:
    """Return a count, NaN for what is none."""
    try:
        number = parse_count(value, thousands=mark) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan
    return number if np.isfinite(number) and number >= 0 else np.nan


def count_column(
    frame: pd.DataFrame, column: str | None, layer: str, what: str, file: str, *, thousands: bool = True,
    within: pd.Series[Any] | None = None,
) -> Counts:  # fmt: skip
    """Return a column of counts: numbers as they are, text as people write it; with the cells that are none.

    Of ``thousands``, as people are, a column is refused where a spreadsheet took their marks for decimals.

    Parameters
    ----------
    layer, what, file
        The layer of the findings; what messages call the table, and its file's name.
    within
        Of parts of the people, all people of each row (NaN = unknown): no thousand can be meant that is more.

    Raises
    ------
    SchemaError
        Most cells are not a number of 0 or more, or nobody can read the column in one way.
    """
    if column is None:
        return Counts(pd.Series(np.nan, index=frame.index, dtype="float64"), ())
    cells = _filled(frame[column])
    try:
        mark = thousands_mark(v for v in cells.values() if isinstance(v, str))
    except ValueError as error:
        msg = f"{what}: column {column!r} of {file}: {error}. Write whole numbers without thousands marks."
        raise SchemaError(msg) from None
    lost = _lost_thousands(cells, mark, within) if thousands else None
    if lost is not None:
        msg = (
            f"{what}: column {column!r} of {file}: numbers such as {lost:g} look like thousands that the "
            f"spreadsheet took for decimals ({lost:g} for {round(lost * THOUSAND):,}). Write whole numbers "
            f"({round(lost * THOUSAND)}), or format the column as text and type them again. If parts of "
            "people are meant, round them."
        )
        raise SchemaError(msg)
    nothing = [row for row, value in cells.items() if _no_count(value)]
    numbers = {row: _count(value, mark) for row, value in cells.items()}
    unread = [row for row, number in numbers.items() if np.isnan(number) and not _no_count(cells[row])]
    if 2 * len(unread) > len(cells) - len(nothing):
        faults = [f"row {row}: {cell_text(cells[row])!r}" for row in unread]
        msg = (
            f"{what}: column {column!r} of {file} holds {len(faults)} values that are not a number of "
            f"0 or more: {first_five(faults)}. Correct them; leave a cell empty if unknown."
        )
        raise SchemaError(msg)
    return Counts(pd.Series(numbers, index=frame.index, dtype="float64"), (
        *_no_counts(layer, "count_unread", unread, cells, (column, file)),
        *_no_counts(layer, "count_unknown", nothing, cells, (column, file)),
    ))  # fmt: skip


def _no_counts(
    layer: str, rule: str, rows: list[int], cells: Mapping[int, object], where: tuple[str, str]
) -> tuple[Finding, ...]:
    """Return the finding about cells of a column (heading, file) that are no counts, if there are any."""
    if not rows:
        return ()
    column, file = where
    about = tuple(
        Cell(file, int(row), column, cell_text(cells[row]), effect="is taken as unknown") for row in rows
    )
    shown = tuple(f"row {cell.row} ({cell.value})" for cell in about[:5])
    severity, said = _NO_COUNT_SAID[rule]
    return (Finding(
        severity, layer, rule, len(about), shown, f"{file}: cells of {column!r} {said}",
        "write a number: 0 for none; leave the cell empty if it is unknown", about,
    ),)  # fmt: skip


_NO_COUNT_SAID: dict[str, tuple[Severity, str]] = {
    "count_unread": ("error", "are not a number of 0 or more, and were taken as unknown"),
    "count_unknown": ("warning", "hold a sign for nothing, and not 0; they were taken as unknown"),
}


# More of such numbers than this share of a column are thousands that a spreadsheet took for decimals.
LOST_THOUSANDS = 0.5


def _lost_thousands(
    cells: Mapping[int, object], mark: str, within: pd.Series[Any] | None = None
) -> float | None:
    """Return a number that a spreadsheet read from "9.728": 9.728 it is there, and 9,728 people are meant.

    That shows beside text with thousands marks, or where most numbers have decimals and are below 100: no
    places with so few people have parts of them, and 312.5 may be a projection.
    """
    numbers = {
        row: float(v) for row, v in cells.items() if isinstance(v, (int, float)) and not isinstance(v, bool)
    }
    broken = [n for row, n in numbers.items() if lost_thousand(n) and _fits(n, row, within)]
    few = [n for n in broken if abs(n) < FEW]
    small = len(few) > LOST_THOUSANDS * len(cells)
    return broken[0] if broken and (mark or small) else None


def lost_thousand(number: float) -> bool:
    """Return whether a number has decimals, three at most, as "9.728" read for 9,728 has.

    Examples
    --------
    >>> lost_thousand(9.728), lost_thousand(9728.0), lost_thousand(1 / 3)
    (True, False, False)
    """
    thousand = number * THOUSAND
    whole = not np.isfinite(number) or float(number).is_integer()
    return not whole and abs(round(thousand) - thousand) < SAME_DIGITS


def _fits(number: float, row: int, within: pd.Series[Any] | None) -> bool:
    """Return whether a row has so many thousands of people; where that is unknown, it may."""
    return within is None or not number * THOUSAND > float(within.get(row, np.nan))


def parts_of_people(
    layer: str, columns: Mapping[str, pd.Series[Any]], file: str, *, within: pd.Series[Any] | None = None
) -> tuple[Finding, ...]:
    """Return the finding about places with fewer than 1,000 people and parts of them: 9.728 may mean 9,728.

    Parameters
    ----------
    columns
        Numbers by their headings.
    within
        As :func:`count_column` has it.

    Examples
    --------
    >>> numbers = pd.Series({2: 9.728, 3: 812.0, 4: 1012.25, 5: 300 / 7})
    >>> [found.ids for found in parts_of_people("population", {"Penduduk": numbers}, "penduduk.xlsx")]
    [('row 2 (9.728)',)]
    """
    odd = [
        (row, heading, float(n))
        for heading, numbers in columns.items()
        for row, n in numbers.items()
        if 0 < n < THOUSAND and lost_thousand(n) and _fits(n, row, within)
    ]
    if not odd:
        return ()
    # No village has 312,500 people: what is meant by such a number, only its sender knows.
    cells = tuple(
        Cell(file, int(row), heading, f"{n:g}", str(round(n * THOUSAND)) if n < FEW else "")
        for row, heading, n in odd
    )
    shown = tuple(f"row {row} ({n:g})" for row, _, n in odd[:5])
    return (Finding(
        "warning", layer, "parts_of_people", len(cells), shown,
        f"{file}: fewer than {THOUSAND:,.0f} people, and parts of them, were taken as they are",
        "write whole numbers if a spreadsheet took the mark of thousands for a decimal; an estimate may stay",
        cells,
    ),)  # fmt: skip


TOTAL_WORDS = re.compile(r"\s*(grand |sub[ -]?)?(jumlah|total|jml)\b", re.IGNORECASE)
THOUSAND, FEW, SAME_DIGITS = 1000.0, 100.0, 1e-6


# A column of remarks, by the beginning of its heading, and one of row numbers.
REMARKS = ("keterangan", "catatan", "remark", "note", "komentar")
NUMBERS = frozenset({"no", "nomor", "nourut", "nomorurut", "nr"})


def total_rows(
    table: pd.DataFrame, keep: pd.Series[Any], *, number: str | None = None, name: str | None = None,
    others: Sequence[str | None] = (),
) -> pd.Series[Any]:  # fmt: skip
    """Return which rows are totals ("Jumlah", "Total …" in some cell) and not among those to keep.

    Parameters
    ----------
    number
        A total also has a number in this column: a second row of headers has none.
    name
        The column of names. A row that has one is a total only if the word stands before it, or in the column
        of row numbers: behind it, or in a column of remarks, it may count anything ("Jumlah RW 5").
    others
        More columns that tell what a row is about. A row that has one is no total by its remarks.

    Examples
    --------
    >>> remarks = ["Total RW 5", None]
    >>> table = pd.DataFrame({"No": ["1", "Jumlah"], "Desa": ["Ambulu", "Ambulu"], "Ket": remarks})
    >>> total_rows(table, pd.Series(False, index=table.index), name="Desa").tolist()
    [False, True]
    """
    told = [column for column in (name, *others) if column is not None]
    nothing = pd.Series(False, index=table.index)
    about = nothing
    for column in told:
        about = about | has_name(text_column(table, column))
    says, named = nothing, nothing
    for column in table:
        word = table[column].map(lambda v: isinstance(v, str) and TOTAL_WORDS.match(v) is not None)
        key = spelling_key(column).rstrip("0123456789")
        remark = column not in told and (key == "ket" or key.startswith(REMARKS))
        excused = about if remark else nothing if key in NUMBERS else named
        says = says | (word.astype(bool) & ~excused)
        if told and column == told[0]:
            named = has_name(text_column(table, column)) & ~says
    if number is not None:
        says &= table[number].map(
            lambda v: any(c.isdigit() for c in cell_text(v)) if not _missing(v) else False
        )
    return says & ~keep.astype(bool)


def has_name(text: pd.Series[Any]) -> pd.Series[Any]:
    """Return which cells name something: with a letter, and not "Jumlah" or the like."""
    letters = text.str.contains(r"[^\W\d_]", regex=True).fillna(value=False).astype(bool)
    named: pd.Series[Any] = letters & ~text.str.match(TOTAL_WORDS).fillna(value=False).astype(bool)
    return named


def total_finding(layer: str, rows: pd.Series[Any], file: str = "") -> tuple[Finding, ...]:
    """Return the finding about rows of totals, if there are any; with ``file``, about its rows."""
    numbers = [int(i) for i in rows.index[rows]]
    ids = [f"row {i}" for i in numbers]
    if not ids:
        return ()
    text = "rows of totals were left out"
    cells = tuple(Cell(file, i, "", "") for i in numbers) if file else rows_about(ids)
    return (Finding("info", layer, "total_row", len(ids), tuple(ids[:5]), text, "none needed", cells),)
