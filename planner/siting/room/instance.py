"""Sites with room for so many people: the instance that a plan with capacity is asked of."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import ConfigError
from geodata.runs import run_starts
from planner.kernels.cover import site_values
from planner.kernels.lists import Lists, lists_of_pairs, signatures, some_of
from planner.kernels.rooms import Filled, Rooms, filled, room_gain, rooms_of
from planner.siting.cover.instance import (
    SIGNATURE_SEED,
    CoverInstance,
    cover_instance,
    instance_of_lists,
)
from planner.siting.solution import payable

if TYPE_CHECKING:
    from numpy.typing import NDArray

# People are counted in parts of a power of two, so many bits of them for all: sums are exact.
BITS = 50


@dataclass(frozen=True)
class RoomInstance:
    """Places with people, and sites that take so many of those whom they reach.

    A person may be divided, as where people are given to units
    (:func:`planner.supply.capacity.allocate`).

    Attributes
    ----------
    people
        float64 ``(places,)``, 0 or more.
    by_site
        The places (int32 numbers) that each site reaches: those to choose from, then those that are there.
    room
        float64 ``(sites + units,)``, people; inf = for everybody.
    cost
        float64 ``(sites,)``, above 0; 1 each where units are counted.
    forced, forbidden
        bool ``(sites,)``: always chosen, never chosen.
    conflicts
        By site, the others that may not be chosen with it; both ways.
    idle
        bool ``(sites,)``: never chosen either, whatever is asked: units that are there already and would get
        no more room.
    """

    people: NDArray[np.float64]
    by_site: Lists
    room: NDArray[np.float64]
    cost: NDArray[np.float64]
    forced: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    conflicts: Lists
    idle: NDArray[np.bool_]

    @property
    def closed(self) -> NDArray[np.bool_]:
        """The sites that are never chosen, bool ``(sites,)``.

        Examples
        --------
        >>> shut = np.array([True, False])
        >>> room_instance([1.0], place=[0, 0], site=[0, 1], room=[5.0, 3.0], forbidden=shut).closed.tolist()
        [True, False]
        """
        return self.forbidden | self.idle

    @property
    def sites(self) -> int:
        """How many sites there are to choose from."""
        return len(self.cost)

    @property
    def units(self) -> NDArray[np.int64]:
        """Numbers of the sites that are there, int64 ``(units,)``.

        Examples
        --------
        >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0], units=1)
        >>> two.units.tolist()
        [1]
        """
        return np.arange(self.sites, len(self.room))

    @property
    def free(self) -> Free:
        """The sites that nothing decides yet; those that are forced are units there."""
        open_ = ~(self.forced | self.closed)
        one = np.repeat(np.arange(self.sites), np.diff(self.conflicts.first))
        open_[self.conflicts.item[self.forced[one]]] = False
        site, held = np.flatnonzero(open_), np.flatnonzero(self.forced)
        rows = np.concatenate([site, held, self.units])
        number = np.full(self.sites, -1)
        number[site] = np.arange(len(site))
        both = (number[one] >= 0) & (number[self.conflicts.item] >= 0)
        none = np.zeros(len(site), dtype=np.bool_)
        return Free(RoomInstance(
            self.people, some_of(self.by_site, rows, np.arange(len(self.people))), self.room[rows],
            self.cost[site], none, none,
            lists_of_pairs(number[one[both]], number[self.conflicts.item[both]], len(site), len(site)), none,
        ), site)  # fmt: skip

    @cached_property
    def core(self) -> Core:
        """The instance in whole parts, with equal places in one."""
        return _core(self)

    def people_with_room(self, chosen: NDArray[np.integer]) -> float:
        """Return how many people have room at what is there and at some sites.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> two = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0])
        >>> two.people_with_room(np.array([0])), two.people_with_room(np.array([0, 1]))
        (15.0, 23.0)
        """
        return self.core.safe + self.core.people_reached(chosen)


@dataclass(frozen=True)
class Free:
    """What nothing decides yet of an instance.

    Attributes
    ----------
    instance
        Without forced and forbidden sites.
    site
        int64 ``(sites,)``, what its sites are in the whole, in rising order.
    """

    instance: RoomInstance
    site: NDArray[np.int64]


def room_instance(
    people: NDArray[np.float64] | list[float],
    *,
    place: NDArray[np.integer] | list[int],
    site: NDArray[np.integer] | list[int],
    room: NDArray[np.float64] | list[float],
    units: int = 0,
    cost: NDArray[np.float64] | list[float] | None = None,
    forced: NDArray[np.bool_] | None = None,
    forbidden: NDArray[np.bool_] | None = None,
    conflicts: NDArray[np.integer] | list[list[int]] | None = None,
) -> RoomInstance:
    """Return the instance of pairs (place, site), each given once or more.

    Parameters
    ----------
    people
        float64 ``(places,)``.
    place, site
        int ``(pairs,)``: this site reaches this place.
    room
        float64 ``(sites + units,)``, people; inf = for everybody.
    units
        So many of the last sites are there already.
    cost, forced, forbidden
        ``(sites,)`` as :class:`RoomInstance` has them; 1 each, none and none when None.
    conflicts
        int ``(pairs, 2)`` of sites of which at most one may be chosen.

    Raises
    ------
    ConfigError
        As :func:`planner.siting.cover.instance.cover_instance`; room below 0 or no number.

    Examples
    --------
    >>> room_instance([10.0], place=[0, 0], site=[0, 1], room=[5.0, 3.0], units=1).sites
    1
    """
    place, site, size = np.asarray(place), np.asarray(site), len(room)
    new = site < size - units
    plain = cover_instance(
        people, place=place[new], site=site[new], sites=size - units, cost=cost, forced=forced,
        forbidden=forbidden, conflicts=conflicts,
    )  # fmt: skip
    there = cover_instance(people, place=place[~new], site=site[~new] - (size - units), sites=units)
    return with_room(plain, there.by_site, np.asarray(room, np.float64))


def with_room(
    plain: CoverInstance, units: Lists, room: NDArray[np.float64], idle: NDArray[np.bool_] | None = None
) -> RoomInstance:
    """Return a covering problem whose sites, and units that are there, have room for so many.

    Parameters
    ----------
    plain
        Whom the sites reach, those included whom a unit reaches; costs and rules.
    units
        The places that each unit reaches.
    room
        float64 ``(sites + units,)``, people; inf = for everybody.
    idle
        bool ``(sites,)``, those that add no room; none when None.

    Raises
    ------
    ConfigError
        Room below 0 or no number.

    Examples
    --------
    >>> plain = cover_instance([10.0, 20.0], place=[0, 1], site=[0, 0])
    >>> one = with_room(plain, Lists(np.array([0, 1]), np.array([1], np.int32)), np.array([12.0, 5.0]))
    >>> one.people_with_room(np.array([], int)), one.people_with_room(np.array([0]))
    (5.0, 17.0)
    """
    if np.isnan(room).any() or (room < 0).any():
        msg = "room is a number of people of 0 or more, or inf"
        raise ConfigError(msg)
    mine = plain.by_site
    every = Lists(
        np.concatenate([mine.first, mine.first[-1] + units.first[1:]]),
        np.concatenate([mine.item, units.item]),
    )
    none = np.zeros(plain.sites, dtype=np.bool_)
    return RoomInstance(
        plain.people, every, room, plain.cost, plain.forced, plain.forbidden, plain.conflicts,
        none if idle is None else idle,
    )  # fmt: skip


@dataclass(frozen=True)
class RoomState:
    """Who has room at some sites.

    Attributes
    ----------
    sites
        int64 ``(open,)``, numbers of the sites that are open, units included.
    rooms, now
        These, read both ways, and who is at them.
    people
        How many have room.
    """

    sites: NDArray[np.int64]
    rooms: Rooms
    now: Filled
    people: float


@dataclass(frozen=True)
class Core:
    """An instance in whole parts of people, with places of equal sites in one.

    Attributes
    ----------
    sites, people, conflicts, cost
        As a :class:`RoomInstance` has them; ``people`` (float64) by place of the core.
    safe
        People of places left out, who have room whatever is chosen; nothing else here counts them.
    by_site
        Of all sites, units included; those that are forbidden reach nobody.
    parts, part_people
        int64 ``(places,)``, and the people in one part.
    room
        int64 ``(sites + units,)``, parts.
    always
        int64 ``(units,)``, those that are there and may be full.
    """

    people: NDArray[np.float64]
    safe: float
    by_site: Lists
    parts: NDArray[np.int64]
    part_people: float
    room: NDArray[np.int64]
    always: NDArray[np.int64]
    cost: NDArray[np.float64]
    conflicts: Lists

    @property
    def sites(self) -> int:
        """How many sites there are to choose from."""
        return len(self.cost)

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.parts)

    @cached_property
    def _by_units(self) -> NDArray[np.bool_]:
        """Which places a unit that is there reaches, bool ``(places,)``."""
        near = np.zeros(self.places, dtype=np.bool_)
        for j in self.always.tolist():
            near[self.by_site.item[self.by_site.first[j] : self.by_site.first[j + 1]]] = True
        return near

    @property
    def near_units(self) -> float:
        """People near a unit that is there, who would have room if units never were full."""
        return float(self.people[self._by_units].sum())

    @property
    def roomy(self) -> CoverInstance:
        """The covering problem that this would be if sites and units had room for everybody."""
        none = np.zeros(self.sites, dtype=np.bool_)
        first = self.by_site.first[: self.sites + 1]
        lists = Lists(first, self.by_site.item[: first[-1]])
        people = np.where(self._by_units, 0.0, self.people)
        plain = instance_of_lists(people, lists, cost=self.cost, forced=none, forbidden=none)
        return replace(plain, conflicts=self.conflicts)

    @cached_property
    def _apart(self) -> NDArray[np.int64]:
        """Of each conflict the site that bars the other, int64, as ``conflicts.item`` has the others."""
        return np.repeat(np.arange(self.sites), np.diff(self.conflicts.first))

    def fitting(self, sites: NDArray[np.int64], budget: float) -> NDArray[np.bool_]:
        """Return which sites can be added to some within budget and conflicts, bool ``(sites,)``.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.
        budget
            For these too.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.fitting(np.array([0]), 2.0).tolist()
        [False, True]
        """
        inside = np.zeros(self.sites, dtype=np.bool_)
        inside[sites] = True
        barred = inside.copy()
        barred[self.conflicts.item[inside[self._apart]]] = True
        left = payable(budget) - self.cost[sites].sum()
        return np.asarray(~barred & (self.cost <= left), dtype=np.bool_)

    def every(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of what is there and of some sites.

        Parameters
        ----------
        chosen
            int64 ``(chosen,)``, numbers of sites.

        Returns
        -------
        sites
            int64 ``(units and chosen,)``, units first.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.every(np.array([1, 0, 1])).tolist()
        [0, 1]
        """
        return np.concatenate([self.always, np.unique(chosen)])

    def some(self, sites: NDArray[np.int64]) -> Rooms:
        """Return some sites, read both ways.

        Parameters
        ----------
        sites
            int64 ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.some(np.array([1])).by_site.item.tolist()
        [1]
        """
        rooms: Rooms = rooms_of(some_of(self.by_site, sites, np.arange(self.places)), self.places)
        return rooms

    def state(self, chosen: NDArray[np.int64], like: RoomState | None = None) -> RoomState:
        """Return who has room at what is there and at some sites.

        Parameters
        ----------
        chosen
            int64 ``(chosen,)``, numbers of sites.
        like
            That of nearly the same sites, from which it is found sooner.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.state(np.array([0])).people
        15.0
        """
        every = self.every(chosen)
        rooms = self.some(every)
        begin = np.zeros(len(rooms.by_site.item), dtype=np.int64)
        if like is not None:
            _, here, there = np.intersect1d(every, like.sites, assume_unique=True, return_indices=True)
            to, of = rooms.by_site.first, like.rooms.by_site.first
            for a, b in zip(here.tolist(), there.tolist(), strict=True):
                begin[to[a] : to[a + 1]] = like.now.flow[of[b] : of[b + 1]]
        now = filled(rooms, self.parts, self.room[every], self.parts[rooms.by_site.item], begin)
        with_room = float(self.parts.sum() - now.free.sum()) * self.part_people
        return RoomState(every, rooms, now, with_room)

    def gain(self, state: RoomState, site: int, most: float = np.inf) -> float:
        """Return how many more people have room with one more site.

        Parameters
        ----------
        state
            Of the others.
        site
            Its number.
        most
            What it could add at most, as :meth:`most_gain` says.
        """
        more = self.by_site.item[self.by_site.first[site] : self.by_site.first[site + 1]]
        room = min(
            int(self.room[site]), int(self.parts.sum()) if most == np.inf else round(most / self.part_people)
        )
        parts = room_gain(state.rooms, self.parts, state.now, more, room)
        return float(parts * self.part_people)

    def most_gain(self, state: RoomState) -> NDArray[np.float64]:
        """Return what each site could add at most: float64 ``(sites,)``, people.

        Only of places that are short of room can it add anybody, and no more than all of these.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.most_gain(core.state(np.array([0]))).tolist()
        [15.0, 8.0]
        """
        short = self.parts * state.now.short
        near = site_values(self.by_site, short.astype(np.float64))[: self.sites]
        most = np.minimum(near, self.room[: self.sites]) * self.part_people
        return np.asarray(most, dtype=np.float64)

    def people_reached(self, chosen: NDArray[np.integer]) -> float:
        """Return how many people have room at what is there and at some sites.

        Parameters
        ----------
        chosen
            int ``(chosen,)``, numbers of sites.

        Examples
        --------
        >>> core = room_instance([10.0, 20.0], place=[0, 1, 1], site=[0, 0, 1], room=[15.0, 8.0]).core
        >>> core.people_reached(np.array([0, 1]))
        23.0
        """
        return self.state(np.asarray(chosen, dtype=np.int64)).people


