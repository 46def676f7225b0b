"""Small towns and files for tests."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.layers import Layers, StudyArea

ROOT = Path(__file__).parent.parent
CRS = "EPSG:32749"
# A corner inside zone 49 south; towns are drawn in metres from here.
EAST, NORTH = 500_000.0, 9_100_000.0


# Jangkau keeps GDAL to the formats that it reads, for its whole process: others are read in another one.
_BY_GDAL = """
import json, sys
import pyogrio
rows = pyogrio.read_dataframe(sys.argv[1], read_geometry=False, **json.loads(sys.argv[2]))
rows.to_json(sys.stdout, orient="records")
"""


def by_gdal(file: Path, **options: str) -> list[dict[str, Any]]:
    """The attributes of a file of any format, as GDAL itself reads them."""
    command = [sys.executable, "-c", _BY_GDAL, str(file), json.dumps(options)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(EAST + x, NORTH + y)


def line(*xy: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in xy])


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)])


def roads(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """The roads layer of rows with from, to, geometry and whatever differs from a plain tertiary road."""
    base = {
        "road_class": "tertiary", "surface": None, "oneway": "no", "bridge": False, "tunnel": False,
        "maxspeed_kph": np.nan, "season": "all_year", "route": None, "duration_s": np.nan, "name": None,
        "tags": None, "from_barrier": None, "to_barrier": None,
    }  # fmt: skip
    full = [{"way_id": r.get("way_id", f"w{i}"), **base, **r} for i, r in enumerate(rows)]
    frame = pd.DataFrame(full)
    for column in (
        "way_id",
        "road_class",
        "surface",
        "oneway",
        "season",
        "route",
        "name",
        "tags",
        "from_barrier",
        "to_barrier",
    ):
        frame[column] = frame[column].astype("str")
    frame["length_m"] = shapely.length(frame["geometry"].to_numpy())
    frame["from_node"] = frame.pop("from").astype("int32")
    frame["to_node"] = frame.pop("to").astype("int32")
    index = pd.Index([r.get("road_id", f"e{i}") for i, r in enumerate(full)], name="road_id", dtype="str")
    frame = frame.drop(columns=["road_id"], errors="ignore").set_index(index)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


def villages(rows: dict[str, tuple[shapely.MultiPolygon, float]]) -> gpd.GeoDataFrame:
    """The villages layer of {code: (polygon, people)}."""
    codes = list(rows)
    return gpd.GeoDataFrame(
        {
            "village_name": [f"Desa {c[-4:]}" for c in codes],
            "district_code": [c[:8] for c in codes],
            "district_name": "",
            "regency_code": codes[0][:5],
            "kind": "desa",
            "people": [float(p) for _, p in rows.values()],
        },
        geometry=[g for g, _ in rows.values()],
        index=pd.Index(codes, name="village_code", dtype="str"),
        crs=CRS,
    )


def facilities(rows: list[tuple[str, str, shapely.Point, str]], **columns: list[Any]) -> gpd.GeoDataFrame:
    """The facilities layer of (id, kind, point, village code) rows."""
    frame = pd.DataFrame(
        {
            "kind": [r[1] for r in rows],
            "name": [f"Unit {r[0]}" for r in rows],
            "village_code": [r[3] or None for r in rows],
            "declared_village": None,
            "parent_id": None,
            "functioning": "unknown",
            "located_by": "coordinates",
            "status": "used",
            "source": "test",
            **columns,
        },
        dtype="str",
    ).set_axis(pd.Index([r[0] for r in rows], name="facility_id", dtype="str"), axis=0)
    return gpd.GeoDataFrame(frame, geometry=[r[2] for r in rows], crs=CRS)


def hamlets(rows: list[tuple[str, str, shapely.Point, float]]) -> gpd.GeoDataFrame:
    """The hamlets layer of (id, village code, point, people) rows."""
    return gpd.GeoDataFrame(
        {
            "village_code": pd.Series([r[1] for r in rows], dtype="str"),
            "name": pd.Series([r[0] for r in rows], dtype="str"),
            "people": [float(r[3]) for r in rows],
        },
        geometry=[r[2] for r in rows],
        crs=CRS,
    ).set_axis(pd.Index([r[0] for r in rows], name="hamlet_id", dtype="str"), axis=0)


def layers(
    village_rows: gpd.GeoDataFrame,
    road_rows: gpd.GeoDataFrame | None,
    facility_rows: gpd.GeoDataFrame,
    hamlet_rows: gpd.GeoDataFrame | None = None,
    *,
    listed: tuple[str, ...] = ("puskesmas", "pustu", "posyandu"),
) -> Layers:
    area = StudyArea("99.01", "Kota Uji", CRS, 10_000.0, listed)
    return Layers(area, village_rows, road_rows, facility_rows, hamlet_rows)


def whole(area: Layers, *kinds: str) -> Layers:
    """The area with lists of some kinds that hold all there is, also where that is nothing (covers: all)."""
    rows = area.villages.assign(covered=" ".join(sorted(kinds)))
    return replace(area, villages=rows, area=replace(area.area, declared=tuple(sorted(kinds))))


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread: a browser's event loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result(60)


def squares(path: Path) -> set[str]:
    """Return the ways of a PBF that are roads only as rings of a square: of a relation with ``highway``."""
    import osmium

    rings: set[int] = set()
    for thing in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        if thing.tags.get("type") == "multipolygon" and thing.tags.get("highway"):
            rings |= {member.ref for member in thing.members if member.type == "w"}
    roads = {w.id for w in osmium.FileProcessor(str(path), osmium.osm.WAY) if w.tags.get("highway")}
    return {f"way/{number}" for number in rings - roads}
