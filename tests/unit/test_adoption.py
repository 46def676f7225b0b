"""ILP adoption: stages, tables as offices write them, what is known of each puskesmas, and progress."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product

import openpyxl
import pandas as pd
import pytest

from geodata.adoption import is_later, iso_date, whole_year
from geodata.errors import ConfigError, MissingColumnError, MissingFileError, SchemaError, UnknownCodeError
from geodata.readers.adoption_table import read_adoption
from geodata.vocabulary.spelling import spelling_key
from planner.supply.stages import (
    Adoption,
    YearTarget,
    adoption_table,
    default_stages,
    progress,
    puskesmas_of,
    read_stages,
)

STAGES = default_stages()
KEYS = ("sosialisasi", "komitmen", "klaster", "sdm_sarpras", "peluncuran", "pws")
IDS = tuple(f"P17020{n:02d}" for n in range(1, 22))
TODAY = date(2024, 12, 31)


def facilities(ids=IDS, **changed):
    frame = pd.DataFrame(
        {"kind": "puskesmas", "name": [f"Puskesmas {i}" for i in ids], "village_code": "17.02.06.2001",
         "status": "used"},
        index=pd.Index(ids, name="facility_id"),
    )  # fmt: skip
    for name, values in changed.items():
        frame[name] = values
    return frame


def table_file(tmp_path, text, name="adopsi.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def read(path, **options):
    return read_adoption(path, IDS, STAGES.spellings(), **{"today": TODAY, **options})


# Rejang Lebong (17.02), as DOMAIN.md has it: 21 puskesmas, one launched in July 2024, all to be by 2025.


def test_rejang_lebong_has_one_launched_and_twenty_unknown(tmp_path):
    lines = [f"{i},{'Peluncuran,Juli 2024' if i == IDS[6] else ','},2025" for i in IDS]
    path = table_file(tmp_path, "kode_faskes,tahap,tanggal,tahun_target\n" + "\n".join(lines))
    table = adoption_table(facilities(), read(path))
    assert list(table.index) == list(IDS)
    assert table["stage"].value_counts().to_dict() == {"unknown": 20, "peluncuran": 1}
    assert table.loc[IDS[6], ["date", "document", "launched"]].tolist() == ["2024-07", "", "yes"]
    found = progress(table)
    assert (found.puskesmas, found.known, found.unknown, found.launched) == (21, 1, 20, 1)
    assert found.share_at_least == pytest.approx(1 / 21)
    assert (found.share_at_most, found.share_of_known) == (1.0, 1.0)
    # 40 % of 21 is 8.4: nine puskesmas.
    assert (found.target_share, found.target_puskesmas, found.met) == (0.4, 9, "unknown")
    assert found.by_year == (YearTarget(2025, 21, 1, 20, 21, "unknown"),)


# Stages


def test_the_default_stages_are_six_in_order_with_their_source():
    assert STAGES.keys == KEYS
    assert [STAGES.has_launched(k) for k in KEYS] == ["no"] * 4 + ["yes"] * 2
    assert STAGES.has_launched("unknown") == "unknown"
    assert (STAGES.national.share, STAGES.national.puskesmas) == (0.40, 4072)
    assert "4,072" in STAGES.national.basis
    assert [s.name.id for s in STAGES.stages] == [
        "Sosialisasi", "Komitmen/SK", "Klaster", "SDM–sarpras", "Peluncuran", "PWS berjalan"
    ]  # fmt: skip
    for stage in STAGES.stages:
        for text in (stage.key, stage.name.id.upper(), stage.name.en):
            assert STAGES.spellings()[spelling_key(text)] == stage.key


def test_an_office_writes_its_own_stages(tmp_path):
    text = (
        "launched: jalan\nnational: {share: 0.5}\nstages:\n"
        "  - {key: belum, name: {id: Belum, en: Not begun}}\n"
        "  - {key: jalan, name: {id: Berjalan, en: Running}}\n"
    )
    path = table_file(tmp_path, text, "s.yml")
    own = read_stages(path)
    assert own.keys == ("belum", "jalan")
    assert (own.national.share, own.national.puskesmas) == (0.5, 4072)
    records = [Adoption(IDS[0], "belum"), Adoption(IDS[1], "jalan")]
    table = adoption_table(facilities(IDS[:2]), records, own)
    assert table["launched"].tolist() == ["no", "yes"]
    assert progress(table, target_share=own.national.share).met == "yes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("launched: nowhere", "nowhere.*is not one of the stages"),
        ("stages: []", "at least 1"),
        ("launched: a\nstages: [{key: a, name: {id: A, en: A}}, {key: a, name: {id: B, en: B}}]", "twice"),
        (
            "launched: a\nstages: [{key: a, name: {id: A, en: X}}, {key: b, name: {id: B, en: x}}]",
            "means two",
        ),
        ("launched: unknown\nstages: [{key: unknown, name: {id: A, en: A}}]", "no stage is known"),
        ("national: {share: 40}", "national.share"),
    ],
)
def test_stages_that_make_no_sense_are_refused(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read_stages(table_file(tmp_path, text, "s.yml"))


# Dates and years


@pytest.mark.parametrize(
    ("given", "iso"),
    [
        ("2024-07-22", "2024-07-22"), ("2024-07-22 00:00:00", "2024-07-22"), ("2024-7", "2024-07"),
        ("2024", "2024"), ("22/07/2024", "2024-07-22"), ("2.7.2024", "2024-07-02"), ("07/2024", "2024-07"),
        ("28 Juni 2024", "2024-06-28"), ("17  nop 2024", "2024-11-17"), ("August 2024", "2024-08"),
        # By hand: 45292 is the first day of 2024, 36526 that of 2000, 73415 the last of 2100.
        (45479, "2024-07-06"), ("45292", "2024-01-01"), (45351.75, "2024-02-29"), ("36526", "2000-01-01"),
        (73415, "2100-12-31"),
        ("1 Peb. 2024", "2024-02-01"), (datetime(2024, 7, 22, 0, 0), "2024-07-22"),  # noqa: DTZ001 - as a workbook has it
        (date(2024, 2, 29), "2024-02-29"),
    ],
)  # fmt: skip
def test_dates_are_kept_as_exactly_as_they_were_given(given, iso):
    assert iso_date(given) == iso == iso_date(iso)


@pytest.mark.parametrize(
    "given",
    ["30/02/2024", "2023-02-29", "07/22/2024", "2024-13", "0/2024", "22/7/24", "1924-07-22", "Juli",
     "22 Jupiter 2024", "soon", "36525", "73416", "4547", "045479", "45479,5", "-45479",
     "22 Juli 2024 10:30", "٢٠٢٤", ""],
)  # fmt: skip
def test_impossible_dates_are_refused(given):
    with pytest.raises(ValueError, match=r"no date|no such day|no month|the year"):
        iso_date(given)


def test_a_date_in_part_is_later_only_if_certainly_so():
    later = {
        d: is_later(d, date(2024, 7, 15)) for d in ("2024-07-15", "2024-07", "2024", "2024-07-16", "2025")
    }
    assert list(later.values()) == [False, False, False, True, True]


@pytest.mark.parametrize("given", ["25", "2025.5", "nan", "inf", "tahun depan", "1999", "2101", "-2025", ""])
def test_what_is_no_year_is_refused(given):
    with pytest.raises(ValueError, match="no year"):
        whole_year(given)


# Tables


def test_a_workbook_with_a_title_dates_numbers_and_a_total_is_read(tmp_path):
    book = openpyxl.Workbook()
    rows = [
        ["Adopsi ILP Kabupaten Rejang Lebong"],
        [],
        ["No", "kode_puskesmas", "Tahap", "Tanggal", "Dokumen", "Tahun Target"],
        [2, IDS[1], "komitmen / SK", datetime(2024, 3, 1), "SK 440/12/2024", 2025],  # noqa: DTZ001 - as a workbook has it
        [1, IDS[0], "PWS", None, None, "2026"],
        [3, IDS[2], "tidak diketahui", None, "=cmd", None],
        [None, "Jumlah", None, None, None, None],
    ]
    for row in rows:
        book.active.append(row)
    # As text: a formula would be read as its result.
    book.active["E6"].data_type = "s"
    path = tmp_path / "adopsi.xlsx"
    book.save(path)
    assert read(path) == (
        Adoption(IDS[0], "pws", None, "", 2026),
        Adoption(IDS[1], "komitmen", "2024-03-01", "SK 440/12/2024", 2025),
        Adoption(IDS[2], "unknown", None, "=cmd", None),
    )


def test_every_fault_of_a_table_is_told_at_once(tmp_path):
    path = table_file(tmp_path, "\n".join([
        "facility_id,stage,date,document,target_year",
        f"{IDS[0]},Klister,,,",
        f"{IDS[1]},klaster,30/02/2024,,",
        f"{IDS[2]},klaster,2025-01-01,,",
        f"{IDS[3]},,2024-05-05,,",
        f"{IDS[4]},pws,,,soon",
        f"{IDS[7]},unknown,2024-06,,",
        f"{IDS[5]},pws,,{'x' * 301},",
        f"{IDS[6]},pws,,,",
        f"{IDS[6]},klaster,,,",
        "P9999999,pws,,,",
        ",pws,,,",
    ]))  # fmt: skip
    with pytest.raises(SchemaError) as caught:
        read(path)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("ILP adoption (adopsi.csv) has faults")
    told = {
        "facility_id: 1 row has none": "row 12",
        "facility_id: 1 row is of no puskesmas of the area": "row 11: 'P9999999'",
        "facility_id: 1 puskesmas are there twice": IDS[6],
        "stage: 1 row is not understood": "row 2: 'Klister' (no such stage)",
        "date: 2 rows are not understood": "row 3: '30/02/2024' (there is no such day), row 4: '2025-01-01'",
        "date: 2 rows have a date but no stage": "row 5, row 7",
        "target_year: 1 row is not understood": "row 6",
        "document: 1 row is not understood": "row 8",
    }
    assert len(lines) == 1 + len(told)
    for start, part in told.items():
        assert any(line.strip().startswith(start) and part in line for line in lines), start
    assert "The stages are sosialisasi, komitmen," in str(caught.value)


def test_without_a_day_of_today_a_later_date_is_taken(tmp_path):
    path = table_file(tmp_path, f"id;tahap;tgl\n{IDS[0]};pws;2025-01-01\n")
    assert read(path, today=None) == (Adoption(IDS[0], "pws", "2025-01-01"),)


def test_a_file_that_is_no_such_table_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match="not there"):
        read(tmp_path / "none.csv")
    with pytest.raises(MissingColumnError, match=r"facility_id \(or kode_faskes\).*the file has: nama"):
        read(table_file(tmp_path, "nama,tahap\na,pws\n"))


# The table of an area


def test_only_the_areas_puskesmas_are_listed_and_each_of_them():
    frame = facilities(
        ["c", "a", "b", "d", "e"],
        kind=["puskesmas", "puskesmas", "puskesmas", "pustu", "puskesmas"],
        village_code=["17.02.06.2001", None, None, "17.02.06.2001", None],
        status=["used", "used", "outside_buffer", "used", "unlocated"],
    )
    # a lies in the buffer, b beyond it, d is a pustu; where e is nobody knows, but it is on the area's list.
    assert puskesmas_of(frame) == ("c", "e")
    table = adoption_table(frame, [])
    assert table["stage"].tolist() == ["unknown", "unknown"]
    assert table["village_code"].isna().tolist() == [False, True]
    assert table["stage_number"].isna().all()
    assert table[["date", "target_year"]].isna().all().all()
    for stranger in ("a", "b", "d", "z"):
        with pytest.raises(UnknownCodeError, match=f"1 records are of no puskesmas of the area: {stranger}"):
            adoption_table(frame, [Adoption(stranger, "pws")])


def test_records_that_contradict_each_other_or_name_no_stage_are_refused():
    with pytest.raises(SchemaError, match=f"two records of one puskesmas: {IDS[0]}"):
        adoption_table(facilities(), [Adoption(IDS[0], "pws"), Adoption(IDS[0])])
    with pytest.raises(UnknownCodeError, match="there is no stage 'jalan'"):
        adoption_table(facilities(), [Adoption(IDS[0], "jalan")])


def test_the_order_of_rows_changes_nothing():
    records = [
        Adoption(i, KEYS[n % 6], f"2024-0{n % 9 + 1}", f"SK {n}", 2024 + n % 3) for n, i in enumerate(IDS)
    ]
    table = adoption_table(facilities(), records)
    again = adoption_table(facilities().iloc[::-1], records[::-1])
    pd.testing.assert_frame_equal(table, again)
    assert progress(table) == progress(table.iloc[::-1])
    assert table["stage_number"].tolist() == [n % 6 + 1 for n in range(21)]


def test_an_area_without_puskesmas_answers_nothing():
    found = progress(adoption_table(facilities([]), []))
    assert (found.puskesmas, found.launched, found.met, found.by_year) == (0, 0, "unknown", ())
    assert pd.isna(found.share_at_least)


# Progress


def launched_table(answers, years=None):
    return pd.DataFrame({"launched": pd.array(answers, "str"),
                         "target_year": pd.array(years or [None] * len(answers), "Int64")})  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_target_is_met_exactly_if_every_way_to_fill_the_unknown_meets_it(size, share):
    for answers in product(("yes", "no", "unknown"), repeat=size):
        outcomes = set()
        gaps = [n for n, a in enumerate(answers) if a == "unknown"]
        for filled in product(("yes", "no"), repeat=len(gaps)):
            whole = list(answers)
            for n, answer in zip(gaps, filled, strict=True):
                whole[n] = answer
            outcomes.add(whole.count("yes") >= share * size)
        found = progress(launched_table(answers), target_share=share)
        assert found.met == {(True,): "yes", (False,): "no"}.get(tuple(outcomes), "unknown")
        assert found.known + found.unknown == found.puskesmas == size


def test_a_target_met_exactly_is_met():
    # 0.07 × 100 is a little more than 7 in floating point.
    found = progress(launched_table(["yes"] * 7 + ["no"] * 93), target_share=0.07)
    assert (found.target_puskesmas, found.met) == (7, "yes")


def test_targets_by_year_hold_every_puskesmas_once():
    answers = ["yes", "yes", "no", "unknown", "yes", "unknown", "no"]
    years = [2024, 2024, 2025, 2025, None, 2026, None]
    found = progress(launched_table(answers, years)).by_year
    assert found == (
        YearTarget(2024, 2, 2, 0, 2, "yes"),
        YearTarget(2025, 2, 0, 1, 4, "no"),
        YearTarget(2026, 1, 0, 1, 5, "unknown"),
        YearTarget(None, 2, 1, 0, 0, "no"),
    )
