"""A study area's layers on disk: GeoParquet files and ``manifest.json``, written as a whole or not at all.

The folder of a workspace never moves, since planners' scenarios live in it: the files of a build have their
content's hash in their names, and one atomic replacement of the manifest makes them the workspace.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import logging
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from geodata.errors import DiskError, JangkauError, WorkspaceError
from geodata.files.lock import held
from geodata.files.written import changed_since, is_passing, note_hashes
from geodata.layers import Cell, Finding, Layers, SourceRecord, StudyArea
from geodata.readers.files.opening import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOG = logging.getLogger("jangkau")
FORMAT_VERSION = 4
MANIFEST = "manifest.json"
CACHE = "cache"
# What planners saved in the app: it stays when the area is built again.
SCENARIOS = "scenarios"
LAYERS = (
    "villages",
    "roads",
    "facilities",
    "hamlets",
    "water",
    "floods",
    "people_points",
    "neighbours",
    "relief",
)
# The cells that findings are about: which finding, and what geodata.layers.Cell says.
CELLS = "cells"
# Manifests of what the workspace was before, whose files stay with them, and how many are kept.
EARLIER = "earlier-*.json"
KEPT_EARLIER = 10
# Stands in each folder that we make beside (or in) another for a moment; what is being written is below.
MOMENT, NEW = ".jangkau", "new"


# What went into the files of a folder that a command wrote, and which command it was.
RUN = "run.json"


@dataclass(frozen=True)
class Ours:
    """How a folder that we wrote is known, so that nothing else is ever replaced.

    Attributes
    ----------
    marker, words
        A file of ours, and what stands in it.
    files
        Patterns of the names of all files that we write.
    keep
        Names of what others keep there, which is never touched.
    edited
        Whether files that were changed since are refused: those of a workspace are not for editing, and
        building it again is how a damaged one is mended.
    hashes
        A JSON file of ours with the hash of each file, where the marker is none.
    """

    marker: str
    words: str
    files: frozenset[str]
    keep: tuple[str, ...] = ()
    edited: bool = True
    hashes: str = ""

    @property
    def record(self) -> str:
        """The file that holds the hashes."""
        return self.hashes or self.marker

    def wrote(self, name: str) -> bool:
        """Return whether a file's name is one of ours."""
        return name == self.hashes or any(fnmatchcase(name, pattern) for pattern in self.files)


WORKSPACE = Ours(
    MANIFEST,
    "jangkau_version",
    frozenset(
        {
            MANIFEST,
            EARLIER,
            *(f"{name}{end}" for name in (*LAYERS, CELLS) for end in (".parquet", "-????????????.parquet")),
        }
    ),
    (CACHE, SCENARIOS),
    edited=False,
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
        When ``out`` holds something else, or files that somebody changed or added; or another process is
        writing it.
    DiskError
        When the disk is full or refuses; ``out`` is as it was.
    """
    out = out.resolve()
    with _writing(out, out.parent):
        require_replaceable(out, ours)
        with _stage(out.parent, out) as stage:
            yield stage
            if ours.hashes:
                (stage / ours.hashes).write_text("{}", "utf-8")
            note_hashes(stage, ours.record)
            # Once more: somebody may have saved a document meanwhile.
            require_replaceable(out, ours)
            _swap(stage, out)


@contextmanager
def _writing(out: Path, where: Path) -> Iterator[None]:
    """Hold a folder's lock, with what a killed process left there put right; errors of the disk are named."""
    try:
        where.mkdir(parents=True, exist_ok=True)
        with held(where / f".{out.name}.lock", f"{out} is being written"):
            _recover(out)
            yield
    except OSError as error:
        if isinstance(error, JangkauError) or error.errno is None:
            raise
        raise _disk_error(error, out) from error
    except pa.ArrowException as error:
        raise DiskError(f"{out} could not be written: {error}") from error  # noqa: TRY003, EM102


@contextmanager
def _no_empty_folder(out: Path) -> Iterator[None]:
    """Remove the folder again if it holds nothing: what failed leaves nothing behind."""
    try:
        yield
    finally:
        # Not empty, or never made: then it stays as it is.
        with suppress(OSError):
            out.rmdir()


@contextmanager
def _stage(where: Path, out: Path) -> Iterator[Path]:
    moment = _for_a_moment(where, out, "partial")
    try:
        stage = moment / NEW
        stage.mkdir()
        stage.chmod(0o755)
        yield stage
    finally:
        _discard(moment)


def _discard(moment: Path) -> None:
    """Remove such a folder, its mark last: who is killed here leaves one that is known as ours."""
    for inside in moment.glob("*"):
        if inside.name != MOMENT:
            shutil.rmtree(inside, ignore_errors=True)
    shutil.rmtree(moment, ignore_errors=True)


def _for_a_moment(where: Path, out: Path, suffix: str) -> Path:
    """Make a folder that :func:`_recover` knows as ours when this process is killed."""
    moment = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=f".{suffix}", dir=where))
    try:
        (moment / MOMENT).touch()
    except OSError:
        moment.rmdir()
        raise
    return moment


