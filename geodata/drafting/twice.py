"""Lists of a folder that hold the same units: a copy or an older edition would count all of them twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from geodata.codes import of_regency, regency_of
from geodata.drafting.guessed import Doubt
from geodata.errors import counted
from geodata.vocabulary.units import NAMED_ONCE, SAME_LIST_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geodata.drafting.guessed import Guess
    from geodata.drafting.rows import Unit, Village


def leave_out_twins(lists: Sequence[Guess], boundaries: Guess, code: str, name: str) -> None:
    """Mark the lists whose units all stand in another list of the folder, and those that share many with one.

    Of two equal lists the one with places counts, then the fuller one, then one of this kabupaten alone, then
    the first. None is left out of which a unit, or the places, would be lost, and what two lists do not tell,
    such as kinds, is no sign that they are equal. Units of one kind and name are the same where a kabupaten
    has a name once, and else in one village or at one point, as :func:`geodata.quality.inspect` has it.

    Parameters
    ----------
    lists
        Of facilities; ``twin_of`` and ``doubts`` of some are set.
    boundaries
        The map of villages, which tells codes from names.
    code, name
        Of the kabupaten.
    """
    where = _village_finder(boundaries.villages)
    # Where the kabupaten's name is not known, no row is of another.
    ours = {id(g): [u for u in g.units if _is_ours(u.village, code, name)] or list(g.units) for g in lists}
    of = {key: _keys(units, where) for key, units in ours.items()}
    order = {id(g): i for i, g in enumerate(lists)}

    def worth(guess: Guess) -> tuple[bool, int, bool, int, int]:
        units = ours[id(guess)]
        alone = len(units) == len(guess.units)
        return any(u.place for u in units), len(units), alone, len(guess.keys), -order[id(guess)]

    for pair in combinations(lists, 2):
        if any(g.twin_of for g in pair):
            continue
        common = max((mine & theirs).total() for mine, theirs in zip(*(of[id(g)] for g in pair), strict=True))
        sizes = {id(g): len(ours[id(g)]) for g in pair}
        if common < SAME_LIST_UNITS or 2 * common <= min(sizes.values()):
            continue
        inside = [g for g in pair if common == sizes[id(g)]]
        spare = min(inside or pair, key=worth)
        [kept] = [g for g in pair if g is not spare]
        said = f"{common:,} of its {counted(sizes[id(spare)], 'unit')} stand in {kept.title} too"
        placed = [any(u.place for u in ours[id(g)]) for g in (spare, kept)]
        if inside and placed != [True, False]:
            spare.twin_of = said
        else:
            doubt = f"{said}, with the same kind and name: take them out of one of the two"
            spare.doubts += (Doubt("twice", doubt),)


def _is_ours(village: Village, code: str, name: str) -> bool:
    """Return whether a row may be one of this kabupaten, by the code of its village or what it names."""
    if village.code:
        return regency_of(village.code) == code
    return not village.regency or of_regency(village.regency, code, name)


def _village_finder(villages: Sequence[Village]) -> Callable[[Village], int | None]:
    """Return what finds a village of the map (its row) by its code, or by a name that only it has."""
    codes = {one.code: i for i, one in enumerate(villages) if one.code}
    names: dict[tuple[str, str], set[int]] = defaultdict(set)
    for i, one in enumerate(villages):
        for district in {"", one.district}:
            names[one.name, district].add(i)

    def find(village: Village) -> int | None:
        if village.code in codes:
            return codes[village.code]
        found = names.get((village.name, village.district), set()) if village.name else set()
        return next(iter(found)) if len(found) == 1 else None

    return find


def _keys(
    units: Sequence[Unit], where: Callable[[Village], int | None]
) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Return how often each unit stands in a list: by its village, and by its point."""
    by_village: Counter[tuple[str, ...]] = Counter()
    by_point: Counter[tuple[str, ...]] = Counter()
    for unit in units:
        if not unit.key or not unit.kind:
            continue
        if unit.kind in NAMED_ONCE:
            by_village[unit.kind, unit.key] += 1
            by_point[unit.kind, unit.key] += 1
            continue
        village = where(unit.village)
        if village is not None:
            by_village[unit.kind, unit.key, str(village)] += 1
        if unit.place:
            by_point[unit.kind, unit.key, unit.place] += 1
    return by_village, by_point
