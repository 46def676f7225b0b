"""What a facility is by its name: phrases as data (``geodata/data/kind_names.yml``)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

GAP = "…"


class NamedKind(NamedTuple):
    """A facility's kind by its name, and the phrase that told it; the kind None is that of no facility."""

    kind: str | None
    phrase: str


class _Phrase(NamedTuple):
    pattern: re.Pattern[str]
    words: int
    meaning: NamedKind


def _words(text: object) -> str:
    """Return a name as lower-case words with one space between them; digits are words of their own."""
    return " ".join(re.findall(r"[a-z]+|\d+", str(text).lower()))


def _phrase(text: str, kind: str | None) -> _Phrase:
    parts = [_words(part) for part in text.split(GAP)]
    gap = r"\b(?:\w+ )*?"
    pattern = re.compile(rf"\b{gap.join(re.escape(p) + (' ' if p else '') for p in parts).rstrip()}(?= |$)")
    return _Phrase(pattern, sum(len(p.split()) for p in parts), NamedKind(kind, text))


@cache
def _built_in() -> tuple[_Phrase, ...]:
    text = files("geodata").joinpath("data/kind_names.yml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    return tuple(_phrase(name, kind) for kind, names in table.items() for name in names)


def _first(words: str, phrases: tuple[_Phrase, ...]) -> NamedKind | None:
    """Return what the phrase says that begins first in the words; of several, the one of most words."""
    found = [(m.start(), -p.words, i) for i, p in enumerate(phrases) if (m := p.pattern.search(words))]
    return phrases[min(found)[2]].meaning if found else None


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
    mine = tuple(_phrase(phrase, kind) for phrase, kind in (own or {}).items())
    return (mine and _first(words, mine)) or _first(words, _built_in())
