"""The answers of a list's sender, each held against the finding that it is about, and the list with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import parse_village_code
from geodata.crs import inside_indonesia
from geodata.errors import InputError
from geodata.files.csvtext import csv_text, rows_text
from geodata.readers.coordinates import stated_coordinates
from geodata.readers.facilities.angle_parts import MADE
from geodata.readers.facilities.beside import OF_UNIT, heading_of_unit
from geodata.readers.facilities.layer import parent_ids
from geodata.readers.facilities.rows import JOINED
from geodata.readers.register import Register
from geodata.vocabulary.columns import functioning_words
from geodata.vocabulary.functioning_heads import Asks, what_it_asks
from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import YesNo
from planner.reports.senders.lists import ABOUT_PLACES
from planner.reports.senders.marked import FUNCTIONING, heading, proposal_of
from planner.reports.senders.texts import sender_texts
from planner.reports.senders.trial import ListTrial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.reports.senders.returned import Asked, Returned
    from planner.reports.senders.rows import FindingRow

# What senders write for "right as it is", and for "as you propose".
RIGHT, PROPOSED = "benar", "usulan"
TAKEN, CONFIRMED, REMOVED, REFUSED = "yes", "confirmed", "removed", "no"
GONE = "gone"
# What they write of a row that stands twice, and the rules that say so of two rows of one list.
REMOVE = ("hapus", "hapus baris", "hapus baris ini", "baris ganda", "ganda", "dobel")
VILLAGE_TWICE = "village_twice"
TWICE = ("same_unit", "same_place", "id_twice", VILLAGE_TWICE)
# Rows of a table of people that count nowhere: without them it says the same.
NOWHERE = ("unknown_village", "bad_code")
# Which village a row of people is of: whatever is told about, a code may answer it, in the column of codes.
OF_VILLAGES = (
    *NOWHERE, VILLAGE_TWICE, "near_name", "code_and_name_differ", "sum_row", "total_row", "district_row",
)  # fmt: skip
PARENT = "unknown_parent"
# Places that a build does not take as they stand: one that is right all the same is marked in the list.
DOUBTED_PLACES = ("place_mended", "place_proposed", "place_far")


class AnswerRow(NamedTuple):
    """A row of ``answers.csv``; all of it text.

    Attributes
    ----------
    file, finding, row, column
        What it is about.
    before, answer
        What stood there, and what the sender wrote.
    taken
        yes, confirmed (right as it was), removed (the row was left out), no, or gone: the finding stands in
        the workbook no more, so that nobody knows whether there was an answer.
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

    answers: tuple[AnswerRow, ...]
    rows: list[list[str]]


class _Change(NamedTuple):
    """What an answer wants to stand in the cells of a finding, or in a new column; or why it is not taken.

    ``code`` is the column of codes (heading, number) where the answer belongs there, not into the cells.
    """

    asked: Asked
    answer: str
    texts: tuple[str, ...] = ()
    why: str = ""
    confirms: bool = False
    adds: str = ""
    removes: bool = False
    code: tuple[str, int] | None = None

    @property
    def targets(self) -> tuple[int, ...]:
        """The columns into which the texts go."""
        return self.asked.targets if self.code is None else (self.code[1],)


def decide(returned: Returned, known: Mapping[str, FindingRow], layers: Layers | None = None) -> Decided:
    """Return which answers are taken, and the list with them; what does not match is refused with a word.

    Parameters
    ----------
    returned
        A workbook that came back.
    known
        The findings of the workspace, by id.
    layers
        The workspace: each answer is tried as its column is read there. None tries nothing.
    """
    changes = [c for one in returned.asked if (c := _change(one, returned, known)) is not None]
    changes = _without_contradictions(changes)
    changes = _without_lost_rows(changes, returned, known, layers)
    if layers is not None:
        changes = _without_unread(changes, returned, layers, _register(returned, known))
    answers = [_answer(change, returned.file) for change in changes]
    sent = {one.finding for one in returned.asked}
    answers += [
        AnswerRow(returned.file, finding, "", "", "", "; ".join(said), REFUSED, "no such finding was sent")
        for finding, said in returned.answers.items()
        if finding not in sent
    ]
    return Decided((*answers, *_unheard(returned)), _applied(changes, returned))


