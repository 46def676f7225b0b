"""A second list beside the first in one sheet: its columns are found, and told, for no row has two units."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from geodata.readers.files.cells import NUMBERS, cell_text, holds_names
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.kind_names import kind_of_name
from geodata.vocabulary.kinds import recognise_kind
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    import pandas as pd

# "Posyandu 2": a heading that ends with the number of a unit, which is no year.
_NUMBERED = re.compile(r"(.*[^\W\d_])([\W_]*\d{1,2}|[\W_]+[IVX]{1,4})\W*$")
# What is written behind the heading of a second list's column.
BESIDE = "[list beside, column "
# So many headings of a list stand again where another begins.
LEAST = 2
# Of names of units so many are different; of the pustu or poskesdes that units belong to, fewer.
ALL_DIFFER = 0.9
# A column of these says to whom a unit belongs, or what else it is.
NOT_BESIDE = ("puskesmas", "other")
_NAME_OF = re.compile(r"^\s*(nama|nm|daftar)\b[\s._]*", re.IGNORECASE)


def lists_beside(
    table: pd.DataFrame, names: Sequence[str], named: AbstractSet[str] = frozenset()
) -> tuple[int, ...]:
    """Return which columns (from 0) are of further lists beside the first; none where there is one list.

    A list begins again where headings that number, name or place a unit do, two of them at least. Or a kind's
    columns are numbered, with a name of a unit in each: "Posyandu 1", "Posyandu 2". Or columns are headed by
    kinds, with names that are nearly all different: "Pustu", "Posyandu". A puskesmas is the one of the unit.

    Parameters
    ----------
    table
        Its columns are those of ``names``, in their order.
    names
        Headings as the file has them, "" for none.
    named
        Keys of the columns that AREA.yml names: of several kinds' columns of names, that is the list's own.

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["No", "Nama Pustu", "Desa", "", "No", "Nama Posyandu", "Desa"]
    >>> lists_beside(pd.DataFrame([[1, "Pustu A", "Ampel", None, 1, "Melati", "Ampel"]]), names)
    (4, 5, 6)
    >>> lists_beside(pd.DataFrame([["Ampel", "Melati", "Mawar"]]), ["Desa", "Posyandu 1", "Posyandu 2"])
    (2,)
    """
    again = _begun_again(table, names)
    if again:
        return again
    found = _names_beside(table, names)
    own = {i for i in found if spelling_key(names[i]) in named} or set(sorted(found)[:1])
    return tuple(sorted(set(found) - own))


def columns_of_kinds(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns of a table that name units side by side, with the kind of each.

    None where a list begins again, or where one column alone names units.

    Examples
    --------
    >>> import pandas as pd
    >>> columns_of_kinds(pd.DataFrame({"Pustu": ["Jaya", "Maju"], "Posyandu": ["Melati", "Mawar"]}))
    {'Pustu': 'pustu', 'Posyandu': 'posyandu'}
    """
    names = [str(column) for column in table.columns]
    # What stands again was marked when the table was read.
    if any(BESIDE in name for name in names) or _begun_again(table, names):
        return {}
    return {names[i]: kind for i, kind in sorted(_names_beside(table, names).items())}


def _names_beside(table: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    """Return the columns that name units of a kind, by their place; none where there is one alone."""
    found = {**_by_kind(table, names), **_numbered(table, names)}
    return found if len(found) > 1 else {}


def _by_kind(table: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    """Return the first column of names of each kind, by its place."""
    found: dict[str, int] = {}
    for i, name in enumerate(names):
        kind = recognise_kind(_NAME_OF.sub("", name)) if name else None
        if kind is not None and kind not in NOT_BESIDE and _differ(table.iloc[:, i]):
            found.setdefault(str(kind), i)
    return {i: kind for kind, i in found.items()}


def _differ(values: pd.Series[Any]) -> bool:
    """Return whether cells name units, nearly all different: a list repeats the pustu of its posyandu."""
    texts = [text for text in map(cell_text, values.dropna()) if text]
    return holds_names(values) and len(texts) >= LEAST and len(set(texts)) > ALL_DIFFER * len(texts)


def _begun_again(table: pd.DataFrame, names: Sequence[str]) -> tuple[int, ...]:
    seen: set[str] = set()
    again: dict[int, str] = {}
    for i, name in enumerate(names):
        meaning = _meanings().get(spelling_key(name), "") if name else ""
        if meaning and meaning in seen and table.iloc[:, i].notna().any():
            again[i] = meaning
        seen.add(meaning)
    # A column may stand twice; a list that begins again has the name, or the village, and another.
    if len(set(again.values())) < LEAST or not {"name", "village_name"} & set(again.values()):
        return ()
    first = min(again)
    # The columns of the first list do not go on behind those of the second.
    known = [i for i, name in enumerate(names) if i >= first and spelling_key(name) in _meanings()]
    if any(i not in again for i in known):
        return ()
    return tuple(i for i, name in enumerate(names) if i >= first and name)


@cache
def _meanings() -> dict[str, str]:
    """Return what a heading tells of a unit by its key: its number, its name, or where it is."""
    heads = layer_columns("facilities")
    found = {
        spelling_key(heading): key
        for key in ("district_name", "village_name", "coordinates", "lon", "lat", "name")
        for heading in heads[key]
    }
    return {**found, **dict.fromkeys(NUMBERS, "number")}


def _numbered(table: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    """Return the columns of names of a kind that are numbered, by their place.

    One alone is one where its names are nearly all different: "Pustu", "Posyandu 1".
    """
    stems: dict[str, dict[int, str]] = {}
    for i, name in enumerate(names):
        found = _NUMBERED.match(name)
        kind = kind_of_name(found[1]) if found is not None else None
        # "Kader Posyandu 1" and "Berfungsi Posyandu 1" say something of it, and are no names of units.
        if found is None or kind is None or not _is_of(found[1], kind.phrase):
            continue
        if holds_names(table.iloc[:, i]):
            stems.setdefault(spelling_key(found[1]), {})[i] = str(kind.kind)
    return {
        i: kind
        for same in stems.values()
        for i, kind in same.items()
        if len(same) > 1 or (kind not in NOT_BESIDE and _differ(table.iloc[:, i]))
    }


def _is_of(stem: str, phrase: str) -> bool:
    """Return whether a heading begins with the word for a kind, but for "Nama" before it."""
    return spelling_key(_NAME_OF.sub("", stem)).startswith(spelling_key(phrase))
