"""The words of styles, legends and descriptions, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.coverage.show import STATUS_COLORS
from planner.reports.workbook.words import BookWords
from planner.texts.catalogues import ilp_texts, map_texts
from planner.texts.formatter import Formatter

if TYPE_CHECKING:
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season


class AnswerSaid:
    """What maps and files for GIS say of an answer.

    Parameters
    ----------
    gaps
        The answer.
    lang
        ``id`` or ``en``.

    Raises
    ------
    ConfigError
        Another language.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> said = AnswerSaid(find_gaps(demo_layers(12)), "en")
    >>> said.layer("pustu", "wet"), list(said.statuses().values())[2]
    ('Pustu, wet season', 'gap')
    """

    def __init__(self, gaps: Gaps, lang: str) -> None:
        self.map, self.ilp = map_texts(lang), ilp_texts()[lang]
        self.lang = lang
        self.format = Formatter(lang)
        self._headings = BookWords(lang, list(gaps.scenario.standard), gaps.scenario.modes_called(lang))

    def kind(self, kind: str) -> str:
        """Return a kind's name, with a capital letter."""
        return self.map.get(f"kind_{kind}", kind)

    def layer(self, kind: str, season: Season) -> str:
        """Return what a map of a kind in a season is called."""
        return f"{self.kind(kind)}, {self.map[f'season_{season}']}"

    def statuses(self) -> dict[str, str]:
        """Return the words of the statuses, in the order of legends."""
        return {status: self.map[status] for status in STATUS_COLORS}

    def heading(self, column: str) -> str:
        """Return what people read above a column."""
        plain = column.removesuffix("_why")
        heading = self._headings.heading(plain)
        return heading if plain == column else f"{heading}: {self.map['reason']}"

    def facilities(self) -> str:
        """Return the word for all of them."""
        return self._headings.texts.sheet["facilities"]

    def not_counted(self, status: str) -> str:
        """Return that a facility does not take part, and why: "Takes part: no, outside the area"."""
        texts = self._headings.texts
        return f"{texts.heading['status']}: {texts.word[f'status_{status}']}"


def first_listed(gaps: Gaps) -> str:
    """Return the first kind of the standard that has a list; the first of all where none has.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> first_listed(find_gaps(demo_layers(12)))
    'puskesmas'
    """
    return next((kind for kind, one in gaps.coverage.items() if one.listed), next(iter(gaps.coverage)))
