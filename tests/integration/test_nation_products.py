"""What ``jangkau nation`` gives: sums that keep all people, both seasons, and files that are not lost."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from nation_support import answers, small_limits, unpaved, write_country

from geodata.errors import ConfigError, MissingColumnError, WorkspaceError
from geodata.files.lock import held
from geodata.workspace import RUN
from planner.nation import run as of_run
from planner.nation.amount import units
from planner.nation.cluster import InThisProcess
from planner.nation.country import Files, facilities_file
from planner.nation.gather import ranked
from planner.nation.products import MAP, NAMES, opened, reserved
from planner.nation.remote import RunPlace, results, results_as_tables
from planner.nation.run import nation
from planner.nation.sites import nation_site
from planner.siting.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_country(tmp_path_factory.mktemp("country"), 1, columns=4, rows=3)


@pytest.fixture(scope="module")
def undisturbed(country: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nation") / "out"
    assert not nation(country, out, InThisProcess()).failures
    return out


@pytest.fixture
def made(undisturbed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "out"))


def national(out: Path) -> dict:
    return json.loads((out / "national.json").read_text("utf-8"))


def content(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file() and p.name != "nation.json"}


# Numbers.


def test_without_people_nothing_is_known_of_them(country: Files, tmp_path: Path) -> None:
    done = nation(replace(country, population=None), tmp_path / "out", InThisProcess())
    assert not done.failures
    found = national(tmp_path / "out")
    assert found["people"] is None
    for one in found["kinds"].values():
        unknown = ("people_reached", "people_unsure", "share_reached", "minutes_median", "gini")
        assert [one[c] for c in unknown] == [None] * len(unknown)
        assert one["villages_gap"] + one["villages_served"] + one["villages_partly"] > 0
    assert (tmp_path / "out" / MAP).stat().st_size > 100_000


def test_nobody_unsure_is_told_of_a_kind_without_a_list(country: Files, tmp_path: Path) -> None:
    lists = pd.read_csv(country.facilities[0].path)
    lists[lists["jenis"] != "pustu"].to_csv(tmp_path / "faskes.csv", index=False)
    files = replace(country, facilities=(facilities_file(str(tmp_path / "faskes.csv")),))
    nation(files, tmp_path / "out", InThisProcess())
    found = national(tmp_path / "out")["kinds"]
    assert found["pustu"]["people_unsure"] is None
    assert found["puskesmas"]["people_unsure"] is not None


def test_all_people_of_the_table_are_counted_or_told(
    country: Files, tmp_path: Path, jangkau: Callable[..., tuple[int, str, str]]
) -> None:
    assert country.population is not None
    rows = pd.read_csv(country.population, dtype=str)
    total = rows["jumlah"].astype(float).sum()
    # Villages that the map lacks, of a kabupaten that it has, and of another one; and a sum.
    more = pd.DataFrame({
        "kode": ["35.01.09.2999", "35.02.09.2999", "99.01.01.2001", "JUMLAH"],
        "jumlah": ["1.111", "2.222", "4.444", str(int(total) + 7777)],
    })  # fmt: skip
    pd.concat([rows, more]).to_csv(tmp_path / "penduduk.csv", index=False)
    status, said, _ = jangkau(
        "nation", "--villages", str(country.villages), "--facilities", str(country.facilities[0].path),
        "--population", str(tmp_path / "penduduk.csv"), "--out", str(tmp_path / "out"), "--workers", "0",
    )  # fmt: skip
    assert status == 0
    found = national(tmp_path / "out")
    assert (found["people"], found["people_without_village"]) == (total, 3333.0)
    assert "population: 3,333 people of 2 kabupaten are of no village, and counted nowhere" in said
    # The row of the sum is of no kabupaten; its people are no people.
    assert "2 rows of no kabupaten of the map (4,444 people, counted nowhere)" in said
    told = pd.read_csv(tmp_path / "out" / "findings.csv", dtype={"code": str})
    lost = told[told["finding"].str.contains("are of no village")]
    assert lost["code"].tolist() == ["35.01", "35.02"]
    assert lost["finding"].str.contains("1,111 of").tolist() == [True, False]


def test_each_kabupaten_writes_numbers_in_its_own_way(country: Files, tmp_path: Path) -> None:
    assert country.population is not None
    rows = pd.read_csv(country.population, dtype=str)
    first, second = (rows["kode"].str.startswith(code) for code in ("35.01", "35.02"))
    rows.loc[first.idxmax(), "jumlah"], rows.loc[second.idxmax(), "jumlah"] = "1.234", "2,345"
    rows.to_csv(tmp_path / "penduduk.csv", index=False)
    done = nation(replace(country, population=tmp_path / "penduduk.csv"), tmp_path / "out", InThisProcess())
    assert not done.failures
    plain = pd.to_numeric(rows["jumlah"].drop([first.idxmax(), second.idxmax()])).sum()
    found = national(tmp_path / "out")
    assert (found["people"], found["people_without_village"]) == (plain + 1234 + 2345, 0.0)
    # Of one whose numbers nobody can read the others are no less known.
    rows.loc[second, "jumlah"] = (["1.234", "2,345"] * len(rows))[: second.sum()]
    rows.to_csv(tmp_path / "penduduk.csv", index=False)
    done = nation(replace(country, population=tmp_path / "penduduk.csv"), tmp_path / "out", InThisProcess())
    assert not done.failures
    assert not any("of no village" in note for note in done.notes)
    told = pd.read_csv(tmp_path / "out" / "findings.csv", dtype={"code": str}).set_index("code")["finding"]
    [why] = told[told.str.contains("people of all villages are unknown")]
    assert "one mark is used for thousands" in why
    people = pd.read_csv(tmp_path / "out" / "regencies.csv", dtype={"code": str}).set_index("code")["people"]
    mine = rows.loc[first, "jumlah"].replace("1.234", "1234").astype(float)
    assert people["35.01"] == mine.sum()
    assert pd.isna(people["35.02"])


def test_a_table_without_known_people_is_refused_at_once(country: Files, tmp_path: Path) -> None:
    assert country.population is not None
    rows = pd.read_csv(country.population, dtype=str).rename(columns={"jumlah": "warga_2010"})
    rows.to_csv(tmp_path / "penduduk.csv", index=False)
    with pytest.raises(MissingColumnError, match=r"Call it one of .*penduduk.* file has: kode, warga_2010"):
        nation(replace(country, population=tmp_path / "penduduk.csv"), tmp_path / "out", InThisProcess())


def test_totals_say_how_many_villages_they_lack(country: Files, tmp_path: Path) -> None:
    villages = gpd.read_parquet(country.villages)
    bad = villages["kode"].str.startswith("35.02").to_numpy()
    villages.loc[bad.argmax(), "geometry"] = shapely.Polygon()
    villages.to_parquet(tmp_path / "desa.parquet")
    done = nation(replace(country, villages=tmp_path / "desa.parquet"), tmp_path / "out", InThisProcess())
    assert list(done.failures) == ["35.02"]
    found = national(tmp_path / "out")
    assert (found["villages"], found["villages_missing"]) == ((~bad).sum(), bad.sum())
    [province] = pd.read_csv(tmp_path / "out" / "provinces.csv").to_dict("records")
    assert province["villages_missing"] == bad.sum()
    assert pd.read_csv(tmp_path / "out" / "regencies.csv")["villages_missing"].tolist() == [0]
    # Where none is left, no table of an earlier run is taken for the answer.
    broken = gpd.read_parquet(country.villages)
    broken["geometry"] = shapely.Polygon()
    broken.to_parquet(tmp_path / "desa.parquet")
    done = nation(replace(country, villages=tmp_path / "desa.parquet"), tmp_path / "out", InThisProcess())
    assert sorted(done.failures) == ["35.01", "35.02"]
    left = {n for n in NAMES if (tmp_path / "out" / n).exists()}
    assert left == {RUN, "findings.csv"}


def test_both_seasons_are_told(tmp_path: Path) -> None:
    files = write_country(tmp_path / "in", 1, columns=4, rows=3, roads="grid", units=40)
    unpaved(files)
    nation(files, tmp_path / "out", InThisProcess(), scenario=small_limits())
    villages, found = answers(tmp_path / "out"), national(tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "regencies.csv", dtype={"code": str}).set_index("code")
    for kind, one in found["kinds"].items():
        for answer, told in ((kind, one), (f"{kind}_wet", one["wet"])):
            reached = villages[f"{answer}_people_reached"]
            assert told["people_reached"] == pytest.approx(reached.sum())
            assert told["share_reached"] == pytest.approx(reached.sum() / villages["people"].sum())
            assert told["villages_gap"] == (villages[f"{answer}_status"] == "gap").sum()
            by_regency = reached.groupby(villages["regency_code"]).sum()
            assert table[f"{answer}_people_reached"].to_list() == pytest.approx(by_regency.to_list())
    dry, wet = (found["kinds"]["hospital"], found["kinds"]["hospital"]["wet"])
    assert wet["people_reached"] < dry["people_reached"]
    assert found["between_provinces"]["hospital"]["wet"]["share_best"] == wet["share_reached"]


def test_an_empty_list_knows_that_there_is_none(country: Files, tmp_path: Path) -> None:
    pd.read_csv(country.facilities[0].path).iloc[:0].to_csv(tmp_path / "kosong.csv", index=False)
    lists = (facilities_file(f"{tmp_path / 'kosong.csv'}=pustu"),)
    done = nation(replace(country, facilities=lists), tmp_path / "out", InThisProcess())
    assert not done.failures
    assert national(tmp_path / "out")["kinds"]["pustu"]["people_reached"] in (0.0, None)


def test_a_worker_without_room_for_the_libraries_is_refused(country: Files, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a worker needs 0\.6 GiB at least"):
        nation(country, tmp_path / "out", InThisProcess(), memory_mb=300.0)


# Files.


@pytest.mark.parametrize("name", ["ranked.csv", RUN])
def test_what_somebody_edited_is_not_lost(country: Files, made: Path, name: str) -> None:
    (made / name).write_text((made / name).read_text("utf-8") + "catatan", "utf-8")
    before = content(made)
    with pytest.raises(WorkspaceError, match=f"would be lost: {name}"):
        nation(country, made, InThisProcess())
    assert content(made) == before
    (made / name).rename(made / "catatan-dinkes.csv")
    assert nation(country, made, InThisProcess()).kept == 2
    assert "catatan" in (made / "catatan-dinkes.csv").read_text("utf-8")
    # What an office keeps beside them is not sent with them.
    assert "catatan-dinkes.csv" not in results(made)


def test_what_is_edited_during_the_run_is_not_lost(
    country: Files, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = of_run.CountryRun._parts

    def slowly(self: of_run.CountryRun, *rest: object) -> list[str]:
        (made / "ranked.csv").write_text("catatan", "utf-8")
        return parts(self, *rest)  # type: ignore[arg-type] # what it was given

    monkeypatch.setattr(of_run.CountryRun, "_parts", slowly)
    with pytest.raises(WorkspaceError, match=r"ranked\.csv"):
        nation(country, made, InThisProcess())
    assert (made / "ranked.csv").read_text("utf-8") == "catatan"


@pytest.mark.parametrize("after", [0, 4])
def test_a_run_that_dies_between_two_files_is_no_edit(
    country: Files, undisturbed: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed after the hash is noted and before the file is there, after so many files."""
    people = pd.read_csv(country.population, dtype=str)
    people["jumlah"] = "7"
    people.to_csv(tmp_path / "people.csv", index=False)
    replaced, left = Path.replace, [after]

    def killed(self: Path, target: Path) -> Path:
        if Path(target).parent == made and Path(target).name in NAMES:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        nation(replace(country, population=tmp_path / "people.csv"), made, InThisProcess())
    monkeypatch.undo()
    # Tables of two runs are no answer: the record of the whole is not there.
    assert not (made / RUN).exists()
    assert not nation(country, made, InThisProcess()).failures
    same = ("regencies.csv", "provinces.csv", "ranked.csv", "facilities.csv", "national.json")
    assert [(made / n).read_bytes() for n in same] == [(undisturbed / n).read_bytes() for n in same]


