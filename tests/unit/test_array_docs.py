"""What takes or gives arrays says their dtype and shape: read from the source, nothing is imported.

Of each public function, method and field with an ``NDArray`` in its annotation, the entry of that name in
the docstring (or, where it has none, the text above the sections) names each dtype of the annotation and a
shape, or points to the class or function that does.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = ("planner", "geodata", "app")

ALIAS = re.compile(r"^ *\w+(?:: TypeAlias)? = .*NDArray", re.MULTILINE)
ARRAY = re.compile(r"NDArray\[(?:np\.)?(\w+?)_?[\[\]]")
DTYPES = {"bool", "object", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"} | {
    "float32", "float64", "complex128", "datetime64"
}  # fmt: skip
WORD = rf"(?:{'|'.join(sorted(DTYPES))})"
# Of an annotation that allows several: any that is named, or "int", or "any dtype".
SEVERAL = re.compile(rf"\b(?:{WORD}|int|(?i:any) dtype|same dtype)\b")
# "``(places, 2)``", "bool by demand point", or what takes any.
SHAPE = re.compile(rf"``\([^`]*\)``|\b{WORD} by \w|\b(?:any|same) shape\b|\bshape of\b|\bbroadcast\b")
REFERENCE = re.compile(r"\bas (?:\w+ ){0,2}:(?:class|func|meth):`", re.IGNORECASE)
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
OWN = {"Parameters", "Other Parameters", "Attributes"}


class Said(NamedTuple):
    """A docstring: the text above the sections, entries by name, and what is returned."""

    prose: str
    entries: dict[str, str]
    returns: str


def said(doc: str) -> Said:
    heads = list(SECTION.finditer(doc))
    ends = [*(h.start() for h in heads), len(doc)]
    section = {h[1]: doc[h.end() : end] for h, end in zip(heads, ends[1:], strict=True)}
    entries: dict[str, str] = {}
    for title in OWN & set(section):
        for part in re.split(r"\n(?=\S)", section[title].strip("\n")):
            names, _, text = part.partition("\n")
            for name in names.split(" : ")[0].split(","):
                entries[name.strip(" *")] = entries.get(name.strip(" *"), "") + text
    return Said(doc[: ends[0]], entries, section.get("Returns", section.get("Yields", "")))


def lacking(annotation: str, text: str) -> str:
    """Return what a text leaves out of the arrays of an annotation, "" for nothing."""
    arrays = set(ARRAY.findall(annotation))
    if not arrays or REFERENCE.search(text):
        return ""
    words = sorted(d for d in arrays & DTYPES if not re.search(rf"\b{d}\b", text))
    if arrays - DTYPES and not SEVERAL.search(text):
        words.append("dtype")
    if not SHAPE.search(text):
        words.append("shape")
    return " and ".join(words)


def statements(tree: ast.Module) -> list[ast.stmt]:
    """Return those of a module, and those that it has for types alone."""
    return [s for node in tree.body for s in (node.body if isinstance(node, ast.If) else [node])]


@cache
def texts() -> dict[Path, str]:
    return {f: f.read_text("utf-8") for p in PACKAGES for f in sorted((ROOT / p).rglob("*.py"))}


@cache
def aliases() -> dict[str, dict[str, str]]:
    """Return by module the names that it gives to annotations with arrays, such as ``Floats``."""
    found: dict[str, dict[str, str]] = {}
    for file, text in texts().items():
        for node in statements(ast.parse(text)) if ALIAS.search(text) else ():
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            what = ast.unparse(value) if (value := getattr(node, "value", None)) else ""
            if isinstance(target, ast.Name) and "NDArray[" in what:
                found.setdefault(module_of(file), {})[target.id] = what.replace("'", "")
    return found


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def names_in(file: Path, tree: ast.Module) -> dict[str, str]:
    """Return what names of a module stand for, its own and those it takes from others."""
    taken = [(n.module, a.name) for n in statements(tree) if isinstance(n, ast.ImportFrom) for a in n.names]
    known = {name: aliases()[m][name] for m, name in taken if m and name in aliases().get(m, {})}
    return known | aliases().get(module_of(file), {})


class Item(NamedTuple):
    """A function or field: what is said of it, and its annotations by name ("return" for the result)."""

    name: str
    said: Said
    annotations: dict[str, str]

    def lacks(self) -> Iterator[str]:
        alone = {"return": self.said.returns, **self.said.entries}
        for name, annotation in self.annotations.items():
            if lack := lacking(annotation, alone.get(name) or self.said.prose):
                yield f"{self.name} ({name}): {lack}"
        # One shape in the text is not that of what is taken and of what is given.
        above = {name == "return" for name in self.annotations if not alone.get(name)}
        if len(SHAPE.findall(self.said.prose)) < len(above) and not REFERENCE.search(self.said.prose):
            yield f"{self.name}: the text above the sections has one shape for what is taken and given"


def annotations_of(node: ast.FunctionDef | ast.AnnAssign) -> dict[str, ast.expr | None]:
    if isinstance(node, ast.AnnAssign):
        return {ast.unparse(node.target): node.annotation}
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {a.arg: a.annotation for a in every if a is not None} | {"return": node.returns}


def items(
    body: list[ast.stmt], where: str, names: dict[str, str], holder: Said | None = None
) -> Iterator[Item]:
    """Read what is public; a class describes its fields and ``__init__``."""
    for node in body:
        name = getattr(node, "name", "") or ast.unparse(getattr(node, "target", ast.Constant("")))
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(node, ast.ClassDef):
            yield from items(node.body, f"{where}.{name}", names, said(ast.get_docstring(node) or ""))
        elif isinstance(node, ast.FunctionDef) or (isinstance(node, ast.AnnAssign) and holder):
            about = holder if holder and not is_method(node) else said(ast.get_docstring(node) or "")
            of = {n: ast.unparse(a) for n, a in annotations_of(node).items() if a is not None}
            full = {n: re.sub(r"\w+", lambda m: names.get(m[0], m[0]), a) for n, a in of.items()}
            yield Item(f"{where}.{name}", about, {n: a for n, a in full.items() if "NDArray" in a})


def is_method(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name != "__init__"


def rooms() -> list[str]:
    """Return the folders of modules, each a case of its own: all at once take more than a second."""
    folders = (f.parent for p in PACKAGES for f in (ROOT / p).rglob("*.py"))
    return sorted({folder.relative_to(ROOT).as_posix() for folder in folders})


def items_of(file: Path) -> Iterator[Item]:
    text = texts()[file]
    if "NDArray" in text or any(f"from {module} import" in text for module in aliases()):
        tree = ast.parse(text)
        found = items(tree.body, file.relative_to(ROOT).as_posix(), names_in(file, tree))
        yield from (item for item in found if item.annotations)


@pytest.mark.parametrize("room", rooms())
def test_arrays_have_dtype_and_shape(room):
    found = [item for file in sorted((ROOT / room).glob("*.py")) for item in items_of(file)]
    assert [line for item in found for line in item.lacks()] == []


ONE = '''
def least(xy: NDArray[np.float64], of: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the least: int64 ``(places,)``.

    Parameters
    ----------
    xy
        {xy}
    of
        int ``(places,)``.
    """
'''


@pytest.mark.parametrize(
    ("xy", "lacks"),
    [
        ("float64 ``(places, 2)``, metres.", []),
        ("As :func:`most` takes them.", []),
        ("Metres.", ["m.least (xy): float64 and shape"]),
        ("float32 ``(places, 2)``, metres.", ["m.least (xy): float64"]),
        ("float64, metres; see :func:`most`.", ["m.least (xy): shape"]),
    ],
)
def test_what_is_left_out_is_found(xy, lacks):
    [item] = items(ast.parse(ONE.format(xy=xy)).body, "m", {})
    assert list(item.lacks()) == lacks


def test_one_shape_is_not_that_of_what_is_taken_and_given():
    [item] = items(ast.parse(ONE.partition("    Parameters")[0] + '    """').body, "m", {})
    assert len(list(item.lacks())) == 2
    assert "taken and given" in list(item.lacks())[-1]


def test_names_of_annotations_are_followed():
    found = {i.name.rpartition(".")[2]: i.annotations for i in items_of(ROOT / "planner/supply/logic.py")}
    assert found["words"]["answer"] == "NDArray[np.int8]"