def require_outside(out: Path, workspace: Path) -> None:
    """Raise WorkspaceError where an output folder lies in a workspace, which then could not be built again.

    Raises
    ------
    WorkspaceError
        The message says what to do.

    Examples
    --------
    >>> area = Path(getfixture("tmp_path"), "area")
    >>> area.mkdir()
    >>> _ = (area / MANIFEST).write_text("{}")
    >>> require_outside(area.parent / "plan", area)
    >>> require_outside(area / "plan", area)
    Traceback (most recent call last):
        ...
    geodata.errors.WorkspaceError: ...area/plan lies in the workspace ...area. Give a folder beside it ...
    """
    # A folder that is no workspace is told so when it is opened: that is the nearer fault.
    if (workspace / MANIFEST).is_file() and workspace.resolve() in out.resolve().parents:
        msg = f"{out} lies in the workspace {workspace}. Give a folder beside it with --out."
        raise WorkspaceError(msg)


def require_replaceable(out: Path, ours: Ours) -> None:
    """Raise WorkspaceError unless ``out`` is free, empty, or holds only what we wrote, as we wrote it.

    A folder of an earlier version, which knew no hashes, is replaced when its files have our names.
    """
    if not out.exists():
        return
    if not out.is_dir():
        msg = f"{out} is a file. Give a folder's name with --out."
        raise WorkspaceError(msg)
    there = {p.name for p in out.iterdir() if not (_is_leftover(p.name, out) or is_passing(p.name))}
    names = there - set(ours.keep)
    others = sorted(n for n in names if not ours.wrote(n))
    marker = out / ours.marker
    known = marker.is_file() and ours.words in marker.read_text("utf-8", errors="replace")
    if others or (names and not known and not _only_layers(names)):
        held_ = others[0] if others else min(names)
        msg = (
            f"{out} holds something that this command did not write ({held_!r}). Give another folder with "
            "--out, or move that away; nothing was changed."
        )
        raise WorkspaceError(msg)
    if ours.edited and (changed := changed_since(out, ours.record)):
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        msg = (
            f"{out} holds what was changed since it was written, or added, and would be lost: {shown}. Give "
            "another folder with --out, or move that away; nothing was changed."
        )
        raise WorkspaceError(msg)


def _only_layers(names: set[str]) -> bool:
    """Return whether all are layers with the hash in their names: a first build was killed before its end."""
    return all(fnmatchcase(n, "*-????????????.parquet") for n in names)


def _is_leftover(name: str, out: Path) -> bool:
    # The eight characters of mkdtemp between, nothing longer: people name folders of their own like this.
    ends = r"(\.[a-z0-9_]{8}\.(partial|old)|\.earlier\.partial|\.lock)"
    return re.fullmatch(rf"\.{re.escape(out.name)}{ends}", name) is not None


def _swap(stage: Path, out: Path) -> None:
    if not out.exists():
        stage.rename(out)
        return
    old = _for_a_moment(out.parent, out, "old")
    try:
        out.rename(old / out.name)
        try:
            stage.rename(out)
        except OSError:
            (old / out.name).rename(out)
            raise
    except OSError:
        (old / MOMENT).unlink(missing_ok=True)
        old.rmdir()
        raise
    _discard(old)


