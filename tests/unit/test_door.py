"""A cookie is worth what the account is worth now; answers carry what protects their readers."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.web import Application, HTTPError, RequestHandler, create_signed_value

from app.areas.area import Area
from app.store import Store, StoreError
from app.texts import Texts
from app.web.door import AWAY_S, COOKIE, FRESH_S, Door
from app.web.hardening import HEADERS, guard
from app.web.listening import Options
from app.web.server import make_server
from app.web.serving import App
from app.web.signin import _own_path, provider
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


@pytest.mark.slow
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


class Answers(RequestHandler):
    """Says whom it sees, and sets a cookie as Panel's OAuth does."""

    def get(self):
        self.set_cookie("user", "siti")
        self.set_cookie("own", "1", samesite="Strict", secure=True)
        self.write(f"{self.request.remote_ip} {self.request.protocol}")


def answer_of(tmp_path, headers, *, behind_proxy):
    """Ask a real server, over a socket of the file system; returns the answer's text."""
    # In a thread: Playwright's loop may run in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(asked(tmp_path, headers, behind_proxy=behind_proxy))).result(
            30
        )


async def asked(tmp_path, headers, *, behind_proxy):
    server = HTTPServer(Application([("/", Answers)]), xheaders=behind_proxy)
    guard(server)
    path = str(tmp_path / "socket")
    server.add_socket(bind_unix_socket(path))
    reader, writer = await asyncio.open_unix_connection(path)
    lines = ["GET / HTTP/1.1", "Host: x", "Connection: close", *headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = (await reader.read()).decode()
    writer.close()
    server.stop()
    return answer


@pytest.fixture
def numeric(monkeypatch):
    """Tornado asks the system whether an address is one, which tests may not."""
    monkeypatch.setattr("tornado.netutil.is_valid_ip", lambda ip: bool(re.fullmatch(r"[0-9.]+", ip)))


@pytest.mark.usefixtures("numeric")
def test_no_cookie_leaves_without_its_limits_whoever_set_it(tmp_path):
    answer = answer_of(tmp_path, ["X-Forwarded-Proto: https"], behind_proxy=True)
    assert "Set-Cookie: user=siti; Path=/; SameSite=Lax; Secure\r\n" in answer
    own = re.search(r"Set-Cookie: (own=.*)\r\n", answer)[1]
    assert own.lower().count("samesite") == own.lower().count("secure") == 1
    for name, value in HEADERS.items():
        assert f"{name}: {value}\r\n" in answer
    plain = answer_of(tmp_path, [], behind_proxy=False)
    assert "Set-Cookie: user=siti; Path=/; SameSite=Lax\r\n" in plain


@pytest.mark.usefixtures("numeric")
def test_of_a_proxy_only_what_it_says_itself_is_believed(tmp_path):
    """nginx hands on X-Real-Ip and X-Scheme as a browser sent them."""
    forged = ["X-Real-Ip: 9.9.9.9", "X-Scheme: https", "X-Forwarded-For: 8.8.8.8, 10.0.0.7"]
    assert answer_of(tmp_path, forged, behind_proxy=True).endswith("10.0.0.7 http")


@pytest.mark.parametrize("path", ["/日", "//evil", "/a\nb", "https://evil", ""])
def test_after_signing_in_one_goes_to_a_path_of_ours(path):
    assert _own_path(path) == ""
    assert _own_path("/jangkau/?village=1") == "/jangkau/?village=1"


@pytest.mark.parametrize("origin", ["https://peta.example", "peta.example/jangkau", "a:b", ":80", ""])
def test_an_origin_that_is_none_is_said_at_the_start(tmp_path, origin):
    store = Store.open(f"sqlite:///{tmp_path / 'o.db'}")
    app = App([], store, Options(origins=(origin,)))
    with pytest.raises(ConfigError, match="write the host name alone"):
        make_server(app)
    app.close()


def test_where_accounts_cannot_be_read_nobody_gets_in_and_it_is_said(store, door, clock, tmp_path):
    def away(*_a):
        msg = "the database is away"
        raise StoreError(msg)

    said = door.cookie("siti")
    clock.now += FRESH_S + 0.1
    store.stamp, stamp = away, store.stamp

    class Handler:
        def get_secure_cookie(self, *_a, **_k):
            return said.encode()

    template = tmp_path / "out.html"
    template.write_text("out", "utf-8")
    with ThreadPoolExecutor(1) as pool:
        ask = provider(store, door, Texts("en"), pool, "/", str(template)).get_user
    with pytest.raises(HTTPError) as refused:
        ask(Handler())
    assert refused.value.status_code == 503
    # For a while nobody asks again, and then everybody is let in as before.
    store.stamp = stamp
    with pytest.raises(HTTPError):
        ask(Handler())
    clock.now += AWAY_S + 0.1
    assert ask(Handler()) == "siti"


def test_a_database_that_does_not_answer_holds_the_server_up_for_a_second_at_most(store, door, monkeypatch):
    monkeypatch.setattr("app.web.door.LONGEST_LOOK_S", 0.05)
    go = threading.Event()
    store.stamp = lambda _name: go.wait(10)
    with pytest.raises(StoreError, match="no answer"):
        door.name(f"{'0' * 32} siti")
    go.set()


@pytest.mark.slow
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


@pytest.mark.slow
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
