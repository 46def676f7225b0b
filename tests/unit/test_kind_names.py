"""What a facility is by its name: offices' own spellings, and words that only look like a kind."""

from __future__ import annotations

import pytest

from geodata.vocabulary.kind_names import kind_of_name

# Names as offices write them, and what a person takes them for.
SAID = {
    "Puskesmas Sewon I": "puskesmas",
    "UPTD PUSKESMAS RAWAT INAP 3": "puskesmas",
    "PKM Kalisat": "puskesmas",
    "P.K.M. Kalisat": "puskesmas",
    "Dinas Kesehatan UPT Puskesmas Jaya": "puskesmas",
    "Puskemas ARJASA": "puskesmas",
    "Pusat Kesehatan Masyarakat Jaya": "puskesmas",
    "Puskésmas Jaya": "puskesmas",
    "Ｐuskesmas Jaya": "puskesmas",
    "Puskesmas Pembantu Amplas": "pustu",
    "Puskesmas Pambantu Pendowoharjo": "pustu",
    "Puskesmas-Pembantu, Jaya": "pustu",
    "PUSKESMASPEMBANTU Jaya": "pustu",
    "Puskesmas Jaya (Pembantu)": "pustu",
    "pustu2": "pustu",
    "Posyandu Puskesmas Jaya": "posyandu",
    "Pos Yandu Melati 12": "posyandu",
    "Posyandú Melati": "posyandu",
    "Posyandu Perumahan RS Indah": "posyandu",
    "Polindes PUSTU Sapeken": "polindes",
    "Ponkesdes Jaya": "ponkesdes",
    "RSUD dr. Soebandi": "hospital",
    "R.S.U.D. Jaya": "hospital",
    "R.S. Umum Jaya": "hospital",
    "RS2 Jaya": "hospital",
    "Klinik Rumah Sakit Jaya": "clinic",
    "Praktek Bidan Puskesmas Jaya": "other",
    "Rumah Dinas Dokter Puskesmas Jaya": "other",
    "Gudang Obat Puskesmas": "other",
    "Puskesmas Keliling 2": "other",
    "Mobil Puskesmas Keliling": "other",
    "PKM Keliling Perumnas": "other",
    "Pusk. Keliling I": "other",
    "Puskesmas Jaya (Keliling)": "other",
    # What once was one is none.
    "Gedung Puskesmas Lama": "other",
    "Bangunan lama Pustu Jaya": "other",
    "Gedung Puskesmas Jaya": "puskesmas",
    "Puskesmas Kota Lama": "puskesmas",
    # Short forms, slips of the pen, and an office's name before a unit's.
    "Puskesmas Pemb. Jaya": "pustu",
    "Pusk. Pemb. Jaya": "pustu",
    "PKM Pemb": "pustu",
    "PKM Kalisat (Pemb.)": "pustu",
    "Puskesmas Pembntu Jaya": "pustu",
    "Puskesmas Pembamtu": "pustu",
    "Puksesmas Pembantu Jaya": "pustu",
    "UPTD Dinas Kesehatan Pustu Jaya": "pustu",
    "Dinas Kesehatan UPTD Pustu Jaya": "pustu",
    "Dinkes Puskesmas Pembantu Jaya": "pustu",
    "Kantor Pustu Jaya": "pustu",
    "Pukesmas Jaya": "puskesmas",
    "Puskesamas Jaya": "puskesmas",
    "Posyadu Melati": "posyandu",
    "Posy. Melati": "posyandu",
    "Pos Kesdes Jaya": "poskesdes",
    "Pos Kes Des Jaya": "poskesdes",
    "Polinds Jaya": "polindes",
    "Dinas Kesehatan": "other",
    "Rumah Dinas Pustu Jaya": "other",
    "Eks Puskesmas Jaya": "other",
    "Bekas Pustu": "other",
}


@pytest.mark.parametrize(("name", "kind"), SAID.items())
def test_a_name_says_what_its_facility_is(name, kind):
    found = kind_of_name(name)
    assert found is not None
    assert found.kind == kind


# "RS" and "PKM" stand inside other words; a bare name says nothing.
@pytest.mark.parametrize("name", ["KORPS", "Sirsak", "Balai RSX", "Kursus", "SPKMB", "Jaya", "", "-", "123"])
def test_other_words_say_nothing(name):
    assert kind_of_name(name) is None


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, lambda n: f"  {n.replace(' ', ' . ')} "])
def test_case_and_signs_do_not_matter(change):
    # Without the names whose points and letters make one word.
    for name, kind in SAID.items():
        if "." not in name:
            assert kind_of_name(change(name)).kind == kind


def test_own_phrases_come_first_and_null_means_no_facility():
    own = {"Puskesmas Jagalan": "pustu", "Rumah Singgah": None}
    assert kind_of_name("PUSKESMAS JAGALAN", own).kind == "pustu"
    assert kind_of_name("Puskesmas Jagalan Dua", own).kind == "pustu"
    assert kind_of_name("Puskesmas Jagal", own).kind == "puskesmas"
    nothing = kind_of_name("Rumah Singgah Puskesmas", own)
    assert nothing is not None
    assert nothing.kind is None


@pytest.mark.parametrize("sign", ["-", "", "…", "?"])
def test_a_phrase_without_a_word_means_names_without_one_and_no_others(sign):
    assert kind_of_name("Posyandu Melati", {sign: None}).kind == "posyandu"
    assert kind_of_name("Balai Desa", {sign: None}) is None
    assert kind_of_name("-", {sign: None}).kind is None
