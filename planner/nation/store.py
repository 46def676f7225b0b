"""Finished work on disk: a folder a part, written as a whole, known again by what went in and came out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import DiskError
from geodata.readers.files.opening import file_sha256
from planner.nation.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "manifest.json"
UNFINISHED = ".unfinished-"


def key_of(of: str, *content: object) -> str:
    """Return the SHA-256 of plain values and of what computes, in hexadecimal: what a part depends on.

    Parameters
    ----------
    of
        The name of the module that computes it (:func:`planner.nation.program.program`).
    content
        What else it depends on.

    Examples
    --------
    >>> of = "planner.nation.answers"
    >>> key_of(of, "35.09", {"a": 1}) == key_of(of, "35.09", {"a": 1}), key_of(of, "a") == key_of(of, "b")
    (True, False)
    """
    content = (program(of), *content)
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def finished(folder: Path, key: str) -> dict[str, Any] | None:
    """Return a part's manifest if it is there, came of the same key, and its files are as they were written.

    Parameters
    ----------
    folder
        Of the part.
    key
        From :func:`key_of`.

    Examples
    --------
    >>> finished(Path("nowhere"), "") is None
    True
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        same = manifest["key"] == key and all(
            file_sha256(folder / name) == sha for name, sha in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Half of a file, or another's: it is made again.
        return None
    return manifest if same else None


@contextmanager
def writing(folder: Path, key: str, facts: Mapping[str, Any]) -> Iterator[Path]:
    """Give a folder to fill; it becomes the part, with its manifest, only when all went well.

    Parameters
    ----------
    folder
        Of the part; what stood there is replaced.
    key
        From :func:`key_of`.
    facts
        Plain values for the manifest, taken when the work is done.

    Raises
    ------
    DiskError
        The disk is full or refuses.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     part = Path(place, "35.09")
    ...     with writing(part, "k", {}) as stage:
    ...         _ = (stage / "a.txt").write_text("x", "utf-8")
    ...     finished(part, "k")["files"].keys()
    dict_keys(['a.txt'])
    """
    with disk_told(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        try:
            yield stage
            files = {p.name: file_sha256(p) for p in sorted(stage.iterdir())}
            manifest = {"key": key, "files": files, **facts}
            write_json(manifest, stage / MANIFEST)
            stage.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            stage.rename(folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def disk_told(path: Path, beside: Path | None = None) -> Iterator[None]:
    """Tell what a disk that is full or refuses kept from being written, and what to do.

    Parameters
    ----------
    path
        What is written.
    beside
        A file that is taken away then.

    Raises
    ------
    DiskError

    Examples
    --------
    >>> import errno
    >>> with disk_told(Path("a.csv")):
    ...     raise OSError(errno.EIO, "It is full")
    Traceback (most recent call last):
    ...
    geodata.errors.DiskError: a.csv could not be written: It is full. Make room, and run this again.
    """
    try:
        yield
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        if error.errno is None or isinstance(error, DiskError):
            raise
        msg = f"{path} could not be written: {error.strerror}. Make room, and run this again."
        raise DiskError(msg) from error


def json_text(content: object) -> str:
    """Return plain values as JSON text.

    Examples
    --------
    >>> json_text([1, None]).split()
    ['[', '1,', 'null', ']']
    """
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(content: object, path: Path) -> None:
    """Write plain values as JSON, as a whole or not at all.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     write_json({"a": None}, Path(place, "a.json"))
    ...     Path(place, "a.json").read_text("utf-8").split()
    ['{', '"a":', 'null', '}']
    """
    text = json_text(content)
    beside = path.with_name(f"{UNFINISHED}{path.name}-{os.getpid()}")
    with disk_told(path, beside):
        beside.write_text(text, "utf-8")
        beside.replace(path)


def clear_unfinished(folder: Path) -> None:
    """Remove what killed processes left; only while nobody else writes there.

    Examples
    --------
    >>> clear_unfinished(Path("nowhere"))
    """
    for left in folder.rglob(f"{UNFINISHED}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
