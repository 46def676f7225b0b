"""The comparison of two scenarios as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.coverage.gained import Gain
from planner.reports.assumed import changed_rules
from planner.reports.comparison.edits import edits_in_words
from planner.reports.comparison.limits import not_comparable
from planner.reports.comparison.sides import direction, sums, unsure
from planner.reports.documents.model import (
    UNKNOWN,
    Column,
    Document,
    Figure,
    Items,
    Paragraph,
    Row,
    Section,
    Table,
    change,
    change_known,
    number,
    people,
    text,
)
from planner.reports.print_maps.compare_map import Half, change_map, pair_map
from planner.reports.print_maps.outlines import outlines_of
from planner.reports.proposal.annexes import sources_table
from planner.reports.proposal.background import area_facts
from planner.reports.proposal.method import steps
from planner.reports.proposal.proposed import proposed, staff_cell
from planner.reports.proposal.readiness import unknown_facts
from planner.reports.proposal.request import cost, yearly

if TYPE_CHECKING:
    import pandas as pd

    from planner.reports.comparison.sides import Comparison, Side
    from planner.reports.documents.model import Block, Cell
    from planner.reports.proposal.plan import Plan
    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season

FIRST = 25  # of a list of edits; all of them stand in the annex
ROUNDED_AWAY = 0.5  # fewer people than that would read as 0
MOST_VILLAGES = 20  # of those that change, in the text


def comparison_document(both: Comparison) -> Document:
    """Return the document: what each scenario is, figures side by side, what changes where, what is unknown.

    Parameters
    ----------
    both
        As from :func:`planner.reports.comparison.sides.comparison_of`.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> from planner.reports.comparison.sides import comparison_of
    >>> study = Study(demo_layers(12))
    >>> closed = study.gaps([CloseFacility(op="close_facility", id="P9901002")])
    >>> made = comparison_document(comparison_of(study.gaps(), closed, lang="en"))
    >>> [section.title for section in made.sections][:3]
    ['In short', 'The two scenarios', 'The figures side by side']
    """
    words = both.words
    kinds = [_kind(both, kind) for kind in both.compared if both.differs(kind)]
    parts: tuple[tuple[str, Section | list[Block]], ...] = (
        ("short", _short(both)), ("scenarios", _scenarios(both)), ("figures", _figures(both)),
        *((section.key, section) for section in kinds),
        ("cost", _cost(both)), ("limits", _limits(both)), ("unknown", _unknown(both)),
    )  # fmt: skip
    sections = [
        part if isinstance(part, Section) else Section(key, words.say(f"compare.{key}_title"), tuple(part))
        for key, part in parts
    ]
    title = words.say("compare.title")
    area = both.a.source.area_name
    subtitle = f"{area} ({both.a.source.gaps.layers.area.code})"
    return Document(
        words.say("file.comparison"), words.lang, title, subtitle, (), (*sections, *_annexes(both)),
        has_cover=False, watermark=words.say("draft"), footer=f"{title} – {area}",
    )  # fmt: skip


def called(both: Comparison, side: Side) -> str:
    """Return what a scenario is called: its letter, and its name or its plan."""
    name = side.scenario.name
    if side.plan is not None:
        return both.words.say("compare.called_plan", letter=side.letter, kind=both.words.kind(side.plan.kind))
    if name in ("", "default"):
        return both.words.say("compare.called", letter=side.letter)
    return both.words.say("compare.called_name", letter=side.letter, name=name)


def _season_of_both(both: Comparison, season: Season) -> str:
    """Return the name of a season; that it is counted as the dry one only where it is so on both sides."""
    sides = {side.source.season_words(season) for side in (both.a, both.b)}
    return sides.pop() if len(sides) == 1 else both.words.on_map(f"season_{season}")


def _short(both: Comparison) -> list[Block]:
    words = both.words
    says = [_answer(both, kind) for kind in both.compared]
    first = words.say("compare.intro", a=called(both, both.a), b=called(both, both.b),
                      season=_season_of_both(both, both.season))  # fmt: skip
    blocks: list[Block] = [Paragraph(f"{first} {' '.join(area_facts(both.a.source))}")]
    if says:
        blocks.append(Items(tuple(says)))
        blocks += _own_seasons(both)
    else:
        blocks.append(Paragraph(words.say("compare.nothing_comparable")))
    on_foot = [words.kinds(kind) for kind in both.compared if both.a.source.partly_on_foot(kind)]
    if on_foot:
        note = words.say("background.on_foot_note", kinds=words.listed(on_foot))
        blocks.append(Paragraph(note, note=True))
    left = [words.kinds(kind) for kind in both.kinds if kind not in both.compared]
    if left:
        blocks.append(Paragraph(words.say("compare.left_out", kinds=words.listed(left))))
    return blocks


def _own_seasons(both: Comparison) -> list[Block]:
    """Return who is reached in each scenario's own season, where the two are of different ones.

    The sentences before hold the season of A against itself: who asks for the wet season asks for this.
    """
    words, (one, other) = both.words, both.sides
    if one.season == other.season:
        return []
    values: dict[str, Cell | str] = {
        "a": _season_of_both(both, one.season), "b": _season_of_both(both, other.season)
    }  # fmt: skip
    told = all(side.source.seasons_told for side in both.sides)
    if not told:
        return [Paragraph(words.fill("compare.own_seasons_alike", values))]
    says = []
    for kind in both.compared:
        reached = [side.source.reached(kind, side.season) for side in both.sides]
        says.append(
            words.say(
                "compare.own_season", kind=words.kind(kind, begins=True), a=reached[0], b=reached[1],
                season_a=values["a"], season_b=values["b"],
            )
        )  # fmt: skip
    return [Paragraph(words.fill("compare.own_seasons", values)), Items(tuple(says))]


def _answer(both: Comparison, kind: str) -> str:
    """Return in a sentence or two what B does to a kind."""
    words, table = both.words, both.villages(kind)
    name = words.kind(kind)
    begins = words.kind(kind, begins=True)
    if not both.differs(kind):
        open_ = bool((table["least"] < table["most"]).any())
        return words.say(f"compare.no_difference{'_known' if open_ else ''}", kind=begins)
    found = sums(table)
    net = found["net"].people
    # Where nobody is gained or lost, what is known of a village changes, and nothing else.
    none = "as_many" if found["gained"].people else "same_known"
    key = "more" if net > 0 else "fewer" if net < 0 else none
    if net and abs(net) < ROUNDED_AWAY:
        key = "hardly"
    doubt = "_doubt" if key in ("more", "fewer") and not found["net"].is_sure else ""
    said = [
        words.say(f"compare.{key}{doubt}", kind=name, people=change_known(people(abs(net)), found["net"]))
    ]
    if doubt:
        said.append(words.say(f"compare.{key}_why_{_bound(found['net'])}"))
    if min(found["gained"].people, found["lost"].people) >= ROUNDED_AWAY:
        gained, lost = (change_known(people(found[way].people), found[way]) for way in ("gained", "lost"))
        said.append(words.say("compare.both_ways", gained=gained, lost=lost))
    if both.same_status:
        ways = _ways(table)
        said += [
            words.say(f"compare.villages_{way}", n=number(ways[way], "village"))
            for way in ("better", "worse", "unknown", "known")
            if ways[way]
        ]
    return f"{begins}: {' '.join(said)}"


def _bound(gain: Gain) -> str:
    """Return what a difference is that is not sure: "at_most", "at_least", or "as_known"."""
    if gain.at_least and gain.at_most:
        return "as_known"
    return "at_least" if gain.at_least else "at_most"


def _ways(table: pd.DataFrame) -> dict[str, int]:
    out = dict.fromkeys(("better", "worse", "unknown", "known", "same"), 0)
    for one, other in zip(table["status_a"], table["status_b"], strict=True):
        out[direction(one, other)] += 1
    return out


def _scenarios(both: Comparison) -> list[Block]:
    """Return what each scenario is: its season, standard and edits; what both have stands once."""
    words = both.words
    shared, *alone = both.edits
    blocks: list[Block] = []
    for side, own in zip(both.sides, alone, strict=True):
        scenario = side.scenario
        values = {
            "name": called(both, side), "season": side.source.season_words(side.season),
            "standard": scenario.standard_name, "version": scenario.standard_version,
        }  # fmt: skip
        rules = changed_rules(side.source)
        said = [words.fill("compare.is_but" if rules else "compare.is", values)]
        if rules:
            blocks += [Paragraph(said.pop()), Items(tuple(rules))]
        if side.plan is not None:
            said += _of_plan(both, side, side.plan)
        if not own:
            said.append(words.say("compare.no_own_edit" if shared else "compare.no_edit"))
        elif not said:
            said.append(words.say("compare.own_edits", letter=side.letter))
        blocks += _told(both, side, own, " ".join(said))
    if shared:
        blocks += _told(both, both.a, shared, words.say("compare.shared"))
    return blocks


def _of_plan(both: Comparison, side: Side, plan: Plan) -> list[str]:
    """Return what a plan proposes, and in which seasons its own document counts where that is not as here."""
    words = both.words
    said = [words.say("compare.of_plan", what=proposed(side.source, plan) or words.say("none"))]
    if len(plan.seasons) > 1:
        said.append(words.say("compare.plan_both_seasons"))
    elif plan.seasons != (both.season,):
        season = words.on_map(f"season_{plan.seasons[0]}")
        said.append(words.say("compare.plan_one_season", season=season))
    return said


def _told(both: Comparison, side: Side, edits: list[Edit], intro: str) -> list[Block]:
    words = both.words
    said = edits_in_words(side.source, edits[:FIRST], side.scenario.edits, layers=both.layers)
    blocks: list[Block] = [Paragraph(intro)]
    if said:
        blocks.append(Items(tuple(said), numbered=True))
    if len(edits) > FIRST:
        more = number(len(edits) - FIRST)
        blocks.append(Paragraph(words.say("compare.more_edits", n=more), note=True))
    return blocks


def _figures(both: Comparison) -> list[Block]:
    words = both.words
    columns = (
        Column(words.say("column.kind"), 1.25),
        *(Column(words.say(f"compare.column_{c}"), w, numeric=True)
          for c, w in (("reached_a", 1.2), ("reached_b", 1.2), ("change", 1.1), ("share_a", 1.05),
                       ("share_b", 1.05), ("gap_a", 1.1), ("gap_b", 1.1), ("unknown_a", 1.1),
                       ("unknown_b", 1.1))),
    )  # fmt: skip
    rows: list[Row] = []
    for season in _seasons(both):
        rows.append(Row((text(_season_of_both(both, season).capitalize()),), role="group"))
        rows += [Row(_figure_row(both, kind, season)) for kind in both.kinds]
    table = Table(words.say("compare.figures_caption"), columns, tuple(rows), small=True)
    limits = words.say("compare.figures_limits", limits="; ".join(_limit(both, kind) for kind in both.kinds))
    return [table, *(Paragraph(one, note=True) for one in (limits, words.say("compare.figures_note")))]


def _limit(both: Comparison, kind: str) -> str:
    """Return the limit of a kind: once, or of each scenario where the two differ."""
    words = both.words
    said = [side.source.rule_words(kind) if kind in side.source.kinds else words.say("compare.no_rule")
            for side in both.sides]  # fmt: skip
    if said[0] == said[1]:
        return f"{words.kind(kind)} {said[0]}"
    return f"{words.kind(kind)} A {said[0]}, B {said[1]}"


def _seasons(both: Comparison) -> list[Season]:
    """Return the season compared, and the other one where the roads of both tell it apart."""
    told = all(side.source.seasons_told for side in both.sides)
    return [both.season, both.a.source.other_season] if told else [both.season]


def _figure_row(both: Comparison, kind: str, season: Season) -> tuple[Cell, ...]:
    cells = [_of_side(side, kind, season) for side in both.sides]
    (reached_a, *rest_a), (reached_b, *rest_b) = cells
    known = both.same_limit(kind, season) and reached_a.known and reached_b.known
    gained = change(reached_b.number - reached_a.number) if known else UNKNOWN
    if known:
        gained = change_known(gained, both.net(kind, season))
    pairs = [cell for pair in zip(rest_a, rest_b, strict=True) for cell in pair]
    no_change = (
        text(both.words.say("compare.not_comparable")) if not both.same_limit(kind, season) else gained
    )
    return (text(both.words.kind(kind, begins=True)), reached_a, reached_b, no_change, *pairs)


def _of_side(side: Side, kind: str, season: Season) -> tuple[Cell, ...]:
    """Return people reached, share, villages with a gap and unknown of one scenario."""
    source = side.source
    if kind not in source.kinds:
        no_rule = text(source.words.say("compare.no_rule"))
        return no_rule, no_rule, no_rule, no_rule
    if kind not in source.listed:
        return UNKNOWN, UNKNOWN, UNKNOWN, number(len(source.gaps.layers.villages))
    one = source.reach(kind, season)
    return (
        replace(source.reached(kind, season), unit=""), source.share(kind, season),
        number(one["villages_gap"]), number(one["villages_unknown"]),
    )  # fmt: skip


def _kind(both: Comparison, kind: str) -> Section:
    """Return what differs for one kind: maps, villages by the way they go, people by kecamatan."""
    words = both.words
    name = words.kind(kind)
    source = both.a.source
    outlines = outlines_of(source.gaps.layers)
    changed = _shown(both, kind)
    halves = [Half(side.source.gaps, called(both, side)) for side in both.sides]
    area = {"kind": name, "area": source.area_name}
    figures = [
        Figure(f"pair_{kind}.png", words.say("compare.pair_caption", kind=name),
               words.fill("compare.pair_alt", area), pair_map(halves, kind, outlines, words)),
        Figure(f"change_{kind}.png", words.say("compare.change_caption", kind=name),
               words.fill("compare.change_alt", area), change_map(source.gaps, changed, outlines, words),
               width=0.8),
    ]  # fmt: skip
    blocks: list[Block] = [Paragraph(_answer(both, kind)), *figures]
    if both.same_status:
        blocks += _moves(both, kind)
    blocks.append(_districts(both, kind))
    blocks.append(Paragraph(words.say("compare.district_note"), note=True))
    return Section(f"kind_{kind}", words.say("compare.kind_title", kind=name), tuple(blocks))


def _shown(both: Comparison, kind: str) -> pd.DataFrame:
    """Return what a map of the change shows: no changes of state where it means two things."""
    table = both.villages(kind)
    # Whether more or fewer are reached there is unknown where it may be neither.
    either = (table["least"] < table["most"]) & (table["least"] <= 0) & (table["most"] >= 0)
    table = table.assign(change=table["change"].mask(either))
    return table if both.same_status else table.assign(status_b=table["status_a"])


def _moves(both: Comparison, kind: str) -> list[Block]:
    """Return the villages that change status: how many which way with how many people, and which."""
    words, table = both.words, both.villages(kind)
    moved = table[both.moved(kind)]
    if not len(moved):
        return [Paragraph(words.say("compare.no_move"))]
    rows = []
    for (one, other), some in moved.groupby(["status_a", "status_b"], sort=True):
        known = some["people"].sum(min_count=1)
        more = bool(some["people"].isna().any())
        rows.append(Row((
            _status(both, one), _status(both, other), text(words.say(f"compare.way_{direction(one, other)}")),
            number(len(some)), replace(people(known, at_least=more), unit=""),
        )))  # fmt: skip
    columns = (
        Column(words.say("compare.column_status_a"), 1.4), Column(words.say("compare.column_status_b"), 1.4),
        Column(words.say("compare.column_way"), 1.4), Column(words.say("column.villages"), numeric=True),
        Column(words.say("column.people"), numeric=True),
    )  # fmt: skip
    blocks: list[Block] = [
        Table(words.say("compare.moves_caption", kind=words.kind(kind)), columns, tuple(rows))
    ]
    first = moved.sort_values("people", ascending=False, kind="stable", na_position="last")[:MOST_VILLAGES]
    key = "moved_first" if len(moved) > MOST_VILLAGES else "moved_all"
    names = [
        words.say("edit.village_short", village=v, district=d)
        for v, d in map(both.a.source.place_of, first.index)
    ]
    blocks.append(Paragraph(words.say(f"compare.{key}", names=words.listed(names))))
    return blocks


def _status(both: Comparison, status: str) -> Cell:
    return text(both.words.say(f"status.{status}"))


def _districts(both: Comparison, kind: str) -> Table:
    words, table = both.words, both.villages(kind)
    columns = (
        Column(words.say("column.district"), 1.8),
        *(Column(words.say(f"compare.column_{c}"), numeric=True)
          for c in ("gained", "lost", "change", "better", "worse", "unsure")),
    )  # fmt: skip
    rows = [
        Row((text(both.a.source.district_name(str(code))), *_district(both, some)))
        for code, some in table.groupby("district_code", sort=True)
    ]
    rows.append(Row((text(words.say("sum")), *_district(both, table)), role="total"))
    return Table(
        words.say("compare.district_caption", kind=words.kind(kind)), columns, tuple(rows), small=True
    )


def _district(both: Comparison, some: pd.DataFrame) -> tuple[Cell, ...]:
    found, ways = sums(some), _ways(some)
    nobody = bool(some["change"].isna().all())
    people_cells = (
        UNKNOWN if nobody else change_known(of(found[name].people), found[name])
        for name, of in (("gained", number), ("lost", number), ("net", change))
    )
    moved = [number(ways[way]) if both.same_status else UNKNOWN for way in ("better", "worse")]
    return (*people_cells, *moved, number(int(unsure(some).sum())))


def _cost(both: Comparison) -> list[Block]:
    """Return cost and staff of plans; a scenario file says nothing of either."""
    words = both.words
    rows = []
    for side, own in zip(both.sides, both.edits[1:], strict=True):
        plan = side.plan
        if plan is None:
            none = not own
            cells = (
                [text(words.say(key)) for key in ("compare.costs_nothing", "compare.costs_nothing", "none")]
                if none
                else [UNKNOWN] * 3
            )
        else:
            cells = [cost(plan), yearly(plan), staff_cell(side.source, plan, plan.sites)]
        rows.append(Row((text(called(both, side)), *cells)))
    columns = (
        Column(words.say("compare.column_scenario"), 1.4),
        *(Column(words.say(f"column.{c}"), 1.2, numeric=True) for c in ("cost", "yearly")),
        Column(words.say("column.staff"), 2.2),
    )  # fmt: skip
    table = Table(words.say("compare.cost_caption"), columns, tuple(rows))
    note = " ".join(words.say(f"compare.cost_{key}") for key in _cost_notes(both))
    return [table, Paragraph(note, note=True)] if note else [table]


def _cost_notes(both: Comparison) -> list[str]:
    """Return which sentences the table of costs needs: of what stands in it, and of nothing else."""
    sides = list(zip(both.sides, both.edits[1:], strict=True))
    plans = [side.plan for side, _ in sides if side.plan is not None]
    return [
        *(["of_file"] if any(side.plan is None and own for side, own in sides) else []),
        *(["of_plan"] if plans else []),
        *(["of_none"] if any(side.plan is None and not own for side, own in sides) else []),
    ]


def _limits(both: Comparison) -> list[Block]:
    said = not_comparable(both)
    if not said:
        return [Paragraph(both.words.say("compare.all_comparable"))]
    return [Paragraph(both.words.say("compare.limits_intro")), Items(tuple(said))]


def _unknown(both: Comparison) -> list[Block]:
    """Return what is unknown of both, and what of one alone."""
    words = both.words
    # A plan has unknowns of its own: costs, staff, sites that nobody has checked.
    facts = [unknown_facts(replace(side.source, plan=side.plan)) for side in both.sides]
    rows = []
    for what, effect in dict.fromkeys([*facts[0], *facts[1]]):
        mine = [side.letter for side, known in zip(both.sides, facts, strict=True) if (what, effect) in known]
        of = words.say("compare.of_both") if len(mine) == 2 else words.say("compare.of_one", letter=mine[0])
        rows.append(Row((text(of), text(what), text(effect))))
    for kind in both.a.source.gaps.layers.area.assumed_empty:
        pair = (
            words.fill(f"unknown_part.list_of_plan{end}", {"kind": words.kind(kind)})
            for end in ("", "_effect")
        )
        rows.append(Row((text(words.say("compare.of_both")), *map(text, pair))))
    intro = Paragraph(words.say("unknown_part.intro"))
    if not rows:
        return [Paragraph(words.say("unknown_part.nothing"))]
    columns = (Column(words.say("compare.column_scenario"), 0.7), Column(words.say("column.unknown"), 1.6),
               Column(words.say("column.effect"), 2.2))  # fmt: skip
    return [intro, Table(words.say("unknown_part.caption"), columns, tuple(rows))]


def _annexes(both: Comparison) -> list[Section]:
    words = both.words
    blocks = [_village_table(both, kind) for kind in both.compared if both.differs(kind)]
    out = []
    if blocks:
        title = words.say("compare.annex_villages")
        note = Paragraph(words.say("compare.villages_note"), note=True)
        out.append(Section("annex_villages", title, (*blocks, note), new_page=True))
    shared, *alone = both.edits
    own_edits = ((called(both, side), side, own) for side, own in zip(both.sides, alone, strict=True))
    long = [(words.say("compare.shared"), both.a, shared), *own_edits]
    lists = []
    for i, (title, side, own) in enumerate(long):
        if len(own) > FIRST:
            said = edits_in_words(side.source, own, side.scenario.edits, layers=both.layers)
            lists.append(Section(f"edits_{i}", title, (Items(tuple(said), numbered=True),)))
    if lists:
        out.append(Section("annex_edits", words.say("compare.annex_edits"), tuple(lists), new_page=True))
    sources = (Items(steps(both.a.source), numbered=True), sources_table(both.a.source))
    out.append(Section("annex_method", words.say("compare.annex_method"), sources, new_page=True))
    return out


def _village_table(both: Comparison, kind: str) -> Table:
    """Return every village in which anything changes."""
    words, table = both.words, both.villages(kind)
    some = table[both.differing(kind)]
    rows = []
    for code, one in some.sort_index().iterrows():
        village, district = both.a.source.place_of(code)
        counts = (number(_known(one[c])) for c in ("people", "people_a", "people_b"))
        status = (_status(both, one["status_a"]), _status(both, one["status_b"])) if both.same_status else ()
        known = Gain(one["change"], one["least"], one["most"])
        changed = change_known(change(_known(one["change"])), known)
        rows.append(Row((text(village), text(district), *counts, changed, *status)))
    columns = (
        Column(words.say("column.village"), 1.6), Column(words.say("column.district"), 1.4),
        Column(words.say("column.people"), 1.0, numeric=True),
        *(Column(words.say(f"compare.column_{c}"), 1.1, numeric=True)
          for c in ("reached_a", "reached_b", "change")),
        *(Column(words.say(f"compare.column_status_{c}"), 1.3) for c in ("a", "b") if both.same_status),
    )  # fmt: skip
    return Table(
        words.say("compare.villages_caption", kind=words.kind(kind)), columns, tuple(rows), small=True
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
