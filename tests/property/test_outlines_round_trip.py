"""Any outline and any name come back from SQL as they were; SQLite writes the quotes."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import shapely
from fetch_support import swapped
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.readers import outlines_sql
from geodata.readers.outlines_sql import read_outlines_sql

# A backslash is MySQL's own sign, which SQLite does not write; unit tests hold it.
names = st.text(
    st.characters(codec="utf-8", exclude_characters="\\\0\r", exclude_categories=["Cs"]), max_size=30
)
corners = st.tuples(
    st.floats(95, 141, allow_nan=False).map(lambda v: round(v, 9)),
    st.floats(-11, 6, allow_nan=False).map(lambda v: round(v, 9)),
)
rings = st.lists(corners, min_size=3, max_size=8, unique=True)
outlines = st.lists(rings, min_size=1, max_size=4).map(
    lambda parts: (
        shapely.Polygon(parts[0])
        if len(parts) == 1
        else shapely.MultiPolygon([shapely.Polygon(p) for p in parts])
    )
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(names, outlines), min_size=1, max_size=5), st.integers(1, 200))
def test_what_is_written_is_read(villages, chunk):
    with closing(sqlite3.connect(":memory:")) as database:
        rows = []
        for number, (name, outline) in enumerate(villages):
            tree = swapped(json.loads(shapely.to_geojson(outline))["coordinates"])
            cells = (f"19.04.01.{number:04d}", name, 0.0, 0.0, json.dumps(tree))
            rows.append(
                f"({','.join(database.execute('select quote(?)', (c,)).fetchone()[0] for c in cells)})"
            )
    text = "INSERT INTO wilayah_boundaries (kode,nama,lat,lng,path) VALUES " + ",\n".join(rows) + ";"  # noqa: S608 - nobody runs it
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(outlines_sql, "_CHUNK", chunk)
        file = Path(folder, "kel.sql")
        file.write_text(text, "utf-8", newline="")
        frame = read_outlines_sql(file).frame
    assert frame["nama"].tolist() == [name.strip() for name, _ in villages]
    for got, (_, outline) in zip(frame.geometry, villages, strict=True):
        assert got.equals_exact(outline)
