"""Errors whose message says what is wrong and what to do next.

Every error that the user can mend derives from :class:`InputError`; the command line prints its
message and exits with status 2. Anything else is our own fault (status 1).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


# Characters of what a library says.
LONGEST_SAID = 200


class JangkauError(Exception):
    """Root of all errors raised on purpose."""

    def __str__(self) -> str:
        """Return the plain message (KeyError would show its repr)."""
        return str(self.args[0]) if self.args else self.__class__.__name__


class InputError(JangkauError, ValueError):
    """Something in the user's files or options has to change."""


class MissingFileError(InputError, FileNotFoundError):
    """A file that was named is not there."""


class UnreadableFileError(InputError, OSError):
    """A file is there but cannot be read as what it claims to be."""


class MissingColumnError(InputError, KeyError):
    """A column that was named, or is needed, is not in the file."""


class SeveralInsideError(MissingColumnError):
    """A file holds several sheets or layers, and none was named."""


class ConfigError(InputError):
    """A key of AREA.yml or of a scenario file is wrong, or what is asked cannot be.

    Parameters
    ----------
    message
        In English: what is wrong, and what to do next.
    why
        Which rule it breaks, a stable word, for who tells it in another language (the app); "" where nobody
        does.
    values
        What the message names.

    Examples
    --------
    >>> error = ConfigError("nothing can work in 2 years", why="too_few_years", years=2)
    >>> str(error), error.why, error.values
    ('nothing can work in 2 years', 'too_few_years', {'years': 2})
    """

    def __init__(self, message: str = "", *, why: str = "", **values: object) -> None:
        super().__init__(message)
        self.why, self.values = why, values


def told_again(error: InputError, message: str) -> ConfigError:
    """Return the same fault with another message, as where the name of a file means nothing to anybody.

    Examples
    --------
    >>> told_again(ConfigError("tmp/a.yml: no", why="not_yaml"), "a.yml: no").why
    'not_yaml'
    """
    if isinstance(error, ConfigError):
        return ConfigError(message, why=error.why, **error.values)
    return ConfigError(message)


class MissingCrsError(InputError):
    """A layer does not say which coordinate reference system it uses."""


class OutsideIndonesiaError(InputError):
    """Coordinates lie outside Indonesia."""


class EmptyAreaError(InputError):
    """The study area has no village."""


class SchemaError(InputError):
    """A layer breaks its contract; the message lists every fault found."""


class UnknownCodeError(InputError, KeyError):
    """A code is not one of the study area's codes."""


class WorkspaceError(InputError):
    """A workspace cannot be read or written."""


class DiskError(InputError, OSError):
    """The disk refused a write (full, read-only, no permission)."""


class DownloadError(InputError, ConnectionError):
    """A download failed after its retries."""


class TimeUpError(ConfigError):
    """The time was up before a plan was found, and none was ruled out."""


def time_up(does: str, seconds: float, less: str) -> TimeUpError:
    """Return that no plan was found in time.

    Parameters
    ----------
    does
        What a plan has to do, as in "keeps the floors".
    seconds
        How long was looked.
    less
        What else can be done than to allow more time.

    Examples
    --------
    >>> str(time_up("serves all", 0.5, "or more sites"))
    'in 0.5 s no plan was found that serves all, and none was ruled out: allow more time, or more sites'
    """
    msg = f"in {seconds:g} s no plan was found that {does}, and none was ruled out: allow more time, {less}"
    return TimeUpError(msg, why="no_plan_in_time", seconds=seconds)


class UnprovenError(JangkauError, RuntimeError):
    """A solver's answer came without its proof: our fault, and no answer."""


def suggest(wanted: str, available: Iterable[object]) -> str:
    """Return the nearest name and the list of names, as the end of a message.

    Examples
    --------
    >>> suggest("kode", ["Kode", "nama"])
    " Did you mean 'Kode'? The file has: Kode, nama."
    """
    names = [str(a) for a in available]
    lowered = {n.lower(): n for n in reversed(names)}
    close = difflib.get_close_matches(wanted.lower(), list(lowered), n=1, cutoff=0.51)
    hint = f" Did you mean {lowered[close[0]]!r}?" if close else ""
    shown = ", ".join(names[:30]) + (", …" if len(names) > 30 else "")
    return f"{hint} The file has: {shown}."


def first_five(ids: Iterable[object]) -> str:
    """Return up to five ids as text, and how many more there are.

    Examples
    --------
    >>> first_five(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    listed = [str(i) for i in ids]
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more


def brief(error: BaseException) -> str:
    """Return what a library says of a file, cut: some repeat all of a cell that they cannot read.

    Examples
    --------
    >>> brief(ValueError("x" * 1_000))[195:]
    'xxxxx…'
    >>> brief(ValueError("not a  database."))
    'not a database'
    >>> brief(ValueError("Exceeds the limit: use sys.set_int_max_str_digits() to increase the limit"))
    'it holds a number of thousands of digits'
    """
    text = " ".join(str(error).split())
    # Advice to programmers, of Python itself.
    if "set_int_max_str_digits" in text:
        return "it holds a number of thousands of digits"
    # Without its full stop: our own sentence goes on.
    return text.rstrip(". ") if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…"


def counted(n: int, one: str, many: str = "") -> str:
    """Return a count with its word: "1 village", "2 villages".

    Parameters
    ----------
    n
        How many.
    one
        The word for one, or several ("row is").
    many
        The same for more; ``one`` with an s when empty.

    Examples
    --------
    >>> counted(1, "village"), counted(1200, "village"), counted(2, "row is", "rows are")
    ('1 village', '1,200 villages', '2 rows are')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
