"""The five places' proposals: what each office states stands with its source, and with what no list shows."""

from __future__ import annotations

import re

import docx
import pypdf
import pytest
from areas import write_area

from planner.cli import main
from planner.pipeline import Ilp, build_area, find_gaps, open_workspace
from planner.reports.documents.data import as_data
from planner.reports.proposal.memo import one_page, staff_memo
from planner.reports.proposal.write import source_of

pytestmark = pytest.mark.realdata

SOURCE = "Peluncuran ILP, laporan Dinas Kesehatan"
# By code: what the office has (AREA.yml, facts file), and sentences that the documents must hold.
# The numbers are those of shared/DOMAIN.md and of the files of shared/data, counted by hand.
PLACES = {
    "19.04": (
        "official: {totals: {puskesmas: 9, pustu: 68, posyandu: 142}, source: Dinas Kesehatan}\n",
        """
- {fact: people, number: 210684}
- {fact: launch, date: 28/06/2024}
- {fact: units, units: {puskesmas: 9, pustu: 68, posyandu: 142}}
""",
        [
            "Jumlah penduduk Kabupaten Bangka Tengah menurut kantor 210.684 jiwa.",
            "Jumlah penduduk 11 desa/kelurahan belum diketahui.",
            "ILP di Kabupaten Bangka Tengah diluncurkan pada 28 Juni 2024.",
            "Secara bersama-sama 9 puskesmas, 68 pustu, dan 142 posyandu menerapkan ILP.",
            "Pustu: belum ada daftar. Posyandu: belum ada daftar.",
            "6 kecamatan dengan 63 desa/kelurahan, yaitu 56 desa dan 7 kelurahan",
        ],
    ),
    "64.74": (
        "",
        """
- {fact: launch, date: 2024-11-17}
- {fact: levels, levels: [kelurahan, rt]}
- {fact: role, who: RT, does: mendata keluarga dan mengajak warga ke posyandu}
- {fact: role, who: Lurah, does: menggerakkan pelayanan di kelurahan}
- {fact: role, who: Camat, does: mengoordinasikan kelurahan}
- {fact: role, who: OPD dan DPRD, does: mendukung program dan anggaran}
""",
        [
            "ILP di Kota Bontang diluncurkan pada 17 November 2024.",
            "Pelayanan menjangkau sampai kelurahan dan RT.",
            "Batas 15 kelurahan ada dalam data. Batas dan letak RT dan RW belum ada dalam data.",
            "RT: mendata keluarga dan mengajak warga ke posyandu.",
            "Lurah: menggerakkan pelayanan di kelurahan.",
            "Camat: mengoordinasikan kelurahan.",
            "OPD dan DPRD: mendukung program dan anggaran.",
        ],
    ),
    "17.02": (
        "official: {totals: {puskesmas: 21}, source: Dinas Kesehatan}\n",
        """
- {fact: adopted, number: 1, of: 21, names: [Sumber Urib], date: 2024-07, all_by_year: 2025}
- fact: commitment
  to: semua puskesmas menerapkan ILP paling lambat tahun 2025
  signed_by: [kepala dinas kesehatan, semua kepala puskesmas]
""",
        [
            "Sebanyak 1 dari 21 puskesmas sudah menerapkan ILP sejak Juli 2024, yaitu Sumber Urib.",
            "Semua puskesmas ditargetkan menerapkan ILP paling lambat tahun 2025.",
            "Komitmen telah ditandatangani oleh kepala dinas kesehatan dan semua kepala puskesmas:",
            "puskesmas: semua puskesmas menerapkan ILP paling lambat tahun 2025.",
            "Tabel tahap ILP belum ada, sehingga tahap tiap puskesmas belum diketahui.",
        ],
    ),
    "53.14": (
        "",
        """
- {fact: launch, date: 2024-07-22}
- {fact: islands}
- {fact: levels, levels: [dusun, rt, home]}
- {fact: text, text: "Skrining kesehatan diperbanyak, terutama di pulau-pulau kecil"}
""",
        [
            "ILP di Kabupaten Rote Ndao diluncurkan pada 22 Juli 2024.",
            "Kabupaten Rote Ndao adalah wilayah kepulauan.",
            "Daratan mana yang berpenduduk tidak tercantum dalam batas itu.",
            "Pelayanan menjangkau sampai dusun, RT, dan kunjungan rumah.",
            "Letak dusun belum ada dalam data.",
            "Keluarga yang perlu dikunjungi belum dapat dihitung di 119 desa/kelurahan",
            "Skrining kesehatan diperbanyak, terutama di pulau-pulau kecil.",
        ],
    ),
    "13.76": (
        "official: {totals: {puskesmas: 8, pustu: 23, posyandu: 173}, source: Dinas Kesehatan}\n",
        """
- {fact: units, units: {puskesmas: 8, pustu: 23, posyandu: 173}}
- {fact: dashboard, villages: 47, running: false}
- {fact: target, share: 0.4, level: national, puskesmas: 4072, source: Kementerian Kesehatan}
""",
        [
            "Secara bersama-sama 8 puskesmas, 23 pustu, dan 173 posyandu menerapkan ILP.",
            "Dasbor situasi kesehatan desa (PWS) disiapkan untuk 47 kelurahan.",
            "Angka cakupan pelayanan kesehatan belum ada dalam data.",
            "Target nasional: 40% puskesmas menerapkan ILP, kira-kira 4.072 puskesmas.",
            "target ini belum dapat dipastikan tercapai",
        ],
    ),
}  # fmt: skip


