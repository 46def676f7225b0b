"""A document as DOCX, by docxtpl, from a template that the office may replace."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from geodata.errors import ConfigError
from planner.reports.documents.parts import ALL_PARTS, not_filled, opened, require_paragraphs, sandbox, taken
from planner.reports.documents.word_template import STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docxtpl import DocxTemplate
    from jinja2 import Template

    from planner.reports.documents.data import Plain

EMU_PER_TWIP = 635
LINE = "…" * 30
# What comes of sums and calls that an office's template may hold.
COMPUTED = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
BOOKMARKS = (
    700_000_000  # Word names those of its contents so; a number of ours is far from those that it gives
)


def word_bytes(data: Plain, pictures: Mapping[str, bytes], template: bytes) -> bytes:
    """Return a document as a DOCX file.

    Parameters
    ----------
    data, pictures
        As from :mod:`planner.reports.documents.data`.
    template
        A DOCX file, as :func:`planner.reports.documents.word_template.template_bytes` makes it.

    Raises
    ------
    UnreadableFileError
        The template is no DOCX file.
    ConfigError
        It lacks a style or a place for the text, or what stands in its braces cannot be filled in.

    Examples
    --------
    >>> from planner.reports.documents.data import as_data
    >>> from planner.reports.documents.model import Document
    >>> from planner.reports.documents.word_template import template_bytes
    >>> from planner.reports.documents.words import Words
    >>> empty = as_data(Document("memo", "en", "Memo", "", (), (), False, "", ""), Words("en"))
    >>> word_bytes(empty, {}, template_bytes())[:2]
    b'PK'
    """
    from jinja2 import TemplateError, Undefined

    word = opened(template)
    takes = taken(word)
    data = {**data, "sections": _anchored(data["sections"], count(1))}
    behind = [*data["sections"][1:], {"new_page": False}]
    parts = {
        part["key"]: _part(part, word, pictures, ends=bool(after["new_page"] and after["title"]))
        for part, after in zip(data["sections"], behind, strict=False)
    }
    shown = [one for one in data["sections"] if takes.everything or one["key"] in takes.parts]
    context = {
        **{key: _marked(data[key]) for key in ("title", "subtitle", "footer", "watermark", "contents",
                                               "page_of")},
        "cover": [_marked(line) for line in data["cover"]],
        "has_cover": data["has_cover"],
        "headings": [
            {"title": _marked(one["title"]), "level": one["level"], "anchor": Markup(one["anchor"])}  # noqa: S704 - ours
            for one in _headings(shown, 2)
        ],
        # A part that another document has, or this one at times, is empty here, and can be asked for.
        # In the order of the document, for templates that go through all of them.
        "part": {**parts, **{key: Undefined(name=key) for key in sorted(ALL_PARTS - parts.keys())}},
        "body": Markup("").join(parts.values()),
    }  # fmt: skip
    try:
        word.render(context, sandbox())
    except (TemplateError, *COMPUTED) as error:
        raise not_filled(error) from error
    require_paragraphs(word)
    word.docx.core_properties.title = data["title"]
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def _anchored(sections: list[Plain], numbers: Iterator[int]) -> list[Plain]:
    """Return sections with a number each, and the name of the bookmark at their heading."""
    out = []
    for section in sections:
        number = next(numbers)
        blocks = [_anchored([b], numbers)[0] if b["type"] == "section" else b for b in section["blocks"]]
        out.append({**section, "blocks": blocks, "number": number, "anchor": f"_Toc{BOOKMARKS + number}"})
    return out


def _headings(sections: list[Plain], depth: int) -> list[Plain]:
    out: list[Plain] = []
    for section in sections:
        if section["title"] and section["level"] <= depth:
            out.append(section)
        out += _headings([b for b in section["blocks"] if b["type"] == "section"], depth)
    return out


def _marked(text: str) -> Markup:
    """Return a text escaped for XML, so that docxtpl finds none of its own signs in it either.

    It reads braces with an underscore between them as signs after it has filled them in.
    """
    return Markup(str(escape(text)).replace("_", "&#95;").replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 - escaped just before


def _tree(value: Any) -> Any:  # noqa: ANN401 - the plain values of a document
    if isinstance(value, dict):
        return {
            key: v if key in ("type", "key", "name", "role", "kind", "anchor") else _tree(v)
            for key, v in value.items()
        }
    if isinstance(value, list):
        return [_tree(v) for v in value]
    return _marked(value) if isinstance(value, str) else value


def _part(part: Plain, word: DocxTemplate, pictures: Mapping[str, bytes], *, ends: bool) -> Markup:
    """Return a section as XML in the styles of the template; ``ends`` where the next begins a page."""
    section = word.docx.sections[0]
    sides = (section.page_width, section.left_margin, section.right_margin)
    if None in sides:
        msg = "--template has no size of page: begin with the one of jangkau report-template"
        raise ConfigError(msg)
    page, left, right = (int(side or 0) for side in sides)
    width = page - left - right
    text_twips = int(width / EMU_PER_TWIP)
    text = _blocks().render(
        section=_tree(part), ends=ends, text_twips=text_twips, line=LINE, styles=_style_ids(word),
        twips=lambda share: round(share * text_twips), picture=_picture_of(word, pictures, width),
    )  # fmt: skip
    return Markup(text)  # noqa: S704 - rendered with autoescape


def _style_ids(word: DocxTemplate) -> dict[str, str]:
    """Return the ids by which the template knows its styles: Word in Indonesian has ids of its own."""
    by_name = {style.name: style.style_id for style in word.docx.styles}
    return {role: by_name[name] for role, name in STYLES.items()}


def _picture_of(
    word: DocxTemplate, pictures: Mapping[str, bytes], width_emu: int
) -> Callable[[Plain], Markup]:
    from docx.shared import Emu

    def picture(block: Plain) -> Markup:
        image = BytesIO(pictures[block["name"]])
        shown = word.docx.part.new_pic_inline(image, Emu(int(width_emu * block["width"])), None)
        # Word reads out what a picture shows.
        shown.docPr.set("descr", block["alt"].unescape())
        return Markup(shown.xml)  # noqa: S704 - written by lxml

    return picture


@cache
def _blocks() -> Template:
    from jinja2 import Environment, StrictUndefined

    source = files("planner").joinpath("data/report_blocks.xml").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
