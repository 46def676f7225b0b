"""A small evaluator of the formulas that our workbooks hold, written from the functions' definitions."""

from __future__ import annotations

import re

import numpy as np
from openpyxl.utils import range_boundaries

RANGE = re.compile(r"(?:'([^']+)'!)?(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)")


def is_number(cell):
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def numbers(array):
    return [c for c in np.asarray(array, dtype=object).ravel() if is_number(c)]


def sumproduct(*arrays):
    """Texts and truth values count as 0, as Excel has it for arrays that are given one by one."""
    plain = [
        np.array([float(c) if is_number(c) else 0.0 for c in np.asarray(a, dtype=object).ravel()])
        for a in arrays
    ]
    return float(np.sum(np.prod(plain, axis=0)))


def product(a, b):
    pair = [np.asarray(x, dtype=object) for x in (a, b)]
    return np.array([float(x) * float(y) for x, y in np.broadcast(*pair)], dtype=object)


class Value:
    """An array or a single value inside a formula."""

    def __init__(self, cells):
        self.cells = np.atleast_1d(np.asarray(cells, dtype=object))

    def __mul__(self, other):
        return Value(product(self.cells, of(other)))

    def __truediv__(self, other):
        return float(self.cells[0]) / float(of(other)[0])

    def __sub__(self, other):
        return Value([float(a) - float(b) for a, b in np.broadcast(self.cells, of(other))])

    def __eq__(self, other):
        return Value([a == b for a, b in np.broadcast(self.cells, of(other))])

    __hash__ = None


def of(value):
    return value.cells if isinstance(value, Value) else np.atleast_1d(np.asarray(value, dtype=object))


class Evaluator:
    """Evaluates the cells of a workbook that was read with its formulas (openpyxl); no filter is set."""

    def __init__(self, book):
        self.book, self.known = book, {}

    def cell(self, sheet, name):
        key = (sheet, name.replace("$", ""))
        if key not in self.known:
            value = self.book[sheet][key[1]].value
            is_formula = self.book[sheet][key[1]].data_type == "f"
            self.known[key] = self.formula(sheet, value[1:]) if is_formula else value
        return self.known[key]

    def range(self, sheet, name):
        west, north, east, south = range_boundaries(name.replace("$", ""))
        rows = self.book[sheet].iter_rows(north, south, west, east)
        return Value([self.cell(sheet, c.coordinate) for row in rows for c in row])

    def formula(self, sheet, text):
        texts = []

        def kept(found):
            texts.append(found.group(1).replace('""', '"'))
            return f"T[{len(texts) - 1}]"

        code = re.sub(r'"((?:[^"]|"")*)"', kept, text)
        code = RANGE.sub(lambda m: f"R({(m.group(1) or sheet)!r},{m.group(2)!r})", code)
        code = code.replace("=", "==")
        names = {
            "R": self.range, "T": texts,
            "SUM": lambda a: sum(numbers(of(a))), "COUNT": lambda a: len(numbers(of(a))),
            "COUNTA": lambda a: sum(c not in (None, "") for c in of(a)),
            "MATCH": lambda a, b, _: Value([list(of(b)).index(c) + 1 for c in of(a)]),
            "ISNUMBER": lambda a: Value([is_number(c) for c in of(a)]),
            "ROW": lambda a: Value(np.arange(len(of(a)))),
            "SUMPRODUCT": lambda *a: sumproduct(*map(of, a)), "OFFSET": lambda _, rows, __: rows,
            "SUBTOTAL": self.subtotal, "IF": lambda test, yes, no: (yes if of(test)[0] else no)(),
        }  # fmt: skip
        code = lazy(code)
        found = eval(code, {"__builtins__": {}, **names})  # noqa: S307 - formulas of our own workbook
        return found.cells[0] if isinstance(found, Value) else found

    @staticmethod
    def subtotal(code, cells):
        if code == 109:
            return sum(numbers(of(cells)))
        if code == 102:
            return len(numbers(of(cells)))
        assert code == 103  # of one cell at a time, none of them hidden
        return Value(np.ones(len(of(cells))))


def lazy(code):
    """Return an IF with its answers as functions, so that nothing is divided by a zero that it guards."""
    if not code.startswith("IF("):
        return code
    parts, depth, last = [], 0, 3
    for at, letter in enumerate(code):
        if at < 3:
            continue
        depth += (letter in "([") - (letter in ")]")
        if (letter == "," and depth == 0) or (letter == ")" and depth == -1):
            parts.append(code[last:at])
            last = at + 1
    test, yes, no = parts
    return f"IF({test},lambda:{lazy(yes)},lambda:{lazy(no)})"
