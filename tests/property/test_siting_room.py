"""Sites with room for so many: flows by networkx, plans against every choice, by the words of METHODS."""

from __future__ import annotations

import math
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import ConfigError
from planner.kernels.lists import Lists, lists_of_pairs
from planner.kernels.rooms import filled, room_gain, rooms_of
from planner.siting.room import cuts as room_cuts
from planner.siting.room import search
from planner.siting.room.cuts import RoomCuts
from planner.siting.room.explain import explain_room, stand_ins
from planner.siting.room.instance import room_instance
from planner.siting.room.search import most_people_with_room


def most_placed(people, near, room):
    """How many people have room: the greatest flow, by networkx. ``near`` are pairs of place and site."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["all", "room"])
    for site, most in enumerate(room):
        graph.add_edge("all", ("site", site), **({} if most == np.inf else {"capacity": most}))
    for place, site in near:
        graph.add_edge(("site", site), ("place", place))
    for place, number in enumerate(people):
        graph.add_edge(("place", place), "room", capacity=number)
    return nx.maximum_flow_value(graph, "all", "room")


@st.composite
def problems(draw):
    """Up to six sites, two units and eight places; whole people, so that sums are exact."""
    sites, units, places = draw(st.integers(1, 6)), draw(st.integers(0, 2)), draw(st.integers(1, 8))
    inside = st.sets(st.integers(0, sites + units - 1), max_size=3)
    near = [(i, j) for i in range(places) for j in sorted(draw(inside))]
    people = draw(st.lists(st.integers(0, 20), min_size=places, max_size=places))
    room = draw(st.lists(st.sampled_from([0, 3, 8, 15, 30, np.inf]), min_size=sites + units,
                         max_size=sites + units))  # fmt: skip
    cost = draw(st.lists(st.integers(1, 4), min_size=sites, max_size=sites)) if draw(st.booleans()) else None
    mark = draw(st.lists(st.sampled_from("______+-"), min_size=sites, max_size=sites))
    pairs = [(a, b) for a, b in combinations(range(sites), 2) if not mark[a] == mark[b] == "+"]
    apart = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else []
    return {
        "near": near, "people": people, "room": room, "units": units, "cost": cost or [1] * sites,
        "mark": mark, "apart": apart, "budget": draw(st.integers(0, 8)),
    }  # fmt: skip


def instance_of(p):
    return room_instance(
        [float(n) for n in p["people"]], place=[i for i, _ in p["near"]], site=[j for _, j in p["near"]],
        room=[float(n) for n in p["room"]], units=p["units"], cost=[float(c) for c in p["cost"]],
        forced=np.array([m == "+" for m in p["mark"]]), forbidden=np.array([m == "-" for m in p["mark"]]),
        conflicts=np.array(p["apart"], dtype=int).reshape(-1, 2),
    )  # fmt: skip


def people_more(p, sites):
    """Who has room at some sites and at the units, beside whom the units alone have room for."""
    n = len(p["mark"])
    with_units, alone = (
        most_placed(p["people"], [(i, j) for i, j in p["near"] if j >= n or j in some], p["room"])
        for some in (set(sites), set())
    )
    return with_units - alone


def allowed(p, sites, budget):
    return (
        sum(p["cost"][j] for j in sites) <= budget
        and all(j in sites for j, m in enumerate(p["mark"]) if m == "+")
        and not any(p["mark"][j] == "-" for j in sites)
        and not any(a in sites and b in sites for a, b in p["apart"])
    )


def every_choice(p, budget):
    n = len(p["mark"])
    return [c for k in range(n + 1) for c in combinations(range(n), k) if allowed(p, c, budget)]


@pytest.mark.slow
@pytest.mark.parametrize("small", [search.SMALL, 0], ids=["whole", "by cuts"])
@given(
    p=problems(), start=st.lists(st.integers(0, 5), max_size=3, unique=True),
    known=st.sampled_from([np.inf, 0.0, 4.0]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_the_plan_is_the_best_of_all_choices(small, p, start, known):
    """From any start, and where it is known already that nothing is better than so many people more."""
    one = instance_of(p)
    choices = every_choice(p, p["budget"])
    best = max((people_more(p, c) for c in choices), default=0.0)
    begin = np.array([j for j in start if j < one.sites], dtype=int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SMALL", small)
        if known == 0.0:
            # Nothing is tried: the bound alone must not pass for a proof.
            patch.setattr(search.RoomSearch, "_try", lambda *_: None)
            patch.setattr(search.RoomSearch, "_as_if_roomy", lambda _: None)
        found = most_people_with_room(one, p["budget"], start=begin, bound=best + known, time_limit_s=20.0)
    if not choices:
        assert str(found.proof) == "infeasible"
        return
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert found.bound >= best - 1e-6
    assert str(found.proof) == "optimal"
    assert tuple(found.chosen.tolist()) in choices
    assert people_more(p, found.chosen.tolist()) == pytest.approx(best, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("most", [room_cuts.MOST_NUMBERS, 0], ids=["groups", "one plane"])
@given(p=problems(), units=st.integers(1, 3))
@settings(deadline=None)
def test_no_choice_beats_the_relaxation(most, p, units):
    p = {**p, "mark": ["_"] * len(p["mark"]), "cost": [1] * len(p["mark"])}
    core = instance_of(p).free.instance.core
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room_cuts, "MOST_NUMBERS", most)
        cuts = RoomCuts(core, float(units), np.arange(min(2, core.sites)), np.full(core.sites, 0.3))
    cuts.run(steps=50)
    n = len(p["mark"])
    best = max(
        most_placed(p["people"], [(i, j) for i, j in p["near"] if j >= n or j in c], p["room"])
        for c in every_choice(p, units)
    )
    assert core.safe + cuts.bound >= best - 1e-6


@pytest.mark.slow
@given(problems(), st.data())
@settings(deadline=None)
def test_why_a_site_is_chosen_and_what_stands_in_for_it(p, data):
    one = instance_of(p)
    choices = [c for c in every_choice(p, 8) if c]
    if not choices:
        return
    plan = data.draw(st.sampled_from(choices))
    whole = people_more(p, plan)
    why = explain_room(one, np.array(plan))
    assert sorted(why.site.tolist()) == sorted(plan)
    assert why.people_added.sum() == pytest.approx(whole, abs=1e-6)
    for k, added in enumerate(why.people_added.tolist()):
        taken, left = why.site[:k].tolist(), why.site[k:].tolist()
        gains = [people_more(p, [*taken, j]) - people_more(p, taken) for j in left]
        assert added == pytest.approx(max(gains), abs=1e-6)
    for j, alone in zip(why.site.tolist(), why.people_alone.tolist(), strict=True):
        assert alone == pytest.approx(whole - people_more(p, [k for k in plan if k != j]), abs=1e-6)
    budget = float(sum(p["cost"][j] for j in plan))
    seed = data.draw(st.integers(0, 2**32))
    xy = np.random.default_rng(seed).integers(0, 3, (len(p["mark"]), 2)).astype(np.float64)
    others = stand_ins(one, np.array(plan), budget, may_go_on=lambda: None, share=0.5, xy=xy)
    p = {**p, "mark": [m.replace("+", "_") for m in p["mark"]]}
    for j in plan:
        rest = [k for k in plan if k != j]
        losses = sorted(
            (whole - people_more(p, [*rest, k]), math.dist(xy[k], xy[j]), k)
            for k in range(len(p["mark"]))
            if k not in plan and allowed(p, [*rest, k], budget)
        )
        wanted = [one for one in losses if one[0] <= 0.5 * whole][:3]
        # Of equals the nearest. A stand-in that is better is one all the same; who loses nothing loses 0.
        assert [k for k, _ in others[j]] == [k for *_, k in wanted]
        assert [n for _, n in others[j]] == pytest.approx([max(x, 0.0) for x, *_ in wanted], abs=1e-6)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_flows_are_the_greatest_and_their_cut_says_so(data):
    sites, places = data.draw(st.integers(0, 6)), data.draw(st.integers(1, 9))
    whole = st.integers(0, 25)
    near = sorted(data.draw(st.sets(st.tuples(st.integers(0, max(sites - 1, 0)), st.integers(0, places - 1)),
                                    max_size=24 if sites else 0)))  # fmt: skip
    by_site = lists_of_pairs(
        np.array([j for j, _ in near], dtype=int), np.array([i for _, i in near], dtype=int), sites, places
    )
    people = np.array(data.draw(st.lists(whole, min_size=places, max_size=places)))
    room = np.array(data.draw(st.lists(whole, min_size=sites, max_size=sites)), dtype=np.int64)
    rooms, none = rooms_of(by_site, places), np.zeros(len(near), dtype=np.int64)
    pairs = [(i, j) for j, i in near]
    now = filled(rooms, people, room, people[by_site.item], none)
    placed = int((people - now.free).sum())
    assert placed == most_placed(people.tolist(), pairs, room.tolist())
    assert min(now.flow.min(initial=0), now.free.min(initial=0), now.left.min(initial=0)) >= 0
    # From here on nobody can have more room: those who certainly have it, and from each site the less of two.
    for certain in (now.open_, ~now.short):
        others = people * ~certain
        most = sum(min(int(room[j]), sum(int(others[i]) for k, i in near if k == j)) for j in range(sites))
        assert placed == int(people[certain].sum()) + most
    # Where a place is short, and only there, does room for one more help anybody.
    helps = [room_gain(rooms, people, now, np.array([i], np.int32), 1) for i in range(places)]
    assert now.short.tolist() == [gain > 0 for gain in helps]
    more = np.array(sorted(data.draw(st.sets(st.integers(0, places - 1)))), dtype=np.int32)
    size = data.draw(whole)
    then = most_placed(people.tolist(), [*pairs, *((int(i), sites) for i in more)], [*room.tolist(), size])
    assert room_gain(rooms, people, now, more, size) == then - placed
    # From another way to place people it comes to the same.
    wider = rooms_of(Lists(np.append(by_site.first, by_site.first[-1] + len(more)),
                           np.append(by_site.item, more).astype(np.int32)), places)  # fmt: skip
    begin = np.append(now.flow, np.zeros(len(more), dtype=np.int64))
    again = filled(wider, people, np.append(room, size), people[wider.by_site.item], begin)
    assert int((people - again.free).sum()) == then


@pytest.mark.parametrize("wrong", [
    {"people": [-1.0]}, {"people": [np.nan]}, {"room": [-1.0]}, {"room": [np.nan]}, {"cost": [0.0]},
    {"forced": np.array([True]), "forbidden": np.array([True])},
])  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError):
        room_instance(**{"people": [1.0], "place": [0], "site": [0], "room": [1.0], **wrong})
