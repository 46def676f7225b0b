"""AREA.yml: what a study area is called and which files describe it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from geodata.codes import check_regency_code
from geodata.crs import LAT_MAX, LAT_MIN, LON_MAX, LON_MIN
from geodata.files.yamlfile import Model, read_yaml
from geodata.vocabulary.kinds import known_kinds
from geodata.vocabulary.roads import ROAD_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence


def _number_is_not_text(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        msg = "write it in quotes: YAML read a number, and 11.10 would become 11.1"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into its report
    return value


Lon = Annotated[float, Field(ge=LON_MIN, le=LON_MAX, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=LAT_MIN, le=LAT_MAX, allow_inf_nan=False)]
Text = Annotated[str, BeforeValidator(_number_is_not_text)]


class FileSource(Model):
    """One file: where it is, its layer or sheet, its CRS if it does not say, its origin."""

    path: Path
    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None
    source: str | None = None
    licence: str | None = None


class CoversFile(FileSource):
    """Polygons of what a list covers."""


def _one_sentence(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Say once what may stand there, instead of what is wrong for each of the three."""
    try:
        return validate(value)
    except ValidationError:
        if isinstance(value, dict) and "path" in value:
            raise
        msg = (
            'write all, a list of codes of villages or kecamatan in quotes (["35.09.01"]), or '
            "{path: a file of polygons}"
        )
        raise ValueError(msg) from None


# What a list covers: all of the area, kecamatan or villages by code, or polygons.
Covers = Annotated[
    Literal["all"] | CoversFile | Annotated[tuple[Text, ...], Field(min_length=1)],
    WrapValidator(_one_sentence),
]


class CodesFile(FileSource):
    """The villages' codes in force, as a table or a map: for files that have other codes, or none."""

    code: str | None = None
    name: str | None = None
    district_name: str | None = None
    bps: str | None = None


class BoundariesFile(FileSource):
    """Village polygons; ``people`` names a column with their number, which is never guessed.

    Gaps and overlaps between neighbours up to ``tolerance_m`` metres wide are closed; 0 closes none.
    """

    code: str | None = None
    name: str | None = None
    district_name: str | None = None
    regency: str | None = None
    people: str | None = None
    tolerance_m: float = Field(default=0.0, ge=0, le=100)


class OneClass(Model):
    """One road class for all lines of a file that has none."""

    all: str

    @field_validator("all")
    @classmethod
    def _known(cls, road_class: str) -> str:
        if road_class not in ROAD_CLASSES:
            msg = f"{road_class!r} is not a road class; use one of {', '.join(ROAD_CLASSES)}"
            raise ValueError(msg)
        return road_class


class RoadsFile(FileSource):
    """A vector file of road lines, or an OpenStreetMap extract, or Overpass."""

    path: Path | None = None  # type: ignore[assignment] # left out when osm: overpass
    osm: Literal["overpass"] | None = None
    url: str | None = None
    class_column: str | OneClass | None = Field(default=None, alias="class")
    classes: Literal["osm", "rbi"] | dict[str, str | None] | None = None
    surface: str | None = None
    oneway: str | None = None
    bridge: str | None = None
    tunnel: str | None = None
    maxspeed_kph: str | None = None
    season: str | None = None
    route: str | None = None
    duration: str | None = None
    name: str | None = None
    covers: Covers | None = None
    join_same_place: bool = False
    join_within_m: float = Field(default=1.0, ge=0, le=20, allow_inf_nan=False)

    @property
    def file_name(self) -> str:
        """What messages call the source."""
        return self.path.name if self.path is not None else "the Overpass server's answer"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.osm is None):
            msg = "give either path: (a file) or osm: overpass"
            raise ValueError(msg)
        if isinstance(self.classes, dict):
            bad = [v for v in self.classes.values() if v is not None and v not in ROAD_CLASSES]
            if bad:
                msg = f"{bad[0]!r} is not a road class; use one of {', '.join(ROAD_CLASSES)}"
                raise ValueError(msg)
        return self


class KindColumn(Model):
    """Where the facility kind stands: in a column of its own, in the name, or at the head of several columns.

    ``columns`` are columns of names, each of units of a kind: a row then names several units. ``values`` adds
    to the built-in words; null leaves the rows out. ``registered`` is a column of numbers that only a
    puskesmas has.
    """

    column: str | None = None
    from_: Literal["name"] | None = Field(default=None, alias="from")
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str | None] | None = None
    registered: str | None = None

    @field_validator("values", "columns")
    @classmethod
    def _known(cls, values: dict[str, str | None] | None) -> dict[str, str | None] | None:
        for kind in (values or {}).values():
            if kind is not None and kind not in known_kinds():
                msg = f"{kind!r} is not a facility kind; use one of {', '.join(known_kinds())}, or null"
                raise ValueError(msg)
        return values

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if [self.column is None, self.from_ is None, not self.columns].count(False) != 1:
            msg = "give column: (that holds the kind), from: name, or columns: (of names, each of a kind)"
            raise ValueError(msg)
        if self.columns and (self.values or self.registered):
            msg = "columns: of names have their kinds already: leave values: and registered: out"
            raise ValueError(msg)
        return self


