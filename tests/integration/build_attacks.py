"""Kill and race builds of one workspace with saved scenarios: build_attacks.py LAYERS FOLDER kill | race N.

Children are forked from a process that has only unpickled the layers, so that each costs milliseconds.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import sys
import time
from pathlib import Path

from geodata.errors import JangkauError
from geodata.workspace import read_workspace, write_workspace

PLACE = Path(sys.argv[2] if len(sys.argv) > 2 else "place")
OUT = PLACE / "w"
REFUSED, KILLED = 2, 9
STEPS = ("rename", "replace", "unlink", "rmdir")


def fresh():
    shutil.rmtree(PLACE, ignore_errors=True)
    (OUT / "scenarios").mkdir(parents=True)
    (OUT / "scenarios/jangkau.db").write_text("saved")


def build(layers, kill_before=None, wait_for=None):
    """Build in a child, which dies before a certain step on the disk; return its number."""
    child = os.fork()
    if child:
        return child
    count = 0

    def dying(step):
        def one(*args, **options):
            nonlocal count
            count += 1
            if count == kill_before:
                os._exit(KILLED)
            return step(*args, **options)

        return one

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))
    try:
        while wait_for is not None and time.perf_counter() < wait_for:
            pass
        write_workspace(layers, OUT)
    except JangkauError:
        os._exit(REFUSED)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent counts it
        os._exit(1)
    os._exit(0)


def code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def wrong(layers):
    """Return what is not as it should be after a build; reading happens in a child of its own."""
    out = []
    saved = OUT / "scenarios/jangkau.db"
    if not saved.exists() or saved.read_text() != "saved":
        out.append("scenarios")
    child = os.fork()
    if not child:
        try:
            same = read_workspace(OUT).area == layers.area
        except BaseException:  # noqa: BLE001 - unreadable, for whatever reason
            same = False
        os._exit(0 if same else 1)
    if code(child):
        out.append("unreadable")
    if left := [p.name for p in (*PLACE.iterdir(), *OUT.iterdir()) if p.name.startswith(".")]:
        out.append(f"left {left}")
    return out


def kill(layers, found):
    for first in (True, False):
        step = 0
        ended = KILLED
        while ended:
            step += 1
            fresh()
            if not first:
                code(build(layers))
            ended = code(build(layers, kill_before=step))
            if ended not in (0, KILLED):
                found["wrong"].append([first, step, f"ended with {ended}"])
                break
            if not (OUT / "scenarios/jangkau.db").exists():
                found["wrong"].append([first, step, "no scenarios after the kill"])
            # A second build finds the first one's leavings.
            again = code(build(layers))
            found["wrong"] += [[first, step, w] for w in [f"again {again}"] * bool(again) + wrong(layers)]
        found["steps"] = max(found["steps"], step)


def race(layers, found, rounds):
    fresh()
    for number in range(rounds):
        start = time.perf_counter() + 0.01
        ended = [code(c) for c in (build(layers, wait_for=start), build(layers, wait_for=start))]
        found["done"] += ended.count(0)
        found["refused"] += ended.count(REFUSED)
        odd = [] if set(ended) <= {0, REFUSED} else [ended]
        found["wrong"] += [[number, w] for w in odd + wrong(layers)]


def main():
    logging.disable(logging.CRITICAL)
    layers = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - written by the test
    found = {"wrong": [], "steps": 0, "done": 0, "refused": 0}
    if sys.argv[3] == "kill":
        kill(layers, found)
    else:
        race(layers, found, int(sys.argv[4]))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
