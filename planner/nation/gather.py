"""The parts put together: summaries of the country, its provinces and kabupaten, ranks, equity and costs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.files.csvtext import csv_text
from geodata.vocabulary.statuses import VillageStatus
from planner.coverage.reach import weighted_median
from planner.nation.adoption import country_adoption, province_adoption
from planner.nation.answers import ANSWERS, CATCHMENTS, MINUTES
from planner.nation.regencies import ROW_HASH
from planner.nation.store import write_json
from planner.supply.equity import gini, worst_tenth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

# Villages that a list of the worst holds, at most, for each kind.
RANKED = 20_000


def read_parts(folders: Iterable[Path], name: str) -> pd.DataFrame:
    """Return one table of all parts, in the order given.

    Parameters
    ----------
    folders
        Of finished parts.
    name
        ``villages.parquet``, ``catchments.parquet`` or ``minutes.parquet``.
    """
    tables = []
    for folder in folders:
        table = pd.read_parquet(folder / name)
        if name == MINUTES:
            table = table.assign(regency_code=folder.name[:5])
        tables.append(table.drop(columns="geometry", errors="ignore"))
    return pd.concat(tables)


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
    folders: Sequence[Path], out: Path, units: gpd.GeoDataFrame, names: Mapping[str, str],
    facts: Mapping[str, Any], *, adoption: pd.DataFrame | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the national products of finished parts; returns what ``national.json`` holds.

    Parameters
    ----------
    folders
        Of finished parts, in order of their names.
    out
        Where tables are written, each as a whole.
    units
        The country's facilities.
    names
        Of provinces and kabupaten, by code.
    facts
        Plain values that ``national.json`` begins with.
    adoption
        The stage of ILP of each puskesmas; None: no table was given, and nothing is said of it.
    """
    villages, minutes = read_parts(folders, ANSWERS), read_parts(folders, MINUTES)
    publish(folders, out / "villages")
    kinds = list(dict.fromkeys(minutes["kind"]))
    regency, province = villages["regency_code"], villages["regency_code"].str[:2]
    tables = {
        "regencies": _by(villages, minutes, regency, minutes["regency_code"], kinds, names),
        "provinces": _by(villages, minutes, province, minutes["regency_code"].str[:2], kinds, names),
    }
    if adoption is not None:
        of_provinces = province_adoption(adoption, tables["provinces"].index)
        tables["provinces"] = tables["provinces"].join(of_provinces)
    for name, table in tables.items():
        _csv(table, out / f"{name}.csv")
    _csv(facility_people(read_parts(folders, CATCHMENTS), units), out / "facilities.csv")
    _csv(ranked(villages, kinds, names), out / "ranked.csv", index=False)
    everything = pd.Series("country", index=villages.index)
    total = _by(villages, minutes, everything, pd.Series("country", index=minutes.index), kinds, names).iloc[
        0
    ]
    national = {
        **facts, "provinces": len(tables["provinces"]), "regencies": len(tables["regencies"]),
        "villages": int(total["villages"]), "people": plain(total["people"]),
        "villages_people_unknown": int(total["villages_people_unknown"]),
        "kinds": {k: {c.removeprefix(f"{k}_"): plain(total[c]) for c in total.index if c.startswith(f"{k}_")}
                  for k in kinds},
        "between_provinces": {k: between(tables["provinces"], k) for k in kinds},
        **({} if adoption is None else {"adoption": country_adoption(adoption)}),
    }  # fmt: skip
    write_json(national, out / "national.json")
    return national


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

    Parameters
    ----------
    provinces
        One row a province, with the kind's ``share_reached``.
    kind
        Of the standard.

    Examples
    --------
    >>> table = pd.DataFrame({"pustu_share_reached": [0.5, 0.9]}, index=["11", "12"])
    >>> between(table, "pustu")["worst"], between(table, "pustu")["ratio"]
    ('11', 1.8)
    """
    share = provinces[f"{kind}_share_reached"].dropna()
    if share.empty:
        return {"best": None, "worst": None, "share_best": None, "share_worst": None, "ratio": None}
    best, worst = str(share.idxmax()), str(share.idxmin())
    ratio = float(share.max() / share.min()) if share.min() > 0 else np.inf
    return {"best": best, "worst": worst, "share_best": float(share.max()),
            "share_worst": float(share.min()), "ratio": plain(ratio)}  # fmt: skip


def _by(
    villages: pd.DataFrame, minutes: pd.DataFrame, group: pd.Series[str], group_of_minutes: pd.Series[str],
    kinds: Sequence[str], names: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """Return one row a group of villages: totals, statuses, people reached, minutes, inequality."""
    people = villages["people"]
    out = pd.DataFrame({
        "villages": group.groupby(group).size(),
        "people": people.groupby(group).sum(min_count=1),
        "villages_people_unknown": people.isna().groupby(group).sum(),
    })  # fmt: skip
    out.insert(0, "name", [names.get(code, "") for code in out.index])
    for kind in kinds:
        status = villages[f"{kind}_status"]
        for word in (VillageStatus.SERVED, VillageStatus.PARTLY, VillageStatus.GAP, VillageStatus.UNKNOWN):
            out[f"{kind}_villages_{word}"] = (status == word).groupby(group).sum()
        reached = villages[f"{kind}_people_reached"]
        out[f"{kind}_people_reached"] = reached.groupby(group).sum(min_count=1)
        mine = minutes[minutes["kind"] == kind]
        of = group_of_minutes[minutes["kind"] == kind]
        out = out.join(_of_minutes(mine, of, kind), how="left")
        out[f"{kind}_share_reached"] = out[f"{kind}_people_reached"] / out["people"].where(out["people"] > 0)
    return out.rename_axis("code")


def _of_minutes(rows: pd.DataFrame, group: pd.Series[str], kind: str) -> pd.DataFrame:
    """Return people by their minutes: median, worst tenth, Gini coefficient, the unsure."""
    known = rows["known"].to_numpy()
    codes, labels = pd.factorize(group[known], sort=True)
    value, people = rows["minutes"].to_numpy()[known], rows["people"].to_numpy()[known]
    if len(labels) == 0:
        return pd.DataFrame(index=pd.Index([], dtype="str"))
    out = pd.DataFrame(index=pd.Index(labels, dtype="str"))
    out[f"{kind}_people_unsure"] = np.bincount(codes, weights=people * rows["open"].to_numpy()[known])
    out[f"{kind}_minutes_median"] = weighted_median(codes.astype(np.int64), value, people, len(labels))
    out[f"{kind}_worst_tenth_from_minutes"] = [
        _worst(value[codes == i], people[codes == i]) for i in range(len(labels))
    ]
    out[f"{kind}_gini"] = [_gini(value[codes == i], people[codes == i]) for i in range(len(labels))]
    return out


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
        Rows of all parts: index ``facility_id``, ``kind`` and people.
    units
        The country's facilities, in degrees.
    """
    keys = [pd.Index(served.index.astype("str"), name="facility_id"), served["kind"].astype("str")]
    total = served.drop(columns="kind").groupby(keys).sum(min_count=1)
    facts = pd.DataFrame(units.drop(columns=["geometry", "landmass", ROW_HASH]))
    facts.insert(0, "lat", units.geometry.y)
    facts.insert(0, "lon", units.geometry.x)
    serves = total.reset_index("kind").rename(columns={"kind": "serves_as"})
    return facts.join(serves, how="left")


def ranked(villages: pd.DataFrame, kinds: Sequence[str], names: Mapping[str, str]) -> pd.DataFrame:
    """Return the villages that are gaps, for each kind those with most people who are not reached first.

    Villages whose people are unknown come last, by their code; none is left out before ``RANKED``.

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
        table = table.sort_values(order, ascending=[False, True], na_position="last").head(RANKED)
        table.insert(1, "rank", np.arange(1, len(table) + 1))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _csv(table: pd.DataFrame, path: Path, *, index: bool = True) -> None:
    beside = path.with_name(f".unfinished-{path.name}")
    beside.write_text(csv_text(table, index=index), "utf-8", newline="")
    beside.replace(path)
