"""Tables that count the people of a village in several rows: by dusun, RT, sex or age."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import SchemaError, counted, first_five
from geodata.layers import Cell, Finding, rows_about
from geodata.readers.files.cells import TOTAL_WORDS, pick_column, text_column
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Sequence

WHAT = "population"
_BOTH_SEXES = re.compile(r"\s*l\s*[+/&]\s*p\s*", re.IGNORECASE)


def part_columns(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that may tell a village's rows apart, by their headings, as the table has them.

    Examples
    --------
    >>> part_columns(pd.DataFrame({"Desa": ["A", "A"], "RW": ["1", "1"], "RT": ["1", "2"], "Jiwa": [8, 9]}))
    ('RW', 'RT')
    """
    known = {spelling_key(head) for heads in layer_columns("people_parts").values() for head in heads}
    return tuple(str(c) for c in table if spelling_key(c) in known and table[c].notna().any())


def tells_rows_apart(table: pd.DataFrame, village: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether villages are in several rows, and the columns of parts tell these apart.

    Parameters
    ----------
    village
        The columns that tell the village: its code, or its name and kecamatan.

    Examples
    --------
    >>> table = pd.DataFrame({"Desa": ["A", "A"], "RT": ["1", "2"]})
    >>> tells_rows_apart(table, ["Desa"], ["RT"]), tells_rows_apart(table.head(1), ["Desa"], ["RT"])
    (True, False)
    """
    own = pd.DataFrame({c: text_column(table, c) for c in village}).dropna(how="all")
    both = own.assign(**{f"part {c}": text_column(table, c)[own.index] for c in parts})
    return bool(parts) and bool(own.duplicated().any()) and not bool(both.duplicated().any())


def people_by_village(
    numbers: pd.DataFrame, codes: pd.Series[Any], table: pd.DataFrame, columns: Sequence[str], file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return people, and groups, by village code: the sums of its rows; an unknown part leaves them unknown.

    Parameters
    ----------
    numbers
        ``people`` and ``people_<group>`` by row.
    codes
        The village of each row.
    table, columns
        The rows, and the columns that tell those of a village apart.

    Raises
    ------
    SchemaError
        Two rows of a village are the same part, or one is no part and not the sum of the others.
    """
    for column in columns:
        pick_column(table.columns, column, (), key="parts", what=WHAT)
    texts = pd.DataFrame({c: text_column(table, c) for c in columns}, index=table.index)
    whole = texts.apply(lambda column: column.map(_is_sum)).any(axis=1)
    none = texts.isna().all(axis=1)
    several = codes.duplicated(keep=False)
    rest = numbers.loc[~((whole | none) & several), "people"]
    sums = rest.groupby(codes[rest.index]).sum(min_count=1).reindex(codes).set_axis(codes.index)
    _require_parts(numbers, codes, none & several & ~whole, sums, columns, file)
    left_out = (whole | none) & several & sums.notna()
    parts = ~left_out
    _require_once(codes[parts], texts[parts], columns, file)
    grouped = numbers[parts].groupby(codes[parts])
    # Of a group of which one part is not known nobody knows the sum.
    total = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size(), axis=0))
    total.index = total.index.astype("str")
    return total, (*_told(codes[parts], columns, file), *_left_out(left_out, columns, file))


def _is_sum(text: object) -> bool:
    return isinstance(text, str) and bool(TOTAL_WORDS.match(text) or _BOTH_SEXES.fullmatch(text))


def _require_parts(
    numbers: pd.DataFrame, codes: pd.Series[Any], none: pd.Series[bool], sums: pd.Series[Any],
    columns: Sequence[str], file: str,
) -> None:  # fmt: skip
    bad = none & sums.notna() & ((numbers["people"] - sums).abs() > 0)
    if bad.any():
        shown = first_five(f"row {row} ({codes[row]})" for row in codes.index[bad])
        msg = (
            f"{WHAT}: rows of {file} say no {' and '.join(columns)} (parts:), and are not the sum of their "
            f"village's other rows: {shown}. Write which part each is, or take the row out."
        )
        raise SchemaError(msg)


def _require_once(codes: pd.Series[Any], texts: pd.DataFrame, columns: Sequence[str], file: str) -> None:
    keyed = texts.map(lambda t: spelling_key(t) if isinstance(t, str) else "").assign(code=codes)
    twice = keyed.duplicated(keep=False)
    if twice.any():
        said = keyed[twice].groupby(list(keyed.columns), sort=False)
        shown = first_five(
            f"{rows['code'].iloc[0]} (rows {', '.join(map(str, rows.index))})" for _, rows in said
        )
        msg = (
            f"{WHAT}: rows of {file} are the same part of one village, as {' and '.join(columns)} (parts:) "
            f"tells them: {shown}. Keep one row for each part, or name the column that tells them apart too."
        )
        raise SchemaError(msg)


def _told(codes: pd.Series[Any], columns: Sequence[str], file: str) -> tuple[Finding, ...]:
    times = codes.value_counts(sort=False)
    of = [str(code) for code in times.index[times > 1]]
    if not of:
        return ()
    rows = int(times[times > 1].sum())
    return (Finding(
        "info", WHAT, "parts_summed", len(of), tuple(of[:5]),
        f"{file}: villages whose people are the sum of their rows ({counted(rows, 'row')}), which "
        f"{' and '.join(columns)} tells apart",
        "none needed", rows_about(of, "people", effect="the sum of its rows counts"),
    ),)  # fmt: skip


def _left_out(rows: pd.Series[bool], columns: Sequence[str], file: str) -> tuple[Finding, ...]:
    ids, parts = [f"row {i}" for i in rows.index[rows]], " and ".join(columns)
    effect = "its people are counted by those rows"
    if not ids:
        return ()
    return (Finding(
        "info", WHAT, "parts_sum_row", len(ids), tuple(ids[:5]),
        f"{file}: rows that are the sum of the other rows of their village ({parts}) were left out",
        "none needed",
        tuple(Cell(file, int(i), "", "", effect=effect) for i in rows.index[rows]),
    ),)  # fmt: skip
