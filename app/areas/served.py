"""The areas of a server: what is served of each, what is on trial, and the change from one to the other."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geodata.earlier import earlier_states, read_earlier
from geodata.errors import ConfigError
from geodata.workspace import Keep, state_of, write_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.areas.area import Area
    from app.areas.trials import Trial
    from geodata.earlier import Earlier
    from geodata.layers import Layers


def _nothing(_names: object) -> None:
    """Do nothing."""


@dataclass
class _Place:
    """An area, and what is on trial beside it."""

    area: Area
    trial: Area | None = None
    token: str = ""
    # Of an area without a workspace; the latest first.
    before: list[tuple[Earlier, Layers]] = field(default_factory=list)


class Served:
    """The areas of a server; safe to ask from several threads.

    Parameters
    ----------
    areas
        What is served; the first where none is named.
    write, remove
        Writes an area's map pages, their names by language; removes some by their names.
    """

    def __init__(
        self, areas: Iterable[Area], write: Callable[[Area], Mapping[str, str]],
        remove: Callable[[Iterable[str]], None] = _nothing,
    ) -> None:  # fmt: skip
        self._places = {area.code: _Place(area) for area in areas}
        self._write, self._remove = write, remove
        self._pages = {id(p.area): write(p.area) for p in self._places.values()}
        self._lock = threading.Lock()
        # Told when an area's data were replaced: the new area, and who did it.
        self.replaced: list[Callable[[Area, str], None]] = []

    @property
    def areas(self) -> list[Area]:
        """What is served at the moment."""
        return [place.area for place in self._places.values()]

    def area(self, code: str, token: str = "") -> Area | None:
        """Return the area of a code, or what is on trial there under a token; None where there is none."""
        place = self._places.get(code)
        if place is None or not token:
            return None if place is None else place.area
        return place.trial if token == place.token else None

    def page(self, area: Area, lang: str) -> str:
        """Return the name of an area's map page."""
        return self._pages[id(area)][lang]

    def show(self, trial: Trial) -> str:
        """Keep a trial, in place of the one before, for a page of its own to show; return its token."""
        pages = self._write(trial.area)
        with self._lock:
            place = self._places[trial.area.code]
            self._let_go(place)
            place.trial, place.token = trial.area, secrets.token_urlsafe(12)
            trial.area.trial = place.token
            self._pages[id(trial.area)] = pages
            return place.token

    def drop(self, token: str) -> None:
        """Let go of a trial; pages that show it stay as they are until they are loaded again."""
        with self._lock:
            for place in self._places.values():
                if token and place.token == token:
                    self._let_go(place)

    def _let_go(self, place: _Place) -> None:
        if place.trial is not None:
            names = self._pages.pop(id(place.trial), {}).values()
            # A page is named by its content: of an area that differs in nothing drawn it is the same file.
            self._remove(set(names) - {n for pages in self._pages.values() for n in pages.values()})
        place.trial, place.token = None, ""

    def use(self, trial: Trial, *, by: str, why: str) -> None:
        """Serve what is on trial from now on, and keep what was there until now.

        Parameters
        ----------
        by, why
            Who, and in a few words what for.

        Raises
        ------
        ConfigError
            Somebody else replaced the data meanwhile.
        WorkspaceError, DiskError
            The workspace cannot be written; everything is as it was.
        """
        area, pages = trial.area, self._write(trial.area)
        with self._lock:
            place = self._places[area.code]
            if place.area is not trial.before:
                msg = (
                    f"the data of {area.name} were replaced by somebody else meanwhile. Load the page anew, "
                    "and give the file once more."
                )
                raise ConfigError(msg, why="data_replaced")
            if area.workspace is not None:
                write_workspace(area.layers, area.workspace, keep=Keep(by, why, area.state))
                area.state = state_of(area.workspace)
            else:
                place.before.insert(0, (_moment(place, by, why), trial.before.layers))
            # First what is served, so that none of its pages is let go with the trial.
            self._pages.pop(id(place.area), None)
            self._pages[id(area)] = pages
            if place.trial is area:
                place.trial, place.token = None, ""
            self._let_go(place)
            area.trial = ""
            place.area = area
        for tell in self.replaced:
            tell(area, by)

    def earlier(self, area: Area) -> tuple[Earlier, ...]:
        """Return what an area's data were before, the latest first."""
        if area.workspace is not None:
            return earlier_states(area.workspace)
        return tuple(state for state, _layers in self._places[area.code].before)

    def layers_of(self, area: Area, name: str) -> Layers:
        """Return the layers of an earlier state.

        Raises
        ------
        WorkspaceError
            There is none of that name.
        """
        for state, layers in self._places[area.code].before:
            if state.name == name and area.workspace is None:
                return layers
        if area.workspace is None:
            msg = f"there is no earlier state {name!r}"
            raise ConfigError(msg, why="no_earlier_state")
        return read_earlier(area.workspace, name)


def _moment(place: _Place, by: str, why: str) -> Earlier:
    from datetime import UTC, datetime

    from geodata.earlier import Earlier

    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Earlier(f"earlier-{len(place.before) + 1:06d}", at, by, why)
