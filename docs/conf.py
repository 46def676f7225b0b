"""The documentation: our pages, and a reference made from the docstrings (``make docs``)."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Never

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

project = "Jangkau"
version = release = version_of("jangkau")
extensions = [
    "myst_parser", "sphinx.ext.apidoc", "sphinx.ext.autodoc", "sphinx.ext.napoleon",
]  # fmt: skip
exclude_patterns = ["_build", "img"]
html_theme = "alabaster"
html_theme_options = {"description": "Reach of primary care in Indonesia", "page_width": "1100px"}

apidoc_modules = [
    {"path": f"../{package}", "destination": f"api/{package}", "module_first": True, "separate_modules": True,
     "exclude_patterns": ["../planner/reports/maps/build_vendor.py", "../planner/cli/**"]}
    for package in ("geodata", "planner")
]  # fmt: skip
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Names come with their docstrings only; what begins with "_" is ours.
# What a module only hands on is described where it is made.
autodoc_default_options = {"members": True, "ignore-module-all": True}
napoleon_google_docstring = False
# Attributes stand where the class says what it is; listed again they would be told twice.
napoleon_use_ivar = True
napoleon_attr_annotations = False

# Short names of types are found by their last part, which several classes share; nobody reads the list of
# modules.
suppress_warnings = ["ref.python", "toc.not_included"]
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3

html_math_renderer = "mathml"


def inline_formula(translator: HTML5Translator, node: Element) -> Never:
    """Write a formula as MathML, which browsers draw by themselves: no script from the internet is needed."""
    translator.body.append(convert(node.astext()))
    raise SkipNode


def displayed_formula(translator: HTML5Translator, node: Element) -> Never:
    """Write a displayed formula as MathML."""
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def with_readme(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put README.md into its page, and let links of others lead there.

    On GitHub the file stands above this folder, where no page of the site can be.
    """
    if docname == "readme":
        file = Path(app.srcdir).parent / "README.md"
        app.env.note_dependency(str(file))
        # What is no page of the site stays as words.
        absent = r"\[([^\]]+)\]\((?:CHANGELOG\.md|benchmarks/README\.md|docs/decisions/)\)"
        text = re.sub(absent, r"\1", file.read_text("utf-8"))
        # From README.md's folder to this one.
        text = re.sub(r'(\]\(|src=")(?!https?:|#|docs/)', r"\1../", text)
        source[0] = re.sub(r'(\]\(|src=")docs/', r"\1", text)
    else:
        source[0] = re.sub(r"\]\((\.\./)+README\.md", "](/readme.md", source[0])


def require_offline(app: Sphinx, exception: Exception | None) -> None:
    """Raise where a page would load anything from elsewhere."""
    outside = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//""")
    pages = [] if exception else sorted(Path(app.outdir).rglob("*.html"))
    wrong = [page.name for page in pages if outside.search(page.read_text("utf-8"))]
    if wrong:
        msg = f"pages load something from the internet: {', '.join(wrong[:5])}"
        raise ExtensionError(msg)


def setup(app: Sphinx) -> None:
    """Take formulas and the last look at the pages over from Sphinx."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (displayed_formula, None))
    app.connect("source-read", with_readme)
    app.connect("build-finished", require_offline)
