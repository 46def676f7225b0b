"""What the words for a road's surface mean: one vocabulary, a data file, for readers and scenarios."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

# Several surfaces in one value: "dirt;sand", "aspal, tanah", "beton + paving".
_SEVERAL = re.compile(r"\s*[;,/+&|]\s*|\s+dan\s+")


@cache
def surface_groups() -> Mapping[str, frozenset[str]]:
    """Return the words of each group, in lower case."""
    text = files("geodata").joinpath("data/surfaces.yml").read_text("utf-8")
    return {group: frozenset(words) for group, words in yaml.safe_load(text).items()}


def surface_words(text: str) -> tuple[str, ...]:
    """Return the surfaces that one value names, in lower case; the whole value where it is known itself.

    Examples
    --------
    >>> surface_words("Dirt;sand"), surface_words("tanah/kerikil"), surface_words("aspal dan tanah")
    (('dirt', 'sand'), ('tanah/kerikil',), ('aspal', 'tanah'))
    """
    value = " ".join(text.lower().split())
    if any(value in words for words in surface_groups().values()):
        return (value,)
    return tuple(word for word in _SEVERAL.split(value) if word)


def unknown_surfaces(text: str) -> tuple[str, ...]:
    """Return the surfaces among those that a value names which nobody knows.

    Examples
    --------
    >>> unknown_surfaces("laterite;xyz"), unknown_surfaces("asphalt")
    (('xyz',), ())
    """
    groups = surface_groups().values()
    return tuple(word for word in surface_words(text) if not any(word in words for words in groups))
