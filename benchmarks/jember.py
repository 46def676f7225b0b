"""Jember, whole processes as a planner runs them: `jangkau build` and `jangkau gaps`."""

from __future__ import annotations

import sys
import tempfile
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
    print("\nJember: 248 villages, 6,218 km of roads, 57 facilities (whole process, best of 3)")
    for name, measured, limit in (("build", build, 10.0), ("gaps", gaps, 4.0)):
        print(f"  {name:8} {measured.seconds:6.2f} s (at most {limit:g})   {measured.peak_mib:6.0f} MiB")


if __name__ == "__main__":
    main()
