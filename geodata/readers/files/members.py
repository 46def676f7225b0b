"""Which files a map or raster is made of: a shapefile's codes stand in another file than its lines.

A file is known again by all of them (:func:`geodata.readers.files.opening.given_sha256`).
"""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What belongs to a map, under its name with another ending.
PARTS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind", ".dbf"),
    ".mif": (".mid",),
    # Rasters: where their cells lie, their CRS, how the cells are stored, and those of a very large one.
    ".tif": (".tfw", ".tifw", ".wld", ".prj"),
    ".tiff": (".tfw", ".tiffw", ".wld", ".prj"),
    ".img": (".ige", ".prj"),
    ".asc": (".prj",),
    ".bil": (".hdr", ".prj", ".blw", ".stx"),
    ".flt": (".hdr", ".prj"),
}
# What belongs to a file, behind its whole name: facts of a raster by GDAL, last changes of a GPKG.
BEHIND = {
    **dict.fromkeys((".tif", ".tiff", ".img", ".asc", ".bil", ".flt", ".nc"), (".aux.xml", ".msk")),
    ".gpkg": ("-wal",),
}
GEODATABASE = ".gdb"
# The files of a file geodatabase.
OF_GEODATABASE = re.compile(
    r"a[0-9a-f]{8}\.(gdbtable|gdbtablx|gdbindexes|\w+\.(atx|spx)|freelist)|gdb|timestamps"
)


def members_of(path: Path) -> list[Path]:
    """Return the files that a file is read from: itself first, and the others by their names.

    Parameters
    ----------
    path
        A file, or the folder of a file geodatabase.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("desa.shp", "desa.DBF", "desa.csv", "desa2.dbf"):
    ...         _ = Path(folder, name).write_text("", "ascii")
    ...     [file.name for file in members_of(Path(folder, "desa.shp"))]
    ['desa.shp', 'desa.DBF']
    """
    ending = path.suffix.lower()
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file() and OF_GEODATABASE.fullmatch(p.name.lower()))
    if ending not in PARTS and ending not in BEHIND:
        return [path]
    parts, behind = PARTS.get(ending, ()), tuple(path.name + end for end in BEHIND.get(ending, ()))
    beside = (p for p in path.parent.iterdir() if p.stem == path.stem or p.name in behind)
    mine = (p for p in beside if p != path and (p.suffix.lower() in parts or p.name in behind))
    return [path, *sorted(p for p in mine if p.is_file())]


def waiting_beside(path: Path) -> list[str]:
    """Return the names of pipes and devices that stand beside a file under its name.

    GDAL opens whatever has the name of a part (``desa.dbf``, ``desa.gpkg-journal``), and would wait there for
    ever.

    Parameters
    ----------
    path
        A map or raster.

    Examples
    --------
    >>> import os
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     os.mkfifo(Path(folder, "desa.dbf"))
    ...     waiting_beside(Path(folder, "desa.shp"))
    ['desa.dbf']
    """
    beside = path.parent.glob(f"{glob.escape(path.stem)}.*")
    return sorted(p.name for p in beside if p.exists() and not (p.is_file() or p.is_dir()))
