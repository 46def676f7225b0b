"""What is wrong with a file as ``jangkau nation`` says it, which reads no AREA.yml."""

from __future__ import annotations

import re

from geodata.errors import InputError, MissingCrsError, SeveralInsideError

AREA_FILE = "AREA.yml"
_COLUMNS = (
    "(jangkau nation reads no AREA.yml: call the columns in the file as the README lists them, or correct "
    "the cells there)"
)
# In the place of what AREA.yml would say.
_INSTEAD: dict[type[InputError], str] = {
    MissingCrsError: (
        "jangkau nation reads no AREA.yml: write the coordinate system into the map itself (degrees are "
        "EPSG:4326; QGIS: Layer CRS, then Export, Save Features As), and give that file."
    ),
    SeveralInsideError: (
        "jangkau nation reads no AREA.yml: save what is meant as a file of its own, and give that; lists of "
        "facilities may be several files (--facilities once for each), tables of people one sheet below the "
        "other."
    ),
}


def told(error: InputError) -> str:
    """Return the message of a fault, with what can be done where there is no AREA.yml.

    Examples
    --------
    >>> told(SeveralInsideError("desa.gpkg has several layers: a, b. Name one with layer: in AREA.yml."))[:66]
    'desa.gpkg has several layers: a, b. jangkau nation reads no AREA.y'
    >>> told(InputError("the disk is full"))
    'the disk is full'
    """
    said = str(error)
    if AREA_FILE not in said:
        return said
    instead = next((text for kind, text in _INSTEAD.items() if isinstance(error, kind)), None)
    if instead is None:
        return f"{said} {_COLUMNS}"
    kept = [one for one in re.split(r"(?<=\.) ", said) if AREA_FILE not in one]
    return " ".join([*kept, instead])