def _unheard(returned: Returned) -> list[AnswerRow]:
    """Return what was written beside no finding, and the findings that are gone from the workbook."""
    stray = "no finding stands beside it (in the hidden column at its right); correct the list by hand"
    gone = "the row, or its id in the hidden column, was taken out of the workbook"
    return [
        *(
            AnswerRow(returned.file, "", str(s.row), s.heading, "", s.text, REFUSED, stray)
            for s in returned.strays
        ),
        *(
            AnswerRow(returned.file, one.finding, one.row, one.column, one.value, "", GONE, gone)
            for one in returned.gone
        ),
    ]


def _answer(change: _Change, file: str) -> AnswerRow:
    one = change.asked
    taken = TAKEN
    if change.confirms:
        taken = CONFIRMED
    if change.removes:
        taken = REMOVED
    if change.why:
        taken = REFUSED
    return AnswerRow(file, one.finding, one.row, one.column, one.value, change.answer, taken, change.why)


def _applied(changes: Iterable[_Change], returned: Returned) -> list[list[str]]:
    """Return the list with the answers that are taken; a row that is left out stays as an empty one.

    So the rows below it keep their numbers, and the ids that are made of these.
    """
    rows = [list(row) for row in returned.rows]
    added: dict[str, dict[int, str]] = {}
    changes = [change for change in changes if not change.why]
    for change in changes:
        one = change.asked
        if change.adds:
            added.setdefault(change.adds, {})[one.sheet_row] = "ya" if change.confirms else change.texts[0]
        for target, text in zip(change.targets, change.texts, strict=False):
            rows[one.sheet_row - 1][target - 1] = text
    for heading_, texts in added.items():
        texts[returned.head] = heading_
        rows = [[*row, texts.get(number, "")] for number, row in enumerate(rows, start=1)]
    for change in changes:
        if change.removes:
            rows[change.asked.sheet_row - 1] = [""] * len(rows[0])
    return rows


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
    # What is told of a village has no file of its own.
    if (finding.file or returned.file, finding.value) != (returned.file, one.value):
        return _Change(one, answer, why="the value in the list has changed since the workbook was sent")
    return _meant(one, answer, finding, returned)


# What is asked about the cell that says whether a unit functions.
ABOUT_FUNCTIONING = ("functioning_unread", "functioning_dash", "functioning_unticked")
# No degrees are more; in metres more than half of a column is.
MOST_DEGREES, HALF = 180.0, 0.5


def _meant(one: Asked, answer: str, finding: FindingRow, returned: Returned) -> _Change:
    before = tuple(returned.rows[one.sheet_row - 1][target - 1] for target in one.targets)
    word = spelling_key(answer)
    free = word not in map(spelling_key, (RIGHT, PROPOSED, *REMOVE))
    denied = finding.rule in ABOUT_FUNCTIONING and free and _denies(one, returned)
    if finding.rule == FUNCTIONING or denied:
        return _functioning(one, answer, returned)
    if word == spelling_key(RIGHT):
        if one.finding in returned.overwritten:
            return _Change(
                one, answer, why="the cell itself was changed: is the old value right, or the new?"
            )
        return _confirmed(one, answer, before, finding.rule, returned)
    if word in map(spelling_key, REMOVE):
        lost = finding.rule in TWICE or (returned.layer == "population" and finding.rule in NOWHERE)
        why = "" if lost else "only a row that stands twice in its list is left out by this"
        return _Change(one, answer, why=why, removes=not why)
    text = answer
    if word == spelling_key(PROPOSED):
        # A village's code can stand in the column of codes, if not in the cell.
        coded = returned.code_column and finding.rule in OF_VILLAGES
        if not finding.proposal or not (coded or sender_texts().of(finding.rule).replaces):
            return _Change(one, answer, why="there is no proposal that could stand in the cell")
        text = proposal_of(finding)
    return _in_cells(one, (answer, text), finding.rule, returned)


