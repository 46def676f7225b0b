"""A study area kept warm for all sessions: one study, its answers, and the questions put to them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import geopandas as gpd
import numpy as np
import shapely

from app.areas.given import Given, given_by
from app.areas.places import PlaceIndex, places
from app.areas.planning import Planner
from app.areas.question import WhatIf
from app.areas.stopping import has_its_turn, may_go_on
from geodata.crs import WGS84, known_crs
from planner.ilp.model import Ilp
from planner.pipeline import Study, check, default_scenario, grade, summary
from planner.reports.pws import pws_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Finding, Layers
    from planner.coverage.grade import Grade
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario

# West, south, east, north (degrees).
Box = tuple[float, float, float, float]
# Answers with edited roads hold a network each (tens of MB for a kabupaten): few are kept.
KEPT_ANSWERS = 12


@dataclass(frozen=True)
class Answer:
    """The answer to one question; shared by sessions, and safe to ask from several threads.

    Attributes
    ----------
    what_if, gaps
        The question, and what it gave.
    ilp
        What it means to an ILP planner. Its parts are computed when :meth:`prepare` first asks for them;
        one that is not ready must not be touched on the event loop.
    """

    what_if: WhatIf
    gaps: Gaps
    ilp: Ilp = field(init=False, repr=False, compare=False)
    _preparing: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    _pws: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ilp", Ilp(self.gaps))

    def ready(self, *parts: str) -> bool:
        """Return whether parts of the ILP answers are computed, so that they are there at once."""
        return all(part in vars(self.ilp) for part in parts)

    def prepare(self, *parts: str) -> None:
        """Compute parts of the ILP answers (names of properties of :class:`planner.ilp.model.Ilp`)."""
        for part in parts:
            if not self.ready(part):
                may_go_on()
                # One thread computes; another that wants the same waits for it.
                with self._preparing:
                    getattr(self.ilp, part)

    def pws(self, lang: str) -> pd.DataFrame:
        """Return the table of :func:`planner.reports.pws.pws_table` in a language; made once."""
        if lang not in self._pws:
            with self._preparing:
                if lang not in self._pws:
                    self._pws[lang] = pws_table(self.ilp, lang)
        return self._pws[lang]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Totals by kind and season (:func:`planner.coverage.tables.summary`)."""
        return summary(self.gaps)

    def villages(self, kind: str, season: Season) -> pd.DataFrame:
        """Return one row a village for a kind of the standard in a season."""
        return self.gaps.seasons[season][kind].villages

    def minutes_at_most(self, kind: str, season: Season) -> NDArray[np.bool_]:
        """Return by village whether its median minutes are "at most": bool ``(villages,)``."""
        found: NDArray[np.bool_] = self.gaps.seasons[season][kind].at_most["minutes_median"].to_numpy()
        return found

    def reach(self, kind: str, season: str) -> dict[str, Any]:
        """Return the totals of a kind in a season."""
        of_kind: dict[str, Any] = self.summary["kinds"][kind]
        return of_kind if season == self.gaps.scenario.season else {**of_kind, **of_kind[season]}


