"""What a facility is by its name: phrases as data (``geodata/data/kind_names.yml``)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import yaml
from rapidfuzz.distance import OSA

from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping

GAP = "…"
# In kind_names.yml: words that count with a slip too, of one letter or two changed about; long ones with two.
MISSPELT = "misspelt"
ONE_SLIP, TWO_SLIPS = 7, 9
_LONG = re.compile(r"\bp[a-z]{6,10}\b")


class NamedKind(NamedTuple):
    """A facility's kind by its name, and the phrase that told it; the kind None is that of no facility."""

    kind: str | None
    phrase: str


class _Phrase(NamedTuple):
    first: str
    pattern: re.Pattern[str]
    words: int
    meaning: NamedKind


def _words(text: object) -> str:
    """Return a name as lower-case words with one space between them; digits are words of their own.

    Accents do not matter, and letters with points between them are one word ("R.S.U.D.").
    """
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", plain)
    return " ".join(re.findall(r"[a-z]+|[0-9]+", joined))


def _phrase(text: str, kind: str | None) -> _Phrase:
    parts = [_words(part) for part in text.split(GAP)]
    if not any(parts):
        # No word at all ("-"): it means the names that have none either, not every name.
        return _Phrase("", re.compile("^$"), 0, NamedKind(kind, text))
    gap = r"\b(?:\w+ )*?"
    pattern = re.compile(rf"\b{gap.join(re.escape(p) + (' ' if p else '') for p in parts).rstrip()}(?= |$)")
    return _Phrase(
        parts[0].partition(" ")[0], pattern, sum(len(p.split()) for p in parts), NamedKind(kind, text)
    )


# By their first words ("" for "… x"), each with its place in the table: lists have up to 100,000 names.
_Phrases: TypeAlias = "Mapping[str, list[tuple[int, _Phrase]]]"


@lru_cache(maxsize=16)
def _phrases(table: tuple[tuple[str, str | None], ...]) -> _Phrases:
    found: dict[str, list[tuple[int, _Phrase]]] = {}
    for place, (name, kind) in enumerate(table):
        phrase = _phrase(name, kind)
        found.setdefault(phrase.first, []).append((place, phrase))
    return found


@cache
def _table() -> Mapping[str, list[str]]:
    text = files("geodata").joinpath("data/kind_names.yml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    return table


@cache
def _built_in() -> _Phrases:
    table = {kind: names for kind, names in _table().items() if kind != MISSPELT}
    return _phrases(tuple((name, kind) for kind, names in table.items() for name in names))


@cache
def _vocabulary() -> frozenset[str]:
    """Return all words of the built-in phrases: none of these is a slip."""
    return frozenset(
        word
        for names in _table().values()
        for name in names
        for word in _words(name.replace(GAP, " ")).split()
    )


@lru_cache(maxsize=4096)
def _corrected(word: str) -> str:
    """Return the word of which another is a slip of the pen, or the word itself.

    Examples
    --------
    >>> [_corrected(word) for word in ("puksesmas", "pembntu", "pambantu", "pembangunan", "perumnas")]
    ['puskesmas', 'pembantu', 'pambantu', 'pembangunan', 'perumnas']
    """
    if word in _vocabulary():
        return word
    for known in _table()[MISSPELT]:
        if OSA.distance(word, known, score_cutoff=2) <= (len(known) >= TWO_SLIPS) + (len(known) >= ONE_SLIP):
            return known
    return word


def _first(words: str, phrases: _Phrases) -> NamedKind | None:
    """Return what the phrase says that begins first in the words; of several, the one of most words."""
    tried = (one for word in {"", *words.split()} for one in phrases.get(word, ()))
    found = [(m.start(), -p.words, place, p) for place, p in tried if (m := p.pattern.search(words))]
    return min(found)[-1].meaning if found else None


def kind_of_name(name: object, own: Mapping[str, str | None] | None = None) -> NamedKind | None:
    """Return what a name says that its facility is, or None where it says nothing.

    Parameters
    ----------
    name
        As a list has it.
    own
        Phrases of the user's own and their kinds, tried before the built-in ones; the kind None is for rows
        that are no facility at all.

    Examples
    --------
    >>> kind_of_name("Puskesmas Pambantu Pendowoharjo")
    NamedKind(kind='pustu', phrase='puskesmas pambantu')
    >>> kind_of_name("Posyandu Puskesmas Jaya").kind, kind_of_name("Balai Desa") is None
    ('posyandu', True)
    >>> kind_of_name("Puskesmas Jagalan", {"Puskesmas Jagalan": "pustu"}).kind
    'pustu'
    """
    words = _words(name)
    mine = _phrases(tuple((own or {}).items()))
    # Of 100,000 names nearly all have no slip.
    right = _vocabulary().issuperset(_LONG.findall(words))
    plain = words if right else _LONG.sub(lambda found: _corrected(found[0]), words)
    return (mine and _first(words, mine)) or _first(plain, _built_in())


def bare_kind(text: str) -> NamedKind | None:
    """Return the kind of which a text is the word, and nothing else; None for any other text.

    Examples
    --------
    >>> bare_kind("PUSKESMAS PEMBANTU").kind, bare_kind("Pustu Jaya") is None
    ('pustu', True)
    """
    found = kind_of_name(text)
    return found if found is not None and spelling_key(found.phrase) == spelling_key(text) else None
