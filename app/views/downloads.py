"""Downloads of the answer shown."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import panel_material_ui as pmui

from app.components.fragment import Fragment
from app.figures import exports
from app.figures.adoption_board import kept_records

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from app.areas.area import Answer
    from app.core.session import Session


class Download(pmui.FileDownload):
    """A button whose file may fail to come: why is told elsewhere, and the browser gets none."""

    async def _async_sync_data(self) -> None:
        # The browser takes a file when it changes: the same one, asked for again, must be new to it.
        self.data = None
        made = await self.callback()
        if made is not None:
            self._sync_data(made)


def make(session: Session) -> pmui.Column:
    """Return one button a file; each is made when it is asked for."""
    _ = session.texts.text
    state = session.state

    def stem() -> str:
        what = "base" if state.what_if.is_base else "what-if"
        if state.opened is not None:
            what = f"{state.opened.name}{'-changed' if state.unsaved else ''}"
        safe = re.sub(r"[^A-Za-z0-9]+", "-", f"{session.area.code}-{what}").strip("-")
        return safe[:60] or "jangkau"

    def button(label: str, ending: str, make_file: Callable[[Answer], io.BytesIO]) -> Download:
        async def made() -> io.BytesIO | None:
            found.filename = f"{stem()}.{ending}"
            return await session.result(partial(make_file, state.answer))

        found = Download(
            callback=made, filename=f"{session.area.code}.{ending}", label=label, icon="download",
            variant="outlined", sizing_mode="stretch_width", margin=(4, 4),
        )  # fmt: skip
        return found

    def workbook(answer: Answer) -> io.BytesIO:
        return exports.to_xlsx(answer, session.texts.lang, kept_records(session.store, session.area))

    def scenario_file(answer: Answer) -> io.BytesIO:
        return exports.to_scenario(session.area, answer, stem())

    intro = Fragment(session.stream, "downloads", label=_("Downloads"))
    intro.html = session.render("downloads")
    return pmui.Column(
        intro,
        button(_("Table for a spreadsheet (XLSX)"), "xlsx", workbook),
        button(_("Table as text (CSV)"), "csv", exports.to_csv),
        button(_("Villages with outlines (GeoJSON)"), "geojson", exports.to_geojson),
        button(_("Map in one file (HTML)"), "html", partial(exports.to_map, lang=session.texts.lang)),
        button(_("PWS sheets of all villages, to print (HTML)"), "pws.html",
               partial(exports.to_pws, lang=session.texts.lang)),
        button(_("Scenario file (YAML)"), "yml", scenario_file),
        margin=0, sizing_mode="stretch_width",
    )  # fmt: skip
