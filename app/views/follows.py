"""What parts of the page have in common: a session, and declared dependence on its state and notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.notice import Notice
    from app.core.planning import Planning
    from app.core.revising import Revising
    from app.core.session import Session
    from app.core.state import State


def follow(act: Callable[..., None], state: param.Parameterized, *names: str) -> None:
    """Call a function whenever one of these parameters of a state changes."""
    param.bind(act, *(state.param[name] for name in names), watch=True)


class Follows(param.Parameterized):
    """A part whose methods name what they follow: ``@param.depends("state.kind", watch=True)``."""

    state: State = param.Parameter(precedence=-1)
    notice: Notice = param.Parameter(precedence=-1)
    planning: Planning = param.Parameter(precedence=-1)
    revising: Revising = param.Parameter(precedence=-1)

    def __init__(self, session: Session) -> None:
        self.session = session
        super().__init__(
            state=session.state,
            notice=session.notice,
            planning=session.planning,
            revising=session.revising,
        )
