"""Units or money that are divided over kabupaten: in which steps, and at which amounts curves are made."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.errors import ConfigError
from planner.nation.amount import Amount, money, units
from planner.siting.measures import default_measures


def priced(**costs: float) -> dict:
    measures = default_measures().measures
    return {name: measures[name].model_copy(update={"cost_idr": cost}) for name, cost in costs.items()}


def test_a_step_is_what_every_cost_is_a_whole_number_of() -> None:
    amount = money(5.1e9, priced(open_pustu=350e6, upgrade_to_pustu=150e6))
    assert (amount.step_idr, amount.exact, amount.steps) == (50e6, True, 102)
    assert amount.ask().budget_idr == 5.1e9
    # A sum that misses it by its last bit.
    almost = 4.35 * 100 * 1e6
    assert almost < 435e6
    assert money(almost, priced(open_pustu=435e6)).steps == 1
    assert money(almost, priced(open_pustu=1e6)).steps == 435
    # The 30 million that are left buy nothing.
    assert money(5.13e9, priced(open_pustu=350e6, upgrade_to_pustu=150e6)).steps == 102


@pytest.mark.parametrize(
    "costs", [{"open_pustu": 350_000_001, "staff_pustu": 150e6}, {"open_pustu": 0.1e6 + 0.5}]
)
def test_costs_without_a_common_step_are_divided_finely_and_said_to_be(costs: dict[str, float]) -> None:
    amount = money(1e12, priced(**costs))
    assert not amount.exact
    assert amount.steps * amount.step_idr == pytest.approx(1e12)
    assert amount.steps == 10_000


@pytest.mark.parametrize(
    ("budget", "costs", "said"),
    [
        (1e9, {"open_pustu": 350e6, "staff_pustu": None}, "no cost is given for staff_pustu"),
        (3e8, {"open_pustu": 350e6}, "buys none of the measures: the cheapest costs Rp 350,000,000"),
        (1e9, {}, "no measure leads to such a kind"),
        (0.0, {"open_pustu": 350e6}, "above 0"),
        (float("nan"), {"open_pustu": 350e6}, "above 0"),
        (float("inf"), {"open_pustu": 350e6}, "above 0"),
    ],
)
def test_money_that_buys_nothing_is_refused(budget: float, costs: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        money(budget, priced(**costs))


def test_curves_have_each_number_where_there_are_few_and_small_ones_closer() -> None:
    assert units(4).points(np.ones(9)).tolist() == [0, 1, 2, 3, 4]
    assert units(9).points(np.ones(2)).tolist() == [0, 1, 2]
    assert units(9).points(np.ones(0)).tolist() == [0]
    many = units(1000).points(np.ones(5000))
    assert (many[0], many[-1], len(many)) == (0, 1000, len(set(many.tolist())))
    assert len(many) <= 61
    assert (np.diff(many) >= 1).all()
    assert (np.diff(np.diff(many)) >= -1).all()
    # As much as there is to buy, in whole steps.
    amount = Amount(100, 50e6, exact=True, given=5e9)
    assert amount.points(np.array([350e6, 150e6]))[-1] == 500e6
    assert amount.points(np.full(99, 350e6))[-1] == 5e9
    rough = Amount(10_000, 1e5, exact=False, given=1e9)
    assert rough.points(np.array([350_000_001.0]))[-1] == 350_100_000
    with pytest.raises(ConfigError):
        units(0)
