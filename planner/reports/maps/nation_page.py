"""The map of a country in one file: kabupaten by the share within the limit, and villages on zooming in."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from branca.element import MacroElement
from jinja2 import Template

from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.show import STATUS_COLORS
from planner.reports.maps.page import OfflineMap, page_head, script_json, write_page
from planner.scenarios.modes import SEASONS
from planner.texts.catalogues import LANGUAGES, map_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.scenarios.modes import Season

# From what share on a class of the overview begins, and the classes' colours: low is red, as a gap is.
CLASSES = (0.0, 0.25, 0.5, 0.75, 0.9)
CLASS_COLORS = ("#d7191c", "#fdae61", "#fee08b", "#abd9e9", "#2c7bb6")
# Levels of the page's tiles; beyond the last they are drawn larger. A tile is shown one level further in.
PAGE_ZOOMS, FILE_ZOOMS = (7, 9), (6, 10)
LAYER = "villages"
# Of map.json; another number where its content changes.
OVERVIEW_FORMAT = 1
STATUSES = tuple(s.value for s in VillageStatus)
# Of a degree, for the outlines of the overview: some ten metres.
OUTLINE_DECIMALS = 4
LIBRARIES = ("leaflet.js", "pmtiles.js", "protomaps-leaflet.js")
# What the page says.
TEXTS = (
    "served", "partly", "gap", "unknown", "villages", "people", "people_unknown", "reached", "minutes",
    "unreachable", "reason", "limit", "min", "at_least", "at_most", "legend", "network_none", "nation_title",
    "nation_list", "nation_search", "nation_share", "nation_zoom", "nation_all", "nation_kind",
    "nation_other", "nation_none", "nation_missing", "nation_on_foot", "nation_hatched", "season",
    "season_dry", "season_wet", "zoom_in", "zoom_out", "layers", "close_popup",
)  # fmt: skip


class NationLayer(MacroElement):
    """Hands the page's data to ``nation_map.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "jangkauNationMap({{ this._parent.get_name() }}, jangkauData);"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "JangkauNation"


def nation_libraries_are_built() -> bool:
    """Return whether the browser libraries of this map were fetched when the package was built.

    Examples
    --------
    >>> isinstance(nation_libraries_are_built(), bool)
    True
    """
    vendor = files("planner").joinpath("reports/maps/vendor")
    return all(vendor.joinpath(name).is_file() for name in LIBRARIES)