class FacilitiesFile(FileSource):
    """A list of facilities: a vector file of points, or a table.

    ``in_district`` is the kecamatan of all rows of a table without a column of it, as of a sheet named so.
    """

    kind: str | KindColumn
    id: str | None = None
    name: str | None = None
    lat: str | None = None
    lon: str | None = None
    coordinates: str | None = None
    village: str | None = None
    village_name: str | None = None
    district_name: str | None = None
    in_district: Text | None = None
    regency: str | None = None
    parent: str | None = None
    functioning: str | None = None
    staff: dict[str, str] = Field(default_factory=dict)
    open_days: str | None = None
    capacity: str | None = None
    covers: Covers | None = None

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str | KindColumn) -> str | KindColumn:
        if isinstance(kind, str) and kind not in known_kinds():
            msg = (
                f"{kind!r} is not a facility kind; use one of {', '.join(known_kinds())}, "
                "or {column: …}, or {from: name}"
            )
            raise ValueError(msg)
        return kind

    @property
    def named_kinds(self) -> tuple[str, ...]:
        """The kinds that this file says it lists, whether a row has them or not."""
        if isinstance(self.kind, str):
            return (self.kind,)
        named = (*self.kind.columns.values(), *(self.kind.values or {}).values())
        return tuple(dict.fromkeys(kind for kind in named if kind is not None))


def list_names(files: Sequence[FileSource]) -> list[str]:
    """Return what findings call each list: its file's name, with its sheet where the name is not enough.

    Examples
    --------
    >>> one, two = (FacilitiesFile(path=Path("a.xlsx"), kind="pustu", sheet=sheet) for sheet in ("I", "II"))
    >>> list_names([one]), list_names([one, two])
    (['a.xlsx'], ['a.xlsx [I]', 'a.xlsx [II]'])
    """
    names = [file.path.name for file in files]
    found: list[str] = []
    for number, (file, name) in enumerate(zip(files, names, strict=True), start=1):
        label = name if names.count(name) == 1 else f"{name} [{file.sheet or number}]"
        # A sheet that several entries have.
        found.append(label if label not in found else f"{name} [{file.sheet or ''} {number}]")
    return found


class PeopleRaster(FileSource):
    """A raster of people: how many live in each cell, or on each km² of it."""

    band: int | None = Field(default=None, ge=1)
    unit: Literal["people", "people_per_km2"] = "people"


def _path_alone(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


# Endings by which a raster is known that was given for a table.
RASTER_SUFFIXES = (".tif", ".tiff", ".vrt", ".img", ".asc", ".nc", ".hgt", ".bil", ".flt")


class PopulationFile(FileSource):
    """People by village from a table (``groups``: a group's name to its column), or from a raster.

    ``parts`` names the columns (dusun, RT, sex, age) that tell a village's rows apart, which are then summed;
    ``regency`` the kabupaten of each row, in a table of a province or the country. Beside a table the raster
    says where in its village people live; ``spread: roads`` lets the roads say it.
    """

    path: Path | None = None  # type: ignore[assignment] # left out when a raster alone is given
    code: str | None = None
    name: str | None = None
    district_name: str | None = None
    regency: str | None = None
    people: str | tuple[str, ...] | None = None
    parts: str | tuple[str, ...] = ()
    groups: dict[str, str] = Field(default_factory=dict)
    raster: Annotated[PeopleRaster | None, BeforeValidator(_path_alone)] = None
    spread: Literal["roads", "raster"] | None = None

    @property
    def part_columns(self) -> tuple[str, ...]:
        """The columns that tell the rows of a village apart; none where each has one row."""
        return (self.parts,) if isinstance(self.parts, str) else self.parts

    @property
    def by_raster(self) -> bool:
        """Whether the raster says where in their villages people live."""
        return self.raster is not None and self.spread != "roads"

    @model_validator(mode="after")
    def _some_source(self) -> Self:
        if self.path is not None and self.path.suffix.lower() in RASTER_SUFFIXES:
            msg = f"{self.path.name} is a raster: write raster: in the place of path:"
            raise ValueError(msg)
        if self.path is None and self.raster is None:
            msg = "give path: (a table), raster: (how many people live in each cell), or both"
            raise ValueError(msg)
        if self.spread == "raster" and self.raster is None:
            msg = "spread: raster asks for a raster, as in raster: worldpop.tif"
            raise ValueError(msg)
        idle = sorted(self.model_fields_set - {"path", "raster", "spread"})
        if self.path is None and idle:
            msg = (
                f"{idle[0]}: is of a table, and no path: is given; what is to be said of the raster stands "
                "with it, as in raster: {path: worldpop.tif, source: WorldPop}"
            )
            raise ValueError(msg)
        return self


# A table whose doubtful cells go back to who sent it.
ListFile = FacilitiesFile | PopulationFile


class WorkingAreasFile(FileSource):
    """Which puskesmas (its ``facility_id``) serves each village."""

    code: str | None = None
    puskesmas: str | None = None


class OfficialTotals(Model):
    """How many units the office reports, by kind; lists are compared with them."""

    totals: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]]
    source: Annotated[str, Field(min_length=1)] = "AREA.yml"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """Take ``official: {hospital: 0}`` for its totals; with a source they stand under ``totals``."""
        if not isinstance(value, dict):
            return value
        kinds = [k for k in value if k in known_kinds()]
        if kinds and value.keys() & cls.model_fields.keys():
            one = f"{kinds[0]}: {value[kinds[0]]}"
            msg = (
                f"write the numbers under totals, as in {{totals: {{{one}}}, source: …}}, or kinds and "
                f"numbers alone, without a source, as in {{{one}}}"
            )
            raise ValueError(msg)
        long = value.keys() & cls.model_fields.keys() or any(isinstance(v, dict) for v in value.values())
        if long or not value:
            return value
        if len(kinds) < len(value):
            strange = next(k for k in value if k not in kinds)
            msg = (
                f"{strange!r} is not a facility kind; use one of {', '.join(known_kinds())}, or write "
                "{totals: {kind: number}, source: …}"
            )
            raise ValueError(msg)
        return {"totals": value}

    @field_validator("totals")
    @classmethod
    def _known(cls, totals: dict[str, int]) -> dict[str, int]:
        for kind in totals:
            if kind not in known_kinds():
                msg = f"{kind!r} is not a facility kind; use one of {', '.join(known_kinds())}"
                raise ValueError(msg)
        return totals


