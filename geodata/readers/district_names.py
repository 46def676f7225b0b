"""Names of kecamatan that the boundary file lacks and another table of the same villages has."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pandas as pd

from geodata.codes import name_key
from geodata.layers import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

# The word for it stands before a name wherever one is shown.
_WORD = re.compile(r"^\s*(kecamatan\b|kec\b\.?)\s*", re.IGNORECASE)


def with_district_names(
    villages: gpd.GeoDataFrame, said: Mapping[str, object], file: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return villages with the names that a table gives their kecamatan, where the boundary file has none.

    A name is taken where all villages of a kecamatan, by their codes, have it and no other kecamatan has:
    a table from before a kecamatan was divided gives both parts one name.

    Parameters
    ----------
    villages
        Index ``village_code``; ``district_code``, ``district_name``.
    said
        The table's name of a kecamatan by village code.
    file
        The table's name.

    Examples
    --------
    >>> codes = ["35.09.01.2001", "35.09.02.2001"]
    >>> villages = pd.DataFrame({"district_code": [c[:8] for c in codes], "district_name": ""}, index=codes)
    >>> named, _ = with_district_names(villages, {codes[0]: "Kec. Jaya", codes[1]: "Makmur"}, "people.csv")
    >>> named["district_name"].tolist()
    ['Jaya', 'Makmur']
    """
    district = villages["district_code"]
    named_already = set(district[villages["district_name"] != ""])
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for code, text in said.items():
        name = _name(text)
        if name and code in district.index and district[code] not in named_already:
            spellings[district[code]][name] += 1
    keys = {code: {name_key(name) for name in names} for code, names in spellings.items()}
    of_key = Counter(key for some in keys.values() for key in some)
    named = villages[villages["district_name"] != ""].groupby("district_code")["district_name"].first()
    of_key.update(named.map(name_key))
    names = {code: spelled.most_common(1)[0][0] for code, spelled in sorted(spellings.items())}
    clear = {code for code, some in keys.items() if len(some) == 1 and of_key[min(some)] == 1}
    taken = {code: name for code, name in names.items() if code in clear}
    if not spellings:
        return villages, ()
    before = villages["district_name"]
    new = [taken.get(code, name) for code, name in zip(district, before, strict=True)]
    unclear = {code: ", ".join(spellings[code]) for code in names if code not in clear}
    return villages.assign(district_name=pd.Series(new, villages.index, dtype="str")), (
        *_taken(taken, file),
        *_unclear(unclear, file),
    )


def _name(text: object) -> str:
    """Return a name without the word for what it is; "" for a number, which is a code."""
    name = _WORD.sub("", text).strip() if isinstance(text, str) else ""
    return name if any(letter.isalpha() for letter in name) else ""


def _taken(names: Mapping[str, str], file: str) -> tuple[Finding, ...]:
    if not names:
        return ()
    return (Finding(
        "info", "villages", "district_names_taken", len(names), _first(names),
        f"kecamatan without a name in the boundary file are called as in {file}", "none needed",
    ),)  # fmt: skip


def _unclear(names: Mapping[str, str], file: str) -> tuple[Finding, ...]:
    if not names:
        return ()
    return (Finding(
        "warning", "villages", "district_names_unclear", len(names), _first(names),
        f"kecamatan without a name in the boundary file have several names in {file}, or that of another "
        "one, and are called by their codes",
        "write the names in force into the boundary file, and name their column with district_name:",
    ),)  # fmt: skip


def _first(names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{code} ({name})" for code, name in [*names.items()][:5])
