"""Every command and snippet of the guide and of README.md runs, as a reader would run them, page by page.

What a page asks its reader to do by hand is done by a function that ``BY_HAND`` names. A comment before a
block says what is special about it: ``<!-- file: NAME -->`` is saved under that name,
``<!-- not run: WHY -->`` does not run. The Indonesian pages have the commands of the English ones, which run
once for both.
"""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from support import ROOT

GUIDE = ROOT / "docs/guide"
NAMES = ("quick-start", "data", "map", "proposal", "adoption", "server")
LANGUAGES = ("en", "id")
# Blocks that do not run, by page: why, as the page's source says it. Nothing else may stay out.
NOT_RUN = {
    "en/data": ["needs the internet"],
    "id/data": ["needs the internet"],
    "README": [
        "sets up the project that this test is a part of",
        "for Windows",
        "needs the internet",
        "the files of a country, which no test has whole; test_nation.py runs it on small ones",
    ],
}
SHELL, PYTHON, FILES = ("console", "bash"), ("python",), ("yaml", "text")
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]*) -->\n\s*)?"
    r"(?:^```(?P<kind>\w+)\n(?P<body>.*?)^```$|(?P<indented>(?:^ {4}\S[^\n]*\n)+))"
    r"|<!-- by hand: (?P<hand>[^>]*) -->"
    # What README.md says within a sentence, where it is whole.
    r"|`(?P<inline>jangkau (?:init|rollout|report-template) [^`…]+)`",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A block of a page, or what its reader does by hand (``kind`` is then "hand")."""

    kind: str
    body: str
    mark: str = ""


def steps(name):
    """Return what stands on a page, in order."""
    path = ROOT / "README.md" if name == "README" else GUIDE / f"{name}.md"
    found = []
    for match in BLOCK.finditer(path.read_text("utf-8")):
        if match["hand"]:
            found.append(Step("hand", match["hand"]))
        elif match["inline"]:
            found.append(Step("console", match["inline"]))
        elif match["indented"]:
            found.append(
                Step(
                    "console", re.sub("^ {4}", "", match["indented"], flags=re.MULTILINE), match["mark"] or ""
                )
            )
        else:
            found.append(Step(match["kind"], match["body"], match["mark"] or ""))
    return found


def commands(step):
    """Return the commands of a shell block, without what a ``#`` says of them."""
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in step.body.splitlines())
    return [line for line in lines if line]


# What the pages ask their readers to do in a file manager, an editor or a spreadsheet.


def copy_files():
    shutil.copytree("work/demo/area", "kantor")
    Path("kantor/AREA.yml").unlink()


def rewrite(path, old, new):
    text = Path(path).read_text("utf-8")
    assert len(re.findall(old, text)) == 1, old
    Path(path).write_text(re.sub(old, new, text), "utf-8")


def answer():
    path = "out/check/pustu-periksa.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Sheet"]
    heading = next(row for row in sheet.iter_rows() if any(c.value == "JAWABAN" for c in row))
    column = next(c.column for c in heading if c.value == "JAWABAN")
    [row] = [r[0].row for r in sheet.iter_rows() if r[0].value == "T99010004"]
    sheet.cell(row, column).value = "-4.8000, 107.3500"
    book.save(path)


def name_answered():
    rewrite("kantor/AREA.yml", r"path: pustu\.xlsx", "path: ../out/answers/pustu-dijawab.csv")


