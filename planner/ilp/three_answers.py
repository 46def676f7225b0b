"""Present, reachable, functioning: three answers for each village and kind, kept apart, and their class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import VillageStatus, Word, YesNo
from planner.coverage.known.lost import may_stand
from planner.coverage.known.seasons import seasons_told
from planner.coverage.show import STATUS_COLORS
from planner.supply.logic import NO, UNKNOWN, YES, any_of, read, words
from planner.supply.units import functions_by_village

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.coverage.reach import Coverage
    from planner.coverage.study import Gaps
    from planner.scenarios.standards import Per
    from planner.supply.logic import Truth

# Reached in the wet season as in the dry one, where the roads say too little of surfaces, seasons or fords.
AS_DRY = "as_dry"


class VillageClass(Word):
    """What a village's answers come to, the gravest first (docs/METHODS.md)."""

    UNREACHED = "unreached"
    PARTLY = "partly"
    DRY_ONLY = "dry_only"
    NOT_FUNCTIONING = "not_functioning"
    UNKNOWN = "unknown"
    NEIGHBOUR = "neighbour"
    COMPLETE = "complete"


CLASSES = VillageClass.texts()
# Red to yellow where something is wrong, blue where it is well (ColorBrewer RdYlBu); no two of one lightness
# and hue, whatever the colour vision.
CLASS_COLORS = {
    VillageClass.UNREACHED: "#a50026",
    VillageClass.PARTLY: "#e25a4d",
    VillageClass.DRY_ONLY: "#fca545",
    VillageClass.NOT_FUNCTIONING: "#fff5b8",
    VillageClass.UNKNOWN: STATUS_COLORS[VillageStatus.UNKNOWN],
    VillageClass.NEIGHBOUR: "#7fb8e0",
    VillageClass.COMPLETE: "#1f6091",
}


def three_answers(gaps: Gaps, kind: str, units: pd.DataFrame) -> pd.DataFrame:
    """Return one kind's three answers by village.

    Parameters
    ----------
    gaps
        The answer for a study area, in both seasons.
    kind
        Of the standard.
    units
        :func:`planner.supply.units.unit_table`.

    Returns
    -------
    answers
        Index ``village_code``; text: ``present`` (by the standard's rule; where it has none, in the village),
        ``aim`` (the same for what is aimed at; "" without an aim), ``reachable_dry``,
        ``reachable_wet`` (AS_DRY where nothing tells the seasons apart), ``functioning`` (each
        yes/no/unknown), ``class`` (see CLASSES) and ``unit_id``
        of the unit that serves it ("" = none).

    Raises
    ------
    KeyError
        The kind is not in the standard.

    Examples
    --------
    >>> from planner.supply.units import unit_table
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> answers = three_answers(gaps, "pustu", unit_table(gaps.layers.facilities, gaps.scenario))
    >>> answers.loc["99.01.01.1011", ["present", "reachable_dry", "reachable_wet", "class"]].tolist()
    ['yes', 'yes', 'no', 'dry_only']
    """
    rule = gaps.scenario.standard[kind]
    villages = gaps.layers.villages
    dry = gaps.seasons["dry"][kind]
    reach = {season: reachable(gaps.seasons[season][kind]) for season in gaps.seasons}
    present = _present(gaps, kind, rule.presence or "village")
    mine = units[units["serves_as"] == kind]
    nearest = dry.villages["nearest_id"].to_numpy(dtype=object)
    functioning, own = functions_by_village(mine, gaps.layers.facilities, villages.index, nearest)
    # Without a list, or where a unit without a place may stand, the one of the village may be another. So
    # may the nearest one be, where nobody knows which is reached.
    open_ = (not dry.listed) | _lost(gaps, kind) | ~_whole(gaps, kind)
    # Of a village without a unit of its own, whichever is the nearest: a "yes" is in doubt as well. Where
    # the median minutes are not known, nor is the nearest of the middle person.
    unsure = open_ | (reach["dry"] == UNKNOWN) | in_doubt(gaps, dry)
    other = ~own & (unsure | dry.villages["minutes_median"].isna().to_numpy())
    functioning = np.where(other | (open_ & (functioning == NO)), UNKNOWN, functioning).astype(np.int8)
    partly = dry.villages["status"].to_numpy(dtype=object) == VillageStatus.PARTLY
    found = classes(present, reach["dry"], reach["wet"], functioning, partly)
    wet = words(reach["wet"])
    if not seasons_told(gaps.layers, gaps.scenario):
        # Not a plain yes: nothing in the data could have told the seasons apart.
        wet = np.where(wet == YesNo.YES, AS_DRY, wet)
    aim = "" if rule.aim is None else words(_present(gaps, kind, rule.aim))
    return pd.DataFrame(
        {
            "present": words(present),
            "aim": aim,
            "reachable_dry": words(reach["dry"]),
            "reachable_wet": wet,
            "functioning": words(functioning),
            "class": found,
            "unit_id": nearest,
        },
        index=villages.index,
    )


