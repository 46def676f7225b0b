"""Roads and ferries from an Overpass server, fetched by OSMnx.

OSMnx subdivides, posts and caches the requests; its raw answers are then read like any other OSM
data, because OSMnx's own graph drops ferries and keeps only some tags. An answer that the server
cut short carries a ``remark`` and is refused: OSMnx would go on with what there is.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import DownloadError
from geodata.readers.osm import OsmWays
from geodata.readers.osm_stops import may_stop
from geodata.readers.osm_tags import is_of_use, tidied
from geodata.readers.roads import is_way_to_travel
from geodata.vocabulary.tags import node_tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests
    import shapely

# A way filter each: OSMnx's built-in filters need `highway`, so ferries would be missed.
FILTERS = (
    '["highway"]',
    # Any of several values, in any case, as the reader takes them.
    '["route"~"ferry",i]',
    '["man_made"~"pier",i]',
    '[~"^(public_transport|railway)$"~"platform",i]',
    '["waterway"][~"^(boat|motorboat)$"~"^(yes|designated|permissive)$"]',
)
TIMEOUT_S = 180
ATTEMPTS = 3
PAUSE_S = 5.0


def fetch_osm_ways(
    zone_lonlat: shapely.Polygon | shapely.MultiPolygon,
    cache: Path,
    *,
    url: str | None = None,
    timeout_s: float = TIMEOUT_S,
    attempts: int = ATTEMPTS,
    pause_s: float = PAUSE_S,
) -> OsmWays:
    """Return all highway, ferry and boat ways in a polygon, from the cache where it has them.

    Parameters
    ----------
    zone_lonlat
        The study area with its buffer, degrees (EPSG:4326).
    cache
        Folder for the raw answers; one that is complete is not asked for again.
    url
        The Overpass API's address, ``…/api``; OSMnx's default when None.
    timeout_s, attempts, pause_s
        Of one request, how often it is tried, and how long to wait before the next try.

    Raises
    ------
    DownloadError
        After the last attempt, with what to do instead.
    """
    for attempt in range(1, attempts + 1):
        try:
            answers = _download(zone_lonlat, cache, url, timeout_s)
            return _ways(answers)
        except _RetryError as error:
            if attempt == attempts:
                msg = (
                    f"roads: the Overpass server did not give the roads in {attempts} attempts: "
                    f"{error}. Try again later (what was received is kept), name another server "
                    "with url:, or download an .osm.pbf extract and give its path:."
                )
                raise DownloadError(msg) from error
            time.sleep(pause_s * attempt)
    raise AssertionError  # pragma: no cover - the loop returns or raises


class _RetryError(Exception):
    """A request failed in a way that may pass."""


def _download(
    zone: shapely.Polygon | shapely.MultiPolygon, cache: Path, url: str | None, timeout_s: float
) -> list[dict[str, Any]]:
    import osmnx as ox
    import requests

    try:
        # OSMnx stops by an exception once every answer is in the cache (its own design).
        done = suppress(ox._errors.CacheOnlyInterruptError)  # noqa: SLF001 - not exported elsewhere
        with _osmnx_settings(cache, url, timeout_s), done:
            ox.graph.graph_from_polygon(zone, custom_filter=list(FILTERS), simplify=False, retain_all=True)
    except (
        requests.RequestException, OSError,
        ox._errors.ResponseStatusCodeError, ox._errors.InsufficientResponseError,  # noqa: SLF001
    ) as error:  # fmt: skip
        raise _RetryError(" ".join(str(error).split())[:300].rstrip(".")) from error
    return [json.loads(f.read_text("utf-8")) for f in sorted(cache.glob("*.json"))]


@contextmanager
def _osmnx_settings(cache: Path, url: str | None, timeout_s: float) -> Iterator[None]:
    """Set OSMnx's global settings for one download, and put them and what it patches back."""
    from osmnx import settings

    wanted: dict[str, Any] = {
        "use_cache": True,
        "cache_folder": str(cache),
        "cache_only_mode": True,
        "requests_timeout": timeout_s,
        "requests_kwargs": {"hooks": {"response": _check_answer}},
    }
    if url is not None:
        wanted["overpass_url"] = url
        wanted["overpass_rate_limit"] = False
    before = {k: getattr(settings, k) for k in wanted}
    # OSMnx also pins the server's address by replacing this function, for good.
    getaddrinfo = socket.getaddrinfo
    try:
        for key, value in wanted.items():
            setattr(settings, key, value)
        yield
    finally:
        socket.getaddrinfo = getaddrinfo
        for key, value in before.items():
            setattr(settings, key, value)


def _check_answer(response: requests.Response, *_: object, **__: object) -> None:
    """Refuse a busy server (OSMnx would wait without end) and an answer cut short."""
    if response.request.method != "POST":
        return
    fault = _fault(response)
    if fault is not None:
        response.close()
        raise _RetryError(fault)


def _fault(response: requests.Response) -> str | None:
    if not response.ok:
        return f"it answered {response.status_code} {response.reason}"
    try:
        remark = response.json().get("remark")
    except ValueError:
        return "its answer is not JSON"
    return f"its answer is incomplete: {remark}" if remark else None


def _ways(answers: list[dict[str, Any]]) -> OsmWays:
    """Return the ways of all answers, each way and node once."""
    place: dict[int, tuple[float, float]] = {}
    ways: dict[int, tuple[dict[str, str], list[int]]] = {}
    barriers: dict[int, str] = {}
    for answer in answers:
        for element in answer["elements"]:
            if element["type"] == "node":
                place[element["id"]] = (element["lon"], element["lat"])
                found = element.get("tags", {})
                if may_stop(found):
                    barriers[element["id"]] = node_tags(found)
            elif element["type"] == "way":
                tags = tidied({k: v for k, v in element.get("tags", {}).items() if is_of_use(k)})
                if is_way_to_travel(tags):
                    ways[element["id"]] = (tags, element["nodes"])
    ids = sorted(ways)
    nodes = [n for i in ids for n in ways[i][1]]
    missing = (np.nan, np.nan)
    return OsmWays(
        ids=np.array(ids, dtype=np.int64),
        tags=[ways[i][0] for i in ids],
        first=np.concatenate([[0], np.cumsum([len(ways[i][1]) for i in ids])]).astype(np.int64),
        node=np.array(nodes, dtype=np.int64),
        lonlat=np.array([place.get(n, missing) for n in nodes], dtype=np.float64).reshape(-1, 2),
        barriers=barriers,
    )
