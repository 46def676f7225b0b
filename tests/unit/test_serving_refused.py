"""What ``jangkau serve`` refuses, before anything that takes long."""

from __future__ import annotations

import errno
import logging
import socket

import pytest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from app.web import commands
from app.web.listening import Options, require_free
from app.web.server import tells_of_more_than_a_left_page
from geodata.errors import ConfigError

# Only addresses of this machine.
pytestmark = pytest.mark.enable_socket
EVERYBODY = "0.0.0.0"  # noqa: S104 - to be refused


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def no_work(monkeypatch):
    """Fail when an area is read."""
    for name in ("demo_layers", "open_workspace"):
        monkeypatch.setattr(commands, name, lambda *_: pytest.fail("the long work began"))


@pytest.mark.usefixtures("no_work")
def test_a_port_that_is_taken_is_said_before_the_work(jangkau, demo_workspace, taken):
    status, out, err = jangkau("serve", demo_workspace, "--port", taken)
    assert (status, out) == (2, "")
    assert err == f"jangkau: port {taken} is taken: give another with --port\n"


@pytest.mark.usefixtures("no_work")
def test_an_open_address_without_accounts_is_refused_before_the_work(jangkau, demo_workspace, tmp_path):
    url = f"sqlite:///{tmp_path / 'j.db'}"
    status, out, err = jangkau(
        "serve", demo_workspace, "--address", EVERYBODY, "--port", 0, "--database", url
    )
    assert (status, out) == (2, "")
    assert "lets others in, but there are no accounts" in err


@pytest.mark.usefixtures("no_work")
def test_no_folder_is_made_where_there_is_no_workspace(jangkau, tmp_path):
    status, _, err = jangkau("serve", tmp_path / "nowhere", "--port", 0)
    assert status == 2
    assert "is not a workspace" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [({"port": 70_000}, "--port 70000: choose one from 0 to 65535"),
     ({"port": -1}, "--port -1"),
     ({"address": "192.0.2.1", "port": 0}, "--address 192.0.2.1: nobody can listen"),
     ({"origins": ("https://x/",)}, "--origin https://x/")],
)  # fmt: skip
def test_what_nobody_can_listen_on_is_named(options, words):
    with pytest.raises(ConfigError, match=words):
        require_free(Options(**{"port": 0, **options}))


def test_a_port_for_the_system_alone_is_named(monkeypatch):
    def bind(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(ConfigError, match="port 80 may not be used by you: give one above 1023"):
        require_free(Options(port=80))


@pytest.mark.parametrize(("error", "told"), [
    (WebSocketClosedError(), False), (StreamClosedError(), False), (ValueError("ours"), True), (None, True),
])  # fmt: skip
def test_only_a_page_that_was_left_is_no_line_of_the_log(error, told):
    of_error = None if error is None else (type(error), error, None)
    record = logging.LogRecord(
        "asyncio", logging.ERROR, "", 1, "Task exception was never retrieved", (), of_error
    )
    assert tells_of_more_than_a_left_page(record) is told
