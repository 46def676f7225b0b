"""Where a table's header is: below titles, in one row or two, above a row that only numbers the columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.errors import first_five
from geodata.files import limits
from geodata.readers.files.beside import BESIDE, lists_beside
from geodata.readers.files.cells import cell_text
from geodata.readers.files.marks import Marks
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

HEADER_SEARCH_ROWS = 30
# A row of headings has so many; a row of a list so many cells, and the fullest so great a share of all.
LEAST_HEADINGS, LEAST_CELLS, NEARLY_FULL = 2, 3, 0.75


_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class Header(NamedTuple):
    """A table's headings, the row (from 0) that its body begins with, and the first row of the headings."""

    names: list[str]
    body: int
    top: int = 0


class Headed(NamedTuple):
    """A table under its headings (index: the row's number in the file, from 1), without their repetitions."""

    table: pd.DataFrame
    marks: Marks = Marks()


def score(names: Sequence[object], wanted: AbstractSet[str]) -> int:
    """Return how many of the headings are known."""
    return len({spelling_key(name) for name in names if cell_text(name)} & wanted)


def find_header(
    rows: Sequence[Sequence[object]], wanted: AbstractSet[str], named: AbstractSet[str] = frozenset()
) -> Header:
    """Return the header: the first of the leading rows, or of two rows together, with most known names.

    Where it lacks a column that AREA.yml names, the one with most of these counts. So what was named by the
    headings that are found without any names is found under the same headings.

    Parameters
    ----------
    rows
        The table from its first row.
    wanted
        Known headings, as :func:`geodata.vocabulary.spelling.spelling_key` gives them.
    named
        Those of the columns that AREA.yml names, in the same way.

    Examples
    --------
    >>> rows = [["Daftar pustu"], ["Nama", "Koordinat", ""], ["", "Lintang", "Bujur"], ["Jaya", "-8", "113"]]
    >>> find_header(rows, {"nama", "koordinat", "lintang", "bujur"})
    Header(names=['Nama', 'Lintang', 'Bujur'], body=3, top=1)
    """
    found = _candidates(rows, wanted)
    # max() keeps the first of equals, so a table with no known name keeps its first row as header; but two
    # rows where the second has the parts of one heading of the first.
    header = max(found, key=lambda one: one[:2])[2]
    if score(header.names, named) < len(named):
        by_name = [(score(one[2].names, named), one) for one in _candidates(rows, wanted | named)]
        most, best = max(by_name, key=lambda one: (one[0], *one[1][:2]))
        header = best[2] if most > score(header.names, named) else header
    return header._replace(body=header.body + _below_headings(rows, header))


def _candidates(rows: Sequence[Sequence[object]], wanted: AbstractSet[str]) -> list[tuple[int, int, Header]]:
    """Return what may be the header, with the number of its known names and how it is joined."""
    leading = [i for i, r in enumerate(rows) if any(cell_text(c) for c in r)][:HEADER_SEARCH_ROWS]
    found: list[tuple[int, int, Header]] = []
    seen: list[dict[int, str]] = []
    for i in leading:
        one = [cell_text(c) for c in rows[i]]
        found.append((score(one, wanted), 0, Header(one, i + 1, i)))
        # A title stands alone in the first cell: it is no row of headings above the next. Nor is a total
        # above headings that stand again: those belong to no row above them.
        if i + 1 < len(rows) and any(one[1:]) and _keys(rows[i + 1]) not in seen:
            below = [cell_text(c) for c in rows[i + 1]]
            parts = _with_parts(one, below) or _with_angles(one, below)
            if parts and _told_below(one, below, wanted):
                parts = None
            parts = parts or _with_sides(one, below, wanted) or _with_words(one, below, wanted)
            if parts:
                # Known headings of the first row are known still: "Jumlah Penduduk" over L and P.
                most = max(score(one, wanted), score(parts, wanted))
                found.append((most, 2, Header(parts, i + 2, i)))
            elif (angles := _angles_below(rows, i)) is not None:
                found.append((score(one, wanted), 3, Header(angles, i + 3, i)))
            elif both := _two_rows(one, below, wanted):
                parts_of_one = _parts_of_one(one, below)
                # "Jumlah Bidan" is known still where "PNS" and "Kontrak" stand below it.
                most = max(score(both, wanted), score(one, wanted) if parts_of_one else 0)
                found.append((most, parts_of_one, Header(both, i + 2, i)))
        if len(keys := _keys(rows[i])) >= LEAST_HEADINGS:
            seen.append(keys)
    return found


