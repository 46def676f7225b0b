"""Which village a row means whose code is missing, of another numbering or of another edition.

A register is a list of the codes in force: a table of codes and names (wilayah_kemendagri), perhaps with the
codes of BPS beside them, or a map. A row is found by its code, by the BPS code, by name within the kecamatan,
or by the polygon that covers it; how is kept for each row, and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geodata.codes import (
    VillageKind,
    district_of,
    name_key,
    parse_village_code,
    regency_of,
    village_key,
    village_kind,
)
from geodata.errors import EmptyAreaError, counted
from geodata.layers import Cell, Finding
from geodata.readers.columns import Columns, known_heads
from geodata.readers.files.table import holds_table, read_table
from geodata.readers.files.vector import read_vector
from geodata.readers.near_names import nearly
from geodata.readers.numbering import (
    ROWS,
    ToldVillage,
    Where,
    of_other_numbering,
    says_bps,
    systems_of,
    unproven,
)
from geodata.vocabulary.statuses import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.areafile import CodesFile

WHAT = "codes"
# Of a polygon, in that of one village of the register.
OVERLAP_SHARE = 0.5


def how_to_get_codes(regency: str) -> str:
    """Return where a table of the codes in force comes from; ``regency`` is the code of the kabupaten.

    Examples
    --------
    >>> how_to_get_codes("36.72")[:55]
    'Get villages.geojson with `jangkau fetch 36.72 --out DI'
    """
    return (
        f"Get villages.geojson with `jangkau fetch {regency} --out DIR`, or a table (CSV, XLSX) with the "
        "code and the name of each village, as the latest Kepmendagri on codes of areas has them, and put it "
        "beside the map."
    )


class CodeSystem(Word):
    """Whose numbering a column of village codes is."""

    KEMENDAGRI = "kemendagri"
    BPS = "bps"
    OTHER = "other"


class FoundBy(Word):
    """How the village of a row was found; the order is that of trust."""

    CODE = "code"
    BPS = "bps"
    NAME = "name"
    NEAR_NAME = "near_name"
    OVERLAP = "overlap"
    NAME_ALONE = "name_alone"
    NONE = "none"


def code_system(texts: Iterable[object]) -> CodeSystem:
    """Return the numbering of a column: that of most of its codes, for single codes may fit both.

    Kemendagri counts a kecamatan's villages from 1001 or 2001 on, BPS from 001 on behind three digits for the
    kecamatan, which mostly end in 0.

    Examples
    --------
    >>> code_system(["3509012001", "3509012002"]), code_system(["3509010001", "3509010002", "3509012001"])
    ('kemendagri', 'bps')
    """
    parsed = [parse_village_code(t) for t in texts if isinstance(t, str)]
    known = [village_kind(c) != VillageKind.UNKNOWN for c in parsed if c is not None]
    if not known or len(known) * 2 < len(parsed):
        return CodeSystem.OTHER
    return CodeSystem.KEMENDAGRI if sum(known) * 2 > len(known) else CodeSystem.BPS


@dataclass(frozen=True)
class Register:
    """The villages of a kabupaten by code, name, BPS code and polygon.

    Attributes
    ----------
    names
        Code → keys of the village's and the kecamatan's name.
    bps
        BPS code (ten digits) → code.
    polygons
        Code → polygon (EPSG:4326), empty where the register is a table.
    districts
        Code of a kecamatan → its name.
    regency
        The kabupaten's name; "" where the register is a map, or does not tell.
    """

    names: dict[str, tuple[str, str]]
    bps: dict[str, str] = field(default_factory=dict)
    polygons: dict[str, shapely.Geometry] = field(default_factory=dict)
    districts: dict[str, str] = field(default_factory=dict)
    regency: str = ""

    @classmethod
    def of_villages(cls, villages: gpd.GeoDataFrame) -> Register:
        """Return the register that an area's own villages are."""
        names = zip(villages.index, villages["village_name"], villages["district_name"], strict=True)
        return cls({code: (name_key(name), name_key(district)) for code, name, district in names})

    def joined(self, other: Register) -> Register:
        """Return this register with what another knows besides of its villages."""
        bps = {k: code for k, code in other.bps.items() if code in self.names}
        shapes = {code: shape for code, shape in other.polygons.items() if code in self.names}
        districts = {**other.districts, **self.districts}
        regency = self.regency or other.regency
        return Register(self.names, {**self.bps, **bps}, {**self.polygons, **shapes}, districts, regency)

    def named(self, name: str, district: str) -> list[str]:
        """Return the codes of a village's name, in the kecamatan where one is given (keys of names)."""
        return [c for c, (n, d) in self.names.items() if n == name and (not district or d in ("", district))]

    def near(self, name: str, district: str) -> list[str]:
        """Return the codes of nearly this name in a kecamatan (keys of names)."""
        if not district:
            return []
        return [c for c, (n, d) in self.names.items() if d == district and nearly(name, n)]


