"""One client for all downloads: tried again, gone on with, bounded, checked, and kept by their content.

A body that breaks off half-way is no failed request for an HTTP library, so the tries are counted around the
whole download (tenacity), and the library's own retries stay off: otherwise they would multiply.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geodata.downloads.catalogue import Checksum, Content
from geodata.downloads.content import ENDINGS, WrongContentError, require_content
from geodata.downloads.store import DownloadStore, Kept, Started, digest
from geodata.errors import ConfigError, DownloadError, JangkauError
from geodata.files.lock import held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import requests
    from tenacity import RetryCallState

    from geodata.downloads.catalogue import Source

# HTTP: what may pass by itself. 403 and 404 do not.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
UNCHANGED, PART, GONE_RANGE = 304, 206, 416
ABSENT = frozenset({404, 410})
CHUNK_BYTES = 1 << 16
# A checksum's own file.
SIDECAR_BYTES = 10_000
TEXTS = frozenset({Content.SQL, Content.OSM_XML})


class _PassingError(Exception):
    """A try failed in a way that may pass; ``wait_s`` is what the server asks to wait."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _GivenUpError(Exception):
    """An address will not give it, however often it is asked."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what.

    Attributes
    ----------
    first_s, longest_s
        Before the second try, and before any: it doubles from one to the next, with some chance in it.
    asked_s
        A server that asks to wait longer (``Retry-After``) is left alone.
    slow_s, slow_bytes_s
        A download that after ``slow_s`` seconds has brought less than this a second is cut and tried again.
    """

    first_s: float = 2.0
    longest_s: float = 60.0
    asked_s: float = 300.0
    slow_s: float = 30.0
    slow_bytes_s: float = 500.0


@dataclass(frozen=True)
class Downloads:
    """Everything that is fetched goes through one of these.

    Parameters
    ----------
    cache
        Folder of what was downloaded; several areas share it.
    offline
        Take what the cache has, whatever its age, and ask nobody.
    mirrors
        Addresses in place of the catalogue's, by the source's name.
    patience
        How long to wait for what.
    sleep
        How to wait.

    Examples
    --------
    >>> from geodata.downloads.catalogue import sources
    >>> here = Downloads(getfixture("tmp_path"), offline=True)
    >>> here.get(sources()["boundaries"], {"province": "19", "code": "19.04"})
    Traceback (most recent call last):
        ...
    geodata.errors.DownloadError: boundaries (code 19.04, province 19): not in the cache ...
    """

    cache: Path
    offline: bool = False
    mirrors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep

    def get(
        self,
        source: Source,
        fields: Mapping[str, str] | None = None,
        *,
        question: str = "",
        clean: Callable[[Path, Path], object] | None = None,
    ) -> Kept:
        """Return a download as a whole file in the cache, asked for only where the cache has none.

        Parameters
        ----------
        source
            What to download.
        fields
            What stands in place of the ``{…}`` of its addresses.
        question
            What to ask there (posted as ``data=``); a plain file when empty.
        clean
            Writes the file that is kept from the one that came (both paths are given), for what has to be
            taken out before anything is kept.

        Raises
        ------
        DownloadError
            No address gave it, or it is not in the cache of ``offline``.
        """
        fields = fields or {}
        named = ", ".join(f"{k} {v}" for k, v in sorted(fields.items()))
        what = f"{source.name} ({named})" if named else source.name
        key, addresses = _key(source, fields, question), self._addresses(source, fields)
        store = DownloadStore(self.cache)
        store.open()
        with held(store.lock(key), f"{what} is being downloaded"):
            kept = {address: store.find(key, address) for address in addresses}
            if self.offline:
                return self._of_cache(store, key, source, kept, what)
            fresh = (one for one in kept.values() if one is not None and _is_fresh(one, source))
            if (one := next(fresh, None)) is not None:
                return one
            ask = _Ask(self, store, source, key, question, kept, clean)
            return _from_any(ask, addresses, what)

    def doubt(
        self, kept: Kept, source: Source, fields: Mapping[str, str] | None = None, *, question: str = ""
    ) -> None:
        """Have a download that is no good asked for anew the next time; offline it is still there.

        Parameters
        ----------
        kept
            What :meth:`get` gave.
        source, fields, question
            As it was asked for.
        """
        DownloadStore(self.cache).doubt(_key(source, fields or {}, question), kept)

    def _addresses(self, source: Source, fields: Mapping[str, str]) -> list[str]:
        return [a.format_map(fields) for a in self.mirrors.get(source.name, source.addresses)]

    def _of_cache(
        self, store: DownloadStore, key: str, source: Source, kept: Mapping[str, Kept | None], what: str
    ) -> Kept:
        """Return what is there of the addresses; of any address where none was named.

        Raises
        ------
        DownloadError
        """
        one = next((one for one in kept.values() if one is not None), None)
        other = store.any(key) if one is None else None
        if one is None and source.name not in self.mirrors:
            one = other
        if one is not None:
            return one
        msg = f"{what}: not in the cache {self.cache}, and --offline asks nobody."
        if other is not None:
            msg += f" What came from {other.address} is there: without --mirror {source.name}= it is taken."
        msg += " Run this once with the internet, or give the folder of another machine's cache with --cache."
        raise DownloadError(msg)


