"""Lists in a workbook with their doubtful cells marked, columns for answers, instructions in Indonesian."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.readers.files.opening import table_ending
from geodata.readers.files.sheets import whole_book
from planner.reports.senders.cells import as_written, packed, put, shown
from planner.reports.senders.lists import GEOMETRY, OF_PEOPLE
from planner.reports.senders.texts import sender_texts
from planner.reports.senders.trial import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from planner.reports.senders.lists import SentList
    from planner.reports.senders.rows import FindingRow

# Okabe and Ito (2008): told apart by people who do not see red and green, and of different lightness.
COLOURS = {"error": "E69F00", "warning": "F0E442", "info": "9AD0F3"}
GRAVITY = tuple(COLOURS)
# The sheet by which answers find their findings, and the original list; people do not see it.
HIDDEN = "jangkau"
# Workbooks of which a copy with its styles goes back; of a list of another form one is made.
COPIED = (".xlsx", ".xlsm")
NEW_SHEET = "Daftar"
WHAT = "lists"
FORMAT = 1
VALUE_CHARACTERS = 200
PLACE_RULES = ("place_mended", "place_proposed")
# Nobody is asked about the rows of other kabupaten, nor how each village was found: of a table with BPS's
# codes that is every row, and those that were not found, or by a name that is only near, are told besides.
UNASKED = ("other_regency", "code_bridge")
# What is told of a village whose number is not known, and what tells why at the same cell.
UNKNOWN, WHY_UNKNOWN = "people_unknown", frozenset({"count_unread", "count_unknown"})
# The id that a build makes of one that stands twice.
_OWN_ROW = re.compile(r" \(row ([0-9]+)\)$")
# The rule that asks whether a unit functions, of lists without a column for it too.
FUNCTIONING = "functioning_unknown"
# How many findings of a list have comments, and a row in the instructions: more of them open slowly.
COMMENTED = 2_000


class Marked(NamedTuple):
    """A finding at its cell in the list.

    Attributes
    ----------
    finding
        What was found.
    row
        The sheet's row, from 1; that of the headings for what is about a whole column.
    targets
        The columns that it is about, from 1; none for the whole row.
    value
        What stands there, as the sender has it.
    """

    finding: FindingRow
    row: int
    targets: tuple[int, ...]
    value: str


def marked_in(sent: SentList, rows: Iterable[FindingRow]) -> list[Marked]:
    """Return a list's findings at their cells, by row and then the gravest first.

    Parameters
    ----------
    sent
        The list.
    rows
        Findings, also of other lists.
    """
    about = [r for r in rows if r.file == sent.name and r.rule not in UNASKED]
    mine = [_in_row(r, sent) for r in about if r.row]
    told = {(m.row, m.targets) for m in mine if m.finding.rule in WHY_UNKNOWN}
    there = [
        m for m in mine
        if sent.head < m.row <= len(sent.rows)
        and not (m.finding.rule == UNKNOWN and (m.row, m.targets) in told)
    ]  # fmt: skip
    there += [Marked(r, sent.head, (sent.columns[r.column],), r.value) for r in about if _of_column(r, sent)]
    return sorted(there, key=lambda m: (m.row, GRAVITY.index(m.finding.severity), m.finding.finding))


def _in_row(said: FindingRow, sent: SentList) -> Marked:
    """Return a finding at its row; what is told of a village by other numbers has the row's own one."""
    row, targets = int(said.row) + sent.first, sent.targets(said.rule, said.column)
    if said.rule not in OF_PEOPLE or row > len(sent.rows):
        return Marked(said, row, targets, said.value)
    return Marked(said, row, targets, ", ".join(as_written(sent.rows[row - 1][t - 1]) for t in targets))


def _of_column(said: FindingRow, sent: SentList) -> bool:
    """Return whether a finding is about a whole column of a list, and no row of it."""
    return not said.row and not said.id and said.column in sent.columns


