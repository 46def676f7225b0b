"""The proposal (usulan) in the parts of the ministry's template."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.reports.documents.model import Document
from planner.reports.proposal.annexes import facility_annex, goods_annex, village_annex
from planner.reports.proposal.background import aim, background
from planner.reports.proposal.closing import closing, statement
from planner.reports.proposal.method import method_annex
from planner.reports.proposal.quality import quality_annex
from planner.reports.proposal.readiness import readiness, unknowns
from planner.reports.proposal.request import request

if TYPE_CHECKING:
    from planner.reports.proposal.source import Source


def proposal(source: Source) -> Document:
    """Return the proposal: cover, parts A to D, statement and annexes.

    Parameters
    ----------
    source
        Of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> made = proposal(source_of(Ilp(find_gaps(demo_layers(12))), lang="id"))
    >>> [section.title for section in made.sections][:4]
    ['A. Latar Belakang', 'B. Tujuan', 'C. Usulan', 'D. Penutup']
    """
    say = source.words.say
    asked = request(source)
    asked = replace(asked, blocks=(*asked.blocks, readiness(source), unknowns(source)))
    sections = (
        background(source), aim(source), asked, closing(source), statement(source),
        village_annex(source), facility_annex(source), goods_annex(source), method_annex(source),
        quality_annex(source),
    )  # fmt: skip
    title = say("proposal.title")
    told = source.assumed
    cover = (
        *(() if told is None else (told.title,)),
        f"{source.area_name} ({source.gaps.layers.area.code})",
        say("proposal.office", area=source.area_name),
        say("proposal.draft_note"),
    )
    return Document(
        say("file.proposal"), source.words.lang, title, say("proposal.subtitle"), cover, sections,
        has_cover=True, watermark=say("draft"), footer=f"{title} – {source.area_name}",
    )  # fmt: skip
