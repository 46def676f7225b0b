"""The country's files, read once and cut by kabupaten, so that each part reads only what is its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.areafile import BoundariesFile, FacilitiesFile, FileSource, KindColumn
from geodata.codes import VillageKind, is_district, name_key, parse_village_code, regency_of, village_kind
from geodata.errors import ConfigError, MissingColumnError, SchemaError, counted, first_five
from geodata.files.csvtext import csv_text
from geodata.readers.columns import Columns, known_heads
from geodata.readers.files.cells import count_column, pick_column, text_column, total_rows
from geodata.readers.files.opening import given_sha256, require_readable
from geodata.readers.files.table import read_table
from geodata.readers.files.vector import read_vector
from geodata.readers.people_villages import repeated_rows
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.kinds import known_kinds
from planner.nation.store import finished, key_of, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND_HEADS = ("jenis_faskes", "jenis", "kind", "jenis_fasilitas", "tipe", "kategori")
# BPS numbers kota from 71 on, kabupaten below.
FIRST_KOTA = 71
# Letters of the codes of provinces, kabupaten and kecamatan.
LEVELS = (2, 5, 8)
DISTRICT = LEVELS[-1]
_OF_REGENCY = re.compile(r"^\s*(kabupaten|kab|kota)\b\.?\s*(administrasi|adm)?\b\.?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Files:
    """What the country is read from; paths of files."""

    villages: Path
    facilities: tuple[FacilitiesFile, ...] = ()
    population: Path | None = None
    roads: tuple[Path, ...] = ()
    codes: Path | None = None
    adoption: Path | None = None

    def paths(self) -> list[Path]:
        """Return every file that is read."""
        more = [p for p in (self.population, *self.roads, self.codes, self.adoption) if p is not None]
        return [self.villages, *(f.path for f in self.facilities), *more]


@dataclass(frozen=True)
class Cut:
    """The country cut by kabupaten.

    Attributes
    ----------
    folder
        With ``villages/CODE.parquet`` and, where people are known, ``people/CODE.csv``.
    regencies
        Codes, sorted, each with its number of villages.
    names
        Of provinces and kabupaten, by code.
    notes
        What is to be told: rows that are in no kabupaten.
    people
        By kabupaten, the people of all of its rows; none where they cannot be read, which its reader tells.
        A row that says again what another says is not counted again.
    rivals
        By kabupaten, those of them whose rows are of one village, and differ.
    """

    folder: Path
    regencies: dict[str, int]
    names: dict[str, str]
    notes: tuple[str, ...]
    people: dict[str, float]
    rivals: dict[str, float]


def facilities_file(text: str) -> FacilitiesFile:
    """Return a list of facilities as the command line names it: FILE, or FILE=KIND.

    Parameters
    ----------
    text
        A path; with a kind behind it the list is of this kind alone. Otherwise a column holds the kind, or
        the names tell it.

    Raises
    ------
    ConfigError
        No such kind.
    InputError
        The file cannot be read.

    Examples
    --------
    >>> facilities_file("pustu.csv=pustu").kind
    'pustu'
    """
    path, _, kind = text.rpartition("=") if "=" in text else (text, "", "")
    if kind:
        if kind not in known_kinds():
            msg = f"--facilities {text}: {kind!r} is no kind; use one of {', '.join(known_kinds())}"
            raise ConfigError(msg)
        return FacilitiesFile(path=Path(path), kind=kind)
    source = FileSource(path=Path(path))
    table = _any_table(source, "facilities", KIND_HEADS)
    column = pick_column(table.columns, None, KIND_HEADS, key="kind", what="facilities", required=False)
    if column is None:
        return FacilitiesFile(path=Path(path), kind=KindColumn.model_validate({"from": "name"}))
    return FacilitiesFile(path=Path(path), kind=KindColumn(column=column))


def cut_country(files: Files, folder: Path) -> Cut:
    """Read villages and people once, and write them by kabupaten; what was cut before is taken as it is.

    Parameters
    ----------
    files
        Of the country, or of a province.
    folder
        Written as a whole.

    Raises
    ------
    InputError
        A file cannot be read, or has no codes of villages.
    DiskError
    """
    for path, what in (
        (files.villages, "villages"),
        (files.population, "population"),
        (files.codes, "codes"),
    ):
        if path is not None:
            require_readable(path, what)
    key = key_of(
        __name__, "cut", 3, [given_sha256(p) for p in (files.villages, files.population, files.codes) if p]
    )
    known = finished(folder, key)
    if known is None:
        facts: dict[str, Any] = {}
        with writing(folder, key, facts) as stage:
            facts.update(_cut(files, stage))
        known = facts
    return Cut(
        folder, known["regencies"], known["names"], tuple(known["notes"]), known["people"], known["rivals"]
    )  # fmt: skip


def _cut(files: Files, stage: Path) -> dict[str, Any]:
    every = _names(files.codes)
    names = {code: name for code, name in every.items() if len(code) < DISTRICT}
    regencies, notes = _cut_villages(files.villages, stage, every)
    people: dict[str, float] = {}
    rivals: dict[str, float] = {}
    if files.population is not None:
        people, rivals, more = _cut_people(files.population, names, regencies, stage)
        notes += more
    return {"regencies": regencies, "names": names, "notes": notes, "people": people, "rivals": rivals}


def village_file(folder: Path, code: str) -> Path:
    """Return where the villages of a kabupaten are, as they stood in the country's file.

    Examples
    --------
    >>> village_file(Path("cut"), "35.09").name
    'villages-35.09.parquet'
    """
    return folder / f"villages-{code}.parquet"


def people_file(folder: Path, code: str) -> Path:
    """Return where the people of a kabupaten are; not there where none are known.

    Examples
    --------
    >>> people_file(Path("cut"), "35.09").name
    'people-35.09.csv'
    """
    return folder / f"people-{code}.csv"


def _cut_villages(path: Path, stage: Path, names: dict[str, str]) -> tuple[dict[str, int], list[str]]:
    source = BoundariesFile(path=path)
    raw = read_vector(source, "villages")
    columns = Columns(raw, known_heads(source, "boundaries"), "villages")
    column = columns.pick(None, "code")
    if column is None:
        msg = f"villages: no column of {path.name} holds Kemendagri codes; they say whose each village is."
        raise MissingColumnError(msg)
    codes = text_column(raw, column).map(_code)
    lost = codes.isna()
    regency = codes.map(regency_of, na_action="ignore")
    if columns.pick(None, "district_name") is None and any(len(code) == DISTRICT for code in names):
        # Lists name villages with their kecamatan, and the readers know this heading.
        district = codes.map(lambda code: names.get(code[:DISTRICT], ""), na_action="ignore")
        raw = raw.assign(district_name=district.fillna("").astype("str"))
    counts: dict[str, int] = {}
    for code, rows in raw.groupby(regency.to_numpy(dtype=object), sort=True):
        rows.to_parquet(village_file(stage, str(code)), compression="zstd")
        counts[str(code)] = len(rows)
    if not counts:
        msg = f"villages: no row of {path.name} has a Kemendagri code in {column!r}."
        raise MissingColumnError(msg)
    notes = []
    if lost.any():
        shown = first_five(f"row {i + 1}" for i in np.flatnonzero(lost))
        notes.append(f"{path.name}: {counted(int(lost.sum()), 'row')} without a village code, in no "
                     f"kabupaten: {shown}")  # fmt: skip
    return counts, notes


def _code(text: object) -> str | None:
    code = parse_village_code(text) if isinstance(text, str) else None
    return None if code is None or village_kind(code) == VillageKind.UNKNOWN else code


def _names(path: Path | None) -> dict[str, str]:
    """Return the names of provinces, kabupaten and kecamatan, by code; none without a table of codes."""
    if path is None:
        return {}
    heads = layer_columns("codes")
    table = read_table(FileSource(path=path), "codes", (*heads["code"], *heads["name"]))
    columns = Columns(table, heads, "codes")
    pairs = zip(columns.text(None, "code"), columns.text(None, "name"), strict=True)
    found = {c: n for c, n in pairs if isinstance(c, str) and isinstance(n, str) and len(c) in LEVELS}
    if not any(len(code) < DISTRICT for code in found):
        msg = (
            f"codes: {path.name} names no province or kabupaten. It needs a column of codes (35, 35.09) and "
            f"one of names, called such as {heads['code'][0]} and {heads['name'][0]}; it has: "
            f"{', '.join(str(c) for c in table)}."
        )
        raise MissingColumnError(msg)
    return found


def _any_table(source: FileSource, what: str, wanted: Sequence[str] | None = None) -> pd.DataFrame:
    from geodata.readers.people_table import read_any_table

    return read_any_table(source, what, None if wanted is None else tuple(wanted))


def _cut_people(
    path: Path, names: dict[str, str], regencies: dict[str, int], stage: Path
) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Write the rows of a table of people by kabupaten: by their codes, or else by the kabupaten's name.

    Returns the people of each kabupaten's rows, those of rows that contradict each other, and what is to be
    told.
    """
    heads = layer_columns("population")
    table = _any_table(FileSource(path=path), "population")
    columns = Columns(table, heads, "population")
    code = columns.pick(None, "code")
    own = _people_rows(table, columns, path.name)
    parsed = text_column(table, code).map(_code) if code is not None else pd.Series(None, index=table.index)
    if parsed.notna().mean() > 0.5:
        regency = parsed.map(regency_of, na_action="ignore")
    else:
        table = _filled_down(table, heads)
        regency = _by_name(table, heads, names)
        if code is not None:
            # Codes of a level alone ("001") are none.
            table = table.drop(columns=code)
    village = _villages_of(Columns(table, heads, "population"), parsed, regency)
    again = repeated_rows(table, village, village)
    own = own[~again.reindex(own.index)]
    people = _people_of(own, columns, path.name, regency).reindex(table.index)
    lost = regency.isna() | ~regency.isin(regencies)
    for one, rows in table[~lost].groupby(regency[~lost]):
        people_file(stage, str(one)).write_text(csv_text(rows, index=False), "utf-8", newline="")
    without = [c for c in regencies if not people_file(stage, c).exists()]
    notes = []
    if lost.any():
        amount = float(people[lost].sum(min_count=1))
        known = not np.isnan(amount)
        said = f"{amount:,.0f} people, counted nowhere" if known else "how many people is not known"
        notes.append(f"{path.name}: {counted(int(lost.sum()), 'row')} of no kabupaten of the map ({said})")
    if without:
        notes.append(f"{path.name}: no people known of {counted(len(without), 'kabupaten', 'kabupaten')}: "
                     f"{first_five(without)}")  # fmt: skip
    rivals = village.reindex(own.index).dropna().loc[lambda codes: codes.duplicated(keep=False)].index
    return _by_regency(people[~lost], regency), _by_regency(people[rivals], regency), notes


