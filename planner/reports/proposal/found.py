"""Findings of ``check`` in words for officials: no word of the console reaches a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.vocabulary.kinds import known_kinds
from planner.reports.documents.model import number, people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geodata.layers import Finding
    from planner.reports.documents.model import Cell
    from planner.reports.documents.words import Words

# Where a message begins with the file, or the kind or key, that it is about.
FILE = re.compile(r"(.+?\.[A-Za-z]\w{1,7}): ")
ABOUT = re.compile(r"([a-z_]+): ")
# "12,345.6", as check writes numbers; what stands before the brackets; degrees.
N, WHO, PLACE = r"-?[\d,]+(?:\.\d+)?", r".*", r"-?[\d.]+, -?[\d.]+"
PEOPLE = ("people",)
WORDS = ("said", "who", "name", "road", "way", "node", "to", "place", "parent", "row")


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("NUMBER", N).replace("WHO", WHO).replace("PLACE", PLACE))


_TOLD_KIND = (
    "told_kind", r"(?P<quote>['\"])(?P<name>WHO)(?P=quote) → (?P<kind>\w+) \((?P<n>NUMBER) rows?\)",
)  # fmt: skip
# How check names what a finding is about, by the key of its words here; the first that fits counts.
OF_RULE: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    rule: tuple((key, _shape(pattern)) for key, pattern in shapes)
    for rule, shapes in {
        "sum_row": [("row_people", r"row (?P<row>\d+) \((?P<said>WHO): (?P<people>NUMBER)\)")],
        "parts_of_people": [("row_said", r"row (?P<row>\d+) \((?P<number>NUMBER)\)")],
        "id_twice": [("unit_row", r"(?P<who>WHO) \(row (?P<row>\d+)\)")],
        "gaps_left": [("gap", r"(?P<place>PLACE): (?P<m2>NUMBER) m² \((?P<who>WHO)\)")],
        "ground_without_village": [("ground", r"(?P<place>PLACE) \((?P<km2>NUMBER) km²\)")],
        "slivers_closed": [
            ("moved_outline", r"(?P<who>WHO) \(gained (?P<gained>NUMBER) m², lost (?P<lost>NUMBER) m²\)")
        ],
        "people_repeated": [
            ("people_in_rows", r"(?P<who>WHO) \((?P<people>NUMBER) people in each of (?P<n>\d+) rows\)")
        ],
        "people_by_area": [("of_its_people", r"(?P<who>WHO) \((?P<share>NUMBER)% of its people\)")],
        "raster_partly": [("percent", r"(?P<who>WHO) \((?P<share>NUMBER)%\)")],
        "raster_no_value": [("percent", r"(?P<who>WHO) \((?P<share>NUMBER)%\)")],
        "unknown_parent": [("parent", r"(?P<who>WHO) \(parent (?P<quote>['\"])(?P<parent>WHO)(?P=quote)\)")],
        "name_contradicts_kind": [
            ("as_kind", r"(?P<who>.*?) \((?P<quote>['\"])(?P<name>WHO)(?P=quote) as (?P<kind>[a-z]+)\)")
        ],
        "kind_by_name": [_TOLD_KIND],
        "kinds_beside": [_TOLD_KIND],
        "regency_never_ours": [("rows", r"(?P<name>WHO) \((?P<n>NUMBER) rows?\)")],
        "kind_left_out": [("rows", r"(?P<quote>['\"])(?P<name>WHO)(?P=quote) \((?P<n>NUMBER) rows?\)")],
        "unknown_kind": [("rows", r"(?P<quote>['\"])(?P<name>WHO)(?P=quote) \((?P<n>NUMBER) rows?\)")],
        "functioning_unread": [("quoted", r"(?P<quote>['\"])(?P<name>WHO)(?P=quote)")],
        "unread_value": [("times", r"(?P<quote>['\"])(?P<name>WHO)(?P=quote) \((?P<n>NUMBER)\)")],
        "unread_key": [("of_key", r"(?P<name>WHO) \((?P<n>NUMBER)\)")],
        # How a place was mended is told in the console's words: the place itself will do.
        "place_mended": [("at", r"(?P<who>.*?) \((?P<place>PLACE): WHO\)")],
        "place_proposed": [("at", r"(?P<who>.*?) \((?P<place>PLACE): WHO\)")],
        "place_far": [("place_away", r"(?P<who>.*?) \((?P<place>WHO), (?P<km>NUMBER) km\)")],
        "people_differ": [
            ("two_sources", r"(?P<who>WHO) \(table (?P<table>NUMBER), boundaries (?P<other>NUMBER)\)")
        ],
        "raster_differs": [
            ("given_raster", r"(?P<who>WHO) \(given (?P<table>NUMBER), raster (?P<other>NUMBER)\)")
        ],
        "class_without_speed": [
            ("road_class", r"(?P<name>WHO) \((?P<km>NUMBER) km, (?P<n>NUMBER) sections?\)")
        ],
        "ends_almost_meet": [
            ("end_people",
             r"(?P<place>PLACE) \((?P<road>WHO), (?P<m>NUMBER) m, (?P<people>NUMBER) people behind\)"),
            ("end", r"(?P<place>PLACE) \((?P<road>WHO), (?P<m>NUMBER) m\)"),
        ],
        "no_such_place": [("node", r"(?P<node>WHO) of (?P<way>WHO) \((?P<place>WHO)\)")],
        "stretch_too_long": [("stretch", r"(?P<way>WHO) \((?P<node>WHO) to (?P<to>WHO)\)")],
    }.items()
}  # fmt: skip
# The same of all other rules.
OF_ALL = tuple(
    (key, _shape(pattern))
    for key, pattern in (
        ("row_said", r"row (?P<row>\d+) \((?P<said>WHO)\)"),
        ("row", r"row (?P<row>\d+)"),
        ("away", r"(?P<who>WHO) \((?P<km>NUMBER) km\)"),
    )
)
FOUND_BY = _shape(r"(?P<n>NUMBER) (?P<how>not found|by [a-z ]+)")


def in_words(finding: Finding, words: Words) -> str:
    """Return what was found and what to do, in the reader's language.

    Of a rule that has no words here the check's own are not shown: they are in the console's language.

    Examples
    --------
    >>> from geodata.layers import Finding
    >>> from planner.reports.documents.words import Words
    >>> one = Finding("warning", "villages", "people_unknown", 1, ("a",), "have no number", "give them")
    >>> in_words(one, Words("en"))
    'Villages without a number of people; in no total of people. To do: complete the table of people.'
    """
    about = _about(finding)
    of_kind = f"{words.kind(about, begins=True)}: " if about in known_kinds() else ""
    return f"{of_kind}{words.say(key_of(finding, words) or 'finding.other')}"


def key_of(finding: Finding, words: Words) -> str:
    """Return the key of a finding's sentence: its layer's, or the one of all layers; "" where none is there.

    Examples
    --------
    >>> from geodata.layers import Finding
    >>> from planner.reports.documents.words import Words
    >>> one = Finding("warning", "water", "empty_geometry", 1, ("row 2",), "are empty", "none needed")
    >>> key_of(one, Words("en"))
    'finding.any.empty_geometry'
    """
    keys = [f"finding.{layer}.{finding.rule}" for layer in (finding.layer, "any")]
    return next((key for key in keys if words.has(key)), "")


def which_in_words(finding: Finding, words: Words) -> str:
    """Return what a finding is about: up to five of its rows, with their numbers as the language writes them.

    Examples
    --------
    >>> from geodata.layers import Finding
    >>> from planner.reports.documents.words import Words
    >>> one = Finding("error", "facilities", "far_outside", 7, ("U1 (1,234 km)", "U2 (14 km)"), "lie", "move")
    >>> which_in_words(one, Words("id"))
    'U1 (1.234 km), U2 (14 km), dan 5 lainnya'
    """
    listed = ", ".join(_named(finding.rule, one, words) for one in finding.ids)
    more = finding.count - len(finding.ids)
    if listed and more > 0 and finding.rule not in WITH_OWN_COUNT:
        listed = words.say("quality.and_more", listed=listed, more=number(more))
    file = FILE.match(finding.message)
    about = file.group(1) if file else _about(finding) if finding.rule == "unread_value" else ""
    return ": ".join(part for part in (about, listed) if part)


# Of these the words name groups of rows, each with how many there are.
WITH_OWN_COUNT = frozenset({
    "code_bridge", "regency_never_ours", "kind_left_out", "unknown_kind", "kind_by_name",
    "kinds_beside",
    "functioning_unread", "unread_value", "unread_key",
})  # fmt: skip


def _about(finding: Finding) -> str:
    """Return the kind or the key of roads that a message begins with, as in "pustu: …"; "" for none."""
    found = ABOUT.match(finding.message)
    return found.group(1) if found else ""


def _named(rule: str, said: str, words: Words) -> str:
    """Return one of the rows of a finding in the reader's language; a code or a name stays as it is."""
    if rule in PLAIN:
        return PLAIN[rule](words, said)
    if rule == "code_bridge":
        return _found_by(said, words)
    for key, shape in (*OF_RULE.get(rule, ()), *OF_ALL):
        found = shape.fullmatch(said)
        if found:
            return _filled(key, found.groupdict(), words)
    return said


