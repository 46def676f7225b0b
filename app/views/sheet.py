"""The sheet of the chosen village (its PWS page) or facility."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import panel_material_ui as pmui
import param

from app.components.fragment import Fragment
from app.core.state import Selection
from app.figures import exports
from app.figures.ilp import PWS_PARTS, UNIT_PARTS, unit_ilp, village_pws
from app.figures.sheets import facility_sheet, village_sheet
from app.views import facility_acts
from app.views.downloads import Download
from app.views.follows import Follows
from geodata.vocabulary.kinds import known_kinds
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, Reason, YesNo
from planner.coverage.known.extent import ROADS

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from app.core.session import Session
    from app.figures.ilp import UnitIlp, VillagePws
    from app.figures.sheets import FacilitySheet, VillageAnswer, VillageSheet
    from app.texts import Texts
    from planner.coverage.study import Gaps
    from planner.scenarios.modes import Season

Quick = TypeVar("Quick")
More = TypeVar("More")
# Of facilities; every other column that holds a number is of the unit's staff or its size.
PLAIN_COLUMNS = frozenset({"lon", "lat", "capacity_people", "open_days_month"})


@dataclass(frozen=True)
class LegRow:
    """One leg of the way, in words."""

    name: str
    minutes: float
    km: float


def make(session: Session) -> pmui.Column:
    """Return the sheet; it follows the selection, and the answer shown."""
    sheet = _Sheet(session)
    return pmui.Column(sheet.fragment, sheet.page, margin=0, sizing_mode="stretch_width")


class _Sheet(Follows):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.target = ""
        self.fragment = Fragment(session.stream, "sheet", self.acted, label=session.texts.text("Sheet"))
        self.page = Download(
            callback=self.made, filename="pws.html", label=session.texts.text("PWS sheet to print (HTML)"),
            icon="print", variant="outlined", sizing_mode="stretch_width", margin=(8, 4), visible=False,
        )  # fmt: skip
        if self.state.selected is None:
            # Made before anybody asked for it: what others have drawn on the map stays.
            self.fragment.html = session.render("nothing_chosen")
        else:
            self.show()

    async def made(self) -> io.BytesIO | None:
        """Return the PWS sheet of the village shown as a file."""
        chosen, lang = self.state.selected, self.session.texts.lang
        only = [] if chosen is None else [chosen.id]
        self.page.filename = f"pws-{'-'.join(only)}.html"
        return await self.session.result(partial(exports.to_pws, self.state.answer, lang, only))

    def acted(self, message: dict[str, str]) -> None:
        act = message["act"]
        if act == "village" and message.get("code") in self.session.area.layers.villages.index:
            self.state.selected = Selection("village", message["code"])
        elif act == "facility":
            self.session.select_facility(message.get("id", ""))
        elif act == "way":
            self.target = message.get("id", "")
            self.show()
        else:
            facility_acts.acted(self.session, message)

    def name_of(self, chosen: Selection) -> str:
        layers = self.state.answer.gaps.layers
        table, column = layers.facilities, "name"
        if chosen.what == "village":
            table, column = layers.villages, "village_name"
        return str(table[column].get(chosen.id) or chosen.id)

    @param.depends("state.selected", watch=True)
    def chosen(self) -> None:
        self.target = ""
        self.show()

    @param.depends("state.history", "state.kind", "state.season", watch=True)
    def show(self) -> None:
        chosen = self.state.selected
        self.session.drop("sheet-ilp")
        self.page.visible = chosen is not None and chosen.what == "village"
        if chosen is None:
            self.session.drop("sheet")
            self.fragment.html = self.session.render("nothing_chosen")
            self.session.map.draw([], gpd.GeoSeries([]))
            return
        state = self.state
        answer, kind, season = state.answer, state.kind, state.season
        self.fragment.age(
            self.session.texts.text("The sheet of {name} is being made …", name=self.name_of(chosen))
        )
        if chosen.what == "village":
            self._show_both(
                partial(village_sheet, answer, chosen.id, kind, season, target=self.target),
                partial(village_pws, answer, chosen.id, self.session.texts.lang),
                self.show_village, at_once=answer.ready(*PWS_PARTS),
            )  # fmt: skip
        else:
            self._show_both(
                partial(facility_sheet, self.session.area, answer, chosen.id, kind, season),
                partial(unit_ilp, answer, chosen.id),
                self.show_facility, at_once=answer.ready(*UNIT_PARTS),
            )  # fmt: skip

    def _show_both(
        self,
        quick: Callable[[], Quick],
        more: Callable[[], More],
        show: Callable[[Quick, More | None], None],
        *,
        at_once: bool,
    ) -> None:
        """Show the quick part, and the rest with it, or once it is computed."""

        def slow() -> tuple[Quick, More | None]:
            return quick(), more() if at_once else None

        def shown(found: tuple[Quick, More | None]) -> None:
            show(*found)
            if not at_once:
                self.session.work(more, partial(show, found[0]), topic="sheet-ilp")

        self.session.work(slow, shown, topic="sheet", failed=self.not_made)

    def not_made(self, _error: BaseException) -> None:
        """Show that there is no sheet: the one before, under its "is being made", would mislead."""
        chosen = self.state.selected
        if chosen is not None:
            self.fragment.html = self.session.render("not_made", name=self.name_of(chosen))
            self.session.map.draw([], gpd.GeoSeries([]))

    def show_village(self, sheet: VillageSheet, pws: VillagePws | None) -> None:
        texts, state = self.session.texts, self.state
        _ = texts.text
        legs: list[LegRow] = []
        if sheet.way is not None and len(sheet.way):
            way = sheet.way
            legs = [
                LegRow(_leg_name(self.session, leg), minutes, metres / 1000.0)
                for leg, minutes, metres in zip(way["leg"], way["minutes"], way["length_m"], strict=True)
            ]
            self.session.map.draw(way["leg"].tolist(), way.geometry)
        else:
            self.session.map.draw([], gpd.GeoSeries([]))
        names = {u.facility_id: u.name or u.facility_id for u in sheet.units}
        mode = state.answer.gaps.scenario.standard[state.kind].mode
        row = next(a.row for a in sheet.answers if a.kind == state.kind and a.season == state.season)
        self.fragment.html = self.session.render(
            "village",
            code=sheet.code, facts=sheet.facts, kinds=_by_kind(sheet), kind=state.kind, season=state.season,
            units=sheet.units, target=sheet.target, target_name=names.get(sheet.target, ""), legs=legs,
            total=LegRow("", sum(leg.minutes for leg in legs), sum(leg.km for leg in legs)),
            mode=texts.mode("straight" if state.answer.gaps.ways is None else mode),
            method={"hamlets": _("the hamlets"), "raster": _("the cells of a raster of people"),
                    "roads": _("points along the local roads"), "interior": _("one point inside"),
                    "parts": _("the landmasses, by road or by area")}.get(sheet.facts["demand_method"], ""),
            sources=_source(self.session, "population"),
            nothing=why_nothing(texts, state.answer.gaps, state.kind, state.season, row), pws=pws,
        )  # fmt: skip

    def show_facility(self, sheet: FacilitySheet, ilp: UnitIlp | None) -> None:
        session, state = self.session, self.state
        _ = session.texts.text
        village_names = session.area.layers.villages["village_name"]
        code = sheet.facts.get("village_code")
        if sheet.area is not None and len(sheet.area):
            session.map.draw(["area"], sheet.area.geometry)
        else:
            session.map.draw([], gpd.GeoSeries([]))
        lost = []
        if sheet.loss is not None:
            table = sheet.loss.villages
            lost = [
                {"code": r.village_code, "name": r.village_name, "before": r.minutes_median_before,
                 "after": r.minutes_median_after, "lost": -r.people_reached_change}
                for r in table.sort_values(["people_reached_change", "village_code"]).itertuples()
            ]  # fmt: skip
        self.fragment.html = session.render(
            "facility",
            id=sheet.facility_id, facts=sheet.facts, village=str(village_names.get(code) or ""),
            located=_located_by(session, str(sheet.facts.get("located_by"))),
            staff=_staff(sheet.facts, ilp), ilp=ilp, takes_part=_takes_part(sheet.facts),
            catchment=sheet.catchment, loss=sheet.loss, lost_villages=lost,
            area_km2=None if sheet.area is None else float(sheet.area["area_km2"].iloc[0]),
            step_m=0.0 if sheet.area is None else float(sheet.area["step_m"].iloc[0]),
            closed=sheet.facts["functioning"] == YesNo.NO, kinds=known_kinds(),
            edited=bool(state.edits_of(sheet.facility_id)),
            nothing=_why_no_catchment(session, sheet),
        )  # fmt: skip


@dataclass(frozen=True)
class KindRow:
    """A kind's line on a village's sheet; one answer where the seasons agree."""

    kind: str
    present: str
    answers: list[VillageAnswer]


def _by_kind(sheet: VillageSheet) -> list[KindRow]:
    rows: dict[str, list[VillageAnswer]] = {}
    for answer in sheet.answers:
        rows.setdefault(answer.kind, []).append(answer)
    out = []
    for kind, answers in rows.items():
        # NaN is no equal of NaN, so the words are compared.
        same = all(str(a.row) == str(answers[0].row) for a in answers)
        out.append(KindRow(kind, str(answers[0].row["present"]), answers[:1] if same else answers))
    return out


def _leg_name(session: Session, leg: str) -> str:
    _ = session.texts.text
    return {
        "access": _("on foot to the road"), "egress": _("on foot from the road"),
        "walk": _("on foot, straight"), "road": _("by road"), "wait": _("wait for the boat"),
        "ferry": _("by ferry"), "boat": _("by boat"),
    }.get(leg, leg)  # fmt: skip


def why_nothing(texts: Texts, gaps: Gaps, kind: str, season: Season, row: dict[str, Any]) -> str:
    """Return why no unit is shown for a village, as a sentence: what is not known, or what is in the way.

    Parameters
    ----------
    row
        The village's row of the kind's answer in the season.
    """
    _ = texts.text
    reason = row["reason"] or Reason.UNKNOWN
    if not gaps.seasons[season][kind].listed:
        return _("Nothing is known about units of this kind: no list was given, or none has a place.")
    if reason == Reason.UNKNOWN:
        return _("A unit of the list has no known place, and may be the one that serves this village.")
    if reason == Reason.PEOPLE_UNPLACED:
        return _("Where its people live is not known: how many live on the parts without roads is only taken "
                 "from their area. Give hamlets:, and the answer is known.")  # fmt: skip
    words = {
        Reason.LIST_INCOMPLETE: (kind, *gaps.scenario.standard[kind].counts),
        Reason.ROADS_INCOMPLETE: (ROADS,),
    }.get(reason, ())
    if reason == Reason.ROADS_INCOMPLETE and gaps.ways is None:
        return _("Without road data nobody knows whether a vehicle gets there in time.")
    said = [texts.incomplete(word, gaps.extent) for word in words if word in gaps.extent.why]
    if said:
        return " ".join(said)
    return _(
        "No unit of this kind can be reached from here: {reason}.", reason=texts.term(f"reason_{reason}")
    )


def _why_no_catchment(session: Session, sheet: FacilitySheet) -> str:
    _ = session.texts.text
    if sheet.facts["functioning"] == YesNo.NO:
        return _("It does not function, so nobody counts as served by it.")
    if sheet.facts["status"] != FacilityStatus.USED:
        return _("Not included: its location is unknown or outside the area.")
    if not sheet.kind:
        return _("Units of this kind have no standard, so no limit: nothing is computed for them.")
    return _("No list of this kind was given, so who is reached is unknown; one unit alone cannot tell.")


def _source(session: Session, layer: str) -> str:
    found = [s.source or s.file for s in session.area.layers.sources if s.layer == layer]
    return "; ".join(dict.fromkeys(found))


def _located_by(session: Session, how: str) -> str:
    _ = session.texts.text
    words: dict[str, str] = {
        LocatedBy.COORDINATES: _("coordinates"),
        LocatedBy.VILLAGE: _("its village"),
        LocatedBy.NAME: _("its name"),
    }
    return words.get(how, session.texts.term("unknown"))


def _takes_part(facts: dict[str, Any]) -> bool:
    return bool(facts["functioning"] != YesNo.NO and facts["status"] == FacilityStatus.USED)


def _staff(facts: dict[str, Any], ilp: UnitIlp | None) -> list[tuple[str, float]]:
    """Return the counted columns of a facility that no standard asks for; unknown numbers are left out."""
    asked = set() if ilp is None else {a.what for role in ilp.roles for a in role.asked}
    return [
        (name.removeprefix("staff_"), float(value))
        for name, value in facts.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - not NaN
        and name not in PLAIN_COLUMNS and name.removeprefix("staff_") not in asked
    ]  # fmt: skip
