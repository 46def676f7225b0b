"""The columns of a table, found by the name that AREA.yml gives or by how people head them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata.readers.files.cells import holds_names, id_column, pick_column, text_column
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geodata.areafile import FileSource

# Keys whose columns hold words.
NAMES = frozenset({"name", "village_name", "district_name"})


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
        if named is not None or found is None or self._says(found, key):
            return found
        # RBI's maps have all columns, most of them empty: one with something in it is meant. A list of
        # puskesmas may count its pustu and posyandu under these words: numbers are no names.
        some = [column for column in self.table.columns if self._says(column, key)]
        return pick_column(some, None, known, key=key, what=self.what, required=False) or found

    def _says(self, column: str, key: str) -> bool:
        """Return whether a column holds anything; one of names, what names something."""
        values = self.table[column]
        return holds_names(values) if key in NAMES else bool(values.notna().any())

    def text(self, named: str | None, key: str) -> pd.Series[Any]:
        """Return the column of a key as text; see :meth:`pick`."""
        return text_column(self.table, self.pick(named, key))

    def ids(self, named: str | None, key: str) -> pd.Series[Any]:
        """Return the column of a key as ids; see :meth:`pick`."""
        return id_column(self.table, self.pick(named, key))


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
