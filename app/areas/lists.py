"""What a list or table makes of an area, as it is asked of another process: everything in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.revising import with_list, with_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.areafile import FacilitiesFile, PopulationFile
    from geodata.layers import Layers
    from geodata.readers.place_fixes import Fix


def with_list_of(
    layers: Layers, source: FacilitiesFile, day: str, adds: bool, fix: Fix, decided: Mapping[int, bool]  # noqa: FBT001 - as it is sent
) -> Layers:  # fmt: skip
    """Return :func:`geodata.revising.with_list`."""
    return with_list(layers, source, given=day, adds=adds, fix=fix, decided=decided)


def with_people_of(layers: Layers, source: PopulationFile, day: str) -> Layers:
    """Return :func:`geodata.revising.with_people`."""
    return with_people(layers, source, given=day)
