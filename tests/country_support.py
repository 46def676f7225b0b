"""Finished results of a small country, made without computing it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.files.written import content_sha256
from geodata.workspace import RUN
from planner.nation.gather import OF_ANSWER
from planner.nation.products import MARKER, OVERVIEW, TILES
from planner.reports.maps.nation_page import FILE_ZOOMS, Overview, village_properties, write_tiles

if TYPE_CHECKING:
    from pathlib import Path

REGENCIES = {"19.01": "Bangka", "34.02": "Bantul", "34.03": "Gunungkidul"}
PROVINCES = {"19": "Bangka Belitung", "34": "Yogyakarta"}
WEST = {"19.01": 106.0, "34.02": 110.2, "34.03": 110.5}
SIZE = 0.3
# Of puskesmas: the share of people that is sure, and people of whom nobody knows.
SURE = {"19.01": (np.nan, np.nan), "34.02": (0.96, 0.0), "34.03": (0.4, 300.0)}
PEOPLE = 1000.0
STATUS = {"19.01": "unknown", "34.02": "served", "34.03": "gap"}


def row(name: str, share: float, unsure: float, people: float = PEOPLE) -> dict[str, object]:
    """What a table says of a place, of puskesmas and of a kind that has no list."""
    of = dict.fromkeys(OF_ANSWER, 0.0)
    known = {**of, "share_reached": share, "people_unsure": unsure, "people_reached": share * people,
             "villages_gap": 1.0, "minutes_median": np.inf if share < 0.5 else 12.5}  # fmt: skip
    none = {**of, "share_reached": np.nan, "people_unsure": np.nan, "people_reached": np.nan,
            "villages_unknown": 2.0, "minutes_median": np.nan}  # fmt: skip
    return {
        "name": name, "villages": 2, "villages_missing": 0, "people": people, "villages_people_unknown": 0,
        **{f"puskesmas_{c}": v for c, v in known.items()}, **{f"pustu_{c}": v for c, v in none.items()},
    }  # fmt: skip


def overview(names: dict[str, str] = REGENCIES) -> Overview:
    """The overview of three kabupaten of two provinces."""
    regencies = pd.DataFrame({c: row(n, *SURE[c]) for c, n in names.items()}).T.rename_axis("code")
    provinces = pd.DataFrame({
        "19": row(PROVINCES["19"], np.nan, np.nan), "34": row(PROVINCES["34"], 0.68, 300.0, 2 * PEOPLE)
    }).T.rename_axis("code")  # fmt: skip
    country = pd.Series(row("", 0.45, np.nan, 3 * PEOPLE)).drop("name")
    shapes = {c: shapely.box(x, -8.0, x + SIZE, -8.0 + SIZE) for c, x in WEST.items()}
    facts = {"network": "none", "missing": {}}
    limits = {"puskesmas": 30.0, "pustu": 30.0}
    return Overview(regencies, provinces, country, shapes, limits, facts, "dry", ["puskesmas"])


def villages(names: dict[str, str] = REGENCIES) -> gpd.GeoDataFrame:
    """Two villages a kabupaten."""
    rows, shapes = {}, []
    for code, x in WEST.items():
        for i in range(2):
            rows[f"{code}.01.200{i}"] = {
                "village_name": f"Desa {i}", "regency_name": names[code], "regency_code": code,
                "people": PEOPLE / 2, "puskesmas_status": STATUS[code], "pustu_status": "unknown",
                "puskesmas_share_reached": {"served": 1.0, "gap": 0.0}.get(STATUS[code], np.nan),
                "puskesmas_minutes_median": {"served": 12.5, "gap": np.inf}.get(STATUS[code], np.nan),
                "puskesmas_reason": "no_road" if STATUS[code] == "gap" else "",
                "puskesmas_share_unknown": 0.0, "pustu_share_unknown": np.nan,
                "pustu_share_reached": np.nan, "pustu_minutes_median": np.nan, "pustu_reason": "",
            }  # fmt: skip
            south = -8.0 + i * SIZE / 2
            shapes.append(shapely.box(x, south, x + SIZE, south + SIZE / 2))
    return gpd.GeoDataFrame(pd.DataFrame(rows).T, geometry=shapes, crs="EPSG:4326")


def write_results(folder: Path, names: dict[str, str] = REGENCIES) -> Path:
    """Write what a finished run leaves for the app."""
    folder.mkdir(parents=True, exist_ok=True)
    content = overview(names).content()
    (folder / OVERVIEW).write_text(json.dumps(content, allow_nan=False), "utf-8")
    write_tiles(village_properties(villages(names), ["puskesmas", "pustu"]), folder / TILES, FILE_ZOOMS)
    for name in ("national.json", RUN):
        (folder / name).write_text("{}", "utf-8")
    files = {n: [content_sha256(folder / n)] for n in (OVERVIEW, TILES)}
    (folder / MARKER).write_text(json.dumps({"files": files}), "utf-8")
    return folder
