"""Codes that are of another numbering or edition than the area's, though they look like its own.

Ten digits of BPS may be the code of another village of Kemendagri's, and a kabupaten of a province that was
split keeps its old codes in lists. What such codes are shows beside names: one code may be wrong, and then it
counts all the same; where most of a file's names say another village, the names count or nobody can tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.codes import VillageKind, district_of, regency_of, village_kind
from geodata.errors import SchemaError, first_five
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

# Fewer rows prove nothing of a whole column.
ROWS = 3
# So many rows of one kecamatan's digits name villages of one kecamatan, where it is numbered otherwise.
ONE_DISTRICT = 0.9
# Of the codes of a kabupaten's own digits so many may be no villages, in kecamatan that are on the map: in an
# old edition a third are none (Sabang), in the columns of BPS 56 % at least, of all kabupaten.
NO_VILLAGES = 0.4
# So many may have a fourth group of no village (BPS writes 0 there mostly), and the rest still be slips.
NO_KIND = 0.1
SLIPS = 1
# A column that a heading calls BPS's is Kemendagri's where it has so many of the area's villages.
WHOLE = 0.9


class ToldVillage(NamedTuple):
    """What a row tells of its village.

    Attributes
    ----------
    code
        As Kemendagri writes it, of whatever numbering; None for none.
    named
        The one village of the area that its name is that of, in its kecamatan where one is given; the code's
        own where the name fits it. None for none or several.
    sure
        Whether the name has its kecamatan beside it.
    """

    code: str | None
    named: str | None
    sure: bool


class Numbering(NamedTuple):
    """Whose numbering the codes of rows are.

    Attributes
    ----------
    other
        bool ``(rows,)``: of another numbering or edition; their names count.
    disputed
        bool ``(rows,)``: of one of several kabupaten, in which most names are those of other villages than
        their codes' and no numbering explains it: neither counts.
    """

    other: NDArray[np.bool_]
    disputed: NDArray[np.bool_]


class Where(NamedTuple):
    """A layer, its file, and the keys of AREA.yml for codes and names."""

    what: str
    file: str
    keys: tuple[str, str]


def of_other_numbering(rows: Sequence[ToldVillage], regencies: Collection[str], where: Where) -> Numbering:
    """Return which rows have a code of another numbering or edition: their names count.

    So it is with all codes of the area where most names are those of other villages and the digits of each
    kecamatan stand for another one. It is also so with the codes of another kabupaten of which most rows name
    villages of this one with their kecamatan.

    Parameters
    ----------
    rows
        All of a file.
    regencies
        The codes of the area's kabupaten.
    where
        For the message.

    Raises
    ------
    SchemaError
        Most names are those of other villages than their codes', and no numbering explains it; of a list of
        several kabupaten these rows alone are ``disputed``.

    Examples
    --------
    >>> old = [ToldVillage(f"91.01.02.200{i}", f"93.01.02.200{i}", True) for i in range(1, 5)]
    >>> pustu = Where("facilities", "pustu.csv", ("village", "village_name"))
    >>> of_other_numbering(old, {"93.01"}, pustu).other.tolist()
    [True, True, True, True]
    >>> own = [ToldVillage(f"93.01.02.200{i}", f"93.01.02.200{i}", True) for i in range(1, 5)]
    >>> bool(of_other_numbering(own, {"93.01"}, pustu).other.any())
    False
    """
    out, disputed = np.zeros((2, len(rows)), dtype=np.bool_)
    of: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if row.code is not None and village_kind(row.code) != VillageKind.UNKNOWN:
            of[regency_of(row.code)].append(i)
    for code, mine in of.items():
        if code in regencies:
            try:
                out[mine] = _renumbered([rows[i] for i in mine], where)
            except SchemaError:
                if len(regencies) == 1:
                    raise
                disputed[mine] = True
        else:
            fit = sum(rows[i].sure and rows[i].named is not None for i in mine)
            out[mine] = fit >= ROWS and 2 * fit > len(mine)
    return Numbering(out, disputed)


def says_bps(heading: str) -> bool:
    """Return whether a heading says that its codes are those of BPS.

    Examples
    --------
    >>> [says_bps(text) for text in ("kode_bps", "KDEBPS", "ID Desa BPS 2020", "kode_desa")]
    [True, True, True, False]
    """
    return "bps" in spelling_key(heading)


def unproven(
    rows: Sequence[ToldVillage], known: Collection[str], *, heading: str = "",
    bps: Mapping[str, str] | None = None,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return which rows have a code of the area's own digits in a column that need not be Kemendagri's.

    Ten digits of BPS may be those of another village of Kemendagri's, so a code that fits proves nothing by
    itself. The codes of a kabupaten's own digits are proven by the names of most that fit; or else they are
    not where a heading says BPS, where too many are no villages (of a kecamatan that is on the map), or where
    the codes of BPS explain as many of them.

    Parameters
    ----------
    rows
        All of a file.
    known
        The codes in force, or of the map's villages.
    heading
        Of the column.
    bps
        Ten digits of BPS → code in force, where they are known.

    Returns
    -------
    rows
        bool ``(rows,)``; none of a kabupaten of which no code fits: nothing can go wrong there.

    Examples
    --------
    >>> known = [f"73.04.01.100{i}" for i in range(1, 5)]
    >>> fits, no_village = "73.04.01.1001", ("73.04.01.0001", "73.04.01.0002", "73.04.01.1009")
    >>> unproven([ToldVillage(code, None, False) for code in (fits, *no_village)], known).tolist()
    [True, True, True, True]
    >>> unproven([ToldVillage(code, None, False) for code in (fits, no_village[0])], known).tolist()
    [False, False]
    """
    out = np.zeros(len(rows), dtype=np.bool_)
    in_force, regencies = set(known), {regency_of(code) for code in known}
    districts = {district_of(code) for code in in_force}
    of: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if row.code is not None and regency_of(row.code) in regencies:
            of[regency_of(row.code)].append(i)
    for regency, mine in of.items():
        fit = [i for i in mine if rows[i].code in in_force]
        named = sum(rows[i].named == rows[i].code for i in fit)
        if not fit or 2 * named > len(fit):
            continue
        codes = {str(rows[i].code) for i in mine}
        of_bps = says_bps(heading)
        if of_bps:
            villages = sum(regency_of(code) == regency for code in in_force)
            of_bps = len(codes & in_force) < WHOLE * villages
        out[mine] = of_bps or _mostly_none(codes, in_force, districts) or _as_much_bps(codes, in_force, bps)
    return out


