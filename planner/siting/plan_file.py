"""A rollout as it is asked for: years with what there is in each, and which puskesmas is ready when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from geodata.arguments import as_path
from geodata.files.yamlfile import Model, read_yaml
from geodata.vocabulary.spelling import spelling_key
from planner.scenarios.modes import Number, Positive, no_truth
from planner.scenarios.standards import require_kinds
from planner.siting.ask import Ask
from planner.siting.measures import Idr
from planner.supply.stages import default_stages

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

# 0 too: a year may have nothing.
Whole = Annotated[int, BeforeValidator(no_truth), Field(ge=0, le=100_000)]
Calendar = Annotated[int, BeforeValidator(no_truth), Field(ge=2000, le=2200)]


class PlanYear(Model):
    """What there is in a year.

    Attributes
    ----------
    year
        Of the calendar.
    units
        So many measures may be decided; or else ``budget_idr``.
    budget_idr
        Rupiah for first costs of what is decided, and yearly costs of what works.
    staff
        How many of each profession are newly there. A profession that no year names is not limited.
    weight
        What a person who is reached in this year counts.
    people_factor
        People of this year against those of the population table.
    """

    year: Calendar
    units: Whole | None = None
    budget_idr: Idr | None = None
    staff: dict[str, Whole] = Field(default_factory=dict)
    weight: Positive = 1.0
    people_factor: Positive = 1.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.units is None) == (self.budget_idr is None):
            msg = f"{self.year}: give units or budget_idr, one of them"
            raise ValueError(msg)
        return self


class AfterStage(Model):
    """From which stage of ILP adoption of its puskesmas on a unit may open.

    Attributes
    ----------
    stage
        Its key, such as ``peluncuran``, or how a list writes it.
    ready
        By ``facility_id`` of a puskesmas, the year from which on it has that stage. Those that have it today
        are ready at once; of the others nobody knows, and they wait.
    """

    stage: str
    ready: dict[str, Calendar] = Field(default_factory=dict)

    @field_validator("stage")
    @classmethod
    def _stage(cls, stage: str) -> str:
        key = default_stages().spellings().get(spelling_key(stage))
        if key is None:
            msg = f"stage is one of {', '.join(default_stages().keys)}, not {stage!r}"
            raise ValueError(msg)
        return key


class RolloutPlan(Model):
    """What is asked of a rollout.

    Attributes
    ----------
    kind
        The facility kind.
    years
        In their order, one after the other.
    carry_over
        Whether what is left of a year may be spent later; else it lapses.
    after_stage
        When the puskesmas of a unit has to be ready; no such rule when None.
    forced, forbidden, both_seasons, min_distance_m, one_per_village, seed, time_limit_s
        As :class:`planner.siting.ask.Ask` has them.

    Examples
    --------
    >>> plan = RolloutPlan(kind="pustu", years=[PlanYear(year=2027, units=2), PlanYear(year=2028, units=3)])
    >>> [year.units for year in plan.years]
    [2, 3]
    """

    kind: str
    years: Annotated[tuple[PlanYear, ...], Field(min_length=1, max_length=30)]
    carry_over: bool = False
    after_stage: AfterStage | None = None
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    both_seasons: bool = False
    min_distance_m: Positive | None = None
    one_per_village: bool = False
    seed: Annotated[int, BeforeValidator(no_truth), Field(ge=0, lt=2**31)] = 0
    time_limit_s: Annotated[Number, Field(gt=0)] = 60.0

    @field_validator("kind")
    @classmethod
    def _kind(cls, kind: str) -> str:
        require_kinds([kind])
        return kind

    @model_validator(mode="after")
    def _years(self) -> Self:
        numbers = [y.year for y in self.years]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            msg = f"years follow each other, each once; these are {', '.join(map(str, numbers))}"
            raise ValueError(msg)
        if len({y.units is None for y in self.years}) > 1:
            msg = "all years have units, or all have budget_idr"
            raise ValueError(msg)
        if not any(y.units or y.budget_idr for y in self.years):
            msg = "no year has anything to spend"
            raise ValueError(msg)
        return self

    @property
    def counts_money(self) -> bool:
        """Whether budgets are rupiah."""
        return self.years[0].units is None

    @property
    def budgets(self) -> list[float]:
        """Of each year, in units or rupiah."""
        return [float(y.units if y.units is not None else y.budget_idr or 0.0) for y in self.years]

    def ask(self) -> Ask:
        """Return what is asked of all years together.

        Examples
        --------
        >>> years = ({"year": 2027, "units": 2}, {"year": 2028, "units": 3})
        >>> RolloutPlan.model_validate({"kind": "pustu", "years": years}).ask().units
        5
        """
        total = sum(self.budgets)
        return Ask(
            units=None if self.counts_money else int(total),
            budget_idr=total if self.counts_money else None,
            forced=self.forced,
            forbidden=self.forbidden,
            seasons=("dry", "wet") if self.both_seasons else None,
            min_distance_m=self.min_distance_m,
            one_per_village=self.one_per_village,
            seed=self.seed,
            time_limit_s=self.time_limit_s,
        )


def read_plan(path: str | Path) -> RolloutPlan:
    """Read a plan file.

    Parameters
    ----------
    path
        YAML: see :class:`RolloutPlan`.

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
    ...     file = Path(folder, "plan.yml")
    ...     _ = file.write_text("{kind: pustu, years: [{year: 2027, units: 2}]}", "utf-8")
    ...     read_plan(file).budgets
    [2.0]
    """
    return read_yaml(as_path(path, "path"), RolloutPlan, "plan file", base={})
