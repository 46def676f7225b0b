"""The rows of a list that are of other kabupaten: of a province's list, or the country's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rapidfuzz import fuzz

from geodata.codes import name_key, of_regency, parse_village_code, regency_name, village_key
from geodata.crs import inside_indonesia
from geodata.layers import Cell, Finding, Severity
from geodata.readers.facilities.places import beyond_zone, mirrored, points_in
from geodata.readers.facilities.villages import mostly_bps
from geodata.readers.place_fixes import Places

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from geodata.areafile import FacilitiesFile
    from geodata.readers.facilities.rows import ListRows

# A list with so many places beyond the area, and more than half of all, is one of a larger region.
LARGER_REGION_ROWS = 20
# In a list of a larger region so great a share of its rows may have spoiled places; more are told.
FEW_SPOILED = 0.1
# A word of a kabupaten's name is nearly another from so many of 100 on; shorter words are alike by chance.
NEARLY, SHORT = 80.0, 4
# So alike are names that are written with a space more or less ("Gunungkidl").
SPACED = 90.0
# The word for a kabupaten or kota before its name.
KIND_WORD = re.compile(
    r"\s*(kabupaten|kab|kotamadya|kodya|kota)\b\.?\s*((administrasi|adm)\b\.?\s*)?", re.IGNORECASE
)
# What may stand behind the name: a province in full, or in the short form of some.
PROVINCE = re.compile(
    r"(?<=\w)[\s,(/-]+(prov\w*\b.*|jatim|jateng|jabar|diy|sumut|sumbar|sumsel|kalbar|kalteng|kalsel|kaltim"
    r"|kaltara|sulut|sulteng|sulsel|sultra|sulbar|ntb|ntt|kepri|babel|malut"
    r"|(jawa|sumatera|kalimantan|sulawesi) (barat|tengah|timur|selatan|utara|tenggara)"
    r"|nusa tenggara (barat|timur)|papua( (barat daya|barat|tengah|selatan|pegunungan))?|maluku( utara)?"
    r"|(di )?yogyakarta|(dki )?jakarta|(kepulauan )?bangka belitung|kepulauan riau|aceh|riau|jambi|bengkulu"
    r"|lampung|banten|bali|gorontalo)\W*$",
    re.IGNORECASE,
)


class Others(NamedTuple):
    """Which rows of a list are of other kabupaten.

    Attributes
    ----------
    aside
        bool ``(rows,)``: it is left aside.
    sure
        bool ``(rows,)``: nothing hints that it may be another kabupaten's: it names this one, or the
        list has no row that was left aside.
    findings
        One counts the rows aside.
    """

    aside: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    findings: tuple[Finding, ...]


def others(
    rows: ListRows,
    source: FacilitiesFile,
    villages: gpd.GeoDataFrame,
    zone: shapely.Geometry | None,
    names: tuple[str, str],
) -> Others:
    """Return which rows are left aside, and one finding that counts them.

    A row that names another kabupaten is left aside unless it stands in the area or its buffer, where people
    use it. In a list without such a column, or whose column never names this one, and most of whose places
    lie beyond the buffer, those are. A place far away that lies in the area with the other sign of its
    latitude is none beyond: such a list may have lost its signs.

    Parameters
    ----------
    zone
        The area with its buffer, in the villages' CRS; None leaves nothing aside.
    names
        The kabupaten's name, and what findings call the list. A name that ends with the kabupaten's code
        is none: then the one counts that most rows in the area name.
    """
    lon, lat = rows.stated.lon, rows.stated.lat
    none = np.zeros(len(lon), dtype=bool)
    if zone is None or villages.empty:
        return Others(none, ~none, ())
    unsigned = mirrored(lon, lat, villages, zone)
    beyond = beyond_zone(lon, lat, villages, zone) & ~unsigned
    said = rows.columns.text(source.regency, "regency")
    code = villages["regency_code"].iloc[0]
    if names[0].endswith(code):
        here = (np.isfinite(lon) & ~beyond) | _at_home(rows, source, villages)
        names = _told_name(names[0], code, said, here), names[1]
    ours = np.asarray(said.isin([t for t in said.dropna().unique() if of_regency(t, code, names[0])]))
    if ours.any():
        return _by_name(rows, source, villages, names, ours, beyond | unsigned)
    return _by_place(rows, source, villages, zone, names, beyond, unsigned)


def _told_name(name: str, code: str, said: pd.Series[Any], here: NDArray[np.bool_]) -> str:
    """Return the kabupaten's name, of which only the code is known: the one that most rows within it name."""
    full = said.map(lambda text: regency_name(text, code) if isinstance(text, str) else None)
    counts = full[here].value_counts()
    if counts.empty:
        return name
    most, times = str(counts.index[0]), int(counts.iloc[0])
    return most if 2 * times > max(int(said[here].notna().sum()), int((full == most).sum())) else name


