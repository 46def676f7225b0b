"""Breaks the product in one place at a time and asks whether the tests notice: a seeded sample of mutants.

python3 -m venv mutation-venv && mutation-venv/bin/pip install cosmic-ray==8.7.0
.venv/bin/python benchmarks/mutation.py --cosmic-ray mutation-venv/bin/cosmic-ray --sample 40 --seed 1

Mutants are cosmic-ray's; they are made, and tests run, in a copy of the tree. Kernels run as Python, since
numba's stored machine code would not notice that a function it calls has changed.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
FILES = (
    "planner/coverage/reach.py", "planner/coverage/weighed.py", "planner/coverage/demand.py",
    "planner/kernels/dijkstra.py",
    "planner/kernels/many.py", "planner/kernels/transport.py", "planner/supply/*.py", "planner/ilp/*.py",
    "geodata/quality.py",
)  # fmt: skip
# What is quick and says something about any of the files; those of one file come first.
TESTS = (
    "tests/unit/test_quality_rules.py", "tests/unit/test_bites.py", "tests/golden",
    "tests/unit/test_coverage.py", "tests/unit/test_ilp_parts.py", "tests/unit/test_floating_catchment.py",
    "tests/unit/test_equity.py", "tests/unit/test_home_visits.py", "tests/unit/test_adoption.py",
    "tests/unit/test_sheets.py", "tests/unit/test_what_if.py", "tests/property/test_ilp_invariants.py",
)  # fmt: skip
OWN_TESTS = {
    "planner/kernels/dijkstra.py": ("tests/property/test_kernels.py", "tests/property/test_travel_times.py"),
    "planner/kernels/many.py": ("tests/property/test_travel_times.py", "tests/property/test_reach.py"),
    "planner/supply/capacity.py": ("tests/property/test_allocation.py",),
    "planner/kernels/transport.py": ("tests/property/test_allocation.py",),
}
# Neither the tests' own data nor a mutant that runs wild may take more.
MEMORY_BYTES = 8 * 2**30
NOT_COPIED = (".*", "__pycache__", "work", "*-venv", "node_modules")
CONFIG = """[cosmic-ray]
module-path = {files}
timeout = 60
excluded-modules = []
test-command = "true"
[cosmic-ray.distributor]
name = "local"
"""


@dataclass(frozen=True)
class Mutant:
    file: str
    row: int
    column: int
    operator: str
    occurrence: int


def mutants(cosmic_ray: str, tree: Path, files: list[str]) -> list[Mutant]:
    """All mutants of some files, but those that could have no effect."""
    (tree / "mutation.toml").write_text(CONFIG.format(files=json.dumps(files)), "utf-8")
    subprocess.run([cosmic_ray, "init", "mutation.toml", "mutation.sqlite"], cwd=tree, check=True)
    dump = subprocess.run(
        [cosmic_ray, "dump", "mutation.sqlite"], cwd=tree, check=True, capture_output=True, text=True
    )
    unread = {f: without_effect(tree / f) for f in files}
    found = []
    for line in dump.stdout.splitlines():
        [one] = json.loads(line)[0]["mutations"]
        file, (row, column) = Path(one["module_path"]).as_posix(), one["start_pos"]
        if not any(start <= (row, column) < end for start, end in unread[file]):
            found.append(Mutant(file, row, column, one["operator_name"], one["occurrence"]))
    return sorted(found, key=lambda m: (m.file, m.row, m.column, m.operator, m.occurrence))


def without_effect(file: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where nothing that runs is written, from and to: annotations, what type checkers read, @njit."""
    nodes: list[ast.expr | ast.stmt | None] = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, (ast.arg, ast.AnnAssign)):
            nodes.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            nodes += [node.returns, *(d for d in node.decorator_list if "njit" in ast.unparse(d))]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes.append(node)
    # Of a decorator, its @ too.
    return [
        ((n.lineno, n.col_offset - ("njit" in ast.unparse(n))), (n.end_lineno or 0, n.end_col_offset or 0))
        for n in nodes
        if n is not None
    ]


