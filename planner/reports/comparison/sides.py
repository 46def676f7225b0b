"""Two answers for one area, made comparable: what changes by village, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.gained import SAME_PEOPLE, Gain, by_village
from planner.ilp.model import Ilp
from planner.reports.proposal.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from geodata.layers import Finding, Layers
    from planner.coverage.study import Gaps
    from planner.reports.documents.words import Words
    from planner.reports.proposal.plan import Plan
    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

# The parts of a scenario that travel times, places of people and reach rest on, beside standards and edits.
RULES = (
    "access", "ferry", "access_values", "surfaces", "tracktype_surfaces", "demand", "land", "drawing",
    "slope", "doubt",
)  # fmt: skip
# From worst to best.
ORDER = (VillageStatus.GAP.value, VillageStatus.PARTLY.value, VillageStatus.SERVED.value)


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes
    ----------
    letter
        A or B.
    source
        Its answer, in the season that both are compared in.
    season
        Its scenario's own.
    plan
        The plan whose scenario it is; None for a scenario file.
    """

    letter: str
    source: Source
    season: Season
    plan: Plan | None

    @property
    def scenario(self) -> Scenario:
        """What was asked; its season is the one compared."""
        return self.source.gaps.scenario


@dataclass(frozen=True)
class Comparison:
    """Scenario A, and scenario B against it; both in A's season.

    Attributes
    ----------
    a, b
        The two.
    words
        The language.
    layers
        The area without the edits of either; None where they are not at hand.
    """

    a: Side
    b: Side
    words: Words
    layers: Layers | None = None

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both, A first."""
        return self.a, self.b

    @property
    def season(self) -> Season:
        """In which they are compared."""
        return self.a.season

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of either standard."""
        return list(dict.fromkeys([*self.a.source.kinds, *self.b.source.kinds]))

    def same_limit(self, kind: str, season: Season | None = None) -> bool:
        """Whether a kind has the same limit, mode and stand-ins in both, so that people can be compared."""
        rules = [side.scenario.standard.get(kind) for side in self.sides]
        if rules[0] is None or rules[1] is None:
            return False
        one, other = (rule.of(season or self.season) for rule in rules if rule is not None)
        return (one.limit_minutes, one.mode, one.counts) == (other.limit_minutes, other.mode, other.counts)

    @property
    def same_status(self) -> bool:
        """Whether both call a village reached from the same shares on."""
        one, other = (side.scenario.status for side in self.sides)
        return (one.served, one.gap) == (other.served, other.gap)

    def comparable(self, kind: str) -> bool:
        """Whether a difference of a kind means something: the same limit, and something known of both."""
        return self.same_limit(kind) and all(kind in side.source.listed for side in self.sides)

    @property
    def compared(self) -> list[str]:
        """The kinds that are comparable."""
        return [kind for kind in self.kinds if self.comparable(kind)]

    @cached_property
    def other_rules(self) -> list[str]:
        """The other rules that differ: names of ``RULES``, and "modes" for speeds."""
        one, other = (side.scenario.model_dump(mode="json") for side in self.sides)
        return [key for key in ("modes", *RULES) if one[key] != other[key]]

    @property
    def edits(self) -> tuple[list[Edit], list[Edit], list[Edit]]:
        """The edits of both, of A alone, and of B alone."""
        one, other = (list(side.scenario.edits) for side in self.sides)
        return (
            [edit for edit in one if edit in other],
            [edit for edit in one if edit not in other],
            [edit for edit in other if edit not in one],
        )

    @cached_property
    def _villages(self) -> dict[str, pd.DataFrame]:
        return {}

    def villages(self, kind: str) -> pd.DataFrame:
        """Return what a comparable kind is like in both, one row a village.

        Returns
        -------
        table
            Index ``village_code``; ``district_code``, ``people`` (float64, NaN = unknown), ``status_a``,
            ``status_b``, ``people_a``, ``people_b`` (reached) and ``change`` (b − a; exactly 0 where nothing
            changes, NaN where either is unknown), ``least`` and ``most``: between which the change lies,
            whatever is true of those of whom nobody knows whether they are reached.
        """
        if kind not in self._villages:
            table = self.a.source.gaps.layers.villages[["district_code", "people"]].copy()
            for end, side in (("a", self.a), ("b", self.b)):
                answer = side.source.gaps.coverage[kind].villages
                table[f"status_{end}"] = answer["status"].astype(str)
                table[f"people_{end}"] = answer["people_reached"]
            change = table["people_b"] - table["people_a"]
            table["change"] = change.mask(change.abs() < SAME_PEOPLE, 0.0)
            table["least"], table["most"] = self._bounds(kind, self.season, table["change"])
            self._villages[kind] = table
        return self._villages[kind]

    def _bounds(
        self, kind: str, season: Season, change: pd.Series[float]
    ) -> tuple[pd.Series[float], pd.Series[float]]:
        """Return between what numbers the change of each village lies, where it is known at all."""
        least, most = by_village(self.a.source.gaps, self.b.source.gaps, kind, season)
        # A sum in another order differs in its last bits, which are no doubt.
        low, high = change - least, most - change
        return change - low.where(low > SAME_PEOPLE, 0.0), change + high.where(high > SAME_PEOPLE, 0.0)

    def net(self, kind: str, season: Season) -> Gain:
        """Return how many more people B reaches of a comparable kind in a season, and how far it is known."""
        one, other = (
            side.source.gaps.seasons[season][kind].villages["people_reached"] for side in self.sides
        )
        least, most = self._bounds(kind, season, other - one)
        return Gain(float((other - one).sum()), float(least.sum()), float(most.sum()))

    def moved(self, kind: str) -> pd.Series[bool]:
        """Return in which villages the state of a kind changes: in none where it means two things."""
        table = self.villages(kind)
        return (table["status_a"] != table["status_b"]) & self.same_status

    def differing(self, kind: str) -> pd.Series[bool]:
        """Return in which villages a comparable kind differs, in people reached or in state."""
        return (self.villages(kind)["change"].fillna(0.0) != 0) | self.moved(kind)

    def differs(self, kind: str) -> bool:
        """Whether a comparable kind differs in any village."""
        return bool(self.differing(kind).any())


