"""A plan as the map draws it: its sites with their numbers, what was said of places, and forbidden areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from app.areas.planning import MeasurePlace
    from app.core.planning import Choices
    from app.core.session import Session
    from app.figures.plan import PlanFigures, Site

# Degrees, some 20 m: an area is drawn so, and taken as it is.
AREA_TOLERANCE = 0.0002


def plan_message(session: Session) -> dict[str, Any]:
    """Return the message that shows the plan in hand; without one, nothing but the areas."""
    planning, plan = session.planning, session.planning.plan
    areas = [shapely.geometry.mapping(a.simplify(AREA_TOLERANCE)) for a in planning.areas]
    if plan is None:
        return {"type": "plan", "sites": [], "areas": areas}
    said = planning.of(plan.question.kind)
    inside = {s.place for s in plan.sites}
    marks = [
        _site(session, s, accepted=s.place in said.accepted)
        for s in plan.sites
        if s.place not in said.forbidden and (not planning.until or s.year_works <= planning.until)
    ]
    marks += [
        _said(session, place, name, "accepted")
        for place, name in said.accepted.items()
        if place not in inside
    ]
    marks += _stand_ins(session, plan, said)
    marks += [_said(session, place, name, "forbidden") for place, name in said.forbidden.items()]
    return {"type": "plan", "sites": marks, "areas": areas}


def _site(session: Session, site: Site, *, accepted: bool) -> dict[str, Any]:
    texts = session.texts
    where = ", ".join(w for w in (site.label, site.district_name) if w)
    return {
        "key": site.place.key, "n": str(site.order), "lat": site.place.lat, "lon": site.place.lon,
        "state": "accepted" if accepted else "proposed", "title": f"{site.order}. {where}",
        "lines": [
            texts.term(f"measure_{site.op}"),
            f"+{texts.people(site.people_added)} {texts.term('people')}",
            *([texts.term("plan_years").format(decided=site.year_decided, works=site.year_works)]
              if site.year_works else []),
            *([texts.text("accepted")] if accepted else []),
        ],
        "acts": _acts(session, "leave" if accepted else "accept", "forbid", "open"),
    }  # fmt: skip


def _stand_ins(session: Session, plan: PlanFigures, said: Choices) -> list[dict[str, Any]]:
    """Return what could stand in for the site chosen, by the letters of the panel."""
    chosen = session.planning.chosen
    site = None if chosen is None else plan.site(chosen.key)
    return [
        {"key": a.place.key, "n": letter, "lat": a.place.lat, "lon": a.place.lon, "state": "instead",
         "title": f"{letter}. {a.label}",
         "lines": [],
         "acts": _acts(session, "instead")}
        for letter, a in zip("ABC", () if site is None else site.alternatives, strict=False)
        if a.place not in said.accepted and a.place not in said.forbidden
    ]  # fmt: skip


def _said(session: Session, place: MeasurePlace, name: str, state: str) -> dict[str, Any]:
    """Return a place that is no site of the plan: accepted for the next one, or forbidden."""
    _ = session.texts.text
    word = _("accepted, for the next plan") if state == "accepted" else _("forbidden")
    return {
        "key": place.key, "n": "", "lat": place.lat, "lon": place.lon, "state": state, "title": name,
        "lines": [word], "acts": _acts(session, "leave"),
    }  # fmt: skip


def _acts(session: Session, *acts: str) -> list[dict[str, str]]:
    """Return what may be done with a site, with the words of its buttons."""
    _ = session.texts.text
    words = {
        "accept": _("Accept"), "forbid": _("Forbid"), "leave": _("Take back"), "open": _("Details"),
        "instead": _("Take it instead"),
    }  # fmt: skip
    return [{"act": act, "label": words[act]} for act in acts]
