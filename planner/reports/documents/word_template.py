"""The Word template that an office can edit: real styles, a field for the contents, page numbers.

What it may hold (docxtpl): ``{{ title }}``, ``{{ subtitle }}``, ``{{ footer }}``, ``{{ watermark }}``,
``cover`` (lines), ``headings``, ``{{p body }}`` (everything), or single parts by their keys, such as
``{{p part.background }}``; :data:`planner.reports.documents.parts.PARTS` names them.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from planner.reports.documents.paper import paper_named

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 28.0, 22.0, 22.0, 22.0
INK = "0B3A6B"
FONT = "Times New Roman"
# By the role that report_blocks.xml asks for, the style's name in the template.
STYLES = {
    "heading_1": "Heading 1", "heading_2": "Heading 2", "heading_3": "Heading 3", "body": "Body Text",
    "note": "Jangkau Note", "caption": "Caption", "table": "Jangkau Table", "cell": "Jangkau Cell",
    "cell_small": "Jangkau Small Cell", "gap": "Jangkau Gap", "picture": "Jangkau Picture",
    "signature": "Signature", "figure_number": "Jangkau Large Number",
}  # fmt: skip


def template_bytes(paper: str = "a4") -> bytes:
    """Return the template as a DOCX file.

    Parameters
    ----------
    paper
        ``a4`` or ``f4``.

    Raises
    ------
    ConfigError
        Another paper.

    Examples
    --------
    >>> template_bytes("f4")[:2]
    b'PK'
    """
    # Here, because only a report needs it.
    import docx
    from docx.shared import Mm

    size = paper_named(paper)
    word = docx.Document()
    section = word.sections[0]
    section.page_width, section.page_height = Mm(size.width_mm), Mm(size.height_mm)
    section.left_margin, section.right_margin = Mm(LEFT_MM), Mm(RIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.different_first_page_header_footer = False
    _style(word, size.width_mm - LEFT_MM - RIGHT_MM)
    _front(word)
    word.add_paragraph("{{p body }}")
    _foot(word, size.width_mm - LEFT_MM - RIGHT_MM)
    _watermark(word)
    properties = word.core_properties
    properties.title, properties.author, properties.comments = "", "", ""
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def _style(word: WordDocument, width_mm: float) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Mm, Pt, RGBColor

    normal = word.styles["Normal"]
    _font(normal, 11)
    ink = RGBColor.from_string(INK)
    for name, size in (
        ("Heading 1", 14),
        ("Heading 2", 12),
        ("Heading 3", 11),
        ("Title", 24),
        ("Caption", 9.5),
    ):
        style = word.styles[name]
        _font(style, size)
        style.font.bold = True
        style.font.color.rgb = RGBColor(0, 0, 0) if name == "Caption" else ink
        if name.startswith("Heading"):
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(6)
    word.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _no_border(word.styles["Title"])
    _font(word.styles["Subtitle"], 14)
    word.styles["Subtitle"].font.italic = False
    word.styles["Subtitle"].font.color.rgb = RGBColor(0, 0, 0)
    word.styles["Subtitle"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name in ("Title", "Subtitle"):
        _not_spaced(word.styles[name])
    body = word.styles["Body Text"]
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    body.paragraph_format.space_after = Pt(6)
    for name, size, after in (
        ("Jangkau Note", 9, 6), ("Jangkau Cell", 9, 0), ("Jangkau Small Cell", 7.5, 0), ("Jangkau Gap", 6, 0),
        ("Jangkau Picture", 11, 3), ("Jangkau Large Number", 18, 0), ("Signature", 11, 0),
    ):  # fmt: skip
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.font.size = Pt(size)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(0), Pt(after)
        style.paragraph_format.line_spacing = 1.0
    word.styles["Jangkau Picture"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    word.styles["Jangkau Large Number"].font.bold = True
    word.styles["Jangkau Large Number"].font.color.rgb = ink
    word.styles["Signature"].paragraph_format.left_indent = Mm(82)
    for level in (1, 2):
        style = word.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.paragraph_format.left_indent = Mm(6 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
        # For the page numbers that Word adds.
        stops = style.paragraph_format.tab_stops
        stops.add_tab_stop(Mm(width_mm), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    _table_style(word)


def _font(style: Any, size_pt: float) -> None:  # noqa: ANN401 - python-docx's own type has no font
    from docx.oxml.ns import qn
    from docx.shared import Pt

    style.font.name, style.font.size = FONT, Pt(size_pt)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for which in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{which}"), None)
    fonts.set(qn("w:cs"), FONT)


def _not_spaced(style: Any) -> None:  # noqa: ANN401
    from docx.oxml.ns import qn

    for spacing in style.element.findall(f"{qn('w:rPr')}/{qn('w:spacing')}"):
        spacing.getparent().remove(spacing)


def _no_border(style: Any) -> None:  # noqa: ANN401
    from docx.oxml.ns import qn

    for border in style.element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _table_style(word: WordDocument) -> None:
    """Add a table style with thin lines between rows."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    style = word.styles.add_style("Jangkau Table", WD_STYLE_TYPE.TABLE)
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="969696"/>'
        for side in ("top", "bottom", "insideH")
    )
    style.element.append(
        parse_xml(
            f"<w:tblPr {nsdecls('w')}><w:tblBorders>{lines}</w:tblBorders><w:tblCellMar>"
            '<w:top w:w="25" w:type="dxa"/><w:left w:w="45" w:type="dxa"/><w:bottom w:w="25" w:type="dxa"/>'
            '<w:right w:w="45" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        )
    )


def _front(word: WordDocument) -> None:
    """Add the cover and the contents, or the title alone."""
    from docx.enum.text import WD_BREAK
    from docx.shared import Mm

    word.add_paragraph("{%p if has_cover %}")
    title = word.add_paragraph("{{ title }}", style="Title")
    title.paragraph_format.space_before = Mm(70)
    word.add_paragraph("{{ subtitle }}", style="Subtitle").paragraph_format.space_after = Mm(60)
    word.add_paragraph("{%p for line in cover %}")
    word.add_paragraph("{{ line }}", style="Subtitle")
    word.add_paragraph("{%p endfor %}")
    word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    # Not a heading, which the contents would list.
    head = word.add_paragraph(style="Body Text")
    run = head.add_run("{{ contents }}")
    run.bold = True
    _contents(word)
    word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    word.add_paragraph("{%p else %}")
    word.add_paragraph("{{ title }}", style="Title")
    word.add_paragraph("{{ subtitle }}", style="Subtitle")
    word.add_paragraph("{%p endif %}")


def _contents(word: WordDocument) -> None:
    """Add the field of the contents, already filled with links to the headings."""
    start = word.add_paragraph(style="toc 1")
    _field_mark(start, "begin", dirty=True)
    _instruction(start, r' TOC \o "1-2" \h \z \u ')
    _field_mark(start, "separate")
    for condition, style in (("heading.level == 1", "toc 1"), ("heading.level == 2", "toc 2")):
        if style == "toc 1":
            word.add_paragraph("{%p for heading in headings %}")
        word.add_paragraph(f"{{%p if {condition} %}}")
        _entry(word.add_paragraph(style=style))
        word.add_paragraph("{%p endif %}")
    word.add_paragraph("{%p endfor %}")
    _field_mark(word.add_paragraph(style="toc 1"), "end")


def _entry(paragraph: Paragraph) -> None:
    """Fill a line of the contents: the heading as a link to it.

    Where pages end only the program knows that shows them: a number written here might be wrong. Word adds
    the numbers when it brings the field up to date.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.add_run("{{ heading.title }}")
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), "{{ heading.anchor }}")
    link.set(qn("w:history"), "1")
    for run in paragraph.runs:
        link.append(run._element)  # noqa: SLF001 - python-docx has no links
    paragraph._element.append(link)  # noqa: SLF001


def _field_mark(paragraph: Paragraph, kind: str, *, dirty: bool = False) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    paragraph.add_run()._element.append(mark)  # noqa: SLF001 - python-docx has no fields


def _instruction(paragraph: Paragraph, text: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    code = OxmlElement("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = text
    paragraph.add_run()._element.append(code)  # noqa: SLF001


def _foot(word: WordDocument, width_mm: float) -> None:
    """Add the footer: the watermark's word, its text, and at the right the page's number of how many.

    A map on the page hides the watermark, which Word draws behind everything; the word here it does not.
    """
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Mm, Pt

    section = word.sections[0]
    foot = section.footer.paragraphs[0]
    # The footer's own style has tab stops in the middle.
    foot.style = word.styles["Normal"]
    foot.paragraph_format.tab_stops.add_tab_stop(Mm(width_mm), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run("{% if watermark %}{{ watermark }} · {% endif %}{{ footer }}\t{{ page_of }} ")
    for name in ("PAGE", "NUMPAGES"):
        if name == "NUMPAGES":
            foot.add_run("/")
        _field_mark(foot, "begin")
        _instruction(foot, f" {name} ")
        _field_mark(foot, "separate")
        foot.add_run("1")
        _field_mark(foot, "end")
    for run in foot.runs:
        run.font.size = Pt(8.5)


def _watermark(word: WordDocument) -> None:
    """Add the watermark behind the text, as Word's own watermarks are: WordArt in the header."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    header = word.sections[0].header.paragraphs[0]
    art = (
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"'
        ' xmlns:o="urn:schemas-microsoft-com:office:office"><w:pict>'
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"'
        ' path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>'
        '<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
        '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
        '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape id="JangkauWatermark" o:spid="_x0000_s2049" type="#_x0000_t136"'
        ' style="position:absolute;margin-left:0;margin-top:0;width:400pt;height:130pt;rotation:315;'
        "z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        'mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#ececec"'
        f' stroked="f"><v:textpath style="font-family:&quot;{FONT}&quot;;font-weight:bold"'
        ' string="{{ watermark }}"/></v:shape></w:pict></w:r>'
    )
    header._p.append(parse_xml(art))  # noqa: SLF001
