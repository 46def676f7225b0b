"""``jangkau nation``: from files to national tables, through faults, on a Dask cluster and without."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import psutil
import pytest
from nation_faults import killed_scheduler, workers_of
from nation_support import answers, write_country

from planner.nation.cluster import Failure, InThisProcess
from planner.nation.run import nation

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.nation.country import Files


# The kabupaten of the made-up country.
PARTS = 3


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_country(tmp_path_factory.mktemp("country"), 1)


@pytest.fixture(scope="module")
def undisturbed(country: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nation") / "out"
    done = nation(country, out, InThisProcess())
    assert not done.failures
    assert done.made == PARTS
    return out


@pytest.fixture
def made(undisturbed: Path, tmp_path: Path) -> Path:
    """A finished run of one's own, that a test may spoil or go on with."""
    return Path(shutil.copytree(undisturbed, tmp_path / "out"))


def options(country: Files, out: Path, *more: str) -> list[str]:
    return [
        "nation", "--villages", str(country.villages), "--facilities", str(country.facilities[0].path),
        "--population", str(country.population), "--out", str(out), *more,
    ]  # fmt: skip


@pytest.mark.slow
def test_command_writes_tables_that_add_up(
    country: Files, made: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    out = made
    for table in ("national.json", "regencies.csv", "ranked.csv", "facilities.csv"):
        (out / table).unlink()
    status, said, _ = jangkau(*options(country, out, "--workers", "0"))
    assert status == 0
    assert "straight line" in said
    national = json.loads((out / "national.json").read_text("utf-8"))
    for kind, least in (("puskesmas", "at least "), ("posyandu", "")):
        share = national["kinds"][kind]["share_reached"]
        assert f"  {kind}: {least}{share:.1%} of people reached;" in said
    villages = answers(out)
    assert national["villages"] == len(villages)
    assert national["people"] == villages["people"].sum()
    assert national["villages_people_unknown"] == villages["people"].isna().sum() > 0
    regencies = pd.read_csv(out / "regencies.csv", dtype={"code": str})
    assert regencies["people"].sum() == national["people"]
    for kind, one in national["kinds"].items():
        assert one["villages_gap"] == (villages[f"{kind}_status"] == "gap").sum()
        assert one["people_reached"] == pytest.approx(villages[f"{kind}_people_reached"].sum())
    ranked = pd.read_csv(out / "ranked.csv")
    first = ranked[ranked["kind"] == "puskesmas"]["people_not_reached"].dropna()
    assert first.is_monotonic_decreasing
    units = pd.read_csv(out / "facilities.csv", index_col=0)
    served = units[units["serves_as"] == "posyandu"]["people_own"].sum()
    assert served == pytest.approx(villages["posyandu_people_reached"].sum())
    # By vehicle nobody knows, without roads, whose nearest each is.
    assert units[units["serves_as"] == "puskesmas"]["people_own"].isna().all()
    assert "inf" not in (out / "national.json").read_text("utf-8").lower()


@pytest.mark.slow
def test_second_run_keeps_what_is_the_same_and_makes_what_changed(
    country: Files, made: Path, tmp_path: Path
) -> None:
    assert nation(country, made, InThisProcess()).kept == PARTS
    people = pd.read_csv(country.population, dtype=str)
    people.loc[people["kode"].str.startswith("35.02"), "jumlah"] = "7"
    people.to_csv(tmp_path / "people.csv", index=False)
    done = nation(replace(country, population=tmp_path / "people.csv"), made, InThisProcess())
    assert (done.made, done.kept) == (1, PARTS - 1)


@pytest.mark.slow
def test_corrupt_and_half_written_parts_are_made_again(country: Files, undisturbed: Path, made: Path) -> None:
    out = made
    file = out / "parts" / "35.03" / "villages.parquet"
    file.write_bytes(b"PAR1 half")
    (out / "parts" / "35.01" / "manifest.json").write_text("{", "utf-8")
    (out / "parts" / ".unfinished-left").mkdir()
    done = nation(country, out, InThisProcess())
    assert (done.made, done.kept) == (2, PARTS - 2)
    assert not list(out.rglob(".unfinished*"))
    pd.testing.assert_frame_equal(answers(out), answers(undisturbed), check_exact=True)


@pytest.mark.slow
def test_one_bad_kabupaten_is_named_and_the_others_are_done(
    country: Files, undisturbed: Path, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    import geopandas as gpd
    import shapely

    villages = gpd.read_parquet(country.villages)
    bad = villages["kode"].str.startswith("35.02").to_numpy().argmax()
    villages.loc[bad, "geometry"] = shapely.Polygon()
    villages.to_parquet(tmp_path / "desa.parquet")
    out = tmp_path / "out"
    spoiled = replace(country, villages=tmp_path / "desa.parquet")
    status, said, error = jangkau(*options(spoiled, out, "--workers", "0"))
    assert status == 2
    assert "jangkau: 35.02: boundaries: 1 village has an empty geometry" in error
    assert "2 kabupaten" in said
    assert "35.02" in json.loads((out / "national.json").read_text("utf-8"))["missing"]
    assert jangkau(*options(country, out, "--workers", "0"))[0] == 0
    pd.testing.assert_frame_equal(answers(out), answers(undisturbed), check_exact=True)


@pytest.mark.slow
def test_full_disk_loses_one_part(
    country: Files, undisturbed: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from planner.nation import answers as of_parts

    write = of_parts._write

    def full(job: of_parts.TileJob, *rest: object) -> None:
        if job.tile.code == "35.02":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(job, *rest)  # type: ignore[arg-type] # what it was given

    monkeypatch.setattr(of_parts, "_write", full)
    out = made
    shutil.rmtree(out / "parts" / "35.02")
    done = nation(country, out, InThisProcess())
    assert list(done.failures) == ["35.02"]
    assert done.kept == PARTS - 1
    assert "No space left" in done.failures["35.02"].message
    assert not list(out.rglob(".unfinished*"))
    monkeypatch.undo()
    assert nation(country, out, InThisProcess()).made == 1
    pd.testing.assert_frame_equal(answers(out), answers(undisturbed), check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--facilities", "x.csv=puskesmes"), "'puskesmes' is no kind"),
        (("--scheduler", "tcp://127.0.0.1:9"), "no Dask scheduler answers"),
    ],
)
@pytest.mark.enable_socket  # nobody listens at the address on this machine
def test_options_that_cannot_be_are_refused(
    country: Files, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("planner.nation.cluster.CONNECT_S", 1)
    status, _, error = jangkau(*options(country, tmp_path / "out", *more))
    assert status == 2
    assert said in error


def test_folder_of_somebody_else_is_left_alone(country: Files, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", "utf-8")
    from geodata.errors import WorkspaceError

    with pytest.raises(WorkspaceError, match="something else"):
        nation(country, tmp_path, InThisProcess())


@pytest.mark.slow
def test_a_killed_scheduler_is_said_and_the_next_run_completes(
    country: Files, undisturbed: Path, tmp_path: Path
) -> None:
    """The short one of benchmarks/faults.py, which kills workers and schedulers at random moments."""
    status, alive, said = killed_scheduler(country, tmp_path / "out", 0.0)
    assert (status, alive) == (2, True), said
    assert "the cluster's scheduler is gone; what is done is kept: run this again to go on." in said
    assert "Traceback" not in said
    done = nation(country, tmp_path / "out", InThisProcess())
    assert (done.made + done.kept, done.failures) == (PARTS, {})
    pd.testing.assert_frame_equal(answers(tmp_path / "out"), answers(undisturbed), check_exact=True)


@pytest.mark.slow
def test_killed_workers_and_a_killed_run_change_nothing(
    country: Files, undisturbed: Path, tmp_path: Path
) -> None:
    """In processes of their own, so that they may be killed."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "planner.cli", *options(country, out, "--workers", "1")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        me = psutil.Process(run.pid)
        # One before it has begun: the cluster is made again.
        _until(lambda: workers_of(run.pid), run)
        early = workers_of(run.pid)
        for victim in early:
            victim.kill()
        _until(lambda: any((out / "regencies").glob("3*")), run)
        victims = workers_of(run.pid)
        for victim in victims:
            victim.kill()
        _until(lambda: any((out / "parts").glob("3*/manifest.json")), run)
        left = me.children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)  # the scheduler lives in it
        for process in left:
            process.kill()
    assert early
    assert victims
    done = nation(country, out, InThisProcess())
    assert done.made + done.kept == PARTS
    assert done.kept > 0
    assert not any(isinstance(f, Failure) for f in done.failures.values())
    pd.testing.assert_frame_equal(answers(out), answers(undisturbed), check_exact=True)


def _until(true: Callable[[], bool], run: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if true() or run.poll() is not None:
            return
        time.sleep(0.05)
    pytest.fail("nothing came")


@pytest.mark.slow
def test_adoption_of_ilp_is_that_of_one_area_over_all(
    country: Files, made: Path, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    assert "adoption" not in json.loads((made / "national.json").read_text("utf-8"))
    assert not any(c.startswith("ilp_") for c in pd.read_csv(made / "provinces.csv"))
    lists, table = tmp_path / "faskes.csv", tmp_path / "ilp.csv"
    units = pd.read_csv(country.facilities[0].path, dtype=str)
    ids = sorted(units["id"][units["jenis"] == "puskesmas"])
    at_sea = units.iloc[:1].assign(id="LAUT", lat="-9.5", lon="100.0")
    pd.concat([units, at_sea]).to_csv(lists, index=False)
    country = replace(country, facilities=(country.facilities[0].model_copy(update={"path": lists}),))
    # By hand: the least number that is 40 % of all, and what the unknown could change.
    needed = -(-len(ids) * 2 // 5)
    for stages, met in (
        (["launching"] * needed, "yes"),
        (["launching"] * (needed - 1), "unknown"),
        (["sosialisasi"] * len(ids), "no"),
    ):
        rows = [*zip(ids, stages, strict=False), ("LAUT", "launching")]
        pd.DataFrame(rows, columns=["facility_id", "stage"]).to_csv(table, index=False)
        status, said, _ = jangkau(*options(country, made, "--workers", "0", "--adoption", str(table)))
        assert status == 0
        assert "in no village of this run, and takes no part: LAUT" in said
        assert f"met: {met}" in said
        found = json.loads((made / "national.json").read_text("utf-8"))["adoption"]
        launched = stages.count("launching")
        assert (found["puskesmas"], found["launched"], found["known"], found["unknown"], found["met"]) == (
            len(ids), launched, len(stages), len(ids) - len(stages), met,
        )  # fmt: skip
        assert (found["target_share"], found["target_puskesmas"]) == (0.4, needed)
        assert found["national_target_puskesmas"] == 4072
        [province] = pd.read_csv(made / "provinces.csv").to_dict("records")
        assert all(province[f"ilp_{c}"] == found[c] for c in ("puskesmas", "launched", "unknown", "met"))
    assert table.name in {i["file"] for i in json.loads((made / "run.json").read_text("utf-8"))["inputs"]}


@pytest.mark.slow
def test_wrong_table_of_adoption_is_refused_before_anything_is_written(
    country: Files, made: Path, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    before = (made / "national.json").read_bytes()
    table = tmp_path / "ilp.csv"
    table.write_text("facility_id,stage\nU000,sprint\nX1,launching\n", "utf-8")
    status, _, error = jangkau(*options(country, made, "--workers", "0", "--adoption", str(table)))
    assert status == 2
    assert "'sprint' (no such stage)" in error
    assert "'X1'" in error
    assert (made / "national.json").read_bytes() == before
