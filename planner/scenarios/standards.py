"""Service standards as data: what a village should have, how near, how staffed; versioned, with sources."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from geodata.errors import ConfigError
from geodata.files.yamlfile import Model, merged, read_content, validated
from geodata.vocabulary.kinds import require_kind
from planner.scenarios.modes import Positive, Season

if TYPE_CHECKING:
    from collections.abc import Iterable

Per = Literal["village", "district", "hamlet"]
Count = Annotated[int, Field(ge=1, le=1000)]
# The built-in standard that a file changes.
DEFAULT = "ilp"
# What ``provenance`` may speak of.
NUMBERS = (
    "limit_minutes", "limit_minutes_wet", "fair_minutes", "presence", "aim", "staff", "open_days_month",
    "people_per_unit", "counts", "mode",
)  # fmt: skip


def require_kinds(kinds: Iterable[str]) -> None:
    """Raise ValueError for a name that is no facility kind.

    Raises
    ------
    ValueError
        A name is none of :func:`geodata.vocabulary.kinds.known_kinds`.

    Examples
    --------
    >>> require_kinds(["puskesmas", "pustu"])
    >>> require_kinds(["warung"])
    Traceback (most recent call last):
        ...
    geodata.errors.UnknownCodeError: 'warung' is not a facility kind. Use one of ...
    """
    for kind in kinds:
        require_kind(kind)


def require_kind_keys(table: object) -> object:
    """Return a mapping whose keys are facility kinds as it is, to be asked before its values are looked at.

    Parameters
    ----------
    table
        Anything; what is no mapping is somebody else's to refuse.

    Raises
    ------
    ValidationError
        At each key that is no facility kind.

    Examples
    --------
    >>> require_kind_keys({"pustu": {}})
    {'pustu': {}}
    >>> require_kind_keys({"pustuu": {}})
    Traceback (most recent call last):
        ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for kinds
    ...
    """
    faults = []
    for name in table if isinstance(table, dict) else ():
        try:
            require_kinds([name])
        except ValueError as error:
            said = PydanticCustomError("kind", "{said}", {"said": str(error)})
            faults.append(InitErrorDetails(type=said, loc=(str(name),), input=name))
    if faults:
        title = "kinds"
        raise ValidationError.from_exception_data(title, faults)
    return table


class OtherLimit(Model):
    """A limit by another mode that is reported besides the rule's own."""

    mode: str
    limit_minutes: Positive
    basis: str = ""


class KindStandard(Model):
    """What is asked of a kind of facility; reached means ``travel_s <= limit_minutes * 60``.

    Attributes
    ----------
    mode, limit_minutes
        How people travel, and how long they may take.
    limit_minutes_wet
        Another limit for the wet season; None for the same.
    fair_minutes
        Beyond the limit and up to here a time is fair, further it is poor; None makes no difference.
    also
        Limits by other modes, reported besides.
    counts
        Other kinds that serve as this one.
    presence
        At least one unit in each village, kecamatan (``district``) or hamlet; None asks for none.
    aim
        As ``presence``, but an aim: its lack is shown and fails nothing.
    staff
        How many of each profession a unit needs to function.
    open_days_month
        How many days a month it has to be open to function.
    people_per_unit
        Capacity of a unit where the list of facilities gives none.
    basis, provenance
        The source of the limit, and of the other numbers by name.
    """

    mode: str
    limit_minutes: Positive
    limit_minutes_wet: Positive | None = None
    fair_minutes: Positive | None = None
    also: tuple[OtherLimit, ...] = ()
    counts: tuple[str, ...] = ()
    presence: Per | None = None
    aim: Per | None = None
    staff: dict[str, Count] = Field(default_factory=dict)
    open_days_month: Positive | None = None
    people_per_unit: Positive | None = None
    basis: str = ""
    provenance: dict[str, str] = Field(default_factory=dict)

    @field_validator("counts")
    @classmethod
    def _kinds(cls, counts: tuple[str, ...]) -> tuple[str, ...]:
        require_kinds(counts)
        return counts

    @field_validator("provenance")
    @classmethod
    def _known(cls, provenance: dict[str, str]) -> dict[str, str]:
        for key in provenance:
            if key not in NUMBERS:
                msg = f"{key!r} is none of {', '.join(NUMBERS)}"
                raise ValueError(msg)
        return provenance

    @model_validator(mode="after")
    def _ordered(self) -> KindStandard:
        if self.fair_minutes is not None and self.fair_minutes < self.limit_minutes:
            msg = "fair_minutes must not be below limit_minutes: name both, or fair_minutes: null"
            raise ValueError(msg)
        return self

    @property
    def limit_s(self) -> float:
        """The limit in seconds."""
        return round(self.limit_minutes * 60.0, 6)

    def of(self, season: Season) -> KindStandard:
        """Return the rule as it holds in a season: ``limit_minutes`` is that season's.

        Examples
        --------
        >>> rule = KindStandard(mode="walking", limit_minutes=30, limit_minutes_wet=45)
        >>> rule.of("dry").limit_minutes, rule.of("wet").limit_minutes
        (30.0, 45.0)
        """
        if season == "dry" or self.limit_minutes_wet is None:
            return self
        return self.model_copy(update={"limit_minutes": self.limit_minutes_wet})


