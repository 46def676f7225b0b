"""Schools and village offices from OpenStreetMap files: points, and the middles of buildings and grounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84
from geodata.errors import EmptyAreaError, InputError, UnreadableFileError
from geodata.readers.files.opening import require_file
from geodata.readers.osm_in_order import osm_in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

Landmark = Literal["schools", "offices"]
KEYS = ("amenity", "office")
# OSM wiki, WikiProject Indonesia: admin_level=7 is a desa, kelurahan or kampung.
VILLAGE_LEVEL = "7"
# Names as people write them on the map: offices of a village, and those of others.
_VILLAGE_OFFICE = re.compile(
    r"\b(kantor|balai)\s+(kepala\s+)?(desa|kelurahan|lurah|kalurahan|kampung|nagari|pekon|gampong|keuchik)\b",
    re.IGNORECASE,
)
_OTHER_OFFICE = re.compile(
    r"\b(kecamatan|camat|kapanewon|distrik|bupati|wali\s?kota|gubernur|pemkab|pemkot|kabupaten|provinsi"
    r"|dprd?|dinas|badan)\b",
    re.IGNORECASE,
)


def is_landmark(tags: Mapping[str, str], what: Landmark) -> bool:
    """Return whether something is a school, or a village office.

    A village office is an ``amenity=townhall`` or ``office=government`` of ``admin_level=7`` or with a name
    such as Kantor Desa, Balai Desa, Kantor Kelurahan; and a townhall whose name and level say nothing else:
    nearly all are of villages [A].

    Parameters
    ----------
    tags
        As in OpenStreetMap.
    what
        ``schools`` or ``offices``.

    Examples
    --------
    >>> is_landmark({"amenity": "school"}, "schools")
    True
    >>> is_landmark({"office": "government", "name": "Kantor Desa Suka Maju"}, "offices")
    True
    >>> is_landmark({"amenity": "townhall", "name": "Kantor Camat Ambulu"}, "offices")
    False
    """
    townhall = tags.get("amenity") == "townhall"
    if what == "schools":
        return tags.get("amenity") == "school"
    if not townhall and tags.get("office") != "government":
        return False
    name, level = tags.get("name", ""), tags.get("admin_level")
    if level is not None:
        return level == VILLAGE_LEVEL
    if _VILLAGE_OFFICE.search(name):
        return True
    return townhall and not _OTHER_OFFICE.search(name)


def read_osm_landmarks(path: Path, what: Landmark) -> gpd.GeoDataFrame:
    """Read schools or village offices from an OpenStreetMap file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.o5m``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``, in any order.
    what
        ``schools`` or ``offices``: see :func:`is_landmark`.

    Returns
    -------
    places
        ``name`` ("" where there is none) and Point (EPSG:4326), from the west.

    Raises
    ------
    MissingFileError, UnreadableFileError
        The file is not there or cannot be read.
    EmptyAreaError
        It holds none.
    """
    require_file(path, what)
    import osmium

    names: list[str] = []
    points: list[shapely.Geometry] = []
    try:
        for _, _, tags, point in tagged_places(path, KEYS, what):
            if is_landmark(tags, what):
                names.append(tags.get("name", ""))
                points.append(point)
    except InputError:
        # It is a ValueError too, and says already what to do.
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        msg = (
            f"{what}: {path.name} cannot be read as OpenStreetMap data: {reason}. Fetch it again, or give a "
            "list of them."
        )
        raise UnreadableFileError(msg) from error
    if not points:
        msg = f"{what}: {path.name} has none. Give a list of them, or leave them out."
        raise EmptyAreaError(msg)
    xy = shapely.get_coordinates(points)
    order = np.lexsort((np.asarray(names), xy[:, 1], xy[:, 0]))
    return gpd.GeoDataFrame(
        {"name": np.asarray(names, dtype=object)[order]},
        geometry=np.asarray(points, dtype=object)[order],
        crs=WGS84,
    )


def tagged_places(
    path: Path, keys: Collection[str], what: str
) -> Iterator[tuple[str, int, dict[str, str], shapely.Geometry]]:
    """Yield each point and each closed shape with one of these keys: its type, id, tags, and a place in it.

    Shapes that do not close have no inside, and are passed over.
    """
    import osmium
    from osmium.filter import KeyFilter

    shapes = osmium.geom.WKBFactory()
    wanted = KeyFilter(*keys)
    with osm_in_order(path, what, keys) as file:
        for found in osmium.FileProcessor(str(file.path)).with_areas(wanted).with_filter(wanted):
            tags = {t.k: t.v for t in found.tags}
            if found.is_node() and found.visible and found.location.valid():
                number = file.original("node", found.id)
                yield "node", number, tags, shapely.Point(found.location.lon, found.location.lat)
            elif found.is_area() and found.visible and found.num_rings()[0]:
                area = shapely.from_wkb(shapes.create_multipolygon(found))
                kind = "way" if found.from_way() else "relation"
                number = file.original(kind, found.orig_id())
                yield kind, number, tags, shapely.point_on_surface(area)
