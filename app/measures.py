"""What the map can show: each measure puts every village in one class of a legend."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.page import STATUS_COLORS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from app.texts import Texts

UNKNOWN_COLOR = STATUS_COLORS["unknown"]
UNREACHABLE_COLOR = "#4d4d4d"
# ColorBrewer YlGnBu and RdYlBu: told apart with any colour vision, and by lightness.
SEQUENCE = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
STATUSES = ("served", "partly", "gap", "unknown")
MINUTES = (15.0, 30.0, 60.0, 120.0)
SHARES = (0.25, 0.5, 0.75, 1.0)
PEOPLE = (1.0, 100.0, 500.0, 1000.0, 5000.0)


@dataclass(frozen=True)
class LegendRow:
    """One class: its colour, and its words in the language."""

    color: str
    label: str


@dataclass(frozen=True)
class Measure:
    """A way to colour villages.

    Attributes
    ----------
    key
        Stable name.
    title
        The message (see app/locale) that names it.
    method
        The message that says how it is computed, and the section of docs/METHODS.md.
    classes
        Takes the villages' answer, the same of the base, and their people; gives class numbers (int8).
    legend
        Takes the texts; gives one row a class.
    """

    key: str
    title: str
    method: str
    classes: Callable[[pd.DataFrame, pd.DataFrame, NDArray[np.float64]], NDArray[np.int8]]
    legend: Callable[[Texts], list[LegendRow]]


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


def _status(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    del base, people
    return _coded(villages["status"], STATUSES)


def _status_legend(texts: Texts) -> list[LegendRow]:
    return [LegendRow(STATUS_COLORS[s], texts.term(s)) for s in STATUSES]


def _minutes(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    del base, people
    minutes = villages["minutes_median"].to_numpy()
    # A limit is included, as in the standard: exactly 30 minutes is "up to 30".
    classes: NDArray[np.int8] = np.searchsorted(MINUTES, minutes, side="left").astype(np.int8)
    classes[np.isinf(minutes)] = len(MINUTES) + 1
    classes[np.isnan(minutes)] = len(MINUTES) + 2
    return classes


def _minutes_legend(texts: Texts) -> list[LegendRow]:
    edges = [texts.number(m) for m in MINUTES]
    labels = [texts.text("up to {n} min", n=edges[0])]
    labels += [texts.text("{a}–{b} min", a=a, b=b) for a, b in pairwise(edges)]
    labels.append(texts.text("over {n} min", n=edges[-1]))
    rows = [LegendRow(c, label) for c, label in zip(SEQUENCE, labels, strict=True)]
    return [
        *rows,
        LegendRow(UNREACHABLE_COLOR, texts.term("unreachable")),
        LegendRow(UNKNOWN_COLOR, texts.term("unknown")),
    ]


def _share(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    del base, people
    share = villages["share_reached"].to_numpy()
    classes: NDArray[np.int8] = np.searchsorted(SHARES, share, side="right").astype(np.int8)
    classes[np.isnan(share)] = len(SHARES) + 1
    return classes


def _share_legend(texts: Texts) -> list[LegendRow]:
    edges = [texts.percent(s) for s in (0.0, *SHARES)]
    labels = [texts.text("{a} to below {b}", a=a, b=b) for a, b in pairwise(edges)]
    colors = SEQUENCE
    rows = [LegendRow(c, label) for c, label in zip(colors, [*labels, texts.text("everybody")], strict=True)]
    return [*rows, LegendRow(UNKNOWN_COLOR, texts.term("unknown"))]


def unreached(villages: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return people not reached by village, to a tenth of a person; NaN where unknown."""
    left: NDArray[np.float64] = np.round(people - villages["people_reached"].to_numpy(), 1)
    return left


