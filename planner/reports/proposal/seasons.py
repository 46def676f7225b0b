"""Which season's figures are known, and in what words: one meaning for all documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.reports.documents.model import text

if TYPE_CHECKING:
    from planner.reports.documents.model import Cell
    from planner.reports.proposal.source import Source
    from planner.scenarios.modes import Season


def share_in(source: Source, kind: str, season: Season) -> Cell:
    """Return the share of known people within the limit of a kind in a season, or that it is as in the dry.

    Parameters
    ----------
    source
        Of the area.
    kind
        The facility kind.
    season
        Of the share.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> source = source_of(Ilp(find_gaps(replace(demo_layers(12), roads=None))), lang="en")
    >>> share_in(source, "posyandu", "wet").text
    'as dry'
    """
    share = source.share(kind, season)
    # A standard may have another limit in the wet season: then its figure is another, though times are not.
    if source.is_as_dry(season) and share.known and share == source.share(kind, "dry"):
        return text(source.words.say("seasons.as_dry"))
    return share


def why_as_dry(source: Source) -> str:
    """Return why the wet season is counted as the dry one; "" where the data tell them apart.

    Parameters
    ----------
    source
        Of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> why_as_dry(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    ''
    """
    if source.seasons_told:
        return ""
    return source.words.say(f"seasons.why_{'straight' if source.gaps.network is None else 'roads'}")


def season_notes(source: Source) -> list[str]:
    """Return what a document has to say whose own figures are of the wet season but counted as dry.

    Parameters
    ----------
    source
        Of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> season_notes(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"))
    []
    """
    return [why_as_dry(source)] if source.is_as_dry(source.season) else []


def map_caption(source: Source, kind: str, *, with_plan: bool = False) -> str:
    """Return what stands below a map of a kind: its season too, where the data tell the two apart.

    Parameters
    ----------
    source
        Of the area.
    kind
        The facility kind.
    with_plan
        Whether the map has the places of the plan, where there is one that proposes something.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> from planner.reports.proposal.write import source_of
    >>> map_caption(source_of(Ilp(find_gaps(demo_layers(12))), lang="en"), "pustu")
    'Reach of pustu in the dry season by village'
    """
    words, plan = source.words, source.plan
    key = "background.map_caption"
    if with_plan and plan is not None and plan.size:
        key = "request.map_caption_roads" if plan.roads else "request.map_caption"
    season = words.on_map(f"season_{source.season}")
    said = f" {words.say('seasons.in_season', season=season)}" if source.seasons_told else ""
    return words.say(key, kind=words.kind(kind), in_season=said)
