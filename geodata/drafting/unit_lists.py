"""Lists of facilities: where the kind of each row stands, and which columns are meant by which key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.codes import is_district, parse_village_code
from geodata.crs import LAT_MAX, LAT_MIN, LON_MAX, LON_MIN
from geodata.drafting.guessed import Guess, pairs, quoted
from geodata.drafting.headings import SURE, Mapping, headed, samples
from geodata.drafting.rows import units_of, villages_of
from geodata.readers.facilities.functioning import answers_of
from geodata.readers.facilities.kinds import without_number
from geodata.readers.files.cells import has_name, holds_counts, holds_names, id_column, text_column
from geodata.readers.pairs import parse_pair
from geodata.readers.place_fixes import EASTING_M
from geodata.vocabulary.columns import layer_columns, plain_functioning_words
from geodata.vocabulary.functioning_heads import Asks, opposites, what_it_asks
from geodata.vocabulary.group_headings import HEADING_CELLS, heading_words
from geodata.vocabulary.kind_names import bare_kind, kind_of_name
from geodata.vocabulary.kinds import recognise_kind
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Mapping as StrMapping

    import numpy as np
    from numpy.typing import NDArray

# Headings of kinds tell rows apart from so many on.
KINDS = 2
# A share of a column's values of one sort that makes it a column of that sort.
MOSTLY = 0.6
# So many cells of a column are looked into for places.
LOOKED_AT = 50
MOST_NORTHING = 10_000_000.0
# Of a column of units' names so many are different.
REPEATS = 0.5
BY_FILE, BY_SHEET = "by the name of the file", "by the name of the sheet"
BY_LAYER, BY_TITLE = "by the name of the layer", "by the title above the table"
OTHER = "other"
# A column that says that it holds kinds is looked at from so great a share of known words on.
PARTLY = 0.25
# How AREA.yml asks for the kind.
ASKED_KIND = "# which? kind"
# Headings under which a column of kinds counts before what names say.
KIND_HEADS = ("jenis", "kind", "tipe", "type", "kategori", "klasifikasi", "golongan", "sarana", "fasilitas",
              "faskes", "remark", "fungsi", "namobj", "amenity", "healthcare")  # fmt: skip
# Build finds LS and LU by their headings: AREA.yml has no key for them.
FOUND_BY_HEADING = ("lat_south", "lat_north")
PLACE_KEYS = ("lat", "lon", "lat_south", "lat_north", "coordinates")
FACILITY_KEYS = ("id", "name", *PLACE_KEYS, "village", "village_name", "district_name", "regency", "parent",
                 "functioning")  # fmt: skip


def differ(names: pd.Series[Any]) -> bool:
    """Return whether most names are different: the puskesmas of each village repeats, units do not."""
    return bool(names.nunique() > REPEATS * names.notna().sum())


def as_facilities(
    guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping], points: NDArray[np.object_] | None = None
) -> Guess:
    """Take a file for a list of facilities, and find the columns of its keys.

    Parameters
    ----------
    guess
        What is known of the file; it is changed.
    table
        The rows.
    facts
        Key → column, as far as headings tell.
    points
        Of a map: object ``(rows,)``, a Point a row, or None.
    """
    facts = {key: mapping for key, mapping in facts.items() if key not in FOUND_BY_HEADING}
    guess.role, guess.keys = "facilities", dict(facts)
    guess.about = f"{len(table) - int(group_rows(table).sum())} facilities"
    guess.villages = villages_of(table, facts, "village", "village_name", "district_name")
    kinds = guess.row_kinds or (None,) * len(table)
    guess.units = units_of(table, facts, kinds, guess.villages, points)
    own = facts.get("id")
    if own is not None and "puskesmas" in spelling_key(own.column) and not _of_puskesmas(guess):
        # The code of the puskesmas that a pustu or posyandu belongs to.
        facts = {key: mapping for key, mapping in facts.items() if key != "id"}
        guess.keys = {"parent": own._replace(key="parent"), **facts}
        guess.said["id"] = ("null", f"{own.column} is the id of the puskesmas, not of the unit")
    if "id" in facts and text_column(table, facts["id"].column).nunique() < len(table):
        guess.keys.pop("id")
        # Else build finds it again by its heading.
        guess.said["id"] = ("null", f"{facts['id'].column} is no id, it repeats")
    of_rows = headed(table, "facility_rows")
    plain = of_rows.get("id")
    if "id" not in facts and plain is not None and _is_id(text_column(table, plain)):
        guess.keys["id"] = Mapping("id", plain, 100.0, samples(table[plain]))
    if "id" in guess.keys:
        guess.ids = frozenset(id_column(table, guess.keys["id"].column).dropna())
    staff = {k: c for k, c in headed(table, "staff").items() if holds_counts(table[c])}
    if staff:
        guess.said["staff"] = (pairs(staff), "how many of each a unit has; empty is unknown")
    days = of_rows.get("open_days")
    if days is not None and holds_counts(table[days]):
        guess.keys["open_days"] = Mapping("open_days", days, 100.0, samples(table[days]))
    _take_functioning(guess, table)
    if "kind" not in guess.said:
        why = "nothing tells the kind: write it, and take the sign away"
        guess.said.setdefault(ASKED_KIND, ("pustu", why))
    return guess


# What a row of several units says once, and of none for sure.
OF_ROWS = ("village", "village_name", "district_name", "regency")


def as_units_beside(
    guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping], kinds: StrMapping[str, str]
) -> Guess:
    """Take a file for a list whose rows name units of several kinds, each in a column of its own.

    Parameters
    ----------
    guess
        What is known of the file; it is changed.
    table
        The rows.
    facts
        Key → column, as far as headings tell.
    kinds
        The columns of names, with the kind of each.
    """
    guess.role, guess.beside = "facilities", tuple(kinds)
    guess.keys = {
        key: mapping for key, mapping in facts.items() if key in OF_ROWS and mapping.column not in kinds
    }
    # Where a total stands below the names is a number.
    counts = {column: int(has_name(text_column(table, column)).sum()) for column in kinds}
    for column, kind in kinds.items():
        guess.kinds[kind] = guess.kinds.get(kind, 0) + counts[column]
    guess.about = f"{sum(counts.values())} facilities in {len(table)} rows"
    under = ", ".join(f"{number} under {column}" for column, number in counts.items())
    guess.said["kind"] = (f"{{columns: {pairs(dict(kinds), keys=True)}}}", under)
    first = min(map(list(map(str, table.columns)).index, kinds))
    above = [
        str(c) for c in table.columns[:first] if kinds_in(str(c)) == {"puskesmas"} and holds_names(table[c])
    ]
    if above:
        guess.keys["parent"] = Mapping("parent", above[-1], 100.0, samples(table[above[-1]]))
    guess.villages = villages_of(table, guess.keys, "village", "village_name", "district_name")
    return guess


def find_places(guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping]) -> Mapping | None:
    """Return a column of one text a place, where its heading and its cells say so; ask where only cells do.

    Such are links to maps, Plus Codes, metres of UTM with their zone.
    """
    known = {spelling_key(heading) for heading in layer_columns("facility_rows")["coordinates"]}
    used = {mapping.column for key, mapping in facts.items() if key not in PLACE_KEYS}
    for column in (c for c in map(str, table.columns) if c not in used):
        cells = text_column(table, column).dropna().head(LOOKED_AT)
        headed_so = spelling_key(column) in known
        if sum(map(_is_place, cells)) > MOSTLY * len(cells):
            if headed_so:
                return Mapping("coordinates", column, 100.0, samples(table[column]))
            why = f"its cells hold places: {' | '.join(samples(table[column]))}: take the sign away to use it"
        elif headed_so and cells.str.match(r"https?:", case=False).sum() > MOSTLY * len(cells):
            why = "links that do not hold a place: open each, and write its coordinates into a column"
        else:
            continue
        guess.said.setdefault("# which? coordinates", (quoted(column), why))
    return None


def _is_place(text: str) -> bool:
    """Return whether a text holds a place in Indonesia, in degrees or in metres."""
    try:
        lat, lon = parse_pair(text)
    except ValueError:
        return False
    low, high = sorted((lat, lon))
    degrees = LAT_MIN <= low <= LAT_MAX and LON_MIN <= high <= LON_MAX
    return degrees or (EASTING_M[0] <= low <= EASTING_M[1] <= high <= MOST_NORTHING)


def _take_functioning(guess: Guess, table: pd.DataFrame) -> None:
    """Find the column that says which units function: take it where most words are known, offer it else.

    A heading that asks for it comes first. Under another, such as "Ket", only what says it alone counts:
    "tutup", and not "ya".
    """
    taken = {mapping.column for key, mapping in guess.keys.items() if key != "functioning"}
    heads = [c for c in map(str, table.columns) if c not in taken and table[c].notna().any()]
    pairs_of = opposites(heads)
    asks = [c for c in heads if c in pairs_of or _asks(c, Asks.FUNCTIONS, pairs_of)]
    asks += [c for c in heads if _asks(c, Asks.FUNCTIONS_NOT, pairs_of)]
    offered = []
    for column in sorted(asks, key=lambda c: c not in pairs_of):
        answers = answers_of(table, column)
        if answers.known > MOSTLY:
            said = samples(table[column])
            more = () if answers.opposite is None else (f"its opposite is {answers.opposite}",)
            guess.keys["functioning"] = Mapping("functioning", column, 100.0, (*said, *more))
            return
        offered.append(column)
    for column in heads:
        words = text_column(table, column).dropna().str.lower()
        if what_it_asks(column) is not Asks.MAY_SAY or not len(words):
            continue
        known = words.isin(plain_functioning_words())
        if known.sum() > MOSTLY * len(words):
            guess.keys["functioning"] = Mapping("functioning", column, 100.0, samples(table[column]))
            return
        if known.any():
            offered.append(column)
    sure = guess.keys.get("functioning")
    if offered and (sure is None or sure.score >= SURE):
        # What its heading says alone is not enough: "Berfungsi" over "Ada" and "Tidak Ada".
        guess.keys.pop("functioning", None)
        said_there = " | ".join(samples(table[offered[0]]))
        why = f"does it say whether a unit functions? {said_there}: write ya or tidak, and take the sign away"
        guess.said["# which? functioning"] = (quoted(offered[0]), why)


def _asks(column: str, what: Asks, pairs_of: StrMapping[str, str]) -> bool:
    """Return whether a column's heading asks so, and is none that another is read with."""
    return what_it_asks(column) is what and column not in pairs_of.values()


