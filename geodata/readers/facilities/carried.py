"""What a list writes once for several rows: above them, in the first of them, or with ditto marks below.

A wrong carry puts a unit into a wrong kecamatan. So only what a list says itself is carried: headings that
stand alone in a row, and marks; blank cells only where something else in the rows bears it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geodata.codes import is_district, name_key, parse_village_code
from geodata.layers import Cell, Finding
from geodata.readers.columns import Columns
from geodata.readers.files.cells import NUMBERS, has_name, text_column
from geodata.readers.files.table import DISTRICT
from geodata.vocabulary.group_headings import HEADING_CELLS, heading_words, is_letter, is_ordinal
from geodata.vocabulary.kind_names import bare_kind, kind_of_name
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile
    from geodata.layers import Severity
    from geodata.readers.facilities.rows import ListRows

# The column that holds the kind which a heading gives the rows below it, beside names that may tell another.
GROUP_KIND = "(jenis menurut judul)"
# That of the puskesmas which a heading gives the rows below it: a heading of parents that is known.
GROUP_PARENT = "Puskesmas Induk"
PUSKESMAS = "puskesmas"
# "The same as above", as people write it.
DITTO = frozenset({
    "sda", "s.d.a", "s.d.a.", "s d a", "-sda-", "- sda -", "sda.", "idem", "-idem-", "id.", "ditto",
    '-"-', '- " -', '"', "''", "〃", "”", "“", "″", "``", "´´", "’’", ",,",
})  # fmt: skip
_DISTRICT_WORD = re.compile(r"\s*(kecamatan|kec|distrik|kapanewon|kemantren)\b[\s.:]*", re.IGNORECASE)
# For so many headings there is one row with more cells at least.
HEADINGS = 3
# So great a share of the rows below a name must bear it out.
BORNE_OUT = 0.5


class _Heading(NamedTuple):
    """A row that heads others by ``kind``, ``district`` or ``parent``; ``""`` where it may, or otherwise."""

    level: str
    said: str


@dataclass
class _Open:
    """The headings that count for the next row; those of an outer level end the inner ones."""

    levels: tuple[str, ...]
    said: dict[str, str] = field(default_factory=dict)
    ended: bool = False
    unclear: bool = False

    def head(self, heading: _Heading) -> None:
        """Take a heading. Below a total only the outer ones go on, and only with a new inner one."""
        self.unclear = heading.level == ""
        if self.unclear:
            self.said.clear()
            return
        for inner in self.levels[self.levels.index(heading.level) + 1 :]:
            self.said.pop(inner, None)
        self.said[heading.level] = heading.said
        self.ended = False


def _levels(said: Sequence[str]) -> tuple[str, ...]:
    """Return levels from the outer to the inner: as they come first, but a puskesmas is of one kecamatan."""
    levels = list(dict.fromkeys(said))
    if "district" in levels and "parent" in levels[: levels.index("district")]:
        levels.remove("parent")
        behind = levels.index("district") + 1
        levels.insert(behind, "parent")
    return tuple(levels)


def with_carried(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, file: str, totals: pd.Series[bool]
) -> tuple[ListRows, tuple[Finding, ...]]:
    """Return the rows with what the list writes once for several of them, and findings that count it.

    A kecamatan, kind or puskesmas alone in a row is that of the rows below it, up to the next such row or a
    total; a ditto mark is what stands above it. A kecamatan or kind that is written in the first row of its
    block alone is carried where each stands in one cell, and the villages of the rows, or row numbers that
    begin again, bear it out; else its rows stay without, and are told. Names, codes and places are never
    carried.

    Parameters
    ----------
    totals
        bool ``(rows,)``: those of totals.

    Returns
    -------
    rows, findings
        Without the rows that are headings of others.
    """
    table = rows.columns.table
    if table.empty:
        return rows, ()
    told = _Carrier(rows, source, villages, file, totals.to_numpy(dtype=bool))
    told.dittos()
    told.headings()
    told.blanks()
    return told.result()


class _Carrier:
    """One list: its columns, and what was carried in them."""

    def __init__(
        self, rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, file: str,
        totals: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        self.rows, self.source, self.villages, self.file, self.totals = rows, source, villages, file, totals
        columns, how = rows.columns, source.kind
        self.table = columns.table
        self.new: dict[str, pd.Series[Any]] = {}
        self.by_name = not isinstance(how, str) and bool(how.from_)
        kind = None if isinstance(how, str) or self.by_name else how.column
        self.picked = {
            "district": columns.pick(source.district_name, "district_name"),
            "kind": kind if kind in self.table else None,
            "name": columns.pick(source.name, "name"),
            "village": columns.pick(source.village_name, "village_name"),
            "parent": columns.pick(source.parent, "parent"),
        }
        self.wanted = {
            "district": bool(columns.heads.get("district_name")),
            # A list of one stated kind has it.
            "kind": self.by_name or self.picked["kind"] is not None,
            "parent": bool(columns.heads.get("parent")) and how != PUSKESMAS,
        }
        # Rows that are headings; rows below what may be one; ditto marks with nothing above them, by column.
        self.heading, self.open = np.zeros((2, len(self.table)), dtype=np.bool_)
        self.pending: dict[str, tuple[pd.Series[Any], NDArray[np.bool_]]] = {}
        self.doubtful = False
        self.findings: list[Finding] = []

    def text(self, column: str | None) -> pd.Series[Any]:
        """Return a column with what was carried in it so far."""
        if column is not None and column in self.new:
            return self.new[column]
        return text_column(self.table, column)

    # --- Ditto marks ---------------------------------------------------------------------------------------

    def dittos(self) -> None:
        """Carry what stands above a mark down to it; a mark below nothing is empty, and told."""
        wanted = ("district_name", "village_name", "regency", "parent")
        named = (getattr(self.source, key) for key in wanted)
        picked = [self.rows.columns.pick(one, key) for one, key in zip(named, wanted, strict=True)]
        for column in dict.fromkeys((self.picked["kind"], *picked)):
            if column is None or column == self.picked["name"]:
                continue
            text = text_column(self.table, column)
            marks = {one for one in text.dropna().unique() if one.strip().lower() in DITTO}
            mark = text.isin(marks).to_numpy(dtype=bool)
            if not mark.any():
                continue
            above = text.mask(mark).to_numpy(dtype=object)
            carried = np.zeros(len(text), dtype=bool)
            for i in np.flatnonzero(mark):
                # Nothing is above the first row, and a total or an empty cell says nothing.
                if i and not self.totals[i - 1] and isinstance(above[i - 1], str):
                    above[i], carried[i] = above[i - 1], True
                else:
                    above[i] = None
            self.new[column] = pd.Series(above, index=text.index, dtype="str", name=column)
            self._tell("from-ditto", column, text, carried)
            self.pending[column] = (text, mark & ~carried)

    # --- Headings of groups --------------------------------------------------------------------------------

    def headings(self) -> None:
        """Carry kecamatan and kinds that stand alone in a row down to the rows below."""
        filled = self.table.notna().sum(axis=1).to_numpy()
        few = (filled > 0) & (filled <= HEADING_CELLS)
        if (few & ~self.totals).sum() > HEADINGS * (filled > HEADING_CELLS).sum():
            return
        found = {int(i): one for i in np.flatnonzero(few)
                 if (one := self._heading(int(i))) is not None}  # fmt: skip
        levels = [one.level for one in found.values() if one.level]
        if not levels:
            return
        carried = self._below(found, _Open(_levels(levels)))
        texts = {"district": self.text(self.picked["district"]), "kind": self._own_kinds(),
                 "parent": self.text(self.picked["parent"])}  # fmt: skip
        for level, said in carried.items():
            blank = texts[level].isna().to_numpy(dtype=bool)
            if level in levels:
                self._tell(
                    "heading-unclear", self.picked[level] or _WORD[level], texts[level], self.open & blank
                )
            take = blank & np.array([isinstance(one, str) for one in said], dtype=bool)
            if take.any():
                self._take(level, said, take)
                self.heading[[i for i, one in found.items() if one.level == level]] = True
                # Among names that tell the kind, a puskesmas alone may have been meant as a unit.
                self.doubtful |= level == "parent" and self.by_name

    def _own_kinds(self) -> pd.Series[Any]:
        """Return what each row says of its kind; of names, those that tell one."""
        if not self.by_name:
            return self.text(self.picked["kind"])
        name = text_column(self.table, self.picked["name"])
        own = getattr(self.source.kind, "values", None) or {}
        known = {one: kind_of_name(one, own) for one in name.dropna().unique()}
        return name.where(name.map(lambda one: known.get(one) is not None))

    def _take(self, level: str, said: NDArray[np.object_], take: NDArray[np.bool_]) -> None:
        """Write what headings say into rows that say nothing themselves."""
        column = self.picked[level]
        if column is None:
            column = _WORD[level]
        text = self.text(column if column in self.table else None).to_numpy(dtype=object)
        text = np.where(take, said, text)
        self.new[column] = pd.Series(text, index=self.table.index, dtype="str", name=column)
        self._tell("from-heading", column, pd.Series("", index=self.table.index), take)

    def _below(self, found: Mapping[int, _Heading], state: _Open) -> dict[str, NDArray[np.object_]]:
        """Return what the headings say of each row, by level."""
        levels = [level for level, wanted in self.wanted.items() if wanted]
        out = {level: np.full(len(self.table), None, dtype=object) for level in levels}
        for i in range(len(self.table)):
            if i in found:
                state.head(found[i])
            elif self.totals[i]:
                state.ended = True
            elif not state.ended:
                self.open[i] = state.unclear
                for level in levels:
                    out[level][i] = state.said.get(level)
        return out

    @cached_property
    def has_puskesmas(self) -> bool:
        """Return whether a puskesmas has its village or place beside it: then one alone may be a unit."""
        name = text_column(self.table, self.picked["name"])
        village = (
            self.text(self.picked["village"]).notna()
            | self.rows.columns.text(self.source.village, "village").notna()
        )
        full = village.to_numpy(dtype=bool) | np.isfinite(self.rows.stated.lon)
        told = {one: kind_of_name(one) for one in name[full].dropna().unique()}
        return any(one is not None and one.kind == PUSKESMAS for one in told.values())

    def _heading(self, at: int) -> _Heading | None:  # noqa: PLR0911 - one for each thing that it may be
        """Return what a row with a cell or two heads, or None where it heads nothing.

        A puskesmas has the name of its kecamatan, and what is numbered as units are may be one.
        """
        row = self.table.iloc[at].dropna()
        cells = [str(c).strip() for c in row]
        lettered = len(cells) == HEADING_CELLS and is_letter(cells[0])
        if len(cells) == HEADING_CELLS and not is_ordinal(cells[0]):
            return None
        said = heading_words(cells[-1])
        if is_district(said):
            return _Heading("district", self._district_named(_DISTRICT_WORD.sub("", said, count=1)))
        if len(cells) == HEADING_CELLS and not lettered:
            return None
        if bare_kind(said) is not None:
            return _Heading("kind", said)
        kind = kind_of_name(said)
        if kind is not None:
            of_units = kind.kind == PUSKESMAS and self.wanted["parent"] and not self.has_puskesmas
            return _Heading("parent", said) if of_units else None
        sure = lettered or row.index[-1] != self.picked["name"]
        if name_key(said) in self._village_keys():
            return _Heading("", said) if name_key(said) in self._districts() else None
        if name_key(said) in self._districts() and sure:
            return _Heading("district", self._district_named(said))
        # Whatever it is, what heads the rows above it need not head those below.
        return _Heading("", said)

    def _districts(self) -> dict[str, str]:
        return {name_key(one): str(one) for one in self.villages["district_name"].unique() if one}

    def _village_keys(self) -> set[str]:
        return {name_key(one) for one in self.villages["village_name"]}

    def _district_named(self, said: str) -> str:
        """Return a kecamatan as the map writes it, or as the list does where the map has none such."""
        return self._districts().get(name_key(said), said.strip())

    # --- Blank cells below a name --------------------------------------------------------------------------

    def blanks(self) -> None:
        """Carry a kecamatan or kind down to blank cells below it, where something bears it out."""
        for level in ("district", "kind"):
            column = self.picked[level]
            if column is None or column == self.picked["name"]:
                continue
            text = self.text(column)
            units = ~self.totals & ~self.heading & self._units()
            blank = text.isna().to_numpy(dtype=bool) & units
            block = _blocks(text, units, self.totals)
            below = blank & (block >= 0)
            if not below.any() or not _written_once(text[units].dropna()):
                continue
            if self._borne_out(level, text, block, below):
                said = text.to_numpy(dtype=object)
                filled = np.where(below, said[np.maximum(block, 0)], said)
                self.new[column] = pd.Series(filled, index=text.index, dtype="str", name=column)
                self._tell("from-blank", column, text, below)
            else:
                self._tell("blank-unclear", column, text, below)

    def _units(self) -> NDArray[np.bool_]:
        """Return which rows name something or somewhere."""
        name = has_name(text_column(self.table, self.picked["name"]))
        village = has_name(self.text(self.picked["village"]))
        return np.asarray((name | village).to_numpy(dtype=bool))

    def _borne_out(
        self, level: str, text: pd.Series[Any], block: NDArray[np.int64], below: NDArray[np.bool_]
    ) -> bool:
        """Return whether the rows show that what is above them is theirs."""
        said = text.to_numpy(dtype=object)[np.maximum(block, 0)]
        fits = self._fits_district(said, below) if level == "district" else self._fits_kind(said, below)
        if -1 in fits:
            return False
        # Numbers may count the blocks, and not the rows: then several of them have rows below their first.
        several = len(np.unique(block[below])) > 1
        return bool((fits == 1).sum() >= max(2, BORNE_OUT * len(fits))) or self._numbered_anew(
            text, blocks=several
        )

    def _fits_district(self, said: NDArray[np.object_], below: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return of each row below whether its village is in the kecamatan: 1 yes, -1 no, 0 unknown."""
        within: dict[str, set[str]] = {}
        for village, district in zip(
            self.villages["village_name"], self.villages["district_name"], strict=True
        ):
            within.setdefault(name_key(village), set()).add(name_key(district))
        of_code = {str(c): name_key(d) for c, d in self.villages["district_name"].items()}
        name = self.text(self.picked["village"]).to_numpy(dtype=object)
        code = self.rows.columns.text(self.source.village, "village").to_numpy(dtype=object)
        fits = []
        for i in np.flatnonzero(below):
            district = name_key(_DISTRICT_WORD.sub("", str(said[i]), count=1))
            found = within.get(name_key(name[i]), set()) if isinstance(name[i], str) else set()
            coded = of_code.get(parse_village_code(code[i]) or "") if isinstance(code[i], str) else None
            found = found | ({coded} if coded else set())
            # A name that stands in two kecamatan shows nothing where it is in this one.
            fits.append(1 if found == {district} else 0 if not found or district in found else -1)
        return np.array(fits, dtype=np.int64)

    def _fits_kind(self, said: NDArray[np.object_], below: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return of each row below whether its name tells the kind: 1 yes, -1 another, 0 nothing."""
        name = text_column(self.table, self.picked["name"]).to_numpy(dtype=object)
        fits = []
        for i in np.flatnonzero(below):
            own, above = kind_of_name(name[i]), kind_of_name(said[i])
            fits.append(0 if own is None or above is None else 1 if own.kind == above.kind else -1)
        return np.array(fits, dtype=np.int64)

    def _numbered_anew(self, text: pd.Series[Any], *, blocks: bool) -> bool:
        """Return whether row numbers begin again, or go on, where and only where a name stands."""
        column = next((c for c in self.table if spelling_key(c) in NUMBERS), None)
        if column is None:
            return False
        units = self._units() & ~self.totals
        number = pd.to_numeric(text_column(self.table, column), errors="coerce")[units]
        first = (number == 1).to_numpy(dtype=bool)
        named = text[units].notna().to_numpy(dtype=bool)
        goes_on = (number.diff() == 1).to_numpy(dtype=bool)
        counts = number.notna().to_numpy(dtype=bool)
        if (
            blocks
            and (counts == named).all()
            and number.dropna().tolist() == list(range(1, int(named.sum()) + 1))
        ):
            return True
        return bool(first.sum() > 1 and (first == named).all() and (first | goes_on).all())

    # --- What is told --------------------------------------------------------------------------------------

    def _tell(self, how: str, column: str, before: pd.Series[Any], which: NDArray[np.bool_]) -> None:
        at = np.flatnonzero(which)
        if not len(at):
            return
        what, action = _SAID[how]
        rule = "not_carried" if how.endswith("unclear") else "carried_down"
        severity: Severity = "info" if how in ("from-ditto", "from-heading") else "warning"
        known = column in self.table
        after = self.new.get(column)
        index = self.table.index
        cells = tuple(
            Cell(self.file, int(index[i]), column if known else "", _text(before.iloc[i]),
                 "" if rule == "not_carried" or after is None else _text(after.iloc[i]),
                 rule == "carried_down")
            for i in at
        )  # fmt: skip
        shown = tuple(f"row {c.row} ({c.proposal})" if c.proposal else f"row {c.row}" for c in cells[:5])
        text = f"{self.file}: {what}".replace("COLUMN", column)
        self.findings.append(Finding(severity, "facilities", rule, len(cells), shown, text, action, cells))

    def result(self) -> tuple[ListRows, tuple[Finding, ...]]:
        """Return the list with what was carried, without the rows that are headings."""
        for column, (text, mark) in self.pending.items():
            self._tell("ditto-unclear", column, text, mark & self.new[column].isna().to_numpy(dtype=bool))
        if self.heading.any():
            index = self.table.index[self.heading]
            words = [next(str(c) for c in reversed(list(self.table.loc[i].dropna()))) for i in index]
            cells = tuple(Cell(self.file, int(i), "", said) for i, said in zip(index, words, strict=True))
            shown = tuple(f"row {c.row} ({c.value})" for c in cells[:5])
            self.findings.append(Finding(
                "warning" if self.doubtful else "info", "facilities", "group_row", len(cells), shown,
                f"{self.file}: rows that head the rows below them are no units",
                "none needed; a facility has its village or its place beside its name", cells,
            ))  # fmt: skip
        if not self.new:
            return self.rows, tuple(self.findings)
        columns = self.rows.columns
        changed = Columns(self.table.assign(**self.new), columns.heads, columns.what)
        return self.rows._replace(columns=changed).only(~self.heading), tuple(self.findings)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _blocks(text: pd.Series[Any], units: NDArray[np.bool_], totals: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return by row the position of the name above it, -1 for none or below a total."""
    out = np.full(len(text), -1, dtype=np.int64)
    last, filled = -1, text.notna().to_numpy(dtype=bool)
    for i in range(len(text)):
        last = i if filled[i] and units[i] else -1 if totals[i] else last
        out[i] = last
    return out


def _written_once(said: Sequence[str]) -> bool:
    """Return whether each of two names or more stands in one cell.

    Examples
    --------
    >>> _written_once(["Sewon", "Bantul"]), _written_once(["Sewon", "Sewon"]), _written_once(["Sewon"])
    (True, False, False)
    """
    keys = [spelling_key(one) for one in said]
    return len(keys) > 1 and len(set(keys)) == len(keys)


# What is told of a level that has no column.
_WORD = {"district": DISTRICT, "kind": GROUP_KIND, "parent": GROUP_PARENT}
# By what was done: what is said, what to do.
_SAID: dict[str, tuple[str, str]] = {
    "from-ditto": (
        "ditto marks in the column COLUMN were read as what stands above them",
        "none needed"),
    "ditto-unclear": (
        "ditto marks in the column COLUMN with nothing above them say nothing",
        "write what is meant into each row"),
    "from-heading": (
        "rows have what heads them (COLUMN)",
        "none needed; say so where a row is not of its heading"),
    "heading-unclear": (
        "rows have no heading for sure (COLUMN): the row above them may be a unit, or head something else",
        "write it into each row"),
    "from-blank": (
        "empty cells of the column COLUMN say what stands above them: villages, names or numbers bear it out",
        "write it into each row"),
    "blank-unclear": (
        "empty cells of the column COLUMN stay unknown: nothing shows that what stands above them is meant",
        "write it into each row"),
}  # fmt: skip
