"""What all documents of an area are made from, and the facts that several of them state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.vocabulary.statuses import FacilityStatus, VillageStatus
from planner.coverage.tables import is_at_least, summary
from planner.network.edited_lines import edited_lines
from planner.reports.answered import Answered
from planner.reports.assumed import assumed
from planner.reports.documents.model import UNKNOWN, Cell, number, people, share, text
from planner.reports.print_maps.look import Paper
from planner.reports.print_maps.outlines import outlines_of
from planner.reports.print_maps.status_map import status_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.layers import Finding
    from planner.reports.assumed import Assumed
    from planner.reports.print_maps.outlines import Outlines
    from planner.reports.proposal.facts import Facts
    from planner.reports.proposal.plan import Plan
    from planner.scenarios.modes import Season

KOTA_FROM = 71  # second part of a code: from here on a kota, before it a kabupaten
ALL = 1e-9  # as coverage rounds shares: what differs by less is everybody


def _only_unknown(villages: pd.DataFrame, given: pd.Series[float]) -> bool:
    """Return whether nobody is reached but in villages whose number of people is not known.

    Their people may be all that are reached, so that the sum of the others is no answer.
    """
    silent = given.isna()
    nobody = not (villages["people_reached"] > 0).any()
    return bool(nobody and (villages["share_reached"][silent] > 0).any())


@dataclass(frozen=True)
class District:
    """One kecamatan's figures for one kind; people are float64, NaN = unknown."""

    name: str
    villages: int
    people: float
    villages_people_unknown: int
    reached: Cell
    share: Cell
    status: Mapping[str, int]


