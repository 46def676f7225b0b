"""Where each row of a list stands: by its coordinates, mended where that is proved, or by its village."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84, inside_indonesia
from geodata.layers import Cell, Finding, Severity
from geodata.readers.coordinates import foreign_places, points_of, unreadable
from geodata.readers.place_fixes import FITS_WITHIN_M, Fix, Places, Proposal
from geodata.villages_at import village_at
from geodata.vocabulary.statuses import LocatedBy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geodata.readers.facilities.rows import ListRows
    from geodata.readers.facilities.villages import Declared

# So many rows of a list, and so great a share of its spoiled ones, spoiled in one way are proof enough that
# the file was: two columns under each other's heading, say.
ALL_ALIKE_ROWS = 5
ALL_ALIKE_SHARE = 0.9
# A place so far beyond the area and its buffer is no neighbour's that people of the area use.
NEIGHBOUR_M = 50_000.0


class ListPart(NamedTuple):
    """The rows of a list that are of one kabupaten.

    Attributes
    ----------
    rows
        int64 ``(rows of the kabupaten,)``, their numbers in the list.
    villages
        Of the kabupaten, in its metric CRS.
    buffer_m
        A place this far beyond its villages is still of the kabupaten.
    """

    rows: NDArray[np.int64]
    villages: gpd.GeoDataFrame
    buffer_m: float


class Far(NamedTuple):
    """The rows whose place is far from the area, though the row itself names a village of it.

    Attributes
    ----------
    rows
        int64 ``(far,)``, their numbers in the list; nobody said that their place is right.
    away_m
        float64 ``(far,)``, metres from each place to the village that its row names.
    """

    rows: NDArray[np.int64]
    away_m: NDArray[np.float64]


class ListGround(NamedTuple):
    """The villages among which a list's units stand.

    Attributes
    ----------
    villages
        In a metric CRS.
    zone
        The area with its buffer, in the same CRS: a place beyond it is held against what its row says. None:
        only places outside Indonesia are.
    parts
        Of a list of several kabupaten, whose rows are known: the place of each is held against its own.
    """

    villages: gpd.GeoDataFrame
    zone: shapely.Geometry | None
    parts: Sequence[ListPart] = ()


class Placed(NamedTuple):
    """Where rows stand.

    Attributes
    ----------
    place
        object ``(rows,)``, Points in the villages' CRS; None where nothing tells.
    village
        object ``(rows,)``, code of the village: the one that the row names, or else the one around the
        point; None for neither.
    located_by
        object ``(rows,)``, what the place was taken from.
    findings
        Places that were mended, that might be, and that cannot be read.
    """

    place: NDArray[np.object_]
    village: NDArray[np.object_]
    located_by: NDArray[np.object_]
    findings: tuple[Finding, ...]


def place_rows(
    rows: ListRows, declared: Declared, district: pd.Series[Any], ground: ListGround,
    ids: pd.Series[Any], file: str, *, fix: Fix, sure: NDArray[np.bool_],
    decided: Mapping[int, bool] = MappingProxyType({}),
) -> Placed:  # fmt: skip
    """Return where the rows of a list stand.

    Parameters
    ----------
    ground
        The villages among which they stand.
    fix
        Which proposals are taken over.
    sure
        bool ``(rows,)``: whether nothing hints that it is of another kabupaten, whose villages may share
        names.
    decided
        By the row's number in the file, what somebody decided about its proposal, whatever ``fix`` says.

    Raises
    ------
    OutsideIndonesiaError, SchemaError
        Most places lie outside Indonesia, or cannot be read; nothing mends them, and most of them have no
        village either: it is the wrong file.
    """
    villages, zone, parts = ground
    lon, lat = rows.stated.lon.copy(), rows.stated.lat.copy()
    unread = rows.stated.unread
    kept = _confirmed(rows.columns.table.index, decided)
    # A place that lost its sign may still lie in Indonesia: near the equator its mirror does.
    unsigned = mirrored(lon, lat, villages, zone) & ~kept
    foreign = np.isfinite(lon) & (~inside_indonesia(lon, lat) | unsigned)
    beyond = beyond_zone(lon, lat, villages, zone) & ~foreign
    for part in parts:
        beyond[part.rows] = _beyond_part(part, lon, lat) & ~foreign[part.rows]
    doubtful = foreign | beyond
    for part in parts:
        # It is asked below.
        doubtful[part.rows] = False
    proposals = _proposals(lon, lat, doubtful, foreign, declared, district, Places(villages, zone))
    for part in parts:
        proposals |= _of_part(part, lon, lat, foreign | beyond, foreign, declared, district)
    taken = _decided(_taken(proposals, foreign, fix), proposals, rows.columns.table.index, decided)
    for i in taken:
        lon[i], lat[i] = proposals[i].lon, proposals[i].lat
    lost = (foreign & ~np.isin(np.arange(len(lon)), list(taken))) | unread
    if not _mostly_in_villages(declared, lost):
        _refuse_mostly_lost(rows, lost, foreign, ids, file)
    kept[list(taken)] = True
    far = _far(lon, lat, beyond & ~kept & _declared_here(declared, sure), declared, villages)
    lost[far.rows] = True
    findings = (
        *_findings(rows, proposals, taken, foreign, lost, ids, file),
        *_far_finding(rows, far, declared, ids, file),
    )
    lon[lost], lat[lost] = np.nan, np.nan
    place = gpd.GeoSeries(points_of(lon, lat), crs=WGS84).to_crs(villages.crs).to_numpy()
    return _located(place, declared, villages, findings)


def _confirmed(index: pd.Index[int], decided: Mapping[int, bool]) -> NDArray[np.bool_]:
    """Return the rows of which somebody decided that their place stays as it is written."""
    return np.array([decided.get(int(row)) is False for row in index], dtype=bool)


def _declared_here(declared: Declared, sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows that name a village of this area and of no other, whatever their place says.

    A code does. A name does with its kecamatan, and where the list has no rows of other kabupaten: Arjasa in
    the kecamatan of Arjasa is in three of one province.
    """
    named = np.array([code is not None for code in declared.code], dtype=bool)
    within = np.array([code is not None for code in declared.district], dtype=bool)
    return named & (~declared.by_name | (within & sure))


