"""Points from columns of coordinates, and the refusal of places that cannot be in Indonesia."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.crs import inside_indonesia, likely_cause
from geodata.errors import OutsideIndonesiaError, SchemaError, counted, first_five
from geodata.readers.files import text_column
from geodata.readers.numbers import parse_angle, parse_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


def column_points(
    table: pd.DataFrame, lat: str | None, lon: str | None, pair: str | None, what: str, file: str
) -> NDArray[np.object_]:
    """Return a Point (degrees) a row, None where the cells are empty.

    Parameters
    ----------
    lat, lon
        Columns of latitude and longitude, both or neither.
    pair
        A column that holds "latitude, longitude" in one text.

    Raises
    ------
    SchemaError
        For cells that hold no coordinates, or only one of the two.
    """
    points = np.full(len(table), None, dtype=object)
    faults: list[str] = []
    texts: list[tuple[Any, Any]]
    if pair is not None:
        texts = [(t, None) for t in text_column(table, pair)]
    elif lat is not None and lon is not None:
        texts = list(zip(text_column(table, lat), text_column(table, lon), strict=True))
    else:
        return points
    for i, (row, (first, second)) in enumerate(zip(table.index, texts, strict=True)):
        has = [isinstance(t, str) for t in (first, second)]
        if not any(has):
            continue
        try:
            if pair is not None:
                y, x = parse_pair(first)
            elif all(has):
                y, x = parse_angle(first), parse_angle(second)
            else:
                msg = "only one of the two"
                raise ValueError(msg)  # noqa: TRY301 - joined with the parser's own refusals
        except ValueError:
            shown = first if pair is not None else f"{first}, {second}"
            faults.append(f"row {row}: {shown!r}")
            continue
        points[i] = shapely.Point(x, y)
    if faults:
        msg = (
            f"{what}: {counted(len(faults), 'row')} of {file} with coordinates that cannot be read: "
            f"{first_five(faults)}. Write degrees as -8.1706 or 8°10'14\" LS; leave both empty if unknown."
        )
        raise SchemaError(msg)
    return points


def refuse_foreign(points: NDArray[np.object_], labels: Sequence[str], what: str, file: str) -> None:
    """Raise OutsideIndonesiaError, with the likely causes, if a point (degrees) lies outside."""
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    outside = np.flatnonzero(there & ~inside_indonesia(lon, lat))
    if len(outside) == 0:
        return
    shown = [
        f"{labels[i]} (latitude {lat[i]:g}, longitude {lon[i]:g}: "
        f"{likely_cause(float(lon[i]), float(lat[i]))})"
        for i in outside[:5]
    ]
    more = f" and {len(outside) - 5} more" if len(outside) > 5 else ""
    msg = (
        f"{what}: {len(outside)} of {len(points)} places in {file} lie outside Indonesia: "
        f"{'; '.join(shown)}{more}. Correct them, or leave the coordinates empty and give the village."
    )
    raise OutsideIndonesiaError(msg)
