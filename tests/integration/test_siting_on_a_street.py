"""Options of plans that work together, against every choice of units on one straight street.

On the street a minute is so many metres, so that who reaches what is reckoned here from the words alone.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from support import at, box, facilities, hamlets, layers, line, roads, villages, whole

from geodata.adoption import Adoption
from geodata.errors import ConfigError
from planner.pipeline import Ask, Floor, RolloutPlan, Study, robustness, rollout, site
from planner.scenarios.scenario import default_scenario
from planner.siting.measures import At, Measure, Measures

# A dirt road: 30 km/h x 0.7 in the dry and x 0.4 in the wet, by motorcycle and by car.
M_A_MINUTE = {"dry": 350.0, "wet": 200.0}
# All lie at multiples of this, and no limit is one of them.
STEP = 500
MINUTES, WITHIN_MINUTES, ROOM = 8.3, 9.7, 300.0
METRES = {season: MINUTES * speed for season, speed in M_A_MINUTE.items()}
DISTRICTS = 3
SEEDS, EXAMPLES = st.integers(0, 2**32 - 1), 8
# The stages in their order, as an office knows them.
STAGES = ("sosialisasi", "komitmen", "klaster", "sdm_sarpras", "peluncuran", "pws")
pytestmark = pytest.mark.slow


class Street:
    """A town drawn by chance: hamlets, each a village of its own, in three kecamatan along a road."""

    def __init__(self, seed, *, many=6, pustu=2, puskesmas=3, broken=0.3, room=False):
        rng = self.rng = np.random.default_rng(seed)
        spots = rng.permutation(np.arange(0, 24)) * STEP
        self.x = np.sort(spots[:many]).astype(float)
        self.people = rng.integers(30, 400, many).astype(float)
        self.district = np.minimum(np.arange(many) * DISTRICTS // many, DISTRICTS - 1)
        # Some units stand where people live, others between.
        self.units = [
            (f"{kind[:4]}{i}", kind, float(rng.choice(spots)), bool(rng.random() >= broken))
            for kind, n in (("pustu", pustu), ("puskesmas", puskesmas))
            for i in range(n)
        ]
        self.codes = [f"99.01.0{d + 1}.20{i:02}" for i, d in enumerate(self.district)]
        self.room = {u[0]: float(rng.integers(50, 400)) for u in self.units} if room else {}

    def area(self):
        rows = [(name, kind, at(x, 0), self._village(i)) for i, (name, kind, x, _) in enumerate(self.units)]
        frame = facilities(rows, functioning=["yes" if works else "no" for *_, works in self.units])
        if self.room:
            frame["capacity_people"] = [self.room[name] for name, *_ in self.units]
        half = STEP / 2
        shapes = {
            code: (box(x - half, -900, x + half, 900), n)
            for code, x, n in zip(self.codes, self.x, self.people, strict=True)
        }
        street = [{"from": 0, "to": 1, "geometry": line((-500, 0), (12_500, 0)), "surface": "dirt"}]
        dusun = [
            (f"h{i}", code, at(x, 0), n)
            for i, (code, x, n) in enumerate(zip(self.codes, self.x, self.people, strict=True))
        ]
        found = layers(villages(shapes), roads(street), frame, hamlets(dusun), listed=("puskesmas", "pustu"))
        return whole(found, "puskesmas", "pustu")

    def _village(self, unit):
        """Each puskesmas is of a kecamatan of its own: it is the only one there."""
        name = self.units[unit][0]
        of = int(name[-1]) % DISTRICTS if name.startswith("pusk") else 0
        return next(c for c, d in zip(self.codes, self.district, strict=True) if d == of)

    def study(self):
        rules = default_scenario()
        limit = {"limit_minutes": MINUTES, "limit_minutes_wet": None, "people_per_unit": 1000.0, "counts": ()}
        pustu = rules.standard["pustu"].model_copy(update=limit)
        rules = rules.model_copy(update={"standard": {**rules.standard, "pustu": pustu}})
        return Study(self.area(), scenario=rules, modes=["car"])

    def working(self, kind):
        return [x for _, of, x, works in self.units if of == kind and works]

    def near(self, x, season="dry"):
        """Who is within the limit of a unit at x."""
        return np.abs(self.x - x) <= METRES[season]

    def reached(self, xs, season="dry"):
        return np.any([self.near(x, season) for x in xs] or [np.zeros(len(self.x), bool)], axis=0)

    def chosen(self, plan):
        """Where the units of a plan stand: each candidate is its village's hamlet."""
        return sorted(float(self.x[self.codes.index(v)]) for v in plan.sites["village_code"])


