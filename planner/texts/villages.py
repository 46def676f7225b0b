"""Indonesian texts by what an area's villages are: desa, kelurahan, or both."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from planner.texts.catalogues import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

DESA, KELURAHAN, BOTH = "desa", "kelurahan", ""
BOTH_WORDS = re.compile(r"(?<!kesehatan )\b(desa)(?:/ ?| dan )kelurahan\b", re.IGNORECASE)
# Not the value {desa} of a sentence, nor what is called so by law: the village index, the ministry's PWS.
DESA_ALONE = re.compile(r"(?<!indeks )(?<!kesehatan )(?<!\{)\b(desa)(nya)?\b(?![/}])", re.IGNORECASE)
HEADS = "kepala desa, lurah"
HEAD_OF = {DESA: "kepala desa", KELURAHAN: "lurah"}


def kind_of_villages(kinds: Iterable[object]) -> str:
    """Return what villages are, ``desa`` or ``kelurahan``; "" where they are both, or it is not known.

    Examples
    --------
    >>> kind_of_villages(["desa", "desa"]), kind_of_villages(["desa", "kelurahan"])
    ('desa', '')
    """
    found = {str(kind) for kind in kinds}
    return found.pop() if found in ({DESA}, {KELURAHAN}) else BOTH


def of_villages(text: str, kind: str) -> str:
    """Return an Indonesian text in the word for villages of one kind; of both it stays as it is.

    Examples
    --------
    >>> of_villages("Sebuah desa disebut …; desa/kelurahan lain", "kelurahan")
    'Sebuah kelurahan disebut …; kelurahan lain'
    >>> of_villages("camat, kepala desa, lurah, dan puskesmas", "desa")
    'camat, kepala desa, dan puskesmas'
    >>> of_villages("indeks desa", "kelurahan")
    'indeks desa'
    """
    # A text that is the word alone is a name of that kind.
    if kind == BOTH or text == DESA:
        return text

    def word(found: re.Match[str]) -> str:
        said = kind.capitalize() if found.group(1)[0].isupper() else kind
        return said + (found.group(2) or "" if found.re is DESA_ALONE else "")

    said = BOTH_WORDS.sub(word, text.replace(HEADS, f"\0{HEAD_OF[kind]}\0"))
    if kind == KELURAHAN:
        said = DESA_ALONE.sub(word, said)
    return said.replace("\0", "")


@cache
def texts_of_villages(name: str, lang: str, kind: str) -> dict[str, Any]:
    """Return a catalogue's texts of a language, for villages of one kind (see :func:`of_villages`).

    Parameters
    ----------
    name
        Of the file in ``planner/data``, with texts by language.
    lang
        ``id`` or ``en``; English calls both villages.
    kind
        From :func:`kind_of_villages`.

    Examples
    --------
    >>> texts_of_villages("ilp_texts.yml", "id", "kelurahan")["action_unreached_absent"]
    'Usulkan {unit} baru di kelurahan ini.'
    """
    texts: dict[str, Any] = read_catalogue(name)[lang]
    return texts if lang != "id" or kind == BOTH else _changed(texts, kind)


def _changed(value: Any, kind: str) -> Any:  # noqa: ANN401 - texts, and lists and dicts of them
    if isinstance(value, dict):
        return {key: _changed(one, kind) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, kind) for one in value]
    return of_villages(value, kind) if isinstance(value, str) else value
