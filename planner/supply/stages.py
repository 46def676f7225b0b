"""ILP adoption: how far each puskesmas is, and how far the area is from its target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Self

import pandas as pd
import yaml
from pydantic import Field, model_validator

from geodata.adoption import UNKNOWN, Adoption
from geodata.errors import SchemaError, UnknownCodeError, first_five
from geodata.files.yamlfile import Model, read_yaml
from geodata.vocabulary.spelling import spelling_key
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.scenarios.modes import Share

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "UNKNOWN",
    "Adoption",
    "StageProgress",
    "Stages",
    "YearTarget",
    "adoption_table",
    "default_stages",
    "progress",
    "puskesmas_of",
    "read_stages",
]


class Name(Model):
    """What a stage is called in both languages."""

    id: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Stage(Model):
    """One stage; lists may also write it by its key, its names or one of its ``spellings``."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    name: Name
    spellings: tuple[str, ...] = ()


class NationalTarget(Model):
    """The share (0–1) of all puskesmas that is to be launched, and how many that are in the country."""

    share: Share
    puskesmas: Annotated[int, Field(ge=0)] | None = None
    basis: str = ""


class Stages(Model):
    """The stages in order, and from which one on a puskesmas counts as launched.

    Examples
    --------
    >>> default_stages().keys
    ('sosialisasi', 'komitmen', 'klaster', 'sdm_sarpras', 'peluncuran', 'pws')
    """

    launched: str
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    basis: str = ""
    national: NationalTarget

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if UNKNOWN in self.keys:
            msg = f"the key {UNKNOWN!r} means that no stage is known; give the stage another key"
            raise ValueError(msg)
        if self.launched not in self.keys:
            msg = f"launched: {self.launched!r} is not one of the stages {', '.join(self.keys)}"
            raise ValueError(msg)
        meant: dict[str, str] = {}
        for number, stage in enumerate(self.stages):
            if stage.key in self.keys[:number]:
                msg = f"the stage {stage.key!r} is there twice"
                raise ValueError(msg)
            for text in _spellings(stage):
                if meant.setdefault(spelling_key(text), stage.key) != stage.key:
                    msg = f"{text!r} means two stages, {meant[spelling_key(text)]} and {stage.key}"
                    raise ValueError(msg)
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the stages in order."""
        return tuple(stage.key for stage in self.stages)

    def spellings(self) -> dict[str, str]:
        """Return the key of the stage that each spelling means.

        Spellings are by their :func:`~geodata.vocabulary.spelling.spelling_key`.

        Examples
        --------
        >>> default_stages().spellings()["launching"]
        'peluncuran'
        """
        return {spelling_key(text): stage.key for stage in self.stages for text in _spellings(stage)}

    def number(self, key: str) -> int | None:
        """Return the place of a stage, from 1; None for "unknown".

        Parameters
        ----------
        key
            A stage's key, or "unknown".

        Raises
        ------
        UnknownCodeError
            There is no such stage.

        Examples
        --------
        >>> default_stages().number("klaster"), default_stages().number("unknown")
        (3, None)
        """
        if key == UNKNOWN:
            return None
        if key not in self.keys:
            msg = f"there is no stage {key!r}; the stages are {', '.join(self.keys)}"
            raise UnknownCodeError(msg)
        return self.keys.index(key) + 1

    def has_launched(self, key: str) -> YesNo:
        """Return whether a puskesmas at this stage is launched: yes, no; "unknown" for an unknown stage.

        Parameters
        ----------
        key
            A stage's key, or "unknown".

        Raises
        ------
        UnknownCodeError
            There is no such stage.

        Examples
        --------
        >>> [default_stages().has_launched(key) for key in ("klaster", "peluncuran", "pws", "unknown")]
        ['no', 'yes', 'yes', 'unknown']
        """
        number = self.number(key)
        if number is None:
            return YesNo.UNKNOWN
        return YesNo.YES if number > self.keys.index(self.launched) else YesNo.NO


def _spellings(stage: Stage) -> tuple[str, ...]:
    return (stage.key, stage.name.id, stage.name.en, *stage.spellings)


@cache
def default_stages() -> Stages:
    """Return the stages that come with Jangkau (``planner/data/adoption.yml``).

    Examples
    --------
    >>> default_stages().national.share
    0.4
    """
    return _national_stages()


@cache
def _national_stages() -> Stages:
    text = files("planner").joinpath("data/adoption.yml").read_text("utf-8")
    return Stages.model_validate(yaml.safe_load(text))


def read_stages(path: Path) -> Stages:
    """Return the stages of a YAML file; what it leaves out keeps its default.

    Raises
    ------
    MissingFileError
        The file is not there.
    UnreadableFileError
        It cannot be opened, or is no UTF-8 text.
    ConfigError
        It is no valid YAML, or a key or value is not allowed: the message names the key and the line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "stages.yml")
    ...     _ = file.write_text("launched: klaster", "utf-8")
    ...     read_stages(file).has_launched("klaster")
    'yes'
    """
    return read_yaml(path, Stages, "the stages of adoption", base=default_stages().model_dump(mode="json"))


def puskesmas_of(facilities: pd.DataFrame) -> tuple[str, ...]:
    """Return the ids of the area's puskesmas, sorted: in one of its villages, or without a known place.

    A puskesmas that lies in no village of the area (in its buffer, or beyond) is a neighbour's.

    Parameters
    ----------
    facilities
        The facilities layer: ``kind``, ``village_code``, ``status`` by ``facility_id``.

    Examples
    --------
    The second is a neighbour's, and nobody knows where the third is:

    >>> facts = {"village_code": ["a", None, None], "status": ["used", "used", "unlocated"]}
    >>> puskesmas_of(pd.DataFrame({"kind": "puskesmas", **facts}, index=["p1", "p2", "p3"]))
    ('p1', 'p3')
    """
    own = facilities["village_code"].notna() | (facilities["status"] == FacilityStatus.UNLOCATED)
    return tuple(sorted(str(i) for i in facilities.index[(facilities["kind"] == "puskesmas") & own]))


def adoption_table(
    facilities: pd.DataFrame, records: Iterable[Adoption], stages: Stages | None = None
) -> pd.DataFrame:
    """Return one row a puskesmas of the area, sorted by id; those of which nothing is known are "unknown".

    Parameters
    ----------
    facilities
        The facilities layer: ``kind``, ``name``, ``village_code``, ``status`` by ``facility_id``.
    records
        What is known, in any order; at most one a puskesmas.
    stages
        The default stages when None.

    Returns
    -------
    pandas.DataFrame
        Index ``facility_id``; ``name``, ``village_code`` (text, missing for one without a place), ``stage``
        (key or "unknown"), ``stage_number`` (Int64, from 1, missing where unknown), ``launched``
        (yes/no/unknown), ``date`` (ISO text, missing where unknown), ``document`` (text), ``target_year``
        (Int64, missing where none was set).

    Raises
    ------
    UnknownCodeError
        A record is of no puskesmas of the area, or of no stage.
    SchemaError
        Two records are of one puskesmas.

    Examples
    --------
    >>> one = {"kind": "puskesmas", "name": "Sumber Urib", "village_code": "17.02.06.2001", "status": "used"}
    >>> facilities = pd.DataFrame([one, {**one, "name": "Perumnas"}], index=["p1", "p2"])
    >>> table = adoption_table(facilities, [Adoption("p1", "peluncuran", "2024-07")])
    >>> table[["stage", "launched"]].values.tolist()
    [['peluncuran', 'yes'], ['unknown', 'unknown']]
    """
    stages = stages or default_stages()
    ids = puskesmas_of(facilities)
    by_id = _by_id(records, ids)
    known = [by_id.get(i, Adoption(i)) for i in ids]
    rows = facilities.loc[list(ids)]
    return pd.DataFrame(
        {
            "name": rows["name"].astype("str").array,
            "village_code": rows["village_code"].astype("str").array,
            "stage": pd.array([r.stage for r in known], dtype="str"),
            "stage_number": pd.array([stages.number(r.stage) for r in known], dtype="Int64"),
            "launched": pd.array([stages.has_launched(r.stage) for r in known], dtype="str"),
            "date": pd.array([r.date for r in known], dtype="str"),
            "document": pd.array([r.document for r in known], dtype="str"),
            "target_year": pd.array([r.target_year for r in known], dtype="Int64"),
        },
        index=pd.Index(ids, name="facility_id", dtype="str"),
    )


def _by_id(records: Iterable[Adoption], ids: tuple[str, ...]) -> dict[str, Adoption]:
    listed = list(records)
    by_id = {r.facility_id: r for r in listed}
    if len(by_id) < len(listed):
        seen = [r.facility_id for r in listed]
        twice = sorted({i for i in seen if seen.count(i) > 1})
        msg = f"ILP adoption: two records of one puskesmas: {first_five(twice)}. Keep one for each."
        raise SchemaError(msg)
    strangers = sorted(set(by_id) - set(ids))
    if strangers:
        msg = (
            f"ILP adoption: {len(strangers)} records are of no puskesmas of the area: "
            f"{first_five(strangers)}. Correct the ids, or take them out."
        )
        raise UnknownCodeError(msg)
    return by_id


@dataclass(frozen=True)
class YearTarget:
    """The puskesmas that are to be launched by the end of one year.

    Attributes
    ----------
    year
        None for those without a target year.
    puskesmas, launched, unknown
        How many have this target year; of them, how many are launched, and of how many it is unknown.
    due
        How many have this target year or an earlier one; 0 for those without.
    met
        Whether all of them are launched by now; "unknown" as long as those unknown could decide it.
    """

    year: int | None
    puskesmas: int
    launched: int
    unknown: int
    due: int
    met: YesNo


@dataclass(frozen=True)
class StageProgress:
    """How far an area is.

    Attributes
    ----------
    puskesmas, known, unknown, launched
        How many there are; of how many a stage is known, or not; how many are launched.
    share_at_least, share_at_most
        Share (0–1) of all that is launched, if none or all of those unknown are; NaN without puskesmas.
    share_of_known
        Share (0–1) of those known that is launched; NaN if none is known.
    target_share, target_puskesmas
        The target, and the least number of puskesmas that meets it.
    met
        Whether the target is met; "unknown" as long as those unknown could decide it.
    by_year
        By target year, those without one last.
    """

    puskesmas: int
    known: int
    unknown: int
    launched: int
    share_at_least: float
    share_at_most: float
    share_of_known: float
    target_share: float
    target_puskesmas: int
    met: YesNo
    by_year: tuple[YearTarget, ...]


def progress(table: pd.DataFrame, *, target_share: float = 0.40) -> StageProgress:
    """Return how many puskesmas are launched, against a target share (0–1) and by target year.

    Parameters
    ----------
    table
        From :func:`adoption_table`: ``launched`` and ``target_year`` are asked for.
    target_share
        0.40 is the national target (DOMAIN.md: ≈ 4,072 puskesmas); an area may have its own.

    Examples
    --------
    >>> table = pd.DataFrame({"launched": ["yes"] + ["unknown"] * 20, "target_year": [2025] * 21})
    >>> found = progress(table)
    >>> found.launched, found.target_puskesmas, found.met
    (1, 9, 'unknown')
    """
    total = len(table)
    launched, unknown = _count(table)
    known = total - unknown
    # Rounded first: 0.07 × 100 is 7.000000000000001 in floating point.
    needed = math.ceil(round(target_share * total, 9))
    return StageProgress(
        puskesmas=total,
        known=known,
        unknown=unknown,
        launched=launched,
        share_at_least=launched / total if total else math.nan,
        share_at_most=(launched + unknown) / total if total else math.nan,
        share_of_known=launched / known if known else math.nan,
        target_share=target_share,
        target_puskesmas=needed,
        met=_met(launched, unknown, needed) if total else YesNo.UNKNOWN,
        by_year=_by_year(table),
    )


def _count(table: pd.DataFrame) -> tuple[int, int]:
    """Return how many are launched, and of how many it is unknown."""
    return int((table["launched"] == YesNo.YES).sum()), int((table["launched"] == YesNo.UNKNOWN).sum())


def _met(launched: int, unknown: int, needed: int) -> YesNo:
    if launched >= needed:
        return YesNo.YES
    return YesNo.UNKNOWN if launched + unknown >= needed else YesNo.NO


def _by_year(table: pd.DataFrame) -> tuple[YearTarget, ...]:
    year = table["target_year"]
    out: list[YearTarget] = []
    for wanted in [*sorted({int(y) for y in year.dropna()}), None]:
        rows = table[year.isna() if wanted is None else (year == wanted).fillna(value=False)]
        if not len(rows):
            continue
        launched, unknown = _count(rows)
        due = 0 if wanted is None else int((year <= wanted).fillna(value=False).sum())
        met = _met(launched, unknown, len(rows))
        out.append(YearTarget(wanted, len(rows), launched, unknown, due, met))
    return tuple(out)
