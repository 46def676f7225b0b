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


# --- Ticks, and what the heading asks -----------------------------------------------------------------

YES, NO, UNKNOWN = {"yes": 3, "no": 3}, {"no": 3, "yes": 3}, {"yes": 3, "unknown": 3}


@pytest.mark.parametrize(("heading", "words", "found"), [
    ("Aktif", ("v", "-"), YES), ("Aktif", ("✓", None), UNKNOWN), ("Aktif", ("√", "x"), YES),
    ("AKTIF", ("V", "X"), YES), ("Aktif (Ya/Tidak)", ("Ya", "Tidak"), YES), ("Buka", ("Ya", "Tidak"), YES),
    ("Beroperasi (Ya/Tidak)", ("Ya", "Tidak"), YES), ("Masih Berfungsi (Y/T)", ("ya", "tidak"), YES),
    ("Tidak Aktif", ("v", None), {"no": 3, "unknown": 3}), ("Tidak Aktif", ("v", "-"), NO),
    ("Tidak Berfungsi", ("Ya", "Tidak"), NO), ("Tdk Aktif", ("1", "0"), NO),
    ("Berfungsi", ("v", None), UNKNOWN),
    ("Aktif", ("ya", "x"), YES), ("Apakah masih aktif?", ("Ya", "Tidak"), YES),
])  # fmt: skip
def test_a_tick_says_what_its_heading_asks(folder, heading, words, found):
    listed(folder, heading, *words)
    said, layers, told = built(folder)
    assert said["facilities"][0]["functioning"] == heading
    assert layers.facilities["functioning"].value_counts().to_dict() == found
    assert "functioning_unread" not in told
    assert ("functioning_dash" in told) == ("-" in words)
    assert ("functioning_unticked" in told) == (None in words)


@pytest.mark.parametrize(("heading", "words"), [
    ("Berfungsi", ("Ada", "Tidak Ada")), ("Aktif", ("x", None)), ("Aktif", ("Ada", "Tidak Ada")),
    ("Beroperasi", ("Senin", "Selasa")), ("Aktif", ("x", "tidak")),
])  # fmt: skip
def test_what_a_heading_asks_and_nobody_can_read_is_asked(folder, heading, words):
    listed(folder, heading, *words)
    assert f"# which? functioning: {heading}  # does it say" in draft(folder).text
    found = set(built(folder)[1].facilities["functioning"])
    assert found <= {"unknown", "no"}


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(("over", "yes", "no"), [
    ("Status", "Aktif", "Tidak Aktif"), ("Kondisi", "Berfungsi", "Tidak Berfungsi"), ("Aktif", "Ya", "Tidak"),
    ("Status Operasional", "Buka", "Tutup"),
])  # fmt: skip
@pytest.mark.parametrize("mark", ["v", "X", "√"])
def test_of_two_columns_the_ticked_one_counts(folder, over, yes, no, mark, merged):
    ticks = [(mark, None), (None, mark), (None, None), (mark, mark), (mark, None), ("-", mark)]
    rows = [[*unit, *two] for unit, two in zip(UNITS, ticks, strict=True)]
    blocks = ["E1:F1", *(f"{c}1:{c}2" for c in "ABCD")] if merged else []
    book(folder / "pustu.xlsx", [[*HEADS, over, None], [None] * 4 + [yes, no], *rows], *blocks)
    _, layers, told = built(folder)
    rows = layers.facilities.assign(row=[int(i.rsplit(":", 1)[1]) for i in layers.facilities.index])
    found = rows.sort_values("row")["functioning"].tolist()
    assert found == ["yes", "no", "unknown", "unknown", "yes", "no"]
    # Both were ticked: that is told.
    assert [cell.value for cell in told["functioning_unread"].cells] == [mark]


def test_an_answer_below_a_heading_that_denies_says_what_is_meant():
    """A bare "ya" in a column "Tidak Aktif" would say that the unit does not function."""
    from types import SimpleNamespace

    from planner.reports.senders.answers import _denies

    returned = SimpleNamespace(rows=[["Nama", "Tidak Aktif", "Aktif"]], head=1)
    assert [_denies(SimpleNamespace(targets=(at,)), returned) for at in (2, 3)] == [True, False]
    assert not _denies(SimpleNamespace(targets=()), returned)
