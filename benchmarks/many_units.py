"""A long list: build, check and gaps of 100,000 posyandu in 5,000 villages, as whole processes.

    python benchmarks/many_units.py [--units 100000] [--villages 5000] [--app]

Two lists of one made-up kabupaten: as CSV with coordinates, and as a workbook in which half of the rows have
no coordinates, and one in three a slip in the village's name. ``--app`` also opens the area in the map app.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import openpyxl

# The scripts of this folder stand beside each other.
from common import ROOT

MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
run = subprocess.run(sys.argv[1:], capture_output=True, text=True)
took, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(run.stderr if run.returncode not in (0, 3) else "", file=sys.stderr)
print(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(run.returncode not in (0, 3))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--villages", type=int, default=5_000)
    parser.add_argument("--app", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_area(folder / "csv", options.villages, options.units)
        write_workbook(folder / "csv", folder / "xlsx")
        # Numba compiles once after an installation.
        measured("demo", "--out", str(folder / "demo"))
        print(
            f"\n{options.units:,} posyandu, {options.villages:,} villages (whole process; seconds, CPU, MiB)"
        )
        for kind in ("csv", "xlsx"):
            workspace = str(folder / f"{kind}-w")
            for label, arguments in (
                ("build", ("build", str(folder / kind / "AREA.yml"), "--out", workspace)),
                ("check", ("check", workspace)),
                ("check --out", ("check", workspace, "--out", str(folder / f"{kind}-c"))),
                ("gaps", ("gaps", workspace, "--out", str(folder / f"{kind}-g"))),
            ):
                seconds, cpu_s, peak_mib = measured(*arguments)
                print(
                    f"  {kind:5} {label:12} {seconds:6.1f} s {cpu_s:6.1f} s {peak_mib:6.0f} MiB", flush=True
                )
            page = folder / f"{kind}-g" / "map.html"
            print(
                f"  {kind:5} map.html     {opened_s(page):6.1f} s in Chromium, {mb(page):.1f} MB", flush=True
            )
        if options.app:
            print(json.dumps(in_the_app(str(folder / "csv-w"), folder)))


def write_area(folder: Path, villages: int, units: int) -> None:
    """Write a made-up kabupaten whose list of posyandu is long."""
    from geodata.demo import DemoSize, generate_area, write_area_files

    size = DemoSize(villages, min(99, villages), max(1, villages // 50), villages // 5, units)
    write_area_files(generate_area(1, size), folder)


def write_workbook(source: Path, folder: Path) -> None:
    """Write the same area again, its posyandu as a workbook as an office might send it."""
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (source / "penduduk.csv").open(encoding="utf-8") as people:
        names = {row["kode"]: row["nama"] for row in csv.DictReader(people)}
    with (source / "desa.geojson").open(encoding="utf-8") as file:
        rows = [feature["properties"] for feature in json.load(file)["features"]]
    districts = {row["kode"]: row["kecamatan"] for row in rows}
    slip = partial(_slip, np.random.default_rng(1))
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["DAFTAR POSYANDU"])
    sheet.append(["nama", "desa", "kecamatan", "lintang", "bujur", "kader"])
    with (source / "posyandu.csv").open(encoding="utf-8") as units:
        for i, row in enumerate(csv.DictReader(units, delimiter=";")):
            village = names[row["kode_desa"]]
            place = [row["lintang"], row["bujur"]] if i % 2 else [None, None]
            named = slip(village) if i % 3 == 0 else village
            sheet.append([row["nama"], named, districts[row["kode_desa"]], *place, int(row["kader"])])
    book.save(folder / "posyandu.xlsx")
    text = (folder / "AREA.yml").read_text("utf-8")
    before, rest = text.split("  - path: posyandu.csv")
    after = rest[rest.index("official:") :]
    columns = "name: nama, lat: lintang, lon: bujur, staff: {kader: kader}"
    listed = f"  - {{path: posyandu.xlsx, kind: posyandu, {columns}}}\n"
    (folder / "AREA.yml").write_text(before + listed + after, "utf-8")


def _slip(chance: np.random.Generator, text: str) -> str:
    at = int(chance.integers(len(text)))
    return text[:at] + str(chance.choice(list("aeioust"))) + text[at:]


def measured(*arguments: str) -> tuple[float, float, float]:
    """Run a command of ours: its seconds, the processor's, and the peak memory (MiB) of it alone."""
    jangkau = str(Path(sys.executable).parent / "jangkau")
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, jangkau, *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    seconds, cpu_s, peak_mib = (float(word) for word in run.stdout.split())
    return seconds, cpu_s, peak_mib


def mb(file: Path) -> float:
    return file.stat().st_size / 1e6


def opened_s(page: Path) -> float:
    """Seconds until Chromium has drawn the villages of a map page from disk."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page()
        start = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector("#jk-legend strong", timeout=60_000)
        tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seconds = time.perf_counter() - start
        browser.close()
    return seconds


def in_the_app(workspace: str, folder: Path) -> dict[str, float]:
    """The start, the first map, the first sheets (much is prepared then), and what a user feels later."""
    from playwright.sync_api import sync_playwright

    from app import ARGS, Server, frame_of, one_user, opened, sheet_after

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        start = time.perf_counter()
        server = Server(workspace, "--database", f"sqlite:///{folder}/a.db")
        took = {"start_s": time.perf_counter() - start}
        page, took["first_map_cold_s"] = opened(browser, server.url)
        frame = frame_of(page)
        codes = frame.evaluate("Object.keys(jangkau.villages)")
        took["first_sheets_ms"] = [round(sheet_after(frame, page, code)) for code in codes[:3]]
        took |= one_user(browser, server.url, rounds=5)
        took["server_mib"] = server.mib()
        server.stop()
        browser.close()
    return took


if __name__ == "__main__":
    main()
