"""The open sources that we download: data, not code (``catalogue.toml``)."""

from __future__ import annotations

import string
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import Field, model_validator

from geodata.files.yamlfile import Model

# Which extract of Geofabrik holds a province, by the first digit of its code (Kemendagri).
REGIONS = {
    "1": "sumatra", "2": "sumatra", "3": "java", "5": "nusa-tenggara", "6": "kalimantan", "7": "sulawesi",
    "8": "maluku", "9": "papua",
}  # fmt: skip


class Content(StrEnum):
    """What a download has to be; the value ends the names of kept files."""

    SQL = "sql"
    OSM_XML = "osm_xml"
    PBF = "pbf"
    TIFF = "tiff"


class Checksum(StrEnum):
    """How a download is compared with what its publisher has."""

    NONE = "none"
    STATED = "stated"
    MD5_BESIDE = "md5_beside"
    SHA256_BESIDE = "sha256_beside"


class Source(Model):
    """One source of the catalogue.

    Attributes
    ----------
    name
        Its key in the catalogue.
    what, page, licence, attribution, rhythm
        What it holds, where it is described, under which licence, whom to name, how often it changes.
    keep_days
        A download younger than this is not asked for again.
    content, checksum, sha256
        What it has to be, and how it is compared with what its publisher has.
    most_mb
        A larger download is refused (megabytes of the content, unpacked).
    addresses
        Tried in this order; ``{…}`` is filled in.
    instead
        What to do when none of them gives it.
    connect_s, read_s
        How long to wait (seconds) for a connection, and for the next bytes.
    tries
        How often each address is asked.
    compressed
        Whether the server may pack its answer; such an answer cannot be resumed.
    absent_is_empty
        Whether "not found" means that there is nothing, rather than a fault.
    """

    name: str
    what: str
    page: str
    licence: str
    attribution: str
    rhythm: str
    keep_days: Annotated[int, Field(ge=0)]
    content: Content
    checksum: Checksum
    sha256: str = ""
    most_mb: Annotated[float, Field(gt=0)]
    addresses: Annotated[tuple[str, ...], Field(min_length=1)]
    instead: str
    connect_s: Annotated[float, Field(gt=0)] = 20.0
    read_s: Annotated[float, Field(gt=0)] = 60.0
    tries: Annotated[int, Field(ge=1)] = 4
    compressed: bool = False
    absent_is_empty: bool = False

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if (self.checksum == Checksum.STATED) != (len(self.sha256) == 64):
            msg = f"{self.name}: checksum = stated goes with sha256 = 64 digits"
            raise ValueError(msg)
        return self

    @property
    def holes(self) -> frozenset[str]:
        """The names in braces of all addresses.

        Examples
        --------
        >>> sorted(sources()["boundaries"].holes)
        ['code', 'province']
        """
        parsed = (part for a in self.addresses for part in string.Formatter().parse(a))
        return frozenset(hole for _, hole, *_ in parsed if hole)


@cache
def sources() -> dict[str, Source]:
    """Return the sources of the catalogue by name.

    Examples
    --------
    >>> sources()["overpass"].licence
    'ODbL 1.0'
    """
    text = files("geodata").joinpath("downloads/catalogue.toml").read_text("utf-8")
    return {name: Source(name=name, **entry) for name, entry in tomllib.loads(text).items()}


def region_of(regency_code: str) -> str | None:
    """Return the region of Geofabrik's extracts that holds a kabupaten/kota; None for an unknown province.

    Examples
    --------
    >>> region_of("19.04"), region_of("51.03"), region_of("99.01")
    ('sumatra', 'nusa-tenggara', 'papua')
    """
    return REGIONS.get(regency_code[0])


def tile_names(west: float, south: float, east: float, north: float) -> tuple[str, ...]:
    """Return the names of the one-degree tiles that a box touches, from the south-west.

    Parameters
    ----------
    west, south, east, north
        Degrees (EPSG:4326).

    Examples
    --------
    >>> tile_names(105.9, -2.5, 106.2, -1.9)
    ('S03_00_E105_00', 'S03_00_E106_00', 'S02_00_E105_00', 'S02_00_E106_00')
    >>> tile_names(95.2, 5.7, 95.4, 5.9)
    ('N05_00_E095_00',)
    """
    from math import floor

    return tuple(
        f"{'S' if lat < 0 else 'N'}{abs(lat):02d}_00_{'W' if lon < 0 else 'E'}{abs(lon):03d}_00"
        for lat in range(floor(south), floor(north) + 1)
        for lon in range(floor(west), floor(east) + 1)
    )
