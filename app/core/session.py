"""One browser tab: the objects that its views share, each with one duty."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from app.areas.apart import Here
from app.core.drafts import Drafts
from app.core.notice import Notice
from app.core.page import MapTools, OpenViews
from app.core.planning import Planning
from app.core.questions import Questions
from app.core.revising import Revising
from app.core.saving import Scenarios
from app.core.state import Selection, State
from app.core.stream import Stream
from app.core.work import Work
from app.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bokeh.document import Document

    from app.areas.apart import Readers
    from app.areas.area import Area
    from app.areas.served import Served
    from app.core.work import Seats
    from app.store import Store
    from app.texts import Texts

T = TypeVar("T")
# Files that are made or wait to be; one is made at a time.
MOST_FILES = 3
# What changes of the state when a user goes on; what an act tells of, it has done before.
GOES_ON = ("kind", "season", "measure", "group", "filter", "selected", "history", "beside", "reference")


class Session:
    """What all views of one tab share.

    Parameters
    ----------
    area, texts, store
        What is shown, in which language, and where scenarios are kept.
    account, editor
        Who is looking, and whether they may save.
    seats
        Ways to threads for slow work.
    document
        The Bokeh document that the results are shown in; None runs everything at once (tests).
    served
        Where the area's data may be replaced; None where they may not.
    readers
        Where files of others are read; here when None (tests).

    Attributes
    ----------
    state
        What is chosen and asked.
    notice
        What the user is told.
    stream
        What the page shows.
    questions, drafts, scenarios
        What is asked next; unsaved work; saved work.
    planning
        Where next: the plan of sites.
    revising
        Other data for the area, on trial.
    map, views
        What the parts of the page ask of each other.
    """

    def __init__(
        self,
        area: Area,
        texts: Texts,
        store: Store,
        *,
        account: str,
        editor: bool,
        seats: Seats | None = None,
        document: Document | None = None,
        served: Served | None = None,
        readers: Readers | None = None,
    ) -> None:
        self.area, self.texts, self.store, self.account = area, texts, store, account
        self.signed_in = False
        self.readers: Readers = readers or Here()
        self.state = State(area)
        self.render = Renderer(texts)
        self._work = Work(seats, document)
        # No thread may touch the page, so none may change it.
        self.stream = Stream(self._work.require_loop, self._work.when_there)
        self.notice = Notice(texts, self._work.require_loop, lambda: self.stream.acts)
        self.state.param.watch(self.notice.past, list(GOES_ON))
        self.questions = Questions(self.state, self.notice, texts, self._work)
        self.drafts = Drafts(
            self.state, store, account, notice=self.notice, texts=texts, questions=self.questions,
            work=self._work,
        )  # fmt: skip
        self.scenarios = Scenarios(
            self.state, store, account, editor=editor, notice=self.notice, texts=texts,
            questions=self.questions, drafts=self.drafts,
        )  # fmt: skip
        self.planning = Planning(
            self.state, notice=self.notice, texts=texts, questions=self.questions, work=self._work
        )
        self.revising = Revising(
            area, served, account=account, notice=self.notice, texts=texts, scenarios=self.scenarios,
            work=self._work, readers=self.readers,
        )  # fmt: skip
        self.map, self.views = MapTools(), OpenViews()
        self.views.param.watch(self.notice.passed, "shown")
        self._files = 0

    @property
    def base_name(self) -> str:
        """What the base is called: what the file that the server was started with calls it, if it does."""
        given = self.area.given
        return (given.name if given is not None else "") or self.texts.text("the base")

    @property
    def settled(self) -> bool:
        """Whether all that was asked for so far is done, shown and kept."""
        return self.questions.settled and self.drafts.settled and not self._work.waits

    def send_page(self) -> Callable[[], None]:
        """Say that the page is made; return what is to be called once it stands in the browser."""
        return self._work.send_page()

    def work(
        self,
        slow: Callable[[], T],
        then: Callable[[T], None],
        *,
        topic: str,
        failed: Callable[[BaseException], None] | None = None,
        reads: bool = False,
    ) -> None:
        """Do slow work in a thread, then show its result; of one topic only the latest is shown.

        Parameters
        ----------
        reads
            Whether it reads a file of others, for which there are threads apart.
        failed
            Shows that it failed, besides the notice that says so.
        """
        self._work.require_loop()

        def told(error: BaseException) -> None:
            self.notice.tell_error(error)
            if failed is not None:
                failed(error)

        self._work.latest(topic, slow, then, told, reads=reads)

    def drop(self, topic: str) -> None:
        """Forget a topic's work."""
        self._work.drop(topic)

    async def result(self, slow: Callable[[], T]) -> T | None:
        """Return a file that was made in a thread, one after the other; None where why not was told."""
        if self._files >= MOST_FILES:
            self.notice.tell(
                self.texts.text("Files are being made already. Ask again once they have arrived."), "warning"
            )
            return None
        self._files += 1
        try:
            return await self._work.result(slow)
        except Exception as error:  # noqa: BLE001 - shown to the user, and logged unless it is theirs
            self.notice.tell_error(error)
            return None
        finally:
            self._files -= 1

    def select_facility(self, facility_id: str) -> None:
        """Show a facility's sheet; an unknown id selects nothing."""
        if facility_id in self.state.answer.gaps.layers.facilities.index:
            self.state.selected = Selection("facility", facility_id)

    def tell_of_new_data(self, by: str) -> None:
        """Say that the area's data were replaced by somebody; from any thread."""
        text = self.texts.text(
            "The data of this area were replaced by {name}. Load the page anew to see them.", name=by
        )
        self._work.on_page(partial(self.notice.tell, text, "warning", stays=True))

    def stop(self) -> None:
        """Stop all work of this tab, from any thread; nobody waits for it any more."""
        self.questions.halt()
        self.planning.halt()
        self.revising.halt()
        self._work.stop()

    def close(self) -> None:
        """Forget everything that could keep the closed tab alive."""
        self.questions.close()
        self.planning.close()
        self.revising.close()
        self._work.close()
        self.drafts.close()
        self.stream.close()
        self.map.close()
        self.views.close()
