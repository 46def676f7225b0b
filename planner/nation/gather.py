"""The parts put together: summaries of the country, its provinces and kabupaten, ranks, equity and costs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.weighed import weighted_median
from planner.nation.adoption import country_adoption, province_adoption
from planner.nation.answers import ANSWERS, CATCHMENTS, KNOWN, MINUTES
from planner.nation.regencies import ROW_HASH
from planner.nation.store import json_text
from planner.scenarios.modes import SEASONS
from planner.supply.equity import gini, worst_tenth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from planner.nation.products import Products

# What is told of a kind in one season, of each kabupaten, province and the country.
OF_ANSWER = (
    "villages_served", "villages_partly", "villages_gap", "villages_unknown", "people_reached",
    "people_unsure", "minutes_median", "worst_tenth_from_minutes", "gini", "share_reached",
)  # fmt: skip


def read_parts(folders: Iterable[Path], name: str) -> pd.DataFrame:
    """Return one table of all parts, in the order given.

    Parameters
    ----------
    folders
        Of finished parts.
    name
        ``villages.parquet`` or ``catchments.parquet``.
    """
    tables = [pd.read_parquet(folder / name) for folder in folders]
    return pd.concat([table.drop(columns="geometry", errors="ignore") for table in tables])


def read_minutes(folders: Iterable[Path], answer: str) -> pd.DataFrame:
    """Return how many people have how many minutes, of all parts, with their ``regency_code``.

    Of one answer at a time: those of all kinds of the country together are gigabytes.

    Parameters
    ----------
    folders
        Of finished parts.
    answer
        A kind, or with its season ``puskesmas_wet``.
    """
    one = [("answer", "==", answer)]
    tables = [
        pd.read_parquet(folder / MINUTES, filters=one).assign(regency_code=folder.name[:5])
        for folder in folders
    ]
    return pd.concat(tables, ignore_index=True).drop(columns="answer")


def publish(folders: Sequence[Path], out: Path) -> None:
    """Give the villages of all parts as one partitioned GeoParquet data set: ``province=35/35.09.parquet``.

    Parameters
    ----------
    folders
        Of finished parts.
    out
        The data set's folder; what is no part any more is removed.
    """
    wanted = {out / f"province={f.name[:2]}" / f"{f.name}.parquet": f / ANSWERS for f in folders}
    for old in out.glob("province=*/*.parquet"):
        if old not in wanted:
            old.unlink()
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.samefile(source):
            continue
        target.unlink(missing_ok=True)
        try:
            # The same bytes under another name: nothing is held twice.
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)


def gather(
    folders: Sequence[Path], products: Products, units: gpd.GeoDataFrame, names: Mapping[str, str],
    facts: Mapping[str, Any], *, expected: Mapping[str, int], adoption: pd.DataFrame | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the national products of finished parts; returns what ``national.json`` holds.

    Parameters
    ----------
    folders
        Of finished parts, in order of their names.
    products
        Where tables are written.
    units
        The country's facilities.
    names
        Of provinces and kabupaten, by code.
    facts
        Plain values that ``national.json`` begins with.
    expected
        By kabupaten, how many villages the map has: those without an answer are counted as missing.
    adoption
        The stage of ILP of each puskesmas; None: no table was given, and nothing is said of it.
    """
    villages = read_parts(folders, ANSWERS)
    publish(folders, products.folder / "villages")
    kinds = kinds_and_seasons(villages)
    tables = _tables(folders, villages, kinds, names, expected)
    if adoption is not None:
        of_provinces = province_adoption(adoption, tables["provinces"].index)
        tables["provinces"] = tables["provinces"].join(of_provinces)
    for name in ("regencies", "provinces"):
        products.write_table(f"{name}.csv", tables[name].reset_index())
    people = facility_people(read_parts(folders, CATCHMENTS), units)
    products.write_table("facilities.csv", people.reset_index())
    products.write_table("ranked.csv", ranked(villages, list(kinds), names))
    total = tables["country"].iloc[0]
    national = {
        **facts, "provinces": len(tables["provinces"]), "regencies": len(tables["regencies"]),
        **{c: plain(total[c]) for c in ("villages", "villages_missing", "people", "villages_people_unknown")},
        "kinds": {
            kind: {**_answer(total, kind), **{s: _answer(total, f"{kind}_{s}") for s in seasons}}
            for kind, seasons in kinds.items()
        },
        "between_provinces": {
            kind: {
                **between(tables["provinces"], kind),
                **{s: between(tables["provinces"], f"{kind}_{s}") for s in seasons},
            }
            for kind, seasons in kinds.items()
        },
        **({} if adoption is None else {"adoption": country_adoption(adoption)}),
    }  # fmt: skip
    products.write("national.json", json_text(national))
    return national


