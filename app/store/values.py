"""What the store gives back, and what it takes: text and JSON that every database keeps as they are."""

from __future__ import annotations

import json
import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from geodata.adoption import Adoption

Role = Literal["viewer", "editor"]
Action = Literal["create", "update", "copy", "archive", "restore", "account"]

MAX_NAME = 120
MAX_KEY = 200  # ids, tokens, study areas and accounts stand in indexes, which PostgreSQL limits
MAX_DEPTH = 100


@dataclass(frozen=True)
class Saved:
    """A saved scenario.

    Attributes
    ----------
    author, updated_by
        The accounts that made it and that last changed it.
    version
        1 when new; every change adds 1.
    created_at, updated_at
        In UTC.
    """

    id: str
    area: str
    name: str
    note: str
    author: str
    content: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    archived: bool


@dataclass(frozen=True)
class Change:
    """One entry of the trail: who did what, and when.

    Attributes
    ----------
    area, scenario_id, scenario_name
        None where an account was changed.
    detail
        ``old_version``, ``new_version``, ``fields`` (what changed), ``edits_before``, ``edits_after``,
        ``old_name``, ``copied_from``; of an account ``name``, ``done`` ("created", "changed", "removed"),
        ``old_role``, ``new_role``, ``fields``. Only those that apply.
    """

    at: datetime
    account: str
    action: Action
    area: str | None
    scenario_id: str | None
    scenario_name: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """Work that was not saved under a name yet; ``scenario_version`` is the version that it began from."""

    token: str
    area: str
    account: str
    content: dict[str, Any]
    scenario_id: str | None
    scenario_version: int | None
    updated_at: datetime


@dataclass(frozen=True)
class AdoptionEntry:
    """What is known of the ILP adoption of one puskesmas, who said so last, and when (UTC).

    Attributes
    ----------
    version
        1 when new; every change adds 1.
    """

    area: str
    record: Adoption
    version: int
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True)
class AdoptionChange:
    """One change of the ILP adoption of a puskesmas: who changed what, and when.

    Attributes
    ----------
    version
        The version that the change made.
    old, new
        Only the fields that changed, before and after: ``stage``, ``date``, ``document``, ``target_year``.
    """

    at: datetime
    account: str
    area: str
    facility_id: str
    version: int
    old: dict[str, Any]
    new: dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Someone who may sign in."""

    name: str
    role: Role


def storable(text: str) -> bool:
    """Return whether every database keeps ``text``: no NUL, no half of a surrogate pair."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def checked_text(what: str, text: str) -> str:
    """Return ``text``, or raise ConfigError naming ``what`` when no database would keep it."""
    if not storable(text):
        msg = f"{what} holds a NUL or a broken character, which cannot be stored. Remove it."
        raise ConfigError(msg)
    return text


def checked_key(what: str, text: str, longest: int = MAX_KEY) -> str:
    """Return ``text`` without the spaces around it, or raise ConfigError: empty, too long, not storable."""
    key = checked_text(what, text).strip()
    if not key:
        msg = f"{what} is empty. Give it at least one character."
        raise ConfigError(msg)
    if len(key) > longest:
        msg = f"{what} has {len(key)} characters. Shorten it to at most {longest}."
        raise ConfigError(msg)
    return key


def checked_name(name: str) -> str:
    """Return a scenario's name without the spaces around it, or raise ConfigError."""
    return checked_key("The scenario's name", name, MAX_NAME)


def folded_name(name: str) -> str:
    """Return what two names have in common when only their capitals differ.

    Examples
    --------
    >>> folded_name(" Jembatan BARU ") == folded_name("jembatan baru")
    True
    """
    folded = unicodedata.normalize("NFC", name).strip().casefold()
    return unicodedata.normalize("NFC", folded)


def checked_role(role: str) -> Role:
    """Return ``role``, or raise ConfigError when there is no such role."""
    for known in get_args(Role):
        if role == known:
            return known  # type: ignore[no-any-return] # get_args forgets the types
    msg = f"There is no role {role!r}. Choose one of: {', '.join(get_args(Role))}."
    raise ConfigError(msg)


def checked_content(content: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of ``content`` as it reads back, or raise ConfigError when JSON would change it.

    Tuples become lists.
    """
    if not isinstance(content, dict):
        msg = f"The content is a {type(content).__name__}. Give an object (a dict)."
        raise ConfigError(msg)
    left: list[tuple[Any, int]] = [(content, 0)]
    while left:
        value, depth = left.pop()
        if depth > MAX_DEPTH:
            msg = f"The content is nested more than {MAX_DEPTH} deep. Make it flatter."
            raise ConfigError(msg)
        if isinstance(value, dict):
            left.extend((part, depth + 1) for pair in value.items() for part in pair)
            if not all(isinstance(key, str) for key in value):
                msg = "The content has a key that is no text. Use text for all keys."
                raise ConfigError(msg)
        elif isinstance(value, (list, tuple)):
            left.extend((part, depth + 1) for part in value)
        else:
            _check_leaf(value)
    try:
        copied: dict[str, Any] = json.loads(as_json(content))
    except ValueError as error:  # a whole number of more than 4300 digits
        msg = f"The content cannot be stored: {error}. Use smaller numbers."
        raise ConfigError(msg) from None
    return copied


def _check_leaf(value: object) -> None:
    if isinstance(value, str):
        checked_text("The content", value)
    elif isinstance(value, float) and not math.isfinite(value):
        msg = f"The content holds the number {value}. Use null where a number is not known."
        raise ConfigError(msg)
    elif not isinstance(value, (int, float, type(None))):
        kind = type(value).__name__
        msg = f"The content holds a {kind}. Use text, numbers, true, false, null, lists or objects."
        raise ConfigError(msg)


def as_json(value: object) -> str:
    """Return the JSON text by which two values are told apart: 1 from 1.0, one order of keys from another."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
