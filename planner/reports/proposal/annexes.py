"""The annexes with lists: villages by kecamatan, facilities, and the goods that the office fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.vocabulary.statuses import YesNo
from planner.reports.assumed import counted
from planner.reports.documents.model import UNKNOWN, Column, Paragraph, Row, Section, Table, number, text
from planner.reports.proposal.proposed import only_new, units_proposed
from planner.reports.stops import stop_in_words

if TYPE_CHECKING:
    import pandas as pd

    from planner.reports.documents.model import Block, Cell
    from planner.reports.proposal.source import Source

GOODS_ROWS = 8


def village_annex(source: Source) -> Section:
    """Return every village with its people and its status for each kind, by kecamatan.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> table = village_annex(source_of(Ilp(find_gaps(demo_layers(12))), lang="en")).blocks[0]
    >>> sum(row.role == "plain" for row in table.rows)
    12
    """
    words, villages = source.words, source.gaps.layers.villages
    columns = (
        Column(words.say("column.code"), 1.5), Column(words.say("column.village"), 2.0),
        Column(words.say("column.people"), 1.2, numeric=True),
        *(Column(words.kind(kind, begins=True), 1.5) for kind in source.kinds),
    )  # fmt: skip
    status = {kind: source.gaps.coverage[kind].villages["status"] for kind in source.kinds}
    rows: list[Row] = []
    for district, some in villages.sort_index().groupby("district_code", sort=True):
        name = words.say("annex.district", name=source.district_name(str(district)))
        rows.append(Row((text(name),), role="group"))
        for code, one in some.iterrows():
            of_kind = (source.status_cell(str(status[kind].loc[code])) for kind in source.kinds)
            count = number(one["people"])
            rows.append(Row((text(str(code)), text(one["village_name"]), count, *of_kind)))
    caption = words.say("annex.villages_caption")
    table = Table(caption, columns, tuple(rows), small=True)
    return Section("annex_villages", words.say("annex.villages"), (table,), new_page=True)


def facility_annex(source: Source) -> Section:
    """Return every facility that the lists name, also those that took no part, with what is known of it."""
    words, rows = source.words, source.gaps.listed
    order = {kind: i for i, kind in enumerate(source.kinds)}
    by_kind = rows["kind"].map(order).fillna(len(order))
    listed = rows.assign(_kind=by_kind).sort_values(["_kind", "kind", "village_code"], kind="stable")
    columns = tuple(
        Column(words.say(f"column.{c}"), w)
        for c, w in (("name", 2.4), ("kind", 1.2), ("village", 1.6), ("district", 1.5), ("functions", 1.1),
                     ("counted", 1.3))
    )  # fmt: skip
    counts = counted(source.gaps)
    table = Table(
        words.say("annex.facilities_caption"), columns,
        tuple(Row(_facility(source, str(i), one, counts[i])) for i, one in listed.iterrows()), small=True,
    )  # fmt: skip
    blocks: tuple[Block, ...] = (table,)
    if source.assumed is not None and source.assumed.of_facilities:
        blocks += (Paragraph(words.say("assumed.as_listed_but"), note=True),)
    return Section("annex_facilities", words.say("annex.facilities"), blocks, new_page=True)


def _facility(source: Source, unit: str, one: pd.Series[str], counts: str) -> tuple[Cell, ...]:
    words = source.words
    village, district = source.place_of(one["village_code"])
    works = (
        UNKNOWN if one["functioning"] == YesNo.UNKNOWN else text(words.say(f"yes_no.{one['functioning']}"))
    )
    name = stop_in_words(one["name"], words.lang) or unit
    return (
        text(name), text(words.kind(one["kind"])), text(village), text(district), works,
        text(words.say(f"facility_status.{counts}")),
    )  # fmt: skip


def goods_annex(source: Source) -> Section:
    """Return the list of goods as an empty form: which goods a unit needs is in no data of ours."""
    words, plan = source.words, source.plan
    columns = tuple(
        Column(words.say(f"column.{c}"), w, numeric=c == "number")
        for c, w in (("number", 0.4), ("goods", 3.0), ("amount", 1.0), ("placed", 2.0))
    )
    empty = text("")
    rows = tuple(Row((number(i), empty, empty, empty)) for i in range(1, GOODS_ROWS + 1))
    if plan is None or not len(plan.sites):
        intro = words.say("annex.goods_intro")
    elif only_new(plan):
        intro = words.say("annex.goods_intro_plan", n=number(len(plan.sites), plan.kind))
    else:
        intro = words.say("annex.goods_intro_measures", what=units_proposed(source, plan))
    blocks = (Paragraph(intro), Table("", columns, rows))
    return Section("annex_goods", words.say("annex.goods"), blocks, new_page=True)


def sources_table(source: Source) -> Table:
    """Return the files that went in, with source and licence as far as they were given."""
    words = source.words
    rows = [
        Row((text(words.on_map(f"data_{one.layer}")), text(one.file), _given(source, one.source),
             _given(source, one.licence)))
        for one in source.gaps.layers.sources
    ]  # fmt: skip
    columns = tuple(
        Column(words.say(f"column.{c}"), w)
        for c, w in (("data", 1.0), ("file", 2.4), ("source", 2.0), ("licence", 1.3))
    )
    return Table(words.say("method.sources_caption"), columns, tuple(rows), small=True)


def _given(source: Source, value: str | None) -> Cell:
    return text(value or source.words.say("method.not_given"))
