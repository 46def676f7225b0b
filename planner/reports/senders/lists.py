"""A list as its sender wrote it: its rows as text, where its heading is, and which columns hold what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from geodata.areafile import KindColumn, PopulationFile
from geodata.codes import parse_village_code
from geodata.errors import WorkspaceError
from geodata.layers import PLACE
from geodata.readers.facilities.beside import OF_UNIT, heading_of_unit
from geodata.readers.facilities.rows import JOINED, MADE_COLUMNS, SIDES, rows_of
from geodata.readers.files.cells import text_column
from geodata.readers.files.opening import given_sha256
from geodata.readers.files.sheets import sheet_names, sheet_rows
from geodata.readers.files.table import holds_table, is_book
from geodata.readers.people_table import people_rows_of
from planner.reports.senders.cells import plain, sure_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from geodata.areafile import FacilitiesFile, ListFile
    from geodata.layers import Layers
    from geodata.readers.facilities.rows import ListRows
    from planner.reports.senders.rows import FindingRow

# What is told of villages, and stands in the row that a table of people has for each.
OF_PEOPLE = ("people_unknown", "people_too_dense", "group_exceeds_people", "people_differ")
# What no sheet of Excel may be called; workbooks of LibreOffice may have longer names.
_NO_TITLE, TITLE_CHARACTERS = re.compile(r"[\[\]*?:/\\]"), 31
# The heading of a map's places, as their findings name it.
GEOMETRY = "geometry"
# Rules beside those of spoiled coordinates (place_…) whose cells are places.
ABOUT_PLACES = frozenset({
    "unlocated", "far_outside", "outside_boundary", "declared_elsewhere", "same_place", "far_from_road",
    "leg_uses_limit",
})  # fmt: skip


class SentList(NamedTuple):
    """A list as its sender wrote it: of facilities, or a table of people.

    Attributes
    ----------
    source
        Its entry in AREA.yml.
    name
        What findings call it.
    sheet
        The name of its sheet, where it is a workbook; else None.
    rows
        The sheet's rows from its first, as text, all of one width; of a map its attributes below their names.
    head
        The number (from 1) of the row with the headings.
    columns
        Heading → number of its column (from 1).
    place
        The columns of its coordinates: latitude and longitude, or the one that holds both; none where they
        stand in more, or it has none.
    own
        What its reader says of its columns and rows.
    first
        By how much a row's number in ``rows`` is above its number in findings: 1 for maps, else 0.
    """

    source: ListFile
    name: str
    sheet: str | None
    rows: list[list[str]]
    head: int
    columns: dict[str, int]
    place: tuple[int, ...]
    own: Own
    first: int

    @property
    def path(self) -> Path:
        """Its file."""
        return path_of(self.source)

    @property
    def layer(self) -> Literal["facilities", "population"]:
        """The layer that it is read into."""
        return "population" if isinstance(self.source, PopulationFile) else "facilities"

    def row_of(self, unit: str) -> int | None:
        """Return the row (as findings number it) of a facility or village; None where no row has its id."""
        # An id that was made is the file's name and the row's number.
        return self.own.ids.get(unit, self.own.ids.get(f":{unit.rpartition(':')[2]}"))

    def heading_of(self, column: str, row: int, unit: str) -> str:
        """Return the list's heading of a layer's column, or the column itself where it has none.

        Of several columns that make one together it is the only one that is empty in the row. Where rows name
        several units it is the one that says so of this unit, whether the list has it yet or not.
        """
        key = {PLACE: "coordinates"}.get(column, column)
        if key in OF_UNIT and (named := self._column_of(unit)):
            return heading_of_unit(key, named)
        headings = self.own.heads.get(column, ())
        if len(headings) == 1:
            return headings[0]
        cells = self.rows[row + self.first - 1]
        empty = [one for one in headings if one in self.columns and not cells[self.columns[one] - 1]]
        return empty[0] if len(empty) == 1 else column

    def _column_of(self, unit: str) -> str:
        """Return the column that names a unit, where rows name several; "" in any other list."""
        how = getattr(self.source, "kind", None)
        names = how.columns if isinstance(how, KindColumn) else {}
        # An id that was made is the file's name, the column's and the row's number.
        said = unit.rpartition(":")[0]
        return max((name for name in names if said.endswith(f" {name}")), key=len, default="")

    def targets(self, rule: str, column: str) -> tuple[int, ...]:
        """Return the columns (from 1) that a finding is about; none for a whole row."""
        if column and column == self.own.place_column and (rule.startswith("place_") or rule in ABOUT_PLACES):
            return self.place
        return (self.columns[column],) if column in self.columns else ()


class Own(NamedTuple):
    """What the reader of a list says of it, in the words of its file; all that differs between the two.

    Attributes
    ----------
    table
        Its rows (index: row number in the file).
    heads
        The headings of each of the layer's columns that findings name.
    ids
        The row's number in findings, by the id that its facility has, or the code of its village.
    code
        The heading of the villages' codes, where a code may be written into it; "" for none.
    kind_in_names
        Whether the names tell what each unit is, and no column of its own does.
    place_column
        The heading by which findings name the coordinates; "" for none.
    place
        The headings of the coordinates: latitude and longitude, or the one that holds both.
    places
        Of a map of facilities each row's place, as "latitude, longitude".
    """

    table: pd.DataFrame
    heads: Mapping[str, tuple[str, ...]]
    ids: Mapping[str, int]
    code: str = ""
    kind_in_names: bool = False
    place_column: str = ""
    place: tuple[str, ...] = ()
    places: tuple[str, ...] | None = None


def path_of(source: ListFile) -> Path:
    """Return the file of a list; people have one where they are no raster (:attr:`AreaFile.lists`)."""
    assert source.path is not None
    return source.path


def read_list(source: ListFile, name: str, findings: Iterable[FindingRow] = ()) -> SentList:
    """Read a list of facilities, or a table of people, as its sender wrote it.

    Parameters
    ----------
    source, name
        Its entry in AREA.yml, and what findings call it (:func:`geodata.areafile.list_names`).
    findings
        Of a table of people, by which villages are told whose codes are not Kemendagri's.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    own = _people(source, name, findings) if isinstance(source, PopulationFile) else _facilities(source)
    path, table = path_of(source), own.table
    heads = [str(column) for column in table.columns if column not in MADE_COLUMNS]
    if not holds_table(path):
        rows = [heads, *([*map(_text, row)] for row in table[heads].itertuples(index=False))]
        if own.places is not None:
            rows = [[*row, place] for row, place in zip(rows, (GEOMETRY, *own.places), strict=True)]
        return _sent((source, name, None), rows, rows[0], own, head=1)
    if is_book(path):
        what = f"{'population' if isinstance(source, PopulationFile) else 'facilities'} ({path.name})"
        sheet = source.sheet or (sheet_names(path, what) or [""])[0]
        rows = [[sure_text(v) for v in row] for row in sheet_rows(path, sheet, what)]
        head = _heading(rows, min(table.index, default=2))
        return _sent((source, name, sheet), rows, heads, own, head=head)
    rows = _table_rows(table, heads)
    return _sent((source, name, None), rows, heads, own, head=_heading(rows, min(table.index)))