def _text(path):
    if path.suffix == ".docx":
        said = " ".join(n.text or "" for n in docx.Document(str(path)).element.body.iter()
                        if n.tag.endswith("}t"))  # fmt: skip
    elif path.suffix == ".pdf":
        said = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    else:
        said = re.sub(r"<[^>]+>", " ", path.read_text("utf-8"))
    return re.sub(r"[\s\u200b\u00ad]+", "", said)


@pytest.mark.slow
@pytest.mark.parametrize("code", PLACES)
def test_what_the_office_states_and_what_no_list_shows(shared, tmp_path, code):
    official, statements, sentences = PLACES[code]
    build_area(write_area(shared, tmp_path, code, roads=official), tmp_path / "work")
    facts = tmp_path / "facts.yml"
    facts.write_text(f"source: {SOURCE}\nstatements:{statements}", "utf-8")
    out = tmp_path / "out"
    words = ["report", str(tmp_path / "work"), "--facts", str(facts), "--format", "docx,pdf,html"]
    assert main([*words, "--out", str(out)]) == 0
    for ending in ("docx", "pdf", "html"):
        said = _text(out / f"usulan.{ending}")
        expected = [
            *sentences, SOURCE, "Pelaksanaan ILP menurut kantor", "Daftar pustu belum tersedia.",
            "Daftar posyandu belum tersedia.",
        ]  # fmt: skip
        assert [s for s in expected if re.sub(r"\s+", "", s) not in said] == [], ending
        assert "pernyataanyangbelumdidukung,ataubelumseluruhnyadidukung,olehdaftardalamdata." in said


@pytest.mark.slow
def test_a_place_without_roads_speaks_of_the_kind_that_it_has_a_list_of(shared, tmp_path):
    """Rote Ndao, without roads: puskesmas and hospitals have lists, and both are reached by vehicle."""
    build_area(write_area(shared, tmp_path, "53.14"), tmp_path / "work")
    source = source_of(Ilp(find_gaps(open_workspace(tmp_path / "work"))), lang="id")
    assert source.gaps.ways is None
    assert source.focus == "puskesmas"
    for document in (staff_memo(source), one_page(source)):
        said = str(as_data(document, source.words))
        assert "daftar fasilitas belum tersedia" not in said
        assert "daftar fasilitas beserta letaknya" not in said
        assert "Mohon dukungan agar data jalan diserahkan" in said