def kinds_and_seasons(villages: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the kinds of the answers, each with its seasons beside the scenario's own.

    Parameters
    ----------
    villages
        With the columns of :func:`planner.coverage.tables.village_table`.

    Examples
    --------
    >>> columns = ["pustu_status", "pustu_wet_status", "hospital_status"]
    >>> kinds_and_seasons(pd.DataFrame(columns=columns))
    {'pustu': ('wet',), 'hospital': ()}
    """
    found = [c.removesuffix("_status") for c in villages.columns if c.endswith("_status")]
    # Each kind has its own season first.
    kinds = [k for i, k in enumerate(found) if not any(k == f"{o}_{s}" for o in found[:i] for s in SEASONS)]
    return {k: tuple(s for s in SEASONS if f"{k}_{s}" in found) for k in kinds}


def _tables(
    folders: Sequence[Path], villages: pd.DataFrame, kinds: Mapping[str, Sequence[str]],
    names: Mapping[str, str], expected: Mapping[str, int],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Return the totals of kabupaten, provinces and the country, one row each."""
    code_of: dict[str, Callable[[pd.Series[str]], pd.Series[str]]] = {
        "regencies": lambda codes: codes,
        "provinces": lambda codes: codes.str[:2],
        "country": lambda codes: pd.Series("country", index=codes.index, dtype="str"),
    }
    wanted = pd.Series(dict(expected), dtype="int64")
    wanted.index = wanted.index.astype("str")
    parts: dict[str, list[pd.DataFrame]] = {}
    for name, of in code_of.items():
        group = of(villages["regency_code"])
        everything = wanted.groupby(of(pd.Series(wanted.index, index=wanted.index)).to_numpy()).sum()
        parts[name] = [_villages_and_people(villages, group, names, everything)]
    for answer in (a for kind, seasons in kinds.items() for a in (kind, *(f"{kind}_{s}" for s in seasons))):
        minutes = read_minutes(folders, answer)
        for name, of in code_of.items():
            regency = villages["regency_code"]
            found = _of_answer(villages, of(regency), minutes, of(minutes["regency_code"]), answer)
            parts[name].append(found)
    return {name: pd.concat(tables, axis=1).rename_axis("code") for name, tables in parts.items()}


def _answer(total: pd.Series[Any], answer: str) -> dict[str, Any]:
    """Return what ``national.json`` says of a kind in one season."""
    return {c: plain(total[f"{answer}_{c}"]) for c in OF_ANSWER}


def plain(value: Any) -> Any:  # noqa: ANN401 - a number of any kind
    """Return a number for JSON: null where it is unknown or without end.

    Examples
    --------
    >>> plain(np.int64(3)), plain(np.inf), plain(2.5)
    (3, None, 2.5)
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if np.isfinite(value) else None


def between(provinces: pd.DataFrame, kind: str) -> dict[str, Any]:
    """Return how unequal provinces are in a kind: the best, the worst, and between whom.

    None is called the best, or the worst, where people of whom nobody knows whether they are reached could
    make it another, or where all are alike; and no share or ratio rests on such people.

    Parameters
    ----------
    provinces
        One row a province, with ``people`` and the kind's ``share_reached`` and ``people_unsure``.
    kind
        Of the standard.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "people": 100.0, "pustu_share_reached": [0.5, 0.9], "pustu_people_unsure": [0.0, 5.0],
    ... }, index=["11", "12"])
    >>> between(table, "pustu")
    {'best': '12', 'worst': '11', 'share_best': None, 'share_worst': 0.5, 'ratio': None}
    """
    least = provinces[f"{kind}_share_reached"].dropna()
    unsure = provinces[f"{kind}_people_unsure"].reindex(least.index)
    most = (least + unsure / provinces["people"].reindex(least.index)).fillna(1.0).clip(upper=1.0)
    # The least that anybody's share can be is that of the worst, unless the worst may have more.
    best, worst = (str(s.idxmax()) if len(s) else None for s in (least, -most))
    if least.nunique() < 2 or (least[best] < most.drop(best)).any():
        best = None
    if least.nunique() < 2 or (most[worst] > least.drop(worst)).any():
        worst = None
    sure = unsure == 0
    top = float(least.max()) if len(least) and sure[least == least.max()].all() else None
    low = float(least.min()) if len(least) and sure[least == least.min()].all() else None
    top = top if best is not None or sure.all() else None
    low = low if worst is not None or sure.all() else None
    ratio = None if top is None or low is None else top / low if low > 0 else np.inf
    return {"best": best, "worst": worst, "share_best": top, "share_worst": low,
            "ratio": None if ratio is None else plain(ratio)}  # fmt: skip


def _villages_and_people(
    villages: pd.DataFrame, group: pd.Series[str], names: Mapping[str, str], expected: pd.Series[int]
) -> pd.DataFrame:
    """Return one row a group: its villages, those that have no answer, and people."""
    people, count = villages["people"], group.groupby(group).size()
    return pd.DataFrame({
        "name": pd.Series([names.get(str(code), "") for code in count.index], index=count.index, dtype="str"),
        "villages": count,
        "villages_missing": (expected.reindex(count.index).fillna(count) - count).astype("int64"),
        "people": people.groupby(group).sum(min_count=1),
        "villages_people_unknown": people.isna().groupby(group).sum(),
    })  # fmt: skip


def _of_answer(
    villages: pd.DataFrame, group: pd.Series[str], minutes: pd.DataFrame, group_of_minutes: pd.Series[str],
    answer: str,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a group: statuses, people reached, their minutes, inequality, of a kind and season."""
    status, people = villages[f"{answer}_status"], villages["people"]
    words = (VillageStatus.SERVED, VillageStatus.PARTLY, VillageStatus.GAP, VillageStatus.UNKNOWN)
    out = pd.DataFrame({f"villages_{word}": (status == word).groupby(group).sum() for word in words})
    out["people_reached"] = villages[f"{answer}_people_reached"].groupby(group).sum(min_count=1)
    out = out.join(_of_minutes(minutes, group_of_minutes))
    nobody_knows = out["people_reached"].isna()
    out.loc[nobody_knows, "people_unsure"] = np.nan
    total = people.groupby(group).sum(min_count=1)
    # A sum of rounded numbers may miss the whole by its last digit.
    out["share_reached"] = (out["people_reached"] / total.where(total > 0)).mask(out.pop("all_reached"), 1.0)
    out.loc[nobody_knows | ~(total > 0), "share_reached"] = np.nan
    return out[list(OF_ANSWER)].add_prefix(f"{answer}_")


