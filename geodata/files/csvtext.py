"""CSV that no spreadsheet takes for a formula, and back to the text that it was.

A cell that begins with one of STARTS runs as a formula when somebody opens the file (OWASP, "CSV injection").
Such texts get an apostrophe, as a spreadsheet has it; numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# Also the full-width forms, which some spreadsheets read as the plain ones.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where the list separator is a semicolon (as in Indonesian), or a tab is chosen, a text that holds one is two
# cells, and the second may begin so: the apostrophe stands behind the separator then.
_CELL = re.compile(r"([;\t][ \"]*)('*)(?=[=+\-@＝＋－＠])")
_GUARDED = re.compile(r"([;\t][ \"]*)'('*)(?=[=+\-@＝＋－＠])")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would take it for a formula.

    Apostrophes that stand there already get one more, so that :func:`unguarded` gives every text back.

    Examples
    --------
    >>> guarded("=HYPERLINK(1)"), guarded("Desa Ma'u"), unguarded(guarded("'=1"))
    ("'=HYPERLINK(1)", "Desa Ma'u", "'=1")
    >>> guarded("a;=1+1;b"), unguarded(guarded("a;'=1"))
    ("a;'=1+1;b", "a;'=1")
    """
    if ";" in text or "\t" in text:
        text = _CELL.sub(r"\1'\2", text)
    return f"'{text}" if text.lstrip("'").startswith(STARTS) else text


def unguarded(text: str) -> str:
    """Return the text that :func:`guarded` was given."""
    if text.startswith("'") and text.lstrip("'").startswith(STARTS):
        text = text[1:]
    return _GUARDED.sub(r"\1\2", text) if ";" in text or "\t" in text else text


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
    returns = False
    for number in range(safe.shape[1]):
        values = safe.iloc[:, number]
        # All but numbers and the like: texts have many types (Arrow's among them), and may be in categories.
        if not isinstance(values.dtype, np.dtype) or values.dtype == object:
            # Each text once: a kind or a status stands in every row.
            texts = {value for value in values.astype(object).tolist() if isinstance(value, str)}
            if any(guarded(text) is not text for text in texts):
                safe.isetitem(number, values.astype(object).map(_cell))
            # Python's writer leaves a lone return bare, and readers end the row there.
            returns = returns or any("\r" in text for text in texts)
    return str(safe.to_csv(index=False, quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL))


def _cell(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value
