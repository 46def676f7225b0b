"""Degrees, minutes and seconds in columns of their own: put together where headings tell all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from geodata.errors import SchemaError
from geodata.readers.columns import Columns
from geodata.readers.files.cells import cell_text, text_column
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What the two columns made of them are called.
MADE = ("(lintang)", "(bujur)")
_WORDS = {"degrees": r"derajat|degrees?", "minutes": r"menit|minutes?", "seconds": r"detik|seconds?"}
_PARTS = {part: re.compile(rf"\b({words})\b", re.IGNORECASE) for part, words in _WORDS.items()}
_LATITUDE = re.compile(r"\b(lintang|latitude|lat|ls|lu)\b", re.IGNORECASE)
_LONGITUDE = re.compile(r"\b(bujur|longitude|long|lon|lng|bt|bb)\b", re.IGNORECASE)
# Of the latitude only headings tell the side: a degree of 0 has no sign.
_SIDES = {"LS": re.compile(r"\b(ls|selatan|south)\b", re.IGNORECASE),
          "LU": re.compile(r"\b(lu|utara|north)\b", re.IGNORECASE)}  # fmt: skip
_WEST = re.compile(r"\b(bb|barat|west)\b", re.IGNORECASE)


class JoinedAngles(NamedTuple):
    """A table that gained a latitude and a longitude, and what these two columns are called."""

    columns: Columns
    lat: str
    lon: str


def _words(heading: object) -> str:
    return " ".join(re.findall(r"[^\W_]+", str(heading)))


def joined_angles(columns: Columns) -> JoinedAngles | None:
    """Return the table with a latitude and a longitude made of three columns each; None where it is not sure.

    Each heading has to say which coordinate and which part it is, each part stands once, one side of the
    equator is told for all, and no other column has to do with latitudes or longitudes.
    """
    headings = [str(c) for c in columns.table]
    lat, lon = (_three(headings, word) for word in (_LATITUDE, _LONGITUDE))
    if lat is None or lon is None:
        return None
    told = [{side for side, word in _SIDES.items() if word.search(_words(c))} for c in lat.values()]
    if len(told[0]) != 1 or any(sides != told[0] for sides in told):
        return None
    if any(_WEST.search(_words(c)) for c in lon.values()):
        return None
    (side,) = told[0]
    made = (_angles(columns.table, lat, side), _angles(columns.table, lon, "BT"))
    table = columns.table.assign(**dict(zip(MADE, made, strict=True)))
    return JoinedAngles(Columns(table, columns.heads, columns.what), *MADE)


def _three(headings: Sequence[str], coordinate: re.Pattern[str]) -> dict[str, str] | None:
    """Return the columns of a coordinate's degrees, minutes and seconds, None unless each stands once."""
    mine = [h for h in headings if coordinate.search(_words(h))]
    found = {part: [h for h in mine if word.search(_words(h))] for part, word in _PARTS.items()}
    once = all(len(columns) == 1 for columns in found.values())
    apart = {columns[0] for columns in found.values()} if once else set()
    return {part: columns[0] for part, columns in found.items()} if len(apart) == len(mine) == 3 else None


def _angles(table: pd.DataFrame, parts: Mapping[str, str], letters: str) -> pd.Series[Any]:
    """Return each row's angle as text, as in 8°10'14" LS; one that lacks a part cannot be read."""
    texts = [text_column(table, parts[part]) for part in _WORDS]
    rows = [
        [t.strip(" °'\"") if isinstance(t, str) else "" for t in cells] for cells in zip(*texts, strict=True)
    ]
    made = [
        None if not any(cells) else "{}°{}'{}\" {}".format(*(c or "?" for c in cells), letters)
        for cells in rows
    ]
    return pd.Series(made, index=table.index, dtype=object)


def _in_parts(texts: Sequence[str]) -> bool:
    """Return whether one heading has degrees and another, alike but for that word, minutes."""
    degree, minute = _PARTS["degrees"], _PARTS["minutes"]
    degrees = {spelling_key(degree.sub("", t)) for t in texts if degree.search(t) and not minute.search(t)}
    rest = {spelling_key(minute.sub("", t)) for t in texts if minute.search(t) and not degree.search(t)}
    return bool(degrees) and bool(rest & (degrees | {""}))


def refuse_angle_parts(columns: Columns, *, named: bool) -> None:
    """Raise SchemaError where degrees and minutes stand in columns of their own: each alone is no place.

    They may be told by the headings, or by a second row of them, which is a row of the table then. With
    ``named`` AREA.yml says which columns count, whatever others are called. A list whose heads are switched
    off (``lat: null``) is read by its villages.

    Raises
    ------
    SchemaError
        With what to do.
    """
    if not columns.heads["lat"] and not columns.heads["lon"]:
        return
    first = columns.table.head(1)
    headings = [str(c) for c in columns.table]
    below = [cell_text(v) for v in first.iloc[0]] if len(first) else []
    for texts in (below,) if named else (headings, below):
        if _in_parts(texts):
            msg = (
                f"{columns.what}: degrees, minutes and seconds stand in columns of their own. Head them so "
                "that each tells all (LS derajat, LS menit, LS detik, BT derajat, BT menit, BT detik), or "
                "put them into one column for the latitude and one for the longitude, as in 8°10'14\" LS "
                '(in a spreadsheet =E3&"°"&F3&"\'"&G3), or as decimal degrees (=-(E3+F3/60+G3/3600)); or '
                "write lat: null and lon: null in AREA.yml where the villages are enough."
            )
            raise SchemaError(msg)
