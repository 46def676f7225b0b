"""A made-up country of small kabupaten that touch, and the answer for it in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.areafile import RoadsFile
from geodata.layers import Layers, StudyArea
from geodata.readers.osm_roads import read_osm_roads
from geodata.readers.roads import study_zone
from geodata.readers.vector_roads import read_vector_roads
from planner.coverage.beyond import Beyond
from planner.coverage.known.extent import Extent
from planner.coverage.study import Study
from planner.coverage.tables import village_table
from planner.nation.country import Files, facilities_file
from planner.nation.halo import horizons_s
from planner.scenarios.scenario import default_scenario

if TYPE_CHECKING:
    from planner.scenarios.scenario import Scenario

STEP = 0.02
WEST, SOUTH = 107.0, -6.5


def small_limits() -> Scenario:
    """The default rules with limits of some minutes, so that a halo is smaller than the country."""
    scenario = default_scenario()
    minutes = {
        "puskesmas": (3.0, 4.0),
        "pustu": (2.0, None),
        "posyandu": (5.0, None),
        "hospital": (5.0, None),
    }
    standard = {
        kind: rule.model_copy(update={"limit_minutes": minutes[kind][0], "fair_minutes": minutes[kind][1]})
        for kind, rule in scenario.standard.items()
    }
    # Made-up grids have classes at random and stop at straight edges; in one piece no sign is asked for.
    doubt = scenario.doubt.model_copy(update={"small_share": 0.0, "hull_ends": 10_000})
    return scenario.model_copy(update={"standard": standard, "doubt": doubt})


def write_country(
    folder: Path, seed: int, *, columns: int = 6, rows: int = 4, roads: str = "", units: int = 12,
    overlaps: bool = False,
) -> Files:  # fmt: skip
    """Write villages on a grid with holes of sea, in kabupaten of two columns, and units anywhere on it.

    With ``overlaps`` each outline reaches into its neighbours', across kabupaten too.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    land = rng.random((columns, rows)) > 0.15
    land[::2, 0] = True
    cells = [(x, y) for x in range(columns) for y in range(rows) if land[x, y]]
    villages = gpd.GeoDataFrame(
        {
            "kode": [f"35.{1 + x // 2:02d}.{1 + y // 3:02d}.{2001 + 100 * (x % 2) + y}" for x, y in cells],
            "nama": [f"Desa {x} {y}" for x, y in cells],
        },
        geometry=[
            shapely.box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + 1) * STEP, SOUTH + (y + 1) * STEP)
            for x, y in cells
        ],
        crs="EPSG:4326",
    )
    if overlaps:
        more = np.random.default_rng([seed, 1]).uniform(0.0, 0.7 * STEP, (len(cells), 4)) * (-1, -1, 1, 1)
        villages.geometry = shapely.box(*(villages.bounds.to_numpy() + more).T)
    villages.to_parquet(folder / "desa.parquet")
    people = pd.DataFrame({"kode": villages["kode"], "jumlah": rng.integers(10, 60, len(villages))})
    people[rng.random(len(people)) > 0.1].to_csv(folder / "penduduk.csv", index=False)
    kinds = ["puskesmas", "pustu", "posyandu", "hospital"]
    table = pd.DataFrame({
        "id": [f"U{i:03d}" for i in range(units)], "nama": [f"Unit {i}" for i in range(units)],
        "jenis": [kinds[i % 4] for i in range(units)],
        "lat": (SOUTH + rng.random(units) * rows * STEP).round(6),
        "lon": (WEST + rng.random(units) * columns * STEP).round(6),
        "berfungsi": rng.choice(["ya", "tidak", ""], units, p=[0.7, 0.2, 0.1]),
    })  # fmt: skip
    table.to_csv(folder / "faskes.csv", index=False)
    road_files = (_roads(folder, rng, columns, rows, roads),) if roads else ()
    return Files(
        folder / "desa.parquet",
        (facilities_file(str(folder / "faskes.csv")),),
        folder / "penduduk.csv",
        road_files,
    )


