"""The name of a mobile stop, which the engine writes in English, in the language of a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.reports.documents.words import Words

if TYPE_CHECKING:
    import pandas as pd

# As planner.siting.ground.mobile.stop_name writes it; a stop of a list has a name of its own before it.
STOP = re.compile(r"(?:(?P<own>.+) \()?mobile stop from (?P<unit>.+), (?P<days>[\d.e+]+) days a month\)?")


def stop_in_words(name: str, lang: str) -> str:
    """Return the name of a mobile stop in a language; any other name as it is.

    Parameters
    ----------
    name
        Of a unit or a place.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> from planner.siting.ground.mobile import stop_name
    >>> name = stop_name("", "Puskesmas Rekaan", 4.0)
    >>> stop_in_words(name, "id"), stop_in_words("Pustu Sukamaju", "id")
    ('pos layanan keliling dari Puskesmas Rekaan, 4 hari sebulan', 'Pustu Sukamaju')
    """
    found = STOP.fullmatch(name)
    if found is None:
        return name
    words = Words(lang)
    said = words.say("proposed.stop_from", unit=found["unit"], days=words.plain(float(found["days"])))
    return f"{found['own']} ({said})" if found["own"] else said


def is_bare_stop(name: str) -> bool:
    """Return whether a name is only what a mobile stop is called, without a name of its own.

    Examples
    --------
    >>> from planner.siting.ground.mobile import stop_name
    >>> [is_bare_stop(stop_name(own, "Puskesmas Rekaan", 4.0)) for own in ("", "Balai Desa")]
    [True, False]
    """
    found = STOP.fullmatch(name)
    return found is not None and not found["own"]


def named_in(names: pd.Series[str], lang: str) -> pd.Series[str]:
    """Return names of units with those of mobile stops in a language.

    Parameters
    ----------
    names
        Of units; what is missing stays so.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> import pandas as pd
    >>> from planner.siting.ground.mobile import stop_name
    >>> named_in(pd.Series(["Pustu A", stop_name("", "PKM B", 2.0)]), "id").tolist()
    ['Pustu A', 'pos layanan keliling dari PKM B, 2 hari sebulan']
    """
    return names.map(lambda name: stop_in_words(name, lang), na_action="ignore")
