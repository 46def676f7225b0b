"""Downloads: tables as CSV, XLSX or GeoJSON, map and PWS sheets as one file, the question as a scenario."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from app.areas.stopping import may_go_on
from app.figures.ilp import PWS_PARTS
from geodata.crs import WGS84
from geodata.files.csvtext import csv_text
from geodata.files.moment import for_a_moment
from planner.ilp.tables import village_columns
from planner.pipeline import village_table
from planner.reports.maps.page import write_map
from planner.reports.pws_page import pws_html
from planner.reports.workbook.book import write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from app.areas.area import Answer, Area
    from geodata.adoption import Adoption

NO_WAY, UNKNOWN = "no_way", "unknown"
# Parts of planner.ilp.model.Ilp that the tables hold.
TABLE_PARTS = ("answers", "beyond", "jejaring", "referral", "visits", "remote", "loads", "groups", "equity")


def to_csv(answer: Answer) -> io.BytesIO:
    """Return the village table as UTF-8 CSV, the same as ``villages.csv`` of ``jangkau gaps``."""
    return io.BytesIO(csv_text(_villages(answer)).encode("utf-8"))


def _villages(answer: Answer) -> pd.DataFrame:
    """Return the village table with its ILP columns."""
    answer.prepare(*TABLE_PARTS)
    return village_table(answer.gaps).join(village_columns(answer.ilp))


def to_xlsx(answer: Answer, lang: str = "id", adoption: Iterable[Adoption] = ()) -> io.BytesIO:
    """Return the workbook, the same as ``gaps.xlsx`` of ``jangkau gaps``.

    Parameters
    ----------
    lang
        ``id`` or ``en``.
    adoption
        What the board knows of the puskesmas.
    """
    answer.prepare(*TABLE_PARTS)
    may_go_on()
    with for_a_moment("app") as folder:
        path = folder / "gaps.xlsx"
        write_workbook(answer.gaps, answer.ilp.with_adoption(adoption), path, lang=lang)
        return io.BytesIO(path.read_bytes())


def to_geojson(answer: Answer) -> io.BytesIO:
    """Return the village table with outlines as GeoJSON (degrees).

    What is unknown or has no way is null; beside a column with places that have no way stands one of its name
    and ``_reason``, which says ``no_way`` or ``unknown``.
    """
    villages = answer.gaps.layers.villages
    table = _villages(answer)
    for column in table.select_dtypes("number").columns:
        infinite = np.isinf(table[column])
        if infinite.any():
            why = np.select([infinite, table[column].isna()], [NO_WAY, UNKNOWN], "")
            table.insert(table.columns.get_loc(column) + 1, f"{column}_reason", why)
            table[column] = table[column].where(~infinite)
    frame = gpd.GeoDataFrame(table.reset_index(), geometry=villages.geometry.to_numpy(), crs=villages.crs)
    return io.BytesIO(frame.to_crs(WGS84).to_json(na="null", drop_id=True).encode("utf-8"))


def to_map(answer: Answer, lang: str) -> io.BytesIO:
    """Return the map as one file that opens without a network."""
    with for_a_moment("app") as folder:
        path = folder / "map.html"
        write_map(answer.gaps, path, lang=lang)
        return io.BytesIO(path.read_bytes())


def to_pws(answer: Answer, lang: str, only: Sequence[str] | None = None) -> io.BytesIO:
    """Return the PWS sheets of some villages (of all when None) as one HTML file, a page each."""
    answer.prepare(*PWS_PARTS)
    return io.BytesIO(pws_html(answer.ilp, lang=lang, only=only, may_go_on=may_go_on).encode("utf-8"))


def to_scenario(area: Area, answer: Answer, name: str) -> io.BytesIO:
    """Return the question as a scenario file for ``jangkau gaps --scenario``."""
    return io.BytesIO(answer.what_if.to_yaml(name, area.scenario).encode("utf-8"))