def rows_above(rows: Sequence[Sequence[object]], header: Header) -> dict[int, str]:
    """Return the rows above a header that look like rows of a list, by number from 1, with a word of each.

    One of them at least is nearly as full as the headings; titles have a cell or two. A row of words right
    above the headings is their upper row.

    Examples
    --------
    >>> rows = [["Daftar pustu", ""], ["No", "Desa", "Kec"], ["1", "Jaya", "Ayu"], ["No", "Desa", "KEC."]]
    >>> rows_above(rows, Header(["No", "Desa", "KEC."], 4, 3)), rows_above(rows, Header(rows[1], 2, 1))
    ({2: 'No', 3: '1'}, {})
    """
    heads = sum(map(bool, header.names))
    texts = {i: [t for t in map(cell_text, row) if t] for i, row in enumerate(rows[: header.top], start=1)}
    if not any(c.isdigit() for text in texts.get(header.top, ()) for c in text):
        texts.pop(header.top, None)
    full = {i: some for i, some in texts.items() if len(some) >= max(LEAST_CELLS, heads / 2)}
    if max(map(len, full.values()), default=0) < NEARLY_FULL * heads:
        return {}
    return {i: some[0] for i, some in full.items()}


def _two_rows(above: list[str], below: list[str], wanted: AbstractSet[str]) -> list[str] | None:
    """Return the headings of two rows in one, or None where the second row is no header.

    What stands below counts where it is a known heading or has nothing above it; a heading with nothing below
    counts itself. An unknown word below a heading that spans no other column is a cell of the first row.
    """
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    if not any(spelling_key(b) in wanted for b in below if b):
        return None
    out: list[str] = []
    for a, b, beside in zip(above, below, [*above[1:], "-"], strict=True):
        if a and b and a != b and beside and beside != a and spelling_key(b) not in wanted:
            return None
        if not b or not a or a == b:
            out.append(b or a)
        elif spelling_key(b) in wanted:
            out.append(b)
        else:
            out.append(f"{a} {b}")
    return out


# What stands below a heading that is counted by sex, and as a whole; in letters alone.
PARTS = frozenset({
    "l", "p", "lp", "lk", "pr", "laki", "lakilaki", "perempuan", "pria", "wanita", "jml", "jumlah", "total",
    "tot", "jlh",
})  # fmt: skip


def _told_below(above: list[str], below: list[str], wanted: AbstractSet[str]) -> bool:
    """Return whether the second row has a known heading that is not the one above it, merged down."""
    over = above + [""] * (len(below) - len(above))
    return any(spelling_key(b) in wanted for a, b in zip(over, below, strict=False) if b and b != a)


def _with_parts(above: list[str], below: list[str]) -> list[str] | None:
    """Return the headings of two rows where the second has only men, women and both below those of the first.

    Each has the heading that it stands under: "Jumlah Penduduk" over L, P and L+P. None for other rows.

    Examples
    --------
    >>> _with_parts(["No", "Desa", "Jumlah Penduduk", "", ""], ["No", "Desa", "L", "P", "L+P"])
    ['No', 'Desa', 'Jumlah Penduduk L', 'Jumlah Penduduk P', 'Jumlah Penduduk L+P']
    """
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    own = [b for a, b in zip(above, below, strict=True) if b and b != a]
    sexes = {spelling_key(b) for b in own}
    if not sexes <= PARTS or not {"l", "p"} <= {key[:1].replace("w", "p") for key in sexes}:
        return None
    out, over = [], ""
    for a, b in zip(above, below, strict=True):
        part = bool(b) and b != a
        # A heading without a cell beneath it ends what the one before spans.
        over = a or (over if part else "")
        if part and not over:
            return None
        out.append(f"{over} {b}" if part else a or b)
    return out


# What stands below a latitude or longitude that has three columns.
ANGLE_PARTS = {
    **dict.fromkeys(("derajat", "degree", "degrees", "°", "º"), "derajat"),
    **dict.fromkeys(("menit", "minute", "minutes", "'", "’", "′"), "menit"),
    **dict.fromkeys(("detik", "second", "seconds", '"', "”", "″", "''"), "detik"),
}


