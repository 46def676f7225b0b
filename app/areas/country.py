"""A country as `jangkau nation` left it: its totals, provinces and kabupaten, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.areas.places import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.nation.results import Results

# What an address calls it, where areas have their codes.
CODE = "nation"
# From so many provinces on it is called by the country's name.
MOST_OF_INDONESIA = 30
MOST_NAMED = 2


@dataclass(frozen=True)
class Country:
    """What is served of a country.

    Attributes
    ----------
    overview
        What ``map.json`` of the results holds.
    tiles
        The villages as vector tiles.
    """

    overview: Mapping[str, Any]
    tiles: Path

    @classmethod
    def of(cls, results: Results) -> Country:
        """Return the country of some results."""
        return cls(results.overview, results.tiles)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the standard."""
        return list(self.overview["kinds"])

    @property
    def seasons(self) -> list[str]:
        """The seasons that differ, the scenario's own first."""
        return list(self.overview["seasons"])

    def answer(self, kind: str, season: str) -> str:
        """Return what the figures of a kind in a season are called in a row's ``kinds``."""
        return kind if season == self.seasons[0] else f"{kind}_{season}"

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Provinces and kabupaten by code; the country itself has none ("")."""
        rows = [self.overview["country"], *self.overview["provinces"], *self.overview["regencies"]]
        return {str(row["code"]): row for row in rows}

    def province(self, code: str) -> str:
        """Return the name of the province of a kabupaten, or of itself."""
        found = self.rows.get(code[:2])
        return code[:2] if found is None else str(found["name"])

    @property
    def names(self) -> list[str]:
        """The names of its provinces."""
        return [str(row["name"]) for row in self.overview["provinces"]]

    def search(self, query: str, *, most: int) -> list[dict[str, Any]]:
        """Return the provinces and kabupaten that a name or code means, provinces first.

        Parameters
        ----------
        query
            A code or its beginning, or words of a name, in any spelling of letters.
        most
            So many of them at most.
        """
        words, code = plain(query).split(), query.strip()
        if not words:
            return []
        found = [
            row for key, row in self.rows.items()
            if key and (key.startswith(code) or all(word in plain(str(row["name"])) for word in words))
        ]  # fmt: skip
        return found[:most]
