"""Layers from, and results to, PostGIS and object storage: the same answers, whole, and no secret told."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import fsspec
import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from nation_support import answers, write_country

from geodata.errors import UnreadableFileError
from geodata.remote import objects, tables
from geodata.remote.objects import folder_is_whole
from geodata.remote.tables import fetch_table
from planner.nation.cluster import InThisProcess
from planner.nation.run import nation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from planner.nation.country import Files

    Command = Callable[..., tuple[int, str, str]]

SECRET = "s3kret-sekali"  # noqa: S105 - of a throwaway server


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_country(tmp_path_factory.mktemp("country"), 1, roads="grid")


@pytest.fixture(scope="module")
def from_files(country: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nation") / "out"
    assert not nation(straight(country), out, InThisProcess()).failures
    return out


def straight(country: Files) -> Files:
    from dataclasses import replace

    return replace(country, roads=())


@pytest.fixture(scope="module")
def database(server, country: Files) -> str:
    """The address of a database with the country's layers, and of a user with a password."""
    hba = server.folder / "data/pg_hba.conf"
    hba.write_text(f"local all petugas scram-sha-256\n{hba.read_text('utf-8')}", "utf-8")
    server.execute(f"CREATE ROLE petugas LOGIN PASSWORD '{SECRET}'")
    server.execute("SELECT pg_reload_conf()")
    server.execute("CREATE DATABASE peta OWNER petugas")
    with psycopg.connect(server.url("peta"), autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION postgis")
        except psycopg.Error:
            from store_fixtures import absent

            absent("no PostGIS: apt-get install postgresql-postgis")
        connection.execute("CREATE SCHEMA data AUTHORIZATION petugas")
        load(connection, "data.desa", gpd.read_parquet(country.villages), "MultiPolygon")
        load(connection, "data.jalan", gpd.read_parquet(country.roads[0]), "LineString")
        load(connection, "data.faskes", pd.read_csv(country.facilities[0].path))
        load(connection, "data.penduduk", pd.read_csv(country.population))
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA data TO petugas")
        connection.execute("CREATE TABLE data.tanpa_srid (kode text, g geometry)")
        connection.execute("INSERT INTO data.tanpa_srid VALUES ('x', 'POINT(1 2)')")
        connection.execute("GRANT ALL ON data.tanpa_srid TO petugas")
    return f"postgresql://petugas:{SECRET}@/peta?host={server.folder}"


def load(connection: psycopg.Connection, name: str, frame: pd.DataFrame, shape: str = "") -> None:
    """Put a frame into a table by plain INSERTs, the last row first."""
    plain = [c for c in frame if c != "geometry"]
    types = {"f": "double precision", "i": "bigint"}
    kinds = [f"{c} {types.get(getattr(frame[c].dtype, 'kind', 'O'), 'text')}" for c in plain]
    kinds += [f"geom geometry({shape}, 4326)"] if shape else []
    connection.execute(f"CREATE TABLE {name} ({', '.join(kinds)})")
    for row in frame.iloc[::-1].to_dict("records"):
        values = [None if pd.isna(row[c]) else row[c] for c in plain]
        marks = ["%s"] * len(values)
        if shape:
            part = row["geometry"]
            part = shapely.MultiPolygon([part]) if shape == "MultiPolygon" else part
            values.append(part.wkb)
            marks.append("ST_GeomFromWKB(%s, 4326)")
        connection.execute(f"INSERT INTO {name} VALUES ({', '.join(marks)})", values)  # noqa: S608 - ours


def asked(database: str, out: str, *more: str) -> list[str]:
    table = f"{database}&table=data."
    return [
        "nation", "--villages", f"{table}desa", "--facilities", f"{table}faskes", "--population",
        f"{table}penduduk", "--out", out, "--workers", "0", *more,
    ]  # fmt: skip


@pytest.mark.slow
def test_layers_and_results_of_a_database(
    database: str, from_files: Path, tmp_path: Path, jangkau: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = tmp_path / "work", f"{database}&schema=hasil"
    status, said, error = jangkau(*asked(database, out, "--work", str(work)))
    assert status == 0, error
    assert SECRET not in said + error
    for file in work.rglob("*.json"):
        assert SECRET not in file.read_text("utf-8")
    assert "petugas:***@" in said
    pd.testing.assert_frame_equal(answers(work), answers(from_files), check_exact=True)
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT village_code, people, puskesmas_status, puskesmas_minutes_median, ST_AsBinary(geometry), "
            "ST_SRID(geometry) FROM hasil.villages ORDER BY village_code"
        ).fetchall()
        expected = answers(from_files)
        assert [r[0] for r in rows] == list(expected.index)
        for row, (_, known) in zip(rows, expected.iterrows(), strict=True):
            assert row[1] == (None if pd.isna(known["people"]) else known["people"])
            assert (row[2], row[3], row[5]) == (
                known["puskesmas_status"], known["puskesmas_minutes_median"], 4326,
            )  # fmt: skip
        shapes = pd.concat([gpd.read_parquet(f) for f in sorted(work.glob("villages/*/*.parquet"))])
        assert shapely.from_wkb(rows[0][4]).equals(shapes.geometry.sort_index().iloc[0])
        counted = connection.execute("SELECT count(*), sum(people) FROM hasil.regencies").fetchone()
        assert counted == (3, expected["people"].sum())
        [[national]] = connection.execute("SELECT content FROM hasil.documents WHERE name = 'national.json'")
        assert json.loads(national)["villages"] == len(expected)

    # A transaction that fails leaves what stood there.
    plain = tables._plain

    def broken(column: pd.Series) -> list[object]:
        if column.name == "rank":
            msg = "the server closed the connection"
            raise psycopg.OperationalError(msg)
        return plain(column)

    people = tmp_path / "people.csv"
    pd.DataFrame({"kode": expected.index, "jumlah": 5}).to_csv(people, index=False)
    monkeypatch.setattr(tables, "_plain", broken)
    changed = asked(database, out, "--work", str(work), "--population", str(people))
    status, _, error = jangkau(*changed)
    assert (status, "the server closed the connection" in error) == (2, True)
    total = "SELECT sum(people) FROM hasil.villages"
    with psycopg.connect(database) as connection:
        assert connection.execute(total).fetchone() == (expected["people"].sum(),)
    monkeypatch.undo()
    assert jangkau(*changed)[0] == 0
    with psycopg.connect(database) as connection:
        assert connection.execute(total).fetchone() == (5.0 * len(expected),)


def test_a_table_of_roads_is_the_file_of_lines(database: str, country: Files, tmp_path: Path) -> None:
    file = fetch_table(f"{database}&table=data.jalan", tmp_path, "roads")
    assert file.name == "jalan.parquet"
    found, expected = gpd.read_parquet(file), gpd.read_parquet(country.roads[0])
    assert found.crs == expected.crs
    columns = ["highway", "oneway"]
    key = lambda f: sorted(zip(f.geometry.to_wkb(), *(f[c] for c in columns), strict=True))  # noqa: E731 - once
    assert key(found) == key(expected)


@pytest.mark.parametrize(
    ("option", "address", "said"),
    [
        ("--villages", "&table=data.dessa", "Did you mean 'data.desa'?"),
        ("--villages", "", "say which table"),
        ("--villages", "&table=data.tanpa_srid", "no SRID"),
        ("--out", "", "say into which schema"),
        ("--out", "&schema=data", "did not write: regencies"),
        ("--out", "WRONG&schema=hasil", "password authentication failed"),
        ("--villages", "NOWHERE&table=data.desa", "peta_lain"),
    ],
)
def test_what_a_database_refuses_is_a_sentence(
    database: str, tmp_path: Path, jangkau: Command, option: str, address: str, said: str
) -> None:
    base = database
    if address.startswith("WRONG"):
        base, address = database.replace(SECRET, "salah-sekali"), address.removeprefix("WRONG")
    elif address.startswith("NOWHERE"):
        base, address = database.replace("/peta?", "/peta_lain?"), address.removeprefix("NOWHERE")
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS data.regencies (kode text)")
    options = asked(database, str(tmp_path / "out"), "--work", str(tmp_path / "work"))
    options[options.index(option) + 1] = base + address
    status, shown, error = jangkau(*options)
    assert status == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error
    assert SECRET not in shown + error
    assert "salah-sekali" not in error
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of a server on this machine that speaks S3."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    service = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="dinkes")
    s3fs.S3FileSystem.clear_instance_cache()
    yield "s3://dinkes"
    s3fs.S3FileSystem.clear_instance_cache()
    service.stop()


@pytest.mark.slow
@pytest.mark.enable_socket  # a server on this machine's own network
def test_layers_and_results_of_object_storage(
    bucket: str, country: Files, from_files: Path, tmp_path: Path, jangkau: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    system = fsspec.filesystem("s3")
    for path in (country.villages, country.facilities[0].path, country.population):
        system.put_file(str(path), f"dinkes/data/{path.name}")
    work, out = tmp_path / "work", f"{bucket}/hasil/nasional"
    options = [
        "nation", "--villages", f"{bucket}/data/desa.parquet", "--facilities", f"{bucket}/data/faskes.csv",
        "--population", f"{bucket}/data/penduduk.csv", "--out", out, "--work", str(work), "--workers", "0",
    ]  # fmt: skip
    status, said, error = jangkau(*options)
    assert status == 0, error
    assert SECRET not in said + error
    assert folder_is_whole(out)
    system.get(f"{out}/villages", str(tmp_path / "back/villages"), recursive=True)
    pd.testing.assert_frame_equal(answers(tmp_path / "back"), answers(from_files), check_exact=True)
    assert system.cat_file(f"{out}/map.html") == (work / "map.html").read_bytes()
    assert "0 of " not in said
    assert "1 of " in jangkau(*options)[1]  # run.json alone says how many parts were kept

    # An upload that ends in the middle is not taken for finished, and the next one mends it.
    put, sent = type(system)._put_file, []

    async def failing(self: object, source: str, target: str, **more: object) -> None:
        if sent:
            msg = "Connection reset by peer"
            raise OSError(msg)
        sent.append(target)
        await put(self, source, target, **more)

    people = tmp_path / "penduduk.csv"
    pd.read_csv(country.population).assign(jumlah=7).to_csv(people, index=False)
    options[options.index("--population") + 1] = str(people)
    monkeypatch.setattr(type(system), "_put_file", failing)
    type(system).clear_instance_cache()
    status, _, error = jangkau(*options)
    assert (status, "Connection reset" in error, len(sent)) == (2, True, 1)
    assert not folder_is_whole(out)
    monkeypatch.setattr(type(system), "_put_file", put)
    type(system).clear_instance_cache()
    assert jangkau(*options)[0] == 0
    assert folder_is_whole(out)
    system.pipe_file(f"{out}/ranked.csv", b"half")
    assert not folder_is_whole(out)

    for option, wrong, word in (
        ("--villages", f"{bucket}/data/dessa.parquet", "is not there"),
        ("--villages", "s3://lain/desa.parquet", "is not there"),
        ("--out", "s3://lain/hasil", "s3://lain/hasil"),
        ("--out", "entah://lain/hasil", "entah"),
    ):
        changed = list(options)
        changed[changed.index(option) + 1] = wrong
        shutil.rmtree(work, ignore_errors=True)
        status, _, error = jangkau(*changed)
        assert (status, word in error, "Traceback" in error) == (2, True, False), error
        assert len(error.strip().splitlines()) == 1
        assert not list(work.rglob("manifest.json"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    type(system).clear_instance_cache()
    status, _, error = jangkau(*options)
    assert (status, "cannot be reached" in error, SECRET in error) == (2, True, False), error


def test_faults_of_a_storage_name_the_address_without_secrets() -> None:
    def refused() -> None:
        with objects.told_as_ours(f"ftp://x:{SECRET}@h/a", "villages"):
            msg = f"no {SECRET} here"
            raise OSError(msg)

    with pytest.raises(UnreadableFileError, match=r"ftp://x:\*\*\*@h/a.*no \*\*\* here"):
        refused()
