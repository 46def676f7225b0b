"""A question written as a scenario file, on any base: the command line and the page read the same from it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.areas.question import RuleChange, WhatIf, what_if_of_file
from planner.pipeline import read_scenario
from planner.scenarios.scenario import Scenario, default_scenario

PLAIN = default_scenario()
KINDS = st.sampled_from(sorted(PLAIN.standard))
# Few, so that a question often is the software's own value on a base with another.
LIMITS = st.sampled_from([None, 15.0, 30.0, 45.0, 60.0, *{r.limit_minutes for r in PLAIN.standard.values()}])
MODES = st.sampled_from([None, *sorted(PLAIN.modes)])
RULES = st.dictionaries(KINDS, st.tuples(MODES, LIMITS), max_size=4)


def changed(base, rules, fair):
    """The base with other rules, and up to where a time is fair, checked as a file would be."""
    content = base.model_dump(by_alias=True)
    for kind, (mode, limit) in rules.items():
        rule = content["standard"][kind]
        rule["mode"] = mode or rule["mode"]
        rule["limit_minutes"] = limit or rule["limit_minutes"]
        rule["fair_minutes"] = None if fair is None else rule["limit_minutes"] + fair
    return Scenario.model_validate(content)


def asked_of(base, rules):
    """A question with rules, of which what the base has itself is none (as the page asks it)."""
    changes = {}
    for kind, (mode, limit) in rules.items():
        now = base.standard[kind]
        changes[kind] = RuleChange(
            mode=None if mode == now.mode else mode,
            limit_minutes=None if limit == now.limit_minutes else limit,
        )
    return WhatIf(standard={k: c for k, c in changes.items() if c != RuleChange()})


@pytest.mark.slow
@settings(max_examples=60)
@given(
    of_base=RULES,
    fair=st.sampled_from([None, 0.0, 20.0]),
    rules=RULES,
    season=st.sampled_from(["dry", "wet"]),
)
def test_a_question_written_on_any_base_is_read_back(of_base, fair, rules, season):
    base = changed(PLAIN.model_copy(update={"season": season}), of_base, fair)
    question = asked_of(base, rules)
    written = question.to_yaml("usulan", base)
    assert what_if_of_file(written.encode(), base) == question
    with TemporaryDirectory() as folder:
        file = Path(folder, "s.yml")
        file.write_text(written, "utf-8")
        again = read_scenario(file)
    assert again.model_copy(update={"name": base.name}) == question.scenario(base)