def direction(before: str, after: str) -> str:
    """Return which way a status goes: better, worse, known, unknown or same.

    Examples
    --------
    >>> direction("gap", "served"), direction("served", "unknown"), direction("gap", "gap")
    ('better', 'unknown', 'same')
    """
    if before == after:
        return "same"
    if before not in ORDER:
        return "known"
    if after not in ORDER:
        return "unknown"
    return "better" if ORDER.index(after) > ORDER.index(before) else "worse"


def unsure(table: pd.DataFrame) -> pd.Series[bool]:
    """Return in which villages the change is unknown, or may be another than is counted.

    Parameters
    ----------
    table
        Of :meth:`Comparison.villages`, or some rows of it.

    Examples
    --------
    >>> import pandas as pd
    >>> unsure(pd.DataFrame({"change": [3.0, 2.0], "least": [3.0, 0.0], "most": [3.0, 2.0]})).tolist()
    [False, True]
    """
    return table["change"].isna() | (table["least"] < table["most"])


def sums(table: pd.DataFrame) -> dict[str, Gain]:
    """Return people gained, lost, and the one less the other, each with how far it is known.

    Parameters
    ----------
    table
        Of :meth:`Comparison.villages`, or some rows of it.

    Examples
    --------
    >>> import pandas as pd
    >>> change = [3.0, -1.0, 0.0, np.nan]
    >>> found = sums(pd.DataFrame({"change": change, "least": [0.0, *change[1:]], "most": change}))
    >>> found["gained"], found["net"].people
    (Gain(people=3.0, least=0.0, most=3.0), 2.0)
    """
    known = table[table["change"].notna()]
    columns = [known[name].to_numpy(dtype=np.float64) for name in ("change", "least", "most")]
    counted, least, most = (each.clip(min=0.0).sum() for each in columns)
    less, more_lost, less_lost = ((-each).clip(min=0.0).sum() for each in columns)
    return {
        "gained": Gain(float(counted), float(least), float(most)),
        "lost": Gain(float(less), float(less_lost), float(more_lost)),
        "net": Gain(*(float(each.sum()) for each in columns)),
    }


def comparison_of(
    before: Gaps, after: Gaps, *, plans: Sequence[Plan | None] = (None, None),
    findings: Sequence[Finding] = (), layers: Layers | None = None, lang: str = "id",
) -> Comparison:  # fmt: skip
    """Return two answers for one area as a comparison.

    Parameters
    ----------
    before, after
        Scenario A and scenario B, of the same layers.
    plans
        Those whose scenarios they are, where they are of a plan.
    findings
        Of ``check``.
    layers
        The area without any edit, so that edits speak of units as they are before them.
    lang
        ``id`` or ``en``.

    Raises
    ------
    ConfigError
        Another language; or the answers are of different villages, or a plan is of another area.

    Examples
    --------
    >>> from planner.pipeline import CloseFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> closed = study.gaps([CloseFacility(op="close_facility", id="P9901002")])
    >>> both = comparison_of(study.gaps(), closed, lang="en")
    >>> [kind for kind in both.compared if both.differs(kind)]
    ['puskesmas']
    """
    from planner.reports.documents.words import words_for

    called = before.scenario.modes_called(lang) | after.scenario.modes_called(lang)
    words = words_for(lang, before.layers.villages, called)
    if not before.layers.villages.index.equals(after.layers.villages.index):
        msg = "the two answers are not of the same villages: compare scenarios of one study area"
        raise ConfigError(msg)
    code = before.layers.area.code
    for plan in plans:
        if plan is not None and plan.record["area"]["code"] != code:
            msg = f"{plan.folder} is a plan of {plan.record['area']['code']}, the workspace is of {code}"
            raise ConfigError(msg)
    season = before.scenario.season
    a, b = (
        Side(letter, Source(Ilp(_in_season(gaps, season)), words, tuple(findings)),
             gaps.scenario.season, plan)
        for letter, gaps, plan in zip("AB", (before, after), plans, strict=True)
    )  # fmt: skip
    return Comparison(a, b, words, layers)


def _in_season(gaps: Gaps, season: Season) -> Gaps:
    """Return the same answer with another season as its own; both are in it."""
    if gaps.scenario.season == season:
        return gaps
    return replace(gaps, scenario=gaps.scenario.model_copy(update={"season": season}))
