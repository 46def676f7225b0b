"""What plans refuse, in words that say what to do; what cannot be kept is never left out without a word."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from planner.cli import main


@pytest.fixture
def asked(on_demo):
    """Status and what was said, of a command with a workspace and an output folder."""

    def run(command, *words, out="out"):
        return on_demo(command, *words, out=out)[:2]

    return run


def site_words(*words):
    return ("--kind", "posyandu", "--units", "2", *words)


@pytest.mark.slow
def test_a_folder_of_another_command_is_not_replaced(asked, tmp_path):
    plan = tmp_path / "plan.yml"
    plan.write_text("{kind: posyandu, years: [{year: 2027, units: 1}]}", "utf-8")
    assert asked("site", *site_words())[0] == 0
    before = sorted((p.name, p.read_bytes()) for p in (tmp_path / "out").iterdir())
    status, said = asked("rollout", "--plan", plan)
    assert (status, "did not write" in said) == (2, True)
    assert before == sorted((p.name, p.read_bytes()) for p in (tmp_path / "out").iterdir())
    assert asked("rollout", "--plan", plan, out="other")[0] == 0
    assert asked("site", *site_words(), out="other")[0] == 2
    assert asked("rollout", "--plan", plan, out="other")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kind", "pustuu", "--units", "1"), "Did you mean 'pustu'"),
        (site_words("--time-limit", "inf"), "time_limit_s is a number of seconds"),
        (site_words("--gradual", "60", "--both-seasons"), "gradual_minutes is of one season: give one"),
        (
            site_words("--objective", "worst_time", "--both-seasons"),
            "worst_time is of one season: give one",
        ),
        (
            site_words("--floor", "district=0.5", "--floor", " district=0.9"),
            "--floor  district=0.9: district has a floor of 0.5 already. Give one of the two",
        ),
    ],
)
def test_options_that_make_no_sense(words, said, asked, tmp_path):
    status, told = asked("site", *words)
    assert (status, said in told) == (2, True)
    assert not (tmp_path / "out").exists()


def test_places_that_are_not_one_place(asked, demo_layers, tmp_path):
    point = demo_layers.villages.geometry.representative_point().to_crs(4326).iloc[0]
    near = shapely.Point(point.x + 0.01, point.y)
    for name, shape in (
        ("several", shapely.MultiPoint([point, near])), ("line", shapely.LineString([point, near])),
    ):  # fmt: skip
        file = tmp_path / f"{name}.geojson"
        gpd.GeoDataFrame(geometry=[point, shape], crs=4326).to_file(file)
        status, said = asked("site", *site_words("--places", file))
        assert (status, "rows 2 hold lines or several points" in said) == (2, True)
    csv = tmp_path / "some.csv"
    csv.write_text(f"nama,lintang,bujur\nA,{point.y},{point.x}\nB,,\n", "utf-8")
    status, said = asked("site", *site_words("--places", csv))
    assert (status, "some.csv has no coordinates in 1 row" in said) == (2, True)
    csv.write_text(f"nama,lintang,bujur\nA,{point.y},{point.x}\n", "utf-8")
    status, said = asked("site", *site_words("--places", csv, "--at", "roads"))
    assert (status, "leave --at out" in said) == (2, True)


@pytest.mark.slow
def test_hazards_that_nobody_knows_cannot_be_kept(asked, demo_layers, tmp_path):
    """With a rule that is no hazard neither: what is asked would change nothing."""
    box = demo_layers.villages.to_crs(4326).total_bounds
    served = gpd.GeoDataFrame({"rule": ["public_transport"]}, geometry=[shapely.box(*box)], crs=4326)
    served.to_file(tmp_path / "served.geojson")
    for words in ((), ("--site-rules", tmp_path / "served.geojson")):
        status, said = asked("site", *site_words("--keep-in-hazard", *words))
        assert (status, "no hazard is known in which a place could be kept" in said) == (2, True)
    served.assign(rule="landslide").to_file(tmp_path / "slope.geojson")
    status, _ = asked("site", *site_words("--keep-in-hazard", "--site-rules", tmp_path / "slope.geojson"))
    assert status == 0


@pytest.mark.slow
def test_areas_elsewhere_exclude_nothing_and_are_refused(asked, tmp_path):
    file = tmp_path / "elsewhere.geojson"
    gpd.GeoDataFrame(geometry=[shapely.box(95.0, 5.0, 95.1, 5.1)], crs=4326).to_file(file)
    status, said = asked("site", *site_words("--exclude", file))
    assert (status, "excluded areas lie outside" in said) == (2, True)


@pytest.mark.slow
def test_two_forced_at_one_place_are_named(asked, tmp_path):
    file = tmp_path / "two.yml"
    file.write_text(
        "measures: {open_big: {op: open, kind: pustu, staff: {bidan: 2}, lead_years: 1}}", "utf-8"
    )
    both = [f"{m}/99.01.01.1001/1" for m in ("open_big", "open_pustu")]
    force = [w for name in both for w in ("--force", name)]
    status, said = asked("site", "--kind", "pustu", "--units", "3", "--measures", file, *force)
    assert status == 2
    assert "cannot both be forced" in said
    assert all(name in said for name in both)


@pytest.mark.slow
def test_a_mode_that_is_none(asked, tmp_path):
    file = tmp_path / "mobile.yml"
    file.write_text(
        "measures: {pusling: {op: mobile, kind: posyandu, mode: rocket, reach_minutes: 30, days_a_month: 4, "
        "counts_from_days: 2}}", "utf-8",
    )  # fmt: skip
    for command, more in (("site", ()), ("robust", ("--draws", "2"))):
        status, said = asked(command, *site_words("--measures", file, *more))
        assert (status, "rocket" in said, "Traceback" in said) == (2, True, False)


@pytest.mark.slow
def test_a_plan_without_a_site_says_why(asked, tmp_path):
    _, said = asked("site", *site_words("--min-distance", "1e9"))
    assert "the rules of the plan leave none of the" in said
    file = tmp_path / "costs.yml"
    file.write_text("measures: {open_posyandu: {cost_idr: 500}, staff_posyandu: {cost_idr: 400}}", "utf-8")
    _, said = asked("site", "--kind", "posyandu", "--budget", "1", "--measures", file)
    assert "the cheapest measure that adds anybody costs 500 rupiah" in said


@pytest.mark.slow
def test_years_in_which_nothing_can_work(asked, tmp_path):
    plan = tmp_path / "plan.yml"
    plan.write_text("{kind: puskesmas, years: [{year: 2027, units: 1}]}", "utf-8")
    status, said = asked("rollout", "--plan", plan)
    assert (status, "nothing can work in 1 year:" in said) == (2, True)
    adoption = tmp_path / "a.csv"
    adoption.write_text("facility_id,tahap\nP9901001,launching\n", "utf-8")
    status, said = asked("rollout", "--plan", plan, "--adoption", adoption)
    assert (status, "goes with after_stage" in said) == (2, True)


@pytest.mark.parametrize("command", ["site", "robust"])
def test_nothing_is_written_into_a_workspace(command, demo_workspace):
    status = main([command, str(demo_workspace), *site_words(), "--out", str(demo_workspace / "plan")])
    assert status == 2
    assert not (demo_workspace / "plan").exists()


@pytest.mark.slow
def test_what_was_left_out_is_said(asked, demo_layers, tmp_path):
    village = demo_layers.villages.geometry.iloc[[0]].to_crs(4326)
    file = tmp_path / "here.geojson"
    gpd.GeoDataFrame(geometry=village.to_numpy(), crs=4326).to_file(file)
    status, said = asked("site", *site_words("--exclude", file))
    assert (status, "candidates left out: " in said, "in an excluded area" in said) == (0, True, True)
    status, said = asked("site", *site_words("--exclude", file, "--force", "open_posyandu/99.01.01.1001/1"))
    assert (status, "some were left out: excluded_area" in said) == (2, True)
