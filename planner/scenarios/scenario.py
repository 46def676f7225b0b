"""The frozen, validated configuration of a run: modes, standards and rules, with their defaults."""

from __future__ import annotations

import hashlib
import json
import warnings
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from geodata.arguments import as_path
from geodata.errors import ConfigError, counted
from geodata.files import limits
from geodata.files.yamlfile import Model, read_yaml
from geodata.vocabulary.kinds import require_kind
from geodata.vocabulary.surfaces import surface_groups
from planner.scenarios.edits import ChangeSpeed, Edit
from planner.scenarios.modes import SEASONS, Mode, Number, Positive, Season, Share, Words, known_classes
from planner.scenarios.standards import (
    KindStandard,
    Standard,
    require_kind_keys,
    require_kinds,
    standard_named,
)

if TYPE_CHECKING:
    from pathlib import Path


class AccessRule(Model):
    """The leg between a place and the network: on foot, straight distance × detour."""

    speed_kph: Positive
    detour: Annotated[Number, Field(ge=1)]
    max_distance_m: Positive
    basis: str = ""

    def seconds_per_m(self) -> float:
        """Return seconds of walking per metre of straight distance.

        Examples
        --------
        At 3.6 km/h a metre takes a second; the way is 1.3 times as long as the straight line:

        >>> AccessRule(speed_kph=3.6, detour=1.3, max_distance_m=2000).seconds_per_m()
        1.3
        """
        return self.detour * 3.6 / self.speed_kph


class FerryRule(Model):
    """Ferries without a duration, and the wait each time one is boarded."""

    speed_kph: Positive
    waiting_minutes: Number
    basis: str = ""


class StatusRule(Model):
    """A village is served from ``served`` on, a gap below ``gap``, partly in between."""

    served: Share
    gap: Share
    basis: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.gap > self.served:
            msg = "gap must not be above served"
            raise ValueError(msg)
        return self


class DemandRule(Model):
    """Where a village's people are put when no hamlets are given.

    ``spacing_m`` also says how near to each other the places of a raster's cells are.
    """

    spacing_m: Positive
    min_local_roads_m: Number
    empty_part_share: Share
    local_classes: tuple[str, ...]
    basis: str = ""

    @field_validator("local_classes")
    @classmethod
    def _classes(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        known_classes(classes)
        return classes


class AccessValues(Model):
    """What the values of access tags mean; every other value is open (OSM wiki, Key:access).

    ``granted`` values open also classes that a mode has no speed for.
    """

    granted: Words
    local: Words
    closed: Words
    basis: str = ""


class GroupRule(Model):
    """A life-cycle group as a share of all people; a real count wins over it."""

    share: Share
    basis: str = ""


class ReferralRule(Model):
    """The chain of referral, from the lowest level up, and how long all of it may take."""

    chain: Annotated[tuple[str, ...], Field(min_length=2)]
    limit_minutes: Positive
    basis: str = ""

    @field_validator("chain")
    @classmethod
    def _kinds(cls, chain: tuple[str, ...]) -> tuple[str, ...]:
        require_kinds(chain)
        if len(set(chain)) != len(chain):
            msg = "a kind stands in it twice"
            raise ValueError(msg)
        return chain


class VisitRule(Model):
    """How families are visited at home, and what one kader manages in a day."""

    people_per_family: Positive
    visits_per_family_month: Positive
    visits_a_round: Positive
    walk_minutes_a_round: Positive
    kader_a_village: Positive
    basis: str = ""


class LandRule(Model):
    """What divides land (docs/METHODS.md): gaps and water up to twice ``closing_m`` do not.

    A place up to ``shore_m`` off every outline is of the nearest landmass.
    """

    closing_m: Positive
    shore_m: Number
    basis: str = ""


class DrawingRule(Model):
    """How far the ends of drawn lines may miss a road: on land, and from a boat's landing."""

    road_m: Positive
    landing_m: Positive
    basis: str = ""


class SlopeRule(Model):
    """The steepest slope (rise ÷ run) that is believed; steeper ones count as this."""

    steepest: Positive
    basis: str = ""


class RemotenessRule(Model):
    """The bands of minutes to a puskesmas, and what makes a village remote (terpencil)."""

    good_minutes: Positive
    fair_minutes: Positive
    capital_mode: str
    round_trip_minutes: Positive
    basis: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.good_minutes >= self.fair_minutes:
            msg = "good_minutes must be below fair_minutes"
            raise ValueError(msg)
        return self


class FloatingRule(Model):
    """The weights of the enhanced floating catchment in the thirds of a limit, from the nearest on."""

    third_weights: tuple[Share, Share, Share]
    basis: str = ""


class DoubtRule(Model):
    """From where on a list, or the roads, are not taken as complete (docs/METHODS.md)."""

    official_tolerance: Share
    people_per_unit_factor: Positive
    districts: Annotated[int, Field(ge=1)]
    districts_share: Share
    empty_districts: Annotated[int, Field(ge=1)]
    empty_units: Positive
    bare_road_m: Number
    bare_villages: Annotated[int, Field(ge=1)]
    cut_ends: Annotated[int, Field(ge=1)]
    line_m: Positive
    beyond_share: Share
    hull_ends: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=1)]
    small_classes: Words
    small_share: Share
    middle_classes: Words
    middle_share: Share
    large_classes: Words
    inside_share: Share
    inside_roads: Annotated[int, Field(ge=1)]
    leading_roads: Annotated[int, Field(ge=1)]
    inside_usual: Share
    clipped_ends: Annotated[int, Field(ge=1)]
    cut_end_m: Positive
    outside_m: Positive
    neighbours_m: Number
    heads_out: Share
    border_m: Positive
    told_share: Share
    basis: str = ""


