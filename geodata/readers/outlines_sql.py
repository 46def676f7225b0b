"""Outlines of villages from SQL: ``INSERT INTO wilayah_boundaries (kode, nama, lat, lng, path) VALUES …``.

The files of https://github.com/cahyadsn/wilayah_boundaries. Nothing in them is run: words, numbers and texts
are read one by one, and ``path`` as JSON. Its places are [latitude, longitude]: a list of rings, or a list
of lists of rings.
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84, inside_indonesia, likely_cause
from geodata.errors import OutsideIndonesiaError, SchemaError, UnreadableFileError, counted, first_five
from geodata.files import limits
from geodata.layers import Finding, rows_about
from geodata.readers.files.opening import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

TABLE = "wilayah_boundaries"
COLUMNS = ("kode", "nama", "path")
_CHUNK = 1 << 20
# A text ends at a single quote that is not doubled; MySQL also writes \'.
_TOKEN = re.compile(
    r"(?P<skip>\s+|/\*(?s:.*?)\*/|(?:--|\#)[^\n]*(?:\n|\Z))"
    r"|(?P<text>'(?:[^'\\]++|''|\\(?s:.))*+')"
    r"|(?P<name>`[^`]*`|\"[^\"]*\")"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[A-Za-z_@][\w@.]*)"
    r"|(?P<mark>(?!/\*|--|\#)[^\s'\"`\\\w])"
)
_ESCAPED = re.compile(r"''|\\(.)", re.DOTALL)
# A NUL is no letter, and ends a text wherever C reads it.
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "0": "", "b": "\b", "Z": "\x1a"}
_PATH = re.compile(r"[\[\]\d\s.,eE+-]*")


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class FileOutlines(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    frame
        ``kode``, ``nama`` and (Multi)Polygon, EPSG:4326, in the file's order; None where a row has no
        outline.
    findings
        What was odd.
    """

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def read_outlines_sql(path: Path, *, prefix: str = "", named: str = "") -> FileOutlines:
    r"""Read the outlines of a file of wilayah_boundaries.

    Parameters
    ----------
    path
        The SQL file, UTF-8. It is read in pieces: a row at a time is held, besides what is returned.
    prefix
        Only rows whose code begins so; the paths of others are not looked at.
    named
        What messages call the file; "" for its name, which says nothing to anybody of one in a cache.

    Raises
    ------
    MissingFileError, UnreadableFileError
        No such file, or something else than such rows; the message names the line.
    SchemaError
        A path that is no outline; a code that comes twice.
    OutsideIndonesiaError
        Places elsewhere, as with latitude and longitude swapped.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "kel.sql"
    >>> _ = file.write_text(
    ...     "INSERT INTO wilayah_boundaries(kode,nama,lat,lng,path) VALUES\n"
    ...     "('19.04.01.2001','Ma''bar',-2.5,106.5,'[[[-2,106],[-3,106],[-3,107],[-2,106]]]');"
    ... )
    >>> frame = read_outlines_sql(file).frame
    >>> frame["nama"][0], frame.geometry[0].wkt
    ("Ma'bar", 'POLYGON ((106 -2, 106 -3, 107 -3, 106 -2))')
    """
    require_file(path, "boundaries")
    file_name = named or path.name
    codes: list[str] = []
    names: list[str] = []
    shapes: list[shapely.Geometry | None] = []
    loose: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for code, name, outline, line in _rows(file, file_name):
                if not code.startswith(prefix):
                    continue
                codes.append(code)
                names.append(name)
                shape, apart = _shape(outline, code, f"{file_name}, line {line}")
                shapes.append(shape)
                loose += [code] * apart
    except UnicodeDecodeError as error:
        msg = f"boundaries: {file_name} is not UTF-8 text ({error.reason} at byte {error.start:,})."
        raise UnreadableFileError(msg) from error
    twice = pd.Index(codes)[pd.Index(codes).duplicated()].unique()
    if len(twice):
        msg = (
            f"boundaries: {file_name}: codes that come more than once: {first_five(twice)}. Keep one of each."
        )
        raise SchemaError(msg)
    frame = gpd.GeoDataFrame(
        {"kode": pd.Series(codes, dtype="str"), "nama": pd.Series(names, dtype="str")},
        geometry=gpd.GeoSeries(shapes, crs=WGS84), crs=WGS84,
    )  # fmt: skip
    return FileOutlines(frame, _findings(frame, loose))


