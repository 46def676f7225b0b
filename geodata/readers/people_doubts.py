"""Findings about people from a raster: what it lacks, what is strange, where given numbers say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import counted
from geodata.files import limits
from geodata.layers import Finding, Severity
from geodata.readers.raster_cells import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from geodata.areafile import PeopleRaster
    from geodata.readers.people_raster import RasterPeople

# A village of which more than this lies outside the raster has a number of people that misleads.
MISSING_SHARE = 0.05
# Jakarta Pusat has some 20,000 people per km²; the emptiest kabupaten have between one and two.
SPARSEST_PER_KM2, DENSEST_PER_KM2 = 1.0, 30_000.0
# Kabupaten Bogor has the most people of all, 5.7 million (2023).
MOST_PEOPLE = 7e6
# So many cells with the largest value of the raster's type are no chance.
TOP_CELLS = 2
# Raster and given numbers differ: of all people by this share; of a village by this factor, and so many.
TOTAL_SHARE = 0.1
VILLAGE_FACTOR = 2.0
LEAST_PEOPLE = 100.0
# For pictures of maps: whoever brought a raster to it has resampled it.
WEB_MERCATOR = 3857


def raster_findings(found: RasterPeople, source: PeopleRaster) -> tuple[Finding, ...]:
    """Return what is doubtful in a raster of people by itself.

    Parameters
    ----------
    found
        As from :func:`geodata.readers.people_raster.read_people_raster`.
    source
        What AREA.yml says of it.
    """
    return (*_of_file(found, source), *_of_numbers(found), *_of_villages(found), *_of_outline(found))


def difference_findings(found: RasterPeople) -> tuple[Finding, ...]:
    """Return where the given numbers of people and the raster's sums differ; the given ones count."""
    people, summed = found.villages["people"], found.people
    both = people.notna() & summed.notna()
    mine, its = float(people[both].sum()), float(summed[both].sum())
    findings = []
    if abs(its - mine) > TOTAL_SHARE * mine:
        findings.append(_one(
            "raster_total_differs", "warning", 1, (),
            f"in the {counted(int(both.sum()), 'village')} known to both the raster has {its:,.0f} people; "
            f"{mine:,.0f} are given, which count",
            "compare their years; if the raster holds people per km², write unit: people_per_km2 with it",
        ))  # fmt: skip
    more, less = np.maximum(people, summed), np.minimum(people, summed)
    off = (both & (more > VILLAGE_FACTOR * less) & (more - less >= LEAST_PEOPLE)).to_numpy()
    apart = (more / less.clip(lower=1.0)).to_numpy()
    worst = found.villages.index[off][np.argsort(-apart[off], kind="stable")]
    findings += _some(
        "raster_differs", "warning",
        [f"{c} (given {people[c]:,.0f}, raster {summed[c]:,.0f})" for c in worst],
        f"villages where the raster and the given number differ by more than a factor of {VILLAGE_FACTOR:g}; "
        "the given one counts",
        "compare the number, the outline and the raster there",
    )  # fmt: skip
    lacking = people.isna() & (summed > 0)
    findings += _some(
        "raster_not_counted", "info", found.villages.index[lacking],
        f"villages without a given number, where the raster has {summed[lacking].sum():,.0f} people: "
        "they stay unknown",
        "give their numbers in the population table",
    )  # fmt: skip
    return tuple(findings)


def places_findings(found: RasterPeople, villages: pd.DataFrame, cells_a_side: int) -> tuple[Finding, ...]:
    """Return which villages the raster places nobody in, and whether its cells were brought together.

    Parameters
    ----------
    villages
        With the people that count.
    cells_a_side
        As from :func:`geodata.readers.people_raster.people_points`.
    """
    together = () if cells_a_side == 1 else (_one(
        "raster_cells_together", "info", cells_a_side, (),
        f"the raster has people in more than {limits.PEOPLE_POINTS:,} cells: those of {cells_a_side} by "
        f"{cells_a_side} are put at one place of each village",
        "none needed: in demand they stand even further apart",
    ),)  # fmt: skip
    nobody = (villages["people"] > 0) & ~(found.people > 0)
    return (
        *together,
        *_some(
            "raster_without_people", "warning", villages.index[nobody],
            "villages with people of whom the raster has none: they are placed as without a raster",
            "compare the outline and the raster there",
        ),
        *_some(
            "cell_larger_than_village", "warning", villages.index[found.smaller],
            "villages smaller than a cell: the raster cannot say where in them people live, so they are put "
            "where they would be without it; its number of them is by share of area",
            "give a raster with smaller cells, or hamlets:",
        ),
    )  # fmt: skip


def _of_file(found: RasterPeople, source: PeopleRaster) -> Iterator[Finding]:
    file, crs = source.path.name, found.cells.crs
    if found.own_crs is not None and not found.own_crs.equals(crs, ignore_axis_order=True):
        yield _one(
            "raster_crs", "warning", 1, (file,),
            f"the raster's own CRS is {found.own_crs.name}; {crs.name}, as AREA.yml says, counts",
            "take crs: out, unless the raster is wrong",
        )  # fmt: skip
    if crs.to_epsg() == WEB_MERCATOR:
        yield _one(
            "raster_resampled", "warning", 1, (file,),
            "the raster lies in the CRS of web maps: who brought it there has resampled it, which does not "
            "keep people's number",
            "give the raster as it was published",
        )  # fmt: skip
    if source.band is None and found.bands > 1:
        yield _one(
            "raster_bands", "info", found.bands, (file,),
            f"the raster has {found.bands} bands; the first counts", "name another with band:",
        )  # fmt: skip
    if (found.scale, found.offset) != (1.0, 0.0):
        yield _one(
            "raster_scaled", "info", 1, (file,),
            f"the raster's numbers are those stored × {found.scale:g} + {found.offset:g}, as it says itself",
            "none needed",
        )  # fmt: skip


