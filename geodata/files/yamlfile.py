"""YAML files as frozen pydantic models, with messages that name the key and its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from geodata.errors import ConfigError, MissingFileError, UnreadableFileError, suggest
from geodata.files import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


class Model(BaseModel):
    """Base of all configuration: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def __init__(self, *args: object, **values: Any) -> None:  # noqa: ANN401 - pydantic checks each
        kind = type(self)
        if args:
            names = ", ".join(f"{name}=…" for name in kind.model_fields if name != "op")
            msg = f"{kind.__name__}(…) takes its values by name: {kind.__name__}({names})"
            raise ConfigError(msg)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _refused(error, kind, values, f"{kind.__name__}(…)") from None

    # Pydantic builds models within others without it, as it does where there is no ``__init__``.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # of a function


class Fault(NamedTuple):
    """One key that is wrong: the rule it breaks, and what a message in any language names.

    Attributes
    ----------
    why
        ``unknown``, ``strange`` (where nobody says what is known), ``missing``, ``one_of``, ``above``,
        ``at_least``, ``below``, ``at_most``, ``number``, ``mapping``; "" for every other rule.
    key, line
        Where it stands; 0 where the values come from no file.
    what
        What is allowed: the bound, or the words.
    """

    why: str
    key: str
    line: int
    what: str = ""


M = TypeVar("M", bound=Model)
# pydantic's names of rules, and of the value that says what is allowed.
RULES = {
    "greater_than": ("above", "gt"), "greater_than_equal": ("at_least", "ge"), "less_than": ("below", "lt"),
    "less_than_equal": ("at_most", "le"), "literal_error": ("one_of", "expected"),
    "union_tag_invalid": ("one_of", "expected_tags"), "float_parsing": ("number", ""),
    "float_type": ("number", ""), "int_parsing": ("number", ""), "int_type": ("number", ""),
    "int_from_float": ("number", ""), "finite_number": ("number", ""), "model_type": ("mapping", ""),
    "model_attributes_type": ("mapping", ""), "dict_type": ("mapping", ""), "missing": ("missing", ""),
    "union_tag_not_found": ("missing", ""),
}  # fmt: skip
# Of what was written in place of what is allowed; more is no help.
LONGEST_SHOWN = 200
_Lines = dict[tuple[object, ...], int]
_KnownLines: TypeAlias = "Mapping[tuple[object, ...], int]"
TEXT = yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG


# By libyaml where PyYAML was built with it: ten times as fast.
_SafeLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_SafeLoader):  # type: ignore[misc]  # which of the two is known only here
    """SafeLoader that refuses a key written twice (YAML itself keeps the last, silently)."""


def _cut(text: str, most: int) -> str:
    """Return a text, cut where it is so long that nobody would read it."""
    return text if len(text) <= most else text[:most] + "…"