def _far(
    lon: NDArray[np.float64], lat: NDArray[np.float64], beyond: NDArray[np.bool_], declared: Declared,
    villages: gpd.GeoDataFrame,
) -> Far:  # fmt: skip
    """Return the rows beyond the area whose place is far from the village that they name."""
    rows = np.flatnonzero(beyond)
    own = villages.geometry.loc[list(declared.code[rows])].to_numpy()
    away = np.asarray(shapely.distance(own, points_in(lon[rows], lat[rows], villages)), dtype=np.float64)
    # Outlines are drawn from small maps: what touches its village is not elsewhere.
    out = away > FITS_WITHIN_M
    return Far(rows[out], away[out])


def _beyond_part(part: ListPart, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows of one kabupaten have a place that is beyond it and its buffer."""
    mine = part.rows
    there = points_in(lon[mine], lat[mine], part.villages)
    tree = shapely.STRtree(part.villages.geometry.to_numpy())
    near = np.zeros(len(mine), dtype=bool)
    near[tree.query(there, predicate="dwithin", distance=part.buffer_m)[0]] = True
    return np.asarray(np.isfinite(lon[mine]) & ~near, dtype=bool)


def _of_part(
    part: ListPart, lon: NDArray[np.float64], lat: NDArray[np.float64], spoiled: NDArray[np.bool_],
    foreign: NDArray[np.bool_], declared: Declared, district: pd.Series[Any],
) -> dict[int, Proposal]:  # fmt: skip
    """Return the proposals for the rows of one kabupaten, by the villages of this one."""
    # Here, because the module of roads needs this package.
    from geodata.readers.roads import study_zone

    doubtful = np.zeros(len(lon), dtype=bool)
    doubtful[part.rows] = spoiled[part.rows]
    if not doubtful.any():
        return {}
    zone = study_zone(part.villages, part.buffer_m) if foreign[part.rows].any() else None
    return _proposals(lon, lat, doubtful, foreign, declared, district, Places(part.villages, zone))


def points_in(
    lon: NDArray[np.float64], lat: NDArray[np.float64], villages: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return places (degrees) in the villages' CRS; of the whole earth only what can be projected.

    Parameters
    ----------
    lon, lat
        float64 ``(rows,)``, degrees; NaN for none.
    villages
        The contract of the layer, in a metric CRS.

    Returns
    -------
    places
        object ``(rows,)``, Points or None, metres.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> villages = GeoDataFrame(geometry=[], crs=32749)
    >>> [int(p.x) for p in points_in(np.array([111.0]), np.array([-8.0]), villages)]
    [500000]
    """
    near = np.isfinite(lon) & inside_indonesia(lon, lat)
    points = points_of(np.where(near, lon, np.nan), lat)
    out: NDArray[np.object_] = gpd.GeoSeries(points, crs=WGS84).to_crs(villages.crs).to_numpy()
    return out


def beyond_zone(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    villages: gpd.GeoDataFrame,
    zone: shapely.Geometry | None,
) -> NDArray[np.bool_]:
    """Return which places lie beyond the area and its buffer; one without a place does not.

    Parameters
    ----------
    lon, lat
        float64 ``(rows,)``, degrees; NaN for none.
    villages
        The contract of the layer, in a metric CRS.
    zone
        The area with its buffer, in that CRS; None: nothing lies beyond.

    Returns
    -------
    beyond
        bool ``(rows,)``.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> villages = GeoDataFrame(geometry=[], crs=32749)
    >>> lon, lat = np.array([111.0, 112.0, np.nan]), np.array([-8.0, -8.0, np.nan])
    >>> zone = points_in(lon[:1], lat[:1], villages)[0].buffer(100.0)
    >>> beyond_zone(lon, lat, villages, zone).tolist()
    [False, True, False]
    """
    if zone is None:
        return np.zeros(len(lon), dtype=bool)
    place = points_in(lon, lat, villages)
    return np.asarray(np.isfinite(lon) & ~shapely.intersects(zone, place), dtype=bool)


def mirrored(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    villages: gpd.GeoDataFrame,
    zone: shapely.Geometry | None,
) -> NDArray[np.bool_]:
    """Return which places lie far beyond the area, and in it or its buffer with the other sign of latitude.

    They lie in Indonesia as they are written: those that do not are spoiled anyway. A place nearer to the
    area may be a neighbour's.

    Parameters
    ----------
    lon, lat, villages, zone
        As for :func:`beyond_zone`.

    Returns
    -------
    mirrored
        bool ``(rows,)``.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> villages = GeoDataFrame(geometry=[], crs=32748)
    >>> lon, lat = np.array([102.5, 102.5, 102.5]), np.array([-3.4, 3.4, 2.4])
    >>> zone = points_in(lon[:1], lat[:1], villages)[0].buffer(100.0)
    >>> mirrored(lon, lat, villages, zone).tolist()
    [False, True, False]
    """
    out = beyond_zone(lon, lat, villages, zone) & inside_indonesia(lon, lat) & inside_indonesia(lon, -lat)
    at = np.flatnonzero(out)
    out[at] = ~beyond_zone(lon[at], -lat[at], villages, zone)
    at = np.flatnonzero(out)
    out[at] = shapely.distance(zone, points_in(lon[at], lat[at], villages)) > NEIGHBOUR_M
    return out


def _proposals(
    lon: NDArray[np.float64], lat: NDArray[np.float64], doubtful: NDArray[np.bool_],
    foreign: NDArray[np.bool_], declared: Declared, district: pd.Series[Any], known: Places,
) -> dict[int, Proposal]:  # fmt: skip
    """Return, by row, the one reading of a doubtful place that fits what the row says of it."""
    if not doubtful.any():
        return {}
    found: dict[int, Proposal] = {}
    for i in map(int, np.flatnonzero(doubtful)):
        within = district.iloc[i]
        proposal = known.proposal(
            float(lon[i]), float(lat[i]), village=declared.code[i],
            district=within if isinstance(within, str) else "", anywhere=bool(foreign[i]),
        )  # fmt: skip
        if proposal is not None:
            found[i] = proposal
    return found


def _taken(proposals: dict[int, Proposal], foreign: NDArray[np.bool_], fix: Fix) -> frozenset[int]:
    """Return the rows whose proposal is taken over: those that are proved, unless others are asked for.

    A place in Indonesia that is only far from the area may be right, and the row belong to a neighbour: it
    needs the village or kecamatan of its own row.
    """
    if fix is Fix.NONE:
        return frozenset()
    if fix is Fix.ALL:
        return frozenset(proposals)
    safe = {i for i, p in proposals.items() if p.safe}
    ways = Counter(p.how for i, p in proposals.items() if foreign[i])
    for how, times in ways.items():
        if times >= max(ALL_ALIKE_ROWS, ALL_ALIKE_SHARE * foreign.sum()):
            safe |= {i for i, p in proposals.items() if foreign[i] and p.how == how}
    return frozenset(safe)


def _decided(
    taken: frozenset[int], proposals: dict[int, Proposal], index: pd.Index[int], decided: Mapping[int, bool]
) -> frozenset[int]:
    """Return the rows whose proposal is taken over, by what somebody decided where they did."""
    return frozenset(i for i in proposals if decided.get(int(index[i]), i in taken))


def _mostly_in_villages(declared: Declared, lost: NDArray[np.bool_]) -> bool:
    """Return whether most rows with a lost place name a village of the area: each stands there instead."""
    named = sum(code is not None for code in declared.code[lost])
    return bool(named * 2 > lost.sum())


def _refuse_mostly_lost(
    rows: ListRows, lost: NDArray[np.bool_], foreign: NDArray[np.bool_], ids: pd.Series[Any], file: str
) -> None:
    """Raise where most coordinates are lost: a few are set aside instead."""
    stated = np.isfinite(rows.stated.lon) | rows.stated.unread
    if lost.sum() * 2 <= stated.sum():
        return
    what, index = rows.columns.what, rows.columns.table.index
    bad = np.flatnonzero(lost & foreign)
    if len(bad):
        places = [
            (f"row {index[i]} ({ids.iloc[i]})", float(rows.stated.lat[i]), float(rows.stated.lon[i]))
            for i in bad
        ]
        raise foreign_places(places, len(lost), what, file)
    raise unreadable(rows.stated, index, np.flatnonzero(lost), what, file)


def _findings(
    rows: ListRows, proposals: dict[int, Proposal], taken: frozenset[int], foreign: NDArray[np.bool_],
    lost: NDArray[np.bool_], ids: pd.Series[Any], file: str,
) -> tuple[Finding, ...]:  # fmt: skip
    index, column = rows.columns.table.index, rows.place_column

    def finding(severity: Severity, rule: str, bad: list[int], text: str, action: str) -> list[Finding]:
        cells = tuple(
            Cell(file, int(index[i]), column, str(rows.stated.said[i]), _words(proposals.get(i)), i in taken,
                 str(ids.iloc[i]))
            for i in bad
        )  # fmt: skip
        shown = tuple(f"{c.id} ({c.proposal or c.value})" for c in cells[:5])
        return [
            Finding(severity, "facilities", rule, len(bad), shown, f"{file}: {text}", action, cells)
        ] * bool(bad)

    mended = sorted(taken)
    offered = sorted(i for i in proposals if i not in taken)
    nowhere = [int(i) for i in np.flatnonzero(lost & foreign) if i not in proposals]
    return (
        *finding("warning", "place_mended", mended,
                 "coordinates were spoiled, and mended where the row itself proves the place",
                 "write them so into the list"),
        *finding("error" if any(lost[i] for i in offered) else "warning", "place_proposed", offered,
                 *_not_taken([proposals[i] for i in offered])),
        *finding("error", "place_lost", nowhere,
                 "coordinates lie outside Indonesia, and no way to read them fits",
                 "correct them; until then the village counts, where the row names one"),
        *finding("warning", "place_zero", [int(i) for i in np.flatnonzero(rows.stated.zero)],
                 "0, 0 is no place in Indonesia: it was taken for an empty cell",
                 "give the place, or leave the cells empty; until then its village counts, if it names one"),
        *finding("error", "place_unread", [int(i) for i in np.flatnonzero(rows.stated.unread)],
                 "coordinates cannot be read",
                 "write degrees as -8.1706 or 8°10'14\" LS; until then its village counts, if it names one"),
    )  # fmt: skip


def _not_taken(offered: list[Proposal]) -> tuple[str, str]:
    """Return what is said of proposals that were not taken over, and what to do."""
    said = "coordinates are spoiled; there is a place that fits"
    if any(proposal.safe for proposal in offered):
        # Somebody asked for none of them, or decided so.
        return f"{said}, and it was not taken over", "correct them, or build with --fix safe or --fix all"
    return f"{said}, and nothing in the row proves it", "correct them, or build with --fix all"


def _far_finding(
    rows: ListRows, far: Far, declared: Declared, ids: pd.Series[Any], file: str
) -> tuple[Finding, ...]:
    """Return the finding about places that do not count beside the village of their row."""
    if not len(far.rows):
        return ()
    index, said = rows.columns.table.index, rows.stated.said
    cells = tuple(
        Cell(file, int(index[i]), rows.place_column, str(said[i]), id=str(ids.iloc[i]),
             effect=f"stands in the village of its row ({declared.code[i]}): its place is {m / 1000:.0f} km "
                    "from there")
        for i, m in zip(far.rows, far.away_m, strict=True)
    )  # fmt: skip
    shown = tuple(
        f"{cell.id} ({cell.value}, {m / 1000:.0f} km)" for cell, m in zip(cells[:5], far.away_m, strict=False)
    )
    return (Finding(
        "error", "facilities", "place_far", len(cells), shown,
        f"{file}: coordinates lie beyond the area and its buffer, far from the village that the row names; "
        "the village counts",
        "correct the coordinates, or the village where the unit is another kabupaten's", cells,
    ),)  # fmt: skip


def _words(proposal: Proposal | None) -> str:
    if proposal is None:
        return ""
    return f"{proposal.lat:.6f}, {proposal.lon:.6f}: {proposal.how}; it {proposal.evidence}"


def _located(
    place: NDArray[np.object_], declared: Declared, villages: gpd.GeoDataFrame, findings: tuple[Finding, ...]
) -> Placed:
    """Return how each row was located, its point and its village (declared before located)."""
    inner = villages.geometry.representative_point()
    has_point = ~shapely.is_missing(place)
    has_village = np.array([d is not None for d in declared.code], dtype=bool)
    located_by = np.select(
        [has_point, has_village & ~declared.by_name, has_village],
        [LocatedBy.COORDINATES, LocatedBy.VILLAGE, LocatedBy.NAME],
        LocatedBy.NONE,
    ).astype(object)
    place = place.copy()
    from_village = ~has_point & has_village
    place[from_village] = inner.loc[list(declared.code[from_village])].to_numpy()
    village = np.where(has_village, declared.code, village_at(place, villages))
    return Placed(place, village, located_by, findings)
