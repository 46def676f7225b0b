"""Facility kinds: data, not code (``geodata/data/kinds.yml``)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from geodata.vocabulary.spelling import spelling_key


@cache
def _aliases() -> dict[str, str]:
    text = files("geodata").joinpath("data/kinds.yml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    return {spelling_key(a): kind for kind, names in table.items() for a in [kind, *names]}


def known_kinds() -> tuple[str, ...]:
    """Return the facility kinds that lists may hold."""
    return tuple(dict.fromkeys(_aliases().values()))


def recognise_kind(text: object) -> str | None:
    """Return the kind a list's wording means, or None.

    Examples
    --------
    >>> recognise_kind("PKM Pembantu")
    'pustu'
    >>> recognise_kind("warung") is None
    True
    """
    return _aliases().get(spelling_key(text))
