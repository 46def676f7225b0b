"""Does a unit function: what it declares, its staff, its kader and its open days, against a standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.supply.logic import NO, UNKNOWN, YES, at_least, both, read, words

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.scenarios.scenario import Scenario
    from planner.scenarios.standards import KindStandard


def unit_table(facilities: gpd.GeoDataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return one row a unit and kind that it counts for: does it function, and what it lacks.

    Parameters
    ----------
    facilities
        The facilities layer: ``kind`` and ``functioning`` by ``facility_id``; ``staff_R`` for professions R,
        ``open_days_month`` and ``capacity_people`` where they are known.
    scenario
        Its standard says what a unit needs.

    Returns
    -------
    units
        Index ``facility_id`` (a unit that counts for two kinds has two rows); ``serves_as`` (kind of the
        standard), ``functions`` (yes/no/unknown), ``lacks`` (what is known to be missing, by profession
        or ``open_days``, as ``bidan:1``), ``not_known`` (what nobody says, in the same words),
        ``capacity_people`` float64 (the list's, else the standard's; NaN: neither).

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> row = {"kind": "pustu", "functioning": "yes", "staff_bidan": 1, "staff_perawat": 0}
    >>> units = unit_table(pd.DataFrame([row], index=["t1"]), default_scenario())
    >>> units[["serves_as", "functions", "lacks", "not_known"]].to_numpy().tolist()
    [['pustu', 'no', 'perawat:1', 'kader']]
    """
    parts = []
    for kind, rule in scenario.standard.items():
        rows = facilities[facilities["kind"].isin((kind, *rule.counts))].sort_index()
        parts.append(_of_kind(rows, kind, rule))
    return pd.concat(parts)


def _of_kind(rows: gpd.GeoDataFrame, kind: str, rule: KindStandard) -> pd.DataFrame:
    declared = read(rows["functioning"].to_numpy(dtype=object))
    asked = {f"staff_{role}": float(count) for role, count in rule.staff.items()}
    if rule.open_days_month is not None:
        asked["open_days_month"] = rule.open_days_month
    found = {name: _numbers(rows, name) for name in asked}
    holds = {name: at_least(found[name], least) for name, least in asked.items()}
    # Where all that the rule asks for is known to be there, nothing else need be declared.
    functions = both([*holds.values()]) if holds else declared
    functions = np.where(declared == NO, NO, functions).astype(np.int8)
    lacks, not_known = _lists(asked, found, holds, len(rows))
    given = _numbers(rows, "capacity_people")
    ratio = np.nan if rule.people_per_unit is None else rule.people_per_unit
    return pd.DataFrame(
        {
            "serves_as": kind,
            "functions": words(functions),
            # Named text, also where there is no unit.
            "lacks": pd.array(lacks, dtype="str"),
            "not_known": pd.array(not_known, dtype="str"),
            "capacity_people": np.where(np.isnan(given), ratio, given),
        },
        index=rows.index,
    )


def _numbers(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in rows:
        return np.full(len(rows), np.nan)
    return np.asarray(rows[column], dtype=np.float64)


def _lists(
    asked: dict[str, float],
    found: dict[str, NDArray[np.float64]],
    holds: dict[str, NDArray[np.int8]],
    n: int,
) -> tuple[list[str], list[str]]:
    """Return by unit what is missing (and how much of it), and what is not known."""
    lacks: list[list[str]] = [[] for _ in range(n)]
    not_known: list[list[str]] = [[] for _ in range(n)]
    for name, least in asked.items():
        word = name.removeprefix("staff_").removesuffix("_month")
        for i in np.flatnonzero(holds[name] == NO).tolist():
            lacks[i].append(f"{word}:{least - found[name][i]:g}")
        for i in np.flatnonzero(holds[name] == UNKNOWN).tolist():
            not_known[i].append(word)
    return [" ".join(w) for w in lacks], [" ".join(w) for w in not_known]


def functions_by_village(
    units: pd.DataFrame, facilities: gpd.GeoDataFrame, villages: pd.Index, nearest_id: NDArray[np.object_]
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return by village whether a unit that serves it functions ("no" where none does), and if it is its own.

    The units in the village serve it; where there are none, the nearest does (``nearest_id``; "" = none).

    Parameters
    ----------
    units
        Rows of :func:`unit_table` of one kind.
    facilities
        The facilities layer: ``village_code`` by ``facility_id``.
    villages
        The villages' codes.
    nearest_id
        object ``(villages,)``, ``facility_id`` or "".

    Returns
    -------
    functions, own
        int8 and bool ``(villages,)``: what is known of a unit that functions, and whether there are units in
        the village, so that the nearest is not asked.

    Examples
    --------
    Village a has a unit, which does not function; b has none, and the nearest functions:

    >>> units = pd.DataFrame({"functions": ["no", "yes"]}, index=["t1", "t2"])
    >>> facilities = pd.DataFrame({"village_code": ["a", "c"]}, index=["t1", "t2"])
    >>> nearest = np.array(["t2", "t2"], dtype=object)
    >>> functions, own = functions_by_village(units, facilities, pd.Index(["a", "b"]), nearest)
    >>> words(functions).tolist(), own.tolist()
    (['no', 'yes'], [True, False])
    """
    n = len(villages)
    answer = read(units["functions"].to_numpy(dtype=object))
    at = villages.get_indexer(facilities["village_code"].reindex(units.index))
    here = at >= 0
    yes = np.bincount(at[here & (answer == YES)], minlength=n) > 0
    open_ = np.bincount(at[here & (answer == UNKNOWN)], minlength=n) > 0
    some = np.bincount(at[here], minlength=n) > 0
    own = np.select([yes, open_], [YES, UNKNOWN], NO)
    row = units.index.get_indexer(nearest_id)
    near = np.where(row >= 0, answer[row] if len(answer) else NO, NO)
    return np.where(some, own, near).astype(np.int8), some
