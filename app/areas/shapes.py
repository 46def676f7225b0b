"""Areas that somebody gives in a file, as one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from geodata.readers.places import read_areas

if TYPE_CHECKING:
    from pathlib import Path


def areas_together(file: Path) -> shapely.Geometry:
    """Return the areas of a file, together as one (degrees).

    Raises
    ------
    InputError
        As :func:`geodata.readers.places.read_areas`.
    """
    return shapely.union_all(read_areas(file).geometry.to_numpy())
