"""Sentences of a language made from facts, and cells as text: one place for all formats."""

from __future__ import annotations

import unicodedata
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geodata.errors import ConfigError
from planner.ilp.reasons import role
from planner.reports.documents.model import Cell, CellKind
from planner.texts.catalogues import LANGUAGES, ilp_texts, read_catalogue
from planner.texts.formatter import Formatter
from planner.texts.modes import in_sentences, on_map
from planner.texts.villages import BOTH, kind_of_villages, texts_of_villages

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

# They turn the direction of what follows, and so can make a name look like another.
TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@cache
def report_texts() -> dict[str, dict[str, Any]]:
    """Return the texts of all documents by language (``planner/data/report_texts.yml``)."""
    texts: dict[str, dict[str, Any]] = read_catalogue("report_texts.yml")
    return texts


def clean(value: str) -> str:
    r"""Return a text as every format can hold it, on one line.

    Control characters and line ends become spaces, marks that turn the writing direction go, and what is no
    character becomes "\ufffd".

    Examples
    --------
    >>> clean("Suka\nMaju\x00\u202e!")
    'Suka Maju !'
    """
    # None of those can be printed, so that most texts are seen to hold none at once.
    if value.isprintable():
        return value
    out = []
    for char in value:
        category = unicodedata.category(char)
        if char in TURNS:
            continue
        if category in {"Cc", "Zl", "Zp"}:
            out.append(" ")
        elif category == "Cs" or ord(char) & 0xFFFE == 0xFFFE:
            out.append("\ufffd")
        else:
            out.append(char)
    return "".join(out)


def _begun(pattern: str, sentence: str) -> str:
    """Return a sentence that begins with a value with a capital letter: "at least 3 …" too."""
    begins = pattern.startswith("{") and pattern.endswith(".")
    return sentence[:1].upper() + sentence[1:] if begins else sentence


