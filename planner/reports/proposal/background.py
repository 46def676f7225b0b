"""Part A of the proposal (the area, its facilities, and who reaches them) and part B, the aim."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from geodata.vocabulary.statuses import FacilityStatus, VillageStatus, YesNo
from planner.reports.documents.model import (
    UNKNOWN,
    Column,
    Figure,
    Items,
    Paragraph,
    Row,
    Section,
    Table,
    number,
    people,
    text,
)
from planner.reports.proposal.plan import gained_by, of_nobody, reaches_more
from planner.reports.proposal.proposed import plan_notes, proposed
from planner.reports.proposal.seasons import map_caption, share_in, why_as_dry
from planner.reports.proposal.stated import stated

# Of what units lack, one or more: the word stands in the plural.
SEVERAL = 2

if TYPE_CHECKING:
    import pandas as pd

    from planner.reports.documents.model import Block, Cell
    from planner.reports.documents.words import Words
    from planner.reports.proposal.plan import Plan
    from planner.reports.proposal.source import District, Source


def background(source: Source) -> Section:
    """Return part A: facts of the area, facilities, reach by kind with a map and a table by kecamatan.

    Parameters
    ----------
    source
        Of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> section = background(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    >>> [part.title for part in section.blocks][:2]
    ['The area', 'Facilities']
    """
    say = source.words.say
    told = source.assumed
    parts = (
        *(() if told is None else (told.section(),)),
        Section("area", say("background.area_title"), _area(source)),
        *stated(source),
        Section("facilities", say("background.facilities_title"), _facilities(source)),
        Section("reach", say("background.reach_title"), _reach(source)),
        *(_kind(source, kind) for kind in source.kinds if kind in source.listed),
        *(_kind(source, kind) for kind in source.kinds if kind not in source.listed),
    )
    return Section("background", say("background.title"), parts)


def area_facts(source: Source) -> list[str]:
    """Return sentences on kecamatan, villages and people, and how many people are unknown."""
    say, villages = source.words.say, source.gaps.layers.villages
    kinds = villages["kind"].value_counts()
    desa, kelurahan = (number(int(kinds.get(k, 0)), k) for k in ("desa", "kelurahan"))
    one_kind = not (desa.number and kelurahan.number)
    out = [
        say(
            "background.area_of_one_kind" if one_kind else "background.area",
            area=source.area_name, code=source.gaps.layers.area.code,
            districts=number(villages["district_code"].nunique(), "district"),
            villages=number(len(villages), "village"), desa=desa, kelurahan=kelurahan,
            only=desa if desa.number else kelurahan,
        )
    ]  # fmt: skip
    known = source.totals["people"]
    unknown = source.totals["villages_people_unknown"]
    if known is None:
        out.append(say("background.no_people"))
    else:
        out.append(say("background.people", people=people(known)))
        if unknown:
            out.append(say("people_unknown", n=number(unknown, "village")))
    return out


def _area(source: Source) -> tuple[Block, ...]:
    return (Paragraph(source.words.say("background.ilp")), Paragraph(" ".join(area_facts(source))))


def _facilities(source: Source) -> tuple[Block, ...]:
    words = source.words
    columns = (
        Column(words.say("column.kind"), 1.6), *(
            Column(words.say(f"column.{c}"), numeric=True)
            for c in ("listed", "works", "broken", "works_unknown", "no_place", "official")
        ),
    )  # fmt: skip
    rows = tuple(Row(_facility_row(source, kind)) for kind in source.kinds)
    caption = words.say("background.facilities_caption")
    note = words.say("background.facilities_note")
    beyond = {kind: len(source.outside(kind)) for kind in source.kinds if source.outside(kind)}
    if beyond:
        units = [words.cell(number(n, kind)) for kind, n in beyond.items()]
        note = f"{note} {words.say('background.facilities_outside', units=words.listed(units))}"
    if source.assumed is not None and source.assumed.of_facilities:
        note = f"{note} {words.say('assumed.as_listed')}"
    return (Table(caption, columns, rows), Paragraph(note, note=True), *_by_standard(source))


def _by_standard(source: Source) -> tuple[Block, ...]:
    """Return how many units function as the standard asks, and for want of what others do not.

    A list says whether a unit operates, which is another question.
    """
    words = source.words
    rows = tuple(Row(_standard_row(source, kind)) for kind in source.kinds if kind in source.listed)
    if not rows:
        return ()
    columns = (
        Column(words.say("column.kind"), 1.2),
        *(
            Column(words.say(f"column.{c}"), numeric=True)
            for c in ("judged", "meets", "short", "short_unknown")
        ),
        Column(words.say("column.lacking"), 2.4),
    )
    units, keys = source.ilp.units, []
    kind = source.gaps.layers.facilities["kind"].reindex(units.index)
    if (kind.to_numpy() != units["serves_as"].to_numpy()).any():
        keys.append("standard_units_other")
    if source.assumed is not None and source.assumed.of_facilities:
        keys.append("standard_units_assumed")
    note = words.say("background.standard_units_note", name=source.gaps.scenario.standard_name)
    said = " ".join([note, *(words.say(f"background.{key}") for key in keys)])
    table = Table(words.say("background.standard_units_caption"), columns, rows)
    return (table, Paragraph(said, note=True))


def _standard_row(source: Source, kind: str) -> tuple[Cell, ...]:
    words, units = source.words, source.ilp.units
    mine = units[units["serves_as"] == kind]
    functions = mine["functions"].value_counts()
    counts = (int(functions.get(w, 0)) for w in (YesNo.YES, YesNo.NO, YesNo.UNKNOWN))
    return (
        text(words.kind(kind, begins=True)), number(len(mine)), *(number(n) for n in counts),
        text(_lacking(source, mine)),
    )  # fmt: skip


def _lacking(source: Source, units: pd.DataFrame) -> str:
    """Return in words what units of one kind lack, each with how many of them lack it, the most first."""
    words = source.words
    lacks = Counter(one.split(":")[0] for said in units["lacks"] for one in said.split())
    said = [
        words.say("background.lacks_of", what=words.role(name, SEVERAL), n=number(n))
        for name, n in sorted(lacks.items(), key=lambda item: (-item[1], item[0]))
    ]
    declared = source.gaps.layers.facilities["functioning"].reindex(units.index)
    closed = int((declared == YesNo.NO).sum())
    if closed:
        said.insert(0, words.say("background.lacks_operating", n=number(closed)))
    return "; ".join(said) or words.say("background.lacks_nothing")


def _facility_row(source: Source, kind: str) -> tuple[Cell, ...]:
    words, rows = source.words, source.gaps.listed
    name = text(words.kind(kind, begins=True))
    official = number(source.ilp.totals["official"].get(kind, float("nan")))
    if kind not in source.gaps.layers.area.listed_kinds:
        return (name, *[UNKNOWN] * 5, official)
    mine = rows[rows["kind"] == kind]
    works = mine["functioning"].value_counts()
    lost = int((mine["status"] == FacilityStatus.UNLOCATED).sum())
    counts = [len(mine), *(int(works.get(w, 0)) for w in (YesNo.YES, YesNo.NO, YesNo.UNKNOWN)), lost]
    return (name, *(number(c) for c in counts), official)


def _reach(source: Source) -> tuple[Block, ...]:
    words, scenario = source.words, source.gaps.scenario
    columns = (
        Column(words.say("column.kind"), 1.1), Column(words.say("column.standard"), 1.7),
        Column(words.say("column.reached"), 1.2, numeric=True),
        *(
            Column(words.say("column.share_in", season=words.on_map(f"season_{season}")), numeric=True)
            for season in (source.season, source.other_season)
        ),
        *(Column(villages_of(words, s), numeric=True) for s in VillageStatus),
    )  # fmt: skip
    rows = []
    for kind in source.kinds:
        status = [source.status(kind, s) for s in VillageStatus]
        shares = (share_in(source, kind, season) for season in (source.season, source.other_season))
        rows.append(
            Row((
                text(words.kind(kind, begins=True)), text(source.rule_words(kind)),
                _bare(source.reached(kind)), *shares, *status,
            ))
        )  # fmt: skip
    standard = words.say(
        "background.standard", name=scenario.standard_name, version=scenario.standard_version,
        served=words.plain(scenario.status.served * 100), gap=words.plain(scenario.status.gap * 100),
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(standard)]
    if not source.seasons_told:
        blocks.append(Paragraph(why_as_dry(source)))
    blocks.append(Table(words.say("background.reach_caption"), columns, tuple(rows), small=True))
    blocks += [Paragraph(note, note=True) for note in _reach_notes(source)]
    return tuple(blocks)


def villages_of(words: Words, status: VillageStatus) -> str:
    """Return the heading of a column that counts the villages of a status.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> villages_of(Words("id"), VillageStatus.GAP), villages_of(Words("en"), VillageStatus.GAP)
    ('Desa: kesenjangan', 'Villages: gap')
    """
    return words.say("column.of_villages", status=words.say(f"status.{status.value}"))


def _reach_notes(source: Source) -> list[str]:
    """Return whose share it is, and which kinds are timed on foot alone, where that is to be said."""
    words, out = source.words, []
    known, all_ = source.villages_of_known_people
    if 0 < known < all_:
        out.append(words.say("background.share_note", known=number(known), all=number(all_, "village")))
    on_foot = [words.kinds(kind) for kind in source.listed if source.partly_on_foot(kind)]
    if on_foot:
        out.append(words.say("background.on_foot_note", kinds=words.listed(on_foot)))
    return out


def _bare(cell: Cell) -> Cell:
    """Return people without their word, for a column that has it."""
    from dataclasses import replace

    return replace(cell, unit="")


def kind_facts(source: Source, kind: str) -> list[str]:
    """Return sentences on who reaches a kind, in both seasons, and which villages do not."""
    words = source.words
    name = words.kind(kind)
    if kind not in source.listed:
        return [words.say("background.no_list", kind=name)]
    values: dict[str, Cell | str] = {
        "kind": name, "rule": source.rule_words(kind), "people": source.reached(kind),
        "share": source.share(kind), "season": source.season_words(source.season),
    }  # fmt: skip
    if not source.reached(kind).known:
        out = [words.fill("background.reached_unknown", values)]
    else:
        out = [words.fill(f"background.{_of_known(source, 'reached', values)}", values)]
    if source.seasons_told and source.reached(kind).known:
        there, part = (of(kind, source.other_season) for of in (source.reached, source.share))
        season = words.on_map(f"season_{source.other_season}")
        key = "reached_same" if there == source.reached(kind) else "reached_other"
        out.append(words.say(f"background.{key}", season=season, people=there, share=part))
    if source.partly_on_foot(kind):
        out.append(on_foot_in_words(source, kind))
    counts = {s.value: number(source.reach(kind)[f"villages_{s.value}"]) for s in VillageStatus}
    if counts["gap"].number or counts["partly"].number or not source.on_foot(kind):
        out.append(_not_served(source, counts["gap"], counts["partly"]))
    if counts["unknown"].number:
        out.append(words.say("background.status_unknown", n=number(counts["unknown"].number, "village")))
    return out


def _not_served(source: Source, gap: Cell, partly: Cell) -> str:
    """Return in words how many villages are not reached, or only partly."""
    say, villages = source.words.say, number((gap if gap.number else partly).number, "village")
    if gap.number and partly.number:
        return say("background.status", n=villages, partly=partly)
    if gap.number:
        return say("background.status_gap", n=villages)
    return say("background.status_partly" if partly.number else "background.status_none", n=villages)


def _of_known(source: Source, key: str, values: dict[str, Cell | str]) -> str:
    """Return the key of a sentence on a share; where people are not known, it says of which villages."""
    known, all_ = source.villages_of_known_people
    if known in (0, all_):
        return key
    values |= {"known": number(known), "all": number(all_, "village")}
    return f"{key}_of_known"


def on_foot_in_words(source: Source, kind: str) -> str:
    """Return what is not known of a kind that is reached by vehicle, in an area without roads."""
    words = source.words
    mode = words.mode(source.gaps.scenario.standard[kind].of(source.season).mode)
    return words.say("background.on_foot", kind=words.kind(kind), mode=mode)


def plan_on_foot(source: Source, plan: Plan) -> list[str]:
    """Return a sentence on a plan that was timed on foot alone, for want of roads; none for another."""
    if not source.on_foot(plan.kind):
        return []
    gains = "on_foot" if reaches_more(gained_by(plan)) else "on_foot_nobody"
    key = gains if len(plan.sites) else "on_foot_none"
    return [source.words.say(f"request.{key}", kind=source.words.kind(plan.kind))]


def _kind(source: Source, kind: str) -> Section:
    words = source.words
    name = words.kind(kind)
    blocks: list[Block] = [Paragraph(" ".join(kind_facts(source, kind)))]
    if kind in source.listed:
        caption = map_caption(source, kind)
        alt = words.say("background.map_alt", kind=name, area=source.area_name)
        blocks += [Figure(f"{kind}.png", caption, alt, source.map_of(kind)), district_table(source, kind)]
    title = words.say("background.kind_title", kind=name)
    return Section(f"reach_{kind}", title, tuple(blocks))


def district_table(source: Source, kind: str) -> Table:
    """Return a kind's people and villages by kecamatan, with their sum."""
    words = source.words
    columns = (
        Column(words.say("column.district"), 1.9),
        *(
            Column(words.say(f"column.{c}"), w, numeric=True)
            for c, w in (
                ("villages", 1.3), ("people", 1.3), ("villages_people_unknown", 1.3), ("reached", 1.4),
                ("share", 1.4),
            )
        ),
        *(Column(villages_of(words, s), 1.4, numeric=True) for s in VillageStatus),
    )  # fmt: skip
    districts = source.districts(kind)
    rows = [Row(_district_row(d)) for d in districts]
    rows.append(Row(_district_sum(source, kind, districts), role="total"))
    caption = words.say("background.district_caption", kind=words.kind(kind))
    return Table(caption, columns, tuple(rows), small=True)


def _district_row(one: District) -> tuple[Cell, ...]:
    counts = (number(one.status[s.value]) for s in VillageStatus)
    return (
        text(one.name), number(one.villages), _bare(people(one.people)), number(one.villages_people_unknown),
        _bare(one.reached), one.share, *counts,
    )  # fmt: skip


def _district_sum(source: Source, kind: str, districts: list[District]) -> tuple[Cell, ...]:
    known = [d.people for d in districts if not np.isnan(d.people)]
    return (
        text(source.words.say("sum")), number(sum(d.villages for d in districts)),
        _bare(people(float(np.sum(known)) if known else None)),
        number(sum(d.villages_people_unknown for d in districts)),
        _bare(source.reached(kind)), source.share(kind),
        *(number(sum(d.status[s.value] for d in districts)) for s in VillageStatus),
    )  # fmt: skip


def aim(source: Source) -> Section:
    """Return part B: what the proposal is for, in numbers where there is a plan.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> aim(source_of(Ilp(find_gaps(demo_layers(12))), lang="en")).title
    'B. Aim'
    """
    words = source.words
    goals = list(words.lines("aim.goals", area=source.area_name))
    plan = source.plan
    if plan is not None and plan.why_none is not None:
        goals[:0] = _aim_of_none(source, plan, plan.why_none)
    elif plan is not None:
        goals.insert(0, _aim_of_plan(source, plan))
    else:
        key = "gap_what_if" if source.assumed is not None and source.assumed.has_edits else "gap"
        on_foot = [words.kinds(kind) for kind in source.listed if source.partly_on_foot(kind)]
        goals[:0] = [words.say("aim.roads", kinds=words.listed(on_foot))] if on_foot else []
        goals[:0] = [
            words.say(f"aim.{key}", n=source.status(kind, VillageStatus.GAP), kind=words.kind(kind))
            for kind in source.listed
            if source.reach(kind)["villages_gap"]
        ]
    first = Paragraph(words.say("aim.general", area=source.area_name))
    notes = [] if plan is None else [*plan_on_foot(source, plan), *plan_notes(source, plan)]
    blocks: list[Block] = [first, Items(tuple(goals), numbered=True)]
    blocks += [Paragraph(note, note=True) for note in notes]
    return Section("aim", words.say("aim.title"), tuple(blocks))


def _aim_of_plan(source: Source, plan: Plan) -> str:
    """Return what a plan is for, in its numbers."""
    words, name = source.words, source.words.kind(plan.kind)
    if not reaches_more(gained_by(plan)):
        return words.say(of_nobody("aim.plan_nobody", plan), what=proposed(source, plan))
    before, after = plan.served("before"), plan.served("after")
    key = "plan_as_if_none" if plan.as_if_none else "plan_same" if before == after else "plan"
    key = "plan_known" if key == "plan" and any(plan.villages_unknown) else key
    return words.say(
        f"aim.{key}", kind=name, people=gained_by(plan), before=number(before),
        after=number(after, "village" if plan.as_if_none else ""),
    )  # fmt: skip


def _aim_of_none(source: Source, plan: Plan, why: str) -> list[str]:
    """Return what a proposal is for whose plan does nothing: not what that plan does not do."""
    words, kind = source.words, plan.kind
    if why in ("target_met", "all_reached"):
        return [words.say(f"aim.none_{why}", kind=words.kind(kind))]
    roads = words.say("aim.roads", kinds=words.kinds(kind))
    said = [roads] if kind in source.listed and source.partly_on_foot(kind) else []
    gap = source.status(kind, VillageStatus.GAP)
    if gap.known and gap.number:
        said.insert(0, words.say("aim.none", n=gap, kind=words.kind(kind)))
    return said
