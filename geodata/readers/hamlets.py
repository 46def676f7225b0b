"""Dusun, RW or settlement points: where within a village its people live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.codes import parse_village_code
from geodata.crs import WGS84
from geodata.errors import SchemaError, first_five
from geodata.layers import Finding
from geodata.readers.coordinates import column_points, refuse_foreign
from geodata.readers.files import (
    TABLE_SUFFIXES,
    bad_codes,
    count_column,
    id_column,
    pick_column,
    read_table,
    read_vector,
    source_record,
    text_column,
)
from geodata.readers.result import ReadLayer
from geodata.villages_at import village_at
from geodata.vocabulary.columns import layer_columns

if TYPE_CHECKING:
    from geodata.areafile import HamletsFile

WHAT = "hamlets"
BAD_CODE = (
    "hamlets whose village code is too short or spoiled (a number with decimals) count in the village "
    "where they lie"
)


def read_hamlets(source: HamletsFile, villages: gpd.GeoDataFrame) -> ReadLayer:
    """Read hamlet points (or polygons, by an interior point) in the villages' CRS.

    Returns
    -------
    hamlets
        Index ``hamlet_id``; ``village_code``, ``name``, ``people`` (NaN = unknown), Point. Hamlets
        outside every village of the area are left out, with a finding.

    Raises
    ------
    InputError
    """
    heads = layer_columns("hamlets")
    wanted = tuple(n for n in (source.village, source.name, source.people, source.lat, source.lon) if n)
    if source.path.suffix.lower() in TABLE_SUFFIXES:
        raw: pd.DataFrame = read_table(source, WHAT, wanted or (*heads["village"], *heads["lat"]))
        lat = pick_column(raw.columns, source.lat, heads["lat"], key="lat", what=WHAT)
        lon = pick_column(raw.columns, source.lon, heads["lon"], key="lon", what=WHAT)
        points = column_points(raw, lat, lon, None, WHAT, source.path.name)
    else:
        vector = read_vector(source, WHAT)
        points = np.asarray(shapely.point_on_surface(vector.geometry.to_numpy()), dtype=object)
        raw = pd.DataFrame(vector.drop(columns=vector.geometry.name)).set_axis(
            range(1, len(vector) + 1), axis=0
        )
    labels = [f"row {i}" for i in raw.index]
    refuse_foreign(points, labels, WHAT, source.path.name)
    empty = shapely.is_missing(points) | shapely.is_empty(points)
    if empty.any():
        msg = (
            f"{WHAT}: {empty.sum()} rows of {source.path.name} have no place: "
            f"{first_five([r for r, e in zip(labels, empty, strict=True) if e])}. Give coordinates."
        )
        raise SchemaError(msg)

    def column(named: str | None, known: tuple[str, ...], key: str) -> pd.Series[str]:
        picked = pick_column(raw.columns, named, known, key=key, what=WHAT, required=False)
        return text_column(raw, picked)

    village_text = column(source.village, heads["village"], "village")
    place = gpd.GeoSeries(points, crs=WGS84).to_crs(villages.crs).to_numpy()
    declared = village_text.map(lambda t: parse_village_code(t) if isinstance(t, str) else None)
    spoiled = village_text.notna() & declared.isna()
    declared = declared.where(declared.isin(villages.index))
    located = pd.Series(village_at(place, villages), index=raw.index)
    people_column = pick_column(
        raw.columns, source.people, heads["people"], key="people", what=WHAT, required=False
    )
    people = count_column(raw, people_column, WHAT, source.path.name)
    ids = id_column(raw, pick_column(raw.columns, source.id, (), key="id", what=WHAT, required=False))
    ids = ids.fillna(pd.Series([f"h{i}" for i in range(1, len(raw) + 1)], index=raw.index, dtype="str"))
    if ids.duplicated().any():
        msg = f"{WHAT}: ids that occur more than once: {first_five(ids[ids.duplicated()].unique())}."
        raise SchemaError(msg)
    hamlets = gpd.GeoDataFrame(
        {
            "village_code": declared.fillna(located).astype("str").to_numpy(),
            "name": column(source.name, heads["name"], "name").fillna("").to_numpy(),
            "people": people.to_numpy(),
        },
        geometry=place,
        index=pd.Index(ids.to_numpy(), name="hamlet_id", dtype="str"),
        crs=villages.crs,
    )
    stray = hamlets["village_code"].isna()
    if stray.all():
        msg = (
            f"{WHAT}: no row of {source.path.name} lies in a village of the area. "
            "Give its hamlets, or leave hamlets: out."
        )
        raise SchemaError(msg)
    findings = bad_codes("hamlets", village_text, spoiled, BAD_CODE) + ((
        Finding(
            "warning", "hamlets", "outside_area", int(stray.sum()),
            tuple(hamlets.index[stray][:5]),
            "hamlets in no village of the area were left out", "correct their coordinates or village",
        ),
    ) if stray.any() else ())  # fmt: skip
    return ReadLayer(hamlets[~stray], findings, source_record("hamlets", source))