class Words:
    """One language's sentences and ways of writing values.

    Parameters
    ----------
    lang
        ``id`` or ``en``.
    villages
        What the area's villages are: ``desa``, ``kelurahan``, or "" for both.
    modes
        Modes of travel that the office calls otherwise, by name (``Scenario.modes_called``).

    Raises
    ------
    ConfigError
        Another language.

    Examples
    --------
    >>> from planner.reports.documents.model import number, people
    >>> Words("id").cell(people(2270216.4)), Words("en").cell(number(1, "village"))
    ('2.270.216 jiwa', '1 village')
    """

    def __init__(
        self, lang: str, villages: str = BOTH, modes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        if lang not in LANGUAGES:
            msg = f"lang {lang!r}: choose one of {', '.join(LANGUAGES)}"
            raise ConfigError(msg)
        self.lang = lang
        self._texts = texts_of_villages("report_texts.yml", lang, villages)
        self._map: dict[str, str] = texts_of_villages("map_texts.yml", lang, villages) | on_map(modes)
        self._ilp = ilp_texts()[lang] | in_sentences(modes, lang)
        self._several = self._kinds_in_number()
        self._write = Formatter(lang, words={"unknown": str(self._texts["unknown"])})

    def _kinds_in_number(self) -> dict[str, str]:
        """Return the word for several units of a kind by the word for one, small and with a capital."""
        out: dict[str, str] = {}
        for key, forms in self._texts["units"].items():
            one = self._ilp.get(f"unit_{key}", "")
            several = forms if isinstance(forms, str) else forms["other"]
            if one:
                out |= {one: several, one[0].upper() + one[1:]: several[0].upper() + several[1:]}
        return out

    def has(self, key: str) -> bool:
        """Return whether there is a text of this key."""
        return self._find(key) is not None

    def say(self, key: str, *, n: Cell | None = None, **values: Cell | str) -> str:
        """Return a sentence with its values in it.

        Parameters
        ----------
        key
            Its place in the texts, as in ``background.area``.
        n
            What it counts: a language with two forms takes the one for it; ``{n}`` in the sentence.
        values
            By their names in the sentence.

        Raises
        ------
        KeyError
            There is no such sentence, or it names a value that was not given.

        Examples
        --------
        >>> from planner.reports.documents.model import number
        >>> Words("en").say("people_unknown", n=number(1, "village"))
        'The number of people of 1 village is not known; it is in no total of people.'
        """
        return self.fill(key, values, n=n)

    def fill(self, key: str, values: Mapping[str, Cell | str], *, n: Cell | None = None) -> str:
        """Return a sentence whose values are in a mapping, as :meth:`say` does."""
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        if isinstance(found, dict):
            found = found["one" if n is not None and round(n.number, n.decimals) == 1 else "other"]
        filled = {name: self.cell(v) if isinstance(v, Cell) else v for name, v in values.items()}
        if "kind" in filled:
            # A sentence may speak of a kind's units as well as of one of them.
            filled["kind_many"] = self._several.get(filled["kind"], filled["kind"])
        if n is not None:
            filled["n"] = self.cell(n)
        return _begun(str(found), str(found).format(**filled).strip())

    def lines(self, key: str, **values: Cell | str) -> tuple[str, ...]:
        """Return several sentences that stand under one key."""
        found = self._find(key)
        assert isinstance(found, list)
        filled = {name: self.cell(v) if isinstance(v, Cell) else v for name, v in values.items()}
        return tuple(_begun(str(one), str(one).format(**filled)) for one in found)

    def _find(self, key: str) -> Any:  # noqa: ANN401 - a text, two forms of it, or a list of them
        found: Any = self._texts
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def cell(self, cell: Cell) -> str:
        """Return a value as it stands in a table or a sentence."""
        if cell.kind is CellKind.TEXT:
            return cell.text
        if not cell.known:
            return str(self._texts["unknown"])
        text = self._value(cell)
        if cell.unit:
            forms = self._texts["units"][cell.unit]
            one = round(cell.number, cell.decimals) == 1
            text = f"{text} {forms if isinstance(forms, str) else forms['one' if one else 'other']}"
        bound = "as_known" if cell.at_least and cell.at_most else "at_least" if cell.at_least else "at_most"
        return f"{self._texts[bound]}".format(n=text) if cell.at_least or cell.at_most else text

    def _value(self, cell: Cell) -> str:
        if cell.kind is CellKind.SHARE:
            return self._write.percent(cell.number)
        if cell.kind is CellKind.RUPIAH:
            return f"Rp{self._write.number(cell.number)}"
        if cell.kind is CellKind.CHANGE:
            return self._write.change(cell.number, cell.decimals)
        return self._write.number(cell.number, cell.decimals)

    def plain(self, value: float) -> str:
        """Return a number with as many decimals as it has."""
        return self._write.plain(value)

    def kind(self, kind: str, *, begins: bool = False) -> str:
        """Return the word for a kind of facility, with a capital letter where it begins a line."""
        word = self._ilp.get(f"unit_{kind}", kind)
        return word[0].upper() + word[1:] if begins else word

    def kinds(self, kind: str) -> str:
        """Return the word for several facilities of a kind: "hospitals"."""
        word = self.kind(kind)
        return self._several.get(word, word)

    def mode(self, mode: str) -> str:
        """Return a mode of travel as in "by motorcycle"."""
        return self._ilp.get(f"mode_{mode}", mode)

    def mode_on_map(self, mode: str) -> str:
        """Return a mode of travel as the map calls it: "motorcycle"."""
        return self._map.get(f"mode_{mode}", mode)

    def on_map(self, key: str) -> str:
        """Return a word of the map: of a status, a reason, a season, or why a list is not whole."""
        return self._map.get(key, key)

    def role(self, name: str, count: float = 1) -> str:
        """Return the word for a profession, or for several of it."""
        return role(self._ilp, name, count)

    def group(self, group: str) -> str:
        """Return the word for a life-cycle group."""
        return self._ilp.get(f"group_{group}", group.replace("_", " "))

    def listed(self, parts: list[str]) -> str:
        """Return parts as a list in words: "a, b, dan c".

        Examples
        --------
        >>> Words("id").listed(["a", "b", "c"]), Words("en").listed(["a", "b"])
        ('a, b, dan c', 'a and b')
        """
        last = str(self._texts["and"])
        if len(parts) < 2:
            return "".join(parts)
        comma = "," if len(parts) > 2 else ""
        return f"{', '.join(parts[:-1])}{comma} {last} {parts[-1]}"


def words_for(
    lang: str, villages: gpd.GeoDataFrame, modes: Mapping[str, str] = MappingProxyType({})
) -> Words:
    """Return a language's sentences with the word for what an area's villages are.

    Parameters
    ----------
    lang
        ``id`` or ``en``.
    villages
        Of the area: their ``kind`` is asked for.
    modes
        Modes of travel that the office calls otherwise, by name (``Scenario.modes_called``).

    Examples
    --------
    >>> from planner.reports.documents.model import number
    >>> from planner.pipeline import demo_layers
    >>> villages = demo_layers(12).villages.assign(kind="kelurahan")
    >>> words_for("id", villages).cell(number(3, "village"))
    '3 kelurahan'
    """
    return Words(lang, kind_of_villages(villages["kind"]), modes)
