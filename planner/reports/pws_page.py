"""The PWS sheets as one HTML file, a printable page a village, each with a small map drawn in it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from jinja2 import Environment

from geodata.vocabulary.statuses import FacilityStatus, YesNo
from planner.ilp.visits import VisitStatus
from planner.reports.maps.page import KIND_COLORS
from planner.reports.pws import pws_table
from planner.texts.catalogues import ilp_texts
from planner.texts.formatter import Formatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from planner.ilp.model import Ilp

WIDTH, HEIGHT, MARGIN = 400, 300, 0.12


def write_pws(ilp: Ilp, path: Path, *, lang: str = "id", only: Sequence[str] | None = None) -> None:
    """Write the sheets of all villages (or of some) as one HTML file that needs nothing else.

    Parameters
    ----------
    ilp
        The answers.
    path
        The file; one that is there is written over.
    lang
        ``id`` or ``en``.
    only
        Villages' codes; all when None.

    Raises
    ------
    KeyError
        Another language, or a code that is not of the area.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "pws.html")
    ...     write_pws(Ilp(find_gaps(demo_layers(12))), file, only=["99.01.01.1001"])
    ...     "Sukarekaan" in file.read_text("utf-8")
    True
    """
    path.write_text(pws_html(ilp, lang=lang, only=only), "utf-8")


def pws_html(
    ilp: Ilp,
    *,
    lang: str = "id",
    only: Sequence[str] | None = None,
    may_go_on: Callable[[], None] = lambda: None,
) -> str:
    """Return the sheets as an HTML document, a page a village; every text from a file is escaped.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``.
    only
        Villages' codes; all when None.
    may_go_on
        Called before each page; may raise, so that work nobody waits for any longer ends.

    Raises
    ------
    KeyError
        Another language, or a code that is not of the area.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> page = pws_html(Ilp(find_gaps(demo_layers(12))), lang="en", only=["99.01.01.1001"])
    >>> "Sukarekaan" in page, "Sukakhayal" in page
    (True, False)
    """
    texts = ilp_texts()[lang]
    table = pws_table(ilp, lang)
    codes = list(table.index if only is None else only)
    sketch = _Sketch(ilp)
    write = Formatter(lang, words={"unknown": texts["unknown"], "unreachable": texts["unreachable"]})
    pages = []
    for code in codes:
        may_go_on()
        pages.append(_page(ilp, table.loc[code], code, texts, write, sketch))

    def t_of(kind: str) -> str:
        return texts.get(f"unit_{kind}", kind)

    template = Environment(autoescape=True).from_string(
        files("planner").joinpath("data/pws.html").read_text("utf-8")
    )
    scenario, layers = ilp.gaps.scenario, ilp.gaps.layers
    sources = "; ".join(dict.fromkeys(s.source or s.file for s in layers.sources))
    standard = f"{scenario.standard_name} {scenario.standard_version} ({scenario.standard_source})"
    return template.render(
        lang=lang, t=texts, area=f"{layers.area.name} ({layers.area.code})", pages=pages, standard=standard,
        sources=sources, legend=[(t_of(k), KIND_COLORS.get(k, ("#666666", 5))[0]) for k in ilp.kinds],
    )  # fmt: skip


def _page(
    ilp: Ilp, row: pd.Series[Any], code: str, t: dict[str, str], write: Formatter, sketch: _Sketch
) -> dict[str, Any]:
    kinds = [_kind(ilp, row, code, kind, t, write) for kind in ilp.kinds]
    groups = [
        {
            "label": t.get(f"group_{g}", g),
            "people": write.number(one["people"]),
            "origin": t[f"pws_{one['from']}"],
        }
        for g in ilp.gaps.scenario.groups
        for one in [ilp.groups.loc[(code, g)]]
    ]
    gaps, not_known = (
        ", ".join(t.get(f"unit_{k}", k) for k in str(row[name]).split()) for name in ("gaps", "not_known")
    )
    return {
        "code": code, "name": row["village_name"], "district": row["district_name"] or code[:8],
        "people": write.number(row["people"]), "groups": groups, "kinds": kinds,
        "puskesmas": row["puskesmas"] or t["how_none"], "how": t[f"how_{row['working_area_how']}"],
        "referral": _referral(ilp, code, t, write), "visits": _visits(ilp, code, t, write),
        "remote": t[str(ilp.remote.loc[code, "remote"])], "map": sketch.draw(code),
        "gaps": gaps, "not_known": not_known,
        "next": row["next_action"],
    }  # fmt: skip


def _kind(
    ilp: Ilp, row: pd.Series[Any], code: str, kind: str, t: dict[str, str], write: Formatter
) -> dict[str, str]:
    answers = ilp.answers[kind].loc[code]
    label = t.get(f"unit_{kind}", kind)
    return {
        "label": label[0].upper() + label[1:], "present": t[answers["present"]],
        "dry": t[answers["reachable_dry"]], "wet": t[answers["reachable_wet"]],
        "functioning": t[answers["functioning"]], "minutes": write.number(row[f"{kind}_minutes"], 1),
        "unit": row[f"{kind}_unit"], "state": t[f"class_{answers['class']}"], "reason": row[f"{kind}_reason"],
    }  # fmt: skip


def _referral(ilp: Ilp, code: str, t: dict[str, str], write: Formatter) -> str:
    one = ilp.referral.loc[(code, "standard")]
    text = write.number(one["minutes"], 1)
    if np.isfinite(one["minutes"]):
        text += f" {t['pws_minutes_unit']}"
    if one["exceeds"] == YesNo.YES:
        text += f" ({t['pws_over']})"
    if one["levels_unknown"]:
        missing = ", ".join(t.get(f"unit_{k}", k) for k in one["levels_unknown"].split())
        text += f"; {t['unknown']}: {missing}"
    return text


def _visits(ilp: Ilp, code: str, t: dict[str, str], write: Formatter) -> str:
    one = ilp.visits.villages.loc[code]
    if one["status"] == VisitStatus.UNKNOWN:
        return t["unknown"]
    if one["status"] == VisitStatus.NONE:
        return t["pws_visits_none"]
    return t["pws_families"].format(
        families=write.number(one["families"]), visits=write.number(one["visits_month"], 1),
        rounds=write.number(one["rounds_month"], 1),
    )  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """How metres become units of the drawing."""

    west: float
    north: float
    per_m: float

    def path(self, line: shapely.Geometry) -> str:
        xy = shapely.get_coordinates(line)
        x, y = (xy[:, 0] - self.west) * self.per_m, (self.north - xy[:, 1]) * self.per_m
        return "M" + "L".join(f"{a:.0f} {b:.0f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


class _Sketch:
    """Draws villages with their roads and units."""

    def __init__(self, ilp: Ilp) -> None:
        layers = ilp.gaps.layers
        self.villages = layers.villages.geometry
        self.roads: NDArray[np.object_] = (
            np.empty(0, dtype=object)
            if layers.roads is None
            else np.asarray(layers.roads.geometry, dtype=object)
        )
        self.tree = shapely.STRtree(self.roads)
        self.around = shapely.STRtree(self.villages.to_numpy())
        rows = layers.facilities
        rows = rows[(rows["status"] == FacilityStatus.USED) & rows["kind"].isin(ilp.kinds)]
        self.units = rows
        self.points = shapely.STRtree(rows.geometry.to_numpy())

    def draw(self, code: str) -> str:
        """Return an SVG: the village, its neighbours, roads and units in the frame."""
        shape = self.villages.loc[code]
        west, south, east, north = shape.bounds
        wide = max((east - west), (north - south) * WIDTH / HEIGHT) * (1 + 2 * MARGIN)
        tall = wide * HEIGHT / WIDTH
        x, y = (west + east) / 2, (south + north) / 2
        frame = _Frame(x - wide / 2, y + tall / 2, WIDTH / wide)
        box = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
        fine = wide / WIDTH
        near = self.villages.iloc[np.sort(self.around.query(box))]
        others = [_outline(g, frame, fine) for c, g in near.items() if c != code]
        roads = shapely.clip_by_rect(self.roads[np.sort(self.tree.query(box))], *box.bounds)
        lines = shapely.get_parts(shapely.simplify(roads, fine))
        ways = "".join(frame.path(line) for line in lines if len(shapely.get_coordinates(line)) > 1)
        dots = [self._dot(i, frame) for i in np.sort(self.points.query(box)).tolist()]
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(code)}">'
            f'<path d="{"".join(others)}" fill="none" stroke="#bbb"/>'
            f'<path d="{_outline(shape, frame, fine)}" fill="#e7eef7" stroke="#0b3a6b" stroke-width="2"/>'
            f'<path d="{ways}" fill="none" stroke="#8a7c66" stroke-width="1"/>{"".join(dots)}</svg>'
        )

    def _dot(self, i: int, frame: _Frame) -> str:
        row = self.units.iloc[i]
        x, y = (row.geometry.x - frame.west) * frame.per_m, (frame.north - row.geometry.y) * frame.per_m
        color, _ = KIND_COLORS.get(row["kind"], ("#666666", 5))
        return (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5" fill="{color}" stroke="#fff">'
            f"<title>{escape(row['name'])}</title></circle>"
        )


def _outline(shape: shapely.Geometry, frame: _Frame, fine_m: float) -> str:
    rings = [r for part in shapely.get_parts(shape) for r in (part.exterior, *part.interiors)]
    return "".join(frame.path(shapely.simplify(r, fine_m)) + "Z" for r in rings)
