"""Which puskesmas serves which village, as the office has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.codes import parse_village_code
from geodata.errors import SchemaError, counted, first_five
from geodata.layers import Finding, rows_about
from geodata.readers.files.cells import (
    bad_codes,
    pick_column,
    require_rows,
    text_column,
    total_finding,
    total_rows,
)
from geodata.readers.files.cells import id_column as ids_of
from geodata.readers.files.opening import source_record
from geodata.readers.numbering import ToldVillage, unproven
from geodata.readers.people_table import read_any_table
from geodata.readers.result import ReadLayer
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.areafile import WorkingAreasFile

WHAT = "working_areas"


def read_working_areas(
    source: WorkingAreasFile, villages: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> ReadLayer:
    """Return the villages with ``puskesmas_id``, missing where the table says nothing.

    Raises
    ------
    InputError
        Missing columns, or a village given to two puskesmas.
    """
    population_heads = layer_columns("population")
    working_areas_heads = layer_columns("working_areas")
    wanted = tuple(n for n in (source.code, source.puskesmas) if n) or (
        *population_heads["code"],
        *working_areas_heads["puskesmas"],
    )
    table = read_any_table(source, WHAT, wanted)
    require_rows(table, WHAT, source.path.name)
    code_column = pick_column(table.columns, source.code, population_heads["code"], key="code", what=WHAT)
    puskesmas_column = pick_column(
        table.columns,
        source.puskesmas,
        working_areas_heads["puskesmas"],
        key="puskesmas",
        what=WHAT,
    )
    text = text_column(table, code_column)
    codes = text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    _require_proven(codes, villages, str(code_column), source.path.name)
    totals = total_rows(table, codes.notna())
    text, codes, ids = text[~totals], codes[~totals], ids_of(table, puskesmas_column)[~totals]
    pairs = pd.DataFrame({"code": codes, "id": ids}).dropna().drop_duplicates()
    twice = sorted(set(pairs.loc[pairs["code"].duplicated(), "code"]))
    if twice:
        msg = (
            f"{WHAT}: {counted(len(twice), 'village is', 'villages are')} given to more than one puskesmas "
            f"in {source.path.name}: {first_five(twice)}. Keep one row for each."
        )
        raise SchemaError(msg)
    served = pairs.set_index("code")["id"]
    puskesmas = facilities.index[facilities["kind"] == "puskesmas"]
    findings = [*total_finding(WHAT, totals), *bad_codes(WHAT, text, codes.isna())]
    no_village = sorted(set(served.index) - set(villages.index))
    no_unit = sorted(set(served) - set(puskesmas))
    for rule, ids_, message, action in (
        ("unknown_village", no_village, "rows whose code is no village of the area", "correct the codes"),
        ("unknown_puskesmas", no_unit, "puskesmas that the list of facilities does not have",
         "use the ids of the list of puskesmas"),
    ):  # fmt: skip
        if ids_:
            named = tuple(map(str, ids_))
            findings.append(
                Finding("warning", WHAT, rule, len(named), named[:5], message, action, rows_about(named))
            )
    # A puskesmas that nobody knows serves nobody we could name.
    served = served[served.isin(puskesmas)]
    joined = villages.assign(puskesmas_id=served.reindex(villages.index).astype("str"))
    served_by = joined[[*villages.columns.drop("geometry"), "puskesmas_id", "geometry"]]
    return ReadLayer(served_by, tuple(findings), source_record(WHAT, source))


def _require_proven(codes: pd.Series[str], villages: gpd.GeoDataFrame, column: str, file: str) -> None:
    """Raise SchemaError where nothing proves a column of codes to be Kemendagri's."""
    told = [ToldVillage(code if isinstance(code, str) else None, None, sure=False) for code in codes]
    if unproven(told, list(villages.index), heading=column).any():
        msg = (
            f"{WHAT}: nothing proves the codes of the column {column} of {file} to be Kemendagri's; those of "
            "BPS have ten digits too, and are of other villages. Give the codes of Kemendagri, or name their "
            "column with code:."
        )
        raise SchemaError(msg)
