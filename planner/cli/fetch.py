"""``jangkau fetch``: a study area's files from open sources."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import DONE, FOUND_ERRORS, say

if TYPE_CHECKING:
    from planner.cli.console import Commands

LEFT_OUT = ("roads", "water", "settlements", "facilities", "population", "elevation", "districts")


def add_commands(commands: Commands) -> None:
    """Add ``fetch``."""
    fetch = commands.add_parser(
        "fetch", help="download a study area's open data and write its AREA.yml",
        description="Writes an area's files and AREA.yml from open sources: village outlines, OpenStreetMap, "
        "population, elevation. The folder comes as a whole or not at all.",
    )  # fmt: skip
    fetch.add_argument("code", metavar="CODE", help="Kemendagri code of the kabupaten or kota, like 19.04")
    fetch.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write")
    fetch.add_argument(
        "--without", type=_left_out, default=(), metavar="A,B",
        help=f"leave these out: {', '.join(LEFT_OUT)}",
    )  # fmt: skip
    osm = fetch.add_mutually_exclusive_group()
    osm.add_argument(
        "--osm", choices=("overpass", "extract"), default="overpass",
        help="one question to an Overpass server, or the extract of the whole region, which is large "
        "(default: %(default)s)",
    )  # fmt: skip
    osm.add_argument("--pbf", type=Path, metavar="FILE", help="an OpenStreetMap extract of your own")
    fetch.add_argument("--name", metavar="TEXT", help="the area's name (default: the source's)")
    fetch.add_argument(
        "--buffer-km", type=_kilometres, default=10.0, metavar="KM",
        help="how far outside the boundary roads and facilities still count (default: 10)",
    )  # fmt: skip
    fetch.add_argument("--offline", action="store_true", help="take what was downloaded before, ask nobody")
    fetch.add_argument("--cache", type=Path, metavar="FOLDER", help="folder of what was downloaded")
    fetch.add_argument(
        "--mirror", action="append", default=[], metavar="NAME=ADDRESS",
        help="take a source from another address; may be given several times",
    )  # fmt: skip
    fetch.set_defaults(run=_fetch)


def _left_out(text: str) -> tuple[str, ...]:
    names = tuple(n.strip() for n in text.split(",") if n.strip())
    for name in names:
        if name not in LEFT_OUT:
            msg = f"{name!r} cannot be left out; {', '.join(LEFT_OUT)} can"
            raise argparse.ArgumentTypeError(msg)
    return names


def _kilometres(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 200:
        msg = f"{text!r} is not a distance from 0 to 200 km"
        raise argparse.ArgumentTypeError(msg)
    return value


def _fetch(options: argparse.Namespace) -> int:
    from geodata.downloads.area import Leave, Wish, fetch_area
    from geodata.downloads.catalogue import sources
    from geodata.downloads.client import Downloads, mirrors_of
    from geodata.errors import ConfigError
    from planner.cli.check import shown
    from planner.progress import Steps

    if options.cache is not None and options.cache.exists() and not options.cache.is_dir():
        msg = f"{options.cache} is a file. Give a folder with --cache."
        raise ConfigError(msg)
    wish = Wish(
        options.code, frozenset(Leave(n) for n in options.without), options.osm, options.pbf, options.name,
        options.buffer_km,
    )  # fmt: skip
    downloads = Downloads(
        options.cache or default_cache(), options.offline, mirrors_of(tuple(options.mirror), sources())
    )
    with Steps(4) as progress:
        fetched = fetch_area(wish, options.out, downloads, progress=progress)
    counts = ", ".join(f"{name} ({n:,})" for name, n in fetched.counts.items())
    say(f"{fetched.name}: {counts}")
    for finding in fetched.findings:
        say(shown(finding))
    if "facilities.csv" in fetched.counts:
        say("note: OpenStreetMap's list of facilities is incomplete; put the office's lists into AREA.yml")
    say(f"area: {fetched.area_file}")
    say(f"next: jangkau build {fetched.area_file} --out WORKSPACE")
    return FOUND_ERRORS if any(f.severity == "error" for f in fetched.findings) else DONE


def default_cache() -> Path:
    """Return the folder of downloads that all areas of this user share."""
    from platformdirs import user_cache_path

    return user_cache_path("jangkau") / "downloads"
