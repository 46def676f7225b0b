"""Answers on trial: the list with them, read as a build reads it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.areafile import FacilitiesFile, PopulationFile
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.population import read_population

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from geodata.areafile import ListFile
    from geodata.layers import Finding
    from geodata.readers.register import Register

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
    "parts_of_people": "it is a part of people, or of thousands; write a whole number, such as 9728",
    "bad_code": "no village of the area can be told by it; write its code, such as 35.09.01.2001",
    "code_and_name_differ": "the code of the row is that of another village than its name",
    "village_twice": "another row is of the same village",
    "sum_row": "the row still counts the people of the rows beside it, and says no village's code",
    "total_row": "the row still says that it is a total, and no village's code",
    "district_row": "the row still says that it is of a kecamatan, and no village's code",
    "place_unread": "no latitude and longitude can be read in it, such as -8.1706, 113.7023",
    "place_lost": "it lies outside Indonesia; latitude comes first",
    "place_zero": "0, 0 is no place in Indonesia",
}


class ListTrial:
    """The reader of one list, for the list with answers in its cells.

    Parameters
    ----------
    source
        The list's entry in AREA.yml as the workbook has it; empty in workbooks that were sent before it was
        kept: of their answers nothing is tried.
    villages
        Of the study area.
    layer
        What the list is read into: facilities, or population.
    register
        Of a table of people: the villages of codes that are not Kemendagri's.
    """

    def __init__(
        self, source: Mapping[str, object], villages: gpd.GeoDataFrame, layer: str = "facilities",
        register: Register | None = None,
    ) -> None:  # fmt: skip
        self.source, self.villages, self.layer, self.register = source, villages, layer, register

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
            findings = self._read({**self.source, "path": path})
        return {
            (cell.row, cell.column): UNREAD[finding.rule]
            for finding in findings if finding.rule in UNREAD
            for cell in finding.cells if (cell.row, cell.column) in asked
        }  # fmt: skip

    def _read(self, entry: Mapping[str, object]) -> tuple[Finding, ...]:
        """Return what the reader finds."""
        if self.layer == "facilities":
            return read_facilities(FacilitiesFile.model_validate(entry), self.villages).findings
        groups = [column for column in self.villages if str(column).startswith("people_")]
        source = PopulationFile.model_validate(entry)
        return read_population(source, self.villages.drop(columns=groups), register=self.register).findings


# What an entry says of its file and its origin, and not of how it is read.
NOT_KEPT = frozenset({"path", "sheet", "layer", "covers", "source", "licence", "raster", "spread"})


def entry_of(source: ListFile, *, is_map: bool, place: str | None) -> dict[str, object]:
    """Return a list's entry in AREA.yml as a workbook keeps it: how its columns are read, and no path.

    Parameters
    ----------
    source
        The entry. A key that it has without a value says that no column is meant.
    is_map
        Whether its file is a map: the workbook has its attributes, and places in degrees.
    place
        Of a map the heading under which the workbook has its places; None where it has none.
    """
    entry = source.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(NOT_KEPT))
    if is_map:
        entry = {key: value for key, value in entry.items() if key != "crs"}
    return entry if place is None else entry | {"coordinates": place}
