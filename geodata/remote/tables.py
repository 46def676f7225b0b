"""Tables of a PostgreSQL database, with PostGIS where they have shapes, to and from files of this machine."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from geodata.errors import (
    ConfigError,
    MissingCrsError,
    MissingFileError,
    UnreadableFileError,
    WorkspaceError,
    first_five,
    suggest,
)
from geodata.remote.address import named_in, shown, without_ours, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

CONNECT_S = 10
ROWS = 50_000
# A table with this comment was written by us, and may be replaced.
MINE = "jangkau nation"
SHAPES = ("geometry", "geography")
_KINDS = {
    **dict.fromkeys(("int2", "int4", "int8"), pa.int64()),
    **dict.fromkeys(("float4", "float8"), pa.float64()), "bool": pa.bool_(),
}  # fmt: skip


@contextmanager
def connected(address: str, what: str) -> Iterator[Any]:
    """Give a connection, whose work counts as a whole or not at all; its faults as InputError in a line.

    Parameters
    ----------
    address
        ``postgresql://user@host/database?…``. A password is better kept in ``PGPASSWORD`` or ``~/.pgpass``.
    what
        The layer or option, for messages.

    Raises
    ------
    InputError
        No such server, database, user, password or right; psycopg is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        msg = f"{what}: {shown(address)}: psycopg is not installed (pip install 'jangkau[postgres]')"
        raise ConfigError(msg) from error
    try:
        with psycopg.connect(without_ours(address), connect_timeout=CONNECT_S) as connection:
            yield connection
    except psycopg.Error as error:
        said = without_secrets(str(error).partition("\n")[0].rstrip(". ") or type(error).__name__, address)
        msg = f"{what}: {shown(address)}: {said}. Check the address, the user and the password."
        raise UnreadableFileError(msg) from error


def fetch_table(address: str, folder: Path, what: str) -> Path:
    """Copy a table to this machine: GeoParquet where it has shapes, else CSV; as a whole or not at all.

    Rows come in the order of what they hold, so that the same table gives the same file.

    Parameters
    ----------
    address
        ``postgresql://…?table=name`` or ``…?table=schema.name``; a view will do.
    folder
        Written to, under the table's name.
    what
        The layer, for messages.

    Raises
    ------
    InputError
        It is not there, or may not be read.
    MissingCrsError
        Its shapes have no SRID.
    """
    from psycopg import sql

    named = named_in(address, "table")
    if not named:
        msg = f"{what}: {shown(address)}: say which table: …?table=NAME or …?table=SCHEMA.NAME"
        raise ConfigError(msg)
    schema, _, table = named.rpartition(".")
    folder.mkdir(parents=True, exist_ok=True)
    with connected(address, what) as connection:
        schema = schema or _schema_of(connection, table)
        columns = _columns(connection, schema, table)
        if not columns:
            have = [f"{s}.{t}" for s, t in _tables(connection)]
            hint = suggest(named, have).replace("The file has", "It has") if have else " It has none."
            msg = f"{what}: {shown(address)}: the database has no table {named!r}.{hint}"
            raise MissingFileError(msg)
        source = sql.Identifier(schema, table)
        shapes = [c for c, kind in columns.items() if kind in SHAPES]
        name = f"{table}.parquet" if shapes else f"{table}.csv"
        beside = folder / f".unfinished-{name}"
        if shapes:
            _write_shapes(connection, source, columns, shapes[0], beside, what)
        else:
            ask = sql.SQL("COPY (SELECT * FROM {} AS t ORDER BY t::text) TO STDOUT (FORMAT csv, HEADER)")
            with beside.open("wb") as file, connection.cursor().copy(ask.format(source)) as copy:
                for block in copy:
                    file.write(block)
    return beside.replace(folder / name)


def _schema_of(connection: Any, table: str) -> str:  # noqa: ANN401 - psycopg is imported where it is needed
    found = connection.execute(
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.oid = to_regclass(quote_ident(%s))", [table],
    ).fetchone()  # fmt: skip
    return found[0] if found else "public"


def _columns(connection: Any, schema: str, table: str) -> dict[str, str]:  # noqa: ANN401 - as above
    rows = connection.execute(
        "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        [schema, table],
    )
    return dict(rows.fetchall())


def _tables(connection: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - as above
    rows = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    )
    found: list[tuple[str, str]] = rows.fetchall()
    return found


