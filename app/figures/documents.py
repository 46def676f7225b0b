"""Documents of the answer shown, from proposal to PWS sheets: as files, and as pictures of their pages."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.areas.stopping import may_go_on
from app.figures.exports import TABLE_PARTS
from planner.reports.comparison.sides import comparison_of
from planner.reports.comparison.write import drawn_comparison
from planner.reports.documents.paper import PAPERS
from planner.reports.documents.parts import COMPARISON
from planner.reports.documents.pdf import page_pictures
from planner.reports.proposal.write import FORMATS, KEYS, drawn, source_of
from planner.reports.village_sheets.booklet import Booklet
from planner.texts.catalogues import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.areas.area import Answer, Area
    from app.figures.plan import PlanFigures
    from geodata.adoption import Adoption
    from planner.coverage.study import Gaps
    from planner.reports.proposal.write import Drawn

# Enough to read the headings and see the maps; a page is some 40 kB.
PREVIEW_PPI = 60.0
# The PWS sheets of a kecamatan, one page a village.
SHEETS = "pws"


@dataclass(frozen=True)
class Wanted:
    """Which document, in which language, format and on which paper; with the plan in hand or without.

    Of the PWS sheets, those of which kecamatan (its code).
    """

    key: str = "usulan"
    lang: str = "id"
    ending: str = "docx"
    paper: str = "a4"
    plan: str = "with"
    district: str = ""

    @property
    def file_ending(self) -> str:
        """The format of the file: sheets are on paper alone."""
        return "pdf" if self.key == SHEETS else self.ending

    def but(self, said: Mapping[str, str], districts: Collection[str] = ()) -> Wanted:
        """Return the same with what was chosen; what is none is left as it was.

        Parameters
        ----------
        said
            By field.
        districts
            Codes of the kecamatan that may be chosen.

        Examples
        --------
        >>> Wanted().but({"key": "ringkasan", "paper": "letter"})
        Wanted(key='ringkasan', lang='id', ending='docx', paper='a4', plan='with', district='')
        """
        known = {"key": (*KEYS, COMPARISON, SHEETS), "lang": LANGUAGES, "ending": FORMATS, "paper": PAPERS,
                 "plan": ("with", "without"), "district": districts}  # fmt: skip
        chosen = {name: said[name] for name, values in known.items() if said.get(name) in values}
        return Wanted(**{**vars(self), **chosen})


@dataclass(frozen=True)
class Against:
    """What the answer shown is compared with.

    Attributes
    ----------
    answer
        That answer.
    names
        Of it and of the one shown; "" where it has none and the scenario's own stands.
    """

    answer: Answer
    names: tuple[str, str] = ("", "")


def _drawn(
    area: Area, answer: Answer, wanted: Wanted, adoption: Iterable[Adoption], against: Against | None,
    plan: PlanFigures | None,
) -> Drawn:  # fmt: skip
    if wanted.key == COMPARISON:
        assert against is not None
        sides = (against.answer.gaps, answer.gaps)
        before, after = (_named(gaps, name) for gaps, name in zip(sides, against.names, strict=True))
        may_go_on()
        both = comparison_of(before, after, findings=area.findings, layers=area.layers, lang=wanted.lang)
        return drawn_comparison(both, wanted.paper)
    if plan is not None:
        # It stands on top of what it was made for, whatever of it is in the scenario by now.
        answer = area.answer(plan.question.basis)
    answer.prepare(*TABLE_PARTS)
    may_go_on()
    ilp = answer.ilp.with_adoption(adoption)
    source = source_of(
        ilp, findings=area.findings, plan=None if plan is None else plan.documents, lang=wanted.lang
    )
    return drawn(source, wanted.key, wanted.paper)


def _booklet(answer: Answer, wanted: Wanted, adoption: Iterable[Adoption]) -> Booklet:
    answer.prepare(*TABLE_PARTS)
    may_go_on()
    made = Booklet(answer.ilp.with_adoption(adoption), wanted.lang)
    may_go_on()
    return made


def _named(gaps: Gaps, name: str) -> Gaps:
    return replace(gaps, scenario=gaps.scenario.model_copy(update={"name": name})) if name else gaps


def document_file(
    area: Area, answer: Answer, wanted: Wanted, adoption: Iterable[Adoption] = (),
    against: Against | None = None, plan: PlanFigures | None = None,
) -> io.BytesIO:  # fmt: skip
    """Return a document as a file of its format.

    Parameters
    ----------
    adoption
        What the board knows of the puskesmas.
    against
        For the comparison: what the answer is compared with.
    plan
        That the document asks for; it starts from the question that the plan was made for.
    """
    if wanted.key == SHEETS:
        return io.BytesIO(_booklet(answer, wanted, adoption).pdf(wanted.district))
    one = _drawn(area, answer, wanted, adoption, against, plan)
    may_go_on()
    return io.BytesIO(FORMATS[wanted.ending](one))


def document_pages(
    area: Area, answer: Answer, wanted: Wanted, adoption: Iterable[Adoption] = (),
    against: Against | None = None, plan: PlanFigures | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Return the pages of a document as pictures, each the address of an image that holds itself."""
    if wanted.key == SHEETS:
        pages = _booklet(answer, wanted, adoption).pictures(wanted.district, ppi=PREVIEW_PPI)
    else:
        one = _drawn(area, answer, wanted, adoption, against, plan)
        may_go_on()
        pages = page_pictures(one.data, one.pictures, one.paper, ppi=PREVIEW_PPI)
    return tuple(f"data:image/png;base64,{base64.b64encode(page).decode('ascii')}" for page in pages)
