"""What callers hand over, looked at before anything is computed with it: kinds of values, words, paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeGuard


def is_number(value: object) -> TypeGuard[float]:
    """Return whether something is a number with an end: no text, no yes or no, no NaN.

    Examples
    --------
    >>> is_number(np.float32(2.5)), is_number("2.5"), is_number(True), is_number(float("nan"))
    (True, False, False, False)
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return False
    if isinstance(value, (complex, np.complexfloating)):
        return False
    # Of a whole number of hundreds of digits there is no float.
    return isinstance(value, int) or bool(np.isfinite(value))


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether something is a whole number, also as 5.0.

    Examples
    --------
    >>> is_whole(5), is_whole(5.0), is_whole(2.5), is_whole("5")
    (True, True, False, False)
    """
    return is_number(value) and value == int(value)


def is_list(value: object) -> TypeGuard[Iterable[object]]:
    """Return whether something is a list of things: no text, and no mapping, which would give its keys.

    Examples
    --------
    >>> is_list(("dry",)), is_list("dry"), is_list({"dry": 1}), is_list(5)
    (True, False, False, False)
    """
    return not isinstance(value, (str, bytes, dict)) and hasattr(value, "__iter__")


def require_whole(value: object, name: str, what: str, least: int, most: int) -> int:
    """Return a whole number; raise ConfigError for another value.

    Examples
    --------
    >>> require_whole("12", "villages", "how many villages", 12, 1000)
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: villages is how many villages: a whole number from 12 to 1,000, not '12'
    """
    if not is_whole(value) or not least <= value <= most:
        msg = f"{name} is {what}: a whole number from {least:,} to {most:,}, not {value!r}"
        raise ConfigError(msg)
    return int(value)


def require_word(value: object, known: Iterable[str], name: str) -> None:
    """Raise ConfigError for what is none of some words, with the nearest of them.

    Examples
    --------
    >>> require_word("alles", ("safe", "all", "none"), "fix")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: fix: 'alles' is not known. Did you mean 'all'? Use one of safe, all, none.
    """
    words = list(known)
    if not isinstance(value, str) or value not in words:
        hint = suggest(str(value), words).replace("The file has:", "Use one of")
        msg = f"{name}: {value!r} is not known.{hint}"
        raise ConfigError(msg)


def require_a(value: object, kind: type | tuple[type, ...], name: str, hint: str) -> None:
    """Raise ConfigError for what is of another type than it has to be.

    Parameters
    ----------
    value, kind, name
        What was given, what it has to be, and as what.
    hint
        What it is, and where it comes from.

    Examples
    --------
    >>> require_a("wet", int, "years", "a number")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: years is a str, not a number
    """
    if not isinstance(value, kind):
        msg = f"{name} is a {type(value).__name__}, not {hint}"
        raise ConfigError(msg)


def as_path(value: object, name: str) -> Path:
    """Return the path of a file or folder; raise ConfigError for what names none.

    Parameters
    ----------
    value
        Text, or a path.
    name
        What it is, for the message.

    Examples
    --------
    >>> as_path(None, "out")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: out is the path of a file or folder, as text, not None
    """
    if not isinstance(value, (str, os.PathLike)) or "\0" in (text := str(value)) or not text.strip():
        msg = f"{name} is the path of a file or folder, as text, not {value!r}"
        raise ConfigError(msg)
    return Path(value)
