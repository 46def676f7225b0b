"""A list as its sender wrote it: its rows as text, where its heading is, and which columns hold what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geodata.areafile import KindColumn
from geodata.errors import WorkspaceError
from geodata.layers import PLACE
from geodata.readers.facilities.rows import JOINED, MADE_COLUMNS, SIDES, rows_of
from geodata.readers.files.cells import cell_text
from geodata.readers.files.opening import file_sha256
from geodata.readers.files.sheets import sheet_names, sheet_rows
from geodata.readers.files.table import BOOK_SUFFIXES, holds_table
from planner.reports.senders.cells import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.areafile import FacilitiesFile
    from geodata.layers import Layers
    from geodata.readers.facilities.rows import Rows

# The heading of a map's places, as their findings name it.
GEOMETRY = "geometry"
# Rules beside those of spoiled coordinates (place_…) whose cells are places.
ABOUT_PLACES = frozenset({
    "unlocated", "far_outside", "outside_boundary", "declared_elsewhere", "same_place", "far_from_road",
    "leg_uses_limit",
})  # fmt: skip


class SentList(NamedTuple):
    """A list as its sender wrote it.

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
        stand in more.
    place_column
        The heading by which findings name the coordinates.
    ids
        The row's number in findings, by the id that its facility has.
    heads
        The heading of each of the layer's columns that the list has.
    first
        By how much a row's number in ``rows`` is above its number in findings: 1 for maps, else 0.
    """

    source: FacilitiesFile
    name: str
    sheet: str | None
    rows: list[list[str]]
    head: int
    columns: dict[str, int]
    place: tuple[int, ...]
    place_column: str
    ids: dict[str, int]
    heads: dict[str, str]
    first: int

    @property
    def kind_in_names(self) -> bool:
        """Whether the names tell what each unit is, and no column of its own does."""
        return isinstance(self.source.kind, KindColumn) and self.source.kind.from_ is not None

    def row_of(self, facility: str) -> int | None:
        """Return the row (as findings number it) of a facility; None where no row has its id."""
        # An id that was made is the file's name and the row's number.
        return self.ids.get(facility, self.ids.get(f":{facility.rpartition(':')[2]}"))

    def targets(self, rule: str, column: str) -> tuple[int, ...]:
        """Return the columns (from 1) that a finding is about; none for a whole row."""
        if column == self.place_column and (rule.startswith("place_") or rule in ABOUT_PLACES):
            return self.place
        return (self.columns[column],) if column in self.columns else ()


def read_list(source: FacilitiesFile, name: str) -> SentList:
    """Read a list of facilities as its sender wrote it.

    Parameters
    ----------
    source, name
        Its entry in AREA.yml, and what findings call it (:func:`geodata.areafile.list_names`).

    Raises
    ------
    InputError
        The file cannot be read.
    """
    found = rows_of(source)
    heads = [str(name) for name in found.columns.table.columns if name not in MADE_COLUMNS]
    if not holds_table(source.path):
        rows = _map_rows(found, heads)
        return _sent((source, name, None), rows, (*heads, GEOMETRY), found, head=1)
    if source.path.suffix.lower() in BOOK_SUFFIXES:
        what = f"facilities ({source.path.name})"
        sheet = source.sheet or (sheet_names(source.path, what) or [""])[0]
        rows = [[cell_text(v) for v in row] for row in sheet_rows(source.path, sheet, what)]
        head = _heading(rows, min(found.columns.table.index, default=2))
        return _sent((source, name, sheet), rows, heads, found, head=head)
    rows = _table_rows(found, heads)
    return _sent(
        (source, name, None), rows, heads, found, head=_heading(rows, min(found.columns.table.index))
    )


def _sent(
    which: tuple[FacilitiesFile, str, str | None], rows: list[list[str]], heads: Sequence[str], found: Rows,
    *, head: int,
) -> SentList:  # fmt: skip
    source = which[0]
    width = max((len(row) for row in rows), default=0)
    full = [[plain(text) for text in row] + [""] * (width - len(row)) for row in rows]
    columns = {name: i for i, name in enumerate(heads, start=1)}
    place = _place(found, source, columns)
    first = int(not holds_table(source.path))
    ids, named = _ids(found, source), _heads(found, source)
    return SentList(*which, full, head, columns, place, found.place_column, ids, named, first)


def _heads(found: Rows, source: FacilitiesFile) -> dict[str, str]:
    """Return the list's heading of each of the layer's columns that findings name."""
    named = {
        "name": found.columns.pick(source.name, "name"),
        "functioning": found.columns.pick(source.functioning, "functioning"),
        "parent_id": found.columns.pick(source.parent, "parent"),
        PLACE: found.place_column,
        **{f"staff_{role}": column for role, column in source.staff.items()},
    }
    return {column: heading for column, heading in named.items() if heading}


def _ids(found: Rows, source: FacilitiesFile) -> dict[str, int]:
    """Return the row of each id; of ids that stand twice the later have their row's number behind them."""
    rows: dict[str, int] = {}
    for row, given in found.columns.ids(source.id, "id").items():
        if isinstance(given, str):
            rows[given if given not in rows else f"{given} (row {row})"] = int(row)
        else:
            rows[f":{row}"] = int(row)
    return rows


def _map_rows(found: Rows, heads: list[str]) -> list[list[str]]:
    """Return a map's attributes below their names, and each row's place as "latitude, longitude"."""
    table, stated = found.columns.table, found.stated
    # As it was written where it is no number, and else with all its digits.
    places = [
        said if unread or zero or not said else f"{float(lat)!r}, {float(lon)!r}"
        for lon, lat, said, unread, zero in zip(*stated, strict=True)
    ]
    body = [
        [*map(_text, row), str(place)]
        for row, place in zip(table.itertuples(index=False), places, strict=True)
    ]
    return [[*heads, GEOMETRY], *body]


def _table_rows(found: Rows, heads: list[str]) -> list[list[str]]:
    """Return the rows of a table of text, each at the number that it has in the file."""
    table = found.columns.table
    rows: list[list[str]] = [[] for _ in range(max(table.index, default=1))]
    # Titles above the heading are not kept: they are no part of the table.
    rows[max(0, min(table.index, default=2) - 2)] = heads
    for number, row in zip(table.index, table.itertuples(index=False), strict=True):
        rows[number - 1] = [_text(value) for value in row[: len(heads)]]
    return rows


def _text(value: object) -> str:
    # NaN and NaT are not equal to themselves.
    return "" if value is None or value != value else cell_text(value)  # noqa: PLR0124


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


def _place(found: Rows, source: FacilitiesFile, columns: dict[str, int]) -> tuple[int, ...]:
    named, lon = found.place_column, found.columns.pick(source.lon, "lon")
    if named in JOINED.values() and lon is not None:
        sides = [found.columns.pick(None, key) for key, _ in SIDES]
        return (*(columns[side] for side in sides if side is not None), columns[lon])
    if named not in columns:
        return ()
    if named == found.columns.pick(source.lat, "lat") and lon is not None:
        return columns[named], columns[lon]
    return (columns[named],)


def require_unchanged(source: FacilitiesFile, layers: Layers) -> None:
    """Raise WorkspaceError where a list is another than the one that a workspace was built from.

    Raises
    ------
    WorkspaceError
        The message says to build again.
    """
    built = {s.sha256 for s in layers.sources if s.layer == "facilities" and s.file == source.path.name}
    if file_sha256(source.path) not in built:
        msg = (
            f"{source.path.name} is not the file that the workspace was built from: its rows may be others. "
            "Build the workspace again (jangkau build), then check it."
        )
        raise WorkspaceError(msg)
