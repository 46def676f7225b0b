"""OpenStreetMap's ways of a country in cells: cut from an extract of any size, put together for a zone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.readers.osm import OsmWays
from geodata.readers.osm_nodes import NOWHERE, PER_DEGREE
from geodata.readers.osm_pieces import osm_in_pieces
from geodata.runs import offsets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NUMBER = "row"
BOX = ("west", "south", "east", "north")


def cut_osm(paths: Sequence[Path], stage: Path, degrees: float) -> tuple[dict[str, list[float]], list[str]]:
    """Write the ways of one extract, or of several together, by the cells in which their middles lie.

    Parameters
    ----------
    paths
        The extracts.
    stage
        The folder to write to.
    degrees
        A cell's side.

    Returns
    -------
    cells
        By file name: the box around its ways (degrees) and about how many pieces of road they make.
    notes
        What was odd about the files.

    Raises
    ------
    InputError
        It cannot be read.
    """
    cells: dict[str, list[float]] = {}
    lacking, first, said = 0, 0, []
    names = [path.name for path in paths]
    with tempfile.TemporaryDirectory(dir=stage) as place:
        waiting, beside = Path(place, "ways"), Path(place, "cells")
        waiting.mkdir()
        beside.mkdir()
        for piece, ways in enumerate(osm_in_pieces(paths, waiting)):
            # Ways of several files come in the order that they have in one: by their ids.
            number = np.arange(first, first + len(ways.ids)) if len(paths) == 1 else ways.ids
            table, box, pieces = _table(ways, number)
            first += len(ways.ids)
            lacking += int(pc.sum(pc.cast(table["lacks"], pa.int64())).as_py() or 0)
            said += [f"{f.ids[0] if f.ids[0] in names else ', '.join(names)}: {f.message}: {f.action}"
                     for f in ways.findings]  # fmt: skip
            there = ~np.isnan(box[:, 0])
            middle = np.floor((box[:, :2] + box[:, 2:]) / 2 / degrees)
            rows = pd.DataFrame({"x": middle[:, 0], "y": middle[:, 1]})[there].astype(int)
            for (x, y), index in rows.groupby(["x", "y"]).groups.items():
                at = index.to_numpy()
                folder = beside / f"{x}_{y}"
                folder.mkdir(exist_ok=True)
                pq.write_table(table.take(at), folder / f"{piece:06d}.parquet", compression="zstd")
                _grow(cells, f"{x}_{y}.parquet", box[at], int(pieces[at].sum()))
        for name in cells:
            parts = sorted((beside / name.removesuffix(".parquet")).iterdir())
            pq.write_table(pa.concat_tables([pq.read_table(p) for p in parts]), stage / name,
                           compression="zstd")  # fmt: skip
    if lacking:
        beyond = "it" if len(paths) == 1 else "them"
        said.append(
            f"{', '.join(names)}: {lacking} ways reach beyond {beyond}; their missing nodes end them there"
        )
    return cells, said


def _grow(cells: dict[str, list[float]], name: str, box: NDArray[np.float64], pieces: int) -> None:
    """Take more ways into the facts of a cell."""
    low, high = box[:, :2].min(axis=0).tolist(), box[:, 2:].max(axis=0).tolist()
    known = cells.get(name, [*low, *high, 0])
    cells[name] = [
        min(known[0], low[0]), min(known[1], low[1]), max(known[2], high[0]), max(known[3], high[1]),
        known[4] + pieces,
    ]  # fmt: skip


def _table(
    ways: OsmWays, number: NDArray[np.int64]
) -> tuple[pa.Table, NDArray[np.float64], NDArray[np.int64]]:
    """Return ways as rows, the box of each (NaN where no place is known), and how many pieces it makes."""
    way = np.repeat(np.arange(len(ways.ids)), np.diff(ways.first))
    known = ~np.isnan(ways.lonlat[:, 0])
    of = pd.DataFrame({"x": ways.lonlat[:, 0], "y": ways.lonlat[:, 1]}).groupby(way)
    every = np.arange(len(ways.ids))
    low, high = (f.reindex(every).to_numpy(dtype=float) for f in (of.min(), of.max()))
    box = np.column_stack([low, high])
    shared = np.zeros(len(way), dtype=bool) if ways.shared is None else ways.shared
    xy = np.where(known[:, None], np.round(ways.lonlat * PER_DEGREE), NOWHERE[0]).astype(np.int32)
    stops = np.isin(ways.node, np.array(list(ways.barriers), dtype=np.int64))
    standing: list[dict[int, str]] = [{} for _ in ways.ids]
    for position in np.flatnonzero(stops).tolist():
        node = int(ways.node[position])
        standing[way[position]][node] = ways.barriers[node]
    at = pa.array(ways.first, type=pa.int32())
    table = pa.table({
        NUMBER: pa.array(number), "way_id": pa.array(ways.ids),
        "tags": pa.array([json.dumps(t) for t in ways.tags], type=pa.string()),
        "barriers": pa.array([json.dumps(s) if s else None for s in standing], type=pa.string()),
        "node": pa.ListArray.from_arrays(at, pa.array(ways.node)),
        "x": pa.ListArray.from_arrays(at, pa.array(xy[:, 0])),
        "y": pa.ListArray.from_arrays(at, pa.array(xy[:, 1])),
        "shared": pa.ListArray.from_arrays(at, pa.array(shared)),
        "lacks": pa.array(np.bincount(way[~known], minlength=len(ways.ids)) > 0),
        **{name: pa.array(box[:, i]) for i, name in enumerate(BOX)},
    })  # fmt: skip
    inner = shared | stops
    inner[ways.first[:-1]] = inner[ways.first[1:] - 1] = False
    return table, box, np.bincount(way[inner], minlength=len(ways.ids)) + 1


def ways_near(files: Sequence[Path], bounds: tuple[float, float, float, float]) -> OsmWays | None:
    """Return the ways of some cells whose boxes touch a box (degrees), in the file's order; None without one.

    Parameters
    ----------
    files
        Of cells.
    bounds
        West, south, east, north.
    """
    west, south, east, north = bounds
    touches = (
        (pc.field("west") <= east) & (pc.field("east") >= west)
        & (pc.field("south") <= north) & (pc.field("north") >= south)
    )  # fmt: skip
    tables = [pq.read_table(file, filters=touches) for file in files]
    if not sum(len(t) for t in tables):
        return None
    rows = pa.concat_tables(tables).sort_by(NUMBER).combine_chunks()
    xy = np.column_stack([_flat(rows, "x"), _flat(rows, "y")]).astype(np.int64)
    barriers: dict[int, str] = {}
    for text in rows["barriers"].drop_null().to_pylist():
        barriers |= {int(node): said for node, said in json.loads(text).items()}
    return OsmWays(
        ids=rows["way_id"].to_numpy(), tags=[json.loads(t) for t in rows["tags"].to_pylist()],
        first=offsets(pc.list_value_length(rows["node"]).to_numpy().astype(np.int64)),
        node=_flat(rows, "node"),
        lonlat=np.where(xy == NOWHERE[0], np.nan, xy / PER_DEGREE), barriers=barriers,
        shared=_flat(rows, "shared"),
    )  # fmt: skip


def _flat(rows: pa.Table, column: str) -> NDArray[Any]:
    return np.asarray(pc.list_flatten(rows[column]).to_numpy(zero_copy_only=False))
