"""The tables of the ILP answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.ilp.three_answers import CLASSES
from planner.supply.jejaring import GUESSED
from planner.supply.stages import puskesmas_of

if TYPE_CHECKING:
    from planner.ilp.model import Ilp

EXCEEDS = "exceeds"
# Texts of a village and kind that go into its columns, after K_.
OF_KIND = ("aim", "reachable_dry", "reachable_wet", "functioning", "class", "reason_id", "reason_en")


def village_columns(ilp: Ilp) -> pd.DataFrame:
    """Return the ILP columns of the village table: index ``village_code``.

    For each kind K ``K_standard_present`` (by the standard's own rule), ``K_aim``, ``K_reachable_dry``,
    ``K_reachable_wet``, ``K_functioning``, ``K_class``, ``K_reason_id``, ``K_reason_en`` and
    ``K_people_beyond`` (people), ``K_units_per_10000``, ``…_near`` (units for each 10,000 people), and the
    shares (0-1) reached by the standard's other limits; then the working area, referral (minutes), home
    visits and remoteness.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> table = village_columns(Ilp(find_gaps(demo_layers(12))))
    >>> table.loc["99.01.01.1001", ["pustu_class", "working_area_id"]].tolist()
    ['not_functioning', 'P9901001']
    """
    parts = []
    for kind, answers in ilp.answers.items():
        named = {f"{kind}_standard_present": answers["present"]}
        named |= {f"{kind}_{name}": answers[name] for name in OF_KIND}
        parts.append(pd.DataFrame(named))
    parts += [ilp.also, ilp.beyond, ilp.scores]
    area = ilp.jejaring.villages.rename(
        columns={"puskesmas_id": "working_area_id", "how": "working_area_how"}
    )
    referral = ilp.referral.xs("standard", level="mode")[["minutes", "levels_unknown", EXCEEDS]]
    visits = ilp.visits.villages[["status", "families", "visits_month", "rounds_month", "rounds_too_far"]]
    parts += [area, referral.add_prefix("referral_"), visits.add_prefix("visits_"), ilp.remote]
    return pd.concat(parts, axis=1)


def unit_columns(ilp: Ilp) -> pd.DataFrame:
    """Return the ILP columns of the facility table, by the kind that a unit counts for first.

    Returns
    -------
    columns
        Index ``facility_id``; ``functions`` (yes/no/unknown), ``lacks``, ``not_known``, float64
        ``capacity_used_people``, ``people_allocated``, ``load`` (people ÷ capacity); ``parent_id_found`` and
        ``parent_how`` in the network.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> table = unit_columns(Ilp(find_gaps(demo_layers(12))))
    >>> table.loc["T99010001", ["functions", "lacks", "parent_how"]].tolist()
    ['no', 'kader:1', 'declared']
    """
    once = ilp.units[~ilp.units.index.duplicated()][["functions", "lacks", "not_known"]]
    loads = ilp.loads[~ilp.loads.index.duplicated()][["capacity_people", "people_allocated", "load"]]
    network = ilp.jejaring.units[["parent_id", "how"]].set_axis(["parent_id_found", "parent_how"], axis=1)
    # The list's own capacity stands in the facility table already.
    return once.join(loads.rename(columns={"capacity_people": "capacity_used_people"})).join(network)


def puskesmas_table(ilp: Ilp) -> pd.DataFrame:
    """Return one row a puskesmas of the area, with what belongs to it.

    Returns
    -------
    table
        Index ``facility_id``; ``name``, ``district_name``, ``villages`` of its working area and of them
        ``villages_proposed``, ``people`` (of the villages whose people are known) and
        ``villages_people_unknown``, ``pustu``, ``posyandu`` under it (NaN without a list) and
        ``units_proposed``, ``functions``, ``lacks``, ``not_known``, ``capacity_people``,
        ``people_allocated``, ``load`` (people ÷ capacity), and the stage of ILP. Numbers are float64. A last
        row ``""`` holds the villages and units that belong to no puskesmas, where there are any: the sums are
        those of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> puskesmas_table(Ilp(find_gaps(demo_layers(12))))[["villages", "pustu"]].to_dict("list")
    {'villages': [8.0, 4.0], 'pustu': [8.0, 6.0]}
    """
    layers = ilp.gaps.layers
    rows = layers.facilities
    villages, network = layers.villages, ilp.jejaring
    own = puskesmas_of(rows)
    # A village may lie nearest to a puskesmas beyond the border.
    ids = pd.Index(
        dict.fromkeys([*own, *sorted(set(network.villages["puskesmas_id"]) - {"", *own})]), dtype="str"
    )
    out = pd.DataFrame({"name": rows["name"].reindex(ids)}, index=ids.rename("facility_id"))
    out["district_name"] = _districts_of_villages(ilp).reindex(rows["village_code"].reindex(ids)).to_numpy()
    member = network.villages["puskesmas_id"]
    proposed = network.villages["how"].isin(GUESSED)
    out["villages"] = _count(member, ids)
    out["villages_proposed"] = _count(member[proposed], ids)
    out["people"] = villages["people"].groupby(member).sum(min_count=1).reindex(ids)
    out["villages_people_unknown"] = _count(member[villages["people"].isna()], ids)
    for level in ("pustu", "posyandu"):
        units = network.units[network.units["level"] == level]
        listed = level in layers.area.listed_kinds
        out[level] = _count(units["puskesmas_id"], ids) if listed else np.nan
    guessed = network.units["how"].isin(GUESSED)
    out["units_proposed"] = _count(network.units.loc[guessed, "puskesmas_id"], ids)
    units = ilp.units[ilp.units["serves_as"] == "puskesmas"]
    out = out.join(units[["functions", "lacks", "not_known", "capacity_people"]])
    loads = ilp.loads[ilp.loads["serves_as"] == "puskesmas"]
    out = out.join(loads[["people_allocated", "load"]])
    adoption = ilp.adoption[["stage", "launched", "date", "document", "target_year"]]
    return _with_the_rest(out.join(adoption), ilp)


def _districts_of_villages(ilp: Ilp) -> pd.Series[str]:
    villages: pd.Series[str] = ilp.gaps.layers.villages["district_name"]
    return villages


def _count(of: pd.Series[str], ids: pd.Index) -> pd.Series[float]:
    return of.value_counts().reindex(ids, fill_value=0).astype("float64")


def _with_the_rest(table: pd.DataFrame, ilp: Ilp) -> pd.DataFrame:
    """Return the table with a row for what belongs to nobody."""
    layers, network = ilp.gaps.layers, ilp.jejaring
    loose = network.villages["puskesmas_id"] == ""
    free = network.units["puskesmas_id"] == ""
    if not loose.any() and not free.any():
        return table
    people = layers.villages["people"][loose]
    rest: dict[str, Any] = {
        "villages": float(loose.sum()), "villages_proposed": 0.0, "people": people.sum(min_count=1),
        "villages_people_unknown": float(people.isna().sum()), "units_proposed": 0.0,
    }  # fmt: skip
    for level in ("pustu", "posyandu"):
        listed = level in layers.area.listed_kinds
        rest[level] = float((free & (network.units["level"] == level)).sum()) if listed else np.nan
    row = pd.DataFrame([rest], index=pd.Index([""], name=table.index.name, dtype="str"))
    return pd.concat([table, row.reindex(columns=table.columns).astype(table.dtypes.to_dict())])


def jejaring_table(ilp: Ilp) -> pd.DataFrame:
    """Return who belongs to whom, one row a village and a unit.

    Returns
    -------
    table
        Index 0, 1, …; text: ``level`` (village/pustu/posyandu), ``id``, ``name``, ``kind``, ``village_code``,
        ``parent_id`` ("" = none), ``how`` it is known (planner.supply.jejaring.HOW), ``puskesmas_id`` at the
        top.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> table = jejaring_table(Ilp(find_gaps(demo_layers(12)))).set_index("id")
    >>> table.loc[["99.01.01.1001", "T99010001"], ["level", "parent_id", "how"]].to_numpy().tolist()
    [['village', 'P9901001', 'proposed'], ['pustu', 'P9901001', 'declared']]
    """
    layers, network = ilp.gaps.layers, ilp.jejaring
    top = pd.DataFrame({"level": "village", "id": network.villages.index})
    top["name"] = layers.villages["village_name"].to_numpy()
    top["kind"], top["village_code"] = layers.villages["kind"].to_numpy(), network.villages.index
    top["parent_id"], top["how"] = (network.villages[c].to_numpy() for c in ("puskesmas_id", "how"))
    top["puskesmas_id"] = top["parent_id"]
    units = network.units
    low = pd.DataFrame({"level": units["level"].to_numpy(), "id": units.index})
    low["name"] = layers.facilities["name"].reindex(units.index).to_numpy()
    for name in ("kind", "village_code", "parent_id", "how", "puskesmas_id"):
        low[name] = units[name].to_numpy()
    return pd.concat([top, low], ignore_index=True)


def ilp_summary(ilp: Ilp) -> dict[str, Any]:
    """Return the totals of the ILP answers; unknown numbers are None.

    ``classes`` count villages, ``people_beyond`` people, ``official`` units and ``adoption`` puskesmas. Of
    ``people_beyond`` there is no sum where in some village a unit, or a way, may be that nobody knows of, or
    where nothing says how much room there is.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> found = ilp_summary(Ilp(find_gaps(demo_layers(12))))
    >>> found["referral_exceeds"], found["people_beyond"]["posyandu"]
    ({'no': 11, 'yes': 1}, 16388.0)
    """
    found = ilp.progress
    return {
        "standard": {
            "name": ilp.gaps.scenario.standard_name, "version": ilp.gaps.scenario.standard_version,
            "source": ilp.gaps.scenario.standard_source,
        },
        "classes": {
            kind: {c: int((one["class"] == c).sum()) for c in CLASSES} for kind, one in ilp.answers.items()
        },
        "people_beyond": {kind: _number(ilp.beyond_in_all(kind)) for kind in ilp.kinds},
        "official": {
            kind: {
                "listed": _number(row["listed"]), "official": _number(row["official"]),
                "difference": _number(row["difference"]),
            }
            for kind, row in ilp.totals.iterrows()
        },
        "working_areas": {k: int(v) for k, v in ilp.jejaring.villages["how"].value_counts().items()},
        "referral_exceeds": {
            str(k): int(v)
            for k, v in ilp.referral.xs("standard", level="mode")[EXCEEDS].value_counts().items()
        },
        "adoption": {
            "puskesmas": found.puskesmas, "known": found.known, "launched": found.launched,
            "target_share": found.target_share, "met": found.met,
        },
    }  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