def _of_minutes(rows: pd.DataFrame, group: pd.Series[str]) -> pd.DataFrame:
    """Return people by their minutes: whether all are reached, the unsure, median, worst tenth, inequality.

    ``people_unsure`` is NaN where there are some, and the number of none of them is known.
    """
    codes, labels = pd.factorize(group, sort=True)
    n = len(labels)
    known, unsure = rows["known"].to_numpy(dtype=bool), rows["open"].to_numpy(dtype=bool)
    value, people = rows["minutes"].to_numpy()[known], rows["people"].to_numpy()[known]
    of = codes[known].astype(np.int64)
    some = np.bincount(codes[unsure], minlength=n) > 0
    counted = np.bincount(codes[unsure & known], minlength=n) > 0
    amount = np.bincount(of, weights=people * unsure[known], minlength=n)
    left = np.bincount(of, weights=people * ~rows["reached"].to_numpy(dtype=bool)[known], minlength=n)
    each = [(value[of == i], people[of == i]) for i in range(n)]
    # As for one area: longest minutes go down when a list is completed, a coefficient may go either way.
    even = amount == 0
    return pd.DataFrame({
        "all_reached": left == 0,
        "people_unsure": np.where(some & ~counted, np.nan, amount),
        "minutes_median": weighted_median(of, value, people, n),
        "worst_tenth_from_minutes": [_worst(*one) for one in each],
        "gini": [_gini(*one) if even[i] else np.nan for i, one in enumerate(each)],
    }, index=pd.Index(labels, dtype="str"))  # fmt: skip


