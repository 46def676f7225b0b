"""Tables of a run as a database gets them: text is text, and what is unknown is not a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from nation_support import small_limits, write_country

from geodata.errors import WorkspaceError
from planner.nation.amount import units
from planner.nation.cluster import InThisProcess
from planner.nation.products import typed
from planner.nation.remote import results_as_tables
from planner.nation.run import nation
from planner.nation.sites import nation_site

if TYPE_CHECKING:
    from pathlib import Path

# Of villages: what a reader of CSV takes for a number, for nothing, or a spreadsheet for a formula.
NAMES = ["NA", "None", "nan", "35.10", "007", "=1+1", "null", ""]


@pytest.mark.slow
def test_text_is_text_in_a_database(tmp_path: Path) -> None:
    files = write_country(tmp_path / "in", 4, columns=4, rows=3)
    for file, column in ((files.villages, "kode"), (files.population, "kode")):
        assert file is not None
        csv = file.suffix == ".csv"
        table = pd.read_csv(file, dtype=str) if csv else gpd.read_parquet(file)
        table[column] = table[column].str.replace("35.02", "35.10")
        if csv:
            table.to_csv(file, index=False)
        else:
            table["nama"] = [*NAMES, *table["nama"][len(NAMES) :]]
            table.to_parquet(file)
    listed = files.facilities[0].path
    lists = pd.read_csv(listed, dtype=str)
    lists.loc[:3, ["lat", "lon"]] = None
    lists["kabupaten"] = ["35.10"] * 4 + [None] * (len(lists) - 4)
    lists.to_csv(listed, index=False)
    out = tmp_path / "out"
    assert not nation(files, out, InThisProcess(), scenario=small_limits()).failures
    found = results_as_tables(out)
    assert found["costs"]["name"].tolist() == ["35.01", "35.10"]
    assert found["regencies"]["code"].tolist() == ["35.01", "35.10"]
    assert found["costs"]["cpu_s"].dtype == "float64"
    rows = found["facilities"].drop_duplicates("facility_id").set_index("facility_id")
    assert rows["declared_district"].head(4).tolist() == ["35.10"] * 4
    assert rows["lat"].isna().sum() == 4
    names = dict(zip(gpd.read_parquet(files.villages)["kode"], NAMES, strict=False))
    ranked = found["ranked"].drop_duplicates("village_code").set_index("village_code")["village"]
    told = {code: ranked[code] for code in names if code in ranked.index}
    assert len(told) > len(NAMES) / 2
    assert told == {code: names[code] for code in told}
    nation_site(files, out, InThisProcess(), kind="posyandu", amount=units(2), scenario=small_limits())
    assert results_as_tables(out)["plans"]["code"].isin(["35.01", "35.10"]).all()
    [plan] = out.glob("plans/*/*.csv")
    typed(plan).unlink()
    with pytest.raises(WorkspaceError, match="make it again with jangkau nation site"):
        results_as_tables(out)
