"""How far an area's data can be trusted: a grade from A to E, and what would raise it most."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import yaml
from pydantic import Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.files.yamlfile import Model
from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.coverage.known.extent import ROADS, find_extent
from planner.coverage.known.roads import road_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.layers import Finding, Layers
    from planner.coverage.known.extent import Extent
    from planner.scenarios.scenario import Scenario

LETTERS = ("A", "B", "C", "D", "E")
PartName = Literal["people", "roads", "lists", "places", "functioning", "official", "doubts"]
# Shares are sums of many parts of one: at a limit the last digits are nobody's.
DECIMALS = 9


class GradeRule(Model):
    """The weights and limits of the grade (``planner/data/grade.yml``), all between 0 and 1."""

    weights: dict[PartName, float]
    letters: dict[Literal["A", "B", "C", "D"], float]
    list_unsaid: float = Field(ge=0, le=1)
    places: dict[str, float]
    doubts: dict[str, float]
    counted_elsewhere: frozenset[str]

    def letter(self, score: float) -> str:
        """Return the letter of a score.

        Examples
        --------
        >>> default_rule().letter(0.7), default_rule().letter(0.699)
        ('B', 'C')
        """
        return next((name for name, least in self.letters.items() if score >= least), LETTERS[-1])


@cache
def default_rule() -> GradeRule:
    """Return the rule of the grade (``planner/data/grade.yml``)."""
    text = files("planner").joinpath("data/grade.yml").read_text("utf-8")
    return GradeRule.model_validate(yaml.safe_load(text))


@dataclass(frozen=True)
class Rise:
    """The step that would raise the grade most within one part.

    Attributes
    ----------
    what
        Which step, such as ``places``; a key of ``planner/data/grade_texts.yml`` behind ``rise_``.
    kind
        The facility kind that it is about; "" for none.
    count
        How many villages, units or rows: as few as make the next letter, or all that there are.
    score, letter
        The grade after it.
    """

    what: str
    kind: str
    count: int
    score: float
    letter: str


@dataclass(frozen=True)
class GradePart:
    """One part of a grade.

    Attributes
    ----------
    name
        One of the names of ``weights`` in ``planner/data/grade.yml``.
    weight
        Its weight among all parts, also those that cannot be judged.
    share
        0 (nothing is known) to 1 (all is known); None where it cannot be judged.
    rise
        What would raise the grade most within it; None where nothing is lacking, or it cannot be judged.
    """

    name: str
    weight: float
    share: float | None
    rise: Rise | None


@dataclass(frozen=True)
class Grade:
    """How far an area's data can be trusted.

    Attributes
    ----------
    letter, score
        A to E; the parts' shares (0–1), weighted, of those that can be judged.
    parts
        In the order of ``planner/data/grade.yml``.
    """

    letter: str
    score: float
    parts: tuple[GradePart, ...]

    @property
    def rises(self) -> tuple[Rise, ...]:
        """What would raise the grade, what raises it most first."""
        # A new list would raise several parts.
        found = dict.fromkeys(part.rise for part in self.parts if part.rise is not None)
        return tuple(sorted(found, key=lambda rise: -rise.score))

    @property
    def unjudged(self) -> tuple[str, ...]:
        """The names of the parts that cannot be judged."""
        return tuple(part.name for part in self.parts if part.share is None)


class _Step(NamedTuple):
    """What can be done: for each village, unit or row the share of the part that it would add.

    ``everywhere`` is what it would add to all parts together, weighted, where that is more.
    """

    what: str
    kind: str
    gains: NDArray[np.float64]
    everywhere: float = 0.0


class _Part(NamedTuple):
    share: float
    steps: tuple[_Step, ...]


class _Known(NamedTuple):
    """What the parts are reckoned from."""

    layers: Layers
    kinds: tuple[str, ...]
    extent: Extent
    findings: tuple[Finding, ...]
    rule: GradeRule
    weight: NDArray[np.float64]


def grade_of(
    layers: Layers, scenario: Scenario, findings: Iterable[Finding], *, rule: GradeRule | None = None
) -> Grade:
    """Return the grade of an area's data, and what would raise it.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its standard names the kinds that are wanted; its rules say what makes lists and roads doubtful.
    findings
        Of :func:`geodata.quality.inspect`; they name the rows that are doubtful.
    rule
        Weights and limits; those of ``planner/data/grade.yml`` when None.

    Examples
    --------
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> found = grade_of(demo_layers(12), default_scenario(), ())
    >>> found.letter, found.rises[0].what
    ('A', 'list_unsaid')
    """
    rule = rule or default_rule()
    extent = find_extent(layers, scenario)
    weight = people_weights(layers.villages["people"])
    kinds = tuple(scenario.standard)
    known = _Known(layers, kinds, extent, tuple(findings), rule, weight)
    parts = {name: PARTS[name](known) for name in rule.weights}
    judged = {name: part for name, part in parts.items() if part is not None}
    total = sum(rule.weights[name] for name in judged)
    score = sum(rule.weights[name] * part.share for name, part in judged.items()) / total
    score = round(score, DECIMALS)
    found = []
    for name, part in parts.items():
        rise = None if part is None else _rise(part, score, rule.weights[name], total, rule)
        share = None if part is None else max(0.0, round(part.share, DECIMALS))
        found.append(GradePart(name, rule.weights[name], share, rise))
    return Grade(rule.letter(score), score, tuple(found))


def people_weights(people: pd.Series[float]) -> NDArray[np.float64]:
    """Return how much each village weighs: its people; the known ones' mean where they are unknown.

    Parameters
    ----------
    people
        By village, NaN = unknown.

    Returns
    -------
    weight
        float64 ``(villages,)``.

    Examples
    --------
    >>> import pandas as pd
    >>> people_weights(pd.Series([100.0, float("nan"), 300.0])).tolist()
    [100.0, 200.0, 300.0]
    """
    known = people.to_numpy(dtype=np.float64)
    mean = float(np.nanmean(known)) if np.isfinite(known).any() else 0.0
    weight = np.where(np.isnan(known), mean, known)
    return weight if weight.any() else np.ones(len(known))


def _rise(part: _Part, score: float, weight: float, total: float, rule: GradeRule) -> Rise | None:
    """Return the step with the most to gain: as few as make the next letter, or all."""
    worth = [
        step.gains * weight if not step.everywhere else np.array([step.everywhere]) for step in part.steps
    ]
    most = max(range(len(worth)), key=lambda i: float(worth[i].sum()), default=None)
    if most is None or not worth[most].sum() > 0:
        return None
    gains = np.sort(worth[most][worth[most] > 0])[::-1]
    after = np.minimum(np.round(score + np.cumsum(gains) / total, DECIMALS), 1.0)
    better = [i for i, one in enumerate(after) if rule.letter(one) != rule.letter(score)]
    last = better[0] if better else len(after) - 1
    reached = float(after[last])
    return Rise(part.steps[most].what, part.steps[most].kind, last + 1, reached, rule.letter(reached))


def _people(known: _Known) -> _Part:
    unknown = known.layers.villages["people"].isna().to_numpy()
    return _shared(unknown.astype(np.float64) / len(unknown), "people")


def _shared(lacking: NDArray[np.float64], what: str, kind: str = "") -> _Part:
    """Return a part of which each village, unit or row lacks a share."""
    return _Part(1.0 - float(lacking.sum()), (_Step(what, kind, lacking),))


def _roads(known: _Known) -> _Part:
    layers = known.layers
    weight = known.weight / known.weight.sum()
    if layers.roads is None:
        return _Part(0.0, (_Step("road_file", "", np.array([1.0])),))
    every, joined = _joined_m(layers, layers.roads, weight)
    # Where somebody says that the roads are whole, a village without any has none.
    nothing = np.full(len(every), float(ROADS in layers.area.declared))
    share = np.clip(np.divide(joined, every, out=nothing, where=every > 0), 0.0, 1.0)
    if known.extent.roads is not None:
        share = np.where(known.extent.roads, share, 0.0)
    return _shared(weight * (1.0 - share), "roads")


def _joined_m(
    layers: Layers, roads: gpd.GeoDataFrame, weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return by village the metres of its roads, and of those in the part that serves most people."""
    start, stop = roads["from_node"].to_numpy(), roads["to_node"].to_numpy()
    size = int(max(start.max(), stop.max())) + 1
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, stop)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][start]
    land = np.flatnonzero(roads["route"].isna())
    village, piece, metres = road_pieces(layers, roads.iloc[land])
    part = label[land[piece]]
    every = np.bincount(village, weights=metres, minlength=len(weight)).astype(np.float64)
    share = np.divide(metres, every[village], out=np.zeros(len(metres)), where=every[village] > 0)
    people = np.bincount(part, weights=weight[village] * share, minlength=1)
    most = part == np.argmax(people)
    joined = np.bincount(village[most], weights=metres[most], minlength=len(weight))
    return every, joined.astype(np.float64)


