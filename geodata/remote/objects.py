"""Files of object storage, and of whatever else fsspec knows, to and from this machine."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import fsspec

from geodata.errors import ConfigError, MissingFileError, UnreadableFileError
from geodata.readers.files.opening import file_sha256
from geodata.remote.address import shown, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "manifest.json"
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci"})
_BLOCK = 1 << 22


@contextmanager
def told_as_ours(address: str, what: str) -> Iterator[None]:
    """Raise what a storage says as an InputError, in a line that names the address without its secrets."""
    faults: tuple[type[Exception], ...] = (OSError, ValueError)
    try:
        from botocore.exceptions import BotoCoreError, ClientError

        faults = (*faults, BotoCoreError, ClientError)
    except ImportError:
        pass
    try:
        yield
    except ImportError as error:
        more = " (pip install 'jangkau[s3]')" if address.startswith("s3") else ""
        msg = f"{what}: {shown(address)}: {without_secrets(str(error), address)}{more}"
        raise ConfigError(msg) from error
    except FileNotFoundError as error:
        msg = f"{what}: {shown(address)} is not there. Check the bucket and the name."
        raise MissingFileError(msg) from error
    except faults as error:
        said = without_secrets(str(error), address).rstrip(". ") or type(error).__name__
        msg = f"{what}: {shown(address)} cannot be reached: {said}. Check the address and the credentials."
        raise UnreadableFileError(msg) from error


def fetch_object(address: str, folder: Path, what: str) -> Path:
    """Copy a file to this machine, as a whole or not at all; returns where it is.

    Parameters
    ----------
    address
        Such as ``s3://bucket/desa.parquet``. Keys are those of the storage's own settings
        (``AWS_ACCESS_KEY_ID`` and the like).
    folder
        Written to, under the file's own name.
    what
        The layer, for messages.

    Raises
    ------
    InputError
        It is not there, or may not be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     with fsspec.open("memory://data/a.csv", "w") as file:
    ...         _ = file.write("kode")
    ...     fetch_object("memory://data/a.csv", Path(place), "villages").read_text("utf-8")
    'kode'
    """
    name = address.partition("?")[0].rstrip("/").rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".unfinished-{name}"
    with told_as_ours(address, what), fsspec.open(address, "rb") as source, beside.open("wb") as target:
        while block := source.read(_BLOCK):
            target.write(block)
    return beside.replace(folder / name)


def require_folder(address: str) -> None:
    """Raise InputError unless files can be written below an address: before the long work, not after it."""
    with told_as_ours(address, "--out"):
        system, root = fsspec.core.url_to_fs(address)
        probe = f"{root.rstrip('/')}/.jangkau"
        _make_room(system, probe)
        system.pipe_file(probe, b"")
        system.rm_file(probe)


def put_folder(folder: Path, names: list[str], address: str) -> int:
    """Put files below an address, and last of all a manifest; returns how many were sent.

    A folder without its ``manifest.json`` is not finished: it is taken away first and comes back at the end,
    with the SHA-256 of each file. What an earlier manifest has is not sent again.

    Parameters
    ----------
    folder
        Of this machine.
    names
        Files in it, with ``/`` between folders.
    address
        Such as ``s3://bucket/nation``.

    Raises
    ------
    InputError
        The storage refuses.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     _ = Path(place, "a.csv").write_text("x", "utf-8")
    ...     [put_folder(Path(place), ["a.csv"], "memory://out/run") for _ in range(2)]
    [1, 0]
    """
    with told_as_ours(address, "--out"):
        system, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
        root = root.rstrip("/")
        known = _manifest(system, f"{root}/{MANIFEST}")
        files = {name: file_sha256(folder / name) for name in names}
        if known:
            system.rm_file(f"{root}/{MANIFEST}")
        sent = 0
        for name, sha in files.items():
            if known.get(name) == sha and system.exists(f"{root}/{name}"):
                continue
            _make_room(system, f"{root}/{name}")
            system.put_file(str(folder / name), f"{root}/{name}")
            sent += 1
        for name in set(known) - set(files):
            if system.exists(f"{root}/{name}"):
                system.rm_file(f"{root}/{name}")
        text = json.dumps({"files": files}, indent=1, sort_keys=True)
        system.pipe_file(f"{root}/{MANIFEST}", text.encode())
        return sent


def _make_room(system: Any, path: str) -> None:  # noqa: ANN401 - fsspec ships no types
    """Make the folder of a file; object storage has none, and would make a bucket of a mistyped name."""
    protocols = {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)
    if not protocols & OBJECT_STORES:
        system.makedirs(path.rpartition("/")[0], exist_ok=True)


def _manifest(system: Any, path: str) -> dict[str, str]:  # noqa: ANN401 - as above
    try:
        files: dict[str, str] = json.loads(system.cat_file(path))["files"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    return files


def folder_is_whole(address: str) -> bool:
    """Return whether all files that a manifest names are there as they were sent.

    Examples
    --------
    >>> folder_is_whole("memory://nowhere")
    False
    """
    with told_as_ours(address, "folder"):
        system, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
        root = root.rstrip("/")
        known = _manifest(system, f"{root}/{MANIFEST}")
        return bool(known) and all(
            system.exists(f"{root}/{name}")
            and hashlib.sha256(system.cat_file(f"{root}/{name}")).hexdigest() == sha
            for name, sha in known.items()
        )
