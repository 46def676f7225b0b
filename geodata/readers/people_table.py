"""A table of people as its file has it: its rows, which of its columns count, and what these say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.codes import parse_village_code
from geodata.errors import MissingColumnError
from geodata.layers import Cell, Finding
from geodata.readers.columns import Columns, known_heads, require_one_meaning
from geodata.readers.files.cells import (
    count_column,
    parts_of_people,
    pick_column,
    require_rows,
    text_column,
)
from geodata.readers.files.header import Headed
from geodata.readers.files.table import holds_table, read_rows, titles_of
from geodata.readers.files.vector import read_vector
from geodata.readers.people_parts import WHAT
from geodata.readers.people_rows import TableRows
from geodata.readers.people_words import has_both_sexes, plain_words, spoken_against
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geodata.areafile import FileSource, PopulationFile
    from geodata.readers.files.marks import Marks


def read_any_table(source: FileSource, what: str, wanted: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Read a table, or the attributes of a vector file, with the row number as index."""
    return _read_any(source, what, wanted).table


def _read_any(
    source: FileSource, what: str, wanted: tuple[str, ...] | None, named: Iterable[str | None] = ()
) -> Headed:
    if holds_table(source.path) or not source.path.exists():
        return read_rows(source, what, wanted, named=named)
    frame = read_vector(source, what)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return Headed(table.set_axis(range(1, len(frame) + 1), axis=0))


class PeopleRows(NamedTuple):
    """A table of people as its file has it.

    Attributes
    ----------
    columns
        The table (index: row number in the file) and the headings known for it.
    people
        The columns whose sum is the people.
    titles
        What stands above the headings.
    marks
        What the file says of its rows and columns besides.
    """

    columns: Columns
    people: tuple[str, ...]
    titles: tuple[str, ...]
    marks: Marks

    def only(self, keep: NDArray[np.bool_]) -> PeopleRows:
        """Return some of the rows.

        Parameters
        ----------
        keep
            bool ``(rows,)``.
        """
        return self._replace(columns=Columns(self.columns.table[keep], self.columns.heads, self.columns.what))

    def code(self, source: PopulationFile) -> str | None:
        """Return the column of codes; None where villages are told by their names alone.

        Raises
        ------
        MissingColumnError
            There is neither.
        """
        columns = self.columns
        column = columns.pick(source.code, "code")
        if column is None and columns.pick(source.name, "name") is None:
            pick_column(columns.table.columns, None, columns.heads["code"], key="code", what=WHAT)
        return column


def people_rows_of(source: PopulationFile) -> PeopleRows:
    """Return the rows of a table of people, whatever they are, and which columns count.

    Raises
    ------
    InputError
        The file cannot be read, is empty, or lacks a column.
    """
    table, marks = _read_any(source, WHAT, None, _named(source))
    columns = Columns(table, known_heads(source, WHAT), WHAT)
    require_rows(table, WHAT, source.path.name if source.path is not None else "")
    return PeopleRows(columns, tuple(_people_columns(columns, source)), titles_of(table), marks)


def _named(source: PopulationFile) -> tuple[str | None, ...]:
    """Return the columns that AREA.yml names."""
    people = (source.people,) if isinstance(source.people, str) else source.people or ()
    own = (source.code, source.name, source.district_name, source.regency)
    return (*own, *people, *source.groups.values(), *source.part_columns)


def _people_columns(columns: Columns, source: PopulationFile) -> list[str]:
    """Return the columns whose sum is the people; those of groups are there too.

    Raises
    ------
    MissingColumnError
        One is not there, or nobody said which of two is meant.
    """
    table, given = columns.table, source.people
    for group, column in source.groups.items():
        pick_column(table.columns, column, (), key=f"groups.{group}", what=WHAT)
    if isinstance(given, tuple) and given:
        return [str(pick_column(table.columns, c, (), key="people", what=WHAT)) for c in given]
    heads = layer_columns("population")["people"]
    named = given if isinstance(given, str) else None
    column = str(pick_column(table.columns, named, heads, key="people", what=WHAT))
    if named is None:
        require_one_meaning(table, column, "people", WHAT)
    return [column]


def against_people(found: PeopleRows, source: PopulationFile, file: str) -> tuple[Finding, ...]:
    """Return the finding about a column that counts something else by the words of its table, if it does.

    Raises
    ------
    MissingColumnError
        Nobody named the column.
    """
    assert source.path is not None
    column = found.people[0]
    said = plain_words(*found.titles, source.path.stem, source.sheet or "")
    against = spoken_against(column, said, sexes=has_both_sexes(found.columns.table.columns))
    if not against:
        return ()
    why = f"the column {column!r} of {file} counts {against}, by its heading, its title or the file's name"
    if source.people is None:
        msg = (
            f"{WHAT}: {why}, and not all people. Give a table of people, or say that it counts them with "
            f"people: {column}."
        )
        raise MissingColumnError(msg)
    return (Finding(
        "warning", "population", "people_doubtful", 1, (column,),
        f"{why}; it was taken for the people, as AREA.yml says",
        "look what it counts; where these are not all people, give another column or table",
        (Cell(file, 0, column, against, effect="counts as people"),),
    ),)  # fmt: skip


def table_rows(found: PeopleRows, source: PopulationFile) -> TableRows:
    """Return what the rows say: their codes, names and kecamatan, each as text."""
    columns = found.columns
    text = text_column(columns.table, found.code(source))
    coded = text.map(lambda t: isinstance(t, str) and parse_village_code(t) is not None).astype(bool)
    name = columns.text(source.name, "name")
    return TableRows(columns.table, text, coded, name, columns.text(source.district_name, "district_name"))


def people_of_rows(
    table: pd.DataFrame, people: Sequence[str], source: PopulationFile, file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the people of each row, of several columns their sum, and their groups; with what is doubtful.

    A part that is not known leaves the sum unknown.
    """
    read = {column: count_column(table, column, "population", WHAT, file) for column in people}
    parts = {column: one.numbers for column, one in read.items()}
    together = pd.concat([parts[c] for c in people], axis=1).sum(axis=1, skipna=False)
    numbers = pd.DataFrame({"people": together})
    doubts = parts_of_people("population", parts, file)
    # Twelve and a half infants of 3,000 people are no 12,500; of people that are doubtful nothing follows.
    doubtful = {cell.row for one in doubts for cell in one.cells}
    within = numbers["people"].mask(numbers.index.isin(doubtful))
    counted = {
        c: count_column(table, c, "population", WHAT, file, within=within) for c in source.groups.values()
    }
    groups = {c: one.numbers for c, one in counted.items()}
    for group, column in source.groups.items():
        numbers[f"people_{group}"] = groups[column]
    no_counts = [finding for one in (read | counted).values() for finding in one.findings]
    return numbers, (*no_counts, *doubts, *parts_of_people("population", groups, file, within=within))
