"""The client of all downloads, against a server on loopback that serves real bytes and misbehaves."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import json
import re
import threading

import fetch_support as server
import numpy as np
import pytest
from fetch_support import serving

from geodata.downloads.catalogue import Checksum, Content, Source, sources
from geodata.downloads.client import Downloads, Patience, mirrors_of
from geodata.errors import ConfigError, DownloadError, WorkspaceError
from geodata.files.lock import held

pytestmark = [pytest.mark.enable_socket, pytest.mark.realdata]
QUICK = Patience(first_s=0.01, longest_s=0.05)


def source(*addresses, name="boundaries", **more):
    given = {
        "what": "outlines", "page": "p", "licence": "MIT", "attribution": "a", "rhythm": "r", "keep_days": 30,
        "content": Content.SQL, "checksum": Checksum.NONE, "most_mb": 50, "addresses": addresses,
        "instead": "draw them", "read_s": 5,
    }  # fmt: skip
    return Source(name=name, **(given | more))


@pytest.fixture(scope="module")
def sql(shared):
    return server.as_sql(shared / "data/boundaries/13.76_payakumbuh_desa.geojson")


@pytest.fixture(scope="module")
def pbf(shared):
    return (shared / "data/osm/malta.osm.pbf").read_bytes()[:400_000]


@pytest.fixture
def client(tmp_path):
    waits: list[float] = []
    made = Downloads(tmp_path / "cache", patience=QUICK, sleep=waits.append)
    object.__setattr__(made, "waits", waits)
    return made


def partials(client):
    return sorted(p.name for p in (client.cache / "partial").iterdir())


def objects(client):
    return sorted(p for p in (client.cache / "objects").rglob("*") if p.is_file())


def test_a_file_is_kept_by_its_content_and_not_asked_for_again(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        first, again = client.get(wanted), client.get(wanted)
    assert first.path.read_bytes() == sql
    assert first.sha256 == hashlib.sha256(sql).hexdigest() == first.path.name.removesuffix(".sql")
    assert again == first
    assert served.paths() == ["/kel"]
    assert first.address == f"{served.address}/kel"
    assert partials(client) == []


def test_two_questions_are_two_files(client, sql):
    with serving(a=sql, b=sql + b"-- later\n") as served:
        wanted = source(served.address + "/{code}")
        one, two = (client.get(wanted, {"code": c}) for c in "ab")
    assert one.sha256 != two.sha256
    assert len(objects(client)) == 2


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(client, sql, code):
    with serving(kel=sql) as served:
        served.next = [server.status(code), server.status(code)]
        kept = client.get(source(f"{served.address}/kel"))
    assert kept.path.read_bytes() == sql
    assert len(served.seen) == 3
    assert len(client.waits) == 2


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451])
def test_what_will_not_pass_is_asked_once(client, sql, code):
    with serving(kel=sql) as served:
        served.always["/kel"] = server.status(code)
        with pytest.raises(DownloadError, match=f"answered {code}") as error:
            client.get(source(f"{served.address}/kel"))
    assert len(served.seen) == 1
    assert client.waits == []
    assert "--mirror boundaries=ADDRESS" in str(error.value)
    assert "draw them" in str(error.value)


def test_waits_double_up_to_the_longest(tmp_path, sql):
    waits: list[float] = []
    client = Downloads(tmp_path, patience=Patience(first_s=1.0, longest_s=6.0), sleep=waits.append)
    with serving(kel=sql) as served:
        served.always["/kel"] = server.status(504)
        with pytest.raises(DownloadError, match="asked 6 times"):
            client.get(source(f"{served.address}/kel", tries=6))
    low, high = [1, 2, 4, 6, 6], [2, 3, 5, 7, 7]
    assert len(waits) == 5
    assert all(a <= w <= b for a, w, b in zip(low, waits, high, strict=True)), waits


def test_a_server_that_asks_to_wait_is_waited_for(client, sql):
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    with serving(kel=sql) as served:
        served.next = [
            server.status(429, Retry_After="17"),
            server.status(503, Retry_After=email.utils.format_datetime(soon, usegmt=True)),
            server.status(429, Retry_After="soon"),
        ]
        client.get(source(f"{served.address}/kel"))
    assert client.waits[0] == 17
    assert 50 <= client.waits[1] <= 60
    assert client.waits[2] < 1


def test_a_server_that_asks_to_wait_for_an_hour_is_left_for_the_next(client, sql):
    with serving(kel=sql) as served, serving(kel=sql) as mirror:
        served.next = [server.status(429, Retry_After="3600")]
        kept = client.get(source(f"{served.address}/kel", f"{mirror.address}/kel"))
    assert kept.address.startswith(mirror.address)
    assert client.waits == []
    assert len(served.seen) == 1


@pytest.mark.parametrize(("said", "least", "most"), [("86400", 86_400, 86_400), (None, 86_000, 86_400)])
def test_the_wait_that_a_server_asks_for_is_told_as_it_is(client, sql, said, least, most):
    """A day is a day, as a number or as a date."""
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    said = said or email.utils.format_datetime(tomorrow, usegmt=True)
    with serving(kel=sql) as served:
        served.always["/kel"] = server.status(429, Retry_After=said)
        with pytest.raises(DownloadError) as error:
            client.get(source(f"{served.address}/kel"))
    told = re.search(r"asks to wait ([0-9,]+) seconds", str(error.value))
    assert least <= int(told[1].replace(",", "")) <= most


def test_a_cut_download_goes_on_where_it_was(client, pbf):
    with serving(map=pbf) as served:
        served.next = [server.cut(150_000), server.cut_again(100_000)]
        kept = client.get(source(f"{served.address}/map", content=Content.PBF))
    assert kept.path.read_bytes() == pbf
    ranges = [h.get("Range") for _, h, _ in served.seen]
    assert ranges == [None, "bytes=150000-", "bytes=250000-"]
    assert served.seen[1][1]["If-Range"] == server.etag(pbf)


def test_a_download_goes_on_in_another_run(client, pbf):
    wanted = {"content": Content.PBF, "tries": 1}
    with serving(map=pbf) as served:
        served.next = [server.cut(150_000)]
        with pytest.raises(DownloadError, match=r"150,000"):
            client.get(source(f"{served.address}/map", **wanted))
        assert objects(client) == []
        later = Downloads(client.cache, patience=QUICK)
        assert later.get(source(f"{served.address}/map", **wanted)).path.read_bytes() == pbf
    assert served.seen[1][1]["Range"] == "bytes=150000-"


def test_a_file_that_changed_meanwhile_is_begun_anew(client, pbf):
    other = pbf[:-1000] + bytes(2000)
    with serving(map=pbf) as served:

        def then_replaced(handler, data):
            server.cut(150_000)(handler, data)
            served.files["map"] = other

        served.next = [then_replaced]
        kept = client.get(source(f"{served.address}/map", content=Content.PBF))
    assert kept.path.read_bytes() == other, "no half of one and half of the other"


def test_without_a_version_nothing_is_gone_on_with(client, pbf):
    with serving(map=pbf) as served:
        served.next = [server.cut(150_000, says_version=False)]
        kept = client.get(source(f"{served.address}/map", content=Content.PBF))
    assert kept.path.read_bytes() == pbf
    assert "Range" not in served.seen[1][1]


def test_a_part_of_another_place_is_thrown_away(client, pbf):
    def wrong_part(handler, data):
        said = {"ETag": server.etag(data), "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
        server.send(handler, 206, data, said)

    with serving(map=pbf) as served:
        served.next = [server.cut(150_000), wrong_part]
        kept = client.get(source(f"{served.address}/map", content=Content.PBF))
    assert kept.path.read_bytes() == pbf


def test_a_part_that_nobody_asked_for_is_told(client, pbf):
    def part(handler, data):
        said = {"ETag": server.etag(data), "Content-Range": f"bytes 0-4999/{len(data)}"}
        server.send(handler, 206, data[:5000], said)

    with serving(map=pbf, other=pbf) as served:
        served.always["/other"] = part
        with pytest.raises(
            DownloadError, match=r"a part of the file \(206\), though all of it was asked for"
        ):
            client.get(source(f"{served.address}/other", content=Content.PBF))
        # It may pass.
        served.next = [part]
        assert client.get(source(f"{served.address}/map", content=Content.PBF)).path.read_bytes() == pbf


def test_a_part_shorter_than_it_says_is_not_the_whole(client, pbf):
    """Its own length is right: only the length of the whole file tells."""

    def short(handler, data):
        said = {"ETag": server.etag(data), "Content-Range": f"bytes 150000-{len(data) - 1}/{len(data)}"}
        server.send(handler, 206, data[150_000:150_100], said)

    with serving(map=pbf) as served:
        served.next = [server.cut(150_000), short]
        kept = client.get(source(f"{served.address}/map", content=Content.PBF))
    assert kept.path.read_bytes() == pbf
    assert served.seen[2][1]["Range"] == "bytes=150100-"


def test_more_than_the_whole_is_thrown_away(client, sql):
    """What was kept of a first try is as long as the file: the server has no such part."""
    with serving(kel=sql) as served:
        served.next = [server.cut(len(sql) - 10)]
        wanted = source(f"{served.address}/kel", tries=1)
        with pytest.raises(DownloadError):
            client.get(wanted)
        partial = next((client.cache / "partial").glob("*.partial"))
        partial.write_bytes(sql + b"too much")
        assert client.get(source(f"{served.address}/kel", tries=2)).path.read_bytes() == sql


def test_a_partial_download_is_never_used(client, sql):
    with serving(kel=sql) as served:
        served.always["/kel"] = server.cut(len(sql) - 10, says_version=False)
        with pytest.raises(DownloadError, match=r"ended after|broke off"):
            client.get(source(f"{served.address}/kel"))
    assert objects(client) == []
    offline = Downloads(client.cache, offline=True)
    with pytest.raises(DownloadError, match="not in the cache"):
        offline.get(source(f"{served.address}/kel"))


@pytest.mark.parametrize("answer", [server.without_length(5000), server.chunked(5000)])
def test_an_end_without_a_length_is_no_end(client, sql, answer):
    with serving(kel=sql) as served:
        served.next = [answer]
        assert client.get(source(f"{served.address}/kel")).path.read_bytes() == sql
    assert len(served.seen) == 2


def test_text_without_a_length_is_taken_by_its_end_and_binary_is_refused(client, sql, pbf):
    with serving(kel=sql, map=pbf) as served:
        served.next = [server.without_length()]
        assert client.get(source(f"{served.address}/kel")).path.read_bytes() == sql
        served.next = [server.without_length()]
        with pytest.raises(DownloadError, match="how long the file is"):
            client.get(source(f"{served.address}/map", name="map", content=Content.PBF, tries=1))


def test_chunks_and_packed_answers_are_whole(client, sql):
    with serving(a=sql, b=sql) as served:
        served.next = [server.chunked()]
        assert client.get(source(f"{served.address}/a", name="a")).path.read_bytes() == sql
        served.next = [server.packed]
        wanted = source(f"{served.address}/b", name="b", compressed=True)
        assert client.get(wanted).path.read_bytes() == sql


def test_a_page_for_people_is_no_file(client, sql):
    page = b"<!DOCTYPE html><html><head><style>x</style></head><body>Please <b>sign in</b></body></html>"
    with serving(kel=sql) as served:
        served.always["/kel"] = server.body(page)
        with pytest.raises(DownloadError, match="a web page came in place of SQL: 'Please sign in'"):
            client.get(source(f"{served.address}/kel"))
    assert len(served.seen) == 4
    assert partials(client) == []


@pytest.mark.parametrize(
    ("content", "data", "words"),
    [
        (Content.SQL, b'{"message": "Not Found"}', "something else came in place of SQL"),
        (Content.SQL, b"", "nothing came"),
        (Content.TIFF, b'{"error": "busy"}', "in place of a GeoTIFF"),
        (Content.PBF, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an .osm.pbf"),
        (Content.OSM_XML, b'{"elements": [], "remark": "runtime error: out of memory"}', "out of memory"),
        (Content.OSM_XML, b"<osm><node id='1'/>", "without its end"),
    ],
)
def test_something_else_is_told(client, content, data, words):
    with serving(x=data) as served, pytest.raises(DownloadError, match=words):
        client.get(source(f"{served.address}/x", content=content, tries=1))
    assert objects(client) == []


def test_a_remark_inside_a_200_is_quoted_and_asked_elsewhere(client):
    remark = (
        b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='1' lon='1'/>"
        b'<remark> runtime error: Query timed out in "query" at line 3 after 181 seconds. </remark></osm>'
    )
    whole = b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='1' lon='1'/></osm>"
    with serving() as busy, serving(api=whole) as idle:
        busy.always["/api"] = server.body(remark)
        wanted = source(f"{busy.address}/api", name="overpass", content=Content.OSM_XML)
        with pytest.raises(DownloadError, match="Query timed out"):
            client.get(wanted, question="node(1);out;")
        assert len(busy.seen) == 1, "the same question would take as long again"
        both = wanted.model_copy(update={"addresses": (f"{busy.address}/api", f"{idle.address}/api")})
        kept = client.get(both, question="node(1);out;")
    assert kept.path.read_bytes() == whole
    assert idle.seen[0][2] == "node(1);out;"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_checksum_beside_counts(client, pbf, kind):
    right = hashlib.new(kind, pbf).hexdigest()
    spoiled = pbf[:1000] + bytes([pbf[1000] ^ 1]) + pbf[1001:]
    wanted = {"content": Content.PBF, "checksum": f"{kind}_beside", "tries": 2}
    with serving(**{"map.pbf": pbf, f"map.pbf.{kind}": f"{right}  map.pbf\n".encode()}) as served:
        served.next = [server.body(spoiled)]
        assert client.get(source(f"{served.address}/map.pbf", **wanted)).path.read_bytes() == pbf
        served.always["/map.pbf"] = server.body(spoiled)
        with pytest.raises(DownloadError, match=f"its {kind} is .* and the publisher's is {right}"):
            client.get(source(f"{served.address}/map.pbf", name="again", **wanted))
        del served.files[f"map.pbf.{kind}"], served.always["/map.pbf"]
        with pytest.raises(DownloadError, match=f"no {kind} beside"):
            client.get(source(f"{served.address}/map.pbf", name="third", **wanted))
    assert len(objects(client)) == 1


def test_a_stated_checksum_counts(client, sql):
    right = {"checksum": "stated", "sha256": hashlib.sha256(sql).hexdigest()}
    with serving(kel=sql) as served:
        assert client.get(source(f"{served.address}/kel", **right)).path.read_bytes() == sql
        with pytest.raises(DownloadError, match="its sha256 is"):
            client.get(source(f"{served.address}/kel", name="x", checksum="stated", sha256="0" * 64, tries=1))


def test_what_is_too_large_is_refused_before_and_while_it_comes(client, sql):
    with serving(kel=sql) as served:
        small = source(f"{served.address}/kel", most_mb=0.01)
        with pytest.raises(DownloadError, match=r"more than the 0.01 MB"):
            client.get(small)
        served.always["/kel"] = server.chunked()
        with pytest.raises(DownloadError, match=r"more than the 0.01 MB"):
            client.get(small)
        # A few kB that unpack to much.
        served.always["/kel"] = lambda h, _: server.packed(h, b"-- " + bytes(5_000_000) + b";")
        with pytest.raises(DownloadError, match=r"more than the 1 MB"):
            client.get(source(f"{served.address}/kel", most_mb=1, compressed=True))
    assert sum(p.stat().st_size for p in client.cache.rglob("*.partial")) == 0


@pytest.mark.slow
def test_a_silent_server_is_not_waited_for(client, sql):
    with serving(kel=sql) as served:
        served.next = [server.stalled(1.5), server.stalled(1.5, after=100)]
        kept = client.get(source(f"{served.address}/kel", read_s=0.3))
    assert kept.path.read_bytes() == sql
    assert len(served.seen) == 3


@pytest.mark.slow
def test_a_dripping_server_is_left(tmp_path, sql):
    client = Downloads(
        tmp_path, patience=Patience(first_s=0.01, longest_s=0.01, slow_s=0.3, slow_bytes_s=5000)
    )
    with serving(kel=sql) as served, serving(kel=sql) as mirror:
        served.always["/kel"] = server.dripping(0.02)
        kept = client.get(source(f"{served.address}/kel", f"{mirror.address}/kel", tries=2))
    assert kept.address.startswith(mirror.address)
    assert len(served.seen) == 2


def test_nobody_there(client, sql):
    with serving(kel=sql) as served:
        gone = served.address
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1.*refused.*asked 2 times") as error:
        client.get(source(f"{gone}/kel", tries=2))
    assert "0x" not in str(error.value)


def test_offline_asks_nobody_whatever_the_age(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel", keep_days=0)
        kept = client.get(wanted)
    offline = Downloads(client.cache, offline=True)
    assert offline.get(wanted) == kept
    with pytest.raises(DownloadError, match=r"boundaries \(code 19\.04\): not in the cache"):
        offline.get(wanted, {"code": "19.04"})


def test_what_is_old_is_asked_for_by_its_version(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel", keep_days=0)
        first, same = client.get(wanted), client.get(wanted)
        served.files["kel"] = sql + b"-- more\n"
        newer = client.get(wanted)
    assert served.seen[1][1]["If-None-Match"] == server.etag(sql)
    assert same.sha256 == first.sha256
    assert newer.path.read_bytes() == sql + b"-- more\n"


def test_an_old_download_is_named_when_its_server_is_away(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel", keep_days=0, tries=1)
        kept = client.get(wanted)
    with pytest.raises(DownloadError, match=f"came on {kept.date[:10]} is still there: --offline takes it"):
        client.get(wanted)


def test_a_spoiled_cache_is_seen(client, sql, caplog):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        kept = client.get(wanted)
        kept.path.write_bytes(sql[:-100])
        assert client.get(wanted).path.read_bytes() == sql
        next((client.cache / "index").iterdir()).write_text("{")
        assert client.get(wanted).path.read_bytes() == sql
    assert len(served.seen) == 3
    assert "was changed" in caplog.text
    assert "is damaged" in caplog.text


def test_a_tile_of_the_sea_is_empty_and_that_is_kept(client):
    with serving() as served:
        wanted = source(served.address + "/{tile}", content=Content.TIFF, absent_is_empty=True)
        assert client.get(wanted, {"tile": "S03"}).path is None
        assert client.get(wanted, {"tile": "S03"}).path is None
    assert len(served.seen) == 1
    assert Downloads(client.cache, offline=True).get(wanted, {"tile": "S03"}).path is None


def test_what_is_cleaned_is_all_that_is_kept(client):
    with serving(api=b"<osm>nobody's 0812 number</osm>") as served:
        kept = client.get(
            source(f"{served.address}/api", content=Content.OSM_XML, name="overpass"), question="q",
            clean=lambda came, out: out.write_bytes(came.read_bytes().replace(b"0812", b"")),
        )  # fmt: skip
    assert kept.path.read_bytes() == b"<osm>nobody's  number</osm>"
    assert not any(b"0812" in p.read_bytes() for p in client.cache.rglob("*") if p.is_file())


def test_two_at_once_do_not_write_one_file(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        client.get(wanted)
        lock = next((client.cache / "index").iterdir()).stem.rpartition("-")[0]
        inside, done = threading.Event(), threading.Event()

        def other():
            with held(client.cache / "partial" / f"{lock}.lock", "x"):
                inside.set()
                done.wait(5)

        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(5)
        with pytest.raises(WorkspaceError, match="is being downloaded by another jangkau"):
            client.get(wanted)
        done.set()
        thread.join()
        assert client.get(wanted).path.read_bytes() == sql


def test_who_we_are_is_said(client, sql):
    with serving(kel=sql) as served:
        client.get(source(f"{served.address}/kel"))
    assert served.seen[0][1]["User-Agent"].startswith("jangkau/")


def test_a_tiff_is_opened_to_its_last_pixel(client, tmp_path):
    import rasterio

    file = tmp_path / "whole.tif"
    with rasterio.open(
        file, "w", driver="GTiff", width=600, height=600, count=1, dtype="float32", tiled=True,
        blockxsize=256, blockysize=256, crs="EPSG:4326", transform=rasterio.Affine(0.1, 0, 100, 0, -0.1, 0),
    ) as raster:  # fmt: skip
        raster.write(np.random.default_rng(1).random((600, 600), dtype=np.float32), 1)
    data = file.read_bytes()
    with serving(whole=data, half=data[: len(data) // 2]) as served:
        wanted = {"content": Content.TIFF, "tries": 1}
        assert client.get(source(f"{served.address}/whole", name="w", **wanted)).path.read_bytes() == data
        with pytest.raises(DownloadError, match="cannot be read"):
            client.get(source(f"{served.address}/half", name="h", **wanted))


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("boundaries", "names no mirror"),
        ("bounds=http://x/", "names no mirror"),
        ("boundaries=file:///etc/passwd", "begins with http"),
        ("boundaries=http://x/{kode}", r"fills in \{code\}, \{province\}"),
        ("boundaries=http://x/{code.__class__}", "Write only these"),
        ("boundaries=http://x/{code!r}", "Write only these"),
        ("boundaries=http://x/{code", "Write only these"),
    ],
)
def test_a_mirror_that_cannot_be_filled_in_is_told(word, words):
    with pytest.raises(ConfigError, match=words):
        mirrors_of((word,), sources())


def test_mirrors_take_the_place_of_the_catalogues_addresses(tmp_path, sql):
    with serving(**{"19.04.sql": sql}) as served:
        words = (f"boundaries={served.address}/gone-{{code}}", f"boundaries={served.address}/{{code}}.sql")
        client = Downloads(tmp_path, mirrors=mirrors_of(words, sources()), patience=QUICK)
        kept = client.get(sources()["boundaries"], {"code": "19.04", "province": "19"})
    assert kept.path.read_bytes() == sql
    assert served.paths() == ["/gone-19.04", "/19.04.sql"]


def test_every_source_of_the_catalogue_says_whose_it_is():
    for name, entry in sources().items():
        assert entry.licence, name
        assert entry.attribution, name
        assert entry.rhythm, name
        assert entry.page.startswith("https://"), name
        assert all(a.startswith("https://") for a in entry.addresses), name
    assert json.dumps(sorted(sources())) == json.dumps(sorted(
        ("boundaries", "districts", "regencies", "overpass", "extract", "population", "elevation")
    ))  # fmt: skip
    # The server's own time must end before ours, or its answer is never heard.
    assert sources()["overpass"].read_s > 180


def aged(client, **changes):
    """Every entry of the cache with something else in it."""
    for entry in (client.cache / "index").iterdir():
        entry.write_text(json.dumps(json.loads(entry.read_text("utf-8")) | changes))


def test_a_mirror_is_asked_also_where_the_cache_has_another_address_fresh(client, sql):
    with serving(a=sql, b=sql + b"-- b\n") as served:
        wanted = source(f"{served.address}/a")
        plain = client.get(wanted)
        mirrored = Downloads(
            client.cache, mirrors={"boundaries": (f"{served.address}/b",)}, patience=QUICK,
            sleep=client.sleep,
        )  # fmt: skip
        other = mirrored.get(wanted)
        assert mirrored.get(wanted) == other
        assert client.get(wanted) == plain, "the other address is still there"
    assert served.paths() == ["/a", "/b"]
    assert other.path.read_bytes() == sql + b"-- b\n"
    assert other.address == f"{served.address}/b"
    offline = Downloads(client.cache, offline=True, mirrors=mirrored.mirrors)
    assert offline.get(wanted) == other
    away = Downloads(client.cache, offline=True, mirrors={"boundaries": ("http://127.0.0.1:9/c",)})
    with pytest.raises(DownloadError, match=r"What came from .* is there: without --mirror boundaries="):
        away.get(wanted)


def test_offline_takes_what_came_from_a_mirror_where_none_is_named(client, sql):
    with serving(b=sql) as served:
        wanted = source("http://127.0.0.1:9/a")
        there = {"boundaries": (f"{served.address}/b",)}
        kept = Downloads(client.cache, mirrors=there, patience=QUICK).get(wanted)
    assert Downloads(client.cache, offline=True).get(wanted) == kept


def test_versions_are_told_only_to_the_address_that_named_them(client, sql):
    """A mirror that goes by dates alone would say "unchanged" of a file that never came from it."""

    def dated(handler, data):
        if handler.headers.get("If-Modified-Since"):
            server.send(handler, 304, b"")
            return
        server.send(handler, 200, data, {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})

    with serving(a=sql, b=sql + b"-- b\n") as served:
        served.always = {"/a": dated, "/b": dated}
        wanted = source(f"{served.address}/a", keep_days=0)
        client.get(wanted)
        mirrored = Downloads(client.cache, mirrors={"boundaries": (f"{served.address}/b",)}, patience=QUICK)
        assert mirrored.get(wanted).path.read_bytes() == sql + b"-- b\n"
        assert client.get(wanted).path.read_bytes() == sql
    assert "If-Modified-Since" not in served.seen[1][1]
    assert "If-Modified-Since" in served.seen[2][1]


@pytest.mark.parametrize(
    "changes",
    [{"date": "gestern"}, {"date": "2026-11-01T00:00:00"}, {"date": 5}, {"sha256": None}, {"address": 1},
     {"file": "../../../x"}, {"file": ["a"]}, {"date": "9000-01-01T00:00:00+00:00"}],
)  # fmt: skip
def test_an_entry_that_is_none_counts_as_nothing(client, sql, changes):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        client.get(wanted)
        aged(client, **changes)
        assert client.get(wanted).path.read_bytes() == sql
    assert len(served.seen) == 2


def test_offline_promises_no_download_of_what_is_spoiled(client, sql, caplog):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        client.get(wanted).path.write_bytes(b"x")
    with pytest.raises(DownloadError, match="not in the cache"):
        Downloads(client.cache, offline=True).get(wanted)
    assert "again" not in caplog.text


def test_what_is_doubted_is_asked_for_anew_and_whole(client, sql):
    with serving(kel=sql) as served:
        wanted = source(f"{served.address}/kel")
        kept = client.get(wanted)
        client.doubt(kept, wanted)
        assert Downloads(client.cache, offline=True).get(wanted).sha256 == kept.sha256
        client.get(wanted)
        client.get(wanted)
    assert len(served.seen) == 2
    assert "If-None-Match" not in served.seen[1][1]
