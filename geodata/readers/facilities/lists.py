"""One list of facilities as a layer: what each row is, and where it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.codes import name_key, parse_village_code
from geodata.errors import ConfigError
from geodata.layers import Cell, Finding
from geodata.readers.facilities.beside import are_beside, read_beside
from geodata.readers.facilities.carried import with_carried
from geodata.readers.facilities.functioning import functioning_of
from geodata.readers.facilities.kinds import kinds_of, several_in_cells
from geodata.readers.facilities.others import others
from geodata.readers.facilities.places import ListGround, ListPart, place_rows
from geodata.readers.facilities.regencies import rows_by_regency, stated_regencies
from geodata.readers.facilities.rows import ListRows, rows_of
from geodata.readers.facilities.villages import declared_villages, lone_codes
from geodata.readers.files.beside import BESIDE
from geodata.readers.files.cells import (
    NUMBERS,
    cell_text,
    count_column,
    pick_column,
    text_column,
    total_finding,
    total_rows,
)
from geodata.readers.files.marks import mark_findings
from geodata.readers.files.opening import source_record
from geodata.readers.files.signatures import signature_finding, signature_rows
from geodata.readers.files.table import holds_table
from geodata.readers.place_fixes import Fix
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import functioning_words
from geodata.vocabulary.kind_names import bare_kind, kind_of_name
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import YesNo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import shapely
    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile
    from geodata.layers import Severity
    from geodata.readers.columns import Columns
    from geodata.readers.facilities.regencies import ListRegency

OTHER = "other"


def read_facilities(
    source: FacilitiesFile, villages: gpd.GeoDataFrame, *, prefix: str | None = None, name: str | None = None,
    zone: shapely.Geometry | None = None, regency: str = "", fix: Fix = Fix.SAFE,
    decided: Mapping[int, bool] = MappingProxyType({}), regencies: Sequence[ListRegency] = (),
) -> ReadLayer:  # fmt: skip
    """Read one list of facilities into the facilities contract, in the villages' CRS.

    ``located_by`` says how each row was placed (coordinates, village, name, none); a row that
    cannot be placed is kept without a geometry. A row of which nobody can tell what it is is set aside: its
    kind is ``other``, and ``set_aside`` is true.

    Parameters
    ----------
    prefix
        Of ids that are made from row numbers; None for the file's name.
    name
        What findings call the list (:func:`geodata.areafile.list_names`); None for the file's name.
    zone
        The area with its buffer (the villages' CRS): rows of other kabupaten beyond it are left aside.
    regency
        The kabupaten's name, as such lists write it.
    fix
        Which proposals for spoiled coordinates are taken over.
    decided
        By the row's number in the file, what somebody decided about its proposal, whatever ``fix`` says.
    regencies
        Of a list of the country, all kabupaten whose ``villages`` are given: each row is then of the one that
        it names, which the column ``regency_code`` says.

    Raises
    ------
    InputError
        Columns or ids that are wrong; kinds or coordinates most of which are.
    """
    file, prefix = name or source.path.name, prefix or source.path.stem
    _require_table(source, file)
    around = _Around(villages, file, zone, regency, fix, decided, regencies)
    rows = rows_of(source)
    if not are_beside(source):
        return _layer_of(rows, source, prefix, around)
    rows, totals, carried = _without_totals(rows, source, villages, file)
    rows, signed = _without_signatures(rows, villages, file)
    marks = mark_findings("facilities", rows.marks, rows.columns.table, file)
    read = read_beside(rows, source, file, lambda r, one, part: _layer_of(r, one, f"{prefix}{part}", around))
    of_rows = (*marks, *carried, *signed, *total_finding("facilities", totals))
    return read._replace(findings=(*of_rows, *read.findings))


class _Around(NamedTuple):
    """What a list is read within: see :func:`read_facilities`."""

    villages: gpd.GeoDataFrame
    file: str
    zone: shapely.Geometry | None
    regency: str
    fix: Fix
    decided: Mapping[int, bool]
    regencies: Sequence[ListRegency]


def _layer_of(rows: ListRows, source: FacilitiesFile, prefix: str, around: _Around) -> ReadLayer:
    """Return the rows of a list, one a unit, as a layer."""
    villages, file, zone, regency, fix, decided, regencies = around
    rows, totals, carried = _without_totals(rows, source, villages, file)
    rows, signed = _without_signatures(rows, villages, file)
    rows = _without_rows_beside(rows, source)
    rows, more = _one_a_unit(rows, source, file)
    rows, empty = _with_content(rows, source, villages, file)
    aside, sure, findings = others(rows, source, villages, zone, (regency, file))
    rows = rows.only(~aside)
    kinds = kinds_of(rows.columns, source, file)
    keep = ~kinds.left_out.to_numpy(dtype=bool)
    rows, kind, sure = rows.only(keep), kinds.kind[keep], sure[~aside][keep]
    columns = rows.columns
    ids, twice = _ids(rows, source, prefix, file)
    district = columns.text(source.district_name, "district_name")
    whose = stated_regencies(rows, source, regencies, file)
    code = columns.text(source.village, "village")
    village = columns.text(source.village_name, "village_name")
    declared = declared_villages(code, village, district, villages, ids, file, whose.codes)
    placed_at = bool(np.isfinite(rows.stated.lon).any())
    alone = lone_codes(code, (village, district), villages, file, placed=placed_at)
    own = rows_by_regency(declared, whose.codes, regencies)
    parts = [ListPart(own[r.code], r.villages, r.buffer_m) for r in regencies if r.code in own]
    ground = ListGround(villages, zone, parts)
    said = {**_confirmed_places(columns), **decided}
    placed = place_rows(rows, declared, district, ground, ids, file, fix=fix, sure=sure, decided=said)
    asked = columns.pick(source.functioning, "functioning")
    answers, unread = functioning_of(columns.table, asked, ids, file)
    name = columns.text(source.name, "name")
    in_cells = several_in_cells(name, kind, file)
    numbers, no_counts = _numbers(columns.table, source, columns.what, file)
    facts = {
        "kind": kind.fillna(OTHER).to_numpy(),
        "name": name.fillna("").to_numpy(),
        "village_code": pd.Series(placed.village, dtype="str"),
        "declared_village": pd.Series(declared.code, dtype="str"),
        "declared_district": pd.Series(declared.district, dtype="str"),
        "parent_id": columns.ids(source.parent, "parent").to_numpy(),
        "functioning": answers.functions,
        "closed": answers.closed,
        "located_by": pd.Series(placed.located_by, dtype="str"),
        "set_aside": kind.isna().to_numpy(),
        "source": file,
        **numbers,
    }
    if regencies:
        facts["regency_code"] = _regency_codes(own, len(ids))
    frame = gpd.GeoDataFrame(facts, geometry=placed.place, crs=villages.crs)
    frame = frame.set_axis(pd.Index(ids.to_numpy(), name="facility_id", dtype="str"), axis=0)
    for column in ("kind", "name", "parent_id", "functioning", "closed", "source"):
        frame[column] = frame[column].astype("str")
    found = (
        *mark_findings("facilities", rows.marks, columns.table, file), *carried, *signed, *empty, *more,
        *findings, *kinds.findings, *in_cells, *twice, *whose.findings, *declared.findings, *alone,
        *placed.findings, *unread, *no_counts, *total_finding("facilities", totals),
    )  # fmt: skip
    of_row = dict(zip(columns.table.index, ids, strict=True))
    named = tuple(_with_ids(finding, of_row) for finding in found)
    return ReadLayer(frame, named, source_record("facilities", source), kinds.listed)


def _confirmed_places(columns: Columns) -> dict[int, bool]:
    """Return the rows whose sender confirmed the place as it is written: no proposal for it is taken over."""
    said = columns.text(None, "place_confirmed").str.lower().map(functioning_words())
    return dict.fromkeys(map(int, said.index[said == YesNo.YES]), False)


def _require_table(source: FacilitiesFile, file: str) -> None:
    """Raise ConfigError where a map has ``in_district``: its units have places of their own."""
    if source.in_district is not None and source.path.exists() and not holds_table(source.path):
        msg = (
            f"facilities: {file} is a map, and in_district: is of a table whose rows are all of one "
            "kecamatan. Take it out of AREA.yml."
        )
        raise ConfigError(msg)


def _regency_codes(own: Mapping[str, NDArray[np.int64]], rows: int) -> pd.Series[str]:
    """Return each row's kabupaten, missing where none is known."""
    out = pd.Series(None, index=range(rows), dtype="str")
    for code, at in own.items():
        out.iloc[at] = code
    return out


def _with_ids(finding: Finding, of_row: Mapping[int, str]) -> Finding:
    """Return a finding whose cells name their units: kinds are told before ids are made.

    Rows that are left out have none.
    """
    cells = tuple(c if c.id else c._replace(id=str(of_row.get(c.row, ""))) for c in finding.cells)
    return replace(finding, cells=cells)


def _without_totals(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, file: str
) -> tuple[ListRows, pd.Series[bool], tuple[Finding, ...]]:
    """Return the rows without those of totals, which rows these are, and what was carried up to them."""
    code = rows.columns.text(source.village, "village")
    coded = code.map(lambda t: isinstance(t, str) and parse_village_code(t) is not None).astype(bool)
    name = rows.columns.pick(source.name, "name")
    village = rows.columns.pick(source.village_name, "village_name")
    keep = coded | np.isfinite(rows.stated.lon)
    totals = total_rows(rows.columns.table, keep, name=name, others=(village,))
    if not holds_table(source.path):
        return rows.only(~totals.to_numpy(dtype=bool)), totals, ()
    carried, findings = with_carried(rows, source, villages, file, totals)
    kept = ~totals[carried.columns.table.index].to_numpy(dtype=bool)
    return carried.only(kept), totals, findings


def _without_signatures(
    rows: ListRows, villages: gpd.GeoDataFrame, file: str
) -> tuple[ListRows, tuple[Finding, ...]]:
    """Return the rows without those that say who signed the list, and the finding about these."""
    table = rows.columns.table
    signed = signature_rows(table, {name_key(v) for v in villages["village_name"]} - {""})
    return rows.only(~signed), signature_finding("facilities", table, signed, file)


def _with_content(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, file: str
) -> tuple[ListRows, tuple[Finding, ...]]:
    """Return the rows that say anything of a facility, and findings about the others.

    These have only a number, or a single cell with a heading or a note.
    """
    said = np.isfinite(rows.stated.lon)
    for named, key in ((source.village, "village"), (source.id, "id")):
        said |= rows.columns.text(named, key).notna().to_numpy(dtype=bool)
    texts = [text_column(rows.columns.table, column) for column in rows.columns.table]
    note, doubtful, guessed = (~said & which for which in _notes(rows, source, villages, texts))
    said |= rows.stated.unread
    for text in texts:
        letters = text.str.contains(r"[^\W\d_]", regex=True)
        said |= letters.fillna(value=False).to_numpy(dtype=bool)
    findings = (
        _left_out(
            rows, file, ~said, "empty_row", "rows without a name, an id, a place or a village", "none needed"
        ),
        _left_out(rows, file, note, "note_row", "rows of one cell, a heading or a note",
                  "none needed; a facility has its village or its place beside its name"),
        _left_out(rows, file, doubtful, "note_row", "rows of one cell, a heading or a note as it seems",
                  "if one is a facility, write its village or its place beside its name", "warning"),
        _left_out(rows, file, guessed, "lone_cell", "rows of one cell, whose words tell no kind of facility",
                  "if one is a facility, write its kind in its name, and its village or its place beside it",
                  "warning"),
    )  # fmt: skip
    return rows.only(said & ~note & ~doubtful & ~guessed), tuple(one for one in findings if one is not None)


def _without_rows_beside(rows: ListRows, source: FacilitiesFile) -> ListRows:
    """Return the rows without those that name a unit of a second list beside the first alone."""
    table, name = rows.columns.table, rows.columns.pick(source.name, "name")
    beside = [c for c in table if c in rows.marks.beside or BESIDE in str(c)]
    if name is None or not rows.marks.beside or not beside:
        return rows
    theirs = table[beside].notna().any(axis=1) & text_column(table, name).isna()
    return rows.only(~theirs.to_numpy(dtype=bool))


def _one_a_unit(rows: ListRows, source: FacilitiesFile, file: str) -> tuple[ListRows, tuple[Finding, ...]]:
    """Return the rows without those that only go on about the unit above, and the findings about these.

    A name that is merged over rows is one unit's, as where each of its staff has a row; so is a name whose
    next rows have neither name nor number, village or place. Unless the rows differ in their kind, id,
    village or place.
    """
    columns = rows.columns
    name = columns.pick(source.name, "name")
    if name is None or columns.table.empty:
        return rows, ()
    below = columns.table.index.isin(list(rows.marks.merged.get(name, ())))
    named = text_column(columns.table, name).notna().to_numpy(dtype=bool)
    if named.all() and not below.any():
        return rows, ()
    number = next((str(c) for c in columns.table if spelling_key(c) in NUMBERS), None)
    picked = [columns.pick(source.id, "id"), columns.pick(source.village, "village"),
              columns.pick(source.village_name, "village_name")]  # fmt: skip
    blank = ~below & _says_nothing(rows, (name, number, *picked)) & _has_letters(columns.table)
    on = below | blank
    on[1:] &= np.diff(np.asarray(columns.table.index, dtype=np.int64)) == 1
    kind = None if isinstance(source.kind, str) else source.kind.column
    texts = (rows.stated.said, *(columns.table[c].map(cell_text) for c in (*picked, kind) if c is not None))
    for text in (np.asarray(one, dtype=object) for one in texts):
        # What is not repeated is the unit's all the same.
        on[1:] &= (text[1:] == text[:-1]) | (text[1:] == "")
    on &= _below_a_name(named, on)
    told = (
        _left_out(
            rows, file, on & below, "unit_goes_on",
            "rows under a name that is merged over them are one unit, as it seems; those below its first",
            "if they are units of their own, write the name into each row", "warning",
        ),
        _left_out(
            rows, file, on & blank, "unit_in_rows",
            "rows without a name, number, village or place, which go on about the unit above, as it seems",
            "if they are units of their own, write the name and the village into each row", "warning",
        ),
    )  # fmt: skip
    return rows.only(~on), tuple(one for one in told if one is not None)


def _says_nothing(rows: ListRows, columns: Sequence[str | None]) -> NDArray[np.bool_]:
    """Return which rows have no place, and nothing in some columns but what is merged down to them."""
    table, out = rows.columns.table, rows.stated.said == ""
    for column in (c for c in columns if c is not None):
        merged = table.index.isin(list(rows.marks.merged.get(column, ())))
        out = out & (table[column].map(cell_text).eq("").to_numpy(dtype=bool) | merged)
    return np.asarray(out, dtype=bool)


def _has_letters(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have a cell with a letter: one of numbers alone may be a sum."""
    out = np.zeros(len(table), dtype=bool)
    for column in table:
        letters = text_column(table, column).str.contains(r"[^\W\d_]", regex=True)
        out |= letters.fillna(value=False).to_numpy(dtype=bool)
    return out


def _below_a_name(named: NDArray[np.bool_], on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows are below one that names a unit, with only rows that go on between."""
    out = np.zeros(len(on), dtype=bool)
    for i in range(1, len(on)):
        out[i] = on[i] and (out[i - 1] if on[i - 1] else named[i - 1])
    return out


def _left_out(
    rows: ListRows, file: str, out: NDArray[np.bool_], rule: str, what: str, action: str,
    severity: Severity = "info",
) -> Finding | None:  # fmt: skip
    """Return the finding about rows that are none of a facility; None where there are none."""
    index = rows.columns.table.index[out]
    if not len(index):
        return None
    table = rows.columns.table
    words = [next((cell_text(v) for v in table.loc[i] if cell_text(v)), "") for i in index]
    cells = tuple(Cell(file, int(i), "", said) for i, said in zip(index, words, strict=True))
    shown = tuple(f"row {i}{f' ({said})' if said else ''}" for i, said in zip(index[:5], words, strict=False))
    return Finding(
        severity, "facilities", rule, len(cells), shown, f"{file}: {what}, were left out", action, cells
    )


# What begins a note or a heading between rows. Sumberagung and Kepala Gading are places: no word is enough.
NOTE = re.compile(
    r"\s*((sumber|catatan|keterangan|ket|nip|tanggal|tgl)\.?\s*[:;,]|(catatan|keterangan|ket|nip)\.?\s*$"
    r"|sumber\s+(data|dinas|dinkes|bps|profil|laporan)\b|ket\.|(tanggal|tgl)\.?\s*\d|nip\.?\s*\d|mengetahui\b"
    r"|data per\b|\([^()]*\)\W*$|kepala (dinas|puskesmas|upt[dp]?|bidang|seksi|desa|kelurahan)\b)",
    re.IGNORECASE,
)
# The same, even where a village has the kecamatan's name. A village is called Kabupaten: there it ends.
AREA_HEADING = re.compile(r"\s*(kec|kecamatan|kapanewon|kemantren|kab|kabupaten)\b\W*\w", re.IGNORECASE)
# In a table with so many cells in most of its rows a single one is a heading, or a note.
CELLS = 3


def _notes(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, texts: list[pd.Series[Any]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows have a single cell that is a heading or note; which, in doubt; which, as a guess.

    Each bool ``(rows,)``. In doubt is one among the names, or a village's name where nobody looks for it;
    guessed, one among names that have to tell the kind, and does not. A village of the map among the names or
    villages is none of these: a unit may be there.
    """
    columns = rows.columns
    note, doubtful, guessed = np.zeros((3, len(columns.table)), dtype=np.bool_)
    filled = np.sum([text.notna().to_numpy(dtype=bool) for text in texts], axis=0)
    known = {name_key(v) for v in villages["village_name"]} - {""}
    if len(columns.table):
        note, doubtful = _notes_in_cells(rows, source, filled, known)
    if not len(columns.table) or np.median(filled) < CELLS:
        return note, doubtful, guessed
    name, village = columns.text(source.name, "name"), columns.text(source.village_name, "village_name")
    by_name = not isinstance(source.kind, str) and source.kind.from_ is not None
    for at in np.flatnonzero(filled == 1):
        in_name = isinstance(name.iloc[at], str)
        said = name.iloc[at] if in_name else village.iloc[at]
        if not isinstance(said, str):
            # In a column that says nothing of what and where: a remark, or a village that heads its rows.
            only = next(text.iloc[at] for text in texts if isinstance(text.iloc[at], str))
            (doubtful if name_key(only) in known and not AREA_HEADING.match(only) else note)[at] = True
            continue
        if name_key(said) in known and not AREA_HEADING.match(said):
            continue
        if bare_kind(said) is not None or NOTE.match(said) or AREA_HEADING.match(said):
            note[at], doubtful[at] = not in_name, in_name
        else:
            guessed[at] = by_name and kind_of_name(said) is None
    return note, doubtful, guessed


def _notes_in_cells(
    rows: ListRows, source: FacilitiesFile, filled: NDArray[np.int64], known: AbstractSet[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows are notes of a few cells ("Keterangan:" beside what it says), and which go on below.

    To the end of the table no row below such a note has a village, a place or a number of its own.
    """
    table = rows.columns.table
    village = rows.columns.text(source.village_name, "village_name")
    few = (filled <= CELLS) & ~np.isfinite(rows.stated.lon)
    first = [
        next((text for text in map(cell_text, table.iloc[at]) if text), "") for at in np.flatnonzero(few)
    ]
    note, below = np.zeros((2, len(table)), dtype=np.bool_)
    note[few] = [NOTE.match(text) is not None for text in first]
    note &= ~village.map(lambda t: isinstance(t, str) and name_key(t) in known).to_numpy(dtype=bool)
    number = next((c for c in table if spelling_key(c) in NUMBERS), None)
    numbered = text_column(table, number).str.fullmatch(r"\d+\W*").fillna(value=False).to_numpy(dtype=bool)
    unit = ~note & (~few | numbered | village.notna().to_numpy(dtype=bool))
    last = int(np.flatnonzero(unit).max(initial=-1))
    behind = np.flatnonzero(note[last + 1 :])
    if len(behind):
        below[last + 1 + behind[0] :] = True
    return note, below & ~note


def _ids(
    rows: ListRows, source: FacilitiesFile, prefix: str, file: str
) -> tuple[pd.Series[Any], tuple[Finding, ...]]:
    """Return each row's id, made from its number where it has none, and a finding about repeated ones.

    The first keeps it; the others have their row's number behind it, so that none is lost.
    """
    index, given = rows.columns.table.index, rows.columns.ids(source.id, "id")
    numbered = pd.Series([f"{prefix}:{i}" for i in index], index=index, dtype="str")
    ids = given.fillna(numbered)
    again = given.notna() & given.duplicated()
    if not again.any():
        return ids, ()
    ids = ids.mask(again, ids + pd.Series([f" (row {i})" for i in index], index=index, dtype="str"))
    column = rows.columns.pick(source.id, "id") or ""
    cells = tuple(
        Cell(file, int(row), column, str(given[row]), ids[row], applied=True, id=ids[row])
        for row in again[again].index
    )
    return ids, (Finding(
        "error", "facilities", "id_twice", int(again.sum()), tuple(ids[again])[:5],
        f"{file}: ids that an earlier row has too; these rows got their number behind it",
        "give each facility an id of its own, or leave id: out and ids are made from the row numbers", cells,
    ),)  # fmt: skip


def _numbers(
    raw: pd.DataFrame, source: FacilitiesFile, what: str, file: str
) -> tuple[dict[str, NDArray[np.float64]], tuple[Finding, ...]]:
    """Return staff, open days and capacity of each row, and findings about cells that are no numbers."""
    named = {f"staff_{role}": (c, f"staff.{role}") for role, c in source.staff.items()}
    if source.open_days is not None:
        named["open_days_month"] = (source.open_days, "open_days")
    if source.capacity is not None:
        named["capacity_people"] = (source.capacity, "capacity")
    out: dict[str, NDArray[np.float64]] = {}
    findings: list[Finding] = []
    for name, (column, key) in named.items():
        picked = pick_column(raw.columns, column, (), key=key, what=what)
        # Half a post is 0.5: nothing that a spreadsheet spoiled.
        counts = count_column(raw, picked, "facilities", what, file, thousands=False)
        out[name] = counts.numbers.to_numpy()
        findings += counts.findings
    return out, tuple(findings)
