"""Units of several kinds in one row: a column of names for each, read as lists of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.areafile import KindColumn
from geodata.errors import SchemaError, counted
from geodata.layers import Cell, Finding
from geodata.readers.columns import Columns
from geodata.readers.coordinates import stated_coordinates
from geodata.readers.files.beside import BESIDE
from geodata.readers.files.cells import NUMBERS, has_name, pick_column, text_column
from geodata.readers.files.marks import Marks
from geodata.readers.result import ReadLayer
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile
    from geodata.readers.facilities.rows import ListRows

# What a row says once is of one of its units, and nobody knows of which; but under these words with the
# heading of the unit's own column behind them ("Berfungsi Posyandu 1").
OF_UNIT = {"functioning": "Berfungsi", "coordinates": "Koordinat"}
_OF_ONE = (*OF_UNIT, "id", "lat", "lon", "lat_south", "lat_north", "place_confirmed")
_WITHOUT: dict[str, object] = {
    "id": None,
    "functioning": None,
    "staff": {},
    "open_days": None,
    "capacity": None,
}


def heading_of_unit(key: str, column: str) -> str:
    """Return under which heading a list says something of the units that are named in one of its columns.

    Parameters
    ----------
    key
        ``functioning`` or ``coordinates``.
    column
        The column of the units' names.

    Examples
    --------
    >>> heading_of_unit("functioning", "Posyandu 1")
    'Berfungsi Posyandu 1'
    """
    return f"{OF_UNIT[key]} {column}"


def are_beside(source: FacilitiesFile) -> bool:
    """Return whether each row of a list may name units in several columns."""
    return isinstance(source.kind, KindColumn) and bool(source.kind.columns)


def read_beside(
    rows: ListRows, source: FacilitiesFile, file: str,
    read: Callable[[ListRows, FacilitiesFile, str], ReadLayer],
) -> ReadLayer:  # fmt: skip
    """Return the units of all columns of names as one list, with a finding that counts them.

    A village that is written once for the rows below it counts for them where row numbers stand in the same
    rows as villages do; a puskesmas (``parent``) where each stands in one cell. A village right of a column
    with further columns of names between is the unit's only where all rows down to the next name agree.

    Parameters
    ----------
    rows, source, file
        The list, its entry in AREA.yml, and what findings call it.
    read
        Reads the units of one column: its rows, its entry, and what stands before the ids that are made.

    Raises
    ------
    MissingColumnError
        A column is not there.
    SchemaError
        Rows have places: of which of their units nobody knows. A second list begins beside the first.
    """
    assert isinstance(source.kind, KindColumn)
    what = rows.columns.what
    kinds = {
        str(pick_column(rows.columns.table.columns, column, (), key="kind.columns", what=what)): kind
        for column, kind in source.kind.columns.items()
    }
    if np.isfinite(rows.stated.lon).any() or rows.stated.unread.any():
        msg = (
            f"{what}: its rows name units in several columns ({', '.join(kinds)}), and give one place: "
            "nobody knows of which unit. Put each kind into a sheet or file of its own, one row a unit."
        )
        raise SchemaError(msg)
    again = [str(column) for column in rows.columns.table if BESIDE in str(column)]
    if again:
        msg = (
            f"{what}: its rows name units in several columns ({', '.join(kinds)}), and a second list stands "
            f"beside the first, with headings of its own ({', '.join(again)}): nobody knows whose villages "
            "are whose. Put each list into a sheet or file of its own, one row a unit."
        )
        raise SchemaError(msg)
    rows, carried = _carried(rows, source, file)
    layers, found = [], [*carried]
    for column, kind in kinds.items():
        part, unsure = _part(rows, source, column, kinds, file)
        one = source.model_copy(update={**_WITHOUT, "kind": kind, "name": column})
        layers.append(read(part, one, f" {column}"))
        found += unsure
    frame = pd.concat([one.frame for one in layers])
    told = dict.fromkeys((*found, *(finding for one in layers for finding in one.findings)))
    about = _finding(kinds, [one.frame for one in layers], file)
    return ReadLayer(frame, (*about, *told), layers[0].source, tuple(dict.fromkeys(kinds.values())))


def _carried(rows: ListRows, source: FacilitiesFile, file: str) -> tuple[ListRows, list[Finding]]:
    """Return the rows with villages and puskesmas that are written once for several of them."""
    table, found = rows.columns.table, []
    number = next((str(c) for c in table if spelling_key(c) in NUMBERS), None)
    village = rows.columns.pick(source.village_name, "village_name")
    if number is not None and village is not None:
        numbered = text_column(table, number).notna().to_numpy(dtype=bool)
        for column in (village, rows.columns.pick(source.district_name, "district_name")):
            named = text_column(table, column).notna().to_numpy(dtype=bool)
            if column is None or named.all() or (numbered != named).any():
                break
            table, more = _down(table, column, file)
            found += more
    parent = rows.columns.pick(source.parent, "parent")
    if parent is not None:
        said = text_column(table, parent).dropna()
        if len(said) > 1 and said.is_unique and len(said) < len(table):
            table, more = _down(table, parent, file)
            found += more
    columns = Columns(table, rows.columns.heads, rows.columns.what)
    return rows._replace(columns=columns), found


def _down(table: pd.DataFrame, column: str, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return a table with what stands in a column carried down to the empty cells, and the finding."""
    before = text_column(table, column)
    after = before.ffill()
    at = table.index[before.isna() & after.notna()]
    cells = tuple(Cell(file, int(i), column, "", str(after[i]), applied=True) for i in at)
    shown = tuple(f"row {c.row} ({c.proposal})" for c in cells[:5])
    return table.assign(**{column: after}), [Finding(
        "warning", "facilities", "carried_down", len(cells), shown,
        f"{file}: empty cells of the column {column} say what stands above them, as it stands once a block",
        "write it into each row", cells,
    )]  # fmt: skip