def _of_puskesmas(guess: Guess) -> bool:
    """Return whether a list is one of puskesmas, as far as its kinds are told."""
    return not guess.kinds or 2 * guess.kinds.get("puskesmas", 0) >= sum(guess.kinds.values())


def _is_id(text: pd.Series[Any]) -> bool:
    """Return whether a column tells rows apart and is none of villages' codes."""
    return bool(text.notna().all() and text.is_unique and text.map(parse_village_code).isna().all())


def find_kind(guess: Guess, table: pd.DataFrame, facts: dict[str, Mapping]) -> bool:
    """Find where the kind stands: in a column, names, or the name of the file; return whether it does."""
    name = facts.get("name")
    names = text_column(table, name.column) if name is not None else pd.Series(dtype="str")
    headings = _kind_headings(table)
    if headings is not None and name is not None:
        # Build gives the rows the kind of the heading that they stand under.
        told_by_name = names.map(_kind_named, na_action="ignore").notna()
        _take_names(guess, table, names.where(told_by_name, headings).where(headings.notna()))
        return True
    units = names[~group_rows(table)]
    told = sum(kind_of_name(n) is not None for n in units.dropna()) / max(len(units), 1)
    best, share = _best_column(table, name, told)
    if best is not None and share >= max(MOSTLY, 0.9 * told):
        _take_column(guess, text_column(table, best))
        return True
    if told >= MOSTLY:
        _take_names(guess, table, names)
        return True
    if best is not None and share >= PARTLY and _says_kinds(best):
        return _take_partly(guess, text_column(table, best))
    own = name is not None and name.score == 100.0 and differ(names)
    return _take_said(guess, {name.column} if name is not None and own else set(), len(table))


