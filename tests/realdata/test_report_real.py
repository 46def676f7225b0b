"""The documents of two real kabupaten: what their lists do not say stands there as not known."""

from __future__ import annotations

import re
import time

import pypdf
import pytest
from areas import write_area

from planner.pipeline import Ilp, build_area, check, find_gaps
from planner.reports.proposal.write import source_of, write_report

pytestmark = pytest.mark.realdata


def built(shared, folder, code, roads=""):
    return build_area(write_area(shared, folder, code, roads=roads), folder / "work")


def said_in(path):
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return re.sub(r"\s+", " ", text)


@pytest.mark.slow
def test_jember(shared, tmp_path):
    path = shared.resolve() / "data/roads/35.09_jember_rbi.geojson"
    layers = built(shared, tmp_path, "35.09", f"roads: {{path: {path}, class: Fungsi, classes: rbi}}\n")
    source = source_of(Ilp(find_gaps(layers)), findings=check(layers))
    began = time.process_time()
    write_report(source, tmp_path / "out")
    assert time.process_time() - began < 10.0
    said = said_in(tmp_path / "out" / "usulan.pdf")
    # Counted from the files: 248 villages, 242 of them with people, and no list of pustu or posyandu.
    assert "31 kecamatan dengan 248 desa/kelurahan, yaitu 226 desa dan 22 kelurahan" in said
    assert "Jumlah penduduk 6 desa/kelurahan belum diketahui" in said
    for kind in ("pustu", "posyandu"):
        assert f"Daftar {kind} belum tersedia." in said
    assert "Data jalan tidak membedakan musim" in said
    assert len(pypdf.PdfReader(tmp_path / "out" / "telaahan.pdf").pages) == 2
    assert len(pypdf.PdfReader(tmp_path / "out" / "ringkasan.pdf").pages) == 1


@pytest.mark.slow
def test_a_kota_of_islands_without_roads(shared, tmp_path):
    source = source_of(Ilp(find_gaps(built(shared, tmp_path, "64.74"))))
    write_report(source, tmp_path / "out", formats=["pdf"])
    said = said_in(tmp_path / "out" / "usulan.pdf")
    assert "3 kecamatan dengan 15 kelurahan." in said
    assert "garis lurus" in said
    assert "Ringkasan untuk Wali Kota" in said_in(tmp_path / "out" / "ringkasan.pdf")