class Area:
    """A study area with its study; safe to ask from several threads.

    Parameters
    ----------
    layers
        The study area.
    scenario
        Its base; the default scenario when None.
    workspace
        The folder it came from; None for layers made in memory.
    state
        What :func:`geodata.workspace.state_of` gave when it was read.

    Attributes
    ----------
    trial
        Under which token it is shown on trial; "" for what is served.
    """

    def __init__(
        self, layers: Layers, *, scenario: Scenario | None = None, workspace: Path | None = None,
        state: str | None = None,
    ) -> None:  # fmt: skip
        self.layers, self.workspace, self.state = layers, workspace, state
        self.trial = ""
        self.scenario = scenario or default_scenario()
        self.study = Study(layers, scenario=self.scenario, modes=tuple(self.scenario.modes))
        self._keeping = threading.Lock()
        # By question, while it is computed: who asks the same waits for it, who asks another does not.
        self._asking: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        # Those that a session holds are found too when there was no room for them.
        self._held: WeakValueDictionary[str, Answer] = WeakValueDictionary()
        self.base = self._compute(WhatIf())
        self.planner = Planner(self.layers, self.scenario)

    @property
    def code(self) -> str:
        """Kemendagri code."""
        return self.layers.area.code

    @property
    def name(self) -> str:
        """Name of the kabupaten or kota."""
        return self.layers.area.name

    @cached_property
    def given(self) -> Given | None:
        """What the file of the base asks beyond the plain one; None where there is none."""
        return given_by(self.scenario)

    @property
    def base_facilities(self) -> pd.DataFrame:
        """The facilities as the base has them: what a file opened is there, what it closed is not."""
        return self.base.gaps.layers.facilities

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the standard."""
        return tuple(self.scenario.standard)

    @cached_property
    def people(self) -> NDArray[np.float64]:
        """People by village, float64 ``(villages,)``; NaN where unknown."""
        return np.asarray(self.layers.villages["people"].to_numpy(), dtype=np.float64)

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """A place within each village, float64 ``(villages, 2)``, longitude and latitude (degrees)."""
        points = self.layers.villages.geometry.representative_point().to_crs(known_crs(WGS84))
        return np.asarray(shapely.get_coordinates(points.to_numpy()), dtype=np.float64)

    def in_box(self, box: Box) -> NDArray[np.bool_]:
        """Return which villages have their middle in a box, bool ``(villages,)``; its edges count."""
        west, south, east, north = box
        lon, lat = self.middles.T
        return np.asarray((west <= lon) & (lon <= east) & (south <= lat) & (lat <= north), dtype=bool)

    @cached_property
    def places(self) -> PlaceIndex:
        """Names of its kecamatan, villages and facilities, ready to be searched."""
        return PlaceIndex(places(self.layers.villages, self.layers.facilities))

    @cached_property
    def outline(self) -> shapely.Geometry:
        """The whole area (metres)."""
        return shapely.union_all(self.layers.villages.geometry.to_numpy())

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, or doubtful, in the data."""
        return check(self.layers)

    @cached_property
    def grade(self) -> Grade:
        """How far the data can be trusted, A to E, and what would raise that most."""
        return grade(self.layers, scenario=self.scenario)

    def answer(self, what_if: WhatIf) -> Answer:
        """Return the answer to a question; computed once, then kept for everybody while there is room.

        Raises
        ------
        ConfigError
            The question names something that is not there.
        """
        if what_if.is_base:
            return self.base
        key = what_if.key()
        with self._keeping:
            turn = self._asking.setdefault(key, threading.Lock())
        with turn:
            # Whoever waited here may have been stopped meanwhile.
            has_its_turn()
            with self._keeping:
                known = self._answers.get(key) or self._held.get(key)
                if known is not None:
                    self._answers[key] = known
                    self._answers.move_to_end(key)
                    return known
            made = self._compute(what_if)
            with self._keeping:
                self._answers[key] = self._held[key] = made
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
            return made

    def known(self, what_if: WhatIf) -> Answer | None:
        """Return the answer if it is ready, without computing anything."""
        if what_if.is_base:
            return self.base
        with self._keeping:
            return self._held.get(what_if.key())

    def _compute(self, what_if: WhatIf) -> Answer:
        scenario = what_if.scenario(self.scenario)
        return Answer(what_if, self._study(what_if).gaps(scenario.edits, may_go_on=may_go_on))

    def _study(self, what_if: WhatIf) -> Study:
        return self.study.under(what_if.scenario(self.scenario)) if what_if.standard else self.study

    def study_of(self, answer: Answer) -> Study:
        """Return the study by an answer's rules, for more questions."""
        return self._study(answer.what_if)

    def nearest_roads(self, lonlat: tuple[float, float], within_m: float) -> gpd.GeoDataFrame:
        """Return roads within a distance of a place (degrees), the nearest first; bridges come before.

        An area without roads has none near.
        """
        roads = self.layers.roads
        if roads is None:
            return self.layers.villages.iloc[:0]
        place = _metric(lonlat, roads.crs)
        near = roads.iloc[roads.sindex.query(place.buffer(within_m), predicate="intersects")]
        away = near.geometry.distance(place).to_numpy()
        order = np.lexsort((near.index.to_numpy(dtype=str), away, ~near["bridge"].to_numpy(dtype=bool)))
        return near.iloc[order]

    def is_near(self, lonlat: tuple[float, float]) -> bool:
        """Return whether a place (degrees) lies in the area or its buffer, where units may stand."""
        place = _metric(lonlat, self.layers.villages.crs)
        west, south, east, north = self.layers.villages.total_bounds
        buffer_m = self.layers.area.buffer_m
        return bool(
            west - buffer_m <= place.x <= east + buffer_m and south - buffer_m <= place.y <= north + buffer_m
        )

    def village_at(self, lonlat: tuple[float, float]) -> str | None:
        """Return the village that a place (degrees) lies in."""
        villages = self.layers.villages
        hit = np.sort(villages.sindex.query(_metric(lonlat, villages.crs), predicate="intersects"))
        return str(villages.index[hit[0]]) if len(hit) else None


def _metric(lonlat: tuple[float, float], crs: object) -> Any:  # noqa: ANN401 - geopandas is untyped
    place = gpd.GeoSeries([shapely.Point(lonlat)], crs=known_crs(WGS84)).to_crs(crs)
    return place.iloc[0]
