"""A country's figures as plain values and texts: of one place by kind, and of all places of one kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.areas.country import Country
    from app.texts import Texts

# In a table, which says what it means.
UNKNOWN = "?"
# What stands in the table of places beside their names, and is sorted by; each has its text beside it.
NUMBERS = ("share", "gap", "unknown", "people", "minutes")


def number_of(value: float | str | None) -> float:
    """Return a number of ``map.json``: NaN what is unknown, inf what is without end.

    Examples
    --------
    >>> number_of(3), number_of(None), number_of("inf")
    (3.0, nan, inf)
    """
    return math.nan if value is None else float(value)


def figures(texts: Texts, row: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Return what is said of a place in a kind and season: numbers, and each as text.

    Parameters
    ----------
    texts
        The language.
    row
        Of the country, a province or a kabupaten.
    answer
        From :meth:`app.areas.country.Country.answer`.
    """
    found = row["kinds"][answer]
    share, minutes = number_of(found["share"]), number_of(found["minutes"])
    values = {
        "share": share, "people": number_of(row["people"]), "gap": number_of(found["gap"]),
        "unknown": number_of(found["unknown"]), "minutes": minutes,
    }  # fmt: skip
    words = {
        "share_text": ("≥ " if found["open"] else "") + texts.percent(share),
        "minutes_text": texts.number(minutes, 1 if minutes < 10 else 0),
        **{f"{c}_text": texts.number(values[c]) for c in ("people", "gap", "unknown")},
    }  # fmt: skip
    words |= {f"{c}_text": UNKNOWN for c, value in values.items() if math.isnan(value)}
    reached = texts.people(number_of(found["reached"]))
    return {**values, **words, "reached_text": reached, "open": bool(found["open"])}


def by_kind(country: Country, texts: Texts, code: str, season: str) -> list[dict[str, Any]]:
    """Return what is said of a place, a row a kind.

    Parameters
    ----------
    code
        Of a province or kabupaten; "" is the country.
    season
        One of the country's.
    """
    row = country.rows[code]
    return [
        {"kind": kind, **figures(texts, row, country.answer(kind, season))} for kind in country.kinds
    ]  # fmt: skip


def places(country: Country, texts: Texts, level: str, answer: str) -> pd.DataFrame:
    """Return one row a place: code, name, its province, numbers to sort by and their texts.

    Those with the smallest share come first, and those of which it is unknown last.

    Parameters
    ----------
    level
        ``regencies`` or ``provinces``.
    answer
        From :meth:`app.areas.country.Country.answer`.
    """
    rows = []
    for row in country.overview[level]:
        code = str(row["code"])
        province = country.province(code) if level == "regencies" else ""
        said = figures(texts, row, answer)
        rows.append({"code": code, "province": province, "name": row["name"], **said})
    table = pd.DataFrame(rows).sort_values(["share", "code"], na_position="last", ignore_index=True)
    rest = [c for c in table.columns if c not in ("name", *NUMBERS)]
    table = table[["name", *NUMBERS, *rest]]
    # What has no end sorts behind every number, as a browser compares them too.
    return table.assign(minutes=table["minutes"].replace(math.inf, 1e9))
