"""Which columns of a table are people, and whether its numbers are all people or some of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.drafting.headings import Mapping, sexes_of_people, year_rank
from geodata.readers.files.cells import holds_counts
from geodata.readers.people_words import BOTH_SEXES, PEOPLE_SUMS, is_sum, sex_of
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    import pandas as pd

PEOPLE_PARTS = ("pop_", "penduduk_", "jumlah_penduduk_")


def people_columns(table: pd.DataFrame) -> list[str]:
    """Return columns whose sum is the people, by group; of years none is added to another.

    Examples
    --------
    >>> import pandas as pd
    >>> people_columns(pd.DataFrame(columns=["pop_laki", "pop_perempuan", "luas"]))
    ['pop_laki', 'pop_perempuan']
    >>> people_columns(pd.DataFrame(columns=["pop_2010", "pop_2024"]))
    ['pop_2024']
    >>> people_columns(pd.DataFrame({"Desa": ["Ambulu"], "L": [812], "P": [790]}))
    ['L', 'P']
    """
    found = [str(c) for c in table if str(c).lower().startswith(PEOPLE_PARTS)]
    if not found:
        sexes = sexes_of_people([str(c) for c in table])
        return sexes if all(holds_counts(table[c]) for c in sexes) else []
    years = [c for c in found if re.fullmatch(r"(19|20)\d\d", c.rpartition("_")[2])]
    if len(years) < len(found):
        return _whole([c for c in found if c not in years], several=True)
    by_rank = sorted({year_rank(c) for c in years}, reverse=True)
    whole = (_whole([c for c in years if year_rank(c) == rank], several=False) for rank in by_rank)
    return next((columns for columns in whole if columns), [])


def of_years(table: pd.DataFrame) -> list[str]:
    """Return the column of the last year that has begun, where columns are headed by years alone.

    Examples
    --------
    >>> import pandas as pd
    >>> of_years(pd.DataFrame({"Desa": ["Ambulu"], "2023": [812], "2024": [820], "2099": [1900]}))
    ['2024']
    """
    years = [str(c) for c in table if re.fullmatch(r"(19|20)\d\d", str(c)) and holds_counts(table[c])]
    return sorted(years, key=year_rank)[-1:]


def _whole(columns: list[str], *, several: bool) -> list[str]:
    """Return which columns are all the people: a sum, or its parts; men alone are none.

    Not ``several``: they are of one year, and two of one year are counts of two offices.
    """
    sums = [c for c in columns if is_sum(c)]
    sexes = {c: sex_of(c) for c in columns}
    both = [c for c in columns if sexes[c] is None]
    if sums or (both and not several):
        return (sums or both)[:1]
    return [] if len(BOTH_SEXES & set(sexes.values())) == 1 else columns


def says_who(column: str) -> bool:
    """Return whether a heading says that people are counted: "Jumlah", "L" and "P" do not.

    Examples
    --------
    >>> says_who("Penduduk L"), says_who("L"), says_who("Perempuan"), says_who("2024")
    (True, False, False, False)
    """
    words = re.findall(r"[a-z]{3,}", column.lower())
    return bool(set(words) - {"laki", "perempuan", "pria", "wanita", "jumlah", "total"})


def is_just_a_sum(people: dict[str, Mapping]) -> bool:
    """Return whether the column of people is headed "Jumlah" alone.

    Examples
    --------
    >>> is_just_a_sum({"people": Mapping("people", "Jumlah", 100.0, ())}), is_just_a_sum({})
    (True, False)
    """
    counted = people.get("people")
    return counted is not None and spelling_key(counted.column) in PEOPLE_SUMS