class Scenario(Model):
    """Everything a run depends on besides the data: :func:`planner.scenarios.short.scenario` makes one.

    Examples
    --------
    >>> from planner import scenario
    >>> wet = scenario(season="wet")
    >>> wet.season, wet.rule("pustu").limit_minutes
    ('wet', 30.0)
    """

    name: str
    season: Season
    access: AccessRule
    ferry: FerryRule
    status: StatusRule
    demand: DemandRule
    surfaces: dict[str, Words]
    tracktype_surfaces: dict[str, str]
    access_values: AccessValues
    modes: dict[str, Mode]
    standard: dict[str, KindStandard]
    standard_name: str = ""
    standard_version: str = ""
    standard_source: str = ""
    groups: dict[str, GroupRule] = Field(default_factory=dict)
    referral: ReferralRule
    visits: VisitRule
    land: LandRule
    drawing: DrawingRule
    slope: SlopeRule
    remoteness: RemotenessRule
    floating: FloatingRule
    doubt: DoubtRule
    edits: Annotated[tuple[Edit, ...], Field(max_length=limits.EDITS)] = ()

    def __repr__(self) -> str:
        limits = ", ".join(
            f"{kind} {rule.of(self.season).limit_minutes:g} min {rule.mode}"
            for kind, rule in list(self.standard.items())[:5]
        )
        edits = f"; {counted(len(self.edits), 'edit')}" if self.edits else ""
        named = f"Scenario {self.name[:40]!r}, {self.season} season, {self.standard_name[:40]}"
        return f"{named}: {limits}{edits}"

    # What prints it says the same.
    __str__ = __repr__

    def rule(self, kind: str) -> KindStandard:
        """Return the standard of a kind.

        Raises
        ------
        UnknownCodeError
            The standard does not name it; with the kind that may be meant.

        Examples
        --------
        >>> default_scenario().rule("pustu").mode
        'motorcycle'
        """
        require_kind(kind, self.standard, "a kind of the standard")
        return self.standard[kind]

    @field_validator("edits", mode="before")
    @classmethod
    def _none_yet(cls, edits: object) -> object:
        return () if edits is None else edits

    @field_validator("standard", mode="before")
    @classmethod
    def _kinds(cls, standard: object) -> object:
        return require_kind_keys(standard)

    @model_validator(mode="after")
    def _modes_exist(self) -> Self:
        for kind, rule in self.standard.items():
            for named in (rule.mode, *(o.mode for o in rule.also)):
                if named not in self.modes:
                    msg = f"standard.{kind}.mode: {named!r} is not one of the modes {', '.join(self.modes)}"
                    raise ValueError(msg)
        for name, mode in self.modes.items():
            for group in mode.surface_factors:
                if group not in self.surfaces:
                    msg = (
                        f"modes.{name}.surface_factors: {group!r} is not one of the surfaces "
                        f"{', '.join(self.surfaces)}"
                    )
                    raise ValueError(msg)
        if self.remoteness.capital_mode not in self.modes:
            named = self.remoteness.capital_mode
            msg = f"remoteness.capital_mode: {named!r} is not one of the modes {', '.join(self.modes)}"
            raise ValueError(msg)
        for edit in self.edits:
            if isinstance(edit, ChangeSpeed) and edit.mode not in self.modes:
                msg = f"edits: {edit.mode!r} is not one of the modes {', '.join(self.modes)}"
                raise ValueError(msg)
        return self

    def modes_called(self, lang: str) -> dict[str, str]:
        """Return what modes are called that the texts have no word for, or another one than the office.

        Parameters
        ----------
        lang
            ``id`` or ``en``.

        Examples
        --------
        >>> from planner.scenarios.modes import Label
        >>> scenario = default_scenario()
        >>> cart = scenario.modes["walking"].model_copy(update={"label": Label(id="gerobak", en="ox cart")})
        >>> own = scenario.model_copy(update={"modes": {**scenario.modes, "cart": cart}})
        >>> scenario.modes_called("en"), own.modes_called("en")
        ({}, {'cart': 'ox cart'})
        """
        plain = base_content()["modes"]
        return {
            name: name if mode.label is None else getattr(mode.label, lang)
            for name, mode in self.modes.items()
            if mode.label is not None or name not in plain
        }

    @property
    def seasons(self) -> tuple[Season, ...]:
        """Both seasons, the scenario's own first."""
        return (self.season, *(s for s in SEASONS if s != self.season))

    def under(self, standard: Standard) -> Scenario:
        """Return the same scenario by another standard; kinds that it does not name keep theirs.

        Raises
        ------
        ConfigError
            The standard names a mode that the scenario does not have.

        Examples
        --------
        >>> scenario = default_scenario()
        >>> other = scenario.under(standard_named("sni-03-1733"))
        >>> scenario.standard_name, other.standard_name, other.modes == scenario.modes
        ('ILP', 'SNI 03-1733-2004', True)
        """
        kinds = {**self.standard, **standard.kinds}
        named = {
            "standard": {k: r.model_dump() for k, r in kinds.items()}, "standard_name": standard.name,
            "standard_version": standard.version, "standard_source": standard.source,
        }  # fmt: skip
        try:
            return Scenario.model_validate({**self.model_dump(by_alias=True), **named})
        except ValidationError as error:
            reasons = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
            msg = f"the standard {standard.name!r} does not fit the scenario: {reasons}"
            raise ConfigError(msg) from None

    @property
    def has_own_rules(self) -> bool:
        """Whether any rule differs from the default scenario's; its name, season and edits are no rules.

        Examples
        --------
        >>> wet = default_scenario().model_copy(update={"name": "wet", "season": "wet"})
        >>> wet.has_own_rules, wet.model_copy(update={"standard": {}}).has_own_rules
        (False, True)
        """
        same = {name: getattr(self, name) for name in ("name", "season", "edits")}
        return self != default_scenario().model_copy(update=same)

    def content_hash(self) -> str:
        """Return the SHA-256 of the configuration, in hexadecimal; equal scenarios have equal hashes.

        Examples
        --------
        >>> scenario = default_scenario()
        >>> scenario.content_hash() == default_scenario().content_hash()
        True
        >>> scenario.content_hash() == scenario.model_copy(update={"season": "wet"}).content_hash()
        False
        """
        content = self.model_dump(mode="python")
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=sorted).encode()).hexdigest()


