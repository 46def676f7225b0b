"""Passwords match only themselves, and a broken hash matches nothing."""

from __future__ import annotations

import base64
import hashlib
import time

import pytest

from app.store.passwords import hash_password, matches, matches_nobody

STORED = hash_password("rahasia sekali")


@pytest.mark.slow
def test_a_password_matches_itself_only():
    assert matches("rahasia sekali", STORED)
    for other in ("", "rahasia", "Rahasia sekali", "rahasia sekali ", STORED):
        assert not matches(other, STORED)


def test_every_hash_has_its_own_salt_and_its_parameters():
    again = hash_password("rahasia sekali")
    assert again != STORED
    assert again.startswith("scrypt$16384$8$5$")
    assert "rahasia" not in again


@pytest.mark.slow
@pytest.mark.parametrize("text", ["kata sandi 密码 🔑", "nul\0byte", "half \ud800", "x" * 10_000])
def test_any_text_can_be_a_password(text):
    assert matches(text, hash_password(text))


@pytest.mark.slow
def test_one_letter_typed_in_two_ways_is_one_password():
    assert matches("cafe\N{COMBINING ACUTE ACCENT}", hash_password("caf\N{LATIN SMALL LETTER E WITH ACUTE}"))


def test_hashes_of_other_parameters_still_match():
    key = base64.b64encode(hashlib.scrypt(b"p", salt=b"salt", n=16, r=1, p=1, dklen=32)).decode()
    stored = f"scrypt$16$1$1$c2FsdA==${key}"
    assert matches("p", stored)
    assert not matches("q", stored)


def broken():
    scheme, n, r, p, salt, key = STORED.split("$")
    yield from ("", "$", "$$$$$", "rahasia sekali", STORED + "$", STORED[:-4], "scrypt")
    for parts in (
        ("bcrypt", n, r, p, salt, key),
        (scheme, "x", r, p, salt, key),
        (scheme, "0", r, p, salt, key),
        (scheme, "-16384", r, p, salt, key),
        (scheme, "16383", r, p, salt, key),
        (scheme, str(2**40), r, p, salt, key),
        (scheme, str(10**30), r, p, salt, key),
        (scheme, n, "0", p, salt, key),
        (scheme, n, r, "1000000", salt, key),
        (scheme, n, r, "4", salt, key),
        (scheme, n, r, p, "*", key),
        (scheme, n, r, p, "é", key),
        (scheme, n, r, p, salt, ""),
        (scheme, n, r, p, salt, "AAAA"),
    ):
        yield "$".join(parts)


def test_a_broken_hash_matches_nothing():
    for stored in broken():
        assert not matches("rahasia sekali", stored), stored


@pytest.mark.slow
def test_nobody_takes_as_long_as_a_wrong_password():
    def seconds(check, *arguments):
        times = []
        for _ in range(3):
            start = time.process_time()
            assert check(*arguments) is False
            times.append(time.process_time() - start)
        return min(times)

    assert 0.5 < seconds(matches_nobody, "salah") / seconds(matches, "salah", STORED) < 2