def _of_numbers(found: RasterPeople) -> Iterator[Finding]:
    cells = found.cells
    below = cells.value < 0
    if below.any():
        of = np.flatnonzero(below)
        _, once = np.unique(np.stack([cells.row[of], cells.column[of]]), axis=1, return_index=True)
        value = cells.value[of][once]
        codes = dict.fromkeys(found.villages.index[cells.polygon[of]])
        yield _one(
            "raster_negative", "warning", len(value), tuple(codes)[:5],
            f"cells below 0 count as nothing: {value.sum():,.6g} in all, the lowest {value.min():,.6g}",
            "if it stands for no value, let the raster say so (gdal_edit -a_nodata)",
        )  # fmt: skip
    yield from _top_value(found)
    km2 = found.villages.area.to_numpy()[found.people.notna()].sum() / 1e6
    people = float(found.people.sum())
    if km2 and (people > MOST_PEOPLE or not SPARSEST_PER_KM2 <= people / km2 <= DENSEST_PER_KM2):
        # Too few may be a part of the people; too many can be nobody's.
        yield _one(
            "raster_implausible", "warning" if people < km2 else "error", 1, (),
            f"the raster has {people:,.0f} people on {km2:,.0f} km²: no kabupaten or kota has so "
            f"{'few' if people < km2 else 'many'}",
            "check that it holds people in each cell; if per km², write unit: people_per_km2 with it",
        )  # fmt: skip


def _top_value(found: RasterPeople) -> Iterator[Finding]:
    """Give cells that hold the largest value of their type: it mostly stands for "no value", undeclared."""
    cells = found.cells
    of = np.flatnonzero(cells.value == found.top)
    count = len(np.unique(np.stack([cells.row[of], cells.column[of]]), axis=1).T)
    if count < TOP_CELLS:
        return
    codes = dict.fromkeys(found.villages.index[cells.polygon[of]])
    yield _one(
        "raster_top_value", "error", count, tuple(codes)[:5],
        f"cells hold {found.top:,.6g}, the largest number that the raster can store, and count as so many "
        "people: it mostly stands for no value, or for more than fits",
        "if it stands for no value, let the raster say so (gdal_edit -a_nodata); else give one that holds "
        "larger numbers",
    )  # fmt: skip


def _of_villages(found: RasterPeople) -> Iterator[Finding]:
    codes, outside = found.villages.index, found.outside
    unknown = found.people.isna().to_numpy()
    yield from _some(
        "raster_unknown", "warning", codes[unknown],
        "villages of which the raster has no number at all: how many people it would have there is unknown",
        "give a raster that covers them, or their numbers in a table",
    )  # fmt: skip
    yield from _shares(
        "raster_partly", "error" if (outside[~unknown] > MISSING_SHARE).any() else "warning", codes,
        np.where(unknown, 0.0, outside),
        "villages that lie partly outside the raster: its people are those of the other part",
        "give a raster that covers them",
    )  # fmt: skip
    yield from _shares(
        "raster_no_value", "warning", codes, np.where(unknown, 0.0, found.empty),
        "villages with cells that have no value: nobody is counted there",
        "none needed where the raster leaves empty land out; else give one without holes",
    )  # fmt: skip


def _of_outline(found: RasterPeople) -> Iterator[Finding]:
    """Give the people of cells at the outline of the area, who are outside."""
    cells = found.cells
    cut = np.flatnonzero((cells.covered < 1) & np.isfinite(found.of_cells))
    place = np.stack([cells.row[cut], cells.column[cut]])
    _, first, cell = np.unique(place, axis=1, return_index=True, return_inverse=True)
    share = np.bincount(cell.ravel(), weights=cells.share[cut])
    # A part of a cell has its share of the cell's people, also where the raster holds people per km².
    whole = found.of_cells[cut][first] / cells.share[cut][first]
    out = float((whole * np.clip(1 - share, 0, None)).sum())
    if out >= 1:
        yield _one(
            "raster_outside", "info", int((share < 1 - ROUNDING).sum()), (),
            f"cells only partly in villages: {out:,.0f} of their people are in none, by share of area",
            "none needed",
        )  # fmt: skip


def _shares(
    rule: str, severity: Severity, codes: pd.Index, share: NDArray[np.float64], message: str, action: str
) -> Iterator[Finding]:
    """Give a finding about villages with a share of their area, the largest first."""
    order = np.argsort(-share, kind="stable")
    said = [f"{codes[i]} ({share[i]:.1%})" for i in order if share[i] > 0]
    yield from _some(rule, severity, said, message, action)


def _some(
    rule: str, severity: Severity, ids: Iterable[Any], message: str, action: str
) -> tuple[Finding, ...]:
    listed = [str(i) for i in ids]
    return (_one(rule, severity, len(listed), tuple(listed[:5]), message, action),) if listed else ()


def _one(
    rule: str, severity: Severity, count: int, ids: tuple[str, ...], message: str, action: str
) -> Finding:
    return Finding(severity, "population", rule, count, ids, message, action)
