"""Real lists and roads, whole and in part: whole ones are not doubted, parts leave the rest unknown."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from areas import write_area

from geodata.areafile import RoadsFile, read_area_file
from geodata.build import read_layers
from geodata.readers.roads import study_zone
from geodata.readers.vector_roads import read_vector_roads
from planner.coverage.known.extent import find_extent
from planner.coverage.reach import usable_facilities
from planner.ilp.model import Ilp
from planner.pipeline import check, find_gaps, summary, village_table
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import default_scenario

pytestmark = pytest.mark.realdata

KINDS = {"puskesmas": 27, "pustu": 31, "posyandu": 103}


@pytest.fixture(scope="module")
def bantul(shared, tmp_path_factory):
    """A folder with Bantul's list in three, its roads, and the first lines of an AREA.yml."""
    folder = tmp_path_factory.mktemp("bantul")
    source = shared.resolve() / "data/dinkes"
    rows = gpd.read_file(source / "bantul_PUSKESMAS_PT_5K.shp")
    # Rows without a point have their place in words, and are posyandu; puskesmas have a code.
    no_point = shapely.is_missing(rows.geometry.to_numpy()) | shapely.is_empty(rows.geometry.to_numpy())
    coded = ~rows["PKMKODE"].fillna("-").astype("str").str.strip().isin(["", "-", "None", "nan"])
    rows["jenis"] = np.select([no_point, coded], ["posyandu", "puskesmas"], "pustu")

    def number(column):
        return pd.to_numeric(rows[column].astype("str").str.replace(",", "."), errors="coerce")

    points = rows.geometry.to_numpy()
    table = pd.DataFrame(
        {
            "id": np.arange(1, len(rows) + 1),
            "nama": rows["NAMOBJ"],
            "lat": np.where(no_point, number("Lat"), shapely.get_y(points)),
            "lon": np.where(no_point, number("Long"), shapely.get_x(points)),
        }
    )
    for kind in KINDS:
        table[rows["jenis"] == kind].to_csv(folder / f"{kind}.csv", index=False)
    roads = gpd.read_parquet(source / "bantul_jalan_geometry_only.parquet")
    roads.assign(kelas="residential").to_file(folder / "jalan.gpkg")
    head = f"""\
code: "34.02"
name: Kabupaten Bantul
boundaries: {{path: {source}/34.02_bantul_desa.geojson, code: kode, name: nama}}
population: {{path: {source}/bantul_penduduk_sensus2010_namejoin.csv, code: kode, people: penduduk}}
"""
    return folder, head


def bantul_area(bantul, *, roads="", covers=None, more=""):
    """Write Bantul's AREA.yml beside its lists."""
    folder, head = bantul
    covers = covers or {}
    lists = "".join(
        f"  - {{path: {k}.csv, kind: {k}, id: id, name: nama{covers.get(k, '')}}}\n" for k in KINDS
    )
    head += f"roads: {{path: jalan.gpkg, class: kelas, classes: osm{roads}}}\nfacilities:\n{lists}{more}"
    path = folder / "AREA.yml"
    path.write_text(head, "utf-8")
    return path


def bantul_layers(bantul, **keys):
    return read_layers(read_area_file(bantul_area(bantul, **keys)))


@pytest.fixture(scope="module")
def whole(bantul):
    return bantul_layers(bantul)


@pytest.fixture(scope="module")
def answer(whole):
    return find_gaps(whole)


def test_bantuls_list_is_27_puskesmas_31_pustu_and_103_posyandu(whole):
    assert whole.facilities["kind"].value_counts().to_dict() == KINDS


@pytest.mark.slow
def test_of_bantul_only_the_posyandu_are_doubted(whole):
    extent = find_extent(whole, default_scenario())
    assert dict(extent.why) == {"posyandu": "few_for_people"}
    # 911,503 people on 103 of about 1,100 posyandu.
    assert extent.detail["posyandu"].startswith("103 listed, 8,850 people for each")
    assert not extent.clipped
    [found] = [f for f in check(whole) if f.rule == "list_incomplete"]
    assert found.count == 75
    # The road file has no attribute at all.
    assert [f.rule for f in check(whole)].count("seasons_alike") == 1


def test_bantuls_posyandu_reach_at_least_and_are_no_gap(answer):
    gaps = answer
    one = summary(gaps)["kinds"]["posyandu"]
    assert one["villages_gap"] == one["villages_partly"] == 0
    assert one["villages_served"] + one["villages_unknown"] == 75
    assert one["people_reached"] + one["people_unsure"] == pytest.approx(summary(gaps)["people"])
    table = village_table(gaps)
    assert "no" not in set(table["posyandu_present"])
    assert set(table["posyandu_reason"]) <= {"", "list_incomplete"}
    answers = Ilp(gaps).answers["posyandu"]
    for column in ("present", "aim", "reachable_dry", "reachable_wet"):
        assert "no" not in set(answers[column])
    # Pustu are taken as they are listed.
    assert summary(gaps)["kinds"]["pustu"]["people_unsure"] == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("covers", "more"), [({"posyandu": ", covers: all"}, ""), ({}, "official: {posyandu: 103}\n")]
)
def test_who_says_that_103_are_all_gets_gaps(bantul, answer, covers, more):
    gaps = find_gaps(bantul_layers(bantul, covers=covers, more=more))
    one, before = summary(gaps)["kinds"]["posyandu"], summary(answer)["kinds"]["posyandu"]
    assert one["people_unsure"] == 0.0
    assert one["incomplete"] == {}
    assert one["villages_gap"] > 50
    assert one["people_reached"] == before["people_reached"]