def opening(**more):
    one = Measure(op="open", kind="pustu", at=(At.SETTLEMENTS,), spacing_m=100.0, lead_years=0.0, **more)
    return Measures(measures={"new": one})


def every(places, most):
    return (c for n in range(most + 1) for c in combinations(places, n))


def with_room(town, units):
    """How many people have room at units (x, room) within the limit: the greatest flow, by SciPy."""
    pairs = [(i, j) for j, (x, _) in enumerate(units) for i in np.flatnonzero(town.near(x))]
    if not pairs:
        return 0.0
    of_place = np.array([[i == place for i, _ in pairs] for place in range(len(town.x))], float)
    of_unit = np.array([[j == unit for _, j in pairs] for unit in range(len(units))], float)
    most = np.concatenate([town.people, [room for _, room in units]])
    return -linprog(-np.ones(len(pairs)), A_ub=np.vstack([of_place, of_unit]), b_ub=most).fun


@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_a_distance_between_units_that_have_room_for_so_many(seed):
    town = Street(seed, room=True)
    apart = (2 + seed % 4) * STEP + 250.0
    there = [(x, town.room[name]) for name, kind, x, works in town.units if kind == "pustu" and works]
    now = with_room(town, there)

    def allowed(xs):
        every_x = [*xs, *(x for x, _ in there)]
        return all(abs(x - y) >= apart for i, x in enumerate(xs) for k, y in enumerate(every_x) if i != k)

    best = max(with_room(town, [*there, *((x, ROOM) for x in c)]) for c in every(town.x, 2) if allowed(c))
    ask = Ask(units=2, capacity=True, min_distance_m=apart)
    plan = site(town.study(), "pustu", ask, measures=opening(capacity_people=ROOM))
    assert allowed(town.chosen(plan))
    assert plan.people_now == pytest.approx(now, abs=1e-6)
    assert plan.people_added == pytest.approx(best - now, abs=1e-6)
    assert str(plan.solution.proof) == "optimal"


@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_two_units_within_reach_in_the_dry_and_in_the_wet(seed):
    town = Street(seed, pustu=3)
    there = town.working("pustu")

    def counted(xs):
        """Units at one place are one."""
        units = sorted({*there, *xs})
        enough = [
            np.sum([np.zeros(len(town.x)), *(town.near(x, season) for x in units)], axis=0) >= 2
            for season in M_A_MINUTE
        ]
        return town.people[np.logical_and(*enough)].sum()

    best = max(counted(c) for c in every(town.x, 3))
    plan = site(town.study(), "pustu", Ask(units=3, backup=2, seasons=("dry", "wet")), measures=opening())
    assert plan.people_added == pytest.approx(best - counted(()), abs=1e-6)
    assert counted(town.chosen(plan)) == pytest.approx(best)
    assert str(plan.solution.proof) == "optimal"


@pytest.mark.parametrize("of", ["all", "district", "worst_tenth"])
@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_floors_beside_sites_that_are_forced_and_forbidden(seed, of):
    town = Street(seed, many=7)
    there, share = town.working("pustu"), float(town.rng.choice([0.3, 0.6, 0.9]))
    forced, forbidden = town.rng.permutation(len(town.x))[:2].tolist()
    parts = {
        "all": [np.ones(len(town.x), bool)],
        "district": [town.district == d for d in range(DISTRICTS)],
        "worst_tenth": [worst_tenth(town, there)],
    }[of]

    def kept(reached):
        return all(town.people[reached & p].sum() >= share * town.people[p].sum() - 1e-9 for p in parts)

    best = None
    for some in every(range(len(town.x)), 3):
        reached = town.reached([*there, *town.x[list(some)]])
        if forced in some and forbidden not in some and kept(reached):
            best = max(best or 0.0, town.people[reached].sum())
    study = town.study()
    ids = candidates_of(study)
    ask = Ask(units=3, floors=(Floor(of, share),), forced=(ids[town.codes[forced]],),
              forbidden=(ids[town.codes[forbidden]],))  # fmt: skip
    if best is None:
        with pytest.raises(ConfigError, match=r"floor|share"):
            site(study, "pustu", ask, measures=opening())
        return
    plan = site(study, "pustu", ask, measures=opening())
    now = town.people[town.reached(there)].sum()
    assert plan.people_added == pytest.approx(best - now, abs=1e-6)
    assert kept(town.reached([*there, *town.chosen(plan)]))
    assert town.codes[forced] in set(plan.sites["village_code"])
    assert town.codes[forbidden] not in set(plan.sites["village_code"])


