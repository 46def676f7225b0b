"""The page of documents without a browser: chosen, looked at, taken; the same as the planner writes."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from queue import Queue
from threading import Event

import docx
import pytest
from pypdf import PdfReader
from support import run_apart

from app.areas.area import Area
from app.areas.question import WhatIf
from app.areas.stopping import StoppedError, may_go_on
from app.core.session import Session
from app.core.state import History, Reference
from app.core.work import Seats
from app.figures.documents import Against, Wanted, document_file, document_pages
from app.store import Store
from app.texts import Texts
from app.views import documents
from planner.pipeline import Ask, Ilp, RolloutPlan, Study, check, find_gaps, rollout, site
from planner.reports.comparison.sides import comparison_of
from planner.reports.comparison.write import drawn_comparison
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.write import FORMATS, drawn, source_of
from planner.reports.rollout import write_rollout
from planner.reports.siting import write_siting
from planner.reports.village_sheets.booklet import Booklet
from planner.scenarios.edits import CloseFacility

# panel-material-ui's button of a download gives both by itself.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant':PendingDeprecationWarning")


@pytest.fixture(scope="module")
def area(demo_layers):
    return Area(demo_layers)


@pytest.fixture
def view(area, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    session = Session(area, Texts("en"), store, account="ani", editor=True)
    yield documents.make.__globals__["_Documents"](session)
    store.close()


@pytest.mark.slow
def test_the_file_is_what_the_planner_writes(area, demo_layers):
    source = source_of(Ilp(find_gaps(demo_layers)), findings=check(demo_layers), lang="id")
    wanted = Wanted("ringkasan", "id", "html", "f4")
    got = document_file(area, area.base, wanted).getvalue()
    assert got == FORMATS["html"](drawn(source, "ringkasan", "f4"))


@pytest.mark.slow
@pytest.mark.parametrize("key", ["usulan", "telaahan", "ringkasan"])
def test_there_is_a_picture_of_each_page(area, key):
    pages = document_pages(area, area.base, Wanted(key))
    pdf = PdfReader(document_file(area, area.base, Wanted(key, ending="pdf")))
    assert len(pages) == len(pdf.pages)
    heads = {base64.b64decode(p.partition(",")[2])[:4] for p in pages}
    assert heads == {b"\x89PNG"}


@pytest.mark.slow
def test_the_comparison_is_what_the_planner_writes(area):
    closed = WhatIf(edits=(CloseFacility(op="close_facility", id="P9901002"),))
    shown = area.answer(closed)
    got = document_file(
        area, shown, Wanted("perbandingan", "en", "html"), against=Against(area.base, ("Today", ""))
    )
    today = replace(area.base.gaps, scenario=area.base.gaps.scenario.model_copy(update={"name": "Today"}))
    both = comparison_of(today, shown.gaps, findings=area.findings, layers=area.layers, lang="en")
    assert got.getvalue() == FORMATS["html"](drawn_comparison(both, "a4"))
    assert "Today" in got.getvalue().decode()


@pytest.mark.slow
def test_there_is_nothing_to_compare_until_something_differs(view, area):
    view.acted({"act": "choose", "name": "key", "value": "perbandingan"})
    view.acted({"act": "preview"})
    assert (view.pages, view.making) == ((), False)
    assert "Make a change, or choose a saved scenario." in view.fragment.html
    assert run_apart(view.made()) is None
    closed = WhatIf(edits=(CloseFacility(op="close_facility", id="P9901002"),))
    area.answer(closed)
    view.session.state.move_to(History().then(closed), opened=None)
    assert "Make a change" not in view.fragment.html
    view.acted({"act": "preview"})
    assert view.pages
    # Another scenario to compare with makes them another document.
    view.session.state.reference = Reference(what_if=closed, name="Tutup", id="x")
    assert view.pages == ()


@pytest.mark.slow
def test_word_opens(area):
    book = docx.Document(document_file(area, area.base, Wanted("telaahan", "en", "docx", "a4")))
    assert any("Facts" in p.text for p in book.paragraphs)


@pytest.mark.slow
def test_pages_are_turned_and_go_with_the_question(view, area):
    view.acted({"act": "choose", "name": "key", "value": "telaahan"})
    view.acted({"act": "preview"})
    assert len(view.pages) == 2
    view.acted({"act": "page", "step": "1"})
    view.acted({"act": "page", "step": "1"})
    assert view.at == 1
    assert "page 2 of 2" in view.fragment.html
    closed = WhatIf(edits=(CloseFacility(op="close_facility", id="P9901002"),))
    area.answer(closed)
    view.session.state.move_to(History().then(closed), opened=None)
    assert view.pages == ()
    view.acted({"act": "preview"})
    # The size of the file alone keeps the pages; another paper does not.
    view.acted({"act": "choose", "name": "ending", "value": "pdf"})
    assert view.pages
    view.acted({"act": "choose", "name": "paper", "value": "f4"})
    assert view.pages == ()


def test_pages_in_the_making_are_stopped(area, tmp_path, monkeypatch):
    """The thread ends too: whoever waits for it has its turn."""
    store = Store.open(f"sqlite:///{tmp_path / 'jangkau.db'}")
    begun, over, ended = Event(), Event(), Queue()

    def endless(*_of):
        begun.set()
        try:
            while not over.wait(0.001):
                may_go_on()
        except StoppedError:
            ended.put("stopped")
            raise
        return ()

    monkeypatch.setattr(documents, "document_pages", endless)
    with ThreadPoolExecutor(1) as seat:
        seats = Seats(*[seat] * 4)
        session = Session(area, Texts("en"), store, account="siti", editor=True, seats=seats)
        view = documents.make.__globals__["_Documents"](session)
        try:
            for act in ({"act": "stop"}, {"act": "choose", "name": "key", "value": "telaahan"}):
                view.acted({"act": "preview"})
                assert begun.wait(20)
                begun.clear()
                assert 'data-act="stop"' in view.fragment.html
                view.acted(act)
                assert ended.get(timeout=20) == "stopped"
                assert (view.making, view.pages) == (False, ())
                assert 'data-act="stop"' not in view.fragment.html
        finally:
            over.set()
    assert session.notice.text == ""
    store.close()


@pytest.mark.parametrize("message", [
    {"act": "choose", "name": "paper", "value": "letter"}, {"act": "choose"}, {"act": "page", "step": "9"},
    {"act": "page"}, {"act": "nothing"},
])  # fmt: skip
def test_no_message_of_a_page_is_a_fault(view, message):
    view.acted(message)
    assert view.wanted == Wanted(district=next(iter(view.districts)), lang="en")


@pytest.mark.slow
def test_a_file_arrives_under_its_name(view):
    view.acted({"act": "choose", "name": "key", "value": "ringkasan"})
    view.acted({"act": "choose", "name": "ending", "value": "pdf"})
    made = run_apart(view.made())
    assert isinstance(made, io.BytesIO)
    assert view.file.filename == "ringkasan-99.01.pdf"


@pytest.mark.slow
@pytest.mark.parametrize("years", [(), (2027, 2028)], ids=["at once", "over years"])
def test_a_document_asks_for_the_plan_in_hand_as_the_command_line_does(view, demo_layers, tmp_path, years):
    """Whether its sites are in the scenario by now or not; and the pages go with it."""
    planning, area = view.planning, view.session.area
    ask = Ask(units=2, seasons=("dry",))
    planning.solve("posyandu", ask, {}, years)
    assert planning.plan is not None
    assert "the plan in hand: Posyandu" in unescape(view.session.stream.value("documents"))
    view.choose({"ending": "html", "lang": "en"})
    study = Study(demo_layers)
    if years:
        asked = {"kind": "posyandu", "years": [{"year": year, "units": 2} for year in years]}
        write_rollout(rollout(study, RolloutPlan.model_validate(asked)), tmp_path / "plan")
    else:
        write_siting(site(study, "posyandu", ask), tmp_path / "plan")
    source = source_of(
        Ilp(find_gaps(demo_layers)), findings=check(demo_layers), lang="en",
        plan=read_plan_folder(tmp_path / "plan"),
    )  # fmt: skip
    for key in ("usulan", "telaahan", "ringkasan"):
        wanted = replace(view.wanted, key=key)
        got = document_file(area, area.base, wanted, (), None, view.asked).getvalue()
        assert got == FORMATS["html"](drawn(source, key, "a4"))
    without = document_file(area, area.base, view.wanted, (), None, None).getvalue()
    assert got != without
    # In the scenario it is the plan still, on top of what was there before.
    view.preview()
    assert view.pages
    planning.take_over()
    assert not view.session.state.what_if.is_base
    assert view.pages == ()
    taken = document_file(
        area, view.state.answer, replace(view.wanted, key="ringkasan"), (), None, view.asked
    )
    assert taken.getvalue() == got
    view.choose({"plan": "without"})
    assert view.asked is None
    view.choose({"plan": "with"})
    # Another change: the plan was made for something else.
    unit = next(f for f, kind in area.layers.facilities["kind"].items() if kind == "pustu")
    view.state.show(view.state.what_if.with_edit(CloseFacility(id=unit)))
    assert view.plan is None
    view.show()
    html = unescape(view.session.stream.value("documents"))
    assert "made for another scenario" in html
    view.choose({"key": "perbandingan"})
    view.show()
    assert "made for another scenario" not in unescape(view.session.stream.value("documents"))


def another_plan(planning):
    """A plan of other sites, with those of the one before forbidden; it is not put into the scenario."""
    for one in planning.plan.sites:
        planning.say_of_site("forbid", one.place.key)
    planning.again()


@pytest.mark.slow
def test_a_scenario_that_holds_another_plan_has_no_document_of_the_plan_in_hand(view):
    session, planning = view.session, view.planning
    planning.solve("posyandu", Ask(units=2, seasons=("dry",)), {})
    first = planning.plan
    planning.take_over()
    session.scenarios.save_as("A", "")
    # Saved under a name it is the plan in hand still, and opened anew too.
    assert view.plan is first
    session.scenarios.start_new()
    assert view.plan is first
    [saved] = session.store.scenarios(session.area.code)
    session.scenarios.open(saved.id)
    assert view.plan is first
    assert not planning.is_old
    session.scenarios.start_new()
    another_plan(planning)
    second = planning.plan
    assert second is not first
    assert view.plan is second
    session.scenarios.open(saved.id)
    assert view.plan is None
    assert planning.is_old
    assert "made for another scenario" in unescape(session.stream.value("documents"))
    # On the base it can be asked for again.
    session.scenarios.start_new()
    assert view.plan is second
    assert not planning.is_old


@pytest.mark.slow
def test_a_plan_that_is_to_replace_the_one_in_the_scenario_is_in_no_document_before(view):
    session, planning = view.session, view.planning
    planning.solve("posyandu", Ask(units=2, seasons=("dry",)), {})
    planning.take_over()
    another_plan(planning)
    assert not planning.is_old
    assert view.plan is None
    assert "sites of an earlier plan" in unescape(session.stream.value("documents"))
    planning.take_over()
    assert view.plan is planning.plan
    assert "earlier plan" not in unescape(session.stream.value("documents"))


@pytest.mark.slow
def test_a_plan_that_was_saved_is_replaced_by_the_next_one(view):
    """Of a scenario that was left and opened again, with the plan in hand still."""
    session, planning = view.session, view.planning
    planning.solve("posyandu", Ask(units=2, seasons=("dry",)), {})
    planning.take_over()
    session.scenarios.save_as("A", "")
    session.scenarios.start_new()
    [saved] = session.store.scenarios(session.area.code)
    session.scenarios.open(saved.id)
    another_plan(planning)
    assert planning.plan.question.basis.is_base
    assert not planning.is_old
    planning.take_over()
    assert [e.id for e in session.state.what_if.edits] == [s.edit.id for s in planning.plan.sites]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("years", "seasons"),
    [((), ("wet",)), ((), ("dry", "wet")), ((2027, 2028, 2029), ("dry", "wet"))],
    ids=["wet", "both", "both over years"],
)
def test_a_plan_of_another_season_is_in_the_document_and_said(view, seasons, years):
    view.planning.solve("puskesmas", Ask(units=2, seasons=seasons), {}, years)
    for lang, said in (("en", "wet season"), ("id", "musim hujan")):
        view.choose({"key": "telaahan", "ending": "html", "lang": lang})
        view.preview()
        assert view.session.notice.text == ""
        assert view.pages
        text = run_apart(view.made()).getvalue().decode("utf-8")
        counted = {"en": "counted in the wet season", "id": "dihitung menurut musim hujan"}[lang]
        assert counted in text
        assert said in text


@pytest.mark.slow
def test_a_file_is_of_the_moment_at_which_it_was_asked_for(view, monkeypatch):
    """Another choice and another scenario while the records are read."""
    view.choose({"key": "ringkasan", "ending": "html"})
    view.planning.solve("posyandu", Ask(units=2, seasons=("dry",)), {})
    plan, answer = view.asked, view.state.answer
    got = []

    def later(*_args):
        unit = next(f for f, k in view.session.area.layers.facilities["kind"].items() if k == "pustu")
        view.state.show(view.state.what_if.with_edit(CloseFacility(id=unit)))
        return ()

    def file(*args):
        got.append(args)
        return io.BytesIO(b"x")

    monkeypatch.setattr(documents, "kept_records", later)
    monkeypatch.setattr(documents, "document_file", file)
    run_apart(view.made())
    [(_area, of, wanted, _records, _against, asked)] = got
    assert view.state.answer is not answer
    assert (of, wanted.key, asked) == (answer, "ringkasan", plan)


@pytest.mark.slow
def test_the_sheets_of_a_kecamatan_are_what_the_command_line_writes(view, demo_layers):
    """A page a village and one of contents; what is of other documents is not asked."""
    code = list(view.districts)[1]
    villages = demo_layers.villages["district_code"] == code
    assert 0 < villages.sum() < len(villages)
    view.choose({"key": "pws", "district": "99.99.99"})
    assert view.wanted.district == next(iter(view.districts))
    view.choose({"district": code, "lang": "id"})
    view.preview()
    assert len(view.pages) == villages.sum() + 1
    html = unescape(view.session.stream.value("documents"))
    assert f'<option value="{code}" selected>{view.districts[code]} ({code})</option>' in html
    assert "doc-paper" not in html
    assert "doc-ending" not in html
    file = run_apart(view.made())
    assert view.file.filename == f"pws-{code}.pdf"
    assert file.getvalue() == Booklet(Ilp(find_gaps(demo_layers)), "id").pdf(code)
    view.choose({"key": "usulan"})
    view.show()
    assert view.pages == ()
    assert "doc-district" not in view.session.stream.value("documents")


def test_a_plan_that_documents_do_not_know_is_not_offered(view):
    view.planning.solve("posyandu", Ask(units=2, backup=2, seasons=("dry",)), {})
    assert view.planning.plan is not None
    assert view.plan is None
    assert "plan in hand" not in view.session.stream.value("documents")