def _mostly_none(codes: Collection[str], in_force: Collection[str], districts: Collection[str]) -> bool:
    """Return whether too many codes of a kabupaten are no villages of it."""
    # A table of all levels has its kecamatan as 3509010000.
    villages = [code for code in codes if not code.endswith("000")]
    none = [c for c in villages if village_kind(c) == VillageKind.UNKNOWN]
    missing = [c for c in villages if c not in in_force and (c in none or district_of(c) in districts)]
    judged = len(missing) + sum(c in in_force for c in villages)
    if len(none) > max(SLIPS, NO_KIND * judged):
        return True
    return len(missing) >= ROWS and len(missing) > NO_VILLAGES * judged


def _as_much_bps(codes: Collection[str], in_force: Collection[str], bps: Mapping[str, str] | None) -> bool:
    """Return whether the codes of BPS explain as many of a column, and as those of other villages."""
    if not bps:
        return False
    by_code, by_bps = systems_of(codes, in_force, bps)
    differ = any(bps.get(code.replace(".", ""), code) != code for code in codes)
    return differ and by_bps >= by_code


def systems_of(codes: Collection[str], in_force: Collection[str], bps: Mapping[str, str]) -> tuple[int, int]:
    """Return how many codes are those in force, and how many are of BPS.

    Examples
    --------
    >>> systems_of({"35.09.01.2001", "35.09.01.2002"}, {"35.09.01.2001"}, {"3509012002": "35.09.02.2001"})
    (1, 1)
    """
    return sum(c in in_force for c in codes), sum(c.replace(".", "") in bps for c in codes)


def _few_against(rows: Sequence[ToldVillage]) -> bool:
    """Return whether each of a few rows names a village, with its kecamatan, in another one than its code's.

    Two words that fit together outweigh a number; of more rows the digits must show it.
    """
    return len(rows) < ROWS and all(
        r.sure and r.code is not None and r.named is not None and district_of(r.code) != district_of(r.named)
        for r in rows
    )


def _renumbered(rows: Sequence[ToldVillage], where: Where) -> bool:
    """Return whether the codes of the area are those of another numbering."""
    against = [(r.code, r.named) for r in rows if r.code and r.named and r.named != r.code]
    agree = sum(r.named is not None and r.named == r.code for r in rows)
    if _few_against(rows):
        return True
    if len(against) < ROWS or len(against) <= agree or 2 * len(against) <= len(rows):
        return False
    # BPS has three digits for the kecamatan, Kemendagri two: a village of one kind begins alike there.
    districts: dict[str, Counter[str]] = defaultdict(Counter)
    for code, named in against:
        districts[code.replace(".", "")[:7]][district_of(named)] += 1
    together = sum(c.most_common(1)[0][1] for c in districts.values())
    moved = sum(district_of(code) != district_of(named) for code, named in against)
    # Of a kecamatan with a single row nothing is known.
    proof = together - len(districts)
    if together >= ONE_DISTRICT * len(against) and 2 * moved > len(against) and 2 * proof >= len(against):
        return True
    shown = first_five([f"{code} ({named} by its name)" for code, named in against])
    code, name = where.keys
    msg = (
        f"{where.what}: in {where.file} the names of {len(against)} rows are those of other villages than "
        f"their codes', and {agree or 'none'} fit: {shown}. One column was sorted without the other, or the "
        f"codes are of another numbering. Correct it; or say in AREA.yml which is wrong: {code}: null, and "
        f"names count, or {name}: null."
    )
    raise SchemaError(msg)
