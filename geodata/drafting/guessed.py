"""What a file of a folder was taken for, and names as YAML takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.drafting.headings import Mapping
    from geodata.drafting.rows import Unit, Village


@dataclass(frozen=True)
class Doubt:
    """What somebody has to look at before a file is used.

    Attributes
    ----------
    rule
        ``twin_columns``, ``crs_guessed``, ``twice`` or ``list_beside``.
    said
        The sentence for AREA.yml and the console.
    key, columns
        Of twin columns: the key of AREA.yml, and the columns that may be meant, the one taken first.
    """

    rule: str
    said: str
    key: str = ""
    columns: tuple[str, ...] = ()


@dataclass
class Guess:
    """What a file was taken for.

    Attributes
    ----------
    path, sheet, layer
        The file, and the sheet of a workbook or the layer of a map that has several.
    role
        Key of AREA.yml, or "" where nothing tells.
    about
        In a few words what it holds, or why it cannot be used.
    keys
        Key → column, as they are written.
    said
        Key → text in YAML that is no column, with its remark: (value, remark).
    kinds
        How many of its rows are of each facility kind, as far as that is told.
    regencies
        Kabupaten by the codes of its rows, the most frequent first.
    names
        Of kabupaten and kota, by their codes.
    rows
        How many there are.
    labels
        Names of villages (:func:`geodata.codes.name_key`) where no codes tell them.
    ids
        Those of its facilities, of the column that was taken for them.
    columns
        Its headings, each with up to three of its values.
    villages
        What its rows say of their villages, of maps and of lists.
    row_kinds
        Facility kind by row, as far as that is told.
    units
        What its rows say of their units, of lists.
    twin_of
        How many of its units stand in another list of the folder, where that makes it one too many.
    doubts
        What somebody has to look at before the file is used.
    titles
        The lines above its header.
    beside
        The columns of names, where each of its rows names units in several.
    undecided
        Why it may be none of its role, where nothing tells: it is left out until somebody says so.
    """

    path: Path
    sheet: str | None = None
    role: str = ""
    about: str = ""
    keys: dict[str, Mapping] = field(default_factory=dict)
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    regencies: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    labels: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    villages: tuple[Village, ...] = ()
    layer: str | None = None
    row_kinds: tuple[str | None, ...] = ()
    units: tuple[Unit, ...] = ()
    twin_of: str = ""
    doubts: tuple[Doubt, ...] = ()
    titles: tuple[str, ...] = ()
    undecided: str = ""
    beside: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The file's name, with the sheet's or layer's where it has several."""
        part = self.sheet or self.layer
        return self.path.name if part is None else f"{self.path.name} [{part}]"


def pairs(columns: dict[str, str], *, keys: bool = False) -> str:
    """Return keys and their columns as YAML takes them within braces; ``keys`` may be any text too.

    Examples
    --------
    >>> pairs({"bidan": "Bidan", "dokter": "Dr. umum"})
    '{bidan: Bidan, dokter: "Dr. umum"}'
    """
    return "{" + ", ".join(f"{quoted(k) if keys else k}: {quoted(c)}" for k, c in columns.items()) + "}"


def quoted(text: str) -> str:
    """Return a name as YAML takes it within braces.

    Examples
    --------
    >>> quoted("NAMOBJ"), quoted("Desa: nama")
    ('NAMOBJ', '"Desa: nama"')
    """
    import json

    plain = text.replace("_", "").isalnum() and text.isascii() and not text[0].isdigit()
    reserved = text.lower() in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    return text if plain and not reserved else json.dumps(text, ensure_ascii=False)
