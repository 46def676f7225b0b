"""What a workspace was before its data were replaced: kept, had back, and never lost by a build."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from geodata.earlier import earlier_states, given_lists, read_earlier, write_anew
from geodata.errors import DiskError, WorkspaceError
from geodata.layers import SourceRecord
from geodata.workspace import KEPT_EARLIER, Keep, read_workspace, state_of, write_workspace


def renamed(layers, name):
    """The same area with other facilities, and so with a file of its own."""
    facilities = layers.facilities.copy()
    facilities["name"] = name
    return replace(layers, facilities=facilities)


def names(layers):
    return set(layers.facilities["name"])


@pytest.fixture
def workspace(demo_layers, tmp_path):
    folder = tmp_path / "area"
    write_workspace(demo_layers, folder)
    return folder


@pytest.mark.slow
def test_each_state_can_be_had_back(workspace, demo_layers):
    for number in range(3):
        keep = Keep("ani", f"pustu-{number}.xlsx", state_of(workspace))
        write_workspace(renamed(demo_layers, f"unit {number}"), workspace, keep=keep)
    assert [(s.by, s.why) for s in earlier_states(workspace)] == [
        ("ani", f"pustu-{n}.xlsx") for n in (2, 1, 0)
    ]
    found = [names(read_earlier(workspace, s.name)) for s in earlier_states(workspace)]
    assert found == [{"unit 1"}, {"unit 0"}, names(demo_layers)]
    # Roads that did not change are there once.
    assert len(list(workspace.glob("roads-*.parquet"))) == 1
    assert read_workspace(workspace).villages.equals(demo_layers.villages)
    # Had back, it is as it was, to the last finding.
    write_workspace(read_earlier(workspace, "earlier-000001"), workspace, keep=Keep("ani", "back"))
    back = read_workspace(workspace)
    assert back.facilities.equals(demo_layers.facilities)
    assert back.findings == demo_layers.findings


@pytest.mark.slow
def test_only_the_latest_states_are_kept_and_no_file_is_left_over(workspace, demo_layers):
    for number in range(KEPT_EARLIER + 3):
        write_workspace(renamed(demo_layers, f"unit {number}"), workspace, keep=Keep("ani", str(number)))
    states = earlier_states(workspace)
    assert [s.why for s in states] == [str(n) for n in range(KEPT_EARLIER + 2, 2, -1)]
    assert names(read_earlier(workspace, states[-1].name)) == {"unit 2"}
    assert len(list(workspace.glob("facilities-*.parquet"))) == KEPT_EARLIER + 1


def test_data_made_of_another_state_are_refused(workspace, demo_layers):
    state = state_of(workspace)
    write_workspace(renamed(demo_layers, "built meanwhile"), workspace)
    before = {p.name for p in workspace.iterdir()}
    with pytest.raises(WorkspaceError, match="built anew meanwhile"):
        write_workspace(renamed(demo_layers, "late"), workspace, keep=Keep("ani", "late.xlsx", state))
    assert names(read_workspace(workspace)) == {"built meanwhile"}
    assert {p.name for p in workspace.iterdir()} == before


def test_a_write_that_fails_leaves_the_workspace_and_its_states(workspace, demo_layers, monkeypatch):
    write_workspace(renamed(demo_layers, "one"), workspace, keep=Keep("ani", "one"))
    whole = Path.replace

    def full(self, target):
        if Path(target).name == "manifest.json":
            raise OSError(28, "No space left on device")
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DiskError):
        write_workspace(renamed(demo_layers, "two"), workspace, keep=Keep("ani", "two"))
    monkeypatch.undo()
    assert names(read_workspace(workspace)) == {"one"}
    assert names(read_earlier(workspace, "earlier-000001")) == names(demo_layers)


def test_a_build_says_what_the_page_had_put_in_and_keeps_it(workspace, demo_layers, caplog):
    # The same name as the file that AREA.yml names.
    given = SourceRecord("facilities", "pustu.xlsx", "ab" * 32, given="2026-11-28")
    changed = replace(renamed(demo_layers, "given"), sources=(*demo_layers.sources, given))
    write_workspace(changed, workspace, keep=Keep("ani", "pustu.xlsx"))
    assert list(given_lists(workspace).values()) == ["pustu.xlsx"]
    with caplog.at_level(logging.WARNING, "jangkau"):
        write_anew(demo_layers, workspace)
    assert "pustu.xlsx" in caplog.text
    assert names(read_earlier(workspace, earlier_states(workspace)[0].name)) == {"given"}
    caplog.clear()
    # A build of what nobody changed by hand keeps nothing, and says nothing.
    write_anew(demo_layers, workspace)
    assert caplog.text == ""
    assert len(earlier_states(workspace)) == 2


def test_a_state_that_is_not_there_or_damaged_is_told(workspace, demo_layers):
    with pytest.raises(WorkspaceError, match="earlier-000009"):
        read_earlier(workspace, "earlier-000009")
    with pytest.raises(WorkspaceError):
        read_earlier(workspace, "../manifest")
    write_workspace(renamed(demo_layers, "one"), workspace, keep=Keep("ani", "one"))
    (workspace / "earlier-000001.json").write_text("{", "utf-8")
    with pytest.raises(WorkspaceError, match="damaged"):
        earlier_states(workspace)
