"""AREA.yml texts for the real study areas of ../shared/data."""

from __future__ import annotations

from pathlib import Path

PLACES = {
    "13.76": ("payakumbuh", "Kota Payakumbuh"),
    "17.02": ("rejang_lebong", "Kabupaten Rejang Lebong"),
    "19.04": ("bangka_tengah", "Kabupaten Bangka Tengah"),
    "53.14": ("rote_ndao", "Kabupaten Rote Ndao"),
    "64.74": ("bontang", "Kota Bontang"),
    "35.09": ("jember", "Kabupaten Jember"),
    "11.72": ("sabang", "Kota Sabang"),
}


def write_area(shared: Path, folder: Path, code: str, *, roads: str = "") -> Path:
    """Write the AREA.yml of a place: its boundaries, its 2019 facilities, its census people."""
    short, name = PLACES[code]
    data = shared.resolve() / "data"
    text = f"""\
code: "{code}"
name: {name}
boundaries: {{path: {data}/boundaries/{code}_{short}_desa.geojson, code: kode, name: nama}}
facilities:
  - path: {data}/facilities/{code}_{short}_kemenkes2019.geojson
    id: kode_faskes
    name: nama_faskes
    kind: {{column: jenis_faskes, values: {{PUSKESMAS: puskesmas, RUMAH SAKIT: hospital}}}}
    staff: {{medis: medis, perawat: perawat, bidan: bidan}}
population: {{path: {data}/population/{code}_{short}_census2010_namejoin.csv, people: penduduk_2010}}
"""
    path = folder / "AREA.yml"
    path.write_text(text + roads, "utf-8")
    return path
