"""Why a village is in its class, and what to do next: one line each, in words for its head."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import Reason, YesNo
from planner.coverage.reach import OPEN_REASONS
from planner.ilp.three_answers import VillageClass
from planner.scenarios.modes import only_walked
from planner.texts.catalogues import LANGUAGES, ilp_texts
from planner.texts.modes import in_sentences
from planner.texts.villages import DESA, KELURAHAN, texts_of_villages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.scenarios.standards import KindStandard

# Those of a village's unreached people that have a line of their own; the others are too far.
SAID_REASONS = (Reason.NO_ROAD, Reason.ISLAND, Reason.NOT_FUNCTIONING, Reason.NO_FACILITY)
UNREACHED = (VillageClass.UNREACHED, VillageClass.PARTLY)
# What leads nowhere may be a link that the data lack: that is looked at before anything is built.
NO_WAY = (Reason.NO_ROAD, Reason.ISLAND)
# No village gets one of its own: what helps is the way there.
REFERRED_TO = "hospital"


def percent(share: float) -> str:
    """Return a share in whole percent that never hides somebody: "<1%", ">99%".

    Parameters
    ----------
    share
        0 to 1.

    Examples
    --------
    >>> percent(0.004), percent(0.25), percent(0.999), percent(1.0)
    ('<1%', '25%', '>99%', '100%')
    """
    if 0.0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1.0:
        return ">99%"
    return f"{round(share * 100.0)}%"


@dataclass(frozen=True)
class Fact:
    """What the lines on one village and kind speak of.

    Attributes
    ----------
    found
        Its class (:data:`planner.ilp.three_answers.CLASSES`).
    present
        yes/no/unknown: is there a unit, as the standard asks.
    reason
        Why most of those not reached are not (:data:`planner.coverage.reach.REASONS`), in the dry season. Of
        a class that is not known, what leaves it open: in the wet season where the dry one is known, and ""
        where both are.
    unreached, unreached_wet
        Share of people (0-1) known not to be reached, by season.
    lacks, not_known
        Of the unit that serves it: as in :func:`planner.supply.units.unit_table`.
    listed
        Whether there is a list of the kind.
    short
        Whether the lists of what counts as the kind are not whole in the village.
    village
        What the village is: ``desa``, ``kelurahan``, or "" where that is not known.
    """

    found: str
    present: str
    reason: str
    unreached: float
    unreached_wet: float
    lacks: str
    not_known: str
    listed: bool
    short: bool
    village: str = ""


def line(
    fact: Fact, kind: str, rule: KindStandard, lang: str, *, straight: bool,
    modes: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    """Return why a village is in its class, as a sentence.

    Parameters
    ----------
    fact
        What is known of the village and kind.
    kind, rule
        The kind, and its rule: mode and limit (minutes) are named.
    lang
        ``id`` or ``en``.
    straight
        Whether there are no roads: people walk straight lines.
    modes
        Modes of travel that the office calls otherwise, by name (``Scenario.modes_called``).

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rule = default_scenario().standard["pustu"]
    >>> fact = Fact("unreached", "no", "too_far", 0.6, 0.6, "", "", listed=True, short=False)
    >>> line(fact, "pustu", rule, "en", straight=False)
    '60% of the people need more than 30 minutes by motorcycle to the nearest pustu.'
    """
    t: dict[str, str] = texts_of_villages("ilp_texts.yml", lang, fact.village)
    # Who is known not to reach one by vehicle doesn't by any way, straight and quick as it may be.
    mode = "straight" if straight and not only_walked(rule.mode, roads=False) else rule.mode
    share = fact.unreached_wet if fact.found == VillageClass.DRY_ONLY else fact.unreached
    text = t[_key(fact, rule, straight=straight)].format(
        unit=_unit(t, kind), percent=percent(share), limit=f"{rule.limit_minutes:g}",
        mode=in_sentences(modes, lang).get(f"mode_{mode}") or t.get(f"mode_{mode}", mode),
        lacks=_what(t, "lacks", fact.lacks),
        not_known=_what(t, "not_known", fact.not_known),
    )  # fmt: skip
    return text[0].upper() + text[1:]


def action(fact: Fact, kind: str, rule: KindStandard, lang: str, *, straight: bool = False) -> str:
    """Return what to do next about it, as a sentence.

    Parameters
    ----------
    fact
        What is known of the village and kind.
    kind, rule
        The kind, and its rule: where the standard asks for one is where one is proposed.
    lang
        ``id`` or ``en``.
    straight
        Whether there are no roads: people walk straight lines.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> rule = default_scenario().standard["pustu"]
    >>> fact = Fact("not_functioning", "yes", "", 0.0, 0.0, "bidan:1", "", listed=True, short=False)
    >>> action(fact, "pustu", rule, "en")
    'Complete the pustu (missing: 1 midwife).'
    """
    t: dict[str, str] = texts_of_villages("ilp_texts.yml", lang, fact.village)
    text = t[f"action_{_action_key(fact, kind, rule, straight=straight)}"]
    text = text.format(unit=_unit(t, kind), lacks=_what(t, "lacks", fact.lacks))
    return text[0].upper() + text[1:]


def _unit(t: dict[str, str], kind: str) -> str:
    return t.get(f"unit_{kind}", kind)


def _key(fact: Fact, rule: KindStandard, *, straight: bool) -> str:
    if fact.found in UNREACHED:
        return f"unreached_{fact.reason if fact.reason in SAID_REASONS else Reason.TOO_FAR}"
    if fact.found == VillageClass.UNKNOWN:
        return f"unknown_{_open(fact, straight=straight)}"
    if fact.found in (VillageClass.COMPLETE, VillageClass.NEIGHBOUR) and rule.presence == "district":
        return f"{fact.found}_district"
    return fact.found


def _open(fact: Fact, *, straight: bool) -> str:
    """Return what it is that is not known."""
    if not fact.listed:
        return "list"
    if fact.reason == Reason.ROADS_INCOMPLETE and straight:
        return "no_roads"
    if fact.reason == Reason.UNKNOWN:
        return "place"
    if fact.reason in OPEN_REASONS:
        return fact.reason
    if fact.present == YesNo.UNKNOWN and fact.short:
        return Reason.LIST_INCOMPLETE
    return "functioning" if fact.not_known or fact.present != YesNo.UNKNOWN else "present"


def _action_key(fact: Fact, kind: str, rule: KindStandard, *, straight: bool) -> str:
    if fact.found == VillageClass.UNKNOWN:
        return f"unknown_{_open(fact, straight=straight)}"
    if fact.found == VillageClass.NEIGHBOUR:
        # Where the standard asks for none, nothing is missing.
        return VillageClass.COMPLETE if rule.presence is None else f"neighbour{_of_place(rule)}"
    if fact.found in UNREACHED:
        return _unreached_key(fact, kind, rule, even_straight=only_walked(rule.mode, roads=not straight))
    if fact.found == VillageClass.DRY_ONLY:
        return f"dry_only{_of_kind(kind)}"
    return fact.found


def _unreached_key(fact: Fact, kind: str, rule: KindStandard, *, even_straight: bool) -> str:
    """Return what to do where people are not reached: by why, by the kind, and by where one is asked for.

    Roads help nobody who would be too far on a straight one.
    """
    far = "_far" if even_straight else ""
    if fact.reason == Reason.NOT_FUNCTIONING:
        return "unreached_not_functioning"
    if fact.reason in NO_WAY:
        return f"unreached_no_way{_of_kind(kind)}"
    if kind == REFERRED_TO:
        return "unreached_no_hospital" if fact.reason == Reason.NO_FACILITY else f"unreached_hospital{far}"
    return f"unreached_absent{_of_place(rule)}" if fact.present == YesNo.NO else f"unreached_present{far}"


def _of_kind(kind: str) -> str:
    return "_hospital" if kind == REFERRED_TO else ""


def _of_place(rule: KindStandard) -> str:
    return "_district" if rule.presence == "district" else ""


def _what(t: dict[str, str], key: str, items: str) -> str:
    """Return "(missing: 1 bidan, 2 kader)" of "bidan:1 kader:2"; nothing of nothing."""
    return t[key].format(what=_listed(t, items)) if items else ""


def things(items: str, lang: str) -> str:
    """Return what a unit lacks, or what is not known of it, in words.

    Parameters
    ----------
    items
        As :func:`planner.supply.units.unit_table` has them.
    lang
        ``id`` or ``en``.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> things("bidan:1 open_days", "en")
    '1 midwife, open days'
    """
    return _listed(ilp_texts()[lang], items)


def role(texts: Mapping[str, str], name: str, count: float = 1) -> str:
    """Return the word for a profession, or for several of it.

    Parameters
    ----------
    texts
        Of the ILP tables, in a language.
    name
        As lists and standards have it; what the texts do not know stays as it is.
    count
        How many.

    Examples
    --------
    >>> role(ilp_texts()["en"], "bidan", 2), role(ilp_texts()["en"], "tenaga_gizi", 2)
    ('midwives', 'tenaga gizi')
    """
    one = texts.get(f"what_{name}", name.replace("_", " "))
    return one if count == 1 else texts.get(f"many_{name}", one)


def _listed(t: dict[str, str], items: str) -> str:
    said = []
    for item in items.split():
        name, _, count = item.partition(":")
        said.append(f"{count} {role(t, name, float(count))}" if count else role(t, name))
    return ", ".join(said)


def reason_lines(gaps: Gaps, kind: str, answers: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return ``reason_id``, ``reason_en``, ``action_id`` and ``action_en`` by village.

    Parameters
    ----------
    gaps
        The answer for a study area, in both seasons.
    kind
        Of the standard.
    answers
        :func:`planner.ilp.three_answers.three_answers` of the kind.
    units
        :func:`planner.supply.units.unit_table`.

    Returns
    -------
    lines
        Text, index ``village_code``.

    Raises
    ------
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.ilp.three_answers import three_answers
    >>> from planner.supply.units import unit_table
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> units = unit_table(gaps.layers.facilities, gaps.scenario)
    >>> said = reason_lines(gaps, "pustu", three_answers(gaps, "pustu", units), units)
    >>> said.loc["99.01.01.1001", "reason_en"]
    'A pustu is reached, but it does not function as the standard asks (missing: 1 kader).'
    """
    rule = gaps.scenario.standard[kind]
    dry, wet = (gaps.seasons[s][kind].villages for s in ("dry", "wet"))
    mine = units[units["serves_as"] == kind]
    serving = _serving(gaps, mine, answers["unit_id"])
    listed = gaps.coverage[kind].listed or kind in gaps.layers.area.listed_kinds
    rows = zip(
        answers["class"], answers["present"], _reason(answers, dry["reason"], wet["reason"]),
        _missed(dry), _missed(wet),
        serving["lacks"], serving["not_known"],
        gaps.extent.lists_whole((kind, *rule.counts), len(answers)).tolist(),
        _village_kinds(gaps), strict=True,
    )  # fmt: skip
    facts = [
        Fact(found, present, reason, missed, missed_wet, lacks, not_known, listed, not bool(whole), village)
        for found, present, reason, missed, missed_wet, lacks, not_known, whole, village in rows
    ]
    # Most villages have one of a few facts.
    said: dict[Fact, tuple[str, ...]] = {}
    straight = gaps.ways is None
    called = {lang: gaps.scenario.modes_called(lang) for lang in LANGUAGES}
    for fact in facts:
        if fact not in said:
            said[fact] = (
                *(line(fact, kind, rule, lang, straight=straight, modes=called[lang]) for lang in LANGUAGES),
                *(action(fact, kind, rule, lang, straight=straight) for lang in LANGUAGES),
            )
    names = ["reason_id", "reason_en", "action_id", "action_en"]
    return pd.DataFrame([said[f] for f in facts], index=answers.index, columns=names)


