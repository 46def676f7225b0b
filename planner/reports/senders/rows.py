"""Findings as a flat list: one row a cell, each with an id that stays the same over builds."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.errors import first_five
from geodata.files.csvtext import csv_text
from planner.reports.senders.cells import plain
from planner.reports.senders.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geodata.layers import Cell, Finding, Layers

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
        As :class:`geodata.layers.Cell` has them; without a cell ``id`` names up to five rows. The row of a
        facility that was found in the layers is told by its list, where that is given.
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
    for finding in findings:
        for row in _rows(finding, effects):
            # Two findings of one rule about one cell are numbered, such as those by the limits of two kinds.
            times = seen[row.finding] = seen.get(row.finding, 0) + 1
            rows.append(row if times == 1 else row._replace(finding=f"{row.finding}-{times}"))
    return rows


def _rows(finding: Finding, effects: Effects) -> Iterator[FindingRow]:
    for cell in finding.cells or (None,):
        where = _where(finding, cell)
        texts = (
            _id(finding, cell), finding.severity, finding.layer, finding.rule, *where,
            effects.of(finding, cell), finding.message, finding.action,
        )  # fmt: skip
        yield FindingRow(*map(plain, texts))


def _where(finding: Finding, cell: Cell | None) -> tuple[str, ...]:
    """Return file, row, column, value, id, proposal and applied."""
    if cell is not None:
        applied = "yes" if cell.applied else "no"
        return cell.file, str(cell.row or ""), cell.column, cell.value, cell.id, cell.proposal, applied
    more, listed = finding.count - len(finding.ids), first_five(finding.ids)
    return "", "", "", "", f"{listed} and {more} more" if listed and more > 0 else listed, "", ""


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
