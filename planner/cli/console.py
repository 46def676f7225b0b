"""What every command shares: exit statuses, and how it speaks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    # What a group of commands is added to.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name

# Done; our fault; the user's input (a message, never a traceback); ``check`` found errors.
DONE, OUR_FAULT, USERS_INPUT, FOUND_ERRORS = 0, 1, 2, 3
INTERRUPTED = 130


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add ``--lang``."""
    parser.add_argument(
        "--lang", choices=("id", "en"), default="id", help="language of the map (default: %(default)s)"
    )
