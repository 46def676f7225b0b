"""What the office itself states of its area and of ILP, as a file: each statement with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from geodata.adoption import iso_date
from geodata.files.yamlfile import Model, read_yaml
from planner.scenarios.standards import require_kinds

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

MOST = 60  # statements; more are a report of their own
LONGEST = 600  # characters of a text

Number = Annotated[int, Field(ge=0, le=1_000_000_000)]
Year = Annotated[int, Field(ge=2000, le=2100)]


def _iso(value: object) -> object:
    """Take a year that YAML read as a number too."""
    if value is None:
        msg = "write a date, such as 28/06/2024, 2024-06 or 2024"
        raise ValueError(msg)
    return iso_date(str(value) if isinstance(value, int) else value)


Date = Annotated[str, BeforeValidator(_iso)]


class Texts(Model):
    """A text in both languages."""

    id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    en: Annotated[str, Field(min_length=1, max_length=LONGEST)]


def _in_both(value: object) -> object:
    return {"id": value, "en": value} if isinstance(value, str) else value


# One text stands for both languages: what an office wrote is not translated.
AnyText = Annotated[Texts, BeforeValidator(_in_both)]


class _Statement(Model):
    source: str = ""


class People(_Statement):
    """How many people the area has."""

    fact: Literal["people"]
    number: Number


class Launch(_Statement):
    """When ILP was launched."""

    fact: Literal["launch"]
    date: Date


class Units(_Statement):
    """How many units take up ILP together, by kind, and by which year."""

    fact: Literal["units"]
    units: Annotated[dict[str, Number], Field(min_length=1)]
    by_year: Year | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        require_kinds(list(self.units))
        return self


class Adopted(_Statement):
    """How many puskesmas of how many apply ILP, which, since when, and by which year all are to."""

    fact: Literal["adopted"]
    number: Number
    of: Number
    names: tuple[str, ...] = ()
    date: Date | None = None
    all_by_year: Year | None = None

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.number > self.of:
            msg = f"number ({self.number}) must not be above of ({self.of})"
            raise ValueError(msg)
        if len(self.names) > self.number:
            msg = f"{len(self.names)} names are given for {self.number} puskesmas"
            raise ValueError(msg)
        return self


class Commitment(_Statement):
    """What was committed to, by whom (positions, no names of people), and when."""

    fact: Literal["commitment"]
    to: AnyText
    signed_by: tuple[str, ...] = ()
    date: Date | None = None


class Role(_Statement):
    """Who takes part in ILP, and with what."""

    fact: Literal["role"]
    who: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    does: AnyText


class Levels(_Statement):
    """How far down the service goes."""

    fact: Literal["levels"]
    levels: Annotated[
        tuple[Literal["kelurahan", "desa", "dusun", "rw", "rt", "home"], ...], Field(min_length=1)
    ]


class Islands(_Statement):
    """That the area is one of islands, and how many have people."""

    fact: Literal["islands"]
    inhabited: Number | None = None


class Dashboard(_Statement):
    """For how many villages there is, or is to be, a dashboard of their health situation (PWS)."""

    fact: Literal["dashboard"]
    villages: Number
    running: bool


class Target(_Statement):
    """Which share of all puskesmas is to apply ILP, and how many that are in the country or province."""

    fact: Literal["target"]
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    level: Literal["national", "province", "regency"] = "national"
    puskesmas: Number | None = None
    by_year: Year | None = None


class Said(_Statement):
    """Anything else, in the office's own words."""

    fact: Literal["text"]
    text: AnyText


Statement = Annotated[
    People | Launch | Units | Adopted | Commitment | Role | Levels | Islands | Dashboard | Target | Said,
    Field(discriminator="fact"),
]


class Facts(Model):
    """All that an office states.

    Attributes
    ----------
    source
        Of the statements that name none.
    statements
        In the order in which the document has them; each has a source in the end.
    """

    source: str = ""
    statements: Annotated[tuple[Statement, ...], Field(min_length=1, max_length=MOST)]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        for number, one in enumerate(self.statements, start=1):
            if not (one.source or self.source).strip():
                msg = f"statement {number} ({one.fact}) has no source: write source: beside it, or at the top"
                raise ValueError(msg)
        return self

    def source_of(self, one: Statement) -> str:
        """Return where a statement comes from."""
        return one.source or self.source


def read_facts(path: Path) -> Facts:
    """Read what an office states.

    Parameters
    ----------
    path
        A YAML file.

    Raises
    ------
    MissingFileError, UnreadableFileError, ConfigError
        It is not there, or no such file: the message names the key and the line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "facts.yml")
    ...     _ = file.write_text("{source: launch, statements: [{fact: people, number: 210684}]}", "utf-8")
    ...     read_facts(file).statements[0].number
    210684
    """
    return read_yaml(path, Facts, "the facts file")
