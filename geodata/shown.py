"""How values show themselves in a notebook, as far as several of them share it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def html_table(rows: Sequence[Sequence[object]], header: Sequence[str]) -> str:
    """Return an HTML table; every value is escaped.

    Parameters
    ----------
    rows
        The cells of each row, as many as ``header`` has.
    header
        The columns' names.

    Examples
    --------
    >>> html_table([("a<b", 1)], ("name", "n"))
    '<table><tr><th>name</th><th>n</th></tr><tr><td>a&lt;b</td><td>1</td></tr></table>'
    """

    def row(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(c))}</{tag}>" for c in cells) + "</tr>"

    return "<table>" + row(header, "th") + "".join(row(r, "td") for r in rows) + "</table>"


def titled_table(title: str, rows: Sequence[Sequence[object]], header: Sequence[str]) -> str:
    """Return an HTML table under a title; all is escaped.

    Parameters
    ----------
    title
        Any text.
    rows, header
        As :func:`html_table` takes them.

    Examples
    --------
    >>> titled_table("Two < three", [("a", 1)], ("name", "n"))[:29]
    '<b>Two &lt; three</b><table><'
    """
    return f"<b>{html.escape(title)}</b>{html_table(rows, header)}"