def _key(source: Source, fields: Mapping[str, str], question: str) -> str:
    """Return the name of what is asked for, wherever it is asked."""
    return digest(source.name, *(f"{k}={v}" for k, v in sorted(fields.items())), question)


def mirrors_of(words: tuple[str, ...], known: Mapping[str, Source]) -> dict[str, tuple[str, ...]]:
    """Return addresses by source from words like ``boundaries=https://…``.

    Raises
    ------
    ConfigError
        No such source, no address, or something in braces that nobody fills in.

    Examples
    --------
    >>> from geodata.downloads.catalogue import sources
    >>> mirrors_of(("boundaries=http://files.local/{code}.sql",), sources())
    {'boundaries': ('http://files.local/{code}.sql',)}
    """
    out: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, _, address = word.partition("=")
        if name not in known or not address.startswith(("http://", "https://")):
            msg = (
                f"{word!r} names no mirror. Write NAME=ADDRESS, with one of {', '.join(known)}, and an "
                "address that begins with http:// or https://."
            )
            raise ConfigError(msg)
        if not _fits(address, known[name].holes):
            fills = ", ".join(f"{{{h}}}" for h in sorted(known[name].holes)) or "nothing"
            msg = f"{address!r}: of what stands in braces, {name} fills in {fills}. Write only these."
            raise ConfigError(msg)
        out[name] = (*out.get(name, ()), address)
    return out


def _fits(address: str, holes: frozenset[str]) -> bool:
    """Return whether everything in braces is one of these names, and nothing more than a name."""
    try:
        parsed = list(string.Formatter().parse(address))
    except ValueError:
        return False
    return all(h is None or (h in holes and not form and not turned) for _, h, form, turned in parsed)


@dataclass(frozen=True)
class _Ask:
    """One download: who asks, what for, and what is kept of it already."""

    client: Downloads
    store: DownloadStore
    source: Source
    key: str
    question: str
    kept: Mapping[str, Kept | None]
    clean: Callable[[Path, Path], object] | None

    def unchanged_since(self, address: str) -> Kept | None:
        """Return what an address may say it has unchanged: its own version, where that was found good."""
        kept = self.kept[address]
        return kept if kept is not None and not self.question and not kept.doubted else None


# A shared cache is written by machines whose clocks differ; what is of a farther future has no age.
AHEAD_DAYS = 1.0


def _is_fresh(kept: Kept, source: Source) -> bool:
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(kept.date)
    return not kept.doubted and -AHEAD_DAYS <= age.total_seconds() / 86400.0 < source.keep_days


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _from_any(ask: _Ask, addresses: list[str], what: str) -> Kept:
    """Return the download from the first address that gives it."""
    faults = []
    for address in addresses:
        try:
            return _tried(ask, address)
        except _GivenUpError as error:
            faults.append(f"{urlsplit(address).netloc}: {error}")
    kept = next((one for one in ask.kept.values() if one is not None), None)
    old = "" if kept is None else f" What came on {kept.date[:10]} is still there: --offline takes it."
    msg = (
        f"{what} could not be downloaded. {'; '.join(faults)}. Try again later (what has come is kept), give "
        f"another address with --mirror {ask.source.name}=ADDRESS, or {ask.source.instead}.{old}"
    )
    raise DownloadError(msg)