def _sent(
    which: tuple[ListFile, str, str | None], rows: list[list[str]], heads: Sequence[str], own: Own,
    *, head: int,
) -> SentList:  # fmt: skip
    width = max((len(row) for row in rows), default=0)
    full = [[plain(text) for text in row] + [""] * (width - len(row)) for row in rows]
    columns = {name: i for i, name in enumerate(heads, start=1)}
    place = tuple(columns[name] for name in own.place if name in columns)
    source, name, sheet = which
    title = None if sheet is None else _NO_TITLE.sub("_", sheet)[:TITLE_CHARACTERS]
    return SentList(
        source, name, title, full, head, columns, place, own, int(not holds_table(path_of(source)))
    )


def _facilities(source: FacilitiesFile) -> Own:
    found = rows_of(source)
    named = {
        "name": found.columns.pick(source.name, "name"),
        "functioning": found.columns.pick(source.functioning, "functioning"),
        "parent_id": found.columns.pick(source.parent, "parent"),
        PLACE: found.place_column,
        **{f"staff_{role}": column for role, column in source.staff.items()},
    }
    return Own(
        found.columns.table,
        {column: (heading,) for column, heading in named.items() if heading},
        _ids(found, source),
        kind_in_names=isinstance(source.kind, KindColumn) and source.kind.from_ is not None,
        place_column=found.place_column,
        place=_place(found, source),
        places=None if holds_table(source.path) else tuple(_places(found)),
    )


