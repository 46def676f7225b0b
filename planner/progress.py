"""Progress of long work, on standard error and only for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Steps:
    """A progress bar over named steps; silent when standard error is not a terminal.

    Parameters
    ----------
    total
        How many steps there will be, at most.
    quiet
        Show nothing even on a terminal.

    Examples
    --------
    >>> with Steps(2, quiet=True) as step:
    ...     step("villages")
    ...     step("roads")
    """

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total = total
        self._bar = None
        if not quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, bar_format="{desc:<24} {bar:24} {n_fmt}/{total_fmt} {elapsed}")

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __call__(self, step: str, /) -> None:
        """Name the step that starts now."""
        if self._bar is not None:
            if self._bar.desc:
                self._bar.update()
            self._bar.set_description(step)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the bar."""
        if self._bar is not None:
            if kind is None:
                self._bar.update(self._total - self._bar.n)
            self._bar.close()


def go_on() -> None:
    """Go on: what long work asks where nobody may stop it."""
