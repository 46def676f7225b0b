"""What a session tells its user."""

from __future__ import annotations

import param


class Notice(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """What the user is told at the moment; an empty text is nothing."""

    text = param.String(default="")
    severity = param.Selector(default="info", objects=["info", "success", "warning", "error"])
    busy = param.Boolean(default=False)
    # Whether what is being computed may be stopped.
    stoppable = param.Boolean(default=False)
    # Someone else's version of the scenario that was to be saved.
    conflict = param.Parameter(default=None)
