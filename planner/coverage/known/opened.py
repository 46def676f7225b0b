"""Kinds without a list of which a scenario itself opens units: those are known, and all others are not.

Whoever is within the limit of such a unit is reached, whatever nobody knows of others. Who is not may be
reached by one that is on no list: as where a list covers no village.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import counted
from planner.scenarios.edits import ChangeFacility, OpenFacility

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.layers import Layers
    from planner.coverage.known.extent import Extent
    from planner.scenarios.edits import Edit
    from planner.scenarios.standards import KindStandard

NO_LIST = "no_list"


def opened_kinds(
    edits: Sequence[Edit], standard: Mapping[str, KindStandard], listed_kinds: Sequence[str]
) -> dict[str, int]:
    """Return the kinds without a list of which some edits open units, and how many each has then.

    Parameters
    ----------
    edits
        Of a scenario; other edits than those of facilities do not count.
    standard
        By kind; a unit of a kind that counts as another opens one of that kind too.
    listed_kinds
        Those of which a list was given.

    Examples
    --------
    >>> from planner.pipeline import default_scenario
    >>> new = OpenFacility(id="n1", kind="poskesdes", lonlat=(110.3, -7.8))
    >>> opened_kinds([new], default_scenario().standard, ("puskesmas",))
    {'pustu': 1}
    """
    of_unit = {
        edit.id: edit.kind
        for edit in edits
        if isinstance(edit, OpenFacility) or (isinstance(edit, ChangeFacility) and edit.kind is not None)
    }
    found = {}
    for kind, rule in standard.items():
        n = sum(one in (kind, *rule.counts) for one in of_unit.values())
        if n and kind not in listed_kinds:
            found[kind] = n
    return found


def with_opened(extent: Extent, layers: Layers, opened: Mapping[str, int]) -> Extent:
    """Return what lists cover, with those that there are not as lists that cover no village.

    Parameters
    ----------
    extent
        What the lists and the roads cover.
    layers
        The study area.
    opened
        As from :func:`opened_kinds`.

    Examples
    --------
    >>> from planner.coverage.known.extent import Extent
    >>> from planner.pipeline import demo_layers
    >>> known = with_opened(Extent(), demo_layers(12), {"clinic": 2})
    >>> known.why, bool(known.lists["clinic"].any())
    ({'clinic': 'no_list'}, False)
    """
    if not opened:
        return extent
    nowhere = np.zeros(len(layers.villages), dtype=bool)
    nowhere.setflags(write=False)
    everywhere = layers.villages.geometry.to_numpy()
    said = {kind: f"{counted(n, 'unit')} of the scenario" for kind, n in opened.items()}
    return replace(
        extent,
        lists={**extent.lists, **dict.fromkeys(opened, nowhere)},
        why={**extent.why, **dict.fromkeys(opened, NO_LIST)},
        detail={**extent.detail, **said},
        open_land={**extent.open_land, **dict.fromkeys(opened, everywhere)},
    )