def read_registers(sources: Sequence[CodesFile], regency: str) -> Register:
    """Read the codes in force from files: the first says which villages there are, the others add to it.

    Raises
    ------
    EmptyAreaError
        A file has no village of the kabupaten.
    InputError
        One cannot be read.
    """
    first, *others = [read_register(source, regency) for source in sources]
    for other in others:
        first = first.joined(other)
    return first


def read_register(source: CodesFile, regency: str) -> Register:
    """Read the codes in force of one kabupaten or kota.

    Raises
    ------
    EmptyAreaError
        The file has no village of it.
    InputError
        It cannot be read.
    """
    heads = known_heads(source, "codes")
    polygons: NDArray[np.object_] | None = None
    if holds_table(source.path):
        named = (source.code, source.name, source.district_name, source.bps)
        table = read_table(source, WHAT, named=named)
    else:
        frame = read_vector(source, WHAT)
        polygons = shapely.make_valid(shapely.force_2d(frame.geometry.to_numpy()))
        table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = Columns(table, heads, WHAT)
    code = columns.text(source.code, "code")
    # A table of all levels tells the kecamatan's name by its own row.
    name = columns.text(source.name, "name")
    levels = dict(zip(code, name, strict=True))
    district = columns.text(source.district_name, "district_name")
    names: dict[str, tuple[str, str]] = {}
    bps: dict[str, str] = {}
    shapes: dict[str, shapely.Geometry] = {}
    districts: dict[str, str] = {}
    other = columns.text(source.bps, "bps")
    for i, text in enumerate(code):
        village = parse_village_code(text) if isinstance(text, str) else None
        if village is None or regency_of(village) != regency or village_kind(village) == VillageKind.UNKNOWN:
            continue
        within = district.iloc[i] if isinstance(district.iloc[i], str) else levels.get(village[:8])
        names[village] = (_key(name.iloc[i]), _key(within))
        if isinstance(within, str):
            districts[district_of(village)] = within
        if isinstance(other.iloc[i], str):
            bps[_digits(other.iloc[i])] = village
        if polygons is not None and polygons[i] is not None:
            shapes[village] = polygons[i]
    if not names:
        msg = f"{WHAT}: {source.path.name} has no village of {regency}. Give a table of the codes in force."
        raise EmptyAreaError(msg)
    own = levels.get(regency)
    return Register(names, bps, shapes, districts, own if isinstance(own, str) else "")


def _key(text: object) -> str:
    return name_key(text) if isinstance(text, str) else ""


def _village(text: object) -> str:
    return village_key(text) if isinstance(text, str) else ""


def _digits(text: str) -> str:
    return "".join(c for c in text.removesuffix(".0") if c.isdigit())


class Rows(NamedTuple):
    """What the rows of a file say of their village.

    Attributes
    ----------
    code, name, district
        Text by row, or missing.
    shapes
        Of a map, object ``(rows,)``, shapes in degrees.
    ours
        bool ``(rows,)``, of the kabupaten whatever kecamatan they name; None for all.
    """

    code: pd.Series[Any]
    name: pd.Series[Any]
    district: pd.Series[Any]
    shapes: NDArray[np.object_] | None = None
    ours: NDArray[np.bool_] | None = None


