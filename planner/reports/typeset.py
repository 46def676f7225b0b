"""Typst source and its data → the bytes of a PDF, with no font but those of the typst wheel."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geodata.files.moment import for_a_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN, DATA = "main.typ", "data.json"
# A fixed time, so that the same source and data are the same bytes.
CREATED_S = 0
# Of marks on letters the fonts have those of Latin, of the skin tones of emoji none; APART is not seen.
LAST_LATIN_MARK, TONES, APART = "\u036f", "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff", "\u200c"


def typeset(
    source: str, data: Mapping[str, Any], *, files: Mapping[str, bytes] = MappingProxyType({}),
    tags: bool = True,
) -> bytes:  # fmt: skip
    r"""Return a PDF.

    Texts from users belong into ``data``: there they are text whatever they hold, in the source they would
    be markup.

    Parameters
    ----------
    source
        Typst; it reads its data with ``json("data.json")``.
    data
        Plain numbers, text, lists and dicts.
    files
        Images by the relative path that the source names.
    tags
        Whether screen readers are told what is a heading, a table and a figure; a booklet of hundreds of
        pages is smaller without.

    Returns
    -------
    pdf
        The bytes of the file; the same for the same input.

    Raises
    ------
    ValueError
        A number of the data is NaN or infinite, or a file's path leads out of its folder.
    TypeError
        Something else than plain values is in the data.
    typst.TypstError
        The source is wrong.

    Examples
    --------
    >>> typeset('#json("data.json").name', {"name": "#let x = $1$ ]"})[:5]
    b'%PDF-'
    """
    pdf = _compiled(source, data, files, {"pdf_tags": tags})
    assert isinstance(pdf, bytes)
    return pdf


def typeset_pages(
    source: str, data: Mapping[str, Any], *, files: Mapping[str, bytes] = MappingProxyType({}), ppi: float
) -> tuple[bytes, ...]:
    r"""Return the pages of the same as pictures.

    Parameters
    ----------
    source, data, files
        As :func:`typeset` takes them.
    ppi
        Pixels an inch.

    Returns
    -------
    pages
        A PNG a page.

    Raises
    ------
    ValueError, TypeError, typst.TypstError
        As :func:`typeset`.

    Examples
    --------
    >>> [page[:4] for page in typeset_pages("a #pagebreak() b", {}, ppi=20)]
    [b'\x89PNG', b'\x89PNG']
    """
    pages = _compiled(source, data, files, {"format": "png", "ppi": ppi})
    return (pages,) if isinstance(pages, bytes) else tuple(pages)


def _compiled(
    source: str, data: Mapping[str, Any], files: Mapping[str, bytes], how: dict[str, Any]
) -> bytes | list[bytes]:
    # Here, because the compiler is 30 MB that only a report needs.
    import typst

    with for_a_moment("document") as folder:
        (folder / MAIN).write_text(source, "utf-8")
        # Half a surrogate pair is no text that UTF-8 can hold.
        text = _with_marks_apart(json.dumps(data, ensure_ascii=False, allow_nan=False))
        (folder / DATA).write_bytes(text.encode("utf-8", errors="replace"))
        for path, content in files.items():
            file = folder / _inside(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        made: bytes | list[bytes] = typst.compile(
            folder / MAIN, root=folder, font_paths=[], ignore_system_fonts=True, timestamp=CREATED_S, **how
        )
        return made


def _with_marks_apart(text: str) -> str:
    """Return a text whose letters stay apart from marks behind them that the fonts hardly have.

    A letter and its marks are set as one: where no font has the mark, the letter would be lost with it.
    """
    if text.isascii():
        return text
    marks = [
        c for c in set(text) if c > LAST_LATIN_MARK and (unicodedata.category(c)[0] == "M" or c in TONES)
    ]
    return re.sub(rf"(?<=\w)(?=[{re.escape(''.join(sorted(marks)))}])", APART, text) if marks else text


def _inside(path: str) -> str:
    """Return a file's path; one that leads elsewhere, or over what typst reads, is refused."""
    parts = PurePosixPath(path).parts
    if not parts or path in (MAIN, DATA) or ".." in parts or PurePosixPath(path).is_absolute():
        msg = f"{path!r} is no path of a file beside the source: give a relative one, as the source names it"
        raise ValueError(msg)
    return path
