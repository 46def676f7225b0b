"""The form of a plan in the app: numbers and money as people type them, and what does not go together."""

from __future__ import annotations

from datetime import date

import pytest

from app.figures.plan_form import BY, CHOICES, read_form, read_years, rupiah
from app.texts import Texts
from geodata.errors import ConfigError
from planner.pipeline import Ask

KIND = "posyandu"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("350000000", 350e6), ("350.000.000", 350e6), ("350,000,000", 350e6), ("Rp 1.500", 1500.0),
     ("rp350 juta", 350e6), ("1,5 miliar", 1.5e9), ("2.25 Milyar", 2.25e9), ("1.5", None), ("1,50", None),
     ("12.34.567", None), ("350 jt", None), ("-5", None), ("", None), ("1e9", None), ("٣٥٠", None),
     ("1.000 juta", None)],
)  # fmt: skip
def test_rupiah_are_read_as_they_are_typed_or_refused(typed, value):
    assert rupiah(typed) == value


def test_the_form_is_read_as_a_question():
    texts = Texts("id")
    typed = {"by": "target", "amount": "92,5", "seasons": "both", "time_limit_s": "15"}
    ask, costs = read_form(typed, "pustu", texts)
    assert ask == Ask(target=0.925, seasons=("dry", "wet"), time_limit_s=15.0)
    assert costs == {}
    money = {"by": "budget_idr", "amount": "1 miliar", "cost-open_pustu": "350 juta"}
    ask, costs = read_form(money, "pustu", texts)
    assert (ask.budget_idr, ask.seasons, ask.time_limit_s) == (1e9, ("dry",), 60.0)
    assert costs == {"open_pustu": 350e6}
    # Every entry is one that the planner takes.
    for choice in CHOICES:
        for option in choice.options:
            read_form({"amount": "1", choice.field: option.key}, "pustu", texts)
    assert {o.value for o in BY.options} == {"units", "budget_idr", "target"}


@pytest.mark.parametrize(
    "typed",
    [{"amount": "0"}, {"amount": "2,5"}, {"amount": "x"}, {"amount": "6000"}, {"amount": ""},
     {"by": "target", "amount": "0"}, {"by": "target", "amount": "101"}, {"by": "target", "amount": "nan"},
     {"by": "budget_idr", "amount": "0"}, {"by": "budget_idr", "amount": "12,5"},
     {"amount": "3", "cost-open_pustu": "mahal"},
     {"amount": "3", "backup": "2", "objective": "villages"},
     *({"amount": "3", "capacity": "yes", **more} for more in (
         {"objective": "villages"}, {"backup": "2"}, {"floors": "50"}, {"seasons": "both"}, {"by": "target"},
     ))],
)  # fmt: skip
def test_what_makes_no_question_is_refused_in_words(typed):
    said = []
    for lang in ("id", "en"):
        with pytest.raises(ConfigError) as told:
            read_form(typed, "pustu", Texts(lang))
        said.append(str(told.value))
    # Each in the page's own language: what the planner itself would say is English in both.
    assert said[0] != said[1]


@pytest.mark.parametrize("typed", [
    {"by": "target", "amount": "90"}, {"objective": "villages"}, {"floors": "50"}, {"seasons": "wet"},
    {"backup": "2"}, {"capacity": "yes"},
])  # fmt: skip
def test_what_does_not_go_over_years_is_said(typed):
    texts = Texts("en")
    asked = {"years": "3", "amount": "2", **typed}
    ask, _costs = read_form(asked, KIND, texts)
    with pytest.raises(ConfigError, match="over years"):
        read_years(asked, ask, texts, today=date(2026, 11, 28))
    assert read_years({**asked, "years": ""}, ask, texts, today=date(2026, 11, 28)) == ()