@pytest.mark.slow
def test_a_list_and_roads_of_one_kecamatan(bantul, answer):
    code = "34.02.08"
    layers = bantul_layers(
        bantul, covers={"pustu": f", covers: [{code}]"}, roads=f", covers: [{code}, '3402012001']"
    )
    assert layers.area.declared == ("pustu", "roads")
    before, after = village_table(answer), village_table(find_gaps(layers))
    inside = (layers.villages["district_code"] == code).to_numpy()
    assert inside.sum() > 1
    columns = ["pustu_present", "pustu_share_reached"]
    assert after.loc[inside, columns].equals(before.loc[inside, columns])
    # In half an hour one is out of a kecamatan of 24 km²: who is not reached may be, beyond its border.
    same = after.loc[inside, "pustu_status"] == before.loc[inside, "pustu_status"]
    assert set(after.loc[inside, "pustu_status"][~same]) <= {"unknown"}
    assert set(after.loc[inside, "pustu_reason"]) <= {"", "list_incomplete", "roads_incomplete"}
    # Reached people stay reached, and nobody else is known to be missed.
    assert after["pustu_share_reached"].equals(before["pustu_share_reached"])
    assert set(after.loc[~inside, "pustu_status"]) <= {"served", "unknown"}
    assert set(after.loc[~inside, "pustu_reason"]) <= {"", "list_incomplete"}
    # Of puskesmas the list is whole; the roads are not.
    lost = after["puskesmas_share_reached"] < 1
    assert set(after.loc[lost & ~inside, "puskesmas_reason"]) <= {"roads_incomplete"}
    assert after.loc[lost & ~inside & (after.index != "34.02.01.2001"), "puskesmas_minutes_max"].isna().all()


def clip(layers, source, polygon, folder, columns):
    """Return the layers with the roads of a file cut to a polygon in degrees."""
    raw = gpd.read_file(source).to_crs(4326)
    raw = raw[~shapely.is_missing(raw.geometry.to_numpy())]
    cut = raw.assign(geometry=shapely.intersection(raw.geometry.to_numpy(), polygon)).explode()
    cut = cut[(cut.geometry.type == "LineString") & ~cut.geometry.is_empty]
    cut[[columns["class"], "geometry"]].to_file(folder / "potong.gpkg")
    roads, _, *_ = read_vector_roads(
        RoadsFile.model_validate({"path": folder / "potong.gpkg", **columns}),
        study_zone(layers.villages, 10_000.0),
        str(layers.villages.crs),
    )
    return replace(layers, roads=roads)


def in_degrees(villages):
    return shapely.union_all(villages.geometry.to_crs(4326).to_numpy())


@pytest.mark.slow
@pytest.mark.parametrize("part", ["outline", "west half"])
def test_bantuls_roads_cut_to_a_part_are_doubted(bantul, whole, tmp_path, part):
    villages = whole.villages
    west, south, east, north = villages.to_crs(4326).total_bounds
    polygon = {
        "outline": in_degrees(villages),
        "west half": shapely.box(west, south, (west + east) / 2, north),
    }[part]
    columns = {"class": "kelas", "classes": "osm"}
    cut = clip(whole, bantul[0] / "jalan.gpkg", polygon, tmp_path, columns)
    extent = find_extent(cut, default_scenario())
    assert "roads" in extent.why
    if part == "outline":
        assert (extent.why["roads"], extent.clipped) == ("clipped", True)
        return
    # Whatever lies wholly outside is open.
    away = shapely.distance(villages.geometry.to_numpy(), shapely.union_all(cut.roads.geometry.to_numpy()))
    assert extent.roads is not None
    assert not extent.roads[away > 500].any()


# The walk is straight, over whatever lies between; with all roads people go by those that were left out.
@pytest.mark.slow
@pytest.mark.parametrize("code", ["34.02.10", "34.02.13"])
def test_who_walks_far_to_a_known_road_is_reached_with_all_roads_too(whole, answer, code):
    inside = (whole.villages["district_code"] == code).to_numpy()
    shape = shapely.union_all(whole.villages.geometry.to_numpy()[inside])
    shapely.prepare(shape)
    own = shapely.covers(shape, whole.roads.geometry.to_numpy())
    gaps = find_gaps(replace(whole, roads=whole.roads[~own]))
    assert gaps.extent.why["roads"] == "nothing_inside"
    rule = gaps.scenario.standard["puskesmas"]
    profile = Profile(rule.mode, "dry")
    router = gaps.ways.router(profile)
    homes = router.stops(answer.demand.geometry.to_numpy().astype(object))
    times = router.nearest(homes, gaps.ways.units(profile, usable_facilities(whole, ("puskesmas",))))
    far = (times.travel_s <= rule.limit_s) & (homes.access_m > 100)
    assert far.sum() > 100
    assert answer.coverage["puskesmas"].within[far].mean() > 0.99


