"""What relations of OpenStreetMap say of their ways: ferries, with a duration to share, and squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj

from geodata.layers import Finding, rows_about
from geodata.readers.osm_nodes import degrees, places_in
from geodata.readers.osm_tags import TAGS, is_open_space, tidied
from geodata.readers.osm_versions import newest_of, with_ids
from geodata.readers.roads import duration_of
from geodata.vocabulary.roads import FERRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Tags of the relations that say something of ways to travel.
KEYS = ("route", "highway")
# Members of a ferry's relation that are not its way.
PLACES_OF_CALL = frozenset({"stop", "platform", "terminal"})
# On the ways of a ferry whose relation tells one duration for all of them, which cannot be shared.
UNSHARED = "ferry:unshared"
# On the ways of several ferries whose relations tell different durations: the one that is taken.
RIVALS = "ferry:rivals"


class Ferries(NamedTuple):
    """The tags that relations give their member ways, by way id; and what was odd about relations."""

    tags: dict[int, dict[str, str]]
    findings: tuple[Finding, ...] = ()


class _Line(NamedTuple):
    """A member way: its first and last node, its length (NaN where a place is not known), its own tags."""

    ends: tuple[int, int]
    length_m: float
    tags: dict[str, str]


class _Way(NamedTuple):
    """A way of a file: its version, nodes with the places that it brings, and tags."""

    version: int
    nodes: list[int]
    own: list[tuple[int, int]]
    tags: dict[str, str]


def ferry_members(path: Path, deleted: Mapping[str, set[int]]) -> Ferries:
    """Return what relations of ferries say of their ways; see :func:`ferry_members_of`."""
    return ferry_members_of([(path, deleted)])


def ferry_members_of(files: Sequence[tuple[Path, Mapping[str, set[int]]]]) -> Ferries:
    """Return what relations of ferries in some files say of their ways, wherever these are.

    A duration is that of the whole relation. Several ways share it by length, if they are all in the file and
    follow each other; what a way says itself counts first. Else each goes by its length (:func:`unshared`).

    Parameters
    ----------
    files
        Each with what :func:`geodata.readers.osm.deleted_objects` says of it. What is in several counts once.
    """
    # By way what each relation says of it, by the relations' ids.
    said: dict[int, dict[int, dict[str, str]]] = {}
    several: dict[int, tuple[list[int], dict[str, str]]] = {}
    nested: dict[int, list[int]] = {}
    squares: dict[int, dict[str, str]] = {}
    for one in _relations(files):
        if one.square:
            squares |= dict.fromkeys(one.ways, one.tags)
            continue
        nested[one.id] = one.relations
        if len(one.ways) > 1 and "duration" in one.tags:
            several[one.id] = one.ways, one.tags
        for way in one.ways:
            said.setdefault(way, {})[one.id] = one.tags
    if several:
        lines = _lines(files, {way for members, _ in several.values() for way in members})
        for number, (members, tags) in several.items():
            for way, more in _shared(members, tags, lines).items():
                said[way][number] = more
    # Their own relations are read by themselves, where they say that they are ferries.
    lost = [i for i, inner in nested.items() if set(inner) - nested.keys()]
    ferries = {way: _together(list(relations.values())) for way, relations in said.items()}
    return Ferries({**squares, **ferries}, _nested(lost))


class _Relation(NamedTuple):
    """A relation of a ferry or of a square: its tags, and its members but for places of call."""

    id: int
    square: bool
    tags: dict[str, str]
    ways: list[int]
    relations: list[int]


def _relations(files: Sequence[tuple[Path, Mapping[str, set[int]]]]) -> Iterator[_Relation]:
    """Give the relations of ferries and squares in some files, each once."""
    import osmium
    from osmium.filter import KeyFilter

    met = set()
    for path, deleted in files:
        newest = newest_of(path, "relation", KEYS)
        found = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(KeyFilter(*KEYS))
        for relation in found:
            said = {t.k: t.v for t in relation.tags}
            tags, square = tidied({k: v for k, v in said.items() if k in TAGS}), is_open_space(said)
            old = newest.get(relation.id, relation.version) != relation.version
            gone = relation.id in deleted["relation"] or not relation.visible
            if (square or tags.get("route") == FERRY) and not (old or gone or relation.id in met):
                met.add(relation.id)
                parts = [m for m in relation.members if m.role not in PLACES_OF_CALL]
                ways = list(dict.fromkeys(m.ref for m in parts if m.type == "w"))
                inner = [m.ref for m in parts if m.type == "r"]
                yield _Relation(relation.id, square, tags, ways, inner)


def _together(said: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return what counts of several ferries on one way, whichever comes first.

    They are services beside each other: what only some of them tell closes nothing, and of different words
    the most open counts, as in one tag. The name is that of the first, the duration the longest.

    Examples
    --------
    >>> cars, others = {"route": "ferry", "name": "A"}, {"route": "ferry", "motor_vehicle": "no"}
    >>> _together([others, cars]), _together([others, {**cars, "motor_vehicle": "yes"}])["motor_vehicle"]
    ({'route': 'ferry', 'name': 'A'}, 'no;yes')
    """
    every = [key for key in said[0] if all(key in tags for tags in said)]
    alike = {key: ";".join(dict.fromkeys(tags[key] for tags in said)) for key in every}
    told = {
        key: tags[key] for tags in reversed(said) for key in (UNSHARED, "name", "duration") if key in tags
    }
    return _longest([{**alike, **told}, *said])