def _recover(out: Path) -> None:
    """Put back what a killed process left beside (or in) a folder, say so, and remove its leftovers.

    Only with the folder's lock, so that what is found is nobody's.
    """
    for where in (out.parent, out):
        for found in sorted(where.glob(f".{glob.escape(out.name)}.*")) if where.is_dir() else []:
            if found.name == f".{out.name}.earlier.partial" and where == out and found.is_file():
                found.unlink()  # of an earlier version, which wrote it beside the manifest
            if not (_is_leftover(found.name, out) and found.is_dir() and not found.is_symlink()):
                continue
            before = found / out.name
            if _moved_away(found, out) and not out.exists():
                before.rename(out)
                LOG.warning("%s was put back: a process was killed while it replaced the folder.", out)
            if _rescued(found, out) and _rescued(before, out):
                _remove_moment(found, before)


def _moved_away(found: Path, out: Path) -> bool:
    """Return whether a leftover holds what was in a folder's place; a backup of somebody's has no mark."""
    return found.suffix == ".old" and (found / out.name).is_dir() and (found / MOMENT).is_file()


def _remove_moment(found: Path, before: Path) -> None:
    """Remove what a killed process left, if it is ours for sure; of a folder without our mark, empty ones."""
    if (found / MOMENT).is_file():
        _discard(found)
        return
    for folder in (before, found):
        with suppress(OSError):
            folder.rmdir()


def put_back(out: Path) -> None:
    """Put a folder back that a process was killed at replacing, for those who read it.

    Raises
    ------
    WorkspaceError
        It is being replaced at this moment.
    DiskError
        The disk refuses.
    """
    out = out.resolve()
    if out.exists() or not out.parent.is_dir():
        return
    olds = out.parent.glob(f".{glob.escape(out.name)}.*.old")
    if any(_is_leftover(p.name, out) and _moved_away(p, out) for p in olds):
        with _writing(out, out.parent):
            pass


def _rescued(found: Path, out: Path) -> bool:
    """Move what others keep in a workspace back from a leftover; return whether nothing is left there.

    Earlier versions moved it along with each build.
    """
    done = True
    for name in WORKSPACE.keep:
        if not (found / name).exists():
            continue
        if (out / name).exists():
            done = name == CACHE and done
            if name != CACHE:
                LOG.warning("%s was left by a killed build, and %s is there too: compare them, then remove "
                            "the folder.", found / name, out / name)  # fmt: skip
        else:
            out.mkdir(exist_ok=True)
            (found / name).rename(out / name)
            LOG.warning("%s was put back: a build was killed while it moved it.", out / name)
    return done


def _disk_error(error: OSError, out: Path) -> DiskError:
    no_folder = "a part of its path is a file; choose another folder"
    reason = {
        errno.EEXIST: no_folder,
        errno.ENOTDIR: no_folder,
        errno.ENOSPC: "the disk is full; free some space",
        errno.EFBIG: "a file may not be so large here; choose another folder",
        errno.EDQUOT: "the disk quota is used up; free some space",
        errno.EACCES: "permission was denied; choose a folder you may write to",
        errno.EROFS: "the disk is read-only; choose another folder",
    }.get(error.errno or 0, f"{error.strerror or error}; choose another folder")
    return DiskError(f"{out} could not be written: {reason}. What was there before is unchanged.")


def write_whole(path: Path, content: bytes) -> None:
    """Write one file as a whole or not at all; what stands there is replaced, and no link or pipe followed.

    Parameters
    ----------
    path
        The file; its folder is made where there is none.

    Raises
    ------
    DiskError
        When the disk is full or refuses; the file is as it was.
    WorkspaceError
        Another process is writing it.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "AREA.yml"), b"code: '35.09'")
    ...     [file.name for file in Path(folder).iterdir()]
    ['AREA.yml']
    """
    beside = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with held(path.with_name(f".{path.name}.lock"), f"{path} is being written"):
            try:
                # What a killed process left.
                beside.unlink(missing_ok=True)
                with beside.open("xb") as out:
                    out.write(content)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, JangkauError) or error.errno is None:
            raise
        raise _disk_error(error, path) from error