def _lists(known: _Known) -> _Part:
    steps = []
    for kind in known.kinds:
        if _units(known, kind) is None:
            steps.append(_new_list(known, kind))
            continue
        value, what = _list_value(known, kind)
        lacking = float((known.weight * (1.0 - value)).sum() / known.weight.sum()) / len(known.kinds)
        steps.append(_Step(what, kind, np.array([lacking])))
    return _Part(1.0 - sum(float(step.gains.sum()) for step in steps), tuple(steps))


def _list_value(known: _Known, kind: str) -> tuple[NDArray[np.float64], str]:
    """Return by village how far a kind's list is known to be whole, and what would help."""
    area, n = known.layers.area, len(known.weight)
    if kind in known.extent.lists:
        return known.extent.lists[kind].astype(np.float64), "list_part"
    if kind in area.declared or kind in area.official:
        return np.ones(n), "list_unsaid"
    return np.full(n, known.rule.list_unsaid), "list_unsaid"


def _new_list(known: _Known, kind: str) -> _Step:
    """Return what a list of a kind of which nothing is known would add to all parts that ask for it."""
    weights, share = known.rule.weights, 1.0 / len(known.kinds)
    parts: tuple[PartName, ...] = ("lists", "places", "functioning")
    return _Step("new_list", kind, np.array([share]), share * sum(weights[name] for name in parts))


