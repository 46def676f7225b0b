"""Whether each unit functions, by a column of words or of ticks and what its heading asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.layers import Cell, Finding
from geodata.readers.files.cells import text_column
from geodata.vocabulary.columns import (
    bare_functioning_words,
    closed_words,
    functioning_signs,
    functioning_words,
)
from geodata.vocabulary.functioning_heads import Asks, opposites, what_it_asks
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import YesNo

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Severity

_TURNED = {YesNo.YES.value: YesNo.NO.value, YesNo.NO.value: YesNo.YES.value}
TICKS, CROSSES, DASHES = "ticks", "crosses", "dashes"
UNREAD = "functioning_unread"


class Answers(NamedTuple):
    """What a column says of its rows.

    Attributes
    ----------
    said
        object ``(rows,)``, what stands there, "" for nothing.
    functions
        object ``(rows,)``: ``yes``, ``no``, ``unknown``.
    closed
        object ``(rows,)``, whether a unit is closed, by a word for it.
    unread, dashed, unticked
        bool ``(rows,)``: something stands there that is not understood; a dash was taken for the opposite of
        a tick; nothing stands there, among ticks.
    opposite
        The column that asks the opposite, where the table has one.
    """

    said: NDArray[np.object_]
    functions: NDArray[np.object_]
    closed: NDArray[np.object_]
    unread: NDArray[np.bool_]
    dashed: NDArray[np.bool_]
    unticked: NDArray[np.bool_]
    opposite: str | None

    @property
    def known(self) -> float:
        """The share of filled rows of which it says that the unit functions or does not."""
        filled = self.said != ""
        return float((self.functions != YesNo.UNKNOWN).sum() / filled.sum()) if filled.any() else 0.0


class _Column(NamedTuple):
    """A column's cells in lower case, each as a word's answer or a sign; "" for neither."""

    text: pd.Series[Any]
    answer: NDArray[np.object_]
    sign: NDArray[np.object_]


def answers_of(table: pd.DataFrame, column: str | None) -> Answers:
    """Return whether units function, by a column and the one that asks the opposite.

    Words count as they are; "ya" and 1 answer what the heading asks. A tick says yes to it. Beside ticks a
    cross or a dash says no, and an empty cell nothing, but where the opposite is ticked. A cross without any
    tick may be either, in a column alone; of two columns it is the tick.

    Parameters
    ----------
    column
        Its heading; None for none.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Aktif": ["v", None, "-"], "Tidak Aktif": [None, "v", None]})
    >>> answers_of(table, "Aktif").functions.tolist(), answers_of(table, "Tidak Aktif").functions.tolist()
    (['yes', 'no', 'unknown'], ['unknown', 'no', 'unknown'])
    """
    denies = _denies(column)
    own = _read(table, column, denies=denies)
    other = None if column is None else opposites(table.columns).get(column)
    if other is None:
        functions, dashed = _alone(own, denies=denies)
        said = own.text.to_numpy(dtype=object)
        unread = (said != "") & (functions == YesNo.UNKNOWN) & ~_told_nothing(own)
        unticked = (said == "") & (own.sign == TICKS).any()
        return Answers(said, functions, _closed(own, functions, column), unread, dashed, unticked, None)
    against = _read(table, other, denies=True)
    functions, unread = _of_two(own, against)
    said = np.where(own.text != "", own.text, against.text).astype(object)
    none = np.zeros(len(table), dtype=bool)
    return Answers(said, functions, _closed(own, functions, column), unread, none, none, other)


def _denies(column: str | None) -> bool:
    """Return whether a heading asks whether a unit does not function."""
    return column is not None and what_it_asks(column) is Asks.FUNCTIONS_NOT


def _read(table: pd.DataFrame, column: str | None, *, denies: bool) -> _Column:
    text = text_column(table, column).fillna("").astype(object)
    words = dict(functioning_words())
    if denies:
        words |= {word: _TURNED.get(words[word], words[word]) for word in bare_functioning_words()}
    lower = text.map({t: " ".join(t.lower().split()) for t in text.unique()})
    signs = functioning_signs()
    answer = lower.map({t: "" if t in signs else words.get(t, "") for t in lower.unique()})
    sign = lower.map({t: signs.get(t, "") for t in lower.unique()})
    return _Column(text, answer.to_numpy(dtype=object), sign.to_numpy(dtype=object))


def _told_nothing(one: _Column) -> NDArray[np.bool_]:
    """Return the cells that say that nobody knows; a dash without ticks is one."""
    return np.asarray((one.answer == YesNo.UNKNOWN) | (one.sign == DASHES), dtype=bool)


def _alone(one: _Column, *, denies: bool) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the answers of a column without an opposite, and where a dash told one."""
    yes, no = (YesNo.NO, YesNo.YES) if denies else (YesNo.YES, YesNo.NO)
    ticks = one.sign == TICKS
    functions = np.where(one.answer == "", YesNo.UNKNOWN.value, one.answer).astype(object)
    functions[ticks] = yes.value
    dashed = (one.sign == DASHES) & ticks.any()
    functions[dashed] = no.value
    # "Ya" and x: the cross is no. "Tidak" and x, or x alone: nobody knows.
    if ticks.any() or ((one.answer == yes).any() and not (one.answer == no).any()):
        functions[one.sign == CROSSES] = no.value
    return functions, np.asarray(dashed, dtype=bool)


