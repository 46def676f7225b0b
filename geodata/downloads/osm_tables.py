"""Tables out of an area's OpenStreetMap file: health facilities, settlements, water."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.downloads.health import is_health, kind_of_osm
from geodata.downloads.osm_area import RIVERS, SETTLEMENTS, WATERWAYS
from geodata.errors import InputError, UnreadableFileError
from geodata.readers.osm_in_order import osm_in_order
from geodata.readers.osm_places import tagged_places

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from geodata.downloads.osm_area import Box


WATER_KEYS = ("natural", "waterway")


class Health(NamedTuple):
    """Health facilities by whether their tags tell a kind; ``id``, ``name``, ``kind``, ``lat``, ``lon``.

    Attributes
    ----------
    listed
        Those of a known kind.
    unclear
        The others: ``kind`` is empty, and ``amenity`` and ``healthcare`` say what OpenStreetMap does.
    """

    listed: pd.DataFrame
    unclear: pd.DataFrame


def health_facilities(path: Path, box: Box) -> Health:
    """Return the health facilities of an OpenStreetMap file that lie in a box.

    Parameters
    ----------
    path
        ``.osm.pbf`` and its like. Buildings and grounds count by a place inside them.
    box
        West, south, east, north, degrees.

    Raises
    ------
    UnreadableFileError
    """
    rows = [
        {"id": f"{kind}/{number}", "name": tags.get("name", ""), "kind": kind_of_osm(tags) or "",
         "lat": round(point.y, 7), "lon": round(point.x, 7),
         "amenity": tags.get("amenity", ""), "healthcare": tags.get("healthcare", "")}
        for kind, number, tags, point in _places(path, ("amenity", "healthcare"), box) if is_health(tags)
    ]  # fmt: skip
    columns = ["id", "name", "kind", "lat", "lon", "amenity", "healthcare"]
    frame = pd.DataFrame(rows, columns=columns).sort_values("id", ignore_index=True)
    clear = frame["kind"] != ""
    return Health(
        frame[clear].drop(columns=["amenity", "healthcare"]).reset_index(drop=True),
        frame[~clear].reset_index(drop=True),
    )


def settlements(path: Path, box: Box) -> gpd.GeoDataFrame:
    """Return the settlements of an OpenStreetMap file that lie in a box: ``id``, ``name``, ``place``, Point.

    Raises
    ------
    UnreadableFileError
    """
    rows = sorted(
        (f"node/{number}", tags.get("name", ""), tags["place"], point)
        for kind, number, tags, point in _places(path, ("place",), box)
        if kind == "node" and tags["place"] in SETTLEMENTS
    )
    frame = pd.DataFrame([r[:3] for r in rows], columns=["id", "name", "place"], dtype="str")
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([r[3] for r in rows], crs=WGS84), crs=WGS84)


def water(path: Path, box: Box) -> gpd.GeoDataFrame:
    """Return rivers, canals and lakes that touch a box: ``id``, ``name``, MultiPolygon or LineString.

    Streams and ditches are no obstacle, and left out.

    Raises
    ------
    UnreadableFileError
    """
    import osmium
    from osmium.filter import KeyFilter

    shapes = osmium.geom.WKBFactory()
    wanted = KeyFilter(*WATER_KEYS)
    rows: list[tuple[str, str, str]] = []
    try:
        with osm_in_order(path, "osm", WATER_KEYS) as file:
            for thing in osmium.FileProcessor(str(file.path)).with_areas(wanted).with_filter(wanted):
                tags = {t.k: t.v for t in thing.tags}
                wet = tags.get("natural") == "water" or tags.get("waterway") in WATERWAYS
                name = tags.get("name", "")
                if thing.is_area() and wet and thing.num_rings()[0] and tags.get("waterway") not in RIVERS:
                    kind = "way" if thing.from_way() else "relation"
                    number = file.original(kind, thing.orig_id())
                    rows.append((f"{kind}/{number}", name, shapes.create_multipolygon(thing)))
                elif thing.is_way() and tags.get("waterway") in RIVERS and len(thing.nodes) > 1:
                    number = file.original("way", thing.id)
                    rows.append((f"way/{number}", name, shapes.create_linestring(thing)))
    except InputError:
        # It is a ValueError too, and says already what to do.
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise _unreadable(path, error) from error
    rows.sort()
    frame = pd.DataFrame([r[:2] for r in rows], columns=["id", "name"], dtype="str")
    outlines = np.array([shapely.from_wkb(r[2]) for r in rows], dtype=object)
    near = shapely.intersects(outlines, shapely.box(*box))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(outlines, crs=WGS84), crs=WGS84)[near].reset_index(
        drop=True
    )


def _places(
    path: Path, keys: Collection[str], box: Box
) -> list[tuple[str, int, dict[str, str], shapely.Geometry]]:
    import osmium

    west, south, east, north = box
    try:
        return [
            found for found in tagged_places(path, keys, "osm")
            if west <= found[3].x <= east and south <= found[3].y <= north
        ]  # fmt: skip
    except InputError:
        # It is a ValueError too, and says already what to do.
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnreadableFileError:
    reason = " ".join(str(error).split()).rstrip(".")
    return UnreadableFileError(f"osm: {path.name} cannot be read: {reason}. Fetch it again.")
