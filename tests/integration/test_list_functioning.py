"""Which units function, as lists write it: `init` takes what says so, offers what may, guesses nothing."""

from __future__ import annotations

import pytest
from test_list_headings import HEADS, UNITS, book, built
from test_list_traps import with_map

from geodata.drafting.draft import draft


@pytest.fixture
def folder(tmp_path):
    return with_map(tmp_path)


def listed(folder, heading, *words):
    rows = [[*unit, words[i % len(words)]] for i, unit in enumerate(UNITS)]
    book(folder / "pustu.xlsx", [[*HEADS, heading], *rows])


@pytest.mark.parametrize(("heading", "works", "closed"), [
    ("Status", "Aktif", "Tidak Aktif"), ("Aktif", "Ya", "Tidak"), ("Keaktifan", "aktif", "non aktif"),
    ("AKTIF/TIDAK", "1", "0"), ("Kondisi", "Berfungsi", "Rusak Berat"), ("Ket", None, "tutup"),
    ("Keterangan", None, "Sudah tutup"), ("Status Operasional", "Beroperasi", "Tidak Beroperasi"),
    ("Fungsi", "berfungsi", "tidak berfungsi"), ("Status Pustu", "aktif", "nonaktif"),
])  # fmt: skip
def test_a_column_that_says_which_units_function_is_taken(folder, heading, works, closed):
    listed(folder, heading, works, closed)
    said, layers, told = built(folder)
    assert said["facilities"][0]["functioning"] == heading
    found = layers.facilities["functioning"].value_counts().to_dict()
    assert found == {"yes" if works else "unknown": 3, "no": 3}
    assert "functioning_unread" not in told


@pytest.mark.parametrize(("heading", "words"), [
    # A building may be good and empty; and of a remark most words say other things.
    ("Kondisi", ("Baik", "Rusak Ringan", "Rusak Berat")), ("Ket", ("tutup", "baru dicat", "dekat pasar")),
])  # fmt: skip
def test_a_column_that_may_say_it_is_offered(folder, heading, words):
    listed(folder, heading, *words)
    text = draft(folder).text
    assert f"# which? functioning: {heading}  # does it say whether a unit functions?" in text
    assert set(built(folder)[1].facilities["functioning"]) == {"unknown"}


@pytest.mark.parametrize(("heading", "words"), [
    ("Status", ("Milik Desa", "Pinjam")), ("Ket", ("ya", "tidak")), ("Status", ("Mandiri", "Purnama")),
    ("Kader Aktif", ("1", "0")), ("Listrik", ("Ya", "Tidak")), ("Ket", (None, "-")),
])  # fmt: skip
def test_a_column_of_something_else_is_neither(folder, heading, words):
    listed(folder, heading, *words)
    assert "functioning:" not in draft(folder).text
