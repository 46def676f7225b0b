"""Nodes of OpenStreetMap files at which somebody may be stopped: gates, bollards, fords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.vocabulary.tags import ACCESS_KEYS, UNREAD_NODE_KEYS, is_unread_on_node, node_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Tags of a way's node that may stop somebody; access tags only with a value that does.
NODE_KEYS = (
    "barrier",
    "ford",
    "maxwidth",
    "maxwidth:physical",
    "maxheight",
    "maxheight:physical",
    "maxweight",
)
OPEN_VALUES = frozenset({"yes", "designated", "permissive", "official", "unknown", "public"})


def barriers_of(path: Path, deleted: set[int], again: Mapping[int, str]) -> dict[int, str]:
    """Return the kept tags of all nodes of a file at which somebody may be stopped, by id.

    Parameters
    ----------
    path
        The file.
    deleted
        Ids of nodes that are none any more.
    again
        What stands at nodes that are in the file more than once
        (:class:`geodata.readers.osm_nodes.NodePlaces`).
    """
    import osmium
    from osmium.filter import KeyFilter

    out = {}
    keys = (*NODE_KEYS, *ACCESS_KEYS, *UNREAD_NODE_KEYS)
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(KeyFilter(*keys))
    for node in nodes:
        if node.id not in deleted and node.visible:
            tags = {t.k: t.v for t in node.tags}
            if may_stop(tags):
                out[node.id] = again.get(node.id, node_tags(tags))
    return {i: text for i, text in out.items() if text}


def may_stop(tags: Mapping[str, str]) -> bool:
    """Return whether a node's tags may stop somebody who comes along, as far as they are read or not.

    Examples
    --------
    >>> may_stop({"barrier": "gate"}), may_stop({"access": "yes"}), may_stop({"access": "no"})
    (True, False, True)
    >>> may_stop({"access:conditional": "no @ (18:00-06:00)"})
    True
    """
    if any(key in NODE_KEYS or (":" in key and is_unread_on_node(key)) for key in tags):
        return True
    return any(tags[k] not in OPEN_VALUES for k in ACCESS_KEYS if k in tags)
