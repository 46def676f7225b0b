"""What the map shows: kind, season, measure, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel_material_ui as pmui

from app.figures.measures import MEASURES
from planner.scenarios.modes import SEASONS

if TYPE_CHECKING:
    from app.core.session import Session


def make(session: Session) -> pmui.FlexBox:
    """Return the choices, tied to the state both ways."""
    state, texts = session.state, session.texts
    _ = texts.text
    kind = pmui.Select.from_param(
        state.param.kind, label=_("Kind of unit"), options={texts.kind(k): k for k in session.area.kinds},
        width=170, size="small", margin=4,
    )  # fmt: skip
    season = pmui.Select.from_param(
        state.param.season, label=texts.term("season"), width=170, size="small", margin=4,
        options={texts.term(f"season_{s}"): s for s in SEASONS},
    )  # fmt: skip
    measure = pmui.Select.from_param(
        state.param.measure, label=_("Colour by"), width=330, size="small", margin=4,
        options={_(m.title): m.key for m in MEASURES.values()},
    )  # fmt: skip
    shown = [kind, season, measure]
    groups = ("", *session.area.scenario.groups)
    if len(groups) > 1:
        shown.append(pmui.Select.from_param(
            state.param.group, label=_("For whom"), width=220, size="small", margin=4,
            options={texts.group(g): g for g in groups},
        ))  # fmt: skip
    return pmui.FlexBox(*shown, flex_direction="row", flex_wrap="wrap", margin=0)
