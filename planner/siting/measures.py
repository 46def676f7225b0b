"""What can be done about a gap, as data: units opened, upgraded, staffed, reopened; mobile stops; roads."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import BeforeValidator, Field, field_validator, model_validator

from geodata.arguments import as_path
from geodata.errors import ConfigError
from geodata.files.yamlfile import Model, read_yaml
from planner.scenarios.edits import AddBoat, AddRoad, ChangeRoad, ReopenRoad
from planner.scenarios.modes import Number, Positive, no_truth
from planner.scenarios.standards import Count, require_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from planner.scenarios.edits import RoadEdit

Idr = Annotated[float, BeforeValidator(no_truth), Field(ge=0, le=1e15, allow_inf_nan=False)]
Days = Annotated[Positive, Field(le=31)]
# So many road edits give 2 ** MOST_ROADS networks, each with a whole plan of its own.
MOST_ROADS = 4
# What opens something where nothing was.
NEW = ("open", "mobile")


class At(StrEnum):
    """Where a new unit may be.

    Attributes
    ----------
    PEOPLE
        Where people live: of each square of ``spacing_m`` the demand point with most of them.
    SETTLEMENTS
        Each hamlet that is given, and of a village without any the place nearest to all of its people.
    ROADS
        Along roads: of each square of ``spacing_m`` the point of a road that is nearest to its middle.
    SCHOOLS, OFFICES
        Schools and village offices of a list or an OpenStreetMap file.
    """

    PEOPLE = "people"
    SETTLEMENTS = "settlements"
    ROADS = "roads"
    SCHOOLS = "schools"
    OFFICES = "offices"


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class _Effort(Model):
    """What something takes.

    Attributes
    ----------
    cost_idr, yearly_idr
        In rupiah, once and every year; None = not given.
    staff
        How many of each profession it takes.
    lead_years
        From the decision until it works.
    basis
        Where the numbers come from.
    """

    cost_idr: Idr | None = None
    yearly_idr: Idr | None = None
    staff: dict[str, Count] = Field(default_factory=dict)
    lead_years: Annotated[Number, Field(le=20)] = 0.0
    basis: str = ""

    @field_validator("cost_idr")
    @classmethod
    def _some_cost(cls, cost: float | None) -> float | None:
        if cost == 0:
            msg = "a cost_idr of 0 would be chosen without end: leave it out where it is not known"
            raise ValueError(msg)
        return cost


class Measure(_Effort):
    """One thing that can be done for a kind of unit, where it can, and what it takes.

    Attributes
    ----------
    op
        ``open`` a new unit, ``upgrade`` a unit of another kind, have one ``function`` that lacks staff,
        ``reopen`` one that its list (or the scenario) says is closed, send a ``mobile`` service to a stop.
    kind
        The facility kind that there is afterwards.
    of
        Which kinds may be upgraded.
    at
        Where a new unit or stop may be, one or several of :class:`At`.
    spacing_m
        Of candidates among people and along roads, metres.
    capacity_people
        How many people it has room for; None = the standard's people of one unit. Plans hold to it where
        they are asked to (``capacity``), and the scenario keeps it.
    days_a_month
        On how many days a month a mobile stop is served.
    counts_from_days
        A mobile stop of at least so many days a month counts as a unit of its kind: nobody but the user can
        say so.
    from_kind, mode, reach_minutes
        A mobile stop is served from a unit of this kind that functions and is no further away, by this mode
        of travel.

    The rest is as in every measure: ``cost_idr``, ``yearly_idr``, ``staff``, ``lead_years``, ``basis``.
    """

    op: Literal["open", "upgrade", "function", "reopen", "mobile"]
    kind: str
    of: tuple[str, ...] = ()
    at: Annotated[tuple[At, ...], BeforeValidator(_one_or_several), Field(min_length=1)] = (At.PEOPLE,)
    spacing_m: Positive = 1000.0
    capacity_people: Positive | None = None
    days_a_month: Days | None = None
    counts_from_days: Days | None = None
    from_kind: str = "puskesmas"
    mode: str = "car"
    reach_minutes: Positive | None = None

    @field_validator("kind", "from_kind")
    @classmethod
    def _kind(cls, kind: str) -> str:
        require_kinds([kind])
        return kind

    @field_validator("at")
    @classmethod
    def _each_once(cls, at: tuple[At, ...]) -> tuple[At, ...]:
        if len(set(at)) < len(at):
            msg = "name each place once"
            raise ValueError(msg)
        return at

    @model_validator(mode="after")
    def _upgraded(self) -> Self:
        require_kinds(self.of)
        if (self.op == "upgrade") != bool(self.of):
            msg = "upgrade needs `of:`, the kinds that are upgraded; nothing else has it"
            raise ValueError(msg)
        if self.kind in self.of:
            msg = f"a {self.kind} cannot be upgraded to a {self.kind}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _served_often_enough(self) -> Self:
        asked = ("days_a_month", "counts_from_days", "reach_minutes")
        given = [n for n in asked if getattr(self, n) is not None]
        if self.op != "mobile":
            if given:
                msg = f"{given[0]} is for op: mobile only"
                raise ValueError(msg)
            return self
        if len(given) < len(asked):
            lacking = ", ".join(n for n in asked if n not in given)
            msg = (
                f"a mobile stop of a {self.kind} needs {lacking}: how often it is served, from how many days "
                "a month it counts, and how far away it may be"
            )
            raise ValueError(msg)
        if self.days_a_month < self.counts_from_days:  # type: ignore[operator]  # both are given: see above
            msg = (
                f"{self.days_a_month:g} days_a_month are less than counts_from_days "
                f"{self.counts_from_days:g}: the stop would count for nobody. Raise the days, or leave the "
                "measure out"
            )
            raise ValueError(msg)
        return self


class RoadMeasure(_Effort):
    """Roads mended, paved or built, or a boat link: what it changes holds for every kind and every unit.

    Attributes
    ----------
    edits
        As in a scenario file: ``reopen_road`` (a bridge repaired), ``change_road`` (paved), ``add_road``,
        ``add_boat``.
    """

    op: Literal["road"]
    edits: Annotated[
        tuple[Annotated[ReopenRoad | ChangeRoad | AddRoad | AddBoat, Field(discriminator="op")], ...],
        Field(min_length=1),
    ]

    @field_validator("staff")
    @classmethod
    def _no_staff(cls, staff: dict[str, int]) -> dict[str, int]:
        if staff:
            msg = "a road has no staff of the health service, and nothing would count it: leave staff out"
            raise ValueError(msg)
        return staff


class Measures(Model):
    """Measures by name."""

    measures: dict[str, Annotated[Measure | RoadMeasure, Field(discriminator="op")]]

    def of_kind(self, kind: str) -> dict[str, Measure]:
        """Return what leads to a unit of a kind, by name.

        Examples
        --------
        >>> sorted(default_measures().of_kind("pustu"))
        ['open_pustu', 'reopen_pustu', 'staff_pustu', 'upgrade_to_pustu']
        """
        units = {name: one for name, one in self.measures.items() if isinstance(one, Measure)}
        return {name: one for name, one in units.items() if one.kind == kind}

    def modes(self, kind: str) -> tuple[str, ...]:
        """Return the modes of travel that a study needs for what leads to a unit of a kind.

        Examples
        --------
        >>> default_measures().modes("pustu")
        ()
        """
        return tuple(sorted({one.mode for one in self.of_kind(kind).values() if one.op == "mobile"}))

    @property
    def roads(self) -> dict[str, RoadMeasure]:
        """Road measures by name."""
        return {name: one for name, one in self.measures.items() if isinstance(one, RoadMeasure)}

    def without_roads(self) -> Measures:
        """Return the measures that concern units.

        Examples
        --------
        >>> default_measures().without_roads() == default_measures()
        True
        """
        return Measures(measures={n: one for n, one in self.measures.items() if isinstance(one, Measure)})

    def with_new_at(self, at: Sequence[At]) -> Measures:
        """Return the measures with other places for all that is new.

        Parameters
        ----------
        at
            One or several; candidates of the first have the plainest ids.

        Examples
        --------
        >>> default_measures().with_new_at([At.ROADS]).measures["open_pustu"].at
        (<At.ROADS: 'roads'>,)
        """
        changed = {"at": tuple(at)}
        return Measures(
            measures={
                name: one.model_copy(update=changed) if one.op in NEW else one
                for name, one in self.measures.items()
            }
        )


def road_choices(measures: Measures) -> list[tuple[str, ...]]:
    """Return every choice of road measures, none of them and all of them included.

    What a road brings depends on the units and on the other roads, so their gains cannot be added up: each
    choice is a network of its own.

    Returns
    -------
    choices
        Names in alphabetical order; choices of fewer measures first.

    Raises
    ------
    ConfigError
        There are more than four: nobody waits for 32 plans.

    Examples
    --------
    >>> road_choices(default_measures())
    [()]
    """
    names = sorted(measures.roads)
    if len(names) > MOST_ROADS:
        msg = (
            f"{len(names)} road measures would need {2 ** len(names)} plans, one for each choice of them, "
            f"since what one road brings depends on the others: name {MOST_ROADS} at most, or join some into "
            "one measure"
        )
        raise ConfigError(msg)
    return [chosen for k in range(len(names) + 1) for chosen in combinations(names, k)]


def road_edits(measures: Mapping[str, RoadMeasure], names: tuple[str, ...]) -> tuple[RoadEdit, ...]:
    """Return the scenario edits of some road measures, in the order of the names.

    Examples
    --------
    >>> road_edits({}, ())
    ()
    """
    return tuple(edit for name in names for edit in measures[name].edits)


@cache
def default_measures() -> Measures:
    """Return the measures of ``planner/data/measures.yml``.

    Examples
    --------
    >>> default_measures().measures["open_posyandu"].staff
    {'kader': 5}
    """
    return Measures.model_validate(_default())


def _default() -> dict[str, dict[str, object]]:
    text = files("planner").joinpath("data/measures.yml").read_text("utf-8")
    content: dict[str, dict[str, object]] = yaml.safe_load(text)
    return content


def read_measures(path: str | Path) -> Measures:
    """Read a measures file; what it does not name is as in the default.

    Parameters
    ----------
    path
        YAML: ``measures:``, and by name what differs. A new name is a new measure.

    Raises
    ------
    MissingFileError, UnreadableFileError
        The file is not there or cannot be read.
    ConfigError
        A key or value is not allowed; the message names it and its line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "costs.yml")
    ...     _ = file.write_text("measures: {open_pustu: {cost_idr: 350000000}}", "utf-8")
    ...     measures = read_measures(file)
    >>> measures.measures["open_pustu"].cost_idr, measures.measures["open_pustu"].lead_years
    (350000000.0, 1.0)
    """
    return read_yaml(as_path(path, "path"), Measures, "measures file", base=_default())