def test_a_folder_of_an_earlier_version_is_gone_on_with(country: Files, made: Path) -> None:
    (made / "nation.json").write_text('{"jangkau_version": "0.0"}', "utf-8")
    (made / "findings.csv").unlink()
    assert nation(country, made, InThisProcess()).kept == 2
    assert "ranked.csv" in json.loads((made / "nation.json").read_text("utf-8"))["files"]


def test_two_runs_at_once_do_not_mix(country: Files, made: Path) -> None:
    before = content(made)
    with held(made / ".lock", "x"), pytest.raises(WorkspaceError, match="is being written by another"):
        nation(country, made, InThisProcess())
    # Nor what one fetches and sends with what another computes.
    place = RunPlace(made, "memory://hasil")
    with reserved(made), pytest.raises(WorkspaceError, match="is being written by another"), place.reserved():
        pass
    assert content(made) == {**before}


# Plans.


def test_a_plan_tells_its_costs_and_what_is_beside_it_is_kept(country: Files, made: Path) -> None:
    measures = Measures.model_validate(
        {
            "measures": {
                "open_pustu": {"op": "open", "kind": "pustu", "cost_idr": 3e8, "yearly_idr": 4e7},
                "upgrade": {"op": "upgrade", "kind": "pustu", "of": ["posyandu"], "cost_idr": 1e8},
            }
        }
    )
    only_new = Measures.model_validate({"measures": {"open_pustu": measures.measures["open_pustu"]}})
    plan = nation_site(country, made, InThisProcess(), kind="pustu", amount=units(3), measures=only_new)
    table = plan.table
    assert table["units"].sum() > 0
    assert (table["cost_idr"] == 3e8 * table["units"]).all()
    assert (table["yearly_idr"] == 4e7 * table["units"]).all()
    run = json.loads((plan.folder / RUN).read_text("utf-8"))
    assert (run["cost_idr"], run["yearly_idr"]) == (table["cost_idr"].sum(), table["yearly_idr"].sum())
    sent = results_as_tables(made)["plans"]
    assert sent["yearly_idr"].sum() == run["yearly_idr"]
    assert set(sent["plan"]) == {"pustu-3"}
    (plan.folder / "catatan.docx").write_text("x", "utf-8")
    with pytest.raises(WorkspaceError, match=r"catatan.docx"):
        nation_site(country, made, InThisProcess(), kind="pustu", amount=units(3), measures=only_new)
    assert (plan.folder / "catatan.docx").exists()
    # Of a measure whose yearly cost nobody gave, that of the plan is not known.
    less = {"open_pustu": {"op": "open", "kind": "pustu", "cost_idr": 3e8}}
    unknown = Measures.model_validate({"measures": less})
    plan = nation_site(country, made, InThisProcess(), kind="pustu", amount=units(2), measures=unknown)
    used = plan.table["units"] > 0
    assert plan.table["yearly_idr"].isna().tolist() == used.tolist()
    assert json.loads((plan.folder / RUN).read_text("utf-8"))["yearly_idr"] is None


