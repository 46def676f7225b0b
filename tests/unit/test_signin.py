"""Attempts to sign in are counted by name and address, when they arrive."""

from __future__ import annotations

import asyncio

import pytest
from support import run_apart

from app.web.signin import (
    FREE_FAILURES,
    MOST_OF_ADDRESS,
    MOST_WAITING,
    PAUSE_S,
    Attempts,
    _is_full,
    _Turn,
    _turn,
    network_of,
)


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


@pytest.mark.parametrize(
    ("addresses", "taken"),
    [(["10.0.0.5"] * 60, MOST_OF_ADDRESS), ([f"10.1.0.{n}" for n in range(60)], MOST_WAITING)],
    ids=["one address", "many addresses"],
)
def test_what_would_wait_long_is_turned_away_at_once(addresses, taken):
    """60 attempts of one address kept another there waiting for 24 s; 40 addresses, anybody for 13 s."""
    turned_away = []

    async def attempt(turns, door, address):
        if _is_full(turns, address):
            turned_away.append(address)
            return
        async with _turn(turns, address), door:
            await asyncio.sleep(0)

    async def all_at_once():
        turns, door = {}, asyncio.Lock()
        await asyncio.gather(*(attempt(turns, door, address) for address in addresses))
        # Whoever comes later is let in again.
        assert not _is_full(turns, addresses[0])
        return turns

    assert run_apart(all_at_once()) == {}
    assert len(turned_away) == len(addresses) - taken


def test_one_address_alone_does_not_fill_the_queue():
    assert not _is_full({"10.0.0.5": _Turn(attempts=MOST_OF_ADDRESS)}, "10.0.0.6")


def test_a_few_addresses_that_queue_all_they_may_turn_nobody_away():
    """Three with eight attempts each filled the queue of 24; each has one attempt at a time in it."""
    turns = {f"203.0.113.{n}": _Turn(attempts=MOST_OF_ADDRESS) for n in range(MOST_WAITING - 1)}
    assert not _is_full(turns, "10.0.0.6")
    turns["203.0.113.99"] = _Turn(attempts=1)
    assert _is_full(turns, "10.0.0.6")
    assert not _is_full(turns, "203.0.113.99"), "it waits for its own"


def test_one_computer_is_one_address_however_many_it_has():
    """Each of a network's 2^64 addresses had a place in the queue, and tries at a name, of its own."""
    assert len({network_of(f"2001:db8:1:2::{n:x}") for n in range(60)}) == 1
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")
    assert network_of("") == ""