@pytest.fixture(scope="module")
def jember(shared, tmp_path_factory):
    source = shared.resolve() / "data/roads/35.09_jember_rbi.geojson"
    roads = f"roads: {{path: {source}, class: Fungsi, classes: rbi}}\n"
    return read_layers(
        read_area_file(write_area(shared, tmp_path_factory.mktemp("jember"), "35.09", roads=roads))
    )


@pytest.mark.slow
def test_jembers_roads_and_lists_are_whole(jember):
    extent = find_extent(jember, default_scenario())
    assert (dict(extent.why), extent.clipped, extent.roads) == ({}, False, None)
    assert not {f.rule for f in check(jember)} & {"list_incomplete", "roads_incomplete"}


@pytest.mark.slow
def test_jembers_large_roads_alone_are_a_part(jember):
    large = jember.roads[jember.roads["road_class"].isin(["motorway", "trunk", "secondary"])]
    extent = find_extent(replace(jember, roads=large), default_scenario())
    assert extent.why["roads"] == "no_local_roads"
    assert not extent.roads.any()


@pytest.fixture(scope="module")
def of_jember(jember):
    return find_gaps(jember)


# A unit, or a way, just beyond the border was missed for sure: with roads of one kecamatan, all its villages
# were gaps of hospitals; and in the others "a hospital is reached, but it does not function".
@pytest.mark.slow
# Nothing tells of a list of hospitals that it is a part.
@pytest.mark.parametrize(("cut", "said"), [("list", True), ("roads", True), ("roads", False)])
@pytest.mark.parametrize("code", ["35.09.01", "35.09.12"])
def test_a_part_of_a_list_or_of_the_roads_makes_no_false_gap(jember, of_jember, code, cut, said):
    villages, units = jember.villages, jember.facilities
    inside = (villages["district_code"] == code).to_numpy()
    part = jember
    if cut == "list":
        part = replace(jember, facilities=units[units["village_code"].isin(villages.index[inside])])
    else:
        shape = shapely.union_all(villages.geometry.to_numpy()[inside])
        shapely.prepare(shape)
        part = replace(jember, roads=jember.roads[shapely.contains(shape, jember.roads.geometry.to_numpy())])
    if said:
        words = ("hospital", "puskesmas") if cut == "list" else ("roads",)
        covered = np.where(inside, " ".join(words), "")
        part = replace(
            part, villages=villages.assign(covered=covered), area=replace(jember.area, declared=words)
        )
    gaps = find_gaps(part)
    answers = Ilp(gaps).answers
    for kind in ("puskesmas", "hospital"):
        was, now = (g.coverage[kind].villages["status"] for g in (of_jember, gaps))
        assert set(now[inside & (was == "served")]) <= {"served", "unknown"}
        assert "gap" not in set(now[inside & (was == "partly")])
        assert set(now[~inside]) <= {"served", "partly", "unknown"}
        unknown = (now == "unknown").to_numpy()
        assert unknown.any()
        assert set(answers[kind].loc[unknown, "class"]) == {"unknown"}
        assert "no" not in set(answers[kind].loc[unknown & ~inside, "functioning"])


# Puger Kulon (35.09.08.2004) owns Nusa Barong, a large island without roads; its puskesmas stands on the
# mainland, among its people.
@pytest.mark.slow
def test_puger_kulon_is_no_gap_for_its_empty_island(jember):
    gaps = find_gaps(jember)
    row = village_table(gaps).loc["35.09.08.2004"]
    assert (row["puskesmas_status"], row["puskesmas_reason"]) == ("unknown", "people_unplaced")
    assert row["puskesmas_share_unknown"] > 0.9
    [found] = [f for f in check(jember) if f.rule == "people_by_area"]
    assert found.ids[0].startswith("35.09.08.2004 Pugerkulon (95%")


@pytest.mark.slow
def test_jembers_people_are_all_there_on_whichever_part_of_a_village(jember):
    demand = find_gaps(jember).demand
    by_village = demand["weight"].groupby(demand["village_code"]).sum()
    assert by_village.index.equals(jember.villages.index)
    assert by_village.to_numpy() == pytest.approx(1.0)
    people = jember.villages["people"]
    assert demand["people"].sum() == pytest.approx(people.sum())


@pytest.mark.slow
@pytest.mark.parametrize("code", ["53.14", "11.72"])
def test_places_without_roads_have_all_their_people(shared, tmp_path, code):
    layers = read_layers(read_area_file(write_area(shared, tmp_path, code)))
    assert dict(find_extent(layers, default_scenario()).why) == {}
    demand = find_gaps(layers).demand
    # Rote Ndao and Sabang have villages of several islands.
    assert len(demand) > len(layers.villages)
    by_village = demand["weight"].groupby(demand["village_code"]).sum()
    assert by_village.index.equals(layers.villages.index)
    assert by_village.to_numpy() == pytest.approx(1.0)
