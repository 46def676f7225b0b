"""What the map can show: each measure puts every village in one class of a legend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from app.figures.sure import OF_SHARES, sure_change
from geodata.vocabulary.statuses import VillageStatus, YesNo
from planner.coverage.show import STATUS_COLORS
from planner.ilp.three_answers import CLASS_COLORS, CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from app.texts import Texts
    from planner.ilp.model import Ilp

    Floats = NDArray[np.float64]
    Classes = NDArray[np.int8]

UNKNOWN_COLOR = STATUS_COLORS[VillageStatus.UNKNOWN]
UNREACHABLE_COLOR = "#4d4d4d"
# ColorBrewer YlGnBu and RdYlBu: told apart with any colour vision, and by lightness.
SEQUENCE = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
STATUSES = VillageStatus.texts()
MINUTES = (15.0, 30.0, 60.0, 120.0)
# Decimals kept of people: shares of a village have nine, and what they leave of a person is nobody.
HAIR = 3
SHARES = (0.25, 0.5, 0.75, 1.0)
PEOPLE = (1.0, 100.0, 500.0, 1000.0, 5000.0)
LEAST_CHANGE_MINUTES = 0.5
# A life-cycle group is a few percent of a village.
PEOPLE_OF_GROUP = (1.0, 10.0, 50.0, 100.0, 500.0)


@dataclass(frozen=True)
class LegendRow:
    """One class: its colour, and its words in the language."""

    color: str
    label: str

    @property
    def unknown(self) -> bool:
        """Whether it is the class of those of whom nothing is known; it is hatched too."""
        return self.color == UNKNOWN_COLOR


@dataclass(frozen=True)
class MeasureView:
    """What a measure looks at: one kind in one season, for all people or for a life-cycle group.

    Attributes
    ----------
    kind
        The facility kind.
    villages, base
        Its villages' answer, and the same of what is compared with.
    people, reached
        float64 by village, of all people or of the group; NaN where unknown.
    ilp
        The ILP answers; the parts that a measure ``needs`` are ready.
    at_most
        bool by village, whose median minutes may be fewer (:attr:`planner.coverage.reach.Coverage.at_most`);
        None where all are as they are said to be.
    """

    kind: str
    villages: pd.DataFrame
    base: pd.DataFrame
    people: Floats
    reached: Floats
    ilp: Ilp
    at_most: NDArray[np.bool_] | None = None

    @property
    def unsure(self) -> Floats:
        """People of whom nobody knows whether they are reached: float64 ``(villages,)``.

        Examples
        --------
        >>> import pandas as pd
        >>> villages = pd.DataFrame({"share_unknown": [0.25]})
        >>> shown = MeasureView("pustu", villages, villages, np.array([100.0]), np.array([50.0]), None)
        >>> shown.unsure.tolist()
        [25.0]
        """
        open_: Floats = np.round(self.people * self.villages["share_unknown"].to_numpy(), HAIR)
        return open_

    @property
    def unreached(self) -> Floats:
        """People known not to be reached: float64 ``(villages,)``; NaN where unknown.

        Examples
        --------
        >>> import pandas as pd
        >>> villages = pd.DataFrame({"share_unknown": [0.25]})
        >>> shown = MeasureView("pustu", villages, villages, np.array([100.0]), np.array([50.0]), None)
        >>> shown.unreached.tolist()
        [25.0]
        """
        known = 1.0 - self.villages["share_unknown"].to_numpy()
        left: Floats = np.round(np.maximum(self.people * known - self.reached, 0.0), HAIR)
        return left


@dataclass(frozen=True)
class Colouring:
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
        Gives class numbers, int8 ``(villages,)``.
    legend
        Takes the texts; gives one row a class.
    needs
        Parts of the ILP answers (properties of :class:`planner.ilp.model.Ilp`) that it looks at.
    of_group
        Its form for a life-cycle group; None where a group means nothing to it, or is not told apart.
    counts_all
        Whether it counts all people whatever group is chosen, and so must say so.
    """

    key: str
    title: str
    method: str
    classes: Callable[[MeasureView], Classes]
    legend: Callable[[Texts], list[LegendRow]]
    needs: tuple[str, ...] = ()
    of_group: Colouring | None = None
    counts_all: bool = False


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


def _status(shown: MeasureView) -> Classes:
    return _coded(shown.villages["status"], STATUSES)


def _status_legend(texts: Texts) -> list[LegendRow]:
    return [LegendRow(STATUS_COLORS[s], texts.term(s)) for s in STATUSES]