def _found_by(said: str, words: Words) -> str:
    found = FOUND_BY.fullmatch(said)
    if found is None:
        return said
    how = found["how"].removeprefix("by ").replace(" ", "_")
    return words.say(f"which.found_{'none' if how == 'not_found' else how}", n=_number(found["n"]))


def _filled(key: str, parts: Mapping[str, str], words: Words) -> str:
    values: dict[str, Cell | str] = {}
    for name, part in parts.items():
        if name == "people":
            values[name] = people(_number(part).number)
        elif name == "number":
            values["said"] = _number(part)
        elif name == "kind":
            values[name] = words.kind(part)
        elif name == "said" and part == "empty":
            values[name] = words.say("which.empty")
        elif name in WORDS:
            values[name] = part
        elif name not in ("quote", "n"):
            values[name] = _number(part)
    count = _number(parts["n"]) if "n" in parts else None
    return words.fill(f"which.{key}", values, n=count)


def _number(text: str) -> Cell:
    """Return a number that check wrote, with as many decimals."""
    plain = text.replace(",", "")
    return number(float(plain), decimals=len(plain.partition(".")[2]))


def _profession(words: Words, column: str) -> str:
    return words.role(column.removeprefix("staff_"), 2)


# What is a word of ours, and no code or name of the list.
PLAIN: dict[str, Callable[[Words, str], str]] = {
    "kind_without_row": lambda words, kind: words.kind(kind),
    "staff_inflated": _profession,
    "groups_left_out": lambda words, group: words.group(group),
}
