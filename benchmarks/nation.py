"""What `jangkau nation` costs over one kabupaten alone, and what a second worker brings.

    python benchmarks/nation.py [--copies 4]
    python benchmarks/nation.py --made-up 514

A country of copies of Jember, side by side, with its roads (RBI). The seconds of a processor of each part
against the same study alone in one process; and the seconds by the clock of all parts with one worker and
with two, which only say something on a machine that does nothing else.

`--made-up` writes a country of the demo generator instead, 156 villages in each kabupaten, with a few streets
around each hamlet (514 kabupaten: 80,000 villages, more than 20 million nodes of roads), and runs all of it
with two workers.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from common import shared

# Degrees: a copy lies so far west of the one before it, in the same UTM zone.
STEP = 0.8
# A hamlet's streets: so many each way, so far apart (degrees, some 80 m), bent twice between two crossings.
STREETS = 4
BLOCK = 0.0007
PER_AREA = 156
AREAS_A_FILE = 20


def main() -> None:
    from planner.nation.cluster import workers
    from planner.nation.run import nation

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--made-up", type=int, metavar="KABUPATEN")
    options = parser.parse_args()
    if options.made_up:
        made_up(options.made_up)
        return
    with tempfile.TemporaryDirectory(prefix="jangkau-nation-") as place:
        files = write_copies(Path(place), options.copies)
        clock_s, cpu_s = {}, {}
        for number in (1, 2):
            told = Steps()
            out = Path(place, f"workers-{number}")
            with workers(None, number, 3000.0) as these:
                done = nation(files, out, these, progress=told)
            assert not done.failures, done.failures
            costs = pd.read_csv(out / "costs.csv")
            clock_s[number] = told.first_s["tables"] - told.first_s["plan"]
            cpu_s[number] = costs["cpu_s"]
            print(f"{number} workers: {clock_s[number]:.1f} s by the clock, {costs['cpu_s'].sum():.1f} s "
                  f"of a processor, {costs['peak_mb'].max():.0f} MiB")  # fmt: skip
        alone_s = alone(files, Path(place, "workers-1"))
    print(f"a part: {cpu_s[1].median():.1f} s of a processor; alone {alone_s:.1f} s: "
          f"{cpu_s[1].median() / alone_s:.2f} x (at most 1.3)")  # fmt: skip
    print(f"two workers: {clock_s[1] / clock_s[2]:.2f} x as fast (at least 1.7)")


def made_up(regencies: int) -> None:
    """Write a made-up country and run it; print what it holds and what it cost."""
    from planner.nation.cluster import workers
    from planner.nation.run import nation

    with tempfile.TemporaryDirectory(prefix="jangkau-nation-") as place:
        files, nodes = write_country(Path(place), regencies)
        print(
            f"{regencies} kabupaten, {regencies * PER_AREA:,} villages, {nodes:,} nodes of roads", flush=True
        )
        out, told, before_s = Path(place, "out"), Steps(), time.perf_counter()
        with workers(None, 2, 3000.0) as these:
            done = nation(files, out, these, progress=told)
        assert not done.failures, done.failures
        costs = pd.read_csv(out / "costs.csv")
        steps = ", ".join(f"{step} from {at - before_s:.0f} s" for step, at in told.first_s.items())
        own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{time.perf_counter() - before_s:.0f} s by the clock ({steps}); {len(costs)} parts, "
              f"{costs['cpu_s'].median():.2f} s of a processor in the middle, {costs['cpu_s'].sum():.0f} s "
              f"in all, {costs['peak_mb'].max():.0f} MiB at most; this process {own_mb:.0f} MiB")  # fmt: skip


def write_country(folder: Path, regencies: int):  # noqa: ANN201 - Files, imported late
    """Write the files of a made-up country; return them and how many nodes its roads have."""
    from geodata.demo import generate_country
    from planner.nation.country import Files, facilities_file

    kinds = ("puskesmas", "pustu", "posyandu")
    found: dict[str, list] = {"villages": [], "people": [], **{kind: [] for kind in kinds}}
    paths, nodes = [], 0
    areas = generate_country(1, regencies * PER_AREA, PER_AREA)
    for chunk in iter(lambda: list(itertools.islice(areas, AREAS_A_FILE)), []):
        roads = []
        for area in chunk:
            roads += [{"highway": r["highway"], "surface": r.get("surface"), "geometry": r["geometry"]}
                      for r in area.roads]  # fmt: skip
            roads += streets(area.hamlets)
            for name in found:
                found[name] += getattr(area, name)
        frame = gpd.GeoDataFrame(roads, crs=4326)
        # A crossing of two streets of a hamlet is one node.
        shared_nodes = sum(len(area.hamlets) for area in chunk) * STREETS**2
        nodes += int(shapely.get_num_coordinates(frame.geometry).sum()) - shared_nodes
        paths.append(folder / f"roads-{len(paths):02d}.parquet")
        frame.to_parquet(paths[-1])
    gpd.GeoDataFrame(found["villages"], crs=4326).to_parquet(folder / "villages.parquet")
    pd.DataFrame(found["people"]).to_csv(folder / "people.csv", index=False)
    for kind in kinds:
        rows = pd.DataFrame(found[kind])
        if "geometry" in rows:
            at = gpd.GeoSeries(rows.pop("geometry"))
            rows = rows.assign(lintang=at.y, bujur=at.x)
        rows.drop(columns="jenis", errors="ignore").to_csv(folder / f"{kind}.csv", index=False)
    lists = tuple(facilities_file(f"{folder / kind}.csv={kind}") for kind in kinds)
    return Files(folder / "villages.parquet", lists, folder / "people.csv", tuple(paths)), nodes


def streets(hamlets: list[dict]) -> list[dict]:
    """A few streets around each hamlet, the first crossing of which is the hamlet itself."""
    step = np.arange(3 * (STREETS - 1) + 1) / 3
    bend = np.where(np.arange(len(step)) % 3 == 0, 0.0, 0.05)
    rows = []
    for hamlet in hamlets:
        if hamlet["lintang"] is None:
            continue
        corner = np.array([hamlet["bujur"], hamlet["lintang"]])
        for number in range(STREETS):
            along = np.column_stack([step, number + bend])
            rows += [shapely.LineString(corner + BLOCK * line) for line in (along, along[:, ::-1])]
    return [{"highway": "residential", "surface": None, "geometry": line} for line in rows]


class Steps:
    """When each step was told first, seconds."""

    def __init__(self) -> None:
        self.first_s: dict[str, float] = {}

    def __call__(self, step: str, /) -> None:
        self.first_s.setdefault(step.partition(" ")[0], time.perf_counter())


def write_copies(folder: Path, copies: int):  # noqa: ANN201 - Files, imported late
    from planner.nation.country import Files, facilities_file

    data = shared() / "data"
    read = lambda name: gpd.read_file(next(data.glob(name)))  # noqa: E731 - short
    villages, roads = read("boundaries/35.09_jember_desa.geojson"), read("roads/35.09_jember_rbi.geojson")
    units = read("facilities/35.09_jember_kemenkes2019.geojson")
    people = pd.read_csv(next((data / "population").glob("35.09*.csv")), dtype=str)
    found: dict[str, list] = {"desa": [], "jalan": [], "faskes": [], "penduduk": []}
    for number in range(copies):
        code = f"35.{40 + number}"
        renamed = villages.assign(kode=code + villages["kode"].str[5:])
        found["desa"].append(moved(renamed[["kode", "nama", "geometry"]], number))
        found["jalan"].append(moved(roads, number))
        ids = f"{number}-" + units["kode_faskes"].astype(str)
        found["faskes"].append(moved(units.assign(kode_faskes=ids), number))
        found["penduduk"].append(people.assign(kode=code + people["kode"].str[5:]))
    for name in ("desa", "jalan", "faskes"):
        pd.concat(found[name], ignore_index=True).to_parquet(folder / f"{name}.parquet")
    rows = pd.concat(found["penduduk"])[["kode", "penduduk_2010"]]
    rows.columns = ["kode", "penduduk"]
    rows.to_csv(folder / "penduduk.csv", index=False)
    return Files(
        folder / "desa.parquet", (facilities_file(str(folder / "faskes.parquet")),),
        folder / "penduduk.csv", (folder / "jalan.parquet",),
    )  # fmt: skip


def moved(rows: gpd.GeoDataFrame, number: int) -> gpd.GeoDataFrame:
    shift = lambda xy: xy - [STEP * number, 0.0]  # noqa: E731 - short
    return rows.set_geometry(shapely.transform(rows.geometry.to_numpy(), shift), crs=rows.crs)


def alone(files, out: Path) -> float:  # noqa: ANN001 - Files
    """Seconds of a processor for one kabupaten alone: its layers read, its network made, its answers."""
    from geodata.areafile import RoadsFile
    from geodata.layers import Layers, StudyArea
    from geodata.readers.roads import study_zone
    from geodata.readers.vector_roads import read_vector_roads
    from planner.pipeline import find_gaps

    [folder] = list((out / "regencies").glob("35.40"))
    before = time.process_time()
    villages = gpd.read_parquet(folder / "villages.parquet")
    villages.index = villages.index.astype("str").rename("village_code")
    crs = str(villages.crs)
    roads = read_vector_roads(RoadsFile(path=files.roads[0]), study_zone(villages, 10_000.0), crs).frame
    units = gpd.read_parquet(out / "units.parquet").drop(columns=["regency", "landmass", "row_hash"])
    units = units[units["village_code"].str.startswith("35.40").fillna(value=False)].to_crs(crs)
    area = StudyArea("35.40", "Jember", crs, 10_000.0, listed_kinds=("puskesmas", "hospital"))
    find_gaps(Layers(area, villages, roads, units))
    return time.process_time() - before


if __name__ == "__main__":
    main()