class Bridged(NamedTuple):
    """The code of each row in the register, how it was found, and what to say of it.

    Attributes
    ----------
    code, found_by
        By row the village's code, and how it was found; missing where none was.
    system
        Of the codes in the file.
    findings
        What is to be said of it.
    renumbered
        bool ``(rows,)``, which have a code that looks like one of Kemendagri's in force and is none.
    unproven
        bool ``(rows,)``, whose code need not be Kemendagri's and did not count
        (:func:`geodata.readers.numbering.unproven`).
    strange
        bool ``(rows,)``, without a village and of a kecamatan that the area has not.
    """

    code: pd.Series[Any]
    found_by: pd.Series[Any]
    system: CodeSystem
    findings: tuple[Finding, ...]
    renumbered: NDArray[np.bool_]
    unproven: NDArray[np.bool_]
    strange: NDArray[np.bool_]


def bridge(rows: Rows, register: Register, layer: str, file: str, columns: tuple[str, str]) -> Bridged:
    """Return the village of each row by the register: by code, BPS code, name and kecamatan, or polygon.

    A column of which most codes are those of BPS is one of BPS: none of its codes is taken for Kemendagri's,
    even where it would fit; nor is a code that the names show to be of another numbering or edition
    (:mod:`geodata.readers.numbering`). Between two villages nobody chooses.

    Parameters
    ----------
    layer, file
        For the findings.
    columns
        Headings of code and name, for the findings.

    Raises
    ------
    SchemaError
        Most names are those of other villages than their codes', and no numbering explains it.
    """
    told = [_told(*row, register) for row in zip(rows.code, rows.name, rows.district, strict=True)]
    system, doubtful = _system_of(rows, told, register, columns[0])
    renumbered = np.zeros(len(rows.code), dtype=bool)
    if system is CodeSystem.KEMENDAGRI and register.names:
        judged = [one._replace(code=None) if no else one for one, no in zip(told, doubtful, strict=True)]
        regencies = {regency_of(next(iter(register.names)))}
        renumbered = of_other_numbering(judged, regencies, Where(layer, file, ("code", "name"))).other
        if any(one.code in register.names for one, other in zip(told, renumbered, strict=True) if other):
            system = CodeSystem.OTHER
    code = pd.Series(None, index=rows.code.index, dtype=object)
    found_by = pd.Series(FoundBy.NONE.value, index=code.index, dtype=object)
    for row, text, name, district, other, unclear in zip(
        code.index, rows.code, rows.name, rows.district, renumbered, doubtful, strict=True
    ):
        one = CodeSystem.BPS if other else system
        found, how = _one(None if unclear else text, _village(name), _key(district), register, one)
        code[row], found_by[row] = found, how.value
    _without_strangers(code, found_by, rows, register)
    if rows.shapes is not None and register.polygons:
        _by_overlap(code, found_by, rows.shapes, register)
    strange = _of_strange_districts(rows, register)
    _by_name_alone(code, found_by, rows, register, strange)
    whose = CodeSystem.OTHER if (renumbered | doubtful).any() else system
    said = _findings(rows, code, found_by, whose, layer, file, columns)
    by_number = found_by.isin([FoundBy.CODE, FoundBy.BPS, FoundBy.OVERLAP])
    said += _contradictions(rows, code[by_number], register, layer, file, columns)
    said += unproven_finding(rows.code[doubtful], code.isna()[doubtful], layer, file)
    return Bridged(code, found_by, system, said, renumbered, doubtful, strange & code.isna().to_numpy())


def _system_of(
    rows: Rows, told: Sequence[ToldVillage], register: Register, heading: str
) -> tuple[CodeSystem, NDArray[np.bool_]]:
    """Return whose numbering a column is, and which of its codes nothing proves to be Kemendagri's.

    A register that knows both numberings is asked which of them explains more of the column.
    """
    system = code_system(rows.code.dropna())
    none = np.zeros(len(told), dtype=bool)
    if system is CodeSystem.BPS or not register.names:
        return system, none
    doubtful = unproven(told, register.names, heading=heading, bps=register.bps)
    codes = {str(one.code) for one, doubt in zip(told, doubtful, strict=True) if doubt}
    by_code, by_bps = systems_of(codes, register.names, register.bps)
    if by_bps > by_code or (by_bps and says_bps(heading)):
        return CodeSystem.BPS, none
    return system, doubtful


