"""An office's own Word template: whole, by single parts, or a finished document given by mistake."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest

from geodata.errors import ConfigError
from planner.cli import main
from planner.pipeline import CloseFacility, Ilp, Study, demo_layers, find_gaps
from planner.reports.comparison.document import comparison_document
from planner.reports.comparison.sides import comparison_of
from planner.reports.documents.data import as_data
from planner.reports.documents.parts import COMPARISON, PARTS, made_with, opened, taken
from planner.reports.documents.word import word_bytes
from planner.reports.documents.word_template import template_bytes
from planner.reports.proposal.write import KEYS, source_of

PART = "{{p part.background }}"


def with_lines(*lines, footer=""):
    """Our template, its body's place taken by other lines."""
    word = docx.Document(BytesIO(template_bytes()))
    [place] = [one for one in word.paragraphs if one.text == "{{p body }}"]
    for line in lines:
        place.insert_paragraph_before(line)
    place._element.getparent().remove(place._element)
    if footer:
        word.sections[0].footer.add_paragraph(footer)
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def texts(content):
    return [one.text for one in docx.Document(BytesIO(content)).paragraphs]


@pytest.fixture(scope="module")
def source():
    return source_of(Ilp(find_gaps(demo_layers(12))))


@pytest.fixture(scope="module")
def made(source):
    document = KEYS["usulan"](source)
    blocks = tuple(s for s in document.sections if s.key in ("background", "closing"))
    return as_data(document.__class__(**{**vars(document), "sections": blocks}), source.words)


def no_pictures(data):
    """The same without pictures, so that none have to be drawn."""

    def without(section):
        blocks = [without(b) if b["type"] == "section" else b for b in section["blocks"]]
        return {**section, "blocks": [b for b in blocks if b["type"] != "figure"]}

    return {**data, "sections": [without(s) for s in data["sections"]]}


@pytest.mark.slow
def test_every_part_of_every_document_can_be_named(source):
    study = Study(demo_layers(12))
    closed = study.gaps([CloseFacility(op="close_facility", id="P9901002")])
    both = comparison_of(study.gaps(), closed)
    found = {key: [s.key for s in make(source).sections] for key, make in KEYS.items()}
    found[COMPARISON] = [s.key for s in comparison_document(both).sections]
    assert set(found) == set(PARTS)
    for name, keys in found.items():
        assert set(keys) <= set(PARTS[name])
    assert found["usulan"] == list(PARTS["usulan"])


@pytest.mark.slow
def test_a_template_of_single_parts_holds_these_and_no_others(made):
    data = no_pictures(made)
    title = {s["key"]: s["title"] for s in data["sections"]}
    said = texts(word_bytes(data, {}, with_lines("Kepada Bupati", PART)))
    assert "Kepada Bupati" in said
    # In the contents and as a heading; what the template does not take stands in neither.
    assert sum(title["background"] in one for one in said) == 2
    assert not any(title["closing"] in one for one in said)


@pytest.mark.slow
def test_a_part_that_a_document_lacks_is_empty_and_can_be_asked_for(made):
    asked = (
        "{%p if part.answer %}",
        "Ringkasan:",
        "{{p part.answer }}",
        "{%p endif %}",
        "{{p part['aim'] }}",
    )
    said = texts(word_bytes(no_pictures(made), {}, with_lines(PART, *asked, "Selesai")))
    assert "Ringkasan:" not in said
    assert "Ada" not in said
    assert said[-1] == "Selesai"


@pytest.mark.parametrize(
    ("lines", "everything", "parts"),
    [
        (["{{p body }}"], True, set()),
        ([PART, "{{p part['aim'] }}"], False, {"background", "aim"}),
        (["{%p for one in part.values() %}", "{{p one }}", "{%p endfor %}"], True, set()),
        (["{%p for key in ['aim'] %}", "{{p part[key] }}", "{%p endfor %}"], True, set()),
    ],
)
def test_what_a_template_takes_is_read_from_it(lines, everything, parts):
    assert taken(opened(with_lines(*lines))) == (everything, parts)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Bupati yang terhormat"], "jangkau report-template --out"),
        (["{{ title }}"], "a finished document is no template"),
        (
            ["{{p part.backgrond }}"],
            "the part backgrond, which no document has; there are – usulan: background",
        ),
        (["{%p if part.none %}", "{%p endif %}", PART], "the part none"),
    ],
)
def test_a_template_that_takes_nothing_is_refused(lines, said):
    with pytest.raises(ConfigError, match=r".") as refused:
        made_with(with_lines(*lines), list(KEYS))
    assert said in str(refused.value)


