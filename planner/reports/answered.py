"""An area's answers in one language: where, when and within which limit, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from planner.coverage.known.seasons import seasons_told
from planner.reports.documents.model import UNKNOWN, number

if TYPE_CHECKING:
    from planner.coverage.study import Gaps
    from planner.ilp.model import Ilp
    from planner.reports.documents.words import Words
    from planner.scenarios.modes import Season
    from planner.scenarios.standards import KindStandard


@dataclass(frozen=True)
class Answered:
    """Answers of one area, with the words of one language: what every sentence about them needs.

    Attributes
    ----------
    ilp
        The answers.
    words
        The language.
    """

    ilp: Ilp
    words: Words

    @property
    def gaps(self) -> Gaps:
        """The answer that is told."""
        return self.ilp.gaps

    @property
    def kinds(self) -> list[str]:
        """The kinds of the standard."""
        return self.ilp.kinds

    @property
    def area_name(self) -> str:
        """Such as "Kabupaten Jember"."""
        return self.gaps.layers.area.name

    @property
    def season(self) -> Season:
        """The scenario's own."""
        return self.gaps.scenario.season

    @property
    def other_season(self) -> Season:
        """The other one."""
        return "dry" if self.season == "wet" else "wet"

    @cached_property
    def seasons_told(self) -> bool:
        """Whether the roads tell the seasons apart."""
        gaps = self.gaps
        return gaps.ways is not None and seasons_told(gaps.layers, gaps.scenario)

    def is_as_dry(self, season: Season) -> bool:
        """Return whether a season is counted as the dry one, since nothing in the data tells the two apart.

        That is never the dry season: what is known of roads, or of straight lines without them, is known of
        it.

        Parameters
        ----------
        season
            Of the figures.

        Examples
        --------
        >>> from dataclasses import replace
        >>> from planner.pipeline import Ilp, demo_layers, find_gaps
        >>> from planner.reports.documents.words import Words
        >>> layers = demo_layers(12)
        >>> areas = layers, replace(layers, roads=None)
        >>> one, alike = (Answered(Ilp(find_gaps(area)), Words("en")) for area in areas)
        >>> one.is_as_dry("wet"), alike.is_as_dry("wet"), alike.is_as_dry("dry")
        (False, True, False)
        """
        return season == "wet" and not self.seasons_told

    def season_words(self, season: Season) -> str:
        """Return a season in words, and of one that is counted as the dry one that it is.

        Parameters
        ----------
        season
            Of the figures.

        Examples
        --------
        >>> from dataclasses import replace
        >>> from planner.pipeline import Ilp, demo_layers, find_gaps
        >>> from planner.reports.documents.words import Words
        >>> one = Answered(Ilp(find_gaps(replace(demo_layers(12), roads=None))), Words("en"))
        >>> one.season_words("dry"), one.season_words("wet")
        ('dry season', 'wet season (as the dry season)')
        """
        words = self.words
        return words.say("seasons.wet_as_dry") if self.is_as_dry(season) else words.on_map(f"season_{season}")

    def limit_words(self, rule: KindStandard, *, timed: bool = True) -> str:
        """Return a rule's limit in words: by what people were timed, or by what they go."""
        mode = "straight" if timed and self.gaps.network is None else rule.mode
        limit = number(rule.limit_minutes, "minute", decimals=int(rule.limit_minutes % 1 > 0))
        return f"{self.words.cell(limit)} {self.words.mode(mode)}"

    def district_name(self, code: str) -> str:
        """Return a kecamatan's name, or its code where the boundary file has no name."""
        return self._district_names.get(code) or code

    @cached_property
    def _district_names(self) -> dict[str, str]:
        villages = self.gaps.layers.villages
        first = villages[~villages["district_code"].duplicated()]
        return dict(zip(first["district_code"], first["district_name"], strict=True))

    def place_of(self, village_code: object) -> tuple[str, str]:
        """Return a village's and its kecamatan's name; unknown in words for no village."""
        villages = self.gaps.layers.villages
        if village_code not in villages.index:
            unknown = self.words.cell(UNKNOWN)
            return unknown, unknown
        row = villages.loc[village_code]
        return str(row["village_name"]) or str(village_code), self.district_name(str(row["district_code"]))