def _by_name(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, names: tuple[str, str],
    ours: NDArray[np.bool_], beyond: NDArray[np.bool_],
) -> Others:  # fmt: skip
    """Return the rows aside of a list whose column of kabupaten names this one."""
    name, file = names
    said = rows.columns.text(source.regency, "regency")
    column = str(rows.columns.pick(source.regency, "regency"))
    code = villages["regency_code"].iloc[0]
    near = np.isfinite(rows.stated.lon) & ~beyond
    slips = _slips(said, name, code)
    home = _at_home(rows, source, villages) & ~np.isfinite(rows.stated.lon)
    slip = slips & home & ~ours
    aside = np.asarray(said.notna()) & ~ours & ~near & ~slip
    odd = _within(np.asarray(said.notna()) & ~ours & near & ~slips, rows, villages)
    return Others(aside, ours | ~aside.any(), (
        *_finding(aside, rows.columns.text(source.name, "name"), file),
        *_slip_finding(said[slip], (name, file), column),
        *_contradicted_finding(said[odd], (name, file), column),
    ))  # fmt: skip


def _by_place(
    rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame, zone: shapely.Geometry,
    names: tuple[str, str], beyond: NDArray[np.bool_], unsigned: NDArray[np.bool_],
) -> Others:  # fmt: skip
    """Return the rows aside of a list of which no row names this kabupaten: by where most places lie."""
    name, file = names
    lon, lat = rows.stated.lon, rows.stated.lat
    said = rows.columns.text(source.regency, "regency")
    column = str(rows.columns.pick(source.regency, "regency"))
    unused = _never_ours(said.dropna(), names, column) if name else ()
    spoiled = np.isfinite(lon) & ~inside_indonesia(lon, lat)
    beyond &= ~spoiled | _elsewhere(lon, lat, spoiled, villages, zone)
    if beyond.sum() < max(LARGER_REGION_ROWS, np.isfinite(lon).sum() / 2 + 1):
        return Others(np.zeros(len(lon), dtype=bool), said.isna().to_numpy(dtype=bool), unused)
    # In a list of a larger region a place is a real one, until its row says otherwise.
    claimed = _claimed(rows, source, villages)
    unsigned &= ~claimed & ~_names_village(rows, source, villages)
    aside = (beyond & ~claimed) | unsigned
    label = rows.columns.text(source.name, "name")
    found = (
        *unused,
        *_finding(aside, label, file),
        *_told_places("place_elsewhere", _spoiled_of(aside, spoiled), rows, file),
        *_told_places("sign_elsewhere", unsigned, rows, file),
    )
    return Others(aside, said.isna().to_numpy(dtype=bool) & ~aside.any(), found)


def _never_ours(said: pd.Series[Any], names: tuple[str, str], column: str) -> tuple[Finding, ...]:
    """Return the finding about a column of kabupaten that never names this one: it keeps nothing out."""
    if said.empty:
        return ()
    name, file = names
    values = said.value_counts()
    cells = tuple(
        Cell(file, int(row), column, text, effect="is read as if nothing said its kabupaten")
        for row, text in said.items()
    )
    return (Finding(
        "warning", "facilities", "regency_never_ours", len(cells),
        tuple(f"{text} ({n} rows)" for text, n in values.head(5).items()),
        f"{file}: the column {column} never names {name}, and keeps no row out",
        "write name: in AREA.yml as the list has it; if all rows are of elsewhere, take the list out", cells,
    ),)  # fmt: skip