def _tried(ask: _Ask, address: str) -> Kept:
    """Return the download from one address, tried as often as its source says.

    Raises
    ------
    _GivenUpError
        With the last reason.
    """
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

    patience, tries = ask.client.patience, ask.source.tries
    doubling = wait_exponential(multiplier=patience.first_s, max=patience.longest_s)
    # Some chance, so that all who were turned away do not come back at once.
    chance = wait_random(0, patience.first_s)

    def wait(state: RetryCallState) -> float:
        error = None if state.outcome is None else state.outcome.exception()
        asked = error.wait_s if isinstance(error, _PassingError) else 0.0
        return max(doubling(state) + chance(state), asked)

    again = Retrying(
        stop=stop_after_attempt(tries), wait=wait, sleep=ask.client.sleep, reraise=True,
        retry=retry_if_exception_type(_PassingError),
    )  # fmt: skip
    try:
        return again(_once, ask, address)
    except _PassingError as error:
        msg = f"{error} (asked {tries} times)" if tries > 1 else str(error)
        raise _GivenUpError(msg) from error


def _once(ask: _Ask, address: str) -> Kept:
    """Ask an address once; return the download, whole and checked.

    Raises
    ------
    _PassingError, _GivenUpError
    """
    partial = ask.store.partial(ask.key, address)
    try:
        return _whole(ask, address, partial)
    finally:
        # What nobody can go on with is not left there: half an answer has people's telephones in it, too.
        left = ask.store.started(partial)
        if left is not None and not _can_go_on(ask.source, ask.question, left):
            ask.store.drop(partial)


def _whole(ask: _Ask, address: str, partial: Path) -> Kept:
    started = ask.store.started(partial)
    import requests

    with requests.Session() as session, closing(_answer(session, ask, address, started, partial)) as answer:
        mine = ask.unchanged_since(address)
        if answer.status_code == UNCHANGED and mine is not None:
            return ask.store.same(ask.key, mine, _now())
        record = Kept(ask.source.name, address, ask.question, _now(), "", 0,
                      etag=answer.headers.get("ETag", ""),
                      modified=answer.headers.get("Last-Modified", ""))  # fmt: skip
        if answer.status_code in ABSENT and ask.source.absent_is_empty:
            return ask.store.keep(ask.key, None, record, "")
        _require_ok(answer, ask, partial)
        _save(answer, ask, partial, started)
        _check(session, ask, address, partial)
    return _keep(ask, partial, record)


def _can_go_on(source: Source, question: str, started: Started) -> bool:
    """Return whether what has come may be gone on with: only where the version can be named."""
    return bool(started.validator) and not question and not source.compressed


def _answer(
    session: requests.Session, ask: _Ask, address: str, started: Started | None, partial: Path
) -> requests.Response:
    import requests

    headers = {
        "User-Agent": f"jangkau/{version('jangkau')} (planning of primary care, Indonesia)",
        # Lengths and ranges count the file's own bytes.
        "Accept-Encoding": "gzip, deflate" if ask.source.compressed else "identity",
    }
    if started is not None:
        headers |= {"Range": f"bytes={partial.stat().st_size}-", "If-Range": started.validator}
    elif (mine := ask.unchanged_since(address)) is not None:
        same = {"If-None-Match": mine.etag, "If-Modified-Since": mine.modified}
        headers |= {k: v for k, v in same.items() if v}
    try:
        return session.request(
            "POST" if ask.question else "GET",
            address,
            data={"data": ask.question} if ask.question else None,
            headers=headers,
            stream=True,
            timeout=(ask.source.connect_s, ask.source.read_s),
        )
    except (
        requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema,
        requests.exceptions.TooManyRedirects, requests.exceptions.SSLError,
    ) as error:  # fmt: skip
        raise _GivenUpError(_words(error)) from error
    except requests.RequestException as error:
        raise _PassingError(_words(error)) from error