def _villages_of(columns: Columns, parsed: pd.Series[Any], regency: pd.Series[Any]) -> pd.Series[Any]:
    """Return what tells the village of each row: its code, or kabupaten, kecamatan and name; else missing."""
    name = columns.text(None, "name").map(name_key, na_action="ignore").astype("str")
    district = columns.text(None, "district_name").map(name_key, na_action="ignore").astype("str")
    return parsed.astype("str").fillna(regency.astype("str") + "|" + district.fillna("") + "|" + name)


def _by_regency(people: pd.Series[float], regency: pd.Series[Any]) -> dict[str, float]:
    """Return the people of each kabupaten's rows; none where they are not known."""
    found = people.groupby(regency.reindex(people.index)).sum(min_count=1).dropna()
    return {str(c): float(n) for c, n in found.items()}


def _people_rows(table: pd.DataFrame, columns: Columns, file: str) -> pd.DataFrame:
    """Return the rows of a table that count people: no totals, no headings of a kecamatan.

    Raises
    ------
    MissingColumnError
        No column of people: each kabupaten by itself could only say that its people are unknown.
    """
    column = columns.pick(None, "people")
    if column is None:
        names = ", ".join(columns.heads["people"][:3])
        msg = (
            f"population: no column of {file} is known to be the people. Call it one of {names}. "
            f"The file has: {', '.join(str(c) for c in table)}"
        )
        raise MissingColumnError(msg)
    code = text_column(table, columns.pick(None, "code")).map(_code)
    name = columns.pick(None, "name")
    sums = total_rows(table, code.notna(), number=column, name=name)
    heading = text_column(table, name).map(lambda t: isinstance(t, str) and is_district(t)).astype(bool)
    return table[~(sums | (heading & code.isna()))]


