"""Downloads on disk, by the hash of their content, and what is known of each.

``objects/ab/abcd….sql`` holds the files, ``index/KEY-ADDRESS.json`` what was asked, when, where, and which
object was the answer, ``partial/`` what has not come to its end. An object is complete, or not there. Each
address has an entry of its own: another one may hold another version, or another area.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geodata.readers.files.opening import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOG = logging.getLogger("jangkau")
_OBJECT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9.]+")


@dataclass(frozen=True)
class Kept:
    """A download in the cache.

    Attributes
    ----------
    source, address, question
        Which source, where it came from, and what was asked there ("" for a plain file).
    date
        When it came, or was last found unchanged (ISO 8601, UTC).
    sha256, size_bytes
        Of the file; "" and 0 where the source has nothing there.
    path
        The file; None where the source has nothing there.
    etag, modified
        What the server said of its version ("" where it did not).
    doubted
        Whether it was found to be no good since: it is asked for anew, whatever its age.
    """

    source: str
    address: str
    question: str
    date: str
    sha256: str
    size_bytes: int
    path: Path | None = None
    etag: str = ""
    modified: str = ""
    doubted: bool = False


@dataclass(frozen=True)
class Started:
    """A download that has not come to its end: where from, which version, how long it will be."""

    address: str
    validator: str = ""
    total_bytes: int | None = None


@dataclass(frozen=True)
class DownloadStore:
    """The cache's folder."""

    folder: Path
    _names: tuple[str, ...] = field(default=("objects", "index", "partial"), repr=False)

    def open(self) -> None:
        """Make the folders."""
        for name in self._names:
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def lock(self, key: str) -> Path:
        """Return the lock of one download."""
        return self.folder / "partial" / f"{key}.lock"

    def find(self, key: str, address: str) -> Kept | None:
        """Return what is kept of an address; None when nothing is, or when it is no longer what it was."""
        return self._read(self._entry(key, address))

    def any(self, key: str) -> Kept | None:
        """Return what was kept last, of whatever address; None when nothing is."""
        found = [self._read(entry) for entry in sorted((self.folder / "index").glob(f"{key}-*.json"))]
        return max((one for one in found if one is not None), key=lambda one: one.date, default=None)

    def _entry(self, key: str, address: str) -> Path:
        return self.folder / "index" / f"{key}-{digest(address)[:12]}.json"

    def _read(self, entry: Path) -> Kept | None:
        if not entry.is_file():
            return None
        try:
            known = json.loads(entry.read_text("utf-8"))
            name = known.pop("file")
            kept = Kept(**known, path=self.folder / "objects" / name if name else None)
            _require_sound(kept, name)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            LOG.warning("%s is damaged: what it names counts as not downloaded.", entry)
            return None
        if kept.path is not None and (not kept.path.is_file() or file_sha256(kept.path) != kept.sha256):
            LOG.warning("%s is missing or was changed: it counts as not downloaded.", kept.path)
            return None
        return kept

    def keep(self, key: str, file: Path | None, kept: Kept, ending: str) -> Kept:
        """Move a complete file to its place and write down what it is; returns the record."""
        name, sha256, size = "", "", 0
        if file is not None:
            sha256, size = file_sha256(file), file.stat().st_size
            name = f"{sha256[:2]}/{sha256}.{ending}"
            (self.folder / "objects" / name).parent.mkdir(exist_ok=True)
            file.replace(self.folder / "objects" / name)
        record = {**asdict(kept), "sha256": sha256, "size_bytes": size}
        del record["path"]
        self._write_index(key, {**record, "file": name})
        return Kept(**record, path=self.folder / "objects" / name if name else None)

    def doubt(self, key: str, kept: Kept) -> None:
        """Write down that a download is no good: it stays for who is offline, and is asked for anew."""
        self._write_again(key, replace(kept, doubted=True))

    def same(self, key: str, kept: Kept, date: str) -> Kept:
        """Write down that a download was found unchanged."""
        return self._write_again(key, replace(kept, date=date))

    def _write_again(self, key: str, kept: Kept) -> Kept:
        record, path = asdict(kept), kept.path
        del record["path"]
        self._write_index(key, {**record, "file": "" if path is None else f"{path.parent.name}/{path.name}"})
        return kept

    def _write_index(self, key: str, record: Mapping[str, Any]) -> None:
        entry = self._entry(key, record["address"])
        fresh = entry.with_suffix(".new")
        fresh.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
        fresh.replace(entry)

    def partial(self, key: str, address: str) -> Path:
        """Return where a download from an address grows: mirrors may hold other versions."""
        return self.folder / "partial" / f"{key}-{digest(address)[:12]}.partial"

    def started(self, partial: Path) -> Started | None:
        """Return what is known of a download that was cut off."""
        note = partial.with_suffix(".json")
        try:
            return Started(**json.loads(note.read_text("utf-8"))) if partial.is_file() else None
        except (OSError, ValueError, TypeError):
            return None

    def start(self, partial: Path, started: Started) -> None:
        """Write down what a download is before its first byte."""
        partial.with_suffix(".json").write_text(json.dumps(asdict(started)), "utf-8")

    def drop(self, partial: Path) -> None:
        """Throw away what came of a download."""
        partial.unlink(missing_ok=True)
        partial.with_suffix(".json").unlink(missing_ok=True)


def _require_sound(kept: Kept, name: str) -> None:
    """Raise ValueError or TypeError where an entry does not say what an entry says."""
    texts = (kept.source, kept.address, kept.question, kept.date, kept.sha256, kept.etag, kept.modified, name)
    if not all(isinstance(text, str) for text in texts):
        msg = "no text where one belongs"
        raise TypeError(msg)
    if dt.datetime.fromisoformat(kept.date).tzinfo is None or (name and not _OBJECT.fullmatch(name)):
        msg = "a date without its zone, or no name of an object"
        raise ValueError(msg)


def digest(*texts: str) -> str:
    """Return a name made of texts: their SHA-256, in hexadecimal.

    Examples
    --------
    >>> digest("a", "b") == digest("ab")
    False
    """
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