def test_killed_twice_before_a_file_is_in_its_place_is_no_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, table = Path.replace, "regencies.csv"
    with opened(tmp_path / "out") as products:
        products.write(table, "first")

    def killed(self: Path, target: Path) -> Path:
        if Path(target).name == table:
            raise KeyboardInterrupt
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    for text in ("second", "third"):
        with opened(tmp_path / "out") as products:
            products.require_unedited()
            with pytest.raises(KeyboardInterrupt):
                products.write(table, text)
    with opened(tmp_path / "out") as products:
        products.require_unedited()
        (tmp_path / "out" / table).write_text("edited", "utf-8")
        with pytest.raises(WorkspaceError, match=table):
            products.require_unedited()


def test_every_gap_of_a_large_country_is_ranked() -> None:
    codes = [f"35.{i // 1000:02}.01.{2000 + i % 1000}" for i in range(25_000)]
    villages = pd.DataFrame(
        {"village_name": "Desa", "regency_code": [c[:5] for c in codes], "regency_name": "Kabupaten",
         "people": [float(i % 7) for i in range(25_000)], "pustu_people_reached": 0.0,
         "pustu_minutes_median": 40.0, "pustu_status": "gap", "pustu_reason": "too_far"}, index=codes,
    )  # fmt: skip
    table = ranked(villages, ["pustu"], {})
    assert sorted(table["village_code"]) == sorted(codes)
    assert table["rank"].tolist() == list(range(1, 25_001))
    assert table["people_not_reached"].is_monotonic_decreasing


def test_no_gini_coefficient_rests_on_people_of_whom_nobody_knows_whether_they_are_reached(
    undisturbed: Path,
) -> None:
    """Without roads that is so of kinds that people drive to, and not of those that they walk to."""
    table = pd.read_csv(undisturbed / "regencies.csv")
    for answer in ("puskesmas", "puskesmas_wet", "hospital", "posyandu"):
        unsure, found = table[f"{answer}_people_unsure"] > 0, table[f"{answer}_gini"].notna()
        assert bool(unsure.any()) is (answer != "posyandu")
        assert not (unsure & found).any()
    assert table["posyandu_gini"].notna().any()
    assert national(undisturbed)["kinds"]["puskesmas"]["gini"] is None
