"""Files of others are read in a process of its own: it ends in time, with its memory, and with the server."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import shapely
import yaml

from app.areas.apart import CAN_FORK, OF_LIST, OF_SCENARIO, Apart, Bounds, Here
from app.areas.area import Area
from app.areas.plain import loaded
from app.areas.question import WhatIf, content_of_file
from app.areas.shapes import areas_together
from app.areas.stopping import StoppedError, stoppable
from app.areas.trials import GivenFile, Order, look_into, read_in
from app.core.notice import Notice
from app.figures.plan_form import area_of_file
from app.store import Store
from app.texts import Texts
from app.web.serving import App
from geodata.drafting.chosen import first_choice
from geodata.errors import ConfigError, MissingFileError
from planner.pipeline import demo_layers
from planner.scenarios.scenario import default_scenario

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_FORK, reason="the system has no fork"),
]
LIST = b"nama,lat,lon\n" + b"".join(b"Pustu %d,-4.7%d,107.39\n" % (n, n) for n in range(9))
SHORT = Bounds(2.0)


@pytest.fixture(scope="module")
def apart():
    apart = Apart()
    # Made ready: the first file of a server may wait for that.
    apart.read(len, b"", bounds=OF_LIST)
    yield apart
    apart.close()


def left_of(process):
    """The children of a process that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == process and state != "Z":
            found.append(int(stat.parent.name))
    return found


def until(said, seconds=5.0):
    end = time.monotonic() + seconds
    while not said() and time.monotonic() < end:
        time.sleep(0.02)
    return said()


def test_a_small_list_is_read_well_under_a_second(apart):
    look_into(GivenFile("pustu.csv", LIST), apart)
    start = time.monotonic()
    [found] = look_into(GivenFile("pustu.csv", LIST), apart)
    assert time.monotonic() - start < 1.0
    assert found.rows == 9


def test_what_comes_back_is_what_is_read_here(apart):
    area = Area(demo_layers(12))
    file = GivenFile("pustu baru.csv", LIST)
    there, here = look_into(file, apart), look_into(file)
    assert repr(there) == repr(here)
    order = Order(file, here[0], first_choice(here[0]), adds=True)
    got, own = (read_in(area, order, readers, lambda _: None) for readers in (apart, Here()))
    assert got.facilities.equals(own.facilities)
    assert got.facilities.dtypes.equals(own.facilities.dtypes)
    assert got.villages.equals(own.villages)
    assert got.villages.crs == own.villages.crs
    assert got.findings == own.findings
    assert got.sources == own.sources
    assert got.roads.equals(area.layers.roads)


def test_a_scenario_file_comes_back_as_the_question_that_it_asks(apart):
    base = default_scenario()
    asked = WhatIf().with_rule("pustu", limit_minutes=45.0)
    content = asked.to_yaml("a", base).encode()
    assert WhatIf.read(apart.read(content_of_file, content, base, bounds=OF_SCENARIO)) == asked
    with pytest.raises(ConfigError) as found:
        apart.read(content_of_file, b"season: wet\n", base, bounds=OF_SCENARIO)
    assert found.value.why == "file_sets_more"
    with pytest.raises(ConfigError) as found:
        apart.read(content_of_file, b"musim: kemarau\n", base, bounds=OF_SCENARIO)
    notice = Notice(Texts("id"))
    notice.tell_error(found.value)
    assert "baris 1, musim: tidak dikenal" in notice.text


def test_areas_come_back_as_a_shape(apart):
    box = shapely.box(113, -8, 114, -7)
    content = shapely.to_geojson(box).encode()
    assert area_of_file("rawan.geojson", content, apart).equals(area_of_file("rawan.geojson", content))
    with pytest.raises(ConfigError, match="cannot be read"):
        area_of_file("rawan.geojson", b"{", apart)


def test_what_never_ends_is_ended_and_others_files_go_on(apart):
    """Nobody's file was read any more, and the server did not stop."""
    failed, found = [], []

    def hostile():
        try:
            apart.read(time.sleep, 60.0, bounds=Bounds(6.0))
        except ConfigError as error:
            failed.append(error)

    thread = threading.Thread(target=hostile)
    thread.start()
    time.sleep(0.5)
    found = look_into(GivenFile("pustu.csv", LIST), apart)
    assert thread.is_alive()
    assert found[0].rows == 9
    thread.join(20)
    assert failed[0].why == "reading_too_long"
    for lang, words in (("id", "dihentikan setelah 6 detik"), ("en", "read for 6 seconds and was stopped")):
        notice = Notice(Texts(lang))
        notice.tell_error(failed[0])
        assert words in notice.text
    assert until(lambda: not left_of(apart._process.pid))


