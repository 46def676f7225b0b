"""A town of one straight road, on which minutes are metres ÷ 500."""

from __future__ import annotations

import random

from support import at, box, facilities, hamlets, layers, line, roads, villages

from geodata.layers import Layers
from planner.scenarios.scenario import Scenario, default_scenario

CODES = [f"99.01.01.20{i:02}" for i in range(1, 13)]
# On a tertiary road (30 km/h) a motorcycle and a car go 500 m a minute.
M_A_MINUTE = 500.0
# Off the road: 1.3 × d ÷ 3 km/h.
S_A_METRE_OFF = 1.56
# How much of a longer street each of the villages along it has.
STRETCH = 9000.0


def street(places, units, *, metres=70_000.0, people=100.0, listed=None, road=None, village=None) -> Layers:
    """One road along y = 0 from x = 0 to ``metres``, tertiary but for the columns of ``road``.

    Parameters
    ----------
    places
        x of each hamlet of 100 people; it is a village of its own unless ``village`` names its number.
    units
        (id, kind, x, further columns such as ``functioning="no"``); they function.
    listed
        The kinds of the units when None.
    """
    village = range(len(places)) if village is None else village
    codes = [CODES[v] for v in village]
    many = max(village) + 1
    shapes = {
        code: (box(-3000, 100 * i - 100, metres + 3000, 100 * i), people * codes.count(code))
        for i, code in enumerate(CODES[:many])
    }
    rows = [(u[0], u[1], at(u[2], 0), "") for u in units]
    frame = facilities(rows, functioning=["yes"] * len(rows))
    for name, *_, columns in (u for u in units if len(u) > 3):
        for column, value in columns.items():
            frame.loc[name, column] = value
    return layers(
        villages(shapes),
        roads([{"from": 0, "to": 1, "geometry": line((0, 0), (metres, 0)), **(road or {})}]),
        frame,
        hamlets([(f"h{i}", c, at(x, 0), people) for i, (c, x) in enumerate(zip(codes, places, strict=True))]),
        listed=tuple(dict.fromkeys(u[1] for u in units)) if listed is None else listed,
    )


def scenario_with(kind: str, **rule) -> Scenario:
    """Return the default scenario with other numbers in the rule of one kind."""
    base = default_scenario()
    changed = base.standard[kind].model_copy(update=rule)
    return base.model_copy(update={"standard": {**base.standard, kind: changed}})


def stretches(seed, kind="puskesmas", most=3):
    """Return villages one after the other along a road, with hamlets and units, and which are covered."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    many = rng.randint(3, 9)

    def anywhere():
        return rng.randrange(0, int(many * STRETCH), 500) + 137.0

    places = sorted({anywhere() for _ in range(12)} | {STRETCH * i + 450 for i in range(many)})
    units = sorted({anywhere() for _ in range(rng.randint(1, most))})
    covered = {i for i in range(many) if rng.random() < 0.6} or {0}
    home = [int(x // STRETCH) for x in places]
    shapes = {
        CODES[i]: (box(STRETCH * i, -400, STRETCH * (i + 1), 400), 100.0 * home.count(i)) for i in range(many)
    }
    area = layers(
        villages(shapes), None,
        facilities([(f"U{i}", kind, at(x, 0), CODES[int(x // STRETCH)]) for i, x in enumerate(units)],
                   functioning=["yes"] * len(units)),
        hamlets([(f"h{x:06.0f}", CODES[v], at(x, 0), 100.0) for x, v in zip(places, home, strict=True)]),
        listed=(kind,),
    )  # fmt: skip
    return area, many, places, units, covered


def along(many, covered=None, elsewhere=None):
    """Return the street's roads by village; in those that are not covered another road, or none."""
    rows = [
        {"from": i, "to": i + 1, "geometry": line((STRETCH * i, 0), (STRETCH * (i + 1), 0)), **more}
        for i in range(many)
        if (more := {} if covered is None or i in covered else elsewhere) is not None
    ]
    return roads(rows)
