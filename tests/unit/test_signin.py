"""Attempts to sign in are counted by name and address, when they arrive."""

from __future__ import annotations

import asyncio

import pytest
from support import run_apart

from app.web.signin import FREE_FAILURES, PAUSE_S, Attempts, _turn


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def tried(attempts, names, address="10.0.0.1"):
    return [attempts.wait_s(name, address) > 0 for name in names]


def test_after_five_attempts_a_name_waits_and_says_how_long(clock):
    attempts = Attempts(clock)
    # None has been answered yet: they count as they come.
    assert tried(attempts, ["rina"] * 7) == [False] * FREE_FAILURES + [True, True]
    clock.now += 10
    assert attempts.wait_s("rina", "10.0.0.1") == pytest.approx(PAUSE_S - 10)
    clock.now += 21
    assert tried(attempts, ["rina"] * 6) == [False] * FREE_FAILURES + [True]


@pytest.mark.parametrize("name", [" rina", "ri na", "ri\u00a0na", "RINA", "ri\tna", "ri\u200bna", "ｒina"])
def test_a_name_is_one_name_however_it_is_spaced(name, clock):
    attempts = Attempts(clock)
    tried(attempts, ["rina"] * FREE_FAILURES)
    assert tried(attempts, [name]) == [True]


def test_others_attempts_do_not_lock_the_owner_out(clock):
    attempts = Attempts(clock)
    tried(attempts, ["rina"] * 50, "203.0.113.9")
    assert tried(attempts, ["rina"], "10.0.0.1") == [False]
    assert tried(attempts, ["sari"], "203.0.113.9") == [False]


def test_a_right_password_starts_anew(clock):
    attempts = Attempts(clock)
    for _ in range(20):
        assert attempts.wait_s("rina", "10.0.0.1") == 0
        attempts.succeeded("Rina ", "10.0.0.1")


def test_what_is_kept_is_bounded(clock, monkeypatch):
    monkeypatch.setattr("app.web.signin.MOST_KEPT", 10)
    attempts = Attempts(clock)
    for number in range(100):
        clock.now += 5
        attempts.wait_s(f"name {number}", "10.0.0.1")
    assert len(attempts._seen) <= 12


def test_many_attempts_of_one_address_keep_another_waiting_for_one():
    """39 attempts in the queue kept another's sign-in waiting for 27.7 s."""
    asked = []

    async def attempt(turns, door, address):
        async with _turn(turns, address), door:
            asked.append(address)
            await asyncio.sleep(0)

    async def all_at_once():
        # One password is checked at a time.
        turns, door = {}, asyncio.Lock()
        many = [asyncio.create_task(attempt(turns, door, "203.0.113.9")) for _ in range(39)]
        await asyncio.sleep(0)
        await asyncio.gather(attempt(turns, door, "10.0.0.1"), *many)
        return turns

    assert run_apart(all_at_once()) == {}
    assert len(asked) == 40
    assert asked.index("10.0.0.1") <= 2
