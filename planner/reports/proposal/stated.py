"""The office's statements as sentences, each with its source and with what the data can show of it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from babel.dates import format_date

from geodata.vocabulary.spelling import spelling_key
from planner.network.land import land_of
from planner.reports.documents.model import (
    Column,
    Paragraph,
    Row,
    Section,
    Table,
    number,
    people,
    text,
)
from planner.reports.proposal.facts import (
    Adopted,
    Commitment,
    Dashboard,
    Islands,
    Launch,
    Levels,
    People,
    Role,
    Said,
    Target,
    Units,
)
from planner.supply.stages import puskesmas_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from planner.reports.documents.model import Cell
    from planner.reports.documents.words import Words
    from planner.reports.proposal.source import Source

SAME_PEOPLE = 0.5
MOST_NAMES = 10


class Shown(NamedTuple):
    """A statement in words, what the data show of it, and whether that is all of it."""

    said: str
    data: str
    backed: bool


def stated(source: Source) -> tuple[Section, ...]:
    """Return the part on what the office states; none without a facts file.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.facts import Facts
    >>> from planner.reports.proposal.write import source_of
    >>> facts = Facts.model_validate({"source": "x", "statements": [{"fact": "people", "number": 52529}]})
    >>> source = replace(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"), facts=facts)
    >>> stated(source)[0].blocks[1].rows[0].cells[0].text
    'By the office Kabupaten Nusa Rekaan has 52,529 people.'
    """
    facts, words = source.facts, source.words
    if facts is None:
        return ()
    rows, bare = [], 0
    for one in facts.statements:
        shown = show(source, one)
        bare += not shown.backed
        rows.append(Row((text(shown.said), text(facts.source_of(one)), text(shown.data))))
    columns = (
        Column(words.say("stated.column_said"), 2.4), Column(words.say("column.source"), 1.2),
        Column(words.say("stated.column_data"), 2.0),
    )  # fmt: skip
    count = number(bare)
    end = words.say("stated.bare", n=count) if bare else words.say("stated.all_shown")
    table = Table(words.say("stated.caption"), columns, tuple(rows))
    blocks = (Paragraph(words.say("stated.intro")), table, Paragraph(end))
    return (Section("stated", words.say("stated.title"), blocks),)


def unbacked(source: Source) -> int:
    """Return how many statements the data do not show, or not wholly."""
    statements = () if source.facts is None else source.facts.statements
    return sum(not show(source, one).backed for one in statements)


def show(source: Source, one: Any) -> Shown:  # noqa: ANN401 - one of the statements
    """Return a statement in words, held against the data.

    Parameters
    ----------
    source
        Of the area.
    one
        A statement of :class:`planner.reports.proposal.facts.Facts`.
    """
    return _SHOWN[type(one)](source, one)


def day(words: Words, iso: str) -> str:
    """Return a date in words, as exactly as it is known.

    Examples
    --------
    >>> from planner.reports.documents.words import Words
    >>> [day(Words("id"), iso) for iso in ("2024-06-28", "2024-07", "2024")]
    ['28 Juni 2024', 'Juli 2024', '2024']
    """
    from datetime import date

    parts = [int(part) for part in iso.split("-")]
    if len(parts) == 1:
        return iso
    pattern = "d MMMM y" if len(parts) == 3 else "MMMM y"
    return format_date(date(*(*parts, 1)[:3]), pattern, locale=words.lang)


def _people(source: Source, one: People) -> Shown:
    words, known = source.words, source.totals["people"]
    unknown = source.totals["villages_people_unknown"]
    said = words.say("stated.people", area=source.area_name, people=people(one.number))
    if known is None:
        return Shown(said, words.say("stated.people_none"), backed=False)
    if not unknown and abs(known - one.number) < SAME_PEOPLE:
        return Shown(said, words.say("stated.people_same"), backed=True)
    parts = [words.say("stated.people_differ", people=people(known))]
    if unknown:
        parts.append(words.say("stated.people_unknown", n=number(unknown, "village")))
    return Shown(said, " ".join(parts), backed=False)


def _launch(source: Source, one: Launch) -> Shown:
    words = source.words
    said = words.say("stated.launch", area=source.area_name, date=day(words, one.date))
    return Shown(said, words.say("stated.no_list"), backed=False)


def _units(source: Source, one: Units) -> Shown:
    words = source.words
    parts = [words.cell(number(n, kind)) for kind, n in one.units.items()]
    said = words.say("stated.units", units=words.listed(parts))
    if one.by_year is not None:
        said = words.say("stated.units_by", units=words.listed(parts), year=str(one.by_year))
    lines, backed = [], True
    for kind, count in one.units.items():
        line, same = _on_list(source, kind, count)
        lines.append(line)
        backed &= same
    # A list shows the units, but not that they take up ILP.
    return Shown(said, " ".join([*lines, words.say("stated.units_stage")]), backed=False)


def _on_list(source: Source, kind: str, count: int) -> tuple[str, bool]:
    """Return what the list of a kind says of a number of units."""
    words, name = source.words, source.words.kind(kind, begins=True)
    if kind not in source.gaps.layers.area.listed_kinds:
        return words.say("stated.kind_no_list", kind=name), False
    listed = _listed(source, kind)
    key = "kind_same" if listed == count else "kind_differs"
    said = words.say(f"stated.{key}", kind=name, listed=number(listed))
    return f"{said} {outside_in_words(source, kind)}".strip(), listed == count


def outside_in_words(source: Source, kind: str, *, left_out: bool = False) -> str:
    """Return which units of a list stand in none of the area's villages; "" where none does.

    Parameters
    ----------
    source
        Of the area.
    kind
        Of the list.
    left_out
        Whether a number was just given that they are not in.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> outside_in_words(source_of(Ilp(find_gaps(demo_layers(12)))), "puskesmas")
    ''
    """
    words, names = source.words, source.outside(kind)
    if not names:
        return ""
    shown = words.listed(names)
    if len(names) > MOST_NAMES:
        more = number(len(names) - MOST_NAMES)
        shown = words.say("quality.and_more", listed=", ".join(names[:MOST_NAMES]), more=more)
    key = "outside_left" if left_out else "outside"
    return words.say(f"stated.{key}", n=number(len(names)), kind=words.kind(kind), names=shown)


def _listed(source: Source, kind: str) -> int:
    """Return how many units of a kind the lists have, as the table of facilities counts them."""
    rows = source.gaps.listed
    return int((rows["kind"] == kind).sum())


def _adopted(source: Source, one: Adopted) -> Shown:
    words, found = source.words, source.ilp.progress
    values: dict[str, Cell | str] = {
        "of": number(one.of, "puskesmas"),
        "names": words.listed(list(one.names)),
        "date": day(words, one.date) if one.date else "",
    }  # fmt: skip
    key = f"adopted{'_since' if one.date else ''}{'_names' if one.names else ''}"
    parts = [words.fill(f"stated.{key}", values, n=number(one.number))]
    if one.all_by_year is not None:
        parts.append(words.say("stated.all_by", year=str(one.all_by_year)))
    lines = [_on_list(source, "puskesmas", one.of)[0]]
    missing = [_nearest(source, name) for name in one.names if not _is_listed(source, name)]
    if one.names:
        key = "names_missing" if missing else "names_listed"
        lines.append(words.say(f"stated.{key}", n=number(len(one.names)), names=words.listed(missing)))
    if found.known:
        counts = {"known": number(found.known), "launched": number(found.launched)}
        lines.append(words.fill("stated.stages", counts))
    else:
        lines.append(words.say("stated.no_stages"))
    same = found.puskesmas == one.of and found.known == one.of and found.launched == one.number
    return Shown(" ".join(parts), " ".join(lines), backed=same and not missing and one.all_by_year is None)


def _is_listed(source: Source, name: str) -> bool:
    """Return whether a puskesmas of a name is on the list; lists often leave out the word puskesmas."""
    return _key(name) in {_key(known) for known in _puskesmas_names(source)}


def _puskesmas_names(source: Source) -> list[str]:
    rows = source.gaps.listed
    return [str(name) for name in rows.loc[list(puskesmas_of(rows)), "name"] if str(name)]


def _nearest(source: Source, name: str) -> str:
    """Return a name that is not on the list, with the one on it that is nearest to it."""
    known = {_key(one): one for one in _puskesmas_names(source)}
    close = get_close_matches(_key(name), list(known), n=1, cutoff=0.8)
    return source.words.say("stated.name_close", name=name, close=known[close[0]]) if close else name


def _key(name: str) -> str:
    return spelling_key(name).removeprefix("puskesmas").strip()


def _commitment(source: Source, one: Commitment) -> Shown:
    words = source.words
    what = getattr(one.to, words.lang).rstrip(".")
    who = words.listed(list(one.signed_by))
    key = f"commitment{'_by' if who else ''}{'_on' if one.date else ''}"
    said = words.say(f"stated.{key}", what=what, who=who, date=day(words, one.date) if one.date else "")
    return Shown(said, words.say("stated.no_list"), backed=False)


def _role(source: Source, one: Role) -> Shown:
    words = source.words
    said = words.say("stated.role", who=one.who, does=getattr(one.does, words.lang).rstrip("."))
    return Shown(said, words.say("stated.no_list"), backed=False)


def _levels(source: Source, one: Levels) -> Shown:
    words = source.words
    names = [words.say(f"stated.level_{level}") for level in one.levels]
    lines, backed = [], True
    for level in one.levels:
        line, shown = _level(source, level)
        backed &= shown
        if line not in lines:
            lines.append(line)
    return Shown(words.say("stated.levels", levels=words.listed(names)), " ".join(lines), backed=backed)


def _level(source: Source, level: str) -> tuple[str, bool]:
    """Return what the data have of a level below the kecamatan, and whether that is all of it."""
    words, layers = source.words, source.gaps.layers
    if level in ("kelurahan", "desa"):
        count = int((layers.villages["kind"] == level).sum())
        return words.say("stated.has_villages", n=number(count, level)), count > 0
    if level == "dusun":
        hamlets = 0 if layers.hamlets is None else len(layers.hamlets)
        if not hamlets:
            return words.say("stated.no_hamlets"), False
        silent = len(layers.villages) - layers.hamlets["village_code"].nunique()  # type: ignore[index]  # there
        line = words.say("stated.has_hamlets", n=number(hamlets), silent=number(silent, "village"))
        return line, silent == 0
    if level == "home":
        visits = source.ilp.visits.villages["status"]
        silent = int((visits == "unknown").sum())
        key = "visits_known" if not silent else "visits_unknown"
        return words.say(f"stated.{key}", n=number(silent, "village")), not silent
    return words.say("stated.no_neighbourhoods"), False


def _islands(source: Source, one: Islands) -> Shown:
    words, layers = source.words, source.gaps.layers
    rule = source.gaps.scenario.land
    parts = len(land_of(layers.villages, rule).parts)
    said = words.say("stated.islands", area=source.area_name)
    if one.inhabited is not None:
        said = words.say("stated.islands_inhabited", area=source.area_name, n=number(one.inhabited))
    lines = [words.say("stated.land_parts", n=number(parts), m=number(2 * rule.closing_m))]
    if parts > 1:
        lines.append(words.say("stated.islands_people"))
    return Shown(said, " ".join(lines), backed=one.inhabited is None and parts > 1)


def _dashboard(source: Source, one: Dashboard) -> Shown:
    words, have = source.words, len(source.gaps.layers.villages)
    key = "dashboard" if one.running else "dashboard_planned"
    said = words.say(f"stated.{key}", n=number(one.villages, "village"))
    known = [words.kinds(kind) for kind in source.listed]
    lines = [words.say("stated.dashboard_villages", n=number(have, "village"))]
    if known:
        lines.append(words.say("stated.dashboard_kinds", kinds=words.listed(known)))
    lines.append(words.say("stated.dashboard_health"))
    return Shown(said, " ".join(lines), backed=False)


def _target(source: Source, one: Target) -> Shown:
    words, found = source.words, source.ilp.progress
    values: dict[str, Cell | str] = {
        "level": words.say(f"stated.target_{one.level}"),
        "share": f"{words.plain(round(one.share * 100, 6))}%",
        "puskesmas": number(one.puskesmas, "puskesmas"), "year": str(one.by_year or ""),
    }  # fmt: skip
    key = f"target{'_about' if one.puskesmas is not None else ''}{'_by' if one.by_year else ''}"
    said = words.fill(f"stated.{key}", values)
    if not found.puskesmas:
        return Shown(said, words.say("readiness.no_puskesmas"), backed=False)
    needed = int(np.ceil(round(one.share * found.puskesmas, 9)))
    sure, most = found.launched, found.launched + found.unknown
    met = "yes" if sure >= needed else "no" if most < needed else "unknown"
    data = words.say(
        "stated.target_here", needed=number(needed), all=number(found.puskesmas, "puskesmas"),
        launched=number(sure), unknown=number(found.unknown), met=words.say(f"readiness.met_{met}"),
    )  # fmt: skip
    data = f"{data} {outside_in_words(source, 'puskesmas', left_out=True)}".strip()
    return Shown(said, data, backed=met != "unknown")


def _said(source: Source, one: Said) -> Shown:
    words = source.words
    written = getattr(one.text, words.lang).strip()
    said = written if written.endswith((".", "!", "?")) else f"{written}."
    return Shown(said, words.say("stated.no_list"), backed=False)


_SHOWN: dict[type, Callable[[Source, Any], Shown]] = {
    People: _people, Launch: _launch, Units: _units, Adopted: _adopted, Commitment: _commitment, Role: _role,
    Levels: _levels, Islands: _islands, Dashboard: _dashboard, Target: _target, Said: _said,
}  # fmt: skip
