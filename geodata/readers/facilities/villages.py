"""Which village each row of a list names, by code or by name and kecamatan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.codes import (
    VillageKind,
    district_of,
    name_key,
    parse_village_code,
    regency_of,
    village_key,
    village_kind,
)
from geodata.layers import Cell, Finding, Severity
from geodata.readers.near_names import nearly
from geodata.readers.numbering import ROWS, ToldVillage, Where, of_other_numbering, unproven

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray


class Declared(NamedTuple):
    """The village that each row names.

    Attributes
    ----------
    code
        object ``(rows,)``, of a village of the area; None where the row names none, or none of the area.
    by_name
        bool ``(rows,)``, whether it was found by its name.
    district
        object ``(rows,)``, code of the kecamatan that the row names; None where it names none of the
        area, or one of several.
    regency
        object ``(rows,)``, of the row's code, whether or not the map has its village; None where no code
        tells.
    findings
        Names that are unclear, and codes of elsewhere.
    """

    code: NDArray[np.object_]
    by_name: NDArray[np.bool_]
    district: NDArray[np.object_]
    regency: NDArray[np.object_]
    findings: tuple[Finding, ...]


class _Row(NamedTuple):
    """What a row says of its village.

    Texts, or missing; the kabupaten that it names, None for any; its code as Kemendagri writes it, None for
    none; and of that the kabupaten, where it is Kemendagri's and on the map.
    """

    code: Any
    name: Any
    district: Any
    regencies: frozenset[str] | None
    parsed: str | None
    regency: str | None


# What may be told of how rows' villages were found.
RULES = ("differ", "unclear", "foreign", "renumbered", "near", "disputed", "unproven")


class _Found(NamedTuple):
    """A village found by its name, exactly or but for a letter or two."""

    code: str
    exact: bool


class _Villages:
    """The area's villages by what people call them."""

    def __init__(self, villages: gpd.GeoDataFrame) -> None:
        self.codes = set(villages.index)
        self.regencies = {regency_of(code) for code in self.codes}
        self.districts_known = bool((villages["district_name"] != "").any())
        self._names = {code: name_key(name) for code, name in villages["village_name"].items()}
        self._read: dict[str, tuple[str | None, str | None]] = {}
        self._keys: dict[tuple[str, str], tuple[str, str]] = {}
        self._by_name: dict[tuple[str, str], list[str]] = {}
        self._by_district: dict[str, list[tuple[str, str]]] = {}
        self._districts: dict[str, set[str]] = {}
        for code, name, district in zip(
            villages.index, villages["village_name"], villages["district_name"], strict=True
        ):
            keys = {(name_key(name), ""), (name_key(name), name_key(district) if district else "")}
            if district:
                self._by_district.setdefault(name_key(district), []).append((name_key(name), code))
                self._districts.setdefault(name_key(district), set()).add(district_of(code))
            for key in keys:
                self._by_name.setdefault(key, []).append(code)

    def row(self, code: Any, name: Any, district: Any, regencies: frozenset[str] | None) -> _Row:  # noqa: ANN401 - cells
        """Return what a row says of its village."""
        if not isinstance(code, str):
            return _Row(code, name, district, regencies, None, None)
        # Many units are of one village.
        if code not in self._read:
            parsed = parse_village_code(code)
            real = parsed is not None and village_kind(parsed) != VillageKind.UNKNOWN
            regency = regency_of(parsed) if real and parsed is not None else None
            self._read[code] = parsed, regency if regency in self.regencies else None
        return _Row(code, name, district, regencies, *self._read[code])

    def by_name(self, row: _Row, *, renumbered: bool = False, counts: bool = True) -> _Found | None:
        """Return the village that a row names, exactly or nearly; a code that it has is of another numbering.

        A row that has a code needs the kecamatan too: a name alone does not outweigh a code. ``renumbered``
        is one whose code is not what it looks like; where codes do not count, none tells a kabupaten.
        """
        if not isinstance(row.name, str) or not name_key(row.name):
            return None
        coded = isinstance(row.code, str)
        alone = not isinstance(row.district, str) or not self.districts_known
        if coded and not renumbered and (self.elsewhere(row) or alone):
            return None
        row = self.of_code(row) if counts and not renumbered else row
        exact = self.named(row)
        if exact:
            return _Found(exact[0], exact=True) if len(exact) == 1 else None
        near = self.near(row) or (self.of_old_code(row) if coded and not renumbered else None)
        return None if near is None else _Found(near, exact=self._names[near] == village_key(row.name))

    def of_old_code(self, row: _Row) -> str | None:
        """Return the one village of its kabupaten with a row's name, exactly or nearly, whose code is old.

        The code is of this kabupaten and not on the map, and its kecamatan is: the village has another now.
        """
        known = isinstance(row.district, str) and name_key(row.district) in self._districts
        if row.regency is None or not known or row.parsed in self.codes:
            return None
        key = village_key(row.name)
        within = [c for c in self._names if regency_of(c) == row.regency]
        exact = [c for c in within if self._names[c] == key]
        found = exact or [c for c in within if nearly(key, self._names[c])]
        return found[0] if len(found) == 1 else None

    def of_code(self, row: _Row) -> _Row:
        """Return a row that names no kabupaten, or none of these, as one that names that of its code."""
        alone = row.regencies is None and len(self.regencies) == 1
        if row.regencies or row.regency is None or alone:
            return row
        return row._replace(regencies=frozenset({row.regency}))

    def by_code(self, row: _Row) -> _Found | None:
        """Return the village of a row's code, where it is one that the row may mean."""
        code = row.parsed
        if code is None or code not in self.codes:
            return None
        # A row that names kabupaten, of which none is the code's, means another village.
        if row.regencies and row.regency is not None and row.regency not in row.regencies:
            return None
        return _Found(code, exact=True)

    def rule_of(self, row: _Row, found: _Found | None, *, by_name: bool) -> str:
        """Return what is to be told of how a row's village was found, of RULES; "" for nothing."""
        coded = isinstance(row.code, str)
        if found is None:
            named = isinstance(row.name, str) and bool(name_key(row.name))
            return "foreign" if coded else "unclear" if named else ""
        if by_name:
            return "near" if not found.exact else "renumbered" if coded else ""
        if not isinstance(row.name, str):
            return ""
        other = self.named(self.of_code(row))
        return "differ" if len(other) == 1 and other[0] != found.code else ""

    def named(self, row: _Row) -> list[str]:
        """Return the villages of a row's name, in the kecamatan and the kabupaten where they are given."""
        if not isinstance(row.name, str):
            return []
        district = row.district if isinstance(row.district, str) and self.districts_known else ""
        # The same names stand in many rows.
        if (row.name, district) not in self._keys:
            self._keys[row.name, district] = village_key(row.name), name_key(district)
        key = self._keys[row.name, district]
        found = self._by_name.get(key, []) if key[0] else []
        return found if row.regencies is None else _among(found, row.regencies)

    def told(self, row: _Row) -> ToldVillage:
        """Return what a row tells of its village, for the proof whose numbering its code is."""
        parsed = row.parsed
        known = self._names.get(parsed, "") if parsed is not None else ""
        sure = isinstance(row.district, str) and self.districts_known
        if known and isinstance(row.name, str) and village_key(row.name) == known:
            return ToldVillage(parsed, parsed, sure=sure)
        exact = self.named(row) if isinstance(row.name, str) else []
        return ToldVillage(parsed, exact[0] if len(exact) == 1 else None, sure=sure)

    def near(self, row: _Row) -> str | None:
        """Return the one village of the stated kecamatan of nearly a row's name, None for none or several."""
        if not isinstance(row.name, str) or not isinstance(row.district, str):
            return None
        key = village_key(row.name)
        within = self._by_district.get(name_key(row.district), [])
        found = [code for other, code in within if nearly(key, other)]
        found = found if row.regencies is None else _among(found, row.regencies)
        return found[0] if len(found) == 1 else None

    def district_of(self, row: _Row) -> str | None:
        """Return the code of the one kecamatan that a row names, None for none or several."""
        if not isinstance(row.district, str):
            return None
        found = sorted(self._districts.get(name_key(row.district), ()))
        found = found if row.regencies is None else _among(found, row.regencies)
        return found[0] if len(found) == 1 else None

    def elsewhere(self, row: _Row) -> bool:
        """Return whether a row's code is a Kemendagri code of another kabupaten, and no other numbering."""
        parsed = row.parsed
        real = parsed is not None and village_kind(parsed) != VillageKind.UNKNOWN
        return real and parsed is not None and regency_of(parsed) not in (row.regencies or self.regencies)


