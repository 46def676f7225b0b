"""The server reads no more of anybody than a page of ours sends."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import re
import socket
import sys
from dataclasses import replace

import pytest
from bokeh.core.serialization import Deserializer
from support import run_apart
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from app.areas.apart import OF_LIST, Here
from app.areas.area import Area
from app.store import Store
from app.web.listening import Options
from app.web.messages import tells_briefly
from app.web.server import make_server
from app.web.serving import App
from geodata.files.limits import BODY_BYTES, MESSAGE_BYTES
from planner.pipeline import demo_layers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore:Both 'variant' and:PendingDeprecationWarning"),
]
BOMB = base64.b64encode(gzip.compress(bytes(300_000_000), 9)).decode()
TOO_LARGE = 1009
WORD = "kata sandi satu"


@pytest.fixture(scope="module")
def area():
    return Area(replace(demo_layers(12), roads=None))


def served(area, tmp_path, ask, *, account=False):
    async def all_of_it():
        store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
        if account:
            store.put_account("siti", role="editor", password=WORD, by="t")
        app = App([area], store, Options(port=0))
        server = make_server(app)
        server.start()
        try:
            return await asyncio.wait_for(ask(f"127.0.0.1:{server.port}"), 50)
        finally:
            server.stop()
            app.close()

    return run_apart(all_of_it())


async def connected(host):
    """A socket as a page opens it, once Bokeh greeted it."""
    page = await AsyncHTTPClient().fetch(HTTPRequest(f"http://{host}/", request_timeout=40))
    token = re.search(r'"token":"([^"]+)"', page.body.decode())[1]
    ask = HTTPRequest(f"ws://{host}/ws", headers={"Origin": f"http://{host}"})
    made = await websocket_connect(ask, subprotocols=["bokeh", token], max_message_size=10**9)
    for _ in range(3):
        await made.read_message()
    return made


async def sent(made, content, buffers=(), number=None):
    """Send a message; the reply to it, or None once the server closed."""
    count = len(buffers) if number is None else number
    await made.write_message(json.dumps({"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": count}))
    await made.write_message("{}")
    await made.write_message(json.dumps(content))
    for name, data in buffers:
        await made.write_message(json.dumps({"id": name}))
        await made.write_message(data, binary=True)
    while (reply := await made.read_message()) is not None:
        if '"reqid":"1"' in str(reply).replace(" ", ""):
            return reply
    return None


def in_a_map(data):
    return {"events": [], "more": {"type": "map", "entries": [["data", {"type": "bytes", "data": data}]]}}


@pytest.mark.parametrize(
    ("content", "buffers", "number"),
    [
        (in_a_map(BOMB), (), 0), (in_a_map("a" * MESSAGE_BYTES), (), 0),
        (in_a_map({"id": "b0"}), [(f"b{n}", bytes(MESSAGE_BYTES // 4)) for n in range(5)], 10**9),
    ],
    ids=["unpacks to much", "long", "many parts"],
)  # fmt: skip
def test_who_sends_too_much_is_cut_off(area, tmp_path, content, buffers, number):
    """A message of 1.5 MB took 5.6 GB of memory."""
    assert len(BOMB) < MESSAGE_BYTES

    async def ask(host):
        made = await connected(host)
        assert await sent(made, in_a_map({"id": "b"}), [("b", b"nama: a")]) is not None
        reply = await sent(made, content, buffers, number)
        # Tornado's client would complain of itself.
        made.close()
        assert reply is None
        return made.close_code

    assert served(area, tmp_path, ask) == TOO_LARGE


def test_a_body_is_no_longer_than_that_of_a_sign_in(area, tmp_path):
    """Bodies of 95 MB that never ended were held, of people whom nobody knew."""

    def posted(host, size):
        port = int(host.split(":")[1])
        head = (
            f"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            # None of the body.
            line.sendall(head.encode())
            return line.recv(100)

    async def ask(host):
        form = HTTPRequest(f"http://{host}/login", method="POST", body="username=siti&password=x",
                           follow_redirects=False)  # fmt: skip
        answer = await AsyncHTTPClient().fetch(form, raise_error=False)
        return answer.headers["Location"], await asyncio.to_thread(posted, host, BODY_BYTES + 1)

    where, refused = served(area, tmp_path, ask, account=True)
    assert where == "login?error=1"
    assert refused.startswith(b"HTTP/1.1 400")


def test_who_would_wait_long_to_sign_in_is_told_so(area, tmp_path, monkeypatch):
    monkeypatch.setattr("app.web.signin.MOST_WAITING", 0)

    async def ask(host):
        form = HTTPRequest(f"http://{host}/login", method="POST", body=f"username=siti&password={WORD}",
                           follow_redirects=False)  # fmt: skip
        answer = await AsyncHTTPClient().fetch(form, raise_error=False)
        page = await AsyncHTTPClient().fetch(f"http://{host}/{answer.headers['Location']}")
        return answer.headers["Location"], page.body.decode()

    where, page = served(area, tmp_path, ask, account=True)
    assert where == "login?error=busy"
    assert "Banyak orang sedang masuk saat ini" in page
    assert "salah" not in page


@pytest.mark.parametrize(
    "words", [["foreign"], ["graphql-ws", "x"], ["bokeh"], ["bokeh", "x"], ["bokeh", "bm9uZQ"], []]
)
def test_a_socket_that_speaks_otherwise_leaves_no_traceback(area, tmp_path, caplog, words):
    """Bokeh raised for each of them, so that an operator's log was full of what strangers sent."""

    async def ask(host):
        made = await websocket_connect(
            HTTPRequest(f"ws://{host}/ws", headers={"Origin": f"http://{host}"}), subprotocols=words
        )
        said = await made.read_message()
        # Tornado's client would complain of itself.
        made.close()
        return said

    with caplog.at_level("INFO"):
        assert served(area, tmp_path, ask) is None
    assert [r for r in caplog.records if r.exc_info] == []
    assert any("does not speak as a page of ours" in r.message for r in caplog.records)


