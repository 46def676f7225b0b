"""The sheets of villages, facilities, catchments, gaps by kecamatan, adoption, findings and their like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.quality import gravest_first, inspect
from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.doubts import planning_findings
from planner.coverage.tables import facility_table, is_at_least, summary, village_table
from planner.ilp.tables import jejaring_table, puskesmas_table, unit_columns, village_columns
from planner.reports.assumed import counted
from planner.reports.documents.words import Words as DocumentWords
from planner.reports.proposal.found import in_words, which_in_words
from planner.reports.workbook import formulas
from planner.reports.workbook.sheet import Formula, Look, Sheet, SheetColumn, Total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.layers import Finding
    from planner.coverage.study import Gaps
    from planner.ilp.model import Ilp
    from planner.reports.workbook.sheet import Cell
    from planner.reports.workbook.words import BookWords

# What an officer looks at first; all else of a kind is folded away.
FIRST_OF_KIND = ("status", "minutes_median", "share_reached")
AT_MOST = ("minutes_median", "minutes_max")
FIRST_FACTS = ("village_code", "village_name", "district_name", "people")
FIRST_OF_ILP = ("referral_minutes", "visits_families", "remote")
# Of the facility table: they stand in the sheet of catchments, by unit and kind.
IN_CATCHMENTS = ("people_", "as_", "villages_people_unknown", "capacity_used_people", "load")
CATCHMENT = ("people_total", "people_own", "people_nearest", "villages_people_unknown")
SUMS = ("people_reached", "people_beyond", "visits_families", "visits_visits_month", "visits_rounds_month")


def made(words: BookWords, key: str, columns: Sequence[SheetColumn], *, frozen: int = 2) -> Sheet:
    """Return a sheet under its names in the language."""
    texts = words.texts
    return Sheet(key, texts.sheet[key], texts.title[key], tuple(columns), frozen)


def villages(ilp: Ilp, words: BookWords) -> Sheet:
    """Return one row a village: facts, then by kind what is looked at first, and folded the rest.

    Parameters
    ----------
    ilp
        The answers.
    words
        Of the language.
    """
    gaps = ilp.gaps
    table = village_table(gaps).join(village_columns(ilp)).reset_index(names="village_code")
    names = gaps.layers.facilities["name"]
    totals = summary(gaps)["kinds"]
    # Cells that are known come to nothing where others are not.
    unsummed = {f"{kind}_people_beyond" for kind in ilp.kinds if np.isnan(ilp.beyond_in_all(kind))}
    facts = [c for c in table if words.parts(c)[0] == ""]
    lead = [c for c in facts if c in FIRST_FACTS]
    order = [
        (c, c not in FIRST_FACTS)
        for c in (*lead, *(c for c in facts if c in gaps.layers.villages and c not in lead))
    ]
    columns = [_village_column(words, table, c, totals, detail) for c, detail in order]
    for kind in ilp.kinds:
        mine = [
            c for c in table if words.parts(c)[0] == kind and not c.endswith(("_reason_id", "_reason_en"))
        ]
        first = [f"{kind}_{rest}" for rest in FIRST_OF_KIND]
        columns += [_village_column(words, table, c, totals, detail=False) for c in first]
        columns += [_village_column(words, table, c, totals, detail=True) for c in mine if c not in first]
        nearest = names.reindex(table[f"{kind}_nearest_id"]).fillna("")
        columns.append(words.column(f"{kind}_nearest_name", nearest, detail=True))
        columns.append(
            words.column(f"{kind}_why", table[f"{kind}_reason_{words.lang}"], detail=True, long=True)
        )
    rest = [c for c in facts if c not in dict(order)]
    columns += [_village_column(words, table, c, totals, c not in FIRST_OF_ILP) for c in rest]
    columns = [replace(c, total=None) if c.name in unsummed else c for c in columns]
    known = ilp.referral.xs("standard", level="mode")["minutes_are"].tolist()
    columns = [_at_most(gaps, words, c) for c in columns]
    columns = [_referral(c, words, known) if c.name == "referral_minutes" else c for c in columns]
    notes = (
        _at_least(gaps, words),
        words.texts.note["at_most"] if any(any(c.at_most) for c in columns) else "",
        words.texts.note["referral_as_known"] if "as_known" in known else "",
    )
    return replace(made(words, "villages", columns), note=" ".join(filter(None, notes)))


def _at_most(gaps: Gaps, words: BookWords, column: SheetColumn) -> SheetColumn:
    """Return a column of minutes with what is "at most"; no way to units that are listed is then unknown."""
    kind, season, rest = words.parts(column.name)
    if not kind or rest not in AT_MOST:
        return column
    of_season = next((answers for name, answers in gaps.seasons.items() if name == season), gaps.coverage)
    which = of_season[kind].at_most[rest].tolist()
    note = words.texts.note
    cells = [
        note["unknown"] if most and cell == note["no_way"] else cell
        for cell, most in zip(column.cells, which, strict=True)
    ]
    return replace(column, cells=cells, at_most=which)


def _referral(column: SheetColumn, words: BookWords, known: Sequence[str]) -> SheetColumn:
    """Return the minutes of all legs together, by what is known of them; "no way" is unknown if not exact."""
    note = words.texts.note
    cells = [
        note["unknown"] if how != "exact" and cell == note["no_way"] else cell
        for cell, how in zip(column.cells, known, strict=True)
    ]
    at_most = [how == "at_most" and not isinstance(cell, str) for cell, how in zip(cells, known, strict=True)]
    return replace(column, cells=cells, at_most=at_most)


def _at_least(gaps: Gaps, words: BookWords) -> str:
    """Return of which kinds those reached are "at least" so many; "" where all is known, or nothing."""
    say = DocumentWords(words.lang)
    found = summary(gaps)["kinds"]
    kinds = [say.kinds(kind) for kind, one in found.items()
             if one["people_reached"] is not None and is_at_least(one)]  # fmt: skip
    return words.texts.note["at_least"].format(kinds=say.listed(kinds)) if kinds else ""


def _village_column(
    words: BookWords,
    table: pd.DataFrame,
    name: str,
    totals: dict[str, Any],
    detail: bool,  # noqa: FBT001 - private
) -> SheetColumn:
    kind, season, rest = words.parts(name)
    total = None
    if rest in SUMS or name == "people":
        total = Total()
    elif rest == "share_reached":
        total = Total("people")
    if kind and total and rest in ("people_reached", "share_reached"):
        of_season = totals[kind][season] if season else totals[kind]
        ours = of_season[rest]
        total = total._replace(ours=words.texts.note["unknown"] if ours is None else ours)
    return words.column(name, table[name], total=total, detail=detail)


def facilities(ilp: Ilp, words: BookWords) -> Sheet:
    """Return one row a facility, those that take no part included."""
    gaps = ilp.gaps
    each = {kind: ilp.catchments(kind) for kind in ilp.kinds}
    table = facility_table(gaps, each).join(unit_columns(ilp)).reset_index(names="facility_id")
    places = gaps.layers.villages[["village_name", "district_name"]]
    at = places.reindex(table["village_code"]).reset_index(drop=True)
    table = pd.concat([table, at], axis=1)
    first = [
        "facility_id",
        "name",
        "kind",
        "village_name",
        "district_name",
        "functioning",
        "functions",
        "lacks",
    ]
    first += ["not_known", "status"]
    table["status"] = counted(gaps).reindex(table["facility_id"]).to_numpy()
    kept = [c for c in table if not c.startswith(IN_CATCHMENTS)]
    # A unit without a rule, or outside the network, has nothing to function by and no parent.
    empty = {"functions", "lacks", "not_known", "parent_id_found", "parent_how", "serves_as", "parent_id"}
    columns = [words.column(c, table[c], blank=c in empty) for c in first]
    columns += [words.column(c, table[c], blank=c in empty, detail=True) for c in kept if c not in first]
    return made(words, "facilities", columns)


def catchments(ilp: Ilp, words: BookWords) -> Sheet:
    """Return one row a unit and kind that it counts for: people in all, and those nearest to it."""
    gaps = ilp.gaps
    parts = []
    for kind in ilp.kinds:
        found = ilp.catchments(kind)
        loads = ilp.loads[ilp.loads["serves_as"] == kind].drop(columns="serves_as")
        parts.append(found[list(CATCHMENT)].join(loads).assign(serves_as=kind))
    table = pd.concat(parts).rename_axis("facility_id").reset_index()
    rows = gaps.layers.facilities.reindex(table["facility_id"])
    table["name"], table["kind"] = rows["name"].to_numpy(), rows["kind"].to_numpy()
    places = gaps.layers.villages[["village_name", "district_name"]].reindex(rows["village_code"])
    for name in places:
        table[name] = places[name].to_numpy()
    order = ("facility_id", "name", "serves_as", "kind", "village_name", "district_name", *CATCHMENT,
             "capacity_people", "people_allocated", "load")  # fmt: skip
    # The catchments in all overlap: only those of the nearest unit may be added up, and of one kind.
    sums = {"people_own", "people_nearest", "people_allocated"}
    # Of units that may have others' people, or lose theirs, the rest is no sum.
    of_kind = Total(alike="serves_as", instead=words.texts.note["by_kind"], whole=True)
    return made(
        words, "catchments",
        [words.column(c, table[c], total=of_kind if c in sums else None) for c in order],
    )  # fmt: skip


def districts(gaps: Gaps, villages_sheet: Sheet, words: BookWords) -> Sheet:
    """Return one row a kecamatan: its gaps by kind, as formulas on the sheet of villages.

    Parameters
    ----------
    gaps
        The answer.
    villages_sheet
        As from :func:`villages`.
    words
        Of the language.
    """
    frame = gaps.layers.villages
    groups = frame.groupby("district_code", sort=True)
    codes, names = list(groups.groups), groups["district_name"].first().tolist()
    by = _ByDistrict(gaps, villages_sheet, words, codes)
    columns = [
        SheetColumn("district_code", words.heading("district_code"), Look.TEXT, codes),
        SheetColumn("district_name", words.heading("district_name"), Look.TEXT, names),
        by.counted("villages"), by.summed("people"), by.unknown_people(),
    ]  # fmt: skip
    for kind in gaps.coverage:
        columns += [by.with_status(kind, status) for status in (VillageStatus.GAP, VillageStatus.UNKNOWN)]
        columns += [by.summed(f"{kind}_people_reached"), by.share(kind)]
        others = (VillageStatus.PARTLY, VillageStatus.SERVED)
        columns += [replace(by.with_status(kind, status), detail=True) for status in others]
    return replace(made(words, "districts", columns), note=_at_least(gaps, words))


class _ByDistrict:
    """Formulas on the rows of villages, each with the value that pandas finds."""

    def __init__(self, gaps: Gaps, sheet: Sheet, words: BookWords, codes: list[str]) -> None:
        self.gaps, self.sheet, self.words, self.codes = gaps, sheet, words, codes
        self.none = words.texts.note["unknown"]
        frame = gaps.layers.villages
        self.district, self.people = frame["district_code"], frame["people"]

    def _mine(self, row: int) -> str:
        # Two rows of totals and one of headings stand above the first.
        return formulas.equal(self.sheet.cells("district_code", other=True), f"$A{row + 6}")

    def _column(self, name: str, look: Look, cells: list[Cell], total: Total | None) -> SheetColumn:
        return SheetColumn(name, self.words.heading(name), look, cells, total)

    def counted(self, name: str) -> SheetColumn:
        """Return how many villages."""
        values = self.district.value_counts().reindex(self.codes).astype("float64").tolist()
        cells: list[Cell] = [Formula(formulas.count_where(self._mine(r)), v) for r, v in enumerate(values)]
        return self._column(name, Look.COUNT, cells, Total())

    def unknown_people(self) -> SheetColumn:
        """Return in how many villages the people are unknown."""
        values = (
            self.people.isna().groupby(self.district).sum().reindex(self.codes).astype("float64").tolist()
        )
        is_word = formulas.equal(self.sheet.cells("people", other=True), formulas.text(self.none))
        cells: list[Cell] = [
            Formula(formulas.count_where(self._mine(r), is_word), v) for r, v in enumerate(values)
        ]
        return self._column("villages_people_unknown", Look.COUNT, cells, Total())

    def with_status(self, kind: str, status: VillageStatus) -> SheetColumn:
        """Return how many villages have a status."""
        mine = self.gaps.coverage[kind].villages["status"] == status
        values = mine.groupby(self.district).sum().reindex(self.codes).astype("float64").tolist()
        word = formulas.text(self.words.map[status])
        is_so = formulas.equal(self.sheet.cells(f"{kind}_status", other=True), word)
        cells: list[Cell] = [
            Formula(formulas.count_where(self._mine(r), is_so), v) for r, v in enumerate(values)
        ]
        return self._column(f"{kind}_villages_{status}", Look.COUNT, cells, Total())

    def summed(self, name: str) -> SheetColumn:
        """Return the sum of a column of people."""
        kind, *_ = self.words.parts(name)
        of = self.gaps.coverage[kind].villages["people_reached"] if kind else self.people
        values = self.words.numbers(of.groupby(self.district).sum(min_count=1).reindex(self.codes), self.none)
        there = self.sheet.cells(name, other=True)
        cells: list[Cell] = [
            Formula(formulas.sum_where(there, self._mine(r), self.none), v)  # type: ignore[arg-type]
            for r, v in enumerate(values)
        ]
        return self._column(name, Look.COUNT, cells, Total())

    def share(self, kind: str) -> SheetColumn:
        """Return the share of people reached."""
        name = f"{kind}_share_reached"
        share = self.gaps.coverage[kind].villages["share_reached"]
        weight = self.people.where(share.notna())
        over = weight.groupby(self.district).sum()
        found = (share * weight).groupby(self.district).sum() / over.where(over > 0)
        values = self.words.numbers(found.reindex(self.codes), self.none)
        there, people = (self.sheet.cells(c, other=True) for c in (name, "people"))
        cells: list[Cell] = [
            Formula(formulas.mean(there, people, self.none, self._mine(r)), v)  # type: ignore[arg-type]
            for r, v in enumerate(values)
        ]
        return self._column(name, Look.SHARE, cells, Total("people"))


def adoption(ilp: Ilp, words: BookWords) -> Sheet:
    """Return one row a puskesmas: what belongs to it, and its stage of ILP."""
    table = puskesmas_table(ilp).reset_index(names="facility_id")
    # The last row holds what belongs to no puskesmas, and has no stage.
    empty = {"document", "lacks", "not_known", "functions", "stage", "launched", "name", "district_name"}
    first = ["facility_id", "name", "district_name", "stage", "launched", "date", "document", "target_year"]
    shown = [*first, "villages", "people", "pustu", "posyandu"]
    sums = {"villages", "villages_proposed", "people", "pustu", "posyandu", "people_allocated"}
    columns = [
        words.column(
            c, table[c], total=Total() if c in sums else None, blank=c in empty, detail=c not in shown
        )
        for c in [*shown, *(c for c in table if c not in shown)]
    ]
    return made(words, "adoption", columns)


def findings(found: Sequence[Finding], words: BookWords) -> Sheet:
    """Return the findings of ``check``, the gravest first."""
    say = DocumentWords(words.lang)
    table = pd.DataFrame(
        [
            {"severity": f.severity, "layer": f.layer, "count": float(f.count), "said": in_words(f, say),
             "ids": which_in_words(f, say), "rule": f.rule, "message": f.message, "action": f.action}
            for f in found
        ],
        columns=["severity", "layer", "count", "said", "ids", "rule", "message", "action"],
    )  # fmt: skip
    long = {"said", "message", "action", "ids"}
    # What the check itself said, in English, and its rules are for who looks a finding up.
    detail = {"rule", "message", "action"}
    columns = [words.column(c, table[c], long=c in long, detail=c in detail) for c in table]
    return made(words, "findings", columns)


def all_findings(gaps: Gaps) -> tuple[Finding, ...]:
    """Return what ``check`` finds by the answer's scenario."""
    return gravest_first((*inspect(gaps.layers), *planning_findings(gaps.layers, gaps.scenario)))


def network(ilp: Ilp, words: BookWords) -> Sheet:
    """Return who belongs to whom, one row a village and a unit."""
    table = jejaring_table(ilp)
    return made(words, "network", [words.column(c, table[c], blank=True) for c in table], frozen=3)


def groups(ilp: Ilp, words: BookWords) -> Sheet:
    """Return people by village and life-cycle group."""
    table = ilp.groups.reset_index()
    names = ilp.gaps.layers.villages["village_name"].reindex(table["village_code"])
    table.insert(1, "village_name", names.to_numpy())
    seen = [c for c in table if words.parts(c)[1] == ""]
    # Groups overlap: an infant is an under-five too.
    of_group = Total(alike="group", instead=words.texts.note["by_group"])
    return made(
        words, "groups",
        [words.column(c, table[c], total=of_group if c == "people" else None) for c in seen], frozen=3,
    )  # fmt: skip


def equity(ilp: Ilp, words: BookWords) -> Sheet:
    """Return how shares and minutes are spread."""
    table = ilp.equity
    return made(words, "equity", [words.column(c, table[c]) for c in table], frozen=4)
