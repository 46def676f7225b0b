"""The answers of a list's sender, each held against the finding that it is about, and the list with them."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geodata.crs import inside_indonesia
from geodata.files.csvtext import csv_text, guarded
from geodata.readers.coordinates import stated_coordinates
from geodata.readers.facilities.angle_parts import MADE
from geodata.readers.facilities.rows import JOINED
from geodata.vocabulary.columns import functioning_words
from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import YesNo
from planner.reports.senders.lists import ABOUT_PLACES
from planner.reports.senders.marked import FUNCTIONING, heading, proposal_of
from planner.reports.senders.texts import sender_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.reports.senders.returned import Asked, Returned
    from planner.reports.senders.rows import FindingRow

# What senders write for "right as it is", and for "as you propose".
RIGHT, PROPOSED = "benar", "usulan"
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")
TAKEN, CONFIRMED, REFUSED = "yes", "confirmed", "no"


class Answer(NamedTuple):
    """A row of ``answers.csv``; all of it text.

    Attributes
    ----------
    file, finding, row, column
        What it is about.
    before, answer
        What stood there, and what the sender wrote.
    taken
        yes, confirmed (right as it was) or no.
    why
        Of one that was not taken, why.
    """

    file: str
    finding: str
    row: str
    column: str
    before: str
    answer: str
    taken: str
    why: str = ""


class Decided(NamedTuple):
    """The answers of one workbook, and its list with those that were taken."""

    answers: tuple[Answer, ...]
    rows: list[list[str]]


class _Change(NamedTuple):
    """What an answer wants to stand in the cells of a finding, or in a new column; or why it is not taken."""

    asked: Asked
    answer: str
    texts: tuple[str, ...] = ()
    why: str = ""
    confirms: bool = False
    adds: bool = False


def decide(returned: Returned, known: Mapping[str, FindingRow]) -> Decided:
    """Return which answers are taken, and the list with them; what does not match is refused with a word.

    Parameters
    ----------
    returned
        A workbook that came back.
    known
        The findings of the workspace, by id.
    """
    changes = [c for one in returned.asked if (c := _change(one, returned, known)) is not None]
    changes = _without_contradictions(changes)
    rows = [list(row) for row in returned.rows]
    answers = []
    added: dict[int, str] = {}
    for change in changes:
        one = change.asked
        if not change.why:
            for target, text in zip(one.targets, change.texts, strict=False):
                rows[one.sheet_row - 1][target - 1] = text
            if change.adds:
                added[one.sheet_row] = change.texts[0]
        taken = REFUSED if change.why else CONFIRMED if change.confirms else TAKEN
        answers.append(
            Answer(
                returned.file, one.finding, one.row, one.column, one.value, change.answer, taken, change.why
            )
        )
    sent = {one.finding for one in returned.asked}
    answers += [
        Answer(returned.file, finding, "", "", "", "; ".join(said), REFUSED, "no such finding was sent")
        for finding, said in returned.answers.items()
        if finding not in sent
    ]
    if added:
        added[returned.head] = sender_texts().columns["functioning"]
        rows = [[*row, added.get(number, "")] for number, row in enumerate(rows, start=1)]
    return Decided(tuple(answers), rows)


def _change(one: Asked, returned: Returned, known: Mapping[str, FindingRow]) -> _Change | None:
    """Return what an answer asks for; None where there is no answer."""
    said = list(dict.fromkeys(returned.answers.get(one.finding, ())))
    over = returned.overwritten.get(one.finding)
    if not said:
        why = f"the cell itself was changed; the answer belongs under {heading(1)}"
        return None if over is None else _Change(one, over, why=why)
    answer = "; ".join(said)
    if len(said) > 1:
        return _Change(one, answer, why="several answers for one finding")
    finding = known.get(one.finding)
    if finding is None:
        why = "the workspace has no such finding: it was built from another list since, or is another area's"
        return _Change(one, answer, why=why)
    if (finding.file, finding.value) != (returned.file, one.value):
        return _Change(one, answer, why="the value in the list has changed since the workbook was sent")
    return _meant(one, answer, finding, returned)


# No degrees are more; in metres more than half of a column is.
MOST_DEGREES, HALF = 180.0, 0.5


def _meant(one: Asked, answer: str, finding: FindingRow, returned: Returned) -> _Change:
    before = tuple(returned.rows[one.sheet_row - 1][target - 1] for target in one.targets)
    word = spelling_key(answer)
    if finding.rule == FUNCTIONING:
        return _functioning(one, answer, returned)
    if word == spelling_key(RIGHT):
        if one.finding in returned.overwritten:
            return _Change(
                one, answer, why="the cell itself was changed: is the old value right, or the new?"
            )
        return _Change(one, answer, before, confirms=True)
    text = answer
    if word == spelling_key(PROPOSED):
        if not finding.proposal or not sender_texts().of(finding.rule).replaces:
            return _Change(one, answer, why="there is no proposal that could stand in the cell")
        text = proposal_of(finding)
    return _in_cells(one, (answer, text), finding.rule, returned)


def _in_cells(one: Asked, said: tuple[str, str], rule: str, returned: Returned) -> _Change:
    """Return what an answer, and the text that it means, want in the cells of a finding."""
    answer, text = said
    if not one.targets:
        return _Change(one, answer, why="it is about no single cell of the list; correct the list by hand")
    if rule in OF_NAMES and returned.kind_in_names:
        return _kind(one, answer, returned.rows[one.sheet_row - 1][one.targets[0] - 1], rule)
    place = rule.startswith("place_") or rule in ABOUT_PLACES
    if place and _in_metres(one, returned):
        why = "the list gives metres (crs: in AREA.yml), and this is in degrees; correct the list by hand"
        return _Change(one, answer, why=why)
    return _placed(one, answer, text) if place else _Change(one, answer, (text,))


# Rules whose cell is a name where names tell the kind.
OF_NAMES = ("unknown_kind", "kind_by_name", "kind_left_out")
_NO_FACILITY = re.compile(r"\b(bukan|tidak|tdk)\b", re.IGNORECASE)


def _functioning(one: Asked, answer: str, returned: Returned) -> _Change:
    """Return whether a unit functions as a list has it: in its column, or in one that is added for it."""
    words = functioning_words()
    parts = [answer.lower().strip(), *(p.strip() for p in re.split(r"[,;.]", answer.lower()) if p.strip())]
    # "Ya, berfungsi" says the same twice.
    said = {words.get(part) for part in (parts[:1] if parts[0] in words else parts[1:])}
    if len(said) != 1 or None in said or YesNo.UNKNOWN.value in said:
        return _Change(one, answer, why="neither ya nor tidak can be read in it")
    text = answer if parts[0] in words else "ya" if said == {YesNo.YES.value} else "tidak"
    if one.targets:
        return _Change(one, answer, (text,))
    if not returned.head:
        why = "the list has no column for it, and the workbook is of an older version; correct it by hand"
        return _Change(one, answer, why=why)
    above = returned.rows[returned.head - 2] if returned.head > 1 else []
    if sum(map(bool, above)) > 1:
        # A heading in the second row alone would make the two rows read as one, and the others as a unit.
        why = "the list has no column for it, and its headings take two rows; correct it by hand"
        return _Change(one, answer, why=why)
    column = spelling_key(sender_texts().columns["functioning"])
    if column in map(spelling_key, returned.rows[returned.head - 1]):
        why = "the list has a column for it that AREA.yml does not use (functioning:); correct it by hand"
        return _Change(one, answer, why=why)
    return _Change(one, answer, (text,), adds=True)


def _kind(one: Asked, answer: str, name: str, rule: str) -> _Change:
    """Return a name that tells the kind: what the list called the unit is kept behind it."""
    if _NO_FACILITY.search(answer):
        why = "it says what the row is not; take the row out by hand if it is no facility"
        return _Change(one, answer, why=why)
    kind = kind_of_name(answer)
    if kind is None:
        return _Change(one, answer, why="no kind of facility can be read in it, such as pustu or posyandu")
    whole = set(name.lower().split()) <= set(answer.lower().split())
    new_name = rule != "unknown_kind" and spelling_key(answer) != spelling_key(kind.phrase)
    return _Change(one, answer, (answer if whole or new_name else f"{answer} {name}",))


def _in_metres(one: Asked, returned: Returned) -> bool:
    """Return whether most numbers in the columns of a place are no degrees."""
    cells = (row[t - 1] for row in returned.rows for t in one.targets if t <= len(row))
    numbers = pd.to_numeric(pd.Series(list(cells), dtype=object), errors="coerce").dropna().abs()
    return bool((numbers > MOST_DEGREES).mean() > HALF) if len(numbers) else False


def _placed(one: Asked, answer: str, text: str) -> _Change:
    """Return a place as the list has it: in one cell as it was written, or latitude and longitude in two."""
    stated = stated_coordinates(pd.DataFrame({"pair": [text]}, dtype=object), None, None, "pair")
    lat, lon = float(stated.lat[0]), float(stated.lon[0])
    if stated.unread[0] or not (np.isfinite(lat) and np.isfinite(lon)):
        return _Change(
            one, answer, why="no latitude and longitude can be read in it, such as -8.1706, 113.7023"
        )
    if not inside_indonesia(np.array([lon]), np.array([lat]))[0]:
        return _Change(one, answer, why="it lies outside Indonesia; latitude comes first")
    if one.column in MADE:
        why = "degrees, minutes and seconds have columns of their own; correct the list by hand"
        return _Change(one, answer, why=why)
    if one.column in JOINED.values():
        return _on_its_side(one, answer, lat, lon)
    return _Change(one, answer, (text,) if len(one.targets) == 1 else (repr(lat), repr(lon)))


def _on_its_side(one: Asked, answer: str, lat: float, lon: float) -> _Change:
    """Return a place for a list with a column of latitudes south, of latitudes north, or with both."""
    [sides] = (letters for letters, name in JOINED.items() if name == one.column)
    mine = "LS" if lat < 0 else "LU"
    if mine not in sides:
        why = f"the list has no column for latitudes {'south' if lat < 0 else 'north'} ({mine})"
        return _Change(one, answer, why=f"{why}; correct the list by hand")
    texts = (repr(abs(lat)) if side == mine else "" for side in sides)
    return _Change(one, answer, (*texts, repr(lon)))


def _without_contradictions(changes: Sequence[_Change]) -> list[_Change]:
    """Return changes without those that want different texts in one cell: nobody chooses between them."""
    wanted: dict[tuple[int, int], set[str]] = {}
    for change in changes:
        for cell, text in _cells(change):
            wanted.setdefault(cell, set()).add(text)
    why = "two answers want different texts in one cell"
    return [
        c._replace(why=why) if any(len(wanted[cell]) > 1 for cell, _ in _cells(c)) else c for c in changes
    ]


def _cells(change: _Change) -> list[tuple[tuple[int, int], str]]:
    if change.why:
        return []
    row = change.asked.sheet_row
    return [((row, t), text) for t, text in zip(change.asked.targets, change.texts, strict=False)]


def answers_csv(answers: Iterable[Answer]) -> str:
    """Return ``answers.csv``; no text in it is a formula."""
    return csv_text(pd.DataFrame(list(answers), columns=list(Answer._fields), dtype=object), index=False)


def list_csv(rows: Iterable[Sequence[str]]) -> str:
    r"""Return a list as CSV, row by row as it was; no text is a formula, and negative numbers are numbers.

    Examples
    --------
    >>> list_csv([["nama", "lintang"], ["=1", "-8.05"]])
    "nama,lintang\r\n'=1,-8.05\r\n"
    """
    out = io.StringIO(newline="")
    # With both signs in the line's end, a cell that holds one of them is quoted.
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([text if _NUMBER.fullmatch(text) else guarded(text) for text in row])
    return out.getvalue()
