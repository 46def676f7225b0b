"""What is divided over kabupaten: so many units, or rupiah in equal steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from planner.siting.ask import Ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.siting.measures import Measure

# Money is divided in so many steps at most.
MOST_STEPS = 10_000
# A curve has so many points; more of money, since costs lie between them.
POINTS, POINTS_OF_MONEY = 60, 240


@dataclass(frozen=True)
class Amount:
    """So many units, or rupiah in steps of equal size.

    Attributes
    ----------
    steps
        How many there are to divide.
    step_idr
        Rupiah of a step; None where a step is a unit.
    exact
        Whether whatever is bought costs whole steps.
    given
        What was asked for: units, or rupiah.
    """

    steps: int
    step_idr: float | None
    exact: bool
    given: float

    @property
    def is_money(self) -> bool:
        """Whether rupiah are divided."""
        return self.step_idr is not None

    @property
    def name(self) -> str:
        """What files are called after.

        Examples
        --------
        >>> units(100).name
        '100'
        """
        return f"{self.given:.0f}-rp" if self.is_money else str(self.steps)

    def ask(self) -> Ask:
        """Return the question to a plan of all of it in one place."""
        return Ask(budget_idr=self.given) if self.is_money else Ask(units=self.steps)

    def points(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the amounts at which a curve is made, up to all that there is to buy.

        Small ones lie closer together, since an area gets a small part of the whole.

        Parameters
        ----------
        cost
            float64 ``(sites,)``, of all that may be bought in an area.

        Returns
        -------
        amounts
            float64 ``(amounts,)``, rising, units or rupiah.

        Examples
        --------
        >>> Amount(4, 2.5e8, exact=True, given=1e9).points(np.full(3, 2.5e8)).tolist()
        [0.0, 250000000.0, 500000000.0, 750000000.0]
        """
        step = 1.0 if self.step_idr is None else self.step_idr
        most = min(self.steps, math.ceil(float(cost.sum()) / step * (1 - 1e-12)))
        points = POINTS_OF_MONEY if self.is_money else POINTS
        if most <= points:
            return np.arange(most + 1, dtype=np.float64) * step
        number: NDArray[np.float64] = np.unique(np.round(most * np.linspace(0.0, 1.0, points + 1) ** 2))
        return number * step


def units(number: int) -> Amount:
    """Return so many units.

    Raises
    ------
    ConfigError
        Less than 1.

    Examples
    --------
    >>> units(3).steps
    3
    """
    Ask(units=number)  # says what is wrong with the number
    return Amount(number, None, exact=True, given=number)


def money(budget_idr: float, measures: Mapping[str, Measure]) -> Amount:
    """Return an amount of rupiah, in steps of which each measure costs a whole number where possible.

    Parameters
    ----------
    budget_idr
        Rupiah.
    measures
        What can be done, by name.

    Raises
    ------
    ConfigError
        No amount; a measure without a cost; nothing costs so little.

    Examples
    --------
    >>> from planner.siting.measures import Measure
    >>> new = Measure(op="open", kind="pustu", spacing_m=1000, cost_idr=3.5e8)
    >>> up = Measure(op="upgrade", kind="pustu", of=["polindes"], cost_idr=1e8)
    >>> amount = money(1e10, {"open_pustu": new, "upgrade_to_pustu": up})
    >>> amount.steps, amount.step_idr, amount.exact
    (200, 50000000.0, True)
    """
    Ask(budget_idr=budget_idr)  # says what is wrong with the amount
    if not measures:
        msg = "no measure leads to such a kind: name one in the measures file, or correct the kind"
        raise ConfigError(msg)
    # A sum may miss a cost by its last bit; the solver takes it as paid, too.
    room = budget_idr * (1 + 1e-12)
    without = sorted(name for name, one in measures.items() if one.cost_idr is None)
    if without:
        msg = f"no cost is given for {', '.join(without)}: write cost_idr in a measures file, or divide units"
        raise ConfigError(msg)
    costs = [float(one.cost_idr) for one in measures.values() if one.cost_idr is not None]
    if min(costs) > room:
        least = f"Rp {min(costs):,.0f}"
        msg = f"a budget of Rp {budget_idr:,.0f} buys none of the measures: the cheapest costs {least}"
        raise ConfigError(msg)
    if all(cost.is_integer() for cost in costs):
        step = math.gcd(*(int(cost) for cost in costs))
        if budget_idr / step <= MOST_STEPS:
            return Amount(int(room // step), float(step), exact=True, given=budget_idr)
    return Amount(MOST_STEPS, budget_idr / MOST_STEPS, exact=False, given=budget_idr)