BY_HAND = {
    "copy the files of the demo": copy_files,
    "answer as the puskesmas does": answer,
    "name the answered list in AREA.yml": name_answered,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder that the first command of the guide writes, and what it said."""
    folder = tmp_path_factory.mktemp("guide")
    [first, *_] = steps("en/quick-start")
    command = shlex.split(commands(first)[0])
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", *command[1:]],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return folder / "work/demo", done.stdout


@pytest.fixture(scope="module")
def served():
    """The options with which the app was served already, on whatever page."""
    return set()


@pytest.fixture
def reader(demo, served, tmp_path, monkeypatch, jangkau):
    """Somebody who has run the demo, and does what a page says in a folder of his own."""
    shutil.copytree(demo[0], tmp_path / "work/demo")
    monkeypatch.setenv("JANGKAU_PASSWORD", "kata-sandi-panjang")
    return Reader(tmp_path, demo[1], served, jangkau)


class Reader:
    """Runs commands, snippets and what is done by hand; ``said`` is all that came of the commands."""

    def __init__(self, folder, first, served, jangkau):
        self.folder, self.served, self.jangkau = folder, served, jangkau
        self.said = [("jangkau demo", first)]
        self.names = {}

    def do(self, step):
        with chdir(self.folder):
            if step.kind == "hand":
                BY_HAND[step.body]()
            elif step.kind in SHELL:
                for command in commands(step):
                    self.run(command)
            elif step.kind in PYTHON:
                exec(compile(step.body, "page", "exec"), self.names)  # noqa: S102 - our own page
            elif step.mark.startswith("file: "):
                Path(step.mark.removeprefix("file: ")).write_text(step.body, "utf-8")

    def run(self, command):
        program, *arguments = shlex.split(command)
        assert program == "jangkau", command
        if arguments[0] == "demo":
            return
        if arguments[0] == "serve":
            # It leaves nothing that a later step needs, so once for all pages will do.
            options = tuple(a for a in arguments[2:] if a not in ("--lang", "en"))
            if options not in self.served:
                self.serve(arguments)
                self.served.add(options)
            return
        status, out, error = self.jangkau(*arguments)
        # Status 3: the data have errors, as the demo's do.
        assert status == (3 if arguments[0] == "check" and "--answers" not in arguments else 0), (
            command,
            error,
        )
        self.said.append((command, out))

    def serve(self, arguments):
        """Serve on a free port of this machine alone, until it answers; then stop it as an operator does."""
        arguments = ["127.0.0.1" if a == "0.0.0.0" else a for a in arguments]  # noqa: S104 - taken out
        process = subprocess.Popen(
            [sys.executable, "-m", "planner.cli", *arguments, "--port", "0"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            url = next(line.split()[1] for line in process.stdout if line.startswith("open http"))
            # By its number: no name is looked up in a test.
            alive = f"{url.rstrip('/').replace('localhost', '127.0.0.1')}/liveness"
            with urllib.request.urlopen(alive, timeout=30) as answer:  # noqa: S310 - our own http
                assert answer.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            process.stdout.close()
        assert process.returncode == 0


def shown(name):
    """Return the lines that a page shows as what a command says."""
    blocks = [s.body for s in steps(name) if s.kind == "text" and not s.mark]
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.slow
@pytest.mark.enable_socket  # `jangkau serve` is asked over loopback
@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_says_can_be_done_and_gives_what_it_shows(name, reader):
    page = steps(f"en/{name}")
    for step in page:
        if not step.mark.startswith("not run: "):
            reader.do(step)
    said = "\n".join(out for _, out in reader.said).splitlines()
    for line in shown(f"en/{name}"):
        assert line in said
    EXPECTED.get(name, lambda _reader: None)(reader)


def after_data(reader):
    text = [out for _, out in reader.said]
    assert "1 answer taken" in text[-3]
    errors = [[line for line in out.splitlines() if line.startswith("ERROR")] for out in text]
    assert [len(e) for e in errors if e] == [2, 1]


def after_map(reader):
    assert len(reader.names["far"]) == 4


def after_proposal(reader):
    [again] = [out for command, out in reader.said if "--forbid" in command]
    [number] = re.findall(r"([\d,]+) people more", again)
    for lang, written in (("en", number), ("id", number.replace(",", "."))):
        assert written in (GUIDE / lang / "proposal.md").read_text("utf-8")
    # Nothing is missing from the proposal that the page names.
    made = {path.name for path in (reader.folder / "out/proposal").iterdir()}
    assert {"usulan.docx", "telaahan.pdf", "ringkasan.html", "lampiran.xlsx"} <= made
    assert "RT: lists the families." in (reader.folder / "out/proposal/usulan.html").read_text("utf-8")


def after_adoption(reader):
    import json

    summary = json.loads((reader.folder / "out/adoption/summary.json").read_text("utf-8"))
    assert summary["ilp"]["adoption"] == {
        "puskesmas": 9, "known": 3, "launched": 1, "target_share": 0.4, "met": "unknown",
    }  # fmt: skip
    assert (reader.folder / "out/pws/pws-99.01.02-khayal.pdf").is_file()


EXPECTED = {"data": after_data, "map": after_map, "proposal": after_proposal, "adoption": after_adoption}


def test_the_two_languages_have_the_same_pages_and_commands():
    for lang in LANGUAGES:
        assert {path.stem for path in (GUIDE / lang).glob("*.md")} == set(NAMES)
    for name in NAMES:
        english, indonesian = (
            [(s.kind, s.body.replace(" --lang en\n", "\n").replace(" --lang en ", " "), s.mark)
             for s in steps(f"{lang}/{name}")] for lang in LANGUAGES
        )  # fmt: skip
        assert english == indonesian, name
        # English comes of --lang en alone, and no Indonesian page asks for it.
        assert not any("--lang en" in s.body for s in steps(f"id/{name}"))


@pytest.mark.parametrize("name", ["README", *(f"{lang}/{name}" for lang in LANGUAGES for name in NAMES)])
def test_only_what_is_named_here_does_not_run(name):
    marks = [s.mark for s in steps(name) if s.mark and not s.mark.startswith("file: ")]
    assert marks == [f"not run: {why}" for why in NOT_RUN.get(name, [])]
    for step in steps(name):
        assert step.kind in (*SHELL, *PYTHON, *FILES, "hand"), step.kind
        assert step.kind != "hand" or step.body in BY_HAND


def anchors(path):
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#{1,4} (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", sorted(GUIDE.glob("*/*.md")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_links_and_pictures_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", path.read_text("utf-8"))
    assert links
    for target, anchor in links:
        there = (path.parent / target).resolve() if target else path
        assert there.is_file(), target
        assert not anchor or anchor in anchors(there), anchor


def test_a_page_shows_pictures_of_its_own_language():
    for lang, other in (("en", "id"), ("id", "en")):
        for path in (GUIDE / lang).glob("*.md"):
            assert not re.search(rf"img/[\w-]+-{other}\.png", path.read_text("utf-8")), path


def test_pictures_are_few_and_small_and_all_are_shown():
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs/img").iterdir()}
    assert len(pictures) <= 8
    assert max(pictures.values()) <= 150_000
    text = "".join(p.read_text("utf-8") for p in [ROOT / "README.md", *GUIDE.glob("*/*.md")])
    assert {name for name in pictures if f"img/{name}" not in text} == set()


# README.md speaks of an office's kabupaten. Here the demo stands for it, under the same names.
STAND_INS = {"r812": "r12"}
ROLLOUT = "kind: pustu\nyears:\n  - {year: 2027, units: 1}\n  - {year: 2028, units: 1}\n"


@pytest.fixture
def office(reader):
    """The folder of an office: AREA.yml and its files, and the scenarios, tables and plans that are named."""
    shutil.copytree(reader.folder / "work/demo/area", reader.folder, dirs_exist_ok=True)
    shutil.copytree(reader.folder / "work/demo/area", reader.folder / "FOLDER")
    (reader.folder / "FOLDER/AREA.yml").unlink()
    return reader


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_commands_and_snippets_of_the_readme_run(office):
    done = []
    with chdir(office.folder):
        Path("A.yml").write_text("name: A\nseason: wet\n", "utf-8")
        Path("B.yml").write_text("name: B\nstandard: {pustu: {limit_minutes: 20}}\n", "utf-8")
        Path("PLAN.yml").write_text(ROLLOUT, "utf-8")
    for step in steps("README"):
        if step.mark.startswith("not run: ") or step.kind not in (*SHELL, *PYTHON):
            continue
        body = step.body
        for word, stand_in in STAND_INS.items():
            body = body.replace(word, stand_in)
        if step.kind in SHELL:
            for command in commands(step):
                if "--answers" in command:
                    shutil.copy(office.folder / "out/check/pustu-periksa.xlsx", office.folder)
                # Fifty draws would take too long; five take the same way.
                office.do(Step("console", f"{command} --draws 5" if " robust " in command else command))
                done.append(command.split()[1])
        else:
            office.do(Step("python", body))
    assert set(done) == {
        "init", "build", "check", "gaps", "maps", "pws", "site", "rollout", "robust", "report",
        "report-template", "serve",
    }  # fmt: skip
