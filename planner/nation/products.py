"""What a run gives to its readers: tables, the map, each as a whole, known again by their hashes."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import WorkspaceError, first_five
from geodata.files.csvtext import csv_text
from geodata.files.lock import held
from geodata.files.written import content_sha256
from geodata.workspace import RUN
from planner.nation.store import UNFINISHED, clear_unfinished, disk_told, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MARKER = "nation.json"
TABLES = ("regencies.csv", "provinces.csv", "facilities.csv", "ranked.csv", "findings.csv", "costs.csv")
MAP, TILES, OVERVIEW = "map.html", "villages.pmtiles", "map.json"
NAMES = (*TABLES, "national.json", MAP, TILES, OVERVIEW, RUN)
FILES = "files"


@dataclass(frozen=True)
class Products:
    """The files of a run that people open and edit, and the record of what we wrote.

    The record (``files`` of ``nation.json``) has a file's hash before the file is put in its place, beside
    that of the one which stood there: so what a run that was killed left is never taken for an edit.

    Attributes
    ----------
    folder
        Of the run, whose lock is held.
    """

    folder: Path

    def require_unedited(self) -> None:
        """Raise WorkspaceError where somebody changed a file since it was written, or put one there.

        A folder of an earlier version, which knew no hashes, is taken as it is.
        """
        known = self._known()
        if known is None:
            there = [n for n in NAMES if (self.folder / n).is_file()]
            self._write({n: [content_sha256(self.folder / n)] for n in there})
            return
        files = [n for n in NAMES if (self.folder / n).exists()]
        require_kept(self.folder, [n for n in files if not self._is_ours(n, known)])

    def _is_ours(self, name: str, known: dict[str, list[str]]) -> bool:
        file = self.folder / name
        return file.is_file() and content_sha256(file) in known.get(name, [])

    def begin(self) -> None:
        """Take ``run.json`` away: it comes back when all are written, so that old and new are never mixed."""
        self.require_unedited()
        (self.folder / RUN).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all of them: what an earlier run found is no answer any more."""
        for name in NAMES:
            (self.folder / name).unlink(missing_ok=True)
        for name in TABLES:
            typed(self.folder / name).unlink(missing_ok=True)

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Put a table in the place of a CSV file, and beside it with its types, for a database.

        Parameters
        ----------
        name
            One of TABLES.
        table
            All columns; the index is left out.
        """
        file = typed(self.folder / name)
        with disk_told(file):
            write_typed(table, file)
        self.write(name, csv_text(table, index=False))

    def write(self, name: str, text: str) -> None:
        """Put a text in the place of a file."""
        beside = self.folder / f"{UNFINISHED}{name}"
        with disk_told(self.folder / name, beside):
            beside.write_text(text, "utf-8", newline="")
            self._place(name, beside)

    def take(self, name: str, source: Path) -> None:
        """Put a finished file under the name that people look for; its bytes are held once where possible."""
        target = self.folder / name
        if target.exists() and target.samefile(source):
            return
        beside = self.folder / f"{UNFINISHED}{name}"
        beside.unlink(missing_ok=True)
        with disk_told(target, beside):
            try:
                beside.hardlink_to(source)
            except OSError:
                shutil.copyfile(source, beside)
            self._place(name, beside)

    def _place(self, name: str, beside: Path) -> None:
        known, target = self._known() or {}, self.folder / name
        ours = known.get(name, [])
        # Killed here twice, the file that stands there is neither the last nor the one before.
        there = content_sha256(target) if target.is_file() else ""
        stays = [there] if there in ours else ours[-1:]
        self._write({**known, name: [*stays, content_sha256(beside)]})
        beside.replace(target)

    def _known(self) -> dict[str, list[str]] | None:
        try:
            said = json.loads((self.folder / MARKER).read_text("utf-8"))
            return {str(n): [str(h) for h in hashes] for n, hashes in said[FILES].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _write(self, known: dict[str, list[str]]) -> None:
        write_json({"jangkau_version": version("jangkau"), FILES: known}, self.folder / MARKER)


def typed(table: Path) -> Path:
    """Return where a CSV file's table lies with its types: a CSV file does not say what is text.

    Examples
    --------
    >>> from pathlib import Path
    >>> typed(Path("out", "costs.csv")).as_posix()
    'out/.costs.parquet'
    """
    return table.with_name(f".{table.stem}.parquet")


def write_typed(table: pd.DataFrame, file: Path) -> None:
    """Write a table so that text stays text, "NA" a name, and what is unknown is not an empty text.

    Parameters
    ----------
    table
        All columns; the index is left out.
    file
        From :func:`typed`.
    """
    # What has values of several types is text, as a CSV file has it.
    mixed = [c for c in table if pd.api.types.infer_dtype(table[c], skipna=True).startswith("mixed")]
    plain = table.assign(**{c: table[c].map(str, na_action="ignore") for c in mixed})
    plain.to_parquet(file, compression="zstd", index=False)


def require_kept(folder: Path, changed: Iterable[str]) -> None:
    """Raise WorkspaceError where files of a folder were changed.

    Examples
    --------
    >>> from pathlib import Path
    >>> require_kept(Path("out"), [])
    """
    if names := sorted(changed):
        msg = (
            f"{folder} holds what was changed since it was written, or added, and would be lost: "
            f"{first_five(names)}. Give another folder with --out, or move that away; nothing was changed."
        )
        raise WorkspaceError(msg)


def require_ours(out: Path) -> None:
    """Raise WorkspaceError where a folder holds something else than results of ``jangkau nation``."""
    if out.exists() and not (out.is_dir() and ((out / MARKER).exists() or not any(out.iterdir()))):
        msg = f"{out} holds something else than results of jangkau nation. Name another folder."
        raise WorkspaceError(msg)


def _mark(out: Path) -> None:
    require_ours(out)
    out.mkdir(parents=True, exist_ok=True)
    if not (out / MARKER).exists():
        write_json({"jangkau_version": version("jangkau"), FILES: {}}, out / MARKER)


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """Hold a folder for a whole command, with what it fetches before its work and sends after it.

    Raises
    ------
    WorkspaceError
        It holds something else, or another command holds it.
    """
    _mark(out)
    with held(out / ".command.lock", f"{out} is being written"):
        yield


@contextmanager
def opened(out: Path) -> Iterator[Products]:
    """Give the products of a run, whose folder is held until its end.

    Raises
    ------
    WorkspaceError
        It holds something else; another run holds it.
    """
    _mark(out)
    with held(out / ".lock", f"{out} is being written"):
        clear_unfinished(out)
        yield Products(out)
