"""What every map of an area draws: villages and kecamatan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from planner.reports.documents.words import clean
from planner.reports.print_maps.look import drawable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geodata.layers import Layers

SIMPLE_M = 25.0  # less than a tenth of a millimetre on A4 for most kabupaten
SEAM_M = 1.0


@dataclass(frozen=True)
class Outlines:
    """Villages and kecamatan, simplified together, so that neighbours still touch.

    Attributes
    ----------
    villages
        object ``(villages,)``, polygons in the layers' metric CRS.
    districts
        ``name`` (the code where there is none), ``people`` (float64) and polygons in the same CRS.
    """

    villages: NDArray[np.object_]
    districts: gpd.GeoDataFrame


def outlines_of(layers: Layers) -> Outlines:
    """Return what every map of an area draws.

    Parameters
    ----------
    layers
        A study area.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> outlines_of(demo_layers(12)).districts["name"].tolist()
    ['Rekaan']
    """
    villages = layers.villages
    shapes = shapely.coverage_simplify(villages.geometry.to_numpy(), SIMPLE_M)
    by_code = villages["district_code"].to_numpy(dtype=object)
    codes = sorted(set(by_code))
    # A hair wider, so that slivers between neighbours are no outlines.
    joined = [shapely.union_all(shapely.buffer(shapes[by_code == c], SEAM_M, quad_segs=1)) for c in codes]
    first = villages[~villages["district_code"].duplicated()].set_index("district_code")["district_name"]
    people = villages["people"].groupby(villages["district_code"]).sum().reindex(codes).fillna(0.0)
    rows = {"name": [drawable(clean(first[c])) or c for c in codes], "people": people.to_numpy()}
    return Outlines(shapes, gpd.GeoDataFrame(rows, geometry=joined, crs=villages.crs))
