"""What every command shares: exit statuses, and how it speaks."""

from __future__ import annotations

import re
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
# What acts in a terminal, or turns the direction of what stands behind it: names come from files of others,
# and could clear the screen, set its title or forge a line. Line ends and tabs stay.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    r"""Return a text with what would act in a terminal written out, as JSON has it.

    Examples
    --------
    >>> harmless("Pustu \x1b[2J\u202eA\tB") == r"Pustu \u001b[2J\u202eA" + "\tB"
    True
    """
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(harmless(text) + "\n")


def complain(text: str) -> None:
    """Print a line about what went wrong, on standard error."""
    sys.stderr.write(f"jangkau: {harmless(text)}\n")


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
