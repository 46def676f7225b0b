"""A study area's layers on disk: GeoParquet files and ``manifest.json``, written as a whole or not at all."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow as pa

from geodata.errors import DiskError, JangkauError, WorkspaceError
from geodata.layers import Finding, Layers, SourceRecord, StudyArea
from geodata.readers.files import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VERSION = 3
MANIFEST = "manifest.json"
CACHE = "cache"
# What planners saved in the app: it stays when the area is built again.
SCENARIOS = "scenarios"
LAYERS = ("villages", "roads", "facilities", "hamlets", "water", "floods")


@dataclass(frozen=True)
class Ours:
    """How a folder that we wrote is known, so that nothing else is ever replaced.

    Attributes
    ----------
    marker, words
        A file of ours, and what stands in it.
    files
        The names of all files that we write.
    keep
        Names that move along when the folder is replaced.
    """

    marker: str
    words: str
    files: frozenset[str]
    keep: tuple[str, ...] = ()


WORKSPACE = Ours(
    MANIFEST,
    "jangkau_version",
    frozenset({MANIFEST, *(f"{name}.parquet" for name in LAYERS)}),
    (CACHE, SCENARIOS),
)


@contextmanager
def replace_folder(out: Path, ours: Ours) -> Iterator[Path]:
    """Give a new folder to fill; it takes the place of ``out`` only when all went well.

    Parameters
    ----------
    out
        The folder to write. It may exist if it is empty, or holds only what we wrote before.
    ours
        How we know that.

    Raises
    ------
    WorkspaceError
        When ``out`` holds something else.
    DiskError
        When the disk is full or refuses; ``out`` is as it was.
    """
    out = out.resolve()
    require_replaceable(out, ours)
    stage: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
        stage.chmod(0o755)
        yield stage
        _swap(stage, out, ours.keep)
    except OSError as error:
        if isinstance(error, JangkauError) or error.errno is None:
            raise
        raise _disk_error(error, out) from error
    except pa.ArrowException as error:
        raise DiskError(f"{out} could not be written: {error}") from error  # noqa: TRY003, EM102
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def require_replaceable(out: Path, ours: Ours) -> None:
    """Raise WorkspaceError unless ``out`` is free, empty, or holds only what we wrote before."""
    if not out.exists():
        return
    if not out.is_dir():
        msg = f"{out} is a file. Give a folder's name with --out."
        raise WorkspaceError(msg)
    names = {p.name for p in out.iterdir()} - set(ours.keep)
    others = sorted(names - ours.files)
    marker = out / ours.marker
    known = marker.is_file() and ours.words in marker.read_text("utf-8", errors="replace")
    if names and (others or not known):
        held = others[0] if others else min(names)
        msg = (
            f"{out} holds something that this command did not write ({held!r}). Give another folder with "
            "--out, or move that away; nothing was changed."
        )
        raise WorkspaceError(msg)


def _swap(stage: Path, out: Path, keep: tuple[str, ...]) -> None:
    if not out.exists():
        stage.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".old", dir=out.parent))
    # What is kept moves first: whatever fails after that is undone, and nothing is left in a hidden folder.
    moved: list[str] = []
    try:
        for name in keep:
            if (out / name).exists():
                (out / name).rename(stage / name)
                moved.append(name)
        out.rename(old / out.name)
        try:
            stage.rename(out)
        except OSError:
            (old / out.name).rename(out)
            raise
    except OSError:
        for name in moved:
            (stage / name).rename(out / name)
        old.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)


def _disk_error(error: OSError, out: Path) -> DiskError:
    reason = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EDQUOT: "the disk quota is used up; free some space",
        errno.EACCES: "permission was denied; choose a folder you may write to",
        errno.EROFS: "the disk is read-only; choose another folder",
    }.get(error.errno or 0, f"{error.strerror or error}; choose another folder")
    return DiskError(f"{out} could not be written: {reason}. What was there before is unchanged.")


def write_workspace(layers: Layers, out: Path) -> None:
    """Write all layers and their manifest; a workspace that is there is replaced as a whole.

    Raises
    ------
    WorkspaceError, DiskError
    """
    with replace_folder(out, WORKSPACE) as stage:
        entries: dict[str, Any] = {}
        for name in LAYERS:
            frame: gpd.GeoDataFrame | None = getattr(layers, name)
            if frame is None:
                continue
            file = stage / f"{name}.parquet"
            frame.to_parquet(file, compression="zstd", write_covering_bbox=False)
            entries[name] = {"file": file.name, "rows": len(frame), "sha256": file_sha256(file)}
        manifest = {
            "format_version": FORMAT_VERSION,
            "jangkau_version": version("jangkau"),
            "area": asdict(layers.area),
            "layers": entries,
            "sources": [asdict(s) for s in layers.sources],
            "findings": [asdict(f) for f in layers.findings],
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
        (stage / MANIFEST).write_text(text + "\n", "utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a workspace's manifest.

    Raises
    ------
    WorkspaceError
        No workspace, a newer version, or a damaged manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        msg = (
            f"{folder} is not a workspace (it has no {MANIFEST}). "
            f"Make one with: jangkau build AREA.yml --out {folder}"
        )
        raise WorkspaceError(msg)
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        written = int(manifest["format_version"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        msg = f"{path} is damaged ({error}). Build the workspace again from its AREA.yml."
        raise WorkspaceError(msg) from error
    if written > FORMAT_VERSION:
        msg = (
            f"{folder} was written by a newer version of jangkau (format {written}, this one reads "
            f"{FORMAT_VERSION}). Update jangkau, or build the workspace again with this version."
        )
        raise WorkspaceError(msg)
    if written < FORMAT_VERSION:
        msg = (
            f"{folder} was written by an older version of jangkau (format {written}, this one writes "
            f"{FORMAT_VERSION}): it lacks what this version needs. Build it again from its AREA.yml."
        )
        raise WorkspaceError(msg)
    return manifest


def _study_area(area: dict[str, Any]) -> StudyArea:
    capital = area.get("capital")
    given = {
        "listed_kinds": tuple(area["listed_kinds"]),
        "capital": None if capital is None else tuple(capital),
        "declared": tuple(area["declared"]),
    }
    return StudyArea(**{**area, **given})


def read_workspace(folder: Path) -> Layers:
    """Read a workspace; the files must be those that its manifest describes.

    Raises
    ------
    WorkspaceError
        Not a workspace, from a newer version, or with a missing or changed layer.
    """
    manifest = read_manifest(folder)
    frames: dict[str, gpd.GeoDataFrame] = {}
    try:
        for name, entry in manifest["layers"].items():
            file = folder / entry["file"]
            if not file.is_file() or file_sha256(file) != entry["sha256"]:
                msg = f"{file} is missing or was changed. Build the workspace again from its AREA.yml."
                raise WorkspaceError(msg)
            frames[name] = gpd.read_parquet(file)
        area = manifest["area"]
        return Layers(
            area=_study_area(area),
            villages=frames["villages"],
            roads=frames.get("roads"),
            facilities=frames["facilities"],
            hamlets=frames.get("hamlets"),
            water=frames.get("water"),
            floods=frames.get("floods"),
            findings=tuple(Finding(**{**f, "ids": tuple(f["ids"])}) for f in manifest["findings"]),
            sources=tuple(SourceRecord(**s) for s in manifest["sources"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        if isinstance(error, WorkspaceError):
            raise
        msg = f"{folder / MANIFEST} is damaged ({error}). Build the workspace again from its AREA.yml."
        raise WorkspaceError(msg) from error
