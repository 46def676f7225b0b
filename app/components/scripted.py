"""What the components of plain JavaScript have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from panel.custom import JSComponent

if TYPE_CHECKING:
    from bokeh.document import Document


class Scripted(JSComponent):
    """A component whose script every browser reads as it is written.

    Panel rewrites a component's script in the browser, once for each on the page, lest it holds JSX: a tenth
    of a second's work for the pieces of one page. What is called a bundle, by any name, is left as it is.
    """

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        return {**super()._get_properties(doc), "bundle": type(self).__name__}
