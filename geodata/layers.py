"""The values that geodata hands to everyone else: a study area and its layers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from geodata.errors import ConfigError, SchemaError, UnknownCodeError, counted
from geodata.handed import handed, hands_out_copies
from geodata.shown import titled_table
from geodata.vocabulary.kinds import near_kind
from geodata.vocabulary.statuses import FacilityStatus, YesNo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


# The column of a cell that is about a facility's place, whatever columns its list has for it.
PLACE = "place"


class Progress(Protocol):
    """Told the name of each step of long work as it starts."""

    def __call__(self, step: str, /) -> None:
        """Start a step."""


def no_progress(step: str, /) -> None:
    """Tell nobody."""
    del step


class Cell(NamedTuple):
    """One cell of a list that a finding is about, or one row of a layer.

    Attributes
    ----------
    file, row, column
        The file's name, "" where it is no list; the row's number in it (from 1, of a sheet's rows or a map's
        shapes), 0 where only the id is known; its heading or the layer's column, "" for the whole row.
    value
        What stands there.
    proposal
        What should stand there, as far as that can be told; "" where it cannot.
    applied
        Whether the build took the proposal.
    id
        The facility's, village's or road's id, "" where the row has none.
    effect
        What it does to the answer, where the finding knows that; "" where the layers tell it.
    """

    file: str
    row: int
    column: str
    value: str
    proposal: str = ""
    applied: bool = False
    id: str = ""
    effect: str = ""


def rows_about(
    ids: Iterable[object], column: str = "", *, file: str = "", effect: str = ""
) -> tuple[Cell, ...]:
    """Return a cell for each of some rows of which only the ids are known.

    Parameters
    ----------
    ids, column
        The rows' ids, and the column that is doubtful; "" for whole rows.
    file, effect
        As :class:`Cell` has them, the same for all.

    Examples
    --------
    >>> [(cell.id, cell.row) for cell in rows_about(["way/1", "way/2"])]
    [('way/1', 0), ('way/2', 0)]
    """
    return tuple(Cell(file, 0, column, "", id=str(one), effect=effect) for one in ids)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, about the input.

    Attributes
    ----------
    severity
        ``error``: results would mislead; ``warning``: look at it; ``info``: was handled.
    layer, rule
        The layer, and a stable name of the check.
    count, ids
        How many rows, and up to five of their ids.
    message, action
        What was seen, and what to do.
    cells
        All the cells that it is about, one for each row; none where it is about no rows.
    """

    severity: Severity
    layer: str
    rule: str
    count: int
    ids: tuple[str, ...]
    message: str
    action: str
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class SourceRecord:
    """Where a layer came from; the hash is of the file's bytes, of a map in several files of all of them.

    ``given`` is the day on which the file was dropped on the app's page; "" for a file of AREA.yml.
    """

    layer: str
    file: str
    sha256: str
    source: str | None = None
    licence: str | None = None
    given: str = ""


@dataclass(frozen=True)
class StudyArea:
    """A kabupaten/kota under study.

    Attributes
    ----------
    code, name
        Kemendagri code (``PP.KK``) and name.
    crs
        The one metric CRS of all layers, e.g. ``EPSG:32749``.
    buffer_m
        Roads and facilities up to this far outside the boundary are kept.
    listed_kinds
        Facility kinds for which a list was given; nothing is known about any other kind.
    official, official_source
        How many units the office reports, by kind, and where that stands.
    declared
        The kinds, and ``roads``, for which ``covers:`` says what they cover; the villages' ``covered`` column
        says where.
    capital
        The kabupaten capital (longitude, latitude in degrees); None where it was not given.
    assumed_empty
        Listed kinds of which no list was given: a plan takes it that there are none.
    fix
        Which proposals for spoiled coordinates the build took over (``--fix``: none, safe or all); "" where
        that is not known.
    """

    code: str
    name: str
    crs: str
    buffer_m: float
    listed_kinds: tuple[str, ...]
    official: Mapping[str, int] = field(default_factory=dict)
    official_source: str = ""
    capital: tuple[float, float] | None = None
    declared: tuple[str, ...] = ()
    assumed_empty: tuple[str, ...] = ()
    fix: str = ""


