"""``jangkau report``: three documents whose formats say the same, or a message and nothing written."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
import openpyxl
import pypdf
import pytest
from docx.oxml.ns import qn
from pyproj import Geod

from geodata.workspace import RUN
from planner.cli import main
from planner.pipeline import (
    Ask,
    Ilp,
    RolloutPlan,
    Study,
    check,
    demo_layers,
    find_gaps,
    rollout,
    site,
    summary,
    village_table,
    write_rollout,
    write_siting,
)
from planner.reports.documents.data import as_data
from planner.reports.documents.word_template import template_bytes
from planner.reports.proposal.memo import staff_memo
from planner.reports.proposal.plan import read_plan_folder
from planner.reports.proposal.request import not_reached
from planner.reports.proposal.usulan import proposal
from planner.reports.proposal.write import KEYS, REPORT, source_of, write_report
from planner.siting.measures import Measures, default_measures

NUMBER = re.compile(r"\d(?:[\d.,]*\d)?%?")
YEARS = [{"year": 2027, "units": 2, "staff": {"kader": 10}}, {"year": 2028, "units": 1}]


@pytest.fixture(scope="module")
def layers():
    return demo_layers(12)


@pytest.fixture(scope="module")
def gaps(layers):
    return find_gaps(layers)


@pytest.fixture(scope="module")
def plan_folder(layers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans") / "rollout"
    asked = RolloutPlan.model_validate({"kind": "posyandu", "years": YEARS})
    write_rollout(rollout(Study(layers), asked), folder)
    return folder


@pytest.fixture(scope="module")
def source(layers, gaps, plan_folder):
    return source_of(Ilp(gaps), findings=check(layers), plan=read_plan_folder(plan_folder))


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "out"
    write_report(source, out, paper="f4")
    return out


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    from geodata.demo import DemoSize, generate_area, write_area_files
    from planner.pipeline import build_area

    folder = tmp_path_factory.mktemp("area")
    area = generate_area(2024, DemoSize.of_villages(12))
    build_area(write_area_files(area, folder / "files"), folder / "work")
    return folder / "work"


class Text(HTMLParser):
    """The text of a page, without its head and its list of contents."""

    HIDDEN = ("head", "nav")

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        del attrs
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag):
        self.hidden -= tag in self.HIDDEN

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def text_of_html(path):
    parser = Text()
    parser.feed(path.read_text("utf-8"))
    return " ".join(parser.parts)


def text_of_docx(path):
    word = docx.Document(str(path))
    return " ".join(node.text or "" for node in word.element.body.iter() if node.tag.endswith("}t"))


def text_of_pdf(path):
    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    # A paragraph may go on below the foot of a page and the next one's watermark.
    foot = re.compile(r"^DRAF$|^.* – Kabupaten Nusa Rekaan\s*\n?.*Halaman \d+/\d+$", re.MULTILINE)
    return " ".join(foot.sub("", page) for page in pages)


READ = {"html": text_of_html, "docx": text_of_docx, "pdf": text_of_pdf}


def squeezed(text):
    """Only what does not depend on where lines end."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def texts_of(value):
    """Every text that stands in a document's plain values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("type", "key", "kind", "role", "name", "alt", "lang", "watermark"):
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str) and value:
        yield value


@pytest.mark.slow
@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize("make", KEYS.values())
def test_each_format_holds_every_text_and_number_of_the_document(source, written, make, ending):
    document = make(source)
    got = squeezed(READ[ending](written / f"{document.key}.{ending}"))
    data = as_data(document, source.words)
    del data["contents"], data["page_of"], data["footer"]
    lost = [text for text in texts_of(data) if squeezed(text) not in got]
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["usulan", "telaahan", "ringkasan"])
def test_word_and_page_hold_the_same_numbers_as_often(source, written, name):
    document = next(d for d in (make(source) for make in KEYS.values()) if d.key == name)
    # The lists' own numbers (1., 2., …) are text in Word and marks in HTML; Word's list of contents is text.
    listed = Counter(
        str(i + 1) for items in _items(as_data(document, source.words)["sections"]) for i in range(len(items))
    )
    headings = [h for s in as_data(document, source.words)["sections"] for h in _headings(s)]
    contents = Counter(n for h in headings for n in NUMBER.findall(h)) if document.has_cover else Counter()
    word = Counter(NUMBER.findall(text_of_docx(written / f"{name}.docx")))
    page = Counter(NUMBER.findall(text_of_html(written / f"{name}.html")))
    # The page says its footer in its text; Word in the foot of the sheet.
    page -= Counter(NUMBER.findall(document.footer))
    assert word - listed == page + contents


def _items(blocks):
    for block in blocks:
        if block["type"] == "section":
            yield from _items(block["blocks"])
        elif block["type"] == "items" and block["numbered"]:
            yield block["items"]


def _headings(section, deepest=2):
    if section["level"] <= deepest:
        yield section["title"]
        for block in section["blocks"]:
            if block["type"] == "section":
                yield from _headings(block)


def test_numbers_are_those_of_the_summary_as_indonesian_writes_them(gaps, written):
    kinds = summary(gaps)["kinds"]
    said = text_of_html(written / "usulan.html")
    for kind in ("puskesmas", "pustu", "posyandu"):
        people = f"{kinds[kind]['people_reached']:,.0f}".replace(",", ".")
        assert f"{people} jiwa" in said
    # By hand: 12 villages of the demo, all in one kecamatan.
    assert "1 kecamatan dengan 12 desa/kelurahan" in said
    assert "52.529 jiwa" in said


def test_the_table_by_kecamatan_adds_up_to_the_area(gaps, source):
    table = village_table(gaps)
    for kind in source.listed:
        districts = source.districts(kind)
        assert sum(d.villages for d in districts) == len(table)
        assert sum(d.status["gap"] for d in districts) == (table[f"{kind}_status"] == "gap").sum()
        caption = source.words.say("background.district_caption", kind=source.words.kind(kind))
        last = _table(proposal(source), caption).rows[-1]
        status = [(table[f"{kind}_status"] == s).sum() for s in ("served", "partly", "gap", "unknown")]
        assert [last.cells[i].number for i in (1, 3, *range(-4, 0))] == [
            len(table), table["people"].isna().sum(), *status,
        ]  # fmt: skip
        assert last.cells[2].number == table["people"].sum()
        assert last.cells[4].number == pytest.approx(table[f"{kind}_people_reached"].sum())
        reached = sum(d.reached.number for d in districts if d.reached.known)
        assert reached == pytest.approx(table[f"{kind}_people_reached"].sum(), abs=0.01)


def test_what_a_plan_says_is_what_its_folder_says(plan_folder, source, written):
    sites = read_plan_folder(plan_folder).sites
    total = f"{sites['people_added'].sum():,.0f}".replace(",", ".")
    for name in ("usulan", "telaahan", "ringkasan"):
        assert f"{total} jiwa" in text_of_html(written / f"{name}.html")
    cells = [row.cells for row in _table(proposal(source), "Lokasi yang diusulkan").rows]
    assert [c[0].number for c in cells] == list(range(1, len(sites) + 1))
    # No measure has a cost: it is unknown, not 0.
    assert not any(c[-1].known for c in cells)
    years = _table(proposal(source), "Unit, penduduk, tenaga, dan biaya menurut tahun").rows
    assert [row.cells[0].text for row in years] == ["2027", "2028"]
    assert years[-1].cells[3].number == pytest.approx(sites["people_added"].sum())


def _table(document, caption):
    found = [b for b in _blocks(document.sections) if getattr(b, "caption", None) == caption]
    return next(b for b in found if hasattr(b, "rows"))


def _blocks(blocks):
    for block in blocks:
        yield block
        yield from _blocks(getattr(block, "blocks", ()))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_of_a_list_in_doubt_no_gap_is_said_to_be_none(layers, lang):
    """Three posyandu for all of an area: nobody knows who is not reached, so that it is not 0."""
    rows = layers.facilities
    few = replace(
        layers, area=replace(layers.area, listed_kinds=("posyandu",)),
        facilities=rows[rows["kind"] == "posyandu"].head(3),
    )  # fmt: skip
    made = source_of(Ilp(find_gaps(few)), lang=lang)
    assert made.focus == "posyandu"
    status = made.gaps.coverage["posyandu"].villages["status"]
    unknown = int(status.eq("unknown").sum())
    assert unknown > 0
    assert not status.eq("gap").any()
    assert [cell.known for cell in not_reached(made, "posyandu")] == [False, False]
    said = " ".join(texts_of(as_data(staff_memo(made), made.words)))
    open_ = {
        "id": f"keadaan {unknown} desa/kelurahan belum diketahui",
        "en": f"of {unknown} villages the state",
    }
    # As the problem, and as the conclusion.
    assert said.count(open_[lang]) == 2
    assert not re.search(r"\b0 (desa|jiwa|villages|people)", said)


@pytest.mark.slow
def test_a_kind_without_a_list_is_unknown_and_never_nought(layers):
    few = replace(
        layers, area=replace(layers.area, listed_kinds=("puskesmas",)),
        facilities=layers.facilities[layers.facilities["kind"] == "puskesmas"],
    )  # fmt: skip
    source = source_of(Ilp(find_gaps(few)))
    document = proposal(source)
    for caption in ("Keterjangkauan menurut jenis layanan", "Fasilitas dalam daftar menurut jenis"):
        rows = {row.cells[0].text: row.cells[1:] for row in _table(document, caption).rows}
        for kind in ("Posyandu", "Rumah sakit"):
            numbers = [cell for cell in rows[kind] if str(cell.kind) != "text"]
            # What the office itself reports is known all the same.
            unknown = [c for c in numbers if not c.known]
            assert len(unknown) >= len(numbers) - 1
            assert all(c.number for c in numbers if c.known)
    said = " ".join(texts_of(as_data(document, source.words)))
    assert "Daftar posyandu belum tersedia." in said


@pytest.mark.slow
def test_both_languages_and_papers(source, gaps, tmp_path):
    english = source_of(Ilp(gaps), lang="en")
    write_report(english, tmp_path / "en", formats=["pdf"], paper="a4")
    reader = pypdf.PdfReader(tmp_path / "en" / "usulan.pdf")
    assert [round(float(side) * 25.4 / 72) for side in reader.pages[0].mediabox[2:]] == [210, 297]
    said = " ".join(page.extract_text() for page in reader.pages)
    assert "A. Background" in said
    assert "Page 3/" in said
    assert "12 villages" in said
    write_report(source, tmp_path / "f4", formats=["pdf", "docx"], paper="f4")
    page = pypdf.PdfReader(tmp_path / "f4" / "telaahan.pdf")
    assert [round(float(side) * 25.4 / 72) for side in page.pages[0].mediabox[2:]] == [215, 330]
    assert len(page.pages) == 2
    assert len(pypdf.PdfReader(tmp_path / "f4" / "ringkasan.pdf").pages) == 1
    section = docx.Document(str(tmp_path / "f4" / "usulan.docx")).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (215, 330)


def test_word_has_real_styles_contents_page_numbers_and_the_watermark(written):
    word = docx.Document(str(written / "usulan.docx"))
    styles = {p.style.name for p in word.paragraphs}
    assert {"Heading 1", "Heading 2", "Caption", "Title"} <= styles
    fields = [n.text for n in word.element.iter() if n.tag.endswith("}instrText")]
    assert any("TOC" in f for f in fields)
    footer = word.sections[0].footer._element.xml
    assert " PAGE " in footer
    assert " NUMPAGES " in footer
    assert 'string="DRAF"' in word.sections[0].header._element.xml
    repeated = [t for t in word.tables if "w:tblHeader" in t._tbl.xml]
    assert len(repeated) > 5


@pytest.mark.slow
def test_the_contents_of_word_lead_to_the_headings(written, tmp_path, converted):
    """Each line is a link to the bookmark at its heading, and no line says a page that might be wrong."""
    word = docx.Document(str(written / "usulan.docx"))
    at = {}
    for paragraph in word.paragraphs:
        for mark in paragraph._element.iter(qn("w:bookmarkStart")):
            at[mark.get(qn("w:name"))] = paragraph
    links = {link.get(qn("w:anchor")): "".join(t.text for t in link.iter(qn("w:t")))
             for link in word.element.body.iter(qn("w:hyperlink"))}  # fmt: skip
    assert len(links) > 20
    assert {name: at[name].text for name in links} == links
    assert all(at[name].style.name in ("Heading 1", "Heading 2") for name in links)
    ids = [mark.get(qn("w:id")) for mark in word.element.body.iter(qn("w:bookmarkStart"))]
    assert len(ids) == len(set(ids))
    # As another program sees them: each link of the contents leads to the page with its heading.
    converted(written / "usulan.docx", "pdf", tmp_path)
    reader = pypdf.PdfReader(tmp_path / "usulan.pdf")
    marks = [a.get_object() for a in reader.pages[1].get("/Annots", [])]
    marks.sort(key=lambda mark: -float(mark["/Rect"][1]))
    pages = [_page_of(reader, mark) for mark in marks]
    assert len(pages) == len(links)
    assert pages == sorted(pages)
    lost = [t for t, n in zip(links.values(), pages, strict=True) if t not in reader.pages[n].extract_text()]
    assert lost == []


def _page_of(reader, mark):
    to = mark["/Dest"] if "/Dest" in mark else mark["/A"]["/D"]
    to = reader.named_destinations[to].dest_array if isinstance(to, str) else to
    return reader.get_page_number(to[0].get_object())


def test_the_page_asks_for_nothing(written):
    page = (written / "usulan.html").read_text("utf-8")
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert "<script" not in page


@pytest.mark.slow
def test_an_offices_own_template_keeps_its_letterhead_and_order(source, tmp_path):
    word = docx.Document(BytesIO(template_bytes()))
    for paragraph in list(word.paragraphs):
        paragraph._element.getparent().remove(paragraph._element)
    word.add_paragraph("PEMERINTAH KABUPATEN – DINAS KESEHATAN")
    word.add_paragraph("{{p part.closing }}")
    word.add_paragraph("{{p part.background }}")
    out = BytesIO()
    word.save(out)
    write_report(source, tmp_path / "out", formats=["docx"], template=out.getvalue())
    said = text_of_docx(tmp_path / "out" / "usulan.docx")
    assert said.startswith("PEMERINTAH KABUPATEN – DINAS KESEHATAN")
    assert said.index("D. Penutup") < said.index("A. Latar Belakang")
    # The memo has none of these parts, so it is made with our own template.
    memo = text_of_docx(tmp_path / "out" / "telaahan.docx")
    assert "Persoalan" in memo
    assert "PEMERINTAH" not in memo
    word.paragraphs[1].text = "{%p if part.closing is defined %}"
    word.paragraphs[2].text = "{{p part.closing }}"
    word.add_paragraph("{{p part.background }}")
    word.add_paragraph("{%p else %}")
    word.add_paragraph("{{p body }}")
    word.add_paragraph("{%p endif %}")
    out = BytesIO()
    word.save(out)
    write_report(source, tmp_path / "out", formats=["docx"], template=out.getvalue())
    said = text_of_docx(tmp_path / "out" / "usulan.docx")
    assert said.startswith("PEMERINTAH KABUPATEN – DINAS KESEHATAN")
    assert said.index("D. Penutup") < said.index("A. Latar Belakang")
    memo = text_of_docx(tmp_path / "out" / "telaahan.docx")
    assert "Persoalan" in memo
    assert memo.startswith("PEMERINTAH KABUPATEN – DINAS KESEHATAN")


@pytest.mark.slow
def test_a_rollout_of_money_tells_first_costs_and_spending_apart(layers, gaps, tmp_path):
    """And that its table counts the people of each year, where these are not those of today."""
    known = default_measures().measures["open_posyandu"]
    measures = Measures(measures={
        "with_upkeep": known.model_copy(update={"cost_idr": 30e6, "yearly_idr": 10e6}),
        "without": known.model_copy(update={"cost_idr": 30e6}),
    })  # fmt: skip
    years = [{"year": 2027, "budget_idr": 105e6}, {"year": 2028, "budget_idr": 35e6, "people_factor": 0.9}]
    study, asked = Study(layers), {"kind": "posyandu", "years": years}
    names = rollout(study, RolloutPlan.model_validate(asked), measures=measures).candidates.index
    forced = [next(n for n in names if n.startswith(m)) for m in ("with_upkeep", "without")]
    forced[0] = [n for n in names if n.startswith("with_upkeep")][-1]
    plan = rollout(study, RolloutPlan.model_validate(asked | {"forced": forced}), measures=measures)
    write_rollout(plan, tmp_path / "plan")
    made = source_of(Ilp(gaps), plan=read_plan_folder(tmp_path / "plan"), lang="en")
    document = proposal(made)
    table = _table(document, "Units, people, staff and cost by year")
    heads = [one.title for one in table.columns]
    first, spent = (
        [row.cells[heads.index(name)].number for row in table.rows]
        for name in ("First cost", "Spent that year")
    )
    decided = plan.sites.groupby("year_decided")["cost_idr"].sum().reindex([2027, 2028], fill_value=0.0)
    assert first == decided.tolist()
    assert spent == plan.plan["spent"].tolist()
    assert sum(first) < sum(spent)
    said = " ".join(texts_of(as_data(document, made.words)))
    assert "This table counts the people of each year" in said
    assert "Of units whose yearly cost nobody gave" in said
    assert "hold first costs only" not in said


@pytest.mark.slow
def test_the_command_writes_all_and_replaces_only_its_own(workspace, plan_folder, tmp_path, capsys):
    out = tmp_path / "out"
    template = tmp_path / "our.docx"
    assert main(["report-template", "--out", str(template), "--paper", "f4"]) == 0
    args = ["report", str(workspace), "--out", str(out), "--plan", str(plan_folder)]
    assert main([*args, "--template", str(template)]) == 0
    names = {p.name for p in out.iterdir()}
    assert names == {name for name in REPORT.files if not name.startswith("perbandingan.")}
    record = json.loads((out / RUN).read_text("utf-8"))
    assert record["command"] == "report"
    assert record["plan"]["command"] == "rollout"
    assert {"template", "plan"} <= {i["layer"] for i in record["inputs"]}
    assert main([*args, "--format", "html"]) == 0
    assert {p.name for p in out.iterdir()} == {"usulan.html", "telaahan.html", "ringkasan.html", RUN}
    (out / "mine.txt").write_text("mine", "utf-8")
    capsys.readouterr()
    assert main(args) == 2
    assert "mine.txt" in capsys.readouterr().err
    assert (out / "mine.txt").read_text("utf-8") == "mine"


def _not_a_zip():
    return b"hello"


def _without_style():
    word = docx.Document(BytesIO(template_bytes()))
    style = word.styles["Caption"]
    style._element.getparent().remove(style._element)
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def _with(text):
    def made():
        word = docx.Document(BytesIO(template_bytes()))
        word.add_paragraph(text)
        out = BytesIO()
        word.save(out)
        return out.getvalue()

    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "said"),
    [
        (_not_a_zip, "no Word file"),
        (_without_style, "lacks the styles Caption"),
        (_with("{{ tittle }}"), "'tittle' is undefined"),
        (_with("{% if %}"), "cannot be filled in"),
        (_with("{{ ''.__class__.__mro__ }}"), "cannot be filled in"),
    ],
)
def test_a_template_that_cannot_be_used_is_told_so(workspace, tmp_path, capsys, template, said):
    file = tmp_path / "bad.docx"
    file.write_bytes(template())
    out = tmp_path / "out"
    status = main(["report", str(workspace), "--out", str(out), "--format", "docx", "--template", str(file)])
    assert status == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
def test_bad_options_write_nothing(workspace, plan_folder, tmp_path, capsys):
    out = tmp_path / "out"
    args = ["report", str(workspace), "--out", str(out)]
    other = tmp_path / "other"
    write_siting(site(Study(demo_layers(12, seed=7)), "posyandu", Ask(units=1)), other)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / RUN).write_text((plan_folder / RUN).read_text("utf-8"), "utf-8")
    (broken / "sites.csv").write_text("candidate_id\n", "utf-8")
    for more, said in (
        (["--format", "docx,xls"], "there are docx, pdf, html, xlsx"),
        (["--format", ","], "there are docx, pdf, html"),
        (["--plan", str(tmp_path / "none")], "jangkau site or jangkau rollout"),
        (["--plan", str(other)], "other numbers"),
        (["--plan", str(broken)], "make the plan again"),
        (["--template", str(tmp_path / "none.docx")], "report-template"),
        (["--scenario", str(tmp_path / "none.yml")], "none.yml"),
    ):
        assert main([*args, *more]) == 2, more
        assert said in capsys.readouterr().err, more
        assert not out.exists()
    assert main(["report", str(workspace), "--out", str(workspace / "in")]) == 2


@pytest.mark.slow
def test_a_plan_of_other_rules_is_not_mixed_in(workspace, plan_folder, tmp_path, capsys):
    scenario = tmp_path / "quick.yml"
    # In the demo nobody lives between 9 and 10 minutes away, so the numbers alone would not tell.
    scenario.write_text("standard: {posyandu: {limit_minutes: 9.99}}\n", "utf-8")
    args = ["report", str(workspace), "--out", str(tmp_path / "out"), "--plan", str(plan_folder)]
    assert main([*args, "--scenario", str(scenario)]) == 2
    assert "other rules" in capsys.readouterr().err


@pytest.mark.slow
def test_a_plan_without_a_list_does_not_pretend_to_add_to_what_there_is(layers):
    from planner.pipeline import as_if_none

    few = replace(
        layers, area=replace(layers.area, listed_kinds=("puskesmas",)),
        facilities=layers.facilities[layers.facilities["kind"] == "puskesmas"],
    )  # fmt: skip
    plan = site(Study(as_if_none(few, "posyandu")), "posyandu", Ask(units=2))
    with TemporaryDirectory() as folder:
        write_siting(plan, Path(folder, "plan"))
        read = read_plan_folder(Path(folder, "plan"))
    source = source_of(Ilp(find_gaps(few)), plan=read)
    for make in KEYS.values():
        said = " ".join(texts_of(as_data(make(source), source.words)))
        assert "seolah-olah belum ada satu pun posyandu" in said
        assert "jiwa lagi" not in said
        assert "naik dari 0" not in said
        assert "usulan posyandu belum dapat disusun" not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["usulan", "telaahan", "ringkasan"])
def test_libreoffice_reads_the_word_files_as_we_mean_them(written, tmp_path, converted, name):
    converted(written / f"{name}.docx", "pdf", tmp_path)
    pages = " ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / f"{name}.pdf").pages)
    theirs = set(re.findall(r"\d+(?:[.,]\d+)*", pages))
    ours = re.findall(r"\d+(?:[.,]\d+)*", text_of_docx(written / f"{name}.docx"))
    assert [figure for figure in ours if figure not in theirs] == []


@pytest.mark.slow
def test_the_workbook_stands_beside_the_documents(tmp_path, workspace):
    out = tmp_path / "out"
    assert main(["report", str(workspace), "--format", "xlsx", "--out", str(out)]) == 0
    assert {f.name for f in out.iterdir()} == {"lampiran.xlsx", "run.json"}
    assert "Metode" in " ".join(openpyxl.load_workbook(out / "lampiran.xlsx").sheetnames)


def _road_plan(workspace, layers, folder, *, units):
    """A plan of a bypass with a cost, a paved road without one, and units."""
    west, south, east, north = layers.villages.to_crs("EPSG:4326").total_bounds
    line = [[west + 0.2 * (east - west), south], [west + 0.8 * (east - west), north]]
    road = str(layers.roads["way_id"].iloc[0])
    measures = {
        "bypass <b>": {"op": "road", "cost_idr": 2e9, "edits": [{"op": "add_road", "line": line}]},
        "pave": {"op": "road", "edits": [{"op": "change_road", "road": road, "surface": "paved"}]},
    }
    file = folder / "measures.yml"
    file.write_text(json.dumps({"measures": measures}), "utf-8")
    words = ["site", str(workspace), "--kind", "pustu", "--units", str(units), "--force", "pave",
             "--force", "bypass <b>", "--measures", str(file), "--out", str(folder / "plan")]  # fmt: skip
    assert main(words) == 0
    return folder / "plan", line


@pytest.mark.slow
@pytest.mark.parametrize("units", [2, 4])
def test_a_plan_of_roads_is_told_with_its_roads(tmp_path, workspace, layers, gaps, units):
    """Names, kilometres, cost and people of the roads stand beside the units; with two there is no unit."""
    folder, line = _road_plan(workspace, layers, tmp_path, units=units)
    out = tmp_path / "out"
    assert main(["report", str(workspace), "--plan", str(folder), "--out", str(out)]) == 0
    plan = read_plan_folder(folder)
    record = json.loads((folder / RUN).read_text("utf-8"))
    assert plan.people_added == pytest.approx(record["people_added"])
    assert [one.name for one in plan.roads] == ["bypass <b>", "pave"]
    # By another library, on the ellipsoid; and the road's own length.
    lon, lat = zip(*line, strict=True)
    bypass = Geod(ellps="WGS84").line_length(lon, lat) / 1000
    assert plan.roads[0].km == pytest.approx(bypass, rel=1e-3)
    mine = layers.roads["way_id"] == layers.roads["way_id"].iloc[0]
    assert plan.roads[1].km == pytest.approx(layers.roads.loc[mine, "length_m"].sum() / 1000, rel=1e-3)
    km = f"{plan.roads[0].km + plan.roads[1].km:.1f}".replace(".", ",")
    source = source_of(Ilp(gaps), findings=check(layers), plan=plan)
    for ending, read in READ.items():
        said = squeezed(read(out / f"usulan.{ending}"))
        for sentence in (f"2 pekerjaan jalan sepanjang {km} km", "bypass <b>", "Rp2.000.000.000"):
            assert squeezed(sentence) in said, ending
        for make in KEYS.values():
            document = make(source)
            data = as_data(document, source.words)
            del data["contents"], data["page_of"], data["footer"]
            got = squeezed(read(out / f"{document.key}.{ending}"))
            assert [text for text in texts_of(data) if squeezed(text) not in got and "DRAF" not in text] == []
    rows = _table(proposal(source), "Unit, penduduk, tenaga, dan biaya menurut tahun").rows
    assert rows[0].cells[0].text == "belum ditetapkan"
    assert rows[0].cells[3].number == 2
    assert not rows[0].cells[-1].known
    assert ("hanya pekerjaan jalan" in text_of_html(out / "usulan.html")) == (units == 2)
