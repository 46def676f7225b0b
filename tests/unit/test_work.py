"""Results of threads reach the page whatever the document holds; no thread touches the page."""

from __future__ import annotations

import asyncio
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bokeh.document import Document
from bokeh.server.contexts import BokehSessionContext
from bokeh.server.session import ServerSession
from tornado.ioloop import IOLoop

from app.core.work import MOST_EARLY, Seats, Work


class Page:
    """A document with a session on the running loop, as a server makes it."""

    def __init__(self):
        self.document = Document()
        # The document keeps it by a weak reference.
        self.context = BokehSessionContext("tab", None, self.document)
        self.document._session_context = weakref.ref(self.context)
        self.session = ServerSession("tab", self.document, io_loop=IOLoop.current())
        self.context._set_session(self.session)
        self.pool = ThreadPoolExecutor(2)
        self.work = Work(Seats(*[self.pool] * 4), self.document)
        self.shown, self.failed = [], []

    def ask(self, slow):
        self.work.run(slow, self.shown.append, self.failed.append)

    async def rest(self):
        await IOLoop.current().run_in_executor(None, self.pool.shutdown)
        for _ in range(5):
            await asyncio.sleep(0)


def on_a_loop_of_its_own(scene):
    """Run a scene in a thread: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(scene())).result(60)


def test_a_result_arrives_although_the_document_drops_what_it_holds():
    async def scene():
        page = Page()
        for number in range(50):
            page.document.hold("combine")
            page.ask(lambda n=number: n)
            await asyncio.sleep(0.001)
            # What Panel and Bokeh do: take a copy of what is held, then clear the list.
            page.document.callbacks._held_events.clear()
            page.document.callbacks._hold = None
        await page.rest()
        return page

    page = on_a_loop_of_its_own(scene)
    assert sorted(page.shown) == list(range(50))
    assert page.failed == []


def test_results_are_shown_on_the_loop_under_the_documents_lock():
    async def scene():
        page = Page()
        seen = []

        def show(_):
            page.work.require_loop()
            seen.append(page.session._pending_writes is not None)

        page.work.run(lambda: 1, show, page.failed.append)
        await page.rest()
        return seen

    assert on_a_loop_of_its_own(scene) == [True]


def test_one_result_that_cannot_be_shown_takes_no_other_with_it(caplog):
    async def scene():
        page = Page()

        def cannot(_):
            msg = "broken view"
            raise ValueError(msg)

        page.work.run(lambda: 1, cannot, page.failed.append)
        page.ask(lambda: 2)
        await page.rest()
        return page

    assert on_a_loop_of_its_own(scene).shown == [2]
    assert "broken view" in caplog.text


def test_work_that_fails_says_so():
    async def scene():
        page = Page()
        page.ask(lambda: 1 / 0)
        await page.rest()
        return page

    page = on_a_loop_of_its_own(scene)
    assert [type(e) for e in page.failed] == [ZeroDivisionError]


def test_of_one_topic_only_the_latest_is_shown():
    async def scene():
        page = Page()
        for number in range(5):
            page.work.latest("sheet", lambda n=number: n, page.shown.append, page.failed.append)
        await page.rest()
        return page

    assert on_a_loop_of_its_own(scene).shown == [4]


def test_a_thread_that_touches_the_page_is_stopped():
    async def scene():
        page = Page()
        page.ask(page.work.require_loop)
        await page.rest()
        return page

    page = on_a_loop_of_its_own(scene)
    assert [type(e) for e in page.failed] == [RuntimeError]
    assert page.shown == []


def test_what_is_asked_of_a_page_on_its_way_is_done_in_its_order_once_it_stands():
    work, done = Work(None, None), []

    def fails():
        raise ValueError

    work.when_there(lambda: done.append("while it is made"))
    arrived = work.send_page()
    for act in (lambda: done.append("first"), fails, lambda: done.append("second")):
        work.when_there(act)
    assert done == ["while it is made"]
    assert work.waits
    arrived()
    work.when_there(lambda: done.append("third"))
    assert done == ["while it is made", "first", "second", "third"]
    assert not work.waits


def test_a_page_that_never_stands_holds_no_end_of_what_is_asked(caplog):
    work, done = Work(None, None), []
    work.send_page()
    for number in range(2 * MOST_EARLY):
        work.when_there(partial(done.append, number))
    # What is asked is done at last, in its order, as if the page stood.
    assert done == list(range(2 * MOST_EARLY))
    assert "has not stood" in caplog.text
    work.send_page()
    work.when_there(partial(done.append, "late"))
    work.close()
    assert not work.waits
    assert "late" not in done
