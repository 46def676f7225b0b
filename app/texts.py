"""Texts, numbers and dates in the chosen language, from gettext catalogues."""

from __future__ import annotations

import gettext
import io
import math
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from planner.coverage.known.extent import ROADS
from planner.ilp.three_answers import VillageClass
from planner.texts.catalogues import ilp_texts
from planner.texts.formatter import Formatter
from planner.texts.modes import on_map

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from planner.coverage.known.extent import Extent

# Shown to planners of all three of Indonesia's time zones when nothing else is set: WIB.
TIME_ZONE = "Asia/Jakarta"


@cache
def _catalogue(lang: str) -> gettext.GNUTranslations:
    """Return a catalogue, made from its .po file so that no compiled file has to be kept in step."""
    source = files("app").joinpath(f"locale/{lang}/LC_MESSAGES/jangkau.po")
    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=lang)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Texts(Formatter):
    """One language's words and ways of writing numbers.

    Parameters
    ----------
    lang
        ``id`` or ``en``; anything else is taken as Indonesian.
    modes
        Modes of travel that the office calls otherwise, by name (``Scenario.modes_called``).

    Examples
    --------
    >>> Texts("id").people(2270216.4), Texts("en").people(2270216.4)
    ('2.270.216', '2,270,216')
    >>> Texts("en").term("gap")
    'gap'
    """

    def __init__(self, lang: str, modes: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(lang, words=on_map(modes))
        self.modes = modes
        self._catalogue = _catalogue(self.lang)
        self._ilp = ilp_texts()[self.lang]

    def text(self, message: str, /, **values: object) -> str:
        """Return a message in the language, its ``{names}`` filled in."""
        translated = self._catalogue.gettext(message)
        return translated.format(**values) if values else translated

    def several(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return a message that counts something."""
        return self._catalogue.ngettext(one, many, n).format(n=self.number(n), **values)

    def incomplete(self, word: str, extent: Extent) -> str:
        """Return what is not whole, a kind's list or the roads, why, and what that means."""
        text = self.term("incomplete_roads" if word == ROADS else "incomplete_list")
        return text.format(kind=self.kind(word), why=self.term(f"why_{extent.why[word]}"))

    def ilp(self, key: str) -> str:
        """Return a text of the ILP tables, such as how a parent is known, or what a unit has.

        Examples
        --------
        >>> Texts("en").ilp("what_bidan"), Texts("id").ilp("group_bayi")
        ('midwife', 'bayi (di bawah 1 tahun)')
        """
        return self._ilp.get(key, key.partition("_")[2] or key)

    def state(self, found: str) -> str:
        """Return the word for a class of answers (planner.ilp.three_answers.CLASSES)."""
        return self.term(found) if found == VillageClass.UNKNOWN else self.ilp(f"class_{found}")

    def group(self, group: str) -> str:
        """Return the name of a life-cycle group; "" is everybody."""
        return self.ilp(f"group_{group}") if group else self.text("all people")

    def group_in_short(self, group: str) -> str:
        """Return the name of a life-cycle group without its ages; "" is everybody.

        Examples
        --------
        >>> Texts("en").group_in_short("lansia"), Texts("en").group_in_short("")
        ('elderly', 'people')
        """
        return self.group(group).partition(" (")[0] if group else self.term("people")

    def kind(self, kind: str) -> str:
        """Return the name of a facility kind."""
        return self._terms.get(f"kind_{kind}", kind)

    def data(self, layer: str) -> str:
        """Return the name of a layer of the data.

        Examples
        --------
        >>> Texts("en").data("working_areas"), Texts("id").data("roads")
        ('working areas', 'jalan')
        """
        return self._terms.get(f"data_{layer}", layer.replace("_", " "))

    def column(self, name: str) -> str:
        """Return what a column of a list is; one of a list's own by the heading it has there.

        Examples
        --------
        >>> Texts("en").column("village_name"), Texts("id").column("Nama Puskesmas")
        ('village name', 'Nama Puskesmas')
        """
        return self._terms.get(f"column_{name}", name)

    def load(self, load: float) -> str:
        """Return people ÷ capacity as whole per cent; never 100 % for nearly or just over full."""
        if math.isnan(load):
            return self.term("unknown")
        if math.isinf(load):
            return self.text("no room at all")
        if load <= 1:
            return self.percent(load)
        pattern = "#,##0%" if load >= 1.01 else "#,##0.0%"
        return str(numbers.format_percent(max(load, 1.001), format=pattern, locale=self._locale))

    def minutes(self, value: float) -> str:
        """Return minutes with their unit."""
        text = self.number(value, 1 if value < 10 else 0)
        return text if math.isnan(value) or math.isinf(value) else self.text("{n} min", n=text)

    def moment(self, when: datetime) -> str:
        """Return a date and time of day."""
        zone = dates.get_timezone(TIME_ZONE)
        shown = dates.format_datetime(when, "d MMM y HH:mm", tzinfo=zone, locale=self._locale)
        return f"{shown} WIB"
