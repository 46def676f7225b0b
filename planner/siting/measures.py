"""What can be done about a gap, as data: open a unit, upgrade one, have one function again."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import BeforeValidator, Field, field_validator, model_validator

from geodata.files.yamlfile import Model, read_yaml
from planner.scenarios.modes import Number, Positive, no_truth
from planner.scenarios.standards import Count, require_kinds

if TYPE_CHECKING:
    from typing import Self

Idr = Annotated[float, BeforeValidator(no_truth), Field(ge=0, le=1e15, allow_inf_nan=False)]


class Measure(Model):
    """One thing that can be done, where it can, and what it takes.

    Attributes
    ----------
    op
        ``open`` a new unit, ``upgrade`` a unit of another kind, have one ``function`` again.
    kind
        The facility kind that there is afterwards.
    of
        Which kinds may be upgraded.
    at
        Where a new unit may be: in the middle of each settlement's people (``settlements``: the hamlets that
        are given, or else the villages), or at places ``spacing_m`` (metres) apart where people live
        (``roads``).
    spacing_m
        See ``at``.
    cost_idr, yearly_idr
        In rupiah, once and every year; None = not given.
    staff
        How many of each profession it takes.
    lead_years
        From the decision until it works.
    basis
        Where the numbers come from.
    """

    op: Literal["open", "upgrade", "function"]
    kind: str
    of: tuple[str, ...] = ()
    at: Literal["settlements", "roads"] = "roads"
    spacing_m: Positive = 1000.0
    cost_idr: Idr | None = None
    yearly_idr: Idr | None = None
    staff: dict[str, Count] = Field(default_factory=dict)
    lead_years: Annotated[Number, Field(le=20)] = 0.0
    basis: str = ""

    @field_validator("kind")
    @classmethod
    def _kind(cls, kind: str) -> str:
        require_kinds([kind])
        return kind

    @model_validator(mode="after")
    def _upgraded(self) -> Self:
        require_kinds(self.of)
        if (self.op == "upgrade") != bool(self.of):
            msg = "upgrade needs `of:`, the kinds that are upgraded; nothing else has it"
            raise ValueError(msg)
        if self.kind in self.of:
            msg = f"a {self.kind} cannot be upgraded to a {self.kind}"
            raise ValueError(msg)
        if self.cost_idr == 0:
            msg = "a cost_idr of 0 would be chosen without end: leave it out where it is not known"
            raise ValueError(msg)
        return self


class Measures(Model):
    """Measures by name."""

    measures: dict[str, Measure]

    def of_kind(self, kind: str) -> dict[str, Measure]:
        """Return what leads to a unit of a kind, by name.

        Examples
        --------
        >>> sorted(default_measures().of_kind("pustu"))
        ['open_pustu', 'staff_pustu', 'upgrade_to_pustu']
        """
        return {name: one for name, one in self.measures.items() if one.kind == kind}


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
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "costs.yml")
    ...     _ = file.write_text("measures: {open_pustu: {cost_idr: 350000000}}", "utf-8")
    ...     measures = read_measures(file)
    >>> measures.measures["open_pustu"].cost_idr, measures.measures["open_pustu"].lead_years
    (350000000.0, 1.0)
    """
    return read_yaml(Path(path), Measures, "measures file", base=_default())