def _people_of(rows: pd.DataFrame, columns: Columns, file: str, regency: pd.Series[Any]) -> pd.Series[float]:
    """Return the people of rows, each kabupaten's read by itself, as the reader of one area does.

    Kabupaten write numbers in their own ways; of one whose numbers cannot be read they are unknown here, and
    its own reader says why.
    """
    column = columns.pick(None, "people")

    def read(mine: pd.DataFrame) -> pd.Series[float]:
        try:
            return count_column(mine, column, "population", "population", file).numbers
        except SchemaError:
            return pd.Series(np.nan, index=mine.index)

    whose = regency.reindex(rows.index).astype(object).fillna("")
    found = [read(mine) for _, mine in rows.groupby(whose)]
    return pd.concat(found) if found else pd.Series(dtype="float64")


def _level(table: pd.DataFrame, *words: str) -> str | None:
    """Return the column whose heading holds all of some words."""
    return next((str(c) for c in table if all(w in str(c).lower() for w in words)), None)


def _filled_down(table: pd.DataFrame, heads: Any) -> pd.DataFrame:  # noqa: ANN401 - of the catalogue
    """Return a table whose kabupaten and kecamatan stand in the first row of each alone, in every row."""
    del heads
    columns = [
        c for c in table if any(w in str(c).lower() for w in ("provin", "regenc", "kab", "distri", "kec"))
    ]
    return table.assign(**{str(c): table[c].ffill() for c in columns})


