"""A document as PDF, by typst."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from planner.reports.typeset import typeset, typeset_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.reports.documents.data import Plain
    from planner.reports.documents.paper import PaperSize


def pdf_bytes(data: Plain, pictures: Mapping[str, bytes], paper: PaperSize) -> bytes:
    """Return a document as a PDF file.

    Parameters
    ----------
    data, pictures
        As from :mod:`planner.reports.documents.data`.
    paper
        Of all pages.

    Examples
    --------
    >>> from planner.reports.documents.data import as_data
    >>> from planner.reports.documents.model import Document
    >>> from planner.reports.documents.paper import paper_named
    >>> from planner.reports.documents.words import Words
    >>> empty = as_data(Document("memo", "en", "Memo", "", (), (), False, "", ""), Words("en"))
    >>> pdf_bytes(empty, {}, paper_named("a4"))[:5]
    b'%PDF-'
    """
    return typeset(_source(), {**data, "paper": paper._asdict()}, files=pictures)


def page_pictures(
    data: Plain, pictures: Mapping[str, bytes], paper: PaperSize, *, ppi: float
) -> tuple[bytes, ...]:
    """Return the pages of the same as PNG, to be looked at before the file is taken.

    Parameters
    ----------
    data, pictures, paper
        As :func:`pdf_bytes` takes them.
    ppi
        Pixels an inch.
    """
    return typeset_pages(_source(), {**data, "paper": paper._asdict()}, files=pictures, ppi=ppi)


def _source() -> str:
    return files("planner").joinpath("data/report.typ").read_text("utf-8")
