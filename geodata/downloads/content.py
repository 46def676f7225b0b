"""Whether a download is what it has to be, from its first byte to its last.

A server that is busy, a captive portal or a proxy answers 200 with a page for people, and a connection that
is closed looks like an end. So the beginning and the end of each file are looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.downloads.catalogue import Content
from geodata.errors import JangkauError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD_BYTES = 4096
TAIL_BYTES = 64 * 1024
ENDINGS = {Content.SQL: "sql", Content.OSM_XML: "osm", Content.PBF: "osm.pbf", Content.TIFF: "tif"}
_HTML = re.compile(
    rb"^\s*(<!--.*?-->\s*)*(<\?xml[^>]*>\s*)?(<!doctype\s+html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)
_TAGS = re.compile(rb"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_REMARK = re.compile(rb"<remark>\s*(.*?)\s*</remark>|\"remark\"\s*:\s*\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
# What an SQL file begins with: a comment, or a statement.
_SQL = re.compile(
    rb"(\xef\xbb\xbf)?\s*(/\*|--|#|(insert|replace|set|start|begin|drop|create|use|lock)\b)", re.IGNORECASE
)
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


class WrongContentError(JangkauError):
    """A download is not what it has to be.

    Attributes
    ----------
    for_good
        Whether the same question would bring the same answer again.
    """

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


def require_content(path: Path, content: Content) -> None:
    """Raise WrongContentError unless a file begins and ends as its kind does.

    Examples
    --------
    >>> page = getfixture("tmp_path") / "answer"
    >>> _ = page.write_text("<html><body>Please sign in</body></html>")
    >>> require_content(page, Content.SQL)
    Traceback (most recent call last):
        ...
    geodata.downloads.content.WrongContentError: a web page came in place of SQL: 'Please sign in'
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if not head.strip():
        msg = "nothing came"
        raise WrongContentError(msg)
    if _HTML.search(head):
        said = " ".join(_TAGS.sub(b" ", head).decode("utf-8", "replace").split())[:200]
        msg = f"a web page came in place of {_NAMES[content]}: {said!r}"
        raise WrongContentError(msg)
    _CHECKS[content](path, head, tail)


def _osm_xml(_: Path, head: bytes, tail: bytes) -> None:
    remark = _REMARK.search(tail) or _REMARK.search(head)
    if remark is not None:
        said = " ".join((remark[1] or remark[2]).decode("utf-8", "replace").split())[:300]
        msg = f"its answer is only a part of what was asked for; it says: {said!r}"
        raise WrongContentError(msg, for_good=True)
    if b"<osm" not in head:
        raise _other(Content.OSM_XML, head)
    if not tail.rstrip().endswith(b"</osm>"):
        raise _cut(Content.OSM_XML)


def _sql(_: Path, head: bytes, tail: bytes) -> None:
    if _SQL.match(head) is None:
        raise _other(Content.SQL, head)
    if not re.sub(rb"(\s|--[^\n]*\n?|/\*[^*]*\*/;?)+$", b"", tail).endswith(b";"):
        raise _cut(Content.SQL)


def _pbf(_: Path, head: bytes, __: bytes) -> None:
    # Four bytes of length, then the type of the first block.
    if b"OSMHeader" not in head[:64]:
        raise _other(Content.PBF, head)


def _tiff(path: Path, head: bytes, _: bytes) -> None:
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    if not head.startswith(_TIFF):
        raise _other(Content.TIFF, head)
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            for column, row in ((0, 0), (raster.width - 1, raster.height - 1)):
                raster.read(1, window=Window(column, row, 1, 1))
    except RasterioError as error:
        msg = f"{_NAMES[Content.TIFF]} came that cannot be read: {' '.join(str(error).split())[:200]}"
        raise WrongContentError(msg) from error


def _other(content: Content, head: bytes) -> WrongContentError:
    said = " ".join(head[:80].decode("utf-8", "replace").split())
    return WrongContentError(f"something else came in place of {_NAMES[content]}: {said!r}")


def _cut(content: Content) -> WrongContentError:
    return WrongContentError(f"{_NAMES[content]} came without its end")


_NAMES = {
    Content.SQL: "SQL",
    Content.OSM_XML: "OpenStreetMap XML",
    Content.PBF: "an .osm.pbf file",
    Content.TIFF: "a GeoTIFF",
}
_CHECKS: dict[Content, Callable[[Path, bytes, bytes], None]] = {
    Content.SQL: _sql,
    Content.OSM_XML: _osm_xml,
    Content.PBF: _pbf,
    Content.TIFF: _tiff,
}