def unproven_finding(
    codes: pd.Series[Any], lost: pd.Series[bool], layer: str, file: str
) -> tuple[Finding, ...]:
    """Return the finding about a column of codes that need not be Kemendagri's, if there are any.

    Parameters
    ----------
    codes
        Those of the rows, as they are written; its name is the heading.
    lost
        Which of these rows are of no known village now.
    """
    if codes.empty:
        return ()
    told = tuple(f"row {row} ({text})" for row, text in codes.head(5).items())
    column = str(codes.name or "")
    return (Finding(
        "error" if lost.any() else "warning", layer, "codes_unproven", len(codes), told,
        f"{file}: nothing proves the codes of the column {column} to be Kemendagri's, those of BPS have ten "
        f"digits too: none counts ({counted(int(lost.sum()), 'row')} without a known village)",
        "give the codes of Kemendagri, or the names of village and kecamatan beside them, or a table of both "
        "numberings (codes: with bps:)",
        (Cell(file, 0, column, str(codes.iloc[0]), effect="counts for nothing"),),
    ),)  # fmt: skip


def _told(code: object, name: object, district: object, register: Register) -> ToldVillage:
    """Return what a row tells of its village, for the proof whose numbering its code is."""
    parsed = parse_village_code(code) if isinstance(code, str) else None
    key, within = _village(name), _key(district)
    if key and parsed is not None and register.names.get(parsed, ("", ""))[0] == key:
        return ToldVillage(parsed, parsed, sure=bool(within))
    exact = register.named(key, within) if key else []
    return ToldVillage(parsed, exact[0] if len(exact) == 1 else None, sure=bool(within))


def _one(
    text: object, name: str, district: str, register: Register, system: CodeSystem
) -> tuple[str | None, FoundBy]:
    if isinstance(text, str):
        parsed = parse_village_code(text)
        if system is not CodeSystem.BPS and parsed in register.names:
            return parsed, FoundBy.CODE
        if (known := register.bps.get(_digits(text))) is not None:
            return known, FoundBy.BPS
    exact = register.named(name, district) if name else []
    if len(exact) == 1:
        return exact[0], FoundBy.NAME
    near = register.near(name, district) if name and not exact else []
    return (near[0], FoundBy.NEAR_NAME) if len(near) == 1 else (None, FoundBy.NONE)


def _without_strangers(
    code: pd.Series[Any], found_by: pd.Series[Any], rows: Rows, register: Register
) -> None:
    """Leave a code that several rows share to those that have its name; the others go by theirs."""
    for row in code.index[code.notna() & code.duplicated(keep=False)]:
        name = _village(rows.name[row])
        if not name or name == register.names[code[row]][0]:
            continue
        found, how = _one(None, name, _key(rows.district[row]), register, CodeSystem.OTHER)
        if found != code[row]:
            code[row], found_by[row] = found, how.value


def _by_name_alone(
    code: pd.Series[Any], found_by: pd.Series[Any], rows: Rows, register: Register, strange: NDArray[np.bool_]
) -> None:
    """Find the rows left by a name that the kabupaten has once and is free: its kecamatan may be new.

    So it is with names that are nearly those of one village alone, beside a kecamatan.
    """
    left = code.isna().to_numpy() & ~strange
    names = rows.name[left].map(_village)
    names = names[(names != "") & ~names.duplicated(keep=False)]
    for row, name in names.items():
        found = register.named(name, "")
        if len(found) == 1 and found[0] not in set(code.dropna()):
            code[row], found_by[row] = found[0], FoundBy.NAME_ALONE.value
    left_over = names[code[names.index].isna() & rows.district[names.index].map(_key).ne("")]
    near = {row: _only_near(name, register) for row, name in left_over.items()}
    claims = Counter([*code.dropna(), *near.values()])
    for row, one in near.items():
        if one is not None and claims[one] == 1:
            code[row], found_by[row] = one, FoundBy.NEAR_NAME.value


def _only_near(name: str, register: Register) -> str | None:
    """Return the one village of the kabupaten of nearly a name, where none has the name itself."""
    found = [code for code, (known, _) in register.names.items() if known == name or nearly(name, known)]
    return found[0] if len(found) == 1 and register.names[found[0]][0] != name else None


