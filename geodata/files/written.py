"""What we wrote into a folder, by hashes, and what somebody has changed or added there since."""

from __future__ import annotations

import hashlib
import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# The entry of a record with the hash of each file beside it.
FILES = "files"
# What office programs and file browsers leave beside a file that is only looked at.
PASSING = ("~$*", ".~lock.*#", ".DS_Store", "Thumbs.db", "desktop.ini")
_SQLITE = b"SQLite format 3\0"
# Of its header: versions, counter of changes, who changed it last. QGIS writes them when it opens a layer.
_SQLITE_PASSING = ((18, 20), (24, 28), (92, 100))


def is_passing(name: str) -> bool:
    """Return whether a file of this name comes and goes with the program that shows its neighbour.

    Examples
    --------
    >>> is_passing("~$usulan.docx"), is_passing(".~lock.usulan.docx#"), is_passing("usulan.docx")
    (True, True, False)
    """
    return any(fnmatchcase(name, pattern) for pattern in PASSING)


def content_sha256(path: Path) -> str:
    """Return the SHA-256 of a file; of an SQLite file without what changes when it is only opened."""
    with path.open("rb") as stream:
        head = stream.read(100)
        if not head.startswith(_SQLITE):
            stream.seek(0)
            return hashlib.file_digest(stream, "sha256").hexdigest()
        plain = bytearray(head)
        for start, end in _SQLITE_PASSING:
            plain[start:end] = bytes(end - start)
        digest = hashlib.sha256(plain)
        while chunk := stream.read(1_000_000):
            digest.update(chunk)
        return digest.hexdigest()


def note_hashes(folder: Path, record: str) -> None:
    """Add the hash of each file to a folder's record (JSON), unless it has them already."""
    file = folder / record
    if file.suffix != ".json" or not file.is_file():
        return
    said: dict[str, Any] = json.loads(file.read_text("utf-8"))
    if FILES in said:
        return
    said[FILES] = {
        p.name: content_sha256(p) for p in sorted(folder.iterdir()) if p.is_file() and p.name != record
    }
    file.write_text(json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def changed_since(folder: Path, record: str) -> list[str]:
    """Return the names of files that are not as the record says; none where it holds no hashes.

    Earlier versions wrote none. A record that cannot be read was changed itself.
    """
    file = folder / record
    if file.suffix != ".json" or not file.is_file():
        return []
    try:
        said = json.loads(file.read_text("utf-8"))
        if FILES not in said:
            return []
        hashes = {n: f["sha256"] if isinstance(f, dict) else str(f) for n, f in said[FILES].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [record]
    there = sorted(p for p in folder.iterdir() if p.name != record and not is_passing(p.name))
    return [p.name for p in there if not p.is_file() or content_sha256(p) != hashes.get(p.name)]
