"""Tables of any cells: no row is lost without a finding that counts it, and no message is a traceback."""

from __future__ import annotations

import csv
import functools
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.areafile import FacilitiesFile
from geodata.errors import JangkauError
from geodata.readers.facilities.lists import read_facilities

HEAD = ("id", "nama", "desa", "kecamatan", "kabupaten", "lintang", "bujur")
CELLS = st.one_of(
    st.sampled_from((
        "", "-", "0", "1", "Sukorejo", "Jaya", "Jumlah", "Total 3", "Puskesmas Pembantu", "Eks Pustu", "nama",
        "-8,15", "113.45", "8.15", "1134500", "-815000", "8°9' LS", "500000", "9100000", "Kab. Jember",
        "desa", "Kota Jember",
        "1e309", "nan", "NULL", "#REF!", "=1+1", "'", "Ｊaya", "é", "\u200b",
    )),
    st.text(max_size=6),
    st.floats(width=32).map(str),
)  # fmt: skip
ROWS = st.lists(st.tuples(*[CELLS] * len(HEAD)), min_size=1, max_size=12)
# Rows that are left out stand in these.
COUNTED = ("total_row", "kind_left_out", "other_regency", "empty_row")


@functools.cache
def villages():
    return gpd.GeoDataFrame(
        {
            "village_name": ["Sukorejo", "Wonosari"],
            "district_code": "35.09.01",
            "district_name": "Jaya",
            "regency_code": "35.09",
            "kind": "desa",
            "people": 1.0,
        },
        geometry=[shapely.MultiPolygon([shapely.box(x, -8.2, x + 0.1, -8.1)]) for x in (113.4, 113.5)],
        index=pd.Index(["35.09.01.2001", "35.09.01.2002"], name="village_code", dtype="str"),
        crs="EPSG:4326",
    ).to_crs("EPSG:32749")


def read(name, text, kind):
    zone = shapely.union_all(villages().geometry.to_numpy()).buffer(10_000)
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, "utf-8", newline="")
        source = FacilitiesFile.model_validate({"path": path, "kind": kind})
        return read_facilities(source, villages(), zone=zone, regency="Kabupaten Jember")


def require_all(layer, rows):
    """Each row is in the layer, or counted in one of the findings about rows left out."""
    out = sum(f.count for f in layer.findings if f.rule in COUNTED)
    assert len(layer.frame) + out == rows
    assert layer.frame.index.is_unique
    assert not (
        layer.frame["located_by"].eq("none") & ~shapely.is_missing(layer.frame.geometry.to_numpy())
    ).any()


KINDS = st.sampled_from(("pustu", {"from": "name", "values": {"-": None, "Toko": "other"}}))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, kind=KINDS, delimiter=st.sampled_from(",;\t"))
def test_every_row_of_a_table_is_there_or_counted(rows, kind, delimiter):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([HEAD, *rows])
    # A row of blanks is none; a row that numbers the columns is none either.
    filled = [r for r in rows if any(c.strip() for c in r)]
    numbers = [c for c in (c.strip().strip("() ") for c in rows[0]) if c]
    filled = filled[len(numbers) > 2 and numbers == [str(i + 1) for i in range(len(numbers))] :]
    try:
        layer = read("a.csv", text.getvalue(), kind)
    except JangkauError:
        return
    require_all(layer, len(filled))


NUMBERS = st.one_of(
    CELLS, st.none(), st.floats(), st.integers(-(10**12), 10**12), st.booleans(), st.just([1])
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    points=st.lists(st.one_of(st.none(), st.tuples(NUMBERS, NUMBERS), CELLS), min_size=1, max_size=8),
    ids=st.booleans(),
)
def test_every_shape_of_a_map_is_there_or_counted(points, ids):
    features = [
        {
            "type": "Feature",
            **({"id": len(points) - i} if ids else {}),
            "properties": {"nama": f"Pustu {i}"},
            "geometry": None if p is None else {"type": "Point", "coordinates": p},
        }
        for i, p in enumerate(points)
    ]
    try:
        layer = read("a.geojson", json.dumps({"type": "FeatureCollection", "features": features}), "pustu")
    except JangkauError:
        return
    require_all(layer, len(points))
    # Nobody's place is another's.
    for name, place in zip(layer.frame["name"], layer.frame.to_crs(4326).geometry, strict=True):
        given_ = points[int(name.removeprefix("Pustu "))]
        if place is not None and given_ == ("113.45", "-8,15"):
            assert (round(place.x, 6), round(place.y, 6)) == (113.45, -8.15)
