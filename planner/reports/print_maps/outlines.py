"""What every map of an area draws: villages and kecamatan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from planner.reports.documents.words import clean
from planner.reports.print_maps.look import drawable

if TYPE_CHECKING:
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
    district_names, village_names
        The same columns, with the one polygon of each in which its name belongs: where most of a
        kecamatan's villages lie, not on a large island with one of them; and a village's largest part.
    """

    villages: NDArray[np.object_]
    districts: gpd.GeoDataFrame
    district_names: gpd.GeoDataFrame
    village_names: gpd.GeoDataFrame


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
    largest = np.array([_part_with(shape) for shape in shapes], dtype=object)
    inside = shapely.point_on_surface(largest)
    homes = [_part_with(shape, inside[by_code == c]) for shape, c in zip(joined, codes, strict=True)]
    names = [drawable(clean(name)) or code for code, name in villages["village_name"].items()]
    mine = {"name": names, "people": villages["people"].fillna(0.0).to_numpy()}
    return Outlines(
        shapes,
        gpd.GeoDataFrame(rows, geometry=joined, crs=villages.crs),
        gpd.GeoDataFrame(rows, geometry=homes, crs=villages.crs),
        gpd.GeoDataFrame(mine, geometry=largest, crs=villages.crs),
    )


def _part_with(shape: shapely.Geometry, points: NDArray[np.object_] | None = None) -> shapely.Geometry:
    """Return the part of a polygon in which most of the points lie; of equals the largest."""
    parts = shapely.get_parts(shape)
    held = [0 if points is None else int(shapely.contains(part, points).sum()) for part in parts]
    best = max(range(len(parts)), key=lambda i: (held[i], parts[i].area))
    found: shapely.Geometry = parts[best]
    return found
