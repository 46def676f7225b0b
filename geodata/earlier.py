"""What a workspace was before its data were replaced in the app, to be had back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.errors import WorkspaceError
from geodata.workspace import (
    Keep,
    earlier_manifests,
    manifest_at,
    read_layers_of,
    read_manifest,
    write_workspace,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.layers import Layers

LOG = logging.getLogger("jangkau")


@dataclass(frozen=True)
class Earlier:
    """A state of a workspace that was replaced.

    Attributes
    ----------
    name
        Of its manifest, such as ``earlier-000001``.
    at
        When it was replaced: ISO 8601, UTC.
    by, why
        Who replaced it, and with what.
    """

    name: str
    at: str
    by: str
    why: str


def earlier_states(folder: Path) -> tuple[Earlier, ...]:
    """Return the states of a workspace that can be had back, the latest first.

    Raises
    ------
    WorkspaceError
        One of them is damaged.
    """
    found = []
    for path in reversed(earlier_manifests(folder)):
        replaced = manifest_at(path).get("replaced")
        if not isinstance(replaced, dict) or not {"at", "by", "why"} <= replaced.keys():
            msg = f"{path} is damaged (it does not say when it was replaced). Move it away."
            raise WorkspaceError(msg)
        found.append(Earlier(path.stem, str(replaced["at"]), str(replaced["by"]), str(replaced["why"])))
    return tuple(found)


def read_earlier(folder: Path, name: str) -> Layers:
    """Return the layers of an earlier state.

    Raises
    ------
    WorkspaceError
        There is none of that name, or a file of it is missing or changed.
    """
    known = {path.stem: path for path in earlier_manifests(folder)}
    if name not in known:
        msg = f"{folder} has no earlier state {name!r}; it has {', '.join(known) or 'none'}"
        raise WorkspaceError(msg)
    return read_layers_of(folder, manifest_at(known[name]))


def given_lists(folder: Path) -> dict[str, str]:
    """Return the files that a workspace has from the app's page: name by SHA-256 of the content.

    Raises
    ------
    WorkspaceError
        Not a workspace.
    """
    return {s["sha256"]: s["file"] for s in read_manifest(folder)["sources"] if s.get("given")}


def write_anew(layers: Layers, out: Path) -> None:
    """Write a workspace built from its files; what the app's page put in before can be had back, and is said.

    Raises
    ------
    WorkspaceError, DiskError
    """
    try:
        given = given_lists(out)
    except WorkspaceError:
        given = {}
    # By content: AREA.yml may well name an older file of the same name.
    lost = [file for content, file in given.items() if content not in {s.sha256 for s in layers.sources}]
    write_workspace(layers, out, keep=Keep("jangkau build", "built from its AREA.yml") if lost else None)
    if lost:
        LOG.warning(
            "%s held lists that were given in the app and that AREA.yml does not name: %s. Name them there "
            "and build again; what the workspace was before can be had back on the app's page of data.",
            out, ", ".join(lost),
        )  # fmt: skip
