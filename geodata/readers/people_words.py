"""Whom or what a table counts, by the words of its title, its name and its heading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable

# A file's name that says people; of health of the mind it is said with the same word.
SAYS_PEOPLE = re.compile(
    r"penduduk|\b(population|people|pddk|dukcapil|warga)\b"
    r"|(?<!kesehatan )(?<!sakit )(?<!sehat )(?<!gangguan )(?<!posyandu )\bjiwa\b"
)
# One that says some of the people, or others: their sum is not the people, though it has men and women too.
SAYS_OTHERS = re.compile(
    r"\b(bayi|balita|baduta|remaja|lansia|bumil|bulin|ibu hamil|stunting|kelahiran|kematian|miskin"
    r"|disabilitas|kader|pegawai|tenaga|sdm|sdmk|nakes|bidan|perawat|dokter|staf|kunjungan|pasien|kasus|peserta"
    r"|rujukan|imunisasi|dpt|pemilih|siswa|murid|guru|sekolah|korban|terdampak|pengungsi|penerima|bpjs|jkn|pus|wus|odgj"
    r"|penderita|cacat|lanjut usia|asn|pns)\b"
)
# What is counted or measured by village, and is nobody. A table of people may have it beside them.
SAYS_THINGS = re.compile(
    r"\b(rumah tangga|rumah|ruta|kepala keluarga|keluarga|kk|luas|hektare?|ha|km ?2?|kepadatan|ternak|sapi"
    r"|kambing|ayam|hewan|kendaraan|bangunan|jamban|sanitasi|lahan|sawah|panen|produksi|anggaran|dana|biaya|rupiah|rp"
    r"|households?|families|houses|area|livestock)\b"
)
# Headings that say that something is summed, and not what; and those that say no more than people.
BARE_SUMS = frozenset({"jumlah", "total", "jml", "jlh"})
PEOPLE_SUMS = BARE_SUMS | {"jiwa", "jumlahjiwa"}


ENDING_YEAR = re.compile(
    r"[\s_(,/-]*(?:\b(?:tahun|thn|th)\b\.?)?[\s_]*((?:19|20)\d\d)\s*\)?\s*$", re.IGNORECASE
)
# Of one sex alone, and of both.
OF_ONE_SEX = re.compile(
    r"[\s_(/.-]+(l|p|lk|pr|laki|laki[\s_-]*laki|perempuan|pria|wanita)\W*$", re.IGNORECASE
)
OF_BOTH = re.compile(r"[\s_(/.-]+(l\s*[+&/]\s*p|lp|jumlah|jml|total)\W*$", re.IGNORECASE)
# A heading of one sex may be the word alone.
MEN, WOMEN = ("l", "lk", "laki", "lakilaki", "pria"), ("p", "pr", "perempuan", "wanita")
BOTH_SEXES = frozenset({"men", "women"})


def plain_words(*texts: str) -> str:
    """Return the words of texts in small letters, with one space between them.

    Examples
    --------
    >>> plain_words("Jumlah_KK 2024", "Luas (km2)")
    'jumlah kk luas km2'
    """
    return " ".join(re.findall(r"km2|m2|[a-z]+", " ".join(texts).lower()))


def says_people(said: str) -> bool:
    """Return whether the name of a file or sheet, in small letters, says people.

    Examples
    --------
    >>> says_people("data jiwa ambulu"), says_people("kesehatan jiwa ambulu")
    (True, False)
    """
    return SAYS_PEOPLE.search(said) is not None


def says_others(said: str) -> str:
    """Return whom the name of a file or sheet says where these are some of the people or others; or "".

    Examples
    --------
    >>> says_others("jumlah penduduk balita"), says_others("jumlah penduduk")
    ('balita', '')
    """
    found = SAYS_OTHERS.search(said)
    return found[0] if found else ""


def says_things(said: str) -> str:
    """Return what words say that is counted or measured and is nobody, such as households; or "".

    Examples
    --------
    >>> says_things("jumlah rumah tangga"), says_things("jumlah penduduk")
    ('rumah tangga', '')
    """
    found = SAYS_THINGS.search(said)
    return found[0] if found else ""


def spoken_against(column: str, said: str, *, sexes: bool) -> str:
    """Return what the words of a table say that a column counts instead of all people; "" for nothing.

    A heading with a unit of its own is told by that alone.

    Parameters
    ----------
    column
        The heading.
    said
        The words of the table's title, its file and its sheet (:func:`plain_words`).
    sexes
        Whether it stands beside men and women: with people named too, it is theirs.

    Examples
    --------
    >>> spoken_against("Jumlah", "data rumah tangga", sexes=False)
    'rumah tangga'
    >>> spoken_against("Total (ha)", "", sexes=False)
    'ha'
    >>> spoken_against("Jumlah Penduduk", "penduduk dan rumah tangga", sexes=False)
    ''
    """
    own = plain_words(column)
    if own_word := says_others(own) or ("" if says_people(own) else says_things(own)):
        return own_word
    key = spelling_key(column)
    if key in PEOPLE_SUMS and (others := says_others(said)):
        return others
    return "" if key not in BARE_SUMS or (sexes and says_people(said)) else says_things(said)


def is_bare_sum(column: str) -> bool:
    """Return whether a heading says that something is summed, and not what.

    Examples
    --------
    >>> is_bare_sum("JUMLAH"), is_bare_sum("Jumlah Jiwa")
    (True, False)
    """
    return spelling_key(column) in BARE_SUMS


def sex_of(column: str) -> str | None:
    """Return "men" or "women" for a heading of one sex alone, of a year or not; None for any other.

    Examples
    --------
    >>> sex_of("L"), sex_of("Jumlah Perempuan"), sex_of("pop_laki_2024"), sex_of("Penduduk L+P")
    ('men', 'women', 'men', None)
    """
    plain = ENDING_YEAR.sub("", column)
    found = None if is_sum(plain) else OF_ONE_SEX.search(plain)
    word = spelling_key(found[1] if found else plain)
    return "men" if word in MEN else "women" if word in WOMEN else None


def is_sum(column: str) -> bool:
    """Return whether a heading says that it is the sum of others.

    Examples
    --------
    >>> is_sum("pop_total"), is_sum("Penduduk (L+P)"), is_sum("Penduduk")
    (True, True, False)
    """
    return OF_BOTH.search(ENDING_YEAR.sub("", column)) is not None


def has_both_sexes(columns: Iterable[object]) -> bool:
    """Return whether headings have one of men and one of women.

    Examples
    --------
    >>> has_both_sexes(["Desa", "L", "P", "Jumlah"])
    True
    """
    return {sex_of(str(c)) for c in columns} >= BOTH_SEXES
