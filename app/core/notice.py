"""What a session tells its user."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import param

from app.areas.stopping import StoppedError
from app.core.refusals import refusal
from app.store import ArchivedError, NameTakenError, StoreError, UnknownScenarioError
from geodata.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.texts import Texts

LOG = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing."""


class Notice(param.Parameterized):  # type: ignore[misc]  # param ships no types
    """What the user is told at the moment; an empty text is nothing.

    Parameters
    ----------
    texts
        The user's language.
    guard
        Called before every message; raises where the page may not be touched.
    acts
        How many acts of the user were heard so far.
    """

    text = param.String(default="")
    severity = param.Selector(default="info", objects=["info", "success", "warning", "error"])
    busy = param.Boolean(default=False)
    # Whether what is being computed may be stopped.
    stoppable = param.Boolean(default=False)
    # Someone else's version of the scenario that was to be saved.
    conflict = param.Parameter(default=None)

    def __init__(
        self, texts: Texts, guard: Callable[[], None] = _nothing, acts: Callable[[], int] = lambda: 0
    ) -> None:
        super().__init__()
        self._texts, self._guard, self._acts = texts, guard, acts
        # The act that was heard last when it was told; None of what stays until it is closed.
        self._told_in: int | None = None

    def tell(self, text: str, severity: str = "info", *, stays: bool = False) -> None:
        """Show a message; what ``stays`` is of the page, such as that its data are old, and of no act."""
        self._guard()
        self._told_in = None if stays else self._acts()
        self.param.update(text=text, severity=severity)

    def over(self) -> None:
        """Take away what was told, unless it stays: what was asked for since is done."""
        if self._told_in is not None:
            self.tell("")

    def past(self, *_events: object) -> None:
        """Take away what told of a success, or of an act before: the user has gone on.

        What an act asked for in vain was told within that act, before or after it changed something else.
        """
        if self.text and self.severity == "success":
            self.tell("")
        self.passed()

    def passed(self, *_events: object) -> None:
        """Take away what was told within an act before this one, such as a refusal."""
        if self.text and self._told_in is not None and self._told_in != self._acts():
            self.tell("")

    def tell_error(self, error: BaseException) -> None:
        """Show an error in plain words; our own faults are logged."""
        _ = self._texts.text
        if isinstance(error, StoppedError):
            return
        if isinstance(error, NameTakenError):
            self.tell(_("There is a scenario of this name already. Choose another name."), "error")
        elif isinstance(error, ArchivedError):
            self.tell(
                _("This scenario is archived. Bring it back first, or save yours under another name."),
                "error",
            )
        elif isinstance(error, StoreError):
            self.tell(_("The scenarios cannot be reached at the moment: {why}", why=error), "error")
        elif isinstance(error, UnknownScenarioError):
            self.tell(_("This scenario is not saved here any more. Choose one from the list."), "error")
        elif isinstance(error, InputError):
            why = refusal(error, self._texts) if isinstance(error, ConfigError) else error
            self.tell(_("This cannot be done: {why}", why=why), "error")
        else:
            LOG.error("a request failed", exc_info=error)
            self.tell(
                _("Something went wrong here, and it is our fault; nothing of yours is lost. "
                  "Try again, or undo the last change."), "error",
            )  # fmt: skip
