"""Finds the one map in a zip file, and unpacks it with its parts: GDAL itself never looks into a zip file."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from geodata.errors import UnreadableFileError, brief, first_five
from geodata.files.moment import for_a_moment
from geodata.readers.files.members import GEODATABASE, OF_GEODATABASE, PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

# The maps that may be in a zip file, by its ending.
ZIPPED_MAPS = {
    ".kmz": (".kml",),
    ".zip": (".shp", ".gpkg", ".geojson", ".json", ".kml", ".tab", ".fgb", ".gdb"),
    ".shz": (".shp",),
}
TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")


@contextmanager
def unpacked(path: Path, what: str) -> Iterator[Path]:
    """Give the one map in a zip file, with its parts, in a folder of its own that is gone afterwards.

    Raises
    ------
    UnreadableFileError
        It is no zip file, is damaged, or does not hold one map with all its parts.
    """
    with for_a_moment("map") as folder:
        try:
            with zipfile.ZipFile(path) as file:
                there = _unpack(file, folder, path, what)
        except UnreadableFileError:
            raise
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
            msg = f"{what}: {path.name} is no zip file that can be read: {brief(error)}. Save it again."
            raise UnreadableFileError(msg) from error
        yield there


def _unpack(file: zipfile.ZipFile, folder: Path, path: Path, what: str) -> Path:
    held = list(dict.fromkeys(file.namelist()))
    name = _one_map(held, path, what)
    there = folder / PurePosixPath(name).name
    for member, to in _members(held, name, there).items():
        to.parent.mkdir(exist_ok=True)
        with file.open(member) as packed, to.open("wb") as out:
            shutil.copyfileobj(packed, out, 1_000_000)
    return there


def _members(held: list[str], name: str, there: Path) -> dict[str, Path]:
    """Return which members are a map and its parts, and where each comes."""
    ending = there.suffix.lower()
    if ending == GEODATABASE:
        inside = [
            n for n in held
            if n.startswith(f"{name}/") and OF_GEODATABASE.fullmatch(n[len(name) + 1 :].lower())
        ]  # fmt: skip
        return {n: there / n[len(name) + 1 :] for n in inside}
    stem = name[: -len(ending)]
    ends = {n: n[len(stem) :].lower() for n in held if n != name and n.startswith(stem)}
    parts = {n: there.with_suffix(end) for n, end in ends.items() if end in PARTS.get(ending, ())}
    return {name: there, **parts}


def _one_map(held: list[str], path: Path, what: str) -> str:
    """Return the name of the one map among those in a zip file.

    Raises
    ------
    UnreadableFileError
        It does not hold one map with all its parts.
    """
    endings = ZIPPED_MAPS[path.suffix.lower()]
    maps = _maps_among(held, endings)
    if len(maps) != 1:
        listed = first_five(maps) if maps else "none"
        kinds = ", ".join(endings)
        tables = [n for n in _maps_among(held, TABLES) if not maps and path.suffix.lower() == ".zip"]
        if tables:
            msg = (
                f"{what}: {path.name} holds no map, but {first_five(tables)}. A table is not read in a zip "
                "file: unpack it, and give the table itself."
            )
            raise UnreadableFileError(msg)
        msg = (
            f"{what}: {path.name} holds {len(maps)} maps ({kinds}): {listed}. Put one map with all its parts "
            f"into it, or unpack it and name one of them."
        )
        raise UnreadableFileError(msg)
    [name] = maps
    if "\\" in name:
        msg = f"{what}: {path.name} was packed in a way that is no standard ({name}). Pack its files again."
        raise UnreadableFileError(msg)
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        msg = f"{what}: {path.name} cannot be read as a vector file: '{name}' leads out of it. Pack it again."
        raise UnreadableFileError(msg)
    # By the very name: with another's columns a map would say what is not so.
    there = {n[:-4] + n[-4:].lower() for n in held}
    lost = [p for p in (".shx", ".dbf") if name.lower().endswith(".shp") and name[:-4] + p not in there]
    if lost:
        msg = f"{what}: {path.name} holds {name} without its {' and '.join(lost)}. Put all its parts into it."
        raise UnreadableFileError(msg)
    return name


def _maps_among(held: list[str], endings: tuple[str, ...]) -> list[str]:
    """Return the maps among the names in a zip file: files, and folders that are one (.gdb)."""
    # What macOS and hidden files add is no map.
    seen = [
        n for n in held
        if not n.startswith("__MACOSX/")
        and not any(part.startswith(".") and part.strip(".") for part in n.split("/"))
    ]  # fmt: skip
    folders = [n[: n.lower().index(".gdb/") + 4] for n in seen if ".gdb/" in n.lower()]
    files = [n for n in seen if n.lower().endswith(endings) and ".gdb/" not in n.lower()]
    # Notes about a map are JSON too; such a file is the map where nothing else is.
    sure = [n for n in files if not n.lower().endswith(".json")]
    folders = list(dict.fromkeys(folders)) if ".gdb" in endings else []
    return [*folders, *sure] or files