def candidates_of(study):
    """The candidate of each village."""
    rows = site(study, "pustu", Ask(units=1), measures=opening()).candidates
    return dict(zip(rows["village_code"], rows.index, strict=True))


def worst_tenth(town, there):
    """Those with the longest way today, a tenth of the people, and all with the same way as the last of them.

    Who cannot reach any unit has the longest way of all.
    """
    away = np.array([min((abs(x - u) for u in there), default=np.inf) for x in town.x])
    order = np.argsort(-away, kind="stable")
    enough = np.cumsum(town.people[order]) >= 0.1 * town.people.sum() - 1e-9
    return away >= away[order[np.argmax(enough)]]


@pytest.mark.parametrize("seasons", [("dry",), ("wet",), ("dry", "wet")])
@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_stops_that_a_puskesmas_can_serve(seed, seasons):
    town = Street(seed, many=7, puskesmas=2, broken=0.25)
    bases, there = town.working("puskesmas"), town.working("pustu")
    # One and the same puskesmas in each season: the slower of them decides.
    reach = WITHIN_MINUTES * min(M_A_MINUTE[s] for s in seasons)
    stops = [x for x in town.x if any(abs(x - b) <= reach for b in bases)]
    one = Measure(op="mobile", kind="pustu", at=(At.SETTLEMENTS,), spacing_m=100.0, days_a_month=4,
                  counts_from_days=4, reach_minutes=WITHIN_MINUTES)  # fmt: skip
    study, measures = town.study(), Measures(measures={"stop": one})
    if not stops:
        with pytest.raises(ConfigError, match=r"within reach of a unit that|no puskesmas functions"):
            site(study, "pustu", Ask(units=2, seasons=seasons), measures=measures)
        return

    def counted(xs):
        within = [town.reached([*there, *xs], season) for season in seasons]
        return town.people[np.logical_and.reduce(within)].sum()

    best = max(counted(c) for c in every(stops, 2))
    plan = site(study, "pustu", Ask(units=2, seasons=seasons), measures=measures)
    assert {float(town.x[town.codes.index(v)]) for v in plan.candidates["village_code"]} == set(stops)
    assert plan.people_added == pytest.approx(best - counted(()), abs=1e-6)
    names = {x: name for name, kind, x, works in reversed(town.units) if kind == "puskesmas" and works}
    for village, served in zip(plan.sites["village_code"], plan.sites["served_from"], strict=True):
        x = town.x[town.codes.index(village)]
        nearest = min(abs(x - b) for b in bases)
        assert served in {name for b, name in names.items() if abs(x - b) == nearest}


