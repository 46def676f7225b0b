"""How large a GeoParquet file is once it is read: 14 kB may be gigabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.errors import InputError, UnreadableFileError, brief
from geodata.files import limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Few, since what is not yet measured is held.
BATCH_ROWS, FEW_ROWS = 1_000, 50


def require_small_parquet(path: Path, what: str) -> None:
    """Raise InputError for a file that is large in memory.

    Each text is read once, however many rows have it, and counted as often as it stands. What the file says
    of its own size is of how it is packed, and may be untrue.

    Raises
    ------
    SchemaError, UnreadableFileError
    """
    try:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            columns = [file.schema.column(i) for i in range(about.num_columns)]
    except (OSError, ValueError):
        return  # reading it will say what is wrong
    limits.require_rows(about.num_rows, what, path.name)
    limits.require_cells(about.num_columns, about.num_rows * about.num_columns, what, path.name)
    said = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    limits.require_unpacked(said, what, path.name, limits.PARQUET_BYTES)
    _require_small(path, what, columns, about.num_rows)


def require_small_batches(path: Path, what: str, rows: int) -> None:
    """Raise InputError for a file that is large in memory though it is held only so many rows at a time.

    Parameters
    ----------
    rows
        Of a batch; how many batches there are does not matter.

    Raises
    ------
    SchemaError, UnreadableFileError
    """
    try:
        with pq.ParquetFile(path) as file:
            columns = [file.schema.column(i) for i in range(file.metadata.num_columns)]
    except (OSError, ValueError):
        return  # reading it will say what is wrong
    limits.require_cells(len(columns), 0, what, path.name)
    _require_small(path, what, columns, rows)


def _require_small(path: Path, what: str, columns: Sequence[pq.ColumnSchema], together: int) -> None:
    """Raise InputError where so many rows together are too large."""
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    try:
        _require_held(path, what, texts, BATCH_ROWS, together)
    except InputError:
        raise
    except (OSError, ValueError, pa.ArrowException):
        # Texts that are packed as what they differ by are read in full only, as OSError says.
        try:
            _require_held(path, what, [], FEW_ROWS, together)
        except InputError:
            raise
        except (OSError, ValueError, pa.ArrowException) as error:
            msg = f"{what}: {path.name} cannot be read as a vector file: {brief(error)}"
            raise UnreadableFileError(msg) from error


def _require_held(path: Path, what: str, once: list[str], rows: int, together: int) -> None:
    """Raise where so many rows together take too much, looked at some at a time."""
    held = seen = 0
    with pq.ParquetFile(path, read_dictionary=once) as file:
        for batch in file.iter_batches(rows, use_threads=False):
            if seen >= together:
                held = seen = 0
            held, seen = held + sum(map(_bytes, batch.columns)), seen + len(batch)
            limits.require_unpacked(held, what, path.name, limits.PARQUET_BYTES)


def _bytes(values: pa.Array) -> int:
    """Return how many bytes values take with each text written out."""
    if isinstance(values, pa.DictionaryArray):
        lengths = pc.binary_length(values.dictionary)
        return int(pc.sum(pc.cast(lengths.take(values.indices), pa.int64())).as_py() or 0)
    if isinstance(values, pa.StructArray):
        return sum(map(_bytes, values.flatten()))
    if isinstance(values, pa.MapArray):
        return _bytes(values.keys) + _bytes(values.items)
    if isinstance(values, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        return _bytes(values.flatten())
    return int(values.nbytes)