def _write_shapes(
    connection: Any, source: Any, columns: Mapping[str, str], shape: str, path: Path, what: str  # noqa: ANN401 - as above
) -> None:  # fmt: skip
    from psycopg import sql

    plain = [c for c in columns if columns[c] not in SHAPES]
    first = sql.SQL("SELECT ST_SRID({}::geometry) FROM {} WHERE {} IS NOT NULL LIMIT 1")
    found = connection.execute(first.format(sql.Identifier(shape), source, sql.Identifier(shape))).fetchone()
    if found is not None and found[0] == 0:
        msg = f"{what}: the shapes of the table have no SRID. Set it: SELECT UpdateGeometrySRID(…)."
        raise MissingCrsError(msg)
    crs = pyproj.CRS.from_epsg(4326 if found is None else found[0])
    about = {"encoding": "WKB", "geometry_types": [], "crs": crs.to_json_dict()}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": about}}
    kinds = {c: _KINDS.get(columns[c], pa.string()) for c in plain}
    fields = [*kinds.items(), ("geometry", pa.binary())]
    schema = pa.schema(fields, metadata={"geo": json.dumps(geo)})
    asked = [
        sql.Identifier(c) if columns[c] in _KINDS else sql.SQL("{}::text").format(sql.Identifier(c))
        for c in plain
    ]  # fmt: skip
    asked.append(sql.SQL("ST_AsBinary({}::geometry)").format(sql.Identifier(shape)))
    ask = sql.SQL("SELECT {} FROM {} AS t ORDER BY t::text").format(sql.SQL(", ").join(asked), source)
    with pq.ParquetWriter(path, schema) as writer, connection.cursor(name="jangkau") as cursor:
        cursor.itersize = ROWS
        cursor.execute(ask)
        while rows := cursor.fetchmany(ROWS):
            values = zip(*rows, strict=True)
            arrays = [pa.array(v, type=kind) for v, (_, kind) in zip(values, fields, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def require_schema(address: str, names: list[str]) -> str:
    """Return the schema that results go to; raise unless they can be written there.

    Parameters
    ----------
    address
        ``postgresql://…?schema=name``; a schema that is not there is made with the results.
    names
        Of the tables that will be written.

    Raises
    ------
    ConfigError
        No schema is named; the database has no PostGIS.
    WorkspaceError
        A table of such a name is somebody else's.
    InputError
        No such server, database, user, password or right.
    """
    schema = named_in(address, "schema")
    if not schema:
        msg = f"--out {shown(address)}: say into which schema the tables go: …?schema=NAME"
        raise ConfigError(msg)
    with connected(address, "--out") as connection:
        if connection.execute("SELECT to_regtype('geometry')").fetchone()[0] is None:
            msg = f"--out {shown(address)}: the database has no PostGIS. Make it: CREATE EXTENSION postgis."
            raise ConfigError(msg)
        _require_mine(connection, schema, names, address)
        there = connection.execute("SELECT to_regnamespace(quote_ident(%s))", [schema]).fetchone()[0]
        what = "has_database_privilege(current_database(), 'CREATE')"
        may = (
            connection.execute(f"SELECT {what}").fetchone()[0]
            if there is None
            else connection.execute("SELECT has_schema_privilege(%s, 'CREATE')", [schema]).fetchone()[0]
        )
        if not may:
            msg = f"--out {shown(address)}: this user may not make tables there. Ask for the right CREATE."
            raise UnreadableFileError(msg)
    return schema


def _require_mine(connection: Any, schema: str, names: list[str], address: str) -> None:  # noqa: ANN401 - as above
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = ANY(%s) AND obj_description(c.oid) IS DISTINCT FROM %s",
        [schema, names, MINE],
    )
    foreign = [r[0] for r in rows.fetchall()]
    if foreign:
        msg = (
            f"--out {shown(address)}: the schema holds tables that jangkau nation did not write: "
            f"{first_five(foreign)}. Name another schema."
        )
        raise WorkspaceError(msg)


def put_tables(tables: Mapping[str, pd.DataFrame], address: str) -> None:
    """Write tables into the schema of an address, in one transaction: all of them, or as it was before.

    Unknown (NaN) is NULL, and without end is ``Infinity``.

    Parameters
    ----------
    tables
        By name; a GeoDataFrame (degrees) has its shapes in ``geometry``.
    address
        ``postgresql://…?schema=name``.

    Raises
    ------
    InputError
        As :func:`require_schema`.
    """
    from psycopg import sql

    schema = require_schema(address, list(tables))
    with connected(address, "--out") as connection:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        for name, table in tables.items():
            target = sql.Identifier(schema, name)
            kinds = {str(c): _sql_type(table[c]) for c in table}
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kind)) for c, kind in kinds.items()
            )  # fmt: skip
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(target))
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(target, columns))
            connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(target, sql.Literal(MINE)))
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(target)) as copy:
                for row in zip(*(_plain(table[c]) for c in table), strict=True):
                    copy.write_row(row)


def _sql_type(column: pd.Series[Any]) -> str:
    if column.dtype == "geometry":
        return "geometry(Geometry, 4326)"
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "bigint"
    return "double precision" if pd.api.types.is_float_dtype(column) else "text"


def _plain(column: gpd.GeoSeries | pd.Series[Any]) -> list[Any]:
    """Return values as COPY takes them."""
    if column.dtype == "geometry":
        shapes = shapely.set_srid(column.to_numpy(), 4326)
        found: list[Any] = shapely.to_wkb(shapes, hex=True, include_srid=True).tolist()
        return found
    values = column.astype(object).where(column.notna(), None).tolist()
    return [v.item() if isinstance(v, np.generic) else v for v in values]
