"""A list or table that somebody dropped on the page: what it is read as, and the area with it, on trial."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.areas.apart import OF_LIST, Here
from app.areas.area import Area
from app.areas.lists import with_list_of, with_people_of
from app.areas.stopping import has_its_turn, may_go_on
from geodata.areafile import PopulationFile
from geodata.drafting.chosen import Chosen, source_of
from geodata.drafting.guess import guesses
from geodata.errors import ConfigError, InputError, told_again
from geodata.files.moment import for_a_moment
from geodata.readers.place_fixes import Fix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.areas.apart import Readers
    from geodata.drafting.guessed import Guess
    from geodata.layers import Finding, Layers, Progress

# A shapefile is several files: its parts come together in a zip.
ENDINGS = (
    ".xlsx", ".xlsm", ".ods", ".xls", ".csv", ".tsv", ".txt", ".json", ".geojson", ".gpkg", ".kml", ".kmz",
    ".zip", ".shz",
)  # fmt: skip
ROLES = ("facilities", "population")
LONGEST_NAME = 80
HERE = Here()
# No safe name of a file holds a colon.
EARLIER = "earlier:"


@dataclass(frozen=True)
class GivenFile:
    """A file that was dropped on the page."""

    name: str
    content: bytes

    @property
    def safe_name(self) -> str:
        """Its name without folders and without what no file's name should hold.

        Examples
        --------
        >>> GivenFile("../../etc/pustu 2025.xlsx", b"").safe_name
        'pustu 2025.xlsx'
        """
        last = re.split(r"[\\/]", self.name)[-1]
        kept = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in last).strip(" .")
        stem, ending = Path(kept).stem[:LONGEST_NAME], Path(kept).suffix
        return f"{stem or 'list'}{ending}"


@dataclass(frozen=True)
class Order:
    """How a file is taken in.

    Attributes
    ----------
    file, guess, chosen
        The file, what it was taken for, and how it is read.
    adds
        Whether its rows stand beside those that are there, or in their place.
    fix, decided
        Which proposals for spoiled places are taken: of one row, by its number, whatever ``fix`` says.
    """

    file: GivenFile
    guess: Guess
    chosen: Chosen
    adds: bool = False
    fix: Fix = Fix.SAFE
    decided: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """An area rebuilt with a file, beside the one that it was made of.

    Attributes
    ----------
    area, before
        The rebuilt area, and the present one.
    file
        Name of the file; of an earlier state of the data :data:`EARLIER` and when it ended (ISO 8601). It is
        kept beside the data, so it holds no words of a language.
    order
        How it was read; None where an earlier state of the data is had back.
    findings
        What was noticed in the file.
    """

    area: Area
    before: Area
    file: str
    order: Order | None
    findings: tuple[Finding, ...]


@contextmanager
def _on_disk(file: GivenFile) -> Iterator[Path]:
    """Give the file in a folder of its own for a moment; where it lay means nothing to anybody."""
    name = file.safe_name
    if Path(name).suffix.lower() not in ENDINGS:
        shapefile = "; a shapefile with all its parts (.shp, .shx, .dbf, .prj) in one .zip"
        msg = f"{name}: give a list as {', '.join(ENDINGS)}{shapefile}"
        raise ConfigError(msg, why="no_list_ending", name=name, endings=", ".join(ENDINGS))
    with for_a_moment("app") as folder:
        path = folder / name
        path.write_bytes(file.content)
        try:
            yield path
        except InputError as error:
            raise told_again(error, str(error).replace(f"{folder}/", "")) from None


def look_into(file: GivenFile, readers: Readers = HERE) -> tuple[Guess, ...]:
    """Return what a file, or each sheet of it, is taken for: lists and tables first.

    Parameters
    ----------
    file
        As it was dropped.
    readers
        Where it is read.

    Raises
    ------
    ConfigError
        It is empty, cannot be read, or is no list; the message says why.
    """
    if not file.content.strip():
        msg = f"{file.safe_name}: the file is empty"
        raise ConfigError(msg, why="empty_file", name=file.safe_name)
    with _on_disk(file) as path:
        looked = readers.read(guesses, path.parent, bounds=OF_LIST)
        found = [replace(g, path=Path(path.name)) for g in looked]
        may_go_on()
    readable = [g for g in found if g.columns]
    if not readable:
        said = "; ".join(g.about for g in found) or "nothing in it can be read"
        msg = f"{file.safe_name}: {said}"
        raise ConfigError(msg, why="nothing_to_read", name=file.safe_name)
    return tuple(sorted(readable, key=lambda g: g.role not in ROLES))


def read_in(area: Area, order: Order, readers: Readers, progress: Progress) -> Layers:
    """Return the layers of an area with a file.

    Parameters
    ----------
    area, order
        The area as it is, and the file.
    readers
        Where it is read.
    progress
        Told that it is.

    Raises
    ------
    ConfigError
        The file does not fit; the message says what to change.
    """
    has_its_turn()
    progress("reading")
    with _on_disk(order.file) as path:
        return _with_file(area.layers, replace(order, guess=replace(order.guess, path=path)), readers)


def rebuilt(area: Area, order: Order, layers: Layers, progress: Progress) -> Trial:
    """Return an area on trial with the layers that a file gave."""
    has_its_turn()
    progress("answer")
    known = set(area.layers.findings)
    found = tuple(f for f in layers.findings if f not in known)
    anew = Area(layers, scenario=area.scenario, workspace=area.workspace, state=area.state)
    return Trial(anew, area, order.file.safe_name, order, found)


def _with_file(layers: Layers, order: Order, readers: Readers) -> Layers:
    source = source_of(order.guess, order.chosen)
    day = date.today().isoformat()  # noqa: DTZ011 - the day where the server stands
    # What no list and no table of people changes is sent nowhere.
    sent = replace(
        layers, roads=None, water=None, floods=None, people_points=None, neighbours=None, relief=None
    )
    read: Layers
    if isinstance(source, PopulationFile):
        read = readers.read(with_people_of, sent, source, day, bounds=OF_LIST)
    else:
        read = readers.read(
            with_list_of, sent, source, day, order.adds, order.fix, dict(order.decided), bounds=OF_LIST
        )
    return replace(
        read, roads=layers.roads, water=layers.water, floods=layers.floods,
        people_points=layers.people_points, neighbours=layers.neighbours, relief=layers.relief,
    )  # fmt: skip


def had_back(area: Area, layers: Layers, at: str) -> Trial:
    """Return an earlier state of an area, which ended at a moment (ISO 8601), on trial like a new file."""
    has_its_turn()
    anew = Area(layers, scenario=area.scenario, workspace=area.workspace, state=area.state)
    return Trial(anew, area, f"{EARLIER}{at}", None, ())