def _roads(folder: Path, rng: np.random.Generator, columns: int, rows: int, how: str) -> Path:
    """Write a grid of roads, finer than the villages; with ``gaps`` some pieces are missing or one-way."""
    half = STEP / 2
    lines, classes, oneway = [], [], []
    n_x, n_y = 2 * columns, 2 * rows
    at = lambda i, j: (round(WEST + i * half + half / 3, 7), round(SOUTH + j * half + half / 3, 7))  # noqa: E731 - one formula
    for i in range(-1, n_x):
        for j in range(-1, n_y):
            for k, m in ((i + 1, j), (i, j + 1)):
                if how == "gaps" and rng.random() < 0.25:
                    continue
                lines.append(shapely.LineString([at(i, j), at(k, m)]))
                classes.append(str(rng.choice(["residential", "tertiary", "primary", "track"])))
                oneway.append("yes" if how == "gaps" and rng.random() < 0.1 else "no")
    frame = gpd.GeoDataFrame({"highway": classes, "oneway": oneway}, geometry=lines, crs="EPSG:4326")
    frame.to_parquet(folder / "jalan.parquet")
    return folder / "jalan.parquet"


def lose_places(folder: Path, seed: int) -> pd.DataFrame:
    """Take away the places of some units; of half of them the kecamatan is known, of others the kabupaten.

    Returns the table as it is then.
    """
    rng = np.random.default_rng(seed)
    villages = gpd.read_parquet(folder / "desa.parquet")
    villages["kecamatan"] = "Kecamatan " + villages["kode"].str[3:8]
    villages.to_parquet(folder / "desa.parquet")
    table = pd.read_csv(folder / "faskes.csv", dtype=str)
    lost = rng.random(len(table)) < 0.4
    lost[:2] = True
    of = villages["kode"].to_numpy()[rng.integers(0, len(villages), len(table))]
    named = lost & (rng.random(len(table)) < 0.5)
    named[:2] = [True, False]
    table.loc[lost, ["lat", "lon"]] = None
    table["kabupaten"] = np.where(lost, [c[:5] for c in of], None)
    table["kecamatan"] = np.where(named, ["Kecamatan " + c[3:8] for c in of], None)
    table.to_csv(folder / "faskes.csv", index=False)
    return table


def unpaved(files: Files) -> None:
    """Make all road lines of a country such as are slower in the wet season."""
    for file in files.roads:
        gpd.read_parquet(file).assign(surface="dirt").to_parquet(file)


def as_pbf(lines: Path, out: Path, *, more: bool = False) -> Path:
    """Write road lines as an extract of OpenStreetMap, with a node where they meet and at each end.

    With ``more`` it also has what only an extract says: gates, closed and slow roads, a bridge over a road, a
    ferry whose tags stand on its relation alone, a way through the whole country that meets many others, and
    one that leaves the extract.
    """
    import osmium

    make = osmium.osm.mutable
    rows = gpd.read_parquet(lines)
    numbers: dict[tuple[float, float], int] = {}
    number = lambda xy: numbers.setdefault((round(xy[0], 7), round(xy[1], 7)), len(numbers) + 1)  # noqa: E731 - short
    ways, relations, gates = [], [], {}
    for i, row in enumerate(rows.itertuples()):
        (x, y), (u, v) = row.geometry.coords
        refs = [number((x, y)), *([number(((x + u) / 2, (y + v) / 2))] if more else []), number((u, v))]
        tags = {"highway": row.highway, "oneway": row.oneway}
        if more and i % 9 == 0:
            tags |= {"maxspeed": "20", "surface": "gravel"}
        if more and i % 31 == 0:
            tags |= {"access": "private"}
        if more and i % 17 == 0:
            gates[refs[1]] = {"barrier": "gate", "access": "no"}
        if more and i % 5 == 0 and ways:
            # One way that comes back to where it met another: its nodes lie far apart.
            refs += ways[-1][0][:1]
        ways.append((refs, tags))
    if more:
        first, last = ways[0][0][0], ways[-1][0][2]
        level = np.median([y for _, y in numbers])
        ways.append(
            ([i for xy, i in sorted(numbers.items()) if abs(xy[1] - level) < 1e-3], {"highway": "path"})
        )
        ways.append(([first, last], {}))
        relations.append((len(ways), {"type": "route", "route": "ferry", "duration": "00:04"}))
        ways.append(([first, last + 1_000_000], {"highway": "primary"}))
        ways.append(([ways[3][0][0], ways[40][0][2]], {"highway": "primary", "bridge": "yes", "layer": "1"}))
    with osmium.SimpleWriter(str(out), overwrite=True) as file:
        for xy, i in sorted(numbers.items(), key=lambda pair: pair[1]):
            file.add_node(make.Node(id=i, location=xy, tags=gates.get(i, {}), version=1))
        for i, (refs, tags) in enumerate(ways):
            file.add_way(make.Way(id=i + 1, nodes=refs, tags=tags, version=1))
        for way, tags in relations:
            file.add_relation(make.Relation(id=1, members=[("w", way, "")], tags=tags, version=1))
    return out


