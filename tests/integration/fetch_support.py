"""A server on loopback that serves real bytes, and misbehaves as it is told."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import geopandas as gpd
import shapely

# Takes the handler and the bytes, and answers.
Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def send(handler, status, data, headers=()):
    handler.send_response(status)
    given = dict(headers)
    if "Content-Length" not in given and "Transfer-Encoding" not in given:
        given["Content-Length"] = str(len(data))
    for name, value in given.items():
        if value:
            handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def etag(data):
    return f'"{hashlib.sha1(data).hexdigest()}"'  # noqa: S324 - an ETag, as servers make them


def good(handler, data):
    """As a plain file server does: versions, parts of a version, unchanged."""
    tag = etag(data)
    if handler.headers.get("If-None-Match") == tag:
        send(handler, 304, b"", {"ETag": tag})
        return
    part = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if part and handler.headers.get("If-Range") == tag:
        begin = int(part[1])
        if begin >= len(data):
            send(handler, 416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        said = {"ETag": tag, "Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"}
        send(handler, 206, data[begin:], said)
        return
    send(handler, 200, data, {"ETag": tag})


def status(code, **headers):
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda handler, _: send(handler, code, b"<html>busy</html>", named)


def body(data, **headers):
    """200 with other bytes."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda handler, _: send(handler, 200, data, named)


def cut(at, *, says_version=True):
    """Promise all, and close the connection after some."""

    def answer(handler, data):
        said = {"Content-Length": str(len(data))} | ({"ETag": etag(data)} if says_version else {})
        send(handler, 200, data[:at], said)
        handler.close_connection = True

    return answer


def cut_again(at):
    """Go on where it was asked to, and close the connection again some bytes later."""

    def answer(handler, data):
        begin = int(re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"])[1])
        said = {"ETag": etag(data), "Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}",
                "Content-Length": str(len(data) - begin)}  # fmt: skip
        send(handler, 206, data[begin : begin + at], said)
        handler.close_connection = True

    return answer


def without_length(at=None):
    """Say no length, and close the connection: was that all?"""

    def answer(handler, data):
        send(handler, 200, data[:at], {"Content-Length": "", "Connection": "close"})
        handler.close_connection = True

    return answer


def chunked(at=None):
    """Send in chunks; cut off when ``at`` is given."""

    def answer(handler, data):
        whole = data[:at]
        pieces = [whole[i : i + 5000] for i in range(0, len(whole), 5000)]
        coded = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
        handler.protocol_version = "HTTP/1.1"
        send(handler, 200, coded + (b"" if at else b"0\r\n\r\n"), {"Transfer-Encoding": "chunked"})
        handler.close_connection = True

    return answer


def packed(handler, data):
    """As gzip where the client takes it."""
    assert "gzip" in handler.headers["Accept-Encoding"]
    send(handler, 200, gzip.compress(data), {"Content-Encoding": "gzip"})


def stalled(seconds, after=None):
    """Wait before the answer, or in the middle of the body."""

    def answer(handler, data):
        if after is None:
            time.sleep(seconds)
            good(handler, data)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.wfile.flush()
        time.sleep(seconds)

    return answer


def dripping(seconds):
    """Send a byte at a time: no read of it ever times out."""

    def answer(handler, data):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        for at in range(len(data)):
            handler.wfile.write(data[at : at + 1])
            time.sleep(seconds)

    return answer


@dataclass
class Served:
    """What the server has, how it answers next, and what it was asked."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    next: list[Answer] = field(default_factory=list)
    always: dict[str, Answer] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def paths(self):
        return [path for path, _, _ in self.seen]


class _Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up: what the command writes is looked at."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(**files: bytes) -> Iterator[Served]:
    """Serve files by name on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, question=""):
            served.seen.append((self.path, dict(self.headers), question))
            data = served.files.get(self.path.lstrip("/"))
            if self.path in served.always:
                answer = served.always[self.path]
            elif served.next:
                answer = served.next.pop(0)
            else:
                answer = good if data is not None else status(404)
            try:
                answer(self, data or b"")
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def do_GET(self):
            self._answer()

        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(form["data"][0])

        def log_message(self, *_):
            pass

    httpd = _Quiet(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    served = Served(f"http://127.0.0.1:{httpd.server_port}", dict(files))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def as_sql(path, *, columns=("kode", "nama", "lat", "lng", "path")):
    """The SQL of wilayah_boundaries for one of the shared boundary files."""
    frame = gpd.read_file(path)
    rows = []
    for row in frame.itertuples():
        tree = json.loads(shapely.to_geojson(row.geometry))["coordinates"]
        name = str(row.nama).replace("'", "''")
        latlng = json.dumps(swapped(tree), separators=(",", ":"))
        given = {"kode": f"'{row.kode}'", "nama": f"'{name}'", "lat": repr(row.lat), "lng": repr(row.lng),
                 "path": f"'{latlng}'", "luas": "NULL", "status": "1"}  # fmt: skip
        rows.append(f"\t({','.join(given[c] for c in columns)})")
    head = "/*\nfilename  : it's a comment; with ( everything ' in it\n*/\n"
    inserted = f"INSERT INTO wilayah_boundaries ({','.join(columns)}) VALUES\n"
    return (head + inserted + ",\n".join(rows) + ";\n").encode()


def swapped(tree):
    """[lng, lat] → [lat, lng], however deep."""
    if isinstance(tree[0], (int, float)):
        return [tree[1], tree[0]]
    return [swapped(t) for t in tree]
