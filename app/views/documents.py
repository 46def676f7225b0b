"""Documents for the dinas: which, in which language and on which paper; their pages; the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import panel_material_ui as pmui
import param

from app.components.fragment import Fragment
from app.figures.adoption_board import kept_records
from app.figures.documents import SHEETS, Against, Wanted, document_file, document_pages
from app.views.downloads import Download
from app.views.follows import Follows
from planner.reports.documents.parts import COMPARISON
from planner.reports.proposal.write import KEYS
from planner.reports.village_sheets.booklet import districts_of

if TYPE_CHECKING:
    import io

    from app.core.session import Session
    from app.figures.plan import PlanFigures


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


SAME = _("This is the same as what it is compared with. Make a change, or choose a saved scenario.")


def make(session: Session) -> pmui.Column:
    """Return the choice of a document, its pages and its file."""
    return _Documents(session).layout


class _Documents(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        _ = session.texts.text
        self.districts = districts_of(session.area.layers)
        self.wanted = Wanted(lang=session.texts.lang, district=next(iter(self.districts), ""))
        self.pages: tuple[str, ...] = ()
        self.at, self.making = 0, False
        self.fragment = Fragment(session.stream, "documents", self.acted, label=_("Documents"))
        self.file = Download(
            callback=self.made, filename="usulan.docx", label=_("Take the file"), icon="download",
            variant="outlined", sizing_mode="stretch_width", margin=(4, 4),
        )  # fmt: skip
        self.layout = pmui.Column(self.fragment, self.file, margin=0, sizing_mode="stretch_width")
        self.choose({"key": self.state.document})
        self.show()

    @param.depends("state.document", watch=True)
    def chosen_elsewhere(self) -> None:
        self.choose({"key": self.state.document})
        self.session.views.when_shown("documents", self.show)

    @param.depends("state.history", "state.reference", "state.opened", "planning.plan", watch=True)
    def outdated(self) -> None:
        """Let go of pages of another question."""
        self.forget()
        self.session.views.when_shown("documents", self.show)

    def forget(self) -> None:
        self.session.drop("documents")
        self.pages, self.at, self.making = (), 0, False

    def show(self) -> None:
        asks = self.wanted.key in KEYS
        self.fragment.html = self.session.render(
            "documents", wanted=self.wanted, pages=self.pages, at=self.at, making=self.making,
            lacking=self.lacking, plan=self.plan if asks else None,
            without=self.why_without if asks else "", districts=self.districts,
        )  # fmt: skip

    @property
    def lacking(self) -> bool:
        """Whether a comparison is wanted, and there is nothing to compare with."""
        return self.wanted.key == COMPARISON and not self.state.differs

    @property
    def plan(self) -> PlanFigures | None:
        """The plan in hand, where documents can ask for it: on top of the scenario shown."""
        plan: PlanFigures | None = self.planning.plan
        if plan is None or plan.documents is None or self.why_without:
            return None
        return plan

    @property
    def why_without(self) -> str:
        """Why the plan in hand is in no document; "" where it builds on what is shown, its sites apart.

        ``earlier``: there are sites of an earlier plan, whose place it would take; ``other``: it was made for
        another scenario.
        """
        plan = self.planning.plan
        if plan is None or self.planning.is_of_what_is_shown:
            return ""
        replaces = plan.question.basis == self.planning.basis(plan.question.kind)
        return "earlier" if replaces else "other"

    @property
    def asked(self) -> PlanFigures | None:
        """The plan that the document asks for."""
        return self.plan if self.wanted.plan == "with" else None

    @property
    def against(self) -> Against:
        """What the answer shown is compared with, as the page calls both."""
        opened = "" if self.state.opened is None else self.state.opened.name
        if opened and self.state.unsaved:
            opened = self.session.texts.text("{name}, changed", name=opened)
        return Against(self.state.compared, (self.state.reference.name, opened))

    def acted(self, message: dict[str, str]) -> None:
        """Do what a button says."""
        match message["act"]:
            case "choose":
                self.choose({message.get("name", ""): message.get("value", "")})
            case "preview":
                self.preview()
            case "stop":
                self.forget()
            case "page" if self.pages and message.get("step") in ("-1", "1"):
                self.at = min(max(self.at + int(message["step"]), 0), len(self.pages) - 1)
            case _:
                return
        self.show()

    def choose(self, what: dict[str, str]) -> None:
        """Take another document, language, file or paper; the pages shown go with what they show."""
        before = self.wanted
        self.wanted = before.but(what, self.districts)
        if replace(before, ending=self.wanted.ending) != self.wanted:
            self.forget()

    def preview(self) -> None:
        """Make the pages as pictures."""
        session, wanted, answer = self.session, self.wanted, self.state.answer
        against, plan = self.against, self.asked
        self.forget()
        if self.lacking:
            return
        self.making = True

        def slow() -> tuple[str, ...]:
            records = kept_records(session.store, session.area)
            return document_pages(session.area, answer, wanted, records, against, plan)

        def shown(pages: tuple[str, ...]) -> None:
            self.pages, self.making = pages, False
            session.notice.passed()
            self.show()

        def failed(_error: BaseException) -> None:
            self.making = False
            self.show()

        session.work(slow, shown, topic="documents", failed=failed)

    async def made(self) -> io.BytesIO | None:
        """Return the file of the document chosen."""
        # Of this moment, whatever changes until it is made.
        session, wanted, answer = self.session, self.wanted, self.state.answer
        against, plan = self.against, self.asked
        place = wanted.district if wanted.key == SHEETS else session.area.code
        self.file.filename = f"{wanted.key}-{place}.{wanted.file_ending}"
        if self.lacking:
            session.notice.tell(session.texts.text(SAME), "warning")
            return None

        def slow() -> io.BytesIO:
            records = kept_records(session.store, session.area)
            return document_file(session.area, answer, wanted, records, against, plan)

        return await session.result(slow)