def test_what_takes_too_much_memory_is_ended(apart):
    with pytest.raises(ConfigError) as found:
        apart.read(bytearray, 500_000_000, bounds=Bounds(20.0, 100_000_000))
    assert found.value.why == "reading_too_large"
    assert apart.read(len, b"abc", bounds=Bounds(20.0, 100_000_000)) == 3


def test_what_breaks_its_process_is_told_and_the_next_file_is_read(apart):
    with pytest.raises(ConfigError) as found:
        apart.read(os.abort, bounds=SHORT)
    assert found.value.why == "reading_ended"
    os.kill(apart._process.pid, signal.SIGKILL)
    apart._process.wait()
    assert apart.read(len, b"abc", bounds=OF_LIST) == 3


def test_faults_of_a_file_and_of_ours_are_told_apart(apart):
    with pytest.raises(MissingFileError, match="not there"):
        apart.read(areas_together, Path("not there.geojson"), bounds=SHORT)
    with pytest.raises(RuntimeError, match="TypeError"):
        apart.read(len, 3, bounds=SHORT)


def test_what_is_stopped_ends_at_once(apart):
    stop, ended = threading.Event(), []

    def work():
        try:
            stoppable(lambda: apart.read(time.sleep, 60.0, bounds=OF_LIST), stop)()
        except StoppedError:
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    stop.set()
    thread.join(2)
    assert ended
    assert until(lambda: not left_of(apart._process.pid))


def test_the_other_process_knows_no_secret_and_shares_no_file(monkeypatch, tmp_path):
    monkeypatch.setenv("JANGKAU_COOKIE_SECRET", "x" * 40)
    monkeypatch.setenv("PGPASSWORD", "rahasia")
    with (tmp_path / "jangkau.db").open("wb") as held, closing(Apart()) as apart:
        os.set_inheritable(held.fileno(), True)
        known = apart.read(os.listdir, "/proc/self/fd", bounds=OF_LIST)
        names = apart.read(os.getenv, "JANGKAU_COOKIE_SECRET", bounds=SHORT)
        assert names is None
        assert apart.read(os.getenv, "PGPASSWORD", bounds=SHORT) is None
        assert len(known) < 12


class Evil:
    """A pickle that calls something when it is read."""

    def __reduce__(self):
        return os.system, ("false",)


def test_what_comes_back_may_call_nothing(apart):
    with pytest.raises(pickle.UnpicklingError, match="system is no plain value"):
        loaded(pickle.dumps([1, Evil()]))
    with pytest.raises(pickle.UnpicklingError, match="is no plain value"):
        apart.read(partial, print, bounds=SHORT)


def test_a_server_stops_at_once_whatever_is_being_read(tmp_path):
    app = App([], Store.open(f"sqlite:///{tmp_path / 'a.db'}"))
    app.readers.start()
    failed = []
    for owner in ("citra", "dewi", "budi", "siti"):
        work = app.seats(owner).reads.submit(app.readers.read, time.sleep, 60.0, bounds=Bounds(60.0))
        work.add_done_callback(lambda done: failed.append(done.cancelled() or done.exception()))
    reader = app.readers._process.pid
    assert until(lambda: len(left_of(reader)) == 3, 10)
    start = time.monotonic()
    assert app.close()
    assert time.monotonic() - start < 2.0
    assert len(failed) == 4
    assert not app.files.exists()
    assert not Path(f"/proc/{reader}").exists()


def test_a_server_stops_though_a_thread_does_not(tmp_path, monkeypatch):
    monkeypatch.setattr("app.web.serving.LONGEST_STOP_S", 0.2)
    app, go = App([], Store.open(f"sqlite:///{tmp_path / 'a.db'}")), threading.Event()
    app.seats().plans.submit(go.wait, 20)
    time.sleep(0.1)
    assert not app.close()
    go.set()


SERVER = """
import sys, time, threading
from app.areas.apart import Apart, Bounds
apart = Apart()
threading.Thread(target=apart.read, args=(time.sleep, 100.0), kwargs={"bounds": Bounds(100.0)}).start()
time.sleep(1)
while not apart._process: time.sleep(0.1)
print(apart._process.pid, flush=True)
time.sleep(100)
"""


def test_nothing_is_left_of_a_server_that_was_killed(tmp_path):
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, env=env)
    with server:
        reader = int(server.stdout.readline())
        assert until(lambda: left_of(reader), 20)
        [child] = left_of(reader)
        server.kill()
    assert until(lambda: not Path(f"/proc/{reader}").exists(), 5)
    assert until(lambda: not Path(f"/proc/{child}").exists(), 5)


def test_a_yaml_of_hostile_size_takes_its_time_elsewhere(apart):
    text = yaml.safe_dump({f"key{n}": n for n in range(100_000)})
    with pytest.raises(ConfigError):
        apart.read(content_of_file, text.encode(), default_scenario(), bounds=SHORT)
