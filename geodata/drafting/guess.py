"""What a file of a folder is for: its role in AREA.yml and the columns that it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from geodata.areafile import RASTER_SUFFIXES, FileSource
from geodata.codes import name_key, parse_village_code, regency_of
from geodata.drafting.guessed import Doubt, Guess, pairs, quoted
from geodata.drafting.headings import Mapping, headed, is_to_come, mapped, samples
from geodata.drafting.people import is_just_a_sum, of_years, people_columns, says_who
from geodata.drafting.rows import villages_of
from geodata.drafting.unit_lists import (
    BY_FILE,
    BY_SHEET,
    BY_TITLE,
    FACILITY_KEYS,
    MOSTLY,
    PLACE_KEYS,
    as_facilities,
    as_units_beside,
    differ,
    find_kind,
    find_places,
    kinds_in,
)
from geodata.errors import InputError, MissingCrsError
from geodata.readers.columns import Columns, other_meanings
from geodata.readers.facilities.angle_parts import joined_angles
from geodata.readers.files.beside import columns_of_kinds
from geodata.readers.files.cells import holds_counts, text_column
from geodata.readers.files.sheets import hidden_sheets, sheet_names
from geodata.readers.files.signatures import signature_rows
from geodata.readers.files.table import holds_table, is_book, read_rows, titles_of
from geodata.readers.files.vector import in_degrees, layers_of, read_vector
from geodata.readers.osm_form import is_osm
from geodata.readers.people_parts import part_columns, tells_rows_apart
from geodata.readers.people_words import (
    has_both_sexes,
    is_bare_sum,
    plain_words,
    says_others,
    says_people,
    spoken_against,
)
from geodata.readers.rasters import opened
from geodata.readers.register import CodeSystem, code_system
from geodata.vocabulary.columns import flood_words, layer_columns
from geodata.vocabulary.roads import ROAD_CLASSES, rbi_class
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


IGNORED = (
    ".yml",
    ".yaml",
    ".md",
    ".prj",
    ".dbf",
    ".shx",
    ".cpg",
    ".qpj",
    ".qmd",
    ".sbn",
    ".sbx",
    ".html",
    ".png",
)
# A geodatabase is a folder of many files.
GDB = ".gdb"
# Codes of kecamatan: three groups of two digits.
DISTRICT_CODE = re.compile(r"\d{2}\.?\d{2}\.?\d{2}")
# Headings under which programs number what they draw.
OBJECT_NUMBERS = ("objectid", "fid", "gid", "ogcfid", "shape", "luas")


def guesses(folder: Path) -> list[Guess]:
    """Return what the files of a folder are, in the order of their names."""
    found: list[Guess] = []
    for path in sorted(folder.iterdir()):
        if path.is_file():
            found += _guess(path)
        elif path.suffix.lower() == GDB:
            about = "a geodatabase of ArcGIS, which is not read; save its layers as GeoPackage (in QGIS)"
            found.append(Guess(path, about=about))
    return found


def _guess(path: Path) -> Iterator[Guess]:
    ending = path.suffix.lower()
    if ending in IGNORED or path.name.startswith((".", "~$")):
        return
    try:
        if is_osm(path) or path.name.lower().endswith(".graphml"):
            yield Guess(path, role="roads", about="an extract of OpenStreetMap")
        elif ending in RASTER_SUFFIXES:
            yield _of_raster(path)
        elif holds_table(path):
            sheets = sheet_names(path, "init") if is_book(path) else []
            hidden = hidden_sheets(path) if len(sheets) > 1 else set()
            for sheet in sheets if len(sheets) > 1 else [None]:
                if sheet in hidden:
                    about = "a hidden sheet, perhaps of before: list it yourself where it counts"
                    yield Guess(path, sheet, about=about)
                else:
                    yield _of_table(path, sheet)
        else:
            layers = layers_of(path, "init")
            for layer in layers if len(layers) > 1 else [None]:
                yield _of_map(path, layer)
    except InputError as error:
        yield Guess(path, about=_without_name(error, path))


def _without_name(error: InputError, path: Path) -> str:
    """Return what is wrong with a file, as a part of a sentence that begins with its name."""
    said = str(error).removeprefix("init: ").removeprefix(f"{path.name} ")
    return said.rstrip(".")


def _of_raster(path: Path) -> Guess:
    about = "a raster: of heights it is elevation: {path: …}, of people population: {raster: …}"
    try:
        with opened(path, None, "init"):
            return Guess(path, about=about)
    except MissingCrsError:
        return Guess(path, about=f"{about}; it does not say its CRS: name it beside the path, as crs: EPSG:…")


def _of_table(path: Path, sheet: str | None) -> Guess:
    table, marks = read_rows(FileSource(path=path, sheet=sheet), "init")
    titles = titles_of(table)
    table = table[~signature_rows(table)]
    guess = Guess(path, sheet, rows=len(table), columns=_columns(table), titles=titles)
    guess = _with_twin_columns(_counting(guess, table) or _of_rows(guess, table), table)
    if marks.beside and guess.role and not guess.beside:
        columns = ", ".join(map(quoted, marks.beside))
        said = f"a second list stands beside the first, and is not read: columns {columns}. "
        said += "Put each list into a sheet or file of its own, one row a unit"
        guess.doubts += (Doubt("list_beside", said, columns=marks.beside),)
    return guess


def _with_twin_columns(guess: Guess, table: pd.DataFrame) -> Guess:
    """Add a doubt for each column that is used and has another under the same heading, which differs."""
    for key, mapping in guess.keys.items():
        others = other_meanings(table, mapping.column)
        if others:
            columns = (mapping.column, *others)
            named = ", ".join(map(quoted, columns))
            said = f"{key}: the columns {named} have one heading and differ; the first is taken. "
            said += "Look which is meant, and give each its own name in the file"
            guess.doubts += (Doubt("twin_columns", said, key, columns),)
    return guess


def _of_rows(guess: Guess, table: pd.DataFrame) -> Guess:  # noqa: PLR0911 - one for each thing it may be
    facts = mapped(table, "facilities", FACILITY_KEYS)
    people, parts, some = _people(guess, table)
    placed, facts = _places(guess, table, facts)
    counted = bool("people" in people or parts)
    beside = {} if placed or counted or not _in_villages(facts) else columns_of_kinds(table)
    kind = not beside and find_kind(guess, table, facts)
    hamlet = headed(table, "hamlet_rows").get("name")
    if not placed and counted and people.keys() & {"code", "name"}:
        others = _counts_others(guess, table, people, parts)
        if not others and not _tells_units(guess, table, facts, people):
            guess.said.pop("kind", None)
            guess.kinds = {}
            guess.undecided = _undecided(guess, table, people)
            return _population(guess, table, people, parts)
        if "name" not in facts:
            guess.said.pop("kind", None)
            counts = f"{others}, and not all people" if others else "units"
            guess.about = (
                f"a table of {len(table)} rows that counts {counts}, by its name: a list has a row for each "
                "unit; for people, say population: yourself"
            )
            return guess
    if beside:
        return as_units_beside(guess, table, facts, beside)
    name = facts.get("name")
    if kind and name is not None and not differ(text_column(table, name.column)):
        of_heading = kinds_in(name.column)
        if of_heading and not of_heading & set(guess.kinds):
            # Their puskesmas, not the units: nobody tells what these are called.
            facts = {key: mapping for key, mapping in facts.items() if key != "name"}
    if hamlet is not None and placed and not kind and "name" not in facts:
        return _hamlets(guess, table, hamlet)
    if "name" in facts and (kind or placed):
        nowhere = not placed and not _in_villages(facts)
        return _nowhere(guess, table) if nowhere else as_facilities(guess, table, facts)
    codes = mapped(table, "codes", ("code", "name", "district_name", "bps"))
    if not some and {"code", "name"} <= codes.keys() and len(table.columns) <= 6:
        return _with_codes(guess, table, codes, "codes", "a table of codes and names")
    heads = ", ".join(map(str, table.columns[:8]))
    tells = f"it counts {some}, and not all people" if some else "nothing tells what it is"
    guess.about = f"a table of {len(table)} rows; {tells}: columns {heads}"
    return guess


def _places(guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping]) -> tuple[bool, dict[str, Mapping]]:
    """Return whether columns say where the rows are, and the columns with the one that does."""
    if joined_angles(Columns(table, layer_columns("facilities"), "init")) is not None:
        # Build puts them together by their headings.
        return True, {key: one for key, one in facts.items() if key not in PLACE_KEYS}
    sides = facts.keys() & {"lat", "lat_south", "lat_north"}
    if "coordinates" in facts or ("lon" in facts and sides):
        return True, facts
    pair = find_places(guess, table, facts)
    return (False, facts) if pair is None else (True, {"coordinates": pair, **facts})


def _unit_counts(table: pd.DataFrame) -> list[str]:
    """Return the columns that count units, each of a kind; none where there are fewer than two."""
    found = [str(c) for c in table.columns if kinds_in(str(c)) and holds_counts(table[c])]
    return found if len(found) > 1 else []


def _counting(guess: Guess, table: pd.DataFrame) -> Guess | None:
    """Return what a table is that only counts units, as a sheet beside a list does; None for any other."""
    counts = _unit_counts(table)
    if not counts or joined_angles(Columns(table, layer_columns("facilities"), "init")) is not None:
        return None
    facts = mapped(table, "facilities", FACILITY_KEYS)
    if _in_villages(facts) or facts.keys() & set(PLACE_KEYS):
        return None
    listed = ", ".join(counts)
    guess.about = f"a table of {len(table)} rows that counts units ({listed}); a list has a row for each unit"
    return guess


def _in_villages(facts: dict[str, Mapping]) -> bool:
    """Return whether a list has a column that says in which village its units are."""
    return bool({"village", "village_name"} & facts.keys())


def _nowhere(guess: Guess, table: pd.DataFrame) -> Guess:
    """Leave a list out of which nothing says where its units are: build could not place one."""
    guess.said.clear()
    guess.kinds, guess.row_kinds = {}, ()
    guess.about = guess.undecided = (
        f"no column says in which village, or where, its {len(table)} units are; give it a column Desa (or "
        "Kode Desa, or Lintang and Bujur), and run init again with --force"
    )
    return guess


def _people(guess: Guess, table: pd.DataFrame) -> tuple[dict[str, Mapping], list[str], str]:
    """Return the columns of a table of people, those whose sum they are, and whom its heading counts instead.

    A heading may be like one of people and say others, as "Jumlah Penduduk Miskin" does.
    """
    people = mapped(table, "population", ("code", "people", "name", "district_name"))
    counted = people.get("people")
    some = "" if counted is None else spoken_against(counted.column, "", sexes=False)
    if some:
        people.pop("people")
    return people, people_columns(table) or (of_years(table) if says_people(_said(guess)) else []), some


def _tells_units(
    guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping], people: dict[str, Mapping]
) -> bool:
    """Return whether a table with villages and numbers is one of facilities: "Jumlah" may count their staff.

    Each row names a unit, or the file's name says a kind and nothing says people.
    """
    if not guess.kinds:
        return False
    name = facts.get("name")
    if name is not None and guess.said.get("kind", ("", ""))[1] not in (BY_FILE, BY_TITLE):
        return differ(text_column(table, name.column))
    counted = people.get("people")
    if counted is None:
        return True
    # Men and women beside their sum are people; so says the name of many a file.
    return is_just_a_sum(people) and not has_both_sexes(table.columns) and not says_people(_said(guess))


def _said(guess: Guess) -> str:
    """Return the words of a table's title and name, or of the sheet's alone where that has a kind."""
    by_sheet = guess.said.get("kind", ("", ""))[1] == BY_SHEET
    names = (guess.sheet or "",) if by_sheet else (guess.path.stem, guess.sheet or "")
    return plain_words(*guess.titles, *names)


def _counts_others(guess: Guess, table: pd.DataFrame, people: dict[str, Mapping], parts: list[str]) -> str:
    """Return whom or what "Jumlah", or "L" and "P", counts by the title or name; "" for all people."""
    said = _said(guess)
    if "people" not in people and not any(says_who(c) for c in parts):
        return says_others(said) or ("" if says_people(said) else "some men and women")
    counted = people.get("people")
    return (
        "" if counted is None else spoken_against(counted.column, said, sexes=has_both_sexes(table.columns))
    )


def _undecided(guess: Guess, table: pd.DataFrame, people: dict[str, Mapping]) -> str:
    """Return why nobody knows what "Jumlah" counts; "" where the table says people, or has both sexes."""
    counted = people.get("people")
    if (
        counted is None
        or not is_bare_sum(counted.column)
        or has_both_sexes(table.columns)
        or says_people(_said(guess))
    ):
        return ""
    return (
        f"its column {counted.column} may count anything: neither the title nor the name of the file or "
        "sheet says people"
    )


def _columns(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {str(c): samples(table[c]) for c in table.columns}


def _population(guess: Guess, table: pd.DataFrame, keys: dict[str, Mapping], parts: list[str]) -> Guess:
    guess = _with_codes(guess, table, keys, "population", f"people of {len(table)} rows")
    if "people" not in keys and len(parts) == 1:
        guess.keys["people"] = Mapping("people", parts[0], 100.0, samples(table[parts[0]]))
    elif "people" not in keys and parts:
        to_come = ", of a year to come" if is_to_come(parts[0]) else ""
        guess.said["people"] = (f"[{', '.join(map(quoted, parts))}]", f"people are the sum of these{to_come}")
    village = [
        keys[k].column for k in (("code",) if "code" in keys else ("name", "district_name")) if k in keys
    ]
    apart = part_columns(table.drop(columns=[m.column for m in guess.keys.values()]))
    if tells_rows_apart(table, village, apart):
        listed = f"[{', '.join(map(quoted, apart))}]" if len(apart) > 1 else quoted(apart[0])
        guess.said["parts"] = (listed, "rows of one village, which are summed")
    groups = {k: c for k, c in headed(table, "groups").items() if holds_counts(table[c])}
    if groups:
        guess.said["groups"] = (pairs(groups), "life-cycle groups that the table counts")
    return guess


def _hamlets(guess: Guess, table: pd.DataFrame, name: str) -> Guess:
    guess.role, guess.about = "hamlets", f"{len(table)} dusun, RW or the like"
    guess.said.clear()
    guess.keys = {"name": Mapping("name", name, 100.0, samples(table[name]))}
    rest = table.drop(columns=name)
    guess.keys |= mapped(rest, "hamlets", ("village", "people", "lat", "lon"))
    return guess


def _with_codes(guess: Guess, table: pd.DataFrame, keys: dict[str, Mapping], role: str, about: str) -> Guess:
    guess.role, guess.about, guess.keys = role, about, keys
    if role == "boundaries":
        guess.villages = villages_of(table, keys, "code", "name", "district_name")
    if "code" in keys:
        text = text_column(table, keys["code"].column)
        system = code_system(text.dropna())
        if system is CodeSystem.KEMENDAGRI:
            found = text.dropna().map(parse_village_code).dropna().map(regency_of)
            guess.regencies = tuple(found.value_counts().index)
            if "name" in keys:
                guess.names = dict(zip(text, text_column(table, keys["name"].column), strict=True))
        elif system is CodeSystem.BPS:
            guess.about += "; its codes are those of BPS, matched by codes: or by name"
    if not guess.regencies and "name" in keys and role != "codes":
        guess.labels = tuple(name_key(n) for n in text_column(table, keys["name"].column).dropna())
    return guess


def _of_map(path: Path, layer: str | None) -> Guess:
    guess = Guess(path, layer=layer)
    source = FileSource(path=path, layer=layer)
    try:
        frame = read_vector(source, "init")
    except MissingCrsError as error:
        frame = read_vector(source.model_copy(update={"crs": "EPSG:4326"}), "init")
        if not in_degrees(frame):
            guess.about = str(error).removeprefix(f"init: {path.name} ")
            return guess
        guess.said["crs"] = ("EPSG:4326", "the file does not say; its coordinates are degrees")
        said = "it does not say its CRS (is its .prj file lost?); its numbers are degrees in Indonesia, "
        guess.doubts += (Doubt("crs_guessed", f"{said}and are taken for WGS 84 (crs: EPSG:4326)"),)
    guess.rows = len(frame)
    kinds = shapely.get_dimensions(frame.geometry.to_numpy())
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    guess.columns = _columns(table)
    found = kinds[kinds >= 0]
    of: Callable[[Guess, pd.DataFrame], Guess] | None = {1: _roads, 2: _polygons}.get(
        int(pd.Series(found).mode().iloc[0]) if len(found) else 0
    )
    told = _points(guess, table, frame.geometry.to_numpy()) if of is None else of(guess, table)
    return _with_twin_columns(told, table)


def _points(guess: Guess, table: pd.DataFrame, points: NDArray[np.object_]) -> Guess:
    facts = mapped(table, "facilities", FACILITY_KEYS)
    find_kind(guess, table, facts)
    return as_facilities(guess, table, facts, points)


def _roads(guess: Guess, table: pd.DataFrame) -> Guess:
    guess.role, guess.about = "roads", f"{len(table)} lines"
    best, share = None, 0.0
    for column in table.columns:
        words = text_column(table, column).dropna()
        known = sum(w in ROAD_CLASSES or rbi_class(w) is not None for w in words) / max(len(table), 1)
        if known > share:
            best, share = str(column), known
    season = headed(table, "road_rows").get("season")
    if season is not None:
        guess.keys["season"] = Mapping("season", season, 100.0, samples(table[season]))
    if best is not None and share >= MOSTLY:
        guess.keys["class"] = Mapping("class", best, 100.0, samples(table[best]))
    else:
        guess.said["class"] = (
            "{all: residential}",
            "no column of classes: all are taken for one; is that so?",
        )
    return guess


def _are_districts(column: str, codes: pd.Series[Any], rows: int) -> bool:
    """Return whether a column holds codes of kecamatan; numbers of objects may have six digits too.

    Codes have points between their groups, a heading that says code, or begin alike, as those of one
    kabupaten do.
    """
    if not rows or len(codes) != rows or not codes.is_unique:
        return False
    if not codes.map(DISTRICT_CODE.fullmatch).notna().all():
        return False
    digits = codes.str.replace(".", "")
    heading = spelling_key(column)
    if (digits.str[4:] == "00").any() or heading.startswith(OBJECT_NUMBERS):
        return False
    said = bool(codes.str.contains(".", regex=False).all()) or "kode" in heading or "code" in heading
    return said or bool((digits.str[:4] == digits.iloc[0][:4]).all())


def _polygons(guess: Guess, table: pd.DataFrame) -> Guess:
    known = {spelling_key(word) for word in flood_words()}
    for column in table.columns:
        words = text_column(table, column).dropna()
        floods = words.map(spelling_key).isin(known).sum()
        if len(words) and floods >= MOSTLY * len(words):
            guess.role, guess.about = "floods", f"{len(table)} polygons of how likely a flood is"
            guess.said["speed_factor"] = (
                quoted(str(column)),
                "words; their factors are in METHODS, Floods",
            )
            return guess
    keys = mapped(table, "boundaries", ("code", "name", "district_name", "regency"))
    texts = {str(c): text_column(table, c).dropna() for c in table.columns}
    of_villages = any(t.map(parse_village_code).notna().sum() > MOSTLY * len(table) for t in texts.values())
    if "district_name" in keys:
        # Several in one kecamatan are none themselves.
        of_villages |= not differ(texts[keys["district_name"].column])
    for column, codes in texts.items():
        if not of_villages and _are_districts(column, codes, len(table)):
            guess.about = (
                f"{len(table)} polygons of kecamatan, by their codes ({column}); villages are wanted"
            )
            return guess
    if "name" in keys:
        return _with_codes(guess, table, keys, "boundaries", f"{len(table)} polygons of villages")
    guess.about = f"{len(table)} polygons; nothing tells what they are (water: or floods:?)"
    return guess
