"""Columns of places, however they are headed and written: read, or asked about, never left aside."""

from __future__ import annotations

from typing import NamedTuple

import pyproj
import pytest
from test_list_headings import HEADS, LAT, LON, UNITS, book, built
from test_list_traps import with_map

from geodata.drafting.draft import draft


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


# The map lies in zone 49, south.
METRES = [
    pyproj.Transformer.from_crs(4326, 32749, always_xy=True).transform(x, y)
    for x, y in zip(LON, LAT, strict=True)
]


def placed(layers):
    """Return where the units stand, by their row: the one that is wanted is (LON, LAT)."""
    rows = layers.facilities.to_crs(4326)
    rows = rows.assign(row=[int(i.rsplit(":", 1)[1]) for i in rows.index]).sort_values("row")
    assert set(rows["located_by"]) == {"coordinates"}
    return list(zip(rows.geometry.x, rows.geometry.y, strict=True))


def metres_off(layers):
    away = pyproj.Geod(ellps="WGS84")
    return max(away.inv(x, y, *p)[2] for x, y, p in zip(LON, LAT, placed(layers), strict=True))


class P(NamedTuple):
    """A place: degrees, and metres of its zone."""

    x: float
    y: float
    e: float
    n: float


PLACES = [P(x, y, *m) for x, y, m in zip(LON, LAT, METRES, strict=True)]
TWO = {
    ("Easting", "Northing"): lambda p: (p.e, p.n), ("mE", "mN"): lambda p: (round(p.e), round(p.n)),
    ("X UTM", "Y UTM"): lambda p: (f"{p.e:.2f}".replace(".", ","), f"{p.n:.2f}".replace(".", ",")),
    ("Latitude (Lintang)", "Longitude (Bujur)"): lambda p: (p.y, p.x),
    ("Lintang Selatan (derajat)", "Bujur Timur (derajat)"): lambda p: (-p.y, p.x),
    ("Koordinat Lintang (DD)", "Koordinat Bujur (DD)"): lambda p: (p.y, p.x),
    ("UTM Y (m)", "UTM X (m)"): lambda p: (f"{p.n:,.2f}", f"{p.e:,.2f}"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("heads", TWO)
@pytest.mark.parametrize("over", [None, "Titik Koordinat", "Letak Geografis"])
def test_two_columns_of_a_place_are_read(folder, heads, over):
    rows = [[*unit, *TWO[heads](p)] for unit, p in zip(UNITS, PLACES, strict=True)]
    top = [[*HEADS, *heads]] if over is None else [[*HEADS, over, None], [None] * 4 + [*heads]]
    book(folder / "pustu.xlsx", [*top, *rows], *(["E1:F1"] if over else []))
    assert "# is it?" not in draft(folder).text
    _, layers, _ = built(folder)
    assert metres_off(layers) < 2.0


ONE = {
    "Koordinat (X,Y)": lambda p: f"{p.x}, {p.y}", "Titik Koordinat": lambda p: f"{p.y} / {p.x}",
    "Koordinat (Bujur, Lintang)": lambda p: f"{p.x} {p.y}",
    "Koordinat UTM": lambda p: f"49L {p.e:.0f} {p.n:.0f}",
    "Link Google Maps": lambda p: f"https://maps.google.com/?q={p.y},{p.x}",
    "Link Maps": lambda p: f"https://www.google.com/maps/place/Pustu/@-8.4,113.6,17z/data=!3d{p.y}!4d{p.x}",
    "Koordinat": lambda p: f"https://www.google.com/maps/@{p.y},{p.x},17z",
}  # fmt: skip


@pytest.mark.parametrize("heading", ONE)
def test_one_column_of_a_place_is_read(folder, heading):
    rows = [[*unit, ONE[heading](p)] for unit, p in zip(UNITS, PLACES, strict=True)]
    book(folder / "pustu.xlsx", [[*HEADS, heading], *rows])
    said, layers, told = built(folder)
    assert said["facilities"][0]["coordinates"] == heading
    assert metres_off(layers) < 2.0
    assert not {"place_unread", "place_mended"} & told.keys()


def test_plus_codes_are_read(folder):
    # The middle of a cell of 1/8000 degree is at most 10 m from where it was made.
    digits = "23456789CFGHJMPQRVWX"

    def code(lat, lon):
        y, x = round((lat + 90) * 8000), round((lon + 180) * 8000)
        pairs = [(y // 20**i % 20, x // 20**i % 20) for i in range(4, -1, -1)]
        text = "".join(digits[a] + digits[b] for a, b in pairs)
        return f"{text[:8]}+{text[8:]}"

    cells = [code(y + 1e-5, x + 1e-5) for x, y in zip(LON, LAT, strict=True)]
    book(
        folder / "pustu.xlsx", [[*HEADS, "Plus Code"], *([*u, c] for u, c in zip(UNITS, cells, strict=True))]
    )
    assert metres_off(built(folder)[1]) < 10.0


@pytest.mark.parametrize(("heading", "cell"), [
    ("Alamat Digital", "-8.39, 113.51"), ("Catatan Petugas", "https://maps.google.com/?q=-8.39,113.51"),
    ("Link Maps", "https://maps.app.goo.gl/AbCd12"),
])  # fmt: skip
def test_a_column_of_places_that_is_not_used_is_asked_about(folder, heading, cell):
    book(folder / "pustu.xlsx", [[*HEADS, heading], *([*unit, cell] for unit in UNITS)])
    assert f'# which? coordinates: "{heading}"' in draft(folder).text
    assert built(folder)[1].facilities["located_by"].tolist() == ["name"] * 6


# --- Degrees, minutes and seconds in six columns -----------------------------------------------------------


def six(x, y):
    """Return whole degrees, whole minutes and seconds of a latitude south of the equator and a longitude."""
    parts = []
    for value in (-y, x):
        minutes, seconds = divmod(round(value * 3600, 3), 60)
        parts += [*divmod(int(minutes), 60), round(seconds, 3)]
    return parts


UNIT_ROW = ["Derajat", "Menit", "Detik"] * 2
SIGNS = ["°", "'", '"'] * 2


@pytest.mark.slow
@pytest.mark.parametrize("names", [("LS", "BT"), ("Lintang Selatan", "Bujur Timur")])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("form", ["no units", "over, no units", "units", "three rows", "three rows, signs"])
def test_angles_in_six_columns_are_read_whole(folder, form, names, merged):
    heads = [names[0], None, None, names[1], None, None]
    none, over = [None] * 4, ["Titik Koordinat", *[None] * 5]
    top = {
        "no units": [[*HEADS, *heads]],
        "over, no units": [[*HEADS, *over], [*none, *heads]],
        "units": [[*HEADS, *heads], [*none, *UNIT_ROW]],
        "three rows": [[*HEADS, *over], [*none, *heads], [*none, *UNIT_ROW]],
        "three rows, signs": [[*HEADS, *over], [*none, *heads], [*none, *SIGNS]],
    }[form]
    rows = [[*unit, *six(p.x, p.y)] for unit, p in zip(UNITS, PLACES, strict=True)]
    line = {"no units": 1, "units": 1}.get(form, 2)
    blocks = [f"E{line}:G{line}", f"H{line}:J{line}"] + (["E1:J1"] if line == 2 else [])
    blocks += [f"{c}1:{c}{len(top)}" for c in "ABCD"] if len(top) > 1 else []
    book(folder / "pustu.xlsx", [*top, *rows], *(blocks if merged else []))
    _, layers, told = built(folder)
    assert metres_off(layers) < 2.0
    assert "place_unread" not in told


def test_numbers_that_are_no_minutes_are_not_put_together(tmp_path):
    from geodata.areafile import FileSource
    from geodata.readers.files.table import read_rows

    rows = [[*HEADS, "LS", None, None, "BT", None, None], *([*u, 8, 75, 1, 113, 2, 3] for u in UNITS)]
    book(tmp_path / "a.xlsx", rows)
    assert "LS" in read_rows(FileSource(path=tmp_path / "a.xlsx"), "x").table


def test_degrees_that_a_spreadsheet_took_for_hours_are_read(folder):
    from datetime import time, timedelta

    rows = []
    for unit, p in zip(UNITS, PLACES, strict=True):
        d, m, s, *east = six(p.x, p.y)
        rows.append(
            [*unit, time(d, m, int(s)), timedelta(hours=east[0], minutes=east[1], seconds=int(east[2]))]
        )
    book(folder / "pustu.xlsx", [[*HEADS, "LS", "BT"], *rows])
    _, layers, _ = built(folder)
    # Whole seconds: 31 m each way.
    assert metres_off(layers) < 45.0
