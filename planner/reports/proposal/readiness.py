"""How ready the puskesmas are for ILP, and what is unknown with what it does to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.known.extent import ROADS
from planner.reports.documents.model import (
    UNKNOWN,
    Column,
    Paragraph,
    Row,
    Section,
    Table,
    number,
    people,
    text,
)
from planner.reports.proposal.request import site_rules
from planner.reports.proposal.stated import day, outside_in_words, unbacked
from planner.siting.weights import people_of_unknown_place
from planner.supply.stages import default_stages

if TYPE_CHECKING:
    from planner.reports.documents.model import Block, Cell
    from planner.reports.documents.words import Words
    from planner.reports.proposal.source import Source


def readiness(source: Source) -> Section:
    """Return each puskesmas's stage of ILP, where anything is known, against the national target.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> readiness(source_of(Ilp(find_gaps(demo_layers(12))), lang="en")).blocks[0].text
    'The stage of ILP is known of none of the 2 puskesmas.'
    """
    words, found = source.words, source.ilp.progress
    if not found.puskesmas:
        facts = words.say("readiness.no_puskesmas")
    elif not found.known:
        facts = words.say("readiness.none_known", n=number(found.puskesmas))
    else:
        facts = words.say(
            "readiness.known", launched=number(found.launched), all=number(found.puskesmas, "puskesmas"),
            known=number(found.known), target=f"{words.plain(found.target_share * 100)}%",
            needed=number(found.target_puskesmas, "puskesmas"), met=words.say(f"readiness.met_{found.met}"),
        )  # fmt: skip
    outside = outside_in_words(source, "puskesmas", left_out=True)
    blocks: list[Block] = [Paragraph(f"{facts} {outside}".strip())]
    if found.known:
        blocks.append(_stages(source))
    return Section("readiness", words.say("readiness.title"), tuple(blocks))


def _stages(source: Source) -> Table:
    words = source.words
    names = {s.key: getattr(s.name, words.lang) for s in default_stages().stages}
    rows = []
    for unit, one in source.ilp.adoption.iterrows():
        district = source.place_of(one["village_code"])[1]
        stage = text(names[one["stage"]]) if one["stage"] in names else UNKNOWN
        rows.append(
            Row((
                text(str(one["name"]) or str(unit)), text(district), stage, _since(words, one["date"]),
                _or_unknown(one["target_year"]),
            ))
        )  # fmt: skip
    columns = tuple(
        Column(words.say(f"column.{c}"), w)
        for c, w in (
            ("puskesmas", 2.2),
            ("district", 1.6),
            ("stage", 1.8),
            ("date", 1.1),
            ("target_year", 1.0),
        )
    )
    return Table(words.say("readiness.caption"), columns, tuple(rows), small=True)


def _since(words: Words, iso: object) -> Cell:
    return UNKNOWN if pd.isna(iso) or not str(iso) else text(day(words, str(iso)))


def _or_unknown(value: object) -> Cell:
    return UNKNOWN if pd.isna(value) else text(str(value))


def unknowns(source: Source) -> Section:
    """Return what nobody knows, each with what it does to the answer."""
    words = source.words
    rows = tuple(Row((text(what), text(effect))) for what, effect in unknown_facts(source))
    blocks: tuple[Block, ...] = (Paragraph(words.say("unknown_part.intro")),)
    if rows:
        columns = (Column(words.say("column.unknown")), Column(words.say("column.effect")))
        blocks += (Table(words.say("unknown_part.caption"), columns, rows),)
    else:
        blocks = (Paragraph(words.say("unknown_part.nothing")),)
    return Section("unknown", words.say("unknown_part.title"), blocks)


def unknown_facts(source: Source) -> list[tuple[str, str]]:
    """Return pairs: what is unknown, and what it does to the answer."""
    return [
        # Where the answer itself is of the wet season, every figure hangs on it.
        *(_of_seasons(source) if source.is_as_dry(source.season) else []),
        *_of_people(source),
        *_of_lists(source),
        *_of_roads(source),
        *_of_plan(source),
        *_of_office(source),
    ]


def _pair(source: Source, key: str, *, n: Cell | None = None, **values: Cell | str) -> tuple[str, str]:
    words = source.words
    what = words.fill(f"unknown_part.{key}", values, n=n)
    return what, words.fill(f"unknown_part.{key}_effect", values, n=n)


def _of_people(source: Source) -> list[tuple[str, str]]:
    out = []
    if unknown := source.totals["villages_people_unknown"]:
        out.append(_pair(source, "people", n=number(unknown, "village")))
    if guessed := people_of_unknown_place(source.gaps.demand):
        out.append(_pair(source, "place", n=people(guessed)))
    return out


def _of_lists(source: Source) -> list[tuple[str, str]]:
    words, layers, extent = source.words, source.gaps.layers, source.gaps.extent
    out = []
    for kind in source.kinds:
        name = words.kind(kind)
        if kind not in layers.area.listed_kinds:
            planned = source.plan is not None and source.plan.kind == kind
            out.append(_pair(source, "list_of_plan" if planned else "list", kind=name))
            continue
        if kind in extent.why:
            out.append(_pair(source, "incomplete", kind=name, why=words.on_map(f"why_{extent.why[kind]}")))
        mine = layers.facilities[layers.facilities["kind"] == kind]
        lost = int((mine["status"] == FacilityStatus.UNLOCATED).sum())
        silent = int((mine["functioning"] == YesNo.UNKNOWN).sum())
        if lost:
            out.append(_pair(source, "unlocated", n=number(lost, kind), kind=name))
        if silent:
            out.append(_pair(source, "functioning", n=number(silent, kind), kind=name))
    if unknown := source.ilp.progress.unknown:
        out.append(_pair(source, "stage", n=number(unknown, "puskesmas")))
    return out


def _of_roads(source: Source) -> list[tuple[str, str]]:
    extent = source.gaps.extent
    if source.gaps.network is None:
        timed = any(source.on_foot(kind) for kind in source.listed)
        return [_pair(source, "no_roads_on_foot" if timed else "no_roads")]
    out = []
    if ROADS in extent.why:
        out.append(_pair(source, "roads", why=source.words.on_map(f"why_{extent.why[ROADS]}")))
    return out if source.is_as_dry(source.season) else [*out, *_of_seasons(source)]


def _of_seasons(source: Source) -> list[tuple[str, str]]:
    """Return that roads do not tell the seasons apart; without roads it is said of the straight lines."""
    return [] if source.seasons_told or source.gaps.network is None else [_pair(source, "seasons")]


def _of_office(source: Source) -> list[tuple[str, str]]:
    bare = unbacked(source)
    return [_pair(source, "stated", n=number(bare))] if bare else []


def _of_plan(source: Source) -> list[tuple[str, str]]:
    plan, words = source.plan, source.words
    if plan is None:
        return []
    out = []
    if silent := int(plan.sites["cost_idr"].isna().sum()):
        out.append(_pair(source, "cost", n=number(silent, "unit")))
    if untold := len([one for one in plan.roads if np.isnan(one.cost_idr)]):
        out.append(_pair(source, "cost_roads", n=number(untold)))
    unchecked, _ = site_rules(plan)
    if unchecked:
        rules = words.listed([words.say(f"site_rule.{rule}") for rule in unchecked])
        out.append(_pair(source, "rules", rules=rules))
    if silent := int(plan.sites["yearly_idr"].isna().sum()):
        out.append(_pair(source, "yearly_money" if plan.counts_money else "yearly", n=number(silent, "unit")))
    if untold := len([one for one in plan.roads if np.isnan(one.yearly_idr)]):
        out.append(_pair(source, "yearly_roads", n=number(untold)))
    if silent := int((plan.sites["staff"] == "").sum()):
        out.append(_pair(source, "needs", n=number(silent, "unit")))
    if roles := plan.record.get("staff_not_limited"):
        out.append(_pair(source, "staff", roles=words.listed([words.role(r, 2) for r in roles])))
    if waiting := plan.record.get("puskesmas_not_ready"):
        out.append(_pair(source, "waiting", n=number(len(waiting), "puskesmas")))
    return out