def _in_cells(one: Asked, said: tuple[str, str], rule: str, returned: Returned) -> _Change:
    """Return what an answer, and the text that it means, want in the cells of a finding."""
    answer, text = said
    if returned.code_column and rule in OF_VILLAGES and parse_village_code(text) is not None:
        return _Change(one, answer, (text,), code=(returned.code, returned.code_column))
    if not one.targets and rule == "unlocated":
        return _place_added(one, answer, returned)
    if not one.targets:
        return _Change(one, answer, why="it is about no single cell of the list; correct the list by hand")
    if rule in OF_NAMES and returned.kind_in_names:
        return _kind(one, answer, returned.rows[one.sheet_row - 1][one.targets[0] - 1], rule)
    place = rule.startswith("place_") or rule in ABOUT_PLACES
    if place and _in_metres(one, returned):
        why = "the list gives metres (crs: in AREA.yml), and this is in degrees; correct the list by hand"
        return _Change(one, answer, why=why)
    return _placed(one, answer, text) if place else _Change(one, answer, (text,))


def _place_added(one: Asked, answer: str, returned: Returned) -> _Change:
    """Return a place for a list that has no column for it: one is added, under a heading that builds know."""
    placed = _placed(one, answer, answer)
    column = _new_heading(one, "place", returned)
    why = placed.why or _no_new_column(column, returned)
    return _Change(one, answer, (answer,), why=why, adds=column)


# What a build reads at no place, whatever anybody confirms.
NO_PLACE = ("place_lost", "place_unread", "place_zero")


def _confirmed(one: Asked, answer: str, before: tuple[str, ...], rule: str, returned: Returned) -> _Change:
    """Return that a cell is right as it stands; a place that a build would not take is marked for it."""
    if rule in NO_PLACE:
        return _Change(one, answer, why="no place can be read in it as it stands; write the place itself")
    if rule not in DOUBTED_PLACES:
        return _Change(one, answer, before, confirms=True)
    stated = _stated(", ".join(before))
    if not inside_indonesia(*stated)[0] and not _in_metres(one, returned):
        why = "as it stands it lies outside Indonesia: answer usulan if that is right, or write the place"
        return _Change(one, answer, why=why)
    column = sender_texts().columns["place_confirmed"]
    why = _no_new_column(column, returned)
    return _Change(one, answer, before, why=why, confirms=True, adds=column)


