"""What the senders of lists are told, in Indonesian: sentences as data, by rule."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import Field

from geodata.files.yamlfile import Model

Sentence = Annotated[str, Field(min_length=1)]


class RuleTexts(Model):
    """What is wrong and what to do; ``replaces``: the proposal can stand in the cell as it is."""

    wrong: Sentence
    todo: Sentence
    replaces: bool = False


class SenderTexts(Model):
    """All sentences; ``general`` is for rules without their own, ``columns`` for the layer's own columns."""

    general: RuleTexts
    rules: dict[str, RuleTexts]
    severity: dict[str, Sentence]
    kinds: dict[str, Sentence]
    columns: dict[str, Sentence]
    comment: dict[str, Sentence]
    sheet: dict[str, Sentence]
    instructions: tuple[Sentence, ...]
    table: tuple[Sentence, ...]

    def of(self, rule: str) -> RuleTexts:
        """Return the sentences of a rule.

        Examples
        --------
        >>> sender_texts().of("no such rule") == sender_texts().general
        True
        """
        return self.rules.get(rule, self.general)


@cache
def sender_texts() -> SenderTexts:
    """Return the sentences (``planner/data/sender_texts.yml``)."""
    text = files("planner").joinpath("data/sender_texts.yml").read_text("utf-8")
    return SenderTexts.model_validate(yaml.safe_load(text))