HEAD = {"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 0}
DEEP = "[" * 100_000
VALUES = {"type": "map", "entries": [["data", "x" * 100_000]]}
NO_EVENT = {
    "kind": "MessageSent", "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "\x1b[2J", "values": VALUES},
}  # fmt: skip
FOREIGN = {
    "an unknown event": [HEAD, {}, {"events": [NO_EVENT]}],
    "no list": [HEAD, {}, {"events": 5}],
    "a removed page": [HEAD, {}, {"events": [{"kind": "RootRemoved", "model": {"id": "p1"}}]}],
    "a page of its own": [{**HEAD, "msgtype": "PUSH-DOC"}, {}, {"doc": {}}],
    "an unknown type": [{**HEAD, "msgtype": "NONE"}, {}, {}],
    "no type": [{**HEAD, "msgtype": []}, {}, {}],
    "an error": [{**HEAD, "msgtype": "ERROR"}, {}, {}],
    "deep": [HEAD, {}, DEEP],
    "an answer": [{**HEAD, "msgtype": "PULL-DOC-REPLY"}, {}, {"doc": {"x": "x" * 100_000}}],
}


@pytest.mark.parametrize("words", FOREIGN.values(), ids=FOREIGN)
def test_a_message_that_no_page_sends_leaves_a_line_in_the_log(area, tmp_path, caplog, words):
    """Bokeh wrote it whole into the log, with a trace: who may sign in could fill the disk."""

    async def ask(host):
        made = await connected(host)
        for word in words:
            await made.write_message(word if isinstance(word, str) else json.dumps(word))
        heard = [await made.read_message()]
        while heard[-1] is not None and '"text"' not in str(heard[-1]):
            heard.append(await made.read_message())
        made.close()
        # Nobody else notices.
        (await connected(host)).close()
        return heard

    with caplog.at_level("INFO"):
        heard = served(area, tmp_path, ask)
    told = [r for r in caplog.records if r.name.startswith("bokeh")]
    assert [r for r in told if r.exc_info] == []
    assert [r for r in told if len(r.getMessage()) > 300 or "\x1b" in r.getMessage()] == []
    assert any(r.levelname == "ERROR" for r in told)
    assert "site-packages" not in str(heard)


def test_a_fault_of_ours_keeps_its_trace():
    def told(work):
        try:
            work()
        except ValueError:
            record = logging.LogRecord("a", 40, "", 1, "about %r", ({"name": "x" * 9_000},), sys.exc_info())
        assert tells_briefly(record)
        return record

    ours = told(lambda: Here().read(int, "x", bounds=OF_LIST))
    theirs = told(lambda: Deserializer().decode({"type": "date", "iso": "x"}))
    assert "a message of a page failed: " in ours.getMessage()
    assert ours.exc_info is not None
    assert "a message of a page was refused: " in theirs.getMessage()
    assert theirs.exc_info is None
    assert "xxx" not in ours.getMessage() + theirs.getMessage()


def test_pages_of_other_sites_cannot_take_this_one_in(area, tmp_path, caplog):
    """Any page in the browser could read a token of one; a stranger left a trace in the log."""

    async def ask(host):
        seen = {}
        for path in ("autoload.js?bokeh-autoload-element=a", "metadata"):
            for method in ("GET", "OPTIONS"):
                asked = HTTPRequest(f"http://{host}/{path}", method=method, headers={"Origin": "http://x"})
                answer = await AsyncHTTPClient().fetch(asked, raise_error=False)
                seen[method, path] = (answer.code, answer.headers.get("Access-Control-Allow-Origin"))
        return seen

    assert set(served(area, tmp_path, ask).values()) == {(404, None)}
    assert [r for r in caplog.records if r.exc_info] == []
