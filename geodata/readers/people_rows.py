"""Rows of a table of people that are no villages: headings and sums of kecamatan, and whose they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import is_district, name_key
from geodata.layers import Cell, Finding
from geodata.readers.files.cells import text_column
from geodata.vocabulary.group_headings import HEADING_CELLS, heading_words, is_ordinal

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

# Codes of a province, kabupaten or kecamatan; BPS writes three digits for a kecamatan.
_ABOVE = re.compile(r"\d{2}(\.\d{2}){0,2}|\d{2}|\d{4}|\d{6,7}")
_OF_DISTRICT = (6, 7)
# A sum is of so many rows at least, but that of a kecamatan by its name; the whole table's of one more.
LEAST_ROWS = 2
# Of the rows below a sum so many are villages.
MOSTLY = 0.5


class TableRows(NamedTuple):
    """What the rows of a table say: texts or missing, by row.

    ``code``, ``name`` and ``district`` are columns; ``coded`` tells which rows have a village's code.
    """

    table: pd.DataFrame
    code: pd.Series[Any]
    coded: pd.Series[bool]
    name: pd.Series[Any]
    district: pd.Series[Any]

    def kept(self, keep: pd.Series[bool]) -> TableRows:
        """Return some of the rows."""
        return TableRows(*(one[keep] for one in self))


def codes_above(rows: TableRows, province: str) -> pd.Series[Any]:
    """Return the digits of codes of a province, kabupaten or kecamatan; missing for other rows.

    A village's code may have lost its end: that of a kecamatan stands once, above the codes of its villages,
    and most kecamatan have theirs.

    Parameters
    ----------
    province
        The two digits that the codes of the area begin with.

    Examples
    --------
    >>> codes = ["17.02", "17.02.06", "17.02.06.1004", "17.02.06", "17.02.06.1006"]
    >>> table = pd.DataFrame({"Kode": codes})
    >>> none = pd.Series(pd.NA, index=table.index, dtype="str")
    >>> rows = TableRows(table, table["Kode"], table["Kode"].str.len() == 13, none, none)
    >>> codes_above(rows, "17").tolist()
    ['1702', nan, nan, nan, nan]
    >>> codes_above(rows.kept(table.index != 3), "17").tolist()
    ['1702', '170206', nan, nan]
    """
    found = pd.Series(pd.NA, index=rows.code.index, dtype="str")
    if not rows.coded.any():
        return found
    own = rows.code.where(~rows.coded.astype(bool)).map(lambda t: _above(t, province), na_action="ignore")
    villages = rows.code.where(rows.coded.astype(bool)).str.replace(r"\D", "", regex=True)
    before, behind = villages.ffill(), villages.bfill()
    for row, digits in own[own.notna() & ~own.duplicated(keep=False)].items():
        of_behind = isinstance(behind[row], str) and behind[row].startswith(digits)
        of_before = isinstance(before[row], str) and before[row].startswith(digits)
        # All villages may be of one kabupaten, and its code stands anywhere.
        if (of_behind and not of_before) or (len(digits) not in _OF_DISTRICT and (of_behind or of_before)):
            found[row] = digits
    of_districts = found.dropna()[found.dropna().str.len().isin(_OF_DISTRICT)]
    districts = villages.dropna().str[:6].nunique()
    return (
        found
        if len(of_districts) > MOSTLY * districts
        else found.drop(of_districts.index).reindex(found.index)
    )


def _above(text: str, province: str) -> object:
    """Return the digits of a code of more than a village; missing for any other text."""
    # "1702.0" is a number that a spreadsheet has read; "17.02.0" is a village's code without its end.
    plain = text.removesuffix(".0") if text.count(".") == 1 else text
    if _ABOVE.fullmatch(plain) and ("." in plain or plain.startswith(province)):
        return plain.replace(".", "")
    return pd.NA


def heading_rows(
    rows: TableRows, above: pd.Series[Any], districts: AbstractSet[str] = frozenset(),
    villages: AbstractSet[str] = frozenset(),
) -> pd.Series[Any]:  # fmt: skip
    """Return the kecamatan of rows that are its heading ("": of what is above it); missing for other rows.

    A heading has the word for a kecamatan as its name, the code of a kecamatan or of more, or, without a
    name, a kecamatan: by its word in any column, or in a column of kecamatan that no village's row fills. So
    is the name of a kecamatan that is alone in its row, with a number before it at most: where a village is
    called so too, only beside a fuller row of that name.

    Parameters
    ----------
    above
        The digits of such codes (:func:`codes_above`).
    districts, villages
        Keys of the names of the area's kecamatan and villages (:func:`geodata.codes.name_key`).

    Examples
    --------
    >>> table = pd.DataFrame({"Desa": ["Kec. Ambulu", "Sabrang"]})
    >>> none = pd.Series(pd.NA, index=table.index, dtype="str")
    >>> rows = TableRows(table, none, pd.Series([False, False]), table["Desa"], none)
    >>> heading_rows(rows, none).tolist()
    ['Kec. Ambulu', nan]
    """
    found = pd.Series(pd.NA, index=rows.name.index, dtype="str")
    free = ~rows.coded.astype(bool)
    plain = rows.name.map(heading_words, na_action="ignore")
    by_word = plain.map(lambda t: isinstance(t, str) and is_district(t)).astype(bool) & free
    found = found.mask(by_word, plain)
    of_district = above.map(lambda t: isinstance(t, str) and len(t) in _OF_DISTRICT).astype(bool)
    said = rows.name.fillna(rows.district).fillna("")
    found = found.mask(above.notna() & found.isna(), said.where(of_district, ""))
    bare = free & rows.name.isna() & rows.code.isna() & found.isna()
    if bare.any():
        found = found.mask(bare, _district_cells(rows.table[bare]))
        if rows.name.notna().any() and rows.district[rows.name.notna()].isna().all():
            found = found.mask(bare & found.isna(), rows.district)
    return found.fillna(_alone(rows, free & found.isna(), districts, villages))


def _district_cells(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the first cell of each row that names a kecamatan by the word for it."""
    found = pd.Series(pd.NA, index=table.index, dtype="str")
    for column in table:
        text = text_column(table, column).map(heading_words, na_action="ignore").astype("str")
        found = found.fillna(
            text.where(text.map(lambda t: isinstance(t, str) and is_district(t)).astype(bool))
        )
    return found