@dataclass(frozen=True)
class Keep:
    """That what a workspace was until now can be had back (:mod:`geodata.earlier`).

    Attributes
    ----------
    by, why
        Who replaced it, and with what.
    state
        What :func:`state_of` gave when the new layers were made from it; None where they were not.
    """

    by: str
    why: str
    state: str | None = None


def state_of(folder: Path) -> str:
    """Return a text that changes with every build of a workspace.

    Raises
    ------
    WorkspaceError
        Not a workspace.
    """
    read_manifest(folder)
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def write_workspace(layers: Layers, out: Path, *, keep: Keep | None = None) -> None:
    """Write all layers and their manifest; a workspace that is there is replaced as a whole.

    Parameters
    ----------
    keep
        Where what was there is to be had back; at most ten such states are kept, the latest.

    Raises
    ------
    WorkspaceError, DiskError
        Also where another has built the workspace since ``keep.state``.
    """
    out = out.resolve()
    # Before its lock stands in somebody's folder, and again with it.
    require_replaceable(out, WORKSPACE)
    with _no_empty_folder(out), _writing(out, out):
        require_replaceable(out, WORKSPACE)
        if keep is not None and keep.state is not None and state_of(out) != keep.state:
            msg = (
                f"{out} was built anew meanwhile, so that what was made of its old data does not fit it. "
                "Open it again and do it once more; nothing was changed."
            )
            raise WorkspaceError(msg)
        with _stage(out, out) as stage:
            entries = _layer_files(layers, stage)
            manifest = {
                "format_version": FORMAT_VERSION,
                "jangkau_version": version("jangkau"),
                "area": asdict(layers.area),
                "layers": entries,
                "sources": [asdict(s) for s in layers.sources],
                "findings": [asdict(replace(f, cells=())) for f in layers.findings],
                **_cells_file(layers.findings, stage),
            }
            text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
            (stage / MANIFEST).write_text(text + "\n", "utf-8")
            written = [entry["file"] for entry in (*entries.values(), manifest["cells"])]
            for file in written:
                (stage / file).replace(out / file)
            if keep is not None:
                _keep_earlier(out, keep, stage)
            # From here on it is the new workspace: the manifest names its files by their content.
            (stage / MANIFEST).replace(out / MANIFEST)
        _remove_unnamed(out, {MANIFEST, *written})


def _keep_earlier(out: Path, keep: Keep, stage: Path) -> None:
    """Write the manifest that is about to be replaced under a name of its own, with who does it and why."""
    number = 1 + max((int(p.stem.rpartition("-")[2]) for p in earlier_manifests(out)), default=0)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = read_manifest(out) | {"replaced": {"at": at, "by": keep.by, "why": keep.why}}
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    part = stage / "earlier.json"
    part.write_text(text + "\n", "utf-8")
    part.replace(out / f"earlier-{number:06d}.json")


def earlier_manifests(folder: Path) -> list[Path]:
    """Return the manifests of what a workspace was before, the earliest first."""
    return sorted(p for p in folder.glob(EARLIER) if re.fullmatch(r"earlier-\d{6}\.json", p.name))


def _remove_unnamed(out: Path, named: set[str]) -> None:
    """Remove our files that neither the workspace nor what it was before needs."""
    # Older ones are named by nothing, and go.
    for kept in earlier_manifests(out)[-KEPT_EARLIER:]:
        manifest = json.loads(kept.read_text("utf-8"))
        named |= {kept.name, *(entry["file"] for entry in (*manifest["layers"].values(), manifest[CELLS]))}
    for file in out.iterdir():
        if WORKSPACE.wrote(file.name) and file.name not in named:
            file.unlink()


def _layer_files(layers: Layers, stage: Path) -> dict[str, Any]:
    """Write the layers and return their entries in the manifest."""
    entries: dict[str, Any] = {}
    for name in LAYERS:
        frame: gpd.GeoDataFrame | None = getattr(layers, name)
        if frame is None:
            continue
        file = stage / f"{name}.parquet"
        frame.to_parquet(file, compression="zstd", write_covering_bbox=False)
        sha256 = file_sha256(file)
        named = file.rename(stage / f"{name}-{sha256[:12]}.parquet")
        entries[name] = {"file": named.name, "rows": len(frame), "sha256": sha256}
    return entries


