"""Coordinates, counts and durations as people type them."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import inside_indonesia, likely_cause
from geodata.readers.files.cells import text_column
from geodata.readers.numbers import (
    parse_angle,
    parse_count,
    thousands_mark,
)
from geodata.readers.pairs import parse_pair
from geodata.vocabulary.measures import parse_duration, parse_metres, parse_speed_kph, parse_tonnes


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("-8.1706", -8.1706),
        ("-8,1706", -8.1706),
        ("2°10'30\" LS", -2.175),
        ("2° 10' 30\" S", -2.175),
        ("LS 2 10 30", -2.175),
        ("106°24'36\"BT", 106.41),
        ("0°3′13″ LU", 0.053611),
        ("2 10.5 LS", -2.175),
        ("113692315", 113692315.0),
        ("-0.227096", -0.227096),
        ("1.5e1", 15.0),
    ],
)
def test_angles(text, degrees):
    assert parse_angle(text) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "utara", "2°70'00\"", "LS 2 10 30 LU", "nan", "1,2,3", "-7.9756'", "113'", "2.5°10'"]
)
def test_what_is_no_angle_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_angle(text)


@given(st.floats(-11, 6), st.integers(0, 6))
def test_a_decimal_comma_is_a_decimal_point(value, digits):
    text = f"{value:.{digits}f}"
    assert parse_angle(text.replace(".", ",")) == parse_angle(text) == float(text)


@pytest.mark.parametrize(
    "text", ["-8.17, 113.38", "-8.17 113.38", "-8,17; 113,38", "-8.17,113.38", "8.17 LS, 113.38 BT"]
)
def test_pairs(text):
    assert parse_pair(text) == pytest.approx((-8.17, 113.38))


@pytest.mark.parametrize(
    ("text", "people"),
    [("1234", 1234), ("1.234", 1234), ("1,234,567", 1234567), ("12.5", 12.5), (" 7 ", 7),
     ("1.004,00", 1004), ("1,004.50", 1004.5), ("1.004 jiwa", 1004), ("12 orang", 12), ("500jiwa.", 500)],
)  # fmt: skip
def test_counts(text, people):
    assert parse_count(text, thousands=thousands_mark([text])) == people


def test_a_column_is_read_in_one_way_or_refused():
    assert thousands_mark(["1.234", "987", "12,5"]) == "."
    assert thousands_mark(["0.125", "12.5"]) == ""
    assert thousands_mark(["1.004,00", "500,00"]) == "."
    for column in (["1.234", "1012.5"], ["1.234", "1,234"], ["1.004,00", "12.50"]):
        with pytest.raises(ValueError, match="thousands"):
            thousands_mark(column)


@pytest.mark.parametrize("text", ["-5", "banyak", "inf", "nan", "1e999", "12 buah", ""])
def test_counts_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:00", 3600),
        ("00:05:00", 300),
        ("PT1H30M", 5400),
        ("20", 1200),
        ("P1DT1H", 90_000),
        ("11:33:20", 41_600),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "PT", "-5", "1:2:3:4"])
def test_durations_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_duration(text)


def test_speeds():
    assert parse_speed_kph("50 km/h") == 50
    assert parse_speed_kph("walk") == 5
    assert math.isnan(parse_speed_kph("none"))
    assert parse_speed_kph("ID:urban") == 50


@pytest.mark.parametrize(
    ("lon", "lat", "cause"),
    [
        (0, 0, "0, 0"),
        (-8.17, 113.38, "swapped"),
        (8.17, 113.38, "swapped and the minus"),
        (113.38, 8.17, "minus sign of the latitude"),
        (-113.38, -8.17, "does not belong"),
        (792_000.0, 9_094_000.0, "metres (UTM)"),
        (113692315.0, -8.3, "longitude has lost its decimal point"),
        (113.38, -817065.0, "latitude has lost its decimal point"),
        (14.5, 35.9, "another country"),
    ],
)
def test_causes(lon, lat, cause):
    assert cause in likely_cause(lon, lat)


def test_the_southernmost_village_is_inside_indonesia():
    import numpy as np

    assert inside_indonesia(np.array([122.9]), np.array([-11.0076])).all()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45 menit", 2700), ("1 hour", 3600), ("45 min", 2700), ("1 jam 30 menit", 5400), ("2 hrs", 7200),
        ("P0Y0M0DT0H20M0S", 1200), ("1,5 jam", 5400), ("30 detik", 30), ("1 hari", 86400),
        ("90 minutes", 5400),
    ],
)  # fmt: skip
def test_durations_in_words(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        # A nought in front and three parts are of a clock; a fraction of 60 or more is of none.
        ("00.45", 45), ("01.30", 90), ("0:45", 45), ("1.30.00", 90), ("00.05.00", 5), ("20.5", 20.5),
        ("0.75", 0.75), ("45.50", 45.5), ("1:30 jam", 90), ("1 jam, 30 menit", 90),
        ("1 jam dan 15 menit", 75), ("1 hour and 15 minutes", 75), ("1.5 jam", 90),
        ("2,00 jam", 120), ("PT1H30M", 90),
    ],
)  # fmt: skip
def test_clocks_with_points_that_can_be_nothing_else(text, minutes):
    assert parse_duration(text) == minutes * 60


@pytest.mark.parametrize("text", ["1.30", "0.45", "12.30", "20.00", "23.59", "1.30 jam", "1,30 jam"])
def test_a_duration_that_may_be_two_is_not_guessed(text):
    with pytest.raises(ValueError, match="may be two durations"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["sebentar", "menit", "", "P1Y", "P0Y2M", "1 jam lebih", "0 menit", "-5 min"]
)
def test_durations_that_nobody_can_read(text):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "kph"),
    [("50 km/jam", 50), ("60;40", 40), ("ID:rural", 80), ("30|50", 30), ("20 mph", 32.18688), ("DE:walk", 5),
     ("40 kph", 40), ("37,5", 37.5)],
)  # fmt: skip
def test_speeds_in_words(text, kph):
    assert parse_speed_kph(text) == pytest.approx(kph)


@pytest.mark.parametrize("text", ["pelan", "50 per jam saja", "", "0", "-20"])
def test_speeds_that_nobody_can_read(text):
    with pytest.raises(ValueError, match=r"speed|empty"):
        parse_speed_kph(text)


def test_lengths_and_weights():
    assert [parse_metres(t) for t in ("1", "1,5 m", "80 cm", "~2", "3;2.5")] == [1, 1.5, 0.8, 2, 2.5]
    assert [parse_tonnes(t) for t in ("3.5", "2000 kg", "8 t")] == [3.5, 2, 8]
    for parse in (parse_metres, parse_tonnes):
        assert math.isnan(parse("none"))
        for bad in ("sempit", "0", "-1", ""):
            with pytest.raises(ValueError, match=r"length|weight|empty"):
                parse(bad)


# 3°24'18" is 3 + 24 / 60 + 18 / 3600 = 3.405 degrees.
@pytest.mark.parametrize(
    ("text", "degrees"),
    [("3º24´18´´ LS", -3.405), ("3˚24'18\"", 3.405), ("3°24‘18“", 3.405), ("3.405 Lintang Selatan", -3.405),
     ("- 3.405", -3.405), ("03-24-18", 3.405), ("LS: 3.405", -3.405), ("102.442.677", 102442677.0),
     ("-3.405.020", -3405020.0)],
)  # fmt: skip
def test_angles_with_the_marks_of_word_processors(text, degrees):
    assert parse_angle(text) == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["2024-01-15", "15-01-2024", "08123-45-67", "2-3"])
def test_dates_and_telephone_numbers_are_no_angles(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_angle(text)


@pytest.mark.parametrize(
    "text",
    ["LS 3°24'18\" BT 102°26'33\"", "S 03° 24.3' E 102° 26.55'", "LS: 3.405 BT: 102.4425",
     "3.405 LS - 102.4425 BT", "(-3.405, 102.4425)", "-3,405000,102,442500", "03-24-18 LS 102-26-33 BT",
     "3.405 Lintang Selatan 102.4425 Bujur Timur", "102.4425 BT, 3.405 LS", "Lat: -3.405, Long: 102.4425"],
)  # fmt: skip
def test_pairs_with_letters_words_and_dashes(text):
    assert parse_pair(text) == pytest.approx((-3.405, 102.4425))


@pytest.mark.parametrize("text", ["-3,40,102,44", "3.4 - 102.4", "-3.405 102.44 200"])
def test_pairs_that_may_be_several_are_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_pair(text)


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [([7.5, None], "Float64", ["7.5"]), ([7.0, None], "float32", ["7"]), ([35, None], "Int64", ["35"]),
     (["a", None], "str", ["a"]), ([True, None], "boolean", ["True"])],
)  # fmt: skip
def test_numbers_are_texts_of_themselves_however_a_frame_keeps_them(values, kind, texts):
    """Of ``Float64``, as parquet files may have it, the text once was ``np.float64(7.5)``."""
    found = text_column(pd.DataFrame({"n": pd.Series(values, dtype=kind)}), "n")
    assert found.dropna().tolist() == texts
    assert len(found) == 2
