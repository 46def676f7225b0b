"""What a notebook hands over for trips: limits, lengths and pairs, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.arguments import is_number
from geodata.errors import ConfigError, SchemaError, first_five

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PAIR = ("place_id", "facility_id")
# Beyond so many minutes there is no way that anybody goes.
MOST_MINUTES = 1e6
# No country is so wide.
MOST_METRES = 1e7


def numbers_of_pairs(pairs: pd.DataFrame, places: pd.Index, facilities: pd.Index) -> NDArray[np.int64]:
    """Return the rows of each pair's place and facility, -1 for a facility without a name.

    Parameters
    ----------
    pairs
        Columns ``place_id`` and ``facility_id``; "" is no facility.
    places, facilities
        The ids that there are.

    Returns
    -------
    numbers
        int64 ``(pairs, 2)``.

    Raises
    ------
    SchemaError
        A column is not there, or an id is not known.

    Examples
    --------
    >>> pairs = pd.DataFrame({"place_id": ["b", "a"], "facility_id": ["u1", ""]})
    >>> numbers_of_pairs(pairs, pd.Index(["a", "b"]), pd.Index(["u1"])).tolist()
    [[1, 0], [0, -1]]
    """
    if not isinstance(pairs, pd.DataFrame) or not set(PAIR) <= set(pairs.columns):
        msg = f"pairs needs the columns {' and '.join(PAIR)}, as nearest() and within() return them"
        raise SchemaError(msg)
    out = np.empty((len(pairs), 2), dtype=np.int64)
    for i, (name, known) in enumerate(zip(PAIR, (places, facilities), strict=True)):
        out[:, i] = known.get_indexer(pairs[name])
        none = np.zeros(len(pairs), dtype=bool)
        if name == "facility_id":
            # Nobody is near: as nearest() says it, or as a table that was written and read again does.
            none = (pairs[name].isna() | (pairs[name] == "").fillna(value=False)).to_numpy(dtype=bool)
        strange = (out[:, i] < 0) & ~none
        if strange.any():
            msg = f"pairs.{name}: {strange.sum()} are not there: {first_five(pairs[name][strange])}"
            raise SchemaError(msg)
    return out


def limits_s(minutes: Sequence[float]) -> list[float]:
    """Return several limits in seconds.

    Raises
    ------
    ConfigError
        ``minutes`` is no list, or one of them no limit.

    Examples
    --------
    >>> limits_s([15, 30])
    [900.0, 1800.0]
    """
    if isinstance(minutes, (str, bytes)) or not hasattr(minutes, "__iter__"):
        msg = f"minutes are limits of 0 or more, as numbers in a list, such as [15, 30], not {minutes!r}"
        raise ConfigError(msg)
    return [limit_in_s(m) for m in minutes]


def require_metres(value: float | None, name: str) -> None:
    """Raise ConfigError for a length that is none; None is left to the software.

    Examples
    --------
    >>> require_metres(-5.0, "step_m")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: step_m is a length in metres above 0, or None, not -5.0
    """
    if value is not None and not (is_number(value) and 0 < value <= MOST_METRES):
        msg = f"{name} is a length in metres above 0, or None, not {value!r}"
        raise ConfigError(msg)


def limit_in_s(minutes: float) -> float:
    """Return a limit in seconds.

    Raises
    ------
    ConfigError
        It is no number from 0 on.

    Examples
    --------
    >>> limit_in_s(0.5)
    30.0
    """
    endless = isinstance(minutes, (float, np.floating)) and minutes == np.inf
    if not endless and not (is_number(minutes) and 0 <= minutes <= MOST_MINUTES):
        msg = (
            f"minutes is a limit of 0 or more, as a number up to {MOST_MINUTES:,.0f} or inf, not {minutes!r}"
        )
        raise ConfigError(msg)
    return round(float(minutes) * 60.0, 6)