def _among(codes: list[str], regencies: frozenset[str]) -> list[str]:
    """Return those of some villages that are in one of some kabupaten."""
    return [code for code in codes if regency_of(code) in regencies]


def declared_villages(
    code: pd.Series[Any], name: pd.Series[Any], district: pd.Series[Any],
    villages: gpd.GeoDataFrame, ids: pd.Series[Any], file: str,
    regencies: Sequence[frozenset[str] | None],
) -> Declared:  # fmt: skip
    """Return the village that each row names: by its code, or else by its name and kecamatan.

    A code of another numbering does not stand in the way of a name that fits together with its kecamatan; a
    Kemendagri code of another kabupaten does, unless the file shows that it is an old one of this
    (:mod:`geodata.readers.numbering`). Between two villages of one name nobody chooses.

    Of the villages of several kabupaten, those of the one that a row names count (``regencies``, None where
    it names none), or else of the one of its code.

    Raises
    ------
    SchemaError
        Most names are those of other villages than their codes', and no numbering explains it.
    """
    known = _Villages(villages)
    rows = [known.row(*cells) for cells in zip(code, name, district, regencies, strict=True)]
    of_bps = mostly_bps(code)
    other, disputed = np.zeros((2, len(rows)), dtype=np.bool_)
    doubtful = other
    if not of_bps:
        where = Where("facilities", file, ("village", "village_name"))
        told = [known.told(row) for row in rows]
        doubtful = unproven(told, known.codes, heading=str(code.name or ""))
        told = [one._replace(code=None) if no else one for one, no in zip(told, doubtful, strict=True)]
        other, disputed = of_other_numbering(told, known.regencies, where)
        other |= doubtful
    codes, district, regency = np.full((3, len(rows)), None, dtype=object)
    by_name = np.zeros(len(rows), dtype=bool)
    said: dict[str, dict[int, str]] = {rule: {} for rule in RULES}
    for i, row in enumerate(rows):
        counts = not (of_bps or other[i])
        regency[i] = row.regency if counts else None
        district[i] = known.district_of(known.of_code(row) if counts else row)
        if disputed[i]:
            said["disputed"][i] = row.code
            continue
        found = known.by_code(row) if counts else None
        if found is None:
            found = known.by_name(row, renumbered=bool(other[i]), counts=counts)
            by_name[i] = found is not None
        codes[i] = None if found is None else found.code
        rule = known.rule_of(row, found, by_name=bool(by_name[i]))
        rule = "unproven" if rule == "foreign" and doubtful[i] else rule
        if rule:
            said[rule][i] = row.name if rule in ("differ", "near", "unclear") else row.code
    return Declared(codes, by_name, district, regency, tuple(_findings(said, codes, ids, file, (code, name))))