class HamletsFile(FileSource):
    """Dusun/RW points, or polygons whose interior point is taken."""

    id: str | None = None
    name: str | None = None
    village: str | None = None
    people: str | None = None
    lat: str | None = None
    lon: str | None = None


class WaterFile(FileSource):
    """Rivers, lakes and the like (polygons or lines) that access legs do not cross."""


class FactorColumn(Model):
    """A column of speed factors, in numbers or words; ``values`` adds to the built-in words."""

    column: str
    values: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)


class FloodsFile(FileSource):
    """Areas flooded in the wet season; ``speed_factor`` is a number or a column, 0 closes the roads."""

    speed_factor: Annotated[float, Field(ge=0, le=1)] | str | FactorColumn = 0.0


class ElevationFile(FileSource):
    """An elevation raster (metres); heights are taken along roads at most ``spacing_m`` apart."""

    spacing_m: float = Field(default=60.0, ge=5, le=1000, allow_inf_nan=False)


class NeighboursFile(FileSource):
    """Outlines of what lies around the area, such as the kabupaten of the province; shown on maps alone."""

    name: str | None = None
    code: str | None = None


class AreaFile(Model):
    """A whole AREA.yml; relative paths are resolved against ``folder``."""

    code: Text
    name: str
    buffer_km: float = Field(default=10.0, ge=0, le=200, allow_inf_nan=False)
    boundaries: BoundariesFile
    codes: tuple[CodesFile, ...] = ()
    roads: RoadsFile | None = None
    facilities: tuple[FacilitiesFile, ...] = ()
    population: PopulationFile | None = None
    working_areas: WorkingAreasFile | None = None
    official: OfficialTotals | None = None
    capital: tuple[Lon, Lat] | None = None
    hamlets: HamletsFile | None = None
    water: WaterFile | None = None
    floods: FloodsFile | None = None
    elevation: ElevationFile | None = None
    neighbours: NeighboursFile | None = None

    @field_validator("code")
    @classmethod
    def _regency(cls, code: str) -> str:
        return check_regency_code(code)

    @field_validator("facilities", "codes", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, dict) else value

    @property
    def lists(self) -> tuple[ListFile, ...]:
        """The tables that people keep and send: the lists of facilities, then the table of people.

        Their names (:func:`list_names`) tell sheets of one file apart.
        """
        table = self.population
        return self.facilities if table is None or table.path is None else (*self.facilities, table)


def read_area_file(path: Path) -> AreaFile:
    """Read AREA.yml; the paths in it come back resolved against its folder.

    Raises
    ------
    MissingFileError, ConfigError
        Naming the key and the line.
    """
    area = read_yaml(path, AreaFile, "the area file")
    base = path.resolve().parent

    def at(source: FileSource | None) -> FileSource | None:
        if source is None:
            return source
        new: dict[str, object] = {}
        if source.path is not None:
            new["path"] = base / source.path
        for key in ("covers", "raster"):
            inner = getattr(source, key, None)
            if isinstance(inner, FileSource):
                new[key] = inner.model_copy(update={"path": base / inner.path})
        return source.model_copy(update=new)

    return area.model_copy(
        update={
            "boundaries": at(area.boundaries),
            "codes": tuple(at(c) for c in area.codes),
            "roads": at(area.roads),
            "facilities": tuple(at(f) for f in area.facilities),
            "population": at(area.population),
            "working_areas": at(area.working_areas),
            "hamlets": at(area.hamlets),
            "water": at(area.water),
            "floods": at(area.floods),
            "elevation": at(area.elevation),
            "neighbours": at(area.neighbours),
        }
    )
