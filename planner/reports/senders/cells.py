"""Text that any CSV or workbook can hold, and that no spreadsheet runs."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from geodata.readers.files.cells import cell_text

if TYPE_CHECKING:
    from collections.abc import Sequence

# What Excel allows in one cell; what is longer is cut where it is only shown.
CELL_CHARACTERS = 32_767
PIECE_CHARACTERS = 30_000
STAND_IN = "\ufffd"
# NUL is no text for any reader, half a surrogate pair is no UTF-8.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_LIKE_THOUSANDS = re.compile(r"-?\d{1,3}\.\d{3}")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    r"""Return a text that UTF-8 can hold: a stand-in for each NUL, and for halves of surrogate pairs.

    Examples
    --------
    >>> plain("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    True
    """
    return _NO_TEXT.sub(STAND_IN, text)


def sure_text(value: object) -> str:
    """Return a cell as text that reads as the same number again: 9.728 written as such would be 9,728.

    Examples
    --------
    >>> sure_text(9.728), sure_text(-8.1706), sure_text(9728.0), sure_text("9.728")
    ('9.7280', '-8.1706', '9728', '9.728')
    """
    text = cell_text(value)
    return f"{text}0" if isinstance(value, float) and _LIKE_THOUSANDS.fullmatch(text) else text


def as_written(text: str) -> str:
    """Return a text of :func:`sure_text` as the cell shows it.

    Examples
    --------
    >>> as_written("9.7280"), as_written("9728")
    ('9.728', '9728')
    """
    return text[:-1] if text.endswith("0") and _LIKE_THOUSANDS.fullmatch(text[:-1]) else text


def shown(text: str, most: int = CELL_CHARACTERS) -> str:
    r"""Return a text as a workbook can show it: control characters have a stand-in, and it is cut.

    Parameters
    ----------
    most
        Characters, the sign for what was cut among them.

    Examples
    --------
    >>> shown("Desa\x07 Maju", 6) == "Desa\ufffd…"
    True
    """
    # Nothing that XML lacks can be printed, and that is seen quicker.
    safe = text if text.isprintable() else _NO_XML.sub(STAND_IN, text)
    return safe if len(safe) <= most else safe[: most - 1] + "…"


def put(cell: Any, text: str) -> None:  # noqa: ANN401 - openpyxl ships no types
    """Write a text into a cell of a workbook as text, whatever it begins with.

    Parameters
    ----------
    cell
        Of openpyxl.
    text
        Any; see :func:`shown`.
    """
    cell.value = shown(text)
    if text:
        cell.data_type = "s"
        # Stays text when somebody edits the cell.
        cell.quotePrefix = True


def packed(content: object) -> list[str]:
    """Return plain content as pieces of letters and digits that fit into cells, whatever texts it holds.

    Examples
    --------
    >>> unpacked(packed(["=1", 2]))
    ['=1', 2]
    """
    text = base64.b64encode(json.dumps(content).encode("ascii")).decode("ascii")
    return [text[i : i + PIECE_CHARACTERS] for i in range(0, len(text), PIECE_CHARACTERS)]


def unpacked(pieces: Sequence[str]) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what :func:`packed` was given.

    Raises
    ------
    ValueError
        The pieces were changed.
    """
    return json.loads(base64.b64decode("".join(pieces), validate=True))
