"""What a person changed in a folder of ours, or put there, is never lost to the next run."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest

from geodata.errors import WorkspaceError
from geodata.workspace import Ours, put_back, replace_folder, require_replaceable

OURS = Ours("run.json", '"command": "x"', frozenset({"run.json", "a.docx", "*-periksa.xlsx", "b.gpkg"}))


def write(out, text="one"):
    with replace_folder(out, OURS) as stage:
        (stage / "a.docx").write_text(text)
        (stage / "run.json").write_text('{"command": "x"}')
        if text == "layers":
            with sqlite3.connect(stage / "b.gpkg") as made:
                made.execute("create table t (n)")
            made.close()


def test_a_document_that_somebody_edited_is_not_replaced(tmp_path):
    out = tmp_path / "out"
    write(out)
    write(out, "two")
    (out / "a.docx").write_text("two, and a paragraph of mine")
    for attempt in (lambda: write(out, "three"), lambda: require_replaceable(out, OURS)):
        with pytest.raises(WorkspaceError, match=r"changed since .* lost: a\.docx\. Give another folder"):
            attempt()
    assert (out / "a.docx").read_text() == "two, and a paragraph of mine"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_that_somebody_added_is_not_lost_whatever_its_name(tmp_path):
    out = tmp_path / "out"
    write(out)
    (out / "pustu-periksa.xlsx").write_text("answers")
    with pytest.raises(WorkspaceError, match=r"lost: pustu-periksa\.xlsx"):
        write(out)
    assert (out / "pustu-periksa.xlsx").read_text() == "answers"


def test_a_document_saved_while_the_command_runs_is_not_lost(tmp_path):
    out = tmp_path / "out"
    write(out)

    def replace_while_somebody_saves():
        with replace_folder(out, OURS) as stage:
            (stage / "run.json").write_text('{"command": "x"}')
            (out / "a.docx").write_text("saved meanwhile")

    with pytest.raises(WorkspaceError, match=r"a\.docx"):
        replace_while_somebody_saves()
    assert (out / "a.docx").read_text() == "saved meanwhile"


@pytest.mark.parametrize("name", ["~$a.docx", ".~lock.a.docx#", ".DS_Store"])
def test_what_a_program_leaves_beside_an_open_file_is_no_edit(tmp_path, name):
    out = tmp_path / "out"
    write(out)
    (out / name).write_text("user")
    write(out, "two")
    assert (out / "a.docx").read_text() == "two"


def test_layers_that_were_only_looked_at_are_no_edit(tmp_path):
    """QGIS turns the log of a GeoPackage on when it opens a layer, and off when it closes it."""
    out = tmp_path / "out"
    write(out, "layers")
    with sqlite3.connect(out / "b.gpkg") as shown:
        shown.execute("pragma journal_mode = wal").fetchall()
        shown.execute("select * from t").fetchall()
        shown.execute("pragma journal_mode = delete").fetchall()
    shown.close()
    write(out, "layers")
    with sqlite3.connect(out / "b.gpkg") as edited:
        edited.execute("insert into t values (1)")
    edited.close()
    with pytest.raises(WorkspaceError, match=r"b\.gpkg"):
        write(out, "layers")


def test_a_folder_of_before_we_wrote_hashes_is_replaced_by_its_names(tmp_path):
    out = tmp_path / "out"
    write(out)
    (out / "run.json").write_text('{"command": "x"}')
    (out / "a.docx").write_text("of an earlier version")
    write(out, "two")
    assert (out / "a.docx").read_text() == "two"
    assert set(json.loads((out / "run.json").read_text())["files"]) == {"a.docx"}


def test_a_record_that_was_spoiled_says_nothing_of_the_rest(tmp_path):
    out = tmp_path / "out"
    write(out)
    (out / "run.json").write_text('{"command": "x", ')
    with pytest.raises(WorkspaceError, match=r"lost: run\.json"):
        write(out)


def test_a_record_of_its_own_where_the_marker_holds_no_hashes(tmp_path):
    ours = Ours("AREA.yml", "by jangkau", frozenset({"AREA.yml"}), hashes=".jangkau.json")
    out = tmp_path / "area"

    def demo():
        with replace_folder(out, ours) as stage:
            (stage / "AREA.yml").write_text("by jangkau demo")

    demo()
    (out / ".jangkau.json").unlink()  # as an earlier version left it
    demo()
    demo()
    (out / "AREA.yml").write_text("by jangkau demo, and me")
    with pytest.raises(WorkspaceError, match=r"lost: AREA\.yml"):
        demo()


def test_a_folder_of_a_person_beside_it_is_no_leftover(tmp_path):
    mine = [tmp_path / name for name in (".out.2024backup.old", ".out.backup24.old", ".out.mine.partial")]
    for folder in mine:
        folder.mkdir()
        (folder / "thesis.docx").write_text("mine")
    write(tmp_path / "out")
    assert all((folder / "thesis.docx").read_text() == "mine" for folder in mine)


def test_a_backup_that_somebody_moved_aside_is_not_put_back_and_replaced(tmp_path):
    write(tmp_path / "out")
    backup = tmp_path / ".out.backup24.old"
    backup.mkdir()
    shutil.move(tmp_path / "out", backup / "out")
    write(tmp_path / "out", "two")
    assert (backup / "out/a.docx").read_text() == "one"


def test_what_a_killed_command_left_is_removed(tmp_path):
    left = tmp_path / ".out.abcdefgh.partial"
    (left / "new").mkdir(parents=True)
    (left / "new/a.docx").write_text("half")
    (left / ".jangkau").touch()
    write(tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_who_reads_a_folder_that_a_killed_command_had_moved_away_gets_it_back(tmp_path):
    out = tmp_path / "out"
    write(out)
    (tmp_path / ".out.abcdefgh.old").mkdir()
    shutil.move(out, tmp_path / ".out.abcdefgh.old/out")
    (tmp_path / ".out.abcdefgh.old/.jangkau").touch()
    put_back(out)
    assert (out / "a.docx").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    put_back(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
def test_a_report_that_was_edited_is_refused_before_any_work(tmp_path, demo_workspace, jangkau):
    command = ("report", str(demo_workspace), "--format", "html", "--out", str(tmp_path / "r"))
    assert jangkau(*command)[0] == 0
    assert jangkau(*command)[0] == 0
    page = tmp_path / "r/usulan.html"
    page.write_text(page.read_text("utf-8") + "mine", "utf-8")
    status, said, error = jangkau(*command)
    assert (status, said) == (2, "")
    assert "usulan.html" in error
    assert page.read_text("utf-8").endswith("mine")


def test_a_plan_that_a_killed_command_had_moved_away_is_put_back_for_its_readers(tmp_path):
    from planner.reports.workbook.plan import plan_command

    gone = tmp_path / ".plan.abcdefgh.old/plan"
    gone.mkdir(parents=True)
    (gone.parent / ".jangkau").touch()
    (gone / "run.json").write_text('{"command": "site", "area": {"code": "35.09"}}')
    assert plan_command(tmp_path / "plan", "35.09") == "site"
