"""The AREA.yml of an area that was fetched: what is used, what is not, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geodata.downloads.catalogue import sources
from geodata.downloads.osm_area import OsmPart

if TYPE_CHECKING:
    from collections.abc import Collection

HEAD = """\
# Written by jangkau fetch from open sources; sources.json says where each file came from, and when.
# Add what the office has (lists of pustu and posyandu, people by village), then:
#   jangkau build AREA.yml --out WORKSPACE
"""
FACILITIES_NOTE = """\
# Health facilities of OpenStreetMap. Volunteers map what they see: this list is INCOMPLETE, most of all for
# pustu and posyandu. Do not write covers: all here. Put the office's own list in its place, or beside it;
# and write the office's totals, so that Jangkau knows how many are missing:
# official: {totals: {puskesmas: 0, pustu: 0, posyandu: 0}, source: the dinas kesehatan}
"""
UNCLEAR_NOTE = """\
# facilities_unclear.csv holds health facilities whose kind OpenStreetMap does not tell. Fill in their kind,
# and add to the list above:
#  - {path: facilities_unclear.csv, id: id, name: name, kind: {column: kind}, lat: lat, lon: lon}
"""
SETTLEMENTS_NOTE = """\
# settlements.geojson: settlements of OpenStreetMap, to look at beside the villages. They are no hamlets: for
# hamlets: it must be known how many people live in each.
"""
POPULATION_NOTE = """\
# People by pixel (a model, not a count). Where the office has people by village, give them with path:
"""


def area_yml(
    code: str,
    name: str,
    buffer_km: float,
    files: Collection[str],
    parts: Collection[OsmPart],
    *,
    districts: bool = True,
) -> str:
    """Return the text of AREA.yml for the files that were written and are not empty.

    Parameters
    ----------
    code, name, buffer_km
        Of the area.
    files
        Names of its files.
    parts
        What was wanted of OpenStreetMap.
    districts
        Whether the villages have their kecamatan's name.

    Examples
    --------
    >>> print(area_yml("19.04", "Kabupaten Bangka Tengah", 10, ["villages.geojson"], []).splitlines()[3])
    code: "19.04"
    """
    roads = OsmPart.ROADS in parts
    lines = [HEAD + f'code: "{code}"\nname: {_quoted(name)}\nbuffer_km: {buffer_km:g}\n']
    named = "" if not districts else ", district_name: kecamatan"
    lines.append(_layer("boundaries", f"path: villages.geojson, code: kode, name: nama{named}", "boundaries"))
    if roads:
        lines.append(_layer("roads", "path: osm.osm.pbf", "overpass"))
    if OsmPart.FACILITIES in parts:
        lines.append(FACILITIES_NOTE)
        if "facilities.csv" in files:
            what = "path: facilities.csv, id: id, name: name, kind: {column: kind}, lat: lat, lon: lon"
            lines.append(f"facilities:\n  - {{{what},\n     {_origin('overpass')}}}\n")
        else:
            lines.append("# OpenStreetMap has no facility of a known kind here.\n")
        if "facilities_unclear.csv" in files:
            lines.append(UNCLEAR_NOTE)
    if "water.geojson" in files:
        lines.append(_layer("water", "path: water.geojson", "overpass"))
    elif OsmPart.WATER in parts:
        lines.append("# OpenStreetMap has no river, canal or lake here.\n")
    if "elevation.tif" in files:
        # Heights are taken along roads, so without roads there is nothing to take them for.
        lines.append(_heights() if roads else _commented(_heights()))
    if "population.tif" in files:
        lines.append(POPULATION_NOTE)
        lines.append(f"population: {{raster: {{path: population.tif,\n  {_origin('population')}}}}}\n")
    if "settlements.geojson" in files:
        lines.append(SETTLEMENTS_NOTE)
    return "".join(lines)


def _heights() -> str:
    return _layer("elevation", "path: elevation.tif", "elevation")


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def _layer(key: str, what: str, source: str) -> str:
    return f"{key}: {{{what},\n  {_origin(source)}}}\n"


def _origin(source: str) -> str:
    said = sources()[source]
    return f"source: {_quoted(said.attribution)}, licence: {_quoted(said.licence)}"


def _quoted(text: str) -> str:
    """Return a text as YAML takes it, whatever stands in it: JSON's texts are YAML's."""
    return json.dumps(text, ensure_ascii=False)
