"""Plans of sites asked for in a file, and plans of roads and units on the command line."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from planner.pipeline import Ask, Floor, Study, find_gaps, read_scenario, read_site_plan, site_with_roads
from planner.reports.siting import write_siting_with_roads
from planner.siting.measures import Measure, Measures, RoadMeasure, default_measures
from planner.siting.plan_file import PlanYear
from planner.siting.site_plan import SitePlan
from planner.siting.weights import counted_people


@pytest.fixture
def run(on_demo):
    def run(*words, out="out", command="site"):
        return on_demo(command, *words, out=out)

    return run


def plan_file(tmp_path, **keys):
    path = tmp_path / "plan.yml"
    path.write_text(yaml.safe_dump(keys), "utf-8")
    return path


def asked(folder):
    return json.loads((folder / "run.json").read_text("utf-8"))["ask"]


@pytest.mark.slow
def test_a_file_asks_what_the_options_ask(run, tmp_path):
    path = plan_file(tmp_path, kind="posyandu", units=3, floors={"district": 0.2}, both_seasons=True,
                     min_distance_m=400, seed=4)  # fmt: skip
    status, _, by_file = run("--plan", path, out="file")
    assert status == 0
    words = ("--kind", "posyandu", "--units", 3, "--floor", "district=0.2", "--both-seasons",
             "--min-distance", 400, "--seed", 4)  # fmt: skip
    status, _, by_options = run(*words, out="options")
    assert status == 0
    assert asked(by_file) == asked(by_options)
    assert (by_file / "sites.csv").read_bytes() == (by_options / "sites.csv").read_bytes()
    inputs = json.loads((by_file / "run.json").read_text("utf-8"))["inputs"]
    assert "plan.yml" in {one["file"] for one in inputs}


@pytest.mark.slow
def test_options_beside_a_file_count_in_its_place(run, tmp_path):
    path = plan_file(tmp_path, kind="posyandu", target=0.99, one_per_village=True, seed=2)
    status, _, out = run("--plan", path, "--units", 1, "--seed", 7)
    assert status == 0
    got = asked(out)
    assert (got["units"], got["target"], got["seed"], got["one_per_village"]) == (1, None, 7, True)


@pytest.mark.parametrize(("keys", "said"), [
    ({"kind": "posyandu"}, "give one of units, budget_idr and target"),
    ({"units": 3}, "kind"),
    ({"kind": "warung", "units": 3}, "warung"),
    ({"kind": "posyandu", "units": 3, "target": 0.5}, "not units and target"),
    ({"kind": "posyandu", "units": True}, "units"),
    ({"kind": "posyandu", "units": 3, "years": [{"year": 2027}]}, "years"),
    ({"kind": "posyandu", "units": 3, "objective": "best"}, "best"),
    ({"kind": "posyandu", "units": 3, "floors": {"district": 3}}, "district"),
    ({"kind": "posyandu", "units": 3, "time_limit_s": -1}, "-1"),
])  # fmt: skip
def test_a_file_that_makes_no_sense_is_told(run, tmp_path, keys, said):
    status, printed, out = run("--plan", plan_file(tmp_path, **keys))
    assert status == 2
    assert said in printed
    assert not out.exists()


def test_nothing_asked_is_told(run):
    for words, said in (((), "--kind"), (("--kind", "pustu"), "--units")):
        status, printed, _ = run(*words)
        assert status == 2
        assert said in printed
        assert "--plan PLAN.yml" in printed


def test_a_file_is_read_as_it_stands(tmp_path):
    path = plan_file(
        tmp_path, kind="pustu", budget_idr=1_000_000, least="units", floors={"all": 0.4, "bayi": 1}
    )
    ask = read_site_plan(path).ask()
    assert ask == Ask(budget_idr=1e6, floors=(Floor("all", 0.4), Floor("bayi", 1.0)))


@pytest.fixture(scope="module")
def pave(demo_layers):
    """A road measure that matters: the way that carries most people's way to a pustu, paved."""
    road = demo_layers.roads["way_id"].iloc[0]
    return {
        "op": "road",
        "edits": [{"op": "change_road", "road": str(road), "surface": "paved"}],
        "cost_idr": 5e8,
    }


