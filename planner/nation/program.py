"""What a computation is made of: the modules that it may import, and the files that they read.

Found in the sources: every import that can run is followed, also one within a function. What only a checker
of types reads is left out, and so is what a package gives by ``__getattr__`` as long as nobody asks for it.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import geodata
from geodata.readers.files.opening import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOTS = {"geodata": Path(str(geodata.__file__)).parent, "planner": Path(__file__).parents[1]}
LATE = "__getattr__"
CHECKED = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
# What modules read beside Python, and how they name it.
BESIDE = (".yml", ".js", ".css")
NAMED = re.compile(r"[\w-]+\.(?:yml|js|css)\b")


@cache
def program(of: str) -> str:
    """Return the hash of what computes: the version, and all files that a module rests on.

    Between two releases a reader is mended, or a heading becomes known: what was read before is read again.
    A page or a document that changes has no part in it.

    Parameters
    ----------
    of
        The name of the module, such as ``planner.nation.answers``.

    Raises
    ------
    LookupError
        There is no such module.

    Examples
    --------
    >>> len(program("planner.nation.answers"))
    64
    """
    digest = hashlib.sha256(version("jangkau").encode())
    for name, file in sorted(files_of(of, ROOTS).items()):
        digest.update(f"{name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def files_of(module: str, roots: Mapping[str, Path]) -> dict[str, Path]:
    """Return what a module rests on: modules by their names, other files by their paths.

    Another file (YAML, script, style) counts where a module that counts names it; YAML also where no
    module at all does, since then its name is put together somewhere.

    Parameters
    ----------
    module
        Its name.
    roots
        The folders of the packages, by their names.

    Raises
    ------
    LookupError
        There is no such module.
    """
    tree = _tree(tuple(roots.items()))
    if module not in tree.files:
        msg = f"there is no module {module}"
        raise LookupError(msg)
    found: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += tree.needs(name)
    read = {file for name in found for file in tree.named[name]}
    rest = {path: file for path, file in tree.beside.items() if file.name in read or path in tree.unnamed}
    return {m: tree.files[m] for m in found} | rest


@dataclass(frozen=True)
class _Source:
    """What a module imports: modules, and what of each ("" for itself).

    Attributes
    ----------
    imports
        Whenever it runs, or one of its functions does.
    late
        Of a package, when it is asked for a name that it does not have.
    """

    imports: frozenset[tuple[str, str]]
    late: frozenset[tuple[str, str]]


class _Tree:
    """The modules of some packages, and the files beside them."""

    def __init__(self, roots: Iterable[tuple[str, Path]]) -> None:
        files = [(p, f, f.relative_to(folder)) for p, folder in roots for f in sorted(folder.rglob("*.*"))]
        self.files = {_name(p, inside): f for p, f, inside in files if f.suffix == ".py"}
        self.beside = {f"{p}/{inside.as_posix()}": f for p, f, inside in files if f.suffix in BESIDE}
        self.named = {m: set(NAMED.findall(f.read_text("utf-8"))) for m, f in self.files.items()}
        known = set[str]().union(*self.named.values())
        self.unnamed = {path for path, f in self.beside.items() if f.suffix == ".yml" and f.name not in known}
        self._read: dict[str, _Source] = {}

    def read(self, name: str) -> _Source:
        if name not in self._read:
            self._read[name] = _source(self.files[name].read_text("utf-8"))
        return self._read[name]

    def needs(self, name: str) -> set[str]:
        """Return the modules that run when a module does: packages run before what is in them."""
        found = {".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)}
        for module, what in self.read(name).imports:
            found |= self._asked(module, what)
        return found & self.files.keys()

    def _asked(self, module: str, what: str) -> set[str]:
        inner = f"{module}.{what}"
        if not what or module not in self.files or inner in self.files:
            return {module, inner}
        # It may be among what the package has; then more counts than need be, and nothing is missed.
        return {module}.union(*(self._asked(*late) for late in self.read(module).late))


@cache
def _tree(roots: tuple[tuple[str, Path], ...]) -> _Tree:
    return _Tree(roots)


def _name(package: str, file: Path) -> str:
    parts = [package, *file.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _source(text: str) -> _Source:
    body = ast.parse(text).body
    late = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == LATE]
    now = frozenset(i for n in body if n not in late for i in _imports(n))
    return _Source(now, frozenset(i for n in late for i in _imports(n)))


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Give what a statement and all statements within it import, as they would run."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ""
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield node.module or "", alias.name
    elif not isinstance(node, ast.expr):
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) in CHECKED
        for child in node.orelse if for_types else ast.iter_child_nodes(node):  # type: ignore[attr-defined]
            yield from _imports(child)
