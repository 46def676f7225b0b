"""Facility kinds: data, not code (``geodata/data/kinds.yml``)."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from geodata.errors import UnknownCodeError
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def _aliases() -> dict[str, str]:
    text = files("geodata").joinpath("data/kinds.yml").read_text("utf-8")
    table: dict[str, list[str]] = yaml.safe_load(text)
    return {spelling_key(a): kind for kind, names in table.items() for a in [kind, *names]}


def known_kinds() -> tuple[str, ...]:
    """Return the facility kinds that lists may hold."""
    return tuple(dict.fromkeys(_aliases().values()))


def near_kind(word: object, kinds: Iterable[str] | None = None) -> str | None:
    """Return the kind that a word may mean: by the wordings of lists, else by its letters.

    Parameters
    ----------
    word
        What was written.
    kinds
        Those that may be meant; all that there are when None.

    Examples
    --------
    >>> near_kind("puskesmas pembantu"), near_kind("rumah sakit"), near_kind("pustuu"), near_kind("warung")
    ('pustu', 'hospital', 'pustu', None)
    """
    known = list(known_kinds() if kinds is None else kinds)
    meant = recognise_kind(word)
    if meant is None:
        close = difflib.get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
        meant = close[0] if close else None
    return meant if meant in known else None


def require_kind(kind: object, kinds: Iterable[str] | None = None, what: str = "a facility kind") -> None:
    """Raise UnknownCodeError for what is none of some kinds, with the one that may be meant.

    Parameters
    ----------
    kind
        What was given.
    kinds
        Those that may be; all that there are when None.
    what
        What they are.

    Examples
    --------
    >>> require_kind("puskesmas pembantu")
    Traceback (most recent call last):
        ...
    geodata.errors.UnknownCodeError: 'puskesmas pembantu' is not a facility kind. Did you mean 'pustu'? ...
    """
    known = list(known_kinds() if kinds is None else kinds)
    if not isinstance(kind, str) or kind not in known:
        meant = near_kind(kind, known)
        hint = f" Did you mean {meant!r}?" if meant else ""
        msg = f"{kind!r} is not {what}.{hint} Use one of {', '.join(known) or 'none'}."
        raise UnknownCodeError(msg)


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
