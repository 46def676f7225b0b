"""Site rules (Permenkes 43/2019): places in a hazard, places not served, and what nobody checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import ConfigError
from geodata.vocabulary.site_rules import SiteRule
from planner.siting.measures import NEW, At

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.layers import Layers

EXCLUDED_AREA = "excluded_area"


@dataclass(frozen=True)
class SiteFacts:
    """What is known of places besides a study area's layers.

    Attributes
    ----------
    landmarks
        Points (any CRS, column ``name``) of schools and of village offices.
    site_rules
        Polygons (any CRS) with a column ``rule``: see :class:`geodata.vocabulary.site_rules.SiteRule`.
        A rule without a polygon is not checked.
    keep_in_hazard
        Places in a hazard are named, and stay candidates.

    Examples
    --------
    >>> SiteFacts().keep_in_hazard
    False
    """

    landmarks: Mapping[At, gpd.GeoDataFrame] = field(default_factory=dict)
    site_rules: gpd.GeoDataFrame | None = None
    keep_in_hazard: bool = False


def held_against_rules(
    places: gpd.GeoDataFrame, layers: Layers, site_rules: gpd.GeoDataFrame | None
) -> dict[SiteRule, NDArray[np.bool_] | None]:
    """Return for each rule which places it concerns; None where no layer says.

    Parameters
    ----------
    places
        Points (the area's CRS).
    layers
        A study area: its floods are a layer of the rule ``flood``.
    site_rules
        See :class:`SiteFacts`.

    Returns
    -------
    concerned
        bool ``(places,)``: in a hazard, or outside of every area that public transport serves.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from planner.pipeline import demo_layers
    >>> layers = demo_layers(12)
    >>> point = layers.villages.geometry.iloc[0].representative_point()
    >>> place = gpd.GeoDataFrame(geometry=[point], crs=layers.area.crs)
    >>> slope = gpd.GeoDataFrame({"rule": ["landslide"]}, geometry=place.buffer(10.0), crs=layers.area.crs)
    >>> held = held_against_rules(place, layers, slope)
    >>> bool(held[SiteRule.LANDSLIDE][0]), held[SiteRule.CLIFF] is None
    (True, True)
    """
    polygons: dict[SiteRule, list[object]] = {rule: [] for rule in SiteRule}
    if site_rules is not None:
        near = site_rules.to_crs(places.crs)
        for rule, shape in zip(near["rule"], near.geometry, strict=True):
            polygons[SiteRule(rule)].append(shape)
    if layers.floods is not None:
        polygons[SiteRule.FLOOD].extend(layers.floods.geometry)
    held: dict[SiteRule, NDArray[np.bool_] | None] = {}
    for rule, shapes in polygons.items():
        touches = inside(places, np.asarray(shapes, dtype=object)) if shapes else None
        served = rule is SiteRule.PUBLIC_TRANSPORT
        held[rule] = ~touches if touches is not None and served else touches
    return held


def inside(places: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which places lie in any of some shapes, their edges included.

    Parameters
    ----------
    places
        Points or other shapes, in any CRS.
    shapes
        object ``(shapes,)``, in the same CRS.

    Returns
    -------
    inside
        bool ``(places,)``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> places = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), shapely.Point(3, 1)])
    >>> inside(places, np.array([shapely.box(0, 0, 1, 1)])).tolist()
    [True, False]
    """
    found = np.zeros(len(places), dtype=bool)
    found[np.unique(places.sindex.query(shapes, predicate="intersects")[1])] = True
    return found


def in_words(held: Mapping[SiteRule, NDArray[np.bool_] | None], count: int) -> list[str]:
    """Return for each place the rules that concern it, and those that nobody could check.

    Parameters
    ----------
    held
        By rule bool ``(places,)``, whom it concerns; None where nobody could check.
    count
        How many places there are.

    Examples
    --------
    >>> flood, transport = np.array([True, False]), np.array([False, True])
    >>> in_words({SiteRule.FLOOD: flood, SiteRule.PUBLIC_TRANSPORT: transport}, 2)
    ['in flood', 'no public_transport']
    >>> in_words({SiteRule.CLIFF: None, SiteRule.FLOOD: np.array([True])}, 1)
    ['in flood; not checked: cliff']
    """
    unchecked = ", ".join(rule for rule, concerned in held.items() if concerned is None)
    last = [f"not checked: {unchecked}"] if unchecked else []
    known = {rule: concerned for rule, concerned in held.items() if concerned is not None}
    said = {rule: f"no {rule}" if rule is SiteRule.PUBLIC_TRANSPORT else f"in {rule}" for rule in known}
    return ["; ".join([said[rule] for rule in known if known[rule][i]] + last) for i in range(count)]


def with_rules(
    candidates: gpd.GeoDataFrame, layers: Layers, facts: SiteFacts, exclude: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the candidates that may be, each with the rules that concern it.

    Units stand where they stand: rules are named on them, and exclude new places only. That a place is not
    served by public transport excludes nothing.

    Parameters
    ----------
    candidates
        With ``op``; Points (the area's CRS).
    layers
        See :func:`held_against_rules`.
    facts
        The site rules, and whether places in a hazard stay.
    exclude
        Polygons (the area's CRS) without anything new.

    Returns
    -------
    candidates
        With ``site_rules`` (text: see :func:`in_words`); ``attrs["excluded"]`` says how many new places lie
        in an excluded area and in each hazard, by name; one in several counts in each.

    Examples
    --------
    >>> from planner.pipeline import Study, demo_layers, site, Ask
    >>> plan = site(Study(demo_layers(12)), "posyandu", Ask(units=1))
    >>> plan.candidates["site_rules"].iloc[0], plan.candidates.attrs["excluded"]
    ('not checked: cliff, landslide, river_bank, flood, public_transport', {})
    """
    held = held_against_rules(candidates, layers, facts.site_rules)
    new = candidates["op"].isin(NEW).to_numpy()
    out: dict[str, NDArray[np.bool_]] = {}
    if exclude is not None:
        out[EXCLUDED_AREA] = new & inside(candidates, exclude.geometry.to_numpy())
        if not shapely.intersects(shapely.box(*layers.villages.total_bounds), exclude.geometry).any():
            msg = f"the excluded areas lie outside of {layers.area.name}: check their coordinates and CRS"
            raise ConfigError(msg)
    hazards = [one for rule, one in held.items() if rule is not SiteRule.PUBLIC_TRANSPORT]
    if facts.keep_in_hazard and all(one is None for one in hazards):
        msg = (
            "no hazard is known in which a place could be kept: give hazards with --site-rules "
            "(site_rules), or leave --keep-in-hazard (keep_in_hazard) out"
        )
        raise ConfigError(msg)
    for rule, concerned in held.items():
        if concerned is not None and rule is not SiteRule.PUBLIC_TRANSPORT and not facts.keep_in_hazard:
            out[str(rule)] = new & concerned
    kept = ~np.logical_or.reduce([np.zeros(len(candidates), dtype=bool), *out.values()])
    found = candidates.assign(site_rules=in_words(held, len(candidates)))[kept]
    found.attrs["excluded"] = {name: int(gone.sum()) for name, gone in out.items() if gone.any()}
    return found


def require_rules(site_rules: gpd.GeoDataFrame) -> None:
    """Raise ConfigError for site rules without a column ``rule``, or with a word that is none.

    Raises
    ------
    ConfigError
        The message names the words.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> require_rules(gpd.GeoDataFrame({"rule": ["lava"]}, geometry=[shapely.box(0, 0, 1, 1)]))
    Traceback (most recent call last):
        ...
    geodata.errors.ConfigError: site rules: 'lava' is no rule; rules are cliff, landslide, ...
    """
    if "rule" not in site_rules:
        msg = f"site rules need a column rule, one of {', '.join(SiteRule)}"
        raise ConfigError(msg)
    for word in site_rules["rule"]:
        if word not in SiteRule.texts():
            msg = f"site rules: {word!r} is no rule; rules are {', '.join(SiteRule)}"
            raise ConfigError(msg)
