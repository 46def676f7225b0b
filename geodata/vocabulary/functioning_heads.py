"""What a heading asks of a unit: whether it functions, whether it does not, or something else."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Asks(Word):
    """What a column's heading asks."""

    FUNCTIONS = "functions"
    FUNCTIONS_NOT = "functions_not"
    # Among other things it may say so, as "Ket" may.
    MAY_SAY = "may_say"


# What a heading gives as the answers: "(Ya/Tidak)", "Y/T", "(√)", "(beri tanda v)".
_WORD = r"(?:ya|tidak|tdk|y|t|n|yes|no|ada|v|x|1|0|beri|diberi|diisi|isi|tanda|centang|atau|or|dan|[^\w\s(])"
_ANSWERS = re.compile(rf"[(\[]\s*(?:{_WORD}[\s/,]*)*[)\]]|\b(?:ya|y|yes)\s*[/|-]\s*(?:tidak|tdk|t|n|no)\b")
_NOT = re.compile("tidak|tdk|non|not|belum|in(?=active)")


@cache
def _keys(name: str) -> frozenset[str]:
    return frozenset(map(spelling_key, layer_columns("functioning_rows")[name]))


@cache
def _before() -> tuple[str, ...]:
    """Return what stands before the words that ask, the longest first."""
    return tuple(sorted(_keys("says") | _keys("words") | _keys("asks"), key=len, reverse=True))


def _key(heading: str) -> str:
    return spelling_key(_ANSWERS.sub(" ", heading.lower())) or spelling_key(heading)


@cache
def what_it_asks(heading: str) -> Asks | None:
    """Return what a heading asks; None for something else.

    Examples
    --------
    >>> [what_it_asks(h) for h in ("Beroperasi (Ya/Tidak)", "Status Tidak Aktif", "Ket", "Kader Aktif")]
    ['functions', 'functions_not', 'may_say', None]
    >>> what_it_asks("Operasional / Tidak Operasional"), what_it_asks("Status Operasional Tutup")
    ('functions', 'functions_not')
    """
    key = _key(heading)
    for start in ("", *_before()):
        rest = key.removeprefix(start)
        if start and rest == key:
            continue
        if rest in _keys("denies"):
            # "Operasional / Tidak Operasional" asks which of the two.
            both = start and ("/" in heading or _NOT.sub("", rest, count=1) == start)
            return Asks.FUNCTIONS if both else Asks.FUNCTIONS_NOT
        if rest in _keys("asks"):
            return Asks.FUNCTIONS
    return Asks.MAY_SAY if key in _keys("says") else None


def opposites(headings: Iterable[str]) -> Mapping[str, str]:
    """Return columns that ask whether a unit functions, each with the one that asks the opposite.

    The two differ in a "tidak", or stand as Ya and Tidak below one heading; or the table has one of each.

    Examples
    --------
    >>> opposites(["Nama", "Status Aktif", "Status Tidak Aktif"]), opposites(["Aktif Ya", "Aktif Tidak"])
    ({'Status Aktif': 'Status Tidak Aktif'}, {'Aktif Ya': 'Aktif Tidak'})
    """
    listed = list(map(str, headings))
    asks = [h for h in listed if what_it_asks(h) is Asks.FUNCTIONS]
    denies = [h for h in listed if what_it_asks(h) is Asks.FUNCTIONS_NOT]
    found = {
        yes: no
        for yes in asks
        for no in denies
        if _NOT.sub("", _key(no), count=1) == _NOT.sub("", _key(yes), count=1)
    }
    if len(asks) == len(denies) == 1:
        found.setdefault(asks[0], denies[0])
    for yes in listed:
        stem = re.fullmatch(r"(.*[^\w]|.*_)(?:ya|yes)\W*", yes, re.IGNORECASE)
        if stem is None or what_it_asks(stem[1]) is not Asks.FUNCTIONS:
            continue
        for no in listed:
            other = re.fullmatch(r"(.*[^\w]|.*_)(?:tidak|tdk|no)\W*", no, re.IGNORECASE)
            if other is not None and spelling_key(other[1]) == spelling_key(stem[1]):
                found[yes] = no
    return found