def _units(known: _Known, kind: str) -> pd.DataFrame | None:
    """Return the rows of a kind that are the area's; None where nothing is known of the kind.

    A list without rows that is said to be whole has none.
    """
    area, rows = known.layers.area, known.layers.facilities
    mine = rows[(rows["kind"] == kind) & (rows["status"] != FacilityStatus.OUTSIDE_BUFFER)]
    if kind not in area.listed_kinds or kind in area.assumed_empty:
        return None
    said = kind in area.declared or area.official.get(kind) == 0
    return None if mine.empty and not said else mine


def _by_unit(known: _Known, what: str, value: Callable[[pd.DataFrame], NDArray[np.float64]]) -> _Part:
    """Return a part that is the mean over the kinds of the mean over their units; an unknown kind has 0."""
    share, steps, new = 0.0, [], []
    for kind in known.kinds:
        rows = _units(known, kind)
        if rows is None:
            new.append(_new_list(known, kind))
            continue
        lacking = (1.0 - value(rows)) / max(len(rows), 1) / len(known.kinds)
        share += 1.0 / len(known.kinds) - float(lacking.sum())
        if lacking.sum() > 0:
            steps.append(_Step(what, kind, lacking))
    # The lists that are missing are named with the lists.
    return _Part(share, tuple(steps or new))


def _places(known: _Known) -> _Part:
    worth: Mapping[str, float] = known.rule.places

    def value(rows: pd.DataFrame) -> NDArray[np.float64]:
        used = (rows["status"] == FacilityStatus.USED).to_numpy()
        return np.where(used, [worth.get(how, 0.0) for how in rows["located_by"]], 0.0)

    return _by_unit(known, "places", value)


def _functioning(known: _Known) -> _Part:
    return _by_unit(
        known, "functioning", lambda rows: (rows["functioning"] != YesNo.UNKNOWN).to_numpy().astype(float)
    )


def _official(known: _Known) -> _Part | None:
    official = {kind: n for kind, n in known.layers.area.official.items() if kind in known.kinds}
    if not official:
        return None
    steps = []
    for kind, reported in official.items():
        listed = int((known.layers.facilities["kind"] == kind).sum())
        lacking = abs(listed - reported) / max(listed, reported, 1)
        steps.append(_Step("official", kind, np.array([lacking / len(official)])))
    return _Part(1.0 - sum(float(step.gains.sum()) for step in steps), tuple(steps))


def _doubts(known: _Known) -> _Part:
    rows = known.layers.facilities
    units = rows.index[rows["status"] != FacilityStatus.OUTSIDE_BUFFER]
    worst = dict.fromkeys([*(("facilities", i) for i in units),
                           *(("villages", i) for i in known.layers.villages.index)], 0.0)  # fmt: skip
    for row, worth in _doubted(known):
        if row in worst:
            worst[row] = max(worst[row], worth)
    return _shared(np.array(list(worst.values())) / len(worst), "doubts")


def _doubted(known: _Known) -> Iterator[tuple[tuple[str, str], float]]:
    for finding in known.findings:
        worth = known.rule.doubts.get(finding.severity, 0.0)
        if worth and f"{finding.layer}.{finding.rule}" not in known.rule.counted_elsewhere:
            for cell in finding.cells:
                yield (finding.layer, cell.id), worth


PARTS: Mapping[PartName, Callable[[_Known], _Part | None]] = {
    "people": _people,
    "roads": _roads,
    "lists": _lists,
    "places": _places,
    "functioning": _functioning,
    "official": _official,
    "doubts": _doubts,
}
