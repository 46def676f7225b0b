"""The columns of a table, found by the name that AREA.yml gives or by how people head them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.errors import MissingColumnError
from geodata.readers.files.cells import cell_text, holds_names, id_column, pick_column, text_column
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.kinds import recognise_kind
from geodata.vocabulary.place_heads import place_key
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geodata.areafile import FileSource

# Of a column of units' names so many are different: the puskesmas of each village repeats.
DIFFER = 0.5
# Of degrees a metre; numbers of people and codes that differ do so by one at least.
SAME_NUMBER = 1e-5
# Keys whose columns hold words.
NAMES = frozenset({"name", "village_name", "district_name"})
# Keys of columns of villages: in tables of people they are the names.
VILLAGES = frozenset({"village_name", "name"})
# Headings of one sort of villages alone.
_OF_SORT = re.compile(r"(?:nama|nm)?(desa|ds|kelurahan|kel|nagari|kampung)")
# Those whose columns hold coordinates.
PLACES = frozenset({"lat", "lon", "lat_south", "lat_north", "coordinates"})


@dataclass(frozen=True)
class Columns:
    """A table, and the headings known for its columns; a column that is not there is all missing.

    Attributes
    ----------
    table
        The rows of a file.
    heads
        Known headings by key of AREA.yml (:func:`geodata.vocabulary.columns.layer_columns`).
    what
        What messages call the table.
    """

    table: pd.DataFrame
    heads: Mapping[str, tuple[str, ...]]
    what: str

    def pick(self, named: str | None, key: str) -> str | None:
        """Return the column of a key, by its name in AREA.yml where there is one; None where it is not there.

        Raises
        ------
        MissingColumnError
            The named column is not in the table.
        """
        known = self.heads.get(key, ())
        found = pick_column(self.table.columns, named, known, key=key, what=self.what, required=False)
        if named is None and found is None and known and key in PLACES:
            # Words that say of which coordinate it is, in whatever order.
            found = next((c for c in self.table.columns if place_key(c) == key and self._says(c, key)), None)
        if named is not None or found is None:
            return found
        if self._says(found, key):
            require_one_meaning(self.table, found, key, self.what)
            return found
        # RBI's maps have all columns, most of them empty: one with something in it is meant. A list of
        # puskesmas may count its pustu and posyandu under these words: numbers are no names.
        some = [column for column in self.table.columns if self._says(column, key)]
        told = pick_column(some, None, known, key=key, what=self.what, required=False)
        return told or (None if is_doubtful_name(found) else found)

    def _says(self, column: str, key: str) -> bool:
        """Return whether a column holds anything; one of names, what names something."""
        values = self.table[column]
        if key == "name" and is_doubtful_name(column):
            return names_units(values)
        return holds_names(values) if key in NAMES else bool(values.notna().any())

    def text(self, named: str | None, key: str) -> pd.Series[Any]:
        """Return the column of a key as text; see :meth:`pick`.

        Desa and kelurahan may have a column each, of which every row fills one: both are the village.
        """
        column = self.pick(named, key)
        text = text_column(self.table, column)
        for other in self._other_villages(column) if key in VILLAGES else ():
            more = text_column(self.table, other)
            if more.notna().any() and not (more.notna() & text.notna()).any() and holds_names(more):
                text = text.fillna(more)
        return text

    def _other_villages(self, column: str | None) -> list[str]:
        """Return the columns of desa where one is of kelurahan, and the other way round."""
        kinds = (key for key in map(_village_head, self.table.columns))
        own = None if column is None else _village_head(column)
        return [c for c, kind in zip(self.table.columns, kinds, strict=True) if own and kind and kind != own]

    def ids(self, named: str | None, key: str) -> pd.Series[Any]:
        """Return the column of a key as ids; see :meth:`pick`."""
        return id_column(self.table, self.pick(named, key))


def _village_head(heading: object) -> str:
    """Return of which sort of villages a column is by its heading; "" for another, or for all."""
    found = _OF_SORT.fullmatch(spelling_key(heading))
    return "" if found is None else found[1][:3]


def other_meanings(table: pd.DataFrame, column: str) -> list[str]:
    """Return the other columns under a column's heading, as spelling does not matter, that hold other things.

    The same number written otherwise, and the same name in capitals, are no other thing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Desa": ["Jaya", "Maju"], "DESA": ["Jaya", "Makmur"], "desa": ["JAYA", "Maju"]})
    >>> other_meanings(table, "Desa")
    ['DESA']
    """
    # A heading that stands several times has its column's number behind it from the second on.
    again = re.compile(re.escape(column) + r" \(\d+\)")
    own = spelling_key(column)
    alike = [
        str(c) for c in table.columns
        if str(c) != column and ((own and spelling_key(c) == own) or again.fullmatch(str(c)))
    ]  # fmt: skip
    if not alike:
        return []
    texts = text_column(table, column).fillna("")
    out = []
    for other in alike:
        said = text_column(table, other)
        differ = (said.notna() & (said.fillna("") != texts)).to_numpy(dtype=bool)
        if not all(map(_same, texts.to_numpy(dtype=object)[differ], said.to_numpy(dtype=object)[differ])):
            out.append(other)
    return out


def _same(one: str, other: str) -> bool:
    """Return whether two cells say the same: a number but for its last decimals, or letters in any case."""
    try:
        return abs(float(one.replace(",", ".")) - float(other.replace(",", "."))) <= SAME_NUMBER
    except ValueError:
        key = spelling_key(one)
        return bool(key) and key == spelling_key(other)


def require_one_meaning(table: pd.DataFrame, column: str, key: str, what: str) -> None:
    """Raise MissingColumnError where columns of one heading differ, and nobody said which is meant.

    Raises
    ------
    MissingColumnError
        With what to do.
    """
    others = other_meanings(table, column)
    if others:
        msg = (
            f"{what}: the columns {column!r} and {', '.join(map(repr, others))} have one heading and differ "
            f"({key}:). Give each its own name in the file, or say which is meant, as in {key}: COLUMN."
        )
        raise MissingColumnError(msg)


def is_doubtful_name(heading: str) -> bool:
    """Return whether lists write kinds, or the puskesmas of each unit, under a heading as well as names.

    Examples
    --------
    >>> is_doubtful_name("Fasilitas Kesehatan"), is_doubtful_name("Nama Fasilitas Kesehatan")
    (True, False)
    """
    return spelling_key(heading) in {spelling_key(n) for n in layer_columns("doubtful_names")["name"]}


def names_units(values: pd.Series[Any]) -> bool:
    """Return whether cells are names of units: most are different, and more than the word for a kind.

    Examples
    --------
    >>> import pandas as pd
    >>> names_units(pd.Series(["Pustu Jaya", "Pustu Makmur"])), names_units(pd.Series(["Pustu", "Puskesmas"]))
    (True, False)
    >>> names_units(pd.Series(["Puskesmas Jaya"] * 4 + ["Puskesmas Makmur"] * 4))
    False
    """
    texts = [text for text in map(cell_text, values.dropna()) if text]
    bare = sum(recognise_kind(text) is not None for text in texts)
    return holds_names(values) and len(set(texts)) > DIFFER * len(texts) and 2 * bare < len(texts)


def known_heads(source: FileSource, layer: str) -> Mapping[str, tuple[str, ...]]:
    """Return the headings known for a layer's columns, without those that AREA.yml switches off by null.

    Parameters
    ----------
    source
        A file of AREA.yml; ``village: null`` there means that no column tells the village.
    layer
        As for :func:`geodata.vocabulary.columns.layer_columns`.
    """
    off = {key for key in source.model_fields_set if getattr(source, key) is None}
    return {key: () if key in off else heads for key, heads in layer_columns(layer).items()}
