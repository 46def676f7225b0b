"""Layers from, and results to, addresses: what ``jangkau nation`` does before and after its work on files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import platformdirs

from geodata.errors import WorkspaceError
from geodata.remote.address import is_database, is_remote, shown
from geodata.remote.objects import fetch_object, put_folder, require_folder
from geodata.remote.tables import fetch_table, put_tables, require_schema
from geodata.vocabulary.kinds import known_kinds
from planner.nation.products import NAMES, TABLES, reserved, typed
from planner.nation.sites import PLANS, TABLE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

INPUTS = "inputs"
# Tables of a database beside those of the CSV files.
VILLAGES, DOCUMENTS = "villages", "documents"
IN_DATABASE = (VILLAGES, *(name.removesuffix(".csv") for name in TABLES), PLANS, DOCUMENTS)


@dataclass(frozen=True)
class RunPlace:
    """Where a run works, and where its results go.

    Attributes
    ----------
    folder
        Of this machine (or of all workers): all that a second run takes as it is.
    address
        Where results are sent; "" where the folder is all.
    """

    folder: Path
    address: str = ""

    @property
    def shown(self) -> str:
        """What is printed of it."""
        return shown(self.address) if self.address else str(self.folder)

    def require(self) -> None:
        """Raise InputError unless results can be sent there: before the long work."""
        if is_database(self.address):
            require_schema(self.address, list(IN_DATABASE))
        elif self.address:
            require_folder(self.address)

    def reserved(self) -> AbstractContextManager[None]:
        """Hold the folder, so that what is fetched, made and sent is of one command."""
        return reserved(self.folder)

    def send(self) -> str:
        """Send the results, as a whole or not at all; returns what to tell ("" where nothing is sent).

        Raises
        ------
        InputError
            The database or the storage refuses. What was computed is kept in the folder.
        """
        if is_database(self.address):
            tables = results_as_tables(self.folder)
            put_tables(tables, self.address)
            return f"{len(tables)} tables written, from {self.folder}"
        if self.address:
            names = results(self.folder)
            sent = put_folder(self.folder, names, self.address)
            return f"{sent} of {len(names)} files sent, the others are there; from {self.folder}"
        return ""


def place_of(out: str, work: Path | None) -> RunPlace:
    """Return where a run works: the folder itself, or for an address one of this machine.

    Parameters
    ----------
    out
        A folder, or an address.
    work
        The folder for an address; one of the cache, by the address, when None.

    Examples
    --------
    >>> place_of("out/nation", None).address, place_of("s3://hasil/nation", Path("work"))
    ('', RunPlace(folder=PosixPath('work'), address='s3://hasil/nation'))
    """
    if not is_remote(out):
        return RunPlace(Path(out))
    name = hashlib.sha256(shown(out).encode()).hexdigest()[:16]
    return RunPlace(work or Path(platformdirs.user_cache_dir("jangkau"), "nation", name), out)


def local(text: str, folder: Path, what: str) -> Path:
    """Return the path of a layer; one at an address is copied below the run's folder first.

    Parameters
    ----------
    text
        A path, ``postgresql://…?table=name``, or an address that fsspec knows.
    folder
        The run's, which is reserved (:meth:`RunPlace.reserved`).
    what
        The layer.

    Raises
    ------
    InputError
        It is not there, or may not be read.

    Examples
    --------
    >>> str(local("desa.parquet", Path("out"), "villages"))
    'desa.parquet'
    """
    if not is_remote(text):
        return Path(text)
    inputs = folder / INPUTS / what
    inputs.mkdir(parents=True, exist_ok=True)
    fetch = fetch_table if is_database(text) else fetch_object
    return fetch(text, inputs, what)


def split_kind(text: str) -> tuple[str, str]:
    """Return where a list of facilities is, and the kind behind it ("" where none is named).

    Examples
    --------
    >>> split_kind("s3://data/pustu.csv=pustu"), split_kind("postgresql://h/db?table=pustu")
    (('s3://data/pustu.csv', 'pustu'), ('postgresql://h/db?table=pustu', ''))
    >>> split_kind("postgresql://h/db?table=units=pustu")
    ('postgresql://h/db?table=units', 'pustu')
    """
    path, query, last = text.rpartition("?")
    end = (last if query else text).rpartition("&")[2]
    if end.count("=") > (1 if query else 0) or (not query and end.rpartition("=")[2] in known_kinds()):
        head, _, kind = text.rpartition("=")
        return head, kind
    del path
    return text, ""


def results(folder: Path) -> list[str]:
    """Return what a run has made for others to read: files below its folder, by their names.

    Parameters
    ----------
    folder
        The run's.
    """
    files = [*folder.glob("villages/province=*/*.parquet"), *folder.glob(f"{PLANS}/*/*")]
    files += [folder / name for name in NAMES]
    return sorted(f.relative_to(folder).as_posix() for f in files if f.is_file() and f.name[0] != ".")


def results_as_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return what a run has made as tables of a database.

    Parameters
    ----------
    folder
        The run's.

    Raises
    ------
    WorkspaceError
        A table or a plan is of an earlier version.
    """
    parts = [gpd.read_parquet(f) for f in sorted(folder.glob("villages/province=*/*.parquet"))]
    tables: dict[str, pd.DataFrame] = {}
    if parts:
        tables[VILLAGES] = pd.concat(parts).reset_index(names="village_code")
    for name in TABLES:
        file = folder / name
        if file.is_file():
            tables[file.stem] = _with_types(file, "jangkau nation")
    plans = [
        _with_types(file, "jangkau nation site").assign(plan=file.parent.name)
        for file in sorted(folder.glob(f"{PLANS}/*/{TABLE}"))
    ]
    if plans:
        # Units of some, rupiah of others.
        tables[PLANS] = pd.concat(plans, ignore_index=True)
    texts = [f for f in results(folder) if f.endswith(".json")]
    documents = [(name, (folder / name).read_text("utf-8")) for name in texts]
    tables[DOCUMENTS] = pd.DataFrame(documents, columns=["name", "content"])
    return tables


def _with_types(file: Path, command: str) -> pd.DataFrame:
    """Return the table of a CSV file, which itself does not say what is text and what is unknown."""
    if not typed(file).is_file():
        msg = (
            f"{file} was written by an earlier version of Jangkau: make it again with {command}, or move it "
            "away."
        )
        raise WorkspaceError(msg)
    return pd.read_parquet(typed(file))