def _no_duplicates(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[object, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        line = key_node.start_mark.line + 1
        if key in seen:
            shown = _cut(repr(key), LONGEST_SHOWN)
            msg = f"line {line}: the key {shown} is written twice (first in line {seen[key]})"
            raise ConfigError(msg)
        seen[key] = line
    made: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return made


def _no_bytes(_: _UniqueKeyLoader, node: yaml.Node) -> NoReturn:
    """Refuse bytes: what is no base64 is taken for nothing, without a word."""
    msg = "bytes (!!binary) are no value here; write the text itself"
    raise yaml.constructor.ConstructorError(None, None, msg, node.start_mark)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _no_duplicates)
_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:binary", _no_bytes)


def _require_flat(text: str) -> None:
    """Raise ConfigError for brackets in brackets in brackets, and for more values than may be held.

    libyaml's own stack ends before Python's; and to hold the values takes ten times as long as to count them.
    """
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if nodes > limits.YAML_NODES:
                msg = f"it has more than {limits.YAML_NODES:,} values. Write less."
                raise ConfigError(msg)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > limits.YAML_DEPTH:
                msg = f"brackets or dashes are nested more than {limits.YAML_DEPTH} deep"
                raise ConfigError(msg)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _require_bounded(tree: yaml.Node | None) -> None:
    """Raise ConfigError when the text is large once its aliases are written out, or holds itself.

    A few lines of aliases of aliases can stand for more than fits into any memory.
    """
    sizes: dict[int, tuple[int, int]] = {}

    def size(node: yaml.Node) -> tuple[int, int]:
        """Return the nodes and characters of a node, aliases written out."""
        if id(node) in sizes:
            nodes, characters = sizes[id(node)]
            if nodes == 0:
                msg = f"line {node.start_mark.line + 1}: an alias stands for what it is itself a part of"
                raise ConfigError(msg)
            return nodes, characters
        sizes[id(node)] = (0, 0)
        nodes, characters = 1, 0
        if isinstance(node, yaml.ScalarNode):
            characters = len(node.value)
            if characters > limits.YAML_NUMBER and node.tag != TEXT:
                line = node.start_mark.line + 1
                msg = f"line {line}: a number or date of {characters:,} characters. Put text in quotes."
                raise ConfigError(msg)
        else:
            parts = (
                [p for pair in node.value for p in pair] if isinstance(node, yaml.MappingNode) else node.value
            )
            for part in parts:
                more = size(part)
                nodes, characters = nodes + more[0], characters + more[1]
        sizes[id(node)] = (nodes, characters)
        return nodes, characters

    if tree is None:
        return
    nodes, characters = size(tree)
    if nodes > limits.YAML_NODES or characters > limits.YAML_CHARACTERS:
        msg = (
            f"it stands for {nodes:,} values and {characters:,} characters once its aliases (*name) are "
            f"written out; {limits.YAML_NODES:,} and {limits.YAML_CHARACTERS:,} are the most. Write less."
        )
        raise ConfigError(msg)


def _line_table(node: yaml.Node | None, path: tuple[object, ...], lines: _Lines, seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*path, key.value)] = key.start_mark.line + 1
            _line_table(value, (*path, key.value), lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _line_table(value, (*path, i), lines, seen)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _fields_at(model: type[BaseModel], path: Iterable[object], *, in_python: bool = False) -> list[str]:
    """Return the keys allowed beside the one that was wrong (none where several forms may stand)."""
    current: Any = model
    for part in path:
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            continue
        nested = list(_models(field.annotation))
        if len(nested) > 1:
            return []
        current = nested[0] if nested else current
    fields = getattr(current, "model_fields", {})
    return [name if in_python else field.alias or name for name, field in fields.items()]


def _keys(error: Any, content: object) -> tuple[object, ...]:  # noqa: ANN401 - pydantic's ErrorDetails
    """Return where an error is, by the keys of the file: pydantic's names for types among them left out."""
    path: list[object] = []
    last = len(error["loc"]) - 1
    for i, part in enumerate(error["loc"]):
        if isinstance(content, dict) and part in content:
            content = content[part]
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        elif i < last or error["type"] != "missing":
            continue
        path.append(part)
    return tuple(path)


def _describe(
    error: Any,  # noqa: ANN401
    path: tuple[object, ...],
    lines: _KnownLines,
    model: type[BaseModel],
    *,
    in_python: bool = False,
) -> str:
    known = path
    while known and known not in lines:
        known = known[:-1]
    key = _cut(".".join(str(p) for p in path), LONGEST_SHOWN)
    where = f"line {lines.get(known, 1)}: " if lines else ""
    if error["type"] == "extra_forbidden":
        keys = _fields_at(model, path[:-1], in_python=in_python)
        hint = suggest(str(path[-1]), keys).replace("The file has", "Keys here are") if keys else ""
        return f"{where}unknown key {key!r}.{hint}"
    if error["type"] == "missing":
        return f"{where}the key {key!r} is missing"
    if error["type"].startswith("union_tag_"):
        # One of several forms, told apart by what stands under one key.
        name = error["ctx"]["discriminator"].strip("'")
        if error["type"] == "union_tag_not_found":
            return f"{where}the key '{key}.{name}' is missing"
        forms = error["ctx"]["expected_tags"].replace("'", "").split(", ")
        hint = suggest(error["ctx"]["tag"], forms).replace("The file has:", "Use one of")
        tag = _cut(repr(error["ctx"]["tag"]), LONGEST_SHOWN)
        return f"{where}{key}.{name}: {tag} is not known.{hint}"
    text = error["msg"].removeprefix("Value error, ")
    if error["type"] in ("too_short", "too_long"):
        # A list, a mapping: the reader's word for it is not ours.
        least, most = (error["ctx"].get(one) for one in ("min_length", "max_length"))
        text = f"give at least {least} of these" if most is None else f"give at most {most:,} of these"
    if error["type"] in {"model_type", "model_attributes_type"}:
        text = "expected keys and values, as in {key: value}"
    got = repr(error["input"])
    # What is wrong with a whole file or a mapping of several keys is in none of them: it says so itself.
    whole = isinstance(error["input"], dict) and error["type"] == "value_error"
    shown = len(got) <= LONGEST_SHOWN and got not in text and not whole
    at = f"{where}{key}: " if key else ""
    return f"{at}{text}" + (f" (got {got})" if shown else "")


def _fault(error: Any, path: tuple[object, ...], lines: _KnownLines, model: type[BaseModel]) -> Fault:  # noqa: ANN401
    known = path
    while known and known not in lines:
        known = known[:-1]
    parts, context = [str(p) for p in path], error.get("ctx", {})
    if error["type"].startswith("union_tag_"):
        parts.append(context["discriminator"].strip("'"))
    key, line = _cut(".".join(parts), LONGEST_SHOWN), lines.get(known, 1) if lines else 0
    if error["type"] == "extra_forbidden":
        keys = ", ".join(_fields_at(model, path[:-1]))
        return Fault("unknown" if keys else "strange", key, line, keys)
    why, allowed = RULES.get(error["type"], ("", ""))
    what = context.get(allowed, "")
    said = f"{what:g}" if isinstance(what, (int, float)) else str(what).replace("'", "").replace(" or ", ", ")
    return Fault(why, key, line, said)


def _in_words(error: Exception) -> str:
    """Return what a YAML parser has against a text: the line first, and what to do about tabs."""
    text = " ".join(str(error).split()).replace(' in "<unicode string>"', "")
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        text = f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
        if error.context:
            text += f" ({error.context})"
    elif isinstance(error, yaml.reader.ReaderError):
        text = f"a character that YAML does not allow: {error.reason} (position {error.position})"
    if "tab character" in text or r"'\t'" in text:
        text += ". Use spaces, not tabs"
    return _cut(text, limits.FAULT_CHARACTERS)


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the keys of ``change`` put in, mappings key by key.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    out = dict(base)
    for key, value in change.items():
        old = out.get(key)
        out[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return out


def read_yaml(path: Path, model: type[M], what: str, *, base: dict[str, Any] | None = None) -> M:
    """Read one YAML file into a validated, frozen model; ``base`` holds what it may leave out.

    Raises
    ------
    MissingFileError, UnreadableFileError, ConfigError
        With the key, the line and what to do.
    """
    said, lines = read_content(path, what)
    return validated(model, merged(base or {}, said), f"{what} {path}", lines=lines)


def read_content(path: Path, what: str) -> tuple[dict[str, Any], _KnownLines]:
    """Return what one YAML file says itself, not validated, and where each key stands.

    Raises
    ------
    MissingFileError, UnreadableFileError, ConfigError
        With the line and what to do.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "rains.yml")
    ...     _ = file.write_text("season: wet", "utf-8")
    ...     read_content(file, "the scenario file")[0]
    {'season': 'wet'}
    """
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix.lower() in {".yml", ".yaml"})
        such = f", such as {path / inside[0]}" if inside else ""
        msg = f"{what} {path} is a folder. Name the file itself{such}."
        raise MissingFileError(msg)
    if not path.is_file():
        msg = f"{what} {path} is not there. Check the path."
        raise MissingFileError(msg)
    limits.require_small(path, what, limits.YAML_BYTES)
    try:
        text = path.read_text("utf-8-sig")
        _require_flat(text)
        loader = _UniqueKeyLoader(text)
        tree = loader.get_single_node()
        _require_bounded(tree)
        content = None if tree is None else loader.construct_document(tree)
    except ConfigError as error:
        msg = f"{what} {path}: {error}"
        raise ConfigError(msg) from None
    except UnicodeDecodeError:
        msg = f"{what} {path} is not a UTF-8 text file. Save it as UTF-8 text."
        raise UnreadableFileError(msg) from None
    except OSError as error:
        msg = f"{what} {path} cannot be read: {error.strerror}."
        raise UnreadableFileError(msg) from error
    # The last two: values that contradict the tag that stands before them (!!int "").
    except (yaml.YAMLError, TypeError, ValueError, RecursionError, LookupError, AttributeError) as error:
        msg = f"{what} {path} is not valid YAML: {_in_words(error)}"
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        if mark is None:
            raise ConfigError(msg) from None
        raise ConfigError(msg, why="not_yaml", line=mark.line + 1, column=mark.column + 1) from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        msg = f"{what} {path}: line 1: expected keys and values, as in 'code: \"35.09\"'."
        raise ConfigError(msg)
    lines: _Lines = {}
    _line_table(tree, (), lines, set())
    return content, lines


def validated(model: type[M], content: dict[str, Any], what: str, *, lines: _KnownLines | None = None) -> M:
    """Return plain values as a model, by the keys of its files.

    Parameters
    ----------
    model
        The kind of model.
    content
        All of its values.
    what
        What they are, for messages.
    lines
        Where each key stands; None for values that come from no file.

    Raises
    ------
    ConfigError
        With each key that is wrong, its line and what to do; of many the first, and how many more.

    Examples
    --------
    >>> class Trip(Model):
    ...     minutes: float
    >>> validated(Trip, {"minuts": 5}, "the trip")
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: the trip:
      the key 'minutes' is missing
      unknown key 'minuts'. Did you mean 'minutes'? ...
    """
    try:
        return model.model_validate(content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refused(error, model, content, what, lines=lines or {}) from None


def _refused(
    error: ValidationError,
    model: type[BaseModel],
    content: dict[str, Any],
    what: str,
    *,
    lines: _KnownLines | None = None,
) -> ConfigError:
    """Return what a validation found, in sentences; values without lines are of Python or of no file."""
    found = [(e, _keys(e, content)) for e in error.errors(include_url=False)]
    # Where one of several forms was meant, what is wrong within it says more than that it is no other.
    deeper = {path[:i] for _, path in found for i in range(len(path))}
    wrong = [(e, path) for e, path in found if path not in deeper]
    msg = f"{what}:\n  " + "\n  ".join(_first_faults(wrong, lines or {}, model, in_python=lines is None))
    faults = tuple(_fault(e, path, lines or {}, model) for e, path in wrong[: limits.FAULTS_TOLD])
    return ConfigError(msg, why="wrong_keys", faults=faults, more=len(wrong) - len(faults))


def _first_faults(
    wrong: list[tuple[Any, tuple[object, ...]]],
    lines: _KnownLines,
    model: type[BaseModel],
    *,
    in_python: bool,
) -> list[str]:
    """Return the first faults in words, and how many more keys are wrong: to word them all takes long."""
    told: dict[str, None] = {}
    at: set[tuple[object, ...]] = set()
    for error, path in wrong:
        told[_cut(_describe(error, path, lines, model, in_python=in_python), limits.FAULT_CHARACTERS)] = None
        at.add(path)
        if len(told) == limits.FAULTS_TOLD:
            break
    more = len({path for _, path in wrong} - at)
    return [*told, f"and {more:,} more"] if more else list(told)
