"""The PWS sheet (pemantauan wilayah setempat): one row a village, and one page a village."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.ilp.three_answers import CLASSES, VillageClass
from planner.reports.stops import named_in
from planner.scenarios.scenario import default_scenario
from planner.texts.catalogues import ilp_texts

if TYPE_CHECKING:
    from planner.ilp.model import Ilp
    from planner.scenarios.scenario import Scenario

# The order in which kinds are seen to: nearest to the family first.
KINDS = ("posyandu", "pustu", "puskesmas", "hospital")


def pws_table(ilp: Ilp, lang: str = "id") -> pd.DataFrame:
    """Return one row a village: facts, times (minutes), who serves it, gaps, and the next action.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``: language of reasons and actions.

    Returns
    -------
    table
        Index ``village_code``; ``village_name``, ``district_name``, ``people`` and life-cycle groups
        (people); for each kind K ``K_class``, ``K_minutes`` (median), ``K_unit`` (name of the unit that
        serves it) and ``K_reason``; ``puskesmas``, ``working_area_how``; ``referral_minutes``;
        ``families_to_visit``; ``gaps`` (kinds known to be not in order, the gravest first), ``not_known``
        (kinds about which something is open),
        ``next_action``. Numbers are float64.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> table = pws_table(Ilp(find_gaps(demo_layers(12))), "en")
    >>> table.loc["99.01.01.1011", ["gaps", "not_known"]].tolist()
    ['puskesmas hospital pustu', '']
    """
    layers = ilp.gaps.layers
    villages = layers.villages
    out = pd.DataFrame(villages[["village_name", "district_name", "people"]])
    groups = ilp.groups["people"].unstack("group") if len(ilp.groups) else pd.DataFrame(index=villages.index)  # noqa: PD010 - two levels
    out = out.join(groups.reindex(columns=list(ilp.gaps.scenario.groups)))
    names = named_in(layers.facilities["name"], lang)
    for kind in ilp.kinds:
        answers, coverage = ilp.answers[kind], ilp.gaps.coverage[kind].villages
        out[f"{kind}_class"] = answers["class"]
        out[f"{kind}_minutes"] = coverage["minutes_median"]
        out[f"{kind}_unit"] = names.reindex(answers["unit_id"]).fillna("").to_numpy()
        out[f"{kind}_reason"] = answers[f"reason_{lang}"]
    out["puskesmas"] = names.reindex(ilp.jejaring.villages["puskesmas_id"]).fillna("").to_numpy()
    out["working_area_how"] = ilp.jejaring.villages["how"]
    out["referral_minutes"] = ilp.referral.xs("standard", level="mode")["minutes"]
    out["families_to_visit"] = ilp.visits.villages["families"]
    out["gaps"], out["not_known"], out["next_action"] = _next(ilp, lang)
    return out


def standard_source(scenario: Scenario, lang: str) -> str:
    """Return where a standard comes from, in words; what a user's own standard says stays as it is.

    Parameters
    ----------
    scenario
        With its standard.
    lang
        ``id`` or ``en``.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> standard_source(default_scenario(), "id")
    'KMK HK.01.07/MENKES/2015/2023, indeks desa, SNI 03-1733-2004; sebagian moda dan batas waktu adalah ...'
    """
    t = ilp_texts()[lang]
    ours = scenario.standard_source == default_scenario().standard_source
    return t["pws_standard_source"] if ours else scenario.standard_source


def _next(ilp: Ilp, lang: str) -> tuple[list[str], list[str], list[str]]:
    """Return by village the kinds not in order, those not known, and what to do about the gravest."""
    kinds = [k for k in KINDS if k in ilp.kinds] + [k for k in ilp.kinds if k not in KINDS]
    rank = {c: i for i, c in enumerate(CLASSES)}
    grave = np.array([ilp.answers[k]["class"].map(rank).to_numpy() for k in kinds])
    actions = np.array([ilp.answers[k][f"action_{lang}"].to_numpy(dtype=object) for k in kinds])
    order = np.argsort(grave, axis=0, kind="stable")
    open_ = rank[VillageClass.UNKNOWN]
    gaps, not_known, next_ = [], [], []
    for v in range(grave.shape[1]):
        by_gravity = order[:, v].tolist()
        gaps.append(" ".join(kinds[k] for k in by_gravity if grave[k, v] < open_))
        not_known.append(" ".join(kinds[k] for k in by_gravity if grave[k, v] == open_))
        next_.append(str(actions[by_gravity[0], v]))
    return gaps, not_known, next_
