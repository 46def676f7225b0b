"""How far the lists and the roads can be trusted: outside of what they cover, "not reached" is unknown.

What AREA.yml says (``covers:``, ``official:``) counts first. Where it says nothing, strong signs are looked
for; each names the key that turns it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import counted
from geodata.layers import Finding, rows_about
from geodata.vocabulary.statuses import FacilityStatus, Reason
from planner.coverage.known.roads import are_clipped, roads_sign, together, touching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers
    from planner.scenarios.scenario import DoubtRule, Scenario
    from planner.scenarios.standards import KindStandard

ROADS = "roads"
# Where a standard that wants a unit in each of these has one, each kecamatan has some.
EVERYWHERE = ("village", "district", "hamlet")
# Why something is not taken as complete, and what to write in AREA.yml where it is ({word}: the kind).
WHY = {
    "declared": ("covers: names only a part of the area", "covers: all, with the list, once it is complete"),
    "official": ("the office reports more than are listed", "complete the list, or correct official:"),
    "empty": ("the list has no row of this kind",
              "complete the list; if there really is none, covers: all with it, or official: {{{word}: 0}}"),
    "no_list": ("no list was given, so only what the scenario opens is known", "give the list in AREA.yml"),
    "few_districts": ("most kecamatan have none on the list", "covers: all, with the list, if that is all"),
    "empty_districts": ("several neighbouring kecamatan have none on the list",
                        "complete the list; covers: all, with the list, if there really is none"),
    "few_for_people": ("there are far fewer than people need", "covers: all, with the list, if that is all"),
    "bare_villages": ("several neighbouring villages have no road at all",
                      "covers: all, with roads:, if there really is none"),
    "straight_line": ("the roads stop along a straight line", "covers: all, with roads:, if they really do"),
    "no_local_roads": ("there are no local roads in the file", "covers: all, with roads:, if that is all"),
    "round_edge": ("the roads stop along a round edge", "covers: all, with roads:, if they really do"),
    "missing_class": ("the file has hardly any roads of a usual class",
                      "give the roads of all classes; covers: all, with roads:, if that is all"),
    "nothing_inside": ("roads lead into kecamatan that have hardly any of their own",
                       "give all of their roads; covers: all, with roads:, if that is all"),
    "clipped": ("the roads stop at the area's outline, so ways through a neighbour are missing",
                "give roads some kilometres wider than the area, or covers: all, with roads:"),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Extent:
    """What the lists and the roads cover.

    Attributes
    ----------
    lists
        By kind, bool ``(villages,)``: whether every unit there is on the list. A kind that is not named is
        whole.
    roads
        bool ``(villages,)``: whether its roads are all there; None where they are everywhere.
    clipped
        Whether ways through a neighbour are missing: then no way at all may be for want of those.
    why
        By kind and for ``roads``, a key of WHY for what is not whole.
    detail
        By kind and for ``roads``, the numbers behind it.
    open_land
        By kind and for ``roads``, object ``(villages of the area that are not whole,)``, their outlines
        (Polygons, the area's CRS); those of ``lists`` and ``roads`` may be a part of them.
    around
        Where the area is a part of a larger one, the villages of all of it (``district_code``, by code, the
        area's CRS): units without a place may stand there
        (:func:`planner.coverage.known.lost.may_stand`).
    """

    lists: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    roads: NDArray[np.bool_] | None = None
    clipped: bool = False
    why: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    open_land: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    around: gpd.GeoDataFrame | None = None

    def __repr__(self) -> str:
        doubts = "; ".join(f"{name}: {why}" for name, why in list(self.why.items())[:6])
        return f"Extent: {doubts or 'lists and roads are whole'}"

    def lists_whole(self, kinds: tuple[str, ...], villages: int) -> NDArray[np.bool_]:
        """Return by village whether the lists of all of some kinds are whole: bool ``(villages,)``.

        Parameters
        ----------
        kinds
            Facility kinds.
        villages
            How many there are.

        Examples
        --------
        >>> extent = Extent(lists={"pustu": np.array([True, False])})
        >>> extent.lists_whole(("puskesmas", "pustu"), 2).tolist()
        [True, False]
        """
        out = np.ones(villages, dtype=bool)
        for kind in kinds:
            if kind in self.lists:
                out &= self.lists[kind]
        return out

    def same_lists(self, other: Extent, kinds: tuple[str, ...]) -> bool:
        """Return whether the lists of some kinds cover the same villages in another extent.

        Examples
        --------
        >>> part = Extent(lists={"pustu": np.array([True, False])})
        >>> part.same_lists(Extent(), ("puskesmas",)), part.same_lists(Extent(), ("puskesmas", "pustu"))
        (True, False)
        """
        mine, theirs = ({k: e.lists[k].tobytes() for k in kinds if k in e.lists} for e in (self, other))
        return mine == theirs

    def roads_whole(self, villages: int) -> NDArray[np.bool_]:
        """Return by village whether its roads are all there: bool ``(villages,)``.

        Examples
        --------
        >>> Extent().roads_whole(2).tolist(), Extent(roads=np.array([True, False])).roads_whole(2).tolist()
        ([True, True], [True, False])
        """
        return np.ones(villages, dtype=bool) if self.roads is None else self.roads


def find_extent(layers: Layers, scenario: Scenario, *, same_roads: Extent | None = None) -> Extent:
    """Return what the lists and the roads of an area cover, as declared, or by strong signs.

    Parameters
    ----------
    layers
        A study area.
    scenario
        Its standard says how many people a unit is for; its rule for doubts, which signs are strong.
    same_roads
        The extent of the same layers by other standards: what it says of the roads, and of the villages
        around, is taken over.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from planner.pipeline import default_scenario, demo_layers
    >>> layers = demo_layers(12)
    >>> layers = replace(layers, area=replace(layers.area, official={"pustu": 30}))
    >>> find_extent(layers, default_scenario()).detail
    {'pustu': '14 listed, 30 reported by the office'}
    """
    lists: dict[str, NDArray[np.bool_]] = {}
    why: dict[str, str] = {}
    detail: dict[str, str] = {}
    standard = scenario.standard
    for kind in dict.fromkeys(k for name, rule in standard.items() for k in (name, *rule.counts)):
        if kind in layers.area.listed_kinds:
            found = _list_extent(layers, kind, standard.get(kind), scenario.doubt)
            if found is not None:
                lists[kind], why[kind], detail[kind] = found
    roads, clipped = None, False
    if same_roads is not None:
        roads, clipped = same_roads.roads, same_roads.clipped
        if ROADS in same_roads.why:
            why[ROADS], detail[ROADS] = same_roads.why[ROADS], same_roads.detail[ROADS]
    elif layers.roads is not None:
        known = _roads_extent(layers, layers.roads, scenario)
        if known is not None:
            roads, why[ROADS], detail[ROADS] = known
        if ROADS not in layers.area.declared:
            clipped, said = are_clipped(layers, layers.roads, scenario.doubt)
            if clipped and ROADS not in why:
                why[ROADS], detail[ROADS] = "clipped", said
    around = None if same_roads is None else same_roads.around
    return Extent(lists, roads, clipped, why, detail, _open_land(layers, lists, roads), around)


def _open_land(
    layers: Layers, lists: Mapping[str, NDArray[np.bool_]], roads: NDArray[np.bool_] | None
) -> dict[str, NDArray[np.object_]]:
    shape = layers.villages.geometry.to_numpy()
    of_roads = {} if roads is None else {ROADS: roads}
    return {word: shape[~whole] for word, whole in {**lists, **of_roads}.items()}


def _declared(layers: Layers, word: str) -> NDArray[np.bool_]:
    covered = layers.villages["covered"].str.split().map(set)
    return np.array([word in words for words in covered], dtype=bool)


def _list_extent(
    layers: Layers, kind: str, rule: KindStandard | None, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return where a kind's list is whole, and why not everywhere; None where nothing speaks against it."""
    n = len(layers.villages)
    if kind in layers.area.declared:
        whole = _declared(layers, kind)
        return None if whole.all() else (whole, "declared", f"{whole.sum()} of {n} villages are covered")
    units = layers.facilities
    units = units[
        units["village_code"].isin(layers.villages.index) | (units["status"] == FacilityStatus.UNLOCATED)
    ]
    mine = units["kind"] == kind
    nowhere = np.zeros(n, dtype=bool)
    official = layers.area.official.get(kind)
    if official is not None:
        listed, where = int((layers.facilities["kind"] == kind).sum()), ""
        if listed > official:
            # A list of the whole province, say: the neighbours' do not make up for what is missing.
            listed, where = int(mine.sum()), " inside the area"
        if official - listed <= doubt.official_tolerance * official:
            return None
        return nowhere, "official", f"{listed} listed{where}, {official} reported by the office"
    if not (layers.facilities["kind"] == kind).any():
        # A heading alone: nobody has written yet what there is.
        return nowhere, "empty", "0 listed"
    if rule is None:
        # A kind that only counts as another has no rule of its own.
        return None
    units = units[mine | units["kind"].isin(rule.counts)]
    sign = _sign(layers, units, rule, doubt)
    return _empty_districts(layers, units, rule, doubt) if sign is None else (nowhere, *sign)


def _roads_extent(
    layers: Layers, roads: gpd.GeoDataFrame, scenario: Scenario
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return where the roads are whole, and why not everywhere; None where nothing speaks against it."""
    if ROADS not in layers.area.declared:
        return roads_sign(layers, roads, scenario)
    whole = _declared(layers, ROADS)
    said = f"{whole.sum()} of {len(whole)} villages are covered"
    return None if whole.all() else (whole, "declared", said)


def _sign(
    layers: Layers, units: gpd.GeoDataFrame, rule: KindStandard, doubt: DoubtRule
) -> tuple[str, str] | None:
    """Return why a list can hardly be whole; ``units`` with those that count as the kind."""
    if rule.presence in EVERYWHERE:
        have = len(_districts_of(layers, units))
        every = layers.villages["district_code"].nunique()
        if every >= doubt.districts and have < doubt.districts_share * every:
            return "few_districts", f"{have} of {every} kecamatan have one on the list"
    people = float(layers.villages["people"].sum())
    if rule.people_per_unit is not None:
        # A list whose units are all elsewhere is doubted where it would be with one of them here.
        each = people / max(len(units), 1)
        if each > doubt.people_per_unit_factor * rule.people_per_unit:
            listed = f"{len(units)} listed" if len(units) else "none listed inside the area"
            wanted = f"the standard has {rule.people_per_unit:,.0f}"
            return "few_for_people", f"{listed}, {each:,.0f} people for each; {wanted}"
    return None


def _districts_of(layers: Layers, units: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the codes of the kecamatan in which units are, or may be though they have no place."""
    districts = layers.villages["district_code"]
    found = districts.reindex(units["village_code"].dropna()).dropna().unique().tolist()
    if "declared_district" in units:
        lost = units["declared_district"][units["status"] == FacilityStatus.UNLOCATED]
        found += lost[lost.isin(districts)].tolist()
    return np.array(sorted(set(found)), dtype=object)


def _empty_districts(
    layers: Layers, units: gpd.GeoDataFrame, rule: KindStandard, doubt: DoubtRule
) -> tuple[NDArray[np.bool_], str, str] | None:
    """Return the neighbouring kecamatan without a unit that are too many to have none, as not whole."""
    if rule.presence not in EVERYWHERE:
        return None
    have = _districts_of(layers, units)
    codes, number = np.unique(layers.villages["district_code"].to_numpy(dtype=object), return_inverse=True)
    with_unit = np.isin(codes, have)
    if not with_unit.any() or with_unit.all() or len(codes) < doubt.districts:
        return None
    empty = ~with_unit[number]
    block = together(layers.villages, empty, doubt.neighbours_m, of=number)
    # How many kecamatan each block has, and how many units these would have if they were as the others are.
    many = np.bincount(block[empty][_firsts(number[empty])], minlength=len(empty) + 1)
    would_have = many * (len(units) / with_unit.sum())
    strong = (many >= doubt.empty_districts) & (would_have >= doubt.empty_units)
    hole = empty & strong[block]
    if not hole.any():
        return None
    names = layers.villages["district_code"][hole].unique()
    said = f"{counted(len(names), 'kecamatan', 'kecamatan')}, such as {', '.join(names[:3])}"
    # A list is seldom cut along the border of a kecamatan.
    return ~touching(layers.villages, hole, doubt.neighbours_m), "empty_districts", said


def _firsts(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row of each number."""
    return np.unique(number, return_index=True)[1]


def extent_findings(extent: Extent, layers: Layers) -> Iterator[Finding]:
    """Give a finding for everything that is not taken as complete.

    Parameters
    ----------
    extent
        From :func:`find_extent`.
    layers
        The study area that it is of.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> part = Extent(why={"pustu": "few_districts"}, detail={"pustu": "1 of 9 kecamatan"})
    >>> [(f.layer, f.rule) for f in extent_findings(part, demo_layers(12))]
    [('facilities', 'list_incomplete')]
    """
    for word, key in extent.why.items():
        said, action = WHY[key]
        layer = "roads" if word == ROADS else "facilities"
        rule = Reason.ROADS_INCOMPLETE if word == ROADS else Reason.LIST_INCOMPLETE
        whole = extent.roads if word == ROADS else extent.lists.get(word)
        ids = () if whole is None else tuple(layers.villages.index[~whole])
        yield Finding(
            "warning", layer, rule, max(len(ids), 1), ids[:5],
            f"{word}: {said} ({extent.detail[word]}): who is not reached there is unknown, not a gap",
            action.format(word=word), rows_about(ids, effect="who is not reached there is unknown"),
        )  # fmt: skip
