"""Errors of the store; their messages say what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.errors import InputError

if TYPE_CHECKING:
    from app.store.values import AdoptionEntry, Saved


class StoreError(InputError):
    """The database cannot be opened, read or written."""


class UnknownScenarioError(InputError, KeyError):
    """No saved scenario has this id."""


class UnknownAccountError(InputError, KeyError):
    """No account has this name."""


class NameTakenError(InputError):
    """The study area has a saved scenario of this name."""


class ArchivedError(InputError):
    """The scenario is archived; it changes again once it is restored."""


class ConflictError(InputError):
    """Someone else saved the scenario in between; nothing of theirs was overwritten.

    Attributes
    ----------
    current
        The scenario as it is now.
    """

    def __init__(self, version: int, current: Saved) -> None:
        did = "archived" if current.archived else "changed"
        super().__init__(
            f"{current.name!r} was {did} by {current.updated_by} at {current.updated_at:%Y-%m-%d %H:%M} UTC: "
            f"it is at version {current.version}, yours began from version {version}. "
            "Load it again, or save yours as a copy."
        )
        self.current = current


class AdoptionConflictError(InputError):
    """Someone else changed what is known of the puskesmas in between; nothing of theirs was overwritten.

    Attributes
    ----------
    current
        What is known now.
    """

    def __init__(self, version: int, current: AdoptionEntry) -> None:
        super().__init__(
            f"The adoption of {current.record.facility_id!r} was changed by {current.updated_by} at "
            f"{current.updated_at:%Y-%m-%d %H:%M} UTC: it is at version {current.version}, yours began from "
            f"version {version}. Look at theirs, then save again."
        )
        self.current = current
