"""Sizes of paper that offices print on."""

from __future__ import annotations

from typing import NamedTuple

from geodata.errors import ConfigError


class PaperSize(NamedTuple):
    """Width and height in millimetres."""

    width_mm: float
    height_mm: float


# F4 (folio) as it is sold in Indonesia.
PAPERS = {"a4": PaperSize(210.0, 297.0), "f4": PaperSize(215.0, 330.0)}


def paper_named(name: str) -> PaperSize:
    """Return a size of paper.

    Raises
    ------
    ConfigError
        No such paper.

    Examples
    --------
    >>> paper_named("f4")
    PaperSize(width_mm=215.0, height_mm=330.0)
    """
    if name not in PAPERS:
        msg = f"--paper {name!r}: choose one of {', '.join(PAPERS)}"
        raise ConfigError(msg)
    return PAPERS[name]
