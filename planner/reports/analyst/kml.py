"""KML of an answer for phones: villages in the colours of their status, and facilities with their names."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geodata.arguments import as_path
from geodata.crs import WGS84
from geodata.errors import ConfigError, DiskError
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.show import STATUS_COLORS, what_if
from planner.reports.analyst.frames import frames_of
from planner.reports.analyst.said import AnswerSaid, first_listed
from planner.reports.documents.words import clean
from planner.reports.maps.symbols import symbol_of
from planner.reports.stops import named_in, stop_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.coverage.study import Gaps
    from planner.ilp.model import Ilp
    from planner.reports.analyst.frames import Frames

SUFFIX = ".kml"
# Larger files open slowly on a phone, or not at all; outlines get simpler until it is no more.
MOST_BYTES = 5_000_000
SIMPLE_M = (15.0, 30.0, 60.0, 120.0, 240.0)
DECIMALS = 5  # of a degree: a metre
FILL_OPACITY, HEX_OPAQUE = "99", "ff"
OUTLINE = "#444444"
# Some apps take a name for HTML, though by the standard it is plain text: these look alike and do no harm.
NO_TAGS = str.maketrans({"<": "\u2039", ">": "\u203a"})

# Of a description, which is HTML within XML.
BREAK, BOLD, PLAIN = (html.escape(tag) for tag in ("<br>", "<b>", "</b>"))
VILLAGE_COLUMNS = ("village_name", "district_name", "people")
KIND_FACTS = ("status", "minutes_median", "reason", "nearest_id")
UNIT_COLUMNS = ("kind", "functioning", "status", "people_own", "load", "name", "geometry")


class _Fact(NamedTuple):
    """A line of a description: a heading, and what it says."""

    heading: str
    value: str


def write_kml(
    ilp: Ilp,
    path: str | Path,
    *,
    lang: str = "id",
    kind: str | None = None,
    frames: Frames | None = None,
) -> Path:
    """Write villages and facilities as KML, for Google Earth and other maps on a phone.

    Villages are coloured by their status of one kind; a touch shows that of every kind. Outlines are
    simplified until the file has at most 5 MB. Facilities without a place are listed, and not on the map.

    Parameters
    ----------
    ilp
        An answer.
    path
        The file, ``.kml``; one that is there is replaced.
    lang
        ``id`` or ``en``.
    kind
        Whose status colours the villages; the first that has a list when None.
    frames
        Of the answer, where they are there already; made when None.

    Returns
    -------
    path
        Of the file.

    Raises
    ------
    ConfigError
        Another language, kind of file, or kind of facility.
    DiskError
        The folder is not there, or the disk is full or refuses; what was there before is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     file = write_kml(Ilp(find_gaps(demo_layers(12))), Path(folder, "gaps.kml"), lang="en")
    ...     file.read_text("utf-8").count("<Polygon>")
    12
    """
    path = as_path(path, "path")
    if path.suffix.lower() != SUFFIX:
        msg = f"{path.name}: a KML file ends in {SUFFIX}; name it {path.with_suffix(SUFFIX).name}"
        raise ConfigError(msg)
    text = kml_text(ilp, lang=lang, kind=kind, frames=frames)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, "utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        msg = f"{path} could not be written: {error.strerror or error}. What was there before is unchanged."
        raise DiskError(msg) from error
    return path


def kml_text(ilp: Ilp, *, lang: str = "id", kind: str | None = None, frames: Frames | None = None) -> str:
    """Return the KML of :func:`write_kml` as text.

    Parameters
    ----------
    ilp, lang, kind, frames
        As there.

    Raises
    ------
    ConfigError
        Another language or kind of facility.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> kml_text(Ilp(find_gaps(demo_layers(12))), lang="en").count("<Placemark>")
    57
    """
    gaps = ilp.gaps
    shown = first_listed(gaps) if kind is None else kind
    gaps.scenario.rule(shown)
    said = AnswerSaid(gaps, lang)
    frames = frames_of(ilp) if frames is None else frames
    villages = list(_village_heads(frames.villages, gaps, shown, said))
    units = _folder(said.facilities(), _units(frames.facilities, said))
    head = _head(gaps, shown, said)
    for simple_m in SIMPLE_M:
        shapes = _outlines(gaps, simple_m)
        marks = (f"{one}{shape}</Placemark>\n" for one, shape in zip(villages, shapes, strict=True))
        text = f"{head}{_folder(said.layer(shown, gaps.scenario.season), marks)}{units}</Document>\n</kml>\n"
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def _head(gaps: Gaps, kind: str, said: AnswerSaid) -> str:
    # Here, because importing Folium takes most of half a second.
    from planner.reports.maps.page import attribution

    area = gaps.layers.area
    # A map of what might be must not pass for the present.
    title = f"{said.map['title']}: {area.name} ({area.code})"
    title = ". ".join(filter(None, (what_if(gaps.scenario, said.map), title)))
    lines = [said.layer(kind, gaps.scenario.season), *said.statuses().values()]
    note = f"<p>{html.escape(lines[0])}</p>" + "".join(
        f"<span style='color:{color}'>&#9632;</span> {html.escape(label)}<br>"
        for color, label in zip(STATUS_COLORS.values(), lines[1:], strict=True)
    )
    styles = "".join(
        f'<Style id="{status}"><LineStyle><color>{_abgr(OUTLINE)}</color><width>1</width></LineStyle>'
        f"<PolyStyle><color>{_abgr(color, FILL_OPACITY)}</color></PolyStyle></Style>\n"
        for status, color in STATUS_COLORS.items()
    )
    kinds = sorted({*gaps.coverage, *gaps.layers.facilities["kind"]})
    styles += "".join(
        f'<Style id="unit-{_plain(one)}"><IconStyle><color>{_abgr(symbol_of(one).color)}'
        "</color><scale>0.9</scale></IconStyle><LabelStyle><scale>0.8</scale></LabelStyle></Style>\n"
        for one in kinds
    )
    if gaps.ways is None:
        note += f"<p>{html.escape(said.map['network_none'])}</p>"
    note += f"<p>{clean(attribution(gaps, said.map))}</p>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{_name(title)}</name><open>1</open><description>{html.escape(note)}</description>\n{styles}"
    )


def _folder(name: str, marks: Iterator[str]) -> str:
    return f"<Folder><name>{_name(name)}</name>\n{''.join(marks)}</Folder>\n"


def _village_heads(frame: gpd.GeoDataFrame, gaps: Gaps, kind: str, said: AnswerSaid) -> Iterator[str]:
    """Give each village's placemark but for its outline."""
    names = named_in(gaps.layers.facilities["name"], said.lang).to_dict()
    # Minutes of a kind that is reached by vehicle are of a walk all the same.
    minutes = said.map["minutes"]
    if gaps.ways is None:
        minutes = f"{minutes}, {said.map['mode_straight']}"
    columns = [*VILLAGE_COLUMNS, *(f"{one}_{fact}" for one in gaps.coverage for fact in KIND_FACTS)]
    at_most = {one: answer.at_most_of("minutes_median") for one, answer in gaps.coverage.items()}
    for code, row in _rows(frame, columns):
        facts = [
            _Fact(said.heading("village_code"), str(code)),
            _Fact(said.heading("district_name"), row["district_name"]),
            _Fact(said.heading("people"), said.format.number(row["people"])),
            *(
                _Fact(said.kind(one), _of_kind(row, one, names, said, minutes, at_most=code in at_most[one]))
                for one in gaps.coverage
            ),
        ]
        data = {"village_code": str(code), "status": row[f"{kind}_status"]}
        yield _placemark(row["village_name"], facts, row[f"{kind}_status"], data)


