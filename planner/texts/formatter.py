"""Numbers as a language writes them; unknown and unreachable by their words."""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from babel import Locale, numbers

from planner.texts.catalogues import LANGUAGES, map_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LANGUAGE = LANGUAGES[0]


class Formatter:
    """One language's words for values, and its ways of writing numbers.

    Parameters
    ----------
    lang
        ``id`` or ``en``; anything else is taken as Indonesian.
    words
        Other words than the map's for ``unknown`` and ``unreachable``.

    Examples
    --------
    >>> Formatter("id").people(2270216.4), Formatter("en").people(2270216.4)
    ('2.270.216', '2,270,216')
    >>> Formatter("en").number(float("nan")), Formatter("id").number(1234.56, 1)
    ('unknown', '1.234,6')
    """

    def __init__(self, lang: str, *, words: Mapping[str, str] = MappingProxyType({})) -> None:
        self.lang = lang if lang in LANGUAGES else DEFAULT_LANGUAGE
        self._locale = Locale.parse(self.lang)
        self._terms = {**map_texts(self.lang), **words}
        symbols = numbers.get_group_symbol(self._locale), numbers.get_decimal_symbol(self._locale)
        self._symbols = str.maketrans(",.", "".join(symbols))

    def term(self, key: str) -> str:
        """Return the word for a kind, status, reason, mode or season: the same as on the map of ``gaps``."""
        return self._terms.get(key, key)

    def mode(self, name: str) -> str:
        """Return the word for a mode of travel; one of a scenario's own by its name.

        Examples
        --------
        >>> Formatter("id").mode("car"), Formatter("id").mode("gerobak")
        ('mobil', 'gerobak')
        """
        return self._terms.get(f"mode_{name}", name)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number; unknown (NaN) and unreachable (inf) by their words."""
        if math.isnan(value):
            return self.term("unknown")
        if math.isinf(value):
            return self.term("unreachable")
        # Rounded first, and without the sign of a zero.
        shown = round(float(value), decimals) + 0.0
        # Babel reads its pattern for each number, eight times as slow: the sheets of a regency hold 100,000s.
        return f"{shown:,.{int(decimals)}f}".translate(self._symbols)

    def nearest_minutes(self, value: float, decimals: int = 0, *, at_most: bool) -> str:
        """Return minutes to a unit that is listed, where one that is not may be nearer, or not.

        No way to any that is listed says nothing of others.

        Parameters
        ----------
        value
            Minutes; NaN is unknown, ``inf`` no way.
        decimals
            So many of them.
        at_most
            Whether it may be nearer (:attr:`planner.coverage.reach.Coverage.at_most`).

        Examples
        --------
        >>> write = Formatter("id")
        >>> write.nearest_minutes(12.34, 1, at_most=True), write.nearest_minutes(12.34, 1, at_most=False)
        ('paling lama 12,3', '12,3')
        >>> write.nearest_minutes(math.inf, at_most=True), write.nearest_minutes(math.inf, at_most=False)
        ('belum diketahui', 'tidak terjangkau')
        """
        text = self.number(value, decimals)
        if not at_most or math.isnan(value):
            return text
        return self.term("unknown") if math.isinf(value) else f"{self.term('at_most')} {text}"

    def known_minutes(self, value: float, known: str, decimals: int = 0, *, unit: str = "") -> str:
        """Return minutes of several legs together, with how well they are known.

        Parameters
        ----------
        value
            Minutes; NaN is unknown, ``inf`` no way.
        known
            "exact", "at_most" or "as_known" (:func:`planner.ilp.referral.legs_in_doubt`).
        decimals
            So many of them.
        unit
            What follows the number, where there is one.

        Examples
        --------
        >>> write = Formatter("en")
        >>> write.known_minutes(12.34, "as_known", 1), write.known_minutes(math.inf, "as_known")
        ('12.3 (as far as known)', 'unknown')
        """
        text = self.nearest_minutes(value, decimals, at_most=known != "exact")
        if not math.isfinite(value):
            return text
        if known != "as_known":
            return f"{text}{unit}"
        return self.term("plan_as_known").format(n=f"{self.number(value, decimals)}{unit}")

    def plain(self, value: float) -> str:
        """Return a number as it is typed: no thousands, as many decimals as it has."""
        return str(numbers.format_decimal(value, format="0.####", locale=self._locale))

    def parsed(self, text: str) -> float | None:
        """Return a number that somebody typed, with a decimal comma or point; None for anything else.

        Where three digits stand behind what the language groups thousands with, they are thousands.

        Examples
        --------
        >>> Formatter("id").parsed("1.000"), Formatter("id").parsed("22.5"), Formatter("id").parsed("0,125")
        (1000.0, 22.5, 0.125)
        >>> Formatter("en").parsed("1,000"), Formatter("en").parsed("1.000")
        (1000.0, 1.0)
        >>> [Formatter("en").parsed(text) for text in ("1e2", "1_000", "-2", ".5", "ten")]
        [None, None, -2.0, 0.5, None]
        """
        typed = text.strip()
        group = str(numbers.get_group_symbol(self._locale))
        if re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(group)}\d{{3}})+", typed):
            typed = typed.replace(group, "")
        if not re.fullmatch(r"[+-]?(\d+[.,]?\d*|[.,]\d+)", typed):
            return None
        value = float(typed.replace(",", "."))
        return value if math.isfinite(value) else None

    def people(self, value: float | None) -> str:
        """Return a count of people."""
        return self.number(math.nan if value is None else value)

    def about(self, value: float) -> str:
        """Return a number that is known only roughly as a whole one; between 0 and 1 it is "< 1".

        Examples
        --------
        >>> Formatter("id").about(978.2), Formatter("id").about(0.3)
        ('978', '< 1')
        """
        return "< 1" if 0 < value < 1 else self.number(value)

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
