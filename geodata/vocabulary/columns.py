"""How people head the columns of their tables, and what they write into them: data, not code."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import chain, product
from typing import TYPE_CHECKING

import yaml

from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The keys of data/functioning.yml whose words say more, or less, than that a unit functions or does not.
CLOSED, BARE = "closed", "bare"
SIGNS = ("ticks", "crosses", "dashes")


@cache
def all_columns() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the headings under which columns are known, by layer and key (:func:`layer_columns`)."""
    text = files("geodata").joinpath("data/columns.yml").read_text("utf-8")
    table: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    short = table.pop("abbreviations")
    return {
        layer: {key: tuple(dict.fromkeys(chain.from_iterable(_forms(one, short) for one in names)))
                for key, names in keys.items()}
        for layer, keys in table.items()
    }  # fmt: skip


def _forms(heading: str, short: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a heading, and then its forms with short words for long ones."""
    words = heading.split("_")
    yield heading
    if any(word in short for word in words):
        yield from map("_".join, product(*([word, *short.get(word, ())] for word in words)))


def layer_columns(layer: str) -> Mapping[str, tuple[str, ...]]:
    """Return the headings under which a layer's columns are known, by key, the likeliest first.

    Parameters
    ----------
    layer
        As in AREA.yml, such as ``boundaries``.

    Examples
    --------
    >>> layer_columns("boundaries")["code"][:3]
    ('kode', 'kd', 'kode_desa')
    """
    return all_columns()[layer]


# The tables of AREA.yml: of units, of people, of codes, of hamlets.
TABLES = ("facilities", "facility_rows", "staff", "population", "groups", "codes", "hamlets", "hamlet_rows")


@cache
def table_words() -> frozenset[str]:
    """Return the headings of all tables that AREA.yml may name, as keys for spellings.

    Where a table's headings stand is decided by these, whoever reads it: who drafts AREA.yml and who builds
    by it must see the same columns.

    Examples
    --------
    >>> sorted(table_words() & {"bidan", "ls", "jumlahpenduduk", "musim"})
    ['bidan', 'jumlahpenduduk', 'ls']
    """
    heads = (names for table in TABLES for names in layer_columns(table).values())
    return frozenset(spelling_key(heading) for names in heads for heading in names)


@cache
def functioning_words() -> Mapping[str, str]:
    """Return what lists write of whether a unit functions, in lower case → ``yes``, ``no``, ``unknown``.

    Examples
    --------
    >>> functioning_words()["rusak berat"]
    'no'
    """
    said = _functioning()
    return {
        word: answer
        for answer, words in said.items()
        if answer not in (CLOSED, BARE, *SIGNS)
        for word in words
    }


@cache
def functioning_signs() -> Mapping[str, str]:
    """Return the signs for words below a heading that asks → ``ticks``, ``crosses``, ``dashes``.

    Examples
    --------
    >>> functioning_signs()["√"], functioning_signs()["x"], functioning_signs()["-"]
    ('ticks', 'crosses', 'dashes')
    """
    said = _functioning()
    return {sign: name for name in SIGNS for sign in said[name]}


@cache
def bare_functioning_words() -> frozenset[str]:
    """Return the words, in lower case, that answer whatever their heading asks, such as "ya" and 0.

    Examples
    --------
    >>> sorted(bare_functioning_words())[:3]
    ['0', '1', 'false']
    """
    return frozenset(_functioning()[BARE])


def closed_words() -> frozenset[str]:
    """Return what lists write of units that are closed, in lower case.

    Examples
    --------
    >>> sorted(closed_words())[-2:]
    ['tutup', 'tutup permanen']
    """
    return frozenset(_functioning()[CLOSED])


def plain_functioning_words() -> frozenset[str]:
    """Return what tells under any heading that a unit functions or does not, in lower case.

    Examples
    --------
    >>> sorted(plain_functioning_words() & {"ya", "tutup", "aktif", "-"})
    ['aktif', 'tutup']
    """
    said = _functioning()
    return frozenset((*said["yes"], *said["no"])) - frozenset(said[BARE])


@cache
def _functioning() -> Mapping[str, list[str]]:
    text = files("geodata").joinpath("data/functioning.yml").read_text("utf-8")
    said: Mapping[str, list[str]] = yaml.safe_load(text)
    return said


@cache
def flood_words() -> Mapping[str, float]:
    """Return how fast roads are passed (share of the dry speed) where a map of floods says a word.

    Examples
    --------
    >>> flood_words()["sangat tinggi"]
    0.0
    """
    text = files("geodata").joinpath("data/flood_words.yml").read_text("utf-8")
    table: dict[str, float] = yaml.safe_load(text)
    return table
