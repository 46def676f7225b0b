"""HTML from our own templates; every value is escaped, whatever file it came from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from app.texts import Texts


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("app", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


class Renderer:
    """Renders templates in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def __call__(self, template: str, /, **values: object) -> str:
        """Return a template's HTML; in it ``_`` translates and ``t`` writes numbers and terms."""
        found = _environment().get_template(f"{template}.html")
        return found.render(
            _=self._texts.text, _n=self._texts.several, t=self._texts, lang=self._texts.lang, **values
        )