def _rows(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Give each row's label and some of its cells: text read out of Arrow one by one takes far longer."""
    labels = frame.index.to_numpy(dtype=object)
    cells = [frame[column].to_numpy(dtype=object) for column in columns]
    for label, *row in zip(labels, *cells, strict=True):
        yield label, dict(zip(columns, row, strict=True))


def _of_kind(
    row: dict[str, object], kind: str, names: dict[str, str], said: AnswerSaid, timed: str, *, at_most: bool
) -> str:
    """Return what is known of a village and kind: status, minutes as ``timed``, why, and the nearest unit."""
    words = said.map
    parts = [words[str(row[f"{kind}_status"])]]
    minutes = row[f"{kind}_minutes_median"]
    if isinstance(minutes, float) and not np.isnan(minutes):
        parts.append(f"{timed}: {said.format.nearest_minutes(minutes, at_most=at_most)}")
    reason = row[f"{kind}_reason"]
    # That nobody knows why it is unknown is said already.
    if reason and words[f"reason_{reason}"] not in parts:
        parts.append(words[f"reason_{reason}"])
    nearest = str(row[f"{kind}_nearest_id"] or "")
    if nearest:
        parts.append(f"{words['nearest']}: {names.get(nearest) or nearest}")
    return "; ".join(parts)


def _units(frame: gpd.GeoDataFrame, said: AnswerSaid) -> Iterator[str]:
    for code, row in _rows(frame, UNIT_COLUMNS):
        works = str(row["functioning"])
        facts = [
            _Fact(said.heading("facility_id"), str(code)),
            _Fact(said.heading("kind"), said.kind(str(row["kind"]))),
            _Fact(said.heading("functioning"), said.map.get(works, works)),
        ]
        if row["status"] != FacilityStatus.USED:
            facts.append(_Fact(*said.not_counted(str(row["status"])).split(": ", 1)))
        for column, decimals in (("people_own", 0), ("load", 2)):
            if not np.isnan(row[column]):
                facts.append(_Fact(said.heading(column), said.format.number(row[column], decimals)))
        name = stop_in_words(str(row["name"]), said.lang) or str(code)
        if works == YesNo.NO:
            name = f"{name} ({said.map['not_functioning_facility']})"
        data = {"facility_id": str(code), "kind": str(row["kind"])}
        style = f"unit-{_plain(str(row['kind']))}"
        yield f"{_placemark(name, facts, style, data)}{_point(row['geometry'])}</Placemark>\n"


def _placemark(name: str, facts: list[_Fact], style: str, data: dict[str, str]) -> str:
    """Return a placemark up to its shape."""
    lines = BREAK.join(
        f"{BOLD}{_twice(one.heading)}:{PLAIN} {_twice(clean(str(one.value)))}" for one in facts if one.value
    )
    extended = "".join(
        f'<Data name="{key}"><value>{_text(value)}</value></Data>' for key, value in data.items()
    )
    return (
        f'<Placemark><name>{_name(name)}</name><Snippet maxLines="0"></Snippet>'
        f"<description>{lines}</description><styleUrl>#{style}</styleUrl>"
        f"<ExtendedData>{extended}</ExtendedData>"
    )


@lru_cache(maxsize=10_000)
def _twice(text: str) -> str:
    """Return a text for HTML within XML: the same words stand on thousands of units."""
    return html.escape(html.escape(text))


def _text(value: object) -> str:
    return html.escape(clean(str(value)), quote=False)


def _name(value: object) -> str:
    return _text(str(value).translate(NO_TAGS))


def _plain(word: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in word)


def _abgr(color: str, opacity: str = HEX_OPAQUE) -> str:
    return f"{opacity}{color[5:7]}{color[3:5]}{color[1:3]}"


def _outlines(gaps: Gaps, simple_m: float) -> list[str]:
    villages = gaps.layers.villages
    shapes = shapely.coverage_simplify(villages.geometry.to_numpy(), simple_m, simplify_boundary=True)
    lonlat = gpd.GeoSeries(shapes, crs=villages.crs).to_crs(WGS84).to_numpy()
    return [_polygons(shape) for shape in lonlat]


def _polygons(shape: shapely.Geometry) -> str:
    parts = []
    for part in shapely.get_parts(shape):
        inner = "".join(
            f"<innerBoundaryIs>{_ring(shapely.get_coordinates(r))}</innerBoundaryIs>" for r in part.interiors
        )
        outer = _ring(shapely.get_coordinates(part.exterior))
        parts.append(f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{inner}</Polygon>")
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _ring(lonlat: NDArray[np.float64]) -> str:
    places = " ".join(f"{x:.{DECIMALS}f},{y:.{DECIMALS}f}" for x, y in lonlat.tolist())
    return f"<LinearRing><coordinates>{places}</coordinates></LinearRing>"


def _point(place: shapely.Point | None) -> str:
    if place is None or place.is_empty:
        return ""
    return f"<Point><coordinates>{place.x:.6f},{place.y:.6f}</coordinates></Point>"