def group_rows(table: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows head others: a kecamatan by its word, or the word for a kind, alone in a row.

    Examples
    --------
    >>> rows = [["A.", "PUSTU", None], [1, "Jaya", "Ampel"], ["Kec. Maju", None, None], [2, "Krai", "Ampel"]]
    >>> group_rows(pd.DataFrame(rows)).tolist()
    [True, False, True, False]
    """
    said = _alone(table)
    heads = [row for row, text in said.items() if is_district(text) or _is_bare_kind(text)]
    return pd.Series(table.index.isin(heads), index=table.index)


def _alone(table: pd.DataFrame) -> dict[Any, str]:
    """Return what stands alone in rows, but for a number before it; none where most rows are so."""
    cells = table.notna().sum(axis=1)
    lone = table[(cells > 0) & (cells <= HEADING_CELLS)]
    if 2 * len(lone) > len(table):
        return {}
    return {row: heading_words(str(values.dropna().iloc[-1])) for row, values in lone.iterrows()}


def _kind_headings(table: pd.DataFrame) -> pd.Series[Any] | None:
    """Return of each row the word for a kind that stands alone above it; None where no two kinds do."""
    kinds = {row: text for row, text in _alone(table).items() if _is_bare_kind(text)}
    if len(set(map(_kind_named, kinds.values()))) < KINDS:
        return None
    return pd.Series(kinds, index=table.index, dtype="str").ffill().mask(table.index.isin(list(kinds)))


def _is_bare_kind(text: str) -> bool:
    found = bare_kind(text)
    return found is not None and found.kind != OTHER


def _best_column(table: pd.DataFrame, name: Mapping | None, told: float) -> tuple[str | None, float]:
    """Return the column of which most words are kinds, and their share of the rows."""
    best, share = None, 0.0
    for column in table.columns:
        words = text_column(table, column).dropna()
        if told >= MOSTLY and not _says_kinds(column, anywhere=True):
            # Where names say it, another column of kinds is of something else, such as who looks after it.
            continue
        # An office's own name in each row ("Dinas Kesehatan") tells no kind.
        known = sum(recognise_kind(w) not in (None, OTHER) for w in words) / max(len(table), 1)
        if known > share and words.nunique() <= 40 and (name is None or column != name.column):
            best, share = str(column), known
    return best, share


def _take_names(guess: Guess, table: pd.DataFrame, names: pd.Series[Any]) -> None:
    """Take the kinds that names tell, and a column of numbers that only puskesmas have."""
    registered = _registered(table)
    more = f", registered: {quoted(registered)}" if registered else ""
    kinds = names.map(lambda n: _kind_named(n) if isinstance(n, str) else None).astype(object)
    if registered:
        # As build counts them.
        less = (kinds == "puskesmas") & without_number(text_column(table, registered))
        kinds = kinds.mask(less, "pustu")
    _take_kinds(guess, kinds, f"{{from: name{more}}}")


def _take_partly(guess: Guess, words: pd.Series[Any]) -> bool:
    """Take a column that says that it holds kinds, where more than half of its words tell one; ask else."""
    kinds = words.map(_kind_of_word)
    if 2 * kinds.notna().sum() > len(words):
        _take_column(guess, words)
        return True
    unknown = ", ".join(f"{quoted(word)}: " for word in words[kinds.isna()].dropna().unique()[:20])
    said = f"{{column: {quoted(str(words.name))}, values: {{{unknown}}}}}"
    guess.said[ASKED_KIND] = (said, "write a kind behind each word, and take the sign away")
    return False


def _take_said(guess: Guess, heading: set[str], rows: int) -> bool:
    """Take the kind that the heading of the names, the sheet's, layer's or file's name, or a title says."""
    for texts, why in ((heading, "by the heading of the names"), ({guess.sheet or ""}, BY_SHEET),
                       ({guess.layer or ""}, BY_LAYER), ({guess.path.stem}, BY_FILE),
                       (set(guess.titles), BY_TITLE)):  # fmt: skip
        kinds_told = {k for text in texts for k in kinds_in(text)}
        # Several kinds in a name say nothing of a row.
        if len(kinds_told) == 1:
            (kind,) = kinds_told
            guess.kinds, guess.said["kind"] = {kind: rows}, (kind, why)
            guess.row_kinds = (kind,) * rows
            return True
        if kinds_told:
            return False
    return False


def _says_kinds(column: object, *, anywhere: bool = False) -> bool:
    """Return whether a heading says that its column holds kinds: it begins so, or says so anywhere."""
    key = spelling_key(column)
    return any(head in key if anywhere else key.startswith(head) for head in KIND_HEADS)


def _kind_of_word(word: object) -> str | None:
    """Return the kind that a word of a column of kinds means, also in an office's own way of writing."""
    if not isinstance(word, str):
        return None
    return recognise_kind(word) or _kind_named(word)


def _take_column(guess: Guess, words: pd.Series[Any]) -> None:
    """Take the kinds of a column of kinds; words that build does not know are named with what they mean."""
    kinds = words.map(_kind_of_word).astype(object)
    own = {w: _kind_of_word(w) for w in words.dropna().unique() if recognise_kind(w) is None}
    values = pairs({w: kind for w, kind in own.items() if kind is not None}, keys=True)
    more = f", values: {values}" if len(values) > len("{}") else ""
    _take_kinds(guess, kinds, f"{{column: {quoted(str(words.name))}{more}}}")
    unknown = [word for word, kind in own.items() if kind is None]
    if unknown:
        said, counts = guess.said["kind"]
        guess.said["kind"] = (said, f"{counts}: {', '.join(unknown)}; write their kinds under values")


def _kind_named(name: str) -> str | None:
    found = kind_of_name(name)
    return None if found is None else found.kind


def _take_kinds(guess: Guess, kinds: pd.Series[Any], said: str) -> None:
    """Take over the kind of each row, and how it is told."""
    guess.kinds = kinds.value_counts().to_dict()
    guess.row_kinds = tuple(k if isinstance(k, str) else None for k in kinds)
    guess.said["kind"] = (said, _counts(kinds))


def kinds_in(text: str) -> set[str]:
    """Return the facility kinds that a heading or the name of a file or sheet tells, each part for itself."""
    parts = re.split(r"[-_,;+&()]|\bdan\b|\bserta\b|\band\b", text.lower())
    found = (kind_of_name(part) for part in (*parts, " ".join(parts) if len(parts) == 1 else ""))
    return {one.kind for one in found if one is not None and one.kind not in (None, OTHER)}


def _counts(kinds: pd.Series[Any]) -> str:
    said = [f"{n} {kind}" for kind, n in kinds.value_counts().items()]
    none = int(kinds.isna().sum())
    return ", ".join(said) + (f"; of {none} nothing tells it" if none else "")


def _registered(table: pd.DataFrame) -> str | None:
    """Return a column in which some puskesmas say that they have no number (RBI's PKMKODE)."""
    for column in table.columns:
        if spelling_key(column) in {"pkmkode", "koderegistrasi", "kodepuskesmas"}:
            text = text_column(table, column).dropna()
            if (text == "-").any() and (text != "-").any():
                return str(column)
    return None