def _stated(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitude and latitude in a text, NaN where none can be read."""
    stated = stated_coordinates(pd.DataFrame({"pair": [text]}, dtype=object), None, None, "pair")
    return stated.lon, stated.lat


def _new_heading(one: Asked, column: str, returned: Returned) -> str:
    """Return under which heading a list gets a column: of a row's several units each has its own."""
    kind = returned.entry.get("kind")
    names = kind.get("columns", ()) if isinstance(kind, dict) else ()
    own = {heading_of_unit(key, name) for key in OF_UNIT for name in names}
    return one.column if one.column in own else sender_texts().columns[column]


def _no_new_column(column: str, returned: Returned) -> str:
    """Return why a list cannot get a new column; "" where it can."""
    if not returned.head:
        return "the list has no column for it, and the workbook is of an older version; correct it by hand"
    above = returned.rows[returned.head - 2] if returned.head > 1 else []
    if sum(map(bool, above)) > 1:
        # A heading in the second row alone would make the two rows read as one, and the others as a unit.
        return "the list has no column for it, and its headings take two rows; correct it by hand"
    if spelling_key(column) in map(spelling_key, returned.rows[returned.head - 1]):
        return f"the list has a column {column} already; write ya there by hand"
    return ""


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
    if one.targets and _denies(one, returned):
        # Under "Tidak Aktif" a bare "ya" says that the unit does not function.
        text = "berfungsi" if said == {YesNo.YES.value} else "tidak berfungsi"
    if one.targets:
        return _Change(one, answer, (text,))
    column = _new_heading(one, "functioning", returned)
    if returned.head and spelling_key(column) in map(spelling_key, returned.rows[returned.head - 1]):
        why = "the list has a column for it that AREA.yml does not use (functioning:); correct it by hand"
        return _Change(one, answer, why=why)
    why = _no_new_column(column, returned)
    return _Change(one, answer, (text,), why=why, adds=column)


def _denies(one: Asked, returned: Returned) -> bool:
    """Return whether the heading of an answer's cell asks whether a unit does not function."""
    heads = returned.rows[returned.head - 1] if returned.head else []
    heading = heads[one.targets[0] - 1] if one.targets and one.targets[0] <= len(heads) else ""
    return what_it_asks(heading) is Asks.FUNCTIONS_NOT


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
    lon, lat = (float(number[0]) for number in _stated(text))
    if not (np.isfinite(lat) and np.isfinite(lon)):
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


def _without_lost_rows(
    changes: Sequence[_Change], returned: Returned, known: Mapping[str, FindingRow], layers: Layers | None
) -> list[_Change]:
    """Return changes without lost rows: of which no other stays, or something else is answered."""
    out = {c.asked.sheet_row for c in changes if c.removes}
    busy = {c.asked.sheet_row for c in changes if not (c.removes or c.why or c.confirms)}
    kept = []
    for change in changes:
        why = ""
        if change.removes and change.asked.sheet_row in busy:
            why = "the row is to be left out, and another answer corrects it"
        elif (
            change.removes
            and _rule(change.asked) in TWICE
            and not (_twins(change.asked, returned, known, layers) - out)
        ):
            why = "no other row of the same unit would stay in the list; leave one of them"
        kept.append(change._replace(why=why, removes=False) if why else change)
    # A row stays whose own answer to leave it out is not taken.
    out = {c.asked.sheet_row for c in kept if c.removes}
    return _without_answers_of(out, kept, returned, known)


def _without_answers_of(
    out: set[int], changes: Sequence[_Change], returned: Returned, known: Mapping[str, FindingRow]
) -> list[_Change]:
    """Return changes without other answers about the rows that are left out, or stay beside another."""
    checked = []
    for change in changes:
        why = ""
        if not change.removes and not change.why and change.asked.sheet_row in out:
            why = "another answer leaves the row out"
        elif (
            change.confirms
            and _rule(change.asked) == VILLAGE_TWICE
            and _alike(change.asked, returned, known) - out
        ):
            why = (
                "of rows of one village only one can be right; write hapus for the other, or its own village"
            )
        checked.append(change._replace(why=why) if why else change)
    return checked


def _twins(
    one: Asked, returned: Returned, known: Mapping[str, FindingRow], layers: Layers | None
) -> set[int]:
    """Return the other rows of the sheet that are the same unit: of one kind, name and village.

    One with another name at the same place is none: a polindes may stand beside a pustu.
    """
    unit = _unit(known[one.finding].id, layers)
    said = _texts_at(one, one.sheet_row, returned)
    rows = range(returned.head + 1, len(returned.rows) + 1)
    alike = {n for n in rows if n != one.sheet_row and _texts_at(one, n, returned) == said}
    if _rule(one) == VILLAGE_TWICE:
        # One row may say its village by the code, and the other by the name.
        return _alike(one, returned, known)
    if _rule(one) == "id_twice":
        # The first row of the id has no finding.
        return alike if _unit(known[one.finding].value, layers) == unit else set()
    others = {
        a.sheet_row
        for a in returned.asked
        if _rule(a) == _rule(one) and a.finding in known and _unit(known[a.finding].id, layers) == unit
    }
    return alike & others


def _alike(one: Asked, returned: Returned, known: Mapping[str, FindingRow]) -> set[int]:
    """Return the other rows that are told to be of the same village."""
    village = known[one.finding].id
    return {
        a.sheet_row
        for a in returned.asked
        if a.sheet_row != one.sheet_row and _rule(a) == _rule(one) and a.finding in known
        and known[a.finding].id == village
    }  # fmt: skip


def _rule(one: Asked) -> str:
    """Return the rule of a finding by its id."""
    return one.finding.split(".")[1]


def _texts_at(one: Asked, number: int, returned: Returned) -> list[str]:
    row = returned.rows[number - 1]
    return [spelling_key(row[target - 1]) for target in one.targets]


def _unit(facility: str, layers: Layers | None) -> tuple[str, ...]:
    """Return kind, name and village of a facility."""
    if layers is None or facility not in layers.facilities.index:
        return ()
    kind, name, village = layers.facilities.loc[facility, ["kind", "name", "village_code"]]
    return str(kind), spelling_key(str(name)), str(village)


def _register(returned: Returned, known: Mapping[str, FindingRow]) -> Register:
    """Return the other codes of a table of people, as the build found their villages: the trial has no files.

    One code may stand in rows of several villages, which their names tell apart: it tells none.
    """
    found: dict[str, set[str]] = {}
    for said in known.values():
        if (said.file, said.rule, said.column) == (returned.file, "code_bridge", returned.code):
            digits = "".join(c for c in said.value if c.isdigit())
            found.setdefault(digits, set()).add(said.id)
    return Register({}, {digits: min(ids) for digits, ids in found.items() if len(ids) == 1 and all(ids)})


def _without_unread(
    changes: Sequence[_Change], returned: Returned, layers: Layers, register: Register
) -> list[_Change]:
    """Return changes without answers that a build could not read in their column."""
    changes = [
        c._replace(why="no puskesmas of the lists has this id or name, or several have the name")
        if not c.why and _rule(c.asked) == PARENT and c.texts[:1] and not c.confirms
        and parent_ids(pd.Series(c.texts[:1]), layers.facilities)[0] not in layers.facilities.index
        else c
        for c in changes
    ]  # fmt: skip
    trial = ListTrial(returned.entry, layers.villages, returned.layer, register)
    tried = [c for c in changes if not (c.why or c.confirms or c.removes)]
    why = _tried(trial, tried, changes, returned)
    return [c._replace(why=why[c.asked.finding]) if c in tried and c.asked.finding in why else c
            for c in changes]  # fmt: skip


def _tried(
    trial: ListTrial, tried: Sequence[_Change], changes: Sequence[_Change], returned: Returned
) -> dict[str, str]:
    """Return by finding why answers cannot be read; column by column where not all can be together."""

    def unread(some: Sequence[_Change]) -> dict[str, str]:
        others = [c for c in changes if c not in tried]
        at = {c.asked.finding: _at(c, returned) for c in some}
        bad = trial.unread(
            rows_text(_applied([*some, *others], returned)), {x for of in at.values() for x in of}
        )
        return {finding: bad[cell] for finding, of in at.items() for cell in of if cell in bad}

    try:
        return unread(tried)
    except InputError:
        pass
    found: dict[str, str] = {}
    for column in dict.fromkeys(c.asked.column for c in tried):
        mine = [c for c in tried if c.asked.column == column]
        try:
            found |= unread(mine)
        except InputError as error:
            found |= _one_by_one(mine, unread, error)
    return found


# So many answers of a column are tried one by one where they cannot be read together.
SINGLY = 100


def _one_by_one(
    changes: Sequence[_Change], unread: Callable[[Sequence[_Change]], dict[str, str]], error: InputError
) -> dict[str, str]:
    """Return by finding why answers cannot be read: each with those before it that can."""
    found: dict[str, str] = {}
    good: list[_Change] = []
    for change in changes:
        why = f"with the answers of this column the list cannot be read: {error}"
        if len(changes) <= SINGLY:
            try:
                bad = unread([*good, change])
                why = bad.get(change.asked.finding, "")
            except InputError as own:
                why = f"with it the list cannot be read: {own}"
        if why:
            found[change.asked.finding] = why
        else:
            good.append(change)
    return found


def _at(change: _Change, returned: Returned) -> set[tuple[int, str]]:
    """Return where a build may tell that it cannot read an answer: rows of the sheet and headings."""
    own = (change.asked.sheet_row, change.asked.column)
    village = _rule(change.asked) in OF_VILLAGES and returned.code
    return {own, (own[0], returned.code)} if village else {own}


def _cells(change: _Change) -> list[tuple[tuple[int, int], str]]:
    if change.why:
        return []
    row = change.asked.sheet_row
    return [((row, t), text) for t, text in zip(change.targets, change.texts, strict=False)]


def answers_csv(answers: Iterable[AnswerRow]) -> str:
    """Return ``answers.csv``; no text in it is a formula."""
    return csv_text(pd.DataFrame(list(answers), columns=list(AnswerRow._fields), dtype=object), index=False)