def test_documents_of_which_a_template_takes_nothing_are_made_with_ours():
    assert made_with(with_lines(PART), list(KEYS)) == ["usulan"]
    assert made_with(with_lines(PART, "{{p part.answer }}"), list(KEYS)) == ["usulan", "ringkasan"]
    # Annexes have the same names in a proposal and a comparison.
    for lines in ([PART], ["{{p part.annex_villages }}"]):
        with pytest.raises(ConfigError, match="takes no part of perbandingan"):
            made_with(with_lines(*lines), [COMPARISON])
    assert made_with(with_lines("{{p part.annex_villages }}", footer="{{ title }}"), list(KEYS)) == ["usulan"]


@pytest.mark.slow
def test_the_command_refuses_a_finished_document_and_takes_the_example_of_the_readme(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    args = ["report", str(tmp_path / "demo/workspace"), "--format", "docx"]
    kop = tmp_path / "kop.docx"
    kop.write_bytes(with_lines(PART))
    first = tmp_path / "first"
    capsys.readouterr()
    assert main([*args, "--out", str(first), "--template", str(kop)]) == 0
    assert "takes no part of telaahan, ringkasan" in capsys.readouterr().out
    own = texts((first / "usulan.docx").read_bytes())
    assert any(one.startswith("A. Latar Belakang") for one in own)
    assert not any(one.startswith("D. Penutup") for one in own)
    assert "Persoalan" in texts((first / "telaahan.docx").read_bytes())
    old = first / "usulan.docx"
    (tmp_path / "wet.yml").write_text("season: wet\n", "utf-8")
    for more in ([], ["--against", str(tmp_path / "wet.yml")]):
        assert main([*args, *more, "--out", str(tmp_path / "next"), "--template", str(old)]) == 2
        assert "a finished document is no template" in capsys.readouterr().err
        assert not (tmp_path / "next").exists()


def test_a_template_that_goes_through_all_parts_has_them_in_the_order_of_the_document(source):
    whole = no_pictures(as_data(KEYS["usulan"](source), source.words))
    every = ["{%p for one in part.values() %}", "{{p one }}", "{%p endfor %}"]
    said = texts(word_bytes(whole, {}, with_lines(*every)))
    # The last of each: the contents have them too.
    last = {text: at for at, text in enumerate(said)}
    there = [last[s["title"]] for s in whole["sections"] if s["title"] in last]
    assert len(there) > 5
    assert there == sorted(there)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        # Nothing of the document stood in it, and nothing was said.
        (["{{ body }}"], "{{p body }}"),
        (["{%p for one in part.values() %}", "{{ one }}", "{%p endfor %}"], "{{p body }}"),
        (["Nomor: {{ nomr }}", "{{p body }}"], "the fields are title, subtitle, "),
        (["{{ tittle }}", "{{p body }}"], "did you mean title?"),
        (["{{ title() }}", "{{p body }}"], "cannot be filled in"),
        (["{{ 1 / 0 }}", "{{p body }}"], "cannot be filled in"),
        (["{%p for one in range(10 ** 8) %}", "{%p endfor %}", "{{p body }}"], "cannot be filled in"),
    ],
)
def test_what_cannot_be_filled_in_is_one_clear_sentence(made, lines, said):
    with pytest.raises(ConfigError, match=r".") as refused:
        word_bytes(no_pictures(made), {}, with_lines(*lines))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "line", ["Dengan hormat, {{p body }}", "{{p part.background }} Terima kasih", "1. {%p if x %}"]
)
def test_text_beside_a_part_is_not_lost(line):
    """A part takes the place of its whole paragraph: what stood beside it was gone."""
    with pytest.raises(ConfigError, match="a paragraph of its own"):
        taken(opened(with_lines(line, PART)))
