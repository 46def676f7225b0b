"""What a planner asks: other limits or modes of travel, and edits; as data that can be kept and sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field, ValidationError

from geodata.errors import ConfigError, InputError, told_again
from geodata.files.moment import for_a_moment
from geodata.files.yamlfile import Model, merged, read_content, validated
from planner.scenarios.edits import Edit, OpenFacility
from planner.scenarios.modes import Positive
from planner.scenarios.scenario import Scenario, base_content, default_scenario
from planner.scenarios.standards import KindStandard

if TYPE_CHECKING:
    from collections.abc import Mapping


# Of a scenario file: what a question holds, and what is only its name.
TAKEN = ("name", "standard", "edits")
# Of a rule: where its numbers come from, which changes none.
RULE_SOURCES = ("basis", "provenance")


class RuleChange(Model):
    """What differs from the standard of one kind."""

    mode: str | None = None
    limit_minutes: Positive | None = None


def what_if_of_file(content: bytes, base: Scenario) -> WhatIf:
    """Return what a scenario file asks of an area's base.

    Parameters
    ----------
    content
        The file, as ``jangkau gaps --scenario`` takes it.
    base
        The base scenario of the area.

    Raises
    ------
    ConfigError
        It is no scenario, or asks for more than other modes, limits and changes: the message says what.

    Examples
    --------
    What the file does not say is as the base has it; what it says holds, also where the software itself says
    so and the base does not:

    >>> from planner.scenarios.scenario import default_scenario
    >>> base = WhatIf().with_rule("pustu", limit_minutes=45.0).scenario(default_scenario())
    >>> what_if_of_file(b"{name: a, standard: {pustu: {limit_minutes: 30}}}", base).standard
    {'pustu': RuleChange(mode=None, limit_minutes=30.0)}
    >>> what_if_of_file(b"{name: a, standard: {pustu: {mode: motorcycle}}}", base).standard
    {}
    """
    asked, said = _read(content)
    for kind in said.get("standard", {}):
        if kind not in base.standard:
            kinds = ", ".join(base.standard)
            msg = f"standard.{kind}: this area's standard has {kinds}"
            raise ConfigError(msg, why="unknown_kind", kind=kind, kinds=kinds)
    changed = _beyond(_plain(base), said)
    rules = {
        kind: RuleChange(mode=rule.get("mode"), limit_minutes=rule.get("limit_minutes"))
        for kind, rule in changed.get("standard", {}).items()
    }
    # A file that was written here says what the base asks too.
    own = asked.edits[: len(base.edits)] == base.edits
    what_if = WhatIf(
        standard={kind: rule for kind, rule in rules.items() if rule != RuleChange()},
        edits=asked.edits[len(base.edits) :] if own else asked.edits,
    )
    more = [name for name in changed if name not in TAKEN] or _untaken_rules(what_if.scenario(base), said)
    if more:
        msg = (
            f"the file also sets {', '.join(more)}, which is not changed here: start the app with "
            "`jangkau serve --scenario FILE`, or leave it out"
        )
        raise ConfigError(msg, why="file_sets_more", names=", ".join(more))
    return what_if


def content_of_file(content: bytes, base: Scenario) -> dict[str, Any]:
    """Return :func:`what_if_of_file` as plain values, as they are asked of another process."""
    return what_if_of_file(content, base).content()


def _read(content: bytes) -> tuple[Scenario, dict[str, Any]]:
    """Return the scenario of a file, and of its values those that the file itself says."""
    with for_a_moment("app") as folder:
        file = folder / "scenario.yml"
        file.write_bytes(content)
        try:
            said, lines = read_content(file, "the scenario file")
            asked = validated(
                Scenario, merged(base_content(), said), f"the scenario file {file}", lines=lines
            )
        except InputError as error:
            raise told_again(error, str(error).replace(str(file), file.name)) from None
    return asked, _only(_plain(asked), said)


def _only(values: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Return of a scenario's values those that a file says, mappings key by key."""
    return {
        key: _only(values[key], value)
        if isinstance(value, dict) and isinstance(values[key], dict)
        else values[key]
        for key, value in said.items()
    }


def _untaken_rules(made: Scenario, said: dict[str, Any]) -> list[str]:
    """Return what a file says of rules and the scenario that was made of it has not, by its keys."""
    left = _beyond(_plain(made)["standard"], said.get("standard", {}))
    return [
        f"standard.{kind}.{name}" for kind, rule in left.items() for name in rule if name not in RULE_SOURCES
    ]