def _part(
    rows: ListRows, source: FacilitiesFile, column: str, kinds: Mapping[str, str], file: str
) -> tuple[ListRows, list[Finding]]:
    """Return the rows that name a unit in one column, with its village where it is the unit's for sure."""
    table, heads = rows.columns.table, rows.columns.heads
    heads = {key: () if key in _OF_ONE else names for key, names in heads.items()}
    heads |= {key: (heading_of_unit(key, column),) for key in OF_UNIT}
    place = list(map(str, table.columns)).index
    named = _begins(rows, source, column, kinds)
    found: list[Finding] = []
    for key, given in (("village_name", source.village_name), ("village", source.village)):
        village = rows.columns.pick(given, key)
        between = village is not None and any(place(column) < place(k) < place(village) for k in kinds)
        if village is None or not between:
            continue
        text = text_column(table, village)
        unsure = np.array(list(_disagree(named, text)), dtype=bool)
        table = table.assign(**{village: text.mask(unsure)})
        found += _unsure(text[unsure], village, file)
    columns = Columns(table, heads, rows.columns.what)
    pair = columns.pick(None, "coordinates")
    if pair is not None:
        rows = rows._replace(stated=stated_coordinates(table, None, None, pair), place_column=pair)
    return rows._replace(columns=columns, marks=Marks()).only(named), found


def _begins(
    rows: ListRows, source: FacilitiesFile, column: str, kinds: Mapping[str, str]
) -> NDArray[np.bool_]:
    """Return which rows name a unit anew: not what is merged down to them, nor a name that stands again.

    A name right below the same one is that unit's where units of other kinds are named right of it, and what
    stands left of it of the village is the same.
    """
    table = rows.columns.table
    place = list(map(str, table.columns)).index
    text = text_column(table, column)
    out = has_name(text) & ~text.index.isin(list(rows.marks.merged.get(column, ())))
    if any(place(k) > place(column) and kinds[k] != kinds[column] for k in kinds):
        left = [rows.columns.pick(source.village_name, "village_name"),
                rows.columns.pick(source.district_name, "district_name")]  # fmt: skip
        again = pd.Series(data=True, index=table.index)
        for one in (column, *(c for c in left if c is not None and place(c) < place(column))):
            said = text_column(table, one).map(spelling_key, na_action="ignore").fillna("")
            again &= said == said.shift()
        out &= ~again
    return np.asarray(out.to_numpy(dtype=bool))


def _disagree(named: NDArray[np.bool_], text: pd.Series[Any]) -> Iterator[bool]:
    """Yield of each row whether it names a unit whose rows, down to the next name, say several villages."""
    block = np.cumsum(named)
    said = text.map(lambda t: spelling_key(t) if isinstance(t, str) else None)
    several = said.groupby(block).agg(lambda texts: len(set(texts.dropna())) > 1)
    for number, is_named in zip(block, named, strict=True):
        yield bool(is_named and several[number])


def _unsure(said: pd.Series[Any], column: str, file: str) -> list[Finding]:
    if said.empty:
        return []
    cells = tuple(Cell(file, int(i), column, t if isinstance(t, str) else "") for i, t in said.items())
    shown = tuple(f"row {c.row} ({c.value})" for c in cells[:5])
    return [Finding(
        "warning", "facilities", "not_carried", len(cells), shown,
        f"{file}: the column {column} says several villages for a unit that stands once: it may be in any",
        "write each unit into a row of its own, with its village", cells,
    )]  # fmt: skip


def _finding(kinds: Mapping[str, str], frames: Sequence[pd.DataFrame], file: str) -> tuple[Finding, ...]:
    units = sum(map(len, frames))
    headings = " and ".join(repr(heading_of_unit(key, next(iter(kinds)))) for key in OF_UNIT)
    quoted = f"headings such as {headings},"
    said = tuple(f"{column!r} → {kind} ({counted(len(frame), 'row')})"
                 for (column, kind), frame in zip(kinds.items(), frames, strict=True))  # fmt: skip
    return (Finding(
        "info", "facilities", "kinds_beside", units, said,
        f"{file}: rows name units of several kinds, each in a column of its own; what else a row says once "
        "(an id, whether it functions, staff) counts for none",
        f"none needed; to say more of them, write it under {quoted} or put each kind into a sheet of its "
        "own, one row a unit",
    ),)  # fmt: skip
