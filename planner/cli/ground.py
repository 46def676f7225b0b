"""What the commands of siting ask alike: what can be done and where, and which files that came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from planner.cli.asked import add_scenario, records

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    import geopandas as gpd

    from geodata.layers import SourceRecord
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import Measures

# Options that name files, by the name that run.json gives them.
GROUND_FILES = ("scenario", "measures", "places", "exclude", "schools", "offices", "site_rules")


class SitingGround(NamedTuple):
    """What can be done, where new units may be and may not, and what is known of the ground."""

    measures: Measures
    places: gpd.GeoDataFrame | None
    exclude: gpd.GeoDataFrame | None
    facts: SiteFacts


def add_ground(parser: argparse.ArgumentParser) -> None:
    """Add what can be done, and where."""
    add_scenario(parser)
    parser.add_argument("--measures", type=Path, metavar="M.yml", help="what can be done, and what it costs")
    parser.add_argument("--places", type=Path, metavar="FILE", help="candidate places for new units (points)")
    parser.add_argument(
        "--at",
        nargs="+",
        choices=("people", "settlements", "roads", "schools", "offices"),
        help="where new units may be, in place of what the measures say",
    )
    for name, what in (("schools", "schools"), ("offices", "village offices")):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"{what}: an OpenStreetMap file, or a list"
        )
    parser.add_argument(
        "--site-rules", type=Path, metavar="FILE", help="hazards and what public transport serves (polygons)"
    )
    parser.add_argument(
        "--keep-in-hazard", action="store_true", help="name the hazard that a place is in, and let it be"
    )
    parser.add_argument("--exclude", type=Path, metavar="FILE", help="areas without new units (polygons)")


def read_ground(options: argparse.Namespace) -> SitingGround:
    """Return what :func:`add_ground` asked for.

    Raises
    ------
    InputError
        A file cannot be read, or options that do not go together.
    """
    from geodata.readers.places import read_areas, read_places

    return SitingGround(
        _measures(options),
        None if options.places is None else read_places(options.places),
        None if options.exclude is None else read_areas(options.exclude),
        _facts(options),
    )


def _measures(options: argparse.Namespace) -> Measures:
    from geodata.errors import ConfigError
    from planner.pipeline import read_measures
    from planner.siting.measures import At, default_measures

    if options.at is not None and options.places is not None:
        msg = "--places takes the place of all other candidates: leave --at out"
        raise ConfigError(msg)
    measures = default_measures() if options.measures is None else read_measures(options.measures)
    return measures if options.at is None else measures.with_new_at([At(word) for word in options.at])


def _facts(options: argparse.Namespace) -> SiteFacts:
    from geodata.readers.places import read_landmarks, read_site_rules
    from planner.siting.ground.rules import SiteFacts
    from planner.siting.measures import At

    landmarks = {}
    if options.schools is not None:
        landmarks[At.SCHOOLS] = read_landmarks(options.schools, "schools")
    if options.offices is not None:
        landmarks[At.OFFICES] = read_landmarks(options.offices, "offices")
    rules = None if options.site_rules is None else read_site_rules(options.site_rules)
    return SiteFacts(landmarks, rules, options.keep_in_hazard)


def inputs_of(options: argparse.Namespace, more: Iterable[str] = ()) -> list[SourceRecord]:
    """Return the files beside the workspace that a plan depends on.

    Parameters
    ----------
    more
        Options that name files besides those of :func:`add_ground`.
    """
    named = [(name, getattr(options, name)) for name in (*more, *GROUND_FILES)]
    return records(named)