def _alone(
    rows: TableRows, may: pd.Series[bool], districts: AbstractSet[str], villages: AbstractSet[str]
) -> pd.Series[Any]:
    """Return the kecamatan whose name is alone in a row, with a number before it at most."""
    found = pd.Series(pd.NA, index=rows.name.index, dtype="str")
    filled = rows.table.notna().sum(axis=1)
    fuller = {name_key(t) for t in rows.name[filled > HEADING_CELLS] if isinstance(t, str)}
    for row in filled.index[(filled > 0) & (filled <= HEADING_CELLS) & may]:
        *before, said = (str(cell).strip() for cell in rows.table.loc[row].dropna())
        key = name_key(heading_words(said))
        if key in districts and all(map(is_ordinal, before)) and (key not in villages or key in fuller):
            found[row] = heading_words(said)
    return found


class Sums(NamedTuple):
    """Which rows are sums of those below, or above, them.

    Attributes
    ----------
    rows
        bool ``(rows,)``.
    below
        Whether they are sums of those below them.
    """

    rows: Mask
    below: bool


def sum_rows(people: NDArray[np.float64], may: Mask, districts: Mask) -> Sums:
    """Return which rows are the sums of those below them, or else of those above them, up to the next sum.

    One number that is by chance the sum of the next ones is none: sums follow one another up to the end of
    the table, or have the name of a kecamatan and end where another sum may begin.

    Parameters
    ----------
    people
        float64 ``(rows,)``; NaN counts as 0.
    may
        bool ``(rows,)``, that may be sums: those that have no village's code.
    districts
        bool ``(rows,)``, that have the name of a kecamatan.

    Examples
    --------
    >>> people = np.array([30.0, 10, 20, 12, 5, 7])
    >>> anything = np.ones(6, dtype=bool)
    >>> sum_rows(people, anything, ~anything)
    Sums(rows=array([ True, False, False,  True, False, False]), below=True)
    """
    plain = np.nan_to_num(people)
    # Beside sums of kecamatan everybody is there twice below the sum of all.
    rows = _of_all(plain, may, times=2)
    rest = np.flatnonzero(~rows)
    found = _heads(plain[rest], may[rest], districts[rest])
    below = bool(found.any())
    if not below:
        found = _heads(plain[rest][::-1], may[rest][::-1], districts[rest][::-1])[::-1]
    if not found.any():
        return Sums(_of_all(plain, may, times=1), below=True)
    rows[rest[found]] = True
    rest = np.flatnonzero(~rows)
    rows[rest] = _of_all(plain[rest], may[rest], times=1)
    return Sums(rows, below)


