"""Columns of result tables as columns of the workbook: their headings, and their values in words."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.coverage.show import STATUS_COLORS
from planner.ilp.reasons import role, things
from planner.ilp.three_answers import CLASS_COLORS
from planner.reports.assumed import UNIT_STATES
from planner.reports.documents.words import Words as DocumentWords
from planner.reports.stops import stop_in_words
from planner.reports.workbook.sheet import Look, SheetColumn, Total
from planner.reports.workbook.texts import workbook_texts
from planner.scenarios.modes import SEASONS
from planner.siting.measures import Measure, default_measures
from planner.supply.stages import default_stages
from planner.texts.catalogues import ilp_texts, map_texts
from planner.texts.modes import in_sentences, on_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.reports.workbook.sheet import Cell

SEVERITY_COLOURS = {"error": "#d7191c", "warning": "#fee08b", "info": "#8fc1e3"}
ALSO = re.compile(r"(?P<mode>[a-z_]+)_(?P<minutes>[\d.]+)min_share_reached")
# As planner.siting.ground.rules writes them.
SITE_RULES = {"in ": "rules_in", "no ": "rules_without", "not checked: ": "rules_unchecked"}
STAFF = re.compile(r"(\d+) ([^,;]+)")
YES_NO = {
    "present", "standard_present", "aim", "reachable_dry", "reachable_wet", "functioning", "functions",
    "closed", "launched", "remote", "referral_exceeds",
}  # fmt: skip
# How a number is written, by the end of its column's name; what is none of these is a plain number.
COUNTED = (
    r"people|villages|units|families|pustu$|posyandu$|staff_|capacity|counted|projected|budget|spent|left|"
    r"_idr$|order|count"
)
LOOKS = (
    (r"^(lon|lat)$", Look.DEGREES),
    (r"(^|_)share(_|$)|load$|^gini", Look.SHARE),
    (r"minutes", Look.MINUTES),
    (r"^(year|year_decided|year_works|target_year|.*_since)$", Look.YEAR),
    (r"per_10000|rounds_|visits_month|open_days|lead_years|people_factor", Look.NUMBER),
    (COUNTED, Look.COUNT),
)


class BookWords:
    """Headings and words of one language.

    Parameters
    ----------
    lang
        ``id`` or ``en``.
    kinds
        Kinds of facility that columns may begin with.
    modes
        Modes of travel that the office calls otherwise, by name (``Scenario.modes_called``).

    Raises
    ------
    ConfigError
        Another language.
    """

    def __init__(
        self, lang: str, kinds: Sequence[str], modes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.lang, self.texts = lang, workbook_texts(lang)
        # The map and the PWS sheet each have a word of their own for what nobody knows; a book has one.
        unknown = self.texts.note["unknown"]
        self.map, self.ilp = (
            {key: unknown if said == texts["unknown"] else said for key, said in texts.items()}
            for texts in (map_texts(lang) | on_map(modes), ilp_texts()[lang] | in_sentences(modes, lang))
        )
        # The longest first: a kind's name may begin with another's.
        self.kinds = sorted(kinds, key=len, reverse=True)

    def kind(self, kind: str) -> str:
        """Return a kind's name."""
        return self.map.get(f"kind_{kind}", kind)

    def parts(self, name: str) -> tuple[str, str, str]:
        """Return the kind, season and rest of a column's name; "" for what it has not.

        Examples
        --------
        >>> BookWords("en", ["pustu"]).parts("pustu_wet_minutes_max")
        ('pustu', 'wet', 'minutes_max')
        """
        for kind in self.kinds:
            rest = name.removeprefix(f"{kind}_")
            if rest != name:
                season = next((s for s in SEASONS if rest.startswith(f"{s}_")), "")
                return kind, season, rest.removeprefix(f"{season}_") if season else rest
        return "", "", name

    def heading(self, name: str) -> str:
        """Return what people read above a column; a name that the catalogue does not know stays as it is.

        Examples
        --------
        >>> words = BookWords("en", ["pustu"])
        >>> words.heading("pustu_wet_minutes_max"), words.heading("pustu_walking_60min_share_reached")
        ('Pustu: minutes (furthest), wet season', 'Pustu: share reached, walking 60 min')
        """
        note, word = self.texts.note, self.texts.word
        if name in self.texts.heading:
            return self.texts.heading[name]
        if name.startswith("staff_"):
            return word["staff"].format(who=role(self.ilp, name.removeprefix("staff_")))
        if name.startswith("people_") and f"group_{name.removeprefix('people_')}" in self.ilp:
            return word["people_of"].format(group=self.ilp[f"group_{name.removeprefix('people_')}"])
        kind, season, rest = self.parts(name)
        other = ALSO.fullmatch(rest)
        if kind and other:
            mode = self.map.get(f"mode_{other['mode']}", other["mode"])
            return note["also"].format(kind=self.kind(kind), mode=mode, minutes=other["minutes"])
        if not kind or rest not in self.texts.of_kind:
            return name
        said = note["of_kind"].format(kind=self.kind(kind), what=self.texts.of_kind[rest])
        return note["of_season"].format(what=said, season=self.map[f"season_{season}"]) if season else said

    def look(self, name: str) -> Look:
        """Return how a column's numbers are written."""
        return next((look for pattern, look in LOOKS if re.search(pattern, name)), Look.NUMBER)

    def column(
        self,
        name: str,
        values: pd.Series,
        *,
        total: Total | None = None,
        detail: bool = False,
        blank: bool = False,
        long: bool = False,
    ) -> SheetColumn:
        """Return a column of a result table as one of the workbook.

        Parameters
        ----------
        name
            For machines; its heading and words are found by it.
        values
            Numbers, text or words of our vocabularies.
        total, detail
            As :class:`planner.reports.workbook.sheet.SheetColumn` has them.
        blank
            A missing value is a cell that has no meaning here, and stays empty; else it is unknown.
        long
            A text of whole sentences.
        """
        *_, rest = self.parts(name)
        missing = "" if blank else self.texts.note["unknown"]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            cells = self.numbers(values, missing)
            return SheetColumn(name, self.heading(name), self.look(rest), cells, total, detail)
        say = self._say(rest, values)
        known = values.notna().to_numpy()
        texts = [say(str(v)) if k else missing for v, k in zip(values, known, strict=True)]
        look = Look.LONG if long else Look.TEXT
        return SheetColumn(name, self.heading(name), look, texts, None, detail, self._colours(rest))

    def numbers(self, values: pd.Series, missing: str) -> list[Cell]:
        """Return numbers as cells: what is missing, and what has no way, are words."""
        plain = values.astype("float64").to_numpy(dtype=np.float64)
        no_way = self.texts.note["no_way"]
        return [missing if np.isnan(v) else no_way if np.isinf(v) else v for v in plain.tolist()]

    def _say(self, rest: str, values: pd.Series) -> Callable[[str], str]:
        """Return what says the values of a column in words."""
        found = self._table(rest, values)
        if found is not None:
            return lambda v: found.get(v, v)
        ways: dict[str, Callable[[str], str]] = {
            "staff": self._staff, "site_rules": self._site_rules, "measure": self._measure,
            "lacks": self._things, "not_known": self._things, "referral_levels_unknown": self._kinds,
            "name": self._unit_name, "nearest_name": self._unit_name,
        }  # fmt: skip
        return ways.get("staff" if rest.startswith("staff_") else rest, lambda v: v)

    def _things(self, said: str) -> str:
        """Return what a unit lacks, or what is not known of it."""
        return things(said, self.lang)

    def _unit_name(self, name: str) -> str:
        """Return a unit's name; of a mobile stop in words."""
        return stop_in_words(name, self.lang)

    def _kinds(self, said: str) -> str:
        """Return kinds, as within a sentence."""
        return ", ".join(self.ilp.get(f"unit_{kind}", kind) for kind in said.split())

    def _staff(self, said: str) -> str:
        """Return staff as "1 midwife, 2 kader"."""
        return STAFF.sub(lambda m: f"{m[1]} {role(self.ilp, m[2].replace(' ', '_'), int(m[1]))}", said)

    def _site_rules(self, said: str) -> str:
        """Return what concerns a place, and what nobody checked, in words."""
        rules = DocumentWords(self.lang)
        parts = []
        for part in filter(None, said.split("; ")):
            start = next(s for s in SITE_RULES if part.startswith(s))
            names = ", ".join(rules.say(f"site_rule.{one}") for one in part.removeprefix(start).split(", "))
            parts.append(self.texts.word[SITE_RULES[start]].format(rules=names))
        return "; ".join(parts)

    def _measure(self, name: str) -> str:
        """Return one of our own measures in words; a user's keeps the name that they gave it."""
        ours = default_measures().measures.get(name)
        return (
            f"{self.kind(ours.kind)} {self.map[f'measure_{ours.op}']}" if isinstance(ours, Measure) else name
        )

    def _table(self, rest: str, values: pd.Series) -> Mapping[str, str] | None:
        word = self.texts.word
        if rest in YES_NO:
            return {k: self.ilp[k] for k in ("yes", "no", "unknown", "as_dry")}
        if rest in ("how", "working_area_how", "parent_how"):
            return _starting(self.ilp, "how_")
        if rest == "status":
            of_unit = set(values.dropna().unique()) <= set(UNIT_STATES)
            return _starting(word, "status_") if of_unit else {s: self.map[s] for s in STATUS_COLORS}
        if rest == "stage":
            stages = {s.key: getattr(s.name, self.lang) for s in default_stages().stages}
            return {**stages, "unknown": self.texts.note["unknown"]}
        if rest == "group":
            note = self.texts.note
            rest_of = {"all": word["by_all"], "unknown": note["unknown"], "no_way": note["no_way"]}
            return {**_starting(self.ilp, "group_"), **rest_of}
        starts = {
            "class": (self.ilp, "class_"), "reason": (self.map, "reason_"), "kind": (self.map, "kind_"),
            "serves_as": (self.map, "kind_"), "located_by": (word, "located_"), "network": (word, "network_"),
            "demand_method": (word, "method_"), "visits_status": (word, "visits_"),
            "from": (self.ilp, "pws_"), "severity": (word, "severity_"), "layer": (self.map, "data_"),
            "level": (word, "level_"),
            "by": (word, "by_"), "season": (self.map, "season_"), "op": (self.map, "measure_"),
        }  # fmt: skip
        return _starting(*starts[rest]) if rest in starts else None

    def _colours(self, rest: str) -> dict[str, str]:
        if rest == "status":
            return {self.map[status]: colour for status, colour in STATUS_COLORS.items()}
        if rest == "class":
            return {self.ilp[f"class_{name}"]: colour for name, colour in CLASS_COLORS.items()}
        if rest == "severity":
            return {self.texts.word[f"severity_{name}"]: colour for name, colour in SEVERITY_COLOURS.items()}
        return {}


def _starting(texts: Mapping[str, str], start: str) -> dict[str, str]:
    return {key.removeprefix(start): words for key, words in texts.items() if key.startswith(start)}
