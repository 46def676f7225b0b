"""What lies around and under an area, as a map's page takes it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from geodata.crs import WGS84

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.layers import Layers

# Of a degree: about ten metres, which pale outlines do not need better.
DECIMALS = 4


def surroundings(layers: Layers) -> dict[str, Any]:
    """Return the neighbours and the relief of an area, as ``base_map.js`` draws them.

    Parameters
    ----------
    layers
        The area's layers.

    Returns
    -------
    surroundings
        ``neighbours``, a GeoJSON collection (degrees) with a ``name`` and where to write it (``at``: lat,
        lon), and ``relief``, a picture as a data address with its edges (degrees); None where there is none.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> surroundings(demo_layers(12))
    {'neighbours': None, 'relief': None}
    """
    return {"neighbours": _neighbours(layers.neighbours), "relief": _relief(layers.relief)}


def _neighbours(frame: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    if frame is None or len(frame) == 0:
        return None
    points = frame.geometry.representative_point().to_crs(WGS84)
    shapes = frame.geometry.to_crs(WGS84).set_precision(10.0**-DECIMALS)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name, "at": [round(at.y, DECIMALS), round(at.x, DECIMALS)]},
                "geometry": shape.__geo_interface__,
            }
            for name, at, shape in zip(frame["name"], points, shapes, strict=True)
        ],
    }


def _relief(frame: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    if frame is None or len(frame) == 0:
        return None
    row = frame.iloc[0]
    picture = base64.b64encode(row["png"]).decode("ascii")
    return {
        "url": f"data:image/png;base64,{picture}",
        "bounds": [[row["south"], row["west"]], [row["north"], row["east"]]],
    }
