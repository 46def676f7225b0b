"""A plan of sites as it is asked for in a file: what ``jangkau site`` takes as options, or as PLAN.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, field_validator

from geodata.arguments import as_path
from geodata.files.yamlfile import Model, read_yaml
from planner.scenarios.modes import Number, no_truth
from planner.scenarios.standards import require_kinds
from planner.siting.ask import Ask, Floor, Objective
from planner.siting.measures import Idr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

Whole = Annotated[int, BeforeValidator(no_truth)]
# How much there is: one of these.
AMOUNTS = ("units", "budget_idr", "target")


class SitePlan(Model):
    """What is asked of a plan of sites.

    Attributes
    ----------
    kind
        The facility kind.
    floors
        Shares (0-1) that the plan reaches at least: ``all``, ``district``, ``worst_tenth`` or a life-cycle
        group to its share.
    both_seasons
        Whether people count only if reached in the dry and in the wet season.
    backup
        How many units have to be within the limit of a person who counts: 2 or more.
    capacity
        Whether a unit within the limit must have room for a person who counts.
    units, budget_idr, target, objective, target_in, least
        As :class:`planner.siting.ask.Ask` has them, like all the rest.

    Examples
    --------
    >>> plan = SitePlan(kind="pustu", units=10, floors={"district": 0.5})
    >>> plan.kind, plan.units
    ('pustu', 10)
    """

    kind: str
    units: Whole | None = None
    budget_idr: Idr | None = None
    target: Number | None = None
    objective: str = Objective.PEOPLE.value
    target_in: str = "all"
    least: str = "units"
    floors: dict[str, Number] = Field(default_factory=dict)
    min_distance_m: Number | None = None
    one_per_village: bool = False
    gradual_minutes: Number | None = None
    backup: Whole | None = None
    capacity: bool = False
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    both_seasons: bool = False
    seed: Whole = 0
    time_limit_s: Number = 60.0

    @field_validator("kind")
    @classmethod
    def _kind(cls, kind: str) -> str:
        require_kinds([kind])
        return kind

    def ask(self) -> Ask:
        """Return what is asked.

        Raises
        ------
        ConfigError
            It makes no sense: two amounts, a share above 1, ….

        Examples
        --------
        >>> plan = SitePlan(kind="pustu", units=3, floors={"district": 0.5}, both_seasons=True)
        >>> plan.ask().floors, plan.ask().seasons
        ((Floor(of='district', share=0.5),), ('dry', 'wet'))
        """
        return Ask(
            units=self.units, budget_idr=self.budget_idr, target=self.target,
            objective=self.objective,  # type: ignore[arg-type] # it says which there are
            target_in=self.target_in, least=self.least,  # type: ignore[arg-type] # as above
            floors=tuple(Floor(who, share) for who, share in self.floors.items()),
            min_distance_m=self.min_distance_m, one_per_village=self.one_per_village,
            gradual_minutes=self.gradual_minutes, backup=self.backup, capacity=self.capacity,
            forced=self.forced, forbidden=self.forbidden,
            seasons=("dry", "wet") if self.both_seasons else None,
            seed=self.seed, time_limit_s=self.time_limit_s,
        )  # fmt: skip


def read_site_plan(path: str | Path, *, instead: Mapping[str, Any] | None = None) -> SitePlan:
    """Read a plan file of sites.

    Parameters
    ----------
    path
        YAML: see :class:`SitePlan`.
    instead
        Keys that count in place of the file's; one amount in place of another.

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
    ...     _ = file.write_text("{kind: pustu, units: 2, one_per_village: true}", "utf-8")
    ...     plan = read_site_plan(file, instead={"target": 0.9})
    >>> plan.units, plan.target, plan.one_per_village
    (None, 0.9, True)
    """
    given = dict(instead or {})
    plan = read_yaml(
        as_path(path, "path"), SitePlan, "plan file", base={k: v for k, v in given.items() if k == "kind"}
    )
    kept = plan.model_dump(exclude_unset=True)
    if given.keys() & set(AMOUNTS):
        kept = {key: value for key, value in kept.items() if key not in AMOUNTS}
    return SitePlan.model_validate(kept | given)