def _of_strange_districts(rows: Rows, register: Register) -> NDArray[np.bool_]:
    """Return which rows name a kecamatan that the area has not, and may be of elsewhere.

    A kecamatan of which most rows name a village that the kabupaten has once is its own by an old name.
    """
    none = np.zeros(len(rows.code), dtype=bool)
    known = {district for _, district in register.names.values()}
    if rows.ours is None or "" in known:
        return none
    keys = rows.district.map(_key)
    ours = {key: key in known or any(nearly(key, one) for one in known) for key in keys.unique()}
    strange = ~rows.ours & (keys != "").to_numpy() & ~keys.map(ours).to_numpy(dtype=bool)
    once = Counter(name for name, _ in register.names.values())
    named = rows.name.map(_village).map(lambda name: once[name] == 1).astype(bool)
    for _, of_one in named[strange].groupby(keys[strange]):
        if len(of_one) >= ROWS and 2 * of_one.sum() > len(of_one):
            strange &= ~named.index.isin(of_one.index)
    return np.asarray(strange, dtype=bool)


def _contradictions(
    rows: Rows, code: pd.Series[Any], register: Register, layer: str, file: str, columns: tuple[str, str]
) -> tuple[Finding, ...]:
    """Return the rows whose name is that of another village of the kabupaten than their code's."""
    bad = []
    for row, found in code.dropna().items():
        name = _village(rows.name[row])
        others = register.named(name, "") if name and name != register.names[found][0] else []
        if len(others) == 1:
            bad.append(
                Cell(file, int(row), columns[1], str(rows.name[row]), others[0], applied=False, id=found)
            )
    if not bad:
        return ()
    shown = tuple(f"{c.id} ({c.value}: {c.proposal})" for c in bad[:5])
    return (Finding(
        "error", layer, "code_and_name_differ", len(bad), shown,
        f"{file}: rows whose name is that of another village than their code's; the code counts",
        "compare with the codes in force: the file may be of another edition", tuple(bad),
    ),)  # fmt: skip


def _by_overlap(
    code: pd.Series[Any], found_by: pd.Series[Any], shapes: NDArray[np.object_], register: Register
) -> None:
    """Find rows without a village by the polygon of the register that holds most of theirs, if it is free."""
    taken = set(code.dropna())
    free = [c for c in register.polygons if c not in taken]
    if not free:
        return
    polygons = np.array([register.polygons[c] for c in free], dtype=object)
    for i in np.flatnonzero(code.isna().to_numpy() & ~shapely.is_missing(shapes)):
        whole = shapely.area(shapes[i])
        share = shapely.area(shapely.intersection(shapely.make_valid(shapes[i]), polygons)) / max(
            whole, 1e-12
        )
        best = int(np.argmax(share))
        if share[best] > OVERLAP_SHARE:
            code.iloc[i], found_by.iloc[i] = free[best], FoundBy.OVERLAP.value


def _findings(
    rows: Rows, code: pd.Series[Any], found_by: pd.Series[Any], system: CodeSystem, layer: str, file: str,
    columns: tuple[str, str],
) -> tuple[Finding, ...]:  # fmt: skip
    counts = found_by.value_counts()
    if set(counts.index) <= {FoundBy.CODE}:
        return ()
    said = tuple(f"{counts[how]} by {how.replace('_', ' ')}" for how in FoundBy.texts() if how in counts)
    said = tuple(s.replace("by none", "not found") for s in said)
    cells = tuple(
        Cell(file, int(row), columns[0] if isinstance(rows.code[row], str) else columns[1],
             str(rows.code[row] if isinstance(rows.code[row], str) else rows.name[row]),
             f"{code[row] or ''}", applied=code[row] is not None, id=str(code[row] or ""))
        for row, how in found_by.items() if how != FoundBy.CODE
    )  # fmt: skip
    lost = int(counts.get(FoundBy.NONE, 0))
    action = "look through them" + ("; give the code of those that were not found" if lost else "")
    which = "" if rows.code.isna().all() else f" (the column's codes are those of {_WHOSE[system]})"
    return (Finding(
        "error" if lost else "warning", layer, "code_bridge", len(cells), said,
        f"{file}: {counted(len(cells), 'row')} had to be matched with the codes in force{which}",
        action, cells,
    ),)  # fmt: skip


_WHOSE = {
    CodeSystem.KEMENDAGRI: "Kemendagri", CodeSystem.BPS: "BPS", CodeSystem.OTHER: "another numbering"
}  # fmt: skip
