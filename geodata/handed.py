"""Frames that are handed out as copies: what is done to one stays with whom it was handed.

A copy costs microseconds, whatever its size: pandas copies a column when it is first written to. It also
warns who writes into a frame that nobody keeps (``answer.villages["status"] = …``).
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast, overload

import pandas as pd

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")
C = TypeVar("C", bound=type)


def handed(value: T) -> T:
    """Return a frame, or a dict of frames, as a copy of its own; anything else as it is.

    Examples
    --------
    >>> kept = pd.DataFrame({"people": [5.0]})
    >>> mine = handed(kept)
    >>> mine.loc[0, "people"] = -1
    >>> kept["people"].tolist()
    [5.0]
    """
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return cast("T", value.copy(deep=False))
    if isinstance(value, dict):
        return cast("T", {key: handed(one) for key, one in value.items()})
    return value


class _Field:
    """An attribute of an object that hands out its frame as a copy."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> object:
        if instance is None or self.name not in vars(instance):
            msg = f"{owner.__name__!r} has no attribute {self.name!r}"
            raise AttributeError(msg)
        return handed(vars(instance)[self.name])

    def __set__(self, instance: object, value: object) -> None:
        vars(instance)[self.name] = value


def hands_out_copies(kind: C) -> C:
    """Let a dataclass hand out each of its frames as a copy.

    Parameters
    ----------
    kind
        A dataclass; its frames are the fields that its annotations name so.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @hands_out_copies
    ... @dataclass(frozen=True)
    ... class Answer:
    ...     villages: pd.DataFrame
    >>> answer = Answer(pd.DataFrame({"status": ["gap"]}))
    >>> mine = answer.villages
    >>> mine["status"] = "served"
    >>> answer.villages["status"].tolist()
    ['gap']
    """
    for field in fields(kind):
        if "DataFrame" in str(field.type) or "Series" in str(field.type):
            setattr(kind, field.name, _Field(field.name))
    return kind


class cached_frame(cached_property[T]):  # noqa: N801 - as cached_property and property are
    """A property that is computed once and handed out as a copy each time.

    Examples
    --------
    >>> class Answer:
    ...     @cached_frame
    ...     def villages(self) -> pd.DataFrame:
    ...         return pd.DataFrame({"status": ["gap"]})
    >>> answer = Answer()
    >>> mine = answer.villages
    >>> mine["status"] = "served"
    >>> answer.villages["status"].tolist()
    ['gap']
    """

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object, owner: type | None = None) -> Self | T:
        found = super().__get__(instance, owner)
        return self if instance is None else handed(found)

    def __set__(self, instance: object, value: object) -> None:
        # With this, Python asks here also where the value is known already.
        msg = f"{self.attrname} is computed, not set"
        raise AttributeError(msg)
