"""Several questions at once about one area: each its own answer, and a long one holds up no other."""

from __future__ import annotations

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from app.areas.area import Area
from app.areas.question import RuleChange, WhatIf
from app.areas.stopping import StoppedError, stoppable
from planner.coverage.study import KEPT, Study
from planner.pipeline import demo_layers, village_table
from planner.scenarios.edits import ChangeSpeed, CloseFacility, CloseRoad, Flood, OpenFacility


def questions(layers):
    """Some of units, of roads, of both, of other limits: more sets of roads than are kept."""
    middle = layers.villages.to_crs(4326).geometry.representative_point()
    first = layers.facilities.index[layers.facilities["kind"] == "puskesmas"][0]
    roads = layers.roads.index[layers.roads["road_class"].isin(["secondary", "tertiary"])][::40]
    x, y = middle.iloc[0].x, middle.iloc[0].y
    around = [(x - 0.01, y - 0.01), (x + 0.01, y - 0.01), (x + 0.01, y + 0.01), (x - 0.01, y - 0.01)]
    opened = OpenFacility(op="open_facility", id="new", kind="pustu", lonlat=(x, y))
    edits = [
        (opened,),
        (CloseFacility(id=first),),
        (Flood(op="flood", polygon=around, factor=0.2),),
        *((ChangeSpeed(mode="motorcycle", factor=f),) for f in (0.3, 0.6)),
        *((CloseRoad(op="close_road", road=road),) for road in roads[: KEPT + 2]),
        (CloseRoad(op="close_road", road=roads[0]), opened),
    ]
    limits = {"pustu": RuleChange(limit_minutes=12.0)}
    return [*(WhatIf(edits=e) for e in edits), *(WhatIf(standard=limits, edits=e) for e in edits[:4])]


@pytest.fixture
def area():
    return Area(demo_layers(12))


@pytest.mark.slow
def test_threads_that_ask_at_once_get_what_each_would_get_alone():
    layers = demo_layers(12)
    area = Area(layers)
    asked = questions(layers)
    dice = np.random.default_rng(1)
    orders = [dice.permutation(len(asked)).tolist() for _ in range(3)]
    together = threading.Barrier(len(orders))

    def one(order):
        together.wait(30)
        # By the study, as nothing of it is kept by question.
        return {k: area._study(asked[k]).gaps(asked[k].edits) for k in order}

    with ThreadPoolExecutor(len(orders)) as pool:
        found = list(pool.map(one, orders))
    assert len(area.study._edited._ways) <= KEPT
    for k, what_if in enumerate(asked):
        scenario = what_if.scenario(area.scenario)
        alone = village_table(Study(layers, scenario=scenario).gaps())
        for answers in found:
            pd.testing.assert_frame_equal(village_table(answers[k]), alone)


def test_a_long_question_holds_up_no_other_and_who_asks_the_same_waits_for_it(area, monkeypatch):
    long, other = questions(area.layers)[:2]
    began, go_on, computed, gaps = threading.Event(), threading.Event(), [], Study.gaps

    def slow(study, edits=None, **told):
        computed.append(edits)
        if edits == long.edits:
            began.set()
            assert go_on.wait(30)
        return gaps(study, edits, **told)

    monkeypatch.setattr(Study, "gaps", slow)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(area.answer, long)
        assert began.wait(30)
        again = pool.submit(area.answer, long)
        # While the first is at work.
        assert area.answer(other).what_if is other
        assert not first.done()
        assert not again.done()
        go_on.set()
        assert first.result(30) is again.result(30)
    assert computed == [long.edits, other.edits]


def test_who_waited_for_the_same_question_and_was_stopped_gets_nothing(area, monkeypatch):
    asked, stop, gaps = questions(area.layers)[0], threading.Event(), Study.gaps
    began, go_on, computed = threading.Event(), threading.Event(), []

    def fails(study, edits=None, **told):
        computed.append(edits)
        began.set()
        assert go_on.wait(30)
        if len(computed) == 1:
            msg = "the first to ask has no luck"
            raise ValueError(msg)
        return gaps(study, edits, **told)

    monkeypatch.setattr(Study, "gaps", fails)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(area.answer, asked)
        assert began.wait(30)
        stopped = pool.submit(stoppable(lambda: area.answer(asked), stop))
        stop.set()
        go_on.set()
        with pytest.raises(ValueError, match="no luck"):
            first.result(30)
        with pytest.raises(StoppedError):
            stopped.result(30)
    # What failed for one is asked anew by the next.
    assert area.answer(asked).what_if is asked
    assert computed == [asked.edits] * 2


def test_a_study_is_copied_and_sent_with_what_it_keeps():
    study = Study(demo_layers(12))
    edits = questions(study.layers)[5].edits
    here = study.gaps(edits)
    for other in (copy.deepcopy(study), pickle.loads(pickle.dumps(study))):  # noqa: S301 - our own
        assert list(other._edited._ways) == list(study._edited._ways) != []
        pd.testing.assert_frame_equal(village_table(other.gaps(edits)), village_table(here))
