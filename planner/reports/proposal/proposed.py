"""What a plan proposes, in words: by kind of measure, with its target and the seasons it counts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.coverage.gained import SAME_PEOPLE
from planner.coverage.known.extent import ROADS
from planner.coverage.known.lost import lost_units
from planner.reports.documents.model import UNKNOWN, number, people, share, text
from planner.reports.proposal.plan import gained_by, reaches_more
from planner.reports.proposal.seasons import why_as_dry
from planner.reports.stops import stop_in_words
from planner.scenarios.edits import ChangeFacility, OpenFacility

if TYPE_CHECKING:
    import pandas as pd

    from planner.reports.documents.model import Cell
    from planner.reports.proposal.plan import Plan
    from planner.reports.proposal.source import Source

# In this order they are told.
OPS = ("open", "upgrade", "function", "reopen", "mobile")


def only_new(plan: Plan) -> bool:
    """Return whether all that a plan does for units is to open new ones of its kind.

    Parameters
    ----------
    plan
        As read.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"op": ["open", "mobile"], "kind": "pustu"})
    >>> only_new(SimpleNamespace(kind="pustu", sites=sites))
    False
    """
    return bool((plan.sites["op"] == "open").all() and (plan.sites["kind"] == plan.kind).all())


def units_proposed(source: Source, plan: Plan) -> str:
    """Return the units of a plan in words: "3 pustu"; by measure where they are not all new ones.

    Parameters
    ----------
    source
        Of the area.
    plan
        With its units.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> source = source_of(Ilp(find_gaps(demo_layers(12))), lang="en")
    >>> sites = pd.DataFrame({"op": ["open", "mobile", "mobile"], "kind": "pustu", "facility_id": ""})
    >>> units_proposed(source, SimpleNamespace(kind="pustu", sites=sites))
    '1 pustu opened and 2 mobile stops'
    """
    words, sites = source.words, plan.sites
    if not len(sites):
        return ""
    if only_new(plan):
        return words.cell(number(len(sites), plan.kind))
    parts = []
    for op in OPS:
        some = sites[sites["op"] == op]
        was = (
            some["facility_id"].map(lambda i: _kind_before(source, plan, i))
            if op == "upgrade"
            else some["kind"]
        )
        for (kind, before), group in some.groupby([some["kind"], was], sort=True):
            n = number(len(group), "" if op == "mobile" else str(before))
            parts.append(words.say(f"proposed.{op}", n=n, kind=words.kind(str(kind))))
    return words.listed(parts)


def _kind_before(source: Source, plan: Plan, unit: object) -> str:
    """Return of which kind a unit is before a plan upgrades it; "unit" where nothing has it.

    The answer of a comparison has the plan in it: there the unit is already what it becomes.
    """
    given = [
        edit.kind
        for edit in plan.edits_before
        if isinstance(edit, OpenFacility | ChangeFacility) and edit.id == unit and edit.kind
    ]
    return given[-1] if given else str(source.gaps.listed["kind"].get(unit, "unit"))


def proposed(source: Source, plan: Plan) -> str:
    """Return in words what a plan proposes: "3 pustu", with its roads where it has some."""
    words, parts = source.words, [units_proposed(source, plan)]
    if plan.roads:
        km = number(sum(one.km for one in plan.roads), "km", decimals=1)
        parts.append(words.say("request.works_part", n=number(len(plan.roads)), km=km))
    return words.listed([part for part in parts if part])


def measure_words(source: Source, op: str, kind: str) -> str:
    """Return what is done for one unit, as it begins a row: "Pustu opened".

    Parameters
    ----------
    source
        Of the area.
    op
        Of the measure.
    kind
        That there is afterwards.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> source = source_of(Ilp(find_gaps(demo_layers(12))), lang="en")
    >>> [measure_words(source, op, "pustu") for op in ("open", "upgrade", "mobile")]
    ['Pustu opened', 'Upgraded to pustu', 'Mobile stop']
    """
    words = source.words
    said = words.say(f"proposed.row_{op}", kind=words.kind(kind))
    return said[:1].upper() + said[1:]


def site_words(source: Source, site: pd.Series) -> str:
    """Return what is done at one of a plan's places, with the unit's name or what serves a stop."""
    measure = measure_words(source, str(site["op"]), str(site["kind"]))
    name = str(site["name"])
    if site["op"] == "mobile":
        said = stop_in_words(name, source.words.lang)
        return said[:1].upper() + said[1:] if said else measure
    return f"{measure}: {name}" if name else measure


def staff_cell(source: Source, plan: Plan, rows: pd.DataFrame) -> Cell:
    """Return the staff that some of a plan's places take; that of a place which says nothing is unknown.

    Parameters
    ----------
    source
        Of the area.
    plan
        As read.
    rows
        Of its ``sites``.
    """
    words, silent = source.words, int((rows["staff"] == "").sum())
    if silent and silent == len(rows):
        return UNKNOWN
    said = staff_in_words(source, plan.staff(rows))
    return text(words.say("request.staff_partly", staff=said, n=number(silent, "unit")) if silent else said)


def staff_in_words(source: Source, staff: dict[str, int]) -> str:
    """Return professions with their numbers, or that there are none."""
    parts = [f"{source.words.cell(number(n))} {source.words.role(who, n)}" for who, n in staff.items()]
    return source.words.listed(parts) or source.words.say("none")


def plan_notes(source: Source, plan: Plan) -> list[str]:
    """Return what a plan's numbers stand on: target, seasons where they are not the report's, and doubts.

    Without them a reader would hold numbers of different seasons against each other.
    """
    return [*_target(source, plan), *_seasons(source, plan), *_doubts(source, plan)]


def _doubts(source: Source, plan: Plan) -> list[str]:
    """Return why some of the people gained may be reached already, and whether others may be besides."""
    words, gained, name = source.words, plan.gain, source.words.kind(plan.kind)
    out = []
    causes, some = _causes(source, plan), reaches_more(gained_by(plan))
    if some and gained.least < gained.people - SAME_PEOPLE and causes:
        out.append(words.say("request.maybe_already", kind=name, causes=words.listed(causes)))
    if gained.most > gained.people + SAME_PEOPLE:
        out.append(words.say("request.maybe_more" if some else "request.maybe_some", kind=name))
    return out


def lost_in_words(source: Source, plan: Plan) -> list[str]:
    """Return who is left without a unit of another kind, as a plan upgrades it; a sentence a kind.

    Parameters
    ----------
    source
        Of the area.
    plan
        As read.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> source = source_of(Ilp(find_gaps(demo_layers(12))), lang="en")
    >>> record = {"lost_of_other_kinds": [{"kind": "pustu", "people": 1.0, "villages": 0}]}
    >>> lost_in_words(source, SimpleNamespace(record=record))
    ['Upgrading leaves 1 person without a pustu within the limit.']
    """
    words, out = source.words, []
    for one in plan.record.get("lost_of_other_kinds", ()):
        more = bool(one.get("more"))
        lost, gone = people(float(one["people"]), at_least=more), number(int(one["villages"]), "village")
        some = round(lost.number) > 0
        key = "lost" if some and gone.number else "lost_people" if some else "lost_villages"
        # Where nobody's number is known there is no number to be told.
        key = "lost_unknown" if more and not some and not gone.number else key
        if some or gone.number or more:
            kind = words.kind(str(one["kind"]))
            out.append(words.say(f"request.{key}", kind=kind, people=lost, villages=gone))
    return out


def _causes(source: Source, plan: Plan) -> list[str]:
    """Return what is not known of lists, places and roads; that there are no roads is said by itself."""
    words, gaps = source.words, source.gaps
    kinds = (plan.kind, *gaps.scenario.standard[plan.kind].counts)
    why = {name: words.on_map(f"why_{why}") for name, why in gaps.extent.why.items()}
    short = [kind for kind in kinds if kind in why]
    out = [words.say("request.cause_list", kind=words.kind(kind), why=why[kind]) for kind in short]
    lost = lost_units(gaps.layers, kinds, working=True)["kind"].value_counts()
    out += [
        words.say("request.cause_place", n=number(int(lost[kind]), kind)) for kind in kinds if kind in lost
    ]
    if ROADS in why and not source.on_foot(plan.kind):
        out.append(words.say("request.cause_roads", why=why[ROADS]))
    return out


def why_none_in_words(source: Source, plan: Plan) -> list[str]:
    """Return why a plan proposes nothing, in sentences; nothing of a plan that proposes something.

    Parameters
    ----------
    source
        Of the area.
    plan
        As read.
    """
    why, words = plan.why_none, source.words
    if why is None:
        return []
    said = [words.on_map(f"plan_none_{why}")]
    ask = plan.record.get("ask") or {}
    now = source.share(plan.kind) if plan.kind in source.listed else UNKNOWN
    # A target counts those alone whose place is known, in its own seasons: another share would contradict it.
    same = plan.seasons == (source.season,) and ask.get("target_in") == "all"
    if why == "target_met" and same and now.known and now.number >= float(ask["target"]):
        said.append(words.say("request.share_now", share=now, kind=words.kind(plan.kind)))
    return said


def _target(source: Source, plan: Plan) -> list[str]:
    ask = plan.record.get("ask") or {}
    if ask.get("target") is None:
        return []
    words, where = source.words, "district" if ask.get("target_in") == "district" else "all"
    said = words.cell(share(float(ask["target"])))
    return [words.say(f"request.target_{where}", share=said, kind=words.kind(plan.kind))]


def _seasons(source: Source, plan: Plan) -> list[str]:
    """Return in which seasons people count as reached, where these are not the report's own."""
    if plan.seasons == (source.gaps.scenario.season,):
        return []
    key = "both" if len(plan.seasons) > 1 else plan.seasons[0]
    said = [source.words.say(f"request.season_{key}")]
    # Of a report in the wet season, this is said of all its figures already.
    if source.is_as_dry(plan.seasons[-1]) and not source.is_as_dry(source.season):
        said.append(why_as_dry(source))
    return said
