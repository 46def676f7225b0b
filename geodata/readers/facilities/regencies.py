"""Whose each row of a list of a province or the country is: the kabupaten that the row itself names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.codes import name_key, of_regency, regency_of
from geodata.layers import Cell, Finding
from geodata.readers.facilities.others import nearly_named
from geodata.readers.facilities.villages import mostly_bps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile
    from geodata.readers.facilities.rows import ListRows
    from geodata.readers.facilities.villages import Declared

# What is told of the kabupaten that rows name, and what to do.
RULES = {
    "regency_never_named": (
        "the column of kabupaten names none of the map (are --codes given?); villages were looked for in all",
        "give a table of codes with the names of kabupaten (--codes), or correct the column",
    ),
    "regency_unknown": (
        "rows name a kabupaten that is not on the map; only their places and codes count",
        "write the kabupaten's name as the table of codes has it",
    ),
    "regency_slip": (
        "rows whose kabupaten is written otherwise, in a village and kecamatan of it, are its own",
        "write the kabupaten's name as the table of codes has it",
    ),
}


class ListRegency(NamedTuple):
    """A kabupaten of a list.

    Attributes
    ----------
    code, name
        Of the kabupaten; a name that nobody gave is the code.
    villages
        The contract of the layer, in its metric CRS.
    buffer_m
        A place this far beyond its villages is still of the kabupaten.
    """

    code: str
    name: str
    villages: gpd.GeoDataFrame
    buffer_m: float


class Whose(NamedTuple):
    """The kabupaten that rows name.

    Attributes
    ----------
    codes
        By row, those that its name may mean: none where it names one that is not there; None where the row
        says nothing.
    findings
        Names that are of none.
    """

    codes: list[frozenset[str] | None]
    findings: tuple[Finding, ...]


def stated_regencies(
    rows: ListRows, source: FacilitiesFile, regencies: Sequence[ListRegency], file: str
) -> Whose:
    """Return the kabupaten that each row of a list names, in a column of its own.

    A name with a slip of the pen is that of the one kabupaten which it nearly names and in which the row's
    village and kecamatan are. Where the column names no kabupaten of all, nothing is known by it.

    Parameters
    ----------
    rows
        Of the list.
    source
        Which column it is, where that is said.
    regencies
        Those of the country; none where the list is of one kabupaten alone.
    file
        What findings call the list.
    """
    said = rows.columns.text(source.regency, "regency")
    if not regencies:
        return Whose([None] * len(said), ())
    if mostly_bps(rows.columns.text(source.village, "village")):
        # Its numbers of kabupaten are those of BPS too, who counts them otherwise.
        said = said.where(said.str.contains("[A-Za-z]", na=False), None)
    named = {
        text: frozenset(r.code for r in regencies if of_regency(text, r.code, r.name))
        for text in said.dropna().unique()
    }
    column = str(rows.columns.pick(source.regency, "regency"))
    codes: list[frozenset[str] | None] = [None] * len(said)
    told: dict[str, dict[int, str]] = {rule: {} for rule in RULES}
    if not any(named.values()):
        told["regency_never_named"] = {i: t for i, t in enumerate(said) if isinstance(t, str)}
        return Whose(codes, tuple(_findings(told, codes, said, (file, column))))
    home = _Homes(rows, source, regencies)
    for i, text in enumerate(said):
        if isinstance(text, str):
            codes[i] = named[text] or home.nearly(i, text)
            if not named[text]:
                told["regency_slip" if codes[i] else "regency_unknown"][i] = text
    return Whose(codes, tuple(_findings(told, codes, said, (file, column))))


class _Homes:
    """In which kabupaten a row's village and kecamatan are."""

    def __init__(self, rows: ListRows, source: FacilitiesFile, regencies: Sequence[ListRegency]) -> None:
        self._village = rows.columns.text(source.village_name, "village_name")
        self._district = rows.columns.text(source.district_name, "district_name")
        self._regencies = regencies
        self._known: dict[tuple[str, str], set[str]] = {}
        for one in regencies:
            pairs = zip(one.villages["village_name"], one.villages["district_name"], strict=True)
            for village, district in pairs:
                if district:
                    self._known.setdefault((name_key(village), name_key(district)), set()).add(one.code)

    def nearly(self, i: int, text: str) -> frozenset[str]:
        """Return the one kabupaten that a text nearly names, where the row's village is; else none."""
        village, district = self._village.iloc[i], self._district.iloc[i]
        if not (isinstance(village, str) and isinstance(district, str)):
            return frozenset()
        there = self._known.get((name_key(village), name_key(district)), set())
        alike = {r.code for r in self._regencies if r.code in there and nearly_named(text, r.name, r.code)}
        return frozenset(alike) if len(alike) == 1 else frozenset()


def _findings(
    told: Mapping[str, dict[int, str]], codes: list[frozenset[str] | None], said: pd.Series[Any],
    names: tuple[str, str],
) -> list[Finding]:  # fmt: skip
    file, column = names
    out = []
    for rule, rows in told.items():
        what, action = RULES[rule]
        cells = tuple(
            Cell(file, int(said.index[i]), column, text, " ".join(sorted(codes[i] or ())))
            for i, text in rows.items()
        )
        shown = tuple(f"row {c.row} ({c.value})" for c in cells[:5])
        if cells:
            found = Finding(
                "warning", "facilities", rule, len(cells), shown, f"{file}: {what}", action, cells
            )
            out.append(found)
    return out


def rows_by_regency(
    declared: Declared, codes: Sequence[frozenset[str] | None], regencies: Sequence[ListRegency]
) -> dict[str, NDArray[np.int64]]:
    """Return by code the rows that are of one kabupaten: by their village, what they name, or their code.

    Parameters
    ----------
    declared
        The village that each row names.
    codes
        Of :class:`Whose`.
    regencies
        Those of the country.

    Returns
    -------
    rows
        By code int64 ``(rows of the kabupaten,)``, their numbers, rising.
    """
    known = {r.code for r in regencies}
    out: dict[str, list[int]] = {}
    for i, (village, named) in enumerate(zip(declared.code, codes, strict=True)):
        one = next(iter(named)) if named and len(named) == 1 else declared.regency[i]
        if village is not None:
            one = regency_of(village)
        if one in known:
            out.setdefault(one, []).append(i)
    return {code: np.array(rows, dtype=np.int64) for code, rows in sorted(out.items())}