def _findings(frame: gpd.GeoDataFrame, loose: list[str]) -> tuple[Finding, ...]:
    without = frame["kode"][frame.geometry.isna()]
    out = []
    if len(without):
        out.append(Finding(
            "warning", "villages", "no_outline", len(without), tuple(without[:5]),
            "rows of the SQL file without an outline were left out", "draw their outlines, and add them",
            rows_about(without, "geometry", effect="is no village of the area"),
        ))  # fmt: skip
    if loose:
        out.append(Finding(
            "info", "villages", "ring_outside", len(loose), tuple(dict.fromkeys(loose))[:5],
            "rings that stand as holes, but lie outside of their outline, were taken as parts of the village",
            "compare the outlines with a map", rows_about(dict.fromkeys(loose), "geometry"),
        ))  # fmt: skip
    return tuple(out)


def _tokens(file: IO[str], name: str) -> Iterator[_Token]:
    """Yield the words, numbers, texts and marks of SQL; comments and spaces are passed over."""
    buffer, at, line, chunk, ended = "", 0, 1, _CHUNK, False
    while True:
        found = _TOKEN.match(buffer, at)
        # What ends where the buffer ends may go on after it: a doubled quote, a long number.
        if (found is None or found.end() == len(buffer)) and not ended:
            piece = file.read(chunk)
            ended = not piece
            buffer, at = buffer[at:] + piece, 0
            # A long text is looked for from its beginning each time.
            chunk = max(_CHUNK, len(buffer))
            if len(buffer) > limits.SQL_VALUE_CHARACTERS + 2 * _CHUNK and found is None:
                most = f"{limits.SQL_VALUE_CHARACTERS / 1e6:g} million characters"
                msg = f"boundaries: {name}, line {line}: a value without an end, or longer than {most}."
                raise UnreadableFileError(msg)
            continue
        if found is None:
            if at < len(buffer):
                raise _unreadable(name, line, repr(buffer[at : at + 30]))
            return
        text, kind = found[0], str(found.lastgroup)
        at = found.end()
        if kind != "skip":
            yield _Token(kind, text, line)
        line += text.count("\n")


def _unreadable(name: str, line: int, what: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"boundaries: {name}, line {line}: {what} is not what stands in a file of {TABLE}. It may be cut "
        "short, or another file: fetch it again."
    )


class _Reader:
    """Takes tokens one by one, and says where one does not fit."""

    def __init__(self, file: IO[str], name: str) -> None:
        self._tokens = _tokens(file, name)
        self._name = name
        self.line = 1

    def take(self) -> _Token | None:
        """Return the next token, None at the end."""
        token = next(self._tokens, None)
        self.line = self.line if token is None else token.line
        return token

    def need(self, *texts: str) -> _Token:
        """Return the next token, one of these (any when none is given)."""
        token = self.take()
        if token is None:
            raise _unreadable(self._name, self.line, "its end")
        if texts and token.text.lower() not in texts:
            raise self.wrong(token)
        return token

    def wrong(self, token: _Token) -> UnreadableFileError:
        """Return the error for a token that does not fit."""
        return _unreadable(self._name, token.line, repr(token.text[:30]))

    def to_end_of_statement(self) -> None:
        """Pass over the rest of a statement."""
        while (token := self.take()) is not None and token.text != ";":
            pass


def _rows(file: IO[str], name: str) -> Iterator[tuple[str, str, str | None, int]]:
    """Yield code, name, path and line of each row of the table; other statements are passed over."""
    read, found = _Reader(file, name), False
    while (token := read.take()) is not None:
        if token.text == ";":
            continue
        if token.kind != "word":
            raise read.wrong(token)
        if token.text.lower() not in {"insert", "replace"}:
            read.to_end_of_statement()
            continue
        word = read.need("into", "ignore")
        if word.text.lower() == "ignore":
            read.need("into")
        table = read.need()
        if table.text.strip('`"').rpartition(".")[2].lower() != TABLE:
            read.to_end_of_statement()
            continue
        found = True
        yield from _values(read)
    if not found:
        raise _unreadable(name, read.line, f"a file without INSERT INTO {TABLE}")


def _values(read: _Reader) -> Iterator[tuple[str, str, str | None, int]]:
    columns = _list(read)
    lower = [c.strip('`"').lower() for c in columns]
    missing = [c for c in COLUMNS if c not in lower]
    if missing:
        msg = f"boundaries: line {read.line}: no column {missing[0]!r}; the columns are {', '.join(lower)}."
        raise SchemaError(msg)
    code, name, path = (lower.index(c) for c in COLUMNS)
    read.need("values", "value")
    while True:
        line = read.line
        row = _row(read)
        if len(row) != len(columns) or row[code] is None:
            msg = (
                f"boundaries: line {line}: a row of {counted(len(row), 'value')} for "
                f"{counted(len(columns), 'column')}, or without a code. Fetch the file again."
            )
            raise SchemaError(msg)
        yield str(row[code]).strip(), (row[name] or "").strip(), row[path], line
        after = read.need()
        if after.text == ";":
            return
        if after.kind == "word":  # ON DUPLICATE KEY UPDATE …
            read.to_end_of_statement()
            return
        if after.text != ",":
            raise read.wrong(after)


