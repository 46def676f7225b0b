"""CSV that no spreadsheet takes for a formula, and back to the text that it was.

A cell that begins with a sign, a tab or a line's end runs as a formula when somebody opens the file (OWASP,
"CSV injection"). So does one where blanks stand before it, in some programs.
Such texts get an apostrophe, as a spreadsheet has it; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

# Also the full-width forms, which some spreadsheets read as the plain ones.
_SIGN = "[=+\\-@＝＋－＠]"
# What programs leave out before a formula: LibreOffice a NUL anywhere and the mark of byte order at a file's
# beginning; others blanks. Neither tab nor line break: they end a cell themselves.
_LEFT_OUT = r"\x00-\x08\x0b\x0c\x0e-\x20\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_BEGINS = re.compile(rf"'*(?:[{_LEFT_OUT}]*+{_SIGN}|[\t\r\n])")
# Where the list separator is a semicolon (as in Indonesian), or a tab is chosen, a text that holds one is two
# cells, and the second may begin so; its quotes mean nothing then, so that a line break ends a row. The
# apostrophe stands behind the separator.
_CELL = re.compile(rf"([;\t\r\n][{_LEFT_OUT}\"]*+)('*)(?={_SIGN})")
_GUARDED = re.compile(rf"([;\t\r\n][{_LEFT_OUT}\"]*+)'('*)(?={_SIGN})")

# A cell of text that is a number.
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")


def begins_formula(text: str) -> bool:
    """Return whether a spreadsheet takes a text for a formula, or would once its cell is edited.

    Examples
    --------
    >>> begins_formula("=1"), begins_formula(" =1"), begins_formula("Desa Ma'u")
    (True, True, False)
    """
    return _BEGINS.match(text) is not None


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would take it for a formula.

    Apostrophes that stand there already get one more, so that :func:`unguarded` gives every text back.

    Examples
    --------
    >>> guarded("=HYPERLINK(1)"), guarded("Desa Ma'u"), unguarded(guarded("'=1"))
    ("'=HYPERLINK(1)", "Desa Ma'u", "'=1")
    >>> guarded("a;=1+1;b"), guarded(" =1"), unguarded(guarded("a;'=1"))
    ("a;'=1+1;b", "' =1", "a;'=1")
    """
    safe = _CELL.sub(r"\1'\2", text)
    return f"'{safe}" if begins_formula(safe) else safe


def unguarded(text: str) -> str:
    """Return the text that :func:`guarded` was given."""
    if "'" not in text:
        return text
    if text.startswith("'") and begins_formula(text):
        text = text[1:]
    return _GUARDED.sub(r"\1\2", text)


def csv_text(table: pd.DataFrame, *, index: bool = True) -> str:
    """Return a table as CSV; unknown is an empty cell, and no text is a formula.

    Parameters
    ----------
    index
        Whether the index comes first.
    """
    if index:
        names = [n or f"level_{k}" for k, n in enumerate(table.index.names)]
        table = table.rename_axis(names).reset_index()
    safe = table.rename(columns=lambda c: guarded(str(c)))
    returns = any("\r" in str(column) for column in safe.columns)
    for number in range(safe.shape[1]):
        values = safe.iloc[:, number]
        # All but numbers and the like: texts have many types (Arrow's among them), and may be in categories.
        if not isinstance(values.dtype, np.dtype) or values.dtype == object:
            # Each text once: a kind or a status stands in every row.
            texts = {value for value in values.astype(object).tolist() if isinstance(value, str)}
            if any(guarded(text) != text for text in texts):
                safe.isetitem(number, values.astype(object).map(_cell))
            # Python's writer leaves a lone return bare, and readers end the row there.
            returns = returns or any("\r" in text for text in texts)
    return str(safe.to_csv(index=False, quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL))


def rows_text(rows: Iterable[Sequence[object]], *, separator: str = ",", ends: str = "\r\n") -> str:
    r"""Return rows as CSV, each as it is; no text is a formula, and negative numbers are numbers.

    In the first of several columns they are texts: where the list separator is another, a whole row is one
    cell, and what stands behind the number would be computed with it.

    Parameters
    ----------
    rows
        Texts, numbers and None (an empty cell).
    separator, ends
        What stands between two cells, and behind each row. With both signs in the line's end, a cell that
        holds one of them is quoted.

    Examples
    --------
    >>> rows_text([["nama", "lintang"], ["=1", "-8.05"]])
    "nama,lintang\r\n'=1,-8.05\r\n"
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=ends)
    for row in rows:
        writer.writerow([
            guarded(cell)
            if isinstance(cell, str) and (not _NUMBER.fullmatch(cell) or (number == 0 and len(row) > 1))
            else cell
            for number, cell in enumerate(row)
        ])  # fmt: skip
    return out.getvalue()


def _cell(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value