def reachable(coverage: Coverage) -> Truth:
    """Return by village whether (nearly) all of its people reach a unit in time: int8 ``(villages,)``.

    Yes where the village is served; not decided where its status is not.

    Parameters
    ----------
    coverage
        Of one kind and season.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> coverage = find_gaps(demo_layers(12)).coverage["pustu"]
    >>> words(reachable(coverage)).tolist().count("yes"), int((coverage.villages["status"] == "served").sum())
    (11, 11)
    """
    status = coverage.villages["status"].to_numpy(dtype=object)
    return np.select(
        [status == VillageStatus.UNKNOWN, status == VillageStatus.SERVED], [UNKNOWN, YES], NO
    ).astype(np.int8)


def classes(
    present: Truth, dry: Truth, wet: Truth, functioning: Truth, partly: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Return the class of each village: the gravest fault that is known, else what is open, else good.

    Parameters
    ----------
    present, dry, wet, functioning
        int8 ``(villages,)``: is there a unit, is one reached in each season, does it function.
    partly
        bool ``(villages,)``: not all of its people reach one in the dry season, but more than in a gap.

    Returns
    -------
    classes
        object ``(villages,)``, of CLASSES.

    Examples
    --------
    >>> def one(*answers, partly=False):
    ...     return classes(*(np.array([a], dtype=np.int8) for a in answers), np.array([partly]))[0]
    >>> one(YES, YES, NO, UNKNOWN), one(UNKNOWN, YES, YES, YES), one(NO, YES, YES, YES)
    ('dry_only', 'unknown', 'neighbour')
    >>> one(YES, YES, YES, NO), one(YES, UNKNOWN, UNKNOWN, NO)
    ('not_functioning', 'unknown')
    >>> one(YES, NO, NO, YES), one(YES, NO, NO, YES, partly=True)
    ('unreached', 'partly')
    """
    return np.select(
        [
            (dry == NO) & ~partly,
            dry == NO,
            (dry == YES) & (wet == NO),
            # Of a unit of which nobody knows whether it is reached, none can say that it serves them badly.
            (dry == YES) & (functioning == NO),
            np.any([a == UNKNOWN for a in (dry, wet, functioning, present)], axis=0),
            present == NO,
        ],
        CLASSES[:-1],
        CLASSES[-1],
    ).astype(object)


def _lost(gaps: Gaps, kind: str) -> NDArray[np.bool_]:
    """Return by village whether a unit without a place may stand there."""
    kinds = (kind, *gaps.scenario.standard[kind].counts)
    return may_stand(gaps.layers, kinds, working=False, around=gaps.extent.around)


def in_doubt(gaps: Gaps, coverage: Coverage) -> NDArray[np.bool_]:
    """Return by village whether units or ways that nobody knows of may be within the limit of its people.

    Parameters
    ----------
    gaps
        The answer for a study area.
    coverage
        Its coverage of one kind in a season.

    Returns
    -------
    in_doubt
        bool ``(villages,)``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> bool(in_doubt(gaps, gaps.coverage["pustu"]).any())
    False
    """
    codes = gaps.layers.villages.index
    lived = coverage.more & (gaps.demand["weight"].to_numpy() > 0)
    at = codes.get_indexer(gaps.demand["village_code"][lived])
    return np.bincount(at, minlength=len(codes)) > 0


def _whole(gaps: Gaps, kind: str) -> NDArray[np.bool_]:
    """Return by village whether the lists of what counts as a kind are whole there."""
    kinds = (kind, *gaps.scenario.standard[kind].counts)
    return gaps.extent.lists_whole(kinds, len(gaps.layers.villages))


def _present(gaps: Gaps, kind: str, per: Per) -> Truth:
    """Return whether there are as many units as a rule asks for where the village is."""
    villages = gaps.layers.villages
    here = read(gaps.seasons["dry"][kind].villages["present"].to_numpy(dtype=object))
    if per == "village":
        return here
    if per == "district":
        number, names = pd.factorize(villages["district_code"])
        of_each: Truth = any_of(here, number, len(names))[number]
        return of_each
    return _one_a_hamlet(gaps, kind, here)


def _one_a_hamlet(gaps: Gaps, kind: str, here: Truth) -> Truth:
    """Return whether a village has a unit for each of its hamlets; unknown where its hamlets are."""
    layers, rule = gaps.layers, gaps.scenario.standard[kind]
    codes = layers.villages.index
    rows = layers.facilities[layers.facilities["kind"].isin((kind, *rule.counts))]
    units = rows["village_code"].value_counts().reindex(codes, fill_value=0).to_numpy()
    hamlets = np.zeros(len(codes), dtype=np.int64)
    if layers.hamlets is not None:
        hamlets = layers.hamlets["village_code"].value_counts().reindex(codes, fill_value=0).to_numpy()
    complete = (kind in layers.area.listed_kinds) & ~_lost(gaps, kind) & _whole(gaps, kind)
    known = hamlets > 0
    enough, short = known & (units >= hamlets), (known & complete) | (here == NO)
    answer: Truth = np.full(len(codes), UNKNOWN, dtype=np.int8)
    answer[short], answer[enough] = NO, YES
    return answer
