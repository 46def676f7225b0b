"""What each row of a list is: by a column of kinds, by its name, or as AREA.yml says for the whole list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from geodata.errors import MissingColumnError, SchemaError, counted, first_five
from geodata.layers import Cell, Finding
from geodata.readers.facilities.carried import GROUP_KIND
from geodata.readers.files.cells import pick_column, text_column
from geodata.vocabulary.kind_names import NamedKind, bare_kind, kind_of_name
from geodata.vocabulary.kinds import known_kinds, recognise_kind
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.areafile import FacilitiesFile, KindColumn
    from geodata.readers.columns import Columns

# Signs that lists write for "has no number".
NO_NUMBER = ("-", "--", "0", "tidak ada", "n/a")


class Kinds(NamedTuple):
    """What each row is.

    Attributes
    ----------
    kind
        Text by row; missing where nobody can tell.
    left_out
        Which rows are no facility, by a null in AREA.yml.
    listed
        The kinds that the list is about.
    findings
        How names were understood, and what was not.
    """

    kind: pd.Series[Any]
    left_out: pd.Series[bool]
    listed: tuple[str, ...]
    findings: tuple[Finding, ...]


def kinds_of(columns: Columns, source: FacilitiesFile, file: str) -> Kinds:
    """Return what each row of a list is.

    Parameters
    ----------
    columns, source
        Its rows, and how AREA.yml tells their kinds.
    file
        What findings call the list.

    Raises
    ------
    MissingColumnError
        A column that AREA.yml names is not there.
    SchemaError
        Of most rows nobody can tell what they are: it is the wrong column.
    """
    raw, how = columns.table, source.kind
    if isinstance(how, str):
        everywhere = pd.Series(how, index=raw.index, dtype="str")
        return Kinds(everywhere, pd.Series(False, index=raw.index), (how,), ())
    column = _column(columns, source, how)
    text = text_column(raw, column)
    own = how.values or {}  # noqa: PD011 - a field of the configuration, not a frame
    read = _from_name(text, own) if how.from_ else _from_column(text, own)
    if GROUP_KIND in raw:
        # Of the name, or else of the heading that the row stands under.
        read = read.where(read.notna(), _from_name(text_column(raw, GROUP_KIND), own))
    told = read.map(lambda found: found is not None).astype(bool)
    kind = read.map(lambda found: None if found is None else found.kind).astype("str")
    left_out = told & kind.isna()
    _refuse_mostly_unknown(text, told, columns.what, column)
    findings = [*_left_out(text, left_out, file, column), *_unknown(text, told, file, column)]
    if how.from_:
        findings += _named(text, read[told & ~left_out], file, column)
    kind, unnumbered = _registered(kind, text, columns, how, file)
    listed = dict.fromkeys((*source.named_kinds, *kind.dropna()))
    return Kinds(kind, left_out, tuple(listed), (*findings, *unnumbered))


def _column(columns: Columns, source: FacilitiesFile, how: KindColumn) -> str:
    if how.column is not None:
        found = pick_column(columns.table.columns, how.column, (), key="kind.column", what=columns.what)
    else:
        heads = columns.heads["name"]
        if source.name is None and not heads:
            msg = f"{columns.what}: kind: {{from: name}} needs the names; take name: null out of AREA.yml."
            raise MissingColumnError(msg)
        # As the names are picked: a column of numbers under "Pustu" tells no kind.
        found = columns.pick(source.name, "name")
        if found is None:
            pick_column(columns.table.columns, None, heads, key="name", what=columns.what)
    assert found is not None  # required: the two raise where it is not there
    return found


def _from_column(text: pd.Series[Any], own: Mapping[str, str | None]) -> pd.Series[Any]:
    by_key = {spelling_key(word): NamedKind(kind, word) for word, kind in own.items()}

    def meaning(word: object) -> NamedKind | None:
        if not isinstance(word, str):
            return None
        if (mine := by_key.get(spelling_key(word))) is not None:
            return mine
        kind = recognise_kind(word)
        return None if kind is None else NamedKind(kind, word)

    return text.map(meaning).astype(object)


def _from_name(text: pd.Series[Any], own: Mapping[str, str | None]) -> pd.Series[Any]:
    known = {name: kind_of_name(name, own) for name in text.dropna().unique()}
    return text.map(lambda name: known.get(name) if isinstance(name, str) else None).astype(object)


def _refuse_mostly_unknown(text: pd.Series[Any], told: pd.Series[bool], what: str, column: str) -> None:
    """Raise SchemaError where most rows tell no kind; a few are set aside instead."""
    if told.sum() * 2 > len(told) or told.all():
        return
    words = text[~told].fillna("(empty)").value_counts()
    shown = first_five([f"{w!r} ({counted(n, 'row')})" for w, n in words.items()])
    msg = (
        f"{what}: column {column!r} holds kinds that are not mapped: {shown}. Add them in AREA.yml "
        f"under kind.values; the kinds are {', '.join(known_kinds())}, or null for rows that are no facility."
    )
    raise SchemaError(msg)


def _cells(text: pd.Series[Any], rows: pd.Series[bool], file: str, column: str) -> tuple[Cell, ...]:
    return tuple(
        Cell(file, int(row), column, word if isinstance(word, str) else "")
        for row, word in text[rows].items()
    )


def _words(text: pd.Series[Any], rows: pd.Series[bool]) -> tuple[str, ...]:
    """Return the words of some rows with how many have each, the most frequent first; five at most."""
    some = text[rows].fillna("(empty)").value_counts()
    return tuple(f"{word!r} ({counted(n, 'row')})" for word, n in some.items())[:5]


def _left_out(text: pd.Series[Any], rows: pd.Series[bool], file: str, column: str) -> list[Finding]:
    if not rows.any():
        return []
    return [Finding(
        "info", "facilities", "kind_left_out", int(rows.sum()), _words(text, rows),
        f"{file}: rows that are no facility, as AREA.yml says (kind.values: null), were left out",
        "none needed", _cells(text, rows, file, column),
    )]  # fmt: skip


def _unknown(text: pd.Series[Any], told: pd.Series[bool], file: str, column: str) -> list[Finding]:
    if told.all():
        return []
    return [Finding(
        "error", "facilities", "unknown_kind", int((~told).sum()), _words(text, ~told),
        f"{file}: rows of which {column!r} does not tell what they are were set aside",
        "say what the words mean under kind.values in AREA.yml, null for rows that are no facility",
        _cells(text, ~told, file, column),
    )]  # fmt: skip


def _named(text: pd.Series[Any], read: pd.Series[Any], file: str, column: str) -> list[Finding]:
    """Return what was made of the names, phrase by phrase, each row with its kind."""
    counts = read.value_counts()
    said = tuple(f"{m.phrase!r} → {m.kind} ({counted(n, 'row')})" for m, n in counts.items())
    cells = tuple(
        Cell(file, int(row), column, str(name), found.kind or "", applied=True)
        for (row, found), name in zip(read.items(), text[read.index], strict=True)
    )
    if not cells:
        return []
    return [Finding(
        "info", "facilities", "kind_by_name", len(read), said, f"{file}: kinds were told by the names",
        "look through them; correct what is wrong under kind.values", cells,
    )]  # fmt: skip


def _registered(
    kind: pd.Series[Any], text: pd.Series[Any], columns: Columns, how: KindColumn, file: str
) -> tuple[pd.Series[Any], tuple[Finding, ...]]:
    """Return the kinds with those puskesmas that say that they have no number made pustu."""
    if how.registered is None:
        return kind, ()
    column = pick_column(columns.table.columns, how.registered, (), key="kind.registered", what=columns.what)
    number = text_column(columns.table, column)
    less = without_number(number)
    if not (number.notna() & ~less).any():
        msg = f"{columns.what}: column {column!r} (kind.registered:) has no number at all. Leave it out."
        raise SchemaError(msg)
    less &= kind == "puskesmas"
    if not less.any():
        return kind, ()
    cells = tuple(
        Cell(file, int(row), str(column), str(number[row]), "pustu", applied=True) for row in less[less].index
    )
    return kind.mask(less, "pustu"), (Finding(
        "warning", "facilities", "puskesmas_without_number", int(less.sum()), tuple(map(str, text[less]))[:5],
        f"{file}: units are called puskesmas without a number in {column!r}, as others have: taken as pustu",
        "say what they are under kind.values if that is wrong", cells,
    ),)  # fmt: skip


# Between names of several units in one cell.
_BETWEEN = re.compile(r"\s*(?:[\n;,]|\bdan\b|&)\s*", re.IGNORECASE)
_LINES = re.compile(r"\s*[\n;]\s*")
# Kinds of which offices write all names of a village into one cell; clinics have titles behind commas.
_SEVERAL_OF = frozenset({"posyandu", "pustu", "poskesdes", "polindes", "ponkesdes"})
SEVERAL, SHORT_NAME = 3, 3


def names_in(name: str) -> int:
    """Return how many units a cell of names seems to name.

    Lines, or parts between semicolons, are names; parts between commas where they are three at least or
    begin alike. Beside the word for a kind alone they are what the unit is besides.

    Examples
    --------
    >>> names_in("Melati 1, Melati 2"), names_in("Melati; Mawar"), names_in("Mawar, Melati dan Dahlia")
    (2, 2, 3)
    >>> names_in("Pustu Jaya, Desa Ampel"), names_in("Posyandu, PAUD & Balai Dusun Grogol 8")
    (1, 1)
    """
    lines = [part for part in _LINES.split(name.strip()) if _is_name(part)]
    if len(lines) > 1:
        return len(lines)
    parts = [part for part in _BETWEEN.split(name.strip()) if part]
    alike = len({part.split()[0].lower() for part in parts}) == 1 and len(parts) > 1
    named = all(_is_name(part) and bare_kind(part) is None for part in parts)
    return len(parts) if named and (alike or len(parts) >= SEVERAL) else 1


def _is_name(part: str) -> bool:
    return sum(c.isalpha() for c in part) >= SHORT_NAME


def several_in_cells(name: pd.Series[Any], kind: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    """Return the finding about cells that seem to name several units, which count as one each.

    Parameters
    ----------
    name, kind
        Text, by row.
    file
        What findings call the list.

    Examples
    --------
    >>> names = pd.Series(["Melati 1, Melati 2", "Mawar"], index=[2, 3], name="Posyandu")
    >>> [found.ids for found in several_in_cells(names, pd.Series("posyandu", index=[2, 3]), "a.xlsx")]
    [('row 2 (2 names)',)]
    """
    likely = name[
        name.str.contains(r"[\n;,&]| dan ", case=False, regex=True).fillna(value=False).astype(bool)
    ]
    found = {int(row): (text, names_in(text)) for row, text in likely.items() if kind[row] in _SEVERAL_OF}
    found = {row: said for row, said in found.items() if said[1] > 1}
    if not found:
        return ()
    cells = tuple(
        Cell(file, row, str(name.name or ""), " ".join(text.split()), effect="counts as one unit")
        for row, (text, _) in found.items()
    )
    shown = tuple(f"row {row} ({number} names)" for row, (_, number) in found.items())[:5]
    return (Finding(
        "warning", "facilities", "several_in_cell", len(cells), shown,
        f"{file}: cells seem to name several units, and count as one each",
        "write each unit into a row of its own, with its village", cells,
    ),)  # fmt: skip


def without_number(number: pd.Series[Any]) -> pd.Series[bool]:
    """Return which cells of a column of numbers say that there is none: an empty one is not known.

    Examples
    --------
    >>> without_number(pd.Series(["P3402010101", "-", None])).tolist()
    [False, True, False]
    """
    return number.str.lower().isin(NO_NUMBER).astype(bool)