@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_units_wait_until_their_puskesmas_has_the_stage(seed):
    """Today, from a year that the plan names, or never; the list may say a stage further on than asked."""
    town = Street(seed, many=5, broken=0.0)
    rng, years = town.rng, 3
    asked = STAGES[int(rng.integers(1, len(STAGES)))]
    known, ready, first = [], {}, {}
    for d in range(DISTRICTS):
        name, has = f"pusk{d}", rng.choice([*STAGES, ""])
        if has:
            known.append(Adoption(name, str(has)))
        named = int(rng.integers(0, years + 1)) if rng.random() < 0.6 else None
        if named is not None:
            ready[name] = 2027 + named
        now = bool(has) and STAGES.index(has) >= STAGES.index(asked)
        first[d] = 0 if now else years if named is None else named
    lead, units = int(rng.integers(0, 2)), rng.integers(0, 3, years).tolist()
    # A plan without any unit in any year is refused.
    units[0] += not any(units)
    there = town.working("pustu")

    def opens(decided):
        return [years if t is None else t + lead for t in decided]

    def allowed(decided):
        each = [sum(t == year for t in decided) <= units[year] for year in range(years)]
        pairs = zip(decided, opens(decided), town.district, strict=True)
        return all(each) and all(t is None or (o < years and o >= first[d]) for t, o, d in pairs)

    def counted(decided):
        total = 0.0
        for year in range(years):
            xs = [x for x, o in zip(town.x, opens(decided), strict=True) if o <= year]
            total += town.people[town.reached([*there, *xs])].sum()
        return total

    some = (None, *range(years))
    best = max(counted(c) for c in product(some, repeat=len(town.x)) if allowed(c))
    plan = RolloutPlan.model_validate({
        "kind": "pustu", "years": [{"year": 2027 + t, "units": n} for t, n in enumerate(units)],
        "after_stage": {"stage": asked, "ready": ready},
    })  # fmt: skip
    one = opening().measures["new"].model_copy(update={"lead_years": float(lead)})
    found = rollout(town.study(), plan, measures=Measures(measures={"new": one}), adoption=known)
    assert found.solution.objective == pytest.approx(best - counted((None,) * len(town.x)), abs=1e-6)
    decided = [None] * len(town.x)
    for village, year in zip(found.sites["village_code"], found.sites["year_decided"], strict=True):
        decided[town.codes.index(village)] = int(year) - 2027
    assert allowed(decided)
    assert counted(decided) == pytest.approx(best)


@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_plans_in_uncertain_times(seed):
    """A factor on all trips moves the limit; each draw has its season, its factor, its people."""
    town = Street(seed)
    there, study, draws = town.working("pustu"), town.study(), 8
    plan = site(study, "pustu", Ask(units=2), measures=opening())
    found = robustness(study, plan, draws=draws, seed=seed % 1000)
    speed, wet = found.draws.speed, found.draws.wet
    number = [list(study.layers.villages.index).index(code) for code in town.codes]
    people = town.people * found.draws.people[:, number]

    def within(xs, d):
        metres = METRES["wet" if wet[d] else "dry"] * speed[d]
        return np.any([np.abs(town.x - x) <= metres for x in [*there, *xs]], axis=0) & np.ones(
            len(town.x), bool
        )

    def reached(xs):
        return np.array([people[d][within(xs, d)].sum() for d in range(draws)])

    values = {c: reached(c) for c in every(town.x, 2)}
    table, plans = found.table, found.plans
    assert table["alone"].to_numpy() == pytest.approx(np.max(list(values.values()), axis=0))
    assert plans.loc["expected", "people_mean"] == pytest.approx(max(v.mean() for v in values.values()))
    assert plans.loc["worst_case", "people_worst"] == pytest.approx(max(v.min() for v in values.values()))
    place = dict(zip(plan.candidates.index, plan.candidates["village_code"], strict=True))
    often = dict.fromkeys(plan.candidates.index, 0)
    for d, one in enumerate(found.alone):
        names = plan.candidates.index[one.chosen]
        xs = [float(town.x[town.codes.index(place[name])]) for name in names]
        # What is counted as chosen is a plan that is the best of its draw.
        assert reached(xs)[d] == pytest.approx(table["alone"].iloc[d])
        for name in names:
            often[name] += 1
    for name, share in found.sites["chosen_alone"].items():
        assert share == pytest.approx(often[name] / draws)
    for which in ("nominal", "expected", "worst_case"):
        mine = found.sites.index[found.sites[f"in_{which}"]]
        xs = [float(town.x[town.codes.index(place[name])]) for name in mine]
        assert table[which].to_numpy() == pytest.approx(reached(xs))
        served = np.mean([within(xs, d) for d in range(draws)], axis=0)
        told = found.villages[f"{which}_served_probability"].reindex(town.codes)
        assert told.to_numpy() == pytest.approx(served)
