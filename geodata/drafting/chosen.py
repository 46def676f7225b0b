"""What a file was taken for, with what somebody chose otherwise, as configuration like that of AREA.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from geodata.areafile import FacilitiesFile, PopulationFile
from geodata.drafting.headings import SURE
from geodata.drafting.unit_lists import FACILITY_KEYS
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.areafile import Covers
    from geodata.drafting.guessed import Guess

POPULATION_KEYS = ("code", "name", "district_name", "people")
# How a choice of the kind is written: that of a column, that of the names, those that head several columns of
# names, or one kind for all rows.
BY_COLUMN, BY_NAME, BY_COLUMNS = "column:", "name", "columns"


@dataclass(frozen=True)
class Chosen:
    """How a list or table is read.

    Attributes
    ----------
    role
        ``facilities`` or ``population``.
    keys
        Key of AREA.yml → column; "" for none. What is not named is found by its heading.
    kind
        ``column:X``, ``name``, ``columns`` (of names), or a facility kind. Of facilities only.
    covers
        What the list covers; None where nobody says.
    """

    role: str
    keys: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    covers: Covers | None = None


def keys_of(role: str) -> tuple[str, ...]:
    """Return the keys that a column can be chosen for.

    Examples
    --------
    >>> keys_of("population")
    ('code', 'name', 'district_name', 'people')
    """
    return {"facilities": FACILITY_KEYS, "population": POPULATION_KEYS}.get(role, ())


def first_choice(guess: Guess) -> Chosen:
    """Return how a file is read if nobody chooses otherwise: by what is sure, without what is doubtful.

    What may be no table of people has no role: somebody has to say it.
    """
    keys = {key: m.column if m.score >= SURE else "" for key, m in guess.keys.items()}
    return Chosen("" if guess.undecided else guess.role, keys, _kind(guess))


def _kind(guess: Guess) -> str:
    said = yaml.safe_load(guess.said["kind"][0]) if "kind" in guess.said else ""
    if isinstance(said, dict) and "columns" in said:
        return BY_COLUMNS
    if isinstance(said, dict):
        return BY_NAME if "from" in said else f"{BY_COLUMN}{said['column']}"
    return str(said)


def source_of(guess: Guess, chosen: Chosen) -> FacilitiesFile | PopulationFile:
    """Return the configuration of a file.

    Raises
    ------
    ConfigError
        A choice makes no sense: a kind that is none, a role that no list has.
    """
    models: dict[str, type[PopulationFile | FacilitiesFile]] = {
        "population": PopulationFile, "facilities": FacilitiesFile,
    }  # fmt: skip
    model = models.get(chosen.role)
    if model is None:
        msg = f"{guess.path.name}: say whether it is a list of facilities or a table of people"
        raise ConfigError(msg)
    text: dict[str, Any] = {key: column or None for key, column in chosen.keys.items()}
    for key, (value, _why) in guess.said.items():
        # What was found for another role has no meaning in this one.
        if key != "kind" and not text.get(key) and key in model.model_fields:
            text[key] = yaml.safe_load(value)
    text |= {"path": guess.path, "sheet": guess.sheet, "layer": guess.layer}
    if model is FacilitiesFile:
        text |= {"kind": _kind_said(guess, chosen.kind), "covers": chosen.covers}
    try:
        return model.model_validate(text)
    except ValidationError as error:
        raise ConfigError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None


def _kind_said(guess: Guess, kind: str) -> object:
    guessed = yaml.safe_load(guess.said["kind"][0]) if "kind" in guess.said else None
    if kind == BY_COLUMNS:
        return guessed
    if kind == BY_NAME:
        # What the guess found besides: a column of numbers that only puskesmas have.
        return guessed if isinstance(guessed, dict) and "from" in guessed else {"from": "name"}
    if kind.startswith(BY_COLUMN):
        column = kind.removeprefix(BY_COLUMN)
        # What the guess found besides: the words of the column that are the office's own.
        return (
            guessed if isinstance(guessed, dict) and guessed.get("column") == column else {"column": column}
        )
    return kind