def share_class(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of shares, -1 where what is not known may change it, or nothing is known.

    Parameters
    ----------
    low, high
        float64 ``(villages,)``, the share (0–1) that is surely within the limit, and with all who may
        be; NaN unknown.

    Returns
    -------
    number
        int64 ``(villages,)``, into CLASSES.

    Examples
    --------
    >>> share_class(np.array([0.2, 0.25, 0.7, 1.0, np.nan]), np.array([0.2, 0.25, 0.8, 1.0, np.nan])).tolist()
    [0, 1, -1, 4, -1]
    """
    limits = np.array(CLASSES)
    least, most = (np.searchsorted(limits, np.nan_to_num(v), side="right") - 1 for v in (low, high))
    known = ~np.isnan(low) & ~np.isnan(high) & (least == most)
    return np.where(known, least, -1)


def write_tiles(villages: gpd.GeoDataFrame, path: Path, zooms: tuple[int, int]) -> int:
    """Write villages as vector tiles (PMTiles, layer ``villages``); returns how many have no outline.

    Parameters
    ----------
    villages
        Degrees; the other columns become properties.
    path
        The file; one that is there is written over.
    zooms
        The first and the last level.
    """
    from freestiler import freestile

    shapes = villages.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    freestile(
        villages[there], path, layer_name=LAYER, min_zoom=zooms[0], max_zoom=zooms[1], quiet=True,
        generate_ids=False,
    )  # fmt: skip
    return int((~there).sum())


def village_properties(villages: gpd.GeoDataFrame, kinds: Sequence[str]) -> gpd.GeoDataFrame:
    """Return what ``villages.pmtiles`` says of each village: facts, and by kind status, share, minutes, why.

    What is unknown is left out. So is a time without end, which ``K_no_way`` tells (1). Where ``K_open`` is
    1, the share is "at least" and minutes are "at most".

    Parameters
    ----------
    villages
        Of all parts, by code.
    kinds
        Of the standard.
    """
    table = pd.DataFrame({
        "code": villages.index.astype(str), "name": villages["village_name"].to_numpy(),
        "regency": villages["regency_name"].to_numpy(), "people": villages["people"].to_numpy(),
    })  # fmt: skip
    for kind in kinds:
        minutes = villages[f"{kind}_minutes_median"].to_numpy(dtype=float)
        table[f"{kind}_status"] = villages[f"{kind}_status"].astype(str).to_numpy()
        table[f"{kind}_share"] = villages[f"{kind}_share_reached"].to_numpy(dtype=float).round(3)
        table[f"{kind}_minutes"] = np.where(np.isfinite(minutes), minutes, np.nan).round(1)
        table[f"{kind}_open"] = np.where(villages[f"{kind}_share_unknown"] > 0, 1.0, np.nan)
        table[f"{kind}_no_way"] = np.where(np.isposinf(minutes), 1.0, np.nan)
        reasons = villages[f"{kind}_reason"].astype(str)
        table[f"{kind}_reason"] = reasons.where(reasons != "", None).to_numpy(dtype=object)
    return villages[["geometry"]].reset_index(drop=True).join(table)


@dataclass(frozen=True)
class Overview:
    """What the map of a country says above its villages.

    Attributes
    ----------
    regencies, provinces
        One row each, as ``regencies.csv`` and ``provinces.csv`` hold them.
    country
        The totals, with the same columns; NaN what is unknown or without end.
    outlines
        Of the kabupaten, by code, in degrees.
    limits
        By kind of the standard, its limit in minutes; and of another season, which differs, by ``K_wet`` (or
        ``K_dry``), as its columns begin.
    facts
        ``network`` and ``missing``, as ``national.json`` holds them.
    season
        The scenario's own.
    on_foot
        Of ``limits``, those of kinds that are reached by vehicle and timed on foot, for want of roads: a
        kabupaten has the colour of the share that is reached at least, and the page says so.
    """

    regencies: pd.DataFrame
    provinces: pd.DataFrame
    country: pd.Series[Any]
    outlines: Mapping[str, shapely.Geometry]
    limits: Mapping[str, float]
    facts: Mapping[str, Any]
    season: Season
    on_foot: Sequence[str] = ()

    def content(self) -> dict[str, Any]:
        """Return it as plain values for JSON: what ``map.json`` holds, and the page with its villages."""
        answers = list(self.limits)
        kinds = [a for a in answers if not any(a == f"{k}_{s}" for k in answers for s in SEASONS)]
        others = [s for s in SEASONS if any(f"{k}_{s}" in self.limits for k in kinds)]

        def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
            return [_summary(c, row, answers, self.on_foot) for c, row in table.iterrows()]

        shapes = {str(c): _shape(outline) for c, outline in self.outlines.items()}
        return {
            "format": OVERVIEW_FORMAT, "limits": dict(self.limits), "network": self.facts["network"],
            "missing": sorted(self.facts["missing"]), "on_foot": list(self.on_foot), "kinds": kinds,
            "seasons": [self.season, *others], "country": _summary("", self.country, answers, self.on_foot),
            "provinces": rows(self.provinces),
            "regencies": [{**row, "shape": shapes.get(row["code"])} for row in rows(self.regencies)],
        }  # fmt: skip


def page_words(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words, colours and classes that the page of a country has beside its figures.

    Parameters
    ----------
    content
        From :meth:`Overview.content`.
    """
    return {
        "texts": {lang: _texts(lang, content["kinds"]) for lang in LANGUAGES},
        "colors": STATUS_COLORS, "statuses": STATUSES, "classes": CLASSES, "class_colors": CLASS_COLORS,
        "layer": LAYER,
    }  # fmt: skip


def write_nation_map(villages: gpd.GeoDataFrame, overview: Overview, path: Path) -> None:
    """Write the map of a country: one file that opens from disk with no network, in both languages.

    Beside it ``villages.pmtiles`` and ``map.json`` (the overview) are made, of which the app draws the same.

    Parameters
    ----------
    villages
        Of all parts, by code, in degrees: the columns of :func:`planner.coverage.tables.village_table`.
    overview
        Of the country.
    path
        The file.

    Raises
    ------
    FileNotFoundError
        The package was built without its browser libraries.
    OSError
        A file cannot be written.
    """
    content, answers = overview.content(), list(overview.limits)
    write_tiles(village_properties(villages, answers), path.with_name("villages.pmtiles"), FILE_ZOOMS)
    plain = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.with_name("map.json").write_text(plain, "utf-8")
    numbered = villages[["geometry"]].reset_index(drop=True)
    beside = path.with_name(".unfinished-page.pmtiles")
    write_tiles(numbered.assign(i=np.arange(len(numbered))), beside, PAGE_ZOOMS)
    tiles = base64.b64encode(beside.read_bytes()).decode("ascii")
    beside.unlink()
    data = {
        **page_words(content), **content, "zooms": PAGE_ZOOMS, "villages": _columns(villages, answers),
    }  # fmt: skip
    maps = files("planner").joinpath("reports/maps")
    own = [maps.joinpath(name).read_text("utf-8") for name in ("base_map.js", "nation_map.js")]
    head = page_head(map_texts("id")["nation_title"], offline=True)
    more = [maps.joinpath("vendor", name).read_text("utf-8") for name in LIBRARIES[1:]]
    head += "".join(
        f"<script>{s}</script>" for s in (*more, *own, f"const jangkauData = {script_json(data)};")
    )
    body = f'<script type="application/octet-stream" id="jk-tiles">{tiles}</script>'
    page_map = OfflineMap(location=[-2.5, 118.0], tiles=None, prefer_canvas=True, zoom_start=5)
    page_map.add_child(NationLayer())
    write_page(page_map, path, head, map_texts("id"), lang="id", offline=True, body=body)


def _texts(lang: str, kinds: Sequence[str]) -> dict[str, str]:
    texts = map_texts(lang)
    reasons = {k: v for k, v in texts.items() if k.startswith("reason_")}
    return {
        **{k: texts[k] for k in TEXTS}, **reasons,
        **{f"kind_{k}": texts.get(f"kind_{k}", k) for k in kinds},
    }  # fmt: skip


def _columns(villages: gpd.GeoDataFrame, kinds: Sequence[str]) -> dict[str, Any]:
    """Return what the page knows of villages, a column a fact; statuses are letters of one text each."""
    number = {s: str(i) for i, s in enumerate(STATUSES)}
    reasons = sorted({r for k in kinds for r in villages[f"{k}_reason"].astype(str)})
    return {
        "code": villages.index.astype(str).to_list(), "name": villages["village_name"].to_list(),
        "regency": _numbers(pd.factorize(villages["regency_code"], sort=True)[0].astype(float)),
        "people": _numbers(villages["people"].to_numpy(dtype=float).round()), "reasons": reasons,
        "kinds": {
            kind: {
                "status": "".join(villages[f"{kind}_status"].astype(str).map(number)),
                "share": _numbers(villages[f"{kind}_share_reached"].to_numpy(dtype=float).round(4)),
                "minutes": _numbers(villages[f"{kind}_minutes_median"].to_numpy(dtype=float).round(1)),
                "open": "".join("1" if more > 0 else "0" for more in villages[f"{kind}_share_unknown"]),
                "reason": [reasons.index(r) for r in villages[f"{kind}_reason"].astype(str)],
            }
            for kind in kinds
        },
    }  # fmt: skip


def _numbers(values: NDArray[np.float64]) -> list[float | int | str | None]:
    """Return numbers for JSON: null where unknown, "inf" where without end."""
    whole = values.round(4).tolist()
    return [
        None if v != v else "inf" if v == np.inf else int(v) if v == int(v) else v  # noqa: PLR0124 - NaN alone differs
        for v in whole
    ]


def _summary(
    code: object, row: pd.Series[Any], kinds: Sequence[str], on_foot: Sequence[str]
) -> dict[str, Any]:
    """Return what is said of a kabupaten, a province or the country."""

    def one(name: str) -> float | int | str | None:
        return _numbers(np.array([row[name]], dtype=float))[0]

    people = float(row["people"])
    found = {}
    for kind in kinds:
        share = float(row[f"{kind}_share_reached"])
        unsure = float(row[f"{kind}_people_unsure"])
        more = 0.0 if kind in on_foot else unsure / people if people > 0 else np.nan
        found[kind] = {
            # Where it is not known how many are unsure, there are some.
            "share": _numbers(np.array([share]))[0], "open": not unsure <= 0,
            "class": int(share_class(np.array([share]), np.array([share + more]))[0]),
            "reached": one(f"{kind}_people_reached"), "gap": one(f"{kind}_villages_gap"),
            "unknown": one(f"{kind}_villages_unknown"), "minutes": one(f"{kind}_minutes_median"),
        }  # fmt: skip
    name = row.get("name")
    return {
        "code": str(code), "name": name if isinstance(name, str) and name else str(code),
        "villages": one("villages"), "people": one("people"),
        "people_unknown": one("villages_people_unknown"),
        "missing": one("villages_missing"), "kinds": found,
    }  # fmt: skip


def _shape(outline: shapely.Geometry) -> Any:  # noqa: ANN401 - GeoJSON
    return shapely.geometry.mapping(shapely.transform(outline, lambda xy: xy.round(OUTLINE_DECIMALS)))
