"""Shows what may have to be computed first: at once where it is ready, else once a thread is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core.session import Session


def when_ready(session: Session, topic: str, show: Callable[[], None]) -> None:
    """Show what follows from the state of a session; of one topic only the latest is shown."""
    if session.state.ready:
        # Whatever is still being computed for it is out of date.
        session.drop(topic)
        show()
    else:
        session.work(session.state.preparing(), lambda _: show(), topic=topic)
