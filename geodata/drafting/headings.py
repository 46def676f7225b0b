"""Which column of a table is meant by which key of AREA.yml, by headings that are known or nearly so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz

from geodata.readers.columns import PLACES, is_doubtful_name, names_units
from geodata.readers.files.cells import cell_text, holds_names
from geodata.readers.people_words import ENDING_YEAR, MEN, OF_BOTH, OF_ONE_SEX, WOMEN, sex_of
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.place_heads import place_key
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    import pandas as pd

# How alike a heading and a known one must be (0–100): nearly sure, and worth asking.
SAME, SURE, ASKED = 100.0, 88.0, 78.0
SAMPLES = 3
# Keys whose columns hold codes of villages.
CODES = frozenset({"village", "code", "bps"})
SAMPLE_LETTERS = 40


class Mapping(NamedTuple):
    """A column for a key of AREA.yml.

    Attributes
    ----------
    key, column
        As AREA.yml writes them.
    score
        100 for a known heading; below, how alike they are.
    samples
        Up to three of its values.
    """

    key: str
    column: str
    score: float
    samples: tuple[str, ...]


def mapped(table: pd.DataFrame, layer: str, keys: tuple[str, ...]) -> dict[str, Mapping]:
    """Return the likeliest column for each key, best matches first; a column serves one key.

    Columns without any value serve none. Of several years the last one is meant.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Nama Fasilits": ["Pustu A"], "Lintang": ["-8,1"], "Ket": ["-"]})
    >>> {k: m.column for k, m in mapped(table, "facilities", ("name", "lat", "lon")).items()}
    {'lat': 'Lintang', 'name': 'Nama Fasilits'}
    """
    heads = layer_columns(layer)
    filled = [str(c) for c in table.columns if table[c].notna().any()]
    scored = [
        (_alike_of(column, key, heads.get(key, ())), year_rank(column), -rank, key, column)
        for key in keys
        for rank, column in enumerate(filled)
    ]
    found: dict[str, Mapping] = {}
    for (score, _place), _year, _rank, key, column in sorted(scored, reverse=True):
        taken = {m.column for m in found.values()}
        if (
            score >= ASKED
            and key not in found
            and column not in taken
            and (key != "name" or _may_name(table, column, layer))
            and (key not in CODES or score == SAME or _may_code(table, column))
        ):
            found[key] = Mapping(key, column, score, samples(table[column]))
    return found


def _may_code(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds codes: "Kelurahan" is like "Kode Kelurahan", and holds names."""
    texts = [cell_text(v) for v in table[column].dropna().head(200)]
    return 2 * sum(any(c.isdigit() for c in text) for text in texts) > len(texts)


def _may_name(table: pd.DataFrame, column: str, layer: str) -> bool:
    """Return whether a column holds names, and of facilities, none of something else."""
    if layer == "facilities" and is_doubtful_name(column):
        return names_units(table[column])
    return holds_names(table[column].head(200))


def headed(table: pd.DataFrame, layer: str) -> dict[str, str]:
    """Return the columns whose headings are known exactly, by key; the likeliest heading of a key wins.

    Columns without any value are none.

    Examples
    --------
    >>> import pandas as pd
    >>> headed(pd.DataFrame({"BIDAN": [2], "Kader Aktif": [5]}), "staff")
    {'bidan': 'BIDAN', 'kader': 'Kader Aktif'}
    >>> headed(pd.DataFrame([[1, 2]], columns=["Bidan", "Bidan"]), "staff")
    {'bidan': 'Bidan'}
    """
    own: dict[str, str] = {}
    for at, column in enumerate(table.columns):
        # Two columns of one heading: the first counts.
        if table.iloc[:, at].notna().any():
            own.setdefault(spelling_key(column), str(column))
    found = {}
    for key, names in layer_columns(layer).items():
        known = next((own[k] for k in map(spelling_key, names) if k in own), None)
        if known is not None:
            found[key] = known
    return found


