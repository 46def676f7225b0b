"""The catalogues of the map, of the ILP lines and of the grade, as data: a language each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from geodata.errors import ConfigError

LANGUAGES = ("id", "en")


def map_texts(lang: str) -> dict[str, str]:
    """Return the page's texts in Indonesian (``id``) or English (``en``).

    Raises
    ------
    ConfigError
        For any other language.
    """
    if lang not in LANGUAGES:
        msg = f"--lang {lang!r}: choose one of {', '.join(LANGUAGES)}"
        raise ConfigError(msg)
    return dict(_all_texts()[lang])


@cache
def _all_texts() -> dict[str, dict[str, str]]:
    text = files("planner").joinpath("data/map_texts.yml").read_text("utf-8")
    table: dict[str, dict[str, str]] = yaml.safe_load(text)
    return table


@cache
def ilp_texts() -> dict[str, dict[str, str]]:
    """Return the texts by language and key."""
    text = files("planner").joinpath("data/ilp_texts.yml").read_text("utf-8")
    texts: dict[str, dict[str, str]] = yaml.safe_load(text)
    return texts


@cache
def grade_texts() -> dict[str, dict[str, str]]:
    """Return the texts of the grade by language and key."""
    text = files("planner").joinpath("data/grade_texts.yml").read_text("utf-8")
    texts: dict[str, dict[str, str]] = yaml.safe_load(text)
    return texts