def mostly_bps(code: pd.Series[Any]) -> bool:
    """Return whether most codes are no Kemendagri codes: then those that could be are of other villages.

    Examples
    --------
    >>> import pandas as pd
    >>> mostly_bps(pd.Series(["1101010001", "1101010002"])), mostly_bps(pd.Series(["11.01.01.2001"]))
    (True, False)
    """
    parsed = [parse_village_code(t) for t in code if isinstance(t, str)]
    foreign = [village_kind(c) == VillageKind.UNKNOWN for c in parsed if c is not None]
    return 2 * sum(foreign) > len(foreign)


def lone_codes(
    code: pd.Series[Any], beside: Sequence[pd.Series[Any]], villages: gpd.GeoDataFrame, file: str, *,
    placed: bool,
) -> tuple[Finding, ...]:  # fmt: skip
    """Return the finding about codes of one kecamatan beside which nothing says whose numbering they are.

    Ten digits of BPS may be the code of another village of Kemendagri's; in a single kecamatan all of a list
    may be so. Names, places, a heading that says Kemendagri, and points between the groups would tell.

    Parameters
    ----------
    code, beside
        The codes as text by row, and the columns of villages' and kecamatan's names.
    placed
        Whether any row has a place.

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.Series(["3509012001", "3509012002", "3509012003"], name="kode")
    >>> villages = pd.DataFrame(index=["35.09.01.2001", "35.09.01.2002", "35.09.01.2003"])
    >>> [found.rule for found in lone_codes(codes, [], villages, "pustu.csv", placed=False)]
    ['codes_alone']
    """
    texts = code.dropna()
    if placed or "kemendagri" in str(code.name).lower() or any(one.notna().any() for one in beside):
        return ()
    parsed = texts.map(parse_village_code).dropna()
    known = parsed[parsed.isin(villages.index)]
    plain = not texts[known.index].str.contains(".", regex=False).any()
    if len(known) < ROWS or not plain or len({district_of(one) for one in known}) > 1:
        return ()
    cells = tuple(
        Cell(file, int(row), str(code.name or ""), str(texts[row]), effect="counts as Kemendagri's code")
        for row in known.index
    )
    shown = tuple(f"row {c.row} ({c.value})" for c in cells[:5])
    return (Finding(
        "warning", "facilities", "codes_alone", len(cells), shown,
        f"{file}: codes of one kecamatan count as Kemendagri's, and nothing beside them shows it (BPS's have "
        "ten digits too)",
        "look whether they are Kemendagri's; write the names of village and kecamatan beside them", cells,
    ),)  # fmt: skip


