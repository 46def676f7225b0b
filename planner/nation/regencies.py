"""The first step of each kabupaten: its villages and people, read as ``jangkau build`` reads them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from geodata.areafile import AreaFile, BoundariesFile, PopulationFile
from geodata.build import read_layers
from geodata.crs import WGS84
from geodata.errors import InputError, SchemaError, counted, first_five
from geodata.files.csvtext import csv_text
from geodata.files.moment import for_a_moment
from geodata.layers import StudyArea
from geodata.readers.columns import Columns
from geodata.readers.facilities.layer import FACILITY_COLUMNS
from geodata.readers.facilities.lists import read_facilities
from geodata.readers.facilities.regencies import ListRegency
from geodata.readers.people_table import read_any_table
from geodata.readers.register import Register, Rows, bridge
from geodata.vocabulary.columns import layer_columns
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy
from planner.nation.advice import told
from planner.nation.country import people_file, village_file
from planner.nation.lands import Lands, facility_landmass, outlines_of
from planner.nation.store import MANIFEST, finished, key_of, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geodata.areafile import FacilitiesFile
    from geodata.layers import Finding, Layers
    from planner.scenarios.scenario import Scenario

VILLAGES, OUTLINES, FACTS = "villages.parquet", "outlines.parquet", "area.json"
# The villages' own outlines apart, so that a neighbour does not depend on their people.
SHAPES = "shapes.parquet"
# Findings that need nothing to be done, about rows that are dropped or put together: nothing goes unsaid.
OF_ROWS = frozenset({
    "united", "total_row", "district_row", "signature_row", "heading_again", "parts_summed", "parts_sum_row",
})  # fmt: skip
# A column of units: the hash of all that their row says.
ROW_HASH = "row_hash"
# One CRS for the whole country, to find the village around a facility: its scale is off by 2 % at most.
COUNTRY_CRS = "EPSG:3395"
# Around a kabupaten, as ``jangkau build`` has it where nobody says otherwise.
BUFFER_M = 10_000.0
# Degrees of a place, so that those of the list come back as they were written.
PLACE_DECIMALS = 12


@dataclass(frozen=True)
class RegencyJob:
    """One kabupaten to read: where its rows are, where it is written, and of what that depends."""

    code: str
    name: str
    cut: str
    out: str
    key: str


@dataclass(frozen=True)
class Region:
    """A kabupaten as it was read.

    Attributes
    ----------
    code, name
        Of the kabupaten.
    folder
        Where its layers are.
    key
        The hash of what it was read from.
    crs
        Its metric CRS.
    villages
        How many.
    people
        Of all villages whose number is known.
    bounds
        Degrees: west, south, east, north.
    findings
        What the readers noticed, a line each.
    """

    code: str
    name: str
    folder: str
    key: str
    crs: str
    villages: int
    people: float
    bounds: tuple[float, float, float, float]
    findings: tuple[str, ...]

    def study_area(self, listed_kinds: tuple[str, ...]) -> StudyArea:
        """Return what the layers of the kabupaten are called."""
        return StudyArea(
            code=self.code, name=self.name, crs=self.crs, buffer_m=BUFFER_M, listed_kinds=listed_kinds
        )

    def read_villages(self) -> gpd.GeoDataFrame:
        """Return its villages: the contract of the layer, in its metric CRS."""
        frame = gpd.read_parquet(Path(self.folder, VILLAGES))
        frame.index = frame.index.astype("str").rename("village_code")
        return frame

    def read_outlines(self) -> gpd.GeoSeries:
        """Return what its villages form on the ground."""
        return gpd.read_parquet(Path(self.folder, OUTLINES)).geometry

    def read_shapes(self) -> gpd.GeoSeries:
        """Return the outline of each of its villages, by code."""
        return gpd.read_parquet(Path(self.folder, SHAPES)).geometry


def outlines_key(region: Region) -> str:
    """Return the hash of a kabupaten's land, on which its neighbours' answers depend."""
    return _hash_of(region, OUTLINES)


def shapes_key(region: Region) -> str:
    """Return the hash of the outlines of a kabupaten's villages, which a neighbour's may overlap."""
    return _hash_of(region, SHAPES)


def _hash_of(region: Region, name: str) -> str:
    known = json.loads(Path(region.folder, MANIFEST).read_text("utf-8"))
    return str(known["files"][name])


def is_told(finding: Finding) -> bool:
    """Return whether a finding of one kabupaten is told of the country: doubts, and what became of rows.

    Examples
    --------
    >>> from geodata.layers import Finding
    >>> [is_told(Finding("info", "villages", rule, 1, (), "", "")) for rule in ("united", "repeated_name")]
    [True, False]
    """
    return finding.severity != "info" or finding.rule in OF_ROWS


def regency_job(code: str, name: str, cut: Path, out: Path, rule: Mapping[str, Any]) -> RegencyJob:
    """Return the job of a kabupaten; its key is made of its own rows alone."""
    from geodata.readers.files.opening import file_sha256

    own = [file_sha256(p) for p in (village_file(cut, code), people_file(cut, code)) if p.exists()]
    return RegencyJob(
        code, name, str(cut), str(out / code), key_of(__name__, "regency", 3, code, name, own, rule)
    )


def read_regency(job: RegencyJob, scenario: Scenario) -> Region:
    """Read a kabupaten by the readers of ``jangkau build``, and keep its layers.

    Raises
    ------
    InputError
        Its rows are wrong: codes, outlines, people.
    DiskError
    """
    folder = Path(job.out)
    if finished(folder, job.key) is None:
        layers, notes = _read(job)
        with writing(folder, job.key, {}) as stage:
            layers.villages.to_parquet(stage / VILLAGES, compression="zstd")
            layers.villages[["geometry"]].to_parquet(stage / SHAPES, compression="zstd")
            outlines = outlines_of(layers.villages, scenario.land)
            gpd.GeoDataFrame(geometry=outlines).to_parquet(stage / OUTLINES, compression="zstd")
            west, south, east, north = layers.villages.to_crs(WGS84).total_bounds.tolist()
            people = float(layers.villages["people"].sum())
            said = [f"{f.layer}: {f.message} ({f.count})" for f in layers.findings if is_told(f)]
            region = Region(
                job.code, job.name, job.out, job.key, str(layers.villages.crs), len(layers.villages),
                people, (west, south, east, north), (*notes, *said),
            )  # fmt: skip
            (stage / FACTS).write_text(json.dumps(asdict(region)), "utf-8")
    known = json.loads((folder / FACTS).read_text("utf-8"))
    known |= {"folder": job.out, "bounds": tuple(known["bounds"]), "findings": tuple(known["findings"])}
    return Region(**known)


def _read(job: RegencyJob) -> tuple[Layers, tuple[str, ...]]:
    """Return the layers; people whose village is not sure are of unknown number, and told.

    A list of the whole country does not keep a kabupaten from its answers.
    """
    boundaries = BoundariesFile(path=village_file(Path(job.cut), job.code))
    bare = AreaFile(code=job.code, name=job.name, boundaries=boundaries)
    people = people_file(Path(job.cut), job.code)
    if not people.exists():
        return read_layers(bare), ()
    source = PopulationFile(path=people)
    try:
        return read_layers(bare.model_copy(update={"population": source})), ()
    except InputError:
        layers = read_layers(bare)
    with for_a_moment("people") as folder:
        sure = folder / people.name
        try:
            notes = _without_rivals(source, sure, layers.villages)
            with_people = bare.model_copy(update={"population": PopulationFile(path=sure)})
            return read_layers(with_people), notes
        except InputError as error:
            return layers, (f"people of all villages are unknown: {told(error)}",)


def _without_rivals(source: PopulationFile, out: Path, villages: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Write a table of people without rows that claim one village; returns what to tell of them."""
    heads = layer_columns("population")
    table = read_any_table(source, "population")
    columns = Columns(table, heads, "population")
    code = columns.text(None, "code")
    rows = Rows(code, columns.text(None, "name"), columns.text(None, "district_name"))
    found = bridge(rows, Register.of_villages(villages), "population", out.name, ("", "")).code
    rivals = found.notna() & found.duplicated(keep=False)
    out.write_text(csv_text(table[~rivals.to_numpy(dtype=bool)], index=False), "utf-8", newline="")
    if not rivals.any():
        return ()
    shown = first_five(sorted(set(found[rivals])))
    many = found[rivals].nunique()
    return (
        f"people of {counted(many, 'village')} are unknown: several rows of the table may be theirs: {shown}",
    )


