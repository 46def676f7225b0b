"""malta.osm.pbf to a routable network: jangkau, OSMnx (from XML) and OSRM (extract + contract, car).

OSRM needs its own Python (>= 3.12) with `pip install osrm-bindings`: name it in OSRM_PYTHON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from common import Measured, command, in_process, report, shared

PBF = shared() / "data/osm/malta.osm.pbf"

OURS = f"""
import time
from pathlib import Path
import geodata.readers.osm_roads, planner.network.build, planner.scenarios.scenario
start = time.perf_counter()
roads, _ = geodata.readers.osm_roads.read_osm_roads(Path({str(PBF)!r}), None, "EPSG:32633")
network = planner.network.build.build_network(roads, planner.scenarios.scenario.default_scenario())
print(time.perf_counter() - start)
"""

OSMNX = """
import time
import osmnx as ox
start = time.perf_counter()
graph = ox.graph_from_xml({xml!r}, simplify=True, retain_all=True)
print(time.perf_counter() - start)
"""


def osrm(folder: Path) -> Measured | None:
    python = os.environ.get("OSRM_PYTHON")
    if python is None:
        return None
    where = subprocess.run(
        [python, "-c", "import osrm; print(osrm.__path__[0])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    shutil.copy(PBF, folder / "malta.osm.pbf")
    profile = f"{where}/share/profiles/car.lua"
    extract = command(f"{where}/bin/osrm-extract", "-p", profile, str(folder / "malta.osm.pbf"), runs=2)
    contract = command(f"{where}/bin/osrm-contract", str(folder / "malta.osrm"), runs=2)
    return Measured(extract.seconds + contract.seconds, max(extract.peak_mib, contract.peak_mib))


def main() -> None:
    import osmium

    ours = in_process(OURS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        xml = folder / "malta.osm"
        writer = osmium.SimpleWriter(str(xml))
        for thing in osmium.FileProcessor(str(PBF)):
            writer.add(thing)
        writer.close()
        theirs = in_process(OSMNX.format(xml=str(xml)), runs=1)
        contracted = osrm(folder)
    report(
        "malta.osm.pbf → routable network (five modes, two seasons)",
        ours,
        {"OSMnx from XML": theirs, "OSRM extract + contract (car)": contracted},
    )


if __name__ == "__main__":
    main()