def _minutes(shown: MeasureView) -> Classes:
    minutes = shown.villages["minutes_median"].to_numpy()
    # A limit is included, as in the standard: exactly 30 minutes is "up to 30".
    classes: Classes = np.searchsorted(MINUTES, minutes, side="left").astype(np.int8)
    classes[np.isinf(minutes)] = len(MINUTES) + 1
    # "No way" to a unit that is listed says nothing of others.
    open_ = np.isinf(minutes) & (shown.villages["share_unknown"].to_numpy() > 0)
    if shown.at_most is not None:
        # Of "at most 25" nobody knows whether it is more than 15; "at most 10" is of the first class.
        open_ |= shown.at_most & (classes > 0)
    classes[np.isnan(minutes) | open_] = len(MINUTES) + 2
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


def _share(shown: MeasureView) -> Classes:
    least = shown.villages["share_reached"].to_numpy()
    most = np.round(least + shown.villages["share_unknown"].to_numpy(), 9)

    def of(share: Floats) -> Classes:
        return np.searchsorted(SHARES, share, side="right").astype(np.int8)

    return _if_sure(of(least), of(most), np.isnan(least), unknown=len(SHARES) + 1)


def _if_sure(least: Classes, most: Classes, nothing: NDArray[np.bool_], *, unknown: int) -> Classes:
    """Return the class that holds whatever the unknown turns out to be, as a status does; else unknown."""
    return np.where(nothing | (least != most), np.int8(unknown), least).astype(np.int8)


def _share_legend(texts: Texts) -> list[LegendRow]:
    edges = [texts.percent(s) for s in (0.0, *SHARES)]
    labels = [texts.text("{a} to below {b}", a=a, b=b) for a, b in pairwise(edges)]
    colors = SEQUENCE
    rows = [LegendRow(c, label) for c, label in zip(colors, [*labels, texts.text("everybody")], strict=True)]
    return [*rows, LegendRow(UNKNOWN_COLOR, texts.term("unknown"))]


def _unreached(shown: MeasureView, *, edges: tuple[float, ...]) -> Classes:
    least = shown.unreached
    most = np.round(least + shown.unsure, HAIR)
    of = partial(_people_classes, edges=edges)
    return _if_sure(of(least), of(most), np.isnan(least), unknown=len(edges) + 1)


def _people_classes(people: Floats, edges: tuple[float, ...]) -> Classes:
    classes: Classes = np.searchsorted(edges, people, side="right").astype(np.int8)
    # Fewer than one person is nobody only when it is nothing: a rest of 0.4 stays visible.
    classes[(people > 0) & (people < 1)] = 1
    classes[np.isnan(people)] = len(edges) + 1
    return classes


def _people_legend(texts: Texts, *, edges: tuple[float, ...]) -> list[LegendRow]:
    words = [texts.number(p) for p in edges]
    labels = [texts.text("nobody"), texts.text("fewer than {n}", n=words[1])]
    labels += [texts.text("{a} to below {b}", a=a, b=b) for a, b in pairwise(words[1:])]
    labels.append(texts.text("{n} or more", n=words[-1]))
    colors = ("#f7f7f7", "#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000")
    rows = [LegendRow(c, label) for c, label in zip(colors, labels, strict=True)]
    return [*rows, LegendRow(UNKNOWN_COLOR, texts.term("unknown"))]


def _present(shown: MeasureView) -> Classes:
    return _coded(shown.villages["present"], YesNo.texts())


def _present_legend(texts: Texts) -> list[LegendRow]:
    colors = (STATUS_COLORS[VillageStatus.SERVED], STATUS_COLORS[VillageStatus.PARTLY], UNKNOWN_COLOR)
    return [LegendRow(c, texts.term(s)) for c, s in zip(colors, YesNo, strict=True)]


def _state(shown: MeasureView) -> Classes:
    order = {name: number for number, name in enumerate(CLASSES)}
    found = shown.ilp.answers[shown.kind]["class"]
    return np.asarray(found.map(order).to_numpy(), dtype=np.int8)


def _state_legend(texts: Texts) -> list[LegendRow]:
    return [LegendRow(color, texts.state(c)) for c, color in CLASS_COLORS.items()]


def _functioning(shown: MeasureView) -> Classes:
    return _coded(shown.ilp.answers[shown.kind]["functioning"], YesNo.texts())


def _beyond(shown: MeasureView) -> Classes:
    found = shown.ilp.beyond[f"{shown.kind}_people_beyond"].to_numpy()
    return _people_classes(np.round(found, 1), PEOPLE)