@dataclass(frozen=True)
class CountryUnits:
    """The facilities of the country: the contract of the layer in degrees, with ``regency`` and ``landmass``.

    Attributes
    ----------
    frame
        One row a facility.
    listed_kinds
        The kinds that the lists speak of.
    notes
        What the readers noticed, a line each.
    """

    frame: gpd.GeoDataFrame
    listed_kinds: tuple[str, ...]
    notes: tuple[str, ...]


def read_units(files: Iterable[FacilitiesFile], regions: Iterable[Region], lands: Lands) -> CountryUnits:
    """Read the lists once for the country, and find each unit's village and landmass.

    A unit's place is decided here, so that it does not depend on how the country is cut.

    Raises
    ------
    InputError
        A list cannot be read.
    """
    regions = list(regions)
    own = {r.code: r.read_villages() for r in regions}
    villages = gpd.GeoDataFrame(pd.concat([v.to_crs(COUNTRY_CRS) for v in own.values()]), crs=COUNTRY_CRS)
    of_lists = [ListRegency(r.code, r.name, own[r.code], BUFFER_M) for r in regions]
    lists = [read_facilities(f, villages, prefix=f.path.stem, regencies=of_lists) for f in files]
    kinds = tuple(dict.fromkeys(k for one in lists for k in one.listed_kinds))
    frames = [one.frame for one in lists if len(one.frame)] or [one.frame for one in lists[:1]]
    rows = gpd.GeoDataFrame(pd.concat(frames), crs=COUNTRY_CRS).sort_index()
    rows = _each_id_once(rows)
    place = gpd.GeoSeries(
        shapely.transform(rows.geometry.to_crs(WGS84).to_numpy(), lambda xy: xy.round(PLACE_DECIMALS)),
        index=rows.index, crs=WGS84,
    )  # fmt: skip
    rows = rows.assign(geometry=_of_villages(rows, place, own)).set_crs(WGS84, allow_override=True)
    lost = shapely.is_missing(rows.geometry.to_numpy())
    status = pd.Series(FacilityStatus.USED.value, index=rows.index, dtype="str")
    status = status.mask(lost, FacilityStatus.UNLOCATED.value)
    rows["status"] = status.mask(rows["set_aside"].astype(bool), FacilityStatus.SET_ASIDE.value)
    numbers = [c for c in rows if c.startswith(("staff_", "open_days_", "capacity_"))]
    regency = rows["village_code"].str[:5].fillna(rows["regency_code"])
    regency = regency.fillna(rows["declared_district"].str[:5])
    # Of whose place nothing more is known, it is in its kabupaten.
    rows["declared_district"] = rows["declared_district"].fillna(regency.where(lost))
    rows = rows[[*FACILITY_COLUMNS, *numbers, "geometry"]].assign(regency=regency)
    plain = pd.DataFrame(rows.drop(columns="geometry")).astype(str)
    plain = plain.assign(wkb=rows.geometry.to_wkb(hex=True).astype(str))
    rows[ROW_HASH] = pd.util.hash_pandas_object(plain).astype(str)
    rows["landmass"] = facility_landmass(rows, lands)
    rows.index.name = "facility_id"
    notes = [f"{f.layer}: {f.message} ({f.count}): {', '.join(f.ids[:3])}"
             for one in lists for f in one.findings if is_told(f)]  # fmt: skip
    nowhere = rows.index[(lost & rows["regency"].isna()).to_numpy()]
    if len(nowhere):
        shown = ", ".join(nowhere[:5])
        which = counted(len(nowhere), "unit has", "units have")
        notes.append(
            f"facilities: {which} neither a place nor a kabupaten: they serve nobody, and leave nothing "
            f"unknown anywhere: {shown}"
        )
    return CountryUnits(rows, kinds, tuple(notes))


def _each_id_once(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    twice = rows.index[rows.index.duplicated()].unique()
    if len(twice):
        msg = (
            f"facilities: {counted(len(twice), 'id occurs', 'ids occur')} in more than one list: "
            f"{first_five(twice)}. Give each unit an id of its own; where a list has no ids they are made of "
            "its file's name, so no two files may have the same one."
        )
        raise SchemaError(msg)
    return rows


def _of_villages(
    rows: gpd.GeoDataFrame, place: gpd.GeoSeries, own: Mapping[str, gpd.GeoDataFrame]
) -> gpd.GeoSeries:
    """Return the places, those taken from a village as ``build`` takes them: in its kabupaten's CRS."""
    by_village = rows["located_by"].isin([LocatedBy.VILLAGE, LocatedBy.NAME]) & rows["village_code"].notna()
    place = place.copy()
    for code, some in rows[by_village].groupby(rows["village_code"].str[:5]):
        inner = own[str(code)].geometry.loc[some["village_code"]].representative_point().to_crs(WGS84)
        place.loc[some.index] = inner.to_numpy()
    return place