@dataclass(frozen=True)
class Layers:
    """All validated layers of a study area, in ``area.crs`` (metres).

    Attributes
    ----------
    villages
        Index ``village_code``; MultiPolygon; ``people`` float64, NaN = unknown; ``puskesmas_id`` where
        working areas were given; ``covered``, the words of ``area.declared`` that cover the village.
    roads
        Index ``road_id``; one LineString between two junctions a row (``from_node``, ``to_node``);
        None when the area has no road file.
    facilities
        Index ``facility_id``; Point, or None where a facility could not be located.
    hamlets
        Index ``hamlet_id``; Point; None when no hamlets were given.
    water
        Rivers, lakes and the like that nobody walks across; None when no water file was given.
    floods
        Areas flooded in the wet season: ``speed_factor`` 0 (closed) to 1; None when none were given.
    people_points
        Index ``point_id``; Point; where in its village a raster has how many ``people``; None when people
        are not spread by a raster.
    neighbours
        Index ``neighbour_id``; ``name`` ("" = unknown); what lies around, for maps; None when nothing
        tells it.
    relief
        Index ``relief_id``; one row: ``png`` (bytes) and its edges in degrees (``west``, ``south``, ``east``,
        ``north``), for maps; None without an elevation raster.
    findings
        What the readers noticed.
    """

    area: StudyArea
    villages: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame | None
    facilities: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame | None = None
    findings: tuple[Finding, ...] = field(default=())
    sources: tuple[SourceRecord, ...] = field(default=())
    water: gpd.GeoDataFrame | None = None
    floods: gpd.GeoDataFrame | None = None
    people_points: gpd.GeoDataFrame | None = None
    neighbours: gpd.GeoDataFrame | None = None
    relief: gpd.GeoDataFrame | None = None

    def __repr__(self) -> str:
        villages = self.villages
        people, unknown = villages["people"].sum(), int(villages["people"].isna().sum())
        roads = "no roads" if self.roads is None else f"{counted(len(self.roads), 'road section')}"
        lost = f" ({counted(unknown, 'village')} unknown)" if unknown else ""
        return (
            f"Layers of {self.area.name} ({self.area.code}): {counted(len(villages), 'village')}, "
            f"{people:,.0f} people{lost}, {counted(len(self.facilities), 'facility', 'facilities')}, {roads}"
        )

    def _repr_html_(self) -> str:
        """Show the facilities of each listed kind."""
        rows = []
        for kind in self.area.listed_kinds:
            mine = self.facilities[self.facilities["kind"] == kind]
            used = mine[mine["status"] == FacilityStatus.USED]
            counts = used["functioning"].value_counts()
            rows.append((kind, len(mine), len(used), *(int(counts.get(word, 0)) for word in YesNo.texts())))
        header = ("kind", "listed", "with a place", *(f"functioning: {word}" for word in YesNo.texts()))
        return titled_table(repr(self), rows, header)

    def with_facilities(self, facilities: gpd.GeoDataFrame) -> Layers:
        """Return the same layers with other facilities, in any CRS; checked, and put into the area's.

        Parameters
        ----------
        facilities
            Points with a column ``kind``; what else the contract asks for is filled in where it is missing.
            The kinds among them count as listed. One that was moved is in the village where it lies now, and
            one without a point is unlocated.

        Raises
        ------
        SchemaError, MissingCrsError
            With what to change.

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> layers = demo_layers(12)
        >>> units = layers.facilities.copy()
        >>> units.loc["P9901001", "geometry"] = None
        >>> layers.with_facilities(units).facilities.loc["P9901001", "status"]
        'unlocated'
        """
        from geodata.checked.facilities import moved_anew

        facilities = moved_anew(facilities, self.facilities, self.villages)
        kinds = tuple(dict.fromkeys((*self.area.listed_kinds, *facilities.get("kind", ()))))
        area = replace(self.area, listed_kinds=kinds)
        return replace(self, area=area, facilities=facilities).checked()

    def checked(self, *, places: bool = True) -> Layers:
        """Return the layers as the planner relies on them; itself where nothing had to be changed.

        Parameters
        ----------
        places
            Whether to look where things lie: not in a piece of a country, which has units from further off
            than its buffer.

        Raises
        ------
        SchemaError
            Numbers below 0 or without end, doubled or empty ids, unknown kinds and words, missing columns,
            rows without a shape, or all of a layer far outside the villages.
        MissingCrsError

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> layers = demo_layers(12)
        >>> layers.checked() is layers
        True
        """
        from geodata.checked.layers import checked_frames

        for name in ("villages", "facilities"):
            if getattr(self, name) is None:
                msg = f"{name} is None: take the layers of build_area, and change their rows"
                raise SchemaError(msg)
        names = ("villages", "roads", "facilities", "hamlets", "water", "floods", "people_points")
        given = {name: frame for name in names if (frame := getattr(self, name)) is not None}
        found = checked_frames(given, self.area.crs, self.area.buffer_m, places=places)
        same = all(given[name] is frame for name, frame in found.items())
        return self if same else replace(self, **found)

    def kept(self) -> Layers:
        """Return the same layers for an answer to rest on: their frames are handed out as copies.

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> layers = demo_layers(12).kept()
        >>> mine = layers.villages
        >>> mine["people"] = 0.0
        >>> int(layers.villages["people"].sum())
        52529
        """
        if isinstance(self, KeptLayers):
            return self
        return KeptLayers(**{one.name: handed(getattr(self, one.name)) for one in fields(self)})

    def units(self, kind: str, *, functioning: bool = True) -> gpd.GeoDataFrame:
        """Return the units of a kind that take part: with a place, in the area or its buffer.

        Parameters
        ----------
        kind
            Such as ``pustu``.
        functioning
            Leave out those that are known not to function.

        Raises
        ------
        UnknownCodeError
            No such kind, or no list of it.

        Examples
        --------
        >>> from planner.pipeline import demo_layers
        >>> set(demo_layers(12).units("pustu")["kind"])
        {'pustu'}
        """
        if kind not in self.area.listed_kinds:
            meant = near_kind(kind, self.area.listed_kinds)
            hint = f" Did you mean {meant!r}?" if meant else ""
            listed = ", ".join(self.area.listed_kinds) or "none"
            msg = f"there is no list of {kind!r} in this area.{hint} Listed are: {listed}"
            raise UnknownCodeError(msg)
        rows = self.facilities
        chosen = (rows["kind"] == kind) & (rows["status"] == FacilityStatus.USED)
        if functioning:
            chosen &= rows["functioning"] != YesNo.NO
        return rows[chosen].sort_index()


@hands_out_copies
@dataclass(frozen=True, repr=False)
class KeptLayers(Layers):
    """Layers that an answer rests on: what is done to their frames changes nothing of it."""


def require_layers(layers: object) -> None:
    """Raise ConfigError for what is no study area, such as the name of its folder.

    Examples
    --------
    >>> require_layers("work/jember")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: layers is a str, not the layers of a study area: open_workspace(…) reads ...
    """
    if not isinstance(layers, Layers):
        msg = (
            f"layers is a {type(layers).__name__}, not the layers of a study area: open_workspace(…) reads "
            "those of a workspace's folder, build_area(…) those of an AREA.yml"
        )
        raise ConfigError(msg)