def _unreached(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    del base
    left = unreached(villages, people)
    classes = np.searchsorted(PEOPLE, left, side="right").astype(np.int8)
    # Fewer than one person is nobody only when it is nothing: a rest of 0.4 stays visible.
    classes[(left > 0) & (left < 1)] = 1
    classes[np.isnan(left)] = len(PEOPLE) + 1
    return classes


def _unreached_legend(texts: Texts) -> list[LegendRow]:
    edges = [texts.number(p) for p in PEOPLE]
    labels = [texts.text("nobody"), texts.text("fewer than {n}", n=edges[1])]
    labels += [texts.text("{a} to below {b}", a=a, b=b) for a, b in pairwise(edges[1:])]
    labels.append(texts.text("{n} or more", n=edges[-1]))
    colors = ("#f7f7f7", "#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000")
    rows = [LegendRow(c, label) for c, label in zip(colors, labels, strict=True)]
    return [*rows, LegendRow(UNKNOWN_COLOR, texts.term("unknown"))]


def _present(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    del base, people
    return _coded(villages["present"], ("yes", "no", "unknown"))


def _present_legend(texts: Texts) -> list[LegendRow]:
    colors = (STATUS_COLORS["served"], STATUS_COLORS["partly"], UNKNOWN_COLOR)
    return [LegendRow(c, texts.term(s)) for c, s in zip(colors, ("yes", "no", "unknown"), strict=True)]


def _change(villages: pd.DataFrame, base: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return how a village fares against the base: more people reached, else quicker, and so on."""
    del people
    with np.errstate(invalid="ignore"):
        reached = np.round(villages["share_reached"].to_numpy() - base["share_reached"].to_numpy(), 6)
        minutes = _difference(villages["minutes_median"].to_numpy(), base["minutes_median"].to_numpy())
    classes = np.full(len(villages), 2, dtype=np.int8)
    classes[minutes < 0] = 1
    classes[minutes > 0] = 3
    classes[reached > 0] = 0
    classes[reached < 0] = 4
    known = villages["status"].to_numpy() != "unknown"
    was_known = base["status"].to_numpy() != "unknown"
    classes[~known | ~was_known] = 5
    return classes


def _difference(after: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return after − before, 0 where both cannot be reached."""
    same = (after == before) | (np.isinf(after) & np.isinf(before))
    return np.where(same, 0.0, np.round(after - before, 6))


def _change_legend(texts: Texts) -> list[LegendRow]:
    words = (
        ("#2166ac", texts.text("more people reached")),
        ("#92c5de", texts.text("quicker")),
        ("#f7f7f7", texts.text("unchanged")),
        ("#f4a582", texts.text("slower")),
        ("#b2182b", texts.text("fewer people reached")),
        (UNKNOWN_COLOR, texts.term("unknown")),
    )
    return [LegendRow(color, label) for color, label in words]


def _coded(values: pd.Series, order: tuple[str, ...]) -> NDArray[np.int8]:
    found = values.to_numpy(dtype=object)
    classes = np.full(len(found), len(order) - 1, dtype=np.int8)
    for number, one in enumerate(order):
        classes[found == one] = number
    return classes


# A later part of the app adds its measures here.
MEASURES: dict[str, Measure] = {
    m.key: m
    for m in (
        Measure("status", _("Status"), _(
            "A village is served, partly served or a gap by the share of its people within the limit "
            "(METHODS: Coverage)."), _status, _status_legend),
        Measure("minutes", _("Minutes"), _(
            "Travel time of the village's middle person to the nearest unit: half of the people are not "
            "further away (METHODS: Travel times)."), _minutes, _minutes_legend),
        Measure("share", _("Share reached"), _(
            "People within the limit, divided by the village's people (METHODS: Coverage)."),
            _share, _share_legend),
        Measure("unreached", _("People not reached"), _(
            "The village's people who are not within the limit (METHODS: Coverage)."),
            _unreached, _unreached_legend),
        Measure("present", _("Unit in the village"), _(
            "Whether a unit of this kind stands in the village; unknown where no list was given "
            "(METHODS: Coverage)."), _present, _present_legend),
        Measure("change", _("Difference"), _(
            "The answer with the changes, compared with the base, or with the saved scenario chosen."),
            _change, _change_legend),
    )
}  # fmt: skip