def _within(some: NDArray[np.bool_], rows: ListRows, villages: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which of some rows have a place within a village of the area, and not just in its buffer."""
    if not some.any():
        return some
    at = np.flatnonzero(some)
    places = points_in(rows.stated.lon[at], rows.stated.lat[at], villages)
    found = np.zeros(len(some), dtype=bool)
    found[at[villages.sindex.query(places, predicate="intersects")[0]]] = True
    return found


def _contradicted_finding(said: pd.Series[Any], names: tuple[str, str], column: str) -> tuple[Finding, ...]:
    """Return the finding about rows of another kabupaten, as they say, whose place is in the area."""
    if said.empty:
        return ()
    name, file = names
    effect = "is counted by its place, whatever kabupaten it names"
    cells = tuple(Cell(file, int(i), column, t, effect=effect) for i, t in said.items())
    return (Finding(
        "warning", "facilities", "regency_contradicted", len(cells),
        tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: rows that name another kabupaten than {name}, and have their place in one of its villages, "
        "were kept",
        "correct the kabupaten, or the coordinates and the village", cells,
    ),)  # fmt: skip


def _slips(said: pd.Series[Any], name: str, code: str) -> NDArray[np.bool_]:
    """Return which rows write the kabupaten's name nearly, as "Kab Jmber" for Jember.

    A kota is not the kabupaten of its name; its code tells which the area is.
    """
    return np.array([isinstance(t, str) and nearly_named(t, name, code) for t in said], dtype=bool)


def nearly_named(text: str, name: str, code: str) -> bool:
    """Return whether a text is the name of a kabupaten or kota with a slip of the pen.

    Examples
    --------
    >>> nearly_named("Kab Jmber", "Kabupaten Jember", "35.09"), nearly_named("Kota Jmber", "Jember", "35.09")
    (True, False)
    """
    ours, city = _words(name), code[3:4] == "7"
    if _is_city(text) not in (city, None):
        return False
    # Banda Aceh has a province in its name: both readings may be meant.
    return any(_nearly(_words(one), ours) for one in (text, PROVINCE.sub("", text)))


def _is_city(name: str) -> bool | None:
    """Return whether a name is of a kota; None where it says neither."""
    word = KIND_WORD.match(name)
    return None if word is None else not word[1].lower().startswith("kab")


def _words(name: str) -> list[str]:
    """Return the words of a kabupaten's name, without the word for it."""
    return re.findall(r"[a-z]+", KIND_WORD.sub("", name, count=1).lower())


def _nearly(one: list[str], other: list[str]) -> bool:
    """Return whether one name is the other with a slip.

    Word by word: Halmahera Barat and Halmahera Utara are two, and so are Aceh Barat and Aceh Barat Daya.
    """
    if len(one) == len(other):
        return bool(one) and all(a == b or _alike(a, b, NEARLY) for a, b in zip(one, other, strict=True))
    return _alike("".join(one), "".join(other), SPACED)


def _alike(one: str, other: str, least: float) -> bool:
    return min(len(one), len(other)) >= SHORT and float(fuzz.ratio(one, other)) >= least


def _at_home(rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which rows name a village of the area in its kecamatan."""
    pairs = zip(villages["village_name"], villages["district_name"], strict=True)
    known = {(name_key(v), name_key(d)) for v, d in pairs if d}
    village = rows.columns.text(source.village_name, "village_name")
    district = rows.columns.text(source.district_name, "district_name")
    named = [
        isinstance(v, str) and isinstance(d, str) and (name_key(v), name_key(d)) in known
        for v, d in zip(village, district, strict=True)
    ]
    return np.array(named, dtype=bool)


def _names_village(rows: ListRows, source: FacilitiesFile, villages: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which rows name a village of the area, and no kecamatan of elsewhere."""
    known = {village_key(v) for v in villages["village_name"]} - {""}
    village = rows.columns.text(source.village_name, "village_name")
    district = rows.columns.text(source.district_name, "district_name")
    named = [isinstance(v, str) and village_key(v) in known for v in village]
    return np.asarray(np.array(named, dtype=bool) & district.isna().to_numpy(dtype=bool))


def _claimed(
    rows: ListRows,
    source: FacilitiesFile,
    villages: gpd.GeoDataFrame,
) -> NDArray[np.bool_]:
    """Return the rows that name a kecamatan of the area, or have the code of a village of it."""
    districts = {name_key(d) for d in villages["district_name"] if d}
    district = rows.columns.text(source.district_name, "district_name")
    named = [isinstance(d, str) and name_key(d) in districts for d in district]
    code = rows.columns.text(source.village, "village")
    known = set() if mostly_bps(code) else set(villages.index)
    coded = [isinstance(c, str) and parse_village_code(c) in known for c in code]
    return np.array([a or b for a, b in zip(named, coded, strict=True)], dtype=bool)


def _elsewhere(
    lon: NDArray[np.float64], lat: NDArray[np.float64], spoiled: NDArray[np.bool_],
    villages: gpd.GeoDataFrame, zone: shapely.Geometry,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return which spoiled places can be read, and only as places beyond the zone.

    What nobody can read is of no other kabupaten: it may be of this one.
    """
    out, known = np.zeros(len(lon), dtype=bool), Places(villages, zone)
    for i in np.flatnonzero(spoiled):
        out[i] = known.elsewhere(float(lon[i]), float(lat[i]))
    return out


def _spoiled_of(aside: NDArray[np.bool_], spoiled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows aside by spoiled places, where these are more than a few."""
    found = aside & spoiled
    return found if found.sum() > FEW_SPOILED * aside.sum() else np.zeros(len(aside), dtype=bool)


# What is told of places in a list of a larger region that were read as those of other kabupaten.
_PLACES_SAID = {
    "place_elsewhere": (
        "places outside Indonesia were read as those of other kabupaten, and left aside",
        "is left aside: each way to read it lies beyond the area"),
    "sign_elsewhere": (
        "places far beyond the area, that lie in it with the other sign of latitude, were left aside",
        "is left aside: with the other sign of its latitude it lies in the area"),
}  # fmt: skip


def _told_places(rule: str, told: NDArray[np.bool_], rows: ListRows, file: str) -> tuple[Finding, ...]:
    """Return the finding about rows aside whose places may be this kabupaten's; none where there are none."""
    if not told.any():
        return ()
    index, said = rows.columns.table.index, rows.stated.said
    what, effect = _PLACES_SAID[rule]
    cells = tuple(
        Cell(file, int(index[i]), rows.place_column, str(said[i]), effect=effect)
        for i in np.flatnonzero(told)
    )
    return (Finding(
        "warning", "facilities", rule, len(cells), tuple(f"row {c.row} ({c.value})" for c in cells[:5]),
        f"{file}: {what}",
        "look through them; correct those that are of this kabupaten", cells,
    ),)  # fmt: skip


def _slip_finding(said: pd.Series[Any], names: tuple[str, str], column: str) -> tuple[Finding, ...]:
    """Return the finding about rows whose kabupaten is taken for a slip of the pen."""
    if said.empty:
        return ()
    name, file = names
    cells = tuple(Cell(file, int(i), column, t, name) for i, t in said.items())
    shown = tuple(f"row {i} ({t})" for i, t in said.head(5).items())
    return (Finding(
        "warning", "facilities", "regency_slip", len(cells), shown,
        f"{file}: rows whose kabupaten is written otherwise, in a village and kecamatan of {name}, were kept",
        "write the kabupaten's name as the others have it; if another is meant, correct the village", cells,
    ),)  # fmt: skip


def _finding(aside: NDArray[np.bool_], name: pd.Series[Any], file: str) -> tuple[Finding, ...]:
    if not aside.any():
        return ()
    # Nothing left: more likely the wrong file than a kabupaten without a facility.
    severity: Severity = "error" if aside.all() else "info"
    return (Finding(
        severity, "facilities", "other_regency", int(aside.sum()),
        tuple(f"row {row} ({said})" for row, said in name[aside].head(5).items()),
        f"{file}: rows of other kabupaten/kota, beyond the area and its buffer, were left aside",
        "none needed, unless the code: in AREA.yml is wrong",
        tuple(
            Cell(file, int(row), "", str(said), effect="is left aside, being another kabupaten's")
            for row, said in name[aside].fillna("").items()
        ),
    ),)  # fmt: skip