class Standard(Model):
    """A named, versioned set of rules by facility kind.

    Examples
    --------
    >>> standard_named("ilp").kinds["pustu"].staff["kader"]
    2
    """

    name: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    kinds: dict[str, KindStandard]

    @field_validator("kinds", mode="before")
    @classmethod
    def _kinds(cls, kinds: object) -> object:
        return require_kind_keys(kinds)


def built_in() -> tuple[str, ...]:
    """Return the names of the standards that come with Jangkau, sorted.

    Examples
    --------
    >>> "ilp" in built_in()
    True
    """
    folder = files("planner").joinpath("data/standards")
    return tuple(sorted(f.name.removesuffix(".yml") for f in folder.iterdir() if f.name.endswith(".yml")))


def standard_named(name: str) -> Standard:
    """Return a standard that comes with Jangkau.

    Raises
    ------
    ConfigError
        No standard of that name comes with Jangkau: the message lists those that do.

    Examples
    --------
    >>> pustu = standard_named("ilp").kinds["pustu"]
    >>> pustu.mode, pustu.limit_minutes
    ('motorcycle', 30.0)
    """
    if name not in built_in():
        msg = f"there is no standard {name!r}; give one of {', '.join(built_in())}, or a file"
        raise ConfigError(msg)
    text = files("planner").joinpath(f"data/standards/{name}.yml").read_text("utf-8")
    return Standard.model_validate(yaml.safe_load(text))


def read_standard(which: str | Path) -> Standard:
    """Return a standard by the name of a built-in one, or from a YAML file (``.yml``, ``.yaml``).

    What a file does not name of a kind that the default standard (``ilp``) has is taken from there; ``null``
    empties it. The source of a number is not taken along where the file names the number.

    Raises
    ------
    MissingFileError
        The file is not there.
    UnreadableFileError
        It cannot be opened, or is no UTF-8 text.
    ConfigError
        The name is neither built in nor that of a YAML file; or the file is no valid YAML, or a key or value
        is not allowed: the message names the key and the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> text = "{name: ours, version: '1', source: us, kinds: {pustu: {mode: walking, limit_minutes: 20}}}"
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "ours.yml")
    ...     _ = file.write_text(text, "utf-8")
    ...     ours = read_standard(file)
    >>> ours.kinds["pustu"].limit_s, ours.kinds["pustu"].counts
    (1200.0, ('poskesdes',))
    """
    if str(which) in built_in():
        return standard_named(str(which))
    path = Path(which)
    if path.suffix.lower() not in {".yml", ".yaml"}:
        return standard_named(str(which))
    said, lines = read_content(path, "the standard")
    return validated(Standard, _filled(said), f"the standard {path}", lines=lines)


def keys_of_file(which: str | Path) -> str:
    """Return in a line which keys of which kinds a file names itself; "" for a built-in standard.

    Parameters
    ----------
    which
        As :func:`read_standard` took it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "ours.yml")
    ...     _ = file.write_text("kinds: {pustu: {mode: walking, staff: null}}", "utf-8")
    ...     keys_of_file(file)
    'standard: ours.yml says of pustu: mode, staff; the rest is that of the default standard'
    """
    path = Path(which)
    if str(which) in built_in() or path.suffix.lower() not in {".yml", ".yaml"}:
        return ""
    said, _ = read_content(path, "the standard")
    kinds = said.get("kinds")
    named = [
        f"{kind}: {', '.join(map(str, rule))}"
        for kind, rule in (kinds or {}).items()
        if isinstance(rule, dict)
    ]
    return f"standard: {path.name} says of {'; '.join(named)}; the rest is that of the default standard"


def _filled(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says, with what it leaves out of a kind as the default standard has it."""
    kinds = said.get("kinds")
    if not isinstance(kinds, dict):
        return said
    usual = standard_named(DEFAULT).kinds
    return {
        **said,
        "kinds": {
            kind: _rule(usual[kind], rule) if kind in usual and isinstance(rule, dict) else rule
            for kind, rule in kinds.items()
        },
    }


def _rule(usual: KindStandard, said: dict[str, Any]) -> dict[str, Any]:
    base = usual.model_dump(exclude_unset=True)
    # A source speaks of the number that it stands beside.
    base["provenance"] = {k: v for k, v in base.get("provenance", {}).items() if k not in said}
    if not {"mode", "limit_minutes", "limit_minutes_wet"}.isdisjoint(said):
        base.pop("basis", None)
    return _without_null(merged(base, said))


def _without_null(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_null(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }
