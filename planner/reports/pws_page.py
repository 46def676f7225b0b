"""The PWS sheets as one HTML file to read in a browser; those for paper are PDF (``village_sheets``)."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment

from planner.reports.village_sheets.drawing import Drawing
from planner.reports.village_sheets.facts import SheetFacts
from planner.reports.village_sheets.ways import NearestWays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from planner.ilp.model import Ilp


def write_pws(ilp: Ilp, path: Path, *, lang: str = "id", only: Sequence[str] | None = None) -> None:
    """Write the sheets of all villages (or of some) as one HTML file that needs nothing else.

    Parameters
    ----------
    ilp
        The answers.
    path
        The file; one that is there is written over.
    lang
        ``id`` or ``en``.
    only
        Villages' codes; all when None.

    Raises
    ------
    KeyError
        Another language, or a code that is not of the area.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "pws.html")
    ...     write_pws(Ilp(find_gaps(demo_layers(12))), file, only=["99.01.01.1001"])
    ...     "Sukarekaan" in file.read_text("utf-8")
    True
    """
    path.write_text(pws_html(ilp, lang=lang, only=only), "utf-8")


def pws_html(
    ilp: Ilp,
    *,
    lang: str = "id",
    only: Sequence[str] | None = None,
    may_go_on: Callable[[], None] = lambda: None,
) -> str:
    """Return the sheets as an HTML document, a page a village; every text from a file is escaped.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``.
    only
        Villages' codes; all when None.
    may_go_on
        Called before each page; may raise, so that work nobody waits for any longer ends.

    Raises
    ------
    KeyError
        Another language, or a code that is not of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> page = pws_html(Ilp(find_gaps(demo_layers(12))), lang="en", only=["99.01.01.1001"])
    >>> "Sukarekaan" in page, "Sukakhayal" in page
    (True, False)
    """
    facts = SheetFacts(ilp, lang, only)
    # All villages' ways would take longer than all else together: they stand on the sheets for paper.
    drawing = Drawing(ilp, lang)
    ways = {} if only is None else NearestWays(ilp.gaps).of(only)
    pages = []
    for code in facts.table.index if only is None else only:
        may_go_on()
        pages.append({**facts.of(code), "map": drawing.draw(code, ways.get(code, ()))})
    template = Environment(autoescape=True).from_string(
        files("planner").joinpath("data/pws.html").read_text("utf-8")
    )
    shown = facts.table.index if only is None else only
    return template.render(
        lang=lang, t=facts.texts_of(shown), area=facts.area, pages=pages, standard=facts.standard,
        sources=facts.sources, legend=facts.legend, ways=only is not None, way=facts.way,
        assumed=facts.assumed, on_foot=facts.on_foot,
    )  # fmt: skip
