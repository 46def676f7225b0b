"""What is said of a configuration file that makes no sense: which key, and what to do."""

from __future__ import annotations

import pytest

from geodata.errors import ConfigError
from geodata.files.yamlfile import read_content
from planner.reports.proposal.facts import read_facts
from planner.siting.plan_file import read_plan

YEARS = "kind: posyandu\nyears: [{year: 2027, units: 1}, {year: 2028, units: 1}, {year: 2030, units: 1}]\n"


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (read_facts, "source: x\nstatements: []\n", "line 2: statements: give at least 1 of these (got [])"),
        (read_plan, YEARS, "years follow each other, each once; these are 2027, 2028, 2030"),
        (read_plan, "kind: pustu\nyears: [{year: 2027}]\n",
         "line 2: years.0: 2027: give units or budget_idr, one of them"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_words_and_once(tmp_path, read, text, said):
    """Seen once: "Tuple should have …", and "line 1: : …" with all of the file behind it."""
    path = tmp_path / "a.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as told:
        read(path)
    assert str(told.value).splitlines()[-1] == f"  {said}"


def test_bytes_in_a_file_are_refused_with_their_line(tmp_path):
    path = tmp_path / "s.yml"
    path.write_text("# a\nname: !!binary '@@@'\n")
    with pytest.raises(ConfigError, match=r"line 2.*bytes \(!!binary\) are no value here; write the text"):
        read_content(path, "the scenario")
