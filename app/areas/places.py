"""What a name or code that is typed may mean: villages, facilities and kecamatan."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.areas.names import district_names
from planner.texts.catalogues import LANGUAGES, map_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

What = Literal["district", "village", "facility"]
WORD = re.compile(r"[^\W_]+")
# What people write before a name, and the results behind one; the words of both languages.
LEVELS: dict[str, What] = {
    "desa": "village", "kelurahan": "village", "kel": "village", "village": "village",
    "kecamatan": "district", "kec": "district", "district": "district", "subdistrict": "district",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something that a search may mean.

    Attributes
    ----------
    what, id
        Kecamatan, village or facility, and its code or id.
    name
        What it is called.
    where
        What tells it from another of the same name: the kecamatan of a village, the village and kecamatan of
        a facility; the code of a kecamatan.
    kind
        Of a facility.
    """

    what: What
    id: str
    name: str
    where: str
    kind: str = ""


def plain(text: str) -> str:
    """Return a text's words in small letters, without accents and punctuation.

    Examples
    --------
    >>> plain("Puskesmas  'Kalipuró' (II)")
    'puskesmas kalipuro ii'
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


class PlaceIndex:
    """Names of an area, ready to be searched.

    Parameters
    ----------
    found
        What may be found; of equals the first comes first.

    Examples
    --------
    >>> index = PlaceIndex([Found("village", "1", "Sukorejo", "Sumberbaru"),
    ...                     Found("village", "2", "Sukorejo", "Bangsalsari")])
    >>> [f.where for f in index.search("sukorejo bang", most=5)]
    ['Bangsalsari']
    """

    def __init__(self, found: Iterable[Found]) -> None:
        self._found = list(found)
        self._names = [plain(f.name) for f in self._found]
        self._all = [
            f"{name} {plain(f.where)} {f.id.casefold()} {_kind_words(f.kind)}"
            for f, name in zip(self._found, self._names, strict=True)
        ]

    def search(self, query: str, *, most: int) -> list[Found]:
        """Return what a typed text may mean, the likeliest first.

        A name that is the text comes before one that begins with it, that before one with a word that does,
        and that before one that holds it anywhere. Every word of the text must be there, in the name, the
        place, the code or the kind; one without letters and digits finds nothing. Where nothing has all of
        them, words such as *desa* and *kec.* at its beginning tell what is meant. A whole code means nothing
        else.

        Parameters
        ----------
        most
            How many are given at most.
        """
        text, code = plain(query), query.strip().casefold()
        words = text.split()
        if not words:
            return []
        exact = [f for f in self._found if f.id.casefold() == code]
        found = exact or self._ranked(text, code, words)
        level = LEVELS.get(words[0])
        if found or level is None:
            return found[:most]
        rest = self.search(" ".join(words[1:]), most=len(self._found))
        return ([f for f in rest if f.what == level] or rest)[:most]

    def _ranked(self, text: str, code: str, words: list[str]) -> list[Found]:
        """Return what holds the code or all words, the likeliest first."""
        ranked = [
            (self._rank(i, text, code), i)
            for i, everything in enumerate(self._all)
            if code in everything or all(word in everything for word in words)
        ]
        return [self._found[i] for _, i in sorted(ranked)]

    def _rank(self, i: int, text: str, code: str) -> int:
        name = self._names[i]
        if name == text or self._found[i].id.casefold() == code:
            return 0
        if name.startswith(text):
            return 1
        if f" {text}" in name:
            return 2
        return 3 if text in name else 4


@lru_cache
def _kind_words(kind: str) -> str:
    """Return what a kind of facility is called in all languages; lists often leave it out of the name."""
    names = [map_texts(lang).get(f"kind_{kind}", kind) for lang in LANGUAGES] if kind else []
    return plain(" ".join(names))


def places(villages: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> Iterator[Found]:
    """Give kecamatan, villages and facilities as what may be found.

    Parameters
    ----------
    villages, facilities
        Layers; ``village_name``, ``district_code``, ``district_name``, and ``name``, ``kind``,
        ``village_code`` are asked for.
    """
    names = district_names(villages)
    for code, name in names.items():
        yield Found("district", code, name, code if code != name else "")
    village_of: dict[object, str] = {}
    for code, name, district in zip(
        villages.index, villages["village_name"], villages["district_code"], strict=True
    ):
        where = names.get(str(district), "")
        village_of[code] = ", ".join(w for w in (str(name), where) if w)
        yield Found("village", str(code), str(name or code), where)
    called = facilities["name"].to_numpy(dtype=object)
    for i, name, code, kind in zip(
        facilities.index, np.where(facilities["name"].isna(), "", called), facilities["village_code"],
        facilities["kind"], strict=True,
    ):  # fmt: skip
        yield Found("facility", str(i), str(name or i), village_of.get(code, ""), str(kind))
