"""From the words of the command line to the exit status of one command."""

from __future__ import annotations

import argparse
import io
import signal
import sys
import threading
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from typing import TYPE_CHECKING

from planner.cli import (
    areas,
    check,
    demo,
    fetch,
    gaps,
    init,
    maps,
    nation,
    pws,
    report,
    robust,
    rollout,
    site,
)
from planner.cli.console import DONE, INTERRUPTED, USERS_INPUT, complain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Each module has ``add_commands(commands)``; shown in this order.
GROUPS = (demo, fetch, init, areas, check, gaps, maps, pws, site, rollout, robust, report, nation)
# What stands above the planner gives its commands by this entry point: the planner knows nothing of it.
ENTRY_POINTS = "jangkau.commands"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse: --help (0) or a wrong option (2), already explained
        return stop.code if isinstance(stop.code, int) else USERS_INPUT
    from geodata.errors import InputError

    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a letter (Windows code pages) shows a stand-in, and goes on.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        with _ended_as_by_hand():
            status: int = options.run(options)
    except InputError as error:
        complain(str(error))
        return USERS_INPUT
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; Python must not complain about it at exit.
        sys.stderr.close()
        return DONE
    except OSError as error:
        # What the system says of a path the user named: no permission, a name too long … Or of no path.
        said = error.strerror or error
        text = f"{error.filename}: {said}. Check the path." if error.filename else f"{said}."
        complain(text)
        return USERS_INPUT
    except KeyboardInterrupt:
        complain("stopped; nothing was half-written.")
        return INTERRUPTED
    return status


@contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """Let a command that is told to end (``kill``, a service that stops) tidy up as after Ctrl-C.

    Without this its workers and half-written folders would be left behind.
    """
    ours = threading.current_thread() is threading.main_thread()
    # Who runs the command in a program of their own may have a handler already.
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jangkau",
        description="Plans the coverage of primary care: who reaches a puskesmas, pustu or posyandu in "
        "time, and who does not.",
        epilog="Start with: jangkau demo --out work/demo",
    )
    parser.add_argument("--version", action=_Version, help="show the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add_commands(commands)
    for found in sorted(entry_points(group=ENTRY_POINTS), key=lambda e: e.name):
        found.load()(commands)
    return parser


class _Version(argparse.Action):
    """``--version``, looked up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"jangkau {version('jangkau')}\n")
        parser.exit()
