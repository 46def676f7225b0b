"""A document as one HTML file that opens without a network."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from planner.reports.documents.data import Plain
    from planner.reports.documents.paper import PaperSize


def html_text(data: Plain, pictures: Mapping[str, bytes], paper: PaperSize) -> str:
    """Return a document as an HTML page with its pictures inside it; every text is escaped.

    Parameters
    ----------
    data, pictures
        As from :mod:`planner.reports.documents.data`.
    paper
        On which it is printed.

    Examples
    --------
    >>> from planner.reports.documents.data import as_data
    >>> from planner.reports.documents.model import Document
    >>> from planner.reports.documents.paper import paper_named
    >>> from planner.reports.documents.words import Words
    >>> memo = as_data(Document("memo", "en", "A & B", "", (), (), False, "", ""), Words("en"))
    >>> "<h1>A &amp; B</h1>" in html_text(memo, {}, paper_named("a4"))
    True
    """
    inline = {
        name: f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
        for name, png in pictures.items()
    }
    return _template().render(d=data, pictures=inline, paper=paper)


@cache
def _template() -> Template:
    source = files("planner").joinpath("data/report.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
