"""Every rule of geodata.quality: once where it fires, once where it just does not.

A new rule needs a Case here: :func:`test_every_rule_has_a_case` fails without one.
"""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from typing import NamedTuple

import pytest
from support import ROOT, at, box, facilities, hamlets, layers, line, roads, villages

from geodata.layers import Cell, Finding, Layers
from geodata.quality import RULES, connected_share, inspect

NAN = math.nan
A, B, C = CODES = ("99.01.01.2001", "99.01.01.2002", "99.01.01.2003")


def clean(*, units: int = 2) -> Layers:
    """Three villages of 2 × 2 km and 1,000 people along a road of 6 km, with nothing to find fault with."""
    return layers(
        villages({code: (box(2000 * i, 0, 2000 * i + 2000, 2000), 1000) for i, code in enumerate(CODES)}),
        roads([road(i, i + 1, (2000 * i, 0), (2000 * i + 2000, 0)) for i in range(3)]),
        facilities(
            [(f"U{i}", "puskesmas", at(1000 + 400 * i, 100), CODES[(1000 + 400 * i) // 2000])
             for i in range(units)],
            functioning=["yes"] * units,
        ),
        hamlets([(f"H{i}", code, at(1000 + 2000 * i, 100), 1000) for i, code in enumerate(CODES)]),
    )  # fmt: skip


def road(start: int, end: int, a: tuple[float, float], b: tuple[float, float], **columns):
    return {"from": start, "to": end, "geometry": line(a, b), **columns}


def but(layer: str, *, units: int = 2, **columns) -> Layers:
    """Return the clean area with other columns in one of its layers."""
    area = clean(units=units)
    return replace(area, **{layer: getattr(area, layer).assign(**columns)})


def with_roads(*more, last_m: float = 2000) -> Layers:
    """Return the clean area with more roads, its own last piece so long."""
    own = [
        road(0, 1, (0, 0), (2000, 0)),
        road(1, 2, (2000, 0), (4000, 0)),
        road(2, 3, (4000, 0), (4000 + last_m, 0)),
    ]
    return replace(clean(), roads=roads([*own, *more]))


def shifted(metres: float) -> Layers:
    """Return the clean area with its middle village drawn so far over the first."""
    middle = box(2000 - metres, 0, 4000 - metres, 2000)
    return but("villages", geometry=[box(0, 0, 2000, 2000), middle, box(4000, 0, 6000, 2000)])


def second_unit_at(x: float, y: float, **columns) -> Layers:
    return but("facilities", geometry=[at(1000, 100), at(x, y)], **columns)


def two_lists(names, **columns) -> Layers:
    """Return the clean area with three pustu of one list, and three units of another with these names."""
    lists = {"source": ["baru.csv"] * 3 + ["lama.csv"] * 3, "kind": "pustu", "village_code": [A] * 6}
    own = ["Pustu Melati", "Pustu Mawar", "Pustu Anggrek", *names]
    return but("facilities", units=6, name=own, **{**lists, **columns})


def three_in_common(of: int) -> Layers:
    """Return the clean area with two lists of so many pustu, which have three in common."""
    both = ["Pustu Melati", "Pustu Mawar", "Pustu Anggrek"]
    own = [[f"Pustu {word} {i}" for i in range(of - 3)] for word in ("Timur", "Barat")]
    return but("facilities", units=2 * of, name=[*both, *own[0], *both, *own[1]], kind="pustu",
               source=["baru.csv"] * of + ["lama.csv"] * of, village_code=[A] * 2 * of)  # fmt: skip


FERRY = {"road_class": "ferry", "route": "ferry"}


class Case(NamedTuple):
    """A rule: its finding in one area, and an area in which it is only just silent."""

    rule: str
    layer: str
    severity: str
    ids: tuple[str, ...]
    fires: Layers
    silent: Layers
    count: int | None = None


CASES = [
    Case("people_unknown", "villages", "warning", (B,),
         but("villages", people=[1000, NAN, 1000]), but("villages", people=[1000.0, 0.0, 1000.0])),
    # 4 km² each: 200,000 people are 50,000 on each.
    Case("people_too_dense", "villages", "warning", (A,),
         but("villages", people=[200_001.0, 1000.0, 1000.0]),
         but("villages", people=[200_000.0, 1000.0, 1000.0])),
    Case("group_exceeds_people", "villages", "error", (C,),
         but("villages", people_bayi=[16.0, NAN, 16.0], people_balita=[80.0, 80.0, 1001.0]),
         but("villages", people_bayi=[16.0, NAN, 16.0], people_balita=[80.0, 80.0, 1000.0])),
    # Of 12 km², a strip of 7 m × 2 km is 0.117 %, one of 5 m 0.083 %; one of 0.4 mm is under a square metre.
    Case("overlapping_polygons", "villages", "warning", (f"{A}/{B}",), shifted(7), shifted(0.0004)),
    Case("overlapping_polygons", "villages", "info", (f"{A}/{B}",), shifted(5), shifted(0)),
    Case("repeated_name", "villages", "info", (A, C),
         but("villages", village_name=["Sukamaju", "Mekar", "SUKAMAJU"]),
         but("villages", village_name=["", "Mekar", ""])),
    Case("unlocated", "facilities", "error", ("U1",),
         but("facilities", status=["used", "unlocated"], located_by=["coordinates", "none"],
             geometry=[at(1000, 100), None]),
         but("facilities", located_by=["coordinates", "village"])),
    # The area ends at 6 km.
    Case("far_outside", "facilities", "error", ("U1 (14 km)",),
         second_unit_at(20_000, 100, status=["used", "outside_buffer"]), second_unit_at(15_900, 100)),
    Case("outside_boundary", "facilities", "warning", ("U1",),
         second_unit_at(6051, 100), second_unit_at(6050, 100)),
    # The village of its list begins at 4 km.
    Case("declared_elsewhere", "facilities", "error", ("U1",),
         second_unit_at(2999, 100, declared_village=[A, C]),
         second_unit_at(3000, 100, declared_village=[A, C])),
    # The village that nobody named ends at 2 km; outlines may gape by 50 m.
    Case("village_elsewhere", "facilities", "error", ("U1 (0.1 km)",),
         second_unit_at(2051, 100, village_code=[A, A]), second_unit_at(2050, 100, village_code=[A, A])),
    # The village begins at 4 km.
    Case("hamlet_elsewhere", "hamlets", "error", ("H2 (1.0 km)",),
         but("hamlets", geometry=[at(1000, 100), at(3000, 100), at(2999, 100)]),
         but("hamlets", geometry=[at(1000, 100), at(3000, 100), at(3000, 100)])),
    Case("same_place", "facilities", "warning", ("U0=U1",),
         second_unit_at(1000.9, 100), second_unit_at(1001.1, 100)),
    Case("same_unit", "facilities", "warning", ("U0", "U1"),
         but("facilities", name=["Pustu A", "pustu a"], located_by="village", village_code=[A, A]),
         but("facilities", name=["Pustu A", "pustu a"], located_by=["village", "coordinates"],
             village_code=[A, A])),
    # Two copies of a list have three units in common; of as many two are no proof, nor is another village.
    Case("same_list", "facilities", "warning", ("U0", "U1", "U2"),
         two_lists(["Pustu Melati", "Pustu Mawar", "Pustu Anggrek"]),
         two_lists(["Pustu Melati", "Pustu Mawar", "Pustu Kenanga"])),
    Case("same_list", "facilities", "warning", ("U0", "U1", "U2"),
         two_lists(["MELATI", "mawar", "Anggrek"]),
         two_lists(["MELATI", "mawar", "Anggrek"], village_code=[A, A, B, B, B, B])),
    # Lists that have just half of their units in common are two.
    Case("same_list", "facilities", "warning", ("U0", "U1", "U2"), three_in_common(5), three_in_common(6)),
    # A puskesmas has its name for itself wherever a list puts it.
    Case("same_list", "facilities", "warning", ("U0", "U1", "U2"),
         two_lists(["MELATI", "mawar", "Anggrek"], kind="puskesmas", village_code=[A, A, A, B, B, B]),
         two_lists(["MELATI", "mawar", "Anggrek"], source="lama.csv", kind="puskesmas")),
    Case("no_name", "facilities", "info", ("U0",),
         but("facilities", name=["", "Unit"]), but("facilities", name=["-", "Unit"])),
    Case("functioning_unknown", "facilities", "info", ("U1",),
         but("facilities", functioning=["yes", "unknown"]), but("facilities", functioning=["yes", "no"])),
    # Five numbers are enough to tell, four are not; empty cells and noughts tell nothing.
    Case("staff_inflated", "facilities", "warning", ("staff_bidan",),
         but("facilities", units=7, staff_bidan=[3, 6, 9, 3, 12, 0, NAN]),
         but("facilities", units=7, staff_bidan=[3, 6, 9, 3, 0, 0, NAN])),
    Case("no_roads", "roads", "warning", (), replace(clean(), roads=None), clean(), count=1),
    # 300 m of 6,000 m are 5 %.
    Case("unconnected", "roads", "warning", (),
         with_roads(road(8, 9, (0, 500), (301, 500)), last_m=1699),
         with_roads(road(8, 9, (0, 500), (300, 500)), last_m=1700), count=1),
    # 0.25 and 0.3 km lie apart; a part without length is none.
    Case("separate_parts", "roads", "info",
         ("111.00000, -8.13570 (0.3 km)", "111.00000, -8.13751 (0.2 km)"),
         with_roads(road(8, 9, (0, 500), (150, 500)), road(10, 11, (0, 700), (300, 700)),
                    road(12, 9, (250, 500), (150, 500))),
         with_roads(road(8, 1, (2000, 500), (2000, 0)))),
    Case("class_without_speed", "roads", "warning", ("lain (1.5 km, 1 section)", "abc (0.5 km, 1 section)"),
         with_roads(road(3, 4, (6000, 0), (6500, 0), road_class="abc"),
                    road(4, 5, (6500, 0), (8000, 0), road_class="lain")),
         with_roads(road(3, 4, (6000, 0), (8000, 0), road_class="waterway"),
                    road(4, 5, (8000, 0), (8100, 0), **FERRY))),
    Case("unread_value", "roads", "warning", ("'aspall' (2)", "'dirt;xyz' (1)"),
         but("roads", surface=["aspall", "dirt;xyz", "aspall"]),
         but("roads", surface=["aspal", "Dirt;sand", None]), count=3),
    Case("far_from_road", "facilities", "warning", ("U1",),
         second_unit_at(3000, 2001), second_unit_at(3000, 2000)),
    # A ferry of two pieces lands with one of its three ends.
    Case("ferry_without_landing", "roads", "warning", ("f",),
         with_roads(road(8, 9, (0, 500), (100, 500), way_id="f", **FERRY),
                    road(9, 10, (100, 500), (200, 500), way_id="f", **FERRY)),
         with_roads(road(8, 9, (6200, 0), (6100, 0), way_id="f", **FERRY),
                    road(9, 3, (6100, 0), (6000, 0), way_id="f", **FERRY))),
    # 1 % of 1,000 people are 10.
    Case("people_differ", "hamlets", "warning", (A, B),
         but("hamlets", people=[989.0, 1011.0, NAN]), but("hamlets", people=[990.0, 1010.0, NAN])),
    # A unit may name any unit of the lists; an empty cell names none.
    Case("unknown_parent", "facilities", "warning", ("U1 (parent 'U9')",),
         but("facilities", parent_id=["U1", "U9"]), but("facilities", parent_id=["U1", None])),
    Case("name_contradicts_kind", "facilities", "warning", ("U1 ('PUSKESMAS PEMBANTU Sari' as puskesmas)",),
         but("facilities", name=["Puskesmas Sari", "PUSKESMAS PEMBANTU Sari"]),
         but("facilities", name=["Puskesmas Sari", "PUSKESMAS PEMBANTU Sari"], kind=["puskesmas", "pustu"])),
]  # fmt: skip
NAMES = [f"{c.rule}-{c.severity}" for c in CASES]


def findings(area: Layers, rule: str) -> list[Finding]:
    return [f for f in inspect(area) if f.rule == rule]


def names_in_the_source() -> set[str]:
    """Return every name of a rule written in quality.py: the third argument of a finding."""
    tree = ast.parse((ROOT / "geodata" / "quality.py").read_text("utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    made = [c.args[2] for c in calls if c.func.id in ("_finding", "Finding") and len(c.args) > 2]
    return {str(a.value) for a in made if isinstance(a, ast.Constant)}


def test_an_area_without_fault_has_no_finding():
    assert inspect(clean()) == ()


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_rule_fires(case):
    [found] = findings(case.fires, case.rule)
    assert (found.layer, found.severity) == (case.layer, case.severity)
    assert found.ids == case.ids
    assert found.count == (len(case.ids) if case.count is None else case.count)
    assert found.message
    assert found.action


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_rule_is_silent_just_beside(case):
    assert findings(case.silent, case.rule) == []


@pytest.mark.slow
def test_every_rule_has_a_case():
    assert names_in_the_source() == {c.rule for c in CASES}
    # Whatever names they give: each function finds something in one of the areas.
    idle = [rule.__name__ for rule in RULES if not any(list(rule(c.fires)) for c in CASES)]
    assert idle == []


def test_a_finding_counts_all_and_names_five():
    [found] = findings(but("facilities", units=7, name=[""] * 7), "no_name")
    assert found.count == 7
    assert found.ids == ("U0", "U1", "U2", "U3", "U4")


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_finding_carries_a_cell_for_each_row(case):
    [found] = findings(case.fires, case.rule)
    # A pair concerns two rows; the roads as a whole are none.
    rows = {"overlapping_polygons": 2, "same_place": 2, "no_roads": 0, "unconnected": 0}
    assert len(found.cells) == rows.get(case.rule, 1) * found.count
    assert all(cell.id and cell.column for cell in found.cells if case.rule != "ferry_without_landing")


def test_cells_say_where_what_and_what_follows():
    [found] = findings(but("facilities", units=7, name=[""] * 7), "no_name")
    assert [cell.id for cell in found.cells] == [f"U{i}" for i in range(7)]
    assert {(cell.file, cell.column, cell.value) for cell in found.cells} == {("test", "name", "")}
    # 3,000 m east of the meridian of 111 degrees, some 111.3 km × cos 8.14° a degree.
    [found] = findings(second_unit_at(3000, 2001), "far_from_road")
    lat, lon = map(float, found.cells[0].value.split(", "))
    assert (lon - 111) * 111_320 * math.cos(math.radians(lat)) == pytest.approx(3000, rel=0.005)
    assert found.cells[0].effect == "nobody reaches it by road"
    [found] = findings(shifted(7), "overlapping_polygons")
    assert [(c.id, c.value) for c in found.cells] == [(A, f"{B}: 14,000 m²"), (B, f"{A}: 14,000 m²")]


@pytest.mark.slow
def test_a_word_that_a_reader_asks_about_is_not_asked_about_twice():
    area = but("facilities", functioning=["unknown", "unknown"])
    asked = Finding(
        "error", "facilities", "functioning_unread", 1, (), "", "", (Cell("t", 2, "F", "?", id="U1"),)
    )
    [found] = findings(replace(area, findings=(asked,)), "functioning_unknown")
    assert [cell.id for cell in found.cells] == ["U0"]


def test_readers_findings_stay_and_the_gravest_come_first():
    told = Finding("warning", "roads", "told_by_a_reader", 1, ("w1",), "", "")
    area = but("facilities", name=["", "Unit"], status=["used", "unlocated"], geometry=[at(1000, 100), None])
    area = replace(area, findings=(told,))
    assert [(f.severity, f.rule) for f in inspect(area)] == [
        ("error", "unlocated"), ("warning", "told_by_a_reader"), ("info", "no_name"),
    ]  # fmt: skip


def test_an_overlap_of_three_names_its_pairs_the_largest_first():
    # Village 3 covers 100 m of village 2, which covers 10 m of village 1.
    shapes = [box(0, 0, 2000, 2000), box(1990, 0, 4000, 2000), box(3900, 0, 6000, 2000)]
    [found] = findings(but("villages", geometry=shapes), "overlapping_polygons")
    assert found.ids == (f"{B}/{C}", f"{A}/{B}")
    assert found.count == 2
    # 110 m × 2 km of 12.22 km².
    assert "0.220 km²" in found.message
    assert "1.800%" in found.message


def test_groups_of_a_village_of_unknown_people_exceed_nothing():
    area = but("villages", people=[NAN, 1000, 1000], people_balita=[5000.0, 80.0, 80.0])
    assert findings(area, "group_exceeds_people") == []


@pytest.mark.parametrize(
    "columns",
    [
        {"located_by": ["coordinates", "village"]},  # its place is made of the village
        {"declared_village": [A, "99.02.01.2001"]},  # no village of this area
        {"status": ["used", "unlocated"]},
    ],
)
def test_only_coordinates_against_a_village_of_the_area_can_be_elsewhere(columns):
    area = second_unit_at(2999, 100, **{"declared_village": [A, C], **columns})
    assert findings(area, "declared_elsewhere") == []


def test_units_put_on_their_village_may_share_a_place():
    area = second_unit_at(1000, 100, located_by=["coordinates", "village"])
    assert findings(area, "same_place") == []


@pytest.mark.parametrize("values", [[3, 6, 9, 3, 4], [1.5, 3, 4.5, 6, 9], [1, 1, 1, 1, 1]])
def test_staff_that_shares_no_factor_was_counted_once(values):
    assert findings(but("facilities", units=5, staff_bidan=values), "staff_inflated") == []


def test_a_norm_is_no_staff_that_was_counted_twice():
    # Five kader for each posyandu; two bidan for each pustu.
    norm = but("facilities", units=6, staff_kader=[5, 5, 10, 5, 5, 5], staff_bidan=[2] * 6)
    assert findings(norm, "staff_inflated") == []


def test_each_staff_column_is_looked_at_by_itself():
    area = but("facilities", units=5, staff_bidan=[2, 4, 6, 8, 2], staff_perawat=[3, 9, 3, 3, 6])
    messages = [f.message for f in findings(area, "staff_inflated")]
    assert [("staff_bidan" in m, "multiple of 2" in m) for m in messages] == [(True, True), (False, False)]
    assert "multiple of 3" in messages[1]


def test_a_ferry_beside_a_unit_is_no_road():
    area = with_roads(road(3, 8, (6000, 0), (3000, 2000), way_id="f", **FERRY))
    area = area.with_facilities(second_unit_at(3000, 2001).facilities)
    assert [f.ids for f in findings(area, "far_from_road")] == [("U1",)]


def test_nothing_is_far_from_a_road_where_there_is_none():
    assert findings(replace(clean(), roads=None), "far_from_road") == []
    only_boats = replace(clean(), roads=roads([road(0, 1, (0, 9000), (0, 9500), **FERRY)]))
    assert findings(only_boats, "far_from_road") == []


def test_units_that_take_no_part_are_not_asked_about():
    area = second_unit_at(3000, 2001, status=["used", "outside_buffer"], functioning=["yes", "unknown"])
    assert findings(area, "far_from_road") == findings(area, "functioning_unknown") == []


def test_the_connected_share_is_of_length_not_of_pieces():
    many = [road(10 + i, 11 + i, (10 * i, 500), (10 * i + 10, 500)) for i in range(10)]
    assert connected_share(with_roads(*many).roads) == pytest.approx(6000 / 6100)


def test_nodes_that_a_oneway_street_joins_are_connected():
    own = with_roads(road(8, 3, (6000, 4000), (6000, 0), oneway="yes")).roads
    assert connected_share(own) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("puskesmas", ["Pustu Sari", "Posyandu Melati", "Dinas Kesehatan", "RSUD Sari", "Klinik Sehat"],
         ["Puskesmas Sari", "Sari", "Puskesmas Rawat Inap Bantul", ""]),
        ("pustu", ["Gudang Farmasi", "Posyandu Melati", "Puskesmas Induk Sari"],
         ["Pustu Sari", "Puskesmas Pembantu Sari", "Poskesdes Sari", "Puskesmas Sari"]),
        ("posyandu", ["Puskesmas Sari", "Polindes Sari", "Dinkes"], ["Posyandu Melati", "Melati 1", "Mawar"]),
        ("hospital", ["Puskesmas Sari", "Posyandu Melati"], ["RSUD Puskesmas Lama", "RS Sari"]),
        ("clinic", [], ["Puskesmas Sari", "Dinas Kesehatan"]),
    ],
)  # fmt: skip
def test_names_that_contradict_each_kind(kind, wrong, right):
    for names, expected in ((wrong, len(wrong)), (right, 0)):
        if names:
            area = but("facilities", units=len(names), name=names, kind=kind)
            assert sum(f.count for f in findings(area, "name_contradicts_kind")) == expected, names


def test_surfaces_that_a_reader_told_of_are_told_once():
    area = but("roads", surface=["aspall", "dirt", "aspall"])
    [told] = findings(area, "unread_value")
    assert told.message.startswith("surface: values that are not understood; what is understood of it")
    read = replace(told, count=1)
    assert findings(replace(area, findings=(read,)), "unread_value") == [read]
