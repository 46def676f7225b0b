"""What a layer has to hold where it enters: every fault is reported at once, with its rows."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata.errors import SchemaError
from geodata.schemas import validate
from planner.pipeline import demo_layers


@pytest.fixture
def villages():
    return demo_layers(12).villages


def told(layer, frame):
    """Every fault, without how it begins."""
    with pytest.raises(SchemaError) as said:
        validate(layer, frame)
    head, *faults = str(said.value).split("\n  ")
    assert head == f"the {layer} layer has faults; correct the file and build again:"
    return [fault.split("; ") for fault in faults]


def test_all_layers_of_the_demo_hold_what_they_have_to():
    layers = demo_layers(12)
    for name in ("villages", "roads", "facilities", "hamlets"):
        validate(name, getattr(layers, name))


def test_all_faults_are_told_together(villages):
    first = villages.index[0]
    villages.loc[first, "village_name"] = None
    villages["people"] = -1.0
    names, people = told("villages", villages)
    assert names == [f"villages.village_name: 1 row fails 'not_nullable': {first}", "fill the empty cells"]
    assert people[0].startswith("villages.people: 12 rows fail 'must be 0 or more, and finite': ")
    assert people[0].endswith("and 7 more")


def test_a_column_that_is_missing_and_ids_that_repeat(villages):
    villages = villages.drop(columns="kind").iloc[[0, 0]]
    (ids, keep), (column, add) = told("villages", villages)
    assert ids.startswith("villages.village_code: 2 rows fail 'field_uniqueness'")
    assert column == "villages.index: 1 row fails 'column_in_dataframe': kind"
    assert (keep, add) == ("keep one row for each", "add the column")


def numbers(column):
    return range(len(column))


def one_number(column):
    return [7, *column[1:]]


@pytest.mark.parametrize(("other", "rows"), [(numbers, "12 rows fail"), (one_number, "1 row fails")])
def test_numbers_are_no_texts(villages, other, rows):
    """Nor where one of them stands among texts."""
    villages["village_name"] = pd.Series(other(villages["village_name"]), index=villages.index)
    [[fault, _]] = told("villages", villages)
    assert f"villages.village_name: {rows} 'dtype(" in fault
    assert villages.index[0] in fault


def test_texts_may_be_kept_in_any_way(villages):
    for kind in (object, "str", "string"):
        villages["village_name"] = villages["village_name"].astype(kind)
        validate("villages", villages)


def test_categories_are_no_texts():
    units = demo_layers(12).facilities
    units["name"] = pd.Categorical(units["name"])
    [[fault, _]] = told("facilities", units)
    assert fault.startswith("facilities.name: ")
