"""Findings as a flat list: one row a cell, each with an id that stays the same over builds."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.errors import first_five
from geodata.files.csvtext import csv_text
from geodata.layers import Cell
from planner.reports.senders.cells import plain
from planner.reports.senders.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geodata.layers import Finding, Layers

DIGITS = 10
# Numbers in a message change from build to build: they are no part of an id.
_NUMBER = re.compile(r"\d[\d.,]*")


class FindingRow(NamedTuple):
    """A row of ``findings.csv``: a finding at one of its cells, or a finding without cells; all of it text.

    Attributes
    ----------
    finding
        ``layer.rule.hash``: of layer, rule, file, row and column; the same after another build of the same
        list.
    severity, layer, rule
        As :class:`geodata.layers.Finding` has them.
    file, row, column, value, id, proposal
        As :class:`geodata.layers.Cell` has them; without a cell ``id`` names up to five rows. A facility that
        a finding names by its id alone has no row here: its list tells it.
    applied
        yes or no; "" without a cell.
    effect
        What it does to the answer.
    message, action
        What was seen, and what to do.
    """

    finding: str
    severity: str
    layer: str
    rule: str
    file: str
    row: str
    column: str
    value: str
    id: str
    proposal: str
    applied: str
    effect: str
    message: str
    action: str


def finding_rows(layers: Layers, findings: Iterable[Finding]) -> list[FindingRow]:
    """Return findings as flat rows, in their order.

    Parameters
    ----------
    layers
        The study area that they are of: it says what each does to the answer.
    findings
        As :func:`planner.pipeline.check` gives them.

    Examples
    --------
    >>> from geodata.layers import Cell, Finding
    >>> from planner.pipeline import demo_layers
    >>> cell = Cell("pustu.xlsx", 9, "Desa", "Sukamajo", "99.01.01.2001", True)
    >>> near = Finding("warning", "facilities", "near_name", 1, (), "names are near", "correct", (cell,))
    >>> [row] = finding_rows(demo_layers(12), [near])
    >>> row.finding, row.row, row.applied
    ('facilities.near_name.9b35fb2ad2', '9', 'yes')
    """
    effects = Effects(layers)
    seen: dict[str, int] = {}
    rows = []
    sources = dict(zip(layers.facilities.index, layers.facilities["source"], strict=True))
    for finding in findings:
        for row in _rows(_with_units(finding, sources), effects):
            # Two findings of one rule about one cell are numbered; so far there is no such rule.
            times = seen[row.finding] = seen.get(row.finding, 0) + 1
            rows.append(row if times == 1 else row._replace(finding=f"{row.finding}-{times}"))
    return rows


def _with_units(finding: Finding, sources: Mapping[str, str]) -> Finding:
    """Return a finding about facilities with a cell for each that it names; the row is not known here (0)."""
    if finding.cells or finding.layer != "facilities":
        return finding
    named = [_named(text, sources) for text in finding.ids]
    if not all(named):
        return finding  # its ids are something else, such as words of the list
    units = [unit for some in named for unit in some]
    cells = tuple(Cell(sources[unit], 0, "", "", id=unit) for unit in dict.fromkeys(units))
    return replace(finding, cells=cells)


def _named(text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the facilities that an entry of a finding's ids names: "A", "A (12 km)", or "A=B"."""
    cuts = [text, *(text[: m.start()] for m in re.finditer(r" \(", text))]
    single = [cut for cut in cuts if cut in known]
    if single:
        return (max(single, key=len),)
    pairs = [(text[: m.start()], text[m.end() :]) for m in re.finditer("=", text)]
    return next((pair for pair in pairs if pair[0] in known and pair[1] in known), ())


def _rows(finding: Finding, effects: Effects) -> Iterator[FindingRow]:
    cells: list[Cell | None] = [*finding.cells]
    unnamed = bool(cells) and cells[0] is not None and not cells[0].row and _more(finding) > 0
    # What is beyond the five that are named has a row of its own, so that it is not lost.
    for cell in [*cells, None] if unnamed or not cells else cells:
        where = _where(finding, cell)
        texts = (
            _id(finding, cell), finding.severity, finding.layer, finding.rule, *where,
            effects.of(finding, cell), finding.message, finding.action,
        )  # fmt: skip
        yield FindingRow(*map(plain, texts))


def _more(finding: Finding) -> int:
    """Return how many rows a finding has beyond the five that it names."""
    return max(0, finding.count - len(finding.ids)) if finding.ids else 0


def _where(finding: Finding, cell: Cell | None) -> tuple[str, ...]:
    """Return file, row, column, value, id, proposal and applied."""
    if cell is not None:
        applied = "yes" if cell.applied else "no"
        return cell.file, str(cell.row or ""), cell.column, cell.value, cell.id, cell.proposal, applied
    more, listed = _more(finding), "" if finding.cells else first_five(finding.ids)
    ids = f"{listed} and {more} more" if listed and more else listed or (f"{more} more" if more else "")
    return "", "", "", "", ids, "", ""


def _id(finding: Finding, cell: Cell | None) -> str:
    parts: list[object] = [finding.layer, finding.rule]
    if cell is None:
        parts.append(_NUMBER.sub("#", finding.message))
    else:
        parts += [cell.file, cell.row or cell.id, cell.column]
    digest = hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:DIGITS]
    return f"{finding.layer}.{finding.rule}.{digest}"


def findings_csv(rows: Iterable[FindingRow]) -> str:
    """Return ``findings.csv``: a heading, and the rows; no text in it is a formula."""
    return csv_text(pd.DataFrame(list(rows), columns=list(FindingRow._fields), dtype=object), index=False)
