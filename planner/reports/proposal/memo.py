"""The staff memo (telaahan staf), and the one page for the bupati or wali kota."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geodata.vocabulary.statuses import VillageStatus
from planner.reports.assumed import MOST_ON_A_PAGE
from planner.reports.documents.model import (
    Document,
    Fields,
    Figure,
    Headline,
    Items,
    Paragraph,
    Section,
    number,
    people,
)
from planner.reports.proposal.background import area_facts, kind_facts, plan_on_foot
from planner.reports.proposal.closing import signature
from planner.reports.proposal.plan import gained_by, of_nobody, reaches_more
from planner.reports.proposal.proposed import (
    lost_in_words,
    only_new,
    plan_notes,
    proposed,
    units_proposed,
    why_none_in_words,
)
from planner.reports.proposal.readiness import unknown_facts
from planner.reports.proposal.request import cost, not_reached, request_facts, yearly
from planner.reports.proposal.seasons import map_caption, season_notes
from planner.reports.proposal.stated import show

if TYPE_CHECKING:
    from planner.reports.documents.model import Block, Cell
    from planner.reports.proposal.plan import Plan
    from planner.reports.proposal.source import Source

MOST_UNKNOWNS = MOST_STATED = 5  # the memo has two pages; the proposal has them all


def staff_memo(source: Source) -> Document:
    """Return the memo: problem, assumptions, facts, analysis, conclusion, advice.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> memo = staff_memo(source_of(Ilp(find_gaps(demo_layers(12))), lang="id"))
    >>> [section.title for section in memo.sections[1:]]
    ['Persoalan', 'Praanggapan', 'Fakta yang Mempengaruhi', 'Analisis', 'Simpulan', 'Saran']
    """
    words = source.words
    head = Fields(
        tuple(zip(words.lines("memo.head"), words.lines(
            "memo.head_values", area=source.area_name, office=words.say("office_head", area=source.area_name)
        ), strict=True))
    )  # fmt: skip
    how = words.say("memo.straight" if source.gaps.network is None else "memo.by_road")
    parts = {
        "problem": _problem(source),
        "assumptions": (Items(words.lines("memo.assumed", how=how), numbered=True),),
        "facts": (Items(tuple(_facts(source)), numbered=True),),
        "analysis": _analysis(source),
        "conclusion": (Paragraph(" ".join([_conclusion(source), *_of_plan(source)])),),
        "advice": (
            Items(tuple(_advice(source)), numbered=True),
            signature(source, words.say("signature.author")),
        ),
    }
    told = source.assumed
    sections = (
        Section("memo_head", "", (head,)),
        *(() if told is None else (told.section(MOST_ON_A_PAGE),)),
        *(Section(key, words.say(f"memo.{key}"), blocks) for key, blocks in parts.items()),
    )
    title = words.say("memo.title")
    return Document(
        words.say("file.memo"), words.lang, title, source.subtitle, (), sections, has_cover=False,
        watermark=words.say("draft"), footer=f"{title} – {source.area_name}",
    )  # fmt: skip


def _problem(source: Source) -> tuple[Block, ...]:
    words, focus = source.words, source.focus
    if focus is not None and focus not in source.listed:
        said = words.say("memo.problem_no_list", kind=words.kind(focus), area=source.area_name)
        return (Paragraph(said),)
    if focus is None:
        return (Paragraph(words.say("memo.problem_unknown", area=source.area_name)),)
    lines = [_lack(source, focus, "problem_text")]
    if source.plan is not None and source.plan.seasons != (source.season,):
        # Else it would be held against people that the plan counts in other seasons.
        lines.append(words.say("memo.problem_season", season=source.season_words(source.season)))
    return (Paragraph(" ".join(lines)),)


def _lack(source: Source, kind: str, key: str) -> str:
    """Return in words how many villages and people lack a kind, and of how many nobody knows."""
    if source.open_for_roads(kind):
        return source.words.say(
            "memo.lack_on_foot", area=source.area_name, kind=source.words.kind(kind),
            people=source.reached(kind),
        )  # fmt: skip
    words, open_ = source.words, source.status(kind, VillageStatus.UNKNOWN)
    villages, lost = not_reached(source, kind)
    values = {"area": source.area_name, "kind": words.kind(kind), "rule": source.rule_words(kind)}
    if open_.number and not (villages.known and lost.known):
        return words.say(
            "memo.lack_open", n=number(open_.number, "village"), people=source.reached(kind), **values
        )
    if key == "problem_text" and not villages.number:
        key = "problem_none"
    said = words.say(f"memo.{key}", n=replace(villages, unit="village"), people=lost, **values)
    if not open_.number:
        return said
    return f"{said} {words.say('background.status_unknown', n=number(open_.number, 'village'))}"


def _facts(source: Source) -> list[str]:
    facts = [" ".join(area_facts(source))]
    facts += [" ".join(kind_facts(source, kind)) for kind in source.kinds]
    return facts + _stated(source)


def _stated(source: Source) -> list[str]:
    """Return what the office states, each with its source and what the data show of it."""
    words, facts = source.words, source.facts
    if facts is None:
        return []
    lines = []
    for one in facts.statements[:MOST_STATED]:
        shown = show(source, one)
        lines.append(
            words.say(
                "memo.stated", said=shown.said, source=facts.source_of(one).rstrip(". "), data=shown.data
            )
        )
    more = len(facts.statements) - MOST_STATED
    if more > 0:
        lines.append(words.say("memo.more_stated", n=number(more)))
    return lines


def _analysis(source: Source) -> tuple[Block, ...]:
    words, plan = source.words, source.plan
    blocks: list[Block] = []
    if plan is not None:
        blocks.append(Paragraph(" ".join(request_facts(source, plan))))
    elif source.focus is not None:
        blocks.append(Paragraph(_where(source, source.focus)))
    known = unknown_facts(source)
    if known:
        blocks.append(Paragraph(words.say("memo.unknown_intro")))
        blocks.append(
            Items(
                tuple(f"{what.rstrip('.')} – {_going_on(effect)}" for what, effect in known[:MOST_UNKNOWNS])
            )
        )
        if len(known) > MOST_UNKNOWNS:
            more = number(len(known) - MOST_UNKNOWNS)
            blocks.append(Paragraph(words.say("memo.more_unknown", n=more), note=True))
    return tuple(blocks)


def _going_on(sentence: str) -> str:
    """Return a sentence that goes on behind a dash or a colon."""
    return sentence[:1].lower() + sentence[1:]


def _where(source: Source, kind: str) -> str:
    """Return in words where most of those live who do not reach a kind, where that is known."""
    words = source.words
    every = source.gap_villages(kind)
    known = every["people_not_reached"].notna()
    gaps = every[every["is_gap"]]
    # One that is partly served is not called a gap beside others that are.
    table = (every[known] if known.any() else gaps if len(gaps) else every).head(MOST_UNKNOWNS)
    names = [f"{village} ({district})" for village, district in map(source.place_of, table.index)]
    key = "analysis_gaps" if known.any() else "analysis_gaps_people_unknown"
    key = key if known.any() or len(gaps) else "analysis_partly_people_unknown"
    key = key if names else "analysis_no_gaps"
    key = "analysis_on_foot" if source.open_for_roads(kind) else key
    said = words.say(f"memo.{key}", kind=words.kind(kind), names=words.listed(names))
    if key == "analysis_gaps" and not known.all():
        more = number(int((~known).sum()), "village")
        return f"{said} {words.say('memo.analysis_gaps_open', n=more)}"
    return said


def _conclusion(source: Source) -> str:
    words, plan = source.words, source.plan
    if plan is not None and not plan.size:
        said = words.say("memo.conclusion_none", kind=words.kind(plan.kind), area=source.area_name)
        return " ".join([said, *why_none_in_words(source, plan)])
    if plan is not None and not reaches_more(gained_by(plan)):
        return words.say(
            of_nobody("memo.conclusion_nobody", plan), what=proposed(source, plan),
            kind=words.kind(plan.kind), area=source.area_name,
        )  # fmt: skip
    if plan is not None:
        return words.say(
            "memo.conclusion_as_if_none" if plan.as_if_none else "memo.conclusion_plan",
            what=proposed(source, plan), kind=words.kind(plan.kind), people=gained_by(plan),
            area=source.area_name,
        )  # fmt: skip
    if source.focus is None:
        return words.say("memo.conclusion_unknown", area=source.area_name)
    return _lack(source, source.focus, "conclusion_gaps")


def _of_plan(source: Source) -> list[str]:
    """Return what a plan takes away, what its numbers leave open and stand on; nothing without a plan."""
    plan = source.plan
    if plan is None:
        return []
    return [*lost_in_words(source, plan), *plan_on_foot(source, plan), *plan_notes(source, plan)]


def _budget(source: Source) -> str:
    """Return what is asked for costs, once and every year; nothing for a plan that asks for nothing."""
    plan = source.plan
    if plan is None or not plan.size:
        return ""
    return source.words.say("asked.budget", first=cost(plan), yearly=yearly(plan))


def _advice(source: Source) -> list[str]:
    say = source.words.say
    return [asked(source), *_of_data(source), say("memo.advice_talk", area=source.area_name)]


def _of_data(source: Source) -> list[str]:
    """Return what is to be done about the data: only what Annex 5 and part C of the proposal do hold."""
    found = {one.severity for one in source.findings}
    level = "grave" if "error" in found else "look" if "warning" in found else ""
    parts = ["unknown" if unknown_facts(source) else "", level]
    key = "_".join(part for part in parts if part)
    return [source.words.say(f"memo.advice_{key}")] if key else []


def asked(source: Source) -> str:
    """Return what is asked for, and of a plan what it costs, once and every year."""
    words, plan = source.words, source.plan
    if plan is not None and not plan.size:
        return words.say(f"asked.none.{plan.why_none}", kind=words.kind(plan.kind))
    if plan is not None:
        alone = only_new(plan) and not plan.roads
        n = number(len(plan.sites), plan.kind)
        what = proposed(source, plan)
        said = words.say("asked.plan", n=n) if alone else words.say("asked.plan_roads", what=what)
        return f"{said} {_budget(source)}".strip()
    if source.focus is not None and source.open_for_roads(source.focus):
        return words.say("asked.roads", kind=words.kind(source.focus))
    if source.focus is not None:
        people_known = source.gap_villages(source.focus)["people_not_reached"]
        end = "_by_share" if len(people_known) and people_known.isna().all() else ""
        return words.say(f"asked.gaps{end}", kind=words.kind(source.focus))
    return words.say("asked.data")


def one_page(source: Source) -> Document:
    """Return the page for the head of the area: one map, three numbers, what is asked.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> page = one_page(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    >>> page.title
    'One-page answer for the Bupati'
    """
    words, focus = source.words, source.focus
    told = source.assumed
    blocks: list[Block] = [] if told is None else [Paragraph(told.short(MOST_ON_A_PAGE))]
    blocks.append(Headline(_three_numbers(source)))
    if source.plan is not None and source.plan.why_none is not None:
        blocks.append(Paragraph(" ".join(why_none_in_words(source, source.plan))))
    # A plan of other seasons than the page's says so below.
    if source.plan is not None and source.seasons_told and source.plan.seasons == (source.season,):
        blocks.append(Paragraph(words.say(f"request.season_{source.season}"), note=True))
    if focus is not None:
        caption = map_caption(source, focus, with_plan=True)
        alt = words.say("background.map_alt", kind=words.kind(focus), area=source.area_name)
        png = source.map_of(focus, with_plan=True)
        blocks.append(Figure("answer.png", caption, alt, png, width=0.86))
        if source.plan is None and source.partly_on_foot(focus):
            note = words.say("background.on_foot_note", kinds=words.kinds(focus))
            blocks.append(Paragraph(note, note=True))
        blocks += [Paragraph(note, note=True) for note in [*_of_plan(source), *season_notes(source)]]
    blocks.append(Section("asked", words.say("asked.title"), (Paragraph(asked(source)),)))
    unknown = unknown_facts(source)
    if unknown:
        first = _going_on(unknown[0][0])
        line = words.say("one_page.unknown", n=number(len(unknown)), first=first)
        blocks.append(Paragraph(line, note=True))
    title = words.say("one_page.title", head=source.head)
    section = Section("answer", words.say("one_page.heading", area=source.area_name), tuple(blocks))
    return Document(
        words.say("file.one_page"), words.lang, title, source.subtitle, (), (section,), has_cover=False,
        watermark=words.say("draft"), footer=f"{title} – {source.area_name}",
    )  # fmt: skip


def _counted(source: Source, plan: Plan) -> str:
    """Return what the number of a plan's units counts, with its road works where it has some."""
    words, roads = source.words, number(len(plan.roads))
    if only_new(plan):
        kind = words.kind(plan.kind) if len(plan.sites) == 1 else words.kinds(plan.kind)
        return words.say("one_page.units_roads" if plan.roads else "one_page.units", n=roads, kind=kind)
    what = units_proposed(source, plan)
    return words.say("one_page.measures_roads" if plan.roads else "one_page.measures", n=roads, what=what)


def _three_numbers(source: Source) -> tuple[tuple[Cell, str], ...]:
    words, plan, focus = source.words, source.plan, source.focus
    if plan is not None:
        kind, end = words.kind(plan.kind), "_as_if_none" if plan.as_if_none else ""
        return (
            (number(len(plan.sites)), _counted(source, plan)),
            (gained_by(plan), words.say(f"one_page.gain{end}", kind=kind)),
            (cost(plan), words.say("one_page.cost_yearly", cost=yearly(plan))),
        )
    if focus is None:
        facts = source.totals
        return (
            (number(facts["villages"]), words.say("one_page.villages")),
            (people(facts["people"]), words.say("one_page.people")),
            (number(len(source.listed)), words.say("one_page.listed")),
        )
    villages, lost = not_reached(source, focus)
    kind = words.kind(focus)
    known, all_ = source.villages_of_known_people
    rule = source.rule_words(focus)
    if source.seasons_told:
        # The map and the list may be looked at in another.
        rule = words.say("one_page.in_season", rule=rule, season=words.on_map(f"season_{source.season}"))
    values: dict[str, Cell | str] = {"kind": kind, "rule": rule}
    values |= {"known": number(known), "all": number(all_, "village")}
    return (
        (
            source.share(focus),
            words.fill(f"one_page.share{'' if known in (0, all_) else '_of_known'}", values),
        ),
        (lost, words.say("one_page.lost", kind=kind)),
        (villages, words.say("one_page.gap", kind=kind)),
    )
