"""Kemendagri codes of villages (desa/kelurahan), and names as people write them.

A village code is ``PP.KK.CC.VVVV`` (province, kabupaten/kota, kecamatan, village); the first
digit of ``VVVV`` is 1 for a kelurahan and 2 for a desa (Permendagri 72/2019 and its updates).
BPS codes have ten digits too but are numbered differently: they are never accepted silently.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from geodata.errors import InputError

_DOTTED = re.compile(r"^\d{2}\.\d{2}\.\d{2}\.\d{4}$")
_PLAIN = re.compile(r"^\d{10}$")
_ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5",
    "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10",
}  # fmt: skip
_REGENCY_KIND = re.compile(r"^\s*(kabupaten|kab|kota)\b\.?\s*((administrasi|adm)\b\.?\s*)?", re.IGNORECASE)
# "Kal." stands for kalurahan with its point alone.
_PREFIX = re.compile(
    r"^(desa|ds|kelurahan|kel|kalurahan|kal(?=\.)|nagari|gampong|kecamatan|kec|distrik|kapanewon|kemantren)"
    r"\b\.?\s*"
)
# Part of a name, of which lists write the short form.
_KAMPUNG = re.compile(r"^kp\b\.?\s*(?=\w)")
# In Papua a kecamatan is a distrik, in Yogyakarta a kapanewon or kemantren.
_DISTRICT = re.compile(r"\s*(kecamatan|kec|distrik|kapanewon|kemantren)\b\W*\w", re.IGNORECASE)


class VillageKind(StrEnum):
    """What a village is by law, as its code tells it."""

    DESA = "desa"
    KELURAHAN = "kelurahan"
    UNKNOWN = "unknown"


# By the first digit of a code's fourth group.
_KINDS = {"1": VillageKind.KELURAHAN, "2": VillageKind.DESA, "3": VillageKind.DESA}


def parse_village_code(text: object) -> str | None:
    """Return a dotted village code, or None when the text is not one.

    Examples
    --------
    >>> parse_village_code("35.09.01.2001")
    '35.09.01.2001'
    >>> parse_village_code("3509012001")
    '35.09.01.2001'
    >>> parse_village_code("Padomasan") is None
    True
    """
    value = str(text).strip()
    if _DOTTED.match(value):
        return value
    value = value.removesuffix(".0")  # a spreadsheet turned the code into a number
    if _PLAIN.match(value):
        return f"{value[:2]}.{value[2:4]}.{value[4:6]}.{value[6:]}"
    return None


def check_regency_code(code: str) -> str:
    """Return the kabupaten/kota code (``PP.KK``) or raise InputError.

    Examples
    --------
    >>> check_regency_code("35.09")
    '35.09'
    """
    if not re.match(r"^\d{2}\.\d{2}$", code):
        msg = (
            f"{code!r} is not a kabupaten/kota code. Write it dotted and in quotes, "
            'as in code: "35.09" (without quotes YAML reads 11.10 as the number 11.1).'
        )
        raise InputError(msg)
    return code


def district_of(village_code: str) -> str:
    """Return the kecamatan code of a village code.

    Examples
    --------
    >>> district_of("35.09.01.2001")
    '35.09.01'
    """
    return village_code[:8]


def regency_of(village_code: str) -> str:
    """Return the kabupaten/kota code of a village code.

    Examples
    --------
    >>> regency_of("35.09.01.2001")
    '35.09'
    """
    return village_code[:5]


def village_kind(village_code: str) -> str:
    """Return 'kelurahan', 'desa' or 'unknown' from the code's fourth group.

    Examples
    --------
    >>> village_kind("64.74.01.1001")
    'kelurahan'
    """
    return _KINDS.get(village_code[9:10], VillageKind.UNKNOWN).value


# Lists name the same few thousand villages again and again.
@lru_cache(maxsize=65_536, typed=True)
def name_key(name: object) -> str:
    """Return a key under which spellings of the same village name are equal.

    Case, accents, punctuation, spaces, a leading "Desa"/"Kel." and Roman numerals are ignored; "Kp." is
    "Kampung".

    Examples
    --------
    >>> name_key("Desa Melati II") == name_key("melati 2")
    True
    """
    text = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    text = _KAMPUNG.sub("kampung ", _PREFIX.sub("", text.strip()))
    words = re.findall(r"[a-z]+|\d+", text)
    if len(words) > 1:
        words[-1] = _ROMAN.get(words[-1], words[-1])
    return "".join(words)


def is_district(text: str) -> bool:
    """Return whether a text names a kecamatan, by the word for it: no village's name begins so.

    Examples
    --------
    >>> is_district("Kec. Kota Padang"), is_district("Kota Padang"), is_district("Kecapi")
    (True, False, False)
    """
    return _DISTRICT.match(text) is not None


def village_key(name: str) -> str:
    """Return the key of a village's name; of a kecamatan's none, though a village may be called like it.

    Examples
    --------
    >>> village_key("Desa Melati II"), village_key("Kecamatan Kota Padang")
    ('melati2', '')
    """
    return "" if is_district(name) else name_key(name)


# A kabupaten's name has none of these: an office's name, or a province's beside it.
_MORE_THAN_A_NAME = re.compile(
    r"[,;/()–]|\s-\s|\b(kab|kabupaten|pemkab|pemkot|dinkes|dinas|regency)\b", re.IGNORECASE
)


def regency_name(text: str, code: str) -> str | None:
    """Return a kabupaten's or kota's name in full, as a cell has it; None for a number or another kind.

    Examples
    --------
    >>> regency_name("KAB. REJANG LEBONG", "17.02"), regency_name("Sabang", "11.72")
    ('Kabupaten Rejang Lebong', 'Kota Sabang')
    >>> regency_name("Kota Bandung", "32.04"), regency_name("3204", "32.04")
    (None, None)
    >>> regency_name("Dinkes Kab. Jember", "35.09"), regency_name("Kab. Jember, Jawa Timur", "35.09")
    (None, None)
    """
    kind = "Kota" if code[3] == "7" else "Kabupaten"
    found = _REGENCY_KIND.match(text)
    bare = " ".join(_REGENCY_KIND.sub("", text).split())
    if _MORE_THAN_A_NAME.search(bare):
        return None
    if (found and found[1].lower()[:3] != kind.lower()[:3]) or not re.search(r"[^\W\d_]", bare):
        return None
    name = f"{kind} {bare.title() if bare in (bare.upper(), bare.lower()) else bare}"
    return name if of_regency(text, code, name) else None


def of_regency(text: str, code: str, name: str) -> bool:
    """Return whether a cell names a kabupaten or kota, by code or by name.

    Examples
    --------
    >>> of_regency("KAB. JEMBER", "35.09", "Kabupaten Jember"), of_regency("3509", "35.09", "Jember")
    (True, True)
    >>> of_regency("Kota Bandung", "32.04", "Kabupaten Bandung")
    False
    """
    if re.fullmatch(r"\d{2}\.?\d{2}(\.0)?", text.strip()):
        return text.strip().removesuffix(".0").replace(".", "") == code.replace(".", "")
    kinds = [
        found[1].lower()[:3] for found in (_REGENCY_KIND.match(text), _REGENCY_KIND.match(name)) if found
    ]
    same_kind = len(kinds) < 2 or kinds[0] == kinds[1]
    return same_kind and name_key(_REGENCY_KIND.sub("", text)) == name_key(_REGENCY_KIND.sub("", name))
