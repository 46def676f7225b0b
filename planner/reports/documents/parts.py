"""Which parts of a document an office's Word template takes, and whether it takes any."""

from __future__ import annotations

import re
from difflib import get_close_matches
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from zipfile import BadZipFile, ZipFile

from geodata.errors import ConfigError, UnreadableFileError
from geodata.files.limits import UNPACKED_BYTES, require_unpacked
from geodata.vocabulary.kinds import known_kinds
from planner.reports.documents.word_template import STYLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docxtpl import DocxTemplate
    from jinja2 import Environment
    from jinja2.nodes import Node, Template

PROPOSAL, COMPARISON = "usulan", "perbandingan"
# By the name of a document's file, what a template may take of it one by one; some are there only at times.
PARTS: dict[str, tuple[str, ...]] = {
    PROPOSAL: (
        "background", "aim", "request", "closing", "statement", "annex_villages", "annex_facilities",
        "annex_goods", "annex_method", "annex_quality",
    ),
    "telaahan": (
        "memo_head", "assumed", "problem", "assumptions", "facts", "analysis", "conclusion", "advice",
    ),
    "ringkasan": ("answer",),
    COMPARISON: (
        "short", "scenarios", "figures", *(f"kind_{kind}" for kind in known_kinds()), "cost", "limits",
        "unknown", "annex_villages", "annex_edits", "annex_method",
    ),
}  # fmt: skip
ALL_PARTS = frozenset(part for parts in PARTS.values() for part in parts)
# Annexes of a proposal alone do not make a comparison, though one has annexes of the same names.
SHARED = frozenset(PARTS[PROPOSAL]) & frozenset(PARTS[COMPARISON])
BEGIN = "begin with the one of jangkau report-template"
# What a template may name besides.
FIELDS = (
    "title", "subtitle", "footer", "watermark", "contents", "page_of", "cover", "has_cover", "headings",
    "part", "body",
)  # fmt: skip
# A sign that takes the place of its whole paragraph.
WHOLE = re.compile(r"\{[{%]p\b.*?[}%]\}")
# Of a dict, by which a template comes to all parts.
METHODS = ("values", "items", "keys", "get")


class Taken(NamedTuple):
    """What a template takes.

    Attributes
    ----------
    everything
        Whether it holds ``body``, or goes through all parts.
    parts
        The parts that it names.
    """

    everything: bool
    parts: frozenset[str]

    def of(self, document: str) -> bool:
        """Return whether it takes anything of a document, given by the name of its file.

        Examples
        --------
        >>> taken = Taken(everything=False, parts=frozenset({"background"}))
        >>> taken.of("usulan"), taken.of("ringkasan")
        (True, False)
        """
        mine = self.parts & frozenset(PARTS[document])
        return self.everything or bool(mine - SHARED if document == COMPARISON else mine)


def opened(template: bytes) -> DocxTemplate:
    """Return a template, which must be a DOCX file of bounded size with the styles that we write in.

    Raises
    ------
    UnreadableFileError
        It is no DOCX file.
    ConfigError
        It lacks a style.

    Examples
    --------
    >>> from planner.reports.documents.word_template import template_bytes
    >>> len(opened(template_bytes()).docx.sections)
    1
    """
    from docxtpl import DocxTemplate

    try:
        with ZipFile(BytesIO(template)) as packed:
            size = sum(one.file_size for one in packed.infolist())
            require_unpacked(size, "template", "--template", UNPACKED_BYTES)
        word = DocxTemplate(BytesIO(template))
        word.init_docx()
        names = {style.name for style in word.docx.styles}
    except (BadZipFile, KeyError, ValueError) as error:
        if isinstance(error, UnreadableFileError):
            raise
        # A library tells of its own buffer, of which nobody knows.
        msg = f"--template is no Word file (.docx): {BEGIN}"
        raise UnreadableFileError(msg) from error
    missing = [name for name in STYLES.values() if name not in names]
    if missing:
        msg = f"--template lacks the styles {', '.join(missing)}: {BEGIN}"
        raise ConfigError(msg)
    return word


