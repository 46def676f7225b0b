"""What the rows of a file say of their village and unit, as keys: to compare files before they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import shapely

from geodata.codes import name_key, parse_village_code, village_key
from geodata.drafting.headings import SURE
from geodata.readers.files.cells import text_column
from geodata.vocabulary.units import unit_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.drafting.headings import Mapping

# Of degrees; about a metre.
PLACE_DECIMALS = 5


class Village(NamedTuple):
    """What a row says of its village: its code, keys of its name and kecamatan, and its kabupaten; or ""."""

    code: str
    name: str
    district: str
    regency: str


class Unit(NamedTuple):
    """What a row says of its unit: kind, key of its name, village, and its coordinates as text; or ""."""

    kind: str
    key: str
    village: Village
    place: str


def villages_of(table: pd.DataFrame, keys: dict[str, Mapping], *names: str) -> tuple[Village, ...]:
    """Return what rows say of their villages; names are the keys of code, name and kecamatan."""
    columns = [
        text_column(table, keys[key].column if key in keys and keys[key].score >= SURE else None)
        for key in (*names, "regency")
    ]
    return tuple(
        Village(
            (parse_village_code(code) or "") if isinstance(code, str) else "",
            village_key(name) if isinstance(name, str) else "",
            name_key(district) if isinstance(district, str) else "",
            regency if isinstance(regency, str) else "",
        )
        for code, name, district, regency in zip(*columns, strict=True)
    )


def units_of(
    table: pd.DataFrame, keys: dict[str, Mapping], kinds: Iterable[str | None],
    villages: Iterable[Village], points: NDArray[np.object_] | None,
) -> tuple[Unit, ...]:  # fmt: skip
    """Return what rows say of their units; without names there are none to compare.

    Parameters
    ----------
    kinds
        Facility kind by row, None where nothing tells it.
    points
        Of a map: object ``(rows,)``, a Point a row, or None. Where there is none, columns of coordinates
        count.

    Examples
    --------
    >>> import pandas as pd
    >>> from geodata.drafting.headings import Mapping
    >>> table = pd.DataFrame({"Nama": ["Pustu Cemara"]})
    >>> keys = {"name": Mapping("name", "Nama", 100.0, ())}
    >>> [one.kind for one in units_of(table, keys, ["pustu"], villages_of(table, {}, "", "", ""), None)]
    ['pustu']
    """
    name = keys.get("name")
    if name is None:
        return ()
    names = text_column(table, name.column)
    places = _stated(table, keys)
    if points is not None:
        places = [_of_point(point) or stated for point, stated in zip(points, places, strict=True)]
    return tuple(
        Unit(kind or "", unit_key(text) if isinstance(text, str) else "", village, place)
        for kind, text, village, place in zip(kinds, names, villages, places, strict=True)
    )


def _stated(table: pd.DataFrame, keys: dict[str, Mapping]) -> list[str]:
    """Return the coordinates of a table's rows: numbers as they are, and other text as it stands."""
    columns = [text_column(table, keys[k].column) for k in ("lat", "lon", "coordinates") if k in keys]
    if not columns:
        return [""] * len(table)
    return [
        " ".join(map(_number, cells)) if all(isinstance(c, str) for c in cells) else ""
        for cells in zip(*columns, strict=True)
    ]


def _number(cell: str) -> str:
    try:
        return str(round(float(cell.replace(",", ".")), PLACE_DECIMALS))
    except ValueError:
        return cell


def _of_point(point: Any) -> str:  # noqa: ANN401 - a geometry of any kind, or None
    if point is None or shapely.is_empty(point):
        return ""
    at = shapely.centroid(point)
    return f"{round(at.y, PLACE_DECIMALS)} {round(at.x, PLACE_DECIMALS)}"