def _words(error: Exception) -> str:
    """Return what an HTTP library says, without the memory addresses that it says it with."""
    text = re.sub(r"<[^<>]* at 0x[0-9a-f]+>:? ?", "", " ".join(str(error).split()))
    if "timed out" in text.lower():
        return "it did not answer in time (timed out)"
    system = re.search(r"\[Errno -?\d+\] ([^()\"'\]]+)", text)
    if system is not None:
        return f"nobody answers there ({system[1].strip().lower()})"
    return text[:300] or type(error).__name__


def _require_ok(answer: requests.Response, ask: _Ask, partial: Path) -> None:
    """Raise unless the answer brings the file, or the rest of it."""
    said = f"it answered {answer.status_code} {answer.reason}".rstrip()
    if answer.status_code == GONE_RANGE:
        ask.store.drop(partial)
        raise _PassingError(said)
    if answer.status_code in PASSING:
        wait_s = _asked_wait_s(answer)
        if wait_s > ask.client.patience.asked_s:
            msg = f"{said} and asks to wait {wait_s:,.0f} seconds"
            raise _GivenUpError(msg)
        raise _PassingError(said, wait_s)
    if answer.status_code not in {200, PART}:
        raise _GivenUpError(said)


def _asked_wait_s(answer: requests.Response) -> float:
    """Return the seconds of ``Retry-After``, as a number or a date; 0 where it says nothing readable."""
    said = str(answer.headers.get("Retry-After", "")).strip()
    if re.fullmatch(r"[0-9]{1,12}", said):
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return 0.0
    # A date without a zone is in UTC, as all of HTTP's are.
    at = at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - dt.datetime.now(dt.UTC)).total_seconds())


def _save(answer: requests.Response, ask: _Ask, partial: Path, started: Started | None) -> None:
    """Write the body into the partial file, and require that it is as long as was said."""
    goes_on = answer.status_code == PART
    if goes_on and started is None:
        msg = "it sent a part of the file (206), though all of it was asked for"
        raise _PassingError(msg)
    begin = partial.stat().st_size if goes_on else 0
    total = _total_bytes(answer, begin, started if goes_on else None)
    if goes_on and total is None:
        ask.store.drop(partial)
        msg = "it went on with another part of the file than was asked for"
        raise _PassingError(msg)
    _require_bounded(ask.source, total or 0)
    if not goes_on:
        ask.store.drop(partial)
        ask.store.start(partial, Started(answer.url, _validator(answer), total))
    arrived = _write(answer, ask, partial, begin)
    if total is not None and arrived != total:
        if arrived > total:
            ask.store.drop(partial)
        msg = f"it ended after {arrived:,} of {total:,} bytes"
        raise _PassingError(msg)
    packed = "chunked" in answer.headers.get("Transfer-Encoding", "") or _is_packed(answer)
    if (
        total is None
        and not packed
        and ask.source.content not in TEXTS
        and (ask.source.checksum == Checksum.NONE)
    ):
        ask.store.drop(partial)
        msg = "it does not say how long the file is, so nobody can tell whether it is whole"
        raise _GivenUpError(msg)


def _validator(answer: requests.Response) -> str:
    """Return what names the version byte by byte: a strong ETag, else the date of the last change."""
    etag = str(answer.headers.get("ETag", ""))
    return etag if etag and not etag.startswith("W/") else str(answer.headers.get("Last-Modified", ""))