def _with_angles(above: list[str], below: list[str]) -> list[str] | None:
    """Return the headings of two rows where the second has degrees, minutes, seconds below two of the first.

    Examples
    --------
    >>> _with_angles(["Nama", "LS", "", "", "BT", "", ""], ["", *["Derajat", "Menit", "Detik"] * 2])[:3]
    ['Nama', 'LS derajat', 'LS menit']
    """
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    own = [b.lower() for a, b in zip(above, below, strict=True) if b and b != a]
    if [ANGLE_PARTS.get(b) for b in own] != ["derajat", "menit", "detik"] * 2:
        return None
    out, over, parts = [], "", 0
    for a, b in zip(above, below, strict=True):
        part = bool(b) and b != a
        # Each heading spans its three columns; a heading merged across has its word in the first, or in all.
        if part and parts % 3 == 0:
            over = a
        if part and (not over or a not in ("", over)):
            return None
        parts += part
        out.append(f"{over} {ANGLE_PARTS[b.lower()]}" if part else a or b)
    return out


def _angles_below(rows: Sequence[Sequence[object]], top: int) -> list[str] | None:
    """Return the headings of three rows: "Koordinat" over LS and BT, over degrees, minutes and seconds."""
    if top + 2 >= len(rows):
        return None
    one, two, three = ([cell_text(c) for c in rows[i]] for i in (top, top + 1, top + 2))
    width = max(map(len, (one, two, three)))
    one, two, three = (row + [""] * (width - len(row)) for row in (one, two, three))
    # A heading over all of them ("Koordinat") is none of what stands in the third row.
    above = [b or ("" if c and c != a else a) for a, b, c in zip(one, two, three, strict=True)]
    return _with_angles(above, three)


# Headings that three columns of an angle stand below, and what minutes and seconds are below.
ANGLES = frozenset({
    "ls", "lu", "bt", "lintang", "bujur", "lintangselatan", "lintangutara", "bujurtimur", "latitude",
    "longitude", "garislintang", "garisbujur", "lintangls", "lintanglu", "bujurbt",
})  # fmt: skip
SIXTY, NEARLY_ALL = 60.0, 0.8


def _spanning_angles(names: list[str], body: Sequence[Sequence[object]]) -> list[str]:
    """Return headings with "derajat", "menit", "detik" where two of angles span three columns each.

    No heading stands over the second and third column; nearly all rows have whole degrees in the first and
    numbers below 60 in the others. What has not is told as unreadable.
    """
    heads = [i for i, name in enumerate(names) if spelling_key(name) in ANGLES]
    padded = [*names, "", ""]
    if len(heads) != 2 or any(padded[i + 1] or padded[i + 2] for i in heads):
        return names
    filled = [[*row, *[None] * (heads[1] + 3 - len(row))] for row in body]
    rows = [row for row in filled if all(cell_text(row[i]) for i in heads)]
    fitting = sum(all(_in_three(row[i : i + 3]) for i in heads) for row in rows)
    if not rows or fitting < NEARLY_ALL * len(rows):
        return names
    out = list(padded if heads[1] + 2 >= len(names) else names)[: max(len(names), heads[1] + 3)]
    for i in heads:
        out[i : i + 3] = [f"{names[i]} {part}" for part in ("derajat", "menit", "detik")]
    return out


def _in_three(cells: Sequence[object]) -> bool:
    """Return whether three cells are degrees, minutes and seconds; one of the last may be missing."""
    texts = [cell_text(c).strip("°'\"’′”″ ").replace(",", ".") for c in cells]
    degrees, minutes, seconds = texts
    below = [t for t in (minutes, seconds) if t]
    return (
        degrees.isdigit() and bool(minutes) and all(_NUMBER.fullmatch(t) and float(t) < SIXTY for t in below)
    )


_NUMBER = re.compile(r"\d{1,2}(?:\.\d+)?")


# What a heading over two columns of coordinates says, whatever stands below it.
OF_PLACES = ("koord", "coord", "gps", "geografis")


def _with_sides(above: list[str], below: list[str], wanted: AbstractSet[str]) -> list[str] | None:
    """Return the headings of two rows where the second has two words below one heading of coordinates.

    Words that are not known alone, as S and E, have "Koordinat" before them. None for other rows.

    Examples
    --------
    >>> _with_sides(["No", "Nama", "Titik Koordinat", ""], ["", "", "S", "E"], set())
    ['No', 'Nama', 'Koordinat S', 'Koordinat E']
    """
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    own = [i for i, (a, b) in enumerate(zip(above, below, strict=True)) if b and b != a]
    if len(own) != 2 or own[1] != own[0] + 1 or any(c.isdigit() for i in own for c in below[i]):
        return None
    over, beside = above[own[0]], above[own[1]]
    if beside not in ("", over) or not any(word in spelling_key(over) for word in OF_PLACES):
        return None
    said = {i: below[i] if spelling_key(below[i]) in wanted else f"Koordinat {below[i]}" for i in own}
    return [said.get(i, a) for i, a in enumerate(above)]


