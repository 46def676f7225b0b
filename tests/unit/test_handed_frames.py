"""What somebody does to a frame that he was handed changes no answer, old or new."""

from __future__ import annotations

import copy
import pickle
from dataclasses import is_dataclass

import pandas as pd
import pytest

from geodata.layers import Layers
from planner.pipeline import Ask, Gaps, Ilp, Siting, Study, demo_layers, site

# Of these every attribute is looked at, and of what they hold.
PUBLIC = (Layers, Gaps, Ilp, Siting, Study)
CALLS = ("villages", "facilities", "districts", "equity", "scores", "loads")


def frames_of(thing, path="", seen=None):
    """All frames that one gets at by the public names of an answer: name and frame."""
    seen = {} if seen is None else seen
    if isinstance(thing, (pd.DataFrame, pd.Series)):
        yield path, thing
        return
    if isinstance(thing, dict):
        for key, one in thing.items():
            yield from frames_of(one, f"{path}[{key}]", seen)
        return
    ours = isinstance(thing, PUBLIC) or (
        is_dataclass(thing) and type(thing).__module__.startswith("planner.")
    )
    if not ours or id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, Gaps):
        for name in CALLS:
            yield f"{path}.{name}()", getattr(thing, name)()
    for name in sorted({*dir(type(thing)), *vars(thing)}):
        if not name.startswith("_") and not callable(one := getattr(thing, name)):
            yield from frames_of(one, f"{path}.{name}", seen)


def spoil(frame):
    """Write the last row over the first, and more."""
    if len(frame) > 1:
        for i in range(frame.shape[1] if frame.ndim == 2 else 1):
            at = (0, i) if frame.ndim == 2 else 0
            frame.iloc[at] = frame.iloc[(-1, *at[1:]) if frame.ndim == 2 else -1]
    if frame.ndim == 2:
        frame.insert(0, "spoiled", 1)
    frame.index.name = "spoiled"


def same(one, other):
    assert one.keys() == other.keys()
    for path, frame in one.items():
        compare = pd.testing.assert_frame_equal if frame.ndim == 2 else pd.testing.assert_series_equal
        compare(frame, other[path], obj=path)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["gaps", "siting"])
def test_no_answer_changes_with_a_frame_that_was_handed_out(what):
    study = Study(demo_layers(12), modes=["car"])
    answer = study.gaps() if what == "gaps" else site(study, "pustu", Ask(units=2))
    before = {path: copy.deepcopy(frame) for path, frame in frames_of(answer)}
    wanted = {
        "gaps": {".layers.villages", ".demand", ".listed", ".demand_method", ".villages()", ".ilp.units",
                 ".coverage[pustu].villages", ".ilp.answers[pustu]", ".ilp.jejaring.villages"},
        "siting": {".sites", ".villages", ".candidates", ".curve", ".ready.candidates"},
    }[what]  # fmt: skip
    assert wanted <= before.keys()
    for _, frame in frames_of(answer):
        spoil(frame)
    same(before, dict(frames_of(answer)))
    # And the study answers as before.
    again = study.gaps() if what == "gaps" else site(study, "pustu", Ask(units=2))
    same(before, dict(frames_of(again)))


@pytest.mark.slow
def test_layers_that_change_afterwards_change_no_study():
    layers = demo_layers(12)
    study = Study(layers)
    before = study.gaps().villages()
    layers.villages["people"] = 0.0
    layers.facilities.loc[:, "functioning"] = "no"
    pd.testing.assert_frame_equal(study.gaps().villages(), before)
    # The layers themselves are their owner's: what he writes into them counts from the next study on.
    assert Study(layers).gaps().villages()["people"].sum() == 0


@pytest.mark.slow
def test_an_answer_comes_back_whole_from_another_process():
    gaps = Study(demo_layers(12)).gaps()
    back = pickle.loads(pickle.dumps(gaps))  # noqa: S301 - written a moment ago
    pd.testing.assert_frame_equal(back.villages(), gaps.villages())
    mine = back.coverage["pustu"].villages
    mine["status"] = "spoiled"
    assert "spoiled" not in set(back.coverage["pustu"].villages["status"])
