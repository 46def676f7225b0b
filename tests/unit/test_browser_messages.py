"""What a browser sends is bounded before anything is made of it."""

from __future__ import annotations

import base64
import gzip

import panel_material_ui as pmui
import pytest
from bokeh.core.serialization import Buffer, Deserializer

from app.components.upload import EMPTY, Upload
from app.web.messages import TooMuchError, unpack
from geodata.files.limits import FILE_PIECE_BYTES, MESSAGE_BYTES

NOT_OURS = (None, 5, [], {}, "x", {"status": "x"}, {"status": []}, {"status": "upload_event"})


def zipped(content):
    return {"type": "bytes", "data": base64.b64encode(gzip.compress(content)).decode()}


def test_bytes_are_unpacked_once_and_as_bokeh_would():
    content = {"events": [{"data": zipped(b"nama: a\n"), "n": 1}, [zipped(b"")]]}
    unpack(content, ())
    assert Deserializer().decode(content) == {"events": [{"data": b"nama: a\n", "n": 1}, [b""]]}


def test_a_short_text_that_unpacks_to_much_is_refused():
    with pytest.raises(TooMuchError):
        unpack({"a": [zipped(bytes(MESSAGE_BYTES + 1))]}, ())
    # All together count, and what came beside counts each time.
    with pytest.raises(TooMuchError):
        unpack([zipped(bytes(MESSAGE_BYTES // 2 + 1)), zipped(bytes(MESSAGE_BYTES // 2 + 1))], ())
    beside = {"type": "bytes", "data": {"id": "b"}}
    unpack([beside], [Buffer("b", bytes(FILE_PIECE_BYTES))])
    with pytest.raises(TooMuchError):
        unpack([beside] * 3, [Buffer("b", bytes(FILE_PIECE_BYTES))])


@pytest.mark.parametrize("data", ["zzz", "é", "H4sI", base64.b64encode(b"\x1f\x8b\x08\0").decode(), 5, None])
def test_damaged_bytes_are_none(data):
    content = [{"type": "bytes", "data": data}]
    unpack(content, ())
    if isinstance(data, str):
        assert Deserializer().decode(content) == [b""]


def test_one_value_of_any_size_is_refused():
    with pytest.raises(TooMuchError):
        unpack({"type": "ndarray", "array": ["a"], "dtype": "S1000000000", "shape": [1]}, ())


@pytest.fixture
def field():
    told = []
    upload = Upload(told.append, label="a", max_file_size=FILE_PIECE_BYTES * 2)
    upload.told, upload._send_msg = told, lambda _msg: None
    return upload


def piece(data, number=1, pieces=1, name="a.yml"):
    return {"status": "upload_event", "name": name, "chunk": number, "total_chunks": pieces,
            "mime_type": "text/plain", "data": data}  # fmt: skip


def held(upload):
    of_pieces = [d for file in upload._file_buffer.values() for d in file["chunks"].values()]
    return sum(map(len, of_pieces)) + sum(len(file["value"]) for file in upload._buffer)


def test_a_file_comes_in_pieces(field):
    assert field.chunk_size == FILE_PIECE_BYTES
    for message in (piece(b"ab", 1, 2), piece(memoryview(b"cd"), 2, 2), {"status": "finished"}):
        field._handle_msg(message)
    assert field.given == b"abcd"
    assert field.filename == "a.yml"
    assert held(field) == 0
    assert not field.told


def test_an_empty_file_is_told_and_the_same_file_comes_twice(field):
    """A browser sends no piece of a file without content."""
    seen, begun = [], []
    field.param.watch(lambda event: seen.append(event.new), ["value"])
    field._begun = lambda: begun.append(field.value)
    whole = ({"status": "initializing"}, piece(b"ab"), {"status": "finished"})
    for message in (*whole, *whole, {"status": "initializing"}, {"status": "finished"}):
        field._handle_msg(message)
    assert [value for value in seen if value] == [b"ab", b"ab"]
    assert begun == [None] * 3
    assert field.told == [EMPTY]
    assert field.given == b""


@pytest.mark.parametrize("message", NOT_OURS, ids=repr)
def test_what_no_page_of_ours_sends_is_dropped(field, message):
    field._handle_msg(message)
    assert not field.told
    assert field.value is None


@pytest.mark.parametrize(
    "message",
    [
        piece(1_500_000_000), piece([1, 2]), piece("ab"), piece(None), piece(b"a", "1", 1), piece(b"a", 1, 0),
        piece(b"a", 0, 1), piece(b"a", 1, True), piece(b"a", 1.0, 1), piece(b"a", 2, 2), piece(b"a", name=[]),
    ],
    ids=lambda m: repr((m["data"], m["chunk"], m["total_chunks"], m["name"])),
)  # fmt: skip
def test_a_piece_that_is_none_is_dropped(field, message, monkeypatch):
    monkeypatch.setattr(pmui.FileInput, "_process_chunk", lambda *_a: pytest.fail("it was taken"))
    field._handle_msg(message)
    assert held(field) == 0


def test_no_more_than_one_file_of_the_fields_size_is_kept(field):
    for number in range(300):
        field._handle_msg(piece(bytes(1000), number + 2, 10**9))
        field._handle_msg(piece(bytes(1000), 1, 10**9, name=f"{number}"))
    assert held(field) == 0
    assert len(field.told) == 300
    for number in range(50):
        # None of them is ever finished.
        field._handle_msg(piece(bytes(FILE_PIECE_BYTES), name=f"{number}"))
        field._handle_msg(piece(bytes(FILE_PIECE_BYTES), 1, 2, name=f"half {number}"))
    assert held(field) <= FILE_PIECE_BYTES * 2


def test_a_file_that_is_too_large_is_told_and_forgotten(field):
    # The browser's own limit is the browser's to change.
    field.max_file_size = 10**12
    field._handle_msg(piece(bytes(FILE_PIECE_BYTES), 1, 2))
    field._handle_msg(piece(bytes(FILE_PIECE_BYTES + 1), 2, 2))
    assert field.told == ["too large"]
    assert held(field) == 0


def test_a_file_is_bytes_whatever_the_browser_sets(field):
    field.value = "name: a"
    assert field.given == b""
