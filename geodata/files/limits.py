"""How large an input may be. Far above every file seen, and low enough that a hostile one costs little.

Each is a number of its own, so that an office that needs more raises it here.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from geodata.errors import SchemaError, UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

# AREA.yml, scenarios and standards: the longest of a user's was 40 kB. Nodes and characters are counted as
# if every alias (*name) were written out: drawn lines and floods with all points they may have make 60,000.
YAML_BYTES = 2_000_000
YAML_NODES = 100_000
YAML_CHARACTERS = 5_000_000
YAML_DEPTH = 100
# Of a value that is not text: making a number of a very long one takes minutes.
YAML_NUMBER = 100
# Tables: Indonesia has 83,000 villages, and 300,000 posyandu.
TABLE_BYTES = 200_000_000
TABLE_COLUMNS = 2_000
TABLE_ROWS = 3_000_000
TABLE_CELLS = 30_000_000
# Cells of rows in which the headings stand again: on each of 10,000 printed pages those of 20 columns.
HEADING_CELLS = 200_000
# Of one heading: a line without any of the signs that end a cell is none.
HEADING_CHARACTERS = 10_000
# Of a workbook, whose rows take some twenty times as long to read as those of text.
BOOK_ROWS = 500_000
# Marks of XML (of begin and end) in a workbook's parts that are held as a whole, each as some 200 bytes:
# styles, names, a row of a sheet. Excel's own limit of styles makes 250,000. Its texts hold more, each once.
BOOK_MARKS = 250_000
BOOK_TEXT_MARKS = 4_000_000
BOOK_TEXTS = 1_000_000
# Cells of one that is held as a whole, to be given back with marks: each takes some 600 bytes, twice.
BOOK_WHOLE_CELLS = 1_500_000
# What a workbook or another zip file unpacks to.
UNPACKED_BYTES = 400_000_000
# Vector files: the largest village outline of BIG's 1:25,000 maps has 3,500 points.
FEATURE_POINTS = 200_000
LAYER_POINTS = 50_000_000
VECTOR_BYTES = 4_000_000_000
# GeoParquet as it is held: a text that stands in many rows is written once. The most points take 0.8 GB.
PARQUET_BYTES = 2_000_000_000
# OpenStreetMap as text, unpacked; a whole island is better fetched as .osm.pbf.
OSM_TEXT_BYTES = 4_000_000_000
# Objects of one that is not in order, all of which are held, and Malta has 400,000: some two gigabytes.
OSM_UNORDERED = 10_000_000
# A graph of a city has 50 MB; of it some twenty times as much is held.
GRAPHML_BYTES = 500_000_000
OSM_ELEMENT_BYTES = 8_000_000
# Cells of a population raster in the boxes around the villages: 400,000 km² of them at 100 m, of which a
# gigabyte or two is held. Places of people in them, each a row of a layer: more are brought together.
RASTER_CELLS = 40_000_000
PEOPLE_POINTS = 2_000_000
# One value of an SQL file: the longest outline of a kabupaten has 3 million characters.
SQL_VALUE_CHARACTERS = 50_000_000
# Edits of a scenario, and corners of a flood.
EDITS = 1_000
FLOOD_POINTS = 10_000
# What is wrong in a file: so many faults are told, the rest counted; and of each so many characters.
FAULTS_TOLD = 20
FAULT_CHARACTERS = 1_000
# A message of a browser, as it is sent and as it unpacks, with all its parts; files come in pieces. The
# longest of the page's own, a list of villages, has some 100 kB.
MESSAGE_BYTES = 2_000_000
FILE_PIECE_BYTES = 1_000_000
# The body of a request: a sign-in is a name and a password.
BODY_BYTES = 64_000

ZIPPED = (".zip", ".kmz", ".shz", ".xlsx", ".xlsm", ".ods")


def require_small(path: Path, what: str, most_bytes: int) -> None:
    """Raise UnreadableFileError for a file that is too large, as it is or, when it is a zip file, unpacked.

    Parameters
    ----------
    most_bytes
        The limit for the file as it is.
    """
    size = path.stat().st_size
    if size > most_bytes:
        most = f"{most_bytes / 1e6:,.0f} MB are the most"
        msg = f"{what}: {path.name} has {size / 1e6:,.0f} MB; {most}. Split it."
        raise UnreadableFileError(msg)
    if path.suffix.lower() not in ZIPPED and not _is_packed(path):
        return
    try:
        with zipfile.ZipFile(path) as file:
            # Python never unpacks more of a member than its entry says.
            total = sum(member.file_size for member in file.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        # Reading it will say what is wrong.
        return
    require_unpacked(total, what, path.name, UNPACKED_BYTES)


def _is_packed(path: Path) -> bool:
    """Return whether a file is a zip file inside, whatever it is called."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def require_unpacked(size_bytes: int, what: str, file: str, most_bytes: int) -> None:
    """Raise UnreadableFileError for a file that unpacks to too much."""
    if size_bytes > most_bytes:
        most = f"{most_bytes / 1e6:,.0f} MB are the most"
        size = f"{size_bytes / 1e6:,.0f} MB"
        msg = f"{what}: {file} unpacks to {size}; {most}. Keep what is needed of it in a new file."
        raise UnreadableFileError(msg)


def require_rows(rows: int, what: str, file: str) -> None:
    """Raise SchemaError for a table with too many rows, empty ones among them."""
    if rows > TABLE_ROWS:
        msg = f"{what}: {file} has more than {TABLE_ROWS:,} rows, empty ones too. Delete those not needed."
        raise SchemaError(msg)


def require_book_rows(rows: int, what: str, file: str) -> None:
    """Raise SchemaError for a workbook with too many rows that hold anything."""
    if rows > BOOK_ROWS:
        msg = (
            f"{what}: {file} has more than {BOOK_ROWS:,} rows, too many for a workbook. Delete those not "
            "needed, or save the table as CSV."
        )
        raise SchemaError(msg)


def require_cells(columns: int, cells: int, what: str, file: str) -> None:
    """Raise SchemaError for a table with too many columns or cells."""
    if columns > TABLE_COLUMNS:
        msg = f"{what}: {file} has {columns:,} columns; {TABLE_COLUMNS:,} are the most. Keep those needed."
        raise SchemaError(msg)
    if cells > TABLE_CELLS:
        msg = f"{what}: {file} has more than {TABLE_CELLS:,} cells. Split it, or keep the columns needed."
        raise SchemaError(msg)
