"""What is uncertain, as data, and draws of it: speeds, people, and whether it is the wet season."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import numpy as np
import yaml
from pydantic import BeforeValidator, Field, field_validator

from geodata.arguments import as_path
from geodata.errors import ConfigError, suggest
from geodata.files.yamlfile import Model, read_yaml
from planner.scenarios.modes import Share, no_truth

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

# Of the logarithm: at 1 two of three draws lie between a third and three times the number.
Spread = Annotated[float, BeforeValidator(no_truth), Field(ge=0, le=1, allow_inf_nan=False)]
METHODS = ("hamlets", "raster", "roads", "interior", "parts")
MOST_DRAWS = 1000


class SpeedDoubt(Model):
    """How much the speed of a mode may differ in each season (lognormal, median 1)."""

    dry: Spread
    wet: Spread
    basis: str = ""


class PeopleDoubt(Model):
    """How much a village's people may differ (lognormal, mean 1)."""

    spread: Spread
    basis: str = ""


class WetDoubt(Model):
    """The share of the year that is wet."""

    share: Share
    basis: str = ""


class Uncertainty(Model):
    """What is uncertain: speeds by mode, people by how they were placed, and the season."""

    speed: dict[str, SpeedDoubt]
    people: dict[str, PeopleDoubt]
    wet: WetDoubt

    @field_validator("people")
    @classmethod
    def _methods(cls, people: dict[str, PeopleDoubt]) -> dict[str, PeopleDoubt]:
        for name in people:
            if name not in METHODS:
                msg = f"{name!r} is none of {', '.join(METHODS)}"
                raise ValueError(msg)
        return people


@dataclass(frozen=True)
class Draws:
    """What differs in each draw.

    Attributes
    ----------
    wet
        bool ``(draws,)``: whether it is the wet season.
    speed
        float64 ``(draws,)``: the factor of the mode's speed.
    people
        float64 ``(draws, villages)``: the factor of each village's people.
    """

    wet: NDArray[np.bool_]
    speed: NDArray[np.float64]
    people: NDArray[np.float64]


def default_uncertainty() -> Uncertainty:
    """Return the uncertainty of ``planner/data/uncertainty.yml``.

    Examples
    --------
    >>> default_uncertainty().wet.share
    0.5
    """
    return Uncertainty.model_validate(_default())


def _default() -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load(
        files("planner").joinpath("data/uncertainty.yml").read_text("utf-8")
    )
    return content


def read_uncertainty(path: str | Path) -> Uncertainty:
    """Read an uncertainty file; what it does not name is as in the default.

    Parameters
    ----------
    path
        YAML.

    Raises
    ------
    MissingFileError, UnreadableFileError, ConfigError
        With the key, the line and what to do.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "here.yml")
    ...     _ = file.write_text("wet: {share: 0.6}", "utf-8")
    ...     read_uncertainty(file).wet.share
    0.6
    """
    return read_yaml(as_path(path, "path"), Uncertainty, "uncertainty file", base=_default())


def drawn(uncertainty: Uncertainty, mode: str, method: pd.Series[str], *, draws: int, seed: int) -> Draws:
    """Return draws; those of a smaller number are the first of a larger one.

    Each draw has a stream of its own, in which the season comes first, then the speed, then the villages in
    the order of their codes: neither the order of rows nor the number of draws changes any of them.

    Parameters
    ----------
    uncertainty
        What is uncertain.
    mode
        How people travel.
    method
        By village (index ``village_code``), how its people were placed.
    draws
        How many, 1 to 1,000.
    seed
        One seed, one answer.

    Returns
    -------
    draws
        Its villages in the order of ``method``.

    Raises
    ------
    ConfigError
        Nothing is said of the mode, or of a method; the number of draws or the seed is not allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> villages = pd.Series("roads", index=["a", "b"])
    >>> two, one = (drawn(default_uncertainty(), "walking", villages, draws=n, seed=7) for n in (2, 1))
    >>> bool((two.people[:1] == one.people).all()), two.people.shape
    (True, (2, 2))
    """
    require_draws(draws, seed)
    doubt, spread = _of_mode(uncertainty, mode), _of_villages(uncertainty, method)
    order = np.argsort(method.index.to_numpy(dtype=str), kind="stable")
    wet, speed = np.empty(draws, np.bool_), np.empty(draws)
    people = np.empty((draws, len(method)))
    for d in range(draws):
        random = np.random.default_rng([seed, d])
        wet[d] = random.random() < uncertainty.wet.share
        speed[d] = np.exp((doubt.wet if wet[d] else doubt.dry) * random.standard_normal())
        people[d, order] = random.standard_normal(len(method))
    return Draws(wet, speed, np.exp(spread * people - spread**2 / 2))


def require_draws(draws: int, seed: int) -> None:
    """Raise ConfigError for a number of draws, or a seed, that is not allowed.

    Examples
    --------
    >>> require_draws(0, seed=1)
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: draws is a whole number from 1 to 1,000, not 0
    """
    if not (isinstance(draws, int) and 1 <= draws <= MOST_DRAWS):
        msg = f"draws is a whole number from 1 to {MOST_DRAWS:,}, not {draws}"
        raise ConfigError(msg)
    if not (isinstance(seed, int) and 0 <= seed < 2**31):
        msg = f"seed is a whole number from 0 to {2**31 - 1}, not {seed}"
        raise ConfigError(msg)


def _of_mode(uncertainty: Uncertainty, mode: str) -> SpeedDoubt:
    if mode not in uncertainty.speed:
        msg = f"uncertainty: nothing is said of the speed of {mode!r}." + suggest(mode, uncertainty.speed)
        raise ConfigError(msg)
    return uncertainty.speed[mode]


def _of_villages(uncertainty: Uncertainty, method: pd.Series[str]) -> NDArray[np.float64]:
    known = {name: one.spread for name, one in uncertainty.people.items()}
    lacking = sorted(set(method) - set(known))
    if lacking:
        msg = f"uncertainty: nothing is said of people placed by {lacking[0]!r}; give people.{lacking[0]}"
        raise ConfigError(msg)
    spread: NDArray[np.float64] = method.map(known).to_numpy(dtype=np.float64)
    return spread