class WhatIf(Model):
    """A question against a base scenario; the same keys as a scenario file has.

    Examples
    --------
    >>> from planner.scenarios.scenario import default_scenario
    >>> question = WhatIf().with_rule("pustu", limit_minutes=45.0)
    >>> question.scenario(default_scenario()).standard["pustu"].limit_minutes
    45.0
    >>> WhatIf.read(question.content()) == question
    True
    """

    standard: dict[str, RuleChange] = Field(default_factory=dict)
    edits: tuple[Edit, ...] = ()

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> WhatIf:
        """Return the question that :meth:`content` gave.

        Raises
        ------
        ConfigError
        """
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(p) for p in first["loc"])
            msg = f"this scenario cannot be read: {where}: {first['msg']}"
            raise ConfigError(msg) from None

    def content(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def key(self) -> str:
        """Return a text that equal questions share."""
        return json.dumps(self.content(), sort_keys=True)

    @property
    def is_base(self) -> bool:
        """Whether nothing is asked: the base itself."""
        return not self.edits and not self.standard

    def scenario(self, base: Scenario) -> Scenario:
        """Return the scenario it makes of a base one.

        Raises
        ------
        ConfigError
            It names a kind or mode that the base does not have.
        """
        standard = dict(base.standard)
        for kind, change in self.standard.items():
            if kind not in standard:
                msg = f"standard.{kind}: the standard has {', '.join(standard)}"
                raise ConfigError(msg)
            if change.mode is not None and change.mode not in base.modes:
                msg = f"standard.{kind}.mode: {change.mode!r} is not one of {', '.join(base.modes)}"
                raise ConfigError(msg)
            rule = standard[kind].model_dump() | change.model_dump(exclude_none=True)
            if rule["fair_minutes"] is not None and rule["fair_minutes"] < rule["limit_minutes"]:
                # Whatever was only fair is within the limit now.
                rule["fair_minutes"] = None
            standard[kind] = KindStandard.model_validate(rule)
        return base.model_copy(update={"standard": standard, "edits": (*base.edits, *self.edits)})

    def with_edit(self, edit: Edit) -> WhatIf:
        """Return it with one edit more."""
        return self.model_copy(update={"edits": (*self.edits, edit)})

    def without(self, edit: Edit) -> WhatIf:
        """Return it without an edit; a unit that was never opened is not moved or closed either."""
        at = next((i for i, e in enumerate(self.edits) if e is edit or e == edit), None)
        if at is None:
            return self
        kept = (*self.edits[:at], *self.edits[at + 1 :])
        if isinstance(edit, OpenFacility):
            kept = tuple(e for e in kept if getattr(e, "id", None) != edit.id)
        return self.model_copy(update={"edits": kept})

    def with_rule(self, kind: str, *, mode: str | None = None, limit_minutes: float | None = None) -> WhatIf:
        """Return it with another mode or limit for a kind; None takes the standard's own again."""
        change = RuleChange.model_validate({"mode": mode, "limit_minutes": limit_minutes})
        rest = {k: v for k, v in self.standard.items() if k != kind}
        if change != RuleChange():
            rest[kind] = change
        return self.model_copy(update={"standard": dict(sorted(rest.items()))})

    def to_yaml(self, name: str, base: Scenario) -> str:
        """Return it as a scenario file for ``jangkau gaps --scenario``, which gives the same answer.

        Parameters
        ----------
        base
            What it was asked of.
        """
        # All that is not as in the software itself, since the base may come from a file; and what the base
        # has otherwise.
        asked = self.scenario(base)
        values = _plain(asked)
        differs = merged(_beyond(_plain(default_scenario()), values), _beyond(_plain(base), values))
        content = {"name": name, **{k: v for k, v in differs.items() if k != "name"}}
        if asked.edits:
            content["edits"] = WhatIf(edits=asked.edits).content()["edits"]
        return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def _plain(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as the values of its file."""
    return scenario.model_dump(mode="json", by_alias=True)


def _beyond(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what of the values differs, mappings key by key, as a file says it."""
    out = {}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _beyond(old, value)  # noqa: PLW2901 - what is left of it
            if value:
                out[key] = value
        elif key not in before or old != value:
            out[key] = value
    return out
