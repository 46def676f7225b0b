"""What the workbook says: headings, words of cells and sentences, by language (workbook_texts.yml)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from geodata.files.yamlfile import Model
from planner.texts.catalogues import map_texts


class WorkbookTexts(Model):
    """One language; ``of_kind`` are headings of columns that every kind of facility has."""

    sheet: dict[str, str]
    title: dict[str, str]
    note: dict[str, str]
    heading: dict[str, str]
    of_kind: dict[str, str]
    word: dict[str, str]
    method: dict[str, str]


def workbook_texts(lang: str) -> WorkbookTexts:
    """Return the texts in Indonesian (``id``) or English (``en``).

    Raises
    ------
    ConfigError
        For any other language.

    Examples
    --------
    >>> workbook_texts("en").sheet["villages"]
    'Villages'
    """
    map_texts(lang)
    return _all_texts()[lang]


@cache
def _all_texts() -> dict[str, WorkbookTexts]:
    text = files("planner").joinpath("data/workbook_texts.yml").read_text("utf-8")
    return {lang: WorkbookTexts.model_validate(words) for lang, words in yaml.safe_load(text).items()}