def _of_two(own: _Column, against: _Column) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the answers of a column and its opposite, and where the two say both or neither of it."""
    ticked = (own.sign == TICKS).any() or (against.sign == TICKS).any()
    mark, no_mark = (TICKS, CROSSES) if ticked else (CROSSES, "")
    for_yes = (own.answer == YesNo.YES) | (own.sign == mark) | (against.answer == YesNo.YES)
    for_no = (own.answer == YesNo.NO) | (against.sign == mark) | (against.answer == YesNo.NO)
    if no_mark:
        for_yes |= against.sign == no_mark
        for_no |= own.sign == no_mark
    functions = np.select(
        [for_yes & ~for_no, for_no & ~for_yes], [YesNo.YES.value, YesNo.NO.value], "unknown"
    )
    filled = (own.text != "").to_numpy() | (against.text != "").to_numpy()
    nothing = _silent(own) & _silent(against)
    return functions.astype(object), np.asarray(filled & (functions == YesNo.UNKNOWN) & ~nothing, dtype=bool)


def _silent(one: _Column) -> NDArray[np.bool_]:
    return np.asarray((one.text == "").to_numpy() | _told_nothing(one), dtype=bool)


def _closed(one: _Column, functions: NDArray[np.object_], column: str | None) -> NDArray[np.object_]:
    """Return whether each unit is closed: yes by a word for it, no for one that functions."""
    asks = _denies(column) and spelling_key(column).endswith(("tutup", "closed"))
    word = one.text.str.lower().isin(closed_words()).to_numpy(dtype=bool) | (asks & (functions == YesNo.NO))
    return np.select(
        [word, functions == YesNo.YES], [YesNo.YES.value, YesNo.NO.value], YesNo.UNKNOWN.value
    ).astype(object)  # fmt: skip


def functioning_of(
    table: pd.DataFrame, column: str | None, ids: pd.Series[Any], file: str
) -> tuple[Answers, tuple[Finding, ...]]:
    """Return whether units function, and findings about cells that are not understood, and about dashes.

    Parameters
    ----------
    table, column
        As :func:`answers_of` has them.
    ids, file
        Each row's id, and what findings call the list.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Aktif": ["v", "-", "entah"]}, index=[2, 3, 4])
    >>> answers, findings = functioning_of(table, "Aktif", pd.Series(["a", "b", "c"], table.index), "a.csv")
    >>> answers.functions.tolist(), [(one.rule, one.ids) for one in findings]
    (['yes', 'no', 'unknown'], [('functioning_unread', ("'entah'",)), ('functioning_dash', ('b',))])
    """
    answers = answers_of(table, column)
    opposite = "aktif" if _denies(column) else "tidak"

    def finding(
        severity: Severity, rule: str, rows: NDArray[np.bool_], text: str, proposal: str = ""
    ) -> list[Finding]:
        cells = tuple(
            Cell(
                file, int(table.index[i]), column or "", str(answers.said[i]), proposal, bool(proposal),
                str(ids.iloc[i]),
            )
            for i in np.flatnonzero(rows)
        )  # fmt: skip
        said = sorted({repr(c.value) for c in cells}) if rule == UNREAD else [c.id for c in cells]
        action = "write ya or tidak, or leave it empty if unknown"
        made = Finding(
            severity, "facilities", rule, len(cells), tuple(said[:5]), f"{file}: {text}", action, cells
        )
        return [made] * bool(cells)

    return answers, (
        *finding("error", "functioning_unread", answers.unread,
                 "whether these units function is not understood, and taken as unknown"),
        *finding("warning", "functioning_dash", answers.dashed,
                 "a dash in a column of ticks was taken for the opposite of a tick", opposite),
        *finding("warning", "functioning_unticked", answers.unticked,
                 "no tick in a column of ticks was taken as unknown; these units count as functioning"),
    )  # fmt: skip