def _village_kinds(gaps: Gaps) -> pd.Series[str]:
    """Return what each village is, "" where that is not known."""
    kinds = gaps.layers.villages["kind"].astype(str)
    return kinds.where(kinds.isin([DESA, KELURAHAN]), "")


def _reason(answers: pd.DataFrame, dry: pd.Series[str], wet: pd.Series[str]) -> NDArray[np.object_]:
    """Return the reason that the lines speak of: of a class that is not known, that of its open season."""
    not_dry, not_wet = (answers[f"reachable_{s}"].to_numpy() == YesNo.UNKNOWN for s in ("dry", "wet"))
    settled = (answers["class"] != VillageClass.UNKNOWN).to_numpy()
    return np.select([settled | not_dry, not_wet], [dry.to_numpy(object), wet.to_numpy(object)], "")


def _missed(villages: pd.DataFrame) -> pd.Series[float]:
    """Return the share of people who are known not to be reached; no line speaks of another."""
    missed = 1.0 - villages["share_reached"] - villages["share_unknown"]
    return missed.fillna(0.0).clip(lower=0.0).round(9)


def _serving(gaps: Gaps, mine: pd.DataFrame, nearest: pd.Series[str]) -> pd.DataFrame:
    """Return what the unit that serves each village lacks: of several in the village, the best staffed."""
    village = gaps.layers.facilities["village_code"].reindex(mine.index)
    order = mine.assign(village=village, gaps=mine["lacks"].str.len() + mine["not_known"].str.len())
    order = order.sort_values(["gaps"], kind="stable").dropna(subset="village")
    own = order[~order["village"].duplicated()].set_index("village")[["lacks", "not_known"]]
    near = mine[["lacks", "not_known"]].reindex(nearest.to_numpy()).set_axis(nearest.index)
    return own.reindex(nearest.index).fillna(near).fillna("")
