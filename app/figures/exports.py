"""Downloads: tables as CSV, XLSX or GeoJSON, map and PWS sheets as one file, the question as a scenario."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from app.areas.stopping import may_go_on
from app.figures.ilp import PWS_PARTS
from geodata.crs import WGS84
from geodata.files.csvtext import STARTS, csv_text
from planner.ilp.tables import jejaring_table, puskesmas_table, unit_columns, village_columns
from planner.pipeline import facility_table, village_table
from planner.reports.maps.page import write_map
from planner.reports.outputs import run_record
from planner.reports.pws_page import pws_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.areas.area import Answer, Area
    from geodata.adoption import Adoption
    from planner.ilp.model import Ilp

# Parts of planner.ilp.model.Ilp that the tables hold.
TABLE_PARTS = ("answers", "beyond", "jejaring", "referral", "visits", "remote", "loads", "groups", "equity")


def to_csv(answer: Answer) -> io.BytesIO:
    """Return the village table as UTF-8 CSV, the same as ``villages.csv`` of ``jangkau gaps``."""
    return io.BytesIO(csv_text(_villages(answer)).encode("utf-8"))


def _villages(answer: Answer) -> pd.DataFrame:
    """Return the village table with its ILP columns."""
    answer.prepare(*TABLE_PARTS)
    return village_table(answer.gaps).join(village_columns(answer.ilp))


def to_xlsx(answer: Answer, adoption: Iterable[Adoption] = ()) -> io.BytesIO:
    """Return a workbook: villages, facilities, the ILP tables, and what the numbers depend on.

    Texts that a spreadsheet would take for a formula stay texts; unreachable is the word ``inf``, unknown an
    empty cell.

    Parameters
    ----------
    adoption
        What the board knows of the puskesmas.
    """
    villages = _villages(answer)
    ilp = answer.ilp.with_adoption(adoption)
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as book:
        for name, table in (
            ("villages", villages),
            ("facilities", facility_table(answer.gaps).join(unit_columns(ilp))),
            ("puskesmas", puskesmas_table(ilp)),
            ("network", jejaring_table(ilp).set_index("level")),
            ("equity", ilp.equity.set_index("kind")),
            ("groups", ilp.groups.reset_index("group") if len(ilp.groups) else ilp.groups),
            ("run", _run_table(ilp)),
        ):
            may_go_on()
            shown = table.replace([np.inf, -np.inf], "inf").map(_storable)
            shown.to_excel(book, sheet_name=name)
            sheet = book.sheets[name]
            sheet.freeze_panes = "B2"
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith(STARTS):
                        cell.data_type = "s"
                        cell.quotePrefix = True
    out.seek(0)
    return out


def _storable(value: object) -> object:
    """Return a cell's value; control characters, which no workbook can hold, are shown as a stand-in."""
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value) if isinstance(value, str) else value


def to_geojson(answer: Answer) -> io.BytesIO:
    """Return the village table with outlines as GeoJSON (degrees); unreachable is "inf", unknown null."""
    villages = answer.gaps.layers.villages
    table = _villages(answer)
    numbers = table.select_dtypes("number").columns
    for column in numbers:
        infinite = np.isinf(table[column])
        if infinite.any():
            table[column] = table[column].astype(object).where(~infinite, "inf")
    frame = gpd.GeoDataFrame(table.reset_index(), geometry=villages.geometry.to_numpy(), crs=villages.crs)
    return io.BytesIO(frame.to_crs(WGS84).to_json(na="null", drop_id=True).encode("utf-8"))


def to_map(answer: Answer, lang: str) -> io.BytesIO:
    """Return the map as one file that opens without a network."""
    with tempfile.TemporaryDirectory(prefix="jangkau-") as folder:
        path = Path(folder) / "map.html"
        write_map(answer.gaps, path, lang=lang)
        return io.BytesIO(path.read_bytes())


def to_pws(answer: Answer, lang: str, only: Sequence[str] | None = None) -> io.BytesIO:
    """Return the PWS sheets of some villages (of all when None) as one HTML file, a page each."""
    answer.prepare(*PWS_PARTS)
    return io.BytesIO(pws_html(answer.ilp, lang=lang, only=only, may_go_on=may_go_on).encode("utf-8"))


def to_scenario(area: Area, answer: Answer, name: str) -> io.BytesIO:
    """Return the question as a scenario file for ``jangkau gaps --scenario``."""
    return io.BytesIO(answer.what_if.to_yaml(name, area.scenario).encode("utf-8"))


def _run_table(ilp: Ilp) -> pd.DataFrame:
    record = run_record(ilp)
    rows = [
        (key, json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value)
        for key, value in record.items()
        if key != "configuration"
    ]
    rows += [
        (f"configuration.{k}", json.dumps(v, ensure_ascii=False)) for k, v in record["configuration"].items()
    ]
    # A cell of a workbook holds no more than 32,767 characters.
    return pd.DataFrame([(k, str(v)[:32_000]) for k, v in rows], columns=["key", "value"]).set_index("key")
