"""What a list of names, as an option takes it, asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


def chosen(what: str, asked: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return what a list names, each once and in the order of those that there are.

    Parameters
    ----------
    what
        The option, as it is called.
    asked
        Names with commas between them.
    known
        Those that there are.

    Raises
    ------
    ConfigError
        A name is not of them, or there is none.

    Examples
    --------
    >>> chosen("--paper", "a3, A4,a3", ("a4", "a3"))
    ('a4', 'a3')
    """
    wanted = {name.strip().lower() for name in asked.split(",") if name.strip()}
    wrong = sorted(wanted - set(known))
    if wrong or not wanted:
        said = ", ".join(wrong) or "none"
        msg = f"{what} {said}: there are {', '.join(known)}; write them with commas between them"
        raise ConfigError(msg)
    return tuple(name for name in known if name in wanted)