@dataclass(frozen=True)
class Source(Answered):
    """Answers, findings and plan of one area, with the words of one language.

    Attributes
    ----------
    ilp, words
        The answers, and the language.
    findings
        Of ``check``.
    plan
        A plan that starts from these answers; None without one.
    facts
        What the office states; None without a facts file.
    """

    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    facts: Facts | None = None

    @cached_property
    def totals(self) -> dict[str, Any]:
        """See :func:`planner.coverage.tables.summary`."""
        return summary(self.gaps)

    @property
    def listed(self) -> list[str]:
        """The kinds of the standard that have a list with units or with the word that there are none."""
        return [kind for kind in self.kinds if self.gaps.coverage[kind].listed]

    @property
    def head(self) -> str:
        """Bupati or wali kota, by the area's code."""
        kota = int(self.gaps.layers.area.code.split(".")[1]) >= KOTA_FROM
        return self.words.say("head.kota" if kota else "head.kabupaten")

    @cached_property
    def assumed(self) -> Assumed | None:
        """What is not so today; see :func:`planner.reports.assumed.assumed`."""
        return assumed(self)

    @property
    def subtitle(self) -> str:
        """The area, and in a line what is assumed of it."""
        return self.area_name if self.assumed is None else f"{self.area_name}. {self.assumed.title}"

    def reach(self, kind: str, season: Season | None = None) -> dict[str, Any]:
        """Return a kind's totals in a season."""
        of_kind: dict[str, Any] = self.totals["kinds"][kind]
        return of_kind if season in (None, self.season) else of_kind[season]

    def reached(self, kind: str, season: Season | None = None) -> Cell:
        """Return the people within the limit of a kind."""
        if kind not in self.listed or self._reached_without_people(kind, season):
            return UNKNOWN
        one = self.reach(kind, season)
        return people(one["people_reached"], at_least=is_at_least(one))

    def share(self, kind: str, season: Season | None = None) -> Cell:
        """Return the share (0-1) of known people within the limit of a kind."""
        if self._reached_without_people(kind, season):
            return UNKNOWN
        one = self.reach(kind, season)
        return share(one["share_reached"], at_least=is_at_least(one))

    def on_foot(self, kind: str) -> bool:
        """Whether a kind is timed on foot alone; see :meth:`planner.coverage.study.Gaps.on_foot`."""
        return self.gaps.on_foot(kind)

    def open_for_roads(self, kind: str) -> bool:
        """Whether no gap of a kind is known, for want of roads."""
        return self.on_foot(kind) and not len(self.gap_villages(kind))

    def partly_on_foot(self, kind: str) -> bool:
        """Whether it is not known of somebody, for want of roads, whether he reaches a kind by vehicle."""
        return self.on_foot(kind) and is_at_least(self.reach(kind))

    def _reached_without_people(self, kind: str, season: Season | None) -> bool:
        """Return whether a kind reaches nobody but in villages whose number of people is not known."""
        villages = self.gaps.seasons[season or self.season][kind].villages
        return _only_unknown(villages, self.gaps.layers.villages["people"])

    @property
    def villages_of_known_people(self) -> tuple[int, int]:
        """Of how many villages the people are known, and how many villages there are."""
        known = self.gaps.layers.villages["people"].notna()
        return int(known.sum()), len(known)

    def lacks_people(self, kind: str) -> bool:
        """Whether villages of unknown people are known not to be reached as a whole."""
        villages = self.gaps.coverage[kind].villages
        silent = self.gaps.layers.villages["people"].isna()
        missed = 1.0 - villages["share_reached"] - villages["share_unknown"]
        return bool((missed[silent] > ALL).any())

    def outside(self, kind: str) -> list[str]:
        """Return the names (or ids) of the units of a list that stand in none of the area's villages."""
        rows = self.gaps.listed
        mine = rows[(rows["kind"] == kind) & rows["village_code"].isna()]
        mine = mine[mine["status"] != FacilityStatus.UNLOCATED]
        return [str(name) or str(i) for i, name in mine["name"].fillna("").items()]

    def unreached(self, kind: str) -> float:
        """Return the people of whom it is known that they are not reached; NaN = unknown."""
        one = self.reach(kind)
        parts = (self.totals["people"], one["people_reached"], one["people_unsure"])
        return float("nan") if None in parts else parts[0] - parts[1] - parts[2]

    def status(self, kind: str, status: VillageStatus) -> Cell:
        """Return how many villages have a status; unknown without a list."""
        if kind not in self.listed:
            return UNKNOWN
        return number(self.reach(kind)[f"villages_{status.value}"])

    @cached_property
    def focus(self) -> str | None:
        """The kind that short documents speak of: the plan's, or the one that most people do not reach.

        One of which nobody knows how many people do not reach it comes after the others, and without roads
        one that is timed on foot alone comes last. None only without any list.
        """
        if self.plan is not None:
            return self.plan.kind

        def order(kind: str) -> tuple[bool, bool, float]:
            lost = self.unreached(kind)
            known = not np.isnan(lost)
            return not self.open_for_roads(kind), known, lost if known else 0.0

        return max(self.listed, key=order, default=None)

    def rule_words(self, kind: str) -> str:
        """Return a kind's limit in words: "30 minutes by motorcycle"."""
        return self.limit_words(self.gaps.scenario.standard[kind].of(self.season))

    def districts(self, kind: str) -> list[District]:
        """Return each kecamatan's figures for a kind, by code."""
        villages = self.gaps.layers.villages
        answer = self.gaps.coverage[kind].villages
        both = villages[["district_code", "people"]].join(
            answer[["people_reached", "share_reached", "share_unknown", "status"]]
        )
        return [
            self._district(str(code), rows, known=kind in self.listed)
            for code, rows in both.groupby("district_code", sort=True)
        ]

    def _district(self, code: str, rows: pd.DataFrame, *, known: bool) -> District:
        counted = rows[rows["people"].notna()]
        everyone = float(counted["people"].sum()) if len(counted) else float("nan")
        reached = float(counted["people_reached"].sum(min_count=1)) if known else float("nan")
        more = bool((counted["share_unknown"] > 0).any())
        if _only_unknown(rows, rows["people"]):
            reached = float("nan")
        part = reached / everyone if everyone else float("nan")
        status = rows["status"].value_counts()
        return District(
            self.district_name(code), len(rows), everyone, int(rows["people"].isna().sum()),
            people(reached, at_least=more),
            share(1.0 if abs(part - 1.0) <= ALL else part, at_least=more),
            {s.value: int(status.get(s.value, 0)) for s in VillageStatus},
        )  # fmt: skip

    def gap_villages(self, kind: str) -> pd.DataFrame:
        """Return the villages that are not served, those with most people not reached first.

        Those of unknown people come last: gaps before those partly reached, of each the largest share not
        reached first. Index ``village_code``; ``people_not_reached`` (float64, NaN = unknown),
        ``share_not_reached`` (0-1), ``is_gap``, ``reason`` and ``action`` in words.
        """
        answer = self.gaps.coverage[kind].villages
        lines = self.ilp.answers[kind]
        villages = self.gaps.layers.villages
        lang = self.words.lang
        share = 1.0 - answer["share_reached"] - answer["share_unknown"]
        table = pd.DataFrame(
            {
                "people_not_reached": villages["people"] * share,
                "share_not_reached": share,
                "is_gap": answer["status"] == VillageStatus.GAP.value,
                "reason": lines[f"reason_{lang}"],
                "action": lines[f"action_{lang}"],
            }
        )
        table = table[answer["status"].isin([VillageStatus.GAP.value, VillageStatus.PARTLY.value])]
        known = table["people_not_reached"].notna()
        some = table[known].sort_index().sort_values("people_not_reached", ascending=False, kind="stable")
        others = table[~known].sort_index()
        return pd.concat([some, others.sort_values(["is_gap", "share_not_reached"], ascending=False)])

    def map_of(self, kind: str, *, with_plan: bool = False) -> bytes:
        """Return the map of a kind for a document's text (PNG), with the plan's places where asked for."""
        with_plan = with_plan and self.plan is not None
        if (kind, with_plan) not in self._maps:
            sites = self._places_of(self.plan.sites) if with_plan and self.plan is not None else []
            self._maps[kind, with_plan] = status_map(
                self.gaps,
                kind,
                paper=Paper.FIGURE,
                lang=self.words.lang,
                sites=sites,
                lines=self._lines_of_plan() if with_plan else (),
                outlines=self._outlines,
            )
        return self._maps[kind, with_plan]

    @cached_property
    def _maps(self) -> dict[tuple[str, bool], bytes]:
        return {}

    @cached_property
    def _outlines(self) -> Outlines:
        return outlines_of(self.gaps.layers)

    def _lines_of_plan(self) -> Sequence[shapely.LineString]:
        plan = self.plan
        if plan is None or not plan.roads:
            return ()
        works, own = sum(one.edits for one in plan.roads), len(plan.sites)
        edits = plan.scenario.edits[: len(plan.scenario.edits) - own]
        return list(edited_lines(self.gaps.layers, edits[len(edits) - works :]))

    def _places_of(self, sites: pd.DataFrame) -> list[tuple[float, float]]:
        import geopandas as gpd

        from geodata.crs import WGS84

        points = gpd.GeoSeries(shapely.points(sites["lon"], sites["lat"]), crs=WGS84)
        xy = shapely.get_coordinates(points.to_crs(self.gaps.layers.villages.crs).to_numpy())
        return [(float(x), float(y)) for x, y in xy]

    def status_cell(self, status: str) -> Cell:
        """Return a village's status as a cell."""
        return UNKNOWN if status == VillageStatus.UNKNOWN.value else text(self.words.say(f"status.{status}"))