def _people(source: PopulationFile, name: str, findings: Iterable[FindingRow]) -> Own:
    found = people_rows_of(source)
    code = found.code(source)
    heads = {"people": found.people, **{f"people_{g}": (c,) for g, c in source.groups.items()}}
    told = {int(f.row): f.id for f in findings if (f.file, f.rule) == (name, "code_bridge") and f.row}
    rows: dict[str, list[int]] = {}
    for row, text in text_column(found.columns.table, code).items():
        village = told.get(int(row), parse_village_code(text) if isinstance(text, str) else None)
        rows.setdefault(village or "", []).append(int(row))
    # Of a village that several rows count no single one is meant.
    ids = {village: row for village, (row, *more) in rows.items() if village and not more}
    return Own(found.columns.table, heads, ids, code=code or "")


def _ids(found: ListRows, source: FacilitiesFile) -> dict[str, int]:
    """Return the row of each id; of ids that stand twice the later have their row's number behind them."""
    rows: dict[str, int] = {}
    if isinstance(source.kind, KindColumn) and source.kind.columns:
        return {f":{row}": int(row) for row in found.columns.table.index}
    for row, given in found.columns.ids(source.id, "id").items():
        if isinstance(given, str):
            rows[given if given not in rows else f"{given} (row {row})"] = int(row)
        else:
            rows[f":{row}"] = int(row)
    return rows


def _places(found: ListRows) -> Iterator[str]:
    """Give each place as it was written where it is no number, and else with all its digits."""
    for lon, lat, said, unread, zero in zip(*found.stated, strict=True):
        yield str(said if unread or zero or not said else f"{float(lat)!r}, {float(lon)!r}")


def _table_rows(table: pd.DataFrame, heads: list[str]) -> list[list[str]]:
    """Return the rows of a table of text, each at the number that it has in the file."""
    rows: list[list[str]] = [[] for _ in range(max(table.index, default=1))]
    # Titles above the heading are not kept: they are no part of the table.
    rows[max(0, min(table.index, default=2) - 2)] = heads
    for number, row in zip(table.index, table.itertuples(index=False), strict=True):
        rows[number - 1] = [_text(value) for value in row[: len(heads)]]
    return rows


def _text(value: object) -> str:
    # NaN and NaT are not equal to themselves.
    return "" if value is None or value != value else sure_text(value)  # noqa: PLR0124


def _heading(rows: list[list[str]], body: int) -> int:
    """Return the number of the heading's row: above the body, empty rows and one that numbers the columns."""
    head = body - 1
    while head > 1:
        cells = [text.strip("() ") for text in rows[head - 1] if text]
        numbered = len(cells) > 2 and cells == [str(i) for i in range(1, len(cells) + 1)]
        if cells and not numbered:
            break
        head -= 1
    return max(head, 1)


def _place(found: ListRows, source: FacilitiesFile) -> tuple[str, ...]:
    """Return the headings of the coordinates; none where they stand in more than two columns."""
    named, lon = found.place_column, found.columns.pick(source.lon, "lon")
    if named in JOINED.values() and lon is not None:
        sides = [found.columns.pick(None, key) for key, _ in SIDES]
        return (*(side for side in sides if side is not None), lon)
    if named in MADE_COLUMNS:
        return ()
    return (named, lon) if named == found.columns.pick(source.lat, "lat") and lon is not None else (named,)


def require_unchanged(source: ListFile, layers: Layers) -> None:
    """Raise WorkspaceError where a list is another than the one that a workspace was built from.

    Raises
    ------
    WorkspaceError
        The message says to build again.
    """
    path, layer = path_of(source), "population" if isinstance(source, PopulationFile) else "facilities"
    built = {s.sha256 for s in layers.sources if s.layer == layer and s.file == path.name}
    if given_sha256(path) not in built:
        msg = (
            f"{path.name} is not the file that the workspace was built from: its rows may be others. "
            "Build the workspace again (jangkau build), then check it."
        )
        raise WorkspaceError(msg)