def _with_words(above: list[str], below: list[str], wanted: AbstractSet[str]) -> list[str] | None:
    """Return the headings of two rows where the second has unknown words alone, side by side below some.

    Two headings of the first row at least have nothing of their own below them, as no row of a list has.

    Examples
    --------
    >>> _with_words(["No", "Nama", "Tenaga", ""], ["", "", "PNS", "Kontrak"], {"nama"})
    ['No', 'Nama', 'Tenaga PNS', 'Tenaga Kontrak']
    """
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    groups: dict[int, list[int]] = {}
    start = alone = 0
    for i, (a, b) in enumerate(zip(above, below, strict=True)):
        start = i if a and a != above[start] else start
        if not b or b == a:
            alone += bool(a)
        elif not above[start] or spelling_key(b) in wanted or any(c.isdigit() for c in b):
            return None
        else:
            groups.setdefault(start, []).append(i)
    if not groups or alone < 2 or min(map(len, groups.values())) < 2:
        return None
    over = {i: above[first] for first, group in groups.items() for i in group}
    return [
        f"{over[i]} {b}" if i in over else a or b for i, (a, b) in enumerate(zip(above, below, strict=True))
    ]


def _parts_of_one(above: list[str], below: list[str]) -> bool:
    """Return whether words stand side by side below one heading, as L and P below "Jumlah Penduduk"."""
    if any(c.isdigit() for cell in below for c in cell):
        return False
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    pairs = zip(above, above[1:], below, below[1:], strict=False)
    return any(a and (b in ("", a)) and c and d for a, b, c, d in pairs)


def _below_headings(rows: Sequence[Sequence[object]], header: Header) -> int:
    """Return how many rows below the header only number its columns, or say their units: (m2), (km)."""
    below = ([cell_text(c) for c in row] for row in rows[header.body : header.body + 2])
    return sum(1 for _ in takewhile(_says_no_row, below))


def _says_no_row(cells: Sequence[str]) -> bool:
    """Return whether a row numbers the columns (1, 2, 3 or (1), (2), (3)), or has words in brackets alone."""
    some = [c for c in cells if c]
    numbers = [c.strip("() ") for c in some]
    if len(numbers) > 2 and numbers == [str(i) for i in range(1, len(numbers) + 1)]:
        return True
    return len(some) >= LEAST_HEADINGS and all(_BRACKETED.fullmatch(c) for c in some)


def with_header(
    rows: Sequence[Sequence[object]], wanted: AbstractSet[str], named: AbstractSet[str] = frozenset(),
    *, strict_width: bool,
) -> Headed:  # fmt: skip
    """Return a table under its header, without the rows in which it stands again.

    Raises
    ------
    csv.Error
        With ``strict_width``, for rows with more cells than the header; too many repeated headings; one of a
        length that no heading has.
    """
    header = find_header(rows, wanted, named)
    longest = max(map(len, header.names), default=0)
    if longest > limits.HEADING_CHARACTERS:
        msg = f"it has a heading of {longest:,} characters"
        raise csv.Error(msg)
    body = header.body
    names = _spanning_angles(list(header.names), rows[body:])
    if strict_width:
        wide = [i + 1 for i, r in enumerate(rows) if i >= body and any(cell_text(c) for c in r[len(names) :])]
        if wide:
            msg = f"rows with more cells than the header: {first_five(wide)} (is a comma unquoted?)"
            raise csv.Error(msg)
    width = max([len(names), *(len(r) for r in rows[body:])])
    names += [""] * (width - len(names))
    again = repeated_headings(rows, header)
    body_rows = {
        i: [c if cell_text(c) else None for c in r] + [None] * (width - len(r))
        for i, r in enumerate(rows[body:], start=body + 1)
        if i not in again and any(cell_text(c) for c in r)
    }
    # Numbers of a workbook stay numbers: read as text, 823.125 could be taken for thousands.
    table = pd.DataFrame(
        list(body_rows.values()), columns=_distinct(names), index=list(body_rows), dtype="object"
    )
    beside = lists_beside(table, names, named)
    heads = _without_copies(table, names)
    own = {spelling_key(name) for i, name in enumerate(names) if i not in beside}
    for i in beside:
        # What stands under a heading of the first list is no other meaning of it.
        if spelling_key(names[i]) in own:
            heads[i] = f"{names[i]} {BESIDE}{i + 1}]"
    marks = Marks(again, beside=tuple(names[i] for i in beside), above=rows_above(rows, header))
    return Headed(table.set_axis(heads, axis=1), marks)