@pytest.mark.slow
def test_roads_and_units_on_the_command_line_are_what_the_notebook_gives(run, tmp_path, demo_layers, pave):
    file = tmp_path / "measures.yml"
    file.write_text(yaml.safe_dump({"measures": {"pave": pave}}), "utf-8")
    status, printed, out = run("--kind", "pustu", "--units", 2, "--both-seasons", "--measures", file)
    assert status == 0, printed
    known = Measures(measures={**default_measures().measures, "pave": RoadMeasure.model_validate(pave)})
    own = site_with_roads(Study(demo_layers), "pustu", Ask(units=2, seasons=("dry", "wet")), measures=known)
    table = pd.read_csv(out / "roads.csv", keep_default_na=False).set_index("roads")
    assert list(table.index) == ["", "pave"]
    np.testing.assert_allclose(table["people_added"].astype(float), own.choices["people_added"])
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["people_added"] == pytest.approx(own.people_added)
    assert record["roads"] == list(own.roads)
    assert f"{own.people_added:,.0f} people more" in printed
    # The scenario file alone gives the same people again, computed from nothing.
    gaps = find_gaps(demo_layers, scenario=read_scenario(out / "scenario.yml"))
    villages = gpd.read_parquet(out / "villages_after.parquet")
    now, then = (
        counted_people(gaps.demand)[
            np.logical_and(*(g.seasons[s]["pustu"].within for s in ("dry", "wet")))
        ].sum()
        for g in (find_gaps(demo_layers), gaps)
    )
    assert then - now == pytest.approx(record["people_added"])
    assert len(villages) == len(demo_layers.villages)
    page = (out / "map.html").read_text("utf-8")
    assert "Jalan dalam usulan" in page


@pytest.mark.slow
def test_a_road_takes_all_there_is(demo_layers, pave, tmp_path):
    """Nothing is left for units: there are no sites, and the files say so."""
    known = Measures(measures={**default_measures().measures, "pave": RoadMeasure.model_validate(pave)})
    ask = Ask(units=1, seasons=("dry", "wet"), forced=("pave",))
    plan = site_with_roads(Study(demo_layers), "pustu", ask, measures=known)
    assert plan.siting is None
    files = {f.name for f in write_siting_with_roads(plan, tmp_path / "out", lang="en")}
    assert files == {"map.html", "roads.csv", "run.json", "scenario.yml", "sites.csv", "villages_after.csv",
                     "villages_after.parquet"}  # fmt: skip
    assert len(pd.read_csv(tmp_path / "out" / "sites.csv")) == 0
    assert plan.gap == 0


def test_what_roads_cannot_do_is_told(run, tmp_path, pave):
    file = tmp_path / "measures.yml"
    file.write_text(yaml.safe_dump({"measures": {"pave": pave}}), "utf-8")
    status, printed, out = run("--kind", "pustu", "--target", 0.9, "--measures", file)
    assert status == 2
    assert "with road measures, plans are for most people" in printed
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["rollout", "robust"])
def test_the_other_plans_take_the_same_places(run, tmp_path, demo_layers, command):
    places = demo_layers.villages.geometry.representative_point().to_crs(4326)
    rows = [f"SD {i},{p.y},{p.x}" for i, p in enumerate(places.iloc[:4])]
    (tmp_path / "sekolah.csv").write_text("\n".join(["nama,lat,lon", *rows]), "utf-8")
    years = {"kind": "posyandu", "years": [{"year": 2027, "units": 1}]}
    words = ("--plan", plan_file(tmp_path, **years)) if command == "rollout" else (
        "--kind", "posyandu", "--units", 1, "--draws", 2)  # fmt: skip
    status, printed, out = run(
        *words, "--at", "schools", "--schools", tmp_path / "sekolah.csv", command=command
    )
    assert status == 0, printed
    assert pd.read_csv(out / "sites.csv")["name"].str.startswith("SD ").all()


def test_every_amount_of_rupiah_has_the_same_bound(tmp_path):
    """Seen once: a usual budget, of 12 billion, was refused as above one billion."""
    asked = read_site_plan(plan_file(tmp_path, kind="puskesmas", budget_idr=12_000_000_000)).ask()
    assert asked.budget_idr == 12e9
    found = set()
    for model in (SitePlan, PlanYear, Measure, RoadMeasure):
        for name, field in model.model_fields.items():
            if name.endswith("_idr"):
                amount = TypeAdapter(field.annotation)
                assert amount.validate_python(1e15) == 1e15, (model, name)
                with pytest.raises(ValidationError):
                    amount.validate_python(1.1e15)
                found.add(name)
    assert found == {"budget_idr", "cost_idr", "yearly_idr"}
