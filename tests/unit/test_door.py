"""A cookie is worth what the account is worth now; answers carry what protects their readers."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders
from tornado.web import create_signed_value

from app.areas.area import Area
from app.store import Store, StoreError
from app.web.door import COOKIE, FRESH_S, Door
from app.web.hardening import HEADERS, SafeAnswer
from app.web.serving import App
from geodata.errors import ConfigError

SECRET = "x" * 40
ONE, TWO = "kata sandi satu", "kata sandi dua"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    store.put_account("siti", role="editor", password=ONE, by="t")
    yield store
    store.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(store, clock):
    return Door(store, SECRET, outside=False, now=clock)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.put_account("siti", role="editor", password=TWO, by="t"),
        # The same password again is a new one: whoever sets it wants the old sign-ins gone.
        lambda s: s.put_account("siti", role="editor", password=ONE, by="t"),
        lambda s: s.put_account("siti", role="editor", password=None, by="t"),
        lambda s: s.remove_account("siti", by="t"),
        lambda s: (s.remove_account("siti", by="t"),
                   s.put_account("siti", role="viewer", password=ONE, by="t")),
    ],
    ids=["password", "same password", "oauth", "removed", "made anew"],
)  # fmt: skip
def test_an_old_cookie_ends_when_the_account_changes(store, door, clock, change):
    said = door.cookie("siti")
    assert door.name(said) == "siti"
    change(store)
    clock.now += FRESH_S + 0.1
    assert door.name(said) is None


@pytest.mark.parametrize(
    "said", ["siti", "None siti", " siti", "", None, "abc", "0" * 32 + " siti", "None nobody"]
)
def test_other_words_speak_for_nobody(door, said):
    assert door.name(said) is None


def test_an_account_without_a_password_has_no_cookie_of_ours(store, door):
    store.put_account("oauth@x", role="editor", password=None, by="t")
    assert door.name(door.cookie("oauth@x")) is None


def test_only_what_was_signed_here_is_read(door):
    good = create_signed_value(SECRET, COOKIE, door.cookie("siti")).decode()
    assert door.name(door.read(good)) == "siti"
    for bad in (None, "", "siti", good[:-1], create_signed_value("y" * 40, COOKIE, "a siti").decode()):
        assert door.read(bad) is None


@pytest.mark.parametrize("name", ["guest", "Guest", " gu est", "local", "LOCAL", "ｇuest"])
def test_names_of_those_who_did_not_sign_in_are_kept(store, name):
    with pytest.raises(ConfigError, match="is kept for"):
        store.put_account(name, role="viewer", password=ONE, by="t")


@pytest.mark.parametrize(
    ("protocol", "cookie", "expected"),
    [
        ("http", "user=1; HttpOnly; Path=/", "user=1; HttpOnly; Path=/; SameSite=Lax"),
        ("https", "user=1; HttpOnly; Path=/", "user=1; HttpOnly; Path=/; SameSite=Lax; Secure"),
        ("https", "a=1; samesite=Strict; secure", "a=1; samesite=Strict; secure"),
        ("http", "b=samesite", "b=samesite; SameSite=Lax"),
    ],
)
def test_no_cookie_leaves_without_its_limits(protocol, cookie, expected):
    class Request:
        pass

    request = Request()
    request.protocol = protocol
    headers = HTTPHeaders()
    headers.add("Set-Cookie", cookie)
    headers.add("Set-Cookie", "second=2; SameSite=Lax; Secure")
    _, headers, chunk = SafeAnswer(request).transform_first_chunk(200, headers, b"x", finishing=True)
    assert headers.get_list("Set-Cookie") == [expected, "second=2; SameSite=Lax; Secure"]
    assert chunk == b"x"
    assert all(headers[name] == value for name, value in HEADERS.items())


def test_those_whose_account_changed_are_turned_out_and_nobody_else(store, door, clock):
    store.put_account("budi", role="viewer", password=ONE, by="t")
    store.put_account("eko", role="viewer", password=ONE, by="t")
    inside = {f"tab {name}": door.cookie(name) for name in ("siti", "budi", "eko")}
    assert door.turned_out(inside) == []
    store.put_account("budi", role="viewer", password=TWO, by="t")
    store.remove_account("eko", by="t")
    # At once: the look into the store is new, whatever was seen a moment ago.
    assert door.turned_out(inside) == ["tab budi", "tab eko"]
    # And no request of the next second gets in by what was seen before.
    assert [door.name(said) for said in inside.values()] == ["siti", None, None]
    clock.now += 2 * FRESH_S
    assert [door.name(said) for said in inside.values()] == ["siti", None, None]


def test_nobody_is_turned_out_while_the_database_is_away(demo_layers, tmp_path, caplog):
    store = Store.open(f"sqlite:///{tmp_path / 'gone.db'}")
    store.put_account("siti", role="editor", password=ONE, by="t")
    app = App([Area(demo_layers)], store)
    app.inside = {"tab": app.door.cookie("siti")}
    assert app.turned_out() == []

    def away():
        msg = "the database is away"
        raise StoreError(msg)

    store.stamps, plain = away, store.stamps
    assert app.turned_out() == []
    assert "the database is away" in caplog.text
    store.stamps = plain
    store.remove_account("siti", by="t")
    assert app.turned_out() == ["tab"]
    app.close()
