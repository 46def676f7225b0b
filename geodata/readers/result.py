"""What every reader gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.layers import Finding, SourceRecord


class ReadLayer(NamedTuple):
    """A layer as read from its source.

    Attributes
    ----------
    frame
        The layer, in the area's metric CRS.
    findings
        What was noticed.
    source
        Where it came from; None for what was made from other layers, or whose caller knows.
    listed_kinds
        Of facilities: the kinds that the list is about.
    """

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...] = ()
    source: SourceRecord | None = None
    listed_kinds: tuple[str, ...] = ()
