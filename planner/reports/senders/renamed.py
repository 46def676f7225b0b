"""Lists that have another name now than when their workbooks were sent, known again by what they hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.layers import Layers
    from planner.reports.senders.returned import Asked, Returned
    from planner.reports.senders.rows import FindingRow

# So great a share of what is known of a list stands in another, where they are one.
MOSTLY = 0.5


class _Key(NamedTuple):
    """What a finding is about, whatever its list is called: layer and rule, row, value."""

    rule: str
    row: str
    value: str


def called_now(returned: Sequence[Returned], rows: Sequence[FindingRow], layers: Layers) -> list[Returned]:
    """Return lists that came back under the names, and with the ids of findings, that a workspace has.

    The ids of findings are made of the list's name among others. A list of a name that the workspace has not
    is the one most of whose units (of people: of whose doubtful cells) stand in its rows, if only one is so.

    Parameters
    ----------
    returned
        As :func:`planner.reports.senders.returned.read_returned` gives them.
    rows
        The workspace's findings.
    layers
        The workspace.
    """
    lists = _Lists(rows, layers)
    taken = {one.file for one in returned}
    return [
        one if (name := lists.name_of(one, taken)) is None else lists.under(one, name) for one in returned
    ]


class _Lists:
    """The lists of a workspace, by name: their units, and the findings about them."""

    def __init__(self, rows: Sequence[FindingRow], layers: Layers) -> None:
        units = layers.facilities
        source = dict(zip(units.index, units["source"], strict=True))
        self.ids = {row.finding for row in rows}
        self.units: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for unit, name, of in zip(units.index, units["name"], units["source"], strict=True):
            self.units[of].append((str(unit), str(name)))
        self.findings: dict[str, list[FindingRow]] = defaultdict(list)
        self.layer_of: dict[str, str] = dict.fromkeys(self.units, "facilities")
        for row in rows:
            # What is told of a unit that was found in the layers has no file of its own.
            name = row.file or source.get(row.id, "")
            if name:
                self.findings[name].append(row)
                self.layer_of.setdefault(name, row.layer)

    def name_of(self, one: Returned, taken: set[str]) -> str | None:
        """Return how a list is called now; None where it has its name still, or nobody can tell."""
        if one.file in self.layer_of:
            return None
        said = {
            name: self._units_in(one, name) if one.layer == "facilities" else self._cells_in(one, name)
            for name, layer in self.layer_of.items()
            if layer == one.layer and name not in taken
        }
        likely = sorted((share, name) for name, share in said.items() if share >= MOSTLY)
        alone = len(likely) == 1 or (len(likely) > 1 and likely[-1][0] > likely[-2][0])
        return likely[-1][1] if alone else None

    def _units_in(self, one: Returned, name: str) -> float:
        """Return the share of a list's units that stand in rows of a workbook: by id, or by row and name."""
        above = Counter(a.sheet_row - int(a.row) for a in one.asked if a.row).most_common(1)
        first = above[0][0] if above else 0
        rows = [{spelling_key(text) for text in row} for row in one.rows]
        every = {text for row in one.rows for text in row}
        units = self.units[name]
        found = 0
        for unit, called in units:
            row = _row_of(unit)
            at = int(row) + first - 1 if row else -1
            by_row = 0 <= at < len(rows) and bool(called) and spelling_key(called) in rows[at]
            found += by_row or unit in every
        return found / len(units) if units else 0.0

    def _cells_in(self, one: Returned, name: str) -> float:
        """Return the share of the findings about cells of a table that a workbook has too."""
        theirs = {_of_asked(a) for a in one.asked}
        mine = [_of_row(row) for row in self.findings[name] if row.file and row.value]
        return sum(key in theirs for key in mine) / len(mine) if mine else 0.0

    def under(self, one: Returned, name: str) -> Returned:
        """Return a list under another name, with the ids that its findings have there."""
        by_key: dict[_Key, list[FindingRow]] = defaultdict(list)
        for row in self.findings[name]:
            by_key[_of_row(row)].append(row)
        asked: dict[_Key, list[Asked]] = defaultdict(list)
        for finding in one.asked:
            if finding.finding not in self.ids:
                asked[_of_asked(finding)].append(finding)
        now: dict[str, str] = {}
        for key, findings in asked.items():
            now |= _pairs(findings, by_key[key])
        return one._replace(
            file=name,
            asked=tuple(a.model_copy(update={"finding": now.get(a.finding, a.finding)}) for a in one.asked),
            gone=tuple(a.model_copy(update={"finding": now.get(a.finding, a.finding)}) for a in one.gone),
            answers={now.get(finding, finding): said for finding, said in one.answers.items()},
            overwritten={now.get(finding, finding): said for finding, said in one.overwritten.items()},
        )


def _pairs(asked: Sequence[Asked], rows: Sequence[FindingRow]) -> dict[str, str]:
    """Return the ids of findings at one row by those that were sent: by column, or in their order."""
    if len(asked) == len(rows) == 1:
        return {asked[0].finding: rows[0].finding}
    found: dict[str, str] = {}
    for column in dict.fromkeys(a.column for a in asked):
        mine = [a.finding for a in asked if a.column == column]
        theirs = [row.finding for row in rows if row.column == column]
        # Findings of one rule about one cell are numbered.
        if len(mine) == len(theirs):
            found |= dict(zip(sorted(mine, key=_number), theirs, strict=True))
    return found


def _number(finding: str) -> int:
    number = finding.rpartition(".")[2].partition("-")[2]
    return int(number) if number else 1


def _row_of(unit: str) -> str:
    """Return the row of a unit whose id was made of it; "" for an id of its own."""
    row = unit.rpartition(":")[2]
    return row if ":" in unit and row.isdecimal() else ""


def _of_asked(asked: Asked) -> _Key:
    return _Key(asked.finding.rpartition(".")[0], asked.row, asked.value)


def _of_row(row: FindingRow) -> _Key:
    return _Key(row.finding.rpartition(".")[0], row.row or _row_of(row.id), row.value)
