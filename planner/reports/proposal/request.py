"""Part C of the proposal: units by year with people, staff and cost, or the gaps by priority."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.tables import is_at_least
from planner.reports.documents.model import (
    UNKNOWN,
    Column,
    Figure,
    Paragraph,
    Row,
    Section,
    Table,
    change_known,
    number,
    people,
    rupiah,
    share,
    text,
    total,
)
from planner.reports.proposal.background import on_foot_in_words, plan_on_foot
from planner.reports.proposal.plan import gained_by, of_nobody, reaches_more
from planner.reports.proposal.proposed import (
    lost_in_words,
    only_new,
    plan_notes,
    site_words,
    staff_cell,
    units_proposed,
    why_none_in_words,
)
from planner.reports.proposal.seasons import map_caption

if TYPE_CHECKING:
    import pandas as pd

    from planner.reports.documents.model import Block, Cell
    from planner.reports.proposal.plan import Plan
    from planner.reports.proposal.source import Source

FIRST = 20  # of the villages that are a gap; the others are counted, and stand in the annex


def request(source: Source) -> Section:
    """Return part C: what is asked for, and the staff there is.

    Parameters
    ----------
    source
        Of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> section = request(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    >>> section.blocks[0].text
    'No plan of new units was given to this document. Below are the villages that are gaps, ...'
    """
    words = source.words
    if source.plan is None:
        open_ = bool(source.listed) and all(source.open_for_roads(kind) for kind in source.listed)
        blocks: list[Block] = [Paragraph(words.say("request.no_plan_on_foot") if open_ else _no_plan(source))]
        blocks += [block for kind in source.listed for block in _priorities(source, kind)]
        blocks += [Paragraph(words.say("background.no_list", kind=words.kind(kind)))
                   for kind in source.kinds if kind not in source.listed]  # fmt: skip
    else:
        plan = source.plan
        parts = {"units": _units(source, plan), "roads": _roads(source, plan), "sites": _sites(source, plan),
                 "staff": _staff(source, plan)}  # fmt: skip
        blocks = [Section(key, words.say(f"request.{key}_title"), tuple(part))
                  for key, part in parts.items() if part]  # fmt: skip
    return Section("request", words.say("request.title"), tuple(blocks))


def _no_plan(source: Source) -> str:
    """Return that there is no plan, and in which order villages follow."""
    lost = [source.gap_villages(kind)["people_not_reached"] for kind in source.listed]
    counted, silent = any(one.notna().any() for one in lost), any(one.isna().any() for one in lost)
    if silent and not counted:
        return source.words.say("request.no_plan_by_share")
    said = source.words.say("request.no_plan")
    return f"{said} {source.words.say('request.no_plan_silent')}" if silent else said


def request_facts(source: Source, plan: Plan) -> list[str]:
    """Return sentences on a plan: what, for whom, at what cost, and how good it is."""
    words, name = source.words, source.words.kind(plan.kind)
    if not len(plan.sites) and not plan.roads:
        said = [words.say("request.asked_none", kind=name), *why_none_in_words(source, plan)]
        return [*said, *plan_on_foot(source, plan), *plan_notes(source, plan), _proof(source, plan)]
    # Without a list nobody knows whom units reach today: then nothing is "more", nor rises.
    end = "_as_if_none" if plan.as_if_none else ""
    units, gained = number(len(plan.sites), plan.kind), gained_by(plan)
    if not reaches_more(gained):
        asked = _asked_of_nobody(source, plan)
    elif only_new(plan):
        asked = [words.say(f"request.asked{end}", n=units, kind=name, people=gained)]
    else:
        what = units_proposed(source, plan)
        asked = [words.say(f"request.asked_measures{end}", what=what, kind=name, people=gained)]
    return [
        *(_asked_with_roads(source, plan) if plan.roads else asked),
        served_in_words(source, plan),
        *lost_in_words(source, plan),
        *plan_on_foot(source, plan),
        *plan_notes(source, plan),
        *([cost_in_words(source, plan), yearly_in_words(source, plan)] if plan.size else []),
        _proof(source, plan),
    ]


def served_in_words(source: Source, plan: Plan) -> str:
    """Return how many villages are reached with a plan, and how many without."""
    say, before, after = source.words.say, plan.served("before"), plan.served("after")
    if plan.as_if_none:
        return say("request.served_as_if_none", n=number(after, "village"))
    key = "served_same" if before == after else "served"
    name, (now, then) = source.words.kind(plan.kind), plan.villages_unknown
    if not now and not then:
        return say(f"request.{key}", before=number(before), after=number(after), kind=name)
    said = say(f"request.{key}_known", before=number(before), after=number(after), kind=name)
    end = "same" if now == then else "fewer"
    left = say(f"request.served_unknown_{end}", n=number(now, "village"), then=number(then))
    return f"{said} {left}"


def _units_alone(source: Source, plan: Plan) -> list[str]:
    """Return what is proposed for units, without whom they reach; nothing of a plan without units."""
    words = source.words
    said = [words.say("request.as_if_none", kind=words.kind(plan.kind))] if plan.as_if_none else []
    if len(plan.sites):
        said.append(
            words.say("request.asked_units", n=number(len(plan.sites), plan.kind))
            if only_new(plan)
            else words.say("request.asked_units_measures", what=units_proposed(source, plan))
        )
    return said


def _asked_of_nobody(source: Source, plan: Plan) -> list[str]:
    """Return sentences on units that nobody more reaches, such as those that only shorten ways."""
    return [*_units_alone(source, plan), _nobody(source, plan)]


def _nobody(source: Source, plan: Plan) -> str:
    """Return that a plan gains nobody, or nobody as far as known."""
    return source.words.say(of_nobody("request.gained_nobody", plan), kind=source.words.kind(plan.kind))


def _asked_with_roads(source: Source, plan: Plan) -> list[str]:
    """Return sentences on units, roads, and whom both together reach."""
    words, name = source.words, source.words.kind(plan.kind)
    end = "_as_if_none" if plan.as_if_none else ""
    said = _units_alone(source, plan)
    km = number(sum(one.km for one in plan.roads), "km", decimals=1)
    said.append(words.say("request.asked_works", n=number(len(plan.roads)), km=km))
    if not reaches_more(gained_by(plan)):
        said.append(_nobody(source, plan))
    elif len(plan.sites):
        # What the roads reach alone is a part of it, and known no better.
        gained, by_roads = gained_by(plan), change_known(people(plan.people_by_roads), plan.gain)
        said.append(words.say(f"request.gained_both{end}", kind=name, people=gained, roads=by_roads))
    else:
        said.append(words.say(f"request.gained_roads{end}", kind=name, people=gained_by(plan)))
    return said


def cost(plan: Plan) -> Cell:
    """Return the first cost of all units and roads: unknown as soon as one is, none where there are none."""
    return rupiah(plan.cost_idr)


def cost_in_words(source: Source, plan: Plan) -> str:
    """Return the first cost of all units and roads in words, or of how many it is not known."""
    if cost(plan).known:
        return source.words.say("request.cost", cost=cost(plan))
    key = "cost_unknown_roads" if plan.roads else "cost_unknown"
    unit = "" if plan.roads else "unit"
    return source.words.say(f"request.{key}", n=number(plan.without_cost, unit))


def yearly(plan: Plan) -> Cell:
    """Return what all units and roads cost every year, as :func:`cost` does."""
    return rupiah(plan.yearly_idr)


def yearly_in_words(source: Source, plan: Plan) -> str:
    """Return in words what all units and roads cost every year, or of how many it is not known."""
    if yearly(plan).known:
        return source.words.say("request.yearly", cost=yearly(plan))
    key = "yearly_unknown_roads" if plan.roads else "yearly_unknown"
    unit = "" if plan.roads else "unit"
    return source.words.say(f"request.{key}", n=number(plan.without_yearly, unit))


def _proof(source: Source, plan: Plan) -> str:
    words, solver = source.words, plan.record["solver"]
    if solver["status"] == "optimal":
        return words.on_map(f"plan_proven_{solver['unit']}")
    from planner.siting.solution import share_better

    most = share_better(float(solver["objective"]), float(solver["bound"]))
    if most == inf:
        return words.on_map("plan_gap_open")
    return words.on_map("plan_gap").format(gap=words.cell(share(most)))


def _units(source: Source, plan: Plan) -> list[Block]:
    blocks: list[Block] = [Paragraph(" ".join(request_facts(source, plan)))]
    if len(plan.sites) or plan.roads:
        blocks.append(_by_year(source, plan))
    if plan.years is not None:
        keys = ["year_note", *(["year_spent"] if plan.has_yearly_costs else [])]
        keys += ["year_people"] if plan.counts_people_of_year else []
        said = " ".join(source.words.say(f"request.{key}") for key in keys)
        blocks.append(Paragraph(said, note=True))
    return blocks


def _by_year(source: Source, plan: Plan) -> Table:
    """Return what is done in each year; one row for a plan without years."""
    words = source.words
    roads = ("road_works", "km") if plan.roads else ()
    more = (*(["yearly"] if plan.tells_yearly else []), *(["spent"] if plan.has_yearly_costs else []))
    names = ("decided", "works_then", *roads, "people_gained", "served_then", "staff", "cost", *more)
    wide = {
        "staff": 2.2,
        "cost": 1.5,
        "yearly": 1.5,
        "spent": 1.7,
        "people_gained": 1.2,
        "served_then": 1.3,
        "decided": 1.3,
    }
    columns = (
        Column(words.say("column.year"), 0.8 if plan.years is not None else 1.5),
        *(Column(words.say(f"column.{n}"), wide.get(n, 1.0), numeric=n != "staff") for n in names),
    )
    rows = [Row(cells) for cells in _year_rows(source, plan)]
    return Table(words.say("request.year_caption"), columns, tuple(rows), small=bool(plan.roads or more))


def _year_rows(source: Source, plan: Plan) -> list[tuple[Cell, ...]]:
    sites = plan.sites
    if plan.years is None:
        return [(
            text(source.words.say("request.not_dated")), number(len(sites)), number(len(sites)),
            *_roads_of_year(plan), _bare(change_known(people(plan.people_added), plan.gain)),
            at_least(number(plan.served("after")), is_open=plan.villages_unknown[1] > 0),
            staff_cell(source, plan, sites), cost(plan), *((yearly(plan),) if plan.tells_yearly else ()),
        )]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    known = zip(plan.gain_by_year, plan.record["years_known"], strict=True)
    for (year, one), (gained, of_year) in zip(plan.years.iterrows(), known, strict=True):
        decided = sites[sites["year_decided"] == year]
        first = total(rupiah(c) for c in decided["cost_idr"]) if len(decided) else rupiah(0.0)
        rows.append((
            text(str(year)), number(one["units_decided"]), number(one["units_working"]),
            _bare(change_known(people(one["people_added"]), gained)),
            at_least(number(one["villages_served"]), is_open=of_year["villages_unknown"] > 0),
            staff_cell(source, plan, sites[sites["year_works"] == year]), first,
            *((_yearly_of(sites[sites["year_works"] <= year]),) if plan.tells_yearly else ()),
            *((rupiah(one["spent"]),) if plan.has_yearly_costs else ()),
        ))  # fmt: skip
    return rows


def _yearly_of(rows: pd.DataFrame) -> Cell:
    """Return what some units cost every year; 0 for none, unknown as soon as one is."""
    return rupiah(float(rows["yearly_idr"].sum(skipna=False)))


def _roads_of_year(plan: Plan) -> tuple[Cell, ...]:
    if not plan.roads:
        return ()
    return number(len(plan.roads)), number(sum(one.km for one in plan.roads), decimals=1)


def _bare(cell: Cell) -> Cell:
    return replace(cell, unit="")


def _roads(source: Source, plan: Plan) -> list[Block]:
    """Return the road works of a plan, one a row; nothing for a plan without."""
    if not plan.roads:
        return []
    words = source.words
    columns = (
        Column(words.say("column.number"), 0.5, numeric=True), Column(words.say("column.road_work"), 2.4),
        *(Column(words.say(f"column.{c}"), 1.2, numeric=True)
          for c in ("km", "people_alone", "cost", *(["yearly"] if plan.tells_yearly else []))),
    )  # fmt: skip
    rows = [
        Row((
            number(i), text(one.name), number(one.km, decimals=1), _bare(people(one.people_alone)),
            rupiah(one.cost_idr), *((rupiah(one.yearly_idr),) if plan.tells_yearly else ()),
        ))
        for i, one in enumerate(plan.roads, start=1)
    ]  # fmt: skip
    if len(plan.roads) > 1:
        km = number(sum(one.km for one in plan.roads), decimals=1)
        together = [_bare(people(plan.people_by_roads)), rupiah(sum(one.cost_idr for one in plan.roads))]
        together += [rupiah(sum(one.yearly_idr for one in plan.roads))] if plan.tells_yearly else []
        rows.append(Row((text(""), text(words.say("request.roads_together")), km, *together), role="total"))
    note = Paragraph(words.say("request.roads_note"), note=True)
    return [Table(words.say("request.roads_caption"), columns, tuple(rows)), note]


def _sites(source: Source, plan: Plan) -> list[Block]:
    words = source.words
    if not len(plan.sites) and not plan.roads:
        return [Paragraph(" ".join([words.say("request.no_site"), *why_none_in_words(source, plan)]))]
    figure = Figure(
        f"plan_{plan.kind}.png", map_caption(source, plan.kind, with_plan=True),
        words.say("request.map_alt", kind=words.kind(plan.kind), area=source.area_name),
        source.map_of(plan.kind, with_plan=True),
    )  # fmt: skip
    if not len(plan.sites):
        return [figure, Paragraph(words.say("request.no_unit"))]
    return [figure, site_table(source, plan), *_site_notes(source, plan)]


def site_table(source: Source, plan: Plan) -> Table:
    """Return the plan's units, one a row, numbered as on the map."""
    words = source.words
    dated = plan.years is not None
    # A stop is told with what serves it.
    measure = 2.3 if (plan.sites["op"] == "mobile").any() else 1.8
    columns = [Column(words.say("column.number"), 0.5, numeric=True)]
    # A heading breaks between words only: each column has room for its longest.
    columns += [Column(words.say("column.year_works"), 1.1)] if dated else []
    columns += [
        Column(words.say(f"column.{c}"), w)
        for c, w in (("measure", measure), ("village", 1.7), ("district", 1.4))
    ]
    columns += [Column(words.say(f"column.{c}"), w, numeric=True)
                for c, w in (("people_gained", 1.1), ("people_own", 1.2), ("cost", 1.4))]  # fmt: skip
    columns += [Column(words.say("column.yearly"), 1.4, numeric=True)] if plan.tells_yearly else []
    rows = []
    for i, (_, site) in enumerate(plan.sites.iterrows(), start=1):
        village, district = source.place_of(site["village_code"])
        cells = [number(i)]
        cells += [text(str(site["year_works"]))] if dated else []
        cells += [
            text(site_words(source, site)),
            text(village),
            text(district),
        ]
        cells += [
            _bare(people(site["people_added"])),
            _bare(people(site["people_own"])),
            rupiah(site["cost_idr"]),
            *((rupiah(site["yearly_idr"]),) if plan.tells_yearly else ()),
        ]
        rows.append(Row(tuple(cells)))
    return Table(words.say("request.sites_caption"), tuple(columns), tuple(rows), small=True)


def _site_notes(source: Source, plan: Plan) -> list[Block]:
    words = source.words
    notes = [words.say("request.gain_note_roads" if plan.roads else "request.gain_note")]
    if not plan.gain.is_sure:
        notes.append(words.say("request.gain_note_doubt"))
    unchecked, concerned = site_rules(plan)
    if unchecked:
        names = words.listed([words.say(f"site_rule.{rule}") for rule in unchecked])
        notes.append(words.say("request.rules_unchecked", rules=names))
    if concerned:
        notes.append(words.say("request.rules_concern", n=number(concerned, "unit")))
    crowded = plan.record.get("sites_above_people_per_unit")
    if crowded:
        notes.append(words.say("request.crowded", n=number(crowded, "unit")))
    return [Paragraph(note, note=True) for note in notes]


def site_rules(plan: Plan) -> tuple[list[str], int]:
    """Return the rules for sites that nobody could check, and how many sites another rule concerns."""
    unchecked: dict[str, None] = {}
    concerned = 0
    for said in plan.sites["site_rules"]:
        parts = [part for part in said.split("; ") if part]
        last = [part for part in parts if part.startswith("not checked: ")]
        concerned += len(parts) > len(last)
        for part in last:
            unchecked |= dict.fromkeys(part.removeprefix("not checked: ").split(", "))
    return list(unchecked), concerned


def _staff(source: Source, plan: Plan) -> list[Block]:
    """Return the staff that the plan needs beside the staff that the lists name for that kind today."""
    words = source.words
    needed, silent = plan.staff(plan.sites), int((plan.sites["staff"] == "").sum())
    roles = list(dict.fromkeys([*needed, *source.gaps.scenario.standard[plan.kind].staff]))
    if not roles and not len(plan.sites):
        return []
    if not roles:
        return [Paragraph(words.say("request.staff_unknown", kind=words.kind(plan.kind)))]
    rows = []
    for role in roles:
        there, without = _available(source, plan.kind, role)
        takes = at_least(number(needed.get(role, 0)), is_open=silent > 0)
        rows.append(Row((text(words.role(role)), takes, there, without)))
    columns = (
        Column(words.say("column.role"), 1.6),
        *(Column(words.say(f"column.{c}"), numeric=True) for c in ("needed", "available", "units_silent")),
    )
    caption = words.say("request.staff_caption", kind=words.kind(plan.kind))
    notes = [words.say("request.staff_note")]
    if silent:
        notes.append(words.say("request.staff_silent", n=number(silent, "unit")))
    return [Table(caption, columns, tuple(rows)), Paragraph(" ".join(notes), note=True)]


def _available(source: Source, kind: str, role: str) -> tuple[Cell, Cell]:
    """Return how many of a profession the lists name for a kind, and for how many units they are silent."""
    rows = source.gaps.listed
    if kind not in source.gaps.layers.area.listed_kinds:
        return UNKNOWN, UNKNOWN
    mine = rows[rows["kind"] == kind]
    column = f"staff_{role}"
    if column not in mine or not mine[column].notna().any():
        return UNKNOWN, number(len(mine))
    return number(float(mine[column].sum())), number(int(mine[column].isna().sum()))


def _priorities(source: Source, kind: str) -> list[Block]:
    """Return the villages of a kind that most people do not reach."""
    words = source.words
    table = source.gap_villages(kind)
    name = words.kind(kind)
    if not len(table) and source.on_foot(kind):
        return [Paragraph(f"{on_foot_in_words(source, kind)} {words.say('request.hand_in_roads')}")]
    if not len(table):
        unknown = source.reach(kind)["villages_unknown"]
        key = "request.no_gap_known" if unknown else "request.no_gap"
        return [Paragraph(words.say(key, kind=name, n=number(unknown, "village")))]
    rows = []
    by_share = bool(table["people_not_reached"].isna().all())
    end = "_by_share" if by_share else ""
    for i, (code, one) in enumerate(table.head(FIRST).iterrows(), start=1):
        village, district = source.place_of(code)
        lost = share(one["share_not_reached"]) if by_share else _bare(people(one["people_not_reached"]))
        cells = (lost, text(one["reason"]), text(one["action"]))
        rows.append(Row((number(i), text(village), text(district), *cells)))
    columns = (
        Column(words.say("column.number"), 0.5, numeric=True), Column(words.say("column.village"), 1.6),
        Column(words.say("column.district"), 1.4),
        Column(words.say(f"column.not_reached{end}"), 1.2, numeric=True),
        Column(words.say("column.reason"), 3.0), Column(words.say("column.action"), 2.4),
    )  # fmt: skip
    blocks: list[Block] = [
        Table(words.say(f"request.priority_caption{end}", kind=name), columns, tuple(rows), small=True)
    ]
    more = len(table) - FIRST
    if more > 0:
        blocks.append(Paragraph(words.say("request.more", n=number(more, "village")), note=True))
    return blocks


def not_reached(source: Source, kind: str) -> tuple[Cell, Cell]:
    """Return how many villages are a gap, and how many people are known not to be reached.

    At least so many, where of others nobody knows; unknown, where that could be all of them.
    """
    lost = source.unreached(kind)
    villages, open_ = (source.status(kind, s) for s in (VillageStatus.GAP, VillageStatus.UNKNOWN))
    return (
        at_least(villages, is_open=bool(open_.number)),
        at_least(
            people(None if np.isnan(lost) else lost),
            is_open=is_at_least(source.reach(kind)) or source.lacks_people(kind),
        ),
    )


def at_least(cell: Cell, *, is_open: bool) -> Cell:
    """Return a count of which more may be true: of none that are known, unknown."""
    if not is_open or not cell.known:
        return cell
    return UNKNOWN if round(cell.number) == 0 else replace(cell, at_least=True)
