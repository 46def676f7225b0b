"""What a doubtful row does to the answer, in words, from the layers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.errors import counted
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy

if TYPE_CHECKING:
    import pandas as pd

    from geodata.layers import Cell, Finding, Layers

# Rules of rows that are in the layers under no id of their own.
SET_ASIDE_RULE, LEFT_OUT_RULE, UNLOCATED_RULE = "unknown_kind", "kind_left_out", "unlocated"


class Effects:
    """What doubtful rows do to the answer.

    Examples
    --------
    >>> from geodata.layers import Cell, Finding
    >>> from planner.pipeline import demo_layers
    >>> cell = Cell("pustu.xlsx", 9, "Nama", "Balai desa")
    >>> finding = Finding("info", "facilities", "kind_left_out", 1, (), "", "", (cell,))
    >>> Effects(demo_layers(12)).of(finding, cell)
    'takes part in nothing, as AREA.yml says'
    """

    def __init__(self, layers: Layers) -> None:
        self._rows = layers.facilities
        columns = ("kind", "status", "located_by")
        facts = (self._rows[name].astype(str) for name in columns)
        self._facts = dict(zip(self._rows.index, zip(*facts, strict=True), strict=True))
        self._said: dict[tuple[str, ...], str] = {}

    def of(self, finding: Finding, cell: Cell | None) -> str:
        """Return what a row does to the answer; "" where there is nothing to say.

        Parameters
        ----------
        finding
            What is doubtful.
        cell
            One of its cells; None for a finding without.
        """
        if cell is None:
            return (
                self._unlocated() if (finding.layer, finding.rule) == ("facilities", UNLOCATED_RULE) else ""
            )
        if cell.effect:
            return cell.effect
        facts = self._facts.get(cell.id) if finding.layer == "facilities" else None
        if facts is not None:
            if facts not in self._said:
                self._said[facts] = self._of_unit(*facts)
            return self._said[facts]
        if finding.rule == SET_ASIDE_RULE:
            return self._set_aside(cell.file)
        return "takes part in nothing, as AREA.yml says" if finding.rule == LEFT_OUT_RULE else ""

    def _of_unit(self, kind: str, status: str, located_by: str) -> str:
        alike = self._rows[(self._rows["kind"] == kind) & (self._rows["status"] == status)]
        if status == FacilityStatus.SET_ASIDE:
            return self._set_aside(None)
        if status == FacilityStatus.UNLOCATED:
            return f"whom it may serve is unknown; {_units(alike)} of {kind} {_are(alike)} without a place"
        if status == FacilityStatus.OUTSIDE_BUFFER:
            return "takes part in nothing: it lies beyond the area and its buffer"
        if located_by not in (LocatedBy.VILLAGE, LocatedBy.NAME):
            return ""
        alike = alike[alike["located_by"] == located_by]
        how = "the village of its code" if located_by == LocatedBy.VILLAGE else "a village located by name"
        villages = counted(alike["village_code"].nunique(), "village")
        return (
            f"times rest on a point inside {how}, not on the unit's own place; "
            f"so do those of {_units(alike)} of {kind} in {villages}"
        )

    def _set_aside(self, file: str | None) -> str:
        rows = self._rows[self._rows["status"] == FacilityStatus.SET_ASIDE]
        if file is not None:
            rows = rows[rows["source"] == file]
        return f"takes part in nothing; what {counted(len(rows), 'row is', 'rows are')} is unknown"

    def _unlocated(self) -> str:
        rows = self._rows[self._rows["status"] == FacilityStatus.UNLOCATED]
        parts = [f"{_units(some)} of {kind}" for kind, some in rows.groupby("kind")]
        return f"whom they may serve is unknown: {', '.join(parts)}" if parts else ""


def _units(rows: pd.DataFrame) -> str:
    return counted(len(rows), "unit")


def _are(rows: pd.DataFrame) -> str:
    return "is" if len(rows) == 1 else "are"