def _worst(value: NDArray[np.float64], people: NDArray[np.float64]) -> float:
    return (
        np.nan if np.isnan(value).any() or not people.sum() > 0 else worst_tenth(value, people).from_minutes
    )


def _gini(value: NDArray[np.float64], people: NDArray[np.float64]) -> float:
    """Return the coefficient; NaN where somebody's minutes are unknown or without end."""
    sure = np.isfinite(value).all() and people.sum() > 0
    return gini(value, people) if sure else np.nan


def facility_people(served: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one row a facility and kind that it serves as, with its people of all parts together.

    Parameters
    ----------
    served
        Rows of all parts: index ``facility_id``, ``kind``, people, and whether they are known for sure.
    units
        The country's facilities, in degrees.
    """
    keys = [pd.Index(served.index.astype("str"), name="facility_id"), served["kind"].astype("str")]
    total = served.drop(columns=["kind", *KNOWN]).groupby(keys).sum(min_count=1)
    # What one part does not know leaves the whole unknown.
    own, nearest = (served[column].astype(bool).groupby(keys).all() for column in KNOWN)
    total["people_own"] = total["people_own"].where(own)
    rest = ["people_nearest", "villages_people_unknown"]
    total[rest] = total[rest].where(nearest)
    facts = pd.DataFrame(units.drop(columns=["geometry", "landmass", ROW_HASH]))
    facts.insert(0, "lat", units.geometry.y)
    facts.insert(0, "lon", units.geometry.x)
    serves = total.reset_index("kind").rename(columns={"kind": "serves_as"})
    return facts.join(serves, how="left")


def ranked(villages: pd.DataFrame, kinds: Sequence[str], names: Mapping[str, str]) -> pd.DataFrame:
    """Return the villages that are gaps, for each kind those with most people who are not reached first.

    Villages whose people are unknown come last, by their code; none is left out.

    Parameters
    ----------
    villages
        Of the country, by code.
    kinds
        Of the standard.
    names
        Of provinces, by code.

    Examples
    --------
    >>> rows = {"village_name": ["A", "B"], "regency_code": "35.09", "regency_name": "J"}
    >>> rows |= {"people": [10.0, 90.0]}
    >>> rows |= {"pustu_status": "gap", "pustu_people_reached": 0.0, "pustu_minutes_median": 40.0}
    >>> rows |= {"pustu_reason": "too_far"}
    >>> table = pd.DataFrame(rows, index=["35.09.01.2001", "35.09.01.2002"])
    >>> ranked(table, ["pustu"], {})["village"].tolist()
    ['B', 'A']
    """
    tables = []
    for kind in kinds:
        rows = villages[villages[f"{kind}_status"].isin([VillageStatus.GAP, VillageStatus.PARTLY])]
        left = rows["people"] - rows[f"{kind}_people_reached"]
        table = pd.DataFrame({
            "kind": kind, "village_code": rows.index, "village": rows["village_name"].to_numpy(),
            "regency": rows["regency_name"].to_numpy(),
            "province": rows["regency_code"].str[:2].map(lambda c: names.get(c, c)).to_numpy(),
            "status": rows[f"{kind}_status"].to_numpy(), "reason": rows[f"{kind}_reason"].to_numpy(),
            "people": rows["people"].to_numpy(), "people_not_reached": left.to_numpy(),
            "minutes_median": rows[f"{kind}_minutes_median"].to_numpy(),
        })  # fmt: skip
        order = ["people_not_reached", "village_code"]
        table = table.sort_values(order, ascending=[False, True], na_position="last")
        table.insert(1, "rank", np.arange(1, len(table) + 1))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
