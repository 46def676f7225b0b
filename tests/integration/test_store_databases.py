"""The databases of the store: opened, migrated, refused, lost."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, text
from store_support import AREA, CONTENT, COUNTER, together

from app.store import (
    NameTakenError,
    Store,
    StoreError,
)
from app.store.connect import LOCK_KEY, VERSION_TABLE
from app.store.tables import Base, ChangeRow


def test_the_migrations_make_the_tables_of_the_models(url, engine):
    Store.open(url).close()
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        # Alembic compares neither of these.
        (live,) = [i for i in inspect(connection).get_indexes("scenarios") if i["unique"]]
        where = live["dialect_options"][f"{connection.dialect.name}_where"]
        assert "archived" in str(where)
        (role,) = inspect(connection).get_check_constraints("accounts")
        assert role["name"] == "ck_accounts_role"


def test_the_database_itself_refuses_unknown_roles_and_loose_ends(store):
    for statement in (
        "INSERT INTO accounts (name, role) VALUES ('x', 'admin')",
        "INSERT INTO drafts VALUES ('t', 'a', 'siti', '{}', 'none', 1, '2026-01-01')",
    ):
        with store._engine.connect() as connection, pytest.raises(Exception, match=r"(?i)constraint"):
            connection.execute(text(statement))


def test_opening_again_changes_nothing(store, url):
    made = store.create(AREA, "a", CONTENT, account="siti")
    for _ in range(2):
        again = Store.open(url)
        assert again.scenarios(AREA) == [made]
        again.close()


@pytest.mark.slow
@pytest.mark.parametrize("how_many", [2, 6])
def test_stores_opened_at_once_on_an_empty_database_all_work(url, how_many):
    stores = together(*[lambda: Store.open(url)] * how_many)
    assert [s for s in stores if not isinstance(s, Store)] == []
    for n, store in enumerate(stores):
        store.create(AREA, f"s{n}", {}, account="siti")
    assert len(stores[0].scenarios(AREA)) == how_many
    for store in stores:
        store.close()


@pytest.mark.slow
def test_opening_waits_while_another_program_migrates(url, engine):
    lock = {"sqlite": "BEGIN IMMEDIATE", "postgresql": f"SELECT pg_advisory_lock({LOCK_KEY})"}
    with ThreadPoolExecutor(1) as pool:
        with engine.connect() as other:
            other.exec_driver_sql(lock[engine.dialect.name])
            opening = pool.submit(Store.open, url)
            time.sleep(0.5)
            assert not opening.done()
            other.invalidate()  # closes the connection, which lets go of the lock
        opening.result(30).close()


@pytest.mark.slow
def test_programs_started_at_once_on_an_empty_database_all_work(url):
    code = "import sys; from app.store import Store; Store.open(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints.decode()


def test_databases_opened_at_once_do_not_mix_their_migrations(tmp_path):
    urls = [f"sqlite:///{tmp_path / str(n)}.db" for n in range(6)]
    stores = together(*[lambda url=url: Store.open(url) for url in urls])
    for store in stores:
        store.create(AREA, "a", {}, account="siti")
        store.close()


def test_a_newer_schema_is_refused_and_left_alone(url, engine):
    Store.open(url).close()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - a constant of ours
    with pytest.raises(StoreError, match=r"newer version of jangkau.*9999.*Update jangkau"):
        Store.open(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars()  # noqa: S608 - a constant of ours
        assert list(found) == ["9999"]


def test_a_database_of_another_program_is_refused_and_left_alone(url, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (x INTEGER)"))
    with pytest.raises(StoreError, match=r"another program.*accounts"):
        Store.open(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["accounts"]


def test_a_failed_migration_leaves_nothing_behind(url, engine, monkeypatch):
    from alembic.operations import Operations

    def fail(*_, **__):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", fail)
        with pytest.raises(RuntimeError):
            Store.open(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    Store.open(url).close()


def test_a_lost_database_is_said_in_plain_words(store, engine):
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE changes"))
    with pytest.raises(StoreError, match=r"cannot be changed.*changes"):
        store.create(AREA, "a", {}, account="siti")
    assert store.scenarios(AREA) == []
    with pytest.raises(StoreError, match="cannot be read"):
        store.trail()


def test_a_postgres_server_that_cut_the_line_is_asked_again(server):
    server.execute("CREATE DATABASE cut")
    store = Store.open(server.url("cut"))
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'")
    assert store.scenarios(AREA) == []
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_all_spellings_of_a_postgres_address_work(server, scheme):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name}")
    store = Store.open(server.url(name).replace("postgresql", scheme))
    assert store._engine.url.drivername == "postgresql+psycopg"
    store.close()


def test_a_postgres_database_with_other_tables_may_be_shared(server):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name}")
    engine = create_engine(server.url(name).replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE spatial_ref_sys (x INTEGER)"))
    engine.dispose()
    Store.open(server.url(name)).close()


def test_a_postgres_database_that_cannot_keep_all_letters_is_refused(server):
    name = f"t{next(COUNTER)}"
    server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreError, match=r"LATIN1.*createdb --encoding=UTF8"):
        Store.open(server.url(name))


def test_a_wrong_postgres_address_is_refused_without_its_password(server):
    secret = "s3cretword"  # noqa: S105 - of a test
    for url, advice in {
        server.url("absent", secret): "createdb",
        server.url("postgres", secret).replace("jangkau:", "nobody:"): "Check the user",
        f"postgresql://siti:{secret}@127.0.0.1:1/db": "refused.*Check the address",
        f"postgresql://siti@127.0.0.1:1/db?password={secret}": "Check the address",
        f"postgresql://siti:{secret}@127.0.0.1/db?sslmode={secret}": "Check the address",
        f"postgresql://siti:x@{secret}@127.0.0.1:1/db": "%40",
        f"postgresql://siti:x@1/{secret}@127.0.0.1:1/db": "%40",
        f"postgresql://siti:{secret}@host:port/db": "cannot be read",
        f"postgresql//siti:{secret}@host/db": "cannot be read",
        f"mysql://siti:{secret}@host/db": "not supported",
    }.items():
        with pytest.raises(StoreError, match=f"(?s){advice}") as caught:
            Store.open(url)
        assert secret not in str(caught.value)
        assert secret not in "".join(traceback.format_exception(caught.value, limit=0))


def test_a_missing_driver_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r'pip install -e "\.\[postgres\]"'):
        Store.open("postgresql://siti@127.0.0.1:1/db")


# SQLite


@pytest.fixture
def file(tmp_path):
    return tmp_path / "100% jangkau's #1?.db".replace("?", "")


def test_sqlite_really_writes_ahead_waits_and_checks_keys(file):
    store = Store.open(f"sqlite:///{file}")
    with store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": 30_000, "foreign_keys": 1}
    store.create(AREA, "a", {}, account="siti")
    assert file.with_name(file.name + "-wal").stat().st_size > 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()
    with sqlite3.connect(file) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_sqlite_reads_while_somebody_writes(file):
    store = Store.open(f"sqlite:///{file}")
    made = store.create(AREA, "a", {}, account="siti")
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    assert store.scenarios(AREA) == [made]
    raw.execute("ROLLBACK")
    raw.close()
    store.close()


@pytest.mark.parametrize("what", [b"not a database at all", b"x" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file, what):
    file.write_bytes(what)
    with pytest.raises(StoreError, match=r"not a database.*Give another file"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == what
    assert list(file.parent.iterdir()) == [file]


def test_a_geopackage_is_refused_and_left_alone(file):
    raw = sqlite3.connect(file)
    raw.execute("CREATE TABLE gpkg_contents (x)")
    raw.commit()
    raw.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"another program.*gpkg_contents"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_wrong_sqlite_address_is_refused(tmp_path):
    for url, advice in {
        f"sqlite:///{tmp_path}/no/folder.db": "No such file or directory. Check that its folder exists",
        f"sqlite:///{tmp_path}": "Check that its folder exists",
        "sqlite://": "has to be a file",
        "sqlite:///:memory:": "has to be a file",
        "sqlite:///file:x?mode=memory&uri=true": "has to be a file",
        "work/jangkau.db": "Give sqlite:///",
        "": "Give sqlite:///",
    }.items():
        with pytest.raises(StoreError, match=advice):
            Store.open(url)
    assert list(tmp_path.iterdir()) == []


def test_times_without_a_zone_are_a_mistake_of_ours(store):
    store.create(AREA, "a", {}, account="siti")
    with pytest.raises(StoreError, match="time zone"), store._writing() as session:
        session.get_one(ChangeRow, 1).at = datetime(2026, 1, 1)  # noqa: DTZ001 - what is tested


# Any content and any name

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@ROUNDS
@given(content=st.dictionaries(TEXT, JSON, max_size=5))
def test_any_json_reads_back_exactly(store, content):
    token = f"t{next(COUNTER)}"
    store.keep_draft(token, area=AREA, account="siti", content=content)
    assert repr(store.draft(token).content) == repr(content)


@pytest.mark.slow
@ROUNDS
@given(name=TEXT.filter(str.strip), note=TEXT)
def test_any_name_reads_back_exactly(store, name, note):
    area = f"area {next(COUNTER)}"
    made = store.create(area, name, {}, note=note, account=name)
    assert store.scenario(made.id) == made
    assert (made.name, made.note, made.author) == (name.strip(), note, name.strip())
    with pytest.raises(NameTakenError):
        store.create(area, f" {name} ", {}, account="siti")


def test_hostile_names_are_kept_as_they_are(store):
    names = [
        "'; DROP TABLE scenarios; --",
        "<script>alert(1)</script>",
        "%s %(x)s :x",
        "\u202egnirts",
        "🏥" * 120,
    ]
    for name in names:
        store.put_account(name, role="viewer", password=None, by=name)
        store.create(AREA, name, {name: name}, note=name, account=name)
    assert [s.name for s in reversed(store.scenarios(AREA))] == names
    assert {a.name for a in store.accounts()} == set(names)