def repeated_headings(rows: Sequence[Sequence[object]], header: Header) -> dict[int, str]:
    """Return the rows below a header in which it stands again, by their number from 1, with a word of each.

    Each filled cell of such a row says what one row of the headings says in its column, however it is
    written, and there are two cells at least; or it is what stands below such a row, as L and P, or the
    numbers of the columns.

    Examples
    --------
    >>> rows = [["No", "Desa"], ["1", "Jaya"], ["NO.", "DESA"], ["2", "Makmur"]]
    >>> repeated_headings(rows, find_header(rows, {"desa"}))
    {3: 'NO.'}

    Raises
    ------
    csv.Error
        They are too many.
    """
    heads = [_keys(row) for row in (*rows[header.top : header.body], header.names)]
    heads = [keys for keys in heads if keys]
    least = min(2, sum(map(bool, header.names)))
    again: dict[int, str] = {}
    # A table has many rows: only those are looked into that begin as a heading does, however it is written.
    begins = {cell_text(c).strip()[:2].lower() for row in rows[header.top : header.body] for c in row}
    looked = 0
    for number, row in enumerate(rows[header.body :], start=header.body + 1):
        first = next(filter(None, row), None)
        if number - 1 in again or (isinstance(first, str) and first.strip()[:2].lower() in begins):
            if not _begins_as(row, heads):
                continue
            looked += len(row)
            if looked > limits.HEADING_CELLS:
                msg = (
                    f"its headings stand again in rows of over {limits.HEADING_CELLS:,} cells; delete "
                    "these rows"
                )
                raise csv.Error(msg)
            keys = _keys(row)
            numbers = all(map(str.isdigit, keys.values()))
            same = any(keys == one or (not numbers and keys.items() <= one.items()) for one in heads)
            if same and (number - 1 in again or (len(keys) >= least and not numbers)):
                again[number] = cell_text(first)
    return again


def _begins_as(row: Sequence[object], heads: Sequence[dict[int, str]]) -> bool:
    """Return whether the first cell of a row that holds anything says what one of the headings says there."""
    texts = ((i, text) for i, text in enumerate(map(cell_text, row)) if text)
    at, text = next(texts, (-1, ""))
    key = spelling_key(text)
    return at < 0 or any(one.get(at) == key for one in heads)


def _keys(row: Sequence[object]) -> dict[int, str]:
    """Return the cells of a row that hold anything, by column, as keys for spellings."""
    return {i: spelling_key(text) for i, text in enumerate(map(cell_text, row)) if text}


def _without_copies(table: pd.DataFrame, names: list[str]) -> list[str]:
    """Return headings of which one counts where a heading stands several times and the others add nothing.

    Columns that are empty or the same as the first filled one are called copies of it; none is taken out, for
    their places are those of the file. Those that differ stay under the names that :func:`_distinct` gave
    them: whoever needs such a heading refuses it.
    """
    heads = [str(c) for c in table.columns]
    for name, times in Counter(filter(None, names)).items():
        if times == 1:
            continue
        same = [i for i, own in enumerate(names) if own == name]
        first, *more = sorted(same, key=lambda i: bool(table.iloc[:, i].isna().all()))
        texts = table.iloc[:, first].map(cell_text)
        copies = [
            i for i in more
            if (table.iloc[:, i].isna() | (table.iloc[:, i].map(cell_text) == texts)).all()
        ]  # fmt: skip
        for i in copies:
            heads[i] = f"{name} [copy in column {i + 1}]"
        if len(copies) == len(more):
            heads[first] = name
    return heads


def _distinct(names: list[str]) -> list[str]:
    """Return headings of which each stands once: a second one has its column's number behind it."""
    out: list[str] = []
    for i, column in enumerate(names):
        name = column or f"(column {i + 1})"
        while name in out:
            name += f" ({i + 1})"
        out.append(name)
    return out
