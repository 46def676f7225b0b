"""Adoption of ILP in the country and its provinces: by the code of a single area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import counted, first_five
from geodata.readers.adoption_table import read_adoption
from planner.supply.stages import StageProgress, adoption_table, default_stages, progress, puskesmas_of

if TYPE_CHECKING:
    from pathlib import Path

PROVINCE = "province"


def read_country_adoption(path: Path, units: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    r"""Return the stage of each puskesmas of the country, and what is to be told.

    Rows of a puskesmas that lies in no village of this run, such as one of a kabupaten that could not be
    read, take no part and are named.

    Parameters
    ----------
    path
        CSV or XLSX, as ``jangkau gaps --adoption`` takes it.
    units
        The country's facilities: ``kind``, ``name``, ``village_code``, ``status`` by ``facility_id``.

    Returns
    -------
    table
        As of :func:`planner.supply.stages.adoption_table`, with ``province`` (code; missing where the village
        of a puskesmas is unknown).
    notes
        A line each.

    Raises
    ------
    InputError
        The file is missing or cannot be read; or stages, dates or ids are wrong, all of them together.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> one = {"kind": "puskesmas", "name": "", "status": "used"}
    >>> rows = [{**one, "village_code": "35.09.01.2001"}, {**one, "village_code": None}]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "stages.csv")
    ...     _ = file.write_text("facility_id,tahap\nP1,launching\nP2,launching\n", "utf-8")
    ...     table, notes = read_country_adoption(file, pd.DataFrame(rows, index=["P1", "P2"]))
    >>> table[["launched", "province"]].values.tolist()
    [['yes', '35']]
    >>> notes
    ('ILP adoption: 1 row is of puskesmas in no village of this run, and takes no part: P2',)
    """
    listed = units.index[units["kind"] == "puskesmas"].astype(str)
    records = read_adoption(path, list(listed), default_stages().spellings())
    own = set(puskesmas_of(units))
    table = adoption_table(units, [r for r in records if r.facility_id in own])
    elsewhere = [r.facility_id for r in records if r.facility_id not in own]
    notes = []
    if elsewhere:
        rows = counted(len(elsewhere), "row is", "rows are")
        no_part = "takes no part" if len(elsewhere) == 1 else "take no part"
        notes.append(
            f"ILP adoption: {rows} of puskesmas in no village of this run, and {no_part}: "
            f"{first_five(elsewhere)}"
        )
    return table.assign(**{PROVINCE: table["village_code"].str[:2]}), tuple(notes)


def country_adoption(table: pd.DataFrame) -> dict[str, Any]:
    """Return how far the country is, as ``national.json`` holds it: unknown shares are None.

    Parameters
    ----------
    table
        From :func:`read_country_adoption`.

    Examples
    --------
    One of five is too few, but one of the two unknown may do:

    >>> launched = ["yes", "no", "no", "unknown", "unknown"]
    >>> table = pd.DataFrame({"launched": launched, "target_year": None, "province": "35"})
    >>> found = country_adoption(table)
    >>> found["launched"], found["unknown"], found["target_puskesmas"], found["met"]
    (1, 2, 2, 'unknown')
    >>> found["national_target_puskesmas"]
    4072
    """
    found = _progress(table)
    return {
        **_counts(found),
        "share_at_least": _share(found.share_at_least), "share_at_most": _share(found.share_at_most),
        "target_share": found.target_share,
        # What the target means for all puskesmas of the country, on whichever lists they are.
        "national_target_puskesmas": default_stages().national.puskesmas,
        "puskesmas_of_unknown_province": int(table[PROVINCE].isna().sum()),
    }  # fmt: skip


def province_adoption(table: pd.DataFrame, provinces: pd.Index[str]) -> pd.DataFrame:
    """Return a row for each province, as ``provinces.csv`` holds it.

    Parameters
    ----------
    table
        From :func:`read_country_adoption`.
    provinces
        Codes. One without puskesmas has 0 of them, and whether it meets its target is unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"launched": ["yes", "no"], "target_year": None, "province": ["35", "35"]})
    >>> province_adoption(table, pd.Index(["34", "35"]))["ilp_met"].tolist()
    ['unknown', 'yes']
    """
    rows = [_counts(_progress(table[(table[PROVINCE] == code).fillna(value=False)])) for code in provinces]
    return pd.DataFrame(rows, index=provinces).add_prefix("ilp_")


def _progress(table: pd.DataFrame) -> StageProgress:
    return progress(table, target_share=default_stages().national.share)


def _counts(found: StageProgress) -> dict[str, Any]:
    return {
        "puskesmas": found.puskesmas, "launched": found.launched, "known": found.known,
        "unknown": found.unknown, "target_puskesmas": found.target_puskesmas, "met": str(found.met),
    }  # fmt: skip


def _share(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