def checked_scenario(scenario: Scenario | None) -> Scenario:
    """Return a scenario that keeps its own rules, the default one for None.

    ``model_copy(update=…)`` checks nothing, so a misspelled season would only be met much later.

    Raises
    ------
    ConfigError
        It is no Scenario, or one of its values is not allowed: the message names the first.

    Examples
    --------
    >>> checked_scenario(default_scenario().model_copy(update={"season": "rainy"}))
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: the scenario is not valid: season: Input should be 'dry' or 'wet'
    """
    if scenario is None:
        return default_scenario()
    if not isinstance(scenario, Scenario):
        msg = f"scenario is a {type(scenario).__name__}: give what read_scenario or default_scenario returns"
        raise ConfigError(msg)
    with warnings.catch_warnings():
        # Pydantic warns of what it is about to refuse.
        warnings.simplefilter("ignore")
        content = scenario.model_dump(by_alias=True)
    try:
        Scenario.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        msg = f"the scenario is not valid: {where}: {first['msg'].removeprefix('Value error, ')}"
        raise ConfigError(msg) from None
    return scenario


@cache
def _parsed() -> dict[str, Any]:
    base: dict[str, Any] = yaml.safe_load(files("planner").joinpath("data/defaults.yml").read_text("utf-8"))
    base["surfaces"] = {group: sorted(words) for group, words in surface_groups().items()}
    standard = standard_named("ilp")
    base["standard"] = {k: rule.model_dump(exclude_unset=True) for k, rule in standard.kinds.items()}
    base["standard_name"], base["standard_version"] = standard.name, standard.version
    base["standard_source"] = standard.source
    return base


def base_content() -> dict[str, Any]:
    """Return the default scenario as plain values, with the default standard in it; the caller's own."""
    return deepcopy(_parsed())


def default_scenario() -> Scenario:
    """Return the default scenario: dry season, the standards and speeds of docs/METHODS.md.

    Examples
    --------
    >>> default_scenario().standard["pustu"].limit_minutes
    30.0
    """
    return Scenario.model_validate(base_content())


def read_scenario(path: str | Path) -> Scenario:
    """Return the scenario of a YAML file; what the file does not name keeps its default.

    Raises
    ------
    MissingFileError
        The file is not there.
    UnreadableFileError
        It cannot be opened, or is no UTF-8 text.
    ConfigError
        It is no valid YAML, or a key or value is not allowed: the message names the key and the line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "rains.yml")
    ...     _ = file.write_text("{season: wet, access: {detour: 1.5}}", "utf-8")
    ...     rains = read_scenario(file)
    >>> rains.season, rains.access.detour, rains.access.speed_kph
    ('wet', 1.5, 3.0)
    """
    return read_yaml(as_path(path, "path"), Scenario, "the scenario file", base=base_content())
