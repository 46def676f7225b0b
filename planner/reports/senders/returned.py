"""A workbook that came back from the sender of a list: what was asked, the list, and what was answered."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from geodata.errors import InputError, UnreadableFileError
from geodata.files import limits
from geodata.files.yamlfile import Model
from geodata.readers.files.cells import cell_text
from geodata.readers.files.opening import TEXT_SUFFIXES, require_file, table_ending
from geodata.readers.files.sheets import sheet_names, sheet_rows
from geodata.readers.files.table import text_rows
from planner.reports.senders.cells import as_written, plain, shown, unpacked
from planner.reports.senders.marked import HIDDEN
from planner.reports.senders.texts import sender_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

WHAT = "answers"
_ID = re.compile(r"[a-z_]+\.[a-z_]+\.[0-9a-f]{10}(-\d+)?")


class About(Model):
    """The first record of a list in the hidden sheet: what it is called, its sheet, and how much follows.

    ``head`` is the row of the headings, ``layer`` what the list is read into, ``kind_in_names`` and ``code``
    as :class:`planner.reports.senders.lists.Own` has them, ``code_column`` the number of that column (0 for
    none), ``entry`` the list's entry in AREA.yml; workbooks that were sent before these were written have
    none of them.
    """

    format: Literal[1]
    file: str
    sheet: str = ""
    findings: int = Field(ge=0)
    rows: int = Field(ge=1)
    head: int = Field(default=0, ge=0)
    kind_in_names: bool = False
    layer: Literal["facilities", "population"] = "facilities"
    code: str = ""
    code_column: int = Field(default=0, ge=0)
    entry: dict[str, Any] = Field(default_factory=dict)


class Asked(Model):
    """A finding as it was sent: its id, where it is in the list, and its cells (from 1) in the sheet."""

    finding: str
    row: str
    column: str
    value: str
    sheet_row: int = Field(ge=1)
    targets: tuple[int, ...]


class Returned(NamedTuple):
    """A list of a workbook that came back.

    Attributes
    ----------
    path
        The workbook.
    file
        What findings call the list.
    asked
        The findings that were sent.
    rows
        The list as it was sent, as text; all rows of one width.
    answers
        What stands in the column of answers, by finding; an id that was never sent is here too.
    overwritten
        What was written into the cells that findings are about, by finding.
    others
        In how many further cells stands what was not sent.
    head
        The row of the headings, from 1; 0 where the workbook does not say it.
    kind_in_names
        Whether the names tell what each unit is, and no column of its own does.
    entry
        How AREA.yml has its columns read; empty where the workbook does not say it.
    layer
        What it is read into: facilities, or population.
    code, code_column
        The column of villages' codes, and its number from 1; "" and 0 where no code may be written.
    strays
        What stands in a column of answers beside no finding: the sheet's row, its heading, the text.
    gone
        The findings whose ids stand nowhere any more: what was answered to them is not known.
    rows_gone
        How many rows of the list stand nowhere any more; they are in ``rows`` all the same.
    """

    path: Path
    file: str
    asked: tuple[Asked, ...]
    rows: list[list[str]]
    answers: dict[str, list[str]]
    overwritten: dict[str, str]
    others: int
    head: int = 0
    kind_in_names: bool = False
    entry: Mapping[str, object] = MappingProxyType({})
    layer: Literal["facilities", "population"] = "facilities"
    code: str = ""
    code_column: int = 0
    strays: tuple[Stray, ...] = ()
    gone: tuple[Asked, ...] = ()
    rows_gone: int = 0


class Stray(NamedTuple):
    """A text in a column of answers that belongs to no finding."""

    row: int
    heading: str
    text: str


def _sheets(path: Path) -> list[str]:
    """Return the names of the sheets.

    Raises
    ------
    UnreadableFileError
        It is no workbook, and so none that came back; one that is too large is told so by its reader.
    """
    try:
        return sheet_names(path, WHAT)
    except UnreadableFileError as error:
        raise UnreadableFileError(_no_such(path)) from error


def read_returned(path: Path, lists: Sequence[Sent] = ()) -> tuple[Returned, ...]:
    """Read a workbook that ``jangkau check --lists`` wrote and its receiver filled in; returns its lists.

    Parameters
    ----------
    path
        The workbook, as XLSX or ODS, or one of its sheets as text (CSV), which lacks the hidden one.
    lists
        What was sent of the workspace's lists, for sheets that came back as text.

    Raises
    ------
    MissingFileError
        It is not there.
    UnreadableFileError
        It is no such workbook, its hidden sheet was changed, or it is text and holds no finding of ``lists``.
    """
    require_file(path, WHAT)
    limits.require_small(path, WHAT, limits.TABLE_BYTES)
    try:
        sent, pages = _of_text(path, lists) if table_ending(path) in TEXT_SUFFIXES else _of_book(path)
    except (ValidationError, RecursionError) as error:
        raise UnreadableFileError(_no_such(path)) from error
    except InputError:
        raise
    # What openpyxl and zipfile raise for files that are no workbooks; base64 and JSON raise ValueError.
    except (
        zipfile.BadZipFile, csv.Error, ValueError, KeyError, TypeError, IndexError, OSError, SyntaxError,
    ) as error:  # fmt: skip
        raise UnreadableFileError(_no_such(path)) from error
    every = {one.finding for _, asked, _ in sent for one in asked}
    seen = [_Seen({one.finding: one for one in asked}, rows, every) for _, asked, rows in sent]
    for name, page in pages.items():
        sheets = [about.sheet for about, _, _ in sent]
        owners = _owners(seen, sheets, name, page)
        for one in owners:
            one.read(page, of_list=name in sheets)
        if owners:
            owners[0].strays += _strays(page)
    return tuple(
        Returned(
            path,
            about.file,
            asked,
            rows,
            one.answers,
            one.overwritten,
            one.others,
            about.head,
            about.kind_in_names,
            about.entry,
            about.layer,
            about.code,
            about.code_column,
            tuple(one.strays),
            one.gone(),
            one.rows_gone(),
        )
        for (about, asked, rows), one in zip(sent, seen, strict=True)
    )


def _of_book(path: Path) -> tuple[list[Sent], dict[str, list[list[str]]]]:
    """Return what was sent, by the hidden sheet, and the other sheets."""
    names = _sheets(path)
    if HIDDEN not in names:
        raise UnreadableFileError(_no_such(path))
    pages = {name: _texts(path, name) for name in names if name != HIDDEN}
    return _all_sent(_texts(path, HIDDEN)), pages


def _of_text(path: Path, lists: Sequence[Sent]) -> tuple[list[Sent], dict[str, list[list[str]]]]:
    """Return what was sent of the lists whose findings a sheet names, and the sheet."""
    rows = [[plain(cell_text(value)) for value in row] for row in text_rows(path, frozenset(), WHAT)]
    texts = {text for row in rows for text in row}
    if not any(map(_ID.fullmatch, texts)):
        raise UnreadableFileError(_no_such(path))
    sent = [one for one in lists if not texts.isdisjoint(a.finding for a in one.asked)]
    if not sent:
        msg = (
            f"{path.name} is a sheet of such a workbook as text, and lacks its hidden one. Give the lists "
            "that it was made of too, with --lists AREA.yml (unchanged since), or ask for the workbook "
            "itself, saved as XLSX or ODS."
        )
        raise UnreadableFileError(msg)
    return sent, {sent[0].about.sheet: rows}


def _owners(
    seen: Sequence[_Seen], sheets: Sequence[str], name: str, page: Sequence[Sequence[str]]
) -> list[_Seen]:
    """Return the lists to which a sheet belongs: by the ids in it, or by its name, or to the first."""
    texts = {text for row in page for text in row}
    by_id = [one for one in seen if one.asks(texts)]
    by_name = [one for one, sheet in zip(seen, sheets, strict=True) if sheet == name]
    return by_id or by_name or list(seen[:1])


def _no_such(path: Path) -> str:
    return (
        f"{path.name} is no workbook that jangkau check --lists wrote, or its hidden sheet was changed. Ask "
        "for the answers in the file as it was sent, saved as XLSX or ODS."
    )


def _texts(path: Path, sheet: str) -> list[list[str]]:
    return [[plain(cell_text(value)) for value in row] for row in sheet_rows(path, sheet, WHAT)]


class Sent(NamedTuple):
    """A list as the hidden sheet has it: what it is, its findings, its rows."""

    about: About
    asked: tuple[Asked, ...]
    rows: list[list[str]]


def _all_sent(page: Sequence[Sequence[str]]) -> list[Sent]:
    """Return the lists that the hidden sheet holds, one after another; ValueError where it is not whole."""
    records = [unpacked(row) for row in page]
    found: list[Sent] = []
    while records or not found:
        about = About.model_validate(records[0] if records else None)
        end = 1 + about.findings + about.rows
        found.append(_sent(about, records[1:end]))
        records = records[end:]
    names = [one.about.file for one in found]
    if len(set(names)) != len(names):
        msg = "two lists have one name"
        raise ValueError(msg)
    return found


def sent_of(records: Sequence[object]) -> Sent:
    """Return a list as :func:`planner.reports.senders.marked.records_of` gives it.

    Raises
    ------
    ValueError
        It is not whole.
    """
    return _sent(About.model_validate(records[0]), records[1:])


def _sent(about: About, left: Sequence[object]) -> Sent:
    """Return one list of the hidden sheet; ValueError where it is not whole."""
    if len(left) != about.findings + about.rows:
        msg = "rows are missing"
        raise ValueError(msg)
    asked = tuple(Asked.model_validate(one) for one in left[: about.findings])
    rows = left[about.findings :]
    texts = [[str(text) for text in row] for row in rows if isinstance(row, list)]
    width = len(texts[0]) if texts else 0
    inside = all(
        one.sheet_row <= len(texts) and all(1 <= target <= width for target in one.targets) for one in asked
    )
    inside = inside and about.code_column <= width
    if len(texts) != about.rows or not inside or any(len(row) != width for row in texts):
        msg = "rows are damaged"
        raise ValueError(msg)
    return Sent(about, asked, texts)


class _Seen:
    """What the sheets that people see hold: by the id in each row, wherever the row stands now."""

    def __init__(self, asked: Mapping[str, Asked], rows: list[list[str]], every: Collection[str]) -> None:
        self.answers: dict[str, list[str]] = {}
        self.overwritten: dict[str, str] = {}
        self.others = 0
        self.strays: list[Stray] = []
        self._asked = asked
        self._there: set[str] = set()
        self._of_rows = Counter(key for key in map(_row_key, rows) if key)
        self._found: Counter[tuple[str, ...]] = Counter()
        # Ids of the workbook's other lists are no strangers.
        self._elsewhere = set(every) - set(asked)
        self._rows = rows
        self._known = [{_same(text) for text in column} for column in zip(*rows, strict=True)]

    def asks(self, texts: Collection[str]) -> bool:
        """Return whether an id of this list is among some texts."""
        return not self._asked.keys().isdisjoint(texts)

    def read(self, page: Sequence[Sequence[str]], *, of_list: bool) -> None:
        ours = _columns_of_ids(page)
        rows = Counter(_row_key(row[: len(self._known)]) for row in page)
        # Other sheets repeat words of the list, such as that with the instructions.
        for key, times in rows.items():
            if key in self._of_rows or of_list or ours:
                self._found[key] += times
        if not ours and not any(text in self._asked for row in page for text in row):
            return
        for row in page:
            about: set[int] = set()
            for column, text in enumerate(row):
                # An id that was sent counts wherever it stands now, another only where ids stand.
                strange = column in ours and _ID.fullmatch(text) and text not in self._elsewhere
                if text not in self._asked and not strange:
                    continue
                self._there.add(text)
                answer = row[column - 1].strip() if column else ""
                if answer:
                    self.answers.setdefault(text, []).append(answer)
                if text in self._asked:
                    about |= self._cells(self._asked[text], row)
            self.others += sum(
                bool(text) and {_same(text), _same(text.replace(",", "."))}.isdisjoint(known)
                for column, (text, known) in enumerate(zip(row, self._known, strict=False), start=1)
                if column not in about
            )

    def gone(self) -> tuple[Asked, ...]:
        """Return the findings of rows whose ids stand in no sheet."""
        return tuple(one for name, one in self._asked.items() if one.row and name not in self._there)

    def rows_gone(self) -> int:
        """Return how many rows stand in no sheet, but for as many that may be the same with other words."""
        lost = (self._of_rows - self._found).total()
        words = {text for row in self._of_rows for text in row if text}
        changed = [row for row in self._found if row not in self._of_rows and not words.isdisjoint(row)]
        return max(0, lost - sum(self._found[row] for row in changed))

    def _cells(self, one: Asked, row: Sequence[str]) -> set[int]:
        """Note what was written over the cells of a finding; returns their columns."""
        before = self._rows[one.sheet_row - 1]
        now = [
            row[target - 1]
            for target in one.targets
            # A formula that nobody has computed since is empty.
            if target <= len(row) and row[target - 1] and not _says(row[target - 1], before[target - 1])
        ]
        if now:
            self.overwritten[one.finding] = ", ".join(now)
        return set(one.targets)


def _columns_of_ids(page: Sequence[Sequence[str]]) -> set[int]:
    """Return the columns (from 0) of ids, by their headings."""
    texts = sender_texts().sheet
    pair = re.compile(f"{texts['answer']}(?: [0-9]+)?\n{texts['finding']}(?: [0-9]+)?")
    return {
        column
        for row in page
        for column in range(1, len(row))
        if pair.fullmatch(f"{row[column - 1]}\n{row[column]}")
    }


def _strays(page: Sequence[Sequence[str]]) -> list[Stray]:
    """Return what stands below headings of answers with no id beside it."""
    answer = re.compile(f"{sender_texts().sheet['answer']}(?: [0-9]+)?")
    found: list[Stray] = []
    columns: dict[int, str] = {}
    for number, row in enumerate(page, start=1):
        heads = {column: text for column, text in enumerate(row) if answer.fullmatch(text)}
        if heads:
            columns = heads
            continue
        for column, heading in columns.items():
            beside = row[column + 1] if column + 1 < len(row) else ""
            text = row[column].strip() if column < len(row) else ""
            if text and not _ID.fullmatch(beside) and not _ID.fullmatch(text):
                found.append(Stray(number, heading, text))
    return found


def _row_key(row: Sequence[str]) -> tuple[str, ...]:
    """Return a row's texts as a workbook gives them back, without empty cells at its end; () for none."""
    texts = [_same(text) for text in row]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


# To so many decimals at least a number may be shown that has more.
ROUNDED = 2
_NUMBER = re.compile(r"-?\d+(?:[.,](\d+))?")


def _says(now: str, before: str) -> bool:
    """Return whether a cell says what was sent: text files have numbers as they are shown.

    Examples
    --------
    >>> _says("-8,0512", "-8.0512345"), _says("-8,5", "-8.50"), _says("-8", "-8.0512345")
    (True, True, False)
    """
    if _same(now) == _same(before):
        return True
    shown_, sent = _NUMBER.fullmatch(now.strip()), _NUMBER.fullmatch(before.strip())
    if shown_ is None or sent is None:
        return False
    one, other = (float(text.strip().replace(",", ".")) for text in (now, before))
    digits = len(shown_[1] or "")
    return one == other or (digits >= ROUNDED and abs(one - other) <= 0.5000001 * 10.0**-digits)


def _same(text: str) -> str:
    """Return a text as a workbook gives it back: XML makes one of all line ends, and 9.7280 is 9.728."""
    return as_written(" ".join(shown(text).split()))
