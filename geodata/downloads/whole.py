"""Whether the villages of a source are all that a kabupaten has, as far as the source itself tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.codes import district_of
from geodata.crs import WGS84
from geodata.errors import counted
from geodata.layers import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

# What of a kabupaten lies in no village counts as a hole where it is so wide: this share of the side of its
# middle village. Outlines of two levels differ by slivers; in nine kabupaten none was as wide, and of their
# villages taken out one by one seven in eight left such a hole.
WIDE = 0.2
# So great a share of a kabupaten in holes is no lake, and no forest.
MUCH = 0.1


def missing_villages(
    villages: gpd.GeoDataFrame, outline: shapely.Geometry | None, districts: Iterable[str] | None
) -> list[Finding]:
    """Return findings where a kabupaten has more than a source's villages.

    Parameters
    ----------
    villages
        Their outlines, with their codes under ``kode``.
    outline
        That of the kabupaten, in the CRS of ``villages``; None where it is not known.
    districts
        The codes of its kecamatan; None where they are not known.

    Examples
    --------
    >>> two = gpd.GeoDataFrame(
    ...     {"kode": ["11.72.01.2001", "11.72.01.2003"]},
    ...     geometry=[shapely.box(95.30, 5.8, 95.32, 5.82), shapely.box(95.34, 5.8, 95.36, 5.82)],
    ...     crs="EPSG:4326",
    ... )
    >>> for finding in missing_villages(two, shapely.box(95.30, 5.8, 95.36, 5.82), ["11.72.01", "11.72.02"]):
    ...     print(finding.severity, finding.rule, finding.ids)
    error districts_without_village ('11.72.02',)
    error ground_without_village ('95.330, 5.810 (5 km²)',)
    """
    found = []
    there = {district_of(code) for code in villages["kode"]}
    empty = sorted(set(districts or ()) - there)
    if empty:
        found.append(_finding(
            "error", "districts_without_village", len(empty), empty[:5],
            f"kecamatan have no village among the {len(villages)} of the source",
        ))  # fmt: skip
    if outline is not None:
        return found + _holes(villages, outline)
    if districts is None:
        numbers = _numbers_left_out(list(villages["kode"]))
        found.append(_finding(
            "info", "villages_uncounted", len(numbers), numbers[:5],
            f"nothing here tells how many villages there are; the source has {len(villages)}, and numbers "
            "between theirs belong to none of them",
        ))  # fmt: skip
    return found


def _holes(villages: gpd.GeoDataFrame, outline: shapely.Geometry) -> list[Finding]:
    """Return the finding about parts of a kabupaten that lie in no village, wider than slivers."""
    metric = villages.to_crs(villages.estimate_utm_crs())
    shapes = shapely.make_valid(metric.geometry.to_numpy())
    whole = gpd.GeoSeries([outline], crs=villages.crs).to_crs(metric.crs).make_valid().iloc[0]
    wide_m = WIDE * float(np.sqrt(np.median(shapely.area(shapes))))
    cores = shapely.buffer(shapely.difference(whole, shapely.union_all(shapes)), -wide_m)
    parts = shapely.get_parts(cores)
    holes = shapely.buffer(parts[~shapely.is_empty(parts)], wide_m)
    holes = holes[np.argsort(-shapely.area(holes), kind="stable")]
    if len(holes) == 0:
        return []
    share = float(shapely.area(holes).sum() / shapely.area(whole))
    middles = gpd.GeoSeries(shapely.point_on_surface(holes), crs=metric.crs).to_crs(WGS84)
    shown = [
        f"{p.x:.3f}, {p.y:.3f} ({shapely.area(hole) / 1e6:,.0f} km²)"
        for p, hole in zip(middles, holes, strict=True)
    ]
    said = counted(len(holes), "part of the kabupaten lies", "parts of the kabupaten lie")
    return [_finding(
        "error" if share > MUCH else "warning", "ground_without_village", len(holes), shown[:5],
        f"{said} in none of the source's {len(villages)} villages, {share:.0%} of its ground (lon, lat)",
    )]  # fmt: skip


def _numbers_left_out(codes: list[str]) -> list[str]:
    """Return the codes between a kecamatan's that no village has; desa and kelurahan are counted apart.

    Examples
    --------
    >>> _numbers_left_out(["11.72.01.1001", "11.72.01.2001", "11.72.01.2004"])
    ['11.72.01.2002', '11.72.01.2003']
    """
    out = []
    for series in sorted({code[:-3] for code in codes}):
        numbers = {int(code[-3:]) for code in codes if code[:-3] == series}
        out += [f"{series}{n:03}" for n in range(1, max(numbers)) if n not in numbers]
    return out


def _finding(severity: Severity, rule: str, count: int, ids: list[str], message: str) -> Finding:
    action = "compare with the list of villages; the download may be cut off: fetch again, or from a --mirror"
    return Finding(severity, "villages", rule, count, tuple(ids), message, action)