def sample(every: list[Mutant], number: int, seed: int) -> list[Mutant]:
    """Some mutants, one at each of so many places: a place with many is no more likely than others."""
    places: dict[tuple[str, int, int], list[Mutant]] = {}
    for one in every:
        places.setdefault((one.file, one.row, one.column), []).append(one)
    dice = random.Random(seed)  # noqa: S311 - no secret
    chosen = dice.sample(list(places.values()), min(number, len(places)))
    return [dice.choice(here) for here in chosen]


def run_tests(tree: Path, tests: list[str], limit_s: float) -> tuple[int | None, str]:
    """The exit status of pytest (None: out of time, and ended) and what it wrote."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-p", "no:cacheprovider", "--no-header"]
    env = {
        **os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_DISABLE_JIT": "1",
        "TMPDIR": str(tree / "tmp"),
    }  # fmt: skip
    run = subprocess.Popen(
        [*command, "--hypothesis-seed=0", *tests],
        cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = run.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        # Whatever it started, too; also when somebody stops us.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    return run.returncode, out


def judge(cosmic_ray: str, tree: Path, one: Mutant, tests: list[str], limit_s: float) -> tuple[str, str]:
    """killed, survived or out of time, and the change; the file is put back."""
    path = tree / one.file
    before = path.read_text("utf-8")
    try:
        subprocess.run(
            [cosmic_ray, "apply", one.file, one.operator, str(one.occurrence)],
            cwd=tree, check=True, capture_output=True,
        )  # fmt: skip
        after = path.read_text("utf-8")
        status, _ = run_tests(tree, tests, limit_s)
    finally:
        path.write_text(before, "utf-8")
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    change = "\n".join(f"    {c[0]} {c[1:].strip()}" for c in list(lines)[2:] if c[0] in "+-")
    word = "out of time" if status is None else "survived" if status == 0 else "killed"
    return word, change


def copied(folder: Path) -> Path:
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    (tree / "tmp").mkdir()
    return tree


def baseline(tree: Path, tests: list[str]) -> float:
    """Seconds of the tests without a mutant; ends the programme if they fail."""
    start = time.perf_counter()
    status, out = run_tests(tree, tests, 1800.0)
    if status != 0:
        msg = f"the tests fail without any mutant (exit status {status}):\n{out[-3000:]}"
        raise SystemExit(msg)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", nargs="+", default=list(FILES), help="files to break, * allowed")
    parser.add_argument("--sample", type=int, default=40, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", help="tests to run; those that suit the file when left out")
    parser.add_argument("--cosmic-ray", default=shutil.which("cosmic-ray"), help="the programme")
    given = parser.parse_args()
    if given.cosmic_ray is None:
        parser.error("cosmic-ray is not installed: see the top of this file")
    cosmic_ray = str(Path(given.cosmic_ray).absolute())
    files = sorted({p.relative_to(ROOT).as_posix() for f in given.files for p in ROOT.glob(f)})
    files = [f for f in files if not f.endswith("__init__.py")]
    # An end asked for from outside cleans up, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with TemporaryDirectory(prefix="jangkau-mutation-") as folder:
        tree = copied(Path(folder))
        tests = given.tests or list(TESTS)
        extra = [] if given.tests else sorted({t for f in files for t in OWN_TESTS.get(f, ())})
        seconds = baseline(tree, [*tests, *extra])
        every = mutants(cosmic_ray, tree, files)
        chosen = sample(every, given.sample, given.seed)
        print(f"{len(every)} mutants of {len(files)} files, {len(chosen)} tried; tests take {seconds:.0f} s")
        count: Counter[str] = Counter()
        for number, one in enumerate(chosen, start=1):
            own = [] if given.tests else list(OWN_TESTS.get(one.file, ()))
            word, change = judge(cosmic_ray, tree, one, [*own, *tests], 60.0 + 2.0 * seconds)
            count[word] += 1
            print(
                f"{number:4} {word:11} {one.file}:{one.row} {one.operator.removeprefix('core/')}", flush=True
            )
            if word == "survived":
                print(change, flush=True)
    noticed = count["killed"] + count["out of time"]
    print(
        f"killed {count['killed']}, out of time {count['out of time']}, survived {count['survived']}: "
        f"score {noticed / max(len(chosen), 1):.0%}"
    )


if __name__ == "__main__":
    main()
