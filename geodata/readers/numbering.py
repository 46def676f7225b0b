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

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

# Fewer rows prove nothing of a whole column.
ROWS = 3
# So many rows of one kecamatan's digits name villages of one kecamatan, where it is numbered otherwise.
ONE_DISTRICT = 0.9


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


def _renumbered(rows: Sequence[ToldVillage], where: Where) -> bool:
    """Return whether the codes of the area are those of another numbering."""
    against = [(r.code, r.named) for r in rows if r.code and r.named and r.named != r.code]
    agree = sum(r.named is not None and r.named == r.code for r in rows)
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
