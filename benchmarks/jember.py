"""Jember: `jangkau build` and `jangkau gaps` as whole processes; what-if answers in a warm process."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, command, shared

sys.path.insert(0, str(ROOT / "tests/realdata"))


def main() -> None:
    from areas import write_area

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = shared().resolve() / "data/roads/35.09_jember_rbi.geojson"
        roads = f"roads: {{path: {source}, class: Fungsi, classes: rbi}}\n"
        area = write_area(shared(), folder, "35.09", roads=roads)
        jangkau = str(Path(sys.executable).parent / "jangkau")
        build = command(jangkau, "build", str(area), "--out", str(folder / "w"))
        gaps = command(jangkau, "gaps", str(folder / "w"), "--out", str(folder / "g"))
        edits = what_if(folder / "w")
    print("\nJember: 248 villages, 6,218 km of roads, 57 facilities (whole process, best of 3)")
    for name, measured, limit in (("build", build, 10.0), ("gaps", gaps, 4.0)):
        print(f"  {name:8} {measured.seconds:6.2f} s (at most {limit:g})   {measured.peak_mib:6.0f} MiB")
    for name, (best, middle) in edits.items():
        print(f"  {name:36} {best:5.0f} ms at best, {middle:5.0f} ms in the middle (at most 150)")


def what_if(workspace: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds from an edit to the new village table: best and median of 15."""
    import numpy as np

    from planner.coverage.study import Study
    from planner.pipeline import open_workspace, village_table
    from planner.scenarios.edits import CloseRoad, OpenFacility

    layers = open_workspace(workspace)
    study = Study(layers)
    village_table(study.gaps())
    middle = layers.villages.geometry.representative_point().to_crs(4326)
    roads = layers.roads.index[layers.roads["road_class"] == "secondary"]
    took: dict[str, list[float]] = {}
    for k in range(16):
        place = middle.iloc[k * 10]
        close = CloseRoad(op="close_road", road=roads[k * 40 % len(roads)])
        add = OpenFacility(op="open_facility", id="new", kind="puskesmas", lonlat=(place.x, place.y))
        cases = {
            "add a puskesmas": [add],
            "close a road": [close],
            "close a road, add a puskesmas": [close, add],
        }
        for name, some in cases.items():
            start = time.perf_counter()
            village_table(study.gaps(some))
            took.setdefault(name, []).append((time.perf_counter() - start) * 1000.0)
    return {name: (min(ms[1:]), float(np.median(ms[1:]))) for name, ms in took.items()}


if __name__ == "__main__":
    main()