def write_marked(lists: Sequence[tuple[SentList, Sequence[Marked]]], path: Path) -> None:
    """Write the workbook of a file that goes back to its sender.

    A sender's own workbook is copied with all its sheets and styles; of another file a new one is made.

    Parameters
    ----------
    lists
        The lists of one file, several if it has several sheets, each with its findings.
    path
        The file to write (XLSX).
    """
    first = lists[0][0]
    of_excel = table_ending(first.path) in COPIED
    book = _copy(first) if of_excel else _new([sent for sent, _ in lists])
    for sent, marked in lists:
        _mark(book[sent.sheet or NEW_SHEET], sent, marked)
    _instructions(book, lists)
    _hidden(book, lists)
    book.save(path)


def _copy(sent: SentList) -> Any:  # noqa: ANN401 - openpyxl ships no types
    # Links to other workbooks are of no use without formulas.
    book = whole_book(sent.path, WHAT, rich_text=True, keep_links=False)
    computed = whole_book(sent.path, WHAT, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        _without_formulas(sheet, computed[sheet.title])
    if HIDDEN in book.sheetnames:
        # The list was answered once, and came as such a workbook.
        del book[HIDDEN]
    return book


def _without_formulas(sheet: Any, computed: Any) -> None:  # noqa: ANN401 - openpyxl ships no types
    """Write the value of each formula in its place; one without a value as text, which nothing runs.

    The list may come from a stranger, and is opened by another.
    """
    formulas = [cell for cell in _held(sheet) if cell.data_type == "f"]
    for cell in formulas:
        value = computed.cell(cell.row, cell.column).value
        if value is None or isinstance(value, str):
            # The formula of a whole block is no text, and has one.
            put(cell, value if value is not None else str(getattr(cell.value, "text", cell.value)))
        else:
            cell.value = value


def _new(lists: Sequence[SentList]) -> Any:  # noqa: ANN401 - as above
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for sent in lists:
        sheet = book.create_sheet(sent.sheet or NEW_SHEET)
        for number, row in enumerate(sent.rows, start=1):
            for column, text in enumerate(row, start=1):
                if text:
                    put(sheet.cell(number, column), text)
        for cell in sheet[sent.head]:
            cell.font = Font(bold=True)
    return book


def _mark(sheet: Any, sent: SentList, marked: Sequence[Marked]) -> None:  # noqa: ANN401 - as above
    """Colour and comment the cells, and put the columns of answers at the right."""
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    fills = {name: PatternFill("solid", fgColor=colour) for name, colour in COLOURS.items()}
    first = max(len(sent.rows[0]), _last_column(sheet)) + 1
    times: dict[int, int] = {}
    coloured: set[tuple[int, int]] = set()
    told = _told(marked)
    for one in marked:
        if not one.finding.row:
            # What is about a column has no row for an answer: the heading says it.
            head = sheet.cell(one.row, one.targets[0])
            head.fill = fills[one.finding.severity]
            _add_comment(head, _comment(one))
            continue
        k = times[one.row] = times.get(one.row, 0) + 1
        answer = sheet.cell(one.row, first + 2 * (k - 1))
        put(sheet.cell(one.row, answer.column + 1), one.finding.finding)
        text = _comment(one, heading(k)) if one in told else ""
        # The gravest comes first, and its colour stays.
        # What is about a column that the list lacks is no fault of its first one.
        for column in one.targets or (() if one.finding.rule == FUNCTIONING else (1,)):
            cell = sheet.cell(one.row, column)
            if (one.row, column) not in coloured:
                coloured.add((one.row, column))
                cell.fill = fills[one.finding.severity]
            _add_comment(cell, text)
        _add_comment(answer, f"{_column_words(one)}\n{text}".strip() if text else "")
        answer.fill = fills[one.finding.severity]
        answer.number_format = "@"
        # The sender writes here also where the sheet is protected.
        answer.protection = Protection(locked=False)
        answer.alignment = Alignment(wrap_text=True, vertical="top")
    for k in range(1, max(times.values(), default=0) + 1):
        _heading_cells(sheet, sent.head, first + 2 * (k - 1), k, Font(bold=True))


def heading(k: int) -> str:
    """Return the heading of the k-th column of answers, from 1.

    Examples
    --------
    >>> heading(1), heading(2)
    ('JAWABAN', 'JAWABAN 2')
    """
    name = sender_texts().sheet["answer"]
    return name if k == 1 else f"{name} {k}"


def _heading_cells(sheet: Any, row: int, column: int, k: int, font: Any) -> None:  # noqa: ANN401 - as above
    from openpyxl.utils import get_column_letter

    name = sender_texts().sheet["finding"]
    for cell, text in (
        (sheet.cell(row, column), heading(k)),
        (sheet.cell(row, column + 1), name if k == 1 else f"{name} {k}"),
    ):
        put(cell, text)
        cell.font = font
    sheet.column_dimensions[get_column_letter(column)].width = 28
    sheet.column_dimensions[get_column_letter(column + 1)].hidden = True


def _last_column(sheet: Any) -> int:  # noqa: ANN401 - as above
    """Return the last column that holds anything, formulas too; one that is only coloured is none."""
    return max((c.column for c in _held(sheet) if c.value is not None), default=0)


def _held(sheet: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Return the cells that a sheet has: to go by rows would make all up to the one farthest away."""
    return list(sheet._cells.values())  # noqa: SLF001 - openpyxl tells of no others


def _column(said: FindingRow) -> str:
    """Return the column of a finding as its list calls it, or in Indonesian where it has none."""
    return sender_texts().columns.get(said.column, said.column)


def _column_words(one: Marked) -> str:
    column = _column(one.finding)
    return shown(sender_texts().sheet["column"].format(column=column), VALUE_CHARACTERS) if column else ""


def _told(marked: Sequence[Marked]) -> set[Marked]:
    """Return the findings that have comments: the gravest, and of those the first in the list."""
    if len(marked) <= COMMENTED:
        return set(marked)
    return set(sorted(marked, key=lambda one: (GRAVITY.index(one.finding.severity), one.row))[:COMMENTED])


def _comment(one: Marked, answer: str = "") -> str:
    """Return what is said at a cell; ``answer`` is the heading of its answers, "" where it has none."""
    texts, said = sender_texts(), one.finding
    rule = texts.of(said.rule)
    lines = [f"[{texts.severity[said.severity]}] {rule.wrong}"]
    if one.value:
        lines.append(texts.comment["value"].format(value=shown(one.value, VALUE_CHARACTERS)))
    if said.proposal:
        lines.append(texts.comment["proposal"].format(proposal=shown(proposal_of(said), VALUE_CHARACTERS)))
    where = [texts.comment["answer"].format(heading=answer)] if answer else []
    return "\n".join([*lines, rule.todo, *where])


def proposal_of(said: FindingRow) -> str:
    """Return a proposal as it can stand in the cell, or as people of the list call it.

    Parameters
    ----------
    said
        Whose ``proposal`` of a place says behind a colon how it was found.
    """
    if said.rule in PLACE_RULES:
        return said.proposal.split(":")[0]
    if said.rule == "id_twice":
        return _OWN_ROW.sub(rf" ({sender_texts().table[1].lower()} \1)", said.proposal)
    return sender_texts().kinds.get(said.proposal, said.proposal)


def _add_comment(cell: Any, text: str) -> None:  # noqa: ANN401 - as above
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment

    if not text or isinstance(cell, MergedCell):
        return  # the cell of the answer has the comment of a merged one
    before = f"{cell.comment.text}\n\n" if cell.comment is not None else ""
    comment = Comment(shown(before + text), sender_texts().comment["author"])
    comment.width, comment.height = 360, 180
    cell.comment = comment


def _instructions(book: Any, lists: Sequence[tuple[SentList, Sequence[Marked]]]) -> None:  # noqa: ANN401
    from openpyxl.styles import Alignment, Font, PatternFill

    texts = sender_texts()
    page = book.create_sheet(texts.sheet["name"], 0)
    put(page.cell(1, 1), texts.sheet["title"].format(file=lists[0][0].path.name))
    page.cell(1, 1).font = Font(bold=True, size=14)
    row = 3
    for number, sentence in enumerate(texts.instructions, start=1):
        put(page.cell(row, 1), f"{number}. {sentence}")
        row += 1
    for line in (line for sent, marked in lists for line in _left_untold(sent, marked)):
        put(page.cell(row, 1), line)
        page.cell(row, 1).font = Font(bold=True)
        row += 1
    row += 1
    for severity, colour in COLOURS.items():
        put(page.cell(row, 1), texts.severity[severity])
        page.cell(row, 1).fill = PatternFill("solid", fgColor=colour)
        row += 1
    row += 1
    for column, name in enumerate(texts.table, start=1):
        put(page.cell(row, column), name)
        page.cell(row, column).font = Font(bold=True)
    for sent, marked in lists:
        told = _told(marked)
        for one in (one for one in marked if one in told):
            row += 1
            for column, text in enumerate(_table_row(one, sent.sheet or NEW_SHEET), start=1):
                put(page.cell(row, column), text)
                page.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCDEFGH", (18, 8, 18, 28, 16, 48, 28, 48), strict=True):
        page.column_dimensions[letter].width = width
    _show(book, page)


def _left_untold(sent: SentList, marked: Sequence[Marked]) -> Iterator[str]:
    """Give a line for each rule some of whose findings have no comment: how many they are."""
    texts, told = sender_texts(), _told(marked)
    more = Counter(one.finding.rule for one in marked if one not in told)
    for rule, number in sorted(more.items(), key=lambda item: (-item[1], item[0])):
        wrong = texts.of(rule).wrong
        yield texts.sheet["more"].format(sheet=sent.sheet or NEW_SHEET, number=number, wrong=wrong)


def _table_row(one: Marked, sheet: str) -> tuple[str, ...]:
    texts, said = sender_texts(), one.finding
    rule = texts.of(said.rule)
    star = " (*)" if said.proposal and rule.replaces else ""
    value = shown(one.value, VALUE_CHARACTERS) or texts.sheet["none"]
    proposal = shown(proposal_of(said), VALUE_CHARACTERS) + star
    return (
        sheet,
        str(one.row),
        _column(said),
        value,
        texts.severity[said.severity],
        rule.wrong,
        proposal,
        rule.todo,
    )


def _show(book: Any, page: Any) -> None:  # noqa: ANN401 - as above
    """Open the book at one page: of two that are selected, what is written into one goes into both."""
    book.active = book.index(page)
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is page


def _hidden(book: Any, lists: Sequence[tuple[SentList, Sequence[Marked]]]) -> None:  # noqa: ANN401 - as above
    """Keep what the answers are matched by, and the lists themselves, where no hand changes it."""
    page = book.create_sheet(HIDDEN)
    page.sheet_state = "veryHidden"
    records = (record for sent, marked in lists for record in records_of(sent, marked))
    for number, record in enumerate(records, start=1):
        for column, piece in enumerate(packed(record), start=1):
            put(page.cell(number, column), piece)


def records_of(sent: SentList, marked: Sequence[Marked]) -> Iterator[object]:
    """Give what is kept of one list, as plain content: what it is, its findings, its rows."""
    yield {"format": FORMAT, "file": sent.name, "sheet": sent.sheet or NEW_SHEET, "findings": len(marked),
           "rows": len(sent.rows), "head": sent.head, "kind_in_names": sent.own.kind_in_names,
           "layer": sent.layer, "code": sent.own.code, "code_column": sent.columns.get(sent.own.code, 0),
           "entry": entry_of(sent.source, is_map=bool(sent.first),
                             place=GEOMETRY if sent.own.places is not None else None)}  # fmt: skip
    for one in marked:
        yield {"finding": one.finding.finding, "row": one.finding.row, "column": one.finding.column,
               "value": one.finding.value, "sheet_row": one.row, "targets": list(one.targets)}  # fmt: skip
    yield from sent.rows
