"""A file before it is read: that it is there, and where it came from."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

from geodata.errors import MissingFileError, UnreadableFileError, suggest
from geodata.layers import SourceRecord
from geodata.readers.files.members import GEODATABASE, members_of

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.areafile import FileSource


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal; of what was given :func:`given_sha256`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def given_sha256(path: Path) -> str:
    """Return the SHA-256 by which a file is known again, in hexadecimal, whatever it is called.

    Of a single file that of its bytes. Of several that of a line for each: its ending and its own SHA-256.

    Parameters
    ----------
    path
        A file, or the folder of a file geodatabase.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     table = Path(folder, "desa.csv")
    ...     _ = table.write_text("kode", "ascii")
    ...     given_sha256(table) == file_sha256(table)
    True
    """
    files = members_of(path)
    if files == [path]:
        return file_sha256(path)
    # Those of a folder by their names, the parts of a file by what stands behind the name that all have.
    first = 0 if path.is_dir() else len(path.stem)
    lines = sorted(f"{file.name[first:].lower()} {file_sha256(file)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def source_record(layer: str, source: FileSource) -> SourceRecord:
    """Return where a layer came from."""
    return SourceRecord(
        layer=layer,
        file=source.path.name,
        sha256=given_sha256(source.path),
        source=source.source,
        licence=source.licence,
    )


# What is recognised and not read, with what to do.
NOT_READ = {
    ".xls": "a workbook of an old Excel. Open it, and save it as XLSX.",
    ".xlsb": "a binary workbook. Open it, and save it as XLSX.",
    ".sql": "a dump of a database (SQL). Load it into its database, and export the table as CSV or GPKG.",
    ".osc": "a change file of OpenStreetMap. Give the extract itself (.osm.pbf).",
    ".pdf": "a PDF. Ask its sender for the table or map that it was made from.",
    ".doc": "a text document. Copy its table into a workbook, and save that as XLSX.",
    ".docx": "a text document. Copy its table into a workbook, and save that as XLSX.",
}


# Files that are packed by themselves. OpenStreetMap's are read so, and maps in a zip file.
PACKED = (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
_OSM_PACKED = (".osm.gz", ".osm.bz2")


def require_readable(path: Path, what: str) -> None:
    """Raise UnreadableFileError for a PDF, a dump of a database or the like, with what to do.

    Raises
    ------
    MissingFileError
        It is not there.
    """
    require_file(path, what)
    if (known := NOT_READ.get(table_ending(path))) is not None:
        msg = f"{what}: {path.name} is {known}"
        raise UnreadableFileError(msg)
    name = path.name.lower()
    if name.endswith(PACKED) and not name.endswith(_OSM_PACKED):
        msg = f"{what}: {path.name} is packed ({path.suffix}). Unpack it, and give the file that is inside."
        raise UnreadableFileError(msg)


ODS, HTML = ".ods", ".html"
# Tables of text, and workbooks, by their endings.
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ODS, HTML)
# Files whose ending often says another of these than they are: web applications save all as .xls.
_RENAMED = (*TEXT_SUFFIXES, ".xlsx", ".xlsm", ODS, ".xls")
# By how they begin; bytes of a text are no zeros.
ZIP, OLE = b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1")
BEGINNING_BYTES = 4_096
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def table_ending(path: Path) -> str:
    r"""Return the ending that fits what a table is inside, in small letters; of other files their own.

    A web page is ``.html``, whatever it is called; an empty file, or one that is none of these, is what its
    name says.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "pustu.xls"
    >>> _ = file.write_bytes(b"Nama\tDesa\n")
    >>> table_ending(file), table_ending(file.with_name("desa.gpkg"))
    ('.csv', '.gpkg')
    """
    ending = path.suffix.lower()
    if ending not in _RENAMED or not path.is_file():
        return ending
    with path.open("rb") as stream:
        start = stream.read(BEGINNING_BYTES)
    if start.startswith(ZIP):
        return _packed_ending(path, ending)
    text = start.replace(b"\x00", b"") if start.startswith(_WIDE) else start
    head = text.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(b"<"):
        return HTML if b"<table" in head or b"<html" in head else ending
    is_text = text and not start.startswith(OLE) and b"\x00" not in text
    return ".csv" if is_text and ending not in TEXT_SUFFIXES else ending


def _packed_ending(path: Path, ending: str) -> str:
    """Return the ending of a workbook that is packed as XLSX and ODS are; of any other file its own."""
    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ending
    if "content.xml" in names:
        return ODS
    is_book = any(name.startswith("xl/") for name in names) and ending not in BOOK_SUFFIXES[:2]
    return ".xlsx" if is_book else ending


def require_file(path: Path, what: str) -> None:
    """Raise MissingFileError, naming what is near, unless the file exists."""
    if path.is_file():
        return
    if path.is_dir():
        if path.suffix.lower() == GEODATABASE:
            msg = (
                f"{what}: {path} is a file geodatabase, which is a folder of many files: pack the folder "
                "into one zip file, and give that."
            )
            raise MissingFileError(msg)
        inside = sorted(p.name for p in path.iterdir() if p.is_file())
        such = f", such as {path / inside[0]}" if inside else ""
        msg = f"{what}: {path} is a folder. Name the file itself{such}."
        raise MissingFileError(msg)
    siblings = sorted(p.name for p in path.parent.iterdir() if p.is_file()) if path.parent.is_dir() else []
    hint = (
        suggest(path.name, siblings).replace("The file has", "The folder has")
        if siblings
        else " Its folder is not there either, or is empty."
    )
    msg = f"{what}: the file {path} is not there.{hint}"
    raise MissingFileError(msg)
