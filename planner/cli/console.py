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
# A share that misses nothing, or everything, by no more than this does so by the digits of a sum.
WHOLE = 1e-9


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add ``--lang``."""
    parser.add_argument(
        "--lang", choices=("id", "en"), default="id", help="language of the map (default: %(default)s)"
    )


def percent(share: float) -> str:
    """Return a share (0-1) as the console writes it; never 100 % (or 0 %) for what is only nearly so.

    Examples
    --------
    >>> percent(0.9999), percent(1.0), percent(0.0001), percent(0.5)
    ('99.9%', '100.0%', '0.1%', '50.0%')
    """
    nearly = WHOLE < share < 1.0 - WHOLE
    return f"{min(max(share, 0.001), 0.999) if nearly else share:.1%}"
