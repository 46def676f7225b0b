"""What `jangkau nation` costs over one kabupaten alone, and what a second worker brings.

    python benchmarks/nation.py [--copies 4]

A country of copies of Jember, side by side, with its roads (RBI). The seconds of a processor of each part
against the same study alone in one process; and the seconds by the clock of all parts with one worker and
with two, which only say something on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from common import shared

# Degrees: a copy lies so far west of the one before it, in the same UTM zone.
STEP = 0.8


def main() -> None:
    from planner.nation.cluster import workers
    from planner.nation.run import nation

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=4)
    options = parser.parse_args()
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
