"""The network (jejaring): puskesmas, their working areas, and the pustu and posyandu under them.

What a list declares counts; what it leaves open is proposed by travel time within the kecamatan and marked
as proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.handed import hands_out_copies
from geodata.vocabulary.statuses import FacilityStatus, Word
from planner.coverage.reach import usable_facilities
from planner.coverage.weighed import heaviest
from planner.scenarios.modes import Profile
from planner.travel.straight import straight_line_times
from planner.travel.times import NO_FACILITY

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.travel.times import TravelTimes

TOP, MIDDLE, BOTTOM = "puskesmas", "pustu", "posyandu"


class How(Word):
    """How a parent is known. The last two name none: no candidate, or nothing is known of the level above."""

    DECLARED = "declared"
    WORKING_AREA = "working_area"
    SAME_VILLAGE = "same_village"
    ONLY_ONE = "only_one"
    PROPOSED = "proposed"
    PROPOSED_OUTSIDE = "proposed_outside"
    NONE = "none"
    UNKNOWN = "unknown"


HOW = How.texts()
GUESSED = (How.PROPOSED.value, How.PROPOSED_OUTSIDE.value)


@hands_out_copies
@dataclass(frozen=True)
class Jejaring:
    """Who belongs to whom.

    Attributes
    ----------
    villages
        Index ``village_code``, every village: ``puskesmas_id`` ("" = none), ``how`` (see HOW).
    units
        Index ``facility_id``, every pustu (and those that count as one) and posyandu inside the area:
        ``kind``, ``level``, ``village_code``, ``parent_id`` ("" = none), ``how``, ``puskesmas_id`` at the top
        of its chain.
    """

    villages: pd.DataFrame
    units: pd.DataFrame


def find_jejaring(gaps: Gaps) -> Jejaring:
    """Return the network of an area, as declared and, where nothing is declared, as proposed.

    A village belongs to the puskesmas that the working areas name; else to the only one of its kecamatan;
    else to the one of its kecamatan that is nearest to most of its people (proposed); where the kecamatan
    has none, to the nearest of all (proposed_outside). A pustu belongs to its declared parent, else to the
    puskesmas of its village; a posyandu to its declared parent, else to a pustu of its village if there is
    exactly one, else to the puskesmas of its village.

    Parameters
    ----------
    gaps
        The answer for a study area, in both seasons; "nearest" is by the dry season.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> network = find_jejaring(find_gaps(demo_layers(12)))
    >>> network.villages["how"].unique().tolist(), network.units.loc["T99010001", "parent_id"]
    (['proposed'], 'P9901001')
    """
    villages = _villages(gaps)
    units = _units(gaps, villages)
    return Jejaring(villages, units)


def _villages(gaps: Gaps) -> pd.DataFrame:
    villages = gaps.layers.villages
    codes = villages.index
    out = pd.DataFrame({"puskesmas_id": "", "how": How.UNKNOWN.value}, index=codes).astype(object)
    if TOP not in gaps.layers.area.listed_kinds or TOP not in gaps.scenario.standard:
        return out
    out["how"] = How.NONE.value
    units = usable_facilities(gaps.layers, (TOP,), broken=True)
    home = units["village_code"].map(villages["district_code"])
    nearest = _nearest_of(gaps, units, codes)
    out["puskesmas_id"], out["how"] = nearest, np.where(nearest != "", How.PROPOSED_OUTSIDE, How.NONE)
    for district, members in villages.groupby("district_code").groups.items():
        mine = units[(home == district).to_numpy()]
        if len(mine) == 1:
            out.loc[members, "puskesmas_id"], out.loc[members, "how"] = mine.index[0], How.ONLY_ONE.value
        elif len(mine) > 1:
            chosen = _nearest_of(gaps, mine, members)
            near = chosen != ""
            out.loc[members[near], "puskesmas_id"] = chosen[near]
            out.loc[members[near], "how"] = How.PROPOSED.value
    if "puskesmas_id" in villages:
        declared = villages["puskesmas_id"].dropna()
        out.loc[declared.index, "puskesmas_id"] = declared
        out.loc[declared.index, "how"] = How.DECLARED.value
    return out


def _nearest_of(gaps: Gaps, units: gpd.GeoDataFrame, members: pd.Index) -> NDArray[np.object_]:
    """Return the unit nearest to most people of each village ("" = no way to any)."""
    row = members.get_indexer(gaps.demand["village_code"])
    here = row >= 0
    found = _nearest(gaps, units).facility[here].astype(np.int64)
    weight = gaps.demand["weight"].to_numpy()[here] * (found != NO_FACILITY)
    best = heaviest(row[here], found, weight, len(members), none=NO_FACILITY)
    return np.append(units.index.to_numpy(dtype=object), "")[best]


def _nearest(gaps: Gaps, units: gpd.GeoDataFrame) -> TravelTimes:
    if gaps.ways is not None:
        return gaps.ways.nearest(Profile(gaps.scenario.standard[TOP].mode, "dry"), units)
    points = np.asarray(gaps.demand.geometry.to_numpy(), dtype=object)
    targets = np.asarray(units.geometry.to_numpy(), dtype=object)
    return straight_line_times(points, targets, access=gaps.scenario.access, ground=gaps.ground)


def _units(gaps: Gaps, villages: pd.DataFrame) -> pd.DataFrame:
    rows = gaps.layers.facilities
    standard = gaps.scenario.standard
    level = {k: name for name in (MIDDLE, BOTTOM) if name in standard for k in (name, *standard[name].counts)}
    rows = rows[rows["kind"].isin(level) & rows["village_code"].isin(villages.index)].sort_index()
    out = pd.DataFrame({"kind": rows["kind"], "level": rows["kind"].map(level)}, index=rows.index)
    out["village_code"] = rows["village_code"]
    top = villages.reindex(rows["village_code"]).set_axis(rows.index)
    out["parent_id"] = top["puskesmas_id"]
    out["how"] = top["how"].replace(How.DECLARED.value, How.WORKING_AREA.value)
    middle = out.index[out["level"] == MIDDLE]
    only = out.loc[middle].groupby("village_code").filter(lambda g: len(g) == 1)
    own = pd.Series(only.index, index=only["village_code"])
    bottom = out["level"] == BOTTOM
    pustu = out["village_code"].map(own)
    near = (bottom & pustu.notna()).to_numpy()
    out.loc[near, "parent_id"], out.loc[near, "how"] = pustu[near], How.SAME_VILLAGE.value
    # Wherever it stands: a puskesmas without a place is a parent all the same.
    listed, may_be = gaps.layers.facilities["kind"], [k for k, name in level.items() if name == MIDDLE]
    given = rows["parent_id"]
    declared = given.isin(listed.index[listed.isin([TOP, *may_be])]).to_numpy()
    out.loc[declared, "parent_id"], out.loc[declared, "how"] = given[declared], How.DECLARED.value
    out["puskesmas_id"] = _tops(out["parent_id"], set(listed.index[listed == TOP]))
    return out


def _tops(parent: pd.Series[str], tops: set[str]) -> pd.Series[str]:
    """Return the puskesmas at the top of each unit's chain of parents, "" where there is none.

    Examples
    --------
    >>> parent = pd.Series({"posyandu": "pustu", "pustu": "other", "other": "P", "own": "own"})
    >>> _tops(parent, {"P"}).tolist()
    ['P', 'P', 'P', '']
    """
    top = parent
    # Each step doubles how far up it looks; parents in a ring lead nowhere.
    for _ in range(len(parent).bit_length()):
        top = top.map(top).fillna(top)
    return top.where(top.isin(tops), "")


def reconciled(gaps: Gaps) -> pd.DataFrame:
    """Return what the lists hold against what the office reports.

    Parameters
    ----------
    gaps
        The answer for a study area.

    Returns
    -------
    totals
        Index ``kind``; numbers of units, float64: ``listed`` (all on the list; NaN without a list),
        ``official`` (NaN = not given), ``difference`` (listed − official), ``located`` (in a village of the
        area), ``without_place``, ``outside`` (on the list, but with a place in no village of the area);
        ``source`` of the official number.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> reconciled(find_gaps(demo_layers(12))).loc["posyandu", ["listed", "official", "difference"]].tolist()
    [28.0, 29.0, -1.0]
    """
    layers = gaps.layers
    rows = gaps.listed
    kinds = dict.fromkeys([*gaps.scenario.standard, *layers.area.official])
    out = []
    for kind in kinds:
        mine = rows[rows["kind"] == kind]
        listed = kind in layers.area.listed_kinds
        inside = mine["village_code"].isin(layers.villages.index)
        lost = mine["status"] == FacilityStatus.UNLOCATED
        count = float(len(mine)) if listed else np.nan
        official = float(layers.area.official.get(kind, np.nan))
        out.append(
            {
                "kind": kind, "listed": count, "official": official, "difference": count - official,
                "located": float((inside & ~lost).sum()) if listed else np.nan,
                "without_place": float((lost & ~inside).sum()) if listed else np.nan,
                "outside": float((~inside & ~lost).sum()) if listed else np.nan,
                "source": layers.area.official_source if kind in layers.area.official else "",
            }
        )  # fmt: skip
    return pd.DataFrame(out).set_index("kind")
