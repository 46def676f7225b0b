"""A scenario file on the page is read in a thread; of many faults the first are told."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import replace

import pytest

from app.areas.area import Area
from app.core.session import Session
from app.core.work import Seats
from app.store import Store
from app.texts import Texts
from app.views import whatif
from planner.pipeline import demo_layers

pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning")


class Held(Executor):
    """Threads that begin when they are told to."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        self.waiting.append(lambda: fn(*args, **kwargs))
        return Future()

    def all(self):
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture(scope="module")
def area():
    return Area(replace(demo_layers(12), roads=None))


@pytest.fixture
def page(area, tmp_path):
    """A session whose threads are held, the field for a file, and the threads."""
    store, pool = Store.open(f"sqlite:///{tmp_path / 'a.db'}"), Held()
    session = Session(area, Texts("en"), store, account="siti", editor=True, seats=Seats(*[pool] * 4))
    view = whatif._WhatIf(session)
    view.file._send_msg = lambda _msg: None
    pool.all()
    yield session, view.file, pool
    store.close()


def drop(field, content):
    field._handle_msg({"status": "upload_event", "name": "s.yml", "chunk": 1, "total_chunks": 1,
                       "mime_type": "text/plain", "data": content})  # fmt: skip
    field._handle_msg({"status": "finished"})


def test_a_file_is_read_off_the_event_loop(page, monkeypatch):
    """Reading one of 0.9 MB kept everybody waiting for 18 s."""
    session, field, pool = page
    read, real = [], whatif.content_of_file
    monkeypatch.setattr(whatif, "content_of_file", lambda *a: read.append(1) or real(*a))
    drop(field, b"name: a\nstandard: {pustu: {limit_minutes: 45}}\n")
    assert not read
    assert session.notice.busy
    pool.all()
    assert read
    assert session.state.what_if.standard["pustu"].limit_minutes == 45.0
    assert not session.notice.busy
    session.questions.undo()
    pool.all()
    assert session.state.what_if.is_base


def test_a_file_full_of_faults_is_a_short_message(page):
    session, field, pool = page
    drop(field, ("name: a\n" + "\n".join(f"k{i}: 1" for i in range(100))).encode())
    pool.all()
    assert session.notice.severity == "error"
    assert session.notice.text.endswith("and 80 more")
    assert len(session.notice.text) < 10_000
    assert session.state.what_if.is_base


def test_a_file_of_too_many_changes_is_told(page):
    session, field, pool = page
    road = "- {op: add_road, line: [[113.5, -8.2], [113.6, -8.2]]}\n"
    drop(field, ("name: a\nedits:\n" + road * 201).encode())
    pool.all()
    assert "200 changes at most" in session.notice.text