def _core(one: RoomInstance) -> Core:
    """Return the instance in whole parts: places of equal sites in one, those of nobody left out.

    A unit that has room for all whom it reaches can take them whatever is chosen: it goes, with its places.
    """
    every = len(one.room)
    open_ = np.concatenate([~one.closed, np.ones(every - one.sites, dtype=np.bool_)])
    sure = _sure(one)
    number, people = _merged(one, open_, ~sure)
    lists = some_of(one.by_site, np.arange(every), number)
    kept = np.repeat(open_, np.diff(lists.first))
    size = np.where(open_, np.diff(lists.first), 0)
    lists = Lists(np.concatenate([[0], np.cumsum(size)]).astype(np.int64), lists.item[kept])
    total, safe = math.fsum(people), math.fsum(one.people[sure])
    part_people = math.ldexp(1.0, math.frexp(total)[1] - BITS) if total else 1.0
    parts = np.rint(people / part_people).astype(np.int64)
    room = np.rint(np.minimum(one.room, 2.0 * total) / part_people).astype(np.int64)
    always = one.units[size[one.sites :] > 0]
    return Core(people, safe, lists, parts, part_people, room, always, one.cost, one.conflicts)


def _sure(one: RoomInstance) -> NDArray[np.bool_]:
    """Return which places always have room, at a unit that has enough for all whom it reaches."""
    sure = np.zeros(len(one.people), dtype=np.bool_)
    first, item = one.by_site
    left = one.units
    while True:
        near = site_values(one.by_site, np.where(sure, 0.0, one.people))
        roomy = near[left] <= one.room[left]
        if not roomy.any():
            return sure
        for j in left[roomy].tolist():
            sure[item[first[j] : first[j + 1]]] = True
        left = left[~roomy]


def _merged(
    one: RoomInstance, open_: NDArray[np.bool_], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a number for one place of each group of equal sites, -1 for the others, and their people."""
    random = np.random.default_rng(SIGNATURE_SEED)
    mark = random.integers(0, 1 << 63, size=(len(one.room), 2), dtype=np.uint64)
    signature, degree = signatures(one.by_site, open_, mark, len(one.people))
    order = np.lexsort((one.people, signature[:, 1], signature[:, 0]))
    order = order[(degree[order] > 0) & (one.people[order] > 0) & counts[order]]
    starts = run_starts(signature[order, 0], signature[order, 1])
    number = np.full(len(one.people), -1, dtype=np.int64)
    number[order[starts]] = np.arange(starts.sum())
    people = np.bincount(np.cumsum(starts) - 1, weights=one.people[order], minlength=int(starts.sum()))
    return number, people.astype(np.float64)