def sandbox() -> Environment:
    """Return where templates are filled in: one comes from elsewhere, so what it may compute is bounded.

    Examples
    --------
    >>> sandbox().from_string("{{ 1 + 1 }}").render()
    '2'
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def not_filled(error: Exception) -> ConfigError:
    """Return what is said of a template whose braces cannot be filled in.

    Examples
    --------
    >>> str(not_filled(ValueError("'tittle' is undefined")))[:58]
    "the template cannot be filled in ('tittle' is undefined): "
    """
    hint = "see `jangkau report-template` for what it may hold"
    unknown = re.fullmatch(r"'(\w+)' is undefined", str(error))
    if unknown:
        near = get_close_matches(unknown[1], FIELDS, n=1)
        hint = f"the fields are {', '.join(FIELDS)}" + (f"; did you mean {near[0]}?" if near else "")
    return ConfigError(f"the template cannot be filled in ({error}): {hint}")


def require_alone(word: DocxTemplate) -> None:
    """Raise ConfigError where text stands beside a sign that takes the place of its whole paragraph.

    Examples
    --------
    >>> from planner.reports.documents.word_template import template_bytes
    >>> require_alone(opened(template_bytes()))
    """
    from docx.oxml.ns import qn

    for paragraph in word.docx.element.body.iter(qn("w:p")):
        said = "".join(one.text or "" for one in paragraph.iter(qn("w:t"))).strip()
        found = WHOLE.search(said)
        if found and found[0] != said:
            msg = (
                f"--template has {found[0]} beside other text, which would be lost: give it a paragraph of "
                "its own"
            )
            raise ConfigError(msg)


def require_paragraphs(word: DocxTemplate) -> None:
    """Raise ConfigError where a part was filled into a line of text: no program shows it there.

    Examples
    --------
    >>> from planner.reports.documents.word_template import template_bytes
    >>> require_paragraphs(opened(template_bytes()))
    """
    if word.docx.element.body.xpath(".//w:t[w:p or w:tbl]"):
        msg = (
            "--template fills a part into a line of text, where no program shows it: write it with a p, as "
            "in {{p body }} or {{p part.background }}, in a paragraph of its own"
        )
        raise ConfigError(msg)


def taken(word: DocxTemplate) -> Taken:
    """Return which parts a template takes.

    Parameters
    ----------
    word
        As from :func:`opened`.

    Raises
    ------
    ConfigError
        What stands in its braces cannot be read, or names a part that no document has; or it has no place
        for any text of ours, as a finished document has none.

    Examples
    --------
    >>> from planner.reports.documents.word_template import template_bytes
    >>> taken(opened(template_bytes())).everything
    True
    """
    from jinja2 import TemplateError

    require_alone(word)
    jinja = sandbox()
    everything, parts = False, set[str]()
    try:
        for xml in _texts(word):
            all_of_it, named = _named(jinja.parse(xml))
            everything, parts = everything or all_of_it, parts | named
    except TemplateError as error:
        raise not_filled(error) from error
    if not everything and not parts:
        msg = (
            "--template has no place for the text, neither {{p body }} nor a part such as "
            "{{p part.background }}: a finished document is no template; write one with "
            "jangkau report-template --out FILE.docx, and edit it"
        )
        raise ConfigError(msg)
    # A template that takes everything may call something of its own so.
    wrong = [] if everything else sorted(parts - ALL_PARTS)
    if wrong:
        there = "; ".join(f"{name}: {', '.join(of)}" for name, of in PARTS.items())
        msg = f"--template names the part {', '.join(wrong)}, which no document has; there are – {there}"
        raise ConfigError(msg)
    return Taken(everything, frozenset(parts))


def made_with(template: bytes, documents: Sequence[str]) -> list[str]:
    """Return those documents of which a template takes something; the others are made with ours.

    Parameters
    ----------
    template
        An office's own, as a DOCX file.
    documents
        Names of files: ``usulan``, ``telaahan``, ….

    Raises
    ------
    ConfigError, UnreadableFileError
        As for :func:`opened` and :func:`taken`; or it takes nothing of any of them.

    Examples
    --------
    >>> from planner.reports.documents.word_template import template_bytes
    >>> made_with(template_bytes(), ["usulan", "ringkasan"])
    ['usulan', 'ringkasan']
    """
    takes = taken(opened(template))
    out = [name for name in documents if takes.of(name)]
    if not out:
        there = "; ".join(f"{name}: {', '.join(PARTS[name])}" for name in documents)
        msg = (
            f"--template takes no part of {', '.join(documents)}: write {{{{p body }}}} into it, or some of "
            f"these parts – {there}"
        )
        raise ConfigError(msg)
    return out


def _texts(word: DocxTemplate) -> Iterator[str]:
    """Yield what is filled in of a template: its text, headers and footers."""
    yield word.patch_xml(word.get_xml())
    for uri in (word.HEADER_URI, word.FOOTER_URI):
        for _, part in word.get_headers_footers(uri):
            yield word.patch_xml(word.get_part_xml(part))


def _named(tree: Template) -> tuple[bool, set[str]]:
    """Return whether a parsed text takes everything, and which parts it names."""
    from jinja2 import nodes

    names = [node.name for node in tree.find_all(nodes.Name)]
    looked_up = [_key(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem))]
    parts = [key for key in looked_up if key is not None]
    through = {key for key in parts if key in METHODS}
    # In the place of a name there may be a loop over all.
    return "body" in names or names.count("part") > len(parts) or bool(through), set(parts) - through


def _key(node: Node) -> str | None:
    """Return the name of a part that is looked up; None of another value, or where it is computed."""
    from jinja2 import nodes

    if not isinstance(node, (nodes.Getattr, nodes.Getitem)):
        return None
    if not isinstance(node.node, nodes.Name) or node.node.name != "part":
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else None
