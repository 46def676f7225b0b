"""A document as plain values, every number already text: what all three writers print."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from planner.reports.documents.model import (
    Block,
    Fields,
    Figure,
    Headline,
    Items,
    Paragraph,
    Section,
    Signature,
    Table,
)
from planner.reports.documents.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.reports.documents.model import Document
    from planner.reports.documents.words import Words

Plain = dict[str, Any]
# So many rows of a table stand together where it begins, and where it ends: fewer are lost on a page.
FIRST_ROWS, LAST_ROWS = 3, 5
# Letters on a line over the whole width; together stands only what is no longer than so many lines.
LINE_LETTERS, TOGETHER_LINES = 90, 30


def as_data(document: Document, words: Words) -> Plain:
    r"""Return a document as dicts, lists and text; pictures by their names.

    Parameters
    ----------
    document
        The values.
    words
        Of its language.

    Returns
    -------
    data
        Every text is as :func:`planner.reports.documents.words.clean` leaves it.

    Examples
    --------
    >>> from planner.reports.documents.model import Document, Paragraph, Section
    >>> from planner.reports.documents.words import Words
    >>> one = Section("a", "Facts", (Paragraph("One\nline"),))
    >>> document = Document("memo", "en", "Memo", "", (), (one,), False, "DRAFT", "")
    >>> as_data(document, Words("en"))["sections"][0]["blocks"][0]["text"]
    'One line'
    """
    counted = _Counted(words)
    return {
        "key": document.key,
        "lang": document.lang,
        "title": clean(document.title),
        "subtitle": clean(document.subtitle),
        "cover": [clean(line) for line in document.cover],
        "sections": [_section(s, words, counted, 1) for s in document.sections],
        "has_cover": document.has_cover,
        "watermark": clean(document.watermark),
        "footer": clean(document.footer),
        "contents": words.say("contents"),
        "page_of": words.say("page_of"),
    }


def pictures(document: Document) -> dict[str, bytes]:
    """Return the pictures (PNG) of a document by name.

    Examples
    --------
    >>> from planner.reports.documents.model import Document
    >>> pictures(Document("memo", "en", "Memo", "", (), (), False, "", ""))
    {}
    """

    def within(blocks: tuple[Block, ...]) -> Iterator[Figure]:
        for block in blocks:
            if isinstance(block, Section):
                yield from within(block.blocks)
            elif isinstance(block, Figure):
                yield block

    return {figure.name: figure.png for figure in within(document.sections)}


class _Counted:
    """Numbers tables and figures in the order in which they stand."""

    def __init__(self, words: Words) -> None:
        self._words, self._of = words, {"table": 0, "figure": 0}

    def caption(self, what: str, caption: str) -> str:
        if not caption:
            return ""
        self._of[what] += 1
        return f"{self._words.say(what)} {self._of[what]}. {clean(caption)}"


def _section(section: Section, words: Words, counted: _Counted, level: int) -> Plain:
    blocks = []
    for block in section.blocks:
        if isinstance(block, Section):
            blocks.append(_section(block, words, counted, level + 1))
        else:
            blocks.append(_WRITERS[type(block)](block, words, counted))
    return {
        "type": "section", "key": section.key, "title": clean(section.title), "level": level,
        "new_page": section.new_page, "blocks": blocks,
    }  # fmt: skip


def _paragraph(block: Paragraph, _words: Words, _counted: _Counted) -> Plain:
    return {"type": "paragraph", "text": clean(block.text), "note": block.note}


def _items(block: Items, _words: Words, _counted: _Counted) -> Plain:
    return {"type": "items", "items": [clean(i) for i in block.items], "numbered": block.numbered}


def _table(block: Table, words: Words, counted: _Counted) -> Plain:
    share = sum(c.width for c in block.columns)
    texts = [[clean(words.cell(cell)) for cell in row.cells] for row in block.rows]
    letters = [max(1, round(LINE_LETTERS * c.width / share)) for c in block.columns]
    lines = [max(ceil(len(t) / n) for t, n in zip(row, letters, strict=False)) for row in texts]
    together = kept_with_next([str(row.role) for row in block.rows], lines)
    return {
        "type": "table",
        "caption": counted.caption("table", block.caption),
        "small": block.small,
        "columns": [
            {"title": clean(c.title), "width": c.width / share, "numeric": c.numeric} for c in block.columns
        ],
        "rows": [
            {
                "role": row.role,
                "keep": keep,
                "cells": [
                    {"text": said, "kind": str(cell.kind)}
                    for said, cell in zip(said_of, row.cells, strict=True)
                ],
            }
            for row, said_of, keep in zip(block.rows, texts, together, strict=True)
        ],
    }


def kept_with_next(roles: Sequence[str], lines: Sequence[int]) -> list[bool]:
    """Return which rows of a table must be on one page with the row that follows them.

    Parameters
    ----------
    roles
        Of the rows, in their order: the name of a group is kept with what it names, a sum with what stands
        before it.
    lines
        How many lines of letters each row is about tall. Rows that are tall together are not kept so: a
        page might not hold them.

    Returns
    -------
    keep
        One a row; False for the last one.

    Examples
    --------
    >>> kept_with_next(["", "", "", "", "", "", "", "", ""], [1] * 9)
    [True, True, False, False, True, True, True, True, False]
    >>> kept_with_next(["group", ""], [1, 40])
    [False, False]
    """
    last = len(roles) - 1
    keep = [
        i < last
        and (i < FIRST_ROWS - 1 or i > last - LAST_ROWS or roles[i] == "group" or roles[i + 1] == "total")
        for i in range(last + 1)
    ]
    start = 0
    for i, goes_on in enumerate(keep):
        if goes_on:
            continue
        if sum(lines[start : i + 1]) > TOGETHER_LINES:
            keep[start:i] = [False] * (i - start)
        start = i + 1
    return keep


def _figure(block: Figure, _words: Words, counted: _Counted) -> Plain:
    return {
        "type": "figure", "name": block.name, "caption": counted.caption("figure", block.caption),
        "alt": clean(block.alt), "width": block.width,
    }  # fmt: skip


def _headline(block: Headline, words: Words, _counted: _Counted) -> Plain:
    numbers = [{"value": clean(words.cell(cell)), "label": clean(label)} for cell, label in block.numbers]
    return {"type": "headline", "numbers": numbers}


def _fields(block: Fields, _words: Words, _counted: _Counted) -> Plain:
    return {
        "type": "fields",
        "fields": [{"label": clean(label), "value": clean(value)} for label, value in block.fields],
    }


def _signature(block: Signature, _words: Words, _counted: _Counted) -> Plain:
    return {
        "type": "signature", "above": [clean(a) for a in block.above],
        "below": [clean(b) for b in block.below],
    }  # fmt: skip


_WRITERS: dict[type, Callable[[Any, Words, _Counted], Plain]] = {
    Paragraph: _paragraph,
    Items: _items,
    Table: _table,
    Figure: _figure,
    Headline: _headline,
    Fields: _fields,
    Signature: _signature,
}