def _is_packed(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Encoding", "identity") != "identity"


def _total_bytes(answer: requests.Response, begin: int, started: Started | None) -> int | None:
    """Return the whole file's length where it is known; None for a part that does not fit what is there."""
    if answer.status_code == PART:
        part = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        fits = (
            part is not None
            and int(part[1]) == begin
            and started is not None
            and (started.total_bytes in {None, int(part[2])})
        )
        return int(part[2]) if part is not None and fits else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and not _is_packed(answer) else None


def _require_bounded(source: Source, size_bytes: int) -> None:
    if size_bytes > source.most_mb * 1e6:
        msg = f"it has more than the {source.most_mb:,g} MB that are the most for {source.name}"
        raise _GivenUpError(msg)


def _write(answer: requests.Response, ask: _Ask, partial: Path, begin: int) -> int:
    """Write what comes, as it comes; returns the file's length."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    patience, arrived, since = ask.client.patience, begin, time.monotonic()
    with partial.open("ab" if begin else "wb") as file:
        try:
            # read1 gives what is there: a read of a fixed size would wait for a server that drips.
            while piece := answer.raw.read1(CHUNK_BYTES, decode_content=True):
                arrived += len(piece)
                _require_bounded(ask.source, arrived)
                file.write(piece)
                elapsed_s = time.monotonic() - since
                if elapsed_s > patience.slow_s and (arrived - begin) / elapsed_s < patience.slow_bytes_s:
                    msg = f"it is too slow ({(arrived - begin) / elapsed_s:,.0f} bytes a second)"
                    raise _PassingError(msg)
        except ReadTimeoutError as error:
            msg = f"nothing came for {ask.source.read_s:g} seconds, after {arrived:,} bytes (timed out)"
            raise _PassingError(msg) from error
        except HTTPError as error:
            msg = f"it broke off after {arrived:,} bytes"
            raise _PassingError(msg) from error
        except _GivenUpError:
            file.truncate(0)
            raise
    return arrived


def _check(session: requests.Session, ask: _Ask, address: str, partial: Path) -> None:
    """Require content and checksum of a complete file; what is wrong is thrown away."""
    try:
        require_content(partial, ask.source.content)
        _require_checksum(session, ask.source, address, partial)
    except WrongContentError as error:
        ask.store.drop(partial)
        if error.for_good:
            raise _GivenUpError(str(error)) from error
        raise _PassingError(str(error)) from error


def _require_checksum(session: requests.Session, source: Source, address: str, file: Path) -> None:
    import hashlib

    if source.checksum == Checksum.NONE:
        return
    kind = "md5" if source.checksum == Checksum.MD5_BESIDE else "sha256"
    stated = source.sha256
    if source.checksum != Checksum.STATED:
        stated = _sidecar(session, source, f"{address}.{kind}", kind)
    with file.open("rb") as stream:
        # Not for safety: it is what the publisher writes beside the file.
        found = hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    if found != stated:
        msg = f"its {kind} is {found}, and the publisher's is {stated}: it came damaged, or is being replaced"
        raise WrongContentError(msg)


def _sidecar(session: requests.Session, source: Source, address: str, kind: str) -> str:
    """Return the checksum that stands in the file beside."""
    import requests

    try:
        with closing(session.get(address, stream=True, timeout=(source.connect_s, source.read_s))) as answer:
            text = answer.raw.read(SIDECAR_BYTES, decode_content=True) if answer.ok else b""
            status = answer.status_code
    except requests.RequestException as error:
        msg = f"its checksum did not come: {_words(error)}"
        raise _PassingError(msg) from error
    if status in PASSING:
        msg = f"its checksum did not come: {status}"
        raise _PassingError(msg)
    found = re.match(rb"\s*([0-9a-fA-F]+)\b", text)
    digits = 32 if kind == "md5" else 64
    if found is None or len(found[1]) != digits:
        msg = f"there is no {kind} beside it, at {address} (answer {status})"
        raise _GivenUpError(msg)
    return found[1].decode().lower()


def _keep(ask: _Ask, partial: Path, record: Kept) -> Kept:
    """Move the complete file into the cache, cleaned where that was asked."""
    ending = ENDINGS[ask.source.content]
    if ask.clean is None:
        kept = ask.store.keep(ask.key, partial, record, ending)
    else:
        cleaned = partial.with_suffix(".clean")
        try:
            ask.clean(partial, cleaned)
            kept = ask.store.keep(ask.key, cleaned, replace(record, etag="", modified=""), "osm.pbf")
        except JangkauError as error:
            raise _GivenUpError(str(error)) from error
        finally:
            cleaned.unlink(missing_ok=True)
    ask.store.drop(partial)
    return kept
