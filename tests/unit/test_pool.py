"""Threads that sessions share in turn."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import wait

import pytest

from app.core.pool import FairPool
from app.store import Store
from app.web.serving import App


@pytest.fixture
def pool():
    pool = FairPool(2)
    yield pool
    pool.shutdown()


def test_sixty_pieces_of_one_session_keep_nobody_else_waiting(pool):
    hostile, other = pool.seat(), pool.seat()
    go = threading.Event()
    first = [hostile.submit(go.wait, 10) for _ in range(60)]
    done = other.submit(lambda: "here").result(5)
    assert done == "here"
    assert sum(f.done() for f in first) == 0
    go.set()
    wait(first, 10)


def test_all_tabs_of_an_account_take_its_turns(pool):
    """Two tabs of one viewer took both threads, and kept everybody else waiting for a minute."""
    tabs, other, go = [pool.seat("citra") for _ in range(4)], pool.seat("budi"), threading.Event()
    asked = [tab.submit(go.wait, 10) for tab in tabs]
    assert other.submit(lambda: "here").result(5) == "here"
    assert sum(f.running() for f in asked) == 1
    go.set()
    wait(asked, 10)


def test_tabs_of_an_account_share_its_turns_and_a_closed_one_is_forgotten():
    pool = FairPool(1)
    order, go = [], threading.Event()
    first, second, closed, other = (pool.seat(owner) for owner in ("a", "a", "a", "b"))
    pool.seat().submit(go.wait, 10)
    asked = [(first, "a1"), (first, "a1"), (closed, "no"), (second, "a2"), (other, "b"), (other, "b")]
    futures = [seat.submit(order.append, name) for seat, name in asked]
    closed.shutdown()
    go.set()
    # Also what was dropped is over for who waits for it.
    assert not wait(futures, 10).not_done
    pool.shutdown()
    assert order == ["a1", "b", "a2", "b", "a1"]


@pytest.mark.slow
def test_one_session_leaves_a_thread_for_every_kind_of_work_of_others(tmp_path):
    """Its question and its view took both threads that there were."""
    app = App([], Store.open(f"sqlite:///{tmp_path / 'a.db'}"))
    hostile, other, go = app.seats(), app.seats(), threading.Event()
    try:
        for seat in (hostile.questions, hostile.views):
            for _ in range(3):
                seat.submit(go.wait, 10)
        assert other.questions.submit(lambda: "here").result(5) == "here"
        assert other.views.submit(lambda: "here").result(5) == "here"
    finally:
        go.set()
        app.close()


def test_sessions_take_turns():
    pool = FairPool(1)
    order, go = [], threading.Event()
    seats = {name: pool.seat() for name in "abc"}
    pool.seat().submit(go.wait, 10)
    futures = [seats[name].submit(order.append, f"{name}{n}") for name in "abc" for n in range(3)]
    go.set()
    wait(futures, 10)
    pool.shutdown()
    assert order == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_everything_that_was_asked_for_is_done_once_and_never_two_at_a_time(pool):
    dice = random.Random(3)  # noqa: S311 - a plan for a test
    seats = [pool.seat() for _ in range(5)]
    inside = dict.fromkeys(range(5), 0)
    most, done = [0], []

    def work(number, seat):
        inside[seat] += 1
        most[0] = max(most[0], inside[seat])
        time.sleep(dice.random() / 2000)
        inside[seat] -= 1
        done.append(number)

    futures = []
    for number in range(400):
        seat = dice.randrange(5)
        futures.append(seats[seat].submit(work, number, seat))
        if dice.random() < 0.1:
            time.sleep(0.002)
    wait(futures, 20)
    assert sorted(done) == list(range(400))
    assert most == [1]


def test_what_was_cancelled_is_not_done_and_failures_reach_who_waits(pool):
    seat, go, done = pool.seat(), threading.Event(), []
    running = seat.submit(go.wait, 10)
    gone = seat.submit(done.append, 1)
    fails = seat.submit(lambda: 1 / 0)
    assert gone.cancel()
    go.set()
    assert running.result(5)
    with pytest.raises(ZeroDivisionError):
        fails.result(5)
    assert done == []


def test_a_pool_that_was_shut_down_takes_nothing(pool):
    seat, go = pool.seat(), threading.Event()
    seat.submit(go.wait, 1)
    waiting = seat.submit(print)
    go.set()
    pool.shutdown()
    assert waiting.done()
    with pytest.raises(RuntimeError):
        seat.submit(print)