def _cells_file(findings: Sequence[Finding], stage: Path) -> dict[str, Any]:
    """Write the cells that findings are about, which may be as many as rows, and return their entry."""
    rows = [{"finding": i, **cell._asdict()} for i, f in enumerate(findings) for cell in f.cells]
    text = {name: pa.string() for name in Cell._fields}
    types = {"finding": pa.int32(), **text, "row": pa.int32(), "applied": pa.bool_()}
    table = pa.Table.from_pylist(rows, schema=pa.schema(types))
    file = stage / f"{CELLS}.parquet"
    pq.write_table(table, file, compression="zstd")
    sha256 = file_sha256(file)
    named = file.rename(stage / f"{CELLS}-{sha256[:12]}.parquet")
    return {CELLS: {"file": named.name, "rows": len(rows), "sha256": sha256}}


def _findings(folder: Path, manifest: dict[str, Any]) -> tuple[Finding, ...]:
    """Return the findings of a workspace, each with its cells."""
    cells: dict[int, list[Cell]] = {}
    for row in pq.read_table(_whole(folder, manifest[CELLS])).to_pylist():
        cells.setdefault(row.pop("finding"), []).append(Cell(**row))
    return tuple(
        Finding(**{**f, "ids": tuple(f["ids"]), "cells": tuple(cells.get(i, ()))})
        for i, f in enumerate(manifest["findings"])
    )


def _whole(folder: Path, entry: dict[str, Any]) -> Path:
    """Return a file of a workspace that is as its manifest describes it."""
    file: Path = folder / entry["file"]
    if not file.is_file() or file_sha256(file) != entry["sha256"]:
        msg = f"{file} is missing or was changed. Build the workspace again from its AREA.yml."
        raise WorkspaceError(msg)
    return file


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a workspace's manifest.

    Raises
    ------
    WorkspaceError
        No workspace, a newer version, or a damaged manifest.
    """
    return manifest_at(folder / MANIFEST)


def manifest_at(path: Path) -> dict[str, Any]:
    """Return the manifest in a file, that of a workspace or of what it was before.

    Raises
    ------
    WorkspaceError
        As :func:`read_manifest`.
    """
    folder = path.parent
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
        "assumed_empty": tuple(area.get("assumed_empty", ())),
    }
    return StudyArea(**{**area, **given})


def read_workspace(folder: Path) -> Layers:
    """Read a workspace; the files must be those that its manifest describes.

    Raises
    ------
    WorkspaceError
        Not a workspace, from a newer version, or with a missing or changed layer.
    """
    while True:
        manifest = read_manifest(folder)
        try:
            return read_layers_of(folder, manifest)
        except WorkspaceError:
            # A build that ended meanwhile has taken the files away, and named its own.
            if read_manifest(folder) == manifest:
                raise


def read_layers_of(folder: Path, manifest: dict[str, Any]) -> Layers:
    """Return the layers that a manifest names.

    Raises
    ------
    WorkspaceError
        A missing or changed layer, or a damaged manifest.
    """
    frames: dict[str, gpd.GeoDataFrame] = {}
    try:
        for name, entry in manifest["layers"].items():
            frames[name] = gpd.read_parquet(_whole(folder, entry))
        area = manifest["area"]
        return Layers(
            area=_study_area(area),
            villages=frames["villages"],
            roads=frames.get("roads"),
            facilities=frames["facilities"],
            hamlets=frames.get("hamlets"),
            water=frames.get("water"),
            floods=frames.get("floods"),
            people_points=frames.get("people_points"),
            neighbours=frames.get("neighbours"),
            relief=frames.get("relief"),
            findings=_findings(folder, manifest),
            sources=tuple(SourceRecord(**s) for s in manifest["sources"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        if isinstance(error, WorkspaceError):
            raise
        msg = f"{folder / MANIFEST} is damaged ({error}). Build the workspace again from its AREA.yml."
        raise WorkspaceError(msg) from error