def _longest(said: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return the first of some tags with the longest duration of all, marked where others are shorter."""
    seconds = {tags["duration"]: duration_of(tags["duration"]) for tags in said if "duration" in tags}
    known = {text: s for text, s in seconds.items() if not np.isnan(s)}
    if not known:
        return said[0]
    longest = max(known, key=known.__getitem__)
    rivals = {RIVALS: longest} if len(set(known.values())) > 1 else {}
    return {**said[0], "duration": longest, **rivals}


def _nested(lost: list[int]) -> tuple[Finding, ...]:
    if not lost:
        return ()
    ids = [f"relation/{i}" for i in sorted(lost)]
    return (Finding(
        "warning", "roads", "ferry_of_relations", len(ids), tuple(ids[:5]),
        "ferries made of other relations, which do not say that they are ferries, are left out",
        "tag route=ferry on these relations or on their ways in OpenStreetMap", rows_about(ids),
    ),)  # fmt: skip


def _lines(files: Sequence[tuple[Path, Mapping[str, set[int]]]], wanted: set[int]) -> dict[int, _Line]:
    """Return some ways of files, those that are deleted left out."""
    import osmium

    found: dict[int, _Way] = {}
    for path, deleted in files:
        mine: dict[int, _Way] = {}
        for way in with_ids(path, osmium.osm.WAY, sorted(wanted)):
            if way.id not in mine or way.version > mine[way.id].version:
                own = [(n.location.x, n.location.y) for n in way.nodes]
                tags = {t.k: t.v for t in way.tags if t.k in TAGS}
                nodes = [n.ref for n in way.nodes] if way.visible else []
                mine[way.id] = _Way(way.version, nodes, own, tags)
        kept = {i: one for i, one in mine.items() if i not in deleted["way"] and one.nodes}
        found = {**kept, **found}
    ids = np.unique(np.array([n for way in found.values() for n in way.nodes], dtype=np.int64))
    place, _ = places_in([(path, deleted["node"]) for path, deleted in files], ids)
    return {
        way: _Line((one.nodes[0], one.nodes[-1]), _length_m(ids, place, one.nodes, one.own), one.tags)
        for way, one in found.items()
    }


def _length_m(
    ids: NDArray[np.int64], place: NDArray[np.int64], nodes: list[int], own: list[tuple[int, int]]
) -> float:
    lonlat = degrees(place[np.searchsorted(ids, nodes)], np.array(own, dtype=np.int64).reshape(-1, 2))
    if np.isnan(lonlat).any():
        return float("nan")
    return float(pyproj.Geod(ellps="WGS84").line_length(lonlat[:, 0], lonlat[:, 1]))


def _shared(
    members: Sequence[int], tags: dict[str, str], lines: Mapping[int, _Line]
) -> dict[int, dict[str, str]]:
    """Return the tags of a relation's ways, each with its share of the duration, or marked as without."""
    # A road that the relation names too (to the jetty) takes its own time.
    afloat = [m for m in members if m not in lines or "highway" not in lines[m].tags]
    own = {m: duration_of(lines[m].tags.get("duration")) for m in afloat if m in lines}
    left = [m for m in afloat if m not in own or np.isnan(own[m])]
    seconds = duration_of(tags["duration"]) - sum(s for s in own.values() if not np.isnan(s))
    length = {m: lines[m].length_m if m in lines else float("nan") for m in afloat}
    total = sum(length[m] for m in left)
    plain = {k: v for k, v in tags.items() if k != "duration"}
    # What cannot be read is told as such, as on a way.
    if np.isnan(duration_of(tags["duration"])):
        return dict.fromkeys(members, tags)
    if not (seconds > 0 and total > 0 and _one_line([lines[m].ends for m in afloat])):
        return {m: {**plain, UNSHARED: "yes"} for m in members}
    return {
        m: {**plain, "duration": f"PT{seconds * length[m] / total:.3f}S"} if m in left else plain
        for m in members
    }


def _one_line(ends: Iterable[tuple[int, int]]) -> bool:
    """Return whether stretches, by their end nodes, follow each other from one end to another.

    Examples
    --------
    >>> _one_line([(2, 3), (2, 1)]), _one_line([(1, 2), (2, 1)]), _one_line([(1, 2), (2, 3), (2, 4)])
    (True, False, False)
    """
    beside: dict[int, list[int]] = {}
    stretches = list(ends)
    for a, b in stretches:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    tips = [node for node, others in beside.items() if len(others) == 1]
    if len(tips) != 2 or any(len(others) > 2 for others in beside.values()):
        return False
    before, here, steps = None, tips[0], 0
    while True:
        onward = [node for node in beside[here] if node != before]
        if not onward:
            return steps == len(stretches)
        before, here, steps = here, onward[0], steps + 1


def unshared(ids: Sequence[str], tags: Sequence[Mapping[str, str]]) -> tuple[Finding, ...]:
    """Return the findings about ferries among some ways of which relations tell no duration, or several."""
    lost = [i for i, t in zip(ids, tags, strict=True) if UNSHARED in t and "duration" not in t]
    # What the way says itself counts, whatever relations say.
    rivals = [i for i, t in zip(ids, tags, strict=True) if RIVALS in t and t[RIVALS] == t["duration"]]
    out = []
    if lost:
        out.append(Finding(
            "warning", "roads", "ferry_duration", len(lost), tuple(lost[:5]),
            "ferries whose relation tells one duration for several ways that do not follow each other, or "
            "are not all in the file; their length at the ferry speed counts",
            "tag the duration of each way in OpenStreetMap, or take an extract that holds all of them",
            rows_about(lost, "duration"),
        ))  # fmt: skip
    if rivals:
        out.append(Finding(
            "warning", "roads", "ferry_rivals", len(rivals), tuple(rivals[:5]),
            "ferries of which several relations tell different durations; the longest counts",
            "tag the duration of the way itself in OpenStreetMap", rows_about(rivals, "duration"),
        ))  # fmt: skip
    return tuple(out)
