"""The catalogues of the map, of the ILP lines and of the grade, as data: a language each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from geodata.errors import ConfigError

LANGUAGES = ("id", "en")
# The same values, read some ten times as quickly, where PyYAML was built with libyaml (its wheels are).
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_catalogue(name: str) -> Any:  # noqa: ANN401 - the values of a YAML file
    """Return what a file of ``planner/data`` holds; the sentences of documents fill a long one.

    Parameters
    ----------
    name
        Of the file.

    Examples
    --------
    >>> sorted(read_catalogue("ilp_texts.yml"))
    ['en', 'id']
    """
    text = files("planner").joinpath(f"data/{name}").read_text("utf-8")
    return yaml.load(text, _LOADER)  # noqa: S506 - safe, and our own file


def map_texts(lang: str) -> dict[str, str]:
    """Return the page's texts in Indonesian (``id``) or English (``en``).

    Raises
    ------
    ConfigError
        For any other language.
    """
    if lang not in LANGUAGES:
        msg = f"lang {lang!r}: choose one of {', '.join(LANGUAGES)}"
        raise ConfigError(msg)
    return dict(_all_texts()[lang])


@cache
def _all_texts() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = read_catalogue("map_texts.yml")
    return table


@cache
def ilp_texts() -> dict[str, dict[str, str]]:
    """Return the texts by language and key."""
    texts: dict[str, dict[str, str]] = read_catalogue("ilp_texts.yml")
    return texts


@cache
def grade_texts() -> dict[str, dict[str, str]]:
    """Return the texts of the grade by language and key."""
    texts: dict[str, dict[str, str]] = read_catalogue("grade_texts.yml")
    return texts