def _by_name(table: pd.DataFrame, heads: Any, names: dict[str, str]) -> pd.Series[Any]:  # noqa: ANN401 - as above
    """Return each row's kabupaten by its name, of the province where the table has one."""
    del heads
    name = _level(table, "regenc", "name") or _level(table, "kab") or _level(table, "regenc")
    if name is None or not names:
        msg = (
            "population: its rows have no Kemendagri codes: a column with the kabupaten's name and --codes "
            "(a table of the codes in force with the kabupaten's names) tell whose they are."
        )
        raise ConfigError(msg)
    province, number = _level(table, "provin", "name"), _level(table, "regenc", "code")
    known = {_name_of(names.get(c[:2], ""), n, kota=c[3] == "7"): c for c, n in names.items() if len(c) == 5}
    found: dict[tuple[str, ...], str | None] = {}
    keys = list(zip(
        *(table[c].astype(object).fillna("").astype(str) if c is not None else [""] * len(table)
          for c in (province, name, number)), strict=True,
    ))  # fmt: skip
    for of, said, code in set(keys):
        kota = said.lower().startswith("kota ") or (code.isdigit() and int(code) >= FIRST_KOTA)
        exact = known.get(_name_of(of, said, kota=kota))
        # The province may have been divided since.
        free = [c for (_, n, k), c in known.items() if (n, k) == _name_of("", said, kota=kota)[1:]]
        found[of, said, code] = exact or (free[0] if len(free) == 1 else None)
    return pd.Series([found[k] for k in keys], index=table.index, dtype=object)


def _name_of(province: str, regency: str, *, kota: bool) -> tuple[str, str, bool]:
    return name_key(province), name_key(_OF_REGENCY.sub("", regency)), kota
