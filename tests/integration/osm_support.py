"""OpenStreetMap files written for tests, in every form that is read."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import osmium

if TYPE_CHECKING:
    from pathlib import Path


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _signed(number: int) -> bytes:
    return _varint(number << 1 if number >= 0 else (-number << 1) - 1)


def _pairs(element: ET.Element) -> bytes:
    return b"".join(
        b"\0" + t.get("k", "").encode() + b"\0" + t.get("v", "").encode() + b"\0" for t in element.iter("tag")
    )


def o5m(elements: list[ET.Element]) -> bytes:
    """Write nodes and ways as o5m, whose numbers are all differences from the ones before."""
    out = bytearray(b"\xff\xe0\x04o5m2")
    kinds = {"node": 0x10, "way": 0x11, "relation": 0x12}
    before = dict.fromkeys(("id", "x", "y", "ref"), 0)

    def step(key: str, number: int) -> bytes:
        by, before[key] = number - before[key], number
        return _signed(by)

    last = None
    for e in elements:
        if e.tag == "relation":
            continue
        if e.tag != last:
            out += b"\xff"
            before, last = dict.fromkeys(before, 0), e.tag
        text = step("id", int(e.get("id", ""))) + _varint(int(e.get("version", "0")))
        text += _varint(0) if e.get("version") else b""
        if e.tag == "node":
            text += step("x", round(float(e.get("lon", "")) * 1e7))
            text += step("y", round(float(e.get("lat", "")) * 1e7))
        else:
            refs = b"".join(step("ref", int(n.get("ref", ""))) for n in e.iter("nd"))
            text += _varint(len(refs)) + refs
        text += _pairs(e)
        out += bytes([kinds[e.tag]]) + _varint(len(text)) + text
    return bytes(out + b"\xfe")


def saved(folder: Path, elements: list[ET.Element], form: str) -> Path:
    path = folder / f"kota.{form}"
    path.unlink(missing_ok=True)
    plain = b'<osm version="0.6">' + b"".join(ET.tostring(e) for e in elements) + b"</osm>"
    if form == "o5m":
        path.write_bytes(o5m(elements))
    elif form == "osm.pbf":
        buffer = osmium.io.FileBuffer(plain, "osm")
        with osmium.SimpleWriter(str(path)) as writer:
            for thing in osmium.FileProcessor(buffer):
                writer.add(thing)
    else:
        pack = {"osm": bytes, "osm.gz": gzip.compress, "osm.bz2": bz2.compress}[form]
        path.write_bytes(pack(plain))
    return path


def node(number, lon, lat, *tags, version=1):
    e = ET.Element("node", id=str(number), lon=f"{lon:.7f}", lat=f"{lat:.7f}", version=str(version))
    for k, v in tags:
        ET.SubElement(e, "tag", k=k, v=v)
    return e


def way(number, refs, *tags, version=1):
    e = ET.Element("way", id=str(number), version=str(version))
    for r in refs:
        ET.SubElement(e, "nd", ref=str(r))
    for k, v in tags:
        ET.SubElement(e, "tag", k=k, v=v)
    return e
