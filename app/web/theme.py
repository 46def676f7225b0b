"""Light or dark: as the system wishes, until somebody chooses; the browser keeps either for the next page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Written by the page itself (static/desk.js); it says nothing of who.
THEME_COOKIE = "jangkau_theme"


@dataclass(frozen=True)
class Theme:
    """How a page begins.

    Attributes
    ----------
    dark
        Whether it is dark.
    chosen
        Whether somebody chose so; else it is what the system wished last time, and may wish otherwise now.
    """

    dark: bool = False
    chosen: bool = False


def theme_of(cookies: Mapping[str, str]) -> Theme:
    """Return what a browser kept of light and dark.

    Examples
    --------
    >>> theme_of({"jangkau_theme": "dark"}), theme_of({"jangkau_theme": "night"})
    (Theme(dark=True, chosen=True), Theme(dark=True, chosen=False))
    >>> theme_of({"jangkau_theme": "light"}), theme_of({})
    (Theme(dark=False, chosen=True), Theme(dark=False, chosen=False))
    """
    kept = cookies.get(THEME_COOKIE, "")
    return Theme(kept in ("dark", "night"), kept in ("dark", "light"))
