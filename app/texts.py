"""Texts, numbers and dates in the chosen language, from gettext catalogues."""

from __future__ import annotations

import gettext
import io
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from planner.coverage.extent import ROADS
from planner.ilp.reasons import ilp_texts
from planner.reports.maps.page import LANGUAGES, map_texts

if TYPE_CHECKING:
    from datetime import datetime

    from planner.coverage.extent import Extent

DEFAULT_LANGUAGE = LANGUAGES[0]
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


class Texts:
    """One language's words and ways of writing numbers.

    Parameters
    ----------
    lang
        ``id`` or ``en``; anything else is taken as Indonesian.

    Examples
    --------
    >>> Texts("id").people(2270216.4), Texts("en").people(2270216.4)
    ('2.270.216', '2,270,216')
    >>> Texts("en").term("gap")
    'gap'
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else DEFAULT_LANGUAGE
        self._locale = Locale.parse(self.lang)
        self._catalogue = _catalogue(self.lang)
        self._terms = map_texts(self.lang)
        self._ilp = ilp_texts()[self.lang]

    def text(self, message: str, /, **values: object) -> str:
        """Return a message in the language, its ``{names}`` filled in."""
        translated = self._catalogue.gettext(message)
        return translated.format(**values) if values else translated

    def several(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return a message that counts something."""
        return self._catalogue.ngettext(one, many, n).format(n=self.number(n), **values)

    def term(self, key: str) -> str:
        """Return the word for a kind, status, reason, mode or season: the same as on the map of ``gaps``."""
        return self._terms.get(key, key)

    def incomplete(self, word: str, extent: Extent) -> str:
        """Return what is not whole, a kind's list or the roads, why, and what that means."""
        key = "incomplete_roads" if word == ROADS else "incomplete_list"
        return self.term(key).format(kind=self.kind(word), why=self.term(f"why_{extent.why[word]}"))

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
        return self.term(found) if found == "unknown" else self.ilp(f"class_{found}")

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

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number; unknown (NaN) and unreachable (inf) by their words."""
        if math.isnan(value):
            return self.term("unknown")
        if math.isinf(value):
            return self.term("unreachable")
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        # Rounded first, and without the sign of a zero.
        shown = round(float(value), decimals) + 0.0
        return str(numbers.format_decimal(shown, format=pattern, locale=self._locale))

    def plain(self, value: float) -> str:
        """Return a number as it is typed: no thousands, as many decimals as it has."""
        return str(numbers.format_decimal(value, format="0.####", locale=self._locale))

    def parsed(self, text: str) -> float | None:
        """Return a number that somebody typed, with a decimal comma or point; None for anything else."""
        try:
            value = float(text.strip().replace(",", "."))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def people(self, value: float | None) -> str:
        """Return a count of people."""
        return self.number(math.nan if value is None else value)

    def change(self, value: float, decimals: int = 0) -> str:
        """Return a difference with its sign."""
        if math.isnan(value):
            return self.term("unknown")
        text = self.number(abs(value), decimals)
        if text == self.number(0.0, decimals):
            return "±0" if value else "0"
        return ("+" if value > 0 else "−") + text

    def percent(self, share: float | None) -> str:
        """Return a share (0–1) as per cent; never 100 % (or 0 %) for what is only nearly so."""
        if share is None or math.isnan(share):
            return self.term("unknown")
        decimals = 1 if 0 < share < 1 else 0
        shown = min(max(share, 0.001), 0.999) if 0 < share < 1 else share
        pattern = "#,##0.0%" if decimals else "#,##0%"
        return str(numbers.format_percent(shown, format=pattern, locale=self._locale))

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