def _list(read: _Reader) -> list[str]:
    """Return the names between brackets."""
    read.need("(")
    out = []
    while True:
        token = read.need()
        if token.kind not in {"word", "name"}:
            raise read.wrong(token)
        out.append(token.text)
        if read.need(",", ")").text == ")":
            return out


def _row(read: _Reader) -> list[str | None]:
    """Return the values between brackets: texts and numbers as text, NULL as None."""
    read.need("(")
    out: list[str | None] = []
    while True:
        token = read.need()
        if token.kind == "text":
            out.append(_ESCAPED.sub(_meant, token.text[1:-1]))
        elif token.kind == "number":
            out.append(token.text)
        elif token.text.lower() == "null":
            out.append(None)
        else:
            raise read.wrong(token)
        if read.need(",", ")").text == ")":
            return out


def _meant(found: re.Match[str]) -> str:
    return "'" if found[1] is None else _CONTROL.get(found[1], found[1])


def _shape(text: str | None, code: str, where: str) -> tuple[shapely.Geometry | None, int]:
    """Return a path as a (Multi)Polygon, and how many of its holes were parts; None without a path."""
    if text is None or text.strip() in {"", "[]", "null", "NULL"}:
        return None, 0
    if _PATH.fullmatch(text) is None:
        raise _no_outline(code, where, "it holds something else than numbers in square brackets")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_outline(code, where, "its brackets do not close, or a number is spoiled") from error
    parts: list[shapely.Polygon] = []
    apart = 0
    for rings in _polygons(tree, code, where):
        made, more = _polygon([_ring(r, code, where) for r in rings])
        parts += made
        apart += more
    return (parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)), apart


def _polygons(tree: object, code: str, where: str) -> list[list[object]]:
    """Return the polygons of a path, each a list of rings, however deep they stand."""
    depth, first = 0, tree
    while isinstance(first, list):
        if not first:
            raise _no_outline(code, where, "a pair of brackets is empty")
        depth, first = depth + 1, first[0]
    polygons = {2: [[tree]], 3: [tree], 4: tree}.get(depth)
    if not isinstance(polygons, list):
        raise _no_outline(code, where, f"places stand {depth} brackets deep; 3 or 4 are an outline")
    if not all(isinstance(p, list) and p for p in polygons):
        raise _no_outline(code, where, "its brackets are of several depths")
    return polygons


def _ring(pairs: object, code: str, where: str) -> NDArray[np.float64]:
    """Return a ring as (longitude, latitude)."""
    good = isinstance(pairs, list) and all(
        isinstance(p, list) and len(p) == 2 and all(isinstance(v, int | float) for v in p) for p in pairs
    )
    if not good:
        raise _no_outline(code, where, "a place is not [latitude, longitude]")
    latlon = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    if len(np.unique(latlon, axis=0)) < 3:
        raise _no_outline(code, where, "a ring of fewer than three places")
    bad = np.flatnonzero(~inside_indonesia(latlon[:, 1], latlon[:, 0]))
    if len(bad):
        lat, lon = latlon[bad[0]].tolist()
        msg = (
            f"boundaries: {where}: {code} has a place outside Indonesia (latitude {lat:g}, longitude "
            f"{lon:g}): {likely_cause(lon, lat)}. Correct the file."
        )
        raise OutsideIndonesiaError(msg)
    return latlon[:, ::-1]


def _polygon(rings: list[NDArray[np.float64]]) -> tuple[list[shapely.Polygon], int]:
    """Return a polygon with its holes; rings that lie outside of it are polygons of their own."""
    shell = shapely.Polygon(rings[0])
    holes: list[NDArray[np.float64]] = []
    parts: list[NDArray[np.float64]] = []
    for ring in rings[1:]:
        inner = shapely.Polygon(ring)
        # Its first corner may lie on the outline; a place inside cannot.
        inside = shapely.intersects(
            shapely.make_valid(shell), shapely.point_on_surface(shapely.make_valid(inner))
        )
        (holes if inside else parts).append(ring)
    return [shapely.Polygon(rings[0], holes), *(shapely.Polygon(p) for p in parts)], len(parts)


def _no_outline(code: str, where: str, why: str) -> SchemaError:
    return SchemaError(f"boundaries: {where}: the path of {code} is no outline: {why}. Fetch the file again.")
