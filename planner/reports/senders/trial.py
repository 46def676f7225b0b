"""Answers on trial: the list with them, read as a build reads it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.areafile import FacilitiesFile
from geodata.readers.facilities.lists import read_facilities

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

# What a build finds of a cell that it could not read as its column is read, and what is said of the answer.
UNREAD = {
    "unknown_kind": "no kind of facility can be read in it, such as pustu or posyandu",
    "puskesmas_without_number": "no number can be read in it",
    "unclear_village": "no village of the area has this name in its kecamatan, or several have it",
    "unknown_village": "no village of the area has this code",
    "codes_disputed": "no village of the area has this code and this name",
    "count_unread": "no number of 0 or more can be read in it",
    "count_unknown": "no number of 0 or more can be read in it",
    "functioning_unread": "neither ya nor tidak can be read in it",
    "id_twice": "another row has this id",
    "place_unread": "no latitude and longitude can be read in it, such as -8.1706, 113.7023",
    "place_lost": "it lies outside Indonesia; latitude comes first",
    "place_zero": "0, 0 is no place in Indonesia",
}


class Trial:
    """The reader of one list, for the list with answers in its cells.

    Parameters
    ----------
    source
        The list's entry in AREA.yml as the workbook has it; empty in workbooks that were sent before it was
        kept: of their answers nothing is tried.
    villages
        Of the study area.
    """

    def __init__(self, source: Mapping[str, object], villages: gpd.GeoDataFrame) -> None:
        self.source, self.villages = source, villages

    def unread(self, text: str, cells: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
        """Return, by row of the sheet (from 1) and heading, why a build could not read a cell.

        Parameters
        ----------
        text
            The list with the answers as CSV, from the sheet's first row.
        cells
            Where the answers are.

        Raises
        ------
        InputError
            The list cannot be read with them.
        """
        asked = set(cells)
        if not self.source or not asked:
            return {}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "list.csv")
            path.write_text(text, "utf-8", newline="")
            source = FacilitiesFile.model_validate({**self.source, "path": path, "sheet": None})
            read = read_facilities(source, self.villages)
        return {
            (cell.row, cell.column): UNREAD[finding.rule]
            for finding in read.findings if finding.rule in UNREAD
            for cell in finding.cells if (cell.row, cell.column) in asked
        }  # fmt: skip


def entry_of(source: FacilitiesFile, *, place: str | None) -> dict[str, object]:
    """Return a list's entry in AREA.yml as a workbook keeps it: how its columns are read, and no path.

    Parameters
    ----------
    source
        The entry.
    place
        Of a map the heading under which the workbook has its places, in degrees; None for a table.
    """
    entry = source.model_dump(
        mode="json", by_alias=True, exclude_defaults=True,
        exclude={"path", "sheet", "layer", "covers", "source", "licence"},
    )  # fmt: skip
    if place is not None:
        entry = {k: v for k, v in entry.items() if k != "crs"} | {"coordinates": place}
    return entry
