"""Who signed a list: "Mengetahui, Kepala Dinas …", names and NIP below a table, which are no rows of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.codes import name_key
from geodata.layers import Cell, Finding
from geodata.readers.files.cells import NUMBERS, cell_text
from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import pandas as pd
    from numpy.typing import NDArray

_MONTH = (
    r"(januari|februari|pebruari|maret|april|mei|juni|juli|agustus|september|oktober|november|nopember"
    r"|desember)"
)
# What only who signs writes: that he has seen it, his number, and where and when.
SURE = re.compile(
    r"\s*(mengetahui|diketahui oleh|menyetujui|disetujui oleh|mengesahkan|disahkan oleh|dibuat oleh"
    r"|yang membuat|pembuat (daftar|laporan))\b\D*$|\s*nip\.?\s*[:.]?\s*[\d .]*$"
    rf"|\s*[^\W\d_][^\d,]*,\s*(tanggal\s*)?[\d.…_]*\s*{_MONTH}\s*[\d.…_]*\s*$"
    r"|\s*[^\W\d_][^\d,]*,\s*(tanggal\s*)?\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{4}\s*$",
    re.IGNORECASE,
)
# What stands there of his office.
OFFICE = re.compile(
    r"\s*((a\.?\s*n|u\.?\s*b|plt|plh|pj|an)\.?\s+)?"
    r"(((kepala|ka|sekretaris|plt|kabid|kasi|kasie|kasubb?ag)\.?\s*)+"
    r"(dinas|dinkes|kesehatan|bidang|seksi|sub|tata usaha|umum|kepegawaian|program|puskesmas|pkm|blud"
    r"|upt[dp]?|kesga|yankes|promkes|kesmas|p2p?|sdm?k?|gizi|desa|kelurahan)\b"
    r"|(pengelola|pengolah|pemegang|penanggung jawab|koordinator|petugas|pejabat)\s+"
    r"(program|data|gizi|kia|promkes|pencatat|posyandu|pustu|laporan)\b"
    r"|(kepala|kabid|kasi|kasie|kasubb?ag|sekretaris)\s*[,:]?\s*$)",
    re.IGNORECASE,
)
# A number of other length than that of an official counts or numbers something.
NIP_DIGITS = 18
LEAST = 2


class _Row(NamedTuple):
    """What a row says: its cells, how many of who signs and how many surely, and whether it may be one."""

    cells: int
    told: int
    sure: int
    bare: bool


def signature_rows(table: pd.DataFrame, villages: AbstractSet[str] = frozenset()) -> NDArray[np.bool_]:
    """Return which rows of a table say who signed it: bool ``(rows,)``.

    Such rows stand below a blank one, or are the first without a number where most have one (or below notes
    that are so), until the table ends or another blank one. The first has what only who signs writes, or his
    office; two cells of the block do, and one says surely so.
    No row of it has a number but an official's, a village, a kind of facility, or as many cells as most rows;
    and no more rows name nothing of all this than name something.

    Parameters
    ----------
    table
        A table whose index is the row's number in the file.
    villages
        Keys of the villages' names (:func:`geodata.codes.name_key`).

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["Mengetahui,", "Kepala Dinas", "dr. SAFRUDIN", "NIP. 19700101 200001 1 001"]
    >>> rows = [*([i, f"Pustu {i}", "Ampel"] for i in range(5)), *([None, name, None] for name in names)]
    >>> at = [2, 3, 4, 5, 6, 8, 9, 12, 13]
    >>> signature_rows(pd.DataFrame(rows, columns=["No", "Nama", "Desa"], index=at, dtype=object)).tolist()
    [False, False, False, False, False, True, True, True, True]
    """
    out = np.zeros(len(table), dtype=np.bool_)
    if not len(table):
        return out
    numbers = [column for column in table if spelling_key(column) in NUMBERS]
    numbered = table[numbers].notna().any(axis=1).to_numpy()
    starts = np.diff(table.index.to_numpy()) > 1
    if 2 * numbered.sum() > len(table):
        starts |= numbered[:-1] & ~numbered[1:]
    starts = np.flatnonzero(starts) + 1
    if not len(starts):
        return out
    # Those who sign may fill more rows than the units, but not as many cells.
    usual = float(np.percentile(table.notna().sum(axis=1).to_numpy(), 75))
    ends = [*starts[1:].tolist(), len(table)]
    for start, end in zip(starts.tolist(), ends, strict=True):
        if out[start]:
            continue
        first = next(_first_told(table, start, end, villages, usual), None)
        if first is not None:
            last = _end(table, first, {*starts.tolist(), len(table)}, villages, usual)
            out[first:last] = True
    return out


def _first_told(
    table: pd.DataFrame, start: int, end: int, villages: AbstractSet[str], usual: float
) -> Iterator[int]:
    """Yield the first row of a block that says who signs, where only rows of one cell stand above it."""
    for at in range(start, end):
        row = _row(table, at, villages, usual)
        if row.told and row.bare:
            yield at
        if row.cells > 1:
            return


def _end(
    table: pd.DataFrame, first: int, breaks: AbstractSet[int], villages: AbstractSet[str], usual: float
) -> int:
    """Return the row behind a block that begins with ``first``; ``first`` itself where it is none."""
    told = sure = plain = 0
    end = first
    for at in range(first, len(table)):
        row = _row(table, at, villages, usual)
        if not row.bare:
            break
        told, sure, plain = told + row.told, sure + row.sure, plain + (not row.told)
        if at + 1 in breaks and told >= LEAST and sure and plain <= at + 1 - first - plain:
            end = at + 1
    return end


def _row(table: pd.DataFrame, at: int, villages: AbstractSet[str], usual: float) -> _Row:
    texts = [text for text in map(cell_text, table.iloc[at].dropna()) if text]
    told = [bool(SURE.match(text) or OFFICE.match(text)) for text in texts]
    bare = len(texts) < usual and all(
        name_key(text) not in villages and (said or _may_sign(text))
        for said, text in zip(told, texts, strict=True)
    )
    return _Row(len(texts), sum(told), sum(bool(SURE.match(text)) for text in texts), bare)


def _may_sign(text: str) -> bool:
    """Return whether a cell may be who signs, or his number: nothing that tells a unit."""
    digits = sum(c.isdigit() for c in text)
    return digits in (0, NIP_DIGITS) and kind_of_name(text) is None


def signature_finding(
    layer: str, table: pd.DataFrame, out: NDArray[np.bool_], file: str
) -> tuple[Finding, ...]:
    """Return the finding about rows that say who signed a list, if there are any.

    Parameters
    ----------
    layer
        Of the finding.
    table
        The rows.
    out
        bool ``(rows,)``, which of them say who signed.
    file
        Its file's name.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> signature_finding("facilities", pd.DataFrame({"name": ["Kodi"]}), np.array([False]), "pustu.csv")
    ()
    """
    if not out.any():
        return ()
    cells = tuple(
        Cell(file, int(row), "", next(filter(None, map(cell_text, values.dropna()))),
             effect="takes part in nothing")
        for row, values in table[out].iterrows()
    )  # fmt: skip
    return (Finding(
        "info", layer, "signature_row", len(cells), tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows below a blank one that say who signed the list were left out",
        "none needed; write a row that is meant to count above them, with its number or village", cells,
    ),)  # fmt: skip
