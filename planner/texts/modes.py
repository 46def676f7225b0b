"""Words for modes of travel that an office calls by names of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.texts.catalogues import ilp_texts

if TYPE_CHECKING:
    from collections.abc import Mapping


def on_map(called: Mapping[str, str]) -> dict[str, str]:
    """Return modes' words by their keys among the map's texts, where each stands alone.

    Parameters
    ----------
    called
        What each is called (``Scenario.modes_called``).

    Examples
    --------
    >>> on_map({"cart": "ox cart"})
    {'mode_cart': 'ox cart'}
    """
    return {f"mode_{name}": said for name, said in called.items()}


def in_sentences(called: Mapping[str, str], lang: str) -> dict[str, str]:
    """Return modes' words by their keys among the texts of sentences: "30 minutes by ox cart".

    Parameters
    ----------
    called
        What each is called (``Scenario.modes_called``).
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> in_sentences({"cart": "gerobak sapi"}, "id")
    {'mode_cart': 'dengan gerobak sapi'}
    """
    texts = ilp_texts()[lang]
    return {f"mode_{name}": texts["by_mode"].format(mode=said) for name, said in called.items()}