def _of_all(people: NDArray[np.float64], may: Mask, *, times: int) -> Mask:
    """Return the row at an end that is the sum of all others, where these count everybody so many times."""
    found = np.zeros(len(people), dtype=bool)
    for end in (0, -1):
        if len(people) > LEAST_ROWS + 1 and may[end] and people[end] > 0 and not found.any():
            found[end] = people[end] * times == people.sum() - people[end]
    return found


def _heads(people: NDArray[np.float64], may: Mask, districts: Mask) -> Mask:
    """Return which rows are sums of those below them: see :func:`sum_rows`."""
    count = len(people)
    until = np.concatenate([[0.0], np.cumsum(people)])
    want = until[1:] + people
    first = np.searchsorted(until, want - 1e-6, side="left")
    last = np.searchsorted(until, want + 1e-6, side="right") - 1
    own = np.arange(count)
    first = np.maximum(first, own + np.where(districts, 2, LEAST_ROWS + 1))
    some = may & (people > 0) & (first <= last)
    # Of each sum the row behind its last one; 0 for other rows.
    ends = np.zeros(count, dtype=int)
    # From the end: how many sums follow one another from each row up to the end of the table, and the next.
    chain, after = np.zeros(count + 1, dtype=int), np.full(count + 1, count)
    for i in np.flatnonzero(some)[::-1]:
        fitting = range(first[i], last[i] + 1)
        follow = [e for e in fitting if e == count or chain[e]]
        if follow:
            after[i] = max(follow, key=lambda e: int(chain[e]))
            chain[i] = 1 + chain[after[i]]
        named = follow or [e for e in fitting if districts[e]]
        if districts[i] and named and named[0] - i > LEAST_ROWS:
            ends[i] = named[0]
    start = next((i for i in range(count) if chain[i] >= LEAST_ROWS), None)
    while start is not None and start < count:
        ends[start] = after[start]
        start = after[start]
    return _with_broken(people, may & districts, ends)


def _with_broken(people: NDArray[np.float64], named: Mask, ends: NDArray[np.intp]) -> Mask:
    """Return which rows are sums: those that are exact, and kecamatan between them of which a row is missing.

    Where several sums are exact, a row with a kecamatan's name is one too where the next must stand and it is
    more than each row below it, or where it is as much as all of them.
    """
    found = ends > 0
    if found.sum() < LEAST_ROWS:
        return found
    settled = np.zeros(len(people), dtype=bool)
    for i in np.flatnonzero(found):
        settled[i : ends[i]] = True
    slots = {0, *ends[found].tolist()}
    heads = np.append(np.flatnonzero(found), len(people))
    for i in np.flatnonzero(named & ~settled):
        end = heads[np.searchsorted(heads, i, side="right")]
        until = next((k for k in range(i + 1, end) if named[k]), end)
        rest, near = people[i + 1 : end], people[i + 1 : until]
        in_place = i in slots and len(rest) > 0 and people[i] > rest.max()
        found[i] = in_place or (len(near) > LEAST_ROWS and people[i] >= near.sum())
    return found