def in_one_piece(files: Files, out: Path, scenario: Scenario) -> pd.DataFrame:
    """Return the answer of the plain study over all villages at once, from the layers that a run has kept."""
    layers, beyond = whole_country(files, out, scenario)
    return village_table(Study(layers, scenario=scenario, beyond=beyond).gaps())


def whole_country(files: Files, out: Path, scenario: Scenario) -> tuple[Layers, Beyond]:
    """Return the layers that a run has kept, in one piece."""
    parts = [gpd.read_parquet(p) for p in sorted((out / "regencies").glob("*/villages.parquet"))]
    assert len({str(p.crs) for p in parts}) == 1
    villages = gpd.GeoDataFrame(pd.concat(parts).sort_index(), crs=parts[0].crs)
    villages.index = villages.index.astype("str").rename("village_code")
    units = (
        gpd.read_parquet(out / "units.parquet")
        .drop(columns=["regency", "landmass", "row_hash"])
        .to_crs(villages.crs)
    )
    kinds = tuple(dict.fromkeys(["puskesmas", "pustu", "posyandu", "hospital"]))
    beyond: dict[str, Any] = {"extent": Extent()}
    roads = None
    if files.roads:
        crs = str(villages.crs)
        zone = study_zone(villages, 50_000.0)
        [file] = files.roads
        if file.suffix == ".pbf":
            roads = read_osm_roads(file, zone, crs).frame
        else:
            roads = read_vector_roads(RoadsFile(path=file), zone, crs).frame
        beyond["horizon_s"] = horizons_s(scenario, kinds)
    area = StudyArea("35.00", "All", str(villages.crs), 50_000.0, listed_kinds=kinds)
    return Layers(area, villages, roads, units), Beyond(**beyond)


def answers(out: Path) -> pd.DataFrame:
    """Return the villages of all parts."""
    parts = [pd.read_parquet(p) for p in sorted((out / "villages").glob("province=*/*.parquet"))]
    return pd.concat(parts).sort_index().drop(columns="geometry")


def split_pbf(whole: Path, folder: Path, parts: int = 2) -> list[Path]:
    """Write an extract as several that overlap: strips by longitude, as Geofabrik cuts regions.

    A way that touches a strip is in its file; with all its nodes in every second one, in the others without
    those that lie beyond the strip. Relations are in all of them.
    """
    import osmium

    folder.mkdir(parents=True, exist_ok=True)
    lon = {n.id: n.location.lon for n in osmium.FileProcessor(str(whole), osmium.osm.NODE)}
    edges = np.linspace(min(lon.values()), max(lon.values()), parts + 1)
    files = []
    for number in range(parts):
        low, high = edges[number], edges[number + 1]
        inside = {i for i, x in lon.items() if low <= x <= high}
        ways = {
            w.id: [n.ref for n in w.nodes]
            for w in osmium.FileProcessor(str(whole), osmium.osm.WAY)
            if inside & {n.ref for n in w.nodes}
        }
        nodes = inside | {n for refs in ways.values() for n in refs} if number % 2 else inside
        files.append(folder / f"part-{number}.osm.pbf")
        with osmium.SimpleWriter(str(files[-1]), overwrite=True) as file:
            for one in osmium.FileProcessor(str(whole)):
                if one.is_relation() or one.id in (nodes if one.is_node() else ways):
                    file.add(one)
    return files
