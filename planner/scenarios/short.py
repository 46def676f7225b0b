"""A scenario in one line of Python, by what differs: as a scenario file says it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from geodata.errors import ConfigError
from geodata.files.yamlfile import merged, validated
from planner.scenarios.scenario import Scenario, base_content, checked_scenario
from planner.scenarios.standards import read_standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season

NAMED = ("name", "season", "standard", "modes", "edits")


def scenario(
    *,
    name: str | None = None,
    season: Season | None = None,
    standard: str | Path | Mapping[str, Mapping[str, object]] | None = None,
    modes: Mapping[str, Mapping[str, object]] | None = None,
    edits: Sequence[Edit] | None = None,
    rules: Mapping[str, object] | None = None,
    base: Scenario | None = None,
) -> Scenario:
    """Return a scenario by what differs from the default one; the keys are those of a scenario file.

    Parameters
    ----------
    name
        How outputs call it.
    season
        ``dry`` or ``wet``.
    standard
        What differs, by kind: ``{"pustu": {"limit_minutes": 20}}``; or a standard's name, or its YAML file.
    modes
        What differs, by mode of travel; a new name is a new mode.
    edits
        What if: they take the place of the base's.
    rules
        What differs in any other key of a scenario file: ``{"access": {"detour": 1.5}}``.
    base
        What it differs from; the default scenario when None.

    Raises
    ------
    ConfigError
        A key or value is not allowed: the message names each. Or there is no such standard.
    MissingFileError, UnreadableFileError
        The standard's file is not there, or cannot be read.

    Examples
    --------
    >>> rains = scenario(season="wet", standard={"pustu": {"limit_minutes": 20}})
    >>> rains.season, rains.standard["pustu"].limit_minutes, rains.standard["pustu"].mode
    ('wet', 20.0, 'motorcycle')

    >>> from planner.scenarios.edits import CloseRoad
    >>> broken = scenario(base=rains, name="bridge away", edits=[CloseRoad(road="r812")])
    >>> broken.season, broken.edits
    ('wet', (CloseRoad(op='close_road', road='r812'),))

    >>> scenario(standard={"pustu": {"limit": 20}})
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: scenario(…):
      unknown key 'standard.pustu.limit'. Did you mean 'limit_minutes'? ...
    """
    by_name = isinstance(standard, (str, PurePath))
    if not by_name and standard is not None and not hasattr(standard, "items"):
        msg = f"standard is a name, a file or {{'pustu': {{'limit_minutes': 20}}}}, not {standard!r}"
        raise ConfigError(msg)
    given = {
        "name": name, "season": season, "standard": None if by_name else standard, "modes": modes,
        "edits": None if edits is None else _listed(edits),
    }  # fmt: skip
    change = {key: _plain(value) for key, value in given.items() if value is not None}
    content = base_content() if base is None else checked_scenario(base).model_dump(by_alias=True)
    made = validated(Scenario, merged(merged(content, _others(rules)), change), "scenario(…)")
    return made.under(read_standard(standard)) if by_name else made  # type: ignore[arg-type]  # no mapping then


def _listed(edits: Sequence[Edit]) -> list[Edit]:
    if hasattr(edits, "op"):
        # An edit can be gone through as well, by its fields.
        name = type(edits).__name__
        msg = f"edits is one {name}, not a list: write edits=[{name}(…)]"
        raise ConfigError(msg)
    if isinstance(edits, (str, bytes, dict)) or not hasattr(edits, "__iter__"):
        msg = f"edits is a list, as in [CloseRoad(road='r812')], not {edits!r}"
        raise ConfigError(msg)
    return list(edits)


def _others(rules: Mapping[str, object] | None) -> dict[str, Any]:
    """Return the keys that have no name of their own among the parameters."""
    if rules is None:
        return {}
    if not hasattr(rules, "items"):
        msg = f"rules are keys and values, as in {{'access': {{'detour': 1.5}}}}, not {rules!r}"
        raise ConfigError(msg)
    doubled = [key for key in rules if key in NAMED]
    if doubled:
        msg = f"rules: write {', '.join(f'{key}=…' for key in doubled)} beside it, not in it"
        raise ConfigError(msg)
    return {key: _plain(value) for key, value in rules.items()}


def _plain(value: object) -> Any:  # noqa: ANN401 - what YAML could hold
    """Return mappings of any kind as dicts, so that they are merged key by key."""
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}
    return value
