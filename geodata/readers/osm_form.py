"""What a file of OpenStreetMap is by its content: people save them under any name."""

from __future__ import annotations

import bz2
import gzip
import re
import zipfile
from typing import TYPE_CHECKING

from geodata.errors import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

# Of the files that are read as OpenStreetMap's, here and nowhere else.
ENDINGS = (".osm.pbf", ".pbf", ".osm.gz", ".osm.bz2", ".osm", ".o5m")
_O5M = b"\xff\xe0\x04o5m2"
_HEAD = 4096
_JSON = re.compile(rb'"(elements|osm3s)"\s*:|"generator"\s*:\s*"Overpass')
_PACKED = {b"\x1f\x8b": ".osm.gz", b"BZh": ".osm.bz2"}
_UNPACK = "Unpack it, and give the .osm or .osm.pbf that is in it."


def is_osm(path: Path) -> bool:
    """Return whether a file is one of OpenStreetMap's, by its name.

    Examples
    --------
    >>> from pathlib import Path
    >>> is_osm(Path("indonesia.osm.pbf")), is_osm(Path("JAWA.o5m")), is_osm(Path("jalan.gpkg"))
    (True, True, False)
    """
    return path.name.lower().endswith(ENDINGS)


def require_named_form(path: Path, what: str) -> None:
    """Raise UnreadableFileError for OpenStreetMap data that their name does not tell, with what to do.

    Parameters
    ----------
    path
        Any file that is there.
    what
        What messages call the source.

    Raises
    ------
    UnreadableFileError

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "interpreter")
    ...     _ = file.write_text('<osm version="0.6"></osm>', "utf-8")
    ...     try:
    ...         require_named_form(file, "roads")
    ...     except UnreadableFileError as error:
    ...         print(str(error)[-29:])
    Rename it to interpreter.osm.
    """
    ending, said = _ending_of(path)
    known = next((end for end in ENDINGS if path.name.endswith(end)), "")
    if said:
        msg = f"{what}: {path.name} is {said}"
        raise UnreadableFileError(msg)
    if ending and known != ending and not (known == ".pbf" and ending == ".osm.pbf"):
        form = {".osm.pbf": "PBF", ".o5m": "o5m"}.get(ending, "XML")
        stem = re.sub(r"(\.(osm|xml|pbf|o5m|txt|gz|bz2))+$", "", path.name, flags=re.IGNORECASE)
        msg = (
            f"{what}: {path.name} is OpenStreetMap data ({form}) under a name that does not say so. "
            f"Rename it to {stem}{ending}."
        )
        raise UnreadableFileError(msg)


def _ending_of(path: Path) -> tuple[str, str]:
    """Return the ending that a file should have if it is OpenStreetMap's, or what to say of one not read."""
    if not path.is_file():
        return "", ""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if (said := _unread(path, head)) or b"OSMHeader" in head[:24]:
        return "" if said else ".osm.pbf", said
    if head.startswith(_O5M):
        return ".o5m", ""
    ending = next((end for magic, end in _PACKED.items() if head.startswith(magic)), ".osm")
    if ending != ".osm":
        try:
            with (gzip.open if ending == ".osm.gz" else bz2.open)(path, "rb") as file:
                head = file.read(_HEAD)
        except (OSError, EOFError):
            return "", ""
    return (ending, "") if re.search(rb"<osm[\s>]", head) else ("", "")


def _unread(path: Path, head: bytes) -> str:
    """Return what OpenStreetMap data that cannot be read are, with what to do; "" for anything else."""
    if head.startswith(b"\xfd7zXZ\0") and ".osm" in path.name.lower():
        return f"packed with xz, which is not read. {_UNPACK}"
    if head.startswith(b"PK\3\4") and _holds_osm(path):
        return f"a ZIP file with OpenStreetMap data in it. {_UNPACK}"
    if head.lstrip().startswith(b"{") and b'"Feature' not in head and _JSON.search(head):
        return (
            "an answer of Overpass as JSON, which is not read. Ask Overpass with [out:xml], and save it with "
            "the ending .osm."
        )
    return ""


def _holds_osm(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as file:
            return any(name.lower().endswith((".osm", ".pbf")) for name in file.namelist())
    except (zipfile.BadZipFile, OSError):
        return False