def are_of_villages(rows: TableRows, sums: Mask, known: AbstractSet[str]) -> bool:
    """Return whether most rows that are no sums are villages, by their codes or names.

    A village's row may be the sum of its dusun below it: it counts, and they do not.

    Parameters
    ----------
    rows
        Of the table.
    sums
        bool ``(rows,)``, which are sums.
    known
        Keys of the names of villages.
    """
    rest = ~sums
    told = rows.coded.to_numpy(dtype=bool) | rows.name.map(
        lambda t: isinstance(t, str) and name_key(t) in known
    ).to_numpy(dtype=bool)
    return bool(told[rest].sum() > MOSTLY * rest.sum())


def district_of_rows(own: pd.Series[Any], headings: pd.Series[Any], *, below: bool = True) -> pd.Series[Any]:
    """Return the kecamatan of each row: its own, or that of its heading.

    A column that has each kecamatan once has it in the first of its rows, and the others are empty.

    Parameters
    ----------
    own
        The column of kecamatan, missing where a cell is empty.
    headings
        By row, the kecamatan of rows that are headings; missing for others.
    below
        Whether a heading's rows are below it.

    Examples
    --------
    >>> own = pd.Series([None] * 4, dtype="str")
    >>> district_of_rows(own, pd.Series(["Kec. Ambulu", None, "Kec. Wuluhan", None], dtype="str")).tolist()
    ['Kec. Ambulu', 'Kec. Ambulu', 'Kec. Wuluhan', 'Kec. Wuluhan']
    """
    rows = headings.isna()
    said = own[rows].dropna()
    if len(said):
        return own.mask(rows, own[rows].ffill()) if said.is_unique else own
    filled = headings.ffill() if below else headings.bfill()
    return own.mask(own.isna(), filled.mask(filled == ""))


def headings_are_above(headings: pd.Series[Any]) -> bool:
    """Return whether headings stand above their rows: the first row is one, or the last is none."""
    said = headings.notna()
    return bool(said.empty or said.iloc[0] or not said.iloc[-1])


def headings_finding(rows: TableRows, headings: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    """Return the finding about rows of kecamatan among the villages, if there are any."""
    effect = "its people are counted by the rows of its villages"
    said = headings.dropna()
    texts = rows.name.fillna(rows.code)
    column = str(rows.name.name or rows.code.name or "")
    cells = tuple(
        Cell(file, int(i), column, texts[i] if isinstance(texts[i], str) else named, effect=effect)
        for i, named in said.items()
    )
    return () if not cells else (Finding(
        "info", "population", "district_row", len(cells),
        tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows of a kecamatan, its heading or its sum, are no villages, and were left out",
        "none needed", cells,
    ),)  # fmt: skip


def sums_finding(rows: TableRows, people: pd.Series[Any], sums: Sums, file: str) -> tuple[Finding, ...]:
    """Return the finding about rows that are sums of those beside them, if there are any."""
    side = "below" if sums.below else "above"
    texts, column = rows.name.fillna(rows.code).fillna(""), str(rows.name.name or "")
    effect = "its people are counted by those rows"
    cells = tuple(
        Cell(file, int(i), column, str(texts[i]), effect=effect)
        for i in rows.name.index[sums.rows]
    )  # fmt: skip
    return () if not cells else (Finding(
        "warning", "population", "sum_row", len(cells),
        tuple(f"row {c.row} ({c.value}: {people[c.row]:,.0f})" for c in cells[:5]),
        f"{file}: rows that count the people of the rows {side} them are sums, and were left out",
        "none needed where they are kecamatan; where one is a village, write its code in its row", cells,
    ),)  # fmt: skip
