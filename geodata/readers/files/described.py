"""Columns of a KML whose attributes stand as a table in each description, as Google Earth shows them."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    import geopandas as gpd

# More than any office's table has: of one description, and of tables within tables.
MOST_LETTERS, MOST_COLUMNS, DEEPEST = 50_000, 200, 20
# A row of such a table has a heading and a value.
PAIR = 2
# What ArcGIS writes for nothing.
NOTHING = ("", "<null>", "null")


class _Rows(HTMLParser):
    """Collects the rows of two cells of the tables in a text; what stands around them is no row."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pairs: dict[str, str] = {}
        self._open: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own
        if tag == "table" and len(self._open) < DEEPEST:
            self._open.append([])
        elif tag == "tr":
            self._finish()
        elif tag in ("td", "th") and self._open:
            self._open[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("tr", "table"):
            self._finish()
        if tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1]:
            self._open[-1][-1] += data

    def _finish(self) -> None:
        """End the row of the innermost table that is open."""
        if not self._open:
            return
        cells = [" ".join(cell.split()) for cell in self._open[-1]]
        self._open[-1].clear()
        if len(cells) == PAIR and cells[0] and len(self.pairs) < MOST_COLUMNS:
            self.pairs.setdefault(cells[0], cells[1])


def described(text: object) -> dict[str, str]:
    """Return the headings and values of the tables in a description; none where it has no table.

    Examples
    --------
    >>> described("<table><tr><td>Pustu A</td></tr><tr><td>NAMA</td><td>Pustu A</td></tr></table>")
    {'NAMA': 'Pustu A'}
    """
    if not isinstance(text, str) or "<table" not in text[:MOST_LETTERS].lower() or len(text) > MOST_LETTERS:
        return {}
    rows = _Rows()
    rows.feed(text)
    rows.close()
    return rows.pairs


def with_described(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a map's rows with the columns of the tables in their descriptions, where most have them.

    A column that the map has itself is not replaced.

    Parameters
    ----------
    frame
        As the file has it.
    """
    column = next((c for c in frame.columns if str(c).lower() == "description"), None)
    if column is None:
        return frame
    told = [described(text) for text in frame[column]]
    times = Counter(heading for one in told for heading in one)
    own = {spelling_key(c) for c in frame.columns}
    made: dict[str, list[str | None]] = {}
    for heading, count in times.items():
        if 2 * count <= len(frame) or spelling_key(heading) in own or len(made) >= MOST_COLUMNS:
            continue
        values = [one.get(heading, "") for one in told]
        made[heading] = [None if value.lower() in NOTHING else value for value in values]
    return frame.assign(**made) if made else frame
