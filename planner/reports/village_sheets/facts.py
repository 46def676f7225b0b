"""What stands on a village's sheet, as finished words: the same on paper and in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.vocabulary.statuses import YesNo
from planner.ilp.three_answers import AS_DRY, VillageClass
from planner.ilp.visits import VisitStatus
from planner.reports.answered import Answered
from planner.reports.assumed import MOST_ASSUMED, assumed
from planner.reports.documents.words import Words
from planner.reports.pws import pws_table, standard_source
from planner.reports.village_sheets.drawing import sign
from planner.texts.catalogues import ilp_texts
from planner.texts.formatter import Formatter
from planner.texts.villages import kind_of_villages, texts_of_villages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pandas as pd

    from planner.ilp.model import Ilp


class SheetFacts:
    """The sheets of an area's villages, in one language.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``.
    only
        Villages that sheets are made of; all when None.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> page = SheetFacts(Ilp(find_gaps(demo_layers(12))), "en").of("99.01.01.1001")
    >>> page["name"], page["people"], page["kinds"][0]["unit"]
    ('Sukarekaan', '3,916', 'Puskesmas Margarekaan')
    """

    def __init__(self, ilp: Ilp, lang: str, only: Collection[str] | None = None) -> None:
        self.ilp, self.lang, self.t = ilp, lang, ilp_texts()[lang]
        self.table = pws_table(ilp, lang)
        # Read out of the tables once: a row by its label takes a thousand times as long as of a dictionary.
        self._rows = _by_code(self.table, only)
        self._answers = {kind: _by_code(ilp.answers[kind], only) for kind in ilp.kinds}
        self._own = {
            kind: set(answer.villages.index[answer.villages["present"] == YesNo.YES])
            for kind, answer in ilp.gaps.coverage.items()
        }
        self._at_most = {k: one.at_most_of("minutes_median") for k, one in ilp.gaps.coverage.items()}
        self._of_groups = _by_code(ilp.groups, only)
        self._referrals = _by_code(ilp.referral.xs("standard", level="mode"), only)
        self._of_visits = _by_code(ilp.visits.villages, only)
        self._remote = ilp.remote["remote"].to_dict()
        self._village_kinds = ilp.gaps.layers.villages["kind"].to_dict()
        words = {"unknown": self.t["unknown"], "unreachable": self.t["unreachable"]}
        self.write = Formatter(lang, words=words)

    @property
    def area(self) -> str:
        """The area's name and code."""
        area = self.ilp.gaps.layers.area
        return f"{area.name} ({area.code})"

    @property
    def standard(self) -> str:
        """The standard, its version and source."""
        scenario = self.ilp.gaps.scenario
        source = standard_source(scenario, self.lang)
        return f"{scenario.standard_name} {scenario.standard_version} ({source})"

    @property
    def sources(self) -> str:
        """Whose data it is."""
        return "; ".join(dict.fromkeys(s.source or s.file for s in self.ilp.gaps.layers.sources))

    @property
    def assumed(self) -> str:
        """What is assumed and not so today, in a few sentences; "" for the present."""
        words = Words(self.lang, modes=self.ilp.gaps.scenario.modes_called(self.lang))
        told = assumed(Answered(self.ilp, words))
        return "" if told is None else told.short(MOST_ASSUMED)

    @property
    def on_foot(self) -> str:
        """What is not known without roads, in a sentence; "" where all is timed as people go."""
        kinds = [self.kind(k) for k in self.ilp.kinds if self._listed(k) and self.ilp.gaps.on_foot(k)]
        return self.t["pws_on_foot"].format(kinds=Words(self.lang).listed(kinds)) if kinds else ""

    def _listed(self, kind: str) -> bool:
        return self.ilp.gaps.coverage[kind].listed

    @property
    def way(self) -> str:
        """What the lines of the map are."""
        straight = self.ilp.gaps.ways is None
        return self.t["pws_way_straight" if straight else "pws_way"]

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The kinds' names and signs (SVG)."""
        return [(self.kind(k), sign(k)) for k in self.ilp.kinds]

    def kind(self, kind: str) -> str:
        """Return a kind's name, as within a sentence."""
        return self.t.get(f"unit_{kind}", kind)

    def heading(self, kind: str) -> str:
        """Return a kind's name, as it begins a line."""
        name = self.kind(kind)
        return name[:1].upper() + name[1:]

    def of(self, code: str) -> dict[str, Any]:
        """Return a village's sheet: text, and lists of rows of text.

        Parameters
        ----------
        code
            A village's code.

        Raises
        ------
        KeyError
            The area has no such village, or it is none of those that sheets are made of.
        """
        row, t = self._rows[code], self.texts_of([code])
        gaps = [self.kind(k) for k in str(row["gaps"]).split()]
        if gaps:
            gaps[0] = gaps[0][:1].upper() + gaps[0][1:]
        return {
            "code": code, "facts_title": t["pws_facts"], "map_title": t["pws_map"],
            "name": row["village_name"], "district": row["district_name"] or code[:8],
            "people": self.write.number(row["people"]), "groups": self._groups(code),
            "kinds": [self._kind(row, code, kind) for kind in self.ilp.kinds],
            "puskesmas": row["puskesmas"] or t["how_none"], "head": row["puskesmas"],
            "how": t[f"how_{row['working_area_how']}"],
            "referral": self._referral(code), "visits": self._visits(code),
            "remote": t[str(self._remote[code])],
            "gaps": ", ".join(gaps), "next": row["next_action"],
            "not_known": ", ".join(self.kind(k) for k in str(row["not_known"]).split()),
        }  # fmt: skip

    def texts_of(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the texts with the word for what some villages are together."""
        kind = kind_of_villages(self._village_kinds[code] for code in codes)
        return texts_of_villages("ilp_texts.yml", self.lang, kind)

    def _groups(self, code: str) -> list[dict[str, str]]:
        return [
            {
                "label": self.t.get(f"group_{group}", group),
                "people": self.write.number(one["people"]),
                "origin": self.t[f"pws_{one['from']}"],
            }
            for group in self.ilp.gaps.scenario.groups
            for one in [self._of_groups[code, group]]
        ]

    def _kind(self, row: dict[str, Any], code: str, kind: str) -> dict[str, str]:
        t, answers = self.t, self._answers[kind][code]
        minutes = self.write.nearest_minutes(row[f"{kind}_minutes"], 1, at_most=code in self._at_most[kind])
        return {
            "label": self.heading(kind), "present": self._present(code, kind),
            "dry": t[answers["reachable_dry"]], "wet": self._wet(answers),
            "functioning": t[answers["functioning"]], "minutes": minutes,
            "unit": row[f"{kind}_unit"], "state": t[f"class_{answers['class']}"],
            "in_contents": t[_state(answers)],
            "class": answers["class"], "reason": row[f"{kind}_reason"],
        }  # fmt: skip

    def _wet(self, answers: dict[str, Any]) -> str:
        """Return whether a kind is reached in the wet season; without roads no surface is in question."""
        wet = str(answers["reachable_wet"])
        return self.t["as_dry_straight" if wet == AS_DRY and self.ilp.gaps.ways is None else wet]

    def _present(self, code: str, kind: str) -> str:
        """Return whether there is a unit, and where: the standard may ask for one in the kecamatan."""
        found = self._answers[kind][code]["present"]
        per = self.ilp.gaps.scenario.standard[kind].presence
        in_village = per == "district" and code in self._own[kind]
        return self.t.get(f"pws_{found}_{per}", self.t[found]) if not in_village else self.t[found]

    def _referral(self, code: str) -> str:
        t, one = self.t, self._referrals[code]
        # Nobody is taken to a hospital on foot along a straight line.
        on_foot = f" {t['mode_straight']}" if self.ilp.gaps.ways is None else ""
        unit = f" {t['pws_minutes_unit']}{on_foot}"
        text = self.write.known_minutes(one["minutes"], one["minutes_are"], 1, unit=unit)
        if one["exceeds"] == YesNo.YES:
            text += f" ({t['pws_over']})"
        if one["levels_unknown"]:
            missing = ", ".join(self.kind(k) for k in one["levels_unknown"].split())
            text += f"; {t['unknown']}: {missing}"
        return text

    def _visits(self, code: str) -> str:
        one = self._of_visits[code]
        if one["status"] == VisitStatus.UNKNOWN:
            return self.t["unknown"]
        if one["status"] == VisitStatus.NONE:
            return self.t["pws_visits_none"]
        # Families are people divided by a mean: whole ones, and "about".
        families, visits, rounds = (
            self.write.about(one[c]) for c in ("families", "visits_month", "rounds_month")
        )
        return self.t["pws_families"].format(families=families, visits=visits, rounds=rounds)


def _state(answers: dict[str, Any]) -> str:
    """Return the key of a kind's state; where it is reached, the state says so though more is not known."""
    found = str(answers["class"])
    reached = answers["reachable_dry"] == YesNo.YES and answers["reachable_wet"] in (YesNo.YES, AS_DRY)
    if found != VillageClass.UNKNOWN or not reached:
        return f"class_{found}"
    open_ = "functioning" if answers["functioning"] == YesNo.UNKNOWN else "present"
    return f"class_unknown_{open_}"


def _by_code(frame: pd.DataFrame, only: Collection[str] | None) -> dict[Any, dict[str, Any]]:
    """Return rows by their label, of some villages alone where these are named."""
    rows = frame if only is None else frame[frame.index.isin(list(only), level=0)]
    found: dict[Any, dict[str, Any]] = rows.to_dict("index")
    return found
