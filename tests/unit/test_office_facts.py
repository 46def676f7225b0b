"""What an office states: sentences in both languages, held against the data, and bad files told in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from geodata.adoption import Adoption
from geodata.errors import ConfigError
from planner.pipeline import CloseFacility, Ilp, OpenFacility, demo_layers, find_gaps
from planner.reports.comparison.edits import edits_in_words
from planner.reports.proposal.facts import Facts, read_facts
from planner.reports.proposal.memo import staff_memo
from planner.reports.proposal.readiness import readiness, unknown_facts
from planner.reports.proposal.stated import show, unbacked
from planner.reports.proposal.write import source_of

ALL = {
    "source": "Dinas <Kesehatan> $x$",
    "statements": [
        {"fact": "people", "number": 52529},
        {"fact": "launch", "date": "28/06/2024"},
        {"fact": "launch", "date": 2024},
        {"fact": "units", "units": {"puskesmas": 2, "pustu": 68}, "by_year": 2026},
        {"fact": "adopted", "number": 1, "of": 2, "names": ["Muararekaan"], "date": "2024-07"},
        {"fact": "adopted", "number": 2, "of": 2, "names": ["Muararekaen", "Lain"], "all_by_year": 2025},
        {"fact": "commitment", "to": "x", "signed_by": ["camat", "lurah"], "date": "2024-07-22"},
        {"fact": "commitment", "to": {"id": "semua", "en": "all"}},
        {"fact": "role", "who": "RT", "does": {"id": "mendata.", "en": "counts."}},
        {"fact": "levels", "levels": ["kelurahan", "desa", "dusun", "rw", "rt", "home"]},
        {"fact": "islands"},
        {"fact": "islands", "inhabited": 1},
        {"fact": "dashboard", "villages": 1, "running": True},
        {"fact": "dashboard", "villages": 12, "running": False},
        {"fact": "target", "share": 0.4, "puskesmas": 4072, "by_year": 2025},
        {"fact": "target", "share": 1, "level": "regency"},
        {"fact": "text", "text": "{{ 7*7 }} {braces}"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def gaps():
    return find_gaps(demo_layers(12))


def source(gaps, statements=None, *, lang="id", adoption=()):
    facts = Facts.model_validate({**ALL, "statements": statements or ALL["statements"]})
    return source_of(Ilp(gaps, adoption=adoption), facts=facts, lang=lang)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_statement_is_a_sentence(gaps, lang):
    made = source(gaps, lang=lang)
    for one in made.facts.statements:
        said, data, _ = show(made, one)
        for line in (said, data):
            assert line[-1] in ".!?", line
            assert line[0].isupper() or line[0].isdigit() or line.startswith("{{"), line
            assert "  " not in line
            assert "None" not in line


def first(gaps, statement, **more):
    made = source(gaps, [statement], **more)
    return show(made, made.facts.statements[0])


def test_only_what_the_data_show_wholly_is_backed(gaps):
    """Counted by hand from the demo: 52,529 people, two puskesmas of which one is Muararekaan."""
    assert first(gaps, {"fact": "people", "number": 52529}).backed
    assert not first(gaps, {"fact": "people", "number": 52530}).backed
    adopted = {"fact": "adopted", "number": 1, "of": 2, "names": ["Puskesmas Muararekaan"]}
    known = [Adoption("P9901002", "peluncuran"), Adoption("P9901001", "klaster")]
    assert not first(gaps, adopted).backed
    assert first(gaps, adopted, adoption=known).backed
    # Nobody knows of the other one: it may have launched too.
    assert not first(gaps, adopted, adoption=known[:1]).backed
    # What is for the future no table of stages shows.
    assert not first(gaps, {**adopted, "all_by_year": 2030}, adoption=known).backed
    assert not first(gaps, {**adopted, "number": 2}, adoption=known).backed
    wrong = first(gaps, {**adopted, "names": ["Muararekaen"]}, adoption=known)
    assert not wrong.backed
    assert "Muararekaen (mirip: Muararekaan)" in wrong.data.replace("Puskesmas ", "")
    target = {"fact": "target", "share": 0.4}
    assert "belum dapat dipastikan" in first(gaps, target).data
    assert "sudah tercapai" in first(gaps, target, adoption=known).data
    assert "belum tercapai" in first(gaps, {**target, "share": 1}, adoption=known).data
    assert not first(gaps, {"fact": "units", "units": {"puskesmas": 2}}).backed


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_memo_states_the_first_and_says_how_many_more_there_are(gaps, lang):
    """With the source of each and what the data show of it; a memo without facts has none of them."""

    def facts_of(made):
        [part] = [s for s in staff_memo(made).sections if s.key == "facts"]
        return part.blocks[0].items

    made = source(gaps, lang=lang)
    shown, bare = facts_of(made), facts_of(replace(made, facts=None))
    assert shown[: len(bare)] == bare
    stated = shown[len(bare) :]
    assert len(stated) == 6
    for one, line in zip(made.facts.statements, stated[:5], strict=False):
        said, data, _ = show(made, one)
        assert line.startswith(f"{said} ")
        assert "Dinas <Kesehatan> $x$" in line
        assert line.endswith(f" {data}")
    assert f" {len(made.facts.statements) - 5} " in stated[5]
    few = source(gaps, made.facts.model_dump(mode="json")["statements"][:5], lang=lang)
    assert len(facts_of(few)) == len(bare) + 5


def test_a_date_is_as_exact_as_it_was_given(gaps):
    for given, said in (("28/06/2024", "28 Juni 2024"), ("2024-07", "Juli 2024"), (2024, "pada 2024")):
        assert said in first(gaps, {"fact": "launch", "date": given}).said


def test_nothing_stated_changes_a_figure(gaps):
    bare, told = source_of(Ilp(gaps)), source(gaps)
    assert told.totals == bare.totals
    extra = [fact for fact in unknown_facts(told) if fact not in unknown_facts(bare)]
    assert len(extra) == 1
    assert str(unbacked(told)) in extra[0][0]
    assert unbacked(replace(told, facts=None)) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"statements": []}, "statements"),
        ({"statements": [{"fact": "people", "number": 1}]}, "has no source"),
        ({"source": "x", "statements": [{"fact": "rumour"}]}, "fact"),
        ({"source": "x", "statements": [{"fact": "people", "number": -1}]}, "number"),
        ({"source": "x", "statements": [{"fact": "launch", "date": "31/02/2024"}]}, "date"),
        ({"source": "x", "statements": [{"fact": "launch", "date": None}]}, "date"),
        ({"source": "x", "statements": [{"fact": "units", "units": {"kapal": 1}}]}, "kapal"),
        ({"source": "x", "statements": [{"fact": "adopted", "number": 3, "of": 2}]}, "above"),
        ({"source": "x", "statements": [{"fact": "adopted", "number": 0, "of": 2, "names": ["a"]}]}, "names"),
        ({"source": "x", "statements": [{"fact": "role", "who": "RT"}]}, "does"),
        ({"source": "x", "statements": [{"fact": "target", "share": 40}]}, "share"),
        ({"source": "x", "statements": [{"fact": "levels", "levels": ["kampung"]}]}, "levels"),
    ],
)
def test_a_bad_file_is_told_so(tmp_path, content, said):
    file = tmp_path / "facts.yml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(ConfigError, match=said):
        read_facts(file)


@pytest.mark.parametrize(
    ("lang", "sentence", "since"),
    [
        ("id", ("Tahap penerapan ILP diketahui untuk 1 dari 2 puskesmas; ",
                "1 di antaranya sudah meluncurkan ILP. Target nasional 40%, atau"), "28 Juni 2024"),
        ("en", ("The stage of ILP is known for 1 of 2 puskesmas, of which 1 launched it. ",
                "The national target is 40%,"), "28 June 2024"),
    ],
)  # fmt: skip
def test_readiness_is_told_by_units_and_dates_as_elsewhere(gaps, lang, sentence, since):
    """Seen once: "tahap 3 sudah diketahui" of three units, 40,0% beside 40%, and 2024-06-28."""
    known = (Adoption(facility_id="P9901001", stage="peluncuran", date="2024-06-28"),)
    paragraph, table = readiness(source(gaps, lang=lang, adoption=known)).blocks
    assert paragraph.text.startswith("".join(sentence))
    assert since in [row.cells[3].text for row in table.rows]


def test_a_new_unit_without_a_name_is_not_called_by_its_id(gaps):
    made = OpenFacility(id="new-pustu-99.01.01.2004-2", kind="pustu", lonlat=(107.3, -4.99))
    for lang, begins in (("id", "Pustu baru dibuka di "), ("en", "A new pustu is opened outside ")):
        edits = (made, CloseFacility(id=made.id))
        opened, closed = edits_in_words(source(gaps, lang=lang), edits, edits)
        assert opened.startswith(begins)
        assert closed.startswith(begins.split(" di")[0].split(" is ")[0] + " (")
        assert "new-pustu" not in opened + closed
        for own in ({"name": "Melati"}, {"id": "Melati"}):
            named = (made.model_copy(update=own),)
            assert edits_in_words(source(gaps, lang=lang), named, named)[0].startswith("Pustu Melati ")