def year_rank(column: str) -> tuple[bool, int]:
    """Return how good the year is that a heading ends with: the last that has begun, before one to come.

    Examples
    --------
    >>> max(["Penduduk 2010", "penduduk_2024", "Penduduk (2099)"], key=year_rank)
    'penduduk_2024'
    """
    year, to_come = year_of(column), is_to_come(column)
    return (not to_come, -year if to_come else year)


def year_of(column: str) -> int:
    """Return the year that a heading ends with, 0 for none.

    Examples
    --------
    >>> year_of("Penduduk Tahun 2024"), year_of("pop_dukcapil_2010"), year_of("Penduduk")
    (2024, 2010, 0)
    """
    found = ENDING_YEAR.search(column)
    return int(found[1]) if found else 0


def is_to_come(column: str) -> bool:
    """Return whether a heading ends with a year that has not begun: what it holds is a projection.

    Examples
    --------
    >>> is_to_come("Penduduk 2099"), is_to_come("Penduduk 2010"), is_to_come("Penduduk")
    (True, False, False)
    """
    return year_of(column) > datetime.now(tz=UTC).year


# What a heading of one sex says besides, where it counts people: nothing more than that.
PEOPLE_WORDS = {"", "pop", "population", "penduduk", "jiwa", "jumlah", "total", "jumlahpenduduk",
                "jmlpenduduk", "jumlahjiwa", "jumlahpendudukjiwa"}  # fmt: skip


def sexes_of_people(columns: list[str]) -> list[str]:
    """Return the column of men and that of women where each is there once and counts people.

    Examples
    --------
    >>> sexes_of_people(["Desa", "Penduduk Laki-laki", "Penduduk Perempuan"])
    ['Penduduk Laki-laki', 'Penduduk Perempuan']
    >>> sexes_of_people(["L", "P"]), sexes_of_people(["Balita L", "Balita P"]), sexes_of_people(["L", "Luas"])
    (['L', 'P'], [], [])
    """
    of: dict[str, list[str]] = {"men": [], "women": []}
    for column in columns:
        sex = sex_of(column)
        rest = "" if spelling_key(column) in {*MEN, *WOMEN} else spelling_key(OF_ONE_SEX.sub("", column))
        if sex is not None and rest in PEOPLE_WORDS:
            of[sex].append(column)
    both = [*of["men"], *of["women"]]
    return both if len(of["men"]) == len(of["women"]) == 1 else []


def _alike_of(column: str, key: str, known: tuple[str, ...]) -> tuple[float, int]:
    """Return how alike a heading is to those of a key; what tells of one coordinate is of no other."""
    score = _alike(column, known)
    told = place_key(column)
    if score[0] == SAME or told is None or key not in PLACES or not known:
        return score
    return (SAME, -len(known)) if told == key else (0.0, 0)


def _alike(column: str, known: tuple[str, ...]) -> tuple[float, int]:
    """Return how alike a heading is to the most alike of the known ones, and how early that one stands."""
    # "penduduk_2010" is the people of a year.
    plain = ENDING_YEAR.sub("", column)
    if OF_ONE_SEX.search(plain) and not OF_BOTH.search(plain):
        # Men, or women, are not the people.
        return (0.0, 0)
    mine = spelling_key(OF_BOTH.sub("", plain) or plain)
    best = (0.0, 0)
    other = mine.startswith(tuple(map(spelling_key, layer_columns("no_names")["name"])))
    for place, name in enumerate(known):
        theirs = spelling_key(name)
        if mine == theirs:
            score = 100.0
        elif is_doubtful_name(name) or (other and theirs.startswith(("nama", "nm"))):
            # "Kode Fasilitas Kesehatan" is like a heading of names in all but what counts.
            continue
        elif min(len(mine), len(theirs)) < 5:
            # Short headings are alike by chance: x and y, LS and LU.
            continue
        else:
            score = min(float(fuzz.ratio(mine, theirs)), 99.0)
        best = max(best, (score, -place))
    return best


def samples(column: pd.Series[object]) -> tuple[str, ...]:
    """Return up to three different values as short text."""
    values = column.dropna().head(200)
    texts = dict.fromkeys(" ".join(cell_text(v).split())[:SAMPLE_LETTERS] for v in values)
    return tuple(text for text in texts if text)[:SAMPLES]
