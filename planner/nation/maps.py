"""The map of the country and its vector tiles, made of finished parts; kept where these are the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.files.csvtext import unguarded
from planner.nation.answers import ANSWERS
from planner.nation.gather import OF_ANSWER, kinds_and_seasons
from planner.nation.products import MAP, OVERVIEW, TILES
from planner.nation.store import MANIFEST, finished, key_of, writing
from planner.reports.maps.nation_page import Overview, nation_libraries_are_built, write_nation_map
from planner.scenarios.modes import SEASONS, only_walked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from planner.nation.products import Products
    from planner.nation.regencies import Region
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

MAPS = "maps"
# Outlines of the overview: less than a pixel where villages are not shown yet.
SIMPLE_M, ISLAND_M2 = 250.0, 4e6
LIBRARIES_MISSING = (
    "map.html was not made: the browser libraries are not stored here. make setup fetches them with npm; "
    "then run this again."
)


def map_of_country(
    folders: Sequence[Path], products: Products, regions: Mapping[str, Region], scenario: Scenario,
    facts: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Write ``map.html``, ``villages.pmtiles`` and ``map.json``; returns what is to be told.

    Parameters
    ----------
    folders
        Of finished parts, in order of their names.
    products
        The run's, with its ``regencies.csv``.
    regions
        The kabupaten that were read.
    scenario
        Whose limits the map names.
    facts
        As for :func:`planner.nation.gather.gather`.

    Raises
    ------
    DiskError
        The disk is full.
    """
    if not nation_libraries_are_built():
        return [LIBRARIES_MISSING]
    out = products.folder
    hashes = [json.loads((f / MANIFEST).read_text("utf-8"))["files"][ANSWERS] for f in folders]
    tables = [(out / name).read_text("utf-8") for name in ("regencies.csv", "provinces.csv", "national.json")]
    key = key_of(__name__, MAPS, 5, scenario.content_hash(), hashes, tables, dict(facts))
    if finished(out / MAPS, key) is None:
        villages = gpd.GeoDataFrame(pd.concat([gpd.read_parquet(f / ANSWERS) for f in folders]), crs=WGS84)
        regencies, provinces = (_table(out / f"{name}.csv") for name in ("regencies", "provinces"))
        shapes = {
            code: overview(regions[code].read_outlines()) for code in regencies.index if code in regions
        }
        answers = list(_answers(villages, scenario))
        limits = {a: scenario.standard[kind].of(season).limit_minutes for kind, season, a in answers}
        on_foot = [
            a for kind, season, a in answers
            if only_walked(scenario.standard[kind].of(season).mode, roads=facts["network"] != "none")
        ]  # fmt: skip
        country = _country(json.loads(tables[2]))
        whole = Overview(
            regencies, provinces, country, shapes, limits, facts, scenario.season, on_foot,
        )  # fmt: skip
        with writing(out / MAPS, key, {}) as stage:
            write_nation_map(villages, whole, stage / MAP)
    for name in (MAP, TILES, OVERVIEW):
        products.take(name, out / MAPS / name)
    return []


def _table(file: Path) -> pd.DataFrame:
    table = pd.read_csv(file, dtype={"code": str, "name": str}, index_col="code")
    table["name"] = table["name"].map(unguarded, na_action="ignore")
    return table


def _country(national: Mapping[str, Any]) -> pd.Series[Any]:
    """Return the country's totals as a row like those of its provinces; NaN what is not known."""
    row = {name: value for name, value in national.items() if isinstance(value, (int, float))}
    for kind, found in national["kinds"].items():
        seasons = {f"{kind}_{s}": found[s] for s in SEASONS if s in found}
        for answer, of in {kind: found, **seasons}.items():
            row |= {f"{answer}_{c}": of[c] for c in OF_ANSWER}
    row |= {c: national[c] for c in ("people", "villages_people_unknown")}
    return pd.Series(row, dtype=float)


def _answers(villages: pd.DataFrame, scenario: Scenario) -> Iterator[tuple[str, Season, str]]:
    """Give kinds and seasons with the beginning of their columns; another season where it differs at all."""
    kinds = kinds_and_seasons(villages)
    told = {s for k, others in kinds.items() for s in others if _differs(villages, k, f"{k}_{s}")}
    for kind, others in kinds.items():
        yield kind, scenario.season, kind
        for season in (s for s in SEASONS if s in others and s in told):
            yield kind, season, f"{kind}_{season}"


def _differs(villages: pd.DataFrame, one: str, other: str) -> bool:
    columns = ("status", "share_reached", "minutes_median", "reason")
    return not all(villages[f"{one}_{c}"].equals(villages[f"{other}_{c}"]) for c in columns)


def overview(outlines: gpd.GeoSeries) -> shapely.Geometry:
    """Return a kabupaten's outlines as the overview draws them, in degrees; its largest island always.

    Parameters
    ----------
    outlines
        In metres.

    Examples
    --------
    >>> two = shapely.box([5e5, 6e5], 9e6, [5.1e5, 6.001e5], [9.01e6, 9.0001e6])
    >>> len(shapely.get_parts(overview(gpd.GeoSeries(two, crs="EPSG:32748"))))
    1
    """
    parts = shapely.get_parts(outlines.to_numpy())
    area = shapely.area(parts)
    drawn = parts[(area >= ISLAND_M2) | (area == area.max())]
    simple = shapely.union_all(shapely.simplify(drawn, SIMPLE_M))
    return gpd.GeoSeries([simple], crs=outlines.crs).to_crs(WGS84).iloc[0]