def _findings(
    said: dict[str, dict[int, str]], codes: NDArray[np.object_], ids: pd.Series[Any], file: str,
    columns: tuple[pd.Series[Any], pd.Series[Any]],
) -> Iterator[Finding]:  # fmt: skip
    code, name = (str(column.name or "") for column in columns)
    grave: tuple[Severity, Severity] = ("warning", "info")
    for severity, rule, rows, column, text, action in (
        (grave[0], "unclear_village", said["unclear"], name, "names of no village, or of several",
         "give the village code, or the kecamatan"),
        (grave[0], "unknown_village", said["foreign"], code, "village codes that are not of the area",
         "correct the code, or switch the column off with village: null"),
        ("error", "codes_disputed", said["disputed"], code,
         "most names of a kabupaten are those of other villages than their codes'; neither counts there",
         "correct the codes or the names: one column may be sorted without the other"),
        ("error", "codes_unproven", said["unproven"], code,
         "nothing proves that village codes are Kemendagri's (BPS's have ten digits too): they do not count",
         "give the codes of Kemendagri, or the names of village and kecamatan beside them"),
        (grave[1], "foreign_code", said["renumbered"], code,
         "village codes are of another numbering; the village was found by its name and kecamatan",
         "give Kemendagri codes, or switch the column off with village: null"),
        (grave[0], "code_and_name_differ", said["differ"], name,
         "the village's name and kecamatan are those of another village than its code; the code counts",
         "correct the code or the name"),
        (grave[0], "near_name", said["near"], name,
         "names are nearly that of one village of their kecamatan, and were taken for it",
         "write the name as the map has it, or give the village code"),
    ):  # fmt: skip
        if rows:
            cells = tuple(
                Cell(
                    file,
                    int(ids.index[i]),
                    column,
                    cell,
                    codes[i] or "",
                    codes[i] is not None,
                    str(ids.iloc[i]),
                )
                for i, cell in rows.items()
            )
            shown = tuple(c.id for c in cells[:5])
            yield Finding(severity, "facilities", rule, len(rows), shown, f"{file}: {text}", action, cells)