def _change(shown: MeasureView) -> Classes:
    """Return how a village fares against the base: more people reached, else quicker, and so on."""
    villages, base = shown.villages, shown.base
    with np.errstate(invalid="ignore"):
        more, unsure = (
            villages[c].to_numpy() - base[c].to_numpy() for c in ("share_reached", "share_unknown")
        )
        reached = sure_change(more, unsure, OF_SHARES)
        minutes = minutes_change(villages["minutes_median"].to_numpy(), base["minutes_median"].to_numpy())
    classes = np.full(len(villages), 2, dtype=np.int8)
    classes[minutes < 0] = 1
    classes[minutes > 0] = 3
    classes[reached > 0] = 0
    classes[reached < 0] = 4
    known = villages["status"].to_numpy() != VillageStatus.UNKNOWN
    was_known = base["status"].to_numpy() != VillageStatus.UNKNOWN
    classes[~known | ~was_known | np.isnan(reached)] = 5
    return classes


def minutes_change(after: Floats, before: Floats) -> Floats:
    """Return by how many minutes a way got longer (below 0: shorter); 0 for less than half a minute.

    A road that is cut or closed may move the place where people join it by a few steps, in the season too in
    which nothing was closed (METHODS: What is not known): that is no change to speak of.

    Parameters
    ----------
    after, before
        float64 ``(villages,)``, minutes; ``inf`` = no way, NaN = unknown.

    Returns
    -------
    minutes
        float64 ``(villages,)``.

    Examples
    --------
    >>> minutes_change(np.array([10.4, 10.5, 9.0, np.inf, 5.0]), np.array([10.0, 10.0, 10.0, np.inf, np.inf]))
    array([ 0. ,  0.5, -1. ,  0. , -inf])
    """
    with np.errstate(invalid="ignore"):
        by = np.round(after - before, 6)
        small = (np.abs(by) < LEAST_CHANGE_MINUTES) | (np.isinf(after) & np.isinf(before))
    found: Floats = np.where(small, 0.0, by)
    return found


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


def _coded(values: pd.Series, order: tuple[str, ...]) -> Classes:
    found = values.to_numpy(dtype=object)
    classes = np.full(len(found), len(order) - 1, dtype=np.int8)
    for number, one in enumerate(order):
        classes[found == one] = number
    return classes


def _of_people(edges: tuple[float, ...], of_group: Colouring | None = None) -> Colouring:
    """Return the measure of people not reached, in classes of a size."""
    return Colouring(
        "unreached", _("People not reached"),
        _("The village's people who are not within the limit; of a life-cycle group, its people times the "
          "share not reached. Unknown where the class rests on people of whom nobody knows whether they are "
          "reached (METHODS: Coverage, The ILP model)."),
        partial(_unreached, edges=edges), partial(_people_legend, edges=edges),
        needs=() if of_group is not None else ("groups",), of_group=of_group,
    )  # fmt: skip


# A later part of the app adds its measures here.
MEASURES: dict[str, Colouring] = {
    m.key: m
    for m in (
        Colouring("status", _("Status"), _(
            "A village is served, partly served or a gap by the share of its people within the limit "
            "(METHODS: Coverage)."), _status, _status_legend),
        Colouring("state", _("State (present, reached, functioning)"), _(
            "The gravest fault that is known of the three answers, in both seasons: not reached, reached in "
            "the dry season only, not functioning; else what is not known; else served from outside, or "
            "complete (METHODS: The ILP model)."), _state, _state_legend, needs=("answers",)),
        Colouring("functioning", _("Functioning"), _(
            "Whether a unit in the village (where there is none: the nearest) has the staff and open days of "
            "the standard, and is not declared closed; unknown where nobody says (METHODS: The ILP model)."),
            _functioning, _present_legend, needs=("answers",)),
        Colouring("minutes", _("Minutes"), _(
            "Travel time of the village's middle person to the nearest unit that is listed: half of the "
            "people are not further away (METHODS: Travel times)."), _minutes, _minutes_legend),
        Colouring("share", _("Share reached"), _(
            "People within the limit, divided by the village's people. Unknown where the class rests on "
            "people of whom nobody knows whether they are reached (METHODS: Coverage)."),
            _share, _share_legend),
        _of_people(PEOPLE, _of_people(PEOPLE_OF_GROUP)),
        Colouring("beyond", _("People beyond capacity"), _(
            "People within the limit of a unit for whom none of these units has room, in the scenario's own "
            "season; unknown where nothing says how much room these units have (METHODS: The ILP model)."),
            _beyond, partial(_people_legend, edges=PEOPLE), needs=("beyond",), counts_all=True),
        Colouring("present", _("Unit in the village"), _(
            "Whether a unit of this kind stands in the village; unknown where no list was given "
            "(METHODS: Coverage)."), _present, _present_legend),
        Colouring("change", _("Difference"), _(
            "The answer with the changes, compared with the base, or with the saved scenario chosen. A way "
            "counts as quicker or slower from half a minute on."),
            _change, _change_legend),
    )
}  # fmt: skip
