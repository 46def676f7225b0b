"""Part D of the proposal, the letter of statement, and where the head of the office signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.reports.documents.model import Fields, Items, Paragraph, Section, Signature

if TYPE_CHECKING:
    from planner.reports.proposal.source import Source


def closing(source: Source) -> Section:
    """Return part D: thanks, whom to ask, and the signature.

    Names of people are never stored, so they are lines to be filled in by hand.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> closing(source_of(Ilp(find_gaps(demo_layers(12))), lang="en")).title
    'D. Closing'
    """
    words = source.words
    contact = Fields(tuple((label, "") for label in words.lines("closing.contact")))
    blocks = (
        Paragraph(words.say("closing.text", area=source.area_name)),
        Paragraph(words.say("closing.contact_intro")),
        contact,
        signature(source, words.say("office_head", area=source.area_name)),
    )
    return Section("closing", words.say("closing.title"), blocks, new_page=True)


def statement(source: Source) -> Section:
    """Return the letter of statement (Surat Pernyataan) on a page of its own."""
    words = source.words
    office = words.say("office_head", area=source.area_name)
    fields = [(label, "") for label in words.lines("statement.who")]
    fields.append((words.say("statement.position"), office))
    blocks = (
        Paragraph(words.say("statement.intro")),
        Fields(tuple(fields)),
        Paragraph(words.say("statement.declares")),
        Items(words.lines("statement.items"), numbered=True),
        Paragraph(words.say("statement.end")),
        signature(source, office),
    )
    return Section("statement", words.say("statement.title"), blocks, new_page=True)


def signature(source: Source, who: str) -> Signature:
    """Return where somebody signs: place and date, name and NIP as lines.

    Parameters
    ----------
    source
        Of the area.
    who
        The person's position.
    """
    words = source.words
    return Signature((words.say("signature.place"), f"{who},"), words.lines("signature.below"))
